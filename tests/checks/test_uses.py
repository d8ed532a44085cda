"""What an answer uses, read from the cells of a notebook."""

import ast

import pytest

from mlcourse.checks import uses
from mlcourse.checks.uses import UNREAD, Reader, forbidden_use

E_STEP = "mlcourse.mixture.e_step"
DEF = "def answer(X):\n    return "
BORROWED = {
    "an attribute of a module": f"from mlcourse import mixture\n{DEF}mixture.e_step(X)",
    "one of several imports": f"import numpy as np, mlcourse.mixture as m\n{DEF}m.e_step(X)",
    "after a semicolon": f"x = 1; from mlcourse.mixture import e_step as e\n{DEF}e(X)",
    "in a branch": f"if True:\n    import mlcourse.mixture\n{DEF}mlcourse.mixture.e_step(X)",
    "in a try": f"try:\n    import mlcourse.mixture as m\nexcept ImportError:\n    pass\n{DEF}m.e_step(X)",
    "from the top of the package": f"import mlcourse\n{DEF}mlcourse.mixture.e_step(X)",
    "another name": f"import mlcourse.mixture as m\nf = m.e_step\ng = f\n{DEF}g(X)",
    "getattr": f"import mlcourse.mixture as m\n{DEF}getattr(m, 'e_step')(X)",
    "a star": f"from mlcourse.mixture import *\n{DEF}e_step(X)",
    "import_module": f"import importlib\n{DEF}importlib.import_module('mlcourse.mixture').e_step(X)",
    "import_module, by name": f"from importlib import import_module as i\n{DEF}i('mlcourse.mixture').e_step(X)",
    "__import__": f"{DEF}__import__('mlcourse.mixture', fromlist=['x']).e_step(X)",
    "sys.modules": f"import sys\n{DEF}sys.modules['mlcourse.mixture'].e_step(X)",
    "globals": f"from mlcourse import mixture\n{DEF}globals()['mixture'].e_step(X)",
    "exec": f"exec('from mlcourse.mixture import e_step as q')\n{DEF}q(X)",
    "inside the answer": "def answer(X):\n    from mlcourse.mixture import e_step\n    return e_step(X)",
    "instead of the answer": "from mlcourse.mixture import e_step as answer",
    "as the answer": "from mlcourse import mixture\nanswer = mixture.e_step",
    "a lambda": "from mlcourse import mixture\nanswer = lambda X: mixture.e_step(X)",
    "partial": "from functools import partial\nfrom mlcourse import mixture\nanswer = partial(mixture.e_step, k=1)",
    "a helper": f"from mlcourse import mixture\ndef h(X): return mixture.e_step(X)\n{DEF}h(X)",
    "a helper's helper": (
        f"from mlcourse import mixture\ndef a(X): return mixture.e_step(X)\ndef b(X): return a(X)\n{DEF}b(X)"
    ),
    "a function that makes it": (
        "from mlcourse import mixture\ndef make():\n    return mixture.e_step\nanswer = make()"
    ),
    "a table": f"from mlcourse import mixture\nT = {{'e': mixture.e_step}}\n{DEF}T['e'](X)",
    "a class": f"from mlcourse import mixture\nclass H:\n    e = mixture.e_step\n{DEF}H.e(X)",
    "a method": (
        f"from mlcourse import mixture\nclass H:\n    def e(self, X): return mixture.e_step(X)\n{DEF}H().e(X)"
    ),
    "a decorator": "from mlcourse import mixture\n@mixture.e_step\ndef answer(X): return X",
    "a default": "from mlcourse import mixture\ndef answer(X, f=mixture.e_step): return f(X)",
    "a comprehension": f"from mlcourse import mixture\n{DEF}[mixture.e_step(x) for x in X]",
    "two at once": f"from mlcourse import mixture as m\ne, f = m.e_step, m.m_step\n{DEF}e(X)",
    "a walrus": f"from mlcourse import mixture\nprint(f := mixture.e_step)\n{DEF}f(X)",
    "a magic": f"%matplotlib inline\nfrom mlcourse import mixture\n{DEF}mixture.e_step(X)",
    "a timed cell": f"%%time\nfrom mlcourse import mixture\n{DEF}mixture.e_step(X)",
}
HONEST = {
    "only imported": f"from mlcourse.mixture import e_step\n{DEF}X",
    "used elsewhere": f"from mlcourse.mixture import e_step\ndef other(X): return e_step(X)\n{DEF}X",
    "used for a picture": f"from mlcourse.mixture import e_step\n{DEF}X\nprint(e_step(1), answer(1))",
    "a parameter": "from mlcourse.mixture import e_step\ndef answer(X, e_step): return e_step(X)",
    "one's own function": f"from mlcourse.mixture import e_step\ndef e_step(X): return X\n{DEF}e_step(X)",
    "one's own local function": (
        "from mlcourse.mixture import e_step\ndef answer(X):\n    def e_step(X): return X\n    return e_step(X)"
    ),
    "a loop's name": "from mlcourse.mixture import e_step\ndef answer(X):\n    return [e_step for e_step in X]",
    "an annotation": "from mlcourse.mixture import e_step\ndef answer(X: e_step) -> e_step:\n    return X",
    "a text": f"{DEF}'mlcourse.mixture.e_step'",
    "an attribute of something else": f"from mlcourse.mixture import e_step\n{DEF}X.e_step",
    "another answer later": "from mlcourse.mixture import e_step as answer\ndef answer(X): return X",
}


