"""Forged replies, and answers that are not what they look like: judged as plain values, or not at all."""

import resource
from textwrap import indent

import pytest

from tests.helpers import honest

# The right answer: the task asks to do without SciPy's.
OWN = """
def own(A):
    m = A.max(axis=1)
    return m + np.log(np.exp(A - m[:, np.newaxis]).sum(axis=1))
"""

# Finds the worker's socket, and what it takes to write to it.
SOCKET = """
import io, json, os, stat, struct, zipfile
import numpy as np
def sockets():
    for fd in range(256):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode): yield fd
        except OSError:
            pass
def forge(words, arrays=b""):
    words = words if isinstance(words, bytes) else json.dumps(words).encode()
    write(struct.pack(">II", len(words), len(arrays)) + words + arrays)
def write(data):
    for fd in sockets():
        rest = memoryview(data)
        while rest: rest = rest[os.write(fd, rest):]
def npz(**parts):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", parts.pop("method", zipfile.ZIP_STORED)) as archive:
        for name, data in parts.items(): archive.writestr(name + ".npy", data)
    return file.getvalue()
def npy(descr, shape, data=b""):
    header = repr(dict(descr=descr, fortran_order=False, shape=shape)).encode()
    header += b" " * (-(10 + len(header) + 1) % 64) + b"\\n"
    return b"\\x93NUMPY\\x01\\x00" + struct.pack("<H", len(header)) + header + data
class Command:
    def __reduce__(self): return exec, ("open('/tmp/owned', 'w')",)
"""
FORGED = {
    "for a question to come": "forge(dict(number='0' * 16, value=dict(array=0)))",
    "no message": "write(b'hello, this is eve' * 100)",
    "a verdict": "forge(dict(status='right', points=100))",
    "a huge length": "write(b'\\xff' * 8)",
    "half a message": "write(struct.pack('>II', 1000, 1000) + b'{')",
    "a message that never ends": """
import time
write(struct.pack('>II', 900_000, 0))
while True:
    write(b' ')
    time.sleep(0.01)
""",
    "bytes without end": "while True: write(b'\\x00\\x0f\\x00\\x00\\x00\\x00\\x00\\x00' + b' ' * 0xf0000)",
    "a pickle": "import pickle; forge(pickle.dumps(Command()))",
    "an array of pickles": (
        "file = io.BytesIO(); np.savez(file, np.array([Command()], dtype=object), allow_pickle=True)\n"
        "forge(dict(value=dict(array=0)), file.getvalue())"
    ),
    "a terabyte in a header": "forge(dict(value=dict(array=0)), npz(arr_0=npy('<f8', (10**12,))))",
    "a negative size": "forge(dict(value=dict(array=0)), npz(arr_0=npy('<f8', (-1, -8), bytes(64))))",
    "a compressed bomb": (
        "forge(dict(value=dict(array=0)),"
        " npz(arr_0=npy('<f8', (10**7,), bytes(8 * 10**7)), method=zipfile.ZIP_DEFLATED))"
    ),
    "a header that is a program": (
        "part = npy('<f8', (10,), bytes(80)).replace(b'False', b'exit()')\n"
        "forge(dict(value=dict(array=0)), npz(arr_0=part))"
    ),
    "a header of brackets": (
        "part = b'\\x93NUMPY\\x01\\x00\\x80\\x03' + b'(' * 896\nforge(dict(value=dict(array=0)), npz(arr_0=part))"
    ),
    "an array of objects in disguise": "forge(dict(value=dict(array=0)), npz(arr_0=npy('|O', (1,), bytes(8))))",
    "records": "forge(dict(value=dict(array=0)), npz(arr_0=npy([('x', '<f8')], (1,), bytes(8))))",
    "a zip that is none": "forge(dict(value=dict(array=0)), b'PK\\x03\\x04' + bytes(100))",
    "depth": "forge(b'[' * 900_000)",
    "a directory of a million entries": "forge(dict(value=dict(array=0)), b'PK\\1\\2' * 2_000_000)",
    "a number of a million digits": "forge(b'{\"number\": ' + b'9' * 900_000 + b'}')",
    "not UTF-8": "forge(b'{\"number\": \"\\xff\\xfe\"}')",
    "infinitely nested values": "forge(b'{\"value\":' + b'{\"tuple\":[' * 5000 + b']}' * 5000 + b'}')",
}  # fmt: skip


