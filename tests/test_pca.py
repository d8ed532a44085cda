"""PCA against scikit-learn, and the identities of the singular value decomposition."""

import numpy as np
import pytest
import sklearn.decomposition
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits, make_low_rank_matrix
from sklearn.decomposition._pca import _assess_dimension

from mlcourse import PCA, blocks
from mlcourse.pca import SOLVERS, log_evidence, mean_and_deviations, moments_of
from tests.helpers.mixtures import random_points

LEARNED = (
    "components_",
    "explained_variance_",
    "explained_variance_ratio_",
    "singular_values_",
    "mean_",
    "noise_variance_",
)


@pytest.mark.parametrize("svd_solver", ["auto", *SOLVERS])
@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("shape", [(300, 8), (12, 20)])
def test_equals_scikit_learn(svd_solver, whiten, shape):
    X = random_points(1, *shape)
    options = dict(n_components=3, svd_solver=svd_solver, whiten=whiten, random_state=0)
    ours, theirs = PCA(**options).fit(X), sklearn.decomposition.PCA(**options).fit(X)
    for attribute in LEARNED:
        assert_allclose(getattr(ours, attribute), getattr(theirs, attribute), rtol=1e-6, atol=1e-8)
    Y = theirs.transform(X)
    assert_allclose(ours.transform(X), Y, rtol=1e-6, atol=1e-7)
    assert_allclose(ours.inverse_transform(Y), theirs.inverse_transform(Y), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("offset", [0.0, 7.5, 1 / 3])
def test_constant_features_have_no_part_in_any_axis(offset):
    X = random_points(2, 200, 6)
    padded = np.full((200, 9), offset)
    padded[:, [1, 2, 4, 5, 6, 8]] = X
    ours = PCA(6, svd_solver="covariance_eigh").fit(padded)
    assert not ours.components_[:, [0, 3, 7]].any()
    everything = PCA(svd_solver="covariance_eigh").fit(padded).components_
    assert_allclose(everything @ everything.T, np.eye(9), atol=1e-12)
    theirs = sklearn.decomposition.PCA(6, svd_solver="full").fit(padded)
    for attribute in LEARNED:
        assert_allclose(getattr(ours, attribute), getattr(theirs, attribute), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("svd_solver", ["auto", *SOLVERS])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_rejected(svd_solver, bad):
    X = random_points(2, 200, 6)
    X[17, 3] = bad
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        PCA(2, svd_solver=svd_solver).fit(X)


@pytest.mark.parametrize("svd_solver", ["auto", *SOLVERS])
@pytest.mark.parametrize("whiten", [False, True])
def test_the_density_equals_scikit_learns_even_if_whitened(svd_solver, whiten):
    """The oracle is the unwhitened PCA: scikit-learn's covariance of a whitened one counts the scale twice."""
    X = random_points(1, 300, 8)
    theirs = sklearn.decomposition.PCA(3, svd_solver=svd_solver, random_state=0).fit(X)
    ours = PCA(3, svd_solver=svd_solver, whiten=whiten, random_state=0).fit(X)
    for method in ("get_covariance", "get_precision"):
        assert_allclose(getattr(ours, method)(), getattr(theirs, method)(), rtol=1e-5, atol=1e-8)
    assert_allclose(ours.score_samples(X), theirs.score_samples(X), rtol=1e-6)
    assert_allclose(ours.score(X), theirs.score(X), rtol=1e-6)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("svd_solver", ["auto", "full", "covariance_eigh"])
def test_a_variance_share_keeps_as_many_axes_as_scikit_learn(share, svd_solver):
    X = load_digits().data
    ours = PCA(share, svd_solver=svd_solver).fit(X)
    theirs = sklearn.decomposition.PCA(share, svd_solver=svd_solver).fit(X)
    assert ours.n_components_ == theirs.n_components_
    kept = np.cumsum(PCA().fit(X).explained_variance_ratio_)
    assert kept[ours.n_components_ - 1] >= share > kept[ours.n_components_ - 2]


def test_99_percent_of_the_digits_whitened_need_41_axes():
    assert PCA(0.99, whiten=True).fit_transform(load_digits().data).shape == (1797, 41)


@pytest.mark.parametrize("svd_solver", ["full", "covariance_eigh"])
def test_identities(svd_solver):
    X = random_points(2, n=200, d=6)
    pca = PCA(svd_solver=svd_solver, whiten=True).fit(X)
    assert_allclose(pca.components_ @ pca.components_.T, np.eye(6), atol=1e-12)
    assert_allclose(np.cov(pca.transform(X).T), np.eye(6), atol=1e-10)
    assert_allclose(pca.inverse_transform(pca.transform(X)), X, atol=1e-10)
    assert_allclose(pca.get_covariance(), np.cov(X.T), atol=1e-10)
    assert_allclose(pca.explained_variance_ratio_.sum(), 1)


@pytest.mark.parametrize("svd_solver", list(SOLVERS))
def test_the_default_keeps_as_many_axes_as_scikit_learn(svd_solver):
    X = random_points(6, n=50, d=5)
    ours = PCA(svd_solver=svd_solver, random_state=0).fit(X)
    theirs = sklearn.decomposition.PCA(svd_solver=svd_solver, random_state=0).fit(X)
    assert ours.n_components_ == theirs.n_components_


def test_the_noise_survives_one_loud_axis():
    X = np.random.default_rng(0).normal(size=(60, 3)) * [1e9, 1, 1]
    ours = PCA(1, svd_solver="full").fit(X)
    theirs = sklearn.decomposition.PCA(1, svd_solver="full").fit(X)
    assert_allclose(ours.noise_variance_, theirs.noise_variance_)
    assert np.isfinite(ours.score(X))


def test_a_singular_covariance_says_what_to_do():
    with pytest.raises(ValueError, match="fewer components"):
        PCA().fit(np.ones((5, 2)) * np.arange(5)[:, None]).score(np.ones((1, 2)))


def test_inverse_transform_checks_its_input():
    pca = PCA(2).fit(random_points(7))
    with pytest.raises(ValueError, match="2D"):
        pca.inverse_transform(np.zeros(2))


def test_signs_are_deterministic():
    X = random_points(3, d=5)
    axes = PCA().fit(X).components_
    assert np.all(axes[np.arange(5), np.abs(axes).argmax(axis=1)] > 0)
    assert_allclose(PCA().fit(X[::-1]).components_, axes, atol=1e-10)


@pytest.mark.parametrize("svd_solver", ["full", "covariance_eigh"])
def test_translation_by_1e8_keeps_the_variances(svd_solver):
    X = random_points(4, d=5)
    here, there = PCA(svd_solver=svd_solver).fit(X), PCA(svd_solver=svd_solver).fit(X + 1e8)
    assert_allclose(there.explained_variance_, here.explained_variance_, rtol=1e-6)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("svd_solver", list(SOLVERS))
def test_float32_is_kept_and_the_data_are_unchanged(order, svd_solver):
    X = np.array(random_points(5, dtype=np.float32), order=order)
    before = X.copy()
    X.flags.writeable = False
    pca = PCA(2, svd_solver=svd_solver, copy=False, random_state=0).fit(X)
    assert pca.components_.dtype == pca.transform(X).dtype == np.float32
    assert_array_equal(X, before)


# ── One pass over blocks ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("offset", [0, 1e8])
@pytest.mark.parametrize("order", ["C", "F"])
def test_scatter_over_blocks_is_that_of_the_deviations(monkeypatch, offset, order):
    X = np.asarray(random_points(8, 300, 6) + offset, order=order)
    X[40:180, 2] = 3.3  # constant in some blocks, but not in all
    X[:, 4] = 1 / 3
    mean, A = mean_and_deviations(X)
    assert_allclose(mean, X.mean(axis=0), rtol=1e-14)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 2**10)
    moments = moments_of(X)
    assert_allclose(moments.mean, mean, rtol=1e-14)
    assert_allclose(moments.scatter, A.T @ A, rtol=1e-12, atol=1e-11)
    assert moments.mean[4] == mean[4] == X[0, 4]
    assert not moments.scatter[4].any()
    assert not A[:, 4].any()


@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("svd_solver", list(SOLVERS))
def test_fit_transform_is_fit_then_transform(monkeypatch, svd_solver, whiten):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 2**10)
    X = random_points(9, 300, 6)
    pca = PCA(3, svd_solver=svd_solver, whiten=whiten, random_state=0)
    assert_array_equal(pca.fit_transform(X), pca.fit(X).transform(X))


