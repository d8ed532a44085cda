"""Turn the results on disk into pages, tables and feedback. Nothing is marked here; `mlcourse report` does only this.

Results are read one at a time, and their long texts (code, output, open answers) are dropped once they are on the
student's page, so a thousand submissions need little memory.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from mlcourse.checks.atomic import write_atomically
from mlcourse.grading.gradebook.book import Book, Bookkeeper, Entry
from mlcourse.grading.gradebook.class_list import ClassList, read_class_list
from mlcourse.grading.gradebook.settings import (
    CLASS_LIST,
    NAME,
    Gradebook,
    Platform,
    platform,
    read_gradebook,
)
from mlcourse.grading.intake.platforms import canvas, moodle
from mlcourse.grading.records.grade import Grade
from mlcourse.grading.records.manifest import Listed, Manifest, NothingToPublish, read_manifest
from mlcourse.grading.records.results import Result, lean, load_result, tasks_lost_with_cells
from mlcourse.grading.report import byhand, exports
from mlcourse.grading.report.byhand import (
    Key,
    apply_entries,
    entry_for_notebook,
    notebook_row,
    open_answer_rows,
    read_entries,
    table_key,
    unused,
    update_table,
)
from mlcourse.grading.report.feedback import NAMES, in_no_platform, named_in_folders, write_feedback
from mlcourse.grading.report.pages import index_page, lesson_page, student_page
from mlcourse.grading.report.paths import lesson_path, student_path
from mlcourse.grading.report.regrade import (
    REQUESTS,
    MarksByTask,
    Notebook,
    find_requested,
    follow_up,
    read_requests,
)
from mlcourse.grading.report.several import NAME as SEVERAL
from mlcourse.grading.report.several import choices_in, read_several, update_several


@dataclass
class Summary:
    """The outcome of a run."""

    book: Book
    changes: list[str] = field(default_factory=list)  # who gained or lost points since the last run

    @property
    def grades(self) -> list[Grade]:
        return [entry.grade for entry in self.book.entries]

    @property
    def remarks(self) -> list[str]:
        """Sentences: what else the instructor has to decide."""
        return self.book.remarks

    @property
    def ungraded(self) -> list[Grade]:
        """Those that could not be graded, and that nobody has dealt with."""
        return [entry.grade for entry in self.book.entries if entry.needs_a_person]


def gradebook_of(out: Path, manifest: Manifest) -> Gradebook:
    """Read the gradebook.toml of a folder of results, or the file that was named; without one, all is as by default.

    A class list beside the results is used unless the settings name another one.

    Raises GradebookError.
    """
    path = Path(manifest.gradebook) if manifest.gradebook else out / NAME
    there = manifest.gradebook or path.exists()
    gradebook = read_gradebook(path, manifest.lessons) if there else Gradebook()
    if not gradebook.class_list and (out / CLASS_LIST).is_file():
        gradebook = replace(gradebook, class_list=out / CLASS_LIST)
    return replace(gradebook, platform=platform(manifest.platform or gradebook.platform))


class Register(NamedTuple):
    """The settings of a class, and who is in it."""

    gradebook: Gradebook
    class_list: ClassList  # without students if the settings name none


def read_register(out: Path, manifest: Manifest) -> Register:
    """Read the settings, and the class list that they name. Raises GradebookError, SheetError."""
    gradebook = gradebook_of(out, manifest)
    return Register(
        gradebook, read_class_list(gradebook.class_list) if gradebook.class_list else ClassList([])
    )


def keeper_of(out: Path, manifest: Manifest, register: Register) -> Bookkeeper:
    """Return who knows whose each submission is, and which of several counts. Raises SheetError."""
    choices = choices_in(read_several(out / SEVERAL), manifest.submissions)
    return Bookkeeper(manifest.submissions, *register, manifest.titles, choices)


def also_called(owner: str, source: str, class_list: ClassList) -> tuple[str, ...]:
    """Return what the class list says of the student who handed in a file, if it is clear who that is."""
    found = class_list.find(owner, source)
    return (found[0].name, found[0].id, found[0].email, found[0].login) if len(found) == 1 else ()


def publish(out: Path, register: Register | None = None) -> Summary:
    """Write all pages and tables, remove those of earlier runs, and return what the instructor has to know.

    Parameters
    ----------
    out : Path
    register : Register, optional
        The settings and the class list, if they have been read already.

    Raises
    ------
    NothingToPublish
        If there was no run.
    SheetError
        If by_hand.csv cannot be read or has an invalid number of points, or several.csv cannot be read. The files
        are left unchanged.
    GradebookError
        If gradebook.toml or the class list cannot be used.
    """
    manifest = read_manifest(out)
    keeper = keeper_of(out, manifest, register or read_register(out, manifest))
    entered = as_handed_in(read_entries(out / "by_hand.csv"), manifest.submissions, keeper)
    used: set[Key] = set()
    rows: dict[Key, byhand.Row] = {}
    entries: list[Entry] = []
    notebooks: list[Notebook] = []
    marks: MarksByTask = {}
    for listed, result in results_of(out, keeper.submissions):
        grade = apply_entries(result.grade, entered, used)
        entry = replace(keeper.entry(listed, lean(grade)), lost=tasks_lost_with_cells(result))
        if not result.finished:
            entry = replace(entry, is_finished=False)
        elif not entry.is_graded:
            word = entry_for_notebook(grade, entered, used)
            entry = replace(entry, dealt_with=bool(word.points), comment=word.comment)
            rows |= notebook_row(grade)
        _write(out / student_path(entry.name), student_page(entry, grade, manifest.titles, result.code))
        rows |= open_answer_rows(grade)
        notebooks.append(notebook_of(listed, grade, keeper.class_list))
        marks |= {(listed.name, mark.task): mark for mark in grade.marks}
        entries.append(entry)
    book = keeper.book(entries)
    update_table(out / "by_hand.csv", rows)
    update_several(out / SEVERAL, keeper)
    requests, problems = find_requested(read_requests(out / REQUESTS), notebooks)
    book.remarks += [*unused(entered, used), *problems]
    requested = [each.sentence(manifest.titles) for each in follow_up(out, requests, marks)]
    written = [*write_pages(out, book, manifest.changes, requested), *write_tables(out, book)]
    remove_leftovers(out, written, {entry.name for entry in entries})
    return Summary(book, manifest.changes)


def as_handed_in(
    entered: dict[Key, byhand.Entry], submissions: Sequence[Listed], keeper: Bookkeeper
) -> dict[Key, byhand.Entry]:
    """Return what was entered by hand under the names of the files, where a row has the name on the class list."""
    names: dict[tuple[str, str], str] = {}
    for each in submissions:
        listed, known = (
            table_key(exports.inert(name), exports.file_cell(each.source), "")
            for name in (each.student, keeper.student(each).name)
        )
        names[known.student, known.file] = listed.student
    return {
        key._replace(student=names.get((key.student, key.file), key.student)): entry
        for key, entry in entered.items()
    }


def marked_before(out: Path, class_list: ClassList) -> tuple[list[Notebook], MarksByTask]:
    """Return the notebooks and the marks of the last run; none if there was none. Raises SheetError."""
    try:
        submissions = read_manifest(out).submissions
    except NothingToPublish:
        return [], {}
    entered = read_entries(out / "by_hand.csv")
    notebooks: list[Notebook] = []
    marks: MarksByTask = {}
    for each, result in results_of(out, submissions):
        grade = apply_entries(result.grade, entered, set())
        notebooks.append(notebook_of(each, grade, class_list))
        marks |= {(each.name, mark.task): mark for mark in grade.marks}
    return notebooks, marks


def notebook_of(listed: Listed, grade: Grade, class_list: ClassList) -> Notebook:
    """Return what a request to look at a mark again can be about."""
    tasks = tuple(mark.task for mark in grade.marks)
    names = also_called(listed.owner, grade.source, class_list)
    return Notebook(listed.name, grade.student, listed.owner, grade.source, grade.lesson, tasks, names)


def results_of(out: Path, submissions: Sequence[Listed]) -> Iterator[tuple[Listed, Result]]:
    """Yield every submission of the manifest, with its result.

    One whose marking is incomplete, because the run was stopped or the grader failed, counts as unreadable: it is
    listed first and has no points in any table.
    """
    for each in submissions:
        nothing = Result(Grade(each.student, each.lesson, each.source, "unreadable"), "")
        result = load_result(out, each.name, each) or nothing
        if not result.finished:
            notes = [*result.grade.notes, "Not completely marked: run `grade` with `--resume` to continue."]
            result.grade = replace(result.grade, status="unreadable", notes=notes)
        yield each, result


def _write(path: Path, content: str) -> Path:
    """Write a file, unless it has this content already: most pages of a large class stay as they are."""
    data = content.encode("utf-8")
    if not path.is_file() or path.read_bytes() != data:
        write_atomically(path, data, durable=False)
    return path


# ── Pages and tables ─────────────────────────────────────────────────────────────────────────────────


def write_pages(out: Path, book: Book, changes: Sequence[str], requests: Sequence[str]) -> Iterator[Path]:
    """Write the instructor's pages: a single lesson is on the index itself."""
    yield _write(out / "index.html", index_page(book, changes, requests))
    if len(book.lessons) > 1:
        for lesson in book.lessons:
            yield _write(out / lesson_path(lesson), lesson_page(book, lesson))


