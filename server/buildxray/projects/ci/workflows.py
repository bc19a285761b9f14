"""GitHub workflows: what their jobs build, and on which machines.

Source: docs.github.com, "Workflow syntax"; the `action.yml` of docker/build-push-action, docker/bake-action,
docker/setup-buildx-action, depot/build-push-action.
"""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from buildxray.files.reading import ReadError, list_directory, read_project_text
from buildxray.localization import gettext_lazy as _
from buildxray.platforms.machines import AMD64, NATIVE, Machines
from buildxray.platforms.platform import Platform
from buildxray.projects.builds import (
    DeclaredBuild,
    Note,
    existing_dockerfile,
    is_remote,
    makes_files,
    on_machines,
    pairs,
    platform_names,
)
from buildxray.projects.ci import WORKFLOWS
from buildxray.projects.ci.commands import add_bake, read_commands
from buildxray.projects.ci.expressions import Context, Partly, Unnamed, as_text, is_told
from buildxray.projects.ci.hand_overs import written_dockerfiles, written_variables
from buildxray.projects.ci.machines import runner_machines, with_builder
from buildxray.projects.ci.site import Reading, Site, project_path
from buildxray.projects.hcl.values import UNKNOWN
from buildxray.projects.yaml import YamlError, YamlMapping, load_documents

_BUILD_ACTION: Final = re.compile(
    r"(?P<owner>docker|depot|WarpBuilds|useblacksmith|namespacelabs)/build-push-action(?:@.*)?", re.IGNORECASE
)
_BAKE_ACTION: Final = re.compile(r"(?P<owner>docker|depot|WarpBuilds|useblacksmith)/bake-action(?:@.*)?", re.IGNORECASE)
_REMOTE_OWNERS: Final = frozenset(("depot", "warpbuilds"))
_GITHUB_BUILDER: Final = re.compile(r"docker/github-builder/\.github/workflows/(?P<kind>bake|build)\.ya?ml@.*")
"""Workflows of Docker that build each platform in a job of its own, on a machine that suits it (the README of docker/github-builder)."""
_ACTIONS_READ: Final = re.compile(
    r"\./|actions/checkout|docker/setup-buildx-action|useblacksmith/setup-docker-builder|[\w-]+/(?:build-push|bake)-action",
    re.IGNORECASE,
)
"""Actions that build, or that decide where and what later steps build."""
_SCRIPT_READ: Final = re.compile(
    r"\b(?:bake|build|buildx|docker|GITHUB_ENV|GITHUB_OUTPUT|make|podman|nerdctl)|\.sh\b|(?i:docker|container)file"
)
"""What a script holds that builds, calls something that may, or hands values to later steps."""
_BUILD_COMMAND: Final = re.compile(
    r"\b(?:buildah|docker|nerdctl|podman)\b[^\n]*\b(?<!no-)build\b|\bbuildx\b|\bbake\b|\bmake\b[^\n]*(?:docker|image)"
)
"""What a script holds that certainly or probably builds images."""
_BUILDING: Final = re.compile(r"\./|[\w-]+/(?:build-push|bake)-action", re.IGNORECASE)
_OWN_REPOSITORY: Final = Unnamed("<this repository>")
"""The value of `github.repository`: its name is not in its files, and a fork has another one."""
_MOST_COMBINATIONS: Final = 256
_MOST_WORKFLOWS: Final = 100
_MOST_DEPTH: Final = 4
_MOST_STEPS: Final = 8_000
"""Of all jobs of a repository, each combination of a matrix counted."""
_MOST_STEPS_OF_WORKFLOW: Final = 1_000
"""Of one workflow and those that it calls, each time that it is read: a large matrix of tests leaves room for the other workflows."""


def read_workflows(root: Path, *, local_platform: str) -> Reading:
    """The builds of all workflows of a repository, given its root."""
    reader = _Repository(root, local_platform)
    for path in reader.paths():
        reader.read(path)
    notes = [*dict.fromkeys(reader.reading.notes)]
    return Reading([*_merged(reader.reading.builds, reader.jobs)], notes, makes=reader.reading.makes)


