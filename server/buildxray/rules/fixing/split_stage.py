"""The refactoring that splits a stage, which compiles and becomes the image, into a build stage and a run stage.

It takes two steps, each of which is planned: the run stage is split off, then the build stage is cross-compiled like
any other. So the result meets the same proof as `cross_compile`: fewer emulated steps, and no file of the image for
another architecture than before.
"""

from __future__ import annotations

import difflib
import itertools
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Final

from buildxray.localization import _
from buildxray.rules.base import Fix, Safety
from buildxray.rules.context import RuleContext
from buildxray.rules.fixing.cross_compile import cross_compile
from buildxray.rules.fixing.edits import line_end, remove_moved, with_own_comments
from buildxray.rules.fixing.run_stages import RunStage, checks_health, is_known_user, programs_of, run_stage_of
from buildxray.semantics.build import Command, Effect, Instruction, KnownCommand, Run, Stage
from buildxray.semantics.file_flow import holds
from buildxray.semantics.origins import Machine
from buildxray.syntax.instructions import Arg, Cmd, Copying, Entrypoint, Healthcheck, Pair, User, Workdir
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import read_script
from buildxray.syntax.text import Edit, TextRange, apply_edits
from buildxray.toolchains.base import RunTimeNeeds
from buildxray.toolchains.node import NODE

_OF_THE_IMAGE: Final = ("CMD", "ENTRYPOINT", "EXPOSE", "HEALTHCHECK", "LABEL", "STOPSIGNAL", "USER", "VOLUME")
"""Instructions that configure the image without changing files; they belong to the run stage."""
_OF_THE_BUILD: Final = lazy_regex(
    r"(?:CARGO|CGO|DOTNET_CLI|GRADLE|MAVEN|NPM_CONFIG|NUGET|YARN)_\w+"
    r"|GO(?:386|AMD64|ARCH|ARM|ARM64|BIN|CACHE|FLAGS|INSECURE|MODCACHE|NOPROXY|NOSUMDB|OS|PATH|PRIVATE|PROXY|ROOT|SUMDB|TOOLCHAIN|WORK)"
    r"|GO111MODULE"
)
"""Variables that only compilers and package managers read.

The variables that the run time of Go reads (`GODEBUG`, `GOGC`, `GOMAXPROCS`, `GOMEMLIMIT`, `GOTRACEBACK`) are for the program.
Source: `go help environment`, and the package runtime of Go.
"""

_OF_A_BUILD: Final = lazy_regex(r"build|compil")
"""The name of a stage that compiles, as people give it."""


def split_stage(ctx: RuleContext, stage: Stage, commands: Sequence[KnownCommand]) -> Fix | None:
    """A fix that compiles natively in a separate stage; None if the text does not determine the files that the program needs at run time.

    `commands` compile or bundle under emulation. Nothing is offered if the stage installs packages or runs programs
    after the last of them, since these may be needed at run time.
    """
    run_stage = run_stage_of(stage, commands)
    if run_stage is None or not _can_split(ctx, stage, commands, run_stage) or not _has_users(stage, run_stage):
        return None
    run_time = stage.build.workspace.run_time
    needs = None if run_time is None else run_time(commands[0].use.toolchain.name)
    if not _suits(stage, run_stage, needs):
        return None
    if needs is not None:
        run_stage = _with_opened_files(stage, commands[-1].run, run_stage, needs)
    cut = ctx.after(_cut(stage, commands[-1].run, run_stage))
    fix = cross_compile(cut, cut.build.stages[stage.idx])
    if fix is None:
        return None
    text = apply_edits(cut.text, fix.edits)
    edits = _line_edits(ctx.text, text)
    after = ctx.after(edits)
    machines = {it.machine for it in after.build.artifacts.all}
    fewer = len(after.build.emulated_steps) < len(ctx.build.emulated_steps)
    if not fewer or len(after.build.errors) > len(ctx.build.errors) or machines & {Machine.BUILDER, Machine.CONSTANT}:
        return None
    title = (
        _("Split into build and run stage")
        if needs is not None
        else _("Split into build and run stage, if the program needs no other files and starts no other programs")
    )
    return Fix(title, tuple(edits), Safety.SUGGESTION)


