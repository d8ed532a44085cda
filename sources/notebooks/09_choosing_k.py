# %% tags=["hide-input"]
# Imports and figure style
import warnings
from collections import Counter
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import sklearn.mixture
from scipy.special import entr
from sklearn.datasets import make_moons
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import KFold

from mlcourse import GaussianMixture
from mlcourse.datasets import two_moons
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import Mixture, e_step
from mlcourse.plotting import (
    color,
    marker,
    plot_curve,
    plot_ellipses,
    plot_points,
    show,
    use_course_style,
)
from mlcourse.widgets import components_player, playground

use_course_style()

# %% [markdown]
# Run the next cell, choose the number of components, and press Play. Each number gives a picture. How would you know
# which to believe?

# %% tags=["hide-input"]
# To begin with: one set of points, one to six components
playground(two_moons()[0], n_components=4)

# %%
X, _ = two_moons()
test, _ = two_moons(2000, random_state=1)  # the envelope
Ks = range(1, 21)
models = [GaussianMixture(K, random_state=0).fit(X) for K in Ks]
training = np.array([model.score(X) for model in models])

FULL = CovarianceType.named("full")

# %%
folds = KFold(5, shuffle=True, random_state=0)


def held_out(fit):
    """Log-likelihood of each point under a model fitted without its fold: (n,)."""
    scores = np.empty(len(X))
    for rest, fold in folds.split(X):
        scores[fold] = fit(X[rest]).score_samples(X[fold])
    return scores


# %%
scores = np.array([held_out(GaussianMixture(K, random_state=0).fit) for K in Ks])
validation = scores.mean(axis=1)

# %% [markdown]
# ## What a parameter costs
#
# Cross-validation fits every model five times. Before computers were fast, people asked for a formula
# that looks at one fit and corrects the training likelihood for what was learned by heart. The price depends on
# how many free numbers the model has.
#
# **Before you run the next cell:** count them by hand for $K = 3$ components in $d = 2$ dimensions with full
# covariances. Two traps: the weights sum to 1, and a covariance matrix is symmetric.


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
# log-likelihood $\ell = \sum_i \log p(x_i)$ of all $n$ points and $p$ parameters, the two most used formulas are
#
# $$ \mathrm{AIC} = -2\,\ell + 2\,p \qquad\qquad \mathrm{BIC} = -2\,\ell + p \log n $$
#
# and for both, lower is better: [AIC](../GLOSSARY.md#aic) and [BIC](../GLOSSARY.md#bic).


# %%
def aic(log_likelihood, p):
    return -2 * log_likelihood.sum() + 2 * p


def bic(log_likelihood, p):
    return -2 * log_likelihood.sum() + p * np.log(len(log_likelihood))


# %% [markdown]
# The formulas beside the package, and the package beside scikit-learn, with the same random state:

# %%
theirs = [sklearn.mixture.GaussianMixture(K, random_state=0).fit(X) for K in Ks]
for K, our, their in zip(Ks, models, theirs):
    log_likelihood, p = our.score_samples(X), n_parameters(K, 2)
    assert np.allclose([our.aic(X), our.bic(X)], [aic(log_likelihood, p), bic(log_likelihood, p)])
    assert np.allclose([our.aic(X), our.bic(X)], [their.aic(X), their.bic(X)])

# %% [markdown]
# They have the same first term, and differ in the price of a parameter: 2, or $\log n$. **Before you run the next
# cell:** which of the two will ask for fewer components here?

# %%
curves = {
    "AIC": [model.aic(X) for model in models],
    "BIC": [model.bic(X) for model in models],
}
print(f"price of a parameter: 2 and {np.log(len(X)):.1f}")
print({name: Ks[np.argmin(curve)] for name, curve in curves.items()})

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert [Ks[np.argmin(curve)] for curve in curves.values()] == [12, 7]

# %% [markdown]
# The dearer the parameters, the fewer are bought. Who is right? They answer different questions.
#
# - **AIC asks: which fit will predict new points best?** The training likelihood is too good by about $p / n$ a
#   point, says the theory, and AIC takes that off. It is cross-validation by formula.
# - **BIC asks: if one of these models were the truth, which is the most probable?** It approximates
#   $-2 \log p(X \mid K)$. Given enough data, and a true $K$ among the candidates, it finds it.
#
# Both lean on assumptions: many points for each parameter, and for BIC a true $K$. We can look at the first. Is
# the training likelihood too good by $p/n$?

