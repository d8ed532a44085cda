"""How learning platforms name the files that you download: whose file it is, and its original name.

lovelaceada_LATE_1234_5678_04_em.ipynb                Canvas: name, student's number, upload's number, file
Ada Lovelace_1234_assignsubmission_file/04_em.ipynb   Moodle: a folder for each student
Ada Lovelace_1234_assignsubmission_file_04_em.ipynb   Moodle, downloaded without folders
"""

import re

from mlcourse.grading.intake.kinds import is_archive

# The first number that fits is the platform's; the student chose everything after it, so it may look like a name that
# the other platform would have given. Canvas is tried first: Moodle has no second number there.
CANVAS = re.compile(r"(?P<name>[^_]+)(?P<late>_LATE)?_(?P<user>\d+)_(?P<upload>\d+)_(?P<file>.+)", re.DOTALL)
MOODLE = re.compile(r"(?P<name>.+?)_(?P<user>\d+)_assignsubmission_[a-z]+_?(?P<file>.*)", re.DOTALL)


def canvas(place: str) -> re.Match[str] | None:
    """Parse a path (below the folder of submissions) that Canvas named; None if Canvas did not name it."""
    first, slash, _ = place.partition("/")
    in_moodles_folder = slash and not is_archive(first) and MOODLE.fullmatch(first)  # Canvas makes no folders
    return None if in_moodles_folder else CANVAS.fullmatch(first)


def moodle(place: str) -> re.Match[str] | None:
    """Parse the path of a file or folder that Moodle named, or of something in it; None if Moodle did not name it."""
    return None if canvas(place) else MOODLE.fullmatch(place.partition("/")[0])


def is_late(place: str) -> bool:
    """Whether the platform marked the submission as late, in the file's name."""
    found = canvas(place)
    return bool(found and found["late"])
