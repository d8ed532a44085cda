"""What scikit-learn requires of any estimator, tested on ours."""

import io
import pickle
import re
from inspect import getdoc, signature

import numpy as np
import pandas as pd
import pytest
import sklearn.cluster
import sklearn.decomposition
import sklearn.mixture
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.estimator_checks import parametrize_with_checks

import mlcourse.mixture
import mlcourse.scale
from mlcourse import PCA, GaussianMixture, KMeans
from mlcourse.mixture import ppca

ORACLES = {
    KMeans: sklearn.cluster.KMeans,
    GaussianMixture: sklearn.mixture.GaussianMixture,
    PCA: sklearn.decomposition.PCA,
}
ADDED = {GaussianMixture: {"covariance_prior": None, "prior_strength": 0.0, "step_exponent": 0.6}}
every_estimator = pytest.mark.parametrize("ours", ORACLES, ids=lambda cls: cls.__name__)


def every_estimator_class():
    modules = (mlcourse, mlcourse.mixture, mlcourse.scale)
    return sorted({one for module in modules for one in vars(module).values() if is_ours(one)}, key=str)


def is_ours(thing):
    return (
        isinstance(thing, type)
        and issubclass(thing, BaseEstimator)
        and thing.__module__.startswith("mlcourse")
    )


@pytest.mark.parametrize("cls", every_estimator_class(), ids=lambda cls: f"{cls.__module__}.{cls.__name__}")
def test_every_parameter_and_each_of_its_values_is_described(cls):
    described = {}
    for one in filter(is_ours, reversed(cls.__mro__)):
        described |= entries(getdoc(one), "Parameters")
    for name in signature(cls).parameters:
        assert described.get(name), f"{name}: no description"
        for constraint in cls._parameter_constraints[name]:
            if isinstance(constraint, StrOptions) and "As in" not in described[name]:
                unnamed = {value for value in constraint.options if f'"{value}"' not in described[name]}
                assert not unnamed, f"{name}: {unnamed}"


def entries(doc, section):
    """The description of each name in a section of a docstring; empty if there is only a type."""
    _, found, rest = doc.partition(f"{section}\n{'-' * len(section)}\n")
    text = re.split(r"\n\n\w+\n---", rest.replace("\\\n", ""))[0] if found else ""
    parts = re.split(r"^(?=\S)", text, flags=re.MULTILINE)
    heads = [part.partition("\n") for part in parts if part.strip()]
    return {
        name: f"{head}\n{told}" if told.strip() else ""
        for head, _, told in heads
        for name in head.partition(" : ")[0].split(", ")
    }


def known_differences(estimator):
    """Checks that cannot pass, with the reason; scikit-learn exempts its own KMeans from the same one."""
    if isinstance(estimator, KMeans):
        return {
            "check_sample_weight_equivalence_on_dense_data": "a row of weight 2 and the same row given twice take"
            " different random numbers in k-means++, and so lead to different local optima"
        }
    return {}


@parametrize_with_checks(
    [KMeans(n_clusters=3), GaussianMixture(), GaussianMixture(covariance_type=ppca(2)), PCA()],
    expected_failed_checks=known_differences,
)
def test_scikit_learn_conventions(estimator, check):
    check(estimator)


@pytest.fixture
def X():
    return np.random.default_rng(0).normal(size=(60, 3)) * [1, 2, 3]


@every_estimator
def test_parameters_and_defaults_are_scikit_learns(ours):
    """Our own parameters come last, and are off by default."""
    assert ours().get_params() == ORACLES[ours]().get_params() | ADDED.get(ours, {})
    mine, theirs = (
        [(one.name, one.kind, one.default) for one in signature(cls).parameters.values()]
        for cls in (ours, ORACLES[ours])
    )
    assert mine[: len(theirs)] == theirs


@every_estimator
def test_public_attributes_after_a_fit_are_scikit_learns(ours, X):
    def public(estimator):
        return {name for name in vars(estimator.fit(X)) if name.endswith("_") and not name.startswith("_")}

    assert public(ours()) - public(ORACLES[ours]()) <= {"lower_bounds_"}  # scikit-learn has it from 1.7 on
    assert public(ours()) >= public(ORACLES[ours]())


@every_estimator
def test_public_methods_of_scikit_learn_exist(ours):
    def wanted(name):
        return not name.startswith("_") and callable(getattr(ORACLES[ours], name))

    def arguments(method):
        """Without the weights that our mixtures take and scikit-learn's do not."""
        optional = {"fit_params"} if ours is KMeans else {"fit_params", "sample_weight"}
        return [name for name in signature(method).parameters if name not in optional]

    for name in filter(wanted, dir(ORACLES[ours])):
        assert arguments(getattr(ours, name)) == arguments(getattr(ORACLES[ours], name)), name


@every_estimator
def test_clone_pickle_and_pipeline(ours, X):
    estimator = clone(ours(random_state=0))
    pipeline = make_pipeline(StandardScaler(), estimator).fit(X)
    again = pickle.load(io.BytesIO(pickle.dumps(pipeline)))
    assert pipeline.score(X) == again.score(X)


@every_estimator
def test_grid_search_prefers_the_better_score(ours, X):
    parameter = next(name for name in ("n_clusters", "n_components") if name in ours().get_params())
    search = GridSearchCV(ours(random_state=0), {parameter: [1, 2]}).fit(X)
    assert search.best_score_ == max(search.cv_results_["mean_test_score"])


