from __future__ import annotations

import pytest

from buildxray.rules.architecture.single_arch_path import single_arch_path
from buildxray.rules.base import Severity
from tests.support.cases import every_case
from tests.support.rules import check_fix, context, findings, reported, severities

IMAGE = "FROM debian:13\nARG TARGETARCH\n{}\n"


@every_case(
    "line, place",
    [
        ("ENV LD_LIBRARY_PATH=/opt/lib:/usr/lib/aarch64-linux-gnu", "aarch64-linux-gnu"),
        ("ENV JAVA_HOME=/usr/lib/jvm/java-21-openjdk-amd64", "amd64"),
        ("ENV JAVA_HOME=/usr/lib/jvm/java-17-amazon-corretto.x86_64", "x86_64"),
        ("ENV LIBRARY_PATH=/usr/local/cuda/targets/x86_64-linux/lib/stubs", "x86_64"),
        ("ENV LIBRARY_PATH=/usr/local/cuda/targets/sbsa-linux/lib", "sbsa"),
        ("ENV JAVA_HOME /usr/lib/jvm/temurin-21-jdk-arm64/", "arm64"),
        ("COPY --from=other /lib/ld-musl-aarch64.so.1 /lib/", "aarch64"),
        ("COPY libssl.so.3 /usr/lib/x86_64-linux-gnu/", "x86_64-linux-gnu"),
        ("COPY --from=other /w/build/lib.linux-x86_64-cpython-312/ /opt/", "x86_64"),
        ("COPY --from=other /p/_c.cpython-312-x86_64-linux-gnu.so /p/", "x86_64"),
        ('CMD ["/usr/lib/jvm/java-17-openjdk-amd64/bin/java"]', "amd64"),
        ("HEALTHCHECK CMD ls /lib64/ld-linux-x86-64.so.2", "x86-64"),
        ("RUN ln -s /usr/lib/x86_64-linux-gnu/libz.so.1 /z", "x86_64-linux-gnu"),
        ("RUN echo /opt/lib > /etc/ld-musl-x86_64.path", "x86_64"),
        ("ONBUILD ENV JAVA_HOME=/usr/lib/jvm/java-21-openjdk-amd64", "amd64"),
        ("RUN ln -s /lib/libc.musl-x86_64.so.1 /lib/libc.so.6", "x86_64"),
        ("RUN <<E\nln -s /usr/lib/x86_64-linux-gnu/libz.so.1 /z\nE", "x86_64-linux-gnu"),
        ("RUN <<E\necho /opt/lib > /etc/ld-musl-x86_64.path\nE", "x86_64"),
        ("RUN [ -f /etc/os-release ] && ln -s /usr/lib/x86_64-linux-gnu/libz.so.1 /z", "x86_64-linux-gnu"),
        ("RUN ln -s /usr/lib/x86_64-linux-gnu/libz.so.1 /z || exit 1", "x86_64-linux-gnu"),
        # The name of the variable contains another architecture, or none.
        ("ENV OPENSSL_LIB_DIR_arm64=/usr/lib/x86_64-linux-gnu", "x86_64-linux-gnu"),
        ("RUN export LIBS=/usr/lib/x86_64-linux-gnu && ./configure", "x86_64-linux-gnu"),
        ("RUN docker-php-ext-configure ldap --with-libdir=lib/x86_64-linux-gnu/", "x86_64-linux-gnu"),
        ("RUN cc -I/usr/include/x86_64-linux-gnu/qt5 a.c", "x86_64-linux-gnu"),
        ("RUN echo /usr/lib/x86_64-linux-gnu > /etc/ld.so.conf.d/x.conf", "x86_64-linux-gnu"),
        ("RUN ./configure --with-gmp=/usr/lib/x86_64-linux-gnu && make install", "x86_64-linux-gnu"),
    ],
)
def test_paths_that_exist_on_one_architecture_are_reported(line: str, place: str) -> None:
    text = "FROM alpine AS other\n" + IMAGE.format(line)
    assert reported(single_arch_path, text) == [place]
    assert reported(single_arch_path, text, "linux/amd64") == []


