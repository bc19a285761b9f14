from __future__ import annotations

from buildxray.rules.architecture.single_arch_package import single_arch_package
from buildxray.rules.base import Severity
from tests.support.cases import every_case
from tests.support.rules import check_fix, context, findings, reported, severities

IMAGE = "FROM debian:13\nARG TARGETARCH\n{}\n"


@every_case(
    "line, place",
    [
        (
            'RUN echo "deb [arch=amd64 signed-by=/k] https://x.org trixie main" > /etc/apt/sources.list.d/x.list',
            "amd64",
        ),
        ("COPY <<E /etc/apt/sources.list.d/x.sources\nTypes: deb\nArchitectures: amd64\nE", "amd64"),
        (
            r"RUN printf 'Types: deb\nArchitectures: amd64\nSigned-By: /k\n' > /etc/apt/sources.list.d/x.sources",
            "amd64",
        ),
        ("RUN pip install https://x.org/o-1.0-cp312-cp312-manylinux2014_x86_64.whl", "x86_64"),
        ("RUN pip download --platform manylinux2014_x86_64 -d /w numpy", "x86_64"),
        ("RUN conda create -y --subdir linux-64 python", "linux-64"),
        ("RUN mamba install --platform=linux-aarch64 python", "linux-aarch64"),
        ("RUN CONDA_SUBDIR=linux-64 micromamba install -y python", "linux-64"),
        ("ENV CONDA_SUBDIR=linux-64", "linux-64"),
        ("RUN dpkg -i /tmp/tool_1.2_amd64.deb", "amd64"),
        ("RUN dpkg -i /tmp/tool_1.2_amd64.deb || exit 1", "amd64"),
        ("RUN which curl || dpkg -i /tmp/tool_1.2_amd64.deb", "amd64"),
        ("RUN rpm -i /tmp/tool-1.2.aarch64.rpm", "aarch64"),
        ("RUN apt-get install -y linux-headers-amd64", "amd64"),
        ("RUN apt-get install -y libc6:arm64", "arm64"),
        ("RUN apt-get install -y linux-image-arm64=6.12.1-1", "arm64"),
        ("RUN apk add --allow-untrusted https://x.org/x86_64/foo.apk", "x86_64"),
        ("RUN gem install x --platform x86_64-linux", "x86_64"),
        ("RUN npm install @rollup/rollup-linux-x64-gnu", "x64"),
        ("RUN curl -fsSL https://x.org/i.sh | sh -s -- --target x86_64-unknown-linux-gnu", "x86_64"),
        ("RUN curl -fsSL https://x.org/i.sh | ARCH=amd64 sh", "amd64"),
        ("RUN npm install lightningcss-linux-x64-musl@1.29.0", "x64"),
        ("RUN uv pip install --python-platform x86_64-unknown-linux-gnu -r r.txt", "x86_64"),
        ('RUN gh release download v1 -R o/r -p "tool-linux-amd64.tgz"', "amd64"),
        ("RUN gh release download v1 -R o/r --pattern='*_arm64.deb'", "arm64"),
        # The download is the cause, not what installs its file.
        ("RUN gh release download v1 -R o/r -p t_amd64.deb && dpkg -i t_amd64.deb", "amd64"),
    ],
)
def test_packages_for_one_architecture_are_reported(line: str, place: str) -> None:
    assert reported(single_arch_package, IMAGE.format(line)) == [place]


