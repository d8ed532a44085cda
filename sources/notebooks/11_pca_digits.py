# %% tags=["hide-input"]
# Imports and figure style
from itertools import islice

import matplotlib.pyplot as plt
import numpy as np
import sklearn.decomposition
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
    PALE_INK,
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

# %% [markdown]
# Run the next cell, then press Play in it: EM on 1797 digits, with two numbers for each. Two are not enough, as the
# colours show. How many are?

# %% tags=["hide-input"]
# To begin with: digits in the plane
plane = PCA(2).fit_transform(load_digits()[0])
labels = pairwise_distances_argmin(plane, plane[:10])
start = mixture_from_responsibilities(plane, np.eye(10)[labels], CovarianceType.named("full"))
em_player(plane, list(islice(em(expectation_over(plane), start), 30)))

# %% [markdown]
# ## One hundred digits
#
# Thirteen people wrote digits on a form. Each digit became a bitmap of 32 by 32 dots, and in every block of
# four by four dots the inked ones were counted. That makes eight by eight pixels with grey levels from 0, paper,
# to 16, ink.

# %%
X, y = load_digits()
print("rows and pixels", X.shape, " digits of each kind", np.bincount(y))

# %% tags=["hide-input"]
# Figure 1: the first hundred digits
show(
    plot_digits(X[:100]),
    "Figure 1. The first hundred of 1797 digits. Every picture is a row of 64 numbers.",
    "A ten by ten grid of coarse grey handwritten digits from 0 to 9.",
)

# %% [markdown]
# Could a computer write the next hundred, digits that nobody ever wrote? You have all that is needed. A row
# of 64 numbers is a point in 64 dimensions. A [Gaussian mixture](../GLOSSARY.md#gaussian-mixture) fitted to
# the points is a [density](../GLOSSARY.md#density), and from a density one can draw.
#
# **Before you run the next cell:** we fit ten full Gaussians to the 64 pixels, without a floor under the
# variances. What might go wrong? Look at the corners of the pictures.

# %%
print("pixels that are the same in all pictures:", np.flatnonzero(X.std(axis=0) == 0))
try:
    GaussianMixture(10, reg_covar=0, random_state=0).fit(X)
except ValueError as error:
    print(str(error)[:87], "…")

# %% [markdown]
# Some pixels are paper in every picture. Their [variance](../GLOSSARY.md#variance) is 0, and a Gaussian
# without width has no density. Others hardly vary, or vary only together: a stroke is several pixels wide.
# Sixty-four numbers a picture are more than the pictures have to say. So first we look for fewer numbers.
#
# ## Fewer numbers for the same picture
#
# Turn the coordinate system. Let its first axis point where the digits vary most; its second, at a right
# angle, where they vary most of what is left; and so on. If little is left after $q$ axes, we may forget
# the others. These are the [principal components](../GLOSSARY.md#principal-component-analysis) of the data.
#
# The axes are the [eigenvectors](../GLOSSARY.md#eigenvector) of the covariance matrix, as in
# [lesson 03](03_gaussians.ipynb). There is a way to get them without ever forming that matrix, which is more
# exact: the [singular value decomposition](../GLOSSARY.md#singular-value-decomposition) of the centred data
# $A = X - \bar x$,
#
# $$ \begin{aligned}
# A &= U \,\mathrm{diag}(s)\, V^{\mathsf T} \\
# \frac{A^{\mathsf T} A}{n-1} &= V\, \mathrm{diag}\!\left( \frac{s^2}{n-1}\right) V^{\mathsf T}
# \end{aligned} $$
#
# Read the second equation from the left: a covariance is, on the right, an orthogonal matrix, a diagonal of
# variances, and the orthogonal matrix again. So the rows of $V^{\mathsf T}$ are the axes, and
# $\lambda_j = s_j^2/(n-1)$ is the variance along the $j$-th. ([Lesson 10](10_anomaly_detection.ipynb) called the
# matrix with one axis a row $V$; here, as in most books, that is $V^{\mathsf T}$.)


# %%
def principal_axes(X):
    """Mean (d,), axes (d, d) one a row, and the variance along each axis (d,), largest first."""
    mean = X.mean(axis=0)
    _, s, Vt = np.linalg.svd(X - mean, full_matrices=False)
    return mean, Vt, s**2 / (len(X) - 1)


# %%
mean, axes, variance = principal_axes(X)
theirs = sklearn.decomposition.PCA(svd_solver="full").fit(X)
assert np.allclose(variance, theirs.explained_variance_)
assert np.allclose(np.abs(axes @ theirs.components_.T)[:60, :60], np.eye(60), atol=1e-6)

# %% [markdown]
# The signs are not compared: an axis that points the other way is the same axis. And the last few are left out,
# because along them nothing varies, so that any direction is as good as another.
#
# An axis is a direction in the space of pictures, and so a picture itself.

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
    "Figure 2. The mean of all digits, and the six directions in which they differ most. Going along an axis"
    " adds ink to the pixels of one colour and takes it from those of the other.",
    "A blurred grey blob, the mean, and six small pictures of orange and violet patches: strokes and"
    " rings, coarse in the first, finer in the later ones.",
)

