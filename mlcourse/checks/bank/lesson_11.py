"""Checks of lesson 11, beyond: conditioning, rows with holes, merged statistics, PPCA, clamped labels, step sizes.

Symbols: x (d,) a row, NaN where it is not known; pi (K,), mu (K, d), Sigma (K, d, d) a mixture, or mu (d,) and
Sigma (d, d) one Gaussian; o, u the known and unknown features; R (n, K) responsibilities; S (d, d) a scatter about
a mean.
"""

import numpy as np
from scipy.special import logsumexp, softmax
from scipy.stats import multivariate_normal

from mlcourse.checks.specification import Case, Check, Law, Mistake

LESSON = "11_beyond"


# ── Inputs ───────────────────────────────────────────────────────────────────────────────────────────


def covariances(rng, K, d):
    A = rng.normal(size=(K, d, d))
    return A @ np.swapaxes(A, 1, 2) + 0.3 * np.eye(d)


def mixture(rng, K, d, spread=1.5):
    """pi, mu, Sigma of a random mixture whose components overlap."""
    return rng.dirichlet(np.full(K, 3.0)), rng.normal(scale=spread, size=(K, d)), covariances(rng, K, d)


def with_holes(rng, d, known, size=1.0):
    """A row (d,) of which the features `known` are known."""
    x = np.full(d, np.nan)
    x[known] = size * rng.normal(size=len(known))
    return x


def unknown(mu, known):
    return np.setdiff1d(np.arange(mu.shape[-1]), known)


# ── 1  One Gaussian ──────────────────────────────────────────────────────────────────────────────────


def condition_gaussian_cases(rng):
    (Sigma,) = covariances(rng, 1, 3)
    yield Case("one known feature of three", (rng.normal(size=3), Sigma, np.array([1]), rng.normal(size=1)))
    (Sigma,) = covariances(rng, 1, 5)
    known = np.array([3, 0, 4])
    yield Case("three known features of five", (rng.normal(size=5), Sigma, known, rng.normal(size=3)))


def condition_gaussian(mu, Sigma, known, values):
    u = unknown(mu, known)
    to_known = np.linalg.inv(Sigma[np.ix_(known, known)])
    across = Sigma[np.ix_(u, known)]
    return mu[u] + across @ to_known @ (values - mu[known]), Sigma[
        np.ix_(u, u)
    ] - across @ to_known @ across.T


def _gaussian(mu, Sigma, known, values, *, mean=None, cov=None):
    """The right answer, with a mean or a covariance of another make: functions of (u, slopes)."""
    u = unknown(mu, known)
    slopes = np.linalg.solve(Sigma[np.ix_(known, known)], Sigma[np.ix_(known, u)])
    right = condition_gaussian(mu, Sigma, known, values)
    return mean(u, slopes) if mean else right[0], cov(u, slopes) if cov else right[1]


def _mean_unmoved(mu, Sigma, known, values):
    return _gaussian(mu, Sigma, known, values, mean=lambda u, slopes: mu[u])


def _known_not_centred(mu, Sigma, known, values):
    return _gaussian(mu, Sigma, known, values, mean=lambda u, slopes: mu[u] + values @ slopes)


def _without_solving(mu, Sigma, known, values):
    u = unknown(mu, known)
    across, of_known = Sigma[np.ix_(u, known)], Sigma[np.ix_(known, known)]
    return mu[u] + across @ of_known @ (values - mu[known]), Sigma[
        np.ix_(u, u)
    ] - across @ of_known @ across.T


def _covariance_unmoved(mu, Sigma, known, values):
    return _gaussian(mu, Sigma, known, values, cov=lambda u, slopes: Sigma[np.ix_(u, u)])


def _covariance_grows(mu, Sigma, known, values):
    return _gaussian(
        mu, Sigma, known, values, cov=lambda u, slopes: Sigma[np.ix_(u, u)] + Sigma[np.ix_(u, known)] @ slopes
    )


def _precision_of_the_unknown(mu, Sigma, known, values):
    return _gaussian(mu, Sigma, known, values, cov=lambda u, slopes: np.linalg.inv(Sigma)[np.ix_(u, u)])


def _known_sorted(mu, Sigma, known, values):
    return condition_gaussian(mu, Sigma, np.sort(known), values)


