from __future__ import annotations

from dataclasses import replace

from buildxray.platforms.platform import Platform, parse_normalized
from buildxray.rules.base import Severity
from buildxray.rules.context import RuleContext
from buildxray.rules.native.build_platform_image import build_platform_image
from buildxray.rules.severities import severity
from buildxray.semantics.build import Builder
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import (
    check_fix,
    check_no_fix,
    check_nothing,
    check_rule,
    context,
    findings,
    request,
    severities,
)


def test_a_native_image_is_reported() -> None:
    check_rule(
        build_platform_image,
        """
        FROM --platform=$BUILDPLATFORM alpine
             ^^^^^^^^^^^^^^^^^^^^^^^^^ 💭 warning: the image for linux/arm64 will not start (`exec format error`): it is built from this stage, which `--platform` makes linux/amd64 for every target
        RUN apk add curl
        """,
    )


def test_an_image_on_a_native_root_is_reported() -> None:
    text = "FROM --platform=linux/amd64 alpine AS base\nFROM base AS tool\nFROM base\nARG TARGETARCH\nCOPY --from=tool / /\n"
    check_no_fix(build_platform_image, text)
    check_fix(
        build_platform_image,
        "FROM --platform=linux/amd64 alpine AS base\nFROM base\nRUN $TARGETARCH\n",
        "FROM alpine AS base\nFROM base\nRUN $TARGETARCH\n",
    )


def test_a_file_for_one_constant_platform_is_not_reported() -> None:
    text = "FROM --platform=linux/arm64 alpine\nRUN apk add curl\n"
    check_nothing(build_platform_image, text)
    assert findings(build_platform_image, context(text + "RUN echo $TARGETARCH\n"))


@every_case(
    "text",
    [
        "FROM --platform=$BUILDPLATFORM golang AS build\nFROM alpine\nCOPY --from=build / /\n",
        "FROM --platform=$TARGETPLATFORM alpine\n",
        "FROM --platform=$BUILDPLATFORM scratch\n",
        "FROM alpine\n",
        "",
    ],
)
def test_images_for_their_targets_are_not_reported(text: str) -> None:
    check_nothing(build_platform_image, text)


@every_case(
    "run", ["golangci-lint run ./...", "npm run lint", "go vet ./...", "make check", "hadolint Dockerfile", "pytest -q"]
)
def test_a_stage_that_ends_with_a_check_is_not_reported(run: str) -> None:
    text = f"FROM --platform=$BUILDPLATFORM golang\nCOPY . .\nRUN {run}\n"
    check_nothing(build_platform_image, text)
    assert findings(build_platform_image, context(text + "CMD app\n"))
    assert findings(build_platform_image, context(text + "RUN make\n"))


@every_case("name", ["dev", "development", "test", "lint", "validate"])
def test_a_stage_for_developers_is_not_reported(name: str) -> None:
    check_nothing(build_platform_image, f"FROM --platform=$BUILDPLATFORM golang AS {name}\nCMD bash\n")


def test_a_constant_that_equals_the_only_target_is_not_reported() -> None:
    check_nothing(build_platform_image, "FROM --platform=linux/amd64 alpine\n", targets="linux/amd64")


STAGES = (
    "FROM --platform=$BUILDPLATFORM golang AS builder\nRUN go build -o /a .\nFROM {}alpine\nCOPY --from=builder /a /a\n"
)


@every_case(
    "target, flag, keeps_nothing, expected",
    [
        ("builder", "", True, []),
        # Other stages use its files, so that it is a cache, even if it is pushed.
        ("builder", "", False, []),
        ("", "", True, []),
        ("", "--platform=$BUILDPLATFORM ", True, [Severity.WARNING]),
        ("", "--platform=$BUILDPLATFORM ", False, [None]),
    ],
)
def test_a_build_that_only_fills_the_cache_is_at_most_a_warning(
    target: str, flag: str, keeps_nothing: bool, expected: list[Severity | None]
) -> None:
    builder = Builder(replace(request(target_stage=target), keeps_nothing=keeps_nothing))
    ctx = RuleContext(builder.build(builder.parse(STAGES.format(flag))), builder, asks_for_several=True)
    assert severities(build_platform_image, ctx) == expected


