"""Progress: what was checked, in this kernel and on other days, and never more than that."""

import os
import time
from functools import partial

import pytest

from mlcourse.checks import Case, Catalogue, Lesson
from mlcourse.checks.folders import cell_id
from mlcourse.checks.progress import Book, Progress
from tests.helpers.kernels import Kernel, write_notebook

DOUBLE = "def double(x):\n    return 2 * x"
WRONG = "def double(x):\n    return x"
STUB = "def double(x):\n    raise NotImplementedError"
HELPED = "def double(x):\n    return twice(x)"
HELPER = "def twice(x):\n    return 2 * x"
CHECK = "check.double(double)"
TITLES = {"01_one": '01 · The "first" lesson', "02_two": "02 · Zwei", "03_three": "03 · Three"}


def catalogue():
    lessons = [Lesson(name) for name in TITLES]
    for lesson, names in zip(lessons, (["double", "again"], ["third"], ["fourth"])):
        for name in names:
            task = lesson.task(name, title=f"About {name}", points=2)
            task.reference(lambda x: 2 * x)
            task.cases(lambda rng: iter([Case("three", (3,))]))
    lessons[0].open_question("why", title="Why?", points=1)
    return Catalogue(lessons)


@pytest.fixture
def course(tmp_path):
    for lesson, title in TITLES.items():
        write_notebook(tmp_path / "notebooks" / f"{lesson}.ipynb", title=title)
        write_notebook(tmp_path / "exercises" / f"{lesson}_exercises.ipynb", STUB)
    return tmp_path


@pytest.fixture
def exercise(course):
    return course / "exercises" / "01_one_exercises.ipynb"


@pytest.fixture
def kernel(monkeypatch, course):
    """Start a kernel for a notebook, which ends the one before."""
    return partial(Kernel, monkeypatch, catalogue())


def save(notebook, *cells):
    """Save a notebook as a student would: after what was checked before."""
    write_notebook(notebook, *cells)
    later = time.time() + 1
    os.utime(notebook, (later, later))


def terminal(course, lesson="01_one"):
    """What `python course.py progress` prints."""
    return str(Progress(Book(catalogue(), root=course).view(), lesson))


def test_a_verdict_survives_the_kernel(kernel, exercise, course):
    kernel(exercise).run(DOUBLE, CHECK)
    save(exercise, DOUBLE, CHECK)
    shown = str(kernel(exercise).check.progress())
    assert "✓ double" in shown
    assert "1 of 2 tasks done, 2 of 4 points" in shown
    assert shown == terminal(course)


@pytest.mark.parametrize("status", ["✗ double", "· double"])
def test_what_is_not_right_survives_too(kernel, exercise, course, status):
    answer = WRONG if "✗" in status else STUB
    kernel(exercise).run(answer, CHECK)
    save(exercise, answer, CHECK)
    assert status in terminal(course)


def test_an_answer_edited_since_counts_no_longer(kernel, exercise, course):
    kernel(exercise).run(DOUBLE, CHECK)
    save(exercise, f"{DOUBLE} + 1", CHECK)
    assert "≠ double" in terminal(course)
    assert "0 of 2 tasks done" in terminal(course)
    assert "changed since its check: check it again" in terminal(course)
    save(exercise, DOUBLE, CHECK)  # taken back
    assert "✓ double" in terminal(course)


def test_after_a_reset_an_answer_is_to_do(kernel, exercise, course):
    handed_out = exercise.read_bytes().replace(
        b'"id": "1"', f'"id": "{cell_id("code", None, STUB)}"'.encode()
    )
    kernel(exercise).run(DOUBLE, CHECK)
    save(exercise, DOUBLE, CHECK)
    saved = exercise.read_bytes()
    exercise.write_bytes(handed_out)
    later = time.time() + 1
    os.utime(exercise, (later, later))
    assert "· double" in terminal(course)
    assert "0 of 2 tasks done" in terminal(course)
    assert "changed" not in terminal(course)
    assert "begun" not in terminal(course)
    exercise.write_bytes(handed_out.replace(b"raise", b"return"))
    assert "≠ double" in terminal(course)
    exercise.write_bytes(saved)  # restored
    assert "✓ double" in terminal(course)


