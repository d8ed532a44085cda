# %% [markdown]
# Run the two folded cells below, then press Play. This mixture may only use circles. How would it look if it could
# use ellipses? And what would that cost?

# %% tags=["hide-input"]
# Imports and figure style
from itertools import islice

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import multivariate_normal
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.metrics import adjusted_rand_score, pairwise_distances_argmin
from sklearn.naive_bayes import GaussianNB

from mlcourse import PCA, GaussianMixture, KMeans
from mlcourse.datasets import (
    elongated_blobs,
    load_digits,
    load_penguins,
    stretched_blobs,
    two_moons,
)
from mlcourse.gaussians import CovarianceType
from mlcourse.metrics import align_components, match_labels
from mlcourse.mixture import (
    e_step,
    em,
    expectation_over,
    mixture_from_responsibilities,
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

# %% tags=["hide-input"]
# To begin with: EM with circles
crescents, _ = two_moons(400)
labels = pairwise_distances_argmin(crescents, crescents[:8])
start = mixture_from_responsibilities(
    crescents, np.eye(8)[labels], CovarianceType.named("spherical")
)
em_player(crescents, list(islice(em(expectation_over(crescents), start), 36)))

# %% [markdown]
# ## One picture, four readings
#
# Here are the three groups of [lesson 04](04_em.ipynb), with their true labels. We describe them with Gaussians in
# four ways. The means are the same each time; what shape a Gaussian may have is decided beforehand. That decision is
# called a [covariance type](../GLOSSARY.md#covariance-type).
#
# **Before you run the next cells:** the four types are called *full*, *tied*, *diag* and *spherical*. From the names
# alone, draw the three ellipses of each.

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
# Each of the four is the *best* description that its rule allows, and all four come from the same small matrix. This
# lesson shows what the rules are, what they cost, and what each type cannot see.
#
# ## One scatter
#
# Recall the [M-step](../GLOSSARY.md#m-step). Component $k$ owns $N_k = \sum_i r_{ik}$ points. Its [scatter
# matrix](../GLOSSARY.md#scatter-matrix) measures how they spread around its mean:
#
# $$ S_k = \sum_i r_{ik}\,(x_i - \mu_k)(x_i - \mu_k)^{\mathsf T} $$


# %%
def scatter(X, R):
    """S (K, d, d) and N (K,) from points X (n, d) and responsibilities R (n, K)."""
    N = R.sum(axis=0)
    mu = R.T @ X / N[:, np.newaxis]
    D = X - mu[:, np.newaxis]
    return np.einsum("nk,kni,knj->kij", R, D, D), N


# %%
S, N = scatter(X, R)
print("N =", N)
print("S_0 / N_0 =\n", np.round(S[0] / N[0], 3), sep="")

# %% [markdown]
# The diagonal of $S_0 / N_0$ holds the two [variances](../GLOSSARY.md#variance), and the off-diagonal entry is the
# [covariance](../GLOSSARY.md#covariance). Everything that follows is arithmetic with $S$ and $N$. The points
# themselves are not needed again.

# %% tags=["hide-input"]
# Figure 2: how each type makes its covariances
fig, axes = plt.subplots(1, 4, figsize=(12, 4), sharex=True, sharey=True)
D = X - known["full"].means[y]  # every group moved onto the origin
RULES = dict(
    zip(
        TYPES,
        (
            r"S_0 / N_0",
            r"\sum\,S_k\;/\,\sum\,N_k",
            r"\mathrm{diag}(S_0) / N_0",
            r"\mathrm{tr}(S_0) / 2N_0",
        ),
    )
)
for ax, name in zip(axes, TYPES):
    shown = np.full(len(X), True) if name == "tied" else y == 0
    plot_points(D[shown], y[shown], sizes=6, ax=ax)
    Sigma = known[name].covariances
    own = Sigma if name == "tied" else Sigma[[0]]
    plot_ellipses(np.zeros((1, 2)), own, name, n_std=2, ax=ax)
    ax.set_title(f"{name}: ${RULES[name]}$")
shadow = 2 * np.sqrt(known["diag"].covariances[0])
axes[2].hlines(-4, -shadow[0], shadow[0], color=INK, linewidth=5)
axes[2].vlines(-4, -shadow[1], shadow[1], color=INK, linewidth=5)
axes[3].hlines(0, 0, 2 * np.sqrt(known["spherical"].covariances[0]), color=INK, linewidth=5)
show(
    fig,
    "Figure 2. Full uses the points of one group. Tied moves all groups to the origin and draws one ellipse"
    " around them. Diag keeps the spread along each axis (thick bars). Spherical keeps one radius.",
    "Four panels about the origin. First, one slanted group and its slanted ellipse. Second, all three"
    " groups on top of one another and one ellipse. Third, the slanted group in an upright ellipse exactly as"
    " wide and as high as the bars on the axes. Fourth, the same group in a circle whose radius is a thick bar.",
)

# %% [markdown]
# **Full** keeps the whole matrix. Each component divides its own scatter by its own number of points:
#
# $$ \Sigma_k = S_k / N_k $$
#
# **Tied** adds all scatters and divides by the number of all points. Each scatter was taken about *its own* mean, so
# this is the cloud in the second panel:
#
# $$ \Sigma = \sum_k S_k \Big/ \sum_k N_k $$
#
# **Diag** keeps the diagonal, and drops how the features vary *together*:
#
# $$ \sigma_{kj}^2 = (S_k)_{jj} / N_k $$
#
# **Spherical** keeps one number per component, the mean of the diagonal. The sum of a diagonal is called the
# [trace](../GLOSSARY.md#trace):
#
# $$ \sigma_k^2 = \operatorname{tr}(S_k) / (d\,N_k) $$


# %%
def full(S, N):
    return S / N[:, np.newaxis, np.newaxis]


def tied(S, N):
    return S.sum(axis=0) / N.sum()


# %%
def diag(S, N):
    return np.diagonal(S, axis1=1, axis2=2) / N[:, np.newaxis]


def spherical(S, N):
    return np.trace(S, axis1=1, axis2=2) / (S.shape[1] * N)


# %%
for constrain in (full, tied, diag, spherical):
    Sigma = constrain(S, N)
    assert np.allclose(Sigma, known[constrain.__name__].covariances)
    print(f"{constrain.__name__:9s} an array of shape {Sigma.shape}")

# %% [markdown]
# These four functions are the whole difference between the four models. Scikit-learn's `covariances_` has the same
# shapes, and a program that expects (K, d, d) fails on a tied model.
#
# ## The best that each rule allows
#
# Why does spherical take the *mean* of the diagonal, and not the largest entry? Because that is the [maximum
# likelihood](../GLOSSARY.md#maximum-likelihood) answer. With the means fixed, the
# [log-likelihood](../GLOSSARY.md#log-likelihood) of all points under their own components is
#
# $$ \begin{aligned}
# \ell(\Sigma) = -\tfrac12 \sum_k \Big( & N_k\, d \log 2\pi + N_k \log|\Sigma_k| \\
# & + \operatorname{tr}\big(\Sigma_k^{-1} S_k\big) \Big)
# \end{aligned} $$
#
# The points enter only through $S_k$ and $N_k$. In code, with a [Cholesky factor](../GLOSSARY.md#cholesky-factor) for
# the logarithm and `solve` for the inverse:


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
# \operatorname{tr}(S)/\sigma^2$. Set the derivative with respect to $\sigma^2$ to zero, and you get
# $\operatorname{tr}(S)/(dN)$.
#
# **Before you run the next cells:** for component 1 alone, they try many circles, many upright ellipses, and many
# slanted ones, and mark the answer of the formula. Where in each panel will the mark be?

# %%
one, N_one = S[[1]], N[[1]]


def mean_of(Sigma):
    """Mean log-likelihood of a point of component 1 under one covariance (2, 2)."""
    return log_likelihood(np.array([Sigma]), one, N_one) / N_one[0]


# %%
var_1, var_2 = diag(one, N_one)[0]
sd = np.sqrt(var_1 * var_2)
variances, slants = np.linspace(0.35, 3, 60), np.linspace(-0.3, 0.97, 80)
circles = [mean_of(v * np.eye(2)) for v in variances]
upright = [[mean_of(np.diag([a, b])) for a in variances] for b in variances]
slanted = [mean_of([[var_1, rho * sd], [rho * sd, var_2]]) for rho in slants]

# %% tags=["hide-input"]
# Figure 3: the log-likelihood of one group
fig, axes = plt.subplots(1, 3, figsize=(13, 3.9))
axes[2].sharey(axes[0])
axes[0].plot(variances, circles)
axes[0].axvline(spherical(one, N_one)[0], color=INK, linestyle=":")
axes[0].text(spherical(one, N_one)[0] + 0.05, -2.3, "formula:\ntr(S) / (2N)", va="top")
axes[0].set(title="spherical", xlabel="variance", ylabel="mean log-likelihood of a point")
levels = np.max(upright) - 0.01 * 2.0 ** np.arange(8)[::-1]
axes[1].contour(variances, variances, upright, levels=levels, cmap="viridis")
axes[1].plot(var_1, var_2, "P", color=color(5), markersize=11)
axes[1].annotate(
    "formula", (var_1, var_2), (2.3, 2.7), arrowprops={"arrowstyle": "->", "color": INK}
)
axes[1].set(title="diag", xlabel="variance of feature 1", ylabel="variance of feature 2")
axes[2].plot(slants, slanted)
axes[2].axhline(np.max(upright), color=INK, linewidth=0.8)
axes[2].text(-0.03, np.max(upright) + 0.02, "best of diag", ha="right", va="bottom")
axes[2].axvline(one[0, 0, 1] / N_one[0] / sd, color=INK, linestyle=":")
axes[2].text(one[0, 0, 1] / N_one[0] / sd - 0.03, -3.2, "formula", ha="right", va="top")
axes[2].set(
    title="full", xlim=(-0.45, 1.02), xlabel="correlation", ylabel="mean log-likelihood of a point"
)
show(
    fig,
    "Figure 3. The log-likelihood of one group over all circles, all upright ellipses, and all slants"
    " (with the variances of diag). Dotted lines and the cross: the formulas.",
    "Three panels. Left, a curve over the variance with its peak on the dotted line. Middle, contour"
    " lines around a cross. Right, on the same vertical scale as the left one, a curve over the correlation that"
    " peaks on the dotted line, much higher than at correlation zero, where it meets the line of the best diag.",
)
best = {"circle": max(circles), "upright": np.max(upright), "slanted": max(slanted)}
assert best["circle"] < best["upright"] < best["slanted"]

# %% [markdown]
# In each panel, the formula marks the maximum: each type is the maximum likelihood answer **under its constraint**.
# Dropping a constraint raises the maximum. On the data that you fit, freedom can only help.
#
# ## Four models without labels
#
# EM changes only in that one line of the M-step. So we fit all four to the points alone, and compare their groups
# with the true ones using the [adjusted Rand index](../GLOSSARY.md#adjusted-rand-index) (ARI).
#
# **Before you run the next cell:** which of the four will come closest to the true groups? And what will diag do
# with two long slanted groups, given three upright ellipses?


# %%
def numbered_like(means, model):
    """Renumber a fitted mixture's components to go with the given means, so that colours agree."""
    order = align_components(means, model)
    model.weights_, model.means_ = model.weights_[order], model.means_[order]
    if model.covariance_type != "tied":
        model.covariances_ = model.covariances_[order]
        model.precisions_cholesky_ = model.precisions_cholesky_[order]
    return model


# %%
fits = {}
for name in TYPES:
    model = GaussianMixture(3, covariance_type=name, n_init=10, random_state=42).fit(X)
    fits[name] = numbered_like(means, model)
    ari = adjusted_rand_score(y, model.predict(X))
    print(f"{name:9s} log-likelihood {model.score(X) * len(X):8.1f}, ARI {ari:.2f}")

# %% tags=["hide-input"]
# Figure 4: four mixtures found without labels
fig, axes = plt.subplots(2, 2, figsize=(11, 8), sharex=True, sharey=True)
for ax, (name, model) in zip(axes.flat, fits.items()):
    plot_decision_regions(model, X, ax=ax)
    plot_points(X, y, sizes=7, ax=ax)
    plot_density(model, X, ax=ax)
    ax.set_title(f"{name} (ARI {adjusted_rand_score(y, model.predict(X)):.2f})")
show(
    fig,
    "Figure 4. Four mixtures of three components, found by EM without labels. Contours: the density."
    " Tints: the likeliest component. Markers: the true groups. The borders of tied are straight. In the far corner"
    " of full, the widest component wins.",
    "Four panels. Full: contours follow the three groups, borders curve between them. Tied: nearly"
    " the same groups, with straight borders. Diag and spherical: one component on the round group, and"
    " a border that cuts across both long groups.",
)

# %% [markdown]
# Full comes closest, and tied nearly as close. Diag and spherical find the round group, and cut across both long
# ones.
#
# Is it only a matter of the start? Here all four start close to the truth, from a run of k-means that stopped, by
# luck, near the three groups.
#
# **Before you press Play:** which of the four will still have the groups after thirty rounds?

# %%
labels = match_labels(y, KMeans(3, random_state=4).fit_predict(X))
runs = {}
for name in TYPES:
    start = mixture_from_responsibilities(X, np.eye(3)[labels], CovarianceType.named(name))
    runs[name] = list(islice(em(expectation_over(X), start), 31))
types_player(X, runs)

# %% tags=["hide-input"]
# Check: who has kept the groups
for name, steps in runs.items():
    ends = [
        adjusted_rand_score(y, e_step(X, s.mixture)[1].argmax(axis=1))
        for s in (steps[0], steps[-1])
    ]
    print(f"{name:9s} ARI {ends[0]:.2f} at the start, {ends[1]:.2f} after thirty rounds")
    assert (ends[1] > 0.9) == (name in ("full", "tied"))

# %% [markdown]
# Full and tied keep the groups. Diag and spherical lose them, because *their* likelihood is higher elsewhere. (The
# start matters too: in six other samples with five starts each, full finds the groups in five, tied in three, and
# diag and spherical in none.)
#
# The log-likelihoods follow a rule. Every circle is an upright ellipse, every upright ellipse is an ellipse, and a
# shared shape is a special case of three shapes. Such models are [nested](../GLOSSARY.md#nested-models): the best fit
# of the more general one cannot be worse.

# %%
score = {name: model.score(X) for name, model in fits.items()}
assert score["full"] >= score["diag"] >= score["spherical"]
assert score["full"] >= score["tied"]

# %% [markdown]
# ## What freedom costs
#
# If the most general model always fits best, why not always use it? It has more numbers to learn from the same
# points. Count the [free parameters](../GLOSSARY.md#free-parameter) with pencil and paper, for $K = 3$ and $d =
# 2$:
#
# - **weights:** three, but they sum to 1, so the last one is not free: $K - 1 = 2$.
# - **means:** $K d = 6$.
# - **covariances:** a symmetric $d \times d$ matrix has $d(d+1)/2 = 3$ different entries. Full has one such matrix
#   per component, $3 \cdot 3 = 9$ numbers. Tied has one matrix in all: 3. Diag has $K d = 6$ variances, spherical
#   $K = 3$.


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
# In the plane the four counts are close.
#
# **Before you move a slider:** in 41 dimensions, with 140 components, how many numbers does full have to learn? Write
# down an order of magnitude.

# %%
from mlcourse.widgets import draw_parameters, parameter_calculator

parameter_calculator()

# %% [markdown]
# If the sliders do not appear, here is one setting: the digits of [lesson 11](11_pca_digits.ipynb).

# %%
show(*draw_parameters(140, 41, 1797))
assert n_parameters("full", 140, 41) == 126_419
assert 1797 * 41 == 73_677

# %% [markdown]
# Full needs 126 419 parameters there, and the whole data set holds 73 677 numbers. With more parameters than numbers,
# a model can memorise rows.
#
# The covariances grow with $K d^2$ for full, with $d^2$ for tied, and with $K d$ for diag. So **tied saves parameters
# when there are many components, diag when there are many features.** Memory follows the same counts.
#
# ### A penalty for every parameter: BIC
#
# The [Bayesian information criterion](../GLOSSARY.md#bic) adds a penalty of $\log n$ for each of the $p$ parameters:
#
# $$ \mathrm{BIC} = -2 \log L + p \log n $$
#
# Lower is better. Here $\log L$ is the log-likelihood of all $n$ points. [Lesson 09](09_choosing_k.ipynb) explains
# the penalty and when not to trust it.


# %%
def bic(name, model, X):
    log_L = model.score_samples(X).sum()
    p = n_parameters(name, *model.means_.shape)
    return -2 * log_L + p * np.log(len(X))


for name, model in fits.items():
    assert np.isclose(bic(name, model, X), model.bic(X))
    print(f"{name:9s} {n_parameters(name, 3, 2)} parameters, BIC {model.bic(X):.1f}")
found = {name: round(model.bic(X), 1) for name, model in fits.items()}
assert found == {"full": 8189.7, "tied": 8588.7, "diag": 8991.8, "spherical": 8977.2}

# %% [markdown]
# Full has six more parameters than tied (17 against 11), and its BIC is still 399 lower, a clear difference. At the
# other end, spherical beats diag by 15.
#
# **Before you run the next cell:** it repeats the four fits with a [tolerance](../GLOSSARY.md#tolerance) a
# thousand times smaller. Which of the four numbers will move?

# %%
later = {}
for name in TYPES:
    patient = GaussianMixture(
        3, covariance_type=name, n_init=10, random_state=42, tol=1e-6, max_iter=1000
    ).fit(X)
    print(f"{name:9s} BIC {patient.bic(X):.1f} after {patient.n_iter_} rounds")
    later[name] = patient.bic(X)

# %% [markdown]
# The order of the last two has changed. Diag had stopped on a long flat stretch, where EM only seems to have
# converged ([lesson 06](06_when_em_fails.ipynb)). **Differences of hundreds come from the data; differences of a few
# may come from your tolerance.**
#
# ### Real data: penguins
#
# For 342 penguins of three species from the Palmer Archipelago, we have bill length, bill depth and flipper length in
# mm, and body mass in g. The model does not see the species.
#
# **Before you run the next cell:** which type will come closest to the species, and which will do worst? Mind the
# units: masses are in the thousands, bill depths in the tens.

# %%
birds, species = load_penguins()
scaled = (birds - birds.mean(axis=0)) / birds.std(axis=0)
penguins, guesses = {}, {}
for name in TYPES:
    settings = {"covariance_type": name, "n_init": 10, "random_state": 0}
    model = GaussianMixture(3, **settings).fit(birds)
    guesses[name] = match_labels(species, model.predict(birds))
    other = GaussianMixture(3, **settings).fit_predict(scaled)
    aris = [adjusted_rand_score(species, labels) for labels in (guesses[name], other)]
    penguins[name] = model.bic(birds), *aris
    print(
        f"{name:9s} BIC {model.bic(birds):7.1f}, ARI {aris[0]:.2f}, standardised first {aris[1]:.2f}"
    )

# %% tags=["hide-input"]
# Figure 5: penguins, and two of the answers
fig, axes = plt.subplots(1, 3, figsize=(12.5, 4), sharex=True, sharey=True)
answers = {"species": species, "tied": guesses["tied"], "spherical": guesses["spherical"]}
for ax, (name, labels) in zip(axes, answers.items()):
    plot_points(birds[:, [0, 3]], labels, sizes=14, ax=ax)
    title = name if name == "species" else f"{name} (ARI {penguins[name][1]:.2f})"
    ax.set(title=title, xlabel="bill length, mm", ylabel="body mass, g")
for bird, place in {"Adelie": (32, 4800), "Chinstrap": (52, 3100), "Gentoo": (40, 5700)}.items():
    axes[0].text(*place, bird)
show(
    fig,
    "Figure 5. Two of the penguins' four features. Tied finds the species; spherical cuts the mass into three bands.",
    "Three panels of body mass against bill length. Left, three species, two of them light with short and long bills"
    " and one heavy. Middle, nearly the same three groups. Right, three horizontal bands of mass.",
)
assert later["diag"] < later["spherical"] - 30
assert round(found["tied"] - found["full"]) == 399
assert round(found["diag"] - found["spherical"]) == 15
assert penguins["tied"][0] == min(penguins.values())[0]
assert (guesses["tied"] != species).sum() == 5
assert penguins["spherical"][2] > penguins["spherical"][1] + 0.5

# %% [markdown]
# Tied has the lowest BIC and misplaces five penguins, as does full with 20 more parameters. Spherical compares grams
# with millimetres, so in effect it sees only the mass. With all features standardised, its groups come much closer to
# the species.
#
# ## Back to the stretched blobs
#
# In [lesson 02](02_kmeans_limits.ipynb), k-means cut off the ends of these groups: its distance treats all directions
# alike. The groups were four round blobs of equal size, mapped by one linear map.
#
# **Before you run the next cell:** which covariance type describes that?

# %%
X4, y4 = stretched_blobs()
centres4 = np.array([X4[y4 == k].mean(axis=0) for k in range(4)])
kmeans = KMeans(4, init=centres4).fit(X4)  # started at the truth, it still leaves it
models, wrong = {"k-means": kmeans}, {}
for name in TYPES:
    model = GaussianMixture(4, covariance_type=name, n_init=10, random_state=0).fit(X4)
    models[name] = numbered_like(centres4, model)
for name, model in models.items():
    labels = match_labels(y4, model.predict(X4))
    wrong[name] = (labels != y4).sum()
    bic_4 = "" if name == "k-means" else f", BIC {model.bic(X4):.1f}"
    print(f"{name:9s} {wrong[name]:3d} misplaced{bic_4}")

# %% tags=["hide-input"]
# Figure 6: four answers to the stretched groups
fig, axes = plt.subplots(2, 2, figsize=(9.6, 8.4), sharex=True, sharey=True)
for ax, name in zip(axes.flat, ("k-means", "spherical", "full", "tied")):
    model = models[name]
    plot_decision_regions(model, X4, ax=ax)
    plot_points(X4, y4, sizes=12, ax=ax)
    if name != "k-means":
        plot_ellipses(model.means_, model.covariances_, name, n_std=(1, 2), ax=ax)
    ax.set(title=f"{name}: {wrong[name]} misplaced", aspect="equal")
    ax.set(xlim=axes[0, 0].get_xlim(), ylim=axes[0, 0].get_ylim())
show(
    fig,
    "Figure 6. Markers: the true groups. Tints: the answer of each model, in the colour of its group. K-means cuts"
    " across the ends, spherical does worse, full and tied find all four groups.",
    "Four panels of four parallel slanted groups. The borders of k-means cut off the ends of some groups."
    " Circles of different sizes split one group and join others. Full and tied ellipses lie along the"
    " groups and separate nearly every point.",
)

assert len(X4) == 400
assert wrong["tied"] <= wrong["full"] <= 3 < wrong["k-means"] < wrong["spherical"]
assert models["tied"].bic(X4) < models["full"].bic(X4)

# %% [markdown]
# Full and tied misplace hardly any of the 400 points. BIC prefers **tied** (in all of 20 samples), and that is how
# the data were made: equal round blobs, mapped by one map, become equal ellipses. Full pays for three more matrices
# that repeat the first.
#
# The spherical mixture does *worse* than k-means here: it uses its free sizes and weights to make up for a shape that
# it cannot have. More freedom of the wrong kind does not help.
#
# ## Straight borders and curved ones
#
# The borders of tied were straight, those of full were curved. Here is why. Component $k$ beats component $l$ where
# its **discriminant** is larger:
#
# $$ \begin{aligned}
# g_k(x) = {}& \log \pi_k - \tfrac12 \log|\Sigma_k| \\
# & - \tfrac12 (x - \mu_k)^{\mathsf T} \Sigma_k^{-1} (x - \mu_k)
# \end{aligned} $$
#
# The quadratic part is $-\tfrac12 x^{\mathsf T}\Sigma_k^{-1}x$. When all components share one $\Sigma$, it cancels in
# $g_k - g_l$. What is left is linear in $x$, so the border is a straight line. Otherwise it is in general a curve.
#
# With labels, these models are older than EM. Tied is [linear discriminant
# analysis](../GLOSSARY.md#linear-discriminant-analysis) (LDA), full is [quadratic discriminant
# analysis](../GLOSSARY.md#quadratic-discriminant-analysis) (QDA), and diag is Gaussian [naive
# Bayes](../GLOSSARY.md#naive-bayes).
#
# **Before you run the next cell:** our first four mixtures were made from known labels, in one M-step. How far will
# their responsibilities be from the class probabilities of these three classifiers?

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
# Figure 7: borders of classifiers, ellipses of mixtures
fig, axes = plt.subplots(1, 2, figsize=(11, 4.4), sharey=True)
for ax, name in zip(axes, ("tied", "full")):
    plot_decision_regions(cousins[name], X, ax=ax)
    plot_points(X, y, sizes=7, ax=ax)
    plot_ellipses(known[name].means, known[name].covariances, name, n_std=1, ax=ax)
    ax.set(title=f"{name}: {type(cousins[name]).__name__}", xlim=axes[0].get_xlim())
show(
    fig,
    "Figure 7. Scikit-learn's borders between labelled groups, with our ellipses on top. Equal ellipses"
    " make straight borders, unequal ones make curves.",
    "Two panels of the three groups. Left, three equal ellipses and two straight borders. Right,"
    " three different ellipses and curved borders; the region of the round group comes back at the top left, and in"
    " a wedge between the long groups.",
)
assert max(gaps["tied"], gaps["diag"]) < 1e-9
# Older versions of scikit-learn's QDA divide by N − 1: then the difference is not quite nothing.
assert gaps["full"] < 1e-2

# %% [markdown]
# They agree up to rounding error. A mixture is a discriminant analysis that has to guess its labels.
#
# ## The trap: other axes, other groups
#
# Rotate the picture, or [standardise](../GLOSSARY.md#standardise) every feature, as many tutorials recommend. Should
# the groups change?
#
# A method is [equivariant](../GLOSSARY.md#equivariance) under a change of axes when it gives the same answer in the
# new axes. For a fair test, all types get the same start, 500 rounds of EM, and no `reg_covar`.

# %%
turn = np.radians(30)
MAPS = {
    "as it is": np.eye(2),
    "rotated": np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]),
    "standardised": np.diag(1 / X.std(axis=0)),
}
start = np.eye(3)[KMeans(3, n_init=10, random_state=0).fit_predict(X)]


