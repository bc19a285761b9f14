"""Start a server on the standard streams of this process by way of `warm_server`, and exit with its code.

A script of its own, because everything that it imports is paid for at each start.
"""

import os
import socket
import sys

with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])
    socket.send_fds(connection, [b"\n"], [0, 1, 2])
    for descriptor in (0, 1, 2):
        # Only the server has the streams, so that the other end sees when it closes them.
        os.close(descriptor)
    code = connection.recv(1)
os._exit(code[0] if code else 1)
