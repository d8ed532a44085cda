"""Read `sources/lessons.toml`, and find out which notebooks a course folder has."""

import re
import tomllib
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

FOLDERS = {"notebooks": "notebooks", "exercises": "solutions", "solutions": "solutions"}
"""Maps each folder of built notebooks to its folder under `sources/`."""


class BuildError(Exception):
    """A source cannot be built. The message says which, why, and what to write instead."""


@dataclass(frozen=True)
class Lesson:
    """One `[[lesson]]` of lessons.toml; `read` and `do` are in minutes.

    `cover` describes the picture at the top of the lecture in words; without a description there is no picture.
    """

    name: str
    title: str
    promise: str
    read: int
    do: int
    builds_on: list[str]
    objectives: list[str]
    cover: str = ""

    @property
    def number(self) -> str:
        """The first two digits of the name: "04" for "04_em"."""
        return self.name[:2]

    @property
    def heading(self) -> str:
        """Number and title: "04 · Expectation–maximisation"."""
        return f"{self.number} · {self.title}"


@dataclass(frozen=True)
class Outline:
    """The lessons in order, the sources in the course folder, and the public address ("" if there is none)."""

    root: Path
    lessons: dict[str, Lesson]
    sources: dict[str, list[str]]
    public_address: str

    def names(self, folder: str) -> list[str]:
        """Return the names of the notebooks of `folder` (a key of FOLDERS), in lesson order."""
        return self.sources[FOLDERS[folder]]

    def has(self, folder: str, name: str) -> bool:
        """Whether `folder` has a notebook of the lesson `name`."""
        return name in self.names(folder)


def read_course(root: Path) -> Outline:
    """Read lessons.toml, the public address and the names of the sources below `root`.

    Raises
    ------
    BuildError
        If an entry is incomplete or out of order, or if a source has no entry.
    """
    lessons = read_lessons(root / "sources" / "lessons.toml")
    sources = {}
    for folder in sorted(set(FOLDERS.values())):
        sources[folder] = sorted(path.stem for path in (root / "sources" / folder).glob("*.py"))
        for name in sources[folder]:
            if name not in lessons:
                raise BuildError(
                    f"sources/{folder}/{name}.py: lessons.toml has no lesson named {name!r}; "
                    f'add a [[lesson]] with name = "{name}".'
                )
    return Outline(root, lessons, sources, read_public_address(root / "pyproject.toml"))


def read_lessons(path: Path) -> dict[str, Lesson]:
    """Read the `[[lesson]]` entries of a TOML file as {name: Lesson}, in lesson order."""
    if not path.is_file():
        raise BuildError(
            f"{path} is missing; this command needs the whole course folder, including sources/: download it again."
        )
    lessons: dict[str, Lesson] = {}
    for entry in tomllib.loads(path.read_text(encoding="utf-8"))["lesson"]:
        lesson = parse_lesson(entry)
        if unknown := [name for name in lesson.builds_on if name not in lessons]:
            raise BuildError(
                f"lessons.toml, lesson {lesson.name}: builds_on names {', '.join(unknown)}, "
                "which no earlier entry defines; sort the lessons by number, and use full names such as 04_em."
            )
        if lesson.name in lessons:
            raise BuildError(f"lessons.toml: two lessons are named {lesson.name!r}; rename one of them.")
        lessons[lesson.name] = lesson
    if list(lessons) != sorted(lessons):
        raise BuildError(
            f"lessons.toml: the lessons are in the order {', '.join(lessons)}; sort them by number."
        )
    return lessons


def parse_lesson(entry: dict[str, Any]) -> Lesson:
    """Convert one table of lessons.toml to a Lesson; raise BuildError if a key or value is not valid."""
    label = f"lessons.toml, lesson {entry.get('name', '(without a name)')}"
    kinds: dict[str, Any] = {field.name: field.type for field in fields(Lesson)}
    optional = {field.name for field in fields(Lesson) if field.default is not MISSING}
    if set(entry) | optional != set(kinds):
        raise BuildError(
            f"{label}: has the keys {', '.join(sorted(entry))}; expected {', '.join(sorted(set(kinds) - optional))}, "
            f"and perhaps {', '.join(sorted(optional))}."
        )
    for key in entry:
        kind = kinds[key]
        plain = getattr(kind, "__origin__", kind)
        if type(entry[key]) is not plain:
            raise BuildError(f"{label}: {key} = {entry[key]!r}; expected a value of type {plain.__name__}.")
    if not re.fullmatch(r"\d\d_[a-z0-9_]+", entry["name"]):
        raise BuildError(
            f"{label}: name must be two digits, an underscore and lower-case words, such as 04_em."
        )
    return Lesson(**entry)


def read_public_address(path: Path) -> str:
    """Return `public_address` of [tool.mlcourse] in a pyproject.toml, or "" if there is none."""
    if not path.exists():
        return ""
    settings = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("mlcourse", {})
    address: str = settings.get("public_address", "").rstrip("/")
    if address and not re.fullmatch(r"https://github\.com/[^/]+/[^/]+/blob/[^/]+", address):
        raise BuildError(
            f"pyproject.toml: public_address = {address!r}; expected the address of the folder on GitHub, "
            'https://github.com/OWNER/REPOSITORY/blob/BRANCH, or "" for no public links.'
        )
    return address
