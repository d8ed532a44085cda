# %% [markdown]
# Run the two folded cells below, then press Play: EM runs on 1797 digits, with two numbers for each. The ten ellipses
# overlap, and so do the digits: two numbers are not enough. How many are?

# %% tags=["hide-input"]
# Imports and figure style
from itertools import combinations, islice

import matplotlib.pyplot as plt
import numpy as np
import sklearn.decomposition
from scipy.special import logsumexp
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import adjusted_rand_score, pairwise_distances_argmin
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from mlcourse import PCA, GaussianMixture, KMeans
from mlcourse.datasets import load_digits
from mlcourse.evaluation import class_coverage, memorised_share, nearest_rows, two_sample_test
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import em, expectation_over, mixture_from_responsibilities, ppca
from mlcourse.plotting import (
    INK,
    PALE_INK,
    PAPER,
    PRINT,
    color,
    marker,
    plot_curve,
    plot_digits,
    show,
    use_course_style,
)
from mlcourse.widgets import (
    draw_morph,
    draw_reconstruction,
    em_player,
    morphing_explorer,
    reconstruction_explorer,
)

use_course_style()
RING = {"marker": "o", "markersize": 15, "markerfacecolor": "none", "markeredgewidth": 2}

# %% tags=["hide-input"]
# To begin with: digits in the plane
plane = PCA(2).fit_transform(load_digits()[0])
labels = pairwise_distances_argmin(plane, plane[:10])
start = mixture_from_responsibilities(plane, np.eye(10)[labels], CovarianceType.named("full"))
steps = list(islice(em(expectation_over(plane), start), 30))
em_player(plane, steps, features=("first number", "second number"))

# %% [markdown]
# ## One hundred digits
#
# Thirteen people wrote digits on a form. Each digit became 32 by 32 dots, and the inked dots in every block of four
# by four were counted. The result is eight by eight pixels with grey levels from 0, paper, to 16, ink.

# %%
X, y = load_digits()
print("rows and pixels", X.shape, " digits of each kind", np.bincount(y))

# %% tags=["hide-input"]
# Figure 1: a hundred digits, and all of them in the plane
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 5), width_ratios=[1, 1.15])
plot_digits(X[:100], ax=left)
left.set_title("the first hundred")
for k in range(10):
    rows = plane[y == k]
    right.scatter(*rows.T, color=color(k), marker=f"${k}$", s=30, linewidths=0.4, alpha=0.7)
    label = {"facecolor": PAPER, "edgecolor": color(k), "boxstyle": "circle", "alpha": 0.9}
    right.text(*np.median(rows, axis=0), k, ha="center", va="center", color=PRINT, bbox=label)
right.set(title="all 1797, by class", aspect="equal", xlabel="first number", ylabel="second number")
show(
    fig,
    "Figure 1. Every digit is a row of 64 numbers. On the right, each has only two, which we compute below."
    " The circled numerals mark the medians of the classes.",
    "On the left a ten by ten grid of coarse grey handwritten digits. On the right a cloud of numerals: 0, 4 and 6"
    " are on its rim, mostly by themselves; the others overlap.",
)

# %% [markdown]
# Could a computer generate the next hundred? A row of 64 numbers is a point in 64 dimensions. A
# [Gaussian mixture](../GLOSSARY.md#gaussian-mixture) fitted to the points is a [density](../GLOSSARY.md#density), and
# we can draw from a density.
#
# **Before you run the next cell:** we fit ten full Gaussians to the 64 pixels, without `reg_covar`. What might go
# wrong? Look at the corners of the pictures.

# %%
print("pixels that are the same in all pictures:", np.flatnonzero(X.std(axis=0) == 0))
try:
    GaussianMixture(10, reg_covar=0, random_state=0).fit(X)
except ValueError as error:
    print(str(error)[:87], "…")

# %% [markdown]
# Some pixels are paper in every picture. Their [variance](../GLOSSARY.md#variance) is 0, and a Gaussian without width
# has no density. Others hardly vary, or vary only together. A picture needs fewer than 64 numbers.
#
# ## Fewer numbers for the same picture
#
# Rotate the coordinate system. Let its first axis point where the digits vary most; its second, at a right angle,
# where they vary most of what is left; and so on. These are the
# [principal components](../GLOSSARY.md#principal-component-analysis) of the data. If little is left after $q$ axes,
# we drop the others.
#
# The axes are the [eigenvectors](../GLOSSARY.md#eigenvector) of the covariance matrix, as in
# [lesson 03](03_gaussians.ipynb). The [singular value decomposition](../GLOSSARY.md#singular-value-decomposition) of
# the centred data $A = X - \bar x$ computes them more exactly, without that matrix:
#
# $$ \begin{aligned}
# A &= U \,\mathrm{diag}(s)\, V^{\mathsf T} \\
# \frac{A^{\mathsf T} A}{n-1} &= V\, \mathrm{diag}\!\left(\frac{s^2}{n-1}\right) V^{\mathsf T}
# \end{aligned} $$
#
# So the rows of $V^{\mathsf T}$ are the axes, and $\lambda_j = s_j^2/(n-1)$ is the variance along the $j$-th.


# %%
def principal_axes(X):
    """Mean (d,), axes (d, d) one per row, and the variance along each axis (d,), largest first."""
    mean = X.mean(axis=0)
    _, s, Vt = np.linalg.svd(X - mean, full_matrices=False)
    return mean, Vt, s**2 / (len(X) - 1)


