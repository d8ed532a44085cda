# %%
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy.stats import norm
from sklearn.datasets import make_blobs

from mlcourse import KMeans, check
from mlcourse.datasets import load_points
from mlcourse.plotting import (
    color,
    plot_centers,
    plot_ellipses,
    plot_points,
    show,
    use_course_style,
)

use_course_style()

# %% [markdown]
# ## {{whose_point}}
#
# K-means has found two clusters. As in the lecture, a circle around each centre reaches the farthest member. Then a
# new point arrives: the star.

# %%
X, _ = make_blobs([300, 300], centers=[[0, 0], [6, 0]], cluster_std=[1.7, 0.5], random_state=4)
kmeans = KMeans(2, n_init=5, random_state=0).fit(X)
distance = kmeans.transform(X)
reach = np.array([distance[kmeans.labels_ == k, k].max() for k in range(2)])

# %% tags=["hide-input"]
# Figure 1: two clusters, their circles and the star
ax = plot_points(X, kmeans.labels_, sizes=14)
plot_ellipses(kmeans.cluster_centers_, reach**2, "spherical", n_std=1, ax=ax)
plot_centers(kmeans.cluster_centers_, ax=ax)
ax.plot(3.6, 4.0, "*", color=color(5), markersize=16)
show(
    ax,
    "Figure 1. Two clusters, their circles, and a new point. The star is inside the circle of cluster"
    " 0 and outside that of cluster 1.",
    "A loose cloud, cluster 0, inside a large circle, and a tight one to its right, cluster 1, inside a"
    " smaller circle. The centres are at (0, 0.1) and (5.9, 0). A star at (3.6, 4) is inside the large"
    " circle only.",
)

# %% [markdown]
# Which label does `kmeans.predict` give the star?
#
# - A: 0, because the star is inside the circle of cluster 0 and outside the other.
# - B: 1, because the centre of cluster 1 is nearer.
# - C: none, because the star is far from both groups.
# - D: that of the larger cluster, since the distances are nearly the same.

# %% task="whose_point" role="answer"
### BEGIN SOLUTION
whose_point = "B"  # the nearest centre decides, and nothing else
### END SOLUTION

# %% task="whose_point" role="check"
check.whose_point(whose_point)

# %% [markdown] tags=["solution-only"]
# `predict` compares distances to the centres. You can also ask it: `kmeans.predict([[3.6, 4.0]])`.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# What does k-means keep after fitting? Centres. Does it keep anything about circles or sizes?
#
# </details>
# <details><summary>Hint 2</summary>
#
# Hold a strip of paper to the screen: how far is the star from each white disc?
#
# </details>

# %% [markdown]
# ## {{inertia_of_labels}}
#
# The inertia belongs to a labelling, not to an algorithm: give every group its own mean as centre, and add up the
# squared distances of all points to the centre of their group. So you can ask what k-means thinks of *your* labels.
#
# - in: `X` of shape (n, d); `labels` of shape (n,), integers 0 … K − 1, each occurring at least once
# - out: one number


# %% task="inertia_of_labels" role="answer"
def inertia_of_labels(X, labels):
    """Sum of squared distances of the points X (n, d) to the mean of their own group."""
    ### BEGIN SOLUTION
    means = np.array([X[labels == k].mean(axis=0) for k in range(labels.max() + 1)])
    return ((X - means[labels]) ** 2).sum()
    ### END SOLUTION


# %% task="inertia_of_labels" role="check"
check.inertia_of_labels(inertia_of_labels)

# %% [markdown] tags=["solution-only"]
# Indexing the table of means with the labels gives every point its own centre at once. A loop that adds `len(G) *
# G.var(axis=0).sum()` over the groups `G` gives the same number, since a variance is a mean square.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Two steps: a table of the group means, one row per group; then for each point the row that its label points to.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Look at the formula of $J$ in the lecture once more. What is squared, what is summed, and is anything divided?
#
# </details>

# %% [markdown] tags=["solution-only"]
# On the lecture's long groups, the labels that everyone would draw lose against those of k-means:

# %% tags=["solution-only"]
from mlcourse.datasets import elongated_blobs

