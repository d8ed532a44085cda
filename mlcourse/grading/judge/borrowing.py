"""What an answer has borrowed: functions of packages that do what a task asks for, noted for the instructor.

Much cannot be borrowed, because it is not in the sandbox (`sandbox/needs.py`). What an exercise imports must be
there, though, and nobody but the instructor can say whether an answer may use it. So its use is noted: as found in
the text of the answer and of all that it calls (`mlcourse.checks.uses`), and as seen while the answer was called.
What the published solution uses itself is not worth a note.
"""

import ast
import builtins
import json
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from mlcourse.checks import Task
from mlcourse.checks.cell_code import TooDeep, parse_cell, too_large
from mlcourse.checks.examine import verdict_on_means
from mlcourse.checks.uses import (
    MAX_READ,
    UNREAD,
    Reader,
    forbidden_use,
    is_class,
    same_thing,
    ways_around,
    within,
    without_methods,
)
from mlcourse.course_folder import Course
from mlcourse.grading.inside.absent import PLATFORMS
from mlcourse.grading.judge.mentions import mentioned
from mlcourse.grading.judge.notebook_runner import END
from mlcourse.grading.judge.reading import Parse
from mlcourse.grading.records.grade import Mark, Submission
from mlcourse.grading.records.text import tidy
from mlcourse.grading.sandbox.needs import is_guarded

MAX_NOTES = 20  # on a submission, and on each of its tasks
MAX_NAME = 100  # characters
# What can hide the use of something from a reader, or from the observer of a call.
HIDING = re.compile(
    r"__code__|__globals__|__import__|_getframe|_thread|attrgetter|ctypes|gc|getmembers|getprofile|importlib|inspect"
    r"|methodcaller|modules|pickle|run_cell|settrace|setprofile"
)
# They do nothing here, and a cell that imports one without asking first gets a note anyway.
PACKAGES_OF_PLATFORMS = {name.partition(".")[0] for name in PLATFORMS}
# Packages whose use says nothing, besides the standard library.
ORDINARY = frozenset({"IPython", "builtins", "ipywidgets", "matplotlib", "numpy", *sys.stdlib_module_names})
# Parts of packages that do nothing a task asks for; estimators call them.
INTERNAL = ("sklearn.base", "sklearn.callback", "sklearn.utils")


