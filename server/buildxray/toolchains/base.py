"""What a toolchain is, and what is known of a command that runs one."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple

from buildxray.plan.checks.ignored import IgnorePatterns
from buildxray.plan.environment import Environment
from buildxray.plan.paths import clean
from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from buildxray.platforms.platform import Platform
from buildxray.syntax.shell import UNKNOWN, Assignment, Command, Evaluator, ShellWord, Taken
from buildxray.syntax.text import TextRange


class Effect(Enum):
    """What a command does, as far as architectures are concerned."""

    COMPILE = "compile"
    """Makes files for one architecture."""
    BUNDLE = "bundle"
    """Makes files that suit every architecture, at the cost of a compiler."""
    FETCH = "fetch"
    """Downloads what suits every architecture: sources, jars, scripts."""
    INSTALL = "install"
    """Puts files for the architecture of the stage into it."""
    EXECUTE = "execute"
    """Runs what was built, or programs of the project."""
    DOWNLOAD = "download"
    """Downloads files that may be for one architecture."""
    PROBE = "probe"
    """Asks for the architecture of the machine that it runs on."""
    NEUTRAL = "neutral"
    """Neither costs nor yields anything that matters here."""
    UNKNOWN = "unknown"
    """Runs a script that only its author knows."""


class Reading(Enum):
    """How certainly a command reads a variable of its environment without an option that says so; larger is more certain."""

    NO = 0
    """Its documentation says what it looks at, and that is not this."""
    UNLIKELY = 1
    """It runs code of others that has no reason to look at it, such as the installation scripts of packages."""
    MAYBE = 2
    """It runs code or templates of the project, or nobody knows what it does."""
    YES = 3


class Workspace(NamedTuple):
    """What the files beside a Dockerfile tell, read as text."""

    uses_cgo: bool | None = None
    """True if the Go sources need a C compiler; None where there are none to look at."""
    may_use_libc: bool | None = None
    """True if the Go program, compiled with cgo on, may need a C library at run time; None as above."""
    requires_modules: bool | None = None
    """True if the Go module requires others; None without a go.mod."""
    has_native_packages: bool | None = None
    """True if a lock file of npm lists packages with native code; None where there is none to look at."""
    makefile_sets_platform: bool = False
    """True if the Makefile writes `--platform` into a copy of the Dockerfile before it is built, as kubebuilder's does."""
    search: Callable[[], frozenset[str] | None] | None = None
    """Searches the files of the project for the names of platform arguments; it reads when it is first called."""
    scripts: tuple[tuple[str, str], ...] = ()
    """The names and texts of the `scripts` in the package.json beside the Dockerfile."""
    ignored: IgnorePatterns | None = None
    """What the `.dockerignore` of the build context leaves out; None where there is none."""
    has_vendored_modules: bool = False
    """True if `vendor/modules.txt` is there: the go command then takes the modules from `vendor`, and downloads none."""
    dockerfile: str = ""
    """The path of the Dockerfile in its repository, by `/`; empty where it is not known."""
    machine_is_unknown: bool = False
    """Whether the project does not tell on which machine the build runs, so that nobody knows what is emulated."""
    builds_for_itself: bool = False
    """True if the project's builds of the Dockerfile name no platform, so that each is for the machine that runs it."""
    is_for_one_platform: bool = False
    """True if the repository has workflows or builds, and none of them asks for several platforms for the Dockerfile, or may."""
    replaces_modules: bool = False
    """True if go.mod replaces a module by a directory, which `go mod download` then has to see."""
    files_for: frozenset[str] = frozenset()
    """The architectures that Dockerfiles in its directory are named for, as `TARGETARCH` calls them."""

    @property
    def mentioned(self) -> frozenset[str] | None:
        """The platform arguments that files of the project name, or may read with all others.

        None where nothing can be searched, or where there is too much of it.
        """
        return None if self.search is None else self.search()


class Setting(NamedTuple):
    """A variable as a command sees it."""

    values: tuple[str | None, ...]
    """For each target platform; None where the text cannot tell, an empty string where it is not set."""
    assignment: Assignment | None
    """The assignment in the script that sets it; None where the stage's environment does, or nothing."""
    is_set: bool

    @property
    def is_known(self) -> bool:
        """True if the text tells its value for every target platform."""
        return None not in self.values


