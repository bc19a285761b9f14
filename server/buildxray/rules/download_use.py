"""Decide what becomes of a download: a text that the build reads, or a program that it or the image needs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.machine_files import DISK_OR_KERNEL
from buildxray.rules.base import Doubt
from buildxray.rules.downloads import Download
from buildxray.semantics.build import Command, Instruction, Stage
from buildxray.syntax.instructions import Add, Cmd, Copying, Entrypoint
from buildxray.syntax.lazy_regex import lazy_regex

_SUITS_EVERY_MACHINE: Final = lazy_regex(
    rf"""(?:\.(?:asc|crt|gpg|html?|json|key|list|md|md5|pem|repo|rpm\.md5|sha[0-9]*|sha[0-9]*sum|sig|txt|xml|ya?ml)  # keys, checksums, documents
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

_PROGRAMS: Final = lazy_regex(r"(?:^|/)s?bin(?:/|$)")
"""A directory of programs, in a path."""
NO_PROGRAMS: Final = lazy_regex(
    r"(?:^|/)(?:assets?|data|docs?|downloads?|firmware|fixtures?|html|htdocs|images?|layers?|public|samples?|static|testdata|tests?|www)(?:/|$)"
)
"""A directory of files that an image serves or reads, in a path."""
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
_UNPACKING: Final = frozenset(
    {
        "7z", "7za", "ar", "bsdtar", "bunzip2", "bzcat", "bzip2", "cpio", "funzip", "gunzip", "gzip", "lz4", "tar", "unxz", "unzip", "unzstd",
        "xz", "xzcat", "zcat", "zstd",
    }
)  # fmt: skip
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


def doubt_of_use(stage: Stage, download: Download) -> Doubt | None:
    """The reason why nothing shows that a file which a stage downloads is used as a program; None if something shows it."""
    names = _names(download)
    if any(_FOR_ANOTHER_MACHINE.search(it) for it in names):
        return Doubt.USE
    written = paths(download)
    if any(NO_PROGRAMS.search(it) for it in written):
        return Doubt.USE
    if any(_PROGRAMS.search(it) for it in written):
        return None
    command = download.command
    reader = None if command is None else _reader(command)
    if reader is not None and (reader.name in _UNPACKING or reader.name in _INSTALLING or _names_programs(reader)):
        return None
    names |= {posixpath.basename(it) for it in written} - {""}
    if any(_uses(it, names) for it in _later_commands(stage, download)):
        return None
    takers = (it for it in (*stage.consumers, *stage.instructions) if it.idx >= download.instruction.idx)
    return None if any(_takes(it, names) for it in takers) else Doubt.USE


def _asks_for_headers(command: Command) -> bool:
    options = (it for it in command.syntax.arguments if it.startswith("-"))
    if command.name == "wget":
        return "--spider" in options
    return command.name == "curl" and any(it == "--head" or (it[1:2] != "-" and "I" in it) for it in options)


def _reader(command: Command) -> Command | None:
    """The command that reads the output of another one through a pipe."""
    return next((it for it in command.run.commands if it.syntax.input is command.syntax), None)


def _names(download: Download) -> set[str]:
    """The last part of the address, as written, without its query."""
    address = download.pieces[0].text.strip("\"'").partition("?")[0] if download.pieces else ""
    return {posixpath.basename(address.rstrip("/"))} - {""}


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


def _later_commands(stage: Stage, download: Download) -> Iterator[Command]:
    """The commands of the stage after the one that downloads."""
    start = download.instruction.range.start if download.command is None else download.command.range.start
    for run in stage.runs:
        if run.idx >= download.instruction.idx:
            yield from (it for it in run.commands if it.range.start > start)


def _uses(command: Command, names: set[str]) -> bool:
    """True if a command unpacks, installs or starts one of these files, or moves it to a directory of programs."""
    words = [it.text.strip("\"'") for it in command.syntax.words]
    if not words:
        return False
    if posixpath.basename(words[0]) in names:
        return True
    is_named = any(_is_one_of(it, names) for it in words[1:])
    if command.name in _MOVING:
        return is_named and _names_programs(command)
    return is_named and (command.name in _UNPACKING or command.name in _INSTALLING)


def _is_one_of(word: str, names: set[str]) -> bool:
    """True if a word names one of these files, or all files with its extension: `*.deb`."""
    base = posixpath.basename(word)
    return base in names or ("*" in base and any(it.endswith(base.rpartition("*")[2]) for it in names))


def _names_programs(command: Command) -> bool:
    return any(_PROGRAMS.search(it.text.strip("\"'")) for it in command.syntax.words[1:])


def _takes(instruction: Instruction, names: set[str]) -> bool:
    """True if a COPY brings one of these files to a directory of programs, or the image starts it."""
    node = instruction.node
    if isinstance(node, Copying):
        is_taken = any(_is_one_of(it.text, names) for it in node.sources)
        return is_taken and node.destination is not None and _PROGRAMS.search(node.destination.text) is not None
    if isinstance(node, Entrypoint | Cmd):
        return any(posixpath.basename(it.text.strip("\"'")) in names for it in node.arguments[:1])
    return False
