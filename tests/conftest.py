"""What every test runs under: one thread per process, no window, no figure left over."""

import os
import sys

import pytest
from threadpoolctl import threadpool_limits

os.environ.setdefault("MPLBACKEND", "agg")


@pytest.fixture(scope="session", autouse=True)
def one_thread_per_process():
    """pytest -n already fills the cores: more threads wait for one another, up to a hundred times longer."""
    with threadpool_limits(limits=1):
        yield


@pytest.fixture(autouse=True)
def close_figures():
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
