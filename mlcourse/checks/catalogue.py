"""All tasks of a course: read from a package or a folder, lesson by lesson."""

import sys
import traceback
from collections.abc import Iterable
from importlib import import_module
from math import isclose
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from mlcourse.checks.slips import SlipStore
from mlcourse.checks.task import Lesson, OpenQuestion, Task, no_reference

FOREIGN = "mlcourse_own_tasks"  # prefix of the names of modules that were read from a folder


class CatalogueError(ValueError):
    """Tasks that cannot be used; the message says which and why."""


class Catalogue:
    """The tasks of a course.

    Parameters
    ----------
    lessons : iterable of Lesson
        Lessons of the same name are joined.

    Attributes
    ----------
    lessons : dict of str → Lesson
    tasks : dict of str → Task
        Tasks with a check, by name.
    open_questions : dict of str → OpenQuestion

    Raises
    ------
    CatalogueError
        If two tasks share a name, or the families of a task have more or fewer points than the task.
    """

    def __init__(self, lessons: Iterable[Lesson]):
        self.lessons: dict[str, Lesson] = {}
        names: set[str] = set()
        for lesson in lessons:
            joined = self.lessons.setdefault(lesson.name, Lesson(lesson.name))
            for one in lesson.roster:
                if one.name in names:
                    raise CatalogueError(
                        f"two tasks are called {one.name!r}; rename one: names are unique in the whole course."
                    )
                if (
                    isinstance(one, Task)
                    and one.families
                    and not isclose(sum(one.families.values()), one.points)
                ):
                    raise CatalogueError(
                        f"{one.name} has points={one.points}, but its families={one.families} add up to"
                        f" {sum(one.families.values())}; make the two equal."
                    )
                names.add(one.name)
                joined.roster.append(one)
        self.tasks: dict[str, Task] = {
            task.name: task for lesson in self.lessons.values() for task in lesson.tasks
        }
        self.open_questions: dict[str, OpenQuestion] = {
            question.name: question for lesson in self.lessons.values() for question in lesson.open_questions
        }

    def of_lesson(self, name: str | None) -> Lesson:
        """Return the lesson with this name; one without tasks if the course has none."""
        return self.lessons.get(name or "", Lesson(name or ""))

    def entry(self, name: str) -> Task | OpenQuestion:
        """Return the task or open question of this name. Raises KeyError."""
        return self.tasks[name] if name in self.tasks else self.open_questions[name]

    def heading(self, name: str) -> str:
        """Return the heading of a task in its exercise: "Task 3 · The E-step · 4 points". Raises KeyError."""
        points = self.entry(name).points
        return f"{self.title(name)} · {points} point{'s' if points != 1 else ''}"

    def title(self, name: str) -> str:
        """Return the number and the title of a task: "Task 3 · The E-step". Raises KeyError."""
        one = self.entry(name)
        number = 1 + [other.name for other in self.lessons[one.lesson].roster].index(name)
        return f"Task {number} · {one.title}" if one.title else f"Task {number}"

    def after(self, name: str) -> str | None:
        """Return the name of the task or open question after this one; None if it is its lesson's last."""
        names = [one.name for one in self.lessons[self.entry(name).lesson].roster]
        return next(iter(names[names.index(name) + 1 :]), None)

    def lesson_called(self, name: str) -> str | None:
        """Return the full name of the lesson with this name or number; None if there is none."""
        return lesson_called(name, self.lessons)

    def extended(self, lessons: Iterable[Lesson]) -> "Catalogue":
        """Return a catalogue that has these lessons too."""
        return Catalogue([*self.lessons.values(), *lessons])


def lesson_called(name: str, lessons: Iterable[str]) -> str | None:
    """Return the full name of the lesson with this name or number; None if there is none."""
    return next((one for one in lessons if name == one or name.zfill(2) == one.split("_")[0]), None)


def read_package(name: str) -> Catalogue:
    """Import the modules lesson_01, lesson_02, … of a package, and return the tasks of their LESSON."""
    package = import_module(name)
    modules = sorted(module.name for module in iter_modules(package.__path__))
    return Catalogue(_with_store(import_module(f"{name}.{module}")) for module in modules)


def _with_store(module: ModuleType) -> Lesson:
    """The lesson of a module; its tasks know where their slips are kept."""
    lesson: Lesson = module.LESSON
    store = SlipStore(Path(str(module.__file__)))
    for task in lesson.tasks:
        task.store = store
    return lesson


def read_folder(folder: Path) -> list[Lesson]:
    """Run the .py files of a folder, and return their LESSON.

    They run in this process, with your permissions: only name a folder that you wrote yourself.

    Raises
    ------
    CatalogueError
        If there is no such file, or if one has an error; the message names the line.
    """
    if not folder.is_dir():
        raise CatalogueError(f"{folder} is not a folder.")
    lessons = []
    for path in sorted(folder.glob("*.py")):
        names = _run(path)
        if "LESSON" in names:
            lessons.append(_lesson(names["LESSON"], path))
    if not lessons:
        raise CatalogueError(f'no .py file in {folder} defines a lesson, such as LESSON = Lesson("04_em").')
    return lessons


def _lesson(value: Any, path: Path) -> Lesson:
    if not isinstance(value, Lesson):
        raise CatalogueError(f'{path}: LESSON is {value!r}; write LESSON = Lesson("04_em").')
    for one in value.roster:
        problem = _problem(one)
        if problem:
            raise CatalogueError(f"{path}: {one.name} {problem}.")
    return value


def _problem(one: Task | OpenQuestion) -> str | None:
    """What is wrong with a task's settings, or None."""
    if not str(one.name).isidentifier():
        return "needs a name that is a valid Python identifier"
    if isinstance(one.points, bool) or not isinstance(one.points, (int, float)) or not 0 < one.points < 1e6:
        return f"has points={one.points!r}; it must be a positive number"
    if isinstance(one, Task) and one.answer is no_reference:
        return "has no reference; decorate a function with @TASK.reference"
    return None


def _run(path: Path) -> dict[str, Any]:
    """Run a file and return the names that it defines.

    It is not imported: Python could use a cached copy that is out of date if the file was edited within a second.
    """
    module = ModuleType(f"{FOREIGN}.{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # where dataclasses look their module up
    names = vars(module)
    try:
        exec(compile(path.read_text("utf-8"), str(path), "exec"), names)
    except (Exception, SystemExit) as error:  # report any of them to the author of the file
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == str(path)]
        line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else 1
        raise CatalogueError(f"{path}, line {line}: {type(error).__name__}: {error}") from error
    return names
