# %% tags=["hide-input"]
# Imports and figure style
import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import KMeans as SklearnKMeans
from sklearn.cluster import kmeans_plusplus

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

# %% [markdown]
# Run the next cell, then press Play in it. By the end of this lesson you will have written this algorithm, and know
# when not to trust it. (Both axes are [standardised](../GLOSSARY.md#standardise).)

# %% tags=["hide-input"]
# To begin with: k-means on 272 eruptions of a geyser
geyser = load_old_faithful()
z = (geyser - geyser.mean(axis=0)) / geyser.std(axis=0)
centers, path = z[[148, 112]], []
for _ in range(6):
    nearest = np.linalg.norm(z[:, np.newaxis] - centers, axis=2).argmin(axis=1)
    path.append((centers, nearest))
    centers = np.array([z[nearest == k].mean(axis=0) for k in range(2)])
kmeans_player(z, path, features=("duration (standardised)", "wait (standardised)"))

# %% [markdown]
# ## Two groups that everybody sees
#
# Old Faithful is a geyser in Yellowstone National Park. Each point is one eruption: how long it lasted, and how long
# the visitors then waited for the next one.

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
# [cluster](../GLOSSARY.md#cluster). The player above found them with [k-means](../GLOSSARY.md#k-means). The next data
# set is harder to agree about.

# %%
X, _ = five_blobs()

# %% tags=["hide-input"]
# Figure 2: two thousand points
ax = plot_points(X)
ax.set_aspect("equal")
show(
    ax,
    "Figure 2. Two thousand points. Decide now how many groups there are, and write the number down. We"
    " will come back to it.",
    "Scatter plot of grey points. A wide round cloud on the right, a round cloud in the middle, and on the"
    " left three small dense clouds above one another, the lower two closer together than the upper one.",
)

# %% [markdown]
# Whatever your number, try five. Here are two hundred of the points, and a game. Click to place five
# [centres](../GLOSSARY.md#centre), then drag them. A line leads from every point to its nearest centre, and the goal
# is a small sum of *squared* lengths. At the end, compare yours with twenty runs of k-means.
#
# **Before you run the next cell:** how many of the twenty will you beat?

# %%
kmeans_game(X[::10], 5)

# %% [markdown]
# If you gave every cloud its own centre, no run beat you. You will soon see why many do worse.
#
# ## One idea: close to the centre
#
# K-means has one idea: *a good group is one whose members are close to their centre*. Everything that follows,
# including everything that will go wrong, is in that sentence.
#
# Give every point $x_i$ the number of its cluster, $\text{label}(i)$, and every cluster $k$ a centre $c_k$. What you
# minimised in the game is the [inertia](../GLOSSARY.md#inertia), the sum of the **squared** distances from the points
# to their centres:
#
# $$ J = \sum_{i=1}^{n} \lVert x_i - c_{\text{label}(i)} \rVert^2 $$


# %%
def inertia(X, c, labels):
    """Sum of squared distances of the points to their own centres."""
    return np.sum((X - c[labels]) ** 2)


# %% [markdown]
# `c[labels]` is the centre of each point's own cluster, one row per point.
#
# There are two things to choose, and each is easy when the other is known. **If the centres are known**, each point
# gets the label of its nearest centre:
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
# Neither is known at the start. So guess the centres, and repeat: the points choose, the centres move. One choice and
# one move make a round. Stop when no label changes. This is [Lloyd's algorithm](../GLOSSARY.md#lloyds-algorithm).


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
# Take a pencil. Six points on a line are at 0, 1, 2, 6, 10 and 11, and two centres start at 10 and 11. Repeat the
# rounds until no label changes, and write down the inertia. Then start again with the centres at 0 and 1.
#
# <details><summary>The first start, worked</summary>
#
# | round | centres | first cluster | second cluster | inertia |
# |---|---|---|---|---|
# | start | 10, 11 | 0, 1, 2, 6, 10 | 11 | 261 |
# | 1 | 3.8, 11 | 0, 1, 2, 6 | 10, 11 | 31.36 |
# | 2 | 2.25, 10.5 | 0, 1, 2, 6 | 10, 11 | 21.25 |
#
# In the end the border, halfway between the centres, is at 6.375, so the 6 stays on the left.
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
# They do not. The second start ends at the centres 1 and 9, with inertia 16, and the first one at 21.25.
#
# ### Two thousand points
#
# Now take the points of Figure 2, and start from five random ones.
#
# **Before you run the next cell:** on paper the inertia never rose. Was that luck? And how many rounds will it take
# here: about 6, about 60, about 600?

