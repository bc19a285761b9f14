"""The builds that the commands of a shell script start: `docker buildx build`, `docker buildx bake`, `docker compose build`.

Nothing is executed: a value that only running the script could tell is unknown.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, NamedTuple

from buildxray.files.reading import read_project_text
from buildxray.platforms.machines import REMOTE, Machines
from buildxray.projects.bake.reader import bake_builds, default_files, load_bake, read_overrides
from buildxray.projects.builds import DeclaredBuild, Note, absolute, context_path, is_remote, pairs, platform_names
from buildxray.projects.compose import compose_files
from buildxray.projects.compose_builds import read_compose
from buildxray.projects.interpolation import MissingVariableError, interpolate
from buildxray.syntax.parser import parse
from buildxray.syntax.shell import Command, ShellWord, read_script

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
_COMPOSES: Final = (("docker", "compose", "build"), ("docker-compose", "build"))
_REMOTE_BUILDS: Final = (("depot", "build"), ("buildx", "build"), ("podman", "buildx", "build"), ("nerdctl", "build"))
_FLAGS: Final = frozenset(
    [
        "--check",
        "-D",
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
_QUOTES: Final = re.compile(r"[\"']")
_UNTOLD: Final = re.compile(r"\$|`|\{\{")


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


@dataclass(slots=True)
class Reading:
    """What the commands of scripts ask for."""

    builds: list[DeclaredBuild] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    makes: list[tuple[Path, tuple[str, ...], dict[str, str]]] = field(default_factory=list)
    """Calls of `make`: its directory, its goals, and the variables that it is given."""


def read_commands(script: str, site: Site, reading: Reading) -> None:
    """Effect: add the builds of a script."""
    if len(script) > MOST_SCRIPT or not re.search(r"docker|depot|buildx|make|\.sh\b", script):
        return
    word = "BUILDXRAY_END"
    instructions = parse(f"RUN <<'{word}'\n{script}\n{word}\n").instructions
    if not instructions:
        return
    shell = _Shell(site, reading, site.directory, dict(site.environment))
    for command in read_script(instructions[0].node).commands:
        shell.run(command)


@dataclass(slots=True)
class _Shell:
    """Goes through the commands of a script in their order."""

    site: Site
    reading: Reading
    directory: str | None
    """None where only running the script could tell."""
    environment: dict[str, str]

    def run(self, command: Command) -> None:
        """Effect: add the builds of one command, and follow it to another directory."""
        values = {name: self._value(it[-1].value) for name, it in command.variables.items() if len(it) == 1}
        known = {**self.environment, **{name: it for name, it in values.items() if it is not None}}
        known.update({it.name: it.value.value for it in command.assignments if it.value.value is not None})
        unknown = {name for name, it in values.items() if it is None} | {*command.variables} - {*values}
        for name in unknown:
            known.pop(name, None)
        words = [self._word(it, known) for it in command.words]
        if not words or words[0] is None:
            return
        texts = [it if it is not None else "$" for it in words]
        texts[0] = texts[0].rpartition("/")[2] if texts[0].endswith(("docker", "make", "depot")) else texts[0]
        if texts[0] in {"cd", "pushd"}:
            self._enter(texts[1] if len(texts) > 1 else "")
            return
        if self.directory is None:
            return
        self._dispatch(texts, known)

    def _dispatch(self, texts: list[str], known: dict[str, str]) -> None:
        if texts[0] in {"sudo", "time", "exec", "command", "env"}:
            texts = texts[1:]
        if not texts:
            return
        rest = _after(texts, _BUILDS)
        remote = _after(texts, _REMOTE_BUILDS) if rest is None else None
        if rest is not None:
            self._build(rest, self.site.machines)
        elif remote is not None:
            self._build(remote, REMOTE if texts[0] == "depot" else self.site.machines)
        elif (rest := _after(texts, _BAKES)) is not None:
            self._bake(rest, known, REMOTE if texts[0] == "depot" else self.site.machines)
        elif (rest := _after(texts, _COMPOSES)) is not None:
            self._compose(texts, rest)
        elif texts[0] in {"make", "gmake"}:
            self._make(texts[1:], known)
        else:
            self._script(texts, known)

    def _value(self, word: ShellWord) -> str | None:
        return self._word(word, self.environment)

    def _word(self, word: ShellWord, known: Mapping[str, str]) -> str | None:
        """What the shell makes of a word; None where the text does not tell."""
        if word.value is not None:
            return word.value
        if any(it.name not in known and not it.has_default for it in word.variables):
            # Part of it may be told all the same: `--platform=$X` is an option without a known value.
            head, separator, _rest = word.text.partition("=")
            return f"{head}=$" if separator and "$" not in head else None
        if "$(" in word.text or "`" in word.text or "${#" in word.text:
            return None
        try:
            return interpolate(_QUOTES.sub("", word.text), known)
        except MissingVariableError:
            return None

    def _enter(self, path: str) -> None:
        if self.directory is not None:
            told = path and not _UNTOLD.search(path) and not path.startswith(("-", "~"))
            self.directory = posixpath.normpath(posixpath.join(self.directory, path)) if told else None

    def _path(self, path: str) -> Path | None:
        """The place in the project of a path as the script writes it."""
        if _UNTOLD.search(path) or self.directory is None:
            return None
        return self.site.resolve(posixpath.normpath(posixpath.join(self.directory, path)))

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
        environment = self.environment
        build = DeclaredBuild(
            name=self.site.name,
            source=self.site.source,
            line=self.site.line,
            dockerfile=path,
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
            is_check="--check" in options.flags
            or any(it in {"check", "outline", "targets"} for it in options.all("--call")),
            unknown=frozenset(unknown),
        )
        self.reading.builds.append(replace(build, nodes=machines.nodes(build.platforms)))

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
        self.reading.builds += (
            replace(it, nodes=self.site.machines.nodes(it.platforms)) for it in builds if files or it.is_default
        )

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
            self.reading.makes.append((path, (*goals,), variables))

    def _script(self, texts: list[str], known: dict[str, str]) -> None:
        """Follow a script of the project that is run: `./scripts/build.sh`, `bash scripts/build.sh`."""
        name = texts[1] if texts[0] in {"bash", "sh", ".", "source"} and len(texts) > 1 else texts[0]
        if not name.endswith(".sh") or self.site.depth >= _MOST_DEPTH:
            return
        path = self._path(name)
        text = None if path is None else read_project_text(path)
        if text is not None and path is not None:
            site = self.site._replace(
                environment=known, directory=self.directory or ".", source=path, line=1, depth=self.site.depth + 1
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
    environment: Mapping[str, str],
    machines: Machines,
    pushes: bool,
) -> None:
    """Effect: add the builds of a call of Bake in a directory."""
    names = [it.removeprefix("cwd://") for it in files if not is_remote(it)] or [*default_files(directory)]
    if not names:
        return
    project = load_bake(directory, names, local_platform=site.local_platform, environment=environment)
    reading.notes += (it._replace(file=str(directory / it.file)) for it in project.notes)
    for build in bake_builds(project, names=targets or ["default"], overrides=read_overrides(overrides)):
        if build.is_default:
            nodes = machines.nodes(build.platforms)
            reading.builds.append(replace(build, nodes=nodes, pushes=pushes, is_default=False))


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
        return self.positionals[-1] if self.positionals else ""

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
