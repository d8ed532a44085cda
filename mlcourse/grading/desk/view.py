"""What the page shows: which marks, in which order, and how many are done."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple, get_args
from urllib.parse import urlencode

from mlcourse.course_folder import Course
from mlcourse.grading.desk.items import Item, read_items
from mlcourse.grading.desk.rubrics import read_rubrics
from mlcourse.grading.desk.several import Several
from mlcourse.grading.desk.store import Store
from mlcourse.grading.records.grade import Mark
from mlcourse.grading.records.journal import Journal
from mlcourse.grading.records.manifest import read_manifest
from mlcourse.grading.records.sheet import SheetError
from mlcourse.grading.report.byhand import WHOLE, Entry, parse_points
from mlcourse.grading.report.regrade import (
    REQUESTS,
    Requested,
    find_requested,
    follow_up,
    read_requests,
    state_of,
)
from mlcourse.grading.report.several import NAME as SEVERAL

Shown = Literal["all", "unmarked", "requests"]


class Choice(NamedTuple):
    """What to show, as the address of the page says."""

    task: str = ""  # blank for all open questions
    show: Shown = "all"
    group: str = ""  # blank for all
    student: str = ""  # part of a name
    anonymous: bool = False
    at: str = ""  # id of an item

    @classmethod
    def of(cls, arguments: Mapping[str, str]) -> "Choice":
        """Return the choice in an address; what makes no sense there is ignored."""
        show: Shown = next((known for known in get_args(Shown) if known == arguments.get("show")), "all")
        anonymous = arguments.get("anonymous") == "yes"
        student = "" if anonymous else arguments.get("student", "").strip()
        task, group, at = (arguments.get(name, "") for name in ("task", "group", "at"))
        return cls(task, show, group, student, anonymous, at)

    def address(self, at: str | None = None) -> str:
        """Return the address that shows the same, at another item if one is given."""
        words = self._replace(at=self.at if at is None else at)._asdict()
        words["anonymous"] = "yes" if self.anonymous else ""
        return "/?" + urlencode({name: word for name, word in words.items() if word and word != "all"})


class Question(NamedTuple):
    """A task, and how much of it is marked."""

    task: str
    lesson: str
    title: str
    is_open: bool
    marked: int
    total: int


class Selection(NamedTuple):
    """The marks that were chosen, and the one to show."""

    item: Item | None  # None if nothing was chosen
    place: int  # of the item among those chosen, from 1; 0 if it is not among them (any more)
    previous: Item | None
    following: Item | None
    size: int  # how many were chosen
    marked: int  # of those in question, whether or not they are shown
    total: int
    asked: int  # of those in question, how many a student asks about without an answer yet

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do, whatever is shown."""
        return self.marked == self.total and not self.asked


class Waiting(NamedTuple):
    """Something that waits for the instructor, and where it is."""

    what: str
    number: int
    address: str


