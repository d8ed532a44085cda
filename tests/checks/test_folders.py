"""The names of notebooks."""

from pathlib import Path

import pytest

from mlcourse.checks.folders import FOLDERS, lesson_of, notebook_name


def test_the_notebooks_of_a_lesson_have_different_names():
    names = [notebook_name(folder, "04_em") for folder in FOLDERS]
    assert names == ["04_em.ipynb", "04_em_exercises.ipynb", "04_em_solutions.ipynb"]


@pytest.mark.parametrize("lesson", ["04_em", "13_solutions"])
@pytest.mark.parametrize("folder", FOLDERS)
def test_a_name_gives_its_lesson_back(folder, lesson):
    assert lesson_of(Path(folder, notebook_name(folder, lesson))) == lesson


def test_the_old_names_give_their_lesson():
    assert lesson_of(Path("exercises/04_em.ipynb")) == lesson_of(Path("solutions/04_em.ipynb")) == "04_em"
