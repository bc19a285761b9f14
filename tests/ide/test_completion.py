from __future__ import annotations

import pytest

from buildxray.ide.completion import completions
from buildxray.syntax.text import apply_edits
from tests.support.ide import analyze
from tests.support.markup import fixture


def labels(markup: str) -> list[str]:
    given = fixture(markup)
    return [it.label for it in completions(analyze(given.text), given.cursor)]


def completed(markup: str, label: str) -> str:
    """The text after taking a completion."""
    given = fixture(markup)
    (taken,) = [it for it in completions(analyze(given.text), given.cursor) if it.label == label]
    return apply_edits(given.text, [taken.edit, *taken.others])


def test_platforms() -> None:
    assert labels("FROM --platform=<|> golang\n") == [
        "$BUILDPLATFORM",
        "$TARGETPLATFORM",
        "linux/amd64",
        "linux/arm64",
    ]
    assert completed("FROM --platform=$BU<|> golang\n", "$BUILDPLATFORM") == "FROM --platform=$BUILDPLATFORM golang\n"
    assert completed("FROM --platform=li<|>\n", "linux/arm64") == "FROM --platform=linux/arm64\n"


def test_variables() -> None:
    assert labels("FROM x\nARG OWN\nRUN echo $<|>\n")[:1] == ["BUILDPLATFORM"]
    assert "OWN" in labels("FROM x\nARG OWN\nRUN echo $O<|>\n")
    assert "OWN" not in labels("ARG OWN\nFROM x\nRUN echo $<|>\n")
    assert "OWN" in labels("ARG OWN\nFROM x:$<|>\n")
    assert "OWN" in labels("FROM a AS b\nENV OWN=1\nFROM b\nRUN ${<|>\n")
    assert labels("FROM x\nRUN echo \\$<|>\n") == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("FROM x\nRUN echo $TARGET<|>\n", "FROM x\nARG TARGETARCH\nRUN echo $TARGETARCH\n"),
        ("FROM x\nRUN echo ${<|>}\n", "FROM x\nARG TARGETARCH\nRUN echo ${TARGETARCH}\n"),
        ("FROM x\nRUN echo ${<|>\n", "FROM x\nARG TARGETARCH\nRUN echo ${TARGETARCH}\n"),
        ("FROM x\nARG TARGETARCH\nRUN echo \\\n  $<|>\n", "FROM x\nARG TARGETARCH\nRUN echo \\\n  $TARGETARCH\n"),
        ("FROM x-$<|>\n", "FROM x-$TARGETARCH\n"),
    ],
)
def test_the_argument_is_declared_along(before: str, after: str) -> None:
    assert completed(before, "TARGETARCH") == after


def test_arguments_that_are_not_declared_yet() -> None:
    assert "TARGETARCH" in labels("FROM x\nARG <|>\n")
    assert "TARGETARCH" in labels("FROM x\narg TARGETOS T<|>\n")
    assert "TARGETARCH" not in labels("FROM x\nARG TARGETARCH\nARG <|>\n")
    assert completed("FROM x\nARG TARGETA<|>\n", "TARGETARCH") == "FROM x\nARG TARGETARCH\n"


def test_stages() -> None:
    text = "FROM a AS one\nFROM b AS two\nFROM <|>\n"
    assert labels(text) == ["one", "two"]
    assert labels("FROM a AS one\nFROM b AS two\nCOPY --from=<|> a b\n") == ["one"]
    assert labels("FROM a AS one\nFROM b\nRUN --mount=type=bind,from=o<|> a b\n") == ["one"]
    assert completed("FROM a AS one\nFROM o<|>\n", "one") == "FROM a AS one\nFROM one\n"


def test_settings_of_the_compiler() -> None:
    assert labels("FROM x\nRUN <|>go build\n") == []
    assert labels("FROM x\nRUN G<|> go build\n") == ["GOARCH=$TARGETARCH", "GOOS=$TARGETOS", "GOARM=${TARGETVARIANT#v}"]
    assert completed("FROM x\nRUN a && GOA<|>go build\n", "GOARCH=$TARGETARCH") == (
        "FROM x\nARG TARGETARCH\nRUN a && GOARCH=$TARGETARCH go build\n"
    )
    assert completed("FROM x\nRUN C<|> go build\n", "CGO_ENABLED=0") == "FROM x\nRUN CGO_ENABLED=0 go build\n"
    assert labels("FROM x\nRUN G<|> && go build\n") == []
    assert labels("FROM x\nCOPY G<|> go build\n") == []


@pytest.mark.parametrize("markup", ["<|>", "F<|>", "FROM x\n<|>", "# $<|>\nFROM x\n", "FROM x\nRUN a<|>\n"])
def test_nothing_of_ours(markup: str) -> None:
    assert labels(markup) in ([], [*labels("FROM x-$<|>\n")])
