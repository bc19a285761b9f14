"""The stage that runs what another stage compiled: an image that fits the program, and the files and packages that it needs."""

from __future__ import annotations

import itertools
import posixpath
import re
import shlex
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from buildxray.semantics.build import Command, Instruction, KnownCommand, Run, Stage
from buildxray.semantics.file_flow import holds
from buildxray.syntax.instructions import Cmd, Copying, Entrypoint, Healthcheck, ShellOrExec
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.dotnet import DOTNET
from buildxray.toolchains.go import GO
from buildxray.toolchains.java import JAVA
from buildxray.toolchains.node import NODE

_USERS: Final = ("", "0", "nobody", "nonroot", "root")
"""Users that every run image of this module has; a number needs no entry in `/etc/passwd`."""
_PLAIN: Final = lazy_regex(r"[\w./:=@%+, -]+")
"""A shell command of plain words only."""
_FIRST_ALPINE_OF_TEMURIN: Final = 21
_FOR_THE_BUNDLER: Final = lazy_regex(
    r"\.|/|(?:src|source|sources|lib|test|tests)(?:/.*)?|(?:ts|js)config[\w.*-]*\.json|[\w.*-]+\.config\.[\w*]+|[\w-]*rc(?:\.\w+)?"
    r"|\.(?:babel|eslint|prettier|swc)rc[\w.*]*|nest-cli\.json|angular\.json|package[\w*.-]*|gulpfile[\w.]*|webpack[\w.*-]*"
)
"""Sources of a COPY that only a bundler reads, or that may be anything."""
_DISTRIBUTION: Final = lazy_regex(r"alpine[\d.]*")


class RunStage(NamedTuple):
    """The files and packages that a program needs at run time."""

    image: str
    copied: tuple[str, ...]
    """Absolute paths to copy from the build stage; with a slash at the end for directories."""
    lines: tuple[str, ...] = ()
    """Instructions that install the other requirements of the program."""


def run_stage_of(stage: Stage, commands: Sequence[KnownCommand]) -> RunStage | None:
    """What the program needs that `commands` compile in a stage; None if the text does not determine it."""
    words = _program(stage)
    if words is None:
        return None
    directory = stage.last.scopes_after[0].directory if stage.last.scopes_after else "/"
    paths = [posixpath.normpath(posixpath.join(directory, it)) for it in words]
    toolchain = commands[0].use.toolchain
    if any(it.use.toolchain is not toolchain for it in commands):
        return None
    if toolchain is GO:
        return _of_go(stage, commands, words, paths)
    if toolchain is DOTNET:
        return _of_dotnet(stage, commands, words, paths)
    if toolchain is JAVA:
        return _of_java(stage, words, paths)
    return _of_node(stage, words, directory) if toolchain is NODE else None


def _of_go(
    stage: Stage, commands: Sequence[KnownCommand], words: Sequence[str], paths: Sequence[str]
) -> RunStage | None:
    """The requirements of a static Go binary: only certificates and time zones; a shell only if the file names one."""
    last = commands[-1].run
    outputs = [*dict.fromkeys(path for it in commands for path in it.use.outputs if not path.endswith("/"))]
    named = [f"{it}/{words[0]}" for it in _PATH] if "/" not in words[0] else paths[:1]
    program = next((it for it in named if it in outputs), None)
    if program is None:
        return None
    data = [*_named_data(stage, last)]
    copied = (program, *(it for it in outputs if it != program), *_data_directories(stage, last))
    late = (it for it in stage.instructions if it.idx > last.idx and isinstance(it.node, Copying))
    there = [*copied, *(path for it in (*data, *late) for path in it.destinations)]
    if any(_looks_like_a_path(word) and not _is_in(word, last.directories, there) for word in words[1:]):
        return None
    lines = tuple(it.written for it in data)
    if not _needs_shell(stage):
        return RunStage("gcr.io/distroless/static-debian12", copied, lines)
    alpine = _DISTRIBUTION.search(stage.image_name)
    version = alpine[0].removeprefix("alpine") if alpine else ""
    return RunStage(f"alpine:{version}" if version else "alpine", copied, lines)


_PATH: Final = ("/usr/local/bin", "/usr/bin", "/bin")
"""The directories of programs that `PATH` names in the images of this module."""