mean, axes, variance = principal_axes(X)
theirs = sklearn.decomposition.PCA(svd_solver="full").fit(X)
assert np.allclose(variance, theirs.explained_variance_)
assert np.allclose(
    np.abs(axes @ theirs.components_.T)[:60, :60], np.eye(60), atol=1e-6
)  # the last vary too little

# %% [markdown]
# The comparison with scikit-learn ignores signs: an axis that points the other way is the same axis.
#
# An axis is a direction in the space of pictures, so it is itself a picture.

# %% tags=["hide-input"]
# Figure 2: mean and first axes
fig, panels = plt.subplots(1, 7, figsize=(11, 2))
reach = np.abs(axes[:6]).max()
panels[0].imshow(mean.reshape(8, 8), cmap="gray_r", vmin=0, vmax=16)
panels[0].set_title("mean")
for j, ax in enumerate(panels[1:]):
    ax.imshow(axes[j].reshape(8, 8), cmap="PuOr", vmin=-reach, vmax=reach)
    ax.set_title(f"axis {j + 1}")
for ax in panels:
    ax.set_axis_off()
show(
    fig,
    "Figure 2. The mean of all digits, and the six directions in which they differ most. A step along an axis"
    " adds ink to the pixels of one colour and takes it from those of the other.",
    "A blurred grey blob, the mean, and six small pictures of orange and violet patches: strokes and"
    " rings, coarse in the first, finer in the later ones.",
)

# %% [markdown]
# Every digit is the mean plus some amount of axis 1, some of axis 2, and so on: 64 amounts. Variances along axes at
# right angles add up, so each axis holds a share of the total, its
# [explained variance](../GLOSSARY.md#explained-variance).
#
# **Before you run the next cells:** how many axes do you need for 80 % of the variance? And how many for 99 %?

# %%
share = np.cumsum(variance) / variance.sum()
q80, q = (int(np.argmax(share >= wanted)) + 1 for wanted in (0.8, 0.99))
print("80 %:", q80, "axes,  99 %:", q, "axes")

# %% tags=["hide-input"]
# Figure 3: explained variance
ax = plot_curve(np.arange(1, 65), share, "axes kept", "share of the variance")
for axes_kept, wanted in ((q80, 0.8), (q, 0.99)):
    height = share[axes_kept - 1]
    ax.plot(axes_kept, height, "o", markersize=12, fillstyle="none", color=INK)
    ax.text(axes_kept + 1.5, height - 0.02, f"{axes_kept} axes: {wanted:.0%}", va="top")
ax.set(ylim=(0, 1.05), xticks=[1, 16, 32, 48, 64])
show(
    ax,
    "Figure 3. Explained variance: a few axes hold most of it, and the last ones hold nothing.",
    "A curve that rises steeply, bends, and creeps up to 1. Rings mark 13 axes at 80 % and 41 axes at 99 %.",
)

# %% [markdown]
# To *project* a picture is to compute its amounts along the axes that we keep. To *rebuild* it is to turn these
# amounts into a picture again. What the picture had along other axes is lost.
#
# $$ z = V_q^{\mathsf T} (x - \bar x), \qquad \hat x = \bar x + V_q\, z $$


# %%
def project(X, mean, axes):
    """Amounts (n, q) of pictures X (n, d) along axes (q, d)."""
    return (X - mean) @ axes.T


def rebuild(Z, mean, axes):
    """Pictures (n, d) from amounts Z (n, q)."""
    return Z @ axes + mean


# %% tags=["hide-input"]
# Figure 4: ten digits on fewer and more axes
assert q == 41
kept = (2, 5, 13, 41, 64)
rows = [rebuild(project(X[:10], mean, axes[:k]), mean, axes[:k]) for k in kept]
assert np.allclose(rows[-1], X[:10])  # with all axes nothing is lost
fig, ax = plt.subplots(figsize=(7, 4.6))
plot_digits(np.concatenate([X[:10], *rows]).clip(0, 16), ax=ax)
for row, label in enumerate(["the originals", *(f"{k} axes" for k in kept)]):
    ax.text(-2, 9 * row + 4, label, ha="right", va="center")
show(
    fig,
    "Figure 4. Ten digits, rebuilt from fewer and more axes. With thirteen you can read most of them; with 41 you"
    " have to look twice to see a difference.",
    "Six rows of the digits 0 to 9. With two axes they are blurred blobs, with thirteen one can read"
    " most of them, with forty-one they look like the originals.",
)

# %% [markdown]
# Now look at one digit at a time.
#
# **Before you move a slider:** can one more axis ever make a digit worse? And 13 axes hold 80 % of the variance: do
# they hold 80 % of *each* digit?

# %%
all_axes = PCA().fit(X)  # does what our functions do
reconstruction_explorer(X[:100], all_axes)

# %% [markdown]
# If the sliders do not appear, here is one setting: row 9, a 9, from thirteen axes.

# %%
show(*draw_reconstruction(X[:100], all_axes, row=9, q=13))

# %%
amounts = project(X[:100], mean, axes)
left_over = np.sum(amounts**2, axis=1, keepdims=True) - np.cumsum(amounts**2, axis=1)
far = np.sum((X[:100] - mean) ** 2, axis=1, keepdims=True)
needed = 1 + np.argmax(left_over < 0.2 * far, axis=1)
print(
    f"for 80 % of its squared distance from the mean, a digit needs {needed.min()} to {needed.max()} axes"
)

