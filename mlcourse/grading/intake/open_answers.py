"""Find the answers to open questions by what is around them, since no name leads to them.

The metadata of a cell says which question it answers. But some editors remove it, and students write in a new cell,
in a code cell, or below the question itself. So all that a student wrote between a question and whatever follows it
in the exercise belongs to that question. What was handed out there, such as hints, does not.

A handed-out text with a few changed words counts as handed out. Telling how alike two texts are takes time, and a
hostile notebook may have thousands of cells; so at most `MAX_COMPARED` characters of a notebook are compared in this
way. After that, a text is handed out only if all its words are the same. Solved exercises need a hundredth of that.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mlcourse.checks import Catalogue
from mlcourse.grading.records.grade import Cell

ALIKE = 0.8  # ratio above which a text is a handed-out one with a few changes
MAX_COMPARED = 200_000  # characters of a notebook that are compared word by word
MAX_LENGTH = 5000  # characters at the start of a cell by which a question is found


@dataclass(frozen=True)
class Section:
    """The part of an exercise about one open question."""

    question: str
    heading: str
    prompt: str  # the text of the question
    handed_out: tuple[str, ...]  # the texts of its cells, the question included
    other_texts: frozenset[str]  # simplified texts of all cells elsewhere in the exercise
    other_headings: tuple[str, ...]

    @cached_property
    def lines(self) -> list[str]:
        """All handed-out lines, simplified."""
        return [words(line) for text in self.handed_out for line in text.splitlines() if words(line)]

    @cached_property
    def texts(self) -> frozenset[str]:
        return frozenset(map(words, self.handed_out))


def tag_open_answers(cells: tuple[Cell, ...], sections: Sequence[Section]) -> tuple[Cell, ...]:
    """Return the cells, where those that answer an open question say so; one that was left as it was is empty."""
    tagged, compare = list(cells), Comparison()
    starts = {section.question: _find_prompt(cells, section, compare) for section in sections}
    for section in sections:
        here = _range(cells, section, starts)
        for place, cell in enumerate(cells):
            if place not in here and cell.task != section.question:
                continue
            own = _own_text(cell, section, compare)
            if own or cell.task == section.question:
                source = cell.source if cell.kind == "code" else own
                tagged[place] = cell._replace(source=source, task=section.question, role="open")
    return tuple(tagged)


def sections_of(exercise: Sequence[Cell], catalogue: Catalogue, lesson: str) -> list[Section]:
    """Return the sections about open questions in an exercise."""
    roster = catalogue.of_lesson(lesson).roster
    headings = {one.name: _title(catalogue.heading(one.name)) for one in roster}
    texts = [words(cell.source) for cell in exercise]
    starts = {name: _with_heading(texts, heading) for name, heading in headings.items()}
    found = []
    for question in catalogue.of_lesson(lesson).open_questions:
        start = starts[question.name]
        if start is None:
            continue
        later = [place for place in range(start + 1, len(exercise)) if _has_heading(exercise[place].source)]
        end = min(later, default=len(exercise))
        handed_out = tuple(cell.source for cell in exercise[start:end])
        elsewhere = {text for place, text in enumerate(texts) if not start <= place < end and text}
        found.append(
            Section(
                question.name,
                headings[question.name],
                exercise[start].source,
                handed_out,
                frozenset(elsewhere - set(map(words, handed_out))),
                tuple(heading for name, heading in headings.items() if name != question.name),
            )
        )
    return found


def words(text: str) -> str:
    """Simplify a text to its words, so that layout and emphasis do not matter."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def _title(heading: str) -> str:
    """Return the words of a task's heading without its points."""
    return words(heading.rpartition(" · ")[0])


def _with_heading(texts: Iterable[str], heading: str) -> int | None:
    return next((place for place, text in enumerate(texts) if text.startswith(heading)), None)


def _has_heading(source: str) -> bool:
    return re.match(r"#{1,2} ", source.lstrip()) is not None


def _find_prompt(cells: Sequence[Cell], section: Section, compare: "Comparison") -> int | None:
    """Return the place of the question: a cell with its text, with its heading, or with nearly the same text."""
    texts = [words(cell.source[:MAX_LENGTH]) for cell in cells]
    wanted = words(section.prompt[:MAX_LENGTH])
    for place, text in enumerate(texts):
        if text.startswith((wanted, section.heading)):
            return place
    shortened = words(section.prompt[:MAX_LENGTH].partition("\n")[2])  # without the heading
    for place, text in enumerate(texts):
        if cells[place].kind == "markdown" and compare.alike(text, shortened):
            return place
    return None


def _range(cells: Sequence[Cell], section: Section, starts: Mapping[str, int | None]) -> range:
    """Return the places from a question up to the first cell that belongs to something else; none without it."""
    start = starts[section.question]
    if start is None:
        return range(0)
    for place in range(start + 1, len(cells)):
        cell = cells[place]
        text = words(cell.source[:MAX_LENGTH])
        other_task = cell.task is not None and cell.task != section.question
        other_heading = cell.kind == "markdown" and text.startswith(section.other_headings)
        if other_task or other_heading or text in section.other_texts or place in starts.values():
            return range(start, place)
    return range(start, len(cells))


def _own_text(cell: Cell, section: Section, compare: "Comparison") -> str:
    """Return what a student wrote in a cell: all of it, or what was added to a handed-out text."""
    text = words(cell.source)
    if not text or text in section.texts:
        return ""
    starts = (section.heading, *(text for text in section.texts if text))
    if not text.startswith(starts):
        return "" if compare.alike(text, words(section.prompt)) else cell.source
    own = [line for line in cell.source.splitlines() if not _is_handed_out(words(line), section, compare)]
    return "\n".join(own).strip()


def _is_handed_out(line: str, section: Section, compare: "Comparison") -> bool:
    return line in section.lines or any(compare.alike(line, one) for one in section.lines)


class Comparison:
    """Compares the texts of one notebook with handed-out ones, up to `MAX_COMPARED` characters."""

    def __init__(self) -> None:
        self.left = MAX_COMPARED
        self.known: dict[tuple[str, str], bool] = {}

    def alike(self, one: str, other: str) -> bool:
        """Whether two simplified texts have the same words but for a few. Most are told apart by their length."""
        if one == other:
            return True
        if not other or not 0.6 < (len(one) + 1) / (len(other) + 1) < 1.6:
            return False
        if (one, other) not in self.known:
            self.left -= len(one) + len(other)
            if self.left < 0:
                return False
            self.known[one, other] = _mostly_same_words(one, other)
        return self.known[one, other]


def _mostly_same_words(one: str, other: str) -> bool:
    matcher = difflib.SequenceMatcher(None, one.split(), other.split(), autojunk=False)
    return matcher.quick_ratio() > ALIKE and matcher.ratio() > ALIKE