# %%
start = X[np.random.default_rng(7).choice(len(X), size=5, replace=False)]
history = lloyd(X, start)
inertias = np.array([inertia(X, c, labels) for c, labels in history])
print(len(history) - 1, "rounds, inertia:", inertias.round(1))

# %% [markdown]
# It took six rounds, and the inertia never rose. It cannot: choosing finds the best labels for the centres, and
# moving finds the best centres for the labels. And because a finite number of points can be labelled in only so many
# ways, the loop must stop. This is [convergence](../GLOSSARY.md#convergence).
#
# Here is the run, half a round per step. Follow centre 4 from the wide cloud to the middle. It moves only in every
# other step. What moves it?

# %%
kmeans_player(X, history)

# %% [markdown]
# Its own points do. In one step they choose, and centre 4 gains points on its left. In the next it goes to their
# mean, further left. That shifts its border, which brings it more points.
#
# From now on we import `mlcourse.KMeans`. It runs the same rounds faster, handles empty clusters, and uses
# scikit-learn's names. From the same start, all three agree. (With `tol=0` they stop when no label changes; by
# default, a little earlier.)

# %%
kmeans = KMeans(n_clusters=5, init=start, tol=0).fit(X)
reference = SklearnKMeans(n_clusters=5, init=start, tol=0).fit(X)
assert np.allclose(kmeans.cluster_centers_, history[-1][0])
assert np.allclose(kmeans.cluster_centers_, reference.cluster_centers_)
assert np.isclose(kmeans.inertia_, inertia(X, *history[-1]))
print(f"inertia {kmeans.inertia_:.2f}, score {kmeans.score(X):.2f}, labels {kmeans.labels_[:8]}")

# %% [markdown]
# `labels_` has one number per point, `cluster_centers_` one row per cluster. `score` is the inertia with a minus
# sign, because in scikit-learn higher scores are better.
#
# ## New points get an answer, never a doubt
#
# `predict` gives a new point the label of its nearest centre.
#
# **Before you run the next cell:** three new points arrive, at (−0.6, 3.0), (−2.2, 2.3) and (4.0, −1.0). The
# last one is far from everything. What will k-means say about it?

# %%
newcomers = np.array([[-0.6, 3.0], [-2.2, 2.3], [4.0, -1.0]])
print(kmeans.predict(newcomers))

# %% tags=["hide-input"]
# Figure 3: three new points on the plane
ax = plot_decision_regions(kmeans, np.concatenate([X, newcomers]))
ax.set_aspect("equal")
plot_points(X, kmeans.labels_, sizes=9, ax=ax)
ax.scatter(*newcomers.T, marker="*", s=220, c=PAPER, edgecolors=PRINT, zorder=5)
show(
    plot_centers(kmeans.cluster_centers_, ax=ax),
    "Figure 3. Every place in the plane belongs to its nearest centre. The stars are the three newcomers."
    " The boundary between two centres is halfway between them, however different their clouds are.",
    "The five clouds with their centres on a plane cut into five tinted regions with straight edges. One"
    " star is between the middle and the right cloud, one between the left clouds and the middle, and one"
    " far away at the lower right, inside the region of the right cloud.",
)

