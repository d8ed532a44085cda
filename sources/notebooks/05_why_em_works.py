# %% tags=["hide-input"]
# Imports and figure style
from itertools import islice, permutations
from math import factorial

import matplotlib.pyplot as plt
import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import logsumexp, rel_entr, softmax, xlogy
from scipy.stats import norm
from sklearn.metrics import adjusted_rand_score

from mlcourse import GaussianMixture, KMeans
from mlcourse.datasets import elongated_blobs, three_gaussians_1d
from mlcourse.gaussians import CovarianceType
from mlcourse.metrics import align_components, inertia
from mlcourse.mixture import Mixture, e_step, em, expectation_over, mixture_from_responsibilities
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
from mlcourse.widgets import bound_climber, em_player, hardening_player

use_course_style()

# %% [markdown]
# Run the next cell, then press Play in it, or drag $\mu$ along the curve. The solid curve is a likelihood, and EM
# climbs it. It never goes down, wherever you start. This lesson shows why, and what the dashed curve has to do with
# it.

# %% tags=["hide-input"]
# To begin with: EM climbs
rng = np.random.default_rng(1)
bound_climber(rng.choice([-1.3, 1.3], size=60) + rng.standard_normal(60), mu=0.2)

# %% [markdown]
# ## A climber in the fog
#
# This time there is one machine. For every grain of sand it tosses a fair coin: heads, and it throws to the
# right, around $+\mu$; tails, and it throws to the left, around $-\mu$. The spread is 1 on both sides.
# Eighty grains lie there, nobody saw the coin, and one number is unknown: $\mu$.
#
# One unknown number is little enough to try them all. Here is the
# [log-likelihood](../GLOSSARY.md#log-likelihood) of every $\mu$ between −0.6 and 2.6.

# %%
rng = np.random.default_rng(0)
x = rng.choice([-1.5, 1.5], size=80) + rng.standard_normal(80)


def log_joint(x, mu):
    """log p(x_i, tails or heads | mu): a table (n, 2)."""
    return np.log(0.5) + norm.logpdf(x[:, np.newaxis], [-mu, mu])


def likelihood(mu):
    """Mean log-likelihood of a grain."""
    return logsumexp(log_joint(x, mu), axis=1).mean()


# %%
places = np.linspace(-0.6, 2.6, 300)
hill = [likelihood(mu) for mu in places]

# %% tags=["hide-input"]
# Figure 1: the likelihood of every μ
ax = plt.figure(figsize=(8, 3.4)).subplots()
ax.plot(places, hill, color=INK)
ax.plot(0.3, likelihood(0.3), "o", color=color(1), markersize=9)
ax.set(xlabel="μ", ylabel="mean log-likelihood")
show(
    ax,
    "Figure 1. The likelihood of every μ, and a climber at 0.3 who cannot see it.",
    "A curve with a shallow valley at μ = 0 and a hill to the right of it, whose top is near 1.4."
    " A dot sits low on the left flank of the hill.",
)

# %% [markdown]
# EM stands at 0.3 in thick fog. It computes no slope, and it has no stride that anyone could set too long.
#
# **Before you run the next cell:** EM takes six rounds. Where will it be after each? Could it step over the
# top and come down on the far side?

# %%
mu = 0.3
for round_ in range(7):
    print(f"after {round_} rounds: mu = {mu:.3f}, likelihood {likelihood(mu):.4f}")
    R = softmax(log_joint(x, mu), axis=1)  # E: who threw which, if mu were right
    mu = (R @ [-1, 1] * x).mean()  # M: grains of the left side count with their sign turned

