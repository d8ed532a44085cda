"""The notebook builder, on a small invented course in a temporary folder."""

import json

import nbformat
import pytest

from mlcourse.builder.build import build_all, differences, main, write
from mlcourse.builder.lessons import BuildError
from mlcourse.course_folder import Course

LESSON = """
[[lesson]]
name = "{name}"
title = "{title}"
promise = "You will see."
read = 35
do = 60
builds_on = {builds_on}
objectives = ["count;", "add."]
"""

LECTURE = """\
# %% [markdown]
# Words with an ä and *stars*.
#
# {{lesson_map}}

# %%
# %matplotlib inline

# %% tags=["hide-input"]
# Imports of this lesson
import math

# cat is a comment here, not a shell command

# %%
math.pi

# %%
math.pi
"""

EXERCISE = '''\
# %% [markdown]
# ## {{double}}

# %% task="double" role="answer"
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    result = x + x
    return result
    ### END SOLUTION

# %% task="double" role="check"
check.double(double)

# %% task="half" role="answer"
def half(x):
    if x is not None:
        ### BEGIN SOLUTION
        return x / 2
        ### STUB
        # for _ in range(1):
        #     # a planted bug
        #     x = x / 3
        #
        # return x
        ### END SOLUTION
    return "nothing"

# %% task="half" role="check"
check.half(half)

# %% task="best" role="answer"
### BEGIN SOLUTION
best, second = 5, 4
best_reason: str = "the elbow"
### END SOLUTION

# %% task="best" role="check"
check.best(best)

# %% [markdown] tags=["solution-only"]
# A closing remark.

# %% [markdown] task="why" role="open"
# ## {{why}}
#
# <!-- BEGIN SOLUTION -->
# Because.
# <!-- END SOLUTION -->
'''

TASKS = """\
from mlcourse.checks import Lesson

LESSON = Lesson("02_two")
LESSON.task("double", title="Double it", points=6).reference(max)
LESSON.task("half", title="Halve it", points=4).reference(max)
LESSON.value("best", title="The best one", points=1).reference(max)
LESSON.open_question("why", title="Why?", points=3)
"""


@pytest.fixture
def course(tmp_path):
    """A course with two lectures, exercises for the second, and a README."""
    for folder in ("sources/notebooks", "sources/solutions", "tasks"):
        (tmp_path / folder).mkdir(parents=True)
    lessons = LESSON.format(name="01_one", title="First steps", builds_on=[])
    lessons += LESSON.format(name="02_two", title="Two ≥ one", builds_on='["01_one"]')
    lessons += LESSON.format(name="03_three", title="In preparation", builds_on='["02_two"]')
    (tmp_path / "sources" / "lessons.toml").write_text(lessons, encoding="utf-8")
    (tmp_path / "sources/notebooks/01_one.py").write_text(LECTURE, encoding="utf-8")
    (tmp_path / "sources/notebooks/02_two.py").write_text(LECTURE, encoding="utf-8")
    (tmp_path / "sources/solutions/02_two.py").write_text(EXERCISE, encoding="utf-8")
    (tmp_path / "tasks/lesson_02.py").write_text(TASKS, encoding="utf-8")
    (tmp_path / "README.md").write_text("Above\n<!-- lesson-map -->\nold\n<!-- /lesson-map -->\nBelow\n")
    return tmp_path


def build(root):
    """Everything built below `root`, by relative path."""
    return {path.relative_to(root).as_posix(): content for path, content in build_all(Course(root)).items()}


def changes(root):
    """What a build of the sources below `root` would change there."""
    return differences(root, build_all(Course(root)))


def cells(root, path):
    """The cells of one built notebook."""
    return json.loads(build(root)[path])["cells"]


def text(cell):
    return "".join(cell["source"])


def task_cell(root, path, task, role):
    wanted = {"lesson": "02_two", "task": task, "role": role}
    (cell,) = [cell for cell in cells(root, path) if cell["metadata"].get("mlcourse") == wanted]
    return cell


def run(cell):
    """Run a code cell, and return the names that it defines."""
    names = {}
    exec(text(cell), names)
    return names


def test_each_source_becomes_its_notebooks(course):
    assert set(build(course)) == {
        "notebooks/01_one.ipynb",
        "notebooks/02_two.ipynb",
        "exercises/02_two_exercises.ipynb",
        "solutions/02_two_solutions.ipynb",
        "README.md",
    }


def test_files_are_as_nbformat_writes_them(course):
    for path, content in build(course).items():
        if path.endswith(".ipynb"):
            notebook = nbformat.reads(content.decode(), as_version=4)
            nbformat.validate(notebook)
            assert nbformat.writes(notebook) + "\n" == content.decode()
            assert "ä".encode() in content or "notebooks" not in path