def _mean_from_zero(mu, Sigma, known, values):
    return _gaussian(mu, Sigma, known, values, mean=lambda u, slopes: (values - mu[known]) @ slopes)


CONDITION_GAUSSIAN = Check(
    name="condition_gaussian",
    lesson=LESSON,
    points=3,
    reference=condition_gaussian,
    cases=condition_gaussian_cases,
    laws=(
        Law("the covariance is symmetric.", lambda out, *_: np.allclose(out[1], np.transpose(out[1]))),
        Law(
            "knowing something never makes a variance larger.",
            lambda out, mu, Sigma, known, _: np.all(
                np.diag(out[1]) <= np.diag(Sigma)[unknown(mu, known)] + 1e-9
            ),
        ),
    ),
    expected="(mean (u,), covariance (u, u)) of the features that are not in `known`, in their order",
    mistakes=(
        Mistake(
            "mean not moved",
            _mean_unmoved,
            "the covariance is right. The mean does not take notice of the values at all.",
            hint=1,
        ),
        Mistake(
            "known values not centred",
            _known_not_centred,
            "the mean moves by the values themselves. What counts is how far they lie from what was expected.",
            hint=1,
        ),
        Mistake(
            "mean starts at zero",
            _mean_from_zero,
            "this is by how much the mean moves. From where does it start?",
            hint=1,
        ),
        Mistake(
            "multiplied where it should be solved",
            _without_solving,
            "the covariance of the known features was multiplied by, where its inverse belongs.",
            hint=2,
        ),
        Mistake(
            "known features sorted, their values not",
            _known_sorted,
            "the known features were taken in rising order, and the values as they came: they no longer stand side by"
            " side.",
            hint=1,
        ),
        Mistake(
            "covariance not reduced",
            _covariance_unmoved,
            "the mean is right. The covariance is that of before: it has not learned from the known features.",
            hint=3,
        ),
        Mistake(
            "covariance grows",
            _covariance_grows,
            "the mean is right. The covariance has grown: how could one know less after being told something?",
            hint=3,
        ),
        Mistake(
            "a block of the precision",
            _precision_of_the_unknown,
            "the mean is right. Where the covariance should be stands a block of the inverse of Σ. That block is"
            " indeed related to the answer, but it is a precision.",
            hint=3,
        ),
    ),
)


# ── 2  Which component speaks ────────────────────────────────────────────────────────────────────────


def conditional_weights_cases(rng):
    known = np.array([2, 0])
    yield Case("two known features of four", (*mixture(rng, 3, 4), known, rng.normal(size=2)))
    yield Case("one known feature of two", (*mixture(rng, 4, 2), np.array([1]), rng.normal(size=1)))
    far = np.array([150.0, -200.0])
    yield Case("known values far from every mean", (*mixture(rng, 3, 3), np.array([0, 1]), far))


def log_joint_of_known(pi, mu, Sigma, known, values):
    """log πₖ + log N(x_o | …) for every component: (K,)."""
    log_density = [
        multivariate_normal(m[known], S[np.ix_(known, known)]).logpdf(values) for m, S in zip(mu, Sigma)
    ]
    return np.log(pi) + np.array(log_density)


def conditional_weights(pi, mu, Sigma, known, values):
    log_joint = log_joint_of_known(pi, mu, Sigma, known, values)
    return np.exp(log_joint - logsumexp(log_joint))


def _outside_log_space(*args):
    joint = np.exp(log_joint_of_known(*args))
    return joint / joint.sum()


def _without_pi(pi, *others):
    return softmax(log_joint_of_known(np.ones_like(pi), *others))


def _variances_alone(pi, mu, Sigma, *others):
    diagonal = np.array([np.diag(np.diag(S)) for S in Sigma])
    return softmax(log_joint_of_known(pi, mu, diagonal, *others))


def _weights_of_sorted(pi, mu, Sigma, known, values):
    return conditional_weights(pi, mu, Sigma, np.sort(known), values)


def _hard_weights(*args):
    weights = conditional_weights(*args)
    return np.eye(len(weights))[weights.argmax()]


