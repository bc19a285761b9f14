"""Decide what becomes of a download: a text that the build reads, or a program that it or the image needs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.machine_files import DISK_OR_KERNEL
from buildxray.platforms.platform import Platform
from buildxray.rules.base import Doubt
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.downloads import Download
from buildxray.semantics.build import Command, Instruction, Stage
from buildxray.syntax.instructions import Add, Cmd, Copying, Entrypoint
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import TESTS
from buildxray.toolchains.archivers import DECOMPRESSING, UNPACKERS

_SUITS_EVERY_MACHINE: Final = lazy_regex(
    rf"""(?:\.(?:asc|crt|gpg|html?|json|key|list|md|md5|pdf|pem|repo|rpm\.md5|sha[0-9]*|sha[0-9]*sum|sig|txt|xml|ya?ml)  # keys, checksums, documents
      | \.(?:css|csv|diff|gguf|gif|ico|jpe?g|mmdb|onnx|parquet|patch|png|safetensors|sql|svg|ttf|wasm|woff2?)  # pictures, data
      | [._-]noarch\.\w+ | _all\.deb                                                                           # packages
      | (?:^|/)(?:checksums?|RPM-GPG-KEY|SHA[0-9]+SUMS?)[^/]*
      | {DISK_OR_KERNEL})$""",
    re.VERBOSE,
)
"""Files that the image does not execute, even if a directory in their address names an architecture."""

_PORTABLE: Final = (".bash", ".jar", ".js", ".phar", ".php", ".pl", ".pub", ".py", ".rb", ".sh", ".war")
"""The ends of names of programs for every machine, unless the name itself has an architecture."""
_SETS_UP_SOURCE: Final = lazy_regex(r"(?:keyring|[_-]release|[_-]repo)(?![a-z])[^/]*\.(?:deb|rpm)$")
"""Packages with the keys and the settings of a repository, which are for every machine."""

PROGRAMS: Final = lazy_regex(r"(?:^|/)s?bin(?:/|$)")
"""A directory of programs, in a path."""
NO_PROGRAMS: Final = lazy_regex(
    r"(?:^|/)(?:assets?|data|docs?|downloads?|firmware|fixtures?|html|htdocs|images?|layers?|public|samples?|static|testdata|tests?|www)(?:/|$)"
)
"""A directory of files that an image serves or reads, in a path."""
_DOWNLOADS: Final = lazy_regex(r"/downloads?(?=/)")
_FOR_ANOTHER_MACHINE: Final = lazy_regex(r"(?<![a-z])(?:cross|firmware|rootfs|sdk|sysroot)", re.IGNORECASE)
"""Parts of the names of files for compilers, emulators and devices, which need a constant architecture."""
_REDIRECTION: Final = lazy_regex(r"[\"'\s]*>\|?\s*(?P<path>[^\s;&|<>()]+)")
_READING: Final = frozenset(
    {
        "awk", "cut", "egrep", "fgrep", "gawk", "grep", "head", "jq", "less", "md5sum", "perl", "python", "python3", "rg", "sed", "sha1sum",
        "sha256sum", "sha512sum", "sort", "tail", "tr", "uniq", "wc", "xmllint", "xq", "yq",
    }
)  # fmt: skip
"""Programs that read their input as text."""
_UNPACKING: Final = DECOMPRESSING.union(UNPACKERS)
_INSTALLING: Final = frozenset(
    {
        "apk", "apt", "apt-get", "bash", "chmod", "dash", "dnf", "dpkg", "dpkg-deb", "gdebi", "install", "microdnf", "pip", "pip3", "python",
        "python3", "rpm", "rpm2cpio", "sh", "yum", "zypper",
    }
)  # fmt: skip
"""Programs that install or execute a file that they are given, or make it executable."""
_MOVING: Final = frozenset({"cp", "ln", "mv", "rsync"})


def suits_every_machine(address: str) -> bool:
    """True if the last part of an address or a path names a file that no machine executes, even if a directory names an architecture."""
    name = posixpath.basename(address)
    is_portable = name.endswith(_PORTABLE) or _SETS_UP_SOURCE.search(name) is not None
    return _SUITS_EVERY_MACHINE.search(address) is not None or (is_portable and not named_architectures(name))


def is_text(download: Download) -> bool:
    """True if a download is only read as text, or asks for headers alone: it brings no file for any machine."""
    command = download.command
    if command is None:
        return False
    if command.syntax.is_substitution or _asks_for_headers(command):
        return True
    reader = _reader(command)
    return reader is not None and reader.name in _READING


def images_of(ctx: RuleContext, stage: Stage, download: Download) -> tuple[Platform, ...]:
    """The target platforms that receive the file: those that run the step, or, on the build machine, those whose image contains it."""
    if not stage.is_native:
        return download.targets
    invocation = None if download.command is None else download.command.invocation
    return ctx.build.artifacts.wrong_images(download.instruction.idx, invocation)


def doubt_of_use(ctx: RuleContext, stage: Stage, download: Download) -> Doubt | None:
    """The reason why nothing shows that a file which a stage downloads is used as a program; None if something shows it."""
    names = {posixpath.basename(download.address.rstrip("/"))} - {""}
    if any(_FOR_ANOTHER_MACHINE.search(it) for it in names):
        return Doubt.USE
    written = paths(download)
    # Only an image serves its directory of downloads; that of another stage is where it works.
    served = written if stage.is_image else {_DOWNLOADS.sub("/", it) for it in written}
    if any(NO_PROGRAMS.search(it) for it in served):
        return Doubt.USE
    if any(PROGRAMS.search(it) for it in written):
        return None
    command = download.command
    reader = None if command is None else _reader(command)
    if reader is not None and (reader.name in _UNPACKING or reader.name in _INSTALLING or _names_programs(reader)):
        return None
    names |= {posixpath.basename(it) for it in written} - {""}
    return None if ctx.cached(_uses)[stage].use_after(download, names) else Doubt.USE


_NOT_USING: Final = TESTS | {"chgrp", "chmod", "chown", "echo", "ls", "rm"}


def _words(command: Command) -> Iterator[str]:
    """The words of a command without quotation marks: `../"$FILE"`."""
    return (it.text.replace('"', "").strip("'") for it in command.syntax.words)


def is_used_for_some_targets(ctx: RuleContext, stage: Stage, copy: Instruction) -> bool:
    """True if the later commands of a stage that use the file of a COPY or ADD run only for some of its targets, so that the others are considered.

    Tests, and commands that only change its permissions, do not use it.
    """
    node = copy.node
    if not isinstance(node, Copying) or node.destination is None or len(node.sources) != 1:
        return False
    place = node.destination.text
    name = posixpath.basename(node.sources[0].text if place.endswith(("/", ".")) else place)
    return bool(name) and ctx.cached(_last_users)[stage].is_for_some_after(name, copy.range.start)


def is_needed_for_some_targets(ctx: RuleContext, stage: Stage, download: Download) -> bool:
    """True if the later commands that use a downloaded file run only for some targets of a stage from which no other takes files."""
    command, names = download.command, {posixpath.basename(it) for it in paths(download)} - {""}
    if command is None:
        return is_used_for_some_targets(ctx, stage, download.instruction)
    if len(names) != 1 or stage.consumers:
        return False
    return ctx.cached(_last_users)[stage].is_for_some_after(names.pop(), command.range.start)


class _Users(NamedTuple):
    """For each part of a path, the place of the last command of a stage that names it: of those for all targets, and of those for some."""

    for_all: dict[str, int]
    for_some: dict[str, int]

    def is_for_some_after(self, name: str, place: int) -> bool:
        """True if commands after a place use a file of a name, and each of them only for some targets."""
        return self.for_some.get(name, -1) > place >= self.for_all.get(name, -1)


def _last_users(ctx: RuleContext) -> dict[Stage, _Users]:
    return {stage: _users_of(stage) for stage in ctx.build.stages}


def _users_of(stage: Stage) -> _Users:
    users = _Users({}, {})
    for run in stage.runs:
        for command in run.commands:
            if command.name not in _NOT_USING:
                is_for_some = command.is_chosen_by_platform or len(command.targets) < len(stage.targets)
                places = users.for_some if is_for_some else users.for_all
                places.update((part, command.range.start) for word in _words(command) for part in word.split("/"))
    return users


def _asks_for_headers(command: Command) -> bool:
    options = (it for it in command.syntax.arguments if it.startswith("-"))
    if command.name == "wget":
        return "--spider" in options
    return command.name == "curl" and any(it == "--head" or (it[1:2] != "-" and "I" in it) for it in options)


def _reader(command: Command) -> Command | None:
    """The command that reads the output of another one through a pipe."""
    if not command.syntax.is_piped:
        return None
    return next((it for it in command.run.commands if it.syntax.input is command.syntax), None)


def paths(download: Download) -> tuple[str, ...]:
    """The paths to which a file is downloaded, as far as the text tells; as written for ADD."""
    node = download.instruction.node
    if isinstance(node, Add):
        return () if node.destination is None else (node.destination.text,)
    use = None if download.command is None else download.command.use
    outputs = () if use is None else use.outputs
    return tuple(dict.fromkeys((*outputs, *_redirected(download))))


def _redirected(download: Download) -> Iterator[str]:
    """The targets of its redirection and the values of its options for an output file, as written."""
    command = download.command
    if command is None:
        return
    words, text = command.syntax.words, command.run.build.text
    redirection = _REDIRECTION.match(text, command.range.end, command.run.range.end)
    if redirection is not None:
        yield redirection["path"].strip("\"'")
    for before, word in pairwise(words):
        if before.text in ("-o", "-O", "--output", "--output-document", "--output-dir", "-P", "--directory-prefix"):
            yield word.text.strip("\"'")


class _Uses:
    """The uses of files as programs in one stage, and in those that copy from it, by the last part of the files' paths."""

    def __init__(self, stage: Stage) -> None:
        self._commands = _Places()
        self._instructions = _Places()
        self._started = _Places()
        for command in (it for run in stage.runs for it in run.commands):
            names = [*_used_by(command)]
            self._started.add(names[:1], command.range.start)
            self._commands.add(names, command.range.start)
        for it in (*stage.consumers, *stage.instructions):
            self._instructions.add(_taken_by(it), it.idx)

    def use_after(self, download: Download, names: Collection[str]) -> bool:
        """True if one of these files is used after a download, or by its own instruction."""
        start = download.instruction.range.start if download.command is None else download.command.range.start
        return self._commands.last(names) > start or self._instructions.last(names) >= download.instruction.idx

    def is_started_after(self, command: Command, names: Collection[str]) -> bool:
        """True if the stage starts one of these files after a command."""
        return self._started.last(names) > command.range.start


