# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm

from mlcourse import GaussianMixture, check
from mlcourse.datasets import elongated_blobs, three_gaussians_1d
from mlcourse.plotting import show, use_course_style

use_course_style()

# %% [markdown]
# Copy the formulas of the E-step and the M-step onto paper. Then write tasks 1 to 4 with the lecture closed: that
# makes the code yours.
#
# ## {{responsibilities_1d}}
#
# Compute the responsibilities of a mixture in one dimension.
#
# - in: `x` of shape (n,), `pi`, `mu`, `var` of shape (K,): weights, means and **variances**
# - out: `R` of shape (n, K), with $r_{ik} = \dfrac{\pi_k N(x_i \mid \mu_k, \sigma_k^2)}{\sum_l \pi_l N(x_i
#   \mid \mu_l, \sigma_l^2)}$
#
# `norm.pdf(x, mean, standard_deviation)` gives the densities. You can ignore underflow here; task 2 deals with it.


# %% task="responsibilities_1d" role="answer"
def responsibilities_1d(x, pi, mu, var):
    """Responsibilities (n, K) of components pi, mu, var (K,) for points x (n,)."""
    ### BEGIN SOLUTION
    joint = pi * norm.pdf(x[:, np.newaxis], mu, np.sqrt(var))
    return joint / joint.sum(axis=1, keepdims=True)
    ### END SOLUTION


# %% task="responsibilities_1d" role="check"
check.responsibilities_1d(responsibilities_1d)

# %% [markdown] tags=["solution-only"]
# Broadcasting writes the formula once for the whole table: numerator first, then one division. A loop over the
# components gives the same; `scipy.special.softmax` of the logarithms, along axis 1, also survives underflow.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Begin with the numerator for one point and one component: a weight times a density. Which of `norm.pdf`'s
# three arguments do you have to convert?
#
# </details>
# <details><summary>Hint 2</summary>
#
# With `x[:, np.newaxis]` the numerators for all points and components come out at once, as a table (n, K).
# Each *row* of it belongs to one point. What must a row sum to, and which `axis` runs along a row? Do not pick
# one component: a division is enough.
#
# </details>

# %% [markdown]
# ## {{log_sum_exp}}
#
# Compute $\log \sum_k e^{a_{ik}}$ for each row. The result must be right for entries of −1000 and of +1000, even in
# the same row. SciPy's `logsumexp` does the same; do it without.
#
# - in: `A` of shape (n, K)
# - out: an array of shape (n,)


# %% task="log_sum_exp" role="answer"
def log_sum_exp(A):
    """log Σ_k exp(A_ik) for every row of A (n, K): an array (n,)."""
    ### BEGIN SOLUTION
    peak = A.max(axis=1, keepdims=True)
    return peak[:, 0] + np.log(np.exp(A - peak).sum(axis=1))
    ### END SOLUTION


# %% task="log_sum_exp" role="check"
check.log_sum_exp(log_sum_exp)

# %% [markdown] tags=["solution-only"]
# Any shift gives the same result on paper. The maximum is the one that makes the largest term $e^0$, so that nothing
# can overflow and at least one term survives. `np.logaddexp.reduce(A, axis=1)` adds two terms at a time.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# A factor $e^m$ may be taken out of the sum, and becomes $+m$ outside the logarithm. Which $m$ makes the
# largest term inside equal to 1? The sum is over $k$: along a row.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Every row has an $m$ of its own. Subtract it inside the exponential, and add it back outside the logarithm.
# With `keepdims=True` the maxima have shape (n, 1), which can be subtracted from (n, K).
#
# </details>

# %% [markdown]
# ## {{e_step}}
#
# - in: `X` of shape (n, d), `pi` (K,), `mu` (K, d), `Sigma` (K, d, d)
# - out: two things, `log_likelihood` of shape (n,) with $\log p(x_i)$, and `R` of shape (n, K)
#
# In one of the test cases the points are a thousand units away from every mean. `multivariate_normal(mean,
# covariance).logpdf(X)` gives one column; you may use your own `log_sum_exp`, or `logsumexp` from SciPy.


