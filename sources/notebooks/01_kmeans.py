# %% tags=["hide-input"]
# Imports and figure style
import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import pairwise_distances_argmin

from mlcourse import GaussianMixture, KMeans, silhouette_samples, silhouette_score
from mlcourse.datasets import five_blobs, load_iris, load_photo, two_moons
from mlcourse.metrics import match_labels
from mlcourse.plotting import (
    PAPER,
    PRINT,
    plot_centers,
    plot_curve,
    plot_decision_regions,
    plot_photo,
    plot_points,
    plot_silhouettes,
    show,
    use_course_style,
)
from mlcourse.widgets import kmeans_player

use_course_style()

# %% [markdown]
# Run the next cell, then press Play in it. By the end of this lesson you will have written what you see, and know
# when not to trust it.

# %% tags=["hide-input"]
# To begin with: k-means on six hundred points
crescents, _ = two_moons(600)
centers, path = crescents[:8], []
for _ in range(12):
    nearest = pairwise_distances_argmin(crescents, centers)
    path.append((centers, nearest))
    centers = np.array([crescents[nearest == k].mean(axis=0) for k in range(8)])
kmeans_player(crescents, path)

# %% [markdown]
# ## The same flowers, with and without names
#
# Here are a hundred and fifty irises, drawn twice. Each point is a flower, placed by the length and the width
# of its petals: two of the four [features](../GLOSSARY.md#feature) that were measured. On the left a botanist
# has written the species beside each flower. On the right nobody has.

# %%
iris, species = load_iris()
petals = iris[:, 2:]

# %% tags=["hide-input"]
# Figure 1: the irises, with and without names
fig, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True)
plot_points(petals, species, ax=axes[0])
plot_points(petals, ax=axes[1])
for ax, title in zip(axes, ("with species: classification", "without: clustering")):
    ax.set(title=title, xlabel="petal length (cm)", ylabel="petal width (cm)")
show(
    fig,
    "Figure 1. Left: three species, one colour and one marker each. Right: the same flowers without their"
    " names. Cover the left half with your hand. How many groups do you see?",
    "Two scatter plots of petal width against petal length. A small group of flowers with short petals lies"
    " apart at the lower left; a large elongated group lies at the upper right. On the left the large group"
    " is coloured as two species that touch; on the right all points are grey.",
)

# %% [markdown]
# The left picture is a [classification](../GLOSSARY.md#classification) problem. Somebody supplies the answers
# for these flowers, and the computer learns to give the same kind of answer for new ones.
#
# The right picture is a [clustering](../GLOSSARY.md#clustering) problem. There are no answers to learn from.
# There is only the question: which flowers belong together? A group that a computer proposes is a
# [cluster](../GLOSSARY.md#cluster).
#
# Most people see two groups on the right. The gap between the second and the third species is not there to be
# seen in this picture. It can still be found, up to a point. You are about to let two methods try, on all
# four features: [k-means](../GLOSSARY.md#k-means), which this lesson explains, and a
# [Gaussian mixture](../GLOSSARY.md#gaussian-mixture), which the rest of the course explains. Neither is shown
# the species. Both are told to find three clusters.
#
# **Before you run the next cell:** out of 150 flowers, how many will k-means put in the group of their own
# species? And if you run it again with another [seed](../GLOSSARY.md#seed), will it find the same groups?
# (`random_state` is the seed. `n_init=10` has it start ten times and keep the best result; more of that
# below.)

# %%
for seed in range(6):
    labels = KMeans(3, n_init=10, random_state=seed).fit_predict(iris)
    print(f"seed {seed}: {np.sum(labels == species):3d} of 150 flowers have label == species")

# %% [markdown]
# The same method on the same flowers is right about 36 of them, or about 134, as the seed decides. That looks
# alarming. Look at what was compared: the *number* of a cluster with the *number* of a species. K-means calls
# its groups 0, 1 and 2 in whatever order it happens to find them. Nobody told it that setosa is 0.
#
# A cluster number is a name tag and nothing else. Before you count agreement, the tags have to be matched: of
# all the ways to hand three names to three clusters, take the one that agrees with the species most often.
# The [Hungarian algorithm](../GLOSSARY.md#hungarian-algorithm) finds that best way without trying them all,
# and `match_labels` calls it for you.

# %%
for seed in range(6):
    labels = KMeans(3, n_init=10, random_state=seed).fit_predict(iris)
    agree = np.sum(match_labels(species, labels) == species)
    assert agree == 134
    print(f"seed {seed}: {agree} of 150 after matching")

# %% [markdown]
# The groups were the same all along; only their numbers moved. Now the Gaussian mixture, and beside it a
# habit that you will meet in published code: somebody looks at the plot once, sees which cluster is which
# species, and types the translation in.

# %%
mixture_labels = GaussianMixture(3, random_state=42).fit_predict(iris)
by_matching = np.sum(match_labels(species, mixture_labels) == species)

typed_in = np.array([1, 2, 0])  # "cluster 0 is species 1": right on somebody's machine, once
by_hand = np.sum(typed_in[mixture_labels] == species)

print(f"matched: {by_matching} of 150      typed in: {by_hand} of 150")
assert (by_matching, by_hand) == (145, 5)

