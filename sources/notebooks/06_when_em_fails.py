# %% [markdown]
# Run the two folded cells below. Fifty grains of sand come from one machine. The fifty-first has rolled away, to 8.
# EM fits two components, each with its own variance, and without `reg_covar`. Lesson 05 proved that the likelihood
# cannot fall.
#
# **Before you press Play:** after one large step the likelihood climbs slowly. What will its last few rounds look
# like?

# %% tags=["hide-input"]
# Imports and figure style
from itertools import permutations
from math import factorial

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import norm
from sklearn.metrics import adjusted_rand_score

from mlcourse import GaussianMixture
from mlcourse.datasets import elongated_blobs
from mlcourse.gaussians import CovarianceType
from mlcourse.metrics import align_components
from mlcourse.mixture import Mixture, e_step, em, expectation_over
from mlcourse.plotting import (
    INK,
    MARKERS,
    PALE_INK,
    PAPER,
    color,
    plot_ellipses,
    plot_points,
    show,
    use_course_style,
)
from mlcourse.widgets import draw_reg_covar, em_player, reg_covar_explorer, reg_covar_fits

use_course_style()

# %% tags=["hide-input"]
# To begin with: fifty grains and one far away
few = np.append(np.random.RandomState(0).randn(50), 8.0)
column = few[:, np.newaxis]  # one feature, as the estimators want it
start = Mixture(
    weights=np.array([0.5, 0.5]),
    means=np.array([[0.0], [4.0]]),
    covariances=np.array([1.0, 4.0]),
    precisions_cholesky=np.array([1.0, 0.5]),  # one over the standard deviation
    covariance_type=CovarianceType.named("spherical"),
)
steps = []
try:
    for step in em(expectation_over(column), start, reg_covar=0):
        steps.append(step)
except ValueError:
    print(f"after {len(steps) - 1} rounds EM cannot go on")
print("its last standard deviations:", np.sqrt(steps[-1].mixture.covariances).round(2))
em_player(column, steps, features=["position x"])

# %% tags=["hide-input"]
# Checks of what the text says
widths = np.sqrt([step.mixture.covariances[1] for step in steps])
shares = [1 / e_step(column, step.mixture)[1].sum(axis=0)[1] for step in steps]
assert np.array_equal(np.diff(widths) > 0, np.array(shares[:-1]) < 0.5)
rises = np.diff([step.lower_bound for step in steps])
assert np.all(np.diff(rises[-4:]) > 0)

# %% [markdown]
# In its last rounds the curve climbs faster and faster. The second component loses the grains of the main group, one
# after another. Once the lone grain at 8 is more than half of what it owns, every loss makes it narrower, and the
# narrower it is, the faster it loses the rest. In the end it would own one grain and have a width of zero: a *spike*.
#
# EM did nothing wrong, and the likelihood has never been higher. This lesson is about four ways in which a correct EM
# gives you something that you did not want: components in another order, a fit that stops too early, a spike, and a
# spike that hides in the main group.
#
# ## The same fit, K! times
#
# Nothing in a mixture says which component is number 0. Swap two of them ([label
# switching](../GLOSSARY.md#label-switching)), and the parameters change but the density does not. No data can tell
# the two versions apart: this is a lack of [identifiability](../GLOSSARY.md#identifiability).
#
# **Before you run the next cell:** three components in the plane. How many maxima of the same height are there? And
# with ten components?


# %%
Y, truth = elongated_blobs()
FULL = CovarianceType.named("full")


def patient(seed):
    """Three components from a random start, fitted until nothing changes."""
    model = GaussianMixture(3, random_state=seed, init_params="random", tol=1e-10, max_iter=1000)
    return model.fit(Y)