class Borrowing:
    """What the answers of a submission use.

    Parameters
    ----------
    submission : Submission
    course : Course
    seen : dict of str → set of str
        The functions that each answer was seen to call.
    parse : callable
        `parse_cell`, or the same with a memory.
    unwatched : collection of str
        The answers that were to be watched to the end while they ran, and were not.

    Attributes
    ----------
    places : dict of str → int
        The cell where each answer was last judged; what a later experiment uses is not held against it.
    """

    def __init__(
        self,
        submission: Submission,
        course: Course,
        seen: Mapping[str, Iterable[str]],
        parse: Parse = parse_cell,
        unwatched: Collection[str] = (),
    ):
        self.submission, self.course, self.seen, self.parse = submission, course, seen, parse
        self.unwatched = unwatched
        self.places: dict[str, int] = {}
        self.readers: dict[int, Reader] = {}
        self.cells = [(k, cell.source) for k, cell in enumerate(submission.cells, 1) if cell.kind == "code"]

    def reader_at(self, place: int) -> Reader:
        """Return a reader of the cells up to a place, and of the modules that were handed in with the notebook."""
        if place not in self.readers:
            self.readers[place] = self._read_up_to(place)
        return self.readers[place]

    def _read_up_to(self, place: int) -> Reader:
        files = [(name, data) for name, data in self.submission.files if name.endswith(".py")]
        modules = [data.decode("utf-8", "replace") for _, data in files]
        cells = [source for number, source in self.cells if number <= place]
        own = {module for name, _ in files for module in modules_of(name)}
        return Reader([*modules, *cells], own, self.parse)

    def certain_uses(self, task: Task, place: int) -> frozenset[str]:
        """Return what the answer at a place is sure to use, if the task forbids something."""
        return self.reader_at(place).uses(task.name).certain if task.forbids else frozenset()

    def noted(self, mark: Mark) -> Mark:
        """Return a mark with a sentence on each thing that the answer uses or, when called, was seen to call."""
        task = self.course.catalogue.tasks[mark.task]
        uses = self.notes_on(task, mark.message)
        return mark._replace(notes=tuple(dict.fromkeys([*mark.notes, *uses])), uses=uses)

    def notes_on(self, task: Task, message: str = "") -> tuple[str, ...]:
        """Return these sentences, without one that the message says already."""
        found = self.reader_at(self.places.get(task.name, END)).uses(task.name).possible
        observed = {without_methods(name) for name in self.seen.get(task.name, ())}
        notes = {
            name: f"It uses {_printable(name)}{_reproach(task, name)}."
            for name in found
            if self._is_remarkable(name, task) and verdict_on_means(name).what not in message
        }
        notes |= {
            name: f"While it ran, {_printable(name)} was called{_reproach(task, name)}."
            for name in observed.difference(found)
            if self._is_remarkable(name, task)
            and not _is_explained(name, found, task)
            and not _is_said(name, message, task)
        }
        # The worst first, so that a flood of harmless names pushes none of them out.
        order = sorted(notes, key=lambda name: (not _reproach(task, name), not is_guarded(name), name))
        more = [f"It uses {len(order) - MAX_NOTES} more."] if len(order) > MAX_NOTES else []
        around = [
            f"It {what} (`{'`, `'.join(names)}`)."
            for what, names in ways_around(
                found - uses_in_solution(self.course, task.lesson, task.name)
            ).items()
        ]
        around += self._mentions(task, {*found, *observed}, message)
        if task.name in self.unwatched:
            around.append("It could not be watched to the end while it ran: look at it.")
        if UNREAD.name in found:
            around.append("Part of its code is too deeply nested to be read: look at it.")
        return (*(notes[name] for name in order[:MAX_NOTES]), *more, *around)

    def _mentions(self, task: Task, used: Iterable[str], message: str) -> Iterator[str]:
        """Yield a sentence if the answer may get at something that its task forbids, and nothing says so yet."""
        said = any(verdict_on_means(one).what in message for one in task.forbids)
        if said or forbidden_use(task.forbids, used):
            return
        place = self.places.get(task.name, END)
        trees = [tree for number, source in self.cells if number <= place and (tree := self.parse(source))]
        for one in task.forbids:
            name = one.rpartition(".")[2]
            if mentioned(trees, self.submission.files, {name}):
                yield f"The notebook mentions `{name}`, which the task asks to do without: look at it."

    def _is_remarkable(self, name: str, task: Task) -> bool:
        """Whether a use is worth a note: nothing in the course uses it for this task, or says that one may."""
        if forbidden_use(task.shortcuts, [name]):
            return True
        if name.partition(".")[0] in ORDINARY or _is_internal(name) or _may_be_builtin(name):
            return False
        if forbidden_use(task.forbids, [name]):
            return True
        lesson = task.lesson
        if any(same_thing(name, other) for other in uses_in_solution(self.course, lesson, task.name)):
            return False
        handed_out = imports_of_exercise(self.course, lesson)
        return is_guarded(name) or not any(within(name, one) or same_thing(name, one) for one in handed_out)

    def may_miss_a_package(self) -> bool:
        """Whether the notebook imports a part of a package that may be hidden from this lesson."""
        handed_out = modules_of_exercise(self.course, self.submission.lesson)
        imported = Reader([source for _, source in self.cells], parse=self.parse).imports()
        return any(is_guarded(name) and not any(within(name, one) for one in handed_out) for name in imported)

    def notes(self, noted_imports: Iterable[tuple[int, str]] = ()) -> list[str]:
        """Return a sentence on each import that the exercise does not have, and on each cell that cannot be read.

        `noted_imports` are cells with what they import, where a note already says what has become of that.
        """
        already = set(noted_imports)
        found: list[tuple[int, str]] = []  # how harmless it is, and the sentence
        if sum(len(source) for _, source in self.cells) > MAX_READ:
            found.append((0, "The notebook has too much code to be read: look at its first cells."))
        for number, source in self.cells:
            found += [(0, note) for note in self._unreadable(number, source)]
            found += [
                (2, f"Cell {number} mentions {word}, which can hide what it uses.")
                for word in self._hiding(source)
            ]
            found += [
                (
                    1 if is_guarded(name) or name.startswith("scipy") else 3,
                    f"Cell {number} imports {_printable(name)}, which the exercise does not.",
                )
                for name in self._foreign_imports(source)
                if not any(
                    cell == number and (within(name, one) or within(one, name)) for cell, one in already
                )
            ]
        # The worst first, so that a flood of harmless imports pushes none of them out.
        notes = [note for _, note in sorted(found, key=lambda one: one[0])]
        more = [f"There are {len(notes) - MAX_NOTES} more notes on cells."] if len(notes) > MAX_NOTES else []
        return [*notes[:MAX_NOTES], *more]

    def _unreadable(self, number: int, source: str) -> Iterator[str]:
        tree = self.parse(source)
        if tree and any(isinstance(node, TooDeep) for node in ast.walk(tree)):
            yield f"Part of cell {number} is too deeply nested to be read: look at it."
        if too_large(source):
            yield f"Cell {number} cannot be read, or is too long to be read: see what its code uses."

    def _hiding(self, source: str) -> list[str]:
        """Return the words of HIDING that are names in a cell, or in its strings."""
        tree = self.parse(source)
        words = {word for node in ast.walk(tree) for word in _words_of(node)} if tree else set[str]()
        return sorted(word for word in words if HIDING.fullmatch(word))

    def _foreign_imports(self, source: str) -> list[str]:
        """Return what a cell imports and the exercise does not."""
        handed_out = modules_of_exercise(self.course, self.submission.lesson)
        imported = {_as_listed(name) for name in Reader([source], parse=self.parse).imports()}
        return [
            name
            for name in sorted(imported - PACKAGES_OF_PLATFORMS)
            if name.partition(".")[0] not in ORDINARY
            and not any(within(one, name) or within(name, one) for one in handed_out)
        ]


