"""Answers that look alike, for a folder of submissions: the pairs, and a page with their texts side by side."""

import json
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from mlcourse.grading.markup import Html, element, page
from mlcourse.grading.read import read_submissions
from mlcourse.grading.records import Cell, Submission
from mlcourse.grading.similarity import Pair, similar

COURSE = Path(__file__).parents[2]  # the folder with exercises/ and solutions/


class Hit(NamedTuple):
    """A pair, with the two submissions."""

    one: Submission
    other: Submission
    pair: Pair


def alike_pairs(submissions: Path, lesson: str | None = None) -> list[Hit]:
    """The pairs of alike answers, lesson by lesson, the most alike first.

    The published solution takes part as if it were a student's: an answer that was copied from it shows up.
    """
    readable = [
        replace(found, files=())  # all are in memory at once, and what lies beside them does not count
        for found in read_submissions(submissions, lesson)
        if not found.problem and found.lesson
    ]
    hits = []
    for name in sorted({submission.lesson for submission in readable}):
        group = [submission for submission in readable if submission.lesson == name]
        published = own_notebook("solutions", name, "(the published solution)")
        handed_out = [cell for ours in own_notebook("exercises", name, "") for cell in ours.cells]
        pairs = similar(group + published, handed_out, published=len(published))
        hits += [Hit((group + published)[pair.one], (group + published)[pair.other], pair) for pair in pairs]
    return hits


def own_notebook(folder: str, lesson: str, name: str) -> list[Submission]:
    """A notebook of the course itself, in a list; an empty one where the folder is not handed out."""
    path = COURSE / folder / f"{lesson}.ipynb"
    if not path.exists():
        return []
    cells = json.loads(path.read_text("utf-8"))["cells"]
    told = tuple(Cell(cell["cell_type"], "".join(cell["source"])) for cell in cells)
    return [Submission(name, path.name, told, lesson)]


def alike_page(hits: list[Hit]) -> Html:
    """The pairs, each with the passages that are most alike."""
    warning = element(
        "p",
        "A hint, not a verdict. A short task has few right answers, people who learnt together write alike, and"
        " what a lesson shows comes back in answers. Read both, and ask both.",
    )
    return page("Answers that look alike", warning, *(_pair(hit) for hit in hits))


def _pair(hit: Hit) -> Html:
    heading = element("h2", hit.one.student, " and ", hit.other.student)
    told = element(
        "p",
        f"Lesson {hit.one.lesson}. Alike, whatever the names: {hit.pair.alike:.0%}; with the same names:"
        f" {hit.pair.verbatim:.0%}.",
    )
    passages = [
        element("div", element("pre", mine), element("pre", theirs), class_="beside")
        for mine, theirs in hit.pair.passages
    ]
    return element("section", heading, told, *passages)
