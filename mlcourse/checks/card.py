"""A verdict as a learner sees it: a coloured card in a notebook, plain lines elsewhere."""

import inspect
import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import NamedTuple

from mlcourse.checks.examine import Status, Verdict
from mlcourse.checks.slips import SENTENCES
from mlcourse.checks.task import Task

SIGNS: dict[Status, str] = {"right": "✓", "wrong": "✗", "not attempted": "·"}
WORDS: dict[Status, str] = {"right": "right", "wrong": "not right yet", "not attempted": "not attempted yet"}

# White words on these colours have a contrast above 5 to 1. Everything else has the page's own colours on a faint
# tint of them, so that a card can be read in light and dark themes. The styles are inline: a notebook that is not
# trusted keeps them, but loses style sheets.
COLOURS: dict[Status, tuple[int, int, int]] = {
    "right": (10, 125, 79),
    "wrong": (179, 38, 30),
    "not attempted": (107, 107, 107),
}
CARD = (
    "max-width:50em; margin:0.4em 0; padding:0.6em 1em; border:1px solid rgb({0}); border-left-width:0.5em; "
    "border-radius:0.4em; background-color:rgba({0},0.1); line-height:1.5; "
    "word-break:normal; overflow-wrap:break-word"
)
PILL = (
    "display:inline-block; margin-right:0.5em; padding:0.1em 0.6em; border-radius:0.3em; color:#ffffff; "
    "background-color:rgb({0})"
)
TEXT = "margin:0.5em 0 0; white-space:pre-line"
TERM = "vertical-align:top; padding:0 1em 0 0; text-align:left; font-weight:normal; border:none"
VALUE = "padding:0; text-align:left; border:none"
CODE = "padding:0; white-space:pre-wrap; word-break:normal; overflow-wrap:anywhere; color:inherit; background:none"
WHOLE = "<span style='white-space:nowrap'>{}</span>"
LINK = "color:inherit; text-decoration:underline"
# Unfolds a hint and gives it the focus; scrolls to it or to a heading, with some room above. It looks only in this
# notebook: one in another tab may have the same id. JupyterLab renames the attribute, and would look for a file if
# this were a link.
GO = (
    "const page = this.closest(&quot;.jp-Notebook&quot;) || document; const name = JSON.stringify(this.value); "
    "const place = page.querySelector(`[id=${name}], [data-jupyter-id=${name}]`); "
    "if (place) { place.open = true; place.style.scrollMarginTop = &quot;4em&quot;; place.scrollIntoView(); "
    "place.querySelector(&quot;summary&quot;)?.focus({ preventScroll: true }); }"
)
BUTTON = f"padding:0; border:none; background:none; font:inherit; cursor:pointer; {LINK}"


class Link(NamedTuple):
    """A link: its words, and where it leads."""

    words: str
    address: str


