"""Errors of the notebook builder: each says where and why."""

import re

import pytest

from mlcourse.builder.build import build_all
from mlcourse.builder.lessons import BuildError
from mlcourse.checks import CatalogueError
from mlcourse.course_folder import Course

ENTRY = """
[[lesson]]
name = "01_one"
title = "One"
promise = "You will see."
read = 35
do = 60
builds_on = []
objectives = ["count."]
"""

ANSWER = '# %% task="a" role="answer"\n'
CHECK = '\n# %% task="a" role="check"\ncheck.a(a)\n'
TASK = ANSWER + "### BEGIN SOLUTION\na = 1\n### END SOLUTION\n" + CHECK
OPEN = '# %% [markdown] task="why" role="open"\n'
ANSWERED = OPEN + "# <!-- BEGIN SOLUTION -->\n# Because.\n# <!-- END SOLUTION -->\n"


def lesson(name, source=""):
    """A module with the tasks of a source."""
    tasks = [f"from mlcourse.checks import Lesson\nLESSON = Lesson({name!r})\n"]
    for task, role in dict(re.findall(r'task="(\w+)" role="(\w+)"', source)).items():
        kind, reference = ("open_question", "") if role == "open" else ("task", ".reference(max)")
        tasks.append(f"LESSON.{kind}({task!r}, title='', points=1){reference}\n")
    return "".join(tasks)


def build(root, entries=ENTRY, **files):
    """Build a course of the given files: lecture=…, solution=…, tasks=… (by default the solution's), readme=…."""
    paths = {
        "lecture": "sources/notebooks/01_one.py",
        "other_lecture": "sources/notebooks/02_two.py",
        "solution": "sources/solutions/01_one.py",
        "other_solution": "sources/solutions/02_two.py",
        "tasks": "tasks/lesson_01.py",
        "readme": "README.md",
        "pyproject": "pyproject.toml",
    }
    for folder in ("sources/notebooks", "sources/solutions", "tasks"):
        (root / folder).mkdir(parents=True)
    (root / "sources/lessons.toml").write_text(entries)
    files.setdefault("tasks", lesson("01_one", files.get("solution", "")))
    for name, content in files.items():
        (root / paths[name]).write_text(content)
    return build_all(Course(root))


def test_valid_sources_build(tmp_path):
    assert len(build(tmp_path, lecture="# %%\n1\n", solution=TASK)) == 3


@pytest.mark.parametrize(
    ("source", "cell", "reason"),
    [
        ("# %% task=a\n1\n", 1, "strings in double quotes"),
        ("# %% A title\n1\n", 1, "header contains title"),
        ("# %%\n1\n\n# %%\n\n# %%\n3\n", 2, "is empty"),
        ("# %% [raw]\n# <b>\n", 1, "raw cell"),
        ("# %%\n1\n\n# %%\n# %matplotlib inline\nimport numpy\n", 2, "its own cell"),
        ("# %% [markdown]\n# ![](a.png)\n", 1, "alt text"),
        ('# %% [markdown]\n# <img src="a.png">\n', 1, "alt text"),
        ('# %% [markdown]\n# <img src="a.png" alt=" ">\n', 1, "alt text"),
        (TASK, 1, "a lecture must not contain tasks"),
        ('# %% tags=["solution-only"]\n1\n', 1, "a lecture must not contain tasks"),
        ('# %% tags=["hide-input"]\nimport math\n', 1, "start it with a comment that says what it holds"),
        ('# %% [markdown] tags=["hide-input"]\n# Words\n', 1, "tag a code cell"),
        ("# %%\n### BEGIN SOLUTION\n1\n### END SOLUTION\n", 1, "a lecture must not contain tasks"),
    ],
)
def test_invalid_lecture_cell(tmp_path, source, cell, reason):
    with pytest.raises(BuildError) as caught:
        build(tmp_path, lecture=source)
    assert f"sources/notebooks/01_one.py, cell {cell}:" in str(caught.value)
    assert reason in str(caught.value)


