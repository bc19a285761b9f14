"""What is printed, and where: colours on a terminal only, and nothing that the terminal cannot show."""

from __future__ import annotations

import io
import os
import sys

from rich.console import Console

from buildxray.cli.errors import CliError

_UNLIMITED = 100_000
"""Columns where the output is no terminal: who reads it later has another width."""


def output() -> Console:
    """The standard output."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _UNLIMITED
    return console


def report(error: CliError | str) -> None:
    """Effect: print an error."""
    print(f"buildxray: {error}", file=sys.stderr)  # noqa: T201 - a command line speaks to its user
