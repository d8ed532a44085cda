# %% [markdown]
# Run the cells up to the next picture, then move the slider and choose two components: you see digits that nobody
# wrote, halfway between two means. In this lesson you generate better ones.

# %% tags=["hide-input"]
# Imports and figure style
import warnings
from contextlib import contextmanager
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
import sklearn.decomposition
import sklearn.mixture
from IPython.display import Markdown, display
from matplotlib.ticker import EngFormatter
from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier

from mlcourse import PCA, GaussianMixture, GaussianMixtureClassifier, KMeans
from mlcourse.datasets import load_mnist_or_digits
from mlcourse.evaluation import class_coverage, memorised_share, nearest_rows, two_sample_test
from mlcourse.gaussians import CovarianceType
from mlcourse.metrics import silhouette_score
from mlcourse.mixture import Mixture, e_step, ppca
from mlcourse.plotting import (
    INK,
    PALE_INK,
    color,
    marker,
    plot_curve,
    plot_digits,
    show,
    use_course_style,
)
from mlcourse.widgets import morphing_explorer

use_course_style()

# %% tags=["hide-input"]
# The digits of this lesson: MNIST, or the small ones
digits, note = load_mnist_or_digits()
display(Markdown(f"> **{note}**"))

# %% tags=["hide-input"]
# To begin with: from one digit to another
first = digits.images[:2000] / digits.images.max()
thirty = PCA(30).fit(first)
morphing_explorer(GaussianMixture(10, random_state=0).fit(thirty.transform(first)), thirty)


# %% [markdown]
# This lesson uses [MNIST](../GLOSSARY.md#mnist) (LeCun and others): seventy thousand digits written by clerks and
# pupils. It takes about six minutes on two cores. Without MNIST it uses the small digits of
# [lesson 11](11_pca_digits.ipynb), and takes less than a minute. The text describes
# MNIST. Where the small digits differ, a note that begins with "With the small digits" says how.
#
# You know all the parts: [k-means](../GLOSSARY.md#k-means), [mixtures](../GLOSSARY.md#gaussian-mixture),
# [PCA](../GLOSSARY.md#principal-component-analysis), and honest evaluation. What is new is the size. So we time every
# step.


# %%
@contextmanager
def timed(step):
    """Record and print how long the lines inside `with timed(step):` take."""
    start = perf_counter()
    yield
    seconds[step] = perf_counter() - start
    print(f"{step}: {seconds[step]:.3f} s")


# %%
seconds = {}  # filled by `timed`
full_size = len(digits.labels) == 70_000
X, y = digits.images / digits.images.max(), digits.labels  # 0 is paper, 1 is ink
n_pixels = X.shape[1]
print(f"{len(X)} pictures of {n_pixels} pixels: {X.nbytes / 1e6:.0f} MB as 64-bit numbers")

# %% tags=["hide-input"]
# Figure 1: the first eighty digits
ax = plt.figure(figsize=(11, 2.3)).subplots()
show(
    plot_digits(X[:80], n_cols=20, ax=ax),
    "Figure 1. The first eighty digits, by many writers: look at the sevens, and at the slanted digits.",
    "A grid of four rows of twenty handwritten digits, dark ink on white paper.",
)

# %% [markdown]
# ## Three parts
#
# Of MNIST's 60 000 training digits, 50 000 are for fitting and 10 000 for choosing. Its 10 000 test digits are for
# reporting. We split **in the published order**, so that results can be compared. The second part is the [validation
# set](../GLOSSARY.md#validation-set); the third, the [test set](../GLOSSARY.md#test-set), is not used until the end.

# %%
first, second = len(X) * 5 // 7, len(X) * 6 // 7
X_train, X_val, X_test = np.split(X, [first, second])
y_train, y_val, y_test = np.split(y, [first, second])
print("rows:", len(X_train), len(X_val), len(X_test))
print("training digits of each kind:", np.bincount(y_train))
if full_size:
    published = [4932, 5678, 4968, 5101, 4859, 4506, 4951, 5175, 4842, 4988]
    assert np.bincount(y_train).tolist() == published

# %% [markdown]
# A random split would put every person's handwriting into all three parts. This one largely keeps people apart, as it
# should: new digits will come from new people, too.
#
# ## Fewer numbers
#
# We fit the principal components of lesson 11 to the training digits alone, and keep 98 % of the
# [variance](../GLOSSARY.md#explained-variance).
#
# **Before you run the next cell:** there are as many axes as pixels. How many of them does that take: nearly all,
# half, a third?

# %%
with timed("PCA at 98 %"):
    pca = PCA(0.98).fit(X_train)
with timed("PCA at 98 %, scikit-learn"):
    theirs = sklearn.decomposition.PCA(0.98).fit(X_train)
Z_train, Z_val, Z_test = (pca.transform(part) for part in (X_train, X_val, X_test))
n_axes = pca.n_components_
print(f"{n_pixels} pixels, {n_axes} axes: {n_pixels / n_axes:.1f} times fewer numbers")

# %% [markdown]
# This function turns amounts along the first few axes, or along all of them, back into pictures:


# %%
def pictures(Z):
    """Pictures (n, pixels) from amounts Z (n, q) along the first q axes; ink is between 0 and 1."""
    return (Z @ pca.components_[: Z.shape[1]] + pca.mean_).clip(0, 1)


few = 150 if full_size else 30  # enough to read the digits; used again when we generate some

# %% tags=["hide-input"]
# Figure 2: sixteen digits on fewer and more axes
assert np.allclose(theirs.explained_variance_, pca.explained_variance_)
if full_size:
    assert n_axes == 261
