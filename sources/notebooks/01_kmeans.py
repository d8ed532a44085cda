# %% [markdown]
# Run the two folded cells below, then press Play. Each point is an eruption of a geyser, and k-means sorts all 272
# into two groups. By the end of this lesson you will have written this algorithm, and know when not to trust it.

# %% tags=["hide-input"]
# Imports and figure style
import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import KMeans as SklearnKMeans

from mlcourse import GaussianMixture, KMeans, silhouette_samples, silhouette_score
from mlcourse.datasets import five_blobs, load_iris, load_old_faithful, load_photo
from mlcourse.metrics import match_labels
from mlcourse.plotting import (
    PAPER,
    PRINT,
    color,
    plot_centers,
    plot_curve,
    plot_decision_regions,
    plot_photo,
    plot_points,
    plot_silhouettes,
    show,
    use_course_style,
)
from mlcourse.widgets import kmeans_game, kmeans_player, photo_explorer

use_course_style()
LABEL = {"color": PRINT, "bbox": {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}}

# %% tags=["hide-input"]
# To begin with: k-means on 272 eruptions of a geyser
geyser = load_old_faithful()
z = (geyser - geyser.mean(axis=0)) / geyser.std(axis=0)
centers, path = z[[148, 112]], []
while len(path) < 2 or (path[-1][1] != path[-2][1]).any():  # until no point changes its colour
    nearest = np.linalg.norm(z[:, np.newaxis] - centers, axis=2).argmin(axis=1)
    path.append((centers, nearest))
    centers = np.array([z[nearest == k].mean(axis=0) for k in range(2)])
kmeans_player(z, path, features=("duration (standardised)", "wait (standardised)"))

# %% [markdown]
# ## Two groups that everybody sees
#
# The geyser is Old Faithful in Yellowstone National Park. The axes above were
# [standardised](../GLOSSARY.md#standardise). Here they are in minutes.

# %% tags=["hide-input"]
# Figure 1: Old Faithful
ax = plot_points(geyser)
ax.set(xlabel="duration of the eruption (min)", ylabel="wait for the next one (min)")
show(
    ax,
    "Figure 1. 272 eruptions of Old Faithful. Short eruptions are followed by short waits.",
    "Scatter plot of grey points in two separate clouds: a smaller one at the lower left, around 2 minutes and 54"
    " minutes, and a larger one at the upper right, around 4.3 minutes and 80 minutes.",
)

# %% [markdown]
# Nobody has labelled these eruptions, yet you see two kinds. Finding such groups is
# [clustering](../GLOSSARY.md#clustering), and a group that a computer proposes is a
# [cluster](../GLOSSARY.md#cluster). The player above found them with [k-means](../GLOSSARY.md#k-means).
#
# The next data set is harder to agree about.

# %%
X, _ = five_blobs()

# %% tags=["hide-input"]
# Figure 2: two thousand points
ax = plot_points(X)
ax.set_aspect("equal")
ax.figure.set_figheight(3.6)
show(
    ax,
    "Figure 2. Two thousand points. Decide now how many groups there are, and write the number down. We"
    " will come back to it.",
    "Scatter plot of grey points. A wide round cloud on the right, a round cloud in the middle, and on the"
    " left three small dense clouds above one another, the lower two closer together than the upper one.",
)

# %% [markdown]
# Whatever your number, try five in this game. Click or tap to place five [centres](../GLOSSARY.md#centre), then drag
# them. A line leads from every point to its nearest centre. The goal is a small *inertia*: the sum of the *squared*
# lengths. At the end, twenty runs of k-means compete with you.
#
# **Before you run the next cell:** how many of the twenty will you beat?

# %%
kmeans_game(X[::10], 5)

# %% [markdown]
# The twenty runs had the same points, and still they do not agree with one another. You will soon see why.
#
# ## One idea: close to the centre
#
# K-means has one idea: *a good group is one whose members are close to their centre*. Everything that follows,
# including everything that will go wrong, is in that sentence.
#
# Every point $x_i$ has a label, $\text{label}(i)$: the number of its cluster. Every cluster $k$ has a centre $c_k$.
# What you minimised in the game is the [inertia](../GLOSSARY.md#inertia), the sum of the **squared** distances from
# the points to their centres:
#
# $$ J = \sum_{i=1}^{n} \lVert x_i - c_{\text{label}(i)} \rVert^2 $$


# %%
def inertia(X, c, labels):
    """Sum of squared distances of the points to their own centres."""
    return np.sum((X - c[labels]) ** 2)


# %% [markdown]
# `c[labels]` is the centre of each point's own cluster, one row per point.
#
# The labels and the centres are both unknown, but each is easy to find when the other is known. **If the centres are
# known**, each point gets the label of its nearest centre:
#
# $$ \text{label}(i) = \arg\min_k \lVert x_i - c_k \rVert^2 $$


# %%
def assign(X, c):
    """The number of the nearest centre, for each point: (n,)."""
    squared_distances = np.sum((X[:, np.newaxis] - c) ** 2, axis=2)  # (n, K)
    return np.argmin(squared_distances, axis=1)


# %% [markdown]
# **If the labels are known**, each centre moves to the mean of its $n_k$ points. No other place has a smaller sum of
# squared distances to them:
#
# $$ c_k = \frac{1}{n_k} \sum_{i\,:\,\text{label}(i)=k} x_i $$


