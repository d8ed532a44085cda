"""Made-up submissions of lesson 04 for tests and benchmarks: right, partly right, wrong in known ways, broken.

The right answers and the mistakes are those of `mlcourse.tasks.lesson_04`, inserted as text into the exercise. So the
points and the recognised mistake of every task are known beforehand.
"""

import copy
import inspect
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from mlcourse.checks import Mistake, Task, examine
from mlcourse.checks.outcome import given
from mlcourse.course_folder import Course
from mlcourse.grading.records.grade import Grade
from mlcourse.grading.records.text import tidy
from mlcourse.tasks import lesson_04

LESSON = "04_em"
TASKS = {task.name: task for task in lesson_04.LESSON.tasks}
KINDS = ("right", "partly right", "wrong", "broken")
SHARES = (0.4, 0.3, 0.2, 0.1)
EXERCISE_IMPORTS = {"np", "norm", "logsumexp", "multivariate_normal"}  # in its first cell
RIGHT = {
    "responsibilities_1d": ("responsibilities_by_arrays",),
    "log_sum_exp": ("log_sum_exp_by_row", "log_sum_exp_by_logaddexp"),
    "e_step": ("e_step_by_solving",),
    "m_step": ("m_step_by_weighted_cov", "m_step_by_square_roots"),
    "fix_em": ("iteration_by_arrays",),
    "fit_em": ("fit_em_by_hand",),
}
VALUES = {
    "falling_likelihood": ("'C'", ("'A'", "'B'", "'D'")),
    "largest_weight": ("0.40037", ("0.25", "0.5")),
}
ODD_NAMES = (
    "=cmd()|' /C calc'!A1",
    'O\'Brien "Bobby"',
    "<script>alert(1)<",
    "Ада Лавлейс 🙂",
    "..",
    "nul",
    "a b\tc",
)


@dataclass
class Student:
    """One submission, and the points that it must earn."""

    name: str
    kind: str
    content: bytes  # of the notebook's file
    points: dict[str, float] | None = None  # by task; None if the file cannot be read
    mistakes: dict[str, str] = field(default_factory=dict)  # task → the recognised mistake


# ── Answers as text ──────────────────────────────────────────────────────────────────────────────────


def names_in(code: CodeType) -> set[str]:
    inner = (names_in(part) for part in code.co_consts if isinstance(part, CodeType))
    return set(code.co_names).union(*inner)


def helpers_of(function: object) -> list[FunctionType] | None:
    """The function and those in its module that it calls, callees first; None if they cannot be copied as text."""
    found: dict[str, FunctionType] = {}
    home = getattr(function, "__module__", None)

    def visit(one: object) -> bool:
        one = getattr(one, "__wrapped__", one)
        if not isinstance(one, FunctionType) or one.__name__ == "<lambda>" or one.__module__ != home:
            return False
        used = sorted(name for name in names_in(one.__code__) if name in one.__globals__)
        calls = [
            name
            for name in used
            if name not in EXERCISE_IMPORTS and name not in found and name != one.__name__
        ]
        if not all(visit(one.__globals__[name]) for name in calls):
            return False
        found.setdefault(one.__name__, one)
        return True

    return list(found.values()) if visit(function) else None


def source_of(function: FunctionType) -> str:
    """The source of a function without its decorators."""
    lines, _ = inspect.getsourcelines(function)
    start = next(number for number, line in enumerate(lines) if line.startswith("def "))
    return "".join(lines[start:]).rstrip()


def as_text(function: Any, task: str) -> str | None:
    """Python code that defines `task` like this function; None if the function cannot be copied as text."""
    helpers = helpers_of(function)
    if helpers is None:
        return None
    text = "\n\n".join(source_of(helper) for helper in helpers)
    for helper in helpers:  # a helper must not have the name of an answer
        text = re.sub(rf"\b{helper.__name__}\b", f"copied_{helper.__name__}", text)
    unevaluated = "from __future__ import annotations"  # whose names the notebook does not have
    return (
        f"{unevaluated}\n\n{text}\n\n\ndef {task}(*inputs):\n    return copied_{function.__name__}(*inputs)"
    )


def right_answer(task: str, rng: np.random.Generator) -> str:
    if task in VALUES:
        return f"{task} = {VALUES[task][0]}"
    text = as_text(getattr(lesson_04, rng.choice(RIGHT[task])), task)
    assert text is not None
    return text


