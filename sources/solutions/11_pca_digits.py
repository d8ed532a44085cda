# %%
import numpy as np
from sklearn.model_selection import train_test_split

from mlcourse import PCA, GaussianMixture, check
from mlcourse.datasets import load_digits
from mlcourse.plotting import plot_digits, show, use_course_style

use_course_style()

# %% [markdown]
# ## {{pca_by_svd}}
#
# Write a principal component analysis that uses the singular value decomposition,
# `np.linalg.svd(…, full_matrices=False)`.
#
# - in: `X` of shape (n, d), and `q`, how many axes to keep
# - out: `mean` (d,), `axes` (q, d), one axis per row, and `variances` (q,) along them, largest first, with $n - 1$ in
#   the denominator
#
# An axis may point either way: signs do not matter.


# %% task="pca_by_svd" role="answer"
def pca_by_svd(X, q):
    """Mean (d,), the first q axes (q, d), and the variances along them (q,)."""
    ### BEGIN SOLUTION
    mean = X.mean(axis=0)
    _, s, Vt = np.linalg.svd(X - mean, full_matrices=False)
    return mean, Vt[:q], s[:q] ** 2 / (len(X) - 1)
    ### END SOLUTION


# %% task="pca_by_svd" role="check"
check.pca_by_svd(pca_by_svd)

# %% [markdown] tags=["solution-only"]
# The SVD never squares the data, so small variances keep their precision. `np.linalg.eigh` of the covariance, with
# its eigenvectors in reverse order, also works.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The axes describe how the rows differ *from their mean*. What has to happen to `X` before you decompose it?
#
# </details>
# <details><summary>Hint 2</summary>
#
# Let $A = U\,\mathrm{diag}(s)\,V^{\mathsf T}$ be the decomposition. The covariance is $A^{\mathsf T}A/(n-1)$. Put the
# first into the second: what is in the middle, between the two $V$?
#
# </details>
# <details><summary>Hint 3</summary>
#
# NumPy gives three factors, and the third is $V^{\mathsf T}$ already. Are the axes its rows or its columns? Singular
# values come out largest first.
#
# </details>

# %% [markdown]
# ## {{axes_to_keep}}
#
# - in: `variances` (d,), largest first, and a `share` between 0 and 1
# - out: the smallest number of axes that together hold at least that share of the total variance


# %% task="axes_to_keep" role="answer"
def axes_to_keep(variances, share):
    """The smallest number of axes that hold at least `share` of the variance: an integer."""
    ### BEGIN SOLUTION
    held = np.cumsum(variances) / np.sum(variances)
    return int(np.argmax(held >= share)) + 1
    ### END SOLUTION


# %% task="axes_to_keep" role="check"
check.axes_to_keep(axes_to_keep)

# %% [markdown] tags=["solution-only"]
# `np.argmax` of a comparison finds the first position where the sum is large enough; adding 1 turns a position into a
# count. `np.searchsorted` or a loop that stops at the share works as well.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# What share of the total variance does each axis hold? And the first two together, the first three, …? There is a
# NumPy function for running sums.
#
# </details>
# <details><summary>Hint 2</summary>
#
# The running sum grows from the first share to 1. You want the first position at which it is large enough. Python
# counts from 0: how many axes are there up to and including position 0?
#
# </details>

# %% [markdown]
# ## {{fix_whitening}}
#
# This function whitens the rows of `X`, then undoes that. A fellow student has tested it: with all axes kept, every
# picture comes back exactly, so they think it is correct. But the mixture that they fitted to `Z` makes no sense.
#
# Find out what is wrong with `Z`, and fix the function.
#
# - in: `X` (n, d), and `mean` (d,), `axes` (q, d), `variances` (q,) of a PCA that has been fitted before, perhaps to
#   other rows
# - out: `Z` (n, q), whitened, and `back` (n, d), the pictures rebuilt from `Z`


# %% task="fix_whitening" role="answer"
def fix_whitening(X, mean, axes, variances):
    """Whitened amounts Z (n, q), and the rows rebuilt from them (n, d)."""
    ### BEGIN SOLUTION
    spread = np.sqrt(variances)
    Z = (X - mean) @ axes.T / spread
    back = (Z * spread) @ axes + mean
    return Z, back
    ### STUB
    # amounts = (X - mean) @ axes.T
    # Z = amounts / variances
    # back = (Z * variances) @ axes + mean
    # return Z, back
    ### END SOLUTION


# %% task="fix_whitening" role="check"
check.fix_whitening(fix_whitening)

