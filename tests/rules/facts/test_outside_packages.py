"""Packages of the project outside of the build context."""

from __future__ import annotations

from buildxray.rules.facts.failing_builds import build_stops
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import context

_NODE = "FROM node\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\n{}COPY src/ src/\nRUN npm run build\n"
_GO = "FROM golang\nWORKDIR /app\nCOPY . .\nRUN go build ./...\n"
_SHARED = '{"dependencies": {"@example/shared": "file:../shared"}}'
_MODULE = "module example.com/a\nrequire example.com/b v0.0.0\n{}\n"


@every_case(
    "text, path, content, is_stopped",
    [
        (_NODE.format(""), "package.json", _SHARED, True),
        (_NODE.format(""), "package.json", _SHARED.replace("file:", "link:"), True),
        (_GO, "go.mod", _MODULE.format("replace example.com/b => ../b"), True),
        (_GO, "go.mod", _MODULE.format("replace (\n\texample.com/b v0.0.0 => ../b\n)"), True),
        # It is in the context, or for the development.
        (_NODE.format(""), "package.json", _SHARED.replace("../shared", "./shared"), False),
        (_NODE.format(""), "package.json", _SHARED.replace("dependencies", "devDependencies"), False),
        (_NODE.format(""), "package.json", "[", False),
        (_NODE.format("").replace("package*", "api/package*"), "api/package.json", _SHARED, False),
        (_GO, "go.mod", _MODULE.format("replace example.com/b => ./b"), False),
        (_GO, "go.mod", _MODULE.format("replace example.com/c => ../c"), False),
        (_GO, "go.mod", _MODULE.format("// replace example.com/b => ../b"), False),
        # Something brings it.
        (_NODE.format("COPY --from=shared / /shared/\n"), "package.json", _SHARED, False),
        (_NODE.format("COPY . /\n"), "package.json", _SHARED, False),
        (_NODE.format("RUN git clone https://example.com/shared /shared\n"), "package.json", _SHARED, False),
        (_NODE.format("").replace("node", "example/node"), "package.json", _SHARED, False),
        # Nothing reads the list.
        ("FROM node\nWORKDIR /app\nCOPY package.json ./\nCMD npm start\n", "package.json", _SHARED, False),
    ],
)
def test_packages_outside_of_the_context(text: str, path: str, content: str, *, is_stopped: bool) -> None:
    facts = Workspace(holds={path, "."}.__contains__, texts=lambda it: (content,) if it == path else ())
    assert build_stops(context(text, workspace=facts).build) is is_stopped
