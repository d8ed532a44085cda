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
    """The rise of the total log-likelihood that pays for one component more: for AIC, for BIC."""
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
# Count the free numbers that one component brings along: where it is, what shape it has, how common it is. Write
# down a covariance for $d = 3$, and circle the entries that you may choose.
#
# </details>
# <details><summary>Hint 2</summary>
#
# The price on the right of each formula goes up; the term with the likelihood must go down by as much. By what
# is the likelihood multiplied there? And what does $n$ count?
#
# </details>

# %% [markdown]
# ## {{criteria}}
#
# - in: `log_likelihood` of shape (n,), one number a point; responsibilities `R` of shape (n, K); the number of
#   parameters `p`
# - out: `return aic, bic, icl`, the lower the better, on the scale of the lecture
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
# AIC and BIC have the same first term, of *all* points together. They differ in what a parameter costs; one of the
# prices depends on how many points there are.
#
# </details>
# <details><summary>Hint 2</summary>
#
# The entropy of the responsibilities is positive, and it is added twice. Where $r = 0$ the term $r \log r$ counts as
# 0; SciPy's `entr` knows that.
#
# </details>

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
# - **B.** Three Gaussians are a good description of this one lopsided heap. Whether there are kinds of
#   customers, BIC has not been asked.
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
# How many heaps do you see in the histogram? Could one Gaussian, which is the same on both sides, have that shape?
#
# </details>
# <details><summary>Hint 2</summary>
#
# The two moons of the lecture had no number of components at all, and BIC named one all the same. What did its
# number count?
#
# </details>
