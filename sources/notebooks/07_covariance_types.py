# %% tags=["hide-input"]
# Imports and figure style
from itertools import islice

import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import minimize
from scipy.stats import multivariate_normal
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.metrics import adjusted_rand_score, pairwise_distances_argmin
from sklearn.naive_bayes import GaussianNB

from mlcourse import PCA, GaussianMixture, KMeans
from mlcourse.datasets import elongated_blobs, load_digits, stretched_blobs, two_moons
from mlcourse.gaussians import CovarianceType
from mlcourse.metrics import match_labels
from mlcourse.mixture import (
    e_step,
    em,
    expectation_over,
    mixture_from_responsibilities,
    weighted_log_density,
)
from mlcourse.plotting import (
    INK,
    color,
    marker,
    plot_decision_regions,
    plot_density,
    plot_ellipses,
    plot_points,
    show,
    use_course_style,
)
from mlcourse.widgets import em_player, types_player

use_course_style()

# %% [markdown]
# Run the next cell, then press Play in it: a mixture that may use nothing but circles. What would it do if it were
# free? And what would that cost?

# %% tags=["hide-input"]
# To begin with: EM with circles
crescents, _ = two_moons(400)
labels = pairwise_distances_argmin(crescents, crescents[:8])
start = mixture_from_responsibilities(
    crescents, np.eye(8)[labels], CovarianceType.named("spherical")
)
em_player(crescents, list(islice(em(expectation_over(crescents), start), 40)))

# %% [markdown]
# ## One picture, four readings
#
# Here are the three groups of [lesson 04](04_em.ipynb). For once we know which point belongs to which group, and
# four people are asked to describe them with Gaussians. All four use the same points and the same means. Each has
# decided beforehand what a Gaussian may look like: that decision is called a [covariance
# type](../GLOSSARY.md#covariance-type).
#
# **Before you run the next cells:** the four descriptions will be called *full*, *tied*, *diag* and *spherical*.
# From the names alone, draw the three ellipses that each person will draw.

# %%
X, y = elongated_blobs()
R = np.eye(3)[y]  # known labels are responsibilities of 0 and 1
TYPES = ("full", "tied", "diag", "spherical")
known = {
    name: mixture_from_responsibilities(X, R, CovarianceType.named(name), reg_covar=0)
    for name in TYPES
}

# %% tags=["hide-input"]
# Figure 1: four kinds of ellipses
fig, axes = plt.subplots(2, 2, figsize=(10, 7.6), sharex=True, sharey=True)
for ax, (name, theta) in zip(axes.flat, known.items()):
    plot_points(X, y, sizes=8, ax=ax)
    plot_ellipses(theta.means, theta.covariances, name, n_std=(1, 2), ax=ax)
    ax.set_title(name)
show(
    fig,
    "Figure 1. The same points, the same means, four kinds of ellipses (one and two standard deviations)."
    " Full: each its own shape. Tied: one shape for all. Diag: no ellipse is slanted. Spherical: circles.",
    "Four panels with the same three groups, two long and slanted, one round. Full ellipses follow each"
    " group; tied ones are three copies of one slanted ellipse, too long for the round group; diag ones"
    " are upright and too fat; spherical ones are circles of different sizes.",
)

# %% [markdown]
# Nobody has made a mistake here. Each of the four is the *best* description that its rule allows, and all four
# can be read off one and the same object. That is what this lesson is about: what the rules are, what they cost,
# and what they do to your data when you are not looking.
#
# ## One scatter
#
# Remember the [M-step](../GLOSSARY.md#m-step). Component $k$ owns $N_k = \sum_i r_{ik}$ points, and its [scatter
# matrix](../GLOSSARY.md#scatter-matrix) collects how they lie about its mean:
#
# $$ S_k = \sum_i r_{ik}\,(x_i - \mu_k)(x_i - \mu_k)^{\mathsf T} $$


# %%
def scatter(X, R):
    """S (K, d, d) and N (K,) from points X (n, d) and responsibilities R (n, K)."""
    N = R.sum(axis=0)
    mu = R.T @ X / N[:, np.newaxis]
    D = X - mu[:, np.newaxis]
    return np.einsum("nk,kni,knj->kij", R, D, D), N


S, N = scatter(X, R)
print("N =", N)
print("S of component 0, for each of its points:\n", np.round(S[0] / N[0], 3))

# %% [markdown]
# On the diagonal of $S_0 / N_0$ stand the two [variances](../GLOSSARY.md#variance), off the diagonal the
# [covariance](../GLOSSARY.md#covariance). Everything that follows is arithmetic with these few numbers. The
# points themselves are not needed again.
#
# Here is what each of the four takes from them.

# %% tags=["hide-input"]
# Figure 2: how each type makes its covariances
fig, axes = plt.subplots(1, 4, figsize=(12, 4), sharex=True, sharey=True)
D = X - known["full"].means[y]  # every group moved onto the origin
for ax, name in zip(axes, TYPES):
    shown = np.full(len(X), True) if name == "tied" else y == 0
    plot_points(D[shown], y[shown], sizes=6, ax=ax)
    Sigma = known[name].covariances
    own = Sigma if name == "tied" else Sigma[[0]]
    plot_ellipses(np.zeros((1, 2)), own, name, n_std=2, ax=ax)
    ax.set_title(name)