kept = (10, few, n_axes)
rows = [X_train[:16], *(pictures(Z_train[:16, :q]) for q in kept)]
fig, ax = plt.subplots(figsize=(11, 2.9))
plot_digits(np.concatenate(rows), n_cols=16, ax=ax)
side = int(n_pixels**0.5) + 1
for row, label in enumerate(["the originals", *(f"{q} axes" for q in kept)]):
    ax.text(-0.25 * side, side * (row + 0.5), label, ha="right", va="center")
show(
    fig,
    "Figure 2. Sixteen digits, rebuilt from more and more axes.",
    "Four rows of the same sixteen digits. On ten axes they are blurred; the next row is"
    " legible; the last row looks like the originals except for faint specks.",
)

# %% [markdown]
# We do not [whiten](../GLOSSARY.md#whitening): lesson 11 showed that whitening hurts k-means.
#
# ## K-means: three criteria that disagree
#
# We try $k$ = 2, 6, 10, 14 and 18, with three starts each. You know the [inertia](../GLOSSARY.md#inertia) and the
# [silhouette](../GLOSSARY.md#silhouette). (A silhouette needs the distances between all pairs of digits, which for
# MNIST do not fit into memory. They are computed block by block, in one pass.)
#
# The third criterion is a *purpose*. Suppose you want to read digits, and have time to look at $k$ pictures and name
# them. Every cluster gets the name of its most common training digit. How many validation digits get the right name?
#
# **Before you run the next cells:** there are ten digits. Which $k$ will each of the three prefer?

# %%
ks = np.array([2, 6, 10, 14, 18])
print(f"all distances at once would take {8 * len(Z_train) ** 2 / 1e9:.2f} GB")
with timed("k-means, five k"):
    clusterings = [KMeans(k, n_init=3, random_state=0).fit(Z_train) for k in ks]
with timed("five silhouettes, one pass"):
    labelings = np.array([clustering.labels_ for clustering in clusterings])
    silhouettes = silhouette_score(Z_train, labelings)


# %%
def names(clustering):
    """The most common training digit of each cluster: (k,)."""
    of_cluster = [y_train[clustering.labels_ == k] for k in range(clustering.n_clusters)]
    return np.array([np.bincount(digits_in_it).argmax() for digits_in_it in of_cluster])


# %%
inertias = np.array([clustering.inertia_ for clustering in clusterings])
named = np.array([np.mean(names(run)[run.predict(Z_val)] == y_val) for run in clusterings])
criteria = {"inertia": -inertias, "silhouette": silhouettes, "right names": named}
for criterion, values in criteria.items():
    print(f"{criterion:12s} prefers k = {ks[values.argmax()]:2d}:", np.round(np.abs(values), 3))

# %% tags=["hide-input"]
# Figure 3: three criteria for k
assert np.all(np.diff(inertias) < 0)
assert silhouettes.max() < 0.25
assert named[-2:].min() > named[:-2].max()
fig, axes = plt.subplots(1, 3, figsize=(11, 3.4))
for ax, (criterion, values) in zip(axes, criteria.items()):
    preferred = ks[values.argmax()]
    plot_curve(ks, np.abs(values), "clusters k", criterion, chosen=preferred, ax=ax)
    ax.set(title=f"prefers k = {preferred}", xticks=ks)
axes[1].set_ylim(0, 0.3)
axes[1].axhline(0.25, color=PALE_INK, linewidth=1)
axes[1].text(6, 0.255, "no substantial\nstructure below", ha="center", va="bottom", fontsize=10)
show(
    fig,
    "Figure 3. Three criteria for the same five clusterings. A ring marks what each prefers.",
    "Three curves over k. Inertia falls without a clear elbow, and its ring is at k = 18. The"
    " silhouette stays below the line at 0.25. The share of right names rises, ever more slowly.",
)

# %% [markdown]
# The three criteria disagree because each answers a different question.
#
# - **Inertia** measures how close the digits are to their centres. With more centres they get closer, so it prefers
#   the largest $k$ that you try. There is no clear [elbow](../GLOSSARY.md#elbow).
# - **The silhouette** measures how well the clusters are *separated*. Below 0.25, Kaufman and Rousseeuw see no
#   substantial structure. A maximum that low means nothing.
# - **The purpose** decides what counts. To read digits, one cluster per digit is too few: there is more than one way
#   to write a 7. Each extra cluster gains less, and is one more picture to name. Stop when that is no longer worth
#   your time.
#
# > With the small digits: the seed of k-means decides whether 14 or 18 clusters give more right names.
#
# ## The good start with the worse inertia
#
# We start k-means from the ten true class means, which needs the labels, and compare the result with the earlier run
# for $k = 10$, which does not. [Purity](../GLOSSARY.md#purity) is the share of the training digits that get the right
# name.
#
# **Before you run the next cells:** which of the two ends with the lower inertia, and which with the purer clusters?


# %%
def purity(labels):
    """Share of the training digits that are of the most common kind in their group."""
    table = np.zeros((labels.max() + 1, 10))
    np.add.at(table, (labels, y_train), 1)
    return table.max(axis=1).sum() / len(labels)


class_means = np.array([Z_train[y_train == c].mean(axis=0) for c in range(10)])
from_means = KMeans(10, init=class_means, n_init=1).fit(Z_train)
from_plusplus = clusterings[list(ks).index(10)]
for name, run in (("class means", from_means), ("k-means++", from_plusplus)):
    print(f"start: {name:12s} inertia {run.inertia_:9.0f}   purity {purity(run.labels_):.3f}")

# %% tags=["hide-input"]
# Figure 4: two times ten centres
assert from_means.inertia_ > from_plusplus.inertia_
assert purity(from_means.labels_) > purity(from_plusplus.labels_)
if not full_size:
    assert sorted(names(from_plusplus)) == [0, 1, 1, 2, 3, 4, 5, 6, 7, 8]