class Desk:
    """Everything that can be marked, and what has been entered.

    Parameters
    ----------
    out : Path
        The folder of a run.
    course : Course
        It has the rubrics.

    Raises
    ------
    NothingToPublish, SheetError
    """

    def __init__(self, out: Path, course: Course):
        self.out = out
        manifest = read_manifest(out)
        self.titles = manifest.titles
        self.items, notebooks, groups = read_items(out, manifest)
        self.by_id = {item.id: item for item in self.items}
        self.several = Several(out / SEVERAL, groups)
        self.store = Store(out / "by_hand.csv", Journal(out / "journal.jsonl"))
        self.rubrics = read_rubrics(course.root)
        requests, problems = find_requested(read_requests(out / REQUESTS), notebooks)
        if problems:
            raise SheetError("\n".join(problems))
        marks = {(item.name, item.mark.task): self.mark(item) for item in self.items}
        self._requests: dict[tuple[str, str], list[Requested]] = {}
        for each in follow_up(out, requests, marks):
            self._requests.setdefault((each.request.name, each.request.task), []).append(each)

    @property
    def changed(self) -> bool:
        """Whether anything was entered here."""
        return self.store.changed or self.several.changed

    def refresh(self) -> None:
        """Read the tables again if another program has written them. Raises SheetError."""
        self.store.refresh()
        self.several.refresh()

    # ── One item ─────────────────────────────────────────────────────────────────────────────────

    def mark(self, item: Item) -> Mark:
        """Return the mark with what has been entered; points that are not valid do not count."""
        entry = self.store.entry(item.key)
        mark = item.mark._replace(comment=entry.comment)
        points = parse_points(entry.points, mark.out_of) if entry.points else None
        return mark if points is None else mark._replace(points=points, status="by hand", entered=True)

    def is_marked(self, item: Item) -> bool:
        return not item.is_open or self.mark(item).entered

    def requests(self, item: Item) -> list[Requested]:
        """Return the requests about the item, and what has come of them by now."""
        made = self._requests.get((item.name, item.mark.task), [])
        return [each._replace(now=state_of(self.mark(item))) for each in made] if made else []

    def title(self, item: Item) -> str:
        """Return the number and the title of the item's task."""
        return "Could not be graded" if item.is_whole else self.titles.get(item.mark.task, item.mark.task)

    def is_asked_about(self, item: Item) -> bool:
        """Whether a request about the item has no answer yet."""
        return not all(each.answered for each in self.requests(item))

    def save(self, item: Item, seen: Entry, entry: Entry) -> None:
        """Enter points and a comment. Raises EntryConflict, SheetError."""
        self.store.save(item.key, seen, entry, item.mark.out_of)

    # ── All items ────────────────────────────────────────────────────────────────────────────────

    def questions(self) -> list[Question]:
        """List all tasks, in the order of the course, with how many of their answers are marked."""
        by_task: dict[tuple[str, str], list[Item]] = {}
        set_aside = self.several.set_aside()
        for item in self.items:
            if item.name in set_aside:
                continue  # another notebook counts: nobody has to mark this one
            by_task.setdefault((item.lesson, item.mark.task), []).append(item)
        return [
            Question(
                task,
                lesson,
                self.title(items[0]),
                items[0].is_open,
                marked=sum(map(self.is_marked, items)),
                total=len(items),
            )
            for (lesson, task), items in by_task.items()
        ]

    def conflicts(self) -> list[Item]:
        """List the items for which the table has something else than what was entered here."""
        found = self.store.conflicts
        return [item for item in self.items if self.store.conflict(item.key) is not None] if found else []

    def waiting(self) -> list[Waiting]:
        """List what is left to do, in the order in which the page leads there."""
        requests = Choice(show="requests")
        found = [
            self._unmarked("open answers to mark", Choice()),
            Waiting("requests to answer", self.select(requests).asked, requests.address()),
            Waiting("students with several notebooks to choose from", self.several.undecided(), "/several"),
            self._unmarked("files that could not be graded", Choice(task=WHOLE)),
        ]
        return [each for each in found if each.number]

    def _unmarked(self, what: str, choice: Choice) -> Waiting:
        """Say how many of those in question are not marked; the address is that of the first one, among all."""
        selection = self.select(choice._replace(show="unmarked"))
        first = selection.item.id if selection.item else ""
        return Waiting(what, selection.total - selection.marked, choice.address(first))

    def groups(self) -> list[str]:
        return sorted({item.group for item in self.items if item.group})

    def select(self, choice: Choice) -> Selection:
        """Return the item that the choice points at, or else the first one after it, and its neighbours."""
        set_aside = self.several.set_aside()
        candidates = [
            item for item in self.items if item.name not in set_aside and self._is_about(item, choice)
        ]
        if choice.anonymous:  # an order that does not follow the names
            tasks = {
                task: place for place, task in enumerate(dict.fromkeys(item.mark.task for item in candidates))
            }
            candidates.sort(key=lambda item: (tasks[item.mark.task], item.id))
        shown = [place for place, item in enumerate(candidates) if self._is_shown(item, choice)]
        here = next((place for place, item in enumerate(candidates) if item.id == choice.at), None)
        if here is None:
            here = shown[0] if shown else None

        def item_at(places: Iterable[int]) -> Item | None:
            return next((candidates[place] for place in places), None)

        return Selection(
            item=None if here is None else candidates[here],
            place=shown.index(here) + 1 if here in shown else 0,
            previous=item_at(place for place in reversed(shown) if here is not None and place < here),
            following=item_at(place for place in shown if here is not None and place > here),
            size=len(shown),
            marked=sum(map(self.is_marked, candidates)),
            total=len(candidates),
            asked=sum(map(self.is_asked_about, candidates)),
        )

    def _is_about(self, item: Item, choice: Choice) -> bool:
        """Whether the item belongs to the chosen question, group and student."""
        if item.is_whole and (choice.anonymous or choice.task != WHOLE):
            return False  # the names of files often are names of students
        wanted = item.mark.task == choice.task if choice.task else item.is_open or choice.show == "requests"
        in_group = not choice.group or item.group == choice.group
        names = f"{item.student}\n{item.owner}".casefold()
        return wanted and in_group and choice.student.casefold() in names

    def _is_shown(self, item: Item, choice: Choice) -> bool:
        if choice.show == "unmarked":
            return not self.is_marked(item)
        if choice.show == "requests":
            return bool(self.requests(item))
        return True
