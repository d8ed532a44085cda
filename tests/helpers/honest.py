"""An honest notebook of lesson 04, to which hostile submissions do something; and what it earns."""

import copy
import json
from dataclasses import replace
from itertools import islice

from mlcourse.checks import Task
from mlcourse.grading import sandbox
from mlcourse.grading.records.grade import Grade
from tests.helpers.courses import CATALOGUE, OUR_COURSE, course_with

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


def _one_case(task: Task) -> Task:
    """The task with its first case alone, and no slips, which are kept for all of its cases."""
    return replace(task, draw_cases=lambda rng: islice(task.draw_cases(rng), 1), store=None)


# Our course, where judging an answer takes little time: hundreds of hostile notebooks have honest ones as neighbours.
QUICK_COURSE = course_with(
    *(_one_case(task) for task in CATALOGUE.of_lesson(LESSON).tasks if not task.families)
)


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


# Answers of each kind that take little time to judge.
FEW = {task: POINTS[task] for task in ("log_sum_exp", "e_step", "falling_likelihood")}


def short_notebook(before: str | None = None, **answers: str) -> dict:
    """The notebook with the answers of FEW, and no cells for the other tasks."""
    content = notebook(before, **answers)
    cells = [
        cell for cell in content["cells"] if cell["metadata"].get("mlcourse", {}).get("task") in (None, *FEW)
    ]
    return {**content, "cells": cells}


def earned(grade: Grade) -> dict[str, float]:
    """The points of each answer that the notebook has."""
    return {mark.task: mark.points for mark in grade.marks if mark.status != "missing"}


def as_bytes(content: dict) -> bytes:
    return json.dumps(content).encode()
