"""Work that tampers with the judge: its functions, its cells, its metadata. The judge is somewhere else."""

import pytest

from tests.helpers import honest

WRONG = "def log_sum_exp(A):\n    return np.zeros(len(A))"

PATCHES = {
    "NumPy's comparisons": """
import numpy as np
for name in ("isclose", "allclose", "array_equal", "array_equiv", "all", "any"):
    setattr(np, name, lambda *a, **k: np.True_)
np.testing.assert_allclose = np.testing.assert_array_equal = lambda *a, **k: None
""",
    "built-in functions": """
import builtins
builtins.isinstance = lambda *a: True
builtins.abs = lambda *a: 0
builtins.all = lambda *a: True
""",
    "exceptions": (
        "import builtins\nbuiltins.AssertionError = builtins.Exception = type('Never', (BaseException,), {})"
    ),
    "the check": "import mlcourse\nmlcourse.check = type('Check', (), {'__getattr__': lambda *a: lambda *a: True})()",
    "the module of checks": """
import sys, types
for name in ("examine", "compare", "notebook", "outcome", "task"):
    module = types.ModuleType("mlcourse.checks." + name)
    module.examine = module.difference = module.plain = lambda *a, **k: None
    sys.modules["mlcourse.checks." + name] = module
""",
    "the worker's comparison": "import mlcourse.checks.compare as c\nc.difference = lambda *a, **k: None",
    "the worker's pipe": """
import mlcourse.grading.inside.pipe as pipe
send = pipe.send
pipe.send = lambda socket, words, *a, **k: send(socket, {**words, "status": "right", "points": 100}, *a, **k)
""",
    "assertions": "import sys\nsys.flags = None\n__debug__ if True else None\nassert_ = None",
    "the syntax": """
import ast, builtins
compile_ = builtins.compile
class Kind(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
    def visit_Raise(self, node): return ast.Pass()
def kind(source, *a, **k):
    if isinstance(source, str): source = ast.fix_missing_locations(Kind().visit(ast.parse(source)))
    return compile_(source, *a, **k)
builtins.compile = kind
""",
    "IPython's syntax": "get_ipython().ast_transformers.append(lambda tree: tree)",
    "imports": """
import sys
class Finder:
    def find_spec(self, name, *a):
        if name.startswith("mlcourse.checks"): raise SystemExit
sys.meta_path.insert(0, Finder())
""",
    "tracing": "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)",
    "exits": "import atexit, os\natexit.register(os._exit, 0)",
    "the hook of exceptions": "import sys\nsys.excepthook = sys.unraisablehook = lambda *a: None",
    "standard output": "import sys\nsys.stdout = sys.stderr = None",
    "the main module": "import sys\nsys.modules['__main__'] = None",
    "the frame above": """
import sys
frame = sys._getframe()
while frame:
    for name in ("verdict", "mark", "points", "status"): frame.f_globals[name] = "right"
    frame = frame.f_back
""",
}  # fmt: skip


@pytest.mark.parametrize("attack", PATCHES)
def test_a_wrong_answer_stays_wrong(world, attack):
    grade = world.mark(honest.notebook(before=PATCHES[attack], log_sum_exp=WRONG))
    points = {mark.task: mark.points for mark in grade.marks}
    assert points["log_sum_exp"] == 0
    assert all(0 <= points[task] <= honest.POINTS[task] for task in points)


SPYING = {
    "all objects": """
import gc
def _expected(A):
    for thing in gc.get_objects():
        if type(thing).__name__ in ("Task", "Lesson", "Catalogue", "Case", "Mistake", "Law", "Verdict"):
            return thing.answer(A)
    raise LookupError
""",
    "all frames": """
import sys
def _expected(A):
    frame = sys._getframe()
    while frame:
        for name in ("expected", "task", "key", "outcomes"):
            found = frame.f_locals.get(name)
            if callable(getattr(found, "answer", None)): return found.answer(A)
        frame = frame.f_back
    raise LookupError
""",
    "all modules": """
import sys
def _expected(A):
    for module in list(sys.modules.values()):
        for task in getattr(getattr(module, "CATALOGUE", None), "tasks", {}).values(): return task.answer(A)
    raise LookupError
""",
    "the package's tasks": (
        "def _expected(A):\n    from mlcourse.tasks import CATALOGUE\n"
        "    return CATALOGUE.tasks['log_sum_exp'].answer(A)"
    ),
    "the tasks of the lesson": (
        "def _expected(A):\n    from mlcourse.tasks import lesson_04\n    return lesson_04.log_sum_exp(A)"
    ),
    "its own memory": """
def _expected(A):
    memory = open("/proc/self/mem", "rb")
    return None
""",
}  # fmt: skip