# %% [markdown]
# Every digit is the mean plus so much of axis 1, so much of axis 2, and so on: a recipe of 64 amounts. Variances
# along axes at right angles add up, so each axis holds a share of the whole, its
# [explained variance](../GLOSSARY.md#explained-variance).
#
# **Before you run the next cell:** how many of the 64 amounts do you need to keep 99 % of the variance? And
# how many for 80 %? Write both down.

# %%
share = np.cumsum(variance) / variance.sum()
q = int(np.sum(share <= 0.99)) + 1
print("80 %:", np.sum(share <= 0.8) + 1, "axes,  99 %:", q, "axes")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert q == 41

# %% tags=["hide-input"]
# Figure 3: explained variance
ax = plot_curve(np.arange(1, 65), share, "axes kept", "share of the variance", chosen=q)
ax.axhline(0.99, color=PALE_INK, linewidth=1)
show(
    ax,
    "Figure 3. Explained variance: a few axes carry most of it; the last ones carry nothing.",
    "A curve that rises steeply, bends, and creeps up to 1. A ring marks 41 axes, at the line of 99 %.",
)

# %% [markdown]
# Forwards, a picture becomes amounts along the axes; backwards, amounts become a picture. What lies across the
# axes that we keep is lost on the way.
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
kept = (2, 5, 13, 41, 64)
rows = [rebuild(project(X[:10], mean, axes[:k]), mean, axes[:k]) for k in kept]
assert np.allclose(rows[-1], X[:10])  # with all axes nothing is lost
fig, ax = plt.subplots(figsize=(7, 4.6))
plot_digits(np.concatenate([X[:10], *rows]).clip(0, 16), ax=ax)
for row, label in enumerate(["the originals", *(f"{k} axes" for k in kept)]):
    ax.text(-1, 9 * row + 4, label, ha="right", va="center")
show(
    fig,
    "Figure 4. Ten digits, and what is left of them with 2, 5, 13, 41 and 64 axes.",
    "Six rows of the digits 0 to 9. With two axes they are blurred blobs, with thirteen one can read"
    " most of them, with forty-one they look like the originals.",
)

# %% [markdown]
# With thirteen axes you can read most of them. With 41 you have to look twice to see a difference.
#
# Now one digit at a time, of the hundred in Figure 1. The `PCA` of the package does here what our functions do, with
# all 64 axes. The map on the right has two signs: violet where the rebuilt digit has too much ink, orange where
# some is missing. Its scale is that of the digits, so that a pale map means a small error.
#
# **Before you move a slider:** can one axis more ever make a digit worse? And 13 axes hold 80 % of the variance: do
# they hold 80 % of *each* digit?

# %%
all_axes = PCA().fit(X)
reconstruction_explorer(X[:100], all_axes)

# %% [markdown]
# One position as a still picture, should the sliders not appear: row 9, a 9, from thirteen axes.

# %%
show(*draw_reconstruction(X[:100], all_axes, row=9, q=13))


# %%
def squared_error(k):
    """What k axes leave over of each of the hundred digits: (100,)."""
    rebuilt = rebuild(project(X[:100], mean, axes[:k]), mean, axes[:k])
    return np.sum((X[:100] - rebuilt) ** 2, axis=1)


left_over = np.array([squared_error(k) for k in range(65)])
assert np.all(np.diff(left_over, axis=0) < 1e-9)
error = np.sqrt(left_over[13] / 64)
needed = np.argmax(left_over < 0.2 * left_over[0], axis=0)
print(
    f"13 axes: errors from {error.min():.2f} to {error.max():.2f}, the largest in row {error.argmax()}"
)
print(
    f"for 80 % of its own squared distance from the mean a digit needs {needed.min()} to {needed.max()}"
)
assert error.argmax() == 9
assert needed.min() < 10 < 20 < needed.max()

# %% [markdown]
# No axis makes a digit worse: the axes are at right angles, so each takes a square of its own, $z_j^2$, off the
# squared error. But the 80 % are those of all digits together. For some a few axes will do; others need many. Of
# the hundred, row 9 fares worst with thirteen: look at the violet spot where the ring of the 9 has been filled with
# ink. A share of variance is an average, and an average promises nothing to a single digit.
#
# ## Whitening: every axis in its own unit
#
# The amounts differ in size: along axis 1 they vary a great deal, along axis 41 hardly. Divide each by its
# [standard deviation](../GLOSSARY.md#standard-deviation), and they all have variance 1. This is the
# [whitening](../GLOSSARY.md#whitening) that you know from lesson 03, and the way back multiplies again:
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


# %%
model = mean, axes[:q], variance[:q]
Z = whiten(X, *model)
assert np.allclose(np.cov(Z.T), np.eye(q))
assert np.allclose(unwhiten(Z, *model), rebuild(project(X, mean, axes[:q]), mean, axes[:q]))
print(Z.shape, " widest axis:", variance[0].round(1), " narrowest:", variance[q - 1].round(1))

# %% [markdown]
# That is the whole of `PCA(0.99, whiten=True)`, up to signs. From here on we use the package's.