@every_case(
    "text",
    [
        IMAGE.format("RUN ln -s /usr/lib/*-linux-gnu/libz.so.1 /z"),
        # Only programs for that machine ask for a file of this name.
        IMAGE.format("RUN ln -s /lib/libc.musl-x86_64.so.1 /lib/ld-linux-x86-64.so.2"),
        IMAGE.format("RUN ln -sf /lib/libc.musl-x86_64.so.1 /usr/lib/x86_64-linux-gnu/libc.so.6"),
        IMAGE.format("RUN ln -s /usr/lib/$(uname -m)-linux-gnu/libz.so.1 /z"),
        # Compilers look in the directory of their own machine without an option, and ignore one that does not exist.
        IMAGE.format("RUN cc -L/usr/lib/x86_64-linux-gnu -I/usr/include/x86_64-linux-gnu/ a.c -lz"),
        IMAGE.format('ENV LDFLAGS="-L /usr/lib/x86_64-linux-gnu -Wl,-rpath,/lib/x86_64-linux-gnu"'),
        IMAGE.format("RUN echo 'look into /usr/lib/x86_64-linux-gnu'"),
        IMAGE.format("RUN printf 'see /usr/lib/x86_64-linux-gnu' >> /usr/share/README.md"),
        IMAGE.format("RUN case $TARGETARCH in amd64) ln -s /usr/lib/x86_64-linux-gnu/libz.so.1 /z;; esac"),
        IMAGE.format("COPY a /usr/lib/x86_64-linux-gnu/\nENV JAVA_HOME=/usr/lib/jvm/default-java").replace(
            "COPY a /usr/lib/x86_64-linux-gnu/\n", ""
        ),
        IMAGE.format("COPY --from=o /usr/lib/x86_64-linux-gnu*/z /usr/lib/aarch64-linux-gnu*/z /lib/"),
        IMAGE.format("ENV TRIPLE=x86_64-linux-gnu-prefix"),
        # the name of a machine, not a directory
        IMAGE.format("ENV TRIPLE=x86_64-linux-gnu"),
        IMAGE.format(
            "RUN ./configure --host=x86_64-linux-gnu --build x86_64-linux-gnu && make TARGET=riscv64-linux-musl"
        ),
        # the project is installed there
        IMAGE.format("RUN ./configure --libdir=/usr/local/lib/x86_64-linux-gnu && make install"),
        IMAGE.format("RUN meson setup --libdir=/opt/x/x86_64-linux-gnu b\nENV LD_LIBRARY_PATH=/opt/x/x86_64-linux-gnu"),
        # every target has the files of that one image
        "FROM amd64/debian:13\nARG TARGETARCH\nENV LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libjemalloc.so.2\n",
        "ARG A=amd64\nFROM $A/debian AS b\nFROM b\nARG TARGETARCH\nRUN cp /usr/lib/x86_64-linux-gnu/libz.so.1 /z\n",
        IMAGE.format("ONBUILD LABEL libraries=/usr/lib/x86_64-linux-gnu"),
        IMAGE.format("ONBUILD RUN case $TARGETARCH in amd64) ls /usr/lib/x86_64-linux-gnu;; esac"),
        IMAGE.format("RUN apt-get install -y gcc-aarch64-linux-gnu && ls /usr/aarch64-linux-gnu/lib"),
        IMAGE.format("ENV PKG_CONFIG_PATH_aarch64_unknown_linux_gnu=/usr/lib/aarch64-linux-gnu/pkgconfig"),
        IMAGE.format("ENV A=b LIBS_X86_64='/opt/lib:/usr/lib/x86_64-linux-gnu'"),
        IMAGE.format("RUN export CFLAGS_x86_64=/usr/lib/x86_64-linux-gnu && ./configure"),
        IMAGE.format("RUN if [ -d /usr/lib/x86_64-linux-gnu ]; then ln -s /usr/lib/x86_64-linux-gnu/libz.so.1 /z; fi"),
        IMAGE.format("RUN [ ! -e /usr/lib/x86_64-linux-gnu/z ] || cp /usr/lib/x86_64-linux-gnu/z /z"),
        IMAGE.format("RUN for d in /usr/lib/x86_64-linux-gnu /lib64; do test -d $d && cp $d/libz.so.1 /z; done"),
        IMAGE.format('RUN L=/usr/lib/x86_64-linux-gnu/j.so; if [ -f "$L" ]; then echo $L > /etc/ld.so.preload; fi'),
        IMAGE.format("RUN cp /usr/lib/x86_64-linux-gnu/libz.so.1 /z || cp /usr/lib64/libz.so.1 /z"),
        IMAGE.format("RUN python3 <<E\nprint('/usr/lib/x86_64-linux-gnu')\nE"),
        "FROM debian AS libs-amd64\nENV P=/usr/lib/x86_64-linux-gnu\nFROM debian AS libs-arm64\nFROM libs-$TARGETARCH\n",
        "FROM --platform=$BUILDPLATFORM debian AS b\nENV P=/usr/lib/x86_64-linux-gnu\nFROM debian\nCOPY --from=b /x /x\n",
    ],
)
def test_paths_that_are_right_are_not_reported(text: str) -> None:
    assert reported(single_arch_path, text) == []


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