@every_case(
    "line",
    [
        'RUN echo "deb [arch=amd64,arm64] https://x.org trixie main" > /x.list',
        'RUN echo "deb [arch=$(dpkg --print-architecture)] https://x.org trixie main" > /x.list',
        'RUN echo "deb [arch=$TARGETARCH] https://x.org trixie main" > /x.list',
        "RUN dpkg --add-architecture amd64 && apt-get install -y libc6:amd64",
        "RUN [ $TARGETARCH = amd64 ] && dpkg -i /tmp/tool_amd64.deb",
        "RUN curl -O https://x.org/tool_amd64.deb && dpkg -i tool_amd64.deb",
        "RUN apt-get install -y gcc-x86-64-linux-gnu g++-aarch64-linux-gnu ca-certificates",
        "RUN apt-get install -y crossbuild-essential-arm64",
        "RUN apt-get install -y qemu-system-riscv64 qemu-efi-arm64",
        "RUN apt-get install -y nasm libc6-dev",
        "RUN debootstrap --arch=$TARGETARCH trixie /r && mmdebstrap --variant=apt trixie /r http://x.org/amd64",
        "RUN apt-get install -y libc6:amd64 || apt-get install -y libc6 || true",
        "RUN npm install left-pad",
        "RUN npm install is-linux-x64-machine",
        'RUN echo "deb-src [arch=amd64] https://x.org trixie main" > /etc/apt/sources.list.d/x.list',
        "RUN curl -fsSL https://x.org/i.sh | ARCH=$TARGETARCH sh",
        "RUN curl -fsSL https://x.org/i.sh | CACHE=amd64 sh",
        "RUN curl -fsSL https://x.org/i.sh | SEARCH=amd64 sh",
        'RUN gh release download v1 -R o/r -p "tool-linux-$TARGETARCH.tgz"',
        "RUN gh release view v1 -R o/amd64",
    ],
)
def test_packages_for_every_architecture_are_not_reported(line: str) -> None:
    assert reported(single_arch_package, IMAGE.format(line)) == []


_DEB = "deb [arch=amd64] https://x.org trixie main"


@every_case(
    "lines, count",
    [
        (f'RUN if [ "$TARGETARCH" = amd64 ]; then echo "{_DEB}" > /x.list; fi', 0),
        (f'RUN if [ "$TARGETARCH" != amd64 ]; then echo "{_DEB}" > /x.list; fi', 1),
        (f'RUN A=$(dpkg --print-architecture) && if [ "$A" = amd64 ]; then echo "{_DEB}" > /x.list; fi', 0),
        (f'RUN A=$(dpkg --print-architecture) && if [ "$A" = s390x ]; then :; else echo "{_DEB}" > /x.list; fi', 1),
        (f'RUN case "$(dpkg --print-architecture)" in amd64) echo "{_DEB}" > /x.list ;; esac', 0),
        (f'RUN case "$(dpkg --print-architecture)" in *64) echo "{_DEB}" > /x.list ;; esac', 1),
        (f'RUN if [ "$(uname -m)" = x86_64 ]; then printf "{_DEB}\\n" | tee /x.list; fi', 0),
        (f'RUN [ "$TARGETARCH" = amd64 ] && add-apt-repository "{_DEB}"', 0),
        (f'RUN [ -n "$EXTRA" ] && add-apt-repository "{_DEB}"', 1),
        (f'RUN if [ "$TARGETARCH" = amd64 ]; then sed -i "s|^deb.*|{_DEB}|" /x.list; fi', 0),
        (f"RUN if [ $TARGETARCH = amd64 ]; then cat > /x.list; fi <<E\n{_DEB}\nE", 0),
        (f"RUN cat > /x.list <<E && if [ $TARGETARCH = amd64 ]; then apt-get update; fi\n{_DEB}\nE", 1),
        (f'RUN <<E\nif [ "$TARGETARCH" = amd64 ]; then\n  echo "{_DEB}" > /x.list\nfi\nE', 0),
        (f'RUN <<E\nif [ "$TARGETARCH" = amd64 ]; then\n  :\nfi\necho "{_DEB}" > /x.list\nE', 1),
        (f'RUN <<E\nif [ "$TARGETARCH" = amd64 ]; then\n  cat > /x.list <<F\n{_DEB}\nF\nfi\nE', 0),
        (f"RUN <<E\ncat > /x.list <<F\n{_DEB}\nF\nE", 1),
        (f"COPY <<E /x.list\n{_DEB}\nE", 1),
        # A half-typed value is not reported.
        (f'RUN if [ "$TARGETARCH" = amd64 ]; then echo "{_DEB}', 0),
    ],
)
def test_a_source_of_packages_in_a_condition(lines: str, count: int) -> None:
    assert len(reported(single_arch_package, IMAGE.format(lines))) == count


def test_the_fix_asks_dpkg_for_the_architecture() -> None:
    line = 'RUN echo "deb [arch={}] https://x.org trixie main" > /x.list'
    after = IMAGE.format(line.format("$(dpkg --print-architecture)"))
    check_fix(single_arch_package, IMAGE.format(line.format("amd64")), after)
    heredoc = "COPY <<E /x.sources\nTypes: deb\nArchitectures: {}\nE"
    check_fix(single_arch_package, IMAGE.format(heredoc.format("amd64")), IMAGE.format(heredoc.format("$TARGETARCH")))


