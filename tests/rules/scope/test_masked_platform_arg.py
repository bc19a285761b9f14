from __future__ import annotations

import pytest

from buildxray.rules.base import Doubt, Safety, Severity
from buildxray.rules.scope.masked_platform_arg import masked_platform_arg
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule, context, findings, severities


def test_a_default_in_a_stage() -> None:
    check_rule(
        masked_platform_arg,
        """
        FROM alpine
        ARG VERSION=1 TARGETARCH=${TARGETARCH:-amd64}
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ 💡 `TARGETARCH` is `amd64` for linux/arm64 because of this default; BuildKit would set it for each platform
        RUN tar -xf $TARGETARCH.tar
        """,
    )


def test_an_argument_that_takes_its_own_value_is_empty() -> None:
    check_rule(
        masked_platform_arg,
        """
        FROM alpine
        ARG TARGETARCH=$TARGETARCH
            ^^^^^^^^^^^^^^^^^^^^^^ 💭 `TARGETARCH` is empty for linux/amd64 and linux/arm64 because of this default; BuildKit would set it for each platform
        RUN tar -xf $TARGETARCH.tar
        """,
    )


def test_a_default_for_all_stages() -> None:
    check_rule(
        masked_platform_arg,
        """
        ARG TARGETPLATFORM=linux/386
            ^^^^^^^^^^^^^^^^^^^^^^^^ 💭 `TARGETPLATFORM` is `linux/386` for linux/amd64 and linux/arm64 because of this default; BuildKit would set it for each platform
        FROM --platform=$TARGETPLATFORM alpine
        """,
    )


@every_case(
    "text",
    [
        "ARG TARGETARCH\nFROM alpine\nARG TARGETARCH\n",
        "ARG TARGETARCH=${TARGETARCH:-amd64}\nFROM alpine\nARG TARGETARCH\n",
        "FROM alpine\nARG TARGETARCH\nARG TARGETARCH=${TARGETARCH:-amd64}\n",
        "FROM alpine\nARG TARGETOS=linux\n",
        "FROM alpine\nARG ARCH=amd64\n",
        "FROM alpine\nARG TARGETSTAGE=x\n",
        "FROM alpine\nENV TARGETARCH=amd64\n",
        "FROM alpine AS unneeded\nARG TARGETARCH=amd64\nFROM alpine\n",
    ],
)
def test_defaults_equal_to_the_value_of_buildkit_are_not_reported(text: str) -> None:
    check_nothing(masked_platform_arg, text)


@every_case("value, severity", [("linux/amd64", "warning"), ("amd64", "warning"), ("arm64", None)])
def test_a_default_that_is_right_on_this_machine(value: str, severity: str | None) -> None:
    text = f"ARG BUILDPLATFORM={value}\nFROM --platform=$BUILDPLATFORM alpine\n"
    assert [it and it.value for it in severities(masked_platform_arg, context(text))] == [severity]


