"""target-image-in-native-stage, go-env-for-tools, target-binary-run, build-arch-probe, from-platform-flag-const-disallowed."""

from __future__ import annotations

import pytest

from buildxray.rules.architecture.build_arch_probe import build_arch_probe
from buildxray.rules.architecture.foreign_binary_copy import foreign_binary_copy
from buildxray.rules.architecture.go_env_for_tools import go_env_for_tools
from buildxray.rules.architecture.target_binary_run import target_binary_run
from buildxray.rules.buildkit.from_platform_flag_const_disallowed import from_platform_flag_const_disallowed
from buildxray.rules.native.target_image_in_native_stage import target_image_in_native_stage
from tests.support.rules import check_fix, check_no_fix, check_nothing, check_rule, context, findings

NATIVE = "FROM --platform=$BUILDPLATFORM x AS b\nWORKDIR /w\nARG TARGETARCH\n{}\nFROM scratch\nCOPY --from=b /o /o\n"


def test_an_image_is_pulled_for_the_target() -> None:
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


@pytest.mark.parametrize(
    "instructions",
    [
        "COPY --from=golang /usr/local/go /usr/local/go\nRUN a",
        "WORKDIR /usr\nCOPY --from=golang /usr/local/go local/go\nRUN a",
        "RUN --mount=type=bind,from=alpine,target=/a a",
    ],
)
def test_programs_of_images(instructions: str) -> None:
    assert len(findings(target_image_in_native_stage, context(NATIVE.format(instructions)))) == 1


@pytest.mark.parametrize(
    "instructions",
    [
        "COPY --from=tonistiigi/xx / /\nRUN a",
        "COPY --from=docker.io/tonistiigi/xx:1.6.1 /usr/bin /usr/bin\nRUN a",
        "COPY --from=assets /a.html /w/\nRUN a",
        "COPY --from=golang /usr/local/go /usr/local/go",
        "COPY --from=golang\nRUN a",
        "RUN --mount=type=cache,target=/a a",
        "RUN --mount=from=,target=/a a",
        'RUN --mount="a a',
    ],
)
def test_files_that_do_not_run_here(instructions: str) -> None:
    check_nothing(target_image_in_native_stage, NATIVE.format(instructions))


def test_files_for_the_image_and_files_of_stages() -> None:
    text = NATIVE.format("COPY --from=tool /t /opt/t\nRUN a")
    check_nothing(target_image_in_native_stage, text.replace("/o /o", "/opt/t /o"))
    check_nothing(target_image_in_native_stage, "FROM golang AS tool\nRUN make /t\n" + text)
    check_nothing(target_image_in_native_stage, text.replace("--platform=$BUILDPLATFORM ", ""))


def test_tools_that_run_see_the_target() -> None:
    check_rule(
        go_env_for_tools,
        """
        FROM --platform=$BUILDPLATFORM golang AS b
        ARG TARGETARCH
        ENV GOARCH=$TARGETARCH
        RUN go generate ./... && go build -o /o .
            ^^^^^^^^^^^ 💭 `go generate` runs on linux/amd64 what it compiles for linux/arm64
        FROM scratch
        COPY --from=b /o /
        """,
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("export GOARCH=$TARGETARCH; go run ./tool", "export GOARCH=$TARGETARCH; GOOS= GOARCH= go run ./tool"),
        (
            "export GOARCH=$TARGETARCH && X=1 go test ./...",
            "export GOARCH=$TARGETARCH && X=1 GOOS= GOARCH= go test ./...",
        ),
    ],
)
def test_tools_are_set_back_to_the_build_machine(before: str, after: str) -> None:
    check_fix(go_env_for_tools, NATIVE.format(f"RUN {before}"), NATIVE.format(f"RUN {after}"))


@pytest.mark.parametrize(
    "run",
    [
        "go generate",
        "GOARCH=$TARGETARCH go build && go run ./x",
        "export GOARCH=$TARGETARCH; go vet ./...",
        "export GOARCH=$TARGETARCH; go test -c",
        "export GOARCH=amd64; go run ./x",
        "export GOARCH=$(x); go run ./x",
        'export GOARCH=$TARGETARCH; if [ "$TARGETARCH" = amd64 ]; then go test; fi',
    ],
)
def test_tools_that_see_their_own_machine(run: str) -> None:
    check_nothing(go_env_for_tools, NATIVE.format(f"RUN {run}"))