X, y = elongated_blobs()
by_kmeans = KMeans(3, n_init=10, random_state=42).fit_predict(X)
print(f"true labels {inertia_of_labels(X, y):.1f}, k-means {inertia_of_labels(X, by_kmeans):.1f}")
assert inertia_of_labels(X, y) > inertia_of_labels(X, by_kmeans)

# %% [markdown]
# ## {{join_labels}}
#
# Two colleagues have each labelled the points of one file. Both numbered their groups from 0, but may have skipped
# numbers. No group is in both files. The function below joins their labels into one array, for the points of the
# first file followed by those of the second. It runs, but the scores computed from it are far too low. Fix it.
#
# - in: `y1` of shape (n1,) and `y2` of shape (n2,), integers from 0 upwards
# - out: an array of shape (n1 + n2,): two points have the same label when they are in the same file *and* the same
#   group, and only then. The labels themselves are up to you.


# %% task="join_labels" role="answer"
def join_labels(y1, y2):
    """Labels (n1 + n2,) for the points of both files, groups kept apart."""
    ### BEGIN SOLUTION
    return np.r_[y1, y2 + y1.max() + 1]
    ### STUB
    # return np.r_[y1, y2]
    ### END SOLUTION


# %% task="join_labels" role="check"
check.join_labels(join_labels)

# %% [markdown] tags=["solution-only"]
# The largest label of the first file plus 1 is certainly free, however many numbers the file skips. Pairs of (file,
# label), or even and odd numbers, work as well.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Try it on `y1 = np.array([0, 1])` and `y2 = np.array([0, 1])`. How many groups should there be, and how many are
# there?
#
# </details>
# <details><summary>Hint 2</summary>
#
# Moving all labels of the second file up by the same amount keeps its groups apart from each other. How far up must
# they move, so that its lowest label, 0, lands on a number that is free?
#
# </details>
# <details><summary>Hint 3</summary>
#
# A colleague who skips numbers may have two groups called 0 and 4. Which numbers are taken then, and what is the
# first that is surely free?
#
# </details>

# %% tags=["solution-only"]
from sklearn.metrics import adjusted_rand_score

from mlcourse import GaussianMixture

found = GaussianMixture(3, random_state=42).fit_predict(X)
y1, y2 = y[:1000], np.zeros(250, dtype=int)
for truth in (np.r_[y1, y2], join_labels(y1, y2)):
    print(f"{len(np.unique(truth))} groups, ARI {adjusted_rand_score(truth, found):.2f}")

# %% [markdown]
# ## {{mixture_sample}}
#
# Draw points from a mixture of round Gaussians. So that the answer is the same for everyone, you are given the random
# numbers: for each point a number `u[i]`, uniform between 0 and 1, to pick the component, and a row `Z[i]` of
# standard normal numbers, to draw the point.
#
# Divide the line from 0 to 1 among the components, in their order: each gets a stretch as long as its weight. With
# weights 0.2, 0.5 and 0.3 the stretches end at 0.2, 0.7 and 1. Point $i$ comes from the component whose stretch
# contains `u[i]`.
#
# - in: `u` of shape (n,), `Z` of shape (n, d), `weights` of shape (K,), `means` of shape (K, d), `stds` of shape
#   (K,)
# - out: `X` of shape (n, d), with $x_i = \mu_k + \sigma_k z_i$, and `k` of shape (n,), the component of each point


# %% task="mixture_sample" role="answer"
def mixture_sample(u, Z, weights, means, stds):
    """Points X (n, d) of a mixture, and the component k (n,) of each."""
    ### BEGIN SOLUTION
    k = np.searchsorted(np.cumsum(weights), u, side="right")
    return means[k] + stds[k, np.newaxis] * Z, k
    ### END SOLUTION


# %% task="mixture_sample" role="check"
check.mixture_sample(mixture_sample)

# %% [markdown] tags=["solution-only"]
# `searchsorted` counts the stretches that end at or before `u[i]`, for all points at once. `(u[:, np.newaxis] >=
# np.cumsum(weights)[:-1]).sum(axis=1)` says the same, more slowly for many components.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The ends of the stretches are a running total of the weights; NumPy calls it a cumulative sum. The component of a
# point is the number of stretches that end before its `u[i]`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# With the components in an integer array, `means[k]` is a table with one row per point. What has to happen to
# `stds[k]`, of shape (n,), before it can multiply a table (n, d)? And what does it multiply: the mean, the noise,
# or both?
#
# </details>
# <details><summary>Hint 3</summary>
#
# Return two values, the points first.
#
# </details>

