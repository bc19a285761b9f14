"""Python, Ruby and PHP: package managers, whose packages may bring or compile native code for the stage's machine.

Source: the command references of pip, uv, Poetry, Bundler, RubyGems and Composer; docker-library/php.
"""

from __future__ import annotations

import posixpath
from typing import Final

from buildxray.localization import N_
from buildxray.plan.paths import clean
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import ShellWord
from buildxray.toolchains.base import Effect, Invocation, Reading, Toolchain, Use

_PYTHON: Final = frozenset(
    {"conda", "mamba", "micromamba", "pdm", "pip", "pip2", "pip3", "pipenv", "pipx", "poetry", "uv"}
)
_PHP_EXTENSIONS: Final = frozenset(
    {
        "docker-php-ext-configure",
        "docker-php-ext-enable",
        "docker-php-ext-install",
        "install-php-extensions",
        "pecl",
        "pie",
    }
)
_INSTALLING: Final = frozenset({"add", "create", "install", "sync", "update", "wheel"})
_BROWSERS: Final = ("playwright install", "playwright install-deps")
"""Commands that install browsers, and packages of the distribution for them. Source: playwright.dev/python, "Browsers"."""
_FREEZING: Final = frozenset({"PyInstaller", "cxfreeze", "nuitka", "nuitka3", "pyinstaller"})
"""Programs that join a script and Python into a program for their own machine. Source: the manuals of PyInstaller, Nuitka and cx_Freeze."""
_FROZEN: Final = ("--build-exe", "--distpath", "--output-dir", "--output-filename", "--target-dir")
"""Options of these programs for the directory or the file that they write."""
_KNOWN: Final = (
    _FREEZING | _PHP_EXTENSIONS | _PYTHON | {"bundle", "bundler", "composer", "gem", "playwright", "python", "python3"}
)
_TARGETS: Final = ("--prefix", "--root", "--target", "-d", "-t", "-w", "--wheel-dir")


def _recognize(invocation: Invocation, toolchain: Toolchain) -> Use | None:
    command = invocation.command
    name = command.name
    # Reading the operands of each command would take longer than all the rest.
    arguments = invocation.operand_texts if name in _KNOWN else []
    if name in ("python", "python3") and command.arguments[:1] == ("-m",):
        # `python -m pip install` is `pip install`, `python -m venv /venv` creates a directory of programs.
        name, arguments = next(iter(arguments), ""), arguments[1:]
        if name == "venv":
            return Use(toolchain, invocation, Effect.INSTALL, "python -m venv", outputs=_environments(invocation))
    if name in _FREEZING:
        machines = tuple(it.architecture for it in invocation.step_platforms)
        return Use(
            toolchain,
            invocation,
            Effect.COMPILE,
            name,
            architectures=machines,
            outputs=invocation.option_paths(*_FROZEN),
            must_run_on_target=True,
            is_native_only=True,
        )
    browsers = " ".join((name, *arguments[:1]))
    if name in _PHP_EXTENSIONS or browsers in _BROWSERS:
        return Use(toolchain, invocation, Effect.INSTALL, name if name in _PHP_EXTENSIONS else browsers)
    if name == "composer":
        return _composer(invocation, toolchain, " ".join((name, *arguments[:1])))
    if name not in _PYTHON and name not in ("bundle", "bundler", "gem"):
        return None
    # `uv pip install` is another command than `uv sync`.
    is_of_pip = name == "uv" and arguments[:1] == ["pip"] and invocation.command.arguments[:1] == ("pip",)
    title = " ".join((name, *arguments[: 1 + is_of_pip]))
    if name in ("bundle", "bundler") and (not arguments or arguments[0] == "exec"):
        effect = Effect.EXECUTE if arguments else Effect.INSTALL
        return Use(toolchain, invocation, effect, title)
    if "download" in arguments[:1]:
        outputs = invocation.option_paths("-d", "--dest")
        return Use(toolchain, invocation, Effect.DOWNLOAD, title, outputs=outputs)
    if {*arguments[:2]} & _INSTALLING:
        is_for_target = invocation.has_option("--platform", "--python-platform")
        effect = Effect.FETCH if is_for_target else Effect.INSTALL
        return Use(
            toolchain,
            invocation,
            effect,
            title,
            3 if is_of_pip else 1,
            outputs=_outputs(invocation, name),
            manifests=_manifests(invocation, title),
            may_differ=True,
        )
    if arguments[:1] in (["run"], ["build"]):
        return Use(toolchain, invocation, Effect.EXECUTE, title)
    return Use(toolchain, invocation, Effect.NEUTRAL, title)