def test_who_asks_for_the_target_gets_no_fix() -> None:
    check_no_fix(go_env_for_tools, NATIVE.format("RUN GOARCH=$TARGETARCH go run ./x"))


def test_what_was_compiled_for_the_target_is_run() -> None:
    check_rule(
        target_binary_run,
        """
        FROM --platform=$BUILDPLATFORM golang AS b
        ARG TARGETARCH
        RUN GOARCH=$TARGETARCH go build -o /o . && /o --version
                                                   ^^ linux/amd64 runs what `go build` compiled for linux/arm64
        FROM scratch
        COPY --from=b /o /
        """,
    )


@pytest.mark.parametrize(
    "instructions",
    [
        "RUN GOARCH=$TARGETARCH go build -o app .\nRUN ./app",
        "RUN GOARCH=$TARGETARCH go build -o /usr/local/bin/app .\nRUN app --help",
        "RUN GOARCH=arm64 go build -o /a . && strip /a",
        "RUN GOARCH=arm64 go build -o /a . && ldd /a",
        "RUN aarch64-linux-gnu-gcc -o /a x.c && /a",
    ],
)
def test_ways_to_run_it(instructions: str) -> None:
    assert len(findings(target_binary_run, context(NATIVE.format(instructions)))) == 1


@pytest.mark.parametrize(
    "instructions",
    [
        "RUN go build -o /a . && /a",
        "RUN GOARCH=$TARGETARCH go build -o /a . && file /a",
        "RUN GOARCH=$TARGETARCH go build -o /a . && test -x /a",
        "RUN GOARCH=$TARGETARCH go build -o /a . && ./b",
        "RUN GOARCH=$TARGETARCH go build -o bin/ . && strip $X",
        'RUN GOARCH=$TARGETARCH go build -o /a . && if [ "$TARGETARCH" = amd64 ]; then /a; fi',
        "RUN GOARCH=$(x) go build -o /a . && /a",
    ],
)
def test_what_runs_is_for_this_machine(instructions: str) -> None:
    check_nothing(target_binary_run, NATIVE.format(instructions))


def test_a_stage_below_compiled_it() -> None:
    text = "FROM --platform=$BUILDPLATFORM golang AS a\nARG TARGETARCH\nRUN GOARCH=$TARGETARCH go build -o /o .\nFROM a AS b\nRUN /o\nFROM scratch\nCOPY --from=b /o /\n"
    assert len(findings(target_binary_run, context(text))) == 1
    check_nothing(target_binary_run, text, targets="linux/amd64")


def test_the_build_machine_answers() -> None:
    check_rule(
        build_arch_probe,
        """
        FROM --platform=$BUILDPLATFORM debian AS b
        RUN curl -o /o https://x/tool-$(uname -m)
                                        ^^^^^^^^ 💭 `uname -m` answers amd64 for linux/arm64 too, and decides what goes into the image
        FROM debian
        COPY --from=b /o /o
        """,
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("curl -o /o https://x/$(dpkg --print-architecture)/t", "curl -o /o https://x/$TARGETARCH/t"),
        ("wget https://x/`dpkg --print-architecture`_1", "wget https://x/${TARGETARCH}_1"),
        (
            "a=$(uname -m) && curl https://x/$a",
            "a=$(case $TARGETARCH in amd64) echo x86_64;; arm64) echo aarch64;; esac) && curl https://x/$a",
        ),
        ("GOARCH=$(go env GOARCH) go build -o /o .", "GOARCH=$TARGETARCH go build -o /o ."),
    ],
)
def test_the_target_answers_instead(before: str, after: str) -> None:
    text = "FROM --platform=$BUILDPLATFORM x AS b\n{}RUN {}\nFROM scratch\nCOPY --from=b /o /o\n"
    check_fix(build_arch_probe, text.format("", before), text.format("ARG TARGETARCH\n", after))


