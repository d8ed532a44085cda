"""Find submissions that look alike.

Two students who handed in the same program have the same syntax trees, even if they changed names or layout.

1. Parse each code cell, but never run it. Ignore strings, comments, layout, and names that a student can choose.
   Of a cell that cannot be parsed, compare the lines.
2. Take all subtrees with at least `MIN_NODES` nodes, except those that were handed out with the exercise.
3. A subtree that the whole class wrote is no evidence, so weight each one: w = 1 / (number of others who wrote it).
4. The similarity of two submissions is the weight of the subtrees that they share, divided by the weight of all
   subtrees of the smaller one.
5. Report two submissions that share nearly everything, however many others did the same. Also report those that share
   much with the published solution; in that comparison every subtree has weight 1.

This finds pairs for the instructor to read. It proves nothing: a short task has few right answers, and people who
studied together write similar code. So the page shows the two texts side by side, without a verdict.
"""

import ast
import builtins
import hashlib
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from mlcourse.checks.cell_code import MAX_CHARACTERS, parse_cell
from mlcourse.grading.records.grade import Cell, Submission
from mlcourse.typing import Bools, Floats

MIN_NODES = 6  # smaller subtrees are just grammar, such as `x[:, 0]`
MIN_LINE = 12  # characters; shorter lines are compared in no cell
MIN_EVIDENCE = 15  # total weight of shared subtrees: a single line may well be shared by chance
MIN_SIMILARITY = 0.6
# Two submissions are the same throughout if they share this many subtrees, and this share of all in both.
MIN_COPIED, MIN_COPIED_SHARE = 30, 0.9
MAX_PAIRS = 100  # if there are more, the class has another problem
MAX_CELLS = 50  # per submission, when passages are compared

IGNORED_FIELDS = ("ctx", "annotation", "returns", "type_comment", "type_params", "lineno", "kind")
NAME_FIELDS = ("id", "arg", "name", "asname")  # their values may be names that a student chose


class Pair(NamedTuple):
    """Two submissions that look alike."""

    one: int  # index in the list of submissions
    other: int
    similarity: float  # between 0 and 1, ignoring names
    verbatim: float  # share of the smaller submission that the other has with the same names
    passages: tuple[tuple[str, str], ...]  # pairs of cells, those that share most first


def similar_pairs(
    submissions: list[Submission],
    handed_out: Iterable[Cell] = (),
    threshold: float = MIN_SIMILARITY,
    published: int = 0,
    max_pairs: int = MAX_PAIRS,
) -> list[Pair]:
    """Find pairs of submissions that look alike, the most similar first.

    Parameters
    ----------
    submissions : list of Submission
        All of the same lesson.
    handed_out : iterable of Cell
        The exercise as students received it; its code is not counted as a student's own.
    threshold : float
        The smallest similarity to report.
    published : int
        This many submissions at the end of the list are published solutions rather than students' work.
    max_pairs : int
        The largest number of pairs to return.
    """
    handed_out = tuple(handed_out)
    given = subtrees_of(handed_out)
    own = [subtrees_of(submission.cells) - given for submission in submissions]
    shares, evidence, same = overlap(own, published)
    found = zip(*np.nonzero(np.triu(((shares >= threshold) & (evidence >= MIN_EVIDENCE)) | same, k=1)))
    ranked = sorted(found, key=lambda pair: -shares[pair])[:max_pairs]
    pairs = []
    for one, other in ranked:
        mine, theirs = submissions[one], submissions[other]
        passages = common_passages(mine, theirs, own[one] & own[other])
        verbatim = verbatim_share(mine, theirs, handed_out)
        pairs.append(Pair(int(one), int(other), float(shares[one, other]), verbatim, passages))
    return sorted(pairs, key=lambda pair: (-pair.similarity, -pair.verbatim, pair.one, pair.other))


# ── From text to subtrees ────────────────────────────────────────────────────────────────────────────


@cache
def subtrees(source: str, rename: bool = True) -> frozenset[bytes]:
    """Return digests of the subtrees in a cell; of its lines if it is not Python or exceeds the parser's limits."""
    tree = parse_cell(source)
    if tree is None:
        lines = {" ".join(line.split()) for line in source[:MAX_CHARACTERS].splitlines()}
        return frozenset(_digest(f"line {line}") for line in lines if len(line) >= MIN_LINE)
    found: set[bytes] = set()
    for statement in tree.body:
        _walk(statement, rename, found)
    return frozenset(found)


