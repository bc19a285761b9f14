"""One repository while its workflows are read: its YAML files, and how many steps may still be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, Final

from buildxray.files.reading import read_project_text
from buildxray.localization import gettext_lazy as _
from buildxray.projects.builds import Note
from buildxray.projects.ci import workflow_files
from buildxray.projects.ci.actions import is_github_builder
from buildxray.projects.ci.site import Reading
from buildxray.projects.ci.step_effects import StepEffect, script_of, step_effect
from buildxray.projects.ci.unread import names_image_tool
from buildxray.projects.own_address import own_names
from buildxray.projects.yaml import DuplicateKeyError, YamlError, as_mapping, load_documents, may_be_template
from buildxray.records import dataclass
from buildxray.syntax.lazy_regex import lazy_regex

_PUBLIC: Final = lazy_regex(r"(?P<name>[\w.-]+/[\w.-]+)/(?P<path>[\w./-]+)@[\w./-]+")
"""An action or a workflow in a directory of a repository, at a commit."""
MOST_DEPTH: Final = 4
"""Workflows and actions of the repository that call one another."""
_MOST_STEPS: Final = 8_000
"""Steps of all jobs of a repository, each combination of a matrix counted."""
_MOST_STEPS_OF_WORKFLOW: Final = 1_000
"""Steps of one workflow and those that it calls, each time it is read: a large matrix of tests leaves room for other workflows."""


@dataclass(slots=True)
class Repository:
    """The files of one repository and the budget for reading them."""

    root: Path
    local_platform: str
    reading: Reading
    _documents: dict[Path, Any] = field(default_factory=dict)
    _n_steps: int = 0
    _most_steps: int = 0
    """The value that `_n_steps` may reach while the current workflow is read."""
    _is_cut: bool = False
    """True if the current workflow has more steps than may be read."""
    _names: frozenset[str] | None = None
    """The names of the repository on GitHub; None until they are asked for."""
    _building: dict[str, bool] = field(default_factory=dict)
    """Whether an action or workflow of the repository builds an image, by what `uses` names; False while it is being looked at."""

    def workflows(self) -> list[Path]:
        """The workflows. Those that only others call come last, since they are read where they are called."""
        return sorted(workflow_files(self.root), key=lambda it: (self._is_only_called(it), it))

    def _is_only_called(self, path: Path) -> bool:
        triggers = as_mapping(self.document(path)).get("on")
        names = [*triggers] if isinstance(triggers, Mapping | list) else [triggers]
        return names == ["workflow_call"]

    def document(self, path: Path) -> Any:  # noqa: ANN401 - what YAML holds
        """The content of a YAML file; None for one that cannot be read, and a note if it names a tool for images.

        Source: the message "'…' is already defined" of GitHub for a key that is written twice.
        """
        if path not in self._documents:
            text = read_project_text(path) or ""
            message = ""
            line = 1
            self._documents[path] = None
            try:
                self._documents[path] = next(load_documents(text, refuses_duplicates=True), None)
            except DuplicateKeyError as error:
                line, message = (
                    error.line,
                    _("GitHub refuses this file: the key `{key}` is written twice", key=error.key),
                )
            except YamlError as error:
                if not may_be_template(text):
                    line, message = error.line, _("this is not YAML: {error}", error=error)
            if message and names_image_tool(text):
                self.reading.notes.append(Note(str(path), line, message))
        return self._documents[path]

    def effect(self, step: Mapping[str, Any]) -> StepEffect:
        """The possible effect of a step; see `step_effect`."""
        uses = step.get("uses")
        if isinstance(uses, str) and self.as_local(uses) != uses:
            return StepEffect.MAY_BUILD
        return step_effect(step, self.reading.scripts)

    def as_local(self, uses: str) -> str:
        """The path of an action or a workflow of this repository, also if `uses` names it by its public name: `acme/app/.github/actions/image@main`."""
        named = _PUBLIC.fullmatch(uses)
        return f"./{named['path']}" if named is not None and self.is_own(named["name"]) else uses

    def is_own(self, name: str) -> bool:
        """True if a name, such as `acme/app`, is known to be that of this repository on GitHub."""
        if self._names is None:
            self._names = own_names(self.root)
        return name.lower() in self._names

    def begin_workflow(self) -> None:
        """Effect: give the next workflow its budget of steps."""
        self._most_steps = min(_MOST_STEPS, self._n_steps + _MOST_STEPS_OF_WORKFLOW)
        self._is_cut = False

    def count_step(self, path: Path, line: int, body: Mapping[str, Any]) -> bool:
        """True if one more step of a workflow, or a job as a whole, may be read. Effect: count it; note the first build that is not read."""
        if self._n_steps < self._most_steps:
            self._n_steps += 1
            return True
        if not self._is_cut and self._builds_image(body, 0):
            self._is_cut = True
            message = _(
                "the builds from here on are not checked: in all combinations of its matrices, this workflow has more than {n} steps",
                n=_MOST_STEPS_OF_WORKFLOW,
            )
            self.reading.notes.append(Note(str(path), line, message, is_limit=True))
        return False

    def note_build(self, path: Path, line: int, body: Mapping[str, Any], message: str) -> None:
        """Effect: add a note about a step or a job, if it builds an image."""
        if self._builds_image(body, 0):
            self.reading.notes.append(Note(str(path), line, message))

    def _builds_image(self, body: Mapping[str, Any], depth: int) -> bool:
        """True if a step, a job, or the action or workflow of the repository that it calls, builds an image."""
        uses = body.get("uses")
        if self.effect(body) is StepEffect.BUILDS or (isinstance(uses, str) and is_github_builder(uses)):
            return True
        if script_of(body) is not None:
            return False
        if not isinstance(uses, str):
            return self._has_building_step([body], depth)
        uses = self.as_local(uses)
        if not uses.startswith("./") or depth >= MOST_DEPTH:
            return False
        if uses not in self._building:
            # Shared actions would be read once for each path of calls to them.
            self._building[uses] = False
            place = self.root / uses
            documents = [as_mapping(self.document(it)) for it in (place, place / "action.yml", place / "action.yaml")]
            called = [as_mapping(it.get("runs")) for it in documents]
            called += [as_mapping(job) for it in documents for job in as_mapping(it.get("jobs")).values()]
            self._building[uses] = self._has_building_step(called, depth)
        return self._building[uses]

    def _has_building_step(self, called: Iterable[Mapping[str, Any]], depth: int) -> bool:
        """True if one of the steps of jobs or actions builds an image."""
        listed = [it.get("steps") for it in called]
        steps = [as_mapping(step) for it in listed if isinstance(it, list) for step in it]
        return any(self._builds_image(it, depth + 1) for it in steps if "uses" in it or "run" in it)