# %% [markdown]
# The lonely star gets a label like any other. The tinted areas are the [decision
# regions](../GLOSSARY.md#decision-region) of the model. For k-means they are [Voronoi
# cells](../GLOSSARY.md#voronoi-cell): all places that are nearer to one centre than to any other. The border between
# the wide cloud and the middle one ignores that one is wider. Lesson 02 is about that.
#
# If a label is not enough, `transform` gives the distance to every centre.

# %%
distances = kmeans.transform(newcomers)  # (3, 5)
by_hand = np.linalg.norm(newcomers[:, np.newaxis] - kmeans.cluster_centers_, axis=2)
assert np.allclose(distances, by_hand)
print(distances.round(2))
print("row sums:      ", distances.sum(axis=1).round(2))
print("in millimetres:", (10 * distances).sum(axis=1).round(2), "if these were centimetres")

# %% [markdown]
# The smallest entry of a row names the cluster. (These are plain distances, not squared.) The second newcomer is a
# close call, and `predict` did not say so.
#
# This table is sometimes called "soft clustering", as if it said how much a point belongs to each cluster. But such
# shares would add up to 1, and would not change with the unit. Dividing each row by its sum does not make
# probabilities: distances ignore how wide a cloud is. A mixture does not.
#
# ## Where you start decides where you end
#
# Back to the six points on paper. Two centres are two numbers, so every pair of centres is a place on a map, and the
# inertia is its height.

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
for start_at, style in (([10.0, 11], "--"), ([0.0, 1], "-")):
    walk = np.array([c.ravel() for c, _ in lloyd(six, np.array(start_at)[:, np.newaxis])])
    ax.plot(*walk.T, style, color=PAPER, linewidth=2.2)
    ax.plot(*walk.T, "o", color=PRINT, markeredgecolor=PAPER, markersize=6)
for place, best in (((1, 9), 16), ((9, 1), 16), ((2.25, 10.5), 21.25), ((10.5, 2.25), 21.25)):
    style = {"marker": "*" if best == 16 else "X", "s": 190 if best == 16 else 110, "zorder": 5}
    ax.scatter(*place, c=color(1), edgecolors=PRINT, **style)
    ax.annotate(f"{best}", place, (9, -4), textcoords="offset points", color=PAPER, weight="bold")
ax.set(aspect="equal", xlabel="first centre", ylabel="second centre")
show(
    fig,
    "Figure 4. The inertia of the six points, for every pair of centres. Stars: the best clustering. Crosses: a worse"
    " place where Lloyd's algorithm also stops. Lines: your two runs on paper (dashed from 10 and 11, solid from"
    " 0 and 1).",
    "A heat map with contours over the first and the second centre, a mirror image of itself about the diagonal."
    " Two stars, at 1 and 9 and at 9 and 1, are the lowest places, with 16. Two crosses, at 2.25 and 10.5 and the"
    " reverse, are shallower hollows, with 21.25. A dashed path ends at a cross and a solid path at a star.",
)

# %% [markdown]
# - There are hollows that are not the lowest. From a cross, every small step leads uphill. Such a place is a
#   [local optimum](../GLOSSARY.md#local-optimum), and Lloyd's algorithm, which never goes up, cannot leave it.
# - The map is its own mirror image. Swap the two centres, and you have the same clustering with its numbers
#   exchanged. The number of a cluster means nothing. (Lesson 06 returns to this as label switching.)
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
    "Figure 5. Three places where Lloyd's algorithm comes to rest. With seed 2 the wide cloud has two"
    " centres, and two small clouds share one. With seed 5 the middle cloud is cut instead.",
    "Three scatter plots. With seed 1 every cloud has one centre. With seed 2 the right cloud is cut into"
    " two clusters and the two lower small clouds on the left form one. With seed 5 the middle cloud is cut"
    " into two, and again the two lower small clouds form one.",
)

