# %% tags=["hide-input"]
# Imports and figure style
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np
from scipy.signal import find_peaks
from scipy.stats import multivariate_normal, norm
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score, pairwise_distances_argmin
from sklearn.utils import check_random_state

from mlcourse import GaussianMixture, KMeans
from mlcourse.datasets import (
    elongated_blobs,
    four_blobs,
    gaussian_pair,
    load_points,
    stretched_blobs,
)
from mlcourse.metrics import match_labels
from mlcourse.plotting import (
    INK,
    plot_centers,
    plot_curve,
    plot_decision_regions,
    plot_ellipses,
    plot_mixture_1d,
    plot_points,
    plot_responsibilities,
    show,
    use_course_style,
)
from mlcourse.widgets import draw_overlap, kmeans_player, overlap_explorer

use_course_style()

# %% [markdown]
# Run the next cell, then press Play in it: k-means on four groups that suit it. In this lesson it meets groups that
# do not.

# %% tags=["hide-input"]
# To begin with: k-means on four round groups
X, _ = four_blobs()
centers, path = X[[0, 1, 2, 5]], []
for _ in range(12):
    nearest = pairwise_distances_argmin(X, centers)
    path.append((centers, nearest))
    centers = np.array([X[nearest == k].mean(axis=0) for k in range(4)])
kmeans_player(X, path)

# %% [markdown]
# ## A method at home
#
# Four round groups, a hundred points each, all of one width. The [k-means](../GLOSSARY.md#k-means) of the last
# lesson finds them without an error. Around every [centre](../GLOSSARY.md#centre) the picture draws a circle that
# reaches its farthest member. The tints show what k-means answers at each place of the plane.

# %%
X, y = four_blobs()
kmeans = KMeans(4, n_init=10, random_state=0).fit(X)
distance = kmeans.transform(X)  # (400, 4): from each point to each centre
reach = np.array([distance[kmeans.labels_ == k, k].max() for k in range(4)])
assert np.array_equal(match_labels(y, kmeans.labels_), y)  # not one point misplaced

# %% tags=["hide-input"]
# Figure 1: four groups and their circles
ax = plot_decision_regions(kmeans, np.vstack([X, [3, -4]]))  # with room for the lower circle
plot_points(X, kmeans.labels_, ax=ax)
plot_ellipses(kmeans.cluster_centers_, reach**2, "spherical", n_std=1, ax=ax)
plot_centers(kmeans.cluster_centers_, ax=ax)
show(
    ax,
    "Figure 1. Four groups, found. Compare the circles with the tinted regions: they do not agree.",
    "Four round clouds of points, each in its own tinted region with straight borders. A circle around each"
    " centre reaches the farthest member; the circles overlap a little and leave the corners uncovered.",
)

# %% [markdown]
# It is tempting to read the circles as the clusters: a point belongs where it is inside. The picture has places
# that lie inside two circles, and corners that lie in none.
#
# **Before you run the next cell:** what does k-means say about a point inside two circles? And about a point at
# (100, 100), far outside all of them?

# %%
inside = distance <= reach
twice = inside.sum(axis=1) == 2
print("points inside two circles:", twice.sum())
print("their distances to the four centres:\n", distance[twice].round(2))
print("their labels:", kmeans.labels_[twice])
print("a point at (100, 100) gets the label", kmeans.predict([[100.0, 100.0]])[0])

# %% [markdown]
# The nearest centre decides, and nothing else. So the [decision regions](../GLOSSARY.md#decision-region) of k-means
# are not discs but cells with straight borders, each border halfway between two centres, and they reach to the end
# of the plane. The point at (100, 100) gets its label with the same confidence as the point on top of a centre.
#
# The circles are a drawing of ours. Yet there is some truth in them. A rule that looks at distance alone, and looks
# in all directions alike, suits groups that are round and of one size. These four are. The rest of this lesson
# takes that comfort away, one piece at a time.

# %%
nearest = distance.argmin(axis=1)
assert np.array_equal(nearest, kmeans.labels_)  # the whole rule, in one line

# %% [markdown]
# ## Stretch the plane
#
# Here are the same four hundred points, seen through a linear map, as if someone had photographed the page from the
# side. No point has changed its group, and the eye still finds four.
#
# **Before you run the next cell:** k-means looks for four clusters again. Where will its borders run?

# %%
X, y = stretched_blobs()
kmeans = KMeans(4, n_init=10, random_state=0).fit(X)
y = match_labels(kmeans.labels_, y)  # the true groups, numbered as k-means numbers them
errors = (kmeans.labels_ != y).sum()

