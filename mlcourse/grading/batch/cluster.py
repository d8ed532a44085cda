"""Places on other machines: the workers of a Dask cluster, each of which runs submissions in its own sandbox.

Workers share no disk with this process: they get a submission and return a `Result`, which is written down here. A
worker is probed before it gets any work, whenever it joins. One that has no sandbox, or whose marks could differ
(another version of the grader or of NumPy, other tasks), is refused, and the user is told why.

Every submission is given to one worker by name. Dask itself would give those of a killed worker to another one, but
would not say so, and the next worker could be one that was refused.
"""

import pickle
import platform
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Future, InvalidStateError
from contextlib import suppress
from importlib import import_module
from importlib.metadata import version
from typing import Any, Self, TypeVar
from uuid import uuid4

from tqdm import tqdm

from mlcourse.course_folder import Course
from mlcourse.grading.batch.assess import Assessment, own_sandbox
from mlcourse.grading.batch.digests import digest_of, task_digests, tools_digest
from mlcourse.grading.batch.dispatch import Place
from mlcourse.grading.records.text import printable

Item = TypeVar("Item")
Result = TypeVar("Result")

SCHEMES = {"dask": "tcp", "dask+tls": "tls"}
CONNECT_TIMEOUT = 10.0  # seconds
JOIN_TIMEOUT = 60.0  # seconds to wait for a worker, when there is none: Dask starts a killed one again
LOOK_INTERVAL = 0.5


class ClusterError(Exception):
    """A cluster that cannot be used; the message says why and what to do."""


