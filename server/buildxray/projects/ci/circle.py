"""The jobs of CircleCI as its workflows run them: with the values of their parameters, and the steps of the commands that they call.

Source: circleci.com/docs, "Reusable config reference", "Matrix jobs". Nothing is executed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, Final

from buildxray.projects.ci.expressions import UNKNOWN_VARIABLE
from buildxray.projects.substitution import substituted
from buildxray.projects.yaml import YamlMapping, as_mapping
from buildxray.syntax.lazy_regex import lazy_regex

_PATH: Final = lazy_regex(r"(?:^|/)\.circleci/")
_PARAMETER: Final = lazy_regex(r"<<[ \t]*(?:(?P<scope>parameters|matrix)\.)?(?P<name>[\w.-]+)[ \t]*>>")
_DEEPEST: Final = 12
_MOST_RUNS: Final = 50
"""Jobs of one file, each time that a workflow runs it counted."""
_SECTIONS: Final = frozenset(("executors", "jobs", "machine", "orbs", "parameters", "version"))
"""Keys of a pipeline that are kept; others hold the commands of jobs, what workflows say, and parts that YAML merges into jobs."""
_MOST_VALUES: Final = 50_000
"""Values in the jobs of one file, those of commands counted at each call."""
_LONGEST: Final = 20_000


def is_of_circle(path: str) -> bool:
    """True for the path of a pipeline of CircleCI, from the root of the repository."""
    return _PATH.search(path) is not None


def with_whole_jobs(document: YamlMapping) -> YamlMapping:
    """A pipeline whose `jobs` are those that its workflows run, one for each combination of a matrix; all jobs if no workflow names one.

    The commands that jobs call are left out beside their steps, and so is what workflows say.
    """
    jobs = document.get("jobs")
    if not isinstance(jobs, YamlMapping):
        return document
    runs = [*itertools.islice(_runs(document.get("workflows"), jobs), _MOST_RUNS)]
    runs = runs or [(str(name), str(name), {}) for name in [*jobs][:_MOST_RUNS]]
    whole, made = YamlMapping(), YamlMapping()
    steps = _Steps(as_mapping(document.get("commands")))
    known: list[tuple[str, str, dict[str, Any]]] = []
    for shown, name, given in runs:
        job = jobs[name]
        own = (
            shown,
            name,
            {key: it for key, it in given.items() if key in as_mapping(as_mapping(job).get("parameters"))},
        )
        # Several workflows may run a job in the same way.
        if isinstance(job, YamlMapping) and own not in known:
            known.append(own)
            unique = shown if shown not in made else f"{shown} {len(made) + 1}"
            made[unique] = steps.filled(job, _values(job, given))
            made.lines[unique] = jobs.lines.get(name, 1)
    for key, value in document.items():
        if key in _SECTIONS:
            whole[key] = made if key == "jobs" else value
            whole.lines[key] = document.lines.get(key, 1)
    return whole


def _runs(workflows: object, jobs: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The runs of jobs by workflows: the name for people, that of the job, and the values that it gets."""
    for workflow in as_mapping(workflows).values():
        listed = as_mapping(workflow).get("jobs")
        for entry in listed if isinstance(listed, list) else ():
            if isinstance(entry, str) and entry in jobs:
                yield entry, entry, {}
            for name, given in entry.items() if isinstance(entry, Mapping) else ():
                if name in jobs:
                    yield from _combinations(str(name), as_mapping(given))


def _combinations(name: str, given: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The runs of one entry of a workflow."""
    axes = {
        str(key): it if isinstance(it, list) else [it]
        for key, it in as_mapping(as_mapping(given.get("matrix")).get("parameters")).items()
    }
    shown = given.get("name")
    for values in itertools.product(*axes.values()):
        combination = dict(zip(axes, values, strict=True))
        suffix = "".join(f"-{it}" for it in values)
        title = shown if isinstance(shown, str) and "<<" not in shown else f"{name}{suffix}"
        yield title, name, {**given, **combination}


def _values(body: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, str]:
    """The values of the parameters that a job or a command declares; those that only a run tells are left out."""
    values: dict[str, str] = {}
    for name, declared in as_mapping(body.get("parameters")).items():
        value = given.get(name, as_mapping(declared).get("default"))
        if isinstance(value, bool):
            values[str(name)] = str(value).lower()
        elif isinstance(value, str | int) and "<<" not in str(value):
            values[str(name)] = str(value)
    return values


class _Steps:
    """Fills in the values of parameters, and the steps of commands."""

    def __init__(self, commands: Mapping[str, Any]) -> None:
        self._commands = commands
        self._left = _MOST_VALUES

    def filled(self, value: Any, values: Mapping[str, str], depth: int = _DEEPEST) -> Any:  # noqa: ANN401 - what YAML holds
        """A value of YAML with those of parameters. Of a command that a step calls, its own steps are written."""
        self._left -= 1
        if self._left < 0:
            return None
        if isinstance(value, str):
            return substituted(_PARAMETER, lambda it: values.get(it["name"], UNKNOWN_VARIABLE), value, _LONGEST)
        if isinstance(value, list):
            return [one for it in value for one in self._step(it, values, depth)]
        if not isinstance(value, YamlMapping) or depth <= 0:
            return value
        filled = YamlMapping()
        for key, it in value.items():
            filled[key] = self.filled(it, values, depth - 1)
            filled.lines[key] = value.lines.get(key, 1)
        return filled

    def _step(self, step: Any, values: Mapping[str, str], depth: int) -> Iterator[Any]:  # noqa: ANN401 - as above
        """The steps for one of a list: those of the command that it calls, or itself."""
        self._left -= 1
        if self._left < 0:
            return
        name = step if isinstance(step, str) else next(iter(step), "") if isinstance(step, Mapping) else ""
        command = self._commands.get(name)
        if not isinstance(command, Mapping) or depth <= 0:
            yield self.filled(step, values, depth - 1)
            return
        given = as_mapping(step[name]) if isinstance(step, Mapping) else {}
        own = _values(command, as_mapping(self.filled(given, values, depth - 1)))
        known = {key: it for key, it in own.items() if UNKNOWN_VARIABLE not in it}
        listed = command.get("steps")
        for it in listed if isinstance(listed, list) else ():
            yield from self._step(it, known, depth - 1)