@every_case(
    "before, platform, has_fix",
    [
        ("ARG GOARCH=amd64\n", "linux/${GOARCH}", False),
        ("ARG BUILDPLATFORM\n", "$BUILDPLATFORM", True),
        ("", "linux/amd64", True),
    ],
)
def test_a_platform_from_an_argument_of_the_project_has_no_fix(before: str, platform: str, *, has_fix: bool) -> None:
    text = f"{before}FROM --platform={platform} alpine\nARG TARGETARCH\nRUN echo $TARGETARCH\n"
    (finding,) = findings(build_platform_image, context(text))
    assert bool(finding.fixes) is has_fix


@every_case(
    "declared, flag, n_findings",
    [
        ("ARG TARGETPLATFORM=linux/amd64", "$TARGETPLATFORM", 0),
        ("ARG TARGETARCH=amd64", "linux/${TARGETARCH}", 0),
        ("ARG BUILDPLATFORM=linux/amd64", "$BUILDPLATFORM", 1),
    ],
)
def test_a_hidden_platform_argument_is_left_to_its_own_rule(declared: str, flag: str, n_findings: int) -> None:
    text = f'{declared}\nFROM --platform={flag} alpine\nCMD ["sh"]\n'
    assert len(findings(build_platform_image, context(text))) == n_findings


@every_case(
    "declared, flag, several, n_findings",
    [
        ("ARG MY_PLATFORM=linux/arm64", "$MY_PLATFORM", False, 0),
        ("ARG ARCH=amd64", "linux/${ARCH}", False, 0),
        ("ARG ARCH=amd64", "linux/${ARCH:-amd64}", False, 0),
        ("ARG ARCH=amd64", "linux/${ARCH}", True, 1),
        ("ARG BUILDARCH", "linux/${BUILDARCH}", False, 1),
        ("ARG OS=linux", "${OS}/${BUILDARCH}", False, 1),
    ],
)
def test_a_build_argument_may_choose_the_platform_of_each_build(
    declared: str, flag: str, *, several: bool, n_findings: int
) -> None:
    text = f'{declared}\nFROM --platform={flag} alpine\nCMD ["sh"]\n'
    builder = Builder(request())
    ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=several)
    assert len(findings(build_platform_image, ctx)) == n_findings


@every_case(
    "lines, n_findings",
    [
        # A cache for other stages.
        ("RUN go build -o /a .\nFROM alpine\nCOPY --from=build /a /a", 0),
        ("RUN apk add git\nFROM build AS more\nRUN go build -o /a .\nFROM alpine\nCOPY --from=more /a /a", 0),
        ("RUN go build -o /a .\nFROM alpine\nRUN --mount=from=build,target=/b cp /b/a /a", 0),
        ("RUN go build -o /a .\nFROM alpine\nRUN --mount=from=0,target=/b cp /b/a /a", 0),
        ("RUN go build -o /a .\nFROM alpine\nRUN --mount=from=builder,target=/b cp /b/a /a", 1),
        ('RUN go build -o /a .\nCMD ["/a"]\nFROM alpine\nCOPY --from=build /a /a', 1),
        # No other stage uses it, so that it is an image.
        ("RUN go build -o /a .\nFROM alpine", 1),
    ],
)
def test_an_intermediate_stage_that_others_use_is_not_reported(lines: str, n_findings: int) -> None:
    text = f"FROM --platform=$BUILDPLATFORM golang AS build\n{lines}\n"
    assert len(findings(build_platform_image, context(text, target_stage="build"))) == n_findings


@every_case(
    "name, last, n_findings",
    [
        ("docs", "RUN go run ./docs > /docs.md", 0),
        ("gen-proto", "RUN buf generate", 0),
        ("vendor-update", "RUN go mod vendor", 0),
        ("docs", 'RUN go run ./docs > /docs.md\nCMD ["serve"]', 1),
        ("docs", "COPY docs /usr/share/nginx/html", 1),
        ("documents", "RUN go run ./docs > /docs.md", 1),
    ],
)
def test_a_stage_that_generates_files_is_not_an_image(name: str, last: str, n_findings: int) -> None:
    text = f"FROM --platform=$BUILDPLATFORM golang AS base\nFROM base AS {name}\n{last}\n"
    assert len(findings(build_platform_image, context(text))) == n_findings


