"""Serving over two streams.

pygls reads each line and each body of a message in a pool of threads. Here the event loop waits for the stream itself where the system can,
else one thread reads it. That saves a fifth of the CPU time of a keystroke in a small document: 0.56 instead of 0.69 ms (3 runs of 1500
`didChange` messages each, commit f093489).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import stat
import sys
import threading
from typing import TYPE_CHECKING, BinaryIO, Final

from pygls.io_ import StdoutWriter, run_async

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer

_CHUNK: Final = 1 << 16
_log = logging.getLogger("buildxray")


def serve(server: LanguageServer, source: BinaryIO, sink: BinaryIO) -> None:
    """Effect: answer the messages in a stream until it ends or the client leaves."""
    server.protocol.set_writer(StdoutWriter(sink))
    try:
        asyncio.run(_answer(server, source, sink))
    except (BrokenPipeError, asyncio.IncompleteReadError):
        _log.info("The client has disconnected without a shutdown request.")
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        server.shutdown()  # type: ignore[no-untyped-call]


async def _answer(server: LanguageServer, source: BinaryIO, sink: BinaryIO) -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    if _can_be_waited_for(source, sink):
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), source)
    else:
        threading.Thread(target=_pump, args=(source, reader, loop), daemon=True).start()
    server._stop_event = threading.Event()  # noqa: SLF001 - pygls's own ways of starting set it too
    await run_async(server._stop_event, reader, server.protocol, error_handler=server.report_server_error)  # noqa: SLF001


def _can_be_waited_for(source: BinaryIO, sink: BinaryIO) -> bool:
    """Whether the event loop can wait for a stream: not on Windows, and not for a file or a terminal.

    Waiting makes the stream non-blocking, so nothing may be written to what is the same on the other side.
    """
    if sys.platform == "win32":
        return False
    ours, theirs = os.fstat(source.fileno()), os.fstat(sink.fileno())
    is_same = (ours.st_dev, ours.st_ino) == (theirs.st_dev, theirs.st_ino)
    return (stat.S_ISFIFO(ours.st_mode) or stat.S_ISSOCK(ours.st_mode)) and not is_same


def _pump(source: BinaryIO, reader: asyncio.StreamReader, loop: asyncio.AbstractEventLoop) -> None:
    """Effect: pass on what comes, as soon as it comes, while the loop runs.

    A buffered stream would be locked while it waits, and then Python cannot end.
    """
    with contextlib.suppress(OSError, RuntimeError, ValueError):
        while data := os.read(source.fileno(), _CHUNK):
            loop.call_soon_threadsafe(reader.feed_data, data)
        loop.call_soon_threadsafe(reader.feed_eof)