def _can_split(ctx: RuleContext, stage: Stage, commands: Sequence[KnownCommand], run_stage: RunStage) -> bool:
    """True if only configuration and files of the build context follow the last compiler, and nothing else is installed or made."""
    last = commands[-1].run
    is_named_target = bool(ctx.build.request.target_stage)
    if stage.bases or stage.children or stage.consumers or is_named_target or last.stage is not stage:
        return False
    builders = {it.run for it in commands}
    if any(isinstance(it, Run) and not _is_preparation(it) for it in stage.instructions if it not in builders):
        return False
    if not _has_programs(stage, run_stage) or _makes_more(stage, run_stage):
        return False
    for instruction in stage.instructions:
        is_late = instruction.idx > last.idx
        if is_late and instruction.keyword not in (*_OF_THE_IMAGE, "ENV", "WORKDIR", "COPY"):
            return False
        if instruction.keyword == "ENV" and not all(_is_argument(instruction, it) for it in instruction.variable_names):
            return False
        if instruction.keyword in ("ONBUILD", "SHELL", "ADD"):
            return False
    return True


def _suits(stage: Stage, run_stage: RunStage, needs: RunTimeNeeds | None) -> bool:
    """True unless the image of the run stage lacks what the program needs: other programs, time zones, the data of languages."""
    image = stage.from_.image
    if image is not None and image.text == run_stage.image:
        return True
    if "dotnet" in run_stage.image:
        # The image on Alpine switches the data of languages off. Source: github.com/dotnet/dotnet-docker, "Globalization".
        if "alpine" in run_stage.image:
            return False
    elif "alpine" in run_stage.image and "temurin" not in run_stage.image:
        # The images of Go have the file of time zones that its library reads; those of Alpine have none.
        has_zone = any(pair.name.text == "TZ" for it in stage.instructions for pair in it.pairs)
        if has_zone or (needs is not None and needs.reads_time_zones):
            return False
    return needs is None or not needs.starts_programs


def _with_opened_files(stage: Stage, last: Run, run_stage: RunStage, needs: RunTimeNeeds) -> RunStage:
    """The run stage with the files and directories of the build context that the program, or a variable of the image, names by their paths."""
    values = (
        pair.value.text
        for it in stage.instructions
        if it.keyword == "ENV"
        for pair in it.pairs
        if pair.value is not None
    )
    directory = stage.last.scopes_after[0].directory if stage.last.scopes_after else "/"
    there = [it.rstrip("/") for it in run_stage.copied]
    copies = [it for it in stage.instructions if it.idx < last.idx and isinstance(it.node, Copying)]
    kept = {*run_stage.lines}
    there += [
        path for it in stage.instructions if it.idx > last.idx or it.written in kept for _source, path in _places(it)
    ]
    found: dict[str, None] = {}
    for text in (*needs.texts, *values):
        path = posixpath.normpath(posixpath.join(directory, _WILDCARD.split(_ABOVE.sub("", text), maxsplit=1)[0]))
        if "$" in text or any(holds(it, path) for it in there):
            continue
        opened = next((one for it in copies if (one := _copied_as(it, path, needs)) is not None), None)
        if opened is not None and not any(holds(it.rstrip("/"), path) for it in found):
            found[opened] = None
    # A directory comes with all that is in it.
    outer = [it for it in found if not any(holds(one.rstrip("/"), it.rstrip("/")) for one in found if one != it)]
    return run_stage._replace(copied=(*run_stage.copied, *outer[:_MOST_OPENED]))


_WILDCARD: Final = lazy_regex(r"/?[^/]*[*?\[{]")
_ABOVE: Final = lazy_regex(r"\A(?:\.{1,2}/)+")
"""The beginning of a path that is relative to the source which names it: `../views`."""
_MOST_OPENED: Final = 20


def _places(copy: Instruction) -> Iterator[tuple[str, str]]:
    """Yield the sources of a COPY of the build context, relative to it, each with the absolute path that it gets; those with variables or wildcards left out."""
    node, workspace = copy.node, copy.build.workspace
    if not isinstance(node, Copying) or node.flag_value("from") or not node.destination:
        return
    destinations = {*copy.expanded(node.destination.text)}
    if None in destinations or len(destinations) != 1 or len(copy.directories) != 1:
        return
    written = destinations.pop() or ""
    destination = posixpath.normpath(posixpath.join(copy.directories[0], written))
    for token in node.sources:
        source = posixpath.normpath(token.text.lstrip("/") or ".")
        is_directory = source == "." or (workspace.holds is not None and workspace.holds(f"{source}/"))
        is_into = len(node.sources) > 1 or posixpath.basename(written) in ("", ".", "..")
        if not re.search(r"[*?\[$]", source):
            yield (
                source,
                posixpath.join(destination, posixpath.basename(source))
                if is_into and not is_directory
                else destination,
            )


