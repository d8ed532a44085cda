"""What runs inside the sandbox: a launcher that has imported everything, and the workers that it forks.

Importing SciPy, scikit-learn and Matplotlib takes seconds; running a student's code takes a fraction of one. So the
launcher imports them once, before it sees any student's code, and forks a worker for each submission. The worker
closes its connection to the launcher, gives up its rights, and only then receives the student's cells. It runs them
and calls what they define. When it has finished or failed, the launcher ends it and wipes its scratch folder.

This file is run as a script: `python worker.py SETTING`, where the setting is JSON; see `sandbox/launch.py`. Neither
launcher nor worker ever holds an expected value, a reference or a seed of the random cases.

Imports of the course are inside functions, because `mlcourse` can only be imported after its checks are hidden.
"""

import contextlib
import gc
import importlib
import json
import os
import random
import signal
import socket
import sys
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from mlcourse.grading.inside.cells import OutputTail
    from mlcourse.typing import Array

    Request = dict[str, Any]
    Reply = tuple[dict[str, Any], list[Array]]

PRELOADED = (
    "numpy",
    "scipy.linalg",
    "scipy.optimize",
    "scipy.spatial.distance",
    "scipy.stats",
    "matplotlib.pyplot",
    "mlcourse.anomaly",
    "mlcourse.classifier",
    "mlcourse.datasets",
    "mlcourse.evaluation",
    "mlcourse.kmeans",
    "mlcourse.metrics",
    "mlcourse.mixture",
    "mlcourse.pca",
    "mlcourse.plotting",
    "mlcourse.grading.inside.cells",
    "mlcourse.grading.inside.pipe",
    "mlcourse.grading.inside.limits",
    "mlcourse.grading.inside.scratch",
    "mlcourse.plain",
    "sklearn.datasets",
    "sklearn.metrics",
    "sklearn.model_selection",
    "sklearn.preprocessing",
)
MAX_REQUEST = 32_000_000  # bytes from the parent, of JSON (a notebook has up to 5 MB) and of arrays


# ── Before any student's code ────────────────────────────────────────────────────────────────────────


def main(setting: dict[str, Any]) -> None:
    """Import everything once, then fork a worker for each submission until the parent closes the connection."""
    sys.path += setting["path"]
    hide_the_checks()
    for name in PRELOADED:
        importlib.import_module(name)
    hide_scikit_learn(setting["hidden"])
    disable_proc_lookup()
    if setting["isolated"]:  # imported now, because files may be out of reach later
        importlib.import_module("mlcourse.grading.inside.landlock")
        importlib.import_module("mlcourse.grading.inside.seccomp")
    gc.freeze()  # objects that exist now stay shared between launcher and workers
    control = socket.socket(socket.AF_UNIX)
    control.connect(setting["control"])
    Launcher(control, setting).run()


def hide_the_checks() -> None:
    """Replace checks and tasks, with their references and mistakes, by a `check` that does nothing."""
    checks, tasks = types.ModuleType("mlcourse.checks"), types.ModuleType("mlcourse.tasks")
    vars(checks)["open_course"] = lambda *args, **kwargs: CheckStub()
    vars(tasks)["check"] = CheckStub()
    sys.modules |= {"mlcourse.checks": checks, "mlcourse.tasks": tasks}


