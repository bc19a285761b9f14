"""A package or a source of packages is for one architecture, in a stage that is built for several."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from buildxray.localization import _
from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.download_sites import may_have_files_for
from buildxray.platforms.names import architecture_names
from buildxray.platforms.platform import Platform
from buildxray.records import replace
from buildxray.rules.base import Doubt, Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.download_use import suits_every_machine
from buildxray.rules.facts.intended import (
    adds_architecture,
    is_chosen,
    is_for_no_target,
    is_meant_for_one,
    is_on_image_for,
    runs_programs_of,
    with_alternative,
    with_ignored_failure,
)
from buildxray.rules.fixing.edits import declare_arguments
from buildxray.rules.one_cause import same_here, with_lines
from buildxray.rules.wording import joined, platforms
from buildxray.semantics.build import Command, Effect, Instruction, Run, Stage
from buildxray.semantics.mentions import Mention, mentions
from buildxray.semantics.refusals import ends_script
from buildxray.syntax.instructions import Copying, Env, Heredoc
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import SHELLS, ShellWord, reads_script
from buildxray.syntax.text import Edit, TextRange
from buildxray.toolchains.packages import known_architectures

_SOURCE: Final = lazy_regex(
    r"\bdeb\s+\[[^\]\n]*?\barch=(?P<list>[\w$({})-]+(?:,[\w-]+)*)[^\]\n]*\]"
    r"|(?:^|(?<=\\n))[ \t]*Architectures:[ \t]*(?P<deb822>[\w ,-]+?)[ \t]*(?:$|(?=\\n|[\"']))",
    re.MULTILINE,
)
_STANZA: Final = lazy_regex(r"^[ \t]*Types:", re.MULTILINE)
"""The beginning of a source in the format of deb822. Source: sources.list(5), "DEB822-STYLE FORMAT"."""
_PACKAGE_FILE: Final = lazy_regex(r"\.(?:apk|deb|rpm|whl|gem)(?:['\"]|$)")
_FOR_EVERY_MACHINE: Final = lazy_regex(r"[._-]noarch\.rpm|_all\.deb|-any\.whl")
_DEBIAN_NAME: Final = lazy_regex(
    r"(?!crossbuild-essential-|qemu-)[^:]*(?:-(?:amd64|arm64|armhf|ppc64el|riscv64|s390x)|:(?:amd64|arm64|armhf|i386|ppc64el|riscv64|s390x))(?:=.*)?"
)
"""The name of a package for one architecture.

