"""The commands `mlcourse grade`, `report`, `doctor` and `similarity`: options, output and exit codes."""

import argparse
import os
import sys
from pathlib import Path

from mlcourse.checks import CatalogueError
from mlcourse.checks.atomic import write_atomically
from mlcourse.course_folder import OURS, Course
from mlcourse.grading import sandbox
from mlcourse.grading.batch.cluster import ClusterError
from mlcourse.grading.batch.grade_folder import CannotGrade, check_paths, full_name, grade_folder, seed_from
from mlcourse.grading.batch.submission import Settings
from mlcourse.grading.records.text import printable
from mlcourse.grading.report.alike import compare_folder, similarity_page
from mlcourse.grading.report.byhand import ByHandTableError
from mlcourse.grading.report.exports import pending_points
from mlcourse.grading.report.pages import ungraded_reason
from mlcourse.grading.report.publish import NothingToPublish, Summary, publish

PROGRAM = "python course.py"  # run in the course's own folder
EXIT_UNGRADED = 3  # some submissions could not be graded; all others were
EXPECTED_ERRORS = (
    CannotGrade,
    CatalogueError,
    ByHandTableError,
    ClusterError,
    NothingToPublish,
    sandbox.NoSandbox,
)


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
    add("submissions", type=Path, help="a folder of submissions, or a learning platform's zip")
    add("-o", "--out", type=Path, required=True, help="the folder for marks, tables and pages")
    add("-j", "--jobs", type=int, default=os.cpu_count() or 1, help="number of processes (0: this process)")
    add("--executor", metavar="dask://HOST:PORT", help="a Dask cluster that marks them instead of processes")
    add("--resume", action="store_true", help="keep the marks in OUT that are still valid")
    add("--seed-file", type=Path, help="the secret seed of the random cases (default: OUT/seed)")
    add("--extra-checks", type=Path, metavar="DIR", help="a folder with your own tasks")
    add("--course", type=Path, metavar="DIR", default=OURS, help="the folder of another course")
    add("--lesson", help="the lesson of all notebooks, such as 04 (default: recognised for each notebook)")
    add("--trust-submissions", action="store_true", help="run them without a sandbox if none works")
    return parser


def grade(words: list[str]) -> int:
    """Mark a folder of submissions, and print where the marks are."""
    options = grade_parser().parse_args(words)
    check_paths(options.submissions, options.out)
    options.out.mkdir(mode=0o700, parents=True, exist_ok=True)  # marks are confidential
    settings = Settings(
        out=options.out,
        seed=seed_from(options.seed_file or options.out / "seed"),
        resume=options.resume,
        trust=options.trust_submissions,
        course=Course(options.course.resolve(), options.extra_checks),
    )
    try:
        summary = grade_folder(
            options.submissions, settings, max(0, options.jobs), options.lesson, cluster=options.executor
        )
    except KeyboardInterrupt:
        print("\nStopped. Run the same command with --resume to continue from here.", file=sys.stderr)
        raise
    print_summary(summary, options.out)
    return EXIT_UNGRADED if summary.ungraded else 0


def print_summary(summary: Summary, out: Path) -> None:
    """Print the outcome of a run, starting with what needs the instructor's attention."""
    for grade in summary.ungraded:
        name, source, reason = map(printable, (grade.student, grade.source, ungraded_reason(grade)))
        print(f"could not be graded: {name} ({source}): {reason}")
    for line in [*summary.remarks, *summary.changes]:
        print(printable(line, 2000))
    open_answers = sum(pending_points(grade) > 0 for grade in summary.grades)
    if open_answers:
        print(
            f"Notebooks with open answers: {open_answers}."
            f" Fill in {out / 'by_hand.csv'}, then run {PROGRAM} report {out}"
        )
    total = len(summary.grades)
    print(f"{total - len(summary.ungraded)} of {total} graded: {out / 'index.html'}")


def report(words: list[str]) -> int:
    """Rewrite tables and pages, with the points that were entered by hand."""
    parser = argparse.ArgumentParser(f"{PROGRAM} report", description="Rewrite a run's tables and pages.")
    parser.add_argument("out", type=Path, help=f"the folder that `{PROGRAM} grade` wrote")
    options = parser.parse_args(words)
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
    description = "Find pairs of similar submissions: a hint about where to look, not a verdict."
    parser = argparse.ArgumentParser(f"{PROGRAM} similarity", description=description)
    add = parser.add_argument
    add("submissions", type=Path, help="a folder of submissions, or a learning platform's zip")
    add("-o", "--out", type=Path, help="write a page with the answers side by side")
    add("--lesson", help="the lesson of all notebooks, such as 04 (default: recognised for each notebook)")
    add("--course", type=Path, metavar="DIR", default=OURS, help="the folder of another course")
    return parser


def similarity(words: list[str]) -> int:
    """List the pairs of similar submissions, and write a page about them."""
    options = similarity_parser().parse_args(words)
    if not options.submissions.exists():
        raise CannotGrade(f"{options.submissions} does not exist.")
    course = Course(options.course.resolve())
    found = compare_folder(options.submissions, course, full_name(options.lesson, course))
    for hit in found:
        names = f"{printable(hit.one.student)}  ~  {printable(hit.other.student)}"
        print(f"{hit.pair.similarity:4.0%}  {names}  ({hit.one.lesson})")
    print(
        f"Pairs that look alike: {len(found)}. A short task has few right answers: read both before you judge."
    )
    if options.out:
        write_atomically(options.out, similarity_page(found))
    return 0


COMMANDS = {"grade": grade, "report": report, "doctor": doctor, "similarity": similarity}
