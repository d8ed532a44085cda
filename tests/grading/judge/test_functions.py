"""Only names of functions that exist are believed."""

import pytest

from mlcourse.grading.judge.functions import is_function


@pytest.mark.parametrize(
    "name",
    [
        "scipy.special._logsumexp.logsumexp",
        "scipy.stats._multivariate.multivariate_normal_gen.__call__",
        "mlcourse.mixture.steps.e_step",
        "sklearn.base.BaseEstimator.get_params",
    ],
)
def test_functions_and_methods_exist(name):
    assert is_function(name)


@pytest.mark.parametrize(
    "name",
    [
        "mlcourse.answer 1 2 3",
        "mlcourse.mixture.steps.e_step_1_2_3",
        "scipy.special._logsumexp.logsumexp.x",
        "mlcourse.mixture",
        "mlcourse",
        "mlcourse.",
        "mlcourse..mixture.e_step",
        "mlcourse.../x.e_step",
        "os.path.join",
        "",
    ],
)
def test_other_names_do_not(name):
    assert not is_function(name)
