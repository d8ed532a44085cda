# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy.special import entr

from mlcourse import GaussianMixture, check
from mlcourse.plotting import plot_curve, plot_mixture_1d, show, use_course_style

use_course_style()

# %% [markdown]
# ## {{rise_needed}}
#
# You add one component with a full covariance to a mixture. By how much must the log-likelihood of all the points,
# $\ell = \sum_i \log p(x_i)$, rise *at least*, so that AIC does not get worse? And for BIC?
#
# - in: the data `X` of shape (n, d)
# - out: two numbers, `return rise_for_aic, rise_for_bic`


# %% task="rise_needed" role="answer"
def rise_needed(X):
    """The rise of the total log-likelihood that pays for one more component: for AIC, for BIC."""
    ### BEGIN SOLUTION
    n, d = X.shape
    p = 1 + d + d * (d + 1) // 2
    return p, p * np.log(n) / 2
    ### END SOLUTION


# %% task="rise_needed" role="check"
check.rise_needed(rise_needed)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Count the free parameters of one more component: where it is, what shape it has, how common it is. Write down a
# covariance for $d = 3$, and circle the entries that you may choose.
#
# </details>
# <details><summary>Hint 2</summary>
#
# The penalty in each formula goes up. The term with the likelihood must go down by as much. What is the
# log-likelihood multiplied by there? And what does $n$ count?
#
# </details>

# %% [markdown] tags=["solution-only"]
# Why this route: $p$ is linear in $K$, so one more component costs the same whatever $K$ is: one weight, $d$
# numbers for the mean, $d(d+1)/2$ for the covariance. Counting all parameters for $K$ and for $K + 1$ components and
# subtracting gives the same.

# %% [markdown]
# ## {{criteria}}
#
# - in: `log_likelihood` of shape (n,), one number per point; responsibilities `R` of shape (n, K); the number of
#   parameters `p`
# - out: `return aic, bic, icl`, on the scale and in the form of the lecture (lower is better)
#
# Some responsibilities are exactly 0 or 1.


# %% task="criteria" role="answer"
def criteria(log_likelihood, R, p):
    """AIC, BIC and ICL: three numbers."""
    ### BEGIN SOLUTION
    fit = -2 * log_likelihood.sum()
    bic = fit + p * np.log(len(R))
    return fit + 2 * p, bic, bic + 2 * entr(R).sum()
    ### END SOLUTION


# %% task="criteria" role="check"
check.criteria(criteria)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# AIC and BIC have the same first term, a sum over *all* points. They differ in the penalty per parameter. One
# of the two depends on how many points there are.
#
# </details>
# <details><summary>Hint 2</summary>
#
# The entropy of the responsibilities is never negative, and it is added twice. For $r = 0$ the term $r \log r$ is 0
# by convention. SciPy's `entr` follows it.
#
# </details>

# %% [markdown] tags=["solution-only"]
# Why this route: BIC is AIC with another penalty, and ICL is BIC with one more term, so each takes one line. Instead
# of `entr` you can use `xlogy(R, R)` with a minus sign, or leave out the zeros: `R[R > 0]`.

# %% [markdown]
# ## {{choose_from_table}}
#
# You have a table of BICs over covariance types and numbers of components. Some fits failed, and their entries are
# `nan` or `inf`. One entry may be `-inf`: the likelihood of that fit was infinite.
#
# - in: `table` of shape (T, M); `types`, a tuple of T names; `Ks` of shape (M,), the numbers of components
# - out: `return covariance_type, K` of the best usable fit


# %% task="choose_from_table" role="answer"
def choose_from_table(table, types, Ks):
    """The covariance type and the K of the best usable fit."""
    ### BEGIN SOLUTION
    usable = np.where(np.isfinite(table), table, np.inf)
    row, column = np.unravel_index(usable.argmin(), usable.shape)
    return types[row], Ks[column]
    ### END SOLUTION


# %% task="choose_from_table" role="check"
check.choose_from_table(choose_from_table)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# There are three kinds of entries that you cannot use. What does `argmin` do with each of them? NumPy has a
# function that is true for ordinary numbers only.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `argmin` of a matrix counts the entries row by row. `np.unravel_index` turns this position into a row and a
# column. Then look up the type and the number.
#
# </details>