CONDITIONAL_WEIGHTS = Check(
    name="conditional_weights",
    lesson=LESSON,
    points=2,
    reference=conditional_weights,
    cases=conditional_weights_cases,
    laws=(Law("the weights sum to 1.", lambda out, *_: np.isclose(np.sum(out), 1)),),
    expected="array (K,), finite, not negative, with sum 1",
    mistakes=(
        Mistake(
            "weights unchanged",
            lambda pi, *_: pi.copy(),
            "these are the weights of before. A component that hardly explains the known values should lose its say.",
            hint=1,
        ),
        Mistake(
            "weights left out",
            _without_pi,
            "every component counts alike here, however rare it is: π does not appear.",
            hint=1,
        ),
        Mistake(
            "weights not in logarithms",
            lambda pi, *others: softmax(log_joint_of_known(np.exp(pi), *others)),
            "π was added to a log density as it is: a product turns into a sum of logarithms, of both factors.",
            hint=3,
        ),
        Mistake(
            "not normalised",
            lambda *args: np.exp(log_joint_of_known(*args)),
            "these are the joint densities of component and known values. They do not sum to 1 yet.",
            hint=1,
        ),
        Mistake(
            "densities outside log space",
            _outside_log_space,
            "far from every mean each density is 0 for a computer, and 0/0 is no weight.",
            hint=3,
        ),
        Mistake(
            "correlation of the known features ignored",
            _variances_alone,
            "only the variances of the known features take part. They may go together as well.",
            hint=2,
        ),
        Mistake(
            "known features in rising order, their values not",
            _weights_of_sorted,
            "the known features were taken in rising order, and the values as they came: they no longer stand side by"
            " side.",
            hint=2,
        ),
        Mistake(
            "hard assignment",
            _hard_weights,
            "the likeliest component has all the weight. Keep the doubt.",
            hint=1,
        ),
    ),
)


# ── 3  Fill a row ────────────────────────────────────────────────────────────────────────────────────


def fill_row_cases(rng):
    yield Case("two holes in four features", (with_holes(rng, 4, [0, 3]), *mixture(rng, 3, 4)))
    yield Case("one hole in three features", (with_holes(rng, 3, [0, 2]), *mixture(rng, 4, 3)))
    yield Case(
        "known values far from every mean", (with_holes(rng, 3, [1, 2], size=300), *mixture(rng, 2, 3))
    )


def _filled_with(weights_of, mean_of):
    """A row filled with Σₖ weightₖ meanₖ, for weights and means of one's choice."""

    def fill(x, pi, mu, Sigma):
        known, filled = np.flatnonzero(~np.isnan(x)), x.copy()
        weights = weights_of(pi, mu, Sigma, known, x[known])
        means = np.array([mean_of(m, S, known, x[known]) for m, S in zip(mu, Sigma)])
        filled[np.isnan(x)] = weights @ means
        return filled

    return fill


def _regression(m, S, known, values):
    return condition_gaussian(m, S, known, values)[0]


def _own_mean(m, S, known, values):
    return m[unknown(m, known)]


def _weights_of_before(pi, *_):
    return pi


fill_row = _filled_with(conditional_weights, _regression)


def _only_the_holes(x, pi, mu, Sigma):
    return fill_row(x, pi, mu, Sigma)[np.isnan(x)]


FILL_ROW = Check(
    name="fill_row",
    lesson=LESSON,
    points=3,
    reference=fill_row,
    cases=fill_row_cases,
    laws=(
        Law(
            "known entries stay as they are.",
            lambda out, x, *_: np.array_equal(np.asarray(out)[~np.isnan(x)], x[~np.isnan(x)]),
        ),
    ),
    expected="array (d,) without NaN",
    mistakes=(
        Mistake(
            "zeros",
            lambda x, *_: np.nan_to_num(x),
            "the holes are filled with 0, which is a value like any other and was never seen here.",
            hint=1,
        ),
        Mistake(
            "mean of the mixture",
            _filled_with(_weights_of_before, _own_mean),
            "the holes are filled with the mean of the whole mixture: nothing that is known of this row is used.",
            hint=1,
        ),
        Mistake(
            "weights of before",
            _filled_with(_weights_of_before, _regression),
            "each component's regression is right. They are averaged as if the known values said nothing about"
            " the component.",
            hint=2,
        ),
        Mistake(
            "the components' own means",
            _filled_with(conditional_weights, _own_mean),
            "the weights are right. Within a component, the known values move the expected ones as well.",
            hint=2,
        ),
        Mistake(
            "likeliest component alone",
            _filled_with(_hard_weights, _regression),
            "only the likeliest component speaks. That is a fair guess, but it is not the conditional mean.",
            hint=2,
        ),
        Mistake(
            "the holes alone",
            _only_the_holes,
            "the numbers are right, and the rest of the row is missing.",
            hint=3,
        ),
    ),
)


