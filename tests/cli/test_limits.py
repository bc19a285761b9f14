"""A file that takes too long is reported by name, the others are checked, and the exit code is 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildxray.cli import errors
from tests.support.command_line import Run

# Python ignores an interruption in a callback of the garbage collector, such as that of hypothesis; the timer fires again.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

UNDECLARED = "FROM alpine\nRUN wget $TARGETARCH\n"
SLOW = UNDECLARED + "".join(f"FROM a AS s{n}\nRUN go build ./{n}\nCOPY --from=s{n - 1} / /\n" for n in range(1, 3000))


@pytest.mark.slow
@pytest.mark.parametrize("command", [("check",), ("fix",), ("plan",)])
def test_a_file_over_the_time_limit_is_reported_and_the_others_are_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    monkeypatch.setattr(errors, "SECONDS_IN_TERMINAL", 0.3)
    slow, quick = tmp_path / "a.Dockerfile", tmp_path / "b.Dockerfile"
    slow.write_text(SLOW)
    quick.write_text(UNDECLARED)
    run = Run(capfd, *command, slow, quick)
    assert run.code == 2
    assert f"{slow}: given up after" in run.err
    assert "b.Dockerfile" in run.out
    assert slow.read_text() == SLOW