def _merged(builds: Sequence[DeclaredBuild], jobs: Sequence[int]) -> Iterator[DeclaredBuild]:
    """What a matrix builds one platform at a time is one build for all of them; `jobs` are the jobs that run, by number."""
    together: dict[tuple[object, ...], DeclaredBuild] = {}
    first_jobs: dict[tuple[object, ...], int] = {}
    for build, job in zip(_with_own_platforms(builds), jobs, strict=True):
        same = (build.dockerfile, build.target, build.arguments, build.contexts, build.unknown, build.is_check)
        variant = () if len(build.platform_names) == 1 else (build.platform_names, build.nodes)
        key = (build.source, build.name, *same, *variant)
        known = together.get(key)
        if known is None:
            together[key] = build
            first_jobs[key] = job
            continue
        names = dict.fromkeys((*known.platform_names, *build.platform_names))
        nodes = {**dict(build.nodes), **dict(known.nodes)}
        together[key] = replace(
            known,
            platform_names=(*names,),
            nodes=(*nodes.items(),),
            is_separate=known.is_separate or (job != first_jobs[key] and len(names) > len(known.platform_names)),
            pushes=known.pushes or build.pushes,
            keeps_nothing=known.keeps_nothing and build.keeps_nothing,
        )
    yield from together.values()


def _with_own_platforms(builds: Sequence[DeclaredBuild]) -> Iterator[DeclaredBuild]:
    """The builds, where those that name no platform are for that of the machine they run on, if that is not amd64 in each job."""
    machines: dict[tuple[object, ...], set[Platform | None]] = {}
    for it in builds:
        machines.setdefault((it.source, it.name, it.dockerfile, it.target), set()).add(it.machine)
    for it in builds:
        of_jobs = machines[it.source, it.name, it.dockerfile, it.target]
        if it.machine is None or not it.is_for_own_platform or None in of_jobs or of_jobs == {AMD64}:
            yield it
        else:
            yield replace(it, platform_names=(str(it.machine),), nodes=((it.machine, it.machine),))


