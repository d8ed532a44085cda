"""One submission's worker, as seen by the parent: requests, replies, deadlines, and how it ends."""

import secrets
import socket
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

from mlcourse.grading.inside import pipe
from mlcourse.grading.inside.limits import Limits
from mlcourse.grading.sandbox.watchdog import INTERVAL, Watchdog, descendants, file_identity
from mlcourse.typing import Array

START_TIMEOUT = 30.0  # seconds

Message: TypeAlias = tuple[dict[str, Any], list[Array]]


class WorkerEnded(BaseException):
    """The worker has ended, and will not answer any further requests.

    Not an Exception, because `marking.judge` treats those as outputs that a check cannot handle.

    Parameters
    ----------
    status : {"crashed", "timeout"}
    why : str
        The rest of a sentence that begins with "it".
    """

    def __init__(self, status: Literal["crashed", "timeout"], why: str):
        super().__init__(why)
        self.status, self.why = status, why


class Session:
    """A running worker.

    Parameters
    ----------
    channel : socket
    launcher : int
        Id of the process that forked the worker.
    folder : str or None
        The worker's scratch folder, as seen from here.
    limits : Limits
    end : callable
        Ends the worker.

    Raises
    ------
    OSError
        If the worker could not be confined.
    """

    def __init__(
        self,
        channel: socket.socket,
        launcher: int,
        folder: str | None,
        limits: Limits,
        end: Callable[[], None],
    ):
        self.channel, self.end_worker = channel, end
        channel.setblocking(False)
        self.excess: str | None = None
        self.watchdog = Watchdog(launcher, folder, limits, self._on_excess)
        self._wait_until_ready()
        if sys.platform == "linux" and not descendants(launcher):
            self.end()
            raise OSError(
                "a worker cannot be watched: /proc does not list the processes that one has started"
            )
        self.watchdog.start()

    def _wait_until_ready(self) -> None:
        """Wait until the worker has given up its rights. Raises OSError if it cannot: no student is to blame."""
        try:
            message, _ = self._receive(START_TIMEOUT)
        except WorkerEnded as end:
            raise OSError(f"a worker {end.why} before it was given any work") from None
        if message != {"ready": True}:
            self.end()
            raise OSError(f"a worker could not be confined: {message.get('failed')}")

    def ask(
        self,
        request: dict[str, Any],
        arrays: Sequence[Array] = (),
        seconds: float = START_TIMEOUT,
        answer: Callable[[dict[str, Any], list[Array]], Message] | None = None,
        file: int | None = None,
    ) -> Message:
        """Send a request and return its reply, as a dict and arrays. Raises WorkerEnded, after ending the worker.

        The worker's own questions about it, if there are any, go to `answer`, and count towards `seconds`. With a
        request may come an open file of ours, which does not count as the worker's.

        Every request has a number that cannot be guessed, and the reply must repeat it. So nothing that a student
        wrote to the socket earlier can pass for a reply.
        """
        number, deadline = secrets.token_hex(8), time.monotonic() + seconds
        self.watchdog.lent = file_identity(file)
        self._send({"number": number, **request}, arrays, seconds, file)
        reply, received = self._reply(number, seconds)
        while answer and "question" in reply:
            fields, results = answer(reply, received)
            left = deadline - time.monotonic()
            self._send({"number": number, **fields}, results, left)
            reply, received = self._reply(number, left)
        return reply, received

    def _send(
        self, fields: dict[str, Any], arrays: Sequence[Array], seconds: float, file: int | None = None
    ) -> None:
        try:
            pipe.send(self.channel, fields, arrays, seconds)
            if file is not None:
                pipe.send_file(self.channel, file, seconds)
        except pipe.TimedOut:
            raise self._ended("timeout", "did not read the request in time") from None
        except pipe.Closed:
            raise self._crashed() from None

    def _reply(self, number: str, seconds: float) -> Message:
        """Receive a message that repeats the number of the request."""
        start = time.monotonic()
        reply, received = self._receive(seconds)
        # Looked up first: meanwhile the watchdog may have found one. After a quick reply, it soon looks itself.
        excess = self.watchdog.excess(mapped=time.monotonic() - start > INTERVAL)
        self.excess = self.excess or excess
        if self.excess:  # detected now, it counts against this request and not the next one
            raise self._crashed()
        if reply.pop("number", None) != number:
            raise self._ended("crashed", "sent a reply that no request asked for")
        return reply, received

    def _receive(self, seconds: float) -> Message:
        try:
            return pipe.receive(self.channel, seconds)
        except pipe.TimedOut:
            raise self._ended("timeout", f"took longer than {seconds:.0f} s") from None
        except pipe.Closed:
            raise self._crashed() from None
        except pipe.Malformed as error:
            raise self._ended("crashed", f"sent a malformed reply: {error}") from None

    def _crashed(self) -> WorkerEnded:
        if self.excess:
            return self._ended("crashed", f"used too much {self.excess} and was stopped")
        return self._ended("crashed", "ended the Python process that ran it")

    def _ended(self, status: Literal["crashed", "timeout"], why: str) -> WorkerEnded:
        self.end()
        return WorkerEnded(status, why)

    def _on_excess(self, resource: str) -> None:
        """End the worker (the watchdog calls this). Code that waits for its reply then finds the socket closed."""
        self.excess = resource
        self.end_worker()

    def end(self) -> None:
        """End the worker and everything it has started. Safe to call twice."""
        self.watchdog.stop()
        self.end_worker()
        self.channel.close()
