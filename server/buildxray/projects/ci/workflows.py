"""Read GitHub workflows: the builds of their jobs, and the machines of these.

Source: docs.github.com, "Workflow syntax".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from buildxray.files.reading import exists, is_directory, is_file, read_project_text
from buildxray.localization import gettext_lazy as _
from buildxray.projects.builds import Caller, DeclaredBuild, Note
from buildxray.projects.ci import WORKFLOWS, is_on_github
from buildxray.projects.ci.actions import add_github_builder, add_other, is_github_builder
from buildxray.projects.ci.checkouts import may_make_directories
from buildxray.projects.ci.emulators import is_plain_machine, lacks_emulators
from buildxray.projects.ci.expressions import OWN_REPOSITORY, Context, Partly
from buildxray.projects.ci.hand_overs import written_names
from buildxray.projects.ci.machines import runner_machines, runner_system
from buildxray.projects.ci.matrices import MOST_COMBINATIONS, matrix_combinations
from buildxray.projects.ci.merging import merge_jobs
from buildxray.projects.ci.repository import MOST_DEPTH, Repository
from buildxray.projects.ci.shell_scripts import ShellScripts
from buildxray.projects.ci.site import Reading, Site, project_path
from buildxray.projects.ci.step_effects import StepEffect, script_of
from buildxray.projects.ci.steps import Job
from buildxray.projects.ci.variants import Variants
from buildxray.projects.fresh_machines import is_fresh
from buildxray.projects.hcl.values import UNKNOWN
from buildxray.projects.yaml import YamlMapping, as_mapping
from buildxray.syntax.lazy_regex import lazy_regex


def read_workflows(root: Path, *, local_platform: str) -> Reading:
    """The builds of all workflows of a repository, given its root."""
    repository = Repository(root, local_platform, Reading(ShellScripts(root)))
    reader = _Workflows(repository)
    for path in repository.workflows():
        reader.read(path)
    reading = repository.reading
    read = {(it.source, it.line) for it in reading.builds}
    reading.notes += (
        Note(str(path), line, _("not read: only a run tells which Dockerfile this builds"), is_limit=True)
        for path, line in dict.fromkeys(reading.unnamed)
        if (path, line) not in read
    )
    reading.notes += (
        Note(
            str(path),
            line,
            _("not read: `{action}` of another repository builds an image here", action=action),
            is_limit=True,
            is_for_several=is_for_several,
        )
        for path, line, action, is_for_several in dict.fromkeys(reading.foreign)
        if (path, line) not in read
    )
    merged = merge_jobs(reading.builds, reader.jobs)
    builds = [replace(it, may_be_written=True) if reader.may_write_dockerfile(it) else it for it in merged]
    return Reading(
        repository.reading.scripts,
        builds,
        [*dict.fromkeys(reading.notes)],
        makes=reading.makes,
        submits=reading.submits,
        work_left=reading.work_left,
        is_exhausted=reading.is_exhausted,
    )


class _Event(NamedTuple):
    """An event that starts a workflow."""

    name: str
    """The value of `github.event_name`; empty if it is one of several."""
    inputs: Mapping[str, Any] | None
    """The values of the inputs; None for an event that has none."""


def _events(document: object) -> Iterator[_Event]:
    """The events that start a workflow, one for all that give it the same inputs.

    Source: docs.github.com, "Contexts", `inputs`: empty unless a person or another workflow starts it.
    """
    triggers = as_mapping(document).get("on")
    named = [str(it) for it in (triggers if isinstance(triggers, Mapping | list) else ())]
    declared = {
        **_declared_inputs(document),
        **as_mapping(as_mapping(as_mapping(triggers).get("workflow_dispatch")).get("inputs")),
    }
    known = Context({})
    # An input that the workflow does not declare is unknown: GitHub gives an empty text, which is never intended.
    defaults = Partly({name: known.expand(as_mapping(it).get("default", UNKNOWN)) for name, it in declared.items()})
    others = [it for it in named if it not in _WITH_INPUTS]
    if not declared or not others:
        yield _Event("", defaults)
        return
    yield _Event("workflow_dispatch" if "workflow_call" not in named else "", defaults)
    for it in others[:_MOST_EVENTS]:
        yield _Event(it, None)


_WITH_INPUTS: Final = ("workflow_call", "workflow_dispatch")
_MOST_EVENTS: Final = 4


class _Workflows:
    """Reads the workflows of one repository that events start, and the workflows that these call."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._called: set[Path] = set()
        self._written_names: dict[Path, frozenset[str]] = {}
        self._without_emulators: dict[tuple[Path, str], bool] = {}
        """What `_lacks_emulators` has answered: each combination of a matrix asks it."""
        self._n_jobs = 0
        self.jobs: list[int] = []
        """The number of the job that runs each build of the repository; each combination of a matrix is a job."""

    def may_write_dockerfile(self, build: DeclaredBuild) -> bool:
        """True if the Dockerfile of a build is missing, but its workflow may write it.

        A command of the workflow writes it, a script of the repository that names Dockerfiles may, or its directory is
        missing too and a step of the workflow may make it.
        """
        dockerfile, workflow = build.dockerfile, build.source
        if exists(dockerfile) or workflow.parent != self._repository.root / WORKFLOWS:
            return False
        if workflow not in self._written_names:
            self._written_names[workflow] = frozenset(
                _names_written(self._repository.document(workflow), self._repository)
            )
        if not {dockerfile.name, _ANY}.isdisjoint(self._written_names[workflow]):
            return True
        return not is_directory(dockerfile.parent) and may_make_directories(
            self._repository.document(workflow), build.name
        )

    def read(self, path: Path) -> None:
        """Effect: add the builds of a workflow that events start."""
        if path in self._called:
            return
        for event in _events(self._repository.document(path)):
            for assumption in (True, False):
                self._repository.begin_workflow()
                self._workflow(path, event.inputs, 0, assumption=assumption, event=event.name)

    def _workflow(
        self, path: Path, inputs: Mapping[str, Any] | None, depth: int, *, assumption: bool, event: str = ""
    ) -> Mapping[str, Any]:
        """The outputs of a workflow with these inputs. Effect: add its builds; `depth` counts the workflows that call it.

        `event` is the name of the event that starts it; empty if that is unknown.
        """
        document = as_mapping(self._repository.document(path))
        github: dict[str, Any] = {"workspace": ".", "repository": OWN_REPOSITORY, "action_path": UNKNOWN}
        if depth == 0:
            # Source: docs.github.com, "Contexts", `inputs`: the same values as in the payload of the event.
            github["event"] = Partly({"inputs": inputs})
        if event:
            github["event_name"] = event
        base = Context(
            {"inputs": inputs, "github": Partly(github), "env": Partly()},
            assumption,
            has_chosen_inputs=depth == 0 and bool(inputs),
        )
        of_workflow = base.with_environment(document.get("env"))
        jobs = as_mapping(document.get("jobs"))
        results: dict[str, Any] = {}
        for name in _in_order(jobs):
            line = jobs.lines.get(name, 1) if isinstance(jobs, YamlMapping) else 1
            job = as_mapping(jobs[name])
            if not self._may_build(job) and not job.get("outputs"):
                continue
            needs = Partly({it: results[it] for it in _needed(job) if it in results})
            outer = base.with_values(needs=needs)
            variants = Variants(job, self._repository.reading.builds)
            combinations = [*matrix_combinations(job, outer)]
            if len(combinations) > MOST_COMBINATIONS:
                self._repository.note_build(
                    path, line, job, _("GitHub refuses this matrix: it has more than {n} jobs", n=MOST_COMBINATIONS)
                )
            for matrix in variants.needed(combinations[:MOST_COMBINATIONS]):
                context = outer.with_values(matrix=matrix, env=of_workflow.values["env"])
                is_written = "${{" not in str(as_mapping(job.get("strategy")))
                context = context._replace(certain=of_workflow.certain | ({"matrix"} if is_written else set()))
                if context.without("needs").holds(job.get("if")) is not False:
                    site = self._site(path, name, line)
                    outputs = self._job(job, as_mapping(document.get("defaults")), context, site, depth)
                    results[name] = Partly({"outputs": outputs})
        declared = as_mapping(as_mapping(as_mapping(document.get("on")).get("workflow_call")).get("outputs"))
        context = base.with_values(jobs=Partly(results))
        return Partly({str(name): context.expand(as_mapping(it).get("value")) for name, it in declared.items()})

    def _may_build(self, job: Mapping[str, Any]) -> bool:
        """True if a job calls a workflow, or has a step that may build an image."""
        uses, steps = job.get("uses"), job.get("steps")
        listed = map(as_mapping, steps if isinstance(steps, list) else ())
        return isinstance(uses, str) or any(self._repository.effect(it) >= StepEffect.MAY_BUILD for it in listed)

    def _site(self, path: Path, name: str, line: int) -> Site:
        """The context of a job's commands."""
        root = self._repository.root
        return Site(
            root,
            lambda it: project_path(root, it),
            name=name,
            source=path,
            line=line,
            origin=_("{file}, job `{job}`", file=path.relative_to(root).as_posix(), job=name),
            local_platform=self._repository.local_platform,
        )

    def _job(
        self, job: Mapping[str, Any], defaults: Mapping[str, Any], context: Context, site: Site, depth: int
    ) -> Mapping[str, Any]:
        """The outputs of a job. Effect: add its builds."""
        uses = job.get("uses")
        if not self._repository.count_step(site.source, site.line, job):
            return Partly()
        if isinstance(uses, str) and is_github_builder(uses):
            add_github_builder(uses, as_mapping(job.get("with")), context, site, self._repository.reading)
            self._end_job()
            return Partly()
        if isinstance(uses, str):
            return self._call(uses, job, context, site, depth)
        context = context.with_environment(job.get("env"))
        directory = "."
        for it in (defaults, as_mapping(job.get("defaults"))):
            value = as_mapping(it.get("run")).get("working-directory")
            directory = context.expand_text(value) if value is not None else directory
        runner = _runner(job.get("runs-on"), context)
        is_hosted = is_on_github(site.source)
        machines = runner_machines(runner, is_hosted=is_hosted)
        if is_hosted and is_plain_machine(runner):
            machines = machines._replace(cannot_emulate=self._lacks_emulators(job, site))
        if is_hosted and is_fresh(runner, job, self._repository.document(site.source)):
            machines = machines._replace(is_fresh=True)
        context = context.with_values(runner=Partly({"os": runner_system(runner)}))
        steps = Job(self._repository, site._replace(directory=directory, machines=machines)).read(
            job.get("steps"), context
        )
        self._end_job()
        return Partly(context.with_values(steps=steps).expand_values(job.get("outputs")))

    def _lacks_emulators(self, job: Mapping[str, Any], site: Site) -> bool:
        """True if no step of a job may set up emulators; see `lacks_emulators`."""
        key = site.source, site.name
        if key not in self._without_emulators:
            self._without_emulators[key] = lacks_emulators(job, self._repository.root)
        return self._without_emulators[key]

    def _call(self, uses: str, job: Mapping[str, Any], context: Context, site: Site, depth: int) -> Mapping[str, Any]:
        """The outputs of a workflow that a job calls. Effect: add its builds."""
        called = self._called_file(uses, as_mapping(job.get("with")))
        if called is None and not uses.startswith("./"):
            add_other(uses, as_mapping(job.get("with")), context, site, self._repository.reading)
            self._end_job()
        if called is None or depth >= MOST_DEPTH:
            return Partly()
        self._called.add(called)
        declared = _declared_inputs(self._repository.document(called))
        given = {key: context.expand(it) for key, it in as_mapping(job.get("with")).items()}
        # The expressions of a default use the variables of the repository, which no file contains, and not those of the caller.
        known = Context({}, context.assumption)
        inputs = {**{key: known.expand(as_mapping(it).get("default")) for key, it in declared.items()}, **given}
        builds = self._repository.reading.builds
        n_before = len(builds)
        outputs = self._workflow(called, inputs, depth + 1, assumption=context.assumption)
        call = Caller(site.source, site.line, site.name)
        builds[n_before:] = [replace(it, call=call) for it in builds[n_before:]]
        return outputs

    def _called_file(self, uses: str, given: Mapping[str, Any]) -> Path | None:
        """The file of a called workflow; None if another repository has it.

        `owner/name/.github/workflows/file.yml@main` may name this repository, whose name is mostly not in its files. It does if the
        repository has such a file that only other workflows start, and that declares exactly these inputs.
        """
        root = self._repository.root
        uses = self._repository.as_local(uses)
        if uses.startswith("./"):
            called = root / uses.removeprefix("./")
            return called if called.is_relative_to(root) else None
        remote = _REMOTE_WORKFLOW.fullmatch(uses)
        if remote is None:
            return None
        called = root / WORKFLOWS / remote["file"]
        document = as_mapping(self._repository.document(called)) if is_file(called) else {}
        declared = _declared_inputs(document)
        required = {name for name, it in declared.items() if as_mapping(it).get("required") is True}
        is_called_only = [*as_mapping(document.get("on"))] == ["workflow_call"]
        return called if is_called_only and bool(declared) and required <= {*given} <= {*declared} else None

    def _end_job(self) -> None:
        """Effect: note the job of the builds that were added last."""
        self._n_jobs += 1
        self.jobs += [self._n_jobs] * (len(self._repository.reading.builds) - len(self.jobs))


