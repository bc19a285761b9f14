"""A download names the same architecture on every target."""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from buildxray.localization import _
from buildxray.platforms.aliases import has_level, named_architectures
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS, PER_TARGET_ARGUMENTS
from buildxray.platforms.download_sites import first_version_for, may_have_files_for, site_of
from buildxray.platforms.platform import Platform
from buildxray.rules.base import Doubt, Finding, Fix, FixAvailability, Related, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.download_use import (
    doubt_of_use,
    images_of,
    is_needed_for_some_targets,
    is_text,
    paths,
    suits_every_machine,
)
from buildxray.rules.facts.downloads import Download, Piece, downloads
from buildxray.rules.facts.intended import (
    adds_architecture,
    is_chosen,
    is_for_no_target,
    is_meant_for_one,
    names_one_architecture,
    runs_on,
    runs_programs_of,
)
from buildxray.rules.facts.portability import consumers_outside
from buildxray.rules.facts.project_scripts import project_script
from buildxray.rules.fixing.edits import bring_arguments
from buildxray.rules.fixing.file_names import can_expand, places_in
from buildxray.semantics.build import Command, Effect, Instruction, KnownCommand, Run, Stage
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Arg, Copying, Env
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import SHELLS, ShellWord
from buildxray.syntax.text import Edit, TextRange
from buildxray.toolchains.archivers import UNPACKERS
from buildxray.toolchains.base import MAKE
from buildxray.toolchains.mapping import mapped_architecture

_GO_NAMES: Final = ("amd64", "arm64")
_Named = tuple[Piece, TextRange, str]
"""An architecture in a piece of a URL: its range, and its name in TARGETARCH."""

_NEUTRAL_DIRECTORIES: Final = frozenset({"doc", "docs", "include", "licenses", "locale", "man"})
"""Directories that contain no programs, by the Filesystem Hierarchy Standard."""

_OTHER_SYSTEM: Final = lazy_regex(
    r"(?<![a-z])(?:darwin|freebsd|netbsd|openbsd|macosx?|win(?:32|64|dows)?)(?![a-z])"
    r"|(?:pc|unknown|w64)-mingw(?:32|64)?(?![a-z0-9])|python-[\w.]+-embed-|\.(?:appx|dmg|exe|ipa|msi|msix)(?![a-z])",
    re.IGNORECASE,
)
"""Names of systems whose programs no image for Linux runs.

Source: docs.python.org/3/using/windows.html, "The embeddable package"; the triples of config.sub.
"""

_OPERAND: Final = lazy_regex(r":?-[^{}$\s]*")
"""The text between the name of a variable and the end of a word in its default."""

_OF_BUILDER: Final = ("BUILDARCH", "BUILDPLATFORM", "BUILDVARIANT")
_SCRIPTS: Final = frozenset({"corepack", "npm", "npx"})
"""Programs and directories in an archive of Node.js that are JavaScript, and run on every machine."""


