# %%
from itertools import islice

import matplotlib.pyplot as plt
import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import logsumexp, softmax, xlogy
from scipy.stats import norm

from mlcourse import check
from mlcourse.datasets import elongated_blobs, three_gaussians_1d
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import em, expectation_over, mixture_from_responsibilities
from mlcourse.plotting import color, plot_ellipses, plot_points, show, use_course_style

use_course_style()

# %% [markdown]
# ## {{kl_gap}}
#
# The bound of a point is below its log-likelihood by the divergence of the guess from the responsibilities. Compute
# this divergence for each point.
#
# - in: `Q` of shape (n, K), a guess, and `R` of shape (n, K), the responsibilities; all rows sum to 1. Every
#   entry of `R` is positive; entries of `Q` may be 0.
# - out: an array of shape (n,), with $\mathrm{KL}(q_i \,\|\, r_i) = \sum_k q_{ik} \log \dfrac{q_{ik}}{r_{ik}}$
#
# SciPy has this as `rel_entr`, `kl_div` and `entropy`. Do it without.


# %% task="kl_gap" role="answer"
def kl_gap(Q, R):
    """Σ_k q_ik log(q_ik / r_ik) for every point: an array (n,)."""
    ### BEGIN SOLUTION
    return (xlogy(Q, Q) - Q * np.log(R)).sum(axis=1)
    ### END SOLUTION


# %% task="kl_gap" role="check"
check.kl_gap(kl_gap)

# %% [markdown] tags=["solution-only"]
# `xlogy` gives 0 where the guess is 0. `rel_entr(Q, R)` does the whole term. Without SciPy, a mask of the positive
# entries or `np.where(Q > 0, Q, 1)` inside the logarithm also work. Adding 1e-12 changes every number, but too little
# for the check to notice.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# It is a mean, weighted by the guess, of $\log q - \log r$. It must be 0 when the guess equals the responsibilities.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Each row gives one number. For a guess of 0, the term is 0, since $q \log q \to 0$ as $q \to 0$. NumPy does not
# know that: try `0 * np.log(0)`. `xlogy` gets it right.
#
# </details>

# %% [markdown]
# ## {{fix_elbo}}
#
# A colleague plots the evidence lower bound along with the likelihood. After each E-step the two should meet, but
# they never do:

# %%
x = three_gaussians_1d()[0][:, 0]
mu, likelihoods, bounds = np.array([-1.0, 0.0, 1.0]), [], []
for _ in range(12):
    A = np.log(1 / 3) + norm.logpdf(x[:, np.newaxis], mu, 1.3)
    R = softmax(A, axis=1)
    likelihoods.append(logsumexp(A, axis=1).mean())
    bounds.append(((R * A).sum(axis=1) + xlogy(R, R).sum(axis=1)).mean())
    mu = x @ R / R.sum(axis=0)

# %% tags=["hide-input"]
# Figure: likelihood and bound
ax = plt.figure(figsize=(7, 3)).subplots()
ax.plot(range(1, 13), likelihoods, color=color(0), marker="o", label="log-likelihood")
ax.plot(
    range(1, 13), bounds, color=color(1), marker="s", linestyle="--", label="the colleague's bound"
)
ax.set(xlabel="E-steps", ylabel="mean over the points")
ax.legend()
show(
    ax,
    "Likelihood and bound, right after each E-step.",
    "Two rising curves over twelve E-steps. The dashed one, the bound, stays below the other"
    " all the way.",
)

# %% [markdown]
# The EM itself is correct, and so is every responsibility. Below is the function that computes the bound. Fix it.
#
# - in: `A` of shape (n, K), with $\log p(x_i, k)$; `Q` of shape (n, K), any guess
# - out: an array of shape (n,), the bound of each point


# %% task="fix_elbo" role="answer"
def fix_elbo(A, Q):
    """The evidence lower bound of every point, for the guess Q: an array (n,)."""
    ### BEGIN SOLUTION
    fit = (Q * A).sum(axis=1)
    entropy = -xlogy(Q, Q).sum(axis=1)
    return fit + entropy
    ### STUB
    # fit = (Q * A).sum(axis=1)
    # entropy = xlogy(Q, Q).sum(axis=1)
    # return fit + entropy
    ### END SOLUTION


# %% task="fix_elbo" role="check"
check.fix_elbo(fix_elbo)