# %% [markdown] tags=["solution-only"]
# Use one scale, the standard deviation, twice: divide by it to whiten, multiply by it to go back. Dividing the axes
# themselves by it gives the same Z.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# What should the variance of each column of `Z` be? Compute it for some rows of your own. If you divide numbers by
# $c$, what is their variance divided by?
#
# </details>
# <details><summary>Hint 2</summary>
#
# A perfect round trip only proves that the second step undoes the first. It proves nothing about `Z`. So both steps
# have to change, and match each other.
#
# </details>
# <details><summary>Hint 3</summary>
#
# The mean and the spread are those of the PCA. They are arguments; do not compute them from `X`. The mean is
# subtracted at the start and added at the end.
#
# </details>

# %% [markdown]
# ## {{most_components}}
#
# Take the 1797 digits, on the 41 axes that hold 99 % of their variance. What is the largest number of components for
# which a mixture with **full** covariances has no more free parameters than there are numbers in the data?

# %% task="most_components" role="answer"
### BEGIN SOLUTION
numbers = 1797 * 41
per_component = 1 + 41 + 41 * 42 // 2  # weight, mean, covariance
most_components = (numbers + 1) // per_component  # the weights sum to 1: one parameter fewer
### STUB
# most_components = ...
### END SOLUTION

# %% task="most_components" role="check"
check.most_components(most_components)

# %% [markdown] tags=["solution-only"]
# Counting upwards in a loop gives the same answer as solving the inequality; the loop is harder to get wrong.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Count for one component: its weight, its mean, its covariance. A covariance of 41 features is a symmetric table. How
# many of its entries can be chosen freely? Over all components, the weights sum to 1.
#
# </details>
# <details><summary>Hint 2</summary>
#
# How many numbers does a table of 1797 rows and 41 columns have? The count of parameters must not exceed that; with
# one more component it would.
#
# </details>

# %% [markdown]
# ## {{in_plain_units}}
#
# One model has been fitted to whitened amounts, and another to plain ones. To compare them, convert the first one's
# log densities to plain units: for the same digits, what would its log density be if nothing had been divided by a
# standard deviation?
#
# - in: `log_density` (n,), in nats, in whitened units, and `variances` (q,) along the axes
# - out: the log densities (n,) in plain units


# %% task="in_plain_units" role="answer"
def in_plain_units(log_density, variances):
    """Log densities (n,) in plain units, from those in whitened units and the axes' variances (q,)."""
    ### BEGIN SOLUTION
    return log_density - 0.5 * np.log(variances).sum()
    ### END SOLUTION


# %% task="in_plain_units" role="check"
check.in_plain_units(in_plain_units)

# %% [markdown] tags=["solution-only"]
# Take half the sum of the logarithms, not the logarithm of the product: with many axes the product underflows.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Probability does not change when you change units, but the volume it is spread over does. If an axis is stretched by
# three, what happens to the height of a density over it?
#
# </details>
# <details><summary>Hint 2</summary>
#
# Whitening divided each axis by a length. By which? Going back stretches the volume of a little box by all of these
# lengths together. How do factors along several axes combine?
#
# </details>
# <details><summary>Hint 3</summary>
#
# If a density is divided by a number, what happens to its natural logarithm? And what does the logarithm make of a
# product?
#
# </details>

# %% [markdown]
# ## {{strength_for_digits}}
#
# Twenty components are shrunk towards the covariance of all training digits. Which of the strengths 4, 8, 11, 20, 50
# and 200 is best? The split is made for you; it is not the lecture's. Fit every candidate with
# `GaussianMixture(20, covariance_prior="data", prior_strength=m, random_state=0)`.

# %%
X, y = load_digits()
X_rest, X_test, y_rest, y_test = train_test_split(X, y, test_size=0.2, stratify=y, random_state=9)
X_train, X_val = train_test_split(X_rest, test_size=0.25, stratify=y_rest, random_state=9)
pca = PCA(0.99).fit(X_train)
Z_train, Z_val, Z_test = (pca.transform(part) for part in (X_train, X_val, X_test))

# %% task="strength_for_digits" role="answer"
### BEGIN SOLUTION
scores = {}
for m in (4, 8, 11, 20, 50, 200):
    candidate = GaussianMixture(20, covariance_prior="data", prior_strength=m, random_state=0)
    scores[m] = candidate.fit(Z_train).score(Z_val)
strength_for_digits = max(scores, key=scores.get)
### STUB
# scores = {}
# strength_for_digits = ...
### END SOLUTION

