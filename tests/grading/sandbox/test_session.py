"""A session with a worker: what is used too much is blamed on the request that used it."""

from types import SimpleNamespace

import pytest

from mlcourse.grading.sandbox import session as module
from mlcourse.grading.sandbox.session import Session, WorkerEnded


def test_excess_found_by_the_watchdog_meanwhile_counts(monkeypatch):
    """The watchdog ends the worker while its last reply is being checked: then a second look finds nothing."""
    monkeypatch.setattr(module.pipe, "send", lambda *args: None)
    monkeypatch.setattr(module.secrets, "token_hex", lambda size: "1")
    session = Session.__new__(Session)

    def excess(mapped):
        session._on_excess("threads")

    session.excess, session.end_worker = None, lambda: None
    session.channel = SimpleNamespace(close=lambda: None)
    session.watchdog = SimpleNamespace(excess=excess, stop=lambda: None)
    session._receive = lambda seconds: ({"number": "1"}, [])
    with pytest.raises(WorkerEnded, match="too much threads"):
        session.ask({"do": "cell"})
