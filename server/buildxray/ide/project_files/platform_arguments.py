"""Builds that give TARGETARCH or TARGETPLATFORM the value of another machine than the image is for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from buildxray.ide.diagnostics import Diagnostic
from buildxray.ide.project_files.base import diagnostic
from buildxray.ide.project_files.build_entry import BuildEntry
from buildxray.localization import _
from buildxray.platforms.platform import Platform, PlatformError, is_known, parse_normalized
from buildxray.records import replace
from buildxray.rules.base import Fix, Safety, Severity
from buildxray.rules.wording import listed, platforms
from buildxray.semantics.build import Builder
from buildxray.semantics.step_content import StepContents
from buildxray.syntax.lazy_regex import lazy_regex
from buildxray.syntax.text import Edit, TextRange

_ARGUMENTS: Final = ("TARGETPLATFORM", "TARGETARCH")
_SYSTEM: Final = "TARGETOS"
"""An argument that a build gives together with those, and that has the same value for all machines of one system."""
_BUILD_ARG: Final = "--build-arg"
_OPTION: Final = r"[ \t]--build-arg(?:[ \t]+|=)(?P<quote>[\"']?){name}=[\w/-]+(?P=quote)(?=[\s\\;&|]|\Z)"
"""An option of `docker build` that gives an argument."""
_ENTRY: Final = lazy_regex(r"[ \t]*(?:-[ \t]+)?[\"']?\w+[\"']?[ \t]*[=:][ \t]*[\"']?[\w/-]+[\"']?[ \t]*(?:\n|\Z)")
"""A line of a list, of a mapping or of a text with nothing but an argument."""

_KEY: Final = lazy_regex(r"[ \t]*(?:build-)?args:[ \t]*[|>]?[-+]?[ \t]*\n")
"""The key of the arguments in YAML, without a value in its line."""


class _Given(NamedTuple):
    """An argument of an entry that names an architecture."""

    entry: BuildEntry
    name: str
    value: str
    platform: Platform
    """The platform that the value names."""
    place: TextRange
    """The range of the name."""

    @property
    def text(self) -> str:
        """The name and the value: `TARGETARCH=arm64`."""
        return f"{self.name}={self.value}"

    @property
    def architecture(self) -> str:
        return self.platform.architecture

    @property
    def has_effect(self) -> bool:
        """True if the steps of the build change without the argument."""
        build, request = self.entry.build, self.entry.request
        if build is None or build.errors:
            return False
        without = tuple(it for it in request.build_arguments if it[0] not in _ARGUMENTS)
        other = Builder(replace(request, build_arguments=without)).build(build.dockerfile)
        return bool(StepContents().new_steps(build.steps, other.steps))

    @property
    def chooses_image(self) -> bool:
        """True if the image is built on one for the architecture that the argument names: `FROM --platform=$TARGETPLATFORM`."""
        target = None if self.entry.build is None else self.entry.build.target_stage
        if target is None or all(it.from_.platform is None for it in target.ancestry):
            return False
        return all(it.architecture == self.architecture for it in target.platforms)

    def is_twin(self, other: _Given) -> bool:
        """True if another entry builds the same Dockerfile for another architecture."""
        same = self.entry.declared.dockerfile == other.entry.declared.dockerfile
        return same and self.architecture != other.architecture


def platform_arguments(entries: Iterable[BuildEntry]) -> Iterator[Diagnostic]:
    """Find the builds of one file whose steps get the name of another architecture than that of the image."""
    of_own_machine: dict[TextRange, _Given] = {}
    plain: set[Path] = set()
    for entry in entries:
        given = _given(entry)
        if not entry.declared.is_for_own_platform:
            if given is not None and "platforms" not in entry.declared.unknown:
                yield from _for_named_platforms(given)
        elif given is not None and not entry.declared.is_of_service:
            of_own_machine[given.place] = given
        else:
            plain.add(entry.declared.dockerfile)
    for given in of_own_machine.values():
        # Of two builds for two architectures, one is not for the machine that builds it; a single one may be made on its own machine.
        is_one_of_two = given.entry.declared.dockerfile in plain or any(map(given.is_twin, of_own_machine.values()))
        yield from _for_own_machine(given, is_one_of_two=is_one_of_two)


def _for_named_platforms(given: _Given) -> Iterator[Diagnostic]:
    wrong = [it for it in given.entry.declared.platforms if it.architecture != given.architecture]
    if not wrong or not given.has_effect:
        return
    message = _(
        "the image for {platforms} is built with `{argument}`; leave the argument out, and BuildKit gives each platform its own value",
        platforms=platforms(wrong),
        argument=given.text,
    )
    yield diagnostic(_CODE, Severity.WARNING, given.place, message, _without_arguments(given.entry))


def _for_own_machine(given: _Given, *, is_one_of_two: bool) -> Iterator[Diagnostic]:
    machine = given.entry.declared.machine
    if (not is_one_of_two if machine is None else machine.architecture == given.architecture) or given.chooses_image:
        return
    if given.entry.declared.makes_files or not given.has_effect:
        # Files that leave by `--output` are for the machine that the argument names; no image says another one.
        return
    message = (
        _(
            "`{argument}` makes no image for {architecture}: without `--platform` it is for the machine that builds it; write `--platform {platform}` instead",
            argument=given.text,
            architecture=given.architecture,
            platform=given.platform,
        )
        if machine is None
        else _(
            "`{argument}` makes no image for {architecture}: without a platform it is for {machine}, the machine of the job; name the platform `{platform}` instead",
            argument=given.text,
            architecture=given.architecture,
            machine=machine,
            platform=given.platform,
        )
    )
    severity = Severity.INFORMATION if machine is None else Severity.WARNING
    yield diagnostic(_CODE, severity, given.place, message, _with_platform(given))


_CODE: Final = "platform-by-build-arg"


def _without_arguments(entry: BuildEntry) -> tuple[Fix, ...]:
    """The fix that removes the arguments; none if one is not alone in its line and not an option of a command."""
    names = [name for name, _value in entry.declared.arguments if name in _ARGUMENTS]
    places = [_option(entry, it) or _line(entry, it) for it in names]
    edits = sorted(Edit(it, "") for it in places if it is not None)
    title = _("Remove {arguments}", arguments=listed(names))
    return (Fix(title, tuple(edits), Safety.SUGGESTION),) if len(edits) == len(names) else ()


def _with_platform(given: _Given) -> tuple[Fix, ...]:
    """The fix that writes `--platform` in place of the argument; none outside of a command."""
    entry = given.entry
    names = [name for name, _value in entry.declared.arguments if name in (*_ARGUMENTS, _SYSTEM)]
    options = {it: _option(entry, it) for it in names}
    written = f"--platform {given.platform}"
    edits = [Edit(it, f" {written}" if name == given.name else "") for name, it in options.items() if it is not None]
    title = _("Write `{name}`", name=written)
    return (Fix(title, tuple(sorted(edits)), Safety.SUGGESTION),) if len(edits) == len(names) else ()


def _option(entry: BuildEntry, name: str) -> TextRange | None:
    """The range of the option that gives an argument, with the blank before it; None if the entry is not a command."""
    place = entry.argument_place(name)
    if place is None:
        return None
    start = max(entry.file.text.rfind(_BUILD_ARG, 0, place.start) - 1, 0)
    match = re.compile(_OPTION.format(name=name)).match(entry.file.text, start)
    return None if match is None or match.end() < place.end else TextRange(*match.span())


def _line(entry: BuildEntry, name: str) -> TextRange | None:
    """The range of the line of an argument, with that of their key if it is the only one; None if the line has more."""
    place, text = entry.argument_place(name), entry.file.text
    if place is None:
        return None
    start = text.rfind("\n", 0, place.start) + 1
    match = _ENTRY.match(text, start)
    if match is None:
        return None
    before = text.rfind("\n", 0, max(start - 1, 0)) + 1
    depth = _depth(text, start)
    if depth in (_depth(text, match.end()), _depth(text, before)):
        return TextRange(start, match.end())
    return TextRange(before, match.end()) if _KEY.fullmatch(text, before, start) else None


def _depth(text: str, start: int) -> int | None:
    """The number of blanks at the start of a line; None at the end of the text, and for a line without text."""
    end = text.find("\n", start)
    line = text[start : len(text) if end < 0 else end]
    return len(line) - len(line.lstrip()) if line.strip() else None


def _given(entry: BuildEntry) -> _Given | None:
    """The argument of an entry that is written out and names a machine; None if there is none."""
    declared = entry.declared
    if not entry.has_dockerfile or declared.may_be_written or entry.own.is_parent or entry.has_other_frontend:
        return None
    for name, value in declared.arguments:
        if name not in _ARGUMENTS or name in declared.unknown_arguments or "*" in declared.unknown_arguments:
            continue
        platform, place = _platform(value), entry.argument_place(name, value)
        if platform is not None and place is not None:
            return _Given(entry, name, value, platform, place)
    return None


def _platform(value: str) -> Platform | None:
    """The platform that a value names, for Linux if it names an architecture alone; None if no platform has that name."""
    try:
        platform = parse_normalized(value if "/" in value else f"linux/{value}")
    except PlatformError:
        return None
    return platform if is_known(platform) else None