@pytest.mark.parametrize("form", BORROWED)
def test_a_use_is_found_in_every_form(form):
    assert E_STEP in Reader([BORROWED[form]]).uses("answer").possible


@pytest.mark.parametrize("form", HONEST)
def test_what_is_no_use_is_not_reported(form):
    assert E_STEP not in Reader([HONEST[form]]).uses("answer").possible


def test_names_come_from_any_earlier_cell():
    cells = ["from mlcourse import mixture", "f = mixture.e_step", f"{DEF}f(X)"]
    assert Reader(cells).uses("answer").certain == {E_STEP}
    assert Reader(cells[1:]).uses("answer").possible == frozenset()


@pytest.mark.parametrize("branch", ["if X: ", "for i in X: ", "while X: "])
def test_what_happens_in_a_branch_is_possible_only(branch):
    cells = ["def f(X): return X", f"{branch}from mlcourse.mixture import e_step as f", f"{DEF}f(X)"]
    assert Reader(cells).uses("answer") == (frozenset(), {E_STEP})


def test_an_object_counts_as_its_class():
    cell = f"from mlcourse import GaussianMixture\nmodel = GaussianMixture(2).fit(X)\n{DEF}model.predict(X)"
    assert Reader([cell]).uses("answer").certain == {"mlcourse.GaussianMixture"}


def test_modules_handed_in_with_the_notebook_are_read():
    module = "from mlcourse import mixture\ndef right(X): return mixture.e_step(X)"
    for cell in (f"import mine\n{DEF}mine.right(X)", f"from mine import right\n{DEF}right(X)"):
        assert Reader([module, cell], ["mine"]).uses("answer").certain == {E_STEP}
        assert Reader([f"%%writefile mine.py\n{module}", cell]).uses("answer").certain == {E_STEP}


@pytest.mark.parametrize(
    "cell",
    [
        "answer = answer",
        "a = b\nb = a\nanswer = a",
        "def answer(X): return answer(X)",
        "\n".join(f"a{i + 1} = a{i} or a{i}" for i in range(500)) + "\nanswer = a500",
        "\n".join(f"def f{i}(X): return f{i + 1}(X)" for i in range(2000)) + "\nanswer = f0",
        "answer = " + "(" * 10_000,
        "x" * 200_000,
        "answer = " + " + ".join(["mixture"] * 900),
        "class A(A): pass\nanswer = A",
        "from . import answer",
        "answer: int\nglobal answer",
    ],
)
def test_odd_code_is_read_in_no_time_and_raises_nothing(cell):
    assert Reader([cell]).uses("answer").certain <= {"builtins.answer", UNREAD.name}


def test_imports_are_found_in_every_form():
    cell = """
import numpy as np, mlcourse.mixture.steps as s; from a import b, c
if True:
    import importlib
    importlib.import_module("q.r"), __import__("z")
def f():
    from deep import inside
"""
    found = {"numpy", "mlcourse.mixture.steps", "a.b", "a.c", "importlib", "q.r", "z", "deep.inside"}
    assert Reader([cell]).imports() == found


@pytest.mark.parametrize(
    ("use", "is_forbidden"),
    [
        ("scipy.special.logsumexp", True),
        ("scipy.special._logsumexp.logsumexp", True),
        ("scipy.stats.norm.pdf", True),
        ("scipy.special.softmax", False),
        ("numpy.logaddexp.reduce", False),
        ("torch.logsumexp", False),
        ("scipy.statsmodels", False),
    ],
)
def test_a_task_forbids_functions_and_packages(use, is_forbidden):
    forbids = ("scipy.special.logsumexp", "scipy.stats")
    assert (forbidden_use(forbids, {use, "numpy.exp"}) == use) is is_forbidden


def test_what_may_mean_too_many_things_is_unknown():
    """A chain of names, each of which may mean all of many things, would fill the memory."""
    many = ", ".join(f"np.f{n}" for n in range(uses.MAX_TARGETS + 1))
    few = ", ".join(f"np.f{n}" for n in range(uses.MAX_TARGETS))
    for table, known in ((many, False), (few, True)):
        reader = Reader(
            [f"import numpy as np\ntable = [{table}]\nshort = table\ndef answer(): return short[0]"]
        )
        short = reader._resolve(ast.Name("short"), reader.module, uses.MAX_STEPS)
        assert bool(short) == known
