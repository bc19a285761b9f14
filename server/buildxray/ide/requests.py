"""The request of a build that a project declares, under the settings of the user."""

from __future__ import annotations

from collections.abc import Iterator

from buildxray.files.reading import read_project_text
from buildxray.ide.settings import Settings, with_machines
from buildxray.plan.request import BuildRequest, TargetResult
from buildxray.platforms.machines import is_chosen, native_machine
from buildxray.platforms.platform import Platform, this_machine
from buildxray.projects.builds import DeclaredBuild, LinkedTarget, read_platform_list
from buildxray.records import replace
from buildxray.semantics.linked import with_configurations


def machine_is_unknown(declared: DeclaredBuild, settings: Settings) -> bool:
    """True if neither the project nor the user tells the machine of a declared build.

    One machine that the user names is not that of jobs which build one platform each, nor of a builder that may have a machine
    for each: these may all run elsewhere.
    """
    machines = settings.machines
    may_be_others = declared.is_separate or declared.may_have_nodes
    is_told = machines.own is not None and (machines.names_several or not may_be_others)
    return "nodes" in declared.unknown and not is_told


def request_of(declared: DeclaredBuild, settings: Settings) -> BuildRequest:
    """The request of a declared build."""
    return request_with_origin(declared, settings)[0]


def request_with_origin(declared: DeclaredBuild, settings: Settings) -> tuple[BuildRequest, str]:
    """The request of a declared build, and the source of its platforms in words; empty if they are the default, or if nobody asks for the build."""
    request, origin = _request_alone(declared, settings)
    # If the user sets other platforms than the project, those of the other targets are unknown.
    return (
        replace(request, results=(*_results(declared, request),)) if origin and declared.linked else request
    ), "" if declared.is_unasked else origin


def _results(declared: DeclaredBuild, request: BuildRequest) -> Iterator[TargetResult]:
    """The results of the targets that a build uses, if the project tells their platforms and machines."""
    machines = request.machines
    for it in declared.linked:
        if it.problem:
            yield TargetResult(it.name, (), it.problem)
            continue
        if not it.platform_names and (len(machines) > 1 or "nodes" in declared.unknown):
            continue
        named = [one for one in it.platform_names if one != "local"]
        is_local = not named or len(named) < len(it.platform_names)
        own = (request.build_platform,) if is_local else ()
        platforms = tuple(dict.fromkeys((*read_platform_list(named), *own)))
        is_for_all = set(request.target_platforms) <= set(platforms)
        if len(machines) > 1 or request.is_separate:
            # Which machine builds a target for fewer platforms depends on the builder.
            platforms = request.target_platforms if is_for_all else ()
        if platforms and len(platforms) >= len({*named}):
            result = TargetResult(it.name, tuple((one, request.node(one)) for one in platforms))
            yield _with_configurations(result, it, request)


def _with_configurations(result: TargetResult, linked: LinkedTarget, request: BuildRequest) -> TargetResult:
    """The result of another target with the configurations of its images, if the project tells all that they depend on."""
    text = None if linked.dockerfile is None else read_project_text(linked.dockerfile)
    if text is None:
        return result
    of_target = BuildRequest(
        request.build_platform,
        result.platforms,
        build_arguments=linked.arguments,
        target_stage=linked.target,
        contexts=linked.contexts,
        nodes=request.nodes,
        is_separate=request.is_separate,
    )
    return with_configurations(result, text, of_target)


def _request_alone(declared: DeclaredBuild, settings: Settings) -> tuple[BuildRequest, str]:
    """The request of a declared build without the results of other targets."""
    request, origin = settings.request(), ""
    request = replace(
        request,
        build_arguments=declared.arguments,
        unknown_arguments=declared.unknown_arguments,
        target_stage=declared.target,
        target_origin=declared.origin,
        contexts=declared.contexts,
        makes_files=declared.makes_files,
        keeps_nothing=declared.keeps_nothing,
    )
    if settings.platforms is None and (declared.platforms or declared.is_for_local):
        own = (settings.machines.own or this_machine(),) if declared.is_for_local else ()
        request = replace(request, target_platforms=tuple(dict.fromkeys((*declared.platforms, *own))))
        origin = declared.origin
    machine = declared.machine
    if settings.platforms is None and machine is not None and is_chosen(machine) and not declared.platforms:
        # The text does not tell the platforms.
        request = replace(request, target_platforms=(machine,))
        return replace(_with_nodes(request, ((machine, machine),)), is_separate=declared.is_separate), origin
    if declared.nodes and not settings.machines.names_several:
        return replace(_with_nodes(request, declared.nodes), is_separate=declared.is_separate), origin
    is_for_own_machine = declared.is_separate or len(request.target_platforms) == 1
    if machine_is_unknown(declared, settings) and is_for_own_machine:
        # People who build one platform on their own machine want to avoid emulation.
        nodes = tuple((it, native_machine(it)) for it in request.target_platforms)
        return replace(_with_nodes(request, nodes), is_separate=declared.is_separate), origin
    return with_machines(request, settings.machines), origin


def _with_nodes(request: BuildRequest, nodes: tuple[tuple[Platform, Platform], ...]) -> BuildRequest:
    """A request with the machines of a declared build; the first target has the first machine."""
    known = dict(nodes)
    own = known.get(request.target_platforms[0], nodes[0][1])
    # A platform is also listed if its architecture differs from that of its machine, which can run it.
    others = tuple(
        (it, known[it])
        for it in request.target_platforms
        if it in known and (known[it] != own or it.architecture != own.architecture)
    )
    return replace(request, build_platform=own, nodes=others)
