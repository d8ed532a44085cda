"""Pages to PDF: one per lesson, and one of the whole course, printed by a browser without a window.

On paper nothing unfolds. So the answers to predictions, and hints, go to the end, and each question says where.
"""

import http.server
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from mlcourse.builder.lessons import Outline
from mlcourse.checks.folders import notebook_name
from tools import browser

# Runs in the page. Takes the addresses of the pages to print, as paths from the top of the site.
TO_PAPER = (Path(__file__).parent / "theme" / "paper.js").read_text("utf-8")
TOOLS = re.compile('<p class="page-tools">')
MARGIN = "18mm"
PATIENCE = 300_000  # milliseconds


def print_all(course: Outline, site: Path) -> list[Path]:
    """Print every lesson, and then all of them as one document; return the paths of the files in site/pdf/."""
    names = course.names("notebooks")
    places = {
        name: f"notebooks/{notebook_name('notebooks', name)}".replace(".ipynb", ".html") for name in names
    }
    out = site / "pdf"
    out.mkdir(exist_ok=True)
    documents = {out / f"{name}.pdf": [place] for name, place in places.items()}
    documents[out / "course.pdf"] = list(places.values())
    with served(site) as address, browser.chromium() as chromium:
        page = chromium.new_page(bypass_csp=True)
        page.set_default_timeout(PATIENCE)
        for path, parts in documents.items():
            page.goto(f"{address}/{parts[0]}")
            page.evaluate(TO_PAPER, parts)
            page.emulate_media(media="print", color_scheme="light")
            page.pdf(
                path=path,
                format="A4",
                margin={"top": MARGIN, "bottom": MARGIN, "left": MARGIN, "right": MARGIN},
                outline=True,
                tagged=True,
                print_background=True,
            )
    for name, place in places.items():
        add_link(site / place, f'<a href="../pdf/{name}.pdf">PDF</a>')
    add_link(site / "index.html", '<a href="pdf/course.pdf">All lessons as one PDF</a>')
    return list(documents)


def add_link(page: Path, link: str) -> None:
    """Write a link into a page's line of tools."""
    html = page.read_text("utf-8")
    if link not in html:
        page.write_text(TOOLS.sub(lambda found: found[0] + link, html, count=1), "utf-8")


@contextmanager
def served(folder: Path, handler: type["Quiet"] | None = None) -> Iterator[str]:
    """Serve a folder to this machine alone; yield its address."""
    handle = partial(handler or Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handle) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server that does not log requests."""

    def log_message(self, format: str, *args: object) -> None:
        return
