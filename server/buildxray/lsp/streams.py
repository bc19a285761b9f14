"""Serve over two streams, or one client over TCP.

pygls reads each line and each body of a message in a pool of threads. Here the event loop waits for the stream itself
if the system supports that; otherwise one thread reads it. This halves the CPU time of a keystroke, from 1.2 to 0.6 ms
(medians of 3 runs of 1000 `didChange` messages each, in a document of 2 lines and in one of 30); `make bench` compares
both. pygls also neither bounds a message nor answers a malformed one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import multiprocessing
import os
import re
import stat
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, Final, NoReturn

from buildxray.lsp.protocol import Protocol
from buildxray.syntax.lazy_regex import lazy_regex

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer

_CHUNK: Final = 1 << 16
_LONGEST_BODY: Final = 1 << 28
"""The most bytes of a message, ten times a document of 4 MB with all characters escaped."""
_GRACE: Final = 0.7
"""Seconds for which the event loop may continue after the client has disconnected."""
_CONTENT_LENGTH: Final = lazy_regex(rb"Content-Length:[ \t]*(\d{1,12})[ \t]*\r?\n\Z", re.IGNORECASE)
_HTTP: Final = lazy_regex(rb"[A-Z]{3,10} [^\r\n]* HTTP/\d")
_HTTP_ANSWER: Final = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_log = logging.getLogger("buildxray")


class _GoneError(Exception):
    """The client has left, or does not speak the protocol."""


class _Writer:
    """Writes messages; when the client no longer reads them, the session ends."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self.gone = asyncio.Event()

    def write(self, data: bytes) -> None:
        if self.gone.is_set():
            return
        try:
            self._sink.write(data)
            self._sink.flush()
        except (OSError, ValueError):
            self.gone.set()

    def close(self) -> None:
        """Do nothing, because the stream belongs to the process."""


def serve(server: LanguageServer, source: BinaryIO, sink: BinaryIO) -> int:
    """Effect: answer the messages of a stream until it ends or the client leaves; returns the exit code.

    Threads may still be running afterwards: see `leave`.
    """
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(_answer(server, source, sink))
    except SystemExit as exit_:
        return int(exit_.code or 0)
    except KeyboardInterrupt:
        return 130


def leave(code: int) -> NoReturn:
    """Effect: end the process now, whatever its threads and child processes are doing."""
    for child in multiprocessing.active_children():
        child.kill()
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()
    os._exit(code)


async def _answer(server: LanguageServer, source: BinaryIO, sink: BinaryIO) -> int:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    if _can_be_waited_for(source, sink):
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), source)
        threading.Thread(target=_watch, args=(source.fileno(),), daemon=True).start()
    else:
        threading.Thread(target=_pump, args=(source, reader, loop), daemon=True).start()
    writer = _Writer(sink)
    server.protocol.set_writer(writer)
    messages = asyncio.ensure_future(handle_messages(server, reader))
    gone = asyncio.ensure_future(writer.gone.wait())
    await asyncio.wait({messages, gone}, return_when=asyncio.FIRST_COMPLETED)
    gone.cancel()
    if not messages.done():
        _log.info("The client reads no more.")
        messages.cancel()
        return 1
    with contextlib.suppress(_GoneError):
        messages.result()
    # The stream has ended without `exit`.
    return 1


async def handle_messages(
    server: LanguageServer, reader: asyncio.StreamReader, begin: Callable[[], bool] = lambda: True
) -> int:
    """Effect: handle messages until the stream ends; returns their number.

    `begin` is called at the first message; if it returns False, nothing is handled.
    """
    protocol = server.protocol
    assert isinstance(protocol, Protocol)
    n_messages = 0
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            try:
                body = await _read_body(reader)
            except ValueError as error:
                if not n_messages and not begin():
                    break
                protocol.refuse_text(str(error))
                continue
            if body is None or (not n_messages and not begin()):
                break
            n_messages += 1
            try:
                message = json.loads(body)
            except (ValueError, RecursionError) as error:
                protocol.refuse_text(f"not JSON: {error}")
                continue
            try:
                protocol.receive(message)
            except Exception:  # noqa: BLE001 - one message must not end the session
                _log.exception("a message has failed")
    return n_messages