# %% [markdown]
# Matched, the mixture agrees with the botanist about 145 flowers. With the translation typed in, it seems to
# agree about only 5. Not one flower changed its group between the two counts. Another version of a library
# was enough to number the groups differently. Match the labels every time, and write no cluster number into
# your code.
#
# Keep in mind what these scores are. You could compute them because iris happens to come with answers. With
# real clustering you have none, so "how many are right" is a question you cannot ask. The rest of this lesson
# lives without answers.

# %% [markdown]
# ## One idea: close to the centre
#
# From here on you work with two thousand points that nobody has labelled.

# %%
X, _ = five_blobs()

# %% tags=["hide-input"]
# Figure 2: two thousand points
show(
    plot_points(X),
    "Figure 2. Two thousand points. Decide now how many groups there are, and write the number down. We"
    " come back to it.",
    "Scatter plot of grey points. A wide round cloud on the right, a round cloud in the middle, and on the"
    " left three small dense clouds above one another, the lower two closer together than the upper one.",
)

# %% [markdown]
# You see the groups at once. The computer cannot see. It has a list of numbers, and one idea: *a good group
# is one whose members are close to their centre*. Everything that follows, including everything that will go
# wrong, is in that sentence.
#
# To make it precise, give every point $x_i$ the number of its cluster, $\text{label}(i)$, and every cluster
# $k$ a [centre](../GLOSSARY.md#centre) $c_k$. The badness of a clustering is the sum of the **squared**
# distances from the points to the centres of their clusters. It is called the
# [inertia](../GLOSSARY.md#inertia):
#
# $$ \text{inertia} = \sum_{i=1}^{n} \lVert x_i - c_{\text{label}(i)} \rVert^2 $$


# %%
def inertia(X, c, labels):
    """Sum of squared distances of the points to their own centres."""
    return np.sum((X - c[labels]) ** 2)


# %% [markdown]
# `c[labels]` is the centre of each point's own cluster: `n` rows, one for each point. The rest is the
# formula.
#
# K-means looks for centres and labels that make the inertia small. There are two things to choose, and each
# is easy when the other is known.
#
# **If the centres are known**, each point should carry the label of its nearest centre. No other label makes
# its own term of the sum smaller.
#
# $$ \text{label}(i) = \arg\min_k \lVert x_i - c_k \rVert^2 $$


# %%
def assign(X, c):
    """The number of the nearest centre, for each point: (n,)."""
    squared_distances = np.sum((X[:, np.newaxis] - c) ** 2, axis=2)  # (n, K)
    return np.argmin(squared_distances, axis=1)


# %% [markdown]
# **If the labels are known**, each centre should stand at the mean of its points. The mean is the place from
# which the sum of squared distances is smallest. Here $n_k$ is the number of points with label $k$:
#
# $$ c_k = \frac{1}{n_k} \sum_{i\,:\,\text{label}(i)=k} x_i $$


# %%
def update(X, labels, K):
    """The mean of the points of each cluster: (K, d)."""
    return np.array([np.mean(X[labels == k], axis=0) for k in range(K)])


# %% [markdown]
# Neither is known at the start. So guess the centres, and repeat the two steps until nothing changes. This is
# [Lloyd's algorithm](../GLOSSARY.md#lloyds-algorithm), and you have now seen all of it.
#
# The start here is a deliberately plain one: five of the points themselves, drawn by lot. Take the first two
# steps by hand.

# %%
K = 5
start = X[np.random.default_rng(7).choice(len(X), size=K, replace=False)]

labels = assign(X, start)
print(f"choose: inertia {inertia(X, start, labels):.1f}")
centers = update(X, labels, K)
print(f"move:   inertia {inertia(X, centers, labels):.1f}")

# %% [markdown]
# The points chose, and then the centres moved. The inertia fell.
#
# **Before you run the next cell:** the loop below goes on until no point changes its label. In the player at the
# top the inertia never rose. Was that luck? And how many rounds will it take here: about 6, about 60, about 600?

# %%
history = [(start, assign(X, start))]
while True:
    centers = update(X, history[-1][1], K)
    history.append((centers, assign(X, centers)))
    if np.array_equal(history[-1][1], history[-2][1]):
        break
inertias = [inertia(X, c, labels) for c, labels in history]
print(f"{len(history) - 1} rounds, inertia:", np.round(inertias, 1))

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert len(history) - 1 == 6
assert np.all(np.diff(inertias) <= 1e-9)

# %% [markdown]
# Six rounds, and it never rose. It cannot: the choosing step gives each point the smallest term there is for
# these centres, and the moving step puts each centre at the best place for these labels. Both steps can only
# lower the sum or leave it alone. And because there are only so many ways to label a finite number of points,
# the loop must come to rest. Such a coming to rest is called [convergence](../GLOSSARY.md#convergence).
#
# Here is the journey.

# %% tags=["hide-input"]
# Figure 3: the journey of the centres
fig, axes = plt.subplots(2, 2, figsize=(10, 7), sharex=True, sharey=True)
for ax, step in zip(axes.flat, (0, 1, 3, 6)):
    centers, labels = history[step]
    plot_centers(centers, ax=plot_points(X, labels, sizes=9, ax=ax))
    ax.set_title("start" if step == 0 else f"after round {step}")
