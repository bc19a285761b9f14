"""The variables of a justfile, whose values just writes into the commands of its recipes.

Source: just.systems/man, "Expressions and Substitutions", "Strings", "Environment Variables".
"""

from __future__ import annotations

import re
from typing import Final

from buildxray.projects.substitution import substituted
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.shell import UNKNOWN

_ASSIGNMENT: Final = lazy_regex(
    r"^(?:export[ \t]+)?(?P<name>[A-Za-z_][\w-]*)[ \t]*:=(?P<value>[^\r\n]+)\r?$", re.MULTILINE
)
_TERM: Final = lazy_regex(
    r"""\s*(?:"(?P<cooked>[^"\\\n]*)"|'(?P<raw>[^'\n]*)'"""
    r"""|(?:env|env_var_or_default)\(\s*["'][^"']*["']\s*,\s*["'](?P<default>[^"'\\]*)["']\s*\)"""
    r"""|(?P<name>[A-Za-z_][\w-]*)(?!\s*\())\s*(?:(?P<joint>[+/])|$)"""
)
_TEMPLATE: Final = lazy_regex(r"\{\{(?!\{)(?P<value>[^{}\r\n]+)\}\}")
_RECIPE: Final = lazy_regex(r"@?[A-Za-z_][\w-]*(?P<parameters>(?:[ \t][^:\r\n]*)?):(?!=)")
_PARAMETER: Final = lazy_regex(
    r"""[+*$]*(?P<name>[A-Za-z_][\w-]*)(?:[ \t]*=[ \t]*(?P<value>"[^"\n]*"|'[^'\n]*'|[\w-]+))?"""
)
_MOST_LINE: Final = 20_000
_MOST_TERMS: Final = 100


def with_values(justfile: str) -> str:
    """A justfile with the values of its variables in place of `{{name}}`; one that only running just could tell is left as it is.

    Lines keep their numbers.
    """
    if "{{" not in justfile or ":=" not in justfile:
        return justfile
    variables: dict[str, str] = {}
    for match in _ASSIGNMENT.finditer(justfile):
        value = _evaluated(match["value"].partition(" #")[0], variables)
        variables.pop(match["name"], None)
        if value is not None:
            variables[match["name"]] = value

    lines: list[str] = []
    scope = variables
    for line in justfile.splitlines(keepends=True):
        header = _RECIPE.match(line)
        if header is not None:
            scope = {**variables, **_parameters(header["parameters"], variables)}
        lines.append(substituted(_TEMPLATE, lambda it: _value(it, scope), line, _MOST_LINE))  # noqa: B023 - called at once
    return "".join(lines)


def _parameters(written: str, variables: dict[str, str]) -> dict[str, str]:
    """The defaults of the parameters of a recipe; an unknown one hides the variable of its name."""
    parameters: dict[str, str] = {}
    for match in _PARAMETER.finditer(written):
        value = _evaluated(match["value"] or "", variables)
        parameters[match["name"]] = UNKNOWN if value is None else value
    return parameters


def _value(template: re.Match[str], variables: dict[str, str]) -> str:
    value = _evaluated(template["value"], variables)
    return template[0] if value is None or UNKNOWN in value else value


def _evaluated(expression: str, variables: dict[str, str]) -> str | None:
    """The value of strings, variables and defaults of the environment joined by `+` and `/`; None if it is unknown."""
    value, position, joint = "", 0, "+"
    for _term in range(_MOST_TERMS):
        match = _TERM.match(expression, position)
        if match is None:
            return None
        named = match["name"]
        literal = next((it for it in (match["cooked"], match["raw"], match["default"]) if it is not None), None)
        part = literal if named is None else variables.get(named)
        if part is None:
            return None
        value = f"{value}/{part}" if joint == "/" else value + part
        position = match.end()
        if match["joint"] is None:
            return value
        joint = match["joint"]
    return None
