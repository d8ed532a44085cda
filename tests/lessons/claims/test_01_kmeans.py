"""What lesson 01 says about random starts, seeds and samples."""

import numpy as np
import pytest
from sklearn.cluster import kmeans_plusplus

from mlcourse import KMeans, silhouette_score
from mlcourse.datasets import five_blobs, load_iris, load_old_faithful, load_photo
from mlcourse.metrics import match_labels

SAMPLES = (7, 0, 1, 2, 3)  # of the five blobs; the lesson shows the first
HEART = 192, 317  # the pixel that Figure 14 rings


def plain(X, n_clusters, random_state):
    return kmeans_plusplus(X, n_clusters, n_local_trials=1, random_state=random_state)[0]


@pytest.fixture(scope="module")
def samples():
    return [five_blobs(random_state=seed)[0] for seed in SAMPLES]


@pytest.fixture(scope="module")
def best(samples):
    """The best models of k = 1 … 6 on each sample."""
    return [
        {k: KMeans(k, n_init=10 if k > 4 else 2, random_state=0).fit(X) for k in range(1, 7)} for X in samples
    ]


def excess(X, lowest, init, n_runs):
    """How far above the lowest inertia each of some single runs ends, as a share of it."""
    models = (KMeans(5, init=init, n_init=1, tol=0, random_state=seed) for seed in range(n_runs))
    return np.array([model.fit(X).inertia_ / lowest - 1 for model in models])


@pytest.mark.parametrize("seed", SAMPLES)
def test_twenty_runs_on_the_same_points_do_not_agree(seed):
    """In the game, on a tenth of the points."""
    X = five_blobs(random_state=seed)[0][::10]
    runs = [KMeans(5, n_init=1, tol=0, random_state=k).fit(X).inertia_ for k in range(20)]
    assert max(runs) > 1.05 * min(runs)


def test_random_starts_get_stuck_least_often_and_greedy_ones_have_no_accidents(samples, best):
    in_all = np.zeros(3)
    for X, models in zip(samples, best):
        inits = "random", plain, "k-means++"
        runs = np.array([excess(X, models[5].inertia_, init, n_runs=15) for init in inits])
        stuck = np.sum(runs > 0.002, axis=1)
        assert stuck[0] <= min(stuck[1:])
        assert runs[2].max() < 0.15
        in_all += stuck
    assert in_all[0] < 0.9 * min(in_all[1:])


def test_the_sharpest_bend_is_at_2_by_differences_and_at_4_by_ratios(best):
    for models in best:
        J = np.array([models[k].inertia_ for k in models])
        assert np.argmax(np.diff(J, 2)) + 2 == 2
        assert np.argmax(np.diff(np.log(J), 2)) + 2 == 4


def test_silhouettes_prefer_4_to_5(samples, best):
    for X, models in zip(samples, best):
        assert silhouette_score(X, models[4].labels_) > silhouette_score(X, models[5].labels_)


def test_the_six_points_have_exactly_two_places_of_rest():
    six = np.array([0.0, 1, 2, 6, 10, 11])
    at_rest = {}
    for cut in range(1, 6):
        left, right = six[:cut], six[cut:]
        border = (left.mean() + right.mean()) / 2
        if left.max() < border < right.min():
            at_rest[left.mean(), right.mean()] = left.var() * left.size + right.var() * right.size
    assert at_rest == pytest.approx({(1.0, 9.0): 16.0, (2.25, 10.5): 21.25})


def test_the_geyser_has_one_optimum_and_few_eruptions_change_with_the_unit():
    geyser = load_old_faithful()
    standardised = (geyser - geyser.mean(axis=0)) / geyser.std(axis=0)
    in_minutes = KMeans(2, n_init=10, random_state=0).fit_predict(geyser)
    for X, changed in ((geyser, 0), (geyser * [60, 1], 6), (standardised, 4)):
        for seed in range(20):
            labels = KMeans(2, init="random", n_init=1, tol=0, random_state=seed).fit_predict(X)
            assert np.sum(match_labels(in_minutes, labels) != in_minutes) == changed


def test_standardising_the_irises_costs_nine_flowers():
    iris, species = load_iris()
    standardised = (iris - iris.mean(axis=0)) / iris.std(axis=0)
    for seed in range(5):
        for X, n_init, right in ((iris, 10, 134), (standardised, 50, 125)):
            labels = KMeans(3, n_init=n_init, random_state=seed).fit_predict(X)
            assert np.sum(match_labels(species, labels) == species) == right


@pytest.fixture(scope="module")
def flower():
    return load_photo("flower.jpg")


def paint_of_the_heart(photo, palette):
    return palette[np.linalg.norm(palette - photo[HEART], axis=1).argmin()]


def is_red(paint):
    return paint[0] > 0.5


def test_the_red_is_a_local_optimum(flower):
    shown = np.random.default_rng(0).choice(flower.reshape(-1, 3), size=5000, replace=False)
    three = KMeans(10, n_init=3, random_state=0).fit(shown)
    for seed in range(2):
        more = KMeans(10, n_init=20, random_state=seed).fit(shown)
        assert more.inertia_ < three.inertia_
        assert not is_red(paint_of_the_heart(flower, more.cluster_centers_))


def test_no_colour_of_eight_is_the_red_of_the_pavilion():
    pixels = load_photo("china.jpg").reshape(-1, 3)
    for seed in range(5):
        sample = np.random.default_rng(seed).choice(pixels, size=5000, replace=False)
        palette = KMeans(8, n_init=3, random_state=0).fit(sample).cluster_centers_
        assert np.max(palette[:, 0] - palette[:, 1:].max(axis=1)) < 0.3
        if seed == 0:  # the palette that is shown
            is_blue = palette[:, 2] > palette[:, :2].max(axis=1)
            assert is_blue.sum() == 2
            assert palette[is_blue].min() > 0.75  # pale


def test_no_run_beats_a_centre_in_every_cloud_and_many_do_worse(samples):
    _, group = five_blobs(random_state=SAMPLES[0])
    X, group = samples[0][::10], group[::10]
    centers = np.array([X[group == k].mean(axis=0) for k in range(5)])
    by_eye = KMeans(5, init=centers, tol=0).fit(X).inertia_
    runs = excess(X, by_eye, "k-means++", n_runs=100)
    assert runs.min() > -1e-9
    assert np.mean(runs > 0.002) > 0.3
