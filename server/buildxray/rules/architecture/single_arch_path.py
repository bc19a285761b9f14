"""A path exists only on one architecture, in a stage that is built for several."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from buildxray.localization import _
from buildxray.platforms.aliases import named_architectures
from buildxray.platforms.library_paths import ArchitectureInPath, architectures_in_paths
from buildxray.platforms.names import architecture_names
from buildxray.platforms.platform import Platform
from buildxray.rules.base import Doubt, Finding, Fix, FixAvailability, Safety, Severity, rule
from buildxray.rules.context import RuleContext
from buildxray.rules.facts.intended import (
    adds_architecture,
    is_chosen,
    is_for_cross_compiling,
    is_for_no_target,
    is_meant_for_one,
    is_on_image_for,
    runs_programs_of,
)
from buildxray.rules.fixing.edits import declare_arguments
from buildxray.rules.one_cause import one_for_each_stage
from buildxray.rules.wording import platforms
from buildxray.semantics.build import Command, Instruction, Run, Stage
from buildxray.semantics.mentions import Mention
from buildxray.syntax.instructions import Arg, Cmd, Copy, Copying, Entrypoint, Env, Healthcheck, Node, Onbuild
from buildxray.syntax.instructions import Run as RunNode
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import TESTS, ShellWord
from buildxray.syntax.shell import Command as ShellCommand
from buildxray.syntax.text import Edit, TextRange

_KNOWS_ARCHITECTURES: Final = lazy_regex(
    r"TARGETARCH|TARGETPLATFORM|TARGETVARIANT|BUILDARCH|BUILDPLATFORM|\buname\b|\barch\b|--print-arch|print-multiarch"
    r"|dumpmachine|dpkg-architecture|MULTIARCH"
)


_IN_PATH: Final = lazy_regex(r"[\w./+-]")
_WRITING: Final = lazy_regex(r"""(?:>\|?|\btee\s(?:\s*-\w+\s)?)\s*["']?$""")

_OF_SYSTEM: Final = lazy_regex(r"^/(?:usr/(?:local/)?)?(?:lib(?:64)?|include|share)/")
"""Directories that the packages of a distribution fill; others may be filled by scripts."""
_JAVA_PACKAGE: Final = lazy_regex(r"\b(?:openjdk|default-j(?:dk|re)|java-[\d.]+-openjdk)")
"""Packages whose directories are named for the architecture: those of Debian, Ubuntu and Fedora."""

_OPTION: Final = lazy_regex(r"^-+\w*(?=/)")
_ASSIGNMENT: Final = lazy_regex(r"(?P<name>[A-Za-z_]\w*)=[\"']?[^\s\"';&|]*$")

_READING: Final = (Cmd, Copying, Entrypoint, Env, Healthcheck, RunNode)
"""Instructions whose paths something opens."""
_NEEDED_VARIABLES: Final = ("JAVA_HOME", "JDK_HOME", "JRE_HOME", "LD_PRELOAD")
"""Variables with one path that is opened at each start; others hold search paths, whose entries may be missing."""


