"""Chromium for the browser tests, the player's benchmark and the README's animation, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # playwright is needed only once there is a browser
    from playwright.sync_api import Browser

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

# No background traffic, no graphics card, no sandbox (Chromium refuses to run as root with one).
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # only this machine can be reached
]


@contextmanager
def chromium() -> "Iterator[Browser]":
    """Start a headless browser and close it afterwards. Raise RuntimeError if there is none on the path."""
    from playwright.sync_api import sync_playwright

    if CHROMIUM is None:
        raise RuntimeError(
            "found no Chromium on the path: install Chromium (on Debian, `apt install chromium`) or Google Chrome."
        )
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=OPTIONS)
        try:
            yield browser
        finally:
            browser.close()