def write_tables(out: Path, book: Book) -> Iterator[Path]:
    """Write the table of all lessons; and for each lesson what its platform takes, without undecided notebooks."""
    yield _write(out / "grades.csv", exports.BYTE_ORDER_MARK + exports.grades_csv(book))
    others: list[Entry] = []  # what goes back in no platform's names
    for lesson in book.lessons:  # one assignment each
        entries = [entry for entry in book.of_lesson(lesson) if entry.is_the_one]
        chosen = platform_of(book, lesson)
        if chosen == "canvas":
            yield _write(out / f"canvas_{lesson}.csv", exports.canvas_csv(entries, lesson))
        if chosen == "moodle":
            yield _write(out / f"moodle_{lesson}.csv", exports.moodle_csv(entries))
        if chosen == "gradescope":
            for entry in book.of_lesson(lesson):
                yield _write(out / "gradescope" / entry.name / "results.json", exports.gradescope_json(entry))
        name = NAMES.get(chosen, in_no_platform)
        names = [(name(entry), entry) for entry in book.returned(lesson)]
        if for_platform := [(known, entry) for known, entry in names if known]:
            path = out / f"feedback_{chosen}_{lesson}.zip"
            write_feedback(path, out, for_platform)
            yield path
        others += [entry for known, entry in names if not known]
    others += book.returned(None)
    if others:
        write_feedback(out / "feedback.zip", out, named_in_folders(others))
        yield out / "feedback.zip"
    if book.gradebook.platform == "junit":
        yield _write(out / "junit.xml", exports.junit_xml(book.entries))


