"""One submission's worker, as the parent sees it: requests, replies, deadlines, and its end."""

import secrets

from mlcourse.grading import pipe
from mlcourse.grading.sandbox.limits import Limits
from mlcourse.grading.sandbox.watchdog import Watchdog

STARTING = 30.0  # seconds


class Ended(BaseException):
    """The worker is no more, and will answer nothing.

    Not an Exception, because `mlcourse.checks.examine` takes those for the answer of a student's function.

    Parameters
    ----------
    status : {"crashed", "timeout"}
    why : str
        The rest of a sentence that begins "it".
    """

    def __init__(self, status: str, why: str):
        super().__init__(why)
        self.status, self.why = status, why


class Session:
    """A running worker.

    Parameters
    ----------
    channel : socket
    launcher : int
        The process under which the worker runs.
    folder : str or None
        The worker's folder, as seen from here.
    limits : Limits
    end : callable
        Ends the worker.

    Raises
    ------
    OSError
        When the worker could not be confined.
    """

    def __init__(self, channel, launcher: int, folder: str | None, limits: Limits, end):
        self.channel, self.end_worker = channel, end
        channel.setblocking(False)
        self.excess: str | None = None
        self.watchdog = Watchdog(launcher, folder, limits, self._too_much)
        self._greet()
        self.watchdog.start()

    def _greet(self) -> None:
        """Wait until the worker has given up its rights. Raises OSError when it cannot; no student is to blame."""
        try:
            greeting, _ = self._receive(STARTING)
        except Ended as end:
            raise OSError(f"a worker {end.why} before it had anything to do") from None
        if greeting != {"ready": True}:
            self.end()
            raise OSError(f"a worker could not be confined: {greeting.get('failed')}")

    def ask(self, words: dict, arrays: list = (), seconds: float = STARTING) -> tuple[dict, list]:
        """Send a request and take its reply. Raises Ended, and then the worker has been ended.

        Every request has a number that cannot be guessed, and the reply must repeat it: what was written to the
        socket beforehand answers nothing.
        """
        number = secrets.token_hex(8)
        try:
            pipe.send(self.channel, {"number": number, **words}, arrays, seconds)
        except pipe.Late:
            raise self._ended("timeout", "did not take the question in time") from None
        except pipe.Closed:
            raise self._crashed() from None
        reply, arrays = self._receive(seconds)
        self.excess = self.excess or self.watchdog.excess()
        if self.excess:  # seen now, it is the doing of this request, and not of the next one
            raise self._crashed()
        if reply.pop("number", None) != number:
            raise self._ended("crashed", "gave a reply to something that nobody asked")
        return reply, arrays

    def _receive(self, seconds):
        try:
            return pipe.receive(self.channel, seconds)
        except pipe.Late:
            raise self._ended("timeout", f"took longer than {seconds:.0f} s") from None
        except pipe.Closed:
            raise self._crashed() from None
        except pipe.Forged as error:
            raise self._ended("crashed", f"gave a reply that no answer gives: {error}") from None

    def _crashed(self):
        if self.excess:
            return self._ended("crashed", f"used too much {self.excess}, and was stopped")
        return self._ended("crashed", "ended the Python that ran it")

    def _ended(self, status, why):
        self.end()
        return Ended(status, why)

    def _too_much(self, why):
        """Of the watchdog: end the worker; whoever waits for its reply then learns that it is gone."""
        self.excess = why
        self.end_worker()

    def end(self) -> None:
        """End the worker and all it has started. May be called twice."""
        self.watchdog.stop()
        self.end_worker()
        self.channel.close()
