# %% tags=["hide-input"]
# Imports and figure style
import warnings
from collections import Counter

import matplotlib.pyplot as plt
import numpy as np
import sklearn.mixture
from scipy.special import entr

from mlcourse import GaussianMixture
from mlcourse.datasets import elongated_blobs, load_old_faithful, load_penguins, two_moons
from mlcourse.gaussians import COVARIANCE_TYPES, CovarianceType
from mlcourse.mixture import Mixture, e_step
from mlcourse.plotting import (
    color,
    marker,
    plot_ellipses,
    plot_points,
    show,
    use_course_style,
)
from mlcourse.widgets import (
    components_player,
    criteria_curves,
    criteria_explorer,
    draw_criteria,
    playground,
)

use_course_style()

# %% [markdown]
# Old Faithful is a geyser. Choose a number of components, press Play, and watch them settle on its eruptions.

# %% tags=["hide-input"]
# To begin with: Old Faithful, standardised
faithful = load_old_faithful()
geyser = (faithful - faithful.mean(axis=0)) / faithful.std(axis=0)
playground(geyser, n_components=2, features=("duration (standardised)", "wait (standardised)"))

# %% [markdown]
# Here are 272 of its eruptions: how long each lasted, and how long people waited for the
# next one. How many components would you use? Write down a number.

# %% tags=["hide-input"]
# Figure 1: Old Faithful
ax = plot_points(faithful)
ax.set(xlabel="duration (minutes)", ylabel="waiting time (minutes)")
show(
    ax,
    "Figure 1. Eruptions of Old Faithful. Two groups, or more?",
    "Grey points in two clouds: short eruptions with short waits, long eruptions with long waits.",
)

# %% [markdown]
# Keep your number. First we need criteria, and we need to know when to trust them. For that we return to the two
# moons of [lesson 08](08_density_estimation.ipynb), where we know the source and can always draw more points.
#
# ## What a parameter costs
#
# Cross-validation fits every model five times. Can a formula do the job with one fit? The training likelihood rises
# with every component, so the formula has to charge a price for each free parameter.
#
# **Before you run the next cell:** count the free numbers by hand for $K = 3$ components in $d = 2$ dimensions with
# full covariances. Two traps: the weights sum to 1, and a covariance matrix is symmetric.


# %%
def n_parameters(K, d):
    weights = K - 1  # the last one follows from the others
    means = K * d
    covariances = K * d * (d + 1) // 2  # the diagonal and what is above it
    return weights + means + covariances


# %% tags=["hide-input"]
# Checks of the numbers in the text
assert n_parameters(3, 2) == 2 + 6 + 9 == 17
assert n_parameters(100, 2) == 599

# %% [markdown]
# Seventeen: two weights, six coordinates of means, and three times three numbers for the covariances. With the
# log-likelihood $\ell = \sum_i \log p(x_i)$ of all $n$ points and $p$ parameters, the two most common formulas are
#
# $$ \mathrm{AIC} = -2\,\ell + 2\,p \qquad\qquad \mathrm{BIC} = -2\,\ell + p \log n $$
#
# and for both, lower is better: [AIC](../GLOSSARY.md#aic) and [BIC](../GLOSSARY.md#bic). (Some books and the R
# package mclust use the opposite sign of BIC, and higher is better.)


# %%
def aic(log_likelihood, p):
    return -2 * log_likelihood.sum() + 2 * p


def bic(log_likelihood, p):
    return -2 * log_likelihood.sum() + p * np.log(len(log_likelihood))


# %%
X, _ = two_moons()
Ks = range(1, 26)
models = [GaussianMixture(K, random_state=0).fit(X) for K in Ks]
for K, model in zip(Ks, models):
    s, p = model.score_samples(X), n_parameters(K, 2)
    their = sklearn.mixture.GaussianMixture(K, random_state=0).fit(X)
    assert np.allclose([aic(s, p), bic(s, p)], [model.aic(X), model.bic(X)])
    assert np.allclose([aic(s, p), bic(s, p)], [their.aic(X), their.bic(X)])

