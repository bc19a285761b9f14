"""Hovers escape text of the document, so that it cannot insert images, links or HTML."""

from __future__ import annotations

from itertools import product

import pytest
from markdown_it import MarkdownIt

from buildxray.ide.analysis import Analyzer
from buildxray.ide.hover import hover
from buildxray.ide.literals import literal
from buildxray.plan.request import BuildRequest
from buildxray.platforms.platform import parse_normalized
from tests.support.cases import every_case

REQUEST = BuildRequest(
    parse_normalized("linux/amd64"), (parse_normalized("linux/amd64"), parse_normalized("linux/arm64"))
)
PAYLOADS = [
    "a`![pixel](https://evil.example/p.png)`b",
    "a`[click](command:workbench.action.terminal.new)`b",
    "``` ![x](https://evil.example) ```",
    "<img/src=https://evil.example/p.png>",
    "a`<b>bold</b>`",
    "|`|![x](https://evil.example)|",
    "a`https://evil.example/`",
    "\u202eevil`![x](https://evil.example)",
    "a\\`![x](https://evil.example)",
    "![x](https://evil.example)",
]
PLACES = [
    "ARG X='{}'\nFROM a\nARG X\nRUN echo $X\n",
    "FROM a\nARG X='{}'\nRUN echo $X\n",
    "FROM a\nENV X='{}'\nRUN echo $X\n",
    "FROM a\nENV X='{}'\nENV Y=$X-$X\nRUN echo $Y\n",
    "FROM a\nARG TARGETARCH='{}'\nRUN echo $TARGETARCH\n",
    "ARG TARGETARCH='{}'\nFROM a\nARG TARGETARCH\nRUN echo $TARGETARCH\n",
    "FROM --platform={} a AS b\nRUN x\nFROM b\nCOPY --from=b /x /y\n",
    "ARG P='{}'\nFROM --platform=$P a AS b\nRUN x\nFROM b\n",
    "FROM a AS {}\nRUN x\n",
    "FROM a AS b{0}\nRUN x\nFROM b{0}\nCOPY --from=b{0} /x /y\n",
    "FROM {}\nRUN x\n",
    "FROM a\nWORKDIR {}\nRUN x\n",
    "FROM a\nRUN {}\n",
    "FROM a\nRUN --mount=type=cache,target={} x\n",
    "FROM a\nCOPY {} /\n",
    "FROM a\nARG TARGETARHC='{}'\nRUN echo $TARGETARHC\n",
]


@pytest.mark.slow
@every_case("place, payload", product(PLACES, PAYLOADS))
def test_markdown_in_a_document_is_escaped_in_hovers(place: str, payload: str) -> None:
    text = place.format(payload)
    analysis = Analyzer(REQUEST).analyze(text)
    shown = {found.markdown for offset in range(len(text)) if (found := hover(analysis, offset)) is not None}
    for markdown in shown:
        for token in MarkdownIt("commonmark").enable("table").parse(markdown):
            for inner in token.children or []:
                assert inner.type not in ("image", "html_inline"), markdown
                target = str(inner.attrs.get("href", ""))
                assert inner.type != "link_open" or target.startswith("https://docs.docker.com/"), markdown
            assert token.type != "html_block", markdown


def test_a_long_value_is_cut_and_controls_are_escaped() -> None:
    assert literal("a\nb\x1b`|") == "a\\u000ab\\u001b\u02cb\\|"
    assert len(literal("x" * 5000)) < 600