# %% [markdown]
# One more axis never makes a digit worse: the axes are at right angles, so each subtracts its own square, $z_j^2$,
# from the squared error. And no other $q$ axes lose less on average: the axes that we drop are those along which the
# digits vary least.
#
# But 80 % is an average over all digits, which promises nothing about a single one. Of the hundred, row 9 loses the
# most with thirteen axes.
#
# ## Whitening: every axis in its own unit
#
# The amounts vary greatly along axis 1, and hardly along axis 41. Divide each by its
# [standard deviation](../GLOSSARY.md#standard-deviation), and they all have variance 1. This is the
# [whitening](../GLOSSARY.md#whitening) of lesson 03. To go back, multiply again:
#
# $$ \begin{aligned}
# z_j &= \frac{v_j^{\mathsf T}(x - \bar x)}{\sqrt{\lambda_j}} \\
# \hat x &= \bar x + \sum_{j \le q} \sqrt{\lambda_j}\; z_j\, v_j
# \end{aligned} $$


# %%
def whiten(X, mean, axes, variance):
    """Amounts (n, q) along the axes, each in units of its standard deviation."""
    return project(X, mean, axes) / np.sqrt(variance)


def unwhiten(Z, mean, axes, variance):
    """Pictures (n, d) from whitened amounts."""
    return rebuild(Z * np.sqrt(variance), mean, axes)


model = mean, axes[:q], variance[:q]
Z = whiten(X, *model)
assert np.allclose(np.cov(Z.T), np.eye(q))
assert np.allclose(unwhiten(Z, *model), rebuild(project(X, mean, axes[:q]), mean, axes[:q]))
print(Z.shape, " widest axis:", variance[0].round(1), " narrowest:", variance[q - 1].round(1))

pca = PCA(0.99, whiten=True).fit(X)
assert np.allclose(np.abs(pca.transform(X)), np.abs(Z))
Z = pca.transform(X)

# %% [markdown]
# `PCA(0.99, whiten=True)` does the same, except for signs. From here on we use that.
#
# Whitening has one advantage: a fixed `reg_covar` now means the same along every axis. It has one drawback: axis 41,
# which hardly matters, now counts as much as axis 1.
#
# **Before you run the next cells:** which of our two methods suffers, [k-means](../GLOSSARY.md#k-means) or a mixture
# with full covariances? (We compare k-means with the true digits, by the
# [adjusted Rand index](../GLOSSARY.md#adjusted-rand-index), ARI.)

# %%
plain = Z * np.sqrt(pca.explained_variance_)  # the same amounts, not whitened
for name, data in (("not whitened", plain), ("whitened    ", Z)):
    labels = KMeans(10, n_init=5, random_state=0).fit(data).labels_
    print(f"{name} k-means against the true digits, ARI {adjusted_rand_score(y, labels):.2f}")

# %%
shift = 0.5 * np.log(pca.explained_variance_).sum()
print(
    f"a Gaussian's log density is {shift:.1f} nats higher in whitened units, for every digit alike"
)

# %% [markdown]
# Whitening hurts k-means, with nearly all seeds. A full Gaussian adapts to any units: its log density changes by the
# same constant everywhere, half the sum of the $\log \lambda_j$. (EM still depends on the units through its start
# from k-means, and `reg_covar`.)
#
# So **log-likelihoods can be compared only in the same coordinates**, and with the same number of axes.
#
# ## A hundred new digits
#
# We fit, draw, and go back to pixels. Grey levels are whole numbers from 0 to 16, so we round and clip.


# %%
def to_pixels(pca, Z):
    """Pictures with whole grey levels from 0 to 16, from amounts Z (n, q) along the axes."""
    return np.rint(pca.inverse_transform(Z)).clip(0, 16)


mixture = GaussianMixture(10, random_state=0).fit(Z)
loop = np.concatenate([mixture.sample()[0] for _ in range(100)])
once = mixture.sample(100)[0]

# %% [markdown]
# For a hundred digits, call `sample()` a hundred times, or `sample(100)` once. **Before you run the next cell:** do
# you expect a difference?

# %% tags=["hide-input"]
# Figure 5: one mixture, sampled in two ways
assert left_over[:, 12].argmax() == 9
assert needed.min() < 10 < 20 < needed.max()
one, other = (GaussianMixture(reg_covar=0).fit(data) for data in (Z, plain))
assert np.allclose(one.score_samples(Z) - shift, other.score_samples(plain))
fig, panels = plt.subplots(1, 2, figsize=(10, 5))
for ax, drawn, title in zip(panels, (loop, once), ("sample() in a loop", "sample(100) once")):
    plot_digits(to_pixels(pca, drawn), ax=ax)
    ax.set_title(title)
show(
    fig,
    "Figure 5. The same mixture, sampled in two ways.",
    "Two grids of a hundred digits. On the left all hundred are one and the same picture. On the right"
    " they differ.",
)
print("different digits:", len(np.unique(loop, axis=0)), "and", len(np.unique(once, axis=0)))

# %% [markdown]
# An integer `random_state` is a [seed](../GLOSSARY.md#seed): every call of `sample` restarts the same random numbers,
# and gives the same digit. Ask once for as many as you need. The rows of a sample are grouped by
# [component](../GLOSSARY.md#component), so shuffle them before you take the first few.
#
# On the right, most are legible; some are smudges. Has the mixture also learned how one digit turns into another? Go
# in a straight line from the mean of one component to that of another.
#
# **Before you move the slider:** halfway between two means, is there a digit? And is the density there higher or
# lower than that of a typical draw, the dashed line?

# %%
morphing_explorer(mixture, pca)

# %% [markdown]
# If the controls do not appear, here is one setting: from the component with most of the 2s to the one with the 7s.
# Below it, we count all 45 pairs.

