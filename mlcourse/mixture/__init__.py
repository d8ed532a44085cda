"""Gaussian mixtures: the EM algorithm (`em`), where it starts (`start`) and the estimator (`estimator`)."""

from mlcourse.mixture.em import (
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
from mlcourse.mixture.estimator import GaussianMixture
from mlcourse.mixture.start import mixture_from_responsibilities

__all__ = [
    "GaussianMixture",
    "Mixture",
    "Statistics",
    "Step",
    "accumulate",
    "e_step",
    "em",
    "expectation",
    "m_step",
    "mixture_from_responsibilities",
    "weighted_log_density",
]