# ── 4  The likelihood of a row with holes ────────────────────────────────────────────────────────────


def known_log_density_cases(rng):
    yield Case("two known features of four", (with_holes(rng, 4, [0, 2]), *mixture(rng, 3, 4)))
    yield Case("a row without holes", (rng.normal(size=3), *mixture(rng, 2, 3)))
    yield Case(
        "known values far from every mean", (with_holes(rng, 3, [0, 1], size=300), *mixture(rng, 3, 3))
    )


def known_log_density(x, pi, mu, Sigma):
    known = np.flatnonzero(~np.isnan(x))
    return float(logsumexp(log_joint_of_known(pi, mu, Sigma, known, x[known])))


def _of_filled(fill):
    """The log density of all features, after the holes have been filled."""
    return lambda x, *theta: known_log_density(fill(x, *theta), *theta)


def _density_outside_log_space(x, pi, mu, Sigma):
    known = np.flatnonzero(~np.isnan(x))
    return np.log(np.exp(log_joint_of_known(pi, mu, Sigma, known, x[known])).sum())


def _mean_of_logs(x, pi, mu, Sigma):
    known = np.flatnonzero(~np.isnan(x))
    return pi @ log_joint_of_known(np.ones_like(pi), mu, Sigma, known, x[known])


def _sum_of_logs(x, pi, mu, Sigma):
    known = np.flatnonzero(~np.isnan(x))
    return log_joint_of_known(pi, mu, Sigma, known, x[known]).sum()


KNOWN_LOG_DENSITY = Check(
    name="known_log_density",
    lesson=LESSON,
    points=2,
    reference=known_log_density,
    cases=known_log_density_cases,
    expected="one finite number, in nats",
    mistakes=(
        Mistake(
            "zeros for the holes",
            _of_filled(lambda x, *_: np.nan_to_num(x)),
            "this judges a row whose holes hold 0. Nobody has said that they do.",
            hint=1,
        ),
        Mistake(
            "holes filled with what is expected",
            _of_filled(fill_row),
            "the holes were filled first, and the whole row judged. That rewards the row for entries that nobody"
            " has seen.",
            hint=1,
        ),
        Mistake(
            "density instead of its logarithm",
            lambda *args: np.exp(known_log_density(*args)),
            "this is the density itself. Wanted is its logarithm.",
            hint=3,
        ),
        Mistake(
            "weights left out",
            lambda x, pi, *others: known_log_density(x, np.ones_like(pi), *others),
            "the components are added up as if each were as common as all together: π does not appear.",
            hint=2,
        ),
        Mistake(
            "sum of the logarithms",
            _sum_of_logs,
            "the logarithms of the components are added up. That multiplies their densities.",
            hint=3,
        ),
        Mistake(
            "mean of the logarithms",
            _mean_of_logs,
            "the logarithms of the components are averaged. The mixture averages densities, and takes one"
            " logarithm of the result.",
            hint=3,
        ),
        Mistake(
            "densities outside log space",
            _density_outside_log_space,
            "far from every mean each density is 0 for a computer, and its logarithm is −∞.",
            hint=3,
        ),
    ),
)


# ── 5  Two workers ───────────────────────────────────────────────────────────────────────────────────


def merge_statistics_cases(rng):
    def part(n, shift):
        X = rng.normal(size=(n, 2)) @ rng.normal(size=(2, 2)) + shift
        return n, X.mean(axis=0), (X - X.mean(axis=0)).T @ (X - X.mean(axis=0))

    yield Case("thirty rows and ten", (*part(30, 2.0), *part(10, -1.0)))
    yield Case("five rows and forty", (*part(5, np.array([3.0, 0.0])), *part(40, np.array([0.0, 1.0]))))
    yield Case("rows far from the origin", (*part(20, 1e7), *part(25, 1e7 + 3)))