def _walk(node: object, rename: bool, found: set[bytes]) -> tuple[bytes, int]:
    """Return a subtree's digest and its number of nodes; add the digests of all large subtrees in it to `found`."""
    if isinstance(node, ast.Constant):
        return _digest(_constant(node.value)), 1
    if not isinstance(node, ast.AST):
        return _digest(repr(node)), 0
    parts, size = [type(node).__name__.encode()], 1
    for name, value in ast.iter_fields(node):
        if name in IGNORED_FIELDS:
            continue
        if rename and name in NAME_FIELDS and isinstance(value, str) and not _has_fixed_meaning(node, value):
            value = "name"
        for part in value if isinstance(value, list) else [value]:
            if not _is_docstring(part):
                digest, more = _walk(part, rename, found)
                parts.append(digest)
                size += more
    digest = _digest(b" ".join(parts))
    if size >= MIN_NODES:
        found.add(digest)
    return digest, size


def _constant(value: object) -> str:
    if isinstance(value, (str, bytes)):
        return "text"
    # In decimal, Python refuses an integer with thousands of digits.
    return hex(value) if isinstance(value, int) and not isinstance(value, bool) else repr(value)


def _has_fixed_meaning(node: ast.AST, name: str) -> bool:
    """Whether the student could not choose the name: a built-in function (`sum`) or a keyword argument (`axis=`)."""
    return isinstance(node, ast.keyword) or (isinstance(node, ast.Name) and hasattr(builtins, name))


def _is_docstring(node: object) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _digest(content: bytes | str) -> bytes:
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=16).digest()


def subtrees_of(cells: Iterable[Cell], rename: bool = True) -> set[bytes]:
    """Return digests of the subtrees in all code cells."""
    return set().union(*(subtrees(cell.source, rename) for cell in cells if cell.kind == "code"))


# ── From subtrees to pairs ───────────────────────────────────────────────────────────────────────────


def overlap(own: list[set[bytes]], published: int = 0) -> tuple[Floats, Floats, Bools]:
    """Compare all submissions with each other.

    Returns
    -------
    shares : array (n, n)
        The weight of the shared subtrees, divided by the weight of the smaller submission.
    evidence : array (n, n)
        The weight of the shared subtrees.
    same : bool array (n, n)
        Whether the two are the same throughout.
    """
    n = len(own)
    students = own[: n - published]
    writers = Counter(subtree for subtrees in students for subtree in subtrees)
    column = {
        subtree: place for place, subtree in enumerate(dict.fromkeys(s for subtrees in own for s in subtrees))
    }
    weight = np.array([1 / max(1, writers[subtree] - 1) for subtree in column])
    rows = np.repeat(np.arange(n), [len(subtrees) for subtrees in own])
    columns = np.array([column[subtree] for subtrees in own for subtree in subtrees], dtype=int)
    wrote = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(n, len(column)))
    common = (wrote @ wrote.T).toarray()
    evidence = (wrote.multiply(weight).tocsr() @ wrote.T).toarray()
    size, weighed = np.diag(common).copy(), np.diag(evidence).copy()
    smaller = np.minimum.outer(weighed, weighed)
    if published:
        evidence[:, n - published :] = common[:, n - published :]
        smaller[:, n - published :] = np.minimum.outer(size, size)[:, n - published :]
    same = (common >= MIN_COPIED) & (common >= MIN_COPIED_SHARE * (np.add.outer(size, size) - common))
    return evidence / np.where(smaller > 0, smaller, 1), evidence, same


def verbatim_share(one: Submission, other: Submission, handed_out: Iterable[Cell]) -> float:
    """Return the share of the smaller submission's subtrees that the other one has with the same names."""
    given = subtrees_of(handed_out, rename=False)
    mine, theirs = (subtrees_of(submission.cells, rename=False) - given for submission in (one, other))
    return len(mine & theirs) / max(1, min(len(mine), len(theirs)))


def common_passages(
    one: Submission, other: Submission, shared: set[bytes], most: int = 3
) -> tuple[tuple[str, str], ...]:
    """Return the pairs of cells that contain most of the shared subtrees."""
    left, right = (
        sorted(
            (
                (cell.source, subtrees(cell.source) & shared)
                for cell in submission.cells
                if cell.kind == "code"
            ),
            key=lambda passage: -len(passage[1]),
        )[:MAX_CELLS]
        for submission in (one, other)
    )
    found = []
    for mine, of_mine in left:
        theirs, common = max(
            ((source, len(of_mine & of_theirs)) for source, of_theirs in right), key=lambda hit: hit[1]
        )
        if common:
            found.append((common, mine, theirs))
    found.sort(key=lambda hit: -hit[0])
    return tuple((mine, theirs) for _, mine, theirs in found[:most])
