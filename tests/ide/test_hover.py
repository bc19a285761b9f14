from __future__ import annotations

from itertools import product

import pytest

from buildxray.platforms.arguments import AUTOMATIC_ARGUMENTS
from tests.support.cases import every_case
from tests.support.ide import hover_at, hover_values


@pytest.mark.slow
@every_case(
    "name, template",
    product(
        AUTOMATIC_ARGUMENTS,
        [
            "FROM --platform=$@ alpine\n",
            "FROM image-${@:-x}\n",
            "ARG @\nFROM alpine\n",
            "ARG X=a-$@\nFROM alpine\n",
            "FROM alpine\nARG @\n",
            "FROM alpine\nARG X=${@#v}\n",
            "FROM alpine\nENV X=1 Y=$@\n",
            "FROM alpine\nCOPY a b-$@ /\n",
            "FROM alpine\nADD https://x/$@ /\n",
            "FROM alpine\nWORKDIR /$@\n",
            'FROM alpine\nLABEL a="$@"\n',
            "FROM alpine\nRUN a && \\\n  # c\n  GOARCH=$@ b\n",
            'FROM alpine\nRUN echo "${@}" | cat\n',
            "FROM alpine\nRUN --mount=type=cache,id=$@,target=/c x\n",
            "FROM alpine\nRUN <<EOF\necho $@\nEOF\n",
            "FROM alpine\nRUN cat <<EOF > /x\n$@\nEOF\n",
            "FROM alpine\nCOPY <<EOF /x\n$@\nEOF\n",
            "FROM alpine\nONBUILD ARG @\n",
            "FROM alpine\nONBUILD RUN echo $@\n",
            "RUN $@",
            "FROM alpine\nRUN echo 'é' \"$@",
        ],
    ),
)
def test_every_automatic_argument_has_a_hover_in_every_place(name: str, template: str) -> None:
    found = hover_at(template.replace("@", f"{name[:3]}<|>{name[3:]}"))
    assert found is not None
    assert found.startswith(f"**`{name}`**: ")


@every_case(
    "markup",
    [
        "FROM alpine\nRUN echo TARGET<|>ARCH\n",
        "FROM alpine\nRUN echo $TARGETARCH<|>ITECTURE\n",
        "FROM alpine\n# $TARGET<|>ARCH\n",
        "FROM alpine\nCMD echo $TARGET<|>ARCH\n",
        "FROM alpine\nRUN echo '$TARGET<|>ARCH'\n",
        "<|>",
    ],
)
def test_other_words_have_no_hover(markup: str) -> None:
    assert hover_at(markup) is None


@every_case(
    "markup, values",
    [
        ("FROM x-$TARGET<|>ARCH\n", ["`amd64`", "`arm64`"]),
        ("FROM alpine\nRUN $TARGET<|>ARCH\n", ["*not set*", "*not set*"]),
        ("FROM alpine\nARG TARGET<|>ARCH\n", ["`amd64`", "`arm64`"]),
        ("FROM alpine\nARG TARGETARCH\nRUN $TARGET<|>ARCH\n", ["`amd64`", "`arm64`"]),
        ("FROM alpine\nRUN $TARGET<|>ARCH\nARG TARGETARCH\n", ["*not set*", "*not set*"]),
        ("FROM alpine\nARG TARGETARCH=386\nRUN $TARGET<|>ARCH\n", ["`386`", "`386`"]),
        ("ARG TARGETARCH=386\nFROM alpine\nARG TARGET<|>ARCH\n", ["`386`", "`386`"]),
        ("FROM alpine\nARG TARGETVARIANT\nRUN $TARGET<|>VARIANT\n", ["*empty*", "*empty*"]),
        ("FROM alpine AS a\nARG TARGETARCH\nRUN $TARGET<|>ARCH\nFROM alpine\n", ["`amd64`", "`arm64`"]),
        ("FROM alpine AS b\nARG TARGETSTAGE\nRUN $TARGET<|>STAGE\n", ["`b`", "`b`"]),
        ("FROM alpine\nARG BUILDPLATFORM\nRUN $BUILD<|>PLATFORM\n", ["`linux/amd64`", "`linux/amd64`"]),
    ],
)
def test_the_hover_of_an_argument_lists_its_value_for_each_target(markup: str, values: list[str]) -> None:
    assert hover_values(markup) == values


@every_case(
    "markup, scope",
    [
        ("FROM x-$TARGET<|>ARCH\n", "In `FROM` and above it, it is always defined."),
        (
            "ARG TARGETARCH=386\nFROM x-$TARGET<|>ARCH\n",
            "The default in line 1 hides BuildKit's value, in all stages too.",
        ),
        ("FROM alpine AS b\nRUN $TARGET<|>ARCH\n", "Not declared in stage `b`: it expands to nothing here."),
        ("FROM alpine AS b\nARG TARGETARCH\nRUN $TARGET<|>ARCH\n", "Declared in stage `b` (line 2)."),
        ("FROM alpine AS b\nARG TARGETARCH\nFROM b\nRUN $TARGET<|>ARCH\n", "Inherited from stage `b` (line 2)."),
        ("FROM alpine\nARG TARGETARCH=x\nRUN $TARGET<|>ARCH\n", "The default in line 2 hides BuildKit's value."),
        (
            "FROM alpine\nENV TARGETARCH=x\nRUN $TARGET<|>ARCH\n",
            "Set by `ENV` in line 2, which hides BuildKit's value.",
        ),
        ("FROM alpine\nRUN TARGETARCH=x; $TARGET<|>ARCH\n", "The script sets a variable of its own with this name."),
    ],
)
def test_the_hover_of_an_argument_says_where_it_is_declared(markup: str, scope: str) -> None:
    assert scope in (hover_at(markup) or "")


def test_the_hover_lists_other_names_of_the_architecture() -> None:
    markdown = hover_at("FROM alpine\nARG TARGET<|>ARCH\n", "linux/arm/v7,linux/mips")
    assert markdown is not None
    assert "| `linux/arm/v7` | `arm` | `armv7l` | `armhf` | `armv7` | `armv7hl` |" in markdown
    assert "| `linux/mips` | `mips` | – | – | – | – |" in markdown


@every_case("name, version", [("TARGETARCH", "1.0"), ("TARGETOSVERSION", "1.13"), ("TARGETSTAGE", "1.11")])
def test_the_hover_names_the_version_that_introduced_an_argument(name: str, version: str) -> None:
    found = hover_at(f"FROM alpine\nARG {name}<|>\n")
    assert found is not None
    assert f"since `docker/dockerfile:{version}`" in found