def test_the_fix_removes_the_default_and_moves_the_argument() -> None:
    check_fix(
        masked_platform_arg,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        ARG TARGETARCH=amd64
        RUN go mod download
        RUN GOARCH=$TARGETARCH go build -o /o .
        FROM scratch
        COPY --from=build /o /o
        """,
        """
        FROM --platform=$BUILDPLATFORM golang AS build
        RUN go mod download
        ARG TARGETARCH
        RUN GOARCH=$TARGETARCH go build -o /o .
        FROM scratch
        COPY --from=build /o /o
        """,
    )


def test_a_default_that_hides_a_missing_stage() -> None:
    text = "ARG TARGETARCH=amd64\nFROM alpine AS a-amd64\nFROM a-$TARGETARCH\n"
    (finding,) = findings(masked_platform_arg, context(text))
    assert [it.safety for it in finding.fixes] == [Safety.SUGGESTION]
    (finding,) = findings(masked_platform_arg, context(text.replace("FROM a-$", "FROM alpine AS a-arm64\nFROM a-$")))
    assert [it.safety for it in finding.fixes] == [Safety.SAFE]


@every_case(
    "lines, severity",
    [
        ("RUN echo hi", Severity.INFORMATION),
        ("RUN apk add curl", Severity.INFORMATION),
        ("RUN ./unknown", Severity.WARNING),
        ("RUN echo $TARGETARCH", Severity.WARNING),
        ("RUN echo $TARGETARCH && tar -xf $TARGETARCH.tar", None),
        ("RUN echo $TARGETARCH > /arch", None),
        ("RUN echo $TARGETARCH && A=$TARGETARCH make", None),
        ("RUN echo $TARGETARCH; A=$TARGETARCH; make $A", None),
        ("RUN echo $(./names $TARGETARCH)", None),
        ("RUN echo TARGETARCH", Severity.WARNING),
        ("LABEL argument=TARGETARCH", Severity.INFORMATION),
        ("LABEL arch=$TARGETARCH", Severity.WARNING),
        ("COPY dist/$TARGETARCH /x", None),
        ('RUN ["sh", "-c", "echo $TARGETARCH"]', None),
    ],
)
def test_an_unused_default_is_at_most_a_warning(lines: str, severity: Severity | None) -> None:
    text = f"FROM alpine\nARG TARGETARCH=amd64\n{lines}\n"
    (finding,) = findings(masked_platform_arg, context(text))
    assert severities(masked_platform_arg, context(text)) == [severity]
    # Without a use the message promises no consequence.
    assert ("nothing uses it" in finding.message) is (severity is Severity.INFORMATION)


@pytest.mark.parametrize(
    ("targets", "default", "severity"),
    [
        ("linux/amd64,linux/arm64", "v1", Severity.WARNING),
        ("linux/arm/v6,linux/arm/v7", "v7", None),
    ],
)
def test_a_variant_that_the_platform_lacks_is_mostly_wanted(
    targets: str, default: str, severity: Severity | None
) -> None:
    text = f"FROM alpine\nARG TARGETVARIANT={default}\nCOPY app_$TARGETVARIANT /app\n"
    assert severities(masked_platform_arg, context(text, targets=targets)) == [severity]


@every_case(
    "use, n_fixes",
    [
        ("ENV GOARM=$TARGETVARIANT\nRUN echo $TARGETVARIANT", 0),
        ('RUN GOARM="${TARGETVARIANT}" go build . && mv app $TARGETVARIANT', 0),
        ("RUN GOARM=${TARGETVARIANT#v} go build .", 1),
        ("COPY app-$TARGETVARIANT /app", 1),
    ],
)
def test_an_empty_variant_is_meant(use: str, n_fixes: int) -> None:
    text = f'FROM golang\nARG TARGETVARIANT=""\n{use}\n'
    (finding,) = findings(masked_platform_arg, context(text, targets="linux/amd64,linux/arm/v7"))
    assert finding.doubt is not None
    assert len(finding.fixes) == n_fixes


@every_case("use", ["ENV GOARM=$TARGETVARIANT", 'RUN GOARM="${TARGETVARIANT}" go build .'])
def test_an_empty_variant_makes_go_choose(use: str) -> None:
    text = f'FROM golang\nARG TARGETVARIANT=""\n{use}\n'
    assert not findings(masked_platform_arg, context(text, targets="linux/amd64,linux/arm/v7"))
    text = text.replace('""', "v6")
    assert findings(masked_platform_arg, context(text, targets="linux/amd64,linux/arm/v7"))


@every_case(
    "lines",
    [
        "ARG TARGETARCH\nARG TARGETARCH=${TARGETARCH/amd64/x64}",
        "ARG TARGETARCH\nARG TARGETARCH=${TARGETARCH/arm64/ARM64}\nARG TARGETARCH=${TARGETARCH/amd64/AMDx64}",
        'ARG TARGETARCH\nARG TARGETARCH="linux-${TARGETARCH}"',
        "ARG TARGETARCH\nARG A=${TARGETARCH/amd64/x64}\nARG TARGETARCH=$A",
        "ARG TARGETPLATFORM\nARG TARGETARCH=${TARGETPLATFORM#linux/}-musl",
        "ARG TARGETARCH\nENV TARGETARCH=$TARGETARCH\nARG TARGETARCH=x-${TARGETARCH:-amd64}",
    ],
)
def test_a_default_that_is_made_of_the_value_of_the_platform_masks_nothing(lines: str) -> None:
    check_nothing(masked_platform_arg, f"FROM alpine\n{lines}\nRUN tar -xf $TARGETARCH.tar\n")


@every_case(
    "text",
    [
        "ARG TARGETARCH=${TARGETARCH/amd64/x64}\nFROM alpine\nARG TARGETARCH\nRUN tar -xf $TARGETARCH.tar\n",
        "ARG BUILDPLATFORM=${TARGETPLATFORM}\nFROM --platform=$BUILDPLATFORM alpine\nRUN make\n",
        "FROM alpine AS base\nARG TARGETVARIANT\nFROM base\nARG TARGETVARIANT=${TARGETVARIANT#v}\nRUN make $TARGETVARIANT\n",
    ],
)
def test_a_default_that_follows_the_platform_elsewhere_masks_nothing(text: str) -> None:
    assert not findings(masked_platform_arg, context(text, targets="linux/amd64,linux/arm/v7"))


@every_case(
    "lines, safeties",
    [
        ("ARG TARGETARCH\nARG TARGETARCH=${TARGETARCH:+amd64}", [Safety.SAFE]),
        ("ARG TARGETARCH\nARG A=amd64\nARG TARGETARCH=${A/amd64/x64}", [Safety.SUGGESTION]),
        ("ARG TARGETARCH=arm64", [Safety.SAFE]),
        ('ARG TARGETPLATFORM="linux/amd64"', [Safety.SAFE]),
        # No target has it: programs for another machine may be wanted.
        ("ARG TARGETARCH=riscv64", [Safety.SUGGESTION]),
        ('ARG TARGETPLATFORM="linux/arm/v7"', [Safety.SUGGESTION]),
        ("ARG TARGETOS=windows", [Safety.SUGGESTION]),
        # BuildKit never gives these values, so that names made of them change for every platform.
        ("ARG TARGETARCH=x86_64", [Safety.SUGGESTION]),
        ("ARG TARGETARCH=any", [Safety.SUGGESTION]),
        ("ARG TARGETPLATFORM=linux/aarch64", [Safety.SUGGESTION]),
        ("ARG TARGETPLATFORM=linux-amd64", [Safety.SUGGESTION]),
        ("ARG TARGETOS=Linux", [Safety.SUGGESTION]),
        ("ARG TARGETARCH=${TARGETARCH:-amd64}", [Safety.SAFE]),
        ("ARG TARGETARCH=${TARGETPLATFORM:-amd64}", [Safety.SUGGESTION]),
        ("ARG BUILDARCH\nARG TARGETARCH=$BUILDARCH", [Safety.SUGGESTION]),
        ("ARG TARGETARCH=${TARGETARCH/amd64/x64}", [Safety.SUGGESTION]),
    ],
)
def test_a_default_without_the_value_of_the_platform_masks_it(lines: str, safeties: list[Safety]) -> None:
    (finding,) = findings(masked_platform_arg, context(f"FROM alpine\n{lines}\nRUN tar -xf $TARGETARCH.tar\n"))
    assert [it.safety for it in finding.fixes] == safeties


def test_an_argument_that_changes_itself_is_declared_first() -> None:
    check_fix(
        masked_platform_arg,
        "FROM alpine\nARG TARGETARCH=${TARGETARCH/amd64/x64}\nRUN tar -xf $TARGETARCH.tar\n",
        "FROM alpine\nARG TARGETARCH\nARG TARGETARCH=${TARGETARCH/amd64/x64}\nRUN tar -xf $TARGETARCH.tar\n",
    )


def test_a_default_that_is_not_typed_to_its_end_has_no_value() -> None:
    check_nothing(masked_platform_arg, "FROM alpine\nARG TARGETARCH=${TARGETARCH#\nRUN tar -xf $TARGETARCH.tar\n")


@every_case(
    "stages, n_findings",
    [
        ("FROM alpine\n", 0),
        ("FROM alpine\nRUN tar -xf $TARGETARCH.tar\n", 0),
        ("FROM alpine\nARG TARGETARCH=arm64\n", 1),
        ("FROM alpine\nARG TARGETARCH\n", 1),
        ("FROM alpine-$TARGETARCH\n", 1),
        ("ARG BASE=alpine-$TARGETARCH\nFROM $BASE\n", 1),
        ("FROM alpine\nONBUILD ARG TARGETARCH\n", 1),
    ],
)
def test_a_default_above_the_stages_counts_if_one_of_them_takes_it(stages: str, n_findings: int) -> None:
    assert len(findings(masked_platform_arg, context(f"ARG TARGETARCH=amd64\n{stages}"))) == n_findings


@every_case(
    "image, safety",
    [
        ("ubuntu:24.04", Safety.SAFE),
        # For amd64 it may not exist.
        ("acme/board:1", Safety.SUGGESTION),
    ],
)
def test_an_image_that_is_pulled_for_another_platform_may_not_exist(image: str, safety: Safety) -> None:
    text = f"ARG TARGETPLATFORM=linux/arm64\nFROM --platform=$TARGETPLATFORM {image}\nRUN true\n"
    (finding,) = findings(masked_platform_arg, context(text))
    assert [it.safety for it in finding.fixes] == [safety]


@every_case(
    "above, safety",
    [
        ("# the architecture\n", Safety.SAFE),
        ("# amd64\n\n", Safety.SAFE),
        ("# amd64 unless it is given\n", Safety.SUGGESTION),
        ("# Default: that of our servers.\n", Safety.SUGGESTION),
    ],
)
def test_a_comment_about_the_default_needs_a_review(above: str, safety: Safety) -> None:
    text = f"FROM alpine\n{above}ARG TARGETARCH=amd64\nRUN tar -xf $TARGETARCH.tar\n"
    (finding,) = findings(masked_platform_arg, context(text))
    assert [it.safety for it in finding.fixes] == [safety]


@every_case(
    "text, is_assumed, n_findings",
    [
        ("ARG TARGETPLATFORM=linux/arm64\nFROM --platform=$TARGETPLATFORM alpine\nRUN a\n", True, 0),
        ("ARG TARGETPLATFORM=linux/arm64\nFROM --platform=$TARGETPLATFORM alpine\nRUN a\n", False, 1),
        ("ARG TARGETPLATFORM=linux/arm64\nFROM --platform=$TARGETPLATFORM alpine\nARG TARGETPLATFORM\nRUN a $TARGETPLATFORM\n", True, 1),
        ("ARG TARGETARCH=arm64\nFROM --platform=linux/$TARGETARCH alpine\nRUN a\n", True, 1),
        ("FROM alpine\nARG TARGETPLATFORM=linux/arm64\nRUN a $TARGETPLATFORM\n", True, 1),
    ],
)  # fmt: skip
def test_the_platform_of_a_file_that_no_build_names_platforms_for(
    text: str, *, is_assumed: bool, n_findings: int
) -> None:
    ctx = context(text, workspace=Workspace(platforms_are_assumed=is_assumed))
    assert len(findings(masked_platform_arg, ctx)) == n_findings


@every_case(
    "default, url, has_fix",
    [
        ("x86_64", "https://awscli.amazonaws.com/awscli-exe-linux-$TARGETARCH.zip", False),
        ("x64", "https://nodejs.org/dist/v24.1.0/node-v24.1.0-linux-$TARGETARCH.tar.xz", False),
        (
            "aarch64",
            "https://github.com/astral-sh/uv/releases/download/1/uv-$TARGETARCH-unknown-linux-gnu.tar.gz",
            False,
        ),
        # The site calls it so, or is not known.
        ("x86_64", "https://dl.k8s.io/v1.33.0/bin/linux/$TARGETARCH/kubectl", True),
        ("x86_64", "https://example.com/tool-$TARGETARCH.zip", True),
        # It fails with the default too.
        ("amd64", "https://awscli.amazonaws.com/awscli-exe-linux-$TARGETARCH.zip", True),
        ("x86_64", "https://awscli.amazonaws.com/awscli-exe-linux-aarch64.zip -H $TARGETARCH", True),
    ],
)
def test_a_site_that_has_no_file_with_the_name_of_buildkit(default: str, url: str, *, has_fix: bool) -> None:
    for text in (
        f"FROM debian\nARG TARGETARCH={default}\nRUN curl -fsSLO {url}\n",
        f"FROM debian\nARG TARGETARCH={default}\nADD {url} /a\n",
    ):
        if "ADD" in text and " -H " in url:
            continue
        (finding,) = findings(masked_platform_arg, context(text))
        assert bool(finding.fixes) is has_fix, text


@every_case(
    "run, n_findings",
    [
        ("RUN apt-get update", 0),
        ("RUN echo $BUILDPLATFORM", 1),
        # A script of the project may read it.
        ("COPY . .\nRUN ./build.sh", 1),
    ],
)
def test_a_platform_of_the_builder_that_nothing_reads_does_no_harm(run: str, n_findings: int) -> None:
    text = f"FROM debian\nARG BUILDPLATFORM=linux/amd64\n{run}\n"
    assert len(findings(masked_platform_arg, context(text))) == n_findings


@every_case(
    "default, are_assumed, doubt",
    [
        ("TARGETARCH=arm64", True, None),
        ("TARGETARCH=x86_64", True, None),
        # The program is for no image, so that it is exported.
        ("TARGETOS=windows", False, Doubt.USE),
        # No build is known, so that it may be for this machine only.
        ("TARGETARCH=riscv64", True, Doubt.BUILD),
        ("TARGETARCH=riscv64", False, None),
    ],
)
def test_a_default_for_a_machine_that_is_no_target_may_be_meant(
    default: str, *, are_assumed: bool, doubt: Doubt | None
) -> None:
    name = default.partition("=")[0]
    text = f"FROM golang\nARG {default}\nRUN make MACHINE=${name}\n"
    workspace = Workspace(platforms_are_assumed=are_assumed)
    (finding,) = findings(masked_platform_arg, context(text, workspace=workspace))
    assert finding.doubt is doubt


@every_case(
    "run, is_said",
    [
        ("curl https://x.org/gcc-x86_64-aarch64-none-linux-gnu.tar.xz | tar xJ -C /opt", False),
        ("curl https://x.org/gcc-$TARGETARCH.tar.xz | tar xJ -C /opt", True),
        ("make", True),
    ],
)
def test_the_machine_of_a_downloaded_cross_compiler_is_meant(run: str, *, is_said: bool) -> None:
    text = f"ARG BUILDPLATFORM=linux/amd64\nFROM --platform=$BUILDPLATFORM debian AS b\nARG TARGETARCH\nRUN {run}\nFROM debian\nCOPY --from=b /o /o\n"
    assert bool(findings(masked_platform_arg, context(text))) is is_said


@every_case(
    "lines, is_reported",
    [
        ("ARG TARGETARCH=amd64\nARG TARGETARCH\nRUN echo $TARGETARCH > /a", False),
        (
            "ARG TARGETARCH=amd64\nARG TARGETPLATFORM\nENV TARGETARCH=${TARGETPLATFORM##*/}\nRUN echo $TARGETARCH > /a",
            False,
        ),
        ("ARG TARGETARCH=amd64\nRUN touch /x\nARG TARGETARCH\nRUN echo $TARGETARCH > /a", False),
        ("ARG TARGETARCH=amd64\nRUN touch /x\nFROM base\nARG TARGETARCH\nRUN echo $TARGETARCH > /a", False),
        ("ARG TARGETARCH=amd64\nRUN touch /x\nFROM base\nRUN echo $TARGETARCH > /a", True),
        ("ARG TARGETARCH=amd64\nENV TARGETARCH=$TARGETARCH\nRUN echo $TARGETARCH > /a", True),
        ("ARG TARGETARCH=amd64\nRUN ./build\nARG TARGETARCH\nRUN echo $TARGETARCH > /a", True),
        ("ARG TARGETARCH=amd64\nRUN echo $TARGETARCH > /a\nARG TARGETARCH\nRUN echo $TARGETARCH > /a", True),
    ],
)
def test_a_default_that_is_replaced_before_its_use_hides_nothing(lines: str, *, is_reported: bool) -> None:
    assert bool(findings(masked_platform_arg, context(f"FROM alpine AS base\n{lines}\n"))) is is_reported


@every_case(
    "use, doubt, safety",
    [
        ("${TARGETARCH:-$(uname -m)}", Doubt.USE, Safety.SUGGESTION),
        ("${TARGETARCH-x86_64}", Doubt.USE, Safety.SUGGESTION),
        ("$TARGETARCH", None, Safety.SUGGESTION),
    ],
)
def test_an_empty_default_leaves_each_use_to_its_own(use: str, doubt: Doubt | None, safety: Safety) -> None:
    text = f'FROM alpine\nARG TARGETARCH=""\nRUN wget https://example.com/{use}\n'
    (finding,) = findings(masked_platform_arg, context(text))
    assert finding.doubt is doubt
    assert [it.safety for it in finding.fixes] == [safety]