class CheckStub:
    """A stub for `mlcourse.check`: every check passes silently, because the parent does the real checking."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: None


class HiddenModule(types.ModuleType):
    """A part of scikit-learn that these tasks should be solved without. It can be imported, but not used.

    So a student who imports it for a comparison loses nothing, but an answer that calls it fails.
    """

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        if name.startswith("__"):
            raise AttributeError(name)

        def refuse(*args: object, **kwargs: object) -> NoReturn:
            raise ImportError(f"{self.__name__}.{name} is not available to answers in this course.")

        return refuse


def hide_scikit_learn(parts: list[str]) -> None:
    """Put placeholders where imports such as `import sklearn.mixture` will find them."""
    import sklearn

    for part in parts:
        name = f"sklearn.{part}"
        for loaded in [module for module in sys.modules if module == name or module.startswith(f"{name}.")]:
            del sys.modules[loaded]
        sys.modules[name] = HiddenModule(name)
        setattr(sklearn, part, sys.modules[name])


def disable_proc_lookup() -> None:
    """Stop threadpoolctl from using /proc, which it found when imported but workers cannot see."""
    import threadpoolctl

    threadpoolctl._HAS_PROCFS = False  # older versions ignore this


# ── The launcher ─────────────────────────────────────────────────────────────────────────────────────


class Launcher:
    """Fork workers, one at a time, on commands from the parent.

    Parameters
    ----------
    control : socket
        Receives `{"do": "start"}` with a socket for the worker, and `{"do": "stop"}`. Everything ends when it closes.
    setting : dict
        See `mlcourse.grading.sandbox.launch`.
    """

    def __init__(self, control: socket.socket, setting: dict[str, Any]):
        from mlcourse.grading.inside.scratch import ScratchFolder

        self.control, self.setting = control, setting
        self.scratch = ScratchFolder(setting["scratch"])
        self.worker: int | None = None

    def run(self) -> None:
        from mlcourse.grading.inside.kernel import adopt_orphans

        adopt_orphans()
        self.report(ready=True)
        discard_output()
        try:
            while self.handle_command():
                pass
        finally:
            self.stop()
            self.scratch.remove()

    def handle_command(self) -> bool:
        """Wait for a command and carry it out; return False when the parent has closed the socket."""
        data, sockets, _, _ = socket.recv_fds(self.control, 1 << 16, 1)
        if not data:
            return False
        command = json.loads(data)
        self.stop()
        if command["do"] == "start":
            self.start(command["limits"], *sockets)
        else:
            self.report(stopped=True)
        return True

    def start(self, limits: dict[str, Any], channel: int) -> None:
        folder = self.scratch.fresh()
        self.worker = os.fork()
        if self.worker == 0:
            try:
                self.control.close()
                work(socket.socket(fileno=channel), limits, folder, self.setting)
            finally:
                os._exit(0)  # a worker never returns to the launcher's code
        os.close(channel)
        self.report(started=True)

    def stop(self) -> None:
        """End the worker and everything it may have started, and wipe its folder."""
        if self.worker is None:
            return
        from mlcourse.grading.inside.kernel import children

        os.kill(self.worker, signal.SIGKILL)
        os.waitpid(self.worker, 0)
        self.worker = None
        while orphans := children(os.getpid()):  # only without a sandbox, which forbids forking
            for orphan in orphans:
                os.kill(orphan, signal.SIGKILL)
                os.waitpid(orphan, 0)
        self.scratch.wipe()

    def report(self, **state: bool) -> None:
        self.control.sendall(json.dumps(state).encode() + b"\n")


def discard_output() -> None:
    """Connect the descriptors of stdin, stdout and stderr to /dev/null: compiled code writes to them directly."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    os.close(null)


# ── A worker ─────────────────────────────────────────────────────────────────────────────────────────


def work(channel: socket.socket, limits: dict[str, Any], folder: str, setting: dict[str, Any]) -> None:
    """Give up all rights, report that, and then serve the parent."""
    import numpy as np

    from mlcourse.grading.inside import cells, pipe

    os.setsid()
    os.chdir(folder)
    np.random.seed(0)  # noqa: NPY002  students may use the old generator, and marks must not depend on chance
    random.seed(0)
    try:
        confine(limits, folder, setting)
    except OSError as error:
        pipe.send(channel, {"failed": str(error)})
        return
    tail = cells.OutputTail(limits["output"])
    sys.stdout = sys.stderr = tail
    pipe.send(channel, {"ready": True})
    Worker(channel, tail).serve()


def confine(limits: dict[str, Any], folder: str, setting: dict[str, Any]) -> None:
    """Lower the limits; in a sandbox, then give up files, and then system calls.

    The order matters: each step would block the ones before it.
    """
    from mlcourse.grading.inside.limits import Limits
    from mlcourse.grading.inside.limits import confine as confine_resources

    confine_resources(Limits(**limits))
    if not setting["isolated"]:
        return
    from mlcourse.grading.inside import kernel, landlock, seccomp

    kernel.drop_capabilities()
    if setting["landlock"]:
        landlock.confine(setting["readable"], [folder])
    seccomp.confine()


