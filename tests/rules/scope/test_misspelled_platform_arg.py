"""BuildKit's own check of the same mistake, switched off in the file."""

from __future__ import annotations

import pytest

from buildxray.rules.scope.misspelled_platform_arg import misspelled_platform_arg
from buildxray.syntax.text import apply_edits
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, context, findings

FROM = "# check=skip={}\nFROM --platform=$BUILDPLATFROM golang AS b\nRUN a\n"


RUN = "# check=skip={}\nFROM golang AS b\nRUN a $TARGETRACH\n"


def test_check_that_is_switched_off() -> None:
    assert not findings(misspelled_platform_arg, context(FROM.format("UndefinedArgInFrom")))


@pytest.mark.parametrize("text", [FROM.format("UndefinedVar"), RUN.format("UndefinedArgInFrom")])
def test_other_checks_and_other_places(text: str) -> None:
    assert findings(misspelled_platform_arg, context(text))


@every_case(
    "name, meant",
    [
        ("BUILDPLATFROM", "BUILDPLATFORM"),
        ("BUILD_PLATFORM", "BUILDPLATFORM"),
        ("TARGET_ARCH", "TARGETARCH"),
        ("TARGETARC", "TARGETARCH"),
        ("TARGETVARANT", "TARGETVARIANT"),
        ("TARGET_OS", "TARGETOS"),
        ("BUILDSO", "BUILDOS"),
    ],
)
def test_a_name_similar_to_a_platform_argument_is_reported(name: str, meant: str) -> None:
    before, after = f"FROM alpine\nRUN x-${{{name}}}\n", f"FROM alpine\nARG {meant}\nRUN x-${{{meant}}}\n"
    check_fix(misspelled_platform_arg, before, after)
    check_fix(misspelled_platform_arg, f"FROM --platform=${name} alpine\n", f"FROM --platform=${meant} alpine\n")


@every_case(
    "text",
    [
        "FROM alpine\nRUN $TARGETS $TARGET $BUILD $BUILDS $TARGETDIR $BUILD_ID $ARCH $TARGETARCH\n",
        "FROM alpine\nARG TARGET_ARCH\nRUN $TARGET_ARCH\n",
        "FROM alpine\nRUN TARGET_ARCH=$(uname -m); echo $TARGET_ARCH\n",
        "FROM alpine\nRUN for TARGET_ARCH in a b; do echo $TARGET_ARCH; done\n",
        "FROM alpine\nRUN echo '$TARGET_ARCH'\n",
        "FROM alpine\nRUN . ./env.sh; echo $TARGET_ARCH\n",
        "FROM alpine\nRUN uname -m | { read TARGET_ARCH; echo $TARGET_ARCH; }\n",
        "FROM alpine\nRUN make ARCH=${TARGET_ARCH:-x86_64}\n",
        # An image for the builds of its owner may set it.
        "FROM example.org/cross:1\nRUN ./configure --host=$TARGET_ARCH\n",
        "ARG BASE\nFROM $BASE\nRUN ./configure --host=$TARGET_ARCH\n",
        "ARG BASE=example/base\nFROM $BASE\nRUN ./configure --host=$TARGET_ARCH\n",
        "FROM alpine\nRUN $target_platfrm\n",
        'FROM alpine\nLABEL arch="${BUILD_ARCH}" version="${BUILD_VERSION}"\n',
    ],
)
def test_names_with_another_meaning_are_not_reported(text: str) -> None:
    check_nothing(misspelled_platform_arg, text)


def test_all_uses_of_a_name_are_one_finding() -> None:
    uses = "FROM alpine\n{1}RUN a ${0}\nRUN b ${0}\nFROM alpine\nCOPY --from=0 ${0} /\nLABEL c=${0}\n"
    after = uses.format("TARGETARCH", "ARG TARGETARCH\n").replace("COPY", "ARG TARGETARCH\nCOPY")
    check_fix(misspelled_platform_arg, uses.format("TARGET_ARCH", ""), after)


@every_case(
    "given, name, is_said",
    [
        ("TARGET_ARCH", "TARGET_ARCH", False),
        ("*", "TARGET_ARCH", False),
        ("OTHER", "TARGET_ARCH", True),
        # No project means this, whatever its builds give.
        ("*", "TARGETRACH", True),
    ],
)
def test_an_argument_that_a_build_gives(given: str, name: str, *, is_said: bool) -> None:
    workspace = Workspace(given_arguments=frozenset({given}))
    ctx = context(f"FROM alpine\nRUN a ${name}\n", workspace=workspace)
    assert bool(findings(misspelled_platform_arg, ctx)) is is_said


@every_case(
    "declaration, n_findings",
    [
        ("ARG TARGETPLATFROM", 1),
        ("ARG TARGETPLATFROM\nARG TARGETPLATFROM", 1),
        ("ARG TARGETPLATFROM=linux/amd64", 0),
        ("ENV TARGETPLATFROM=linux/amd64", 0),
    ],
)
def test_a_declaration_with_shuffled_letters_sets_nothing(declaration: str, n_findings: int) -> None:
    text = f"FROM alpine\n{declaration}\nRUN echo $TARGETPLATFROM\n"
    found = findings(misspelled_platform_arg, context(text))
    assert len(found) == n_findings
    for it in found:
        assert "PLATFROM" not in apply_edits(text, it.fixes[0].edits)


@every_case(
    "name, is_said",
    [
        ("TARGTARCH", True),
        ("TARGETARCHH", True),
        ("BUILDPLATFOM", True),
        ("TARGET_ARCH", False),
        ("targetarch", False),
        ("BUILDPLATFORMS", False),
        ("TARGETARCHS", False),
        ("TARGETS", False),
        ("TARGETARCH2", False),
    ],
)
def test_an_argument_of_the_project_may_be_called_alike(name: str, is_said: bool) -> None:
    text = f"FROM alpine\nARG {name}\nRUN echo ${name}\n"
    assert bool(findings(misspelled_platform_arg, context(text))) is is_said


def test_an_image_sets_nothing_for_its_own_from() -> None:
    assert findings(misspelled_platform_arg, context("FROM --platform=$BUILD_PLATFORM example.org/own\nRUN a\n"))


def test_a_use_with_a_default() -> None:
    (finding,) = findings(misspelled_platform_arg, context("FROM alpine\nRUN echo ${TARGETARC:-amd64}\n"))
    assert (
        finding.message
        == "nothing sets `TARGETARC`, so that its default is always taken; BuildKit's argument is `TARGETARCH`"
    )
