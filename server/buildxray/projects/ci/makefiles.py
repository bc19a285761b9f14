"""The builds in the recipes of Makefiles, with the variables that the Makefile sets. Nothing is executed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from buildxray.files.reading import is_file, path_below, read_project_text
from buildxray.localization import gettext_lazy as _
from buildxray.projects.ci.command_lines import PROGRAMS
from buildxray.projects.ci.commands import read_commands
from buildxray.projects.ci.script_files import MAKEFILES
from buildxray.projects.ci.site import Reading, Site, project_path
from buildxray.projects.substitution import substituted
from buildxray.syntax.lazy_regex import lazy_regex

_VARIABLE: Final = lazy_regex(
    r"(?:export\s+|override\s+)*(?P<name>[\w.-]+)\s*(?P<operator>\?=|:{1,3}=|\+=|=)\s*(?P<value>.*)"
)
_RULE: Final = lazy_regex(r"(?P<targets>[^\t#=:][^=:#]*)::?(?![=:])(?P<rest>.*)")
_REFERENCE: Final = lazy_regex(r"\$(?:\$|\((?P<round>[^()$]*)\)|\{(?P<curly>[^{}$]*)\}|(?P<letter>[\w@<^*%?+]))")
_PATH_OF_PROGRAM: Final = lazy_regex(
    r"shell\s+(?:which|command\s+-v|type\s+-p)\s+(?P<name>[\w.+-]+)(?:\s+2>\s*/dev/null)?"
)
"""A call of the shell whose output is the path of a program."""
_SHELL_CALL: Final = lazy_regex(r"\$(?:\(shell\s[^()$]*\)|\{shell\s[^{}$]*\})")
_MOST_DEPTH: Final = 12
_MOST_TEXT: Final = 20_000
_MOST_CALLS: Final = 200
"""Calls of functions in one recipe."""
_SKIPPED: Final = ("include", "-include")
_WORD: Final = lazy_regex(r"[\w.-]+")
_CONDITION: Final = lazy_regex(r"(?P<word>ifeq|ifneq|ifdef|ifndef|else|endif)\b(?P<rest>.*)")


class _Recipe(NamedTuple):
    targets: tuple[str, ...]
    line: int
    text: str
    prerequisites: tuple[str, ...] = ()


_CALL: Final = lazy_regex(r"\$(?:\(call\s+(?P<round>[^()]*)\)|\{call\s+(?P<curly>[^{}]*)\})")
"""A call of a function, whose arguments hold no other calls or references."""
_DEFINE: Final = lazy_regex(r"(?:override\s+|export\s+)*define\s+(?P<name>[\w.-]+)\s*[:?+]*=?\s*")


class Makefile(NamedTuple):
    """The variables and the recipes of a Makefile."""

    variables: Mapping[str, str]
    """The variables by name, without those whose value depends on a condition."""
    recipes: tuple[_Recipe, ...]


class _Variables:
    """The variables of a Makefile while its lines are read.

    A variable that a conditional block sets is unknown, unless the block sets its only value and the condition tests whether it has one:
    `ifndef TAG`, `ifeq ($(TAG),)`.
    """

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self._doubtful: set[str] = set()
        self._conditions: list[frozenset[str]] = []
        """The words of each condition around the line."""
        self._n_conditions: Counter[str] = Counter()
        """By word, the number of these conditions with it."""

    def condition(self, word: str, rest: str) -> None:
        """Effect: enter a conditional block at `ifeq` and its variants, leave it at `endif`."""
        if word == "endif":
            ended = self._conditions.pop() if self._conditions else frozenset()
            self._n_conditions.subtract(ended)
        elif word != "else":
            self._conditions.append(frozenset(_WORD.findall(rest)))
            self._n_conditions.update(self._conditions[-1])

    def assign(self, name: str, operator: str, value: str) -> None:
        """Effect: set a variable by one assignment."""
        known = self.values.get(name)
        if operator == "+=":
            self.values[name] = f"{known or ''} {value}".strip()[:_MOST_TEXT]
        elif operator == "?=" and known is not None:
            return
        elif self._conditions:
            if self._n_conditions[name] <= 0 or known not in (None, value):
                self._doubtful.add(name)
            self.values.setdefault(name, value)
        else:
            self._doubtful.discard(name)
            self.values[name] = _once(name, value, known) if operator.startswith(":") else value

    def extend(self, name: str, line: str) -> None:
        """Effect: add a line to a variable of several lines."""
        before = self.values.get(name, "")
        self.values[name] = f"{before}\n{line}".lstrip("\n")[:_MOST_TEXT]

    @property
    def known(self) -> dict[str, str]:
        """The variables whose value does not depend on a condition."""
        return {name: it for name, it in self.values.items() if name not in self._doubtful}


def _once(name: str, value: str, known: str | None) -> str:
    """The value of `NAME := …$(NAME)…`, where `$(NAME)` is the value before."""

    def replaced(match: re.Match[str]) -> str:
        return (known or "") if name in (match["round"], match["curly"]) else match[0]

    return substituted(_REFERENCE, replaced, value, _MOST_TEXT)


def parse_makefile(text: str) -> Makefile:
    """Parse a Makefile. All branches of a conditional block contribute their recipes."""
    variables = _Variables()
    recipes: list[_Recipe] = []
    targets: tuple[str, ...] = ()
    prerequisites: tuple[str, ...] = ()
    pending: list[str] = []
    start = 0
    function: str | None = None
    for line, content in _logical_lines(text):
        if function is not None:
            if content.strip() == "endef":
                function = None
            else:
                variables.extend(function, content.strip().lstrip("@-+"))
            continue
        definition = _DEFINE.fullmatch(content.strip())
        if definition is not None:
            function = definition["name"]
            variables.assign(function, "=", "")
            continue
        if content.startswith("\t"):
            if not pending:
                start = line
            pending.append(content[1:].lstrip("@-+"))
            continue
        if pending:
            recipes.append(_Recipe(targets, start, "\n".join(pending), prerequisites))
            pending = []
        stripped = content.strip()
        condition = _CONDITION.match(stripped)
        if condition is not None:
            variables.condition(condition["word"], condition["rest"])
        if condition is not None or not stripped or stripped.startswith(("#", *_SKIPPED)):
            continue
        variable = _VARIABLE.fullmatch(stripped)
        if variable is not None:
            variables.assign(variable["name"], variable["operator"], variable["value"].partition(" #")[0].strip())
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
    return Makefile(variables.known, (*recipes,))


def read_makefile(
    path: Path, site: Site, reading: Reading, goals: Sequence[str] = (), given: Mapping[str, str] | None = None
) -> None:
    """Effect: add the builds in the recipes of a Makefile, without `goals` of all its targets; `given` overrides its variables."""
    text = read_project_text(path)
    if text is None or not re.search(rf"{PROGRAMS}|buildx|\.sh\b", text):
        return
    makefile = parse_makefile(text)
    variables = {**makefile.variables, **(given or {})}
    for recipe in makefile.recipes:
        if goals and not {*goals} & {*recipe.targets}:
            continue
        # The recipes of most rules have nothing to do with images.
        commands = _Expander(variables, recipe).expand(recipe.text)
        if not re.search(r"build|bake|bud|compose|\.sh\b", commands):
            continue
        goal = recipe.targets[0] if recipe.targets else ""
        where = path_below(path, site.root) or path.name
        own = site._replace(
            name=site.name or goal or path.name,
            source=path,
            line=recipe.line,
            origin=site.origin or _("{file}, target `{target}`", file=where, target=goal),
            depth=site.depth + 1,
        )
        read_commands(commands, own, reading)


def find_makefile(directory: Path) -> Path | None:
    """Return the file that `make` reads in a directory; None if there is none."""
    return next((directory / it for it in MAKEFILES if is_file(directory / it)), None)


def makefile_site(root: Path, directory: Path, local_platform: str) -> Site:
    """Return where the recipes of a Makefile in this directory run."""
    inside = path_below(directory, root) or "."
    return Site(root, lambda it: project_path(root, it), inside, local_platform=local_platform)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines with their 1-based numbers; continued lines are joined."""
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


