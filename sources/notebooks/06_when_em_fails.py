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
from mlcourse.widgets import em_player

use_course_style()

# %% [markdown]
# Run the next cell and press Play in it. Lesson 05 proved that the curve cannot fall. Watch its last few rounds.

# %% tags=["hide-input"]
# To begin with: a climb without a top
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
em_player(column, steps)

# %%
Y, truth = elongated_blobs()
FULL = CovarianceType.named("full")

# %% [markdown]
# Three components that share everything are one Gaussian, and stay one. A disturbance of a billionth is enough
# to get away, after a long rest. Now you know what the plateaus in Figure 5 of lesson 04 were: passes
# like this one, left slowly because the runs began so near to them.
#
# So a saddle does not hold you for long in practice: a random start is not exactly symmetric. But it can hold
# you for longer than your tolerance has patience. If several components of a fit are the same, suspect it.
#
# ## The same hill, K! times
#
# Figure 5 of lesson 05 has two hills because nothing says which side is number 0. Exchange the numbers and you have
# the other hill, at exactly the same height. This is a lack of
# [identifiability](../GLOSSARY.md#identifiability): different parameters, the same density, and no data can
# tell them apart.
#
# **Before you run the next cell:** three components in the plane. How many hills of the same height? And
# with ten components?


# %%
def patient(seed):
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
# Six, which is $3! = 3 \cdot 2 \cdot 1$. With ten components there are $10! = 3\,628\,800$. So two good fits of
# the same data are usually the same up to a renumbering, and a comparison number by number is nonsense:

# %%
second = patient(1)
print("means of one fit\n", first.means_.round(2), "\nand of another\n", second.means_.round(2))
print("greatest difference, number by number:", np.abs(first.means_ - second.means_).max().round(3))

# %% [markdown]
# Which component of one fit belongs to which of the other? Every pairing has a cost, the sum of squared distances
# between partners, and the [Hungarian algorithm](../GLOSSARY.md#hungarian-algorithm) finds the cheapest pairing
# without trying them all. `align_components` returns it as an order.

# %%
order = align_components(first, second)
gap = np.abs(first.means_ - second.means_[order]).max()
print("order", order, f" greatest difference after aligning: {gap:.0e}")
assert gap < 1e-3
naive, aligned = ((first.means_ + second.means_[o]) / 2 for o in ([0, 1, 2], order))

# %% tags=["hide-input"]
# Figure 6: two equal fits, averaged
ax = plot_points(Y, sizes=8)
style = {"linestyle": "", "markersize": 12, "markeredgecolor": PAPER}
ax.plot(*aligned.T, marker="o", color=color(0), label="average after aligning", **style)
ax.plot(*naive.T, marker="X", color=color(5), label="average, number by number", **style)
ax.legend(loc="upper left")
show(
    ax,
    "Figure 6. Two equal fits, averaged. Number by number, the averages fall between the groups.",
    "Three groups of points. Three discs sit in the middle of the groups. Three crosses lie"
    " elsewhere, between the groups.",
)

# %% [markdown]
# Labels suffer in the same way. To compare *labels*, do not match at all: use a measure that ignores names,
# such as the [adjusted Rand index](../GLOSSARY.md#adjusted-rand-index) (ARI).

# %%
a, b = first.predict(Y), second.predict(Y)
print(f"same number: {np.mean(a == b):.1%} of the points; ARI {adjusted_rand_score(a, b):.3f}")
assert adjusted_rand_score(a, b) > 0.999

# %% [markdown]
# Starting wide and narrowing slowly is an algorithm in itself, deterministic annealing (Rose 1998). It tries to
# keep k-means out of poor local optima.
#
# ## The trap
#
# So far a higher likelihood was good news. Here are fifty-one grains: fifty from one machine, and one at 8 that
# has rolled away. We fit two components. One covers the fifty. The other sits on the lone grain, and we
# choose its standard deviation $s$.
#
# **Before you run the next cell:** we let $s$ go to zero. Where does the likelihood of all fifty-one go? Think
# of the height of a narrow bell.

