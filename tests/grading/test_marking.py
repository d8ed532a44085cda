"""Marking: the grader gives the same verdicts as the notebook."""

import sys
from functools import partial

import numpy as np
import pytest

from mlcourse.checks import CHECKS, verdict_on
from mlcourse.checks.compare import plain
from mlcourse.grading import marking, read, sandbox
from mlcourse.grading.notebook_runner import Reply
from mlcourse.grading.records import Cell, Mark, Submission

if sys.platform == "win32":
    pytest.skip("grading requires Linux or macOS", allow_module_level=True)


LESSONS = sorted({check.lesson for check in CHECKS.values()})


class LocalRunner:
    """Replaces NotebookRunner: takes answers from this process.

    Parameters
    ----------
    answers : dict of str → value or function
    """

    def __init__(self, **answers):
        self.answers, self.notes, self.skipped, self.output = answers, [], {}, ""

    def find(self, name):
        if name not in self.answers:
            return "missing", ""
        answer = self.answers[name]
        return "none" if answer is None else "function" if callable(answer) else "value", name

    def why_missing(self, name):
        return f"no {name}"

    def value(self, expression):
        return Reply(plain(self.answers[expression]))

    def call(self, name, args):
        try:
            return Reply(plain(self.answers[name](*args)))
        except Exception as error:
            return Reply(error=type(error).__name__, text=str(error), line="  in line 1 of your cell: x")


def ask(check, answer) -> Mark:
    return marking.mark_task(check, LocalRunner(**{check.name: answer}), b"seed")


SOME = [check for check in CHECKS.values() if check.lesson == "04_em"]


@pytest.mark.parametrize("check", SOME, ids=lambda check: check.name)
def test_references_get_all_points_and_mistakes_are_named(check):
    right = check.reference if check.kind == "function" else check.reference()
    assert ask(check, right)[1:4] == (check.points, check.points, "right")
    for mistake in check.mistakes:
        wrong = mistake.answer() if check.kind == "value" and callable(mistake.answer) else mistake.answer
        mark = ask(check, wrong)
        assert (mark.points, mark.mistake) == (0, mistake.name)
        assert mistake.message.split(";")[0] in mark.message


@pytest.mark.parametrize("answer", [None, 1.5, "C", "lambda"])
@pytest.mark.parametrize("name", ["e_step", "falling_likelihood", "largest_weight"])
def test_grader_and_notebook_give_the_same_messages(name, answer):
    """They also agree on the wrong kind of answer."""
    answer = (lambda *args: 1.0) if answer == "lambda" else answer
    if callable(answer):
        answer.__name__ = name
    verdict = verdict_on(CHECKS[name], answer)
    mark = ask(CHECKS[name], answer)
    assert mark.status == verdict.status
    if not (callable(answer) and name == "e_step"):  # its message quotes random numbers
        assert mark.message == verdict.message


def test_an_exception_is_reported_with_its_line():
    mark = ask(CHECKS["e_step"], lambda *args: 1 / 0)
    assert "it raised ZeroDivisionError: division by zero\n  in line 1 of your cell: x" in mark.message


@pytest.mark.parametrize(
    "name", ["ValueError", "LinAlgError", "UnicodeDecodeError", "ExceptionGroup", "Eve's", ""]
)
def test_an_exception_of_any_name_can_be_raised(name):
    kind = marking.exception_type(name)
    assert issubclass(kind, Exception)
    assert kind.__name__ == (name or "Exception")
    assert str(kind("message")) == "message"


def test_every_task_and_seed_has_its_own_cases():
    seeds = {marking.task_seed(seed, task) for seed in (b"a", b"b") for task in ("e_step", "m_step")}
    assert len(seeds) == 4
    assert marking.task_seed(b"a", "e_step") == marking.task_seed(b"a", "e_step")


HOSTILE_NUMBERS = {
    "huge": lambda array: np.full(array.shape, 1e300),
    "labels": lambda array: np.full(array.shape, 10**10),
    "least": lambda array: np.full(array.shape, -(2**63)),
    "mixed": lambda array: np.resize([np.nan, np.inf, -1e308, 0, 10**10], array.shape),
    "bool": lambda array: np.ones(array.shape, bool),
    "half": lambda array: np.full(array.shape, np.nan, np.float16),
}


