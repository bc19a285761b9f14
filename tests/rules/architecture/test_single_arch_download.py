from __future__ import annotations

from buildxray.rules.architecture.single_arch_download import single_arch_download
from buildxray.rules.base import Severity
from tests.support.cases import every_case
from tests.support.rules import check_fix, check_no_fix, check_nothing, check_rule, context, findings, severities

TINI = "https://github.com/krallin/tini/releases/download"
STEAM = "https://steamcdn-a.akamaihd.net/client/installer/steamcmd_linux.tar.gz"
GLIBC = "https://github.com/sgerrand/alpine-pkg-glibc/releases/download"
PLATFORMS = "ARG TARGETPLATFORM\n"


def test_a_program_for_amd64() -> None:
    check_rule(
        single_arch_download,
        f"""
        FROM debian
        ARG TARGETARCH
        ENV TINI_VERSION=v0.19.0
        ADD {TINI}/${{TINI_VERSION}}/tini /tini
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ 💭 this file of tini is for amd64 only, and is downloaded for linux/arm64 too
        RUN chmod +x /tini
        ENTRYPOINT ["/tini", "--"]
        """,
    )


@every_case(
    "line, fixed",
    [
        (f"ADD {TINI}/v0.19.0/tini-static /tini", f"ADD {TINI}/v0.19.0/tini-static-${{TARGETARCH}} /tini"),
        (
            f'RUN curl -fsSLo /usr/bin/tini "{TINI}/v0.19.0/tini" && chmod +x /usr/bin/tini',
            f'RUN curl -fsSLo /usr/bin/tini "{TINI}/v0.19.0/tini-${{TARGETARCH}}" && chmod +x /usr/bin/tini',
        ),
    ],
)
def test_the_fix_names_the_architecture(line: str, fixed: str) -> None:
    text = 'FROM debian\n{}\nENTRYPOINT ["/tini"]\n'
    check_fix(single_arch_download, text.format(line), text.format(f"ARG TARGETARCH\n{fixed}"))


def test_no_fix_for_an_architecture_without_a_file() -> None:
    text = f"FROM debian\nADD {TINI}/v0.19.0/tini /tini\nCMD /tini\n"
    assert [it.fixes for it in findings(single_arch_download, context(text, "linux/amd64,linux/riscv64"))] == [()]
    assert [it.fixes for it in findings(single_arch_download, context(text, "linux/amd64,linux/arm/v7"))] == [()]


@every_case(
    "lines",
    [
        f"ADD {TINI}/v0.19.0/tini_0.19.0.deb /tini.deb\nRUN dpkg -i /tini.deb",
        f"RUN wget {GLIBC}/2.28-r0/glibc-2.28-r0.apk && apk add glibc-2.28-r0.apk",
        f"RUN curl -sL '{STEAM}' | tar xz -C /steam",
        "RUN wget https://github.com/ninja-build/ninja/releases/download/v1.11.1/ninja-linux.zip && unzip ninja-linux.zip -d /bin",
        "RUN curl -O https://storage.googleapis.com/flutter_infra_release/releases/stable/linux/flutter_linux_3.24.0-stable.tar.xz && tar xf flutter*",
        # a signature or a checksum
        f"ADD {TINI}/v0.19.0/tini /tini\nADD {TINI}/v0.19.0/tini.asc /tini.asc\nRUN gpg --verify /tini.asc && chmod +x /tini",
        f"ADD --checksum=sha256:{'0' * 64} {TINI}/v0.19.0/tini /bin/tini",
        # the address is in a variable
        f"ENV URL={TINI}/v0.19.0/tini\nADD $URL /bin/tini",
    ],
)
def test_no_fix(lines: str) -> None:
    check_no_fix(single_arch_download, f"FROM debian\n{PLATFORMS}{lines}\n")


def test_the_files_of_one_run_are_one_finding() -> None:
    run = " && ".join(f"wget {GLIBC}/2.28-r0/glibc{it}-2.28-r0.apk" for it in ("", "-bin", "-i18n"))
    text = f"FROM alpine\n{PLATFORMS}RUN {run} && apk add *.apk\n"
    assert len(findings(single_arch_download, context(text))) == 1


@every_case(
    "lines",
    [
        f"ADD {TINI}/v0.19.0/tini-$TARGETARCH /tini",
        f"ADD {TINI}/v0.19.0/tini-amd64 /tini",
        f"ADD {TINI}/v0.19.0/tini.asc /tini.asc",
        f"ADD {TINI}/v0.19.0/tini-static-muslc-amd64 /tini",
        "ADD https://github.com/krallin/tini/archive/v0.19.0/tini /src",
        "ADD https://example.org/tini /tini",
        f"RUN wget {GLIBC}/2.39-r0/glibc-2.39-r0.apk",
        f"RUN wget {GLIBC}/2.28-r0/sgerrand.rsa.pub",
        "RUN wget https://github.com/ninja-build/ninja/releases/download/v1.12/ninja-linux-aarch64.zip",
        f'RUN if [ "$TARGETARCH" = amd64 ]; then curl -o /bin/tini {TINI}/v0.19.0/tini; fi',
        f'RUN [ "$(uname -m)" != x86_64 ] || curl -o /bin/tini {TINI}/v0.19.0/tini',
        f"RUN apt-get install -y box86 && curl {STEAM} | tar xz",
        f"RUN apt-get install -y box64 && curl -o /bin/tini {TINI}/v0.19.0/tini",
    ],
)
def test_not_reported(lines: str) -> None:
    check_nothing(single_arch_download, f"FROM debian\nARG TARGETARCH\n{lines}\n")


def test_one_target() -> None:
    text = f"FROM debian\n{PLATFORMS}ADD {TINI}/v0.19.0/tini /tini\n"
    check_nothing(single_arch_download, text, targets="linux/amd64")
    check_nothing(
        single_arch_download, f"FROM debian\n{PLATFORMS}RUN curl {STEAM} | tar xz\n", targets="linux/amd64,linux/386"
    )


def test_a_file_that_nothing_shows_to_be_for_several_platforms() -> None:
    text = f'FROM debian\nADD {TINI}/v0.19.0/tini /tini\nENTRYPOINT ["/tini"]\n'
    assert severities(single_arch_download, context(text)) == [None]
    check_nothing(single_arch_download, f"FROM debian\nRUN curl {STEAM} | tar xz -C /steam\n")
    check_nothing(single_arch_download, f"{text}ADD https://example.org/tool-amd64 /bin/tool\n")


def test_a_program_under_a_condition_or_without_a_use_is_a_warning() -> None:
    text = f"FROM debian\n{PLATFORMS}RUN {{}}\n"
    guarded = f"if [ -e /a ]; then curl -o /bin/tini {TINI}/v0.19.0/tini; fi"
    unused = f"curl -o /data/tini {TINI}/v0.19.0/tini"
    assert severities(single_arch_download, context(text.format(guarded))) == [Severity.WARNING]
    assert severities(single_arch_download, context(text.format(unused))) == [Severity.WARNING]


def test_a_native_stage_whose_file_is_not_copied() -> None:
    text = f"FROM --platform=$BUILDPLATFORM debian AS b\nADD {TINI}/v0.19.0/tini /bin/tini\nRUN tini -- make\nFROM debian\nCOPY --from=b /out{{}} /\n"
    check_nothing(single_arch_download, text.format(""))
    assert findings(single_arch_download, context(text.format(" /bin/tini")))
