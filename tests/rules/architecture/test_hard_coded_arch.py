from __future__ import annotations

import pytest

from buildxray.rules.architecture.hard_coded_arch import hard_coded_arch
from buildxray.rules.base import Doubt, Severity
from buildxray.rules.context import RuleContext
from buildxray.semantics.build import Builder
from buildxray.syntax.text import apply_edits
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import (
    check_fix,
    check_no_fix,
    check_nothing,
    check_rule,
    context,
    findings,
    reported,
    request,
    severities,
)

IMAGE = "FROM debian:13\nARG TARGETARCH\n{}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "wget https://x.org/h-linux-amd64.tgz -O h-linux-amd64.tgz && tar xf h-linux-amd64.tgz && mv linux-amd64/h /h",
            "wget https://x.org/h-linux-amd64.tgz -O h-linux-amd64.tgz && tar xf h-linux-amd64.tgz && mv linux-amd64/h /h".replace(
                "amd64", "${TARGETARCH}"
            ),
        ),
        (
            "curl -O https://x.org/d_amd64.deb\nRUN dpkg -i d_amd64.deb",
            "curl -O https://x.org/d_${TARGETARCH}.deb\nRUN dpkg -i d_${TARGETARCH}.deb",
        ),
    ],
)
def test_all_names_of_a_file_change_with_its_address(before: str, after: str) -> None:
    check_fix(hard_coded_arch, IMAGE.format(f"RUN {before}"), IMAGE.format(f"RUN {after}"))


def test_a_name_that_cannot_change_leaves_no_fix() -> None:
    text = IMAGE.format("RUN curl -O https://x.org/d-amd64.tgz\nRUN tar xf 'd-amd64.tgz'")
    (finding,) = findings(hard_coded_arch, context(text))
    assert finding.fixes == ()


@every_case(
    "run, is_said",
    [
        ("php -r \"copy('https://x.org/t-amd64', '/t');\"", True),
        ("php -r \"copy('https://x.org/t-'.php_uname('m'), '/t');\"", False),
        ("aws s3 cp s3://b/t-linux-amd64 /t", True),
        ("aws s3 cp s3://b/t-linux-$TARGETARCH /t", False),
        ("aws s3 ls s3://b/t-linux-amd64", False),
        ("gsutil cp gs://b/t_linux_amd64 /t", True),
        ("gcloud storage cp gs://b/t-linux-amd64 /t", True),
        ("http --download https://x.org/t-linux-amd64", True),
        ("aws s3 cp /t s3://b/t-linux", False),
    ],
)
def test_clients_of_storage_services(run: str, *, is_said: bool) -> None:
    assert reported(hard_coded_arch, IMAGE.format(f"RUN {run}")) == (["amd64"] if is_said else [])


@every_case(
    "run",
    [
        "if [ $MODE = full ]; then curl -o /t https://x.org/t_amd64; fi",
        "V=$(curl -s https://x.org/latest) && curl -o /t https://x.org/$V/t_amd64",
        "curl -O $(curl -s https://x.org/list | jq -r .url | grep 'linux_amd64')",
        'curl -O "https://x.org/t_$(version)_amd64"',
        "curl -O https://x.org/arm-gnu-toolchain-13-amd64-arm-none-eabi.tgz",
        "curl -O https://x.org/tool-amd64-unknown-linux-gnu.tgz",
        "curl -o /t $SITE/https://x.org/t_amd64",
        "python3 -c \"import urllib.request as u; u.urlretrieve('https://x.org/t_amd64', '/t')\"",
    ],
)
def test_an_unknown_condition_or_address_does_not_hide_a_finding(run: str) -> None:
    assert reported(hard_coded_arch, IMAGE.format(f"ARG MODE\nARG SITE\nRUN {run}")) == ["amd64"]


def test_a_download_for_one_architecture_is_reported() -> None:
    check_rule(
        hard_coded_arch,
        """
        FROM alpine
        ARG TARGETARCH
        ADD https://example.com/x86_64/tool.tgz /
                                ^^^^^^ warning: the file for x86_64 is downloaded for linux/arm64 too
        RUN apk add curl && \\
            curl -fsSL "https://example.com/tool-linux-amd64.tgz" | tar xz
                                                       ^^^^^ 💭 the file for amd64 is downloaded for linux/arm64 too
        """,
    )


@every_case(
    "before, after",
    [
        ("RUN wget https://x/a_amd64.deb", "ARG TARGETARCH\nRUN wget https://x/a_${TARGETARCH}.deb"),
        ("ADD https://x/arm64/a-arm64 /", "ARG TARGETARCH\nADD https://x/${TARGETARCH}/a-${TARGETARCH} /"),
        (
            "ENV URL=https://x/a-amd64\nRUN curl $URL",
            "ARG TARGETARCH\nENV URL=https://x/a-${TARGETARCH}\nRUN curl $URL",
        ),
        ("ARG A=arm64\nADD https://x/$A /", "ARG TARGETARCH\nARG A=${TARGETARCH}\nADD https://x/$A /"),
        ("RUN A=amd64; wget https://x/$A", "ARG TARGETARCH\nRUN A=${TARGETARCH}; wget https://x/$A"),
        ("ARG TARGETARCH\nRUN curl https://x/amd64", "ARG TARGETARCH\nRUN curl https://x/${TARGETARCH}"),
        (
            'RUN sudo sh -c "curl -O https://x/a-amd64"',
            'ARG TARGETARCH\nRUN sudo sh -c "curl -O https://x/a-${TARGETARCH}"',
        ),
        (
            "RUN sudo -u x -E sh -c 'curl -O https://x/a-amd64'",
            "ARG TARGETARCH\nRUN sudo -u x -E sh -c 'curl -O https://x/a-${TARGETARCH}'",
        ),
        (
            'RUN su x -c "mkdir -p /y \\\n  && curl -O https://x/a-amd64"',
            'ARG TARGETARCH\nRUN su x -c "mkdir -p /y \\\n  && curl -O https://x/a-${TARGETARCH}"',
        ),
    ],
)
def test_the_fix_uses_the_platform_argument(before: str, after: str) -> None:
    check_fix(hard_coded_arch, f"FROM alpine\n{before}\n", f"FROM alpine\n{after}\n")


@every_case(
    "line",
    [
        "RUN wget https://x/a-x86_64.tgz",
        "RUN wget 'https://x/a-amd64.tgz'",
        'RUN ["wget", "https://x/a-amd64.tgz"]',
        "ENV URL='https://x/a-amd64.tgz'\nRUN wget $URL",
        # The environment does not reach the script
        "RUN sudo sh -c 'curl -O https://x/a-amd64'",
        "RUN env -i PATH=/bin sh -c 'curl -O https://x/a-amd64'",
        "RUN wget https://x/a-amd64 && [ -f a-amd64 ]",
        "RUN wget https://x/a-amd64 && echo 'abc a-amd64' | sha256sum -c",
        "RUN wget -O /a https://x/a-amd64\nRUN echo 'abc  /a' | sha256sum -c",
        "ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://x/amd64 /",
        'RUN wget -O /a https://x/a-amd64\nRUN test "$(md5sum /a | cut -d" " -f1)" = 0f343b0931126a20f133d67c2b018a3b',
        "RUN wget -O /a https://x/a-amd64 && openssl dgst -md5 /a | grep 0f343b0931126a20f133d67c2b018a3b",
        "RUN wget -O /a https://x/a-amd64 && sha384sum /a > /b && cmp /b /c",
        "RUN wget -O /a https://x/a-amd64\nRUN python -c \"import hashlib; check('0f343b0931126a20f133d67c2b018a3b')\"",
        # A version of the instruction set of amd64
        "RUN wget -O /a https://x/a_linux_amd64_v1",
        "RUN wget https://x/a-linux-amd64-v3.tgz && tar xf a-linux-amd64-v3.tgz",
    ],
)
def test_a_name_that_cannot_be_replaced_has_no_fix(line: str) -> None:
    check_no_fix(hard_coded_arch, f"FROM alpine\n{line}\n")