# %%
pca = PCA(0.99, whiten=True).fit(X)
assert pca.n_components_ == 41
assert np.allclose(np.abs(pca.transform(X)), np.abs(Z))
Z = pca.transform(X)

# %% [markdown]
# Is whitening good? It is a choice, and it has a price. It makes a fixed floor such as `reg_covar` mean the
# same along every axis. But it also makes axis 41, which hardly matters, count as much as axis 1.
#
# **Before you run the next cell:** which of our two methods minds, [k-means](../GLOSSARY.md#k-means) or a
# mixture with full covariances? We measure k-means by the
# [adjusted Rand index](../GLOSSARY.md#adjusted-rand-index), ARI, against the true digits.

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

# %% tags=["hide-input"]
# Check: the shift is the same for every digit
one, other = (GaussianMixture(reg_covar=0).fit(data) for data in (Z, plain))
assert np.allclose(one.score_samples(Z) - shift, other.score_samples(plain))

# %% [markdown]
# K-means minds: it measures with one ruler in all directions. A full Gaussian adapts to any units, and its
# density changes by the same factor everywhere. Only its start, if it is k-means, and its floor depend on
# them.
#
# Keep that constant in mind. **Log-likelihoods can be compared only in the same coordinates.** Another number
# of axes, or whitened against plain, is another space, in other units. We stay with 41 axes to the end of the
# lesson, and take the constant into account when we leave the whitened ones.
#
# ## A hundred new digits
#
# Fit, draw, go back to pixels. Grey levels are whole numbers from 0 to 16, so we round and clip.


# %%
def to_pixels(pca, Z):
    """Pictures with whole grey levels from 0 to 16, from amounts Z (n, q) along the axes."""
    return np.rint(pca.inverse_transform(Z)).clip(0, 16)


mixture = GaussianMixture(10, random_state=0).fit(Z)
loop = np.concatenate([mixture.sample()[0] for _ in range(100)])
once = mixture.sample(100)[0]

# %% [markdown]
# Two ways to ask for a hundred digits: a hundred times one, and once a hundred. **Before you run the next
# cell:** do you expect a difference?

# %% tags=["hide-input"]
# Figure 5: one mixture, asked in two ways
fig, panels = plt.subplots(1, 2, figsize=(10, 5))
for ax, drawn, title in zip(panels, (loop, once), ("sample() in a loop", "sample(100) once")):
    plot_digits(to_pixels(pca, drawn), ax=ax)
    ax.set_title(title)
show(
    fig,
    "Figure 5. The same mixture, asked in two ways.",
    "Two grids of a hundred digits. On the left all hundred are one and the same picture. On the right"
    " they differ.",
)
print("different digits:", len(np.unique(loop, axis=0)), "and", len(np.unique(once, axis=0)))

# %% [markdown]
# An integer `random_state` is a [seed](../GLOSSARY.md#seed): every call of `sample` starts the same random
# numbers afresh, and gives the same digit. Ask once for as many as you need. And note the order on the right:
# rows of a sample are grouped by [component](../GLOSSARY.md#component), so shuffle them before you take the
# first few.
#
# Most on the right can be read. Some are smudges.
#
# What has the mixture learned: ten kinds of digits, or also how one turns into another? We can ask it. Go in a
# straight line from the mean of one component to that of another, and look at the picture and at the density.
#
# **Before you move the slider:** halfway between two means, is there a digit? And how probable is it there, beside
# what the mixture draws by itself, the dashed line?

# %%
morphing_explorer(mixture, pca)

# %% [markdown]
# One position as a still picture, should the controls not appear: from the component that owns most of the 2s to the
# one with the 7s. After it, all 45 pairs.

# %%
owner = mixture.predict(Z)
kinds = [int(np.bincount(y[owner == k]).argmax()) for k in range(10)]
two, seven = kinds.index(2), kinds.index(7)
show(*draw_morph(mixture, pca, two, seven, 0.8))

# %%
from itertools import combinations

drawn = mixture.score_samples(mixture.sample(2000)[0])
rare, half = np.quantile(drawn, [0.05, 0.5])
ways = [np.linspace(*mixture.means_[list(pair)], 101) for pair in combinations(range(10), 2)]
valleys = np.array([mixture.score_samples(way).min() for way in ways])
print(f"of its own draws half lie above {half:.0f}, nineteen in twenty above {rare:.0f}")
print(f"ways that fall below that: {np.sum(valleys < rare)} of 45; lowest points", end=" ")
print(f"from {valleys.min():.0f} to {valleys.max():.0f}")
assert np.sum(valleys < rare) > 25

# %%
tops = mixture.score_samples(mixture.means_[[two, seven]])
print(f"draws that lie higher than the mean of the 2s or the 7s: {np.mean(drawn > tops.min()):.1%}")
middle = 0.6 * mixture.means_[two] + 0.4 * mixture.means_[seven]
(third,) = mixture.predict(middle[np.newaxis])
print(f"at t = 0.4 the most probable component is one of the {kinds[third]}s")
assert third not in (two, seven)
assert np.mean(drawn > tops.min()) < 0.02

