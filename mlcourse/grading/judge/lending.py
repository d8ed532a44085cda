"""Right answers that are lent to a notebook: a process of our own computes them, on the questions of a worker.

The arguments come from a student's code, so nothing about them is trusted. They must look like those of the task's
own cases, and be of modest size. The reference runs in a process whose time and memory are limited: whatever happens
there, the grader goes on.
"""

import inspect
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from mlcourse.checks import Task
from mlcourse.checks.examine import NOTEBOOK_SEED, answer_key, silence
from mlcourse.grading.inside import pipe
from mlcourse.grading.inside.kernel import end_with_parent
from mlcourse.plain import Plain, plain
from mlcourse.typing import Array

Message: TypeAlias = tuple[dict[str, Any], list[Array]]

MAX_QUESTIONS = 10_000  # of one submission for one answer
MAX_ROWS = 5_000
MAX_NUMBERS = 500_000  # in all arguments together
MAX_PARTS = 1_000  # of a tuple
MAX_INT = 10_000  # or ten times the largest in the task's own cases
SECONDS = 10.0  # for one right answer
MEMORY = 1_000_000_000  # bytes that computing it may take


class Refused(Exception):
    """A question that gets no answer; the message says why, to the student's code."""


class Lender:
    """Right answers to some tasks. Use as a context manager: it ends the process that computes them.

    Parameters
    ----------
    tasks : sequence of Task
        Each asks for a function.
    """

    def __init__(self, tasks: Sequence[Task]):
        self.tasks = {task.name: task for task in tasks}
        self.asked = 0
        self.channel, theirs = socket.socketpair()
        for task in tasks:
            answer_key(task, NOTEBOOK_SEED)  # computed here, it is kept for the next submission
        self.process = os.fork()
        if self.process == 0:
            try:
                _compute(theirs, self.tasks)
            finally:
                os._exit(0)  # it never returns to the grader's code
        theirs.close()
        self.channel.setblocking(False)

    @property
    def parameters(self) -> dict[str, list[str]]:
        """The names of each right answer's parameters."""
        return {name: list(inspect.signature(task.answer).parameters) for name, task in self.tasks.items()}

    def answer(self, question: dict[str, Any], arrays: list[Array]) -> Message:
        """Return the right answer to a worker's question, or the reason why there is none."""
        self.asked += 1
        try:
            if self.asked > MAX_QUESTIONS:
                raise Refused(f"right functions are called more than {MAX_QUESTIONS} times")
            pipe.send(self.channel, question, arrays, SECONDS)
            return pipe.receive(self.channel, SECONDS)
        except Refused as refusal:
            return {"refused": str(refusal)}, []
        except Exception:  # it has ended, takes too long, or the question cannot even be sent
            self.close()
            return {"refused": "a right function takes too long for these arguments, or too much memory"}, []

    def close(self) -> None:
        """End the process. Safe to call twice."""
        self.channel.close()
        if self.process:
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
        self.process = 0

    def __enter__(self) -> "Lender":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


# ── In the process that computes ─────────────────────────────────────────────────────────────────────


