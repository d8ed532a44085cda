"""A real browser for the tests of this folder, and a JupyterLab to open in it.

The browser is Chromium, driven by Playwright. Without a Chromium on the path every test here is skipped.
"""

import os
import re
from contextlib import ExitStack
from pathlib import Path

import pytest

from mlcourse.cli import ROOT
from tests.helpers.complaints import listen
from tests.helpers.lab_page import close_notebooks, open_lab
from tests.helpers.player_page import HTML
from tests.helpers.scenes import PLAYERS
from tools import browser
from tools.jupyterlab import copy_course, jupyterlab

SCREENSHOTS = ROOT / ".screenshots"
VIEWPORT = {"width": 1100, "height": 900}
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "alone")
LOCAL = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "about:")
# JupyterLab's own: what is said about kernels that end, perhaps late, in the test that follows; and a request to its
# server that failed there. If a page needed the answer, its test fails without this.
NOT_THE_COURSES = re.compile(r"Comm not found|status of 5\d\d .*/api/")


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


@pytest.fixture(scope="session")
def pages(chromium):
    """A function that gives the page for some options, and what all these pages complained about.

    A page costs a process, so tests with the same options share it, one after the other.
    """
    opened, complaints = {}, []

    def page_for(**options):
        if (key := frozenset(options.items())) not in opened:
            context = contexts.enter_context(chromium.new_context(viewport=VIEWPORT, **options))
            opened[key] = listen(context.new_page(), complaints, LOCAL)
        return opened[key]

    with ExitStack() as contexts:
        yield page_for, complaints


@pytest.fixture
def open_page(pages):
    """Open pages that reach only this machine; fail at the end if one logged an error or made another request.

    A second page with the same options replaces the first.
    """
    page_for, complaints = pages
    complaints.clear()

    def open_page(**options):
        page = page_for(**options)
        page.mouse.move(0, 0)
        page.goto("about:blank")
        page.set_viewport_size(VIEWPORT)
        page.emulate_media(reduced_motion=options.get("reduced_motion", "no-preference"))
        return page

    yield open_page
    assert complaints == []


@pytest.fixture
def screenshot(request):
    """Save a picture of a page, or of an element on it, for a person to look at; only with --screenshots."""
    if not request.config.getoption("screenshots"):
        return lambda of, name: None
    SCREENSHOTS.mkdir(exist_ok=True)
    return lambda of, name: of.screenshot(path=str(SCREENSHOTS / f"{name}.png"))


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """The address and folder of a JupyterLab: one that serves all workers, or one of our own."""
    if "MLCOURSE_LAB" in os.environ:
        address, folder = os.environ["MLCOURSE_LAB"].split(" ", 1)
        yield address, Path(folder)
    else:
        folder = tmp_path_factory.mktemp("lab")
        with jupyterlab(folder) as address:
            yield address, folder


@pytest.fixture(scope="session")
def lab(served):
    """The address of a JupyterLab, and the folder in it that has this worker's copy of the course.

    Pages that open the same file share its kernel, and the first one to close the file ends it for all.
    """
    address, folder = served
    copy_course(folder / WORKER)
    return address, folder / WORKER


@pytest.fixture(scope="session")
def lab_session(chromium, lab):
    """JupyterLab in a page that stays open, so that it loads once, and the complaints of that page."""
    address, folder = lab
    complaints = []
    with chromium.new_context(viewport=VIEWPORT) as context:
        page = listen(context.new_page(), complaints, LOCAL)
        open_lab(page, address, folder.name)
        yield page, complaints


@pytest.fixture
def lab_page(lab_session):
    """JupyterLab without an open notebook; fails at the end if the page complained."""
    page, complaints = lab_session
    complaints.clear()
    yield page
    found = [one for one in complaints if not NOT_THE_COURSES.search(one)]
    close_notebooks(page)
    assert found == []


@pytest.fixture(scope="session")
def made():
    """Every player, made once."""
    return {name: make() for name, make in PLAYERS.items()}


@pytest.fixture
def shown(open_page, made):
    """Put a player on a page of its own and return the page."""

    def show(player, **options):
        page = open_page(**options)
        page.set_content(HTML.format((made[player] if isinstance(player, str) else player)._repr_html_()))
        page.wait_for_function("document.querySelector('[data-mlcourse-player]').player")
        return page

    return show
