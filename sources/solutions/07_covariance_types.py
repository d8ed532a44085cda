# %%
import matplotlib.pyplot as plt
import numpy as np

from mlcourse import PCA, GaussianMixture, check
from mlcourse.datasets import elongated_blobs, load_digits
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import e_step, mixture_from_responsibilities
from mlcourse.plotting import plot_decision_regions, plot_points, show, use_course_style

use_course_style()

# %% [markdown]
# ## {{count_by_hand}}
#
# A mixture has $K = 4$ components in $d = 6$ dimensions. With pencil and paper, how many free parameters does it
# have, weights and means included, if its covariances are full, tied, diag or spherical? Give four numbers in this
# order, in brackets: `(…, …, …, …)`.

# %% task="count_by_hand" role="answer"
### BEGIN SOLUTION
count_by_hand = (3 + 24 + 4 * 21, 3 + 24 + 21, 3 + 24 + 4 * 6, 3 + 24 + 4)
### END SOLUTION

# %% task="count_by_hand" role="check"
check.count_by_hand(count_by_hand)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Three kinds of parameters: weights, means, covariances. The first two kinds are the same for all four types. Of
# the weights, one follows from the others.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Draw a 6 × 6 matrix and shade the entries that you may choose, if the other half mirrors them: the diagonal, and one
# side of it. Then ask for each type: which part of this matrix does it keep, and does every component have its own?
#
# </details>

# %% [markdown]
# ## {{constrain_scatter}}
#
# You are given the scatters of all components and how many points each of them owns. Write all four maximum
# likelihood covariances.
#
# - in: `S` of shape (K, d, d), with $S_k = \sum_i r_{ik}(x_i - \mu_k)(x_i - \mu_k)^{\mathsf T}$, and `N` of shape
#   (K,)
# - out: `full` (K, d, d), `tied` (d, d), `diag` (K, d) and `spherical` (K,), in this order


# %% task="constrain_scatter" role="answer"
def constrain_scatter(S, N):
    """The covariances of the four types: full, tied, diag, spherical."""
    ### BEGIN SOLUTION
    full = S / N[:, np.newaxis, np.newaxis]
    tied = S.sum(axis=0) / N.sum()
    diag = np.diagonal(full, axis1=1, axis2=2)
    spherical = diag.mean(axis=1)
    return full, tied, diag, spherical
    ### END SOLUTION


# %% task="constrain_scatter" role="check"
check.constrain_scatter(constrain_scatter)

# %% [markdown] tags=["solution-only"]
# *Why this way:* full is computed first, because diag is its diagonal and spherical the mean of that diagonal. Tied
# needs the sums themselves: an average of the full covariances would weight a small component as much as a large one.
# `np.average(full, axis=0, weights=N)` is right too.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Begin with full: one matrix per component, each divided by its own number of points. The other three follow from it,
# or from `S` and `N`. Mind the shapes: diag and spherical store variances, not zeros.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Tied: move all the groups to the origin. How large is the sum of all squares then, and how many points does it
# come from?
#
# </details>
# <details><summary>Hint 3</summary>
#
# Spherical: one number has to represent the variances of all features. Write down the log-likelihood of a circle
# as a function of $\sigma^2$; only the trace of $S_k$ enters. Where is its derivative zero?
#
# </details>

# %% [markdown]
# ## {{bic_from_counts}}
#
# Write BIC from its formula, with your own count of parameters.
#
# - in: `log_likelihood` of shape (n,), $\log p(x_i)$ of every point; the numbers `K` and `d`; the name of the
#   type in `covariance_type`
# - out: one number, $-2 \log L + p \log n$


# %% task="bic_from_counts" role="answer"
def bic_from_counts(log_likelihood, K, d, covariance_type):
    """BIC of a mixture of K components in d dimensions, from log p(x_i) of its n points."""
    ### BEGIN SOLUTION
    one_matrix = d * (d + 1) // 2
    free = {"full": K * one_matrix, "tied": one_matrix, "diag": K * d, "spherical": K}
    p = (K - 1) + K * d + free[covariance_type]
    return -2 * log_likelihood.sum() + p * np.log(len(log_likelihood))
    ### END SOLUTION


# %% task="bic_from_counts" role="check"
check.bic_from_counts(bic_from_counts)

# %% [markdown] tags=["solution-only"]
# *Why this way:* a dictionary keeps the four counts side by side, so each can be compared with task 1.
# `CovarianceType.named(…).n_parameters(K, d)` from the package gives the same numbers.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# $\log L$ belongs to all points together. The penalty for one parameter depends on how many points there are.
#
# </details>
# <details><summary>Hint 2</summary>
#
# You counted in task 1. Write the same count with letters: $K$ and $d$ in place of 4 and 6. Only one of the three
# terms depends on the type.
#
# </details>

# %% tags=["solution-only"]
X, y = elongated_blobs()
model = GaussianMixture(3, covariance_type="tied", n_init=10, random_state=42).fit(X)
assert np.isclose(bic_from_counts(model.score_samples(X), 3, 2, "tied"), model.bic(X))