@every_case(
    "line, consequence",
    [
        ("ENV LD_PRELOAD=/usr/lib/x86_64-linux-gnu/liba.so", "prints an error and goes on without the library"),
        ("ENV A=b LD_PRELOAD=/usr/lib/x86_64-linux-gnu/liba.so", "prints an error and goes on without the library"),
        ("ENV LD_PRELOAD=libb.so A=/usr/lib/x86_64-linux-gnu/liba.so", "so that a program that needs it fails"),
        ("ENV JAVA_HOME=/usr/lib/jvm/java-21-openjdk-amd64", "so that a program that needs it fails"),
    ],
)
def test_the_loader_ignores_a_library_that_does_not_exist(line: str, consequence: str) -> None:
    (finding,) = findings(single_arch_path, context(IMAGE.format(line)))
    assert finding.message.endswith(consequence)


@every_case(
    "line, severity",
    [
        ("COPY --from=other /usr/lib/x86_64-linux-gnu/libz.so.1 /lib/", None),
        ("ENV LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libjemalloc.so.2", None),
        ("RUN apt-get install -y openjdk-21-jre\nENV JAVA_HOME=/usr/lib/jvm/java-21-openjdk-amd64", None),
        ("ENV JAVA_HOME=/usr/lib/jvm/java-21-openjdk-amd64", Severity.WARNING),
        ('ENTRYPOINT ["/usr/lib/jvm/java-21-openjdk-amd64/bin/java"]', None),
        ("ENV OPENSSL_LIB_DIR=/usr/lib/x86_64-linux-gnu", Severity.WARNING),
        ("ENV LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu:/opt", Severity.WARNING),
        ("COPY libssl.so.3 /usr/lib/x86_64-linux-gnu/", Severity.WARNING),
        ("COPY usr/lib/x86_64-linux-gnu/libssl.so.3 /opt/", Severity.WARNING),
        ("COPY --from=made /out/usr/lib/x86_64-linux-gnu /lib/", Severity.WARNING),
        ("RUN ln -s /usr/lib/x86_64-linux-gnu/libz.so.1 /z", Severity.WARNING),
    ],
)
def test_an_error_needs_a_path_that_has_to_exist(line: str, severity: Severity | None) -> None:
    made = "FROM debian AS made\nRUN mkdir -p /out/usr/lib/x86_64-linux-gnu\n"
    ctx = context("FROM debian AS other\n" + made + IMAGE.format(line))
    found = findings(single_arch_path, ctx)
    assert severities(single_arch_path, ctx)[-1] is severity
    assert ("the build fails" in found[-1].message) is (line.startswith("COPY --from=other"))


def test_a_file_without_intent_keeps_the_severity_of_the_rule() -> None:
    (finding,) = findings(single_arch_path, context("FROM debian\nENV LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu\n"))
    assert finding.severity is None


@every_case(
    "command, is_written",
    [
        ('echo "/lib:/usr/lib" > /etc/ld-musl-x86_64.path', True),
        ("echo /opt/lib >>/etc/ld-musl-x86_64.path", True),
        ("echo /opt/lib | tee -a /etc/ld-musl-x86_64.path", True),
        ("cat /etc/ld-musl-x86_64.path", False),
        ("sort < /etc/ld-musl-x86_64.path > /all", False),
    ],
)
def test_the_message_tells_a_missing_from_a_written_file(command: str, is_written: bool) -> None:
    (finding,) = findings(single_arch_path, context(IMAGE.format(f"RUN {command}")))
    assert ("does not exist" in finding.message) is not is_written
    assert ("`/etc/ld-musl-x86_64.path` is written" in finding.message) is is_written