# %%
owner = mixture.predict(Z)
kinds = [int(np.bincount(y[owner == k]).argmax()) for k in range(10)]
show(*draw_morph(mixture, pca, kinds.index(2), kinds.index(7), 0.8))

drawn = mixture.score_samples(mixture.sample(2000)[0])
paths = [np.linspace(*mixture.means_[list(pair)], 101) for pair in combinations(range(10), 2)]
valleys = np.array([mixture.score_samples(path).min() for path in paths])
usual, rare = np.quantile(drawn, (0.5, 0.05))
print(f"half of the draws are above {usual:.0f} (the dashed line), 95 % above {rare:.0f};")
print(f"of 45 paths, {np.sum(valleys < rare)} fall below {rare:.0f}")
assert np.sum(valleys < rare) > 22

# %% [markdown]
# The density has ten hills, with deep valleys between most of them. In a valley, the picture is two digits, one on
# top of the other. So the mixture does not turn digits into one another. It picks a component, and draws from its
# hill. (Both ends are higher than most draws: [lesson 03](03_gaussians.ipynb) showed why.)
#
# Ten hills are few, since everybody writes digits in their own way. How many do we need?
#
# ## The curve that lies
#
# [Lesson 09](09_choosing_k.ipynb) had an answer: the [AIC](../GLOSSARY.md#aic), twice the number of parameters minus
# twice the log-likelihood of the data; the lowest wins. We try 50, 60, … 200 components, with two seeds.

# %%
Ks = np.arange(50, 201, 10)
aic = np.array(
    [[GaussianMixture(K, random_state=seed).fit(Z).aic(Z) for K in Ks] for seed in (0, 1)]
)

# %% tags=["hide-input"]
# Figure 6: AIC against K
best = Ks[aic.argmin(axis=1)]
assert best.min() > 140
ax = plt.figure().subplots()
for seed, (curve, x, y_text) in enumerate(zip(aic, (84, 160), (-235_000, -130_000))):
    ax.plot(Ks, curve, color=color(seed), marker=marker(seed), markersize=5)
    ax.plot(best[seed], curve.min(), color=color(seed), **RING)
    ax.annotate(
        f"seed {seed}: lowest at {best[seed]}", (best[seed], curve.min()), (x, y_text),
        ha="center", arrowprops={"arrowstyle": "-", "color": PALE_INK, "shrinkB": 9},
    )  # fmt: skip
ax.set(xlabel="components K", ylabel="AIC on all 1797 digits")
show(
    ax,
    "Figure 6. AIC from two random starts, with a ring around each minimum. Both curves look convincing.",
    "Two falling curves that flatten out near 150 and then rise a little. A ring marks the lowest point of each.",
)
print("lowest at K =", best)

# %% [markdown]
# Textbooks print such curves for these digits. But the minimum depends on the seed, and there is a bigger problem.
#
# **Before you run the next cell:** take 140 components, fewer than at either minimum. How many free parameters do
# they have, with full covariances in 41 dimensions? And how many numbers are there in the data?

# %%
K, d = 140, Z.shape[1]
n_parameters = (K - 1) + K * d + K * d * (d + 1) // 2
print(n_parameters, "parameters from", Z.size, "numbers")

# %% [markdown]
# There are more parameters than numbers. The AIC estimates how well a model would do on *new* data, and assumes many
# data and few parameters. Here it means nothing.
#
# So we [hold back](../GLOSSARY.md#held-out-data) a quarter of the digits, and score the model on these.
#
# **Before you run the next cell:** the [log-likelihood](../GLOSSARY.md#log-likelihood) of a training digit rises with
# $K$. What does that of a held-out digit do?

# %%
Z_fit, Z_held = train_test_split(Z, test_size=0.25, random_state=0)
few_to_many, held = (1, 2, 5, 10, 20, 50, 100, 140), {}
for K in few_to_many:
    m = GaussianMixture(K, random_state=0).fit(Z_fit)
    held[K] = m.score(Z_held)
    print(f"K = {K:3d}   training {m.score(Z_fit):7.1f}   held out {held[K]:14,.1f}")
owned = np.bincount(m.predict(Z_fit), minlength=140)

# %% tags=["hide-input"]
# Figure 7: a held-out digit against K
assert (n_parameters, Z.size) == (126_419, 73_677)
assert max(held, key=held.get) == 10
assert -49.5 < held[10] < -48.5
assert -6e6 < held[140] < -3e6
assert 8 <= np.median(owned) <= 10
lost = [held[10] - held[K] for K in few_to_many]
ax = plot_curve(few_to_many, lost, "components K", "nats lost per held-out digit", chosen=10)
ax.text(135, lost[-1] * 1.7, f"{lost[-1] / 1e6:.1f} million", ha="right", va="bottom")
ax.text(12.5, 0.3, "best", va="center")
ax.set_yscale("symlog", linthresh=10)
ax.set(xscale="log", xticks=few_to_many, xticklabels=few_to_many, ylim=(-2, 4e7))
ax.minorticks_off()
show(
    ax,
    "Figure 7. How many nats a held-out digit loses against the best K, 10. Above 10 nats, each labelled tick means"
    " ten times as many. (Figure 6 begins at K = 50.)",
    "A curve that is near zero up to ten components, with a ring at 10, and then climbs to more than a"
    " million nats.",
)
print(f"digits per component at K = 140: median {np.median(owned):.0f}")

