from __future__ import annotations

import pytest

from buildxray.rules.architecture.build_arch_probe import build_arch_probe
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_no_fix, check_nothing, check_rule, context, findings


def test_a_probe_in_a_native_stage_is_reported() -> None:
    check_rule(
        build_arch_probe,
        """
        FROM --platform=$BUILDPLATFORM debian AS b
        RUN curl -o /o https://x/tool-$(uname -m)
                                        ^^^^^^^^ 💭 `uname -m` returns x86_64 for linux/arm64 too, although it chooses files for the image
        FROM debian
        COPY --from=b /o /o
        """,
    )


@every_case(
    "before, after",
    [
        ("curl -o /o https://x/$(dpkg --print-architecture)/t", "curl -o /o https://x/$TARGETARCH/t"),
        ("wget -O /o https://x/`dpkg --print-architecture`_1", "wget -O /o https://x/${TARGETARCH}_1"),
        (
            "a=$(uname -m) && curl https://x/$a",
            "a=$(case $TARGETARCH in amd64) echo x86_64;; arm64) echo aarch64;; *) echo $TARGETARCH;; esac) && curl https://x/$a",
        ),
        ("GOARCH=$(go env GOARCH) go build -o /o .", "GOARCH=$TARGETARCH go build -o /o ."),
    ],
)
def test_the_fix_uses_the_architecture_of_the_target(before: str, after: str) -> None:
    text = "FROM --platform=$BUILDPLATFORM x AS b\n{}RUN {}\nFROM scratch\nCOPY --from=b /o /o\n"
    check_fix(build_arch_probe, text.format("", before), text.format("ARG TARGETARCH\n", after))


def test_a_package_of_the_same_name_as_a_program_is_no_file() -> None:
    text = NATIVE.format("RUN apk add curl && curl -o /o https://x/$(uname -m)")
    assert len(findings(build_arch_probe, context(text))) == 1
    text = NATIVE.format("RUN curl -o /usr/bin/t https://x/$(uname -m) && chmod +x /usr/bin/t && t")
    assert not findings(build_arch_probe, context(text))


NATIVE = "FROM --platform=$BUILDPLATFORM x AS b\nWORKDIR /w\nARG TARGETARCH\n{}\nFROM scratch\nCOPY --from=b /o /o\n"


@every_case(
    "run, copied",
    [
        ("uname -m", "/o"),
        ("echo $(uname -m)", "/o"),
        ("a=$(uname -m); curl https://x", "/o"),
        ("curl https://x/$(uname -m)", "/etc/ssl"),
        ("curl https://x/$(uname -s)", "/o"),
        ("curl https://x/$(getconf LONG_BIT)", "/o"),
        ("curl https://x/$(rpm -E %fedora)", "/o"),
        ("curl https://x/$(node -p process.version)", "/o"),
        ("curl https://x/$(gcc -dumpversion)", "/o"),
        ('if [ "$(uname -m)" = x86_64 ]; then echo a; fi; curl https://x', "/o"),
        ("export GOARCH=$TARGETARCH; curl https://x/$(go env GOARCH)", "/o"),
        ("curl https://x/$(uname -m) && GOARCH=$TARGETARCH go build -o /o .", "/o"),
    ],
)
def test_a_probe_that_does_not_decide_on_files_is_not_reported(run: str, copied: str) -> None:
    check_nothing(build_arch_probe, NATIVE.format(f"RUN {run}").replace("/o /o", f"{copied} /o"))