# %% [markdown]
# Long steps on the flank, short ones near the top, and never one too far. [Lesson 04](04_em.ipynb) told you
# that the likelihood cannot fall, and that Dempster, Laird and Rubin have proved it. Today you see why. It
# takes one idea, and the idea fits into one picture. You will draw it in a quarter of an hour.
#
# ## A floor under the likelihood
#
# What makes $\log p(x_i)$ awkward is the sum inside the logarithm. So let somebody hand us a guess $q_{ik}$
# of how grain $i$ is shared between the sides $k$. It need not be a good guess. Its rows are not negative
# and sum to 1, and that is all. Multiply and divide by it:
#
# $$ \begin{aligned}
# \log p(x_i) &= \log \sum_k q_{ik}\, \frac{p(x_i, k)}{q_{ik}} \\
# &\ge \sum_k q_{ik} \log \frac{p(x_i, k)}{q_{ik}}
# \end{aligned} $$
#
# The first line is the logarithm of a mean, the second is the mean of logarithms. The logarithm bends downwards,
# so the first is never smaller than the second: this is
# [Jensen's inequality](../GLOSSARY.md#jensens-inequality). The second line is called the
# [evidence lower bound](../GLOSSARY.md#evidence-lower-bound), ELBO for short: a floor under the likelihood.
#
# $$ \begin{aligned}
# \mathrm{ELBO}_i(q, \mu) =
# &\underbrace{\sum_k q_{ik} \log p(x_i, k \mid \mu)}_{\text{how well the guess and } \mu \text{ fit}} \\
# &\underbrace{-\sum_k q_{ik} \log q_{ik}}_{\text{entropy of the guess}}
# \end{aligned} $$
#
# The second part, the [entropy](../GLOSSARY.md#entropy), is large when the guess is undecided and 0 when it is
# certain. In code, the same, in the same order. (`xlogy(q, q)` is $q \log q$, and 0 where $q$ is 0.)


# %%
def elbo(A, Q):
    """The bound for every point, from log joint densities A (n, K) and a guess Q (n, K): (n,)."""
    return (Q * A).sum(axis=1) - xlogy(Q, Q).sum(axis=1)


# %% [markdown]
# How far below the likelihood does the floor lie? Subtract the two, and write $p(x_i, k) = p(x_i)\, r_{ik}$,
# where $r_{ik}$ is the [responsibility](../GLOSSARY.md#responsibility). Only one sum is left:
#
# $$ \begin{aligned}
# \log p(x_i) - \mathrm{ELBO}_i &= \sum_k q_{ik} \log \frac{q_{ik}}{r_{ik}} \\
# &= \mathrm{KL}(q_i \,\|\, r_i)
# \end{aligned} $$
#
# This is the [Kullback–Leibler divergence](../GLOSSARY.md#kullback-leibler-divergence) of the guess from the
# responsibilities. It is 0 when both are the same, and positive otherwise.


# %%
def kl(Q, R):
    """Σ_k q_ik log(q_ik / r_ik) for every point: (n,)."""
    return rel_entr(Q, R).sum(axis=1)


# %% [markdown]
# Four people guess who threw the eighty grains, while $\mu$ stays at 0.3. The first says "all heads". The
# second shrugs: one half, one half. The third gives every grain wholly to the nearer side. The fourth takes
# the responsibilities.
#
# **Before you run the next cell:** who has the highest floor? Is the third, who decides every grain as well
# as it can be decided, better than the second, who decides nothing?

# %%
A = log_joint(x, 0.3)
R = softmax(A, axis=1)
guesses = {
    "all heads": np.tile([0.0, 1.0], (80, 1)),
    "one half each": np.full((80, 2), 0.5),
    "the nearer side": np.eye(2)[(x > 0).astype(int)],
    "responsibilities": R,
}
print("                    ELBO  +     KL  = log p")
for name, Q in guesses.items():
    floor, gap = elbo(A, Q), kl(Q, R)
    print(f"{name:17s} {floor.mean():7.4f}  + {gap.mean():.4f}  = {(floor + gap).mean():.4f}")

# %% tags=["hide-input"]
# Check: the sum holds for every single grain
for Q in guesses.values():
    assert np.allclose(elbo(A, Q) + kl(Q, R), logsumexp(A, axis=1))

# %% [markdown]
# The last column never changes: **log p = ELBO + KL**, whatever the guess. The responsibilities leave no gap
# at all. And the shrug beats the hard decisions: at $\mu = 0.3$ the two sides overlap so much that certainty
# is a lie, and a lie costs. Keep that in mind for k-means.
#
# ## Two half steps, one staircase
#
# The bound has two arguments, a guess $q$ and a parameter $\mu$. EM improves it in one at a time. Each is a half
# step, and two of them make a round.
#
# - **[E-step](../GLOSSARY.md#e-step):** $\mu$ stays, choose the best $q$. That is $q = r$, because then KL = 0. The
#   gap closes. The likelihood does not move, for $\mu$ has not moved.
# - **[M-step](../GLOSSARY.md#m-step):** $q$ stays, choose the best $\mu$. The floor rises. The likelihood stood
#   on the floor when the step began and is never below it, so it has to rise too.
#
# **Before you run the next cell:** in an M-step, which of the two rises more, the floor or the likelihood?