class _Expander:
    """Expands the variables of one recipe; the value of each is computed once."""

    def __init__(
        self, variables: Mapping[str, str], recipe: _Recipe, depth: int = 0, calls: Iterator[int] | None = None
    ) -> None:
        self._variables = variables
        self._recipe = recipe
        self._values: dict[str, str] = {}
        self._depth = depth
        self._calls = iter(range(_MOST_CALLS)) if calls is None else calls
        """The calls of functions that are still expanded, also those of functions that call others."""

    def expand(self, text: str) -> str:
        """Return the text that the shell gets. An unset variable of make becomes an unset variable of the shell."""
        expanded = substituted(_REFERENCE, self._replaced, text, _MOST_TEXT)
        # A call of the shell whose command had references: only a run knows its output.
        expanded = _SHELL_CALL.sub("${MAKE_shell}", expanded)
        # A call whose arguments had references, which are expanded first.
        return substituted(_CALL, lambda it: self._called(it["round"] or it["curly"]), expanded, _MOST_TEXT)

    def _called(self, words: str) -> str:
        """The text of a function with its arguments: `NAME,ARGUMENT,…`. Source: GNU make, 8.7, The `call` Function."""
        name, *arguments = (it.strip() for it in words.split(","))
        body = self._variables.get(name)
        if body is None or self._depth >= _MOST_DEPTH or next(self._calls, None) is None:
            return ""
        values = {str(number): it for number, it in enumerate(arguments, 1)}
        inner = _Expander({**self._variables, **values}, self._recipe, self._depth + 1, self._calls)
        return inner.expand(body)

    def _replaced(self, match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        name = (match["round"] or match["curly"] or match["letter"] or "").strip()
        if name.startswith("call "):
            return self._called(name.removeprefix("call "))
        program = _PATH_OF_PROGRAM.fullmatch(name)
        if program is not None:
            return program["name"]
        if name == "@" and self._recipe.targets:
            return self._recipe.targets[0]
        if name not in self._values:
            # A variable that names itself is an error of make: it ends here.
            self._values[name] = _unset(name)
            prerequisites = self._recipe.prerequisites if name in {"<", "^"} else ()
            if prerequisites and "$" not in "".join(prerequisites):
                self._values[name] = prerequisites[0] if name == "<" else " ".join(prerequisites)
            elif name in self._variables and self._depth < _MOST_DEPTH:
                self._depth += 1
                self._values[name] = self.expand(self._variables[name])
                self._depth -= 1
        return self._values[name]


def _unset(name: str) -> str:
    if name in {"CURDIR", "PWD"}:
        return "."
    return "make" if name == "MAKE" else "${MAKE_" + re.sub(r"\W", "_", name) + "}"
