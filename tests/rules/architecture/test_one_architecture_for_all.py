"""Constants for any compiler, and architectures in paths, files, packages and names: each kind beside what must stay silent."""

from __future__ import annotations

import pytest

from buildxray.rules.architecture.builder_arch_in_image import builder_arch_in_image
from buildxray.rules.architecture.constant_target import constant_target
from buildxray.rules.architecture.download_site_names import download_site_names
from buildxray.rules.architecture.hard_coded_arch import hard_coded_arch
from buildxray.rules.architecture.runtime_platform_arg import runtime_platform_arg
from buildxray.rules.architecture.single_arch_file import single_arch_file
from buildxray.rules.architecture.single_arch_package import single_arch_package
from buildxray.rules.architecture.single_arch_path import single_arch_path
from buildxray.rules.base import Rule
from tests.support.rules import check_fix, context, findings

IMAGE = "FROM debian:13\nARG TARGETARCH\n{}\n"
NATIVE = "FROM --platform=$BUILDPLATFORM x AS build\nWORKDIR /w\nCOPY . .\nARG TARGETARCH\nRUN {}\nFROM debian\nCOPY --from=build {} /app\n"


def marked(rule: Rule, text: str, targets: str = "linux/amd64,linux/arm64") -> list[str]:
    """What is underlined."""
    return [text[slice(*it.range)] for it in findings(rule, context(text, targets))]


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("ENV LD_LIBRARY_PATH=/opt/lib:/usr/lib/aarch64-linux-gnu", "aarch64-linux-gnu"),
        ("ENV JAVA_HOME=/usr/lib/jvm/java-21-openjdk-amd64", "amd64"),
        ("ENV JAVA_HOME /usr/lib/jvm/temurin-21-jdk-arm64/", "arm64"),
        ("COPY --from=other /lib/ld-musl-aarch64.so.1 /lib/", "aarch64"),
        ("COPY libssl.so.3 /usr/lib/x86_64-linux-gnu/", "x86_64-linux-gnu"),
        ("COPY --from=other /w/build/lib.linux-x86_64-cpython-312/ /opt/", "x86_64"),
        ('CMD ["/usr/lib/jvm/java-17-openjdk-amd64/bin/java"]', "amd64"),
        ("HEALTHCHECK CMD ls /lib64/ld-linux-x86-64.so.2", "x86-64"),
        ("RUN ln -s /usr/lib/x86_64-linux-gnu/libz.so.1 /z", "x86_64-linux-gnu"),
        ("RUN echo /opt/lib > /etc/ld-musl-x86_64.path", "x86_64"),
    ],
)
def test_paths_of_one_architecture(line: str, place: str) -> None:
    text = "FROM alpine AS other\n" + IMAGE.format(line)
    assert marked(single_arch_path, text) == [place]
    assert marked(single_arch_path, text, "linux/amd64") == []


@pytest.mark.parametrize(
    "text",
    [
        IMAGE.format("RUN ln -s /usr/lib/*-linux-gnu/libz.so.1 /z"),
        IMAGE.format("RUN ln -s /usr/lib/$(uname -m)-linux-gnu/libz.so.1 /z"),
        IMAGE.format("RUN case $TARGETARCH in amd64) ln -s /usr/lib/x86_64-linux-gnu/libz.so.1 /z;; esac"),
        IMAGE.format("COPY a /usr/lib/x86_64-linux-gnu/\nENV JAVA_HOME=/usr/lib/jvm/default-java").replace(
            "COPY a /usr/lib/x86_64-linux-gnu/\n", ""
        ),
        IMAGE.format("COPY --from=o /usr/lib/x86_64-linux-gnu*/z /usr/lib/aarch64-linux-gnu*/z /lib/"),
        IMAGE.format("ENV TRIPLE=x86_64-linux-gnu-prefix"),
        "FROM debian AS libs-amd64\nENV P=/usr/lib/x86_64-linux-gnu\nFROM debian AS libs-arm64\nFROM libs-$TARGETARCH\n",
        "FROM --platform=$BUILDPLATFORM debian AS b\nENV P=/usr/lib/x86_64-linux-gnu\nFROM debian\nCOPY --from=b /x /x\n",
    ],
)
def test_paths_that_are_meant(text: str) -> None:
    assert marked(single_arch_path, text) == []


