"""Prove the checks: make every small slip in every solution, and see what its check says.

    python course.py mutants                    every task, with a table per task and per kind of slip
    python course.py mutants e_step m_step      these tasks
    python course.py mutants --show e_step      and list each mutant that passed or got no diagnosis
    python course.py mutants --seeds 50         judge solutions, right variants and mistakes on 50 seeds instead
    python course.py mutants --keep             write the slips that the notebooks recognise to mlcourse/tasks/slips/

A mutant is a solution with one slip in it (`mlcourse/checks/mutation.py`). Its check should refuse it, unless it is
right all the same (`tests/tasks/equivalent/` says why), and tell the student what may be wrong.
"""

import argparse
import ast
import contextlib
import io
import json
import math
import os
import sys
import tomllib
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from mlcourse.checks import Task, answer_of, examine, with_slip
from mlcourse.checks.examine import NOTEBOOK_SEED, answer_key
from mlcourse.checks.folders import notebook_name
from mlcourse.checks.mutation import Mutant, mutants
from mlcourse.checks.outcome import given
from mlcourse.checks.slips import define, slips_of, time_limit
from mlcourse.cli import ROOT
from mlcourse.tasks import CATALOGUE

EQUIVALENT = ROOT / "tests" / "tasks" / "equivalent"
SECONDS = 5.0  # for one mutant


class Finding(NamedTuple):
    """What the check said about one mutant."""

    task: str
    mutant: Mutant
    status: str  # of the verdict, "out of time", or "equivalent" if it is right and listed as such
    diagnosis: str  # "mistake", "slip", "exception", "out of time", or ""
    said: str  # the recognised kind of slip or mistake


def main(arguments: list[str] | None = None) -> int:
    """Run the mutants of the tasks that are named, or of all, and print tables; return 1 if a wrong one passed."""
    parser = argparse.ArgumentParser("python course.py mutants", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("tasks", nargs="*", metavar="TASK")
    parser.add_argument("--seeds", type=int, metavar="N", help="only judge what is known, on N seeds")
    parser.add_argument("--keep", action="store_true", help="only write the slips that notebooks recognise")
    parser.add_argument("--show", action="store_true", help="list mutants that passed or got no diagnosis")
    options = parser.parse_args(arguments)
    names = options.tasks or [name for name, task in CATALOGUE.tasks.items() if task.kind == "function"]
    if unknown := [name for name in names if name not in CATALOGUE.tasks]:
        print(f"python course.py mutants: there is no task called {unknown[0]!r}.", file=sys.stderr)
        return 1
    if options.keep:
        return keep(names)
    if options.seeds:
        return judge_on_seeds(options.tasks or list(CATALOGUE.tasks), range(options.seeds))
    findings: list[Finding] = []
    for name in tqdm(names, unit="task", disable=None):
        findings += examine_mutants(name)
    report(findings)
    if options.show:
        for finding in findings:
            if finding.status == "right" or not finding.diagnosis:
                mutant = finding.mutant
                change = f"{mutant.before}  →  {mutant.after}  [{mutant.kind}]"
                print(f"{finding.task}:{mutant.line} {finding.status}: {change}")
    return int(any(finding.status == "right" for finding in findings))


def keep(names: list[str]) -> int:
    """Compute the slips of all tasks in the lessons of these, and write them where the notebooks find them."""
    for lesson in sorted({CATALOGUE.tasks[name].lesson for name in names}):
        tasks = [task for task in CATALOGUE.lessons[lesson].tasks if task.kind == "function"]
        slips = {}
        for task in tqdm(tasks, desc=lesson, unit="task", disable=None):
            cases = list(task.draw_cases(np.random.default_rng(NOTEBOOK_SEED)))
            slips[task.name] = slips_of(task, cases) or []
        tasks[0].store.write(NOTEBOOK_SEED, slips)
    return 0


def judge_on_seeds(names: list[str], seeds: Iterable[int]) -> int:
    """Judge solutions, references, right variants and mistakes on many seeds; print every verdict that is not due."""
    odd = 0
    for name in tqdm(names, unit="task", disable=None):
        for seed in seeds:
            for line in undue_verdicts(CATALOGUE.tasks[name], seed):
                odd += 1
                tqdm.write(f"{name}, seed {seed}: {line}")
    print("Every verdict is the same on every seed." if not odd else f"Verdicts that are not due: {odd}.")
    return int(odd > 0)


def undue_verdicts(task: Task, seed: int) -> Iterator[str]:
    """Yield a line for each right answer that is refused with this seed, and for each mistake that is not named."""
    right: dict[str, Callable[..., Any]] = {one.__name__: one for one in (task.answer, *task.variants)}
    if task.kind == "function":
        right["the solution"] = namespace_of(task.lesson)[task.name]
    for name, function in right.items():
        verdict = examine(task, given(task, function), seed)
        if verdict.status != "right":
            yield f"{name} is refused: {verdict.message.splitlines()[0]}"
    for mistake in task.mistakes:
        verdict = examine(task, given(task, mistake.answer), seed)
        wanted = "not attempted" if mistake.planted else "wrong"
        if verdict.status != wanted or verdict.mistake != mistake:
            yield f"{mistake.name!r} is {verdict.status}, {verdict.mistake.name if verdict.mistake else 'not named'}"
        elif verdict.kinds != examine(task, given(task, mistake.answer)).kinds:
            yield f"{mistake.name!r} is right for other families of cases than in the notebooks"


def examine_mutants(name: str, every: int = 1, start: int = 0) -> Iterator[Finding]:
    """Yield what the check of a task says about each mutant of its solution, or about some of them."""
    task = CATALOGUE.tasks[name]
    names = namespace_of(task.lesson)
    answer_key(task, NOTEBOOK_SEED).slips(patience=math.inf)  # before the clock starts for the first mutant
    for mutant in islice(mutants(tree_of_solution(task)), start, None, every):
        namespace = dict(names)
        if define(namespace, [mutant.function]):
            yield judged(task, mutant, namespace[name])


def tree_of_solution(task: Task) -> ast.FunctionDef:
    """Return the syntax tree of a task's answer in the solutions."""
    (tree,) = [
        node
        for node in ast.parse(solution(task)).body
        if isinstance(node, ast.FunctionDef) and node.name == task.name
    ]
    return tree


def equivalent(lesson: str) -> dict[str, dict[str, str]]:
    """Return the mutants that are right all the same, as {task: {"before → after": why}}."""
    path = EQUIVALENT / f"{lesson}.toml"
    return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}