# %% [markdown]
# The criteria differ in the price of a parameter: 2, or $\log n$. They ask different questions.
#
# - **AIC asks: which fit will predict new points best?** The training likelihood is too good by about $p / n$ per
#   point, as you saw in lesson 08. AIC subtracts that.
# - **BIC asks: if one of these models were the truth, which is the most probable?** It approximates
#   $-2 \log p(X \mid K)$.
#
# ## A third criterion: components that are well separated
#
# Sometimes we want to use the components as groups. Then it should be clear which component each point comes
# from. The doubt about that is the [entropy](../GLOSSARY.md#entropy) of the
# [responsibilities](../GLOSSARY.md#responsibility), and [ICL](../GLOSSARY.md#icl), the integrated completed
# likelihood, charges for it. There are two forms. Both are in use, so say which you report:
#
# $$
# \begin{aligned}
# \mathrm{ICL}_\text{soft} &= \mathrm{BIC} - 2 \sum_i \sum_k r_{ik} \log r_{ik} \\
# \mathrm{ICL}_\text{hard} &= \mathrm{BIC} - 2 \sum_i \log \max_k r_{ik}
# \end{aligned}
# $$
#
# The hard form uses only the responsibility of the component that each point would be assigned to. It never exceeds
# the soft form. The package computes the soft one.


# %%
def icl_soft(log_likelihood, R, p):
    return bic(log_likelihood, p) + 2 * entr(R).sum()  # entr(r) is −r log r, and 0 at r = 0


def icl_hard(log_likelihood, R, p):
    return bic(log_likelihood, p) - 2 * np.log(R.max(axis=1)).sum()


curves = {"AIC": [], "BIC": [], "ICL": [], "ICL, hard": []}
for K, model in zip(Ks, models):
    s, R, p = model.score_samples(X), model.predict_proba(X), n_parameters(K, 2)
    for curve, value in zip(
        curves.values(), (aic(s, p), bic(s, p), icl_soft(s, R, p), icl_hard(s, R, p))
    ):
        curve.append(value)
    assert np.isclose(curves["ICL"][-1], model.icl(X))
assert np.all(np.array(curves["ICL, hard"]) <= np.array(curves["ICL"]) + 1e-9)

# %% [markdown]
# We know the source, so we can plot the truth beside them: the log-likelihood of 4000 new points, on the same scale.
# **Before you run the next cell:** which criterion will ask for the most components, and which for the fewest?

# %%
new, _ = two_moons(4000, random_state=1)
curves["new points"] = [-2 * len(X) * model.score(new) for model in models]
print({name: Ks[np.argmin(curve)] for name, curve in curves.items()})

# %% tags=["hide-input"]
# Figure 2: the criteria, and new points
fig, ax = plt.subplots(figsize=(8, 4.4))
for place, (name, curve) in enumerate(curves.items()):
    at = int(np.argmin(curve))
    ax.plot(Ks, curve, color=color(place), marker=marker(place), markersize=4, label=name)
    ax.plot(Ks[at], curve[at], "o", markersize=13, fillstyle="none", color=color(place))
ax.set(xlabel="components K", ylabel="criterion (lower is better)", xticks=Ks[::2], ylim=(150, 850))
ax.legend(ncols=2)
show(
    ax,
    "Figure 2. Four criteria for the same 25 fits, and the likelihood of new points on the same scale. A ring"
    " marks each minimum. The two forms of ICL have theirs at the same K.",
    "Five curves over K from 1 to 25, all falling steeply to about K = 8. BIC and both forms of ICL have"
    " their minimum there and rise steadily. The new points' curve has its minimum at 10 and rises, too."
    " AIC has its minimum at 16, and stays almost flat from 8 to 25.",
)

# %% [markdown]
# All five agree that fewer than seven components are too few here. Beyond that, AIC hardly rises at all, while the
# new points say that the fits get worse. In all of eight samples, AIC takes more components than the new points
# would, and BIC takes as many or fewer. Step through $K$, and compare the picture with the curves. Where does the
# mixture stop learning the moons, and begin to learn the points?

