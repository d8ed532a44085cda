"""Grade a folder of submissions: read them, mark them, and publish the results."""

import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from mlcourse.course_folder import OURS, Course
from mlcourse.grading.batch import assess, without_pandas
from mlcourse.grading.batch.assess import Assessment, Terms, Waiting
from mlcourse.grading.batch.cluster import Cluster
from mlcourse.grading.batch.dispatch import Crew, hand_out
from mlcourse.grading.batch.processes import Here, Processes
from mlcourse.grading.batch.spool import Spool
from mlcourse.grading.batch.submission import Outcome, Settings, begin, finish, look_up, lost
from mlcourse.grading.gradebook.class_list import ClassList
from mlcourse.grading.intake.read import read_submissions
from mlcourse.grading.judge.marking import fault_in
from mlcourse.grading.records.grade import Submission
from mlcourse.grading.records.manifest import (
    Listed,
    Manifest,
    NothingToPublish,
    listed,
    read_manifest,
    write_manifest,
)
from mlcourse.grading.records.results import name_of
from mlcourse.grading.records.sheet import SheetError
from mlcourse.grading.records.text import format_points, printable
from mlcourse.grading.report.exports import inert
from mlcourse.grading.report.publish import (
    Summary,
    also_called,
    marked_before,
    publish,
    read_register,
)
from mlcourse.grading.report.regrade import (
    Notebook,
    Row,
    all_requests,
    find_requested,
    follow_up,
    write_requests,
)

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]  # on Windows, which has no sandbox either


class CannotGrade(ValueError):
    """A run that cannot start; the message says why and what to do."""


class Names(NamedTuple):
    """What people call the students and the tasks of a run."""

    students: Mapping[str, str]  # by the name of a result
    tasks: Mapping[str, str]  # by their names in the notebook


def grade_folder(
    submissions: Path,
    settings: Settings,
    jobs: int,
    lesson: str | None = None,
    quiet: bool = False,
    cluster: str | None = None,
    regrade: Path | None = None,
) -> Summary:
    """Mark all submissions of a folder or zip, and write results, tables and pages into `settings.out`.

    Parameters
    ----------
    submissions : Path
    settings : Settings
    jobs : int
        Number of processes; 0 marks everything in this one.
    lesson : str, optional
        The lesson of all submissions, such as "04_em" or "04"; by default it is recognised for each notebook.
    quiet : bool
        Whether to hide the progress bar.
    cluster : str, optional
        The address of a Dask cluster that marks them instead of processes, such as "dask://HOST:8786".
    regrade : Path, optional
        A table of tasks to mark again, added to the one in `settings.out`.

    Raises
    ------
    CannotGrade, CatalogueError, ClusterError, GradebookError, NoSandbox, SheetError
    """
    course = settings.course
    lesson = full_name(lesson, course)
    with (
        lock_folder(settings.out),
        Spool(settings.out) as waiting,
        crew_for(settings.terms, jobs, cluster) as crew,
    ):
        entries: list[Listed] = []
        notebooks: list[Notebook] = []
        requests = all_requests(regrade, settings.out)
        asked_for = Manifest(
            gradebook=str(settings.gradebook.resolve()) if settings.gradebook else None,
            platform=settings.platform,
            lessons=list(course.catalogue.lessons),
        )
        register = read_register(settings.out, asked_for)
        for submission in read_submissions(submissions, course.catalogue, lesson, course.exercise):
            entries.append(listed(submission))
            notebooks.append(notebook_of(submission, course, register.class_list))
            asked, _ = find_requested(requests, notebooks[-1:])
            if left := look_up(submission, settings, again={request.task for request in asked}):
                crew.start()
                waiting.add(left)
        if not entries:
            raise CannotGrade(
                f"no notebooks were found in {submissions}. docs/grading.md lists the layouts that can be read."
            )
        refuse_shared_names(entries)
        note_requests(settings.out, requests, notebooks, register.class_list)
        refuse_faulty_checks(course, waiting.lessons, settings.seed)
        earlier = earlier_runs(settings.out)
        manifest = replace(
            earlier.with_run(entries, str(submissions.resolve())),
            gradebook=asked_for.gradebook,
            platform=asked_for.platform,
            lessons=asked_for.lessons,
            titles=earlier.titles | titles_of({each.lesson for each in entries}, course),
        )
        write_manifest(settings.out, manifest)
        settings.journal.write(
            "run", submissions=len(entries), resume=settings.resume, circumstances=settings.circumstances
        )
        names = Names({notebook.name: notebook.label for notebook in notebooks}, manifest.titles)
        changes = mark_all(waiting, crew, settings, len(entries), quiet, names) if waiting.count else []
        write_manifest(settings.out, replace(manifest, changes=changes))
        return publish(settings.out, register)


def earlier_runs(out: Path) -> Manifest:
    """Return the manifest of the runs so far; an empty one before the first, or if it is damaged."""
    try:
        return read_manifest(out)
    except NothingToPublish:
        return Manifest()


def crew_for(terms: Terms, jobs: int, cluster: str | None) -> Crew:
    """Return who marks the submissions: the workers of a cluster, processes of this machine, or this process."""
    assessment = Assessment(terms)
    if cluster:
        return Cluster(cluster, assessment)
    if jobs == 0:
        return Here(assessment.finish)
    tasks = ["mlcourse.tasks"] if terms.course.root == OURS else []
    return Processes(jobs, assessment.prepare, [without_pandas.__name__, assess.__name__, *tasks])


