"""Are generated rows any good? Four questions that a likelihood does not answer.

Can a classifier distinguish them from real rows (`two_sample_test`)? Which real row is nearest to each of them
(`nearest_rows`), and are they copies (`memorised_share`)? Does every class appear (`class_coverage`)?
"""

from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.utils import check_array, check_random_state

from mlcourse.typing import Array, Floats, Ints, RandomState
from mlcourse.validation import FLOATS


class TwoSampleTest(NamedTuple):
    """How well a classifier distinguishes real rows from generated ones."""

    accuracy: float  # on rows it was not trained on: 0.5 is guessing, 1 is always right
    p_value: float  # probability of doing at least this well by guessing
    n_test: int  # number of rows it was tested on


def two_sample_test(
    real: Array,
    generated: Array,
    classifier: BaseEstimator | None = None,
    random_state: RandomState = None,
) -> TwoSampleTest:
    """Test whether a classifier can tell the two samples apart.

    Real rows are labelled 1, generated rows 0; a classifier is trained on half of them and tested on the other half.
    If both samples come from one distribution, it can only guess. Source: Lopez-Paz & Oquab (2017), "Revisiting
    classifier two-sample tests", ICLR.

    Parameters
    ----------
    real : array of shape (n, d)
        Rows that the generator was not fitted to; otherwise copies of them would pass for real.
    generated : array of shape (m, d)
        The larger of the two samples is cut to min(n, m) random rows, so that guessing is right half of the time.
    classifier : scikit-learn classifier, default=None
        It is cloned. None means `KNeighborsClassifier()`: a vote of the five nearest neighbours, by distance in the
        units of the features. A random forest is much stricter: a single telltale feature is enough for it, such
        as grey levels that are not whole numbers.
    random_state : int, RandomState or None, default=None
        Seeds the choice of rows and the split into halves.

    Returns
    -------
    TwoSampleTest
        With the p-value of the one-sided binomial test of `accuracy` against 1/2.

    Raises
    ------
    ValueError
        If the samples have different numbers of features, or one has fewer than 10 rows.
    """
    real, generated = _in_one_space(real=real, generated=generated)
    n = min(len(real), len(generated))
    if n < 10:
        raise ValueError(
            f"real has {len(real)} rows and generated {len(generated)}, but the test needs at least 10 of each: pass"
            " more rows."
        )
    rng = check_random_state(random_state)
    X = np.concatenate([rows[rng.permutation(len(rows))[:n]] for rows in (generated, real)])
    y = np.repeat([0, 1], n)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, stratify=y, random_state=rng)
    judge = KNeighborsClassifier() if classifier is None else clone(classifier)
    n_correct = int(np.sum(judge.fit(X_train, y_train).predict(X_test) == y_test))
    test = binomtest(n_correct, len(y_test), alternative="greater")
    return TwoSampleTest(float(test.statistic), float(test.pvalue), len(y_test))


def nearest_rows(X: Array, reference: Array) -> tuple[Floats, Ints]:
    """Find the row of `reference` nearest to each row of X, by Euclidean distance.

    Parameters
    ----------
    X : array of shape (n, d)
    reference : array of shape (m, d)

    Returns
    -------
    distances : array of shape (n,)
        In the units of X; exactly 0 for a copy.
    indices : array of shape (n,)
        `reference[indices]` lines up with X.

    Raises
    ------
    ValueError
        If the two have different numbers of features.
    """
    X, reference = _in_one_space(X=X, reference=reference)
    center = reference.mean(axis=0)  # so that distances stay accurate for data far from zero
    X, reference = X - center, reference - center
    indices = NearestNeighbors(n_neighbors=1).fit(reference).kneighbors(X, return_distance=False)[:, 0]
    return np.linalg.norm(X - reference[indices], axis=1), indices


def memorised_share(generated: Array, train: Array, held_out: Array, quantile: float = 0.01) -> float:
    """Measure the share of generated rows that are suspiciously close to a training row.

    Suspiciously close means: no further from the nearest training row than the closest `quantile` of the held-out
    rows are from theirs. An honest generator therefore scores about `quantile`, and one that only copies scores 1.

    Parameters
    ----------
    generated : array of shape (n, d)
    train : array of shape (m, d)
        The rows that the generator was fitted to.
    held_out : array of shape (l, d)
        Rows from the same source that it was not fitted to. With 10 / `quantile` of them, about ten are below the
        quantile; with fewer, the result varies widely.
    quantile : float in [0, 1], default=0.01

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the three have different numbers of features, or `quantile` is not between 0 and 1.
    """
    generated, train, held_out = _in_one_space(generated=generated, train=train, held_out=held_out)
    honest, _ = nearest_rows(held_out, train)
    distances, _ = nearest_rows(generated, train)
    return float(np.mean(distances <= np.quantile(honest, quantile)))


def class_coverage(generated: Array, classifier: BaseEstimator) -> Floats:
    """Measure the share of the generated rows that `classifier` assigns to each class.

    A share near 0 means that the generator has dropped this class; compare with the shares among real rows.

    Parameters
    ----------
    generated : array of shape (n, d)
    classifier : fitted classifier with `classes_`

    Returns
    -------
    array of shape (n_classes,), in the order of `classifier.classes_`, summing to 1
    """
    found = np.asarray(classifier.predict(generated))
    return np.mean(found[:, np.newaxis] == classifier.classes_, axis=0)


def _in_one_space(**samples: Array) -> list[Floats]:
    """The samples as arrays of floats; raises ValueError, with their names, if they have different widths."""
    arrays = [check_array(rows, dtype=FLOATS, input_name=name) for name, rows in samples.items()]
    if len({rows.shape[1] for rows in arrays}) > 1:
        shapes = ", ".join(f"{name} {rows.shape}" for name, rows in zip(samples, arrays))
        raise ValueError(
            f"The samples have different numbers of features: {shapes}. Bring them into the same space first, such"
            " as the pixels or the coordinates of one PCA."
        )
    return arrays