_REMOTE_WORKFLOW: Final = lazy_regex(r"[\w.-]+/[\w.-]+/\.github/workflows/(?P<file>[\w.-]+\.ya?ml)@[\w./-]+")
_ANY: Final = "*"
"""Represents any file, which a script may write."""
_CALLED_SCRIPT: Final = lazy_regex(r"(?<![\w./-])[\w./-]+\.(?:bash|js|mjs|pl|py|rb|sh|ts)(?![\w.])")
_MOST_CALLED_SCRIPTS: Final = 50


def _names_written(document: object, repository: Repository) -> Iterator[str]:
    """The base names of the files that the commands of a workflow may write; `_ANY` if they run a script that names Dockerfiles or cannot be read."""
    scripts: dict[str, None] = {}
    for job in map(as_mapping, as_mapping(as_mapping(document).get("jobs")).values()):
        steps = job.get("steps")
        for step in map(as_mapping, steps if isinstance(steps, list) else ()):
            script = script_of(step)
            if script is not None:
                yield from written_names(script)
                scripts |= dict.fromkeys(_CALLED_SCRIPT.findall(script))
                if any("dockerfile" in it.lower() for it in repository.reading.scripts.started_in(script)):
                    yield _ANY
    for path in [*scripts][:_MOST_CALLED_SCRIPTS]:
        place = project_path(repository.root, path)
        text = None if place is None else read_project_text(place)
        if text is None or "dockerfile" in text.lower():
            # A script that is not in the repository comes from elsewhere.
            yield _ANY


