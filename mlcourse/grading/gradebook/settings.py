"""Read gradebook.toml. Whatever the file leaves out has its default, so a class without the file needs none."""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from pathlib import Path
from typing import Any, Literal, Never, TypeAlias, TypeVar, get_args

from mlcourse.checks.catalogue import lesson_called
from mlcourse.course_folder import did_you_mean, one_of
from mlcourse.grading.gradebook.late import Cost, LateRule

NAME = "gradebook.toml"
CLASS_LIST = "class.csv"  # unless the settings name another file

Value = TypeVar("Value")
Platform: TypeAlias = Literal["auto", "canvas", "moodle", "gradescope", "junit", "none"]


class GradebookError(ValueError):
    """A gradebook.toml or class list that cannot be used: the message names file, key, value, and what was wanted."""


@dataclass(frozen=True)
class Gradebook:
    """What an instructor decides for a class."""

    class_list: Path | None = None
    platform: Platform = "auto"  # the learning platform that tables and feedback are for
    partial: bool = (
        True  # whether an answer that is right for some kinds of inputs earns a part of its points
    )
    carry_forward: bool = (
        True  # whether a task is asked again with right answers in place of earlier wrong ones
    )
    late: LateRule = field(default_factory=LateRule)
    due: Mapping[str, datetime] = field(default_factory=dict)  # lesson, by name or number → time
    extensions: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # student → lesson → days

    def due_date(self, lesson: str | None) -> datetime | None:
        return of_lesson(self.due, lesson)

    @property
    def zone(self) -> tzinfo | None:
        """The zone in which times are shown: that of the due dates, or this machine's."""
        return next((due.tzinfo for due in self.due.values()), None)


def of_lesson(values: Mapping[str, Value], lesson: str | None) -> Value | None:
    """Return the value for a lesson, which may be named `04_em` or `04`."""
    name = lesson or ""
    return values.get(name, values.get(name.partition("_")[0]))