# %% [markdown]
# Seed 1 reaches 211.60, the lowest inertia we know of. The others are stuck: a spare centre would have to cross the
# picture, and on its way the inertia would rise. There are two remedies, and you want both.
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
    ax.set(title=f"{m} chosen: the larger, the likelier next", aspect="equal")
show(
    fig,
    "Figure 6. The area of a point is its chance of being the next centre. Around a chosen centre the points"
    " all but vanish.",
    "Two scatter plots in which the size of a point is its chance. On the left one centre is chosen, in a"
    " small cloud on the left, and the points of the far right cloud are the largest. On the right a second"
    " centre is chosen at the lower edge of that cloud: the points near it have shrunk, and those of the"
    " middle cloud have grown.",
)

# %% [markdown]
# The chance is proportional to the *squared* distance $D_i^2$ to the nearest centre chosen so far. This is
# k-means++ [seeding](../GLOSSARY.md#seeding):
#
# $$ p_i = \frac{D_i^2}{\sum_j D_j^2}, \qquad D_i^2 = \min_{c\ \text{chosen}} \lVert x_i - c \rVert^2 $$


# %%
def seeding_chances(X, chosen):
    """The chance of each point to be the next centre: (n,)."""
    squared_distances = np.sum((X[:, np.newaxis] - chosen) ** 2, axis=2)  # (n, number chosen)
    D2 = np.min(squared_distances, axis=1)
    return D2 / np.sum(D2)


# %% [markdown]
# (Why not always take the farthest point? It may be an [outlier](../GLOSSARY.md#outlier).) The default of
# scikit-learn and this course, `init="k-means++"`, is a *greedy* variant: each time it draws a few candidates, and
# keeps the one that lowers the inertia most.
#
# **Before you run the next cell:** a hundred runs each, from random points, from plain k-means++, and from greedy
# k-means++. Which kind reaches 211.60 most often? Which ends far too high most often?


# %%
def plain(X, n_clusters, random_state):
    return kmeans_plusplus(X, n_clusters, n_local_trials=1, random_state=random_state)[0]


# %%
runs = {}
for name, init in {
    "random": "random",
    "plain k-means++": plain,
    "greedy k-means++": "k-means++",
}.items():
    models = [KMeans(5, init=init, n_init=1, tol=0, random_state=seed) for seed in range(100)]
    J = np.sort([model.fit(X).inertia_ for model in models])
    runs[name] = 100 * (J / kmeans.inertia_ - 1)
    print(f"{name:16s} stuck {np.sum(J > 212)}, mean {J.mean():.1f}, worst {J.max():.1f}")

# %% tags=["hide-input"]
# Figure 7: a hundred runs of each kind
fig, ax = plt.subplots(figsize=(7.2, 4.4))
for k, ((name, excess), style) in enumerate(zip(runs.items(), (":", "--", "-"))):
    ax.plot(np.arange(1, 101), excess.clip(0), style, color=color(k), linewidth=2.5, label=name)
ax.set_yscale("symlog", linthresh=5)
ax.set_yticks((0, 2, 5, 10, 20, 50, 100, 200), ("0", "2", "5", "10", "20", "50", "100", "200"))
ax.minorticks_off()
ax.set(xlabel="run, from best to worst", ylabel="inertia above the best (%)", ylim=(-0.3, 260))
ax.legend()
show(
    fig,
    "Figure 7. A hundred runs of each kind, in order. The axis is linear up to 5 % and logarithmic above. Random"
    " starts succeed most often, and have the most accidents.",
    "Three rising step curves of the percentage above the best inertia. Random starts stay at 0 for 52 runs, climb to"
    " 22, and jump to about 185 for the last 8. Plain k-means++ leaves 0 after 31 runs and jumps for the last 3."
    " Greedy k-means++ leaves 0 after 38 runs and never exceeds 12.",
)

