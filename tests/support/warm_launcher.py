"""Let `warm_server` start a server on the standard streams of this process, and exit with its code.

A separate script with few imports, because each start of a test pays for them.
"""

import os
import socket
import sys

with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])
    socket.send_fds(connection, [b"\n"], [0, 1, 2])
    for descriptor in (0, 1, 2):
        # Only the server keeps the streams open, so that the client notices when it closes them.
        os.close(descriptor)
    code = connection.recv(1)
os._exit(code[0] if code else 1)
