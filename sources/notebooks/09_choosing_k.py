# %% [markdown]
# Run the two folded cells below. Old Faithful is a geyser. Choose a number of components, press Play, and watch them
# settle on its eruptions.

# %% tags=["hide-input"]
# Imports and figure style
import warnings

import matplotlib.pyplot as plt
import numpy as np
import sklearn.mixture
from scipy.special import entr
from scipy.stats import binomtest

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
# Keep your number. First we need criteria, and we need to know when to trust them. So we return to the two moons of
# [lesson 08](08_density_estimation.ipynb), where we know the source and can always draw more points. The
# plan: three formulas; where they fail; how firm their choice is; then $K$ and the covariance type together; and two
# alternatives, a test and a prior.
#
# ## What a parameter costs
#
# Cross-validation fits every model five times. Can a formula do the job with one fit? The training likelihood rises
# with every component, so the formula has to add a penalty for each free parameter.
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
# Seventeen: two weights, six coordinates of means, and three times three numbers for the covariances.
#
# With the log-likelihood $\ell = \sum_i \log p(x_i)$ of all $n$ points and $p$ parameters, the two most common
# formulas are
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
# The two differ in the penalty per parameter: 2, or $\log n$. And they ask different questions.
#
# - **AIC asks: which fit will predict new points best?** The training likelihood is too high by about $p / n$ per
#   point, as you saw in lesson 08. AIC corrects for that.
# - **BIC asks: if one of these models were the truth, which is the most probable?** It approximates
#   $-2 \log p(X \mid K)$.
#
# ## A third criterion: components that are well separated
#
# Sometimes we want to use the components as groups. Then it should be clear which component each point comes from.
# The doubt about that is the [entropy](../GLOSSARY.md#entropy) of the
# [responsibilities](../GLOSSARY.md#responsibility), and [ICL](../GLOSSARY.md#icl), the integrated completed
# likelihood, adds it to BIC:
#
# $$ \mathrm{ICL} = \mathrm{BIC} - 2 \sum_i \sum_k r_{ik} \log r_{ik} $$
#
# <details><summary>Optional: a second form of ICL</summary>
#
# The form above is the soft one. The hard one adds $-2 \sum_i \log \max_k r_{ik}$ instead. It uses only the
# responsibility of the component that each point would be assigned to, and never exceeds the soft form. Both are in
# use, so say which you report. On eight samples of the moons, both chose the same $K$.
#
# </details>


# %%
def icl(log_likelihood, R, p):
    return bic(log_likelihood, p) + 2 * entr(R).sum()  # entr(r) is −r log r, and 0 at r = 0


curves = {"AIC": [], "BIC": [], "ICL": []}
for K, model in zip(Ks, models):
    s, R, p = model.score_samples(X), model.predict_proba(X), n_parameters(K, 2)
    for curve, value in zip(curves.values(), (aic(s, p), bic(s, p), icl(s, R, p))):
        curve.append(value)
assert np.allclose(curves["ICL"], [model.icl(X) for model in models])

# %% [markdown]
# We know the source, so we can plot the likelihood of 4000 new points beside them, on the same scale.
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
    ax.plot(Ks, curve, color=color(place), marker=marker(place), markersize=4)
    ax.plot(Ks[at], curve[at], "o", markersize=13, fillstyle="none", color=color(place))
    side = {"BIC": "top", "ICL": "bottom"}.get(name, "center")
    ax.text(25.5, curve[-1], name, color=color(place), va=side)
ax.set(xlabel="components K", ylabel="criterion (lower is better)", xticks=Ks[::2], ylim=(150, 850))
show(
    ax,
    "Figure 2. Three criteria for the same 25 fits, and the likelihood of new points on the same scale. A ring"
    " marks each minimum.",
    "Four curves over K from 1 to 25, all falling steeply to about K = 8. BIC and ICL have"
    " their minimum there and rise steadily. The new points' curve has its minimum at 10 and rises, too."
    " AIC has its minimum at 16, and stays almost flat from 8 to 25.",
)

# %% [markdown]
# All four curves agree that fewer than seven components are too few. Beyond that, AIC hardly rises at all, while the
# new points say that the fits get worse. In all of eight samples, AIC takes more components than the new points
# would, and BIC takes as many or fewer.
#
# Step through $K$, and compare the picture with the curves. Where does the mixture stop learning the moons, and begin
# to learn the points?