def merge_statistics(n_a, mean_a, S_a, n_b, mean_b, S_b):
    n = n_a + n_b
    mean = mean_a + (mean_b - mean_a) * n_b / n
    about_new = [S + m * np.outer(c - mean, c - mean) for S, m, c in ((S_a, n_a, mean_a), (S_b, n_b, mean_b))]
    return n, mean, about_new[0] + about_new[1]


def _merged(
    n_a, mean_a, S_a, n_b, mean_b, S_b, *, mean=None, factor=lambda a, b: a * b / (a + b), D=np.outer
):
    """Chan's formula with one part in another way."""
    n, right_mean, _ = merge_statistics(n_a, mean_a, S_a, n_b, mean_b, S_b)
    delta = mean_b - mean_a
    return n, right_mean if mean is None else mean, S_a + S_b + factor(n_a, n_b) * D(delta, delta)


def _plain_average_of_means(n_a, mean_a, S_a, n_b, mean_b, S_b):
    return _merged(n_a, mean_a, S_a, n_b, mean_b, S_b, mean=(mean_a + mean_b) / 2)


def _scatters_averaged(n_a, mean_a, S_a, n_b, mean_b, S_b):
    n, mean, _ = merge_statistics(n_a, mean_a, S_a, n_b, mean_b, S_b)
    return n, mean, (n_a * S_a + n_b * S_b) / n


def _covariance_of_all(*args):
    n, mean, S = merge_statistics(*args)
    return n, mean, S / n


def _about_the_origin(n_a, mean_a, S_a, n_b, mean_b, S_b):
    n = n_a + n_b
    mean = (n_a * mean_a + n_b * mean_b) / n
    raw = S_a + n_a * np.outer(mean_a, mean_a) + S_b + n_b * np.outer(mean_b, mean_b)
    return n, mean, raw - n * np.outer(mean, mean)


MERGE_STATISTICS = Check(
    name="merge_statistics",
    lesson=LESSON,
    points=3,
    reference=merge_statistics,
    cases=merge_statistics_cases,
    laws=(Law("the scatter is symmetric.", lambda out, *_: np.allclose(out[2], np.transpose(out[2]))),),
    expected="(n, mean (d,), scatter (d, d) about that mean) of all rows together",
    mistakes=(
        Mistake(
            "gap between the means forgotten",
            lambda *args: _merged(*args, factor=lambda a, b: 0),
            "number and mean are right. The scatters were added although they are about two different means.",
            hint=2,
        ),
        Mistake(
            "plain average of the means",
            _plain_average_of_means,
            "both means count alike, however many rows each of them stands for.",
            hint=1,
        ),
        Mistake(
            "scatters averaged",
            _scatters_averaged,
            "the scatters were averaged, as one does with covariances. A scatter is a sum.",
            hint=2,
        ),
        Mistake(
            "covariance instead of scatter",
            _covariance_of_all,
            "this is the covariance of all rows. A scatter is a sum, not a mean.",
            hint=2,
        ),
        Mistake(
            "gap counted once",
            lambda *args: _merged(*args, factor=lambda a, b: 1),
            "the gap between the means comes in once, however many rows there are. Each row lies off the new mean.",
            hint=3,
        ),
        Mistake(
            "gap counted for every row in full",
            lambda *args: _merged(*args, factor=lambda a, b: a + b),
            "the gap between the two means counts in full for every row. Each part is closer to the common mean than"
            " to the other part's.",
            hint=3,
        ),
        Mistake(
            "gap without its off-diagonal",
            lambda *args: _merged(*args, D=lambda a, b: np.diag(a * b)),
            "on the diagonal it is right. A shift in two features at once also shows off the diagonal.",
            hint=3,
        ),
        Mistake(
            "squares about the origin",
            _about_the_origin,
            "right for rows near the origin. Far from it, this subtracts two huge numbers, and their digits are"
            " lost.",
            hint=3,
        ),
    ),
)


# ── 6  What PPCA costs ───────────────────────────────────────────────────────────────────────────────


def ppca_total(K=10, d=64, q=8, *, turns=True, noise=1, weights=9, means=True):
    of_one = d * q - turns * q * (q - 1) // 2 + noise
    return weights + means * K * d + K * of_one