def judged(task: Task, mutant: Mutant, function: Any) -> Finding:
    """Say how the check judges a mutant, and what kind of diagnosis it gives."""
    verdict = None
    with time_limit(SECONDS), contextlib.redirect_stdout(io.StringIO()):
        answer = answer_of(function)
        verdict = with_slip(examine(task, answer), task, answer, patience=math.inf)
    if verdict is None:
        return Finding(task.name, mutant, "out of time", "out of time", "")
    diagnosis, said = "", ""
    if verdict.mistake:
        diagnosis, said = "mistake", verdict.mistake.name
    elif verdict.slip:
        diagnosis, said = "slip", verdict.slip
    elif verdict.raised:
        diagnosis = "exception"
    known = equivalent(task.lesson).get(task.name, {})
    harmless = verdict.status == "right" and f"{mutant.before} → {mutant.after}" in known
    status = "equivalent" if harmless else verdict.status
    return Finding(task.name, mutant, status, diagnosis, said)


# ── Solutions ────────────────────────────────────────────────────────────────────────────────────────


def solution(task: Task) -> str:
    """Return the source of a task's answer in the solutions."""
    return next(
        "".join(cell["source"])
        for cell in cells_of(task.lesson)
        if cell["metadata"].get("mlcourse", {})
        == {"lesson": task.lesson, "role": "answer", "task": task.name}
    )


def cells_of(lesson: str) -> list[dict[str, Any]]:
    return json.loads((ROOT / "solutions" / notebook_name("solutions", lesson)).read_text("utf-8"))["cells"]


_NAMESPACES: dict[str, dict[str, Any]] = {}


def namespace_of(lesson: str) -> dict[str, Any]:
    """Run the definitions of a lesson's solutions: imports, functions, constants; nothing that draws or checks."""
    if lesson not in _NAMESPACES:
        os.environ.setdefault("MLCOURSE_MNIST", "no")
        names: dict[str, Any] = {"__name__": "solutions"}
        for cell in cells_of(lesson):
            if cell["cell_type"] == "code" and cell["metadata"].get("mlcourse", {}).get("role") != "check":
                run_definitions("".join(cell["source"]), names)
        _NAMESPACES[lesson] = names
    return _NAMESPACES[lesson]


def run_definitions(source: str, names: dict[str, Any]) -> None:
    """Run the imports, functions and assignments of a cell, as far as they work."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:  # a magic
        return
    for statement in statements:
        if isinstance(statement, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.Assign)):
            with warnings.catch_warnings(), contextlib.suppress(Exception), time_limit(SECONDS):
                warnings.simplefilter("ignore")
                exec(compile(ast.Module([statement], []), "<solution>", "exec"), names)


# ── Tables ───────────────────────────────────────────────────────────────────────────────────────────


def report(findings: list[Finding]) -> None:
    """Print a table per task and per kind of slip, and the totals."""
    print(f"{'task':28}  mutants refused   named    slip  raised    none")
    for name in dict.fromkeys(finding.task for finding in findings):
        print(row(name, [finding for finding in findings if finding.task == name]))
    print(f"\n{'kind of slip':28}  mutants refused   named    slip  raised    none")
    for kind in sorted({finding.mutant.kind for finding in findings}):
        print(row(kind, [finding for finding in findings if finding.mutant.kind == kind]))
    print("\n" + row("all", findings))
    refused = [finding for finding in findings if finding.status not in ("right", "equivalent")]
    diagnosed = sum(bool(finding.diagnosis) for finding in refused)
    slips = [finding for finding in refused if finding.diagnosis == "slip"]
    right_kind = sum(finding.said == finding.mutant.kind for finding in slips)
    wrong = [finding for finding in findings if finding.status != "equivalent"]
    print(
        f"refused: {share(len(refused), len(wrong))}; with a diagnosis: {share(diagnosed, len(refused))};"
        f" recognised slips of the right kind: {share(right_kind, len(slips))}"
    )


def row(name: str, findings: list[Finding]) -> str:
    refused = [finding for finding in findings if finding.status not in ("right", "equivalent")]
    counts = Counter(finding.diagnosis for finding in refused)
    raised = counts["exception"] + counts["out of time"]
    columns = (len(findings), len(refused), counts["mistake"], counts["slip"], raised, counts[""])
    return f"{name:28}" + "".join(f"{count:8}" for count in columns)


def share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / max(whole, 1):.1f} %)"


if __name__ == "__main__":
    sys.exit(main())
