"""Marking: the grader gives the same verdicts as the notebook."""

import sys
import unicodedata
from functools import partial

import numpy as np
import pytest

from mlcourse.checks import Case, Lesson, Outcome, Raised, answer_of, examine
from mlcourse.grading import sandbox
from mlcourse.grading.intake import read
from mlcourse.grading.judge import marking
from mlcourse.grading.judge.notebook_runner import NotebookRunner
from mlcourse.grading.records.grade import Attachment, Cell, Mark, Submission
from mlcourse.plain import plain
from tests.helpers import honest
from tests.helpers.courses import CATALOGUE, OUR_COURSE
from tests.helpers.made_up_class import points_of

if sys.platform == "win32":
    pytest.skip("grading requires Linux or macOS", allow_module_level=True)


LESSONS = sorted(CATALOGUE.lessons)
SOME = CATALOGUE.of_lesson("04_em").tasks


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
            return None
        answer = self.answers[name]
        return "none" if answer is None else "function" if callable(answer) else "value", name

    def why_missing(self, name):
        return f"no {name}"

    def value(self, expression):
        return Outcome(plain(self.answers[expression]))

    def seen_here(self, name):
        return frozenset()

    def call(self, name, args, forbids=()):
        try:
            return Outcome(plain(self.answers[name](*args)))
        except Exception as error:
            return Outcome(error=Raised(type(error).__name__, str(error), "line 1 of your cell: x"))


def mark_with(runner, task) -> Mark:
    return marking.mark_task(task, OUR_COURSE.checked_expression(task), runner, b"seed")


def ask(task, answer) -> Mark:
    return mark_with(LocalRunner(**{task.name: answer}), task)


def as_handed_in(task, answer):
    """What a notebook calls by the task's name: the function itself, or the value that it returns."""
    return answer if task.kind == "function" else answer()


@pytest.mark.parametrize("task", SOME, ids=lambda task: task.name)
def test_references_get_all_points_and_mistakes_are_named(task):
    assert ask(task, as_handed_in(task, task.answer))[1:4] == (task.points, task.points, "right")
    for mistake in task.mistakes:
        mark = ask(task, as_handed_in(task, mistake.answer))
        assert (mark.points, mark.mistake) == (points_of(task, mistake), mistake.name)
        assert mistake.message in mark.message


@pytest.mark.parametrize("answer", [None, 1.5, "C", "lambda"])
@pytest.mark.parametrize("name", ["e_step", "falling_likelihood", "largest_weight"])
def test_grader_and_notebook_give_the_same_messages(name, answer):
    """They also agree on the wrong kind of answer."""
    answer = (lambda *args: 1.0) if answer == "lambda" else answer
    if callable(answer):
        answer.__name__ = name
    task = CATALOGUE.tasks[name]
    verdict = examine(task, answer_of(answer))
    mark = ask(task, answer)
    assert mark.status == verdict.status
    if not (callable(answer) and name == "e_step"):  # its message quotes random numbers
        assert mark.message == verdict.message


def test_an_exception_is_reported_with_its_line():
    mark = ask(CATALOGUE.tasks["e_step"], lambda *args: 1 / 0)
    assert "it raised ZeroDivisionError: division by zero\n  in line 1 of your cell: x" in mark.message


@pytest.mark.parametrize("huge", [10**400, -(10**400), (1, 10**400), {"a": 10**400}, 10**30])
@pytest.mark.parametrize("name", ["e_step", "largest_weight"])
def test_a_huge_whole_number_is_wrong_and_breaks_nothing(name, huge):
    task = CATALOGUE.tasks[name]
    answer = (lambda *args: huge) if task.kind == "function" else huge
    verdict = examine(task, answer_of(answer))
    assert verdict.status == "wrong"
    assert verdict.what


class ForgedSession:
    """A worker that says that `e_step` is a function, and answers every call with the same reply."""

    def __init__(self, **reply):
        self.reply = reply

    def ask(self, request, *args, **options):
        return ({"is": "function", "name": "e_step"} if request["do"] == "find" else self.reply), []

    def end(self):
        pass