# %% tags=["hide-input"]
# Figure 2: stretched groups, as drawn and as cut
fig, axes = plt.subplots(1, 2, figsize=(10, 4.2), sharey=True)
plot_points(X, y, ax=axes[0]).set_title("how the points were drawn")
plot_decision_regions(kmeans, X, ax=axes[1]).set_title("how k-means cuts them")
plot_points(X, kmeans.labels_, ax=axes[1])
plot_centers(kmeans.cluster_centers_, ax=axes[1])
show(
    fig,
    f"Figure 2. Four slanted groups, and the borders of k-means, which ignore the slant: {errors} of"
    f" {len(X)} points end up in a neighbour's cluster.",
    "Two scatter plots of the same four slanted, elongated groups. On the left each group has one"
    " colour. On the right straight borders cut across the ends of some groups.",
)

# %% [markdown]
# How bad is it? Counting errors needs a match between the numbers of two labellings, as in lesson 01. The [adjusted
# Rand index](../GLOSSARY.md#adjusted-rand-index), ARI for short, does without one. It takes every *pair* of points
# and asks whether both labellings agree: together in both, or apart in both. Then it corrects for luck. Equal
# groupings score 1, unrelated ones about 0, and the names of the groups never matter.

# %%
print(f"ARI: {adjusted_rand_score(y, kmeans.labels_):.3f}")
print(f"ARI with the clusters renamed: {adjusted_rand_score(y, 10 - kmeans.labels_):.3f}")
assert round(adjusted_rand_score(y, kmeans.labels_), 3) == 0.813

# %% [markdown]
# **Before you run the next cell:** which would help more, a hundred starts or a hundred times the points?

# %%
many_starts = KMeans(4, n_init=100, random_state=0).fit(X)
print(f"a hundred starts          : ARI {adjusted_rand_score(y, many_starts.labels_):.3f}")
print(f"    inertia {many_starts.inertia_:.3f}, with ten starts {kmeans.inertia_:.3f}")
X_many, y_many = stretched_blobs(40_000)
many_points = KMeans(4, n_init=10, random_state=0).fit(X_many)
print(f"a hundred times the points: ARI {adjusted_rand_score(y_many, many_points.labels_):.3f}")

# %% [markdown]
# Neither changes much. The hundred starts did find a slightly lower inertia than the ten. But a distance that counts
# every direction alike cannot know that these groups are long one way and thin the other.

# %% [markdown]
# ## Unequal spread, unequal numbers
#
# Now the groups are round again, and only two, with centres 5 apart. In the first experiment one is loose and the
# other tight, with 500 points each. In the second both are equally tight, but one has 1000 points and the other 20.
#
# **Before you run the next cell:** in which of the two experiments does k-means do worse?

# %%
spread = make_blobs([500, 500], centers=[[0, 0], [5, 0]], cluster_std=[2, 0.4], random_state=0)
number = make_blobs([1000, 20], centers=[[0, 0], [5, 0]], cluster_std=1, random_state=0)

# %% tags=["hide-input"]
# Figure 3: unequal spread, unequal numbers
fig, axes = plt.subplots(1, 2, figsize=(10, 4.2))
for ax, (X, y), name in zip(axes, (spread, number), ("unequal spread", "unequal numbers")):
    kmeans = KMeans(2, n_init=10, random_state=0).fit(X)
    y = match_labels(kmeans.labels_, y)
    plot_decision_regions(kmeans, X, ax=ax).set_title(name)
    plot_points(X, y, sizes=14, ax=ax)
    plot_centers(kmeans.cluster_centers_, ax=ax)
    errors, score = (kmeans.labels_ != y).sum(), adjusted_rand_score(y, kmeans.labels_)
    print(f"{name}: {errors} of {len(y)} misplaced, ARI {score:.2f}")
show(
    fig,
    "Figure 3. Colour and marker show the true group, the tint shows what k-means says. Left: the"
    " border lies halfway, and the tight group takes points of the loose one. Right: the large group"
    " is cut in two.",
    "Two scatter plots. Left: a wide cloud and a small dense knot; the border halfway between the"
    " centres leaves the right edge of the wide cloud on the knot's side. Right: the border runs"
    " through the middle of a large cloud, and a few points far to its right go with one half of it.",
)