@every_case(
    "lines, severity",
    [
        ("COPY crds /crds\n", Severity.WARNING),
        ("COPY crds /crds\nCMD sh\n", None),
        ("RUN apk add curl\n", None),
    ],
)
def test_an_image_that_only_carries_files_may_never_start(lines: str, severity: Severity | None) -> None:
    builder = Builder(request())
    build = builder.build(builder.parse(f"FROM --platform=$BUILDPLATFORM alpine\n{lines}"))
    ctx = RuleContext(build, builder, asks_for_several=True)
    assert severities(build_platform_image, ctx) == [severity]


@every_case(
    "setting, start, is_started",
    [
        ("CGO_ENABLED=0 GOARCH=$TARGETARCH", 'ENTRYPOINT ["/app"]', True),
        ("CGO_ENABLED=0 GOARCH=$TARGETARCH", 'CMD ["/app"]', True),
        ("CGO_ENABLED=0 GOARCH=$TARGETARCH", 'ENTRYPOINT ["/bin/tini", "--", "/app"]', False),
        ("CGO_ENABLED=0 GOARCH=$TARGETARCH", 'ENTRYPOINT ["/bin/sh", "-c"]\nCMD ["/app"]', False),
        ("CGO_ENABLED=0 GOARCH=$TARGETARCH", "CMD /app", False),
        ("CGO_ENABLED=0", 'ENTRYPOINT ["/app"]', False),
        ("GOARCH=$TARGETARCH", 'ENTRYPOINT ["/app"]', True),
        ("CGO_ENABLED=1 GOARCH=$TARGETARCH", 'ENTRYPOINT ["/app"]', False),
    ],
)
def test_a_program_of_the_target_starts_in_a_native_image(setting: str, start: str, *, is_started: bool) -> None:
    text = f"FROM --platform=$BUILDPLATFORM golang\nARG TARGETARCH\nRUN {setting} go build -o /app .\n{start}\n"
    builder = Builder(request())
    ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True)
    (finding,) = findings(build_platform_image, ctx)
    assert ("will not start" in finding.message) is not is_started
    assert (
        "copy what is compiled or chosen for the target into a last stage without `--platform`" in finding.message
    ) is is_started
    assert severity(ctx, build_platform_image, finding) is (Severity.WARNING if is_started else Severity.ERROR)
    assert bool(finding.fixes) is not is_started


@every_case(
    "lines, is_started",
    [
        ('COPY --from=build /app .\nCMD ["./app"]', True),
        ('COPY --from=build /app /usr/local/bin/\nENTRYPOINT ["app", "serve"]', True),
        ('WORKDIR /srv\nCOPY --from=build /app /srv/web\nENTRYPOINT ["./web"]', True),
        ('COPY --from=build /app /app\nENTRYPOINT ["/bin/tini", "--", "/app"]', False),
        ("COPY --from=build /app /app\nCMD /app", False),
        ('COPY --from=build /app /opt/app\nCMD ["/usr/bin/app"]', False),
        ('COPY --from=build /native /app\nCMD ["/app"]', False),
        # The script may choose what it builds.
        ('COPY --from=build /made /app\nCMD ["/app"]', True),
        ('COPY app /app\nCMD ["/app"]', False),
        # Neither the file nor its base names a command.
        ("COPY --from=build /app /app", True),
        ("COPY --from=build /native /app", False),
        ("COPY --from=build /made /usr/local/bin/", True),
        ("COPY --from=build /native /usr/local/bin/", False),
    ],
)
def test_a_program_of_the_target_starts_in_the_native_image_that_takes_it(lines: str, *, is_started: bool) -> None:
    text = f"""\
FROM --platform=$BUILDPLATFORM golang AS build
ARG TARGETARCH
RUN ./build.sh $TARGETARCH /made && go build -o /native ./tool && CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /app .
FROM --platform=$BUILDPLATFORM gcr.io/distroless/base
{lines}
"""
    builder = Builder(request())
    ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True)
    (finding,) = findings(build_platform_image, ctx)
    assert ("has programs and libraries for linux/amd64" in finding.message) is is_started
    # A stage that only takes files needs no other one for the image.
    assert [it.title for it in finding.fixes] == ["Remove `--platform`"]
    assert severity(ctx, build_platform_image, finding) is (Severity.WARNING if is_started else Severity.ERROR)