def mark_of_a_reply(**reply) -> Mark:
    runner = NotebookRunner(Submission("ada", "x", (), "04_em"), UnusableSandbox(), sandbox.Limits())
    runner.session = ForgedSession(**reply)
    return mark_with(runner, CATALOGUE.tasks["e_step"])


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("ValueError", "ValueError"),
        ("LinAlgError", "LinAlgError"),
        ("UnicodeDecodeError", "UnicodeDecodeError"),  # needs five arguments to be made
        ("ExceptionGroup", "ExceptionGroup"),
        ("KeyboardInterrupt", "KeyboardInterrupt"),
        ("__import__('os')", "__import__('os')"),
        ("Eve's", "Eve's"),
        ("Ошибка", "Ошибка"),
        ("✓ right\n4 points", "✓ right?4 points"),
        ("a\x1b[31m\x00b\x85c", "a?[31m?b?c"),
        ("\u202eevil", "?evil"),
        ("\ud800", "?"),
        ("x" * 1000, "x" * 200),
        ("  ", "Exception"),
        ("", "Exception"),
    ],
)
def test_an_exception_of_any_name_is_shown_in_clean_form(name, shown):
    mark = mark_of_a_reply(error={"name": name, "text": "message", "place": None})
    first, *_ = mark.message.split("\n")
    assert (mark.points, mark.status, mark.mistake) == (0, "wrong", None)
    assert first.endswith(f": it raised {shown}: message")


@pytest.mark.parametrize("text", ["a\nb", "a\r✓ right", "\x1b[31m", "\x00", "\u2028", "\udcff", "{0} %s"])
def test_what_an_exception_says_is_shown_in_clean_form(text):
    mark = mark_of_a_reply(error={"name": "ValueError", "text": f"<{text}>", "place": None})
    first, *rest = mark.message.split("\n")
    assert "it raised ValueError: <" in first
    assert first.endswith(">")
    assert not {unicodedata.category(character) for character in first} & {"Cc", "Cs", "Zl", "Zp"}
    assert [line.split()[0] for line in rest] == ["wanted"]


def test_an_exception_without_a_message_is_reported():
    mark = mark_of_a_reply(error={"name": "ValueError", "text": "", "place": None})
    assert "it raised ValueError.\n" in mark.message


def test_only_the_name_of_an_unwritten_answer_counts():
    mark = mark_of_a_reply(error={"name": "NotImplementedError", "text": "✓ right", "place": None})
    assert (mark.points, mark.status) == (0, "not attempted")
    assert "✓" not in mark.message


@pytest.mark.parametrize(
    "error",
    [
        None,
        "ValueError",
        {},
        {"name": "ValueError", "text": "x"},
        {"name": 1, "text": "x", "place": None},
        {"name": "ValueError", "text": ["x"], "place": None},
        {"name": "ValueError", "text": "x", "place": "1"},
        {"name": "ValueError", "text": "x", "place": [1]},
        {"name": "ValueError", "text": "x", "place": [1, 2, 3]},
    ],
)
def test_a_malformed_exception_counts_as_a_crash(error):
    mark = mark_of_a_reply(error=error)
    assert (mark.status, mark.message) == ("crashed", "it sent a malformed reply.")


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


def answer_like(task, change, *args):
    """Return the reference's result with other numbers in it."""
    return replaced(plain(task.answer(*args)), change)


