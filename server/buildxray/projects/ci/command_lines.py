"""Parse one command line of a script: a build, a call of Bake, Compose or make, a builder, another script.

Nothing is looked up here: paths are as written. A word whose value is known only when the script runs is `UNKNOWN_WORD`, and
`has_unknown_part` is True for a word with an unknown part.

Source: docs.docker.com, the reference of `docker buildx build`, `bake` and `create`, `docker compose build`;
the help of `make`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import Enum, auto
from typing import Final, NamedTuple

from buildxray.projects.builds import makes_files
from buildxray.records import dataclass
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import SHELLS

UNKNOWN_WORD: Final = "$"
"""A word, or the part of a word, that only running the script could tell."""
_OPTION: Final = lazy_regex(r"--?[A-Za-z]")
_UNKNOWN_PART: Final = lazy_regex(r"\$|`|\{\{")
_PREFIXES: Final = frozenset(("sudo", "time", "exec", "command", "env"))
"""Programs that run the command after them."""
_MAKES: Final = frozenset(("make", "gmake"))
_STARTS_SCRIPTS: Final = SHELLS | {".", "source"}


class Call(Enum):
    """The kind of a command line."""

    BUILD = auto()
    BUILDCTL = auto()
    """A build by `buildctl`, which has other options."""
    KANIKO = auto()
    """A build by kaniko's executor, which has other options."""
    BAKE = auto()
    COMPOSE = auto()
    CREATE = auto()
    """A builder, with the machines that it builds on."""
    USE = auto()
    """The choice of another builder."""
    SUBMIT = auto()
    """A build by Google Cloud Build, whose steps a file lists."""
    MAKE = auto()
    SCRIPT = auto()
    """Anything else: perhaps a script of the project."""


PROGRAMS: Final = "docker|depot|gcloud|buildctl|buildah|podman|nerdctl|finch"
"""A pattern of programs one of which each text with a build names, unless it calls `buildx`, kaniko or another script."""
_ENGINES: Final = ("nerdctl", "podman", "finch")
"""Programs with the commands of `docker`."""
_COMPOSES: Final = (("docker", "compose"), ("docker-compose",))
_COMPOSE_COMMANDS: Final = ("build", "up", "run", "create")
"""Commands of Compose that build images: all but the first only those that do not exist yet, unless an option says otherwise."""
_CALLS: Final = (
    (Call.BUILD, ("docker", "buildx", "build")),
    (Call.BUILD, ("docker", "image", "build")),
    (Call.BUILD, ("docker", "builder", "build")),
    (Call.BUILD, ("docker", "build")),
    (Call.BUILD, ("depot", "build")),
    (Call.BUILD, ("buildx", "build")),
    (Call.BUILD, ("docker-buildx", "build")),
    (Call.BUILD, ("podman", "buildx", "build")),
    *((Call.BUILD, (program, *words)) for program in _ENGINES for words in (("build",), ("image", "build"))),
    (Call.BUILD, ("buildah", "bud")),
    (Call.BUILD, ("buildah", "build")),
    (Call.BUILD, ("buildah", "build-using-dockerfile")),
    (Call.BUILDCTL, ("buildctl", "build")),
    (Call.KANIKO, ("executor",)),
    (Call.BAKE, ("docker", "buildx", "bake")),
    (Call.BAKE, ("depot", "bake")),
    (Call.BAKE, ("buildx", "bake")),
    (Call.BAKE, ("docker-buildx", "bake")),
    *((Call.COMPOSE, (*program, command)) for program in _COMPOSES for command in _COMPOSE_COMMANDS),
    (Call.CREATE, ("docker", "buildx", "create")),
    (Call.CREATE, ("buildx", "create")),
    (Call.CREATE, ("docker-buildx", "create")),
    *((Call.SUBMIT, ("gcloud", *stage, "builds", "submit")) for stage in ((), ("beta",), ("alpha",))),
    (Call.USE, ("docker", "buildx", "use")),
    (Call.USE, ("buildx", "use")),
    (Call.USE, ("docker-buildx", "use")),
)
_PROGRAMS: Final = frozenset((*(words[0] for _call, words in _CALLS), *_MAKES, *_PREFIXES))
_OUTER_OPTIONS: Final = frozenset(
    [
        "--addr",
        "--ansi",
        "--builder",
        "--config",
        "--context",
        "--env-file",
        "--file",
        "--host",
        "--parallel",
        "--profile",
        "--progress",
        "--project",
        "--project-directory",
        "--project-name",
        "-H",
        "-c",
        "-f",
        "-p",
    ]
)
"""Options with a value of `docker`, `docker compose` and `docker buildx` themselves, before the name of the command."""
_FLAGS: Final = frozenset(
    [
        "--allow-insecure",
        "--append",
        "--bootstrap",
        "--check",
        "--compress",
        "--debug",
        "--force-rm",
        "--help",
        "--lint",
        "--load",
        "--no-cache",
        "--no-push",
        "--no-trunc",
        "--print",
        "--pull",
        "--push",
        "--quiet",
        "--rm",
        "--squash",
        "--use",
        "-D",
        "-q",
    ]
)
"""Options without a value."""
_LONG_NAMES: Final = {
    "-f": "--file",
    "-t": "--tag",
    "-o": "--output",
    "-m": "--memory",
    "-c": "--cpu-shares",
    "-q": "--quiet",
}