@rule(Severity.ERROR, Severity.INFORMATION, FixAvailability.SOMETIMES, about=[Mention.ARCHITECTURE, Effect.UNKNOWN])
def hard_coded_arch(ctx: RuleContext) -> Iterator[Finding]:
    """A download names one architecture in a stage that is built for several.

    ## What it does
    Looks for `amd64`, `x86_64`, `arm64`, `aarch64` and other names in the URLs of `curl`, `wget` and `ADD`, and in the variables of these URLs,
    outside of conditions on the architecture: in stages that run once per platform, and in those on the build machine whose download goes into
    the image; and in scripts of the build context that a RUN starts without arguments, if they never look at the machine. A RUN has one finding, on its first download: a file and its signature have one cause. So has the same file in several stages.

    If neither the file nor its project mentions several platforms, the finding on the first download is information, and nothing is
    reported if the file names the architecture in several places, such as `ENV GOARCH=amd64`: such an image is made for one architecture.

    Keys, checksums, documents, packages for every architecture and disks of virtual machines are left alone, and so are programs for an
    architecture that the stage can run: by an emulator for it (`qemu-user`, `box64`) or, after `dpkg --add-architecture`, by its libraries
    (`libc6:amd64`). `dpkg --add-architecture` alone makes packages installable, so that only downloaded `.deb` files are left alone.

    ## Why it matters
    Every image gets the file for the one architecture, and fails on all others with `exec format error`.

    ## Example
    ```dockerfile
    FROM alpine
    ARG TARGETARCH
    RUN wget -O /usr/local/bin/tool https://example.com/tool-linux-amd64 && chmod +x /usr/local/bin/tool
    ```

    Use instead:
    ```dockerfile
    FROM alpine
    ARG TARGETARCH
    RUN wget -O /usr/local/bin/tool https://example.com/tool-linux-${TARGETARCH} && chmod +x /usr/local/bin/tool
    ```

    ## Fix safety
    A suggestion, offered for `amd64` and `arm64` only, because buildxray does not know if the site has files of these names. None is offered if
    the file is compared with a checksum, which differs per architecture, or if a well-known site lacks such a file, for all versions or for
    the one that is asked for, as the message then says. For other names, map the argument: `case "$TARGETARCH" in amd64) arch=x86_64;; arm64) arch=aarch64;; esac`.
    """
    target = ctx.build.target_stage
    if target is None or len(ctx.build.targets) < 2 or ctx.dockerfile.escape == "`":
        # Downloads for Windows are for one architecture.
        return
    if ctx.is_meant_for_several:
        yield from _findings(ctx, target)
    elif not _is_made_for_one(ctx):
        yield from sorted(_findings(ctx, target), key=lambda it: it.range)[:1]


def _is_made_for_one(ctx: RuleContext) -> bool:
    """True if a file names only one architecture, but in several downloads, images, paths or settings."""
    stages = ctx.build.needed_stages
    named = [it for stage in stages for it in downloads(stage) if _named(it)]
    n_downloads = len(named)
    of_downloads = {piece.instruction for it in named for piece in it.pieces}
    # `ENV GOARCH=amd64`, `ENV LD_LIBRARY_PATH=/usr/lib/jvm/lib/amd64`
    n_settings = sum(
        isinstance(it.node, Env) and Mention.ARCHITECTURE in it.mentions and it not in of_downloads
        for stage in stages
        for it in stage.instructions
    )
    n_images = sum(names_one_architecture(it) for it in stages)
    n_paths = sum(Mention.ARCHITECTURE_IN_PATH in it.mentions for it in ctx.build.instructions)
    return n_downloads + n_images + n_paths + n_settings > 1


def _findings(ctx: RuleContext, target: Stage) -> Iterator[Finding]:
    """Find the downloads, as if several platforms were meant."""
    seen: set[TextRange] = set()
    by_address: dict[tuple[str, str], Finding] = {}
    """The first finding for each address: the same file in several stages has one cause."""
    reported: set[Instruction] = set()
    """Instructions whose download is already reported, because a file and its signature or checksum have one cause."""
    is_named = Mention.ARCHITECTURE in ctx.build.subjects
    for stage in ctx.build.needed_stages:
        if stage.is_native and target.is_native:
            continue
        if is_meant_for_one(ctx, stage) or names_one_architecture(stage):
            continue
        if not stage.is_native:
            yield from _by_scripts(ctx, stage)
        if not is_named:
            continue
        if not stage.is_native:
            yield from _by_own_arguments(ctx, stage)
            yield from _by_wrong_names(ctx, stage)
        downloaded = [(download, _without_other_cause(ctx, _named(download))) for download in downloads(stage)]
        if len({one[2] for __, named in downloaded for one in named}) != 1:
            # A file with downloads for several architectures considers them, apart from those for which only its default branch is left.
            yield from _by_default_branches(ctx, stage, downloaded)
            continue
        for it, named in downloaded:
            if it.command is not None and it.command.syntax.conditions and _has_other_cause(it.command.run):
                continue
            finding = _finding(ctx, stage, it, named)
            if finding is not None and finding.range not in seen and it.instruction not in reported:
                seen.add(finding.range)
                reported.add(it.instruction)
                address = (it.address, it.value)
                first = by_address.get(address)
                by_address[address] = finding if first is None else _joined(first, finding)
    yield from by_address.values()


