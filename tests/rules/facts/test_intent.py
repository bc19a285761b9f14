"""The intent of a file: if it is meant for several platforms."""

from __future__ import annotations

from tests.support.cases import every_case
from tests.support.rules import context


@every_case(
    "text, has_intent",
    [
        ("FROM alpine\nRUN echo $TARGETARCH\n", True),
        ("FROM alpine\nRUN <<EOF\necho $TARGETPLATFORM\nEOF\n", True),
        ("FROM alpine\nCOPY <<EOF /a\n$TARGETOS\nEOF\n", True),
        ("FROM alpine\nRUN <<EOF\necho $ARCH\nEOF\n", False),
        ("FROM alpine\n# TARGETARCH\nRUN true\n", False),
    ],
)
def test_a_platform_argument_or_flag_shows_intent(text: str, has_intent: bool) -> None:
    assert context(text).has_intent is has_intent