# %%
def update(X, labels, K):
    """The mean of the points of each cluster: (K, d)."""
    return np.array([np.mean(X[labels == k], axis=0) for k in range(K)])


# %% [markdown]
# (A cluster without points has no mean. Task 2 of the exercises deals with that.)
#
# Neither labels nor centres are known at the start. So guess the centres, and repeat two half rounds: the points
# *choose*, then the centres *move*. Stop when no label changes. This is [Lloyd's
# algorithm](../GLOSSARY.md#lloyds-algorithm).


# %%
def lloyd(X, c):
    """Lloyd's algorithm from the centres c: a list of (centres, labels), the start first."""
    history = [(c, assign(X, c))]
    while True:
        c = update(X, history[-1][1], len(c))
        history.append((c, assign(X, c)))
        if np.array_equal(history[-1][1], history[-2][1]):
            return history


# %% [markdown]
# ### On paper first
#
# Take a pencil. Six points on a line are at 0, 1, 2, 6, 10 and 11, and two centres start at 10 and 11. Repeat until
# no label changes, and write down the inertia. Then start again with the centres at 0 and 1.
#
# <details><summary>The first start, worked</summary>
#
# | round | centres | first cluster | second cluster | inertia |
# |---|---|---|---|---|
# | start | 10, 11 | 0, 1, 2, 6, 10 | 11 | 261 |
# | 1 | 3.8, 11 | 0, 1, 2, 6 | 10, 11 | 31.36 |
# | 2 | 2.25, 10.5 | 0, 1, 2, 6 | 10, 11 | 21.25 |
#
# </details>
#
# **Before you run the next cell:** do both starts end with the same inertia?

# %%
six = np.array([[0.0], [1], [2], [6], [10], [11]])
for start in ([[10.0], [11]], [[0.0], [1]]):
    for c, labels in lloyd(six, np.array(start)):
        print(c.ravel().round(3), labels, inertia(six, c, labels).round(2))
    print()

# %% [markdown]
# They do not. The second start ends with inertia 16, the first one with 21.25.
#
# ### Two thousand points
#
# Now take the points of Figure 2, and start from five random ones.
#
# **Before you run the next cell:** how many rounds will it take: about 6, about 60, about 600? And on paper the
# inertia never rose. Was that luck?

# %%
start = X[np.random.default_rng(7).choice(len(X), size=5, replace=False)]
history = lloyd(X, start)
inertias = np.array([inertia(X, c, labels) for c, labels in history])
print(len(history) - 1, "rounds, inertia:", inertias.round(1))

# %% [markdown]
# It took six rounds, and the inertia never rose. It cannot: choosing finds the best labels for the centres, and
# moving finds the best centres for the labels. As long as the centres still move, the inertia even falls, so no
# labelling comes back. There are only so many labellings, so the loop must stop. This is
# [convergence](../GLOSSARY.md#convergence).
#
# Here is the run, half a round per step. Follow centre 4 from the wide cloud to the middle. What moves it?

# %%
kmeans_player(X, history)

# %% [markdown]
# Its own points do. In one step, centre 4 gains points on its left. In the next, it moves to their mean, further
# left. That shifts its border, which brings it more points.
#
# From now on we import `mlcourse.KMeans`, which is faster and uses scikit-learn's names. From the same start, all
# three agree. (`tol=0` makes them stop only when no label changes.)

# %%
kmeans = KMeans(n_clusters=5, init=start, tol=0).fit(X)
reference = SklearnKMeans(n_clusters=5, init=start, tol=0).fit(X)
assert np.allclose(kmeans.cluster_centers_, history[-1][0])
assert np.allclose(kmeans.cluster_centers_, reference.cluster_centers_)
assert np.isclose(kmeans.inertia_, inertia(X, *history[-1]))
print(f"inertia {kmeans.inertia_:.2f}, score {kmeans.score(X):.2f}, labels {kmeans.labels_[:8]}")

# %% [markdown]
# `labels_` and `cluster_centers_` are the labels and the centres. `score` is the inertia with a minus sign,
# because in scikit-learn higher scores are better.
#
# ## New points get an answer, never a doubt
#
# `predict` gives a new point the label of its nearest centre.
#
# **Before you run the next cell:** three new points arrive: A at (−0.6, 3.0), B at (−2.2, 2.3), and C at (4.0, −1.0),
# far from everything. What will k-means say about C?

# %%
newcomers = np.array([[-0.6, 3.0], [-2.2, 2.3], [4.0, -1.0]])
print(kmeans.predict(newcomers))

# %% tags=["hide-input"]
# Figure 3: three new points on the plane
ax = plot_decision_regions(kmeans, np.concatenate([X, newcomers]))
ax.set_aspect("equal")
plot_points(X, kmeans.labels_, sizes=9, ax=ax)
ax.scatter(*newcomers.T, marker="*", s=220, c=PAPER, edgecolors=PRINT, zorder=5)
for name, place in zip("ABC", newcomers):
    ax.annotate(name, place, (10, 5), textcoords="offset points", weight="bold", **LABEL)