# %%
for K in (2, 4, 7, 12):
    gap_now = training[K - 1] - validation[K - 1]
    print(f"K = {K:2d}: too good by {gap_now:.2f}; p/n = {n_parameters(K, 2) / len(X):.2f}")

# %% [markdown]
# With two components: about right. With seven, there are five points for every parameter, and the formula
# promises about half of the true price. AIC is too cheap when parameters are many and points are few. Keep
# this table in mind for [lesson 11](11_pca_digits.ipynb), where somebody computes an AIC with more parameters than
# numbers.
#
# ## A third criterion: components that keep apart
#
# Sometimes the components are wanted for themselves, as groups. Then it is not enough that the density is good.
# One should also be able to say which component a point is from. How much doubt there is about that is measured
# by the [entropy](../GLOSSARY.md#entropy) of the [responsibilities](../GLOSSARY.md#responsibility), and
# [ICL](../GLOSSARY.md#icl), the integrated completed likelihood, charges for it:
#
# $$ \mathrm{ICL} = \mathrm{BIC} + 2 \sum_i \sum_k -\,r_{ik} \log r_{ik} $$


# %%
def icl(log_likelihood, R, p):
    return bic(log_likelihood, p) + 2 * entr(R).sum()  # entr(r) is −r log r, and 0 at r = 0


for K, model in zip(Ks, models):
    ours = icl(model.score_samples(X), model.predict_proba(X), n_parameters(K, 2))
    assert np.isclose(ours, model.icl(X))

# %% [markdown]
# Now all four on one panel. Held-out likelihood is brought to the same scale: times −2, summed over the points.

# %%
curves["ICL"] = [model.icl(X) for model in models]
curves["held out"] = -2 * scores.sum(axis=1)
print({name: Ks[np.argmin(curve)] for name, curve in curves.items()})

# %% tags=["hide-input"]
# Figure 4: four criteria
fig, ax = plt.subplots(figsize=(8, 4.4))
for place, (name, curve) in enumerate(curves.items()):
    at = int(np.argmin(curve))
    ax.plot(Ks, curve, color=color(place), marker=marker(place), markersize=4, label=name)
    ax.plot(Ks[at], curve[at], "o", markersize=13, fillstyle="none", color=color(place))
ax.set(xlabel="components K", ylabel="criterion (lower is better)", xticks=Ks[1::2])
ax.legend()
show(
    ax,
    "Figure 4. Four criteria for the same twenty fits. A ring marks each minimum. They agree"
    " on where not to be.",
    "Four curves over K from 1 to 20, falling steeply to about K = 6. AIC then stays low and"
    " flat with its ring at 12; BIC rises from 7 on and ICL, above it, from 6 on; the held-out"
    " curve is ringed at 9 and rises later.",
)

# %% [markdown]
# Four criteria, four numbers: 6, 7, 9, 12. What they share is more useful than what they do not: five components
# are too few, and nobody asks for sixteen.
#
# Let $K$ grow, and compare the picture with the curves beside or below it. Where does the mixture stop learning the
# moons, and begin to learn the points?

# %%
components_player(X, models, curves)

# %% [markdown]
# ## How firm is a minimum?
#
# Each fit was one run of EM from one start. **Before you run the next cell:** we give every $K$ ten starts and
# keep the best. Will BIC still say 7, and AIC 12? (A few seconds.)

# %%
patient = [GaussianMixture(K, n_init=10, random_state=0).fit(X) for K in Ks]
by_starts = {"one start": models, "ten starts": patient}
for name, fits in by_starts.items():
    bics = np.array([model.bic(X) for model in fits])
    aics = np.array([model.aic(X) for model in fits])
    print(
        f"{name:10s}: BIC {Ks[bics.argmin()]}, AIC {Ks[aics.argmin()]}; ",
        f"BIC at 6, 7, 8: {bics[5:8].round(1)}",
    )

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert np.ptp(bics[5:8]) < 2  # of the ten starts

