"""Builds that stop before they end, of which nothing else is worth saying."""

from __future__ import annotations

from buildxray.rules.facts.managed_python import refused_by_pip
from buildxray.rules.facts.old_images import stopped_by_old_dotnet, stopped_by_old_go
from buildxray.rules.facts.old_rust import stopped_by_old_rust
from buildxray.rules.facts.outside_packages import lacks_package
from buildxray.rules.facts.refused_machines import machines_refused_in
from buildxray.semantics.build import Build, Stage
from buildxray.semantics.needed_paths import needed_paths


def stops(stage: Stage) -> bool:
    """True if a command of a stage surely fails.

    `externally-managed-python`, `old-dotnet-image`, `old-go-image`, `old-rust-image` and `unknown-machine-name` report such commands.
    """
    if any(find(stage) is not None for find in (stopped_by_old_go, stopped_by_old_dotnet, stopped_by_old_rust)):
        return True
    return any(refused_by_pip(stage)) or any(machines_refused_in(stage))


def lacks_source(stage: Stage) -> bool:
    """True if a COPY of a stage, or of one that it is built on, names a file that is not in the build context.

    It is not there, which `missing-source` reports, or `.dockerignore` leaves it out, which `copy-ignored-file` does if the context is known.
    """
    absent = [it.range.start for it in stage.build.absent_sources]
    if absent and any(it.range.contains(one) for of in stage.chain for it in of.instructions for one in absent):
        return True
    leaves_out = stage.build.workspace.leaves_out
    return leaves_out is not None and any(map(leaves_out, needed_paths(stage.chain)))


def build_stops(build: Build) -> bool:
    """True if a build stops at a source that it lacks, which `missing-source` reports, or in one of its stages, or if one compiles without a package that it needs."""
    return bool(build.absent_sources) or any(stops(it) or lacks_package(it) for it in build.needed_stages)