shadow = 2 * np.sqrt(known["diag"].covariances[0])
axes[2].hlines(-4, -shadow[0], shadow[0], color=INK, linewidth=5)
axes[2].vlines(-4, -shadow[1], shadow[1], color=INK, linewidth=5)
axes[3].hlines(0, 0, 2 * np.sqrt(known["spherical"].covariances[0]), color=INK, linewidth=5)
show(
    fig,
    "Figure 2. Full looks at the points of one group. Tied lays all groups over one another and draws one"
    " ellipse. Diag keeps the shadows on the two axes (thick bars). Spherical keeps one length, its radius.",
    "Four panels about the origin. First, one slanted group and its slanted ellipse. Second, all three"
    " groups on top of one another and one ellipse. Third, the slanted group in an upright ellipse exactly as"
    " wide and as high as the bars on the axes. Fourth, the same group in a circle whose radius is a thick bar.",
)

# %% [markdown]
# **Full** keeps all of it. Each component divides its own scatter by its own points:
#
# $$ \Sigma_k = S_k / N_k $$


# %%
def full(S, N):
    return S / N[:, np.newaxis, np.newaxis]


# %% [markdown]
# **Tied** adds all scatters up and divides by all points. Each was taken about *its own* mean, so this is the
# cloud of the second panel:
#
# $$ \Sigma = \sum_k S_k \Big/ \sum_k N_k $$


# %%
def tied(S, N):
    return S.sum(axis=0) / N.sum()


# %% [markdown]
# **Diag** keeps the diagonal: the shadows on the axes. What the features do *together* is thrown away.
#
# $$ \sigma_{kj}^2 = (S_k)_{jj} / N_k $$


# %%
def diag(S, N):
    return np.diagonal(S, axis1=1, axis2=2) / N[:, np.newaxis]


# %% [markdown]
# **Spherical** keeps one number a component: the mean of the diagonal. The sum of a diagonal is called the
# [trace](../GLOSSARY.md#trace).
#
# $$ \sigma_k^2 = \operatorname{tr}(S_k) / (d\,N_k) $$


# %%
def spherical(S, N):
    return np.trace(S, axis1=1, axis2=2) / (S.shape[1] * N)


# %% [markdown]
# These four lines are the whole difference between four models. In `mlcourse` they stand in one table,
# `COVARIANCE_TYPES`. Do ours agree with it?

# %%
for constrain in (full, tied, diag, spherical):
    Sigma = constrain(S, N)
    assert np.allclose(Sigma, known[constrain.__name__].covariances)
    print(f"{constrain.__name__:9s} an array of shape {Sigma.shape}")

# %% [markdown]
# Look at the shapes: a constraint is also a saving. Scikit-learn stores its `covariances_` in just these shapes,
# and a program that expects (K, d, d) from a tied model trips over them.
#
# ## The best that each rule allows
#
# Why the *mean* of the diagonal for spherical, and not the largest entry, or the circle of equal area? Because
# [maximum likelihood](../GLOSSARY.md#maximum-likelihood) says so. With the means in their places, the
# [log-likelihood](../GLOSSARY.md#log-likelihood) of all points under their own components is
#
# $$ \begin{aligned}
# \ell(\Sigma) = -\tfrac12 \sum_k \Big( & N_k\, d \log 2\pi + N_k \log|\Sigma_k| \\
# & + \operatorname{tr}\big(\Sigma_k^{-1} S_k\big) \Big)
# \end{aligned} $$
#
# The points have disappeared. Only $S_k$ and $N_k$ are left of them. In code, with a [Cholesky
# factor](../GLOSSARY.md#cholesky-factor) for the logarithm and `solve` for the inverse:


# %%
def log_likelihood(Sigma, S, N):
    """Log-likelihood of all points under their own components; Sigma (K, d, d)."""
    L = np.linalg.cholesky(Sigma)
    log_det = 2 * np.log(np.diagonal(L, axis1=1, axis2=2)).sum(axis=1)
    fit = np.trace(np.linalg.solve(Sigma, S), axis1=1, axis2=2)
    return -0.5 * np.sum(N * S.shape[1] * np.log(2 * np.pi) + N * log_det + fit)


# %%
means = known["full"].means
by_points = sum(
    multivariate_normal(means[k], S[k] / N[k]).logpdf(X[y == k]).sum() for k in range(3)
)
assert np.isclose(log_likelihood(full(S, N), S, N), by_points)
print(f"from S and N {log_likelihood(full(S, N), S, N):.4f}, from the points {by_points:.4f}")

# %% [markdown]
# For a circle, $\log|\Sigma| = d \log \sigma^2$ and $\operatorname{tr}(\Sigma^{-1}S) =
# \operatorname{tr}(S)/\sigma^2$. Set the derivative by $\sigma^2$ to zero, and $\operatorname{tr}(S)/(dN)$ is
# what comes out. You can do the same for the others, or you can look.
#
# **Before you run the next cell:** it takes component 1 alone and tries many circles, many upright ellipses, and
# many slants. Each time the answer of the formula is marked. Where on the hill will it be?

# %%
one, N_one = S[[1]], N[[1]]


def mean_of(Sigma):
    """Mean log-likelihood of a point of component 1 under one covariance (2, 2)."""
    return log_likelihood(np.array([Sigma]), one, N_one) / N_one[0]


var_1, var_2 = diag(one, N_one)[0]
sd = np.sqrt(var_1 * var_2)
variances, slants = np.linspace(0.35, 3, 60), np.linspace(-0.3, 0.97, 80)
circles = [mean_of(v * np.eye(2)) for v in variances]
upright = [[mean_of(np.diag([a, b])) for a in variances] for b in variances]
slanted = [mean_of([[var_1, rho * sd], [rho * sd, var_2]]) for rho in slants]