@every_case(
    "image, files, fact",
    [
        ("kubewharf/distroless-base-debian11", "/app /usr/local/bin/", "has programs and libraries for linux/amd64"),
        ("gcr.io/distroless/static", "/made /manager", "says that it is for linux/amd64"),
        ("alpine:3.20", "/app /app", "has programs and libraries for linux/amd64"),
        # The base image starts a program of its own.
        ("nginx", "/app /usr/local/bin/", "will not start (`exec format error`)"),
        ("docker.io/library/python:3.12", "/app /app", "will not start (`exec format error`)"),
        ("alpine", "/made /data", "will not start (`exec format error`)"),
    ],
)
def test_an_image_without_a_command_may_start_the_program_that_it_gets(image: str, files: str, fact: str) -> None:
    text = f"""\
FROM --platform=$BUILDPLATFORM golang AS build
ARG TARGETARCH
RUN ./build.sh $TARGETARCH /made && CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /app .
FROM --platform=$BUILDPLATFORM {image}
COPY --from=build {files}
"""
    builder = Builder(request())
    ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True)
    (finding,) = findings(build_platform_image, ctx)
    assert finding.message.startswith(f"the image for linux/arm64 {fact}")
    assert severity(ctx, build_platform_image, finding) is (Severity.ERROR if "start" in fact else Severity.WARNING)


@every_case(
    "run, has_fix", [("RUN adduser app", False), ("RUN --mount=type=bind,target=/src true", False), ("EXPOSE 80", True)]
)
def test_a_stage_that_runs_something_keeps_the_build_platform(run: str, *, has_fix: bool) -> None:
    text = f"""\
FROM --platform=$BUILDPLATFORM golang AS build
ARG TARGETARCH
RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /app .
FROM --platform=$BUILDPLATFORM alpine
{run}
COPY --from=build /app /app
CMD ["/app"]
"""
    (finding,) = findings(build_platform_image, context(text))
    assert bool(finding.fixes) is has_fix
    assert ("copy what is compiled" in finding.message) is not has_fix


GIVEN = """compose.yaml, service `a` sets `BUILDPLATFORM`: on a machine for linux/amd64, this image is built for linux/arm64{}\
; leave out that argument, because BuildKit sets it to the platform of the machine"""


@every_case(
    "lines, emulated",
    [
        ("EXPOSE 80", ""),
        ("RUN true", ", so that the RUN instruction of this stage needs an emulator"),
        ("RUN true\nRUN true", ", so that the 2 RUN instructions of this stage need an emulator"),
    ],
)
def test_a_build_argument_of_the_project_is_the_cause(lines: str, emulated: str) -> None:
    text = f'FROM --platform=$BUILDPLATFORM alpine\n{lines}\nCMD ["httpd"]\n'
    arguments = (("BUILDPLATFORM", "linux/arm64"),)
    asked = replace(request(), build_arguments=arguments, target_origin="compose.yaml, service `a`")
    builder = Builder(asked)
    for asks_for_several, message in (
        (False, GIVEN.format(emulated)),
        (True, "every target, because compose.yaml, service `a` sets `BUILDPLATFORM`"),
    ):
        ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=asks_for_several)
        (finding,) = findings(build_platform_image, ctx)
        assert finding.message.endswith(message)
        assert bool(finding.fixes) is asks_for_several


@every_case("is_assumed, words", [(True, " (if you build for it)"), (False, "")])
def test_an_image_that_nobody_builds_for_several_platforms_is_a_condition(words: str, *, is_assumed: bool) -> None:
    text = 'FROM --platform=$BUILDPLATFORM alpine\nCMD ["httpd"]\n'
    workspace = Workspace(platforms_are_assumed=is_assumed, is_automated=is_assumed)
    builder = Builder(request(), workspace)
    ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=not is_assumed)
    told = [it.message.partition(" will not start")[0] for it in findings(build_platform_image, ctx)]
    assert told == [f"the image for linux/arm64{words}"]


NONE = "the image for {} will not start (`exec format error`)"
NEWER = "the image for {} may stop with `Illegal instruction`"
WITH_32_BIT = "the image for {} starts only on machines that also run 32-bit programs"