def has_unknown_part(text: str) -> bool:
    """True if a part of a text is known only when the script runs: it holds a variable, a substitution or a template."""
    return _UNKNOWN_PART.search(text) is not None


def _is_unknown(word: str) -> bool:
    """True if nothing of a word is known, so that it may be several words: an unset variable, or a template."""
    return word == UNKNOWN_WORD or _TEMPLATE.fullmatch(word) is not None


_TEMPLATE: Final = lazy_regex(r"\{\{[^{}]*\}\}")


def is_known_program(name: str) -> bool:
    """True if `read_command_line` knows a program, by its name without directories, or if it reads a script."""
    return name in _PROGRAMS or name in _STARTS_SCRIPTS


def may_be_script(word: str) -> bool:
    """True if a program, as a command names it, may be a script of the project: it has a path, or the ending of a script."""
    return "/" in word or word.endswith(".sh")


class CommandLine(NamedTuple):
    """A parsed command line."""

    call: Call
    words: list[str]
    """The words after the name of the command: `docker buildx build`. Of a script all words."""
    before: list[str]
    """The words after the program up to there: `-f compose.ci.yaml build` of `docker compose -f compose.ci.yaml build`."""
    program: str = ""

    @property
    def is_remote(self) -> bool:
        """True if a service builds each platform on a machine of that platform."""
        return self.program == "depot"

    @property
    def looks_in_context(self) -> bool:
        """True if a Dockerfile that does not exist relative to the working directory is looked for in the build context.

        Source: github.com/containers/buildah, docs/buildah-build.1.md, `--file`.
        """
        return self.program in {"buildah", "podman"}

    @property
    def may_be_legacy(self) -> bool:
        """True if `DOCKER_BUILDKIT=0` makes the builder before BuildKit build it. Source: docs.docker.com, "Legacy builder"."""
        return self.program == "docker" and "buildx" not in self.before


def read_command_line(words: list[str]) -> CommandLine | None:
    """Parse the words of a command; None if there is only a prefix such as `sudo`."""
    if words[0] in _PREFIXES:
        words = words[1:]
    if not words:
        return None
    if words[0] in _MAKES:
        return CommandLine(Call.MAKE, words[1:], [])
    for call, names in _CALLS:
        rest = _after(words, names)
        if rest is not None:
            return CommandLine(call, rest, words[1 : len(words) - len(rest)], words[0])
    return CommandLine(Call.SCRIPT, words, [])


def _after(words: list[str], names: tuple[str, ...]) -> list[str] | None:
    """The words after the name of a command, where options may be between its parts; None for another command."""
    if words[0] != names[0]:
        return None
    position = 1
    for expected in names[1:]:
        while position < len(words) and words[position].startswith("-"):
            position += 2 if words[position] in _OUTER_OPTIONS else 1
        if position >= len(words) or words[position] != expected:
            return None
        position += 1
    return words[position:]