def test_tags_are_a_list(tmp_path):
    with pytest.raises(BuildError, match=r"sources/notebooks/01_one\.py: 'hide' .* write tags as"):
        build(tmp_path, lecture='# %% tags="hide"\n1\n')


@pytest.mark.parametrize(
    ("source", "cell", "reason"),
    [
        # markers
        (ANSWER + "### BEGIN SOLUTION\na = 1\n" + CHECK, 1, "the end of the cell after BEGIN SOLUTION"),
        (ANSWER + "a = 1\n### END SOLUTION\n" + CHECK, 1, "END SOLUTION after the start of the cell"),
        (ANSWER + "### STUB\n# a = 1\n" + CHECK, 1, "STUB after the start of the cell"),
        (TASK.replace("a = 1", "a = 1\n### BEGIN SOLUTION"), 1, "BEGIN SOLUTION after BEGIN SOLUTION"),
        (TASK.replace("### END", "## END"), 1, "'## END SOLUTION' is not a valid marker"),
        (TASK.replace("### END", "# STUB\n### END"), 1, "'# STUB' is not a valid marker"),
        (OPEN + "# ### BEGIN SOLUTION\n# x\n# ### END SOLUTION\n", 1, "<!-- BEGIN SOLUTION -->"),
        (ANSWER + "a = 1\n" + CHECK, 1, "needs a block"),
        (OPEN + "# Because.\n", 1, "needs a block"),
        ("# %%\n### BEGIN SOLUTION\na = 1\n### END SOLUTION\n", 1, "needs the role 'answer' or 'open'"),
        # stubs
        (TASK.replace("### END", "### STUB\na = 2\n### END"), 1, "start it with the block's indentation"),
        (TASK.replace("### END", "### STUB\n# a = (\n### END"), 1, "stub is not valid Python"),
        (TASK.replace("a = 1", "a = ("), 1, "answer is not valid Python"),
        (TASK.replace("a = 1", "def a():\n    return 1"), 1, "assigns no name"),
        # tasks
        (
            TASK + TASK.replace("# %%", "\n# %%", 1),
            3,
            "'a' is already used in sources/solutions/01_one.py, cell 1",
        ),
        (TASK + ANSWERED.replace("why", "a"), 3, "is already used in"),
        (TASK + CHECK, 3, "'a' is already used in"),
        (CHECK, 1, "no answer cell above it"),
        (CHECK + "\n" + TASK, 1, "no answer cell above it"),
        (TASK.removesuffix(CHECK), 1, "no check cell below it"),
        (TASK.replace("check.a(a)", "check.b(a)"), 2, "does not call check.a(…)"),
        # headers
        (ANSWER.replace('task="a" ', "") + "1\n", 1, "write both or neither"),
        (ANSWER.replace("answer", "anwser") + "1\n", 1, "expected one of answer, check, open"),
        (ANSWER.replace('"a"', '"a b"') + "1\n", 1, "expected a Python identifier"),
        (ANSWER.replace("%%", "%% [markdown]") + "# a\n", 1, "needs a code cell"),
        (ANSWER.replace("\n", " points=2\n") + "a = 1\n", 1, "header contains points"),
        (OPEN.replace("\n", " points=3\n") + "# x\n", 1, "header contains points"),
        # headings
        ("# %% [markdown]\n# ## {{b}}\n\n" + TASK, 1, "the heading names 'b', which is not a task"),
        (TASK + OPEN + "# ## {{b}}\n" + ANSWERED.removeprefix(OPEN), 3, "the heading names 'b'"),
        # visible answers
        (TASK + "\n# %%\n  # a hint:\na = 1\n", 1, "is visible in the exercise, in the cell built from"),
        (TASK.replace("### END", "### STUB\n# a = 1\n### END"), 1, "is visible in the exercise"),
    ],
)
def test_invalid_exercise_cell(tmp_path, source, cell, reason):
    with pytest.raises(BuildError) as caught:
        build(tmp_path, solution=source)
    assert f"sources/solutions/01_one.py, cell {cell}:" in str(caught.value)
    assert reason in str(caught.value)


