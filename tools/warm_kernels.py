"""Fork kernels from a process that has done their imports: a test run starts fifty, and importing takes 3 s in each.

    with warm_kernels(environment) as variables:   # add these to the environment of pytest or JupyterLab
        ...

A server imports what lessons import, and then forks: each kernel starts as a copy of the server. A kernel spec named
"python3" points Jupyter at a small client, which passes on the connection file and signals, and exits when its kernel
does. Forking after such imports is safe only on Linux; elsewhere kernels start as usual.
"""

import contextlib
import importlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

CLIENT = Path(__file__).with_name("warm_kernel_client.py")
PRELOADED = (
    "ipykernel.debugger",
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "ipywidgets",
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    "mlcourse.checks",
    "mlcourse.datasets",
    "mlcourse.evaluation",
    "mlcourse.metrics",
    "mlcourse.widgets",
    "scipy.optimize",
    "scipy.spatial.distance",
    "scipy.stats",
    "seaborn",
    "sklearn.datasets",
    "sklearn.decomposition",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.mixture",
    "sklearn.model_selection",
    "sklearn.neighbors",
    "sqlite3",
    "tornado.platform.asyncio",
)


@contextlib.contextmanager
def warm_kernels(environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """Start the server; yield the variables that make Jupyter use it, or none if kernels start as usual."""
    if sys.platform != "linux":
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="mlcourse-kernels-") as folder:
        address = f"{folder}/socket"
        spec = Path(folder, "kernels", "python3", "kernel.json")
        spec.parent.mkdir(parents=True)
        client = [sys.executable, "-I", "-S", str(CLIENT), address, "{connection_file}"]
        name = "Python 3 (ipykernel)"  # as in the notebooks: JupyterLab would replace another name
        spec.write_text(json.dumps({"argv": client, "display_name": name, "language": "python"}))
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(address)
            listening.listen(64)  # clients queue while the server imports
            server = subprocess.Popen(
                [sys.executable, "-P", __file__, str(listening.fileno())],
                env=environment,
                pass_fds=[listening.fileno()],
                start_new_session=True,
            )
        try:
            yield {"JUPYTER_PATH": folder}
        finally:
            server.terminate()
            server.wait()


class Server:
    """Fork a kernel for each client, and send the client its kernel's exit code.

    Parameters
    ----------
    listening : socket
    """

    def __init__(self, listening: socket.socket):
        self.listening = listening
        self.kernels: dict[int, socket.socket] = {}  # the client of each kernel, by process id
        self.selector = selectors.DefaultSelector()
        self.selector.register(listening, selectors.EVENT_READ)
        self.woken, waker = socket.socketpair()
        waker.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker.fileno())
        self.selector.register(self.woken, selectors.EVENT_READ)
        self.waker = waker

    def serve(self) -> None:
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.listening:
                    self.start_kernel(self.listening.accept()[0])
                elif key.fileobj is self.woken:
                    self.woken.recv(4096)
                    self.report_ended_kernels()
                else:  # a client sends nothing more, so its socket is readable only once the client is gone
                    self.end_kernel(key.fileobj)

    def start_kernel(self, client: socket.socket) -> None:
        data, streams, _, _ = socket.recv_fds(client, 1 << 20, 3)
        request = json.loads(data)
        kernel = os.fork()
        if kernel == 0:
            self.leave(client)
            become_kernel(request, streams)
        for stream in streams:
            os.close(stream)
        client.sendall(f"{kernel}\n".encode())
        self.kernels[kernel] = client
        self.selector.register(client, selectors.EVENT_READ)

    def leave(self, client: socket.socket) -> None:
        """In the forked child: close and reset what belongs to the server."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self.selector.close()
        for other in (self.listening, self.woken, self.waker, client, *self.kernels.values()):
            other.close()

    def report_ended_kernels(self) -> None:
        for kernel in list(self.kernels):
            ended, status = os.waitpid(kernel, os.WNOHANG)
            if ended:
                client = self.kernels.pop(kernel)
                self.selector.unregister(client)
                with contextlib.suppress(OSError):  # the client may be gone too
                    client.sendall(f"{os.waitstatus_to_exitcode(status) & 0xFF}\n".encode())
                client.close()

    def end_kernel(self, client: object) -> None:
        for kernel, own in self.kernels.items():
            if own is client:
                self.selector.unregister(own)
                os.kill(kernel, signal.SIGKILL)
                os.waitpid(kernel, 0)
                del self.kernels[kernel]
                own.close()
                return

    def end(self) -> None:
        for kernel in self.kernels:
            os.kill(kernel, signal.SIGKILL)


def become_kernel(request: dict, streams: list[int]) -> None:
    """In the forked child: adopt the client's folder, environment and streams, and run a kernel until it ends."""
    import random

    import matplotlib
    import numpy as np
    from ipykernel.kernelapp import IPKernelApp

    code = 1
    try:
        os.setsid()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        matplotlib.rcParams["backend"] = os.environ.setdefault(
            "MPLBACKEND", "module://matplotlib_inline.backend_inline"
        )
        random.seed()
        np.random.seed()  # noqa: NPY002  otherwise all kernels would share the server's random state
        sys.argv = ["ipykernel_launcher", "-f", request["connection_file"], *request["options"]]
        IPKernelApp.launch_instance()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    finally:
        os._exit(code)


def main(descriptor: int) -> None:
    listening = socket.socket(fileno=descriptor)
    for name in PRELOADED:
        importlib.import_module(name)
    server = Server(listening)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        server.serve()
    finally:
        server.end()


if __name__ == "__main__":
    main(int(sys.argv[1]))
