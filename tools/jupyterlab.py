"""JupyterLab for the browser tests, with the course's own settings, and copies of the course to open in it."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

from mlcourse.cli import ROOT, lab_options, private_jupyter, write_lab_config
from tools.warm_kernels import warm_kernels

START_TIMEOUT = 300  # seconds: JupyterLab starts slowly on a busy machine


@contextlib.contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """Serve a folder, and yield the address.

    Raises
    ------
    RuntimeError
        If JupyterLab does not respond in time, or exits first; the message contains the end of its log.
    """
    places = private_jupyter(folder / ".jupyter")
    write_lab_config(places)
    # A kernel chooses its own Matplotlib backend, which the tests' MPLBACKEND would override.
    inherited = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    environment = {**inherited, **places, "MLCOURSE_MNIST": "no", "OMP_NUM_THREADS": "1"}
    with warm_kernels(environment) as warm, open(folder / "log.txt", "w") as log:
        port = free_port()
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}"]
        command += [*lab_options(folder), "--IdentityProvider.token=", "--expose-app-in-browser"]
        server = subprocess.Popen(
            command, env=environment | warm, stdout=log, stderr=log, start_new_session=True
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/api", server, folder / "log.txt")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()  # it ends its kernels first
            server.wait()


def copy_course(folder: Path) -> None:
    """Make a folder with what readers of the course open."""
    for part in ("notebooks", "exercises"):
        shutil.copytree(ROOT / part, folder / part)
    for name in ("GLOSSARY.md", "README.md"):
        shutil.copy(ROOT / name, folder)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url: str, server: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + START_TIMEOUT
    while time.monotonic() < end and server.poll() is None:
        try:
            with urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start (exit code {server.poll()}):\n{log.read_text()[-2000:]}")
