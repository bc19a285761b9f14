"""What an installation needs from the commands before it: a virtual environment, a program, settings, variables, a login.

Source: docs.astral.sh/uv, "Using Python environments" (`uv pip` needs an environment or `--system`); the manuals of venv, Corepack, npm, pip, Poetry,
Bundler, git (`git config`) and Go (`go env -w`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from buildxray.rules.facts.context_files import instructions_before
from buildxray.rules.facts.shell_variables import SETS_PATHS
from buildxray.semantics.build import Command, Effect, Instruction, KnownCommand, Run
from buildxray.syntax.instructions import Arg, Env
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.dotnet import DOTNET
from buildxray.toolchains.go import GO
from buildxray.toolchains.java import JAVA

_ENVIRONMENT: Final = lazy_regex(
    r"uv venv|python[\d.]* (?:-\S+ )*-m (?:venv|virtualenv)|virtualenv|pyenv (?:global|install|virtualenv)|(?:conda|mamba|micromamba) (?:activate|create)"
    r"|(?:fnm|n|nvm|volta) .*"
)
"""Commands that make an environment or a version of a language for later ones."""
_SETTINGS: Final = lazy_regex(
    r"git config|go env -w|(?:bundle|bundler|cargo|composer|dotnet|gem|npm|pip3?|pip[\d.]+|pnpm|poetry|uv|yarn) (?:adduser|auth|config|login|set|source|sources)"
    r"|aws codeartifact|corepack|dotnet nuget add|gh auth|mix local\.\w+|rustup"
)
"""Commands that tell programs where and as whom to download, and those that make such a program."""
_TOOLS: Final = lazy_regex(
    r"(?:npm|pnpm) (?:.* )?(?:-g|--global|--location=global)(?: .*)?|yarn global add .*"
    r"|(?:apk|apt|apt-get|dnf|microdnf|tdnf|yum|zypper) (?:.* )?(?:add|in|install|ref|refresh|update)(?: .*)?|gem install .*|cargo install .*|pipx install .*"
)
"""Commands that install programs."""
_PYTHON: Final = lazy_regex(r"(?:python[\d.]* -m )?pip[\d.]* install (?P<operands>.*)")
_VARIABLE: Final = lazy_regex(
    r"(?i:\w*(?:proxy|token)|(?:bundle|cargo|composer|corepack|gem|node|npm|pip|pipenv|pnpm|poetry|python|rustup|uv|virtual|yarn)_\w+)"
    r"|GO(?!ARCH|OS)[A-Z]+|HOME|PATH"
)
"""Variables that programs read which install packages."""
_OF_COMPILERS: Final = lazy_regex(
    r"C(?:C|XX)|C(?:PP|XX)?FLAGS|LD(?:FLAGS|_LIBRARY_PATH)|PKG_CONFIG_PATH|MAKEFLAGS|RUSTFLAGS"
)
"""Variables of the compilers with which an installation makes native code of packages. Source: GNU make manual, "Implicit Variables"; the Cargo book, "Environment Variables"."""
_CREDENTIALS: Final = lazy_regex(
    r"\.netrc|\.npmrc|\.yarnrc|pip\.conf|\.pypirc|auth\.json|settings\.xml|NuGet\.Config|\.ssh\b|known_hosts|\.gitconfig|\.git-credentials|\.cargo/config"
)
"""Files with settings and logins of programs that install packages."""
_WRITING: Final = frozenset({"cat", "cp", "echo", "ln", "mv", "printf", "ssh-keyscan", "tee", "touch"})
_SHELLS: Final = frozenset({"ash", "bash", "dash", "sh", "zsh"})
_LONGEST: Final = 200
"""Characters of the commands that a message can name."""


def preparing_commands(command: KnownCommand, between: Iterable[Run] = ()) -> tuple[str, ...] | None:
    """The commands, as they are written, that an installation needs from earlier ones of its RUN, and from some RUN instructions before that.

    `cd` is among them only if there are others of its RUN. None if it needs some that cannot be told, or that may need the sources.
    """
    lasting = [it for run in between for it in run.commands if prepares(it)]
    before = [it for it in command.run.commands if it.range.start < command.range.start]
    variables = _needed_variables(command)
    if variables is None or any(_is_untold(it) for it in before):
        return None
    own = [it for it in before if it.name in _ENTERING or prepares(it)]
    entered = sum(it.name in _ENTERING for it in own)
    if entered == len(own) and not variables:
        own, entered = [], 0
    texts = [(it.range.start, _unconditional(it)) for it in (*lasting, *own)]
    known = [(start, it) for start, it in texts if it is not None] + variables
    named = [*dict.fromkeys(it for _start, it in sorted(known))]
    is_whole = all(it is not None for _start, it in texts) and sum(map(len, named)) <= _LONGEST
    return (*named,) if is_whole and entered <= 1 else None


_ENTERING: Final = frozenset({"cd", "popd", "pushd"})


def _words(command: Command) -> str:
    return " ".join((command.name, *command.syntax.arguments))


def lasts(command: Command) -> bool:
    """True for a command that makes an environment, or settings, for those of later RUN instructions too."""
    return _begins(_words(command), _ENVIRONMENT) or _begins(_words(command), _SETTINGS)


def prepares(command: Command) -> bool:
    """True for a command that makes an environment or settings for later ones, or installs programs, and needs no file of the project."""
    if isinstance(command, KnownCommand) and command.use.manifests:
        return False
    words = _words(command)
    if lasts(command) or _TOOLS.fullmatch(words) is not None:
        return True
    if command.name in (".", "source"):
        return any(SETS_PATHS.search(it.text) for it in command.syntax.words)
    packages = _PYTHON.fullmatch(words)
    # A package in a directory, or a list of packages, is of the project.
    return packages is not None and not any(
        it in ("-e", "-r", "--editable", "--requirement") or it.startswith((".", "/", "-r"))
        for it in packages["operands"].split()
    )


def installing_runs(command: KnownCommand, after: Instruction) -> list[Run] | None:
    """The RUN instructions from another instruction to that of a download that install programs or libraries, which it may need.

    None if one of them may bring its program in a way that the text does not tell: it downloads or unpacks files, or runs a script.
    """
    stage = command.run.stage
    image = "" if stage is None else stage.image_name
    is_of_language = _OF_LANGUAGE.search(image) is not None
    if command.use.toolchain in _WITHOUT_LIBRARIES and is_of_language:
        return []
    runs = [it for it in instructions_before(command.run) if isinstance(it, Run) and it.idx > after.idx]
    is_there = command.name in _IN_IMAGES and is_of_language
    if not is_there and any(_may_bring_programs(one) for it in runs for one in it.commands):
        return None
    return [it for it in runs if any(map(prepares, it.commands))]


_OF_LANGUAGE: Final = lazy_regex(
    r"/(?:buildpack-deps|bun|composer|dart|elixir|golang|haskell|maven|node|php|pypy|python|ruby|rust|swift)(?:[:@]|$)|/dotnet/(?:core/)?sdk(?:[:@]|$)"
)
"""Images of languages, by their names, which have the package manager of the language."""
_IN_IMAGES: Final = frozenset(
    {
        "bun",
        "bundle",
        "cabal",
        "cargo",
        "composer",
        "dart",
        "dotnet",
        "go",
        "mix",
        "mvn",
        "npm",
        "pip",
        "pip3",
        "python",
        "python3",
        "swift",
        "yarn",
    }
)
"""The package managers that are in these images; pnpm, Poetry and uv are not."""
_WITHOUT_LIBRARIES: Final = (DOTNET, GO, JAVA)
"""The toolchains whose downloads compile nothing, so that they need neither libraries nor a compiler."""
_UNPACKING: Final = frozenset({"dpkg", "install", "make", "rpm", "tar", "unzip"})


def _may_bring_programs(command: Command) -> bool:
    """True if a command may bring a program: it downloads or unpacks files, or runs a script."""
    if isinstance(command, KnownCommand) and command.use.effect in (Effect.DOWNLOAD, Effect.UNKNOWN):
        return True
    return command.name in _UNPACKING or command.name in _SHELLS


def only_prepares(run: Run) -> bool:
    """True if a RUN only prepares an installation, and cleans up after itself."""
    return all(prepares(it) or it.name in _CLEANING for it in run.commands)


_CLEANING: Final = frozenset({"chmod", "echo", "mkdir", "rm", "set", "true"})


def _begins(words: str, pattern: re.Pattern[str]) -> bool:
    match = pattern.match(words)
    return match is not None and words[match.end() : match.end() + 1] in ("", " ")


def _needed_variables(command: KnownCommand) -> list[tuple[int, str]] | None:
    """The assignments in force that an installation may need, as they are written, each with its place; None if the script computes one."""
    read = command.run.build.text[slice(*command.range)]
    found: list[tuple[int, str]] = []
    for name, assignments in command.syntax.variables.items():
        if not _reads(command, name) and f"${name}" not in read and f"${{{name}" not in read:
            continue
        last = assignments[-1]
        is_computed = any(it in last.value.text for it in ("$(", "`", "\n"))
        if len(assignments) > 1 or last.conditions or is_computed or name in last.variables:
            return None
        start, end = command.run.shell_range(last.range)
        text = command.run.build.text[start:end]
        found.append((start, f"export {text}" if last.is_exported else text))
    return found


def _reads(command: KnownCommand, name: str) -> bool:
    """True if an installation may read a variable that no word of it names."""
    return _VARIABLE.fullmatch(name) is not None or (
        command.use.effect is Effect.INSTALL and _OF_COMPILERS.fullmatch(name) is not None
    )


def setting_instructions(command: KnownCommand, after: Instruction) -> list[Instruction]:
    """The ARG and ENV instructions from another instruction to an installation that set variables which it reads."""
    return [
        it
        for it in instructions_before(command.run)
        if it.idx > after.idx
        and isinstance(it.node, Arg | Env)
        and any(_reads(command, pair.name.text) for pair in it.pairs)
    ]


def own_variables(command: KnownCommand) -> str:
    """The variables, with a blank after each, that are set for an installation alone, and that it needs without the project too."""
    needed = (it for it in command.syntax.assignments if _reads(command, it.name))
    return "".join(f"{it.name}={it.value.text} " for it in needed)


def _is_untold(command: Command) -> bool:
    """True for a command that an installation may need, and that may be no use without its surroundings or the sources."""
    if command.name in (".", "source"):
        return not prepares(command)
    text = command.run.build.text
    if command.name in _SHELLS:
        # It reads a script from a pipe: `curl -fsS https://… | sh`.
        return not any(not it.startswith("-") for it in command.syntax.arguments) or "-s" in command.syntax.arguments
    if command.name in _WRITING:
        following = (it.range.start for it in command.run.commands if it.range.start > command.range.start)
        return _CREDENTIALS.search(text, command.range.start, min(following, default=command.range.end)) is not None
    return False


def _unconditional(command: Command) -> str | None:
    """A command on one line; None if a condition decides whether it runs, or if its variables are those of the script."""
    if any(it.kind not in ("and", "exit") for it in command.syntax.conditions) or command.run.node.heredocs:
        return None
    return command.run.on_one_line(command.range)


def installs_programs(command: Command) -> bool:
    """True for a command that installs programs: `apk add git`."""
    return _TOOLS.fullmatch(_words(command)) is not None