def _joined(first: Finding, second: Finding) -> Finding:
    """One of two findings about the same file, rather the one that is certain, with the place of the other."""
    main, other = (second, first) if first.doubt is not None and second.doubt is None else (first, second)
    related = Related(other.range, _("the same file is downloaded here, too"))
    return replace(main, related=(*first.related, *second.related, related))


def _by_own_arguments(ctx: RuleContext, stage: Stage) -> Iterator[Finding]:
    """Find arguments with an architecture as their default by which a script chooses a download.

    A build argument may give another value, but the same one for all platforms of one build.
    """
    given = {name for name, _ in ctx.build.request.build_arguments}
    for run in stage.runs:
        downloading = [it for it in run.known_commands if it.use.effect is Effect.DOWNLOAD]
        is_told = any(map(run.uses_variable, AUTOMATIC_ARGUMENTS))
        is_asked = any(it.use.effect is Effect.PROBE for it in run.known_commands)
        if is_told or is_asked or not any(map(_is_chosen, downloading)):
            continue
        for name in dict.fromkeys(it.name for it in run.variable_references()):
            default = None if name in given else _default(run, name)
            if default is None:
                continue
            place, architecture = default
            wrong = [it for it in stage.targets if it.architecture != architecture]
            if wrong and not ctx.is_only_for(architecture) and not runs_programs_of(ctx, stage, architecture):
                yield Finding(
                    place,
                    _(
                        "`{name}` is {value} for {platforms} too, and decides what is downloaded; `TARGETARCH` follows the platform",
                        name=name,
                        value=ctx.text[slice(*place)],
                        platforms=ctx.places(wrong),
                    ),
                    doubt=Doubt.ARGUMENT,
                )


def _by_default_branches(
    ctx: RuleContext, stage: Stage, downloaded: list[tuple[Download, list[_Named]]]
) -> Iterator[Finding]:
    """Find downloads in a branch that fits one platform and is taken by another: `case $TARGETARCH in arm64) …;; *) curl …-amd64;; esac`.

    A branch that fits none of its platforms may be meant for programs of another architecture.
    """
    for download, named in downloaded:
        command = download.command
        if command is None or not named or len(command.targets) >= len(stage.targets):
            continue
        if _has_other_cause(command.run):
            continue
        fits = any(runs_on(named[0][2], it) for it in command.targets)
        finding = (
            _finding(ctx, stage, download, named) if fits and all(map(command.is_certain, command.targets)) else None
        )
        if finding is not None:
            # The site may lack the files for the others: only its author knows what they get.
            yield replace(finding, fix=())


def _has_other_cause(run: Run) -> bool:
    """True if `masked-platform-arg` or `undeclared-platform-arg` reports why a RUN takes the wrong branch."""
    return _is_masked(run) or _is_undeclared(run)


def _without_other_cause(ctx: RuleContext, named: list[_Named]) -> list[_Named]:
    """Leave out the architectures in `${TARGETARCH:-amd64}` of an undeclared argument, which `undeclared-platform-arg` reports."""
    return [it for it in named if not _is_default_of_undeclared(ctx, *it[:2])]


def _is_default_of_undeclared(ctx: RuleContext, piece: Piece, place: TextRange) -> bool:
    run = piece.instruction
    return isinstance(run, Run) and any(
        it.has_default
        and it.name in PER_TARGET_ARGUMENTS
        and not run.is_set(it.name)
        and _OPERAND.fullmatch(ctx.text, it.name_range.end, place.end) is not None
        for it in run.variable_references()
    )