# %% [markdown]
# A held-out digit scores minus 49 with ten components, and minus four *million* with 140. (We tried five splits: 5 or
# 10 was best in each, and 140 lost more than a million nats.)
#
# Why? A typical component owns nine digits, and nine points span at most eight dimensions. In the other 33 or more
# directions the only variance is `reg_covar`, a millionth, so the standard deviation is a thousandth. A new digit is
# off by about half a unit in each of them. Half, divided by a thousandth, is 500; half the square of that is 125 000
# nats, for every flat direction: together, millions.
#
# ## Choose on data that the model has not seen
#
# Now properly, from the start, with three parts: **training** to fit, **validation** to choose, **test** to report,
# once. The PCA is part of the model, so it too is fitted to the training digits alone.
#
# We no longer whiten: it hurts k-means, and k-means is where EM starts. So the log-likelihoods from here on cannot be
# compared with those above.

# %%
X_rest, X_test, y_rest, y_test = train_test_split(X, y, test_size=0.2, stratify=y, random_state=0)
X_train, X_val, y_train, y_val = train_test_split(
    X_rest, y_rest, test_size=0.25, stratify=y_rest, random_state=0
)
pca = PCA(0.99).fit(X_train)
Z_train, Z_val, Z_test = (pca.transform(part) for part in (X_train, X_val, X_test))
print("training", Z_train.shape, " validation", Z_val.shape, " test", Z_test.shape)

# %% [markdown]
# Five things can be done about covariances from too few digits:
#
# - **Fewer components.** Each then owns more digits.
# - **[Tied](../GLOSSARY.md#tied-covariance)** (lesson 07): all components share one covariance.
# - **[Diagonal](../GLOSSARY.md#diagonal-covariance)**: only 41 variances for each component.
# - **PPCA** (Tipping and Bishop): each covariance has a few directions of its own, and one variance for all the rest.
# - **[Shrinkage](../GLOSSARY.md#shrinkage)** (lesson 06): mix each covariance with a target $T$ that is better known.
#   With a strength of $m$ the target counts as $m$ digits:
#
# $$ \begin{aligned}
# \Sigma_k &= \frac{S_k + m\,T}{N_k + m} \\
# S_k &= \sum_i r_{ik}\,(x_i - \mu_k)(x_i - \mu_k)^{\mathsf T}
# \end{aligned} $$
#
# `covariance_prior="data"` takes the covariance of all training digits as $T$, and `prior_strength` is $m$.
#
# **Before you run the next cells:** which of the five will do best on validation data? Will the best $K$ be smaller
# or larger once the covariances are shrunk?

# %%
prior = {"covariance_prior": "data", "prior_strength": 10}
families = {
    "full": lambda K: GaussianMixture(K, random_state=0),
    "tied": lambda K: GaussianMixture(K, covariance_type="tied", random_state=0),
    "diagonal": lambda K: GaussianMixture(K, covariance_type="diag", random_state=0),
    "PPCA": lambda K: GaussianMixture(K, covariance_type=ppca(10), random_state=0),
    "shrunk": lambda K: GaussianMixture(K, random_state=0, **prior),
}
curves, Ks = {}, np.array([1, 2, 5, 10, 20, 30, 40])
for name, build in families.items():
    curves[name] = np.array([build(K).fit(Z_train).score(Z_val) for K in Ks])
    print(f"{name:8s} best at K = {Ks[curves[name].argmax()]:2d}: {curves[name].max():7.1f}")

# %% tags=["hide-input"]
# Figure 8: five families of covariances
best = {name: scores.max() for name, scores in curves.items()}
assert best["shrunk"] > 3 + max(value for name, value in best.items() if name != "shrunk")
assert best["shrunk"] < 0.3 + curves["shrunk"][list(Ks).index(20)]  # twenty is best, or nearly
fig, ax = plt.subplots(figsize=(7.5, 4.4))
bottom, top = best["shrunk"] - 18, best["shrunk"] + 2
for j, scores in enumerate(curves.values()):
    ax.plot(Ks, scores, color=color(j), marker=marker(j))
    ax.plot(Ks[scores.argmax()], scores.max(), color=color(j), **RING)
places = {
    "full": (12, -13),
    "tied": (38, -8.7),
    "diagonal": (37, -6),
    "PPCA": (10, -3.3),
    "shrunk": (20, 0.8),
}
for name, (x, above) in places.items():
    own = {"color": color(list(families).index(name)), "weight": "bold"}
    ax.text(x, best["shrunk"] + above, name, ha="left" if name == "full" else "center", **own)
ax.set(xlabel="components K", ylabel="validation log-likelihood of a digit", ylim=(bottom, top))
show(
    fig,
    "Figure 8. Five families of covariances: higher is better, and a ring marks the best K of each.",
    "Five curves over K. The full one has its ring at a small K, and drops out of the picture; PPCA follows later."
    " Tied and diagonal are close together and rise slowly to the last K. The shrunk one is above all others from ten"
    " components on, with its ring further to the right.",
)

# %% [markdown]
# Shrinkage does best, and can afford more components: twenty full covariances.
#
# PPCA's ten directions, the strength of ten, and the size of the tied mixture below come from earlier trials on the
# same validation digits. Each trial makes the best validation score a little too good to be true. That is what the
# test digits are for.
#
# ## How strong, and towards what?
#
# The covariance of *all* digits is far too wide for one component: it describes how a 1 differs from an 8. The shared
# covariance of a tied mixture is a better target: it describes how digits of *one* component differ.
#
# **Before you run the next cells:** for one of the two targets, a greater strength will be best. Which?

