from __future__ import annotations

from buildxray.rules.architecture.single_arch_file import single_arch_file
from buildxray.rules.base import Severity
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import check_fix, context, findings, reported, severities

IMAGE = "FROM debian:13\nARG TARGETARCH\n{}\n"


@every_case(
    "lines, places",
    [
        ("COPY dist/agent-linux-amd64 /usr/local/bin/agent", ["amd64"]),
        ("ADD bin/x86_64/agent /agent", ["x86_64"]),
        ('COPY dist/a-$TARGETARCH /bin/\nENTRYPOINT ["/bin/a-amd64"]', ["amd64"]),
        ('ADD b-$TARGETARCH.tgz /opt/\nCMD ["/opt/b-1.linux-amd64/b"]', ["amd64"]),
        ('RUN curl -O https://x.org/b-1.linux-amd64.tgz\nCMD ["/opt/b-1.linux-amd64/b"]', []),
        ('CMD ["/usr/lib/jvm/java-17-openjdk-amd64/bin/java"]', []),
        ("COPY dist/agent-linux-$TARGETARCH /agent", []),
        ("COPY dist/agent-amd64 dist/agent-arm64 /agents/", []),
        ("RUN dpkg --add-architecture amd64\nCOPY bin/amd64/agent /agent", ["amd64"]),
        ("RUN dpkg --add-architecture amd64 && apt-get install -y libc6:amd64\nCOPY bin/amd64/agent /agent", []),
        ("COPY bin/agent_amd64.deb /\nRUN dpkg --add-architecture amd64 && apt-get install -y /agent_amd64.deb", []),
        ("COPY bin/agent_amd64.deb /\nRUN apt-get install -y /agent_amd64.deb", ["amd64"]),
        ("COPY lib/amd64 /opt/amd64", []),
        ("COPY docs/amd64.md /doc.md", []),
        ("COPY ${TARGETARCH:-amd64}/agent /agent", []),
        ('COPY ["dist-${TARGETARCH-amd64}/agent", "/agent"]', []),
        ("COPY ${TARGETARCH:-amd64}/agent-amd64 /agent", ["amd64"]),
        ("ARG ARCH\nCOPY ${ARCH:-amd64}/agent /agent", ["amd64"]),
        ("COPY --from=x /dist/agent-amd64 /agent", []),
        ('ENTRYPOINT ["run", "--platform", "linux/amd64"]', []),
    ],
)
def test_files_for_one_architecture_are_reported(lines: str, places: list[str]) -> None:
    assert reported(single_arch_file, IMAGE.format(lines)) == places


def test_a_file_for_each_architecture_is_not_reported() -> None:
    check_fix(
        single_arch_file,
        "FROM alpine\nCOPY dist/amd64_agent /agent\n",
        "FROM alpine\nARG TARGETARCH\nCOPY dist/${TARGETARCH}_agent /agent\n",
    )


@every_case(
    "source, has_fix",
    [
        ("dist/agent_linux_amd64_v1/agent", False),
        ("dist/agent_linux_arm64_v8.0/agent", False),
        ("dist/agent-amd64-v1.2.3", True),
        ("dist/agent_amd64/agent", True),
    ],
)
def test_a_level_of_one_architecture_is_not_a_name_of_others(source: str, *, has_fix: bool) -> None:
    (finding,) = findings(single_arch_file, context(f"FROM alpine\nARG TARGETARCH\nCOPY {source} /agent\n"))
    assert bool(finding.fixes) is has_fix


@every_case(
    "copy, written",
    [
        ('COPY ["dist/agent-amd64", "/agent"]', "amd64"),
        ('COPY "dist/agent x86_64" /agent', "x86_64"),
        ("ENV FILE=dist/agent-linux-amd64\nCOPY $FILE /agent", "amd64"),
        ("ARG FILE=dist/agent-linux-amd64\nCOPY ${FILE} /agent", "amd64"),
    ],
)
def test_names_in_json_in_quotes_and_in_variables(copy: str, written: str) -> None:
    text = f"FROM alpine\nARG TARGETARCH\nRUN echo $TARGETARCH\n{copy}\n"
    (finding,) = findings(single_arch_file, context(text))
    assert text[slice(*finding.range)] == written


@every_case(
    "source, has_fix",
    [
        ("dist/agent_linux_amd64_v1/agent", False),
        ("dist/agent-amd64-v3", False),
        ("dist/agent-amd64-v1.2", True),
        ("dist/v1/agent-amd64", True),
        ("dist/agent_linux_amd64_view", True),
    ],
)
def test_other_architectures_have_no_version_of_that_name(source: str, has_fix: bool) -> None:
    (finding,) = findings(single_arch_file, context(f"FROM alpine\nCOPY {source} /usr/bin/agent\n"))
    assert bool(finding.fixes) is has_fix