def test_a_library_is_found_by_its_name() -> None:
    check_fix(
        single_arch_path,
        IMAGE.format("ENV A=b LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"),
        IMAGE.format("ENV A=b LD_PRELOAD=libjemalloc.so.2"),
    )
    check_fix(
        single_arch_path,
        IMAGE.format("ENV JAVA_HOME=/usr/lib/jvm/java-21-openjdk-amd64"),
        IMAGE.format("ENV JAVA_HOME=/usr/lib/jvm/java-21-openjdk-$TARGETARCH"),
    )


@pytest.mark.parametrize(
    ("run", "copied", "place"),
    [
        ("cargo build --release --target x86_64-unknown-linux-musl", "/w/target", "x86_64-unknown-linux-musl"),
        ("cargo build --release --target=aarch64-unknown-linux-gnu", "/w/target", "aarch64-unknown-linux-gnu"),
        ("CARGO_BUILD_TARGET=x86_64-unknown-linux-gnu cargo build --release", "/w/target", "x86_64-unknown-linux-gnu"),
        ("dotnet publish -r linux-x64 --self-contained -o /out", "/out", "linux-x64"),
        ("bun build --compile --target=bun-linux-x64 --outfile /out/app a.ts", "/out/app", "bun-linux-x64"),
        ("x86_64-linux-gnu-gcc -o /app a.c", "/app", "x86_64-linux-gnu-gcc"),
        ("npm ci --arch=x64", "/w/node_modules", "x64"),
        ("npm_config_arch=arm64 npm ci", "/w/node_modules", "arm64"),
    ],
)
def test_constants_for_compilers_and_installers(run: str, copied: str, place: str) -> None:
    assert marked(constant_target, NATIVE.format(run, copied)) == [place]


@pytest.mark.parametrize(
    ("run", "copied"),
    [
        (
            "cargo build --release --target $(case $TARGETARCH in amd64) echo x86_64-unknown-linux-musl;; esac)",
            "/w/target",
        ),
        ("if [ $TARGETARCH = amd64 ]; then cargo build --target x86_64-unknown-linux-musl; fi", "/w/target"),
        (
            "cargo build --target x86_64-unknown-linux-gnu && cargo build --target aarch64-unknown-linux-gnu",
            "/w/target",
        ),
        ("dotnet publish -a $TARGETARCH -o /out", "/out"),
        ("x86_64-linux-gnu-gcc -o /tool a.c", "/app"),
        ("npm ci", "/w/node_modules"),
        ("x86_64-linux-gnu-gcc -o /app-linux-amd64 a.c", "/app-linux-amd64"),
    ],
)
def test_compilers_that_know_their_target(run: str, copied: str) -> None:
    assert marked(constant_target, NATIVE.format(run, copied)) == []


def test_dotnet_takes_the_names_of_docker() -> None:
    check_fix(
        constant_target,
        NATIVE.format("dotnet publish --runtime linux-x64 --self-contained -o /out", "/out"),
        NATIVE.format("dotnet publish -a $TARGETARCH --self-contained -o /out", "/out"),
    )


def test_a_program_for_linux_does_not_run_on_windows() -> None:
    text = NATIVE.format("CGO_ENABLED=0 GOOS=linux GOARCH=$TARGETARCH go build -o /app .", "/app")
    assert marked(constant_target, text, "windows/amd64,windows/arm64") == ["linux"]
    assert marked(constant_target, text) == []


@pytest.mark.parametrize(
    ("lines", "places"),
    [
        ("COPY dist/agent-linux-amd64 /usr/local/bin/agent", ["amd64"]),
        ("ADD bin/x86_64/agent /agent", ["x86_64"]),
        ('COPY dist/a-$TARGETARCH /bin/\nENTRYPOINT ["/bin/a-amd64"]', ["amd64"]),
        ("COPY dist/agent-linux-$TARGETARCH /agent", []),
        ("COPY dist/agent-amd64 dist/agent-arm64 /agents/", []),
        ("COPY lib/amd64 /opt/amd64", []),
        ("COPY docs/amd64.md /doc.md", []),
        ("COPY --from=x /dist/agent-amd64 /agent", []),
        ('ENTRYPOINT ["run", "--platform", "linux/amd64"]', []),
    ],
)
def test_files_of_one_architecture(lines: str, places: list[str]) -> None:
    assert marked(single_arch_file, IMAGE.format(lines)) == places


