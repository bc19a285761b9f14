"""The target platforms that run a command, on a linux/amd64 build machine for amd64 and arm64: the command is `go`."""

from __future__ import annotations

from tests.support.cases import every_case
from tests.support.rules import context

TARGET = "FROM alpine\n"
NATIVE = "FROM --platform=$BUILDPLATFORM alpine\n"


def verdicts(stage: str, script: str, targets: str = "linux/amd64,linux/arm64") -> str:
    """The targets that run `go`, with `?` after those that may run it; `??` if that depends on the platform in an unknown way."""
    text = f"{stage}RUN {script}\n"
    ctx = context(text, targets)
    invocations = ctx.build.inventory.invocations(text.count("\n") - 1)
    invocation = next((it for it in invocations if it.command.name == "go"), None)
    if invocation is None:
        return ""
    mark = "??" if invocation.is_chosen_by_platform else "?"
    return " ".join(
        f"{it.architecture}{it.variant}{'' if invocation.is_certain(it) else mark}" for it in invocation.targets
    )


@every_case(
    "stage, script, expected",
    [
        (TARGET, "go", "amd64 arm64"),
        # An argument that is not declared is empty.
        (TARGET, 'if [ "$TARGETARCH" = arm64 ]; then go; fi', ""),
        (TARGET, 'if [ "$TARGETARCH" = arm64 ]; then x; else go; fi', "amd64 arm64"),
        (TARGET + "ARG TARGETARCH\n", 'if [ "$TARGETARCH" = arm64 ]; then go; fi', "arm64"),
        (TARGET + "ARG TARGETARCH\n", 'if [ "$TARGETARCH" = arm64 ]; then x; else go; fi', "amd64"),
        (TARGET + "ARG TARGETARCH\n", "case $TARGETARCH in amd64) go;; esac", "amd64"),
        (TARGET + "ARG TARGETARCH\n", "case $TARGETARCH in riscv64) go;; esac", ""),
        (TARGET + "ARG TARGETPLATFORM\n", 'case $TARGETPLATFORM in *"arm64"*) go;; *) x;; esac', "arm64"),
        (TARGET + "ARG TARGETPLATFORM\n", 'case $TARGETPLATFORM in *"arm64"*) x;; *) go;; esac', "amd64"),
        (TARGET + "ARG TARGETPLATFORM\n", "case $TARGETPLATFORM in 'linux/'*64) go;; esac", "amd64 arm64"),
        (TARGET + "ARG TARGETPLATFORM\n", "case $TARGETPLATFORM in 'linux/*') go;; esac", ""),
        (TARGET + "ARG TARGETPLATFORM\n", 'case $TARGETPLATFORM in *"arm"64) go;; esac', "amd64?? arm64??"),
        (TARGET + "ARG TARGETARCH\n", 'case " amd64 s390x " in *" $TARGETARCH "*) go;; esac', "amd64"),
        (TARGET + "ARG TARGETARCH\n", 'case "$(x)" in *" $TARGETARCH "*) go;; esac', "amd64?? arm64??"),
        (TARGET + "ARG TARGETPLATFORM\n", "case ${TARGETPLATFORM#*/} in arm64) go;; esac", "arm64"),
        (TARGET + "ARG TARGETARCH\nENV A=x-$TARGETARCH\n", "[ $A = x-arm64 ] && go", "arm64"),
        (TARGET + "ARG TARGETARCH\n", "A=${TARGETARCH/amd64/x86_64}; [ $A = x86_64 ] && go", "amd64"),
        (NATIVE + "ARG TARGETPLATFORM BUILDPLATFORM\n", "[ $TARGETPLATFORM = $BUILDPLATFORM ] || go", "arm64"),
        (TARGET, 'if [ "$(uname -m)" = x86_64 ]; then go; fi', "amd64"),
        (NATIVE, 'if [ "$(uname -m)" = x86_64 ]; then go; fi', "amd64 arm64"),
        (TARGET, "case $(dpkg --print-architecture) in arm64) go;; esac", "arm64"),
        (NATIVE + "ARG TARGETPLATFORM\n", "[ $(xx-info arch) = arm64 ] && go", "arm64"),
        # A condition on something else excludes no target.
        (TARGET + "ARG MODE\n", 'if [ "$MODE" = full ]; then go; fi', "amd64? arm64?"),
        (TARGET + "ARG MODE=full\n", 'if [ "$MODE" = full ]; then go; fi', "amd64? arm64?"),
        (TARGET + "ARG MODE=other\n", 'if [ "$MODE" = full ]; then go; fi', "amd64? arm64?"),
        (TARGET + "ENV MODE=other\n", 'if [ "$MODE" = full ]; then go; fi', ""),
        (TARGET, '[ -n "$HOME" ] && go', "amd64? arm64?"),
        (TARGET, "[ -e /x ] && go", "amd64? arm64?"),
        (TARGET, "if command -v x; then go; fi", "amd64? arm64?"),
        (TARGET, "x || go", "amd64? arm64?"),
        (TARGET + "ARG MODE TARGETARCH\n", "[ $TARGETARCH = arm64 ] && [ $MODE = full ] && go", "arm64?"),
        # A variable that is compared with the name of an architecture contains one.
        (TARGET + "ARG ARCH=amd64\n", "[ $ARCH = amd64 ] && go", "amd64?? arm64??"),
        (TARGET + "ARG WHAT\n", 'if test "x86_64" = "${WHAT}"; then go; fi', "amd64?? arm64??"),
        (TARGET + "ARG WHAT\n", "[[ $WHAT == linux/arm64 ]] || go", "amd64?? arm64??"),
        (TARGET + "ARG WHAT\n", "case $WHAT in aarch64*) x;; *) go;; esac", "amd64?? arm64??"),
        (TARGET + "ARG WHAT\n", "[ $WHAT = amd64-debug ] && go", "amd64? arm64?"),
        (TARGET + "ARG WHAT\n", "[ $WHAT = x86_64-debug ] && go", "amd64? arm64?"),
        (TARGET, "if grep -q avx2 /proc/cpuinfo; then go; fi", "amd64?? arm64??"),
        (TARGET, "if test $(gcc -dumpmachine) = x86_64-linux-gnu; then go; fi", "amd64?? arm64??"),
        (TARGET, "case $(cc -dumpmachine) in x86_64-*) go;; esac", "amd64?? arm64??"),
        (TARGET, "if node -e 'process.exit(process.arch === \"x64\" ? 0 : 1)'; then go; fi", "amd64?? arm64??"),
        (TARGET, "if node -e 'process.exit(process.version > 20 ? 0 : 1)'; then go; fi", "amd64? arm64?"),
        (TARGET, "if ruby -e 'exit RUBY_PLATFORM.start_with?(\"x86_64\")'; then go; fi", "amd64?? arm64??"),
        (TARGET, "rustc -vV | grep -q 'host: x86_64' && go", "amd64?? arm64??"),
        (TARGET, "dotnet --info | grep -q linux-x64 && go", "amd64?? arm64??"),
        (TARGET, "grep -q x86_64 /etc/apk/arch && go", "amd64?? arm64??"),
        (TARGET, "grep -q main /etc/apk/repositories && go", "amd64? arm64?"),
        (TARGET, "grep x86_64 /etc/apk/arch && go", "amd64? arm64?"),
        (TARGET, "[ -e /lib64/ld-linux-x86-64.so.2 ] && go", "amd64?? arm64??"),
        (TARGET, "test -d /usr/lib/x86_64-linux-gnu && go", "amd64?? arm64??"),
        (TARGET + "ARG WHAT\n", "case $WHAT in debug) go;; esac", "amd64? arm64?"),
        (TARGET + "ARG WHAT\n", "[ -e /lib/$WHAT/amd64 ] && go", "amd64? arm64?"),
        # The condition depends on the platform in an unknown way.
        (TARGET + "ARG TARGETARCH\n", "[ $(map $TARGETARCH) = x ] && go", "amd64?? arm64??"),
        (TARGET + "ARG TARGETARCH\n", "if grep -q $TARGETARCH /list; then go; fi", "amd64?? arm64??"),
        (TARGET + "ARG TARGETARCH\n", "A=$(./map $TARGETARCH); case $A in x) go;; esac", "amd64?? arm64??"),
        (TARGET, "A=$(uname -r); [ $A = x ] && go", "amd64?? arm64??"),
        (TARGET, "lscpu | grep -q x && go", "amd64?? arm64??"),
    ],
)
def test_conditions_tell_which_targets_run_a_command(stage: str, script: str, expected: str) -> None:
    assert verdicts(stage, script) == expected


def test_variants_are_told_apart() -> None:
    script = 'case "$TARGETARCH$TARGETVARIANT" in armv7) go;; esac'
    stage = f"{TARGET}ARG TARGETARCH TARGETVARIANT\n"
    assert verdicts(stage, script, "linux/arm/v6,linux/arm/v7,linux/arm64") == "armv7"


def test_assignments_in_branches_are_known_for_each_target() -> None:
    script = "case $TARGETARCH in amd64) export GOARCH=amd64;; arm64) export GOARCH=arm64 X=y;; esac; go build"
    (run,) = [it for it in context(f"{NATIVE}ARG TARGETARCH\nRUN {script}\n").build.instructions if it.keyword == "RUN"]
    invocation = context(f"{NATIVE}ARG TARGETARCH\nRUN {script}\n").build.inventory.invocations(run.idx)[-1]
    assert invocation.setting("GOARCH").values == ("amd64", "arm64")
    assert invocation.setting("X").values == ("", "y")
