"""What the steps of a job add to the checkout of their repository.

Source: docs.github.com, "Workflow syntax"; the `action.yml` of actions/checkout, actions/cache and docker/build-push-action.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from buildxray.projects.ci.expressions import UNKNOWN_VARIABLE, without_expressions
from buildxray.projects.ci.shell import parse_script
from buildxray.projects.ci.step_effects import LOGIN_ACTIONS, without_address
from buildxray.projects.yaml import as_mapping
from buildxray.syntax.lazy_regex import lazy_regex

_HARMLESS_ACTION: Final = lazy_regex(
    rf"actions/(?:cache|setup-[\w-]+|upload-artifact)@.*|docker/[\w-]+@.*|aquasecurity/[\w-]+@.*|{LOGIN_ACTIONS}",
    re.IGNORECASE,
)
"""Actions that add no files to the checkout."""
_HARMLESS_PROGRAMS: Final = frozenset(
    (
        "[",
        "[[",
        "aws",
        "cat",
        "cd",
        "cut",
        "date",
        "docker",
        "echo",
        "exit",
        "export",
        "false",
        "gcloud",
        "grep",
        "head",
        "jq",
        "kubectl",
        "ls",
        "printf",
        "pwd",
        "sed",
        "set",
        "sleep",
        "tail",
        "test",
        "tr",
        "true",
        "wc",
        ":",
    )
)
"""Programs that make no directories, unless an option tells them to."""


def may_make_directories(document: object, name: str) -> bool:
    """True unless all steps of a job, given its name, are known to add no directories to the checkout of their repository.

    The files of another job arrive by a step of this one. The name is that of a target if Bake builds it: then all jobs count.
    """
    return any(steps is None or not all(map(_adds_nothing, steps)) for steps in _steps_of(document, name))


def may_make(document: object, name: str, names: Collection[str]) -> bool:
    """True unless the build of a job surely finds no files or directories of some names that its checkout lacks.

    `name` is that of the job, as for `may_make_directories`. A step may write a file, restore a cache or take another version of the repository.
    """
    jobs = [*_steps_of(document, name)]
    return not jobs or any(not steps or any(_may_make(it, names) for it in _until_images(steps)) for steps in jobs)


def _until_images(steps: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The steps of a job up to the last one that may build an image, or all steps if none is seen to."""
    last = max((n for n, it in enumerate(steps) if _OF_IMAGES.search(str(it)) is not None), default=len(steps))
    return steps[: last + 1]


def _steps_of(document: object, name: str) -> Iterator[list[Mapping[str, Any]] | None]:
    """Yield the steps of the job of a name, or of all jobs if none has it; None for one whose steps another file lists."""
    jobs = as_mapping(as_mapping(document).get("jobs"))
    for job in map(as_mapping, [jobs[name]] if name in jobs else jobs.values()):
        steps = job.get("steps")
        yield None if "uses" in job else [*map(as_mapping, steps if isinstance(steps, list) else ())]


def _may_make(step: Mapping[str, Any], names: Collection[str]) -> bool:
    """True unless a step surely makes nothing of some names in the checkout."""
    if not _adds_nothing(step):
        return True
    given = as_mapping(step.get("with"))
    is_checkout = str(step.get("uses")).startswith("actions/checkout@")
    if is_checkout and not {*given} <= _PLAIN_INPUTS:
        return True
    script = str(step.get("run", ""))
    written = " ".join((script, *(str(given.get(it, "")) for it in _WRITING_INPUTS)))
    # A Bake file may write files too, and a variable may be any path.
    return (
        _FETCHES.search(script) is not None
        or "bake" in script
        or "bake-action" in str(step.get("uses"))
        or any(re.search(rf"(?<![\w-]){re.escape(it)}(?![\w-])", written) is not None for it in names)
    )


_PLAIN_INPUTS: Final = frozenset(("fetch-depth", "fetch-tags", "persist-credentials", "show-progress", "token"))
"""Inputs of actions/checkout that leave it with the files of the commit, and with no others."""
_WRITING_INPUTS: Final = ("path", "output", "outputs", "destination", "dest")
"""Inputs that name what an action writes."""
_OF_IMAGES: Final = lazy_regex(r"bake|build|docker|podman")
_FETCHES: Final = lazy_regex(
    r"\b(?:cp|sync|rsync|download)\b|\bcompose\b[^\n;&|]{0,200}\b(?:create|exec|run|start|up)\b|\b(?:exec|start)\b"
    r"|>[ \t]{0,9}[\"']?\$(?!\{?(?:GITHUB|RUNNER)_)"
)
"""Commands that may write files of unknown names."""


def _adds_nothing(step: Mapping[str, Any]) -> bool:
    """True if a step is known to add no directories to the checkout."""
    uses, script = step.get("uses"), step.get("run")
    if isinstance(uses, str):
        given = as_mapping(step.get("with"))
        action = without_address(uses)
        if action.startswith("actions/checkout@"):
            return not {"path", "repository", "submodules"} & {*given}
        return _HARMLESS_ACTION.fullmatch(action) is not None
    read = parse_script(without_expressions(script, UNKNOWN_VARIABLE)) if isinstance(script, str) else None
    if read is None:
        return not isinstance(script, str)
    return all(it.name in _HARMLESS_PROGRAMS for it in read.commands) and not re.search(
        r"\bdocker\s+(?:cp|run)\b|--output|\s-o\b", str(script)
    )
