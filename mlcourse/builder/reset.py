"""Rewrite one notebook as it was handed out, or put a kept copy back.

python course.py reset NOTEBOOK             write it as it was handed out; your version goes to kept/
python course.py reset NOTEBOOK --restore   put your last version back
python course.py reset --list               list the versions in kept/; `--restore` takes any of them
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from mlcourse.checks import CatalogueError
from mlcourse.checks.atomic import write_atomically
from mlcourse.checks.folders import FOLDERS, lesson_of
from mlcourse.course_folder import OURS, Course, NoSuchNotebook, notebook_named, one_of

from . import kept
from .build import build_all
from .ipynb import was_edited
from .lessons import BuildError

OPEN_TAB = (
    "If it is open in JupyterLab: choose File > Reload Notebook from Disk, or close its tab without saving.\n"
    "If JupyterLab asks, choose Revert, not Overwrite.\n"
    "Changes that you have not saved are in the open tab only. To keep them too, choose File > Save Notebook\n"
    "and Overwrite, and reset again."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Reset or restore a notebook, or list what was kept; return the exit code."""
    parser = argparse.ArgumentParser("python course.py reset", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("notebook", nargs="?", help="such as exercises/04_em_exercises.ipynb")
    parser.add_argument(
        "--restore", action="store_true", help="put back your last version, or the copy you name"
    )
    parser.add_argument("--list", action="store_true", help="list the versions in kept/, the newest first")
    parser.add_argument("--course", type=Path, default=OURS, help="the folder of another course")
    options = parser.parse_args(arguments)
    root = options.course.resolve()
    if options.list:
        return list_kept(root)
    if not options.notebook:
        parser.error("name a notebook, such as exercises/04_em_exercises.ipynb, or use --list.")
    try:
        (restore if options.restore else reset)(options.notebook, root)
    except NoSuchNotebook as error:
        print(f"python course.py reset: {error}", file=sys.stderr)
        return 2
    except (BuildError, CatalogueError, OSError) as error:
        print(f"python course.py reset: {error}", file=sys.stderr)
        return 1
    return 0


def list_kept(root: Path) -> int:
    """Print the kept copies, the newest first."""
    found = kept.copies(root)
    for copy in found:
        when = datetime.fromtimestamp(copy.stat().st_mtime).strftime("%Y-%m-%d %H:%M")
        print(f"{when}  {short(copy, root)}  is a copy of {short(kept.original(copy, root), root)}")
    if not found:
        print("Nothing has been kept: no notebook that you edited has been overwritten.")
    return 0


def reset(word: str, root: Path) -> None:
    """Write a notebook as it was handed out, and keep an edited version."""
    built = {path: content for path, content in build_all(Course(root)).items() if path.suffix == ".ipynb"}
    path = notebook_of(word, list(built), root, f"{word!r} is not a notebook of this course")
    if path.exists() and path.read_bytes() == built[path]:
        print(f"{short(path, root)} is as it was handed out: there is nothing to do.")
        return
    copy = keep_edited(path, root)
    write_atomically(path, built[path])
    print(f"{short(path, root)} is as it was handed out.")
    if copy:
        print(f"Your version is in {short(copy, root)}. To get it back:")
        print(f"  python course.py reset {short(path, root)} --restore")
    print(OPEN_TAB)


def notebook_of(word: str, paths: list[Path], root: Path, otherwise: str) -> Path:
    """Return the notebook that is named. A lesson's name or number will do if only one of its notebooks is there."""
    ours = [path for path in paths if path.parent in [root / folder for folder in FOLDERS]]
    same_lesson = [path for path in ours if word.zfill(2) in (lesson_of(path), lesson_of(path)[:2])]
    if len(same_lesson) > 1:
        same_lesson.sort(key=lambda path: path.parent.name != "exercises")  # people answer in this one
        names = one_of([short(path, root) for path in same_lesson])
        raise NoSuchNotebook(f"a lesson has several notebooks. Did you mean {names}?")
    return same_lesson[0] if same_lesson else notebook_named(word, paths, root, otherwise)


def restore(word: str, root: Path) -> None:
    """Put back a kept copy: the one that is named, or the newest of the notebook that is named."""
    found = kept.copies(root)
    originals = {copy: kept.original(copy, root) for copy in found}
    paths = [*found, *dict.fromkeys(originals.values())]
    path = notebook_of(word, paths, root, f"no version of {word!r} has been kept")
    copy = path if path in originals else next(copy for copy in found if originals[copy] == path)
    path = originals[copy]
    replaced = keep_edited(path, root)
    if replaced == copy:
        print(f"{short(path, root)} already is your version from {short(copy, root)}.")
        return
    kept.put_back(copy, path, root)
    print(f"{short(path, root)} is now your version from {short(copy, root)}.")
    if replaced:
        print(f"What was there before is in {short(replaced, root)}.")
    print(OPEN_TAB)


def keep_edited(path: Path, root: Path) -> Path | None:
    """Keep a copy of a notebook if it was edited."""
    return kept.keep(path, root) if path.exists() and was_edited(path) else None


def short(path: Path, root: Path) -> str:
    """Return a path relative to the course."""
    return path.relative_to(root).as_posix()
