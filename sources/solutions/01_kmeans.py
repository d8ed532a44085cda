# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import confusion_matrix

from mlcourse import KMeans, check, silhouette_samples, silhouette_score
from mlcourse.datasets import five_blobs, load_iris, load_photo
from mlcourse.plotting import plot_curve, plot_photo, plot_silhouettes, show, use_course_style

use_course_style()

# %% [markdown]
# Eight tasks, from a warm-up to a photograph. Nobody counts the hints that you open.

# %% [markdown]
# ## {{read_distances}}
#
# `KMeans.transform` gives you a table of distances, one row for each point and one column for each centre.
# Everything about the clustering can be read from it.
#
# Write `read_distances`. It takes
#
# - `distances`, an array of shape `(n, K)` of plain (not squared) distances,
#
# and returns two things:
#
# - `labels`, an array of shape `(n,)`: the number of the nearest centre of each point, counted from 0;
# - `inertia`, one number: the inertia of this clustering.


# %% task="read_distances" role="answer"
def read_distances(distances):
    """Labels (n,) and inertia, from the distances (n, K) to the centres."""
    ### BEGIN SOLUTION
    labels = distances.argmin(axis=1)
    inertia = np.sum(distances.min(axis=1) ** 2)
    return labels, inertia
    ### END SOLUTION


# %% task="read_distances" role="check"
check.read_distances(read_distances)

# %% [markdown] tags=["solution-only"]
# `argmin` gives the place of the smallest distance, `min` the distance itself. Squares come before the sum. Indexing
# the table with the labels, `distances[np.arange(len(distances)), labels]`, gives the same distances.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# One row belongs to one point. You want the *place* of the smallest entry of each row. NumPy has a function
# for the smallest value, and another for its place. Mind the axis.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Look at the formula of inertia in the lecture once more. Each point contributes one term, for its own centre alone,
# and there is an exponent 2 in the formula. What comes first, the square or the sum?
#
# </details>

# %% [markdown]
# ## {{lloyd_step}}
#
# The lecture's `update` takes the mean of each cluster. It has a weak spot: a cluster may have no points at
# all, and the mean of nothing is not a number.
#
# Write `lloyd_step`, one round: choose, then move. It takes
#
# - `X`, the points, of shape `(n, d)`, and `c`, the centres, of shape `(K, d)`,
#
# and returns three things:
#
# - `labels`, of shape `(n,)`: the nearest of the centres `c`;
# - `inertia`, one number: that of these labels with the centres `c`, before they move;
# - `new_c`, of shape `(K, d)`: the mean of each cluster. **A centre without points stays where it is.**
#
# Do not change `c` itself.


# %% task="lloyd_step" role="answer"
def lloyd_step(X, c):
    """Labels (n,), inertia, and new centres (K, d), for points X (n, d) and centres c (K, d)."""
    ### BEGIN SOLUTION
    squared_distances = np.sum((X[:, np.newaxis] - c) ** 2, axis=2)
    labels = squared_distances.argmin(axis=1)
    inertia = squared_distances.min(axis=1).sum()
    new_c = c.copy()
    for k in np.unique(labels):
        new_c[k] = X[labels == k].mean(axis=0)
    return labels, inertia, new_c
    ### END SOLUTION


# %% task="lloyd_step" role="check"
check.lloyd_step(lloyd_step)

# %% [markdown] tags=["solution-only"]
# The loop runs over the labels that occur, so it never takes the mean of nothing. `np.where` with counts works too.
# What to do with an empty cluster is a choice: scikit-learn moves its centre to a faraway point instead.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Choose once, with `c`. Then move once, with the labels you got: a cluster's mean is the sum of *its*
# points divided by the number of *its* points.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The squared distances that you needed for choosing already contain the inertia. Compute it before anything moves.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Begin with a copy of the old centres, and overwrite only those whose cluster has at least one point.
#
# </details>

# %% [markdown]
# When the check passes, you have written all of k-means. In a cell of your own, start from five of the points of
# `five_blobs()`, and call your step again and again until the inertia no longer falls. Which local optimum do you
# reach?

# %% tags=["solution-only"]
X, _ = five_blobs()
c = X[np.random.default_rng(3).choice(len(X), size=5, replace=False)]
for _ in range(8):
    labels, inertia, c = lloyd_step(X, c)
    print(f"inertia {inertia:.2f}")