show(
    plot_centers(kmeans.cluster_centers_, ax=ax),
    "Figure 3. Every place in the plane belongs to its nearest centre. The stars are the new points. Each border is"
    " halfway between two centres, however different their clouds are.",
    "The five clouds with their centres on a plane cut into five tinted regions with straight edges. Star A is"
    " between the middle and the right cloud, star B is where three regions meet, between the left clouds and the"
    " middle, and star C is far away at the lower right, inside the region of the right cloud.",
)

# %% [markdown]
# C gets a label like any other point.
#
# The tinted areas are the [decision regions](../GLOSSARY.md#decision-region) of the model. For k-means they are
# [Voronoi cells](../GLOSSARY.md#voronoi-cell): all places that are nearer to one centre than to any other. That one
# cloud is wider than another does not count. Lesson 02 is about that.
#
# If a label is not enough, `transform` gives the distance to every centre, one row per point.

# %%
distances = kmeans.transform(newcomers)  # (3, 5)
by_hand = np.linalg.norm(newcomers[:, np.newaxis] - kmeans.cluster_centers_, axis=2)
assert np.allclose(distances, by_hand)
print(distances.round(2))
print("row sums:", distances.sum(axis=1).round(2))

# %% [markdown]
# The smallest entry of a row names the cluster. B is a close call, and `predict` did not say so.
#
# Some call this table "soft clustering", as if it said how much a point belongs to each cluster. But these are
# distances (plain, not squared), and the rows do not add up to 1. Dividing by the sums does not make them
# probabilities either, because distances ignore how wide a cloud is. Gaussian mixtures do not.
#
# ## Where you start decides where you end
#
# Back to the six points on paper. Every pair of centres is a place on a map, and the inertia is its height.

# %% tags=["hide-input"]
# Figure 4: the inertia of every pair of centres
grid = np.linspace(-1.5, 12.5, 281)
c1, c2 = np.meshgrid(grid, grid)
J = sum(np.minimum((x - c1) ** 2, (x - c2) ** 2) for x in six.ravel())
fig, ax = plt.subplots(figsize=(6.6, 5.4))
heat = ax.pcolormesh(c1, c2, np.log10(J), cmap="viridis", shading="auto", rasterized=True)
ax.contour(
    c1, c2, J, levels=(17, 19, 21.2, 24, 30, 45, 70, 110, 170, 250), colors=PAPER, linewidths=0.7
)
bar = fig.colorbar(heat, label="inertia (log scale)", ticks=np.log10([16, 30, 60, 120, 240]))
bar.ax.set_yticklabels(["16", "30", "60", "120", "240"])
for start_at, style, side in (([10.0, 11], "--", (-60, 10)), ([0.0, 1], "-", (8, -14))):
    walk = np.array([c.ravel() for c, _ in lloyd(six, np.array(start_at)[:, np.newaxis])])
    ax.plot(*walk.T, style, color=PAPER, linewidth=2.2)
    ax.plot(*walk.T, "o", color=PRINT, markeredgecolor=PAPER, markersize=6)
    name = f"start: {start_at[0]:.0f}, {start_at[1]}"
    ax.annotate(name, walk[0], side, textcoords="offset points", size=10, **LABEL)
for place, best in (((1, 9), 16), ((9, 1), 16), ((2.25, 10.5), 21.25), ((10.5, 2.25), 21.25)):
    style = {"marker": "*" if best == 16 else "X", "s": 190 if best == 16 else 110, "zorder": 5}
    ax.scatter(*place, c=color(1), edgecolors=PRINT, **style)
    name = f"{best}" + (", the best" if best == 16 else ", stuck") * (place[0] < place[1])
    ax.annotate(name, place, (9, -14), textcoords="offset points", size=10, **LABEL)
ax.set(aspect="equal", xlabel="first centre", ylabel="second centre")
show(
    fig,
    "Figure 4. The inertia of the six points, for every pair of centres. The lines are your two runs on paper: one"
    " ends in the lowest place (star), one in a hollow that is not as low (cross).",
    "A heat map with contours over the first and the second centre, a mirror image of itself about the diagonal."
    " Two stars, at 1 and 9 and at 9 and 1, are the lowest places, with 16. Two crosses, at 2.25 and 10.5 and the"
    " reverse, are shallower hollows, with 21.25. A dashed path from 10 and 11 ends at a cross, and a solid path"
    " from 0 and 1 at a star.",
)

# %% [markdown]
# From a cross, every small step leads uphill. Such a place is a [local optimum](../GLOSSARY.md#local-optimum).
# Lloyd's algorithm never goes up, so it cannot leave.
#
# The map is also its own mirror image. Swap the two centres, and you have the same clustering with its numbers
# exchanged: the number of a cluster means nothing.
#
# Here are three runs on the two thousand points, each from five random ones.

# %% tags=["hide-input"]
# Figure 5: three runs from random starts
fig, axes = plt.subplots(1, 3, figsize=(12, 4.6), sharex=True, sharey=True)
for ax, seed in zip(axes, (1, 2, 5)):
    run = KMeans(5, init="random", n_init=1, tol=0, random_state=seed).fit(X)
    labels = match_labels(kmeans.labels_, run.labels_)  # the same group, the same colour
    plot_centers(update(X, labels, 5), ax=plot_points(X, labels, sizes=9, ax=ax))
    ax.set(title=f"seed {seed}: inertia {run.inertia_:.2f}", aspect="equal")