@every_case(
    "kept",
    [
        'test "$TARGETARCH" = amd64 && echo 1;',
        '[ "$TARGETPLATFORM" != linux/amd64 ] || echo 1;',
        "echo $TARGETARCH | grep -q amd64 && echo 1;",
        "A=$(echo $TARGETARCH | sed s/amd64/x86_64/);",
    ],
)
def test_what_is_compared_with_the_machine_names_no_file(kept: str) -> None:
    before, after = (f"{kept} curl -fO https://x/a-{it} && cp a-{it} /bin" for it in ("amd64", "${TARGETARCH}"))
    check_fix(
        hard_coded_arch,
        IMAGE.format(f"ARG TARGETPLATFORM\nRUN {before}"),
        IMAGE.format(f"ARG TARGETPLATFORM\nRUN {after}"),
    )


def test_a_checksum_of_something_else_keeps_the_fix() -> None:
    before, after = (
        "RUN echo 'abc  /x' | sha256sum -c",
        "RUN sha256sum /a > /b\nRUN echo 0f343b0931126a20f133d67c2b018a3b > /c",
    )
    runs = f"{before}\nRUN wget -O /a https://x/a-amd64\n{after}"
    (finding,) = findings(hard_coded_arch, context(f"FROM alpine\n{runs}\n"))
    assert finding.fixes


def test_a_level_of_one_architecture_is_not_a_name_of_others() -> None:
    text = "FROM debian\nRUN curl -O https://x.org/t_linux_amd64{}.tgz\n"
    levels = ("_v1", "-v3", "_v1.2", "")
    fixed = [bool(findings(hard_coded_arch, context(text.format(it)))[0].fixes) for it in levels]
    assert fixed == [False, False, True, True]


def test_no_fix_edits_hundreds_of_places_and_deciding_that_takes_linear_time() -> None:
    lines = "".join(f" && curl -o /{it} https://x.org/t{it}-linux-amd64" for it in range(150))
    (finding,) = findings(hard_coded_arch, context(f"FROM debian\nARG TARGETARCH\nRUN true{lines}\n"))
    assert finding.fixes == ()


@every_case(
    "last, is_fixed",
    [
        ("FROM scratch\nCOPY --from=get /tmp/t-linux-amd64/t /t", False),
        ("FROM get AS unpack\nRUN mv /tmp/t-linux-amd64/t /t\nFROM scratch\nCOPY --from=unpack /t /t", False),
        ("FROM get AS unpack\nFROM scratch\nCOPY --from=unpack /tmp/t-linux-amd64/t /t", False),
        ("FROM scratch\nCOPY --from=get /tmp/t-linux-arm64/t /t", True),
        ("FROM scratch\nCOPY --from=get /tmp/t /t", True),
    ],
)
def test_a_name_in_another_stage_would_be_stale(last: str, *, is_fixed: bool) -> None:
    text = f"FROM debian AS get\nWORKDIR /tmp\nRUN curl -L https://x.org/t-linux-amd64.tgz | tar xz\n{last}\n"
    (finding,) = findings(hard_coded_arch, context(text))
    assert bool(finding.fixes) is is_fixed


@every_case(
    "text",
    [
        "FROM alpine\nARG TARGETARCH\nRUN wget https://x/amd64/$TARGETARCH\n",
        'FROM alpine\nARG TARGETARCH\nRUN if [ "$TARGETARCH" = amd64 ]; then wget https://x/amd64; fi\n',
        "FROM alpine\nRUN wget https://x/amd64 && wget https://x/arm64\n",
        "FROM alpine\nRUN wget https://x/amd64x https://x/camd64\n",
        "FROM alpine\nRUN echo https://x/amd64\n",
        "FROM alpine\nENV A=amd64\nRUN echo $A\n",
        "FROM alpine\nARG A=aarch64\nRUN wget https://x/qemu-${A}-static\n",
        "FROM alpine\nRUN if a; then A=amd64; else A=arm64; fi; wget https://x/$A\n",
        "FROM alpine\nARG TARGETARCH\nARG A=${TARGETARCH/amd64/x86_64}\nADD https://x/$A-x86_64 /\n",
        "FROM alpine\nRUN wget https://x/$(uname -m)/amd64\n",
        "FROM alpine\nRUN wget https://x/t_$(arch-name --amd64 x86_64).tgz\n",
        "FROM alpine\nRUN wget https://x/cross/aarch64-linux-musl-8.1.tgz\n",
        "FROM alpine\nENV URL=https://x/aarch64-unknown-linux-gnu-toolchain.tgz\nRUN wget $URL\n",
        'FROM alpine\nRUN wget "https://x/t_`arch-name amd64=x86_64`.tgz"\n',
        "FROM --platform=$BUILDPLATFORM alpine AS b\nRUN wget https://x/amd64\nFROM scratch\nCOPY --from=b /x /\n",
        "FROM alpine AS unneeded\nRUN wget https://x/amd64\nFROM scratch\n",
        # Sources.
        "FROM alpine\nADD https://x/amd64-asm.git#v1:src /src\nARG TARGETARCH\n",
    ],
)
def test_downloads_that_suit_their_platform_are_not_reported(text: str) -> None:
    check_nothing(hard_coded_arch, text)


@pytest.mark.parametrize("targets", ["linux/amd64", "linux/amd64,linux/amd64/v2"])
def test_a_download_for_the_only_target_is_not_reported(targets: str) -> None:
    check_nothing(hard_coded_arch, "FROM alpine\nRUN wget https://x/amd64\n", targets=targets)


@every_case(
    "download",
    [
        "RUN wget https://x/amd64/tool",
        "RUN curl -fsSLo /dl/tool https://x/amd64",
        "RUN curl -LO https://x/amd64/tool",
        "RUN wget -qO t https://x/amd64 && chmod +x t && mv t tool",
        "RUN curl -L https://x/amd64.tgz | tar xz",
        "RUN wget https://x/t-amd64.zip && unzip t-amd64.zip -d /dl",
        "ADD https://x/amd64 tool",
    ],
)
def test_a_download_of_a_native_stage_goes_into_the_image(download: str) -> None:
    stage = f"FROM --platform=$BUILDPLATFORM alpine AS b\nWORKDIR /dl\n{download}\n"
    assert len(findings(hard_coded_arch, context(f"{stage}FROM scratch\nCOPY --from=b /dl/tool /\n"))) == 1
    check_nothing(hard_coded_arch, f"{stage}FROM scratch\nCOPY --from=b /docs /\n")
    check_nothing(hard_coded_arch, f"{stage}FROM --platform=$BUILDPLATFORM alpine\nCOPY --from=b /dl/tool /\n")