# %% tags=["hide-input"]
# Figure 3: the log-likelihood of one group
fig, axes = plt.subplots(1, 3, figsize=(13, 3.9))
axes[0].plot(variances, circles)
axes[0].axvline(spherical(one, N_one)[0], color=INK, linestyle=":")
axes[0].set(title="spherical", xlabel="variance", ylabel="mean log-likelihood of a point")
levels = np.max(upright) - 0.01 * 2.0 ** np.arange(8)[::-1]
axes[1].contour(variances, variances, upright, levels=levels, cmap="viridis")
axes[1].plot(var_1, var_2, "P", color=color(5), markersize=11)
axes[1].set(title="diag", xlabel="variance of feature 1", ylabel="variance of feature 2")
axes[2].plot(slants, slanted)
axes[2].axvline(one[0, 0, 1] / N_one[0] / sd, color=INK, linestyle=":")
axes[2].set(title="full", xlabel="correlation", ylabel="mean log-likelihood of a point")
show(
    fig,
    "Figure 3. The log-likelihood of one group over all circles, all upright ellipses, and all slants"
    " (with the variances of diag). Dotted lines and the cross: the formulas.",
    "Three panels. Left, a curve over the variance with its peak on the dotted line. Middle, contour"
    " lines about a cross. Right, a curve over the correlation that peaks on the dotted line, much higher"
    " than at correlation zero.",
)

# %%
best = {"circle": max(circles), "upright": np.max(upright), "slanted": max(slanted)}
print({name: round(float(value), 2) for name, value in best.items()})

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert best["circle"] < best["upright"] < best["slanted"]

# %% [markdown]
# On the top, every time. And each rule that is dropped makes the top higher: freedom can only help on the data
# that you fit. (Correlation zero, in the right panel, is the top of the middle one.)
#
# Three pictures are not all four models. Let a general optimiser try, which knows no formula. It may turn a few
# free numbers, and we say how these make covariances that obey the rule.


# %%
def any_matrix(t):
    """A covariance (2, 2) from any three numbers: logarithms on the diagonal of its factor, one below."""
    L = np.array([[np.exp(t[0]), 0], [t[1], np.exp(t[2])]])
    return L @ L.T


FREE = {  # how many free numbers, and the covariances that they make, in the shape of the type
    "full": (9, lambda t: np.array([any_matrix(part) for part in t.reshape(3, 3)])),
    "tied": (3, any_matrix),
    "diag": (6, lambda t: np.exp(t).reshape(3, 2)),
    "spherical": (3, np.exp),
}
MATRICES = {  # the same covariances as one matrix a component, (3, 2, 2)
    "full": lambda Sigma: Sigma,
    "tied": lambda Sigma: np.array([Sigma] * 3),
    "diag": lambda var: var[:, :, np.newaxis] * np.eye(2),
    "spherical": lambda var: var[:, np.newaxis, np.newaxis] * np.eye(2),
}


# %%
def loss(t, name):
    Sigma = MATRICES[name](FREE[name][1](t))
    return -log_likelihood(Sigma, S, N) / N.sum()


for formula in (full, tied, diag, spherical):
    free, make = FREE[formula.__name__]
    found = minimize(loss, np.zeros(free), args=(formula.__name__,))
    gap = np.abs(make(found.x) - formula(S, N)).max()
    print(f"{formula.__name__:9s} {free} free numbers, top at {-found.fun:.4f}, gap {gap:.0e}")
    assert gap < 1e-3

# %% [markdown]
# Four searches, and all four end at the formula, as near as the optimiser cares to go. So each type is the
# maximum likelihood answer **under its constraint**. The lower row of Figure 1 looks wrong because its constraints
# are wrong for these data. The fit is perfect.
#
# ## Four models without labels
#
# EM does not change at all, except for that one line of the M-step. So we fit all four to the points alone, and
# compare their groups with the true ones by the [adjusted Rand index](../GLOSSARY.md#adjusted-rand-index) (ARI).
#
# **Before you run the next cell:** which of the four will come closest to the true groups? And what will diag do
# with two long slanted groups, given three upright ellipses?

# %%
fits = {}
for name in TYPES:
    fits[name] = GaussianMixture(3, covariance_type=name, n_init=10, random_state=42).fit(X)
    ari = adjusted_rand_score(y, fits[name].predict(X))
    print(f"{name:9s} log-likelihood {fits[name].score(X) * len(X):8.1f}, ARI {ari:.2f}")

# %% tags=["hide-input"]
# Figure 4: four mixtures found without labels
fig, axes = plt.subplots(2, 2, figsize=(11, 8), sharex=True, sharey=True)
for ax, (name, model) in zip(axes.flat, fits.items()):
    plot_decision_regions(model, X, ax=ax)
    plot_points(X, match_labels(model.predict(X), y), sizes=7, ax=ax)
    plot_density(model, X, ax=ax)
    ax.set_title(name)
show(
    fig,
    "Figure 4. Four mixtures of three components, found by EM without labels. Contours: the density."
    " Tints: who is likeliest where. Markers: the true groups, in the colours of their components."
    " The borders of tied are straight.",
    "Four panels. Full: contours follow the three groups, borders curve between them. Tied: nearly"
    " the same groups, with straight borders. Diag and spherical: one component on the round group, and"
    " a border that cuts across both long groups.",
)

# %% [markdown]
# Watch the four get there. All start from the same groups, those of k-means, and each M-step shapes the ellipses
# as its type allows.

# %%
groups = np.eye(3)[KMeans(3, random_state=0).fit_predict(X)]
starts = {
    name: mixture_from_responsibilities(X, groups, CovarianceType.named(name)) for name in TYPES
}
types_player(
    X, {name: list(islice(em(expectation_over(X), start), 30)) for name, start in starts.items()}
)