# %%
def run(Z, name, n_rounds=500):
    """The mixture after `n_rounds` of EM on Z, from the same responsibilities every time."""
    row = CovarianceType.named(name)
    steps = em(
        expectation_over(Z), mixture_from_responsibilities(Z, start, row, reg_covar=0), reg_covar=0
    )
    return [next(steps) for _ in range(n_rounds + 1)][-1].mixture


# %% [markdown]
# **Before you run the next cell:** for each of the four types and each of the two changes: the same answer, or
# another one? Eight guesses.

# %%
groups = {}
print("mean log-likelihood" + "".join(f"{change:>16s}" for change in MAPS))
for name in TYPES:
    line = f"{name:19s}"
    for change, A in MAPS.items():
        log_p, resp = e_step(X @ A.T, run(X @ A.T, name))
        groups[name, change] = resp.argmax(axis=1)
        moved = (groups[name, change] != groups[name, "as it is"]).sum()
        change_of_unit = np.linalg.slogdet(A)[1]  # densities have units: add log |det A| to compare
        line += f"{log_p.mean() + change_of_unit:10.4f} ({moved:3d})"
    print(line)
long_axis = np.linalg.eigh(S[0] / N[0])[1][:, 1]
print(f"a long group leans at {np.degrees(np.arctan2(*long_axis[::-1])) % 180:.0f}°")