# %%
tied = GaussianMixture(30, covariance_type="tied", random_state=0).fit(Z_train)
strengths = np.array([1, 2, 5, 10, 20, 50, 100, 200])
targets, scores = {"all digits": "data", "tied": tied.covariances_}, {}
for name, T in targets.items():
    for m in strengths:
        shrunk = GaussianMixture(20, covariance_prior=T, prior_strength=m, random_state=0)
        scores[name, m] = shrunk.fit(Z_train).score(Z_val)

# %% tags=["hide-input"]
# Figure 9: shrinkage towards two targets
top = {name: int(max(strengths, key=lambda m: scores[name, m])) for name in targets}
fall = {name: scores[name, top[name]] - scores[name, 200] for name in targets}
assert scores["tied", top["tied"]] > 0.5 + scores["all digits", top["all digits"]]
assert fall["tied"] + 1 < fall["all digits"]
assert top["all digits"] < top["tied"] <= 50
ax = plt.figure(figsize=(7.5, 3.8)).subplots()
for j, name in enumerate(targets):
    values, best_m = [scores[name, m] for m in strengths], top[name]
    ax.plot(strengths, values, color=color(j), marker=marker(j))
    ax.plot(best_m, max(values), color=color(j), **RING)
    up, aligned = (12, "bottom") if name == "tied" else (-12, "top")
    for x, y, words in (
        (best_m, max(values), f"m = {best_m}"),
        (140, values[-2 if name == "tied" else -1], f"towards {name}"),
    ):
        own = {"color": color(j), "weight": "bold", "ha": "center", "va": aligned}
        ax.annotate(words, (x, y), (0, up), textcoords="offset points", **own)
ax.set(xscale="log", xlabel="strength m (digits)", ylabel="validation log-likelihood")
ax.set(xticks=strengths, xticklabels=strengths)
ax.margins(y=0.12)
ax.minorticks_off()
show(
    ax,
    "Figure 9. Twenty components, shrunk towards two targets. If shrunk too little, the covariances are noise;"
    " if too much, they are all alike.",
    "Two hump-shaped curves over the strength. The one towards the tied covariance has its top at"
    f" {top['tied']}, and the other a lower top at {top['all digits']}.",
)
for name, m in top.items():
    print(
        f"towards {name:10s} best m = {m}: {scores[name, m]:.2f}; at m = 200 lower by {fall[name]:.1f}"
    )

# %% [markdown]
# The tied target is the better one, so it may count as more digits. A component of fifty digits still keeps most of
# its own shape; one of five hardly any.
#
# ## The report, once
#
# Everything is now chosen: twenty full covariances, shrunk towards the tied covariance with the best strength of
# figure 9. We compare them with what the AIC chooses on the same training digits. Only now do we use the test digits.

# %%
by_aic = [GaussianMixture(K, random_state=0).fit(Z_train) for K in range(50, 201, 10)]
aic_choice = min(by_aic, key=lambda m: m.aic(Z_train))
chosen = {"covariance_prior": tied.covariances_, "prior_strength": top["tied"]}
held_out_choice = GaussianMixture(20, random_state=0, **chosen).fit(Z_train)
choices = {"AIC's choice": aic_choice, "held-out choice": held_out_choice}
print("                       K   test log-likelihood of a digit")
for name, model in choices.items():
    print(f"{name:20s}{model.n_components:4d}   {model.score(Z_test):16,.1f}")

# %% [markdown]
# The held-out choice does nearly as well as on the validation digits that chose it (figure 9).
#
# But how much is "once" worth here? The lesson was run many times while it was written, and you cannot check that
# nothing was changed because of the results. The most trusted test data are those that somebody else keeps.
#
# **Before you run the next cells:** one of these models gives the test digits a log-likelihood of minus many
# millions. What will its digits look like?

# %%
drawn = {name: to_pixels(pca, model.sample(2000)[0]) for name, model in choices.items()}
shuffle = np.random.default_rng(0).permutation(2000)
drawn = {name: images[shuffle] for name, images in drawn.items()}

# %% tags=["hide-input"]
# Figure 10: digits of two models, and real ones
on_test = {"AIC": aic_choice.score(Z_test), "held-out": held_out_choice.score(Z_test)}
assert on_test["AIC"] < -1e7
assert abs(on_test["held-out"] - scores["tied", top["tied"]]) < 1
fig, panels = plt.subplots(1, 3, figsize=(11, 4))
fig.get_layout_engine().set(wspace=0.06)
for ax, (name, images) in zip(panels, {**drawn, "real test digits": X_test}.items()):
    plot_digits(images[:100], ax=ax)
    ax.set_title(name)
show(
    fig,
    "Figure 10. A hundred digits from the model that AIC chose, a hundred from the one that held-out data"
    " chose, and a hundred real ones.",
    "Three grids of a hundred digits. All three look handwritten. The first is crisp; the second has a"
    " little more haze and some digits that are hard to read; the third is the real thing.",
)

# %% [markdown]
# The digits of AIC's choice are the crisper ones. How can the same model be so wrong about digits that it has not
# seen?
#
# ## Judging honestly
#
# ### Is it a copy?
#
# For each generated digit we look up its nearest neighbour among the training digits. We do the same for the real
# test digits, which cannot be copies. Figure 11 shows ten of the forty generated digits that are nearest.

# %%
rows, labels, near = [], [], {}
for name, images in {**drawn, "real test digits": X_test}.items():
    distances, nearest = nearest_rows(images, X_train)
    near[name] = np.quantile(distances, 0.01)
    print(f"{name:16s} distance to the nearest training digit: median", end=" ")
    print(f"{np.median(distances):.1f}, nearest 1 % below {near[name]:.1f}")
    if name in drawn:
        closest = np.argsort(distances)[:40:4]
        rows += [images[closest], X_train[nearest[closest]]]
        labels += [name, "nearest in training"]