@every_case(
    "of_arm64, version, n_findings", [("arm64", "1", 0), ("armhf", "1", 0), ("amd64", "1", 1), ("amd64", "2", 1)]
)
@pytest.mark.parametrize("fetch", ["ADD {} /t", "RUN wget -O /t {}"])
def test_a_variable_of_the_stage_of_each_platform(fetch: str, of_arm64: str, version: str, n_findings: int) -> None:
    line = fetch.format("https://x.org/$V/t-${A}.tgz")
    text = (
        "FROM alpine AS base-amd64\nENV A=amd64 V=1\n"
        f"FROM alpine AS base-arm64\nENV A={of_arm64} V={version}\nFROM base-$TARGETARCH\n{line}\n"
    )
    assert len(findings(hard_coded_arch, context(text))) == n_findings


def test_a_default_of_an_arg_is_only_a_warning() -> None:
    text = "FROM alpine\nARG TARGETARCH A=amd64\nADD https://x/$A /bin/a\n"
    assert severities(hard_coded_arch, context(text)) == [Severity.WARNING]


@every_case(
    "before, script",
    [
        ("ARG ARCH=amd64\n", 'case "$ARCH" in amd64) N=x86_64;; arm64) N=aarch64;; esac; curl -O https://e.com/t-$N'),
        ("ARG CPU=x86_64\n", "if [ $CPU = x86_64 ]; then A=amd64; else A=arm64; fi; curl -O https://e.com/t-$A"),
        (
            "ARG WHERE=linux/amd64\n",
            "case $WHERE in linux/amd64) curl -O https://e.com/t-amd64;; *) curl -O https://e.com/t-arm64;; esac",
        ),
    ],
)
def test_a_default_of_the_project_s_own_argument_is_reported(before: str, script: str) -> None:
    text = f"FROM debian:13\n{before}RUN {script}\n"
    (finding,) = findings(hard_coded_arch, context(text))
    assert text[slice(*finding.range)] == before.partition("=")[2].strip()
    assert "decides what is downloaded; `TARGETARCH` follows the platform" in finding.message
    assert finding.fixes == ()


MAPPED = 'case "$ARCH" in amd64) N=x86_64;; arm64) N=aarch64;; esac; curl -O https://e.com/t-$N'


def test_a_global_default_is_reported() -> None:
    text = f"ARG ARCH=amd64\nFROM debian:13\nARG ARCH\nRUN {MAPPED}\n"
    (finding,) = findings(hard_coded_arch, context(text))
    assert finding.range.start == len("ARG ARCH=")


@every_case(
    "before, script",
    [
        ("ARG TARGETARCH\nARG ARCH=$TARGETARCH\n", MAPPED),
        ("ARG ARCH\n", MAPPED),
        ("ARG FLAVOUR=slim\n", 'case "$FLAVOUR" in slim) N=a;; *) N=b;; esac; curl -O https://e.com/t-$N'),
        ("ARG ARCH=amd64\n", "ARCH=$(dpkg --print-architecture); " + MAPPED),
        ("ARG ARCH=amd64\n", 'case "$ARCH" in amd64) N=x86_64;; arm64) N=aarch64;; esac; echo $N'),
    ],
)
def test_an_argument_that_follows_the_target_or_chooses_no_file_is_not_reported(before: str, script: str) -> None:
    check_nothing(hard_coded_arch, f"FROM debian:13\n{before}RUN {script}\n")


def test_an_address_whose_site_is_unknown() -> None:
    check_rule(
        hard_coded_arch,
        """
        FROM debian:13
        ARG MIRROR
        RUN wget "$MIRROR/tool-x86_64.tar.gz"
                               ^^^^^^ the file for x86_64 is downloaded for linux/arm64 too
        """,
    )
    check_nothing(hard_coded_arch, "FROM debian:13\nARG DIR\nRUN wget -O $DIR/tool-amd64 https://e.com/tool\n")


@every_case(
    "options, is_address",
    [
        ("curl -fsSL", True), ("curl -fsSLO", True), ("curl -fsSLo", False), ("curl --output", False), ("wget -q", True), ("wget -qO", False),
        ("wget -nv", True), ("aria2c -d", False),
    ],
)  # fmt: skip
def test_the_word_after_an_option_may_be_its_value(options: str, *, is_address: bool) -> None:
    text = f"FROM debian:13\nARG SITE\nRUN {options} $SITE/tool-linux-amd64.tgz\n"
    assert reported(hard_coded_arch, text) == (["amd64"] if is_address else [])


def test_the_address_in_a_global_argument() -> None:
    text = "ARG URL=https://e.com/t-linux-amd64\nFROM debian:13\nARG URL\nADD $URL /t\n"
    (finding,) = findings(hard_coded_arch, context(text))
    assert finding.doubt is Doubt.ARGUMENT
    assert finding.fixes == ()


NODE = "https://nodejs.org/dist/v24.1.0/node-v24.1.0-linux-x64.tar.gz"


@every_case(
    "unpack, is_neutral",
    [
        ("tar xzf node-v24.1.0-linux-x64.tar.gz -C /usr --strip-components=1 n/lib/node_modules/npm n/bin/npx", True),
        ('tar -x -f "node-v24.1.0-linux-x64.tar.gz" -C /usr n/include', True),
        ("tar xzf node-v24.1.0-linux-x64.tar.gz -C /usr --strip-components=1 n/lib/node_modules/npm n/bin/node", False),
        ("tar xzf node-v24.1.0-linux-x64.tar.gz -C /usr/include --strip-components=1", False),
        ("tar xzf node-v24.1.0-linux-x64.tar.gz n/bin/npm && tar xzf node-v24.1.0-linux-x64.tar.gz", False),
        ("tar xzf other.tar.gz n/bin/npm", False),
        ("true", False),
    ],
)
def test_scripts_and_headers_of_an_archive_suit_every_machine(unpack: str, *, is_neutral: bool) -> None:
    text = IMAGE.format(f"RUN wget {NODE} && {unpack}")
    assert bool(reported(hard_coded_arch, text)) is not is_neutral


@every_case("member, is_neutral", [("'include/*'", True), ("bin/protoc", False), ("", False)])
def test_members_of_a_zip(member: str, *, is_neutral: bool) -> None:
    run = f"RUN wget https://x.org/p-linux-x86_64.zip && unzip -q p-linux-x86_64.zip {member} -d /usr/local"
    assert bool(reported(hard_coded_arch, IMAGE.format(run))) is not is_neutral


@every_case(
    "url, is_said",
    [
        ("https://github.com/x86-64/json/archive/main.tar.gz", False),
        ("https://raw.githubusercontent.com/amd64/tools/main/tool.tar.gz", False),
        ("https://github.com/x86-64/json/releases/download/v1/json-amd64.tar.gz", True),
        ("https://github.com/o/tools-x86_64/archive/main.tar.gz", True),
        ("https://example.com/x86-64/json.tar.gz", True),
    ],
)
def test_the_account_of_a_repository_is_no_architecture(url: str, is_said: bool) -> None:
    text = f"FROM debian\nRUN curl -L {url} | tar -xz -C /usr/local/bin\n"
    assert bool(findings(hard_coded_arch, context(text))) is is_said