runs = {"class means": from_means, "k-means++": from_plusplus}
centers = np.concatenate([run.cluster_centers_ for run in runs.values()])
ax = plt.figure(figsize=(10, 2.9)).subplots()
plot_digits(pictures(centers), n_cols=10, ax=ax)
for row, (start, run) in enumerate(runs.items()):
    text = f"{start}\ninertia {run.inertia_:.0f}\npurity {purity(run.labels_):.2f}"
    ax.text(-0.25 * side, side * (row + 0.5), text, ha="right", va="center")
    for k, name in enumerate(names(run)):
        ax.text(side * (k + 0.5), side * (-0.25, 2.2)[row], name, ha="center", va="center")
show(
    ax,
    "Figure 4. The ten centres of each run, with the names of the clusters above and below them.",
    "Two rows of ten blurred digits. Above and below them are the names of the clusters.",
)

# %% [markdown]
# Read the names in the lower row: which digits are missing, and which occur twice?
#
# The start that used the labels gives purer clusters and a higher inertia. **The optimiser works; it optimises
# something else.** You will see this again, with generated digits.
#
# > With the small digits: in the lower row, 9 is missing and 1 occurs twice. From the class means, the inertia is
# > higher than with 19 of 20 k-means++ seeds, and the clusters are purer than with all of them.
#
# ## Ten Gaussians, ten starts
#
# Now we fit a mixture of ten [components](../GLOSSARY.md#component) on all axes. Each has a mean and a full
# covariance. For MNIST, ten starts can take half an hour.
#
# We save time: all ten starts run on a part of the rows, every fifth digit. The best three continue on all rows
# (`warm_start=True`).
#
# **Before you run the next cells:** will the start that leads on the part of the rows also win on all of them?

# %%
part = Z_train[:: 5 if full_size else 2]
with timed("ten starts on a part of the rows"):
    starts = [GaussianMixture(10, random_state=seed).fit(part) for seed in range(10)]
starts.sort(key=lambda start: start.lower_bound_, reverse=True)
on_part = [start.lower_bound_ for start in starts]

# %%
with timed("the best three on all rows"):
    for start in starts[:3]:
        start.set_params(warm_start=True, tol=1e-2, max_iter=200).fit(Z_train)
best = max(starts[:3], key=lambda start: start.lower_bound_)

# %%
for place, (start, before) in enumerate(zip(starts[:3], on_part), start=1):
    pure = purity(start.predict(Z_train))
    print(
        f"place {place}: log-likelihood on the part {before:8.2f}, on all {start.lower_bound_:8.2f},",
        end=" ",
    )
    print(f"purity {pure:.3f}")
print("places 4 to 10, on the part:", np.round(on_part[3:], 2))

# %% [markdown]
# The numbers are the mean [log-likelihood](../GLOSSARY.md#log-likelihood) per digit. The order on the part is a hint,
# not a result: on all rows it changes. So three starts continue, not one. Even so, one of the seven that we dropped
# might have ended higher. (One does, by one nat.)
#
# The highest likelihood need not bring the purest components: EM does not use the labels.
#
# > With the small digits: the part is every second digit. The leader stays ahead, and the other two swap.
#
# ## Choose on the validation set
#
# Ten components were a guess, and so was "full". Lesson 11 showed what to try: other
# [covariance types](../GLOSSARY.md#covariance-type), more components, and [shrinkage](../GLOSSARY.md#shrinkage)
# towards the covariance of all digits. We try 10, 20 and 40 components, first on the part of the rows.
#
# **Before you run the next cells:** which will win on validation digits? And will shrinkage help most when there are
# few digits per component, or many?


# %% tags=["hide-input"]
# A table of validation scores
def print_scores(models, rows):
    """Print validation scores, and how much higher those on `rows` are (the gap); return the former."""
    scores = {key: model.score(Z_val) for key, model in models.items()}
    print(f"{'':15s}validation        gap")
    for (kind, K), score in scores.items():
        print(f"{kind:7s} K = {K} {score:10.2f} {models[kind, K].score(rows) - score:10.2f}")
    return scores


# %%
PRIOR = {"covariance_prior": "data", "prior_strength": 10}
kinds, Ks = ("diag", "tied", "full", "shrunk"), (10, 20, 40)
tolerance = 0.1 if full_size else 0.01  # nats; the candidates differ by more


def candidate(kind, K):
    own = PRIOR if kind == "shrunk" else {"covariance_type": kind}
    return GaussianMixture(K, tol=tolerance, random_state=0, **own)


# %%
with timed("twelve candidates on a part"):
    on_the_part = {(kind, K): candidate(kind, K).fit(part) for kind in kinds for K in Ks}
scores = print_scores(on_the_part, part)

# %% [markdown]
# The gap between training and validation measures [overfitting](../GLOSSARY.md#overfitting). It is widest for forty
# full covariances: each has 250 digits for 261 axes. Shrinkage helps there. With a thousand digits per component
# ($K = 10$) it does some harm: the covariance of *all* digits is too wide for one component.
#
# More rows can support more components. So we choose only the two best *kinds* on the part, and $K$ on all rows.
# (They start again from k-means: an overfitted mixture is a bad start.)
#
# **Before you run the next cell:** will the best $K$ on all rows be the one that is best on the part?

# %%
best_of_kind = {kind: max(scores[kind, K] for K in Ks) for kind in kinds}
leaders = sorted(kinds, key=best_of_kind.get)[-2:]
with timed("two kinds on all rows"):
    finalists = {(kind, K): candidate(kind, K).fit(Z_train) for kind in leaders for K in Ks}
held_out = print_scores(finalists, Z_train)
best_on_part, chosen = (max(table, key=table.get) for table in (scores, held_out))
print("best on the part:", *best_on_part, " chosen:", *chosen)