# ── Rank, scale and range ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("svd_solver", ["auto", *SOLVERS])
@pytest.mark.parametrize("scale", [1e-120, 1e-9, 1, 1e9, 1e120])
def test_whitening_leaves_out_axes_without_variance(svd_solver, scale):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3)) @ rng.normal(size=(3, 8)) * scale
    pca = PCA(6, whiten=True, svd_solver=svd_solver, random_state=0)
    Y = pca.fit_transform(X)
    assert_allclose(np.cov(Y.T), np.diag([1, 1, 1, 0, 0, 0]), atol=1e-8)
    assert not Y[:, 3:].any()
    assert_allclose(pca.inverse_transform(Y), X, atol=1e-10 * scale)
    far = Y + np.eye(6)[5]
    assert_array_equal(pca.inverse_transform(far), pca.inverse_transform(Y))


def test_whitened_coordinates_of_decaying_spectra_are_bounded():
    X = make_low_rank_matrix(1000, 10, effective_rank=2, random_state=0, tail_strength=0)
    for svd_solver in ("auto", "full"):
        Y = PCA(whiten=True, svd_solver=svd_solver).fit_transform(X)
        assert np.abs(Y).max() < 10


@pytest.mark.parametrize("svd_solver", list(SOLVERS))
def test_no_density_where_only_rounding_errors_vary(svd_solver):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(100, 2)) @ rng.normal(size=(2, 5))
    pca = PCA(2, svd_solver=svd_solver, random_state=0).fit(X)
    assert pca.noise_variance_ >= 0
    for use in (pca.get_precision, lambda: pca.score(X)):
        with pytest.raises(ValueError, match="fewer components"):
            use()


