"""PCA on odd data: against NumPy's singular value decomposition, and the laws of scale, layout and projection."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from mlcourse import PCA
from tests.helpers.rows import fuzz, other_layouts, powers_of_two, rows

solvers = st.sampled_from(["auto", "full", "covariance_eigh"])


@fuzz
@given(rows(), solvers)
def test_variances_and_axes_are_numpys(X, svd_solver):
    before = X.copy()
    model = PCA(svd_solver=svd_solver).fit(X)
    assert_array_equal(X, before)
    A = X - X[0]  # so that the mean of constant features is exact
    S = np.linalg.svd(A - A.mean(axis=0), compute_uv=False)
    largest = max(S[0], 1e-300)
    assert_allclose(model.singular_values_, S, rtol=1e-5, atol=1e-7 * largest)
    assert_allclose(model.components_ @ model.components_.T, np.eye(len(S)), atol=1e-9)
    assert np.isfinite(model.explained_variance_ratio_).all()
    assert_allclose(model.explained_variance_ratio_.sum(), 1 if S[0] > 1e-12 else 0, atol=1e-9)


@fuzz
@given(rows(), solvers)
def test_projections_come_back(X, svd_solver):
    model = PCA(svd_solver=svd_solver).fit(X)
    assert_allclose(model.inverse_transform(model.transform(X)), X, rtol=1e-6, atol=1e-6)
    assert_allclose(PCA(svd_solver=svd_solver).fit_transform(X), model.transform(X), rtol=1e-9, atol=1e-9)


@fuzz
@given(rows(), solvers, powers_of_two)
def test_the_unit_of_the_data_does_not_matter(X, svd_solver, unit):
    one, other = (PCA(svd_solver=svd_solver).fit(X * u) for u in (1.0, unit))
    resolution = 1e-7 * (1 + one.singular_values_[0])  # of covariance_eigh, which sees squares
    assert_allclose(other.singular_values_ / unit, one.singular_values_, rtol=1e-9, atol=resolution)
    # Axes of equal variance are one choice among many; what they span is not.
    scatters = [
        (m.components_.T * (m.singular_values_ / u) ** 2) @ m.components_
        for m, u in ((one, 1), (other, unit))
    ]
    assert_allclose(scatters[1], scatters[0], atol=1e-6 * (1 + one.singular_values_[0] ** 2))
    lengths = [np.linalg.norm(PCA().fit_transform(X * u), axis=1) / u for u in (1.0, unit)]
    assert_allclose(lengths[1], lengths[0], rtol=1e-6, atol=1e-6)


@fuzz
@given(rows(min_rows=3), st.floats(1e-6, 1 - 1e-6), solvers)
def test_a_share_keeps_the_fewest_axes_that_explain_it(X, share, svd_solver):
    model, every = (PCA(q, svd_solver=svd_solver).fit(X) for q in (share, None))
    assert 1 <= model.n_components_ <= min(X.shape)
    explained = np.cumsum(every.explained_variance_ratio_)
    assume(explained[-1] > 0.5)  # not where nothing varies
    assert explained[model.n_components_ - 1] >= share - 1e-9
    assert model.n_components_ == 1 or explained[model.n_components_ - 2] <= share + 1e-9


@fuzz
@given(rows())
def test_memory_order_does_not_matter(X):
    model = PCA().fit(X)
    for same in other_layouts(X):
        assert_allclose(PCA().fit(same).singular_values_, model.singular_values_, rtol=1e-9, atol=1e-9)


@fuzz
@given(rows(min_rows=4))
def test_whitened_features_have_variance_one_or_none(X):
    Z = PCA(whiten=True).fit_transform(X)
    variance = Z.var(axis=0, ddof=1)
    assert (np.isclose(variance, 1, atol=1e-4) | (np.abs(Z) < 1e-6).all(axis=0)).all()
