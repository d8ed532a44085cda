"""The engine of the checks: what a task is, how an answer is judged, and the `check` object. It knows no subject."""

from mlcourse.checks.catalogue import Catalogue, CatalogueError, read_folder, read_package
from mlcourse.checks.examine import Verdict, examine, with_slip
from mlcourse.checks.notebook import Checker, CheckFailed, open_course
from mlcourse.checks.outcome import Answer, Outcome, Raised, answer_of, right_answer
from mlcourse.checks.task import Case, Law, Lesson, Mistake, OpenQuestion, Task

__all__ = [
    "Answer",
    "Case",
    "Catalogue",
    "CatalogueError",
    "CheckFailed",
    "Checker",
    "Law",
    "Lesson",
    "Mistake",
    "OpenQuestion",
    "Outcome",
    "Raised",
    "Task",
    "Verdict",
    "answer_of",
    "examine",
    "open_course",
    "read_folder",
    "read_package",
    "right_answer",
    "with_slip",
]