def refuse_faulty_checks(course: Course, lessons: set[str], seed: bytes) -> None:
    """Raise CannotGrade if a check is faulty, because it would cost everybody points."""
    for task in course.catalogue.tasks.values():
        fault = fault_in(task, seed) if task.lesson in lessons else None
        if fault:
            raise CannotGrade(f"the check of {task.name} is faulty; fix it before grading: {fault}")


def titles_of(lessons: Iterable[str | None], course: Course) -> dict[str, str]:
    """Return the number and the title of each task of these lessons."""
    catalogue = course.catalogue
    return {
        one.name: catalogue.title(one.name)
        for lesson in lessons
        for one in catalogue.of_lesson(lesson).roster
    }


def notebook_of(submission: Submission, course: Course, class_list: ClassList) -> Notebook:
    """Return what a request to look at a mark again can be about."""
    tasks = tuple(one.name for one in course.catalogue.of_lesson(submission.lesson).roster)
    owner = submission.owner or submission.student
    name = name_of(submission)
    names = also_called(owner, submission.source, class_list)
    return Notebook(name, submission.student, owner, submission.source, submission.lesson, tasks, names)


def refuse_shared_names(entries: Iterable[Listed]) -> None:
    """Raise CannotGrade if two submissions have the same name, because one would get the other's marks."""
    first: dict[str, Listed] = {}
    for each in entries:
        other = first.setdefault(each.name, each)
        if other is not each:
            raise CannotGrade(
                f"the submissions {printable(other.source)} and {printable(each.source)} would share one result,"
                f" {each.name}: rename one of these files or folders, and grade again."
            )


def note_requests(out: Path, rows: list[Row], notebooks: list[Notebook], class_list: ClassList) -> None:
    """Keep the requests, and note what the marks were that were asked about.

    Raises SheetError if a request is about no submission of this run or of the last one.
    """
    if not rows:
        return
    earlier, marks = marked_before(out, class_list)
    known = {notebook.name: notebook for notebook in [*earlier, *notebooks]}
    requests, problems = find_requested(rows, known.values())
    if problems:
        raise SheetError("\n".join(problems))
    write_requests(out, rows)
    follow_up(out, requests, marks)


def mark_all(
    waiting: Spool, crew: Crew, settings: Settings, count: int, quiet: bool, names: Names
) -> list[str]:
    """Mark every submission, show the progress, and return a line for each student whose points have changed."""
    changes = {}
    progress = {"total": count, "initial": count - waiting.count, "unit": "submission"}
    with tqdm(**progress, disable=quiet or None) as bar:  # None: only on a terminal
        for outcome in mark_each(waiting, crew, settings):
            bar.set_postfix_str(printable(outcome.grade.student, limit=30), refresh=False)
            bar.update()
            changes[outcome.name] = describe_change(outcome, names)
    return [line for _, line in sorted(changes.items()) if line]


def mark_each(waiting: Spool, crew: Crew, settings: Settings) -> Iterator[Outcome]:
    """Mark every submission; yield each once its result is on the disk."""

    def begun() -> Iterator[Waiting]:
        for one in waiting:
            begin(one, settings)
            yield one

    for one, result in hand_out(crew, Assessment(settings.terms), begun()):
        yield finish(one, result or lost(one, settings), settings)


def describe_change(outcome: Outcome, names: Names) -> str | None:
    """Say what a student gains or loses compared with the last run, by task; None if nothing has changed."""
    if outcome.before is None:
        return None
    before, now = outcome.before, {mark.task: mark.points for mark in outcome.grade.marks}
    tasks = [task for task in {**before, **now} if before.get(task, 0) != now.get(task, 0)]
    if not tasks:
        return None
    gain = sum(now.values()) - sum(before.values())
    verb = "gains" if gain > 0 else "loses" if gain < 0 else "keeps the same total"
    what = "; ".join(
        f"{names.tasks.get(task, task)}: {format_points(before.get(task, 0))} → {format_points(now.get(task, 0))}"
        for task in tasks
    )
    who = printable(names.students[outcome.name])
    return f"{who} {verb}{f' {format_points(abs(gain))}' if gain else ''}: {what}"


def check_paths(submissions: Path, out: Path) -> None:
    """Raise CannotGrade if the submissions do not exist, or the results would be written among them."""
    if not submissions.exists():
        raise CannotGrade(f"{submissions} does not exist.")
    if submissions.resolve() in (out.resolve(), *out.resolve().parents):
        raise CannotGrade(
            f"{out} is inside {submissions}, among the submissions: choose another folder with -o."
        )


def full_name(lesson: str | None, course: Course) -> str | None:
    """Return the full name of a lesson, given its name or number. Raises CannotGrade."""
    if lesson is None:
        return None
    found = course.catalogue.lesson_called(lesson)
    if not found:
        known = course.catalogue.lessons
        raise CannotGrade(
            f"--lesson: there is no lesson {inert(lesson)!r}; choose one of {', '.join(known)}."
        )
    return found


def seed_from(path: Path) -> bytes:
    """Return the secret behind the random cases; if there is none yet, create one that only its owner can read.

    It is kept with the results: the same submissions, marked again, get the same cases and the same marks.
    """
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
    except FileExistsError:
        pass  # the secret of an earlier run, or the instructor's own
    seed = path.read_bytes()
    if not seed:
        raise CannotGrade(f"{path} is empty: put a secret into it, or delete it to get a new one.")
    return seed


@contextmanager
def lock_folder(out: Path) -> Iterator[None]:
    """Keep a second run out of the folder. The kernel releases the lock however this process ends."""
    (out / "results").mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("w") as lock:
        try:
            if fcntl:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotGrade(
                f"another run or `mark` is using {out}: end it first, or choose another folder."
            ) from None
        yield
