"""A real browser for the tests of this folder, and a JupyterLab to open in it.

The browser is Chromium, driven by Playwright. Without a Chromium on the path every test here is skipped.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from mlcourse.cli import ROOT, lab_options, private_jupyter, write_lab_config
from tools import browser

SCREENSHOTS = ROOT / ".screenshots"


def pytest_collection_modifyitems(items):
    if browser.CHROMIUM:
        return
    here = Path(__file__).parent
    for item in items:
        if here in Path(item.path).parents:
            item.add_marker(
                pytest.mark.skip(reason="no Chromium found: install Debian's chromium, or Google Chrome")
            )


@pytest.fixture(scope="session")
def chromium():
    with browser.chromium() as started:
        yield started


@pytest.fixture
def open_page(chromium):
    """Open pages that reach only this machine; fail at the end if one logged an error or made another request."""
    contexts, complaints = [], []

    def new_page(**options):
        context = chromium.new_context(viewport={"width": 1100, "height": 900}, **options)
        contexts.append(context)
        context.route("**/*", only_local(complaints))
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield new_page
    for context in contexts:
        context.close()
    assert complaints == []


def only_local(complaints):
    """A route that lets requests to this machine through, and records and blocks all others."""

    def decide(route):
        url = route.request.url
        if url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "about:")):
            route.continue_()
        else:
            complaints.append(f"requested {url}")
            route.abort()

    return decide


@pytest.fixture
def screenshot():
    """Save a picture of a page, or of an element on it, for a person to look at."""
    SCREENSHOTS.mkdir(exist_ok=True)
    return lambda of, name: of.screenshot(path=str(SCREENSHOTS / f"{name}.png"))


@pytest.fixture(scope="session")
def lab_folder(tmp_path_factory):
    """A copy of the course's notebooks."""
    folder = tmp_path_factory.mktemp("lab")
    for part in ("notebooks", "exercises"):
        shutil.copytree(ROOT / part, folder / part)
    for name in ("GLOSSARY.md", "README.md"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="session")
def lab(lab_folder):
    """The address of a JupyterLab that serves the copy with the settings of the course."""
    places = private_jupyter(lab_folder / ".jupyter")
    write_lab_config(places["JUPYTER_CONFIG_DIR"])
    port = free_port()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}"]
    command += [*lab_options(lab_folder), "--IdentityProvider.token=", "--expose-app-in-browser"]
    # A kernel chooses its own backend for figures; the variable of the tests would override it.
    inherited = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    environment = {**inherited, **places, "MLCOURSE_MNIST": "no", "OMP_NUM_THREADS": "1"}
    with open(lab_folder / "log.txt", "w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/api", server, lab_folder / "log.txt")
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url, server, log, seconds=90):
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            with urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError(f"JupyterLab did not start (exit code {server.poll()}):\n{log.read_text()[-2000:]}")