@rule(Severity.ERROR, Severity.OFF, FixAvailability.SOMETIMES, about=[Mention.ARCHITECTURE_IN_PATH])
def single_arch_path(ctx: RuleContext) -> Iterator[Finding]:
    """A path names an architecture, such as `/usr/lib/x86_64-linux-gnu`, in a stage that is built for several.

    ## What it does
    Looks in ENV, COPY, ADD, ENTRYPOINT, CMD, HEALTHCHECK and RUN, and in the defaults of ARG that these use, for directories and files that
    exist on one architecture alone: multiarch directories of Debian, `…-openjdk-amd64` and other Java run times, `ld-musl-x86_64.so.1`,
    `ld-linux-x86-64.so.2`, and build directories of Python. Paths that are removed by `rm -f`, commands that are replaced by another one if they
    fail, a RUN that asks if the path exists, commands of a RUN that depend on the architecture themselves, an instruction that names several
    architectures, a `COPY --from` whose source is written as a pattern so that it may be missing (`/lib/aarch64-linux-gn[u]`), and a stage that is
    built for the named one only are not reported; nor is the architecture of no target in a stage with a
    cross compiler. Nor is a variable whose name contains the same architecture (`PKG_CONFIG_PATH_aarch64_unknown_linux_gnu`).

    ## Why it matters
    On other architectures the path does not exist. A COPY of it fails the build for them. In `LD_PRELOAD` or `JAVA_HOME`
    it fails later: the loader prints an error at each start, or the program does not start. In variables that are searched, such as
    `LD_LIBRARY_PATH`, in a RUN, as the destination of a COPY and as an argument of the program that is started, it is a warning, because
    something else may compensate for it.

    ## Example
    ```dockerfile
    FROM ruby:3.4-slim
    ARG TARGETARCH
    RUN apt-get update && apt-get install -y libjemalloc2 && echo $TARGETARCH > /arch
    ENV LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libjemalloc.so.2
    ```

    Use instead:
    ```dockerfile
    FROM ruby:3.4-slim
    ARG TARGETARCH
    RUN apt-get update && apt-get install -y libjemalloc2 && echo $TARGETARCH > /arch
    ENV LD_PRELOAD=libjemalloc.so.2
    ```

    ## Fix safety
    A suggestion: in `LD_PRELOAD` the name of the library is enough, because the loader searches its own directories; in a Java run
    time of Debian `$TARGETARCH` replaces the architecture. For other paths write a link in a RUN, such as `ln -s
    /usr/lib/*-linux-gnu/libjemalloc.so.2 /usr/lib/`, and use the link.

    ## References
    The manual page ld.so(8): a name without a slash is searched for; wiki.debian.org/Multiarch/Tuples.
    """
    if len(ctx.build.targets) > 1:
        yield from one_for_each_stage(ctx, _findings(ctx), lambda it: it.message)


def _findings(ctx: RuleContext) -> Iterator[Finding]:
    """Find the first path of each instruction."""
    for stage in ctx.build.needed_stages:
        users = (stage, *(it.stage for it in stage.consumers if it.stage is not None))
        if stage.is_native or is_meant_for_one(ctx, stage) or any(adds_architecture(ctx, it) for it in users):
            continue
        for instruction in stage.instructions:
            finding = _finding(ctx, stage, instruction)
            if finding is not None:
                yield finding


def _finding(ctx: RuleContext, stage: Stage, instruction: Instruction) -> Finding | None:
    places = [*_places(instruction)]
    if len({it.architecture for _, it in places}) != 1 or _has_others(instruction, places[0][1].architecture):
        return None
    if _is_conditional(ctx, instruction, places[0][1].architecture):
        return None
    range_, path = places[0]
    wrong = [it for it in stage.targets if it.architecture != path.architecture]
    if not wrong or ctx.is_only_for(path.architecture) or runs_programs_of(ctx, stage, path.architecture):
        return None
    if is_on_image_for(stage, path.architecture):
        # `single-arch-image` reports the image, which has the path for every target.
        return None
    is_for_no_image = is_for_no_target(ctx, path.architecture)
    if _is_made(stage, instruction, range_) or (is_for_no_image and is_for_cross_compiling(ctx, stage)):
        return None
    return Finding(
        range_,
        _consequence(instruction, range_, path, wrong),
        _fixes(ctx, instruction, range_, path),
        # A cross compiler brings the directories of its machine.
        doubt=Doubt.USE if is_for_no_image else _doubt(stage, instruction, range_),
    )


_ONE_CHARACTER: Final = lazy_regex(r"\[([^\]!^])\]")
"""A set of one character, which changes nothing but that the source may be missing: `/lib/aarch64-linux-gn[u]`."""


def _is_conditional(ctx: RuleContext, instruction: Instruction, architecture: str) -> bool:
    """True if a `COPY --from` is meant to copy something for one architecture only, by a wildcard that matches nothing on the others.

    That is a set of one character in a path with an architecture, or any wildcard if another instruction of the stage has one for another
    architecture. BuildKit: convert.go, dispatchCopy, AllowEmptyWildcard.
    """
    sources = _sources_with_wildcards(instruction)
    if any(architectures_in_paths(_ONE_CHARACTER.sub(r"\1", it)) for it in sources if _ONE_CHARACTER.search(it)):
        return True
    stage = instruction.stage
    return bool(sources) and stage is not None and not ctx.cached(_with_wildcards).get(stage, set()) <= {architecture}


