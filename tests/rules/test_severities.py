"""Tests of `rules/severities.py`: an error needs a defect that no reading of the file excuses."""

from __future__ import annotations

import pytest

from buildxray.ide.analysis import Analyzer
from buildxray.toolchains.base import Workspace
from tests.support.cases import every_case
from tests.support.rules import request

GET = "curl -fsSLo /usr/local/bin/t https://example.com/tool-linux-amd64"


def shown(text: str, *, asks_for_several: bool = False, dockerfile: str = "") -> dict[str, str]:
    """The rules with the severity of their first finding, without those about speed."""
    analyzer = Analyzer(request(), asks_for_several=asks_for_several, workspace=Workspace(dockerfile=dockerfile))
    found = analyzer.analyze(text).diagnostics
    return {it.rule: it.severity.value for it in reversed(found) if it.severity.value != "information"}


def debian(lines: str) -> dict[str, str]:
    return shown(f"FROM debian:13\nARG TARGETARCH\nCOPY $TARGETARCH /a\n{lines}\n")


@every_case(
    "run, severity",
    [
        (GET, "error"),
        (f"apt-get update && {GET}", "error"),
        (f"set -e; mkdir /x; {GET}", "error"),
        (f"for a in 1 2; do {GET}; done", "error"),
        (f'if [ "$TARGETARCH" != riscv64 ]; then {GET}; fi', "error"),
        # A command may not run, or may fail without harm.
        (f'if [ "$WITH_TOOL" = true ]; then {GET}; fi', "warning"),
        (f"test -x /usr/local/bin/t || {GET}", "warning"),
        (f"{GET} || true", "warning"),
        # A value that a variable gets is as doubtful as all commands that use it.
        (
            'if [ "$WITH_TOOL" = true ]; then F=t-linux-amd64; curl -o /usr/local/bin/t https://x.example/$F; fi',
            "warning",
        ),
        ('F=t-linux-amd64; [ "$WITH_TOOL" = true ] && curl -o /usr/local/bin/t https://x.example/$F', "warning"),
        ("F=t-linux-amd64; curl -o /usr/local/bin/t https://x.example/$F || true", "warning"),
        ("F=t-linux-amd64; curl -o /usr/local/bin/t https://x.example/$F", "error"),
        ('F=t-linux-amd64; curl -o /usr/local/bin/t https://x.example/$F; [ "$WITH_TOOL" = true ] && echo $F', "error"),
    ],
)
def test_conditions(run: str, severity: str) -> None:
    assert debian(f"ARG WITH_TOOL=false\nRUN {run}") == {"hard-coded-arch": severity}


@every_case(
    "path, severity",
    [
        ("Dockerfile", "error"),
        ("test/Dockerfile", "warning"),
        ("Dockerfile.dev", "warning"),
        ("examples/a/Dockerfile", "warning"),
        ("Dockerfile.old", "warning"),
        ("deprecated/web/Dockerfile", "warning"),
        ("golden/Dockerfile", "error"),
    ],
)
def test_files_for_tests_and_examples(path: str, severity: str) -> None:
    text = f"FROM debian:13\nARG TARGETARCH\nCOPY $TARGETARCH /a\nRUN {GET}\n"
    assert shown(text, dockerfile=path) == {"hard-coded-arch": severity}
    assert shown(text, dockerfile=path, asks_for_several=True) == {"hard-coded-arch": "error"}


@every_case("edited, severity", [("GOARCH=amd64", "warning"), ("FROM alpine", "error")])
def test_a_script_may_write_another_architecture(edited: str, severity: str) -> None:
    workspace = Workspace(writes_architecture=lambda _path, lines: edited in lines)
    text = "FROM golang AS b\nCOPY . .\nRUN CGO_ENABLED=0 GOARCH=amd64 go build -o /a .\nFROM alpine\nCOPY --from=b /a /a\n"
    (found,) = (
        it
        for it in Analyzer(request(), asks_for_several=True, workspace=workspace).analyze(text).diagnostics
        if it.rule == "constant-goarch"
    )
    assert (found.severity.value, found.fixes[0].safety.value) == (
        severity,
        "suggestion" if severity == "warning" else "safe",
    )


