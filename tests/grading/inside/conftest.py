"""A worker for each test, in the strongest sandbox that works here; all tests share its launcher."""

import sys
from itertools import count

import numpy as np
import pytest

from mlcourse.grading import sandbox
from mlcourse.grading.inside.limits import Limits
from mlcourse.grading.inside.pipe import unpack
from mlcourse.grading.judge.cell_report import read_report
from mlcourse.grading.sandbox.arguments import SharedArguments
from mlcourse.grading.sandbox.needs import of_exercise
from tests.helpers.courses import OUR_COURSE

LIMITS = Limits(cell=30, call=30, output=5000)
NEEDS = of_exercise(OUR_COURSE.exercise("04_em"))


@pytest.fixture(scope="session")
def walls():
    if sys.platform == "win32":
        pytest.skip("grading requires Linux or macOS")
    try:
        chosen = sandbox.choose(limits=LIMITS)
    except sandbox.NoSandbox as error:
        pytest.skip(str(error))
    with chosen:
        yield chosen


class Notebook:
    """A notebook that is run cell by cell in a worker."""

    def __init__(self, session):
        self.session, self.numbers = session, count(1)

    def run(self, *sources, given=False):
        """Run cells, handed out or a student's own, and return what the worker reports about the last one."""
        for source in sources:
            request = {"do": "cell", "cell": next(self.numbers), "source": source, "given": given}
            report = read_report(*self.session.ask(request, seconds=LIMITS.cell))
        return report

    def value(self, expression):
        """Evaluate an expression among the notebook's names."""
        reply, arrays = self.session.ask({"do": "value", "expression": expression})
        return unpack(reply["value"], arrays)

    def find(self, name):
        """Return what kind of thing a name refers to."""
        reply, _ = self.session.ask({"do": "find", "name": name})
        return reply["is"]

    def call(self, name, *args):
        """Call a function; return the whole reply."""
        with SharedArguments(args) as shared:
            request = {"do": "call", "name": name, **shared.request, "events": 1, "closely": []}
            reply, _ = self.session.ask(request, file=shared.descriptor)
        return reply

    def picture(self, png):
        """Return the pixels of a PNG."""
        _, arrays = self.session.ask({"do": "picture"}, [np.frombuffer(png, np.uint8)])
        return arrays[0] if arrays else None


@pytest.fixture
def notebook(walls):
    session = walls.start(LIMITS, NEEDS)
    yield Notebook(session)
    session.end()