# %% [markdown]
# Now BIC says 6 and AIC says 10. Look at the values: with ten starts, BIC at 6, 7 and 8 lies within one
# unit. Kass and Raftery, who wrote the standard text on this, call a difference below 2 "not worth more than a bare
# mention". A minimum is a place on a curve. Look at the curve.
#
# ### Shake the data
#
# Another way to ask how firm a choice is: make it again with other data. We have no others, so we draw two
# hundred points *with replacement* from our two hundred. This is the [bootstrap](../GLOSSARY.md#bootstrap). And
# since we own the source of these data, we can do what is never possible in life, and compare with twenty truly
# fresh sets.
#
# **Before you run the next cells:** will the bootstrap's choices scatter less, as much, or more than those of the
# fresh sets? (The fits take about six seconds.)


# %%
def sweep(Z):
    return [GaussianMixture(K, random_state=0).fit(Z) for K in range(2, 17)]


rng = np.random.default_rng(0)
resampled = [X[rng.integers(len(X), size=len(X))] for _ in range(20)]
fresh = [two_moons(random_state=seed)[0] for seed in range(100, 120)]
sweeps = {"bootstrap": [sweep(Z) for Z in resampled], "fresh data": [sweep(Z) for Z in fresh]}


# %%
def chosen(fits, Z, criterion="bic"):
    return min(fits, key=lambda model: getattr(model, criterion)(Z))


picks = {
    name: [chosen(fits, Z).n_components for fits, Z in zip(sweeps[name], sets)]
    for name, sets in {"bootstrap": resampled, "fresh data": fresh}.items()
}
for name, ks in picks.items():
    print(f"{name:10s} BIC chose", dict(sorted(Counter(ks).items())))