# %% [markdown]
# The best $K$ changes: ten components were best on the part, and forty are best on five times as many rows. That is
# the largest $K$ that we tried, so a larger one might be better still.
#
# > With the small digits: forty full covariances have 16 digits each for 37 axes. Shrinkage helps at every K. Twenty
# > shrunk components are best on the part and ten on all rows, the opposite direction, but they differ by less than a
# > nat, so this says nothing about K.
#
# ## Sixteen digits
#
# Now we generate digits. First, the usual way: sixteen draws from ten full Gaussians on all axes.
#
# **Before you run the next cell:** how many of the sixteen will you be able to read?


# %%
def shuffled(rows):
    """The rows in random order, because a sample is grouped by component."""
    return rows[np.random.default_rng(0).permutation(len(rows))]


def at_full_size(name, number, alt):
    """Where MNIST is not available, show the figure that the lesson makes from it."""
    if not full_size:
        label = f"Figure {number} with MNIST. Made at full size by `tools/pictures.py`; your machine has no MNIST."
        display(Markdown(f"![{alt}](../docs/mnist/{name}.png)\n\n*{label}*"))


n_draws = 10_000 if full_size else 2000
drawn = {"GMM(10, full)": shuffled(pictures(best.sample(n_draws)[0]))}

# %% tags=["hide-input"]
# Figure 5: sixteen draws
if not full_size:
    assert best is starts[0]
    assert starts[1].lower_bound_ < starts[2].lower_bound_
gaps = {key: model.score(part) - scores[key] for key, model in on_the_part.items()}
assert max(gaps, key=gaps.get) == ("full", 40)
assert (round(len(part) / 40), n_axes) == ((250, 261) if full_size else (16, 37))
if full_size:
    assert leaders == ["shrunk", "full"]
    assert (best_on_part, chosen) == (("full", 10), ("full", 40))
ax = plt.figure(figsize=(8, 2.1)).subplots()
show(
    plot_digits(drawn["GMM(10, full)"][:16], n_cols=8, ax=ax),
    "Figure 5. Sixteen draws from ten full Gaussians.",
    "Two rows of eight pictures. A few are digits; many are smudges, or something between two digits.",
)

# %% [markdown]
# One could stop here. But most are not that good, for three reasons, each with a remedy.
#
# **A component is not a digit.** Look at the purities above. A component that holds 4s, 7s and 9s draws something
# between them. *Remedy: one mixture per class.* `GaussianMixtureClassifier`, from
# [lesson 08](08_density_estimation.ipynb), fits a mixture to each class, and can generate: first the class, then a
# digit of that class.
#
# **One Gaussian per class is too wide.** It has to cover slim zeros and wide ones, so it also draws a ring with a
# halo. *Remedy: several components per class*, each for one way of writing. Each has few rows, so its covariance may
# have only few free numbers. We try shrunk ones and those of [probabilistic PCA](../GLOSSARY.md#probabilistic-pca)
# (PPCA; Tipping and Bishop), which vary along a few directions of their own. Richardson and Weiss generated faces
# this way.
#
# **Most axes hold noise.** The last axes carry specks of ink, and a Gaussian draws the specks without the strokes
# that they belong to. *Remedy: fewer axes.*
#
# (The numbers in the next cell come from trials that are not shown, judged on validation digits.)

# %%
n_shrunk, n_ppca, directions = (20, 40, 15) if full_size else (2, 3, 5)
generators = {
    "one Gaussian per class": (GaussianMixture(), n_axes),
    "shrunk mixture per class": (
        GaussianMixture(n_shrunk, random_state=0, tol=tolerance, **PRIOR),
        few,
    ),
    "PPCA mixture per class": (
        GaussianMixture(n_ppca, covariance_type=ppca(directions), random_state=0, tol=tolerance),
        few,
    ),
}
print(f"on {few} axes, for each class: {n_shrunk} shrunk full components, or")
print(f"{n_ppca} components of PPCA with {directions} directions each")

# %%
models, samples = {}, {}
with timed("three generators"):
    for name, (mixture, q) in generators.items():
        models[name] = GaussianMixtureClassifier(mixture=mixture, random_state=0)
        samples[name] = models[name].fit(Z_train[:, :q], y_train).sample(n_draws)
for name, (Z, c) in samples.items():
    drawn[name] = shuffled(pictures(Z))
    assert np.array_equal(c, samples["one Gaussian per class"][1])  # equal seeds, equal classes

# %% [markdown]
# ## The shape without its noise
#
# A component of probabilistic PCA explains a digit in two parts:
#
# $$ x = \underbrace{\mu + W z}_{\text{shape}} + \underbrace{\sigma\, \varepsilon}_{\text{noise}} $$
#
# The columns of $W$ are a few directions in which the digit's shape varies. The rest is noise, equally small along
# every axis: $\sigma$ times a standard normal $\varepsilon$. Figure 6 shows one component from each of three classes.

# %% tags=["hide-input"]
# Figure 6: mean and directions of three components
generator = models["PPCA mixture per class"]
fig, panels = plt.subplots(3, 7, figsize=(9.5, 4.4))
for row, digit in zip(panels, (2, 4, 7)):
    mixture = generator.mixtures_[digit]
    k = mixture.weights_.argmax()
    values, axes = np.linalg.eigh(mixture.covariances_[k])
    mu, W = mixture.means_[k], axes[:, ::-1][:, :2].T * np.sqrt(values[::-1][:2, np.newaxis])
    steps = [mu, *(mu + t * w for w in W for t in (-2, 2))]
    changes = W @ pca.components_[:few]
    images = [*pictures(np.array(steps)), *changes]
    for ax, image in zip(row, (images[0], images[5], *images[1:3], images[6], *images[3:5])):
        signed = image.min() < -1e-9
        reach = np.abs(changes).max() if signed else 1
        ax.imshow(
            image.reshape(side - 1, -1),
            cmap="PuOr" if signed else "gray_r",
            vmin=-reach * signed,
            vmax=reach,
        )
        ax.set_axis_off()
