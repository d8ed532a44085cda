"""Get answers out of a notebook at any place: run its cells in a worker, and restart if one of them ends it."""

import difflib
import re
import sys
import time
from collections.abc import Collection
from contextlib import suppress
from typing import Any, cast, get_args

import numpy as np

from mlcourse.checks.outcome import Kind, Outcome, Raised, has_code_below
from mlcourse.checks.uses import forbidden_use
from mlcourse.grading.inside.observing import MAX_SEEN
from mlcourse.grading.inside.pictures import MAX_FIGURES, MAX_FIGURES_SIZE
from mlcourse.grading.inside.pipe import Malformed, unpack
from mlcourse.grading.judge.cell_report import Aside, CellReport, read_report
from mlcourse.grading.judge.functions import is_function
from mlcourse.grading.judge.lending import Lender
from mlcourse.grading.judge.reading import DEFINITION
from mlcourse.grading.records.grade import Cell, Submission
from mlcourse.grading.records.text import tidy
from mlcourse.grading.sandbox import Limits, Needs, Sandbox, Session, WorkerEnded
from mlcourse.grading.sandbox.arguments import SharedArguments
from mlcourse.typing import Array

MAX_NOTES = 20
# Events for which an answer is watched: in its first case, in a later one, and if it must not call something.
EVENTS_AT_FIRST, EVENTS_LATER, EVENTS_TO_THE_END = 20_000, 1_000, 1_000_000
MAX_SEEN_WITH_LENT = 5  # few, because names could be chosen to tell something about right answers
MAX_NAME = 200  # characters in the full name of a function
MAX_NAMES = 1000  # among which one that is misspelled is looked for
END = sys.maxsize  # the place after the last cell
CHECK_ONLY = re.compile(r"\s*check\.\w+\([\w\s]*\)\s*(?:;\s*)?")