def test_missing_sources(tmp_path):
    with pytest.raises(
        BuildError, match=r"lessons\.toml is missing; this command needs the whole course folder"
    ):
        build_all(Course(tmp_path))


def test_task_names_are_unique_in_the_course(tmp_path):
    with pytest.raises(
        BuildError,
        match=r"02_two\.py, cell 1: the name 'a' is already used in sources/solutions/01_one\.py, cell 1",
    ):
        build(tmp_path, ENTRY + ENTRY.replace("01_one", "02_two"), solution=TASK, other_solution=TASK)


@pytest.mark.parametrize(
    ("tasks", "cell", "reason"),
    [
        ("", 1, "found task 'a'; expected no further task"),
        (TASK, 3, "found task 'why'; expected no further task"),
        (ANSWERED + TASK, 1, "found task 'a'; expected task 'why'"),
        (TASK + ANSWERED + TASK.replace('"a"', '"b"'), 3, "found the end of the source; expected task 'b'"),
        (TASK + ANSWERED.replace('"open"', '"answer"'), 3, "'why' is not an open question of this course"),
        (
            TASK.replace('"answer"', '"open"').replace('"check"', '"open"') + ANSWERED,
            2,
            "'a' is not a task with",
        ),
    ],
)
def test_source_that_differs_from_the_lessons_tasks(tmp_path, tasks, cell, reason):
    with pytest.raises(BuildError) as caught:
        build(tmp_path, solution=TASK + ANSWERED, tasks=lesson("01_one", tasks))
    assert f"sources/solutions/01_one.py, cell {cell}: {reason}" in str(caught.value)


def test_tasks_of_another_lesson_are_not_those_of_the_source(tmp_path):
    with pytest.raises(BuildError, match=r"01_one\.py, cell 1: found task 'a'; expected no further task"):
        build(tmp_path, solution=TASK, tasks=lesson("02_two", TASK))


def test_a_source_with_the_lessons_tasks_in_their_order_builds(tmp_path):
    assert len(build(tmp_path, solution=TASK + ANSWERED)) == 2


def test_course_without_tasks(tmp_path):
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources/lessons.toml").write_text(ENTRY)
    with pytest.raises(CatalogueError, match="tasks is not a folder"):
        build_all(Course(tmp_path))


def test_source_without_an_entry(tmp_path):
    with pytest.raises(BuildError, match=r"02_two\.py: lessons\.toml has no lesson named '02_two'"):
        build(tmp_path, other_lecture="# %%\n1\n")


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        (ENTRY + ENTRY, "two lessons are named '01_one'"),
        (ENTRY.replace("01_one", "02_two") + ENTRY, "sort them by number"),
        (ENTRY.replace("builds_on = []", 'builds_on = ["00_none"]'), "builds_on names 00_none"),
        (ENTRY.replace("read = 35\n", ""), "expected builds_on, do, name, objectives, promise, read, title"),
        (ENTRY.replace("35", '"35"'), "read = '35'; expected a value of type int"),
        (ENTRY.replace("01_one", "one"), "two digits"),
    ],
)
def test_invalid_lesson_entry(tmp_path, entries, reason):
    with pytest.raises(BuildError) as caught:
        build(tmp_path, entries)
    assert reason in str(caught.value)


@pytest.mark.parametrize("readme", ["<!-- lesson-map -->\n", "<!-- /lesson-map -->\n<!-- lesson-map -->\n"])
def test_half_a_lesson_map(tmp_path, readme):
    with pytest.raises(BuildError, match=r"README\.md: .* one is missing"):
        build(tmp_path, readme=readme)


def test_invalid_public_address(tmp_path):
    with pytest.raises(BuildError, match="expected the address of the folder on GitHub"):
        build(tmp_path, pyproject='[tool.mlcourse]\npublic_address = "https://example.org/course"\n')
