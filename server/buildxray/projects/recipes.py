"""The commands that `make` runs for some goals, as far as the text of a Makefile tells. Nothing is executed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from buildxray.files.reading import read_project_text
from buildxray.projects.ci.makefiles import expanded_recipes, parse_makefile
from buildxray.syntax.lazy_regex import lazy_regex

_PREFIXES: Final = lazy_regex(r"(?m)^[ \t]*[@+-]+")
"""What make takes away before it gives a line to the shell. Source: GNU make manual, "Recipe Echoing"."""
_MOST_TEXT: Final = 100_000
_MOST_RECIPES: Final = 200
"""Limits for a Makefile that is read while a Dockerfile is edited."""


def recipes_for(path: Path, root: Path, goals: Sequence[str], given: Mapping[str, str]) -> str | None:
    """The recipes of a Makefile for some goals and for all that they need, one after the other; None without the file or without a rule for a goal.

    Without goals, those of its default goal; `given` overrides its variables.
    """
    text = read_project_text(path)
    if text is None or len(text) > _MOST_TEXT:
        return None
    makefile = parse_makefile(text, path.parent, root)
    goals = goals or makefile.default_goals()
    if not goals or any(it not in makefile.prerequisites for it in goals):
        return None
    recipes: list[str] = []
    for recipe in expanded_recipes(makefile, goals, given):
        recipes.append(_PREFIXES.sub("", recipe))
        if sum(map(len, recipes)) > _MOST_TEXT or len(recipes) > _MOST_RECIPES:
            return None
    return "\n".join(recipes)