@every_case(
    "url, is_said",
    [
        ("https://x.org/FreeBSD/releases/amd64/13.4-RELEASE/base.txz", False),
        ("https://x.org/sdk-darwin-amd64.tgz", False),
        ("https://x.org/tool-windows-amd64.zip", False),
        ("https://x.org/tool-linux-amd64.tgz", True),
        ("https://x.org/mydarwinist-amd64.tgz", True),
        ("https://x.org/tool-win-amd64.zip", False),
        ("https://x.org/ghc-9-x86_64-unknown-mingw32.tar.xz", False),
        ("https://x.org/setup_amd64.exe", False),
        ("https://x.org/app-x64.dmg", False),
        ("https://x.org/app-arm64-v8a.apk", False),
        ("https://x.org/model-x64.onnx", False),
        ("https://www.python.org/ftp/python/3.13.1/python-3.13.1-embed-amd64.zip", False),
        ("https://x.org/twin-amd64.zip", True),
        # A compiler for Windows that runs on Linux.
        ("https://x.org/llvm-mingw-ubuntu-x86_64.tar.xz", True),
        ("https://x.org/python-3.13.1-amd64.tgz", True),
    ],
)
def test_files_of_another_system_run_in_no_image(url: str, *, is_said: bool) -> None:
    assert bool(reported(hard_coded_arch, IMAGE.format(f"RUN curl -O {url}"))) is is_said


FROM_TOOLCHAIN = """
FROM --platform=$BUILDPLATFORM debian AS build
WORKDIR /src
RUN curl -L https://x.org/cc-x86_64.tar.xz | tar xJ{}
RUN {}
FROM scratch
COPY --from=build {} /
"""


@every_case(
    "directory, run, taken",
    [
        ("", "./cc/zig build -Dtarget=$T", "/src/zig-out/bin/a"),
        (" -C /opt", "/opt/cc/bin/cc -o /opt/out/a a.c", "/opt/out/a"),
        ("", "./build.sh", "/src/dist"),
        ("", "true", "/usr/share/doc"),
    ],
)
def test_outputs_of_a_downloaded_compiler_are_not_reported(directory: str, run: str, taken: str) -> None:
    check_nothing(hard_coded_arch, FROM_TOOLCHAIN.format(directory, run, taken))


@every_case(
    "directory, run, taken",
    [
        ("", "true", "/src/cc"),
        (" -C /opt", "./build.sh", "/opt"),
        (" -C /opt/cc", "mv /opt/cc /cc", "/cc"),
        ("", "cp cc/bin/cc /usr/local/bin/", "/usr/local/bin/cc"),
    ],
)
def test_a_downloaded_compiler_in_the_image_is_reported(directory: str, run: str, taken: str) -> None:
    assert reported(hard_coded_arch, FROM_TOOLCHAIN.format(directory, run, taken)) == ["x86_64"]


@every_case(
    "script, is_said",
    [
        ('fetch() { curl -fsSL "https://x.org/dl/$1" -o /t; }; fetch tool-linux-amd64', True),
        ("function fetch { wget https://x.org/$@; }\nfetch tool-linux-amd64", True),
        ('fetch() { curl -fsSL "https://x.org/dl/$1" -o /t; }; fetch tool-linux-$TARGETARCH', False),
        (
            'fetch() { curl -fsSL "https://x.org/dl/$1" -o /t; }; [ $TARGETARCH = amd64 ] && fetch tool-linux-amd64',
            False,
        ),
        ("log() { curl -fsSL https://x.org/log; }; log tool-linux-amd64", False),
        ('log() { echo "$1"; }; log tool-linux-amd64', False),
    ],
)
def test_downloads_by_shell_functions_are_read(script: str, is_said: bool) -> None:
    run = "RUN <<EOF\n" + script + "\nEOF"
    assert bool(findings(hard_coded_arch, context(IMAGE.format(run)))) is is_said


@every_case(
    "lines, n_findings",
    [
        ("RUN wget https://x.org/t-amd64.tgz.asc && wget https://x.org/t-amd64.tgz && gpg --verify t-amd64.tgz.asc", 1),
        ("RUN wget https://x.org/t-amd64.tgz https://x.org/t-amd64.tgz.sha256", 1),
        ("RUN wget https://x.org/t-amd64.tgz\nRUN wget https://x.org/u-amd64.tgz", 2),
        ("ADD https://x.org/t-amd64.tgz /\nADD https://x.org/u-amd64.tgz /", 2),
        ("RUN wget https://x.org/t-amd64.tgz && wget https://x.org/t-arm64.tgz", 0),
    ],
)
def test_a_file_and_its_signature_are_one_cause(lines: str, n_findings: int) -> None:
    assert len(findings(hard_coded_arch, context(IMAGE.format(lines)))) == n_findings


def test_the_signature_changes_with_its_file() -> None:
    run = "RUN wget https://x.org/t-{0}.tgz.asc && wget https://x.org/t-{0}.tgz && gpg --verify t-{0}.tgz.asc t-{0}.tgz"
    check_fix(hard_coded_arch, IMAGE.format(run.format("amd64")), IMAGE.format(run.format("${TARGETARCH}")))


PACKAGE = "FROM debian:13\nRUN curl -O https://x.org/d_amd64.deb && dpkg -i d_amd64.deb && rm d_amd64.deb\n"
SIGNED = PACKAGE.replace("RUN ", "RUN curl -O https://x.org/d_amd64.deb.asc && ")
ANOTHER = "ADD https://x.org/x86_64/tool.tgz /\n"


@every_case(
    "text, marks",
    [
        # A single place may be an oversight.
        (PACKAGE, ["amd64"]),
        # Several places that agree are intended, unless the file mentions several platforms.
        (SIGNED, []),
        (PACKAGE + ANOTHER, []),
        (PACKAGE.replace("debian", "amd64/debian"), []),
        (PACKAGE + "ENV LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu\n", []),
        (PACKAGE + "ENV GOARCH=amd64\n", []),
        (PACKAGE + "ENV LD_LIBRARY_PATH=/opt/java/lib/amd64/server\n", []),
        (PACKAGE + "ENV MODE=release\n", ["amd64"]),
        # The variable is a part of the download.
        ("FROM debian:13\nENV A=amd64\nRUN curl -O https://x.org/d_$A.deb && dpkg -i d_$A.deb\n", ["amd64"]),
        (PACKAGE + "ENV GOARCH=amd64\nARG TARGETARCH\n", ["amd64"]),
        (SIGNED + "ARG TARGETARCH\n", ["amd64"]),
        (PACKAGE + ANOTHER + "RUN curl -O https://x.org/$(uname -m).tgz\n", ["amd64", "x86_64"]),
        (PACKAGE + ANOTHER + "RUN case $(dpkg --print-architecture) in amd64) a;; esac\n", ["amd64", "x86_64"]),
    ],
)
def test_an_image_that_is_made_for_one_architecture(text: str, marks: list[str]) -> None:
    assert sorted(reported(hard_coded_arch, text)) == marks


def test_a_request_for_several_platforms_reports_each_download() -> None:
    builder = Builder(request())
    ctx = RuleContext(builder.build(builder.parse(SIGNED + ANOTHER)), builder, asks_for_several=True)
    assert {ctx.text[slice(*it.range)] for it in findings(hard_coded_arch, ctx)} == {"amd64", "x86_64"}


@every_case(
    "run, is_said",
    [
        ("tar xf /s.tgz && /sdk/gen --out /out", False),
        ("tar xf /s.tgz && cp -r /sdk /out", True),
        ("tar xf /s.tgz", True),
    ],
)
def test_what_a_program_of_an_unpacked_archive_writes_beside_it(run: str, is_said: bool) -> None:
    download = "FROM --platform=linux/amd64 debian:13 AS sdk\nRUN wget -O /s.tgz https://x.org/s-x86_64.tgz && "
    text = f"{download}{run}\nFROM nginx\nCOPY --from=sdk /out /srv\n"
    assert reported(hard_coded_arch, text) == (["x86_64"] if is_said else [])