def _with_wildcards(ctx: RuleContext) -> dict[Stage, set[str]]:
    """The architectures in sources with wildcards of each stage."""
    return {
        stage: {
            it.architecture
            for one in stage.instructions
            for text in _sources_with_wildcards(one)
            for it in architectures_in_paths(_ONE_CHARACTER.sub(r"\1", text))
        }
        for stage in ctx.build.needed_stages
    }


def _sources_with_wildcards(instruction: Instruction) -> list[str]:
    """The sources with wildcards of a COPY from a stage or an image."""
    node = instruction.node
    if not isinstance(node, Copy) or node.source_stage is None:
        return []
    return [it.text for it in node.sources if any(one in it.text for one in "*?[")]


_INSTALLED: Final = lazy_regex(
    r"(?:--(?:\w*dir|(?:exec-)?prefix)|-DCMAKE_INSTALL_\w+(?::\w+)?)=(?=/(?:usr/local|opt)/)"
)
"""Options of `configure`, meson and cmake with a directory into which a project is installed, outside of those of the distribution.

Source: the GNU coding standards, "Directory Variables"; the manuals of meson (built-in options) and cmake (GNUInstallDirs).
"""
_CREATING: Final = frozenset({"cp", "install", "ln", "mkdir", "mv", "rsync", "tar", "unzip"})


def _is_made(stage: Stage, instruction: Instruction, range_: TextRange) -> bool:
    """True if the stage creates a path that ENV, ENTRYPOINT or CMD names, or sets the variable again; of RUN and COPY, if they create it."""
    whole = _word_around(instruction, range_)
    if isinstance(instruction, Run):
        made = (it for it in instruction.commands if it.name in _CREATING and it.syntax.words)
        if any(
            instruction.shell_range(word.range).contains(range_.start) for it in made for word in _created_by(it.syntax)
        ):
            return True
        words = (word for it in instruction.commands for word in it.syntax.words if _INSTALLED.match(word.text))
        return any(instruction.shell_range(it.range).contains(range_.start) for it in words)
    if isinstance(instruction.node, Copying):
        # A destination that ENV, ENTRYPOINT or CMD names is used, even if no loader searches it.
        named = (it for it in stage.instructions if isinstance(it.node, Env | Entrypoint | Cmd))
        destination = instruction.node.destination
        is_destination = destination is not None and instruction.range_of(destination).contains(range_.start)
        return is_destination and any(whole in it.node.text for it in named)
    pair = next(
        (it for it in instruction.pairs if it.value and instruction.range_of(it.value).contains(range_.start)), None
    )
    later = (it for it in stage.instructions if it.idx > instruction.idx and isinstance(it.node, Env))
    if pair is not None and any(one.name.text == pair.name.text for it in later for one in it.pairs):
        return True
    created = (it.strip("\"'").rstrip("/") for one in stage.ancestry for it in _created(one))
    return any(it == whole or it.startswith(f"{whole}/") for it in created)


def _created_by(command: ShellCommand) -> tuple[ShellWord, ...]:
    """The words of a command that tell what it creates: the last one; of a link with the name of an architecture, all, as only that asks for it."""
    last = command.words[-1]
    is_own = command.name == "ln" and any(architectures_in_paths(last.text))
    return command.words if is_own else (last,)


def _word_around(instruction: Instruction, range_: TextRange) -> str:
    """The path up to the end of its component in which a range lies."""
    text = instruction.build.text
    start, end = range_
    while start > instruction.range.start and _IN_PATH.match(text[start - 1]):
        start -= 1
    while end < instruction.range.end and text[end] != "/" and _IN_PATH.match(text[end]):
        end += 1
    return text[start:end]


def _created(stage: Stage) -> Iterator[str]:
    """The paths that a stage creates, as written: the words of `ln`, `mkdir` and similar programs, and the destinations of COPY."""
    for run in stage.runs:
        yield from (word.text for it in run.commands if it.name in _CREATING for word in it.syntax.words[1:])
        words = (word.text for it in run.commands for word in it.syntax.words)
        yield from (it.partition("=")[2] for it in words if _INSTALLED.match(it))
    for it in stage.instructions:
        if isinstance(it.node, Copying) and it.node.destination is not None:
            yield it.node.destination.text