@dataclass(frozen=True, slots=True)
class Invocation:
    """A command in a RUN, and what it sees."""

    command: Command
    instruction: int
    """Index of the RUN."""
    builder: Platform
    targets: tuple[Platform, ...]
    """The target platforms that need the RUN and may run the command."""
    environments: tuple[Environment, ...]
    """The environment of the RUN, for each of these."""
    step_platforms: tuple[Platform, ...]
    """Where the RUN executes, for each of these."""
    directories: tuple[str, ...]
    """Where the command may execute: the working directory, and those that `cd` led to before."""
    open_arguments: Container[str]
    """Names of ARGs in scope without a value, which a build argument may give."""
    workspace: Workspace
    preparations: tuple[Command, ...] = ()
    """What decided before, in the stage or in those below it, how later commands compile: `cmake -B build`, `xx-go --wrap`."""
    taken: tuple[Taken, ...] = ()
    """For each of these targets, whether it runs the command; never `NO`."""
    evaluators: tuple[Evaluator, ...] = field(default=(), compare=False, repr=False)
    """What gives the words of the script their values, for each of these targets."""
    platform_variables: Container[str] = frozenset()
    """The variables of the environment whose values depend on the platform."""
    _settings: dict[str, Setting] = field(default_factory=dict, compare=False, repr=False)
    """Those that were asked for: an invocation outlives many edits, and many rules ask it the same."""
    _values: dict[tuple[TextRange, str], tuple[str | None, ...]] = field(
        default_factory=dict, compare=False, repr=False
    )
    """Of words of this RUN, by their places."""
    _operands: list[list[int]] = field(default_factory=list, compare=False, repr=False)
    """The operands, once they were asked for."""

    def setting(self, name: str) -> Setting:
        """A variable as the command sees it: assigned before it on its line, exported earlier, or in the environment."""
        known = self._settings.get(name)
        if known is None:
            known = self._settings[name] = self._setting(name)
        return known

    def _setting(self, name: str) -> Setting:
        prefix = self.command.assigned(name)
        if prefix is not None:
            return Setting(self.evaluate(prefix.value), prefix, is_set=True)
        inherited = tuple(it.get(name) for it in self.environments)
        assigned = self.command.variables.get(name, ())
        visible = [it for it in assigned if it.is_exported or any(value is not None for value in inherited)]
        if not visible:
            if name in self.open_arguments:
                return Setting(inherited, None, is_set=True)
            return Setting(tuple(it or "" for it in inherited), None, is_set=any(it is not None for it in inherited))
        values = (it.variable(name, self.command, exported_only=True) for it in self.evaluators)
        return Setting(tuple(None if it and UNKNOWN in it else it or "" for it in values), visible[-1], is_set=True)

    def evaluate(self, word: ShellWord) -> tuple[str | None, ...]:
        """What the shell makes of a word for each target platform; None where the text cannot tell all of it."""
        if word.value is not None:
            return (word.value,) * len(self.targets)
        key = word.range, word.text
        known = self._values.get(key)
        if known is None:
            known = self._values[key] = tuple(it.value(word, self.command) for it in self.evaluators)
        return known

    def evaluate_partly(self, word: ShellWord) -> tuple[str, ...]:
        """What the shell makes of a word for each target platform, with `UNKNOWN` for each part that the text cannot tell."""
        return tuple(it.text(word, self.command) for it in self.evaluators)

    def is_certain(self, target: Platform) -> bool:
        """True if a target certainly runs the command, as far as conditions decide that."""
        return target in self.targets and self.taken[self.targets.index(target)] is Taken.YES

    @property
    def is_chosen_by_platform(self) -> bool:
        """True if it depends on the platform whether the command runs, in a way that the text does not tell."""
        return Taken.BY_PLATFORM in self.taken

    @property
    def operands(self) -> list[int]:
        """The positions, among the words, of the arguments that are neither options nor values of options.

        Which options of a program take a value is known for those that are written before a subcommand.
        """
        if not self._operands:
            self._operands.append(self._find_operands())
        return self._operands[0]

    def _find_operands(self) -> list[int]:
        with_value = _OPTIONS_BEFORE_SUBCOMMAND.get(self.command.name, frozenset())
        positions: list[int] = []
        is_value = False
        for position, word in enumerate(self.command.words[1:], 1):
            if is_value:
                is_value = False
            elif word.text in with_value:
                is_value = True
            elif not word.text.startswith(("-", "+") if self.command.name == "cargo" else "-"):
                # `cargo +nightly` names a toolchain of rustup.
                positions.append(position)
        return positions

    def text_at(self, position: int) -> str:
        """The value of a word, or the word as written where its value depends on variables."""
        word = self.command.words[position]
        return word.text if word.value is None else word.value

    def reading_by_project(self, name: str) -> Reading:
        """True if scripts and build files of the project look at a variable, as far as they have been searched for it.

        Only the names of the platform arguments are searched for: of what is made of them, nothing is known.
        """
        mentioned = self.workspace.mentioned if name in AUTOMATIC_ARGUMENTS else None
        return Reading.MAYBE if mentioned is None or name in mentioned else Reading.UNLIKELY

    def argument(self, *names: str) -> ShellWord | None:
        """The value of an option: `-o value`, `-o=value` or `--output value`."""
        words = self.command.words
        for idx, word in enumerate(words[1:], 1):
            for name in names:
                if word.text == name and idx + 1 < len(words):
                    return words[idx + 1]
                if word.text.startswith(f"{name}="):
                    return word.after(f"{name}=")
        return None

    def paths(self, word: ShellWord) -> tuple[str, ...]:
        """The absolute paths that a word may mean, a slash at its end kept; none where the text cannot tell."""
        found: dict[str, None] = {}
        for value in self.evaluate(word):
            if value:
                paths = (clean(posixpath.join(it, value)) for it in self.directories)
                found |= dict.fromkeys(f"{it}/" if value.endswith("/") and it != "/" else it for it in paths)
        return tuple(found)

    def has_option(self, *names: str) -> bool:
        """True if an option is given, with a value or without."""
        return any(it.text.partition("=")[0] in names for it in self.command.words[1:])

    @property
    def subcommand(self) -> str:
        """The first operand; empty where there is none."""
        operands = self.operands
        return self.text_at(operands[0]) if operands else ""

    @property
    def is_subcommand_first(self) -> bool:
        """True if the subcommand directly follows the program, so that both can be underlined, and options can follow them."""
        return self.operands[:1] == [1]