# %% [markdown]
# The second is a disaster. Twenty points stand five [standard deviations](../GLOSSARY.md#standard-deviation) away
# from the others, plain to see, and k-means spends its second centre on cutting the crowd in two. A thousand points
# that each come a little closer to their centre weigh more than twenty that come a lot closer.
#
# That is no accident of the search. It is what we asked for, as the next section shows.

# %% [markdown]
# ## When the objective prefers the wrong answer
#
# What did we ask for? A small [inertia](../GLOSSARY.md#inertia): the sum of squared distances of the points $x_i$
# to the centres $c$ of their labels $l_i$,
#
# $$ J = \sum_{i=1}^{n} \lVert x_i - c_{l_i} \rVert^2 . $$


# %%
def J(X, c, labels):
    """Inertia of the labels (n,) with the centres c (K, d)."""
    return ((X - c[labels]) ** 2).sum()


# %% [markdown]
# First the thousand points and the twenty, for which the answer looked absurd:

# %%
X, y = number
true_means = np.array([X[y == k].mean(axis=0) for k in range(2)])
kmeans = KMeans(2, n_init=10, random_state=0).fit(X)
print(f"true labels: {J(X, true_means, y):.0f}")
print(f"k-means    : {J(X, kmeans.cluster_centers_, kmeans.labels_):.0f}")

# %% [markdown]
# By the measure that we chose, the absurd answer is the better one. Perhaps twenty points are too few to be fair.
# So here is a second case, with three large groups.

# %%
X, y = elongated_blobs()
kmeans = KMeans(3, n_init=10, random_state=42).fit(X)
assert np.isclose(J(X, kmeans.cluster_centers_, kmeans.labels_), kmeans.inertia_)

# %% [markdown]
# Two of them are long and lie side by side, with 500 points each; the third is round and has 250. In lesson 01 a
# poor result meant a poor start: Lloyd's algorithm was stuck in a [local optimum](../GLOSSARY.md#local-optimum),
# and a better start had a lower inertia. So let us give it the best start there is, the means of the true groups,
# which we know because we drew the data ourselves. Beside it, k-means makes ten starts of its own and keeps the one
# with the lowest inertia.
#
# **Before you run the next cells:** which of the two ends with the lower inertia?

# %%
true_means = np.array([X[y == k].mean(axis=0) for k in range(3)])
from_truth = KMeans(3, init=true_means).fit(X)

# %%
for name, c, labels in (
    ("the true labels   ", true_means, y),
    ("start at the truth", from_truth.cluster_centers_, from_truth.labels_),
    ("best of ten starts", kmeans.cluster_centers_, kmeans.labels_),
):
    print(f"{name}: inertia {J(X, c, labels):.1f}, ARI {adjusted_rand_score(y, labels):.3f}")
