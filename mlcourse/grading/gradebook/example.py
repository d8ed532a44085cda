"""The files that `mlcourse grade --init` writes, with a comment for every setting."""

from pathlib import Path

from mlcourse.grading.gradebook.settings import CLASS_LIST, NAME

GRADEBOOK_TOML = f"""\
# What you decide for this class. Lines that begin with # are comments; every setting has the default shown.
# After a change, run `report` (or `grade` again after one in [marks]).

# The students of the class, in a file next to this one. Without it, everybody who handed something in is listed.
class_list = "{CLASS_LIST}"

# Which tables and which feedback are written: "canvas", "moodle", "gradescope", "junit" or "none";
# "auto" looks at the names of the files that were handed in.
platform = "auto"

[marks]
# Whether an answer that is right for some kinds of inputs, and wrong for others, earns a part of its points.
partial = true
# Whether a task is asked once more with right answers in place of earlier ones that are wrong.
carry_forward = true

[late]
# This many minutes after the due date, work still counts as in time.
grace_minutes = 0
# What each day that has begun after that costs: points such as 2, or a share of the lesson's points such as "10%".
cost_per_day = 0
# After this many days there are no points any more. Without this line there is no such day.
# latest_days = 7

[due]
# The due date of each lesson. Without one, nothing is late.
# 04_em = 2026-03-01T23:59:00+01:00

[extensions]
# Days that a student has in addition, by lesson. Name students by id, e-mail or name.
# "ada@example.org" = {{ 04_em = 3 }}
"""

CLASS_CSV = """\
# One line for each student. Remove the # from the line with the names of the columns, and add your students below it,
# or replace this file with one that your learning platform or your spreadsheet exports: the order of the columns does
# not matter, they may be separated by commas, semicolons or tabs, and other columns are ignored. If two students have
# the same name, add a column `folder` with the name of the folder (or file) that each has handed in.
# name,id,e-mail,group
# Ada Lovelace,1815,ada@example.org,A
"""


def write_example(out: Path) -> tuple[list[Path], list[Path]]:
    """Write the example's files into a folder, except those that exist; return those written and those kept."""
    written, kept = [], []
    for name, content in ((NAME, GRADEBOOK_TOML), (CLASS_LIST, CLASS_CSV)):
        path = out / name
        try:
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(content)
            written.append(path)
        except FileExistsError:
            kept.append(path)
    return written, kept