class Card:
    """The card of a verdict.

    Parameters
    ----------
    task : Task
    verdict : Verdict
    done : str
        How many tasks of the lesson are done: "2 of 8 done".
    remarks : iterable of str
        What else the learner should know.
    following : Link, optional
        Where to go on, once the answer is right.
    """

    def __init__(
        self,
        task: Task,
        verdict: Verdict,
        done: str = "",
        remarks: Iterable[str] = (),
        following: Link | None = None,
    ) -> None:
        self.task, self.verdict, self.done, self.remarks = task, verdict, done, list(remarks)
        self.following = following if verdict.status == "right" else None
        self.call = how_to_look(task, verdict)

    def __str__(self) -> str:
        first, *rest = self.verdict.explanation.splitlines() or ["right."]
        if self.verdict.status == "not attempted":
            first = f"{WORDS['not attempted']}: {first}"
        if self.call:
            rest.append(f"To look at this input: {self.call}")
        if self.verdict.hint:
            rest.append(f"→ Hint {self.verdict.hint}, below, may help.")
        rest += [*filter(None, [self.done]), *self.remarks]
        headline = f"{SIGNS[self.verdict.status]} {self.task.name}: {first}"
        return "\n".join([headline, *(f"  {line}" for line in rest)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        status = self.verdict.status
        colour = ",".join(map(str, COLOURS[status]))
        pill = f"<strong style='{PILL.format(colour)}'>{SIGNS[status]} {WORDS[status]}</strong>"
        done = f"<span style='float:right; margin-left:1em'>{escape(self.done)}</span>" if self.done else ""
        body = "".join([*self._explanation(), *(paragraph(with_code(remark)) for remark in self.remarks)])
        if self.following:
            body += paragraph(f"Next: {anchor(self.following)}")
        name = code(self.task.name)
        return f"<div style='{CARD.format(colour)}'>{done}{pill}{name}{body}</div>"

    def _explanation(self) -> Iterator[str]:
        """Yield the parts of the explanation, as HTML."""
        verdict = self.verdict
        if verdict.what:
            yield paragraph(with_code(capitalised(verdict.what)))
        facts = {"in": verdict.line, "yours": verdict.yours, "wanted": verdict.expected}
        rows = "".join(
            f"<tr style='background:none'><th scope='row' style='{TERM}'>{term}</th>"
            f"<td style='{VALUE}'>{code(text)}</td></tr>"
            for term, text in facts.items()
            if text
        )
        if rows:
            yield f"<table style='margin:0.5em 0 0; border:none'><tbody>{rows}</tbody></table>"
        if verdict.mistake and not verdict.mistake.planted:
            yield paragraph(f"<strong>Likely mistake:</strong> {with_code(verdict.mistake.message)}")
        elif verdict.slip:
            yield paragraph(f"<strong>A guess:</strong> {with_code(SENTENCES[verdict.slip])}")
        elif verdict.cause:
            yield paragraph(f"<strong>Likely cause:</strong> {with_code(verdict.cause.message)}")
        if verdict.kinds:
            yield paragraph(with_code(verdict.kinds))
        if self.call:
            yield paragraph(f"To look at this input: {code(self.call)}")
        if hint := verdict.hint:
            link = Link(f"Hint {hint}", f"#{hint_id(self.task.name, hint)}")
            yield paragraph(f"→ {anchor(link)} may help.")


def paragraph(content: str) -> str:
    """Return a paragraph of a card."""
    return f"<p style='{TEXT}'>{content}</p>"


def anchor(link: Link) -> str:
    """Return a link as HTML; one within the notebook is a button that scrolls."""
    words, address = escape(link.words), escape(link.address)
    if address.startswith("#"):
        return f"<button type='button' style='{BUTTON}' value='{address[1:]}' onclick='{GO}'>{words}</button>"
    return f"<a style='{LINK}' href='{address}'>{words}</a>"


def with_code(text: str) -> str:
    """Return text as HTML, with what is between two backticks as code."""
    parts = enumerate(code_parts(text))
    return "".join(code(part) if place % 2 else escape(part) for place, part in parts)


def code(text: str) -> str:
    """Return text as code in HTML. A line does not end after the minus sign of a number."""
    unbroken = re.sub(r"[\w.]*-[\w.]+", lambda number: WHOLE.format(number[0]), escape(text))
    return f"<code style='{CODE}'>{unbroken}</code>"


def code_parts(text: str) -> list[str]:
    """Split a text into words and code in turn, the words first: code is what is between two backticks of a line."""
    return re.split(r"`([^`\n]+)`", text)


def capitalised(sentence: str) -> str:
    """Start a sentence with a capital, unless its first word is a symbol such as d or K."""
    is_word = re.match(r"(a|[a-z]{2,})\b(?! =)", sentence)
    return sentence[0].upper() + sentence[1:] if is_word else sentence


def hint_id(task: str, number: int | str) -> str:
    """Return the id of a hint in an exercise, which verdicts link to."""
    return f"hint-{task}-{number}"


def how_to_look(task: Task, verdict: Verdict) -> str:
    """Return the line that fetches the input on which the answer failed, where no mistake was recognised."""
    if verdict.mistake or not (verdict.case and verdict.case.args):
        return ""
    names = list(inspect.signature(task.answer).parameters)
    if len(names) != len(verdict.case.args) or names[0].startswith("_"):
        names = ["args"]
    left = f"({names[0]},)" if len(names) == 1 and names != ["args"] else ", ".join(names)
    return f"{left} = check.last_input"