@every_case(
    "line",
    [
        'RUN echo "deb [arch=amd64] http://archive.ubuntu.com/ubuntu noble main" > /etc/apt/sources.list.d/u.list',
        "COPY <<E /etc/apt/sources.list.d/u.sources\nURIs: http://security.ubuntu.com/ubuntu\nArchitectures: amd64\nE",
    ],
)
def test_a_site_without_packages_for_the_others_leaves_no_fix(line: str) -> None:
    (finding,) = findings(single_arch_package, context(IMAGE.format(line)))
    assert finding.fixes == ()


@every_case(
    "run, count",
    [
        ("yum install -y glibc.x86_64", 1),
        ("dnf -y install gcc libstdc++.x86_64", 1),
        ("zypper in -y zlib-devel.aarch64", 1),
        ("yum install -y glibc.x86_64 || yum install -y glibc.aarch64", 0),
        ("dnf install -y glibc.$(uname -m)", 0),
        # It is installed on amd64 too, but on no other machine.
        ("yum install -y glibc.i686", 1),
        ("dnf install -y --forcearch=x86_64 --installroot=/r bash", 1),
        ("dnf install -y --forcearch=$ARCH --installroot=/r bash", 0),
        ("dnf remove -y glibc.x86_64", 0),
        ("yum install -y python3.11 x86_64-tools", 0),
    ],
)
def test_rpm_packages_for_one_architecture_are_reported(run: str, count: int) -> None:
    text = f"FROM almalinux:9\nARG TARGETARCH\nRUN echo $TARGETARCH\nRUN {run}\n"
    assert len(findings(single_arch_package, context(text))) == count


@every_case(
    "run, expected",
    [
        ("dnf install -y https://x.org/EL-9-x86_64/repo-latest.noarch.rpm", []),
        ("dnf install -y https://x.org/EL-9-x86_64/tool-1.0.rpm", [None]),
        ("apt-get install -y linux-headers-amd64 || echo skipped", []),
        ("apt-get install -y linux-headers-amd64 || true", []),
        ("apt-get install -y linux-headers-amd64 || exit 1", [None]),
        ("apt-get install -y linux-headers-amd64 && true", [None]),
        # Others may be installed beside it.
        ("npm install --no-save @rollup/rollup-linux-x64-gnu", [Severity.WARNING]),
    ],
)
def test_packages_that_do_no_harm(run: str, expected: list[Severity | None]) -> None:
    text = f"FROM debian\nARG TARGETARCH\nCOPY $TARGETARCH /a\nRUN {run}\n"
    assert severities(single_arch_package, context(text)) == expected


@every_case(
    "line, severity",
    [
        ("dpkg -i /t_amd64.deb", None),
        ("dpkg --unpack /t_amd64.deb", None),
        ("dpkg -i /t_amd64.deb || exit 1", None),
        ("dpkg -i /t_amd64.deb || apt-get install -y t", Severity.WARNING),
        # The files may be wanted as they are.
        ("dpkg -x /t_amd64.deb /out", Severity.WARNING),
        ("dpkg --extract /t_amd64.deb /out", Severity.WARNING),
    ],
)
def test_a_package_that_nothing_may_need_is_a_warning(line: str, severity: Severity | None) -> None:
    assert severities(single_arch_package, context(IMAGE.format(f"RUN {line}"))) == [severity]


def test_an_image_for_the_same_architecture_can_use_the_package() -> None:
    lines = "ARG TARGETARCH\nRUN dpkg -i /tmp/tool_1.2_amd64.deb\n"
    assert reported(single_arch_package, f"FROM amd64/debian:13\n{lines}") == []
    assert reported(single_arch_package, f"FROM arm64v8/debian:13\n{lines}") == ["amd64"]


def test_the_packages_of_one_command_are_one_finding() -> None:
    text = IMAGE.format(
        "RUN yum install -y \\\n  https://x.org/a-1.x86_64.rpm \\\n  https://x.org/b-1.x86_64.rpm \\\n  https://x.org/c-1.x86_64.rpm"
    )
    (finding,) = findings(single_arch_package, context(text))
    assert finding.message.endswith("it is for x86_64 only; also in lines 5 and 6")
    assert len(finding.related) == 2


