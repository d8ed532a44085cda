"""What an answer borrows is noted, and what it may use is not."""

import json

import pytest

from mlcourse.checks.examine import verdict_on_means
from mlcourse.grading.judge.borrowing import Borrowing
from mlcourse.grading.records.grade import Attachment, Cell, Mark, Submission
from tests.helpers.courses import CATALOGUE, OUR_COURSE

LESSONS = sorted(CATALOGUE.lessons)


def notebook(*sources, lesson="04_em", files=()):
    cells = tuple(Cell("code", source) for source in sources)
    return Submission("ada", "x", (Cell("markdown", "import nothing"), *cells), lesson, files=files)


def notes_on(task, *sources, seen=(), **options):
    borrowing = Borrowing(notebook(*sources, **options), OUR_COURSE, {task: set(seen)})
    return borrowing.notes_on(CATALOGUE.tasks[task])


def notes(*sources, **options):
    return Borrowing(notebook(*sources, **options), OUR_COURSE, {}).notes()


def test_a_function_of_the_course_is_noted():
    cell = "from mlcourse import mixture\ndef e_step(X, pi, mu, Sigma): return mixture.steps.e_step(X, pi)"
    assert notes_on("e_step", cell) == ("It uses mlcourse.mixture.steps.e_step.",)


def test_what_an_answer_uses_is_told_apart_from_other_notes():
    cell = "from mlcourse import mixture\ndef e_step(X, pi, mu, Sigma): return mixture.steps.e_step(X, pi)"
    mark = Mark("e_step", 4, 4, "right", notes=("Judged at its check.",))
    noted = Borrowing(notebook(cell), OUR_COURSE, {}).noted(mark)
    assert noted.uses == ("It uses mlcourse.mixture.steps.e_step.",)
    assert noted.notes == ("Judged at its check.", *noted.uses)


def test_a_forbidden_function_is_noted_with_what_the_text_says():
    cell = "from scipy.special import logsumexp\ndef log_sum_exp(A): return logsumexp(A, axis=1)"
    (note,) = notes_on("log_sum_exp", cell)
    assert note == "It uses scipy.special.logsumexp, although the task asks to do without."
    assert notes_on("e_step", cell.replace("log_sum_exp", "e_step")) == ()  # there it may be used


def test_what_was_seen_is_noted_if_it_was_not_read():
    seen = {"mlcourse.mixture.steps.e_step", "scipy.stats._multivariate.multivariate_normal_gen.__call__"}
    hidden = "def e_step(X): return eval('mixture.e_' + 'step')(X)"
    assert notes_on("e_step", hidden, seen=seen) == (
        "While it ran, mlcourse.mixture.steps.e_step was called.",
        "It runs text as code (`eval`).",
    )
    read = "from mlcourse.mixture import e_step as f\ndef e_step(X): return f(X)"
    assert notes_on("e_step", read, seen=seen) == ("It uses mlcourse.mixture.e_step.",)


def test_a_package_that_the_exercise_does_not_import_is_noted():
    assert notes_on("e_step", "import torch\ndef e_step(X): return torch.softmax(X)") == (
        "It uses torch.softmax.",
    )


BORROWS = b"from mlcourse.mixture import e_step as right\ndef f(X): return right(X)"


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("mine.py", "import mine as m\nf = m.f"),
        ("pkg/part.py", "from pkg.part import f"),
        ("pkg/part.py", "import pkg.part as p\nf = p.f"),
        ("pkg/part.py", "import pkg.part\nf = pkg.part.f"),
        ("pkg/part.py", "from pkg.part import *"),
        ("pkg/part.py", "from pkg import part\nf = part.f"),
        ("pkg/part.py", "from pkg.part import f as g\ndef f(X): return g(X)"),
        ("pkg/__init__.py", "from pkg import f"),
        ("src/part.py", "import sys; sys.path.insert(0, 'src')\nfrom part import f"),
        ("a/b/c.py", "from a.b.c import f"),
    ],
)
def test_borrowing_in_a_module_in_any_folder_is_noted(name, cell):
    found = notes_on("e_step", f"{cell}\ndef e_step(X): return f(X)", files=(Attachment(name, BORROWS),))
    assert found == ("It uses mlcourse.mixture.e_step.",)


