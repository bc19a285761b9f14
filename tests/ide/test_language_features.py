"""The general features of language servers: documentation, signatures, links, tokens, selections."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildxray.ide.document_links import document_links, image_page
from buildxray.ide.navigation import linked_ranges
from buildxray.ide.selection_ranges import selection_ranges
from buildxray.ide.semantic_tokens import TYPES, semantic_tokens
from buildxray.ide.signature_help import signatures
from buildxray.syntax.text import TextRange
from tests.support.cases import every_case
from tests.support.ide import analyze, hover_at
from tests.support.markup import fixture
from tests.support.strategies import mutated


@every_case(
    "markup, beginning",
    [
        ("FROM x\nEXP<|>OSE 80\n", "**`EXPOSE`**: Says which ports"),
        ("FROM x\nEX\\\nP<|>OSE 80\n", "**`EXPOSE`**"),
        ("FROM x\nONBUILD EXP<|>OSE 80\n", "**`EXPOSE`**"),
        ("FROM x\nON<|>BUILD EXPOSE 80\n", "**`ONBUILD`**"),
        ("FROM x\nCOPY --ch<|>own=a b c\n", "**`--chown`**"),
        ("FROM x\nADD --check<|>sum=a b c\n", "**`--checksum`**"),
        ("FROM x\nRUN --mount=type=cache,sha<|>ring=locked,target=/a b\n", "**`sharing`**"),
        ("FROM x\nRUN --mount=type=ca<|>che,target=/a b\n", "**`type=cache`**"),
        ("FROM x\nRUN --mount=type=cache,ds<|>t=/a b\n", "**`dst`**"),
        ("FROM x\nRUN --mount=type=cache,target=/a,sharing=loc<|>ked b\n", "**`sharing`**"),
        ("FROM x\nRUN --network=no<|>ne a\n", "**`--network`**"),
        ("FROM x\nRUN --network=none --security=inse<|>cure a\n", "**`--security`**"),
        ("FROM x\nHEALTHCHECK --start-<|>interval=1s CMD a\n", "**`--start-interval`**"),
        ("# esc<|>ape=`\nFROM x\n", "**`# escape=`**"),
        ("#  syntax<|>=docker/dockerfile:1\nFROM x\n", "**`# syntax=`**"),
        ("FR<|>OM x\n", "**`FROM`**: Begins a stage"),
        ("FROM x\nR<|>UN a\n", "**`RUN`**: Executes a command"),
    ],
)
def test_the_hover_of_a_keyword_starts_with_its_documentation(markup: str, beginning: str) -> None:
    shown = hover_at(markup) or ""
    assert shown.startswith(beginning)
    assert "https://docs.docker.com/reference/dockerfile/#" in shown


def test_the_hover_of_a_keyword_ends_with_the_plan() -> None:
    shown = hover_at("FROM --platform=$BUILDPLATFORM x\nR<|>UN a\n") or ""
    assert shown.index("Dockerfile reference") < shown.index("---") < shown.index("for all 2 platforms")


@every_case(
    "markup",
    [
        "FROM x\nCOPY --CHO<|>WN=a b c\n",
        "FROM x\nCOPY --chwon<|>=a b c\n",
        "FROM x\nCOPY --chown=us<|>er b c\n",
        "FROM x\nCMD a --ch<|>own=a\n",
        "FROM x\nENV A=ex<|>pose\n",
        "# exp<|>ose\nFROM x\n",
        "FROM x\n# esc<|>ape=`\n",
        "FROM x\nRUN echo EXP<|>OSE\n",
    ],
)
def test_other_words_have_no_documentation(markup: str) -> None:
    assert hover_at(markup) is None


@every_case(
    "text, expected",
    [
        ("FROM ", ["image[:tag]", "image@digest"]),
        ("FROM --", ["[--platform=platform]", "[--platform=platform]"]),
        ("FROM a ", ["[AS name]", "[AS name]"]),
        ("FROM a@", ["image@digest"]),
        ("FROM a:1 AS ", ["[AS name]"]),
        ("FROM x\nCOPY a ", ["destination"]),
        ('FROM x\nCOPY ["a", ', ['"destination"]']),
        ("FROM x\nARG A ", ["name[=default]…"]),
        ("FROM x\nHEALTHCHECK --timeout=1s ", ["CMD", "NONE"]),
        ("FROM x\nHEALTHCHECK CMD ", ["command"]),
        ("FROM x\nONBUILD EXPOSE ", ["port[/protocol]…"]),
        ("FROM x\nRUN --mount=type=secret,id=", ["[,id=name]"]),
        ("FROM x\nRUN a b ", []),
        ("FRO", []),
        ("# FROM ", []),
        ("FROM x\nRUN <<EOF\nCOPY ", []),
    ],
)
def test_signature_help_marks_the_current_argument(text: str, expected: list[str]) -> None:
    found = signatures(analyze(text), len(text))
    assert [it.label[slice(*it.parameters[it.active])] for it in found] == expected


@every_case(
    "name, page",
    [
        ("alpine", "https://hub.docker.com/_/alpine/"),
        ("docker.io/library/alpine", "https://hub.docker.com/_/alpine/"),
        ("tonistiigi/xx", "https://hub.docker.com/r/tonistiigi/xx/"),
        ("ghcr.io/a/b", "https://github.com/a/b/pkgs/container/b"),
        ("ghcr.io/a", None),
        ("mcr.microsoft.com/windows/servercore", "https://mcr.microsoft.com/artifact/mar/windows/servercore"),
        ("quay.io/a/b", "https://quay.io/repository/a/b"),
        ("registry.gitlab.com/a/b/c", "https://gitlab.com/a/b/container_registry"),
        ("public.ecr.aws/docker/library/node", "https://gallery.ecr.aws/docker/library/node"),
        ("localhost:5000/a", None),
        ("registry.example.com/a/b", None),
    ],
)
def test_names_of_images_link_to_their_pages(name: str, page: str | None) -> None:
    assert image_page(name) == page


def test_a_directive_without_an_image_has_no_link() -> None:
    assert not [*document_links(analyze("# syntax= \nFROM $BASE\n"))]


def test_links_of_a_document(tmp_path: Path) -> None:
    text = (
        "# syntax=docker/dockerfile:1\nFROM alpine:3@sha256:0 AS a\nFROM a\nCOPY --from=a b c\nCOPY --from=nginx:1 b c\n"
        "ADD https://example.com/x.tar here /\nRUN --mount=from=busybox,target=/b x\nFROM $BASE\nFROM golang:$V\nCOPY --from=0 a b\n"
    )
    (tmp_path / "here").touch()
    analysis = analyze(text)
    links = [*document_links(analysis, lambda source: tmp_path / source if source == "here" else None)]
    assert [(text[slice(*it.range)], it.target) for it in links] == [
        ("docker/dockerfile", "https://hub.docker.com/r/docker/dockerfile/"),
        ("alpine", "https://hub.docker.com/_/alpine/"),
        ("nginx", "https://hub.docker.com/_/nginx/"),
        ("https://example.com/x.tar", "https://example.com/x.tar"),
        ("here", (tmp_path / "here").as_uri()),
        ("busybox", "https://hub.docker.com/_/busybox/"),
        ("golang", "https://hub.docker.com/_/golang/"),
    ]


def tokens(text: str) -> list[tuple[str, str]]:
    return [(text[slice(*it.range)], TYPES[it.type]) for it in semantic_tokens(analyze(text))]


def test_semantic_tokens_of_a_document() -> None:
    assert tokens("# escape=`\n# c\nFROM --platform=$BUILDPLATFORM golang:1 AS a\nFROM a\n") == [
        ("#", "comment"),
        ("escape", "property"),
        ("=", "operator"),
        ("`", "string"),
        ("# c", "comment"),
        ("FROM", "keyword"),
        ("--platform", "parameter"),
        ("=", "operator"),
        ("$BUILDPLATFORM", "variable"),
        ("golang", "class"),
        (":", "operator"),
        ("1", "property"),
        ("AS", "keyword"),
        ("a", "namespace"),
        ("FROM", "keyword"),
        ("a", "namespace"),
    ]
    assert tokens('FROM x\nRUN if true; then \\\n# c\n  A=1 go build "$B"; fi\n')[2:] == [
        ("RUN", "keyword"),
        ("if", "keyword"),
        ("true", "function"),
        ("then", "keyword"),
        ("\\", "macro"),
        ("# c", "comment"),
        ("A", "variable"),
        ("=", "operator"),
        ("1", "parameter"),
        ("go", "function"),
        ("build", "parameter"),
        ('"', "string"),
        ("$B", "variable"),
        ('"', "string"),
        ("fi", "keyword"),
    ]
    assert tokens("FROM x\nRUN <<-EOF\n\techo a\n\tEOF\nCOPY <<X /a\n$B c\nX\n")[2:] == [
        ("RUN", "keyword"),
        ("<<-EOF", "macro"),
        ("echo", "function"),
        ("a", "parameter"),
        ("EOF", "macro"),
        ("COPY", "keyword"),
        ("<<X", "macro"),
        ("/a", "parameter"),
        ("$B", "variable"),
        ("c", "string"),
        ("X", "macro"),
    ]


def test_a_selection_grows() -> None:
    given_ = fixture("FROM x\nRUN --mount=type=cache,target=/a go bu<|>ild ./...\n")
    ranges = selection_ranges(analyze(given_.text), given_.cursor)
    assert [given_.text[slice(*it)] for it in ranges] == [
        "build",
        "go build ./...",
        "--mount=type=cache,target=/a go build ./...",
        "RUN --mount=type=cache,target=/a go build ./...",
        given_.text.rstrip("\n"),
        given_.text,
    ]


def test_linked_editing() -> None:
    text = "FROM x AS a\nFROM a\nCOPY --from=a b c\nCOPY --from=0 b c\n"
    assert [it.start for it in linked_ranges(analyze(text), text.index("a\n"))] == [10, 17, 31]
    assert linked_ranges(analyze("FROM x AS a\nFROM A\n"), 10) == []
    assert linked_ranges(analyze("FROM x AS d-arm64\nFROM d-arm64\nFROM d-$TARGETARCH\n"), 10) == []
    assert linked_ranges(analyze("FROM x\nARG A\nRUN $A\n"), 11) == []


@pytest.mark.slow
@given(mutated(), st.data())
@settings(deadline=None)
def test_language_features_never_raise(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    analysis = analyze(text)
    last = 0
    for token in semantic_tokens(analysis):
        assert last <= token.range.start < token.range.end
        assert "\n" not in text[slice(*token.range)]
        last = token.range.end
    ranges = selection_ranges(analysis, offset)
    assert ranges[-1] == TextRange(0, len(text))
    assert all(inner.start >= outer.start and inner.end <= outer.end for inner, outer in itertools.pairwise(ranges))
    signatures(analysis, offset)
    linked_ranges(analysis, offset)
    for link in document_links(analysis):
        assert text[slice(*link.range)]