@every_case(
    "script, is_said",
    [
        ('if [ "$TARGETARCH" = amd64 ]; then curl -O https://x.org/t-amd64', False),
        ('if [ "$TARGETARCH" = arm64 ]; then curl -O https://x.org/t-amd64', True),
        ('if [ "$TARGETARCH" = arm64 ]; then true; else curl -O https://x.org/t-amd64', False),
        ('if [ -z "$A" ]; then if [ "$TARGETARCH" = amd64 ]; then curl -O https://x.org/t-amd64', False),
        ("if [ -z $A ]; then true; elif [ $TARGETARCH = amd64 ]; then curl -O https://x.org/t-amd64; el", False),
        ("if [ -z $A ]; then curl -O https://x.org/t-amd64", True),
        ("set -e; case $TARGETARCH in amd64) curl -O https://x.org/t-amd64 ;; arm64", False),
        ("set -e; case $TARGETARCH in arm64) curl -O https://x.org/t-amd64 ;; amd64", True),
    ],
)
def test_a_half_typed_condition_decides_already(script: str, *, is_said: bool) -> None:
    assert reported(hard_coded_arch, IMAGE.format(f"RUN {script}")) == (["amd64"] if is_said else [])


@every_case(
    "run, is_said",
    [
        ("RUN curl -fsSLo /k https://x.org/el9/x86_64/RPM-GPG-KEY-x", False),
        ("RUN curl -fsSLO https://x.org/linux/amd64/tool.repo", False),
        ("RUN curl -fsSLO https://x.org/el9/x86_64/tools-1.0.noarch.rpm && rpm -i tools-1.0.noarch.rpm", False),
        ("RUN curl -fsSLO https://x.org/debian/amd64/tool_1.0_all.deb && dpkg -i tool_1.0_all.deb", False),
        ("RUN curl -fsSLO https://x.org/debian/amd64/tool_1.0.deb && dpkg -i tool_1.0.deb", True),
        ("RUN curl -fsSLO https://x.org/cloudimg-amd64.img", False),
        ("RUN curl -fsSLO https://x.org/disk-x86_64.qcow2.gz", False),
        ("RUN curl -fsSLO https://x.org/linux/amd64/tool.jar", False),
        ("RUN curl -fsSLO https://x.org/linux/tool-amd64.jar", True),
        ("RUN curl -fsSLO https://x.org/vmlinux-6.1-x86_64", False),
        ("RUN curl -fsSLO https://x.org/tool-x86_64.tgz", True),
        ("RUN curl -fsSLO 'https://x.org/tool-x86_64.tgz?format=json'", True),
        (
            "RUN dpkg --add-architecture amd64 && apt-get install -y libc6:amd64 && curl -fsSLO https://x.org/t-amd64.tgz",
            False,
        ),
        ("RUN dpkg --add-architecture amd64\nRUN curl -fsSLO https://x.org/t-amd64.tgz", True),
        (
            "RUN dpkg --add-architecture amd64\nRUN curl -fsSLO https://x.org/t_amd64.deb && apt-get install -y ./t_amd64.deb",
            False,
        ),
        (
            "RUN dpkg --add-architecture amd64 && apt-get install -y musl-dev:amd64 libssl-dev:amd64\nRUN curl -fsSLO https://x.org/t-amd64.tgz",
            True,
        ),
        (
            "RUN dpkg --add-architecture $A && apt-get install -y libstdc++6:$A\nRUN curl -fsSLO https://x.org/t-amd64.tgz",
            False,
        ),
        ("RUN docker pull debian:amd64 || true\nRUN curl -fsSLO https://x.org/t-amd64.tgz", True),
        (
            "RUN dpkg --add-architecture i386 && apt-get install -y libc6:i386\nRUN curl -fsSLO https://x.org/t-amd64.tgz",
            True,
        ),
        (
            "RUN dpkg --add-architecture i386 && apt-get install -y libc6:i386\nRUN curl -fsSLO https://x.org/t-i386.tgz",
            False,
        ),
        (
            "RUN dpkg --add-architecture amd64 && apt-get install -y libc6:amd64\nRUN curl -fsSLO https://x.org/t-x86_64.tgz",
            False,
        ),
        ("RUN apt-get install -y box64\nRUN curl -fsSLO https://x.org/t-amd64.tgz", False),
        ("RUN apt-get install -y box86\nRUN curl -fsSLO https://x.org/t-amd64.tgz", True),
        ("RUN apt-get install -y qemu-user-static\nRUN curl -fsSLO https://x.org/t-amd64.tgz", False),
        (
            "COPY --from=q /usr/bin/qemu-arm-static /usr/bin/\nRUN qemu-arm-static --version\nRUN curl -fsSLO https://x.org/t-amd64.tgz",
            True,
        ),
        ("RUN apt-get install -y sandbox64x\nRUN curl -fsSLO https://x.org/t-amd64.tgz", True),
    ],
)
def test_files_that_no_machine_executes_or_an_emulator_does(run: str, is_said: bool) -> None:
    assert (
        bool(findings(hard_coded_arch, context(f"FROM debian\nARG TARGETARCH\nCOPY $TARGETARCH /a\n{run}\n")))
        is is_said
    )


@every_case(
    "script, n_findings",
    [
        ("if [ $TARGETARCH = arm64 ]; then a=aarch64; else a=x86_64; fi; curl -O https://x.org/t-$a", 1),
        ("case $TARGETARCH in arm64) a=aarch64;; arm) a=armv7;; *) a=x86_64;; esac; curl -O https://x.org/t-$a", 0),
        ("case $(dpkg --print-architecture) in arm64) a=aarch64;; *) a=x64;; esac; curl -O https://x.org/t-$a", 1),
        ("case $(uname -m) in aarch64) a=arm64;; *) a=amd64;; esac; curl -O https://x.org/t-$a", 0),
        ("a=$TARGETARCH; curl -O https://x.org/amd64/t-$a", 0),
        ("a=$TARGETARCH; curl -O https://x.org/t-$a", 0),
        ("curl -O https://x.org/t-amd64${TARGETVARIANT:+-$TARGETVARIANT}", 1),
        ("curl -O https://x.org/t-amd64-$TARGETARCH", 0),
    ],
)
def test_names_that_suit_some_platforms_only(script: str, n_findings: int) -> None:
    text = IMAGE.format(f"ARG TARGETVARIANT\nRUN {script}")
    assert len(reported(hard_coded_arch, text, "linux/amd64,linux/arm64,linux/arm/v7")) == n_findings


@every_case(
    "run, is_said",
    [
        ("RUN python3 <<EOF\nget('https://x.org/t-linux-amd64')\nEOF", True),
        ("RUN <<EOF\n#!/usr/bin/env python3\nget('https://x.org/t-linux-amd64')\nEOF", True),
        ("RUN <<EOF python3 -\nget('https://x.org/t-linux-amd64')\nEOF", True),
        (
            "RUN python3 <<EOF\nget('https://x.org/t-linux-amd64' if platform.machine() == 'x86_64' else other)\nEOF",
            False,
        ),
        ("RUN python3 x.py && cat > /doc <<EOF\nhttps://x.org/t-linux-amd64\nEOF", False),
    ],
)
def test_programs_in_heredocs(run: str, *, is_said: bool) -> None:
    assert reported(hard_coded_arch, IMAGE.format(run)) == (["amd64"] if is_said else [])