def test_a_file_for_each_architecture() -> None:
    check_fix(
        single_arch_file,
        "FROM alpine\nCOPY dist/amd64_agent /agent\n",
        "FROM alpine\nARG TARGETARCH\nCOPY dist/${TARGETARCH}_agent /agent\n",
    )


@pytest.mark.parametrize(
    ("line", "place"),
    [
        (
            'RUN echo "deb [arch=amd64 signed-by=/k] https://x.org trixie main" > /etc/apt/sources.list.d/x.list',
            "amd64",
        ),
        ("COPY <<E /etc/apt/sources.list.d/x.sources\nTypes: deb\nArchitectures: amd64\nE", "amd64"),
        ("RUN pip install https://x.org/o-1.0-cp312-cp312-manylinux2014_x86_64.whl", "x86_64"),
        ("RUN pip download --platform manylinux2014_x86_64 -d /w numpy", "x86_64"),
        ("RUN dpkg -i /tmp/tool_1.2_amd64.deb", "amd64"),
        ("RUN rpm -i /tmp/tool-1.2.aarch64.rpm", "aarch64"),
        ("RUN apt-get install -y linux-headers-amd64", "amd64"),
        ("RUN apt-get install -y libc6:arm64", "arm64"),
        ("RUN apk add --allow-untrusted https://x.org/x86_64/foo.apk", "x86_64"),
        ("RUN gem install x --platform x86_64-linux", "x86_64"),
        ("RUN npm install @rollup/rollup-linux-x64-gnu", "x64"),
        ("RUN curl -fsSL https://x.org/i.sh | sh -s -- --target x86_64-unknown-linux-gnu", "x86_64"),
    ],
)
def test_packages_of_one_architecture(line: str, place: str) -> None:
    assert marked(single_arch_package, IMAGE.format(line)) == [place]


@pytest.mark.parametrize(
    "line",
    [
        'RUN echo "deb [arch=amd64,arm64] https://x.org trixie main" > /x.list',
        'RUN echo "deb [arch=$(dpkg --print-architecture)] https://x.org trixie main" > /x.list',
        'RUN echo "deb [arch=$TARGETARCH] https://x.org trixie main" > /x.list',
        "RUN dpkg --add-architecture amd64 && apt-get install -y libc6:amd64",
        "RUN [ $TARGETARCH = amd64 ] && dpkg -i /tmp/tool_amd64.deb",
        "RUN curl -O https://x.org/tool_amd64.deb && dpkg -i tool_amd64.deb",
        "RUN apt-get install -y gcc-x86-64-linux-gnu g++-aarch64-linux-gnu ca-certificates",
        "RUN npm install left-pad",
    ],
)
def test_packages_for_all(line: str) -> None:
    assert marked(single_arch_package, IMAGE.format(line)) == []


def test_the_source_follows_the_image() -> None:
    line = 'RUN echo "deb [arch={}] https://x.org trixie main" > /x.list'
    after = IMAGE.format(line.format("$(dpkg --print-architecture)"))
    check_fix(single_arch_package, IMAGE.format(line.format("amd64")), after)
    heredoc = "COPY <<E /x.sources\nTypes: deb\nArchitectures: {}\nE"
    check_fix(single_arch_package, IMAGE.format(heredoc.format("amd64")), IMAGE.format(heredoc.format("$TARGETARCH")))


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ('ENTRYPOINT ["/tool-$TARGETARCH"]', "$TARGETARCH"),
        ("CMD /tool-${TARGETARCH}", "${TARGETARCH}"),
        ('HEALTHCHECK CMD ["/tool", "$TARGETPLATFORM"]', "$TARGETPLATFORM"),
        ('CMD ["sh", "-c", "exec /tool-$TARGETARCH"]', "$TARGETARCH"),
    ],
)
def test_arguments_at_run_time(line: str, place: str) -> None:
    assert marked(runtime_platform_arg, IMAGE.format(line)) == [place]


