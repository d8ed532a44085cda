"""Tests that every plot must pass."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from sklearn.metrics import silhouette_samples
from sklearn.mixture import GaussianMixture

from mlcourse import plotting
from tests.helpers.blobs import X, fitted_kmeans, truth

RESP = GaussianMixture(3, means_init=[(0, 0), (4, 1), (0, 5)]).fit(X).predict_proba(X)


# Every plot once, on valid input; False marks those without axis labels.
PLOTS = {
    "points": (lambda ax=None: plotting.plot_points(X, truth, ax=ax), True),
    "plain points": (lambda ax=None: plotting.plot_points(X, ax=ax), True),
    "points on a line": (lambda ax=None: plotting.plot_points(X[:, :1], truth, ax=ax), True),
    "centers": (lambda ax=None: plotting.plot_centers(X[:3], ax=ax), True),
    "regions": (lambda ax=None: plotting.plot_decision_regions(fitted_kmeans(), X, ax=ax), True),
    "responsibilities": (lambda ax=None: plotting.plot_responsibilities(X, RESP, ax=ax), True),
    "anomalies": (lambda ax=None: plotting.plot_anomalies(X, X[:, 0] > 4, ax=ax), True),
    "ellipses": (lambda ax=None: plotting.plot_ellipses(X[:1], [np.eye(2)], ax=ax), True),
    "density": (lambda ax=None: plotting.plot_density(fitted_mixture(), X, ax=ax), True),
    "mixture": (lambda ax=None: plotting.plot_mixture_1d([1.0], [0.0], [1.0], X[:, 0], ax=ax), True),
    "curve": (lambda ax=None: plotting.plot_curve([1, 2, 3], [9, 4, 1], "k", "inertia", 2, ax=ax), True),
    "bound": (lambda ax=None: plotting.plot_lower_bound([-3, -2, -1], ax=ax), True),
    "silhouettes": (
        lambda ax=None: plotting.plot_silhouettes(silhouette_samples(X, truth), truth, ax=ax),
        True,
    ),
    "digits": (lambda ax=None: plotting.plot_digits(np.eye(4)[np.newaxis], ax=ax), False),
    "photo": (lambda ax=None: plotting.plot_photo(np.zeros((3, 4, 3)), ax=ax), False),
}


def fitted_mixture():
    return GaussianMixture(3, random_state=0).fit(X)


@pytest.mark.parametrize("name", PLOTS)
def test_given_axes_are_drawn_on_and_no_figure_is_opened(name):
    plot, _ = PLOTS[name]
    _, ax = plt.subplots()
    open_before = plt.get_fignums()
    assert plot(ax) is ax
    assert plt.get_fignums() == open_before
    assert ax.has_data()


@pytest.mark.parametrize("name", PLOTS)
@pytest.mark.filterwarnings("error")
def test_without_axes_one_figure_is_opened_and_labelled(name):
    plot, is_labelled = PLOTS[name]
    ax = plot()
    assert isinstance(ax, Axes)
    assert plt.get_fignums() == [ax.figure.number]
    assert bool(ax.get_xlabel() and ax.get_ylabel()) == is_labelled
    ax.figure.canvas.draw()


@pytest.mark.parametrize("name", [name for name, (_, is_labelled) in PLOTS.items() if is_labelled])
def test_existing_axis_labels_are_kept(name):
    plot, _ = PLOTS[name]
    _, ax = plt.subplots()
    ax.set(xlabel="sepal length (cm)", ylabel="sepal width (cm)")
    plot(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("sepal length (cm)", "sepal width (cm)")


def test_inputs_are_not_changed():
    arrays = {"X": X, "truth": truth, "RESP": RESP}
    before = {name: array.copy() for name, array in arrays.items()}
    for plot, _ in PLOTS.values():
        plot()
        plt.close("all")
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plotting.plot_points(np.ones((5, 4))), r"X has 4 feature.*X\[:, \[0, 1\]\].*PCA"),
        (lambda: plotting.plot_points(X, np.full(len(X), -1)), "labels must hold non-negative integers"),
        (lambda: plotting.plot_points(X, ["iris"] * len(X)), "return_inverse=True"),
        (lambda: plotting.plot_points(X, truth[:-1]), "inconsistent numbers of samples"),
        (lambda: plotting.plot_points(X, sizes=[1, 2, 3]), "broadcast"),
        (lambda: plotting.plot_centers(np.ones((2, 3))), "centers has 3 feature"),
        (lambda: plotting.plot_responsibilities(X, RESP[:-1]), "inconsistent numbers of samples"),
        (lambda: plotting.plot_decision_regions(fitted_kmeans(), X[:, :1]), "X has 1 feature"),
        (lambda: plotting.plot_anomalies(X, np.where(truth, 1, -1)), r"\[-1  1\].*predict\(X\) == -1"),
        (lambda: plotting.plot_anomalies(X, truth[:-1] == 1), "inconsistent numbers of samples"),
        (lambda: plotting.plot_density(fitted_mixture(), X[:, :1]), "X has 1 feature"),
        (lambda: plotting.plot_ellipses(X[:3], np.ones((3, 2))), r"\(3, 2\), but 3 'full'.*\(3, 2, 2\)"),
        (lambda: plotting.plot_ellipses(X[:3], np.ones(3), "round"), "covariance_type='round'"),
        (lambda: plotting.plot_ellipses(X[:1], [[[1, 2], [2, 1]]]), "eigenvalue -1.*positive definite"),
        (lambda: plotting.plot_silhouettes([0.5, 0.4], [0.0, 1.0]), "labels must hold non-negative integers"),
        (lambda: plotting.plot_curve([1, 2], [1, 2, 3], "k", "inertia"), "inconsistent numbers of samples"),
        (lambda: plotting.plot_curve([1, 2], [1, 2], "k", "inertia", chosen=3), "chosen=3 is not among x"),
        (lambda: plotting.plot_digits(np.ones((2, 10))), "10 pixels.*not a square"),
    ],
)
def test_bad_input_is_named_and_no_figure_is_opened(call, message):
    with pytest.raises(ValueError, match=message):
        call()
    assert plt.get_fignums() == []