def test_a_file_called_like_a_package_hides_nothing():
    files = [Attachment(name, b"def logsumexp(A): pass") for name in ("scipy.py", "x/scipy/special.py")]
    cell = "from scipy.special import logsumexp\ndef log_sum_exp(A): return logsumexp(A)"
    (note,) = notes_on("log_sum_exp", cell, files=tuple(files))
    assert "scipy.special.logsumexp" in note


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("return eval(X)", "runs text as code (`eval`)"),
        ("exec('y = X')", "runs text as code (`exec`)"),
        ("return compile(X, X, X)", "runs text as code (`compile`)"),
        ("return __import__(X)", "imports as it runs (`__import__`)"),
        ("import importlib\n    return importlib.reload(X)", "imports as it runs (`importlib`)"),
        ("return getattr(X, 'e_' + 'step')", "looks up names as it runs (`getattr()`)"),
        ("g = getattr\n    return [g(X, one) for one in X]", "looks up names as it runs (`getattr()`)"),
        ("return globals()['a' + 'b']", "looks up names as it runs (`globals`)"),
        ("import sys\n    return sys.modules[X]", "looks up names as it runs (`sys.modules`)"),
    ],
)
def test_what_can_hide_a_use_is_noted(code, what):
    note = f"It {what}."
    assert notes_on("e_step", f"def e_step(X):\n    {code}") == (note,)
    assert notes_on("e_step", f"def h(X):\n    {code}\ndef e_step(X): return h(X)") == (note,)
    assert notes_on("e_step", f"def h(X):\n    {code}\nmade = h(1)\ndef e_step(X): return made(X)") == (note,)
    assert notes_on("e_step", f"def h(X):\n    {code}\nh(1)\ndef e_step(X): return X") == ()


@pytest.mark.parametrize("code", ["getattr(X, 'T')", "re.compile(X)", "M().eval()", "X.eval()", "eval_it(X)"])
def test_what_hides_nothing_is_not_noted(code):
    own = "import re\nclass M:\n    def eval(self): pass\ndef eval_it(X): pass\n"
    assert notes_on("e_step", f"{own}def e_step(X): return {code}") == ()


def test_what_does_all_that_a_task_asks_for_is_noted():
    cell = "import numpy as np\ndef log_sum_exp(A): return np.logaddexp.reduce(A, axis=1)"
    note = "It uses numpy.logaddexp.reduce, which does what the task asks for."
    assert notes_on("log_sum_exp", cell) == (note,)
    assert notes_on("e_step", cell.replace("log_sum_exp", "e_step")) == ()


def test_what_is_said_already_is_not_noted_again():
    torch = notebook("import torch, tensorflow", "import torch")
    said = Borrowing(torch, OUR_COURSE, {}).notes({(2, "torch"), (3, "tensorflow")})
    assert said == [
        "Cell 2 imports tensorflow, which the exercise does not.",
        "Cell 3 imports torch, which the exercise does not.",
    ]
    borrowing = Borrowing(notebook("from scipy.special import logsumexp as log_sum_exp"), OUR_COURSE, {})
    mark = Mark("log_sum_exp", 0, 2, "wrong", verdict_on_means("scipy.special.logsumexp").what)
    assert borrowing.noted(mark) == mark
    assert len(borrowing.noted(mark._replace(message="it is wrong.")).notes) == 1


def test_borrowing_in_a_module_handed_in_is_noted():
    module = Attachment("mine.py", b"from mlcourse.mixture import e_step as right\ndef f(X): return right(X)")
    found = notes_on("e_step", "import mine\ndef e_step(X): return mine.f(X)", files=(module,))
    assert found == ("It uses mlcourse.mixture.e_step.",)