show(
    fig,
    "Figure 3. Lloyd's algorithm from a random start. Follow centre 4: it begins beside centre 2 in the"
    " cloud on the right, and ends in the cloud in the middle, where the start had put none.",
    "Four scatter plots of the five clouds with five numbered centres. At the start three centres stand in"
    " the small clouds on the left and two in the wide cloud on the right. Round by round centre 4 moves"
    " from the right cloud to the middle one. At the end every cloud has one centre.",
)

# %% [markdown]
# Here you can go back and forth, or press Play and watch. Each step is half a round: either the points choose, or the
# centres move. The tinted regions show which points each centre would get; the curve beside or below the picture is
# the inertia. Follow centre 4 once more: it moves only in every other step. What moves it?

# %%
kmeans_player(X, history)

# %% [markdown]
# Does it agree with the implementation that everybody uses? Give scikit-learn the same start. Its `tol` says
# how little the centres may move before it stops. With `tol=0` it goes on until no label changes, as our loop
# does; by default it stops a little earlier.

# %%
from sklearn.cluster import KMeans as SklearnKMeans

reference = SklearnKMeans(K, init=start, n_init=1, tol=0).fit(X)
assert np.allclose(reference.cluster_centers_, history[-1][0])
assert np.isclose(reference.inertia_, inertias[-1])
print(f"scikit-learn {reference.inertia_:.2f}, ours {inertias[-1]:.2f}")

# %% [markdown]
# From now on we import. `mlcourse.KMeans` takes the same two steps, in blocks of rows so that memory stays
# small, and it knows what to do when a cluster loses all its points. It has scikit-learn's names, so what you
# learn here carries over.

# %% [markdown]
# ## What a fitted model tells you

# %%
kmeans = KMeans(n_clusters=5, random_state=0).fit(X)
print("labels_          ", kmeans.labels_.shape, kmeans.labels_[:10])
print("cluster_centers_ ", kmeans.cluster_centers_.shape)
print(np.round(kmeans.cluster_centers_, 2))

# %% [markdown]
# `labels_` holds one cluster number for each point, and `cluster_centers_` one row for each cluster. A new
# point gets the label of its nearest centre: that is `predict`, and it works for any point of the plane,
# however far from the data.
#
# **Before you run the next cell:** three new points arrive, at (−0.6, 3.0), (−2.2, 2.2) and (4.0, −1.0). The
# last one is far from everything. What will k-means say about it?

# %%
newcomers = np.array([[-0.6, 3.0], [-2.2, 2.2], [4.0, -1.0]])
print(kmeans.predict(newcomers))

# %% tags=["hide-input"]
# Figure 4: three new points on the plane
everything = np.concatenate([X, newcomers])
ax = plot_decision_regions(kmeans, everything)
ax.set_aspect("equal")
plot_points(X, kmeans.labels_, sizes=9, ax=ax)
ax.scatter(*newcomers.T, marker="*", s=220, c=PAPER, edgecolors=PRINT, zorder=5)
show(
    plot_centers(kmeans.cluster_centers_, ax=ax),
    "Figure 4. Every place in the plane belongs to its nearest centre. The stars are the three newcomers."
    " The boundary between two centres lies halfway between them, however different their clouds are.",
    "The five clouds with their centres on a plane cut into five tinted regions with straight edges. One"
    " star lies between the middle and the right cloud, one between the left clouds and the middle, and one"
    " far away at the lower right, inside the region of the right cloud.",
)

# %% [markdown]
# K-means has an answer for everyone. The lonely star gets a label like any other, and `predict` gives no sign
# of doubt. The tinted areas are the [decision regions](../GLOSSARY.md#decision-region) of the model. For
# k-means they are [Voronoi cells](../GLOSSARY.md#voronoi-cell): all the places that are nearer to this centre
# than to any other. Their edges are straight, and lie halfway.
#
# Look at the boundary between the wide cloud and the middle one. It lies halfway between the centres, and
# takes no notice that one cloud is wider than the other. Lesson 02 is about that.
#
# ### Distances are not doubts
#
# If you want more than a number, `transform` gives the distance to every centre.

# %%
distances = kmeans.transform(newcomers)  # (3, 5)
by_hand = np.linalg.norm(newcomers[:, np.newaxis] - kmeans.cluster_centers_, axis=2)
assert np.allclose(distances, by_hand)
assert np.array_equal(distances.argmin(axis=1), kmeans.predict(newcomers))
print(np.round(distances, 2))

# %% [markdown]
# One row for each point, one column for each centre, and the smallest entry of a row names its cluster. Note
# that these are plain distances: the square appears in the inertia, not here. The second newcomer is a close
# call: three centres are almost equally far from it, and `predict` named one of them without a blink.
#
# You will find this table described as "soft clustering", as if it said how much a point belongs to each
# cluster.
#
# **Before you run the next cell:** if it did, what would each row have to add up to?

# %%
print("row sums:        ", np.round(distances.sum(axis=1), 2))
print("in millimetres:  ", np.round((10 * distances).sum(axis=1), 2))

