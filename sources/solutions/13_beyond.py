# %%
import numpy as np
from scipy.special import logsumexp, softmax
from scipy.stats import multivariate_normal

from mlcourse import GaussianMixture, check
from mlcourse.datasets import load_digits, load_iris
from mlcourse.mixture import ppca
from mlcourse.plotting import use_course_style

use_course_style()

# %% [markdown]
# ## {{condition_gaussian}}
#
# Condition one Gaussian.
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

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The mean starts at what was expected anyway, and moves by as much as the known values differ from what was
# expected of *them*, times slopes.
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
# The covariance starts at the block $\Sigma_{uu}$, and something is taken off, for which the same slopes
# can be used once more. The values play no part in it.
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
# In one of the cases the known values lie very far from all means. `multivariate_normal(mean,
# covariance).logpdf(values)` is at hand, and so are `softmax` and `logsumexp`.


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
# belong to them. To leave features out of a Gaussian, no more is needed.
#
# </details>
# <details><summary>Hint 3</summary>
#
# Add logarithms, and leave log space by a function that subtracts the largest one first.
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
# Which entries are known is in `np.isnan(x)`. What is known of *this* row should decide what goes into its
# holes.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Each component has an opinion: its own conditional mean (task 1). How much each opinion counts is task 2. The
# answer is their weighted average.
#
# </details>
# <details><summary>Hint 3</summary>
#
# Work on a copy of the row, and write into its holes. Both the holes and the conditional means go in the order
# of the features.
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
# The log-likelihood that EM climbs when data have holes is that of the known entries. Write it for one row.
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

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Nothing has to be filled in. The mixture of the known features is the same mixture with the other features left
# out.
#
# </details>
# <details><summary>Hint 2</summary>
#
# You have computed $\log \pi_k + \log N(x_o \mid \dots)$ for each component in task 2. What do they add up to,
# before the division?
#
# </details>
# <details><summary>Hint 3</summary>
#
# The components are added up as densities, inside one logarithm. One function of lesson 04 does that without
# leaving log space.
#
# </details>

# %% [markdown]
# ## {{merge_statistics}}
#
# Each of two workers has counted its rows, taken their mean, and the scatter $S = \sum_i (x_i - \bar x)(x_i -
# \bar x)^{\mathsf T}$ about *its own* mean. The rows are gone. Find the three numbers of all rows together.
#
# - in: `n_a`, `mean_a` (d,), `S_a` (d, d), `n_b`, `mean_b` (d,), `S_b` (d, d)
# - out: `n`, `mean` (d,), `S` (d, d) about the new mean
#
# In one of the cases the rows lie ten million away from the origin.


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

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The new mean lies between the two, nearer to that of the larger part.
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
# It is $S_a + n_a\, \delta\delta^{\mathsf T}$. Use it for both parts, with the new mean as the point. Work with
# differences of means alone: they are small even where the means are huge.
#
# </details>

# %% [markdown]
# ## {{ppca_count}}
#
# How many free parameters has `GaussianMixture(10, covariance_type=ppca(8))`, ten components with eight directions
# each, on digits of 64 pixels? Count weights, means and covariances $W_k W_k^{\mathsf T} + \sigma_k^2 I$, with
# $W_k$ of 64 × 8. One thing to know: turning the eight columns among one another does not change
# $W W^{\mathsf T}$, and there are $q(q-1)/2$ independent ways to turn $q$ columns.

# %% task="ppca_count" role="answer"
### BEGIN SOLUTION
of_one_covariance = 64 * 8 - 8 * 7 // 2 + 1
ppca_count = 9 + 10 * 64 + 10 * of_one_covariance
### STUB
# ppca_count = ...
### END SOLUTION

# %% task="ppca_count" role="check"
check.ppca_count(ppca_count)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Three kinds of numbers: weights that sum to 1, a mean for each component, and for each component the entries of
# $W$ and one $\sigma^2$.
#
# </details>
# <details><summary>Hint 2</summary>
#
# From the entries of one $W$, take off the choices that make no difference to the covariance.
#
# </details>

# %% tags=["solution-only"]
X, _ = load_digits()
mixture = GaussianMixture(10, covariance_type=ppca(8), random_state=0).fit(X)
# The BIC contains the count: solve it for the number of parameters.
assert round((mixture.bic(X) + 2 * mixture.score(X) * len(X)) / np.log(len(X))) == ppca_count

# %% [markdown]
# ## {{clamped_responsibilities}}
#
# The E-step of semi-supervised EM.
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

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# First forget the labels, and write the E-step for all rows, in log space. For rows without a label you are
# done.
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
# Stepwise EM keeps running averages of statistics per row, $s \leftarrow (1-\eta_t)\, s + \eta_t\, \hat s_t$ with
# $\eta_t = (t+2)^{-\alpha}$. Write the update for one of them.
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

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# An average per row can only be mixed with another average per row. What is $\hat s_t$, in terms of what comes
# in?
#
# </details>
# <details><summary>Hint 2</summary>
#
# Try $t = 0$ and $\alpha = 1$ by hand: half old, half new. And for large $t$, which of the two has nearly all?
#
# </details>