_OPTIONS_BEFORE_SUBCOMMAND: Final = {
    "bun": frozenset({"--cwd", "--filter", "-F", "--config", "-c"}),
    "bundle": frozenset({"--gemfile"}),
    "cargo": frozenset({"-C", "-Z", "--color", "--config"}),
    "composer": frozenset({"-d", "--working-dir"}),
    "deno": frozenset({"-L", "--log-level"}),
    "git": frozenset({"-C", "-c", "--git-dir", "--work-tree"}),
    "go": frozenset({"-C"}),
    "gradle": frozenset(
        {"-b", "-c", "-g", "-I", "-p", "--build-file", "--gradle-user-home", "--init-script", "--project-dir"}
    ),
    "mvn": frozenset(
        {"-D", "-f", "-gs", "-l", "-P", "-pl", "-rf", "-s", "-T", "--file", "--projects", "--settings", "--threads"}
    ),
    "npm": frozenset({"-C", "-w", "--cache", "--loglevel", "--prefix", "--registry", "--workspace"}),
    "pnpm": frozenset({"-C", "-F", "--dir", "--filter", "--filter-prod", "--loglevel", "--reporter", "--store-dir"}),
    "poetry": frozenset({"-C", "-P", "--directory", "--project"}),
    "uv": frozenset({"--cache-dir", "--config-file", "--directory", "--project", "--python", "-p"}),
    "yarn": frozenset({"--cwd", "--cache-folder", "--mutex", "--network-timeout", "--registry"}),
}
"""Options with a value that these programs take before a subcommand.

Source: the command references of the programs: "npm config", "pnpm CLI", "yarn", "bun", "cargo", "go help build",
"Maven CLI Options Reference", "Gradle Command-Line Interface", "poetry", "uv CLI", "composer Global Options".
"""
_OPTIONS_BEFORE_SUBCOMMAND.update(
    gradlew=_OPTIONS_BEFORE_SUBCOMMAND["gradle"],
    mvnw=_OPTIONS_BEFORE_SUBCOMMAND["mvn"],
    mvnd=_OPTIONS_BEFORE_SUBCOMMAND["mvn"],
)