@every_case(
    "path, has_build, severity",
    [
        ("images/unused/Dockerfile", False, "warning"),
        ("Dockerfile.orig", False, "warning"),
        ("images/unused/Dockerfile", True, "error"),
        ("backup/Dockerfile", False, "error"),
        ("examples/a/Dockerfile", False, "error"),
    ],
)
def test_a_file_out_of_use_that_buildkit_refuses(path: str, *, has_build: bool, severity: str) -> None:
    workspace = Workspace(dockerfile=path, has_build=has_build)
    found = Analyzer(request(), workspace=workspace).analyze("FROM alpine\nRUNN true\n").diagnostics
    assert [it.severity.value for it in found if it.rule == "build-error"] == [severity]


@every_case(
    "lines, severity",
    [
        # Something shows that a program of the image or of the build needs the file.
        ("RUN curl -fsSLo /opt/t https://x.org/t-amd64 && chmod +x /opt/t", "error"),
        ("RUN curl -fsSL https://x.org/t-amd64.tgz | tar xz -C /opt", "error"),
        ("RUN curl -fsSL https://x.org/t-amd64 > /usr/bin/t", "error"),
        ("RUN wget https://x.org/t-$V-amd64.tgz && tar xzf t-$V-amd64.tgz", "error"),
        ("RUN wget https://x.org/t_amd64.deb && apt-get install -y ./*.deb", "error"),
        ("RUN wget https://x.org/t-amd64 && mv t-amd64 /usr/local/bin/t", "error"),
        ("ADD https://x.org/t-amd64.tgz /tmp/\nRUN tar xf /tmp/t-amd64.tgz -C /", "error"),
        ("ADD https://x.org/t-amd64 /usr/bin/t", "error"),
        # Nothing does.
        ("RUN wget https://x.org/t-amd64", "warning"),
        ("ADD https://x.org/agent-amd64.tgz /usr/share/nginx/html/agent.tgz", "warning"),
        ("RUN curl -o /app/tests/data/a_arm64.bin https://x.org/a_arm64.bin", "warning"),
        ("RUN wget -O /layers/layer-x86_64.zip https://x.org/layer-x86_64.zip", "warning"),
        ("RUN wget https://x.org/debian_arm64_sysroot.tar.xz && tar xf debian_arm64_sysroot.tar.xz", "warning"),
    ],
)
def test_downloads_that_something_uses(lines: str, severity: str) -> None:
    assert debian(lines) == {"hard-coded-arch": severity}


@every_case(
    "run",
    [
        "V=$(curl -fsSL https://x.org/linux/amd64/latest) && wget https://x.org/$V/t-$TARGETARCH",
        "curl -fsSL https://x.org/linux/amd64/versions | grep -o 1.2 > /version",
        "curl -sIL https://x.org/amd64/t",
        "wget --spider https://x.org/amd64/t",
        "curl -fsSL https://x.org/amd64/install.sh | sh",
        "curl -fsSL 'https://x.org/v?arch=amd64' -o /tmp/versions.json",
        "curl -LO https://x.org/EL-9-x86_64/pgdg-redhat-repo-latest.rpm && rpm -i pgdg-redhat-repo-latest.rpm",
    ],
)
def test_texts_and_settings_are_for_every_machine(run: str) -> None:
    assert debian(f"RUN {run}") == {}


@every_case(
    "script, safety",
    [
        ("CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /out/a", "safe"),
        ("export CGO_ENABLED=0 GOARCH=$TARGETARCH && go build -o /out/a", "safe"),
        # An installer with a mind of its own may do something else for the value.
        ("npm_config_target_arch=$TARGETARCH npm ci && CGO_ENABLED=0 go build -o /out/a", "suggestion"),
    ],
)
def test_a_fix_of_a_doubtful_finding_is_a_suggestion(script: str, safety: str) -> None:
    text = f"FROM --platform=$BUILDPLATFORM golang AS b\nCOPY . .\nRUN {script}\nFROM alpine\nCOPY --from=b /out/a /a\n"
    found = [it for it in Analyzer(request()).analyze(text).diagnostics if it.rule == "undeclared-platform-arg"]
    assert [fix.safety.value for it in found for fix in it.fixes] == [safety]