titles = (
    "mean μ",
    "direction 1",
    "μ − 2 sd",
    "μ + 2 sd",
    "direction 2",
    "μ − 2 sd",
    "μ + 2 sd",
)
for ax, title in zip(panels[0], titles):
    ax.set_title(title, fontsize=10)
show(
    fig,
    "Figure 6. The heaviest component of the 2s, the 4s and the 7s: its mean, two of its directions, and the"
    " mean minus and plus two standard deviations (sd) along each.",
    "Three rows of seven pictures. Beside a mean digit are two pictures of violet and orange strokes, the directions,"
    " and the digits that they lead to: slanted, wider, or with another stroke.",
)

# %% [markdown]
# The noise is there to *explain* the specks of real digits. We do not have to *draw* it. We keep only the part of
# each draw along its component's directions.


# %%
def without_noise(classifier, Z, y):
    """The rows of Z (n, q), of classes y (n,), each projected onto its component's directions."""
    shape = Z.copy()
    for c, mixture in zip(classifier.classes_, classifier.mixtures_):
        own = np.flatnonzero(y == c)
        component = mixture.predict(Z[own])  # `sample` does not say which component drew a row
        for k in range(mixture.n_components):
            rows, mu = own[component == k], mixture.means_[k]
            axes = np.linalg.eigh(mixture.covariances_[k])[1][:, -directions:]
            shape[rows] = mu + (Z[rows] - mu) @ axes @ axes.T
    return shape


Z, c = samples["PPCA mixture per class"]
shapes = without_noise(generator, Z, c)
drawn["… without its noise"] = shuffled(pictures(shapes))

# %% [markdown]
# As a check, the [variance](../GLOSSARY.md#variance) removed along each dropped direction must be the model's
# $\sigma^2$, the smallest [eigenvalue](../GLOSSARY.md#eigenvalue) of the component's covariance.
#
# **Before you run the next cells:** five generators and the real digits. In which row do you expect to read all
# sixteen?

# %%
noise = [m.weights_ @ np.linalg.eigvalsh(m.covariances_)[:, 0] for m in generator.mixtures_]
removed = np.sum((Z - shapes) ** 2, axis=1).mean() / (few - directions)
print(f"removed {removed:.4f}, the models' σ² {generator.priors_ @ noise:.4f}")

# %% tags=["hide-input"]
# Figure 7: five generators and real digits
assert np.isclose(removed, generator.priors_ @ noise, rtol=0.05)
gallery = {**drawn, "real (validation)": shuffled(X_val)}
fig, ax = plt.subplots(figsize=(12, 4.4))
plot_digits(np.concatenate([images[:16] for images in gallery.values()]), n_cols=16, ax=ax)
for row, name in enumerate(gallery):
    ax.text(-0.25 * side, side * (row + 0.5), name, ha="right", va="center")
show(
    fig,
    "Figure 7. Five generators, and real digits. Row two has one Gaussian per class; rows three and four have"
    " several, on fewer axes; row five has the digits of row four without their noise. In rows two to five, each"
    " column has one class.",
    "Six rows of sixteen digits. The first row has smudges, and mixtures of two digits. Those of the"
    " fifth row are clean and softer than those of the last, which are real.",
)
at_full_size(
    "generators", 7, "Six rows of sixteen digits of MNIST: five generators, and real digits"
)

# %% [markdown]
# ## Do not just look: measure
#
# We ask four questions about the draws, using validation digits:
#
# - **Neighbours:** can a classifier that compares neighbours tell them from real digits?
#   ([Two-sample test](../GLOSSARY.md#two-sample-test); 0.5 is guessing.)
# - **Strict:** can a random forest? It sees only ink or paper, so that it judges shapes and not grey levels.
# - **Legible:** for how many draws do the five nearest training digits all have the same label?
# - **Copies:** how many draws are suspiciously close to a training digit? Real digits that the model has never seen
#   score about 0.01 (with few digits, 0.00 to 0.02).

# %%
n_judged = min(len(X_val), 3000)
forest = RandomForestClassifier(100, random_state=0, n_jobs=-1)
neighbours = KNeighborsClassifier(5).fit(Z_train[:, :few], y_train)


def legible(images):
    """Share of the pictures (n, pixels) whose five nearest training digits are all of one class."""
    agreement = neighbours.predict_proba(pca.transform(images)[:, :few]).max(axis=1)
    return np.mean(agreement == 1)


def judged(images, real, held_out):
    """Two two-sample tests against `real`, legible share, and copies by the distances of `held_out` digits."""
    images, real = images[:n_judged], real[:n_judged]
    lenient = two_sample_test(real, images, random_state=0)
    strict = two_sample_test((real > 0.5) * 1.0, (images > 0.5) * 1.0, forest, random_state=0)
    copies = memorised_share(images[:500], X_train, held_out[:500])
    return lenient.accuracy, strict.accuracy, legible(images), copies


def print_table(verdicts):
    print(f"{'':26s}neighbours   strict   legible   copies")
    for name, verdict in verdicts.items():
        print(f"{name:26s}" + "".join(f"{value:9.3f}" for value in verdict))


# %% [markdown]
# Three more entries generate nothing. The photocopier hands in training digits. *Real digits* are one random half of
# the validation digits, compared with the other half. The last entry is the same half after `without_noise`.
#
# **Before you run the next cells:** will the photocopier's digits pass as real? Remember who wrote the training
# digits, and who the validation digits.


# %%
def real_entries(X, Z, y):
    """One random half of real digits against the other: as they are, and after `without_noise`."""
    one, other = np.array_split(shuffled(np.arange(len(X))), 2)
    smooth = pictures(without_noise(generator, Z[one, :few], y[one]))
    return {"real digits": (X[one], X[other]), "real, without noise": (smooth, X[other])}