# %% [markdown]
# Ten hills, with valleys between them. Most of the valleys are so deep that nineteen in twenty of the mixture's own
# draws lie higher. On the way from the 2s to the 7s the picture down there is not one digit but two, the one shining
# through the other, and the low hill in the middle is a third component that the line happens to pass.
#
# The ends are remarkable, too. The two means lie higher than nearly everything that the mixture draws.
# [Lesson 03](03_gaussians.ipynb) had the reason: in many dimensions hardly anything lies close to the mean.
#
# So the mixture does not turn digits into one another. It picks a component, and draws on its hill. Ten hills are
# few for ten digits that everybody writes in a way of their own. So: how many?
#
# ## The curve that lies
#
# [Lesson 09](09_choosing_k.ipynb) had an answer ready: the [AIC](../GLOSSARY.md#aic). Twice the number of
# parameters, minus twice the log-likelihood of the data; the lowest wins. We try 50, 60, … 200 components, from
# two seeds. This takes some seconds.

# %%
Ks = np.arange(50, 201, 10)
aic = np.array(
    [[GaussianMixture(K, random_state=seed).fit(Z).aic(Z) for K in Ks] for seed in (0, 1)]
)

# %% tags=["hide-input"]
# Figure 6: AIC against K
best = Ks[aic.argmin(axis=1)]
ax = plot_curve(Ks, aic[0], "components K", "AIC on all 1797 digits", chosen=best[0])
ax.plot(Ks, aic[1], color=color(1), marker=marker(1), linestyle="--", markersize=5)
show(
    ax,
    "Figure 6. AIC from two random starts (circles: seed 0, squares: seed 1). A handsome curve with a clear"
    " minimum.",
    "Two falling curves that flatten out near 150 and then rise a little. A ring marks the lowest point.",
)
print("lowest at K =", best)
assert best.min() >= 120

# %% [markdown]
# It looks like a curve from a textbook: steep, a minimum, a rise. It *is* a curve from textbooks. One edition
# puts its minimum at 110, another at 140, and our two seeds put theirs where the line under the figure says.
#
# **Before you run the next cell:** how many free parameters does a full mixture of 140 components have in 41
# dimensions? And how many numbers are there in the data?

# %%
K, d = 140, Z.shape[1]
n_parameters = (K - 1) + K * d + K * d * (d + 1) // 2
print(n_parameters, "parameters from", Z.size, "numbers")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert (n_parameters, Z.size) == (126_419, 73_677)

# %% [markdown]
# More parameters than numbers. The AIC estimates how well a model would do on *new* data, and its derivation
# supposes that data are many and parameters few. Here it is the other way round, and nothing it says has a
# ground to stand on.
#
# We need no derivation to ask how well a model does on new data. We can
# [hold some back](../GLOSSARY.md#held-out-data): a quarter.
#
# **Before you run the next cell:** the [log-likelihood](../GLOSSARY.md#log-likelihood) of a digit from the
# training set rises with $K$. What does that of a held-out digit do?

# %%
Z_fit, Z_held = train_test_split(Z, test_size=0.25, random_state=0)
few_to_many, held = (1, 2, 5, 10, 20, 50, 100, 140), {}
for K in few_to_many:
    m = GaussianMixture(K, random_state=0).fit(Z_fit)
    held[K] = m.score(Z_held)
    print(f"K = {K:3d}   training {m.score(Z_fit):7.1f}   held out {held[K]:14,.1f}")

# %% tags=["hide-input"]
# Figure 7: a held-out digit against K
assert max(held, key=held.get) == 10
assert -49.5 < held[10] < -48.5
assert -6e6 < held[140] < -3e6
ax = plot_curve(
    few_to_many, [-held[K] for K in few_to_many], "components K", "− log-likelihood (log scale)"
)
ax.set_yscale("log")
show(
    ax,
    "Figure 7. Minus the mean log-likelihood of a held-out digit: lower is better, and each labelled"
    " step of the axis is ten times worse than the last. The best is near K = 10, far to the left of figure 6.",
    "A curve that is low and level up to about twenty components, and then climbs by almost five"
    " powers of ten.",
)

# %% [markdown]
# Minus 49 with ten components, minus four *million* and more with 140. At $K = 140$ the model would not lose a bet
# about the held-out digits by a little. It says that they cannot exist.
#
# Why? Ask how many digits a component owns.

# %%
owned = np.bincount(m.predict(Z_fit), minlength=140)
print(f"digits of a component: median {np.median(owned):.0f}, most {owned.max()};", end=" ")
print(f"components with fewer than 42 digits: {np.sum(owned < 42)} of {len(owned)}")
assert 8 <= np.median(owned) <= 10

# %% [markdown]
# Nine points lie in a flat of eight dimensions, or fewer. In the other 33 directions the covariance has no
# width at all, only the millionth of `reg_covar`. A new digit lies a little off every flat, and a little,
# divided by a thousandth and squared, is millions. In 41 dimensions a full covariance needs more than 41
# digits before it has a width in every direction, and many more before the widths can be believed.
#
# ## Choose on data that the model has not seen
#
# Now properly, from the start. Three parts: **training** to fit, **validation** to choose, **test** to report,
# once. The PCA is part of the model, so it too sees the training digits alone.