@dataclass(slots=True)
class _Repository:
    """Reads the workflows and the composite actions of one repository."""

    root: Path
    local_platform: str
    reading: Reading = field(default_factory=Reading)
    jobs: list[int] = field(default_factory=list)
    """For each build the job that runs it: each combination of a matrix is another one."""
    n_jobs: int = 0
    steps: int = 0
    most_steps: int = 0
    """What `steps` may become while the current workflow is read."""
    is_cut: bool = False
    """True if the current workflow has more steps than may be read."""
    documents: dict[Path, Any] = field(default_factory=dict)
    called: set[Path] = field(default_factory=set)

    def paths(self) -> list[Path]:
        """The workflows; those that only others call come last, as they are read where they are called."""
        try:
            entries = list_directory(self.root / WORKFLOWS)
        except ReadError:
            return []
        listed = [Path(it.path) for it in entries if it.name.endswith((".yaml", ".yml"))][:_MOST_WORKFLOWS]
        return sorted(listed, key=lambda it: (self._is_only_called(it), it))

    def _is_only_called(self, path: Path) -> bool:
        triggers = _mapping(self.document(path)).get("on")
        names = [*triggers] if isinstance(triggers, Mapping | list) else [triggers]
        return names == ["workflow_call"]

    def document(self, path: Path) -> Any:  # noqa: ANN401 - what YAML holds
        """The content of a YAML file, noted where it cannot be read."""
        if path not in self.documents:
            text = read_project_text(path)
            try:
                self.documents[path] = None if text is None else next(load_documents(text), None)
            except YamlError as error:
                self.documents[path] = None
                self.reading.notes.append(Note(str(path), error.line, _("this is not YAML: {error}", error=error)))
        return self.documents[path]

    def read(self, path: Path) -> None:
        """Effect: add the builds of a workflow that events start."""
        if path in self.called:
            return
        triggers = _mapping(_mapping(self.document(path)).get("on"))
        declared = {
            **_mapping(_mapping(triggers.get("workflow_call")).get("inputs")),
            **_mapping(_mapping(triggers.get("workflow_dispatch")).get("inputs")),
        }
        inputs = {name: _mapping(it).get("default", UNKNOWN) for name, it in declared.items()}
        for assumption in (True, False):
            self.most_steps, self.is_cut = min(_MOST_STEPS, self.steps + _MOST_STEPS_OF_WORKFLOW), False
            # An input that the workflow does not declare is unknown: GitHub gives an empty text, which nobody can mean.
            self.workflow(path, Partly(inputs), assumption, 0)

    def count_step(self, path: Path, line: int, body: Mapping[str, Any]) -> bool:
        """True if one more step of a workflow, or a job as a whole, is read. Effect: count it; note the first build that is not read."""
        if self.steps < self.most_steps:
            self.steps += 1
            return True
        if not self.is_cut and self._builds_image(body, 0):
            self.is_cut = True
            message = _(
                "the builds from here on are not checked: in all combinations of its matrices, this workflow has more than {n} steps",
                n=_MOST_STEPS_OF_WORKFLOW,
            )
            self.reading.notes.append(Note(str(path), line, message))
        return False

    def _builds_image(self, body: Mapping[str, Any], depth: int) -> bool:
        """Whether a step, a job, or the action or workflow of the repository that it calls, may build an image."""
        uses, run = body.get("uses"), body.get("run")
        if isinstance(run, str):
            return _BUILD_COMMAND.search(run) is not None
        if isinstance(uses, str) and uses.startswith("./") and depth < _MOST_DEPTH:
            place = self.root / uses
            documents = [_mapping(self.document(it)) for it in (place, place / "action.yml", place / "action.yaml")]
            called = [_mapping(it.get("runs")) for it in documents]
            called += [_mapping(job) for it in documents for job in _mapping(it.get("jobs")).values()]
        elif isinstance(uses, str):
            return _BUILDING.match(uses) is not None or _GITHUB_BUILDER.fullmatch(uses) is not None
        else:
            called = [body]
        listed = [it.get("steps") for it in called]
        steps = [_mapping(step) for it in listed if isinstance(it, list) for step in it]
        return any(self._builds_image(it, depth + 1) for it in steps if "uses" in it or "run" in it)

    def workflow(self, path: Path, inputs: Mapping[str, Any], assumption: bool, depth: int) -> Mapping[str, Any]:  # noqa: FBT001
        """The outputs of a workflow with these inputs. Effect: add its builds."""
        document = _mapping(self.document(path))
        github = {"workspace": ".", "repository": _OWN_REPOSITORY, "action_path": UNKNOWN}
        base = Context({"inputs": inputs, "github": Partly(github), "env": Partly()}, assumption)
        environment = Partly(_expanded_mapping(document.get("env"), base))
        jobs = _mapping(document.get("jobs"))
        results: dict[str, Any] = {}
        for name in _in_order(jobs):
            line = jobs.lines.get(name, 1) if isinstance(jobs, YamlMapping) else 1
            job = _mapping(jobs[name])
            if not _may_build(job) and not job.get("outputs"):
                continue
            needs = Partly({it: results[it] for it in _needed(job) if it in results})
            outer = Context({**base.values, "needs": needs}, assumption)
            for matrix in _combinations(_matrix(job, outer), outer):
                context = Context({**outer.values, "matrix": matrix, "env": environment}, assumption)
                if _without(context, "needs").holds(job.get("if")) is not False:
                    outputs = self._job(path, name, line, job, _mapping(document.get("defaults")), context, depth)
                    results[name] = Partly({"outputs": outputs})
        declared = _mapping(_mapping(_mapping(document.get("on")).get("workflow_call")).get("outputs"))
        context = Context({**base.values, "jobs": Partly(results)}, assumption)
        return Partly({str(name): context.expand(_mapping(it).get("value")) for name, it in declared.items()})

    def _job(  # noqa: PLR0917 - each is another thing
        self,
        path: Path,
        name: str,
        line: int,
        job: Mapping[str, Any],
        defaults: Mapping[str, Any],
        context: Context,
        depth: int,
    ) -> Mapping[str, Any]:
        """The outputs of a job. Effect: add its builds."""
        uses = job.get("uses")
        if not self.count_step(path, line, job):
            return Partly()
        if isinstance(uses, str) and (builder := _GITHUB_BUILDER.fullmatch(uses)):
            site = self._site(path, name, line, ".", _builder_machines(_mapping(job.get("with")), context))
            _Job(self, site, {}).github_builder(builder["kind"], _mapping(job.get("with")), context)
            self._finish()
            return Partly()
        if isinstance(uses, str):
            called = self.root / uses.removeprefix("./")
            if uses.startswith("./") and depth < _MOST_DEPTH and called.is_relative_to(self.root):
                self.called.add(called)
                declared = _mapping(_mapping(_mapping(self.document(called)).get("on")).get("workflow_call"))
                given = {key: context.expand(it) for key, it in _mapping(job.get("with")).items()}
                inputs = {key: _mapping(it).get("default") for key, it in _mapping(declared.get("inputs")).items()}
                return self.workflow(called, {**inputs, **given}, context.assumption, depth + 1)
            return Partly()
        environment = Partly({**context.values["env"], **_expanded_mapping(job.get("env"), context)})
        context = Context({**context.values, "env": environment}, context.assumption)
        directory = "."
        for it in (defaults, _mapping(job.get("defaults"))):
            value = _mapping(it.get("run")).get("working-directory")
            directory = context.expand_text(value) if value is not None else directory
        machines = runner_machines(context.expand(job.get("runs-on")))
        site = self._site(path, name, line, directory, machines)
        steps = _Job(self, site, {}).steps(job.get("steps"), context, 0)
        self._finish()
        after = Context({**context.values, "steps": steps}, context.assumption)
        return Partly(_expanded_mapping(job.get("outputs"), after))

    def _site(self, path: Path, name: str, line: int, directory: str, machines: Machines) -> Site:
        """Where a job runs."""
        return Site(
            self.root,
            lambda it: project_path(self.root, it),
            directory,
            {},
            machines,
            name,
            path,
            line,
            _("{file}, job `{job}`", file=path.relative_to(self.root).as_posix(), job=name),
            self.local_platform,
        )

    def _finish(self) -> None:
        """Effect: note which job runs the builds that were added last."""
        self.n_jobs += 1
        self.jobs += [self.n_jobs] * (len(self.reading.builds) - len(self.jobs))