def _is_undeclared(run: Run) -> bool:
    """True if a RUN reads an automatic argument that is not declared there."""
    return any(run.uses_variable(it) and not run.is_set(it) for it in PER_TARGET_ARGUMENTS)


def _is_masked(run: Run) -> bool:
    """True if a RUN uses platform arguments, and a default gives one of them another value than that of the target, or hides that of the builder."""
    declarations = {name: run.declaration(name) for name in run.variable_names}
    automatic = (it for it in run.variable_names if it in AUTOMATIC_ARGUMENTS)
    if any(it not in PER_TARGET_ARGUMENTS and run.has_default(it) for it in automatic):
        return True
    if not any(
        name in PER_TARGET_ARGUMENTS or (it is not None and Mention.PLATFORM_ARGUMENT in it.mentions)
        for name, it in declarations.items()
    ):
        return False
    pairs = zip(run.values("TARGETARCH"), run.values("TARGETPLATFORM"), run.build.targets, strict=True)
    return any(
        (architecture not in (None, "", it.architecture)) or (platform not in (None, "", str(it)))
        for architecture, platform, it in pairs
    )


def _by_wrong_names(ctx: RuleContext, stage: Stage) -> Iterator[Finding]:
    """Find downloads whose file is chosen by the platform, and for some of them is the file for another architecture.

    `if [ $TARGETARCH = arm64 ]; then A=aarch64; else A=x86_64; fi` is right until linux/arm/v7 is asked for.
    """
    for command in stage.commands(Effect.DOWNLOAD):
        for word in command.syntax.words[1:]:
            if command.is_chosen_by_platform or not word.variables or not command.depends_on_platform(word):
                continue
            if any(it.name in _OF_BUILDER for it in word.variables):
                # `builder-arch-in-image`
                continue
            if _has_other_cause(command.run):
                continue
            download = Download(command.run, (Piece(word.text, 0, command.run, can_expand=False),), (), command)
            for name, targets in _wrong_names(command, word).items():
                if runs_programs_of(ctx, stage, name):
                    continue
                yield Finding(
                    command.run.shell_range(word.range),
                    _(
                        "the file for {architecture} is downloaded for {platforms} too",
                        architecture=name,
                        platforms=ctx.places(targets),
                    ),
                    doubt=doubt_of_use(ctx, stage, download),
                )


def _by_scripts(ctx: RuleContext, stage: Stage) -> Iterator[Finding]:
    """Find scripts of the project that download files for one architecture and never look at the machine or at an argument: `COPY get.sh /`, `RUN /get.sh`."""
    for command in stage.commands(Effect.UNKNOWN):
        script = None if is_chosen(command) or command.name in MAKE else project_script(command)
        if script is None or _LOOKS_AT_MACHINE.search(script.text) is not None or _is_given_arguments(command):
            continue
        named = {
            architecture
            for it in script.commands
            if it.use is not None and it.use.effect is Effect.DOWNLOAD and not it.syntax.conditions
            for word in it.syntax.words[1:]
            if "://" in word.text and not suits_every_machine(word.text.strip("\"'").partition("?")[0])
            if not _OTHER_SYSTEM.search(word.text)
            for *_place, architecture in named_architectures(word.text)
        }
        if len(named) != 1 or not script.is_whole:
            continue
        architecture = named.pop()
        wrong = [it for it in command.targets if not runs_on(architecture, it)]
        if wrong and not ctx.is_only_for(architecture) and not runs_programs_of(ctx, stage, architecture):
            yield Finding(
                command.title_range,
                _(
                    "this script downloads the file for {architecture} for {platforms} too",
                    architecture=architecture,
                    platforms=ctx.places(wrong),
                ),
                doubt=Doubt.USE,
            )


def _is_given_arguments(command: Command) -> bool:
    """True if a script gets arguments: `./get.sh $TARGETARCH`, `bash -e get.sh amd64`."""
    operands = [it for it in command.syntax.arguments if not it.startswith("-")]
    return len(operands) > (command.name in SHELLS)


