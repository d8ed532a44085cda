"""A course as a folder: its tasks, and its exercises as they were handed out."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mlcourse.checks import Catalogue, CatalogueError, Lesson, Task, read_folder

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

    def __reduce__(self) -> tuple[type["Course"], tuple[Path, Path | None]]:
        """Pickle the folders alone: tasks are functions, and another process reads them itself."""
        return Course, (self.root, self.extra)

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

    def exercise(self, lesson: str | None) -> tuple[dict[str, Any], ...]:
        """Return the cells of a lesson's exercise; none for a lesson that is not part of the course."""
        name = lesson or ""
        if name not in self._exercises:
            path = self.root / "exercises" / f"{name}.ipynb"
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
