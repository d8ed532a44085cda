"""Several notebooks of a student for one lesson, of which the instructor chooses one."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from mlcourse.grading.gradebook.book import Bookkeeper, only_choice
from mlcourse.grading.records.grade import Grade
from mlcourse.grading.records.text import format_points, in_letters
from mlcourse.grading.report.pages import moment_of
from mlcourse.grading.report.several import NO, WORDS, YES, Place, Row, choose, place_of, read_several
from mlcourse.grading.report.words import status_words


class Candidate(NamedTuple):
    """One of the notebooks."""

    id: str
    name: str  # of the result
    place: Place
    about: str  # when it was handed in, and its points


class Group(NamedTuple):
    """The notebooks of a student for a lesson."""

    student: str
    lesson: str
    candidates: list[Candidate]


def groups_of(keeper: Bookkeeper, grades: Mapping[str, Grade]) -> list[Group]:
    """List the students with several notebooks for a lesson, by lesson and name."""
    groups = []
    for (student, lesson), those in keeper.several.items():
        if not lesson:
            continue  # it is not known what these are notebooks for
        candidates = []
        for each in those:
            time = (
                f"handed in {moment_of(each.handed_in, keeper.gradebook.zone)}"
                if each.handed_in is not None
                else ""
            )
            about = ", ".join(filter(None, [time, _points(grades[each.name])]))
            id_ = in_letters(f"{each.name}\0{lesson}")
            candidates.append(Candidate(id_, each.name, place_of(each, lesson), about))
        groups.append(Group(student.name, lesson, candidates))
    return sorted(groups, key=lambda group: (group.lesson, group.student.casefold()))


def _points(grade: Grade) -> str:
    """Describe a notebook in a few words, without the points that are given by hand."""
    if not grade.marks:
        return status_words(grade)
    return f"{status_words(grade)}, {format_points(grade.points)} points so far"


class Several:
    """The table of choices, as the desk shows and changes it.

    Parameters
    ----------
    path : Path
        `several.csv`, which need not exist yet.
    groups : list of Group

    Attributes
    ----------
    changed : bool
        Whether anything has been chosen here.

    Raises
    ------
    SheetError
        If the table cannot be read, then or later.
    """

    def __init__(self, path: Path, groups: list[Group]):
        self.path, self.groups, self.changed = path, groups, False
        self.refresh()

    def refresh(self) -> None:
        """Read the table again: another program may have written it."""
        self._rows = read_several(self.path)

    def chosen(self, group: Group) -> Candidate | None:
        """Return the notebook that counts; None while none is chosen, or if there is one that nobody has seen."""
        rows = [self._rows.get(each.place) for each in group.candidates]
        place = only_choice([row and WORDS[row.counts] for row in rows])
        return None if place is None else group.candidates[place]

    def undecided(self) -> int:
        return sum(self.chosen(group) is None for group in self.groups)

    def set_aside(self) -> set[str]:
        """Return the names of the notebooks that do not count, because another one was chosen."""
        decided = [(group, self.chosen(group)) for group in self.groups]
        return {each.name for group, one in decided if one for each in group.candidates if each is not one}

    def choose(self, id_: str, counts: bool) -> bool:
        """Let a notebook count, or take the choice back; False if there is no such notebook."""
        for group in self.groups:
            if any(each.id == id_ for each in group.candidates):
                words = {each: YES if each.id == id_ else NO for each in group.candidates}
                choose(
                    self.path,
                    {each.place: Row(group.student, word if counts else "") for each, word in words.items()},
                )
                self.changed = True
                self.refresh()
                return True
        return False
