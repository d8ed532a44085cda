"""Get answers out of a notebook: run its cells in a worker, and restart if one of them ends the worker."""

import re
import time
from collections.abc import Sequence
from typing import Any, cast, get_args

import numpy as np

from mlcourse.checks.outcome import Kind, Outcome, Raised
from mlcourse.grading.inside.pipe import Malformed, pack, unpack
from mlcourse.grading.records.grade import Cell, Submission
from mlcourse.grading.records.text import tidy
from mlcourse.grading.sandbox import Limits, Sandbox, Session, WorkerEnded
from mlcourse.typing import Array

MAX_NOTES = 20
CHECK_ONLY = re.compile(r"\s*check\.\w+\([\w\s]*\)\s*(?:;\s*)?")


class NotebookRunner:
    """Run one submission's notebook in a worker, and get its answers by name.

    A cell that ends the worker, or takes too long, is skipped when the others run again in a new worker. A call that
    does so loses only its own answer; the next request gets a new worker.

    Parameters
    ----------
    submission : Submission
    sandbox : Sandbox
    limits : Limits

    Attributes
    ----------
    skipped : dict of int → str
        The cells that were skipped, and why. Cells are counted from 1, text cells included.
    errors : dict of int → str
        What cells have raised.
    output : str
        The end of what the cells have printed.
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
        self.failure: WorkerEnded | None = None

    def find(self, name: str) -> tuple[Kind, str] | None:
        """Say what kind of thing a name refers to, and the name of the object itself; None if nothing has this name.

        Raises WorkerEnded.
        """
        reply, _ = self._ask({"do": "find", "name": name})
        kind, own_name = reply.get("is"), reply.get("name", "")
        if kind == "missing":
            return None
        if kind not in get_args(Kind) or not isinstance(own_name, str):
            raise self._malformed()
        return cast(Kind, kind), own_name

    def value(self, expression: str) -> Outcome:
        """Evaluate an expression in the notebook. It must be ours, not the student's. Raises WorkerEnded."""
        return self._outcome(*self._ask({"do": "value", "expression": expression}))

    def call(self, name: str, args: tuple[object, ...]) -> Outcome:
        """Call one of the notebook's functions. Raises WorkerEnded."""
        arrays: list[Array] = []
        packed = pack(tuple(args), arrays)
        outcome = self._outcome(*self._ask({"do": "call", "name": name, "args": packed}, arrays))
        if any(position >= len(args) for position in outcome.changed):
            raise self._malformed()
        return outcome

    def close(self) -> None:
        """End the worker."""
        if self.session:
            self.session.end()
        self.session = None

    # ── requests and replies ──

    def _ask(
        self, request: dict[str, Any], arrays: Sequence[Array] = ()
    ) -> tuple[dict[str, Any], list[Array]]:
        session = self._running_session()
        try:
            return session.ask(request, arrays, self._time_left(self.limits.call))
        except WorkerEnded:
            self.session = None
            raise

    def _outcome(self, fields: dict[str, Any], arrays: list[Array]) -> Outcome:
        """Check a worker's message and return it as an Outcome. Raises WorkerEnded if it is malformed."""
        try:
            if "value" in fields:
                return Outcome(unpack(fields["value"], arrays), changed=_positions(fields.get("changed", [])))
            if "not plain" in fields:
                return Outcome(problem=tidy(_text(fields["not plain"])))
            error = fields["error"]
            name, text, line = _text(error["name"]), _text(error["text"]), self._line(error["place"])
            return Outcome(error=Raised(tidy(name) or "Exception", tidy(text), line))
        except (Malformed, KeyError, TypeError, ValueError):
            raise self._malformed() from None

    def _line(self, place: object) -> str:
        """Quote the student's line that failed, from the notebook as we read it."""
        if place is None:
            return ""
        cell, number = _positions(place)
        lines = self.sources.get(cell, "").splitlines()
        if not 0 < number <= len(lines):
            return ""
        return f"line {number} of cell {cell}: {lines[number - 1].strip()[:200]}"

    def _malformed(self) -> WorkerEnded:
        self.close()
        return WorkerEnded("crashed", "sent a malformed reply")

    # ── the cells ──

    def _running_session(self) -> Session:
        """Return a worker in which all cells have run, except those that have killed a worker. Raises WorkerEnded."""
        while self.session is None:
            if self.failure:
                raise WorkerEnded(self.failure.status, self.failure.why)
            try:
                self._run_cells()
            except WorkerEnded as end:
                self.failure = end
                raise
        return self.session

    def _run_cells(self) -> None:
        """Start a worker and run the cells; `session` stays None if one of them ends it."""
        session, output = self.sandbox.start(self.limits), ""
        if self.files:
            names, contents = zip(*self.files)
            arrays = [np.frombuffer(data, np.uint8) for data in contents]
            session.ask({"do": "files", "names": names}, arrays, self.limits.cell)
        for k, source in self.cells:
            if k in self.skipped:
                continue
            try:
                # Only a part of the time left, so that many endless cells cannot use it all up.
                seconds = min(self.limits.cell, self._time_left(self.limits.total) / 3)
            except WorkerEnded:
                session.end()
                raise
            try:
                reply, _ = session.ask({"do": "cell", "cell": k, "source": source}, seconds=seconds)
            except WorkerEnded as end:
                self.skipped[k] = end.why
                return
            self._note_error(k, reply.get("error"))
            printed = reply.get("output")
            output = (output + printed if isinstance(printed, str) else output)[-self.limits.output :]
        self.session, self.output = session, output

    def _note_error(self, cell: int, error: object) -> None:
        """Remember what a cell raised, to explain why an answer is missing."""
        if (
            isinstance(error, dict)
            and isinstance(error.get("name"), str)
            and isinstance(error.get("text"), str)
        ):
            self.errors[cell] = f"{error['name']}: {error['text']}"[:300]

    def notes(self) -> list[str]:
        """Return a sentence for the instructor on each cell that did not finish, up to MAX_NOTES of them."""
        notes = {k: f"Cell {k} was skipped: it {why}." for k, why in self.skipped.items()}
        notes |= {k: f"Cell {k} raised {error}" for k, error in self.errors.items() if k not in notes}
        return [notes[k] for k in sorted(notes)[:MAX_NOTES]]

    def why_missing(self, name: str) -> str:
        """Explain a missing name: the cell that defines it may have failed."""
        definition = re.compile(rf"^[ \t]*(?:(?:def|class)[ \t]+{name}\b|{name}[ \t]*=)", re.MULTILINE)
        for cell, source in self.cells:
            if definition.search(source) and cell in self.skipped:
                return f"the cell that defines `{name}` was skipped: it {self.skipped[cell]}."
            if definition.search(source) and cell in self.errors:
                return f"the cell that defines `{name}` failed: {self.errors[cell].splitlines()[0]}"
        return f"nothing in this notebook is called `{name}`."

    def _time_left(self, at_most: float) -> float:
        """Return `at_most` seconds, or what is left for this submission. Raises WorkerEnded if nothing is."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            self.close()
            raise WorkerEnded(
                "timeout",
                f"was not reached: the notebook took longer than {self.limits.total:.0f} s in total",
            )
        return min(at_most, left)


def runs(cell: Cell) -> bool:
    """Whether a cell is run: it must be code, and more than a check as we handed it out."""
    return cell.kind == "code" and cell.source.strip() != "" and not CHECK_ONLY.fullmatch(cell.source)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    return value


def _positions(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(one) is int and one >= 0 for one in value):
        raise TypeError("not positions")
    return tuple(value)
