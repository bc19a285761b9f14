"""Completion of the variables that make Go cross-compile: `GOARCH=$TARGETARCH` and others before `go build`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.ide.completion.base import Completion
from buildxray.ide.completion.place import Place
from buildxray.localization import N_, _
from buildxray.rules.fixing.edits import declare_arguments
from buildxray.syntax.lazy_regex import lazy_regex

_SETTING: Final = lazy_regex(r"(?:^|[\s;&|(])(?P<typed>[A-Z][A-Z_]*)$")
_COMPILER: Final = lazy_regex(r"\bgo\s+(?:build|install|test)\b")
_GO: Final = {
    "GOARCH": ("GOARCH=$TARGETARCH", N_("the architecture that Go compiles for"), ("TARGETARCH",)),
    "GOOS": ("GOOS=$TARGETOS", N_("the operating system that Go compiles for"), ("TARGETOS",)),
    "GOARM": ("GOARM=${TARGETVARIANT#v}", N_("the version of 32-bit ARM that Go compiles for"), ("TARGETVARIANT",)),
    "CGO_ENABLED": ("CGO_ENABLED=0", N_("without a C compiler, and without a C library in the image"), ()),
}


def settings(place: Place) -> Iterator[Completion]:
    """Settings of the compiler that follows on the same line."""
    match = _SETTING.search(place.line)
    if match is None or place.instruction is None:
        return
    rest = place.analysis.text[place.offset : place.instruction.syntax.end]
    if not _COMPILER.search(rest.partition("&&")[0]):
        return
    blank = "" if rest[:1].isspace() else " "
    for name, (text, detail, arguments) in _GO.items():
        if name.startswith(match["typed"]):
            others = tuple(declare_arguments(place.instruction, arguments))
            yield Completion(text, "setting", _(detail), place.edit(f"{text}{blank}", match["typed"]), others)