# %% [markdown]
# The number in brackets is how many of the 1250 points changed group. Full and tied do not depend on the axes. **Diag
# survives another scale but not a rotation. Spherical survives a rotation but not another scale.**

# %% tags=["hide-input"]
# Figure 8: groups found in changed axes
fig, axes = plt.subplots(2, 2, figsize=(10, 7.6), sharex=True, sharey=True)
panels = [(name, change) for name in ("diag", "spherical") for change in MAPS]
panels.remove(("diag", "standardised"))
panels.remove(("spherical", "rotated"))
for ax, (name, change) in zip(axes.flat, panels):
    plot_points(X, match_labels(y, groups[name, change]), sizes=9, ax=ax)
    ari = adjusted_rand_score(y, groups[name, change])
    ax.set_title(f"{name}, {change} (ARI {ari:.2f})")
show(
    fig,
    "Figure 8. The groups that EM finds, drawn in the original axes: by diag, and by diag on the"
    " rotated data; by spherical, and by spherical on the standardised data. Same points, same start.",
    "Four panels of the same points in three colours. Upper left, one component of diag covers nearly all of"
    " both long groups, and another a patch inside one of them; upper right, each long group has its own."
    " Lower row, spherical cuts across both long groups, and the cuts move a little.",
)
for name in ("full", "tied"):
    assert all(np.array_equal(groups[name, "as it is"], groups[name, change]) for change in MAPS)
