"""Get answers out of a notebook: run its cells in a worker, and begin anew when one of them ends it."""

import re
import time
from typing import NamedTuple

import numpy as np

from mlcourse.grading.pipe import Forged, pack, unpack
from mlcourse.grading.records import Submission
from mlcourse.grading.sandbox import Ended, Limits, Sandbox, Session

MOST_NOTES = 20
ONLY_A_CHECK = re.compile(r"\s*check\.\w+\([\w\s]*\)\s*(?:;\s*)?")


class Reply(NamedTuple):
    """What a worker said to a call: a value, or why there is none."""

    value: object = None
    error: str | None = None  # the exception's name
    text: str = ""  # and its message
    line: str = ""  # and where it came from
    not_plain: str | None = None
    changed: tuple[int, ...] = ()  # places of arguments that the call has changed


class Asker:
    """Answers from one submission, each asked for by name.

    A cell that ends the worker, or takes too long, is left out when the others run again in a new worker. A call that
    does so loses its own answer, and the next question finds a new worker.

    Parameters
    ----------
    submission : Submission
    sandbox : Sandbox
    limits : Limits

    Attributes
    ----------
    skipped : dict of int → str
        The cells that were left out, and why. Cells are counted from 1, those with text too.
    errors : dict of int → str
        What cells raised.
    output : str
        The end of what the cells printed.
    """

    def __init__(self, submission: Submission, sandbox: Sandbox, limits: Limits):
        self.cells = [(k, cell.source) for k, cell in enumerate(submission.cells, 1) if runs(cell)]
        self.sources = dict(self.cells)
        self.files = submission.files
        self.sandbox, self.limits = sandbox, limits
        self.deadline = time.monotonic() + limits.total
        self.session: Session | None = None
        self.skipped: dict[int, str] = {}
        self.errors: dict[int, str] = {}
        self.output = ""
        self.hopeless: Ended | None = None

    def find(self, name: str) -> tuple[str, str]:
        """What stands under a name ("missing", "function", "none", "value"), and its own name. Raises Ended."""
        reply, _ = self._ask({"do": "find", "name": name})
        kind, own_name = reply.get("is"), reply.get("name", "")
        if kind not in ("missing", "function", "none", "value") or not isinstance(own_name, str):
            raise self._lied()
        return kind, own_name

    def value(self, expression: str) -> Reply:
        """What an expression of ours is in the notebook. Raises Ended."""
        return self._reply(*self._ask({"do": "value", "expression": expression}))

    def call(self, name: str, args: tuple) -> Reply:
        """What one of its functions gives. Raises Ended."""
        arrays: list = []
        words = pack(tuple(args), arrays)
        reply = self._reply(*self._ask({"do": "call", "name": name, "args": words}, arrays))
        if any(place >= len(args) for place in reply.changed):
            raise self._lied()
        return reply

    def close(self) -> None:
        """End the worker."""
        if self.session:
            self.session.end()
        self.session = None

    # ── the conversation ──

    def _ask(self, words: dict, arrays: list = ()) -> tuple[dict, list]:
        session = self._running()
        try:
            return session.ask(words, arrays, self._seconds(self.limits.call))
        except Ended:
            self.session = None
            raise

    def _reply(self, words: dict, arrays: list) -> Reply:
        """A worker's words as a Reply. Raises Ended when they are not what a worker says."""
        try:
            if "value" in words:
                return Reply(unpack(words["value"], arrays), changed=_places(words.get("changed", [])))
            if "not plain" in words:
                return Reply(not_plain=_text(words["not plain"]))
            error = words["error"]
            return Reply(
                error=_text(error["name"]), text=_text(error["text"]), line=self._line(error["place"])
            )
        except (Forged, KeyError, TypeError, ValueError):
            raise self._lied() from None

    def _line(self, place) -> str:
        """The student's line that failed, out of the notebook as we read it."""
        if place is None:
            return ""
        cell, number = _places(place)
        lines = self.sources.get(cell, "").splitlines()
        if not 0 < number <= len(lines):
            return ""
        return f"  in line {number} of your cell: {lines[number - 1].strip()[:200]}"

    def _lied(self) -> Ended:
        self.close()
        return Ended("crashed", "gave a reply that no answer gives")

    # ── the cells ──

    def _running(self) -> Session:
        """A worker in which all cells have run, except those that no worker survives. Raises Ended."""
        while self.session is None:
            if self.hopeless:
                raise Ended(self.hopeless.status, self.hopeless.why)
            try:
                self._run_cells()
            except Ended as end:
                self.hopeless = end
                raise
        return self.session

    def _run_cells(self) -> None:
        """Start a worker and run the cells; leave `session` as None when one of them has ended it."""
        session, output = self.sandbox.start(self.limits), ""
        if self.files:
            names, contents = zip(*self.files)
            arrays = [np.frombuffer(data, np.uint8) for data in contents]
            session.ask({"do": "files", "names": names}, arrays, self.limits.cell)
        for k, source in self.cells:
            if k in self.skipped:
                continue
            try:
                # A share of what is left, so that after any number of endless cells there is time for the others.
                seconds = min(self.limits.cell, self._seconds(self.limits.total) / 3)
            except Ended:
                session.end()
                raise
            try:
                reply, _ = session.ask({"do": "cell", "cell": k, "source": source}, seconds=seconds)
            except Ended as end:
                self.skipped[k] = end.why
                return
            self._note_error(k, reply.get("error"))
            printed = reply.get("output")
            output = (output + printed if isinstance(printed, str) else output)[-self.limits.output :]
        self.session, self.output = session, output

    def _note_error(self, cell: int, error) -> None:
        """Keep what a cell raised, to say why an answer is missing."""
        if (
            isinstance(error, dict)
            and isinstance(error.get("name"), str)
            and isinstance(error.get("text"), str)
        ):
            self.errors[cell] = f"{error['name']}: {error['text']}"[:300]

    def notes(self) -> list[str]:
        """A sentence for the instructor on every cell that did not run to its end; not on all of a thousand."""
        told = {k: f"Cell {k} was left out: it {why}." for k, why in self.skipped.items()}
        told |= {k: f"Cell {k} raised {error}" for k, error in self.errors.items() if k not in told}
        return [told[k] for k in sorted(told)[:MOST_NOTES]]

    def why_missing(self, name: str) -> str:
        """A sentence on a name that is not there: the cell that would have made it may have failed."""
        made = re.compile(rf"^[ \t]*(?:(?:def|class)[ \t]+{name}\b|{name}[ \t]*=)", re.MULTILINE)
        for cell, source in self.cells:
            if made.search(source) and cell in self.skipped:
                return f"the cell that makes `{name}` was left out: it {self.skipped[cell]}."
            if made.search(source) and cell in self.errors:
                return f"the cell that makes `{name}` failed: {self.errors[cell].splitlines()[0]}"
        return f"nothing in this notebook is called `{name}`."

    def _seconds(self, most: float) -> float:
        """So many seconds, or what is left for this submission. Raises Ended when nothing is."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            self.close()
            raise Ended(
                "timeout", f"was not reached: the notebook took longer than {self.limits.total:.0f} s in all"
            )
        return min(most, left)


def runs(cell) -> bool:
    """Whether a cell is run: code, and not a check as we handed it out. A check that has become more is run."""
    return cell.kind == "code" and cell.source.strip() != "" and not ONLY_A_CHECK.fullmatch(cell.source)


def _text(value) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    return value


def _places(value) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(place) is int and place >= 0 for place in value):
        raise TypeError("not places")
    return tuple(value)
