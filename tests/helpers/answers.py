"""The course's tasks with their mistakes and other right answers, and nonsense answers."""

from mlcourse.tasks import CATALOGUE

TASKS = CATALOGUE.tasks
FUNCTIONS = {name: task for name, task in TASKS.items() if task.kind == "function"}


def stub(*args):
    raise NotImplementedError("write your answer here")


def returns_nothing(*args):
    return None


def divides_by_zero(*args):
    return 1 / 0