assert np.array_equal(groups["diag", "as it is"], groups["diag", "standardised"])
assert np.array_equal(groups["spherical", "as it is"], groups["spherical", "rotated"])
assert e_step(X, run(X, "tied"))[0].mean() < fits["tied"].score(X)
assert adjusted_rand_score(y, groups["diag", "rotated"]) > 0.9

# %% [markdown]
# The long groups lean at about 55°. After a rotation by another thirty degrees they are nearly upright, and upright
# ellipses can follow them. Only the axes have changed.
#
# A map $x \mapsto Ax$ takes a covariance $\Sigma$ to $A \Sigma A^{\mathsf T}$. Does the result still obey the
# constraint? A full matrix stays full under any invertible map. A rotated circle is a circle; a stretched one is not.
# An upright ellipse stretched along the axes is upright; rotated, it is slanted.
#
# So before you choose diag, ask whether *your features* are the right axes. Before you choose spherical, or k-means,
# ask whether one unit means the same in every feature. Full and tied need neither question. But k-means, which finds
# the start, depends on the scale, and so does `reg_covar`.
#
# ## When fewer parameters are better
#
# So far full looked like the safe choice. Now compare the log-likelihoods of [held-out
# data](../GLOSSARY.md#held-out-data). First, data with a known truth: three groups in twelve dimensions, each with
# its *own* covariance, though the three are similar. The true model is full.