def test_a_second_build_changes_no_byte(course):
    first = changes(course)
    assert {path.relative_to(course).as_posix() for path in first} == set(build(course))
    write(first, course)
    assert changes(course) == {}


def test_line_endings_of_a_source_do_not_matter(course):
    before = build(course)
    for path in course.rglob("*.py"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert build(course) == before


def test_a_notebook_without_source_is_removed(course):
    write(changes(course), course)
    orphan = course / "exercises" / "09_gone.ipynb"
    orphan.write_bytes((course / "exercises" / "02_two_exercises.ipynb").read_bytes())
    assert changes(course) == {orphan: None}
    write(changes(course), course)
    assert not orphan.exists()


@pytest.mark.parametrize("content", ["", "{}", '{"cells": [], "metadata": {}}'])
def test_a_notebook_that_a_student_made_stays(course, content):
    write(changes(course), course)
    own = course / "exercises" / "my_own.ipynb"
    own.write_text(content)
    assert changes(course) == {}


def test_headings_have_the_number_title_and_points_of_a_task(course):
    for folder in ("exercises", "solutions"):
        source = "\n".join(text(cell) for cell in cells(course, f"{folder}/02_two_{folder}.ipynb"))
        assert "## Task 1 · Double it · 6 points\n" in source
        assert "## Task 4 · Why? · 3 points\n" in source


def test_an_edited_notebook_is_copied_to_kept(course):
    write(changes(course), course)
    path = course / "exercises" / "02_two_exercises.ipynb"
    untouched = path.read_bytes()
    for answer in ("x * 2", "x + x"):
        notebook = json.loads(untouched)
        notebook["cells"][-1]["source"] = [answer]
        path.write_text(json.dumps(notebook))
        write(changes(course), course)
    assert path.read_bytes() == untouched
    kept = [
        json.loads(copy.read_text()) for copy in sorted((course / "kept").glob("02_two_exercises-*.ipynb"))
    ]
    assert [notebook["cells"][-1]["source"] for notebook in kept] == [["x * 2"], ["x + x"]]


def test_a_notebook_that_only_ran_is_overwritten(course):
    write(changes(course), course)
    path = course / "notebooks" / "01_one.ipynb"
    ran = json.loads(path.read_text())
    ran["cells"][-1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["3.14"]}]
    path.write_text(json.dumps(ran))
    write(changes(course), course)
    assert not (course / "kept").exists()


def test_check_reports_and_writes_nothing(course, capsys):
    assert main(["--check", "--course", str(course)]) == 1
    assert "out of date: notebooks/01_one.ipynb" in capsys.readouterr().out
    assert not (course / "notebooks").exists()
    assert main(["--course", str(course)]) == 0
    assert "written: notebooks/01_one.ipynb" in capsys.readouterr().out
    assert main(["--check", "--course", str(course)]) == 0


@pytest.mark.parametrize(
    ("path", "source", "where"),
    [
        ("sources/notebooks/01_one.py", "# %% task='a'\nx\n", "sources/notebooks/01_one.py, cell 1"),
        ("tasks/lesson_02.py", "\nLESSON = Lesson()\n", "lesson_02.py, line 2"),
    ],
)
def test_the_command_says_what_cannot_be_built(course, capsys, path, source, where):
    (course / path).write_text(source)
    assert main(["--course", str(course)]) == 1
    assert where in capsys.readouterr().err
    assert not (course / "notebooks").exists()


@pytest.mark.parametrize("place", range(5))
def test_a_new_cell_does_not_change_other_ids(course, place):
    before = [cell["id"] for cell in cells(course, "notebooks/01_one.ipynb")]
    parts = LECTURE.split("\n\n# %%")
    parts.insert(place + 1, "\nsomething_new = 1")
    source = "\n\n# %%".join(parts)
    (course / "sources/notebooks/01_one.py").write_text(source, encoding="utf-8")
    after = [cell["id"] for cell in cells(course, "notebooks/01_one.ipynb")]
    assert len(after) == len(set(after)) == len(before) + 1
    assert [cell_id for cell_id in after if cell_id in before] == before


def test_comments_stay_and_magics_run(course):
    code = [text(cell) for cell in cells(course, "notebooks/01_one.ipynb") if cell["cell_type"] == "code"]
    assert code[0] == "%matplotlib inline"
    assert "\n# cat is a comment here" in code[1]