@every_case(
    "argument, is_said",
    [
        # Only the build that gives it knows the platform.
        ("ARG P", False),
        ("ARG P=linux/amd64", True),
        ("ARG P=$TARGETPLATFORM", True),
    ],
)
def test_a_stage_whose_platform_is_unknown(argument: str, is_said: bool) -> None:
    text = f"{argument}\nFROM --platform=$P debian AS b\nRUN curl -fsSLO https://x.org/t-amd64.tgz\nFROM alpine\nARG TARGETARCH\nRUN tar -xf $TARGETARCH.tar\nCOPY --from=b /t-amd64.tgz /t\n"
    assert bool(reported(hard_coded_arch, text)) is is_said


@every_case(
    "trigger, is_said",
    [
        ("RUN curl -fsSLo /t https://x.org/t-linux-amd64", True),
        ("ADD https://x.org/t-linux-amd64 /t", True),
        ("RUN [ $TARGETARCH = amd64 ] && curl -fsSLo /t https://x.org/t-linux-amd64", False),
        ("RUN curl -fsSLo /t https://x.org/t-linux-$TARGETARCH", False),
        ("COPY t-linux-amd64 /t", False),
    ],
)
def test_triggers_of_derived_stages(trigger: str, *, is_said: bool) -> None:
    text = f"FROM debian AS base\nONBUILD ARG TARGETARCH\nONBUILD {trigger}\nFROM base\nCOPY $TARGETARCH /a\n"
    assert reported(hard_coded_arch, text) == (["amd64"] if is_said else [])


@every_case(
    "downloads, lines",
    [
        (("amd64", "arm64"), []),
        (("x86_64", "aarch64"), []),
        (("arm64", "amd64"), ["arm64", "amd64"]),
        (("amd64", "amd64"), ["amd64"]),
    ],
)
def test_stages_chosen_by_their_names_get_the_files_of_their_targets(
    downloads: tuple[str, str], lines: list[str]
) -> None:
    text = (
        "FROM scratch AS driver-amd64\nADD https://x.org/d-{}.tgz /d/\n"
        "FROM scratch AS driver-arm64\nADD https://x.org/d-{}.tgz /d/\n"
        "FROM driver-$TARGETARCH AS driver\nFROM debian\nCOPY --from=driver /d /opt\n"
    )
    assert reported(hard_coded_arch, text.format(*downloads)) == lines
    named = text.replace("FROM driver-$TARGETARCH AS driver\n", "").replace("--from=driver", "--from=driver-amd64")
    assert reported(hard_coded_arch, named.format(*downloads)) == []


@every_case(
    "chosen_by, is_reported", [("$(dpkg --print-architecture)", True), ("$TARGETARCH", False), ("$ARCH", False)]
)
def test_a_default_hides_only_the_downloads_that_use_it(chosen_by: str, *, is_reported: bool) -> None:
    text = (
        "FROM debian\nARG TARGETARCH=amd64\nARG ARCH=$TARGETARCH\n"
        f'RUN case "{chosen_by}" in amd64) a=x86_64;; arm64) a=i686;; *) a=x86_64;; esac; curl -o /usr/bin/t "https://a.b/t-$a"\n'
    )
    assert bool(findings(hard_coded_arch, context(text))) is is_reported


@every_case(
    "script, is_said",
    [
        ("case $TARGETARCH in arm64) {arm64};; *) {amd64};; esac", True),
        ("if [ $TARGETARCH = arm64 ]; then {arm64}; else {amd64}; fi", True),
        ("case $TARGETARCH in arm64) {arm64};; amd64) {amd64};; *) exit 1;; esac", False),
        ("case $TARGETARCH in arm64) {arm64};; arm) {arm};; *) {amd64};; esac", False),
        ("case $TARGETARCH in arm64|arm) {amd64};; *) {arm64};; esac", False),
        ("if $(probe); then {arm64}; else {amd64}; fi", False),
        ("if [ $(uname -m) = aarch64 ]; then {arm64}; else {amd64}; fi", False),
    ],
)
def test_a_default_branch_for_another_platform(script: str, *, is_said: bool) -> None:
    lines = {it: f"curl -fsSL -o /usr/bin/t https://x.org/t-{it}" for it in ("amd64", "arm", "arm64")}
    text = f"FROM debian\nARG TARGETARCH\nRUN {script.format(**lines)}\n"
    marked = findings(hard_coded_arch, context(text, "linux/amd64,linux/arm64,linux/arm/v7"))
    assert [text[slice(*it.range)] for it in marked] == ["amd64"] * is_said
    assert not any(it.fixes for it in marked)
    assert reported(hard_coded_arch, text, "linux/amd64,linux/arm64") == []


@every_case(
    "before, n_findings",
    [
        ("ARG BUILDARCH=amd64\n", 0),
        ("ARG BUILDARCH=amd64\nARG TARGETARCH\n", 0),
        ("ARG BUILDARCH\nARG TARGETARCH\n", 1),
        ("ARG TARGETARCH\n", 1),
    ],
)
def test_a_default_that_hides_the_machine_is_one_cause(before: str, n_findings: int) -> None:
    name = "BUILDARCH" if "BUILDARCH=" in before else "TARGETARCH"
    text = f'FROM debian\n{before}RUN if [ "${name}" = arm64 ]; then a=aarch64; else a=x86_64; fi; curl -O https://x.org/t-$a\n'
    marked = reported(hard_coded_arch, text, "linux/amd64,linux/arm64,linux/arm/v7")
    assert len(marked) == n_findings


@every_case(
    "script, marks",
    [
        ("curl -o /usr/bin/jq https://x.org/jq-linux64", ["linux64"]),
        ("wget https://x.org/driver_linux64.zip", ["linux64"]),
        ("case $TARGETARCH in amd64) f=jq-linux64;; *) f=jq-linux-arm64;; esac; curl -O https://x.org/$f", []),
        ("curl -O https://x.org/jq-gnulinux64", []),
        ("curl -O https://x.org/windows-linux64", []),
    ],
)
def test_the_name_of_64_bit_linux_is_that_of_one_architecture(script: str, marks: list[str]) -> None:
    text = IMAGE.format(f"RUN {script}")
    assert [text[slice(*it.range)] for it in findings(hard_coded_arch, context(text))] == marks


@pytest.mark.parametrize(
    ("declaration", "is_said"),
    [("ARG TARGETARCH", False), ("", False), ("ARG TARGETARCH=amd64", False)],
)
def test_the_branch_of_an_undeclared_argument_is_one_cause(declaration: str, is_said: bool) -> None:
    script = "if [ $TARGETARCH = arm64 ]; then curl -O https://x.org/t-arm64; else curl -O https://x.org/t-amd64; fi"
    assert bool(findings(hard_coded_arch, context(f"FROM debian\n{declaration}\nRUN {script}\n"))) is is_said


@pytest.mark.parametrize(("image", "is_said"), [("amd64/debian", False), ("debian", True)])
def test_a_stage_on_an_image_of_one_architecture(image: str, is_said: bool) -> None:
    text = (
        f"FROM {image} AS base\nFROM base AS build\nARG TARGETARCH\n"
        "RUN curl -o /t https://x.org/t-amd64\nFROM base\nCOPY --from=build /t /usr/bin/t\n"
    )
    assert bool(findings(hard_coded_arch, context(text))) is is_said


