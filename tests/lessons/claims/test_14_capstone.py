"""Claims of lesson 14 that rest on draws, on other draws than the lesson shows."""

from itertools import combinations

import numpy as np
from sklearn.datasets import load_wine
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import KFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import resample

from mlcourse import PCA, GaussianMixture
from mlcourse.evaluation import memorised_share

X = load_wine().data
KNOWN, _ = train_test_split(np.arange(178), test_size=0.2, random_state=0)


def agreement(K, kind, first):
    """Mean agreement of twelve refits of ruler, directions and mixture."""
    mixture = GaussianMixture(K, covariance_type=kind, reg_covar=1e-3, random_state=0)
    pipeline = make_pipeline(StandardScaler(), PCA(3), mixture)
    draws = [resample(KNOWN, random_state=first + b) for b in range(12)]
    runs = [pipeline.fit(X[rows]).predict(X[KNOWN]) for rows in draws]
    return np.mean([adjusted_rand_score(*pair) for pair in combinations(runs, 2)])


def test_refits_of_the_whole_pipeline_agree_best_with_three_components():
    two, three, four = ([agreement(K, "spherical", first) for first in (36, 48)] for K in (2, 3, 4))
    assert np.mean(three) > np.mean(two) + 0.1
    assert min(three) > max(four)


def test_parallel_analysis_keeps_three_directions():
    scaled = StandardScaler().fit_transform(X[KNOWN])
    own = PCA().fit(scaled).explained_variance_
    for seed in range(1, 6):
        rng = np.random.default_rng(seed)
        shuffled = [PCA().fit(rng.permuted(scaled, axis=0)).explained_variance_ for _ in range(50)]
        assert np.argmin(own > np.quantile(shuffled, 0.95, axis=0)) == 3


def test_parallel_analysis_inside_the_folds_keeps_two_directions_in_about_one_fold_of_four():
    def variances(tables):
        """Variances along the principal directions of tables (…, n, 13), largest first."""
        centred = tables - tables.mean(axis=-2, keepdims=True)
        return np.linalg.eigvalsh(np.swapaxes(centred, -1, -2) @ centred)[..., ::-1]

    kept = []
    for seed in range(4):
        for fold, (fit, _) in enumerate(KFold(10, shuffle=True, random_state=seed).split(KNOWN)):
            scaled = StandardScaler().fit_transform(X[KNOWN[fit]])
            shuffled = np.random.default_rng(fold).permuted(np.tile(scaled, (50, 1, 1)), axis=1)
            by_chance = np.quantile(variances(shuffled), 0.95, axis=0)
            kept.append(np.argmin(variances(scaled) > by_chance))
    assert set(kept) == {2, 3}
    assert 0.15 < np.mean(np.equal(kept, 2)) < 0.35


def test_an_honest_generator_has_about_ten_per_cent_near_copies_of_widely_varying_number():
    shares = []
    for seed in range(50):
        rows = np.random.default_rng(seed).standard_normal((142 + 36 + 142, 3))
        shares.append(memorised_share(rows[178:], rows[:142], rows[142:178], quantile=0.1))
    assert 0.08 < np.mean(shares) < 0.16
    assert np.mean([0.03 <= share <= 0.25 for share in shares]) > 0.9
    assert np.std(shares) > 0.03
