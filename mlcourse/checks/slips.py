"""Name the kind of slip in a wrong answer that no known mistake explains.

The right answers of a task, each with one small slip in it (`mlcourse.checks.mutation`), give outputs. A wrong answer
with the same outputs on all cases has made that slip, or one that amounts to it. Where slips of several kinds give
these outputs, nothing is said.

Outputs are compared by fingerprints: a few sums that hardly two different outputs share. They are small enough to be
kept in a file for the seed of the notebooks (`SlipStore`), so that nobody waits for mutants to run.
"""

import ast
import hashlib
import inspect
import json
import math
import signal
import textwrap
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from mlcourse.checks.mutation import mutants
from mlcourse.checks.outcome import Outcome, call
from mlcourse.checks.task import Case, Task
from mlcourse.plain import Plain

SENTENCES = {
    "absolute value missing": "an absolute value seems to be missing.",
    "and for or": "two conditions seem to be joined by the wrong one of `and` and `or`.",
    "arguments exchanged": "two arguments of a call seem to be in the wrong order.",
    "axis": "a sum or the like seems to run along the wrong axis, or over all entries.",
    "boundary": "the boundary case seems to be on the wrong side: compare `<` with `<=`.",
    "case missing": "a special case seems to be left out.",
    "comparison turned around": "a comparison seems to be the wrong way round.",
    "condition missing": "a condition seems to be ignored.",
    "degrees of freedom": "a variance seems to be divided by n − 1 where n belongs, or the reverse.",
    "dimension dropped": "an array seems to lose a dimension, so that it is broadcast the wrong way.",
    "divisor missing": "a division seems to be missing.",
    "exponential missing": "an exponential seems to be missing.",
    "factor missing": "a factor seems to be missing.",
    "factors exchanged": "two matrices seem to be multiplied in the wrong order.",
    "largest for smallest": "the largest seems to be taken where the smallest belongs, or the reverse.",
    "logarithm missing": "a logarithm seems to be missing.",
    "loop stops early": "a loop seems to stop too early.",
    "negation missing": "a `not` seems to be missing.",
    "one off": "a count or a bound seems to be off by one.",
    "order reversed": "something seems to be in reverse order.",
    "other aggregate": "sum, mean, median, largest and smallest: one seems to be where another belongs.",
    "other logarithm": "a logarithm seems to be another one: to another base, or of 1 + x.",
    "other variable": "one variable seems to be where another belongs.",
    "parameter ignored": "one of the arguments seems never to be used.",
    "power missing": "a power seems to be missing.",
    "results exchanged": "two of the results seem to be in the wrong order.",
    "root missing": "a square root seems to be missing.",
    "rounding": "something seems to be rounded in the wrong direction.",
    "running sum missing": "a running sum seems to be missing.",
    "sign": "a sign seems to be wrong.",
    "slice missing": "a selection of rows or columns seems to be missing.",
    "sorting missing": "something seems not to be sorted.",
    "square missing": "a square seems to be missing.",
    "standard deviation for variance": "a standard deviation and a variance seem to be confused.",
    "step missing": "an update seems to be missing.",
    "term missing": "one term seems to be missing.",
    "times for divided by": "a product seems to be where a quotient belongs, or the reverse.",
    "transpose": "a transpose seems to be missing, or one too many.",
    "update replaces": "a running total seems to be replaced instead of increased.",
    "upside down": "a quotient seems to be upside down.",
    "variance for standard deviation": "a standard deviation and a variance seem to be confused.",
    "wrong constant": "a constant seems to be wrong.",
}

SECONDS = 0.5  # for one mutant on one case
MAX_MUTANTS = 400  # of one function


class Fingerprint(NamedTuple):
    """A short description of an output: its form, and two weighted sums of its numbers with their scale."""

    form: str
    first: float
    second: float
    scale: float

    def matches(self, other: "Fingerprint") -> bool:
        """Whether two outputs are the same up to rounding."""
        tolerance = 1e-6 * max(self.scale, other.scale) + 1e-9
        near = abs(self.first - other.first) <= tolerance and abs(self.second - other.second) <= tolerance
        return self.form == other.form and near


Prints = tuple[Fingerprint, ...]  # one for each case
Slips = list[tuple[str, Prints]]  # kinds of slip with the outputs that they give