# %% task="e_step" role="answer"
def e_step(X, pi, mu, Sigma):
    """Log-likelihood (n,) and responsibilities (n, K)."""
    ### BEGIN SOLUTION
    log_density = [multivariate_normal(m, S).logpdf(X) for m, S in zip(mu, Sigma)]
    A = np.log(pi) + np.transpose(log_density)
    log_likelihood = logsumexp(A, axis=1)
    return log_likelihood, np.exp(A - log_likelihood[:, np.newaxis])
    ### END SOLUTION


# %% task="e_step" role="check"
check.e_step(e_step)

# %% [markdown] tags=["solution-only"]
# The table of $\log \pi_k + \log N$ is built once and used twice: log-sum-exp gives the likelihoods, and a
# subtraction the responsibilities. Cholesky factors, as in the lecture, are faster than `multivariate_normal` and
# just as right.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# You need a table $a_{ik} = \log \pi_k + \log N(x_i \mid \mu_k, \Sigma_k)$. Build it column by column, one
# component at a time. Does each column hold both parts?
#
# </details>
# <details><summary>Hint 2</summary>
#
# $\log p(x_i)$ is the log-sum-exp of row $i$: the components are added up *inside* the logarithm. No
# density is ever computed outside log space.
#
# </details>
# <details><summary>Hint 3</summary>
#
# Dividing by $p(x_i)$ is a subtraction of logarithms. At the very end one exponential turns the
# log-responsibilities into responsibilities. Return the two results in the order given in the task.
#
# </details>

# %% [markdown]
# ## {{m_step}}
#
# - in: `X` of shape (n, d), `R` of shape (n, K)
# - out: `pi` (K,), `mu` (K, d), `Sigma` (K, d, d), by maximum likelihood, without `reg_covar`


# %% task="m_step" role="answer"
def m_step(X, R):
    """Weights (K,), means (K, d) and covariances (K, d, d)."""
    ### BEGIN SOLUTION
    N = R.sum(axis=0)
    mu = R.T @ X / N[:, np.newaxis]
    Sigma = []
    for r_k, N_k, mu_k in zip(R.T, N, mu):
        D = X - mu_k
        Sigma.append((r_k[:, np.newaxis] * D).T @ D / N_k)
    return N / len(X), mu, np.array(Sigma)
    ### END SOLUTION


# %% task="m_step" role="check"
check.m_step(m_step)

# %% [markdown] tags=["solution-only"]
# Centring first is safer than $\overline{xx^{\mathsf T}} - \mu\mu^{\mathsf T}$, which loses digits far from zero. One
# `np.einsum` does it without a loop, and so does `np.cov(X.T, aweights=r, ddof=0)` per component.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Component $k$ owns $N_k = \sum_i r_{ik}$ points. Its mean and its covariance are sums over *its share* of the
# points, divided by how many it owns. Only the weight compares $N_k$ with all $n$ points.
#
# </details>
# <details><summary>Hint 2</summary>
#
# For the covariance of component $k$: first centre, `D = X - mu[k]`, then average $d\,d^{\mathsf T}$ over
# the points, each counted by its responsibility. The result is a full (d, d) matrix.
#
# </details>
# <details><summary>Hint 3</summary>
#
# Multiplying the rows of `D` by $r$ in *one* of the two factors of `D.T @ D` is enough.
#
# </details>

# %% [markdown]
# ## {{fix_em}}
#
# This is `looped_round` from the lecture, a round of EM with a bug. Its likelihood falls in most runs. Find out
# why, and fix it: the function below must do one correct round of EM. It may call your `responsibilities_1d`.
#
# - in: `x` (n,), `pi`, `mu`, `var` (K,)
# - out: the new `pi`, `mu`, `var`