@dataclass(slots=True)
class Options:
    """The options and operands of a command."""

    values: dict[str, list[str]] = field(default_factory=dict)
    """The values of each option by its long name, in their order."""
    flags: set[str] = field(default_factory=set)
    operands: list[str] = field(default_factory=list)
    took: set[str] = field(default_factory=set)
    """The long names of the options whose value is the word after them, as it seems: options that are not known may have none."""

    @classmethod
    def of(cls, words: Sequence[str]) -> Options:
        """Sort the words after the name of a command."""
        options = cls()
        pending = [*reversed(words)]
        while pending:
            word = pending.pop()
            name, separator, value = word.partition("=")
            if not word.startswith("-") or word == "-":
                options.operands.append(word)
            elif word in _FLAGS:
                options.flags.add(word)
            elif name in _FLAGS:
                options.flags |= {name} if value != "false" else set()
            elif separator:
                options._add(name, value)
            elif len(word) > 2 and word[:2] in _LONG_NAMES and not word.startswith("--"):
                options._add(word[:2], word[2:])
            else:
                # An option before another one has lost its value: a variable that is empty here.
                is_lost = bool(pending) and _OPTION.match(pending[-1]) is not None
                options.took.add(_LONG_NAMES.get(word, word))
                options._add(word, UNKNOWN_WORD if is_lost else pending.pop() if pending else "")
        return options

    def _add(self, name: str, value: str) -> None:
        self.values.setdefault(_LONG_NAMES.get(name, name), []).append(value)

    @property
    def context(self) -> str:
        """The last operand whose value is known, which is the build context; empty without operands."""
        known = [it for it in self.operands if not has_unknown_part(it)]
        return (known or [it for it in self.operands if not _is_unknown(it)] or self.operands or [""])[-1]

    @property
    def lacks_context(self) -> bool:
        """True if `docker build` surely has no build context, so that it builds nothing: it only prints its usage."""
        return not self.operands and self.took <= _WITH_VALUE

    @property
    def may_hide_options(self) -> bool:
        """True if a word of unknown value may be options; only one such word can be the build context."""
        n_unknown = sum(map(_is_unknown, self.operands))
        return n_unknown > (n_unknown == len(self.operands))

    def all(self, name: str) -> list[str]:
        """The values of an option, in order."""
        return self.values.get(name, [])

    def known(self, name: str) -> list[str]:
        """The values of an option that are known completely."""
        return [it for it in self.all(name) if not has_unknown_part(it)]

    def last(self, name: str) -> str | None:
        """The value of an option; the last one if it is repeated, None if it is not given."""
        listed = self.values.get(name)
        return listed[-1] if listed else None


def words_of_buildctl(words: Sequence[str]) -> list[str] | None:
    """Return the words of `docker build` for those after `buildctl build`; None if another frontend than that of Dockerfiles reads the file.

    Source: github.com/moby/buildkit, README and docs/reference/buildctl.md; frontend/dockerui/config.go.
    """
    options = Options.of(words)
    frontend = options.last("--frontend") or ""
    given = [it.partition("=")[::2] for it in options.all("--opt")]
    sources = [value for name, value in given if name == "source"]
    if not frontend.startswith("dockerfile") and not any("docker/dockerfile" in it for it in sources):
        return None
    local = dict(it.partition("=")[::2] for it in options.all("--local"))
    context = next((value for name, value in given if name == "context"), local.get("context", "."))
    built = [context]
    file = posixpath.join(local.get("dockerfile", context), "Dockerfile")
    for name, value in given:
        if name == "filename":
            file = posixpath.join(local.get("dockerfile", context), value)
        elif name in {"platform", "target"}:
            built += [f"--{name}", value]
        elif name.startswith(("build-arg:", "context:")):
            key, _colon, argument = name.partition(":")
            built += ["--build-arg" if key == "build-arg" else "--build-context", f"{argument}={value}"]
    built += [word for it in options.all("--output") for word in ("--output", it)]
    return ["--no-cache"] * ("--no-cache" in options.flags) + ["--file", file, *built]


_KANIKO: Final = {
    "--customPlatform": "--platform",
    "--custom-platform": "--platform",
    "--dockerfile": "--file",
    "-f": "--file",
    "--build-arg": "--build-arg",
    "--target": "--target",
}
"""The options of kaniko by which `docker build` has others. Source: github.com/GoogleContainerTools/kaniko, README."""


