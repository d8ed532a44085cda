"""Copies of edited notebooks in kept/: made before a notebook is overwritten, and put back when they are wanted."""

import json
import os
import posixpath
import re
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from mlcourse.checks.atomic import write_atomically
from mlcourse.checks.folders import FOLDERS, lesson_of, notebook_name

FOLDER = "kept"
# A link in Markdown or HTML to a file of the course: no scheme, no anchor alone.
LINK = re.compile(r"""(\]\(|\b(?:href|src)=["'])([^)\s"'#:/][^)\s"'#:]*)""")


def keep(path: Path, root: Path) -> Path:
    """Copy a notebook to kept/ under a new name, with working links, unless the same is there; return the copy."""
    name = notebook_name(path.parent.name, lesson_of(path))
    earlier = [copy for copy in copies(root) if original(copy, root) == path.with_name(name)]
    if same := next((copy for copy in earlier if copy.read_bytes() == moved(path, copy, root)), None):
        os.utime(same)  # `--restore` takes the newest
        return same
    places = (root / FOLDER / f"{PurePosixPath(name).stem}-{number}.ipynb" for number in count(1))
    copy = next(place for place in places if not place.exists())
    write_atomically(copy, moved(path, copy, root))
    return copy


def put_back(copy: Path, path: Path, root: Path) -> None:
    """Write a kept copy over the notebook that it is a copy of."""
    write_atomically(path, moved(copy, path, root))


def copies(root: Path) -> list[Path]:
    """Return all kept copies, the newest first."""
    found = [path for path in (root / FOLDER).rglob("*.ipynb") if path.parent.name != ".ipynb_checkpoints"]
    return sorted(found, key=lambda path: (path.stat().st_mtime, path), reverse=True)


def original(copy: Path, root: Path) -> Path:
    """Return the notebook that a kept copy is a copy of, under its present name."""
    stem = re.sub(r"-\d+$", "", copy.stem)
    named = [folder for folder in FOLDERS if stem.endswith(f"_{folder}")]
    once = [folder for folder in FOLDERS if folder == copy.parent.name]  # as in kept/exercises/04_em-1.ipynb
    folder = [*named, *once, "notebooks"][0]
    return root / folder / notebook_name(folder, lesson_of(PurePosixPath(folder, f"{stem}.ipynb")))


def moved(path: Path, target: Path, root: Path) -> bytes:
    """Return the content of a notebook with links that work from the place of `target`."""
    content = path.read_bytes()
    try:
        notebook = json.loads(content)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                cell["source"] = relinked(cell["source"], path.parent, target.parent, root)
    except (ValueError, TypeError, KeyError):
        return content  # a notebook that cannot be read is kept as it is
    return (json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def relinked(source: Any, here: Path, there: Path, root: Path) -> Any:
    """Return a text, or a list of lines, with its relative links rewritten for another folder."""
    if isinstance(source, list):
        return [relinked(line, here, there, root) for line in source]
    old, new = (folder.relative_to(root).as_posix() for folder in (here, there))

    def rewrite(found: re.Match[str]) -> str:
        target = present(posixpath.normpath(f"{old}/{found[2]}"), root)
        return found[1] + posixpath.relpath(target, new) if target else found[0]

    return LINK.sub(rewrite, source)


def present(target: str, root: Path) -> str | None:
    """Return a path in the course, or the present name of a notebook that was renamed; None if there is neither."""
    path = PurePosixPath(target)
    if (root / unquote(target)).exists():
        return target
    renamed = path.with_name(notebook_name(path.parent.name, lesson_of(path)))
    return str(renamed) if path.parent.name in FOLDERS and (root / renamed).exists() else None