class Worker:
    """Run cells and call answers on the parent's requests."""

    def __init__(self, channel: socket.socket, tail: "OutputTail"):
        from mlcourse.grading.inside.cells import notebook_namespace

        self.channel, self.tail = channel, tail
        self.namespace = notebook_namespace()

    def serve(self) -> None:
        """Answer requests until the parent closes the socket."""
        from mlcourse.grading.inside import pipe

        while True:
            try:
                request, arrays = pipe.receive(self.channel, max_json=MAX_REQUEST, max_arrays=MAX_REQUEST)
            except pipe.Closed:
                return
            handlers = (self.files, self.cell, self.find, self.value, self.call)
            handle = {handler.__name__: handler for handler in handlers}[request["do"]]
            fields, arrays = handle(request, arrays)
            pipe.send(self.channel, {"number": request["number"], **fields}, arrays)

    def files(self, request: "Request", arrays: "list[Array]") -> "Reply":
        """Write the files that were handed in with the notebook to where its cells look for them."""
        for name, data in zip(request["names"], arrays):
            # A file whose name cannot be written is left out, and cells do not find it.
            with contextlib.suppress(OSError):
                os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
                with open(name, "wb") as file:
                    file.write(data.tobytes())
        return {}, []

    def cell(self, request: "Request", _: "list[Array]") -> "Reply":
        """Run a cell; reply with what it raised, and the end of what it printed."""
        from mlcourse.grading.inside.cells import run_cell

        error = run_cell(request["source"], request["cell"], self.namespace)
        return {"error": error and describe_exception(error), "output": self.tail.take()}, []

    def find(self, request: "Request", _: "list[Array]") -> "Reply":
        """Reply with what a name refers to: nothing, a function, None, or some other value."""
        if request["name"] not in self.namespace:
            return {"is": "missing"}, []
        found = self.namespace[request["name"]]
        kind = "none" if found is None else "function" if callable(found) else "value"
        return {"is": kind, "name": str(getattr(found, "__name__", type(found).__name__))[:100]}, []

    def value(self, request: "Request", _: "list[Array]") -> "Reply":
        """Reply with a value that the student has computed, as the exercise's own check cell would pass it."""
        return evaluate(lambda: eval(request["expression"], self.namespace))

    def call(self, request: "Request", arrays: "list[Array]") -> "Reply":
        """Call a student's function; reply with its result, and with which of its arguments it has changed."""
        from mlcourse.grading.inside.pipe import unpack

        args: Any = unpack(request["args"], arrays)  # the parent sends a tuple
        before = [as_bytes(arg) for arg in args]
        function = self.namespace[request["name"]]
        fields, arrays = evaluate(lambda: function(*args))
        self.tail.take()
        return {**fields, "changed": changed_arguments(args, before)}, arrays


def evaluate(compute: Callable[[], object]) -> "Reply":
    """Call `compute`, and return its value, or the exception that it raised, as JSON and arrays."""
    import warnings

    import numpy as np

    from mlcourse.grading.inside.pipe import pack
    from mlcourse.plain import NotPlain, plain

    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):  # as in the notebook's check
            warnings.simplefilter("ignore")
            output = compute()
        arrays: list[Array] = []
        return {"value": pack(output if output is Ellipsis else plain(output), arrays)}, arrays
    except NotPlain as error:
        return {"not plain": str(error)[:200]}, []
    except BaseException as error:
        return {"error": describe_exception(error)}, []


def changed_arguments(args: tuple[object, ...], before: list[bytes]) -> list[int]:
    """List the positions of the arguments that a call has changed since they were written as bytes."""
    return [position for position, (now, then) in enumerate(zip(args, before)) if as_bytes(now) != then]


def as_bytes(value: object) -> bytes:
    """Write a plain value as bytes, the same for equal values."""
    from mlcourse.grading.inside.pipe import pack, to_npz

    arrays: list[Array] = []
    return json.dumps(pack(value, arrays)).encode() + to_npz(arrays)


def describe_exception(error: BaseException) -> dict[str, Any]:
    """Return an exception's name, the start of its message, and its place in the notebook."""
    from mlcourse.grading.inside.cells import place_of

    try:
        text = str(error)[:500]
    except Exception:  # computing the message may fail
        text = ""
    return {"name": type(error).__name__[:100], "text": text, "place": place_of(error)}


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
