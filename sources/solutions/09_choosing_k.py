# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy.special import entr, logsumexp
from sklearn.datasets import make_moons

from mlcourse import GaussianMixture, GaussianMixtureClassifier, check
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
# ## {{held_out_scores}}
#
# Cross-validation, point by point. `fold[i]` is the number of the fold that point $i$ belongs to. The folds may be
# of different sizes, and their points stand in any order.
#
# - in: `X` of shape (n, d), `fold` of shape (n,) with integers, the number of components `K`
# - out: an array of shape (n,): for each point its log-likelihood under
#   `GaussianMixture(K, random_state=0)`, fitted to all points that are not in its fold


# %% task="held_out_scores" role="answer"
def held_out_scores(X, fold, K):
    """Held-out log-likelihood of each point: (n,)."""
    ### BEGIN SOLUTION
    scores = np.empty(len(X))
    for f in np.unique(fold):
        out = fold == f
        model = GaussianMixture(K, random_state=0).fit(X[~out])
        scores[out] = model.score_samples(X[out])
    return scores
    ### END SOLUTION


# %% task="held_out_scores" role="check"
check.held_out_scores(held_out_scores)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# For every fold there are two sets of points: those in it, and the others. One set is for `fit`, the other one for
# `score_samples`. Which is which?
#
# </details>
# <details><summary>Hint 2</summary>
#
# A mask, `fold == f`, picks a fold's points. The same mask on the left of an assignment puts their scores back
# where the points were. `score` gives a mean; which method gives a number for each point?
#
# </details>

# %% [markdown]
# ## {{fix_report}}
#
# A fellow student splits the data into three parts, fits mixtures of 1 to 5 components, and reports the best
# one and its mean log-likelihood on the test points. You try to repeat it with new points, and the result is
# worse every time. Find out why, and fix it. Fit to the training points alone, as the stub does.
#
# - in: `X_train`, `X_val`, `X_test`, each of shape (…, d)
# - out: the chosen number of components, and the mean log-likelihood to report


# %% task="fix_report" role="answer"
def fix_report(X_train, X_val, X_test):
    """The chosen K, and the score to write down for it."""
    ### BEGIN SOLUTION
    models = [GaussianMixture(K, random_state=0).fit(X_train) for K in range(1, 6)]
    best = max(models, key=lambda model: model.score(X_val))
    return best.n_components, best.score(X_test)
    ### STUB
    # models = [GaussianMixture(K, random_state=0).fit(X_train) for K in range(1, 6)]
    # scores = [model.score(X_test) for model in models]
    # best = int(np.argmax(scores))
    # return models[best].n_components, scores[best]
    ### END SOLUTION


# %% task="fix_report" role="check"
check.fix_report(fix_report)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Go through the three sets one by one. What is each used for in the stub? One of them is not used at all.
#
# </details>
# <details><summary>Hint 2</summary>
#
# A score that decided which model wins is no fair account of the winner. Which points have had no say in
# anything yet, once the winner is known?
#
# </details>

# %% [markdown]
# ## {{closest_pair}}
#
# The heart of joining components into clusters. Two components $i$ and $j$ are joined by adding their columns
# of responsibilities. Find the pair whose union lowers the entropy $-\sum_{ik} r_{ik} \log r_{ik}$ of the whole
# table most.
#
# - in: `R` of shape (n, K), rows summing to 1
# - out: the pair `(i, j)`, counted from 0


# %% task="closest_pair" role="answer"
def closest_pair(R):
    """The two components (i, j) whose union removes the most entropy."""
    ### BEGIN SOLUTION
    best, most = None, -np.inf
    for i in range(R.shape[1]):
        for j in range(i):
            fall = (entr(R[:, i]) + entr(R[:, j]) - entr(R[:, i] + R[:, j])).sum()
            if fall > most:
                best, most = (j, i), fall
    return best
    ### END SOLUTION


# %% task="closest_pair" role="check"
check.closest_pair(closest_pair)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Take the definition at its word: for each pair, build the table with the two columns joined, and compute its
# entropy. `itertools.combinations` or two loops list the pairs.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Joining changes two columns and leaves the others alone. So it is enough to compare the entropy of the two columns
# *before* with that of their sum *after*. You want the pair with the greatest difference.
#
# </details>

# %% [markdown]
# ## {{class_probabilities}}
#
# You have a fitted density for each of $C$ classes. Give the probability of each class for each point.
#
# - in: `log_density` of shape (n, C), with $\log p(x_i \mid c)$; `counts` of shape (C,): how many training
#   points each class had
# - out: an array of shape (n, C) with $p(c \mid x_i)$
#
# Take the classes' shares of the training points as $p(c)$. Some points lie very far from everything.


# %% task="class_probabilities" role="answer"
def class_probabilities(log_density, counts):
    """Probability of each class for each point: (n, C)."""
    ### BEGIN SOLUTION
    A = log_density + np.log(counts / counts.sum())
    return np.exp(A - logsumexp(A, axis=1, keepdims=True))
    ### END SOLUTION


# %% task="class_probabilities" role="check"
check.class_probabilities(class_probabilities)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Bayes' rule has two factors on top: how probable the class is before you have seen the point, and how likely the
# point is in that class. Is each of them there, once?
#
# </details>
# <details><summary>Hint 2</summary>
#
# You wrote this in lesson 04, with components instead of classes. A product becomes a sum of logarithms, a
# division a subtraction, and log-sum-exp runs along each row.
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

# %% [markdown]
# ## {{reported_accuracy}}
#
# Three sets of noisy moons are below. Fit `GaussianMixtureClassifier(K, random_state=0)` to `train`, for
# $K = 1, \dots, 10$ components a class. Choose one, and give the accuracy that you would publish for it. (Do not
# fit it again with more points.)

# %% task="reported_accuracy" role="answer"
train = make_moons(80, noise=0.3, random_state=18)
validation = make_moons(80, noise=0.3, random_state=19)
test = make_moons(1000, noise=0.3, random_state=20)
### BEGIN SOLUTION
models = [GaussianMixtureClassifier(K, random_state=0).fit(*train) for K in range(1, 11)]
chosen = max(models, key=lambda model: model.score(*validation))
reported_accuracy = chosen.score(*test)
### STUB
# reported_accuracy = ...
### END SOLUTION

# %% task="reported_accuracy" role="check"
check.reported_accuracy(reported_accuracy)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Each set is a pair of points and classes, so `model.fit(*train)` and `model.score(*validation)` work. Which set may
# decide about $K$?
#
# </details>
# <details><summary>Hint 2</summary>
#
# When the choice has been made, the score that made it has done its duty. Which set is still unopened?
#
# </details>
