"""The commands `mlcourse grade`, `mark`, `report`, `doctor` and `similarity`: options, output and exit codes."""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import get_args

from mlcourse.checks import CatalogueError
from mlcourse.checks.atomic import write_atomically
from mlcourse.course_folder import OURS, Course
from mlcourse.grading import sandbox
from mlcourse.grading.batch.cluster import ClusterError
from mlcourse.grading.batch.grade_folder import (
    CannotGrade,
    check_paths,
    full_name,
    grade_folder,
    lock_folder,
    seed_from,
)
from mlcourse.grading.batch.submission import Settings
from mlcourse.grading.desk.run import run_desk
from mlcourse.grading.desk.view import Desk
from mlcourse.grading.gradebook.example import write_example
from mlcourse.grading.gradebook.settings import GradebookError, Platform
from mlcourse.grading.intake.find import NoSubmissions
from mlcourse.grading.records.manifest import Manifest, NothingToPublish, read_manifest, write_manifest
from mlcourse.grading.records.sheet import SheetError
from mlcourse.grading.records.text import printable
from mlcourse.grading.report.alike import compare_folder, groups_of, near_published, similarity_page
from mlcourse.grading.report.publish import Summary, gradebook_of, publish
from mlcourse.grading.report.words import ungraded_reason

PROGRAM = "python course.py"  # run in the course's own folder
EXIT_UNGRADED = 3  # some submissions could not be graded; all others were
EXPECTED_ERRORS = (
    CannotGrade,
    CatalogueError,
    ClusterError,
    GradebookError,
    NoSubmissions,
    NothingToPublish,
    SheetError,
    sandbox.NoSandbox,
)
PLATFORMS = [name for name in get_args(Platform) if name != "auto"]


def run(command: str, words: list[str]) -> int:
    """Run one of the commands and return its exit code. Errors that a user can fix are printed as one sentence."""
    try:
        return COMMANDS[command](words)
    except EXPECTED_ERRORS as problem:
        print(f"{PROGRAM} {command}: {printable(str(problem), 2000, lines=True)}", file=sys.stderr)
        return 1


def grade_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(f"{PROGRAM} grade", description="Mark the notebooks of a class.")
    add = parser.add_argument
    add("submissions", type=Path, nargs="?", help="a folder of submissions, or a learning platform's zip")
    add("-o", "--out", type=Path, help="the folder for marks, tables and pages")
    add(
        "--init",
        type=Path,
        metavar="OUT",
        help="write an example of gradebook.toml and class.csv into OUT, and stop",
    )
    add("-j", "--jobs", type=int, default=os.cpu_count() or 1, help="number of processes (0: this process)")
    add("--executor", metavar="dask://HOST:PORT", help="a Dask cluster that marks them instead of processes")
    add("--resume", action="store_true", help="keep the marks in OUT that are still valid")
    add_book_options(parser)
    add("--seed-file", type=Path, help="the secret seed of the random cases (default: OUT/seed)")
    add("--regrade", type=Path, metavar="FILE", help="a table of tasks to mark again, because students asked")
    add("--extra-checks", type=Path, metavar="DIR", help="a folder with your own tasks")
    add("--course", type=Path, metavar="DIR", default=OURS, help="the folder of another course")
    add("--lesson", help="the lesson of all notebooks, such as 04 (default: recognised for each notebook)")
    add("--trust-submissions", action="store_true", help="run them without a sandbox if none works")
    return parser


def add_book_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that `grade` and `report` share."""
    add = parser.add_argument
    add(
        "--gradebook",
        type=Path,
        metavar="FILE",
        help="your settings for the class (default: OUT/gradebook.toml)",
    )
    add("--platform", choices=PLATFORMS, help="write tables and feedback for this learning platform")


def grade(words: list[str]) -> int:
    """Mark a folder of submissions, and print where the marks are."""
    parser = grade_parser()
    options = parser.parse_args(words)
    if options.init:
        return init(options.init)
    if not options.submissions or not options.out:
        parser.error("SUBMISSIONS and -o OUT are required")
    check_paths(options.submissions, options.out)
    options.out.mkdir(mode=0o700, parents=True, exist_ok=True)  # marks are confidential
    course = Course(options.course.resolve(), options.extra_checks)
    asked_for = Manifest(
        gradebook=options.gradebook, platform=options.platform, lessons=list(course.catalogue.lessons)
    )
    gradebook = gradebook_of(options.out, asked_for)
    settings = Settings(
        out=options.out,
        seed=seed_from(options.seed_file or options.out / "seed"),
        resume=options.resume,
        trust=options.trust_submissions,
        partial=gradebook.partial,
        carry_forward=gradebook.carry_forward,
        course=course,
        gradebook=options.gradebook,
        platform=options.platform,
    )
    try:
        summary = grade_folder(
            options.submissions,
            settings,
            max(0, options.jobs),
            options.lesson,
            cluster=options.executor,
            regrade=options.regrade,
        )
    except KeyboardInterrupt:
        print("\nStopped. Run the same command with --resume to continue from here.", file=sys.stderr)
        raise
    print_summary(summary, options.out)
    return EXIT_UNGRADED if summary.ungraded else 0


def init(out: Path) -> int:
    """Write the settings of a class as an example, never over files that exist."""
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    written, kept = write_example(out)
    for path in written:
        print(f"Wrote {path}")
    for path in kept:
        print(f"Kept {path}, which exists already.")
    return 0


def print_summary(summary: Summary, out: Path) -> None:
    """Print the outcome of a run, starting with what needs the instructor's attention."""
    for grade in summary.ungraded:
        name, source, reason = map(printable, (grade.student, grade.source, ungraded_reason(grade)))
        print(f"could not be graded: {name} ({source}): {reason}")
    for line in [*summary.remarks, *summary.changes]:
        print(printable(line, 2000))
    open_answers = sum(entry.pending > 0 for entry in summary.book.entries)
    if open_answers:
        print(
            f"Notebooks with open answers: {open_answers}. Mark them in the browser with {PROGRAM} mark {out}"
        )
    entries = summary.book.entries
    graded = sum(entry.is_graded for entry in entries)
    print(f"{graded} of {len(entries)} graded: {out / 'index.html'}")


