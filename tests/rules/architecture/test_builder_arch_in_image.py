from __future__ import annotations

from dataclasses import replace

from buildxray.rules.architecture.builder_arch_in_image import builder_arch_in_image
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Builder
from tests.support.cases import every_case
from tests.support.rules import check_fix, context, findings, reported, request

IMAGE = "FROM debian:13\nARG TARGETARCH\n{}\n"


@every_case(
    "lines, places",
    [
        ("ARG BUILDARCH\nCOPY bin/tool-$BUILDARCH /tool", ["$BUILDARCH"]),
        ("FROM x.org/tool:$BUILDARCH", ["$BUILDARCH"]),
        ("FROM --platform=$BUILDPLATFORM x.org/tool:$BUILDARCH AS tool\nFROM debian\nCOPY --from=tool /gen /gen", []),
        ("ARG BUILDPLATFORM\nRUN cp /bins/${BUILDPLATFORM}/tool /tool", ["${BUILDPLATFORM}"]),
        ("ARG BUILDARCH\nENV MACHINE=$BUILDARCH\nCOPY bin/$MACHINE/tool /tool", ["$BUILDARCH"]),
        ("ARG BUILDARCH\nENV BUILT_ON=$BUILDARCH\nCOPY bin/$TARGETARCH/tool /tool", []),
        ("ARG BUILDARCH\nENV MACHINE=$BUILDARCH\nRUN curl -O https://x.org/t-$MACHINE", ["$BUILDARCH"]),
        ("ARG BUILDARCH\nRUN A=$BUILDARCH && B=$A; curl -O https://x.org/t-$B", ["$BUILDARCH"]),
        (
            "ARG BUILDPLATFORM\nRUN A=$(echo $BUILDPLATFORM | cut -d/ -f2) && curl -O https://x.org/t-$A",
            ["$BUILDPLATFORM"],
        ),
        ("ARG BUILDARCH\nRUN A=$BUILDARCH; echo on $A; curl -O https://x.org/t-$TARGETARCH", []),
        ("ARG BUILDARCH\nRUN A=$BUILDARCH; curl -H $A -O https://x.org/t-$TARGETARCH", []),
        ("ARG BUILDPLATFORM\nRUN echo built on $BUILDPLATFORM for $TARGETARCH", []),
        ("ARG BUILDARCH\nRUN if [ $BUILDARCH != $TARGETARCH ]; then touch /crossed; fi", []),
        ("COPY bin/tool-$TARGETARCH /tool", []),
        ("ARG BUILDARCH=amd64\nCOPY bin/tool-$BUILDARCH /tool", []),
        ("ARG BUILDARCH=amd64\nADD https://x.org/tool_$BUILDARCH.deb /", []),
        ("ARG BUILDARCH=amd64 BUILDPLATFORM\nCOPY $BUILDPLATFORM/tool-$BUILDARCH /tool", ["$BUILDPLATFORM"]),
    ],
)
def test_files_for_the_build_machine_in_the_image_are_reported(lines: str, places: list[str]) -> None:
    assert reported(builder_arch_in_image, IMAGE.format(lines)) == places


def test_a_default_above_the_first_from_is_left_to_its_own_rule() -> None:
    text = "ARG BUILDARCH={}FROM alpine\nARG BUILDARCH\nCOPY a-$BUILDARCH /a\n"
    assert reported(builder_arch_in_image, text.format("amd64\n")) == []
    assert reported(builder_arch_in_image, text.replace("={}", "\n")) == ["$BUILDARCH"]


def test_the_system_beside_the_architecture_follows_too() -> None:
    check_fix(
        builder_arch_in_image,
        "FROM alpine\nARG BUILDOS BUILDARCH\nADD https://x.org/b-${BUILDOS}-$BUILDARCH /b\n",
        "FROM alpine\nARG TARGETOS TARGETARCH\nADD https://x.org/b-${TARGETOS}-$TARGETARCH /b\n",
    )
    assert reported(builder_arch_in_image, IMAGE.format("ARG BUILDOS\nCOPY a-$BUILDOS-$TARGETARCH /a")) == []


def test_files_for_the_target_are_not_reported() -> None:
    check_fix(
        builder_arch_in_image,
        "FROM alpine\nARG BUILDARCH\nCOPY a-$BUILDARCH /a\nRUN curl -o /b https://x.org/b-$BUILDARCH\n",
        "FROM alpine\nARG TARGETARCH\nCOPY a-$TARGETARCH /a\nRUN curl -o /b https://x.org/b-$TARGETARCH\n",
    )