_LOOKS_AT_MACHINE: Final = lazy_regex(
    r"TARGET|BUILDARCH|BUILDPLATFORM|uname|machine|arch\b|ARCH\b|HOSTTYPE|MACHTYPE|cpuinfo|getconf|lscpu|\$\{?[1-9@*]|architecture|add-architecture|qemu"
)
"""Signs that a script chooses what it downloads by the machine, or by an argument that it is given."""


def _wrong_names(command: KnownCommand, word: ShellWord) -> dict[str, list[Platform]]:
    """The architectures that only the values of a URL name, each with the targets that get its file and do not execute it."""
    wrong: dict[str, list[Platform]] = {}
    if named_architectures(word.text):
        return wrong
    for value, target in zip(command.invocation.evaluate_partly(word), command.invocation.targets, strict=True):
        names = {name for *_, name in named_architectures(value)}
        if "://" not in value or len(names) != 1 or _OTHER_SYSTEM.search(value):
            continue
        (name,) = names
        if not runs_on(name, target):
            wrong.setdefault(name, []).append(target)
    return wrong


def _is_chosen(command: Command) -> bool:
    return command.is_chosen_by_platform or any(map(command.depends_on_platform, command.syntax.words[1:]))


def _default(run: Run, name: str) -> tuple[TextRange, str] | None:
    """The range in which an ARG has an architecture as its default, and its name in TARGETARCH."""
    declaration = run.declaration(name)
    if declaration is None or not isinstance(declaration.node, Arg):
        return None
    written = [*run.build.global_instructions, declaration]
    values = [(it, pair.value) for it in written for pair in it.pairs if pair.name.text == name and pair.value]
    if not values:
        return None
    instruction, value = values[-1]
    named = named_architectures(value.text)
    if len(named) != 1 or named[0][1] - named[0][0] != len(value.text.rpartition("/")[2]):
        return None
    place = instruction.range_of(value)
    return (place, named[0][2]) if run.build.text[slice(*place)].strip("\"'") == value.text else None


def _suits_every_machine(download: Download) -> bool:
    """True if a download is a file that no machine executes, by its address or by the names that it gets."""
    name = download.value.rpartition("/")[2]
    if name.endswith(".sh") and named_architectures(name):
        # A script with the programs of one machine inside, whatever name it gets.
        return False
    written = paths(download)
    addresses = (download.address, download.value)
    return any(map(suits_every_machine, addresses)) or (bool(written) and all(map(suits_every_machine, written)))


def _is_installable(ctx: RuleContext, stage: Stage, download: Download) -> bool:
    """True for a package that apt can install with its libraries, as the stage adds architectures."""
    return download.value.endswith(".deb") and adds_architecture(ctx, stage)


def _gives_neutral_files(stage: Stage) -> bool:
    """True if only directories without programs are copied from a stage: the headers of an archive suit any machine."""
    takers = [it for it in stage.consumers if isinstance(it.node, Copying)]
    paths = [path for it in takers for path in it.copied_paths]
    return (
        not stage.is_image
        and len(takers) == len(stage.consumers)
        and bool(paths)
        and all(posixpath.basename(it.rstrip("/")) in _NEUTRAL_DIRECTORIES for it in paths)
    )


def _unpacks_neutral_files(ctx: RuleContext, stage: Stage, download: Download) -> bool:
    """True if each command that unpacks the download names the files to extract, and these suit any machine."""
    archives = {name for it in download.pieces if (name := posixpath.basename(it.text.strip("\"'")))}
    by_name = ctx.cached(_unpacking)[stage]
    first = download.instruction.idx
    unpacking = [words for name in archives for idx, words in by_name.get(name, ()) if idx >= first]
    return bool(unpacking) and all(_takes_neutral_files(it, archives) for it in unpacking)


