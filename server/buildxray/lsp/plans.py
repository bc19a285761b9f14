"""The custom request `buildxray/plan`, described in docs/protocol.md."""

from __future__ import annotations

from typing import Any, Final

from pygls.exceptions import JsonRpcInvalidParams

from buildxray.ide.plan_view.as_json import view_as_json
from buildxray.ide.plan_view.markdown import as_markdown
from buildxray.ide.plan_view.model import plan_view
from buildxray.ide.plan_view.svg import draw
from buildxray.ide.project_build import ProjectBuild
from buildxray.ide.settings import SettingError, read_platforms
from buildxray.lsp import from_lsp
from buildxray.lsp.documents import Document
from buildxray.lsp.parameters import get
from buildxray.lsp.server import Server
from buildxray.platforms.names import COMMON_PLATFORMS
from buildxray.platforms.platform import Platform

PLAN: Final = "buildxray/plan"
_PICTURES: Final = ("standalone", "unstyled", "none")


def show_plan(ls: Server, params: object) -> dict[str, Any] | None:
    """The plan of a document as data and as a picture; None for one that is not a Dockerfile.

    Raises `JsonRpcInvalidParams`.
    """
    uri = get(get(params, "textDocument"), "uri")
    document = ls.documents.get(uri) if isinstance(uri, str) else None
    if document is None:
        return None
    picture = get(params, "picture") or "standalone"
    if picture not in _PICTURES:
        raise JsonRpcInvalidParams(f"picture: expected one of {', '.join(_PICTURES)}")
    build = _build(ls, document, get(params, "build"))
    view = plan_view(document.analysis_for(build, _platforms(get(params, "platforms"))))
    of_project = build.request.target_platforms
    return {
        **view_as_json(view),
        "uri": document.uri,
        "documentVersion": document.version,
        "build": None if build.shown is None else build.shown.name,
        "knownPlatforms": [*dict.fromkeys((*map(str, (*of_project, *view.target_platforms)), *COMMON_PLATFORMS))],
        "markdown": as_markdown(view, from_lsp.file_name(document.uri)),
        "svg": None
        if picture == "none"
        else draw(view, from_lsp.file_name(document.uri), is_alone=picture == "standalone"),
    }


def _build(ls: Server, document: Document, name: object) -> ProjectBuild:
    """The build of a document that a client names, in the syntax of the setting `build`; by default the shown one."""
    if name is None or name == "":
        return document.build
    build = ls.build_named(document, name) if isinstance(name, str) else None
    if build is None:
        raise JsonRpcInvalidParams(f"build: no build of this Dockerfile is named {str(name)[:200]!r}")
    return build


def _platforms(given: object) -> tuple[Platform, ...]:
    if given is None:
        return ()
    try:
        return read_platforms(given) or ()
    except SettingError as error:
        raise JsonRpcInvalidParams(f"platforms: {error}") from error