# %%
components_player(X, models, curves)

# %% [markdown]
# ## A hundred components
#
# The search stopped at 25. **Before you run the next cell:** if we go on to 100, will AIC keep its minimum? Will
# BIC?

# %%
wide = (1, 2, 4, 7, 9, 12, 16, 25, 40, 60, 80, 100)
many = [GaussianMixture(K, random_state=0).fit(X) for K in wide]
far = {
    "AIC": [model.aic(X) for model in many],
    "BIC": [model.bic(X) for model in many],
    "new points": [-2 * len(X) * model.score(new) for model in many],
}

# %%
print({name: wide[int(np.argmin(curve))] for name, curve in far.items()})
print(
    f"per point at K = 100: AIC says {-far['AIC'][-1] / len(X) / 2:.2f}, new points {many[-1].score(new):.2f}"
)

# %% tags=["hide-input"]
# Figure 3: the catastrophe
assert wide[np.argmin(far["AIC"])] == 100  # the text says so
assert wide[np.argmin(far["BIC"])] == 9
assert np.all(np.diff(far["BIC"][wide.index(9) :]) > 0)
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8))
for ax, shown in ((left, ("AIC", "BIC")), (right, ("new points",))):
    for name in shown:
        place = list(curves).index(name)  # the colours of figure 2
        ax.plot(wide, far[name], color=color(place), marker=marker(place), markersize=5, label=name)
        at = int(np.argmin(far[name]))
        ax.plot(wide[at], far[name][at], "o", markersize=13, fillstyle="none", color=color(place))
    ax.set(xlabel="components K", ylabel="criterion (lower is better)")
    ax.legend()
right.set_title("the same fits on new points")
left.set_title("what the formulas say")
show(
    fig,
    "Figure 3. AIC is lowest at a hundred components, where the mixture fails badly on new points. BIC"
    " keeps its minimum. Note the scale on the right: it is more than ten times larger.",
    "Left, AIC falls again beyond 40 components and ends far below its first dip. BIC has its minimum at 9"
    " and then rises steadily. Right, the new points' curve looks flat up to 25 and then climbs to more"
    " than 25 000.",
)

# %% [markdown]
# AIC prefers a hundred components, in all of eight samples. Most components sit on one or two points, only
# `reg_covar` limits the likelihood, and 599 parameters for 400 coordinates are far outside what the formula assumes.
# BIC keeps its minimum, but its penalty was not derived for this either; it is only larger. **A criterion is valid
# only where there are several points per parameter.** Beyond that, use held-out points. [Lesson
# 11](11_pca_digits.ipynb) has another such AIC minimum, on digits.
#
# ## What the formulas assume
#
# Both are derived for *regular* models: the true parameters are unique, and near them the likelihood is a
# parabola. A mixture with too many components is not regular. If the truth has three components and you fit four,
# the fourth can have weight zero and any mean, or be a copy of another: whole surfaces of parameters give the
# same density. So $2p$ and $p \log n$ are not derived for that case.
#
# BIC still works if the truth is a mixture in the list: Keribin (2000) proved that it then finds the right $K$ with
# probability going to one, when the parameters stay in a bounded set, with variances kept away from zero, and the
# largest $K$ is fixed. AIC does not find it: it keeps a positive probability of choosing too many, however many
# points there are. If no model in the list is true, "the right $K$" has no meaning, and BIC's number grows with $n$.
#
# Here are both cases. The elongated groups of [lesson 05](05_why_em_works.ipynb) are three Gaussians, two of them
# slanted. **Before you move the slider:** it goes from 50 points to 5000. With full covariances, which way does each
# minimum move? Then choose `diag`. Now no candidate is the source, because upright ellipses are not slanted.
# Which way do the minima move?

# %%
four = [elongated_blobs(random_state=seed)[0] for seed in range(4)]
sample = np.random.default_rng(0).permutation(np.concatenate(four))
others, _ = elongated_blobs(random_state=4)
criteria_explorer(sample, others)

