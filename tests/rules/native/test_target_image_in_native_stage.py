"""Programs that a native stage takes from an image of another file."""

from __future__ import annotations

from dataclasses import replace

from buildxray.rules.context import RuleContext
from buildxray.rules.native.target_image_in_native_stage import target_image_in_native_stage
from buildxray.semantics.build import Builder
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_nothing, check_rule, context, findings, request

TAKEN = """\
FROM oven/bun:1 AS bun
{}FROM --platform=$BUILDPLATFORM node:24 AS web
COPY --from=bun /usr/local/bin/bun /usr/local/bin/bun
WORKDIR /web
COPY . .
RUN bun run build
FROM nginx
COPY --from=web /web/dist /usr/share/nginx/html
{}"""


def test_named_image() -> None:
    check_fix(
        target_image_in_native_stage,
        TAKEN.format("", ""),
        TAKEN.format("", "").replace("FROM oven", "FROM --platform=$BUILDPLATFORM oven"),
    )


def test_image_that_the_final_stage_takes_too() -> None:
    also = "COPY --from=bun /usr/local/bin/bun /usr/local/bin/bun\n"
    check_fix(
        target_image_in_native_stage,
        TAKEN.format("", also),
        TAKEN.format("", also)
        .replace(
            "FROM --platform=$BUILDPLATFORM node",
            "FROM --platform=$BUILDPLATFORM oven/bun:1 AS bun-tools\nFROM --platform=$BUILDPLATFORM node",
        )
        .replace("COPY --from=bun", "COPY --from=bun-tools", 1),
    )


def test_stage_that_makes_files_of_its_own() -> None:
    """Files that the stage makes for the target may be for the image."""
    check_nothing(target_image_in_native_stage, TAKEN.format("RUN bun install -g x\n", ""))


def test_image_of_the_build_platform() -> None:
    check_nothing(
        target_image_in_native_stage,
        TAKEN.format("", "").replace("FROM oven", "FROM --platform=$BUILDPLATFORM oven"),
    )


@every_case("value, n_findings", [("docker-image://example/tools:1", 1), ("../tools", 0), ("", 0)])
def test_named_context(value: str, n_findings: int) -> None:
    text = TAKEN.format("", "").replace("FROM oven/bun:1 AS bun\n", "")
    builder = Builder(replace(request(), contexts=(("bun", value or "target:bun"),)))
    ctx = RuleContext(builder.build(builder.parse(text)), builder, asks_for_several=True)
    assert len(findings(target_image_in_native_stage, ctx)) == n_findings


def test_an_image_that_is_pulled_for_the_target_is_reported() -> None:
    check_rule(
        target_image_in_native_stage,
        """
        FROM --platform=$BUILDPLATFORM debian AS b
        RUN --mount=from=ghcr.io/astral-sh/uv:1,source=/uv,target=/bin/uv uv x
                         ^^^^^^^^^^^^^^^^^^^^^^ 💭 this stage runs on linux/amd64, but gets the files of this image for linux/arm64
        FROM scratch
        COPY --from=b /o /
        """,
    )
    check_fix(
        target_image_in_native_stage,
        "FROM --platform=$BUILDPLATFORM debian AS uv\nRUN --mount=from=ghcr.io/astral-sh/uv:1,source=/uv,target=/bin/uv uv x\nFROM scratch\nCOPY --from=uv /o /\n",
        "FROM --platform=$BUILDPLATFORM ghcr.io/astral-sh/uv:1 AS uv-tools\n"
        "FROM --platform=$BUILDPLATFORM debian AS uv\nRUN --mount=from=uv-tools,source=/uv,target=/bin/uv uv x\nFROM scratch\nCOPY --from=uv /o /\n",
    )


NATIVE = "FROM --platform=$BUILDPLATFORM x AS b\nWORKDIR /w\nARG TARGETARCH\n{}\nFROM scratch\nCOPY --from=b /o /o\n"


@every_case(
    "instructions",
    [
        "COPY --from=golang /usr/local/go /usr/local/go\nRUN a",
        "COPY --from=example/armory-tools / /opt/tools/\nRUN a",
        "COPY --from=golang /etc/profile /usr/local/go /usr/local/\nRUN a",
        "WORKDIR /usr\nCOPY --from=golang /usr/local/go local/go\nRUN a",
        "RUN --mount=type=bind,from=alpine,target=/a a",
    ],
)
def test_programs_of_images(instructions: str) -> None:
    assert len(findings(target_image_in_native_stage, context(NATIVE.format(instructions)))) == 1


@every_case(
    "instructions",
    [
        "COPY --from=tonistiigi/xx / /\nRUN a",
        "COPY --from=docker.io/tonistiigi/xx:1.6.1 /usr/bin /usr/bin\nRUN a",
        "COPY --from=example/i686:aarch64-linux-musl / /opt/cross/\nRUN a",
        "COPY --from=amd64/golang /usr/local/go /usr/local/go\nRUN a",
        "COPY --from=assets /a.html /w/\nRUN a",
        "COPY --from=example/base /etc/yum.repos.d/base.repo /etc/pki/rpm-gpg/KEY /usr/sysroot/etc/\nRUN a",
        "COPY --from=golang /usr/local/go /usr/local/go",
        "COPY --from=golang\nRUN a",
        "RUN --mount=type=cache,target=/a a",
        "RUN --mount=from=,target=/a a",
        'RUN --mount="a a',
    ],
)
def test_files_that_the_stage_does_not_run_are_not_reported(instructions: str) -> None:
    check_nothing(target_image_in_native_stage, NATIVE.format(instructions))


