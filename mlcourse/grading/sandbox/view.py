"""What a worker sees: Python, its packages and the course's package; no checks, no solutions, no home."""

import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import sklearn

PACKAGE = Path(__file__).parents[2]  # mlcourse

# Parts of scikit-learn that solve whole tasks. Those that mlcourse itself needs are only hidden from `import`.
HIDDEN = (
    "cluster",
    "covariance",
    "decomposition",
    "discriminant_analysis",
    "mixture",
    "naive_bayes",
    "semi_supervised",
)
NEEDED = ("covariance", "decomposition", "discriminant_analysis")

SHARED_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
OF_THE_GRADER = ("__init__.py", "cells.py", "pipe.py", "records.py", "worker.py", "sandbox")


class View(NamedTuple):
    """Readable files and folders. Where paths of the two lists lie within one another, the longer path decides."""

    shown: tuple[str, ...]
    masked: tuple[str, ...]

    def steps(self) -> list[tuple[str, bool]]:
        """Every path with whether it is shown, the outer before the inner."""
        steps = dict.fromkeys(self.shown, True) | dict.fromkeys(self.masked, False)
        return sorted(steps.items(), key=lambda step: (step[0].count("/"), step[0]))

    def readable(self) -> list[str]:
        """The shown paths, with a folder in which something is masked replaced by what else is in it."""
        return [path for top in self.shown for path in self._without_masked(top)]

    def _without_masked(self, path: str) -> Iterator[str]:
        if path in self.masked:
            return
        if not any(masked.startswith(f"{path}/") for masked in self.masked):
            yield path
            return
        for name in sorted(os.listdir(path)):
            inner = f"{path}/{name}"
            if inner not in self.shown:  # which are gone through by themselves
                yield from self._without_masked(inner)


def search_path() -> list[str]:
    """Where Python finds packages: the course's folder, and those of the environment."""
    paths = sysconfig.get_paths()
    return list(dict.fromkeys([str(PACKAGE.parent), paths["purelib"], paths["platlib"]]))


def course_view() -> View:
    """What workers of this course may read."""
    paths = sysconfig.get_paths()
    python = [paths["stdlib"], paths["platstdlib"], f"{sys.base_prefix}/lib", executable()]
    packages = search_path()[1:]
    grader = [str(PACKAGE / "grading" / name) for name in OF_THE_GRADER]
    shown = [
        *SHARED_LIBRARIES,
        *python,
        *packages,
        str(PACKAGE),
        *grader,
        str(PACKAGE / "checks" / "compare.py"),
    ]
    scikit_learn = Path(sklearn.__file__).parent
    others = [copy for folder in search_path() if (copy := Path(folder, PACKAGE.name)) != PACKAGE]
    masked = [
        *map(str, others),  # a copy of the course that is installed has its checks, too
        *(str(PACKAGE / name) for name in ("checks", "grading", "cli.py")),
        *(f"{scikit_learn / part}{end}" for part in HIDDEN if part not in NEEDED for end in ("", ".py")),
    ]
    there = dict.fromkeys(path for path in shown if os.path.exists(path))
    return View(tuple(there), tuple(path for path in masked if os.path.exists(path)))


def executable() -> str:
    """The Python that stands behind a virtual environment."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def environment(work: str) -> dict[str, str]:
    """All environment variables of launcher and workers; none of the grader's own."""
    desk = f"{work}/desk"
    return {
        "HOME": desk,
        "TMPDIR": desk,
        "MPLCONFIGDIR": work,
        "MPLBACKEND": "agg",
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",  # the same order of sets in every run
        "OMP_NUM_THREADS": "1",  # one worker a core is the grader's own way to be parallel
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "JOBLIB_MULTIPROCESSING": "0",
        "MLCOURSE_MNIST": "no",
        "MLCOURSE_CACHE": desk,
        **({"PATH": "/usr/bin:/bin"} if sys.platform != "linux" else {}),
    }