# %% [markdown]
# ## {{fix_tied}}
#
# This M-step is meant for a tied covariance. It runs, its weights and means are right, its covariance is symmetric
# and positive definite, but its ellipses are far too large. Find out why, and fix it.
#
# - in: `X` (n, d), `R` (n, K)
# - out: weights (K,), means (K, d), and the one covariance (d, d), by maximum likelihood


# %% task="fix_tied" role="answer"
def fix_tied(X, R):
    """The M-step of a mixture with one covariance for all: weights, means, covariance."""
    ### BEGIN SOLUTION
    N = R.sum(axis=0)
    mu = R.T @ X / N[:, np.newaxis]
    Sigma = np.zeros((X.shape[1], X.shape[1]))
    for r_k, mu_k in zip(R.T, mu):
        Sigma += (r_k[:, np.newaxis] * (X - mu_k)).T @ (X - mu_k) / len(X)
    return N / len(X), mu, Sigma
    ### STUB
    # N = R.sum(axis=0)
    # mu = R.T @ X / N[:, np.newaxis]
    # D = X - X.mean(axis=0)
    # Sigma = np.einsum("nk,ni,nj->ij", R, D, D) / N.sum()
    # return N / len(X), mu, Sigma
    ### END SOLUTION


# %% task="fix_tied" role="check"
check.fix_tied(fix_tied)

# %% [markdown] tags=["solution-only"]
# *Why this way:* the loop shows each component's own mean. Without a loop, the total scatter minus the scatter of
# the means between the groups gives the same matrix, but it subtracts two large numbers when the groups are far
# apart.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Try it on two far-away groups of points, each tight. How wide should the shared ellipse be, and how wide is it?
#
# </details>
# <details><summary>Hint 2</summary>
#
# Every deviation in a scatter is a deviation *from something*. For a point of component $k$, which point should it be
# measured from? And from which one is it measured here?
#
# </details>
# <details><summary>Hint 3</summary>
#
# One scatter for each component, about its own mean, every point weighted by its responsibility for that component.
# Then use the function for tied from the lecture.
#
# </details>

# %% [markdown]
# ## {{straight_borders}}
#
# Here are the three labelled groups of the lecture, described with each of the four types. The titles are missing.
# The tints show which component is likeliest.
# Which panel is **tied**?

# %%
X, y = elongated_blobs()


class Regions:
    """Just enough of a model for `plot_decision_regions`: a mixture made from the labels."""

    def __init__(self, name):
        self.theta = mixture_from_responsibilities(X, np.eye(3)[y], CovarianceType.named(name))

    def predict(self, points):
        return e_step(points, self.theta)[1].argmax(axis=1)


# %% tags=["hide-input"]
# Figure: four mixtures
fig, axes = plt.subplots(2, 2, figsize=(10, 7.4), sharex=True, sharey=True)
order = np.random.default_rng(0).permutation(["full", "tied", "diag", "spherical"])
for ax, letter, name in zip(axes.flat, "ABCD", order):
    plot_decision_regions(Regions(name), np.vstack([X, [[-7, -5], [9, 7]]]), ax=ax)
    plot_points(X, y, sizes=6, ax=ax)
    ax.set_title(letter)
show(
    fig,
    "Four mixtures made from the same labels. Which one is tied?",
    "Four panels of three groups and tinted regions. In A both borders bend. In B they bend, and the region"
    " of the right group comes back at the far left. In C both borders are straight. In D one border is an"
    " arc, and the others bend a little.",
)

# %% [markdown]
# Answer with a letter in quotes.

# %% task="straight_borders" role="answer"
### BEGIN SOLUTION
straight_borders = "C"
### END SOLUTION

# %% task="straight_borders" role="check"
check.straight_borders(straight_borders)

# %% tags=["solution-only"]
assert order["ABCD".index(straight_borders)] == "tied"

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Between which pairs of components does the quadratic part of the discriminant cancel?
#
# </details>
# <details><summary>Hint 2</summary>
#
# Hold a ruler to the borders.
#
# </details>

# %% [markdown]
# ## {{linear_discriminant}}
#
# With one shared covariance, component $k$ wins where $w_k^{\mathsf T} x + b_k$ is largest. Find the slopes and
# the constants: write out the square in $\log \pi_k - \tfrac12 (x - \mu_k)^{\mathsf T} \Sigma^{-1} (x - \mu_k)$
# and drop whatever is the same for all $k$.
#
# - in: `pi` (K,), `mu` (K, d), `Sigma` (d, d)
# - out: `W` of shape (K, d), one row $w_k$ per component, and `b` of shape (K,)
#
# `np.linalg.solve(Sigma, v)` gives $\Sigma^{-1} v$ without an inverse.


# %% task="linear_discriminant" role="answer"
def linear_discriminant(pi, mu, Sigma):
    """Slopes W (K, d) and constants b (K,) of the scores x ↦ W x + b."""
    ### BEGIN SOLUTION
    W = np.linalg.solve(Sigma, mu.T).T
    b = np.log(pi) - 0.5 * np.einsum("kd,kd->k", mu, W)
    return W, b
    ### END SOLUTION