@every_case(
    "copy, severity",
    [
        ("COPY dist/agent-linux-amd64 /usr/local/bin/agent", "error"),
        ("COPY dist/agent-linux-amd64 /agent", "error"),
        ('COPY dist/agent-amd64 /srv/\nENTRYPOINT ["/srv/agent-amd64"]', "error"),
        ("ADD rootfs-amd64.tar.gz /", "error"),
        ("COPY dist/agent-linux-amd64 /usr/share/nginx/html/agent", "warning"),
        ("COPY data-amd64.tar.gz /etc/data.tar.gz", "warning"),
        ("COPY firmware/x86_64/fw.bin /lib/firmware/fw.bin", "warning"),
        ("COPY t-1.0-x86_64.whl /t.whl\nRUN if [ $FULL = y ]; then pip install /t.whl; fi", "warning"),
    ],
)
def test_files_that_become_programs(copy: str, severity: str) -> None:
    assert debian(f"ARG FULL\n{copy}")["single-arch-file"] == severity


def test_a_licence_is_for_every_machine() -> None:
    assert debian("COPY LICENSE-amd64 /LICENSE") == {}


@every_case(
    "run, severity",
    [
        ('echo "deb [arch=amd64] https://x.org stable main" > /etc/apt/sources.list.d/x.list', "error"),
        (
            'echo "deb [arch=amd64] https://x.org stable main" > /etc/apt/sources.list.d/x.list && sed -i s/amd64/$TARGETARCH/ /etc/apt/sources.list.d/x.list',
            "warning",
        ),
        ("pip download --platform manylinux2014_x86_64 --only-binary=:all: -d /wheels t", "warning"),
        ("pip install t --index-url https://x.org/whl/x86_64", None),
        ("rpm --import https://x.org/8/x86_64/os/RPM-GPG-KEY-x", None),
        ("dnf config-manager --add-repo https://x.org/rhel8/x86_64/x.repo", None),
        ("yum install -y https://x.org/el8/x86_64/x-release-1-1.rpm", None),
        ("yum install -y https://x.org/el8/x86_64/x-1-1.rpm", "error"),
    ],
)
def test_packages(run: str, severity: str | None) -> None:
    assert debian(f"RUN {run}").get("single-arch-package") == severity


@every_case(
    "path, severity",
    [
        ("/usr/lib/x86_64-linux-gnu/libz.so.1", "error"),
        ("/lib/x86_64-linux-gnu/libz.so.1", "error"),
        ("/out/lib/x86_64-linux-gnu/liba.so", "warning"),
    ],
)
def test_paths_that_a_script_may_create(path: str, severity: str) -> None:
    text = f"FROM debian AS b\nCOPY build.sh /\nRUN /build.sh\nFROM debian\nARG TARGETARCH\nCOPY $TARGETARCH /a\nCOPY --from=b {path} /usr/lib/\n"
    assert shown(text)["single-arch-path"] == severity


PUBLISH = "FROM mcr.microsoft.com/dotnet/sdk:8.0 AS b\nARG TARGETARCH\nCOPY $TARGETARCH .\nRUN dotnet publish -r linux-x64 -o /out\n"


@every_case(
    "command, severity",
    [
        ('ENTRYPOINT ["/app/App"]', "error"),
        ('ENTRYPOINT ["dotnet", "/app/App.dll"]', "warning"),
        ("EXPOSE 80", "warning"),
    ],
)
def test_bytecode_of_dotnet_is_for_every_machine(command: str, severity: str) -> None:
    text = f"{PUBLISH}FROM mcr.microsoft.com/dotnet/aspnet:8.0\nCOPY --from=b /out /app\n{command}\n"
    assert shown(text)["constant-target"] == severity