# %% [markdown] tags=["solution-only"]
# The sign was wrong. EM worked all the same, because the entropy does not depend on the parameters, so the M-step
# never sees it. `scipy.special.entr` has the minus sign inside, which makes this bug impossible.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Take one point, K = 2 and the guess (0.5, 0.5). Compute both parts by hand, and the log-likelihood, with `A`
# equal to (−1, −1). By how much does the bound miss?
#
# </details>
# <details><summary>Hint 2</summary>
#
# Test each part separately. Entropy measures uncertainty. What should it be for a guess of (1, 0), and should it be
# positive or negative for (0.5, 0.5)?
#
# </details>
# <details><summary>Hint 3</summary>
#
# Guesses of 0 are allowed. Whatever you change, keep what makes $0 \log 0$ equal to 0.
#
# </details>

# %% [markdown]
# ## {{mean_gradient}}
#
# With the guess fixed at `R`, the sum of the bounds of all points depends on the means through
# $\sum_i \sum_k r_{ik} \log N(x_i \mid \mu_k, \Sigma_k)$. Compute its slope in every coordinate of every mean:
#
# $$ \frac{\partial}{\partial \mu_k} = \sum_i r_{ik}\, \Sigma_k^{-1} (x_i - \mu_k) $$
#
# - in: `X` (n, d), `R` (n, K), `mu` (K, d), `Sigma` (K, d, d)
# - out: an array of shape (K, d)
#
# The check compares your result with finite differences. No inverse, please: `np.linalg.solve(Sigma[k], v)` is
# $\Sigma_k^{-1} v$.


# %% task="mean_gradient" role="answer"
def mean_gradient(X, R, mu, Sigma):
    """Slope of Σ_i Σ_k r_ik log N(x_i | mu_k, Sigma_k) in the means: an array (K, d)."""
    ### BEGIN SOLUTION
    gradient = np.empty(mu.shape)
    for k in range(len(mu)):
        gradient[k] = np.linalg.solve(Sigma[k], R[:, k] @ (X - mu[k]))
    return gradient
    ### END SOLUTION


# %% task="mean_gradient" role="check"
check.mean_gradient(mean_gradient)

# %% [markdown] tags=["solution-only"]
# The same $\Sigma_k$ serves all points, so one `solve` per component is enough. `np.linalg.solve` also accepts all
# components at once. An inverse would give the same numbers here, and worse ones for a narrow component.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Every point pulls mean k towards itself, along the vector from the mean to the point, in proportion to its
# responsibility. Add up these pulls first.
#
# </details>
# <details><summary>Hint 2</summary>
#
# $\Sigma_k^{-1}$ is the same for all points, so it may be applied once, to the sum. It is the inverse of a
# *matrix*.
#
# </details>
# <details><summary>Hint 3</summary>
#
# Do not divide by $N_k$ at the end. That division belongs to the means of the M-step, where this slope is zero.
#
# </details>

# %% [markdown]
# ## {{exponential_m_step}}
#
# The proof does not need the components to be Gaussian. Here the data are waiting times: component $k$ has the
# density $\lambda_k e^{-\lambda_k x}$ for $x > 0$, with a *rate* $\lambda_k$. With `R` fixed, the part of the bound
# that depends on the parameters is
#
# $$ \sum_i \sum_k r_{ik} \left[ \log \pi_k + \log \lambda_k - \lambda_k x_i \right] $$
#
# Derive the M-step with pencil and paper, then write it.
#
# - in: `x` of shape (n,), positive numbers; `R` of shape (n, K)
# - out: `return weights, rates`: the new $\pi$ and the new $\lambda$, each of shape (K,)


# %% task="exponential_m_step" role="answer"
def exponential_m_step(x, R):
    """The weights (K,) and rates (K,) that maximise the bound."""
    ### BEGIN SOLUTION
    N = R.sum(axis=0)
    return N / len(x), N / (x @ R)
    ### END SOLUTION


# %% task="exponential_m_step" role="check"
check.exponential_m_step(exponential_m_step)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The weights and the rates are in separate terms, so you can maximise one at a time. The term of the weights is the
# same as for Gaussians.
#
# </details>
# <details><summary>Hint 2</summary>
#
# The derivative with respect to $\lambda_k$ has a term with $1/\lambda_k$ and one without. When is their sum zero?
#
# </details>
# <details><summary>Hint 3</summary>
#
# A rate is a number of events divided by a time. How many points does component k own, and how long did they take
# together?
#
# </details>

