"""Strategies for hypothesis: rows with ties, duplicates, constant columns, odd scales, dtypes and memory orders."""

import os

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("MLCOURSE_EXAMPLES", 8))  # CI tries thousands every night
LARGEST = 460  # 2^±460 is about 1e±138: squares and their sums still fit into float64

fuzz = settings(
    max_examples=EXAMPLES,
    deadline=None,  # nothing fails by the clock
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


@st.composite
def rows(draw, min_rows=2, max_rows=40, max_features=5):
    """An array (n, d) of float64: groups, lattice points with ties, duplicates, or constant columns."""
    n, d = draw(st.integers(min_rows, max_rows)), draw(st.integers(1, max_features))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    X = rng.normal(size=(n, d)) + draw(st.sampled_from([0, 3, 30])) * rng.integers(0, 3, size=(n, 1))
    kind = draw(st.sampled_from(["plain", "lattice", "duplicates", "constant column", "one point"]))
    if kind == "lattice":
        X = np.round(X)
    elif kind == "duplicates":
        X = X[rng.integers(0, max(2, n // 3), size=n)]
    elif kind == "constant column":
        X[:, draw(st.integers(0, d - 1))] = draw(st.sampled_from([0.0, 1.0, -7.0]))
    elif kind == "one point":
        X[:] = X[0]
    return X


powers_of_two = st.integers(-LARGEST, LARGEST).map(lambda exponent: 2.0**exponent)
seeds = st.integers(0, 2**31 - 1)


def other_layouts(X):
    """The same numbers in other memory orders, and read-only."""
    strided = np.empty((len(X), 2 * X.shape[1]))
    strided[:, ::2] = X
    locked = X.copy()
    locked.setflags(write=False)
    return [np.asfortranarray(X), strided[:, ::2], locked, X[::-1].copy()[::-1]]
