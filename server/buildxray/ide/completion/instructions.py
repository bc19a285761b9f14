"""Completion of keywords, and of whole stages and instructions that are worth a snippet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildxray.ide.completion.base import Completion, documentation, first_sentence, plain
from buildxray.ide.completion.place import Place
from buildxray.ide.reference import INSTRUCTIONS
from buildxray.localization import N_, _
from buildxray.syntax.instruction_table import INSTRUCTION_KINDS
from buildxray.syntax.instructions import From

_SNIPPETS: Final = {
    "ADD": r"ADD ${1:source} ${2:destination}",
    "ARG": r"ARG ${1:name}",
    "CMD": r'CMD ["${1:executable}"]',
    "COPY": r"COPY ${1:source} ${2:destination}",
    "ENTRYPOINT": r'ENTRYPOINT ["${1:executable}"]',
    "ENV": r"ENV ${1:name}=${2:value}",
    "EXPOSE": r"EXPOSE ${1:8080}",
    "FROM": r"FROM ${1:image}",
    "HEALTHCHECK": r"HEALTHCHECK CMD ${1:command}",
    "LABEL": r"LABEL ${1:name}=${2:value}",
    "RUN": r"RUN ${1:command}",
    "SHELL": r'SHELL ["${1:/bin/bash}", "${2:-c}"]',
    "STOPSIGNAL": r"STOPSIGNAL ${1:SIGTERM}",
    "USER": r"USER ${1:user}",
    "VOLUME": r"VOLUME ${1:path}",
    "WORKDIR": r"WORKDIR ${1:/app}",
}
_LIKELY: Final = ("RUN", "COPY", "ENV", "ARG", "WORKDIR", "FROM", "USER", "EXPOSE", "ENTRYPOINT", "CMD")
STAGES: Final = {
    "Go cross-compile stage": (
        N_("compiles natively for every target platform"),
        r"""FROM --platform=\$BUILDPLATFORM golang:${1:1.25} AS ${2:build}
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG TARGETOS TARGETARCH
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build CGO_ENABLED=0 GOOS=\$TARGETOS GOARCH=\$TARGETARCH go build -o /out/${3:app} ${4:.}
""",
    ),
    "xx cross-compile stage": (
        N_("compiles C and C++ natively for every target platform, with clang"),
        r"""FROM --platform=\$BUILDPLATFORM tonistiigi/xx:${1:1.6.1} AS xx
FROM --platform=\$BUILDPLATFORM alpine:${2:3.22} AS ${3:build}
COPY --from=xx / /
RUN apk add --no-cache clang lld
WORKDIR /src
COPY . .
ARG TARGETPLATFORM
RUN xx-apk add --no-cache gcc musl-dev
RUN xx-clang -o /out/${4:app} ${5:main.c} && xx-verify /out/${4:app}
""",
    ),
    "Node.js build stage": (
        N_("bundles once for all target platforms, natively"),
        r"""FROM --platform=\$BUILDPLATFORM node:${1:22} AS ${2:build}
WORKDIR /src
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY . .
RUN npm run ${3:build}
""",
    ),
}
"""Snippets for common stages: label, purpose, text."""


def instructions(place: Place) -> Iterator[Completion]:
    """The keywords, the likely ones first, then the stages."""
    has_stage = any(isinstance(it, From) for it in _nodes_before(place))
    if place.is_trigger:
        names = [it for it in _in_order() if INSTRUCTION_KINDS[it].is_trigger]
    elif has_stage:
        names = [it for it in _in_order() if it != "MAINTAINER"]
    else:
        names = ["FROM", "ARG"]
    is_lower = place.typed.islower() and _writes_lower_case(place)
    for name in names:
        yield _keyword(place, name, is_lower=is_lower)
    if not place.is_trigger:
        yield from _stages(place)
        if has_stage:
            yield _native_from(place)


def _in_order() -> list[str]:
    return [*_LIKELY, *(it for it in INSTRUCTIONS if it not in _LIKELY)]


def _nodes_before(place: Place) -> list[object]:
    return [it.node for it in place.analysis.dockerfile.instructions if it.end < place.offset]


def _writes_lower_case(place: Place) -> bool:
    return any(it.node.keyword.text.islower() for it in place.analysis.dockerfile.instructions if it.end < place.offset)


def _keyword(place: Place, name: str, *, is_lower: bool) -> Completion:
    entry = INSTRUCTIONS[name].entry
    snippet = _SNIPPETS.get(name, name + " $1")
    shown = name.lower() if is_lower else name
    rest = place.analysis.text[place.offset : place.offset + 1]
    # Before existing arguments, only the keyword is missing.
    snippet = shown if rest.strip() or rest in (" ", "\t") else shown + snippet[len(name) :]
    return Completion(
        shown,
        "keyword",
        first_sentence(entry.summary),
        place.edit(shown + (" " if snippet != shown else "")),
        snippet=snippet if snippet != shown else "",
        documentation=documentation(entry.summary, entry.url, entry.since),
    )


def _stages(place: Place) -> Iterator[Completion]:
    for label, (detail, snippet) in STAGES.items():
        text = plain(snippet)
        yield Completion(
            label, "snippet", _(detail), place.edit(text), snippet=snippet, filter_text=f"FROM {label}",
            documentation=f"```dockerfile\n{text}```",
        )  # fmt: skip


def _native_from(place: Place) -> Completion:
    snippet = r"FROM --platform=\$BUILDPLATFORM ${1:image} AS ${2:build}"
    label = "FROM --platform=$BUILDPLATFORM"
    return Completion(
        label,
        "snippet",
        _("a stage that runs natively on the build machine"),
        place.edit(plain(snippet)),
        snippet=snippet,
    )