def fingerprint(output: Plain) -> Fingerprint:
    """Describe a plain output in canonical form."""
    form: list[str] = []
    numbers: list[Any] = []
    _collect(output, form, numbers)
    values = np.concatenate([np.ravel(number) for number in numbers]) if numbers else np.zeros(0)
    odd = [int(np.isnan(values).sum()), int(np.isposinf(values).sum()), int(np.isneginf(values).sum())]
    values = np.where(np.isfinite(values), values, 0.0)
    place = np.arange(1, len(values) + 1)
    form_digest = hashlib.sha256(f"{form} {odd}".encode()).hexdigest()[:12]
    first, second = np.sin(1.7 * place) @ values, np.cos(2.3 * place) @ values
    return Fingerprint(form_digest, float(first), float(second), float(np.abs(values).sum()))


def _collect(value: Plain, form: list[str], numbers: list[Any]) -> None:
    """Add the form of a value, with its words, to one list and its numbers to the other."""
    if isinstance(value, dict):
        for key in sorted(value):
            form.append(f"key {key}")
            _collect(value[key], form, numbers)
    elif isinstance(value, tuple):
        form.append(f"tuple {len(value)}")
        for part in value:
            _collect(part, form, numbers)
    elif value is None or isinstance(value, (str, bool)):
        form.append(repr(value))
    else:
        array = np.asarray(value)
        form.append(str(array.shape))
        numbers += (
            [array.real.astype(float), array.imag.astype(float)]
            if array.dtype.kind == "c"
            else [array.astype(float)]
        )


def prints_of(task: Task, outcomes: Sequence[Outcome]) -> Prints | None:
    """Return the fingerprints of outcomes, exceptions included; None if there is no output at all, or an odd one."""
    if any(outcome.problem or (outcome.output is None and not outcome.error) for outcome in outcomes):
        return None
    if all(outcome.error for outcome in outcomes):
        return None
    return tuple(
        Fingerprint(f"raised {outcome.error.name}", 0.0, 0.0, 0.0)
        if outcome.error
        else fingerprint(task.normalise(outcome.output))
        for outcome in outcomes
    )


def same(some: Prints, others: Prints) -> bool:
    """Whether two answers give the same outputs on all cases."""
    return all(one.matches(other) for one, other in zip(some, others))


def slip_of(prints: Prints, known: Slips) -> str | None:
    """Return the one kind of slip with these fingerprints; None if there is none, or more than one.

    A wrong constant often amounts to a slip that says more, such as a missing factor or power.
    """
    kinds = {kind for kind, others in known if same(prints, others)}
    if len(kinds) > 1:
        kinds.discard("wrong constant")
    return kinds.pop() if len(kinds) == 1 else None


# ── The mutants of a task ────────────────────────────────────────────────────────────────────────────


def slips_of(task: Task, cases: Sequence[Case], patience: float = math.inf) -> Slips | None:
    """Run all mutants of a task's right answers on the cases, and return their kinds and fingerprints.

    Left out are mutants that are right, that always raise, or that take too long. Of equal ones of the same kind, one
    is kept. If all of it takes longer than `patience` seconds, the result is None: a slip could not be told from one
    that has not run yet.
    """
    known: Slips = []
    deadline = time.monotonic() + patience
    right = prints_of(task, [call(task.answer, case) for case in cases])
    for base in (task.answer, *task.variants):
        for kind, function in mutated(base):
            if time.monotonic() > deadline:
                return None
            prints = prints_of(task, outcomes_within(function, cases, SECONDS))
            if prints is None or (right and same(prints, right)):
                continue
            if not any(kind == other and same(prints, others) for other, others in known):
                known.append((kind, prints))
    return known


def outcomes_within(function: Callable[..., Any], cases: Sequence[Case], seconds: float) -> list[Outcome]:
    """Call a function on the cases; give up at the first one that takes too long."""
    outcomes: list[Outcome] = []
    for number, case in enumerate(cases, 1):
        with time_limit(seconds):
            outcomes.append(call(function, case))
        if len(outcomes) < number:
            return [*outcomes, Outcome(problem="it took too long")]
    return outcomes


