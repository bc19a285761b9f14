"""Named contexts replace stages and images (BuildKit: dockerui/namedcontext.go)."""

from __future__ import annotations

import pytest

from buildxray.plan.configuration import image_configurations
from buildxray.plan.model import Plan
from buildxray.plan.planner import plan
from buildxray.plan.request import BuildRequest, ImageConfiguration, TargetResult
from buildxray.platforms.platform import Platform
from buildxray.syntax.parser import parse
from tests.support.cases import every_case

AMD64, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64")
TEXT = """\
FROM golang AS tools
RUN make tools
FROM tools AS base
RUN make base
FROM alpine
COPY --from=base /x /x
COPY --from=busybox /y /y
RUN true
"""


def planned(
    *contexts: tuple[str, str],
    text: str = TEXT,
    targets: tuple[Platform, ...] = (AMD64,),
    results: tuple[TargetResult, ...] = (),
) -> Plan:
    return plan(parse(text), BuildRequest(AMD64, targets, contexts=contexts, results=results))


def labels(*contexts: tuple[str, str], text: str = TEXT, targets: tuple[Platform, ...] = (AMD64,)) -> list[str]:
    made = planned(*contexts, text=text, targets=targets)
    assert made.error is None
    return [it.label for it in made.steps]


def test_without_contexts() -> None:
    assert labels() == [
        "[stage-2 1/4] FROM docker.io/library/alpine:latest",
        "[tools 1/2] FROM docker.io/library/golang:latest",
        "[tools 2/2] RUN make tools",
        "[base 1/1] RUN make base",
        "[stage-2 2/4] COPY --from=base /x /x",
        "FROM docker.io/library/busybox:latest",
        "[stage-2 3/4] COPY --from=busybox /y /y",
        "[stage-2 4/4] RUN true",
    ]


def test_a_stage_is_replaced_with_all_that_only_it_needs() -> None:
    assert labels(("base", "./files")) == [
        "[stage-2 1/4] FROM docker.io/library/alpine:latest",
        "[context base] load from client",
        "[stage-2 2/4] COPY --from=base /x /x",
        "FROM docker.io/library/busybox:latest",
        "[stage-2 3/4] COPY --from=busybox /y /y",
        "[stage-2 4/4] RUN true",
    ]


def test_the_stage_below_is_replaced_by_an_image() -> None:
    assert labels(("tools", "docker-image://debian:13"))[1:3] == [
        "[context tools] debian:13",
        "[base 1/1] RUN make base",
    ]


@every_case("name", ["busybox", "busybox:latest", "docker.io/library/busybox"])
def test_an_image_that_copy_names_is_replaced(name: str) -> None:
    assert "[context busybox] target:box" in labels((name, "target:box"))


def test_the_image_of_a_stage_is_replaced() -> None:
    assert labels(("alpine", "target:base"))[0] == "[context alpine] target:base"


def test_a_context_for_one_platform_is_for_that_one() -> None:
    found = labels(("alpine::linux/arm64", "docker-image://debian"), targets=(AMD64, ARM64))
    assert "[linux/amd64 stage-2 1/4] FROM docker.io/library/alpine:latest" in found
    assert "[context alpine::linux/arm64] debian" in found


def test_a_directory_is_loaded_once_for_all_platforms() -> None:
    assert labels(("base", "files"), targets=(AMD64, ARM64)).count("[context base] load from client") == 1


def test_the_result_of_another_target_is_loaded_for_each_platform() -> None:
    assert labels(("base", "target:base"), targets=(AMD64, ARM64)).count("[context base] target:base") == 2


def test_a_replaced_target_stage() -> None:
    assert labels(("app", "docker-image://alpine"), text="FROM golang AS app\nRUN true\n") == ["[context app] alpine"]


def test_other_names_change_nothing() -> None:
    assert labels(("other", "files")) == labels()


def test_two_names_of_one_directory_are_loaded_twice() -> None:
    text = "FROM scratch\nCOPY --from=a /x /x\nCOPY --from=b /x /x\n"
    assert labels(("a", "files"), ("b", "files"), text=text)[:3:2] == [
        "[context a] load from client",
        "[context b] load from client",
    ]


@pytest.mark.parametrize("name", ["scratch", "context"])
def test_stages_with_reserved_names_are_not_replaced(name: str) -> None:
    text = f"FROM alpine AS {name}\nRUN true\n"
    assert labels((name, "files"), text=text) == labels(text=text)


def test_the_image_below_a_replaced_stage_must_have_a_name() -> None:
    made = planned(("a", "files"), text="FROM golang:$NONE AS a\nFROM scratch\nCOPY --from=a /x /x\n")
    assert made.error is not None


def test_buildkit_reads_the_stages_that_a_replaced_stage_copies_from() -> None:
    text = "FROM alpine AS a\nRUN --mount=type=cache,target=/ true\nFROM alpine AS b\nCOPY --from=a /x /x\n"
    made = planned(("b", "files"), text=text)
    assert made.error is not None
    assert [it.label for it in made.steps] == ["[context b] load from client"]