def _copied_as(copy: Instruction, path: str, needs: RunTimeNeeds) -> str | None:
    """The absolute path, a directory with a slash at its end, if a COPY of the build context brings what is there and no source of the program; None else."""
    workspace = copy.build.workspace
    if workspace.holds is None:
        return None
    for source, place in _places(copy):
        if not holds(place, path) or (path == place and source == "."):
            continue
        inside = posixpath.normpath(posixpath.join(source, posixpath.relpath(path, place)))
        is_ignored = workspace.ignored is not None and workspace.ignored.excludes(inside)
        is_source = inside in needs.places or _IS_SOURCE.search(inside) is not None
        if not is_ignored and not is_source and workspace.holds(f"{inside}/"):
            return f"{path}/"
        if not is_ignored and not is_source and workspace.holds(inside):
            return path
    return None


_IS_SOURCE: Final = lazy_regex(r"\.(?:[cm]?[jt]sx?|cs|fs|go|java|kt|mod|scala|sum|vb)$")


def _is_preparation(run: Run) -> bool:
    """True if a RUN only downloads sources or installs the packages of a lock file, which the build stage alone needs."""
    return bool(run.commands) and all(map(_prepares, run.commands))


def _prepares(command: Command) -> bool:
    if command.use is None:
        return False
    is_of_npm = command.use.toolchain is NODE and command.use.effect is Effect.INSTALL
    return is_of_npm or command.use.effect in (Effect.FETCH, Effect.NEUTRAL)


def _has_programs(stage: Stage, run_stage: RunStage) -> bool:
    """True if the image of the run stage has the programs with which the file checks the health of the container."""
    image = stage.from_.image
    if image is not None and image.text == run_stage.image:
        return True
    checks = [it for it in stage.instructions if checks_health(it)]
    known = programs_of(run_stage.image)
    files = {it.rstrip("/") for it in run_stage.copied}
    return all(
        it.name in known or any(posixpath.join(directory, it.words[0].text) in files for directory in check.directories)
        for check in checks
        for it in read_script(check.node).commands
        if it.words
    )


_MAKING: Final = lazy_regex(
    r"addgroup|adduser|chgrp|chmod|chown|cp|groupadd|install|ln|mkdir|mv|rsync|tar|tee|touch|unzip|user(?:add|mod)"
)
"""Programs that make files, directories and users which the program may need."""
_WITH_MODE: Final = frozenset({"chgrp", "chmod", "chown"})
_WITH_DESTINATION: Final = frozenset({"cp", "install", "ln", "mv", "rsync"})


def _makes_more(stage: Stage, run_stage: RunStage) -> bool:
    """True if a RUN makes a file, a directory or a user that the run stage would lack."""
    copied = [it.rstrip("/") for it in run_stage.copied]
    return any(_makes_other(command, copied) for run in stage.runs for command in run.commands)


def _makes_other(command: Command, copied: Sequence[str]) -> bool:
    is_file = command.syntax.is_piped and not any(it.syntax.input is command.syntax for it in command.run.commands)
    if not _MAKING.fullmatch(command.name):
        return is_file
    operands = [it for it in command.syntax.words[1:] if not it.text.startswith("-")]
    if command.name in _WITH_DESTINATION:
        operands = operands[-1:]
    made = operands[command.name in _WITH_MODE :]
    paths = [command.invocation.paths(it) for it in made]
    return not all(any(holds(path, it) or holds(it, path) for path in some for it in copied) for some in paths)


def _has_users(stage: Stage, run_stage: RunStage) -> bool:
    """True if the image of the run stage has the users that the file names; without a RUN that adds some, they are those of its image."""
    image = stage.from_.image
    if image is not None and image.text == run_stage.image:
        return True
    users = (it.node.value for it in stage.instructions if isinstance(it.node, User))
    return all(is_known_user("" if it is None else it.text) for it in users)


