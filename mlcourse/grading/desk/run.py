"""Start the server, open the browser, and end with Ctrl-C."""

import asyncio
import os
import tempfile
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from html import escape
from pathlib import Path

from mlcourse.grading.desk.server import served
from mlcourse.grading.desk.view import Desk


def run_desk(desk: Desk, browser: bool = True) -> None:
    """Serve the desk until Ctrl-C. With `browser`, open it there too."""
    try:
        asyncio.run(_serve(desk, browser))
    except KeyboardInterrupt:
        print()  # the terminal shows ^C on the line before


async def _serve(desk: Desk, browser: bool) -> None:
    async with served(desk) as address:
        print(
            f"Open {address}\nEach entry is saved at once. When you are done, press Ctrl-C here.", flush=True
        )
        with opened(address) if browser else nullcontext():
            await asyncio.Event().wait()


@contextmanager
def opened(address: str) -> Iterator[None]:
    """Open an address in the browser, by a file that only this user can read.

    Other users of the machine can see the command that starts a browser; they must not see the key in the address.
    """
    handle, name = tempfile.mkstemp(suffix=".html", prefix="desk-")
    with os.fdopen(handle, "w") as file:
        file.write(f'<!doctype html><meta http-equiv="refresh" content="0; url={escape(address)}">\n')
    try:
        webbrowser.open(Path(name).as_uri())
        yield
    finally:
        Path(name).unlink(missing_ok=True)
