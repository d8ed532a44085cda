"""What runs inside the sandbox: a launcher that has everything imported, and the workers that it forks.

Importing SciPy, scikit-learn and Matplotlib takes seconds, and a student's work a fraction of one. So the launcher
imports them once, before any student's line is there, and forks a worker for every submission. The worker closes the
way to the launcher, gives up its rights, and only then takes the student's cells. It runs them and calls what they
define. When its work is done, or it has gone wrong, the launcher ends it and wipes the folder it could write to.

This file is run as a script: `python worker.py SETTING`, where the setting is JSON; see `sandbox/launch.py`. Neither
launcher nor worker ever holds an expected value, a reference or a seed of the random cases.

Imports of the course stand inside functions: here `mlcourse` can only be imported when its checks have been hidden.
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

PRELOADED = (
    "numpy",
    "scipy.linalg",
    "scipy.optimize",
    "scipy.spatial.distance",
    "scipy.stats",
    "matplotlib.pyplot",
    "mlcourse",
    "mlcourse.datasets",
    "mlcourse.evaluation",
    "mlcourse.plotting",
    "mlcourse.checks.compare",
    "mlcourse.grading.cells",
    "mlcourse.grading.pipe",
    "mlcourse.grading.sandbox.desk",
    "mlcourse.grading.sandbox.limits",
    "sklearn.datasets",
    "sklearn.metrics",
    "sklearn.model_selection",
    "sklearn.preprocessing",
)
MAX_REQUEST = 32_000_000  # bytes from the parent: of words, whose notebooks have 5 MB, and of arrays


# ── Before any student's line ────────────────────────────────────────────────────────────────────────


def main(setting: dict) -> None:
    """Import everything once, and then fork a worker for each submission until the parent hangs up."""
    sys.path += setting["path"]
    hide_the_checks(setting["checks"])
    for name in PRELOADED:
        importlib.import_module(name)
    hide_scikit_learn(setting["hidden"])
    believe_in_no_proc()
    if setting["isolated"]:  # imported now, for in the sandbox there may be nothing left to read
        importlib.import_module("mlcourse.grading.sandbox.landlock")
        importlib.import_module("mlcourse.grading.sandbox.seccomp")
    gc.freeze()  # what is here now stays shared between launcher and workers
    control = socket.socket(socket.AF_UNIX)
    control.connect(setting["control"])
    Launcher(control, setting).run()


def hide_the_checks(folder: str) -> None:
    """In place of the checks, their references and mistakes: a `check` that does nothing."""
    module = types.ModuleType("mlcourse.checks")
    module.__path__ = [folder]  # compare.py is there to be imported; the rest, the sandbox does not show
    sys.modules["mlcourse.checks"] = module
    module.check = Unchecked()


class Unchecked:
    """Stands for `mlcourse.check`: every check passes in silence, for the true ones are the parent's."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: None


class Hidden(types.ModuleType):
    """A part of scikit-learn that these tasks are meant to be done without. It can be imported, but not used.

    So a student who imports it to compare loses nothing by that line; an answer that calls it fails.
    """

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)

        def refuse(*args, **kwargs):
            raise ImportError(f"{self.__name__}.{name} is hidden from the answers of this course.")

        return refuse


def hide_scikit_learn(parts: list[str]) -> None:
    """Put placeholders where `import sklearn.mixture` and the like would look."""
    import sklearn

    for part in parts:
        name = f"sklearn.{part}"
        for loaded in [module for module in sys.modules if module == name or module.startswith(f"{name}.")]:
            del sys.modules[loaded]
        sys.modules[name] = Hidden(name)
        setattr(sklearn, part, sys.modules[name])


def believe_in_no_proc() -> None:
    """Tell threadpoolctl, which looked when it was imported, that workers see no /proc. Older versions never look."""
    import threadpoolctl

    threadpoolctl._HAS_PROCFS = False


# ── The launcher ─────────────────────────────────────────────────────────────────────────────────────


class Launcher:
    """Forks workers, one at a time, as the parent says on the control socket.

    Parameters
    ----------
    control : socket
        Takes `{"do": "start"}` with a socket for the worker, and `{"do": "stop"}`. At its end everything ends.
    setting : dict
        See `mlcourse.grading.sandbox.Sandbox`.
    """

    def __init__(self, control, setting):
        from mlcourse.grading.sandbox.desk import Desk

        self.control, self.setting = control, setting
        self.desk = Desk(setting["work"])
        self.worker = None

    def run(self) -> None:
        from mlcourse.grading.sandbox.kernel import adopt_orphans

        adopt_orphans()
        self.tell(ready=True)
        silence()
        try:
            while self.obey():
                pass
        finally:
            self.stop()
            self.desk.remove()

    def obey(self) -> bool:
        """Carry out one order; False when there are no more."""
        data, sockets, _, _ = socket.recv_fds(self.control, 1 << 16, 1)
        if not data:
            return False
        order = json.loads(data)
        self.stop()
        if order["do"] == "start":
            self.start(order["limits"], *sockets)
        else:
            self.tell(stopped=True)
        return True

    def start(self, limits: dict, channel: int) -> None:
        folder = self.desk.fresh()
        self.worker = os.fork()
        if self.worker == 0:
            try:
                self.control.close()
                work(socket.socket(fileno=channel), limits, folder, self.setting)
            finally:
                os._exit(0)  # a worker never comes back into the launcher's code
        os.close(channel)
        self.tell(started=True)

    def stop(self) -> None:
        """End the worker and whatever it may have started, and wipe its folder."""
        if self.worker is None:
            return
        from mlcourse.grading.sandbox.watchdog import children

        os.kill(self.worker, signal.SIGKILL)
        os.waitpid(self.worker, 0)
        self.worker = None
        while orphans := children(os.getpid()):  # only where no sandbox forbids to fork
            for orphan in orphans:
                os.kill(orphan, signal.SIGKILL)
                os.waitpid(orphan, 0)
        self.desk.wipe()

    def tell(self, **words) -> None:
        self.control.sendall(json.dumps(words).encode() + b"\n")


