"""Run notebooks, and keep what they show until the notebook or the package changes."""

import hashlib
import os
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from unittest.mock import patch

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from tqdm import tqdm

from mlcourse.cli import ROOT
from tools.testing import CORES, environment
from tools.warm_kernels import warm_kernels

# No lesson shows anything of these.
UNSEEN = ("builder", "cli.py", "grading")
TIMEOUT = 600  # seconds for one cell


class DoesNotRun(ValueError):
    """A notebook with a cell that fails; the message says which, and why."""


def executed(paths: Iterable[Path], kept: Path) -> list[Path]:
    """Return the paths of executed copies of notebooks, in the folder `kept`. Only those that are not there yet run.

    Raises
    ------
    DoesNotRun
    """
    copies = {path: kept / copy_name(path) for path in paths}
    waiting = [path for path, copy in copies.items() if not copy.is_file()]
    if waiting:
        kept.mkdir(parents=True, exist_ok=True)
        run_all({path: copies[path] for path in waiting})
    remove_others(kept, copies.values())
    return list(copies.values())


def copy_name(path: Path) -> str:
    """Return the name of a notebook's executed copy, which changes with everything that its outputs depend on."""
    digest = hashlib.sha256(path.read_bytes() + package_digest())
    return f"{path.stem}.{digest.hexdigest()[:16]}.ipynb"


def package_digest() -> bytes:
    """Return a digest of the package's code and data, apart from what no lesson shows."""
    package = ROOT / "mlcourse"
    files = [
        path for path in sorted(package.rglob("*")) if path.suffix in (".py", ".js", ".css", ".csv", ".txt")
    ]
    digest = hashlib.sha256((ROOT / "pins.txt").read_bytes())
    for path in files:
        name = path.relative_to(package)
        if name.parts[0] not in UNSEEN:
            digest.update(name.as_posix().encode() + path.read_bytes())
    return digest.digest()


def run_all(copies: dict[Path, Path]) -> None:
    """Run notebooks side by side, and write their copies."""
    # MNIST would take minutes: lesson 12 uses the small digits, and says so. A task that is not done is an error.
    variables = environment({"MLCOURSE_MNIST": "no", "MLCOURSE_STRICT": "1"})
    longest_first = sorted(copies, key=lambda path: path.stat().st_size, reverse=True)
    with (
        warm_kernels(variables) as warm,
        patch.dict(os.environ, variables | warm),  # Jupyter's client passes them on to its kernels
        ThreadPoolExecutor(CORES) as pool,
    ):
        runs = [pool.submit(run, path, copies[path]) for path in longest_first]
        done = tqdm(as_completed(runs), total=len(runs), unit="notebook", disable=None)
        problems = [str(run.exception()) for run in done if isinstance(run.exception(), DoesNotRun)]
    if problems:
        raise DoesNotRun("\n".join(problems))
    for run_ in runs:
        run_.result()


def run(path: Path, copy: Path) -> None:
    """Run a notebook in its own folder, and write it with its outputs."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        record_timing=False,
        store_widget_state=True,
        resources={"metadata": {"path": path.parent}},
    )
    try:
        client.execute(
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )  # not what the kernel says of itself
    except CellExecutionError as error:
        raise DoesNotRun(f"{path.relative_to(ROOT)} does not run: {error}") from None
    save(notebook, copy)


def save(notebook: NotebookNode, copy: Path) -> None:
    """Write an executed notebook, whole or not at all."""
    partial = copy.with_suffix(".partial")
    nbformat.write(notebook, partial)
    partial.replace(copy)


def remove_others(kept: Path, copies: Iterable[Path]) -> None:
    """Remove copies that are out of date."""
    for path in set(kept.iterdir()).difference(copies):
        path.unlink()
