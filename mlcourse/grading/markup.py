"""HTML in which everything is escaped unless it was made here.

`element("td", name)` escapes `name`, since it is an ordinary string; an `Html`, which only this module makes, goes in
as it is. So a forgotten escape is not a hole: there is nothing to forget.
"""

import base64
import hashlib
from html import escape
from pathlib import Path

from mlcourse.grading.outgoing import number, shown

STYLE = (Path(__file__).parent / "style.css").read_text("utf-8")
WITHOUT_END = {"meta"}


class Html(str):
    """A text that is HTML already."""

    __slots__ = ()


def element(tag: str, *parts, **attributes) -> Html:
    """An element: `element("a", "text", href="x.html")`. Parts may be Html, texts, numbers, None, or lists of them.

    An attribute's name may end with an underscore (`class_`), and has underscores where HTML has hyphens.
    """
    words = [tag, *(f'{_attribute(name)}="{escape(str(value))}"' for name, value in attributes.items())]
    start = Html(f"<{' '.join(words)}>")
    return start if tag in WITHOUT_END else Html(f"{start}{join(parts)}</{tag}>")


def _attribute(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


def join(parts) -> Html:
    return Html("".join(_html(part) for part in parts))


def _html(part) -> str:
    if isinstance(part, Html):
        return part
    if part is None:
        return ""
    if isinstance(part, (list, tuple)):
        return join(part)
    if isinstance(part, (int, float)):
        return number(part)
    return escape(shown(part, limit=100_000, lines=True))


def spoken(text: str) -> Html:
    """A sentence with what stands between its backticks set as code; as it is when one of them has no partner."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return join([text])
    return join(element("code", part) if place % 2 else part for place, part in enumerate(parts))


def table(head: list, rows: list[list], **attributes) -> Html:
    """A table: words for the head, and rows of parts. Numbers stand to the right; a single part takes a whole row."""
    cells = [element("th", word, scope="col") for word in head]
    body = [element("tr", *_row(row, len(head))) for row in rows]
    inside = (element("thead", element("tr", *cells)), element("tbody", *body))
    return element("div", element("table", *inside, **attributes), class_="scroll")


def _row(parts: list, columns: int) -> list[Html]:
    if len(parts) == 1 < columns:
        return [element("td", *parts, colspan=columns)]
    return [_data(part) for part in parts]


def _data(part) -> Html:
    if isinstance(part, (int, float)):
        return element("td", part, class_="number")
    return element("td", part)


def digest(text: str) -> str:
    """What a Content-Security-Policy calls a text: its SHA-256 in base 64."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


# Nothing may be loaded, run, sent or embedded; only our own style sheet, known by its digest, counts. Even if a
# student's text came through unescaped, the browser would neither run it nor fetch anything for it.
POLICY = f"default-src 'none'; style-src '{digest(STYLE)}'; base-uri 'none'; form-action 'none'"


def page(title: str, *parts) -> Html:
    """A whole document."""
    head = (
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", Html(STYLE)),
    )
    body = element("main", element("h1", title), *parts)
    return Html(
        f"<!doctype html>\n{element('html', element('head', *head), element('body', body), lang='en')}\n"
    )