# %% [markdown] tags=["solution-only"]
# The derivative is $N_k / \lambda_k - \sum_i r_{ik} x_i = 0$. So the rate is one over the weighted mean, and
# `1 / np.average(x, weights=R[:, k])` for each component is just as good. The weights follow from the Lagrange
# multiplier of the lecture, unchanged.

# %% [markdown]
# ## {{hardening_round}}
#
# One round of EM for components of equal weight that share one width: $\Sigma_k = \sigma^2 I$, and $\sigma$ is
# given.
#
# - in: `X` (n, d), `mu` (K, d), and the number `sigma`
# - out: `return R, means`: the responsibilities (n, K) under the old means, and the new means (K, d)
#
# One of the test cases has `sigma=0.001`. `cdist(X, mu, "sqeuclidean")` gives the squared distances (n, K).


# %% task="hardening_round" role="answer"
def hardening_round(X, mu, sigma):
    """Responsibilities (n, K) and new means (K, d), for equal weights and covariances sigma² I."""
    ### BEGIN SOLUTION
    A = -cdist(X, mu, "sqeuclidean") / (2 * sigma**2)
    R = np.exp(A - logsumexp(A, axis=1, keepdims=True))
    return R, R.T @ X / R.sum(axis=0)[:, np.newaxis]
    ### END SOLUTION


# %% task="hardening_round" role="check"
check.hardening_round(hardening_round)

# %% [markdown] tags=["solution-only"]
# Everything that is equal for all components cancels, and only the exponent is left. `softmax` subtracts the row's
# maximum by itself, so `softmax(A, axis=1)` is as good as the two lines with `logsumexp`.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Weights and the constants of the density are the same for all components, and cancel. What is left in the
# exponent? It has no unit: it is a squared length divided by a squared length, times a number.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Stay in logarithms until each row has been normalised. With $\sigma = 0.001$ the exponents run into millions.
#
# </details>
# <details><summary>Hint 3</summary>
#
# The means are those of lesson 04's M-step: a weighted sum over the points, divided by how many points the
# component owns. Compute the responsibilities first.
#
# </details>

# %% [markdown]
# ## {{stuck_start}}
#
# A fellow student fits three components to the elongated groups. They start with equal weights, and give all
# components the mean and the covariance of the whole data set, "so that no component is favoured". Here are the
# likelihood and the ellipses after thirty rounds. There is no bug in the program.

# %%
X, _ = elongated_blobs()
even = np.full((len(X), 3), 1 / 3)
start = mixture_from_responsibilities(X, even, CovarianceType.named("full"))
steps = list(islice(em(expectation_over(X), start), 30))

# %% tags=["hide-input"]
# Figure: thirty rounds of EM
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8))
plot_points(X, sizes=8, ax=left)
plot_ellipses(steps[-1].mixture.means, steps[-1].mixture.covariances, n_std=(1, 2), ax=left)
right.plot(range(1, 31), [round(step.lower_bound, 6) for step in steps], marker="o", markersize=4)
right.set(xlabel="rounds of EM", ylabel="mean log-likelihood", ylim=(-4, -3))
show(
    fig,
    "Thirty rounds of EM, three components.",
    "Left, three groups of points under what looks like a single pair of large ellipses. Right,"
    " a likelihood that is the same, about −3.7, in all thirty rounds.",
)

# %% [markdown]
# What do you tell them?
#
# - **A.** The data need only one component, and EM has found that out.
# - **B.** There must be a bug: a likelihood has to rise.
# - **C.** EM is at a stationary point that is not a maximum. The start has to break the symmetry.
# - **D.** EM stops too early. Make the tolerance smaller.
#
# Answer with a letter in quotes.

# %% task="stuck_start" role="answer"
### BEGIN SOLUTION
stuck_start = "C"
### END SOLUTION

# %% task="stuck_start" role="check"
check.stuck_start(stuck_start)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Three components with the same weight, mean and covariance: what are the responsibilities of any point? What
# will the M-step give to each component?
#
# </details>
# <details><summary>Hint 2</summary>
#
# Will round thirty-one be different from round thirty? Compare with Figures 3 and 4 of the lecture. What is EM
# guaranteed to find, and what not?
#
# </details>
