"""Build the notebooks of the course from their sources.

    python course.py build                 write changed notebooks, remove notebooks without a source
    python course.py build --check         write nothing; exit with 1 if anything is out of date
    python course.py build --course DIR    build another course, which has sources/ and tasks/ of its own

The build goes in one direction: sources/notebooks/NN_name.py becomes notebooks/NN_name.ipynb, and
sources/solutions/NN_name.py becomes both solutions/NN_name_solutions.ipynb and exercises/NN_name_exercises.ipynb.
Header, links and the lesson map come from sources/lessons.toml. A second build changes no byte. No work is lost: a
notebook that was edited is copied to kept/ before it is overwritten or removed, and `python course.py reset NOTEBOOK
--restore` puts it back; a notebook that was never built here stays as it is.

The source format
-----------------
The format is jupytext's percent format. The header cell is generated, so a source starts with the cell after it. A
cell header may contain `task`, `role` and `tags`. Magics are commented out (`# %matplotlib inline`).
`{{lesson_map}}` in a Markdown cell becomes the table of lessons. In sources/solutions, a task is an answer cell
followed by its check cell:

    # %% task="e_step" role="answer"
    def e_step(X, mixture):
        ### BEGIN SOLUTION
        return the_right_answer
        ### STUB
        # return a_planted_bug
        ### END SOLUTION

    # %% task="e_step" role="check"
    check.e_step(e_step)

The number, title and points of a task come from the lesson's tasks in mlcourse/tasks/ (in another course, tasks/):
the heading `## {{e_step}}` becomes `## Task 3 · The E-step · 4 points`. A source has the tasks of its lesson, in the
same order. The solution shows the answer. The exercise shows the lines below STUB, uncommented. Without STUB, an
indented block becomes `raise NotImplementedError(…)`, and an unindented block becomes `name = ...` for every name
that it assigns.
An open question, graded by hand, is one Markdown cell:

    # %% [markdown] task="why_log" role="open"
    # <!-- BEGIN SOLUTION -->
    # A model answer; the exercise says *Your answer here.*, or what follows <!-- STUB -->.
    # <!-- END SOLUTION -->

Cells tagged "solution-only" are left out of the exercise. A code cell tagged "hide-input" is folded: JupyterLab shows
its first line, a comment that says what it holds, and its output.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mlcourse.checks import CatalogueError
from mlcourse.course_folder import OURS, Course

from .answers import exercise_cells, solution_cells
from .ipynb import is_ours, notebook_bytes, was_edited
from .kept import keep
from .lessons import FOLDERS, BuildError, Outline, read_course
from .pages import framed, page_with_map, title, with_folds, with_headings
from .sources import Cell, check_lecture, check_roster, check_tasks, check_unique, read_cells

PAGES = ("README.md", "docs/instructors.md")  # pages that may contain a lesson map between two markers
VARIANTS: dict[str, Callable[[list[Cell]], list[Cell]]] = {
    "notebooks": list,
    "exercises": exercise_cells,
    "solutions": solution_cells,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the notebooks, or compare them if --check is given; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python course.py build", description="Build the notebooks from sources/."
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if anything is out of date"
    )
    parser.add_argument("--course", type=Path, default=OURS, help="the folder of another course")
    options = parser.parse_args(arguments)
    check, root = options.check, options.course.resolve()
    try:
        changes = differences(root, build_all(Course(root)))
    except (BuildError, CatalogueError) as error:
        print(error, file=sys.stderr)
        return 1
    if not check:
        write(changes, root)
    for path, content in changes.items():
        verb = "removed" if content is None else "written"
        print(f"{'out of date' if check else verb}: {path.relative_to(root).as_posix()}")
    if not changes:
        print("Every notebook is up to date.")
    return 1 if check and changes else 0


def build_all(course: Course | None = None) -> dict[Path, bytes]:
    """Build all notebooks and pages of a course, by default of this one, in memory.

    Returns
    -------
    dict of Path to bytes
        The content of every notebook below the course's root, and of the PAGES that exist.

    Raises
    ------
    BuildError
        If a source is not valid. The message names the file and the cell, and says what to write instead.
    CatalogueError
        If the course's tasks cannot be read.
    """
    course = course or Course()
    outline, catalogue = read_course(course.root), course.catalogue
    cells = read_sources(outline)
    for name, own in cells["solutions"].items():
        check_roster(own, catalogue.of_lesson(name))
    built = {}
    for folder, source in FOLDERS.items():
        for name in outline.names(folder):
            own = with_folds(with_headings(VARIANTS[folder](cells[source][name]), catalogue))
            page = framed(own, outline, folder, name)
            content = notebook_bytes(page, name, catalogue, title(outline, folder, name))
            built[course.notebook(folder, name)] = content
    for name in PAGES:
        path = course.root / name
        if path.exists():
            built[path] = page_with_map(path.read_text(encoding="utf-8"), outline, name).encode()
    return built


def read_sources(course: Outline) -> dict[str, dict[str, list[Cell]]]:
    """Read and validate all sources, as {"notebooks" or "solutions": {name: cells}}."""
    rules = {"notebooks": check_lecture, "solutions": check_tasks}
    cells: dict[str, dict[str, list[Cell]]] = {}
    for folder, rule in rules.items():
        cells[folder] = {
            name: read_cells(course.root / "sources" / folder / f"{name}.py", course.root)
            for name in course.sources[folder]
        }
        for own in cells[folder].values():
            rule(own)
    check_unique(cell for own in cells["solutions"].values() for cell in own)
    return cells


def differences(root: Path, built: Mapping[Path, bytes]) -> dict[Path, bytes | None]:
    """Return files to write as {path: bytes}, and notebooks to remove as {path: None}.

    A notebook is removed if it was built from a source that no longer exists; one that a student made stays.
    """
    changes: dict[Path, bytes | None] = {
        path: content
        for path, content in sorted(built.items())
        if not path.exists() or path.read_bytes() != content
    }
    existing = [path for folder in FOLDERS for path in sorted((root / folder).glob("*.ipynb"))]
    return changes | {path: None for path in existing if path not in built and is_ours(path)}


def write(changes: Mapping[Path, bytes | None], root: Path) -> None:
    """Apply the changes that `differences` returned. Copy a notebook that was edited by hand to kept/ first."""
    for path, content in changes.items():
        if path.suffix == ".ipynb" and path.exists() and was_edited(path):
            names = [one.relative_to(root).as_posix() for one in (path, keep(path, root))]
            print(f"kept: {names[0]} was edited; a copy is in {names[1]}")
        if content is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