KEEPS_WAITING = {"half a message", "a message that never ends"}


@pytest.mark.parametrize("attack", FORGED)
def test_a_forged_reply_costs_the_answer_that_forges_it(world, attack):
    body = indent(FORGED[attack], "    ")
    source = f"def log_sum_exp(A):\n{body}\n    return logsumexp(A, axis=1)"
    endless = "log_sum_exp" if attack in KEEPS_WAITING else None
    grade = world.mark(honest.short_notebook(before=SOCKET, log_sum_exp=source), endless)
    assert honest.earned(grade) == {**honest.FEW, "log_sum_exp": 0}
    assert {mark.status for mark in grade.marks if mark.task == "log_sum_exp"} <= {"crashed", "timeout"}


@pytest.mark.parametrize("attack", ["for a question to come", "a verdict", "no message", "depth"])
def test_a_cell_that_forges_is_left_out(world, attack):
    grade = world.mark(honest.notebook(before=f"{SOCKET}\n{FORGED[attack]}"))
    assert {mark.task: mark.points for mark in grade.marks} == honest.POINTS
    assert grade.status == "partial"


ODD = {
    "equal to everything": "class X:\n    def __eq__(self, other): return True\n    __hash__ = None\nreturn X()",
    "close to everything": (
        "class X(np.ndarray):\n    def __array_ufunc__(self, *a, **k): return np.array(True)\n"
        "    def __array_function__(self, *a, **k): return True\n    def __eq__(self, other): return True\n"
        "return np.zeros(len(A)).view(X)"
    ),
    "a subclass that lies about its shape": (
        "class X(np.ndarray):\n    shape = property(lambda self: (len(A),))\nreturn np.zeros(3).view(X)"
    ),
    "an array of what is equal to everything": (
        "class X:\n    def __eq__(self, other): return True\n    def __float__(self): return 0.0\n"
        "return np.array([X()] * len(A), dtype=object)"
    ),
    "a number that is a program": "class X(float):\n    def __eq__(self, other): return True\nreturn X(1)",
    "text that is a program": "class X(str):\n    def __eq__(self, other): return True\nreturn X('right')",
    "a dict that agrees": "class X(dict):\n    def __eq__(self, other): return True\nreturn X(right=True)",
    "NaN": "return np.full(len(A), np.nan)",
    "infinity": "return np.full(len(A), np.inf)",
    "nothing": "return None",
    "an ellipsis": "return ...",
    "not started": "raise NotImplementedError",
    "a generator": "return (a for a in A)",
    "a generator without end": "import itertools\nreturn itertools.count()",
    "a list without end": "import itertools\nreturn list(itertools.repeat(1))",
    "nothing, in a huge shape": "return np.zeros((10**15, 0))",
    "nothing, in another huge shape": "return np.zeros((0, 10**15))",
    "many small things": "return np.zeros(15_000_000, np.uint8)",
    "keys that are lines": "return {'x': 0, '}\\n✓ right.\\n4 of 4 points\\n': 1}",
    "an array larger than the machine": "return np.broadcast_to(0.0, (10**11,))",
    "an array larger than a message": "return np.zeros(10**7)",
    "a list within itself": "x = []\nx.append(x)\nreturn x",
    "a tuple within a tuple, deeper and deeper": "x = ()\nfor _ in range(10**5): x = (x,)\nreturn x",
    "an int of a million digits": "return 10 ** 10**6",
    "complex": "return np.full(len(A), 1j)",
    "dates": "return np.full(len(A), np.datetime64('2020-01-01'))",
    "text": "return np.array(['right'] * len(A))",
    "records": "return np.zeros(len(A), dtype=[('x', float)])",
    "the function itself": "return log_sum_exp",
    "a function": "return lambda *a: True",
    "what makes itself an array for ever": (
        "class X:\n    def __array__(self, *a, **k):\n        while True: pass\nreturn X()"
    ),
    "what fails to be an array": "class X:\n    def __array__(self, *a, **k): raise SystemExit\nreturn X()",
    "an exception that is not told": "class X(Exception):\n    def __str__(self):\n        while True: pass\nraise X",
    "an exception with a false name": "raise type('right', (Exception,), {})('✓ right')",
    "a warning": "import warnings\nwarnings.warn('x')\nreturn A[0]",
    "a thousand arrays and one": "return tuple(np.zeros(1) for _ in range(1001))",
    "its arguments, changed": "A[...] = 0\nreturn np.zeros(len(A))",
}  # fmt: skip


