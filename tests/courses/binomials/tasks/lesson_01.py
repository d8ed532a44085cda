"""Tasks on binomial coefficients: a course that has nothing to do with mixtures."""

from itertools import pairwise
from math import comb, factorial

from mlcourse.checks import Case, Lesson

LESSON = Lesson("01_binomials")

CHOOSE = LESSON.task("choose", title="Choose k of n", points=3, expected="a whole number")


@CHOOSE.cases
def two_sizes(rng):
    for description, most in (("a few things", 6), ("many things", 20)):
        n = int(rng.integers(4, most))
        yield Case(description, (n, int(rng.integers(2, n - 1))))


@CHOOSE.reference
def choose(n, k):
    return comb(n, k)


@CHOOSE.mistake("the order counts here: ab and ba are one choice.", hint=1)
def order_counted(n, k):
    return factorial(n) // factorial(n - k)


@CHOOSE.right
def by_factorials(n, k):
    return factorial(n) // factorial(k) // factorial(n - k)


@CHOOSE.right
def by_pascal(n, k):
    row = [1]
    for _ in range(n):
        row = [1, *(a + b for a, b in pairwise(row)), 1]
    return row[k]


LESSON.open_question("why_symmetric", title="Why is it symmetric?", points=2)

NO_CHOICE = LESSON.choice(
    "no_choice",
    title="Choose none",
    points=1,
    right="A",
    wrong={"B": "there is one way to choose nothing."},
)