# %%
components_player(X, models, curves)

# %% [markdown]
# ## A hundred components
#
# The search stopped at 25. **Before you run the next cell:** if we go on to 100, will AIC keep its minimum? Will
# BIC?

# %%
wide = (1, 2, 4, 6, 8, 12, 16, 25, 40, 60, 80, 100)
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
assert wide[np.argmin(far["BIC"])] == 8
assert np.all(np.diff(far["BIC"][wide.index(8) :]) > 0)
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
# AIC prefers a hundred components, in all of eight samples. They have 599 parameters for 400 coordinates, far outside
# what the formula assumes: most components sit on one or two points, and only `reg_covar` limits the likelihood. BIC
# keeps its minimum because its penalty is larger, but it was not derived for this either. **A criterion is valid only
# where there are several points per parameter.** Beyond that, use held-out points.
#
# ## What the formulas assume
#
# Both formulas are derived for models in which the data determine every parameter. A mixture with too many components
# is not such a model. If the truth has three components and you fit four, the fourth can have weight zero and any
# mean, or be a copy of another: many parameters give the same density.
#
# So what do the criteria do as the data grow? Take the elongated groups of [lesson 05](05_why_em_works.ipynb): three
# Gaussians, two of them slanted. **Before you move the slider:** it goes from 50 points to 5000. With full
# covariances, which way does each minimum move? Then choose `diag`. Now no candidate is the source, because upright
# ellipses are not slanted. Which way do the minima move?

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
# With full covariances, the source is among the candidates. BIC takes 3 components from a hundred points on; AIC
# takes too many at first. A theorem says that in this case, BIC finds the right $K$ in the end (Keribin, 2000).
#
# With diagonal covariances, a slanted group has to be tiled with upright ellipses, and more
# points pay for more tiles: BIC's minimum moves to the right. In five other samples, BIC always took 3 with `full`;
# with `diag` it took 2 for 100 points and 9 to 12 for 2000.
#
# **A $K$ that stays while the data grow may say something
# about the source. A $K$ that grows with them only says that more data pay for more components.**
#
# <details><summary>Optional: what the theorem needs</summary>
#
# The parameters stay in a bounded set, the variances are kept away from zero, and the largest $K$ is fixed. Then the
# probability of the right $K$ goes to one for BIC. For AIC it does not: however many points there are, AIC takes too
# many with positive probability.
#
# In practice, you also need good fits. The curves above use three starts and a finer tolerance. With one start and
# the default tolerance, BIC takes 4 with `full` in more than half of these cases.
#
# </details>
#
# ## How firm is a minimum?
#
# Another two hundred points would give other curves. How much do the choices vary? With real data we would draw two
# hundred points *with replacement* from our own: the [bootstrap](../GLOSSARY.md#bootstrap). Here we can compare it
# with twenty fresh sets.
#
# **Before you run the next cell:** will the bootstrap's choices vary less, as much, or more than those of the
# fresh sets?


# %%
def candidates(Z):
    return [GaussianMixture(K, random_state=0).fit(Z) for K in range(4, 21)]


def chosen(models, Z, criterion):
    return min(models, key=lambda model: getattr(model, criterion)(Z))


# %%
rng = np.random.default_rng(0)
resampled = [X[rng.integers(len(X), size=len(X))] for _ in range(20)]
fresh = [two_moons(random_state=seed)[0] for seed in range(100, 120)]
picks, fits = {}, {}
for name, sets in {"bootstrap": resampled, "fresh data": fresh}.items():
    fits[name] = [candidates(Z) for Z in sets]
    picks[name] = [chosen(models, Z, "bic").n_components for models, Z in zip(fits[name], sets)]
distinct = np.mean([len(np.unique(Z, axis=0)) for Z in resampled])
print(f"distinct points in a resample: {distinct:.0f}")

# %% tags=["hide-input"]
# Figure 4: what BIC chose
ax = plt.figure(figsize=(7.5, 3)).subplots()
for place, (name, tried) in enumerate(picks.items()):
    K, sets = np.unique(tried, return_counts=True)
    ax.bar(K + 0.4 * place - 0.2, sets, width=0.38, color=color(place), label=name)
    mean = np.mean(tried)
    ax.plot(mean, 7.6, "v", color=color(place))
    ax.text(mean, 8, f"mean {mean:.1f}", ha="center", color=color(place))