show(
    fig,
    "Figure 5. Three places where Lloyd's algorithm stops. With seeds 2 and 5 one cloud is cut into two clusters,"
    " and two small clouds at the lower left share one centre.",
    "Three scatter plots. With seed 1 every cloud has one centre. With seed 2 the right cloud is cut into"
    " two clusters and the two lower small clouds on the left form one. With seed 5 the middle cloud is cut"
    " into two, and again the two lower small clouds form one.",
)

# %% [markdown]
# Seed 1 reaches 211.60, the lowest inertia we know of. The others are stuck: a spare centre would have to cross the
# picture, and on its way the inertia would rise. There are two remedies: a better start, and more starts.
#
# ### A more careful start: k-means++
#
# Draw the first centre at random from the points. Draw the others at random too, but favour points far from the
# centres chosen so far.

# %% tags=["hide-input"]
# Figure 6: chances to be the next centre
chosen = X[[1, 2]]
fig, axes = plt.subplots(1, 2, figsize=(10, 4.4), sharex=True, sharey=True)
for ax, m in zip(axes, (1, 2)):
    D2 = np.min(np.sum((X[:, np.newaxis] - chosen[:m]) ** 2, axis=2), axis=1)
    plot_centers(chosen[:m], ax=plot_points(X, sizes=12 * D2 / D2.mean(), ax=ax))
    ax.set(title="after the first centre" if m == 1 else "after the second", aspect="equal")
show(
    fig,
    "Figure 6. The larger a point, the likelier it is to be the next centre. Around a chosen centre the points all"
    " but vanish.",
    "Two scatter plots in which the size of a point is its chance. On the left one centre is chosen, in a"
    " small cloud on the left, and the points of the far right cloud are the largest. On the right a second"
    " centre is chosen at the lower edge of that cloud: the points near it have shrunk, and those of the"
    " middle cloud have grown.",
)

# %% [markdown]
# This is k-means++ [seeding](../GLOSSARY.md#seeding). The chance is proportional to the *squared* distance $D_i^2$ to
# the nearest centre chosen so far:
#
# $$ p_i = \frac{D_i^2}{\sum_j D_j^2}, \qquad D_i^2 = \min_{c\ \text{chosen}} \lVert x_i - c \rVert^2 $$


# %%
def seeding_chances(X, chosen):
    """The chance of each point to be the next centre: (n,)."""
    squared_distances = np.sum((X[:, np.newaxis] - chosen) ** 2, axis=2)  # (n, number chosen)
    D2 = np.min(squared_distances, axis=1)
    return D2 / np.sum(D2)


# %% [markdown]
# (Why not always take the farthest point? It may be an [outlier](../GLOSSARY.md#outlier).) The default
# `init="k-means++"` is *greedy*: each time it draws a few candidates, and keeps the one that lowers the inertia most.
#
# **Before you run the next cell:** a hundred runs from random points, and a hundred from greedy k-means++. Which kind
# reaches 211.60 more often? Which ends far too high more often?

# %%
excess = {}
for init in ("random", "k-means++"):
    models = [KMeans(5, init=init, n_init=1, tol=0, random_state=seed) for seed in range(100)]
    J = np.array([model.fit(X).inertia_ for model in models])
    excess[init] = 100 * (J / kmeans.inertia_ - 1)
    print(f"{init:9s}: the best {np.sum(J < 212)} times, mean {J.mean():.1f}, worst {J.max():.1f}")

# %% tags=["hide-input"]
# Figure 7: where a hundred runs of each kind end
ends = ("the best", "up to 5 % above", "5 to 25 % above", "more than 180 % above")
fig, ax = plt.subplots(figsize=(7.2, 3.8))
for k, (init, percent) in enumerate(excess.items()):
    counts = np.histogram(percent, bins=(-1, 0.2, 5, 25, 1000))[0]
    bars = ax.barh(
        np.arange(4) + 0.4 * k, counts, 0.36, color=color(k), hatch=("", "//")[k], label=init
    )
    ax.bar_label(bars, padding=4)
ax.invert_yaxis()
ax.set_yticks(np.arange(4) + 0.2, ends)
ax.tick_params(axis="y", length=0)
ax.set(xlabel="runs out of 100", ylabel="final inertia", xlim=(0, 58))
ax.legend(loc="lower right")
show(
    fig,
    "Figure 7. Where a hundred runs of each kind end. Random starts find the best more often. Only they have"
    " accidents.",
    "Pairs of horizontal bars for random starts and for k-means++. Best inertia: 52 and 38 runs. Up to 5 percent"
    " above: 10 and 46. From 5 to 25 percent above: 30 and 16. More than 180 percent above: 8 and none.",
)

# %% [markdown]
# Random starts find the best inertia *more* often here: 52 times, against 38. Squared distances favour the wide
# clouds over two small ones side by side.
#
# But 8 random starts end at nearly three times the best inertia, and the worst k-means++ run only 12 % above it.
# K-means++ is an insurance against bad starts.
#
# ### More than one start: `n_init`
#
# The other remedy is to [restart](../GLOSSARY.md#restart): run several times, and keep the lowest inertia.
#
# **Before you run the next cell:** a single k-means++ start gets stuck 62 times in 100. How often will ten starts
# *all* get stuck?

