"""Feedback that goes back: zips of the students' pages, under the names that Moodle or Canvas expects.

Each page is complete in itself, and about one submission. The same run gives the same bytes.
"""

import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from mlcourse.grading.gradebook.book import Entry
from mlcourse.grading.gradebook.class_list import Student
from mlcourse.grading.intake.platforms import canvas, moodle
from mlcourse.grading.records.text import printable
from mlcourse.grading.report.paths import student_path

LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the date of everything in a zip
MAX_NAME = 100  # characters of a folder's name
# Windows forbids these characters, and these endings, in the names of files.
FORBIDDEN = re.compile(r'[\\/:*?"<>|]|^\.+|[. ]+$')
UPLOADED = re.compile(r".*?_\d+_\d+_", re.DOTALL)  # Canvas: everything before the name of the student's file
FLAT = re.compile(r".*?_\d+_assignsubmission_[a-z]+_", re.DOTALL)  # Moodle, downloaded without folders


def name_for_canvas(entry: Entry) -> str | None:
    """Return the name under which Canvas accepts a page; None if the submission is not from Canvas.

    Canvas reads the numbers of the student and of the upload from the name.
    """
    first = entry.listed.source.partition("/")[0]
    found = UPLOADED.match(first) if canvas(entry.listed.source) else None
    return f"{found[0]}{_page(entry)}" if found else None


def name_for_moodle(entry: Entry) -> str | None:
    """Return the name under which Moodle accepts a page; None if the submission is not from Moodle.

    Moodle reads the student's number from the name of the folder, or of the file if there were no folders.
    """
    first, slash, _ = entry.listed.source.partition("/")
    if not moodle(entry.listed.source):
        return None
    flat = FLAT.match(first)
    is_folder = slash and not first.lower().endswith((".zip", ".ipynb"))
    return f"{first}/{_page(entry)}" if is_folder or not flat else f"{flat[0]}{_page(entry)}"


def named_in_folders(entries: Sequence[Entry]) -> list[tuple[str, Entry]]:
    """Return each entry with its name in a folder of its student's own, which every file system accepts."""
    folders = folders_of(dict.fromkeys(entry.student for entry in entries))
    return [(f"{folders[entry.student]}/{_page(entry)}", entry) for entry in entries]


def folders_of(students: Iterable[Student]) -> dict[Student, str]:
    """Return a folder for each student. Those of one name are distinguished by their ids, or else by numbers."""
    students, taken = list(students), set[str]()
    alike = Counter(safe_name(student.name).casefold() for student in students)
    folders = {}
    for student in students:
        name = safe_name(student.name)
        with_id = f"{name} ({safe_name(student.id)})" if student.id else name
        folders[student] = unique_name(with_id if alike[name.casefold()] > 1 else name, taken)
    return folders


def safe_name(name: str) -> str:
    return FORBIDDEN.sub("_", printable(name, MAX_NAME)).strip() or "no name"


def _page(entry: Entry) -> str:
    lessons = entry.listed.lessons
    return f"feedback_{lessons[0] if len(lessons) == 1 else 'unknown'}.html"


def in_no_platform(entry: Entry) -> str | None:
    return None


NAMES = {"canvas": name_for_canvas, "moodle": name_for_moodle}


def write_feedback(path: Path, out: Path, named: Iterable[tuple[str, Entry]]) -> None:
    """Write a zip of pages, with one in memory at a time. A name that is already taken gets a number."""
    draft, taken = path.with_name(f".{path.name}.{os.getpid()}.new"), set[str]()
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, entry in named:
            info = zipfile.ZipInfo(unique_name(name.removesuffix(".html"), taken, ".html"), LONG_AGO)
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, (out / student_path(entry.name)).read_bytes())
    os.replace(draft, path)


def unique_name(stem: str, taken: set[str], ending: str = "") -> str:
    """Take a name, with a number if it is taken; capitals do not distinguish names on every file system."""
    number, name = 1, f"{stem}{ending}"
    while name.casefold() in taken:
        number += 1
        name = f"{stem}_{number}{ending}"
    taken.add(name.casefold())
    return name