# %% [markdown]
# Random starts get stuck least often here: 48 times, against 69 and 62. But 8 of them end at nearly three times the
# best inertia, as do 3 plain k-means++ runs. The greedy kind stays within 12 %. On four other such samples, too,
# random starts got stuck least often. Squared distances send centres to the wide clouds, and two small clouds side by
# side hardly count.
#
# What is guaranteed? For plain k-means++, on every data set, the inertia is on average at most $8(\ln K + 2)$
# times the best: 29 times, for five clusters. For the greedy variant the known guarantee is weaker still, although it
# usually does better.
#
# ### More than one start: `n_init`
#
# The other remedy is to start several times, and to keep the run with the lowest inertia:
# [restarts](../GLOSSARY.md#restart).
#
# **Before you run the next cell:** a single greedy start gets stuck 62 times in 100. How often will ten starts *all*
# get stuck?

# %%
print(f"all ten stuck: about {0.62**10:.3f} of the time")
for n_init in (1, 10, 20):
    best = KMeans(5, n_init=n_init, tol=0, random_state=42).fit(X).inertia_
    print(f"n_init={n_init:2d}, seed 42: {best:.2f}")

# %% [markdown]
# Less than once in a hundred, and this seed is such a case. If a result matters, ask for more starts, and check that
# several agree. By default, k-means++ starts **once**.
#
# ## How many clusters?
#
# You wrote down a number at Figure 2. K-means never questions the `n_clusters` it is given. Can the inertia choose k?
#
# **Before you run the next cell:** what happens to the best inertia as k grows? What would it be with k = 2000?

# %%
ks = range(1, 10)
models = {k: KMeans(k, n_init=10, random_state=0).fit(X) for k in ks}
inertias = np.array([models[k].inertia_ for k in ks])
print("inertia         ", inertias.round(0))
print("falls by        ", -np.diff(inertias).round(0))
print("becomes smaller ", (inertias[:-1] / inertias[1:]).round(2), "times")

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
    "Figure 8. The same inertias twice. Differences (left) bend most at k = 2, ratios (right) at k = 4.",
    "Two falling curves of inertia against k from 1 to 9. On the linear axis the curve drops steeply to k equals 2,"
    " which is ringed, and more gently from there. On the log axis it falls until k equals 4, which is ringed, and"
    " is flatter from there on.",
)

# %% [markdown]
# It always falls: one more centre can only help, and with as many centres as points it is 0. What you can look for is
# the place where the fall slows down, the [elbow](../GLOSSARY.md#elbow). By differences (2385, 496, 391, 50) the
# sharpest bend is at 2. By ratios (3.07, 1.76, 2.5, 1.24) it is at 4. An elbow depends on the axis. A second opinion
# should come from a score that gets *worse* when there are too many clusters.
#
# ### Silhouettes
#
# How far, on average, is a point from the other members of its own cluster? Call that $a$. And how far from the
# members of the nearest other cluster, the one for which this average is smallest? Call that $b$.

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
    ax.text(members[:, 0].mean(), 0.95, f"${name}$ = {means[k]:.2f}", ha="center")
ax.scatter(*X[i], marker="*", s=260, c=PAPER, edgecolors=PRINT, zorder=5)
ax.set_aspect("equal")
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
    """Silhouette coefficient of point i, a number between -1 and 1."""
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
# cluster than to its own. A point alone in its cluster has no $a$, and gets 0 by convention. (Our short function
# leaves that out.) The mean over all points is the *silhouette score*.
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
# A mean hides details. A silhouette diagram shows every point. Each cluster is one blade of sorted points, and larger
# clusters make thicker blades. Good blades reach past the dashed line, the mean.

# %% tags=["hide-input"]
# Figure 11: silhouettes for k = 3, 4, 5 and 6
fig, axes = plt.subplots(2, 2, figsize=(10, 8), sharex=True)
for ax, k in zip(axes.flat, (3, 4, 5, 6)):
    labels = match_labels(kmeans.labels_, models[k].labels_)  # the same group, the same colour
    values = silhouette_samples(X, labels)
    plot_silhouettes(values, labels, ax=ax)
    ax.set_title(f"k = {k}", pad=14)
    short = sum(values[labels == j].max() < values.mean() for j in np.unique(labels))
    print(f"k={k}: {short} blades end before the mean; sizes {np.bincount(models[k].labels_)}")