class _Places:
    """The last place of each name, and of each extension that a pattern such as `*.deb` names."""

    def __init__(self) -> None:
        self._of_names: dict[str, int] = {}
        self._of_endings: dict[str, int] = {}

    def add(self, names: Iterable[str], place: int) -> None:
        """Effect: add names or patterns that occur at a place."""
        for name in names:
            self._of_names[name] = max(place, self._of_names.get(name, -1))
            if "*" in name:
                ending = name.rpartition("*")[2]
                self._of_endings[ending] = max(place, self._of_endings.get(ending, -1))

    def last(self, names: Collection[str]) -> int:
        """The last place at which one of these names occurs, or a pattern for it; -1 if none does."""
        places = [self._of_names.get(it, -1) for it in names]
        places += (place for ending, place in self._of_endings.items() if any(it.endswith(ending) for it in names))
        return max(places, default=-1)


def is_run_after(ctx: RuleContext, stage: Stage, command: Command, names: Collection[str]) -> bool:
    """True if a stage starts one of these files after a command."""
    return ctx.cached(_uses)[stage].is_started_after(command, names)


def _uses(ctx: RuleContext) -> dict[Stage, _Uses]:
    return {it: _Uses(it) for it in ctx.build.stages}


def _used_by(command: Command) -> Iterator[str]:
    """The names of the files that a command starts, the program first, unpacks or installs, or moves to a directory of programs."""
    words = [*_words(command)]
    if not words:
        return
    yield posixpath.basename(words[0])
    if (
        command.name in _UNPACKING
        or command.name in _INSTALLING
        or (command.name in _MOVING and _names_programs(command))
    ):
        yield from map(posixpath.basename, words[1:])


def _names_programs(command: Command) -> bool:
    return any(PROGRAMS.search(it.text.strip("\"'")) for it in command.syntax.words[1:])


def _taken_by(instruction: Instruction) -> Iterator[str]:
    """The names of the files that a COPY brings to a directory of programs, or that the image starts."""
    node = instruction.node
    if isinstance(node, Copying):
        if node.destination is not None and PROGRAMS.search(node.destination.text) is not None:
            yield from (posixpath.basename(it.text) for it in node.sources)
    elif isinstance(node, Entrypoint | Cmd):
        yield from (posixpath.basename(it.text.strip("\"'")) for it in node.arguments[:1])