def platform_of(book: Book, lesson: str) -> Platform:
    """Return the platform that was asked for, or the one that has named the files of most students of a lesson.

    Students are counted, not files: one may hand in many, under any names.
    """
    if book.gradebook.platform != "auto":
        return book.gradebook.platform
    files = [(entry.listed.owner, entry.listed.source) for entry in book.of_lesson(lesson)]
    named: set[tuple[str, Platform]] = {(owner, "canvas") for owner, source in files if canvas(source)}
    named |= {(owner, "moodle") for owner, source in files if moodle(source)}
    counts = Counter(platform for _, platform in named)
    return counts.most_common(1)[0][0] if counts else "none"


# ── Files of earlier runs ────────────────────────────────────────────────────────────────────────────

# Those that a run may write, but for the ones that every run writes.
OUR_FILES = re.compile(
    r"(canvas|moodle)_\d\d_\w+\.csv|feedback(_(canvas|moodle)_\d\d_\w+)?\.zip|lesson_\d\d_\w+\.html|junit\.xml"
)
OUR_NAMES = re.compile(
    r"[a-z0-9-]+-[0-9a-f]{10}([0-9a-f]{22})?"
)  # see `slug`; older versions made shorter ones


def remove_leftovers(out: Path, written: Sequence[Path], names: set[str]) -> None:
    """Remove pages and tables that this run has not written: somebody might upload them or hand them out.

    Only files that a run could have written are removed, and never through a link.
    """
    leftovers = [path for path in out.iterdir() if OUR_FILES.fullmatch(path.name) and path not in written]
    leftovers += [out / student_path(name) for name in _names_of_ours(out / "students") - names]
    results = {path.parent.name for path in written if path.name == "results.json"}
    leftovers += [
        out / "gradescope" / name / "results.json" for name in _names_of_ours(out / "gradescope") - results
    ]
    for path in leftovers:
        if path.is_file() and not path.is_symlink() and not path.parent.is_symlink():
            path.unlink()
            if path.name == "results.json" and not list(path.parent.iterdir()):
                path.parent.rmdir()


def _names_of_ours(folder: Path) -> set[str]:
    if folder.is_symlink() or not folder.is_dir():
        return set()
    return {path.stem for path in folder.iterdir() if OUR_NAMES.fullmatch(path.stem)}