# %%
mu, Q = 0.3, np.full((80, 2), 0.5)
floors, tops = [], []
for half_step in range(9):
    floors.append(elbo(log_joint(x, mu), Q).mean())
    tops.append(likelihood(mu))
    if half_step % 2 == 0:
        Q = softmax(log_joint(x, mu), axis=1)
    else:
        mu = (Q @ [-1, 1] * x).mean()

# %% tags=["hide-input"]
# Figure 2: ELBO and likelihood, half step by half step
names = ["start", *("E", "M") * 4]
ax = plt.figure(figsize=(8, 3.6)).subplots()
ax.fill_between(range(9), floors, tops, color=color(4), alpha=0.35, label="the gap, KL")
ax.plot(tops, color=INK, marker="o", markersize=4, label="log-likelihood")
ax.plot(floors, color=color(0), marker="s", markersize=5, linestyle="--", label="ELBO")
ax.set(xticks=range(9), xlabel="half steps", ylabel="mean over the grains")
ax.set_xticklabels(names)
ax.legend(loc="lower right")
show(
    ax,
    "Figure 2. E closes the gap, M lifts the floor, and a new gap opens. After an M-step the"
    " guess is out of date, so the likelihood has risen by more than the floor.",
    "Two curves over nine half steps. The dashed ELBO starts below the likelihood, meets it at"
    " every E, and lies a little below it at every M. The likelihood is flat from M to E and"
    " rises from E to M.",
)

# %%
floors, tops = np.array(floors), np.array(tops)
rises = np.diff(tops)[1::2], np.diff(floors)[1::2]
for name, rise in zip(("likelihood", "floor"), rises):
    print(f"M-steps: the {name:10s} rises by", rise.round(5))

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert np.allclose(floors[1::2], tops[1::2])  # after each E-step the two touch
assert np.all(np.diff(floors) > -1e-12)
assert np.all(rises[0] >= rises[1])

# %% [markdown]
# The likelihood. The new $\mu$ suits the old guess, but the old guess no longer suits the new $\mu$: KL is
# positive again. What the floor gains, the likelihood gains, and the new gap comes on top.
#
# The whole proof is one line. With $r$ the responsibilities under the old parameters:
#
# $$ \begin{aligned}
# \ell(\mu_{\text{new}}) &\ge \mathrm{ELBO}(r, \mu_{\text{new}}) \\
# &\ge \mathrm{ELBO}(r, \mu_{\text{old}}) \\
# &= \ell(\mu_{\text{old}})
# \end{aligned} $$
#
# The first step holds because a floor is a floor, the second because the M-step maximises, the third because the
# E-step left no gap. Nowhere did we use that the components are Gaussians.
#
# ## The picture to remember
#
# Fix the guess at the responsibilities of one $\mu$, and draw the floor for *every* $\mu$. For our machine it is
# a parabola.


# %%
def draw_climb(mu, n_rounds, ax):
    """The likelihood, and for each round the floor that touches it and is climbed to its top."""
    ax.plot(places, hill, color=INK, linewidth=2, label="log-likelihood")
    for k in range(n_rounds):
        Q = softmax(log_joint(x, mu), axis=1)
        floor = [elbo(log_joint(x, place), Q).mean() for place in places]
        ax.plot(places, floor, "--", color=color(k), label=f"floor of round {k + 1}")
        ax.plot(mu, likelihood(mu), MARKERS[k], color=color(k), markersize=9)
        mu = (Q @ [-1, 1] * x).mean()
        top = elbo(log_joint(x, mu), Q).mean()
        ax.vlines(mu, top, likelihood(mu), color=color(k), linestyle=":", linewidth=2)
    ax.set(xlabel="μ", ylabel="mean log-likelihood", ylim=(min(hill) - 0.12, max(hill) + 0.04))
    ax.legend(loc="lower left", bbox_to_anchor=(1, 0))
    return ax


