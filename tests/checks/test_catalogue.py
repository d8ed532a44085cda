"""The catalogue of a course's tasks."""

import pytest

from mlcourse.checks import Catalogue, CatalogueError, Lesson, read_folder


def lesson_with(name, *tasks):
    lesson = Lesson(name)
    for task in tasks:
        lesson.task(task, title=task.upper(), points=2)
    return lesson


def test_lessons_of_one_name_are_joined():
    catalogue = Catalogue([lesson_with("01_a", "one"), lesson_with("02_b", "two")])
    both = catalogue.extended([lesson_with("01_a", "three")])
    assert [task.name for task in both.lessons["01_a"].tasks] == ["one", "three"]
    assert list(catalogue.tasks) == ["one", "two"]  # a new catalogue: nothing global changes


def test_names_are_unique_in_the_course():
    with pytest.raises(CatalogueError, match="two tasks are called 'one'"):
        Catalogue([lesson_with("01_a", "one"), lesson_with("02_b", "one")])


def test_the_points_of_families_are_those_of_the_task():
    lesson = lesson_with("01_a")
    lesson.task("halves", points=1, families={"near": 0.7, "far": 0.3})
    assert list(Catalogue([lesson]).tasks) == ["halves"]
    lesson.task("three", points=3, families={"near": 1, "far": 1})
    with pytest.raises(CatalogueError, match=r"three has points=3, but .* add up to 2"):
        Catalogue([lesson])


def test_headings_have_number_title_and_points():
    lesson = lesson_with("01_a", "one")
    lesson.open_question("why", title="Why?", points=1)
    catalogue = Catalogue([lesson])
    assert catalogue.heading("one") == "Task 1 · ONE · 2 points"
    assert catalogue.heading("why") == "Task 2 · Why? · 1 point"
    with pytest.raises(KeyError):
        catalogue.heading("nothing")


def test_a_lesson_is_found_by_name_and_number():
    catalogue = Catalogue([lesson_with("01_a", "one"), lesson_with("12_b", "two")])
    assert [catalogue.lesson_called(name) for name in ("1", "01", "01_a", "12", "b")] == [
        "01_a", "01_a", "01_a", "12_b", None,
    ]  # fmt: skip
    assert catalogue.of_lesson(None).tasks == []


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "no .py file in .* defines a lesson"),
        ("LESSON = 3", r"mine.py: LESSON is 3; write LESSON = Lesson\("),
        (
            "LESSON = Lesson('01_a')\nLESSON.task('a b', points=1)",
            "a b needs a name that is a valid Python identifier",
        ),
        ("LESSON = Lesson('01_a')\nLESSON.task('a', points='1')", "positive number"),
        ("raise SystemExit(2)", "mine.py, line 2: SystemExit"),
        ("x = 1\ny = x.nothing", "mine.py, line 3: AttributeError"),
        ("x = 1\ny = (", "mine.py, line 3: SyntaxError"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path, source, message):
    (tmp_path / "mine.py").write_text(f"from mlcourse.checks import Lesson\n{source}\n")
    with pytest.raises(CatalogueError, match=message):
        read_folder(tmp_path)


def test_a_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(CatalogueError, match="is not a folder"):
        read_folder(tmp_path / "nothing")