def _places(instruction: Instruction) -> Iterator[tuple[TextRange, ArchitectureInPath]]:
    node = instruction.node
    if Mention.ARCHITECTURE_IN_PATH not in instruction.mentions:
        return
    is_read = isinstance(node.trigger if isinstance(node, Onbuild) else node, _READING)
    if not is_read and not (isinstance(node, Arg) and _is_used(instruction)):
        return
    if isinstance(node, Onbuild) and _KNOWS_ARCHITECTURES.search(node.text):
        return
    if isinstance(node, Copy) and node.source_stage is not None and _is_of_native_stage(instruction):
        return
    if isinstance(node, Copying) and any(it.value and named_architectures(it.value.text) for it in node.flags):
        return
    text = instruction.build.text
    if isinstance(instruction, Run) and _asks_for_path(instruction):
        return
    spared = [*_spared(instruction)] if isinstance(instruction, Run) else []
    needing = [*_words_for_all(instruction)] if isinstance(instruction, Run) and _knows(instruction) else None
    for range_, it in _written(instruction):
        if needing is not None and not any(one.contains(range_.start) for one in needing):
            continue
        if "\n" in text[slice(*range_)] or any(one.contains(range_.start) for one in spared):
            continue
        if _is_searched_anyway(instruction, range_):
            continue
        if it.architecture not in _architectures_of_variable(instruction, range_.start):
            yield range_, it


_SEARCHED: Final = lazy_regex(r"(?:-[IL]|-isystem)?/(?:usr/)?(?:include|lib)/[\w-]+/?")
_SEARCHING: Final = lazy_regex(r"(?:-[IL]|-isystem|-rpath(?:-link)?(?:,|=|,-Wl,))\s*$")


def _is_searched_anyway(instruction: Instruction, range_: TextRange) -> bool:
    """True if a path is an option for a compiler or linker that looks in the directory of its own machine without it: `-L/usr/lib/x86_64-linux-gnu`.

    They ignore a directory that does not exist. Source: the manuals of GCC, "Options for Directory Search", and of GNU ld; wiki.debian.org/Multiarch.
    """
    text, place = instruction.build.text, _path_around(instruction, range_)
    match = _SEARCHED.fullmatch(text, place.start, place.end)
    if match is None:
        return False
    return text[place.start] == "-" or _SEARCHING.search(text[instruction.range.start : place.start]) is not None


def _is_used(declaration: Instruction) -> bool:
    """True if a later instruction of the stage reads the default of an ARG, and no RUN that looks at the architecture."""
    names = {it.name.text for it in declaration.pairs}
    stages = () if declaration.stage is None else (declaration.stage,)
    later = (it for stage in stages for it in stage.instructions if it.idx > declaration.idx)
    readers = [
        it
        for it in later
        if isinstance(it.node, _READING) and any(one.name in names for one in it.variable_references())
    ]
    return bool(readers) and not any(isinstance(it, Run) and _knows(it) for it in readers)


def _knows(run: Run) -> bool:
    """True if a RUN looks at the architecture somewhere."""
    return _KNOWS_ARCHITECTURES.search(run.node.whole_text) is not None


def _words_for_all(run: Run) -> Iterator[TextRange]:
    """The words of the commands that run on every architecture, in a RUN that looks at it for other commands."""
    n_targets = 0 if run.stage is None else len(run.stage.targets)
    for command in run.commands:
        texts = [it.text for it in command.syntax.words]
        if (
            len(command.targets) == n_targets
            and not is_chosen(command)
            and not any(map(_KNOWS_ARCHITECTURES.search, texts))
        ):
            yield from (run.shell_range(it.range) for it in command.syntax.words[1:])


def _written(instruction: Instruction) -> Iterator[tuple[TextRange, ArchitectureInPath]]:
    """The paths with an architecture in an instruction, in the commands of the heredocs of a RUN, and in files that COPY writes for programs."""
    node = instruction.node
    for it in architectures_in_paths(node.text):
        yield node.logical.range(it.start, it.end).shifted(instruction.syntax.start), it
    commands = instruction.commands if isinstance(instruction, Run) else ()
    for heredoc in node.heredocs:
        offset = instruction.syntax.start + heredoc.start
        is_script = any(offset <= it.range.start < offset + len(heredoc.content) for it in commands)
        for it in architectures_in_paths(heredoc.content) if is_script or _is_read_later(node, heredoc.content) else ():
            yield TextRange(offset + it.start, offset + it.end), it