@pytest.mark.parametrize("attack", SPYING)
def test_there_is_no_expected_value_to_be_found(world, attack):
    answer = "def log_sum_exp(A):\n    return _expected(A)"
    grade = world.mark(honest.short_notebook(before=SPYING[attack], log_sum_exp=answer))
    assert honest.earned(grade) == {**honest.FEW, "log_sum_exp": 0}


def test_remembered_public_cases_do_not_help_on_secret_ones(world):
    """Cases come from the secret seed, so that a table of answers to the notebook's own cases is worth nothing."""
    answer = """
import hashlib
def log_sum_exp(A):
    known = {'0' * 64: np.zeros(6)}
    return known.get(hashlib.sha256(A.tobytes()).hexdigest(), np.zeros(len(A)))
"""
    grade = world.mark(honest.notebook(log_sum_exp=answer))
    assert {mark.task: mark.points for mark in grade.marks} == {**honest.POINTS, "log_sum_exp": 0}


# ── Cells and metadata ───────────────────────────────────────────────────────────────────────────────


def edited(change) -> dict:
    """The honest notebook, with one wrong answer, and all its cells changed."""
    content = honest.notebook(log_sum_exp=WRONG)
    content["cells"] = change(content["cells"])
    return content


def role(cell: dict) -> str | None:
    return cell["metadata"].get("mlcourse", {}).get("role")


def set_metadata(cells: list[dict], **metadata) -> list[dict]:
    return [{**cell, "metadata": {**cell["metadata"], **metadata}} for cell in cells]


CHANGES = {
    "checks that pass": lambda cells: [
        {**cell, "source": "print('✓ right. 100 points')"} if role(cell) == "check" else cell for cell in cells
    ],
    "checks that fail": lambda cells: [
        {**cell, "source": "raise AssertionError"} if role(cell) == "check" else cell for cell in cells
    ],
    "no checks": lambda cells: [cell for cell in cells if role(cell) != "check"],
    "every check twice": lambda cells: [cell for cell in cells for _ in range(1 + (role(cell) == "check"))],
    "every answer twice": lambda cells: [cell for cell in cells for _ in range(1 + (role(cell) == "answer"))],
    "checks first": lambda cells: sorted(cells, key=lambda cell: role(cell) != "check"),
    "checks as answers": lambda cells: [
        {**cell, "metadata": {"mlcourse": {**cell["metadata"]["mlcourse"], "role": "answer"}}}
        if role(cell) == "check"
        else cell
        for cell in cells
    ],
    "answers as checks": lambda cells: [
        {**cell, "metadata": {"mlcourse": {**cell["metadata"]["mlcourse"], "role": "check"}}}
        if role(cell) == "answer"
        else cell
        for cell in cells
    ],
    "answers typed into the checks": lambda cells: [
        {**cell, "source": honest.ANSWERS[cell["metadata"]["mlcourse"]["task"]] + "\n" + cell["source"]}
        if role(cell) == "check" and cell["metadata"]["mlcourse"]["task"] != "log_sum_exp"
        else cell
        for cell in cells
        if role(cell) != "answer" or cell["metadata"]["mlcourse"]["task"] == "log_sum_exp"
    ],
    "no metadata": lambda cells: [{**cell, "metadata": {}} for cell in cells],
    "metadata that are none": lambda cells: [{**cell, "metadata": ["x"]} for cell in cells],
    "forged points": lambda cells: set_metadata(
        cells, nbgrader={"points": 1000, "grade": True, "grade_id": "log_sum_exp", "solution": False}, score=1000
    ),
    "another lesson's name": lambda cells: [
        {**cell, "metadata": {"mlcourse": {**cell["metadata"]["mlcourse"], "lesson": "01_kmeans"}}}
        if role(cell)
        else cell
        for cell in cells
    ],
    "open questions": lambda cells: [
        *cells,
        {
            **honest.text("10 of 10 points"),
            "metadata": {"mlcourse": {"role": "open", "task": "gift", "points": 10}},
        },
    ],
    "outputs that say so": lambda cells: [
        {**cell, "outputs": [{"output_type": "stream", "name": "stdout", "text": "✓ log_sum_exp: right."}]}
        if cell["cell_type"] == "code"
        else cell
        for cell in cells
    ],
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_marks_do_not_come_from_cells_or_metadata(world, change):
    grade = world.mark(edited(CHANGES[change]))
    assert {mark.task: mark.points for mark in grade.marks} == {**honest.POINTS, "log_sum_exp": 0}
    assert {mark.task: mark.out_of for mark in grade.marks} == honest.POINTS
