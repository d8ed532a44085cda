"""Measure what each lecture needs: the largest memory of its kernel, and the time of its cells.

    python -m tools.lecture_memory                       every lecture, one after the other
    python -m tools.lecture_memory 04_em 12_mnist        these
    MLCOURSE_MNIST=no python -m tools.lecture_memory 12_mnist     with the small digits

Prints a table for docs/instructors.md. Memory is the largest resident set of the kernel's process, Python and all
imports included: plan for it per student. CPU time does not depend on what else the machine does; the time on the
clock does, and includes the start of the kernel. Nothing is written: the notebooks stay as they are.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbclient import NotebookClient

from mlcourse.builder.lessons import read_course
from mlcourse.cli import ROOT, private_jupyter

# Linux keeps the peak of this program; `ru_maxrss` may be that of the process which started the kernel.
USAGE = """
import resource as _resource, sys as _sys
_used = _resource.getrusage(_resource.RUSAGE_SELF)
if _sys.platform == "linux":
    _peak = next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
else:
    _peak = _used.ru_maxrss  # bytes on macOS
print(_peak, _used.ru_utime + _used.ru_stime)
"""


class Need(NamedTuple):
    """What one run of a lecture took: bytes, seconds of CPU in the kernel, seconds on the clock."""

    memory: float
    cpu: float
    clock: float


def need_of(notebook: Path) -> Need:
    """Run all cells of a notebook in a new kernel and return what it needed. Raises CellExecutionError."""
    cells = nbformat.read(notebook, as_version=4)
    cells.cells.append(nbformat.v4.new_code_cell(USAGE))
    start = time.monotonic()
    client = NotebookClient(cells, timeout=None, resources={"metadata": {"path": str(notebook.parent)}})
    client.execute()
    memory, cpu = map(float, cells.cells[-1].outputs[0].text.split())
    return Need(memory, cpu, time.monotonic() - start)


def main(arguments: list[str]) -> int:
    """Measure the lectures named, or all of them, and print one row of the table for each."""
    lessons = read_course(ROOT).lessons
    parser = argparse.ArgumentParser(
        "python -m tools.lecture_memory",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("lectures", nargs="*", metavar="LECTURE", help=f"for example {next(iter(lessons))}")
    names = parser.parse_args(arguments).lectures
    if unknown := [name for name in names if name not in lessons]:
        parser.error(f"there is no lecture {unknown[0]!r}; choose from {', '.join(lessons)}.")
    os.environ.update(private_jupyter() | {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")})
    print("| Lecture | Memory | CPU | Clock |\n|---|---|---|---|", flush=True)
    for name in names or lessons:
        need = need_of(ROOT / "notebooks" / f"{name}.ipynb")
        print(
            f"| {name[:2]} | {need.memory / 1e9:.2f} GB | {need.cpu:.0f} s | {need.clock:.0f} s |", flush=True
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
