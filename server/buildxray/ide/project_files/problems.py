"""Problems of a build in the file that declares it: its platforms, its stage, the images that it is built on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from buildxray.ide.diagnostics import Diagnostic
from buildxray.ide.project_files.base import diagnostic, written
from buildxray.ide.project_files.build_entry import BuildEntry
from buildxray.ide.settings import unknown_platform
from buildxray.localization import _
from buildxray.platforms.platform import PlatformError, is_known, nearest_known, parse_normalized
from buildxray.rules.base import Severity
from buildxray.semantics.build import Build


def problems(entry: BuildEntry) -> Iterator[Diagnostic]:
    """The problems of the build."""
    yield from _platforms(entry)
    if not entry.has_dockerfile or (entry.own.is_parent and not entry.declared.is_default):
        # Other targets inherit from a parent, and set the missing attributes.
        return
    if entry.has_stage:
        if entry.request.contexts and entry.build is not None:
            yield from _foreign_contexts(entry, entry.build)
    elif not entry.has_other_frontend:
        yield from _missing_stage(entry)


def _platforms(entry: BuildEntry) -> Iterator[Diagnostic]:
    place = entry.own.fields.get("platforms", entry.own.name)
    for name in entry.declared.single_platform_names:
        # The value of a variable depends on the environment.
        problem = "" if name == "local" or "$" in name else _unknown_platform(name)
        if problem:
            word = entry.file.places.word(place, name)
            fixes = written(entry.file.text, word, name, _known_platform(name))
            yield diagnostic("unknown-platform", Severity.WARNING, word, problem, fixes)


def _missing_stage(entry: BuildEntry) -> Iterator[Diagnostic]:
    wanted = entry.declared.target
    if not wanted or "target" in entry.declared.unknown or wanted in dict(entry.declared.contexts):
        return
    close = _closest(wanted.lower(), filter(None, entry.stage_names))
    message = _(
        "{file} has no stage `{stage}`, so that the build fails", file=entry.declared.dockerfile.name, stage=wanted
    )
    if close is not None:
        message = _("{message}; did you mean `{close}`?", message=message, close=close)
    place = entry.file.places.word(entry.own.fields.get("target", entry.own.name), wanted)
    # The environment may set another name than the default of a variable, and a step may write another Dockerfile.
    text = entry.file.text[slice(*place)]
    is_certain = wanted in text and "$" not in text and not entry.declared.may_be_written
    severity = Severity.ERROR if is_certain else Severity.WARNING
    yield diagnostic("missing-stage", severity, place, message, written(entry.file.text, place, wanted, close))


def _foreign_contexts(entry: BuildEntry, build: Build) -> Iterator[Diagnostic]:
    """Find images that are built on the image of another target for another architecture."""
    for stage in build.needed_stages:
        if not stage.is_image or stage.from_.platform is not None:
            continue
        wrong: dict[tuple[str, str], list[str]] = {}
        for target, context in stage.foreign_contexts:
            wrong.setdefault((context.value, str(context.built_for)), []).append(str(target))
        for (value, built_for), targets in wrong.items():
            message = _(
                "`{context}` is built for {platform} only, and the image for {targets} is built on it",
                context=value,
                platform=built_for,
                targets=_(", ").join(targets),
            )
            place = entry.file.places.word(entry.own.fields.get("contexts", entry.own.name), value)
            yield diagnostic("foreign-context", Severity.ERROR, place, message)


def _closest(name: str, known: Iterable[str]) -> str | None:
    """The most similar known name; None if none is similar."""
    matches = get_close_matches(name[:200], known, n=1)
    return matches[0] if matches else None


def _unknown_platform(name: str) -> str:
    """The reason why a name is not a platform; empty for a valid one."""
    try:
        platform = parse_normalized(name)
    except PlatformError as error:
        return str(error)
    return "" if is_known(platform) else unknown_platform(platform)


def _known_platform(name: str) -> str | None:
    """The most similar known platform; None if none is similar."""
    try:
        close = nearest_known(parse_normalized(name))
    except PlatformError:
        return None
    return None if close is None else str(close)
