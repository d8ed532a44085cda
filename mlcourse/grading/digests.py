"""What a mark depends on, as digests: has this check changed since the mark was given?

A check is data and functions. Its digest is taken over the data, over the compiled code of the functions, and over
the functions and constants of the bank that they use, however deep. So a mended reference or a new mistake changes
the digest of the tasks that it concerns; a comment, or a neighbour in the same file, changes none.

What lies outside the bank (the comparison of numbers, the package that answers import, the worker) concerns every
mark: it has one digest, over the source files.
"""

import hashlib
from dataclasses import fields, is_dataclass
from functools import cache, partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import numpy as np

from mlcourse.checks import CHECKS, Check
from mlcourse.grading.extra import EXTRA
from mlcourse.grading.marking import handed_to, open_questions

PACKAGE = Path(__file__).parents[1]
FOLLOWED = ("mlcourse.checks", EXTRA)  # modules whose functions are looked into

# Parts of the package on which no mark depends: the bank has its own digests, the rest only shows and collects.
WITHOUT_EFFECT = ("checks/bank/", "widgets/", "plotting/", "cli.py", "__main__.py")
ONLY_COLLECTS = {
    "alike.py",
    "byhand.py",
    "charts.py",
    "commands.py",
    "digests.py",
    "exports.py",
    "extra.py",
    "journal.py",
    "markup.py",
    "outgoing.py",
    "pages.py",
    "pool.py",
    "publish.py",
    "results.py",
    "run.py",
    "similarity.py",
    "work.py",
}


def task_digests(lesson: str | None) -> dict[str, str]:
    """For each task of a lesson a digest of what its mark depends on, the submission aside."""
    checks = (check for check in CHECKS.values() if check.lesson == lesson)
    checked = {check.name: digest_of(check_digest(check) + handed_to(check)) for check in checks}
    by_hand = {task: digest_of(f"by hand {points}") for task, points in open_questions(lesson).items()}
    return checked | by_hand


def check_digest(check: Check) -> str:
    """A digest that changes when the check would judge, or speak, in another way."""
    return digest_of(told(check, set()))


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def told(value, seen: set) -> str:
    """A value as a text that is the same in every run, and another one for another value."""
    value = getattr(value, "__wrapped__", value)  # a function with a cache is that function
    if isinstance(value, FunctionType):
        return _function(value, seen)
    if isinstance(value, CodeType):
        return _code(value, seen)
    if isinstance(value, np.ndarray):
        return f"array {value.shape} {value.dtype} {value.tobytes().hex()}"
    if isinstance(value, partial):
        return f"partial {told((value.func, value.args, value.keywords), seen)}"
    if is_dataclass(value) and not isinstance(value, type):
        return told({part.name: getattr(value, part.name) for part in fields(value)}, seen)
    if isinstance(value, dict):
        return f"dict {[(str(key), told(part, seen)) for key, part in value.items()]}"
    if isinstance(value, (tuple, list)):
        return f"{type(value).__name__} {[told(part, seen) for part in value]}"
    if isinstance(value, (set, frozenset)):
        return f"set {sorted(told(part, seen) for part in value)}"
    if isinstance(value, (str, bytes, bool, int, float, complex, type(None), type(...))):
        return repr(value)
    return _name(value)


def _name(value) -> str:
    """Something from a library: where it comes from and what it is called. Its inside is the library's business."""
    if isinstance(value, ModuleType):
        return f"module {value.__name__}"
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    return f"{getattr(value, '__module__', '')}.{name or type(value).__qualname__}"


def _function(function, seen: set) -> str:
    if not function.__module__.startswith(FOLLOWED):
        return _name(function)
    if function in seen:
        return f"again {function.__qualname__}"
    seen.add(function)
    used = {
        name: function.__globals__[name]
        for name in sorted(_names(function.__code__))
        if name in function.__globals__
    }
    held = [cell.cell_contents for cell in function.__closure__ or ()]
    parts = (function.__code__, function.__defaults__, function.__kwdefaults__, held, used)
    return f"function {told(parts, seen)}"


def _names(code: CodeType) -> set[str]:
    """The global names (and attributes) that a function's code mentions, in functions inside it too."""
    inner = (_names(part) for part in code.co_consts if isinstance(part, CodeType))
    return set(code.co_names).union(*inner)


def _code(code: CodeType, seen: set) -> str:
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return f"code {code.co_code.hex()} {told((code.co_consts, *names), seen)}"


@cache
def tools_digest() -> str:
    """A digest of all source files outside the bank on which a mark depends."""
    told = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).as_posix()
        if has_effect(place):
            told.update(f"{place}\0".encode() + path.read_bytes())
    return told.hexdigest()[:32]


def has_effect(place: str) -> bool:
    """Whether a mark may depend on a file of the package, named by its place in it."""
    if place.startswith("grading/"):
        return place.removeprefix("grading/") not in ONLY_COLLECTS
    return not place.startswith(WITHOUT_EFFECT)
