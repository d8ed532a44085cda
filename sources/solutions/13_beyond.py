# %%
import numpy as np
from scipy.special import logsumexp, softmax
from scipy.stats import multivariate_normal

from mlcourse import GaussianMixture, check
from mlcourse.datasets import load_iris
from mlcourse.plotting import use_course_style

use_course_style()

# %% [markdown]
# ## {{condition_gaussian}}
#
# Condition one Gaussian. (Tasks 1 to 3 belong to part 1 of the lecture.)
#
# - in: `mu` (d,), `Sigma` (d, d), `known` (o,): which features are known, and `values` (o,): their values, in
#   the order of `known`
# - out: two things, mean (u,) and covariance (u, u) of the features that are not in `known`, in their order
#
# The order of `known` may be anything, such as `[3, 0, 4]`. `np.ix_(rows, columns)` cuts a block out of a
# matrix.


# %% task="condition_gaussian" role="answer"
def condition_gaussian(mu, Sigma, known, values):
    """Mean (u,) and covariance (u, u) of the other features, given the values of those that are known."""
    ### BEGIN SOLUTION
    rest = np.setdiff1d(np.arange(len(mu)), known)
    slopes = np.linalg.solve(Sigma[np.ix_(known, known)], Sigma[np.ix_(known, rest)])
    mean = mu[rest] + (values - mu[known]) @ slopes
    return mean, Sigma[np.ix_(rest, rest)] - Sigma[np.ix_(rest, known)] @ slopes
    ### END SOLUTION


# %% task="condition_gaussian" role="check"
check.condition_gaussian(condition_gaussian)

# %% [markdown] tags=["solution-only"]
# `solve` finds the slopes without an inverse, and both results use them. The blocks of $\Sigma^{-1}$ work too: the
# covariance is the inverse of its block for the unknown features.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The mean starts at the old mean. It moves by the difference between the known values and *their* means, times
# slopes.
#
# </details>
# <details><summary>Hint 2</summary>
#
# The slopes are $\Sigma_{oo}^{-1}\Sigma_{ou}$, of shape (o, u). `np.linalg.solve(A, B)` is $A^{-1}B$ without an
# inverse.
#
# </details>
# <details><summary>Hint 3</summary>
#
# The covariance starts at the block $\Sigma_{uu}$, and something is subtracted that contains the same slopes. The
# values do not appear in it.
#
# </details>

# %% [markdown]
# ## {{conditional_weights}}
#
# The weights of a mixture when some features are known: $\pi_{k|o} \propto \pi_k\, N(x_o \mid \mu_{k,o},
# \Sigma_{k,oo})$.
#
# - in: `pi` (K,), `mu` (K, d), `Sigma` (K, d, d), and `known` and `values` as in task 1
# - out: an array (K,) that sums to 1
#
# In one of the cases the known values are very far from all means. `multivariate_normal(mean, covariance)` has a
# method `logpdf`; `softmax` and `logsumexp` are imported too.


# %% task="conditional_weights" role="answer"
def conditional_weights(pi, mu, Sigma, known, values):
    """How probable each component (K,) is, given the known features alone."""
    ### BEGIN SOLUTION
    log_density = [
        multivariate_normal(m[known], S[np.ix_(known, known)]).logpdf(values)
        for m, S in zip(mu, Sigma)
    ]
    return softmax(np.log(pi) + log_density)
    ### END SOLUTION


# %% task="conditional_weights" role="check"
check.conditional_weights(conditional_weights)

# %% [markdown] tags=["solution-only"]
# `softmax` of log densities is the whole E-step. Writing the Gaussian out with a Cholesky factor and `logsumexp`
# gives the same.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# These are responsibilities, as in lesson 04: how common is the component, and how well does it explain what is
# known? Then a division, so that they sum to 1.
#
# </details>
# <details><summary>Hint 2</summary>
#
# The density of the known features alone has the entries of the mean, and the *block* of the covariance, that
# belong to them. Leaving features out of a Gaussian takes no more than that.
#
# </details>
# <details><summary>Hint 3</summary>
#
# Add logarithms, and leave log space with a function that subtracts the largest one first.
#
# </details>

# %% [markdown]
# ## {{fill_row}}
#
# Replace each NaN of a row by its conditional mean under a mixture.
#
# - in: `x` (d,) with NaN for what is not known, `pi` (K,), `mu` (K, d), `Sigma` (K, d, d)
# - out: a new array (d,): known entries as they were, no NaN
#
# Use your functions of tasks 1 and 2.


