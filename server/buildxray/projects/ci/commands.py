"""The builds that the commands of a shell script start: `docker buildx build`, `docker buildx bake`, `docker compose build`.

Nothing is executed: a value that only running the script could tell is unknown.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from buildxray.files.reading import read_project_text
from buildxray.localization import gettext_lazy as _
from buildxray.platforms.machines import NATIVE, Machines
from buildxray.projects.bake.reader import BakeProject, bake_builds, default_files, load_bake, read_overrides
from buildxray.projects.builds import (
    DeclaredBuild,
    Note,
    absolute,
    context_path,
    existing_dockerfile,
    is_remote,
    makes_files,
    on_machines,
    pairs,
    platform_names,
    read_platform_list,
)
from buildxray.projects.compose import compose_files
from buildxray.projects.compose_builds import read_compose
from buildxray.projects.hcl import values as hcl
from buildxray.syntax.parser import parse
from buildxray.syntax.shell import SHELLS, UNKNOWN, Assignment, Command, Evaluator, ShellWord, read_script
from buildxray.syntax.shell.model import Case, Script

MOST_SCRIPT: Final = 100_000
"""Code points of one script."""
_MOST_DEPTH: Final = 4
_BUILDS: Final = (
    ("docker", "buildx", "build"),
    ("docker", "image", "build"),
    ("docker", "builder", "build"),
    ("docker", "build"),
)
_BAKES: Final = (("docker", "buildx", "bake"), ("depot", "bake"), ("buildx", "bake"))
_CREATES: Final = (("docker", "buildx", "create"), ("buildx", "create"))
_COMPOSES: Final = (("docker", "compose", "build"), ("docker-compose", "build"))
_REMOTE_BUILDS: Final = (("depot", "build"), ("buildx", "build"), ("podman", "buildx", "build"), ("nerdctl", "build"))
_FLAGS: Final = frozenset(
    [
        "--check",
        "-D",
        "--append",
        "--bootstrap",
        "--use",
        "--debug",
        "--load",
        "--no-cache",
        "--pull",
        "--push",
        "-q",
        "--quiet",
        "--print",
        "--rm",
        "--force-rm",
        "--squash",
        "--compress",
        "--help",
        "--allow-insecure",
        "--no-trunc",
        "--lint",
    ]
)
"""Options of `docker build` without a value."""
_SHORT: Final = {
    "-f": "--file",
    "-t": "--tag",
    "-o": "--output",
    "-m": "--memory",
    "-c": "--cpu-shares",
    "-q": "--quiet",
}
_UNTOLD: Final = re.compile(r"\$|`|\{\{")
_UNTOLD_WORD: Final = "$"
"""A word, or the part of one, that only running the script could tell."""
WORKSPACE: Final = "/github/workspace"
"""What the root of the checkout is called where a command needs its absolute path."""
_WORKSPACES: Final = frozenset(("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE", "BUILDKITE_BUILD_CHECKOUT_PATH"))
_PROGRAMS: Final = frozenset(
    [
        "docker",
        "docker-buildx",
        "docker-compose",
        "depot",
        "buildx",
        "podman",
        "nerdctl",
        "make",
        "gmake",
        "sudo",
        "time",
        "exec",
        "command",
        "env",
    ]
)
_STARTS_SCRIPTS: Final = SHELLS | {".", "source"}
_MOST_TARGETS: Final = 2_000
"""Of all calls of Bake in one repository; a call counts for ten targets more."""
_MOST_ROUNDS: Final = 64
"""Rounds of loops of which each is looked at."""
_MOST_CALLS: Final = 300
"""Of scripts in one repository; the builds that later ones ask for are not found, and a note says so."""
_MOST_COMMANDS: Final = 5_000
"""Of one script, each round of a loop counted."""


class Site(NamedTuple):
    """Where commands run, and what is told of the values in them."""

    root: Path
    """The directory of the project."""
    resolve: Callable[[str], Path | None]
    """The place in the project of a path that is relative to where the script starts; None for another project."""
    directory: str = "."
    """Where the script starts, relative to the root of the checkout."""
    environment: Mapping[str, str] = {}
    machines: Machines = Machines()
    name: str = ""
    source: Path = Path()
    line: int = 1
    origin: str = ""
    local_platform: str = "linux/amd64"
    depth: int = 0
    arguments: tuple[str, ...] | None = None
    """What the script is called with; None where that is unknown. A word that only running could tell is `$`."""


class MakeCall(NamedTuple):
    """A call of `make`."""

    directory: Path
    goals: tuple[str, ...]
    variables: Mapping[str, str]
    """Those that it is given."""
    machines: Machines = Machines()


@dataclass(slots=True)
class Reading:
    """What the commands of scripts ask for."""

    builds: list[DeclaredBuild] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    bakes: dict[object, BakeProject] = field(default_factory=dict)
    """What calls of Bake have read: the jobs of a matrix often make the same call."""
    followed: set[object] = field(default_factory=set)
    """Calls of scripts of the project: many jobs begin with the same one, which asks for the same builds each time."""
    is_cut: bool = False
    """True if there are more calls of scripts than are followed."""
    makes: list[MakeCall] = field(default_factory=list)


def read_commands(script: str, site: Site, reading: Reading) -> None:
    """Effect: add the builds of a script."""
    if len(script) > MOST_SCRIPT or not re.search(r"docker|depot|buildx|make|\.sh\b", script):
        return
    read = _parsed(script)
    if read is None:
        return
    optional = frozenset(it.name for it in read.variables if it.has_default)
    shell = _Shell(site, reading, optional, machines=site.machines)
    shell.shifts = any(it.name in {"shift", "getopts"} or it.arguments[:1] == ("--",) for it in read.commands)
    for command in read.commands:
        shell.run(command)


def handed_over(script: str, site: Site, file: str) -> dict[str, tuple[str | None, ...]]:
    """What a script hands to later steps: `echo NAME=VALUE >> "$GITHUB_OUTPUT"`, where `file` is the name of that variable.

    For each name the values that it may have, in their order: several where branches of the script write it; None for one that only
    running the script could tell.
    """
    if file not in script or len(script) > MOST_SCRIPT:
        return {}
    read = _parsed(script)
    if read is None:
        return {}
    optional = frozenset(it.name for it in read.variables if it.has_default)
    shell = _Shell(site, Reading(), optional, machines=site.machines)
    text = _as_instruction(script)
    is_written = re.compile(rf"[\"']?[ \t]*(?:>>|\|[ \t]*tee[ \t]+-a)[ \t]*[\"']?\$\{{?{file}\b")
    groups = [
        it.span() for it in re.finditer(rf"(?m)^[ \t]*\{{[^{{}}]*?^[ \t]*\}}[ \t]*>>[ \t]*[\"']?\$\{{?{file}\b", text)
    ]
    values: dict[str, tuple[str | None, ...]] = {}
    for command in read.commands:
        is_in_group = any(start <= command.range.start < end for start, end in groups)
        if command.name not in {"echo", "printf"} or not (is_in_group or is_written.match(text, command.range.end)):
            continue
        words = shell.words(command)
        texts = [words.text(it, command).replace(UNKNOWN, _UNTOLD_WORD) for it in command.words[1:]]
        if command.name == "printf":
            for it in texts[1:]:
                texts[0] = texts[0].replace("%s", it, 1)
            texts = [_UNTOLD_WORD if "%" in it else it for it in texts[:1]]
        line = " ".join(it for it in texts if it not in {"-e", "-n", "-E"}).removesuffix("\\n")
        name, _separator, value = line.partition("=")
        told = value if _UNTOLD.search(value) is None else None
        name, is_over_lines, _end = name.partition("<<")
        before = values.get(name, ()) if any(it.kind != "exit" for it in command.conditions) else ()
        values[name] = (*before, None if is_over_lines else told)[:_MOST_ROUNDS]
    return values


def written_dockerfiles(script: str, site: Site) -> dict[Path, Path | None]:
    """The Dockerfiles that a script writes: the file of the project that each is a copy of, None for one with a text of its own.

    Where the script changes its directory, the paths are taken to be relative to where it starts.
    """
    if len(script) > MOST_SCRIPT or not _NAMES_DOCKERFILE.search(script):
        return {}
    written: dict[Path, Path | None] = {}
    for match in _WRITTEN.finditer(script):
        is_added = match["operator"] == ">>" and not _FROM.search(script)
        path = None if is_added or _UNTOLD.search(match["path"]) else site.resolve(_below(site, match["path"]))
        if path is not None and path not in written:
            written[path] = None
    read = _parsed(script)
    for command in read.commands if read is not None else ():
        operands = [it for it in command.arguments if not it.startswith("-")]
        if command.name not in {"cp", "mv", "install"} or len(operands) != 2 or any(map(_UNTOLD.search, operands)):
            continue
        source, target = operands
        if not _NAMES_DOCKERFILE.search(source):
            continue
        if target.endswith("/") or not _NAMES_DOCKERFILE.search(posixpath.basename(target)):
            target = posixpath.join(target, posixpath.basename(source))
        original, copy = site.resolve(_below(site, source)), site.resolve(_below(site, target))
        if original is not None and copy is not None:
            written[copy] = written.get(original, original)
    return written


def _below(site: Site, path: str) -> str:
    return posixpath.normpath(posixpath.join(site.directory, path))


_NAMES_DOCKERFILE: Final = re.compile(r"(?:docker|container)file", re.IGNORECASE)
_WRITTEN: Final = re.compile(
    r"(?:(?P<operator>>>?)|\btee)[ \t]*[\"']?(?P<path>[^\s\"'<>|&;]*(?:docker|container)file[^\s\"'<>|&;]*)",
    re.IGNORECASE,
)
_FROM: Final = re.compile(r"^[ \t]*FROM[ \t]", re.MULTILINE | re.IGNORECASE)


def _as_instruction(script: str) -> str:
    return f"RUN <<'{_END}'\n{script}\n{_END}\n"


_END: Final = "BUILDXRAY_END"


@lru_cache(maxsize=64)
def _parsed(script: str) -> Script | None:
    """The commands of a script; None where nothing is left of it."""
    instructions = parse(_as_instruction(script)).instructions
    return read_script(instructions[0].node) if instructions else None


class _Words(Evaluator):
    """What words become in one round of the loops around a command."""

    def __init__(
        self,
        look_up: Callable[[str], str | None],
        answer: Callable[[Command], str | None],
        loops: Mapping[str, str],
    ) -> None:
        super().__init__(look_up, answer)
        self._loops = loops

    def variable(self, name: str, at: Command | Assignment | Case, *, exported_only: bool = False) -> str | None:
        """The value of a variable: that of a loop around the command, else as the script assigns it."""
        if name in self._loops:
            return self._loops[name]
        return super().variable(name, at, exported_only=exported_only)

    def status(self, command: Command) -> bool | None:
        """True if a command succeeds: entering a directory does, since a script fails otherwise."""
        return True if command.name == "cd" else super().status(command)


_Round = tuple[tuple[str, str], ...]
"""The values of the variables of the loops around a command."""


@dataclass(slots=True)
class _Shell:
    """Goes through the commands of a script in their order."""

    site: Site
    reading: Reading
    optional: frozenset[str]
    """Variables for which the script has a default: taken to be unset. Others that nothing sets are unknown."""
    machines: Machines
    directories: dict[tuple[object, _Round], str | None] = field(default_factory=dict)
    """Where each shell process is, for each round of its loops; None where only running the script could tell."""
    shifts: bool = False
    """True if the script changes what it is called with."""
    rounds: int = 0
    directory: str | None = "."
    """Of the command that is looked at."""
    environment: dict[str, str] = field(default_factory=dict)
    """The variables that the command sees, as far as they are known."""

    def run(self, command: Command) -> None:
        """Effect: add the builds of one command, and follow it to another directory."""
        for loops in self._rounds(command):
            self.rounds += 1
            if self.rounds > _MOST_COMMANDS:
                return
            words = self._words(command, loops)
            self.directory = self._directory(command, loops)
            texts = [text for it in command.words for text in self._texts(it, command, words)]
            if not texts or texts[0] == _UNTOLD_WORD:
                continue
            program = texts[0].rpartition("/")[2]
            if program in {"cd", "pushd", "popd"}:
                self._enter(texts[1] if len(texts) > 1 else "", command, loops)
            elif self.directory is not None and (
                program in _PROGRAMS or program in _STARTS_SCRIPTS or program.endswith(".sh")
            ):
                texts[0] = texts[0] if program.endswith(".sh") else program
                self.environment = self._known(command, words)
                self._dispatch(texts, self.environment)

    def _texts(self, word: ShellWord, command: Command, words: _Words) -> list[str]:
        """The words that the shell makes of one."""
        if word.text.strip('"') in {"$@", "${@}"}:
            arguments = self._arguments(command)
            return [_UNTOLD_WORD] if arguments is None else [*arguments]
        return _fields(word, words.text(word, command))

    def _rounds(self, command: Command) -> Iterator[_Round]:
        """The values of the loops around a command; one without a value where they are unknown."""
        rounds: list[_Round] = [()]
        for condition in command.conditions:
            if condition.kind != "for" or len(condition.variables) != 1:
                continue
            words = self._words(command, ())
            values = [text for it in condition.patterns for text in _fields(it, words.text(it, command))]
            if not values or any(_UNTOLD.search(it) or set("*?[") & set(it) for it in values):
                continue
            name = condition.variables[0]
            rounds = [(*before, (name, it)) for before in rounds for it in values][:_MOST_ROUNDS]
        yield from rounds

    def words(self, command: Command) -> _Words:
        """What the words of a command become outside of loops."""
        return self._words(command, ())

    def _words(self, command: Command, loops: _Round) -> _Words:
        return _Words(lambda name: self._look_up(name, command, loops), self._answer, dict(loops))

    def _look_up(self, name: str, command: Command, loops: _Round) -> str | None:
        """The value of a variable that the script does not set itself."""
        if name in self.site.environment:
            return self.site.environment[name]
        if name in _WORKSPACES:
            return WORKSPACE
        if name == "PWD":
            return self._printed_directory(command, loops)
        if name == "0":
            return posixpath.join(WORKSPACE, self._script_path())
        if name.isdecimal() and (arguments := self._arguments(command)) is not None:
            told = arguments[int(name) - 1 : int(name)]
            return told[0].replace(_UNTOLD_WORD, UNKNOWN) if told else None
        return None if name in self.optional else UNKNOWN

    def _arguments(self, command: Command) -> tuple[str, ...] | None:
        """What the script is called with; None where that is unknown, as in a function and after `shift`."""
        is_in_function = any(it.kind == "function" for it in command.conditions)
        return None if self.shifts or is_in_function else self.site.arguments

    def _known(self, command: Command, words: _Words) -> dict[str, str]:
        """The environment of a command, as far as it is known."""
        known = dict(self.site.environment)
        for name in command.variables:
            value = words.variable(name, command)
            if value is not None and UNKNOWN not in value:
                known[name] = value
            else:
                known.pop(name, None)
        for assignment in command.assignments:
            value = words.text(assignment.value, command)
            if UNKNOWN not in value:
                known[assignment.name] = value
        return known

    def _answer(self, command: Command) -> str | None:
        """What the commands print with which scripts find their own directory and the root of the repository."""
        match command.name:
            case "pwd":
                return self._printed_directory(command, ())
            case "dirname" if len(command.words) == 2:
                text = command.words[1].text.strip("\"'")
                if text in {"$0", "${0}"} or "BASH_SOURCE" in text:
                    return posixpath.join(WORKSPACE, posixpath.dirname(self._script_path()))
                path = self._evaluated(command, 1)
                return None if path is None else posixpath.dirname(path) or "."
            case "git" if [it.text for it in command.words[1:]] == ["rev-parse", "--show-toplevel"]:
                return WORKSPACE
            case "realpath" | "readlink" if len(command.words) > 1:
                path = self._evaluated(command, -1)
                return None if path is None or self._directory(command, ()) is None else path
            case _:
                return None

    def _evaluated(self, command: Command, index: int) -> str | None:
        return self._words(command, ()).value(command.words[index], command)

    def _script_path(self) -> str:
        """The path of the script from the root of the checkout."""
        path = self.site.source
        return path.relative_to(self.site.root).as_posix() if path.is_relative_to(self.site.root) else path.name

    def _printed_directory(self, command: Command, loops: _Round) -> str:
        directory = self._directory(command, loops)
        return UNKNOWN if directory is None else posixpath.normpath(posixpath.join(WORKSPACE, directory))

    def _directory(self, command: Command, loops: _Round) -> str | None:
        """Where a command runs: where its shell is, which starts where the shell around it is."""
        for shell in command.variables.shells():
            for known in (loops, ()):
                if (shell, known) in self.directories:
                    return self.directories[shell, known]
        return self.site.directory

    def _enter(self, path: str, command: Command, loops: _Round) -> None:
        shell = next(command.variables.shells())
        before = self._directory(command, loops)
        told = before is not None and path and not _UNTOLD.search(path) and not path.startswith(("-", "~"))
        self.directories[shell, loops] = self._joined(before or ".", path) if told else None

    @staticmethod
    def _joined(directory: str, path: str) -> str:
        """A path, relative to the root of the checkout."""
        joined = posixpath.normpath(posixpath.join(directory, path))
        return posixpath.relpath(joined, WORKSPACE) if joined.startswith(WORKSPACE) else joined

    def _path(self, path: str) -> Path | None:
        """The place in the project of a path as the script writes it."""
        if _UNTOLD.search(path) or self.directory is None:
            return None
        return self.site.resolve(self._joined(self.directory, path))

    def _dispatch(self, texts: list[str], known: dict[str, str]) -> None:
        if texts[0] in {"sudo", "time", "exec", "command", "env"}:
            texts = texts[1:]
        if not texts:
            return
        rest = _after(texts, _BUILDS)
        remote = _after(texts, _REMOTE_BUILDS) if rest is None else None
        if rest is not None:
            self._build(rest, self.machines)
        elif remote is not None:
            self._build(remote, NATIVE if texts[0] == "depot" else self.machines)
        elif (rest := _after(texts, _BAKES)) is not None:
            self._bake(rest, known, NATIVE if texts[0] == "depot" else self.machines)
        elif (rest := _after(texts, _COMPOSES)) is not None:
            self._compose(texts, rest)
        elif (rest := _after(texts, _CREATES)) is not None:
            self._create(rest)
        elif texts[0] in {"make", "gmake"}:
            self._make(texts[1:], known)
        else:
            self._script(texts, known)

    def _create(self, words: list[str]) -> None:
        """Effect: remember the machines of a builder: `docker buildx create --append --platform linux/arm64 HOST`."""
        options = _Options.of(words)
        platforms = read_platform_list(options.all("--platform"))
        if "--append" in options.flags:
            others = (*self.machines.others, *platforms)
            self.machines = self.machines._replace(
                others=others, is_unknown=self.machines.is_unknown or (not platforms and self.machines.own is not None)
            )
        elif (options.last("--driver") or "") in {"remote", "kubernetes"}:
            is_known = bool(platforms)
            self.machines = Machines(platforms[0], platforms[1:]) if is_known else Machines(is_unknown=True)
        elif options.last("--driver") == "cloud":
            self.machines = NATIVE

    def _build(self, words: list[str], machines: Machines) -> None:
        options = _Options.of(words)
        context = options.positional or "."
        file = options.last("--file")
        if is_remote(context) or file == "-" or (context.startswith("$") and file is None):
            return
        directory = self._path(context)
        path = self._path(file) if file is not None else None if directory is None else directory / "Dockerfile"
        if path is None or (file is not None and _UNTOLD.search(file)):
            return
        if options.has_unknown and file is None and directory is None:
            return
        names = platform_names(it for it in options.all("--platform") if not _UNTOLD.search(it))
        arguments = [it.partition("=") for it in options.all("--build-arg")]
        contexts = [it.partition("=") for it in options.all("--build-context")]
        target = options.last("--target") or ""
        unknown = {
            key
            for key, values in (
                ("platforms", options.all("--platform")),
                ("target", [target]),
                ("args", [it[2] for it in arguments]),
                ("contexts", [it[2] for it in contexts]),
            )
            if any(_UNTOLD.search(it) for it in values)
        }
        if options.has_unknown:
            given = {"--platform": "platforms", "--target": "target"}
            unknown |= {"args", "contexts", *(key for option, key in given.items() if not options.all(option))}
        environment = self.environment
        build = DeclaredBuild(
            name=self.site.name,
            source=self.site.source,
            line=self.site.line,
            dockerfile=existing_dockerfile(path),
            context=directory or path.parent,
            platform_names=names,
            target="" if "target" in unknown else target,
            arguments=pairs(
                {
                    name: value if separator else environment[name]
                    for name, separator, value in arguments
                    if (separator or name in environment) and not _UNTOLD.search(value)
                }
            ),
            contexts=pairs({name: it for name, separator, it in contexts if separator and not _UNTOLD.search(it)}),
            origin=self.site.origin,
            pushes="--push" in options.flags
            or any("push=true" in it or "type=registry" in it for it in options.all("--output")),
            makes_files="--push" not in options.flags and makes_files(options.all("--output")),
            is_check="--check" in options.flags
            or any(it in {"check", "outline", "targets"} for it in options.all("--call")),
            unknown=frozenset(unknown),
        )
        self.reading.builds.append(on_machines(build, machines))

    def _bake(self, words: list[str], known: Mapping[str, str], machines: Machines) -> None:
        options = _Options.of(words)
        directory = self._path(".")
        if directory is None or any(is_remote(it) for it in options.positionals):
            return
        add_bake(
            self.site,
            self.reading,
            directory,
            files=[it for it in options.all("--file") if not _UNTOLD.search(it)],
            targets=[it for it in options.positionals if not _UNTOLD.search(it)],
            overrides=[it for it in options.all("--set") if not _UNTOLD.search(it)],
            environment=known,
            machines=machines,
            pushes="--push" in options.flags,
        )

    def _compose(self, texts: list[str], rest: list[str]) -> None:
        directory = self._path(".")
        files = _Options.of(texts[1 : len(texts) - len(rest)]).all("--file")
        if directory is None or any(_UNTOLD.search(it) for it in files):
            return
        project, builds = read_compose(directory, files or compose_files(directory))
        self.reading.notes += (it._replace(file=str(directory / it.file)) for it in project.notes)
        self.reading.builds += (on_machines(it, self.machines) for it in builds if files or it.is_default)

    def _make(self, words: list[str], known: Mapping[str, str]) -> None:
        directory, goals = ".", list[str]()
        variables = {name: it for name, it in known.items() if "$" not in it}
        iterator = iter(words)
        for word in iterator:
            if word in {"-C", "--directory"}:
                directory = next(iterator, ".")
            elif word.startswith("-C"):
                directory = word[2:]
            elif re.match(r"\w+[:+?]?=", word):
                name, _separator, value = word.partition("=")
                if not _UNTOLD.search(value):
                    variables[name.rstrip(":+?")] = value
            elif not word.startswith("-") and not _UNTOLD.search(word):
                goals.append(word)
        path = self._path(directory)
        if path is not None:
            self.reading.makes.append(MakeCall(path, (*goals,), variables, self.machines))

    def _script(self, texts: list[str], known: dict[str, str]) -> None:
        """Effect: add the builds of a script of the project that is run: `./scripts/build.sh`, `bash -e scripts/build.sh arm64`."""
        words = _after_options(texts[1:]) if texts[0] in _STARTS_SCRIPTS else texts
        if not words or not words[0].endswith(".sh") or self.site.depth >= _MOST_DEPTH:
            return
        path = self._path(words[0])
        is_sourced = texts[0] in {".", "source"} and len(words) == 1
        arguments = self.site.arguments if is_sourced else (*words[1:],)
        call = (path, self.directory, self.site.name, self.machines, arguments, *sorted(known.items()))
        if path is None or call in self.reading.followed:
            return
        if len(self.reading.followed) >= _MOST_CALLS:
            if not self.reading.is_cut:
                self.reading.is_cut = True
                message = _("not read from here on: the scripts of this repository are called too often")
                self.reading.notes.append(Note(str(self.site.source), self.site.line, message))
            return
        self.reading.followed.add(call)
        text = read_project_text(path)
        if text is not None:
            site = self.site._replace(
                environment=known,
                directory=self.directory or ".",
                source=path,
                line=1,
                depth=self.site.depth + 1,
                arguments=arguments,
            )
            read_commands(text, site, self.reading)


def add_bake(
    site: Site,
    reading: Reading,
    directory: Path,
    *,
    files: list[str],
    targets: list[str],
    overrides: list[str],
    environment: Mapping[str, str | hcl.Unknown],
    machines: Machines,
    pushes: bool,
) -> None:
    """Effect: add the builds of a call of Bake in a directory."""
    names = [it.removeprefix("cwd://") for it in files if not is_remote(it)] or [*default_files(directory)]
    if not names:
        return
    key = (directory, *names, *sorted((name, str(value)) for name, value in environment.items()))
    project = reading.bakes.get(key)
    if project is None:
        if sum(len(it.definition.targets) + 10 for it in reading.bakes.values()) > _MOST_TARGETS:
            reading.notes.append(Note(str(site.source), site.line, _("not read: there are too many calls of Bake")))
            return
        project = load_bake(directory, names, local_platform=site.local_platform, environment=environment)
        reading.bakes[key] = project
    reading.notes += (it._replace(file=str(directory / it.file)) for it in project.notes)
    for build in bake_builds(project, names=targets or ["default"], overrides=read_overrides(overrides)):
        if build.is_default:
            reading.builds.append(replace(on_machines(build, machines), pushes=pushes, is_default=False))


def _after_options(words: list[str]) -> list[str]:
    """The script that a shell is started with, and what it is given; empty for a command in its options (`-c`)."""
    position = 0
    while position < len(words) and words[position].startswith(("-", "+")):
        option = words[position]
        if not option.startswith("--") and "c" in option[1:]:
            return []
        position += 2 if option in {"-o", "+o", "-O", "+O"} else 1
    return words[position:]


def _fields(word: ShellWord, text: str) -> list[str]:
    """The words that the shell makes of one; a part that is unknown is `$` in it."""
    text = text.replace(UNKNOWN, _UNTOLD_WORD)
    if word.value is not None or '"' in word.text or "'" in word.text:
        return [text]
    return text.split()


def _after(texts: list[str], commands: tuple[tuple[str, ...], ...]) -> list[str] | None:
    """The words after one of these commands, options of `docker` itself left out; None for another command."""
    for command in commands:
        if texts[0] != command[0]:
            continue
        words, position = texts[1:], 0
        for expected in command[1:]:
            while position < len(words) and words[position].startswith("-"):
                takes_value = words[position] in {"-f", "--file", "--context", "-p", "--builder", "--project-name"}
                position += 1 + takes_value
            if position >= len(words) or words[position] != expected:
                break
            position += 1
        else:
            return words[position:]
    return None


@dataclass(slots=True)
class _Options:
    """The options and operands of a command."""

    values: dict[str, list[str]] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    positionals: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, words: list[str]) -> _Options:
        """Sort words; those after a pipe or a redirection are not among them."""
        options = cls()
        iterator = iter(words)
        for word in iterator:
            name, separator, value = word.partition("=")
            if not word.startswith("-") or word == "-":
                options.positionals.append(word)
            elif word in _FLAGS:
                options.flags.add(word)
            elif name in _FLAGS:
                options.flags |= {name} if value != "false" else set()
            elif separator:
                options.values.setdefault(_SHORT.get(name, name), []).append(value)
            elif len(word) > 2 and word[:2] in _SHORT and not word.startswith("--"):
                options.values.setdefault(_SHORT[word[:2]], []).append(word[2:])
            else:
                options.values.setdefault(_SHORT.get(word, word), []).append(next(iterator, ""))
        return options

    @property
    def positional(self) -> str:
        """The build context; empty where there is none."""
        told = [it for it in self.positionals if it != _UNTOLD_WORD]
        return (told or self.positionals or [""])[-1]

    @property
    def has_unknown(self) -> bool:
        """True if a word that the text does not tell may be options."""
        told = [it for it in self.positionals if it != _UNTOLD_WORD]
        return len(self.positionals) - len(told) > (not told)

    def all(self, name: str) -> list[str]:
        """The values of an option, in order."""
        return self.values.get(name, [])

    def last(self, name: str) -> str | None:
        """The value that is in force."""
        listed = self.values.get(name)
        return listed[-1] if listed else None


def project_path(root: Path, path: str) -> Path | None:
    """A path below the root of a project; None for one outside."""
    place = absolute(root / path)
    return place if context_path(root, path) is not None and place.is_relative_to(root) else None