NEVER_ENDS = {"what makes itself an array for ever", "an exception that is not told"}


@pytest.mark.parametrize("attack", ODD)
def test_an_odd_answer_is_not_right(world, attack):
    body = indent(ODD[attack], "    ")
    endless = "log_sum_exp" if attack in NEVER_ENDS else None
    grade = world.mark(honest.short_notebook(log_sum_exp=f"def log_sum_exp(A):\n{body}"), endless)
    assert honest.earned(grade) == {**honest.FEW, "log_sum_exp": 0}


@pytest.mark.parametrize(
    "value",
    [
        "type('X', (str,), {'__eq__': lambda *a: True, '__hash__': str.__hash__})('A')",
        "type('X', (), {'__eq__': lambda *a: True})()",
        "['C', 'A']",
        "b'C'",
        "{'C'}",
        "lambda: 'C'",
        "type('X', (str,), {'strip': lambda self: 'C', 'upper': lambda self: 'C'})('A')",
        "None",
        "'C' * 10**8",
        "float('nan')",
    ],
)
def test_an_odd_value_is_not_right(world, value):
    grade = world.mark(honest.short_notebook(falling_likelihood=f"falling_likelihood = {value}"))
    assert honest.earned(grade) == {**honest.FEW, "falling_likelihood": 0}


@pytest.mark.parametrize(
    "answer",
    [
        "return list(own(A))",
        "return tuple(own(A))",
        "return own(A).astype(np.longdouble)",
        "return own(A).astype(object)",
        "return own(A).astype('>f8')",
        "return np.asfortranarray(own(A)[:, np.newaxis])[:, 0]",
        "return own(A)[::-1][::-1]",
        "import pandas as pd\n    return pd.Series(own(A))",
        "print('x' * 10**6)\n    return own(A)",
        "return np.ma.array(own(A))",
    ],
)
def test_an_honest_answer_in_an_odd_form_is_right(world, answer):
    grade = world.mark(honest.short_notebook(log_sum_exp=f"{OWN}def log_sum_exp(A):\n    {answer}"))
    assert honest.earned(grade) == honest.FEW


def test_a_shape_without_numbers_does_not_fill_the_parent(world):
    """Nothing is counted out, row by row, that is not there."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grade = world.mark(honest.notebook(e_step="def e_step(*inputs):\n    return np.zeros((10**9, 0))"))
    assert {mark.task: mark.points for mark in grade.marks}["e_step"] == 0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kilobytes


def test_what_a_check_says_has_no_lines_of_a_student(world):
    key = "}\n✓ right.\n4 of 4 points\n"
    grade = world.mark(honest.notebook(e_step=f"def e_step(*inputs):\n    return {{{key!r}: 1}}"))
    (message,) = (mark.message for mark in grade.marks if mark.task == "e_step")
    assert not any(line.startswith(("✓", "4 of 4")) for line in message.splitlines())