# %% task="fix_em" role="answer"
def fix_em(x, pi, mu, var):
    """One round of EM on the line: new weights, means and variances, each (K,)."""
    ### BEGIN SOLUTION
    R = responsibilities_1d(x, pi, mu, var)
    N = R.sum(axis=0)
    mu = (R * x[:, np.newaxis]).sum(axis=0) / N
    var = (R * (x[:, np.newaxis] - mu) ** 2).sum(axis=0) / N
    return N / len(x), mu, var
    ### STUB
    # pi, R = pi.copy(), np.empty((len(x), len(pi)))
    # for k in range(len(pi)):
    #     joint = pi * norm.pdf(x[:, np.newaxis], mu, np.sqrt(var))
    #     R[:, k] = joint[:, k] / joint.sum(axis=1)
    #     pi[k] = R[:, k].mean()
    # N = R.sum(axis=0)
    # mu = (R * x[:, np.newaxis]).sum(axis=0) / N
    # var = (R * (x[:, np.newaxis] - mu) ** 2).sum(axis=0) / N
    # return pi, mu, var
    ### END SOLUTION


# %% task="fix_em" role="check"
check.fix_em(fix_em)

# %% [markdown] tags=["solution-only"]
# All responsibilities come from the old parameters; only then does anything change. Keeping the loop and storing the
# new weights in another array also works. Normalising the weights afterwards does not, although the likelihood then
# rises: the components are still computed with weights from two rounds.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Sum the rows of `R` when the loop is done. What should they sum to, and do they?
#
# </details>
# <details><summary>Hint 2</summary>
#
# An E-step uses *one* set of parameters for everything. Follow `pi` through the loop with pencil and paper, for
# $K = 2$: which `pi` is used for component 0, and which for component 1?
#
# </details>
# <details><summary>Hint 3</summary>
#
# First compute all responsibilities from the old parameters, then all new parameters. Within the M-step the order
# matters too: a variance is taken about the *new* mean.
#
# </details>

# %% [markdown]
# ## {{fit_em}}
#
# Put it together: `n_iter` rounds of EM from a given start.
#
# - in: `X`, `pi`, `mu`, `Sigma` as above, and the number of rounds `n_iter`
# - out: `return pi, mu, Sigma, bounds`: the parameters after the last M-step, and `bounds` of shape (n_iter,),
#   the **mean** log-likelihood per point, as computed in each E-step


# %% task="fit_em" role="answer"
def fit_em(X, pi, mu, Sigma, n_iter):
    """Weights, means, covariances after n_iter rounds, and the likelihoods (n_iter,) on the way."""
    ### BEGIN SOLUTION
    bounds = []
    for _ in range(n_iter):
        log_likelihood, R = e_step(X, pi, mu, Sigma)
        bounds.append(log_likelihood.mean())
        pi, mu, Sigma = m_step(X, R)
    return pi, mu, Sigma, np.array(bounds)
    ### END SOLUTION


# %% task="fit_em" role="check"
check.fit_em(fit_em)

# %% [markdown] tags=["solution-only"]
# The bound is recorded between the E-step that computes it and the M-step that makes it out of date. Stopping early
# would be useful in practice; here it would hide what the later rounds do.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# One round is one E-step with the current parameters and one M-step with its responsibilities. The M-step's
# results are the current parameters of the next round.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `e_step` gives a log-likelihood for every point. The curve needs one number per round that does not depend
# on how many points there are.
#
# </details>

# %% [markdown]
# When the check passes, try your own EM on the elongated groups of the lecture:
# `fit_em(elongated_blobs()[0], …)`, from a start of your choice. Add a cell and look at the likelihood.

# %% tags=["solution-only"]
X, _ = elongated_blobs()
drawn = np.random.default_rng(1).choice(len(X), size=3, replace=False)
*theta, bounds = fit_em(X, np.full(3, 1 / 3), X[drawn], np.array([np.eye(2)] * 3), 60)
assert np.all(np.diff(bounds) > -1e-9)
print("weights", np.round(theta[0], 4), " mean log-likelihood", round(bounds[-1], 4))