def test_tags_are_kept_and_fold_the_cell(course):
    metadata = [cell["metadata"] for cell in cells(course, "notebooks/01_one.ipynb")]
    folded = {"tags": ["hide-input"], "jupyter": {"source_hidden": True}}
    assert [own for own in metadata if own] == [folded]


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("notebooks/02_two.ipynb", "02 · Two ≥ one"),
        ("exercises/02_two_exercises.ipynb", "02 · Two ≥ one · exercises"),
    ],
)
def test_the_title_is_that_of_the_lesson(course, path, title):
    notebook = json.loads(build(course)[path])
    assert notebook["metadata"]["title"] == title
    assert notebook["cells"][0]["source"][0] == f"# {title}\n"


def test_solution_works_and_exercise_raises(course):
    solved = run(task_cell(course, "solutions/02_two_solutions.ipynb", "double", "answer"))["double"]
    assert solved(21) == 42
    assert solved.__doc__ == "Twice x."
    stub = run(task_cell(course, "exercises/02_two_exercises.ipynb", "double", "answer"))["double"]
    assert stub.__doc__ == "Twice x."
    with pytest.raises(NotImplementedError, match="write your answer here"):
        stub(21)


def test_planted_bug_is_in_the_exercise_only(course):
    solved = run(task_cell(course, "solutions/02_two_solutions.ipynb", "half", "answer"))["half"]
    planted = run(task_cell(course, "exercises/02_two_exercises.ipynb", "half", "answer"))["half"]
    assert (solved(6), planted(6)) == (3, 2)
    assert solved(None) == planted(None) == "nothing"
    assert "# a planted bug" in text(task_cell(course, "exercises/02_two_exercises.ipynb", "half", "answer"))


def test_a_value_to_fill_in_is_ellipsis(course):
    names = run(task_cell(course, "exercises/02_two_exercises.ipynb", "best", "answer"))
    assert names["best"] is names["second"] is names["best_reason"] is ...


def test_open_question(course):
    asked = task_cell(course, "exercises/02_two_exercises.ipynb", "why", "open")
    answered = task_cell(course, "solutions/02_two_solutions.ipynb", "why", "open")
    assert text(asked) == "## Task 4 · Why? · 3 points\n\n*Your answer here.*"
    assert "Because." in text(answered)


def test_open_question_with_its_own_stub(course):
    source = EXERCISE.replace("# Because.", "# Because.\n# <!-- STUB -->\n# | a | b |")
    (course / "sources/solutions/02_two.py").write_text(source, encoding="utf-8")
    asked = task_cell(course, "exercises/02_two_exercises.ipynb", "why", "open")
    assert text(asked) == "## Task 4 · Why? · 3 points\n\n| a | b |"


def test_solution_only_cells_stay_with_the_solution(course):
    texts = {
        folder: build(course)[f"{folder}/02_two_{folder}.ipynb"].decode()
        for folder in ("exercises", "solutions")
    }
    assert "A closing remark" in texts["solutions"]
    assert "A closing remark" not in texts["exercises"]


@pytest.mark.parametrize("folder", ["exercises", "solutions"])
@pytest.mark.parametrize(
    ("task", "role", "wanted"),
    [
        ("double", "answer", {"grade": False, "grade_id": "double", "locked": False, "solution": True}),
        (
            "double",
            "check",
            {"grade": True, "grade_id": "check_double", "locked": True, "solution": False, "points": 6},
        ),
        ("why", "open", {"grade": True, "grade_id": "why", "locked": False, "solution": True, "points": 3}),
    ],
)
def test_nbgrader_can_read_the_tasks(course, folder, task, role, wanted):
    metadata = task_cell(course, f"{folder}/02_two_{folder}.ipynb", task, role)["metadata"]["nbgrader"]
    assert metadata == wanted | {"schema_version": 3, "task": False}


def test_header_and_links(course):
    first, *_, last = cells(course, "notebooks/02_two.ipynb")
    assert text(first).startswith("# 02 · Two ≥ one\n\n**Lesson 02** | ")
    assert "\n\nYou will see.\n\n" in text(first)
    assert "Read ≈ 35 min · do ≈ 60 min · builds on lesson [01](01_one.ipynb)" in text(first)
    assert "<summary>After this lesson you can …</summary>\n\n- count;\n- add.\n\n</details>" in text(first)
    here = (
        '**Lesson 02** | [All lessons](01_one.ipynb) | ← [Lesson 01](01_one.ipynb "01 · First steps")'
        " | [Exercises](../exercises/02_two_exercises.ipynb)"
    )
    assert all(here in text(cell) for cell in (first, last))
    assert '(02_two.ipynb "02 · Two ≥ one") →' in text(cells(course, "notebooks/01_one.ipynb")[0])