def replaced(value, change):
    """Return a value of the same form with other numbers in it."""
    if isinstance(value, tuple):
        return tuple(replaced(part, change) for part in value)
    if isinstance(value, dict):
        return {key: replaced(part, change) for key, part in value.items()}
    if isinstance(value, (str, bool)):
        return value
    array = change(np.asarray(value))
    return array if isinstance(value, np.ndarray) else array.item()


def answer_like(check, change, *args):
    """Return the reference's result with other numbers in it."""
    return replaced(plain(check.reference(*args)), change)


@pytest.mark.parametrize("name", [name for name, check in CHECKS.items() if check.kind == "function"])
def test_hostile_numbers_do_not_break_the_judge(name):
    """Results are judged in the parent, which must neither fail nor run out of memory."""
    import resource  # not on Windows

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for numbers, change in HOSTILE_NUMBERS.items():
        mark = ask(CHECKS[name], partial(answer_like, CHECKS[name], change))
        assert mark.status in ("right", "wrong", "not attempted"), numbers
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_000_000  # kilobytes


class UnusableSandbox:
    """A sandbox that cannot be started."""

    name = "none"


def test_known_marks_are_not_computed_again():
    """If all marks are known, not even a sandbox is started."""
    done = {check.name: Mark(check.name, 1, check.points, "right") for check in SOME}
    reported = []
    grade = marking.grade(
        Submission("ada", "x", (), "04_em"), UnusableSandbox(), b"", on_mark=reported.append, done=done
    )
    assert grade.marks == list(done.values())
    assert reported == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_open_questions_take_their_points_from_the_course(lesson):
    cells = tuple(
        Cell("markdown", f"my text on {task}", task, "open") for task in marking.open_questions(lesson)
    )
    done = {check.name: Mark(check.name, 0, check.points, "missing") for check in CHECKS.values()}
    grade = marking.grade(Submission("ada", "x", cells, lesson), UnusableSandbox(), b"", done=done)
    by_hand = {mark.task: mark.out_of for mark in grade.marks if mark.status == "by hand"}
    assert by_hand == marking.open_questions(lesson)
    assert grade.open_answers == {task: f"my text on {task}" for task in by_hand}


def test_imports_are_noted():
    source = """from sklearn.mixture import GaussianMixture
import mlcourse.mixture, torch
from mlcourse import check
import math
  import google.colab.drive
import numpy.linalg as la
"""
    cells = (Cell("markdown", "import nothing"), Cell("code", source))
    notes = marking.import_notes(Submission("ada", "x", cells, "04_em"))
    assert [note.removeprefix("Cell 2 imports ").split(",")[0] for note in notes] == [
        "google",
        "mlcourse.mixture",
        "sklearn.mixture",
    ]


@pytest.mark.parametrize("lesson", [lesson for lesson in LESSONS if lesson != "12_capstone"])
def test_solutions_get_all_points_in_the_sandbox(some_sandbox, lesson):
    data = (marking.EXERCISES.parent / "solutions" / f"{lesson}.ipynb").read_bytes()
    submission = read.read_one(read.Found(("ada", "x.ipynb"), data))
    grade = marking.grade(submission, some_sandbox, b"seed")
    assert [mark for mark in grade.marks if mark.status not in ("right", "by hand")] == []
    assert grade.status == "ok"
    assert grade.isolation == some_sandbox.name


def test_an_untouched_exercise_is_not_attempted(some_sandbox):
    data = (marking.EXERCISES / "04_em.ipynb").read_bytes()
    grade = marking.grade(read.read_one(read.Found(("ada", "x.ipynb"), data)), some_sandbox, b"seed")
    assert {mark.status for mark in grade.marks} == {"not attempted"}


def test_the_same_submission_and_seed_give_the_same_grade(some_sandbox):
    data = (
        (marking.EXERCISES / "04_em.ipynb").read_bytes().replace(b"raise NotImplementedError", b"return x #")
    )
    submission = read.read_one(read.Found(("ada", "x.ipynb"), data))
    one, other = (marking.grade(submission, some_sandbox, b"seed") for _ in range(2))
    assert one.marks == other.marks
    assert one.output == other.output


@pytest.fixture(scope="session")
def some_sandbox():
    try:
        chosen = sandbox.choose()
    except sandbox.NoSandbox as error:
        pytest.skip(str(error))
    with chosen:
        yield chosen