def wrong_answers(task: str) -> list[tuple[str, Mistake | None]]:
    """Wrong answers as text, each with the mistake that must be recognised in it."""
    if task in VALUES:
        return [(f"{task} = {value}", None) for value in VALUES[task][1]]
    pairs = [(as_text(mistake.answer, task), mistake) for mistake in TASKS[task].mistakes]
    return [(text, mistake) for text, mistake in pairs if text and not mistake.planted]


def points_of(task: Task, mistake: Mistake) -> float:
    """The points for the families of cases for which a known mistake is right."""
    families = dict(examine(task, given(task, mistake.answer)).families)
    return sum(points for name, points in task.families.items() if families.get(name))


def broken_answer(task: str, rng: np.random.Generator) -> str:
    """A cell that raises, does not parse, ends its process, or defines something that is not an answer."""
    return str(
        rng.choice(
            [
                f"def {task}(*inputs):\n    raise ValueError('so far, so bad')",
                f"def {task}(*inputs:\n    return",
                "import os\nos._exit(1)",
                f"{task} = object()",
                f"def {task}(*inputs):\n    return {{'a': lambda: 1}}",
                f"del {task}",
            ]
        )
    )


# ── Notebooks ────────────────────────────────────────────────────────────────────────────────────────


def exercise() -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(Course().notebook("exercises", LESSON).read_text("utf-8"))
    return notebook


def with_answers(answers: dict[str, str]) -> dict[str, Any]:
    """The exercise with these answers in place of its stubs."""
    notebook = copy.deepcopy(exercise())
    for cell in notebook["cells"]:
        about = cell["metadata"].get("mlcourse", {})
        if about.get("role") == "answer" and about["task"] in answers:
            cell["source"] = answers[about["task"]]
    return notebook


def as_file(notebook: dict[str, Any]) -> bytes:
    return json.dumps(notebook, ensure_ascii=False).encode("utf-8")


def student(name: str, kind: str, rng: np.random.Generator) -> Student:
    """One made-up submission of this kind."""
    points: dict[str, float] = dict.fromkeys(TASKS, 0)
    mistakes = {}
    if kind == "broken" and rng.random() < 0.3:
        whole = as_file(with_answers({}))
        return Student(name, kind, whole[: len(whole) // 2], None)
    answers = {}
    for task_name, task in TASKS.items():
        outcome = rng.choice(
            ["right", "wrong", "untouched", "broken"],
            p={
                "right": (1, 0, 0, 0),
                "partly right": (0.6, 0.25, 0.15, 0),
                "wrong": (0, 0.8, 0.2, 0),
                "broken": (0.4, 0.1, 0.1, 0.4),
            }[kind],
        )
        if outcome == "right":
            answers[task_name], points[task_name] = right_answer(task_name, rng), task.points
        elif outcome == "wrong":
            choices = wrong_answers(task_name)
            answers[task_name], mistake = choices[rng.integers(len(choices))]
            if mistake:
                mistakes[task_name], points[task_name] = mistake.name, points_of(task, mistake)
        elif outcome == "broken":
            answers[task_name] = broken_answer(task_name, rng)
    return Student(name, kind, as_file(with_answers(answers)), points, mistakes)


def students(n: int, seed: int = 0) -> list[Student]:
    """`n` submissions, mixed as in a real class; the first ones have odd names."""
    rng = np.random.default_rng(seed)
    names = [*ODD_NAMES, *(f"student {number:03d}" for number in range(n))][:n]
    return [student(name, str(rng.choice(KINDS, p=SHARES)), rng) for name in names]


def assert_earned(made: list[Student], grades: list[Grade]) -> None:
    """Assert that all students have the expected points and mistakes, and that broken files are unreadable."""
    found = {grade.source: grade for grade in grades}
    assert len(found) == len(grades) == len(made)
    for one in made:
        grade = found[tidy(f"{folder_name(one.name)}/{LESSON}.ipynb")]
        if one.points is None:
            assert grade.status == "unreadable"
            continue
        assert {mark.task: mark.points for mark in grade.marks} == one.points
        assert {mark.task: mark.mistake for mark in grade.marks if mark.task in one.mistakes} == one.mistakes


def folder_name(name: str) -> str:
    """The name as a folder's name: without slashes or null bytes, and not `.` or `..`."""
    return re.sub(r"[/\0]", "_", name) if name not in (".", "..") else f"{name}_"


def write_submissions(folder: Path, made: list[Student]) -> None:
    """Write each submission as `student/04_em.ipynb` in a folder."""
    for one in made:
        path = folder / folder_name(one.name) / f"{LESSON}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one.content)
