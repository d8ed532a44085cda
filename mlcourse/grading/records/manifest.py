"""run.json: which submissions the folder of results is about, lesson by lesson, and how it was last asked for.

The folder may also contain results of earlier submissions. Only those that are listed here are published.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from mlcourse.checks.atomic import write_atomically
from mlcourse.grading.records.grade import Submission
from mlcourse.grading.records.results import identity, name_of
from mlcourse.grading.records.times import is_possible

NAME = "run.json"


class NothingToPublish(ValueError):
    """A folder without the results of a run, or of this one; the message says how to go on."""


@dataclass(frozen=True)
class Listed:
    """A submission as the manifest lists it: enough to report it if its result is missing."""

    name: str  # of all files about it, without suffix
    student: str
    owner: str  # the student's name without the number that a second notebook adds
    source: str
    lesson: str | None
    among: tuple[str, ...] = ()  # all lessons of the run that found it: an unknown lesson is one of them
    handed_in: float | None = None  # seconds since 1970
    folder: str = ""  # the folder or zip that it was in
    readable: bool = True  # older versions did not note it; without a lesson, it is not

    @property
    def lessons(self) -> tuple[str, ...]:
        """The lessons that it may belong to."""
        return (self.lesson,) if self.lesson else self.among

    @property
    def is_readable(self) -> bool:
        """Whether it is a notebook that can be read, of a lesson that is known."""
        return self.readable and self.lesson is not None

    def is_replaced_by(self, other: Self) -> bool:
        """Whether another one, of a later run, takes its place: the same file, which may be of the same lesson."""
        if identity(self) == identity(other):
            return True
        same_file = (self.owner, self.source) == (other.owner, other.source)
        return same_file and (not self.lessons or not set(self.lessons).isdisjoint(other.lessons))


@dataclass
class Manifest:
    """What run.json contains."""

    submissions: list[Listed] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)  # who gained or lost points in the last run
    gradebook: str | None = None  # the path given with --gradebook
    platform: str | None = None  # the name given with --platform
    titles: dict[str, str] = field(default_factory=dict)  # task → its number and title, as in the exercise
    lessons: list[str] = field(default_factory=list)  # of the course; older versions did not note them

    def with_run(self, found: Sequence[Listed], folder: str) -> Self:
        """Return the manifest after a run that found these submissions in a folder.

        They replace what was in that folder before, and the same files of the same students, even if only one of the
        two could be read. All others stay: a notebook in the wrong folder must not cost a class its marks.
        """
        lessons = {each.lesson for each in found if each.lesson}
        new = [replace(each, among=tuple(sorted(lessons)), folder=folder) for each in found]
        same_source: dict[str, list[Listed]] = {}
        for each in new:
            same_source.setdefault(each.source, []).append(each)
        kept = [
            each
            for each in self.submissions
            if each.folder != folder and not any(map(each.is_replaced_by, same_source.get(each.source, [])))
        ]
        return replace(self, submissions=[*kept, *new], changes=[])

    def without(self, word: str) -> Self:
        """Return the manifest without what was found in a folder or zip, which need not exist any more.

        It is given by its path or, if only one has it, by its name. Raises NothingToPublish.
        """
        folders = dict.fromkeys(each.folder for each in self.submissions)
        path = Path(word).resolve()
        named = [each for each in folders if each == str(path)] or [
            each for each in folders if Path(each).name == path.name
        ]
        if len(named) != 1:
            what = "several runs graded" if named else "no run graded"
            raise NothingToPublish(f"{what} {word}. Name one of these: {', '.join(named or folders)}.")
        kept = [each for each in self.submissions if each.folder != named[0]]
        return replace(self, submissions=kept, changes=[])


def listed(submission: Submission) -> Listed:
    """Return the manifest's entry for a submission."""
    owner = submission.owner or submission.student
    return Listed(
        name_of(submission),
        submission.student,
        owner,
        submission.source,
        submission.lesson,
        handed_in=submission.handed_in,
        readable=not submission.problem,
    )


def write_manifest(out: Path, manifest: Manifest) -> None:
    """Write the manifest into the folder of results."""
    write_atomically(out / NAME, json.dumps(asdict(manifest), indent=1) + "\n")


def read_manifest(out: Path) -> Manifest:
    """Read the manifest of a folder of results. Raises NothingToPublish."""
    try:
        record = json.loads((out / NAME).read_text("utf-8"))
        entries = [_entry(each) for each in record.pop("submissions")]
        return Manifest(entries, **record)
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        raise NothingToPublish(
            f"there are no graded submissions in {out}: run `python course.py grade SUBMISSIONS -o {out}` first."
        ) from None


def _entry(record: dict[str, Any]) -> Listed:
    one = Listed(**{**record, "among": tuple(record["among"])})
    possible = one.handed_in is not None and is_possible(one.handed_in)  # older versions did not check
    return one if possible else replace(one, handed_in=None)
