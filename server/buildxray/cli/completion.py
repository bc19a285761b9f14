"""`buildxray completion`."""

from __future__ import annotations

import argparse

from buildxray.cli.console import output
from buildxray.cli.parser import parser


def completion(options: argparse.Namespace) -> int:
    """Effect: print a script for a shell."""
    import shtab  # noqa: PLC0415 - no other command needs it

    output().data(shtab.complete(parser(), options.shell))
    return 0
