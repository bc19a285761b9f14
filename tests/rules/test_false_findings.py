"""False and missing findings of readings of public files, each beside its near miss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from buildxray.ide.analysis import Analyzer
from buildxray.ide.diagnostics import diagnose
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import context, request

BUNDLE = """FROM --platform=$BUILDPLATFORM golang AS src
COPY . .
ENV CGO_ENABLED=0
FROM src AS one
RUN GOOS=linux GOARCH=amd64 go build -o /out/one .
FROM src AS other
RUN GOOS=linux GOARCH=arm64 go build -o /out/other .
FROM src AS macos
RUN GOOS=darwin GOARCH=arm64 go build -o /out/mac .
FROM scratch
COPY --from=one /out/ /
COPY --from=other /out/ /
COPY --from=macos /out/ /
"""


def rules(text: str) -> list[str]:
    return [it.rule for it in diagnose(context(text))]


@every_case(
    "text",
    [
        BUNDLE,
        "FROM --platform=$BUILDPLATFORM golang AS lint\nRUN golangci-lint run\nFROM lint\n",
        "FROM --platform=$BUILDPLATFORM golang AS b\nWORKDIR /w\nFROM b\nRUN --mount=target=. go build ./...\n",
        (
            "FROM --platform=linux/amd64 scratch AS f-amd64\nCOPY a /\nFROM --platform=linux/arm64 scratch AS f-arm64\nCOPY b /\n"
            "FROM f-$TARGETARCH\n"
        ),
        (
            "FROM debian AS gpu\nRUN curl https://x.org/s-x86_64.tgz | tar xz -C /opt\nFROM scratch AS v-amd64\nCOPY --from=gpu /opt /opt\n"
            "FROM scratch AS v-arm64\nFROM v-$TARGETARCH\n"
        ),
    ],
)
def test_files_without_mistakes_have_no_findings(text: str) -> None:
    assert rules(text) == []


@every_case(
    "text, rule",
    [
        ("ARG ARCH=amd64\nFROM $ARCH/alpine\nARG TARGETARCH\nRUN echo $TARGETARCH\n", "single-arch-image"),
        ("ARG BUILDPLATFORM=linux/amd64\nFROM --platform=$BUILDPLATFORM alpine AS a\nFROM a\n", "masked-platform-arg"),
        ("FROM alpine\nONBUILD RUN echo $TARGETARCH\n", "undeclared-platform-arg"),
        ('FROM alpine\nARG TARGETARCH\nRUN [ "$TARGETARCH" = ARM64 ] && true\n', "impossible-arch-value"),
        ('FROM alpine\nARG TARGETARCH\nRUN [ "$TARGETARCH" = arm32v7 ] && true\n', "impossible-arch-value"),
        (
            (
                "FROM --platform=$BUILDPLATFORM node AS b\nWORKDIR /s\nRUN npm ci && cp -r node_modules /app/\n"
                "FROM node\nCOPY --from=b /app /app\n"
            ),
            "foreign-binary-copy",
        ),
        (
            (
                "FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\nENV GOARCH=$TARGETARCH\nRUN go install x.org/gen@v1\n"
                "RUN go generate ./... && CGO_ENABLED=0 go build -o /a .\nFROM scratch\nCOPY --from=b /a /a\n"
            ),
            "go-env-for-tools",
        ),
    ],
)
def test_similar_files_with_the_mistake_have_the_finding(text: str, rule: str) -> None:
    assert rule in rules(text)


@every_case(
    "text, rule",
    [
        ("FROM alpine\nONBUILD ARG TARGETARCH\nONBUILD RUN echo $TARGETARCH\n", "undeclared-platform-arg"),
        ('FROM alpine\nARG TARGETARCH\nRUN [ "$TARGETARCH" = windows ] && true\n', "impossible-arch-value"),
        (
            (
                "FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\nENV GOARCH=$TARGETARCH\nRUN go install x.org/gen@v1\n"
                "FROM scratch\nCOPY --from=b /go/bin /\n"
            ),
            "go-env-for-tools",
        ),
        ("ARG BUILDPLATFORM\nFROM --platform=$BUILDPLATFORM alpine AS b\nFROM alpine\n", "masked-platform-arg"),
    ],
)
def test_similar_files_without_the_mistake_lack_the_finding(text: str, rule: str) -> None:
    assert rule not in rules(text)


TWO = "ARG TARGETARCH\n"
RUST = "FROM rust AS b\nWORKDIR /s\nCOPY . .\nRUN cargo build --release\nFROM debian\nCOPY --from=b /s/target/release/a /a\n"


def in_workspace(text: str, rule: str, **facts: Any) -> bool:  # noqa: ANN401 - fields of a workspace
    """True if a rule reports something in a file of a project with these facts."""
    workspace = Workspace()._replace(**facts)
    return rule in {it.rule for it in diagnose(context(text, workspace=workspace))}


@every_case(
    "command, is_said",
    [
        ("rm -f /usr/lib/x86_64-linux-gnu/libmfx*", False),
        ("rm -rf /usr/lib/x86_64-linux-gnu/mfx", False),
        ("find /usr/lib/x86_64-linux-gnu -name '*.a' -delete", False),
        ("rm /usr/lib/x86_64-linux-gnu/libmfx.so", True),
        ("cp /usr/lib/x86_64-linux-gnu/libmfx.so /opt/", True),
        ("rm -f /tmp/x && cp /usr/lib/x86_64-linux-gnu/libmfx.so /opt/", True),
    ],
)
def test_a_path_that_is_only_removed_may_be_missing(command: str, is_said: bool) -> None:
    assert ("single-arch-path" in rules(f"FROM debian\n{TWO}RUN echo $TARGETARCH\nRUN {command}\n")) is is_said


@every_case(
    "flags, command, is_said",
    [
        ("", "apk add --no-cache curl", False),
        (",sharing=locked", "apk add --no-cache curl && apk --no-cache add git", False),
        ("", "apk add curl", True),
        ("", "apk add --no-cache curl && apk add git", True),
        (",id=$CACHE", "apk add curl", False),
        (",id=apk", "apk add curl", True),
    ],
)
def test_a_cache_that_stays_empty_is_shared_by_nobody(flags: str, command: str, is_said: bool) -> None:
    text = f"FROM alpine:3.22\nARG CACHE\nRUN --mount=type=cache,target=/var/cache/apk{flags} {command}\n"
    assert ("shared-cache-mount" in rules(text)) is is_said


LATE = "FROM node AS b\nWORKDIR /s\nCOPY . .\nRUN npm ci\nRUN npm run build\nFROM nginx\nCOPY --from=b /s/dist /d\n"
ONE_DOWNLOAD = "FROM debian\nRUN curl -fsSLo /bin/t https://example.com/tool-linux-amd64\n"


@every_case(
    "path, is_said",
    [
        ("Dockerfile", True),
        ("docker/Dockerfile.dev", False),
        (".devcontainer/Dockerfile", False),
        (".ci/openshift-ci/Dockerfile", False),
        ("ci/Dockerfile", True),
        ("local.Dockerfile", False),
        ("devops/Dockerfile", True),
        ("dev/Dockerfile", True),
        ("test/Dockerfile", False),
        ("tests/apps/counter/Dockerfile", False),
        ("src/integration-tests/db/Dockerfile", False),
        ("test_runner/csharp/Dockerfile", False),
        ("testament/Dockerfile", True),
        ("latest/Dockerfile", True),
        ("contest/Dockerfile", True),
        ("Dockerfile.e2e", False),
        ("docs/Dockerfile", True),
        ("Dockerfile.developers", True),
        ("Dockerfile-dev", False),
        ("Dockerfile_dev-web", False),
        ("Dockerfile.web-dev", False),
        ("Dockerfile.test-runner", False),
        ("web.dev.Dockerfile", False),
        ("Dockerfile.mcp-dev-server", True),
    ],
)
def test_a_file_for_development_or_tests_is_built_where_it_runs(path: str, is_said: bool) -> None:
    assert in_workspace(RUST, "emulated-build", dockerfile=path) is is_said
    assert in_workspace(LATE, "late-module-download", dockerfile=path) is is_said
    assert in_workspace(ONE_DOWNLOAD, "hard-coded-arch", dockerfile=path) is is_said


def test_an_example_is_built_for_platforms_that_it_mentions() -> None:
    path = "examples/greet/Dockerfile"
    assert in_workspace(RUST, "emulated-build", dockerfile=path)
    assert not in_workspace(RUST, "emulated-build", dockerfile=path, has_unread_builds=True)
    assert in_workspace(f"{RUST}LABEL a=$TARGETARCH\n", "emulated-build", dockerfile=path, has_unread_builds=True)
    assert in_workspace(LATE, "late-module-download", dockerfile=path)
    assert in_workspace(ONE_DOWNLOAD, "hard-coded-arch", dockerfile=path)


@pytest.mark.parametrize(("path", "is_said"), [("Dockerfile", True), (".devcontainer/Dockerfile", False)])
def test_a_place_to_develop_is_for_one_platform_at_a_time(path: str, is_said: bool) -> None:
    early = "FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\nRUN go mod download\nRUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /o .\n"
    unused = "FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\nRUN gzip /o\n"
    copied = "FROM scratch\nCOPY --from=b /o /o\n"
    assert in_workspace(early + copied, "early-platform-arg", dockerfile=path) is is_said
    assert in_workspace(unused + copied, "unused-platform-arg", dockerfile=path) is is_said
    native = "FROM --platform=$BUILDPLATFORM alpine\nRUN apk add curl\nCMD sh\n"
    assert in_workspace(native, "build-platform-image", dockerfile=path) is is_said


def test_a_test_image_that_takes_the_argument_has_to_be_right() -> None:
    text = ONE_DOWNLOAD.replace("RUN", "ARG TARGETARCH\nRUN echo $TARGETARCH\nRUN")
    assert in_workspace(text, "hard-coded-arch", dockerfile="tests/Dockerfile")


@pytest.mark.parametrize(("text", "is_said"), [(RUST, False), (f"{RUST}ARG TARGETARCH\nRUN echo $TARGETARCH\n", True)])
def test_a_project_that_builds_for_its_own_machine_emulates_nothing(text: str, is_said: bool) -> None:
    assert in_workspace(text, "emulated-build", builds_for_itself=True) is is_said
    assert in_workspace(text, "emulated-build", builds_for_itself=False)


@every_case(
    "base, path, is_said",
    [
        ("mcr.microsoft.com/windows/servercore:ltsc2022", "Dockerfile", False),
        ("example/php-nanoserver:1", "Dockerfile", False),
        ("$BASE", "Dockerfile-windows-base", False),
        ("$BASE", "Dockerfile", True),
        ("example/windowsill:1", "Dockerfile", True),
    ],
)
def test_an_image_for_windows_is_for_no_platform_of_linux(base: str, path: str, is_said: bool) -> None:
    text = ONE_DOWNLOAD.replace("debian", base)
    assert in_workspace(f"ARG BASE\n{text}", "hard-coded-arch", dockerfile=path) is is_said


@pytest.mark.parametrize("rule", ["emulated-build", "shared-cache-mount"])
def test_jobs_of_their_own_share_nothing_and_save_nothing(rule: str) -> None:
    text = "FROM golang AS b\nCOPY . .\nRUN --mount=type=cache,target=/src/node_modules CGO_ENABLED=0 go build -o /a .\nFROM scratch\nCOPY --from=b /a /a\n"
    together = replace(request(), nodes=tuple((it, it) for it in request().target_platforms))
    apart = replace(together, is_separate=True)
    found = [
        rule in [it.rule for it in Analyzer(one, asks_for_several=True).analyze(text).diagnostics]
        for one in (request(), together, apart)
    ]
    # In one build on two machines each machine has a cache of its own.
    assert found == [True, rule == "emulated-build", False]


WITH_ARGUMENT = f"{ONE_DOWNLOAD}ARG TARGETARCH\nRUN echo $TARGETARCH\n"
WITH_STAGE = f"FROM --platform=$BUILDPLATFORM alpine AS b\nCOPY a /a\n{ONE_DOWNLOAD}COPY --from=b /a /a\n"


@every_case(
    "text, asks_for_several, facts, severity",
    [
        (ONE_DOWNLOAD, False, {}, ["information"]),
        (ONE_DOWNLOAD, False, {"builds_for_itself": True}, []),
        (WITH_ARGUMENT, False, {}, ["error"]),
        (WITH_ARGUMENT, False, {"builds_for_itself": True}, ["warning"]),
        (WITH_ARGUMENT, False, {"platforms_are_unknown": True}, ["warning"]),
        (WITH_STAGE, False, {}, ["error"]),
        (WITH_STAGE, False, {"builds_for_itself": True}, ["warning"]),
        (WITH_STAGE, False, {"is_automated": True}, ["warning"]),
        (WITH_STAGE, True, {"is_automated": True}, ["error"]),
        (ONE_DOWNLOAD, True, {}, ["error"]),
    ],
)
def test_only_a_build_that_is_known_to_go_wrong_is_an_error(
    text: str, asks_for_several: bool, facts: dict[str, Any], severity: list[str]
) -> None:
    analyzer = Analyzer(request(), asks_for_several=asks_for_several, workspace=Workspace(**facts))
    found = [it.severity.value for it in analyzer.analyze(text).diagnostics if it.rule == "hard-coded-arch"]
    assert found == severity


@every_case(
    "facts, is_said",
    [
        ({"dockerfile": "Dockerfile"}, True),
        ({"dockerfile": "Dockerfile.x86_64"}, False),
        ({"dockerfile": "Dockerfile.aarch64"}, True),
        ({"dockerfile": "Dockerfile", "files_for": frozenset({"arm64"})}, False),
        ({"dockerfile": "Dockerfile", "files_for": frozenset({"amd64"})}, True),
    ],
)
def test_a_file_that_is_named_for_an_architecture_downloads_for_it(facts: dict[str, Any], is_said: bool) -> None:
    text = "FROM debian\nRUN curl -fsSLo /t https://example.com/tool-linux-amd64\n"
    assert in_workspace(text, "hard-coded-arch", **facts) is is_said


def test_an_image_that_is_named_for_an_architecture_suits_that_one() -> None:
    text = "FROM {}\nRUN curl -fsSLo /t https://example.com/tool-linux-amd64\n"
    assert "hard-coded-arch" in rules(text.format("example/os"))
    assert "hard-coded-arch" not in rules(text.format("example/os-amd64"))


@every_case(
    "text, is_said",
    [
        ("FROM golang AS b\nCOPY . .\nRUN make build\nFROM scratch\nCOPY --from=b /a /a\nLABEL a=$TARGETARCH\n", True),
        ("FROM golang AS b\nCOPY . .\nRUN make build\nFROM scratch\nCOPY --from=b /a /a\n", False),
        (
            "FROM golang AS b\nARG GOARCH\nENV GOARCH=$GOARCH\nCOPY . .\nRUN make build\nFROM scratch\nCOPY --from=b /a /a\nLABEL a=$TARGETARCH\n",
            False,
        ),
        ("FROM node AS b\nCOPY . .\nRUN npx turbo prune web --docker\nFROM scratch\nCOPY --from=b /out /\n", False),
        ("FROM node AS b\nCOPY . .\nRUN turbo prune web --docker\nFROM scratch\nCOPY --from=b /out /\n", False),
        ("FROM node AS b\nCOPY . .\nRUN turbo run build\nFROM scratch\nCOPY --from=b /out /\n", True),
    ],
)
def test_what_compiles_for_the_target_already_or_not_at_all(text: str, is_said: bool) -> None:
    assert ("emulated-build" in rules(text)) is is_said


def test_a_stage_with_packages_of_the_target_gets_no_advice_to_move_alone() -> None:
    text = (
        "FROM node AS base\nCOPY . /app\nFROM base AS deps\nWORKDIR /app\nRUN npm ci\nFROM base AS build\nWORKDIR /app\n"
        '{}RUN npm run build\nFROM base\nCOPY --from=build /app/dist /app/dist\nCMD ["node", "a"]\n'
    )
    messages = [
        next(it.message for it in diagnose(context(text.format(packages))) if it.rule == "emulated-build")
        for packages in ("RUN npm ci\n", "COPY --from=deps /app/node_modules ./node_modules\n")
    ]
    assert ["base image" in it for it in messages] == [True, False]


@pytest.mark.parametrize(
    ("commands", "named"),
    [
        ("RUN go mod tidy\nRUN CGO_ENABLED=0 go build -o /a .", "`go mod tidy` downloads"),
        ("RUN CGO_ENABLED=0 go build -o /a .", "`go build` downloads"),
    ],
)
def test_what_downloads_is_named(commands: str, named: str) -> None:
    text = f"FROM golang AS b\nWORKDIR /s\nCOPY . .\n{commands}\nFROM scratch\nCOPY --from=b /a /a\n"
    workspace = Workspace(uses_cgo=False, may_use_libc=True, requires_modules=True)
    found = [it for it in diagnose(context(text, workspace=workspace)) if it.rule == "late-module-download"]
    assert [named in it.message for it in found] == [True]


@every_case(
    "before, is_said",
    [
        ("", True),
        ("RUN poetry export -o requirements.txt\n", False),
        ("RUN uv export > requirements.txt\n", False),
        ("RUN poetry export -o other-requirements.txt\n", True),
    ],
)
def test_dependencies_that_the_build_writes_down_itself(before: str, is_said: bool) -> None:
    text = f"FROM python\nWORKDIR /s\nCOPY . .\n{before}RUN pip install -r requirements.txt\n"
    assert ("late-module-download" in rules(text)) is is_said


@pytest.mark.parametrize(("before", "is_said"), [("", False), ("ENV DATA=\n", True)])
def test_a_volume_may_be_told_by_the_base_image(before: str, is_said: bool) -> None:
    assert ("build-error" in rules(f"FROM example/base\n{before}VOLUME $DATA\n")) is is_said


@every_case(
    "text, is_said",
    [
        ("FROM alpine AS a\nARG TARGETARCH\nONBUILD RUN echo $TARGETARCH\nFROM a\n", False),
        ("FROM alpine AS a\nONBUILD RUN echo $TARGETARCH\nFROM a\n", True),
        ("FROM alpine\nARG TARGETARCH\nONBUILD RUN echo $TARGETARCH\n", True),
        (
            "ARG OF=x\nFROM alpine AS a-y\nARG TARGETARCH\nONBUILD RUN echo $TARGETARCH\nFROM a AS a-x\nFROM a-${OF}\n",
            False,
        ),
        (
            "ARG OF=x\nFROM alpine AS b-y\nARG TARGETARCH\nONBUILD RUN echo $TARGETARCH\nFROM a AS a-x\nFROM a-${OF}\n",
            True,
        ),
    ],
)
def test_a_stage_takes_over_arguments_before_the_triggers(text: str, is_said: bool) -> None:
    assert ("undeclared-platform-arg" in rules(text)) is is_said


GO_FOR = "FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\nRUN CGO_ENABLED=0 GOARCH={} go build -o /a .\nFROM {}\nCOPY --from=b /a /a\n"


@every_case(
    "architecture, image, is_said",
    [
        ("$TARGETARCH", "--platform=$BUILDPLATFORM gcr.io/distroless/static-debian12", False),
        ("$TARGETARCH", "--platform=$BUILDPLATFORM debian", True),
        ("", "--platform=$BUILDPLATFORM gcr.io/distroless/static-debian12", True),
    ],
)
def test_an_image_without_programs_runs_what_is_copied_onto_it(architecture: str, image: str, is_said: bool) -> None:
    assert ("build-platform-image" in rules(GO_FOR.format(architecture, image))) is is_said


@every_case(
    "first, last, is_said",
    [
        ("curl -fsSLo /t https://example.com/t-x86_64", "linux/amd64", False),
        ("true", "linux/amd64", True),
        ("curl -fsSLo /t https://example.com/t-x86_64", "$BUILDPLATFORM", True),
        ("echo arm64 amd64", "linux/amd64", True),
    ],
)
def test_an_image_for_one_architecture_on_purpose(first: str, last: str, is_said: bool) -> None:
    text = f"FROM debian AS a\nRUN {first}\nFROM --platform={last} debian\nARG TARGETOS\nCOPY --from=a /t /t\nCMD /t\n"
    assert ("build-platform-image" in rules(text)) is is_said


@every_case("paths, is_said", [("/z/include", False), ("/z/bin", True), ("/z/include /z/bin", True)])
def test_headers_of_an_archive_suit_every_machine(paths: str, is_said: bool) -> None:
    text = (
        "FROM alpine AS z\nWORKDIR /z\nADD https://example.com/protoc-linux-x86_64.zip .\nRUN unzip protoc-linux-x86_64.zip\n"
        f"FROM alpine\nCOPY --from=z {paths} /usr/\n"
    )
    assert ("hard-coded-arch" in rules(text)) is is_said


@every_case("system, is_said", [("GOOS=windows ", False), ("GOOS=linux ", True), ("", True)])
def test_a_program_for_another_system_is_not_for_these_targets(system: str, is_said: bool) -> None:
    text = (
        f"FROM --platform=linux/amd64 golang AS b\nRUN CGO_ENABLED=0 {system}go build -o /a .\n"
        "FROM --platform=${TARGETPLATFORM} example/base\nCOPY --from=b /a /a\n"
    )
    assert ("wrong-arch-build" in rules(text)) is is_said


@every_case(
    "run, said",
    [
        ("CGO_ENABLED=0 GOARCH=$TARGETARCH sh -c 'go build -o /a .'", ()),
        ('CGO_ENABLED=0 GOARCH=$TARGETARCH bash -ec "go build -o /a ."', ()),
        ("env CGO_ENABLED=0 GOARCH=$TARGETARCH time sh -c 'cd x && go build -o /a .'", ()),
        ("export CGO_ENABLED=0; GOARCH=$TARGETARCH eval 'go build -o /a .'", ()),
        ("CGO_ENABLED=0 GOARCH=$TARGETARCH sh <<EOF\ngo build -o /a .\nEOF", ()),
        ("f() { go build -o /a .; }; CGO_ENABLED=0 GOARCH=$TARGETARCH f", ()),
        ("CGO_ENABLED=0 GOARCH=amd64 sh -c 'go build -o /a .'", ("constant-goarch",)),
        ("CGO_ENABLED=0 sh -c 'go build -o /a .'", ("wrong-arch-build",)),
        (
            "CGO_ENABLED=0 GOARCH=$TARGETARCH sh -c 'true' && go build -o /a .",
            ("dynamic-binary-in-scratch", "wrong-arch-build"),
        ),
        (
            "GOARCH=$TARGETARCH sh -c 'CGO_ENABLED=1 go build -o /a .'",
            ("cgo-without-cross-compiler", "dynamic-binary-in-scratch"),
        ),
    ],
)
def test_what_is_assigned_before_a_shell_reaches_its_commands(run: str, said: tuple[str, ...]) -> None:
    text = f"FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\nWORKDIR /s\nCOPY . .\nRUN {run}\nFROM scratch\nCOPY --from=b /a /a\n"
    wanted = {"cgo-without-cross-compiler", "constant-goarch", "dynamic-binary-in-scratch", "wrong-arch-build"}
    assert tuple(it for it in sorted(rules(text)) if it in wanted) == said
