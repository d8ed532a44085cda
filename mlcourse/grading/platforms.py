"""How learning platforms name what they hand out: whose it is, and what it was called.

lovelaceada_LATE_1234_5678_04_em.ipynb                Canvas: name, student's number, upload's number, file
Ada Lovelace_1234_assignsubmission_file/04_em.ipynb   Moodle: a folder for each student
Ada Lovelace_1234_assignsubmission_file_04_em.ipynb   Moodle, downloaded without folders
"""

import re

# The first number that fits is the platform's; what comes after it, a student has chosen.
CANVAS = re.compile(r"(?P<name>[^_]+)(?P<late>_LATE)?_(?P<user>\d+)_(?P<upload>\d+)_(?P<file>.+)", re.DOTALL)
MOODLE = re.compile(r"(?P<name>.+?)_(?P<user>\d+)_assignsubmission_[a-z]+_?(?P<file>.*)", re.DOTALL)


def canvas(place: str) -> re.Match | None:
    """A file as Canvas names it, by its place below the folder of submissions; None when it is named otherwise."""
    return CANVAS.fullmatch(place.partition("/")[0])


def moodle(place: str) -> re.Match | None:
    """A file or folder as Moodle names it, by the place of it or of something in it; None when named otherwise."""
    return MOODLE.fullmatch(place.partition("/")[0])


def late(place: str) -> bool:
    """Whether a platform says so in the name."""
    found = canvas(place)
    return bool(found and found["late"])