owned = np.sort(np.bincount(aic_choice.predict(Z_train), minlength=aic_choice.n_components))
print("digits of the smallest components of AIC's choice:", owned[:10])

# %% tags=["hide-input"]
# Figure 11: digits and their nearest neighbours
assert near["AIC's choice"] < distances.min() < near["held-out choice"]  # distances: of real ones
assert owned[0] < 5
fig, ax = plt.subplots(figsize=(8, 3.1))
plot_digits(np.concatenate(rows), ax=ax)
for row, label in enumerate(labels):
    ax.text(-2, 9 * row + 4, label, ha="right", va="center")
ax.axhline(17, color=INK, linewidth=1.5)  # between the pairs
show(
    fig,
    "Figure 11. Generated digits, each above its nearest training digit. The upper pairs are"
    " the same picture twice, down to the greys. The lower pairs are similar too, but their greys differ.",
    "Four rows of ten digits. Each digit of the first row is a copy, almost to the pixel, of the one"
    " below it. Those of the third row, mostly 1, 0 and 6, have the outline of those below, with other greys.",
)

# %% [markdown]
# AIC's choice **copies**: the nearest 1 % of its digits are closer to a training digit than any real test digit is. A
# component that owns a handful of digits can generate only blends of these. The held-out choice does not copy.
#
# How many are copies? `memorised_share` counts the digits that are closer to the training set than all but 1 % of
# held-out digits are. So an honest generator scores about 0.01.
#
# ### Can they be told apart?
#
# The [two-sample test](../GLOSSARY.md#two-sample-test) of Lopez-Paz and Oquab trains a classifier on one half of the
# digits to tell real from generated, and tests it on the other. If it can only guess, its accuracy is 0.5. We use two
# judges: one compares neighbours; the other, a random forest, is stricter.
#
# ### Are all classes there?
#
# A classifier trained on real digits names the generated ones. A class with a share near 0 has been forgotten.
#
# Here come all three tests, for both models and for two entries that generate nothing: the photocopier hands in
# training digits, and the last row has the real validation digits.
#
# **Before you run the next cell:** which tests will the photocopier pass?


# %%
def accuracy(images, judge=None):
    """Mean accuracy of two-sample tests against real test digits, over five splits."""
    tests = [two_sample_test(X_test, images, judge, random_state=s) for s in range(5)]
    return np.mean([test.accuracy for test in tests])


names = KNeighborsClassifier().fit(X_train, y_train)
forest = RandomForestClassifier(100, random_state=0)
verdicts = {}
print("                    copies   neighbours   forest   rarest class")
for name, images in {**drawn, "photocopier": X_train, "real (validation)": X_val}.items():
    verdicts[name] = (
        memorised_share(images, X_train, X_test),
        accuracy(images),
        accuracy(images, forest),
        class_coverage(images, names).min(),
    )
    print(f"{name:18s}" + "".join(f"{value:8.3f}   " for value in verdicts[name]))

# %% tags=["hide-input"]
# Checks of the numbers in the text
copies, neighbours, strict, rarest = np.transpose(list(verdicts.values()))
assert copies[2] == 1 > copies[0] > 0.04 > 0.02 > copies[1]
assert rarest.min() > 0.05
assert neighbours[2] < neighbours[0] < neighbours[1] < 0.62
assert strict[2] < 0.6 < strict[0] < strict[1]

# %% [markdown]
# Read the table column by column.
#
# - **Copies:** AIC's choice has many times as many as an honest generator; the held-out choice has hardly any.
# - **Neighbours and forest:** *both judges find AIC's choice more real than the honest model*, because copies of real
#   digits look real.
# - **Rarest class:** nobody forgets a class.
#
# The photocopier passes every test except the first. **So no single test is enough, and the test for copies comes
# first.**
#
# With the held-out choice, the neighbours' judge does only a little better than guessing. The forest is not fooled.
# What does it see?

# %%
projected = to_pixels(pca, Z_test)
for name, images in {**drawn, "real, on 41 axes": projected, "real": X_test}.items():
    print(f"{name:16s} share of white pixels {np.mean(images == 0):.2f}")

# %% [markdown]
# The forest sees haze. Real paper is exactly white. Some of that is already lost when real digits go through the 41
# axes and back. A Gaussian, which never has an exact value, loses more.
#
# ## Common mistakes
#
# - **"A hundred new digits, and they are all the same."** You called `sample()` in a loop, with an integer
#   `random_state`.
# - **Grey blobs instead of digits.** The samples are in whitened coordinates. The way back: times the standard
#   deviations, times the axes, plus the mean. `inverse_transform` does all of it.
# - **PCA without subtracting the mean.** The first "axis" is then nearly the mean digit, and its "variance" is larger
#   than any real one. Nothing crashes.
# - **"These look best, so this model is best."** Look for copies first.
#
# ## Quiz
#
# **1.** Suppose that model A, on 41 whitened axes, has a held-out log-likelihood of −49. Model B, on 20 whitened axes
# of the same PCA, has −27. What follows?
#
# - **A.** B is better: its likelihood is higher.
# - **B.** B is better, because fewer dimensions overfit less.
# - **C.** Nothing yet.
#
# <details><summary>Answer</summary>
#
# **C.** A log density in 20 dimensions and one in 41 are in different units, and model B does not describe the other
# 21 axes at all. Answer B may even be true, but these numbers do not show it.
#
# </details>

