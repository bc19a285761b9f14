"""The commands of pip that fail because the package manager of the distribution manages its Python.

Source: PEP 668; packaging.python.org, "Externally Managed Environments"; the release notes of Alpine 3.19, Debian 12 and Ubuntu 23.04.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.rules.facts.intended import stops_build
from buildxray.semantics.build import Effect, Instruction, KnownCommand, Stage
from buildxray.syntax.instructions import Copying, Env
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.toolchains.scripting import SCRIPTING

_MANAGED: Final = lazy_regex(
    r"docker\.io/library/(?:alpine(?::(?:latest|edge|3|3\.(?:19|[2-9]\d)(?:\.\d+)?))?"
    r"|debian(?::(?:latest|stable|testing|unstable|sid|1[2-9](?:\.\d+)?|(?:bookworm|trixie|forky))(?:-slim|-\d{8}(?:-slim)?|-backports)?)?"
    r"|ubuntu(?::(?:latest|rolling|devel|23\.(?:04|10)|2[4-9]\.\d\d|(?:noble|oracular|plucky|questing)(?:-\d{8}(?:\.\d)?)?))?"
    r"|(?:golang|node|openjdk|php|ruby|rust):[\w.-]*-(?:alpine3\.(?:19|[2-9]\d)|bookworm|trixie)(?:-slim)?)(?:@.*)?"
)
"""Official images with a distribution whose Python refuses pip. Images of Python have another one in /usr/local."""
_INSTALLERS: Final = frozenset({"apk", "apt", "apt-get"})
_PIP: Final = frozenset({"py-pip", "py3-pip", "python3-pip"})
_GONE: Final = lazy_regex(r"python(?:2(?:\.7)?)?(?:-(?:dev|minimal|pip|setuptools|virtualenv|wheel))?|py2-[\w-]+")
"""Packages of Python 2, which no distribution has whose Python refuses pip.

Source: packages.debian.org, packages.ubuntu.com, pkgs.alpinelinux.org; the release notes of Debian 12, Ubuntu 23.04 and Alpine 3.16.
"""
_ELSEWHERE: Final = ("--break-system-packages", "--dry-run", "--prefix", "--python", "--root", "--target", "-t")
"""Options with which pip installs elsewhere, or does so all the same."""
_OTHERS: Final = lazy_regex(
    r"EXTERNALLY-MANAGED|(?i:break[-_]system[-_]packages)|pip\.conf|pip3? config|ensurepip|get-pip|virtualenv|venv|activate|conda|mamba"
    r"|PIP_(?:CONFIG_FILE|DRY_RUN|PREFIX|PYTHON|REQUIRE_VIRTUALENV|ROOT|TARGET)\b|VIRTUAL_ENV|XDG_CONFIG_(?:DIRS|HOME)"
    r"|PYTHON(?!(?:ASYNCIODEBUG|BREAKPOINT|COERCECLOCALE|DEBUG|DEVMODE|DONTWRITEBYTECODE|FAULTHANDLER|HASHSEED|INSPECT|IOENCODING|MALLOC"
    r"|NOUSERSITE|OPTIMIZE|PATH|PYCACHEPREFIX|SAFEPATH|TRACEMALLOC|UNBUFFERED|USERBASE|UTF8|VERBOSE|WARNINGS)\b)"
    r"|pyenv|deadsnakes|update-alternatives|(?<![\w-])(?:uv|asdf|mise|alias)(?![\w-])|snapshot\.debian|/v\d\.\d+/(?:main|community)|/usr/local/lib/python|sources\.list|install\.python|python\.org"
)
"""Words of settings, of a virtual environment, and of another Python or another release of the distribution.

