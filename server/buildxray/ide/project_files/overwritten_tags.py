"""Jobs of a matrix over platforms that push their images with the same tags, so that one image replaces the other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from buildxray.ide.diagnostics import Diagnostic
from buildxray.ide.project_files.base import diagnostic
from buildxray.ide.project_files.build_entry import BuildEntry, DeclaringFile
from buildxray.localization import _
from buildxray.projects.builds import DeclaredBuild
from buildxray.projects.yaml import YamlMapping, as_mapping
from buildxray.rules.base import Severity
from buildxray.rules.wording import platforms
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import TextRange

_ACTION: Final = "docker/build-push-action@"
_JOINING: Final = lazy_regex(r"digest|imagetools|manifest", re.IGNORECASE)
"""Words of a workflow that may push by digest, or joins the images of several jobs."""
_OF_JOB: Final = lazy_regex(
    r"\b(?:matrix|strategy|job|runner)\.|\b(?:RUNNER_(?:ARCH|NAME|OS)|uname|arch|dpkg|lscpu|date)\b"
)
"""Words whose value may differ between the jobs of a matrix."""
_STEP: Final = lazy_regex(r"\bsteps\.(?P<id>[\w-]+)\.")
_VARIABLE: Final = lazy_regex(r"\benv\.|\$\{?[A-Za-z_]")
_SETS_VARIABLES: Final = lazy_regex(r"\bGITHUB_ENV\b")


def overwritten_tags(file: DeclaringFile, entries: Iterable[BuildEntry]) -> Iterator[Diagnostic]:
    """Find the steps of a workflow that push an image for one platform in each job of a matrix, with the same tags in all of them."""
    candidates = [it.declared for it in entries if _is_candidate(it.declared)]
    if not candidates or _JOINING.search(file.text) is not None:
        return
    jobs = as_mapping(as_mapping(file.document).get("jobs"))
    found: dict[TextRange, DeclaredBuild] = {}
    for it in candidates:
        job = as_mapping(jobs.get(it.name))
        step = _step(job, it.line)
        if step is not None and _pushes_same_tags(job, step):
            found.setdefault(file.places.line(_line_of_tags(step)), it)
    for place, declared in found.items():
        message = _(
            "each job of the matrix pushes its image with the same tags, so that only the image of the last one to end is kept, for one of {platforms}; build for all platforms in one job, or push by digest and join the images with `docker buildx imagetools create`",
            platforms=platforms(declared.platforms),
        )
        yield diagnostic("overwritten-tags", Severity.WARNING, place, message)


def _is_candidate(build: DeclaredBuild) -> bool:
    """True if jobs of one workflow build an image for one platform each, and push it."""
    return (
        build.is_separate
        and build.pushes
        and build.call is None
        and build.called_from is None
        and len(build.platforms) > 1
    )


def _step(job: Mapping[str, Any], line: int) -> Mapping[str, Any] | None:
    """The step of a job that begins on a 1-based line; None for another action than Docker's, which may push by digest."""
    steps = job.get("steps")
    for it in steps if isinstance(steps, list) else ():
        if isinstance(it, YamlMapping) and min(it.lines.values(), default=0) == line:
            return it if str(it.get("uses", "")).startswith(_ACTION) else None
    return None


def _line_of_tags(step: Mapping[str, Any]) -> int:
    given = step.get("with")
    return given.lines.get("tags", 1) if isinstance(given, YamlMapping) else 1


def _pushes_same_tags(job: Mapping[str, Any], step: Mapping[str, Any]) -> bool:
    """True if a step certainly pushes in each job of a matrix over platforms, with tags in which nothing depends on the job."""
    given = as_mapping(step.get("with"))
    tags, outputs = given.get("tags"), given.get("outputs")
    deciding = [step.get("if"), job.get("if"), given.get("push")]
    return (
        isinstance(tags, str)
        and bool(tags.strip())
        and outputs is None
        and "matrix" in as_mapping(job.get("strategy"))
        and "matrix." in str(given.get("platforms") or job.get("runs-on"))
        and not any(_OF_JOB.search(str(it)) for it in deciding)
        and _is_same(job, tags, set())
    )


def _is_same(job: Mapping[str, Any], text: str, seen: set[str]) -> bool:
    """True if a text has the same value in each job of a matrix: neither it nor a step whose outputs it names depends on the job."""
    if _OF_JOB.search(text) is not None or (_VARIABLE.search(text) is not None and _may_set_variables(job)):
        return False
    steps = [as_mapping(it) for it in job["steps"]]
    for name in {it["id"] for it in _STEP.finditer(text)} - seen:
        seen.add(name)
        named = [it for it in steps if it.get("id") == name]
        if len(named) != 1 or not _is_same(job, json.dumps(named[0], default=str), seen):
            return False
    return True


def _may_set_variables(job: Mapping[str, Any]) -> bool:
    """True if a variable of the environment may depend on the job: its own, or one that a step sets."""
    steps = (json.dumps(it, default=str) for it in job["steps"])
    setting = (it for it in steps if _SETS_VARIABLES.search(it) is not None)
    return any(_OF_JOB.search(it) is not None for it in (*setting, json.dumps(job.get("env"), default=str)))