# %% [markdown]
# ## {{greedy_seed}}
#
# Plain k-means++ draws the next centre at random. The greedy variant, which scikit-learn and this course use, draws a
# few *candidates* with the same chances, and keeps the one that leaves the lowest inertia. Here the candidates have
# been drawn for you.
#
# Write `greedy_seed`. It takes
#
# - `X`, the points, of shape `(n, d)`;
# - `chosen`, the centres chosen so far, of shape `(m, d)`;
# - `candidates`, an array of row numbers of `X`: a candidate `j` is the point `X[j]`;
#
# and returns two things:
#
# - `p`, of shape `(n,)`: each point's k-means++ chance of being drawn next;
# - `best`, one of the row numbers in `candidates`: the one that gives the lowest inertia when its point joins the
#   chosen centres and every point goes to its nearest centre.


# %% task="greedy_seed" role="answer"
def greedy_seed(X, chosen, candidates):
    """Chances (n,) of the points X (n, d), and the best of the candidate rows."""
    ### BEGIN SOLUTION
    D2 = np.min(np.sum((X[:, np.newaxis] - chosen) ** 2, axis=2), axis=1)
    left = []
    for row in candidates:
        to_candidate = np.sum((X - X[row]) ** 2, axis=1)
        left.append(np.sum(np.minimum(D2, to_candidate)))
    return D2 / np.sum(D2), candidates[np.argmin(left)]
    ### END SOLUTION


# %% task="greedy_seed" role="check"
check.greedy_seed(greedy_seed)

# %% [markdown] tags=["solution-only"]
# `D2` is computed once. A candidate can only lower it, so `np.minimum` is enough, and the old centres need not be
# compared again. Stacking all centres and starting over for each candidate gives the same answer more slowly.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The chances depend on the *squared* distance of each point to the *nearest* of the chosen centres. All chances
# add up to 1.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# For each candidate, imagine the list of centres with this one added. How far is each point from the nearest
# centre on that longer list? Add up the squares.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The candidate with the lowest sum wins, not the one with the greatest chance. Return its row number in `X`, not its
# position among the candidates.
#
# </details>

# %% [markdown]
# ## {{matched_share}}
#
# Cluster numbers are arbitrary. To say how well clusters agree with known classes, give each cluster the name of one
# class, each name once, so that as many points as possible agree.
#
# Write `matched_share`. It takes
#
# - `y`, the classes, integers 0 … K − 1, of shape `(n,)`;
# - `labels`, the clusters, also 0 … K − 1, of shape `(n,)`; every number occurs in both;
#
# and returns one number between 0 and 1: the share of the points that agree under the best naming. Two useful
# functions are imported already: `confusion_matrix(y, labels)` counts how many points of each class (row) are
# in each cluster (column), and `linear_sum_assignment` is SciPy's Hungarian algorithm.


# %% task="matched_share" role="answer"
def matched_share(y, labels):
    """Share of points whose cluster, under the best naming, has the name of their class."""
    ### BEGIN SOLUTION
    counts = confusion_matrix(y, labels)
    classes, clusters = linear_sum_assignment(counts, maximize=True)
    return counts[classes, clusters].sum() / len(y)
    ### END SOLUTION


# %% task="matched_share" role="check"
check.matched_share(matched_share)

# %% [markdown] tags=["solution-only"]
# The Hungarian algorithm finds the best naming in the table of counts. For three clusters you could try all six
# permutations. For ten there are 3 628 800.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Look at the table of counts. You may pick K entries of it: one in each row, one in each column. Their sum is
# the number of points that agree.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Picking the largest entry first is tempting. It can block two entries that are together worth more. Leave
# the choice to `linear_sum_assignment`; it looks at all of them at once.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Read what `help(linear_sum_assignment)` says about minimising and maximising. It returns row numbers and
# column numbers, with which you can index the table. How do you get from a count to a share?
#
# </details>

# %% [markdown]
# ## {{silhouettes}}
#
# A silhouette needs no coordinates, only distances. So it also works for cities with travel times, or words with edit
# distances.
#
# Write `silhouettes`. It takes
#
# - `D`, the distances between all pairs of points, of shape `(n, n)`, with zeros on the diagonal;
# - `labels`, integers 0 … K − 1, each occurring at least once, of shape `(n,)`; K is at least 2;
#
# and returns the silhouette coefficient of every point, of shape `(n,)`. **A point that is alone in its cluster gets
# 0**, as Rousseeuw proposed: there is no other member to measure a distance to.