@every_case(
    "files, places",
    [
        (["linux-x86_64"], ["x86_64"]),
        (["linux-aarch_64"], ["aarch_64"]),
        (["linux-x86_64", "linux-aarch_64"], []),
        (["linux-ppcle_64", "linux-x86_64", "linux-s390_64"], []),
        (["linux-universal_64"], []),
    ],
)
def test_the_names_of_the_plugin_of_maven_are_known(files: list[str], places: list[str]) -> None:
    run = " && ".join(f"curl -fsSLO https://x.org/native-1.0-{it}.jar" for it in files)
    assert reported(hard_coded_arch, IMAGE.format(f"RUN {run}")) == places


def test_default_platforms_are_a_condition() -> None:
    text = "FROM debian\nRUN curl -fsSLo /usr/bin/t https://example.com/t-linux-x86_64 && chmod +x /usr/bin/t\n"
    for is_assumed, places in ((True, "linux/arm64 (if you build for it) too"), (False, "linux/arm64 too")):
        (finding,) = findings(hard_coded_arch, context(text, workspace=Workspace(platforms_are_assumed=is_assumed)))
        assert finding.message == f"the file for x86_64 is downloaded for {places}"


@every_case(
    "run, is_said",
    [
        ("wget https://x.org/Mini-latest-Linux-x86_64.sh -O m.sh && bash m.sh -b", True),
        ("curl -fL https://x.org/Mini-Linux-x86_64.sh -o /tmp/m.sh && sh /tmp/m.sh && rm /tmp/m.sh", True),
        # A script that no name ties to a machine.
        ("wget https://x.org/x86_64/install.sh -O m.sh && bash m.sh", False),
        ("wget https://x.org/Mini-Linux-x86_64.sh.sha256 -O m.txt && cat m.txt", False),
        ("wget https://x.org/x86_64/guide.pdf", False),
        ("wget https://x.org/amd64/logo.png", False),
    ],
)
def test_an_installer_with_programs_inside_is_for_one_machine(run: str, is_said: bool) -> None:
    assert bool(findings(hard_coded_arch, context(IMAGE.format(f"RUN {run}")))) is is_said


@every_case(
    "declaration, address, is_said",
    [
        ("", "https://x.org/t-${TARGETARCH:-amd64}", False),
        ("", "https://x.org/t_${TARGETPLATFORM:-linux/amd64}.tgz", False),
        ("ARG TARGETARCH", "https://x.org/t-${TARGETARCH:-amd64}", False),
        ("", "https://x.org/t-${TARGETARCH:-linux-musl-amd64}", False),
        ("", "https://x.org/${TARGETARCH:-x}/t-amd64", True),
        ("", "https://x.org/t-${ARCH:-amd64}", True),
    ],
)
def test_the_default_of_an_undeclared_argument_is_one_cause(declaration: str, address: str, *, is_said: bool) -> None:
    text = f"FROM debian\n{declaration}\nRUN curl -o /usr/bin/t {address}\n"
    assert bool(reported(hard_coded_arch, text)) is is_said


@every_case(
    "lines, places",
    [
        ("ENV URL=https://x.org/tool-linux-amd64\nADD $URL /usr/bin/tool", ["amd64"]),
        ("ARG SITE=https://x.org\nADD ${SITE}/tool-linux-amd64 /usr/bin/tool", ["amd64"]),
        ("ENV URL=tool-linux-amd64\nADD $URL /usr/bin/tool", []),
        ("ENV URL=https://x.org/amd64.git\nADD $URL /src", []),
        ("ENV URL=https://x.org/tool-linux-$TARGETARCH\nADD $URL /usr/bin/tool", []),
        # a signature is for every machine, also if a variable names it
        ("ENV SUM=tool-amd64.tgz.asc\nRUN curl -O https://x.org/$SUM && gpg --verify $SUM", []),
        ("ENV SUM=tool-amd64.tgz\nRUN curl -O https://x.org/$SUM && tar xf $SUM", ["amd64"]),
    ],
)
def test_an_address_may_be_in_a_variable(lines: str, places: list[str]) -> None:
    assert reported(hard_coded_arch, f"FROM debian:13\nARG TARGETARCH\n{lines}\n") == places


def test_the_architecture_of_the_builder_is_left_to_its_own_rule() -> None:
    lines = "ARG BUILDARCH\nRUN curl -O https://x.org/t-$BUILDARCH\nRUN if [ $BUILDARCH = arm64 ]; then echo; fi\n"
    assert reported(hard_coded_arch, f"FROM alpine\n{lines}") == []


@every_case(
    "run, places",
    [
        ("if [ $TARGETARCH = amd64 ]; then tar xf /$F -C /opt; else mkdir /opt; fi", []),
        ("tar xf /$F -C /opt", ["amd64"]),
    ],
)
def test_a_download_by_add_that_the_stage_uses_for_its_own_target(run: str, places: list[str]) -> None:
    lines = f"ENV F=fw-amd64.tgz\nADD https://x.org/$F /$F\nRUN {run}"
    assert reported(hard_coded_arch, f"FROM debian:13\nARG TARGETARCH\n{lines}\n") == places


def test_firmware_of_a_virtual_machine_is_for_its_own_machine() -> None:
    assert reported(hard_coded_arch, "FROM alpine\nARG TARGETARCH\nADD https://x.org/OVMF_x86_64.fd /fw/\n") == []


def test_the_same_file_in_several_stages_has_one_cause() -> None:
    run = "RUN curl -o /usr/bin/t https://x.org/{}-amd64"
    text = f"FROM alpine AS a\nARG TARGETARCH\n{run.format('t')}\nFROM debian\n{run.format('t')}\n{run.format('u')}\nCOPY --from=a /usr/bin/t /t\n"
    all_findings = findings(hard_coded_arch, context(text))
    lines = [(text.count("\n", 0, it.range.start), len(it.related)) for it in all_findings]
    assert lines == [(2, 1), (5, 0)]


def test_of_one_file_the_certain_use_is_reported() -> None:
    url = "https://x.org/t-amd64"
    text = f"FROM alpine AS a\nARG TARGETARCH\nRUN curl -O {url}\nFROM debian\nCOPY --from=a /x /x\nRUN curl -o /usr/bin/t {url}\n"
    (finding,) = findings(hard_coded_arch, context(text))
    assert (text.count("\n", 0, finding.range.start), finding.doubt) == (5, None)


S6 = "https://github.com/just-containers/s6-overlay/releases/download/v2.2.0.3/s6-overlay-amd64.tar.gz"
LATER_NAME = "$(case $TARGETARCH in amd64) echo amd64;; arm64) echo aarch64;; *) echo $TARGETARCH;; esac)"


def test_the_fix_for_a_known_site_writes_its_own_names() -> None:
    before = IMAGE.format(f"RUN curl -fsSL {S6} | tar xz -C /")
    check_fix(hard_coded_arch, before, before.replace("amd64", LATER_NAME))


@every_case(
    "lines",
    [
        # ADD cannot map names, and the second place would need the same mapping
        f"ADD {S6} /tmp/",
        f"RUN curl -fsSLO {S6}\nRUN tar xzf s6-overlay-amd64.tar.gz -C /",
        # this site has amd64 and i386 only
        "RUN curl -fsSLO http://archive.ubuntu.com/ubuntu/pool/main/l/lib_1_amd64.deb",
        "RUN curl -fsSLO http://de.archive.ubuntu.com/ubuntu/pool/main/l/lib_1_amd64.deb",
    ],
)
def test_a_known_site_without_files_of_these_names_leaves_no_fix(lines: str) -> None:
    (finding,) = findings(hard_coded_arch, context(IMAGE.format(lines)))
    assert finding.fixes == ()