def test_an_edited_helper_is_an_edited_answer(kernel, exercise, course):
    kernel(exercise).run(HELPER, HELPED, CHECK)
    save(exercise, HELPER, HELPED, CHECK)
    assert "✓ double" in terminal(course)
    save(exercise, HELPER.replace("2", "3"), HELPED, CHECK)
    assert "≠ double" in terminal(course)


def test_other_cells_may_change(kernel, exercise, course):
    kernel(exercise).run("y = 1", DOUBLE, CHECK)
    save(exercise, "%matplotlib inline\ny = 2", f"{DOUBLE}  \n", CHECK, "x = 1; double(3)", "not python")
    assert "✓ double" in terminal(course)


def test_an_unsaved_answer_counts_in_its_own_kernel_only(kernel, exercise, course):
    day = kernel(exercise)
    day.run(DOUBLE, CHECK)
    assert "1 of 2 done" in str(day.shown[0])
    assert "✓ double" in str(day.check.progress())
    assert "right, not saved yet: save the notebook (Ctrl + S)" in terminal(course)
    assert "begun, 1 right, not saved yet" in terminal(course)
    assert "changed" not in terminal(course)


def test_a_wrong_answer_that_is_not_saved_stays_wrong(kernel, exercise, course):
    kernel(exercise).run(WRONG, CHECK)
    assert "✗ double" in terminal(course)
    assert "changed" not in terminal(course)


def test_an_answer_that_no_cell_defines_does_not_count(kernel, exercise):
    day = kernel(exercise)
    day.run("check.double(lambda x: 2 * x)")
    assert str(day.shown[0]).startswith("✓ double")
    assert "0 of 2 done" in str(day.shown[0])
    assert "It does not count yet, because no cell defines <lambda>" in str(day.shown[0])


def test_an_answer_with_an_odd_name_can_be_saved(kernel, exercise, course):
    day = kernel(exercise)
    day.run(
        "def double(x):\n    return 2 * x",
        "class Odd:\n    __name__ = 3\n    __call__ = staticmethod(double)",
    )
    day.run("check.double(Odd())")
    assert "1 of 2 done" in str(day.shown[0])
    save(exercise, DOUBLE)
    assert "✓ double" in terminal(course)


def test_an_answer_changed_in_the_kernel_counts_no_longer(kernel, exercise):
    day = kernel(exercise)
    day.run(DOUBLE, CHECK, WRONG)
    assert "≠ double" in str(day.check.progress())
    day.run(DOUBLE)
    assert "✓ double" in str(day.check.progress())


def test_a_check_before_its_answer_is_explained(kernel, exercise):
    day = kernel(exercise)
    day.run(CHECK)
    assert day.errors[0]._render_traceback_() == [
        "double does not exist yet: run the cell with your answer to it first (Task 1 · About double)."
    ]


def test_other_unknown_names_keep_their_traceback(kernel, exercise):
    day = kernel(exercise)
    day.run("def twice(x):\n    return double(x)", "check.double(dubble)", "check.double(twice(1))")
    assert [error.name for error in day.errors] == ["dubble", "double"]
    assert not any(hasattr(error, "_render_traceback_") for error in day.errors)


def test_progress_needs_no_check_before(kernel, exercise):
    shown = str(kernel(exercise).check.progress())
    assert shown.startswith(TITLES["01_one"])
    assert "0 of 2 tasks done" in shown
    assert "Open questions are not counted" in shown


@pytest.mark.parametrize(
    "place", ["solutions/01_one_solutions.ipynb", "notebooks/01_one.ipynb", "mine/01_one.ipynb"]
)
def test_only_verdicts_in_exercises_are_saved(kernel, course, place):
    day = kernel(course / place)
    day.run(DOUBLE, CHECK)
    assert str(day.shown[0]).startswith("✓ double")
    assert not (course / ".progress").exists()
    assert "· double" in terminal(course)


