"""Guess the build requests to which a logged build may belong, so that the logged build can be planned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from buildxray.logs.model import LoggedBuild
from buildxray.logs.names import VertexName, read_name
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import Platform, PlatformError, parse_normalized


def possible_requests(build: LoggedBuild, request: BuildRequest, stages: tuple[str, ...]) -> tuple[BuildRequest, ...]:
    """The possible requests of a build, the likeliest first; `request` is that of the project.

    Platforms, arguments and target of the log replace those of the project. `stages` are the named stages of the
    Dockerfile, one of which may be the target.
    """
    names = [read_name(it.name) for it in build.vertices]
    request = replace(request, build_platform=_build_platform(names, request))
    if build.request is not None:
        arguments = {**dict(request.build_arguments), **dict(build.request.arguments)}
        platforms = tuple(filter(None, map(_platform, build.request.platforms))) or (request.build_platform,)
        return (
            replace(
                request,
                target_platforms=tuple(dict.fromkeys(platforms)),
                build_arguments=tuple(arguments.items()),
                target_stage=build.request.target,
            ),
        )
    targets = dict.fromkeys([request.target_stage, "", *_named_stages(names, stages)])
    return tuple(
        replace(request, target_platforms=platforms, target_stage=target)
        for target in targets
        for platforms in dict.fromkeys(_platform_choices(names, request))
    )


def _platform_choices(names: list[VertexName], request: BuildRequest) -> Iterator[tuple[Platform, ...]]:
    """The possible target platforms by the labels, which may name the build machine although it is not a target."""
    named = _named_platforms(names)
    known = request.target_platforms
    if len(named) > 1:
        ordered = (*(it for it in known if it in named), *(it for it in named if it not in known))
        yield ordered
        others = tuple(it for it in ordered if it != request.build_platform)
        # Labels have platforms only if several are built.
        if len(others) > 1:
            yield others
        return
    if any(it.platform for it in names):
        # Labels have platforms only if several are built, so a truncated log contains one of several.
        yield known
        yield tuple(dict.fromkeys((*known, *named)))
        yield tuple(dict.fromkeys((*named, request.build_platform, *known)))
        return
    if len(known) == 1:
        yield known
    yield (request.build_platform,)
    yield from ((it,) for it in known)


def _named_platforms(names: list[VertexName]) -> tuple[Platform, ...]:
    platforms: dict[Platform, None] = {}
    for it in names:
        runs_on = _platform(it.runs_on)
        if runs_on is None:
            continue
        platforms[runs_on] = None
        if it.builds_for:
            builds_for = _platform(it.builds_for) or _platform(f"{runs_on.os}/{it.builds_for}")
            if builds_for is not None:
                platforms[builds_for] = None
    return tuple(platforms)


def _build_platform(names: list[VertexName], request: BuildRequest) -> Platform:
    """The platform of the build machine, on which steps for other platforms run."""
    machines = {_platform(it.runs_on) for it in names if it.builds_for} - {None}
    machine = machines.pop() if len(machines) == 1 else None
    return request.build_platform if machine is None else machine


def _named_stages(names: list[VertexName], stages: tuple[str, ...]) -> Iterator[str]:
    """The stages with steps in the log, the last one first; the target is among them."""
    seen = {stage for it in names if it.is_step for stage in it.stages}
    yield from (it for it in reversed(stages) if it in seen)


def _platform(text: str) -> Platform | None:
    try:
        return parse_normalized(text) if "/" in text else None
    except PlatformError:
        return None