@every_case(
    "refusal, place",
    [
        ('case $TARGETPLATFORM in "linux/arm64") exit 1 ;; *) make ;; esac', None),
        ('test "$TARGETARCH" = amd64', None),
        # It accepts both, or refuses the one that the file is for.
        ("case $TARGETARCH in amd64|arm64) make ;; *) exit 1 ;; esac", "amd64"),
        ('test "$TARGETARCH" = arm64', "amd64"),
        # Who installs a package may not know that it does not exist there.
        ("apt-get install -y intel-media-va-driver", "amd64"),
    ],
)
def test_a_file_that_refuses_other_platforms_is_for_one(refusal: str, place: str | None) -> None:
    text = f"FROM debian:13 AS b\nARG TARGETARCH TARGETPLATFORM\nRUN curl -fo /t https://x.org/t-linux-amd64\nFROM debian:13\nARG TARGETARCH TARGETPLATFORM\nRUN {refusal}\nCOPY --from=b /t /t\n"
    assert reported(hard_coded_arch, text) == [place] * (place is not None)


def test_a_declaration_that_comes_too_late_moves() -> None:
    text = "FROM alpine\nADD https://x.org/a_amd64 /a\nARG TARGETARCH\nADD https://x.org/b-$TARGETARCH /b\n"
    (finding,) = findings(hard_coded_arch, context(text))
    assert apply_edits(text, finding.fixes[0].edits) == (
        "FROM alpine\nARG TARGETARCH\nADD https://x.org/a_${TARGETARCH} /a\nADD https://x.org/b-$TARGETARCH /b\n"
    )


API = "curl -s https://api.x.org/releases/latest"


@every_case(
    "run, is_said",
    [
        (f"{API} | grep linux_amd64 | cut -d: -f2 | xargs curl -fsSLo /usr/bin/t", True),
        (f"{API} | grep linux_amd64 | cut -d: -f2 | wget -qi -", True),
        (f"{API} | grep linux_$TARGETARCH | cut -d: -f2 | wget -qi -", False),
        (f"{API} | grep linux | grep -v arm64 | wget -qi -", False),
        (f"{API} | filter amd64 | wget -qi -", False),
        (f"{API} | grep linux_amd64 | sort", False),
        ("echo https://x.org/t-amd64 | xargs -n1 curl -O", True),
        (f'U=$({API} | jq -r \'.[] | select(endswith("amd64.tgz"))\') && curl -o /usr/bin/t "$U"', True),
        (f"U=$({API} | jq -r '.[] | select(test(\"amd64\") | not)') && curl -o /usr/bin/t $U", False),
        (f"U=$({API} | grep $TARGETARCH) && curl -o /usr/bin/t $U", False),
        (f"U=$({API} | grep amd64) && echo $U", False),
    ],
)
def test_an_address_that_another_download_lists(run: str, is_said: bool) -> None:
    assert bool(reported(hard_coded_arch, IMAGE.format(f"RUN {run}"))) is is_said


@every_case(
    "run, is_said",
    [
        ("curl -o /t https://x.org/t-amd64; if [ $TARGETARCH = amd64 ]; then install /t /bin/t; fi; rm /t", False),
        ("curl -o /t https://x.org/t-amd64; chmod +x /t; [ $TARGETARCH != amd64 ] || mv /t /bin/t", False),
        ("curl -o /t https://x.org/t-amd64; if [ $TARGETARCH = amd64 ]; then echo 1; fi; mv /t /bin/t", True),
        ("curl -o /t https://x.org/t-amd64; rm /u", True),
    ],
)
def test_a_file_that_only_its_own_machine_uses(run: str, *, is_said: bool) -> None:
    assert bool(reported(hard_coded_arch, IMAGE.format(f"RUN {run}"))) is is_said


@every_case(
    "address, since",
    [
        (
            "github.com/jwilder/dockerize/releases/download/v0.6.1/dockerize-linux-amd64-v0.6.1.tar.gz",
            "dockerize 0.7.0",
        ),
        ("github.com/jwilder/dockerize/releases/download/$V/dockerize-linux-amd64-$V.tar.gz", "dockerize 0.7.0"),
        ("github.com/jwilder/dockerize/releases/download/v0.7.0/dockerize-linux-amd64-v0.7.0.tar.gz", None),
        ("github.com/jwilder/dockerize/releases/download/v0.10.1/dockerize-linux-amd64-v0.10.1.tar.gz", None),
        ("github.com/jwilder/dockerize/releases/download/$UNKNOWN/dockerize-linux-amd64.tar.gz", None),
        ("releases.hashicorp.com/terraform/0.12.29/terraform_0.12.29_linux_amd64.zip", "Terraform 0.14"),
        ("releases.hashicorp.com/terraform/0.13.7/terraform_0.13.7_linux_amd64.zip", None),
        ("github.com/docker/compose/releases/download/1.29.2/docker-compose-Linux-x86_64", "Docker Compose 2.0.0"),
        ("github.com/docker/compose/releases/download/v2.29.0/docker-compose-linux-x86_64", None),
        ("github.com/neovim/neovim/releases/download/v0.10.3/nvim-linux-x86_64.tar.gz", "Neovim 0.10.4"),
        ("github.com/hadolint/hadolint/releases/download/v2.9.3/hadolint-Linux-x86_64", "Hadolint 2.10.0"),
        ("github.com/Yelp/dumb-init/releases/download/v1.2.2/dumb-init_1.2.2_amd64", "dumb-init 1.2.3"),
        ("github.com/Yelp/dumb-init/releases/download/v1.2.5/dumb-init_1.2.5_x86_64", None),
    ],
)
def test_old_versions_of_known_programs_have_no_file_for_arm64(address: str, since: str | None) -> None:
    text = f"FROM debian\nENV V=v0.6.1\nARG UNKNOWN\nRUN curl -fsSLo /usr/local/bin/t https://{address} && chmod +x /usr/local/bin/t\n"
    (finding,) = findings(hard_coded_arch, context(text))
    end = (
        ""
        if since is None
        else f"; {since.rpartition(' ')[0]} has files for arm64 from version {since.rpartition(' ')[2]} on"
    )
    assert finding.message.endswith(f"is downloaded for linux/arm64 too{end}")
    assert not (finding.fixes and since)
    assert "from version" not in findings(hard_coded_arch, context(text, "linux/amd64,linux/arm/v7"))[0].message


@every_case(
    "directory, last, is_program",
    [
        # Where a stage works on what it downloads, from which the image takes a program.
        ("/downloads", "FROM debian\nCOPY --from=d /out/t /usr/local/bin/t", True),
        ("/work", "FROM debian\nCOPY --from=d /out/t /usr/local/bin/t", True),
        # Files that an image serves.
        ("/srv/downloads", "EXPOSE 80", False),
        ("/assets", "FROM debian\nCOPY --from=d /out/t /usr/local/bin/t", False),
    ],
)
def test_a_directory_of_downloads_serves_files_in_an_image_only(directory: str, last: str, *, is_program: bool) -> None:
    text = f"""FROM debian AS d
WORKDIR {directory}
RUN curl -fsSLo t https://example.org/linux-x64/t && install -D -m 0555 t /out/t
{last}
"""
    (finding,) = findings(hard_coded_arch, context(text))
    assert (finding.doubt is None) is is_program