def _is_in(word: str, directories: Collection[str], places: Iterable[str]) -> bool:
    """True if the path in an argument, such as `-config=app.yaml`, is in one of these places."""
    value = word.partition("=")[2] or word
    paths = [posixpath.normpath(posixpath.join(it, value)) for it in directories]
    return bool(paths) and all(any(holds(it.rstrip("/"), path) for it in places) for path in paths)


_DATA: Final = (
    "assets", "certs", "conf", "config", "configs", "data", "html", "i18n", "locales", "migrations", "public", "resources", "schemas", "sql", "static", "templates",
    "translations", "ui", "views", "web", "www",
)  # fmt: skip
"""Directories whose files programs open by the usual names of web frameworks and of tools for databases."""
_DATA_FILES: Final = (
    "ca.pem", "cert.pem", "config.json", "config.toml", "config.yaml", "config.yml", "key.pem",
)  # fmt: skip
"""Files that programs open in their working directory, by usual names."""
_DATA_FILE: Final = lazy_regex(
    r"(?!go\.|package|tsconfig)[\w.-]+\.(?:conf|db|html|ini|json|pem|properties|sql|tmpl|toml|txt|xml|ya?ml)"
)


def _data_directories(stage: Stage, last: Run) -> tuple[str, ...]:
    """The directories of data that the copy of a whole directory of the build context brings, with a slash at the end."""
    copies = [it for it in stage.instructions if it.idx < last.idx and isinstance(it.node, Copying)]
    return tuple(dict.fromkeys(path for it in copies for path in _data_in(it)))


def _data_in(copy: Instruction) -> Iterator[str]:
    node, workspace = copy.node, copy.build.workspace
    if not isinstance(node, Copying) or workspace.holds is None or node.flag_value("from") or not node.destination:
        return
    source = posixpath.normpath(node.sources[0].text.lstrip("/") or ".") if len(node.sources) == 1 else "*"
    places = {*copy.expanded(node.destination.text)}
    if re.search(r"[*?\[$]", source) or None in places or len(places) != 1 or len(copy.directories) != 1:
        return
    destination = posixpath.normpath(posixpath.join(copy.directories[0], places.pop() or ""))
    for name in _DATA:
        path = posixpath.normpath(posixpath.join(source, name))
        is_ignored = workspace.ignored is not None and workspace.ignored.excludes(path)
        # With a list of packages it is the source of a project of its own.
        if workspace.holds(f"{path}/") and not is_ignored and not workspace.holds(f"{path}/package.json"):
            yield f"{destination.rstrip('/')}/{name}/"
    for name in _DATA_FILES:
        path = posixpath.normpath(posixpath.join(source, name))
        is_ignored = workspace.ignored is not None and workspace.ignored.excludes(path)
        if workspace.holds(path) and not is_ignored:
            yield f"{destination.rstrip('/')}/{name}"


def _named_data(stage: Stage, last: Run) -> Iterator[Instruction]:
    """Yield the COPY instructions before the last compiler that bring directories or files of data only."""
    for instruction in stage.instructions:
        node = instruction.node
        if instruction.idx > last.idx or not isinstance(node, Copying) or node.flag_value("from"):
            continue
        place = "" if node.destination is None else node.destination.text
        if instruction.directories != last.directories and not place.startswith("/"):
            # The run stage has the last directory only.
            continue
        names = [posixpath.normpath(it.text) for it in node.sources]
        if names and all(it.partition("/")[0] in _DATA or _DATA_FILE.fullmatch(it) for it in names):
            yield instruction


def _of_dotnet(
    stage: Stage, commands: Sequence[KnownCommand], words: Sequence[str], paths: Sequence[str]
) -> RunStage | None:
    """The published directory, on the ASP.NET image of the SDK's version."""
    image = stage.from_.image
    assert image is not None, "commands run on an image"
    outputs = {path for it in commands for path in it.use.outputs} | set(_published(commands))
    directory = posixpath.dirname(paths[1]) if len(paths) > 1 else ""
    if words[0] != "dotnet" or not paths[1:] or directory not in {it.rstrip("/") for it in outputs}:
        return None
    if not re.fullmatch(r"mcr\.microsoft\.com/dotnet/sdk(?::[\w.-]+)?", image.text):
        return None
    return RunStage(image.text.replace("/sdk", "/aspnet"), (f"{directory}/",))


