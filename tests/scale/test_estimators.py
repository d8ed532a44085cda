"""Fits to stored rows equal fits in memory, whatever the format, the covariance type, the weights and the blocks."""

import warnings
from itertools import count

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

import mlcourse
from mlcourse.scale import PCA, GaussianMixture, KMeans, data, engine, open_rows
from tests.helpers.mixtures import every_type, random_points
from tests.helpers.stored import NAMES, STORED, as_npy, as_parquet

SMALL = 2**11
FITTED = ("weights_", "means_", "covariances_", "lower_bound_", "n_iter_", "converged_")

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def assert_same_fit(ours, in_memory, rtol=1e-10):
    for name in FITTED:
        assert_allclose(getattr(ours, name), getattr(in_memory, name), rtol=rtol, atol=1e-12, err_msg=name)


@pytest.fixture
def X():
    return random_points(3, 400, 3)


@pytest.fixture
def stored(tmp_path, X):
    return open_rows(as_npy(tmp_path / "rows", X), block_bytes=SMALL)


@every_type
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("prior", [None, "data"])
def test_mixture_equals_the_one_in_memory(name, weighted, prior, X, stored):
    w = np.random.default_rng(0).integers(0, 3, 400).astype(float) if weighted else None
    options = dict(covariance_type=name, covariance_prior=prior, prior_strength=3.0, max_iter=20)
    options |= dict(random_state=0, n_init=2, tol=1e-8)
    ours = GaussianMixture(3, **options).fit(stored, sample_weight=w)
    assert_same_fit(ours, mlcourse.GaussianMixture(3, **options).fit(X, sample_weight=w))
    for criterion in (ours.aic, ours.bic, ours.icl):
        assert_allclose(criterion(stored, sample_weight=w), criterion(X, sample_weight=w), rtol=1e-10)
    assert_allclose(ours.score(stored), ours.score(X), rtol=1e-10)


@pytest.mark.parametrize("offset", [0, 1e7])
@pytest.mark.parametrize("name", STORED)
def test_every_format_gives_the_same_fit(name, offset, tmp_path, X):
    rows = STORED[name](tmp_path / "rows", X + offset)
    options = dict(random_state=0, max_iter=10, tol=1e-9)
    ours = GaussianMixture(3, **options).fit(rows)
    assert_same_fit(
        ours, mlcourse.GaussianMixture(3, **options).fit(X + offset), rtol=1e-9 if offset else 1e-10
    )
    assert list(getattr(ours, "feature_names_in_", NAMES)) == NAMES


@pytest.mark.parametrize("weighted", [False, True])
def test_kmeans_equals_the_one_in_memory(weighted, X, stored):
    w = np.random.default_rng(0).integers(0, 3, 400).astype(float) if weighted else None
    for options in (dict(n_init=3), dict(init="random"), dict(init=X[:4]), dict(tol=0)):
        ours = KMeans(4, random_state=0, **options).fit(stored, sample_weight=w)
        theirs = mlcourse.KMeans(4, random_state=0, **options).fit(X, sample_weight=w)
        assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, rtol=1e-10)
        assert_allclose(ours.inertia_, theirs.inertia_, rtol=1e-10)
        assert ours.n_iter_ == theirs.n_iter_
        assert_allclose(ours.score(stored, sample_weight=w), theirs.score(X, sample_weight=w), rtol=1e-10)


def test_an_empty_cluster_gets_the_row_that_it_gets_in_memory(X, stored):
    start = np.concatenate([X[:3], X[:2] + 1e3])  # the last two centres own no row
    ours = KMeans(5, init=start, max_iter=4).fit(stored)
    theirs = mlcourse.KMeans(5, init=start, max_iter=4).fit(X)
    assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, rtol=1e-10)