class OutOfTime(BaseException):
    """Not an Exception: the function that is stopped must not catch it."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Leave the block after this time, where a process can be interrupted: on Unix, in its main thread."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise OutOfTime

    handler = signal.signal(signal.SIGALRM, stop)
    start, (left, _) = time.monotonic(), signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except OutOfTime:
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left:  # somebody else's alarm
            signal.setitimer(signal.ITIMER_REAL, max(1e-3, left - (time.monotonic() - start)))


def mutated(base: Callable[..., Any]) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the mutants of a function and of those functions of its module that it uses, with their kinds."""
    if not isinstance(base, FunctionType) or base.__closure__ or base.__name__ == "<lambda>":
        return
    family = {base.__name__: base} | helpers(base)
    trees = {name: tree for name, function in family.items() if (tree := tree_of(function))}
    count = 0
    for tree in trees.values():
        for mutant in mutants(tree):
            count += 1
            if count > MAX_MUTANTS:
                return
            names = dict(base.__globals__)
            if define(names, {**trees, tree.name: mutant.function}.values()):
                yield mutant.kind, names[base.__name__]


def helpers(function: FunctionType) -> dict[str, FunctionType]:
    """Return the functions of the same module that a function uses, directly or indirectly."""
    found: dict[str, FunctionType] = {}
    waiting = [function]
    while waiting:
        for name in waiting.pop().__code__.co_names:
            used = function.__globals__.get(name)
            if not isinstance(used, FunctionType) or used is function or used.__closure__ or name in found:
                continue
            if used.__module__ == function.__module__:
                found[name] = used
                waiting.append(used)
    return found


def tree_of(function: FunctionType) -> ast.FunctionDef | None:
    """Return the syntax tree of a function without its decorators; None if it has no source."""
    try:
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    except (OSError, SyntaxError, ValueError):
        return None
    if not isinstance(tree, ast.FunctionDef):
        return None
    tree.decorator_list = []
    for argument in ast.walk(tree):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    tree.returns = None
    return tree


def define(names: dict[str, Any], functions: Iterable[ast.FunctionDef]) -> bool:
    """Define functions in a namespace; return whether that was possible."""
    module = ast.fix_missing_locations(ast.Module(list(functions), []))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a slip may well be worth a warning
            exec(compile(module, "<slip>", "exec"), names)
    except Exception:
        return False
    return True


# ── Slips that are kept in a file ────────────────────────────────────────────────────────────────────


class SlipStore:
    """The slips of a lesson's tasks for one seed, in a file beside the module that they were computed from.

    Parameters
    ----------
    source : Path
        The module with the tasks. The file is slips/NAME.json in the same folder; one that was computed from another
        version of the module is ignored.
    """

    def __init__(self, source: Path):
        self.source = source
        self.path = source.parent / "slips" / f"{source.stem}.json"

    @property
    def digest(self) -> str:
        """A digest of the module's text, whatever its line endings."""
        return hashlib.sha256(self.source.read_text("utf-8").encode()).hexdigest()[:16]

    @cached_property
    def _kept(self) -> dict[str, Any]:
        try:
            kept: dict[str, Any] = json.loads(self.path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return kept if kept.get("source") == self.digest else {}

    def slips(self, task: str, seed: int) -> Slips | None:
        """Return the slips of a task; None if they are not kept for this seed."""
        if self._kept.get("seed") != seed or task not in self._kept["tasks"]:
            return None
        return [
            (kind, tuple(Fingerprint(*one) for one in prints))
            for kind, outputs in self._kept["tasks"][task].items()
            for prints in outputs
        ]

    def write(self, seed: int, slips: Mapping[str, Slips]) -> None:
        """Write the slips of all tasks of the lesson, with seven digits."""
        tasks = {}
        for task, known in slips.items():
            kinds: dict[str, list[list[Any]]] = {}
            for kind, prints in known:
                kinds.setdefault(kind, []).append(
                    [[one.form, *map(_seven_digits, one[1:])] for one in prints]
                )
            tasks[task] = {kind: kinds[kind] for kind in sorted(kinds)}
        self.path.parent.mkdir(exist_ok=True)
        text = json.dumps({"source": self.digest, "seed": seed, "tasks": tasks}, separators=(",", ":"))
        self.path.write_text(text.replace('},"', '},\n"') + "\n", "utf-8")


def _seven_digits(number: float) -> float:
    return float(f"{number:.7g}")
