"""The steps of one job of a workflow, in order: their builds, and the values that they pass to later steps.

Source: docs.github.com, "Workflow syntax"; the `action.yml` of actions/checkout and docker/setup-buildx-action.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from buildxray.files.reading import is_file
from buildxray.projects.builds import DeclaredBuild
from buildxray.projects.ci.actions import add_action
from buildxray.projects.ci.commands import read_commands
from buildxray.projects.ci.expressions import (
    OWN_REPOSITORY,
    Context,
    Partly,
    as_script,
    as_text,
    without_expressions,
)
from buildxray.projects.ci.hand_overs import written_dockerfiles, written_variables
from buildxray.projects.ci.machines import with_builder
from buildxray.projects.ci.other_actions import repeated_action
from buildxray.projects.ci.repository import MOST_DEPTH, Repository
from buildxray.projects.ci.site import WORKSPACE, Site, project_path
from buildxray.projects.ci.step_effects import StepEffect, script_of, without_address
from buildxray.projects.ci.windows_shells import from_powershell
from buildxray.projects.hcl.values import UNKNOWN, is_known
from buildxray.projects.yaml import YamlMapping, as_mapping
from buildxray.syntax.lazy_regex import lazy_regex

_EMULATORS: Final = lazy_regex(r"qemu|binfmt", re.IGNORECASE)
_BUILDER_ACTIONS: Final = frozenset(("docker/setup-buildx-action", "useblacksmith/setup-docker-builder"))


class Job:
    """Follows the steps of one job."""

    def __init__(self, repository: Repository, site: Site) -> None:
        self._repository = repository
        self._site = site._replace(resolve=self._resolve)
        self._checkouts: dict[str, bool] = {}
        """Directories of the runner with a checked out repository; True if it is this one."""
        self._exported: dict[str, Any] = {}
        """Variables that earlier steps have written to the file `GITHUB_ENV`."""
        self._written: dict[Path, Path | None] = {}
        """The Dockerfiles that earlier steps have written; see `written_dockerfiles`."""

    def read(self, steps: object, context: Context, depth: int = 0) -> Mapping[str, Any]:
        """The outputs of steps by their `id`. Effect: add the builds of the steps; `depth` counts the composite actions around them."""
        results: dict[str, Any] = Partly()
        for step in steps if isinstance(steps, list) else ():
            body = as_mapping(step)
            if _EMULATORS.search(f"{body.get('uses', '')} {body.get('run', '')}") is not None:
                self._site = self._site._replace(has_emulators=True)
            if self._repository.effect(body) < StepEffect.PREPARES:
                continue
            if not self._repository.count_step(self._site.source, self._site.line, body):
                continue
            # A condition on outputs of other jobs is unknown, because not all ways of setting outputs are read.
            if self._with_exported(context.without("needs")).holds(body.get("if")) is False:
                continue
            if depth == 0 and isinstance(body, YamlMapping):
                self._site = self._site._replace(line=min(body.lines.values(), default=self._site.line))
            outputs = self._step(body, context.with_values(steps=results), depth)
            if isinstance(body.get("id"), str):
                results[body["id"]] = Partly({"outputs": outputs})
        return results

    def _with_exported(self, context: Context) -> Context:
        """A context with the variables that earlier steps have written."""
        if not self._exported:
            return context
        written = context._replace(certain=context.certain - {f"env.{name}" for name in self._exported})
        return written.with_values(env=Partly({**context.values["env"], **self._exported}))

    def _step(self, body: Mapping[str, Any], outer: Context, depth: int) -> Mapping[str, Any]:
        """The outputs of a step. Effect: add its builds."""
        context = self._with_exported(outer).with_environment(body.get("env"))
        outputs: Mapping[str, Any] = Partly()
        builds = self._repository.reading.builds
        n_before = len(builds)
        script = script_of(body)
        if script is not None:
            outputs = self._script(script, body, context)
        elif isinstance(body.get("uses"), str):
            action = self._repository.as_local(without_address(context.expand_text(body["uses"])))
            given = as_mapping(body.get("with"))
            outputs = self._action(*(repeated_action(action, given) or (action, given)), context, depth)
        if self._written:
            builds[n_before:] = self._of_originals(builds[n_before:])
        return outputs

    def _of_originals(self, builds: Sequence[DeclaredBuild]) -> Iterator[DeclaredBuild]:
        """The builds, where one of a written copy is one of its original; those of a Dockerfile with a new text are left out."""
        for it in builds:
            dockerfile = self._written.get(it.dockerfile, it.dockerfile)
            if dockerfile is not None:
                yield replace(it, dockerfile=dockerfile)

    def _script(self, written: str, step: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
        """The outputs of a script. Effect: add its builds, and remember what it leaves for later steps."""
        text = context.expand_text(written)
        certain = frozenset(it.removeprefix("env.") for it in context.certain) if context.decides(written) else None
        directory = step.get("working-directory")
        # The default directory of scripts is not that of actions.
        usual = "." if "uses" in step else self._site.directory
        where = usual if directory is None else context.expand_text(directory)
        shell = str(as_mapping(step.get("with")).get("shell", "") if "uses" in step else step.get("shell", ""))
        if "pwsh" in shell or "python" in shell:
            return Partly()
        environment = {name: as_text(it) for name, it in context.values["env"].items() if is_known(it)}
        site = self._site._replace(directory=posixpath.normpath(where), environment=environment, certain=certain)
        script = as_script(text)
        machine = site.machines.own
        if machine is not None and machine.os == "windows" and not shell.startswith(("bash", "sh")):
            # Its usual shell is PowerShell.
            script = from_powershell(script, WORKSPACE)
        self._exported |= _chosen(written_variables(script, site, "GITHUB_ENV"), context)
        for copy, original in written_dockerfiles(script, site).items():
            self._written[copy] = None if original is None else self._written.get(original, original)
        if "${{" not in where:
            read_commands(script, site, self._repository.reading)
        return Partly(_chosen(written_variables(script, site, "GITHUB_OUTPUT"), context))

    def _resolve(self, path: str) -> Path | None:
        """The path in the project of a path on the runner; None if no checkout of this repository contains it."""
        if path.startswith(WORKSPACE):
            path = posixpath.relpath(path, WORKSPACE)
        best = max((it for it in self._checkouts if _is_below(path, it)), key=len, default=None)
        if best is None:
            return None if any(self._checkouts.values()) else project_path(self._site.root, path)
        return project_path(self._site.root, posixpath.relpath(path, best)) if self._checkouts[best] else None

    def _action(self, uses: str, given: Mapping[str, Any], context: Context, depth: int) -> Mapping[str, Any]:
        """The outputs of an action, as far as the repository determines them. Effect: add its builds."""
        name = uses.partition("@")[0].lower()
        inputs = {str(key).lower(): context.expand(it) for key, it in given.items()}
        if name == "actions/checkout":
            repository = inputs.get("repository", OWN_REPOSITORY)
            path = inputs.get("path")
            place = posixpath.normpath(path) if isinstance(path, str) and path else "."
            # `${{ github.repository_owner }}/tools` names another repository, while an expression alone mostly is the head of a pull request.
            names_another = without_expressions(as_text(given.get("repository", "")), "").strip() != ""
            is_own = not names_another if repository is UNKNOWN else as_text(repository) in {OWN_REPOSITORY, ""}
            is_own = is_own or (isinstance(repository, str) and self._repository.is_own(repository))
            self._checkouts[place] = is_own
        elif name in _BUILDER_ACTIONS:
            # The address of a node is often a secret; its platforms are not.
            appended = next((context.expand_text(it) for key, it in given.items() if str(key).lower() == "append"), "")
            machines = with_builder(self._site.machines, {**inputs, "append": appended})
            self._site = self._site._replace(machines=machines)
        elif uses.startswith("./") and depth < MOST_DEPTH:
            return self._composite(uses, inputs, context, depth)
        else:
            add_action(uses, given, context, self._site, self._repository.reading)
        return Partly()

    def _composite(self, uses: str, inputs: Mapping[str, Any], context: Context, depth: int) -> Mapping[str, Any]:
        """The outputs of an action of the repository. Effect: add the builds of its steps."""
        place = self._resolve(posixpath.normpath(uses))
        for name in ("action.yml", "action.yaml"):
            if place is not None and is_file(place / name):
                document = as_mapping(self._repository.document(place / name))
                declared = as_mapping(document.get("inputs"))
                defaults = {
                    str(key).lower(): context.expand(as_mapping(it).get("default")) for key, it in declared.items()
                }
                inner = context.with_values(inputs={**defaults, **inputs})
                steps = self.read(as_mapping(document.get("runs")).get("steps"), inner, depth + 1)
                after = inner.with_values(steps=steps)
                outputs = as_mapping(document.get("outputs")).items()
                return Partly({str(name): after.expand(as_mapping(it).get("value")) for name, it in outputs})
        return Partly()


def _chosen(values: Mapping[str, Sequence[str | None]], context: Context) -> dict[str, Any]:
    """One of the possible values of each name: the first or the last one, by the assumption of the context."""
    chosen = {name: it[0 if context.assumption else -1] for name, it in values.items()}
    return {name: UNKNOWN if it is None else it for name, it in chosen.items()}


def _is_below(path: str, directory: str) -> bool:
    return directory in {".", path} or path.startswith(f"{directory}/")