ax.legend()
ax.set(xlabel="components K that BIC chose", ylabel="sets out of 20", ylim=(0, 9))
show(
    ax,
    "Figure 4. The K that BIC chooses for twenty resamples of one set (bootstrap), and for twenty fresh sets.",
    "Bars over K. Fresh data spread from 6 to 10 with a peak at 8. The bootstrap's bars are further to the right.",
)

# %% [markdown]
# Even with fresh data, "the $K$ that BIC chooses" is not one number: here it goes from 6 to 10. The bootstrap shows
# roughly how much it varies, but its choices are higher. (In six samples, its mean was 0.3 to 1.3 above that of fresh
# sets.) A resample has fewer than two thirds of the points and repeats some. A point drawn three times looks like a
# tiny group, and may get a component of its own. **Use the bootstrap for its width, not its centre.**
#
# So which criterion chose best? The fresh sets can answer that. **Before you run the next cell:** AIC was made for
# prediction. Will it win on new points?

# %%
on_new = {}
for criterion in ("aic", "bic", "icl"):
    best = [chosen(models, Z, criterion) for models, Z in zip(fits["fresh data"], fresh)]
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
# On these moons, BIC wins at AIC's own game: two hundred points are too few for AIC's penalty (figure 5 of lesson
# 08). With another source, or with more points, the order can change.
#
# ## K and the covariance type together
#
# Now back to Old Faithful. In [lesson 07](07_covariance_types.ipynb), $K$ was given and we chose the type. In
# practice both are open, and they depend on each other: a type with fewer parameters can afford more components. So
# compute BIC for every combination. (We standardise the columns. Otherwise k-means, which provides the starts, would
# depend almost only on the waiting times.) **Before you run the next cell:** look at figure 1 again. Which type, and
# how many?

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
# Figure 5: one BIC plot over both
fig, axes = plt.subplots(1, 2, figsize=(11, 4))
for ax, (name, table) in zip(axes, tables.items()):
    low, top = table.min() - 25, table.min(axis=1).max() + 130
    for place, (kind, row) in enumerate(zip(TYPES, table)):
        ax.plot(range(1, 9), row, color=color(place), marker=marker(place), markersize=5)
        last = np.flatnonzero(row < top)[-1]  # the last one in view
        ax.text(last + 1.2, row[last], kind, color=color(place), va="center")
    kind, K = np.unravel_index(table.argmin(), table.shape)
    ax.plot(K + 1, table.min(), "o", markersize=14, fillstyle="none", color=color(kind))
    ax.set(title=name, xlabel="components K", xticks=range(1, 9), ylim=(low, top))
    ax.set_ylabel("BIC (lower is better)")
show(
    fig,
    "Figure 5. BIC over K and the covariance type. A ring marks the minimum. The panels show only the lowest part.",
    "Two panels with four curves each. Left, Old Faithful: tied is lowest at K = 3, full at 2 is a"
    " little above. Right, penguins: tied is lowest at 4.",
)

# %% tags=["hide-input"]
# Figure 6: the two best models of Old Faithful
fig, axes = plt.subplots(1, 2, figsize=(8, 4), sharex=True, sharey=True)
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
    "Figure 6. Three equal ellipses or two different ones? BIC prefers the three by about seven.",
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
# Three components with a common shape beat two with shapes of their own, and not because they have fewer parameters:
# tied with $K=3$ has $2 + 6 + 3 = 11$, and full with $K=2$ has $1 + 4 + 6 = 11$. Tied fits better.
#
# Does the geyser have three kinds of eruption? BIC does not answer that. It says that *one* Gaussian describes the
# long eruptions less well than two do. These two overlap. If you want clusters, join them (lesson 08).
#
# (We use five starts. A finer tolerance changes single entries of the table, but not the two minima.)
#
# The penguins have three species, and BIC takes four components: in this model, one species gets two. With other
# starts (`random_state` 1 to 3), both choices are the same.
#
# ## A test: is one more component real?
#
# A [likelihood-ratio test](../GLOSSARY.md#likelihood-ratio-test) asks a narrower question: could data from $K$
# components give such a gain by chance? The statistic is twice the gain, $2(\ell_{K+1} - \ell_K)$. Textbook tables
# (χ²) do not apply: if $K$ components are the truth, the data do not determine one more. So we *simulate* what chance
# gives: draw new data from the fitted mixture of $K$ components, fit $K$ and $K+1$ components to them, and compare.
# Both fits must be good. So the smaller model starts from the mixture that the data came from, and the larger one
# from the smaller, with each component split in turn. With $b$ of $B$ simulated values at least as large as the
# observed one,
#
# $$ p = \frac{1 + b}{1 + B} $$
#
# because the observed value counts as one of the $B + 1$ draws. So $p$ is never zero.
#
# **Before you run the next cell:** for Old Faithful with tied covariances and $B = 99$, we test one component against
# two, two against three, and three against four. Where will the test stop?