FUNCTIONS = [name for name, task in CATALOGUE.tasks.items() if task.kind == "function"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_hostile_numbers_do_not_break_the_judge(name):
    """Results are judged in the parent, which must neither fail nor run out of memory."""
    import resource  # not on Windows

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for numbers, change in HOSTILE_NUMBERS.items():
        mark = ask(CATALOGUE.tasks[name], partial(answer_like, CATALOGUE.tasks[name], change))
        assert mark.status in ("right", "wrong", "not attempted"), numbers
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_000_000  # kilobytes


def test_a_case_of_an_unknown_family_is_a_fault_of_the_check():
    task = Lesson("01").task("double", points=2, families={"near": 1, "far": 1})
    task.cases(lambda rng: [Case("a number", (rng.normal(),)), Case("another", (1e9,), "afar")])
    task.reference(lambda x: 2 * x)
    assert marking.fault_in(task, b"seed") == "its cases are not of the families that have points"


class UnusableSandbox:
    """A sandbox that cannot be started."""

    name = "none"


def test_known_marks_are_not_computed_again():
    """If all marks are known, not even a sandbox is started."""
    done = {task.name: Mark(task.name, 1, task.points, "right") for task in SOME}
    submission, reported = Submission("ada", "x", (), "04_em"), []
    grade = marking.grade(submission, OUR_COURSE, UnusableSandbox(), b"", on_mark=reported.append, done=done)
    assert grade.marks == list(done.values())
    assert reported == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_open_questions_take_their_points_from_the_course(lesson):
    points = {question.name: question.points for question in CATALOGUE.of_lesson(lesson).open_questions}
    cells = tuple(Cell("markdown", f"my text on {name}", name, "open") for name in points)
    done = {task.name: Mark(task.name, 0, task.points, "missing") for task in CATALOGUE.tasks.values()}
    submission = Submission("ada", "x", cells, lesson)
    grade = marking.grade(submission, OUR_COURSE, UnusableSandbox(), b"", done=done)
    by_hand = {mark.task: mark.out_of for mark in grade.marks if mark.status == "by hand"}
    assert by_hand == points
    assert grade.open_answers == {task: f"my text on {task}" for task in by_hand}


EXERCISE = OUR_COURSE.notebook("exercises", "04_em")


def handed_in(data: bytes) -> Submission:
    return read.read_one(read.Found(("ada", "x.ipynb"), data), CATALOGUE)


@pytest.mark.parametrize("lesson", [lesson for lesson in LESSONS if lesson != "14_capstone"])
def test_solutions_get_all_points_in_the_sandbox(some_sandbox, lesson):
    submission = handed_in(OUR_COURSE.notebook("solutions", lesson).read_bytes())
    grade = marking.grade(submission, OUR_COURSE, some_sandbox, b"seed")
    assert [mark for mark in grade.marks if mark.status not in ("right", "by hand")] == []
    assert grade.status == "ok"
    assert grade.isolation == some_sandbox.name


def test_an_untouched_exercise_is_not_attempted(some_sandbox):
    grade = marking.grade(handed_in(EXERCISE.read_bytes()), OUR_COURSE, some_sandbox, b"seed")
    assert {mark.status for mark in grade.marks} == {"not attempted"}


WITH_SKLEARN = """
from sklearn.mixture import GaussianMixture as Theirs
from mlcourse.datasets import elongated_blobs
X, _ = elongated_blobs()
model = Theirs(3, n_init=2, random_state=42, tol=1e-10, max_iter=1000).fit(X)
largest_weight = model.weights_.max()
"""
RAISES = "def log_sum_exp(A):\n    import sklearn.mixture\n    return scipy_logsumexp(A, axis=1)"


def test_a_value_may_be_computed_with_any_package(some_sandbox):
    content = honest.notebook(largest_weight=WITH_SKLEARN, log_sum_exp=RAISES)
    grade = marking.grade(handed_in(honest.as_bytes(content)), OUR_COURSE, some_sandbox, b"seed")
    marks = {mark.task: mark for mark in grade.marks}
    assert (marks["largest_weight"].points, marks["largest_weight"].status) == (2, "right")
    assert any(note.startswith("Judged with all packages") for note in marks["largest_weight"].notes)
    assert "not available to answers in this lesson" in marks["log_sum_exp"].message


@pytest.mark.slow
def test_the_same_submission_and_seed_give_the_same_grade(some_sandbox):
    data = EXERCISE.read_bytes().replace(b"raise NotImplementedError", b"return x #")
    one, other = (marking.grade(handed_in(data), OUR_COURSE, some_sandbox, b"seed") for _ in range(2))
    assert one.marks == other.marks
    assert one.output == other.output


def test_a_changed_notebook_meets_other_cases():
    cells = (Cell("markdown", "text"), Cell("code", "x = 1"))
    one = Submission("ada", "a.ipynb", cells, "04_em")
    seed = marking.seed_for(one, b"secret")
    same = Submission("bob", "b.ipynb", (Cell("markdown", "other"), cells[1]), "04_em")
    changed = Submission("ada", "a.ipynb", (cells[0], Cell("code", "x = 1 ")), "04_em")
    with_file = Submission("ada", "a.ipynb", cells, "04_em", files=(Attachment("x.py", b""),))
    assert marking.seed_for(same, b"secret") == seed
    others = {marking.seed_for(changed, b"secret"), marking.seed_for(with_file, b"secret")}
    assert len({seed, marking.seed_for(one, b"other"), *others}) == 4


@pytest.mark.parametrize(
    ("source", "near"),
    [("def E_step(X): pass", "E_step"), ("def estep(X): pass", "estep"), ("def m_step(X): pass", None)],
)
def test_a_name_that_is_nearly_right_is_named(source, near):
    submission = Submission("ada", "x", (Cell("code", source),), "04_em")
    why = NotebookRunner(submission, UnusableSandbox(), sandbox.Limits()).why_missing("e_step")
    assert (f"Is `{near}` meant?" in why) == bool(near)