@dataclass(slots=True)
class _Job:
    """Goes through the steps of one job."""

    repository: _Repository
    site: Site
    checkouts: dict[str, bool]
    """Directories of the runner into which repositories are checked out; whether it is this one."""
    exported: dict[str, Any] = field(default_factory=dict)
    """Variables that earlier steps have written to the file `GITHUB_ENV`."""
    written: dict[Path, Path | None] = field(default_factory=dict)
    """The Dockerfiles that earlier steps have written; see `written_dockerfiles`."""

    def steps(self, steps: object, context: Context, depth: int) -> Mapping[str, Any]:
        """The outputs of steps by their `id`. Effect: add the builds of the steps, in their order."""
        results: dict[str, Any] = Partly()
        for step in steps if isinstance(steps, list) else ():
            body = _mapping(step)
            if not _is_read(body):
                continue
            if not self.repository.count_step(self.site.source, self.site.line, body):
                continue
            # Whether a step runs is left open where that depends on what others hand over: they may do so in ways that are not read.
            if _without(context, "needs").holds(body.get("if")) is False:
                continue
            if depth == 0 and isinstance(body, YamlMapping):
                self.site = self.site._replace(line=min(body.lines.values(), default=self.site.line))
            outer = Context({**context.values, "steps": results}, context.assumption)
            given = {**context.values["env"], **self.exported}
            before = Context({**outer.values, "env": Partly(given)}, context.assumption)
            own = Partly({**given, **_expanded_mapping(body.get("env"), before)})
            inner = Context({**outer.values, "env": own}, context.assumption)
            outputs: Mapping[str, Any] = Partly()
            n_before = len(self.repository.reading.builds)
            if isinstance(body.get("uses"), str):
                outputs = self._action(inner.expand_text(body["uses"]), _mapping(body.get("with")), inner, depth)
            elif isinstance(body.get("run"), str):
                outputs = self._script(body, inner)
            if self.written:
                builds = self.repository.reading.builds
                builds[n_before:] = self._as_written(builds[n_before:])
            if isinstance(body.get("id"), str):
                results[body["id"]] = Partly({"outputs": outputs})
        return results

    def github_builder(self, kind: str, given: Mapping[str, Any], context: Context) -> None:
        """Effect: add the builds of Docker's workflow `build.yml` or `bake.yml` with these inputs."""
        builds = self.repository.reading.builds
        n_before = len(builds)
        inputs = {str(key).lower(): context.expand(it) for key, it in given.items()}
        if inputs.get("output") == "local":
            inputs["outputs"] = "type=local"
        # A called workflow does not see the `env` of the one that calls it.
        lines = [it.strip().partition("=") for it in context.expand_text(given.get("vars")).splitlines()]
        environment = Partly({name: UNKNOWN if "${{" in it else it for name, separator, it in lines if separator})
        context = Context({**context.values, "env": environment}, context.assumption)
        if kind == "bake":
            where = {"workdir": inputs.get("context", "."), "push": inputs.get("push")}
            self._bake(where, context, "docker", {**given, "targets": given.get("target")})
        else:
            self._build({"context": ".", **inputs}, context, "docker", given)
        is_separate = inputs.get("distribute") in (None, True, "true")
        builds[n_before:] = [replace(it, is_separate=is_separate) for it in builds[n_before:]]

    def _as_written(self, builds: Sequence[DeclaredBuild]) -> Iterator[DeclaredBuild]:
        """The builds, where one of a copy is one of its original; without those of a Dockerfile that no file of the project holds."""
        for it in builds:
            dockerfile = self.written.get(it.dockerfile, it.dockerfile)
            if dockerfile is not None:
                yield replace(it, dockerfile=dockerfile)

    def _script(self, step: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
        """The outputs of a script. Effect: add its builds, and remember the variables that it hands to later steps."""
        text = context.expand_text(step["run"])
        directory = step.get("working-directory")
        where = self.site.directory if directory is None else context.expand_text(directory)
        shell = str(step.get("shell", ""))
        if "pwsh" in shell or "python" in shell:
            return Partly()
        environment = {name: as_text(it) for name, it in context.values["env"].items() if is_told(it)}
        site = self.site._replace(directory=posixpath.normpath(where), environment=environment, resolve=self._resolve)
        script = _as_shell(text)
        self.exported |= _chosen(written_variables(script, site, "GITHUB_ENV"), context)
        for copy, original in written_dockerfiles(script, site).items():
            self.written[copy] = None if original is None else self.written.get(original, original)
        if "${{" not in where:
            read_commands(script, site, self.repository.reading)
        return Partly(_chosen(written_variables(script, site, "GITHUB_OUTPUT"), context))

    def _resolve(self, path: str) -> Path | None:
        """The place in the project of a path on the runner; None for what is in no checkout of this repository."""
        if path.startswith("/github/workspace"):
            path = posixpath.relpath(path, "/github/workspace")
        best = max((it for it in self.checkouts if _is_below(path, it)), key=len, default=None)
        if best is not None and not self.checkouts[best]:
            return None
        if best is None and any(self.checkouts.values()):
            return None
        return project_path(self.repository.root, posixpath.relpath(path, best) if best else path)

    def _action(self, uses: str, given: Mapping[str, Any], context: Context, depth: int) -> Mapping[str, Any]:
        """The outputs of an action, as far as the repository tells them. Effect: add its builds."""
        name = uses.partition("@")[0].lower()
        inputs = {str(key).lower(): context.expand(it) for key, it in given.items()}
        if name == "actions/checkout":
            repository = inputs.get("repository", _OWN_REPOSITORY)
            path = inputs.get("path")
            place = posixpath.normpath(path) if isinstance(path, str) and path else "."
            self.checkouts[place] = repository is UNKNOWN or as_text(repository) in {_OWN_REPOSITORY, ""}
        elif name in {"docker/setup-buildx-action", "useblacksmith/setup-docker-builder"}:
            # The address of a node is often a secret; what platforms it has is not.
            appended = next((context.expand_text(it) for key, it in given.items() if str(key).lower() == "append"), "")
            self.site = self.site._replace(machines=with_builder(self.site.machines, {**inputs, "append": appended}))
        elif build := _BUILD_ACTION.fullmatch(uses):
            self._build(inputs, context, build["owner"].lower(), given)
        elif bake := _BAKE_ACTION.fullmatch(uses):
            self._bake(inputs, context, bake["owner"].lower(), given)
        elif uses.startswith("./") and depth < _MOST_DEPTH:
            return self._composite(uses, inputs, context, depth)
        return Partly()

    def _composite(self, uses: str, inputs: Mapping[str, Any], context: Context, depth: int) -> Mapping[str, Any]:
        place = self._resolve(posixpath.normpath(uses))
        for name in ("action.yml", "action.yaml"):
            if place is not None and (place / name).is_file():
                document = _mapping(self.repository.document(place / name))
                declared = _mapping(document.get("inputs"))
                defaults = {
                    str(key).lower(): context.expand(_mapping(it).get("default")) for key, it in declared.items()
                }
                inner = Context({**context.values, "inputs": {**defaults, **inputs}}, context.assumption)
                steps = self.steps(_mapping(document.get("runs")).get("steps"), inner, depth + 1)
                after = Context({**inner.values, "steps": steps}, context.assumption)
                outputs = _mapping(document.get("outputs")).items()
                return Partly({str(name): after.expand(_mapping(it).get("value")) for name, it in outputs})
        return Partly()

    def _machines(self, owner: str) -> Machines:
        return NATIVE if owner in _REMOTE_OWNERS else self.site.machines

    def _build(self, inputs: Mapping[str, Any], context: Context, owner: str, given: Mapping[str, Any]) -> None:
        """The step of an action that takes the options of `docker buildx build`."""
        where, file = inputs.get("context"), inputs.get("file")
        root = self.repository.root
        is_git = where is None or where == "" or where is UNKNOWN or "{{defaultcontext}}" in str(where).lower()
        if where is UNKNOWN and "defaultContext" not in str(given.get("context")) and not file:
            return
        if is_git:
            # Without a directory the action has BuildKit fetch this repository: paths are relative to its root.
            inside = str(where).partition(":")[2] if where and where is not UNKNOWN else "."
            directory = project_path(root, inside or ".")
            path = None if directory is None or file is UNKNOWN else project_path(directory, str(file or "Dockerfile"))
            if where is UNKNOWN and path is not None:
                path = self._resolve(posixpath.normpath(str(file)))
        elif is_remote(str(where)) or file is UNKNOWN:
            return
        else:
            directory = self._resolve(posixpath.normpath(str(where)))
            shown = str(file) if file else posixpath.join(str(where), "Dockerfile")
            path = self._resolve(posixpath.normpath(shown))
        if path is None:
            return
        platforms, target = inputs.get("platforms"), inputs.get("target")
        names = platform_names(
            [platforms] if isinstance(platforms, str) else platforms if isinstance(platforms, list) else []
        )
        arguments, has_all_arguments = _lines(given.get("build-args"), context)
        contexts, has_all_contexts = _lines(given.get("build-contexts"), context)
        complete = {
            "platforms": is_told(platforms),
            "target": is_told(target),
            "args": has_all_arguments,
            "contexts": has_all_contexts,
        }
        site = self.site
        build = DeclaredBuild(
            name=site.name,
            source=site.source,
            line=site.line,
            dockerfile=existing_dockerfile(path),
            context=directory or path.parent,
            platform_names=names,
            target=as_text(target) if is_told(target) else "",
            arguments=pairs(arguments),
            contexts=pairs(contexts),
            origin=site.origin,
            pushes=_pushes(inputs, context),
            makes_files=not _pushes(inputs, context) and makes_files(as_text(inputs.get("outputs")).splitlines()),
            keeps_nothing=_keeps_nothing(given, names),
            is_check=as_text(inputs.get("call")) in {"check", "outline", "targets"},
            unknown=frozenset(key for key, is_complete in complete.items() if not is_complete),
        )
        self.repository.reading.builds.append(on_machines(build, self._machines(owner)))

    def _bake(self, inputs: Mapping[str, Any], context: Context, owner: str, given: Mapping[str, Any]) -> None:
        """The step of an action that takes the options of `docker buildx bake`."""
        source = as_text(inputs.get("source")) or as_text(inputs.get("workdir")) or "."
        inside = source.rpartition("}}")[2].lstrip(":") if "{{" in source else source
        if is_remote(inside):
            return
        directory = self._resolve(posixpath.normpath(inside or "."))
        if directory is None:
            return
        add_bake(
            self.site,
            self.repository.reading,
            directory,
            files=[it for it in _words(context.expand_text(given.get("files"))) if "$" not in it],
            targets=[it for it in _words(context.expand_text(given.get("targets"))) if "$" not in it],
            overrides=[it for it in context.expand_text(given.get("set")).splitlines() if "${{" not in it],
            environment={name: as_text(it) if is_told(it) else UNKNOWN for name, it in context.values["env"].items()},
            machines=self._machines(owner),
            pushes=_pushes(inputs, context),
        )


def _may_build(job: Mapping[str, Any]) -> bool:
    """True if a job calls a workflow of the repository, or has a step that may build an image."""
    uses, steps = job.get("uses"), job.get("steps")
    bodies = [_mapping(it) for it in (steps if isinstance(steps, list) else ())]
    return isinstance(uses, str) or any(
        _BUILDING.match(str(it.get("uses", ""))) or _SCRIPT_READ.search(str(it.get("run", ""))) for it in bodies
    )


def _is_read(step: Mapping[str, Any]) -> bool:
    """True if a step may build, or decides something about later ones."""
    uses, run = step.get("uses"), step.get("run")
    if isinstance(uses, str):
        return "${{" in uses or _ACTIONS_READ.match(uses) is not None
    return isinstance(run, str) and _SCRIPT_READ.search(run) is not None


def _builder_machines(given: Mapping[str, Any], context: Context) -> Machines:
    """The machines of Docker's workflows: one for each platform, unless an input says another thing."""
    runner, distribute = context.expand(given.get("runner")), context.expand(given.get("distribute"))
    if runner in (None, "", "auto") and distribute in (None, True, "true"):
        return NATIVE
    return runner_machines(None if runner is None or "=" in str(runner) else runner)


def _pushes(inputs: Mapping[str, Any], context: Context) -> bool:
    push = inputs.get("push")
    if push is UNKNOWN:
        return context.assumption
    return as_text(push) == "true" or "push=true" in as_text(inputs.get("outputs"))


def _keeps_nothing(given: Mapping[str, Any], platforms: Sequence[str]) -> bool:
    """True if the text tells that a build neither pushes, loads nor exports: no expression decides it.

    The driver `docker` loads what it builds; several platforms and an exported cache need another one.
    """
    inputs = {str(key).lower(): as_text(it).strip() for key, it in given.items()}
    exported_cache = inputs.get("cache-to", "")
    is_other_driver = len(platforms) > 1 or (exported_cache != "" and "type=inline" not in exported_cache)
    is_kept = any(inputs.get(it, "") not in {"", "false"} for it in ("push", "load", "outputs", "save"))
    return is_other_driver and not is_kept


def _lines(text: object, context: Context) -> tuple[dict[str, str], bool]:
    """`NAME=VALUE` a line, and whether the text tells all of them."""
    values: dict[str, str] = {}
    expanded = context.expand_text(text if text is not None else "")
    is_complete = True
    for line in expanded.splitlines():
        name, separator, value = line.strip().partition("=")
        if "${{" in line:
            is_complete = False
        elif separator:
            values[name] = value
    return values, is_complete


def _words(value: object) -> list[str]:
    texts = value if isinstance(value, list) else re.split(r"[,\n]", as_text(value))
    return [it.strip() for it in map(as_text, texts) if it.strip()]


def _chosen(values: Mapping[str, Sequence[str | None]], context: Context) -> dict[str, Any]:
    """One of the values that names may have: the first or the last one, by the assumption of the context."""
    chosen = {name: it[0 if context.assumption else -1] for name, it in values.items()}
    return {name: UNKNOWN if it is None else it for name, it in chosen.items()}


def _without(context: Context, name: str) -> Context:
    """A context that does not know a name."""
    return Context({key: it for key, it in context.values.items() if key != name}, context.assumption)


def _needed(job: Mapping[str, Any]) -> list[str]:
    needs = job.get("needs")
    return [str(it) for it in (needs if isinstance(needs, list) else [needs]) if it is not None]


def _in_order(jobs: Mapping[str, Any]) -> list[str]:
    """The names of jobs, those that a job needs before it."""
    order: dict[str, None] = {}
    pending, opened = [*reversed([*jobs])], set[str]()
    while pending:
        name = pending[-1]
        needed = [it for it in _needed(_mapping(jobs[name])) if it in jobs and it not in order and it not in opened]
        if needed and name not in opened:
            opened.add(name)
            pending += reversed(needed)
        else:
            order[pending.pop()] = None
    return [*order]


def _as_shell(script: str) -> str:
    """A script whose unknown expressions are variables that nothing sets."""
    return re.sub(r"\$\{\{.*?\}\}", "${UNKNOWN_EXPRESSION}", script, flags=re.DOTALL)


def _is_below(path: str, directory: str) -> bool:
    return directory in {".", path} or path.startswith(f"{directory}/")


def _expanded_mapping(value: object, context: Context) -> dict[str, Any]:
    return {str(name): context.expand(it) for name, it in _mapping(value).items()}


def _matrix(job: Mapping[str, Any], context: Context) -> object:
    """The matrix of a job; unknown where an expression gives the whole strategy."""
    strategy = context.expand(job.get("strategy"))
    if strategy is None:
        return None
    return strategy.get("matrix") if isinstance(strategy, Mapping) else UNKNOWN


def _combinations(matrix: object, context: Context) -> Iterator[Any]:
    """The combinations of a matrix, `include` and `exclude` applied; unknown where only a run knows them."""
    expanded = context.expand(matrix)
    if matrix is None:
        yield {}
        return
    if not isinstance(expanded, Mapping) or not all(isinstance(it, list) for it in expanded.values()):
        known = expanded if isinstance(expanded, Mapping) else {}
        yield Partly({key: it for key, it in known.items() if not isinstance(it, list) and it is not UNKNOWN})
        return
    axes = {key: values for key, values in expanded.items() if key not in {"include", "exclude"}}
    products = itertools.islice(itertools.product(*axes.values()), _MOST_COMBINATIONS)
    originals = [dict(zip(axes, it, strict=True)) for it in products] if axes else []
    excluded = [it for it in expanded.get("exclude", ()) if isinstance(it, Mapping) and it]
    originals = [it for it in originals if not any(_agrees(it, entry, entry) for entry in excluded)]
    combinations = [dict(it) for it in originals]
    for entry in [it for it in expanded.get("include", ()) if isinstance(it, Mapping)][:_MOST_COMBINATIONS]:
        is_added = False
        for original, combination in zip(originals, combinations, strict=False):
            if _agrees(original, entry, set(entry) & set(axes)):
                combination.update(entry)
                is_added = True
        if not is_added:
            combinations.append(dict(entry))
    yield from combinations


def _agrees(combination: Mapping[str, Any], entry: Mapping[str, Any], keys: Any) -> bool:  # noqa: ANN401 - an iterable
    return all(combination.get(key) == entry.get(key) for key in keys)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