def test_without_a_notebook_progress_lasts_as_long_as_the_kernel(kernel, course):
    day = kernel(None)
    day.run(DOUBLE, CHECK)
    assert "1 of 2 tasks done" in str(day.check.progress())
    assert "0 of 2 tasks done" in terminal(course)


def test_an_old_copy_counts_and_so_does_its_new_name(kernel, exercise, course):
    old = exercise.with_name("01_one.ipynb")
    kernel(old).run(DOUBLE, CHECK)
    save(old, DOUBLE, CHECK)
    assert "✓ double" in terminal(course)
    old.rename(exercise)
    assert "✓ double" in terminal(course)


def test_a_right_answer_leads_to_the_next_task(kernel, exercise):
    day = kernel(exercise)
    day.run(DOUBLE, CHECK, "def again(x):\n    return x", "check.again(again)", "check.again(double)")
    right, wrong, before_a_question = (card._repr_html_() for card in day.shown)
    assert "Next: <button" in right
    assert "value='Task-2-·-About-again-·-2-points'" in right
    assert ">Task 2 · About again</button>" in right
    assert "Next:" not in wrong
    assert ">Task 3 · Why?</button>" in before_a_question


def test_the_last_answer_leads_to_the_next_lesson(kernel, course):
    day = kernel(course / "exercises" / "02_two_exercises.ipynb")
    day.run(DOUBLE, "check.third(double)")
    assert "href='../notebooks/03_three.ipynb'>03 · Three</a>" in day.shown[0]._repr_html_()
    day = kernel(course / "exercises" / "03_three_exercises.ipynb")
    day.run(DOUBLE, "check.fourth(double)")
    assert "Next:" not in day.shown[0]._repr_html_()


def test_all_lessons_are_listed_with_the_next(kernel, exercise, course):
    assert '→ 01 · The "first" lesson  0 of 2  next' in terminal(course)
    kernel(exercise).run(DOUBLE, CHECK)
    save(exercise, DOUBLE, CHECK)
    assert '→ 01 · The "first" lesson  1 of 2  begun, next' in terminal(course)
    kernel(exercise).run("def again(x):\n    return x + x", "check.again(again)")
    save(exercise, DOUBLE, "def again(x):\n    return x + x")
    lines = terminal(course).splitlines()[-3:]
    assert lines[0] == '✓ 01 · The "first" lesson  2 of 2  done'
    assert lines[1] == "→ 02 · Zwei                0 of 1  next"
    assert lines[2] == "  03 · Three               0 of 1"
    html = kernel(course / "notebooks" / "00_welcome.ipynb").check.progress()._repr_html_()
    assert "<a href='../notebooks/02_two.ipynb'>02 · Zwei</a>" in html
    assert "<a href='../exercises/02_two_exercises.ipynb'>0 of 1</a>" in html
    assert "About double" not in html
    assert "<details><summary>All lessons: 2 of 4 tasks done, next: <a" in html


@pytest.mark.parametrize(
    "content",
    ["", "not json", "[]", '{"double": 1}', '{"double": {"status": "right"}}', "[" * 100_000, b"\xff\xfe"],
    ids=range(7),
)
def test_a_broken_file_is_named_and_put_aside(kernel, exercise, course, content):
    kernel(exercise).run(DOUBLE, CHECK)
    (file,) = (course / ".progress").iterdir()
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    day = kernel(exercise)
    assert "0 of 2 tasks done" in str(day.check.progress())
    assert f"{file} did not contain verdicts" in str(day.check.progress())
    assert [path.name for path in (course / ".progress").iterdir()] == ["01_one_exercises.unreadable-1"]
    day.run(DOUBLE, CHECK)
    assert str(day.shown[0]).startswith("✓ double")
    assert file.exists()


def test_a_folder_that_cannot_be_written_fails_no_check(kernel, exercise, course):
    (course / ".progress").write_text("a file")
    day = kernel(exercise)
    day.run(DOUBLE, CHECK, CHECK)
    first, second = map(str, day.shown)
    assert first.startswith("✓ double")
    assert "cannot be saved" in first
    assert "cannot be saved" not in second
    assert "✓ double" in str(day.check.progress())