first = patient(0)
P, heights = first.precisions_cholesky_, []
for order in map(list, permutations(range(3))):
    theta = Mixture(
        first.weights_[order], first.means_[order], first.covariances_[order], P[order], FULL
    )
    heights.append(e_step(Y, theta)[0].mean())
    print("order", order, f" mean log-likelihood {heights[-1]:.12f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert len(heights) == factorial(3) == 6
assert factorial(10) == 3_628_800
assert np.allclose(heights, first.score(Y), rtol=0, atol=1e-10)

# %% [markdown]
# There are six: $3! = 3 \cdot 2 \cdot 1$. With ten components there are $10! = 3\,628\,800$. So two good fits of the
# same data usually differ in their numbering, and comparing them number by number makes no sense:

# %%
second = patient(1)
print("means of one fit\n", first.means_.round(2), "\nand of another\n", second.means_.round(2))
print("greatest difference, number by number:", np.abs(first.means_ - second.means_).max().round(3))

# %% [markdown]
# Which component of one fit belongs to which of the other? Every pairing has a cost, the sum of squared distances
# between partners. The [Hungarian algorithm](../GLOSSARY.md#hungarian-algorithm) finds the pairing with the lowest
# cost without trying them all. `align_components` returns it as an order of the second fit's components.

# %%
order = align_components(first, second)
gap = np.abs(first.means_ - second.means_[order]).max()
print("order", order, f" greatest difference after aligning: {gap:.0e}")
assert gap < 1e-3
naive, aligned = ((first.means_ + second.means_[o]) / 2 for o in ([0, 1, 2], order))

# %% tags=["hide-input"]
# Figure 1: two equal fits, averaged
ax = plot_points(Y, sizes=8)
style = {"linestyle": "", "markersize": 12, "markeredgecolor": PAPER}
ax.plot(*aligned.T, marker="o", color=color(0), label="average after aligning", **style)
ax.plot(*naive.T, marker="X", color=color(5), label="average, number by number", **style)
ax.legend(loc="lower right")
ax.set_aspect("equal")
show(
    ax,
    "Figure 1. Two equal fits, averaged. Number by number, no average is the middle of a group.",
    "Three groups of points. Three discs sit in the middle of the groups. Three crosses are away from these"
    " middles.",
)

# %% [markdown]
# All 20 random starts that we tried end in this fit, up to the order; in 15 the order differs from that of the first.
#
# To compare *labels*, you need not align anything. Use a measure that ignores the numbering: the [adjusted Rand
# index](../GLOSSARY.md#adjusted-rand-index) (ARI).

# %%
a, b = first.predict(Y), second.predict(Y)
print(f"same number: {np.mean(a == b):.1%} of the points; ARI {adjusted_rand_score(a, b):.3f}")
assert adjusted_rand_score(a, b) > 0.999

# %% [markdown]
# ## EM is slow where components overlap
#
# The second failure is a fit that stops too early. We draw a thousand points from two Gaussians of standard deviation
# 1, seven times for each distance between their means, and count the rounds until the mean log-likelihood changes by
# less than $10^{-9}$.
#
# **Before you run the next cell:** at a distance of 6 it takes about five rounds. How many at a distance of 2?

# %%
distances = (6, 4, 3, 2.5, 2)


def fit_of_two(distance, seed, tol=1e-9):
    rng = np.random.default_rng(seed)
    sample = rng.choice([-distance / 2, distance / 2], 1000) + rng.standard_normal(1000)
    model = GaussianMixture(2, random_state=0, tol=tol, max_iter=2000)
    return model.fit(sample[:, np.newaxis])


rounds = np.array([[fit_of_two(d, seed).n_iter_ for seed in range(7)] for d in distances])

# %% tags=["hide-input"]
# Figure 2: rounds against the distance of the means
ax = plt.figure(figsize=(8, 3.8)).subplots()
for seed in range(7):
    ax.plot(distances, rounds[:, seed], "o", color=color(1), alpha=0.5, markersize=6)
ax.plot(distances, np.median(rounds, axis=1), color=INK, label="median of seven samples")
ax.set(yscale="log", xlabel="distance of the means, in standard deviations", ylabel="rounds of EM")
ax.invert_xaxis()
ax.legend(loc="upper left")
show(
    ax,
    "Figure 2. The more two components overlap (to the right), the more rounds EM needs. Each dot"
    " is one sample. The vertical axis is logarithmic.",
    "Seven dots for each of five distances. From left to right the distance shrinks from 6 to 2,"
    " and the number of rounds rises from about five to several hundred.",
)

# %%
for distance, row in zip(distances, rounds):
    print(f"distance {distance}: {np.median(row):5.0f} rounds (from {row.min()} to {row.max()})")

# %% tags=["hide-input"]
# Checks of the numbers in the text
medians = np.median(rounds, axis=1)
assert np.all(np.diff(medians) > 0)
assert 40 * medians[0] < medians[-1]
sample = rounds[3].argmin()  # the dot far below the others, at 2.5
early, late = (fit_of_two(2.5, sample, tol).means_ for tol in (1e-9, 1e-13))
assert 3 * rounds[3, sample] < np.sort(rounds[3])[1]
assert np.abs(early - late).max() < 0.005

# %% [markdown]
# At a distance of 2, the median is about four hundred. (The one dot far below its neighbours is a sample for which
# k-means happened to start close to the maximum.) Now look at the last rises of the likelihood, each divided by the
# one before it:

# %%
for distance in (4, 3, 2):
    rises = np.diff(fit_of_two(distance, seed=0).lower_bounds_)
    print(f"distance {distance}: the last factors are", (rises[-4:] / rises[-5:-1]).round(3))

# %% [markdown]
# Near the maximum, every rise is the one before it times a constant: EM converges *linearly*. If the components are
# far apart, the constant is close to 0. If they overlap, it is close to 1, and each round gains almost nothing.
#
# So **a small change per round does not mean that the maximum is near.** If every rise is 0.98 of the one before, the
# likelihood still has about fifty times the last rise to go. If components overlap, lower `tol`, and check whether
# the parameters are still changing.
#
# <details><summary>Optional: what the constant is</summary>
#
# In each round, the distance to the maximum shrinks by the square root of the constant. Dempster, Laird and Rubin
# (1977) showed that this root is the **share of missing information**: the part of our information about the
# parameters that we lose because we do not see which component each point came from.
#
# </details>
#
# ## The likelihood has no maximum
#
# Now for the spike. Go back to the fifty-one grains. Let one component cover the fifty, put the other on the lone
# grain, and choose its standard deviation $s$ by hand.
#
# **Before you run the next cell:** we let $s$ go to zero. Where does the total log-likelihood go? Think of the height
# of a narrow bell.


# %%
def spike(data, place, s):
    """Log density of data under one wide bell for the main group and a spike of width s."""
    group = few[:50]
    wide = np.log(50 / 51) + norm.logpdf(data, group.mean(), group.std())
    return np.logaddexp(wide, np.log(1 / 51) + norm.logpdf(data, place, s))


for s in (1, 1e-1, 1e-2, 1e-10, 1e-100):
    print(f"s = {s:<6g}  total log-likelihood {spike(few, 8.0, s).sum():7.2f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert np.isclose(spike(few, 8.0, 1e-11).sum() - spike(few, 8.0, 1e-10).sum(), np.log(10))

# %% [markdown]
# The likelihood goes to infinity. A bell of area 1 that is ten times narrower is ten times higher. So each factor of
# ten adds $\log 10 = 2.30$, for ever, and the other grains lose nothing: the wide component covers them.
#
# **If components have covariances of their own, the likelihood of a mixture has no maximum.** Every grain can carry
# such a [singularity](../GLOSSARY.md#singularity), the lone one as well as those in the main group. What we want from
# EM, then, is not the highest point, but a good maximum of finite height. Restarts that keep "the best" keep a spike
# if they find one.

# %% tags=["hide-input"]
# Figure 3: spikes on a grain
fresh = np.random.default_rng(1).standard_normal((1000, 1))
widths = np.logspace(-8, 0, 60)
fig, axes = plt.subplots(1, 2, figsize=(11, 3.8), sharey=True)
for ax, data, title in zip(axes, (few, fresh[:, 0]), ("the 51 grains", "1000 fresh grains")):
    for k, place in enumerate((8.0, few[10])):
        heights = [spike(data, place, s).mean() for s in widths]
        name = ("spike on the lone grain", "spike on a grain of the main group")[k]
        ax.plot(widths, heights, ("-", "--")[k], color=color(k), label=name)
    ax.set(xscale="log", xlabel="width of the spike, narrower to the right", title=title)
    ax.invert_xaxis()
    ax.legend(loc="upper left")
axes[0].set_ylabel("mean log-likelihood")
show(
    fig,
    "Figure 3. A spike on one grain. The narrower it is, the higher the likelihood of the grains that"
    " were fitted, without limit. Fresh grains from the same machine gain next to nothing.",
    "Two panels over the width of the spike, which shrinks from 1 at the left to 10 to the minus 8"
    " at the right. In the left panel the solid line rises steadily; the dashed one is lower and"
    " rises as steeply once the width is below a hundredth. In the right panel both lines are"
    " nearly flat.",
)

# %% [markdown]
# Does this happen only if each component has its *own* covariance? We fit the grains with a variance per component,
# and then with a single variance for both (`"tied"`, one of the types of the next lesson). [`reg_covar`](04_em.ipynb)
# is added to every variance, and so limits the spike.
#
# **Before you run the next cell:** `reg_covar` goes from a hundredth down to a billionth. What happens to the total
# log-likelihood of either fit? And to that of a fresh grain under the first?

# %%
print("reg_covar    own variances        fresh grain    tied")
totals = {"full": [], "tied": []}
for reg_covar in (1e-2, 1e-4, 1e-6, 1e-9):
    for kind, found in totals.items():
        model = GaussianMixture(2, covariance_type=kind, reg_covar=reg_covar, random_state=0)
        found.append(model.fit(column).score_samples(column).sum())
        if kind == "full":
            smallest, news = model.covariances_.min(), model.score(fresh)
    print(
        f"{reg_covar:5g}     {totals['full'][-1]:6.2f} (smallest {smallest:.0e})   {news:.4f}"
        f"      {totals['tied'][-1]:.2f}"
    )

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert [round(total, 1) for total in totals["full"]] == [-80.4, -78.1, -75.8, -72.3]
assert [round(total, 2) for total in totals["tied"]] == [-82.81] * 4

# %% [markdown]
# With separate variances the likelihood rises by eight, yet the model has learned nothing: fresh grains are nearly as
# likely as before, and its smallest variance *is* `reg_covar`. That rise reflects your setting, not the data. **A
# higher likelihood is not a better model.** (The same happens in 18 of 20 other samples. In the other two, EM ends at
# a good maximum of finite height.)
#
# **Tied is immune.** A variance shared by all components cannot go to zero while some grains are away from every
# mean: those grains would lose more likelihood than the spike gains. This is one of the best reasons for a tied
# covariance. Lesson 07 has others.
#
# <details><summary>Optional: exactly when tied is immune</summary>
#
# In one dimension, when there are more distinct values than components. In $d$ dimensions, when the points do not all
# lie on $K$ parallel planes of dimension $d - 1$.
#
# </details>
#
# ## What `reg_covar` does, and what it does not
#
# Here are nineteen values of `reg_covar`, from a billionth to one, with the density of each fit and the mean
# log-likelihood of fitted and of fresh grains.
#
# **Before you move the slider:** one of the two curves rises to the left for ever. Where does the other one stop
# rising, and why? And can `reg_covar` be too large?

# %%
reg_covar_explorer(column, fresh)

# %% [markdown]
# This is what the right end of the slider shows: a `reg_covar` of 1.

# %% tags=["hide-input"]
# Figure 4: the largest reg_covar
fits = reg_covar_fits(column)
figure, caption, alt = draw_reg_covar(column, fresh, fits, len(fits) - 1)
show(figure, f"Figure 4. Too large: {caption}", alt)

# %%
of_fitted, of_fresh = (np.array([fit.score(data) for fit in fits]) for data in (column, fresh))
gain = len(column) * (of_fitted[0] - of_fitted[2])  # there are two fits to a factor of ten
print(f"fitted: a factor of ten adds {gain:.3f}; half of log 10 is {np.log(10) / 2:.3f}")
print(f"fresh, reg_covar up to 0.01: from {of_fresh[:15].min():.4f} to {of_fresh[:15].max():.4f}")
print(f"variance of the wide component: {fits[6].covariances_.max():.2f}")
print(f"at reg_covar = 1: fitted {of_fitted[-1]:.2f}, fresh {of_fresh[-1]:.2f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert len(fits) == 19
assert np.isclose(gain, np.log(10) / 2, atol=1e-3)
assert np.ptp(of_fresh[:15]) < 0.002 < 0.1 < of_fresh[0] - of_fresh[-1]
assert round(fits[6].covariances_.max(), 2) == 1.27

# %% [markdown]
# On the fitted grains every factor of ten adds half of $\log 10$: the height of a spike is one over its *width*, and
# `reg_covar` is added to the square of the width.
#
# Fresh grains do not fall on this spike. Their likelihood comes from the wide component, whose variance is 1.27. Up
# to a hundredth, `reg_covar` is small compared with that. At 1 it blurs everything, and both curves fall. So
# `reg_covar` should be small compared with every variance that matters.
#
# Does it matter *how* small? Not here, because the spike is far from all other grains. Now fit ten components to
# thirty points of the elongated groups. That is too many for so few, and the narrow components are in the middle of
# the data.
#
# **Before you run the next cell:** what happens to the likelihood of the other 1220 points as `reg_covar` shrinks?

# %%
shuffled = np.random.default_rng(0).permutation(Y)
few_rows, other_rows = shuffled[:30], shuffled[30:]
print("reg_covar    fitted    fresh    fresh, tied")
for reg_covar in (1e-2, 1e-4, 1e-6):
    settings = {"n_components": 10, "reg_covar": reg_covar, "random_state": 0}
    own = GaussianMixture(**settings).fit(few_rows)
    tied = GaussianMixture(**settings, covariance_type="tied").fit(few_rows)
    print(
        f"{reg_covar:5g}      {own.score(few_rows):6.1f}   {own.score(other_rows):6.1f}"
        f"     {tied.score(other_rows):6.1f}"
    )

# %% [markdown]
# Now the likelihood of the fresh points falls, because they lie in the gaps between ten narrow components. This
# happens in all 20 draws of thirty points that we tried, and the tied fit loses much less in each. `reg_covar` does
# not fix a model that has too many components for its data. It only decides how badly the model fails.
#
# **How to recognise a spike:** the smallest variance *in any direction* is close to `reg_covar`, or a component owns
# hardly more points than the data have dimensions. Look for both before you trust a likelihood. With `reg_covar=0`,
# EM stops with an error:

# %%
try:
    GaussianMixture(2, reg_covar=0, random_state=0).fit(column)
except ValueError as error:
    print(error)

# %% [markdown]
# ## The fix: say beforehand what a covariance may look like
#
# If the components need covariances of their own, tied does not help. The trouble is that a single grain
# can determine a variance, although one grain says nothing about spread. So tell the model what you believe *before*
# it sees the data, and let that belief count as much as a few points.
#
# A belief about parameters is a [prior](../GLOSSARY.md#prior). For covariances the usual one is the [inverse-Wishart
# distribution](../GLOSSARY.md#inverse-wishart-distribution). It has a target $T$, the covariance that you would
# guess, and a strength $m$. Its logarithm is, up to a constant,
#
# $$ \log p(\Sigma) = -\frac{m}{2} \left[ \log |\Sigma| + \operatorname{tr}(T\, \Sigma^{-1}) \right] $$
#
# EM now maximises $\log p(X \mid \theta) + \sum_k \log p(\Sigma_k)$. The result is called the [maximum a
# posteriori](../GLOSSARY.md#maximum-a-posteriori) estimate, MAP for short. What does this do to the spike?


# %%
def log_prior(variance, target, m):
    """The inverse-Wishart prior of a variance, up to a constant."""
    return -m / 2 * (np.log(variance) + target / variance)


# %% tags=["hide-input"]
# Figure 5: the likelihood with and without a prior
widths = np.logspace(-4, 1.2, 200)
ax = plt.figure(figsize=(8, 3.8)).subplots()
for k, m in enumerate((0, 0.1, 1)):
    climbed = [spike(few, 8.0, s).sum() + log_prior(s**2, few.var(), m) for s in widths]
    ax.plot(widths, climbed, ("-", "--", "-.")[k], color=color(k))
    if m:
        ax.plot(widths[np.argmax(climbed)], max(climbed), MARKERS[k], color=color(k), markersize=9)
    end = np.argmax(np.array(climbed) > -103)  # the narrowest spike that is in the picture
    place, side = (("m = 0: no prior", "right"), ("m = 0.1", "left"), ("m = 1", "right"))[k]
    ax.annotate(
        place,
        (widths[end], climbed[end]),
        (-8 if side == "right" else 8, 8 if m == 0 else 0),
        textcoords="offset points",
        ha=side,
        color=INK,
    )
ax.set(
    xscale="log",
    ylim=(-110, -70),
    xlabel="width of the spike, narrower to the right",
    ylabel="log-likelihood + log prior",
)
ax.invert_xaxis()
show(
    ax,
    "Figure 5. Without a prior (m = 0) the curve rises to the right for ever. With one, however weak,"
    " it has a maximum (marker) and falls steeply to the right of it.",
    "Three curves over the width of the spike. One rises steadily to the right. The two others"
    " have a maximum, at a larger width for m = 1, and plunge to the right of it.",
)

# %% [markdown]
# In the M-step the prior only adds two terms. With the scatter
# $S_k = \sum_i r_{ik} (x_i - \mu_k)(x_i - \mu_k)^{\mathsf T}$, the bound plus the log prior has its maximum at
#
# $$ \Sigma_k = \frac{S_k + m\,T}{N_k + m} $$
#
# (The derivation is that of lesson 05, with $S_k + m\,T$ in place of $S_k$ and $N_k + m$ in place of $N_k$.)


# %%
def map_covariance(S, N, T, m):
    """Scatters (K, d, d) and counts (K,), with m imagined points of covariance T for each component."""
    return (S + m * T) / (N + m)[:, np.newaxis, np.newaxis]


# %% [markdown]
# Read it as **$m$ imagined points** around the mean, with covariance $T$. A component with a thousand points hardly
# notices them. A component with one point gets nearly all of its shape from them. The estimate is pulled from
# $S_k / N_k$ towards $T$, which is called [shrinkage](../GLOSSARY.md#shrinkage).
#
# <details><summary>Optional: is this a proper prior?</summary>
#
# Not always. An inverse-Wishart with $\nu$ degrees of freedom has the factor $|\Sigma|^{-(\nu + d + 1)/2}$, so here
# $m = \nu + d + 1$. It can be normalised only for $\nu > d - 1$, that is, for $m > 2d$. For $m \le 2d$, as with our
# $m = 1$, the prior is [improper](../GLOSSARY.md#improper-prior): there is no distribution to draw from, and "prior"
# is a name for a penalty. The maximum exists all the same, for every $m > 0$, because the penalty goes to $-\infty$
# faster than the spike rises.
#
# </details>
#
# In `GaussianMixture`, `covariance_prior="data"` uses the covariance of all rows as $T$, and `prior_strength` is $m$.
# This $T$ is wider than any one group, so it needs a small $m$. Fraley and Raftery (2007) divide it by $K^{2/d}$.

# %%
prior = {"covariance_prior": "data", "prior_strength": 1, "reg_covar": 0}
shrunk = GaussianMixture(2, **prior, random_state=0, tol=1e-10, max_iter=1000).fit(column)
R = shrunk.predict_proba(column)
S = (R * (column - shrunk.means_[:, 0]) ** 2).sum(axis=0).reshape(2, 1, 1)
assert np.allclose(shrunk.covariances_, map_covariance(S, R.sum(axis=0), few.var(), m=1), atol=1e-4)
assert np.all(np.diff(shrunk.lower_bounds_) > -1e-12)
print("means", shrunk.means_.ravel().round(2), " variances", shrunk.covariances_.ravel().round(2))

# %% [markdown]
# No `reg_covar` was needed, and the new objective, log-likelihood plus log prior, never falls.
#
# The prior has a second advantage. A fixed `reg_covar` is in squared units of the data, and does not change when the
# units do. A target computed from the data does.
#
# **Before you run the next cell:** it fits the same grains in micrometres and in kilometres, first with the default
# `reg_covar`, then with the prior. Which of the two stays the same fit?

# %%
for name, options in (("reg_covar", {}), ("prior", prior)):
    for unit, factor in (("micrometres", 1.0), ("kilometres", 1e-9)):
        model = GaussianMixture(2, random_state=0, **options).fit(factor * column)
        widths = np.sort(np.sqrt(model.covariances_.ravel())) / factor
        print(f"{name:9s} in {unit:11s}: widths {widths[0]:.3g} and {widths[1]:.3g} µm")

# %% [markdown]
# The fit with the prior stays the same. In kilometres the default `reg_covar` is enormous, and it alone determines
# the width of both components.
#
# ## How strong should the prior be?
#
# If $m$ is too large, all components look like $T$. So $m$ has to be chosen, on data that were not used for the fit.
# We fit six components, again too many, to sixty points of the elongated groups, choose $m$ on sixty more, and report
# the likelihood of the rest.

# %%
train, validation, test = shuffled[:60], shuffled[60:120], shuffled[120:]
strengths = np.array([0.03, 0.1, 0.3, 1, 3, 10, 30])


def fitted(m):
    prior = {"covariance_prior": "data", "prior_strength": m}
    return GaussianMixture(
        6, n_init=5, random_state=0, tol=1e-5, max_iter=500, **(prior if m else {})
    ).fit(train)


# %% [markdown]
# **Before you run the next cell:** as $m$ grows, what does the likelihood of the training points do? And that of
# the validation points?

# %%
models = [fitted(m) for m in strengths]
training = [model.score(train) for model in models]
judged = [model.score(validation) for model in models]
best = np.argmax(judged)

# %% tags=["hide-input"]
# Figure 6: training and validation points against m
ax = plt.figure(figsize=(8, 3.6)).subplots()
ax.plot(strengths, training, "--", color=color(0), marker=MARKERS[0], label="training")
ax.plot(strengths, judged, color=color(1), marker=MARKERS[1], label="validation")
ax.plot(strengths[best], judged[best], "o", markersize=14, fillstyle="none", color=INK)
ax.set(xscale="log", xlabel="strength m of the prior, in points", ylabel="mean log-likelihood")
ax.legend()
show(
    ax,
    "Figure 6. The likelihood of the training points falls as the prior gets stronger. That of the"
    " validation points is highest for a prior that is not too strong (ring).",
    "Two curves over m. That of the training points falls from left to right. That of the"
    " validation points rises, has its highest point in the middle, and falls again.",
)

# %%
bare = fitted(0)
for name, model in (("no prior", bare), (f"m = {strengths[best]:g}", models[best])):
    print(f"{name:9s} training {model.score(train):.2f}, test {model.score(test):.2f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert bare.score(train) > models[best].score(train)
assert bare.score(test) < models[best].score(test)

# %% tags=["hide-input"]
# Figure 7: without a prior, and with one
grid = np.stack(np.meshgrid(np.linspace(-5, 7.5, 250), np.linspace(-5, 6, 220)), axis=-1)
fig, axes = plt.subplots(1, 2, figsize=(11, 5.4), sharex=True, sharey=True)
for ax, model, name in zip(
    axes, (bare, models[best]), ("maximum likelihood", f"MAP, m = {strengths[best]:g}")
):
    surface = model.score_samples(grid.reshape(-1, 2)).reshape(grid.shape[:2])
    levels = [-6, -4.5, -3.2]
    ax.contour(
        grid[..., 0],
        grid[..., 1],
        surface,
        levels,
        colors=PALE_INK,
        linewidths=1,
        linestyles="solid",
    )
    ax.plot(*test.T, ".", color=PALE_INK, alpha=0.5, markersize=2)
    ax.plot(*train.T, "o", color=color(1), markersize=4)
    narrowest = np.argmin(np.linalg.eigvalsh(model.covariances_)[:, 0])
    plot_ellipses(model.means_[[narrowest]], model.covariances_[[narrowest]], n_std=(2,), ax=ax)
    ax.set(title=name, aspect="equal")
needle = bare.means_[np.argmin(np.linalg.eigvalsh(bare.covariances_)[:, 0])]
arrow = {"arrowstyle": "->", "color": INK, "linewidth": 1.5}
axes[0].annotate(
    "a needle through three points", needle, needle - [1.2, 2.4], arrowprops=arrow, color=INK
)
show(
    fig,
    "Figure 7. Contour lines of the density of six components, with the sixty points that were fitted"
    " (large) and the test points (small). The ellipse is the narrowest component.",
    "Two panels with sixty points and contour lines. On the left the lines form narrow islands, many"
    " test points are far outside, and the narrowest ellipse is a thin needle. On the right the lines"
    " are smooth and surround nearly all points, and the narrowest ellipse is broad.",
)

# %% [markdown]
# We repeated this with ten other splits of the points, with one start each. A prior of strength 1 beats no prior on
# the test points in all ten. The best strength itself varies from split to split: treat it as a range, not as a
# number.
#
# You will need this again in [lesson 11](11_pca_digits.ipynb) and [lesson 12](12_mnist.ipynb), where nearly every
# component is close to collapse.
#
# ## Common mistakes
#
# - **Means of several fits are averaged, and no average is the middle of a group.** The numbering of the components
#   is arbitrary. Align them first; compare labels by ARI.
# - **"It converged, so this is the maximum."** `converged_` says that one round changed little. Where components
#   overlap, many more small steps may remain.
# - **The best of fifty restarts is much better than all others.** Look at its smallest variance. It is probably a
#   spike, and "best" means "narrowest".
# - **Only the diagonal of a covariance is checked.** A tilted needle has large entries there. Look at the smallest
#   eigenvalue.
# - **Likelihoods of two fits with different `reg_covar` are compared.** The difference may be nothing but the
#   setting.

# %% [markdown]
# ## Quiz
#
# **1.** You lower `reg_covar` from $10^{-3}$ to $10^{-9}$, and the likelihood of the fit rises sharply. What is the
# most probable reason?
#
# - **A.** The old `reg_covar` kept EM from finding the better groups.
# - **B.** EM needed more rounds before.
# - **C.** A component sits on one point, or on points in a line, and its spike has become narrower.
#
# <details><summary>Answer</summary>
#
# **C.** Look at the smallest variance: if it equals the new `reg_covar`, the gain is in the spike. A would show in
# held-out points too, and is possible only if real groups have variances near $10^{-3}$, for example because the unit
# of the data is large. B has nothing to do with `reg_covar`.
#
# </details>

# %% [markdown]
# **2.** Two fits of the same data agree in their likelihood to ten digits, but only 3 % of the labels are equal. What
# do you do?
#
# - **A.** Run more restarts, because one of them must be wrong.
# - **B.** Compute the ARI of the labels.
# - **C.** Take the average of the means.
#
# <details><summary>Answer</summary>
#
# **B.** The likelihoods suggest the same fit, numbered differently, and then the ARI is 1. A is wrong: both runs may
# be right. C mixes different groups unless you align the components first.
#
# </details>

# %% [markdown]
# **3.** A fit with `tol=1e-3` has converged after a few rounds. The means of its two components are only two standard
# deviations apart. What do you expect if you fit again with `tol=1e-9`?
#
# - **A.** The same parameters to a few digits, since it has converged.
# - **B.** Many more rounds, and parameters that usually move visibly.
# - **C.** A spike.
#
# <details><summary>Answer</summary>
#
# **B.** At this distance the components overlap so much that each round goes a small part of the way, and a small
# change says little about what is left. A is right for components that are far apart. C can happen to any fit with
# covariances of its own, but a smaller tolerance is not its cause.
#
# </details>

# %% [markdown]
# ## In five lines
#
# 1. Every fit has K! copies, numbered differently. Align components before you compare them; compare labels by ARI.
# 2. EM converges linearly, and slowly where components overlap. A small change per round does not prove that the
#    maximum is near.
# 3. If components have covariances of their own, the likelihood has no maximum: a component on one point makes it
#    infinite. Tied is immune.
# 4. `reg_covar` limits the height of a spike. It does not make the model better.
# 5. A prior on the covariances, $m$ imagined points of shape $T$, removes the spikes. Choose $m$ on validation data.
#
# ## Where next
#
# In the [exercises](../exercises/06_when_em_fails_exercises.ipynb) you average fits, find spikes, fix a program that
# chooses the wrong restart, predict where EM will end, and choose a prior. Then comes [lesson
# 07](07_covariance_types.ipynb), where a shared covariance is one of four ways to constrain the covariances.
#
# ## References
#
# - H. W. Kuhn (1955). The Hungarian method for the assignment problem. *Naval Research Logistics Quarterly* 2(1–2),
#   83–97.
# - N. E. Day (1969). Estimating the components of a mixture of normal distributions. *Biometrika* 56(3), 463–474.
#   (The infinite likelihood, and a shared covariance.)
# - A. P. Dempster, N. M. Laird, D. B. Rubin (1977). Maximum likelihood from incomplete data via the EM algorithm.
#   *Journal of the Royal Statistical Society B* 39(1), 1–38. (The rate of convergence.)
# - L. Hubert, P. Arabie (1985). Comparing partitions. *Journal of Classification* 2(1), 193–218.
# - C. Fraley, A. E. Raftery (2007). Bayesian regularization for normal mixture estimation and model-based
#   clustering. *Journal of Classification* 24(2), 155–181.