def words_of_kaniko(words: Sequence[str]) -> list[str]:
    """Return the words of `docker build` for those after kaniko's `executor`."""
    options = Options.of(words)
    context = (options.last("--context") or options.last("-c") or options.last("--cpu-shares") or ".").removeprefix(
        "dir://"
    )
    below = options.last("--context-sub-path")
    context = context if below is None else posixpath.join(context, below)
    built = [
        word
        for name, listed in options.values.items()
        if name in _KANIKO or name == "--file"
        for value in listed
        for word in (_KANIKO.get(name, name), value)
    ]
    file = options.last("--dockerfile") or options.last("--file")
    if file is not None and not posixpath.isabs(file) and not has_unknown_part(file):
        # A relative path is looked for in the context too, where it mostly is.
        built += ["--file", posixpath.join(context, file)]
    return [*built, context]


class BuildOptions(NamedTuple):
    """The options of `docker build`."""

    context: str
    file: str | None
    platforms: list[str]
    """The known values of `--platform`."""
    target: str
    """The target stage; empty for the last stage, and if it is unknown."""
    image_names: list[str]
    """The known values of `--tag`."""
    arguments: list[tuple[str, str | None]]
    """The build arguments with known values; None for a value from the environment."""
    unknown_arguments: list[str]
    """The names of build arguments with unknown values; see `DeclaredBuild.unknown_arguments`."""
    contexts: list[tuple[str, str]]
    """Named contexts, without values that are unknown."""
    pushes: bool
    makes_files: bool
    ignores_cache: bool
    caches: frozenset[str]
    """See `DeclaredBuild.caches`."""
    is_check: bool
    unknown: frozenset[str]
    """The fields with unknown values; see `DeclaredBuild.unknown`."""
    lacks_context: bool
    """See `Options.lacks_context`."""
    may_name_platforms: bool
    """True if no word names platforms, but one of unknown value may be an option that does."""


def read_build_options(words: Sequence[str]) -> BuildOptions:
    """Parse the words after `docker build`."""
    options = Options.of(words)
    target = options.last("--target") or ""
    arguments = [it.partition("=") for it in options.all("--build-arg")]
    contexts = [it.partition("=") for it in options.all("--build-context")]
    values = {
        "platforms": [*options.all("--platform"), *options.all("--arch")],
        "target": [target],
        "args": [value for _name, _separator, value in arguments],
        "contexts": [value for _name, _separator, value in contexts],
    }
    unknown = {key for key, listed in values.items() if any(map(has_unknown_part, listed))}
    if options.may_hide_options:
        given = {"--platform": "platforms", "--target": "target"}
        unknown |= {"args", "contexts", *(key for option, key in given.items() if not options.all(option))}
    unknown_names = {
        "*" if has_unknown_part(name) else name for name, _, value in arguments if has_unknown_part(name + value)
    }
    if options.may_hide_options:
        unknown_names.add("*")
    outputs, pushes = options.all("--output"), "--push" in options.flags
    return BuildOptions(
        context=options.context or ".",
        file=options.last("--file"),
        platforms=[*options.known("--platform"), *(f"linux/{it}" for it in options.known("--arch"))],
        target="" if "target" in unknown else target,
        image_names=options.known("--tag"),
        arguments=[(name, value if sign else None) for name, sign, value in arguments if not has_unknown_part(value)],
        unknown_arguments=sorted(unknown_names),
        contexts=[(name, value) for name, sign, value in contexts if sign and not has_unknown_part(value)],
        pushes=pushes or any("push=true" in it or "type=registry" in it for it in outputs),
        makes_files=not pushes and makes_files(outputs),
        ignores_cache="--no-cache" in options.flags,
        caches=frozenset(it for it in ("from", "to") if options.all(f"--cache-{it}")),
        is_check=is_check(options),
        unknown=frozenset(unknown),
        lacks_context=options.lacks_context,
        may_name_platforms=options.may_hide_options and not values["platforms"],
    )


