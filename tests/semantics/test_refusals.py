"""The targets for which a script surely fails."""

from __future__ import annotations

from tests.support.cases import every_case
from tests.support.rules import context


@every_case(
    "script, refused",
    [
        ('test "$TARGETARCH" = amd64', "arm64"),
        ('[ "$TARGETARCH" = amd64 ]', "arm64"),
        ('[ "$TARGETARCH" = amd64 ] && make', "arm64"),
        ("apt-get update && test $TARGETARCH = arm64", "amd64"),
        ('[ "$(uname -m)" = x86_64 ]', "arm64"),
        ('[ "$TARGETARCH" = amd64 ] || exit 1', "arm64"),
        ('[ "$TARGETARCH" = amd64 ] || { echo no; exit 1; }', "arm64"),
        ('if [ "$TARGETARCH" != amd64 ]; then echo no; exit 2; fi', "arm64"),
        ("case $TARGETARCH in amd64) make ;; *) exit 1 ;; esac", "arm64"),
        ("apt-get update && apt-get install -y curl intel-media-va-driver=24.1 \\\n  && rm -rf /var/lib/apt", "arm64"),
        ("apk add --no-cache intel-media-driver", "arm64"),
        # BuildKit leaves out comments and empty lines.
        ("apk add intel-media-driver \\\n  # why\n\n  && rm -rf /tmp/x", "arm64"),
        ("apk add intel-media-driver \\ \n# why \\\n  && rm -rf /tmp/x", "arm64"),
        ("apk add intel-media-driver \\\n  # why\n  || true", ""),
        ("apk add intel-media-driver \\\n  # why\n  ; apk add curl", ""),
        ('if [ "$TARGETARCH" != arm64 ]; then apk add intel-media-driver; fi', ""),
        ("apk add intel-media-driver || true", ""),
        ("apk add intel-media-driver; apk add curl", ""),
        ("set -ex; apk add intel-media-driver; apk add curl", "arm64"),
        ("set -ex; if apk add intel-media-driver; then echo yes; fi", ""),
        ("set -ex; apk add intel-media-driver || apk add curl; make", ""),
        # Another distribution, or another verb.
        ("apk add intel-media-va-driver", ""),
        ("apk del intel-media-driver", ""),
        # It goes on.
        ('test "$TARGETARCH" = amd64 || true', ""),
        ('test "$TARGETARCH" = amd64; make', ""),
        ('test "$TARGETARCH" = amd64 && make; make install', ""),
        ('! test "$TARGETARCH" = riscv64', ""),
        ('if [ "$TARGETARCH" = amd64 ]; then make; fi', ""),
        ('[ "$TARGETARCH" = amd64 ] || exit 0', ""),
        ("case $TARGETARCH in amd64|arm64) make ;; *) exit 1 ;; esac", ""),
        ('([ "$TARGETARCH" = amd64 ] || exit 1) || make', ""),
        # The status of a substitution in an argument counts for nothing.
        ('apt-get install -y a $([ "$TARGETARCH" = amd64 ] && echo b)', ""),
        ("echo $([[ $TARGETARCH == amd64 ]])", ""),
        # A function that nobody calls, and a test for which a build argument decides.
        ("fail() { exit 1; }; make", ""),
        ('[ "$KIND" = x ]', ""),
        ("curl example.com || exit 1", ""),
        # It fails for all, which is not about platforms.
        ('[ "$TARGETARCH" = riscv64 ]', ""),
        ("exit 1", ""),
    ],
)
def test_targets_that_a_script_refuses(script: str, refused: str) -> None:
    build = context(f"FROM debian\nARG TARGETARCH\nARG KIND\nRUN {script}\n").build
    assert " ".join(sorted(it.architecture for it in build.impossible_targets)) == refused