# %% tags=["hide-input"]
# Figure 3: why EM works
show(
    draw_climb(0.3, 3, plt.figure(figsize=(9, 4.2)).subplots()),
    "Figure 3. Why EM works. Each floor lies under the likelihood and touches it where EM"
    " stands (marker). EM goes to the top of the floor, and from there straight up (dotted) to"
    " the likelihood, where the next floor touches.",
    "The likelihood curve with three dashed parabolas under it. Each touches the curve at a"
    " marker and has its top further right; a dotted line goes from that top up to the curve, to"
    " the next marker. The markers climb the hill.",
)

# %% [markdown]
# Take a minute for it. Where a floor touches the likelihood, both have the same slope: a curve that stays
# below another and meets it cannot cross it. So the floor's top lies *uphill*. And the floor never reaches
# above the likelihood, so its top cannot be a trap: going there, EM cannot end lower than it began. That is
# why it needs no stride. Each floor brings its own.
#
# The less the responsibilities change as $\mu$ moves, the better the floor follows the hill, and the longer the
# steps. Where components overlap strongly they change fast, the floor bends away soon, and EM crawls.
#
# Now climb yourself, in the scene of the beginning. Drag $\mu$: the dashed floor follows, and touches the likelihood
# where you are. Then press *M* and *E* in turn. M goes to the top of the floor, E lifts the floor until it touches
# again.
#
# **Before you drag:** from which place does the first M-step go farther, from $\mu = 0.1$ or from $\mu = 2.5$?

# %%
bound_climber(x, mu=0.3)

# %%
for start in (0.1, 2.5):
    R = softmax(log_joint(x, start), axis=1)
    print(f"from {start}: the first M-step goes to {(R @ [-1, 1] * x).mean():.2f}")

# %% [markdown]
# From 2.5 a single step goes nearly all the way: the two sides are so far apart there that the responsibilities are
# almost certain, and stay so. At 0.1 the sides overlap, every grain could be from either, and the step is short.
#
# ## The top of the floor, by finite differences
#
# In lesson 04 the formulas of the M-step seemed plausible: weighted shares, means and variances. Are they
# really the top of the floor? At a top every slope is zero. Back to the three hundred grains and three
# machines of lesson 04, with all nine parameters. So that the weights always sum to 1, we write them as a
# softmax, $\pi_k = e^{a_k} / \sum_l e^{a_l}$.

# %%
grains = three_gaussians_1d()[0][:, 0]


def log_joint_3(theta):
    """log π_k + log N(x_i | μ_k, σ²_k): (300, 3), from theta = a, μ, σ² in one array of nine numbers."""
    a, mu, var = theta.reshape(3, 3)
    return np.log(softmax(a)) + norm.logpdf(grains[:, np.newaxis], mu, np.sqrt(var))


def slopes(f, theta, h=1e-5):
    """Central finite differences, (f(θ + h e) − f(θ − h e)) / 2h, along each of the axes e: (9,)."""
    return np.array([(f(theta + h * e) - f(theta - h * e)) / (2 * h) for e in np.eye(len(theta))])


# %% [markdown]
# A [finite difference](../GLOSSARY.md#finite-difference) needs no calculus and no trust: nudge one parameter
# up, nudge it down, and divide. With pencil and paper the slopes of the floor come out as
#
# $$ \begin{aligned}
# \frac{\partial}{\partial a_k} &= \frac{N_k}{n} - \pi_k \\
# \frac{\partial}{\partial \mu_k} &= \frac{1}{n} \sum_i r_{ik}\, \frac{x_i - \mu_k}{\sigma_k^2} \\
# \frac{\partial}{\partial \sigma_k^2} &= \frac{1}{n} \sum_i r_{ik}
# \left[ \frac{(x_i - \mu_k)^2}{2 \sigma_k^4} - \frac{1}{2 \sigma_k^2} \right]
# \end{aligned} $$


# %%
def slopes_by_hand(theta, R):
    a, mu, var = theta.reshape(3, 3)
    D = grains[:, np.newaxis] - mu
    in_a = R.mean(axis=0) - softmax(a)
    in_mu = (R * D / var).mean(axis=0)
    in_var = (R * (D**2 / (2 * var**2) - 1 / (2 * var))).mean(axis=0)
    return np.concatenate([in_a, in_mu, in_var])


# %%
old = np.array([0.0, 0, 0, -1, 0, 1, 1, 1, 1])  # the poor start of lesson 04
R = softmax(log_joint_3(old), axis=1)


def top(theta):
    return logsumexp(log_joint_3(theta), axis=1).mean()


