"""The core of the grader, without strangers: messages, filters, views, reading, marking."""

import contextlib
import io
import itertools
import json
import os
import socket
import struct
import sys
import threading
import zipfile
from functools import partial

import numpy as np
import pytest

from mlcourse.checks import CHECKS, examine, verdict_on
from mlcourse.checks.compare import plain
from mlcourse.grading import marking, pipe, read, sandbox
from mlcourse.grading.asking import Reply, runs
from mlcourse.grading.cells import Tail, notebook_namespace, run_cell, without_magics
from mlcourse.grading.files import owner
from mlcourse.grading.notebooks import lesson_of, tidy
from mlcourse.grading.records import Cell, Mark, Submission
from mlcourse.grading.sandbox import container, ladder, landlock, seccomp, view
from mlcourse.grading.sandbox.desk import Desk, used
from mlcourse.grading.sandbox.view import View, course_view

if sys.platform == "win32":
    pytest.skip("submissions are run under Linux or macOS", allow_module_level=True)

LESSONS = sorted({check.lesson for check in CHECKS.values()})


# ── Messages ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def ends():
    one, other = socket.socketpair()
    with one, other:
        yield one, other


VALUES = [
    None,
    True,
    -3,
    2.5,
    float("inf"),
    1e-320,
    "naïve ✓\n",
    1 + 2j,
    ...,
    (),
    (1, ("a", np.arange(6).reshape(2, 3)), {"key": np.array(2.5), "nichts": None}),
    np.zeros((0, 3)),
    np.array([[True, False]]),
    np.arange(8, dtype=">i4"),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.array([np.nan, -np.inf]),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_plain_value_arrives_as_it_was(ends, value):
    arrays = []
    words = pipe.pack(value, arrays)
    pipe.send(ends[0], {"value": words}, arrays)
    received, arrays = pipe.receive(ends[1], seconds=5)
    np.testing.assert_equal(pipe.unpack(received["value"], arrays), value)


def test_an_array_stands_in_one_place():
    arrays = []
    pipe.pack(np.ones(3), arrays)
    with pytest.raises(pipe.Forged):
        pipe.unpack({"tuple": [{"array": 0}, {"array": 0}]}, arrays)


@pytest.mark.parametrize("count", [1, 20_000])
def test_texts_that_would_fill_an_array_are_no_answer(count):
    words = pipe.pack(tuple(["a"] * count + ["b" * 20_000]), [])
    if count == 1:
        assert pipe.unpack(words, []) == ("a", "b" * 20_000)
    else:
        with pytest.raises(pipe.Forged, match="memory"):
            pipe.unpack(words, [])


@pytest.mark.parametrize("shape", [(0, 8000, 8000), (10**15, 0), (0, 10**7)])
def test_nothing_in_a_huge_shape_is_no_answer(shape):
    with pytest.raises(pipe.Forged, match="shape"):
        pipe.from_npz(pipe.to_npz([np.empty(shape)]))
    np.testing.assert_equal(pipe.from_npz(pipe.to_npz([np.empty((0, 784))])), [np.empty((0, 784))])


def test_nan_arrives():
    assert np.isnan(pipe.unpack(pipe.pack(float("nan"), []), []))


@pytest.mark.parametrize("number", [10**30, -(10**400), 2**63])
def test_an_int_beyond_numpy_arrives_as_a_float(number):
    arrived = pipe.unpack(pipe.pack(number, []), [])
    assert type(arrived) is float
    assert arrived == (float(number) if abs(number) < 1e300 else -np.inf)


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", print])
def test_only_plain_values_are_packed(value):
    with pytest.raises(TypeError):
        pipe.pack(value, [])


@pytest.mark.parametrize(
    "words",
    [
        [],
        1.5,
        2**63,
        {},
        {"array": 0},
        {"array": -1},
        {"array": "x"},
        {"float": 1},
        {"tuple": 5},
        {"dict": [["a"]]},
        {"code": "print()"},
        {"array": 0, "float": "0x1"},
        {"complex": [{"float": "nan"}, "1"]},
    ],
    ids=repr,
)
def test_words_that_are_no_value_are_forged(words):
    if words != {"array": -1}:
        with pytest.raises(pipe.Forged):
            pipe.unpack(words, [])
    with pytest.raises(pipe.Forged):
        pipe.unpack({"tuple": [words]}, [])


def test_a_message_in_pieces_arrives_whole(ends):
    words = json.dumps({"x": "y" * 5000}).encode()
    message = struct.pack(">II", len(words), 0) + words

    def drip():
        for start in range(0, len(message), 100):
            ends[0].sendall(message[start : start + 100])

    threading.Thread(target=drip).start()
    assert pipe.receive(ends[1], seconds=10) == ({"x": "y" * 5000}, [])


def test_a_message_that_does_not_come_is_late(ends):
    with pytest.raises(pipe.Late):
        pipe.receive(ends[1], seconds=0.01)
    ends[0].sendall(b"\x00\x00")
    with pytest.raises(pipe.Late):
        pipe.receive(ends[1], seconds=0.01)


def test_nobody_there_is_closed(ends):
    ends[0].close()
    with pytest.raises(pipe.Closed):
        pipe.receive(ends[1], seconds=1)


def npy(header: str, data: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def npz(part: bytes, method=zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("arr_0.npy", part)
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"no zip",
        npz(b"no array"),
        npz(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (10**12,)}")),
        npz(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}", bytes(16))),
        npz(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", bytes(16))),
        npz(npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", bytes(8))),
        npz(npy("{'descr': '<U2', 'fortran_order': False, 'shape': (1,)}", bytes(8))),
        npz(npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", bytes(8))),
        npz(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (True,)}", bytes(8))),
        npz(npy("exit()", bytes(8))),
        npz(npy("((((", bytes(8))),
        npz(npy("[]", bytes(8))),
        npz(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", bytes(16)), zipfile.ZIP_DEFLATED),
    ],
)
def test_arrays_that_numpy_would_not_have_written_are_forged(data):
    with pytest.raises(pipe.Forged):
        pipe.from_npz(data)


def test_arrays_go_through_numpys_own_format():
    arrays = [np.arange(3), np.eye(2, dtype=np.float32)]
    with np.load(io.BytesIO(pipe.to_npz(arrays)), allow_pickle=False) as loaded:
        np.testing.assert_equal([loaded["arr_0"], loaded["arr_1"]], arrays)


# ── Walls ────────────────────────────────────────────────────────────────────────────────────────────


def answer(filter_program, architecture: int, number: int, *arguments: int) -> int:
    """What a filter answers to a system call: the BPF machine in a few lines, as an oracle."""
    data = struct.pack("<IIQ6Q", number, architecture, 0, *(*arguments, *[0] * (6 - len(arguments))))
    at, held = 0, 0
    while True:
        code, if_true, if_false, value = filter_program[at]
        at += 1
        if code == 0x20:
            (held,) = struct.unpack_from("<I", data, value)
        elif code == 0x54:
            held &= value
        elif code == 0x15:
            at += if_true if held == value else if_false
        elif code == 0x35:
            at += if_true if held >= value else if_false
        else:
            return value


ME = 4321
ALLOWED = seccomp.ALLOW


@pytest.mark.parametrize("machine", seccomp.PROCESSORS)
def test_the_filter_lets_pass_what_it_lists_and_nothing_else(machine):
    column, architecture = seccomp.PROCESSORS[machine]
    rules = seccomp.program(machine, ME)
    listed = {numbers[column] for numbers in seccomp.PLAIN.values()} - {None}
    conditional = {
        numbers[column]
        for numbers in (
            seccomp.OPEN,
            seccomp.OPENAT,
            seccomp.CLONE,
            seccomp.CLONE3,
            seccomp.KILL,
            seccomp.TKILL,
            seccomp.TGKILL,
            seccomp.FCNTL,
            seccomp.IOCTL,
            seccomp.PRCTL,
            seccomp.PRLIMIT64,
        )
    }
    for number in set(range(600)) - conditional:
        assert (answer(rules, architecture, number) == ALLOWED) == (number in listed)
    assert answer(rules, 0x40000003, 20) == seccomp.KILL_PROCESS  # i386
    assert answer(rules, architecture, seccomp.X32 | seccomp.PLAIN["read"][column]) != ALLOWED


@pytest.mark.parametrize("machine", seccomp.PROCESSORS)
@pytest.mark.parametrize(
    ("call", "arguments", "allowed"),
    [
        (seccomp.CLONE, (0x3D0F00,), True),  # a thread, as glibc starts it
        (seccomp.CLONE, (17,), False),  # a process: SIGCHLD alone
        (seccomp.CLONE, (0x4111,), False),  # vfork
        (seccomp.CLONE, (0x10000 | 0x10000000,), False),  # a thread with a namespace of its own
        (seccomp.CLONE3, (1, 88), False),
        (seccomp.KILL, (ME, 9), True),
        (seccomp.KILL, (1, 9), False),
        (seccomp.KILL, (0, 9), False),
        (seccomp.KILL, (2**64 - 1, 9), False),
        (seccomp.TGKILL, (ME, 77, 6), True),
        (seccomp.TGKILL, (1, 1, 9), False),
        (seccomp.OPENAT, (0, 0, os.O_RDONLY), True),
        (seccomp.OPENAT, (0, 0, os.O_WRONLY | os.O_TRUNC), True),
        (seccomp.OPENAT, (0, 0, os.O_RDONLY | os.O_TRUNC), False),
        (seccomp.FCNTL, (3, 1030, 0), True),
        (seccomp.FCNTL, (3, 8, 1), False),  # F_SETOWN
        (seccomp.FCNTL, (3, 10, 9), False),  # F_SETSIG
        (seccomp.IOCTL, (3, 0x5401), True),
        (seccomp.IOCTL, (3, 0x5412), False),  # TIOCSTI
        (seccomp.PRCTL, (15,), True),
        (seccomp.PRCTL, (1, 0), False),  # PR_SET_PDEATHSIG
        (seccomp.PRLIMIT64, (0, 7, 0, 1), True),
        (seccomp.PRLIMIT64, (0, 7, 1, 0), False),
        (seccomp.PRLIMIT64, (0, 7, 1 << 32, 0), False),
        (seccomp.PRLIMIT64, (1, 7, 0, 1), False),
    ],
)
def test_calls_that_depend_on_their_arguments(machine, call, arguments, allowed):
    column, architecture = seccomp.PROCESSORS[machine]
    if call[column] is None:
        pytest.skip("this processor does not have it")
    rules = seccomp.program(machine, ME)
    assert (answer(rules, architecture, call[column], *arguments) == ALLOWED) == allowed


def test_every_jump_of_the_filter_stays_within_it():
    for machine in seccomp.PROCESSORS:
        rules = seccomp.program(machine, ME)
        assert len(rules) <= 4096
        assert all(0 <= jump < 256 for _, *jumps, _ in rules for jump in jumps)
        assert rules[-1][0] == seccomp.ANSWER


def test_a_view_shows_everything_but_what_is_masked(tmp_path):
    for name in ("a/x", "a/secret/y", "a/secret/shown", "b/z"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    here = str(tmp_path)
    view = View((f"{here}/a", f"{here}/b", f"{here}/a/secret/shown"), (f"{here}/a/secret",))
    assert sorted(view.readable()) == [f"{here}/a/secret/shown", f"{here}/a/x", f"{here}/b"]
    assert [shown for _, shown in view.steps()] == [True, True, False, True]


def test_nothing_secret_is_in_the_view():
    readable = course_view().readable()
    secret = [
        sandbox.__path__[0] + "/../marking.py",
        marking.EXERCISES,
        marking.EXERCISES.parent / "solutions",
        CHECKS["e_step"].reference.__code__.co_filename,
        examine.__code__.co_filename,
        os.path.expanduser("~"),
        "/etc/passwd",
    ]
    for path in map(os.path.realpath, secret):
        assert not [shown for shown in readable if path == shown or path.startswith(f"{shown}/")]


def test_a_desk_is_emptied_whatever_was_done_to_it(tmp_path):
    desk = Desk(str(tmp_path))
    folder = desk.fresh()
    os.mkdir(f"{folder}/closed", 0)
    os.symlink("/etc", f"{folder}/link")
    here = os.open(folder, os.O_RDONLY)
    deep = here
    for _ in range(3000):  # deeper than a path may be long
        os.mkdir("d", dir_fd=deep)
        inner = os.open("d", os.O_RDONLY, dir_fd=deep)
        if deep != here:
            os.close(deep)
        deep = inner
    os.close(deep)
    os.close(here)
    assert used(folder, 10_000)[1] > 10_000
    desk.wipe()
    assert os.listdir(tmp_path) == []
    assert os.path.isdir("/etc")


def test_what_a_desk_holds_is_counted(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_bytes(bytes(100_000))
    size, files = used(str(tmp_path), 100)
    assert size >= 100_000
    assert files == 2


def test_a_container_that_holds_nothing_back_is_refused(monkeypatch):
    """The probe decides, and not the name of a sandbox."""
    leaky = ladder.Backend("leaky", ladder._as_it_is(), isolated=False)
    monkeypatch.setattr(ladder, "BACKENDS", {"leaky": leaky})
    with pytest.raises(sandbox.NoSandbox, match="does not withstand: reading a file of yours"):
        sandbox.choose()


def test_without_a_sandbox_only_trust_helps(monkeypatch):
    monkeypatch.setattr(ladder, "BACKENDS", {})
    with pytest.raises(sandbox.NoSandbox, match="--trust-submissions"):
        sandbox.choose()
    with sandbox.choose(trust=True) as chosen:
        assert chosen.name == "not isolated"
    assert "without isolation" in sandbox.report()[-1]


def test_the_version_of_landlock_is_a_number():
    assert landlock.version() >= 0


@pytest.mark.parametrize("program", container.PROGRAMS)
def test_a_container_gets_everything_read_only_and_no_network(program):
    command = container.wrap(program, ["python"], course_view(), sandbox.Limits(), "/door")
    options = list(itertools.pairwise(command))
    mounted = [value for option, value in options if option == "--volume"]
    assert "/door:/door:ro" in mounted
    assert all(value.endswith(":ro") for value in mounted)
    written = [value for option, value in options if option == "--tmpfs" and ":ro" not in value]
    assert [value.split(":")[0] for value in written] == [container.DESK]
    assert {("--network", "none"), ("--cap-drop", "ALL")} <= set(options)
    assert command[-2:] == [container.IMAGE, "python"]


class Broken:
    """A backend whose program ends at once."""

    DESK = None

    @staticmethod
    def wrap(command, *_):
        return ["false"]


def test_a_sandbox_that_does_not_start_is_nobodys_zero():
    """The fault is the machine's: it is raised, and no mark is given."""
    submission = Submission("ada", "x", (Cell("code", "falling_likelihood = 'C'"),), "04_em")
    marks = []
    with (
        sandbox.Sandbox(ladder.Backend("broken", Broken)) as broken,
        pytest.raises(OSError, match="did not start"),
    ):
        marking.grade(submission, broken, b"", on_mark=marks.append)
    assert marks == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_without_isolation_too_nothing_is_left():
    """A process that has left its parent, its group and its session is found and ended all the same."""
    source = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        with open("pid", "w") as file: file.write(str(os.getpid()))
        time.sleep(1000)
    os._exit(0)
while not os.path.exists("pid") or not open("pid").read(): time.sleep(0.01)
orphan = int(open("pid").read())
"""
    with sandbox.Sandbox(ladder.PLAIN) as trusting:
        session = trusting.start(sandbox.Limits())
        session.ask({"do": "cell", "cell": 0, "source": source})
        reply, arrays = session.ask({"do": "value", "expression": "orphan"})
        orphan = pipe.unpack(reply["value"], arrays)
        assert os.path.exists(f"/proc/{orphan}")
        session.end()
        assert not os.path.exists(f"/proc/{orphan}")


# ── Cells ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("source", "name", "value"),
    [
        ("%matplotlib inline\nx = 1", "x", 1),
        ("!rm -rf /\nx = 1", "x", 1),
        ("if True:\n    !ls\nx = 1", "x", 1),
        ("x = !ls", "x", None),
        ("x = %who_ls", "x", None),
        ("%%time\nx = 1", "x", 1),
        ("%%capture out\nx = 1", "x", 1),
        ("x = 1\nx?", "x", 1),
        ("?print\nx = 1", "x", 1),
        ('x = """\n%not a magic\n"""', "x", "\n%not a magic\n"),
        ("x = (7\n%4)", "x", 3),
        ("x = get_ipython().run_line_magic('who', '')", "x", None),
        ("display(1)\nx = 1", "x", 1),
        ("from dataclasses import dataclass\n@dataclass\nclass P:\n    a: int\nx = P(1).a", "x", 1),
    ],
)
def test_magics_are_inert_and_the_rest_runs(monkeypatch, source, name, value):
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # restored afterwards
    namespace = notebook_namespace()
    with contextlib.redirect_stdout(io.StringIO()):
        assert run_cell(source, 1, namespace) is None
    assert namespace[name] == value


def test_other_languages_do_not_run():
    assert without_magics("%%bash\nrm -rf /") == ""


def test_line_numbers_stay_right_without_magics():
    assert without_magics("%%time\n!ls\nx").split("\n")[2] == "x"


def test_only_the_end_of_what_is_printed_is_kept():
    tail = Tail(10)
    for _ in range(1000):
        print("x" * 100, file=tail)
    print("the end", file=tail)
    assert tail.take() == "x\nthe end\n"[-10:]
    assert tail.take() == ""


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_exercise_is_recognised_with_and_without_metadata(lesson):
    data = (marking.EXERCISES / f"{lesson}.ipynb").read_bytes()
    submission = read.read_one(read.Found(("ada", "x.ipynb"), data))
    assert (submission.lesson, submission.problem) == (lesson, None)
    bare = tuple(cell._replace(task=None, role=None) for cell in submission.cells)
    assert lesson_of(bare) == lesson


@pytest.mark.parametrize("lesson", LESSONS)
def test_only_check_cells_are_left_out(lesson):
    data = (marking.EXERCISES / f"{lesson}.ipynb").read_bytes()
    cells = read.read_one(read.Found(("ada", "x.ipynb"), data)).cells
    assert all(runs(cell) for cell in cells if cell.role == "answer")
    left_out = [
        cell.source for cell in cells if cell.kind == "code" and cell.source.strip() and not runs(cell)
    ]
    assert all(source.startswith("check.") for source in left_out)
    assert not runs(Cell("code", "check.e_step(e_step)"))
    assert runs(Cell("code", "check.e_step(e_step)\nx = 1"))


@pytest.mark.parametrize(
    ("parts", "student"),
    [
        (("ada", "04_em.ipynb"), "ada"),
        (("ada", "04_em", "04_em.ipynb"), "ada"),
        (("lovelaceada_11_22_04_em.ipynb",), "lovelaceada_11"),
        (("lovelaceada_LATE_11_22_04_em.ipynb",), "lovelaceada_11"),
        (("Ada Lovelace_77_assignsubmission_file_", "04_em.ipynb"), "Ada Lovelace_77"),
        (("Ada Lovelace_77_assignsubmission_file_04_em.ipynb",), "Ada Lovelace_77"),
        (("Ada Lovelace_77_assignsubmission_file_", "work.zip", "04_em.ipynb"), "Ada Lovelace_77"),
        (("Ada_12_assignsubmission_file_x_99_assignsubmission_file_.ipynb",), "Ada_12"),
        (("Ada_12_assignsubmission_file_a\nb.ipynb",), "Ada_12"),
        (("ada_11_22_work.zip", "04_em.ipynb"), "ada_11"),
        (("ada_11_22_work", "04_em.ipynb"), "ada_11_22_work"),
        (("ada.ipynb",), "ada"),
        (("ada.zip", "04_em.ipynb"), "ada"),
        (("\n", "x.ipynb"), "?"),
    ],
)
def test_whose_it_is(parts, student):
    assert owner(parts) == student


def test_another_copy_of_the_course_is_hidden_too(tmp_path, monkeypatch):
    (tmp_path / "mlcourse" / "checks").mkdir(parents=True)
    monkeypatch.setattr(view, "search_path", lambda: [str(view.PACKAGE.parent), str(tmp_path)])
    seen = view.course_view()
    assert str(tmp_path / "mlcourse") in seen.masked
    assert str(view.PACKAGE) not in seen.masked


def test_tidy_text_can_be_written_anywhere():
    for text in ("a\nb", "a\x00b", "\ud800", "\u202eevil", "x" * 1000, "\x1b[31m"):
        assert tidy(text).isprintable()
        assert len(tidy(text)) <= 200
        tidy(text).encode()


# ── Marking ──────────────────────────────────────────────────────────────────────────────────────────


class Direct:
    """In place of a worker: answers from this process.

    Parameters
    ----------
    answers : dict of str → value or function
    """

    def __init__(self, **answers):
        self.answers, self.notes, self.skipped, self.output = answers, [], {}, ""

    def find(self, name):
        if name not in self.answers:
            return "missing", ""
        answer = self.answers[name]
        return "none" if answer is None else "function" if callable(answer) else "value", name

    def why_missing(self, name):
        return f"no {name}"

    def value(self, expression):
        return Reply(plain(self.answers[expression]))

    def call(self, name, args):
        try:
            return Reply(plain(self.answers[name](*args)))
        except Exception as error:
            return Reply(error=type(error).__name__, text=str(error), line="  in line 1 of your cell: x")


def ask(check, answer) -> Mark:
    return marking.mark_task(check, Direct(**{check.name: answer}), b"seed")


SOME = [check for check in CHECKS.values() if check.lesson == "04_em"]


@pytest.mark.parametrize("check", SOME, ids=lambda check: check.name)
def test_the_reference_gets_all_points_and_mistakes_their_names(check):
    right = check.reference if check.kind == "function" else check.reference()
    assert ask(check, right)[1:4] == (check.points, check.points, "right")
    for mistake in check.mistakes:
        wrong = mistake.answer() if check.kind == "value" and callable(mistake.answer) else mistake.answer
        mark = ask(check, wrong)
        assert (mark.points, mark.mistake) == (0, mistake.name)
        assert mistake.message.split(";")[0] in mark.message


@pytest.mark.parametrize("answer", [None, 1.5, "C", "lambda"])
@pytest.mark.parametrize("name", ["e_step", "falling_likelihood", "largest_weight"])
def test_the_grader_says_what_the_notebook_says(name, answer):
    """For the wrong kind of answer, too: the same sentence."""
    answer = (lambda *args: 1.0) if answer == "lambda" else answer
    if callable(answer):
        answer.__name__ = name
    verdict = verdict_on(CHECKS[name], answer)
    mark = ask(CHECKS[name], answer)
    assert mark.status == verdict.status
    if not (callable(answer) and name == "e_step"):  # whose message describes random numbers
        assert mark.message == verdict.message


def test_an_exception_is_told_with_its_line():
    mark = ask(CHECKS["e_step"], lambda *args: 1 / 0)
    assert "it raised ZeroDivisionError: division by zero\n  in line 1 of your cell: x" in mark.message


@pytest.mark.parametrize(
    "name", ["ValueError", "LinAlgError", "UnicodeDecodeError", "ExceptionGroup", "Eve's", ""]
)
def test_an_exception_of_any_name_can_be_raised(name):
    kind = marking.exception_called(name)
    assert issubclass(kind, Exception)
    assert kind.__name__ == (name or "Exception")
    assert str(kind("told")) == "told"


def test_every_task_has_cases_of_its_own_for_every_seed():
    seeds = {marking.task_seed(seed, task) for seed in (b"a", b"b") for task in ("e_step", "m_step")}
    assert len(seeds) == 4
    assert marking.task_seed(b"a", "e_step") == marking.task_seed(b"a", "e_step")


HOSTILE_NUMBERS = {
    "huge": lambda array: np.full(array.shape, 1e300),
    "labels": lambda array: np.full(array.shape, 10**10),
    "least": lambda array: np.full(array.shape, -(2**63)),
    "mixed": lambda array: np.resize([np.nan, np.inf, -1e308, 0, 10**10], array.shape),
    "bool": lambda array: np.ones(array.shape, bool),
    "half": lambda array: np.full(array.shape, np.nan, np.float16),
}


def replaced(value, change):
    """The same form with other numbers in it."""
    if isinstance(value, tuple):
        return tuple(replaced(part, change) for part in value)
    if isinstance(value, dict):
        return {key: replaced(part, change) for key, part in value.items()}
    if isinstance(value, (str, bool)):
        return value
    array = change(np.asarray(value))
    return array if isinstance(value, np.ndarray) else array.item()


def answer_like(check, change, *args):
    """What the reference answers, with other numbers in it."""
    return replaced(plain(check.reference(*args)), change)


@pytest.mark.parametrize("numbers", HOSTILE_NUMBERS)
def test_no_numbers_of_the_right_form_disturb_the_judge(numbers):
    """Whatever comes back is judged in the parent: it must neither fail nor grow."""
    import resource  # not on Windows

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for check in CHECKS.values():
        if check.kind == "function":
            mark = ask(check, partial(answer_like, check, HOSTILE_NUMBERS[numbers]))
            assert mark.status in ("right", "wrong", "not attempted")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_000_000  # kilobytes


class NoSandboxAtAll:
    """Cannot be started."""

    name = "none"


def test_marks_that_are_known_are_not_asked_again():
    """Everything is known, so that a sandbox is not even started."""
    done = {check.name: Mark(check.name, 1, check.points, "right") for check in SOME}
    reported = []
    grade = marking.grade(
        Submission("ada", "x", (), "04_em"), NoSandboxAtAll(), b"", on_mark=reported.append, done=done
    )
    assert grade.marks == list(done.values())
    assert reported == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_open_questions_come_by_hand_with_points_from_the_course(lesson):
    cells = tuple(
        Cell("markdown", f"my text on {task}", task, "open") for task in marking.open_questions(lesson)
    )
    done = {check.name: Mark(check.name, 0, check.points, "missing") for check in CHECKS.values()}
    grade = marking.grade(Submission("ada", "x", cells, lesson), NoSandboxAtAll(), b"", done=done)
    by_hand = {mark.task: mark.out_of for mark in grade.marks if mark.status == "by hand"}
    assert by_hand == marking.open_questions(lesson)
    assert grade.open_answers == {task: f"my text on {task}" for task in by_hand}


def test_what_an_answer_imports_is_told():
    source = """from sklearn.mixture import GaussianMixture
import mlcourse.mixture, torch
from mlcourse import check
import math
  import google.colab.drive
import numpy.linalg as la
"""
    cells = (Cell("markdown", "import nothing"), Cell("code", source))
    notes = marking.borrowed(Submission("ada", "x", cells, "04_em"))
    assert [note.removeprefix("Cell 2 imports ").split(",")[0] for note in notes] == [
        "google",
        "mlcourse.mixture",
        "sklearn.mixture",
    ]


# ── All of it ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("lesson", [lesson for lesson in LESSONS if lesson != "12_capstone"])
def test_solutions_get_all_points_in_the_sandbox(some_sandbox, lesson):
    data = (marking.EXERCISES.parent / "solutions" / f"{lesson}.ipynb").read_bytes()
    submission = read.read_one(read.Found(("ada", "x.ipynb"), data))
    grade = marking.grade(submission, some_sandbox, b"seed")
    assert [mark for mark in grade.marks if mark.status not in ("right", "by hand")] == []
    assert grade.status == "ok"
    assert grade.isolation == some_sandbox.name


def test_a_fresh_exercise_is_not_attempted(some_sandbox):
    data = (marking.EXERCISES / "04_em.ipynb").read_bytes()
    grade = marking.grade(read.read_one(read.Found(("ada", "x.ipynb"), data)), some_sandbox, b"seed")
    assert {mark.status for mark in grade.marks} == {"not attempted"}


def test_the_same_submission_and_seed_give_the_same_grade(some_sandbox):
    data = (
        (marking.EXERCISES / "04_em.ipynb").read_bytes().replace(b"raise NotImplementedError", b"return x #")
    )
    submission = read.read_one(read.Found(("ada", "x.ipynb"), data))
    one, other = (marking.grade(submission, some_sandbox, b"seed") for _ in range(2))
    assert one.marks == other.marks
    assert one.output == other.output


@pytest.fixture(scope="session")
def some_sandbox():
    try:
        chosen = sandbox.choose()
    except sandbox.NoSandbox as error:
        pytest.skip(str(error))
    with chosen:
        yield chosen