async def _read_body(reader: asyncio.StreamReader) -> bytes | None:
    """The body of the next message; None at the end. Raises `ValueError` for a header without a valid length.

    After a wrong length, the rest of a body precedes the next header, so only the end of a line is parsed.
    """
    length: int | None = None
    while True:
        line = await _read_line(reader)
        if not line:
            return None
        if _HTTP.match(line):
            raise _GoneError
        match = _CONTENT_LENGTH.search(line)
        if match is not None:
            length = int(match[1])
            if length > _LONGEST_BODY:
                raise ValueError(f"a message of {length} bytes is too long")
        elif not line.strip():
            if length is None:
                continue
            return await reader.readexactly(length)


async def _read_line(reader: asyncio.StreamReader) -> bytes:
    """A line with its end; of a line that is too long, the last part, which is never a valid header."""
    while True:
        try:
            return await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as error:
            await reader.readexactly(max(1, error.consumed))
        except asyncio.IncompleteReadError as error:
            return error.partial


async def serve_tcp(server: LanguageServer, host: str, port: int) -> int:
    """Effect: serve the first client that speaks the protocol, until it disconnects; returns the exit code.

    Other clients get an error. A connection that sends nothing, or HTTP, does not count as a client.
    """
    done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    client: asyncio.StreamWriter | None = None
    waiting: set[asyncio.StreamWriter] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def begin() -> bool:
            nonlocal client
            if client is None:
                client = writer
                server.protocol.set_writer(writer)
                for other in waiting - {writer}:
                    _say_that_it_is_busy(other)
            return client is writer

        code = 0
        waiting.add(writer)
        try:
            if client is None:
                await handle_messages(server, reader, begin)
            else:
                _say_that_it_is_busy(writer)
        except _GoneError:
            writer.write(_HTTP_ANSWER)
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        waiting.discard(writer)
        writer.close()
        if client is writer and not done.done():
            done.set_result(code)

    listener = await asyncio.start_server(connected, host, port)
    try:
        return await done
    finally:
        listener.close()


def _say_that_it_is_busy(writer: asyncio.StreamWriter) -> None:
    """Effect: answer a second client with an error of the protocol, and close its connection."""
    text = "buildxray lsp --tcp serves one client, and it has one; start another server."
    messages: list[dict[str, object]] = [
        {"jsonrpc": "2.0", "method": "window/showMessage", "params": {"type": 1, "message": text}},
        {"jsonrpc": "2.0", "id": None, "error": {"code": -32000, "message": text}},
    ]
    for message in messages:
        body = json.dumps(message).encode()
        writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    writer.close()


def _can_be_waited_for(source: BinaryIO, sink: BinaryIO) -> bool:
    """True if the event loop can wait for a stream: not on Windows, and not for a file or a terminal.

    Waiting makes the stream non-blocking, for its writers too if they share it.
    """
    if sys.platform == "win32":
        return False
    ours, theirs = os.fstat(source.fileno()), os.fstat(sink.fileno())
    is_same = (ours.st_dev, ours.st_ino) == (theirs.st_dev, theirs.st_ino)
    return (stat.S_ISFIFO(ours.st_mode) or stat.S_ISSOCK(ours.st_mode)) and not is_same


def _watch(descriptor: int) -> None:
    """Effect: end the process soon after the client has closed the stream, even while the event loop is busy."""
    if sys.platform == "win32":
        return
    import select  # noqa: PLC0415 - not everywhere

    poll = select.poll()
    # No event is requested; a hang-up is reported anyway.
    poll.register(descriptor, 0)
    with contextlib.suppress(OSError):
        poll.poll()
        time.sleep(_GRACE)
        leave(1)


def _pump(source: BinaryIO, reader: asyncio.StreamReader, loop: asyncio.AbstractEventLoop) -> None:
    """Effect: pass on input as soon as it arrives, while the loop runs; end the process at the end of the input.

    A buffered stream would be locked while it waits, and Python could not exit.
    """
    with contextlib.suppress(OSError, RuntimeError, ValueError):
        while data := os.read(source.fileno(), _CHUNK):
            loop.call_soon_threadsafe(reader.feed_data, data)
        loop.call_soon_threadsafe(reader.feed_eof)
        if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
            # All messages of a file are answered; a closed pipe has no reader for further answers.
            time.sleep(_GRACE)
            leave(1)