# %% [markdown]
# **2.** Your generated digits pass the two-sample test: the judge's accuracy is 0.50. What do you check next?
#
# - **A.** Nothing: they cannot be told from real ones.
# - **B.** Their nearest neighbours in the training set.
# - **C.** The AIC of the model.
#
# <details><summary>Answer</summary>
#
# **B.** Copies pass that test best of all. C judges a model on the digits it was fitted to.
#
# </details>

# %% [markdown]
# **3.** A component owns five digits, in 41 dimensions, and is shrunk with $m = 20$ towards $T$. Which covariance
# does it have, more or less?
#
# - **A.** That of its five digits, with a small correction.
# - **B.** Mostly $T$, with a little of its own five digits.
# - **C.** A flat one, since five digits span four dimensions.
#
# <details><summary>Answer</summary>
#
# **B.** Its own digits count for 5 of 25, the target for 20 of 25. C is what happens without shrinkage.
#
# </details>

# %% [markdown]
# ## In five lines
#
# 1. PCA: centre, SVD. Rows of $V^{\mathsf T}$ are axes, $s^2/(n-1)$ variances; 41 of 64 keep 99 %.
# 2. Whitening divides by standard deviations. It hurts k-means, but full covariances only through their start.
#    Compare likelihoods in one space only.
# 3. An AIC with more parameters than data means nothing. Trust held-out digits.
# 4. Shrink each covariance towards a good target, with a strength chosen on validation data; report once on test
#    data.
# 5. Judge samples by copies first, then by two-sample tests and coverage. The crispest digits may be copies.
#
# ## Where next
#
# The [exercises](../exercises/11_pca_digits_exercises.ipynb): you write the PCA, fix a whitening that looks perfect,
# and catch a copier. Then [lesson 12](12_mnist.ipynb) does all this with seventy thousand digits. One caution: our
# test digits were written by the same thirteen people as the training digits. Nobody else's were tested.
#
# ## Optional: another family, Bernoulli
#
# Must the components be Gaussian? Nothing in EM requires it. Make every pixel ink (1) or paper (0), and let component
# $k$ put ink on pixel $j$ with probability $\mu_{kj}$, independently of the other pixels: a
# [Bernoulli distribution](../GLOSSARY.md#bernoulli-distribution) per pixel. The E-step is the same, with another
# density:
#
# $$ \log p(x \mid k) = \sum_j x_j \log \mu_{kj} + (1 - x_j) \log (1 - \mu_{kj}) $$
#
# In the M-step $\mu_k$ is again the mean of the pictures, weighted by the responsibilities. There is no covariance.
#
# **Before you run the next cells:** what will be wrong with the digits that this mixture draws?


# %%
def e_step(B, pi, mu):
    """Log density (n,) and responsibilities (n, K) of pictures B (n, d) of ink and paper."""
    joint = np.log(pi) + B @ np.log(mu).T + (1 - B) @ np.log(1 - mu).T
    log_density = logsumexp(joint, axis=1)
    return log_density, np.exp(joint - log_density[:, np.newaxis])


def m_step(B, R):
    """Weights (K,), and for each component and pixel the probability of ink (K, d)."""
    N = R.sum(axis=0)
    return N / len(B), (R.T @ B / N[:, np.newaxis]).clip(1e-6, 1 - 1e-6)


B = (X_train > 7) * 1.0
R = np.eye(20)[KMeans(20, random_state=0).fit(B).labels_]
log_likelihoods = []
for _ in range(50):
    pi, mu = m_step(B, R)
    log_density, R = e_step(B, pi, mu)
    log_likelihoods.append(log_density.mean())
rng = np.random.default_rng(0)
ink = (rng.random((20, 64)) < mu) * 1.0

# %% tags=["hide-input"]
# Figure 12: a mixture of Bernoullis
assert np.all(np.diff(log_likelihoods) > -1e-6)  # it never falls
fig, panels = plt.subplots(3, 1, figsize=(11, 2.7))
for ax, images, title in zip(panels, (mu, ink, B[:20]), ("means", "one draw of each", "real")):
    plot_digits(images, n_cols=20, ax=ax)
    ax.text(-2, 4, title, ha="right", va="center")
show(
    fig,
    "Figure 12. A mixture of twenty Bernoullis: its means, where grey is the probability of ink; one draw from each"
    " component; and real digits in ink and paper.",
    "Three rows of twenty digits. The means are soft grey digits. The draws have the same outlines with ragged edges"
    " and single stray pixels. The real digits have closed strokes.",
)

# %% [markdown]
# The draws have no haze, but ragged strokes: given the component, each pixel is drawn independently of its
# neighbours. Every family is wrong in its own way. EM stays the same.
#
# ## References
#
# - K. Pearson (1901). On lines and planes of closest fit to systems of points in space. *Philosophical Magazine*
#   2(11), 559–572.
# - O. Ledoit, M. Wolf (2004). A well-conditioned estimator for large-dimensional covariance matrices. *Journal of
#   Multivariate Analysis* 88(2), 365–411.
# - M. E. Tipping, C. M. Bishop (1999). Mixtures of probabilistic principal component analysers. *Neural Computation*
#   11(2), 443–482.
# - D. Lopez-Paz, M. Oquab (2017). Revisiting classifier two-sample tests. *International Conference on Learning
#   Representations*.
# - C. M. Bishop (2006). *Pattern Recognition and Machine Learning*, section 9.3.3 (mixtures of Bernoullis). Springer.
# - E. Alpaydin, C. Kaynak (1998). Cascading classifiers. *Kybernetika* 34(4), 369–374.