def _compute(channel: socket.socket, tasks: dict[str, Task]) -> None:
    """Answer questions until the grader closes the socket, or ends in whatever way."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the grader, which then closes the socket
    kept = channel.fileno()
    os.closerange(3, kept)  # or sandboxes would never see that the grader has ended
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))
    _limit_memory()
    while True:
        fields, arrays = pipe.receive(channel)
        try:
            fields, arrays = _right_answer(tasks, fields, arrays)
        except Refused as refusal:
            fields, arrays = {"refused": str(refusal)}, []
        except Exception as error:
            fields, arrays = {"refused": f"the question cannot be read: {type(error).__name__}"}, []
        pipe.send(channel, fields, arrays)


def _limit_memory() -> None:
    """Let this process claim only MEMORY more than it has; a larger array then raises MemoryError."""
    if sys.platform == "linux":
        import resource  # not on Windows

        pages, *_ = Path("/proc/self/statm").read_text().split()
        most = int(pages) * os.sysconf("SC_PAGE_SIZE") + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _right_answer(tasks: dict[str, Task], fields: dict[str, Any], arrays: list[Array]) -> Message:
    task = tasks[fields["question"]]
    args = accepted(task, pipe.unpack(fields["args"], arrays))
    with silence():
        output = _result(task, args)
    results: list[Array] = []
    return {"value": pipe.pack(output, results)}, results


def _result(task: Task, args: tuple[Any, ...]) -> Plain:
    try:
        return plain(task.answer(*args))
    except Exception as error:  # it may raise anything if the arguments are odd
        raise Refused(f"a right `{task.name}` raises {type(error).__name__} for these arguments") from None


# ── Which arguments are accepted ─────────────────────────────────────────────────────────────────────


def accepted(task: Task, args: Any) -> tuple[Any, ...]:
    """Return arguments as one of the task's own cases has them. Raises Refused if none has."""
    if not isinstance(args, tuple):
        raise Refused("arguments are a tuple")
    if count_numbers(args) > MAX_NUMBERS:
        raise Refused(f"these arguments have more than {MAX_NUMBERS} numbers")
    reasons = []
    for case in answer_key(task, NOTEBOOK_SEED).cases:
        try:
            return like_tuple(args, case.args, same_length=True)
        except Refused as refusal:
            reasons.append(str(refusal))
    raise Refused(f"`{task.name}` does not take these arguments: {reasons[0]}")


def count_numbers(value: Any) -> int:
    """Count the numbers in a plain value."""
    if isinstance(value, tuple):
        return sum(map(count_numbers, value))
    return int(np.size(value))


def like(value: Any, model: Any) -> Any:
    """Return a value in the form of another one. Raises Refused if it has another form, or is too large."""
    if isinstance(model, np.ndarray):
        return like_array(value, model)
    if isinstance(model, tuple):
        return like_tuple(value, model)
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    if isinstance(model, (str, bool)):
        if type(value) is not type(model) or (isinstance(value, str) and len(value) > 100):
            raise Refused(f"expected a {type(model).__name__}, got {type(value).__name__}")
        return value
    if not isinstance(model, (int, float)) or not isinstance(value, (bool, int, float)):
        raise Refused(f"expected a {type(model).__name__}, got {type(value).__name__}")
    return type(model)(like_array(np.asarray(value), np.asarray(model)).item())


def like_tuple(value: Any, model: tuple[Any, ...], same_length: bool = False) -> tuple[Any, ...]:
    """Return a tuple with parts like those of another one, or all like its first part."""
    if not isinstance(value, tuple) or len(value) > MAX_PARTS:
        raise Refused(f"expected a tuple, got {type(value).__name__}")
    if len(value) == len(model):
        return tuple(map(like, value, model))
    if same_length or not model:
        raise Refused(f"expected {len(model)}, got {len(value)}")
    return tuple(like(part, model[0]) for part in value)


def like_array(value: Any, model: Array) -> Array:
    """Return an array of the other one's type and number of dimensions."""
    if not isinstance(value, np.ndarray) or value.ndim != model.ndim:
        raise Refused(f"expected an array with {model.ndim} dimensions")
    if max(value.shape, default=0) > MAX_ROWS:
        raise Refused(f"expected at most {MAX_ROWS} rows")
    if model.dtype.kind == "f" and value.dtype.kind in "biuf":
        return value.astype(model.dtype)
    if model.dtype.kind == value.dtype.kind == "b":
        return value
    if model.dtype.kind in "iu" and value.dtype.kind in "iuf":
        largest = max(MAX_INT, 10 * int(np.abs(model).max(initial=0)))
        if np.all((-largest <= value) & (value <= largest) & (value == np.round(value))):
            return value.astype(model.dtype)
        raise Refused(f"expected whole numbers up to {largest}")
    raise Refused(f"expected the type {model.dtype}, got {value.dtype}")