Other settings of pip, such as `PIP_NO_CACHE_DIR` and `PIP_USER`, and those of Python that its manual lists change nothing. Source: pip,
commands/install.py, "installing_into_current_environment"; docs.python.org, "Environment variables".
"""


def refused_by_pip(stage: Stage) -> Iterator[KnownCommand]:
    """Yield the commands of a stage with which pip surely stops the build; none after the first instruction that may bring another Python."""
    commands = [it for it in stage.commands(Effect.INSTALL) if _installs_with_pip(it)]
    if not commands or not _MANAGED.fullmatch(stage.image_name):
        return
    installed_at = _pip_of_distribution(stage)
    changed_at = next(
        (it.idx for one in reversed(stage.ancestry) for it in one.instructions if _may_bring_another(it)), None
    )
    for it in commands:
        place = (it.run.idx, it.syntax.range.start)
        if changed_at is not None and changed_at <= it.run.idx:
            return
        if installed_at is not None and installed_at < place and stops_build(it):
            yield it


def _installs_with_pip(command: KnownCommand) -> bool:
    is_pip = command.use.toolchain is SCRIPTING and command.use.title in ("pip install", "pip3 install")
    program = command.syntax.words[0].value if command.syntax.words else None
    if not is_pip or program not in ("pip", "pip3", "python3") or command.invocation.has_option(*_ELSEWHERE):
        return False
    # A variable may contain the option.
    return not any(it.value is None and it.text.startswith("$") for it in command.syntax.words)


def _may_bring_another(instruction: Instruction) -> bool:
    """True if an instruction may bring another Python than that of the distribution, or another pip, or may tell it to install."""
    node = instruction.node
    if _OTHERS.search(instruction.written):
        return True
    if isinstance(node, Env):
        values = (it.value.text for it in node.pairs if it.name.text == "PATH" and it.value is not None)
        return any(map(_may_find_another, values))
    if not isinstance(node, Copying) or all(_DATA.fullmatch(it.text) for it in node.sources):
        return False
    return any(map(_OF_SYSTEM.fullmatch, instruction.destinations or ("/",)))


def _may_find_another(path: str) -> bool:
    """True if a value of PATH has a directory before those of the system that may contain another pip."""
    before, mark, _after = path.strip("\"'").replace("${PATH}", "$PATH").partition("$PATH")
    return not mark or not all(map(_OF_OTHER_TOOLS.fullmatch, filter(None, before.split(":"))))


_OF_OTHER_TOOLS: Final = lazy_regex(
    r"(?:/root|/home/\w+|\$\{?HOME\}?|~)/(?:\.bun|\.cargo|\.deno|\.dotnet/tools|go)(?:/bin)?|(?:/usr/local)?/go/bin|/usr/local/cuda[\w.-]*/bin|\S*/node_modules/\.bin"
)
"""Directories of programs of other languages, in which no pip is."""
_OF_SYSTEM: Final = lazy_regex(r"/(?:etc|root|usr|usr/(?:local/)?(?:s?bin|lib|local))?(?:/\..*)?")
"""Directories from which programs and the settings of pip are read."""


_DATA: Final = lazy_regex(r"(?:[\w./-]*/)?[\w-]+\.(?:json|lock|md|toml|txt|ya?ml)")
"""A file that is neither a program nor a setting of pip, such as `requirements.txt`."""


def replaces_pip(command: KnownCommand) -> bool:
    """True if a command upgrades what the package manager has installed: then pip refuses to uninstall it, with `--break-system-packages` too.

    Source: pip, "Cannot uninstall pip, RECORD file not found. Hint: The package was installed by debian".
    """
    arguments = command.syntax.arguments
    # `python3 -m pip install -U tool`
    packages = arguments[arguments.index("install") + 1 :] if "install" in arguments else ()
    names = {it.partition("=")[0].rstrip("<>~!") for it in packages}
    return command.invocation.has_option("-U", "--upgrade") and not names.isdisjoint({"pip", "setuptools", "wheel"})


def asks_for_python_2(stage: Stage) -> bool:
    """True if a stage or an ancestor installs a package that its distribution no longer has."""
    installing = (it for one in stage.ancestry for run in one.runs for it in run.commands if it.name in _INSTALLERS)
    return any(_GONE.fullmatch(word) is not None for it in installing for word in it.syntax.arguments)


def _pip_of_distribution(stage: Stage) -> tuple[int, int] | None:
    """The place of the first command that installs the pip of the distribution, in a stage or an ancestor; None without one."""
    for one in reversed(stage.ancestry):
        for run in one.runs:
            for it in run.commands:
                if it.name in _INSTALLERS and not _PIP.isdisjoint(it.syntax.arguments):
                    return run.idx, it.syntax.range.start
    return None
