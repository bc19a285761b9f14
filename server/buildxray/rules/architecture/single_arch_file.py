"""A file for one architecture is copied from the build context into the images of all platforms."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.platforms.aliases import has_level, named_architectures
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS, PER_TARGET_ARGUMENTS
from buildxray.platforms.machine_files import DISK_OR_KERNEL
from buildxray.rules.base import Doubt, Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.context_files import instructions_before
from buildxray.rules.facts.download_use import NO_PROGRAMS, PROGRAMS, is_used_for_some_targets
from buildxray.rules.facts.downloads import downloads
from buildxray.rules.facts.intended import (
    adds_architecture,
    is_for_no_target,
    is_meant_for_one,
    is_on_image_for,
    runs_programs_of,
)
from buildxray.rules.fixing.edits import declare_arguments
from buildxray.rules.fixing.file_names import can_expand, places_in
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Instruction, Run, Stage
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Add, Arg, Cmd, Copy, Copying, Entrypoint, Token
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit, TextRange

_DOCKER_NAMES: Final = ("amd64", "arm64", "ppc64le", "riscv64", "s390x")
_NO_PROGRAM: Final = lazy_regex(
    r"(?:^|/)(?:kernel-?)?(?:def)?config[-_][^/]*$|\.(?:asc|bash|c|cfg|cmake|conf(?:ig)?|crt|csv|defconfig|diff|env|gpg|h|html|ini|j2|js|json|key|list|lock|mak|md|mk|patch|pem|pl|properties|py|rb|repo|rules|service|sh"
    r"|sources|spec|tmpl|toml|tpl|txt|xml|ya?ml)$",
    re.IGNORECASE,
)
"""Settings, documents, sources and scripts, which may be useful on other architectures than the one in their name."""
_DOCUMENT: Final = lazy_regex(r"(?:^|/)(?P<name>COPYING|LICEN[CS]E|NOTICE|README)[^/]*$", re.IGNORECASE)
"""A document by its name, which is in capitals by custom; `license-amd64` may also be the program that checks a licence."""
_OF_DOCUMENTS: Final = lazy_regex(r"(?:^|/)(?:docs?|legal|licen[cs]es|notices)(?:/|$)", re.IGNORECASE)
"""A directory of documents, in a path."""
_NOT_RUN: Final = lazy_regex(rf"(?:{DISK_OR_KERNEL}|(?:^|/)qemu-\w+-static)$")
"""Disks and kernels of virtual machines, and QEMU's emulators, which are named for the machine that they emulate."""
_ARCHIVE: Final = lazy_regex(r"\.(?:tar(?:\.\w+)?|tgz|txz|tbz2?)$")
_PROBE: Final = lazy_regex(r"\buname\b|\barch\b|--print-arch")
_VARIABLE: Final = lazy_regex(r"\$\{?(\w+)")
_Named = tuple[Instruction, Token, int, int, str]
"""An architecture in a token of an instruction: the instruction, the token, the range in it, and the name in TARGETARCH."""


_DEFAULT: Final = lazy_regex(r"\$\{(?P<name>\w+):?-[^{}]*\}")
"""A variable with a value for the case that it is not set."""


@rule(Severity.ERROR, Severity.OFF, FixAvailability.SOMETIMES, about=[Mention.ARCHITECTURE])
def single_arch_file(ctx: RuleContext) -> Iterator[Finding]:
    """COPY takes a file from the build context that is named after one architecture, in a stage that is built for several.

    ## What it does
    Looks at COPY and ADD of local files such as `dist/agent-linux-amd64`, at bind mounts of such files, and at ENTRYPOINT and CMD that start a
    program of such a name, in stages that run once per platform. A stage that copies files for several architectures, one that is named after an
    architecture, a file that is copied to a name with the architecture, and settings and documents are not reported. A file such as
    `license-amd64` is a document unless the image starts it, it is a program for Linux (ELF), or its name is in small letters and it gets no place
    among documents.

    ## Why it matters
    Every image gets the file for the one architecture, and fails on all others with `exec format error`.

    ## Example
    ```dockerfile
    FROM alpine:3.22
    ARG TARGETARCH
    RUN echo $TARGETARCH
    COPY dist/agent-linux-amd64 /usr/local/bin/agent
    ENTRYPOINT ["agent"]
    ```

    Use instead:
    ```dockerfile
    FROM alpine:3.22
    ARG TARGETARCH
    RUN echo $TARGETARCH
    COPY dist/agent-linux-$TARGETARCH /usr/local/bin/agent
    ENTRYPOINT ["agent"]
    ```

    ## Fix safety
    A suggestion, for names that `TARGETARCH` has too: the build context may lack files of these names.
    """
    if len(ctx.build.targets) < 2:
        return
    for stage in ctx.build.needed_stages:
        if stage.is_native or is_meant_for_one(ctx, stage):
            continue
        copies = [(it, named) for it in stage.instructions if (named := _named(ctx, it))]
        architectures = {one[4] for _, named in copies for one in named}
        if len(architectures) == 1 and not _is_chosen_from(stage):
            last_copies = _last_copies(stage)
            for instruction, named in copies:
                if not _names_architecture(instruction) and not _is_replaced(instruction, last_copies):
                    yield from _finding(ctx, stage, instruction, named)
        yield from _started(ctx, stage)


