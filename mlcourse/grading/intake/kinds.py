"""What a submitted file is, by its name: a notebook, an archive that may contain one, or something else."""

import re
from pathlib import PurePosixPath

# A browser adds ".txt" or ".json" to a type that it does not know, and " (1)" to a name that exists.
NOTEBOOK = re.compile(r"\.ipynb(?: ?\(\d+\))?(?:\.(?:ipynb|json|txt))?(?:\.gz)?", re.IGNORECASE)
ARCHIVE = re.compile(r"\.(?:zip|tar\.gz|tar|tgz)", re.IGNORECASE)
MAYBE = ("", ".json", ".txt")  # suffixes of files that may be a notebook, which their content shows

OTHERS = {
    ".py": "a script",
    ".html": "a web page, as exported from a notebook",
    ".htm": "a web page, as exported from a notebook",
    ".pdf": "a PDF",
    ".docx": "a Word document",
    ".doc": "a Word document",
    ".odt": "a text document",
    ".tex": "a text document",
    ".rar": "an archive of a kind that is not opened",
    ".7z": "an archive of a kind that is not opened",
    ".bz2": "an archive of a kind that is not opened",
    ".xz": "an archive of a kind that is not opened",
    ".zip": "an archive inside an archive",
    ".tar": "an archive inside an archive",
    ".tgz": "an archive inside an archive",
    ".gz": "an archive inside an archive",
    ".png": "a picture",
    ".jpg": "a picture",
    ".jpeg": "a picture",
    ".url": "a link",
    ".webloc": "a link",
}


def is_notebook(name: str) -> bool:
    return _ending(NOTEBOOK, name) is not None


def is_archive(name: str) -> bool:
    return _ending(ARCHIVE, name) is not None


def is_zipped_notebook(name: str) -> bool:
    """Whether a file is one notebook, compressed with gzip."""
    return is_notebook(name) and name.lower().endswith(".gz")


def is_submission(name: str) -> bool:
    """Whether a file with this name is a notebook, or an archive that may contain one."""
    return is_notebook(name) or is_archive(name)


def maybe_notebook(name: str) -> bool:
    """Whether a file may be a notebook that has lost its suffix."""
    return PurePosixPath(name).suffix.lower() in MAYBE


def what_else(name: str) -> str | None:
    """Say what a file is that somebody may have handed in by mistake; None if its name says nothing."""
    return OTHERS.get(PurePosixPath(name).suffix.lower())


def stem(name: str) -> str:
    """Return a file's name without its suffixes."""
    ending = _ending(NOTEBOOK, name) or _ending(ARCHIVE, name)
    return name[: ending.start()] if ending and ending.start() else PurePosixPath(name).stem


def _ending(pattern: re.Pattern[str], name: str) -> re.Match[str] | None:
    """Match the end of a name: all suffixes are short, so a long name takes no longer."""
    return next((found for found in pattern.finditer(name) if found.end() == len(name)), None)