# %%
few = np.append(np.random.RandomState(0).randn(50), 8.0)
column = few[:, np.newaxis]  # one feature, as the estimators want it
fresh = np.random.default_rng(1).standard_normal((1000, 1))


def spike(data, place, s):
    """Log density of data under one wide bell for the crowd and a spike of width s."""
    crowd = few[:50]
    wide = np.log(50 / 51) + norm.logpdf(data, crowd.mean(), crowd.std())
    return np.logaddexp(wide, np.log(1 / 51) + norm.logpdf(data, place, s))


for s in (1, 1e-1, 1e-2, 1e-10, 1e-100):
    print(f"s = {s:<6g}  total log-likelihood {spike(few, 8.0, s).sum():7.2f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert np.isclose(spike(few, 8.0, 1e-11).sum() - spike(few, 8.0, 1e-10).sum(), np.log(10))

# %% [markdown]
# To infinity. A bell of area 1 that is ten times narrower is ten times higher. So each factor of ten adds
# $\log 10 = 2.30$, for ever, while the rest of the data lose nothing: the wide component looks after them.
#
# **The likelihood of a mixture has no maximum.** Each grain has such a spike over it, the lone one as well as those
# in the crowd. These are called [singularities](../GLOSSARY.md#singularity). What we want from EM, then, is not
# the highest point. It is a good hill of finite height, and restarts that keep "the best" keep a spike if they find
# one.

# %% tags=["hide-input"]
# Figure 7: spikes on a grain
widths = np.logspace(-8, 0, 60)
fig, axes = plt.subplots(1, 2, figsize=(11, 3.8), sharey=True)
for ax, data, title in zip(axes, (few, fresh[:, 0]), ("the 51 grains", "1000 fresh grains")):
    for k, place in enumerate((8.0, few[10])):
        heights = [spike(data, place, s).mean() for s in widths]
        name = ("on the lone grain", "on a grain in the crowd")[k]
        ax.plot(widths, heights, ("-", "--")[k], color=color(k), label=name)
    ax.set(xscale="log", xlabel="width s of the spike", ylabel="mean log-likelihood", title=title)
axes[0].legend(loc="upper right")
show(
    fig,
    "Figure 7. A spike on a grain. The narrower, the higher the likelihood of the grains that"
    " were fitted, without end. Fresh grains from the same machine gain next to nothing.",
    "Two panels over the width of the spike on a logarithmic axis. On the left the solid line"
    " rises steadily as the width shrinks to 10 to the minus 8; the dashed one lies lower and"
    " rises as steeply once the width is below a hundredth. On the right both lines are nearly"
    " flat.",
)

# %% [markdown]
# Does EM walk into such a spike by itself? Here it starts with two round components of ordinary size, the second
# to the right of the crowd, and without `reg_covar`. **Before you press Play:** the curve beside or below
# the picture climbs slowly at first. What will it look like at the end?

# %%
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
print("standard deviations before:", np.sqrt(steps[-1].mixture.covariances))
em_player(column, steps)

# %% [markdown]
# The second component gives up one grain of the crowd after the other. Each one fewer makes it narrower, and being
# narrower makes it lose the next one. In the last rounds there is one grain left, and nothing holds the width.
#
# ### What `reg_covar` does about it, and what it does not
#
# `reg_covar` is added to every variance, so the spike cannot become infinitely high. But it stops *there*,
# wherever you put the limit.
#
# **Before you run the next cell:** `reg_covar` goes from a hundredth down to a billionth. What happens to the
# total log-likelihood of the fit, and to what it says about fresh grains?

# %%
totals = []
for reg_covar in (1e-2, 1e-4, 1e-6, 1e-9):
    model = GaussianMixture(2, reg_covar=reg_covar, random_state=0).fit(column)
    totals.append(model.score_samples(column).sum())
    print(
        f"reg_covar={reg_covar:5g}: total {totals[-1]:6.1f}, a fresh grain {model.score(fresh):.4f},"
        f" smaller variance {model.covariances_.min():.1e}"
    )

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert [round(total, 1) for total in totals] == [-80.4, -78.1, -75.8, -72.3]

# %% [markdown]
# The likelihood rises by eight, and the model has learned nothing: it says nearly the same about fresh grains,
# and a variance of the fit *is* `reg_covar`. What you read off here is a setting, not the data. **A bigger
# likelihood is not a better model.**
#
# Here are nineteen values of `reg_covar`, from a billionth to one. On the left is the density, on the right what it
# says of the grains, on average. **Before you move the slider:** one of the two curves rises to the left for ever.
# Where does the other one stop rising, and why? And can `reg_covar` be too large?

# %%
from mlcourse.widgets import draw_reg_covar, reg_covar_explorer, reg_covar_fits

reg_covar_explorer(column, fresh)

# %% [markdown]
# One position of the slider as a still picture, should it not appear: the default, a millionth.

# %%
fits = reg_covar_fits(column)
show(*draw_reg_covar(column, fresh, fits, 6))

# %%
of_fitted, of_fresh = (np.array([fit.score(data) for fit in fits]) for data in (column, fresh))
gain = len(column) * (of_fitted[0] - of_fitted[2])  # there are two fits to a factor of ten
print(
    f"fitted grains: a factor of ten adds {gain:.3f} in all; half of log 10 is {np.log(10) / 2:.3f}"
)
for name, values in (("up to 0.001", of_fresh[:13]), ("up to 0.01 ", of_fresh[:15])):
    print(f"fresh grains, reg_covar {name}: from {values.min():.4f} to {values.max():.4f}")
print(f"variance of the crowd's component: {fits[6].covariances_.max():.2f}")
print(f"at reg_covar = 1: fitted {of_fitted[-1]:.2f}, fresh {of_fresh[-1]:.2f}")
assert len(fits) == 19
assert np.isclose(gain, np.log(10) / 2, atol=1e-3)
assert np.ptp(of_fresh[:15]) < 0.002 < 0.1 < of_fresh[0] - of_fresh[-1]

# %% [markdown]
# On the fitted grains every factor of ten adds half of $\log 10$. It is one half because the height of a spike is one
# over its *width*, and `reg_covar` is added to the square of the width. Fresh grains do not meet the spike. What they
# ask for is a wide component that is right, and up to a hundredth it is: there `reg_covar` is small beside the
# crowd's variance, 1.27. At 1 it is nearly as large, blurs the crowd, and both curves fall. So `reg_covar` should be
# small beside every variance that means something. *How* small makes no difference to fresh grains, only to the
# number that you report.
#
# That is also how you recognise a spike: a variance that equals `reg_covar`, or a component that owns about one
# point. Look for both before you believe a likelihood. With `reg_covar=0` you are told at once:

# %%
try:
    GaussianMixture(2, reg_covar=0, random_state=0).fit(column)
except ValueError as error:
    print(error)

# %% [markdown]
# ## The fix: say beforehand what a covariance may look like
#
# The trouble is that one grain alone decides about a variance, and one grain knows nothing about spread. So let us
# tell the model what we believe *before* it sees the data, and let a few points' worth of that belief take part.
#
# A belief about parameters is a [prior](../GLOSSARY.md#prior). For covariances the customary one is the
# [inverse-Wishart distribution](../GLOSSARY.md#inverse-wishart-distribution). With a target $T$, the covariance we
# would guess, and a strength $m$, its logarithm is, up to a constant,
#
# $$ \log p(\Sigma) = -\frac{m}{2} \left[ \log |\Sigma| + \operatorname{tr}(T\, \Sigma^{-1}) \right] $$
#
# We now climb $\log p(X \mid \theta) + \log p(\Sigma)$. Its top is called the [maximum a
# posteriori](../GLOSSARY.md#maximum-a-posteriori) estimate, MAP for short. What does that do to the spike?


# %%
def log_prior(variance, target, m):
    """The inverse-Wishart prior of a variance, up to a constant."""
    return -m / 2 * (np.log(variance) + target / variance)


# %% tags=["hide-input"]
# Figure 8: the likelihood with and without a prior
widths = np.logspace(-4, 1.2, 200)
ax = plt.figure(figsize=(8, 3.8)).subplots()
for k, m in enumerate((0, 0.1, 1)):
    climbed = [spike(few, 8.0, s).sum() + log_prior(s**2, few.var(), m) for s in widths]
    ax.plot(widths, climbed, ("-", "--", "-.")[k], color=color(k), label=f"m = {m}")
    if m:
        ax.plot(widths[np.argmax(climbed)], max(climbed), MARKERS[k], color=color(k), markersize=9)
ax.set(
    xscale="log",
    ylim=(-110, -70),
    xlabel="width s of the spike",
    ylabel="log-likelihood + log prior",
)
ax.legend()
show(
    ax,
    "Figure 8. The wall. Without a prior (m = 0) the curve rises to the left for ever. With"
    " one, however weak, it has a top (marker) and falls off a cliff on the left.",
    "Three curves over the width of the spike. One rises steadily to the left. The two others"
    " have a top, further right for m = 1, and plunge to the left of it.",
)

# %% [markdown]
# In the M-step the prior costs two more plus signs. The scatter of component $k$ is
# $S_k = \sum_i r_{ik} (x_i - \mu_k)(x_i - \mu_k)^{\mathsf T}$, and the slope of floor plus prior is zero at
#
# $$ \Sigma_k = \frac{S_k + m\,T}{N_k + m} $$


# %%
def map_covariance(S, N, T, m):
    """Scatters (K, d, d) and counts (K,), with m imagined points of covariance T for each component."""
    return (S + m * T) / (N + m)[:, np.newaxis, np.newaxis]


# %% [markdown]
# Read it as **$m$ imagined points** that lie about the mean with covariance $T$. A component with a thousand points
# hardly notices them. A component with one point gets nearly all of its shape from them. The estimate is pulled
# from $S_k / N_k$ towards $T$, and this is called [shrinkage](../GLOSSARY.md#shrinkage).
#
# `GaussianMixture` knows it: `covariance_prior="data"` takes the covariance of all rows for $T$, and
# `prior_strength` is $m$.

# %%
prior = {"covariance_prior": "data", "prior_strength": 1, "reg_covar": 0}
shrunk = GaussianMixture(2, **prior, random_state=0, tol=1e-10, max_iter=1000).fit(column)
R = shrunk.predict_proba(column)
S = (R * (column - shrunk.means_[:, 0]) ** 2).sum(axis=0).reshape(2, 1, 1)
assert np.allclose(shrunk.covariances_, map_covariance(S, R.sum(axis=0), few.var(), m=1), atol=1e-4)
assert np.all(np.diff(shrunk.lower_bounds_) > -1e-12)
print("means", shrunk.means_.ravel().round(2), " variances", shrunk.covariances_.ravel().round(2))

# %% [markdown]
# No `reg_covar` was needed, and what EM climbs now, log-likelihood plus log prior, never falls: the theorem holds
# again. The second price of `reg_covar` is gone as well. It was in squared units of the data, as you saw in lesson
# 04. A target that comes from the data changes with the units.
#
# **Before you run the next cell:** the same grains in micrometres and in kilometres, first with the default
# `reg_covar`, then with the prior. Which of the two fits stays the same fit?

# %%
for name, options in (("reg_covar", {}), ("prior", prior)):
    for unit, factor in (("micrometres", 1.0), ("kilometres", 1e-9)):
        model = GaussianMixture(2, random_state=0, **options).fit(factor * column)
        widths = np.sort(np.sqrt(model.covariances_.ravel())) / factor
        print(f"{name:9s} in {unit:11s}: widths {widths[0]:.3g} and {widths[1]:.3g} µm")

# %% [markdown]
# ## How strong should the prior be?
#
# A prior has a price of its own: with $m$ too large, all components look like $T$. So $m$ is a choice, and choices
# are made on data that were not fitted. Sixty points of the elongated groups to fit, six components, too many for
# so few. Sixty more to choose $m$. The rest, to report.

# %%
shuffled = np.random.default_rng(0).permutation(Y)
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
# Figure 9: training and validation points against m
ax = plt.figure(figsize=(8, 3.6)).subplots()
ax.plot(strengths, training, "--", color=color(0), marker=MARKERS[0], label="training")
ax.plot(strengths, judged, color=color(1), marker=MARKERS[1], label="validation")
ax.plot(strengths[best], judged[best], "o", markersize=14, fillstyle="none", color=INK)
ax.set(xscale="log", xlabel="strength m of the prior, in points", ylabel="mean log-likelihood")
ax.legend()
show(
    ax,
    "Figure 9. The training points want no prior. The validation points want one, and not too"
    " strong: the ring marks their choice.",
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
# Figure 10: without a prior, and with one
fig, axes = plt.subplots(1, 2, figsize=(11, 4.6), sharex=True, sharey=True)
for ax, model, name in zip(
    axes, (bare, models[best]), ("maximum likelihood", f"MAP, m = {strengths[best]:g}")
):
    ax.plot(*test.T, ".", color=PALE_INK, alpha=0.4, markersize=3)
    plot_points(train, model.predict(train), ax=ax)
    plot_ellipses(model.means_, model.covariances_, n_std=(1, 2), ax=ax)
    ax.set_title(name)
show(
    fig,
    "Figure 10. Six components on sixty points; test points in grey. On the left one component"
    " is a needle through a few points. On the right those with few points of their own are as"
    " broad as the prior says, and the grey points are covered.",
    "Two panels with sixty points and ellipses of six components. On the left one of the"
    " ellipses is a thin needle that leads through empty space. On the right all are broad, and"
    " some overlap.",
)

# %% [markdown]
# ## Common mistakes
#
# - **Means of several fits are averaged, and the averages lie between the groups.** The numbers of components are
#   arbitrary. Align them first; compare labels by ARI.
# - **The best of fifty restarts is much better than all others.** Look at its smallest variance. It is probably a
#   spike, and "best" means "narrowest".
# - **Likelihoods of two fits with different `reg_covar` are compared.** The difference may be nothing but the
#   setting.

# %% [markdown]
# ## Quiz
#
# **1.** You lower `reg_covar` from $10^{-3}$ to $10^{-9}$, and the likelihood of the fit rises sharply. What is the
# most probable reason?
#
# - **A.** The old `reg_covar` kept EM from finding the better groups.
# - **B.** EM needed more iterations before.
# - **C.** A component sits on one point, or on points that lie on a line, and its spike has become narrower.
#
# <details><summary>Answer</summary>
#
# **C.** Look at the smallest variance: if it equals the new `reg_covar`, the gain is in the spike. A would show in
# held-out points too, and is possible only when real groups have variances near $10^{-3}$, which a small unit of
# the data can cause. B has nothing to do with `reg_covar`, and more iterations gain little as a rule.
#
# </details>

# %% [markdown]
# ## In five lines
#
# 1. Every fit has K! copies with other numbers. Align components before you compare them, and compare labels by ARI.
# 2. Where components have covariances of their own, the likelihood has no maximum: a component on one point makes it
#    infinite. A tied covariance is immune.
# 3. `reg_covar` only cuts the spike off.
# 4. A prior on the covariances, $m$ imagined points of shape $T$, removes the spikes.
# 5. Choose $m$ on validation data.
#
# ## Where next
#
# The [exercises](../exercises/06_when_em_fails_exercises.ipynb): average fits and choose a prior. Then [lesson
# 07](07_covariance_types.ipynb), where a shared width is one of four ways to constrain a scatter.
#
# ## References
#
# - H. W. Kuhn (1955). The Hungarian method for the assignment problem. *Naval Research Logistics Quarterly* 2(1–2),
#   83–97.
# - N. E. Day (1969). Estimating the components of a mixture of normal distributions. *Biometrika* 56(3), 463–474.
#   (The infinite likelihood.)
# - L. Hubert, P. Arabie (1985). Comparing partitions. *Journal of Classification* 2(1), 193–218.
# - C. Fraley, A. E. Raftery (2007). Bayesian regularization for normal mixture estimation and model-based
#   clustering. *Journal of Classification* 24(2), 155–181.
