"""Where Python, its packages and the course are on this machine."""

import os
import sys
import sysconfig
from pathlib import Path

PACKAGE = Path(__file__).parents[2]  # mlcourse
FLAGS = ("-s", "-P", "-S", "-B")  # no user packages, no script folder, no .pth files, no bytecode written


def search_path() -> list[str]:
    """Return where Python finds packages: the course's folder and the environment's."""
    paths = sysconfig.get_paths()
    return list(dict.fromkeys([str(PACKAGE.parent), paths["purelib"], paths["platlib"]]))


def executable() -> str:
    """Return the Python that a virtual environment is based on."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))
