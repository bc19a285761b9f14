"""The log and the limits that the options of a command name.

The reader of logs is imported only if there is one, since most commands have none.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from buildxray.cli.logs import Gates, LogOfFiles


def named_log(options: argparse.Namespace) -> LogOfFiles | None:
    """The log that `--log` names; None without the option. Raises `CliError`."""
    if not options.log:
        return None
    from buildxray.cli.logs import log_of_user  # noqa: PLC0415

    return log_of_user(options)


def log_and_gates(options: argparse.Namespace) -> tuple[LogOfFiles | None, Gates | None]:
    """The log and the limits of the options. Raises `CliError`."""
    if not options.log and options.max_emulated is None and options.max_minutes is None:
        return None, None
    from buildxray.cli.logs import Gates  # noqa: PLC0415

    return named_log(options), Gates.of(options)