A cross compiler such as gcc-x86-64-linux-gnu or crossbuild-essential-arm64 is for several, as is an emulator such as
qemu-system-riscv64; libc6-dev-i386 is a package of amd64.
Source: packages.debian.org.
"""
_RPM_NAME: Final = lazy_regex(r"[\w+-]\.(?:aarch64|i386|i686|ppc64le|riscv64|s390x|x86_64)$")
"""The name of a package for one architecture."""
_RUN_BY: Final = {"386": ("amd64",)}
"""The architectures on which packages for another one are installed too, `glibc.i686` on x86_64."""
_RPM_MANAGERS: Final = ("dnf", "microdnf", "tdnf", "yum", "zypper")
_MANAGERS: Final = frozenset(
    [
        "apk",
        "apt",
        "apt-get",
        "aptitude",
        "bun",
        "dnf",
        "dpkg",
        "gem",
        "microdnf",
        "npm",
        "pip",
        "pip3",
        "pnpm",
        "rpm",
        "tdnf",
        "uv",
        "yarn",
        "yum",
        "zypper",
    ]
)
_UNPACKING: Final = frozenset({"-X", "-e", "-x", "--control", "--extract", "--vextract"})
"""Options with which dpkg unpacks a package for any machine. Source: the manual of dpkg-deb."""
_PIP: Final = ("pip", "pip3", "uv")
_INDEXES: Final = ("-f", "-i", "--default-index", "--extra-index-url", "--find-links", "--index", "--index-url")
"""Options of pip and uv with the address of a list of packages."""
_EDITING: Final = ("ed", "mv", "perl", "rm", "sed")
_NODE_MANAGERS: Final = ("bun", "npm", "pnpm", "yarn")
"""Installers that are given a package for one machine beside the one that they choose themselves, since they forget it at times."""
_DOWNLOADERS: Final = frozenset({"curl", "wget", "aria2c"})
"""Another rule is about these."""
_MAKING_SYSTEMS: Final = frozenset({"cdebootstrap", "debootstrap", "mmdebstrap"})
"""Programs that install a whole system of Debian into a directory."""
_TOLD: Final = ("--arch", "--architectures", "--forcearch", "--platform", "--python-platform", "--target")
_ARCHITECTURE_VARIABLE: Final = lazy_regex(r"(?:^|_)(?:CPU|GO|HOST|OS|TARGET)?ARCH(?:ITECTURE)?(?:$|_)", re.IGNORECASE)
_PATTERNS: Final = ("-p", "--pattern")
"""Options with the names of the files that `gh release download` downloads. Source: the manual of gh."""
_NPM_NAME: Final = lazy_regex(
    r"@.*linux.*|.+-linux-(?:arm|arm64|ia32|x64)(?:-(?:gnu|gnueabihf|musl|musleabihf))?(?:@.*)?"
)
"""The name of a package with native code for one architecture, as the tools of napi-rs and esbuild publish them."""


_CONDA: Final = frozenset({"conda", "mamba", "micromamba"})
_SUBDIRECTORIES: Final = {
    "linux-32": "386",
    "linux-64": "amd64",
    "linux-aarch64": "arm64",
    "linux-ppc64le": "ppc64le",
    "linux-s390x": "s390x",
}
"""The names of platforms in conda. Source: conda/models/enums.py, and the manual of `--subdir`."""


class _Place(NamedTuple):
    """The place of an architecture in the text, with a fix if there is one."""

    range: TextRange
    architecture: str
    targets: tuple[Platform, ...]
    """The platforms whose images need the package."""
    fixes: tuple[Fix, ...] = ()
    doubt: Doubt | None = None
    """The reason why neither the build nor the image may fail, such as a package that is only added to those of the machine."""
    also: tuple[str, ...] = ()
    """The other architectures for which the package exists."""
    name: str = ""
    """The name of a package that does not tell the architecture."""
    is_source: bool = False
    """True for a source of packages, beside which another one may serve the other machines."""
    others: tuple[TextRange, ...] = ()
    """The same architecture in other packages of the command, or in other sources of the RUN."""


@rule(
    Severity.ERROR,
    Severity.OFF,
    FixAvailability.SOMETIMES,
    about=[Mention.ARCHITECTURE, Mention.CONDA_PLATFORM, Mention.PACKAGE_FOR_FEW],
)
def single_arch_package(ctx: RuleContext) -> Iterator[Finding]:
    """A package, or a source of packages, is for one architecture, in a stage that is built for several.

    ## What it does
    Looks for `deb [arch=amd64 …]` and `Architectures: amd64` in sources of apt, for package files such as `…_amd64.deb` and `…_x86_64.whl` that
    a package manager installs, for packages such as `linux-headers-amd64`, `glibc.x86_64` and `@rollup/rollup-linux-x64-gnu`, for `--platform`
    of gem and pip, for `--target` of an installer that is piped into a shell, and for packages that are known to exist for some architectures
    only, such as `intel-media-va-driver`; outside of conditions, in stages that run once per platform.

    ## Why it matters
    On other architectures apt finds no package in such a source, pip and dpkg refuse the file, and an installer installs programs that fail
    with `exec format error`.

    ## Example
    ```dockerfile
    FROM debian:13
    ARG TARGETARCH
    RUN echo $TARGETARCH
    RUN echo "deb [arch=amd64 signed-by=/k.asc] https://download.docker.com/linux/debian trixie stable" > /etc/apt/sources.list.d/docker.list
    ```

    Use instead:
    ```dockerfile
    FROM debian:13
    ARG TARGETARCH
    RUN echo $TARGETARCH
    RUN echo "deb [arch=$(dpkg --print-architecture) signed-by=/k.asc] https://download.docker.com/linux/debian trixie stable" > /etc/apt/sources.list.d/docker.list
    ```

    ## Fix safety
    A suggestion, for sources of apt in a text that the shell or BuildKit expands: the source may lack packages for other
    architectures. There is none for a source that is known to lack them, such as archive.ubuntu.com.

    ## Limits
    A stage that calls `dpkg --add-architecture` or installs `qemu-user` is not reported, nor is a command whose failure is ignored (`… ||
    true`); one whose failure leads to another one (`… || apt-get install …`) is a warning. A package of Node.js for one machine is a warning,
    because others may be installed beside it.
    """
    if len(ctx.build.targets) < 2:
        return
    for stage in ctx.build.needed_stages:
        if stage.is_native or is_meant_for_one(ctx, stage) or adds_architecture(ctx, stage):
            continue
        files = _files_of(stage)
        places = [it for instruction in stage.instructions for it in _places(ctx, instruction, files)]
        if len({it.architecture for it in places}) != 1 or runs_programs_of(ctx, stage, places[0].architecture):
            continue
        if is_on_image_for(stage, places[0].architecture):
            continue
        others = _of_other_sources(stage)
        for it in places:
            known = {it.architecture, *it.also, *(others if it.is_source else ())}
            wrong = [one for one in it.targets if one.architecture not in known]
            if not wrong or ctx.is_only_for(it.architecture):
                continue
            doubt = Doubt.USE if is_for_no_target(ctx, it.architecture) else it.doubt
            message = with_lines(ctx, _message(ctx, it, wrong), it.range, it.others)
            yield Finding(it.range, message, it.fixes, same_here(it.others), doubt=doubt)


def _of_other_sources(stage: Stage) -> frozenset[str]:
    """The architectures of the sources of packages with several: `Architectures: i386,amd64` beside `Architectures: arm64`."""
    texts = (
        text
        for it in stage.instructions
        if Mention.ARCHITECTURE in it.mentions
        for text in (it.node.text, *(one.content for one in it.node.heredocs))
    )
    lists = (it["list"] or it["deb822"] for text in texts for it in _SOURCE.finditer(text))
    named = ({name for *_, name in named_architectures(it)} for it in lists)
    return frozenset(name for names in named if len(names) > 1 for name in names)


def _message(ctx: RuleContext, place: _Place, wrong: list[Platform]) -> str:
    if place.name:
        return _(
            "the build for {platforms} stops here: the package `{name}` exists for {architecture} only; install it under a condition",
            platforms=platforms(wrong),
            name=place.name,
            architecture=joined((place.architecture, *place.also)),
        )
    return _(
        "the image for {platforms} cannot use this: it is for {architecture} only",
        platforms=platforms(wrong),
        architecture=ctx.text[slice(*place.range)],
    )


def _places(ctx: RuleContext, instruction: Instruction, files: _Files) -> Iterator[_Place]:
    node = instruction.node
    if isinstance(instruction, Run):
        yield from _joined(_sources(ctx, instruction, node.text, 0))
        for heredoc in node.heredocs:
            yield from _in_heredoc(ctx, instruction, heredoc)
        may_fail, alternatives = with_ignored_failure(instruction), with_alternative(instruction)
        for command in instruction.commands:
            if not is_chosen(command) and id(command.syntax) not in may_fail:
                for place in _first_of_each(_packages(instruction, command, files)):
                    has_other = id(command.syntax) in alternatives
                    yield place._replace(doubt=Doubt.ALTERNATIVE) if has_other else place
                yield from _first_of_each(_named_without(instruction, command))
                yield from _of_conda(instruction, command)
    elif isinstance(node, Env):
        for pair in node.pairs:
            architecture = None if pair.value is None else _SUBDIRECTORIES.get(pair.value.text)
            if pair.name.text == "CONDA_SUBDIR" and pair.value is not None and architecture is not None:
                yield _Place(instruction.range_of(pair.value), architecture, _targets(instruction))
    elif isinstance(node, Copying):
        for heredoc in node.heredocs:
            yield from _in_heredoc(ctx, instruction, heredoc)


def _named(match: re.Match[str]) -> tuple[int, int, str] | None:
    """The one architecture of a source of packages, and its place in the text."""
    group = "list" if match["list"] is not None else "deb822"
    written = match[group]
    named = named_architectures(written)
    if len(named) != 1 or "$" in written or re.search(r"[,\s]", written.strip()):
        return None
    start, end, architecture = named[0]
    return match.start(group) + start, match.start(group) + end, architecture


def _sources(ctx: RuleContext, run: Run, text: str, start: int) -> Iterator[_Place]:
    for match in _SOURCE.finditer(text):
        named = _named(match)
        if named is None:
            continue
        place = run.node.logical.range(start + named[0], start + named[1]).shifted(run.syntax.start)
        commands = [it for it in run.commands if it.range.contains(place.start)]
        if ctx.text[slice(*place)] != text[named[0] : named[1]]:
            continue
        words = (
            word
            for it in commands
            for word in it.syntax.words
            if run.shell_range(word.range).start <= place.start < run.shell_range(word.range).end
        )
        is_expanded = any(it.text.startswith('"') for it in words) and all(it.syntax.is_writable for it in commands)
        edit = Edit(place, "$(dpkg --print-architecture)")
        fix = Fix(_("Use the architecture of the image"), (edit,), Safety.SUGGESTION)
        doubt = Doubt.LATER_STEP if _is_edited_later(run, place.start) else None
        has_others = may_have_files_for(text, (it.architecture for it in ctx.build.targets))
        fixes = (fix,) if is_expanded and has_others else ()
        yield _Place(place, named[2], _writing_targets(run, place.start), fixes, doubt, is_source=True)


def _joined(places: Iterable[_Place]) -> Iterator[_Place]:
    """Yield one of the places in the sources of packages of a RUN that are wrong alike; its fix edits all."""
    groups: dict[tuple[object, ...], list[_Place]] = {}
    for it in places:
        groups.setdefault((it.architecture, it.targets, it.doubt, bool(it.fixes)), []).append(it)
    for first, *others in groups.values():
        edits = tuple(edit for it in (first, *others) for fix in it.fixes for edit in fix.edits)
        fixes = tuple(replace(it, edits=edits) for it in first.fixes)
        yield first._replace(fixes=fixes, others=tuple(it.range for it in others))


def _is_edited_later(run: Run, position: int) -> bool:
    """True if a later command of the stage edits or removes a file with sources of packages."""
    runs = () if run.stage is None else (it for it in run.stage.runs if it.idx >= run.idx)
    later = (it for one in runs for it in one.commands if it.name in _EDITING and it.range.start > position)
    return any("sources.list" in word.text for it in later for word in it.syntax.words)


def _writing_targets(run: Run, position: int) -> tuple[Platform, ...]:
    """The targets for which the command at a position of the file runs, or the last one before it; none where the text does not tell.

    Redirections and the texts that they read are not a part of a command.
    """
    if run.script.has_errors:
        return ()
    around = [it for it in run.commands if it.range.contains(position)]
    if not around:
        around = [*sorted((it for it in run.commands if it.range.start < position), key=lambda it: it.range.start)][-1:]
    if any(map(is_chosen, around)):
        return ()
    return tuple(it for it in _targets(run) if all(it in one.invocation.targets for one in around))


def _reader_of(instruction: Instruction, heredoc: Heredoc) -> int:
    """The position of the marker of a heredoc, whose command reads the text; of a script, the position of its text."""
    start = instruction.syntax.start + heredoc.start
    end = start + len(heredoc.content)
    if isinstance(instruction, Run) and any(start <= it.range.start < end for it in instruction.commands):
        return start
    marker = re.search(
        rf"<<-?[\"']?{re.escape(heredoc.name)}(?!\w)", instruction.build.text[instruction.syntax.start : start]
    )
    return start if marker is None else instruction.syntax.start + marker.start()


def _in_heredoc(ctx: RuleContext, instruction: Instruction, heredoc: Heredoc) -> Iterator[_Place]:
    """Yield the architectures in a heredoc: BuildKit expands arguments in a file; in a script, the shell also runs commands."""
    reader = _reader_of(instruction, heredoc)
    offset = instruction.syntax.start + heredoc.start
    matches = [*_SOURCE.finditer(heredoc.content)]
    if 0 < sum(it["deb822"] is not None for it in matches) < len(_STANZA.findall(heredoc.content)):
        # Other sources of the file are for the machine of the image.
        return
    for match in matches:
        named = _named(match)
        if named is None:
            continue
        place = TextRange(offset + named[0], offset + named[1])
        names = [architecture_names(it) for it in ctx.build.targets]
        same = all(
            it is not None and it.debian == one.architecture for it, one in zip(names, ctx.build.targets, strict=True)
        )
        fixes: tuple[Fix, ...] = ()
        has_others = may_have_files_for(heredoc.content, (it.architecture for it in ctx.build.targets))
        if heredoc.marker.expand and same and has_others:
            edits = (Edit(place, "$TARGETARCH"), *declare_arguments(instruction, ["TARGETARCH"]))
            fixes = (Fix(_("Write `$TARGETARCH`"), edits, Safety.SUGGESTION),)
        is_script = reader == offset
        targets = (
            _writing_targets(instruction, place.start if is_script else reader)
            if isinstance(instruction, Run)
            else _targets(instruction)
        )
        yield _Place(place, named[2], targets, fixes, is_source=True)


def _is_release_download(command: Command) -> bool:
    return command.name == "gh" and command.syntax.arguments[:2] == ("release", "download")


class _Files(NamedTuple):
    """The names of files that the commands of a stage are given."""

    downloaded: frozenset[str]
    installed: dict[str, int]
    """Those that installers are given, each with the place of the last of them."""


def _files_of(stage: Stage) -> _Files:
    commands = [it for run in stage.runs for it in run.commands]
    downloading = (it for it in commands if it.name in _DOWNLOADERS or _is_release_download(it))
    installing = (it for it in commands if it.name in _MANAGERS)
    return _Files(
        frozenset(posixpath.basename(word.text.strip("'\"")) for it in downloading for word in it.syntax.words),
        {posixpath.basename(word): it.range.start for it in installing for word in it.syntax.arguments},
    )


def _is_installed_later(download: Command, pattern: str, files: _Files) -> bool:
    """True if an installer of the stage is given the file that a command downloads."""
    name = posixpath.basename(pattern.partition("=")[2] or pattern)
    return files.installed.get(name, -1) > download.range.start


def _first_of_each(places: Iterable[_Place]) -> Iterator[_Place]:
    """The first package for each architecture in a command, with the places of the others: one list is one cause."""
    groups: dict[tuple[object, ...], list[_Place]] = {}
    for it in places:
        groups.setdefault((it.architecture, it.doubt), []).append(it)
    for first, *others in groups.values():
        yield first._replace(others=tuple(it.range for it in others))


def _packages(run: Run, command: Command, files: _Files) -> Iterator[_Place]:
    name, words = command.name, command.syntax.words
    if _is_release_download(command):
        for before, word in pairwise(words):
            is_pattern = before.text in _PATTERNS or word.text.startswith(tuple(f"{it}=" for it in _PATTERNS))
            if is_pattern and word.value is not None:
                yield from _one(
                    run, command, word, None if _is_installed_later(command, word.value, files) else Doubt.USE
                )
        return
    if reads_script(command.syntax):
        # `curl https://… | ARCH=amd64 sh`
        for it in command.syntax.assignments:
            if _ARCHITECTURE_VARIABLE.search(it.name) and it.value.value is not None:
                yield from _one(run, command, it.value, Doubt.PROGRAM)
    # `--target` of rustup adds libraries of other machines to those of its own.
    is_installer = name in SHELLS and "-s" in command.syntax.arguments and not _reads_rustup(command)
    effect = None if command.use is None else command.use.effect
    is_system = name in _MAKING_SYSTEMS
    is_manager = is_system or name in _MANAGERS or effect is Effect.INSTALL
    if name in _DOWNLOADERS or not (is_manager or is_installer):
        return
    for position, word in enumerate(words[1:], 1):
        if (
            word.value is None
            or "platform_machine" in word.value
            or (name in _PIP and words[position - 1].text in _INDEXES)
        ):
            continue
        option = (
            words[position - 1].text.partition("=")[0] if not word.text.startswith("-") else word.text.partition("=")[0]
        )
        is_value = option in _TOLD and (not word.text.startswith("-") or "=" in word.text)
        is_named = not is_system and _names_package(name, word, command)
        is_package = is_manager and not word.text.startswith("-") and (is_named or is_value)
        is_downloaded = posixpath.basename(word.value) in files.downloaded and "://" not in word.text
        if (is_value or is_package) and not is_downloaded and not (name in _NODE_MANAGERS and is_value):
            # pip takes a platform only for packages in another directory or a file (`pip install --help`, --platform).
            is_other = is_system or name in _NODE_MANAGERS or (is_value and name in _PIP)
            is_unpacked = name == "dpkg" and not _UNPACKING.isdisjoint(command.syntax.arguments)
            yield from _one(run, command, word, Doubt.USE if is_other or is_unpacked else None)


def _reads_rustup(command: Command) -> bool:
    """True if a shell reads the installer of rustup, without an option for its own machine. Source: `rustup-init --help`."""
    source = command.syntax.input
    is_rustup = not isinstance(source, ShellWord | None) and any("rustup" in it.text for it in source.words)
    return is_rustup and not any(it.startswith("--default-host") for it in command.syntax.arguments)


def _of_conda(run: Run, command: Command) -> Iterator[_Place]:
    """`conda create --subdir linux-64`, `CONDA_SUBDIR=linux-64 mamba install`."""
    if command.name not in _CONDA:
        return
    words = command.syntax.words
    told = [it.value for it in command.syntax.assignments if it.name == "CONDA_SUBDIR"]
    told += [word for before, word in pairwise(words) if before.text in ("--subdir", "--platform")]
    for word in (*told, *(it for it in words if it.text.startswith(("--subdir=", "--platform=")))):
        value = (word.value or "").rpartition("=")[2]
        if value in _SUBDIRECTORIES and value in word.text:
            start = run.shell_range(word.range).start + word.text.index(value)
            yield _Place(TextRange(start, start + len(value)), _SUBDIRECTORIES[value], command.invocation.targets)


def _named_without(run: Run, command: Command) -> Iterator[_Place]:
    """Packages whose names do not tell that they exist for some architectures only, if the RUN fails without them."""
    words = command.syntax.words
    packages = (
        [*known_architectures([it.text for it in words])] if Mention.PACKAGE_FOR_FEW in mentions(run.node) else []
    )
    for index, (first, *others) in packages if packages and ends_script(run, command) else ():
        place = run.shell_range(words[index].range)
        yield _Place(
            place, first, command.invocation.targets, also=(*others,), name=words[index].text.partition("=")[0]
        )


def _names_package(name: str, word: ShellWord, command: Command) -> bool:
    text = word.text
    if _PACKAGE_FILE.search(text) or "://" in text:
        return True
    if name in ("apt", "apt-get", "aptitude"):
        return "install" in command.syntax.arguments and _DEBIAN_NAME.fullmatch(text) is not None
    if name in _RPM_MANAGERS:
        return bool({"install", "reinstall", "in"} & {*command.syntax.arguments}) and _RPM_NAME.search(text) is not None
    return name in ("npm", "pnpm", "yarn", "bun") and _NPM_NAME.fullmatch(text) is not None


def _one(run: Run, command: Command, word: ShellWord, doubt: Doubt | None) -> Iterator[_Place]:
    if "://" in word.text and suits_every_machine((word.value or word.text).partition("?")[0]):
        # `rpm --import https://…/x86_64/RPM-GPG-KEY`
        return
    named = named_architectures(word.text)
    if len({it[2] for it in named}) == 1 and not _FOR_EVERY_MACHINE.search(word.text):
        start, end, architecture = named[-1]
        whole = run.shell_range(word.range)
        place = TextRange(whole.start + start, whole.start + end)
        if run.build.text[slice(*place)] == word.text[start:end]:
            also = _RUN_BY.get(architecture, ()) if command.name in _RPM_MANAGERS else ()
            yield _Place(place, architecture, command.invocation.targets, doubt=doubt, also=also)


def _targets(instruction: Instruction) -> tuple[Platform, ...]:
    return () if instruction.stage is None else instruction.stage.targets