names_of_draws = ("GMM(10, full)", "PPCA mixture per class", "… without its noise")
entries = {name: (drawn[name], X_val) for name in names_of_draws}
entries |= {"photocopier": (shuffled(X_train), X_val)} | real_entries(X_val, Z_val, y_val)
with timed("six verdicts"):
    verdicts = {name: judged(*entry, X_val) for name, entry in entries.items()}
chance = 2 * (2 * 0.25 / n_judged) ** 0.5  # two standard errors of a difference
print(f"differences below {chance:.2f} in the first two columns can be chance")

# %% tags=["hide-input"]
# Figure 8: six verdicts
before, noisy, after, copier, real, smooth = map(np.array, verdicts.values())
assert before[2] < real[2] < after[2]
assert noisy[3] <= after[3] < 2 * smooth[3] + 0.01
assert full_size or min(before[0], noisy[0], after[0]) > copier[0] + chance
assert full_size or np.all(after[:2] > before[:2] - chance / 2)
if full_size:
    assert max(before[3], noisy[3], after[3]) <= real[3] <= smooth[3]
    assert np.all(after[:2] < before[:2] - chance)
    assert abs(after[0] - copier[0]) < chance < after[1] - copier[1]
    assert abs(after[1] - smooth[1]) < chance


def draw_verdicts():
    """One panel for each question: all entries, and the goal."""
    fig, axes = plt.subplots(2, 2, figsize=(10, 5.4), sharey=True)
    looks = [(color(0), "o")] * 3 + [(INK, "s")] * 3
    goals = {"neighbours": copier[0], "strict": copier[1], "legible": real[2], "copies": real[3]}
    for ax, (question, goal), column in zip(axes.flat, goals.items(), zip(*verdicts.values())):
        ax.axvline(goal, color=INK, linestyle="--", linewidth=1)
        for row, (value, (own, shape)) in enumerate(zip(column, looks)):
            ax.plot(value, row, shape, color=own, markersize=8)
            side_of_goal = -1 if value < goal else 1  # so that no number is on the line
            ax.annotate(
                f"{value:.2f}", (value, row), (9 * side_of_goal, 0), textcoords="offset points",
                fontsize=10, ha="left" if side_of_goal > 0 else "right", va="center",
            )  # fmt: skip
        ax.margins(x=0.65)
        ax.set_xticks([tick for tick in ax.get_xticks() if 0 <= tick <= 1], minor=False)
        ax.set(title=question, yticks=range(6), yticklabels=list(verdicts), ylim=(5.5, -0.5))
        ax.tick_params(labelleft=True)
    return fig


show(
    draw_verdicts(),
    "Figure 8. Draws (circles) and real digits (squares). The dashed line is the goal: the photocopier's score in the"
    " upper two panels, that of real digits in the lower two. The photocopier's copies are 1.",
    "Four panels of six points: three kinds of draws, and three of real digits, each with its score.",
)
at_full_size("verdicts", 8, "Four panels with the scores of six entries, for MNIST")

# %% [markdown]
# - **Real digits** by the same people: the tests can only guess. The photocopier's digits are real too, but other
#   people wrote them, so they are recognised more often. A model that learns from the training digits can hardly do
#   better: in the upper two panels the photocopier's score is the goal, not 0.5.
# - **Neighbours:** the draws without noise reach the goal.
# - **Strict:** they come closer but do not reach it. Real digits smoothed in the same way are recognised as easily:
#   smoothness may be all that this test still sees.
# - **Legible:** the mixture without labels is worst. Draws without noise are *more* legible than real digits: real
#   people sometimes write badly.
# - **Copies:** no draws have more than real digits. Leaving out noise can raise this share without copying: smoothed
#   real digits, which copy nothing, have at least as many as before, as they lack the specks in which two real digits
#   always differ.
#
# > With the small digits: no draws reach the neighbours' goal, and neither test sees an improvement from the first
# > row to the third. Only legibility shows it. Eight by eight pixels in ink and paper leave a judge little to see.
# > The draws without noise have more copies than those with it, but smoothed real digits have a similar share.
#
# ## A better likelihood is not a better picture
#
# Which model gives real digits the higher likelihood? Likelihoods can be compared only within one space, so we take
# the [marginal](../GLOSSARY.md#marginal-distribution) density of the ten full Gaussians on the few axes that PPCA
# uses.
#
# **Before you run the next cell:** which explains validation digits better, the ten Gaussians that draw smudges, or
# the mixtures of PPCA whose digits can be read?


# %%
def on_first_axes(mixture, q):
    """The marginal mixture of the first q axes."""
    full, Sigma = CovarianceType.named("full"), mixture.covariances_[:, :q, :q]
    return Mixture(mixture.weights_, mixture.means_[:, :q], Sigma, full.kernel.factor(Sigma), full)


Z_few = Z_val[:, :few]
ten = e_step(Z_few, on_first_axes(best, few))[0].mean()
ours = generator.score_samples(Z_few).mean()
print(
    f"nats per validation digit, on {few} axes: GMM(10, full) {ten:.2f}, PPCA mixtures {ours:.2f}"
)

# %% [markdown]
# The ten Gaussians explain digits better. A density gains from the right width along *every* axis, and most axes hold
# specks. PPCA gives all those axes the same $\sigma$, which costs many nats but cannot be seen in a picture.
#
# So the choice on the validation set was right for a *density*, for example to find anomalies. For pictures, use
# criteria for pictures. Theis, van den Oord and Bethge showed that in high dimensions likelihood and looks are
# largely independent. **First the purpose, then the measure, then the model.**
#
# ## The report, once
#
# Only now do we use the test digits.