# %% task="strength_for_digits" role="check"
check.strength_for_digits(strength_for_digits)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# One part of the data is for fitting, one for choosing, and one for reporting once everything is chosen. Which should
# the score come from?
#
# </details>
# <details><summary>Hint 2</summary>
#
# `score` gives the mean log-likelihood per row. Print all six before you choose. Is a higher one better, or a lower
# one?
#
# </details>

# %% [markdown]
# ## {{grey_digits}}
#
# A fellow student fits a mixture to whitened digits, with shrinkage and twenty components, calls `sample(100)` once,
# and writes their own code to go back to pixels. This is the result.

# %%
white = PCA(0.99, whiten=True).fit(X_train)
mixture = GaussianMixture(20, covariance_prior="data", prior_strength=30, random_state=0).fit(
    white.transform(X_train)
)
samples, _ = mixture.sample(100)
pictures = samples @ white.components_ + white.mean_

# %% tags=["hide-input"]
# Figure: a fellow student's digits
show(
    plot_digits(pictures),
    "A fellow student's hundred digits.",
    "A ten by ten grid of pictures that look nearly alike: in each the same grey, blurred blob, with small"
    " differences in its shading.",
)

# %% [markdown]
# What went wrong?
#
# - **A.** The samples were drawn in a loop, with the same seed each time.
# - **B.** The samples were converted to pixels as if they had never been whitened.
# - **C.** The mean was forgotten.
# - **D.** The mixture has too few components.
#
# Answer with a letter in quotes.

# %% task="grey_digits" role="answer"
### BEGIN SOLUTION
grey_digits = "B"
### END SOLUTION

# %% task="grey_digits" role="check"
check.grey_digits(grey_digits)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Compare a few of the pictures closely. Are they the same, or nearly the same? What would each of the four mistakes
# do to the *differences* between pictures?
#
# </details>
# <details><summary>Hint 2</summary>
#
# What do they have in common? The lecture's figure 2 shows that picture. What should be added to it is far too small.
#
# </details>

# %% [markdown]
# ## {{copied_share}}
#
# Write a test for copies. For every row, its *distance to the training set* is the Euclidean distance to the nearest
# training row. A generated row is suspicious when this distance is no greater than the given `quantile` of these
# distances for the held-out rows (plain `np.quantile`).
#
# - in: `generated` (a, d), `train` (b, d), `held_out` (c, d), and `quantile` between 0 and 1
# - out: the share of the generated rows that are suspicious, one number


# %% task="copied_share" role="answer"
def copied_share(generated, train, held_out, quantile):
    """Share of the generated rows that are suspiciously close to a training row."""

    ### BEGIN SOLUTION
    def distance_to_train(rows):
        return np.array([np.linalg.norm(train - row, axis=1).min() for row in rows])

    threshold = np.quantile(distance_to_train(held_out), quantile)
    return np.mean(distance_to_train(generated) <= threshold)
    ### END SOLUTION


# %% task="copied_share" role="check"
check.copied_share(copied_share)

# %% [markdown] tags=["solution-only"]
# `nearest_rows` or `scipy.spatial.distance.cdist` compute the same distances faster. What matters is that both sets
# are compared with the same training rows.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# You need the same computation for two sets of rows: how far is each row from the *nearest* training row? Write a
# small function and use it twice.
#
# </details>
# <details><summary>Hint 2</summary>
#
# The held-out rows show which distances are normal for rows that are not copies. A small quantile of these is the
# threshold: few such rows are nearer. Compare each generated row with it, and turn the yes or no answers into a
# share.
#
# </details>
# <details><summary>Hint 3</summary>
#
# For one row, `train - row` has shape (b, d): its lengths along `axis=1` are the distances to all training rows.
#
# </details>

# %% [markdown]
# When the check passes, compare three generators: a mixture of 90 full components, the shrunk one of task 6, and one
# that adds a little noise to training digits. Add a cell: draw 500 rows from each, and look at the shares for
# `quantile=0.01`, with the validation digits held out.

# %% tags=["solution-only"]
shrunk = GaussianMixture(
    20, covariance_prior="data", prior_strength=strength_for_digits, random_state=0
)
noise = np.random.default_rng(0).normal(size=(500, pca.n_components_))
generators = {
    "90 full components": GaussianMixture(90, random_state=0).fit(Z_train).sample(500)[0],
    "shrunk": shrunk.fit(Z_train).sample(500)[0],
    "training digits with noise": Z_train[:500] + noise,
}
for name, drawn in generators.items():
    print(f"{name:26s} {copied_share(drawn, Z_train, Z_val, 0.01):.3f}")
