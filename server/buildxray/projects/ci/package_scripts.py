"""The builds that the scripts of a `package.json` start: `docker compose -f compose.prod.yml up --build`. Nothing is executed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from buildxray.files.reading import path_below, read_project_text
from buildxray.localization import gettext_lazy as _
from buildxray.projects.ci.command_lines import PROGRAMS
from buildxray.projects.ci.commands import read_commands
from buildxray.projects.ci.script_files import PACKAGE
from buildxray.projects.ci.shell_scripts import ShellScripts
from buildxray.projects.ci.site import Reading, Site, project_path
from buildxray.projects.yaml import as_mapping
from buildxray.syntax.lazy_regex import lazy_regex

_MOST_SCRIPTS: Final = 100
_PROGRAM: Final = lazy_regex(PROGRAMS)


def read_package_scripts(root: Path, directory: Path, *, local_platform: str) -> Reading:
    """Read the builds that the scripts of the `package.json` of a directory start, given the root of the project.

    npm, pnpm and Yarn run a script in the directory of its `package.json`.
    """
    scripts = ShellScripts(directory)
    reading = Reading(scripts)
    path = directory / PACKAGE
    text = read_project_text(path)
    if text is None:
        return reading
    shown = path_below(path, root) or PACKAGE
    site = Site(
        root,
        lambda it: project_path(root, it),
        path_below(directory, root) or ".",
        source=path,
        local_platform=local_platform,
    )
    starting = [(name, it) for name, it in _scripts(text) if _starts_builds(it, scripts)]
    for name, script in starting[:_MOST_SCRIPTS]:
        line = _line_of(name, text)
        origin = _("{file}, script `{script}`", file=shown, script=name)
        read_commands(script, site._replace(name=name, line=line, origin=origin), reading)
    return reading


def _scripts(text: str) -> Iterator[tuple[str, str]]:
    """The scripts by their names; none in a text that is not JSON."""
    try:
        listed = as_mapping(as_mapping(json.loads(text)).get("scripts"))
    except (ValueError, RecursionError):
        return
    yield from ((name, it) for name, it in listed.items() if isinstance(it, str))


def _starts_builds(script: str, scripts: ShellScripts) -> bool:
    return _PROGRAM.search(script) is not None or scripts.may_be_started_in(script)


def _line_of(name: str, text: str) -> int:
    """The 1-based line of the script's name, which is looked for after the key `scripts`."""
    key = re.search(r'"scripts"\s*:', text)
    start = 0 if key is None else key.end()
    place = text.find(json.dumps(name, ensure_ascii=False), start)
    return text.count("\n", 0, max(place, start)) + 1