def test_a_lecture_shows_the_cover_that_its_entry_describes(course):
    entries = course / "sources" / "lessons.toml"
    described = entries.read_text("utf-8").replace("read = 35", 'read = 35\ncover = "Stars & <stripes>."', 1)
    entries.write_text(described, encoding="utf-8")
    with pytest.raises(BuildError, match=r"lesson 01_one: .* notebooks/pictures/01\.png, which is missing"):
        build(course)
    (course / "notebooks" / "pictures").mkdir(parents=True)
    (course / "notebooks" / "pictures" / "01.png").touch()
    picture = '<img src="pictures/01.png" width="900" alt="Stars &amp; &lt;stripes&gt;.">'
    assert f"\n\n{picture}\n\nYou will see." in text(cells(course, "notebooks/01_one.ipynb")[0])
    assert "<img" not in text(cells(course, "notebooks/02_two.ipynb")[0])


@pytest.mark.parametrize(
    ("path", "step", "target"),
    [
        ("notebooks/01_one.ipynb", "Next: lesson 02 · Two ≥ one →", "02_two.ipynb"),
        (
            "notebooks/02_two.ipynb",
            "Next: the exercises of lesson 02 →",
            "../exercises/02_two_exercises.ipynb",
        ),
        (
            "exercises/02_two_exercises.ipynb",
            "You have reached the end. Back to the first page →",
            "../notebooks/01_one.ipynb",
        ),
    ],
)
def test_the_last_cell_leads_to_the_next_step(course, path, step, target):
    last = text(cells(course, path)[-1])
    assert f'<a href="{target}"' in last
    assert f">{step}</a>" in last


def test_an_exercise_ends_with_progress_that_needs_no_other_cell(course):
    *_, progress, _ = cells(course, "exercises/02_two_exercises.ipynb")
    lines = text(progress).splitlines()
    assert lines[0] == "from mlcourse.checks import open_course"
    assert lines[-1] == 'check.progress("02_two")'
    assert "progress" not in build(course)["solutions/02_two_solutions.ipynb"].decode()


def test_headers_of_exercises_and_solutions(course):
    exercise, solution = (
        text(cells(course, f"{folder}/02_two_{folder}.ipynb")[0]) for folder in ("exercises", "solutions")
    )
    assert exercise.startswith("# 02 · Two ≥ one · exercises\n\n**Lesson 02 · Exercises** | ")
    assert "[Lesson](../notebooks/02_two.ipynb)" in exercise
    assert solution.startswith("# 02 · Two ≥ one · solutions\n\n**Lesson 02 · Solutions** | ")


def test_lesson_map_lists_existing_lessons(course):
    page = text(cells(course, "notebooks/01_one.ipynb")[1])
    assert (
        "[02 · Two ≥ one](02_two.ipynb) | 35 min | 60 min | 01 | [exercises](../exercises/02_two_exercises.ipynb)"
        in page
    )
    assert "In preparation" not in page
    assert "{{" not in page


def test_readme_changes_only_between_its_markers(course):
    readme = build(course)["README.md"].decode()
    assert readme.startswith("Above\n<!-- lesson-map -->\n\n| Lesson ")
    assert readme.endswith("|\n\n<!-- /lesson-map -->\nBelow\n")
    assert "](notebooks/01_one.ipynb)" in readme
    assert "old" not in readme


def test_a_page_in_docs_gets_the_map_too(course):
    (course / "docs").mkdir()
    (course / "docs/instructors.md").write_text("Above\n<!-- lesson-map -->\n<!-- /lesson-map -->\nBelow\n")
    guide = build(course)["docs/instructors.md"].decode()
    assert guide.startswith("Above\n<!-- lesson-map -->\n\n| Lesson ")
    assert "](../notebooks/01_one.ipynb)" in guide
    assert "](../exercises/02_two_exercises.ipynb)" in guide


def test_a_missing_marker_is_reported_with_its_page(course):
    (course / "docs").mkdir()
    (course / "docs/instructors.md").write_text("<!-- lesson-map -->\n")
    with pytest.raises(BuildError, match=r"^docs/instructors\.md"):
        build(course)


@pytest.mark.parametrize("content", [None, "No map wanted.\n"])
def test_readme_without_a_map_is_not_changed(course, content):
    readme = course / "README.md"
    readme.unlink()
    if content:
        readme.write_text(content, newline="\n")
    assert readme not in changes(course)


def test_no_public_links_without_an_address(course):
    assert not any(b"http" in content for content in build(course).values())


def test_public_address_adds_colab(course):
    address = "https://github.com/someone/course/blob/main"
    (course / "pyproject.toml").write_text(f'[tool.mlcourse]\npublic_address = "{address}/"\n')
    header, setup, *_ = (text(cell) for cell in cells(course, "exercises/02_two_exercises.ipynb"))
    colab = "https://colab.research.google.com/github/someone/course/blob/main"
    assert f"({colab}/exercises/02_two_exercises.ipynb)" in header
    assert "%pip install --quiet git+https://github.com/someone/course" in setup.splitlines()[-1]