# %%
print(f"all ten stuck: about {0.62**10:.3f} of the time")
for n_init in (1, 10, 20):
    best = KMeans(5, n_init=n_init, tol=0, random_state=42).fit(X).inertia_
    print(f"n_init={n_init:2d}, seed 42: {best:.2f}")

# %% [markdown]
# Less than once in a hundred, and yet this seed is such a case. By default, k-means++ starts only **once**. If a
# result matters, ask for more starts.
#
# ## How many clusters?
#
# K-means never questions the `n_clusters` it is given. Can the inertia choose k?
#
# **Before you run the next cell:** what happens to the best inertia as k grows? What would it be with k = 2000?

# %%
ks = range(1, 10)
models = {k: KMeans(k, n_init=10, random_state=0).fit(X) for k in ks}
inertias = np.array([models[k].inertia_ for k in ks])
print(inertias.round(0))

# %% tags=["hide-input"]
# Figure 8: inertia against k, on two scales
fig, axes = plt.subplots(1, 2, figsize=(10, 4))
for ax, scale, bend in zip(axes, ("linear", "log"), (2, 4)):
    plot_curve(list(ks), inertias, "number of clusters k", "inertia", chosen=bend, ax=ax)
    ax.set(yscale=scale, title=f"{scale} axis: the sharpest bend is at {bend}")
axes[1].set_yticks((100, 200, 500, 1000, 2000, 4000), ("100", "200", "500", "1000", "2000", "4000"))
axes[1].minorticks_off()
show(
    fig,
    "Figure 8. The same inertias twice. The linear axis (left) shows differences, the log axis (right) ratios.",
    "Two falling curves of inertia against k from 1 to 9. On the linear axis the curve drops steeply to k equals 2,"
    " which is ringed, and more gently from there. On the log axis it falls until k equals 4, which is ringed, and"
    " is flatter from there on.",
)

# %% [markdown]
# It always falls: one more centre can only help, and with as many centres as points it is 0. What you can look for is
# the place where the fall slows down, the [elbow](../GLOSSARY.md#elbow). But an elbow depends on the axis: it is at 2
# on the linear axis, and at 4 on the log axis.
#
# A second opinion should come from a score that gets *worse* when there are too many clusters.
#
# ### Silhouettes
#
# Let $a$ be the mean distance from a point to the other members of its own cluster, and $b$ the mean distance to the
# members of the nearest other cluster.

# %% tags=["hide-input"]
# Figure 9: the two distances of a silhouette
labels = kmeans.labels_
i = np.linalg.norm(X - [-1.0, 2.55], axis=1).argmin()
apart = np.linalg.norm(X - X[i], axis=1)
means = np.array([apart[labels == k].mean() for k in range(5)])
other = np.argsort(means)[means[np.argsort(means)] != means[labels[i]]][0]
ax = plot_points(X, labels, sizes=9)
for k, name in ((labels[i], "a"), (other, "b")):
    members = X[labels == k]
    for x in members[::16]:
        ax.plot(*np.transpose([X[i], x]), color=color(k), linewidth=0.8, alpha=0.7)
    whose = "own cluster" if name == "a" else "nearest other"
    ax.text(members[:, 0].mean(), 0.7, f"{whose}\nmean ${name}$ = {means[k]:.2f}", ha="center")
ax.scatter(*X[i], marker="*", s=260, c=PAPER, edgecolors=PRINT, zorder=5)
ax.set(aspect="equal", ylim=(0.6, 3.3))
ax.figure.set_figheight(3.9)
show(
    ax,
    "Figure 9. The star's distances to its own cluster and to the nearest other one (every 16th is drawn).",
    "The five coloured clouds. From a star at the right edge of the middle cloud, lines lead to points of its own"
    " cloud, 0.67 long on average, and to points of the wide cloud on the right, 1.25 long on average.",
)

# %% [markdown]
# The [silhouette coefficient](../GLOSSARY.md#silhouette) compares the two:
#
# $$ s = \frac{b - a}{\max(a, b)} $$


# %%
def silhouette(i, X, labels):
    """Silhouette coefficient of point i, which is not alone in its cluster: from -1 to 1."""
    distances = np.linalg.norm(X - X[i], axis=1)
    own = labels == labels[i]
    a = distances[own].sum() / (own.sum() - 1)  # the point itself is not its own neighbour
    b = min(distances[labels == k].mean() for k in np.unique(labels[~own]))
    return (b - a) / max(a, b)


values = silhouette_samples(X, labels)
assert np.isclose(silhouette(i, X, labels), values[i])
print(f"the star: {values[i]:.3f}, mean of all points: {values.mean():.4f}")

# %% [markdown]
# Near 1, a point is deep inside its cluster. Near 0, it is on a border. Below 0, it is on average closer to another
# cluster than to its own. The mean over all points is the *silhouette score*.
#
# **Before you run the next cell:** think of the number that you wrote down. At which k will the score be highest?

