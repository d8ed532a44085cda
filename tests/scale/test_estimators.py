"""Fits to stored rows equal fits in memory, whatever the format, the covariance type, the weights and the blocks."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import mlcourse
from mlcourse.scale import PCA, GaussianMixture, KMeans, data, open_rows
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