# %% [markdown]
# Full and tied find the groups. Diag and spherical give the round group to one component, cover both long groups
# together with the other two, and cut them across. Their *density* is still a rough map of the data. Their
# *components* are no longer the groups.
#
# The log-likelihoods obey a law. Every circle is an upright ellipse, every upright ellipse is an ellipse, and
# every model with one shape is a model with three. Such models are [nested](../GLOSSARY.md#nested-models): the
# best fit of the wider one cannot be worse.

# %%
score = {name: model.score(X) for name, model in fits.items()}
assert score["full"] >= score["diag"] >= score["spherical"]
assert score["full"] >= score["tied"]

# %% [markdown]
# There is no such law between tied and diag, nor between tied and spherical: neither is a special case of the
# other. Which fits better is a question about your data.
#
# ## What freedom costs
#
# If the widest model always fits best, why not always use it? Because it has more numbers to learn from the same
# points. Count the [free parameters](../GLOSSARY.md#free-parameter) with pencil and paper, for $K = 3$ and $d =
# 2$:
#
# - **weights:** three, but they sum to 1, so the last is no choice: $K - 1 = 2$.
# - **means:** $K d = 6$.
# - **covariances:** a symmetric $d \times d$ matrix has $d(d+1)/2 = 3$ different entries. Full has one of them
#   for each component, $3 \cdot 3 = 9$. Tied has one altogether, 3. Diag has $K d = 6$ variances, spherical $K =
#   3$.
#
# The last four numbers you have seen: they are what the optimiser was allowed to turn.


# %%
def n_parameters(name, K, d):
    """Free parameters of a mixture of K Gaussians in d dimensions."""
    covariances = {
        "full": K * d * (d + 1) // 2,
        "tied": d * (d + 1) // 2,
        "diag": K * d,
        "spherical": K,
    }
    return (K - 1) + K * d + covariances[name]


for name in TYPES:
    print(f"{name:9s} {n_parameters(name, K=3, d=2)}")
assert [n_parameters(name, 3, 2) for name in TYPES] == [17, 11, 14, 11]

# %% [markdown]
# In the plane the four are close together. **Before you move a slider:** in 41 dimensions, with 140 components,
# how many numbers does full have to learn? Write down an order of magnitude.

# %%
from mlcourse.widgets import draw_parameters, parameter_calculator

parameter_calculator()

# %% [markdown]
# The same as still pictures, should the sliders not appear. First our data, then the digits of [lesson
# 11](11_pca_digits.ipynb).

# %%
show(*draw_parameters(3, 2, 1250))

# %%
show(*draw_parameters(140, 41, 1797))

# %%
assert n_parameters("full", 140, 41) == 126_419
assert 1797 * 41 == 73_677

# %% [markdown]
# Full needs 126 419 parameters there, and the whole data set holds 73 677 numbers. A model with more parameters
# than there are numbers does not describe the data. It stores them.
#
# The covariances of full grow with $K d^2$, those of tied with $d^2$ alone, those of diag with $K d$. So **tied
# saves when there are many components, diag when there are many features.**
#
# ### A price list: BIC
#
# The [Bayesian information criterion](../GLOSSARY.md#bic) puts a price on every parameter:
#
# $$ \mathrm{BIC} = -2 \log L + p \log n $$
#
# Lower is better. Here $\log L$ is the log-likelihood of all $n$ points and $p$ the number of parameters. Where
# the price comes from, and when not to trust it, is the matter of [lesson 09](09_choosing_k.ipynb).


# %%
def bic(name, model, X):
    log_L = model.score_samples(X).sum()
    p = n_parameters(name, *model.means_.shape)
    return -2 * log_L + p * np.log(len(X))


# %%
for name, model in fits.items():
    assert np.isclose(bic(name, model, X), model.bic(X))
    print(f"{name:9s} {n_parameters(name, 3, 2)} parameters, BIC {model.bic(X):.1f}")
found = {name: round(model.bic(X), 1) for name, model in fits.items()}
assert found == {"full": 8189.7, "tied": 8588.7, "diag": 8991.8, "spherical": 8977.2}

# %% [markdown]
# Full pays for six parameters more than tied and is still 399 better. Nothing close about that. At the other end,
# spherical wins against diag by 15. Do you believe the 15?
#
# **Before you run the next cell:** it repeats the four fits with a [tolerance](../GLOSSARY.md#tolerance) a
# thousand times smaller. Which of the four numbers will move? (It takes a few seconds.)

# %%
patient = {}
for name in TYPES:
    model = GaussianMixture(
        3, covariance_type=name, n_init=10, random_state=42, tol=1e-6, max_iter=1000
    )
    patient[name] = model.fit(X)
    print(f"{name:9s} BIC {model.bic(X):.1f} after {model.n_iter_} rounds")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert patient["diag"].bic(X) < patient["spherical"].bic(X) - 30
assert round(found["tied"] - found["full"]) == 399
assert round(found["diag"] - found["spherical"]) == 15

# %% [markdown]
# The order of the last two has changed. Diag had stopped on one of those long flat stretches that you know from
# lesson 04, where EM seems to have arrived and has not. The wrong shape makes this common: three upright ellipses
# can share two slanted groups in many ways, none of them good. **Differences of hundreds are about the data;
# differences of a few may be about your tolerance.**
#
# ## Back to the stretched blobs
#
# In [lesson 02](02_kmeans_limits.ipynb), k-means cut these four groups across their ends, with a hundred starts,
# and with a hundred times the points. Nothing would help, because its distance counts all directions alike.
#
# The groups were four round blobs of equal size, seen through one linear map.
#
# **Before you run the next cell:** which covariance type is that story?