def test_packages_of_several_commands_are_findings_of_their_own() -> None:
    text = IMAGE.format("RUN dpkg -i /tmp/a_1.2_amd64.deb && dpkg -i /tmp/b_1.2_amd64.deb")
    assert len(findings(single_arch_package, context(text))) == 2


def test_sources_of_one_run_are_one_finding() -> None:
    line = 'echo "deb [arch={}] https://{}.example trixie main" > /etc/apt/sources.list.d/{}.list'
    text = f"FROM debian\nRUN {line.format('amd64', 'a', 'a')} && \\\n    {line.format('amd64', 'b', 'b')}\n"
    (finding,) = findings(single_arch_package, context(text))
    assert finding.message.endswith("; also in line 3")
    check_fix(single_arch_package, text, text.replace("amd64", "$(dpkg --print-architecture)"))
    # Only the shell expands the first one.
    quoted = text.replace('"', "'", 2)
    assert [bool(it.fixes) for it in findings(single_arch_package, context(quoted))] == [False, True]


@every_case(
    "script, names",
    [
        ("apt-get update && apt-get install -y ffmpeg intel-media-va-driver", ["intel-media-va-driver"]),
        (
            "apt-get update && apt-get install -y intel-opencl-icd=24.1-1 i965-va-driver",
            ["intel-opencl-icd=24.1-1"],
        ),
        ("set -eu; apk add intel-media-driver; apk add curl", ["intel-media-driver"]),
        ('if [ "$TARGETARCH" = amd64 ]; then apk add intel-media-driver; fi', []),
        ('[ "$TARGETARCH" != amd64 ] || apk add intel-media-driver', []),
        ("apk add intel-media-driver || true", []),
        ("apk add intel-media-driver; apk add curl", []),
        ("apk add mesa-va-gallium libva-utils", []),
        ("apt-get update && apt-get install -y make gcc-multilib libc6-dev-i386", ["gcc-multilib"]),
        ("apt-get update && apt-get install -y lib32gcc-s1", ["lib32gcc-s1"]),
        ("apt-get update && apt-get install -y lib32gcc-s1-arm64-cross multilib", []),
        ("apt-get remove -y intel-media-va-driver", []),
        ("echo intel-media-driver", []),
    ],
)
def test_packages_that_exist_for_some_architectures_only(script: str, names: list[str]) -> None:
    assert reported(single_arch_package, f"FROM debian\nARG TARGETARCH\nRUN {script}\n") == names


def test_a_package_of_two_architectures() -> None:
    text = "FROM debian\nRUN apt-get install -y i965-va-driver\n"
    (finding,) = findings(single_arch_package, context(text, "linux/amd64,linux/386,linux/arm64"))
    assert finding.message.startswith(
        "the build for linux/arm64 stops here: the package `i965-va-driver` exists for amd64 and 386 only"
    )
    assert findings(single_arch_package, context(text, "linux/amd64,linux/386")) == []


def test_a_system_for_one_architecture() -> None:
    text = IMAGE.format("RUN debootstrap --arch amd64 trixie /r http://deb.debian.org/debian")
    (finding,) = findings(single_arch_package, context(text))
    assert finding.message == "the image for linux/arm64 cannot use this: it is for amd64 only"
    assert finding.doubt is not None


@every_case(
    "sources, places",
    [
        ("Types: deb\nArchitectures: i386,amd64\n\nTypes: deb\nArchitectures: arm64", []),
        ("Types: deb\nArchitectures: amd64 arm64\n\nTypes: deb\nArchitectures: amd64", []),
        # A source without the field is for the machine of the image.
        ("Types: deb\nURIs: https://x.org\n\nTypes: deb\nArchitectures: arm64", []),
        ("Types: deb\nArchitectures: i386,amd64", []),
        ("Types: deb\nArchitectures: amd64", ["amd64"]),
        ("Types: deb\nArchitectures: i386,s390x\n\nTypes: deb\nArchitectures: amd64", ["amd64"]),
    ],
)
def test_another_source_of_packages_may_serve_the_other_machines(sources: str, places: list[str]) -> None:
    text = IMAGE.format(f"COPY <<E /etc/apt/sources.list.d/u.sources\n{sources}\nE")
    assert reported(single_arch_package, text) == places