# %% task="linear_discriminant" role="check"
check.linear_discriminant(linear_discriminant)

# %% [markdown] tags=["solution-only"]
# *Why this way:* one `solve` serves both answers, and an explicit inverse would lose digits. Whitening the points
# with a Cholesky factor and comparing plain distances draws the same borders.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The square has three parts: one with $x$ twice, one with $x$ once, one without $x$. The first is the same for
# all $k$. The second gives row $k$ of `W`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# In one dimension it is school algebra: $-\tfrac{1}{2s}(x - m)^2$. Multiply it out, find the coefficient of $x$ and
# the constant term, and then replace the numbers by vectors and $\Sigma^{-1}$.
#
# </details>
# <details><summary>Hint 3</summary>
#
# The constant has two parts: the rest of the square, and the weight of the component. A score is a logarithm, so the
# weight enters as a logarithm too.
#
# </details>

# %% tags=["solution-only"]
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

pi, mu = np.bincount(y) / len(y), np.array([X[y == k].mean(axis=0) for k in range(3)])
tied = fix_tied(X, np.eye(3)[y])[2]
W, b = linear_discriminant(pi, mu, tied)
lda = LinearDiscriminantAnalysis(solver="lsqr").fit(X, y)
assert np.allclose(W, lda.coef_)
assert np.allclose(b, lda.intercept_)

# %% [markdown]
# ## {{carry_over}}
#
# Somebody maps all points by $x \mapsto A x + b$. You have a mixture with full covariances that was fitted to the old
# points. Carry it over to the new ones, without fitting again.
#
# - in: `mu` (K, d), `Sigma` (K, d, d), `A` (d, d), `b` (d,)
# - out: the means (K, d) and covariances (K, d, d) in the new coordinates


# %% task="carry_over" role="answer"
def carry_over(mu, Sigma, A, b):
    """Means (K, d) and covariances (K, d, d) of the mixture after x ↦ A x + b."""
    ### BEGIN SOLUTION
    return mu @ A.T + b, A @ Sigma @ A.T
    ### END SOLUTION


# %% task="carry_over" role="check"
check.carry_over(carry_over)

# %% [markdown] tags=["solution-only"]
# *Why this way:* `@` works on a stack of matrices, so no loop is needed. Transforming points and fitting again would
# give the same mixture only if EM ended at the same optimum.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# A mean is a point, so it goes where the points go. The formula has columns, the array has rows: try it with one
# mean first, `A @ mu[0] + b`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# A covariance is an average of $(x - \mu)(x - \mu)^{\mathsf T}$. Insert the new point and the new mean: what happens
# to $b$, and on which sides are $A$ and its transpose?
#
# </details>

# %% [markdown]
# ## {{thrifty_type}}
#
# You have sixty handwritten digits of fifteen features each, and fit three components. Which covariance type gives
# the best description of digits that it has **not** seen? `validation` has five hundred of them to choose with.
#
# Fit all four with `GaussianMixture(3, covariance_type=…, n_init=5, random_state=0)`. Then set `thrifty_type` to
# the name of the best, in quotes. Print `bic(train)` as well, and compare.

# %%
digits, _ = load_digits()
digits = digits[np.random.default_rng(0).permutation(len(digits))]
features = PCA(15).fit(digits[1060:])  # found by digits that are used for nothing else
train, validation, test = np.split(features.transform(digits[:1060]), [60, 560])
print(train.shape, validation.shape, test.shape)

# %% task="thrifty_type" role="answer"
### BEGIN SOLUTION
models = {}
for name in ("full", "tied", "diag", "spherical"):
    model = GaussianMixture(3, covariance_type=name, n_init=5, random_state=0).fit(train)
    models[name] = model
    row = f"train {model.score(train):6.1f}, BIC {model.bic(train):6.0f}"
    print(f"{name:9s} {row}, validation {model.score(validation):6.1f}")
thrifty_type = max(models, key=lambda name: models[name].score(validation))
### STUB
# # Fit, compare, and then set:
# thrifty_type = ...
### END SOLUTION

# %% task="thrifty_type" role="check"
check.thrifty_type(thrifty_type)

# %% tags=["solution-only"]
assert min(models, key=lambda name: models[name].bic(train)) == "full"
print(f"the chosen type on the test digits: {models[thrifty_type].score(test):.1f}")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The likelihood of the training rows cannot choose a type. `score(validation)` is the mean log-likelihood of
# rows that it has not seen; higher is better.
#
# </details>
# <details><summary>Hint 2</summary>
#
# A loop over the four names, one fit each, two scores printed side by side. Which type looks best on `train`? Is
# it the best on `validation`?
#
# </details>
#
# <details><summary>When the check passes: what BIC prefers</summary>
#
# BIC, computed on the sixty rows, prefers full by a large margin. Its penalty of $\log n$ per parameter is derived
# for many points and few parameters. With 407 parameters and sixty points it does not apply. Lesson 09 returns to it.
#
# </details>

# %% tags=["solution-only"]
assert 2 + 3 * 15 + 3 * 15 * 16 // 2 == 407
