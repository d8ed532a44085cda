"""What a check needs to know about a task: data and functions, written by an author from top to bottom:

    LESSON = Lesson("01_sorting")

    MERGE = LESSON.task(
        "merge",
        title="Merge two sorted lists",
        points=2,
        expected="array (n + m,), in ascending order",
    )

    @MERGE.cases
    def merge_cases(rng):
        yield Case("two lists of different lengths", (np.sort(rng.normal(size=4)), np.sort(rng.normal(size=7))))

    @MERGE.reference
    def merge(a, b):
        return sorted([*a, *b])

    @MERGE.law("the result is in ascending order.")
    def ascending(output, a, b):
        return np.all(np.diff(output) >= 0)

    @MERGE.mistake("the rest of the longer list is lost.", hint=1)
    def rest_lost(a, b):
        return merge(a, b)[: 2 * min(len(a), len(b))]

    @MERGE.right
    def merge_by_insertion(a, b):
        return np.insert(a, np.searchsorted(a, b), b)

Inputs and outputs are plain: arrays, numbers, strings, and tuples and dicts of these. The same task therefore works
in a notebook, where the answer is a function in the same process, and in the grader, which calls the answer in
another process.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np

Function = TypeVar("Function", bound=Callable[..., Any])


class Case(NamedTuple):
    """One input: the arguments, and what is special about them in words that a learner understands.

    `family` names the kind of input, in a task that has points for each kind; by default it is the first of these.
    """

    description: str
    args: tuple[Any, ...] = ()
    family: str = ""


class Law(NamedTuple):
    """A property of every right answer, `holds(output, *args)`, and a sentence that states it."""

    message: str
    holds: Callable[..., object]  # only its truth value is used, because NumPy has its own bool


class Mistake(NamedTuple):
    """A known wrong answer: a tiny implementation, and a sentence that explains it.

    An answer with the same outputs on the same inputs *is* this mistake. The sentence points to the error in
    reasoning, never to the right answer. `hint` is the number of the hint to open, if there is one. A `planted`
    mistake is the bug in the stub of a find-the-bug task: submitting it counts as not attempted.
    """

    name: str
    answer: Callable[..., Any]
    message: str
    hint: int | None = 1
    planted: bool = False


def _one_case(rng: np.random.Generator) -> Iterable[Case]:
    return [Case("your answer")]


def _unchanged(output: Any) -> Any:
    return output


def no_reference(*args: Any) -> Any:
    raise NotImplementedError("this task has no reference; decorate a function with @TASK.reference.")


@dataclass(eq=False)  # hashed by identity, since functions cannot be compared
class Task:
    """One task with a check. Authors make it with the methods of `Lesson`.

    Parameters
    ----------
    name : str
        Name of the task, of the answer in the notebook, and of the method of `check`.
    lesson : str
        Name of the lesson, such as "04_em".
    points : int
    title : str
        What the exercise calls it.
    expected : str
        The form of a right answer, for the line "wanted" of a report: shapes and names, no numbers.
    kind : {"function", "value"}
    parts : tuple of str
        What to call the values that an answer consists of, such as ("the means", "the covariances").
    forbids : tuple of str
        What the exercise's text asks to do without, by full names: ("scipy.special.logsumexp",) or ("scipy.stats",).
    shortcuts : tuple of str
        Functions that do what the task asks for although its text does not forbid them, by full names. Their use is
        noted for the instructor, and costs nothing.
    rtol, atol : float
        Tolerances of the comparison, as in `numpy.isclose`.
    families : dict of str → points
        The points for each family of cases, such as {"ordinary points": 3, "far points": 1}: an answer that is right
        for some families only can earn a part of the points. The first is the ordinary one: the others count only if
        it is right too. Or the points for each of `parts`, by their names: an answer earns those of the values that
        are right in all cases. They add up to `points`. Without families it is all or nothing.
    carries : bool or tuple of str
        Whether the answer is asked again with a right answer to an earlier task, if it calls a wrong one; or the
        names of the earlier tasks for which it is. Say no where such a call would be the answer: in "find the bug",
        an earlier function may do just what the bug is about.

    Attributes
    ----------
    The decorators set these:

    answer : callable
        The right answer, slow and obvious (`reference`). For a value, a function without arguments that returns it.
    draw_cases : callable(rng) -> iterable of Case
        Random inputs that depend only on a `numpy.random.Generator` (`cases`). A value has one case without
        arguments.
    laws : list of Law
    mistakes : list of Mistake
        The first with the same outputs as an answer gives the answer its message.
    variants : list of callable
        Other right answers, for the tests (`right`).
    is_right : callable(output, *args) -> truth value, or None
        Replaces the comparison with the reference in tasks with several right answers (`accepts`).
    normalise : callable(output)
        Applied to outputs before they are compared, if an answer can be written in several ways (`canonical`). It
        must accept any plain value.
    """

    name: str
    lesson: str
    points: int
    title: str = ""
    expected: str = ""
    kind: Literal["function", "value"] = "function"
    parts: tuple[str, ...] = ()
    forbids: tuple[str, ...] = ()
    shortcuts: tuple[str, ...] = ()
    rtol: float = 1e-6
    atol: float = 1e-9
    families: dict[str, float] = field(default_factory=dict)
    carries: bool | tuple[str, ...] = True
    answer: Callable[..., Any] = no_reference
    draw_cases: Callable[[np.random.Generator], Iterable[Case]] = _one_case
    laws: list[Law] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    variants: list[Callable[..., Any]] = field(default_factory=list)
    is_right: Callable[..., object] | None = None
    normalise: Callable[[Any], Any] = _unchanged
    store: Any = None  # the `SlipStore` of its lesson, if there is one

    def carries_from(self, other: str) -> bool:
        """Whether the answer is asked again with a right answer to this other task."""
        return self.carries if isinstance(self.carries, bool) else other in self.carries

    @property
    def values_earn(self) -> bool:
        """Whether points are given for the values of an answer, instead of for families of cases."""
        return bool(self.families) and set(self.families) == set(self.parts)

    def family(self, case: Case) -> str:
        """Return the family of a case; an empty string if this task has none."""
        return case.family or next(iter(self.families), "")

    def reference(self, function: Function) -> Function:
        """Make this function the right answer that others are compared with."""
        self.answer = function
        return function

    def cases(self, function: Function) -> Function:
        """Make this function draw the inputs."""
        self.draw_cases = function
        return function

    def law(self, message: str) -> Callable[[Function], Function]:
        """Add a law: the decorated function of output and inputs must be true for every right answer."""
        _require_message(message, "law")

        def add(function: Function) -> Function:
            self.laws.append(Law(message, function))
            return function

        return add

    def mistake(
        self, message: str, hint: int | None = 1, *, planted: bool = False, name: str = ""
    ) -> Callable[[Function], Function]:
        """Add a known wrong answer, called like the decorated function with spaces for underscores."""
        _require_message(message, "mistake")

        def add(function: Function) -> Function:
            own_name = name or function.__name__.strip("_").replace("_", " ")
            self.mistakes.append(Mistake(own_name, function, message, hint, planted))
            return function

        return add

    def right(self, function: Function) -> Function:
        """Add another right answer, written differently from the reference."""
        self.variants.append(function)
        return function

    def right_values(self, *values: Any) -> None:
        """Add other right values of a task that asks for one."""
        self.variants += [_constant(value) for value in values]

    def accepts(self, function: Function) -> Function:
        """Let this function of output and inputs decide what is right, instead of the comparison."""
        self.is_right = function
        return function

    def canonical(self, function: Function) -> Function:
        """Apply this function to outputs before they are compared."""
        self.normalise = function
        return function


@dataclass(frozen=True)
class OpenQuestion:
    """A question that a person marks."""

    name: str
    lesson: str
    points: int
    title: str = ""


class Lesson:
    """The tasks of one lesson, in the order of the exercise.

    Parameters
    ----------
    name : str
        Such as "04_em".
    """

    def __init__(self, name: str):
        self.name = name
        self.roster: list[Task | OpenQuestion] = []

    @property
    def tasks(self) -> list[Task]:
        """The tasks with a check."""
        return [one for one in self.roster if isinstance(one, Task)]

    @property
    def open_questions(self) -> list[OpenQuestion]:
        """The questions that a person marks."""
        return [one for one in self.roster if isinstance(one, OpenQuestion)]

    def renamed(self, name: str) -> "Lesson":
        """Return a lesson of this name with the same tasks."""
        lesson = Lesson(name)
        lesson.roster = [replace(one, lesson=name) for one in self.roster]
        return lesson

    def task(self, name: str, **settings: Any) -> Task:
        """Add a task that asks for a function; `settings` as in `Task`."""
        return self._add(Task(name, self.name, **settings))

    def value(self, name: str, **settings: Any) -> Task:
        """Add a task that asks for a value; `settings` as in `Task`."""
        return self._add(Task(name, self.name, kind="value", **settings))

    def choice(
        self, name: str, *, right: str, wrong: Mapping[str, str | tuple[str, int]], **settings: Any
    ) -> Task:
        """Add a multiple-choice task: the right letter, and why each of the others is wrong.

        `wrong` maps each letter to a sentence, or to a pair of a sentence and the number of the hint to open.
        """
        letters = ", ".join(sorted([right, *wrong]))
        settings.setdefault("carries", False)  # else a letter could be guessed once more
        task = self.value(name, expected=f"one letter in quotes: {letters}", **settings)
        task.reference(lambda: right)
        task.canonical(letter)
        for wrong_letter, reason in wrong.items():
            message, hint = reason if isinstance(reason, tuple) else (reason, 1)
            task.mistake(message, hint, name=f"chose {wrong_letter}")(_constant(wrong_letter))
        return task

    def open_question(self, name: str, *, title: str, points: int) -> OpenQuestion:
        """Add a question that a person marks."""
        question = OpenQuestion(name, self.name, points, title)
        self.roster.append(question)
        return question

    def _add(self, task: Task) -> Task:
        self.roster.append(task)
        return task


LETTER = re.compile(r"[\s(\[]*([A-Za-z])[\s.:)\]]*(?:(?<=[.:)])\s.*)?", re.DOTALL)


def letter(output: Any) -> Any:
    """Write a letter in one way: 'b', ' B', 'B.', '(B)', ['b'] and 'B. The text of the answer' are all B."""
    if isinstance(output, tuple) and len(output) == 1:
        return letter(output[0])
    found = LETTER.fullmatch(output) if isinstance(output, str) else None
    return found[1].upper() if found else output


def _require_message(message: object, decorator: str) -> None:
    """Raise TypeError for a decorator without parentheses: its "message" is the function."""
    if not isinstance(message, str):
        raise TypeError(f'the decorator needs a message: @TASK.{decorator}("…").')


def _constant(value: Any) -> Callable[[], Any]:
    return lambda: value