# %% tags=["hide-input"]
# Figure 10: silhouette score against k
scores = {k: silhouette_score(X, models[k].labels_) for k in ks if k > 1}
print({k: round(s, 4) for k, s in scores.items()})
show(
    plot_curve(
        list(scores), list(scores.values()), "number of clusters k", "silhouette score", chosen=4
    ),
    "Figure 10. The score is highest at k = 4. The next best is k = 5.",
    "Curve of the silhouette score against k from 2 to 9. It dips at 3, peaks at 4, is a little lower at 5,"
    " and stays clearly lower from 6 on.",
)

# %% [markdown]
# With k = 4 the score is 0.6885, with k = 5 only 0.6555. Once the two lower clouds on the left are separate, each of
# their points has another cluster close by.
#
# A mean hides details. A silhouette diagram shows every point. Each cluster is one blade: its points, sorted. The
# more points, the thicker the blade. Good blades reach past the dashed line, the mean.

# %% tags=["hide-input"]
# Figure 11: silhouettes for k = 3, 4, 5 and 6
fig, axes = plt.subplots(2, 2, figsize=(10, 8), sharex=True)
for ax, k in zip(axes.flat, (3, 4, 5, 6)):
    labels = match_labels(kmeans.labels_, models[k].labels_)  # the same group, the same colour
    values = silhouette_samples(X, labels)
    plot_silhouettes(values, labels, ax=ax)
    ax.set_title(f"k = {k}", pad=14)
    for y, j in zip(ax.get_yticks(), np.unique(labels)):
        blade = values[labels == j]
        ax.text(0.03, y, len(blade), size="small", va="center", **LABEL)
        if blade.max() < values.mean():
            ax.text(values.mean() + 0.02, y, "← short", size="small", va="center", weight="bold")
show(
    fig,
    "Figure 11. The number in each blade is the size of its cluster. A short blade ends before the mean. Colours as"
    " in Figure 5.",
    "Four silhouette diagrams. For k equals 3, two blades are good and one is short. For k equals 4 all four pass"
    " the mean line, three with about 400 points and one with about 800. For k equals 5 all five pass the line, each"
    " with about 400 points. For k equals 6 two thin blades, with about 200 points each, are short.",
)

# %% [markdown]
# The diagrams argue against 3 and 6. So is it 4 or 5? The score says 4, and so does the elbow on the log axis. The
# diagram favours 5: equal blades, all past the line. (The points were indeed drawn in five groups of 400. You could
# not have known.)
#
# **Both choices can be defended.** With five delivery vans, take 5. If two groups that nearly touch are one group to
# you, take 4. Say what you chose, and why.
#
# ## The unit decides what is close
#
# K-means knows only distances, and a distance depends on units. Back to the geyser. Its two
# [features](../GLOSSARY.md#feature), duration and wait, are both in minutes.
#
# **Before you run the next cell:** with the duration in seconds, will any of the 272 eruptions change its group? And
# if each feature is divided by its [standard deviation](../GLOSSARY.md#standard-deviation)?

# %%
in_minutes = KMeans(2, n_init=10, random_state=0).fit_predict(geyser)
for name, data in (("in seconds", geyser * [60, 1]), ("standardised", z)):
    labels = match_labels(in_minutes, KMeans(2, n_init=10, random_state=0).fit_predict(data))
    moved = labels != in_minutes
    print(f"duration {name}: {moved.sum()} eruptions change their group")

# %% tags=["hide-input"]
# Figure 12: the geyser as k-means sees it
fig, axes = plt.subplots(2, 1, figsize=(9, 7), height_ratios=(1, 6))
for ax, data, unit in zip(axes, (geyser, z), (" (min)", " (standardised)")):
    data = data[:, ::-1]  # the wait to the right
    model = KMeans(2, init=update(data, in_minutes, 2), tol=0).fit(data)
    plot_points(data, model.labels_, sizes=16, ax=plot_decision_regions(model, data, ax=ax))
    ax.scatter(*data[moved].T, s=110, facecolors="none", edgecolors=PRINT, linewidths=3)
    ax.scatter(*data[moved].T, s=110, facecolors="none", edgecolors=PAPER, linewidths=1.2)
    ax.set(aspect="equal", xlabel=f"wait{unit}", ylabel=f"duration{unit}")
axes[0].set_ylabel("duration\n(min)", fontsize="small")
show(
    fig,
    "Figure 12. The geyser with equal axes, the wait now to the right, as k-means sees it. Top: in minutes, the wait"
    " dominates, and the border is nearly vertical. Bottom: standardised, both features count. Rings: the eruptions"
    " that change their group.",
    "Two scatter plots with two tinted regions. The upper one is a thin strip, 53 minutes long and 3.5 minutes high,"
    " cut by a nearly vertical line. In the lower one both features have the same spread and the border is a"
    " diagonal line between two compact clouds. Four ringed points near the border are on different sides.",
)

# %% [markdown]
# Six change with the duration in seconds, and four after standardising. That is few, because the groups are far
# apart. But nothing had changed except the units.
#
# [Standardising](../GLOSSARY.md#standardise) gives every feature mean 0 and variance 1, and so removes the unit. It
# is the usual choice when features have different units.
#
# ## The same flowers, with and without names
#
# Here are 150 irises, with their species and without.

