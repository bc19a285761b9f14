"""`buildxray lsp`."""

from __future__ import annotations

import argparse
import sys

from buildxray.cli.errors import CliError
from buildxray.localization import _


def serve(options: argparse.Namespace) -> int:
    """Effect: serve one editor until it leaves."""
    address = None if options.tcp is None else _address(options.tcp)
    from buildxray.lsp.main import start_stdio, start_tcp  # noqa: PLC0415 - no other command waits for it

    if address is None:
        if sys.stdin is None or sys.stdout is None:
            raise CliError(_("the standard input or output is closed; an editor talks through both"))
        start_stdio()
        return 0
    try:
        start_tcp(*address)
    except OSError as error:
        raise CliError(_("--tcp {address}: {reason}", address=options.tcp, reason=error.strerror or error)) from error
    return 0


def _address(text: str) -> tuple[str, int]:
    """The host and the port of `HOST:PORT`. Raises `CliError`."""
    host, separator, port = text.rpartition(":")
    if not separator or not port.isdecimal() or int(port) > 65535:
        raise CliError(_("--tcp {address}: expected HOST:PORT, for example 127.0.0.1:2087", address=text))
    return host.strip("[]") or "127.0.0.1", int(port)