def _names_architecture(instruction: Instruction) -> bool:
    """True if the destination of a COPY or ADD names an architecture."""
    node = instruction.node
    return isinstance(node, Copy | Add) and bool(node.destination and named_architectures(node.destination.text))


def _named(ctx: RuleContext, instruction: Instruction) -> list[_Named]:
    """The architectures in the local sources of a COPY or ADD, or of the bind mounts of a RUN."""
    return [
        (written, token, start, end, architecture)
        for source in _local_sources(instruction)
        for written, token in ((instruction, source), *_values(instruction, source))
        if "://" not in token.text
        and not (
            token.text.endswith(".deb") and instruction.stage is not None and adds_architecture(ctx, instruction.stage)
        )
        and not _is_not_executed(instruction, token.text)
        and not any(_is_other(instruction, it) for it in instruction.expanded(source.text))
        for start, end, architecture in named_architectures(token.text)
        if not _is_default(token.text, start)
    ]


def _is_not_executed(instruction: Instruction, path: str | None) -> bool:
    """True if an image does not execute a file on its own machine: a document, a script, or an emulator, which is named after another one."""
    if path is None:
        return False
    return _NO_PROGRAM.search(path) is not None or _NOT_RUN.search(path) is not None or _is_document(instruction, path)


def _is_document(instruction: Instruction, path: str) -> bool:
    """True for a file with the name of a document, unless it is a program, or has a name in small letters, no end and no place among documents."""
    named, node = _DOCUMENT.search(path), instruction.node
    if named is None or _is_started(instruction, path):
        return False
    head = _head(instruction, path)
    if head:
        return not head.startswith(_ELF)
    destination = node.destination.text if isinstance(node, Copy | Add) and node.destination is not None else ""
    return not named["name"].islower() or any(map(_OF_DOCUMENTS.search, (posixpath.dirname(path), destination)))


def _may_be_document(instruction: Instruction, path: str) -> bool:
    """True for a file with the name of a document that nothing shows to be a program."""
    return _DOCUMENT.search(path) is not None and not (_head(instruction, path) or _is_started(instruction, path))


_ELF: Final = b"\x7fELF"
"""Source: elf(5), "e_ident"."""


def _head(instruction: Instruction, path: str) -> bytes:
    """The first bytes of a file of the build context; empty if they are unknown, or the file is empty."""
    head = instruction.build.workspace.head
    return b"" if head is None or "$" in path else head(posixpath.normpath(path.lstrip("/")))


def _is_started(copy: Instruction, path: str) -> bool:
    """True if the image starts a file that a COPY or ADD brings, or a RUN does so or makes it executable."""
    node, stage = copy.node, copy.stage
    if not isinstance(node, Copy | Add) or node.destination is None or stage is None:
        return False
    place = node.destination.text
    name = posixpath.basename(path if place.endswith(("/", ".")) else place)
    return any(it.idx > copy.idx and name in _starts(it) for one in stage.family for it in one.instructions)


def _starts(instruction: Instruction) -> Iterator[str]:
    """The files that an instruction starts, or makes executable, by the last part of their paths."""
    if isinstance(instruction.node, Entrypoint | Cmd):
        yield from _used_by(instruction)
    elif isinstance(instruction, Run):
        for command in instruction.commands:
            words = [posixpath.basename(it.text.strip("\"'")) for it in command.syntax.words]
            makes_executable = command.name == "chmod" and any(map(_EXECUTABLE.fullmatch, words))
            yield from words if makes_executable else words[:1]