_OF_EVERY_SYSTEM: Final = lazy_regex(r"[=:](?:file:)?/(?:dev|proc|tmp)/")


def _published(commands: Iterable[KnownCommand]) -> Iterable[str]:
    for command in commands:
        output = command.invocation.argument("-o", "--output")
        yield from () if output is None else command.invocation.paths(output)


def _of_java(stage: Stage, words: Sequence[str], paths: Sequence[str]) -> RunStage | None:
    """The jar, on a Java runtime of the version that the image's tag names."""
    if words[0] != "java" or "-jar" not in words[:-1]:
        return None
    idx = words.index("-jar") + 1
    if any(_looks_like_a_path(it) and not _OF_EVERY_SYSTEM.search(it) for it in words[1 : idx - 1]):
        # `-javaagent:/opt/agent.jar`
        return None
    if not re.search(r"(?:^|/)(?:target|build/libs)/[^/*]+\.jar$", words[idx]) or any(
        map(_looks_like_a_path, words[idx + 1 :])
    ):
        return None
    image = stage.from_.image
    name = "" if image is None else image.text.rpartition("/")[2]
    # `gradle:8.10-jdk21` has two versions.
    version = re.search(r"(?:corretto|java|jdk|temurin)[-:]?(\d+)", name)
    if image is None or version is None or int(version[1]) < 11:
        return None
    # Temurin has no Alpine images for arm64 before 21 (the library file of docker-library/official-images).
    suffix = "-alpine" if "alpine" in image.text and int(version[1]) >= _FIRST_ALPINE_OF_TEMURIN else ""
    return RunStage(f"eclipse-temurin:{version[1]}-jre{suffix}", (paths[idx],))


def _of_node(stage: Stage, words: tuple[str, ...], directory: str) -> RunStage | None:
    """The bundle, on the same image with the packages that are not for development."""
    image = stage.from_.image
    if words[0] == "npm":
        words = _started_by_npm(stage, words)
    if image is None or words[:1] != ("node",) or len(words) < 2:
        return None
    script = posixpath.normpath(posixpath.join(directory, words[1]))
    relative = posixpath.relpath(script, directory)
    folder = relative.partition("/")[0]
    if folder not in ("build", "dist", "out") or "/" not in relative:
        return None
    manifests = next((it for it in stage.instructions if _copies_manifests(it)), None)
    installing = next((it for run in stage.runs for it in run.commands if _is_installation(it)), None)
    if manifests is None or installing is None or stage.build.workspace.runs_scripts_at_install:
        return None
    kept = [it for it in stage.instructions if it is not manifests and _copies_files_of_the_program(it)]
    before = [it.written for it in kept if it.idx < installing.run.idx]
    after = [it.written for it in kept if it.idx > installing.run.idx]
    if installing.syntax.assignments or _generates_packages(stage):
        return None
    # `npm ci` fails without a lock file, so the command stays the one of the file. A mount may hold the token of a registry.
    install = " ".join(it for it in ("npm", *installing.syntax.arguments) if not _OF_DEVELOPMENT.fullmatch(it))
    flags = (stage.build.text[slice(*installing.run.range_of(it))] for it in installing.run.node.flags)
    lines = (manifests.written, *before, " ".join(("RUN", *flags, install, "--omit=dev")), *after)
    bundle = f"{directory.rstrip('/')}/{folder}/"
    data = _data_directories(stage, max(stage.runs, key=lambda it: it.idx))
    return RunStage(image.text, (bundle, *(it for it in data if it != bundle)), lines)


def _started_by_npm(stage: Stage, words: Sequence[str]) -> tuple[str, ...]:
    """The words of the script that `npm start` or `npm run NAME` starts; none if it is unknown, needs a shell, or has another one before it."""
    scripts = dict(stage.build.workspace.scripts)
    name = words[-1] if words[1:-1] in (("run",), ("run-script",)) or tuple(words) == ("npm", "start") else ""
    text = scripts.get(name, "")
    if f"pre{name}" in scripts or not _PLAIN.fullmatch(text):
        return ()
    return tuple(itertools.dropwhile(lambda it: "=" in it, shlex.split(text)))