def read_gradebook(path: Path, lessons: Sequence[str] = ()) -> Gradebook:
    """Read a gradebook.toml. Raises GradebookError.

    Parameters
    ----------
    path : Path
    lessons : sequence of str
        The course's lessons: the file may name them or their numbers, and no others. Without them, any name is taken
        as it is.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise GradebookError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise GradebookError(f"{path} is not UTF-8: save it with that encoding.") from None
    except tomllib.TOMLDecodeError as error:
        raise GradebookError(f"{path} is not valid TOML: {error}.") from None
    top = Table(path, "", content)
    marks, late = top.table("marks"), top.table("late")
    gradebook = Gradebook(
        class_list=top.file("class_list"),
        platform=top.value(
            "platform", platform, Gradebook.platform, f"one of {', '.join(get_args(Platform))}"
        ),
        partial=marks.value("partial", truth, Gradebook.partial, "true or false"),
        carry_forward=marks.value("carry_forward", truth, Gradebook.carry_forward, "true or false"),
        late=LateRule(
            late.value("grace_minutes", amount, LateRule.grace_minutes, "a number of minutes, 0 or more"),
            late.value(
                "cost_per_day", cost, LateRule.cost_per_day, 'points such as 2, or a share such as "10%"'
            ),
            late.value("latest_days", amount, LateRule.latest_days, "a number of days, 0 or more"),
        ),
        due=top.table("due").by_lesson(lessons, moment, "a time such as 2026-03-01T23:59:00+01:00"),
        extensions={
            student: each.by_lesson(lessons, amount, "a number of days, 0 or more")
            for student, each in top.table("extensions").tables()
        },
    )
    for table in (top, marks, late):
        table.refuse_unknown()
    return gradebook


class Table:
    """A table of a TOML file, whose values are checked as they are read.

    Parameters
    ----------
    path : Path
        The file, for messages.
    name : str
        The table's name; empty for the whole file.
    content : dict
    """

    def __init__(self, path: Path, name: str, content: dict[str, Any]):
        self.path, self.name, self.content = path, name, content
        self.known: set[str] = set()

    def value(self, key: str, convert: Callable[[Any], Value], default: Value, wanted: str) -> Value:
        """Return the value of a key, or the default if there is none. Raises GradebookError."""
        self.known.add(key)
        if key not in self.content:
            return default
        try:
            return convert(self.content[key])
        except (ValueError, TypeError):
            self.refuse(key, wanted)

    def by_lesson(
        self, lessons: Sequence[str], convert: Callable[[Any], Value], wanted: str
    ) -> dict[str, Value]:
        """Return all values of a table whose keys are lessons. Raises GradebookError."""
        values: dict[str, Value] = {}
        for key, value in self.content.items():
            lesson = self._lesson(key, lessons) if lessons else key
            if lesson in values:
                raise GradebookError(f"{self.path}: `{self._full(key)}` names lesson {lesson} a second time.")
            try:
                values[lesson] = convert(value)
            except (ValueError, TypeError):
                self.refuse(key, wanted)
        return values

    def _lesson(self, key: str, lessons: Sequence[str]) -> str:
        """Return the full name of the lesson that a key names. Raises GradebookError if there is none."""
        found = lesson_called(key, lessons)
        if found is None:
            numbered = [
                name for number in re.findall(r"\d+", key) if (name := lesson_called(number, lessons))
            ]
            near = f"Did you mean {one_of(numbered)}?" if numbered else did_you_mean(key, lessons)
            advice = near or f"The lessons are {', '.join(lessons)}."
            raise GradebookError(f"{self.path}: there is no lesson {key!r} for `{self._full(key)}`. {advice}")
        return found

    def table(self, key: str, wanted: str = "a table of settings") -> "Table":
        """Return the table of that name, which is empty if there is none. Raises GradebookError."""
        self.known.add(key)
        content = self.content.get(key, {})
        if not isinstance(content, dict):
            self.refuse(key, wanted)
        return Table(self.path, self._full(key), content)

    def tables(self) -> Iterable[tuple[str, "Table"]]:
        return [(key, self.table(key, "days by lesson, such as { 04_em = 3 }")) for key in self.content]

    def file(self, key: str) -> Path | None:
        """Return the path of a file, which is relative to this one and must exist. Raises GradebookError."""
        name = self.value(key, text, "", "the name of a file")
        if not name:
            return None
        path = self.path.parent / name
        if not path.is_file():
            self.refuse(key, "the name of a file that exists, relative to this one")
        return path

    def refuse_unknown(self) -> None:
        """Raise GradebookError if there is a key that nothing reads: it may be misspelt."""
        for key in self.content:
            if key not in self.known:
                advice = did_you_mean(key, self.known) or f"Known keys are {', '.join(sorted(self.known))}."
                raise GradebookError(f"{self.path}: there is no key `{self._full(key)}`. {advice}")

    def refuse(self, key: str, wanted: str) -> Never:
        value = self.content[key]
        shown = repr(str(value) if isinstance(value, (date, time)) else value)
        raise GradebookError(f"{self.path}: `{self._full(key)}` is {shown}; wanted: {wanted}.")

    def _full(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key


# ── Values: each function returns what it is given in its own type, or raises ValueError or TypeError ──


def text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def amount(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError
    if not 0 <= value < float("inf"):
        raise ValueError
    return value


def cost(value: object) -> Cost:
    if isinstance(value, str) and value.strip().endswith("%"):
        share = amount(float(value.strip().removesuffix("%").replace(",", ".")))
        if share > 100:
            raise ValueError
        return Cost(share, percent=True)
    return Cost(amount(value))


def platform(value: object) -> Platform:
    for name in get_args(Platform):
        if value == name:
            found: Platform = name
            return found
    raise ValueError


def moment(value: object) -> datetime:
    """Return a time with its zone: without one it is this machine's, and a date is the end of that day."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.astimezone()
    if isinstance(value, date):
        return datetime.combine(value, time.max).astimezone()
    raise TypeError