# %%
assert ten > ours
with timed("the report on test digits"):
    mixed_test = shuffled(X_test)  # the harder test digits of MNIST are next to one another
    names_of_rows = ("GMM(10, full)", "… without its noise", "photocopier")
    entries = {name: (entries[name][0], mixed_test) for name in names_of_rows}
    entries |= real_entries(X_test, Z_test, y_test)
    report = {name: judged(*entry, mixed_test) for name, entry in entries.items()}
    density = finalists[chosen].score(Z_test)
print(
    f"{chosen[0]} {chosen[1]}: {density:.2f} nats per test digit (validation {held_out[chosen]:.2f})"
)
print_table(report)
shares = {"drawn": class_coverage(pca.transform(drawn["… without its noise"])[:, :few], neighbours)}
shares["test"] = class_coverage(Z_test[:, :few], neighbours)
for name, share in shares.items():
    print(f"{name:6s} share of each digit, by nearest neighbours:", np.round(share, 3))
assert shares["drawn"].min() > 0.05
assert full_size or held_out[chosen] > density + 4

# %% [markdown]
# A test score a little below the validation score is what choosing costs. If it is much lower, the test digits
# differ, perhaps because other people wrote them. No class is forgotten, as the last two lines show.
#
# > With the small digits: the test score is much lower.
#
# One last check, by eye: is any draw a copy?

# %% tags=["hide-input"]
# Figure 9: draws and their nearest neighbours
best_drawn = drawn["… without its noise"][:1000]
distances, nearest = nearest_rows(best_drawn, X_train)
spaced = np.argsort(distances)[np.linspace(0, 999, 16).astype(int)]
pairs = np.concatenate([best_drawn[spaced], X_train[nearest[spaced]]])
fig, ax = plt.subplots(figsize=(12, 1.7))
plot_digits(pairs, n_cols=16, ax=ax)
for row, name in enumerate(("drawn", "nearest in training")):
    ax.text(-0.25 * side, side * (row + 0.5), name, ha="right", va="center")
show(
    fig,
    "Figure 9. Sixteen of a thousand draws, each above its nearest training digit: from the smallest of the thousand"
    " distances on the left to the largest on the right.",
    "Two rows of sixteen digits. On the left, the two of a pair are nearly alike; towards the right"
    " they are mostly the same digit in different handwriting.",
)
at_full_size(
    "nearest", 9, "Two rows of sixteen digits of MNIST: draws above their nearest training digits"
)

# %% [markdown]
# The digits on the left are simple, and many others look like them. Further right the pairs have less in common. A
# copier would show the same picture twice in every column.
#
# So this is how far we came:

# %% tags=["hide-input"]
# Figure 10: before, after, and real
fig, axes = plt.subplots(1, 3, figsize=(13, 4.6))
fig.get_layout_engine().set(wspace=0.08)
for ax, name in zip(axes, ("GMM(10, full)", "… without its noise", "real (validation)")):
    plot_digits(gallery[name][16:32], n_cols=4, ax=ax)
axes[0].set_title("before: ten full Gaussians")
axes[1].set_title("after: PPCA per class, without noise")
axes[2].set_title("real")
show(
    fig,
    "Figure 10. Before, after, and real: sixteen of each, not selected, but the next ones after those of figure 7.",
    "Three grids of four by four digits: several that are hard to read on the left, clearer ones in the"
    " middle, real ones on the right.",
)
at_full_size("before_after", 10, "Three grids of sixteen digits of MNIST: before, after, and real")

# %% [markdown]
# ## Where the time goes
#
# (Optional, for programmers.) Here is what every step took:

# %%
for step, value in seconds.items():
    print(f"{step:36s}{value:9.3f} s")
print(f"{'all of these':36s}{sum(seconds.values()):9.3f} s, with {len(X_train)} training digits")

# %% [markdown]
# Now one round of [EM](../GLOSSARY.md#expectation-maximisation), from the same start, in scikit-learn and here. They
# must end at the same likelihood. We also time what a processor does fastest, a product of two large matrices.

# %%
given = {
    "weights_init": best.weights_, "means_init": best.means_, "precisions_init": best.precisions_,
    "max_iter": 1, "tol": 0.0,
}  # fmt: skip
bounds, took = [], {}
for who, cls in (("scikit-learn", sklearn.mixture.GaussianMixture), ("mlcourse", GaussianMixture)):
    times = []
    for _ in range(1 if full_size else 3):  # a short time says little if the machine is busy
        with warnings.catch_warnings(action="ignore"), timed(f"one round of EM, {who}"):
            # the warnings would tell us that one round is too few
            fitted = cls(10, **given).fit(Z_train)
        times.append(seconds[f"one round of EM, {who}"])
    bounds.append(fitted.lower_bound_)
    took[who] = min(times)
assert np.isclose(*bounds, rtol=1e-9)

A = np.random.default_rng(0).normal(size=(2000, 2000))
A @ A  # the first multiplication wakes the threads
start = perf_counter()
A @ A
rate = 2 * len(A) ** 3 / (perf_counter() - start)  # operations per second

# %% [markdown]
# For each of the $n$ rows and $K$ components, a round computes a distance, using a triangular factor, and the row's
# contribution to a symmetric [scatter matrix](../GLOSSARY.md#scatter-matrix). Each takes about $d^2/2$
# multiplications and as many additions, together $2\, n K d^2$ operations. But does every row need every component?
#
# **Before you run the next cell:** of the ten components, how many does a typical digit need? A
# [responsibility](../GLOSSARY.md#responsibility) of $10^{-20}$ changes no digit of any sum.

