"""Servers that start in a tenth of the time of a new interpreter, each in a process of its own.

One process of each test run has imported the server and waits. To start a server, `warm_launcher` sends it its standard streams; it forks, and
the copy serves on these streams. The launcher lives as long as the server and exits with its code, so that a test cannot tell it from the server.
Where the system cannot fork, or what is tested is the start itself, tests start `COMMAND`.
"""

from __future__ import annotations

import atexit
import gc
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

COMMAND: Final = [sys.executable, "-m", "buildxray", "lsp", "--stdio"]


@cache
def warm_command() -> list[str]:
    """The command that lets the waiting process start a server."""
    if not hasattr(os, "fork") or not hasattr(socket, "send_fds"):
        return COMMAND
    directory = tempfile.TemporaryDirectory(prefix="buildxray-warm-")
    address = f"{directory.name}/socket"
    waiting = subprocess.Popen([sys.executable, __file__, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert waiting.stdout is not None
    assert waiting.stdout.read(1) == b"\n", "it listens"

    def leave() -> None:
        waiting.communicate(b"", 10)
        directory.cleanup()

    atexit.register(leave)
    return [sys.executable, "-I", "-S", str(Path(__file__).with_name("warm_launcher.py")), address]


def wait(address: str) -> None:
    """Fork a server for each launcher, until standard input ends."""
    from buildxray.lsp.main import create_server, start_stdio  # noqa: PLC0415 - only the waiting process needs it

    # Computed once per process: the types of the protocol.
    create_server()
    logging.getLogger("buildxray").handlers.clear()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        os.write(1, b"\n")
        while True:
            ready, _, _ = select.select([listening.fileno(), 0], [], [])
            if 0 in ready:
                return
            connection, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                if _forked_for(connection):
                    start_stdio()
                os._exit(0)
            connection.close()


def _forked_for(connection: socket.socket) -> bool:
    """Fork. True in the child, which serves on the streams of the launcher; False in the parent, after the child has ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, descriptors, _, _ = socket.recv_fds(connection, 1, 3)
    server = os.fork()
    for number, descriptor in enumerate(descriptors):
        if server == 0:
            os.dup2(descriptor, number)
        else:
            os.close(number)
        os.close(descriptor)
    if server == 0:
        connection.close()
        return True
    _, status = os.waitpid(server, 0)
    connection.send(bytes([os.waitstatus_to_exitcode(status) & 0xFF]))
    return False


if __name__ == "__main__":
    wait(sys.argv[1])