# %% [markdown]
# If the slider does not appear, here is one setting.

# %%
show(*draw_criteria(sample, others, 2000, "diag"))

# %%
for kind in ("full", "diag"):
    for n in (100, 500, 2000):
        tried = criteria_curves(sample[:n], others, kind)
        print(kind, f"{n:4d}", {name: 1 + int(np.argmin(curve)) for name, curve in tried.items()})

# %% [markdown]
# With full covariances, BIC takes 3 components from a hundred points on. AIC takes too many at first. With diagonal
# covariances, BIC's minimum moves to the right: a slanted group has to be tiled with upright ellipses, and more
# points pay for more tiles. Five other samples gave the same result: with `full` always 3, with `diag` 2 components
# for 100 points and 9 to 12 for 2000. (This needs good fits. The curves use three starts and a finer tolerance; with
# one start and the default tolerance, BIC takes 4 with `full` in more than half of these cases.) **A $K$ that stays
# while the data grow may say something about the source. A $K$ that grows with them only says that more data pay for
# more components.**
#
# ## How firm is a minimum?
#
# Each fit was one run of EM from one start, and another two hundred points would give other curves. How much do
# the choices vary? With real data we would draw two hundred points *with replacement* from our own: the
# [bootstrap](../GLOSSARY.md#bootstrap). Here we can also compare with twenty fresh sets.
#
# **Before you run the next cell:** will the bootstrap's choices vary less, as much, or more than those of the
# fresh sets?


# %%
def chosen(Z, criterion):
    fits = [GaussianMixture(K, random_state=0).fit(Z) for K in range(4, 21)]
    return min(fits, key=lambda model: getattr(model, criterion)(Z))


# %%
rng = np.random.default_rng(0)
resampled = [X[rng.integers(len(X), size=len(X))] for _ in range(20)]
fresh = [two_moons(random_state=seed)[0] for seed in range(100, 120)]
picks = {}
for name, sets in {"bootstrap": resampled, "fresh data": fresh}.items():
    picks[name] = [chosen(Z, "bic").n_components for Z in sets]
    print(f"{name:10s} BIC chose", dict(sorted(Counter(picks[name]).items())))
distinct = np.mean([len(np.unique(Z, axis=0)) for Z in resampled])
print(f"distinct points in a resample: {distinct:.0f}")

# %% [markdown]
# Even with fresh data "the $K$ that BIC chooses" is not one number: here it goes from 6 to 10. The bootstrap shows
# roughly how much it varies, but its choices are higher. We repeated it for six samples: on average its $K$ was 0.3
# to 1.3 above the mean of fresh sets, and the largest choices were 11 to 20. A resample has fewer than two thirds of
# the points, and repeats some: a point drawn three times looks like a tiny group, and may get a component of its own.
# Use the bootstrap for its width, not its centre.
#
# So which criterion chose best? The fresh sets can answer that. **Before you run the next cell:** AIC was made for
# prediction. Will it win on new points?

# %%
on_new = {}
for criterion in ("aic", "bic", "icl"):
    best = [chosen(Z, criterion) for Z in fresh]
    on_new[criterion] = np.array([model.score(new) for model in best])
    median = np.median([model.n_components for model in best])
    print(f"{criterion.upper()}: median K {median:4.1f}, new points {on_new[criterion].mean():.3f}")