@every_case(
    "line, places",
    [
        ("ADD https://x.org/thing-amd64 /opt/thing-amd64", []),
        ("RUN wget https://x.org/thing-amd64", []),
        ("RUN wget https://x.org/thing-arm64", ["amd64"]),
        ("COPY thing-amd64 /opt/thing-amd64", ["amd64"]),
    ],
)
def test_the_program_that_the_image_starts_has_one_finding(line: str, places: list[str]) -> None:
    assert reported(single_arch_file, f'FROM debian\nWORKDIR /opt\n{line}\nCMD ["/opt/thing-amd64"]\n') == places


def test_a_name_that_follows_the_target_is_not_reported() -> None:
    for value in ("dist/agent-$TARGETARCH", "dist/agent"):
        text = f"FROM alpine\nARG TARGETARCH\nENV FILE={value}\nENV OTHER=agent-amd64\nCOPY $FILE /agent\n"
        assert findings(single_arch_file, context(text)) == []


STORE = "FROM scratch AS files\n{}\nFROM alpine\nARG TARGETPLATFORM\nARG TARGETARCH\n{}\n"


@every_case(
    "copies, taken, n_findings",
    [
        ("ADD a_armv6.tgz /linux/arm/v6\nADD a_arm64.tgz /linux/arm64", "COPY --from=files /linux/arm/v6 /", 0),
        ("ADD a_armv6.tgz /linux/arm/v6", "COPY --from=files /$TARGETPLATFORM /", 0),
        ("ADD a_armv6.tgz /x", "COPY --from=files /x/${TARGETARCH} /", 0),
        ("ADD a_armv6.tgz /linux/arm/v6", "COPY --from=files /linux/arm/v6 /", 1),
        ("ADD a_armv6.tgz /a", "COPY --from=files /$TARGETPLATFORM /t\nCOPY --from=files /a /a", 1),
        ("ADD a_armv6.tgz /a", "ARG DIR\nCOPY --from=files /$DIR /a", 1),
    ],
)
def test_a_directory_with_files_for_each_platform_is_not_reported(copies: str, taken: str, n_findings: int) -> None:
    assert len(findings(single_arch_file, context(STORE.format(copies, taken)))) == n_findings


def test_the_default_of_a_platform_argument_is_left_to_its_own_rule() -> None:
    text = "FROM debian\nARG {0}=amd64\nRUN echo $TARGETPLATFORM\nCOPY agent-${0} /agent\n"
    assert reported(single_arch_file, text.format("ARCH")) == ["amd64"]
    assert reported(single_arch_file, text.format("TARGETARCH")) == []


@every_case(
    "lines, severity",
    [
        ("COPY dist/agent-amd64 /agent", None),
        ("COPY dist/agent-amd64 /agent\nRUN chmod +x /agent", None),
        ("COPY dist/agent-amd64 /agent\nRUN [ $TARGETARCH = amd64 ] || rm /agent", Severity.WARNING),
        ("COPY dist/agent-amd64 /agent\nRUN test $(uname -m) = x86_64 || rm /agent", Severity.WARNING),
        ("COPY dist/agent-amd64 /agent\nRUN <<EOF\ntest $(uname -m) = x86_64 || rm /agent\nEOF", Severity.WARNING),
        ("COPY dist/agent-amd64 /agent\nFROM debian\nCOPY --from=0 /agent /agent", Severity.WARNING),
    ],
)
def test_an_error_needs_the_file_in_the_image_for_certain(lines: str, severity: Severity | None) -> None:
    assert severities(single_arch_file, context(IMAGE.format(lines))) == [severity]


@every_case(
    "name",
    [
        "install-amd64.sh",
        "x86_64.patch",
        "amd64/app.service",
        "arm64.repo",
        "x86_64/config.mak",
        "arm64.config",
        "amd64.properties",
        "kernel/config-x86_64",
    ],
)
def test_scripts_and_settings_may_suit_all(name: str) -> None:
    assert reported(single_arch_file, IMAGE.format(f"COPY {name} /x")) == []


