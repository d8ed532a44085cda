# %% tags=["hide-input"]
# Imports and figure style
from itertools import islice

import matplotlib.pyplot as plt
import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import logsumexp, rel_entr, softmax, xlogy
from scipy.stats import norm

from mlcourse import GaussianMixture, KMeans
from mlcourse.datasets import elongated_blobs, three_gaussians_1d
from mlcourse.gaussians import CovarianceType
from mlcourse.metrics import inertia
from mlcourse.mixture import em, expectation_over, mixture_from_responsibilities
from mlcourse.plotting import (
    INK,
    MARKERS,
    PALE_INK,
    color,
    show,
    use_course_style,
)
from mlcourse.widgets import em_player, hardening_player

use_course_style()

# %% [markdown]
# Run the next cell, then press Play in it, and watch the curve beside or below the picture. It never turns down,
# from whatever start. This lesson shows why.

# %% tags=["hide-input"]
# To begin with: EM climbs
Y, _ = elongated_blobs()
guess = np.random.default_rng(5).dirichlet(np.ones(3), size=len(Y))
start = mixture_from_responsibilities(Y, guess, CovarianceType.named("full"))
em_player(Y, list(islice(em(expectation_over(Y), start), 40)))

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
# $$ \log p(x_i) = \log \sum_k q_{ik}\, \frac{p(x_i, k)}{q_{ik}}
# \;\ge\; \sum_k q_{ik} \log \frac{p(x_i, k)}{q_{ik}} $$
#
# The left-hand side is the logarithm of a mean, the right-hand side is the mean of logarithms. The logarithm
# bends downwards, so the first is never smaller than the second: this is
# [Jensen's inequality](../GLOSSARY.md#jensens-inequality). The right-hand side is called the
# [evidence lower bound](../GLOSSARY.md#evidence-lower-bound), ELBO for short: a floor under the likelihood.
#
# $$ \mathrm{ELBO}_i(q, \mu) =
# \underbrace{\sum_k q_{ik} \log p(x_i, k \mid \mu)}_{\text{how well the guess and } \mu \text{ fit}}
# \;\underbrace{-\sum_k q_{ik} \log q_{ik}}_{\text{entropy of the guess}} $$
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
# $$ \log p(x_i) - \mathrm{ELBO}_i = \sum_k q_{ik} \log \frac{q_{ik}}{r_{ik}} = \mathrm{KL}(q_i \,\|\, r_i) $$
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
# The bound has two arguments, a guess $q$ and a parameter $\mu$. EM improves it in one at a time.
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
# $$ \ell(\mu_{\text{new}}) \;\ge\; \mathrm{ELBO}(r, \mu_{\text{new}})
# \;\ge\; \mathrm{ELBO}(r, \mu_{\text{old}}) \;=\; \ell(\mu_{\text{old}}) $$
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
# Now climb yourself. Drag $\mu$: the dashed floor follows, and touches the likelihood where you are. Then press *M*
# and *E* in turn. M goes to the top of the floor, E lifts the floor until it touches again.
#
# **Before you drag:** from which place does the first M-step go farther, from $\mu = 0.1$ or from $\mu = 2.5$?

# %%
from mlcourse.widgets import bound_climber

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
# $$ \frac{\partial}{\partial a_k} = \frac{N_k}{n} - \pi_k \qquad
# \frac{\partial}{\partial \mu_k} = \frac{1}{n} \sum_i r_{ik}\, \frac{x_i - \mu_k}{\sigma_k^2} $$
#
# $$ \frac{\partial}{\partial \sigma_k^2} = \frac{1}{n} \sum_i r_{ik}
# \left[ \frac{(x_i - \mu_k)^2}{2 \sigma_k^4} - \frac{1}{2 \sigma_k^2} \right] $$


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
# $$ -2\sigma^2 \sum_i \log \sum_k e^{-\|x_i - \mu_k\|^2 / 2\sigma^2}
# \;\longrightarrow\; \sum_i \min_k \|x_i - \mu_k\|^2 $$

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
# **2.** In EM with one shared width, $\sigma \to 0$. What becomes of a component with a weight of 0.001?
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
#    and every maximum has copies.
# 3. K-means is EM with equal weights and one round width, as the width goes to 0.
#
# ## Where next
#
# The [exercises](../exercises/05_why_em_works_exercises.ipynb): measure the gap, find the bug in a bound that
# never touches its likelihood, and harden responsibilities. Then [lesson 06](06_when_em_fails.ipynb), where a
# higher likelihood is bad news.
#
# ## References
#
# - S. Kullback, R. A. Leibler (1951). On information and sufficiency. *The Annals of Mathematical Statistics*
#   22(1), 79–86.
# - A. P. Dempster, N. M. Laird, D. B. Rubin (1977). Maximum likelihood from incomplete data via the EM algorithm.
#   *Journal of the Royal Statistical Society B* 39(1), 1–38.
# - C. F. J. Wu (1983). On the convergence properties of the EM algorithm. *The Annals of Statistics* 11(1), 95–103.
# - R. M. Neal, G. E. Hinton (1998). A view of the EM algorithm that justifies incremental, sparse, and other
#   variants. In *Learning in Graphical Models*, 355–368. Kluwer.
# - K. Rose (1998). Deterministic annealing for clustering, compression, classification, regression, and related
#   optimization problems. *Proceedings of the IEEE* 86(11), 2210–2239.