# %% [markdown]
# ## {{falling_likelihood}}
#
# A fellow student shows you their new EM program and its likelihood on the grains of the lecture. It has three
# components, and no `reg_covar`.

# %%
x = three_gaussians_1d()[0][:, 0]
pi, mu, var, path = np.full(3, 1 / 3), np.array([-4.0, 0.0, 2.0]), np.full(3, 8.0), []
for _ in range(16):
    joint = pi * norm.pdf(x[:, np.newaxis], mu, np.sqrt(var))
    path.append(np.log(joint.sum(axis=1)).mean())
    R = joint / joint.sum(axis=1, keepdims=True)
    N = R.sum(axis=0)
    var = R.T @ x**2 / N - mu**2
    pi, mu = N / len(x), R.T @ x / N
assert (np.diff(path[1:]) < -1e-3).any()

# %% tags=["hide-input"]
# Figure: a fellow student's likelihood
ax = plt.figure(figsize=(7, 3)).subplots()
ax.plot(range(1, 16), path[1:], marker="o")
ax.set(xlabel="rounds of EM", ylabel="mean log-likelihood of a grain")
show(
    ax,
    "The likelihood of a fellow student's EM, after each round.",
    "A jagged curve over fifteen rounds. It rises on the whole, but again and again a round ends"
    " lower than the one before. It falls furthest from round eight to ten, and from eleven to twelve.",
)

# %% [markdown]
# The likelihood goes up, but it also goes down. The loop is in the cell above the figure. What do you tell them?
#
# - **A.** A bad start. Try another one, or k-means.
# - **B.** Nearly converged: close to the top EM jumps about a little.
# - **C.** A bug in the line of `var`: its `mu` is still the old one.
# - **D.** Too many components; the M-step overshoots.
# - **E.** A bug in the last line: `pi` and `mu` need an E-step between them.
#
# Answer with a letter in quotes.

# %% task="falling_likelihood" role="answer"
### BEGIN SOLUTION
falling_likelihood = "C"
### END SOLUTION

# %% task="falling_likelihood" role="check"
check.falling_likelihood(falling_likelihood)

# %% [markdown] tags=["solution-only"]
# C. A variance is the mean of $x^2$ minus the square of the mean, and both must be the mean under the *same*
# responsibilities. Here `mu` is one round old, and such a "variance" can even be negative. (The mean of
# $(x - \mu_{\text{old}})^2$ would be harmless: it is too large, but with it the likelihood never falls. That is a
# *generalised* M-step.)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# What does the theorem of Dempster, Laird and Rubin say about one round, whatever the start and however
# many components?
#
# </details>
# <details><summary>Hint 2</summary>
#
# A theorem has no exceptions near the top. If its conclusion fails, what about its assumption, that this
# *is* EM? Compare the program with the formulas of the M-step, line by line: which value is from which round?
#
# </details>

# %% [markdown]
# ## {{largest_weight}}
#
# Fit `GaussianMixture(3, n_init=10, random_state=42)` to `elongated_blobs()`, and let it run until the
# **largest weight** no longer changes in its first five decimals. What is it?

# %% task="largest_weight" role="answer"
### BEGIN SOLUTION
X, _ = elongated_blobs()
model = GaussianMixture(3, n_init=10, random_state=42, tol=1e-10, max_iter=1000).fit(X)
largest_weight = model.weights_.max()
### STUB
# X, _ = elongated_blobs()
# model = GaussianMixture(3, n_init=10, random_state=42)
# largest_weight = ...
### END SOLUTION

# %% task="largest_weight" role="check"
check.largest_weight(largest_weight)

# %% [markdown] tags=["solution-only"]
# A smaller `tol` alone may run into `max_iter`, so both are changed. Making `tol` ten times smaller again, and seeing
# the same five decimals, is the test that this was enough.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Two parameters decide when a run ends: `tol` and `max_iter`. Make one smaller and the other larger, until
# the answer no longer changes.
#
# </details>
# <details><summary>Hint 2</summary>
#
# The weights are in `model.weights_`, in no particular order.
#
# </details>