PPCA_COUNT = Check(
    name="ppca_count",
    lesson=LESSON,
    points=2,
    kind="value",
    reference=ppca_total,
    expected="one whole number",
    rtol=0,
    atol=0.5,
    mistakes=(
        Mistake(
            "turns not taken off",
            ppca_total(turns=False),
            "every entry of W was counted as a free choice. Some choices of W give the same covariance.",
            hint=2,
        ),
        Mistake("noise forgotten", ppca_total(noise=0), "the noise σ² of each component is missing.", hint=1),
        Mistake(
            "noise for every pixel",
            ppca_total(noise=64),
            "a noise for every pixel: that would be factor analysis.",
            hint=1,
        ),
        Mistake(
            "one weight too many",
            ppca_total(weights=10),
            "all ten weights were counted, but once nine are chosen the tenth is settled.",
            hint=1,
        ),
        Mistake(
            "turns taken off once",
            ppca_total(turns=False) - 8 * 7 // 2,
            "the turns were taken off for one component. Each of the others has a W that can be turned, too.",
            hint=2,
        ),
        Mistake(
            "weights forgotten, or one noise for all",
            ppca_total(weights=0),
            "this is too few by as many as there are free weights. Are these missing? Or has σ² been counted once,"
            " for all components together?",
            hint=1,
        ),
        Mistake("means forgotten", ppca_total(means=False), "the means are missing.", hint=1),
        Mistake(
            "covariances alone",
            ppca_total(weights=0, means=False),
            "these are the covariances alone. What else does a mixture have?",
            hint=1,
        ),
        Mistake(
            "one component",
            ppca_total(K=1, weights=0),
            "this is a single component. How many are there, and what ties them together?",
            hint=1,
        ),
    ),
)


# ── 7  A handful of labels ───────────────────────────────────────────────────────────────────────────


def clamped_cases(rng):
    yield Case(
        "eight rows, three of them labelled",
        (rng.normal(scale=2, size=(8, 3)), np.array([-1, 0, -1, 2, -1, 1, -1, -1])),
    )
    yield Case(
        "log densities far below zero",
        (-900 + rng.normal(scale=2, size=(5, 4)), np.array([3, -1, 0, -1, -1])),
    )
    yield Case("no label at all", (rng.normal(size=(4, 2)), np.full(4, -1)))


def clamped_responsibilities(log_joint, y):
    R = softmax(log_joint, axis=1)
    for i, label in enumerate(y):
        if label >= 0:
            R[i] = np.eye(log_joint.shape[1])[label]
    return R


def _minus_one_is_a_class(log_joint, y):
    return np.eye(log_joint.shape[1])[y]


def _class_zero_forgotten(log_joint, y):
    return clamped_responsibilities(log_joint, np.where(y > 0, y, -1))


def _one_set_others_kept(log_joint, y):
    R = softmax(log_joint, axis=1)
    R[y >= 0, y[y >= 0]] = 1
    return R


def _labels_ignored(log_joint, y):
    return softmax(log_joint, axis=1)


def _labelled_rows_dropped(log_joint, y):
    return softmax(log_joint, axis=1) * (y < 0)[:, np.newaxis]


def _unlabelled_ignored(log_joint, y):
    return np.eye(log_joint.shape[1])[y] * (y >= 0)[:, np.newaxis]


def _unlabelled_decided(log_joint, y):
    return np.eye(log_joint.shape[1])[np.where(y >= 0, y, log_joint.argmax(axis=1))]


def _clamped_outside_log_space(log_joint, y):
    joint = np.exp(log_joint)
    R = joint / joint.sum(axis=1, keepdims=True)
    R[y >= 0] = np.eye(log_joint.shape[1])[y[y >= 0]]
    return R


def _shared_evenly(log_joint, y):
    return clamped_responsibilities(np.zeros_like(log_joint), y)