@every_estimator
def test_feature_names_are_remembered_and_checked(ours, X):
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    estimator = ours().fit(frame)
    assert list(estimator.feature_names_in_) == ["a", "b", "c"]
    use = getattr(estimator, "predict", None) or estimator.transform
    with pytest.raises(ValueError, match="feature names"):
        use(frame[["c", "b", "a"]])


@pytest.mark.parametrize("ours", [KMeans, PCA])
def test_set_output_gives_data_frames_with_scikit_learns_names(ours, X):
    frame = ours(2).set_output(transform="pandas").fit_transform(X)
    expected = ORACLES[ours](2).set_output(transform="pandas").fit_transform(X)
    assert list(frame.columns) == list(expected.columns)


BAD_DATA = {
    "nan": np.array([[1.0, np.nan], [2, 3], [4, 5]]),
    "infinity": np.array([[1.0, np.inf], [2, 3], [4, 5]]),
    "one-dimensional": np.arange(5.0),
    "empty": np.empty((0, 2)),
    "no features": np.empty((3, 0)),
    "strings": np.array([["a", "b"], ["c", "d"]]),
    "complex": np.ones((4, 2)) * 1j,
    "three-dimensional": np.ones((2, 2, 2)),
}


@every_estimator
@pytest.mark.parametrize("kind", BAD_DATA)
def test_bad_data_raise_scikit_learns_exception(ours, kind):
    with pytest.raises(Exception) as wanted:  # noqa: PT011  (whatever scikit-learn raises)
        ORACLES[ours](2).fit(BAD_DATA[kind])
    with pytest.raises(wanted.type) as got:
        ours(2).fit(BAD_DATA[kind])
    assert len(str(got.value)) > 20


@every_estimator
def test_sparse_data_are_rejected_with_advice(ours):
    with pytest.raises(TypeError, match="dense"):
        ours(2).fit(sparse.csr_array(np.eye(4)))


@every_estimator
@pytest.mark.parametrize(("fitted", "used"), [("f4", "f8"), ("f8", "f4")])
def test_a_model_takes_rows_of_the_other_precision(ours, fitted, used, X):
    model = ours(2, random_state=0).fit(X.astype(fitted))
    for method in ("predict", "predict_proba", "transform", "score_samples", "score"):
        if hasattr(model, method):
            same, other = (getattr(model, method)(X.astype(dtype)) for dtype in (fitted, used))
            np.testing.assert_allclose(other, same, rtol=1e-4, atol=1e-4)


@every_estimator
def test_unfitted_and_wrong_width(ours, X):
    use = "transform" if ours is PCA else "predict"
    with pytest.raises(NotFittedError):
        getattr(ours(), use)(X)
    with pytest.raises(ValueError, match="expecting 3 features"):
        getattr(ours().fit(X), use)(X[:, :2])


@pytest.mark.parametrize("ours", [KMeans, GaussianMixture])
def test_fewer_rows_than_groups(ours):
    with pytest.raises(ValueError, match="n_samples"):
        ours(5).fit(np.eye(3))


BAD_PARAMETERS = [
    (KMeans, {"n_clusters": 0}),
    (KMeans, {"init": "nearest"}),
    (KMeans, {"max_iter": 0}),
    (KMeans, {"tol": -1}),
    (KMeans, {"init": np.zeros((2, 3))}),
    (KMeans, {"init": np.zeros((8, 2))}),
    (GaussianMixture, {"n_components": 0}),
    (GaussianMixture, {"covariance_type": "round"}),
    (GaussianMixture, {"reg_covar": -1}),
    (GaussianMixture, {"init_params": "guess"}),
    (GaussianMixture, {"weights_init": [0.5, 0.5]}),
    (GaussianMixture, {"n_components": 2, "weights_init": [0.5, 0.7]}),
    (GaussianMixture, {"n_components": 2, "weights_init": [-0.5, 1.5]}),
    (GaussianMixture, {"means_init": np.zeros((2, 3))}),
    (GaussianMixture, {"precisions_init": np.zeros((1, 3, 3))}),
    (GaussianMixture, {"precisions_init": -np.eye(3)[np.newaxis]}),
    (GaussianMixture, {"precisions_init": np.array([[[1, 5, 0], [0, 1, 0], [0, 0, 1.0]]])}),
    (GaussianMixture, {"covariance_type": "tied", "precisions_init": np.diag([1, 1, -1.0])}),
    (GaussianMixture, {"covariance_type": "diag", "precisions_init": [[1, -1, 1.0]]}),
    (GaussianMixture, {"covariance_type": "spherical", "precisions_init": [0.0]}),
    (PCA, {"n_components": 4}),
    (PCA, {"n_components": 1.5}),
    (PCA, {"n_components": -1}),
    (PCA, {"n_components": "most"}),
    (PCA, {"n_components": "mle", "svd_solver": "arpack"}),
    (PCA, {"n_components": "mle", "svd_solver": "randomized"}),
    (PCA, {"svd_solver": "magic"}),
    (PCA, {"n_components": 3, "svd_solver": "arpack"}),
    (PCA, {"n_components": 0.5, "svd_solver": "randomized"}),
]


@pytest.mark.parametrize(("ours", "parameters"), BAD_PARAMETERS, ids=lambda p: str(p)[:40])
def test_bad_parameters_raise_scikit_learns_exception_by_name(ours, parameters, X):
    with pytest.raises(Exception) as wanted:  # noqa: PT011
        ORACLES[ours](**parameters).fit(X)
    with pytest.raises(wanted.type, match=r"init|n_|covar|tol|max_iter|svd_solver|centers|precision"):
        ours(**parameters).fit(X)