def compiles_extensions(invocation: Invocation) -> bool:
    """True if a command compiles C code for an extension of PHP, from the sources of PHP or of PECL.

    Source: github.com/docker-library/php, docker-php-ext-*; github.com/mlocati/docker-php-extension-installer, README.
    """
    match invocation.command.name:
        case "docker-php-ext-configure":
            # It runs a `configure`, which compiles small programs.
            return True
        case "docker-php-ext-install" | "install-php-extensions":
            extensions = [it for it in invocation.operand_texts if not it.startswith("@")]
            return any(it.partition("-")[0] not in _PUBLISHED_EXTENSIONS for it in extensions)
        case "pecl":
            return invocation.subcommand in ("install", "upgrade")
        case _:
            return False


_PUBLISHED_EXTENSIONS: Final = frozenset({"blackfire", "ioncube_loader", "sourceguardian", "tideways"})
"""Extensions that are downloaded as compiled files."""


def _composer(invocation: Invocation, toolchain: Toolchain, title: str) -> Use:
    """Recognise Composer: packages of PHP are sources, and the files that Composer generates suit every machine too."""
    is_building = title.rpartition(" ")[2] in ("create-project", "dump-autoload", "install", "require", "update")
    effect = Effect.BUNDLE if is_building else Effect.NEUTRAL
    is_elsewhere = invocation.has_option("-d", "--working-dir") or invocation.setting("COMPOSER").is_set
    manifests = ("composer.json", "composer.lock") if title == "composer install" and not is_elsewhere else ()
    return Use(toolchain, invocation, effect, title, len(title.split()), manifests=manifests, may_differ=is_building)


def _outputs(invocation: Invocation, name: str) -> tuple[str, ...]:
    """The directories of packages that are not installed into the system."""
    target = invocation.argument(*_TARGETS)
    if target is not None:
        return invocation.paths(target)
    environments = tuple(it for it in invocation.setting("VIRTUAL_ENV").values if it)
    if name in ("poetry", "uv", "pipenv", "pdm"):
        project = _project(invocation)
        directories = invocation.directories if project is None else invocation.paths(project)
        environments += tuple(f"{clean(it)}/.venv" for it in directories)
    if name in ("bundle", "bundler", "gem"):
        environments += ("/usr/local/bundle", *(f"{clean(it)}/vendor/bundle" for it in invocation.directories))
    elif name.startswith("pip") and invocation.has_option("--user"):
        environments += ("/root/.local",)
    elif name.startswith("pip"):
        environments += ("/usr/local/lib", "/usr/local/bin")
        program = invocation.command.words[0].value or ""
        if program.endswith("/bin/" + invocation.command.name):
            environments += (clean(program.removesuffix("/bin/" + invocation.command.name)),)
    return environments


def _manifests(invocation: Invocation, title: str) -> tuple[str, ...]:
    """The lists of dependencies that an installation reads; none if an option or a variable names another one that is unknown."""
    if invocation.has_option("--no-index", "--offline", "--only-root"):
        # The packages are local files, or only the project is installed. Source: the manuals of pip, uv and Poetry.
        return ()
    requirements = [word for it in _LISTS_OF_PIP for word in invocation.arguments(it)]
    if requirements:
        texts = [
            word.text for word in (*requirements, *(one for it in _CONSTRAINTS for one in invocation.arguments(it)))
        ]
        is_address = any("://" in it.text for it in requirements)
        return () if is_address else tuple(dict.fromkeys(it for it in texts if "://" not in it))
    gemfile = invocation.argument("--gemfile") if title == "bundle install" else None
    if gemfile is not None:
        return () if gemfile.value is None else (gemfile.value, f"{gemfile.value}.lock")
    project = _project(invocation)
    if (project is not None and project.value is None) or invocation.setting("BUNDLE_GEMFILE").is_set:
        return ()
    directory = "" if project is None else project.value or ""
    lists = {
        "bundle install": ("Gemfile", "Gemfile.lock"),
        "poetry install": ("pyproject.toml", "poetry.lock"),
        "pipenv install": ("Pipfile", "Pipfile.lock"),
        "pipenv sync": ("Pipfile", "Pipfile.lock"),
        "uv sync": ("pyproject.toml", "uv.lock"),
    }
    return tuple(posixpath.join(directory, it) for it in lists.get(title, ()))