# %% tags=["solution-only"]
rng = np.random.default_rng(0)
means = np.array([[0.0, 0.0], [3.0, 3.0], [6.0, 0.0]])
X, k = mixture_sample(
    rng.uniform(size=500),
    rng.standard_normal((500, 2)),
    np.array([0.2, 0.5, 0.3]),
    means,
    np.array([0.5, 1.0, 0.8]),
)
ax = plot_points(X, k)
plot_centers(means, ax=ax)
show(
    ax,
    "Figure 2. Five hundred points of a mixture, by the function above.",
    "Three round clouds of points of different sizes and spreads, each around a numbered centre.",
)

# %% [markdown]
# ## {{unavoidable_share}}
#
# You know the knobs of a mixture on the line, and want to guess where each point came from. The best you can do is
# to pick the most probable component every time. You will still be wrong at $x_i$ with probability $1 - \max_k
# r_{ik}$. How large is this probability on average over the points?
#
# - in: `x` of shape (n,); `pi`, `mu`, `sigma` of shape (K,): weights, means and standard deviations
# - out: one number, the expected share of errors
#
# `norm.pdf(x, mean, standard_deviation)` is imported, and takes arrays.


# %% task="unavoidable_share" role="answer"
def unavoidable_share(x, pi, mu, sigma):
    """Expected share of points x (n,) for which the most probable component is not the true one."""
    ### BEGIN SOLUTION
    p = pi * norm.pdf(x[:, np.newaxis], mu, sigma)
    r = p / p.sum(axis=1, keepdims=True)
    return (1 - r.max(axis=1)).mean()
    ### END SOLUTION


# %% task="unavoidable_share" role="check"
check.unavoidable_share(unavoidable_share)

# %% [markdown] tags=["solution-only"]
# The formula as it stands is fine near the data. Far from all components every density underflows, and 0 / 0 is NaN;
# a softmax of `np.log(pi) + norm.logpdf(…)` avoids that.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# First the joint densities $p(x_i, k) = \pi_k N(x_i \mid \mu_k, \sigma_k^2)$ as a table (n, K); `x[:, np.newaxis]`
# turns the points into a column. Then divide, so that each row sums to 1.
#
# </details>
# <details><summary>Hint 2</summary>
#
# For one point: the largest entry of its row is the chance of being right. What is the chance of being wrong? Then
# one average over all points.
#
# </details>

# %% [markdown]
# ## {{equal_points}}
#
# Two Gaussians on the line, one tight and one loose. For the numbers here there are two places where both components
# are equally probable. One is between the means. The other is on the far side of the tight Gaussian: far out in both
# directions, the loose one is higher. Find both.
#
# - in: `pi`, `mu`, `sigma`, each of shape (2,): weights, means and standard deviations (the two differ)
# - out: an array of shape (2,) with the two places, in any order
#
# Take pen and paper first. Start from $\pi_0 N(x \mid \mu_0, \sigma_0^2) = \pi_1 N(x \mid \mu_1, \sigma_1^2)$ and
# rearrange it into the form $a x^2 + b x + c = 0$. On the line the density is $N(x \mid \mu, \sigma^2) =
# \frac{1}{\sqrt{2\pi}\,\sigma} \exp\left(-\frac{(x-\mu)^2}{2\sigma^2}\right)$. `np.roots([a, b, c])` solves the
# equation.


# %% task="equal_points" role="answer"
def equal_points(pi, mu, sigma):
    """The two places (2,) where both components are equally probable."""
    ### BEGIN SOLUTION
    s = 1 / (2 * sigma**2)
    log_ratio = np.log(pi[0] / sigma[0]) - np.log(pi[1] / sigma[1])
    a = s[0] - s[1]
    b = -2 * (s[0] * mu[0] - s[1] * mu[1])
    c = s[0] * mu[0] ** 2 - s[1] * mu[1] ** 2 - log_ratio
    return np.roots([a, b, c])
    ### END SOLUTION


# %% task="equal_points" role="check"
check.equal_points(equal_points)

