"""The command line, run in the process of the tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from buildxray.cli.main import main

if TYPE_CHECKING:
    import pytest


class Run:
    """The output and the exit code of a command."""

    def __init__(self, capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> None:
        try:
            self.code = main([str(it) for it in arguments])
        except SystemExit as exit_:
            self.code = int(exit_.code or 0)
        self.out, self.err = capfd.readouterr()

    @property
    def objects(self) -> list[dict[str, object]]:
        """The items of the JSON array that was printed."""
        return list(json.loads(self.out))