show(
    fig,
    "Figure 11. At k = 3 one blade ends before the dashed mean line; at k = 6 two blades do. At k = 4 and k"
    " = 5 every blade reaches past it; at k = 4 one blade is twice as thick as the others. Colours as in Figure 5.",
    "Four silhouette diagrams. For k equals 3, two blades are good and one stays short of the mean line."
    " For k equals 4 all four pass the line, one of them twice as thick as the rest. For k equals 5 all five"
    " pass the line and are equally thick. For k equals 6 two thin blades stay short of it.",
)

# %% [markdown]
# The diagrams argue against 3 and 6. So is it 4 or 5? The score says 4, and so does the elbow by ratios. The diagram
# favours 5: blades of equal thickness, about 400 points each, all past the line. (The points were indeed drawn in
# five groups of 400. You could not have known.) **Both choices can be defended.** With five delivery vans, take 5. If
# two groups that nearly touch are one group to you, take 4. Say what you chose, and why.
#
# ## The unit decides what is close
#
# K-means knows only distances, and a distance depends on units. Back to the geyser, whose two
# [features](../GLOSSARY.md#feature) are both in minutes.
#
# **Before you run the next cell:** with the duration in seconds, will any of the 272 eruptions change its group? And
# if each feature is divided by its [standard deviation](../GLOSSARY.md#standard-deviation)?

# %%
standardised = (geyser - geyser.mean(axis=0)) / geyser.std(axis=0)
in_minutes = KMeans(2, n_init=10, random_state=0).fit_predict(geyser)
for name, data in (("in seconds", geyser * [60, 1]), ("standardised", standardised)):
    labels = match_labels(in_minutes, KMeans(2, n_init=10, random_state=0).fit_predict(data))
    moved = labels != in_minutes
    print(f"duration {name}: {moved.sum()} eruptions change their group")

# %% tags=["hide-input"]
# Figure 12: the geyser as k-means sees it
fig, axes = plt.subplots(2, 1, figsize=(9, 7), height_ratios=(1, 6))
for ax, data, unit in zip(axes, (geyser, standardised), (" (min)", " (standardised)")):
    data = data[:, ::-1]  # the wait to the right
    model = KMeans(2, init=update(data, in_minutes, 2), tol=0).fit(data)
    plot_points(data, model.labels_, sizes=16, ax=plot_decision_regions(model, data, ax=ax))
    ax.scatter(*data[moved].T, s=110, facecolors="none", edgecolors=PRINT, linewidths=3)
    ax.scatter(*data[moved].T, s=110, facecolors="none", edgecolors=PAPER, linewidths=1.2)
    ax.set(aspect="equal", xlabel=f"wait{unit}", ylabel=f"duration{unit}")
axes[0].set_ylabel("duration\n(min)", fontsize="small")
show(
    fig,
    "Figure 12. The geyser with equal axes, as k-means sees it. Top: in minutes, the wait dominates,"
    " so the border is nearly vertical. Bottom: standardised, both features count. Rings: the four eruptions that"
    " change their group.",
    "Two scatter plots with two tinted regions. The upper one is a thin strip, 53 minutes long and 3.5 minutes high,"
    " cut by a nearly vertical line. In the lower one both features have the same spread and the border is a"
    " diagonal line between two compact clouds. Four ringed points near the border are on different sides.",
)

# %% [markdown]
# Six and four of 272 change: groups this far apart survive almost anything. But only the units had changed.
# [Standardising](../GLOSSARY.md#standardise), which gives every feature mean 0 and variance 1, removes the unit. It
# is the usual choice when features have different units.
#
# ## The same flowers, with and without names
#
# Here are 150 irises, drawn twice: on the left with their species, on the right without.

