"""A self-contained HTML page with pictures of plans, which may load nothing."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from buildxray.files.reading import read_resource
from buildxray.ide.plan_view.model import PlanView
from buildxray.ide.plan_view.svg import draw, stylesheet
from buildxray.localization import _, language

_SHOW: Final = """
const said = document.querySelector("output");
const show = (element) => {
  said.textContent = element.getAttribute("aria-label") ?? element.querySelector("title")?.textContent ?? "";
};
for (const picture of document.querySelectorAll("svg")) {
  makeNavigable(picture, { choose: show, focus: show });
}
"""


def page(views: Iterable[tuple[PlanView, str]]) -> str:
    """The pictures of several plans, each with the name of its Dockerfile."""
    pictures = [
        (name, draw(view, name, is_alone=False, prefix=f"plan{number}")) for number, (view, name) in enumerate(views)
    ]
    style, script = stylesheet() + _resource("page.css"), _resource("keyboard.js") + _SHOW
    policy = f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'"
    title = _("Build plan: {names}", names=_(", ").join(name for name, _picture in pictures))
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{language()}">',
            '<head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{html.escape(title)}</title>",
            f"<style>{style}</style></head>",
            "<body><main>",
            *(f'<section aria-label="{html.escape(name)}">{picture}</section>' for name, picture in pictures),
            '</main><output aria-live="polite"></output>',
            f'<script type="module">{script}</script></body>',
            "</html>",
            "",
        ]
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@lru_cache(maxsize=4)
def _resource(name: str) -> str:
    return read_resource("buildxray.ide.plan_view", name)