to_the_end = KMeans(3, init=true_means, tol=0).fit(X)
print(f"start at the truth, tol=0: inertia {to_the_end.inertia_:.1f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert (round(from_truth.inertia_, 1), round(kmeans.inertia_, 1)) == (2242.6, 2179.6)

# %% tags=["hide-input"]
# Figure 4: started at the truth, and the best of ten starts
fig, axes = plt.subplots(1, 2, figsize=(10, 4.2), sharey=True)
for ax, name, model in zip(
    axes, ("start at the truth", "best of ten starts"), (from_truth, kmeans)
):
    plot_decision_regions(model, X, ax=ax).set_title(f"{name}: inertia {model.inertia_:.1f}")
    plot_points(X, model.labels_, sizes=14, ax=ax)
    plot_centers(model.cluster_centers_, ax=ax)
show(
    fig,
    "Figure 4. Left, the labels that look right. Right, the labels that k-means likes better: it cuts"
    " both long groups across and joins their halves.",
    "Two scatter plots of two long parallel groups and a round one at the right. On the left each"
    " group has its own region. On the right one border runs across both long groups, so that two"
    " clusters hold half of each.",
)

# %% [markdown]
# Read the first three lines from the top. The true labels have the *highest* inertia. Started at the truth, Lloyd's
# algorithm walks away from it, because every step away lowers $J$. And the best of ten starts, lowest of all, is
# the one that no person would accept. The truth is not even a place where the algorithm would rest. (By the default
# `tol` it stops when the centres hardly move. The last line shows that without it the walk goes on a little.)
#
# These are two different failures, and they need different cures:
#
# | | the search failed | the objective failed |
# |---|---|---|
# | the good answer has | a lower inertia than ours | a *higher* inertia than ours |
# | more starts | help | do not help, and can make it worse |
# | the cure | `n_init`, k-means++ | another objective |

# %% [markdown]
# ### A trap on the way: labels that run together
#
# The groups of this data set come from two draws, and each draw counts its groups from 0. We need one array of
# labels for all points. Here is how one might join them, and how a better model is scored with the result. The
# model is a [Gaussian mixture](../GLOSSARY.md#gaussian-mixture), which lesson 04 builds; take it as a black box for
# one more cell.
#
# **Before you run the next cell:** `y1` holds 0 and 1, and `y2` holds only 0. How many groups are in `np.r_[y1,
# y2]`?

# %%
y1, y2 = y[:1000], np.zeros(250, dtype=int)
mixture = GaussianMixture(3, tol=1e-10, max_iter=1000, random_state=42).fit(X)
found = mixture.predict(X)

for name, truth in (("np.r_[y1, y2]", np.r_[y1, y2]), ("np.r_[y1, y2 + 2]", np.r_[y1, y2 + 2])):
    print(f"{name:18}: {len(np.unique(truth))} groups, ARI {adjusted_rand_score(truth, found):.3f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert round(adjusted_rand_score(np.r_[y1, y2], found), 3) == 0.651
assert round(adjusted_rand_score(np.r_[y1, y2 + 2], found), 3) == 0.965

# %% [markdown]
# One clustering, two verdicts. Without the `+ 2` the round group is given the number of a long one, and a nearly
# perfect answer looks mediocre. The fault is in the ruler, not in the model. When a score surprises you, count the
# groups in the truth before you doubt the method.
#
# Also notice the good news. On the data where k-means failed, *some* model comes close to the truth. What does it
# do differently?

# %% [markdown]
# ## A story instead of a rule
#
# K-means has a rule and no opinion of how the data came about. Let us begin at the other end, with a story of how
# each point is made:
#
# 1. Pick a [component](../GLOSSARY.md#component) $k$. Component $k$ comes up with probability $\pi_k$, its
#    [weight](../GLOSSARY.md#weight).
# 2. Draw the point from that component's [Gaussian](../GLOSSARY.md#gaussian), with mean $\mu_k$ and, for now, the
#    same standard deviation $\sigma_k$ in every direction.
#
# In symbols, where $\sim$ says "is drawn from" and $z$ holds $d$ independent standard normal numbers:
#
# $$ k \sim \pi, \qquad x = \mu_k + \sigma_k z . $$
#
# A story that can produce data is called a [generative model](../GLOSSARY.md#generative-model). This one is a
# [mixture](../GLOSSARY.md#mixture). In code each step is a line or two.


# %%
def draw_mixture(n, pi, mu, sigma, rng):
    """n points (n, d) of a mixture of round Gaussians, and the component (n,) of each."""
    k = rng.choice(len(pi), size=n, p=pi)
    z = rng.standard_normal((n, mu.shape[1]))
    return mu[k] + sigma[k, np.newaxis] * z, k


# %%
pi = np.array([1, 2]) / 3
mu = np.array([[0.0, 0.0], [10.0, 10.0]])
sigma = np.array([1.2, 1.8])
X, origin = draw_mixture(900, pi, mu, sigma, np.random.default_rng(0))

# %% [markdown]
# **Before you run the next cell:** how many of the 900 points come from component 0? Exactly how many?

# %% tags=["hide-input"]
# Figure 5: nine hundred points of the story
print("points of each component:", np.bincount(origin), " expected:", 900 * pi)

ax = plot_points(X, origin)
plot_ellipses(mu, sigma**2, "spherical", n_std=(1, 2), ax=ax)
show(
    ax,
    "Figure 5. Nine hundred points that the story produced: round, unequal in number and in spread."
    " The circles have radii of one and two standard deviations.",
    "A small tight cloud of circles at the lower left and a larger, looser cloud of squares at the"
    " upper right, each with two concentric circles.",
)

# %% [markdown]
# Not exactly 300: the number is itself drawn by chance, and another seed gives another number.
#
# The story has knobs: weights, means, spreads. Each knob is a number that one can estimate from data. Clustering
# then turns around. Instead of cutting the points into pieces, you ask *which setting of the knobs would have
# produced points like these?* A model with a fixed set of knobs is called
# [parametric](../GLOSSARY.md#parametric-model), and grouping data through such a story is [model-based
# clustering](../GLOSSARY.md#model-based-clustering). The idea is old: Pearson fitted two Gaussians to the foreheads
# of crabs in 1894, by hand.
#
# Everything that k-means took for granted is a knob here. Unequal numbers are weights, unequal spread is
# $\sigma_k$, and slanted groups will be the full covariances of lesson 03.

# %% [markdown]
# ## The answer may be "I cannot know"
#
# There is one more thing that the story gives and the rule does not: doubt. The slider below moves the second group
# of Figure 5 towards the first, and draws the border on which both are equally probable.
#
# **Before you move it:** k-means would draw a straight line halfway between the means. Is that the border here?

# %%
overlap_explorer()

# %% [markdown]
# The slider moves nine hundred points of its own. The same as a still picture, should it not appear: here the
# second mean is at (3, 3).

# %%
noise = np.random.default_rng(0).standard_normal((900, 2))
show(*draw_overlap(noise, 3))

# %% [markdown]
# The border is no straight line: it bends around the tighter group. Where does it come from? The story says how
# probable it is that component $k$ is picked *and* that its Gaussian then gives $x$. In the plane, for a round
# Gaussian, that [joint density](../GLOSSARY.md#joint-density) is
#
# $$ \begin{aligned}
# p(x, k) &= \pi_k \, N(x \mid \mu_k, \sigma_k^2 I) \\
# &= \pi_k \, \frac{1}{2 \pi \sigma_k^2} \exp\!\left( -\frac{\lVert x - \mu_k \rVert^2}{2 \sigma_k^2} \right) .
# \end{aligned} $$
#
# (The $\pi$ without an index is the number 3.14…; $\pi_k$ is a weight.)


# %%
def joint(X, pi, mu, sigma):
    """p(x, k) for every point and component (n, K)."""
    squared = ((X[:, np.newaxis] - mu) ** 2).sum(axis=2)
    return pi / (2 * np.pi * sigma**2) * np.exp(-squared / (2 * sigma**2))


# %%
by_scipy = [w * multivariate_normal(m, s**2).pdf(X) for w, m, s in zip(pi, mu, sigma)]
assert np.allclose(joint(X, pi, mu, sigma), np.transpose(by_scipy))

# %% [markdown]
# Now a point $x_i$ is given, and you ask where it came from. Component $k$'s share of the total is the answer, as a
# probability. It is called the [responsibility](../GLOSSARY.md#responsibility) of $k$ for $x_i$:
#
# $$ r_{ik} = \frac{p(x_i, k)}{\sum_j p(x_i, j)} . $$


# %%
def responsibilities(X, pi, mu, sigma):
    """r (n, K): how probably each point came from each component."""
    p = joint(X, pi, mu, sigma)
    return p / p.sum(axis=1, keepdims=True)


# %% [markdown]
# Now the two cases side by side: the second group at (10, 10), and at (3, 3). Colours mix by responsibility, and a
# point is drawn smaller the less certain it is.
#
# **Before you run the next cells:** of the 900 points on the right, for how many is no component at least 90 %
# probable?

# %%
near = np.array([[0.0, 0.0], [3.0, 3.0]])
X_far, _ = gaussian_pair(10)
r_far = responsibilities(X_far, pi, mu, sigma)
X, y = gaussian_pair(3)
r = responsibilities(X, pi, near, sigma)

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert (r.max(axis=1) < 0.9).sum() == 203

# %% tags=["hide-input"]
# Figure 6: responsibilities, far apart and close together
fig, axes = plt.subplots(1, 2, figsize=(10, 4.4))
for ax, separation, points, resp in zip(axes, (10, 3), (X_far, X), (r_far, r)):
    plot_responsibilities(points, resp, sizes=40 * resp.max(axis=1) ** 2, ax=ax)
    unsure = (resp.max(axis=1) < 0.9).sum()
    ax.set_title(f"second mean at ({separation}, {separation}): {unsure} points unsure")
show(
    fig,
    "Figure 6. Far apart, every point knows its origin. Close together, a band of mixed colour and"
    " smaller points lies between the groups: there neither component is 90 % probable.",
    "Two scatter plots. Left: two clouds far apart, in two pure colours. Right: the clouds overlap,"
    " and the points between them are small and coloured in shades between the two.",
)

# %% [markdown]
# On the left the answer is as sharp as k-means gives it. On the right more than a fifth of the points are in doubt.
# The border of the slider is the place where both components are equally probable, $p(x, 0) = p(x, 1)$. Take
# logarithms of both sides:
#
# $$ \frac{\lVert x - \mu_0 \rVert^2}{2 \sigma_0^2} - \frac{\lVert x - \mu_1 \rVert^2}{2 \sigma_1^2}
#    = \log \frac{\pi_0 \, \sigma_1^2}{\pi_1 \, \sigma_0^2} . $$
#
# With different spreads the squares of $x$ do not cancel, and the [equal-probability
# boundary](../GLOSSARY.md#equal-probability-boundary) is a circle around the tighter group, with its middle beyond
# that group's mean, as long as that group's weight is not too small: then the loose one wins everywhere. With equal
# spreads they cancel, and it is a straight line. With equal weights besides, the
# right side is 0 and the line lies halfway: the nearest mean wins. You have met that rule before.

# %%
square = np.random.default_rng(1).uniform(-5, 8, size=(1000, 2))
equal = joint(square, np.array([0.5, 0.5]), near, np.array([1.5, 1.5]))
to_means = np.linalg.norm(square[:, np.newaxis] - near, axis=2)
assert np.array_equal(equal.argmax(axis=1), to_means.argmin(axis=1))  # k-means' rule

# %% [markdown]
# So k-means has a story after all, without telling it: all groups equally frequent, all round, all of one spread,
# and no doubt anywhere.
#
# How much does that cost where the groups overlap? Compare k-means with the rule that always picks the more
# probable component.

# %%
wrong = (r.argmax(axis=1) != y).sum()
hard = match_labels(y, KMeans(2, n_init=10, random_state=0).fit_predict(X))
print(f"misplaced of {len(y)}: k-means {(hard != y).sum()}, the more probable component {wrong}")
print(f"sum of the doubts, 1 - max r: {(1 - r.max(axis=1)).sum():.1f}")
assert ((hard != y).sum(), wrong) == (118, 63)

# %% [markdown]
# K-means makes nearly twice as many errors, but look at the other number too. The rule that knows the true knobs
# still misplaces 63 points. (The slider counts on another draw, so it shows another number.) And it *knew* that it
# would: its doubts, $1 - \max_k r_{ik}$, add up to about that number.
#
# Are these probabilities worth the name? Put them to the test. Draw many points from the story. Collect those whose
# responsibility for component 0 is below 10 %, those between 10 and 20 %, and so on. In each collection, count how
# many really came from component 0.
#
# **Before you run the next cell:** of the points with a responsibility near 50 %, what share came from component 0?

# %%
X, origin = draw_mixture(200_000, pi, near, sigma, np.random.default_rng(0))
r0 = responsibilities(X, pi, near, sigma)[:, 0]
bins = np.digitize(r0, np.linspace(0, 1, 11)[1:-1])
said = np.array([r0[bins == b].mean() for b in range(10)])
happened = np.array([(origin[bins == b] == 0).mean() for b in range(10)])

# %% tags=["hide-input"]
# Figure 7: what was promised, and what happened
ax = plot_curve(said, happened, "responsibility of component 0", "share that came from component 0")
ax.plot([0, 1], [0, 1], color=INK, linestyle=":")
show(
    ax,
    "Figure 7. What the responsibilities promise, and what happened. Every point lies close to the"
    " dotted diagonal, where promise and outcome agree.",
    "A line plot through ten points from the lower left to the upper right, almost on top of the"
    " dotted diagonal.",
)
assert np.abs(said - happened).max() < 0.02

# %% [markdown]
# They keep their promise. Of the points near the boundary, half came from each component. This is worth a pause.
# Those points are not hard to decide because our method is weak. Two of them can lie at the same place and have
# different origins. Nothing in their coordinates can tell them apart, so no method can, not even one that knows
# every knob. The honest answer there is a probability.

# %% [markdown]
# ## Components are not clusters
#
# One more step, and a subtle one. Push two Gaussians together until you can no longer see two. The story still has
# two components, since every point was drawn from one or the other. How many clusters are there?
#
# **Before you run the next cell:** two Gaussians with standard deviation 1 and equal weights stand $s$ apart. From
# which $s$ on does the density have two peaks: 1, 2 or 3?


# %%
def n_peaks(s):
    """Peaks of the density of two equal Gaussians with standard deviation 1, s apart."""
    x = np.linspace(-6, 6 + s, 2001)
    return len(find_peaks(norm.pdf(x, 0) / 2 + norm.pdf(x, s) / 2)[0])


print({s: n_peaks(s) for s in (1.0, 1.5, 1.9, 2.1, 2.5, 3.0)})

# %% tags=["hide-input"]
# Figure 8: two components, near and far apart
fig, axes = plt.subplots(1, 2, figsize=(10, 3.6), sharey=True)
for ax, s in zip(axes, (1.5, 4.0)):
    plot_mixture_1d([0.5, 0.5], [0, s], [1, 1], ax=ax).set_title(f"{s:g} apart: peaks {n_peaks(s)}")
axes[0].get_legend().remove()
show(
    fig,
    "Figure 8. Two components each time. Their sum has one peak on the left and two on the right.",
    "Two line plots. Left: two overlapping bells whose sum is a single broad bump. Right: two bells"
    " apart, whose sum has two bumps with a valley between.",
)

# %% [markdown]
# The valley appears when the distance passes two standard deviations. Below that, two components make one bump. A
# component is a part of the story of how data are made. A [cluster](../GLOSSARY.md#cluster) is something you see in
# the result. They often coincide, and they need not: one cluster with a bent shape may take several components, as
# a later lesson will show. So "how many components fit best?" and "how many groups are there?" are two
# questions.

# %% [markdown]
# ## A cousin, if you are curious: the self-organising map
#
# You may pass over this section; nothing later builds on it.
#
# K-means has a relative among neural networks, Kohonen's [self-organising map](../GLOSSARY.md#self-organising-map).
# Its centres, called units, are the knots of a flexible net. Points are shown to it one at a time. The nearest unit
# moves towards the point, as in k-means, and *pulls its neighbours in the net along*. At first the pull reaches far
# and the net unfolds; then the reach shrinks and each unit settles. The result is a map of the data on a grid, with
# similar points at neighbouring knots. Like k-means it has a rule and no story: it assigns no probabilities.


# %%
def self_organising_map(X, side=8, n_steps=6000, random_state=0):
    """The positions (side, side, d) of a net's units after n_steps points were shown to it."""
    rng = check_random_state(random_state)
    place = np.argwhere(np.ones((side, side)))  # row and column of each unit in the net
    units = X.mean(axis=0) + 0.1 * rng.standard_normal((side**2, X.shape[1]))
    for progress in np.linspace(0, 1, n_steps):
        x = X[rng.randint(len(X))]
        winner = ((units - x) ** 2).sum(axis=1).argmin()
        width = side / 2 * 0.1**progress  # how far along the net the pull reaches
        pull = np.exp(-((place - place[winner]) ** 2).sum(axis=1) / (2 * width**2))
        units += 0.5 * 0.05**progress * pull[:, np.newaxis] * (x - units)
    return units.reshape(side, side, -1)


# %% tags=["hide-input"]
# Figure 9: a net of units
X, y = elongated_blobs()
net = self_organising_map(X)

ax = plot_points(X, y, sizes=10)
for rows in (net, net.swapaxes(0, 1)):
    ax.plot(*rows.transpose(2, 1, 0), color=INK, linewidth=0.9)
show(
    ax,
    "Figure 9. A net of 8 × 8 units after 6000 points. Its knots lie dense where the points are dense,"
    " and its threads stretch across the gaps.",
    "Three groups of points with a grey net laid over them. The net's knots crowd in the groups; its"
    " threads are long in the gaps between the groups.",
)

# %% [markdown]
# ## Points of your own
#
# Data from your own work come in a file. `load_points` reads a text file with one point a line. A first line that
# holds names and no numbers is skipped, and so is anything after a `#`. Without a path it reads a small sample that
# comes with the course.

# %% tags=["hide-input"]
# Figure 10: the points of kmeans_samples.txt
X = load_points()
kmeans = KMeans(3, n_init=10, random_state=0).fit(X)

ax = plot_decision_regions(kmeans, X)
plot_points(X, kmeans.labels_, ax=ax)
plot_centers(kmeans.cluster_centers_, ax=ax)
show(
    ax,
    f"Figure 10. The {len(X)} points of kmeans_samples.txt. Three groups, round and apart: here k-means"
    " is at home again.",
    "Thirty points in three compact groups at the upper left, the lower middle and the right, one in"
    " each region.",
)

# %% [markdown]
# Files are rarely clean. A reader that guesses at what you meant does more harm than one that stops. This one
# stops, and says where.
#
# **Before you run the next cells:** they hold five files, and one name with a misprint. Where would you want
# the computer to guess?

# %%
files = {
    "ragged.txt": "1.0 2.0\n3.0 4.0 5.0\n",
    "text.txt": "1.0 2.0\nthree 4.0\n",
    "missing.txt": "1.0 2.0\n3.0 nan\n",
    "column.txt": "1.0\n2.0\n3.0\n",
    "empty.txt": "# measured on Monday\n",
}

# %%
with TemporaryDirectory() as folder, chdir(folder):
    for name, content in files.items():
        Path(name).write_text(content)
    for name in [*files, "raged.txt"]:
        try:
            load_points(name)
        except (OSError, ValueError) as error:
            print(str(error).replace(str(Path.cwd()), "this folder"), "\n")

# %% [markdown]
# Each message names the file, and where it can the line; says what it found and what it wanted; and offers a next
# step. Read error messages from the end. The last sentence is the one to act on.

# %% [markdown]
# ## Common mistakes
#
# - **"The lowest inertia is the best clustering."** Only if the objective suits the data. On the long groups the
#   labels that look right have the higher inertia.
# - **Raising `n_init` when the shape is the trouble.** You find the optimum of the wrong objective more reliably.
# - **An ARI that is too low to be true.** Labels from two files both start at 0, and two groups have become one.
# - **Reading the label of a far-away point as knowledge.** K-means always answers. It has no way to say that a
#   point is like nothing it has seen.
# - **Taking each fitted component for a real group.** Two components may make one bump, and one bent group may need
#   several.

# %% [markdown]
# ## Quiz
#
# **1.** On your data k-means with `n_init=1` gives inertia 900, and with `n_init=50` it gives 850. The second
# result looks worse to you. What do you conclude?
#
# - A: 50 starts were too few.
# - B: Inertia does not measure what you mean by a good group.
# - C: The first run had found the optimum.
#
# <details><summary>Answer</summary>
#
# **B.** The search did its work and found a lower value; you dislike what is low. A could bring the inertia down
# further, towards what you dislike. C cannot be: the optimum has the lowest inertia, and 850 is lower than 900.
#
# </details>
#
# **2.** A point has responsibility 0.5 for each of two components, with the true weights, means and spreads. What
# would help to decide where it came from?
#
# - A: A better algorithm.
# - B: More points from the same two components.
# - C: Measuring something else about this point.
#
# <details><summary>Answer</summary>
#
# **C.** A new feature may separate what these two cannot. A: the knobs are already the true ones, and half of all
# points at this place come from each component. B: more points give better estimates of the knobs, which we have.
#
# </details>
#
# **3.** Two round Gaussians have equal weights and standard deviations 1 and 2. Where is the equal-probability
# boundary?
#
# - A: On the straight line halfway between the means.
# - B: On a straight line, nearer to the tighter one.
# - C: On a circle around the tighter one.
#
# <details><summary>Answer</summary>
#
# **C.** With unequal spreads the squares of $x$ stay in the equation. Far out in *every* direction the loose
# Gaussian is the higher one, also behind the tight group. A is the rule of k-means, and needs equal spreads. B
# moves the border the right way and forgets that side behind.
#
# </details>

# %% [markdown]
# ## In five lines
#
# 1. K-means asks for the nearest centre. That suits groups that are round, equally wide and equally many, without
#    doubt.
# 2. When the right answer has the higher inertia, the objective is at fault, and more starts do not help.
# 3. A mixture is a story: pick a component with probability $\pi_k$, then draw from its Gaussian.
# 4. Responsibilities are honest probabilities; at the boundary nobody can know, and they say so.
# 5. Components belong to the story, clusters to the eye. Compare groupings with the ARI, and count the groups
#    first.

# %% [markdown]
# ## Where next
#
# Try the [exercises](../exercises/02_kmeans_limits_exercises.ipynb). Then [lesson 03](03_gaussians.ipynb) gives the
# components their slanted shapes, and [lesson 04](04_em.ipynb) finds the knobs when nobody tells you which point
# came from where.

# %% [markdown]
# ## References
#
# - K. Pearson, "Contributions to the mathematical theory of evolution", *Philosophical Transactions of the Royal
#   Society of London A* 185 (1894), 71–110.
# - S. P. Lloyd, "Least squares quantization in PCM", *IEEE Transactions on Information Theory* 28 (1982), 129–137.
# - T. Kohonen, "Self-organized formation of topologically correct feature maps", *Biological Cybernetics* 43
#   (1982), 59–69.
# - L. Hubert and P. Arabie, "Comparing partitions", *Journal of Classification* 2 (1985), 193–218.
# - C. Fraley and A. E. Raftery, "Model-based clustering, discriminant analysis, and density estimation", *Journal
#   of the American Statistical Association* 97 (2002), 611–631.
# - S. Ray and B. G. Lindsay, "The topography of multivariate normal mixtures", *Annals of Statistics* 33 (2005),
#   2042–2065.