# %% task="fill_row" role="answer"
def fill_row(x, pi, mu, Sigma):
    """x (d,) with every NaN replaced by its conditional mean."""
    ### BEGIN SOLUTION
    known = np.flatnonzero(~np.isnan(x))
    weights = conditional_weights(pi, mu, Sigma, known, x[known])
    means = [condition_gaussian(m, S, known, x[known])[0] for m, S in zip(mu, Sigma)]
    filled = x.copy()
    filled[np.isnan(x)] = weights @ np.array(means)
    return filled
    ### END SOLUTION


# %% task="fill_row" role="check"
check.fill_row(fill_row)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `np.isnan(x)` says which entries are unknown. What goes into the holes should depend on the known entries of *this*
# row.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Each component has its own conditional mean (task 1) and its own weight (task 2). The answer is the weighted
# average.
#
# </details>
# <details><summary>Hint 3</summary>
#
# Work on a copy of the row, and write into its holes. The holes and the conditional means are both in the order of
# the features.
#
# </details>

# %% tags=["solution-only"]
flowers, _ = load_iris()
model = GaussianMixture(3, reg_covar=0.01, random_state=0).fit(flowers)
row = np.array([5.0, 3.4, np.nan, np.nan])
print(fill_row(row, model.weights_, model.means_, model.covariances_).round(2))

# %% [markdown]
# ## {{known_log_density}}
#
# The log-likelihood that EM climbs when data have holes is that of the known entries. Write it for one row. (Tasks 4
# and 5 belong to part 2.)
#
# - in: as in task 3; a row may also be without holes
# - out: one number, $\log p(x_o)$, in nats


# %% task="known_log_density" role="answer"
def known_log_density(x, pi, mu, Sigma):
    """The log density of the known entries of x (d,)."""
    ### BEGIN SOLUTION
    seen = np.flatnonzero(~np.isnan(x))
    blocks = zip(mu[:, seen], Sigma[:, seen[:, np.newaxis], seen])
    return logsumexp(np.log(pi) + [multivariate_normal(m, S).logpdf(x[seen]) for m, S in blocks])
    ### END SOLUTION


# %% task="known_log_density" role="check"
check.known_log_density(known_log_density)

# %% [markdown] tags=["solution-only"]
# No integral is needed, because leaving out rows and columns of $\Sigma$ marginalises a Gaussian. `logsumexp(...,
# b=pi)` saves the logarithm of the weights.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Nothing has to be filled in. The mixture of the known features is the same mixture with the other features left
# out.
#
# </details>
# <details><summary>Hint 2</summary>
#
# You have computed $\log \pi_k + \log N(x_o \mid \dots)$ for each component in task 2. What is their sum as
# densities, before the division?
#
# </details>
# <details><summary>Hint 3</summary>
#
# Sum the densities inside one logarithm. A function from lesson 04 does that without leaving log space.
#
# </details>

# %% [markdown]
# ## {{missing_m_step}}
#
# The M-step of EM for rows with holes, with full covariances.
#
# - in: `X` (n, d) with NaN for what is missing, `R` (n, K) the responsibilities, and the current `mu` (K, d) and
#   `Sigma` (K, d, d)
# - out: three things, the new weights (K,), means (K, d) and covariances (K, d, d)
#
# For component $k$, let $\hat x_{ik}$ be row $i$ with its holes filled by the conditional mean under component $k$
# (current parameters), and $C_{ik}$ the (d, d) conditional covariance of the holes, with 0 wherever an entry is
# known. With $N_k = \sum_i r_{ik}$:
#
# $$ \begin{aligned}
# \pi_k &= N_k / n \\
# \mu_k &= \frac{1}{N_k} \sum_i r_{ik}\, \hat x_{ik} \\
# \Sigma_k &= \frac{1}{N_k} \sum_i r_{ik} \left[ (\hat x_{ik} - \mu_k)(\hat x_{ik} - \mu_k)^{\mathsf T}
#     + C_{ik} \right]
# \end{aligned} $$
#
# The $\mu_k$ in the last line is the new one. Every row has at least one known entry. Use your function of task 1.