CLAMPED_RESPONSIBILITIES = Check(
    name="clamped_responsibilities",
    lesson=LESSON,
    points=2,
    reference=clamped_responsibilities,
    cases=clamped_cases,
    laws=(
        Law("the responsibilities of each row sum to 1.", lambda R, *_: np.allclose(np.sum(R, axis=1), 1)),
    ),
    expected="array (n, K): one row a point, each row summing to 1",
    mistakes=(
        Mistake(
            "minus one taken for a class",
            _minus_one_is_a_class,
            "rows without a label went wholly to the last component: as an index, −1 means the last one.",
            hint=2,
        ),
        Mistake(
            "class 0 taken for unlabelled",
            _class_zero_forgotten,
            "rows of class 0 were treated as if they had no label. Which number says that there is none?",
            hint=2,
        ),
        Mistake(
            "the other entries kept",
            _one_set_others_kept,
            "a labelled row has its 1, and the other components still hold what the densities gave them.",
            hint=2,
        ),
        Mistake(
            "labels ignored",
            _labels_ignored,
            "this is the ordinary E-step: the labels have no effect.",
            hint=2,
        ),
        Mistake(
            "labelled rows left out",
            _labelled_rows_dropped,
            "labelled rows belong to no component now. They are the surest of all.",
            hint=2,
        ),
        Mistake(
            "unlabelled rows left out",
            _unlabelled_ignored,
            "rows without a label belong to no component, so they cannot help.",
            hint=1,
        ),
        Mistake(
            "unlabelled rows decided",
            _unlabelled_decided,
            "rows without a label went wholly to their likeliest component. Only a label gives such certainty.",
            hint=1,
        ),
        Mistake(
            "unlabelled rows shared evenly",
            _shared_evenly,
            "rows without a label are shared evenly, whatever the densities say.",
            hint=1,
        ),
        Mistake(
            "densities outside log space",
            _clamped_outside_log_space,
            "log densities of −900 are nothing unusual with many features, and their exponentials are 0.",
            hint=1,
        ),
    ),
)


# ── 8  The step size ─────────────────────────────────────────────────────────────────────────────────


def stepwise_cases(rng):
    def case(description, t, alpha, n):
        return Case(description, (rng.normal(size=(2, 3)), n * rng.normal(size=(2, 3)), n, t, alpha))

    yield case("the first batch", 0, 0.6, 50)
    yield case("batch number 20", 20, 0.7, 25)
    yield case("a late batch, slow steps", 1000, 1.0, 10)


def stepwise_update(s, batch_sum, n_batch, t, alpha):
    eta = (t + 2) ** -alpha
    return (1 - eta) * s + eta * batch_sum / n_batch


def _step(eta=lambda t, alpha: (t + 2.0) ** -alpha, kept=lambda eta: 1 - eta, per_row=True):
    """The update with one part in another way."""

    def update(s, batch_sum, n_batch, t, alpha):
        share = eta(t, alpha)
        return kept(share) * s + share * batch_sum / (n_batch if per_row else 1)

    return update


STEPWISE_UPDATE = Check(
    name="stepwise_update",
    lesson=LESSON,
    points=2,
    reference=stepwise_update,
    cases=stepwise_cases,
    expected="array of the shape of `s`: the new average per row",
    mistakes=(
        Mistake(
            "sum of the batch instead of its mean",
            _step(per_row=False),
            "`s` is an average per row, and the batch came in as a sum over its rows.",
            hint=1,
        ),
        Mistake(
            "shares exchanged",
            lambda s, b, n, t, alpha: stepwise_update(b / n, s * n, n, t, alpha),
            "old and new have exchanged their shares: the later the batch, the more would it overwrite.",
            hint=2,
        ),
        Mistake(
            "sign of the exponent",
            _step(eta=lambda t, alpha: (t + 2.0) ** alpha),
            "the step size grows with t and exceeds 1. Mind the sign of the exponent.",
            hint=2,
        ),
        Mistake(
            "nothing forgotten",
            _step(kept=lambda eta: 1),
            "the new is added, and nothing of the old is given up for it. This is not an average any more.",
            hint=2,
        ),
        Mistake(
            "constant step",
            _step(eta=lambda t, alpha: alpha),
            "the step size does not depend on t, so the noise of the last batches never averages out.",
            hint=2,
        ),
        Mistake(
            "counted from one",
            _step(eta=lambda t, alpha: (t + 1.0) ** -alpha),
            "the steps are one batch ahead: the very first batch (t = 0) would replace all of `s`.",
            hint=2,
        ),
    ),
)


CHECKS = (
    CONDITION_GAUSSIAN,
    CONDITIONAL_WEIGHTS,
    FILL_ROW,
    KNOWN_LOG_DENSITY,
    MERGE_STATISTICS,
    PPCA_COUNT,
    CLAMPED_RESPONSIBILITIES,
    STEPWISE_UPDATE,
)