distinct = np.mean([len(np.unique(Z, axis=0)) for Z in resampled])
print(f"distinct points in a resample: {distinct:.0f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert np.std(picks["bootstrap"]) > 1.5 * np.std(picks["fresh data"])

# %%
tried, agreement = (2, 3, 4, 5, 6, 7, 8, 10, 12, 16), []
for K in tried:
    labels = [fits[K - 2].predict(X) for fits in sweeps["bootstrap"]]
    pairs = [adjusted_rand_score(a, b) for a, b in combinations(labels, 2)]
    agreement.append(float(np.mean(pairs)))
print({K: round(a, 2) for K, a in zip(tried, agreement)})

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert tried[np.argmax(agreement)] in (6, 7)
assert max(agreement) < 0.8

# %% tags=["hide-input"]
# Figure 5: the choices of BIC, and how well resamples agree
fig, axes = plt.subplots(1, 2, figsize=(11, 3.4))
for place, (name, ks) in enumerate(picks.items()):
    at, counts = np.unique(ks, return_counts=True)
    axes[0].bar(
        at + 0.4 * place - 0.2, counts, width=0.4, color=color(place), label=name, hatch="/" * place
    )
axes[0].set(xlabel="K with the lowest BIC", ylabel="data sets", xticks=range(5, 15))
axes[0].legend()
plot_curve(tried, agreement, "components K", "agreement (mean ARI)", ax=axes[1])
show(
    fig,
    "Figure 5. Left, the K that BIC chooses, for twenty resamples and twenty fresh sets."
    " Right, how well the labels of two resamples' fits agree.",
    "Left, bars: fresh sets choose 7 to 10, mostly 8; resamples scatter from 6 to 13. Right,"
    " a curve from 0.6 at K = 2, lowest at 4 and 5, highest at 6 and 7, and falling again from"
    " there.",
)

# %% [markdown]
# Two lessons. Even with fresh data "the $K$ that BIC chooses" is not one number. And the bootstrap scatters
# more than it should, to both sides. A resample repeats points, and fewer than two thirds of them are distinct.
# That pulls both ways. There is less to go by, and fewer components pay for themselves; but a point that is
# there three times looks like a tiny heap, and may get a component of its own. So take the bootstrap's scatter
# as a warning, not as a measurement.
#
# The panel on the right asks another question: do the fits of two resamples sort the original points alike? A
# perfect agreement would be 1, and nowhere is it near that. Six and seven agree best. Two, the number of moons, is
# nothing special: where two ellipses cut across two moons, every resample cuts somewhere else.
#
# ### More data
#
# Another way to try a choice is to make it again with more data. BIC, we said, finds the true $K$ if it is among
# the candidates. For that we need data that have one: the two long groups and the round one of
# [lesson 05](05_why_em_works.ipynb): three Gaussians, two of them slanted. All criteria are divided by the number of
# points, so that they can be compared, and the held-out points are 1250 others.
#
# **Before you move the slider:** from 50 points to 5000, with full covariances: which way does each minimum move?
# Then choose `diag`. Now no candidate is the source, since upright ellipses are not slanted. Which way do they move
# now? (Each position is fitted anew, 36 runs of EM; the bar shows how far it is.)

# %%
from mlcourse.datasets import elongated_blobs
from mlcourse.widgets import criteria_curves, criteria_explorer, draw_criteria

four = [elongated_blobs(random_state=seed)[0] for seed in range(4)]
sample = np.random.default_rng(0).permutation(np.concatenate(four))
others, _ = elongated_blobs(random_state=4)
criteria_explorer(sample, others)

# %% [markdown]
# Two positions as still pictures, should the slider not appear.

# %%
show(*draw_criteria(sample, others, 100, "full"))

# %%
show(*draw_criteria(sample, others, 2000, "diag"))

# %%
lowest = {}
for kind in ("full", "diag"):
    for n in (100, 500, 2000):
        tried = criteria_curves(sample[:n], others, kind)
        lowest[kind, n] = {name: 1 + int(np.argmin(curve)) for name, curve in tried.items()}
        print(f"{kind} {n:4d}: {lowest[kind, n]}")
assert [lowest["full", n]["BIC"] for n in (100, 500, 2000)] == [3, 3, 3]
assert lowest["full", 100]["AIC"] > 3 == lowest["full", 2000]["AIC"]
assert lowest["diag", 100]["BIC"] < lowest["diag", 500]["BIC"] < lowest["diag", 2000]["BIC"]

# %%
for n in (200, 1000):
    moons, _ = two_moons(n, random_state=2)
    lowest["moons", n] = 1 + int(np.argmin(criteria_curves(moons, X)["BIC"]))
    print(f"moons {n:4d}: BIC {lowest['moons', n]}, of 12 that were tried")
assert lowest["moons", 200] < lowest["moons", 1000]

# %% [markdown]
# Did you expect all of them to ask for more? With full covariances BIC says 3 at a hundred points, and goes on saying
# it. AIC comes down to 3 from above: at a hundred points it is too cheap, as you have seen, and what it chooses does
# far worse on held-out points (the number in brackets). The held-out curve is so flat from 3 on that chance decides
# where its minimum is. With diagonal covariances the minima move to the right. A slanted group has to be tiled with
# upright ellipses, and the more points there are, the more tiles pay.
#
# So there is a use for more data: **a $K$ that stays while they grow may say something about the source. A $K$ that
# grows with them says how much we could afford.** For the moons it grows.

# %% [markdown]
# ## A prior instead of a choice?
#
# There is a model that promises to spare you the choice. Offer it many components and a
# [prior](../GLOSSARY.md#prior) that expects most of them to be unneeded; let the data decide. The prior of the
# weights is a [Dirichlet distribution](../GLOSSARY.md#dirichlet-distribution),
#
# $$ p(\pi) \propto \prod_k \pi_k^{\alpha - 1} , $$
#
# and its one number, the concentration $\alpha$, says how evenly it expects the weights to be spread:

# %%
rng = np.random.default_rng(1)
for alpha in (0.1, 1, 100):
    print(f"α = {alpha:5}: weights such as {rng.dirichlet(np.full(6, alpha)).round(2)}")

# %% [markdown]
# A small $\alpha$ likes weights of zero; a large one likes them equal. scikit-learn's `BayesianGaussianMixture`
# fits this by [variational inference](../GLOSSARY.md#variational-inference), a cousin of EM that keeps a
# distribution over the parameters in place of one value. We let it have twenty components, and count those that
# own more than one point.
#
# **Before you run the next cells:** $\alpha$ goes from a thousandth to ten thousand. How many of the twenty will be
# used at the two ends? And will it always tell you when it is not done?


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


# %%
for alpha in (1e-3, 1, 10, 100, 1e4):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = bayesian(X, alpha)
    warned = [warning.category.__name__ for warning in caught]
    print(f"α = {alpha:8}: {n_used(model):2d} used, {model.n_iter_:3d} rounds", *warned)

# %% [markdown]
# It warns: some of these fits ran into the limit of 100 rounds and were not done. Never ignore that warning, and
# never silence it without a reason. More rounds:

# %%
sparse, even = (bayesian(X, alpha, max_iter=1000) for alpha in (1e-3, 1e4))
assert all(model.converged_ for model in (sparse, even))
print("used:", n_used(sparse), "and", n_used(even))

# %% tags=["hide-input"]
# Figure 7: weights for three concentrations
fig, axes = plt.subplots(1, 2, figsize=(10, 3.6), sharex=True, sharey=True)
for ax, model, name in zip(axes, (sparse, even), ("α = 0.001", "α = 10 000")):
    used = model.predict_proba(X).sum(axis=0) > 1
    plot_points(X, ax=ax)
    plot_ellipses(model.means_[used], model.covariances_[used], n_std=2, ax=ax)
    ax.set_title(f"{name}: {used.sum()} used")
show(
    fig,
    "Figure 7. Twenty components were offered. A small concentration keeps five; a large one"
    " keeps them all. Neither follows the moons.",
    "Left, five broad ellipses over the crescents. Right, twenty broad ellipses, many alike,"
    " around the middle.",
)

# %% [markdown]
# The prior has decided: five, "automatically". But look at the ellipses. They are fat. To compare them with the
# others we need the log-likelihood of points, and here is a trap. Does this model's `score_samples` describe a
# density that sums to one? [Lesson 03](03_gaussians.ipynb) has taught us to ask.

# %%
step = 0.05
axis = np.arange(-6, 7, step)
grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
for name, model in {"EM, K = 7": models[6], "sparse": sparse, "even": even}.items():
    print(f"{name:10s} sums to {np.exp(model.score_samples(grid)).sum() * step**2:.3f}")

# %% [markdown]
# It does not. It averages *log* densities over what it believes about the parameters, and that is never more
# than the logarithm of the average density. A comparison of such numbers with ours would be unfair to it. The
# cure: take the mixture at the fitted weights, means and covariances. That is a density.


# %%
class PlugIn:
    """The mixture at a variational model's weights, means and covariances."""

    def __init__(self, model):
        self.theta = Mixture(
            model.weights_, model.means_, model.covariances_, model.precisions_cholesky_, FULL
        )

    def score_samples(self, Z):
        return e_step(Z, self.theta)[0]


assert np.isclose(np.exp(PlugIn(sparse).score_samples(grid)).sum() * step**2, 1, atol=1e-3)

# %% [markdown]
# Now the same cross-validation as before. And since a Bayesian mixture has more priors than the one we have
# swept, we sweep two others with it: `covariance_prior`, the covariance it expects of a component (by default,
# that of *all the data*), and `mean_precision_prior`, how strongly it pulls every mean to the middle (by
# default, as one point would).
#
# **Before you run the next cell:** which matters more for the number of components, the concentration or these two?
# (A few seconds.)


# %%
def judged(**prior):
    """How many components this prior keeps, and its held-out log-likelihood."""
    out = held_out(lambda Z: PlugIn(bayesian(Z, max_iter=1000, **prior)))
    return n_used(bayesian(X, max_iter=1000, **prior)), out.mean()


for pull in (1, 0.01):
    for name, covariance in {
        "data": None,
        "0.03 I": 0.03 * np.eye(2),
        "0.003 I": 0.003 * np.eye(2),
    }.items():
        used, out = judged(mean_precision_prior=pull, covariance_prior=covariance)
        print(f"pull {pull:4}, covariance {name:8s}: {used:2d} used, held out {out:.3f}")

# %%
prior = {"mean_precision_prior": 0.01, "covariance_prior": 0.03 * np.eye(2), "max_iter": 1000}
for alpha in (1e-3, 1, 1e4):
    print(f"that prior with α = {alpha:8}: {n_used(bayesian(X, alpha, **prior)):2d} used")
tuned = bayesian(X, **prior)

# %% [markdown]
# The same data, the same concentration, and anything from five components to eighteen, by two priors that are
# seldom spoken of. At its defaults the model expects each component to be as wide as all the data, in the
# middle of all the data; so it finds few and fat ones. Told to expect small ones, it holds its own, and uses
# fourteen.
#
# What the Dirichlet prior decides: which of the offered components are worth keeping, *given* what a component
# should look like. What it does not decide: what a component should look like. **The choice has not gone away.
# It has moved into the prior**, where it is harder to see, and the honest way to make it is the same as ever:
# by held-out data.
#
# ## Opening the envelope
#
# Every choice has been made, and each with the two hundred points alone. Here are the candidates. **Before you
# run the next cell:** write down which will do best on the two thousand new points, and which worst.

# %%
candidates = {
    "K = 2, one a moon": models[1],
    "ICL, K = 6": models[5],
    "BIC, K = 7": models[6],
    "held out, K = 9": models[8],
    "AIC, K = 12": models[11],
    "K = 16, by eye": models[15],
    "Bayesian, defaults": PlugIn(sparse),
    "Bayesian, held out": PlugIn(tuned),
}
on_new = {}
for name, model in candidates.items():
    s = model.score_samples(test)
    on_new[name] = s.mean()
    print(f"{name:19s} {s.mean():6.2f} ± {s.std() / np.sqrt(len(s)):.2f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
aic_ahead = on_new["AIC, K = 12"] - on_new["BIC, K = 7"]
assert max(on_new, key=on_new.get) == "Bayesian, held out"
assert aic_ahead > 0.07

# %% [markdown]
# And the truth? The moons are half circles, blurred by a Gaussian of width 0.05. That is a mixture too: of
# infinitely many tiny components along two arcs. Four thousand will do.

# %%
arc, _ = make_moons(4000, noise=None)
blurred = np.full(4000, 0.05)
truth = Mixture(
    np.full(4000, 1 / 4000), arc, blurred**2, 1 / blurred, CovarianceType.named("spherical")
)
print(f"the source itself   {e_step(test, truth)[0].mean():6.2f}")

# %% [markdown]
# Two things to take away. **There was no true $K$ to find.** The source has no number of components, so a
# criterion that looks for "the true one" answers a question that does not apply. And what paid here, on these
# points, were more components than BIC allows: it asks for parsimony, and we asked for prediction.
#
# Compare the order with that of cross-validation, which had nine components slightly ahead of the tuned Bayesian
# mixture. On new points it is the other way round. Validation makes good choices, not perfect ones.
#
# The envelope is open now. If we went back and changed a prior because of this table, it would no longer be a
# test. It would be one more validation set, and we would need another envelope.
#
# One warning about stories like this one: it is *one* data set. AIC beat BIC. Would it do so again? **Before
# you run the next cell:** we have twenty fresh sets lying about, all fitted. Which criterion chose best on
# average?

# %%
on_fresh = {}
for criterion in ("aic", "bic", "icl"):
    picked = [chosen(fits, Z, criterion) for fits, Z in zip(sweeps["fresh data"], fresh)]
    on_fresh[criterion] = np.array([model.score(test) for model in picked])
    median = np.median([model.n_components for model in picked])
    average = on_fresh[criterion].mean()
    print(f"{criterion.upper()}: median K {median:4.1f}, new points on average {average:.3f}")
lead = on_fresh["bic"] - on_fresh["aic"]
print(f"BIC ahead of AIC: {lead.mean():.3f} ± {lead.std(ddof=1) / np.sqrt(20):.3f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert abs(lead.mean()) < aic_ahead / 2

# %% [markdown]
# BIC, by a little, and the lead is less than two standard errors. On our two hundred points AIC had been ahead
# by much more than that. Had we drawn a rule from the one table, we would have fooled ourselves. One data set

# %% [markdown]
# ## Common mistakes
#
# - **"The likelihood is higher, so the model is better."** On the training data it always is, for more components.
# - **A peek at the test data.** Whatever was used to choose is no longer test data, even if it was used only once.
# - **"BIC says seven, so there are seven clusters."** BIC counts Gaussians that pay for their parameters. The
#   moons are two, and the source had no number at all.
# - **The minimum at the end of the range.** If the best $K$ is the largest you tried, you have not found a minimum.
#   Widen the range.
# - **Criteria of different data side by side.** A log-likelihood depends on the units. AIC and BIC compare models of
#   the *same* points, in the same scale.
# - **The prior chose $K$ "automatically".** It chose given its other settings. Sweep them, and read the warnings.
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
# **B.** One component more in the plane costs 6 parameters: a weight, two coordinates and three numbers of a
# covariance. The first term falls by 18. AIC adds 12, and BIC adds 31.8. A forgets that the likelihood rises for
# every component, needed or not. C would be right if it had risen by less than 6.
#
# </details>

# %% [markdown]
# **2.** You compared forty models on a validation set, and the best has an accuracy of 0.94 there. What do you
# report?
#
# - **A.** 0.94, since the model was not fitted to these data.
# - **B.** The accuracy of this one model on a test set that nothing was chosen with.
# - **C.** The best accuracy that any of the forty has on the test set.
#
# <details><summary>Answer</summary>
#
# **B.** A is too high on average: it was not fitted to the validation data, and it was *chosen* by them, and
# the best of forty was also the luckiest. C chooses once more, this time with the test set, which then is no
# test any more.
#
# </details>

# %% [markdown]
# **3.** A Bayesian mixture was offered twenty components and used five. What do you know?
#
# - **A.** The data have five clusters.
# - **B.** Five is the number that predicts new points best.
# - **C.** With this concentration, this prior of means and covariances, and this start, five were worth keeping.
#
# <details><summary>Answer</summary>
#
# **C.** Every one of these plays a part; above, the covariance prior alone changed the number. A takes
# components for clusters. B can be looked up: on held-out points the five did far worse than others.
#
# </details>

# %%
# The numbers of the first answer.
price = n_parameters(4, 2) - n_parameters(3, 2)
assert price == 6
assert 2 * price == 12 < 2 * 9 == 18 < round(price * np.log(200), 1) == 31.8

# %% [markdown]
# ## In five lines
#
# 1. The training likelihood rises with every component. It can never tell you to stop.
# 2. AIC, BIC and ICL charge for parameters, ICL also for doubt; held-out likelihood asks new points. Read
#    curves, and report ranges.
# 3. Components are pieces of a density. Join them if you want clusters, and look at the result.
# 4. A prior on the weights does not spare you the choice. It moves it to the other priors.
# 5. Choose on validation data. Report on test data, once.
#
# ## Where next
#
# The [exercises](../exercises/09_choosing_k_exercises.ipynb): you write the criteria, the cross-validation and Bayes'
# rule, and fix a report that is too good. Then [lesson 10](10_anomaly_detection.ipynb) turns the density
# around: what does it say about points that it finds improbable?
#
# ## References
#
# - H. Akaike (1974). A new look at the statistical model identification. *IEEE Transactions on Automatic
#   Control* 19(6), 716–723.
# - G. Schwarz (1978). Estimating the dimension of a model. *The Annals of Statistics* 6(2), 461–464.
# - R. E. Kass, A. E. Raftery (1995). Bayes factors. *Journal of the American Statistical Association* 90(430),
#   773–795.
# - C. Biernacki, G. Celeux, G. Govaert (2000). Assessing a mixture model for clustering with the integrated
#   completed likelihood. *IEEE Transactions on Pattern Analysis and Machine Intelligence* 22(7), 719–725.
# - J.-P. Baudry, A. E. Raftery, G. Celeux, K. Lo, R. Gottardo (2010). Combining mixture components for clustering.
#   *Journal of Computational and Graphical Statistics* 19(2), 332–353.
# - U. von Luxburg (2010). Clustering stability: an overview. *Foundations and Trends in Machine Learning* 2(3),
#   235–274.
# - A. Corduneanu, C. M. Bishop (2001). Variational Bayesian model selection for mixture distributions.
#   *Proceedings of AISTATS*, 27–34.
# - T. Hastie, R. Tibshirani (1996). Discriminant analysis by Gaussian mixtures. *Journal of the Royal
#   Statistical Society B* 58(1), 155–176.