@every_case(
    "platform, targets, facts",
    [
        (
            "linux/arm/v7",
            "linux/arm/v6,linux/arm/v7,linux/arm64,linux/amd64",
            [NONE.format("linux/amd64"), NEWER.format("linux/arm/v6"), WITH_32_BIT.format("linux/arm64")],
        ),
        ("linux/arm", "linux/arm/v6,linux/arm/v7", [NEWER.format("linux/arm/v6")]),
        ("linux/arm/v7", "linux/arm64,linux/arm/v7", [WITH_32_BIT.format("linux/arm64")]),
        ("linux/arm64", "linux/arm64,linux/arm/v7", [NONE.format("linux/arm/v7")]),
        ("linux/amd64/v3", "linux/amd64,linux/amd64/v3", [NEWER.format("linux/amd64")]),
        ("linux/amd64/v2", "linux/amd64/v2,linux/amd64/v3", []),
        ("linux/arm/v6", "linux/arm/v6,linux/arm/v7", []),
        ("linux/386", "linux/386,linux/amd64", []),
        ("linux/arm64", "linux/arm64,linux/arm64/v8", []),
    ],
)
def test_the_machines_on_which_an_image_starts(platform: str, targets: str, facts: list[str]) -> None:
    text = f"FROM --platform={platform} debian\nARG TARGETARCH\nRUN echo $TARGETARCH\n"
    messages = [
        it.message.partition(": it is built")[0] for it in findings(build_platform_image, context(text, targets))
    ]
    assert messages == ["; ".join(facts)][: bool(facts)]


CHECK = "; remove `--platform` if `{}` exists for {}"


@every_case(
    "image, targets, check",
    [
        ("alpine:3.20", "linux/amd64,linux/arm64", ""),
        ("docker.io/library/node:22-slim", "linux/amd64,linux/arm64", ""),
        ("gcr.io/distroless/base-debian12:nonroot", "linux/amd64,linux/arm64", ""),
        ("debian:bookworm", "linux/amd64,linux/arm/v7", ""),
        ("node:12-buster-slim", "linux/amd64,linux/arm/v6", CHECK.format("node:12-buster-slim", "linux/arm/v6")),
        ("corp/alpine", "linux/amd64,linux/arm64", CHECK.format("corp/alpine", "linux/arm64")),
        ("ghcr.io/library/alpine", "linux/amd64,linux/arm64", CHECK.format("ghcr.io/library/alpine", "linux/arm64")),
        # A digest may be the one of an image for one platform.
        (
            f"alpine@sha256:{'0' * 64}",
            "linux/amd64,linux/arm64",
            CHECK.format(f"alpine@sha256:{'0' * 64}", "linux/arm64"),
        ),
    ],
)
def test_the_flag_is_removed_only_from_an_image_that_exists_for_all_targets(
    image: str, targets: str, check: str
) -> None:
    text = f"FROM --platform=$BUILDPLATFORM {image}\nRUN true\nCMD sh\n"
    (finding,) = findings(build_platform_image, context(text, targets))
    assert bool(finding.fixes) is (check == "")
    assert finding.message.endswith(
        f"{check}; 1 RUN instruction then needs an emulator (QEMU)" if check else "for every target"
    )


@every_case(
    "run, has_fix",
    [
        ("RUN apt-get update && apt-get install -y curl", True),
        ("ARG TARGETARCH\nRUN curl -fsSLo /t https://example.org/t-$TARGETARCH", True),
        # Only the author knows if these exist for other architectures.
        ("RUN curl -fsSLo /t https://example.org/game.tar.gz", False),
        ("COPY . /src\nRUN /src/download.sh", False),
        ("COPY . /src\nRUN bash /src/download.sh", False),
    ],
)
def test_the_flag_stays_if_the_stage_downloads_what_may_exist_for_one_platform_only(run: str, *, has_fix: bool) -> None:
    text = f'FROM --platform=linux/amd64 debian\n{run}\nARG TARGETPLATFORM\nCMD ["/t"]\n'
    (finding,) = findings(build_platform_image, context(text))
    assert bool(finding.fixes) is has_fix
    assert ("or do not build for linux/arm64" in finding.message) is not has_fix


@every_case(
    "workspace, n_findings",
    [
        (Workspace(), 1),
        # The image runs on the machine that builds it.
        (Workspace(builds_for_itself=True), 0),
    ],
)
def test_an_image_that_no_build_makes_for_another_machine(workspace: Workspace, n_findings: int) -> None:
    text = "FROM --platform=$BUILDPLATFORM golang\nCMD go run ./generate\n"
    assert len(findings(build_platform_image, context(text, workspace=workspace))) == n_findings