# %% task="silhouettes" role="answer"
def silhouettes(D, labels):
    """Silhouette coefficients (n,), from all distances D (n, n) and labels (n,)."""
    ### BEGIN SOLUTION
    s = np.zeros(len(D))
    for i in range(len(D)):
        own = labels == labels[i]
        if own.sum() == 1:
            continue
        a = D[i, own].sum() / (own.sum() - 1)
        b = min(D[i, labels == k].mean() for k in np.unique(labels[~own]))
        s[i] = (b - a) / max(a, b)
    return s
    ### END SOLUTION


# %% task="silhouettes" role="check"
check.silhouettes(silhouettes)

# %% [markdown] tags=["solution-only"]
# This takes one point at a time, like the definition. Faster: multiply `D` by a table of memberships, which gives all
# sums of distances at once.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Row `i` of `D` holds the distances from point `i`. For $a$ you want the mean over the *other* members of its
# cluster. The point itself is in that row as well, at distance 0: it adds nothing to the sum, but it must not
# be counted.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# For $b$, take the mean distance to each of the other clusters, one at a time. Then ask which cluster is the
# nearest.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Write the formula down and try it on a well-placed point, with $a = 1$ and $b = 4$, and on a badly placed one, with
# $a = 4$ and $b = 1$. You should get 0.75 and −0.75. Then think of the point that is alone.
#
# </details>

# %% [markdown]
# ## {{silhouette_diagram}}
#
# Somebody has clustered the two thousand points of the lecture with k = 5. You see only this diagram, not the points.

# %%
X, _ = five_blobs()
somebody = KMeans(5, init="random", n_init=1, random_state=10).fit(X)

# %% tags=["hide-input"]
# Figure: somebody's clustering into five
ax = plot_silhouettes(silhouette_samples(X, somebody.labels_), somebody.labels_)
show(
    ax,
    "Somebody's clustering into five. The dashed line is the mean.",
    "Silhouette diagram with five blades. Blade 4 is the longest, blade 3 is long and about twice as thick"
    " as blades 2 and 4. Blade 2 just passes the mean line. Blades 0 and 1 are thin, half as thick as blade"
    " 2, and end before the mean line.",
)

# %% [markdown]
# What has most likely happened?
#
# - **A.** K-means has found the five groups, and all is well.
# - **B.** The run is stuck: one group has been cut into clusters 0 and 1, and cluster 3 holds two groups.
# - **C.** Clusters 0 and 1 are made of outliers.
# - **D.** Many points of clusters 0 and 1 carry a label that is not that of their nearest centre.
#
# Put the letter in quotes.

# %% task="silhouette_diagram" role="answer"
### BEGIN SOLUTION
silhouette_diagram = "B"
### END SOLUTION

# %% task="silhouette_diagram" role="check"
check.silhouette_diagram(silhouette_diagram)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The thickness of a blade is the number of its points. Compare blade 3 with blade 2, and blades 0 and 1 with
# blade 2.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# A blade is short when another cluster is almost as close as the point's own. Which cluster could be the close
# neighbour of cluster 0? Figure 5 of the lecture shows similar cases.
#
# </details>

# %% [markdown]
# ## {{iris_k}}
#
# The curves below are for the irises, with all four features and without the species.

# %%
iris, species = load_iris()
models = {k: KMeans(k, n_init=10, random_state=0).fit(iris) for k in range(1, 9)}
inertias = [models[k].inertia_ for k in models]
scores = [silhouette_score(iris, models[k].labels_) for k in range(2, 9)]

# %% tags=["hide-input"]
# Figure: inertia and silhouette score against k
fig, axes = plt.subplots(1, 2, figsize=(10, 4))
plot_curve(list(models), inertias, "number of clusters k", "inertia", ax=axes[0])
plot_curve(list(range(2, 9)), scores, "number of clusters k", "silhouette score", ax=axes[1])
show(
    fig,
    "Left: the inertia, with an elbow that is no sharp corner. Right: the silhouette score.",
    "Two curves against k. The inertia falls steeply to k equals 2, less steeply to 3, and slowly from"
    " there on. The silhouette score is highest at 2, clearly lower at 3, and lower still from 4 on.",
)

