# %%
import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from mlcourse import GaussianMixture, check
from mlcourse.datasets import elongated_blobs
from mlcourse.plotting import use_course_style

use_course_style()

# %% [markdown]
# ## {{average_runs}}
#
# Several runs of EM have found the same components, but each in its own order. Average their means, component by
# component, in the order of the *first* run.
#
# - in: `runs` of shape (m, K, d): the means of m fits
# - out: an array of shape (K, d)
#
# Pair the components one to one, so that the sum of the squared distances is as small as possible. `rows, columns =
# linear_sum_assignment(cost)` finds the pairs: row `rows[j]` of the table belongs to column `columns[j]`, and `rows`
# is 0, 1, 2, …


# %% task="average_runs" role="answer"
def average_runs(runs):
    """Mean over runs (m, K, d) of the components' means, aligned to the first run: an array (K, d)."""
    ### BEGIN SOLUTION
    total = np.zeros(runs[0].shape)
    for run in runs:
        _, partners = linear_sum_assignment(cdist(runs[0], run, "sqeuclidean"))
        total += run[partners]
    return total / len(runs)
    ### END SOLUTION


# %% task="average_runs" role="check"
check.average_runs(average_runs)

# %% [markdown] tags=["solution-only"]
# The assignment is one to one, so no two components share a partner. `align_components(runs[0], run)` from
# `mlcourse.metrics` finds the same partners in one call. Sorting would be enough only in one dimension.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# One run at a time: put it into the order of the first run, then add it up. All m runs take part in the
# average, the first included.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Sorting works on a line and fails in the plane. Pairing each mean with the nearest one can use the same partner
# twice. The one-to-one assignment prevents that.
#
# </details>
# <details><summary>Hint 3</summary>
#
# Let the rows of the table be the first run and the columns the other. Then the columns say, for
# each component of the first run, where its partner is in the other. Indexing with them *fetches* the partners.
#
# </details>

# %% [markdown]
# ## {{narrowest}}
#
# You can recognise a spike by a variance that is close to `reg_covar`. But a component can be as thin as a needle and
# still have large variances along both axes: it only has to be tilted. So compute the smallest variance of each
# component in *any* direction.
#
# - in: `covariances` of shape (K, d, d)
# - out: an array of shape (K,)


# %% task="narrowest" role="answer"
def narrowest(covariances):
    """The smallest variance of each component, over all directions: an array (K,)."""
    ### BEGIN SOLUTION
    return np.linalg.eigvalsh(covariances)[:, 0]
    ### END SOLUTION


# %% task="narrowest" role="check"
check.narrowest(narrowest)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Think of the ellipse. Lesson 03 read its directions and half-lengths from a covariance. Which of the half-lengths do
# you need?
#
# </details>
# <details><summary>Hint 2</summary>
#
# `np.linalg.eigvalsh` works on all K matrices at once and sorts the eigenvalues. Here these are variances.
#
# </details>

# %% [markdown] tags=["solution-only"]
# `eigvalsh` is for symmetric matrices, accepts a whole stack, and sorts its result in ascending order. For a
# covariance the singular values are the same numbers, so `np.linalg.svd` works too.

# %% [markdown]
# ## {{best_run}}
#
# A colleague runs EM twenty times, leaves out the runs with a spike, and keeps the best of the rest. But the run that
# the program keeps is far from the best. Find the bug.
#
# - in: `scores` of shape (m,), the mean log-likelihoods of the runs; `smallest` of shape (m,), the smallest variance
#   in each run; `limit`: a run whose smallest variance is not above it has a spike. At least one run has none.
# - out: the index of the run to keep, counted among all m runs


# %% task="best_run" role="answer"
def best_run(scores, smallest, limit):
    """The index of the run with the highest score among those without a spike."""
    ### BEGIN SOLUTION
    return np.argmax(np.where(smallest > limit, scores, -np.inf))
    ### STUB
    # return np.argmax(scores[smallest > limit])
    ### END SOLUTION


# %% task="best_run" role="check"
check.best_run(best_run)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Try it with four runs, of which the first has a spike. Which index do you expect, and which do you get?
#
# </details>
# <details><summary>Hint 2</summary>
#
# Selecting makes the array shorter, and an index into the shorter array no longer fits the original. Either keep the
# array long, or remember where its entries came from.
#
# </details>

# %% [markdown] tags=["solution-only"]
# The bug: the index counts only the runs without a spike. Scores of −∞ keep the array at its full length.
# Indexing into `np.flatnonzero(smallest > limit)` works as well.

# %% [markdown]
# ## {{immune_fit}}
#
# Thirty points, eight components, and the four covariance types: spherical, diag, tied and full, in an order that you
# do not know. Each column has the mean log-likelihoods of one type as `reg_covar` shrinks.

# %% tags=["hide-input"]
# The table
rows = np.random.default_rng(0).permutation(elongated_blobs()[0])[:30]
order = np.random.default_rng(7).permutation(["full", "tied", "diag", "spherical"])
print("reg_covar        A        B        C        D")
for reg_covar in (1e-2, 1e-4, 1e-6, 1e-9):
    print(f"{reg_covar:8g}", end=" ")
    for kind in order:
        model = GaussianMixture(8, covariance_type=kind, reg_covar=reg_covar, random_state=0)
        print(f"{model.fit(rows).score(rows):8.2f}", end=" ")
    print()

# %% [markdown]
# Which column is tied? Answer with a letter in quotes.

