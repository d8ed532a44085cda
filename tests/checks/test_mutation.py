"""Small slips, applied to the source of a function."""

import ast
from itertools import pairwise

import pytest

from mlcourse.checks.mutation import mutants
from mlcourse.checks.slips import SENTENCES


def slips_in(source):
    """The mutants of a function: the kind of slip, and what the changed part became."""
    (function,) = ast.parse(source).body
    return {(mutant.kind, mutant.after) for mutant in mutants(function)}


@pytest.mark.parametrize(
    ("body", "slip"),
    [
        ("return x.sum(axis=1)", ("other aggregate", "x.mean(axis=1)")),
        ("return x.sum(axis=1)", ("axis", "x.sum(axis=0)")),
        ("return x.sum(axis=1)", ("axis", "x.sum()")),
        ("return np.log(x)", ("other logarithm", "np.log2(x)")),
        ("return np.log(x)", ("logarithm missing", "x")),
        ("return np.sqrt(x)", ("root missing", "x")),
        ("return x ** 2", ("square missing", "x")),
        ("return x + y", ("term missing", "x")),
        ("return x - y", ("sign", "x + y")),
        ("return x * y", ("factor missing", "y")),
        ("return x / y", ("upside down", "y / x")),
        ("return x @ y", ("factors exchanged", "y @ x")),
        ("return -x", ("sign", "x")),
        ("return x < y", ("boundary", "x <= y")),
        ("return x < y", ("comparison turned around", "x > y")),
        ("return x.std()", ("degrees of freedom", "x.std(ddof=1)")),
        ("return np.std(x, ddof=1)", ("degrees of freedom", "np.std(x)")),
        ("return x.std()", ("standard deviation for variance", "x.var()")),
        ("return x.argmax()", ("largest for smallest", "x.argmin()")),
        ("return x.T", ("transpose", "x")),
        ("return x[1:]", ("slice missing", ":")),
        ("return x[::-1]", ("order reversed", ":")),
        ("return range(len(x))", ("one off", "range(len(x) - 1)")),
        ("return f(x, y)", ("arguments exchanged", "f(y, x)")),
        ("return x, y", ("results exchanged", "return (y, x)")),
        ("return x.sum(keepdims=True)", ("dimension dropped", "x.sum()")),
        ("return x.sum() / len(y)", ("other variable", "y")),
        ("return x * y", ("parameter ignored", "a constant")),
        ("return sorted(x)", ("sorting missing", "x")),
        ("return 0.5 * x", ("wrong constant", "1.0")),
        ("for i in x:\n        y += i\n    return y", ("update replaces", "y = i")),
        (
            "for i in x:\n        y += i\n    return y",
            ("loop stops early", "for i in x:\n    y += i\n    break"),
        ),
    ],
)
def test_the_likely_slips_are_made(body, slip):
    assert slip in slips_in(f"def f(x, y):\n    {body}\n")


def test_every_mutant_differs_from_the_function_and_from_others():
    (function,) = ast.parse("def f(x, y):\n    'Add.'\n    return np.sum(x + 2 * y, axis=0) / len(x)\n").body
    dumps = [ast.dump(mutant.function) for mutant in mutants(function)]
    assert len(dumps) > 20
    assert len({ast.dump(function), *dumps}) == len(dumps) + 1
    assert ast.dump(
        ast.parse("def f(x, y):\n    'Add.'\n    return np.sum(x + 2 * y, axis=0) / len(x)\n").body[0]
    ) == (ast.dump(function))


LOOP = """
def f(x, y, tol=0.1):
    while x < y and tol:
        x += [a for a in range(3) if a][0]
    return x, -y
"""


def test_every_mutant_is_valid_python():
    (function,) = ast.parse(LOOP).body
    for mutant in mutants(function):
        compile(ast.unparse(mutant.function), "mutant", "exec")


def test_every_kind_has_a_sentence_and_is_made():
    lines = (
        "z = abs(np.exp(np.log(np.sqrt(np.cumsum(x, axis=0)))))",
        "z = z.T @ y ** 3 / x - 1 + sum(y)",
        "if x < 1 and not y:\n        x += np.floor(y.std() * y.var())",
        "for i in range(3):\n        y += x ** 0.5 + x ** 2",
        "return -x.argmax(), sorted(y)[1:], y[::-1], f(x, y.mean(keepdims=True))",
    )
    made = {kind for line in lines for kind, _ in slips_in(f"def f(x, y):\n    {line}\n")}
    assert made == set(SENTENCES)


def test_sentences_end_with_a_full_stop():
    assert all(sentence.endswith(".") for sentence in SENTENCES.values())
    assert all(first < second for first, second in pairwise(SENTENCES))