# %%
rng = np.random.default_rng(0)
d, common = 12, rng.normal(size=(12, 12))
own = np.array([common @ (np.eye(d) + 0.1 * rng.normal(size=(d, d))) for _ in range(3)])
centres = rng.normal(scale=4, size=(3, d))


def draw(n):
    z = rng.integers(3, size=n)
    return centres[z] + np.einsum("nij,nj->ni", own[z], rng.normal(size=(n, d)))


# %% [markdown]
# **Before you run the next cells:** EM gets 40, 80, 160, … of these points. From how many points on does the true
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


sizes = 40 * 2 ** np.arange(7)
curves = held_out(draw, draw(4000), K=3, sizes=sizes)
for n, values in zip(sizes, zip(*curves.values())):
    print(f"{n:5d} points: " + ", ".join(f"{t} {v:7.1f}" for t, v in zip(TYPES, values)))


# %% [markdown]
# Now real data: the 8×8 digits, reduced to 15 features ([lesson 11](11_pca_digits.ipynb) shows how), with five
# components. A full covariance has 120 numbers there.
#
# **Before you run the next cells:** which type will be best with 60 digits to learn from? And with 1000?

# %%
digits, _ = load_digits()
digits = digits[np.random.default_rng(0).permutation(len(digits))]
squeeze = PCA(15).fit(digits[:1200])
train, test = squeeze.transform(digits[:1200]), squeeze.transform(digits[1200:])
digit_sizes = np.array([60, 90, 120, 250, 500, 1000])
digit_curves = held_out(lambda n: rng.choice(train, n, replace=False), test, 5, digit_sizes)

