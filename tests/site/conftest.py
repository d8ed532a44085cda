"""The built site, for all tests of this folder. `tools/testing.py` builds it and names its folder."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.helpers.complaints import listen
from tests.helpers.site_page import Page
from tools import browser
from tools.site.pdf import served

FOLDER = os.environ.get("MLCOURSE_SITE", "")
LOCAL = ("http://127.0.0.1", "file://", "data:", "blob:", "about:")
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 400, "height": 800}


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in Path(item.path).parents and not FOLDER:
            item.add_marker(pytest.mark.skip(reason="no site: `python course.py test` builds one"))


@pytest.fixture(scope="session")
def site():
    return Path(FOLDER)


@pytest.fixture(scope="session")
def read_pages(site):
    """All pages, read; by their path relative to the site."""
    return {path.relative_to(site).as_posix(): Page(path) for path in site.rglob("*.html")}


@pytest.fixture(scope="session")
def address(site):
    with served(site) as where:
        yield where


@pytest.fixture(scope="session")
def chromium():
    if not browser.CHROMIUM:
        pytest.skip("no Chromium found: only links and pictures are checked")
    with browser.chromium() as started:
        yield started


@pytest.fixture
def new_page(chromium):
    """A function that gives a page with a browser's memory of its own; all are closed at the end.

    Errors that these pages log, and requests that leave this machine, fail the test.
    """
    complaints = []
    with ExitStack() as contexts:

        def new_page(**options):
            context = contexts.enter_context(chromium.new_context(**{"viewport": DESK, **options}))
            return listened_to(context.new_page(), complaints)

        yield new_page
    assert complaints == []


@pytest.fixture(scope="session")
def shared_page(chromium):
    """One page for tests that only look, and the list of what it has complained about."""
    complaints = []
    with chromium.new_context(viewport=DESK, reduced_motion="reduce") as context:
        yield listened_to(context.new_page(), complaints), complaints


def listened_to(page, complaints):
    """The page, with all that it complains about noted down, answers with errors included."""
    page.on("response", lambda response: complaints.append(response.url) if response.status >= 400 else None)
    return listen(page, complaints, LOCAL)