@every_case(
    "copies, expected",
    [
        ("COPY dist/agent-amd64 /usr/local/bin/agent", [None]),
        ("COPY dist/agent-amd64 /usr/local/bin/", [None]),
        ("COPY dist/linux_amd64/agent /agent", [None]),
        # A file that keeps its name may be there to be given away, and a directory may hold anything.
        ("COPY dist/agent-amd64 /srv/downloads/", [Severity.WARNING]),
        ("COPY conf/amd64/ /etc/tool", [Severity.WARNING]),
        ("COPY ${DIST:-dist/amd64}/agent /agent", [Severity.WARNING]),
        ("COPY qemu-aarch64-static /usr/bin/", []),
        ("COPY vm/disk-x86_64.qcow2 /vm/disk.qcow2", []),
        ("COPY agent-amd64 /agent\nCOPY agent-$TARGETARCH /agent", []),
        ("COPY agent-$TARGETARCH /agent\nCOPY agent-amd64 /agent", [None]),
    ],
)
def test_what_becomes_of_the_file(copies: str, expected: list[Severity | None]) -> None:
    text = f"FROM debian\nARG TARGETARCH\nARG DIST\n{copies}\n"
    assert severities(single_arch_file, context(text)) == expected


@every_case(
    "run, places",
    [
        ("RUN --mount=type=bind,source=dist/linux-amd64,target=/d cp /d/a /usr/bin/", ["amd64"]),
        ("RUN --mount=source=bin/a-arm64,target=/a install /a /usr/bin/a", ["arm64"]),
        ("RUN --mount=type=bind,source=dist/linux-$TARGETARCH,target=/d cp /d/a /usr/bin/", []),
        ("RUN --mount=type=bind,source=dist/linux-amd64,target=/d [ $TARGETARCH = amd64 ] && cp /d/a /usr/bin/", []),
        ("RUN --mount=type=bind,from=scratch,source=dist/linux-amd64,target=/d cp /d/a /usr/bin/", []),
        ("RUN --mount=type=cache,target=/c,id=amd64 true", []),
        ("RUN --mount=type=secret,source=amd64.key,target=/k true", []),
    ],
)
def test_files_of_the_context_that_a_run_mounts(run: str, places: list[str]) -> None:
    assert reported(single_arch_file, IMAGE.format(run)) == places


@every_case(
    "line, is_said",
    [
        ("apt-get install -y box64", False),
        ("apt-get install -y box86", True),
        ("dpkg --add-architecture amd64 && apt-get install -y libc6:amd64", False),
        ("dpkg --add-architecture i386 && apt-get install -y libc6:i386", True),
    ],
)
def test_a_program_of_the_architecture_that_the_image_emulates(line: str, is_said: bool) -> None:
    text = f'FROM debian\nRUN {line}\nCOPY dist/tool-amd64 /usr/bin/tool\nCMD ["/usr/bin/tool-amd64"]\n'
    assert bool(findings(single_arch_file, context(text))) is is_said


@every_case(
    "text, places",
    [
        # an emulator is named after the machine that it emulates, also by a variable
        ("FROM debian:13\nARG TARGETARCH Q=x86_64\nCOPY qemu-${Q}-static /usr/bin/\n", []),
        ("FROM debian:13\nARG TARGETARCH Q=x86_64\nCOPY tool-${Q}-static /usr/bin/\n", ["x86_64"]),
        # an address in a variable is not a file of the context
        ("FROM debian:13\nARG TARGETARCH U=https://x.org\nADD $U/tool-amd64 /usr/bin/tool\n", []),
        ("FROM debian:13\nARG TARGETARCH U=dist\nADD $U/tool-amd64 /usr/bin/tool\n", ["amd64"]),
        # every target has the files of that one image
        ("ARG A=amd64\nFROM $A/alpine\nARG A=amd64\nARG TARGETARCH\nCOPY bin/$A/tool /usr/bin/\n", []),
        ("FROM arm64v8/alpine\nARG TARGETARCH\nCOPY bin/amd64/tool /usr/bin/\n", ["amd64"]),
    ],
)
def test_the_name_of_the_image_and_the_whole_name_of_the_file_count(text: str, places: list[str]) -> None:
    assert reported(single_arch_file, text) == places


@every_case(
    "run, places",
    [
        ("if [ $TARGETARCH = amd64 ]; then dpkg -i /tmp/t.deb; fi; rm /tmp/t.deb", []),
        ('if [ "$(dpkg --print-architecture)" = amd64 ]; then dpkg -i /tmp/t.deb; else apt-get install -y t; fi', []),
        ("dpkg -i /tmp/t.deb; echo $TARGETARCH", ["amd64"]),
        ("[ $TARGETARCH != amd64 ] || mv /tmp/t.deb /usr/lib/", []),
        ("mv /tmp/t.deb /usr/lib/; [ $TARGETARCH != amd64 ] || ls /usr/lib/t.deb", ["amd64"]),
        ("test -f /tmp/t.deb", ["amd64"]),
        ("dpkg -i /tmp/t.deb || [ $TARGETARCH != amd64 ]", ["amd64"]),
    ],
)
def test_a_file_that_the_stage_uses_for_its_own_target(run: str, places: list[str]) -> None:
    assert reported(single_arch_file, IMAGE.format(f"COPY t-amd64.deb /tmp/t.deb\nRUN {run}")) == places