def _unpacking(ctx: RuleContext) -> dict[Stage, dict[str, list[tuple[int, list[str]]]]]:
    """For each stage, the words of the commands that unpack an archive, with their RUN, by the last part of its path."""
    by_stage: dict[Stage, dict[str, list[tuple[int, list[str]]]]] = {}
    for stage in ctx.build.stages:
        by_name = by_stage[stage] = {}
        for command in (it for run in stage.runs for it in run.commands if it.name in UNPACKERS):
            words = [word.text.strip("\"'") for word in command.syntax.words]
            for name in set(map(posixpath.basename, words)):
                by_name.setdefault(name, []).append((command.run.idx, words))
    return by_stage


def _takes_neutral_files(words: list[str], archives: Collection[str]) -> bool:
    """True if a command that unpacks an archive names its members, and all of these suit every machine."""
    with_value = UNPACKERS[posixpath.basename(words[0])].with_value
    operands = [
        word
        for before, word in itertools.pairwise(words)
        if not word.startswith("-") and before not in with_value and posixpath.basename(word) not in archives
    ]
    if operands and words[1] == operands[0] and words[1].isalpha():
        # The options of `tar xzf` in the old style.
        del operands[0]
    return bool(operands) and all(_is_neutral(it) for it in operands)


def _is_neutral(member: str) -> bool:
    *directories, name = member.rstrip("/").split("/")
    return name in _SCRIPTS or not _NEUTRAL_DIRECTORIES.isdisjoint((*directories, name))


def _named(download: Download) -> list[_Named]:
    """The architectures in the URL of a download."""
    if any("qemu-" in it.text or _OTHER_SYSTEM.search(it.text) for it in download.pieces):
        # QEMU's binaries are named after the machine that they emulate; files of another system do not run in any image.
        return []
    return [
        (piece, TextRange(piece.start + start, piece.start + end), architecture)
        for piece in download.pieces
        for start, end, architecture in named_architectures(piece.text)
        if not (_CROSS_COMPILER.search(piece.text) and _REST_OF_TRIPLE.match(piece.text, end))
        and not any(it.start("owner") <= start and end <= it.end("owner") for it in _OWNER.finditer(piece.text))
    ]


_OWNER: Final = lazy_regex(
    r"//(?:api\.github\.com/repos|bitbucket\.org|codeberg\.org|codeload\.github\.com|github\.com|gitlab\.com|raw\.githubusercontent\.com)/(?P<owner>[^/]+)/"
)
"""The account of a repository, whose name tells nothing of its files: https://github.com/x86-64/json/archive/main.tar.gz."""

_CROSS_COMPILER: Final = lazy_regex(r"(?<![a-z])(?:cross|toolchains?)(?![a-z])", re.IGNORECASE)
_REST_OF_TRIPLE: Final = lazy_regex(
    r"-(?:(?:alpine|buildroot|pc|unknown)-)?(?:linux|none|unknown)-(?:android|eabi|elf|gnu|musl)"
)
"""What follows the architecture for which a cross compiler compiles: `cross/aarch64-linux-musl.tgz`. That of its own machine is not told."""


def _finding(ctx: RuleContext, stage: Stage, download: Download, named: list[_Named]) -> Finding | None:
    if not named:
        return None
    architecture = named[0][2]
    wrong = [it for it in images_of(ctx, stage, download) if not runs_on(architecture, it)]
    if not wrong or ctx.is_only_for(architecture) or runs_programs_of(ctx, stage, architecture) or is_text(download):
        return None
    if _suits_every_machine(download) or _is_installable(ctx, stage, download):
        return None
    if is_needed_for_some_targets(ctx, stage, download):
        return None
    if _gives_neutral_files(stage) or _unpacks_neutral_files(ctx, stage, download):
        return None
    place = named[0][1]
    message = _(
        "the file for {architecture} is downloaded for {platforms} too",
        architecture=ctx.text[slice(*place)],
        platforms=ctx.places(wrong),
    )
    first = first_version_for(download.value, (it.architecture for it in wrong))
    if first is not None:
        message = _(
            "{fact}; {name} has files for arm64 from version {version} on",
            fact=message,
            name=first.name,
            version=first.since,
        )
        return Finding(place, message, doubt=_doubt(ctx, stage, download, named))
    return Finding(
        place,
        message,
        partial(_fixes, ctx, stage, named, download.value),
        doubt=_doubt(ctx, stage, download, named),
    )


