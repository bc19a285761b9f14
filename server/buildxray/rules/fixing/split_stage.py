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
import shlex
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

from buildxray.localization import _
from buildxray.rules.base import Fix, Safety
from buildxray.rules.context import RuleContext
from buildxray.rules.fixing.cross_compile import cross_compile
from buildxray.rules.fixing.edits import line_end, remove_line
from buildxray.semantics.build import Command, Effect, Instruction, KnownCommand, Run, Stage
from buildxray.semantics.file_flow import holds
from buildxray.semantics.origins import Machine
from buildxray.syntax.instructions import Arg, Cmd, Copying, Entrypoint, Healthcheck, Pair, ShellOrExec, User, Workdir
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import read_script
from buildxray.syntax.text import Edit, TextRange, apply_edits
from buildxray.toolchains.base import RunTimeNeeds
from buildxray.toolchains.dotnet import DOTNET
from buildxray.toolchains.go import GO
from buildxray.toolchains.java import JAVA
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


class _RunStage(NamedTuple):
    """The files and packages that a program needs at run time."""

    image: str
    copied: tuple[str, ...]
    """Absolute paths to copy from the build stage; with a slash at the end for directories."""
    lines: tuple[str, ...] = ()
    """Instructions that install the other requirements of the program."""


def split_stage(ctx: RuleContext, stage: Stage, commands: Sequence[KnownCommand]) -> Fix | None:
    """A fix that compiles natively in a separate stage; None if the text does not determine the files that the program needs at run time.

    `commands` compile or bundle under emulation. Nothing is offered if the stage installs packages or runs programs
    after the last of them, since these may be needed at run time.
    """
    run_stage = _run_stage(stage, commands)
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


def _can_split(ctx: RuleContext, stage: Stage, commands: Sequence[KnownCommand], run_stage: _RunStage) -> bool:
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


def _suits(stage: Stage, run_stage: _RunStage, needs: RunTimeNeeds | None) -> bool:
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


def _with_opened_files(stage: Stage, last: Run, run_stage: _RunStage, needs: RunTimeNeeds) -> _RunStage:
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
        path for it in stage.instructions if it.idx > last.idx or _written(it) in kept for _source, path in _places(it)
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


def _has_programs(stage: Stage, run_stage: _RunStage) -> bool:
    """True if the image of the run stage has the programs with which the file checks the health of the container."""
    image = stage.from_.image
    if image is not None and image.text == run_stage.image:
        return True
    checks = [it for it in stage.instructions if _checks_health(it)]
    known = _programs_of(run_stage.image)
    files = {it.rstrip("/") for it in run_stage.copied}
    return all(
        it.name in known or any(posixpath.join(directory, it.words[0].text) in files for directory in check.directories)
        for check in checks
        for it in read_script(check.node).commands
        if it.words
    )


def _programs_of(image: str) -> frozenset[str]:
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
_MAKING: Final = lazy_regex(
    r"addgroup|adduser|chgrp|chmod|chown|cp|groupadd|install|ln|mkdir|mv|rsync|tar|tee|touch|unzip|user(?:add|mod)"
)
"""Programs that make files, directories and users which the program may need."""
_WITH_MODE: Final = frozenset({"chgrp", "chmod", "chown"})
_WITH_DESTINATION: Final = frozenset({"cp", "install", "ln", "mv", "rsync"})


def _makes_more(stage: Stage, run_stage: _RunStage) -> bool:
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


def _has_users(stage: Stage, run_stage: _RunStage) -> bool:
    """True if the image of the run stage has the users that the file names; without a RUN that adds some, they are those of its image."""
    image = stage.from_.image
    if image is not None and image.text == run_stage.image:
        return True
    users = (it.node.value for it in stage.instructions if isinstance(it.node, User))
    return all(_is_known_user("" if it is None else it.text) for it in users)


def _is_known_user(user: str) -> bool:
    names = user.split(":")
    return all(it in _USERS or it.isdigit() for it in names)


def _run_stage(stage: Stage, commands: Sequence[KnownCommand]) -> _RunStage | None:
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
) -> _RunStage | None:
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
    lines = tuple(map(_written, data))
    if not _needs_shell(stage):
        return _RunStage("gcr.io/distroless/static-debian12", copied, lines)
    alpine = _DISTRIBUTION.search(stage.image_name)
    version = alpine[0].removeprefix("alpine") if alpine else ""
    return _RunStage(f"alpine:{version}" if version else "alpine", copied, lines)


