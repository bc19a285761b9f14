"""What was said of unseen files and was not true, or was true and not said."""

from __future__ import annotations

import pytest

from buildxray.ide.diagnostics import diagnose
from tests.support.rules import context

BUNDLE = """FROM --platform=$BUILDPLATFORM golang AS src
COPY . .
ENV CGO_ENABLED=0
FROM src AS one
RUN GOOS=linux GOARCH=amd64 go build -o /out/one .
FROM src AS other
RUN GOOS=linux GOARCH=arm64 go build -o /out/other .
FROM src AS macos
RUN GOOS=darwin GOARCH=arm64 go build -o /out/mac .
FROM scratch
COPY --from=one /out/ /
COPY --from=other /out/ /
COPY --from=macos /out/ /
"""


def rules(text: str) -> list[str]:
    return [it.rule for it in diagnose(context(text))]


@pytest.mark.parametrize(
    "text",
    [
        BUNDLE,
        "FROM --platform=$BUILDPLATFORM golang AS lint\nRUN golangci-lint run\nFROM lint\n",
        "FROM --platform=$BUILDPLATFORM golang AS b\nWORKDIR /w\nFROM b\nRUN --mount=target=. go build ./...\n",
        (
            "FROM --platform=linux/amd64 scratch AS f-amd64\nCOPY a /\nFROM --platform=linux/arm64 scratch AS f-arm64\nCOPY b /\n"
            "FROM f-$TARGETARCH\n"
        ),
        (
            "FROM debian AS gpu\nRUN curl https://x.org/s-x86_64.tgz | tar xz -C /opt\nFROM scratch AS v-amd64\nCOPY --from=gpu /opt /opt\n"
            "FROM scratch AS v-arm64\nFROM v-$TARGETARCH\n"
        ),
    ],
)
def test_nothing_is_wrong(text: str) -> None:
    assert rules(text) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("ARG ARCH=amd64\nFROM $ARCH/alpine\nARG TARGETARCH\nRUN echo $TARGETARCH\n", "single-arch-image"),
        ("ARG BUILDPLATFORM=linux/amd64\nFROM alpine\n", "masked-platform-arg"),
        ("FROM alpine\nONBUILD RUN echo $TARGETARCH\n", "undeclared-platform-arg"),
        ('FROM alpine\nARG TARGETARCH\nRUN [ "$TARGETARCH" = ARM64 ] && true\n', "impossible-arch-value"),
        ('FROM alpine\nARG TARGETARCH\nRUN [ "$TARGETARCH" = arm32v7 ] && true\n', "impossible-arch-value"),
        (
            (
                "FROM --platform=$BUILDPLATFORM node AS b\nWORKDIR /s\nRUN npm ci && cp -r node_modules /app/\n"
                "FROM node\nCOPY --from=b /app /app\n"
            ),
            "foreign-binary-copy",
        ),
        (
            (
                "FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\nENV GOARCH=$TARGETARCH\nRUN go install x.org/gen@v1\n"
                "RUN go generate ./... && CGO_ENABLED=0 go build -o /a .\nFROM scratch\nCOPY --from=b /a /a\n"
            ),
            "go-env-for-tools",
        ),
    ],
)
def test_this_is_wrong(text: str, rule: str) -> None:
    assert rule in rules(text)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("FROM alpine\nONBUILD ARG TARGETARCH\nONBUILD RUN echo $TARGETARCH\n", "undeclared-platform-arg"),
        ('FROM alpine\nARG TARGETARCH\nRUN [ "$TARGETARCH" = windows ] && true\n', "impossible-arch-value"),
        (
            (
                "FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\nENV GOARCH=$TARGETARCH\nRUN go install x.org/gen@v1\n"
                "FROM scratch\nCOPY --from=b /go/bin /\n"
            ),
            "go-env-for-tools",
        ),
        ("ARG BUILDPLATFORM\nFROM --platform=$BUILDPLATFORM alpine AS b\nFROM alpine\n", "masked-platform-arg"),
    ],
)
def test_this_is_right(text: str, rule: str) -> None:
    assert rule not in rules(text)
