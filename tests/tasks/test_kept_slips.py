"""The slips that are kept in files for the seed of the notebooks."""

from datetime import date

import numpy as np
import pytest

from mlcourse.checks.examine import NOTEBOOK_SEED
from mlcourse.checks.slips import same, slips_of
from mlcourse.tasks import CATALOGUE
from tests.helpers.answers import FUNCTIONS

LESSONS = [
    name for name, lesson in CATALOGUE.lessons.items() if any(t.kind == "function" for t in lesson.tasks)
]
NAMES = sorted(FUNCTIONS)


@pytest.mark.parametrize("lesson", LESSONS)
def test_they_belong_to_the_tasks_as_they_are_now(lesson):
    """After a change to a lesson's tasks, `python course.py mutants --keep TASK` brings them up to date."""
    for task in CATALOGUE.lessons[lesson].tasks:
        if task.kind == "function":
            assert task.store.slips(task.name, NOTEBOOK_SEED) is not None
            assert task.store.slips(task.name, NOTEBOOK_SEED + 1) is None


@pytest.mark.slow
def test_they_are_what_the_mutants_give():
    """One task a day."""
    task = FUNCTIONS[NAMES[date.today().toordinal() % len(NAMES)]]
    made = slips_of(task, list(task.draw_cases(np.random.default_rng(NOTEBOOK_SEED))))
    kept = task.store.slips(task.name, NOTEBOOK_SEED)
    assert {kind for kind, _ in made} == {kind for kind, _ in kept}
    for kind, prints in made:
        assert any(kind == other and same(prints, others) for other, others in kept)
