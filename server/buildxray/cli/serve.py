"""`buildxray lsp`."""

from __future__ import annotations

import argparse

from buildxray.cli.errors import CliError
from buildxray.localization import _


def serve(options: argparse.Namespace) -> int:
    """Effect: serve one editor until it leaves."""
    from buildxray.lsp.main import start_stdio, start_tcp  # noqa: PLC0415 - no other command waits for it

    if options.tcp is None:
        start_stdio()
        return 0
    host, separator, port = options.tcp.rpartition(":")
    if not separator or not port.isdecimal() or int(port) > 65535:
        raise CliError(_("--tcp {address}: expected HOST:PORT, for example 127.0.0.1:2087", address=options.tcp))
    try:
        start_tcp(host.strip("[]") or "127.0.0.1", int(port))
    except OSError as error:
        raise CliError(_("--tcp {address}: {reason}", address=options.tcp, reason=error.strerror or error)) from error
    return 0