@every_case(
    "lines, severity",
    [
        ("RUN curl -fsSL https://x.org/t-$TARGETARCH -o /t", "error"),
        ("ENV A=$TARGETARCH\nRUN curl -fsSL https://x.org/t-$A -o /t", "error"),
        ("ENV TARGETARCH=$TARGETARCH", "warning"),
        ("RUN ./install-$TARGETARCH", "error"),
        ("RUN ./install $TARGETARCH", "warning"),
        ("ARG A=$TARGETARCH\nRUN echo $A", "warning"),
        ("ARG A=$TARGETARCH\nRUN curl -fsSL https://x.org/t-$A -o /t", "error"),
        ('RUN if [ "$TARGETARCH" = arm64 ]; then apk add a; else apk add b; fi', "error"),
        ('RUN if [ "$TARGETARCH" = arm64 ]; then A=aarch64; else A=x64; fi; wget https://x.org/t-$A', "error"),
        # The same happens with the value.
        ('RUN if [ "$TARGETARCH" != arm ] || [ "$TARGETARCH" != riscv64 ]; then apk add a; fi', "warning"),
        ('RUN if [ "$TARGETARCH" = arm64 ]; then export ERL_FLAGS=+JMsingle; fi && apk add git', "warning"),
        ('RUN if [ -n "$TARGETARCH" ]; then echo several; fi', "warning"),
        # Empty for amd64 and arm64, declared or not.
        ("RUN curl -fsSL https://x.org/t$TARGETVARIANT -o /t", "warning"),
    ],
)
def test_undeclared_arguments(lines: str, severity: str) -> None:
    assert shown(f"FROM alpine\n{lines}\n").get("undeclared-platform-arg") == severity


GO = "FROM golang AS b\nARG TARGETARCH\nCOPY $TARGETARCH .\nRUN CGO_ENABLED=0 GOARCH=amd64 go build -o /out/agent .\n"


@every_case(
    "lines, severity",
    [
        ("FROM alpine\nCOPY --from=b /out/agent /agent", "error"),
        # A file for others, and an image for one machine.
        ("FROM nginx\nCOPY --from=b /out/agent /usr/share/nginx/html/agent", "warning"),
        ("FROM example.org/provided:al2023-x86_64\nCOPY --from=b /out/agent /agent", None),
        ("FROM example.org/provided:al2023-arm64\nCOPY --from=b /out/agent /agent", "error"),
    ],
)
def test_what_becomes_of_the_output_of_a_compiler(lines: str, severity: str | None) -> None:
    assert shown(f"{GO}{lines}\n").get("constant-goarch") == severity


@every_case(
    "lines, severity",
    [
        # An image of compilers starts nothing: somebody takes the output.
        (
            "RUN apt-get install -y gcc-x86-64-linux-gnu\nRUN cargo build -r --target x86_64-unknown-linux-gnu",
            "warning",
        ),
        ("RUN cargo build -r --target x86_64-unknown-linux-gnu\nCMD /target/release/app", "error"),
        ("RUN cargo install --target x86_64-unknown-linux-gnu app", "error"),
        (
            "RUN cargo build -r --target x86_64-unknown-linux-gnu && cp target/x86_64-unknown-linux-gnu/release/app /usr/bin/",
            "error",
        ),
        ("RUN cargo build -r --target x86_64-unknown-linux-gnu\nFROM debian\nCOPY --from=0 /target /app", "error"),
    ],
)
def test_an_image_that_starts_nothing_may_be_one_of_compilers(lines: str, severity: str) -> None:
    assert debian(lines).get("constant-target") == severity


