from __future__ import annotations

import pytest

from buildxray.rules.buildkit.from_platform_flag_const_disallowed import from_platform_flag_const_disallowed
from tests.support.cases import every_case
from tests.support.rules import (
    check_fix,
    check_no_fix,
    check_nothing,
    check_rule,
    check_silent,
    check_token,
    context,
    findings,
)

CONSTANT = "FROM --platform=linux/amd64 node AS {}\nRUN npm run build\nFROM nginx\nCOPY --from={} {} /srv\n"


def test_a_constant_ties_a_stage_to_one_machine() -> None:
    check_rule(
        from_platform_flag_const_disallowed,
        """
        FROM --platform=linux/amd64 node AS web
             ^^^^^^^^^^^^^^^^^^^^^^ 💭 1 RUN step of this stage runs on linux/amd64, under emulation on any other build machine
        RUN npm run build
        FROM nginx
        COPY --from=web /dist /srv
        """,
    )
    check_fix(
        from_platform_flag_const_disallowed,
        CONSTANT.format("web", "web", "/dist"),
        CONSTANT.format("web", "web", "/dist").replace("linux/amd64", "$BUILDPLATFORM"),
    )
    check_no_fix(from_platform_flag_const_disallowed, CONSTANT.format("web", "web", "/usr/bin/node"))


@every_case(
    "text",
    [
        CONSTANT.format("web", "web", "/dist").replace("linux/amd64", "$BUILDPLATFORM"),
        CONSTANT.format("web-amd64", "web-amd64", "/dist"),
        # `build-platform-image` is about the image itself.
        "FROM --platform=linux/amd64 node\nRUN $TARGETARCH\n",
    ],
)
def test_constants_on_purpose(text: str) -> None:
    check_nothing(from_platform_flag_const_disallowed, text)


@every_case(
    "text",
    [
        CONSTANT.format("web", "web", "/dist").replace("RUN npm run build", "COPY a b"),
        CONSTANT.format("web", "web", "/dist").replace("node", "node:amd64"),
        "FROM --platform=linux/amd64 x AS a-1\nRUN a\nFROM --platform=linux/arm64 x AS a-2\nRUN b\nFROM a-$N\n",
        "FROM --platform=linux/amd64 x AS one\nRUN a\nFROM alpine\n",
        "FROM --platform=linux/amd64 node\nRUN a\n",
    ],
)
def test_other_constants_are_only_stated(text: str) -> None:
    found = findings(from_platform_flag_const_disallowed, context(text))
    assert found != []
    assert all("whatever platforms are requested" in it.message and not it.fixes for it in found)


@pytest.mark.parametrize(
    ("before", "where", "after"),
    [
        ("FROM --platform=linux/386 a AS x\nFROM b\n", "--platform=linux/386", None),
    ],
)
def test_the_finding_is_at_the_token_and_the_fix_repairs_it(before: str, where: str, after: str | None) -> None:
    check_token(from_platform_flag_const_disallowed, before, where, after)


@pytest.mark.parametrize(
    "text",
    [
        "FROM --platform=linux/386 a AS linux-x\nFROM b\n",
    ],
)
def test_near_misses_are_not_reported(text: str) -> None:
    check_silent(from_platform_flag_const_disallowed, text)


@every_case(
    "command, taken",
    [
        ("make && make install DESTDIR=/p", "/p"),
        ("make -C src install DESTDIR=/p", "/p"),
        ("./build.sh", "/src/out"),
        ("gcc -o /p/app app.c", "/p"),
        ("cargo build --release", "/src/target/release/app"),
        ("GOARCH= go build -o /p/app .", "/p"),
        ("pip install --target /p numpy", "/p"),
        ("make install DESTDIR=/srv/app", "/srv/app"),
        ("wget -O /p/tool https://example.com/$(uname -m)/tool", "/p"),
        ("apt-get install -y curl", "/usr/bin/curl"),
        ("true", "/opt/tool"),
    ],
)
def test_no_fix_where_the_files_may_be_for_the_machine(command: str, taken: str) -> None:
    for constant in ("linux/amd64", "linux/arm64"):
        text = (
            f"FROM --platform={constant} debian:12 AS build\nWORKDIR /src\nCOPY . .\nRUN {command}\n"
            f"FROM debian:12\nCOPY --from=build {taken} /x/\n"
        )
        for targets in ("linux/amd64,linux/arm64", "linux/arm64", "linux/amd64"):
            found = findings(from_platform_flag_const_disallowed, context(text, targets))
            assert found
            assert not any(it.fixes for it in found)


@every_case(
    "command, use",
    [
        ("npm run build", "RUN --mount=from=build,target=/b cp -r /b/src/dist /x"),
        ("wget -O /p/data https://example.com/data", "RUN --mount=from=build,source=/p,target=/b cp /b/data /x"),
    ],
)
def test_no_fix_for_a_mount(command: str, use: str) -> None:
    text = f"FROM --platform=linux/amd64 node AS build\nWORKDIR /src\nCOPY . .\nRUN {command}\nFROM node\n{use}\n"
    check_no_fix(from_platform_flag_const_disallowed, text)


@every_case(
    "command, taken",
    [
        ("wget -O /p/data https://example.com/data", "/p/data"),
        ("apt-get install -y ca-certificates", "/etc/ssl/certs"),
        ("CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /p/app .", "/p/app"),
    ],
)
def test_a_fix_where_the_files_are_the_same(command: str, taken: str) -> None:
    text = (
        f"FROM --platform=linux/amd64 golang:1.26 AS build\nARG TARGETARCH\nWORKDIR /src\nCOPY . .\nRUN {command}\n"
        f"FROM debian:12\nCOPY --from=build {taken} /x/\n"
    )
    check_fix(from_platform_flag_const_disallowed, text, text.replace("linux/amd64", "$BUILDPLATFORM"))