# %%
X4, y4 = stretched_blobs()
models = {"k-means": KMeans(4, n_init=10, random_state=0).fit(X4)}
for name in TYPES:
    models[name] = GaussianMixture(4, covariance_type=name, n_init=10, random_state=0).fit(X4)
for name, model in models.items():
    labels = match_labels(y4, model.predict(X4))
    told = "" if name == "k-means" else f", BIC {model.bic(X4):.1f}"
    print(
        f"{name:9s} {(labels != y4).sum():3d} misplaced, "
        f"ARI {adjusted_rand_score(y4, labels):.3f}{told}"
    )

# %% tags=["hide-input"]
# Figure 5: four answers to the stretched groups
fig, axes = plt.subplots(2, 2, figsize=(11, 7.4), sharex=True, sharey=True)
for ax, name in zip(axes.flat, ("k-means", "spherical", "full", "tied")):
    model = models[name]
    plot_decision_regions(model, X4, ax=ax)
    plot_points(X4, match_labels(model.predict(X4), y4), sizes=12, ax=ax)
    if name != "k-means":
        plot_ellipses(model.means_, model.covariances_, name, n_std=(1, 2), ax=ax)
    ax.set(title=name, xlim=axes[0, 0].get_xlim(), ylim=axes[0, 0].get_ylim(), aspect="equal")
show(
    fig,
    "Figure 5. Markers: the true groups. Tints: what each model says. K-means cuts across the ends,"
    " spherical does worse, full and tied find all four groups.",
    "Four panels of four parallel slanted groups. The borders of k-means cut off the ends of some groups."
    " Circles of different sizes split one group and join others. Full and tied ellipses lie along the"
    " groups and separate nearly every point.",
)

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert len(X4) == 400
wrong = {name: (match_labels(y4, m.predict(X4)) != y4).sum() for name, m in models.items()}

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert wrong["tied"] <= wrong["full"] <= 3 < wrong["k-means"] < wrong["spherical"]
assert models["tied"].bic(X4) < models["full"].bic(X4)

# %% [markdown]
# Solved: of 400 points hardly any is misplaced. And BIC prefers **tied**, because that is what happened: equal
# round blobs, through one map, are equal ellipses. Full finds the same groups. It pays for three more matrices in
# order to say four times the same thing.
#
# One panel is a warning. The spherical mixture does *worse* than k-means. It may choose sizes and weights freely,
# and uses that freedom to make up for a shape that it may not have. More freedom of the wrong kind is no help.
#
# ## Straight borders and curved ones
#
# The borders of tied were straight, those of full were bent. That is no accident of the picture. Component $k$
# beats component $l$ where its **discriminant** is larger:
#
# $$ \begin{aligned}
# g_k(x) = {}& \log \pi_k - \tfrac12 \log|\Sigma_k| \\
# & - \tfrac12 (x - \mu_k)^{\mathsf T} \Sigma_k^{-1} (x - \mu_k)
# \end{aligned} $$
#
# The quadratic part is $-\tfrac12 x^{\mathsf T}\Sigma_k^{-1}x$. When all components share one $\Sigma$, it is the
# same for all of them, and it cancels in $g_k - g_l$. What is left is linear in $x$, so the border $g_k = g_l$ is
# a straight line, a plane in three dimensions. When each has its own, the border is a curve of second order: an
# ellipse, a parabola, a hyperbola.
#
# Walk along any straight line at an even pace. A linear function then grows by equal steps, so its second
# differences vanish. A quadratic one has constant second differences.

# %%
walk = np.linspace([-4, 4], [6, -2], 7)
for name in ("tied", "full"):
    g = weighted_log_density(walk, known[name])
    print(f"{name}: second differences of g_0 − g_1:", np.round(np.diff(g[:, 0] - g[:, 1], n=2), 6))

# %% [markdown]
# With labels, these two models are older than EM. A tied Gaussian for each class is [linear discriminant
# analysis](../GLOSSARY.md#linear-discriminant-analysis) (LDA), after Fisher's irises of 1936; a full one is
# [quadratic discriminant analysis](../GLOSSARY.md#quadratic-discriminant-analysis) (QDA); a diagonal one is
# Gaussian [naive Bayes](../GLOSSARY.md#naive-bayes). All three are in scikit-learn.
#
# **Before you run the next cell:** our mixtures were made from known labels, in one M-step. How far will their
# responsibilities be from the class probabilities of these three classifiers?