# %% [markdown] tags=["solution-only"]
# Why this route: replacing every entry that is not finite by `inf` handles all three cases in one line.
# `np.nanargmin` on a table with `nan` in these places works too, and so do two loops with `np.isfinite`. The
# dangerous entry is −∞. It wins every comparison, and it means that a component has collapsed.

# %% [markdown]
# ## {{bootstrap_p_value}}
#
# You test $K$ against $K + 1$ components. From the fitted mixture of $K$ components, $B$ data sets were drawn,
# and both mixtures were fitted to each.
#
# - in: `smaller` and `larger` of shape (B,): the *total* log-likelihoods of the two fits to each simulated data
#   set; `observed`, the likelihood ratio $2(\ell_{K+1} - \ell_K)$ of the real data
# - out: the p-value, one number


# %% task="bootstrap_p_value" role="answer"
def bootstrap_p_value(smaller, larger, observed):
    """The p-value of a bootstrap likelihood-ratio test."""
    ### BEGIN SOLUTION
    ratios = 2 * (larger - smaller)
    return (1 + (ratios >= observed).sum()) / (1 + len(ratios))
    ### END SOLUTION


# %% task="bootstrap_p_value" role="check"
check.bootstrap_p_value(bootstrap_p_value)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Compute the same statistic for the simulated data as for the real data, including the factor. Which simulated values
# are at least as large as the observed one? Equal values count too.
#
# </details>
# <details><summary>Hint 2</summary>
#
# If $K$ components are the truth, the real data are one more draw of the same kind: there are $B + 1$ draws in
# all, and one of them is at least as extreme as itself.
#
# </details>

# %% [markdown] tags=["solution-only"]
# Why this route: counting the observed value among the draws keeps the test honest for every $B$. A p-value of 0
# would claim more than $B$ simulations can show. The mean of `np.append(ratios, observed) >= observed` gives the
# same.

# %% [markdown]
# ## {{what_bic_counts}}
#
# A shop has measured how long four hundred customers stay. Mixtures of one to eight components were fitted,
# with three starts each.

# %%
stay = np.random.default_rng(73).gamma(2.0, size=(400, 1))
fits = [GaussianMixture(K, n_init=3, random_state=0).fit(stay) for K in range(1, 9)]
bics = [model.bic(stay) for model in fits]
best = fits[int(np.argmin(bics))]
assert best.n_components == 3

# %% tags=["hide-input"]
# Figure: how long customers stay, and BIC
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.4), width_ratios=(3, 2))
plot_mixture_1d(best.weights_, best.means_, best.covariances_, X=stay, ax=left)
left.set(xlabel="minutes in the shop", xlim=(-1, 9))
plot_curve(range(1, 9), bics, "components K", "BIC", chosen=best.n_components, ax=right)
show(
    fig,
    "Left, how long customers stay, with the mixture that BIC has chosen. Right, BIC for one"
    " to eight components.",
    "Left, a histogram with a single peak near one minute and a long tail to the right; three"
    " overlapping curves, one narrow, one wider, one wide and low, add up to it. Right, BIC"
    " falls steeply from 1 to 2, is lowest at 3, then rises.",
)

# %% [markdown]
# The owner asks: "So there are three kinds of customers?" What do you say?
#
# - **A.** Yes. BIC has its minimum at 3, so there are three groups.
# - **B.** Three Gaussians describe this one skewed distribution well. BIC does not say whether there are kinds of
#   customers.
# - **C.** No, one. A single peak needs a single component, and BIC has taken too many.
# - **D.** Perhaps. With more starts the minimum would show the true number of kinds.
#
# Answer with a letter in quotes.

# %% task="what_bic_counts" role="answer"
### BEGIN SOLUTION
what_bic_counts = "B"
### END SOLUTION

# %% task="what_bic_counts" role="check"
check.what_bic_counts(what_bic_counts)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# How many peaks do you see in the histogram? Could one Gaussian, which is symmetric, have that shape?
#
# </details>
# <details><summary>Hint 2</summary>
#
# The two moons of the lecture have no true number of components, and BIC chose one anyway. What did this number
# count?
#
# </details>

# %% [markdown] tags=["solution-only"]
# Why B: the data were drawn from one skewed distribution, a gamma distribution. BIC counts the Gaussians that pay for
# their parameters. C is wrong about the fit: one Gaussian is symmetric, and its BIC is far higher. D hopes that a
# better optimum answers another question.
