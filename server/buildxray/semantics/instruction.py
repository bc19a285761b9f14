"""Instructions as objects: `Instruction`, `From` and `Run`, and the `Command`s of a RUN. See `semantics.build`."""

from __future__ import annotations

import posixpath
from contextlib import suppress
from typing import TYPE_CHECKING

from buildxray.plan.environment import Environment
from buildxray.plan.model import Step
from buildxray.plan.scope import Scope
from buildxray.platforms.arguments import PER_TARGET_ARGUMENTS
from buildxray.platforms.platform import Platform
from buildxray.records import cached_property, dataclass
from buildxray.semantics.conditions import depends_on_platform
from buildxray.semantics.file_flow import clean, copied_files, holds
from buildxray.semantics.mentions import Mention, mentions, sources_named
from buildxray.semantics.stage_graph import Consumer, Split
from buildxray.syntax import instructions as syntax
from buildxray.syntax import shell
from buildxray.syntax.expansion import expand_text
from buildxray.syntax.instructions import Flag, Node, Pair, Problem, Span, Token
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.lexer import ExpansionError
from buildxray.syntax.lines import continuation, is_comment
from buildxray.syntax.mounts import MountSyntaxError, context_source, mount_target
from buildxray.syntax.text import TextRange
from buildxray.syntax.variables import VariableReference, variable_names, variable_references
from buildxray.toolchains.base import Invocation, Reading, Use

if TYPE_CHECKING:
    from buildxray.semantics.build import Build
    from buildxray.semantics.stage import Stage


_DEFAULT_SHELL = ("/bin/sh", "-c")
_NO_NAMES: frozenset[str] = frozenset()
_ADDS_PROGRAMS = lazy_regex(r"(?:[\w.:-]+/)*tonistiigi/xx(?::(?!.*golang)[^@]*)?(?:@.*)?")
"""The image of xx, whose programs have names of their own; those of its old tags `golang` have not."""
_PRINTING = frozenset({"echo", "printf"})
"""Programs that only print their arguments."""