_CONFIGURING: Final = lazy_regex(r"/ld\.so\.|/profile\.d/|\.(?:conf|env|service|sh)$|/s?bin/[^./]+$|/[\w-]*entrypoint$")
"""Files that name the paths of libraries and programs which are opened when the image runs."""
_ASKING: Final = lazy_regex(r"\[ -[a-z] |\btest -[a-z] |\*")


def _is_read_later(node: Node, content: str) -> bool:
    """True if a heredoc of COPY becomes a script or a setting that looks neither at the architecture nor for files."""
    destination = node.destination if isinstance(node, Copy) else None
    if destination is None or _CONFIGURING.search(destination.text) is None:
        return False
    return _KNOWS_ARCHITECTURES.search(content) is None and _ASKING.search(content) is None


_ASKING_FOR_FILES: Final = frozenset({"-L", "-a", "-d", "-e", "-f", "-h", "-r", "-s", "-x"})
"""Operators of `test` that are true only of a file that exists. Source: POSIX.1-2024, test."""


def _asks_for_path(run: Run) -> bool:
    """True if a RUN asks if such a path exists, directly or as the value of a variable, so that it expects that some images lack it."""
    asking = (it for it in run.script.commands if it.name in TESTS and _ASKING_FOR_FILES & {*it.arguments})
    return any(architectures_in_paths(text) for it in asking for word in it.words[1:] for text in _texts(it, word))


def _texts(command: ShellCommand, word: ShellWord) -> Iterator[str]:
    """The text of a word, and those that the script assigns to its variables, also by a loop."""
    yield word.text
    for variable in word.variables:
        yield from (it.value.text for it in command.variables.get(variable.name, ()))
        loops = (it for it in command.conditions if it.kind == "for" and variable.name in it.variables)
        yield from (it.text for loop in loops for it in loop.patterns)


def _has_others(instruction: Instruction, architecture: str) -> bool:
    """True if a RUN names another architecture in a command with an alternative (`cp … || cp …`), or anywhere if it looks at the architecture."""
    if not isinstance(instruction, Run):
        return False
    replaced = None if _knows(instruction) else [*_replaced(instruction)]
    return any(
        it.architecture != architecture and (replaced is None or any(one.contains(place.start) for one in replaced))
        for place, it in _written(instruction)
    )


def _spared(run: Run) -> Iterator[TextRange]:
    """The ranges of the commands that do not need their paths: they only remove or print, or another command runs if they fail."""
    yield from (it.range for it in run.commands if _only_removes(it) or _only_prints(it))
    yield from _replaced(run)


def _replaced(run: Run) -> Iterator[TextRange]:
    """The ranges of the commands for which another one runs if they fail."""
    alternatives = (it for it in run.script.commands if it.name not in _GIVING_UP)
    for it in alternatives:
        for condition in it.conditions:
            if condition.kind == "or":
                yield from (run.shell_range(one.range) for one in condition.commands)


_GIVING_UP: Final = frozenset({"exit", "false", "return"})


def _architectures_of_variable(instruction: Instruction, position: int) -> set[str]:
    """The architectures in the name of the variable whose value is at a position of the file: `CC_aarch64_unknown_linux_gnu`.

    Such variables are read when compiling for that target alone. Source: the documentation of the crates cc and pkg-config, "Configuration".
    """
    text = instruction.build.text
    names = [it.name.text for it in instruction.pairs if it.value and instruction.range_of(it.value).contains(position)]
    assigned = _ASSIGNMENT.search(text[instruction.range.start : position])
    names += [] if assigned is None else [assigned["name"]]
    return {architecture for it in names for *_, architecture in named_architectures(it.lower())}


def _only_removes(command: Command) -> bool:
    """True if a command succeeds even if its paths do not exist: `rm -f`, `rm -rf`, `find … -delete`, `rmdir --ignore-…`.

    Source: POSIX, rm: with -f no diagnostics and no changed exit status for operands that do not exist.
    """
    options = [it for it in command.syntax.arguments if it.startswith("-")]
    if command.name == "rm":
        return any(it == "--force" or (not it.startswith("--") and "f" in it) for it in options)
    return command.name == "find" and "-delete" in options