def test_a_base_of_other_stages_keeps_its_platform() -> None:
    text = (
        "FROM --platform=$BUILDPLATFORM node AS base\nFROM base AS build\nRUN npm run build\n"
        'FROM base\nCOPY --from=build /dist /dist\nCMD ["node", "/dist"]\n'
    )
    (finding,) = findings(build_platform_image, context(text))
    assert finding.fixes == ()
    assert finding.message.endswith("for every target; build the image on another stage, without `--platform`")


MACHINES = """\
FROM --platform={} alpine
RUN apk add curl
CMD ["curl"]
"""
OF_MACHINE = (
    "the image for {} will not start (`exec format error`): it is built from this stage, which `--platform` makes {}, "
    "the platform of the machine that builds it"
)


@every_case(
    "flag, targets, nodes, is_told, expected",
    [
        # One target has a machine of its own kind, another one has not.
        ("$BUILDPLATFORM", "linux/amd64,linux/ppc64le,linux/arm64", "linux/arm64=linux/arm64", True, "linux/ppc64le"),
        ("$BUILDPLATFORM", "linux/amd64,linux/arm64", "linux/arm64=linux/arm64", True, ""),
        ("linux/$BUILDARCH", "linux/amd64,linux/arm64", "linux/arm64=linux/s390x", True, "linux/arm64"),
        ("$BUILDPLATFORM", "linux/arm64", "", True, "linux/arm64"),
        # People build for their own machine.
        ("$BUILDPLATFORM", "linux/arm64", "", False, ""),
        ("$BUILDPLATFORM", "linux/amd64", "", True, ""),
        ("linux/amd64", "linux/arm64", "", True, ""),
        ("$TARGETPLATFORM", "linux/arm64", "", True, ""),
    ],
)
def test_each_target_is_compared_with_its_machine(
    flag: str, targets: str, nodes: str, *, is_told: bool, expected: str
) -> None:
    asked = replace(request(targets), nodes=tuple(machines_of(nodes)))
    builder = Builder(asked, Workspace(machine_is_told=is_told))
    build = builder.build(builder.parse(MACHINES.format(flag)))
    ctx = RuleContext(build, builder, asks_for_several=len(asked.target_platforms) > 1)
    messages = [it.message.partition("; ")[0] for it in findings(build_platform_image, ctx)]
    machine = "linux/s390x" if "s390x" in nodes else "linux/amd64"
    assert messages == [OF_MACHINE.format(expected, machine)][: bool(expected)]
    for finding in findings(build_platform_image, ctx):
        assert severity(ctx, build_platform_image, finding) is (
            Severity.ERROR if ctx.asks_for_several else Severity.WARNING
        )


def machines_of(nodes: str) -> list[tuple[Platform, Platform]]:
    pairs = (it.split("=") for it in nodes.split(",") if it)
    return [(parse_normalized(target), parse_normalized(machine)) for target, machine in pairs]


@every_case("flag, n_findings", [("$BUILDPLATFORM", 0), ("linux/amd64", 1)])
def test_the_build_platform_is_right_if_each_platform_may_have_its_own_machine(flag: str, n_findings: int) -> None:
    text = MACHINES.format(flag) + "LABEL a=$TARGETARCH\n"
    workspace = Workspace(may_have_own_machines=True)
    assert len(findings(build_platform_image, context(text, workspace=workspace))) == n_findings


@every_case(
    "text, targets, title",
    [
        ("alpine\nRUN true\nRUN true", "linux/amd64,linux/arm64", "; 2 RUN instructions then need an emulator (QEMU)"),
        ("alpine\nRUN true\nCOPY . .", "linux/amd64,linux/arm64", "; 1 RUN instruction then needs an emulator (QEMU)"),
        (
            "alpine AS a\nRUN true\nFROM a",
            "linux/amd64,linux/arm64",
            "; 1 RUN instruction then needs an emulator (QEMU)",
        ),
        # Nothing runs
        ("alpine\nCOPY . .", "linux/amd64,linux/arm64", ""),
    ],
)
def test_the_title_says_what_needs_an_emulator(text: str, targets: str, title: str) -> None:
    (finding,) = findings(build_platform_image, context(f"FROM --platform=$BUILDPLATFORM {text}\n", targets))
    assert [it.title for it in finding.fixes] == [f"Remove `--platform`{title}"]


