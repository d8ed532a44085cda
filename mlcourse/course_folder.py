"""A course as a folder: its tasks, its exercises as they were handed out, and its notebooks by name."""

import difflib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mlcourse.checks import Catalogue, CatalogueError, Lesson, Task, read_folder
from mlcourse.checks.folders import FOLDERS, lesson_of, notebook_name

OURS = Path(__file__).resolve().parents[1]  # the folder with exercises/ and solutions/


@dataclass(frozen=True)
class Course:
    """A course.

    Parameters
    ----------
    root : Path
        The folder with exercises/, solutions/ and, unless it is our own course, tasks/.
    extra : Path, optional
        A folder with an instructor's own tasks for its lessons.

    Raises
    ------
    CatalogueError
        By `catalogue`, if tasks cannot be read, or share a name.
    """

    root: Path = OURS
    extra: Path | None = None

    def __reduce__(self) -> tuple[Callable[..., "Course"], tuple[Path | None, Path | None]]:
        """Pickle the folders alone: tasks are functions, and another process reads them itself.

        Our own course may be in another folder there, if that is another machine.
        """
        return _course_in, (None if self.root == OURS else self.root, self.extra)

    @cached_property
    def catalogue(self) -> Catalogue:
        """All tasks."""
        if self.root == OURS:
            from mlcourse.tasks import CATALOGUE as catalogue  # takes a second, and other courses do without
        else:
            catalogue = Catalogue(read_folder(self.root / "tasks"))
        return with_extra_tasks(catalogue, self.extra) if self.extra else catalogue

    @cached_property
    def _exercises(self) -> dict[str, tuple[dict[str, Any], ...]]:
        return {}

    def notebook(self, folder: str, lesson: str) -> Path:
        """Return the path of a lesson's notebook in one of the FOLDERS."""
        return self.root / folder / notebook_name(folder, lesson)

    def exercise(self, lesson: str | None) -> tuple[dict[str, Any], ...]:
        """Return the cells of a lesson's exercise; none for a lesson that is not part of the course."""
        name = lesson or ""
        if name not in self._exercises:
            path = self.notebook("exercises", name)
            cells = json.loads(path.read_text("utf-8"))["cells"] if path.is_file() else ()
            self._exercises[name] = tuple(cells)
        return self._exercises[name]

    def checked_expression(self, task: Task) -> str:
        """Return what the exercise passes to a check: the answer's name, or a call that adds evidence to it."""
        cells = ("".join(cell["source"]).strip() for cell in self.exercise(task.lesson))
        call = f"check.{task.name}("
        found = next(
            (text for text in cells if text.startswith(call) and text.endswith(")")), f"{call}{task.name})"
        )
        return found[len(call) : -1]


def _course_in(root: Path | None, extra: Path | None) -> Course:
    return Course(root or OURS, extra)


class NoSuchNotebook(ValueError):
    """A notebook that does not exist. The message suggests others."""


def notebook_named(word: str, paths: Iterable[Path], root: Path, otherwise: str) -> Path:
    """Return the notebook that a user means: a path from here or from the course, its name, or its old name.

    Parameters
    ----------
    word : str
        What the user typed, with or without ".ipynb".
    paths : iterable of Path
        The notebooks that there are.
    root : Path
        The folder of the course.
    otherwise : str
        How the message begins if there is none.

    Raises
    ------
    NoSuchNotebook
    """
    given = Path(word if word.endswith(".ipynb") else f"{word}.ipynb")
    places = {Path.cwd() / given, root / given}
    if given.parent.name in FOLDERS:
        places |= {path.with_name(notebook_name(given.parent.name, lesson_of(given))) for path in places}
    wanted = {path.resolve() for path in places}
    names = {path: path.relative_to(root).as_posix() for path in paths}
    for path in names:
        if path.resolve() in wanted or str(given) == path.name:
            return path
    advice = f"Look in {', '.join(FOLDERS)}." if names else "Nothing is there yet."
    raise NoSuchNotebook(f"{otherwise}. {did_you_mean(word, names.values()) or advice}")


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """Return a question that names up to three names with the word in them, or the nearest one; empty without any."""
    known = list(names)
    near = [name for name in known if word and word.lower() in name.lower()][:3]
    near = near or difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.4)
    return f"Did you mean {one_of(near)}?" if near else ""


def one_of(names: list[str]) -> str:
    """Return "a", "a or b", or "a, b or c"."""
    return " or ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def with_extra_tasks(catalogue: Catalogue, folder: Path) -> Catalogue:
    """Add an instructor's own tasks, for lessons that are given by name or by number. Raises CatalogueError."""
    try:
        return catalogue.extended(_renamed(lesson, catalogue) for lesson in read_folder(folder))
    except CatalogueError as error:
        raise CatalogueError(f"--extra-checks: {error}") from error


def _renamed(lesson: Lesson, catalogue: Catalogue) -> Lesson:
    """The lesson under its full name, in its tasks too."""
    name = catalogue.lesson_called(str(lesson.name))
    if name is None:
        known = ", ".join(catalogue.lessons)
        raise CatalogueError(f"there is no lesson {lesson.name!r}; choose one of {known}.")
    return lesson.renamed(name)
