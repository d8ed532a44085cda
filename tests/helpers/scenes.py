"""One player of every scene, each small enough to build in a second, for the browser tests and the benchmark."""

from itertools import islice

import numpy as np
from sklearn.cluster import kmeans_plusplus

from mlcourse.datasets import five_blobs
from mlcourse.gaussians import COVARIANCE_TYPES
from mlcourse.kmeans import assign
from mlcourse.mixture import GaussianMixture, em, expectation_over, mixture_from_responsibilities
from mlcourse.widgets import (
    bound_climber,
    components_player,
    em_player,
    hardening_player,
    kmeans_game,
    kmeans_player,
    playground,
    threshold_player,
    types_player,
)

RNG = np.random.default_rng(0)
CENTERS = np.array([[0.0, 0.0], [4.0, 1.0], [1.0, 5.0]])
X = np.concatenate([center + RNG.normal(size=(60, 2)) * [1.0, 0.6] for center in CENTERS])
ODD = RNG.uniform(-4, 8, size=(20, 2))


def em_steps(points, n_steps, K=3, type_name="full", seed=1):
    guess = np.random.default_rng(seed).dirichlet(np.ones(K), size=len(points))
    start = mixture_from_responsibilities(points, guess, COVARIANCE_TYPES[type_name])
    return list(islice(em(expectation_over(points), start), n_steps))


def lloyd(points, centers, n_rounds=6):
    history = []
    for _ in range(n_rounds):
        labels = assign(points, centers)
        history.append((centers, labels))
        centers = np.array([points[labels == k].mean(axis=0) for k in range(len(centers))])
    return history


def kmeans_scene():
    return kmeans_player(X, lloyd(X, kmeans_plusplus(X, 3, random_state=2)[0]))


def components_scene():
    models = [GaussianMixture(K, random_state=0).fit(X) for K in range(1, 7)]
    curves = {"AIC": [model.aic(X) for model in models], "BIC": [model.bic(X) for model in models]}
    return components_player(X, models, curves)


def threshold_scene():
    mixed = np.vstack([X, ODD])
    truth = np.arange(len(mixed)) >= len(X)
    model = GaussianMixture(3, random_state=0).fit(X)
    return threshold_player(mixed, truth, model, np.linspace(-9, -2, 15))


PLAYERS = {
    "kmeans": kmeans_scene,
    "em_line": lambda: em_player(X[:, :1], em_steps(X[:, :1], 12)),
    "em_plane": lambda: em_player(X, em_steps(X, 15)),
    "hardening": lambda: hardening_player(X, CENTERS, n_widths=9),
    "types": lambda: types_player(X, {name: em_steps(X, 10, type_name=name) for name in COVARIANCE_TYPES}),
    "components": components_scene,
    "threshold": threshold_scene,
}

# The numbers that the page receives, which has six digits of them.
SENT = np.vectorize(lambda value: float(f"{value:.6g}"))(X)
LINE = np.vectorize(lambda value: float(f"{value:.6g}"))(
    RNG.choice([-1.5, 1.5], size=80) + RNG.standard_normal(80)
)
LIVE = {
    "playground": lambda: playground(SENT[::6], seed=1),
    "kmeans_game": lambda: kmeans_game(SENT[::3], 3),
    "bound": lambda: bound_climber(LINE),
}


def large():
    """A hundred steps of EM on a thousand points: its page must stay small."""
    points = five_blobs(random_state=0)[0]
    points = points[np.random.default_rng(0).permutation(len(points))[:1000]]
    return em_player(points, em_steps(points, 100))