@pytest.mark.parametrize(
    ("run", "copied"),
    [
        ("uname -m", "/o"),
        ("echo $(uname -m)", "/o"),
        ("a=$(uname -m); curl https://x", "/o"),
        ("curl https://x/$(uname -m)", "/etc/ssl"),
        ("curl https://x/$(uname -s)", "/o"),
        ('if [ "$(uname -m)" = x86_64 ]; then echo a; fi; curl https://x', "/o"),
        ("export GOARCH=$TARGETARCH; curl https://x/$(go env GOARCH)", "/o"),
        ("curl https://x/$(uname -m) && GOARCH=$TARGETARCH go build -o /o .", "/o"),
    ],
)
def test_answers_that_decide_nothing(run: str, copied: str) -> None:
    check_nothing(build_arch_probe, NATIVE.format(f"RUN {run}").replace("/o /o", f"{copied} /o"))


def test_a_stage_for_the_target_may_ask() -> None:
    text = NATIVE.format("RUN curl -o /o https://x/$(uname -m)")
    check_nothing(build_arch_probe, text.replace("--platform=$BUILDPLATFORM ", ""))
    check_no_fix(build_arch_probe, NATIVE.format("RUN curl -o /o https://x/$(uname -m | tr _ -)"))
    check_no_fix(build_arch_probe, NATIVE.format("RUN curl -o /o https://x/$(go env GOHOSTARCH)"))


@pytest.mark.parametrize(
    "run",
    [
        'case "$(uname -m)" in x86_64) a=amd64;; aarch64) a=arm64;; esac; curl -o /o https://x/$a',
        'if [ "$(uname -m)" = x86_64 ]; then curl -o /o https://x/amd64; else curl -o /o https://x/arm64; fi',
    ],
)
def test_a_branch_depends_on_the_answer(run: str) -> None:
    check_no_fix(build_arch_probe, NATIVE.format(f"RUN {run}"))


CONSTANT = "FROM --platform=linux/amd64 node AS {}\nRUN npm run build\nFROM nginx\nCOPY --from={} {} /srv\n"


def test_a_constant_ties_a_stage_to_one_machine() -> None:
    check_rule(
        from_platform_flag_const_disallowed,
        """
        FROM --platform=linux/amd64 node AS web
             ^^^^^^^^^^^^^^^^^^^^^^ 💭 1 RUN step of this stage runs on linux/amd64 whatever the build machine is: emulated on all others
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


@pytest.mark.parametrize(
    "text",
    [
        CONSTANT.format("web", "web", "/dist").replace("linux/amd64", "$BUILDPLATFORM"),
        CONSTANT.format("web-amd64", "web-amd64", "/dist"),
        # `build-platform-image` is about the image itself.
        "FROM --platform=linux/amd64 node\nRUN a\n",
    ],
)
def test_constants_on_purpose(text: str) -> None:
    check_nothing(from_platform_flag_const_disallowed, text)


@pytest.mark.parametrize(
    "text",
    [
        CONSTANT.format("web", "web", "/dist").replace("RUN npm run build", "COPY a b"),
        CONSTANT.format("web", "web", "/dist").replace("node", "node:amd64"),
        "FROM --platform=linux/amd64 x AS a-1\nRUN a\nFROM --platform=linux/arm64 x AS a-2\nRUN b\nFROM a-$N\n",
        "FROM --platform=linux/amd64 x AS one\nRUN a\nFROM alpine\n",
    ],
)
def test_other_constants_are_only_stated(text: str) -> None:
    found = findings(from_platform_flag_const_disallowed, context(text))
    assert found != []
    assert all("whatever is asked for" in it.message and not it.fixes for it in found)


_PROBING = (
    "FROM --platform=$BUILDPLATFORM debian AS b\nWORKDIR /w\n"
    "RUN curl -o helper https://example.com/helper-$(uname -m) && chmod +x helper && ./helper make /o\n"
    "FROM debian\nCOPY --from=b {} /usr/bin/\n"
)


def test_a_program_that_only_the_stage_starts_is_for_the_build_machine() -> None:
    check_nothing(build_arch_probe, _PROBING.format("/o"))
    assert len(findings(build_arch_probe, context(_PROBING.format("/w/helper")))) == 1
    assert len(findings(build_arch_probe, context(_PROBING.format("/w")))) == 1


def test_packages_in_a_deleted_directory_are_not_copied() -> None:
    text = "FROM --platform=$BUILDPLATFORM node AS b\nCOPY web web\nRUN yarn --cwd ./web/source install && rm -rf {}\nFROM node\nCOPY --from=b web /web\n"
    check_nothing(foreign_binary_copy, text.format("./web/source"))
    assert len(findings(foreign_binary_copy, context(text.format("./web/other")))) == 1
