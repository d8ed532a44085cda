"""Gaussian mixtures: the EM algorithm (`steps`), where it starts (`start`), and the estimators (from `base` on)."""

from mlcourse.mixture.conditional import condition, conditional_mean, draw_missing
from mlcourse.mixture.estimator import GaussianMixture
from mlcourse.mixture.missing import IncompleteDataMixture, expectation_over_incomplete
from mlcourse.mixture.ppca import ppca
from mlcourse.mixture.prior import CovariancePrior
from mlcourse.mixture.semi_supervised import SemiSupervisedMixture, expectation_over_labelled
from mlcourse.mixture.start import mixture_from_responsibilities
from mlcourse.mixture.steps import (
    Mixture,
    Statistics,
    Step,
    accumulate,
    e_step,
    em,
    expectation,
    expectation_over,
    m_step,
    weighted_log_density,
)

__all__ = [
    "CovariancePrior",
    "GaussianMixture",
    "IncompleteDataMixture",
    "Mixture",
    "SemiSupervisedMixture",
    "Statistics",
    "Step",
    "accumulate",
    "condition",
    "conditional_mean",
    "draw_missing",
    "e_step",
    "em",
    "expectation",
    "expectation_over",
    "expectation_over_incomplete",
    "expectation_over_labelled",
    "m_step",
    "mixture_from_responsibilities",
    "ppca",
    "weighted_log_density",
]