@every_case(
    "lines",
    [
        "COPY a-linux-amd64 /tmp/\nRUN mv /tmp/a-linux-amd64 /bin/a",
        "COPY a-amd64 .\nRUN ./a-amd64 --version",
        "COPY a-amd64 /bin/a",
    ],
)
def test_later_names_of_a_copied_file_change_with_it(lines: str) -> None:
    check_fix(single_arch_file, IMAGE.format(lines), IMAGE.format(lines.replace("amd64", "$TARGETARCH")))


@every_case(
    "lines",
    [
        'COPY a-amd64 /opt/\nCMD ["/opt/a-amd64"]',
        "COPY a-amd64 /opt/\nENV APP=/opt/a-amd64",
        "COPY a-amd64 /opt/\nRUN 'mv' '/opt/a-amd64' /bin/a",
        "COPY a-amd64 /opt/\nFROM debian:13\nCOPY --from=0 /opt/a-amd64 /bin/a",
    ],
)
def test_a_later_name_that_cannot_change_leaves_no_fix(lines: str) -> None:
    assert not any(it.fixes for it in findings(single_arch_file, context(IMAGE.format(lines))))


def test_a_comparison_with_the_machine_is_kept() -> None:
    before, after = (
        IMAGE.format(f"COPY a-{it} /tmp/\nRUN [ $TARGETARCH = amd64 ] || echo 1; mv /tmp/a-{it} /bin/a")
        for it in ("amd64", "$TARGETARCH")
    )
    check_fix(single_arch_file, before, after)


@every_case(
    "kept, has_fix",
    [(("d/a-amd64",), False), (("d/a-amd64", "d/a-arm64"), True), ((), True)],
)
def test_a_repository_that_lacks_the_other_file_has_no_fix(kept: tuple[str, ...], *, has_fix: bool) -> None:
    workspace = Workspace(keeps=frozenset(kept).__contains__)
    (finding,) = findings(single_arch_file, context(IMAGE.format("COPY d/a-amd64 /bin/a"), workspace=workspace))
    assert bool(finding.fixes) is has_fix


@every_case(
    "lines, head, expected",
    [
        # A document, by its name, its place or its content.
        ("COPY LICENSE-amd64 /LICENSE", b"", []),
        ("COPY NOTICE.amd64 /usr/lib/tool/", b"", []),
        ("COPY license-amd64.txt /license", b"", []),
        ("COPY license-amd64 /usr/share/doc/tool/license", b"", []),
        ("COPY licenses/license-amd64 /opt/license", b"", []),
        ("COPY license-amd64 /opt/license", b"MIT ", []),
        ("COPY license-amd64 /usr/bin/license", b"#!/b", []),
        ("COPY Readme-amd64 /opt/\nRUN cat /opt/Readme-amd64", b"", []),
        ("COPY LICENSE-amd64 /opt/l\nRUN chmod 644 /opt/l", b"", []),
        # A program.
        ("COPY LICENSE-amd64 /LICENSE", b"\x7fELF", [None]),
        ("COPY license-amd64 /usr/share/doc/tool/license", b"\x7fELF", [Severity.WARNING]),
        ("COPY LICENSE-amd64 /opt/l\nRUN chmod 755 /opt/l", b"", [None]),
        ("COPY LICENSE-amd64 /opt/l\nRUN chmod a+x /opt/l", b"", [None]),
        ('COPY license-server-amd64 /opt/server\nENTRYPOINT ["/opt/server"]', b"", [None]),
        ("COPY license-amd64 .\nRUN ./license-amd64 --version", b"", [None]),
        # Probably one.
        ("COPY ./license/license-amd64 /app/license", b"", [Severity.WARNING]),
    ],
)
def test_documents_by_their_names(lines: str, head: bytes, expected: list[Severity | None]) -> None:
    workspace = Workspace(head=lambda path: head if "icense-" in path or "ICENSE-" in path else b"")
    assert severities(single_arch_file, context(IMAGE.format(lines), workspace=workspace)) == expected