def _generates_packages(stage: Stage) -> bool:
    """True if a script of the project may write into `node_modules`, as Prisma does with its client. Source: prisma.io, "prisma generate"."""
    return any("prisma" in text for _name, text in stage.build.workspace.scripts)


def _copies_files_of_the_program(instruction: Instruction) -> bool:
    """True if a COPY names files of the build context that a bundler does not read, such as `public` and `views`."""
    node = instruction.node
    if not isinstance(node, Copying) or node.flag_value("from") or instruction.stage is None:
        return False
    last = max(it.idx for it in instruction.stage.runs)
    names = [posixpath.normpath(it.text) for it in node.sources]
    return instruction.idx < last and not all(_FOR_THE_BUNDLER.fullmatch(it) for it in names)


def _copies_manifests(instruction: Instruction) -> bool:
    node = instruction.node
    return (
        isinstance(node, Copying)
        and node.name == "COPY"
        and bool(node.sources)
        and all(re.fullmatch(r"(?:\./)?package[\w*.-]*", it.text) for it in node.sources)
    )


def _is_installation(command: Command) -> bool:
    """True for `npm ci` and `npm install` of the packages that the manifests list, with options only."""
    is_plain = all(it.startswith("-") for it in command.syntax.arguments[1:])
    return command.name == "npm" and command.syntax.arguments[:1] in (("ci",), ("install",), ("i",)) and is_plain


_OF_DEVELOPMENT: Final = lazy_regex(r"--(?:production|omit|include|only|also|dev)(?:=.*)?|-[DPOE]")


def _program(stage: Stage) -> tuple[str, ...] | None:
    """The words of the command that the image starts; None without a command, or if a shell must interpret it."""
    entrypoint = next((it.node for it in reversed(stage.instructions) if isinstance(it.node, Entrypoint)), None)
    command = next((it.node for it in reversed(stage.instructions) if isinstance(it.node, Cmd)), None)
    words: list[str] = []
    for node in (entrypoint, command):
        if node is None:
            continue
        given = _words(node)
        if given is None:
            return None
        words += given
        if not node.is_json and node is entrypoint:
            break
    return tuple(words) or None


def _words(node: ShellOrExec) -> list[str] | None:
    if node.is_json:
        return [it.text for it in node.arguments]
    text = node.arguments[0].text if node.arguments else ""
    return shlex.split(text.removeprefix("exec ")) if _PLAIN.fullmatch(text) else None


def _needs_shell(stage: Stage) -> bool:
    starting = [it for it in stage.instructions if isinstance(it.node, Cmd | Entrypoint) or checks_health(it)]
    return any(not it.node.is_json for it in starting)


def checks_health(instruction: Instruction) -> bool:
    """True for a HEALTHCHECK other than `HEALTHCHECK NONE`."""
    node = instruction.node
    return isinstance(node, Healthcheck) and bool(node.arguments) and node.arguments[0].text.upper() != "NONE"


def _looks_like_a_path(word: str) -> bool:
    value = word.partition("=")[2] or word
    return "/" in value or bool(re.fullmatch(r"[\w.-]+\.(?:conf|html|ini|json|properties|toml|txt|xml|ya?ml)", value))


def is_known_user(user: str) -> bool:
    """True if every run image of this module has a user, with the group if it is given: `nobody`, `1000:1000`."""
    names = user.split(":")
    return all(it in _USERS or it.isdigit() for it in names)


def programs_of(image: str) -> frozenset[str]:
    """The programs of an image of this module that a health check may use."""
    if "distroless" in image:
        return frozenset()
    own = {"dotnet"} if "dotnet" in image else {"java"} if "temurin" in image else set()
    if "alpine" in image:
        return frozenset(_OF_EVERY_SHELL | _OF_BUSYBOX | own)
    return frozenset(_OF_EVERY_SHELL | (_OF_TEMURIN if "temurin" in image else set()) | own)


_OF_EVERY_SHELL: Final = {
    ":", "[", "bash", "cat", "echo", "exit", "false", "grep", "kill", "ls", "printf", "sh", "sleep", "test", "true",
}  # fmt: skip
_OF_BUSYBOX: Final = {"nc", "netstat", "pgrep", "pidof", "ps", "wget"}
_OF_TEMURIN: Final = {"curl", "wget"}
"""Packages of the images on Ubuntu. Source: github.com/adoptium/containers, ubuntu.Dockerfile.j2."""