# %% tags=["hide-input"]
# Figure 13: the irises, with and without names
iris, species = load_iris()
fig, axes = plt.subplots(1, 2, figsize=(11, 3), sharey=True)
plot_points(iris[:, 2:], species, ax=axes[0])
plot_points(iris[:, 2:], ax=axes[1])
for ax, title in zip(axes, ("with species: classification", "without species: clustering")):
    ax.set(title=title, xlabel="petal length (cm)", ylabel="petal width (cm)", aspect="equal")
show(
    fig,
    "Figure 13. With species: three, with one colour and one marker each. Without species: the same flowers in grey."
    " Cover the panel with species with your hand. How many groups do you see?",
    "Two scatter plots of petal width against petal length. A small group of flowers with short petals is"
    " apart at the lower left; a large elongated group is at the upper right. On the left the large group"
    " is coloured as two species that touch; on the right all points are grey.",
)

# %% [markdown]
# With species, this is a [classification](../GLOSSARY.md#classification) problem: somebody supplies the answers, and
# the computer learns to give them for new flowers. Without species, it is clustering. Let k-means look for three
# groups, using all four features.
#
# **Before you run the next cell:** out of 150 flowers, how many will be in the group of their own species? And with
# another [seed](../GLOSSARY.md#seed), `random_state`, will the groups be the same?

# %%
for seed in range(6):
    labels = KMeans(3, n_init=10, random_state=seed).fit_predict(iris)
    same_number = np.sum(labels == species)
    matched = np.sum(match_labels(species, labels) == species)
    print(f"seed {seed}: label == species for {same_number:3d} of 150, after matching {matched}")

# %% [markdown]
# The first count jumps between 36 and 134, because k-means numbers its groups in any order.
#
# So match the numbers first: of all ways to name the clusters, take the one that agrees with the species most often.
# `match_labels` finds it with the [Hungarian algorithm](../GLOSSARY.md#hungarian-algorithm). After matching, all
# seeds agree: 134.
#
# **Before you run the next cell:** will standardising the four features help? The cell also tries a [Gaussian
# mixture](../GLOSSARY.md#gaussian-mixture), the model of the later lessons.

# %%
standardised_iris = (iris - iris.mean(axis=0)) / iris.std(axis=0)
labels = KMeans(3, n_init=50, random_state=0).fit_predict(standardised_iris)
mixture = GaussianMixture(3, random_state=42).fit_predict(iris)
typed_in = np.array([1, 2, 0])  # "cluster 0 is species 1": right on somebody's machine, once
print("k-means, standardised:  ", np.sum(match_labels(species, labels) == species))
print("mixture, matched:       ", np.sum(match_labels(species, mixture) == species))
print("mixture, names typed in:", np.sum(typed_in[mixture] == species))

# %% [markdown]
# Standardising costs nine flowers: only 125 match. Petal length varies most, and it tells the species apart well.
# After standardising, sepal width counts as much. **Scaling is a decision, not a rule.**
#
# The mixture gets 145. With names typed in by hand it seems to get 5, because they came from a library version that
# numbers the same groups differently. Never write a cluster number into your code.
#
# ## A photograph in ten colours
#
# A pixel is three numbers: how much red, green and blue. So a photograph is a cloud of points in three dimensions.
# Replace each pixel by its nearest centre, and you have the picture in `k` colours: [colour
# quantisation](../GLOSSARY.md#colour-quantisation). The centres are the [palette](../GLOSSARY.md#palette).


# %%
def palette_of(photo, k):
    """The k colours that k-means finds among 5000 pixels: (k, 3)."""
    sample = np.random.default_rng(0).choice(photo.reshape(-1, 3), size=5000, replace=False)
    return KMeans(k, n_init=3, random_state=0).fit(sample).cluster_centers_


def paint(photo, palette):
    """The photograph with each pixel replaced by the nearest colour of the palette."""
    return palette[assign(photo.reshape(-1, 3), palette)].reshape(photo.shape)


photo = load_photo("flower.jpg")  # or the path of any picture of your own

# %% [markdown]
# **Before you run the next cell:** a dahlia is orange with a dark red heart, against dark green leaves. With only two
# colours left, how will the darkest red, in the ring, be painted?

# %% tags=["hide-input"]
# Figure 14: the flower in fewer and fewer colours
heart, around = (192, 317), np.s_[90:330, 130:490]
fig, axes = plt.subplots(2, 3, figsize=(10, 5.2))
for ax, k in zip(axes.flat, (None, 10, 8, 6, 4, 2)):
    picture = photo if k is None else paint(photo, palette_of(photo, k))
    plot_photo(picture[around], ax=ax).set_title("original" if k is None else f"{k} colours")
    pixel = heart[1] - around[1].start, heart[0] - around[0].start
    ax.plot(*pixel, "o", markersize=15, fillstyle="none", color=PAPER, markeredgewidth=1.5)
    ax.plot([pixel[0] + 12, 318], [pixel[1] + 12, 198], color=PAPER, linewidth=1.2)
    ax.plot(318, 198, "s", markersize=26, color=picture[heart], markeredgecolor=PAPER)
show(
    fig,
    "Figure 14. The flower in 10, 8, 6, 4 and 2 colours. The square shows the colour of the pixel in the middle of"
    " the ring.",
    "Six versions of a photograph of an orange dahlia against dark green leaves, with a ring around a pixel of its"
    " dark red heart. With ten colours it looks like a print; with four the petals have two tones; with two the"
    " flower is flat orange with green gaps in its heart, on the same flat green, and the pixel is shown in that"
    " green.",
)

