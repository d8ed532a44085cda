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
# Several runs of EM have found the same components, each in an order of its own. Average their means, component by
# component, in the order of the *first* run.
#
# - in: `runs` of shape (m, K, d): the means of m fits
# - out: an array of shape (K, d)
#
# Partners are those pairs, one to one, whose squared distances have the smallest sum. `rows, columns =
# linear_sum_assignment(cost)` finds them: row `rows[j]` of the table belongs to column `columns[j]`, and `rows`
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

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# One run at a time: put it into the order of the first run, then add it up. All m runs take part in the
# average, the first included.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Sorting works on a line and fails in the plane. Asking each mean for its nearest partner can give the same partner
# twice. That is what the one-to-one assignment is for.
#
# </details>
# <details><summary>Hint 3</summary>
#
# Let the rows of the table stand for the first run and the columns for the other. Then the columns say, for
# each component of the first run, where its partner stands in the other. Indexing with them *fetches*.
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

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Imagine m extra points in each component, which lie about its mean with covariance T. What do they add to the
# sum of outer products, and what to the number of points?
#
# </details>
# <details><summary>Hint 2</summary>
#
# Check the two ends. With m = 0 it is lesson 04's covariance. With an enormous m it is T. And the points
# that are counted are those of component k.
#
# </details>
# <details><summary>Hint 3</summary>
#
# $S_k$ is lesson 04's covariance before the division, about the component's own, weighted mean.
#
# </details>

# %% [markdown]
# ## {{best_strength}}
#
# Sixty points to fit, six components, and a prior whose target is the covariance of the data. Which of the four
# strengths would you use? Use what you have been given, and let the right points judge. (One fit takes less
# than a second.)
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

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Two sets of points are there, and one of them has been used up by the fit.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `model.score(points)` is the mean log-likelihood of a point. Print it for all four strengths before you decide.
#
# </details>