# %%
cousins = {
    "tied": LinearDiscriminantAnalysis(solver="lsqr"),
    "full": QuadraticDiscriminantAnalysis(),
    "diag": GaussianNB(var_smoothing=0),
}
gaps = {}
for name, cousin in cousins.items():
    responsibilities = e_step(X, known[name])[1]
    gaps[name] = np.abs(responsibilities - cousin.fit(X, y).predict_proba(X)).max()
    print(f"{name} and {type(cousin).__name__}: greatest difference {gaps[name]:.0e}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert max(gaps["tied"], gaps["diag"]) < 1e-9
# Older versions of scikit-learn's QDA divide by N − 1: then the difference is not quite nothing.
assert gaps["full"] < 1e-2

# %% tags=["hide-input"]
# Figure 6: borders of classifiers, ellipses of mixtures
fig, axes = plt.subplots(1, 2, figsize=(11, 4.4), sharey=True)
for ax, name in zip(axes, ("tied", "full")):
    plot_decision_regions(cousins[name], X, ax=ax)
    plot_points(X, y, sizes=7, ax=ax)
    plot_ellipses(known[name].means, known[name].covariances, name, n_std=1, ax=ax)
    ax.set(title=f"{name}: {type(cousins[name]).__name__}", xlim=axes[0].get_xlim())
show(
    fig,
    "Figure 6. Scikit-learn's borders between labelled groups, with our ellipses on top. Equal ellipses"
    " make straight borders, unequal ones make curves.",
    "Two panels of the three groups. Left, three equal ellipses and two straight borders. Right,"
    " three different ellipses and curved borders; the region of the round group comes back at the top left.",
)

# %% [markdown]
# The same numbers, to the limits of the arithmetic. A mixture is a discriminant analysis that has to guess its
# labels; a discriminant analysis is a mixture after one M-step with the labels given. (Programs differ in
# one convention: whether to divide by $N_k$ or by a little less. Scikit-learn's default LDA solver does the
# latter, so we asked for `lsqr`.)
#
# Look at the top left corner of the right panel. It belongs to the round group, which is far away; so it did in
# Figure 4. Across their long axes the slanted ellipses are narrow. In that direction their densities fall faster
# than that of the round one, and far enough out the round one wins.
#
# ## The trap: who turned the page?
#
# Now something that goes wrong quietly. You measure the same points along other axes: you rotate the picture, or
# you [standardise](../GLOSSARY.md#standardise) every feature, as many a tutorial tells you to. They are still the
# same points. Should the groups change?
#
# A method is [equivariant](../GLOSSARY.md#equivariance) under a change of axes when it gives the same answer,
# carried over. We test it fairly: the same start for all, k-means' labels in the original axes, 500 rounds of EM,
# no `reg_covar`. Densities have units, one over area, so the log-likelihood is carried over by adding $\log|\det
# A|$ of the map $x \mapsto Ax$.

# %%
turn = np.radians(30)
MAPS = {
    "as it is": np.eye(2),
    "rotated": np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]),
    "standardised": np.diag(1 / X.std(axis=0)),
}
start = np.eye(3)[KMeans(3, n_init=10, random_state=0).fit_predict(X)]


def run(Z, name, n_rounds=500):
    """The mixture after `n_rounds` of EM on Z, from the same responsibilities every time."""
    row = CovarianceType.named(name)
    steps = em(
        expectation_over(Z), mixture_from_responsibilities(Z, start, row, reg_covar=0), reg_covar=0
    )
    return [next(steps) for _ in range(n_rounds + 1)][-1].mixture


# %% [markdown]
# **Before you run the next cell:** for each of the four types, and for each of the two changes: same answer, or
# another one? Eight guesses. (It takes a few seconds.)

# %%
groups = {}
print("mean log-likelihood" + "".join(f"{change:>16s}" for change in MAPS))
for name in TYPES:
    line = f"{name:19s}"
    for change, A in MAPS.items():
        log_p, resp = e_step(X @ A.T, run(X @ A.T, name))
        groups[name, change] = resp.argmax(axis=1)
        moved = (groups[name, change] != groups[name, "as it is"]).sum()
        line += f"{log_p.mean() + np.linalg.slogdet(A)[1]:10.4f} ({moved:3d})"
    print(line)
long_axis = np.linalg.eigh(S[0] / N[0])[1][:, 1]
print(f"a long group leans at {np.degrees(np.arctan2(*long_axis[::-1])) % 180:.0f}°")

# %% tags=["hide-input"]
# Checks of the numbers in the text
for name in ("full", "tied"):
    assert all(np.array_equal(groups[name, "as it is"], groups[name, change]) for change in MAPS)
assert np.array_equal(groups["diag", "as it is"], groups["diag", "standardised"])
assert np.array_equal(groups["spherical", "as it is"], groups["spherical", "rotated"])
assert e_step(X, run(X, "tied"))[0].mean() < fits["tied"].score(X)
assert adjusted_rand_score(y, groups["diag", "rotated"]) > 0.9

# %% [markdown]
# In brackets stands how many of the 1250 points have changed their group. Full and tied do not care. **Diag
# survives another scale and not a rotation; spherical survives a rotation and not another scale.** Do both, and
# both change. (Tied has ended lower here than in Figure 4, where it had ten starts. Equivariance promises the
# same answer, not a good one.)

# %% tags=["hide-input"]
# Figure 7: groups found in changed axes
fig, axes = plt.subplots(2, 2, figsize=(10, 7.6), sharex=True, sharey=True)
panels = [(name, change) for name in ("diag", "spherical") for change in MAPS]
panels.remove(("diag", "standardised"))
panels.remove(("spherical", "rotated"))
for ax, (name, change) in zip(axes.flat, panels):
    plot_points(X, groups[name, change], sizes=9, ax=ax)
    ari = adjusted_rand_score(y, groups[name, change])
    ax.set_title(f"{name}, {change} (ARI {ari:.2f})")
show(
    fig,
    "Figure 7. The groups that EM finds, drawn in the original axes. Upper row: diag, and diag on the"
    " rotated data. Lower row: spherical, and spherical on the standardised data. Same points, same start.",
    "Four panels of the same points in three colours. Upper left, one component of diag covers nearly all of"
    " both long groups, and another a patch inside one of them; upper right, each long group has its own."
    " Lower row, spherical cuts across both long groups, and the cuts move a little.",
)

# %% [markdown]
# The long groups lean at about 55°. Turned by another thirty, they stand nearly upright, and upright ellipses
# can follow them: in the table, diag comes close to full. Nothing about the points has changed but the axes.
#
# Why? A map takes a covariance $\Sigma$ to $A \Sigma A^{\mathsf T}$. The question is whether the result still
# obeys the rule. A full matrix stays a full matrix under any map. A circle, turned, is a circle; stretched along
# one axis, it is none. An upright ellipse, stretched along the axes, is upright; turned, it is slanted.

