"""Where answers are judged: at their checks and at the end, and the better of the two counts."""

from mlcourse.checks import Lesson
from mlcourse.grading import sandbox
from mlcourse.grading.judge.notebook_runner import END, NotebookRunner
from mlcourse.grading.judge.places import marks_along
from mlcourse.grading.judge.reading import Reading
from mlcourse.grading.records.grade import Cell, Mark, Submission

LESSON = Lesson("01")
F, G = (LESSON.task(name, title=name, points=4, expected="") for name in "fg")
WRITE, CHECK, OTHER = "def f(x): return x + tau", "check.f(f)", "y = 1"


def judged(cells, answers, tasks=(F,)):
    """Mark tasks of which the answers at each place are given; return the marks, and where each was asked.

    `answers` gives a status, or points of a wrong answer, for each place.
    """
    submission = Submission("ada", "x", tuple(Cell("code", source) for source in cells))
    runner, asked = NotebookRunner(submission, None, sandbox.Limits()), []

    def ask(task, runner):
        asked.append((task.name, runner.place))
        answer = answers[runner.place]
        if isinstance(answer, (int, float)):
            return Mark(task.name, answer, task.points, "wrong")
        return Mark(task.name, 4 if answer == "right" else 0, task.points, answer)

    return list(marks_along(tasks, runner, Reading(submission), ask)), asked


def mark_of_f(cells, answers):
    (mark,), asked = judged(cells, answers)
    return mark, [place for _, place in asked]


def test_a_right_answer_is_asked_once():
    mark, places = mark_of_f([WRITE, CHECK, OTHER], {2: "right"})
    assert (mark.status, mark.notes, places) == ("right", (), [2])


def test_without_a_check_it_is_judged_at_the_end():
    mark, places = mark_of_f([WRITE, OTHER], {END: "right"})
    assert (mark.status, mark.notes, places) == ("right", (), [END])


def test_a_later_definition_is_noted():
    for later, name in ((WRITE, "f"), ("tau = 3", "tau")):
        mark, places = mark_of_f([f"tau = 2\n{WRITE}", CHECK, OTHER, later], {2: "right"})
        assert mark.notes == (f"Judged at its check, cell 2; a later cell (4) defines `{name}` again.",)
        assert places == [2]


def test_a_first_definition_is_none_again():
    mark, _ = mark_of_f([WRITE, CHECK, OTHER, "tau = 3"], {2: "right"})
    assert mark.notes == ()


def test_an_answer_that_is_right_later_is_right():
    mark, places = mark_of_f([WRITE, CHECK, WRITE], {2: "wrong", END: "right"})
    assert (mark.status, mark.points, places) == ("right", 4, [2, END])
    assert mark.notes == ("Wrong at its check (cell 2), right at the end of the notebook.",)
    mark, places = mark_of_f([CHECK, WRITE, CHECK], {1: "missing", 3: "right"})
    assert mark.notes == ("Missing at its check (cell 1), right at a later check (cell 3).",)
    assert places == [1, 3]


def test_the_better_of_two_wrong_answers_counts():
    mark, _ = mark_of_f([WRITE, CHECK, WRITE], {2: 3, END: 1})
    assert (mark.points, len(mark.notes)) == (3, 1)
    assert "Judged at its check, cell 2" in mark.notes[0]
    mark, _ = mark_of_f([WRITE, CHECK, WRITE], {2: 1, END: 3})
    assert (mark.points, mark.notes) == (3, ())
    mark, _ = mark_of_f([WRITE, CHECK, "del f"], {2: "wrong", END: "missing"})
    assert mark.status == "wrong"


def test_of_equal_answers_the_last_counts_without_a_note():
    mark, places = mark_of_f([WRITE, CHECK, OTHER], {2: "wrong", END: "wrong"})
    assert (mark.status, mark.notes, places) == ("wrong", (), [2, END])


def test_nothing_is_asked_twice_where_nothing_has_changed():
    assert mark_of_f([WRITE, CHECK], {2: "wrong"})[1] == [2]


def test_only_the_last_three_checks_are_asked():
    cells = [WRITE, *[f"{CHECK}\n{OTHER}"] * 6, OTHER]
    _, places = mark_of_f(cells, dict.fromkeys((5, 6, 7, END), "wrong"))
    assert places == [5, 6, 7, END]


def test_what_ended_its_worker_is_asked_again_only_if_it_changed():
    for status in ("crashed", "timeout"):
        assert mark_of_f([WRITE, CHECK, OTHER], {2: status})[1] == [2]
        mark, places = mark_of_f([WRITE, CHECK, "tau = 2"], {2: status, END: "right"})
        assert (mark.status, places) == ("right", [2, END])


def test_marks_come_as_soon_as_they_are_final():
    cells = [WRITE, "g = 1", CHECK, "check.g(g)", OTHER]
    marks, asked = judged(cells, {3: "wrong", 4: "right", END: "wrong"}, (F, G))
    assert [(mark.task, mark.status) for mark in marks] == [("g", "right"), ("f", "wrong")]
    assert asked == [("f", 3), ("g", 4), ("f", END)]