# %%
TIED = {"covariance_type": "tied", "tol": 1e-5, "max_iter": 1000}


def continued(Z, start, means, weights):
    """EM on Z from these means and weights, and from the covariance of `start`."""
    init = {"means_init": means, "weights_init": weights, "precisions_init": start.precisions_}
    return GaussianMixture(len(means), **init, **TIED).fit(Z)


def one_more(Z, model):
    """The best fit with one component more: from `model`, with each component split in turn."""
    variances, axes = np.linalg.eigh(model.covariances_)
    step = np.sqrt(variances[-1]) * axes[:, -1]  # one standard deviation along the longest axis
    fits = []
    for k in range(model.n_components):
        kept = np.append(np.arange(model.n_components), k)
        means, weights = model.means_[kept], model.weights_[kept] / (1 + (kept == k))
        means[k] += step
        means[-1] -= step
        fits.append(continued(Z, model, means, weights))
    return max(fits, key=lambda fit: fit.lower_bound_)


def likelihood_ratio(Z, model):
    return 2 * len(Z) * (one_more(Z, model).score(Z) - model.score(Z))


# %%
def simulated_ratios(n, null, B=99):
    null.random_state = np.random.RandomState(0)  # otherwise every sample would be the same
    samples = [null.sample(n)[0] for _ in range(B)]
    fits = [continued(Z, null, null.means_, null.weights_) for Z in samples]
    return np.array([likelihood_ratio(Z, fit) for Z, fit in zip(samples, fits)])


observed, simulated, p_values = {}, {}, {}
for K in (1, 2, 3):
    null = GaussianMixture(K, n_init=10, random_state=0, **TIED).fit(geyser)
    observed[K] = likelihood_ratio(geyser, null)
    simulated[K] = simulated_ratios(len(geyser), null)
    p_values[K] = (1 + (simulated[K] >= observed[K]).sum()) / 100
    print(f"{K} against {K + 1}: ratio {observed[K]:6.1f}, p = {p_values[K]:.2f}")
as_large = int((simulated[3] >= observed[3]).sum())
interval = binomtest(as_large, 99).proportion_ci()
print(f"3 against 4: {as_large} of 99 as large, interval {interval.low:.2f} to {interval.high:.2f}")

# %% tags=["hide-input"]
# Figure 7: observed and simulated likelihood ratios
assert p_values[1] == p_values[2] == 0.01
assert interval.low < 0.05 < interval.high
assert min(ratios.min() for ratios in simulated.values()) > -0.3
fig, axes = plt.subplots(1, 2, figsize=(10, 3.2))
for ax, K in zip(axes, (2, 3)):
    ax.hist(simulated[K], bins=20, color=color(0), alpha=0.7, label="99 simulated data sets")
    ax.axvline(observed[K], color=color(5), linewidth=2.5, label="observed")
    ax.set(
        title=f"{K} against {K + 1}: p = {p_values[K]:.2f}",
        xlabel="likelihood ratio",
        ylabel="data sets",
    )
axes[0].legend(loc="upper center")
show(
    fig,
    "Figure 7. What chance gives, and what Old Faithful gives.",
    "Two histograms of positive ratios, most of them below 10. Left, the observed value is far to the right of all"
    " bars. Right, it is in their upper tail, and a few bars are beyond it.",
)