@pytest.mark.parametrize("n_components", [None, 2, 0.8, "mle"])
@pytest.mark.parametrize("offset", [0, 1e7])
def test_pca_equals_the_one_in_memory(n_components, offset, tmp_path, X):
    rows = open_rows(as_npy(tmp_path / "rows", X + offset), block_bytes=SMALL)
    ours, theirs = PCA(n_components).fit(rows), mlcourse.PCA(n_components).fit(X + offset)
    for name in ("components_", "mean_", "explained_variance_", "noise_variance_"):
        assert_allclose(
            getattr(ours, name), getattr(theirs, name), rtol=1e-7 if offset else 1e-10, err_msg=name
        )


def test_float32_stays_float32(tmp_path, X):
    rows = as_npy(tmp_path / "rows", X.astype(np.float32))
    model = GaussianMixture(3, random_state=0).fit(rows)
    assert model.means_.dtype == PCA().fit(rows).components_.dtype == np.float32
    assert KMeans(3, random_state=0).fit(rows).cluster_centers_.dtype == np.float32
    exact = mlcourse.GaussianMixture(3, random_state=0, means_init=model.means_).fit(X)
    assert_allclose(model.score(rows), exact.score(X), rtol=1e-3)


def test_an_array_in_memory_is_fitted_as_ever(X):
    assert_same_fit(
        GaussianMixture(3, random_state=0).fit(X), mlcourse.GaussianMixture(3, random_state=0).fit(X), rtol=0
    )
    assert_array_equal(
        KMeans(3, random_state=0).fit(X).labels_, mlcourse.KMeans(3, random_state=0).fit(X).labels_
    )
    assert_array_equal(PCA(2).fit_transform(X), mlcourse.PCA(2).fit_transform(X))
    with pytest.raises(ValueError, match=r"checkpoint='file' is for rows that are read block by block"):
        GaussianMixture(3).fit(X, checkpoint="file")


@pytest.mark.parametrize("seed", range(5))
def test_many_rows_start_by_kmeans_parallel(seed, monkeypatch, tmp_path):
    rng = np.random.default_rng(seed)
    corners = np.array([[i, j] for i in range(5) for j in range(5)]) * 10.0
    X = corners[rng.integers(25, size=3000)] + rng.normal(size=(3000, 2))
    rows = open_rows(as_npy(tmp_path / "rows", X), block_bytes=SMALL)
    monkeypatch.setattr(data, "SAMPLE_BYTES", 2**10)
    start = KMeans(25, random_state=seed, max_iter=1).fit(rows)
    best = mlcourse.KMeans(25, init=corners).fit(X).inertia_
    assert (
        start.inertia_ < 1.5 * best
    )  # as good as k-means++: with a missed corner, it would be more than double
    mixture = GaussianMixture(25, random_state=seed, max_iter=3).fit(rows)
    assert (
        mixture.lower_bound_
        > mlcourse.GaussianMixture(25, init_params="random", max_iter=3).fit(X).lower_bound_
    )


@pytest.mark.parametrize("weighted_part", ["ends", "middle"])
def test_a_sample_is_drawn_from_all_rows_with_weight(weighted_part, monkeypatch, tmp_path):
    X = np.arange(4000.0).reshape(-1, 1)
    w = np.zeros(4000)
    w[slice(1000, 3000) if weighted_part == "middle" else np.r_[:1000, 3000:4000]] = 2
    rows = open_rows(as_npy(tmp_path / "rows", X), block_bytes=2**9)
    monkeypatch.setattr(data, "SAMPLE_BYTES", 2**12)
    opened = data.Data.opened(rows, w, None)
    drawn, weights = opened.sample(np.random.RandomState(0))
    assert 450 < len(drawn) < 574  # 512 expected of 2000: within three standard deviations
    assert (np.diff(drawn[:, 0]) > 0).all()
    assert (w[drawn[:, 0].astype(int)] == weights).all()
    assert_allclose(drawn.mean(), X[w > 0].mean(), atol=150)


