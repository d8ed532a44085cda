"""An honest notebook of lesson 04, to which hostile submissions do something; and what it earns."""

import copy
import json

from mlcourse.grading import sandbox
from tests.helpers.courses import CATALOGUE, OUR_COURSE

LESSON = "04_em"
POINTS = {task.name: task.points for task in CATALOGUE.of_lesson(LESSON).tasks}
SETUP = """import numpy as np
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm
from mlcourse import check
"""

# Tight where something has to be stopped by what it uses; generous in time, which the clock of conftest.py shortens.
LIMITS = sandbox.Limits(
    cell=60, call=60, total=300, memory=700_000_000, disk=30_000_000, files=500, threads=32, output=5000
)
SEED = b"a secret of these tests"


def _answers() -> dict[str, str]:
    """The text of every answer, from the course's solutions; one that takes a second to compute, as its number."""
    cells = json.loads(OUR_COURSE.notebook("solutions", LESSON).read_text("utf-8"))["cells"]
    found = {
        cell["metadata"]["mlcourse"]["task"]: "".join(cell["source"])
        for cell in cells
        if cell["metadata"].get("mlcourse", {}).get("role") == "answer"
    }
    return {**found, "largest_weight": "largest_weight = 0.40037"}


ANSWERS = _answers()


def code(source: str, task: str | None = None, role: str | None = None) -> dict:
    """A code cell."""
    metadata = {"mlcourse": {"lesson": LESSON, "role": role, "task": task}} if task else {}
    return {
        "cell_type": "code",
        "metadata": metadata,
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def text(source: str) -> dict:
    """A Markdown cell."""
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def notebook(before: str | None = None, after: str | None = None, **answers: str) -> dict:
    """The honest notebook with a cell before all others, one after them, or other answers."""
    cells = [code(before)] if before else []
    cells += [text("# My answers"), code(SETUP)]
    for task, source in {**ANSWERS, **answers}.items():
        cells += [code(source, task, "answer"), code(f"check.{task}({task})", task, "check")]
    cells += [code(after)] if after else []
    return copy.deepcopy(
        {
            "cells": cells,
            "metadata": {"kernelspec": {"name": "python3"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


def short_notebook(*tasks: str) -> dict:
    """The honest notebook with the answers to some tasks, and no cells for the others."""
    content = notebook()
    cells = [
        cell
        for cell in content["cells"]
        if cell["metadata"].get("mlcourse", {}).get("task") in (None, *tasks)
    ]
    return {**content, "cells": cells}


def as_bytes(content: dict) -> bytes:
    return json.dumps(content).encode()