# %% tags=["hide-input"]
# Figure 13: the irises, with and without names
iris, species = load_iris()
fig, axes = plt.subplots(1, 2, figsize=(11, 3), sharey=True)
plot_points(iris[:, 2:], species, ax=axes[0])
plot_points(iris[:, 2:], ax=axes[1])
for ax, title in zip(axes, ("with species: classification", "without: clustering")):
    ax.set(title=title, xlabel="petal length (cm)", ylabel="petal width (cm)", aspect="equal")
show(
    fig,
    "Figure 13. Left: three species, one colour and one marker each. Right: the same flowers without their"
    " names. Cover the left half with your hand. How many groups do you see?",
    "Two scatter plots of petal width against petal length. A small group of flowers with short petals is"
    " apart at the lower left; a large elongated group is at the upper right. On the left the large group"
    " is coloured as two species that touch; on the right all points are grey.",
)

# %% [markdown]
# The left picture is a [classification](../GLOSSARY.md#classification) problem: somebody supplies the answers, and
# the computer learns to give them for new flowers. The right one is clustering. Most people see two groups there. Let
# k-means look for three, using all four features.
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
# The first count jumps from seed to seed, because k-means numbers its groups in whatever order it happens to find
# them. So match the numbers first: of all ways to name the clusters, take the one that agrees with the species most
# often. The [Hungarian algorithm](../GLOSSARY.md#hungarian-algorithm) finds it without trying them all, and
# `match_labels` calls it. After matching, all seeds agree: 134.
#
# Now standardise the four features, and compare with a [Gaussian mixture](../GLOSSARY.md#gaussian-mixture), the model
# of the later lessons.
#
# **Before you run the next cell:** will standardising help?

# %%
standardised_iris = (iris - iris.mean(axis=0)) / iris.std(axis=0)
labels = KMeans(3, n_init=50, random_state=0).fit_predict(standardised_iris)
mixture = GaussianMixture(3, random_state=42).fit_predict(iris)
typed_in = np.array([1, 2, 0])  # "cluster 0 is species 1": right on somebody's machine, once
print("k-means, standardised:  ", np.sum(match_labels(species, labels) == species))
print("mixture, matched:       ", np.sum(match_labels(species, mixture) == species))
print("mixture, names typed in:", np.sum(typed_in[mixture] == species))

# %% [markdown]
# Standardising costs nine flowers: only 125 match. All features are in centimetres, and petal length, which varies
# most, tells the species apart well. After standardising, sepal width counts as much. **Scaling is a decision, not a
# rule.**
#
# The mixture gets 145. With names typed in by hand it seems to get 5, although not one flower changed its group: the
# names came from a library version that numbers groups differently. Never write a cluster number into your code.
#
# You could count matches only because iris comes with answers. Real clustering has none.
#
# ## A photograph in ten colours
#
# A pixel is three numbers: how much red, green and blue. So a photograph is a cloud of points in three dimensions.
# Replace each pixel by its nearest centre, and you have the picture in `k` colours: [colour
# quantisation](../GLOSSARY.md#colour-quantisation). The centres are the [palette](../GLOSSARY.md#palette).


# %%
def palette_of(photo, k, n_init=3):
    """The k colours that k-means finds among 5000 pixels: (k, 3), and their inertia."""
    sample = np.random.default_rng(0).choice(photo.reshape(-1, 3), size=5000, replace=False)
    kmeans = KMeans(k, n_init=n_init, random_state=0).fit(sample)
    return kmeans.cluster_centers_, kmeans.inertia_


def paint(photo, palette):
    """The photograph with each pixel replaced by the nearest colour of the palette."""
    return palette[assign(photo.reshape(-1, 3), palette)].reshape(photo.shape)


photo = load_photo("flower.jpg")  # or the path of any picture of your own