# %% tags=["hide-input"]
# Figure 9: held-out likelihood against the number of points
fig, axes = plt.subplots(1, 2, figsize=(12, 4.4))
for ax, n, found, low in ((axes[0], sizes, curves, -38), (axes[1], digit_sizes, digit_curves, -58)):
    for k, name in enumerate(TYPES):
        ax.plot(n, found[name], marker=marker(k), color=color(k), label=name)
    top = max(max(curve) for curve in found.values())
    ax.set(xscale="log", ylim=(low, top + 1), xlabel="points to learn from")
    ax.set_xticks(n, n)
    ax.minorticks_off()
axes[0].set(title="truth known: full", ylabel="held-out log-likelihood of a point")
axes[1].set(title="digits, 15 features")
for ax in axes:
    ax.legend(loc="lower right")
show(
    fig,
    "Figure 9. Held-out log-likelihood against the number of training points. With few points, types with few"
    " parameters win, even where the truth is full (left). Full starts far below the edge of both panels.",
    "Two panels of four rising curves. Left: tied is best up to about three hundred points, then full"
    " overtakes it; diag and spherical stay far below. Right: diag is best up to about 250 points, with tied"
    " and spherical close; then full rises above them.",
)
assert n_parameters("full", 3, 12) == 272
assert (round(40 / 3), 12 * 13 // 2, 15 * 16 // 2) == (13, 78, 120)
assert all(curves["tied"][i] > curves["full"][i] for i in (0, 1, 2))
assert curves["full"][-1] > curves["tied"][-1]
assert digit_curves["diag"][0] > digit_curves["tied"][0] > digit_curves["full"][0]
assert digit_curves["full"][-1] > digit_curves["diag"][-1]

# %% [markdown]
# With up to 160 points the true model loses, in all of ten draws. At 40 it is far behind: each component has about
# thirteen points, and has to learn a covariance of 78 numbers from them. The resulting ellipsoid is nearly flat in
# some direction, and new points outside it get almost no density.
#
# On the digits, the smallest samples favour diag (in some other splits spherical), and 500 rows are enough for full.
# A model can lose because it is wrong, or because its parameters are uncertain. Held-out data measure both together.
#
# BIC cannot replace the held-out rows here. With 40 training points it puts full first in most of ten draws, but on
# new points full is the worst of the four in all ten. **When there are more parameters than points, trust held-out
# data, not a formula.**
#
# ## Which type when
#
# | your situation | a good first choice | why |
# |---|---|---|
# | few features, many points per component | full | every shape, any axes |
# | one shape for all, or a risk of spikes | tied | few parameters; almost [immune](06_when_em_fails.ipynb) |
# | many features | diag | parameters grow with $d$, not with $d^2$ |
# | few points per component | tied, or diag | few parameters; compare them on held-out points |
# | all features in the same unit, round groups | spherical | one number per component; close to k-means |
# | none of these for certain | two or three of them | compare held-out likelihoods or BIC |
#
# ### Ten more types
#
# <details><summary>Optional: the fourteen types of mclust</summary>
#
# Write $\Sigma_k = \lambda_k D_k A_k D_k^{\mathsf T}$, with a volume $\lambda_k$, a shape $A_k$ (diagonal,
# determinant 1) and an orientation $D_k$ (a rotation). Each of the three may be equal in all components (E) or vary
# (V), and shape and orientation may be the identity (I). This gives fourteen models (Celeux and Govaert 1995), which
# the R package [mclust](../GLOSSARY.md#mclust) names by three letters, for volume, shape and orientation:
#
# | here | in mclust | volume | shape | orientation |
# |---|---|---|---|---|
# | full | VVV | varies | varies | varies |
# | tied | EEE | equal | equal | equal |
# | diag | VVI | varies | varies | axes |
# | spherical | VII | varies | sphere | none |
#
# The other ten are EII, EEI, VEI, EVI, VEE, EVE, VVE, EEV, VEV and EVV. EII with equal weights and hard assignments
# is k-means. Scikit-learn has none of the ten.
#
# </details>
#
# ## Common mistakes
#
# - **"Tied is the covariance of all the data."** That would include the distances between the groups. Tied pools the
#   scatters *within* the components, each about its own mean.
# - **"Tied is the average of the components' covariances."** Only if all own the same number of points: tied adds the
#   scatters.
# - **"I standardised, to be on the safe side."** For spherical (and k-means) that changes the model, for better
#   or worse. For diag, tied and full it changes only the start and the meaning of `reg_covar`.
# - **Comparing BIC across scalings.** Standardising shifts BIC by a constant that says nothing about the fit.

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
# **C.** A change of one unit is a scaling along an axis. Full and tied survive any invertible linear map. Diag
# survives this one, because it has a separate variance for each feature. A circle does not stay a circle, so A is
# wrong.
#
# </details>

# %% [markdown]
# **2.** Ten components in a hundred dimensions. Which type has the fewest parameters in its covariances?
#
# - **A.** Tied, because it has a single matrix.
# - **B.** Diag, because it has no covariances between features.
# - **C.** Spherical, because it has one number per component.
#
# <details><summary>Answer</summary>
#
# **C.** Spherical has ten numbers, diag has $10 \cdot 100 = 1000$. The single matrix of tied has
# $100 \cdot 101 / 2 = 5050$ different entries. With a thousand components, diag would cost more than tied.
#
# </details>

# %% [markdown]
# **3.** On the same data, the tied mixture has a higher log-likelihood than the full one, with the same $K$. What
# does that say?
#
# - **A.** The groups have the same shape.
# - **B.** The full fit has stopped below its best maximum.
# - **C.** Full is overfitting.
#
# <details><summary>Answer</summary>
#
# **B.** Every tied model is a full model with equal matrices, so the best full fit is at least as good. Restart, or
# run longer. With A, full would still be a little ahead. C makes a training likelihood *too good*, not worse.
#
# </details>

# %% tags=["hide-input"]
# The numbers in the answer to question 2
assert CovarianceType.named("tied").n_parameters(10, 100) == 5050
assert CovarianceType.named("diag").n_parameters(1000, 100) > 5050

# %% [markdown]
# ## In five lines
#
# 1. One scatter $S_k$ and one count $N_k$ for each component; four types are four constraints on them.
# 2. Each is the maximum likelihood answer under its constraint, and EM changes in one line.
# 3. Tied gives straight borders, full gives curved ones. With labels they are LDA and QDA, and diag is naive Bayes.
# 4. Full and tied do not depend on your axes. Rotation changes diag, rescaling one feature changes spherical.
# 5. Count the parameters, and let held-out data decide: with few points a wrong model with few parameters can beat
#    the true one.
#
# ## Where next
#
# The [exercises](../exercises/07_covariance_types_exercises.ipynb): derive all four from one scatter, fix a tied
# M-step, and choose a type for sixty handwritten digits. Then [lesson 08](08_density_estimation.ipynb) uses mixtures
# for data that are not Gaussian, and [lesson 09](09_choosing_k.ipynb) chooses K and the type together.
#
# ## References
#
# - J. D. Banfield, A. E. Raftery (1993). Model-based Gaussian and non-Gaussian clustering. *Biometrics* 49(3),
#   803–821.
# - G. Celeux, G. Govaert (1995). Gaussian parsimonious clustering models. *Pattern Recognition* 28(5), 781–793.
# - K. B. Gorman, T. D. Williams, W. R. Fraser (2014). Ecological sexual dimorphism and environmental variability
#   within a community of Antarctic penguins. *PLoS ONE* 9(3), e90081.
# - L. Scrucca, M. Fop, T. B. Murphy, A. E. Raftery (2016). mclust 5: clustering, classification and density
#   estimation using Gaussian finite mixture models. *The R Journal* 8(1), 289–317.
# - G. Schwarz (1978). Estimating the dimension of a model. *The Annals of Statistics* 6(2), 461–464.