HOME = "ENV JAVA_HOME=/usr/lib/jvm/java-17-openjdk-amd64\n"


@every_case(
    "lines, expected",
    [
        (HOME, [None]),
        (f"RUN ln -s java-17-openjdk-$(dpkg --print-architecture) /usr/lib/jvm/java-17-openjdk-amd64\n{HOME}", []),
        (f"{HOME}RUN mv /usr/lib/jvm/* /usr/lib/jvm/java-17-openjdk-amd64\n", []),
        (f"COPY jre /usr/lib/jvm/java-17-openjdk-amd64\n{HOME}", []),
        (f"RUN ln -s /usr/lib/jvm/default /usr/lib/jvm/java-17-openjdk-amd64-old\n{HOME}", [None]),
        (f"{HOME}ENV JAVA_HOME=/usr/lib/jvm/java-17-openjdk-$TARGETARCH\n", []),
        (f"{HOME}ENV JDK_HOME=/usr/lib/jvm/java-17-openjdk-$TARGETARCH\n", [None]),
    ],
)
def test_a_path_that_the_image_has_after_all(lines: str, expected: list[Severity | None]) -> None:
    text = f"FROM debian\nARG TARGETARCH\nCOPY $TARGETARCH /a\nRUN apt-get install -y openjdk-17-jre\n{lines}"
    assert severities(single_arch_path, context(text)) == expected


@pytest.mark.parametrize(
    ("source", "message", "severity"),
    [
        ("/usr/lib/x86_64-linux-gnu/libz.so.1", "the build fails", None),
        ("/usr/lib/x86_64-linux-gnu/libz.so*", "nothing is copied", Severity.WARNING),
    ],
)
def test_wildcards_may_match_nothing(source: str, message: str, severity: Severity | None) -> None:
    text = f"FROM debian AS b\nRUN apt-get install -y zlib1g\nFROM debian\nARG TARGETARCH\nCOPY $TARGETARCH /a\nCOPY --from=b {source} /usr/lib/\n"
    (finding,) = findings(single_arch_path, context(text))
    assert str(finding.message).startswith(message)
    assert severities(single_arch_path, context(text)) == [severity]


@every_case(
    "lines, n_findings",
    [
        ("COPY --from=b /lib/aarch64-linux-gn[u] /lib/aarch64-linux-gnu/", 0),
        ("COPY --from=b /lib64/ld-linux-x86-64.so.[2] /lib64/", 0),
        ("COPY --from=b /lib/x86_64-linux-gn[u]/libz.so.1 /lib/x86_64-linux-gnu/", 0),
        ("COPY --from=b /lib/x86_64-linux-gnu/a* /lib/\nCOPY --from=b /lib/aarch64-linux-gnu/a* /lib/", 0),
        ("COPY --from=b /lib64/ld-linux-x86-64.so.* /l/\nCOPY --from=b /lib/ld-linux-aarch64.so.* /l/", 0),
        # A pattern for all versions of a library, and no other architecture.
        ("COPY --from=b /lib/x86_64-linux-gnu/libz.so* /lib/", 1),
        ("COPY --from=b /lib/x86_64-linux-gnu/libz.so.[0-9] /lib/", 1),
        ("COPY --from=b /lib/x86_64-linux-gnu/a* /lib/\nCOPY --from=b /lib/x86_64-linux-gnu/b* /lib/", 1),
        ("COPY --from=b /a[b] /lib/x86_64-linux-gnu/", 1),
        # Without a pattern, the source must exist.
        ("COPY --from=b /lib/x86_64-linux-gnu/a /lib/\nCOPY --from=b /lib/aarch64-linux-gnu/a /lib/", 2),
    ],
)
def test_a_source_that_may_be_missing_on_purpose(lines: str, n_findings: int) -> None:
    text = (
        f"FROM debian AS b\nRUN apt-get install -y zlib1g\nFROM debian\nARG TARGETARCH\nCOPY $TARGETARCH /a\n{lines}\n"
    )
    assert len(findings(single_arch_path, context(text))) == n_findings


