"""The built site, for all tests of this folder. `tools/testing.py` builds it and names its folder."""

import os
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tools import browser
from tools.site.pdf import served

FOLDER = os.environ.get("MLCOURSE_SITE", "")


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in Path(item.path).parents and not FOLDER:
            item.add_marker(pytest.mark.skip(reason="no site: `python course.py test` builds one"))


@pytest.fixture(scope="session")
def site():
    return Path(FOLDER)


class Page(HTMLParser):
    """The links, anchors and pictures of a page."""

    def __init__(self, path):
        super().__init__()
        self.path, self.anchors, self.links, self.sources, self.without_alt = path, set(), [], [], []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if "id" in attributes:
            self.anchors.add(attributes["id"])
        if tag == "a" and "name" in attributes:
            self.anchors.add(attributes["name"])
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        if tag in ("img", "script") and "src" in attributes:
            self.sources.append(attributes["src"])
        if tag == "link" and attributes.get("href", "#") != "#":
            self.sources.append(attributes["href"])
        if tag == "img" and not attributes.get("alt"):
            self.without_alt.append(attributes.get("src"))


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
        pytest.skip("no Chromium found")
    with browser.chromium() as started:
        yield started
