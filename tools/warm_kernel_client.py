"""A proxy for a kernel that `warm_kernels.py` forks: the process that Jupyter starts, signals and waits for.

Run it as `python -I -S warm_kernel_client.py ADDRESS CONNECTION_FILE`: the flags let it start in milliseconds.
"""

import json
import os
import signal
import socket
import sys


def main(address: str, connection_file: str, *options: str) -> int:
    """Ask for a kernel, pass signals on to it, and return its exit code."""
    started_with = {"connection_file": connection_file, "options": options}
    request = {**started_with, "folder": os.getcwd(), "environment": dict(os.environ)}
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        socket.send_fds(server, [json.dumps(request).encode()], [0, 1, 2])
        replies = server.makefile()
        kernel = int(replies.readline())
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda received, _: os.kill(kernel, received))
        return int(replies.readline() or 1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