# %% [markdown]
# It becomes green, like the leaves, while most of the heart turns orange: as numbers, the darkest red is closer to a
# dark green than to a bright orange. (The red among ten colours is a lucky local optimum. With twenty starts instead
# of three, it is a dark olive.)
#
# Try other numbers. The bar shows each colour's share of the pixels.

# %%
photo_explorer(photo)

# %% [markdown]
# In the next photograph, the columns are red.

# %% tags=["hide-input"]
# Figure 15: the pavilion in eight colours
china = load_photo("china.jpg")
fig, axes = plt.subplots(1, 2, figsize=(10, 3.6))
plot_photo(china, ax=axes[0]).set_title("original")
plot_photo(paint(china, palette_of(china, 8)), ax=axes[1]).set_title("8 colours")
show(
    fig,
    "Figure 15. Eight colours, and none of them is red. Two pale blues went to the sky.",
    "Left, a Chinese pavilion with red columns and green-blue beams against a pale sky. Right, the same"
    " picture in eight colours: the sky is shown in flat patches of pale blue, and the pavilion in browns"
    " and greys without any red.",
)

# %% [markdown]
# K-means spends its colours where there are many pixels. In any data, a small, distinct group is cheap to ignore.
#
# How much does this save? Do not count colours ("sixteen million down to ten"). Count bits.
#
# **Before you run the next cell:** how many bits does it take to store one of ten numbers?

# %%
n_pixels, k = photo.shape[0] * photo.shape[1], 10
bits_per_pixel = int(np.ceil(np.log2(k)))
before = 3 * 8 * n_pixels
after = bits_per_pixel * n_pixels + 3 * 8 * k  # the last term is the palette
print(
    f"{bits_per_pixel} bits per pixel: {before / after:.3f} times smaller, not {2**24 / k:,.0f} times"
)

# %% [markdown]
# Four bits instead of twenty-four: six times smaller.

# %% [markdown]
# ## Common mistakes
#
# - **The agreement with the true classes is absurdly low, or changes from run to run.** Match the labels first.
# - **Two runs give different clusters.** Compare their inertias, and raise `n_init`.
# - **The inertia picks the largest k.** It always does. Look at silhouettes, and at the purpose.
# - **One feature decides everything.** It has the largest numbers. Choose the scale before you cluster.
# - **`transform` is read as membership.** It gives distances.

# %% [markdown]
# ## Quiz
#
# **1.** You run k-means twice with different seeds. The labels agree for 12 points out of 300, the inertias
# to ten digits. What has happened?
#
# - A. One run is stuck in a poor local optimum.
# - B. The two runs found the same clusters and numbered them differently.
# - C. The clusters overlap, so the labels are random.
#
# <details><summary>Answer</summary>
#
# **B.** Equal inertias suggest the same groups, and matching the labels will confirm it. *A* would show as a higher
# inertia in one run. *C*: k-means draws no labels at random.
#
# </details>
#
# **2.** During Lloyd's algorithm you see the inertia go from 310.2 up to 311.0. What do you conclude?
#
# - A. There is a bug.
# - B. The run is escaping from a local optimum.
# - C. The start was bad, so some rounds have to go uphill.
#
# <details><summary>Answer</summary>
#
# **A.** Neither half of a round can raise the inertia. *B*: Lloyd's algorithm never escapes; that is what restarts
# are for. *C*: a bad start may lead to a bad end, but always downhill.
#
# </details>
#
# **3.** In a silhouette diagram one blade ends well before the dashed line. Another one is three times as
# thick as the others. Which do you doubt first?
#
# - A. The short one.
# - B. The thick one.
# - C. Neither: only the mean matters.
#
# <details><summary>Answer</summary>
#
# **A.** Even the best point of the short blade is worse off than the average point. *B* may be all right: groups may
# differ in size. *C*: a good mean can hide a bad cluster.
#
# </details>

# %% [markdown]
# ## In five lines
#
# 1. Clustering looks for groups without answers; the numbers of the groups mean nothing until you match them.
# 2. K-means lowers the inertia, the sum of *squared* distances to the nearest centre: choose, move, repeat.
# 3. The inertia never rises, so the loop converges, perhaps to a local optimum: start with care, and restart.
# 4. Elbows and silhouettes help to choose k. When they leave two candidates, the purpose decides.
# 5. It labels every point and is never in doubt, and the scale of the features is your decision.

# %% [markdown]
# ## Where next
#
# Do the [exercises](../exercises/01_kmeans_exercises.ipynb): you will survive an empty cluster, match labels
# yourself, and compress a photograph. Then [lesson 02](02_kmeans_limits.ipynb) pushes the one idea of this lesson
# until it breaks.

# %% [markdown]
# ## References
#
# - S. P. Lloyd, "Least squares quantization in PCM", *IEEE Transactions on Information Theory* 28(2),
#   129–137, 1982 (written in 1957).
# - D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful seeding", *Proceedings of the 18th
#   Annual ACM–SIAM Symposium on Discrete Algorithms*, 1027–1035, 2007.
# - P. J. Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis",
#   *Journal of Computational and Applied Mathematics* 20, 53–65, 1987.