_LISTS_OF_PIP: Final = ("-r", "--requirement", "--requirements")
_CONSTRAINTS: Final = ("-c", "--constraint", "--constraints")
"""The options of pip and uv that name files: what to install, and of which versions. Source: the manuals of pip and uv, "pip install"."""


def local_packages(invocation: Invocation) -> list[int]:
    """The positions of the words with which pip installs from files and directories, such as `./lib` and `-e .`, and not from an index.

    Of an option and its value, both.
    """
    words, positions = invocation.command.words, list[int]()
    is_value = False
    for position, word in enumerate(words[1:], 1):
        text, before = word.value or word.text, words[position - 1].text
        if is_value:
            is_value = False
        elif before in _EDITABLE:
            positions += (position - 1, position) if "://" not in text else ()
        elif text.startswith(tuple(f"{it}=" for it in _EDITABLE)):
            positions += (position,) if "://" not in text else ()
        elif text.startswith("-"):
            is_value = text in _WITH_VALUE
        elif _LOCAL_PACKAGE.fullmatch(text) is not None:
            positions.append(position)
    return positions


_EDITABLE: Final = ("-e", "--editable")
_LOCAL_PACKAGE: Final = lazy_regex(
    r"(?!.*://)(?:[./~$].*|[^@=<>]*/.*|file:.*|.*\.(?:bz2|gz|whl|zip)(?:\[.*)?)|.*@\s*file:.*"
)
"""A word that names a directory or a file. Source: pip.pypa.io, "pip install", "Argument Handling"."""
_WITH_VALUE: Final = frozenset(
    {
        *_LISTS_OF_PIP, *_CONSTRAINTS, *_TARGETS, "--abi", "--build-constraint", "--cache-dir", "--cert", "--client-cert", "--config-settings",
        "--default-timeout", "--extra", "--extra-index-url", "--find-links", "--group", "--implementation", "--index", "--index-url", "--link-mode", "--log",
        "--no-binary", "--only-binary", "--platform", "--progress-bar", "--proxy", "--python", "--python-platform", "--python-version", "--report", "--retries",
        "--src", "--timeout", "--trusted-host", "--upgrade-strategy", "-C", "-f", "-i", "-p",
    }
)  # fmt: skip
"""Options of pip and uv after which a word is not something to install."""


_PROJECTS: Final = {"poetry": ("-C", "-P", "--directory", "--project"), "uv": ("--directory", "--project")}
"""The options with the directory of the project. Source: `uv help sync`; `poetry help install`."""


def _project(invocation: Invocation) -> ShellWord | None:
    """The directory of the project that an option names; None without one."""
    options = _PROJECTS.get(invocation.command.name)
    return None if options is None else invocation.argument(*options)


def _environments(invocation: Invocation) -> tuple[str, ...]:
    words = [it for it in invocation.command.words[3:] if not it.text.startswith("-")]
    return tuple(path for it in words for path in invocation.paths(it))


def _reads(invocation: Invocation, name: str) -> Reading:
    """The certainty of reading a variable: installation scripts of packages have no reason to, but scripts of the project may."""
    use = _recognize(invocation, SCRIPTING)
    if use is None:
        return Reading.MAYBE
    match use.effect:
        case Effect.NEUTRAL:
            return Reading.NO
        case Effect.INSTALL | Effect.FETCH | Effect.DOWNLOAD:
            arguments = {*invocation.command.arguments}
            is_own = bool(arguments & _OWN_SOURCES) or any(it.startswith("./") for it in arguments)
            return invocation.reading_by_project(name) if is_own else Reading.UNLIKELY
        case Effect.BUNDLE if invocation.has_option("--no-scripts"):
            return Reading.NO
        case _:
            return invocation.reading_by_project(name)


_OWN_SOURCES: Final = frozenset({".", "-e", "--editable"})


SCRIPTING: Final = Toolchain(
    "Python, Ruby and PHP",
    _recognize,
    _reads,
    advice=N_("packages with native code have to be installed in a stage for the target platform"),
)
