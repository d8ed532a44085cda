"""Digests of tasks: they change if something that affects marks changes, and only then."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlcourse.checks import Lesson, Task, read_folder
from mlcourse.grading.batch.digests import affects_marks, task_digest, task_digests
from tests.helpers.courses import CATALOGUE, OUR_COURSE, course_with
from tests.helpers.fake_grading import TASKS


def test_digests_are_unique_and_unchanged_by_running_checks() -> None:
    before = {name: task_digest(task) for name, task in CATALOGUE.tasks.items()}
    assert len(set(before.values())) == len(CATALOGUE.tasks)
    for task in TASKS:
        for case in task.draw_cases(np.random.default_rng(0)):
            task.answer(*case.args)
    assert {name: task_digest(task) for name, task in CATALOGUE.tasks.items()} == before


PRINT_DIGESTS = """
from mlcourse.grading.batch.digests import task_digest
from mlcourse.tasks import CATALOGUE
print([task_digest(task) for task in CATALOGUE.tasks.values()])
"""


@pytest.mark.slow
def test_digests_are_the_same_in_another_process() -> None:
    result = subprocess.run(
        [sys.executable, "-c", PRINT_DIGESTS],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert result.stdout.strip() == str([task_digest(task) for task in CATALOGUE.tasks.values()])


def load_task(tmp_path: Path, name: str, **settings: object) -> Task:
    """Load the task of a module with this source; the module's own name is always the same."""
    path = tmp_path / name / "mine.py"
    path.parent.mkdir()
    path.write_text(SOURCE.format(**PLAIN | settings))
    ((task,),) = (lesson.tasks for lesson in read_folder(path.parent))
    return task


SOURCE = """
import numpy as np
from mlcourse.checks import Lesson
LESSON = Lesson("04_em")
LIMIT = {limit}
TABLE = np.array([1.0, {entry}])
def deep(x):
    return x * LIMIT + TABLE[0]
def helper(x):{comment}
    return (lambda y: deep(y) {sign} 1)(x)
def neighbour(x):
    return {neighbour}
T = LESSON.task("t", points={points}, rtol={rtol})
@T.reference
def t(x):
    return helper(x)
@T.mistake("{message}", hint={hint})
def too_large(x):
    return helper(x) + {excess}
@T.law("it grows.")
def grows(out, x):
    return out > {least}
@T.right
def written_differently(x):
    return {variant}
"""


PLAIN = {
    "limit": 1,
    "entry": 2.0,
    "comment": "",
    "sign": "+",
    "neighbour": 1,
    "points": 2,
    "rtol": 1e-6,
    "message": "no",
    "hint": 1,
    "excess": 1,
    "least": 0,
    "variant": 1,
}


@pytest.mark.parametrize(
    "change",
    [
        {"limit": 2},
        {"entry": 3.0},
        {"sign": "-"},
        {"points": 3},
        {"rtol": 1e-5},
        {"message": "yes"},
        {"hint": 2},
        {"excess": 2},
        {"least": 1},
        {"variant": 2},  # its slips are in messages
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_change_to_a_task_changes_its_digest(tmp_path: Path, change: dict[str, object]) -> None:
    assert task_digest(load_task(tmp_path, "before")) != task_digest(load_task(tmp_path, "after", **change))


@pytest.mark.parametrize(
    "change",
    [{"comment": "  # a remark"}, {"neighbour": 2}],
    ids=lambda change: next(iter(change)),
)
def test_comments_and_other_functions_do_not_affect_a_digest(
    tmp_path: Path, change: dict[str, object]
) -> None:
    assert task_digest(load_task(tmp_path, "before")) == task_digest(load_task(tmp_path, "after", **change))


def test_the_right_letter_of_a_choice_is_in_its_digest() -> None:
    one, other = (Lesson("04_em").choice("c", points=1, right=right, wrong={"C": "no"}) for right in "AB")
    assert task_digest(one) != task_digest(replace(other, expected=one.expected))


def test_the_digests_of_a_lesson_cover_its_open_questions() -> None:
    lesson = CATALOGUE.of_lesson("14_capstone")
    assert lesson.open_questions
    assert list(task_digests(OUR_COURSE, "14_capstone")) == [
        one.name for one in [*lesson.tasks, *lesson.open_questions]
    ]


def test_a_changed_task_leaves_the_digests_of_others_alone() -> None:
    before = task_digests(OUR_COURSE, "04_em")
    after = task_digests(course_with(replace(CATALOGUE.tasks["m_step"], points=3, families={})), "04_em")
    assert {name for name in before if before[name] != after[name]} == {"m_step"}


def test_reporting_code_does_not_affect_marks() -> None:
    assert affects_marks("checks/examine.py")
    assert affects_marks("grading/inside/worker.py")
    assert affects_marks("mixture/estimator.py")
    assert not affects_marks("grading/report/pages.py")
    assert not affects_marks("tasks/lesson_04.py")
    assert not affects_marks("widgets/em.py")