# %% task="missing_m_step" role="answer"
def missing_m_step(X, R, mu, Sigma):
    """New weights (K,), means (K, d) and covariances (K, d, d), from rows with NaN."""
    ### BEGIN SOLUTION
    N = R.sum(axis=0)
    new_mu, new_Sigma = np.empty_like(mu), np.empty_like(Sigma)
    for k in range(len(N)):
        filled, C = X.copy(), np.zeros(Sigma[k].shape)
        for i, x in enumerate(X):
            known, holes = np.flatnonzero(~np.isnan(x)), np.flatnonzero(np.isnan(x))
            filled[i, holes], cov = condition_gaussian(mu[k], Sigma[k], known, x[known])
            C[np.ix_(holes, holes)] += R[i, k] * cov
        new_mu[k] = R[:, k] @ filled / N[k]
        D = filled - new_mu[k]
        new_Sigma[k] = (R[:, k] * D.T @ D + C) / N[k]
    return N / len(X), new_mu, new_Sigma
    ### END SOLUTION


# %% task="missing_m_step" role="check"
check.missing_m_step(missing_m_step)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Without holes this is the M-step of lesson 04. All rows take part, and every sum is divided by $N_k$, or by $n$
# for the weights.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Complete the rows once per component, because each component expects something else in the holes. Task 1 gives
# you what it expects, from the known entries of the row.
#
# </details>
# <details><summary>Hint 3</summary>
#
# Task 1 also returns the covariance of the holes. Multiply it by the responsibility of the row, and add it to the
# block of the holes: `C[np.ix_(holes, holes)]`. The scatter comes afterwards, about the new mean.
#
# </details>

# %% [markdown]
# ### A table of ratings
#
# Recommender systems start from a table like the next one: people rate films from about 1 to 5, and most entries are
# missing. The people in it belong to three groups with different tastes. Each person has also rated one more film
# than the table shows, and you can try to predict that rating.

# %%
rng = np.random.default_rng(0)
tastes = np.array([[4.5, 4, 4, 1.5, 2, 2], [2, 1.5, 2, 4.5, 4, 4], [3, 4.5, 1.5, 3, 4.5, 1.5]])
group = rng.integers(3, size=300)
strictness = rng.normal(scale=0.6, size=(300, 1))  # some people give low ratings to everything
complete = tastes[group] + strictness + rng.normal(scale=0.4, size=(300, 6))
order = rng.permuted(np.tile(np.arange(6), (300, 1)), axis=1)
ratings = complete.copy()
np.put_along_axis(ratings, order[:, :3], np.nan, axis=1)  # three films of six are missing
person, hidden = np.arange(300), order[:, 0]  # predict one of the three
print(ratings[:5].round(1))


# %%
def learn(X, K, n_rounds=20):
    """EM on rows with NaN, from your tasks 2 and 5: weights, means and covariances."""
    rng = np.random.default_rng(0)
    mu = np.nanmean(X, axis=0) + rng.normal(size=(K, X.shape[1]))
    theta = np.full(K, 1 / K), mu, np.tile(np.eye(X.shape[1]), (K, 1, 1))
    for _ in range(n_rounds):
        seen = [np.flatnonzero(~np.isnan(x)) for x in X]
        R = np.array([conditional_weights(*theta, o, x[o]) for o, x in zip(seen, X)])
        theta = missing_m_step(X, R, *theta[1:])
    return theta


# %% [markdown]
# When the check passes, add a cell with `theta = learn(ratings, 3)` (it takes a few seconds), fill each row with
# `fill_row(x, *theta)`, and compare the error of `filled[person, hidden]` with that of the film's mean rating. Then
# try one component: what does it know about people, and what does it miss?

# %% tags=["solution-only"]
truth = complete[person, hidden]
guesses = {"the film's mean": np.nanmean(ratings, axis=0)[hidden]}
for K in (1, 3):
    theta = learn(ratings, K)
    guesses[f"{K} component{'s' * (K > 1)}"] = np.array([fill_row(x, *theta) for x in ratings])[
        person, hidden
    ]
for name, guess in guesses.items():
    print(f"{name:16s} error {np.sqrt(np.mean((guess - truth) ** 2)):.2f}")

# %% [markdown] tags=["solution-only"]
# One Gaussian knows which ratings go together, but only one straight line for everybody. Three components also
# find the group that a person belongs to. Looping over rows is slow and easy to read; the package gets the same
# numbers faster, because it handles rows with the same holes together.

