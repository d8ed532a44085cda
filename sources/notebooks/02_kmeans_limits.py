# %% [markdown]
# Run the two folded cells below, then press Play: k-means on four groups that suit it. In this lesson it meets groups
# that do not.

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
    load_penguins,
    load_points,
    stretched_blobs,
)
from mlcourse.metrics import match_labels
from mlcourse.plotting import (
    INK,
    PALE_INK,
    PAPER,
    color,
    plot_centers,
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

# %% tags=["hide-input"]
# To begin with: k-means on four round groups
X, _ = four_blobs()
centers, path = X[[0, 1, 2, 5]], []
for _ in range(4):
    nearest = pairwise_distances_argmin(X, centers)
    path.append((centers, nearest))
    centers = np.array([X[nearest == k].mean(axis=0) for k in range(4)])
kmeans_player(X, path)

# %% [markdown]
# ## Where k-means works
#
# Here are four round groups of a hundred points each, all of the same width. [K-means](../GLOSSARY.md#k-means) finds
# them without a single error. The figure shows a circle around every [centre](../GLOSSARY.md#centre), just wide
# enough to reach the farthest member of its cluster. The tints show the label that k-means gives to each place in the
# plane.

# %%
X, y = four_blobs()
kmeans = KMeans(4, n_init=10, random_state=0).fit(X)
distance = kmeans.transform(X)  # (400, 4): from each point to each centre
own = np.where(kmeans.labels_[:, np.newaxis] == range(4), distance, 0)
farthest, reach = own.argmax(axis=0), own.max(axis=0)  # the farthest member of each cluster

# %% tags=["hide-input"]
# Figure 1: four groups and their circles
assert np.array_equal(match_labels(y, kmeans.labels_), y)  # not one point misplaced
ax = plot_decision_regions(kmeans, np.vstack([X, [3, -4]]))  # with room for the lower circle
plot_points(X, kmeans.labels_, ax=ax)
plot_ellipses(kmeans.cluster_centers_, reach**2, "spherical", n_std=1, ax=ax)
for center, member in zip(kmeans.cluster_centers_, X[farthest]):
    ax.plot(*zip(center, member), color=INK, linestyle="--", linewidth=1.2)
ax.scatter(*X[farthest].T, s=90, c=PAPER, edgecolors=INK, linewidths=2, zorder=3)
plot_centers(kmeans.cluster_centers_, ax=ax)
ax.annotate(
    "inside two circles", (3.5, -0.3), (5.7, -3.9), arrowprops={"arrowstyle": "->", "color": INK}
)
ax.text(8.6, 2.6, "inside none", ha="center")
show(
    ax,
    "Figure 1. Four groups, all found. A dashed line leads from each centre to the farthest member of its"
    " cluster, an empty ring. The circles do not agree with the tinted regions.",
    "Four round clouds of points, each in its own tinted region with straight borders. A circle around each"
    " centre passes through the farthest member; the circles overlap a little and leave the corners uncovered.",
)

# %% [markdown]
# It is tempting to read the circles as the clusters. But some places are inside two circles, and the corners are
# inside none.
#
# **Before you run the next cell:** what does k-means say about a point inside two circles? And about a point at
# (100, 100), far outside all of them?

# %%
twice = (distance <= reach).sum(axis=1) == 2
print("points inside two circles:", twice.sum())
print("their distances to the four centres:\n", distance[twice].round(2))
print("their labels:", kmeans.labels_[twice])
print("a point at (100, 100) gets the label", kmeans.predict([[100.0, 100.0]])[0])

# %% [markdown]
# The nearest centre decides, and nothing else. So the [decision regions](../GLOSSARY.md#decision-region) of k-means
# are not discs. They are cells with straight borders, each border halfway between two centres, and they extend
# forever. The point at (100, 100) gets a label too, with no hint of doubt.
#
# A rule that treats all directions alike suits groups that are round and equally wide. Now we drop these conditions,
# one at a time.

# %% [markdown]
# ## Stretched groups
#
# Here are the same points after a linear map. You can still see four groups.
#
# **Before you run the next cell:** k-means looks for four clusters again. Where will its borders run?

# %%
X, y = stretched_blobs()
kmeans = KMeans(4, n_init=10, random_state=1).fit(X)
y = match_labels(kmeans.labels_, y)  # the true groups, numbered as k-means numbers them

# %% tags=["hide-input"]
# Figure 2: stretched groups, as drawn and as cut
fig, axes = plt.subplots(1, 2, figsize=(10, 5.6), sharex=True, sharey=True)
plot_points(X, y, ax=axes[0]).set_title("the true groups")
plot_decision_regions(kmeans, X, ax=axes[1]).set_title("the clusters of k-means")
plot_points(X, kmeans.labels_, ax=axes[1])
misplaced = X[kmeans.labels_ != y]
axes[1].scatter(*misplaced.T, s=70, facecolors="none", edgecolors=INK, linewidths=1.2)
plot_centers(kmeans.cluster_centers_, ax=axes[1])
for ax in axes:
    ax.set_aspect("equal")
show(
    fig,
    f"Figure 2. Four slanted groups, and the borders of k-means, which ignore the slant: {len(misplaced)} of"
    f" {len(X)} points, each in a grey ring, end up in a neighbour's cluster.",
    "Two scatter plots of the same four slanted, elongated groups. On the left each group has one"
    " colour. On the right straight borders cut across the ends of some groups, and rings mark the points there.",
)

# %% [markdown]
# How bad is this? The [adjusted Rand index](../GLOSSARY.md#adjusted-rand-index), ARI for short, compares two
# groupings of the same points. For every *pair* of points it asks whether the groupings agree (together in both, or
# apart in both), and it corrects for chance. Identical groupings score 1, unrelated ones about 0. The numbers of the
# groups do not matter.

# %%
print(f"ARI: {adjusted_rand_score(y, kmeans.labels_):.3f}")
print(f"ARI with the clusters renumbered: {adjusted_rand_score(y, 10 - kmeans.labels_):.3f}")

# %% [markdown]
# **Before you run the next cell:** which would help more, a hundred starts instead of ten, or a hundred times as
# many points?

# %%
many_starts = KMeans(4, n_init=100, random_state=1).fit(X)
print(f"a hundred starts          : ARI {adjusted_rand_score(y, many_starts.labels_):.3f}")
print(f"    inertia {many_starts.inertia_:.3f}, with ten starts {kmeans.inertia_:.3f}")
X_many, y_many = stretched_blobs(40_000)
many_points = KMeans(4, n_init=10, random_state=1).fit(X_many)
print(f"a hundred times the points: ARI {adjusted_rand_score(y_many, many_points.labels_):.3f}")

# %% [markdown]
# Neither helps. A distance that treats every direction alike cannot see that these groups are long and thin. (That
# the last score is lower is chance: thirty samples of 400, taken from the larger set, score between 0.67 and 0.89, on
# average 0.79.)

# %% [markdown]
# ## Unequal spread, unequal numbers
#
# Now the groups are round again, and there are only two, with centres 5 apart. First, one is loose and the other
# tight, with 500 points each. Second, both have a standard deviation of 1, but one has 1000 points and the other 20.
#
# **Before you run the next cells:** in which of the two experiments does k-means do worse?

# %%
spread = make_blobs([500, 500], centers=[[0, 0], [5, 0]], cluster_std=[2, 0.4], random_state=0)
number = make_blobs([1000, 20], centers=[[0, 0], [5, 0]], cluster_std=1, random_state=0)

# %% tags=["hide-input"]
# Figure 3: unequal spread, unequal numbers
fig, axes = plt.subplots(1, 2, figsize=(10, 4.4))
for ax, (X, y), name in zip(axes, (spread, number), ("unequal spread", "unequal numbers")):
    kmeans = KMeans(2, n_init=10, random_state=0).fit(X)
    y = match_labels(kmeans.labels_, y)
    plot_decision_regions(kmeans, X, ax=ax).set_aspect("equal")
    plot_points(X, y, sizes=14, ax=ax)
    plot_centers(kmeans.cluster_centers_, ax=ax)
    ax.set_title(f"{name}: {(kmeans.labels_ != y).sum()} of {len(y)} misplaced")
arrow = {"arrowstyle": "->", "color": INK}
axes[0].annotate("misplaced", (3, 2), (4.4, 4.4), ha="center", arrowprops=arrow)
axes[1].text(5.1, 2.3, "the twenty", ha="center")
show(
    fig,
    "Figure 3. Colour and marker show the true group, the tint shows what k-means says. Left: the"
    " border is halfway between the centres, and the tight group takes points of the loose one, some of them"
    " hidden among its own. Right: the large group is cut in two.",
    "Two scatter plots. Left: a wide cloud and a small dense knot; the border halfway between the"
    " centres leaves the right edge of the wide cloud on the knot's side. Right: the border runs"
    " through the middle of a large cloud, and a few points far to its right are grouped with one half.",
)

# %% [markdown]
# In the second, by far: it cuts the large group in two, and does so in all of 20 samples. The twenty points are easy
# to see, five [standard deviations](../GLOSSARY.md#standard-deviation) from the centre of the others. But a thousand
# points that each come a little closer to their centre outweigh twenty that come a lot closer.

# %% [markdown]
# ## When the objective prefers the wrong answer
#
# What did we ask for? A small [inertia](../GLOSSARY.md#inertia): the sum of squared distances from the points $x_i$
# to the centres $c$ of their labels $l_i$,
#
# $$ J = \sum_{i=1}^{n} \lVert x_i - c_{l_i} \rVert^2 . $$


# %%
def J(X, c, labels):
    """Inertia of the labels (n,) with the centres c (K, d)."""
    return ((X - c[labels]) ** 2).sum()


def means_of(X, labels):
    """The mean (K, d) of each group."""
    return np.array([X[labels == k].mean(axis=0) for k in np.unique(labels)])


# %% [markdown]
# First the thousand points and the twenty:

# %%
X, y = number
kmeans = KMeans(2, n_init=10, random_state=0).fit(X)
assert np.isclose(J(X, kmeans.cluster_centers_, kmeans.labels_), kmeans.inertia_)
print(f"true labels: {J(X, means_of(X, y), y):.0f}")
print(f"k-means    : {J(X, kmeans.cluster_centers_, kmeans.labels_):.0f}")

# %% [markdown]
# By the measure that we chose, the absurd answer is the better one.
#
# Perhaps twenty points are too few to be fair. So here is a second case, with three large groups: two long ones of
# 500 points side by side, and a round one of 250.
#
# In lesson 01 a bad result came from a bad start, stuck in a [local optimum](../GLOSSARY.md#local-optimum). So we
# give k-means the best start there is, the means of the true groups. For comparison, k-means makes ten starts of its
# own and keeps the one with the lowest inertia.
#
# **Before you run the next cells:** which of the two ends with the lower inertia?

# %%
X, y = elongated_blobs()
from_truth = KMeans(3, init=means_of(X, y)).fit(X)
kmeans = KMeans(3, n_init=10, random_state=42).fit(X)

for name, c, labels in (
    ("the true labels   ", means_of(X, y), y),
    ("start at the truth", from_truth.cluster_centers_, from_truth.labels_),
    ("best of ten starts", kmeans.cluster_centers_, kmeans.labels_),
):
    print(f"{name}: inertia {J(X, c, labels):.1f}, ARI {adjusted_rand_score(y, labels):.3f}")

# %% tags=["hide-input"]
# Figure 4: the truth, a start there, and the best of ten
assert (round(from_truth.inertia_, 1), round(kmeans.inertia_, 1)) == (2242.6, 2179.6)
fig, axes = plt.subplots(1, 3, figsize=(10, 4), sharex=True, sharey=True)
plot_points(X, y, sizes=10, ax=axes[0])
plot_centers(means_of(X, y), ax=axes[0])
axes[0].set_title(f"true labels\ninertia {J(X, means_of(X, y), y):.1f}")
names = "start at the truth", "best of ten starts"
for ax, name, model in zip(axes[1:], names, (from_truth, kmeans)):
    plot_decision_regions(model, X, ax=ax).set_title(f"{name}\ninertia {model.inertia_:.1f}")
    plot_points(X, model.labels_, sizes=10, ax=ax)
    plot_centers(model.cluster_centers_, ax=ax)
for ax in axes:
    ax.set_aspect("equal")
show(
    fig,
    "Figure 4. The inertia falls from left to right, and so does the quality of the labels. On the"
    " right, k-means cuts both long groups across and joins their halves.",
    "Three scatter plots of two long parallel groups and a round one at the right. On the left each"
    " group has one colour. In the middle straight borders cut off the ends of some groups. On the right"
    " one border runs across both long groups, so that two clusters hold half of each.",
)

# %% [markdown]
# The best of ten. The true labels have the *highest* inertia: started at the truth, k-means moves away from it,
# because every step away lowers $J$. And the lowest inertia belongs to an answer that no person would accept.
#
# The same happened in all of 20 samples: the truth had the highest inertia, and the best of ten an ARI below 0.5.
#
# Two different failures need different cures:
#
# | | the search failed | the objective failed |
# |---|---|---|
# | the good answer has | a lower inertia than ours | a *higher* inertia than ours |
# | more starts | help | do not help, and can make it worse |
# | the cure | `n_init`, k-means++ | another objective |

# %% [markdown]
# ### Three species of penguins
#
# Does this happen with real data? Here are 342 penguins of three species, with two numbers for each: the length and
# the depth of its bill, both in millimetres. Within a species, the length varies more than twice as much as the
# depth.
#
# **Before you run the next cell:** k-means starts at the means of the three species. Where will it end: near the
# species, or where its own starts end?

# %%
penguins, species = load_penguins()
bills = penguins[:, :2]
start = means_of(bills, species)
from_species = KMeans(3, init=start).fit(bills)
kmeans = KMeans(3, n_init=20, random_state=0).fit(bills)

print(f"the species         : inertia {J(bills, start, species):.0f}")
for name, model in (("start at the species", from_species), ("best of twenty      ", kmeans)):
    score = adjusted_rand_score(species, model.labels_)
    print(f"{name}: inertia {model.inertia_:.0f}, ARI {score:.2f}")

# %% tags=["hide-input"]
# Figure 5: bills of penguins, by species and by k-means
fig, axes = plt.subplots(2, 1, figsize=(7.6, 4.9), sharex=True, sharey=True)
plot_points(bills, species, sizes=22, ax=axes[0]).set_title("by species")
axes[0].legend(["Adelie", "Chinstrap", "Gentoo"], loc="upper left", bbox_to_anchor=(1, 1))
plot_decision_regions(from_species, bills, ax=axes[1]).set_title("by k-means")
plot_points(bills, from_species.labels_, sizes=22, ax=axes[1])
plot_centers(from_species.cluster_centers_, ax=axes[1])
for ax in axes:
    ax.set(xlabel="length of the bill (mm)", ylabel="depth (mm)", aspect="equal")
show(
    fig,
    "Figure 5. The bills of 342 penguins, with both axes on the same scale. The species are stretched"
    " along the length, and k-means cuts the length into three parts.",
    "Two scatter plots of the same points. Above, three slanted species: one at the left, one at the"
    " upper right, one at the lower right. Below, two nearly upright borders divide the points into a left,"
    " a middle and a right part.",
)

# %% [markdown]
# It ends where its own starts end. No start can help: the objective prefers three slices of the length, because the
# groups are not round.
#
# [Standardising](../GLOSSARY.md#standardise) each feature, as in lesson 01, makes these groups rounder, and then
# k-means scores 0.83. But you must choose the scale beforehand. A model that learns the shapes of the groups along
# with their places would not need this choice. The rest of this lesson leads to one.

# %% tags=["hide-input"]
# Checks of the numbers in the text
within = [bills[species == k].std(axis=0) for k in range(3)]
assert all(length > 2 * depth for length, depth in within)
scaled = KMeans(3, n_init=10, random_state=0).fit_predict(bills / bills.std(axis=0))
assert round(adjusted_rand_score(species, scaled), 2) == 0.83

# %% [markdown]
# ## A story instead of a rule
#
# K-means has a rule, and says nothing about how the data arose. Now begin at the other end, with a story of how each
# point is made:
#
# 1. Pick a [component](../GLOSSARY.md#component) $k$. Component $k$ comes up with probability $\pi_k$, its
#    [weight](../GLOSSARY.md#weight).
# 2. Draw the point from that component's [Gaussian](../GLOSSARY.md#gaussian), with mean $\mu_k$ and, for now, the
#    same standard deviation $\sigma_k$ in every direction.
#
# In symbols, where $\sim$ means "is drawn from" and $z$ holds $d$ independent standard normal numbers:
#
# $$ k \sim \pi, \qquad x = \mu_k + \sigma_k z . $$
#
# A story that can produce data is a [generative model](../GLOSSARY.md#generative-model). This one is a
# [mixture](../GLOSSARY.md#mixture).


# %%
def draw_mixture(n, pi, mu, sigma, rng):
    """n points (n, d) of a mixture of round Gaussians, and the component (n,) of each."""
    k = rng.choice(len(pi), size=n, p=pi)
    z = rng.standard_normal((n, mu.shape[1]))
    return mu[k] + sigma[k, np.newaxis] * z, k


# %%
pi = np.array([1, 2]) / 3
far = np.array([[0.0, 0.0], [10.0, 10.0]])  # the means
sigma = np.array([1.2, 1.8])
X_far, origin = draw_mixture(900, pi, far, sigma, np.random.default_rng(0))

# %% [markdown]
# **Before you run the next cell:** how many of the 900 points come from component 0, exactly?

# %% tags=["hide-input"]
# Figure 6: nine hundred points of the story
print("points of each component:", np.bincount(origin), " expected:", 900 * pi)

ax = plot_points(X_far, origin)
plot_ellipses(far, sigma**2, "spherical", n_std=(1, 2), ax=ax)
ax.text(3.8, -0.4, "component 0\nweight 1/3\nσ = 1.2", va="center")
ax.text(-4.2, 11, "component 1\nweight 2/3\nσ = 1.8", va="center")
show(
    ax,
    "Figure 6. Nine hundred points that the story produced: round, unequal in number and in spread."
    " The circles have radii of one and two standard deviations.",
    "A small tight cloud of circles at the lower left and a larger, looser cloud of squares at the"
    " upper right, each with two concentric circles.",
)

# %% [markdown]
# You expect 300, but the number is random too.
#
# The story has parameters, like knobs that you can turn: weights, means and spreads. This turns clustering around.
# Instead of cutting the points into pieces, you ask *which setting of the knobs would have produced points like
# these?* What k-means took for granted is now a knob: weights allow unequal numbers, $\sigma_k$ unequal spread, and
# the full covariances of lesson 03 slanted groups.
#
# A model with a fixed set of knobs is called [parametric](../GLOSSARY.md#parametric-model), and grouping data through
# such a story is [model-based clustering](../GLOSSARY.md#model-based-clustering). The idea is old: in 1894 Pearson
# fitted two Gaussians to the foreheads of crabs, by hand.

# %% [markdown]
# ## The answer may be "I cannot know"
#
# The story offers one more thing that the rule does not: doubt. The slider below moves the second group of Figure 6
# towards the first, and draws the border on which both are equally probable. The dotted line is halfway between the
# means: that is where k-means, with these means as centres, would cut.
#
# **Before you move it:** will the border follow the dotted line?

# %%
overlap_explorer(X_far, origin)

# %% [markdown]
# One of its settings as a picture, the second mean at (3, 3):

# %%
show(*draw_overlap(X_far, origin, 3))

# %% [markdown]
# It does not: the border bends around the tighter group.
#
# ### Responsibilities
#
# Where does this border come from? The story says how probable it is that component $k$ is picked *and* its Gaussian
# then produces $x$. In the plane, for a round Gaussian, that [joint density](../GLOSSARY.md#joint-density) is
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


by_scipy = [w * multivariate_normal(m, s**2).pdf(X_far) for w, m, s in zip(pi, far, sigma)]
assert np.allclose(joint(X_far, pi, far, sigma), np.transpose(by_scipy))

# %% [markdown]
# Which component did a point $x_i$ come from? The answer is a probability for each of them, its share of the total:
# the [responsibility](../GLOSSARY.md#responsibility) of $k$ for $x_i$.
#
# $$ r_{ik} = \frac{p(x_i, k)}{\sum_j p(x_i, j)} . $$
#
# This is [Bayes' rule](../GLOSSARY.md#bayes-rule).


# %%
def responsibilities(X, pi, mu, sigma):
    """r (n, K): how probably each point came from each component."""
    p = joint(X, pi, mu, sigma)
    return p / p.sum(axis=1, keepdims=True)


# %% [markdown]
# Here are the same points twice, with the second mean at (10, 10) and at (3, 3). Colours mix by responsibility,
# and are grey where it is shared equally.
#
# **Before you run the next cells:** of the 900 points, once the groups are close, for how many is no component at
# least 90 % probable?

# %%
near = np.array([[0.0, 0.0], [3.0, 3.0]])
X = X_far + (near - far)[origin]
r = responsibilities(X, pi, near, sigma)

# %% tags=["hide-input"]
# Figure 7: responsibilities, far apart and close together
fig, axes = plt.subplots(1, 2, figsize=(10, 5.6))
pairs = (X_far, responsibilities(X_far, pi, far, sigma)), (X, r)
for ax, mu, (points, resp) in zip(axes, (far, near), pairs):
    (left, bottom), (right, top) = points.min(axis=0) - 0.5, points.max(axis=0) + 0.5
    grid = np.stack(
        np.meshgrid(np.linspace(left, right, 300), np.linspace(bottom, top, 300)), axis=-1
    )
    sure = responsibilities(grid.reshape(-1, 2), pi, mu, sigma).max(axis=1).reshape(300, 300)
    ax.contourf(*np.moveaxis(grid, -1, 0), sure, levels=[0.5, 0.9], colors=[PALE_INK], alpha=0.35)
    plot_responsibilities(points, resp, sizes=24, ax=ax)
    unsure = (resp.max(axis=1) < 0.9).sum()
    ax.set(title=f"second mean at ({mu[1, 0]:g}, {mu[1, 1]:g}): {unsure} unsure", aspect="equal")
show(
    fig,
    "Figure 7. In the grey band neither component is 90 % probable. Far apart, the band is empty. Close together,"
    " more than a fifth of the points are in it, in mixed colours.",
    "Two scatter plots, each with a grey band that bends around the smaller cloud. Left: the clouds are far apart, in"
    " two pure colours, with no point in the band. Right: the clouds overlap, and the points in the band are coloured"
    " in greyish shades between the two.",
)

# %% [markdown]
# More than a fifth of them. Far apart, the answer is as sharp as that of k-means.
#
# ### The border
#
# On the border in the slider's picture both components are equally probable, $p(x, 0) = p(x, 1)$. Take logarithms of
# both sides:
#
# $$ \frac{\lVert x - \mu_0 \rVert^2}{2 \sigma_0^2} - \frac{\lVert x - \mu_1 \rVert^2}{2 \sigma_1^2}
#    = \log \frac{\pi_0 \, \sigma_1^2}{\pi_1 \, \sigma_0^2} . $$
#
# - If the spreads differ, the squares of $x$ do not cancel, and the [equal-probability
#   boundary](../GLOSSARY.md#equal-probability-boundary) is a circle around the tighter group. (If that group's weight
#   is too small, there is no circle: the loose one wins everywhere.)
# - If the spreads are equal, the squares cancel, and the boundary is a straight line.
# - If the weights are equal too, the right side is 0, and the line is halfway: the nearest mean wins. You have met
#   that rule before.

# %%
equal = joint(X, np.array([0.5, 0.5]), near, np.array([1.5, 1.5]))
to_means = np.linalg.norm(X[:, np.newaxis] - near, axis=2)
assert np.array_equal(equal.argmax(axis=1), to_means.argmin(axis=1))  # the rule of k-means

# %% [markdown]
# So k-means has a story after all, an unspoken one: all groups are equally frequent, round and of the same spread,
# and there is never any doubt. How many errors does that cost where the groups overlap?

# %%
wrong = (r.argmax(axis=1) != origin).sum()
hard = match_labels(origin, KMeans(2, n_init=10, random_state=0).fit_predict(X))
print(f"misplaced: k-means {(hard != origin).sum()}, the more probable component {wrong}")
print(f"sum of the doubts, 1 - max r: {(1 - r.max(axis=1)).sum():.1f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert ((hard != origin).sum(), wrong) == (119, 65)

# %% [markdown]
# K-means makes almost twice as many errors as picking the more probable component, and in each of 20 samples it made
# more. But even with the true knobs, 65 points are on the wrong side of the border. The responsibilities say so
# beforehand: their doubts, $1 - \max_k r_{ik}$, add up to about that number.
#
# ### Can you trust these probabilities?
#
# Draw many points from the story. Sort them into bins by the responsibility of component 0: below 10 %, 10 to 20 %,
# and so on. In each bin, count how many really came from component 0.
#
# **Before you run the next cell:** of the points with a responsibility near 50 %, what share came from component 0?

# %%
many, source = draw_mixture(200_000, pi, near, sigma, np.random.default_rng(0))
r0 = responsibilities(many, pi, near, sigma)[:, 0]
bins = np.digitize(r0, np.linspace(0, 1, 11)[1:-1])
promised = np.array([r0[bins == b].mean() for b in range(10)])
happened = np.array([(source[bins == b] == 0).mean() for b in range(10)])

# %% tags=["hide-input"]
# Figure 8: what was promised, and what happened
ax = plt.figure(figsize=(5, 4)).subplots()
ax.plot([0, 1], [0, 1], color=INK, linestyle=":")
ax.plot(promised, happened, "o", color=color(0))
ax.annotate(
    "promise = outcome", (0.7, 0.7), (0.45, 0.22), arrowprops={"arrowstyle": "->", "color": INK}
)
ax.set(xlabel="responsibility of component 0", ylabel="share that came from component 0")
ax.set_aspect("equal")
show(
    ax,
    "Figure 8. What the responsibilities promise, and what happened: one dot for each bin. Every dot is close to the"
    " diagonal.",
    "Ten dots from the lower left to the upper right, all of them on a dotted diagonal.",
)
assert np.abs(promised - happened).max() < 0.02

# %% [markdown]
# Half of them: the probabilities keep their promise. They can, because we used the true knobs. With knobs fitted to a
# few points, they may promise too much or too little, as [lesson 04](04_em.ipynb) will show.
#
# Two points can be at the same place and have different origins.
# No method can tell them apart, not even one that knows every knob. The honest answer there is a probability.

# %% [markdown]
# ## Components are not clusters
#
# Push two Gaussians together until you can no longer see two. The story still has two components. How many clusters
# are there?
#
# **Before you run the next cell:** two Gaussians have standard deviation 1 and equal weights, and their means are
# $s$ apart. From which $s$ on does the density have two peaks: 1, 2 or 3?


# %%
def n_peaks(s):
    """Peaks of the density of two equal Gaussians with standard deviation 1, s apart."""
    x = np.linspace(-6, 6 + s, 2001)
    return len(find_peaks(norm.pdf(x, 0) / 2 + norm.pdf(x, s) / 2)[0])


print({s: n_peaks(s) for s in (1.0, 1.5, 1.9, 2.1, 2.5, 3.0)})

# %% tags=["hide-input"]
# Figure 9: two components, at three distances
fig, axes = plt.subplots(1, 3, figsize=(11, 3.4), sharey=True)
for ax, s in zip(axes, (1, 2, 3)):
    plot_mixture_1d([0.5, 0.5], [0, s], [1, 1], ax=ax).set_title(f"{s} apart, peaks: {n_peaks(s)}")
    ax.get_legend().set_visible(s == 3)
show(
    fig,
    "Figure 9. Two components each time. Their sum, the thick line, has one peak in the first two"
    " panels, and two in the third.",
    "Three line plots of two bells and their sum: 1 apart, a single narrow bump; 2 apart, a single bump"
    " with a flat top; 3 apart, two bumps with a shallow valley between.",
)

# %% [markdown]
# The valley appears when the distance exceeds two standard deviations. Below that, two components make one bump.
#
# A component is part of the story of how data are made. A [cluster](../GLOSSARY.md#cluster) is something you see in
# the result. They often coincide, but they need not: one bent cluster may take several components, as a later lesson
# will show. So "how many components fit best?" and "how many groups are there?" are two questions.

# %% [markdown]
# ## Before you blame the method: data from files
#
# Sometimes neither the search nor the objective has failed: the labels or the file are wrong. Check these two first.
#
# ### Labels that collide
#
# The long groups of Figure 4 come from one draw and the round group from another, and each draw numbers its groups
# from zero. The same happens when you join two labelled files. A [Gaussian
# mixture](../GLOSSARY.md#gaussian-mixture), fitted as in lesson 04, groups the points, and we compare its answer with
# the truth, joined in two ways.
#
# **Before you run the next cell:** `y1` holds 0 and 1, and `y2` holds only 0. How many groups are in `np.r_[y1,
# y2]`?

# %%
X, y = elongated_blobs()
y1, y2 = y[:1000], np.zeros(250, dtype=int)
found = GaussianMixture(3, tol=1e-10, max_iter=1000, random_state=42).fit_predict(X)

for name, truth in (("np.r_[y1, y2]", np.r_[y1, y2]), ("np.r_[y1, y2 + 2]", np.r_[y1, y2 + 2])):
    print(f"{name:18}: {len(np.unique(truth))} groups, ARI {adjusted_rand_score(truth, found):.3f}")

# %% [markdown]
# Two. Without the `+ 2` the round group gets the number of a long one, and a nearly perfect answer looks mediocre.
# When a score surprises you, count the groups in the truth before you doubt the method.
#
# With the right truth, you see that the mixture finds the groups that k-means could not.
#
# ### Files are rarely clean
#
# `load_points` reads a text file with one point per line. (Without a path it reads a small sample.) It skips a first
# line of names, and anything after a `#`. It never guesses what you meant.
#
# **Before you run the next cell:** what is wrong with each of the five files in it? (A sixth does not exist.)

# %%
files = {
    "ragged.txt": "1.0 2.0\n3.0 4.0 5.0\n",
    "text.txt": "1.0 2.0\nthree 4.0\n",
    "missing.txt": "1.0 2.0\n3.0 nan\n",
    "column.txt": "1.0\n2.0\n3.0\n",
    "empty.txt": "# measured on Monday\n",
}
with TemporaryDirectory() as folder, chdir(folder):
    for name, content in files.items():
        Path(name).write_text(content)
    for name in [*files, "raged.txt"]:
        try:
            load_points(name)
        except (OSError, ValueError) as error:
            print(str(error).replace(str(Path.cwd()), "this folder"), "\n")

# %% [markdown]
# Each message says what was found and what was wanted. The last sentence is the one to act on.

# %% [markdown]
# ## Common mistakes
#
# - **"The lowest inertia is the best clustering."** Only if the objective suits the data. For the long groups and
#   for the penguins, the true labels have the higher inertia.
# - **Raising `n_init` when the shape is the problem.** You find the optimum of the wrong objective more reliably.
# - **Treating the label of a far-away point as knowledge.** K-means always answers. It has no way to say that a point
#   is unlike anything it has seen.
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
# **B.** The search found a lower value, but you dislike the result. A: more starts can only go on in that direction.
# C is impossible: the optimum has the lowest inertia, and 850 is lower than 900.
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
# **C.** A new feature may separate what these two cannot. A and B: you have the true knobs already, and half of all
# points at this place come from each component.
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
# **C.** With unequal spreads the squares of $x$ stay in the equation. Far out in *every* direction the loose Gaussian
# is the higher one, even behind the tight group. A is the rule of k-means, and needs equal spreads. B forgets the far
# side of the tight group.
#
# </details>

# %% [markdown]
# ## In five lines
#
# 1. K-means asks only which centre is nearest. That suits groups that are round, equally wide and of equal size, and
#    leaves no room for doubt.
# 2. When the right answer has the higher inertia, the objective is at fault, and more starts do not help.
# 3. A mixture is a story: pick a component with probability $\pi_k$, then draw from its Gaussian.
# 4. With the true knobs, responsibilities are honest probabilities; at the boundary nobody can know, and they say so.
# 5. Components belong to the story, clusters to the eye. Before you believe an ARI, count the groups in the truth.

# %% [markdown]
# ## Where next
#
# Try the [exercises](../exercises/02_kmeans_limits_exercises.ipynb). Then [lesson 03](03_gaussians.ipynb) gives the
# components their slanted shapes, and [lesson 04](04_em.ipynb) finds the knobs when nobody tells you which point
# came from where.

# %% [markdown]
# ## Optional: a cousin of k-means
#
# Nothing later builds on this. Kohonen's [self-organising map](../GLOSSARY.md#self-organising-map) is k-means with a
# net: its centres, called units, are the knots. Points arrive one at a time. The nearest unit moves towards the point
# and *pulls its neighbours in the net along*, at first even distant ones, later only the nearest. The result is a map
# of the data, with similar points at neighbouring knots.

# %% tags=["hide-input"]
# Figure 10: a net of units, from scratch


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


net = self_organising_map(X)

ax = plot_points(X, y, sizes=10)
for rows in (net, net.swapaxes(0, 1)):
    ax.plot(*rows.transpose(2, 1, 0), color=INK, linewidth=0.9)
ax.scatter(*net.reshape(-1, 2).T, s=34, c=PAPER, edgecolors=INK, linewidths=1.4, zorder=3)
ax.set_aspect("equal")
show(
    ax,
    "Figure 10. A net of 8 × 8 units after 6000 points. The units (white) are close together where the"
    " points are dense, and the threads between the groups are long.",
    "Three groups of points with a grey net laid over them. Most of its white knots are inside the"
    " groups; its threads are long in the gaps between the groups.",
)

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
# - K. B. Gorman, T. D. Williams and W. R. Fraser, "Ecological sexual dimorphism and environmental variability within
#   a community of Antarctic penguins (genus *Pygoscelis*)", *PLoS ONE* 9 (2014), e90081.