@dataclass(frozen=True, slots=True)
class CrossCompilation:
    """How a command is made to compile for the target platform on the build machine."""

    assignments: tuple[tuple[str, str], ...]
    """Variables to set for it, in the order in which they are written."""
    arguments: tuple[str, ...]
    """The automatic arguments that these use."""
    is_safe: bool
    """True if the result differs in its architecture only; otherwise a person has to review the change."""
    options: str = ""
    """What to write after the title of the command; as the shell reads it."""

    @property
    def text(self) -> str:
        """What it adds to a command, for a title."""
        return " ".join([*(f"{name}={value}" for name, value in self.assignments), *filter(None, [self.options])])


@dataclass(frozen=True, slots=True)
class Use:
    """A command that runs a toolchain."""

    toolchain: Toolchain
    invocation: Invocation
    effect: Effect
    title: str
    """What to call the command in a message: `go build`."""
    title_words: int = 1
    """How many words of the command that is."""
    architectures: tuple[str | None, ...] = ()
    """Of COMPILE: the architecture that its output is for, for each target; None where the text cannot tell."""
    is_targeted: bool = False
    """Of COMPILE: whether its command line or environment names an architecture, even an empty one."""
    outputs: tuple[str, ...] = ()
    """Of COMPILE and INSTALL: paths that it may write to, as `plan.flow` reads them; empty for INSTALL into the system."""
    manifests: tuple[str, ...] = ()
    """Of what downloads dependencies: the files of the project that say which."""
    is_bound: bool = False
    """Of COMPILE: whether it has to run on its target, for another machine it would fail or write elsewhere."""
    is_native_only: bool = False
    """Of COMPILE: whether nothing makes its toolchain compile for another machine."""
    is_for_own_machine: bool = False
    """Of a tool on binaries: whether it fails on those of another machine than the one that it runs on."""
    needs_agreement: bool = False
    """Of BUNDLE and INSTALL: whether what it makes may differ between architectures after all."""
    cross_compilation: CrossCompilation | None = None
    """How to make it compile for the target platform; None where it does already, or no edit can."""

    @property
    def instruction(self) -> int:
        """Index of the RUN."""
        return self.invocation.instruction

    @property
    def follows_target(self) -> bool:
        """True if its output is for the target platform, whatever machine it runs on."""
        targets = self.invocation.targets
        return bool(self.architectures) and all(
            made == target.architecture for made, target in zip(self.architectures, targets, strict=True)
        )

    @property
    def machine(self) -> Platform:
        """Where it runs, for the first target."""
        return self.invocation.step_platforms[0]

    @property
    def wrong_targets(self) -> tuple[Platform, ...]:
        """The target platforms for which its output is certainly for another architecture."""
        return tuple(
            target
            for made, target in zip(self.architectures, self.invocation.targets, strict=True)
            if made is not None and made != target.architecture
        )


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A family of programs."""

    name: str
    """As its users write it."""
    recognize: Callable[[Invocation, Toolchain], Use | None]
    """What a command does with it; None for a command that is none of its programs."""
    reads: Callable[[Invocation, str], Reading]
    """How certainly one of its commands reads a variable of its environment without an option that says so."""
    preparing: frozenset[str] = frozenset()
    """Programs by which it is told once and for all how to compile."""
    advice: str = ""
    """How to cross-compile where no edit can do it, to end a message with; `{install}` means the command that installs
    a C library for the target."""