# %% [markdown]
# **Before you run the next cell:** a dahlia is orange with a dark red heart, against dark green leaves. With only two
# colours left, how will the heart be painted?

# %% tags=["hide-input"]
# Figure 14: the flower in fewer and fewer colours
heart = 192, 317
fig, axes = plt.subplots(2, 3, figsize=(10, 5))
for ax, k in zip(axes.flat, (None, 10, 8, 6, 4, 2)):
    picture = photo if k is None else paint(photo, palette_of(photo, k)[0])
    plot_photo(picture, ax=ax).set_title("original" if k is None else f"{k} colours")
    for edge, width in ((PRINT, 3), (PAPER, 1.2)):
        ax.plot(
            *heart[::-1], "o", markersize=13, fillstyle="none", color=edge, markeredgewidth=width
        )
    print(ax.get_title(), "→ the ringed pixel is", picture[heart].round(2))
show(
    fig,
    "Figure 14. The flower in 10, 8, 6, 4 and 2 colours. The ring marks one pixel of its heart. In two colours it is"
    " painted like the leaves.",
    "Six versions of a photograph of an orange dahlia against dark green leaves, with a ring around its dark red"
    " heart. With ten colours it looks like a print; with four the petals have two tones; with two the flower is one"
    " flat orange on one flat green, and its heart is shown in that same green.",
)

# %% [markdown]
# It becomes green, like the leaves: as numbers, a dark red is closer to a dark green than to a bright orange. With
# ten colours, though, the pixel is red. Try other numbers. (The bar shows each colour's share of the pixels.)

# %%
photo_explorer(photo)

# %% [markdown]
# Of the numbers from 2 to 16, only ten gives the heart a red. Each palette is the best of three starts.
#
# **Before you run the next cell:** if ten colours get twenty starts, will the red become redder?

# %%
for n_init in (3, 20):
    palette, J = palette_of(photo, 10, n_init)
    print(
        f"{n_init:2d} starts: inertia {J:.3f}, the pixel is painted",
        paint(photo, palette)[heart].round(2),
    )

# %% [markdown]
# The red came from a local optimum. More starts find a lower inertia, and paint the heart a dark olive: worse to your
# eye, better for the sum over *all* pixels, of which few are dark red. In the next photograph, the columns are bright
# red.

# %% tags=["hide-input"]
# Figure 15: the pavilion in eight colours
china = load_photo("china.jpg")
fig, axes = plt.subplots(1, 2, figsize=(10, 3.6))
plot_photo(china, ax=axes[0]).set_title("original")
plot_photo(paint(china, palette_of(china, 8, n_init=20)[0]), ax=axes[1]).set_title("8 colours")
show(
    fig,
    "Figure 15. Eight colours, and none of them is red. The sky got several blues to itself.",
    "Left, a Chinese pavilion with red columns and green-blue beams against a pale sky. Right, the same"
    " picture in eight colours: the sky is shown in flat patches of pale blue, and the pavilion in browns"
    " and greys without any red.",
)

# %% [markdown]
# K-means spends its colours where there are many pixels. In any data, a small, distinct group is cheap to ignore.
#
# How much does this save? You may read "from sixteen million colours to ten". Count bits instead.
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
# inertia in one run. *C*: given its centres, k-means assigns each point the same way every time.
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
# **A.** Neither half of a round can raise the inertia. Perhaps a centre is not the mean of its points. *B*: Lloyd's
# algorithm never escapes; that is what restarts are for. *C*: a bad start may lead to a bad end, but always downhill.
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
# - C. Grunau, A. A. Özüdoğru, V. Rozhoň and J. Tětek, "A nearly tight analysis of greedy k-means++", *Proceedings of
#   the 34th Annual ACM–SIAM Symposium on Discrete Algorithms*, 1012–1070, 2023.
# - P. J. Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis",
#   *Journal of Computational and Applied Mathematics* 20, 53–65, 1987.
