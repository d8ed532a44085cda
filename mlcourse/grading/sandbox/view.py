"""What a worker can see: Python, its packages and the course's package; no tasks, no solutions, no home folder."""

import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import sklearn

PACKAGE = Path(__file__).parents[2]  # mlcourse

# Parts of scikit-learn that solve whole tasks. The ones that mlcourse itself needs are only hidden from `import`.
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


class View(NamedTuple):
    """Readable files and folders. If a path of one list is inside a path of the other, the longer one decides."""

    shown: tuple[str, ...]
    masked: tuple[str, ...]

    def steps(self) -> list[tuple[str, bool]]:
        """Return every path and whether it is shown, outer folders before inner ones."""
        steps = dict.fromkeys(self.shown, True) | dict.fromkeys(self.masked, False)
        return sorted(steps.items(), key=lambda step: (step[0].count("/"), step[0]))

    def readable(self) -> list[str]:
        """Return the shown paths; a folder that holds something masked is replaced by the rest of its contents."""
        return [path for top in self.shown for path in self._without_masked(top)]

    def _without_masked(self, path: str) -> Iterator[str]:
        if path in self.masked:
            return
        if not any(masked.startswith(f"{path}/") for masked in self.masked):
            yield path
            return
        for name in sorted(os.listdir(path)):
            inner = f"{path}/{name}"
            if inner not in self.shown:  # those are handled separately
                yield from self._without_masked(inner)


def search_path() -> list[str]:
    """Return where Python finds packages: the course's folder and the environment's."""
    paths = sysconfig.get_paths()
    return list(dict.fromkeys([str(PACKAGE.parent), paths["purelib"], paths["platlib"]]))


def course_view() -> View:
    """Return what workers of this course may read."""
    paths = sysconfig.get_paths()
    python = [paths["stdlib"], paths["platstdlib"], f"{sys.base_prefix}/lib", executable()]
    packages = search_path()[1:]
    grading = PACKAGE / "grading"
    inside = [str(grading / "__init__.py"), str(grading / "inside")]
    shown = [*SHARED_LIBRARIES, *python, *packages, str(PACKAGE), *inside]
    scikit_learn = Path(sklearn.__file__).parent
    others = [copy for folder in search_path() if (copy := Path(folder, PACKAGE.name)) != PACKAGE]
    masked = [
        *map(str, others),  # an installed copy of the course has its checks too
        *(str(PACKAGE / name) for name in ("checks", "tasks", "grading", "cli.py")),
        *(f"{scikit_learn / part}{end}" for part in HIDDEN if part not in NEEDED for end in ("", ".py")),
    ]
    existing = dict.fromkeys(path for path in shown if os.path.exists(path))
    return View(tuple(existing), tuple(path for path in masked if os.path.exists(path)))


def executable() -> str:
    """Return the Python that a virtual environment is based on."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def environment(scratch: str) -> dict[str, str]:
    """Return all environment variables of launcher and workers; the grader's own are not passed on."""
    work = f"{scratch}/work"
    return {
        "HOME": work,
        "USER": "student",
        "PATH": "/usr/bin:/bin",
        "TMPDIR": work,
        "MPLCONFIGDIR": scratch,
        "MPLBACKEND": "agg",
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",  # the same order of sets in every run
        "OMP_NUM_THREADS": "1",  # the grader runs one worker per core instead
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "JOBLIB_MULTIPROCESSING": "0",
        "MALLOC_ARENA_MAX": "2",  # or each thread may claim 64 MB of the address space, and leave none for answers
        "MLCOURSE_MNIST": "no",
        "MLCOURSE_CACHE": work,
    }