def test_names_are_shown_as_text_of_a_limited_length():
    cell = f"import {'x' * 5000} as y\ndef e_step(X): return y.f(X)"
    (note,) = notes_on("e_step", cell)
    assert len(note) < 120


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_solutions_have_no_notes(lesson):
    cells = json.loads(OUR_COURSE.notebook("solutions", lesson).read_text("utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    for task in CATALOGUE.of_lesson(lesson).tasks:
        assert notes_on(task.name, *sources, lesson=lesson) == ()


@pytest.mark.parametrize("lesson", LESSONS)
def test_nothing_that_was_handed_out_is_noted(lesson):
    cells = OUR_COURSE.exercise(lesson)
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert notes(*sources, lesson=lesson) == []


def test_imports_are_noted():
    source = """from sklearn.mixture import GaussianMixture
import mlcourse.mixture, torch
from mlcourse import check, mixture
from mlcourse.datasets import load_points
import math; import google.colab.drive
import numpy.linalg as la
if True: import scipy.cluster.vq
"""
    assert notes(source) == [
        f"Cell 2 imports {name}, which the exercise does not."
        for name in (
            "mlcourse.mixture",
            "scipy.cluster.vq",
            "sklearn.mixture.GaussianMixture",
            "torch",
        )
    ]


@pytest.mark.parametrize(
    "source",
    [
        "import importlib",
        "from importlib.machinery import SourceFileLoader",
        "m = sys.modules",
        "f.__code__ = f.__code__.replace(co_name='g')",
        "get_ipython().run_cell('x')",
        "vars(operator)['attrgetter']",
    ],
)
def test_what_can_hide_an_import_is_noted(source):
    assert any("which can hide what it uses" in note for note in notes(source))


def test_a_comment_hides_nothing():
    assert notes("# importlib would be another way\nx = 1") == []


@pytest.mark.parametrize("source", ["x = 1\n" * 30_000, "(" * 10_000])
def test_a_cell_that_cannot_be_read_is_noted(source):
    assert notes(source) == ["Cell 2 cannot be read, or is too long to be read: see what its code uses."]


DEEP = " + ".join("0" * 220)


def test_a_deep_expression_hides_nothing_else():
    cell = f"from scipy.special import logsumexp\ndef log_sum_exp(A):\n    start = {DEEP}\n    return logsumexp(A)"
    assert notes_on("log_sum_exp", cell) == (
        "It uses scipy.special.logsumexp, although the task asks to do without.",
        "Part of its code is too deeply nested to be read: look at it.",
    )
    assert "Part of cell 2 is too deeply nested to be read: look at it." in notes(cell)
    mentioned = f"from scipy.special import logsumexp\ndef log_sum_exp(A): return logsumexp(A) + {DEEP}"
    assert "scipy.special.logsumexp" in notes_on("log_sum_exp", mentioned)[0]


@pytest.mark.parametrize("comment", ["# %%file helper.py\n", "x = 1\n%%file helper.py\n"])
def test_a_magic_in_the_middle_of_a_cell_writes_no_module(comment):
    cell = f"{comment}from helper import f\ndef e_step(X): return f(X)"
    assert notes_on("e_step", cell) == ("It uses helper.f.",)


def test_a_cell_that_writes_a_module_is_read_as_that_module():
    own = "%%capture\n%%writefile helper.py\nfrom mlcourse.mixture import e_step as right\ndef f(X): return right(X)"
    found = notes_on("e_step", own, "from helper import f\ndef e_step(X): return f(X)")
    assert found == ("It uses mlcourse.mixture.e_step.",)


def test_harmless_imports_push_out_no_worse_note():
    many = "if False: import " + ", ".join(f"harmless{k}" for k in range(30))
    late = "import sys\nfrom mlcourse.mixture import e_step as theirs\nM = sys.modules"
    found = notes(many, late, "(" * 10_000)
    assert found[:3] == [
        "Cell 4 cannot be read, or is too long to be read: see what its code uses.",
        "Cell 3 imports mlcourse.mixture.e_step, which the exercise does not.",
        "Cell 3 mentions modules, which can hide what it uses.",
    ]
    assert found[-1] == "There are 13 more notes on cells."


KL = "def kl_gap(Q, R): return {}"
MENTION = "The notebook mentions `rel_entr`, which the task asks to do without: look at it."


@pytest.mark.parametrize(
    ("before", "function"),
    [
        ("F = {}\nF['f'] = rel_entr", "F['f'](Q, R)"),
        ("F = []\nF.append(rel_entr)", "F[0](Q, R)"),
        ("for f in [rel_entr]: pass", "f(Q, R)"),
        ("np.f = rel_entr", "np.f(Q, R)"),
        ("def g(): pass\ng.f = rel_entr", "g.f(Q, R)"),
        ("class T: pass\nsetattr(T, 'f', rel_entr)", "T.f(Q, R)"),
        ("def setup():\n    global f\n    f = rel_entr\nsetup()", "f(Q, R)"),
        ("[f := g for g in (rel_entr,)]\ng = 1", "g(Q, R)"),
        ("def setup():\n    global f\n    from scipy.special import rel_entr as f\nsetup()", "f(Q, R)"),
        ("def put(f): globals()['f'] = f\nput(rel_entr)", "f(Q, R)"),
        ("get_ipython().run_cell('def f(Q, R): return rel_entr(Q, R)')", "f(Q, R)"),
        ("import pickle\nf = pickle.loads(b'cscipy.special\\nrel_entr\\n.')", "f(Q, R)"),
        ("import operator, scipy\nf = operator.attrgetter('rel_entr')(scipy.special)", "f(Q, R)"),
        ("match scipy.special:\n    case types.ModuleType(rel_entr=f): pass", "f(Q, R)"),
        ("def g():\n    yield rel_entr\nfor f in g(): pass", "f(Q, R)"),
    ],
)
def test_a_forbidden_name_that_an_answer_may_get_at_is_noted(before, function):
    cell = f"import numpy as np\nfrom scipy.special import rel_entr\n{before}\n{KL.format(function)}"
    assert MENTION in notes_on("kl_gap", cell, lesson="05_why_em_works")


def test_a_forbidden_name_in_a_file_that_may_be_run_is_noted():
    files = (Attachment("notes.txt", b"def kl_gap(Q, R): return rel_entr(Q, R)"),)
    assert MENTION in notes_on("kl_gap", "%run notes.txt", lesson="05_why_em_works", files=files)


@pytest.mark.parametrize(
    "compare",
    ["print(np.allclose(kl_gap(Q, R), rel_entr(Q, R)))", "theirs = rel_entr(Q, R)\nours = kl_gap(Q, R)"],
)
def test_a_forbidden_name_in_a_comparison_is_not_noted(compare):
    cell = f"import numpy as np\nfrom scipy.special import rel_entr\n{KL.format('np.sum(Q)')}\n{compare}"
    assert notes_on("kl_gap", cell, lesson="05_why_em_works") == ()


def test_what_a_class_imports_is_used_by_its_name():
    cell = "class C:\n    from scipy.special import rel_entr as R\ndef kl_gap(Q, R): return C.R(Q, R).sum(axis=1)"
    assert notes_on("kl_gap", cell, lesson="05_why_em_works") == (
        "It uses scipy.special.rel_entr, although the task asks to do without.",
    )


@pytest.mark.parametrize(
    "text",
    ["'no rel_entr here'\nprint('like rel_entr')", "rel_entr = 1\nx = rel_entr", "x = f'as {rel_entr(1)}'"],
)
def test_text_for_people_and_own_names_are_no_mentions(text):
    cell = f"import numpy as np\n{KL.format('np.sum(Q)')}\n{text}"
    assert notes_on("kl_gap", cell, lesson="05_why_em_works") == ()


def test_builtins_and_what_estimators_call_are_not_noted():
    star = "from helper import *\ndef e_step(X, pi, mu, Sigma): return len(X), aid(X)"
    assert notes_on("e_step", star) == ("It uses helper.aid.",)
    seen = {"sklearn.utils._tags.TransformerTags", "sklearn.base.clone"}
    assert notes_on("e_step", "def e_step(X): return X", seen=seen) == ()