@pytest.mark.parametrize("seed", range(10))
def test_runs_that_are_cut_are_compared_as_in_memory(seed, tmp_path):
    X = random_points(seed, 277, 3)
    options = dict(n_clusters=3, n_init=3, max_iter=3, init="random", random_state=seed)
    ours = KMeans(**options).fit(as_npy(tmp_path / "rows", X))
    assert_allclose(ours.cluster_centers_, mlcourse.KMeans(**options).fit(X).cluster_centers_, rtol=1e-10)


def test_ties_for_an_empty_cluster_are_broken_as_in_memory(tmp_path):
    X = np.random.default_rng(0).permutation([[i, j] for i in range(11) for j in range(11)]).astype(float)
    start = np.array([[0, 0], [1e3, 1e3], [2e3, 0]])
    ours = KMeans(3, init=start, max_iter=1).fit(open_rows(as_npy(tmp_path / "rows", X), block_bytes=2**8))
    assert_allclose(ours.cluster_centers_, mlcourse.KMeans(3, init=start, max_iter=1).fit(X).cluster_centers_)


@pytest.mark.parametrize("model", [GaussianMixture(3, random_state=0, max_iter=8), KMeans(3, random_state=0)])
def test_ctrl_c_keeps_the_best_so_far(model, monkeypatch, stored, X):
    fold, folds = engine.Here.fold, count(1)

    def interrupted(self, work, rows, advance=None):
        if next(folds) == 5:  # in the third round: the check and the start come first
            raise KeyboardInterrupt
        return fold(self, work, rows, advance)

    monkeypatch.setattr(engine.Here, "fold", interrupted)
    model = clone(model).set_params(tol=0)
    with pytest.raises(KeyboardInterrupt):
        model.fit(stored)
    assert model.n_iter_ == 2
    if isinstance(model, KMeans):
        assert_allclose(model.inertia_, -model.score(X), rtol=1e-9)
    assert model.predict(X).shape == (400,)


def test_a_failed_fit_leaves_the_model(tmp_path, X, stored):
    wide = as_npy(tmp_path / "wide", random_points(0, 300, 4))
    for model in (GaussianMixture(3, random_state=0, warm_start=True), KMeans(3, random_state=0)):
        model.fit(X)
        before = {name: value for name, value in vars(model).items() if name.endswith("_")}
        with pytest.raises(ValueError, match=r"number of features|initial centers"):
            model.set_params(**({} if isinstance(model, GaussianMixture) else dict(init=X[:3]))).fit(wide)
        assert {name: value for name, value in vars(model).items() if name.endswith("_")} == before


def test_too_few_rows_are_refused(tmp_path, X):
    rows = as_npy(tmp_path / "rows", X[:5], n_files=2)
    with pytest.raises(
        ValueError, match="has 5 rows with a weight above 0, but n_components=6 needs at least 6"
    ):
        GaussianMixture(6).fit(rows)
    with pytest.raises(ValueError, match="n_clusters=6 needs at least 6"):
        KMeans(6).fit(rows)


def test_other_solvers_are_refused(stored):
    with pytest.raises(ValueError, match="svd_solver='full' needs all rows in memory"):
        PCA(svd_solver="full").fit(stored)


@pytest.mark.parametrize("model", [GaussianMixture(2, random_state=0), KMeans(2, random_state=0), PCA(2)])
def test_columns_of_a_model_are_found_by_name(model, tmp_path, X):
    folder = as_parquet(tmp_path / "rows", X, extra=np.zeros(400))
    method = "transform" if isinstance(model, PCA) else "predict"
    model.fit(open_rows(folder, columns=["depth", "width"]))
    found = getattr(model, method)(folder).compute()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # arrays have no names
        assert_array_equal(found, getattr(model, method)(X[:, [2, 1]]))
    with pytest.raises(ValueError, match=r"open it with columns=\['depth', 'width'\]"):
        getattr(model, method)(open_rows(folder))
    with pytest.raises(ValueError, match=r"has 3 columns, but .* is expecting 2 features"):
        getattr(model, method)(as_npy(tmp_path / "npy", X))