# %% [markdown]
# ## {{merge_statistics}}
#
# Sums about the *same* point add up (part 5). Here they are about different points: each of two workers has counted
# its rows, taken their mean $\bar x$, and the scatter $S = \sum_i (x_i - \bar x)(x_i - \bar x)^{\mathsf T}$ about
# *its own* mean. The rows are gone. Find count, mean and scatter of all rows together.
#
# - in: `n_a`, `mean_a` (d,), `S_a` (d, d), `n_b`, `mean_b` (d,), `S_b` (d, d)
# - out: `n`, `mean` (d,), `S` (d, d) about the new mean
#
# In one of the cases the rows are ten million away from the origin.


# %% task="merge_statistics" role="answer"
def merge_statistics(n_a, mean_a, S_a, n_b, mean_b, S_b):
    """Number, mean and scatter of all rows, from those of two parts."""
    ### BEGIN SOLUTION
    n, gap = n_a + n_b, mean_b - mean_a
    mean = mean_a + n_b / n * gap
    return n, mean, S_a + S_b + n_a * n_b / n * np.outer(gap, gap)
    ### END SOLUTION


# %% task="merge_statistics" role="check"
check.merge_statistics(merge_statistics)

# %% [markdown] tags=["solution-only"]
# The gap between the two means appears once, with the factor $n_a n_b / n$ (Chan's formula). Moving both scatters
# to the new mean, as in hint 3, is two lines longer and just as accurate.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The new mean is between the two, nearer to that of the larger part.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Scatters about the *same* point add up. So first ask: what is the scatter of part a about a point that is
# not its mean, but $\delta$ away?
#
# </details>
# <details><summary>Hint 3</summary>
#
# It is $S_a + n_a\, \delta\delta^{\mathsf T}$. Use it for both parts, with the new mean as the point. Use only
# differences of means: they are small even where the means are huge.
#
# </details>

# %% [markdown]
# ## {{clamped_responsibilities}}
#
# The E-step of semi-supervised EM (part 4).
#
# - in: `log_joint` (n, K) with $\log \pi_k + \log N(x_i \mid \mu_k, \Sigma_k)$, and `y` (n,) of integers: the class,
#   which is also the component, of each row, or −1 where there is no label
# - out: `R` (n, K)


# %% task="clamped_responsibilities" role="answer"
def clamped_responsibilities(log_joint, y):
    """Responsibilities (n, K): by the label where there is one, by the densities elsewhere."""
    ### BEGIN SOLUTION
    R = softmax(log_joint, axis=1)
    labelled = np.flatnonzero(y >= 0)
    R[labelled] = 0
    R[labelled, y[labelled]] = 1
    return R
    ### END SOLUTION


# %% task="clamped_responsibilities" role="check"
check.clamped_responsibilities(clamped_responsibilities)

# %% [markdown] tags=["solution-only"]
# Overwriting the labelled rows keeps the E-step as it is. Setting the log joint of all other classes to −∞ before
# the softmax works too.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# First ignore the labels, and write the E-step for all rows, in log space. For rows without a label you are done.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Then go over the rows with a label, and only over these: find them with a comparison. Such a row has a single 1,
# in the column of its label. What does NumPy make of the index −1?
#
# </details>

# %% [markdown]
# ## {{stepwise_update}}
#
# Stepwise EM (part 6) keeps running averages of statistics per row, $s \leftarrow (1-\eta_t)\, s + \eta_t\, \hat
# s_t$ with $\eta_t = (t+2)^{-\alpha}$. Write the update for one of them.
#
# - in: `s`, an array, the average so far; `batch_sum`, of the same shape: the **sum** over the rows of the new batch;
#   `n_batch`, how many rows it has; `t` = 0, 1, 2, …; `alpha`
# - out: the new average, in the same shape


# %% task="stepwise_update" role="answer"
def stepwise_update(s, batch_sum, n_batch, t, alpha):
    """The running average per row, after one more batch."""
    ### BEGIN SOLUTION
    eta = (t + 2) ** -alpha
    return (1 - eta) * s + eta * batch_sum / n_batch
    ### END SOLUTION


# %% task="stepwise_update" role="check"
check.stepwise_update(stepwise_update)

# %% [markdown] tags=["solution-only"]
# The new average is a weighted mean of the old one and the batch's. Written as $s + \eta_t(\hat s_t - s)$, it is a
# step of size $\eta_t$ towards the batch.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# An average per row can only be mixed with another average per row. What is $\hat s_t$, in terms of what comes
# in?
#
# </details>
# <details><summary>Hint 2</summary>
#
# Try $t = 0$ and $\alpha = 1$ by hand: half old, half new. And for large $t$, which of the two counts for nearly
# everything?
#
# </details>