lead = on_new["bic"] - on_new["aic"]
print(f"BIC ahead of AIC: {lead.mean():.3f} ± {lead.std(ddof=1) / np.sqrt(20):.3f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert lead.mean() > 2 * lead.std(ddof=1) / np.sqrt(20)
assert np.mean(picks["bootstrap"]) > np.mean(picks["fresh data"])

# %% [markdown]
# BIC wins at AIC's own game, because two hundred points are too few for AIC's penalty (figure 5 of lesson 08). With a
# source of another shape, or with more points, the order can change: twenty samples of one source are still one
# source.
#
# ## K and the covariance type together
#
# Now back to Old Faithful. In [lesson 07](07_covariance_types.ipynb) the number was given and the type was chosen. In
# practice both are open, and they depend on each other: a type with fewer parameters can afford more components. So
# compute BIC for every combination. The R package mclust made the plot standard.
#
# We standardise the columns. Otherwise k-means, which provides the starts, would depend on the waiting times almost
# alone. **Before you run the next cell:** look at figure 1 again. Which type, and how many?

# %%
TYPES = tuple(COVARIANCE_TYPES)


def bic_table(Z, Ks=range(1, 9)):
    """BIC for each covariance type (rows) and each K (columns)."""
    return np.array(
        [
            [
                GaussianMixture(K, covariance_type=kind, n_init=5, random_state=0).fit(Z).bic(Z)
                for K in Ks
            ]
            for kind in TYPES
        ]
    )


penguins, species = load_penguins()
birds = (penguins - penguins.mean(axis=0)) / penguins.std(axis=0)
tables = {"Old Faithful": bic_table(geyser), "penguins": bic_table(birds)}
for name, table in tables.items():
    kind, K = np.unravel_index(table.argmin(), table.shape)
    print(f"{name:12s} {TYPES[kind]}, K = {K + 1}: BIC {table.min():.1f}")

# %% tags=["hide-input"]
# Figure 4: one BIC plot over both
fig, axes = plt.subplots(1, 2, figsize=(11, 4))
for ax, (name, table) in zip(axes, tables.items()):
    for place, (kind, row) in enumerate(zip(TYPES, table)):
        ax.plot(
            range(1, 9), row, color=color(place), marker=marker(place), markersize=5, label=kind
        )
    kind, K = np.unravel_index(table.argmin(), table.shape)
    ax.plot(K + 1, table.min(), "o", markersize=14, fillstyle="none", color=color(kind))
    low, second = table.min(), np.sort(table.min(axis=1))[-1]
    ax.set(
        title=name,
        xlabel="components K",
        ylim=(low - 25, second + 130),
        ylabel="BIC (lower is better)",
    )
axes[0].legend()
show(
    fig,
    "Figure 4. BIC over K and the covariance type. A ring marks the minimum. The panels show only the lowest part.",
    "Two panels with four curves each. Left, Old Faithful: tied is lowest at K = 3, full at 2 is a"
    " little above. Right, penguins: tied is lowest at 4.",
)

# %% tags=["hide-input"]
# Figure 5: the two best models of Old Faithful
fig, axes = plt.subplots(1, 2, figsize=(10, 4), sharex=True, sharey=True)
for ax, (kind, K) in zip(axes, (("tied", 3), ("full", 2))):
    model = GaussianMixture(K, covariance_type=kind, n_init=5, random_state=0).fit(geyser)
    order = np.argsort(model.means_[:, 0])  # the same colour for the same place
    tied = kind == "tied"
    covariances = model.covariances_ if tied else model.covariances_[order]
    plot_points(geyser, np.argsort(order)[model.predict(geyser)], ax=ax)
    plot_ellipses(model.means_[order], covariances, kind, n_std=2, ax=ax)
    ax.set(title=f"{kind}, K = {K}: BIC {model.bic(geyser):.1f}", xlabel="duration (standardised)")
    ax.set_ylabel("waiting time (standardised)" if tied else "")
show(
    fig,
    "Figure 5. Three equal ellipses or two different ones? BIC prefers the left ones by about seven.",
    "Left, three ellipses of equal shape, one on the short eruptions and two side by side on the long"
    " ones. Right, two ellipses of different shape, one per cloud.",
)

# %% tags=["hide-input"]
# Checks of the numbers in the text
best_of = dict(zip(TYPES, tables["Old Faithful"].min(axis=1)))
assert min(best_of, key=best_of.get) == "tied"
assert 5 < best_of["full"] - best_of["tied"] < 9
assert np.unravel_index(tables["penguins"].argmin(), (4, 8)) == (TYPES.index("tied"), 3)

# %% [markdown]
# Three components with a common shape beat two with shapes of their own, and the number of parameters is not the
# reason. Tied with $K=3$ has $2 + 6 + 3 = 11$, full with $K=2$ has $1 + 4 + 6 = 11$. At the same price, tied fits
# better. Does the geyser have three kinds of eruption? BIC does not answer that. It says that *one* Gaussian
# describes the long eruptions less well than two do. The two overlap; if you want clusters, you would join them
# (lesson 08).
#
# The penguins have three species, and BIC takes four components: in this model, one species gets two. With
# other starts (`random_state` 1 to 3), both choices are the same.
#
# ## A test: is one more component real?
#
# A [likelihood-ratio test](../GLOSSARY.md#likelihood-ratio-test) asks a narrower question: could data from $K$
# components give such a gain by chance? The statistic is twice the gain, $2(\ell_{K+1} - \ell_K)$. Textbook tables
# (χ²) do not apply, for the reason above: the model is not regular. So we *simulate* what chance gives: draw new data
# from the fitted mixture of $K$ components, fit $K$ and $K+1$ components to them, and compare. With $b$ of $B$
# simulated values at least as large as the observed one,
#
# $$ p = \frac{1 + b}{1 + B} $$
#
# because the observed value counts as one of the $B + 1$ draws. So $p$ is never zero.
#
# **Before you run the next cell:** for Old Faithful with tied covariances, we test one component against two, two
# against three, and three against four. Where will the test stop?


# %%
def fitted(Z, K):
    return GaussianMixture(K, covariance_type="tied", n_init=3, random_state=0).fit(Z)


def likelihood_ratio(Z, K):
    return 2 * len(Z) * (fitted(Z, K + 1).score(Z) - fitted(Z, K).score(Z))


def simulated_ratios(Z, K, B=99):
    null = fitted(Z, K)
    null.random_state = np.random.RandomState(0)  # otherwise every sample would be the same
    return np.array([likelihood_ratio(null.sample(len(Z))[0], K) for _ in range(B)])


simulated = {K: simulated_ratios(geyser, K) for K in (1, 2, 3)}
observed = {K: likelihood_ratio(geyser, K) for K in simulated}
p_values = {K: (1 + (simulated[K] >= observed[K]).sum()) / 100 for K in simulated}
for K in simulated:
    print(f"{K} against {K + 1}: ratio {observed[K]:6.1f}, p = {p_values[K]:.2f}")

# %% tags=["hide-input"]
# Figure 6: observed and simulated likelihood ratios
assert p_values[1] == p_values[2] == 0.01 < 0.05 < p_values[3]
fig, axes = plt.subplots(1, 2, figsize=(10, 3.2))
for ax, K in zip(axes, (2, 3)):
    ax.hist(simulated[K], bins=20, color=color(0), alpha=0.7, label=f"99 data sets from K = {K}")
    ax.axvline(observed[K], color=color(5), linewidth=2.5, label="observed")
    ax.set(
        title=f"{K} against {K + 1}: p = {p_values[K]:.2f}",
        xlabel="likelihood ratio",
        ylabel="data sets",
    )
    ax.legend(fontsize="small")
show(
    fig,
    "Figure 6. What chance gives, and what Old Faithful gives. A simulated ratio below 0 means that the"
    " larger fit stopped at a worse optimum; a very large one, that the smaller fit did.",
    "Two histograms. Left, most bars are between −2 and 5, and the observed value is far to the right of all."
    " Right, the bars go from −20 to 50, and the observed value at 10 is in their upper tail.",
)

# %% [markdown]
# The test goes from 1 to 2 to 3 and stops there, as BIC does. Four other seeds stop at 3 as well. There are three
# caveats. The null hypothesis is more than a number: $K$ components *of this type*, with parameters that were
# estimated. Three tests in a row are not one test at 5 %. And the ratio needs good fits. With full covariances, the
# original units, four seeds and a single start, 2 against 3 gives a ratio of 6.7 and p ≥ 0.15 for three of them. With
# five starts, all four seeds give 20.9 and p ≤ 0.03.
#
# ## A prior instead of a choice?
#
# A Bayesian mixture promises to spare you the choice. You offer it many components, and a
# [prior](../GLOSSARY.md#prior) under which most of them will not be needed. The prior of the weights is a [Dirichlet
# distribution](../GLOSSARY.md#dirichlet-distribution), $p(\pi) \propto \prod_k \pi_k^{\alpha - 1}$. A small
# concentration $\alpha$ prefers weights near zero; a large one prefers equal weights. scikit-learn fits this by
# [variational inference](../GLOSSARY.md#variational-inference), a relative of EM that keeps a distribution over
# the parameters. We offer twenty components and count those with more than one point.
#
# **Before you run the next cell:** how many will be used on the moons as $\alpha$ goes from a thousandth to ten
# thousand? Which matters more: $\alpha$, or the covariance that the prior expects of a component?


# %%
def bayesian(Z, alpha=1e-3, **options):
    """A variational mixture of at most twenty components."""
    return sklearn.mixture.BayesianGaussianMixture(
        n_components=20,
        weight_concentration_prior_type="dirichlet_distribution",
        weight_concentration_prior=alpha,
        random_state=0,
        **options,
    ).fit(Z)


def n_used(model):
    return int((model.predict_proba(X).sum(axis=0) > 1).sum())


def plug_in_score(model, Z):
    """Mean log-likelihood under the mixture at the fitted parameters."""
    full = CovarianceType.named("full")
    theta = Mixture(
        model.weights_, model.means_, model.covariances_, model.precisions_cholesky_, full
    )
    return e_step(Z, theta)[0].mean()


# %%
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    bayesian(X, 1.0)
print("100 rounds:", *[warning.category.__name__ for warning in caught])

# %%
small = {"covariance_prior": 0.03 * np.eye(2), "mean_precision_prior": 0.01}
for name, options in {"default prior": {}, "small components": small}.items():
    for alpha in (1e-3, 1, 1e4):
        model = bayesian(X, alpha, max_iter=2000, **options)
        print(
            f"{name:16s} α = {alpha:8}: {n_used(model):2d} used, new points {plug_in_score(model, new):.2f}"
        )

# %% [markdown]
# scikit-learn warns if 100 rounds were not enough. Never ignore that warning, and never silence it without a reason.
#
# By default the model expects each component to be as wide as *all* the data. It finds few wide components, or uses
# all twenty with a huge $\alpha$, and the density is poor. A prior that expects small components leads to more of
# them and to good predictions: in each of six samples, they were at least 0.7 better per point for every $\alpha$.
# From a thousandth to one, $\alpha$ itself hardly mattered. **The choice has not gone away. It has moved into the
# prior**, where it is harder to see. Use held-out data to make it.
#
# (We score the mixture at the fitted parameters. The model's own `score_samples` averages log densities over the
# parameters. Their exponentials are not a density with integral one.)
#
# ## Which criterion when
#
# | You want | Use | It assumes | Watch out for |
# |---|---|---|---|
# | a good density, enough data | held-out likelihood | independent rows | flat curves: report a range |
# | a good density, one fit each | AIC | large $n/p$, a nearly right model | takes too many components |
# | the number of Gaussians in the source | BIC | the source is a candidate | otherwise $K$ grows with $n$ |
# | well-separated groups | ICL (say which form) | a group is one component | misses groups that need several |
# | $K$ and covariance type at once | one BIC table | the same as BIC | unlucky starts: use several |
# | evidence for one more component | bootstrap test | $K$ is true under the null | poor fits, several tests |
# | how firm a choice is | bootstrap, fresh samples | resamples are like samples | repeated points |
# | no explicit choice | Bayesian mixture | its priors, also of the covariances | convergence; try several priors |
#
# ## Common mistakes
#
# - **"BIC says eight, so there are eight clusters."** BIC counts Gaussians that pay for their parameters.
# - **The minimum at the end of the range.** If the best $K$ is the largest you tried, widen the range. But look at
#   $n/p$ as well: at $K = 100$, AIC's minimum is an artefact.
# - **Comparing criteria across data sets.** A log-likelihood depends on the units. AIC and BIC compare models of the
#   *same* points, in the same units.
# - **A χ² table for a test of $K$.** The model is not regular. Simulate.
# - **"The prior chose $K$ automatically."** It did so only given its other settings.
#
# ## Quiz
#
# **1.** Somebody adds a component to a mixture, and the log-likelihood of the training data rises by 9 in all.
# The data are 200 points in the plane, covariances are full. What do AIC and BIC say?
#
# - **A.** Both are lower: a likelihood that rises is an improvement.
# - **B.** AIC is lower and BIC is higher.
# - **C.** Both are higher.
#
# <details><summary>Answer</summary>
#
# **B.** One more component in the plane costs 6 parameters: a weight, two coordinates and three numbers of a
# covariance. The first term falls by 18. AIC adds 12, and BIC adds 31.8. A forgets that the likelihood rises with
# every component, needed or not. C would be right if the rise were less than 6.
#
# </details>

# %% [markdown]
# **2.** With 500 rows BIC takes 4 components, with 5000 rows it takes 9, with 50 000 rows 21. What is going on?
#
# - **A.** New groups appear as data come in.
# - **B.** Probably no mixture in the list is the source, and more data pay for a finer description.
# - **C.** BIC is inconsistent for mixtures.
#
# <details><summary>Answer</summary>
#
# **B.** A mistakes components for groups. C contradicts Keribin's theorem: if the source is one of the candidates,
# BIC finds it in the end. Here that condition probably fails.
#
# </details>

# %% [markdown]
# **3.** A Bayesian mixture was offered twenty components and used five. What do you know?
#
# - **A.** The data have five clusters.
# - **B.** Five is the number that predicts new points best.
# - **C.** With this concentration, these priors of means and covariances, and this start, five were worth keeping.
#
# <details><summary>Answer</summary>
#
# **C.** Each of these plays a part; above, the covariance prior alone changed the number. A mistakes
# components for clusters. B can be tested with held-out points; above, the default prior failed that test.
#
# </details>

# %% [markdown]
# ## In five lines
#
# 1. AIC and BIC charge for parameters, and ICL for doubt as well. Held-out likelihood uses new points.
# 2. The formulas need several points per parameter. At $K = 100$, AIC is lowest where the density is worst.
# 3. Choose $K$ and the covariance type together, from one table, with several starts.
# 4. BIC finds the true $K$ if there is one among the candidates. A $K$ that grows with the data is a sign that
#    there is not.
# 5. A prior on the weights does not spare you the choice. It moves the choice to the other priors.
#
# ## Where next
#
# The [exercises](../exercises/09_choosing_k_exercises.ipynb): you write the criteria, read a table of BICs with gaps,
# and compute the p-value of a bootstrap test. Then [lesson 10](10_anomaly_detection.ipynb) asks the opposite
# question: which points does the density find improbable?
#
# ## References
#
# - H. Akaike (1974). A new look at the statistical model identification. *IEEE Transactions on Automatic
#   Control* 19(6), 716–723.
# - C. Biernacki, G. Celeux, G. Govaert (2000). Assessing a mixture model for clustering with the integrated
#   completed likelihood. *IEEE Transactions on Pattern Analysis and Machine Intelligence* 22(7), 719–725.
# - A. Corduneanu, C. M. Bishop (2001). Variational Bayesian model selection for mixture distributions.
#   *Proceedings of AISTATS*, 27–34.
# - C. Fraley, A. E. Raftery (2002). Model-based clustering, discriminant analysis, and density estimation. *Journal
#   of the American Statistical Association* 97(458), 611–631.
# - C. Keribin (2000). Consistent estimation of the order of mixture models. *Sankhyā A* 62(1), 49–66.
# - G. J. McLachlan (1987). On bootstrapping the likelihood ratio test statistic for the number of components in a
#   normal mixture. *Applied Statistics* 36(3), 318–324.
# - G. Schwarz (1978). Estimating the dimension of a model. *The Annals of Statistics* 6(2), 461–464.