def _words_of(node: ast.AST) -> list[str]:
    """Return the names that a node mentions itself."""
    match node:
        case ast.Name(name) | ast.Attribute(attr=name):
            return [name]
        case ast.alias(name):
            return name.split(".")
        case ast.ImportFrom(module=str(module)):
            return module.split(".")
        case ast.Constant(str(text)) if len(text) <= MAX_NAME:
            return text.split(".")
    return []


def modules_of(path: str) -> Iterator[str]:
    """Yield the names under which a file can be imported: pkg/part.py is pkg.part, and part in its folder."""
    parts = path.removesuffix(".py").split("/")
    for first in range(len(parts)):
        for last in range(first + 1, len(parts) + 1):
            yield ".".join(parts[first:last]).removesuffix(".__init__")


def _is_explained(seen: str, found: Iterable[str], task: Task) -> bool:
    """Whether what was seen is no news: it was found in the text, a class there calls it, or SciPy calls itself."""
    if forbidden_use(task.forbids, [seen]):
        return any(same_thing(seen, name) for name in found)
    package = seen.partition(".")[0]
    if not is_guarded(seen):
        return True  # its own names for what was called, such as those of distributions, are many
    classes = [name for name in found if name.partition(".")[0] == package and is_class(name)]
    return any(same_thing(seen, name) for name in found) or (is_class(seen) and bool(classes))


def _is_said(seen: str, message: str, task: Task) -> bool:
    """Whether the message already says that the answer calls this forbidden function."""
    return any(verdict_on_means(one).what in message for one in task.forbids if same_thing(one, seen))


def _is_internal(name: str) -> bool:
    """Whether a function only serves others of its package, which call it by themselves."""
    return any(within(name, one) for one in INTERNAL)


def _may_be_builtin(name: str) -> bool:
    """Whether a name that seems to come from a star import may be Python's own, such as `helper.len`."""
    return not is_guarded(name) and name.rpartition(".")[2] in vars(builtins)


def _reproach(task: Task, name: str) -> str:
    if forbidden_use(task.forbids, [name]):
        return ", although the task asks to do without"
    return ", which does what the task asks for" if forbidden_use(task.shortcuts, [name]) else ""


def _printable(name: str) -> str:
    return tidy(name)[:MAX_NAME]


def _as_listed(name: str) -> str:
    """Name what is imported: of packages where the part matters, with the part; of others, the package alone."""
    package = name.partition(".")[0]
    return name if package in ("scipy", "sklearn", "mlcourse") else package


# ── What the course itself uses ──────────────────────────────────────────────────────────────────────


@cache
def uses_in_solution(course: Course, lesson: str, task: str) -> frozenset[str]:
    """Return what the published answer to a task uses; nothing if there is no solution."""
    return uses_in_solutions(course, lesson).get(task, frozenset())


@cache
def uses_in_solutions(course: Course, lesson: str) -> dict[str, frozenset[str]]:
    """Return that of all tasks of a lesson."""
    path = course.notebook("solutions", lesson)
    if not path.is_file():
        return {}
    reader = Reader(_code_in(json.loads(path.read_text("utf-8"))["cells"]))
    return {task.name: reader.uses(task.name).possible for task in course.catalogue.of_lesson(lesson).tasks}


@cache
def imports_of_exercise(course: Course, lesson: str | None) -> frozenset[str]:
    """Return the full names of what the exercise imports."""
    return frozenset(Reader(_code_in(course.exercise(lesson))).imports())


@cache
def modules_of_exercise(course: Course, lesson: str | None) -> frozenset[str]:
    """Return what the exercise imports, and the modules that this is in: a student may use others of their names."""
    names = imports_of_exercise(course, lesson)
    modules = {name.rpartition(".")[0] for name in names}
    return names | {module for module in modules if "." in module}


def _code_in(cells: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    return ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
