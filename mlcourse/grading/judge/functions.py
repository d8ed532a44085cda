"""Which names are those of functions in packages: looked up in the files of the packages, without importing anything.

A worker says what an answer was seen to call. Only names that exist are believed, so that nothing else can be told
in this way.
"""

import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from mlcourse.grading.inside.observing import PACKAGES

DEFINED = re.compile(r"^[ \t]*(?:async[ \t]+def|def|class)[ \t]+(\w+)", re.MULTILINE)


def is_function(name: str) -> bool:
    """Whether a full name such as `scipy.special._logsumexp.logsumexp` is that of a function, or of a method."""
    if not name.startswith(PACKAGES):
        return False
    package, *parts = name.split(".")
    place = _folder(package)
    for number, part in enumerate(parts):
        if not part.isidentifier() or place is None:
            return False
        if not (place / part).is_dir():
            is_module = (place / f"{part}.py").is_file()
            file, inside = (
                (f"{part}.py", parts[number + 1 :]) if is_module else ("__init__.py", parts[number:])
            )
            return bool(inside) and set(inside) <= _defined_in(place / file)
        place /= part
    return False


def _folder(package: str) -> Path | None:
    spec = find_spec(package)
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None


@lru_cache(maxsize=200)
def _defined_in(file: Path) -> frozenset[str]:
    """Return the names of all functions and classes that a file defines."""
    return frozenset(DEFINED.findall(file.read_text("utf-8"))) if file.is_file() else frozenset()