@every_case(
    "run, rules",
    [
        ("npm install --cpu=x64 sharp", {"constant-target": "error"}),
        ("npm install --cpu=x64 sharp && npm install --cpu=arm64 sharp", {}),
        ("curl https://sh.rustup.rs | sh -s -- -y --target x86_64-unknown-linux-musl", {}),
        (
            "curl https://sh.rustup.rs | sh -s -- -y --default-host x86_64-unknown-linux-gnu --target x86_64-unknown-linux-musl",
            {"single-arch-package": "error"},
        ),
        ("curl https://x.org/i | sh -s -- --target x86_64-unknown-linux-musl", {"single-arch-package": "error"}),
        ("pip install \"t @ https://x.org/t-linux_x86_64.whl ; platform_machine == 'x86_64'\"", {}),
    ],
)
def test_installers(run: str, rules: dict[str, str]) -> None:
    assert debian(f"RUN {run}") == rules


@every_case(
    "flag, severity",
    [("$BUILDPLATFORM", "error"), ("linux/amd64", "warning"), ("linux/${A}", "warning")],
)
def test_a_constant_platform_may_be_meant_for_an_emulator(flag: str, severity: str) -> None:
    text = f'ARG A=amd64\nFROM --platform={flag} alpine\nRUN apk add curl\nENTRYPOINT ["curl"]\n'
    assert shown(text, asks_for_several=True)["build-platform-image"] == severity


@pytest.mark.parametrize(("asks_for_several", "severity"), [(True, "error"), (False, "warning")])
def test_the_names_of_stages_may_be_those_of_all_platforms(severity: str, *, asks_for_several: bool) -> None:
    text = "FROM alpine AS base-amd64\nFROM base-$TARGETARCH\nRUN apk add curl\n"
    assert shown(text, asks_for_several=asks_for_several)["missing-arch-stage"] == severity


def test_a_tool_that_xx_compiles_is_for_the_build_machine() -> None:
    text = (
        "FROM --platform=$BUILDPLATFORM tonistiigi/xx AS xx\nFROM --platform=$BUILDPLATFORM golang AS b\nCOPY --from=xx / /\nCOPY . .\n"
        "RUN xx-go build -o /gen ./gen && /gen > /out\nFROM alpine\nCOPY --from=b {} /\n"
    )
    assert "xx-without-target" in shown(text.format("/gen"))
    assert "xx-without-target" not in shown(text.format("/out"))


@every_case("lines, severity", [("", "error"), ("RUN ./collect.sh\n", "warning")])
def test_a_script_may_move_what_go_installs(lines: str, severity: str) -> None:
    text = "FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\nCOPY . .\nRUN CGO_ENABLED=0 GOARCH=$TARGETARCH go install .\n{}FROM alpine\nCOPY --from=b /go/bin/app /app\n"
    assert shown(text.format(lines)).get("cross-go-install") == severity


def test_an_undeclared_argument_is_the_one_cause_of_a_wrong_download() -> None:
    run = 'case "$TARGETARCH" in arm64) A=aarch64;; *) A=x86_64;; esac; curl -fsSLo /bin/t https://x.org/t-$A'
    assert shown(f"FROM alpine\nRUN {run}\n") == {"undeclared-platform-arg": "error"}


def test_a_tool_that_the_build_runs_may_be_copied_by_the_way() -> None:
    text = "FROM --platform=$BUILDPLATFORM golang AS b\nCOPY . .\n{}RUN CGO_ENABLED=0 go build -o /out/gen ./gen{}\nFROM alpine\nCOPY --from=b /out /bin\n"
    assert shown(text.format("", ""))["wrong-arch-build"] == "error"
    assert shown(text.format("", " && /out/gen"))["wrong-arch-build"] == "warning"


@pytest.mark.parametrize(("environment", "severity"), [("TARGETARCH=linux-x64", None), ("OTHER=linux-x64", "error")])
def test_a_variable_with_the_name_of_an_argument_asks_for_no_platforms(environment: str, severity: str | None) -> None:
    start = "ARG TARGETARCH\nCOPY $TARGETARCH /a\n" if severity else ""
    assert shown(f"FROM ubuntu\n{start}ENV {environment}\nRUN {GET}\n").get("hard-coded-arch") == severity