# %%
X_rest, X_test, y_rest, y_test = train_test_split(X, y, test_size=0.2, stratify=y, random_state=0)
X_train, X_val, y_train, y_val = train_test_split(
    X_rest, y_rest, test_size=0.25, stratify=y_rest, random_state=0
)
pca = PCA(0.99, whiten=True).fit(X_train)
Z_train, Z_val, Z_test = (pca.transform(part) for part in (X_train, X_val, X_test))
print("training", Z_train.shape, " validation", Z_val.shape, " test", Z_test.shape)

# %% [markdown]
# What can be done about covariances that know too little? Five things, and you have met most of them.
#
# - **Fewer components.** Each then owns more digits.
# - **[Tied](../GLOSSARY.md#tied-covariance)** (lesson 07): all components share one covariance.
# - **[Diagonal](../GLOSSARY.md#diagonal-covariance)**: 41 variances for each component, and no more.
# - **PPCA** (Tipping and Bishop): each covariance has a few directions of its own, and one variance for all
#   the rest. `GaussianMixture(K, covariance_type=ppca(…))` fits it.
# - **[Shrinkage](../GLOSSARY.md#shrinkage)** (lesson 05): mix each covariance with a target $T$ that is known
#   better. With a strength of $m$ the target counts for $m$ digits:
#
# $$ \begin{aligned}
# \Sigma_k &= \frac{S_k + m\,T}{N_k + m} \\
# S_k &= \sum_i r_{ik}\,(x_i - \mu_k)(x_i - \mu_k)^{\mathsf T}
# \end{aligned} $$
#
# A component with few digits keeps the shape of the target; one with many finds its own.
# `GaussianMixture(K, covariance_prior="data", prior_strength=m)` takes for $T$ the covariance of all the
# training digits. In whitened coordinates that is a round ball of width 1.
#
# One more choice is open. Whitening costs k-means something, and k-means is where EM starts. So we try every
# family in whitened coordinates and in plain ones, and take the constant between the two into account: then
# the numbers can be compared.
#
# **Before you run the next cells:** which of the five will do best on validation data, and in which coordinates?
# Will the best $K$ be smaller or larger once the covariances are shrunk?

# %%
families = {
    "full": lambda K: GaussianMixture(K, random_state=0),
    "tied": lambda K: GaussianMixture(K, covariance_type="tied", random_state=0),
    "diag": lambda K: GaussianMixture(K, covariance_type="diag", random_state=0),
    "PPCA": lambda K: GaussianMixture(K, covariance_type=ppca(10), random_state=0),
    "shrunk": lambda K: GaussianMixture(
        K, covariance_prior="data", prior_strength=10, random_state=0
    ),
}
Ks = np.array([1, 2, 5, 10, 20, 30, 40])

# %% [markdown]
# Seventy fits; ten seconds or so. PPCA's ten directions and the strength of ten are not guesses: they come from
# earlier trials on the same validation digits, which are not shown here. So does the size of the tied mixture
# further down. Every such trial makes the best validation score a little too good to be true. That is what
# the test digits are for.

# %%
plain_pca = PCA(0.99).fit(X_train)
P_train, P_val, P_test = (plain_pca.transform(part) for part in (X_train, X_val, X_test))
shift = 0.5 * np.log(plain_pca.explained_variance_).sum()
spaces = {"whitened": (Z_train, Z_val, 0), "plain": (P_train, P_val, shift)}
curves = {}
for space, (fit_to, held_out, constant) in spaces.items():
    for name, build in families.items():
        scores = [build(K).fit(fit_to).score(held_out) + constant for K in Ks]
        curves[space, name] = scores
        print(f"{space:9s} {name:7s} best at K = {Ks[np.argmax(scores)]:2d}: {max(scores):.1f}")

# %% tags=["hide-input"]
# Figure 8: five families of covariances
fig, panels = plt.subplots(1, 2, figsize=(11, 4.4), sharey=True)
for ax, space in zip(panels, spaces):
    for j, name in enumerate(families):
        ax.plot(Ks, curves[space, name], color=color(j), marker=marker(j), label=name)
    ax.set(title=space, xlabel="components K", ylim=(-64, -45))
panels[0].set_ylabel("validation log-likelihood of a digit")
fig.legend(*panels[0].get_legend_handles_labels(), ncols=5, loc="outside upper center")
show(
    fig,
    "Figure 8. Higher is better. Full covariances (circles) fall after five components, PPCA (diamonds)"
    " after ten. Tied and diagonal ones keep rising slowly. Shrunk ones (triangles that point"
    " down) do best.",
    "Two panels of five curves. In both, the full one drops out of the picture after ten components, and"
    " PPCA after thirty. Tied and diagonal lie close together and rise slowly. The shrunk one lies above"
    " all others from five components on, and higher in the plain panel.",
)