@every_case(
    "probe, message",
    [
        ("rpm --eval '%{_arch}'", "`rpm --eval` returns x86_64 for linux/arm64"),
        ("dpkg-architecture -qDEB_HOST_ARCH", "`dpkg-architecture -qDEB_HOST_ARCH` returns amd64 for linux/arm64"),
        (
            "dpkg-architecture -qDEB_HOST_MULTIARCH",
            "`dpkg-architecture -qDEB_HOST_MULTIARCH` describes linux/amd64 for linux/arm64",
        ),
        ("node -p process.arch", "`node -p` returns x64 for linux/arm64"),
        ("gcc -dumpmachine", "`gcc -dumpmachine` describes linux/amd64 for linux/arm64"),
        ("python3 -c 'import platform; print(platform.machine())'", "`python3 -c` describes linux/amd64"),
        ("rustc -vV", "`rustc -vV` describes linux/amd64 for linux/arm64"),
    ],
)
def test_other_programs_that_tell_the_machine(probe: str, message: str) -> None:
    (finding,) = findings(build_arch_probe, context(NATIVE.format(f"RUN curl -o /o https://x/$({probe})")))
    assert finding.message.startswith(message)


def test_a_width_of_numbers_that_differs() -> None:
    text = NATIVE.format("RUN curl -o /o https://x/$(getconf LONG_BIT)")
    assert len(findings(build_arch_probe, context(text, "linux/amd64,linux/arm/v7"))) == 1


def test_a_probe_in_a_stage_for_the_target_is_not_reported() -> None:
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
def test_a_branch_on_a_probe_is_reported(run: str) -> None:
    check_no_fix(build_arch_probe, NATIVE.format(f"RUN {run}"))


_PROBING = (
    "FROM --platform=$BUILDPLATFORM debian AS b\nWORKDIR /w\n"
    "RUN curl -o helper https://example.com/helper-$(uname -m) && chmod +x helper && ./helper make /o\n"
    "FROM debian\nCOPY --from=b {} /usr/bin/\n"
)


def test_a_program_that_only_the_stage_starts_is_for_the_build_machine() -> None:
    check_nothing(build_arch_probe, _PROBING.format("/o"))
    assert len(findings(build_arch_probe, context(_PROBING.format("/w/helper")))) == 1
    assert len(findings(build_arch_probe, context(_PROBING.format("/w")))) == 1


@every_case(
    "run, copied, is_said",
    [
        ("curl https://x/zig-$(uname -m).tgz | tar xz -C /usr/local && zig build", "/o", False),
        ("curl https://x/zig-$(uname -m).tgz | tar xz -C /usr/local && zig build", "/usr/local/bin/zig", True),
        ("curl https://x/zig-$(uname -m).tgz | tar xz -C /usr/local && zig build", "/usr", True),
        ("curl https://x/zig-$(uname -m).tgz | tar xz && zig build", "/o", True),
        ("a=$(uname -m); curl https://x/$a | tar xz -C /t; curl -o /o https://x/$a", "/o", True),
        ("curl -o /tmp/z https://x/$(uname -m).tgz && tar xf /tmp/z -C /usr/local/bin", "/o", False),
        ("curl -o /tmp/z https://x/$(uname -m).tgz && tar xf /tmp/z -C /usr/local/bin", "/usr/local/bin/t", True),
        ("curl -o /tmp/z https://x/$(uname -m).tgz && tar xf /tmp/z -C /tmp && mv /tmp/t /o", "/o", True),
        ("curl -o /tmp/z https://x/$(uname -m).tgz && tar xf /tmp/z", "/w/t", True),
        (
            "if [ $(uname -m) = x86_64 ]; then curl -o /tmp/z https://x/z-x86_64.tgz; tar xf /tmp/z -C /opt; else cargo install z; fi",
            "/o",
            False,
        ),
        ("curl -o /usr/bin/z https://x/$(uname -m)", "/o", False),
        ("curl -o /usr/bin/z https://x/$(uname -m)\nRUN install /usr/bin/z /o", "/o", True),
    ],
)
def test_an_archive_that_is_unpacked_for_the_stage_alone(run: str, copied: str, *, is_said: bool) -> None:
    text = NATIVE.format(f"RUN {run}").replace("/o /o", f"{copied} /o")
    assert bool(findings(build_arch_probe, context(text))) is is_said
