"""Answers that look alike.

Two students who handed in the same program have the same syntax trees, whatever they renamed or re-spaced.

1. Each code cell is parsed, never run. Names that a student may choose, texts, comments and layout go.
2. Every part of the tree with at least `LEAST` nodes is a shape. Those handed out with the exercise do not count.
3. A shape that the whole class wrote says nothing: w = 1 / (number of others who wrote it).
4. How alike two are: the weight of the shapes that they share, as a part of all that the one with less has.
5. Two who share nearly everything are named however many did the same; so is whoever shares much with the published
   solution, where every shape counts in full.

This finds pairs for a person to read. It proves nothing: a short task has few right answers, and people who studied
together write alike. Hence the pairs come with the two texts side by side, and with no verdict.
"""

import ast
import builtins
import hashlib
import io
import tokenize
import warnings
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from mlcourse.grading.records import Cell, Submission

LEAST = 6  # nodes: less is grammar, such as `x[:, 0]`
ENOUGH = 15  # shapes' worth of evidence below which nothing is said: one line may well be shared by chance
ALIKE = 0.6
MUCH, THROUGHOUT = 30, 0.9  # shapes, and the part of all shapes of both, that make two the same throughout
MOST = 100  # pairs: who has more has another problem
MOST_CELLS = 50  # of a submission whose passages are compared

# What the parser is given at most. It is written in C and recursive: a cell of ten thousand brackets is made to
# overflow its stack, not to be read.
LONGEST = 100_000  # characters of a cell
DEEPEST = 40  # brackets in brackets, blocks in blocks
WIDEST = 5000  # tokens in a statement

# Fields without meaning here.
UNSAID = ("ctx", "annotation", "returns", "type_comment", "type_params", "lineno", "kind")
CHOSEN = ("id", "arg", "name", "asname")  # fields with names that a student may choose


class Pair(NamedTuple):
    """Two submissions that look alike; `passages` are pairs of cells, the most telling first."""

    one: int  # their places in the list that was given
    other: int
    alike: float  # between 0 and 1, whatever the names
    verbatim: float  # the same with names left as they are
    passages: tuple[tuple[str, str], ...]


def similar(
    submissions: list[Submission],
    handed_out: Iterable[Cell] = (),
    alike: float = ALIKE,
    published: int = 0,
    most: int = MOST,
) -> list[Pair]:
    """Pairs of submissions that look alike, the most alike first.

    Parameters
    ----------
    submissions : list of Submission
        Of one lesson.
    handed_out : iterable of Cell
        The exercise as students got it; what stands there is nobody's own.
    alike : float
        Only pairs at least this much alike.
    published : int
        How many at the end of the list are no student's, but lie where everybody can read them.
    most : int
        Pairs that are given back.
    """
    handed_out = tuple(handed_out)
    given = shapes_of(handed_out)
    own = [shapes_of(submission.cells) - given for submission in submissions]
    shares, evidence, same = overlap(own, published)
    found = zip(*np.nonzero(np.triu(((shares >= alike) & (evidence >= ENOUGH)) | same, k=1)))
    ranked = sorted(found, key=lambda pair: -shares[pair])[:most]
    pairs = []
    for one, other in ranked:
        mine, theirs = submissions[one], submissions[other]
        passages = common_passages(mine, theirs, own[one] & own[other])
        verbatim = verbatim_share(mine, theirs, handed_out)
        pairs.append(Pair(int(one), int(other), float(shares[one, other]), verbatim, passages))
    return sorted(pairs, key=lambda pair: (-pair.alike, -pair.verbatim, pair.one, pair.other))


# ── From text to shapes ──────────────────────────────────────────────────────────────────────────────


@cache
def shapes(source: str, rename: bool = True) -> frozenset[bytes]:
    """The shapes in a cell, as digests; none when it is no Python, or too deep to be parsed."""
    source = without_magics(source)
    if too_much(source):
        return frozenset()
    found: set[bytes] = set()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes, which would print a stranger's line
            tree = ast.parse(source)
        for statement in tree.body:
            _walk(statement, rename, found)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()  # such a cell cannot be compared; that it does not run, the marks say
    return frozenset(found)


def without_magics(source: str) -> str:
    """The source with lines for IPython (`%matplotlib inline`, `!ls`) taken out."""
    return "\n".join("pass" if line.startswith(("%", "!")) else line for line in source.splitlines())