# %% [markdown] tags=["solution-only"]
# In logarithms the equation is quadratic, and `np.roots` solves it. A root finder such as
# `scipy.optimize.brentq`, once on each side of the tight mean, also works.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Take logarithms of both sides. For each component three things remain: its weight, its height, and its exponent. The
# height on the line is not the height in the plane.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Gather the squares on the left, $\frac{(x-\mu_0)^2}{2\sigma_0^2} - \frac{(x-\mu_1)^2}{2\sigma_1^2}$, and everything
# without $x$ on the right. Then test the right side: a larger $\pi_0$ must leave more room for component 0.
#
# </details>
# <details><summary>Hint 3</summary>
#
# Multiply out each square, and sort by powers of $x$. Then substitute one of your two places into both sides of the
# original equation.
#
# </details>

# %% [markdown]
# ## {{fixed_file}}
#
# A friend sends you six lines of measurements from a river. `load_points` rejects them. Fix the text so that it
# loads, with every point that was measured and nothing that was not. A first line that holds names and no numbers is
# skipped, as you know, and the order of the points does not matter. The function below saves a text to a file and
# reads it.


# %%
def try_to_read(text):
    """Print the points in a text, or why it cannot be read."""
    with TemporaryDirectory() as folder, chdir(folder):
        Path("river.txt").write_text(text, encoding="utf-8")
        try:
            print(load_points("river.txt"))
        except ValueError as error:
            print(error)


# %% task="fixed_file" role="answer"
### BEGIN SOLUTION
# The semicolon goes, the comma was a decimal point, the remark gets its #, and the gap cannot be filled.
fixed_file = """\
# river level in metres, at the upper and at the lower gauge
upper  lower
1.2    2.9
1.4    3.1
1.7    3.3
2.4    3.9  # rising
2.6    4.4
"""
### STUB
# fixed_file = """\
# # river level in metres, at the upper and at the lower gauge
# upper  lower
# 1.2    2.9
# 1.4 ;  3.1
# 1,7    3.3
# 2.0    n/a
# 2.4    3.9  rising
# 2.6    4.4
# """
### END SOLUTION
try_to_read(fixed_file)

# %% task="fixed_file" role="check"
check.fixed_file(fixed_file)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The message names one line at a time: fix it, run the cell again, and the next one appears. Before you delete a
# line, ask whether its point was measured. Numbers are written differently in different countries.
#
# </details>
# <details><summary>Hint 2</summary>
#
# In one line a number was never measured. What would an invented number do to a mean, or to a cluster?
#
# </details>

# %% [markdown]
# ## {{where_it_fails}}
#
# Describe data from your own work or interest that k-means would group badly. In five to eight sentences: what is
# one row, and what are its features? Which assumption of k-means fails there, and why? What would you see in the
# result that makes you suspicious? Would the story of a mixture help, and which of its knobs?

# %% [markdown] task="where_it_fails" role="open"
# <!-- BEGIN SOLUTION -->
# *One answer of many.* A row is a customer of an online shop; the features are orders per year and money spent per
# year. Most customers order once or twice, and a few hundred order weekly. So the groups differ in number by a factor
# of hundreds, and in spread too, since the frequent customers vary far more. Orders and money also go together, which
# makes the groups slanted. K-means with k = 2 cuts the mass of occasional customers wherever that saves most squared
# distance, or spends a centre on a handful of very large ones. I would be suspicious if a border ran through the
# densest part of the data, or if it moved when I changed the unit of money from euros to cents: inertia depends on
# units. A mixture has weights for unequal numbers, a spread of its own for each group, and (from lesson 03 on)
# covariances for the slant. It would also say which customers it is unsure of. It would not help with the long tail
# of very large customers, which no Gaussian describes; taking logarithms of both features first might.
#
# *Points:* one for rows and features that make the case concrete; one for an assumption that fails, with the reason
# (shape, spread, number, units or doubt); one for a visible symptom and a knob that deals with it, or a good reason
# why none does.
# <!-- END SOLUTION -->

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Think of the assumptions one at a time: round, equally wide, of equal size, no doubt. Add a fifth that hides in the
# distance: all features are in comparable units.
#
# </details>
# <details><summary>Hint 2</summary>
#
# A rare kind hidden among a common one is the easiest place to look: a disease, a fraud, a mutation, a kind of star.
#
# </details>