@every_case(
    "lines, rules",
    [("CMD /t-$TARGETARCH", {"runtime-platform-arg": "error"}), ("CMD /t-$TARGETARCH\nCMD /t", {})],
)
def test_a_command_that_another_one_replaces_has_no_effect(lines: str, rules: dict[str, str]) -> None:
    found = shown(f"FROM alpine\n{lines}\n")
    assert {name: it for name, it in found.items() if name == "runtime-platform-arg"} == rules


@pytest.mark.parametrize(("goarch", "platforms"), [("386", "linux/arm64"), ("amd64", "linux/arm64")])
def test_a_program_of_32_bits_runs_on_most_machines(goarch: str, platforms: str) -> None:
    text = f"FROM golang AS b\nARG TARGETARCH\nCOPY $TARGETARCH .\nRUN CGO_ENABLED=0 GOARCH={goarch} go build -o /app\nFROM alpine\nCOPY --from=b /app /app\n"
    (found,) = (it for it in Analyzer(request()).analyze(text).diagnostics if it.rule == "constant-goarch")
    assert f"the image for {platforms} too" in str(found.message)
    assert [it.safety.value for it in found.fixes] == ["suggestion" if goarch == "386" else "safe"]


@every_case(
    "lines, rule",
    [
        ("RUN curl -fsSLo /usr/local/bin/t https://example.com/tool-linux-{}", "hard-coded-arch"),
        ("COPY dist/agent-{} /usr/local/bin/agent", "single-arch-file"),
        ("RUN apt-get install -y linux-headers-{}", "single-arch-package"),
        ('ENTRYPOINT ["/usr/lib/{}-linux-gnu/tool"]', "single-arch-path"),
        ("RUN GOARCH={} go build -o /usr/local/bin/x .", "constant-goarch"),
        ("RUN cargo install --target {}-unknown-linux-gnu x", "constant-target"),
    ],
)
def test_a_machine_that_no_target_has_may_be_a_device(lines: str, rule: str) -> None:
    is_triple = "-linux-gnu" in lines or "-unknown-" in lines
    assert debian(lines.format("x86_64" if is_triple else "amd64")) == {rule: "error"}
    assert debian(lines.format("s390x")) == {rule: "warning"}


@every_case(
    "lines, rule",
    [
        ("RUN CGO_ENABLED=0 GOARCH={} go build -o /usr/local/bin/x .", "constant-goarch"),
        ("RUN cargo install --target {}-unknown-linux-gnu x", "constant-target"),
        ("RUN curl -fsSLo /usr/local/bin/t https://example.com/tool-linux-{}", "hard-coded-arch"),
    ],
)
def test_a_dockerfile_that_is_named_after_a_machine_is_for_that_one(lines: str, rule: str) -> None:
    name = "x86_64" if "-unknown-" in lines else "amd64"
    text = f"FROM debian:13\nARG TARGETARCH\nCOPY $TARGETARCH /a\n{lines.format(name)}\n"
    assert shown(text, dockerfile="Dockerfile.amd64", asks_for_several=True) == {}
    assert shown(text, dockerfile="Dockerfile.arm64", asks_for_several=True) == {rule: "error"}


@every_case(
    "line, severity",
    [
        ('ENTRYPOINT ["/usr/lib/x86_64-linux-gnu/tool", "serve"]', "error"),
        ('ENTRYPOINT ["tini", "--", "/usr/lib/x86_64-linux-gnu/tool"]', "error"),
        ("CMD exec /usr/lib/x86_64-linux-gnu/tool", "error"),
        ('CMD ["/app", "--plugins=/usr/lib/x86_64-linux-gnu/plugins"]', "warning"),
        ('CMD ["/app", "/usr/lib/x86_64-linux-gnu/plugins"]', "warning"),
        (
            'ENTRYPOINT ["sh", "-c", "[ -f /usr/lib/x86_64-linux-gnu/a.so ] && LD_PRELOAD=a.so exec app; exec app"]',
            "warning",
        ),
        ("CMD test -d /usr/lib/x86_64-linux-gnu && exec app", "warning"),
    ],
)
def test_only_the_program_that_an_image_starts_must_exist(line: str, severity: str) -> None:
    assert debian(line) == {"single-arch-path": severity}