def floor(theta):
    return elbo(log_joint_3(theta), R).mean()


assert np.allclose(slopes(floor, old), slopes_by_hand(old, R), atol=1e-6)
for name, f in (("floor", floor), ("likelihood", top)):
    print(f"slopes of the {name:10s} in the means:", slopes(f, old)[3:6].round(4))
assert np.allclose(slopes(floor, old), slopes(top, old), atol=1e-6)

# %% [markdown]
# Two things at once. The slopes by hand are right. And at the touching point floor and likelihood agree in
# all nine, as the picture said.
#
# Set the three formulas to zero and solve them: $\pi_k = N_k / n$, then $\mu_k = \sum_i r_{ik} x_i / N_k$, then
# $\sigma_k^2 = \sum_i r_{ik} (x_i - \mu_k)^2 / N_k$. There is the M-step.
#
# **Before you run the next cell:** at the M-step's new parameters, which of the two has slope zero: the floor,
# the likelihood, or both?

# %%
N = R.sum(axis=0)
mu = R.T @ grains / N
var = (R * (grains[:, np.newaxis] - mu) ** 2).sum(axis=0) / N
new = np.concatenate([np.log(N), mu, var])  # the softmax of log N is N / n
for name, f in (("floor", floor), ("likelihood", top)):
    print(f"steepest slope of the {name:11s} {np.abs(slopes(f, new)).max():.1e}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert np.allclose(slopes(floor, new), 0, atol=1e-7)

# %% [markdown]
# The floor alone. The likelihood still rises from there, with a new floor. And it is a top, not a hollow: of a
# thousand random nudges not one leads higher.

# %%
nudges = np.random.default_rng(0).normal(scale=0.05, size=(1000, 9))
assert max(floor(new + nudge) for nudge in nudges) < floor(new)

# %% [markdown]
# ## Where the climb ends
#
# EM stops where the floor's top is the point at which EM already stands. There the floor's slope is zero, and so
# is the likelihood's, since they share it. Such a place is called a
# [stationary point](../GLOSSARY.md#stationary-point). The top of a hill is one. Look at Figure 1 again.
#
# **Before you run the next cell:** is there another place where the slope is zero? What will EM do if it
# starts precisely there?

# %% tags=["hide-input"]
# Figure 4: a start at μ = 0
show(
    draw_climb(0.0, 1, plt.figure(figsize=(9, 3.8)).subplots()),
    "Figure 4. A start that EM never leaves. At μ = 0 the floor touches the likelihood at the"
    " bottom of the valley, and touches it with its top. EM has arrived, at the lowest place"
    " between two hills.",
    "The likelihood curve has a valley at μ = 0. A dashed parabola lies below it and touches it"
    " there with its highest point.",
)

# %%
mu = 0.0
for _ in range(1000):
    R = softmax(log_joint(x, mu), axis=1)
    mu = (R @ [-1, 1] * x).mean()
print(
    f"after 1000 rounds mu = {mu}; likelihood {likelihood(mu):.4f}, at 0.01 {likelihood(0.01):.4f}"
)

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert mu == 0
assert likelihood(0.0) < likelihood(0.01)

# %% [markdown]
# At $\mu = 0$ both sides stand in the same place. So every responsibility is one half, so both sides get
# the same mean, so they stay in the same place. The likelihood would rise in either direction, and EM will
# never leave.
#
# The theorem is kept: the likelihood did not fall. It only promises that, and nothing about maxima. Wu (1983)
# made it precise: **EM converges to a stationary point, which is not always a local maximum.** Let both
# means move freely, $\mu_0$ and $\mu_1$, and the valley turns into a pass between two hills.

# %%
side = np.linspace(-3, 3, 121)
tables = [np.log(0.5) + norm.logpdf(x, place) for place in side]
surface = np.array([[np.logaddexp(a, b).mean() for a in tables] for b in tables])

# %% tags=["hide-input"]
# Figure 5: the likelihood of two means as a map
fig, ax = plt.subplots(figsize=(6.2, 5.4))
levels = surface.max() - 0.01 * 2.0 ** np.arange(9)[::-1]
ax.contour(side, side, surface, levels=levels, colors=PALE_INK, linewidths=1, linestyles="solid")
ax.axline((0, 0), slope=1, color=PALE_INK, linestyle=":")
for k, start in enumerate([(-0.5, 2.5), (-2.7, -2.0), (2.5, -0.5), (2.4, 2.4)]):
    means = [np.array(start)]
    for _ in range(60):
        R = softmax(norm.logpdf(x[:, np.newaxis], means[-1]), axis=1)
        means.append(x @ R / R.sum(axis=0))
    ax.plot(*np.transpose(means), marker=MARKERS[k], color=color(k), markersize=6)
    print(f"start {start}: ends at {means[-1].round(3)}")
ax.set(xlabel="mean of component 0, μ₀", ylabel="mean of component 1, μ₁", aspect="equal")
show(
    fig,
    "Figure 5. The likelihood of two free means as a map with contour lines, and four runs of"
    " EM. Two hills of the same height mirror each other in the dotted diagonal. The run that"
    " starts on the diagonal stays on it and ends on the pass between the hills.",
    "Contour lines with one hill at upper left and its mirror image at lower right. Three paths"
    " end on one or the other top. The fourth follows the diagonal down to the middle, between"
    " both hills, and stops.",
)

# %% [markdown]
# The run on the diagonal climbs all the way, and what it reaches is a [saddle](../GLOSSARY.md#saddle): the
# highest point along the diagonal, the lowest across it.
#
# Is that a curiosity? In the plane, give all three components the same share of every point:

# %%
Y, truth = elongated_blobs()
FULL = CovarianceType.named("full")


def lower_bounds(noise, n_rounds):
    """EM from responsibilities of one third each, disturbed by `noise`."""
    R = 1 / 3 + noise * np.random.default_rng(0).uniform(-1, 1, size=(len(Y), 3))
    start = mixture_from_responsibilities(Y, R / R.sum(axis=1, keepdims=True), FULL)
    return np.array([step.lower_bound for step in islice(em(expectation_over(Y), start), n_rounds)])


one = GaussianMixture(1).fit(Y).lower_bound_
print(f"one Gaussian alone      {one:.4f}")
print(f"symmetric start         {lower_bounds(0, 30)[-1]:.4f} after 30 rounds")
for noise in (1e-3, 1e-6, 1e-9):
    path = lower_bounds(noise, 200)
    left = np.argmax(path > one + 0.01)
    print(f"disturbed by {noise:5g}      {path[-1]:.4f}, off the plateau in round {left}")

# %%
assert np.allclose(lower_bounds(0, 30), one, atol=1e-9)

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
# Figure 5 has two hills because nothing says which side is number 0. Exchange the numbers and you have
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
# ## K-means is what is left when σ goes to zero
#
# Now take choices away from the mixture. Give all components the same weight and the same round covariance
# $\sigma^2 I$, with $\sigma$ fixed. Only the means are left to learn. The responsibilities become
#
# $$ r_{ik} = \frac{e^{-\|x_i - \mu_k\|^2 / 2\sigma^2}}{\sum_l e^{-\|x_i - \mu_l\|^2 / 2\sigma^2}} $$


# %%
def soft_labels(X, mu, sigma):
    """Responsibilities (n, K) of components that share one weight and one width."""
    return softmax(-cdist(X, mu, "sqeuclidean") / (2 * sigma**2), axis=1)


# %% [markdown]
# **Before you run the next cell:** a point lies 1.0 from one mean and 1.2 from the other. With $\sigma = 1$ its
# responsibilities are 0.555 and 0.445. What will they be at $\sigma = 0.3$, and at $0.1$? And if the first
# component has a weight of 0.01, and the second one of 0.99?

# %%
point, mu = np.array([[0.0]]), np.array([[1.0], [-1.2]])
print("sigma   equal weights     weights 0.01 and 0.99")
for sigma in (1, 0.3, 0.1, 0.05):
    equal = soft_labels(point, mu, sigma)[0]
    unequal = equal * [0.01, 0.99] / (equal @ [0.01, 0.99])
    print(f"{sigma:4}    {equal[0]:.3f} {equal[1]:.3f}         {unequal[0]:.3f} {unequal[1]:.3f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert soft_labels(point, mu, 1)[0].round(3).tolist() == [0.555, 0.445]

# %% [markdown]
# A small lead in distance becomes certainty, because both squared distances are divided by a number that goes
# to 0. Not even a weight of one in a hundred can hold against that in the end: $\log \pi_k$ stays the same
# while the distances grow. In the limit **the nearest centre takes the point**. That is the first half of
# [k-means](01_kmeans.ipynb). And the M-step, with responsibilities of 0 and 1, puts every mean into the middle
# of its points. That is the other half.
#
# If this is so, both must go the same way. We start EM with a width of 0.01 and k-means at the same three
# points, and insist on the same labels in every round and the same means at the end.

# %%
mu = centers = Y[np.random.default_rng(1).choice(len(Y), size=3, replace=False)]
for _ in range(30):
    R = soft_labels(Y, mu, sigma=0.01)
    labels = cdist(Y, centers).argmin(axis=1)
    assert np.array_equal(R.argmax(axis=1), labels)
    mu = R.T @ Y / R.sum(axis=0)[:, np.newaxis]
    centers = np.array([Y[labels == k].mean(axis=0) for k in range(3)])
print("30 rounds, the same labels in each")
assert np.allclose(mu, centers)

# %% [markdown]
# What about the objective? Multiply the log-likelihood by $-2\sigma^2$ and drop what does not depend on the
# means. What remains is a soft minimum of the squared distances:
#
# $$ \begin{aligned}
# -2\sigma^2 \sum_i \log \sum_k {}& e^{-\|x_i - \mu_k\|^2 / 2\sigma^2} \\
# \longrightarrow {}& \sum_i \min_k \|x_i - \mu_k\|^2
# \end{aligned} $$

# %%
kmeans = KMeans(3, n_init=5, random_state=0, tol=0).fit(Y)
D = cdist(Y, kmeans.cluster_centers_, "sqeuclidean")
for sigma in (1, 0.3, 0.1, 0.03, 0.01):
    print(
        f"sigma = {sigma:<4}  {-2 * sigma**2 * logsumexp(-D / (2 * sigma**2), axis=1).sum():9.3f}"
    )
print(f"inertia       {inertia(Y, kmeans.cluster_centers_, kmeans.labels_):9.3f}")

# %% [markdown]
# The [inertia](../GLOSSARY.md#inertia), to the third decimal. So you know where the limits of k-means from
# [lesson 02](02_kmeans_limits.ipynb) come from. Equal weights, round, equally wide, no doubt: these are the
# choices that we have taken away, one by one.
#
# Now harden the responsibilities yourself. EM starts at the centres of k-means and settles, anew for every
# $\sigma$. It begins with wide components, and each step makes them narrower.
#
# **Before you step on:** what happens when the components are wider than the data?

# %%
hardening_player(Y, kmeans.cluster_centers_)

# %% [markdown]
# Very wide components all fall into one place, and every point is shared evenly. You know this state: it is the
# symmetric start. Down to a certain width nothing pulls the centres out of it, and below that they part. The
# width is no mystery. It is the standard deviation of the data in the direction in which they spread most.

# %%
widest = np.sqrt(np.linalg.eigvalsh(np.cov(Y.T, ddof=0))[-1])
print(f"the centres part at sigma = {widest:.3f}")
for sigma in (1.05 * widest, 0.95 * widest):
    mu = kmeans.cluster_centers_
    for _ in range(2000):
        R = soft_labels(Y, mu, sigma)
        mu = R.T @ Y / R.sum(axis=0)[:, np.newaxis]
    print(f"sigma = {sigma:.3f}: the centres spread over {np.ptp(mu, axis=0).max():.3f}")

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
# again. The second price of `reg_covar` is gone as well. It was in squared units of the data, as you saw in
# lesson 04. A target that comes from the data changes with the units.
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
# You will need this again: in [lesson 11](11_pca_digits.ipynb) and [lesson 12](12_mnist.ipynb) there are so many
# dimensions that nearly every component is about to collapse.
#
# ## Common mistakes
#
# - **An ELBO above the likelihood.** A bug, always: a floor is a floor. Usual suspects: the rows of the guess
#   do not sum to 1, or the weights are missing in the joint density.
# - **An ELBO that does not touch the likelihood after an E-step.** The entropy is missing, or has the wrong sign.
#   The M-step does not notice, since the entropy does not depend on the parameters; the curve you plot does.
# - **"EM finds a maximum."** It finds a stationary point. Components that start alike stay alike: a start must
#   break the symmetry.
# - **Means of several fits are averaged, and the averages lie between the groups.** The numbers of components are
#   arbitrary. Align them first; compare labels by ARI.
# - **The best of fifty restarts is much better than all others.** Look at its smallest variance. It is probably a
#   spike, and "best" means "narrowest".
# - **Likelihoods of two fits with different `reg_covar` are compared.** The difference may be nothing but the
#   setting.
# - **`exp(-d**2 / (2 * sigma**2))` becomes 0/0.** For small $\sigma$ all densities of a point underflow. Hardening
#   needs log space more than anything else.

# %% [markdown]
# ## Quiz
#
# **1.** After an E-step, the ELBO is …
#
# - **A.** a little below the log-likelihood; it gets there only at convergence.
# - **B.** equal to the log-likelihood.
# - **C.** at its maximum over all guesses and parameters.
#
# <details><summary>Answer</summary>
#
# **B.** The E-step makes the guess equal to the responsibilities, and KL is 0. A describes what happens
# after an *M-step*: the parameters have moved and the guess has not. C would mean that EM is finished: the
# guess is the best one for these parameters, but other parameters may be better.
#
# </details>

# %% [markdown]
# **2.** You lower `reg_covar` from $10^{-3}$ to $10^{-9}$, and the likelihood of the fit rises sharply. What is the
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
# **3.** In EM with one shared width, $\sigma \to 0$. What becomes of a component with a weight of 0.001?
#
# - **A.** It still wins all points to which it is the nearest.
# - **B.** It dies: the heavier components take its points.
# - **C.** It keeps its doubts, because its weight is small.
#
# <details><summary>Answer</summary>
#
# **A.** Its disadvantage, $\log 0.001$, stays the same, while the difference in
# $\|x-\mu\|^2/2\sigma^2$ grows without bound. B is what may happen at a large $\sigma$. C confuses the weight
# with the width: certainty is a matter of how far the squared distances differ, measured in $\sigma^2$.
#
# </details>

# %% [markdown]
# ## In five lines
#
# 1. log p = ELBO + KL. The E-step closes the gap, the M-step lifts the floor, so the likelihood cannot fall.
# 2. Where EM stops, the slope is zero. That is a stationary point: mostly a local maximum, sometimes a saddle,
#    and there are K! copies of it.
# 3. K-means is EM with equal weights and one round width, as the width goes to 0.
# 4. The likelihood has no maximum: a component on one point makes it infinite. `reg_covar` only cuts the spike off.
# 5. A prior on the covariances, $m$ imagined points of shape $T$, removes the spikes. Choose $m$ on validation
#    data.
#
# ## Where next
#
# The [exercises](../exercises/05_why_em_works_exercises.ipynb): measure the gap, find the bug in a floor that
# never touches its likelihood, harden responsibilities, average fits, and choose a prior. Then [lesson
# 07](07_covariance_types.ipynb), where a shared width is one of four ways to constrain a scatter.
#
# ## References
#
# - S. Kullback, R. A. Leibler (1951). On information and sufficiency. *The Annals of Mathematical Statistics*
#   22(1), 79–86.
# - H. W. Kuhn (1955). The Hungarian method for the assignment problem. *Naval Research Logistics Quarterly* 2(1–2),
#   83–97.
# - N. E. Day (1969). Estimating the components of a mixture of normal distributions. *Biometrika* 56(3), 463–474.
#   (The infinite likelihood.)
# - A. P. Dempster, N. M. Laird, D. B. Rubin (1977). Maximum likelihood from incomplete data via the EM algorithm.
#   *Journal of the Royal Statistical Society B* 39(1), 1–38.
# - C. F. J. Wu (1983). On the convergence properties of the EM algorithm. *The Annals of Statistics* 11(1), 95–103.
# - L. Hubert, P. Arabie (1985). Comparing partitions. *Journal of Classification* 2(1), 193–218.
# - R. M. Neal, G. E. Hinton (1998). A view of the EM algorithm that justifies incremental, sparse, and other
#   variants. In *Learning in Graphical Models*, 355–368. Kluwer.
# - K. Rose (1998). Deterministic annealing for clustering, compression, classification, regression, and related
#   optimization problems. *Proceedings of the IEEE* 86(11), 2210–2239.
# - C. Fraley, A. E. Raftery (2007). Bayesian regularization for normal mixture estimation and model-based
#   clustering. *Journal of Classification* 24(2), 155–181.