_EXECUTABLE: Final = lazy_regex(r"[ugoa]*\+[rwXst]*x[rwXst]*|0?[0-7]{0,2}[1357][0-7]{0,2}")
"""A mode of chmod that lets somebody start a file."""


def _is_other(instruction: Instruction, path: str | None) -> bool:
    """True for an address, which `hard-coded-arch` reports, and for a file that is not a program."""
    return _is_not_executed(instruction, path) or (path is not None and "://" in path)


def _local_sources(instruction: Instruction) -> tuple[Token, ...]:
    """The paths in the build context that an instruction takes, without those of a RUN that looks at the architecture itself."""
    node = instruction.node
    if isinstance(node, Copy | Add):
        is_local = node.destination is not None and not (isinstance(node, Copy) and node.source_stage is not None)
        return node.sources if is_local else ()
    if (
        not isinstance(instruction, Run)
        or Mention.PLATFORM_ARGUMENT in instruction.mentions
        or _PROBE.search(node.whole_text)
    ):
        return ()
    return instruction.context_sources


def _is_default(text: str, position: int) -> bool:
    """True if a position is in the default of an automatic argument: `${TARGETARCH:-amd64}`.

    BuildKit sets the argument if it is declared; otherwise `undeclared-platform-arg` reports the default.
    """
    return any(
        it.start() <= position < it.end() and it["name"] in AUTOMATIC_ARGUMENTS for it in _DEFAULT.finditer(text)
    )


def _is_chosen_from(stage: Stage) -> bool:
    """True if the image copies files of a stage only by paths that depend on the target: a store with files for each platform."""
    takers = [it for it in stage.consumers if isinstance(it.node, Copying)]
    return (
        not stage.is_image
        and bool(takers)
        and len(takers) == len(stage.consumers)
        and all(
            _follows_target(source.text) for it in takers if isinstance(it.node, Copying) for source in it.node.sources
        )
    )


def _follows_target(path: str) -> bool:
    return not PER_TARGET_ARGUMENTS.isdisjoint(_VARIABLE.findall(path))


def _values(instruction: Instruction, source: Token) -> Iterator[tuple[Instruction, Token]]:
    """The values of the ARG and ENV variables in a source, with the places in which they are written."""
    whole = instruction.range_of(source)
    is_local = "$" in source.text and "://" not in source.text
    for reference in instruction.variable_references() if is_local else ():
        if reference.name in AUTOMATIC_ARGUMENTS:
            # `masked-platform-arg` reports its default.
            continue
        declaration = instruction.declaration(reference.name) if whole.contains(reference.range.start) else None
        for pair in () if declaration is None else declaration.pairs:
            if (
                declaration is not None
                and pair.name.text == reference.name
                and pair.value is not None
                and "$" not in pair.value.text
            ):
                yield declaration, pair.value


def _finding(ctx: RuleContext, stage: Stage, instruction: Instruction, named: list[_Named]) -> Iterator[Finding]:
    ranges = [_place(it, token, start, end) for it, token, start, end, _ in named]
    wrong = [it for it in stage.targets if it.architecture != named[0][4]]
    written = [ctx.text[slice(*it)] for it in ranges]
    if not wrong or ctx.is_only_for(named[0][4]) or runs_programs_of(ctx, stage, named[0][4]):
        return
    if is_on_image_for(stage, named[0][4]) or is_used_for_some_targets(ctx, stage, instruction):
        return
    if any(it != token.text[start:end] for it, (_, token, start, end, _) in zip(written, named, strict=True)):
        return
    fixes: tuple[Fix, ...] = ()
    has_equals = all(it in _DOCKER_NAMES for it in written) and not any(has_level(ctx.text, it.end) for it in ranges)
    if has_equals and all(it is instruction for it, *_ in named):
        later = _later_names(stage, instruction, named[0][4])
        if later is not None and _may_exist(instruction, named):
            edits = [Edit(it, _variable(ctx.text, it)) for it in (*ranges, *later)]
            edits += declare_arguments(instruction, ["TARGETARCH"])
            fixes = (Fix(_("Write `$TARGETARCH`"), tuple(edits), Safety.SUGGESTION),)
    yield Finding(
        ranges[0],
        _(
            "the image for {platforms} gets the file for {architecture}, which does not run there",
            platforms=platforms(wrong),
            architecture=written[0],
        ),
        fixes,
        doubt=_doubt(ctx, stage, instruction, named),
    )


