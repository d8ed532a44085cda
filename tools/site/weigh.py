"""Weigh the lessons' pages as a phone loads them, and time the first picture: `python -m tools.site.weigh`.

Needs the built site and Chromium. Network and processor are slowed down as Lighthouse does for a phone: 1.6 Mbit/s,
150 ms until an answer begins, a quarter of the processor's speed. Text is sent compressed, as hosts do.
"""

import gzip
import statistics
import sys
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize

from mlcourse.cli import ROOT
from tools import browser
from tools.site.pdf import Quiet, served

TEXT = {".html", ".css", ".js", ".svg", ".json"}
MB = 1e6
MAX_WEIGHT, MAX_SECONDS = 1.5, 2.0
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8}
PHONE: ViewportSize = {"width": 400, "height": 800}
REPEATS = 3
# Runs before the page does: notes when the first picture is on the screen, an image or a player's.
WATCH = """
  window.firstPicture = new Promise((done) => {
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes)
        for (const node of addedNodes) if (node.tagName === "IMG") node.setAttribute("elementtiming", "picture");
    }).observe(document, { childList: true, subtree: true });
    new PerformanceObserver((list) => done(list.getEntries()[0].renderTime / 1000)).observe({ type: "element" });
    (function look() {
      const playing = document.querySelector("[data-mlcourse-player]")?.player;
      requestAnimationFrame(playing ? (time) => done(time / 1000) : look);
    })();
  });
"""
EVERYTHING = """async () => {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
  for (const picture of document.images) picture.loading = "eager";
  await Promise.all([...document.images].map((picture) => picture.decode().catch(() => null)));
}"""


class Compressing(Quiet):
    """A server that compresses text, and counts the bytes that it sends."""

    sent = 0

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        body = path.read_bytes()
        self.send_response(200)
        if path.suffix in TEXT:
            body = gzip.compress(body, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        Compressing.sent += len(body)
        self.wfile.write(body)


def main() -> int:
    """Print a row per lesson; return 1 if one is too heavy or too slow."""
    site = ROOT / "site"
    pages = [
        "index.html",
        *(f"notebooks/{path.name}" for path in sorted((site / "notebooks").glob("*.html"))),
    ]
    missed = 0
    print(f"{'page':44}{'opened':>10}{'in all':>10}{'first picture':>16}")
    with served(site, Compressing) as address, browser.chromium() as chromium:
        for page in pages:
            opened, everything = weight(chromium, f"{address}/{page}")
            seconds = statistics.median(first_picture(chromium, f"{address}/{page}") for _ in range(REPEATS))
            missed += everything > MAX_WEIGHT or seconds > MAX_SECONDS
            print(f"{page:44}{opened:7.2f} MB{everything:7.2f} MB{seconds:14.2f} s", flush=True)
    return int(missed > 0)


def weight(chromium: Browser, address: str) -> tuple[float, float]:
    """Return how many megabytes a phone loads when it opens a page, and when everything has been looked at."""
    with chromium.new_context(viewport=PHONE) as context:
        page = context.new_page()
        Compressing.sent = 0
        page.goto(address, wait_until="networkidle")
        opened = Compressing.sent
        page.evaluate(EVERYTHING)
        return opened / MB, Compressing.sent / MB


def first_picture(chromium: Browser, address: str) -> float:
    """Return after how many seconds a slow phone shows the first picture."""
    with chromium.new_context(viewport=PHONE, device_scale_factor=2, is_mobile=True) as context:
        page = context.new_page()
        slow = context.new_cdp_session(page)
        slow.send("Network.emulateNetworkConditions", NETWORK)
        slow.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        page.add_init_script(WATCH)
        page.goto(address)
        return float(page.evaluate("firstPicture"))


if __name__ == "__main__":
    sys.exit(main())
