"""Digests of what a mark depends on: has this check changed since the mark was given?

A task is data and functions. Its digest covers the data, the compiled code of the functions, and the functions and
constants of the tasks' modules that they use, directly or indirectly. So fixing a reference or adding a mistake
changes the digests of the tasks concerned; a comment, or another function in the same file, changes none.

Everything outside these modules (the comparison of numbers, the package that answers import, the worker) affects
every mark. It has a single digest, computed from the source files.
"""

import hashlib
from dataclasses import fields, is_dataclass, replace
from functools import cache, partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import numpy as np

from mlcourse.checks import Task
from mlcourse.checks.catalogue import FOREIGN
from mlcourse.course_folder import Course
from mlcourse.grading.sandbox.needs import imports_of

PACKAGE = Path(__file__).parents[2]
FOLLOWED = ("mlcourse.tasks", "mlcourse.checks", FOREIGN)  # modules whose functions are followed

# Parts of the package that no mark depends on: tasks have their own digests, the rest only displays or collects.
WITHOUT_EFFECT = (
    "tasks/",
    "widgets/",
    "plotting/",
    "cli.py",
    "__main__.py",
    "grading/commands.py",
    "grading/batch/",
    "grading/desk/",
    "grading/gradebook/",
    "grading/records/",
    "grading/report/",
)


@cache
def task_digests(course: Course, name: str | None) -> dict[str, str]:
    """Return, for each task of a lesson, a digest of what its mark depends on apart from the submission."""
    lesson = course.catalogue.of_lesson(name)
    imports = repr(imports_of(course.exercise(name)))  # they decide what is in the sandbox
    checked = {
        task.name: digest_of(task_digest(task) + course.checked_expression(task) + imports)
        for task in lesson.tasks
    }
    return checked | {one.name: digest_of(f"by hand {one.points}") for one in lesson.open_questions}


def task_digest(task: Task) -> str:
    """Return a digest that changes when judgements of the task or its messages could change."""
    return digest_of(canonical_text(replace(task, store=None), set()))  # the store is computed from the rest


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def canonical_text(value: object, seen: set[FunctionType]) -> str:
    """Return a text that is the same for equal values in every run, and differs for different values."""
    value = getattr(value, "__wrapped__", value)  # the function inside a cache
    if isinstance(value, FunctionType):
        return _function(value, seen)
    if isinstance(value, CodeType):
        return _code(value, seen)
    if isinstance(value, np.ndarray):
        return f"array {value.shape} {value.dtype} {value.tobytes().hex()}"
    if isinstance(value, partial):
        return f"partial {canonical_text((value.func, value.args, value.keywords), seen)}"
    if is_dataclass(value) and not isinstance(value, type):
        return canonical_text({part.name: getattr(value, part.name) for part in fields(value)}, seen)
    if isinstance(value, dict):
        return f"dict {[(str(key), canonical_text(part, seen)) for key, part in value.items()]}"
    if isinstance(value, (tuple, list)):
        return f"{type(value).__name__} {[canonical_text(part, seen) for part in value]}"
    if isinstance(value, (set, frozenset)):
        return f"set {sorted(canonical_text(part, seen) for part in value)}"
    if isinstance(value, (str, bytes, bool, int, float, complex, type(None), type(...))):
        return repr(value)
    return _name(value)


def _name(value: object) -> str:
    """Identify something from a library by its module and name; its contents are not followed."""
    if isinstance(value, ModuleType):
        return f"module {value.__name__}"
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    return f"{getattr(value, '__module__', '')}.{name or type(value).__qualname__}"


def _function(function: FunctionType, seen: set[FunctionType]) -> str:
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
    return f"function {canonical_text(parts, seen)}"


def _names(code: CodeType) -> set[str]:
    """Return the global names (and attributes) in a function's code, including the functions inside it."""
    inner = (_names(part) for part in code.co_consts if isinstance(part, CodeType))
    return set(code.co_names).union(*inner)


def _code(code: CodeType, seen: set[FunctionType]) -> str:
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return f"code {code.co_code.hex()} {canonical_text((code.co_consts, *names), seen)}"


@cache
def tools_digest() -> str:
    """Return a digest of all source files, except the tasks', that a mark depends on."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if affects_marks(name):
            digest.update(f"{name}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:32]


def affects_marks(name: str) -> bool:
    """Whether a mark may depend on a file of the package, given its path within the package."""
    return not name.startswith(WITHOUT_EFFECT)