class NotebookRunner:
    """Run one submission's notebook in a worker, and get its answers by name.

    Answers are those at one place, where all cells up to a certain one have run: at first the end of the notebook.
    `move_to` goes to another place, from the start of the notebook towards its end.

    A cell that ends the worker, or takes too long, is skipped when the others run again in a new worker. A call that
    does so loses only its own answer; the next request gets a new worker.

    Parameters
    ----------
    submission : Submission
    sandbox : Sandbox
    limits : Limits
    needs : Needs, optional
        What the lesson needs in its sandbox.
    given : collection of int
        The cells that are as they were handed out: their figures are not the student's.

    Attributes
    ----------
    seen : dict of str → set of str
        The functions of packages that each answer called itself, as far as its worker says so.
    unwatched : set of str
        The answers that were to be watched to the end, and were not; and those that made watching impossible.
    skipped : dict of int → str
        The cells that were skipped, and why. Cells are counted from 1, text cells included.
    errors : dict of int → str
        What cells have raised.
    asides : dict of int → tuple of Aside
        What cells did that has no effect in a sandbox.
    figures : list of (int, bytes)
        The first figures that the student's own cells have shown, as PNG that is not to be trusted.
    given_figures : int
        How many figures the other cells have shown.
    output : str
        The end of what the cells have printed.
    """

    def __init__(
        self,
        submission: Submission,
        sandbox: Sandbox,
        limits: Limits,
        needs: Needs | None = None,
        given: Collection[int] = (),
    ):
        self.submission, self.given = submission, given
        self.cells = [(k, cell.source) for k, cell in enumerate(submission.cells, 1) if runs(cell)]
        self.sources = dict(self.cells)
        self.sandbox, self.limits, self.needs = sandbox, limits, needs
        self.deadline = time.monotonic() + limits.total
        self.session: Session | None = None
        self.place, self.ran = END, 0
        self.lender: Lender | None = None
        self.seen: dict[str, set[str]] = {}
        self.unwatched: set[str] = set()
        self.seen_at: dict[tuple[str, int], set[str]] = {}  # the same, by name and place
        self.skipped: dict[int, str] = {}
        self.errors: dict[int, str] = {}
        self.asides: dict[int, tuple[Aside, ...]] = {}
        self.figures: list[tuple[int, bytes]] = []
        self.given_figures = 0
        self.output = ""
        self.failure: WorkerEnded | None = None

    def move_to(self, cell: int) -> None:
        """Give the next answers where this cell has just run. The cells run when the next answer is needed."""
        self.place = cell

    def run_rest(self) -> None:
        """Run the cells after the last answer, for what they print and raise."""
        self.move_to(END)
        if self._cells_left():
            with suppress(WorkerEnded):  # which leaves a note
                self._running_session()

    def with_lent(self, lender: Lender) -> "NotebookRunner":
        """Return another runner of the same notebook, which lends its answers to what it asks. Ends this worker."""
        other = self._another(self.needs)
        other.lender = lender
        return other

    def with_all_packages(self) -> "NotebookRunner":
        """Return another runner of the same notebook, from which no part of a package is hidden. Ends this worker."""
        return self._another(Needs(self.needs.imports, None) if self.needs else None)

    def _another(self, needs: Needs | None) -> "NotebookRunner":
        self.close()
        other = NotebookRunner(self.submission, self.sandbox, self.limits, needs, self.given)
        other.deadline, other.skipped = self.deadline, dict(self.skipped)
        other.seen, other.unwatched = self.seen, self.unwatched
        return other

    def run_again(self, cell: int) -> None:
        """Run a cell once more, with what is lent. Raises WorkerEnded."""
        self._ask(self._request(cell))

    def _request(self, cell: int) -> dict[str, Any]:
        return {"do": "cell", "cell": cell, "source": self.sources[cell], "given": cell in self.given}

    def changes_between(self, one: int, other: int) -> bool:
        """Whether any cells run after one place and up to another one."""
        return any(one < cell <= other for cell, _ in self.cells)

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

    def call(self, name: str, args: tuple[object, ...], forbids: Collection[str] = ()) -> Outcome:
        """Call one of the notebook's functions. Raises WorkerEnded.

        `forbids` are full names of functions that it must not call: with these, it is watched to the end.
        """
        with SharedArguments(args) as shared:
            watching = self._how_to_watch(name, forbids)
            request = {"do": "call", "name": name, **shared.request, **watching}
            fields, arrays = self._ask(request, shared.descriptor)
            self._keep_seen(name, fields, forbids)
            outcome = self._outcome(fields, arrays)
            if outcome.error and outcome.error.function == name:  # a decorator of the student's has called it
                outcome = outcome._replace(error=outcome.error._replace(function=""))
            returned = outcome.error is None and outcome.problem is None
            return outcome._replace(changed=shared.changed()) if returned else outcome

    def seen_here(self, name: str) -> frozenset[str]:
        """Return what an answer was seen to call at this place."""
        return frozenset(self.seen_at.get((name, self.place), ()))

    def _how_to_watch(self, name: str, forbids: Collection[str]) -> dict[str, Any]:
        """Return for how many events a call is watched: most in the first case at a place, because that is slow."""
        events = EVENTS_AT_FIRST if (name, self.place) not in self.seen_at else EVENTS_LATER
        return {
            "events": EVENTS_TO_THE_END if forbids else events,
            "closely": [one.rpartition(".")[2] for one in forbids],
        }

    def _keep_seen(self, name: str, fields: dict[str, Any], forbids: Collection[str]) -> None:
        """Keep what a worker says it has seen, what is forbidden first; in its place, anything could stand."""
        seen = self.seen_at.setdefault((name, self.place), set())
        most = MAX_SEEN_WITH_LENT if self.lender else MAX_SEEN
        for one in sorted(_names(fields.get("seen")), key=lambda one: not forbidden_use(forbids, [one])):
            if len(seen) < most and is_function(one):
                seen.add(one)
        self.seen.setdefault(name, set()).update(seen)
        if fields.get("hides") is not False or (forbids and fields.get("watched") is not True):
            self.unwatched.add(name)

    def close(self) -> None:
        """End the worker."""
        if self.session:
            self.session.end()
        self.session = None

    # ── requests and replies ──

    def _ask(self, request: dict[str, Any], file: int | None = None) -> tuple[dict[str, Any], list[Array]]:
        session, seconds = self._running_session(), self._time_left(self.limits.call)
        try:
            if not self.lender:
                return session.ask(request, (), seconds, file=file)
            request = {**request, "lent": self.lender.parameters}
            return session.ask(request, (), seconds, self.lender.answer, file)
        except WorkerEnded:
            self.session = None
            raise

    def _outcome(self, fields: dict[str, Any], arrays: list[Array]) -> Outcome:
        """Check a worker's message and return it as an Outcome. Raises WorkerEnded if it is malformed."""
        try:
            if "value" in fields:
                return Outcome(unpack(fields["value"], arrays))
            if "not plain" in fields:
                return Outcome(problem=tidy(_text(fields["not plain"])))
            error = fields["error"]
            return Outcome(
                error=Raised(
                    tidy(_text(error["name"])) or "Exception",
                    tidy(_text(error["text"])),
                    self._line(error["place"]),
                    _identifier(error.get("function", "")),
                    _identifier(error.get("missing", "")),
                    self._has_code_below(error["place"]),
                )
            )
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

    def _has_code_below(self, place: object) -> bool:
        """Whether the student's code goes on below the line that failed."""
        if place is None:
            return False
        cell, number = _positions(place)
        return number > 0 and has_code_below(self.sources.get(cell, "").splitlines(), number)

    def _malformed(self) -> WorkerEnded:
        self.close()
        return WorkerEnded("crashed", "sent a malformed reply")

    # ── the cells ──

    def _running_session(self) -> Session:
        """Return a worker in which the cells up to the place have run, except those that have killed a worker.

        Raises WorkerEnded.
        """
        while self.session is None or self._cells_left():
            if self.failure:
                raise WorkerEnded(self.failure.status, self.failure.why)
            try:
                self._run_cells()
            except WorkerEnded as end:
                self.failure = end
                raise
        return self.session

    def _cells_left(self) -> list[int]:
        """Return the cells that still have to run before the place is reached."""
        return [k for k, _ in self.cells if self.ran < k <= self.place and k not in self.skipped]

    def _new_session(self) -> Session:
        """Start a worker that has the notebook's files. Raises WorkerEnded."""
        session = self.sandbox.start(self.limits, self.needs)
        self.ran, self.output, self.given_figures = 0, "", 0
        self.figures.clear()
        if self.submission.files:
            names, contents = zip(*self.submission.files)
            arrays = [np.frombuffer(data, np.uint8) for data in contents]
            session.ask({"do": "files", "names": names}, arrays, self.limits.cell)
        return session

    def _run_cells(self) -> None:
        """Run the cells up to the place; `session` becomes None if one of them ends the worker."""
        session, self.session = self.session or self._new_session(), None
        for k in self._cells_left():
            try:
                # Only a part of the time left, so that many endless cells cannot use it all up.
                seconds = min(self.limits.cell, self._time_left(self.limits.total) / 3)
            except WorkerEnded:
                session.end()
                raise
            try:
                reply, arrays = session.ask(self._request(k), seconds=seconds)
            except WorkerEnded as end:
                self.skipped[k] = end.why
                return
            self.ran = k
            self._keep(k, read_report(reply, arrays))
        self.session = session

    def _keep(self, cell: int, report: CellReport) -> None:
        """Keep what is needed of a report, and no more of it than an unmodified worker sends."""
        self.output = (self.output + report.output)[-self.limits.output :]
        if report.error:
            self.errors[cell] = report.error
        if report.notes and len(self.asides) < MAX_NOTES:
            self.asides[cell] = report.notes
        if cell in self.given:
            self.given_figures += len(report.figures)
            return
        for png in report.figures:
            size = sum(len(kept) for _, kept in self.figures) + len(png)
            if len(self.figures) < MAX_FIGURES and size <= MAX_FIGURES_SIZE:
                self.figures.append((cell, png))

    def notes(self) -> list[str]:
        """Return sentences for the instructor on cells that did not finish or had no effect, up to MAX_NOTES."""
        remarkable = self._remarkable()
        more = len(remarkable) - MAX_NOTES
        notes = dict.fromkeys(f"Cell {k} {aside.sentence}" for k, aside in remarkable[:MAX_NOTES])
        return [*notes, *([f"There are {more} more notes on what cells did."] if more > 0 else [])]

    def noted_imports(self) -> set[tuple[int, str]]:
        """Return cells with what they import, where the notes say what has become of that."""
        return {(k, aside.imports) for k, aside in self._remarkable()[:MAX_NOTES] if aside.imports}

    def _remarkable(self) -> list[tuple[int, Aside]]:
        """Return all asides with their cells: imports last, so that a flood of them pushes nothing else out."""
        found = {k: list(asides) for k, asides in self.asides.items()}
        for k, error in self.errors.items():
            found.setdefault(k, []).append(Aside(f"raised {error}"))
        found |= {k: [Aside(f"was skipped: it {why}.")] for k, why in self.skipped.items()}
        in_order = [(k, aside) for k in sorted(found) for aside in found[k]]
        return sorted(in_order, key=lambda one: bool(one[1].imports))

    def why_missing(self, name: str) -> str:
        """Explain a missing name: the cell that defines it may have failed."""
        definition = re.compile(rf"^[ \t]*(?:(?:def|class)[ \t]+{name}\b|{name}[ \t]*=)", re.MULTILINE)
        for cell, source in self.cells:
            if definition.search(source) and cell in self.skipped:
                return f"the cell that defines `{name}` was skipped: it {self.skipped[cell]}."
            if definition.search(source) and cell in self.errors:
                return f"the cell that defines `{name}` failed: {self.errors[cell].splitlines()[0]}"
        near = self._similar_name(name)
        advice = f" Is `{near}` meant? Names are spelled as in the task." if near else ""
        return f"nothing in this notebook is called `{name}`.{advice}"

    def _similar_name(self, name: str) -> str:
        """Return a name that the notebook defines, and that is spelled almost like another one; empty if none is."""
        defined = {one or other for _, source in self.cells for one, other in DEFINITION.findall(source)}
        plain_names = {one.replace("_", "").casefold(): one for one in sorted(defined)[:MAX_NAMES]}
        near = difflib.get_close_matches(name.replace("_", "").casefold(), plain_names, n=1, cutoff=0.85)
        return plain_names[near[0]] if near else ""

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


def _identifier(value: object) -> str:
    """Return a name; nothing if it is not one, such as "<lambda>"."""
    name = tidy(_text(value))
    return name if name.isidentifier() else ""


def _names(value: object) -> list[str]:
    """Return the names in a reply; nothing if it is not a list of names."""
    names = value if isinstance(value, list) else []
    return [name for name in names[:MAX_SEEN] if isinstance(name, str) and len(name) <= MAX_NAME]


def _positions(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(one) is int and one >= 0 for one in value):
        raise TypeError("not positions")
    return tuple(value)
