"""What is known about a submission before it runs, and after."""

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Self

MarkStatus = Literal["right", "wrong", "not attempted", "missing", "crashed", "timeout", "by hand"]
GradeStatus = Literal["ok", "partial", "crashed", "timeout", "unreadable", "missing"]


class Cell(NamedTuple):
    """One cell of a notebook, as text."""

    kind: Literal["code", "markdown"]
    source: str
    task: str | None = None  # from our metadata or nbgrader's; may be forged, so no points depend on it
    role: str | None = None  # "answer", "check", "open"


class Attachment(NamedTuple):
    """A file handed in with a notebook, such as a student's own data."""

    name: str  # its path relative to the notebook, with slashes
    data: bytes


@dataclass(frozen=True)
class Submission:
    """What a student handed in for one lesson."""

    student: str  # as named by the folder or the learning platform: may be any text
    source: str  # the file's name, for display
    cells: tuple[Cell, ...] = ()
    lesson: str | None = None  # such as "04_em"; None if unknown
    problem: str | None = None  # why it cannot be read, as a sentence for the instructor
    files: tuple[Attachment, ...] = ()
    notes: tuple[str, ...] = ()  # what the instructor should know about it
    owner: str | None = None  # the student's name without the number that a second notebook adds
    handed_in: float | None = None  # seconds since 1970, as the platform or the file system says


class Family(NamedTuple):
    """The points of a task for one family of its cases, such as "far points"."""

    name: str
    points: float
    out_of: float


class Figure(NamedTuple):
    """A figure that a cell of the student has shown."""

    cell: int
    png: str  # in Base64, encoded by us


class Mark(NamedTuple):
    """The result of one task."""

    task: str
    points: float
    out_of: int
    status: MarkStatus
    message: str = ""  # what the check says in the student's notebook
    mistake: str | None = None  # the name of a recognised mistake
    advice: str = ""  # the sentence about that mistake, which is part of the message
    entered: bool = False  # whether a person has given the points
    families: tuple[Family, ...] = ()  # the points by families of cases, if the task sets them
    notes: tuple[str, ...] = ()  # sentences: where it was judged, what was put in place, what it uses
    comment: str = ""  # what a person has written about the answer
    uses: tuple[str, ...] = ()  # those of the notes that say what it uses

    @classmethod
    def from_json(cls, record: list[Any]) -> Self:
        """Return the mark that was written as a JSON list."""
        mark = cls(*record)
        families = tuple(Family(*family) for family in mark.families)
        return mark._replace(families=families, notes=tuple(mark.notes), uses=tuple(mark.uses))


@dataclass
class Grade:
    """All marks of one submission."""

    student: str
    lesson: str | None
    source: str
    status: GradeStatus
    marks: list[Mark] = field(default_factory=list)
    open_answers: dict[str, str] = field(
        default_factory=dict
    )  # task → the student's text, to be marked by hand
    notes: list[str] = field(default_factory=list)  # what the instructor should know: imports, skipped cells
    output: str = ""  # the end of what the cells printed, capped
    isolation: str = ""  # which sandbox; "not isolated" if there was none
    seconds: float = 0.0
    figures: list[Figure] = field(default_factory=list)  # of the student's own cells
    given_figures: int = 0  # how many others the cells have shown that are as they were handed out

    @property
    def points(self) -> float:
        return sum(mark.points for mark in self.marks)

    @property
    def out_of(self) -> int:
        return sum(mark.out_of for mark in self.marks)
