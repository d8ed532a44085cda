"""What every test runs under."""

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(scope="session", autouse=True)
def one_thread_a_process():
    """pytest -n already fills the cores: more threads wait for one another, up to a hundred times longer."""
    with threadpool_limits(limits=1):
        yield