# %% [markdown]
# A row that said "70 % this cluster, 30 % that one" would add up to 1, and its largest entry would mark the
# likeliest cluster. Here the rows add up to anything, the *smallest* entry wins, and if these were
# centimetres, writing them in millimetres would make every "membership" ten times as large.
#
# Dividing each row by its sum would give numbers that add up to 1, and would not make them probabilities. A
# point far from the centre of a wide cloud may well belong to it; a point rather near a tiny cloud may not.
# Distances to centres do not know how wide a cloud is. A mixture does, and there the word *soft* will be
# earned.
#
# What `transform` is good for: the five distances can serve another model as new features of a point.

# %% [markdown]
# ## Where you start decides where you end
#
# The inertia never rises. That is a promise about each step, and not about the place where the steps end.
#
# **Before you run the next cell:** three runs on the same points, each from five points drawn by lot. If one
# ends with a higher inertia than another, what could have happened to its centres? (They run with `tol=0`, to
# the very end.)

# %% tags=["hide-input"]
# Figure 5: three runs from random starts
fig, axes = plt.subplots(1, 3, figsize=(12, 4), sharey=True)
for ax, seed in zip(axes, (1, 2, 5)):
    run = KMeans(5, init="random", n_init=1, tol=0, random_state=seed).fit(X)
    plot_centers(run.cluster_centers_, ax=plot_points(X, run.labels_, sizes=9, ax=ax))
    ax.set_title(f"seed {seed}: inertia {run.inertia_:.2f}")
show(
    fig,
    "Figure 5. Three places where Lloyd's algorithm comes to rest. With seed 2 the wide cloud has two"
    " centres, and two small clouds share one. With seed 5 it is the middle cloud that was cut.",
    "Three scatter plots. With seed 1 every cloud has one centre. With seed 2 the right cloud is cut into"
    " two clusters and the two lower small clouds on the left form one. With seed 5 the middle cloud is cut"
    " into two, and again the two lower small clouds form one.",
)

# %%
for seed in (1, 2, 5, 10):
    run = KMeans(5, init="random", n_init=1, tol=0, random_state=seed).fit(X)
    print(f"seed {seed:2d}: inertia {run.inertia_:.2f} after {run.n_iter_} iterations")

# %% [markdown]
# Seed 1 reaches 211.60, the lowest inertia we know of for these points. Seeds 2, 5 and 10 are stuck. With
# seed 2, the spare centre in the wide cloud would have to cross to the other side of the picture, and the
# first steps of the way would raise the inertia. Such a place, which no small step improves, is a
# [local optimum](../GLOSSARY.md#local-optimum).
#
# There are two remedies, and you want both.
#
# ### A more careful start: k-means++
#
# Let the centres keep their distance from one another from the beginning. Draw the first among the points by
# lot. Draw each further one by lot too, but give each point a chance in proportion to its *squared* distance
# $D_i^2$ to the nearest centre chosen so far:
#
# $$ p_i = \frac{D_i^2}{\sum_j D_j^2}, \qquad D_i^2 = \min_{c\ \text{chosen}} \lVert x_i - c \rVert^2 $$
#
# This is k-means++ [seeding](../GLOSSARY.md#seeding).


# %%
def seeding_chances(X, chosen):
    """The chance of each point to be the next centre: (n,)."""
    squared_distances = np.sum((X[:, np.newaxis] - chosen) ** 2, axis=2)  # (n, number chosen)
    D2 = np.min(squared_distances, axis=1)
    return D2 / np.sum(D2)


# %% tags=["hide-input"]
# Figure 6: chances to be the next centre
chosen = X[[1, 2]]
fig, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True)
for ax, m in zip(axes, (1, 2)):
    p = seeding_chances(X, chosen[:m])
    plot_centers(chosen[:m], ax=plot_points(X, sizes=12 * p / p.mean(), ax=ax))
    ax.set_title(f"{m} chosen: the larger, the likelier next")
show(
    fig,
    "Figure 6. The area of a point is its chance to be the next centre. Around a chosen centre the points"
    " all but vanish, and everywhere else they gain.",
    "Two scatter plots in which the size of a point is its chance. On the left one centre is chosen, in a"
    " small cloud on the left, and the points of the far right cloud are the largest. On the right a second"
    " centre is chosen at the lower edge of that cloud: the points near it have shrunk, and those of the"
    " middle cloud have grown.",
)

# %% [markdown]
# It is still a lottery, and that is on purpose. Always taking the farthest point would fall for the first
# [outlier](../GLOSSARY.md#outlier). scikit-learn, and this course, play the lottery greedily: they draw a few
# candidates each time, and keep the one that lowers the inertia most. `init="k-means++"` is the default.
#
# **Before you run the next cell:** a hundred runs from plain random starts, and a hundred from k-means++.
# Which kind reaches the best inertia, 211.60, more often? Which kind has the worse accidents?

