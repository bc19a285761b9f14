"""The machines on which the jobs of pipelines run, by the keys with which each system chooses one. GitHub's workflows are read elsewhere.

Source: the manuals of GitLab (`tags`), CircleCI (`resource_class`), Drone (`platform`), Woodpecker (`labels`), Buildkite (`agents`),
Cirrus CI (`arm_container`), Azure Pipelines (`pool`) and Bitbucket Pipelines (`runs-on`, `runtime`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from buildxray.platforms.machines import AMD64, Machines
from buildxray.platforms.platform import Platform
from buildxray.projects.ci.machines import named_architectures, runner_platform
from buildxray.projects.substitution import substituted
from buildxray.projects.yaml import YamlMapping, as_mapping
from buildxray.syntax.lazy_regex import lazy_regex

_Labels = list[str] | None
"""The labels of the machine that a table chooses; None if it chooses none."""
_UNKNOWN: Final = Machines(is_unknown=True)
_DEEPEST: Final = 8
_MOST_LABELS: Final = 50
_VARIABLE: Final = lazy_regex(r"\$(?:\{(?P<braced>\w+)\}|(?P<plain>[A-Za-z_]\w*))")
_UNRESOLVED: Final = lazy_regex(r"\$|\{\{|<<")
"""What is left of a variable, of a parameter of CircleCI or of a template."""
_LONGEST: Final = 2_000


class _System(NamedTuple):
    """A kind of pipeline."""

    path: str
    """A pattern for its path from the root of the repository."""
    labels: Callable[[Mapping[str, Any], Mapping[str, Any]], _Labels]
    """The labels that a table chooses, given the whole document too."""
    usual: Machines
    """The machine of a job that chooses none."""


class PipelineMachines:
    """The machines of the jobs of one file, some of which run on another architecture than the usual amd64, or on one that a variable names."""

    def __init__(self, system: _System, document: Mapping[str, Any]) -> None:
        self._system = system
        self._document = document
        self.usual = system.usual

    def of(self, table: Mapping[str, Any], around: Machines, variables: Mapping[str, str]) -> Machines:
        """The machine of a table, given that of the one around it and the values of variables."""
        labels = self._system.labels(table, self._document)
        if labels is None:
            return around
        known = [substituted(_VARIABLE, lambda it: _value(it, variables), it, _LONGEST) for it in labels]
        platform = None if any(map(_UNRESOLVED.search, known)) else _platform(known)
        return _UNKNOWN if platform is None else Machines(platform)


def _value(match: Any, variables: Mapping[str, str]) -> str:  # noqa: ANN401 - a match of a pattern
    value: str = variables.get(match["braced"] or match["plain"], match[0])
    return value


def _platform(labels: Iterable[str]) -> Platform | None:
    """The platform that labels name; None if they name none, or several."""
    named = named_architectures(" ".join(labels))
    return Platform("linux", named.pop()) if len(named) == 1 else None


def pipeline_machines(path: str, documents: Iterable[YamlMapping]) -> list[PipelineMachines | None]:
    """The machines of each document of a pipeline, given its path from the root of the repository.

    None for all if no job names another machine than the usual ones: then people may have set up anything.
    """
    listed = [*documents]
    system = next((it for it in _SYSTEMS if lazy_regex(it.path).search(path)), None)
    if system is None or not any(_names_other(system, it) for it in listed):
        return [None for _it in listed]
    return [PipelineMachines(system, it) for it in listed]


def names_machine(path: str, document: Mapping[str, Any], architecture: str) -> bool:
    """True if a job of a pipeline names a machine of an architecture, given the path of the file from the root of the repository."""
    system = next((it for it in _SYSTEMS if lazy_regex(it.path).search(path)), None)
    if system is None:
        return False
    labels = (system.labels(it, document) or () for it in _tables(document))
    return any(architecture in named_architectures(" ".join(it)) for it in labels)


def _names_other(system: _System, document: Mapping[str, Any]) -> bool:
    """True if a table of a document names a machine of another architecture than amd64, or by a variable."""
    for table in _tables(document):
        labels = system.labels(table, document) or ()
        if any(_UNRESOLVED.search(it) for it in labels) or named_architectures(" ".join(labels)) - {"amd64"}:
            return True
    return False


def _tables(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The tables of a document, that on the outside included."""
    waiting: list[tuple[object, int]] = [(document, 0)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, Mapping):
            yield value
            waiting += ((it, depth + 1) for it in value.values() if depth < _DEEPEST)
        elif isinstance(value, list):
            waiting += ((it, depth) for it in value if isinstance(it, Mapping))