@pytest.mark.parametrize("scale", [1e-100, 1e100])
def test_density_and_precision_follow_the_scale(scale):
    X = random_points(1, 300, 4)
    here, there = PCA(2).fit(X), PCA(2).fit(X * scale)
    assert_allclose(there.score_samples(X * scale), here.score_samples(X) - 4 * np.log(scale))
    assert_allclose(there.get_precision() * scale**2, here.get_precision(), atol=1e-12)


@pytest.mark.parametrize("svd_solver", list(SOLVERS))
@pytest.mark.parametrize("exponent", [-400, -40, 40, 400])
def test_axes_do_not_depend_on_the_scale(svd_solver, exponent):
    """Multiplied by a power of two, all numbers keep their digits."""
    X = np.random.default_rng(5).normal(size=(80, 60))  # many axes of similar variance: slow to tell apart
    here, there = (PCA(3, svd_solver=svd_solver, random_state=0).fit(Z) for Z in (X, np.ldexp(X, exponent)))
    assert_allclose(there.components_, here.components_, atol=1e-10)
    assert_allclose(np.ldexp(there.singular_values_, -exponent), here.singular_values_, rtol=1e-12)


@pytest.mark.parametrize("svd_solver", ["full", "covariance_eigh"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_share_just_below_1_keeps_no_axis_that_is_not_there(svd_solver, dtype):
    rng = np.random.default_rng(0)
    for n, d in rng.integers(2, 12, size=(150, 2)):
        X = rng.normal(size=(n, d)).astype(dtype)
        pca = PCA(1 - np.finfo(float).eps, svd_solver=svd_solver).fit(X)
        assert pca.n_components_ == len(pca.components_) <= min(n, d)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("svd_solver", ["auto", *SOLVERS])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0.0, 1.0, 0.1, 1e200])
def test_constant_data_give_zeros_in_silence(svd_solver, dtype, value):
    X = np.full((70, 3), min(value, float(np.finfo(dtype).max)), dtype=dtype)
    for whiten in (False, True):
        pca = PCA(2, svd_solver=svd_solver, whiten=whiten, random_state=0)
        assert not pca.fit_transform(X).any()
        assert not np.any([pca.explained_variance_, pca.explained_variance_ratio_, pca.singular_values_])
        assert pca.noise_variance_ == 0
        assert_array_equal(pca.mean_, X[0])
        assert_array_equal(pca.components_ @ pca.components_.T, np.eye(2))
        assert_array_equal(pca.inverse_transform(np.ones((1, 2), dtype=dtype) * whiten), X[:1])


