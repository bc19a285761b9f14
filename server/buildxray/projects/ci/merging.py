"""One build for what several jobs of a workflow build, a platform each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from buildxray.platforms.machines import AMD64, native_machine
from buildxray.platforms.platform import Platform, can_run
from buildxray.projects.builds import DeclaredBuild


def merge_jobs(builds: Sequence[DeclaredBuild], jobs: Sequence[int]) -> Iterator[DeclaredBuild]:
    """Merge the builds of a matrix over platforms into one for all platforms; `jobs` has the number of the job of each build."""
    merged: dict[tuple[object, ...], DeclaredBuild] = {}
    first_jobs: dict[tuple[object, ...], int] = {}
    own = [*_with_own_platforms(builds)]
    for build, job in zip(_with_sharing(own, jobs), jobs, strict=True):
        same = (
            build.dockerfile,
            build.target,
            build.arguments,
            build.unknown_arguments,
            build.contexts,
            build.unknown,
            build.is_check,
        )
        variant = () if len(build.platform_names) == 1 else (build.platform_names, build.nodes)
        key = (build.source, build.name, *same, *variant)
        known = merged.get(key)
        if known is None:
            merged[key] = build
            first_jobs[key] = job
            continue
        names = dict.fromkeys((*known.platform_names, *build.platform_names))
        nodes = {**dict(build.nodes), **dict(known.nodes)}
        merged[key] = replace(
            known,
            platform_names=(*names,),
            nodes=(*nodes.items(),),
            caller=build.caller if build.is_emulated and not known.is_emulated else known.caller,
            is_separate=known.is_separate or (job != first_jobs[key] and len(names) > len(known.platform_names)),
            # A loop over platforms is one command, and mostly makes one manifest.
            is_in_parts=known.is_in_parts or (len(names) > 1 and not variant and build.line != known.line),
            shares_job=known.shares_job or build.shares_job,
            pushes=known.pushes or build.pushes,
            is_on_fresh_machine=known.is_on_fresh_machine and build.is_on_fresh_machine,
            keeps_nothing=known.keeps_nothing and build.keeps_nothing,
            ignores_cache=known.ignores_cache and build.ignores_cache,
            caches=known.caches & build.caches,
        )
    yield from merged.values()


def _with_sharing(builds: Sequence[DeclaredBuild], jobs: Sequence[int]) -> Iterator[DeclaredBuild]:
    """The builds, each with the fact whether its job also builds for the machine of another platform."""
    of_jobs: dict[int, set[Platform]] = {}
    for it, job in zip(builds, jobs, strict=True):
        if not it.is_check:
            of_jobs.setdefault(job, set()).update(_platforms(it))
    for it, job in zip(builds, jobs, strict=True):
        own = _platforms(it)
        others = of_jobs.get(job, set()).difference(own)
        shares_job = any(not can_run(native_machine(one), other) for one in own for other in others)
        yield replace(it, shares_job=True) if shares_job else it


def _platforms(build: DeclaredBuild) -> tuple[Platform, ...]:
    """The platforms that a build is for; that of its machine where it names none."""
    is_own = build.is_for_own_platform or build.is_for_local
    return (*build.platforms, build.machine) if is_own and build.machine is not None else build.platforms


def _with_own_platforms(builds: Sequence[DeclaredBuild]) -> Iterator[DeclaredBuild]:
    """The builds, with the platform of its machine for each one without a platform, unless all jobs that build it run on amd64."""
    machines: dict[tuple[object, ...], set[Platform | None]] = {}
    for it in builds:
        machines.setdefault((it.source, it.name, it.dockerfile, it.target), set()).add(it.machine)
    for it in builds:
        of_jobs = machines[it.source, it.name, it.dockerfile, it.target]
        of_linux = {one for one in of_jobs if one is None or one.os != "windows"}
        if of_linux and of_linux != of_jobs:
            # A matrix for tests on several systems: on Windows the image of a Linux is not built.
            of_jobs = of_linux
            it = it if it.machine in of_linux else replace(it, machine=next(iter(of_linux)))  # noqa: PLW2901 - the same build
        if it.machine is None or not it.is_for_own_platform or None in of_jobs or of_jobs == {AMD64}:
            yield it
        else:
            yield replace(it, platform_names=(str(it.machine),), nodes=((it.machine, it.machine),))
