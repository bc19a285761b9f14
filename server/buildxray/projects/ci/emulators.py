"""Jobs whose machine cannot run programs for other processors, because no step sets up emulators or a builder that brings them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

from buildxray.files.reading import is_file, read_project_text
from buildxray.projects.ci.script_files import MAKEFILES, MOST_FILES, PACKAGE, script_files
from buildxray.projects.ci.site import project_path
from buildxray.projects.ci.step_effects import LOGIN_ACTIONS, script_of, without_address
from buildxray.projects.yaml import as_mapping
from buildxray.syntax.lazy_regex import lazy_regex

_HOSTED: Final = lazy_regex(r"ubuntu-(?:latest|\d\d\.\d\d)")
"""GitHub's own machines, on which only the usual builder of Docker is set up. Source: github.com/actions/runner-images."""
_SETS_UP: Final = lazy_regex(
    r"qemu|binfmt|buildkitd|moby/buildkit|docker-container|setup-buildx|--privileged|\bdind\b"
    r"|\bbuildx[\"')}]*[ \t\\\r\n]+create\b|\bcreate[ \t\\\r\n]+--(?:append|bootstrap|config|driver|leave|name|node|platform|use)",
    re.IGNORECASE,
)
"""Words of commands that may install emulators, or make a builder in a container, whose image has them.

Source: github.com/moby/buildkit, Dockerfile, `binfmt`; docs.docker.com, "Docker driver".
"""
_HARMLESS: Final = lazy_regex(
    rf"actions/(?!github-script)[\w-]+@.*|docker/(?:login|metadata|build-push|bake|scout)-action@.*|{LOGIN_ACTIONS}",
    re.IGNORECASE,
)
"""Actions that set up no builder and no emulators."""
_SCRIPT: Final = lazy_regex(
    r"(?<![\w./-])(?:\$\w+(?=/))?(?P<path>/?(?:[\w.-]+/)*[\w.-]+\.(?:bash|cjs|groovy|js|mjs|mk|pl|ps1|py|rb|sh|ts|zsh))(?![\w.])"
)
"""The path of a script or of a part of a Makefile, mostly after a variable with the root of the checkout."""
_PROGRAM_BY_PATH: Final = lazy_regex(
    r"(?:^|[;&|(@]|\b(?:if|then|else|do|sudo|time))[ \t]*\.{0,2}/[\w./-]+", re.MULTILINE
)
_INTERPRETER: Final = lazy_regex(
    r"(?<![\w./-])(?:(?:a|ba|da|k|z)?sh|source|node|perl|python[\d.]*|ruby)(?:[ \t]+[^\s;|&]+|[ \t]*$)"
    r"|(?:^|[;&|({@])[ \t]*\.[ \t]+[^\s;|&\\]+",
    re.MULTILINE,
)
"""A program that reads commands, with the word after it."""
_INCLUDE: Final = lazy_regex(r"^[-s]?include[ \t]+(?P<path>.*)", re.MULTILINE)
_MAKE: Final = lazy_regex(r"(?<![\w./-])g?make(?![\w-])")
_PACKAGE_SCRIPT: Final = lazy_regex(r"(?<![\w./-])(?:bun|npm|pnpm|yarn)(?![\w-])")
_OTHER_TOOL: Final = lazy_regex(
    r"(?<![\w-])(?:act|bazel(?:isk)?|cargo|dagger|deno|depot|earthly|fab|goreleaser|gradlew?|hatch|invoke|just|ko|lerna"
    r"|mage|mise|moon|mvnw?|nox|npx|nsc|nx|pipenv|poetry|poe|rake|skaffold|task|tox|turbo|uv)(?=[ \t\r\n]|$)"
)
"""Programs that run the commands of files which are not read here."""
_MOST_FILES: Final = 100
"""Limit for the files that are read for one job."""


def is_plain_machine(runs_on: object) -> bool:
    """True if a job runs on one of GitHub's usual machines, given the value of `runs-on`."""
    return isinstance(runs_on, str) and _HOSTED.fullmatch(runs_on) is not None


def lacks_emulators(job: Mapping[str, Any], root: Path) -> bool:
    """True if no step of a job may set up emulators, or a builder with emulators, neither itself nor by a file of the repository.

    Only jobs that check out the repository are judged: others are not complete. What cannot be read may set up everything.
    """
    steps = job.get("steps")
    listed = [as_mapping(it) for it in steps] if isinstance(steps, list) else []
    names = [without_address(it) for step in listed if isinstance(it := step.get("uses"), str)]
    if "container" in job or not any(it.startswith("actions/checkout@") for it in names):
        return False
    scripts = [script_of(it) for it in listed]
    if may_set_up(f"{job.get('services')} {job.get('env')}") or any(
        script is None and _HARMLESS.fullmatch(without_address(str(step.get("uses", "")))) is None
        for step, script in zip(listed, scripts, strict=True)
    ):
        return False
    return all(it is not None and not may_set_up(it) for it in _texts("\n".join(filter(None, scripts)), root))


def may_set_up(text: str) -> bool:
    """True if the text of a script names what sets up emulators, or a builder with emulators."""
    return _SETS_UP.search(text) is not None


def _texts(commands: str, root: Path) -> Iterator[str | None]:
    """Yield the commands of a job, and the texts of the files that they may start, which may start others; None for one that is not read."""
    yield None if _OTHER_TOOL.search(commands) else commands
    pending, seen = [(commands, ".")], set[Path | None]()
    while pending:
        text, directory = pending.pop()
        for path in _started(text, directory, root):
            if path not in seen:
                seen.add(path)
                found = None if path is None or len(seen) > _MOST_FILES else read_project_text(path)
                yield found
                if path is not None and found is not None and path.name != PACKAGE:
                    pending.append((found, posixpath.relpath(path.parent, root)))


def _started(text: str, directory: str, root: Path) -> Iterator[Path | None]:
    """Yield the files that a text may start, given its directory relative to the root; None for one that is not known to be there."""
    if any(
        _SCRIPT.search(it[0]) is None for one in (_PROGRAM_BY_PATH, _INTERPRETER, _INCLUDE) for it in one.finditer(text)
    ):
        yield None
    for match in islice(_SCRIPT.finditer(text), _MOST_FILES + 1):
        name = match["path"].lstrip("/")
        places = [project_path(root, it) for it in (name, posixpath.join(directory, name))]
        yield next((it for it in places if it is not None and is_file(it)), None)
    if _PACKAGE_SCRIPT.search(text) is not None:
        yield root / PACKAGE
    if _MAKE.search(text) is not None:
        listed = [*script_files(root)]
        makefiles = [it for it in listed if it.name.startswith(MAKEFILES) or it.suffix == ".mk"]
        yield from makefiles if makefiles and len(listed) < MOST_FILES else [None]