# %%
best = {key: max(scores) for key, scores in curves.items()}
winner = best["plain", "shrunk"]
assert winner > 3 + max(value for (_, name), value in best.items() if name != "shrunk")
assert winner > 1 + best["whitened", "shrunk"]
assert winner < 0.3 + curves["plain", "shrunk"][list(Ks).index(20)]  # twenty is best, or nearly
gains = {name: best["plain", name] - best["whitened", name] for name in families}
assert gains["PPCA"] > 0.5 + max(gain for name, gain in gains.items() if name != "PPCA")
print("gained by plain coordinates:", {name: float(gain.round(1)) for name, gain in gains.items()})

# %% [markdown]
# Shrinkage wins, and with it twenty full covariances are not too many. Plain coordinates win, too. They help PPCA
# most: its "one variance for all the rest" makes sense only where the rest *is* small. We could not have
# known; we asked the validation digits.
#
# ## How strong, and towards what?
#
# Two more choices. The strength $m$; and the target $T$. The covariance of *all* digits is far too wide for one
# component: it says how a 1 differs from an 8. A tied mixture knows something better, how the digits of one
# component differ from one another, averaged over the components. We may hand that in as the target.
#
# **Before you run the next cell:** one of the two targets can bear the greater strength. Which?

# %%
tied = GaussianMixture(30, covariance_type="tied", random_state=0).fit(P_train)
strengths = np.array([1, 2, 5, 10, 20, 50, 100, 200])
targets, scores = {"all digits": "data", "tied": tied.covariances_}, {}
for name, T in targets.items():
    for m in strengths:
        shrunk = GaussianMixture(20, covariance_prior=T, prior_strength=m, random_state=0)
        scores[name, m] = shrunk.fit(P_train).score(P_val) + shift

