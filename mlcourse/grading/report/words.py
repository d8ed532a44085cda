"""The words that people read for the statuses of tasks and submissions. None of them is a verdict on a person."""

from mlcourse.grading.gradebook.book import Entry
from mlcourse.grading.records.grade import Grade, GradeStatus, Mark
from mlcourse.grading.records.text import format_points, printable

SUBMISSION_WORDS: dict[GradeStatus, str] = {
    "ok": "marked",
    "partial": "partly marked",
    "crashed": "stopped early",
    "timeout": "ran out of time",
    "unreadable": "could not be read",
    "missing": "no answers found",
}


def status_words(grade: Grade) -> str:
    """Say what has become of a submission."""
    return SUBMISSION_WORDS[grade.status]


def mark_words(mark: Mark) -> str:
    """Say how a task went."""
    return "partly right" if mark.status == "wrong" and mark.points else mark.status


def points_or_words(mark: Mark) -> float | str:
    """Return the points of a task, or the reason why there are none."""
    return mark.points if mark.points or mark.status in ("right", "wrong") or mark.entered else mark.status


def earned(mark: Mark) -> str:
    """Return the points of a mark as text; a dash while they still have to be given by hand."""
    return "–" if mark.status == "by hand" and not mark.entered else format_points(mark.points)


def help_first(mark: Mark) -> str:
    """Return a mark's message with the likely mistake, and the hint below it, in front of the numbers."""
    numbers, found, rest = mark.message.partition(f"\nLikely mistake: {mark.advice}")
    return f"{found.strip()}{rest}\n{numbers}" if mark.advice and found else mark.message


def which_counts(entry: Entry) -> str:
    """Tell a student with several files for a lesson which one counts, and why; empty if there was only this one."""
    if not entry.others:
        files = ", ".join(map(printable, entry.given_way))
        return f"What you handed in as {files} could not be read. This file counts." if files else ""
    if entry.is_set_aside:
        return f"This file does not count: your instructor has chosen {printable(entry.chosen)}."
    files = ", ".join(map(printable, entry.others))
    if entry.chosen:
        return f"You also handed in {files}. This file counts: your instructor has chosen it."
    return (
        f"You also handed in {files}. Only one file per lesson counts, and which one you mean is not clear. Until"
        " your instructor has chosen, none of them is in the sum of your points."
    )


def among_several(entry: Entry) -> str:
    """Say which part a notebook has among several for one lesson; empty if it is the only one."""
    if not entry.others:
        return ""
    if entry.is_undecided:
        return "one of several"
    return "does not count" if entry.is_set_aside else "counts"


def ungraded_reason(grade: Grade) -> str:
    """Say why a submission could not be graded."""
    nothing = (
        "It can be read, but contains none of the lesson's answers." if grade.status == "missing" else ""
    )
    return " ".join([nothing, *grade.notes]).strip()
