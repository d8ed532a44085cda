"""What every test runs under: one thread per process, no window, no figure left over; and the quick selection."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("MPLBACKEND", "agg")


def pytest_addoption(parser):
    parser.addoption(
        "--screenshots", action="store_true", help="save pictures of pages in .screenshots/, to look at"
    )
    parser.addoption(
        "--quick",
        action="store_true",
        help="the first case of each test that is not slow, and every case of what has changed",
    )


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes more than two seconds; --quick leaves it out")


def pytest_collection_modifyitems(config, items):
    items.sort(
        key=lambda item: item.get_closest_marker("slow") is None
    )  # first, so that no worker ends alone
    if not config.getoption("quick"):
        return
    changed, seen, left_out = areas_of(changed_files()), set(), []
    for item in list(items):
        test = item.nodeid.partition("[")[0]
        path = item.path.relative_to(ROOT).as_posix()
        if any(path.startswith(area) for area in changed):
            continue
        if test in seen or item.get_closest_marker("slow"):
            left_out.append(item)
            items.remove(item)
        seen.add(test)
    config.hook.pytest_deselected(items=left_out)


def changed_files():
    """The files that git has changed or does not know yet; none where there is no git."""
    try:
        command = ["git", "status", "--porcelain", "--untracked-files=all", "--no-renames"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    return [line[3:].strip('"') for line in done.stdout.splitlines()]


def areas_of(files):
    """The tests of each changed file, as beginnings of paths: tests/mixture/ for mlcourse/mixture/steps.py."""
    areas = set()
    for file in files:
        folder, _, rest = file.partition("/")
        if folder == "tests":
            areas.add(file)
        elif folder in ("mlcourse", "tools"):
            inside = Path(rest if folder == "mlcourse" else file)
            areas.add(f"tests/{inside.parts[0]}/" if len(inside.parts) > 1 else f"tests/test_{inside.stem}")
    return areas


@pytest.fixture(scope="session", autouse=True)
def one_thread_per_process():
    """pytest -n already fills the cores: more threads wait for one another, up to a hundred times longer."""
    with threadpool_limits(limits=1):
        yield


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_works():
    """A shell starts its background jobs deaf to Ctrl-C, and what they start would be deaf too."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