# %%
top = {name: int(max(strengths, key=lambda m: scores[name, m])) for name in targets}
fall = {name: scores[name, top[name]] - scores[name, 200] for name in targets}
for name, m in top.items():
    print(f"towards {name:10s} best m = {m}: {scores[name, m]:.2f};", end=" ")
    print(f"at m = 200 lower by {fall[name]:.1f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert scores["tied", top["tied"]] > 0.5 + scores["all digits", top["all digits"]]
assert fall["tied"] + 1 < fall["all digits"]
assert 10 <= top["tied"] <= 50

# %% tags=["hide-input"]
# Figure 9: shrinkage towards two targets
ax = plt.figure(figsize=(8, 3.8)).subplots()
for j, name in enumerate(targets):
    values = [scores[name, m] for m in strengths]
    ax.plot(strengths, values, color=color(j), marker=marker(j), label=f"towards {name}")
ax.set(xscale="log", xlabel="strength m (digits)", ylabel="validation log-likelihood")
ax.set(xticks=strengths, xticklabels=strengths)
ax.minorticks_off()
ax.legend()
show(
    ax,
    "Figure 9. Twenty components, shrunk towards two targets. Too weak, and the covariances are noise; too"
    " strong, and they are all alike.",
    "Two hump-shaped curves over the strength. The one towards the tied covariance has its top at"
    f" {top['tied']}, and the other a lower top at {top['all digits']}.",
)

# %% [markdown]
# The better target bears more weight. With some twenty digits' worth of it, a component of fifty digits still has
# mostly a shape of its own, one of five hardly.
#
# ## The report, once
#
# Everything is chosen now: twenty components, full, plain coordinates, shrunk towards the tied covariance with
# the best strength of figure 9. Beside it we set what the AIC chooses on the very same training digits. Only now do
# we look at the test digits.

# %%
many = np.arange(50, 201, 10)
by_aic = [GaussianMixture(K, random_state=0).fit(Z_train) for K in many]
aic_choice = min(by_aic, key=lambda m: m.aic(Z_train))
held_out_choice = GaussianMixture(
    20, covariance_prior=tied.covariances_, prior_strength=top["tied"], random_state=0
).fit(P_train)

# %%
by_aic_on_test, honest_on_test = aic_choice.score(Z_test), held_out_choice.score(P_test) + shift
print(f"AIC chose K = {aic_choice.n_components}; test log-likelihood of a digit:")
print(f"  AIC's choice        {by_aic_on_test:14,.1f}")
print(f"  the held-out choice {honest_on_test:14,.1f}")
print(f"  the same on validation digits {scores['tied', top['tied']]:4.1f}")
assert honest_on_test > -48 > -1e6 > by_aic_on_test
assert abs(honest_on_test - scores["tied", top["tied"]]) < 1

# %% [markdown]
# The held-out choice does nearly as well on the test digits as on the validation digits that it was chosen by: the
# many trials have flattered it by little, if at all.
#
# How much is "once" worth here? In this notebook no choice depends on the test digits, and from here on nothing is
# chosen any more: they only stand for real digits, against which the generated ones are judged. But the lesson was
# run many times while it was being written, and whoever wrote it saw these results before you did. No setting was
# changed because of them. You cannot check that from here, and that is why the most trusted test data are those that
# somebody else keeps.

# %%
drawn = {
    "AIC's choice": to_pixels(pca, aic_choice.sample(2000)[0]),
    "held-out choice": to_pixels(plain_pca, held_out_choice.sample(2000)[0]),
}
shuffle = np.random.default_rng(0).permutation(2000)
drawn = {name: images[shuffle] for name, images in drawn.items()}

# %% [markdown]
# **Before you run the next cell:** one of these models gives the test digits a log-likelihood of minus several
# millions. What will its digits look like?

# %% tags=["hide-input"]
# Figure 10: digits of two models, and real ones
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
# Did you expect rubbish on the left? It is the crisper of the two. If you had to choose by eye, you would
# perhaps choose it. Then how can the same model be so wrong about digits that it has not seen?
#
# ## Judging honestly
#
# ### Is it a copy?
#
# For each generated digit we look up its nearest neighbour among the training digits, in pixels, and do the same
# for the real test digits, which cannot be copies. Then ten of the forty that lie nearest, for both models.

# %%
rows, labels, near = [], [], {}
for name, images in {**drawn, "real test digits": X_test}.items():
    distances, nearest = nearest_rows(images, X_train)
    near[name] = np.quantile(distances, 0.01)
    print(f"{name:16s} distance to the nearest training digit: typical", end=" ")
    print(f"{np.median(distances):.1f}, nearest hundredth below {near[name]:.1f}")
    if name in drawn:
        closest = np.argsort(distances)[:40:4]
        rows += [images[closest], X_train[nearest[closest]]]
        labels += [name, "nearest in training"]
assert near["AIC's choice"] < distances.min() < near["held-out choice"]  # distances: of real ones

# %% tags=["hide-input"]
# Figure 11: digits and their nearest neighbours
fig, ax = plt.subplots(figsize=(8, 3.1))
plot_digits(np.concatenate(rows), ax=ax)
for row, label in enumerate(labels):
    ax.text(-1, 9 * row + 4, label, ha="right", va="center")
show(
    fig,
    "Figure 11. Generated digits, each above the training digit that it resembles most. The upper pairs are"
    " the same picture twice, grey by grey. The lower pairs are much alike too, but look at the greys:"
    " plain strokes that many people write, written again.",
    "Four rows of ten digits. Each digit of the first row is a copy, almost to the pixel, of the one"
    " below it. Those of the third row, mostly 1, 0 and 6, have the outline of those below, with other greys.",
)

# %%
owned = np.sort(np.bincount(aic_choice.predict(Z_train), minlength=aic_choice.n_components))
print("digits of the smallest components of AIC's choice:", owned[:10])
assert owned[0] < 5

# %% [markdown]
# There is the answer. AIC's choice **draws from memory**: its nearest hundredth lies nearer to the training digits
# than any real test digit does, and that of the held-out choice does not. A component that owns a handful of digits
# can draw only blends of these, and where one of them dominates, a copy. The crispness is that of the originals.
#
# How many are copies? `memorised_share` counts generated digits that lie nearer to the training set than all
# but one in a hundred held-out digits do. An honest writer has a share of about 0.01.
#
# ### Can they be told apart?
#
# The [two-sample test](../GLOSSARY.md#two-sample-test) of Lopez-Paz and Oquab: mix real and generated digits,
# train a classifier to tell them apart on one half, ask it about the other half. If it can only guess, its
# accuracy is 0.5. We ask two judges: one that compares neighbours, and a random forest, which is stricter. Here is
# the first, once:

# %%
once = two_sample_test(X_test, drawn["held-out choice"], random_state=0)
print(f"accuracy {once.accuracy:.3f} on {once.n_test} digits, p-value {once.p_value:.3f}")

# %% [markdown]
# The p-value says how probable it is to get that far by guessing. A small one means that the judge does not guess.
# It does not mean that the judge is good: for that, read the accuracy.
#
# ### Are all classes there?
#
# Let a classifier trained on real digits name the generated ones. A class with a share near 0 has been
# forgotten.
#
# **Before you run the next cell:** here come all three, for both models and for two candidates that write
# nothing. The photocopier hands in training digits; the last row has real digits that nobody has used so far for
# fitting. Which of the judgements will the photocopier pass? (The forest takes some seconds.)


# %%
def judged(images, judge=None, n_splits=5):
    """Mean accuracy of a judge who tells images from real test digits, over several splits."""
    tests = [two_sample_test(X_test, images, judge, random_state=s) for s in range(n_splits)]
    return np.mean([test.accuracy for test in tests])


# %%
reader = KNeighborsClassifier().fit(X_train, y_train)
forest = RandomForestClassifier(100, random_state=0)
verdicts = {}
print("                    copies  neighbours' judge  forest's judge  rarest class")
for name, images in {**drawn, "photocopier": X_train, "real (validation)": X_val}.items():
    verdicts[name] = (
        memorised_share(images, X_train, X_test), judged(images), judged(images, forest),
        class_coverage(images, reader).min(),
    )  # fmt: skip
    print(f"{name:18s} " + "".join(f"{v:7.3f}         " for v in verdicts[name]))

# %% tags=["hide-input"]
# Checks of the numbers in the text
copies, neighbours, strict, rarest = np.transpose(list(verdicts.values()))
assert copies[2] == 1 > copies[0] > 0.04 > 0.02 > copies[1]
assert rarest.min() > 0.05
assert neighbours[2] < neighbours[0] < neighbours[1] < 0.62
assert strict[2] < 0.6 < strict[0] < strict[1]

# %% [markdown]
# Read the table column by column. AIC's choice has several times the copies that an honest writer would have. And
# *both judges find it more real than the honest model*. Of course: copies of real digits look real. The
# photocopier passes every test except the first. **So no single test is
# enough, and the test for copies comes first.**
#
# The held-out choice copies nothing. It forgets no class. A judge that compares neighbours is only a little
# better than guessing. The forest is not fooled. What does it see?

# %%
projected = to_pixels(plain_pca, P_test)
for name, images in {**drawn, "real, on 41 axes": projected, "real": X_test}.items():
    print(f"{name:16s} share of white pixels {np.mean(images == 0):.2f}")

# %% [markdown]
# Haze. Real paper is exactly white. Some of the white is lost already when real digits go through the 41 axes and
# back; a Gaussian, which is never exactly anything, loses more. That is the honest state of things: digits that
# people can read, that nobody wrote before, and that a strict judge still knows for what they are.
#
# ## Common mistakes
#
# - **"A hundred new digits, and they are all the same."** `sample()` in a loop, with an integer `random_state`.
#   Ask once for a hundred.
# - **Grey blobs instead of digits.** The samples live in whitened coordinates, and the way back has to undo all
#   of it: times the standard deviations, times the axes, plus the mean. `inverse_transform` does.
# - **PCA without taking the mean off.** The first "axis" is then the mean digit, and its "variance" is larger than
#   any real one. Nothing crashes.
# - **"The AIC has a minimum, so that is the answer."** Count parameters and numbers first. Beyond the data's size
#   the curve means nothing, however smooth it is.
# - **Likelihoods from two spaces compared.** 41 axes against 30, whitened against plain: other units, other
#   numbers. Correct for the constant, or stay in one space.
# - **"These look best, so this model is best."** Look for copies before you look at beauty.


# %%
# The third mistake of the list: the singular value decomposition of data that are not centred.
_, s_raw, Vt_raw = np.linalg.svd(X, full_matrices=False)
cosine = abs(Vt_raw[0] @ X.mean(axis=0)) / np.linalg.norm(X.mean(axis=0))
print(f"first axis against the mean digit: cosine {cosine:.3f}")
print(f"its variance {s_raw[0] ** 2 / (len(X) - 1):.0f}, the true largest {variance[0]:.0f}")

# %% [markdown]
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
# **C.** A log density in 20 dimensions and one in 41 are in different units. B has not been asked about the 21
# axes that it does not have. A compares numbers that cannot be compared. B may even be true, and these numbers do
# not show it.
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
# **B.** Copies pass that test best of all. A forgets this. C judges how well a model explains the digits it has
# seen, with a correction that is worthless once parameters outnumber the data; a copier has a splendid
# likelihood there.
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
# **B.** Its own digits count for 5 of 25, the target for 20 of 25. A would be right for a component with many
# times twenty digits. C is what happens without shrinkage: adding $m\,T$ gives it width in every direction.
#
# </details>

# %% [markdown]
# ## In five lines
#
# 1. PCA: centre, SVD. Rows of $V^{\mathsf T}$ are axes, $s^2/(n-1)$ variances; 41 of 64 keep 99 %.
# 2. Whitening divides by standard deviations, and the way back multiplies. K-means minds it; full covariances
#    do not, but for their start. Compare likelihoods in one space only.
# 3. An AIC curve beyond the data's size is noise. Held-out digits tell the truth: minus 49, or minus millions.
# 4. Shrink each covariance towards a good target, with a strength chosen on validation data; report once on
#    test data.
# 5. Judge samples by copies first, then by two-sample tests and coverage. The crispest digits may be stolen.
#
# ## Where next
#
# The [exercises](../exercises/11_pca_digits_exercises.ipynb): you write the PCA, fix a whitening that looks
# perfect, and catch a copier. Then [lesson 12](12_mnist.ipynb) does all this with seventy thousand digits, a
# mixture for each class, and more pixels. A last caution goes with you: our test digits were written by the
# same thirteen people as the training digits. How the model would do on a fourteenth hand, nobody has measured
# here.
#
# ## References
#
# - K. Pearson (1901). On lines and planes of closest fit to systems of points in space. *Philosophical Magazine*
#   2(11), 559–572.
# - H. Akaike (1974). A new look at the statistical model identification. *IEEE Transactions on Automatic Control*
#   19(6), 716–723.
# - O. Ledoit, M. Wolf (2004). A well-conditioned estimator for large-dimensional covariance matrices. *Journal of
#   Multivariate Analysis* 88(2), 365–411.
# - C. Fraley, A. E. Raftery (2007). Bayesian regularization for normal mixture estimation and model-based
#   clustering. *Journal of Classification* 24(2), 155–181.
# - M. E. Tipping, C. M. Bishop (1999). Mixtures of probabilistic principal component analysers. *Neural
#   Computation* 11(2), 443–482.
# - D. Lopez-Paz, M. Oquab (2017). Revisiting classifier two-sample tests. *International Conference on Learning
#   Representations*.
# - E. Alpaydin, C. Kaynak (1998). Cascading classifiers. *Kybernetika* 34(4), 369–374.