def too_much(source: str) -> bool:
    """Whether a cell is too long, too deep or too wide for the parser. A tokenizer needs no stack to tell."""
    if len(source) > LONGEST:
        return True
    brackets = blocks = width = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            brackets += (token.string in "([{") - (token.string in ")]}") if token.type == tokenize.OP else 0
            blocks += (token.type == tokenize.INDENT) - (token.type == tokenize.DEDENT)
            width = 0 if token.type == tokenize.NEWLINE else width + 1
            if brackets > DEEPEST or blocks > DEEPEST or width > WIDEST:
                return True
    except (tokenize.TokenError, SyntaxError):
        return True
    return False


def _walk(node, rename: bool, found: set[bytes]) -> tuple[bytes, int]:
    """The digest and the number of nodes of a part of a tree; digests of all its large parts go into `found`."""
    if isinstance(node, ast.Constant):
        told = "text" if isinstance(node.value, (str, bytes)) else repr(node.value)
        return _digest(told), 1
    if not isinstance(node, ast.AST):
        return _digest(repr(node)), 0
    told, size = [type(node).__name__.encode()], 1
    for name, value in ast.iter_fields(node):
        if name in UNSAID:
            continue
        if rename and name in CHOSEN and isinstance(value, str) and not _has_a_meaning(node, value):
            value = "name"
        for part in value if isinstance(value, list) else [value]:
            if not _is_docstring(part):
                digest, more = _walk(part, rename, found)
                told.append(digest)
                size += more
    digest = _digest(b" ".join(told))
    if size >= LEAST:
        found.add(digest)
    return digest, size


def _has_a_meaning(node, name: str) -> bool:
    """Whether a name says what the code does: a function of Python (`sum`), or a keyword of a call (`axis=`)."""
    return isinstance(node, ast.keyword) or (isinstance(node, ast.Name) and hasattr(builtins, name))


def _is_docstring(node) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _digest(told) -> bytes:
    return hashlib.blake2b(
        told if isinstance(told, bytes) else told.encode("utf-8", "surrogatepass"), digest_size=8
    ).digest()


def shapes_of(cells: Iterable[Cell], rename: bool = True) -> set[bytes]:
    """The shapes of all code cells."""
    return set().union(*(shapes(cell.source, rename) for cell in cells if cell.kind == "code"))


# ── From shapes to pairs ─────────────────────────────────────────────────────────────────────────────


def overlap(own: list[set], published: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For every two submissions (n, n): what they share as a part of the smaller one; how much that is; and whether
    they are the same throughout."""
    n = len(own)
    students = own[: n - published]
    writers = Counter(shape for shapes in students for shape in shapes)
    column = {shape: place for place, shape in enumerate(dict.fromkeys(s for shapes in own for s in shapes))}
    weight = np.array([1 / max(1, writers[shape] - 1) for shape in column])
    rows = np.repeat(np.arange(n), [len(shapes) for shapes in own])
    columns = np.array([column[shape] for shapes in own for shape in shapes], dtype=int)
    wrote = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(n, len(column)))
    common = (wrote @ wrote.T).toarray()
    evidence = (wrote.multiply(weight).tocsr() @ wrote.T).toarray()
    size, weighed = np.diag(common).copy(), np.diag(evidence).copy()
    smaller = np.minimum.outer(weighed, weighed)
    if published:
        evidence[:, n - published :] = common[:, n - published :]
        smaller[:, n - published :] = np.minimum.outer(size, size)[:, n - published :]
    same = (common >= MUCH) & (common >= THROUGHOUT * (np.add.outer(size, size) - common))
    return evidence / np.where(smaller > 0, smaller, 1), evidence, same


def verbatim_share(one: Submission, other: Submission, handed_out: Iterable[Cell]) -> float:
    """The part of the smaller submission that stands in the other one with the same names."""
    given = shapes_of(handed_out, rename=False)
    mine, theirs = (shapes_of(submission.cells, rename=False) - given for submission in (one, other))
    return len(mine & theirs) / max(1, min(len(mine), len(theirs)))


def common_passages(
    one: Submission, other: Submission, shared: set, most: int = 3
) -> tuple[tuple[str, str], ...]:
    """The pairs of cells that hold most of what is shared."""
    left, right = (
        sorted(
            ((cell.source, shapes(cell.source) & shared) for cell in submission.cells if cell.kind == "code"),
            key=lambda passage: -len(passage[1]),
        )[:MOST_CELLS]
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
