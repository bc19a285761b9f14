"""The builds in the recipes of Makefiles, with the variables that the Makefile sets. Nothing is executed."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from buildxray.files.reading import is_file, path_below, read_project_text
from buildxray.localization import gettext_lazy as _
from buildxray.projects.builds import absolute
from buildxray.projects.ci.command_lines import PROGRAMS, has_unknown_part
from buildxray.projects.ci.commands import read_commands
from buildxray.projects.ci.make_functions import (
    FUNCTION,
    WildcardFiles,
    applied,
    as_result,
    as_separator,
    stem,
    unset,
    with_pattern,
    without_separators,
)
from buildxray.projects.ci.script_files import MAKEFILES
from buildxray.projects.ci.site import Reading, Site, project_path
from buildxray.projects.substitution import substituted
from buildxray.syntax.lazy_regex import lazy_regex

_VARIABLE: Final = lazy_regex(
    r"(?:export\s+|override\s+)*(?P<name>[\w.-]+)\s*(?P<operator>\?=|:{1,3}=|\+=|=)\s*(?P<value>.*)"
)
_RULE: Final = lazy_regex(
    r"(?P<targets>(?:\$\([\w.-]+:[^()$:#]*\)|[^\t#=:])(?:\$\([\w.-]+:[^()$:#]*\)|[^=:#])*)::?(?![=:])(?P<rest>.*)"
)
"""The line of a rule. Its targets may be `$(NAMES:%=image-%)`."""
_REFERENCE: Final = lazy_regex(r"\$(?:\$|\((?P<round>[^()$]*)\)|\{(?P<curly>[^{}$]*)\}|(?P<letter>[\w@<^*%?+]))")
_PATH_OF_PROGRAM: Final = lazy_regex(
    r"shell\s+(?:which|command\s+-v|type\s+-p)\s+(?P<name>[\w.+-]+)(?:\s+2>\s*/dev/null)?"
)
"""A call of the shell whose output is the path of a program."""
_SHELL_CALL: Final = lazy_regex(r"\$(?:\(shell\s[^()$]*\)|\{shell\s[^{}$]*\})")
_DIRNAME: Final = lazy_regex(r"\$\(shell\s+dirname\s+\"?(?P<path>[\w./-]+)\"?\s*\)")
_OUTPUT: Final = lazy_regex(r"(?<!\$)\$\$\([^()$]*\)")
"""An output that the shell computes: `$$(date +%s)`. Its parentheses are not those of a function of make."""
_TARGET: Final = lazy_regex(r"\$(?:@|[({]@)")
"""A reference to the target of the rule."""
_SUBSTITUTION: Final = lazy_regex(r"(?P<name>[\w.-]+):(?P<pattern>[^=]*)=(?P<replacement>.*)")
"""A reference to a variable whose words are changed: `IMAGES:%=build-%`."""
_MOST_NESTING: Final = 6
_MOST_DEPTH: Final = 12
_MOST_TEXT: Final = 20_000
_MOST_CALLS: Final = 200
"""Calls of functions in one recipe."""
_INCLUDES: Final = ("include ", "-include ", "sinclude ")
_MOST_INCLUDED: Final = 30
_MOST_TRIED: Final = 300
"""Limit for the files that are looked for to be included."""
_MOST_LINES: Final = 20_000
"""The lines of the files that a Makefile includes, and of the text that it makes."""
_MOST_ROUNDS: Final = 50
"""The targets of a pattern rule, and the words of a `foreach`, that are followed."""
_MOST_OF_PATTERNS: Final = 3_000
"""The recipes that all pattern rules of a Makefile give; each further one counts as the recipe of its pattern."""
_MOST_COMPARED: Final = 1_000_000
"""The targets that are compared with all patterns of a Makefile."""
_MOST_MAKES: Final = 200
"""Limit for the calls of make that recipes without other commands are read for."""
_MOST_INSTANCES: Final = 300
"""Recipes that are read again for other variables, targets without a recipe, and prerequisites of one target."""
_EVAL: Final = lazy_regex(
    r"\$\((?:foreach\s+(?P<variable>\w+)\s*,(?P<list>[^,]*),\s*\$\()?eval\s+\$\(call\s+(?P<call>(?:[^$()]|\$\(\w+\))*)\)\)+\s*"
)
"""A call of a function whose text is read as a part of the Makefile."""
_ARGUMENT: Final = lazy_regex(r"\$(?:\((?P<round>[1-9])\)|\{(?P<curly>[1-9])\}|(?P<letter>[1-9]))")
_WORD: Final = lazy_regex(r"[\w.-]+")
_CONDITION: Final = lazy_regex(r"(?P<word>ifeq|ifneq|ifdef|ifndef|else|endif)\b(?P<rest>.*)")


class _Recipe(NamedTuple):
    """The recipe of a rule."""

    targets: tuple[str, ...]
    lines: tuple[int, ...]
    """The 1-based line in the file of each line of the text."""
    text: str
    prerequisites: tuple[str, ...] = ()
    file: Path | None = None
    """The included file that has the recipe; None for the Makefile itself."""
    stem: str = ""
    """The text for `%` in a pattern rule; empty without one."""
    variables: Mapping[str, str | None] = {}
    """The variables of its target, None for an unknown value."""
    goal: str = ""
    """The target that sets these variables for it; empty if it is its own."""


_CALL: Final = lazy_regex(r"\$(?:\(call\s+(?P<round>[^()]*)\)|\{call\s+(?P<curly>[^{}]*)\})")
"""A call of a function, whose arguments hold no other calls or references."""
_DEFINE: Final = lazy_regex(r"(?:override\s+|export\s+)*define\s+(?P<name>[\w.-]+)\s*[:?+]*=?\s*")


class Makefile(NamedTuple):
    """The variables and the recipes of a Makefile."""

    variables: Mapping[str, str]
    """The variables by name, without those whose value depends on a condition."""
    recipes: tuple[_Recipe, ...]
    included: tuple[Path, ...] = ()
    """The files that it includes."""
    files: WildcardFiles = WildcardFiles(None, None)
    prerequisites: Mapping[str, tuple[str, ...]] = {}
    """The prerequisites of each target."""

    def default_goals(self) -> tuple[str, ...]:
        """The target that `make` makes if none is named; empty if the text does not determine it. Source: GNU make manual, "How make Processes a Makefile"."""
        named = self.variables.get(".DEFAULT_GOAL")
        if named is not None:
            return () if "$" in named else (named,)
        ordinary = (it for it in self.prerequisites if "%" not in it and (not it.startswith(".") or "/" in it))
        first = next(ordinary, None)
        return () if first is None else (first,)

    def made_for(self, goals: Sequence[str]) -> frozenset[str]:
        """The targets that `make` makes for some goals: these and all that they need."""
        reached: set[str] = set()
        pending = [*goals]
        while pending:
            goal = pending.pop()
            if goal not in reached:
                reached.add(goal)
                pending += self.prerequisites.get(goal, ())
        return frozenset(reached)


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
    def is_conditional(self) -> bool:
        """True in a conditional block."""
        return bool(self._conditions)

    @property
    def known(self) -> dict[str, str]:
        """The variables whose value does not depend on a condition."""
        return {name: it for name, it in self.values.items() if name not in self._doubtful}


def _once(name: str, value: str, known: str | None) -> str:
    """The value of `NAME := …$(NAME)…`, where `$(NAME)` is the value before."""

    def replaced(match: re.Match[str]) -> str:
        return (known or "") if name in (match["round"], match["curly"]) else match[0]

    return substituted(_REFERENCE, replaced, value, _MOST_TEXT)


def parse_makefile(text: str, directory: Path | None = None, root: Path | None = None) -> Makefile:
    """Parse a Makefile. All branches of a conditional block contribute their recipes.

    `directory` is the one that `make` runs in, and files below `root` that the Makefile includes are read. Without them, none is.
    """
    parser = _Parser(directory, root)
    parser.read(text, None)
    recipes = (*parser.instances(),)
    return Makefile(parser.variables.known, recipes, (*parser.included,), parser.files, parser.prerequisites)


class _Parser:
    """Reads a Makefile and the files that it includes."""

    def __init__(self, directory: Path | None, root: Path | None) -> None:
        self._directory = directory
        self._root = root
        self.files = WildcardFiles(directory, root)
        self.variables = _Variables()
        self.included: dict[Path, None] = {}
        self.recipes: list[_Recipe] = []
        self.prerequisites: dict[str, tuple[str, ...]] = {}
        """The prerequisites of each target, of all its rules."""
        self.of_targets: dict[str, dict[str, str | None]] = {}
        """The variables that are set for a target and its prerequisites; None for an unknown value."""
        self.bodies: dict[str, list[str]] = {}
        """The lines of each `define`, as written."""
        self._n_lines = _MOST_LINES
        self._n_tried = 0
        """The files that were looked for to be included."""
        self._depth = 0

    def read(self, text: str, file: Path | None, first: int | None = None) -> None:
        """Effect: read the text of one file; `first` is the line of the call that makes the text, if it is not written in the file."""
        if self._depth >= _MOST_DEPTH:
            return
        self._depth += 1
        lines = _Lines(self, file)
        for number, content in _logical_lines(text):
            self._n_lines -= file is not None or first is not None
            if self._n_lines < 0:
                break
            lines.add(number if first is None else first, content)
        lines.end_recipe()
        self._depth -= 1

    def words(self, text: str) -> list[str]:
        """The words of a part of a rule, with the values of its variables that are known."""
        if "$" in text:
            text = _Expander(self.variables.known, _Recipe((), (), ""), self.files).expand(text)
        return text.split()

    def include(self, text: str) -> None:
        """Effect: read the included files of a line that exist in the project."""
        if self._directory is None or self._root is None:
            return
        _word, *names = self.words(text.partition("#")[0])
        matched = (self.files.matching(it) if "*" in it else (it,) for it in names if not has_unknown_part(it))
        for name in dict.fromkeys(it for listed in matched for it in listed):
            path = absolute(self._directory / name)
            if path in self.included or len(self.included) >= _MOST_INCLUDED or self._n_tried >= _MOST_TRIED:
                continue
            self._n_tried += 1
            content = read_project_text(path) if path.is_relative_to(self._root) else None
            if content is not None:
                self.included[path] = None
                self.read(content, path)

    def evaluate(self, match: re.Match[str], file: Path | None, line: int) -> None:
        """Effect: read the rules that `$(eval $(call NAME,…))` makes, once for each word of a `$(foreach …)` around it.

        Source: GNU make, 8.9, The `eval` Function; the text is expanded twice.
        """
        name, *arguments = (it.strip() for it in match["call"].split(","))
        body = self.bodies.get(name)
        if body is None:
            return
        for one in [""] if match["list"] is None else self.words(match["list"])[:_MOST_ROUNDS]:
            if has_unknown_part(one):
                continue
            values = arguments
            if match["variable"] is not None:
                values = [it.replace(f"$({match['variable']})", one) for it in arguments]
            self.read(_with_arguments("\n".join(body), values).replace("$$", "$"), file, line)

    def instances(self) -> Iterator[_Recipe]:
        """The recipes, those of pattern rules once for each target that the Makefile names, with the variables of their targets."""
        named = {*self.prerequisites, *(it for listed in self.prerequisites.values() for it in listed)}
        parents: dict[str, list[str]] = {}
        for target, listed in self.prerequisites.items():
            for it in listed:
                parents.setdefault(it, []).append(target)
        with_recipe = {it for recipe in self.recipes for it in recipe.targets}
        n_left = _MOST_INSTANCES
        n_of_patterns = n_compared = 0
        candidates = sorted(it for it in named - with_recipe if "%" not in it and not has_unknown_part(it))
        for recipe in self.recipes:
            is_bounded = n_of_patterns < _MOST_OF_PATTERNS and n_compared < _MOST_COMPARED
            followed = candidates[:_MOST_INSTANCES] if is_bounded else []
            n_compared += len(followed) if any("%" in it for it in (recipe.stem, *recipe.targets[:1])) else 0
            for one in self._of_pattern(recipe, followed):
                n_of_patterns += one.stem != ""
                goal = one.targets[0] if one.targets else ""
                yield one._replace(variables=self.of_targets.get(goal, {}))
                for parent in parents.get(goal, ()):
                    n_left -= 1
                    if n_left > 0 and self.of_targets.get(parent):
                        given = {**self.of_targets[parent], **self.of_targets.get(goal, {})}
                        yield one._replace(variables=given, goal=parent)

    def _of_pattern(self, recipe: _Recipe, named: Sequence[str]) -> Iterator[_Recipe]:
        """A recipe, or that of a pattern rule for each target it is meant for; the rule itself if no target is known."""
        pattern = recipe.stem or (recipe.targets[0] if recipe.targets else "")
        if "%" not in pattern:
            is_for_each = len(recipe.targets) > 1 and _TARGET.search(recipe.text) is not None
            for targets in ((it,) for it in recipe.targets[:_MOST_ROUNDS]) if is_for_each else (recipe.targets,):
                yield recipe._replace(targets=targets, stem="")
            return
        n_instances = 0
        for it in recipe.targets if recipe.stem else named:
            part = stem(pattern, it)
            if not part or has_unknown_part(it):
                continue
            n_instances += 1
            if n_instances > _MOST_ROUNDS:
                break
            own = () if recipe.stem else self.prerequisites.get(it, ())
            listed = tuple(one.replace("%", part) for one in recipe.prerequisites)
            yield recipe._replace(targets=(it,), prerequisites=(*listed, *own), stem=part)
        if not n_instances:
            yield recipe._replace(stem="")


class _Lines:
    """Reads the lines of one file for a parser."""

    def __init__(self, parser: _Parser, file: Path | None) -> None:
        self._parser = parser
        self._file = file
        self._targets: tuple[str, ...] = ()
        self._prerequisites: tuple[str, ...] = ()
        self._pattern = ""
        """The pattern of the targets of a static pattern rule."""
        self._pending: list[tuple[int, str]] = []
        """The lines of a recipe, each with its number."""
        self._function: str | None = None

    def add(self, line: int, content: str) -> None:
        """Effect: read a line, with those that continue it."""
        if self._function is not None:
            self._define(self._function, content)
            return
        stripped = content.strip()
        definition = _DEFINE.fullmatch(stripped)
        if definition is not None:
            self._function = definition["name"]
            self._parser.bodies[self._function] = []
            self._parser.variables.assign(self._function, "=", "")
        elif content.startswith("\t"):
            self._pending.append((line, content[1:].lstrip("@-+")))
        elif (condition := _CONDITION.match(stripped)) is not None:
            self._parser.variables.condition(condition["word"], condition["rest"])
        elif stripped and not stripped.startswith("#"):
            self.end_recipe()
            self._statement(line, content)

    def _define(self, function: str, content: str) -> None:
        if content.strip() == "endef":
            self._function = None
        else:
            self._parser.bodies[function].append(content)
            self._parser.variables.extend(function, content.strip().lstrip("@-+"))

    def _statement(self, line: int, content: str) -> None:
        """Effect: read a line that is not a part of a recipe."""
        stripped = content.strip()
        if stripped.startswith(_INCLUDES):
            self._parser.include(stripped)
        elif (evaluated := _EVAL.fullmatch(stripped)) is not None:
            self._parser.evaluate(evaluated, self._file, line)
        elif (variable := _VARIABLE.fullmatch(stripped)) is not None:
            self._parser.variables.assign(variable["name"], variable["operator"], _value(variable))
        elif (rule := _RULE.fullmatch(content)) is not None:
            self._rule(line, (*self._parser.words(rule["targets"]),), rule["rest"])

    def _rule(self, line: int, targets: tuple[str, ...], rest: str) -> None:
        """Effect: read the line of a rule, or of a variable for some targets."""
        parser = self._parser
        variable = _VARIABLE.fullmatch(rest.strip())
        if variable is not None:
            is_known = not parser.variables.is_conditional and variable["operator"] != "+="
            for it in targets:
                parser.of_targets.setdefault(it, {})[variable["name"]] = _value(variable) if is_known else None
            self._targets = ()
            return
        dependencies, separator, recipe = rest.partition(";")
        pattern, colon, after = dependencies.partition(":")
        self._pattern = pattern.strip() if colon and "%" in pattern else ""
        listed = (after if self._pattern else dependencies).partition("#")[0].partition("|")[0]
        self._targets, self._prerequisites = targets, (*parser.words(listed),)
        for it in targets:
            known = parser.prerequisites.get(it, ())
            if len(known) < _MOST_INSTANCES:
                parser.prerequisites[it] = (*known, *self._prerequisites)
        if separator:
            self._pending.append((line, recipe.strip()))

    def end_recipe(self) -> None:
        """Effect: add the recipe that the last lines are."""
        if self._pending:
            numbers, lines = zip(*self._pending, strict=True)
            self._parser.recipes.append(
                _Recipe(self._targets, numbers, "\n".join(lines), self._prerequisites, self._file, self._pattern)
            )
            self._pending = []


def _value(variable: re.Match[str]) -> str:
    """The value of an assignment, without its comment.

    A number sign begins one without a blank before it too, but not after a backslash, nor in a reference to a variable or
    function (GNU make: "Makefile Contents", and NEWS of 4.3).
    """
    text, depth = variable["value"], 0
    for match in _MARK.finditer(text):
        if match[0] == "#" and depth == 0:
            text = text[: match.start()]
            break
        depth += (match[0][-1] in "({" and (depth > 0 or match[0][0] == "$")) - (match[0] in ")}" and depth > 0)
    return text.replace("\\#", "#").strip()


_MARK: Final = lazy_regex(r"\\#|\$?[({]|[)}#]")
"""An escaped number sign, a bracket, or a number sign."""


def _with_arguments(body: str, arguments: Sequence[str]) -> str:
    """The text of a function with the values of `$(1)`, `$(2)`."""

    def value(match: re.Match[str]) -> str:
        number = int(match["round"] or match["curly"] or match["letter"])
        return arguments[number - 1] if number <= len(arguments) else ""

    return substituted(_ARGUMENT, value, body, _MOST_TEXT)


def read_placed_makefile(path: Path, root: Path, reading: Reading, local_platform: str) -> None:
    """Effect: add the builds of a Makefile as started where it is, or at the root if only from there its Dockerfiles exist: `make -f build/Makefile`."""
    n_before = len(reading.builds), len(reading.makes)
    read_makefile(path, makefile_site(root, path.parent, local_platform), reading)
    builds = reading.builds[n_before[0] :]
    if path.parent == root or not builds or any(is_file(it.dockerfile) for it in builds):
        return
    reading.read_elsewhere(n_before, lambda it: read_makefile(path, makefile_site(root, root, local_platform), it))


def read_makefile(
    path: Path,
    site: Site,
    reading: Reading,
    goals: Sequence[str] = (),
    given: Mapping[str, str] | None = None,
    *,
    is_called: bool = False,
) -> None:
    """Effect: add the builds in the recipes of a Makefile, without `goals` of all its targets; `given` overrides its variables.

    If a command calls it, without `goals` those of its default target.
    """
    text = read_project_text(path)
    may_build = text is not None and (
        re.search(rf"{PROGRAMS}|buildx|\binclude\b|\$[({{]MAKE[)}}]|\bmake[ \t]+[-\w]", text) is not None
        or reading.scripts.may_be_started_in(text)
    )
    if text is None or not may_build:
        return
    directory = absolute(site.root / site.directory)
    if (path, directory) not in reading.parsed:
        reading.parsed[path, directory] = parse_makefile(text, directory, site.root)
    makefile = reading.parsed[path, directory]
    reading.included.update(makefile.included)
    # The last one of the files that were read is the Makefile itself, unless it includes others.
    listed = {} if makefile.included else {"MAKEFILE_LIST": path.name}
    variables = {**listed, **makefile.variables, **(given or {})}
    goals = goals or (makefile.default_goals() if is_called else ())
    made = makefile.made_for(goals)
    for recipe in makefile.recipes:
        if reading.is_exhausted:
            # A note says so.
            return
        if goals and made.isdisjoint((recipe.goal,) if recipe.goal else recipe.targets):
            continue
        # The recipes of most rules have nothing to do with images.
        own_variables = {name: it for name, it in recipe.variables.items() if it is not None}
        known = {**{name: it for name, it in variables.items() if name not in recipe.variables}, **own_variables}
        lines = _expanded_lines(_Expander({**known, **(given or {})}, recipe, makefile.files), recipe.text)
        commands = "\n".join(lines)
        # Without goals, all recipes are read anyway.
        is_another = bool(goals) or "=" in commands or "-C" in commands
        runs_make = "make " in commands and is_another and len(reading.makes) < _MOST_MAKES
        is_about_images = re.search(r"build|bake|bud|compose", commands) is not None
        if not runs_make and not is_about_images and not reading.scripts.may_be_started_in(commands):
            continue
        # `$(Q)docker build .`, where Q is `@`.
        lines = [re.sub(r"(?m)^[@+-]+", "", it) for it in lines]
        if ".ONESHELL" not in text:
            # Each line has a shell of its own, in which `cd` ends.
            lines = [re.sub(r"(?m)^(?=.*\bcd\b).*", lambda it: f"({it[0]}\n)", line) for line in lines]
        numbers = [
            number for number, line in zip(recipe.lines, lines, strict=False) for _end in range(1 + line.count("\n"))
        ]
        goal = recipe.goal or (recipe.targets[0] if recipe.targets else "")
        source = recipe.file or path
        where = path_below(source, site.root) or source.name
        own = site._replace(
            # The variables of the command line are in the environment of recipes, and thus in that of other calls of make.
            environment={**site.environment, **(given or {})},
            name=site.name or goal or path.name,
            source=source,
            line=recipe.lines[0],
            line_numbers=(*numbers,),
            origin=site.origin or _("{file}, target `{target}`", file=where, target=goal),
            depth=site.depth + 1,
        )
        read_commands("\n".join(lines), own, reading)


_LINE_END: Final = "\ue005"
"""The end of a line of a recipe, before its line break, while the recipe is expanded: the value of a variable may have several lines."""


def _expanded_lines(expander: _Expander, text: str) -> list[str]:
    """The text that the shell gets for each line of a recipe; as many as `text` has, or fewer where that is too long."""
    marked = text.replace(_LINE_END, " ").replace("\n", f"{_LINE_END}\n")
    return expander.expand(marked).split(f"{_LINE_END}\n")


def expanded_recipes(makefile: Makefile, goals: Sequence[str], given: Mapping[str, str]) -> Iterator[str]:
    """Yield the recipes for some goals and for all that they need, as the shell gets them; `given` overrides the variables."""
    made = makefile.made_for(goals)
    for recipe in makefile.recipes:
        if not made.isdisjoint((recipe.goal,) if recipe.goal else recipe.targets):
            own = {name: it for name, it in recipe.variables.items() if it is not None}
            known = {name: it for name, it in makefile.variables.items() if name not in recipe.variables}
            yield _Expander({**known, **own, **given}, recipe, makefile.files).expand(recipe.text)


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
        self,
        variables: Mapping[str, str],
        recipe: _Recipe,
        files: WildcardFiles,
        depth: int = 0,
        calls: Iterator[int] | None = None,
    ) -> None:
        self._variables = variables
        self._recipe = recipe
        self._files = files
        self._values: dict[str, str] = {}
        self._depth = depth
        self._calls = iter(range(_MOST_CALLS)) if calls is None else calls
        """The calls of functions that are still expanded, also those of functions that call others."""

    def expand(self, text: str) -> str:
        """Return the text that the shell gets. An unset variable of make becomes an unset variable of the shell."""
        text = _OUTPUT.sub(lambda it: as_result(it[0][1:]), text)
        expanded = substituted(_REFERENCE, self._replaced, text, _MOST_TEXT)
        expanded = _DIRNAME.sub(lambda it: posixpath.dirname(it["path"]) or ".", expanded)
        # A call of the shell whose command had references: only a run knows its output.
        expanded = _SHELL_CALL.sub("${MAKE_shell}", expanded)
        for _round in range(_MOST_NESTING):
            before = expanded
            expanded = substituted(FUNCTION, lambda it: applied(it, self._files), expanded, _MOST_TEXT)
            # A call whose arguments had references, which are expanded first; it may itself be an argument.
            expanded = substituted(_CALL, lambda it: self._called(it["round"] or it["curly"]), expanded, _MOST_TEXT)
            if expanded == before:
                break
        return expanded if self._depth else without_separators(expanded)

    def _called(self, words: str) -> str:
        """The text of a function with its arguments: `NAME,ARGUMENT,…`. Source: GNU make, 8.7, The `call` Function."""
        name, *arguments = (it.strip() for it in words.split(","))
        body = self._variables.get(name)
        if body is None or self._depth >= _MOST_DEPTH or next(self._calls, None) is None:
            return ""
        values = {str(number): it for number, it in enumerate(arguments, 1)}
        inner = _Expander({**self._variables, **values}, self._recipe, self._files, self._depth + 1, self._calls)
        return as_result(inner.expand(body))

    def _replaced(self, match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        function = FUNCTION.fullmatch(match[0])
        if function is not None:
            return applied(function, self._files)
        name = (match["round"] or match["curly"] or match["letter"] or "").strip()
        if name.startswith("call "):
            return self._called(name.removeprefix("call "))
        program = _PATH_OF_PROGRAM.fullmatch(name)
        if program is not None:
            return program["name"]
        if name in {"shell pwd", "shell pwd -P"}:
            return "."
        if name == "@" and self._recipe.targets:
            return self._recipe.targets[0].replace("%", unset("stem"))
        if name in {"@D", "@F"} and self._recipe.targets:
            before, _slash, last = self._recipe.targets[0].replace("%", unset("stem")).rpartition("/")
            return last if name == "@F" else before or "."
        if name == "*":
            return self._recipe.stem or unset("stem")
        replaced = _SUBSTITUTION.fullmatch(name)
        if replaced is not None:
            pattern, replacement = replaced["pattern"], replaced["replacement"]
            if "%" not in pattern:
                pattern, replacement = f"%{pattern}", f"%{replacement}"
            return with_pattern(pattern, replacement, self._value(replaced["name"]).split())
        return self._value(name)

    def _value(self, name: str) -> str:
        """The value of a variable."""
        if name not in self._values:
            # A variable that names itself is an error of make: it ends here.
            self._values[name] = unset(name)
            prerequisites = self._recipe.prerequisites if name in {"<", "^"} else ()
            if prerequisites and not re.search(r"[$%]", "".join(prerequisites)):
                self._values[name] = prerequisites[0] if name == "<" else " ".join(prerequisites)
            elif name in self._variables and self._depth < _MOST_DEPTH:
                self._depth += 1
                value = as_separator(self.expand(self._variables[name]))
                # The name of a variable tells more than that of the function whose result only a run knows.
                self._values[name] = unset(name) if value == unset("shell") else value
                self._depth -= 1
        return self._values[name]
