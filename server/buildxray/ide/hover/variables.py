"""The hover of build arguments and environment variables, apart from the automatic ones."""

from __future__ import annotations

from typing import Final

from buildxray.ide.analysis import Analysis
from buildxray.ide.glossary import ENVIRONMENT
from buildxray.ide.hover.base import Hover, platforms_note, table
from buildxray.ide.literals import literal
from buildxray.ide.names import Kind, Occurrence, occurrence_at
from buildxray.localization import N_, _, localized
from buildxray.syntax.instructions import Arg, Env, WithPairs

_PROXY: Final = N_(
    "a proxy for the build: every `RUN` sees it without an `ARG`, and it is neither in the cache key nor in the image"
)
PREDEFINED: Final = {
    **{
        name: _PROXY
        for upper in ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
        for name in (upper, upper.lower())
    },
    "BUILDKIT_BUILD_NAME": N_("the name of the build in its history"),
    "BUILDKIT_CACHE_MOUNT_NS": N_("a prefix for the ids of all cache mounts"),
    "BUILDKIT_CONTEXT_KEEP_GIT_DIR": N_("`1` keeps the `.git` directory of a Git context"),
    "BUILDKIT_DOCKERFILE_CHECK": N_("which build checks are skipped, and whether they fail the build"),
    "BUILDKIT_INLINE_CACHE": N_("`1` writes the cache metadata into the image"),
    "BUILDKIT_MULTI_PLATFORM": N_("`1` makes the output of one platform look like that of several"),
    "BUILDKIT_SANDBOX_HOSTNAME": N_("the host name that `RUN` sees; the default is `buildkitsandbox`"),
    "BUILDKIT_SBOM_SCAN_CONTEXT": N_("`true` scans the build context for the bill of materials"),
    "BUILDKIT_SBOM_SCAN_STAGE": N_(
        "`true`, or names of stages, scans more than the last stage for the bill of materials"
    ),
    "BUILDKIT_SYNTAX": N_("the frontend that reads this file, instead of that of the `# syntax` directive"),
    "SOURCE_DATE_EPOCH": N_(
        "the time in seconds since 1970 that all timestamps of the image get, for reproducible builds"
    ),
}
"""Build arguments that BuildKit knows. Source: docs.docker.com, "Dockerfile reference", "Predefined ARGs" and "BuildKit built-in build args"."""


def variable(analysis: Analysis, offset: int) -> Hover | None:
    """Explain the variable at an offset; None if there is none, or if it is undeclared."""
    occurrence = occurrence_at(analysis, offset)
    if occurrence is None or occurrence.name.kind is not Kind.VARIABLE:
        return None
    name = occurrence.name.text
    known = PREDEFINED.get(name)
    if occurrence.name.declared_at < 0:
        return (
            None
            if known is None
            else Hover(
                occurrence.range, _("**`{name}`**: {meaning}. Predefined by BuildKit.", name=name, meaning=_(known))
            )
        )
    declared = occurrence.origins[0].instruction if occurrence.origins else occurrence.name.declared_at
    is_argument = isinstance(analysis.dockerfile.instructions[declared].node, Arg)
    kind = _("a build argument") if is_argument else _("an environment variable")
    parts = [
        _("**`{name}`**: {meaning}", name=name, meaning=_(known) if known else kind),
        _known_to_tools(name),
        _values(analysis, occurrence),
        _origin(analysis, occurrence, declared, is_argument=is_argument),
        _reruns(analysis, name, declared) if is_argument else "",
        platforms_note(analysis),
    ]
    return Hover(occurrence.range, "\n\n".join(filter(None, parts)))


def _known_to_tools(name: str) -> str:
    """The meaning of a variable for common tools; empty if only the author defines it."""
    meaning = ENVIRONMENT.get(name)
    return "" if meaning is None else _("Known to tools: {meaning}.", meaning=_(meaning))


def _reruns(analysis: Analysis, name: str, declared: int) -> str:
    """The steps that run again for another value of a build argument; empty if there are none."""
    from buildxray.ide.reruns import rerun_of_argument, rerun_words  # noqa: PLC0415 - a server starts without it

    rerun = rerun_of_argument(analysis, name, analysis.build.instructions[declared])
    if rerun is None or not rerun.runs:
        return ""
    words = rerun_words(rerun, len(analysis.request.target_platforms))
    return _("Another value re-runs {what}.", what=words)


def _values(analysis: Analysis, occurrence: Occurrence) -> str:
    """The value for each target platform; in one line if all are equal."""
    if analysis.build.stages:
        view = analysis.build.instructions[occurrence.instruction]
    else:
        view = analysis.build_in_stage.instructions[occurrence.instruction + 1]
    read = view.values if view.is_global else view.known_values
    values = read(occurrence.name.text, after=occurrence.is_declaration)
    shown = [_("*not known*") if it is None else f"`{literal(it)}`" if it else _("*empty*") for it in values]
    if len({*shown}) == 1:
        return _("Value here: {value}", value=shown[0])
    platforms = (f"`{it}`" for it in analysis.request.target_platforms)
    return table([_("target platform"), _("value here")], zip(platforms, shown, strict=True))


def _origin(analysis: Analysis, occurrence: Occurrence, declared: int, *, is_argument: bool) -> str:
    name = occurrence.name.text
    instruction = analysis.dockerfile.instructions[declared]
    origin, here = (
        analysis.build.instructions[declared].stage,
        analysis.build.instructions[occurrence.instruction].stage,
    )
    line = instruction.first_line
    if not analysis.build.stages:
        sentence = _("Declared in line {line}", line=line)
    elif origin is None:
        sentence = _("Declared above the first `FROM` (line {line})", line=line)
    elif here is not None and origin is not here:
        sentence = _("Inherited from stage `{stage}` (line {line})", stage=literal(origin.display_name), line=line)
    else:
        sentence = _("Declared in stage `{stage}` (line {line})", stage=literal(origin.display_name), line=line)
    if not is_argument:
        return _("{declared}; it stays in the image.", declared=sentence)
    if any(it == name for it, __ in analysis.request.build_arguments):
        given_by = localized(analysis.origin) or _("a build argument")
        return _("{declared}; its value is given by the build ({origin}).", declared=sentence, origin=given_by)
    node = instruction.node
    assert isinstance(node, Arg | Env) and isinstance(node, WithPairs)  # noqa: PT018 - one fact
    has_default = any(it.name.text == name and it.value is not None for it in node.pairs)
    if not has_default and origin is not None:
        sentence = _with_default(analysis, occurrence, sentence)
    return _("{declared}; `--build-arg {name}=…` gives it another value.", declared=sentence, name=name)


def _with_default(analysis: Analysis, occurrence: Occurrence, declared: str) -> str:
    """The declaration whose value a bare ARG in a stage takes without a build argument."""
    for it in occurrence.origins[1:]:
        instruction = analysis.dockerfile.instructions[it.instruction]
        line = instruction.first_line
        if analysis.build.instructions[it.instruction].stage is None:
            return _("{declared}, with the default of the `ARG` in line {line}", declared=declared, line=line)
        if isinstance(instruction.node, Env):
            return _("{declared}, with the value of the `ENV` in line {line}", declared=declared, line=line)
    return _("{declared}, without a default", declared=declared)