# %%
(n, d), K = Z_train.shape, 10
negligible = np.finfo(float).eps / (n * K)  # less than a rounding error, in all rows together
needed = np.mean(np.sum(best.predict_proba(Z_val) > negligible, axis=1))
print(f"components that matter for a digit: {needed:.2f} of {K}")
operations = {"all components": 2 * n * K * d**2, "those that matter": 2 * n * needed * d**2}
took |= {f"arithmetic, {which}": count / rate for which, count in operations.items()}

# %% tags=["hide-input"]
# Figure 11: one round of EM
in_seconds = EngFormatter("s", places=1)
ax = plt.figure(figsize=(8, 2.4)).subplots()
for row, value in enumerate(took.values()):
    arithmetic = {"markerfacecolor": "none", "markeredgewidth": 2} if row > 1 else {}
    ax.plot(value, row, marker(row), color=color(row), markersize=10, **arithmetic)
    ax.annotate(
        in_seconds(value), (value, row), xytext=(10, 0), textcoords="offset points", va="center"
    )
ax.set(xscale="log", xlabel="seconds per round (log scale)", yticks=range(4), ylim=(3.5, -0.5))
ax.set_yticklabels(took)
ax.set_xlim(min(took.values()) / 2, max(took.values()) * 4)
ax.grid(axis="x", alpha=0.3)
show(
    ax,
    f"Figure 11. One round of EM{'' if full_size else ' (the fastest of three)'}. Each labelled tick means ten times"
    " as long. The two hollow points show what the arithmetic alone would take at this machine's full speed.",
    "Four points on a logarithmic axis: seconds per round in scikit-learn and in"
    " mlcourse, and of the arithmetic for all components and for those that matter.",
)

# %% [markdown]
# The greatest saving is **leaving out what cannot matter**. Nearly every digit of MNIST is explained by one
# component, and this shows early: a squared distance is a sum of squares, so it only grows with each coordinate. A
# component that is too far away after the first few can be dropped (`mlcourse/mixture/screening.py` explains how).
# This does not help when components overlap or rows are few.
#
# ## Common mistakes
#
# - **PCA, or scaling, fitted to all digits.** Then the validation digits have influenced the model that they are
#   meant to judge.
# - **"The best k is 18."** It was the largest that was tried.
# - **K chosen on a part of the rows.** A part supports fewer components than the whole. Compare kinds there, and
#   choose K on all rows.
# - **"The best likelihood draws the best pictures."** It does not have to, and here it does not.
# - **Reporting on the digits used for choosing.** Once you have chosen, the validation set has done its work.
#
# ## Quiz
#
# **1.** From the class means, k-means ends with purer clusters *and* a higher inertia than from k-means++. Why?
#
# - **A.** It got stuck; with more rounds it would have reached the lower inertia.
# - **B.** Inertia does not use the classes: by its measure, the purer clustering is worse.
# - **C.** The class means are not a legal start.
#
# <details><summary>Answer</summary>
#
# **B.** A is wrong: both runs have converged, each in a [local optimum](../GLOSSARY.md#local-optimum). C: every set
# of centres is a legal start.
#
# </details>

# %% [markdown]
# **2.** (From the optional section.) An E-step leaves out components that are 50 nats below the best one for a digit.
# What happens to the result?
#
# - **A.** It becomes an approximation; one should finish with a few exact rounds.
# - **B.** Nothing that a 64-bit number could show.
# - **C.** The likelihood rises, since fewer terms are added.
#
# <details><summary>Answer</summary>
#
# **B.** $e^{-50}$ is about $10^{-22}$, and rounding begins at about $10^{-16}$. A would be right for a cut at 5 nats.
# C: leaving out positive terms makes a sum smaller, here by too little to see.
#
# </details>

# %% [markdown]
# **3.** Two generators are compared with validation digits. Generator A: strict test 0.61, copies 0.01. Generator B:
# strict test 0.54, copies 0.70. The photocopier's strict test is 0.53. Which generator is better?
#
# - **A.** Generator A.
# - **B.** Generator B: even the strict test can hardly tell.
# - **C.** Not possible to say without the likelihoods.
#
# <details><summary>Answer</summary>
#
# **A.** Most of B's digits are copies. B does about as well as the photocopier because it nearly is one. So look at
# the copies first. The likelihoods (C) measure something else.
#
# </details>

# %% [markdown]
# ## In five lines
#
# 1. Split first, then fit: PCA, clusters and mixtures use the training part only.
# 2. Inertia, silhouette and purpose ask different questions about $k$. Begin with the purpose.
# 3. Compare starts and kinds on a part of the rows, but choose $K$ on all of them.
# 4. Legible digits need one mixture per class, covariances with few free numbers, few axes, and no drawn noise.
#    Legible is not yet real: a strict test recognises smooth digits.
# 5. Judge by copies, two-sample tests and legibility, compared with real digits; report on the test part, once.
#
# ## Where next
#
# The [exercises](../exercises/12_mnist_exercises.ipynb): a split, a leak, a generator and its test. Then [lesson
# 13](13_beyond.ipynb): half a digit, completed; missing pixels; data that do not fit into memory.
#
# ## References
#
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998). Gradient-based learning applied to document recognition.
#   *Proceedings of the IEEE* 86(11), 2278–2324.
# - L. Kaufman, P. J. Rousseeuw (1990). *Finding Groups in Data*. Wiley.
# - M. E. Tipping, C. M. Bishop (1999). Mixtures of probabilistic principal component analysers. *Neural Computation*
#   11(2), 443–482.
# - E. Richardson, Y. Weiss (2018). On GANs and GMMs. *Advances in Neural Information Processing Systems* 31.
# - L. Theis, A. van den Oord, M. Bethge (2016). A note on the evaluation of generative models. *International
#   Conference on Learning Representations*.
# - D. Lopez-Paz, M. Oquab (2017). Revisiting classifier two-sample tests. *International Conference on Learning
#   Representations*.