def _texts(value: object) -> list[str]:
    """The texts in a value, those of tables in it included."""
    found: list[str] = []
    waiting = [value]
    while waiting and len(found) < _MOST_LABELS:
        current = waiting.pop()
        if isinstance(current, Mapping):
            waiting += current.values()
        elif isinstance(current, list):
            waiting += current
        elif isinstance(current, str):
            found.append(current)
    return found


def _given(table: Mapping[str, Any], *keys: str) -> _Labels:
    """The texts below some keys of a table; None if it has none of them."""
    present = [it for it in keys if it in table]
    return [text for it in present for text in _texts(table[it])] if present else None


def _of_circle(table: Mapping[str, Any], document: Mapping[str, Any]) -> _Labels:
    """`arm.medium` is one of CircleCI's machines, `owner/name` is another one."""
    written = table.get("resource_class")
    executor = table.get("executor")
    if written is None and executor is not None:
        name = as_mapping(executor).get("name", executor)
        named = as_mapping(as_mapping(document.get("executors")).get(str(name)))
        written = named.get("resource_class", None if named else "<< executor >>")
    if not isinstance(written, str):
        return None
    is_hosted = not any(it in written for it in ("/", "<<", "$", "macos"))
    return [written] if not is_hosted or written.startswith("arm") else ["amd64"]


def _of_drone(table: Mapping[str, Any], _document: Mapping[str, Any]) -> _Labels:
    platform = table.get("platform")
    return [str(platform.get("arch", "amd64"))] if isinstance(platform, Mapping) else None


def _of_woodpecker(table: Mapping[str, Any], document: Mapping[str, Any]) -> _Labels:
    if table is not document:
        return None
    platform = table.get("platform")
    labels = as_mapping(table.get("labels"))
    if labels:
        return _texts(labels)
    # The form of Drone is read too.
    return (
        _of_drone(table, document)
        if isinstance(platform, Mapping)
        else [platform]
        if isinstance(platform, str)
        else None
    )


def _of_cirrus(table: Mapping[str, Any], _document: Mapping[str, Any]) -> _Labels:
    for key, value in table.items():
        if key == "arm_container":
            return ["arm64"]
        if key == "persistent_worker":
            return _texts(as_mapping(value).get("labels"))
        if key in {"container", "docker_builder"} or key.endswith("_instance"):
            return [str(as_mapping(value).get("architecture", "amd64"))]
    return None


def _of_azure(table: Mapping[str, Any], _document: Mapping[str, Any]) -> _Labels:
    pool = table.get("pool")
    if pool is None:
        return None
    image = as_mapping(pool).get("vmImage")
    hosted = runner_platform(image) if isinstance(image, str) else None
    return _texts(pool) if hosted is None else [hosted.architecture]


_SYSTEMS: Final = (
    _System(r"(?:^|/)\.circleci/", _of_circle, Machines(AMD64)),
    _System(
        r"(?:^|/)\.gitlab(?:-ci)?/|gitlab-ci[^/]*$",
        lambda table, _document: _given(table, "tags") if isinstance(table.get("tags"), list) else None,
        _UNKNOWN,
    ),
    _System(r"(?:^|/)\.drone[./]", _of_drone, Machines(AMD64)),
    _System(r"(?:^|/)\.woodpecker[./]", _of_woodpecker, _UNKNOWN),
    _System(r"(?:^|/)\.buildkite/", lambda table, _document: _given(table, "agents"), _UNKNOWN),
    _System(r"(?:^|/)\.cirrus\.", _of_cirrus, Machines(AMD64)),
    _System(r"azure|(?:^|/)\.?pipelines/|(?:^|/)ado/", _of_azure, _UNKNOWN),
    _System(r"bitbucket-pipelines", lambda table, _document: _given(table, "runs-on", "runtime"), Machines(AMD64)),
)