_INTO_FILE: Final = lazy_regex(r"\s*>{1,2}\s*[^\s;&|)]+")
_DOCUMENT: Final = lazy_regex(r"/(?:README|NOTICE|motd|issue)\b|\.(?:md|rst|txt)\b")


def _only_prints(command: Command) -> bool:
    """True if a command only shows a text to people: to those who read the log of the build, or a document."""
    if command.name not in ("echo", "printf") or command.syntax.is_substitution:
        return False
    if not command.syntax.is_piped:
        return True
    written = _INTO_FILE.match(command.run.build.text, command.range.end)
    return written is not None and _DOCUMENT.search(written[0]) is not None


def _is_of_native_stage(instruction: Instruction) -> bool:
    """True if a COPY uses a stage on the build machine, whose files are for that machine, as another rule reports."""
    return any(instruction in it.consumers and it.is_native for it in instruction.build.needed_stages)


def _doubt(stage: Stage, instruction: Instruction, range_: TextRange) -> Doubt | None:
    """The reason why a missing path may do no harm, or why it may exist."""
    if not _must_exist(instruction, range_):
        return Doubt.USE
    path = instruction.build.text[slice(*_path_around(instruction, range_))]
    if isinstance(instruction.node, Copying):
        return None if _OF_SYSTEM.search(path) is not None else Doubt.PROGRAM
    if isinstance(instruction.node, Env) and "/jvm/" in path:
        installing = (run.node.whole_text for one in stage.ancestry for run in one.runs)
        return None if any(_JAVA_PACKAGE.search(it) for it in installing) else Doubt.PROGRAM
    return None


def _path_around(instruction: Instruction, range_: TextRange) -> TextRange:
    """The range of the path in which a range lies."""
    text = instruction.build.text
    start, end = range_
    while start > instruction.range.start and _IN_PATH.match(text[start - 1]):
        start -= 1
    while end < instruction.range.end and _IN_PATH.match(text[end]):
        end += 1
    return TextRange(start, end)


def _must_exist(instruction: Instruction, range_: TextRange) -> bool:
    """True if a missing path certainly breaks the build or the image, and is not only searched, or created by the instruction itself."""
    node = instruction.node
    if isinstance(node, Copying):
        return _is_taken_from_stage(instruction, range_) and not _has_glob(instruction, range_)
    if isinstance(node, Env):
        return _variable_of(instruction, range_) in _NEEDED_VARIABLES
    return isinstance(node, Entrypoint | Cmd) and _is_started(instruction, range_)


def _variable_of(instruction: Instruction, range_: TextRange) -> str:
    """The variable in whose value an ENV has a range; empty for other instructions."""
    pairs = instruction.pairs if isinstance(instruction.node, Env) else ()
    return next(
        (it.name.text for it in pairs if it.value and instruction.range_of(it.value).contains(range_.start)), ""
    )


def _is_started(instruction: Instruction, range_: TextRange) -> bool:
    """True if a path is the program that ENTRYPOINT or CMD starts, itself or by a program such as tini (`-- PATH`).

    Other arguments may be directories that are only searched, and a script may ask if they exist.
    """
    place = _path_around(instruction, range_)
    words = instruction.node.arguments
    if not instruction.node.is_json:
        before = instruction.build.text[instruction.range_of(words[0]).start : place.start] if words else "-"
        return before.strip() in ("", "exec")
    previous = "--"
    for word in words:
        whole = instruction.range_of(word)
        if whole.contains(place.start):
            return previous == "--" and place.start - whole.start <= 1
        previous = word.text.strip('"')
    return False


def _is_taken_from_stage(instruction: Instruction, range_: TextRange) -> bool:
    """True if a range is in a source of `COPY --from` that may come from the base image of the other stage."""
    node = instruction.node
    if not isinstance(node, Copy) or node.source_stage is None:
        return False
    if not any(instruction.range_of(it).contains(range_.start) for it in node.sources):
        return False
    written = posixpath.basename(_word_around(instruction, range_))
    sources = (it for it in instruction.build.needed_stages if instruction in it.consumers)
    # The other stage may have created a path that it names: `mkdir -p /out/usr/lib/x86_64-linux-gnu`.
    return not any(written in one.node.text for it in sources for stage in it.ancestry for one in stage.instructions)