# %% [markdown]
# Choose a k that you can defend, and say what silhouette score it has. More than one k is accepted. Set
# `iris_k` to a pair, `(k, score)`, with the score to two decimals or more. You may type the numbers in or
# compute them.

# %% task="iris_k" role="answer"
### BEGIN SOLUTION
# The score prefers 2. If you know that there are three species, you can equally defend (3, 0.55).
iris_k = (2, silhouette_score(iris, models[2].labels_))
### END SOLUTION

# %% task="iris_k" role="check"
check.iris_k(iris_k)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Where does the inertia stop falling steeply? Where is the score highest? The two need not agree. If they do
# not, what would you want the clusters for?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `scores` holds the silhouette scores, and begins with the one for k = 2. Pair your k with its own score.
#
# </details>

# %% [markdown]
# ## {{repaint}}
#
# Given a palette, paint a photograph with it, and say honestly how much that saves.
#
# Write `repaint`. It takes
#
# - `photo`, of shape `(h, w, 3)`: red, green and blue of each pixel, as floats from 0 to 1;
# - `palette`, of shape `(K, 3)`, with K ≥ 2 colours, also floats from 0 to 1;
#
# and returns two things:
#
# - `painted`, of shape `(h, w, 3)`: each pixel replaced by the nearest colour of the palette;
# - `times_smaller`, one number: the bits before divided by the bits after. Before, a pixel takes 24 bits. After, it
#   takes as many *whole* bits as are needed to number K colours, and the palette itself is stored once, with 24 bits
#   for each colour.


# %% task="repaint" role="answer"
def repaint(photo, palette):
    """The photo (h, w, 3) in the colours of the palette (K, 3), and how many times smaller it is."""
    ### BEGIN SOLUTION
    pixels = photo.reshape(-1, 3)
    nearest = np.sum((pixels[:, np.newaxis] - palette) ** 2, axis=2).argmin(axis=1)
    painted = palette[nearest].reshape(photo.shape)

    n_pixels, K = len(pixels), len(palette)
    bits_after = np.ceil(np.log2(K)) * n_pixels + 24 * K
    return painted, 24 * n_pixels / bits_after
    ### END SOLUTION


# %% task="repaint" role="check"
check.repaint(repaint)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Turn the photograph into a long list of pixels, one row each: then this is the choosing step of Lloyd's algorithm
# with the palette as centres. Look the numbers up in the palette, and restore the shape of the photograph.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# One bit can number 2 colours, two bits 4, three bits 8. Which function undoes "2 to the power of"? And how many bits
# do 5 colours need, if you can only use whole bits?
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Write the two totals as two variables, *before* and *after*. The second has two terms: all the pixels, and
# the palette. The answer is greater than 1 when something was saved.
#
# </details>

# %% [markdown]
# When the check passes, paint something. In a cell of your own, fit `KMeans` to a few thousand pixels of
# `load_photo("china.jpg")`, or of `load_photo("path of a picture of yours")`, and use its `cluster_centers_`
# as the palette. `plot_photo` shows the result. Try 8, 16, 32 and 64 colours. How red is the reddest of them?

# %% tags=["solution-only"]
photo = load_photo("china.jpg")
sample = np.random.default_rng(0).choice(photo.reshape(-1, 3), size=5000, replace=False)
for K in (8, 16, 32, 64):
    palette = KMeans(K, n_init=3, random_state=0).fit(sample).cluster_centers_
    redness = palette[:, 0] - palette[:, 1:].max(axis=1)
    print(f"{K:2d} colours, the reddest is {palette[redness.argmax()].round(2)}")
painted, times_smaller = repaint(photo, palette)
show(
    plot_photo(painted),
    f"The pavilion in 64 colours, {times_smaller:.2f} times smaller.",
    "A Chinese pavilion against a pale sky, painted in 64 flat colours. Its columns are a dull red.",
)

# %% [markdown] tags=["solution-only"]
# Eight colours have no red. From sixteen on there is a brownish one, and with 64 a dull red, about (0.83, 0.42,
# 0.38): the mean of all reddish pixels, lit and shaded. The bright red of the columns never comes back, because too
# few pixels have it. In `repaint`, the distances of all pixels to all colours are held in one array. A loop over the
# colours that keeps the nearest so far needs less memory, and gives the same picture.