# %%
rotation, scaling = MAPS["rotated"], MAPS["standardised"]
print("diag, rotated:\n", np.round(rotation @ np.diag([3.0, 1.0]) @ rotation.T, 2))
print("spherical, rescaled:\n", np.round(scaling @ np.eye(2) @ scaling.T, 2))

# %% [markdown]
# So before you choose diag, ask whether *your features as they are* are the right axes. Before you choose
# spherical, or k-means, ask whether one unit of each feature means the same. For full and tied neither question
# arises, with one exception: **everything around the model.** K-means, which finds the start, sees the scale.
# `reg_covar` is in squared units. A full fit on standardised data can end on another hill because it *started*
# elsewhere, and that is not the model's doing.
#
# ## When cheaper is better
#
# So far full looked like the safe choice: it wins on likelihood, on BIC, and does not mind your axes. Here is
# where it loses. We need few points and many features, and a judge that has not seen the points: the
# log-likelihood of [held-out data](../GLOSSARY.md#held-out-data).
#
# First, data with a known truth: three groups in twelve dimensions, each with its *own* covariance, though the
# three resemble one another. The true model is full.


# %%
rng = np.random.default_rng(0)
d, common = 12, rng.normal(size=(12, 12))
own = np.array([common @ (np.eye(d) + 0.1 * rng.normal(size=(d, d))) for _ in range(3)])
centres = rng.normal(scale=4, size=(3, d))


def draw(n):
    z = rng.integers(3, size=n)
    return centres[z] + np.einsum("nij,nj->ni", own[z], rng.normal(size=(n, d)))


# %% [markdown]
# **Before you run the next cells:** EM gets 40, 80, 160, … points of it. From how many points on does the true
# model win? (`n_parameters("full", 3, 12)` is 272.)


# %%
def held_out(draw_train, test, K, sizes):
    """Median held-out log-likelihood of a point for each type and each number of training points."""
    curves = {name: [] for name in TYPES}
    for n in sizes:
        samples = [draw_train(n) for _ in range(5)]
        for name, curve in curves.items():
            model = GaussianMixture(K, covariance_type=name, max_iter=200, random_state=0)
            curve.append(np.median([model.fit(sample).score(test) for sample in samples]))
    return curves