_HOW: Final = frozenset(
    (
        "--add-host",
        "--annotation",
        "--attest",
        "--cache-from",
        "--cache-to",
        "--cgroup-parent",
        "--iidfile",
        "--label",
        "--metadata-file",
        "--network",
        "--no-cache-filter",
        "--progress",
        "--provenance",
        "--sbom",
        "--secret",
        "--shm-size",
        "--ssh",
        "--tag",
        "--ulimit",
    )
)
_WITH_VALUE: Final = _HOW | {"--build-arg", "--build-context", "--call", "--file", "--output", "--platform", "--target"}
"""Options of `docker build` that have a value."""
_HOW_FLAGS: Final = frozenset(
    ("--compress", "--debug", "--force-rm", "--load", "--no-cache", "--pull", "--push", "--quiet", "--rm", "-D", "-q")
)


def is_how_it_runs(words: Sequence[str]) -> bool:
    """True if options of a build say only how it runs and what becomes of its image, but not what is built; also for no words."""
    options = Options.of(words)
    return not options.operands and options.flags <= _HOW_FLAGS and {*options.values} <= _HOW


def doubtful_words(words: Sequence[str]) -> list[str]:
    """Options of a build that only a run may give: what they say of the build is unknown, and how it runs is kept."""
    options = Options.of(words)
    doubtful = sorted(options.flags - {"--no-cache"})
    for name, listed in options.values.items():
        for value in listed:
            key, separator, _value = value.partition("=")
            unknown = (
                f"{key}={UNKNOWN_WORD}" if separator and name in {"--build-arg", "--build-context"} else UNKNOWN_WORD
            )
            doubtful += [name, value if name in _HOW else unknown]
    return doubtful + [UNKNOWN_WORD] * bool(options.operands)


_BUILDS_NOTHING: Final = frozenset(("--list", "--list-targets", "--list-variables", "--no-build", "--print"))


def builds_images(words: Sequence[str]) -> bool:
    """True if a call of Bake or Compose, given the words after the command, may build: some options only list or print what would be built.

    Source: docs.docker.com, the reference of `docker buildx bake`, `docker compose build` and `docker compose up`.
    """
    return not any(it.partition("=")[0] in _BUILDS_NOTHING and not it.endswith("=false") for it in words)


def is_check(options: Options) -> bool:
    """True if a build or a call of Bake evaluates a Dockerfile, and builds nothing."""
    return "--check" in options.flags or any(it in CHECKS for it in options.all("--call"))


CHECKS: Final = frozenset(("check", "outline", "targets"))
"""The values of `--call` that build nothing."""


class ComposeOptions(NamedTuple):
    """The files of a call of Compose, before the name of its command."""

    files: tuple[str, ...]
    """Empty where Compose looks for its usual files."""
    directory: str
    """The directory that paths in the files are relative to: that of the first file, unless an option names another one.

    Source: docs.docker.com, the reference of `docker compose`, `--project-directory`.
    """


def read_compose_options(words: Sequence[str], environment: Mapping[str, str]) -> ComposeOptions:
    """Return the files that the words between `docker` and the command of Compose name, or else the environment does."""
    options = Options.of(words)
    listed = environment.get("COMPOSE_FILE", "")
    files = options.all("--file") or [it for it in listed.split(environment.get("COMPOSE_PATH_SEPARATOR") or ":") if it]
    beside = posixpath.dirname(files[0]) if files else ""
    return ComposeOptions((*files,), options.last("--project-directory") or beside or ".")


class MakeOptions(NamedTuple):
    """The options of `make`."""

    directory: str
    goals: tuple[str, ...]
    variables: dict[str, str]
    """The variables with known values."""


def read_make_options(words: Sequence[str]) -> MakeOptions:
    """Parse the words after `make`."""
    directory, goals, variables = ".", list[str](), dict[str, str]()
    iterator = iter(words)
    for word in iterator:
        if word in {"-C", "--directory"}:
            directory = next(iterator, ".")
        elif word.startswith("-C"):
            directory = word[2:]
        elif re.match(r"\w+[:+?]?=", word):
            name, _separator, value = word.partition("=")
            if not has_unknown_part(value):
                variables[name.rstrip(":+?")] = value
        elif not word.startswith("-") and not has_unknown_part(word):
            goals.append(word)
    return MakeOptions(directory, (*goals,), variables)