# %% [markdown]
# The test rejects one component, and two. Three against four is on the border: the 95 % interval in the last line
# contains 0.05, so 99 simulations do not decide it. BIC takes three. There are three caveats. The null
# hypothesis is more than a number: $K$ components *of this type*, with estimated parameters. Three tests in a row are
# not one test at 5 %. And the ratio needs good fits: with full covariances in the original units, one start gives a
# ratio of 6.7 for three of four seeds, and five starts give 20.9 for all of them. (Here `tol` is 10⁻⁵. A tenth of it
# takes twice as long and makes some of the simulated ratios larger, but leads to the same answers.)
#
# ## A prior instead of a choice?
#
# A Bayesian mixture promises to spare you the choice. You offer it many components, and a
# [prior](../GLOSSARY.md#prior) under which most of them will not be needed. The prior of the weights is a [Dirichlet
# distribution](../GLOSSARY.md#dirichlet-distribution), $p(\pi) \propto \prod_k \pi_k^{\alpha - 1}$. A small
# concentration $\alpha$ prefers weights near zero; a large one prefers equal weights. scikit-learn fits the model by
# [variational inference](../GLOSSARY.md#variational-inference), a relative of EM. We offer twenty components and
# count those with more than one point.
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
    """Mean log-likelihood at the fitted parameters: `model.score` averages over the parameters instead."""
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
priors = {"default prior": {}, "small components": small}
for name, options in priors.items():
    for alpha in (1e-3, 1, 1e4):
        model = bayesian(X, alpha, max_iter=2000, **options)
        print(
            f"{name:16s} α = {alpha:8}: {n_used(model):2d} used, new points {plug_in_score(model, new):.2f}"
        )

# %% tags=["hide-input"]
# Figure 8: the components that two priors leave
fig, axes = plt.subplots(1, 2, figsize=(10.5, 3.5), sharex=True, sharey=True)
for ax, (name, options) in zip(axes, priors.items()):
    model = bayesian(X, 1, max_iter=2000, **options)
    used = model.predict_proba(X).sum(axis=0) > 1
    plot_points(X, ax=ax)
    plot_ellipses(model.means_[used], model.covariances_[used], n_std=2, ax=ax)
    ax.set(title=f"{name}, α = 1: {used.sum()} used", aspect="equal")
show(
    fig,
    "Figure 8. The same twenty components on offer, the same α. Only the covariance that the prior expects differs.",
    "The two moons twice. Left, a few wide ellipses that cover the empty space between the moons, too. Right, about"
    " fifteen narrow ones along the moons.",
)

# %% [markdown]
# scikit-learn warns if 100 rounds were not enough. Never ignore that warning, and never silence it without a reason.
#
# By default the model expects each component to be as wide as *all* the data. It finds few wide components (figure 8,
# default prior), or uses all twenty with a huge $\alpha$, and the density is poor. A prior that expects small
# components leads to more of them and to good predictions: in each of six samples, at least 0.7 better per point for
# every $\alpha$. From a thousandth to one, $\alpha$ itself hardly mattered.
#
# **The choice has not gone away. It has moved into the prior**, where it is harder to see. Use held-out data to make
# it.
#
# ## Which criterion when
#
# | You want | Use | It assumes | Watch out for |
# |---|---|---|---|
# | a good density, enough data | held-out likelihood | independent rows | flat curves: report a range |
# | a good density, one fit each | AIC | large $n/p$, a nearly right model | takes too many components |
# | the number of Gaussians in the source | BIC | the source is a candidate | otherwise $K$ grows with $n$ |
# | well-separated groups | ICL | a group is one component | misses groups that need several |
# | $K$ and covariance type at once | one BIC table | the same as BIC | unlucky starts: use several |
# | evidence for one more component | bootstrap test | $K$ is true under the null | poor fits, several tests |
# | how firm a choice is | bootstrap, fresh samples | resamples are like samples | repeated points |
# | no explicit choice | Bayesian mixture | its priors, also of the covariances | convergence; try several priors |
#
# ## Common mistakes
#
# - **"BIC says eight, so there are eight clusters."** BIC counts Gaussians that are worth their parameters.
# - **The minimum at the end of the range.** If the best $K$ is the largest you tried, widen the range. But look at
#   $n/p$ as well: at $K = 100$, AIC's minimum is an artefact.
# - **A χ² table for a test of $K$.** Its conditions do not hold. Simulate.
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
# 1. AIC and BIC penalise parameters, and ICL doubt as well. Held-out likelihood uses new points.
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