# %%
sizes = 40 * 2 ** np.arange(7)
curves = held_out(draw, draw(4000), K=3, sizes=sizes)
for n, values in zip(sizes, zip(*curves.values())):
    print(f"{n:5d} points: " + ", ".join(f"{t} {v:7.1f}" for t, v in zip(TYPES, values)))

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert n_parameters("full", 3, 12) == 272
assert (round(40 / 3), 12 * 13 // 2) == (13, 78)

# %% [markdown]
# Now real data: the 8×8 digits, squeezed into 15 features ([lesson 11](11_pca_digits.ipynb) will say how), with
# five components. Nobody knows the true model here, if there is one.

# %%
digits, _ = load_digits()
digits = digits[np.random.default_rng(0).permutation(len(digits))]
squeeze = PCA(15).fit(digits[:1200])
train, test = squeeze.transform(digits[:1200]), squeeze.transform(digits[1200:])
digit_sizes = np.array([60, 90, 120, 250, 500, 1000])
digit_curves = held_out(lambda n: rng.choice(train, n, replace=False), test, 5, digit_sizes)

# %% tags=["hide-input"]
# Figure 8: held-out likelihood against the number of points
fig, axes = plt.subplots(1, 2, figsize=(12, 4.4))
for ax, n, found, low in ((axes[0], sizes, curves, -38), (axes[1], digit_sizes, digit_curves, -58)):
    for k, name in enumerate(TYPES):
        ax.plot(n, found[name], marker=marker(k), color=color(k), label=name)
    top = max(max(curve) for curve in found.values())
    ax.set(xscale="log", ylim=(low, top + 1), xlabel="points to learn from")
axes[0].set(title="truth known: full", ylabel="held-out log-likelihood of a point")
axes[1].set(title="digits, 15 features")
axes[0].legend()
show(
    fig,
    "Figure 8. Held-out log-likelihood against the number of training points. With few points the cheap"
    " types win, even where the truth is full (left). Full starts far below the edge of both panels.",
    "Two panels of four rising curves. Left: tied is best up to about three hundred points, then full"
    " overtakes it; diag and spherical stay far below. Right: diag is best up to about 250 points, with tied"
    " and spherical close; then full rises above them.",
)

# %%
assert all(curves["tied"][i] > curves["full"][i] for i in (0, 1, 2))
assert curves["full"][-1] > curves["tied"][-1]
assert digit_curves["diag"][0] > digit_curves["tied"][0] > digit_curves["full"][0]
assert digit_curves["full"][-1] > digit_curves["diag"][-1]

# %% [markdown]
# The true model loses up to 160 points, and at 40 it is hopeless: about thirteen points for each matrix of 78
# numbers. Such a matrix is flat in some direction or nearly so, and whatever lies outside is declared impossible.
# A wrong model with few parameters beats the right one with too many, until there are points enough to pay for
# it.
#
# On the digits diag is best at the left end. The price of being wrong, and the price of being uncertain, are
# different prices. Held-out data add them up; the likelihood of the training data shows neither.
#
# Could BIC have told us, without a single held-out point? **Before you run the next cell:** forty training
# points, four types. Which one does BIC choose?

# %%
few, unseen, judged = draw(40), draw(4000), {}
for name in TYPES:
    model = GaussianMixture(3, covariance_type=name, max_iter=200, random_state=0).fit(few)
    judged[name] = model.bic(few), model.score(unseen)
    print(f"{name:9s} BIC {judged[name][0]:6.0f}, held-out {judged[name][1]:7.1f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert min(TYPES, key=lambda name: judged[name]) == "full"  # by BIC, the first of the pair
assert min(TYPES, key=lambda name: judged[name][1]) == "full"  # the lowest held-out score

# %% [markdown]
# Full: the best of the four by BIC, and the worst on new points. A price of $\log n$ a parameter is worked out
# for many points and few parameters. With 272 parameters and 40 points, full fits so tightly that it can pay any
# price. **When there are more parameters than points, ask held-out data and not a formula.**
#
# ## Common mistakes
#
# - **"Tied is the covariance of all the data."** That would be about the overall mean, and contain the distances
#   between the groups. Tied pools the scatters *within* the components, each about its own mean.
# - **"Tied is the average of the components' covariances."** Only if all own equally many points. It is the
#   scatters that are added.
# - **"I standardised, to be on the safe side."** For spherical (and k-means) that changes the model, for better
#   or worse. For diag, tied and full it changes nothing but the start and the meaning of `reg_covar`.
# - **BIC compared across scalings.** A density has units. Standardise, and every log-likelihood shifts by the
#   same constant, which says nothing about the fit. Compare models on the same numbers only.
# - **"Diag means that the features are independent."** Within a component, yes. In the whole mixture, no:
#   components in different places make features correlated.

# %%
Z2 = X / X.std(axis=0)
rescaled = GaussianMixture(3, n_init=10, random_state=42, tol=1e-6, max_iter=1000).fit(Z2)
shift = rescaled.bic(Z2) - patient["full"].bic(X)
print(f"BIC of full on standardised data, minus BIC on the data themselves: {shift:.0f}")
print(f"−2 n times the sum of log scales: {-2 * len(X) * np.log(X.std(axis=0)).sum():.0f}")

# %% [markdown]
# ## Quiz
#
# **1.** One feature is converted from metres to millimetres. EM runs without `reg_covar`, from the same
# responsibilities. For which types do the groups stay the same?
#
# - **A.** For all: units have no meaning.
# - **B.** For full only.
# - **C.** For full, tied and diag.
#
# <details><summary>Answer</summary>
#
# **C.** A change of one unit is a scaling along an axis. Full and tied survive any linear map, and an upright
# ellipse stays upright, so diag survives too. A circle does not stay a circle: spherical changes, so A is wrong.
# B forgets that diag has a variance of its own for each feature, which takes the unit in.
#
# </details>

# %% [markdown]
# **2.** Ten components in a hundred dimensions. Which type has the fewest parameters in its covariances?
#
# - **A.** Tied, because it has a single matrix.
# - **B.** Diag, because it has no covariances between features.
# - **C.** Spherical, because it has one number a component.
#
# <details><summary>Answer</summary>
#
# **C.** Ten numbers. Diag has $10 \cdot 100 = 1000$. The single matrix of tied has $100 \cdot 101 / 2 = 5050$
# entries, more than diag: one large matrix can cost more than many small lists. With a thousand components it
# would be the other way round.
#
# </details>

# %% [markdown]
# **3.** On the same data, the tied mixture has a higher log-likelihood than the full one, with the same $K$. What
# does that say?
#
# - **A.** The groups have the same shape.
# - **B.** The full fit has not found its best hill.
# - **C.** Full is overfitting.
#
# <details><summary>Answer</summary>
#
# **B.** Every tied model is a full model with equal matrices, so the best full fit is at least as good. Restart,
# or be more patient. A would make the two likelihoods nearly equal, with full still a little ahead. C shows on
# held-out data, where tied may well be higher; on the training data overfitting makes a likelihood *too good*.
#
# </details>

# %%
# The numbers in the answer to question 2.
covariance_numbers = {name: CovarianceType.named(name).n_parameters(10, 100) for name in TYPES}
print(covariance_numbers)
assert covariance_numbers["tied"] == 5050
assert CovarianceType.named("diag").n_parameters(1000, 100) > 5050

# %% [markdown]
# ## In five lines
#
# 1. One scatter $S_k$ and one count $N_k$ for each component; four types are four constraints on them.
# 2. Each is the maximum likelihood answer under its constraint, and EM changes in one line.
# 3. Tied gives straight borders (LDA with labels), full gives curved ones (QDA), diag is naive Bayes.
# 4. Full and tied do not care about your axes. Diag minds a rotation, spherical minds a scale.
# 5. Count the parameters, and let held-out data decide: with few points a wrong, cheap model beats the true one.
#
# ## Where next
#
# The [exercises](../exercises/07_covariance_types_exercises.ipynb): derive all four from one scatter, fix a
# tied M-step, and choose a type for sixty handwritten digits. Then [lesson
# 08](08_density_estimation.ipynb): what can a mixture do for data that are not Gaussian at all?
#
# ## References
#
# - J. D. Banfield, A. E. Raftery (1993). Model-based Gaussian and non-Gaussian clustering. *Biometrics* 49(3),
#   803–821.
# - G. Celeux, G. Govaert (1995). Gaussian parsimonious clustering models. *Pattern Recognition* 28(5), 781–793.
# - R. A. Fisher (1936). The use of multiple measurements in taxonomic problems. *Annals of Eugenics* 7(2),
#   179–188.
# - G. Schwarz (1978). Estimating the dimension of a model. *The Annals of Statistics* 6(2), 461–464.