def _doubt(ctx: RuleContext, stage: Stage, download: Download, named: list[_Named]) -> Doubt | None:
    """The reason why a file for one architecture may be wanted."""
    if _may_be_given(named):
        return Doubt.ARGUMENT
    return Doubt.USE if is_for_no_target(ctx, named[0][2]) else doubt_of_use(ctx, stage, download)


def _fixes(ctx: RuleContext, stage: Stage, named: list[_Named], address: str) -> tuple[Fix, ...]:
    if not all(piece.can_expand and ctx.text[slice(*range_)] in _GO_NAMES for piece, range_, __ in named):
        return ()
    if not may_have_files_for(address, (it.architecture for it in stage.targets)):
        return ()
    edits = _edits(ctx, stage, named)
    if edits is None:
        return ()
    first = min((piece.instruction for piece, *__ in named), key=lambda it: it.idx)
    title = _("Write `${{TARGETARCH}}`, if the site has a file for each platform")
    site = site_of(address)
    if site is not None and any(
        site.names.get(it.architecture, it.architecture) != it.architecture for it in stage.targets
    ):
        # `$(case …)` is for one place of a RUN: neither ADD nor ENV runs a shell, and a file would get a long name.
        mapped = mapped_architecture(
            {it.architecture: site.names.get(it.architecture, it.architecture) for it in stage.targets}, stage.targets
        )
        is_possible = len(edits) == 1 and isinstance(first, Run) and site.directories is None
        if mapped is None or not is_possible or not first.range.contains(edits[0].range.start):
            return ()
        edits = [Edit(edits[0].range, mapped)]
        title = _("Write the names of {site}", site=site.name)
    declarations = bring_arguments(first, ["TARGETARCH"])
    return (Fix(title, (*edits, *declarations), Safety.SUGGESTION),)


_MOST_PLACES: Final = 100
"""The most places that one fix edits; nobody reviews more."""


def _edits(ctx: RuleContext, stage: Stage, named: list[_Named]) -> list[Edit] | None:
    """Write the argument in the URL, and wherever the stage names the file by the same architecture.

    None if a variable is not possible in one of these places, since the build would then look for a
    file of the old name, or if there are too many.
    """
    if _is_named_elsewhere(ctx, stage, named[0][2]):
        return None
    places = {range_ for _, range_, __ in named}
    first = min(piece.instruction.idx for piece, *__ in named)
    for instruction in stage.instructions:
        others = places_in(instruction, named[0][2]) - places if instruction.idx >= first else set()
        if not others:
            continue
        places |= others
        if len(places) > _MOST_PLACES or not can_expand(instruction, others):
            return None
    if any(ctx.text[slice(*it)] not in _GO_NAMES or has_level(ctx.text, it.end) for it in places):
        return None
    return [Edit(it, "${TARGETARCH}") for it in sorted(places)]


def _is_named_elsewhere(ctx: RuleContext, stage: Stage, architecture: str) -> bool:
    """True if another stage takes a file of this one by a name with the architecture, such as the directory in an archive."""
    others = [it for one in stage.family if one is not stage for it in one.instructions]
    return any(
        name == architecture
        for it in (*others, *consumers_outside(stage.family))
        for *_place, name in named_architectures(ctx.text[slice(*it.range)])
    )


def _may_be_given(named: list[_Named]) -> bool:
    """True if a build argument may give another value, though the same one for all platforms of one build."""
    return any(isinstance(piece.instruction.node, Arg) for piece, *__ in named)