def _declared_inputs(document: object) -> Mapping[str, Any]:
    """The inputs that a workflow declares for the workflows that call it."""
    triggers = as_mapping(as_mapping(document).get("on"))
    return as_mapping(as_mapping(triggers.get("workflow_call")).get("inputs"))


def _runner(written: object, context: Context) -> object:
    """The value of `runs-on`; unknown if a value of the matrix chooses the machine, and only a run knows that value."""
    value = context.expand(written)
    is_chosen = isinstance(written, str) and "matrix." in written
    if is_chosen and value != context._replace(assumption=not context.assumption).expand(written):
        return UNKNOWN
    return value


def _needed(job: Mapping[str, Any]) -> list[str]:
    """The names of the jobs that a job needs."""
    needs = job.get("needs")
    return [str(it) for it in (needs if isinstance(needs, list) else [needs]) if it is not None]


def _in_order(jobs: Mapping[str, Any]) -> list[str]:
    """The names of jobs, each after those that it needs."""
    order: dict[str, None] = {}
    pending, opened = [*reversed([*jobs])], set[str]()
    while pending:
        name = pending[-1]
        needed = [it for it in _needed(as_mapping(jobs[name])) if it in jobs and it not in order and it not in opened]
        if needed and name not in opened:
            opened.add(name)
            pending += reversed(needed)
        else:
            order[pending.pop()] = None
    return [*order]