class Cluster:
    """A crew of Dask workers: see `dispatch.Crew`.

    Parameters
    ----------
    address : str
        Such as "dask://HOST:8786"; "dask+tls://" encrypts, with the certificates of Dask's own settings.
    assessment : Assessment
        The terms that a worker must be able to mark by.
    report : callable(str)
        Called with a sentence about each worker that is refused.

    Raises
    ------
    ClusterError
        If there is no such cluster.
    """

    def __init__(self, address: str, assessment: Assessment, report: Callable[[str], None] | None = None):
        self.address, self.assessment, self.report = address, assessment, report or _print
        if assessment.terms.trust:
            raise ClusterError(
                "--trust-submissions is for this machine only: the workers of a cluster run submissions in a"
                " sandbox, or not at all. Leave it out."
            )
        self.client = connect(address)
        self.expected = fingerprint(assessment.terms.course)
        self.workers: dict[str, Worker] = {}  # those that may be given work
        self.probes: dict[str, Any] = {}  # futures of their reasons not to
        self.refused: dict[str, str] = {}
        self.looked = float("-inf")

    def start(self) -> None:
        """Begin to probe the workers."""
        self._look()

    def places(self) -> Sequence[Place]:
        """Return the workers that passed the probe. Waits for one if there is none. Raises ClusterError."""
        had_some, deadline = bool(self.workers), time.monotonic() + JOIN_TIMEOUT
        self._look()
        while not self.workers:
            none_will_come = self.refused and not had_some
            if not self.probes and (none_will_come or time.monotonic() > deadline):
                reasons = "; ".join(f"{worker}: {reason}" for worker, reason in self.refused.items())
                raise ClusterError(
                    f"no worker of {self.address} can mark these submissions ({reasons or 'it has none'})."
                    " Marks so far are kept: --resume continues from there."
                )
            time.sleep(LOOK_INTERVAL / 5)
            self._look()
        return list(self.workers.values())

    def drop(self, place: Place) -> None:
        """Do nothing: `places` notices when a worker has left the cluster."""

    def _look(self) -> None:
        """Notice which workers have come or gone, and which probes are done. Raises ClusterError."""
        if time.monotonic() < self.looked + LOOK_INTERVAL:
            return
        present = self._present()
        self.looked = time.monotonic()
        for address in self.workers.keys() - present:
            self.workers.pop(address).end()
        for address in present - self.workers.keys() - self.probes.keys() - self.refused.keys():
            self.probes[address] = self._submit(address, why_refused, self.assessment, self.expected)
        for address, probe in list(self.probes.items()):
            if address not in present or probe.done():
                del self.probes[address]
            if address in present and probe.done():
                self._decide(address, probe)

    def _present(self) -> set[str]:
        """Ask the scheduler for the addresses of its workers. Raises ClusterError."""
        try:
            return set(self.client.nthreads())
        except (OSError, RuntimeError) as error:
            raise ClusterError(
                f"the scheduler at {self.address} no longer answers ({_text_of(error)}). Marks so far are kept: once"
                " it runs again, --resume continues from there."
            ) from None

    def _decide(self, address: str, probe: Any) -> None:
        """Accept or refuse a worker, by what its probe says."""
        error = probe.exception()
        reason = _text_of(error) if error else probe.result()
        if reason is None:
            self.workers[address] = Worker(lambda *work: self._submit(address, *work))
        else:
            self.refused[address] = printable(str(reason), 500)
            self.report(f"The worker {address} is not used: {self.refused[address]}")

    def _submit(self, address: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function at one worker, and return Dask's future."""
        # As bytes, because Dask would look for its futures in everything else, and take apart what it knows.
        call = pickle.dumps((function, arguments))
        return self.client.submit(
            _call,
            call,
            key=f"mlcourse-{uuid4().hex}",
            workers=[address],
            allow_other_workers=False,
            pure=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for worker in self.workers.values():
            worker.end()
        with suppress(OSError, RuntimeError):
            if not kind and self.workers:
                self.client.run(self.assessment.finish, workers=list(self.workers), on_error="ignore")
        self.client.close(timeout=CONNECT_TIMEOUT)


class Worker:
    """One worker of a cluster.

    Parameters
    ----------
    submit : callable(function, item)
        Returns a future of Dask.
    """

    room = 2  # one being marked, one that waits, whatever the number of threads: see `Assessment`

    def __init__(self, submit: Callable[..., Any]):
        self._submit = submit
        self.running: dict[Future[Any], Any] = {}  # with Dask's future of each

    def submit(self, function: Callable[[Item], Result], item: Item, /) -> Future[Result]:
        future: Future[Result] = Future()
        self.running[future] = self._submit(function, item)
        self.running[future].add_done_callback(lambda theirs: self._settle(future, theirs))
        return future

    def _settle(self, future: Future[Any], theirs: Any) -> None:
        """Take over what Dask's future says. Dask calls this in a thread."""
        try:
            error = theirs.exception()  # raises an error itself if it was cancelled
            if error is None:
                _set(future, theirs.result())
            else:
                _fail(future, _gone(error) if type(error).__name__ == "KilledWorker" else error)
        except Exception as error:
            _fail(future, _gone(error))
        finally:
            self.running.pop(future, None)

    def end(self) -> None:
        """Give up everything that is still running."""
        for future, theirs in list(self.running.items()):
            _fail(future, BrokenExecutor("the worker has left the cluster"))
            with suppress(Exception):  # the scheduler may be gone too
                theirs.cancel()


def _set(future: Future[Any], result: object) -> None:
    with suppress(InvalidStateError):  # given up meanwhile
        future.set_result(result)


def _fail(future: Future[Any], error: BaseException) -> None:
    with suppress(InvalidStateError):
        future.set_exception(error)


def _gone(error: BaseException) -> BrokenExecutor:
    return BrokenExecutor(_text_of(error))


def _text_of(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _print(line: str) -> None:
    tqdm.write(line, file=sys.stderr)


def connect(address: str) -> Any:
    """Return a client of a cluster. Raises ClusterError."""
    scheme, _, place = address.partition("://")
    if scheme not in SCHEMES or not place:
        raise ClusterError(
            f"--executor: {printable(address)!r} is no address of a cluster; it looks like dask://HOST:8786."
        )
    try:
        distributed = import_module("distributed")
    except ImportError:
        raise ClusterError(
            'a cluster needs the package distributed, which is not installed: pip install "mlcourse[scale]"'
        ) from None
    try:
        return distributed.Client(
            f"{SCHEMES[scheme]}://{place}", timeout=CONNECT_TIMEOUT, set_as_default=False
        )
    except (OSError, ValueError) as error:
        raise ClusterError(f"no scheduler of Dask answers at {address} ({_text_of(error)}).") from None


# ── At the worker ────────────────────────────────────────────────────────────────────────────────────


def _call(call: bytes) -> Any:
    function, arguments = pickle.loads(call)
    return function(*arguments)


def why_refused(assessment: Assessment, expected: dict[str, str]) -> str | None:
    """Say why this worker cannot mark as the leading process would; None if it can, with its sandbox running."""
    course = assessment.terms.course
    for folder in filter(None, (course.root, course.extra)):
        if not folder.is_dir():
            return f"it has no folder {folder}: a course must have the same path on every machine"
    found = fingerprint(course)
    for what, wanted in expected.items():
        if found[what] != wanted:
            return f"its {what} differs: {found[what]} there, {wanted} here"
    own_sandbox(assessment.terms)  # raises NoSandbox, whose message says why
    return None


def fingerprint(course: Course) -> dict[str, str]:
    """Return the versions of everything that a mark depends on: equal ones give equal marks."""
    packages = {f"version of {name}": version(name) for name in ("numpy", "scipy", "scikit-learn")}
    tasks = [(task_digests(course, name), course.exercise(name)) for name in course.catalogue.lessons]
    return {
        "copy of the grader": tools_digest(),
        "copy of the tasks": digest_of(repr(tasks)),
        "version of Python": platform.python_version(),
        **packages,
    }