def _later_names(stage: Stage, copy: Instruction, architecture: str) -> list[TextRange] | None:
    """The places in which later instructions name a copied file by its architecture; None if no variable is possible in one of them.

    A file that gets a name of its own has none.
    """
    node = copy.node
    if not isinstance(node, Copying) or node.destination is None or not node.destination.text.endswith(("/", ".")):
        return []
    later: set[TextRange] = set()
    takers = (it for one in stage.family for it in (*one.instructions, *one.consumers))
    for it in takers:
        if it.idx <= copy.idx or (isinstance(it.node, Copy | Add) and it.node.flag("from") is None):
            # A COPY of another file has a finding of its own.
            continue
        places = places_in(it, architecture)
        later |= places
        if places and (it.stage is not stage or not can_expand(it, places)):
            return None
    is_named = all(copy.build.text[slice(*it)] in _DOCKER_NAMES for it in later)
    return sorted(later) if is_named and len(later) <= _MOST_PLACES else None


def _may_exist(copy: Instruction, named: list[_Named]) -> bool:
    """True unless the repository has the file for one architecture, and lacks that of another target."""
    keeps = copy.build.workspace.keeps
    paths = dict.fromkeys(token.text for _, token, *_rest in named)
    if keeps is None or any("$" in it for it in paths):
        return True
    return all(
        keeps(_path_for(path, it.architecture)) or not keeps(path) for path in paths for it in copy.build.targets
    )


def _path_for(path: str, architecture: str) -> str:
    """A path with another architecture in the place of each that it names."""
    parts: list[str] = []
    end = 0
    for start, next_end, _name in named_architectures(path):
        parts += (path[end:start], architecture)
        end = next_end
    return posixpath.normpath("".join((*parts, path[end:])))


_MOST_PLACES: Final = 100
"""The most places that one fix edits; nobody reviews more."""


def _doubt(ctx: RuleContext, stage: Stage, instruction: Instruction, named: list[_Named]) -> Doubt | None:
    """The reason why the file may suit the image: build arguments, a RUN after the COPY that reads the architecture, or its use."""
    if any(isinstance(it.node, Arg) or _DEFAULT.search(token.text) is not None for it, token, *_ in named):
        return Doubt.ARGUMENT
    if ctx.cached(_last_probes)[stage] > max(it.idx for it, *_ in named):
        return Doubt.LATER_STEP
    if is_for_no_target(ctx, named[0][4]) or any(_may_be_document(instruction, token.text) for _, token, *_ in named):
        return Doubt.USE
    is_program = stage.is_image and all(_becomes_program(ctx, stage, instruction, token) for _, token, *_ in named)
    return None if is_program else Doubt.USE


def _last_copies(stage: Stage) -> dict[str, int]:
    """The last COPY or ADD of a stage to each destination, by its index."""
    copies = ((it.idx, it.node.destination) for it in stage.instructions if isinstance(it.node, Copy | Add))
    return {destination.text: idx for idx, destination in copies if destination is not None}


def _is_replaced(copy: Instruction, last_copies: dict[str, int]) -> bool:
    """True if a later COPY or ADD of the stage writes to the same file."""
    node = copy.node
    if not isinstance(node, Copy | Add) or node.destination is None or node.destination.text.endswith("/"):
        return False
    return last_copies[node.destination.text] > copy.idx


def _last_probes(ctx: RuleContext) -> dict[Stage, int]:
    """For each stage, the last RUN that reads the architecture; -1 if none does."""
    return {stage: max((it.idx for it in stage.runs if _probes(it)), default=-1) for stage in ctx.build.stages}


def _probes(run: Run) -> bool:
    return Mention.PLATFORM_ARGUMENT in run.mentions or _PROBE.search(run.node.whole_text) is not None


