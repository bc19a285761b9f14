"""The builds of the jobs of Travis CI in `.travis.yml`. Nothing is executed.

Source: docs.travis-ci.com, "Job Lifecycle", "Build Stages", "Environment Variables".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from buildxray.platforms.machines import Machines
from buildxray.platforms.platform import Platform
from buildxray.projects.ci.commands import read_commands
from buildxray.projects.ci.machines import named_architectures
from buildxray.projects.ci.site import Reading, Site
from buildxray.projects.yaml import YamlError, YamlMapping, as_mapping, load_documents
from buildxray.syntax.lazy_regex import lazy_regex

_PHASES: Final = (
    "before_install",
    "install",
    "before_script",
    "script",
    "after_success",
    "after_failure",
    "before_deploy",
    "after_deploy",
    "after_script",
)
"""The keys that hold commands of a job, in the order in which one shell runs them."""
_PREPARING: Final = lazy_regex(r"[ \t]*(?:cd|pushd|popd|export|[A-Za-z_]\w*=\S*(?:[ \t]*$|[ \t]*;))")
"""The beginning of a command that changes the directory or sets a variable for the commands after it."""
_MOST_JOBS: Final = 50


def read_travis(text: str, site: Site, reading: Reading) -> None:
    """Effect: add the builds of all jobs. A variable from `env` is unknown, because a job may be run once for each of its values."""
    try:
        document = next(load_documents(text), None)
    except YamlError:
        return
    common = as_mapping(document)
    jobs = [it for key in ("jobs", "matrix") for it in _included(common.get(key))]
    names_other = any(_names_other(it.get("arch")) for it in (common, *jobs))
    for number, job in enumerate([common, *jobs[:_MOST_JOBS]]):
        name = job.get("name", job.get("stage"))
        placed = site._replace(name=name) if isinstance(name, str) else site
        if names_other:
            arch = job.get("arch", common.get("arch", "amd64"))
            placed = placed._replace(machines=_machines(arch))
            if not isinstance(name, str) and number:
                placed = placed._replace(name=f"{site.name} {arch}")
        _read_job(common, job, placed, reading)


def _names_other(arch: object) -> bool:
    """True if the value of `arch` is another architecture than the usual one, or a list of several."""
    return arch is not None and arch not in ("amd64", ["amd64"])


def _machines(arch: object) -> Machines:
    """The machine for a value of `arch`; unknown for a list, of which each job has one value. Source: docs.travis-ci.com, "Building on Multiple CPU Architectures"."""
    listed = arch if isinstance(arch, list) else [arch]
    named = named_architectures(str(listed[0])) if len(listed) == 1 else set()
    return Machines(Platform("linux", named.pop())) if len(named) == 1 else Machines(is_unknown=True)


def _included(jobs: object) -> list[Mapping[str, Any]]:
    """The jobs that `jobs.include` lists."""
    listed = as_mapping(jobs).get("include")
    return [as_mapping(it) for it in (listed if isinstance(listed, list) else ())]


def _read_job(common: Mapping[str, Any], job: Mapping[str, Any], site: Site, reading: Reading) -> None:
    """Effect: add the builds of the phases that a job has itself; the phases before them may be common to all jobs."""
    preparing: list[str] = []
    for phase in _PHASES:
        commands = [*_commands(job.get(phase, common.get(phase)))]
        if phase in job:
            line = job.lines.get(phase, site.line) if isinstance(job, YamlMapping) else site.line
            read_commands("\n".join((*preparing, *commands)), site._replace(line=line), reading)
        preparing += (it for it in commands if _PREPARING.match(it))


def _commands(value: object) -> Iterator[str]:
    """The commands of a phase: one text or a list of texts."""
    yield from (it for it in (value if isinstance(value, list) else [value]) if isinstance(it, str))