class ScriptCall(NamedTuple):
    """A call of a program that may be a shell script."""

    path: str
    arguments: tuple[str, ...]
    is_operand: bool
    """True if a shell is given the path, so that it reads whatever is there."""
    is_sourced: bool
    """True if the shell that calls it runs its commands: `. ./common.sh`."""

    @property
    def keeps_arguments(self) -> bool:
        """True if the script sees the arguments of the one that calls it."""
        return self.is_sourced and not self.arguments


def read_script_call(words: Sequence[str]) -> ScriptCall | None:
    """Return the script that a command may run: `ci/publish`, `./build.sh`, `bash -e scripts/build arm64`; None for another command."""
    is_operand = words[0] in _STARTS_SCRIPTS
    called = _after_options(words[1:]) if is_operand else words
    if not called or not (is_operand or may_be_script(called[0])):
        return None
    return ScriptCall(called[0], (*called[1:],), is_operand, words[0] in {".", "source"})


def _after_options(words: Sequence[str]) -> Sequence[str]:
    """The script that a shell is started with, and its arguments; empty for a command in its options (`-c`)."""
    position = 0
    while position < len(words) and words[position].startswith(("-", "+")):
        option = words[position]
        if not option.startswith("--") and "c" in option[1:]:
            return []
        position += 2 if option in {"-o", "+o", "-O", "+O"} else 1
    return words[position:]


class SubmitOptions(NamedTuple):
    """The options of `gcloud builds submit`."""

    config: str
    """The file with the steps."""
    source: str
    """The directory that is sent; empty without one."""
    substitutions: Mapping[str, str | None]
    """The values of substitutions; None for one that only a run tells."""
    has_others: bool
    """True if a variable gives substitutions of unknown names."""


_VALUES_OF_SUBMIT: Final = frozenset(
    f"--{it}"
    for it in (
        "account",
        "billing-project",
        "buildpack",
        "config",
        "configuration",
        "default-buckets-behavior",
        "disk-size",
        "dir",
        "format",
        "gcs-log-dir",
        "gcs-source-staging-dir",
        "git-source-dir",
        "git-source-revision",
        "ignore-file",
        "impersonate-service-account",
        "machine-type",
        "pack",
        "project",
        "region",
        "revision",
        "service-account",
        "substitutions",
        "tag",
        "timeout",
        "verbosity",
        "worker-pool",
    )
) | {"-t"}
"""Options with a value. Source: cloud.google.com/sdk, "gcloud builds submit"."""
_DELIMITER: Final = lazy_regex(r"\^(?P<delimiter>[^^]{1,5})\^")
"""The beginning of a list with other signs between its parts. Source: cloud.google.com/sdk, "gcloud topic escaping"."""


def read_submit_options(words: Sequence[str]) -> SubmitOptions | None:
    """Read the words after `gcloud builds submit`; None if a tag or buildpacks take the place of a file with steps, or if a variable may name that."""
    given: dict[str, str] = {}
    operands: list[str] = []
    pending = [*reversed(words)]
    while pending:
        word = pending.pop()
        name, separator, value = word.partition("=")
        if not word.startswith("-"):
            operands.append(word)
        elif name in _VALUES_OF_SUBMIT:
            given[name] = value if separator else pending.pop() if pending else ""
        else:
            given[name] = value
    is_other = any(it in given for it in ("--pack", "--tag", "-t")) or any(map(has_unknown_part, operands))
    if is_other and "--config" not in given:
        return None
    text = given.get("--substitutions", "")
    chosen = _DELIMITER.match(text)
    parts = text.split(",") if chosen is None else text[chosen.end() :].split(chosen["delimiter"])
    pairs = [it.strip().partition("=") for it in parts if it.strip()]
    # What is part of the value of another one, or of a variable that holds several, has no name; an empty value is that of a variable set elsewhere.
    named = {name: None if not value or has_unknown_part(value) else value for name, equals, value in pairs if equals}
    return SubmitOptions(
        given.get("--config") or "cloudbuild.yaml",
        "" if "--no-source" in given else (operands or ["."])[0],
        named,
        any(not equals or has_unknown_part(name) for name, equals, _value in pairs) or len(operands) > 1,
    )