def mark_parser() -> argparse.ArgumentParser:
    description = "Mark open answers in the browser, and overrule checks. Ctrl-C ends it."
    parser = argparse.ArgumentParser(f"{PROGRAM} mark", description=description)
    add = parser.add_argument
    add("out", type=Path, help=f"the folder that `{PROGRAM} grade` wrote")
    add("--no-browser", action="store_true", help="print the address, and open no browser")
    add("--course", type=Path, metavar="DIR", default=OURS, help="the folder of another course")
    return parser


def mark(words: list[str]) -> int:
    """Open the page for marking by hand; once it is closed, rewrite tables and pages."""
    options = mark_parser().parse_args(words)
    read_manifest(options.out)  # or there is no folder to lock
    with lock_folder(options.out):
        desk = Desk(options.out, Course(options.course.resolve()))
        run_desk(desk, browser=not options.no_browser)
        if not desk.changed:
            print("Nothing was entered.")
            return 0
        summary = publish(options.out)
    print_summary(summary, options.out)
    return EXIT_UNGRADED if summary.ungraded else 0


def report_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(f"{PROGRAM} report", description="Rewrite a run's tables and pages.")
    parser.add_argument("out", type=Path, help=f"the folder that `{PROGRAM} grade` wrote")
    parser.add_argument("--forget", metavar="SUBMISSIONS", help="first take out what this folder or zip held")
    add_book_options(parser)
    return parser


def report(words: list[str]) -> int:
    """Rewrite tables and pages, with the points that were entered by hand."""
    options = report_parser().parse_args(words)
    if options.forget:
        read_manifest(options.out)  # or there is no folder to lock
        with lock_folder(options.out):
            write_manifest(options.out, read_manifest(options.out).without(options.forget))
    if options.gradebook or options.platform:
        manifest = read_manifest(options.out)
        gradebook = str(options.gradebook.resolve()) if options.gradebook else manifest.gradebook
        write_manifest(
            options.out,
            replace(manifest, gradebook=gradebook, platform=options.platform or manifest.platform),
        )
    summary = publish(options.out)
    print_summary(summary, options.out)
    return EXIT_UNGRADED if summary.ungraded else 0


def doctor(words: list[str]) -> int:
    """Report which sandbox works on this machine; the exit code is 1 if none does."""
    description = "Report which sandbox works on this machine, and what it blocks."
    argparse.ArgumentParser(f"{PROGRAM} doctor", description=description).parse_args(words)
    report = sandbox.report()
    print("\n".join(report.lines))
    return 0 if report.works else 1


def similarity_parser() -> argparse.ArgumentParser:
    description = "Find similar submissions: a hint about where to look, not a verdict."
    parser = argparse.ArgumentParser(f"{PROGRAM} similarity", description=description)
    add = parser.add_argument
    add("submissions", type=Path, help="a folder of submissions, or a learning platform's zip")
    add("-o", "--out", type=Path, help="write a page with the answers side by side")
    add("--lesson", help="the lesson of all notebooks, such as 04 (default: recognised for each notebook)")
    add("--course", type=Path, metavar="DIR", default=OURS, help="the folder of another course")
    return parser


def similarity(words: list[str]) -> int:
    """List the groups of similar submissions, and write a page about their pairs."""
    options = similarity_parser().parse_args(words)
    if not options.submissions.exists():
        raise CannotGrade(f"{options.submissions} does not exist.")
    course = Course(options.course.resolve())
    found = compare_folder(options.submissions, course, full_name(options.lesson, course))
    groups = groups_of(found)
    for group in groups:
        lowest, highest = f"{group.lowest:.0%}", f"{group.highest:.0%}"
        share = highest if lowest == highest else f"{lowest} to {highest}"
        print(f"{share}  {'  ~  '.join(map(printable, group.students))}  ({group.lesson})")
    for near in near_published(found):
        names = ", ".join(f"{printable(student)} {share:.0%}" for student, share in near.students)
        print(f"Near the published solution of {near.lesson}: {names}")
    print(
        f"Groups that look alike: {len(groups)}. A short task has few right answers: read them before you judge."
    )
    if options.out:
        write_atomically(options.out, similarity_page(found))
    return 0


COMMANDS = {"grade": grade, "mark": mark, "report": report, "doctor": doctor, "similarity": similarity}
