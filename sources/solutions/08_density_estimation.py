# %%
import numpy as np
from scipy.special import entr, logsumexp
from scipy.stats import multivariate_normal

from mlcourse import GaussianMixture, GaussianMixtureClassifier, check
from mlcourse.datasets import two_moons
from mlcourse.plotting import use_course_style

use_course_style()

# %% [markdown]
# ## {{held_out_scores}}
#
# Cross-validate point by point. `fold[i]` is the number of the fold that point $i$ belongs to. The folds may have
# different sizes, and their points come in any order.
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
# For every fold there are two sets of points: those in the fold, and the others. One set is for `fit`, the other for
# `score_samples`. Which is which?
#
# </details>
# <details><summary>Hint 2</summary>
#
# A mask, `fold == f`, picks a fold's points. The same mask on the left of an assignment puts their scores back
# where the points were. `score` gives a mean. Which method gives one number per point?
#
# </details>

# %% [markdown] tags=["solution-only"]
# Why this route: a mask needs no assumption about the numbers or the order of the folds, and it puts each score in
# its place. scikit-learn's `PredefinedSplit(fold)` gives the same pairs of training and held-out rows.

# %% [markdown]
# ## {{fix_report}}
#
# A fellow student splits the data into three parts, fits mixtures of 1 to 5 components, and reports the best
# one and its mean log-likelihood on the test points. You check that model on new points, again and again, and on
# average the result is worse. Find out why, and fix the report. Fit to the training points only, as the stub does.
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
# The score that decided which model wins is too good for the winner. Once the winner is known, which points have not
# been used for anything yet?
#
# </details>

# %% [markdown] tags=["solution-only"]
# Why this route: each set has one job. The training points fit, the validation points choose, and the test points are
# scored once, with one model. A loop that remembers the best model so far does the same. With few points, you could
# choose by cross-validation instead, and fit the winner again to all points except the test points.

# %% [markdown]
# ## {{in_another_unit}}
#
# A mixture was fitted to rows in metres and kilograms. Held-out rows arrive in centimetres and grams, and somebody
# wants their log density *per centimetre and gram*, to compare it with a model that was fitted in those units.
#
# - in: `Z` of shape (n, d), the rows in the new units; `factor` of shape (d,): column $j$ of `Z` is `factor[j]`
#   times what it would be in the old unit (100 for metres to centimetres); `weights` (K,), `means` (K, d) and
#   `covariances` (K, d, d) of the mixture in the old units
# - out: an array of shape (n,): the log density of each row per new unit
#
# Some rows are far from every component.


# %% task="in_another_unit" role="answer"
def in_another_unit(Z, factor, weights, means, covariances):
    """Log density of rows Z in new units, under a mixture in old units: (n,)."""
    ### BEGIN SOLUTION
    A = [
        np.log(w) + multivariate_normal.logpdf(Z / factor, m, S)
        for w, m, S in zip(weights, means, covariances)
    ]
    return logsumexp(A, axis=0) - np.log(factor).sum()
    ### END SOLUTION


# %% task="in_another_unit" role="check"
check.in_another_unit(in_another_unit)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Rows and mixture must be in the same unit before you compare them. Bring the rows to the old unit, or the
# mixture to the new one: means change like rows, and each entry of a covariance by the factors of its two columns.
# Then weight the components and add them up, in log space.
#
# </details>
# <details><summary>Hint 2</summary>
#
# The probability of a small box is density times volume, and does not depend on the unit. How does the number for
# the volume change if every side is measured in new units? (If you brought the mixture to the new unit, this is
# already done.)
#
# </details>

# %% [markdown] tags=["solution-only"]
# Why this route: only the rows have to be converted, and one term at the end corrects the density. You can also
# convert the mixture (`means * factor`, `covariances * np.outer(factor, factor)`). Then no correction is needed: the
# determinants of the covariances contain it.

# %% [markdown]
# ## {{closest_pair}}
#
# This is the central step of joining components into clusters. Two components $i$ and $j$ are joined by adding their
# columns of responsibilities. Find the pair whose union lowers the entropy $-\sum_{ik} r_{ik} \log r_{ik}$ of the
# whole table most.
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
# Follow the definition: for each pair, build the table with the two columns joined, and compute its entropy.
# `itertools.combinations` or two loops give you the pairs.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Joining changes two columns and leaves the others alone. So it is enough to compare the entropy of the two columns
# *before* with that of their sum *after*. You want the pair with the greatest difference.
#
# </details>

# %% [markdown] tags=["solution-only"]
# Why this route: the other columns do not change, so only the two columns and their sum have to be compared. Building
# the whole joined table for each pair and taking the least entropy, as the lecture does, gives the same pair with
# more work.

# %% [markdown]
# ## {{class_probabilities}}
#
# You have a fitted density for each of $C$ classes. Give the probability of each class for each point.
#
# - in: `log_density` of shape (n, C), with $\log p(x_i \mid c)$; `counts` of shape (C,): how many training
#   points each class had
# - out: an array of shape (n, C) with $p(c \mid x_i)$
#
# Take the classes' shares of the training points as $p(c)$. Some points are very far from everything.


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
# The numerator of Bayes' rule has two factors: how probable the class is before you have seen the point, and how
# likely the point is in that class. Is each of them there, once?
#
# </details>
# <details><summary>Hint 2</summary>
#
# You wrote this in lesson 04, with components instead of classes. A product becomes a sum of logarithms, a
# division becomes a subtraction, and log-sum-exp runs along each row.
#
# </details>

# %% [markdown] tags=["solution-only"]
# Why this route: `logsumexp` works for points that are near and for points that are far away. `scipy.special.softmax`
# along the rows is the same in one call. Subtracting each row's maximum before `np.exp` works as well.

# %% [markdown]
# ## {{reported_accuracy}}
#
# Three sets of noisy moons are below. Fit `GaussianMixtureClassifier(K, random_state=0)` to `train`, for
# $K = 1, \dots, 10$ components per class. Choose one, and give the accuracy that you would publish for it. (Do not
# fit it again with more points.)

# %% task="reported_accuracy" role="answer"
train = two_moons(80, noise=0.3, random_state=138)
validation = two_moons(80, noise=0.3, random_state=139)
test = two_moons(1000, noise=0.3, random_state=140)
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
# Each set is a pair of points and classes, so `model.fit(*train)` and `model.score(*validation)` work. Which set
# may decide about $K$?
#
# </details>
# <details><summary>Hint 2</summary>
#
# Once the choice is made, the score that made it is no longer a fair estimate. Which set has not been used yet?
#
# </details>

# %% [markdown] tags=["solution-only"]
# Why this route: one set fits, one chooses, one reports. In practice you might fit the winner once more to the
# training and validation points before you test it. That is also honest, but it is another classifier.
