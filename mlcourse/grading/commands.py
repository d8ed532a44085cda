"""What `mlcourse grade`, `report`, `doctor` and `similarity` take and say. They return exit codes."""

import argparse
import os
import sys
from pathlib import Path

from mlcourse.grading import sandbox
from mlcourse.grading.alike import alike_page, alike_pairs
from mlcourse.grading.byhand import HandTableError
from mlcourse.grading.exports import waiting
from mlcourse.grading.extra import ExtraCheckError
from mlcourse.grading.outgoing import shown, write_whole
from mlcourse.grading.pages import why_not
from mlcourse.grading.publish import NothingToPublish, Summary, publish
from mlcourse.grading.run import CannotGrade, check_places, full_name, grade_folder, seed_from
from mlcourse.grading.work import Settings

COURSE = "python course.py"  # how the course is called in its own folder
UNREADABLE = 3  # the exit code when a submission could not be graded; everybody else is
EXPECTED = (CannotGrade, ExtraCheckError, HandTableError, NothingToPublish, sandbox.NoSandbox)


def run(command: str, words: list[str]) -> int:
    """Run one of the commands with the words after it. What a user can mend is said in one sentence."""
    try:
        return COMMANDS[command](words)
    except EXPECTED as problem:
        print(f"mlcourse {command}: {shown(str(problem), 2000, lines=True)}", file=sys.stderr)
        return 1


def grade_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(f"{COURSE} grade", description="Mark the notebooks of a class.")
    add = parser.add_argument
    add("submissions", type=Path, help="a folder of submissions, or a learning platform's zip")
    add("-o", "--out", type=Path, required=True, help="the folder for marks, tables and pages")
    add("-j", "--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time (0: in this process)")
    add("--resume", action="store_true", help="keep the marks in OUT that are still valid")
    add("--seed-file", type=Path, help="the secret behind the random cases (default: OUT/seed)")
    add("--extra-checks", type=Path, metavar="DIR", help="a folder with checks of your own")
    add("--lesson", help="which lesson all of them are, such as 04; else each notebook tells")
    add("--trust-submissions", action="store_true", help="run them even where there is no sandbox")
    return parser


def grade(words: list[str]) -> int:
    """Mark a folder of submissions, and say where the marks are."""
    options = grade_parser().parse_args(words)
    check_places(options.submissions, options.out)
    options.out.mkdir(mode=0o700, parents=True, exist_ok=True)  # marks are nobody else's business
    settings = Settings(
        out=options.out,
        seed=seed_from(options.seed_file or options.out / "seed"),
        resume=options.resume,
        trust=options.trust_submissions,
        extra_checks=options.extra_checks,
    )
    try:
        summary = grade_folder(options.submissions, settings, max(0, options.jobs), options.lesson)
    except KeyboardInterrupt:
        print("\nStopped. The same command with --resume goes on from here.", file=sys.stderr)
        raise
    tell(summary, options.out)
    return UNREADABLE if summary.unread else 0


def tell(summary: Summary, out: Path):
    """Say in the terminal what came out, what needs a person first."""
    for grade in summary.unread:
        print(f"could not be graded: {shown(grade.student)} ({shown(grade.source)}): {shown(why_not(grade))}")
    for line in [*summary.remarks, *summary.changes]:
        print(shown(line, 2000))
    open_answers = sum(waiting(grade) > 0 for grade in summary.grades)
    if open_answers:
        print(
            f"Notebooks with open answers: {open_answers}. Fill in {out / 'by_hand.csv'}, then {COURSE} report {out}"
        )
    every = len(summary.grades)
    print(f"{every - len(summary.unread)} of {every} graded: {out / 'index.html'}")


def report(words: list[str]) -> int:
    """Write tables and pages anew, with the points that a person has given."""
    parser = argparse.ArgumentParser(f"{COURSE} report", description="Write a run's tables and pages anew.")
    parser.add_argument("out", type=Path, help="the folder that `mlcourse grade` wrote")
    options = parser.parse_args(words)
    summary = publish(options.out)
    tell(summary, options.out)
    return UNREADABLE if summary.unread else 0


def doctor(words: list[str]) -> int:
    """Say which sandbox works here; the exit code is 1 when none does."""
    told = "Say which sandbox works on this machine, and what it withstands."
    argparse.ArgumentParser(f"{COURSE} doctor", description=told).parse_args(words)
    lines = sandbox.report()
    print("\n".join(lines))
    return 0 if any(line.startswith("works") for line in lines) else 1


def similarity_parser() -> argparse.ArgumentParser:
    told = "Find pairs of alike answers: a hint to look, not a verdict."
    parser = argparse.ArgumentParser(f"{COURSE} similarity", description=told)
    add = parser.add_argument
    add("submissions", type=Path, help="a folder of submissions, or a learning platform's zip")
    add("-o", "--out", type=Path, help="a page to write, with the answers side by side")
    add("--lesson", help="which lesson all of them are, such as 04; else each notebook tells")
    return parser


def similarity(words: list[str]) -> int:
    """List the pairs of alike answers, and write a page about them."""
    options = similarity_parser().parse_args(words)
    if not options.submissions.exists():
        raise CannotGrade(f"{options.submissions} does not exist.")
    found = alike_pairs(options.submissions, full_name(options.lesson))
    for hit in found:
        names = f"{shown(hit.one.student)}  ~  {shown(hit.other.student)}"
        print(f"{hit.pair.alike:4.0%}  {names}  ({hit.one.lesson})")
    print(f"Pairs that look alike: {len(found)}. A short task has few right answers: read both first.")
    if options.out:
        write_whole(options.out, alike_page(found))
    return 0


COMMANDS = {"grade": grade, "report": report, "doctor": doctor, "similarity": similarity}