@pytest.mark.parametrize(
    "line",
    [
        "ENV TARGETARCH=$TARGETARCH\nCMD /tool-$TARGETARCH",
        "CMD /tool-$TARGETARCH\nENV TARGETARCH=$TARGETARCH",
        'CMD ["sh", "-c", "exec /tool-$ARCH"]',
        "CMD echo \\$TARGETARCH",
        "CMD /tool-$TARGETARCHITECTURE",
    ],
)
def test_variables_that_are_there_at_run_time(line: str) -> None:
    assert marked(runtime_platform_arg, IMAGE.format(line)) == []


def test_the_argument_is_kept() -> None:
    check_fix(
        runtime_platform_arg,
        "FROM alpine\nCMD /t-$TARGETARCH\n",
        "FROM alpine\nARG TARGETARCH\nENV TARGETARCH=$TARGETARCH\nCMD /t-$TARGETARCH\n",
    )


S6 = "https://github.com/just-containers/s6-overlay/releases/download/v3/s6-overlay-{}.tar.xz"


@pytest.mark.parametrize(
    ("line", "places"),
    [
        (f"ADD {S6.format('${TARGETARCH}')} /tmp/", ["${TARGETARCH}"]),
        (f"RUN curl -fsSL {S6.format('$TARGETARCH')} | tar xJ", ["$TARGETARCH"]),
        ("RUN curl -O https://nodejs.org/dist/v24.0.0/node-v24.0.0-linux-$TARGETARCH.tar.xz", ["$TARGETARCH"]),
        (f"ADD {S6.format('x86_64')} /tmp/", []),
        ("ADD https://example.com/tool-$TARGETARCH /tool", []),
        (f"RUN curl -fsSL {S6.format('$(case $TARGETARCH in amd64) echo x86_64;; esac)')} | tar xJ", []),
    ],
)
def test_names_of_sites(line: str, places: list[str]) -> None:
    assert marked(download_site_names, IMAGE.format(line)) == places


@pytest.mark.parametrize(
    ("lines", "places"),
    [
        ("ARG BUILDARCH\nCOPY bin/tool-$BUILDARCH /tool", ["$BUILDARCH"]),
        ("ARG BUILDPLATFORM\nRUN cp /bins/${BUILDPLATFORM}/tool /tool", ["${BUILDPLATFORM}"]),
        ("ARG BUILDPLATFORM\nRUN echo built on $BUILDPLATFORM for $TARGETARCH", []),
        ("ARG BUILDARCH\nRUN if [ $BUILDARCH != $TARGETARCH ]; then touch /crossed; fi", []),
        ("COPY bin/tool-$TARGETARCH /tool", []),
    ],
)
def test_files_of_the_build_machine(lines: str, places: list[str]) -> None:
    assert marked(builder_arch_in_image, IMAGE.format(lines)) == places


def test_files_of_the_target() -> None:
    check_fix(
        builder_arch_in_image,
        "FROM alpine\nARG BUILDARCH\nCOPY a-$BUILDARCH /a\nRUN curl -o /b https://x.org/b-$BUILDARCH\n",
        "FROM alpine\nARG TARGETARCH\nCOPY a-$TARGETARCH /a\nRUN curl -o /b https://x.org/b-$TARGETARCH\n",
    )


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


@pytest.mark.parametrize(
    "run",
    [
        "if [ $MODE = full ]; then curl -o /t https://x.org/t_amd64; fi",
        "V=$(curl -s https://x.org/latest) && curl -o /t https://x.org/$V/t_amd64",
        "curl -o /t $SITE/https://x.org/t_amd64",
        "python3 -c \"import urllib.request as u; u.urlretrieve('https://x.org/t_amd64', '/t')\"",
    ],
)
def test_what_is_unknown_exempts_nothing(run: str) -> None:
    assert marked(hard_coded_arch, IMAGE.format(f"ARG MODE\nARG SITE\nRUN {run}")) == ["amd64"]
