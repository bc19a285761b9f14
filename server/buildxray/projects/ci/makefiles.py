"""Makefiles, as text: the builds in their recipes, with the variables that the file itself sets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from buildxray.files.reading import read_project_text
from buildxray.localization import gettext_lazy as _
from buildxray.projects.ci.commands import Reading, Site, project_path, read_commands

FILE_NAMES: Final = ("GNUmakefile", "makefile", "Makefile")
_VARIABLE: Final = re.compile(
    r"(?:export\s+|override\s+)*(?P<name>[\w.-]+)\s*(?P<operator>\?=|:{1,3}=|\+=|=)\s*(?P<value>.*)"
)
_RULE: Final = re.compile(r"(?P<targets>[^\t#=:][^=:#]*?)\s*::?(?![=:])(?P<rest>.*)")
_REFERENCE: Final = re.compile(r"\$(?:\$|\((?P<round>[^()$]*)\)|\{(?P<curly>[^{}$]*)\}|(?P<letter>[\w@<^*%?+]))")
_MOST_DEPTH: Final = 12
_MOST_TEXT: Final = 20_000
_CONDITIONS: Final = ("ifeq", "ifneq", "ifdef", "ifndef", "else", "endif", "include", "-include", "define", "endef")


class _Recipe(NamedTuple):
    targets: tuple[str, ...]
    line: int
    text: str
    prerequisites: tuple[str, ...] = ()


class Makefile(NamedTuple):
    """The variables and the recipes of a file."""

    variables: Mapping[str, str]
    recipes: tuple[_Recipe, ...]


def parse_makefile(text: str) -> Makefile:
    """Read the text of a Makefile; of branches that exclude each other all are read, the first value counts."""
    variables: dict[str, str] = {}
    recipes: list[_Recipe] = []
    targets: tuple[str, ...] = ()
    prerequisites: tuple[str, ...] = ()
    pending: list[str] = []
    start = 0
    for line, content in _logical_lines(text):
        if content.startswith("\t"):
            if not pending:
                start = line
            pending.append(content[1:].lstrip("@-+"))
            continue
        if pending:
            recipes.append(_Recipe(targets, start, "\n".join(pending), prerequisites))
            pending = []
        stripped = content.strip()
        if not stripped or stripped.startswith(("#", *_CONDITIONS)):
            continue
        variable = _VARIABLE.fullmatch(stripped)
        if variable is not None:
            value = variable["value"].partition(" #")[0].strip()
            if variable["operator"] == "+=":
                variables[variable["name"]] = f"{variables.get(variable['name'], '')} {value}".strip()
            else:
                variables.setdefault(variable["name"], value)
            continue
        rule = _RULE.fullmatch(content)
        if rule is not None:
            targets = (*rule["targets"].split(),)
            dependencies, separator, recipe = rule["rest"].partition(";")
            prerequisites = (*dependencies.partition("#")[0].partition("|")[0].split(),)
            if separator:
                recipes.append(_Recipe(targets, line, recipe.strip(), prerequisites))
    if pending:
        recipes.append(_Recipe(targets, start, "\n".join(pending), prerequisites))
    return Makefile(variables, (*recipes,))


def read_makefile(
    path: Path, site: Site, reading: Reading, goals: Sequence[str] = (), given: Mapping[str, str] | None = None
) -> None:
    """Effect: add the builds of the recipes of a Makefile, or of those for some goals; `given` overrides its variables."""
    text = read_project_text(path)
    if text is None or "docker" not in text:
        return
    makefile = parse_makefile(text)
    variables = {**makefile.variables, **(given or {})}
    for recipe in makefile.recipes:
        if goals and not {*goals} & {*recipe.targets}:
            continue
        # The recipes of most rules have nothing to do with images.
        if not re.search(r"build|bake|\.sh\b", _expanded(recipe.text, variables, recipe, 0)):
            continue
        goal = recipe.targets[0] if recipe.targets else ""
        where = path.relative_to(site.root).as_posix() if path.is_relative_to(site.root) else path.name
        own = site._replace(
            name=site.name or goal or path.name,
            source=path,
            line=recipe.line,
            origin=site.origin or _("{file}, target `{target}`", file=where, target=goal),
            depth=site.depth + 1,
        )
        read_commands(_expanded(recipe.text, variables, recipe, 0), own, reading)


def find_makefile(directory: Path) -> Path | None:
    """The file that `make` reads in a directory."""
    return next((directory / it for it in FILE_NAMES if (directory / it).is_file()), None)


def makefile_site(root: Path, directory: Path, local_platform: str) -> Site:
    """Where the recipes of a Makefile run."""
    inside = directory.relative_to(root).as_posix() if directory.is_relative_to(root) else "."
    return Site(root, lambda it: project_path(root, it), inside, local_platform=local_platform)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines with their numbers, continued ones joined."""
    joined, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        start = start or number
        if line.endswith("\\"):
            joined += line[:-1] + " "
            continue
        content = joined + (line.lstrip() if joined else line)
        yield start, content
        joined, start = "", 0
    if joined:
        yield start, joined


def _expanded(text: str, variables: Mapping[str, str], recipe: _Recipe, depth: int) -> str:
    """The text that the shell gets; what nothing sets becomes a variable of the shell that nothing sets either."""

    def replaced(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        name = (match["round"] or match["curly"] or match["letter"] or "").strip()
        if name == "@" and recipe.targets:
            return recipe.targets[0]
        if name in {"<", "^"} and recipe.prerequisites and "$" not in "".join(recipe.prerequisites):
            return recipe.prerequisites[0] if name == "<" else " ".join(recipe.prerequisites)
        if name in variables and depth < _MOST_DEPTH:
            return _expanded(variables[name], variables, recipe, depth + 1)
        if name in {"CURDIR", "PWD"}:
            return "."
        if name == "MAKE":
            return "make"
        return "${MAKE_" + re.sub(r"\W", "_", name) + "}"

    return _REFERENCE.sub(replaced, text)[:_MOST_TEXT]
