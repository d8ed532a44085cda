"""The functions of the bank with their mistakes and other right answers, and nonsense answers."""

import importlib

from mlcourse.checks import CHECKS
from mlcourse.cli import ROOT

FUNCTIONS = {name: check for name, check in CHECKS.items() if check.kind == "function"}

VARIANTS = [
    (name, variant)
    for answers in sorted((ROOT / "tests" / "checks" / "correct_answers").glob("lesson_*.py"))
    for name, variants in importlib.import_module(
        f"tests.checks.correct_answers.{answers.stem}"
    ).VARIANTS.items()
    for variant in variants
]


def called(answer):
    return answer if callable(answer) else lambda: answer


def stub(*args):
    raise NotImplementedError("write your answer here")


def returns_nothing(*args):
    return None


def divides_by_zero(*args):
    return 1 / 0