# %%
runs = {}
for init in ("random", "k-means++"):
    models = [
        KMeans(5, init=init, n_init=1, tol=0, random_state=seed).fit(X) for seed in range(100)
    ]
    runs[init] = np.sort([model.inertia_ for model in models])
    stuck = np.sum(runs[init] > 212)
    print(f"{init:9s}  stuck {stuck}, mean {runs[init].mean():.1f}, worst {runs[init].max():.1f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert (stuck, round(runs[init].mean(), 1)) == (62, 218.4)

# %% tags=["hide-input"]
# Figure 7: a hundred runs of each kind
fig, ax = plt.subplots()
for (init, values), style in zip(runs.items(), ("-", "--")):
    ax.plot(np.arange(1, 101), values, style, linewidth=2.5, label=init)
ax.set(xlabel="run, from best to worst", ylabel="final inertia")
ax.legend()
show(
    fig,
    "Figure 7. A hundred runs of each kind, in order of their final inertia. K-means++ has no disasters. It"
    " has plenty of small failures.",
    "Two rising curves of final inertia over a hundred runs. Random starts stay at the best value for about"
    " half of the runs, then climb, and jump to about six hundred for the last few. K-means++ leaves the"
    " best value earlier but never goes above two hundred and forty.",
)

# %% [markdown]
# Did you expect that? K-means++ gets stuck more often here, in 62 runs of 100 against 48. But its mean
# inertia is 218.4 against 252.2, and its worst run ends at 237.0, where the worst random start ends at 612.2.
# The squared distance sends centres to the wide clouds, and two little clouds side by side hardly count. What
# k-means++ promises is that on average it is not terribly wrong. It does not promise the best answer.

# %% [markdown]
# Could you do better by eye? Here are two hundred of the points, and a game. Click to place five centres, then drag
# them: a line leads from every point to its nearest centre, and the inertia is the sum of the squared lengths. When
# you cannot lower it any further, let Lloyd's algorithm finish the work, and compare with twenty starts of k-means++.
#
# **Before you run the next cell:** how many of the twenty starts will you beat?

# %%
from mlcourse.widgets import kmeans_game

kmeans_game(X[::10], 5)

# %% [markdown]
# If you gave every cloud its own centre, no start has beaten you. You saw at a glance what the squared distances
# do not show: the two small clouds side by side are two.

# %% [markdown]
# ### More than one start: `n_init`
#
# The other remedy is plain: start several times, and keep the run with the lowest inertia. This is what
# [restarts](../GLOSSARY.md#restart) are.
#
# **Before you run the next cell:** if a single start gets stuck 62 times in 100, how often will ten starts
# *all* get stuck? And twenty? Seed 42 is one try.

# %%
print(f"all ten stuck: about {0.62**10:.3f} of the time")
for n_init in (1, 10, 20):
    best = KMeans(5, n_init=n_init, tol=0, random_state=42).fit(X).inertia_
    print(f"n_init={n_init:2d}, seed 42: {best:.2f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert round(best, 2) == 211.60

# %% [markdown]
# Fewer than one time in a hundred, and seed 42 is that time. Ten starts end at 219.42; twenty reach 211.60.
# Bad luck of this size happens to somebody every day. If a result matters, ask for more starts, and look
# whether several of them agree.
#
# With `n_init="auto"`, the default, k-means++ starts **once**. You now know what that is worth.

# %% [markdown]
# ## Inertia by hand
#
# The fitted model carries its inertia, and `score` gives the same number with a minus sign, because
# scikit-learn's rule is that a greater score is a better one.

# %%
kmeans = KMeans(5, n_init=10, random_state=0).fit(X)
by_hand = inertia(X, kmeans.cluster_centers_, kmeans.labels_)
unsquared = kmeans.transform(X).min(axis=1).sum()

assert np.isclose(by_hand, kmeans.inertia_)
assert np.isclose(kmeans.score(X), -kmeans.inertia_)
print(f"inertia {by_hand:.2f}, score {kmeans.score(X):.2f}; without the squares: {unsquared:.2f}")

# %% [markdown]
# Leave out the squares and you get another number, which k-means does not make small. The square matters for
# what you find, too: a point twice as far counts four times as much, so a few faraway points can drag a
# centre after them.

# %% [markdown]
# ## How many clusters?
#
# You wrote down a number at Figure 2. K-means wants that number from you: it never questions the `n_clusters`
# it is given. Can the inertia choose for us?
#
# **Before you run the next cell:** what happens to the best inertia as k grows? What would it be with k =
# 2000?

# %%
ks = range(1, 10)
models = {k: KMeans(k, n_init=10, random_state=0).fit(X) for k in ks}
inertias = {k: models[k].inertia_ for k in ks}
for k in (3, 4, 5, 8):
    print(f"k={k}: inertia {inertias[k]:.2f}")

# %% tags=["hide-input"]
# Figure 8: inertia against k
show(
    plot_curve(list(ks), list(inertias.values()), "number of clusters k", "inertia", chosen=4),
    "Figure 8. The inertia falls and falls. After k = 4 it falls much more slowly: the curve has an elbow there.",
    "A falling curve of inertia against k from 1 to 9. It drops steeply until k equals 4, which is marked"
    " by a ring, and then becomes nearly flat.",
)

# %% [markdown]
# It always falls: one more centre can only help, and with as many centres as points it is 0. So the lowest
# inertia is no guide, and neither is comparing inertias of different k. What you can look for is the place
# where the falling slows down, the [elbow](../GLOSSARY.md#elbow). Here it is at 4: from 653.22 at k = 3 down
# to 261.80, and then only to 211.60 at k = 5.
#
# The elbow is a judgement by eye. For a second opinion you need a score that can get *worse* when there are
# too many clusters.
#
# ### Silhouettes
#
# Ask each point two questions. How far, on average, is it to the other members of its own cluster? Call that
# $a$. How far, on average, to the members of the nearest other cluster, the one for which this average is
# smallest? Call that $b$. Its [silhouette coefficient](../GLOSSARY.md#silhouette) compares the two:
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


# %%
values = silhouette_samples(X, kmeans.labels_)
assert np.isclose(silhouette(0, X, kmeans.labels_), values[0])
assert np.isclose(values.mean(), silhouette_score(X, kmeans.labels_))
print(f"point 0: {values[0]:.3f}, mean of all points: {values.mean():.4f}")

# %% [markdown]
# Near 1, a point is deep inside its cluster. Near 0, it sits on a border. Below 0, it is on average closer to
# another cluster than to its own. A point that is alone in its cluster has no $a$; by convention it gets 0.
# (Our short function leaves that case out.) The mean over all points is the *silhouette score* of the
# clustering.
#
# **Before you run the next cell:** think of the number that you wrote down. At which k will the score be
# highest?

# %% tags=["hide-input"]
# Figure 9: silhouette score against k
scores = {k: silhouette_score(X, models[k].labels_) for k in ks if k > 1}
print({k: round(s, 4) for k, s in scores.items()})
show(
    plot_curve(
        list(scores), list(scores.values()), "number of clusters k", "silhouette score", chosen=4
    ),
    "Figure 9. The score is highest at k = 4. The next best is k = 5, and then there is a clear step down.",
    "Curve of the silhouette score against k from 2 to 9. It dips at 3, peaks at 4, is a little lower at 5,"
    " and stays clearly lower from 6 on.",
)

# %% [markdown]
# The score prefers 4, with 0.6885, to 5, with 0.6555. The two lower clouds on the left lie so close together
# that parting them leaves each of their points with another cluster close by.
#
# A mean hides things. Draw all the silhouettes: one blade for each cluster, its points sorted, its thickness
# the number of points. Such a picture is a silhouette diagram, and good clusters look like knives that reach
# past the dashed line.

# %% tags=["hide-input"]
# Figure 10: silhouettes for k = 3, 4, 5 and 6
fig, axes = plt.subplots(2, 2, figsize=(10, 8), sharex=True)
for ax, k in zip(axes.flat, (3, 4, 5, 6)):
    plot_silhouettes(silhouette_samples(X, models[k].labels_), models[k].labels_, ax=ax)
    ax.set_title(f"k = {k}", pad=14)
show(
    fig,
    "Figure 10. At k = 3 one blade ends before the dashed mean line; at k = 6 two blades do. At k = 4 and k"
    " = 5 every blade reaches past it; at k = 4 one blade is twice as thick as the others.",
    "Four silhouette diagrams. For k equals 3, two blades are good and one stays short of the mean line."
    " For k equals 4 all four pass the line, one of them twice as thick as the rest. For k equals 5 all five"
    " pass the line and are equally thick. For k equals 6 two thin blades stay short of it.",
)


# %% [markdown]
# The diagrams speak against 3 and 6. The next cell puts into numbers what the eye sees.

# %%
for k in (3, 4, 5, 6):
    values, labels = silhouette_samples(X, models[k].labels_), models[k].labels_
    short = sum(values[labels == j].max() < values.mean() for j in range(k))
    print(f"k={k}: {short} blades end before the mean; sizes {np.bincount(labels)}")
print("drawn from five heaps of", np.bincount(five_blobs()[1]))

# %% [markdown]
# So is it 4 or 5? The elbow says 4, and so does the score. The diagram speaks for 5: its blades are equally
# thick, about 400 points each, and all pass the line. We happen to know that the points were drawn in five
# heaps of 400, but that is our secret, and the points do not tell. **Both choices can be defended.** What
# decides is what you want the clusters for: with five delivery vans to send, take 5; if two groups that
# nearly touch are one group to you, take 4. When more than one k is left, say so, and say what you chose and
# why.

# %% [markdown]
# ## A photograph in ten colours
#
# A pixel of a photograph is three numbers: how much red, green and blue. So a photograph is a cloud of points
# in three dimensions, and k-means can find its most important colours. Replace each pixel by its centre and
# you have the picture in `k` colours: [colour quantisation](../GLOSSARY.md#colour-quantisation), also called
# colour segmentation.
#
# A quarter of a million pixels are more than you need to find a few colours. The centres are fitted to five
# thousand of them; then every pixel is assigned.

# %%
photo = load_photo("flower.jpg")  # or the path of any picture of your own
china = load_photo("china.jpg")

# %% tags=["hide-input"]
# Figure 11: two photographs
fig, axes = plt.subplots(1, 2, figsize=(10, 3.6))
for ax, picture in zip(axes, (photo, china)):
    plot_photo(picture, ax=ax)
show(
    fig,
    "Figure 11. The two photographs of this section.",
    "Left, an orange dahlia with a dark red heart before dark green leaves. Right, a Chinese pavilion with"
    " red columns and green-blue beams before a pale sky.",
)

# %%
pixels = photo.reshape(-1, 3)
n_colors = len(np.unique(pixels, axis=0))
print(f"photo {photo.shape}, pixels {pixels.shape}, different colours {n_colors}")


# %%
def in_k_colors(photo, k):
    """The photograph with each pixel replaced by the nearest of k colours."""
    pixels = photo.reshape(-1, 3)
    n_sample = min(5000, len(pixels))
    sample = np.random.default_rng(0).choice(pixels, size=n_sample, replace=False)
    kmeans = KMeans(k, n_init=3, random_state=0).fit(sample)
    return kmeans.cluster_centers_[kmeans.predict(pixels)].reshape(photo.shape)


# %% [markdown]
# **Before you run the next cell:** the flower is orange with a dark red heart, and the leaves behind it are
# dark green. With only two colours left, on which side will the red heart fall?

# %% tags=["hide-input"]
# Figure 12: the flower in fewer and fewer colours
fig, axes = plt.subplots(2, 3, figsize=(10, 5))
plot_photo(photo, ax=axes.flat[0]).set_title("original")
for ax, k in zip(axes.flat[1:], (10, 8, 6, 4, 2)):
    plot_photo(in_k_colors(photo, k), ax=ax).set_title(f"{k} colours")
show(
    fig,
    "Figure 12. The flower in 10, 8, 6, 4 and 2 colours. In two colours the deepest red of its heart is"
    " painted like the leaves.",
    "Six versions of a photograph of an orange dahlia before dark green leaves. With ten colours it looks"
    " like a print; with four the petals have two tones; with two the flower is one flat orange on one flat"
    " green, and its dark red heart is shown in that same green.",
)

# %% [markdown]
# No rule of painting is at work here, only distances between triples of numbers. Take a pixel of the heart,
# and the two colours that are left.

# %%
red = photo[192, 317]
two_colors = np.unique(in_k_colors(photo, 2).reshape(-1, 3), axis=0)
print("a pixel of the heart :", red.round(2))
for name, color in zip(("leaves", "petals"), two_colors):
    print(f"colour of the {name}:", color.round(2), f"distance {np.linalg.norm(color - red):.2f}")

# %% [markdown]
# The red holds no green and hardly any blue. The colour of the leaves holds little of them, and that of the
# petals plenty. So the red lies nearer to the leaves.
#
# Here you choose the number of colours. The bar below the picture is the palette, each colour as wide as its share
# of the pixels.
#
# **Before you move the slider:** how many colours does it take until that pixel of the heart is painted red? And
# once it is red, will it stay red with every colour more?

# %%
from mlcourse.widgets import draw_photo, photo_explorer, photo_palette

photo_explorer(photo)

# %% [markdown]
# If the slider does not appear, here is one setting: four colours. And what becomes of that pixel, in numbers:

# %%
show(*draw_photo(photo, photo_palette(photo, 4)))

# %%
paints = {}
for K in range(2, 17):
    palette = photo_palette(photo, K)
    apart = np.linalg.norm(palette - red, axis=1)
    paints[K] = palette[apart.argmin()]
    print(f"{K:2d} colours: painted {paints[K].round(2)}, at a distance of {apart.min():.2f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert [K for K, paint in paints.items() if paint[0] > 0.5] == [10]

# %% [markdown]
# Ten, and no other number up to sixteen. Among eleven colours there is a dark olive that lies a little nearer in
# numbers, and the red of that pixel is gone. To the eye the olive is not nearer. So a larger palette is not the
# smaller one and a colour more. K-means finds all centres anew, to make the sum over *all* pixels small, and in that
# sum four dark greens matter more than any red: look how wide they are in the bar.
#
# The second photograph holds a warning. Look at the bright red columns of the pavilion in Figure 11.
#
# **Before you run the next cell:** with eight colours to choose, is one of them red?

# %% tags=["hide-input"]
# Figure 13: the pavilion in eight colours
fig, axes = plt.subplots(1, 2, figsize=(10, 3.6))
plot_photo(china, ax=axes[0]).set_title("original")
plot_photo(in_k_colors(china, 8), ax=axes[1]).set_title("8 colours")
show(
    fig,
    "Figure 13. Eight colours, and the red columns have turned brown. The sky got several blues for itself.",
    "Left, a Chinese pavilion with red columns and green-blue beams before a pale sky. Right, the same"
    " picture in eight colours: the sky is shown in flat patches of pale blue, and the pavilion in browns"
    " and greys without any red.",
)

# %% [markdown]
# A vast pale sky outweighs a few red columns. Every pixel counts the same in the inertia, so k-means spends
# its colours where there are many pixels, and not where your eye looks. The same happens with any data: a
# small, distinct group is cheap to ignore.
#
# ### What does it save?
#
# You may read that this compresses a picture "from sixteen million colours to ten", as if the file became a
# million times smaller. Count bits instead. Before, a pixel takes 8 bits for each of three channels.
# Afterwards it takes the number of its colour, and the ten colours themselves, the
# [palette](../GLOSSARY.md#palette), are written down once.
#
# **Before you run the next cell:** how many bits does it take to say one of ten numbers?

# %%
n_pixels, k = len(pixels), 10
bits_per_pixel = int(np.ceil(np.log2(k)))
before = 24 * n_pixels
after = bits_per_pixel * n_pixels + 24 * k  # the last term is the palette
print(f"counting colours: {2**24 / k:,.0f} times fewer")
print(f"counting bits:    {before / after:.3f} times smaller, at {bits_per_pixel} bits a pixel")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert bits_per_pixel == 4
assert round(before / after) == 6

# %% [markdown]
# Four bits instead of twenty-four: six times smaller, and the palette weighs next to nothing. That is an
# honest saving, and nowhere near a million. Halving the number of colours saves one bit a pixel, and no more.
# (Real image formats do better still, because neighbouring pixels are alike. K-means never looks at where a
# pixel is.)

# %% [markdown]
# ## Common mistakes
#
# - **The agreement with the true classes is absurdly low, or changes from run to run.** Cluster numbers were
#   compared with class numbers. Match the labels first, every time.
# - **Two runs give different clusters.** At least one of them is a poor local optimum. Compare their
#   inertias, and raise `n_init`; pass `random_state` when you need the same run again.
# - **The inertia picks the largest k.** It always does. Look for the elbow, look at silhouettes, and think
#   about the purpose.
# - **One feature decides everything.** It has the largest numbers: millimetres beside kilometres, say.
#   K-means knows only distances, so bring the features to comparable scales first.
# - **`transform` is read as membership.** It gives distances: small means near, and no row adds up to 1.

# %% [markdown]
# ## Quiz
#
# **1.** You run k-means twice with different seeds. The labels agree for 12 points out of 300, the inertias
# to ten digits. What has happened?
#
# - A. One run is stuck in a poor local optimum.
# - B. The two runs found the same clusters and numbered them differently.
# - C. The clusters overlap, so the labels are mostly chance.
#
# <details><summary>Answer</summary>
#
# **B.** Equal inertias speak for the same groups, and the numbers of groups are arbitrary; matching the
# labels will confirm it. *A* would show as a higher inertia in one of the runs. *C* mistakes k-means for a
# lottery: given its centres it assigns each point the same way every time, overlap or not.
#
# </details>
#
# **2.** During Lloyd's algorithm you see the inertia go from 310.2 up to 311.0. What do you conclude?
#
# - A. There is a bug.
# - B. The run is escaping from a local optimum.
# - C. The start was poor, so some steps have to go uphill.
#
# <details><summary>Answer</summary>
#
# **A.** Neither step can raise the inertia, so something is wrong: a centre that is not the mean of its
# points, say, or labels that belong to other centres. *B*: Lloyd's algorithm never escapes; that is what
# restarts are for. *C*: a poor start leads to a poor end, along a path that goes down all the way. (The one
# exception is a cluster that loses all its points and is given a new place.)
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
# **A.** Even the best point of the short blade is worse off than the average point, so that cluster lies
# close to another one, or was put together from things that do not belong together. *B* may be all right:
# thickness is the number of points, and groups may differ in size, though a thick blade is worth a second
# look. *C* throws away what the diagram is for: a good mean can hide a bad cluster.
#
# </details>

# %% [markdown]
# ## In five lines
#
# 1. Clustering looks for groups without answers; the numbers of the groups mean nothing until you match them.
# 2. K-means makes the inertia small, the sum of *squared* distances to the own centre: choose, move, repeat.
# 3. Neither step raises the inertia, so it converges, but perhaps to a local optimum: seed with care, and
#    restart.
# 4. Elbow, silhouette score and diagram help to choose k. When they leave two candidates, the purpose decides.
# 5. Its decision regions are Voronoi cells. It has a label for every point, and a doubt about none.

# %% [markdown]
# ## Where next
#
# Do the [exercises](../exercises/01_kmeans_exercises.ipynb): you will take Lloyd's step with an empty cluster, match
# labels yourself, and compress a photograph. Then go on to [lesson 02](02_kmeans_limits.ipynb), where the one
# idea of this lesson is pushed until it breaks.

# %% [markdown]
# ## References
#
# - S. P. Lloyd, "Least squares quantization in PCM", *IEEE Transactions on Information Theory* 28(2),
#   129–137, 1982 (written in 1957).
# - J. MacQueen, "Some methods for classification and analysis of multivariate observations", *Proceedings of
#   the Fifth Berkeley Symposium on Mathematical Statistics and Probability*, vol. 1, 281–297, 1967.
# - D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful seeding", *Proceedings of the 18th
#   Annual ACM–SIAM Symposium on Discrete Algorithms*, 1027–1035, 2007.
# - P. J. Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis",
#   *Journal of Computational and Applied Mathematics* 20, 53–65, 1987.
# - H. W. Kuhn, "The Hungarian method for the assignment problem", *Naval Research Logistics Quarterly* 2,
#   83–97, 1955.
# - R. A. Fisher, "The use of multiple measurements in taxonomic problems", *Annals of Eugenics* 7,
#   179–188, 1936.
