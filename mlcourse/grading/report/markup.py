"""HTML in which everything is escaped unless it was made here.

`element("td", name)` escapes `name`, because it is an ordinary string. Only this module makes `Html`, which is
inserted unchanged. So nobody can forget to escape: there is nothing to remember.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import TypeAlias

from mlcourse.checks.card import code_parts
from mlcourse.grading.records.text import format_points, printable

STYLE = (Path(__file__).parent / "style.css").read_text("utf-8")
VOID_TAGS = {"meta"}


class Html(str):
    """Text that is already HTML."""

    __slots__ = ()


Part: TypeAlias = "str | float | Sequence[Part] | None"  # of an element; the sequences are lists and tuples


def element(tag: str, *parts: Part, **attributes: object) -> Html:
    """Make an element: `element("a", "text", href="x.html")`.

    Parts may be Html, strings, numbers, None, or lists of these. In attribute names, a trailing underscore is dropped
    (`class_`) and the others become hyphens.
    """
    words = [tag, *(f'{_attribute(name)}="{escape(str(value))}"' for name, value in attributes.items())]
    start = Html(f"<{' '.join(words)}>")
    return start if tag in VOID_TAGS else Html(f"{start}{join(parts)}</{tag}>")


def _attribute(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


def join(parts: Iterable[Part]) -> Html:
    return Html("".join(_html(part) for part in parts))


def _html(part: Part) -> str:
    if isinstance(part, Html):
        return part
    if part is None:
        return ""
    if isinstance(part, (list, tuple)):
        return join(part)
    if isinstance(part, (int, float)):
        return format_points(part)
    assert isinstance(part, str)
    return escape(printable(part, limit=100_000, lines=True))


def with_code(text: str) -> Html:
    """Set the text between backticks as code; a backtick without a partner stays."""
    return join(element("code", part) if place % 2 else part for place, part in enumerate(code_parts(text)))


def table(head: Sequence[Part], rows: Sequence[Sequence[Part]], **attributes: object) -> Html:
    """Make a table. Numbers are right-aligned; a row with a single part spans all columns."""
    cells = [element("th", word, scope="col") for word in head]
    body = [element("tr", *_row(row, len(head))) for row in rows]
    inside = (element("thead", element("tr", *cells)), element("tbody", *body))
    return element("div", element("table", *inside, **attributes), class_="scroll")


def _row(parts: Sequence[Part], columns: int) -> list[Html]:
    if len(parts) == 1 < columns:
        return [element("td", *parts, colspan=columns)]
    return [_data_cell(part) for part in parts]


def _data_cell(part: Part) -> Html:
    if isinstance(part, (int, float)):
        return element("td", part, class_="number")
    return element("td", part)


def csp_hash(text: str) -> str:
    """Return a text's hash source for a Content-Security-Policy: its SHA-256 in Base64."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


# Nothing may be loaded, run, sent or embedded; only our own style sheet, identified by its hash, is allowed. Even if
# a student's text got through unescaped, the browser would neither run it nor fetch anything for it.
POLICY = f"default-src 'none'; style-src '{csp_hash(STYLE)}'; base-uri 'none'; form-action 'none'"


def page(title: str, *parts: Part) -> Html:
    """Make a whole document."""
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
