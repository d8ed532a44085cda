"""A worker: it gives up its rights, then runs the cells of one notebook, and calls what they define."""

import contextlib
import os
import random
import socket
import sys
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from IPython.core.async_helpers import get_asyncio_loop

from mlcourse.grading.inside import kernel, landlock, notes, pipe, seccomp, substitutes
from mlcourse.grading.inside.answers import describe_exception, evaluate
from mlcourse.grading.inside.arguments import attach
from mlcourse.grading.inside.display import close_figures, undrawn
from mlcourse.grading.inside.lent import lent
from mlcourse.grading.inside.limits import Limits
from mlcourse.grading.inside.limits import confine as confine_resources
from mlcourse.grading.inside.observing import observed, watch_threads
from mlcourse.grading.inside.pictures import pixels_of
from mlcourse.grading.inside.shell import OutputTail, Shell
from mlcourse.typing import Array

Request: TypeAlias = dict[str, Any]
Reply: TypeAlias = tuple[dict[str, Any], list[Array]]

MAX_REQUEST = 32_000_000  # bytes from the parent, of JSON (a notebook has up to 5 MB) and of arrays


def work(
    channel: socket.socket, limits: dict[str, Any], folder: str, isolated: bool, files: int | None
) -> None:
    """Give up all rights, report that, and then serve the parent. See `confine` for the last two parameters."""
    os.setsid()
    os.chdir(folder)
    np.random.seed(0)  # noqa: NPY002  students may use the old generator, and marks must not depend on chance
    random.seed(0)
    get_asyncio_loop()  # for cells with `await`; it needs a pair of sockets, which are refused later
    try:
        confine(limits, folder, isolated, files)
    except OSError as error:
        pipe.send(channel, {"failed": str(error)})
        return
    tail = OutputTail(limits["output"])
    sys.stdout = sys.stderr = tail
    substitutes.install(folder)
    watch_threads()
    shell = Shell.instance()
    shell.take_place(folder)
    pipe.send(channel, {"ready": True})
    Worker(channel, tail, shell).serve()


def confine(limits: dict[str, Any], folder: str, isolated: bool, files: int | None) -> None:
    """Lower the limits; in a sandbox, then give up files, and then system calls.

    The order matters: each step would block the ones before it. With Landlock, `files` is the launcher's ruleset: of
    the places where it lets a worker write, this one keeps its own folder.
    """
    confine_resources(Limits(**limits))
    if not isolated:
        return
    kernel.drop_capabilities()
    if files is not None:
        landlock.confine(files, landlock.ruleset(landlock.Files(readable=["/"], writable=[folder])))
    seccomp.confine()


class Worker:
    """Run cells and call answers on the parent's requests."""

    def __init__(self, channel: socket.socket, tail: OutputTail, shell: Shell):
        self.channel, self.tail, self.shell = channel, tail, shell

    @property
    def namespace(self) -> dict[str, Any]:
        """The names that the notebook has defined, wherever its cells have put them."""
        own, module = self.shell.user_ns, vars(self.shell.user_module)
        return own if own is module else {**module, **own}

    def serve(self) -> None:
        """Answer requests until the parent closes the socket."""
        while True:
            try:
                request, arrays = pipe.receive(self.channel, max_json=MAX_REQUEST, max_arrays=MAX_REQUEST)
            except pipe.Closed:
                return
            handlers = (self.files, self.cell, self.find, self.value, self.call, self.picture)
            handle = {handler.__name__: handler for handler in handlers}[request["do"]]
            with lent(self.namespace, request.get("lent", {}), self.channel, request["number"]):
                fields, arrays = handle(request, arrays)
            pipe.send(self.channel, {"number": request["number"], **fields}, arrays)

    def files(self, request: Request, arrays: list[Array]) -> Reply:
        """Write the files that were handed in with the notebook to where its cells look for them."""
        for name, data in zip(request["names"], arrays):
            # A file whose name cannot be written is left out, and cells do not find it.
            with contextlib.suppress(OSError):
                os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
                with open(name, "wb") as file:
                    file.write(data.tobytes())
        return {}, []

    def cell(self, request: Request, _: list[Array]) -> Reply:
        """Run a cell; reply with what it raised, what is to be noted, the end of what it printed, and its figures."""
        given = request.get("given")
        with undrawn(self.shell.figures) if given else contextlib.nullcontext():
            error = self.shell.run(request["cell"], request["source"])
        figures = [np.frombuffer(png, np.uint8) for png in self.shell.figures.take(counted=not given)]
        reply = {
            "error": error and describe_exception(error),
            "notes": notes.take(),
            "output": self.tail.take(),
        }
        return reply, figures

    def find(self, request: Request, _: list[Array]) -> Reply:
        """Reply with what a name refers to: nothing, a function, None, or some other value."""
        if request["name"] not in self.namespace:
            return {"is": "missing"}, []
        found = self.namespace[request["name"]]
        kind = "none" if found is None else "function" if callable(found) else "value"
        return {"is": kind, "name": str(getattr(found, "__name__", type(found).__name__))[:100]}, []

    def value(self, request: Request, _: list[Array]) -> Reply:
        """Reply with a value that the student has computed, as the exercise's own check cell would pass it."""
        return evaluate(lambda: eval(request["expression"], self.namespace))

    def call(self, request: Request, _: list[Array]) -> Reply:
        """Call a student's function on arguments in shared memory; reply with its result."""
        arrays = attach(pipe.receive_file(self.channel), request["places"], request["size"])
        args: Any = pipe.unpack(request["args"], arrays)  # the parent sends a tuple
        function = self.namespace[request["name"]]
        with self.unseen(), observed(request["events"], request["closely"]) as watch:
            fields, arrays = evaluate(lambda: function(*args))
            watched = watch.is_complete
        observations = {"seen": sorted(watch.seen), "watched": watched, "hides": watch.is_switched_off}
        return {**fields, **observations}, arrays

    @contextlib.contextmanager
    def unseen(self) -> Iterator[None]:
        """Forget what an answer prints, notes and plots; its figures are not even drawn."""
        self.shell.figures.closed = True
        try:
            yield
        finally:
            self.shell.figures.closed = False
            close_figures()
            notes.take()
            self.tail.take()

    def picture(self, _: Request, arrays: list[Array]) -> Reply:
        """Reply with the pixels of a PNG, or with nothing if it cannot be read."""
        pixels = pixels_of(arrays[0].tobytes())
        return {}, [] if pixels is None else [pixels]