class Instruction:
    """An instruction of the file, as part of the build."""

    def __init__(self, build: Build, stage: Stage | None, idx: int) -> None:
        self.build = build
        self.stage = stage
        """The stage to which it belongs; a FROM belongs to the stage that it begins. None before the first FROM."""
        self.idx = idx
        """The 0-based index among the instructions of the file, for ordering and for the JSON of plans."""
        # Plain attributes: every rule reads them for every instruction.
        self.syntax: syntax.Instruction = build.plan.dockerfile.instructions[idx]
        """The parsed instruction at its place in the text."""
        self.node: Node = self.syntax.node
        """The parsed instruction, without its place in the file."""

    def __repr__(self) -> str:
        """`<Run in line 3>`."""
        return f"<{self.keyword.title()} in line {self.line}>"

    # The text

    @property
    def keyword(self) -> str:
        """The keyword in upper case."""
        return self.node.name

    @property
    def line(self) -> int:
        """The first line of the instruction, 1-based."""
        return self.syntax.first_line

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The `NAME=value` pairs of ARG, ENV and LABEL; empty for other instructions."""
        node = self.node
        return node.pairs if isinstance(node, syntax.WithPairs) else ()

    @property
    def empty_lines(self) -> tuple[TextRange, ...]:
        """The blank lines between its lines, with their line ends; those in heredoc bodies are left out."""
        text, heredocs = self.build.text, self.node.heredocs
        end = self.syntax.start + heredocs[0].start if heredocs else self.syntax.end
        ranges: list[TextRange] = []
        start = text.find("\n", self.syntax.start, end) + 1
        while 0 < start <= end:
            line_end = text.find("\n", start)
            if not text[start : line_end if line_end >= 0 else None].strip():
                ranges.append(TextRange(start, line_end + 1 if line_end >= 0 else len(text)))
            start = text.find("\n", start, end) + 1
        return tuple(it for it in ranges if it.start < it.end)

    @property
    def range(self) -> TextRange:
        """The range from the keyword to the end of the last line."""
        return self.syntax.range

    @property
    def written(self) -> str:
        """The text in this range, with its continuation lines and the comments between them."""
        return self.build.text[slice(*self.range)]

    def on_one_line(self, part: TextRange | None = None) -> str:
        """The text in this range, or in a part of it, without the escape tokens at line ends and the comment lines, each run of blanks reduced to one."""
        first, *others = self.build.text[slice(*(part or self.range))].split("\n")
        lines = (first, *(it for it in others if not is_comment(it)))
        return " ".join(" ".join(it[: continuation(it, self.build.dockerfile.escape)] for it in lines).split())

    def target_of(self, mount: Flag) -> Token | None:
        """The directory at which one of its mounts is, with unexpanded variables; None if no option names one. Raises `MountSyntaxError`."""
        return mount_target(mount)

    @property
    def keyword_range(self) -> TextRange:
        """The range of the keyword."""
        return self.syntax.range_of(self.node.keyword)

    def range_of(self, part: Token | Flag | Pair | Problem | Span) -> TextRange:
        """The range of the text that a part of the node covers."""
        return self.syntax.range_of(part)

    def shell_range(self, range_: TextRange) -> TextRange:
        """The range of the text that something in the shell script of this instruction covers: a word, a command."""
        return self.syntax.place(range_)

    @property
    def mentions(self) -> frozenset[Mention]:
        """The names and programs that the text mentions, for the `about` of rules (`semantics/mentions.py`)."""
        return mentions(self.node)

    def declares(self, name: str) -> bool:
        """True if it is an ARG of that name."""
        return isinstance(self.node, syntax.Arg) and any(it.name.text == name for it in self.node.pairs)

    def variable_references(self) -> tuple[VariableReference, ...]:
        """Every `$NAME` and `${NAME}` of the instruction, the shell text of a RUN included."""
        return self._variable_references

    @property
    def variable_names(self) -> frozenset[str]:
        """The names in `variable_references`."""
        node = self.node
        if "$" not in node.text and not node.heredocs:
            return _NO_NAMES
        has_shell = isinstance(node, syntax.Run | syntax.Onbuild)
        return variable_names(node, self.build.plan.dockerfile.escape, self.shell if has_shell else _DEFAULT_SHELL)

    def uses_variable(self, name: str) -> bool:
        """True if `variable_references` has that name."""
        return name in self.variable_names

    @cached_property
    def _variable_references(self) -> tuple[VariableReference, ...]:
        return variable_references(self.syntax, self.build.plan.dockerfile.escape, self.shell)

    # Its part in the build

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The distinct steps of the instruction, over all targets: one step if the targets share it."""
        return self.build.graph.steps(self.idx)

    @cached_property
    def split(self) -> Split | None:
        """The reason why it has several steps; None if it has at most one."""
        return self.build.graph.split(self.idx)

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The scope before it, for each target that needs its stage; empty for FROM and before the first FROM."""
        return self.build.graph.scopes(self.idx)

    @property
    def scopes_after(self) -> tuple[Scope, ...]:
        """The scope after it, for each target that needs its stage."""
        return self.build.graph.scopes_after(self.idx)

    @property
    def directories(self) -> tuple[str, ...]:
        """The absolute working directories that it can have; several if they depend on the target."""
        return tuple(dict.fromkeys(it.directory for it in self.scopes))

    @cached_property
    def destinations(self) -> tuple[str, ...]:
        """The absolute paths to which COPY or ADD writes, with variables as written; several if the working directory depends on the target."""
        destination = self.node.destination if isinstance(self.node, syntax.Copying) else None
        if destination is None:
            return ()
        return tuple(dict.fromkeys(clean(posixpath.join(it, destination.text)) for it in self.directories))

    @cached_property
    def known_destinations(self) -> tuple[str, ...]:
        """`destinations` with the values of variables; none if the text does not tell one of these values."""
        destination = self.node.destination if isinstance(self.node, syntax.Copying) else None
        names = self.variable_names
        is_known = all(scope.environment.get(it) is not None for scope in self.scopes for it in names)
        if destination is None or not is_known:
            return ()
        escape = self.build.dockerfile.escape
        words = [_expanded(destination.text, escape, it.environment) for it in self.scopes]
        known = [(it.directory, word) for it, word in zip(self.scopes, words, strict=True) if word is not None]
        return tuple(dict.fromkeys(clean(posixpath.join(*it)) for it in known)) if len(known) == len(words) else ()

    @cached_property
    def shell(self) -> tuple[str, ...]:
        """The shell of a RUN here, such as `("/bin/sh", "-c")`; also in stages that no target needs."""
        if self.stage is None or self.is_global or not self.build.plan.targets:
            return _DEFAULT_SHELL
        scope = self.build.plan.targets[0].scope_in_text(self.stage.outline, self.idx)
        return _DEFAULT_SHELL if scope is None else scope.shell_command

    @property
    def is_global(self) -> bool:
        """True if it sees the global arguments: FROM, and everything before the first FROM."""
        return self.stage is None or self is self.stage.from_

    def values(self, name: str, *, after: bool = False) -> tuple[str | None, ...]:
        """The value of a variable before or after this instruction, for each target of the build.

        Works for stages that no target needs, too. None if the variable is unset, or if the value depends on ONBUILD
        triggers of an image.
        """
        return tuple(None if it is None else it.get(name) for it in self._environments(after=after))

    def known_values(self, name: str, *, after: bool = False) -> tuple[str | None, ...]:
        """Like `values`, but also None if only the base image or a build argument determines the value."""
        values = [None if it is None else it.assignment(name) for it in self._environments(after=after)]
        return tuple(it.value if it is not None and it.is_known else None for it in values)

    def _environments(self, *, after: bool = False) -> list[Environment | None]:
        """The environment before or after this instruction, for each target of the build."""
        targets = self.build.plan.targets
        if self.stage is None or self.is_global:
            return [*self.build.global_arguments]
        scopes = [it.scope_in_text(self.stage.outline, self.idx + after) for it in targets]
        return [None if it is None else it.environment for it in scopes]

    def expanded(self, text: str) -> tuple[str | None, ...]:
        """The text with variables expanded in the scope before this instruction, for each target of the build.

        None if BuildKit refuses the text. An unset variable expands to nothing.
        """
        escape = self.build.dockerfile.escape
        return tuple(None if it is None else _expanded(text, escape, it) for it in self._environments())

    def sees(self, name: str) -> bool:
        """True if the value of a variable is known before this instruction, for at least one target."""
        return any(it.environment.get(name) is not None for it in self.scopes)

    def is_set(self, name: str) -> bool:
        """True if a variable is declared before this instruction, or may be set by triggers of the base image."""
        return self.declaration(name) is not None or self.sees(name)

    def only_shows(self, name: str) -> bool:
        """True if it uses a variable in a LABEL only, or in `echo` and `printf` whose output goes into the log."""
        return isinstance(self.node, syntax.Label) or not self.uses_variable(name)

    @property
    def names_per_target(self) -> tuple[str, ...]:
        """The variables before this instruction whose values differ between the targets that need its stage."""
        return self.build.graph.names_per_target(self.idx)

    def declaration(self, name: str) -> Instruction | None:
        """The ARG or ENV that last set a variable before this instruction, in its stage or an ancestor."""
        idx = self.build.graph.declaration(name, self.idx)
        return None if idx is None else self.build.instructions[idx]

    def has_default(self, name: str) -> bool:
        """True if the default of an ARG may be the value of a variable before this instruction; it may be one above the first FROM."""
        declaration = self.declaration(name)
        if declaration is None or not isinstance(declaration.node, syntax.Arg):
            return False
        declarations = (declaration, *self.build.global_instructions)
        pairs = (pair for it in declarations if isinstance(it.node, syntax.Arg) for pair in it.pairs)
        return any(it.name.text == name and it.value is not None for it in pairs)

    @property
    def sources_named(self) -> tuple[Token, ...]:
        """The names in `--from` of COPY and in `from=` of mounts: stages, by name or number, and images.

        For an ONBUILD, the names in its trigger. Empty if BuildKit refuses the flag.
        """
        return sources_named(self.node)

    def stage_named(self, name: Token) -> Stage | None:
        """The earlier stage that a name of `sources_named` means, by its name or number; None for an image."""
        wanted = name.text.lower()
        if self.stage is None or not wanted:
            return None
        earlier = self.build.stages[: self.stage.idx]
        return next((it for it in reversed(earlier) if wanted in (it.name, str(it.idx))), None)

    @property
    def pulled_images(self) -> tuple[Step, ...]:
        """The steps that pull the images named in this FROM, COPY or mount."""
        return tuple(it for it in self.build.plan.steps if it.kind == "source" and self.idx in it.instructions)

    @property
    def copied_files(self) -> tuple[tuple[Token, str], ...]:
        """For a COPY: each source and its absolute path; empty for other instructions."""
        return copied_files(self.build.graph, self._as_consumer)

    @property
    def copied_paths(self) -> tuple[str, ...]:
        """For a COPY: the absolute paths of its sources; empty for other instructions."""
        return tuple(dict.fromkeys(path for _, path in self.copied_files))

    @property
    def takes_unknown_programs(self) -> bool:
        """True if a COPY takes all files of an image, or of a stage, to `/`: it is unknown which programs they are, and which ones they replace.

        `tonistiigi/xx:golang` replaced `go` by a program that reads TARGETPLATFORM; `tonistiigi/xx` adds programs of other names.
        """
        node = self.node
        if not isinstance(node, syntax.Copy) or node.source_stage is None or node.source_stage.value is None:
            return False
        if node.destination is None or clean(node.destination.text) != "/" or "/" not in self.copied_paths:
            return False
        name = node.source_stage.value
        stage = self.stage_named(name)
        images = [name.text] if stage is None else [*stage.base_names]
        return not all(map(_ADDS_PROGRAMS.fullmatch, images)) or (stage is not None and bool(stage.runs))

    @property
    def _as_consumer(self) -> Consumer:
        return Consumer(-1 if self.stage is None else self.stage.idx, self.idx)


class From(Instruction):
    """The FROM that begins a stage."""

    @property
    def _from(self) -> syntax.From:
        node = self.node
        assert isinstance(node, syntax.From), "this view is chosen by the class of the node"
        return node

    @property
    def image(self) -> Token | None:
        """The name of the image or stage; None if it is not typed yet."""
        return self._from.image

    @property
    def alias(self) -> Token | None:
        """The name after `AS`."""
        return self._from.alias

    @property
    def platform(self) -> Flag | None:
        """The `--platform` flag."""
        return self._from.platform


class Run(Instruction):
    """A RUN and the commands of its script."""

    @property
    def mounts(self) -> tuple[Flag, ...]:
        """The `--mount` flags."""
        node = self.node
        assert isinstance(node, syntax.Run), "this view is chosen by the class of the node"
        return node.mounts

    @property
    def runs_as_root(self) -> bool:
        """True if no USER names another user than root, to whom a cache mount belongs; the user of a base image counts as root."""
        return all(it.user.partition(":")[0] in ("", "0", "root") for it in self.scopes)

    @property
    def context_sources(self) -> tuple[Token, ...]:
        """The paths of the build context that its mounts bind, empty for the whole context; mounts with a syntax error are left out."""
        sources: list[Token | None] = []
        for flag in self.mounts:
            with suppress(MountSyntaxError):
                sources.append(context_source(flag))
        return tuple(it for it in sources if it is not None)

    def mounted_from_context(self, path: str) -> tuple[str, ...]:
        """The paths of the build context that its mounts bind to an absolute path of the image; a mount with variables or a syntax error is left out.

        BuildKit: instructions/commands_runmount.go, parseMount.
        """
        found: dict[str, None] = {}
        for flag in self.mounts:
            with suppress(MountSyntaxError):
                source, target = context_source(flag), mount_target(flag)
                if source is None or target is None or "$" in source.text + target.text:
                    continue
                for place in (clean(posixpath.join(it, target.text)) for it in self.directories):
                    if holds(place, path):
                        inside = posixpath.join(source.text.lstrip("/") or ".", posixpath.relpath(path, place))
                        found[posixpath.normpath(inside)] = None
        return (*found,)

    @cached_property
    def script(self) -> shell.Script:
        """The script as the shell in force reads it; also in stages that no target needs."""
        return self.build.inventory.script(self.idx)

    @property
    def is_read(self) -> bool:
        """True if the shell in force is one whose scripts are read: a POSIX shell, or bash."""
        return self.script is not shell.NOTHING

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """The commands of the script, in order; empty if no target needs the stage."""
        inventory = self.build.inventory
        pairs = zip(inventory.invocations(self.idx), inventory.recognized(self.idx), strict=True)
        return tuple(Command(self, it, None) if use is None else KnownCommand(self, it, use) for it, use in pairs)

    @property
    def known_commands(self) -> tuple[KnownCommand, ...]:
        """The commands that a toolchain recognises.

        `Stage.commands` also knows the paths to which later commands of the stage copy their outputs.
        """
        return tuple(it for it in self.commands if isinstance(it, KnownCommand))

    def only_shows(self, name: str) -> bool:
        """True if it uses a variable in `echo` and `printf` only, with their output in the log."""
        if self.node.heredocs or ">" in self.node.text:
            return False
        ranges = [
            (self.shell_range(it.range), it.name in _PRINTING and not it.is_substitution) for it in self.script.commands
        ]
        for use in self.variable_references():
            around = [is_printing for range_, is_printing in ranges if range_.contains(use.range.start)]
            if use.name == name and not (around and all(around)):
                return False
        return True

    def reading(self, name: str) -> Reading:
        """The certainty that a command of the script reads a variable of its environment without an option for it."""
        known = self.build.inventory.reading(self.idx, name)
        if known in (Reading.NO, Reading.UNLIKELY) and name in PER_TARGET_ARGUMENTS and self._may_run_others:
            return Reading.MAYBE
        return known

    @property
    def _may_run_others(self) -> bool:
        """True if other programs may have taken the place of those that the script names."""
        stages = () if self.stage is None else self.stage.ancestry
        return any(it.idx_of_unknown_programs is not None and it.idx_of_unknown_programs < self.idx for it in stages)

    def may_read(self, name: str) -> bool:
        """True if a command may read an environment variable without an option for it."""
        return self.reading(name) in (Reading.MAYBE, Reading.YES)


@dataclass(frozen=True, eq=False)
class Command:
    """A command of a RUN, as each target executes it."""

    run: Run
    invocation: Invocation
    """The words with the environment, platform and directory, for each target that needs the stage."""
    use: Use | None
    """The recognized effect; None for a program that no toolchain knows."""

    @property
    def syntax(self) -> shell.Command:
        """The command as the shell reads it."""
        return self.invocation.command

    @property
    def name(self) -> str:
        """The name of its program, without directory."""
        return self.invocation.command.name

    @property
    def targets(self) -> tuple[Platform, ...]:
        """The target platforms that need the stage and may run the command, given its conditions."""
        return self.invocation.targets

    def is_certain(self, target: Platform) -> bool:
        """True if a target certainly runs the command, because all its conditions are known to hold."""
        return self.invocation.is_certain(target)

    @property
    def is_chosen_by_platform(self) -> bool:
        """True if the command runs only for some platforms, and the text does not tell for which."""
        return self.invocation.is_chosen_by_platform

    def depends_on_platform(self, word: shell.ShellWord) -> bool:
        """True if the value of a word depends on the platform, directly or by the conditions of a variable in it."""
        return depends_on_platform(word, self.syntax, self.invocation.platform_variables)

    @property
    def range(self) -> TextRange:
        """The range of the whole command."""
        return self.run.shell_range(self.invocation.command.range)


@dataclass(frozen=True, eq=False)
class KnownCommand(Command):
    """A command that a toolchain recognises."""

    use: Use
    """The effect of the command, from its toolchain."""

    @property
    def foreign_targets(self) -> tuple[Platform, ...]:
        """The targets whose architecture differs from that of the machine on which the command runs."""
        pairs = zip(self.invocation.targets, self.invocation.step_platforms, strict=True)
        return tuple(target for target, machine in pairs if target.architecture != machine.architecture)

    @property
    def is_skipped(self) -> bool:
        """True if the arguments that this build gives skip the command for each target; other builds may run it."""
        return self.run.build.inventory.is_skipped(self.run.idx, self.syntax)

    @property
    def cross_targets(self) -> tuple[Platform, ...]:
        """For a compiler: the targets whose output is certainly not for the machine on which it runs."""
        triples = zip(self.use.architectures, self.invocation.targets, self.invocation.step_platforms, strict=True)
        return tuple(
            target
            for compiled_for, target, machine in triples
            if compiled_for is not None and compiled_for != machine.architecture
        )

    @property
    def way_into_image(self) -> Instruction | None:
        """The instruction that first copies one of its outputs out of the stage towards the image.

        If its output paths are unknown, any file of the stage counts.
        """
        stage = self.run.stage
        ways = (None if stage is None else stage.way_into_image(it) for it in self.use.outputs or ("/",))
        return next((it for it in ways if it is not None), None)

    @property
    def wrong_images(self) -> tuple[Platform, ...]:
        """The target platforms whose images contain its output, for another architecture; see `Artifacts.wrong_images`.

        In a stage that becomes the image, all its outputs are in the image.
        """
        stage = self.run.stage
        if stage is not None and stage.is_image:
            return self.use.wrong_targets
        return self.run.build.artifacts.wrong_images(self.run.idx, self.invocation)

    @property
    def title(self) -> str:
        """The name in messages: `go build`."""
        return self.use.title

    @property
    def title_range(self) -> TextRange:
        """The range of the title; of a title that spans lines, that of the first word."""
        words = self.invocation.command.words
        first, last = self.run.shell_range(words[0].range), self.run.shell_range(words[self.use.title_words - 1].range)
        return first if "\n" in self.run.build.text[first.start : last.end] else TextRange(first.start, last.end)


def _expanded(text: str, escape: str, environment: Environment) -> str | None:
    try:
        return expand_text(text, escape, environment.get)
    except ExpansionError:
        return None
