"""Modules that are vendored are not downloaded."""

import pytest

from buildxray.plan.checks.ignored import IgnorePatterns
from buildxray.rules.habits.late_module_download import late_module_download
from buildxray.toolchains.base import Workspace
from tests.support.rules import context, findings

BUILD = """\
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY . .
ARG TARGETARCH
RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build {}-o /app .
FROM scratch
COPY --from=build /app /app
"""
VENDORED = Workspace(requires_modules=True, has_vendored_modules=True)


def test_vendored_modules() -> None:
    assert not findings(late_module_download, context(BUILD.format(""), workspace=VENDORED))


@pytest.mark.parametrize(
    ("options", "workspace"),
    [
        ("", Workspace(requires_modules=True)),
        ("-mod=mod ", VENDORED),
        ("", VENDORED._replace(ignored=IgnorePatterns("vendor"))),
    ],
    ids=["no vendor directory", "told to ignore it", "left out of the context"],
)
def test_modules_that_are_downloaded(options: str, workspace: Workspace) -> None:
    assert findings(late_module_download, context(BUILD.format(options), workspace=workspace))