def _cut(stage: Stage, last: Run, run_stage: RunStage) -> list[Edit]:
    """The edits that begin the run stage after the last build command, and move the configuration of the image there."""
    image = stage.from_.image
    assert image is not None, "a stage that compiles has an image"
    edits: list[Edit] = []
    name, alias = stage.name, stage.from_.alias
    suffix = ""
    if not _OF_A_BUILD.search(name):
        # `--target NAME` means the image.
        taken = {it.name for it in stage.build.stages}
        names = itertools.chain(["build"], (f"build-{number}" for number in itertools.count(2)))
        name = next(it for it in names if it not in taken)
        keyword = "as" if stage.from_.node.keyword.text.islower() else "AS"
        if alias is None:
            end = stage.from_.range_of(image).end
            edits.append(Edit(TextRange(end, end), f" {keyword} {name}"))
        else:
            suffix = f" {stage.from_.node.arguments[1].text} {stage.build.text[slice(*stage.from_.range_of(alias))]}"
            edits.append(Edit(stage.from_.range_of(alias), name))
    early = [it for it in stage.instructions if it.idx < last.idx]
    late = [it for it in stage.instructions if it.idx > last.idx]
    moved = [it for it in early if it.keyword in _OF_THE_IMAGE]
    edits += [remove_moved(it, moved) for it in moved]
    environment = [line for it in early if it.keyword == "ENV" and (line := _run_time_environment(it))]
    directory = next((it for it in reversed(early) if isinstance(it.node, Workdir)), None)
    lines = ["", f"FROM {run_stage.image}{suffix}"]
    used = [*moved, *(it for it in early if it.keyword in ("ENV", "WORKDIR")), *late]
    lines += _declarations(it for it in used if not isinstance(it.node, Cmd | Entrypoint | Healthcheck))
    if directory is not None and not (late and isinstance(late[0].node, Workdir)):
        lines.append(directory.written)
    lines += environment
    lines += run_stage.lines
    lines += [f"COPY --from={name} {_quoted(it)} {_quoted(it)}" for it in run_stage.copied]
    lines += [with_own_comments(it, moved) for it in moved]
    end_of_line = line_end(last)
    text = last.build.text
    end = text.find("\n", last.syntax.end)
    if end < 0:
        edits.append(Edit(TextRange(len(text), len(text)), "".join(end_of_line + it for it in lines)))
    else:
        edits.append(Edit(TextRange(end + 1, end + 1), "".join(it + end_of_line for it in lines)))
    return edits


def _declarations(instructions: Iterable[Instruction]) -> list[str]:
    """The ARG instructions of the build stage that these instructions of the run stage use, in their order."""
    declared: dict[tuple[int, int], str] = {}
    for instruction in instructions:
        for name in filter(partial(_is_argument, instruction), instruction.variable_names):
            declaration = instruction.declaration(name)
            for number, pair in enumerate(() if declaration is None else declaration.pairs):
                if declaration is not None and pair.name.text == name:
                    declared[declaration.idx, number] = (
                        f"{declaration.node.keyword.text} {_written_pair(declaration, pair)}"
                    )
    return [declared[it] for it in sorted(declared)]


def _is_argument(instruction: Instruction, name: str) -> bool:
    declaration = instruction.declaration(name)
    return declaration is not None and isinstance(declaration.node, Arg)


def _run_time_environment(instruction: Instruction) -> str:
    """The ENV without the variables that only compilers and package managers read; empty if none is left."""
    kept = [it for it in instruction.pairs if not _OF_THE_BUILD.fullmatch(it.name.text)]
    if len(kept) == len(instruction.pairs):
        return instruction.written
    pairs = " ".join(_written_pair(instruction, it) for it in kept)
    return f"{instruction.node.keyword.text} {pairs}" if kept else ""


def _written_pair(instruction: Instruction, pair: Pair) -> str:
    return instruction.build.text[slice(*instruction.range_of(pair))]


def _quoted(path: str) -> str:
    return path if not re.search(r"\s", path) else f'"{path}"'


def _line_edits(before: str, after: str) -> list[Edit]:
    """The edits of whole lines that turn one text into another."""
    old, new = _lines(before), _lines(after)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return [
        Edit(TextRange(starts[first], starts[last]), "".join(new[new_first:new_last]))
        for tag, first, last, new_first, new_last in matcher.get_opcodes()
        if tag != "equal"
    ]


def _lines(text: str) -> list[str]:
    # `str.splitlines` also breaks at form feeds, where a Dockerfile has no line end.
    return re.findall(r"[^\n]*\n|[^\n]+$", text)
