# %% tags=["hide-input"]
# Imports and figure style
import warnings
from collections import Counter
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import sklearn.mixture
from scipy.special import entr, logsumexp
from sklearn.datasets import make_moons
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import KFold
from sklearn.naive_bayes import GaussianNB

from mlcourse import GaussianMixture, GaussianMixtureClassifier
from mlcourse.datasets import two_moons
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import Mixture, e_step
from mlcourse.plotting import (
    color,
    marker,
    plot_curve,
    plot_decision_regions,
    plot_density,
    plot_ellipses,
    plot_points,
    plot_responsibilities,
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

# %% [markdown]
# ## Two hundred points and an envelope
#
# Here are two hundred points. Beside them lies a sealed envelope with two thousand more from the same
# source. We shall fit many models in this lesson, and choose among them. The envelope stays closed until every
# choice has been made. Then it is opened once.
#
# Points that are kept back like this are [test data](../GLOSSARY.md#test-set). With data of your own you would
# put a part aside before you begin. Here the source is a formula, so we can afford a thick envelope.

# %%
X, moon = two_moons()
test, _ = two_moons(2000, random_state=1)  # the envelope

# %% tags=["hide-input"]
# Figure 1: two hundred points
show(
    plot_points(X),
    "Figure 1. Two hundred points. You see two groups. What will a mixture of two Gaussians see?",
    "Grey points along two interleaved crescents, one open below and one open above.",
)

# %% [markdown]
# **Before you run the next cell:** you fit a mixture of two components. Draw the two ellipses on paper. Will
# each take one moon? (The cell also fits sixteen, to compare.)

# %%
two = GaussianMixture(2, random_state=0).fit(X)
sixteen = GaussianMixture(16, random_state=0).fit(X)
new, _ = sixteen.sample(400)
print("K = 2 against the moons, adjusted Rand index:", end=" ")
print(round(adjusted_rand_score(moon, two.predict(X)), 3))

# %% tags=["hide-input"]
# Figure 2: two components, and sixteen
fig, axes = plt.subplots(2, 2, figsize=(10.5, 6), sharex=True, sharey=True)
for ax, model in zip(axes[0], (two, sixteen)):
    plot_responsibilities(X, model.predict_proba(X), ax=ax)
    plot_ellipses(model.means_, model.covariances_, n_std=2, ax=ax)
    ax.set_title(f"K = {model.n_components}")
plot_density(sixteen, X, ax=axes[1, 0])
plot_points(new, ax=axes[1, 1])
axes[1, 0].set(title="the density of K = 16", aspect="equal")
axes[1, 1].set(title="400 new points from it", aspect="equal")
show(
    fig,
    "Figure 2. Two components cut across the moons. Sixteen cover them like tiles; their sum is"
    " high along both moons, and what it generates looks like moons again.",
    "Two broad ellipses, each with one moon's larger part and a tip of the other; sixteen small"
    " ellipses along the crescents; contours of a density that follows them; 400 new points that"
    " form the same two crescents.",
)

# %% [markdown]
# Two components are what you would ask for if you wanted two groups. They find neither moon, since a moon is no
# ellipse. The [adjusted Rand index](../GLOSSARY.md#adjusted-rand-index) would be 1 for a perfect match.
#
# Sixteen components find no groups at all. Nobody would say that there are sixteen. But look at the lower
# panels: as a *description of where points fall*, the mixture is good enough to draw from.
#
# So there are two questions, and they have different answers:
#
# - **Clustering:** which points belong together?
# - **[Density estimation](../GLOSSARY.md#density-estimation):** where do points fall, and how often?
#
# Most of this lesson is about the second. How many [components](../GLOSSARY.md#component) does a good density
# need, and who is to say?
#
# ## The likelihood of the data you fitted
#
# The measure of a density is the [log-likelihood](../GLOSSARY.md#log-likelihood): how probable does the
# model make the points? So the first idea is to take the $K$ with the greatest likelihood.
#
# **Before you run the next cell:** for $K = 1, 2, \dots, 20$, where will the likelihood of the two hundred
# points have its maximum?

# %%
Ks = range(1, 21)
models = [GaussianMixture(K, random_state=0).fit(X) for K in Ks]
training = np.array([model.score(X) for model in models])
print(training.round(2))

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert np.all(np.diff(training) > 0)

# %% [markdown]
# At the end. It rises with every component, and it would go on rising. This is a law, and the reason fits into
# one function: any component can be split into two halves that lie on top of one another. That is a mixture with
# one component more, and exactly the same density.

# %%
FULL = CovarianceType.named("full")


def split(model, k):
    """The density of `model`, written with one component more: k becomes two halves."""
    kept = np.append(np.arange(model.n_components), k)
    weights = model.weights_[kept] / (1 + (kept == k))
    return Mixture(
        weights,
        model.means_[kept],
        model.covariances_[kept],
        model.precisions_cholesky_[kept],
        FULL,
    )


log_likelihood, _ = e_step(X, split(models[6], k=3))
assert np.allclose(log_likelihood, models[6].score_samples(X))

# %% [markdown]
# So the best mixture of eight is at least as likely as the best of seven, whatever the data are. **The
# likelihood of the training data can never tell you to stop.**
#
# The law is about the *best* fit. EM finds a good one, not always the best, so now and then a curve has a dent:

# %%
for K in (17, 18):
    dented = GaussianMixture(K, random_state=2).fit(X)
    print(f"another start, K = {K}: {dented.score(X):.4f}")

# %% [markdown]
# A dent says that the start was unlucky. It says nothing about $K$.
#
# ## Points that the fit has not seen
#
# A model that has learned where points fall should not be surprised by new ones. So: leave some points out, fit
# to the rest, and ask how likely the left-out points are. They are
# [validation data](../GLOSSARY.md#validation-set). Two hundred points are few, so each takes its turn: five
# folds, each left out once. This is [cross-validation](../GLOSSARY.md#cross-validation).

# %%
folds = KFold(5, shuffle=True, random_state=0)


def held_out(fit):
    """Log-likelihood of each point under a model fitted without its fold: (n,)."""
    scores = np.empty(len(X))
    for rest, fold in folds.split(X):
        scores[fold] = fit(X[rest]).score_samples(X[fold])
    return scores


# %% [markdown]
# **Before you run the next cell:** a mixture of a hundred components has 599 free numbers (we shall count in a
# moment), and our points have 400 coordinates. How will it do on the points that it fitted, and how on the
# others?

# %%
for K in (2, 7, 16, 40, 100):
    model = GaussianMixture(K, random_state=0)
    print(
        f"K = {K:3d}: training {model.fit(X).score(X):6.2f},",
        f"held out {held_out(model.fit).mean():8.2f}",
    )

# %% [markdown]
# The training likelihood climbs and climbs. The held-out likelihood climbs, turns, and falls off a cliff. With a
# hundred components most of them sit on one point or two, as thin as `reg_covar` allows, and a new point between
# them is declared next to impossible. That is [overfitting](../GLOSSARY.md#overfitting): **a bigger likelihood is
# not a better model.**

# %%
scores = np.array([held_out(GaussianMixture(K, random_state=0).fit) for K in Ks])
validation = scores.mean(axis=1)
best = validation.argmax()
print(f"held-out likelihood is greatest at K = {Ks[best]}: {validation[best]:.3f}")

# %% tags=["hide-input"]
# Figure 3: training and held-out likelihood
ax = plot_curve(Ks, training, "components K", "mean log-likelihood of a point")
ax.plot(Ks, validation, color=color(1), marker=marker(1), markersize=5)
ax.text(20.3, training[-1], "training", color=color(0), va="center")
ax.text(20.3, validation[-1], "held out", color=color(1), va="center")
show(
    ax,
    "Figure 3. The more components, the more likely the points that were fitted. The others"
    " tell another story.",
    "Two curves over K from 1 to 20. The training curve rises all the way. The held-out curve"
    " rises beside it at first, is highest around 8 and 9, and then falls.",
)

# %% [markdown]
# Nine, then? Not so fast. The curve is a mean of two hundred numbers, and another two hundred points would give
# another curve. The differences can be judged point by point: by how much does each $K$ fall behind the best, and
# what is the [standard error](../GLOSSARY.md#standard-error) of that difference?

# %%
gap = scores[best] - scores
error = gap.std(axis=1) / np.sqrt(len(X))
for K in range(6, 14):
    print(f"K = {K:2d}: behind by {gap[K - 1].mean():5.3f} ± {error[K - 1]:.3f}")
assert all(gap[[5, 6]].mean(axis=1) > 2 * error[[5, 6]])  # six and seven
assert gap[7].mean() < error[7]  # eight

# %% [markdown]
# Eight and nine cannot be told apart. Six and seven do worse. Ten looks worse too, and twelve does not, which shows
# how much of such a curve is chance. Where it is as flat as this, the honest answer is a range.
#
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
# $$ \begin{aligned}
# \mathrm{AIC} &= -2\,\ell + 2\,p \\
# \mathrm{BIC} &= -2\,\ell + p \log n
# \end{aligned} $$
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
#
# ## Components are not clusters
#
# Seven components, two moons. If you want the moons, you need not ask for two components. Fit as many as the
# density needs, then join those that belong together. Which? Those between which the model is unsure. Joining two
# components adds their responsibilities, and the doubt between them is gone.


# %%
def join_once(R):
    """Join the two components whose union lowers the entropy of R (n, K) most: (n, K − 1)."""
    joined = [
        np.column_stack([np.delete(R, pair, axis=1), R[:, pair].sum(axis=1)])
        for pair in map(list, combinations(range(R.shape[1]), 2))
    ]
    return min(joined, key=lambda R: entr(R).sum())


# %% [markdown]
# **Before you run the next cell:** we go on joining, from seven components down to one. The entropy must fall to 0
# in the end. Where will the last big fall be?

# %%
path = [models[6].predict_proba(X)]
while path[-1].shape[1] > 1:
    path.append(join_once(path[-1]))
entropies = {R.shape[1]: float(entr(R).sum().round(2)) for R in path}
print(entropies)

# %% tags=["hide-input"]
# Checks of the numbers in the text
moons_found = path[5].argmax(axis=1)
*falls, last_fall = -np.diff(list(entropies.values()))
assert min(falls) > 2 > 1 > last_fall
assert adjusted_rand_score(moon, moons_found) == 1.0

# %% tags=["hide-input"]
# Figure 6: components joined into groups
fig, axes = plt.subplots(1, 3, figsize=(13, 3.6))
plot_points(X, models[6].predict(X), ax=axes[0])
plot_points(X, moons_found, ax=axes[1])
plot_curve(
    list(entropies), list(entropies.values()), "groups", "entropy (nats)", chosen=2, ax=axes[2]
)
axes[0].set_title("seven components")
axes[1].set_title("joined into two groups")
show(
    fig,
    "Figure 6. Seven components joined, two at a time, where the model is least sure. At two"
    " groups hardly any doubt is left to remove.",
    "Left, the crescents in seven colours, three or four pieces each. Middle, each crescent"
    " in one colour. Right, entropy that falls from 18 nats at seven groups to 1 at two and 0"
    " at one.",
)

# %% [markdown]
# Every one of the two hundred points is with its own moon. Down to two groups each step removes two nats of doubt or
# more; the last one has less than one nat left to remove. The idea is due to Baudry and others (2010). Two Gaussians
# could not find the moons. Seven could, once we stopped asking each of them to be a group.
#
# Does it always work?

# %%
rand = {}
for K in (4, 5, 6, 7, 9, 12, 15, 16):
    R = models[K - 1].predict_proba(X)
    while R.shape[1] > 2:
        R = join_once(R)
    rand[K] = adjusted_rand_score(moon, R.argmax(axis=1))
    print(f"K = {K:2d} joined into 2: ARI {rand[K]:.2f}")
assert max(rand[4], rand[15]) < 0.5

# %% [markdown]
# Not always. With four components the ellipses are still so fat that they overlap across the gap more than
# along a moon. With fifteen, there is a component so far from doubt that it stays alone to the last, and the
# two moons are joined instead. So look at the picture.
#
# It can go the other way, too. In [lesson 02](02_kmeans_limits.ipynb) two components overlapped so much that
# their sum was one heap. **Components are pieces of a density. Clusters are groups that mean something to
# you.** No criterion turns one into the other by itself.
#
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
# is an anecdote.
#
# ## A density a class makes a classifier
#
# Densities can do something that you may not expect of unlabelled methods: classify. Suppose that there *are*
# labels. Fit one mixture to the points of each class $c$. Then [Bayes' rule](../GLOSSARY.md#bayes-rule) turns "how
# likely is this point in that class" into "how probable is that class for this point":
#
# $$ p(c \mid x) = \frac{p(c)\; p(x \mid c)}{\sum_{c'} p(c')\; p(x \mid c')} $$
#
# You have seen this formula. It is the responsibility, with classes for components and a whole mixture for each
# Gaussian. In log space, as always:


# %%
def class_probabilities(X, priors, mixtures):
    """p(c | x) for points X (n, d), class shares (C,) and one mixture a class: (n, C)."""
    A = np.log(priors) + np.column_stack([mixture.score_samples(X) for mixture in mixtures])
    return np.exp(A - logsumexp(A, axis=1, keepdims=True))


# %% [markdown]
# The moons once more, with six times the noise, so that they overlap. From the start there are three sets: one
# to fit, one to choose with, and an envelope.

# %%
X_train, y_train = make_moons(100, noise=0.3, random_state=0)
X_val, y_val = make_moons(100, noise=0.3, random_state=1)
X_test, y_test = make_moons(4000, noise=0.3, random_state=2)  # the second envelope

priors = np.bincount(y_train) / len(y_train)
mixtures = [GaussianMixture(3, random_state=0).fit(X_train[y_train == c]) for c in (0, 1)]
by_hand = class_probabilities(X_val, priors, mixtures)

# %% [markdown]
# The package has this as `GaussianMixtureClassifier`, with scikit-learn's interface. And there is an old
# acquaintance among its special cases: one component a class with a diagonal covariance is Gaussian [naive
# Bayes](../GLOSSARY.md#naive-bayes).

# %%
model = GaussianMixtureClassifier(3, random_state=0).fit(X_train, y_train)
assert np.allclose(model.predict_proba(X_val), by_hand)

one = GaussianMixtureClassifier(1, covariance_type="diag", reg_covar=0).fit(X_train, y_train)
naive = GaussianNB(var_smoothing=0).fit(X_train, y_train)
assert np.allclose(one.predict_proba(X_val), naive.predict_proba(X_val))

# %% [markdown]
# **Before you run the next cell:** components a class from 1 to 12. How will the accuracy on the training points go,
# and how on the validation points?

# %%
classifiers = [
    GaussianMixtureClassifier(K, random_state=0).fit(X_train, y_train) for K in range(1, 13)
]
on_train = [model.score(X_train, y_train) for model in classifiers]
on_val = [model.score(X_val, y_val) for model in classifiers]
winner = int(np.argmax(on_val))
print("training  ", np.round(on_train, 2))
print("validation", np.round(on_val, 2), " best at K =", winner + 1)

# %% tags=["hide-input"]
# Figure 8: one component per class, a chosen number, twelve
fig, axes = plt.subplots(1, 3, figsize=(13, 3.8), sharex=True, sharey=True)
for ax, K in zip(axes, (1, winner + 1, 12)):
    plot_decision_regions(classifiers[K - 1], X_train, ax=ax)
    plot_points(X_train, y_train, ax=ax)
    ax.set_title(f"{K} a class: training {on_train[K - 1]:.2f}, validation {on_val[K - 1]:.2f}")
show(
    fig,
    "Figure 8. One component a class, the number that validation chose, and twelve. The more"
    " components, the more the boundary runs around single training points.",
    "Three panels with the overlapping moons in two colours on tinted regions. Left, a smooth"
    " curve cuts off the moons' tips. Middle, a boundary that winds between the moons. Right,"
    " a ragged one with spikes.",
)

# %% [markdown]
# In the middle panel look at the lower left corner, far from every point. The model has an opinion there, too: it is
# that of whichever tail is fatter. [Lesson 04](04_em.ipynb) had the word for it: certainty is not familiarity.
#
# The choice is made. **Before you run the next cell:** the winner's accuracy on the validation points stands above.
# Will it be higher, lower or the same on the four thousand points in the envelope?

# %%
accuracy = classifiers[winner].score(X_test, y_test)
print(
    f"validation {on_val[winner]:.3f} ± {np.sqrt(on_val[winner] * (1 - on_val[winner]) / 100):.3f}"
)
print(f"test       {accuracy:.3f} ± {np.sqrt(accuracy * (1 - accuracy) / 4000):.3f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert accuracy < on_val[winner] - 0.01

# %% [markdown]
# Lower, and not by bad luck alone. The winner was picked *because* it did well on those hundred points, and a
# part of doing well was luck that does not come again. The best of twelve scores is a biased estimate of the
# winner's quality: the more candidates, the more so. **So choose on validation data, and report on test data
# that played no part in any choice.** The number to write down is the second one.
#
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
