"""Dockerfiles that only jobs on new machines build, where each cache mount is empty at the beginning.

A cache that a builder exports (`type=gha`, `type=registry`) has layers, and not the files of cache mounts.
Source: docs.docker.com, "Cache management with GitHub Actions", "Cache mounts".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from buildxray.files.reading import entries_of, read_project_text, repository_root
from buildxray.projects.builds import DeclaredBuild
from buildxray.projects.ci.script_files import script_and_seen_files
from buildxray.projects.ci.unread import serves, tells_of_build
from buildxray.projects.stored_caches import StoredCaches
from buildxray.projects.yaml import as_mapping
from buildxray.records import dataclass
from buildxray.syntax.lazy_regex import lazy_regex

_LABEL: Final = lazy_regex(
    r"ubuntu-(?:latest|slim|\d\d\.\d\d)(?:-arm)?|windows-(?:latest|\d{4}|11-arm)|macos-(?:latest|\d\d)(?:-(?:intel|large|xlarge))?"
)
"""Source: docs.github.com, "GitHub-hosted runners reference": each job gets a new machine."""
_OTHER_BUILDER: Final = lazy_regex(
    r"DOCKER_HOST|DOCKER_CONTEXT|BUILDX_BUILDER|BUILDKIT_HOST|docker[ \t]+context|/var/lib/(?:buildkit|docker)|endpoint|(?:ssh|tcp)://"
    r"|blacksmith|depot|namespace|nscloud|warpbuild|cache-dance|buildkitd|(?<!docker/)setup-buildx|setup-docker-builder"
)
"""Signs of a builder on another machine, or of a job that brings the files of an earlier one."""
_DOCUMENTS: Final = (".adoc", ".md", ".rst", ".txt")
_MOST_DOCUMENTS: Final = 30
"""Limit for the documents of one directory."""
_MOST_CHARACTERS: Final = 200_000


def is_fresh(runner: object, job: Mapping[str, Any], document: object) -> bool:
    """True if each run of a job gets a new machine and builds on that, given the value of `runs-on`, the job and its workflow."""
    labels = runner if isinstance(runner, list) else [runner]
    is_hosted = len(labels) == 1 and isinstance(labels[0], str) and _LABEL.fullmatch(labels[0]) is not None
    texts = (str(job), str(as_mapping(document).get("env")))
    return is_hosted and not any(_OTHER_BUILDER.search(it) for it in texts)


@dataclass(frozen=True)
class FreshMachines:
    """A lazy answer for one Dockerfile whose declared builds all run on new machines; equal ones have equal fields."""

    dockerfile: Path
    stored_caches: StoredCaches | None = None
    _answers: list[bool] = field(default_factory=list, compare=False, repr=False)
    """What the call has answered: a Dockerfile is checked at each keystroke."""

    def __call__(self) -> bool:
        """True if no workflow restores cache mounts, and no script, service or document tells of another build of the Dockerfile."""
        if not self._answers:
            restores = self.stored_caches is not None and self.stored_caches()
            self._answers.append(not restores and not self._may_be_built_by_others())
        return self._answers[0]

    def _may_be_built_by_others(self) -> bool:
        """True if a script, a document or a service may build the Dockerfile on a machine that lasts.

        A file of an unusual name is built by what names it.
        """
        directory, name = self.dockerfile.parent, self.dockerfile.name
        root = repository_root(directory) or directory
        places = dict.fromkeys((root, root / "docs", directory))
        is_usual = name.lower() == "dockerfile"
        if is_usual and any(map(serves, places)):
            return True
        documents = (it for one in places for it in islice(_documents(one), _MOST_DOCUMENTS))
        texts = (read_project_text(it) or "" for it in chain(*script_and_seen_files(root), documents))
        return any(
            (is_usual or name in it) and (len(it) > _MOST_CHARACTERS or tells_of_build(it)) for it in texts if it
        )


def _documents(directory: Path) -> Iterator[Path]:
    """Yield the documents in a directory."""
    return (Path(it.path) for it in entries_of(directory) if it.name.lower().endswith(_DOCUMENTS))


def are_on_fresh_machines(declared: Sequence[DeclaredBuild]) -> bool:
    """True if jobs on new machines alone are seen to build a Dockerfile."""
    return bool(declared) and all(
        it.is_on_fresh_machine and it.called_from is None and not it.is_of_service for it in declared
    )
