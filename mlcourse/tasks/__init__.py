"""The tasks of the course, lesson by lesson, and the `check` object of its notebooks."""

from mlcourse.checks import Checker, read_package

CATALOGUE = read_package("mlcourse.tasks")
check = Checker(CATALOGUE)