def test_files_of_a_replaced_stage_that_comes_later_can_be_copied() -> None:
    text = "FROM alpine AS a\nCOPY --from=b /x /x\nFROM alpine AS b\nFROM scratch\nCOPY --from=a /x /x\n"
    assert planned(text=text).error is not None
    assert "[context b] load from client" in labels(("b", "files"), text=text)


@every_case(
    "command, contexts, is_refused",
    [
        ("COPY --from=later / /", (), True),
        ("RUN --mount=from=later,target=/x true", (), True),
        ("COPY --from=later / /", (("later", "docker-image://debian"),), False),
        ("COPY --from=debian / /", (), False),
    ],
)
def test_what_only_a_replaced_stage_copies_from_may_not_copy_from_a_later_stage(
    command: str, contexts: tuple[tuple[str, str], ...], is_refused: bool
) -> None:
    text = f"FROM alpine AS a\n{command}\nFROM alpine AS later\nFROM alpine AS r\nCOPY --from=a / /\nFROM r\n"
    assert (planned(("r", "files"), *contexts, text=text).error is not None) is is_refused
    assert planned(("r", "files"), text=text.replace("--from=a", "--from=alpine")).error is None


def test_the_triggers_of_a_stage_that_is_only_read_are_read_too() -> None:
    text = "FROM alpine AS o\nONBUILD STOPSIGNAL wrong\nFROM o AS a\nFROM alpine AS r\nCOPY --from=a / /\nFROM r\n"
    assert planned(("r", "files"), text=text).error is not None
    assert planned(("r", "files"), text=text.replace("wrong", "TERM")).error is None


def test_only_the_stage_right_on_a_directory_has_no_platform() -> None:
    text = "FROM alpine AS r\nFROM r AS a\nCOPY a a\nFROM a AS b\nCOPY b b\nFROM b\nCOPY c c\n"
    shown = labels(("r", "files"), text=text, targets=(AMD64, ARM64))
    assert [it for it in shown if "COPY" in it] == [
        "[unknown a 1/1] COPY a a",
        "[linux/amd64 b 1/1] COPY b b",
        "[linux/amd64 stage-3 1/1] COPY c c",
    ]


def test_a_replaced_stage_leaves_its_triggers() -> None:
    text = "FROM alpine AS base\nONBUILD RUN true\nFROM base\n"
    assert labels(("base", "docker-image://debian"), text=text) == [
        "[context base] debian",
        "[stage-1 1/1] ONBUILD RUN true",
    ]


def test_a_command_on_files_without_an_image_runs_for_the_target() -> None:
    made = planned(
        ("base", "files"),
        text="FROM --platform=$BUILDPLATFORM golang AS base\nFROM base\nRUN true\n",
        targets=(AMD64, ARM64),
    )
    assert [str(it.platform) for it in made.steps if it.kind == "exec"] == ["linux/amd64", "linux/arm64"]


def test_the_environment_below_a_directory_is_known_and_below_an_image_is_not() -> None:
    for value, is_known in (("files", True), ("docker-image://debian", False), ("target:base", False)):
        made = planned(("alpine", value), text="FROM alpine\nRUN true\n")
        (run,) = [it for it in made.steps if it.kind == "exec"]
        assert run.environment is not None
        path = run.environment.assignment("PATH")
        assert path is not None
        assert path.is_known is is_known


ON_TARGET = "FROM base\nRUN make\n"
BOTH = ((AMD64, AMD64), (ARM64, AMD64))


def test_a_target_for_several_platforms_is_a_context_for_each_of_them() -> None:
    made = planned(("base", "target:all"), text=ON_TARGET, targets=(AMD64, ARM64), results=(TargetResult("all", BOTH),))
    assert [(it.label, str(it.platform), it.is_emulated) for it in made.steps] == [
        ("[context base::linux/amd64] target:all", "linux/amd64", False),
        ("[linux/amd64 1/2] RUN make", "linux/amd64", False),
        ("[context base::linux/arm64] target:all", "linux/arm64", False),
        ("[linux/arm64 1/2] RUN make", "linux/arm64", True),
    ]


def test_a_target_for_one_platform_is_a_context_for_all_platforms() -> None:
    made = planned(
        ("base", "target:one"),
        text=ON_TARGET,
        targets=(AMD64, ARM64),
        results=(TargetResult("one", ((AMD64, AMD64),)),),
    )
    assert made.error is None
    assert [(it.label, str(it.platform), len(it.targets)) for it in made.steps] == [
        ("[context base] target:one", "linux/amd64", 2),
        ("[linux/amd64 1/2] RUN make", "linux/amd64", 1),
        ("[linux/arm64 1/2] RUN make", "linux/arm64", 1),
    ]


