"""What is printed, and where: colours on a terminal only, and nothing that the terminal cannot show."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console

from buildxray.cli.errors import CliError

Item = TypeVar("Item")
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


def progress(items: Iterable[Item], n_items: int, what: str) -> Iterator[Item]:
    """The items, with a bar that shows how many are through; on a terminal only."""
    from rich.progress import Progress  # noqa: PLC0415 - few files need no bar

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        yield from bar.track(items, n_items, description=what)


def report(error: CliError | str) -> None:
    """Effect: print an error."""
    print(f"buildxray: {error}", file=sys.stderr)  # noqa: T201 - a command line speaks to its user
