"""Start the server, over the standard streams or over TCP."""

from __future__ import annotations

import asyncio
import logging
import sys

from lsprotocol import types

from buildxray.ide.time_budget import uninterrupted
from buildxray.lsp.handlers import register
from buildxray.lsp.memory import set_up_gc
from buildxray.lsp.server import Server
from buildxray.lsp.streams import leave, serve, serve_tcp

_log = logging.getLogger("buildxray")


class _ToClient(logging.Handler):
    """A log handler that sends errors to the client."""

    def __init__(self, server: Server) -> None:
        super().__init__(logging.ERROR)
        self._server = server

    def emit(self, record: logging.LogRecord) -> None:
        message = types.LogMessageParams(types.MessageType.Error, self.format(record))
        with uninterrupted():
            self._server.window_log_message(message)


def create_server() -> Server:
    """Create a server with all its features."""
    server = Server()
    register(server)
    _log.addHandler(_ToClient(server))
    return server


def start_stdio() -> None:
    """Effect: serve the client at the other end of the standard streams, until it disconnects."""
    server = create_server()
    set_up_gc()
    leave(serve(server, sys.stdin.buffer, sys.stdout.buffer))


def start_tcp(host: str, port: int) -> None:
    """Effect: serve the first client that connects, until it disconnects."""
    server = create_server()
    set_up_gc()
    leave(asyncio.run(serve_tcp(server, host, port)))