def test_a_share_of_no_variance_keeps_one_axis():
    assert PCA(0.5).fit(np.ones((5, 3))).n_components_ == 1


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("svd_solver", ["auto", *SOLVERS])
@pytest.mark.parametrize(("dtype", "size"), [(np.float32, 1e25), (np.float64, 1e155), (np.float64, 1e308)])
def test_an_overflowing_variance_is_named(svd_solver, dtype, size):
    X = (np.random.default_rng(0).uniform(-1, 1, size=(60, 4)) * size).astype(dtype)
    with pytest.raises(ValueError, match=r"variance overflows float.*Divide X"):
        PCA(2, svd_solver=svd_solver).fit(X)


@pytest.mark.filterwarnings("error")
def test_far_rows_have_coordinates_and_no_density():
    X = random_points(1, 100, 4)
    pca = PCA(2).fit(X)
    assert_allclose(pca.transform(X * 1e155), (X * 1e155) @ pca.components_.T, rtol=1e-6)
    assert_array_equal(pca.score_samples(X[:3] * 1e160), -np.inf)


def test_inverse_transform_names_a_wrong_width():
    pca = PCA(2).fit(random_points(7))
    with pytest.raises(ValueError, match=r"3 features.*expecting 2.*n_components_"):
        pca.inverse_transform(np.zeros((5, 3)))


@pytest.mark.parametrize("svd_solver", list(SOLVERS))
def test_a_second_fit_leaves_nothing_of_the_first(svd_solver):
    second = dict(n_components=2, svd_solver=svd_solver, whiten=False, random_state=0)
    again = PCA(0.9, svd_solver="full", whiten=True).fit(random_points(1, 60, 5)).set_params(**second)
    X = random_points(2, 40, 7)
    again, new = vars(again.fit(X)), vars(PCA(**second).fit(X))
    assert again.keys() == new.keys()
    for name in new:
        assert_array_equal(again[name], new[name])


# ── The likeliest number of axes ──────────────────────────────────────────────────────────────────


def test_the_evidence_is_scikit_learns_up_to_a_constant():
    variance = PCA().fit(random_points(1, 100, 7)).explained_variance_
    theirs = [_assess_dimension(variance, k, 100) for k in range(1, 7)]
    assert np.ptp(log_evidence(variance, 100) - theirs) < 1e-9


@pytest.mark.parametrize("svd_solver", ["auto", "full", "covariance_eigh"])
def test_mle_chooses_as_scikit_learn_does(svd_solver):
    rng = np.random.default_rng(2)
    for _ in range(30):
        d, k = rng.integers(2, 9), rng.integers(1, 5)
        X = rng.normal(size=(60, k)) @ rng.normal(size=(k, d)) + 0.2 * rng.normal(size=(60, d))
        ours = PCA("mle", svd_solver=svd_solver).fit(X)
        theirs = sklearn.decomposition.PCA("mle", svd_solver=svd_solver).fit(X)
        assert ours.n_components_ == len(ours.components_) == theirs.n_components_
        assert_allclose(ours.noise_variance_, theirs.noise_variance_)


@pytest.mark.parametrize("svd_solver", ["full", "covariance_eigh"])
@pytest.mark.parametrize("scale", [1e-100, 1, 1e100])
def test_mle_finds_the_rank_at_every_scale(svd_solver, scale):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(200, 3)) @ rng.normal(size=(3, 8)) * scale
    assert PCA("mle", svd_solver=svd_solver).fit(X).n_components_ == 3


def test_mle_copes_with_equal_variances_and_with_none():
    assert np.isfinite(log_evidence(np.array([2.0, 2, 2, 1, 1]), 50)).all()
    assert PCA("mle").fit(np.ones((5, 3))).n_components_ == 1
    assert PCA("mle").fit(np.arange(5.0)[:, np.newaxis]).n_components_ == 1


@pytest.mark.parametrize("svd_solver", ["auto", "full", "covariance_eigh"])
def test_mle_needs_as_many_rows_as_features(svd_solver):
    with pytest.raises(ValueError, match="n_samples >= n_features"):
        PCA("mle", svd_solver=svd_solver).fit(random_points(1, 4, 6))