# %% task="immune_fit" role="answer"
### BEGIN SOLUTION
immune_fit = "C"
### END SOLUTION

# %% task="immune_fit" role="check"
check.immune_fit(immune_fit)

# %% tags=["solution-only"]
assert order["ABCD".index(immune_fit)] == "tied"

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Which of the four types cannot put a spike on a few points, because all components share one covariance?
#
# </details>
# <details><summary>Hint 2</summary>
#
# A spike grows as `reg_covar` shrinks. Which column stops growing?
#
# </details>

# %% [markdown]
# ## {{map_covariances}}
#
# The M-step for covariances with an inverse-Wishart prior of strength `m` and target `T`, the same for all
# components:
#
# $$ \Sigma_k = \frac{S_k + m\,T}{N_k + m}, \qquad S_k = \sum_i r_{ik} (x_i - \mu_k)(x_i - \mu_k)^{\mathsf T} $$
#
# - in: `X` (n, d), `R` (n, K), `T` (d, d), and the number `m`. The means $\mu_k$ are those of the M-step;
#   compute them.
# - out: an array of shape (K, d, d)


# %% task="map_covariances" role="answer"
def map_covariances(X, R, T, m):
    """Covariances (K, d, d), each pulled towards T by m imagined points."""
    ### BEGIN SOLUTION
    covariances = []
    for r in R.T:
        D = X - r @ X / r.sum()
        S = (r[:, np.newaxis] * D).T @ D
        covariances.append((S + m * T) / (r.sum() + m))
    return np.array(covariances)
    ### END SOLUTION


# %% task="map_covariances" role="check"
check.map_covariances(map_covariances)

# %% [markdown] tags=["solution-only"]
# With one component at a time, the code looks like the formula. There is a shorter way:
# `np.cov(X.T, aweights=r, ddof=0)` is $S_k / N_k$, and the result is its average with T, weighted by $N_k$ and m.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Imagine m extra points in each component, around its mean and with covariance T. What do they add to the
# sum of outer products, and what to the number of points?
#
# </details>
# <details><summary>Hint 2</summary>
#
# Check the two extremes. With m = 0 the result is lesson 04's covariance. With an enormous m it is T. And count only
# the points of component k.
#
# </details>
# <details><summary>Hint 3</summary>
#
# $S_k$ is lesson 04's covariance before the division, about the component's own, weighted mean.
#
# </details>

# %% [markdown]
# ## {{climb_end}}
#
# Near its end EM converges linearly: each increase of the likelihood is the one before it times a constant rate. So
# three values are enough to predict where the climb will end. This is Aitken's method. With the last three values
# $a$, $b$, $c$ the rate is $\rho = (c - b) / (b - a)$, and the increases still to come are
#
# $$ (c - b)\,\rho + (c - b)\,\rho^2 + (c - b)\,\rho^3 + \dots $$
#
# - in: `path`, an array of three or more likelihoods, one per round, with $0 < \rho < 1$
# - out: the predicted limit, a number


# %% task="climb_end" role="answer"
def climb_end(path):
    """The limit of the path, predicted from its last three values."""
    ### BEGIN SOLUTION
    a, b, c = path[-3:]
    rate = (c - b) / (b - a)
    return c + (c - b) * rate / (1 - rate)
    ### END SOLUTION


# %% task="climb_end" role="check"
check.climb_end(climb_end)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Take the last three values, and divide the later of the two increases by the earlier one.
#
# </details>
# <details><summary>Hint 2</summary>
#
# A geometric series: $\rho + \rho^2 + \rho^3 + \dots = \rho / (1 - \rho)$.
#
# </details>

# %% [markdown] tags=["solution-only"]
# The textbook form of the same number is $a - (b - a)^2 / (c - 2b + a)$. It subtracts numbers that are nearly equal,
# so trust the *predicted* distance to the limit only while the increases are well above rounding errors.

# %% [markdown]
# ## {{best_strength}}
#
# You have sixty points to fit, six components, and a prior whose target is the covariance of the data. Which of the
# four strengths would you use? Compare them on the right points. (One fit takes less than a second.)
#
# `GaussianMixture(6, covariance_prior="data", prior_strength=m, n_init=5, random_state=0, max_iter=500)` is the
# model.

# %%
shuffled = np.random.default_rng(0).permutation(elongated_blobs(random_state=1)[0])
train, validation = shuffled[:60], shuffled[60:200]
strengths = [0.03, 0.3, 3.0, 30.0]

# %% task="best_strength" role="answer"
# Fit, score, and then set:
### BEGIN SOLUTION
scores = []
for m in strengths:
    model = GaussianMixture(
        6, covariance_prior="data", prior_strength=m, n_init=5, random_state=0, max_iter=500
    )
    scores.append(model.fit(train).score(validation))
best_strength = strengths[np.argmax(scores)]
### STUB
# best_strength = ...
### END SOLUTION

# %% task="best_strength" role="check"
check.best_strength(best_strength)

# %% [markdown] tags=["solution-only"]
# You cannot choose on the training points: they always favour the weakest prior. With 140 validation points the
# neighbours 0.3 and 3 can be close, so report the range as well as the winner.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# You have two sets of points. Which of them has the fit already used?
#
# </details>
# <details><summary>Hint 2</summary>
#
# `model.score(points)` is the mean log-likelihood per point. Print it for all four strengths before you decide.
#
# </details>