_OF_A_BUILD: Final = lazy_regex(r"build|compil")
"""The name of a stage that compiles, as people give it."""
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
) -> _RunStage | None:
    """The published directory, on the ASP.NET image of the SDK's version."""
    image = stage.from_.image
    assert image is not None, "commands run on an image"
    outputs = {path for it in commands for path in it.use.outputs} | set(_published(commands))
    directory = posixpath.dirname(paths[1]) if len(paths) > 1 else ""
    if words[0] != "dotnet" or not paths[1:] or directory not in {it.rstrip("/") for it in outputs}:
        return None
    if not re.fullmatch(r"mcr\.microsoft\.com/dotnet/sdk(?::[\w.-]+)?", image.text):
        return None
    return _RunStage(image.text.replace("/sdk", "/aspnet"), (f"{directory}/",))


_OF_EVERY_SYSTEM: Final = lazy_regex(r"[=:](?:file:)?/(?:dev|proc|tmp)/")


def _published(commands: Iterable[KnownCommand]) -> Iterable[str]:
    for command in commands:
        output = command.invocation.argument("-o", "--output")
        yield from () if output is None else command.invocation.paths(output)


def _of_java(stage: Stage, words: Sequence[str], paths: Sequence[str]) -> _RunStage | None:
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
    return _RunStage(f"eclipse-temurin:{version[1]}-jre{suffix}", (paths[idx],))


def _of_node(stage: Stage, words: tuple[str, ...], directory: str) -> _RunStage | None:
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
    before = [_written(it) for it in kept if it.idx < installing.run.idx]
    after = [_written(it) for it in kept if it.idx > installing.run.idx]
    if installing.syntax.assignments or _generates_packages(stage):
        return None
    # `npm ci` fails without a lock file, so the command stays the one of the file. A mount may hold the token of a registry.
    install = " ".join(it for it in ("npm", *installing.syntax.arguments) if not _OF_DEVELOPMENT.fullmatch(it))
    flags = (stage.build.text[slice(*installing.run.range_of(it))] for it in installing.run.node.flags)
    lines = (_written(manifests), *before, " ".join(("RUN", *flags, install, "--omit=dev")), *after)
    bundle = f"{directory.rstrip('/')}/{folder}/"
    data = _data_directories(stage, max(stage.runs, key=lambda it: it.idx))
    return _RunStage(image.text, (bundle, *(it for it in data if it != bundle)), lines)


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
    starting = [it for it in stage.instructions if isinstance(it.node, Cmd | Entrypoint) or _checks_health(it)]
    return any(not it.node.is_json for it in starting)


def _checks_health(instruction: Instruction) -> bool:
    """True for a HEALTHCHECK other than `HEALTHCHECK NONE`."""
    node = instruction.node
    return isinstance(node, Healthcheck) and bool(node.arguments) and node.arguments[0].text.upper() != "NONE"


def _looks_like_a_path(word: str) -> bool:
    value = word.partition("=")[2] or word
    return "/" in value or bool(re.fullmatch(r"[\w.-]+\.(?:conf|html|ini|json|properties|toml|txt|xml|ya?ml)", value))


def _cut(stage: Stage, last: Run, run_stage: _RunStage) -> list[Edit]:
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
    edits += [remove_line(it, with_comments=True) for it in moved]
    environment = [line for it in early if it.keyword == "ENV" and (line := _run_time_environment(it))]
    directory = next((it for it in reversed(early) if isinstance(it.node, Workdir)), None)
    lines = ["", f"FROM {run_stage.image}{suffix}"]
    used = [*moved, *(it for it in early if it.keyword in ("ENV", "WORKDIR")), *late]
    lines += _declarations(it for it in used if not isinstance(it.node, Cmd | Entrypoint | Healthcheck))
    if directory is not None and not (late and isinstance(late[0].node, Workdir)):
        lines.append(_written(directory))
    lines += environment
    lines += run_stage.lines
    lines += [f"COPY --from={name} {_quoted(it)} {_quoted(it)}" for it in run_stage.copied]
    lines += [_written(it) for it in moved]
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
        return _written(instruction)
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


def _written(instruction: Instruction) -> str:
    """The instruction as written, including its continuation lines and their comments."""
    return instruction.build.text[slice(*instruction.range)]