def silence() -> None:
    """Nothing that is printed below Python's own files goes anywhere, and nothing can be read from the keyboard."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    os.close(nowhere)


# ── A worker ─────────────────────────────────────────────────────────────────────────────────────────


def work(channel, limits: dict, folder: str, setting: dict) -> None:
    """Give up all rights, say so, and then serve the parent."""
    import numpy as np

    from mlcourse.grading import cells, pipe

    os.setsid()
    os.chdir(folder)
    np.random.seed(0)  # noqa: NPY002  the old generator is a student's to use, and marks do not depend on luck
    random.seed(0)
    try:
        confine(limits, folder, setting)
    except OSError as error:
        pipe.send(channel, {"failed": str(error)})
        return
    tail = cells.Tail(limits["output"])
    sys.stdout = sys.stderr = tail
    pipe.send(channel, {"ready": True})
    Worker(channel, tail).serve()


def confine(limits: dict, folder: str, setting: dict) -> None:
    """Lower the limits; in a sandbox, give up files and then system calls: each step forbids the one before."""
    from mlcourse.grading.sandbox.limits import Limits
    from mlcourse.grading.sandbox.limits import confine as confine_resources

    confine_resources(Limits(**limits))
    if not setting["isolated"]:
        return
    from mlcourse.grading.sandbox import kernel, landlock, seccomp

    kernel.drop_capabilities()
    if setting["landlock"]:
        landlock.confine(setting["readable"], [folder])
    seccomp.confine()


class Worker:
    """Runs cells and calls answers, as the parent asks."""

    def __init__(self, channel, tail):
        from mlcourse.grading.cells import notebook_namespace

        self.channel, self.tail = channel, tail
        self.namespace = notebook_namespace()

    def serve(self) -> None:
        """Answer every request, until the parent hangs up."""
        from mlcourse.grading import pipe

        while True:
            try:
                request, arrays = pipe.receive(self.channel, max_words=MAX_REQUEST, max_arrays=MAX_REQUEST)
            except pipe.Closed:
                return
            answers = (self.files, self.cell, self.find, self.value, self.call)
            answer = {answer.__name__: answer for answer in answers}
            words, arrays = answer[request["do"]](request, arrays)
            pipe.send(self.channel, {"number": request["number"], **words}, arrays)

    def files(self, request, arrays):
        """Put what lay beside the notebook where its cells look for it."""
        for name, data in zip(request["names"], arrays):
            # A name that the desk does not take is left out, and no cell finds that file.
            with contextlib.suppress(OSError):
                os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
                with open(name, "wb") as file:
                    file.write(data.tobytes())
        return {}, []

    def cell(self, request, _):
        """Run a cell; say what it raised, and the end of what it printed."""
        from mlcourse.grading.cells import run_cell

        error = run_cell(request["source"], request["cell"], self.namespace)
        return {"error": error and told(error), "output": self.tail.take()}, []

    def find(self, request, _):
        """What stands under a name: nothing, a function, None, or some other value."""
        if request["name"] not in self.namespace:
            return {"is": "missing"}, []
        found = self.namespace[request["name"]]
        kind = "none" if found is None else "function" if callable(found) else "value"
        return {"is": kind, "name": str(getattr(found, "__name__", type(found).__name__))[:100]}, []

    def value(self, request, _):
        """A value that the student has computed, as the exercise's own check cell hands it to the check."""
        return packed(lambda: eval(request["expression"], self.namespace))

    def call(self, request, arrays):
        """Call a student's function, and say which of its arguments it has changed."""
        from mlcourse.grading.pipe import unpack

        before = unpack(request["args"], [array.copy() for array in arrays])
        function, args = self.namespace[request["name"]], unpack(request["args"], arrays)
        words, arrays = packed(lambda: function(*args))
        self.tail.take()
        return {**words, "changed": changed(args, before)}, arrays


def packed(compute):
    """What `compute` gives, as words and arrays; or what it raises, as words."""
    import warnings

    import numpy as np

    from mlcourse.checks.compare import NotPlain, plain
    from mlcourse.grading.pipe import pack

    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):  # as in the notebook's check
            warnings.simplefilter("ignore")
            output = compute()
        output, arrays = output if output is Ellipsis else plain(output), []
        return {"value": pack(output, arrays)}, arrays
    except NotPlain as error:
        return {"not plain": str(error)[:200]}, []
    except BaseException as error:
        return {"error": told(error)}, []


def changed(args, before) -> list[int]:
    """The places of the arguments that a call has changed."""
    from mlcourse.checks.compare import difference, plain

    return [
        place
        for place, (now, then) in enumerate(zip(args, before))
        if difference(plain(now), plain(then), 0, 0)
    ]


def told(error: BaseException) -> dict:
    """An exception as words: its name, the first line of its message, and its place in the notebook."""
    from mlcourse.grading.cells import place_of

    try:
        text = str(error)[:500]
    except Exception:  # a message may be computed, and that may fail
        text = ""
    return {"name": type(error).__name__[:100], "text": text, "place": place_of(error)}


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