@pytest.mark.parametrize(
    ("adding", "is_reported"),
    [
        ("dpkg --add-architecture armhf && ", False),
        ("<<EOF\ndpkg --add-architecture armhf\nEOF\nRUN ", False),
        ("", True),
    ],
)
def test_a_root_for_an_image_that_adds_the_architecture(adding: str, *, is_reported: bool) -> None:
    text = (
        "FROM debian AS root\nCOPY a.so /root/usr/lib/arm-linux-gnueabihf/a.so\n"
        f"FROM debian\nRUN {adding}apt-get update\nARG TARGETARCH\nCOPY --from=root /root /\n"
    )
    assert bool(findings(single_arch_path, context(text))) is is_reported


@every_case(
    "line, n_findings",
    [
        ("RUN apt-get install -y g++-arm-linux-gnueabihf", 0),
        ("RUN apt-get install -y gcc-12-arm-linux-gnueabihf make", 0),
        ("RUN apt-get install -y crossbuild-essential-armhf", 0),
        ("RUN apt-get install -y libc6-armhf-cross", 0),
        ("ENV CARGO_TARGET_THUMBV7NEON_UNKNOWN_LINUX_GNUEABIHF_LINKER=ld", 0),
        ("RUN apt-get install -y gcc g++ make", 1),
        ("ENV CC=gcc CARGO_HOME=/c", 1),
    ],
)
def test_a_stage_with_a_cross_compiler_is_for_another_machine(line: str, n_findings: int) -> None:
    text = IMAGE.format(f"{line}\nENV PKG_CONFIG_PATH=/usr/lib/arm-linux-gnueabihf/pkgconfig")
    assert len(findings(single_arch_path, context(text))) == n_findings
    of_target = IMAGE.format(f"{line}\nENV LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu")
    assert len(findings(single_arch_path, context(of_target))) == 1


@every_case(
    "line, message",
    [
        ("ENV JAVA_HOME=/usr/lib/jvm/java-21-openjdk-amd64/", "`/usr/lib/jvm/java-21-openjdk-amd64` does not exist in"),
        ("RUN cc -L/usr/lib/x86_64-linux-gnu/x a.c", "`/usr/lib/x86_64-linux-gnu` does not exist in the image"),
        (
            "COPY --from=base /lib/ld-musl-x86_64.so.1 /lib/",
            "the build fails for linux/arm64: `/lib/ld-musl-x86_64.so.1` ",
        ),
        ("COPY musl /lib/ld-musl-x86_64.so.1", "no program looks for `/lib/ld-musl-x86_64.so.1` in the image"),
        ("COPY z /usr/lib/x86_64-linux-gnu/", "no program looks for files in `/usr/lib/x86_64-linux-gnu`"),
    ],
)
def test_the_message_names_the_path(line: str, message: str) -> None:
    # The other stage names the architecture, but does not create the path.
    text = "FROM alpine AS base\nARG ARCH=x86_64\n" + IMAGE.format(line)
    (finding,) = findings(single_arch_path, context(text))
    assert finding.message.startswith(message)


def test_an_image_of_another_architecture_lacks_the_path_too() -> None:
    text = "FROM arm64v8/debian:13\nARG TARGETARCH\nENV LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libjemalloc.so.2\n"
    assert reported(single_arch_path, text) == ["x86_64-linux-gnu"]


def test_the_same_directory_in_several_instructions_of_a_stage_is_one_finding() -> None:
    copy = "COPY --from=a /usr/lib/x86_64-linux-gnu/{0}.so /lib/{0}.so\n"
    text = f"FROM debian AS a\nRUN apt-get install -y libz libx\nFROM scratch\n{copy.format('z')}{copy.format('x')}"
    (finding,) = findings(single_arch_path, context(text))
    assert finding.message.endswith("`/usr/lib/x86_64-linux-gnu` does not exist there; also in line 5")


@every_case(
    "other",
    [
        "COPY --from=a /lib/x86_64-linux-gnu/x.so /lib/x.so",
        # Something may compensate for it, so that it is only a warning.
        "ENV LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu",
        "FROM debian\nCOPY --from=a /usr/lib/x86_64-linux-gnu/x.so /lib/x.so\nCOPY --from=b / /",
    ],
)
def test_other_directories_consequences_and_stages_are_findings_of_their_own(other: str) -> None:
    text = f"FROM debian AS a\nRUN apt-get install -y libz libx\nFROM debian AS b\nCOPY --from=a /usr/lib/x86_64-linux-gnu/z.so /lib/z.so\n{other}\n"
    assert len(findings(single_arch_path, context(text))) == 2