def test_files_for_the_image_and_files_of_stages() -> None:
    text = NATIVE.format("COPY --from=tool /t /opt/t\nRUN a")
    check_nothing(target_image_in_native_stage, text.replace("/o /o", "/opt/t /o"))
    check_nothing(target_image_in_native_stage, "FROM golang AS tool\nRUN make /t\n" + text)
    check_nothing(target_image_in_native_stage, text.replace("--platform=$BUILDPLATFORM ", ""))


@every_case("source, n_findings", [("/w", 1), ("/bin", 0), ("/", 0)])
def test_a_mount_takes_only_its_source(source: str, n_findings: int) -> None:
    text = (
        "FROM uv AS uv\nFROM --platform=$BUILDPLATFORM python AS b\nCOPY --from=uv /uv /bin/uv\nRUN uv build -o /w .\n"
        f"FROM python\nRUN --mount=from=b,source={source},target=/w pip install /w/*.whl\n"
    )
    assert len(findings(target_image_in_native_stage, context(text))) == n_findings


@every_case(
    "instruction, n_findings",
    [
        ("COPY --from=composer:2 /usr/bin/composer /usr/bin/composer", 0),
        ("COPY --from=composer/composer:2-bin /composer /usr/local/bin/", 0),
        ("RUN --mount=from=composer,source=/usr/bin/composer,target=/bin/composer composer install", 0),
        ("COPY --from=composer:2 /usr/bin/composer /usr/local/bin/php /usr/bin/", 1),
        ("RUN --mount=from=composer,target=/c /c/usr/local/bin/php x", 1),
        ("COPY --from=example/composer-tools /usr/bin/composer /usr/bin/", 1),
        ("COPY --from=example/data /locales /usr/local/share/locales", 0),
        ("COPY --from=example/data /locales /usr/shared", 1),
    ],
)
def test_files_that_need_no_machine(instruction: str, n_findings: int) -> None:
    text = f"FROM --platform=$BUILDPLATFORM php AS v\n{instruction}\nRUN make\nFROM php\nCOPY --from=v /app /app\n"
    assert len(findings(target_image_in_native_stage, context(text))) == n_findings


def test_a_new_stage_changes_the_numbers_of_later_ones() -> None:
    check_fix(
        target_image_in_native_stage,
        """
        FROM alpine
        FROM --platform=$BUILDPLATFORM golang
        COPY --from=tool /t /bin/t
        RUN t && CGO_ENABLED=0 go build -o /a .
        FROM scratch
        COPY --from=1 /a /a
        COPY --from=0 /etc /etc
        """,
        """
        FROM alpine
        FROM --platform=$BUILDPLATFORM tool AS tool
        FROM --platform=$BUILDPLATFORM golang
        COPY --from=tool /t /bin/t
        RUN t && CGO_ENABLED=0 go build -o /a .
        FROM scratch
        COPY --from=2 /a /a
        COPY --from=0 /etc /etc
        """,
    )


TOOL = "COPY --from=tool:1 /t /bin/t\nRUN t"


@every_case("target, is_fixed", [("0", True), ("1", False), ("2", False), ("release", True)])
def test_a_stage_that_a_build_names_by_its_number_keeps_it(target: str, *, is_fixed: bool) -> None:
    text = f"FROM alpine\n{NATIVE.format(TOOL)}"
    ctx = context(text, workspace=Workspace(stages_of_images=frozenset({target})))
    (finding,) = findings(target_image_in_native_stage, ctx)
    assert bool(finding.fixes) is is_fixed


@every_case(
    "other, name", [("FROM tool", "tool-tools"), ("FROM tool:2", "tool"), ("FROM alpine AS tool", "tool-tools")]
)
def test_a_new_stage_has_a_name_of_its_own(other: str, name: str) -> None:
    text = f"{NATIVE.format(TOOL)}{other}\nCOPY --from=b /o /o\n"
    (finding,) = findings(target_image_in_native_stage, context(text))
    assert f" AS {name}\n" in finding.fixes[0].edits[0].new_text


@every_case("taken, is_pulled", [("/t /bin/t2", True), ("/lib/libt.so /out/", False)])
def test_an_image_whose_files_are_passed_on_keeps_its_platform(taken: str, *, is_pulled: bool) -> None:
    text = (
        "FROM tool:1 AS tool\nFROM --platform=$BUILDPLATFORM alpine AS b\nCOPY --from=tool /t /bin/t\n"
        f"RUN t\nCOPY --from=tool {taken}\nRUN t2\nFROM alpine\nCOPY --from=b /out /out\n"
    )
    titles = {it.title for one in findings(target_image_in_native_stage, context(text)) for it in one.fixes}
    assert ("Pull this image for the build platform" in titles) is is_pulled