def test_a_stage_that_a_target_replaces_runs_for_the_platform_of_its_image() -> None:
    made = planned(
        ("base", "target:one"),
        text="FROM alpine AS base\nFROM base\nRUN make\n",
        targets=(ARM64,),
        results=(TargetResult("one", ((AMD64, AMD64),)),),
    )
    assert [str(it.platform) for it in made.steps] == ["linux/amd64", "linux/amd64"]


CONFIGURATION = ImageConfiguration(  # noqa: S604 - no process, but the SHELL of an image
    (("PATH", "/bin", False), ("APP", "/app", True)),
    has_unknown_variables=False,
    working_directory="/srv",
    user="app",
    shell=("/bin/bash", "-c"),
    triggers=("COPY --from=tools /t /t", "RUN prepare $APP"),
)


@pytest.mark.parametrize(
    ("head", "has_triggers"), [("FROM base\n", True), ("FROM debian AS base\nFROM base AS app\n", False)]
)
def test_the_configuration_of_the_image_of_a_target(head: str, *, has_triggers: bool) -> None:
    """The image has ENV, WORKDIR, USER and SHELL; its ONBUILD triggers are those of a stage that is built on the image itself."""
    result = TargetResult("t", ((AMD64, AMD64),), configurations=((AMD64, CONFIGURATION),))
    text = f"{head}RUN a $APP\nCOPY x $APP/x\nWORKDIR y\n"
    made = planned(("base", "target:t"), ("tools", "files"), text=text, results=(result,))
    assert made.error is None
    runs = [it for it in made.steps if it.kind == "exec"]
    assert [it.arguments for it in runs][-1:] == [("/bin/bash", "-c", "a $APP")]
    assert {it.environment.get("APP") for it in runs if it.environment is not None} == {"/app"}
    assert ("[context tools] load from client" in {it.label for it in made.steps}) is has_triggers
    assert [it.label.partition("] ")[2] for it in made.steps if "ONBUILD" in it.label] == [
        "ONBUILD COPY --from=tools /t /t",
        "ONBUILD RUN prepare /app",
    ][: 2 * has_triggers]
    final = made.targets[0].scope_in_text(made.stages[-1], made.stages[-1].end_idx)
    assert final is not None
    assert (final.working_directory, final.user, final.has_base_image) == ("/srv/y", "app", False)


def test_a_wrong_trigger_of_an_image_is_refused() -> None:
    wrong = CONFIGURATION._replace(triggers=("RUN a\nRUN b",))
    result = TargetResult("t", ((AMD64, AMD64),), configurations=((AMD64, wrong),))
    made = planned(("base", "target:t"), text="FROM base\n", results=(result,))
    assert made.error is not None
    assert "ONBUILD" in made.error.message


@every_case(
    "text, expected",
    [
        ("FROM scratch\nENV A=1\n", (("PATH", True), ("A", True))),
        ("FROM alpine\nARG B\nENV A=$B\n", (("PATH", False), ("A", False))),
        ("FROM alpine AS a\nENV A=1\nFROM a\nENV B=2\n", (("PATH", False), ("A", True), ("B", True))),
    ],
)
def test_the_configuration_that_a_build_makes(text: str, expected: tuple[tuple[str, bool], ...]) -> None:
    made = plan(parse(text), BuildRequest(AMD64, (AMD64,)))
    ((platform, configuration),) = image_configurations(made)
    assert platform == AMD64
    assert tuple((name, is_known) for name, _value, is_known in configuration.environment) == expected
    assert configuration.has_unknown_variables is ("scratch" not in text)


@every_case("text", ["", "FROM alpine\nSTOPSIGNAL wrong\n", "RUN a\n"])
def test_a_refused_build_has_no_configuration(text: str) -> None:
    assert image_configurations(plan(parse(text), BuildRequest(AMD64, (AMD64,)))) == ()


def test_a_platform_that_the_target_lacks_uses_the_image_of_that_name() -> None:
    made = planned(
        ("base", "target:all"),
        text=ON_TARGET,
        targets=(Platform("linux", "s390x"),),
        results=(TargetResult("all", BOTH),),
    )
    assert made.error is None
    assert made.steps[0].label == "[1/2] FROM docker.io/library/base:latest"


@every_case(
    "result, expected",
    [
        (TargetResult("all", (*BOTH, (Platform("linux", "s390x"), AMD64))), None),
        (TargetResult("all", ((AMD64, AMD64), (Platform("linux", "s390x"), AMD64))), "is not built for linux/arm64"),
        (TargetResult("all", ((ARM64, ARM64),)), "is not built on the linux/amd64 machine"),
        (TargetResult("all", BOTH, "the targets use each other"), "the targets use each other"),
    ],
)
def test_contexts_that_bake_refuses(result: TargetResult, expected: str | None) -> None:
    made = planned(("base", "target:all"), text=ON_TARGET, targets=(AMD64, ARM64), results=(result,))
    assert (made.error is None) is (expected is None)
    assert expected is None or (made.error is not None and expected in made.error.message)
