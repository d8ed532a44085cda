"""What `sources/lessons.toml` says of each lesson, and which notebooks a course folder has."""

import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

FOLDERS = {"notebooks": "notebooks", "exercises": "solutions", "solutions": "solutions"}
"""Each folder of built notebooks, and the folder under `sources/` that it is built from."""


class BuildError(Exception):
    """A source that cannot be built; the message says which, why, and what to write instead."""


@dataclass(frozen=True)
class Lesson:
    """One `[[lesson]]` of lessons.toml; `read` and `do` are minutes."""

    name: str
    title: str
    promise: str
    read: int
    do: int
    builds_on: list[str]
    objectives: list[str]

    @property
    def number(self):
        """The two digits that the name starts with: "04" for "04_em"."""
        return self.name[:2]

    @property
    def heading(self):
        """Number and title: "04 · Expectation–maximisation"."""
        return f"{self.number} · {self.title}"


@dataclass(frozen=True)
class Course:
    """Lessons in their order, the sources that a course folder has, its public address ("" for none)."""

    root: Path
    lessons: dict[str, Lesson]
    sources: dict[str, list[str]]
    public_address: str

    def names(self, folder):
        """Names of the notebooks that `folder` (a key of FOLDERS) will hold, in lesson order."""
        return self.sources[FOLDERS[folder]]

    def has(self, folder, name):
        """Whether `folder` will hold a notebook for the lesson called `name`."""
        return name in self.names(folder)


def read_course(root):
    """Read lessons.toml, the public address and the names of the sources below `root`.

    Raises
    ------
    BuildError
        For an entry that is incomplete or out of order, and for a source that has no entry.
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
    return Course(root, lessons, sources, read_public_address(root / "pyproject.toml"))


def read_lessons(path):
    """Read the `[[lesson]]` entries of a TOML file as {name: Lesson}, in lesson order."""
    if not path.is_file():
        raise BuildError(
            f"{path} is missing: the sources of the lessons come with the course; get the whole folder."
        )
    lessons = {}
    for entry in tomllib.loads(path.read_text(encoding="utf-8"))["lesson"]:
        lesson = parse_lesson(entry)
        if unknown := [name for name in lesson.builds_on if name not in lessons]:
            raise BuildError(
                f"lessons.toml, lesson {lesson.name}: builds_on names {', '.join(unknown)}, "
                "which no earlier entry has; write lessons in their order and names in full."
            )
        if lesson.name in lessons:
            raise BuildError(f"lessons.toml: two lessons are named {lesson.name!r}; names must differ.")
        lessons[lesson.name] = lesson
    if list(lessons) != sorted(lessons):
        raise BuildError(
            f"lessons.toml: lessons stand in the order {', '.join(lessons)}; sort them by number."
        )
    return lessons


def parse_lesson(entry):
    """Turn one table of lessons.toml into a Lesson, or say what is wrong with its keys."""
    label = f"lessons.toml, lesson {entry.get('name', '(without a name)')}"
    wanted = {field.name: field.type for field in fields(Lesson)}
    if set(entry) != set(wanted):
        raise BuildError(
            f"{label}: has the keys {', '.join(sorted(entry))}; wanted {', '.join(sorted(wanted))}."
        )
    for key, kind in wanted.items():
        plain = getattr(kind, "__origin__", kind)
        if type(entry[key]) is not plain:
            raise BuildError(f"{label}: {key} = {entry[key]!r}; wanted a value of type {plain.__name__}.")
    if not re.fullmatch(r"\d\d_[a-z0-9_]+", entry["name"]):
        raise BuildError(f"{label}: a name is two digits, an underscore and a word, such as 04_em.")
    return Lesson(**entry)


def read_public_address(path):
    """Return `public_address` of [tool.mlcourse] in a pyproject.toml; "" while there is none."""
    if not path.exists():
        return ""
    settings = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("mlcourse", {})
    address = settings.get("public_address", "").rstrip("/")
    if address and not re.fullmatch(r"https://github\.com/[^/]+/[^/]+/blob/[^/]+", address):
        raise BuildError(
            f"pyproject.toml: public_address = {address!r}; wanted the folder as GitHub shows it, "
            'https://github.com/OWNER/REPOSITORY/blob/BRANCH, or "" for no public links.'
        )
    return address