@every_case(
    "line, copied, is_said",
    [
        ("RUN wget -O /jq https://x.org/jq-$BUILDARCH", "/jq", True),
        ("ADD https://x.org/jq-$BUILDARCH /jq", "/jq", True),
        ("RUN curl -fsSL https://x.org/jq-$BUILDARCH.tgz | tar xz -C /t", "/t/jq", True),
        ("RUN curl -fsSL https://x.org/jq-$BUILDARCH.tgz | tar xz", "/jq", True),
        ("RUN wget -O /jq https://x.org/jq-$BUILDARCH && chmod +x /jq && /jq . /a > /o", "/o", False),
        ("RUN wget -O /jq https://x.org/jq-$TARGETARCH && echo $BUILDARCH", "/jq", False),
    ],
)
def test_downloads_of_a_native_stage_that_are_in_the_image(line: str, copied: str, *, is_said: bool) -> None:
    stage = f"FROM --platform=$BUILDPLATFORM alpine AS d\nARG BUILDARCH TARGETARCH\n{line}\n"
    text = f"{stage}FROM alpine\nCOPY --from=d {copied} /x\n"
    assert reported(builder_arch_in_image, text) == (["$BUILDARCH"] if is_said else [])


def test_an_archive_that_is_unpacked_beside_the_file_in_the_image() -> None:
    text = (
        "FROM --platform=$BUILDPLATFORM debian AS b\nARG BUILDARCH\n"
        "RUN wget -O /h.tgz https://x.org/h-$BUILDARCH.tgz && tar xf /h.tgz -C /usr/bin\n"
        "RUN wget -O /y.tgz https://x.org/y-$BUILDARCH.tgz && tar xf /y.tgz && mv y /usr/bin/y && y /a > /b\n"
        "FROM scratch\nCOPY --from=b /usr/bin/h /h\n"
    )
    places = [text[: it.range.start].count("\n") for it in findings(builder_arch_in_image, context(text))]
    assert places == [2]


@every_case(
    "line, copied, is_said",
    [
        ("RUN wget -O /jq https://x.org/jq-$BUILDARCH", "/jq", True),
        ("ADD https://x.org/jq-$BUILDARCH /jq", "/jq", True),
        ("RUN curl -fsSL https://x.org/jq-$BUILDARCH.tgz | tar xz -C /t", "/t/jq", True),
        ("RUN curl -fsSL https://x.org/jq-$BUILDARCH.tgz | tar xz -C /usr/bin", "/o", False),
        ("RUN wget -O /jq https://x.org/jq-$BUILDARCH && chmod +x /jq && /jq . /a > /o", "/o", False),
        ("RUN A=$BUILDARCH; wget -O /usr/bin/jq https://x.org/jq-$A", "/o", False),
        ("COPY bin/jq-$BUILDARCH /jq", "/jq", True),
    ],
)
def test_a_tool_of_a_stage_for_the_target_may_be_for_the_machine_that_runs_it(
    line: str, copied: str, *, is_said: bool
) -> None:
    text = f"FROM alpine AS d\nARG BUILDARCH TARGETARCH\n{line}\nFROM alpine\nCOPY --from=d {copied} /x\n"
    assert reported(builder_arch_in_image, text) == (["$BUILDARCH"] if is_said else [])
    text = f"FROM alpine AS d\nARG BUILDARCH TARGETARCH\n{line}\nFROM d\nRUN true\n"
    assert reported(builder_arch_in_image, text) == ["$BUILDARCH"]


def test_each_instruction_that_takes_a_file_of_the_machine_is_reported() -> None:
    text = (
        "FROM alpine\nARG BUILDARCH BUILDPLATFORM\nCOPY $BUILDPLATFORM/a-$BUILDARCH /a\nCOPY b-$BUILDARCH /b\n"
        "RUN curl -o /c https://x.org/c-$BUILDARCH && echo $BUILDARCH\n"
    )
    assert len(findings(builder_arch_in_image, context(text))) == 3


def test_a_stage_is_chosen_by_the_target_instead() -> None:
    stages = "FROM alpine AS files-amd64\nFROM alpine AS files-arm64\nFROM files-${}\n"
    check_fix(builder_arch_in_image, stages.format("{BUILDARCH}"), stages.format("{TARGETARCH}"))


def test_a_build_may_give_the_argument_itself() -> None:
    text = IMAGE.format("ARG BUILDARCH\nCOPY bin/tool-$BUILDARCH /tool")
    for name, n_findings in (("BUILDARCH", 0), ("ARCH", 1)):
        builder = Builder(replace(request(), build_arguments=((name, "arm64"),)))
        ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=False)
        assert len(findings(builder_arch_in_image, ctx)) == n_findings
