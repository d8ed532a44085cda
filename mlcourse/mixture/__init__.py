"""Gaussian mixtures: the EM algorithm (`steps`), its initialisation (`start`), and the estimator (`estimator`)."""

from mlcourse.mixture.conditional import condition, conditional_mean, draw_missing
from mlcourse.mixture.estimator import GaussianMixture
from mlcourse.mixture.missing import IncompleteDataMixture, em_incomplete
from mlcourse.mixture.ppca import PPCAMixture, ppca
from mlcourse.mixture.prior import CovariancePrior
from mlcourse.mixture.semi_supervised import SemiSupervisedMixture, em_semi_supervised
from mlcourse.mixture.start import mixture_from_responsibilities
from mlcourse.mixture.steps import (
    Mixture,
    Statistics,
    Step,
    accumulate,
    e_step,
    em,
    expectation,
    m_step,
    weighted_log_density,
)

__all__ = [
    "CovariancePrior",
    "GaussianMixture",
    "IncompleteDataMixture",
    "Mixture",
    "PPCAMixture",
    "SemiSupervisedMixture",
    "Statistics",
    "Step",
    "accumulate",
    "condition",
    "conditional_mean",
    "draw_missing",
    "e_step",
    "em",
    "em_incomplete",
    "em_semi_supervised",
    "expectation",
    "m_step",
    "mixture_from_responsibilities",
    "ppca",
    "weighted_log_density",
]