def _becomes_program(ctx: RuleContext, stage: Stage, copy: Instruction, token: Token) -> bool:
    """True if a file gets a place for programs, is unpacked there, or is used by a later instruction; otherwise the image may only distribute it."""
    node = copy.node
    if not isinstance(node, Copy | Add) or node.destination is None:
        return False
    destination = node.destination.text
    if PROGRAMS.search(destination) or (isinstance(node, Add) and _ARCHIVE.search(token.text) and destination == "/"):
        return True
    if _is_named_for_target(token.text, destination):
        return True
    name = posixpath.basename(token.text if destination.endswith(("/", ".")) else destination)
    return bool(name) and ctx.cached(_last_uses)[stage].get(name, -1) > copy.idx


def _is_named_for_target(source: str, destination: str) -> bool:
    """True if a program gets a name without an architecture, outside of directories that the image only serves or reads."""
    name = posixpath.basename(destination)
    return (
        bool(name.strip("."))
        and "." not in name
        and not source.endswith("/")
        and "." not in posixpath.basename(source)
        and NO_PROGRAMS.search(posixpath.dirname(destination)) is None
    )


def _last_uses(ctx: RuleContext) -> dict[Stage, dict[str, int]]:
    """For each stage, the last instruction that uses a file, by the last part of its path."""
    return {stage: {name: it.idx for it in stage.instructions for name in _used_by(it)} for stage in ctx.build.stages}


def _used_by(instruction: Instruction) -> Iterator[str]:
    """The files that the image starts, or that a RUN names in a command that is executed whatever the build arguments are."""
    if isinstance(instruction.node, Entrypoint | Cmd):
        words = (word for it in instruction.node.arguments for word in it.text.split())
        yield from (posixpath.basename(it.strip("\"'")) for it in words)
    elif isinstance(instruction, Run):
        for command in instruction.commands:
            if all(map(command.is_certain, command.targets)):
                yield from (posixpath.basename(it.text.strip("\"'")) for it in command.syntax.words)


def _place(instruction: Instruction, token: Token, start: int, end: int) -> TextRange:
    """The range of a part of a token; in JSON and in quotes, the token begins with a quotation mark."""
    whole = instruction.range_of(token)
    shift = max(0, instruction.build.text[slice(*whole)].find(token.text))
    return TextRange(whole.start + shift + start, whole.start + shift + end)


def _variable(text: str, place: TextRange) -> str:
    after = text[place.end : place.end + 1]
    return "${TARGETARCH}" if after.isalnum() or after == "_" else "$TARGETARCH"


def _names_any(instruction: Instruction) -> bool:
    """True if an instruction names an architecture, so that another finding may be about the same file."""
    return Mention.ARCHITECTURE in instruction.mentions


def _is_downloaded(stage: Stage, name: str) -> bool:
    """True if the image downloads a file of this name, which `hard-coded-arch` reports."""
    addresses = (it.address for one in stage.ancestry for it in downloads(one))
    return any(posixpath.basename(it) == name for it in addresses)


def _started(ctx: RuleContext, stage: Stage) -> Iterator[Finding]:
    """Programs started by ENTRYPOINT or CMD that have one architecture in their name."""
    for instruction in stage.instructions:
        node = instruction.node
        if not stage.is_image or not isinstance(node, Entrypoint | Cmd) or not node.arguments:
            continue
        token = node.arguments[0]
        program = token.text if node.is_json else token.text.partition(" ")[0]
        offset = program.rfind("/") + 1
        named = named_architectures(program[offset:])
        is_library = Mention.ARCHITECTURE_IN_PATH in instruction.mentions
        if not named and not is_library and not any(map(_names_any, instructions_before(instruction))):
            # `/opt/tool.linux-amd64/tool`, of an archive that is named otherwise.
            offset, named = 0, named_architectures(program)
        if len(named) != 1 or "$" in program or "/" not in program or runs_programs_of(ctx, stage, named[0][2]):
            continue
        if is_on_image_for(stage, named[0][2]) or _is_downloaded(stage, program.rpartition("/")[2]):
            continue
        start, end, architecture = named[0]
        place = _place(instruction, token, offset + start, offset + end)
        wrong = [it for it in stage.targets if it.architecture != architecture]
        if wrong and stage.build.text[slice(*place)] == program[offset + start : offset + end]:
            yield Finding(
                place,
                _(
                    "the image for {platforms} starts the program for {architecture}, which is not there or does not run",
                    platforms=platforms(wrong),
                    architecture=program[offset + start : offset + end],
                ),
                doubt=Doubt.LATER_STEP,
            )