def _has_glob(instruction: Instruction, range_: TextRange) -> bool:
    """True if a range is in a source with wildcards, which may match nothing. BuildKit: convert.go, dispatchCopy, AllowEmptyWildcard."""
    node = instruction.node
    sources = node.sources if isinstance(node, Copying) else ()
    return any(
        instruction.range_of(it).contains(range_.start) and any(one in it.text for one in "*?[") for it in sources
    )


def _consequence(instruction: Instruction, range_: TextRange, path: ArchitectureInPath, wrong: list[Platform]) -> str:
    written, names = _shown(instruction, range_), platforms(wrong)
    if _is_taken_from_stage(instruction, range_):
        if _has_glob(instruction, range_):
            return _("nothing is copied for {platforms}: `{path}` does not exist there", path=written, platforms=names)
        return _("the build fails for {platforms}: `{path}` does not exist there", path=written, platforms=names)
    if isinstance(instruction.node, Copying) and not _is_in_heredoc(instruction, range_):
        if path.kind == "loader":
            return _("no program looks for `{path}` in the image for {platforms}", path=written, platforms=names)
        return _("no program looks for files in `{path}` in the image for {platforms}", path=written, platforms=names)
    if isinstance(instruction, Run) and (file := _written_file(instruction, range_)):
        return _(
            "`{path}` is written in the image for {platforms} too, where no program looks for a file of that name",
            path=file,
            platforms=names,
        )
    if _variable_of(instruction, range_) == "LD_PRELOAD":
        # ld.so(8): a library of LD_PRELOAD that cannot be opened is ignored, with a message on the standard error.
        return _(
            "`{path}` does not exist in the image for {platforms}, so that each start of a program there prints an error and goes on without the library",
            path=written,
            platforms=names,
        )
    return _(
        "`{path}` does not exist in the image for {platforms}, so that a program that needs it fails",
        path=written,
        platforms=names,
    )


def _is_in_heredoc(instruction: Instruction, range_: TextRange) -> bool:
    start = instruction.syntax.start
    return any(
        start + it.start <= range_.start < start + it.start + len(it.content) for it in instruction.node.heredocs
    )


def _shown(instruction: Instruction, range_: TextRange) -> str:
    """The path around a range up to its component that names the architecture, without the option before it: `-L/usr/lib/…`."""
    return _OPTION.sub("", _word_around(instruction, range_))


def _written_file(run: Run, range_: TextRange) -> str:
    """The path around a range that a RUN writes by a redirection or by `tee`; empty if the RUN does not write it."""
    text, path = run.build.text, _path_around(run, range_)
    return text[slice(*path)] if _WRITING.search(text[run.range.start : path.start]) else ""


def _fixes(ctx: RuleContext, instruction: Instruction, range_: TextRange, path: ArchitectureInPath) -> tuple[Fix, ...]:
    pair = next(
        (it for it in instruction.pairs if it.value and instruction.range_of(it.value).contains(range_.start)), None
    )
    if pair is None or pair.value is None or not isinstance(instruction.node, Env):
        return ()
    whole = instruction.range_of(pair.value)
    if pair.name.text == "LD_PRELOAD" and ctx.text[slice(*whole)] == pair.value.text:
        libraries = [posixpath.basename(it) for it in re.split(r"[:\s]+", pair.value.text.strip("'\""))]
        if all(libraries) and "$" not in pair.value.text:
            title = _("Name the library without its directory")
            return (Fix(title, (Edit(whole, ":".join(libraries)),), Safety.SUGGESTION),)
    written = ctx.text[slice(*range_)]
    names = [architecture_names(it) for it in ctx.build.targets]
    same = all(
        it is not None and it.debian == one.architecture for it, one in zip(names, ctx.build.targets, strict=True)
    )
    if path.kind == "jvm" and same and written == path.architecture:
        edits = (Edit(range_, "$TARGETARCH"), *declare_arguments(instruction, ["TARGETARCH"]))
        return (Fix(_("Write `$TARGETARCH`"), edits, Safety.SUGGESTION),)
    return ()
