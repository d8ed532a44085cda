"""A page of the web edition, read without a browser."""

import time
from html.parser import HTMLParser

PATIENCE = 120  # seconds: no test is about how fast this machine is
NO_PROSE = {"pre", "code", "script", "style", "math", "dt"}


def wait_until(page, condition):
    """Wait until an expression is true in the page. Playwright's own way needs eval, which the policy forbids."""
    end = time.monotonic() + PATIENCE
    while not page.evaluate(f"Boolean({condition})"):
        assert time.monotonic() < end, condition
        page.wait_for_timeout(20)


class Page(HTMLParser):
    """The links, anchors, pictures, descriptions and prose of a page."""

    def __init__(self, path):
        super().__init__()
        self.path, self.anchors, self.links, self.sources, self.without_alt = path, set(), [], [], []
        self.meta, self.title, self._in_title, self._described = {}, "", False, False
        self.prose, self._without_prose = "", 0
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self._without_prose += tag in NO_PROSE
        self._in_title = self._in_title or (tag == "title" and not self.title)
        if "id" in attributes:
            self.anchors.add(attributes["id"])
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        if tag in ("img", "script") and "src" in attributes:
            self.sources.append(attributes["src"])
        if tag == "link" and attributes.get("rel") in ("stylesheet", "icon", "preload"):
            self.sources.append(attributes["href"])
        if tag == "figure":
            self._described = False
        self._described = self._described or tag == "a"
        if tag == "img":
            # The first panel of a figure describes all of them, and the words of a link its picture.
            if not attributes.get("alt") and not (self._described and attributes.get("alt") == ""):
                self.without_alt.append(attributes.get("src"))
            self._described = True
        if tag == "meta":
            name = attributes.get("name") or attributes.get("property") or attributes.get("http-equiv")
            self.meta[name] = attributes.get("content")

    def handle_endtag(self, tag):
        self._described = self._described and tag not in ("figure", "a")
        self._without_prose -= tag in NO_PROSE
        self._in_title = self._in_title and tag != "title"

    def handle_data(self, data):
        if self._in_title:
            self.title += data
        if not self._without_prose:
            self.prose += data
