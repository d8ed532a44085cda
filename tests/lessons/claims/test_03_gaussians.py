"""What lesson 03 says holds for other seeds and for every feature."""

import numpy as np
import pytest
from scipy.linalg import solve_triangular
from scipy.signal import find_peaks
from scipy.stats import chi2, norm

from mlcourse import datasets


@pytest.mark.parametrize("seed", range(20))
def test_a_triangular_solve_is_far_more_exact_than_an_inverse(seed):
    copies = np.array([[1, 1 - 1e-12], [1 - 1e-12, 1]])
    L = np.linalg.cholesky(copies)
    y = np.random.default_rng(seed).standard_normal((1000, 2))
    x = y @ L.T
    truth = (y**2).sum(axis=1)
    by_inverse = np.abs((x @ np.linalg.inv(copies) * x).sum(axis=1) - truth).max()
    by_solve = np.abs((solve_triangular(L, x.T, lower=True) ** 2).sum(axis=0) - truth).max()
    assert by_inverse > 100_000 * by_solve


@pytest.mark.parametrize("feature", range(4))
def test_three_species_of_penguins_make_two_peaks_in_each_measurement(feature):
    penguins, species = datasets.load_penguins()
    x = penguins[:, feature]
    line = np.linspace(x.min(), x.max(), 2001)
    groups = [x[species == k] for k in range(3)]
    mixture = sum(len(group) / len(x) * norm.pdf(line, group.mean(), group.std()) for group in groups)
    assert len(find_peaks(mixture)[0]) == 2


@pytest.mark.parametrize("seed", range(5))
def test_an_ordinary_point_in_ten_dimensions_is_three_sigma_away(seed):
    lengths = np.linalg.norm(np.random.default_rng(seed).standard_normal((20_000, 10)), axis=1)
    assert lengths.mean() == pytest.approx(np.sqrt(10), abs=0.1)
    assert (lengths < 3).mean() == pytest.approx(chi2.cdf(9, df=10), abs=0.02)
