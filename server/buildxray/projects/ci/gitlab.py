"""The jobs of GitLab as they run: with the keys of the jobs that they extend, once for each combination of a matrix. Nothing is executed.

Source: docs.gitlab.com, "CI/CD YAML syntax reference", `extends`, `parallel:matrix`; "Jobs", "Hide a job".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from buildxray.projects.yaml import YamlMapping, as_mapping
from buildxray.syntax.lazy_regex import lazy_regex

_DEEPEST: Final = 8
"""Jobs that extend one another; GitLab allows eleven."""
_MOST_PARENTS: Final = 10
_MOST_COMBINATIONS: Final = 200
"""GitLab's limit for the jobs of a matrix."""
_MOST_JOBS: Final = 1_000
"""Jobs of one file, each combination of a matrix counted."""


_PATH: Final = lazy_regex(r"(?:^|/)\.gitlab(?:-ci)?/|gitlab-ci[^/]*$")

_REFERENCE: Final = lazy_regex(r"!reference[ \t]*(?P<names>[^\n]*)")


def is_of_gitlab(path: str) -> bool:
    """True for the path of a pipeline of GitLab, from the root of the repository."""
    return _PATH.search(path) is not None


def names_elsewhere(name: str, text: str, others: Iterable[str]) -> bool:
    """True if a hidden job, given its name and the text of its pipeline, is used in a way that is not read: by `!reference`, or by another file."""
    naming = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w.:-])")
    references = (it["names"] for it in _REFERENCE.finditer(text))
    return any(naming.search(it) is not None for it in itertools.chain(references, others))


def with_whole_jobs(document: YamlMapping, is_named: Callable[[str], bool] = lambda _name: True) -> YamlMapping:
    """A pipeline whose jobs have the keys of those that they extend, without the hidden ones (`.build`) that GitLab does not run itself.

    A hidden job that no job of the pipeline extends is kept if it `is_named` elsewhere. A job with a matrix is one job for each
    combination, whose values are variables, named as GitLab does: `build: [arm64]`.
    """
    whole, used = YamlMapping(), set[str]()
    known: dict[str, YamlMapping] = {}
    merged = {
        name: _extended(document, name, used, known, _DEEPEST) if isinstance(job, YamlMapping) else job
        for name, job in document.items()
    }
    for name, job in merged.items():
        if name.startswith(".") and (name in used or not is_named(name)):
            continue
        for shown, one in _combinations(name, job):
            if len(whole) >= _MOST_JOBS:
                break
            whole[shown] = one
            whole.lines[shown] = document.lines.get(name, 1)
    return whole


def _extended(
    document: YamlMapping, name: str, used: set[str], known: dict[str, YamlMapping], depth: int
) -> YamlMapping:
    """A job with the keys of the jobs that it extends, those of the last one first. Effect: add their names to `used`, and the job to `known`."""
    if name in known:
        return known[name]
    job: YamlMapping = document[name]
    written = job.get("extends")
    parents = [it for it in (written if isinstance(written, list) else [written]) if isinstance(it, str)]
    result = YamlMapping()
    for parent in parents[:_MOST_PARENTS]:
        if depth > 0 and isinstance(document.get(parent), YamlMapping) and parent != name:
            used.add(parent)
            result = _merged(result, _extended(document, parent, used, known, depth - 1), _DEEPEST)
    known[name] = _merged(result, job, _DEEPEST) if parents else job
    return known[name]


def _merged(below: YamlMapping, above: YamlMapping, depth: int) -> YamlMapping:
    """Two tables as one: the second takes precedence, and tables in both are merged too."""
    result = YamlMapping()
    for table in (below, above):
        for key, value in table.items():
            before = result.get(key)
            if isinstance(before, YamlMapping) and isinstance(value, YamlMapping) and depth > 0:
                value = _merged(before, value, depth - 1)  # noqa: PLW2901 - the whole value of this key
            result[key] = value
            result.lines[key] = table.lines.get(key, 1)
    return result


def _combinations(name: str, job: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - what YAML holds
    """The jobs of a matrix with their names; a job without one alone."""
    listed = as_mapping(as_mapping(job).get("parallel")).get("matrix")
    if not isinstance(job, YamlMapping) or not isinstance(listed, list):
        yield name, job
        return
    combinations = (it for entry in listed if isinstance(entry, Mapping) for it in _of_entry(entry))
    for values in itertools.islice(combinations, _MOST_COMBINATIONS):
        one = YamlMapping()
        one.update(job)
        one.lines = job.lines
        variables = YamlMapping()
        variables.update({**as_mapping(job.get("variables")), **values})
        one["variables"] = variables
        yield f"{name}: [{', '.join(values.values())}]", one


def _of_entry(entry: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    lists = [[str(it) for it in (value if isinstance(value, list) else [value])] for value in entry.values()]
    return (dict(zip(entry, it, strict=True)) for it in itertools.product(*lists))