@every_case(
    "lines, places",
    [
        ("RUN cp /usr/lib/x86_64-linux-gnu/a /r || cp /usr/lib/aarch64-linux-gnu/a /r", []),
        ("RUN cp /usr/lib/x86_64-linux-gnu/a /r || cp /lib/x86_64-linux-gnu/a /r", ["x86_64-linux-gnu"]),
        # a RUN that looks at the architecture for another command
        ("RUN curl -O https://x.org/t-$(uname -m) && cp /lib/x86_64-linux-gnu/a /r", ["x86_64-linux-gnu"]),
        ("RUN mkdir /r; cp /lib/x86_64-linux-gnu/a /r; echo $TARGETARCH", ["x86_64-linux-gnu"]),
        ("RUN [ $TARGETARCH != amd64 ] || cp /lib/x86_64-linux-gnu/a /r", []),
        ("RUN if [ $(uname -m) = x86_64 ]; then cp /lib/x86_64-linux-gnu/a /r; fi", []),
        ("RUN d=/lib/x86_64-linux-gnu; [ $TARGETARCH = amd64 ] || d=$(find-it); cp $d/a /r", []),
        ("RUN ln -s /usr/lib/$(uname -m)-linux-gnu /usr/lib/x86_64-linux-gnu", []),
        ("RUN uname -m; [ -e /lib/x86_64-linux-gnu ] && cp /lib/x86_64-linux-gnu/a /r", []),
        ("RUN uname -m; cp /lib/x86_64-linux-gnu/a /r; cp /lib/aarch64-linux-gnu/a /r", []),
        # the default of an argument
        ("ARG D=/usr/lib/x86_64-linux-gnu\nENV LD_PRELOAD=$D/liba.so", ["x86_64-linux-gnu"]),
        ("ARG D=/usr/lib/x86_64-linux-gnu\nRUN cp ${D}/a /r", ["x86_64-linux-gnu"]),
        ("ARG D=/usr/lib/x86_64-linux-gnu\nRUN [ $TARGETARCH = amd64 ] || D=/other; cp $D/a /r", []),
        ("ARG D=/usr/lib/x86_64-linux-gnu\nRUN echo done", []),
        ("ARG D=/usr/lib/x86_64-linux-gnu\nLABEL d=$D", []),
        # files that COPY writes
        ("COPY <<EOF /etc/ld.so.preload\n/usr/lib/x86_64-linux-gnu/liba.so\nEOF", ["x86_64-linux-gnu"]),
        ("COPY <<EOF /start.sh\nexport LD_PRELOAD=/lib/x86_64-linux-gnu/a.so\nEOF", ["x86_64-linux-gnu"]),
        ("COPY <<EOF /start.sh\nexport LD_PRELOAD=/lib/$(uname -m)-linux-gnu/a.so:/lib/x86_64-linux-gnu/\nEOF", []),
        ("COPY <<EOF /start.sh\n[ -f /lib/x86_64-linux-gnu/a.so ] && exec b\nEOF", []),
        ("COPY <<EOF /start.sh\na /lib/x86_64-linux-gnu/a\nb /lib/aarch64-linux-gnu/a\nEOF", []),
        ("COPY <<EOF /usr/share/doc/README.md\nsee /lib/x86_64-linux-gnu/a.so\nEOF", []),
    ],
)
def test_commands_arguments_and_files_that_name_a_path(lines: str, places: list[str]) -> None:
    assert reported(single_arch_path, IMAGE.format(lines)) == places


def test_a_default_and_a_file_are_warnings() -> None:
    for lines in (
        "ARG D=/lib/x86_64-linux-gnu\nENV LD_PRELOAD=$D/a",
        "COPY <<E /start.sh\na /lib/x86_64-linux-gnu/a\nE",
    ):
        ctx = context(IMAGE.format(lines))
        (finding,) = findings(single_arch_path, ctx)
        assert severities(single_arch_path, ctx) == [Severity.WARNING]
        assert "so that a program that needs it fails" in finding.message
