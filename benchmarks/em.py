"""Compare the course's models with scikit-learn's, and with other libraries', in the same run.

    python course.py bench                  the whole table: about half an hour on two cores
    python course.py bench --quick          the same with a tenth of the rows: about a minute
    python course.py bench --only kmeans    only the rows whose name contains this; --list shows the names
    python course.py bench --scale          rows beyond memory, Dask and Spark: see `scale`
    python course.py bench --grading        the grading of a class: see `grading`
    python course.py bench --peers          the table with Intel's extension, faiss, mlpack and SciPy too

Each cell has the median seconds and, after ×, how many times longer that is than mlcourse's; – means that the library
has no such thing. The last column is the ratio to scikit-learn that mlcourse should reach at full size.

`timing` says how the calls alternate, `workloads` what the rows are, `peers` how the other libraries are installed
and called. If MNIST is not available (see `mlcourse.datasets.load_mnist`), random data replace it: Gaussian groups of
the same shape, whose variances fall off along the axes as those of MNIST's principal components do. `README.md` in
this folder has the table as last measured, and explains it.
"""

import argparse
import os
import subprocess
import sys
import warnings

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # for all libraries, before any of them is loaded

import numpy as np
import sklearn
from threadpoolctl import threadpool_info

from benchmarks import grading, peers, scale, timing
from benchmarks.workloads import OURS, ROWS, THEIRS, Data, Row

WIDTH = 80  # of the titles


def main(arguments: list[str] | None = None) -> int:
    words = sys.argv[1:] if arguments is None else arguments
    if "--scale" in words:
        return scale.main([word for word in words if word != "--scale"])
    if "--grading" in words:
        return grading.main([word for word in words if word != "--grading"])
    options = parse(words)
    if options.list:
        print("\n".join(row.name for row in ROWS))
        return 0
    rows = [row for row in ROWS if not options.only or any(word in row.name for word in options.only)]
    if not rows:
        names = ", ".join(row.name for row in ROWS)
        print(f"bench: no row is called {' or '.join(options.only)}; choose from {names}.", file=sys.stderr)
        return 2
    if options.peers and not options.inside:
        command = [peers.environment(), "-m", "benchmarks.em", *sys.argv[1:], "--inside"]
        return subprocess.run(command, cwd=peers.ROOT).returncode
    if options.quick:
        timing.PAUSE, timing.CALLS = 0.05, 1
    table(rows, Data(10 if options.quick else 1), options.repeat, peers.available() if options.peers else {})
    return 0


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python course.py bench",
        description="Compare the course's models with scikit-learn's and others'.",
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows: about a minute")
    parser.add_argument("--repeat", type=int, help="how many groups of calls (default 3; 1 with --quick)")
    parser.add_argument("--only", action="append", metavar="NAME", help="rows whose name contains this")
    parser.add_argument("--list", action="store_true", help="the names of the rows")
    parser.add_argument(
        "--peers", action="store_true", help="other libraries too, in an environment of their own"
    )
    parser.add_argument("--scale", action="store_true", help="rows beyond memory, Dask and Spark instead")
    parser.add_argument("--grading", action="store_true", help="the grading of a class instead")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)  # in that environment
    options = parser.parse_args(words)
    options.repeat = options.repeat or (1 if options.quick else 3)
    return options


def table(rows: list[Row], data: Data, repeat: int, versions: dict[str, str]) -> None:
    """Time the rows and print them as a Markdown table, row by row."""
    threads = {pool["internal_api"]: pool["num_threads"] for pool in threadpool_info()}
    libraries = {THEIRS: sklearn.__version__, "NumPy": np.__version__} | versions
    print(", ".join(f"{name} {number}" for name, number in libraries.items()))
    missing = [who for who in peers.MODULES if versions and who not in versions]
    if missing:
        print(f"not available here: {', '.join(missing)}")
    load = f"; load {os.getloadavg()[0]:.1f} before the run" if hasattr(os, "getloadavg") else ""
    print(f"threads {threads}, OMP_WAIT_POLICY={os.environ['OMP_WAIT_POLICY']}{load}\n")
    columns = [OURS, THEIRS, *versions]
    print(line("workload", columns, "target"))
    print(line("---", ["---:"] * len(columns), "---:"), flush=True)
    remarks = []
    for row in rows:
        timed = row.make(data)
        tasks = {who: timed.tasks[who] for who in columns if who in timed.tasks}
        seconds, results = timing.measure(tasks, repeat)
        cells = [cell(who, seconds) for who in columns]
        print(line(timed.title, cells, f"{row.target:g}"), flush=True)
        remarks += [f"{row.name}: {remark}" for remark in timed.remarks(results, seconds)]
    print("\n" + "\n".join(remarks))


def line(title: str, cells: list[str], target: str) -> str:
    return f"| {title:{WIDTH}} | " + " | ".join(f"{one:>16}" for one in cells) + f" | {target:>6} |"


def cell(who: str, seconds: dict[str, float]) -> str:
    if who not in seconds:
        return "–"
    ratio = "" if who == OURS else f" ×{seconds[who] / seconds[OURS]:.2f}"
    return f"{seconds[who]:.3f} s{ratio}"


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fits that stop before they have converged, and the peers' own
        raise SystemExit(main())
