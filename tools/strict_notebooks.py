"""A pytest plugin for notebooks: a task that is not done is a failure, except in an exercise as it is handed out."""

import os

import pytest


@pytest.hookimpl(tryfirst=True)  # before nbval starts the kernel, which inherits the variable
def pytest_runtest_setup(item: pytest.Item) -> None:
    os.environ["MLCOURSE_STRICT"] = "" if "exercises" in item.path.parts else "1"
