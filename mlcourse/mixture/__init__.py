"""Gaussian mixtures: the EM algorithm (`steps`), where it starts (`start`) and the estimator (`estimator`)."""

from mlcourse.mixture.estimator import GaussianMixture
from mlcourse.mixture.ppca import PPCAMixture, ppca
from mlcourse.mixture.prior import CovariancePrior
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
    "Mixture",
    "PPCAMixture",
    "Statistics",
    "Step",
    "accumulate",
    "e_step",
    "em",
    "expectation",
    "m_step",
    "mixture_from_responsibilities",
    "ppca",
    "weighted_log_density",
]