@every_case("run, is_told", [("RUN ./make.sh", True), ("COPY . .", False)])
def test_the_advice_says_what_needs_an_emulator(run: str, *, is_told: bool) -> None:
    text = f"FROM --platform=$BUILDPLATFORM example.org/base\n{run}\n"
    (finding,) = findings(build_platform_image, context(text))
    assert finding.message.endswith("; 1 RUN instruction then needs an emulator (QEMU)") is is_told
    assert "; remove `--platform` if" in finding.message


def test_an_image_without_programs_only_declares_the_wrong_platform() -> None:
    text = """\
FROM --platform=$BUILDPLATFORM golang AS build
ARG TARGETARCH
RUN make ARCH=$TARGETARCH OUT=/app
FROM --platform=$BUILDPLATFORM gcr.io/distroless/static:nonroot
COPY --from=build /app /app
ENTRYPOINT ["/app"]
"""
    (finding,) = findings(build_platform_image, context(text))
    assert finding.message.startswith("the image for linux/arm64 says that it is for linux/amd64: it is built")
    assert [it.title for it in finding.fixes] == ["Remove `--platform`"]


@every_case(
    "image, is_started",
    [
        ("gcr.io/distroless/base-debian12", True),
        ("example.org/mirror/distroless-cc:nonroot", True),
        # The shell of these is what starts if nothing else is named.
        ("gcr.io/distroless/base-debian12:debug", True),
        ("alpine", True),
        ("redis", False),
    ],
)
def test_an_image_without_a_command_starts_what_it_is_told(image: str, *, is_started: bool) -> None:
    text = f"""\
FROM --platform=$BUILDPLATFORM golang AS build
ARG TARGETARCH
RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /app .
FROM --platform=$BUILDPLATFORM {image}
COPY --from=build /app /app
"""
    builder = Builder(request())
    ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True)
    (finding,) = findings(build_platform_image, ctx)
    assert ("will not start" in finding.message) is not is_started
    assert severity(ctx, build_platform_image, finding) is (Severity.WARNING if is_started else Severity.ERROR)


@every_case(
    "constant, command, is_offered",
    [
        ("linux/arm64", "make && make install DESTDIR=/p", False),
        ("linux/arm64", "gcc -o /p/app app.c", False),
        ("$BUILDPLATFORM", "make && make install DESTDIR=/p", True),
        ("linux/arm64", "wget -O /p/app.tar.gz https://example.com/app.tar.gz", True),
        ("linux/arm64", "npm run build", True),
    ],
)
def test_files_of_another_constant_stage(constant: str, command: str, *, is_offered: bool) -> None:
    text = (
        f"FROM --platform={constant} debian:12 AS build\nWORKDIR /p\nCOPY . .\nRUN {command}\n"
        'FROM --platform=linux/arm64 debian:12\nCOPY --from=build /p /x\nCMD ["/bin/bash"]\n'
    )
    builder = Builder(request())
    ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True)
    (finding,) = findings(build_platform_image, ctx)
    assert bool(finding.fixes) is is_offered
    assert ("remove `--platform` here and from line 1" in finding.message) is not is_offered


@every_case(
    "source, copied, is_named",
    [
        ("FROM --platform=$BUILDPLATFORM example.com/app:1 AS app", "app .", True),
        ("FROM --platform=$BUILDPLATFORM example.com/app:1 AS app", "/usr/share/zoneinfo /usr/share/zoneinfo", False),
        ("FROM example.com/app:1 AS app", "app .", False),
        # A command may have written it for the target.
        ("FROM --platform=$BUILDPLATFORM example.com/app:1 AS app\nRUN ./prepare", "app .", False),
    ],
)
def test_files_of_another_image_for_the_machine(source: str, copied: str, *, is_named: bool) -> None:
    text = (
        f"{source}\nFROM --platform=$BUILDPLATFORM example.com/base:1\nWORKDIR /\n"
        f'COPY --from=app {copied}\nENTRYPOINT ["/start"]\n'
    )
    builder = Builder(request())
    ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True)
    (finding,) = findings(build_platform_image, ctx)
    assert ("remove `--platform` here and from line 1, because" in finding.message) is is_named
