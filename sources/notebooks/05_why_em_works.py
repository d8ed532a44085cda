# %% [markdown]
# Run the two folded cells below, then press the button *M*, then *E*, and repeat. In this lesson you find out why
# this climb never goes down.

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
from mlcourse.plotting import INK, MARKERS, PALE_INK, color, show, use_course_style
from mlcourse.widgets import bound_climber, hardening_player

use_course_style()

# %% tags=["hide-input"]
# To begin with: a climb on eighty grains of sand
rng = np.random.default_rng(0)
x = rng.choice([-1.5, 1.5], size=80) + rng.standard_normal(80)
bound_climber(x, mu=0.3)

# %% [markdown]
# A machine throws sand onto a line. Before each throw it flips a fair coin. Heads: it aims at $+\mu$. Tails: it aims
# at $-\mu$. The grains scatter around the target with standard deviation 1. We see eighty grains, but not the coin,
# and we do not know $\mu$. This is the smallest mixture of all: two components, and one unknown number.
#
# The solid curve is the [log-likelihood](../GLOSSARY.md#log-likelihood) of every $\mu$. EM does not have this curve.
# It has only the dashed one: a bound, built at the current $\mu$. *M* goes to its
# maximum, and *E* builds a new one there.
#
# **Before you drag:** from which place will the first M-step go farther, from $\mu = 0.1$ or from $\mu = 2.5$? Drag
# $\mu$ there and press *M*.

# %% tags=["hide-input"]
# The first M-step from each place
for start in (0.1, 2.5):
    signs = np.tanh(start * x)  # the share of each grain aimed at +μ, less the share aimed at −μ
    print(f"from {start}: the first M-step goes to {(x * signs).mean():.2f}")

# %% [markdown]
# From 2.5 a single step goes nearly all the way to the maximum. From 0.1 the step is short.
#
# In [lesson 04](04_em.ipynb) you saw that the likelihood never falls. This lesson shows why. It takes one idea, the
# dashed curve. The formulas of the M-step, the places where EM gets stuck, and k-means all follow from it.
#
# ## A lower bound for the likelihood
#
# First, the solid curve in code:


# %%
def log_joint(x, mu):
    """log p(x_i, tails or heads | mu): a table (n, 2)."""
    return np.log(0.5) + norm.logpdf(x[:, np.newaxis], [-mu, mu])


def likelihood(mu):
    """Mean log-likelihood of a grain."""
    return logsumexp(log_joint(x, mu), axis=1).mean()


# %% [markdown]
# What makes $\log p(x_i)$ hard to maximise is the sum inside the logarithm. So take any guess $q_{ik}$ of how grain
# $i$ is shared between the components $k$. It need not be a good guess: each row only has to sum to 1, without
# negative entries. Multiply and divide by it:
#
# $$ \begin{aligned} \log p(x_i) &= \log \sum_k q_{ik}\, \frac{p(x_i, k)}{q_{ik}} \\
# &\ge \sum_k q_{ik} \log \frac{p(x_i, k)}{q_{ik}} \end{aligned} $$
#
# The first line is the logarithm of a mean, the second is the mean of logarithms. The logarithm is concave, so the
# first is never smaller than the second: this is [Jensen's inequality](../GLOSSARY.md#jensens-inequality). (Terms
# with $q_{ik} = 0$ are left out; the bound still holds.)
#
# The second line is the [evidence lower bound](../GLOSSARY.md#evidence-lower-bound), or ELBO: the **bound**. Split
# the logarithm, and it has two terms:
#
# $$ \begin{aligned} \mathrm{ELBO}_i(q, \mu) = {}&
# \underbrace{\sum_k q_{ik} \log p(x_i, k \mid \mu)}_{\text{how well the guess and } \mu \text{ fit}} \\
# &\underbrace{{}- \sum_k q_{ik} \log q_{ik}}_{\text{entropy of the guess}} \end{aligned} $$
#
# The [entropy](../GLOSSARY.md#entropy) is large when the guess is undecided and 0 when it is certain. In code,
# `xlogy(q, q)` is $q \log q$, and 0 where $q$ is 0.


# %%
def elbo(A, Q):
    """The bound for every point, from log joint densities A (n, K) and a guess Q (n, K): (n,)."""
    return (Q * A).sum(axis=1) - xlogy(Q, Q).sum(axis=1)


# %% [markdown]
# How far below the likelihood is the bound? Subtract the two, and write $p(x_i, k) = p(x_i)\, r_{ik}$, where
# $r_{ik}$ is the [responsibility](../GLOSSARY.md#responsibility). One sum is left:
#
# $$ \begin{aligned} \log p(x_i) - \mathrm{ELBO}_i &= \sum_k q_{ik} \log \frac{q_{ik}}{r_{ik}} \\
# &= \mathrm{KL}(q_i \,\|\, r_i) \end{aligned} $$
#
# This is the [Kullback–Leibler divergence](../GLOSSARY.md#kullback-leibler-divergence) of the guess from the
# responsibilities. It is 0 when the two are equal, and positive otherwise.


# %%
def kl(Q, R):
    """Σ_k q_ik log(q_ik / r_ik) for every point: (n,)."""
    return rel_entr(Q, R).sum(axis=1)


# %% [markdown]
# Here are four guesses of the eighty coin flips, for $\mu = 0.3$: "all heads"; "one half each" for every grain; every
# grain entirely to the nearer target; and the responsibilities.
#
# **Before you run the next cell:** which bound is the highest? Is "the nearer target", which decides every grain,
# better than "one half each", which decides none?

# %%
A = log_joint(x, 0.3)
R = softmax(A, axis=1)
guesses = {
    "all heads": np.tile([0.0, 1.0], (80, 1)),
    "one half each": np.full((80, 2), 0.5),
    "the nearer target": np.eye(2)[(x > 0).astype(int)],
    "responsibilities": R,
}
print("                    ELBO  +     KL  = log p")
for name, Q in guesses.items():
    bound, gap = elbo(A, Q), kl(Q, R)
    print(f"{name:17s} {bound.mean():7.4f}  + {gap.mean():.4f}  = {(bound + gap).mean():.4f}")

# %% tags=["hide-input"]
# Check: the sum holds for every single grain
for Q in guesses.values():
    assert np.allclose(elbo(A, Q) + kl(Q, R), logsumexp(A, axis=1))

# %% [markdown]
# The last column never changes: **log p = ELBO + KL**, whatever the guess. The responsibilities leave no gap at all.
#
# "One half each" beats the hard decisions, in all 20 samples that we tried. At $\mu = 0.3$ the two components overlap
# so much that most grains could be from either. A guess that claims to be certain is wrong about that, and its gap is
# larger.
#
# ## Why the likelihood cannot fall
#
# The bound depends on two things, a guess $q$ and a parameter $\mu$. EM improves one at a time.
#
# - **[E-step](../GLOSSARY.md#e-step):** keep $\mu$, choose the best $q$. That is $q = r$, because then KL = 0. The
#   gap closes. The likelihood does not change, because $\mu$ has not moved.
# - **[M-step](../GLOSSARY.md#m-step):** keep $q$, choose the best $\mu$. The bound rises. Before the step it was
#   equal to the likelihood, and it is never above it, so the likelihood must rise too.
#
# **Before you run the next cell:** in an M-step, which of the two rises more, the bound or the likelihood?

# %%
mu, Q = 0.3, np.full((80, 2), 0.5)
bounds, likelihoods = [], []
for step in range(9):
    bounds.append(elbo(log_joint(x, mu), Q).mean())
    likelihoods.append(likelihood(mu))
    if step % 2 == 0:
        Q = softmax(log_joint(x, mu), axis=1)  # E
    else:
        mu = (Q @ [-1, 1] * x).mean()  # M: flip the sign of the grains aimed at −μ, then average

# %% tags=["hide-input"]
# Figure 1: bound and likelihood, step by step
names = ["start", *("E", "M") * 4]
ax = plt.figure(figsize=(8, 3.6)).subplots()
ax.fill_between(range(9), bounds, likelihoods, color=color(4), alpha=0.35)
ax.plot(likelihoods, color=color(0), marker="o", markersize=5)
ax.plot(bounds, color=color(1), marker="s", markersize=5, linestyle="--")
arrow = {"arrowstyle": "->", "color": INK, "linewidth": 1.5}
ax.text(1.9, likelihoods[2] + 0.025, "log-likelihood", ha="right")
ax.text(2.15, bounds[2] - 0.02, "bound", va="top")
ax.annotate("the gap, KL", (0.35, -2.39), (1.2, -2.46), arrowprops=arrow, color=INK)
ax.set(xticks=range(9), xlabel="step", ylabel="mean over the grains")
ax.set_xticklabels(names)
show(
    ax,
    "Figure 1. E closes the gap. M lifts the bound, and opens a new gap.",
    "Two curves over nine steps. The dashed bound starts below the likelihood, meets it at"
    " every E, and is a little below it at every M. The likelihood is flat from M to E and"
    " rises from E to M.",
)

# %%
bounds, likelihoods = np.array(bounds), np.array(likelihoods)
rises = np.diff(likelihoods)[1::2], np.diff(bounds)[1::2]
for name, rise in zip(("likelihood", "bound"), rises):
    print(f"M-steps: the {name:10s} rises by", *(f"{r:.5f}" for r in rise))

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert np.allclose(bounds[1::2], likelihoods[1::2])  # after each E-step the two are equal
assert np.all(np.diff(bounds) > -1e-12)
assert np.all(rises[0] >= rises[1])

# %% [markdown]
# The likelihood rises more: by what the bound gains, plus a new gap. After the M-step the old guess no longer fits
# the new $\mu$, so KL is positive again.
#
# Here is the whole proof. With $r$ the responsibilities under the old parameters:
#
# $$ \begin{aligned} \ell(\mu_{\text{new}}) &\ge \mathrm{ELBO}(r, \mu_{\text{new}}) \\
# &\ge \mathrm{ELBO}(r, \mu_{\text{old}}) = \ell(\mu_{\text{old}}) \end{aligned} $$
#
# The first inequality holds because the ELBO is a lower bound, the second because the M-step maximises it. The
# equality holds because the E-step left no gap.
#
# The proof does not need the components to be Gaussian. It does not even need the *best* $\mu$: any $\mu$ with a
# higher bound will do. An EM whose M-step only raises the bound, without maximising it, is called *generalised EM*.
#
# ## The picture to remember
#
# Fix the guess at the responsibilities of one $\mu$, and draw the bound for *every* $\mu$. For our machine it is a
# parabola: with $q$ fixed, every $\log p(x_i, k \mid \mu)$ is quadratic in $\mu$. Its maximum is a mean of the
# grains, in which the part of a grain that was aimed at $-\mu$ counts with its sign flipped.


# %%
def draw_climb(mu, n_rounds, ax, low=-0.6):
    """The likelihood, and for each round the bound that touches it; return the places of EM."""
    grid = np.linspace(low, 2.6, 300)
    curve = [likelihood(place) for place in grid]
    ax.plot(grid, curve, color=color(0), linewidth=2)
    places = [mu]
    for k in range(1, n_rounds + 1):
        Q = softmax(log_joint(x, mu), axis=1)
        ax.plot(grid, [elbo(log_joint(x, place), Q).mean() for place in grid], "--", color=color(k))
        ax.plot(mu, likelihood(mu), MARKERS[k], color=color(k), markersize=9)
        mu = (Q @ [-1, 1] * x).mean()
        peak = elbo(log_joint(x, mu), Q).mean()
        ax.vlines(mu, peak, likelihood(mu), color=color(k), linestyle=":", linewidth=2)
        places.append(mu)
    ax.set(xlabel="μ", ylim=(min(curve) - 0.15, max(curve) + 0.05))
    return places


# %% tags=["hide-input"]
# Figure 2: why EM works
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), sharey=True)
old, new = draw_climb(0.3, 1, left)
draw_climb(0.3, 3, right)
peak = elbo(log_joint(x, new), softmax(log_joint(x, old), axis=1)).mean()
arrow = {"arrowstyle": "->", "color": INK, "linewidth": 1.5}
for text, place, at in (
    ("E: touches here", (old, likelihood(old)), (-0.5, likelihood(old) + 0.12)),
    ("M: climbs to here", (new, peak), (new - 0.42, peak - 0.3)),
    ("higher still", (new, likelihood(new)), (new - 0.55, likelihood(new) + 0.09)),
):
    left.annotate(text, place, at, arrowprops=arrow, color=INK)
left.set(title="one round", ylabel="mean log-likelihood")
right.set_title("three rounds")
show(
    fig,
    "Figure 2. Why EM works. The bound (dashed) is below the likelihood (solid) and touches it where"
    " EM is now (marker). M goes to the bound's maximum. The likelihood there is higher still"
    " (dotted), and there the next bound touches.",
    "Two panels with the likelihood curve. On the left one dashed parabola touches the curve at"
    " μ = 0.3; arrows mark that point, the maximum of the parabola further right, and the point of"
    " the curve above that maximum. On the right three parabolas follow one another up the hill.",
)

# %% [markdown]
# Where the bound touches the likelihood, both have the same slope: otherwise the curves would cross. The bound is
# concave here, so its maximum is *uphill*. And the bound is never above the likelihood, so EM cannot end lower than
# it started. That is why EM needs no step size: each bound sets its own.
#
# It also answers the question at the top. The less the responsibilities change as $\mu$ moves, the better the bound
# follows the likelihood, and the longer the step. At $\mu = 2.5$ the components are far apart, and almost every
# responsibility is 0 or 1 and stays there. At 0.1 they overlap, and the responsibilities change with every small
# move.
#
# Go back to the picture at the top, and find the three places that the arrows in Figure 2 mark.
#
# ## The M-step is the maximum of the bound
#
# In lesson 04 the M-step's weighted shares, means and variances looked plausible. Now we can derive them. Fix $r$.
# The part of the bound that depends on the parameters is
#
# $$ \frac{1}{n} \sum_i \sum_k r_{ik} \left[ \log \pi_k + \log N(x_i \mid \mu_k, \sigma_k^2) \right] $$
#
# The logarithm is now *inside* the sum. So the weights and each component are in separate terms, and you can maximise
# one at a time. Try it with pencil and paper before you unfold the derivations.
#
# <details><summary>Derivation: the means and the variances</summary>
#
# Component $k$ contributes, up to a constant,
#
# $$ -\frac{1}{n} \sum_i r_{ik} \left[ \tfrac12 \log \sigma_k^2 + \frac{(x_i - \mu_k)^2}{2 \sigma_k^2} \right] $$
#
# The derivative with respect to $\mu_k$ is $\frac{1}{n} \sum_i r_{ik} (x_i - \mu_k) / \sigma_k^2$. It is zero when
# $\sum_i r_{ik} x_i = N_k \mu_k$, with $N_k = \sum_i r_{ik}$, whatever $\sigma_k$ is. So
#
# $$ \mu_k = \frac{1}{N_k} \sum_i r_{ik}\, x_i $$
#
# The derivative with respect to $\sigma_k^2$ is $\frac{1}{n} \sum_i r_{ik} \left[ \frac{(x_i - \mu_k)^2}{2
# \sigma_k^4} - \frac{1}{2 \sigma_k^2} \right]$. Set it to zero and multiply by $2 n \sigma_k^4$:
#
# $$ \sigma_k^2 = \frac{1}{N_k} \sum_i r_{ik}\, (x_i - \mu_k)^2 $$
#
# In $d$ dimensions take the derivative with respect to $\Lambda_k = \Sigma_k^{-1}$. With the scatter $S_k = \sum_i
# r_{ik} (x_i - \mu_k)(x_i - \mu_k)^{\mathsf T}$, the term is $\frac12 N_k \log |\Lambda_k| - \frac12
# \operatorname{tr}(\Lambda_k S_k)$. Its derivative is $\frac12 N_k \Sigma_k - \frac12 S_k$, so $\Sigma_k = S_k /
# N_k$. The term is concave in $\Lambda_k$, so this is the maximum.
#
# </details>
# <details><summary>Derivation: the weights, with a Lagrange multiplier</summary>
#
# Maximise $\sum_k N_k \log \pi_k$ subject to $\sum_k \pi_k = 1$. Without the constraint every $\pi_k$ would grow
# for ever. So we add the constraint with a multiplier $\lambda$:
#
# $$ L = \sum_k N_k \log \pi_k + \lambda \Bigl( 1 - \sum_k \pi_k \Bigr) $$
#
# $$ \frac{\partial L}{\partial \pi_k} = \frac{N_k}{\pi_k} - \lambda = 0
# \quad\Longrightarrow\quad \pi_k = \frac{N_k}{\lambda} $$
#
# The weights must sum to 1, so $\lambda = \sum_k N_k = n$, and $\pi_k = N_k / n$. The logarithm is concave, so this
# is the maximum.
#
# </details>
#
# Check the result with numbers, on the three hundred grains and three machines of lesson 04. A [finite
# difference](../GLOSSARY.md#finite-difference) needs no calculus: move one of the nine parameters up, move it down,
# and divide. (So that the weights always sum to 1, they are written as a softmax,
# $\pi_k = e^{a_k} / \sum_l e^{a_l}$.)

# %%
grains = three_gaussians_1d()[0][:, 0]


def log_joint_3(theta):
    """log π_k + log N(x_i | μ_k, σ²_k): (300, 3), from theta = a, μ, σ² in one array of nine numbers."""
    a, mu, var = theta.reshape(3, 3)
    return np.log(softmax(a)) + norm.logpdf(grains[:, np.newaxis], mu, np.sqrt(var))


def slopes(f, theta, h=1e-5):
    """Central finite differences, (f(θ + h e) − f(θ − h e)) / 2h, along each of the axes e: (9,)."""
    return np.array([(f(theta + h * e) - f(theta - h * e)) / (2 * h) for e in np.eye(len(theta))])


# %%
old = np.array([0.0, 0, 0, -1, 0, 1, 1, 1, 1])  # the bad start of lesson 04
R = softmax(log_joint_3(old), axis=1)
N = R.sum(axis=0)
mu = R.T @ grains / N
var = (R * (grains[:, np.newaxis] - mu) ** 2).sum(axis=0) / N
new = np.concatenate([np.log(N), mu, var])  # the softmax of log N is N / n

# %% [markdown]
# **Before you run the next cell:** bound and likelihood touch at the old parameters. Do they have the same slopes
# there? And at the M-step's new parameters, which of the two has slope zero?


# %%
def likelihood_3(theta):
    return logsumexp(log_joint_3(theta), axis=1).mean()


def bound_3(theta):
    return elbo(log_joint_3(theta), R).mean()


for place, theta in (("old", old), ("new", new)):
    for name, f in (("bound", bound_3), ("likelihood", likelihood_3)):
        print(
            f"{place} parameters, {name:10s}: slopes in the means", slopes(f, theta)[3:6].round(4)
        )

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert np.allclose(slopes(bound_3, old), slopes(likelihood_3, old), atol=1e-6)
assert np.allclose(slopes(bound_3, new), 0, atol=1e-7)
nudges = np.random.default_rng(0).normal(scale=0.05, size=(1000, 9))
assert max(bound_3(new + nudge) for nudge in nudges) < bound_3(new)

# %% [markdown]
# At the old parameters the two agree in all nine slopes, as in the picture. At the new ones only the bound has slope
# zero: the formulas are right, and the likelihood can still rise, with a new bound.
#
# ## Where the climb ends
#
# EM stops when the bound has its maximum at the current parameters. There the slope of the bound is zero, and so is
# the slope of the likelihood. Such a point is called a [stationary point](../GLOSSARY.md#stationary-point).
#
# **Before you run the next cell:** a maximum is stationary. Which other stationary point does the solid curve at the
# top of this page have? What will EM do if it starts exactly there?

# %% tags=["hide-input"]
# Figure 3: a start at μ = 0
ax = plt.figure(figsize=(8, 3.6)).subplots()
draw_climb(0.0, 1, ax, low=-2.6)
arrow = {"arrowstyle": "->", "color": INK, "linewidth": 1.5}
ax.annotate(
    "touches here,\nwith its maximum",
    (0, likelihood(0)),
    (0, likelihood(0) + 0.34),
    ha="center",
    arrowprops=arrow,
    color=INK,
)
ax.set_ylabel("mean log-likelihood")
show(
    ax,
    "Figure 3. A start that EM never leaves. At μ = 0 the bound touches the likelihood at the bound's"
    " own maximum. So EM stays there, at the lowest point between two hills.",
    "The likelihood curve has two equal hills, and a valley between them at μ = 0. A dashed parabola is below the"
    " curve. Its highest point touches the bottom of the valley, which an arrow marks.",
)

# %%
mu = 0.0
for _ in range(1000):
    R = softmax(log_joint(x, mu), axis=1)
    mu = (R @ [-1, 1] * x).mean()
print(f"after 1000 rounds: mu = {mu}, likelihood {likelihood(mu):.4f}")
print(f"at mu = 0.01: likelihood {likelihood(0.01):.4f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert mu == 0
assert likelihood(0.0) < likelihood(0.01)

# %% [markdown]
# At $\mu = 0$ both components are in the same place. So every responsibility is one half, both components get the
# same mean, and they stay in the same place. The likelihood would rise in either direction, but EM never leaves.
#
# Now let the two means, $\mu_0$ and $\mu_1$, move freely.

# %%
side = np.linspace(-3, 3, 121)
tables = [np.log(0.5) + norm.logpdf(x, place) for place in side]
surface = np.array([[np.logaddexp(a, b).mean() for a in tables] for b in tables])

# %% tags=["hide-input"]
# Figure 4: the likelihood of two means as a map
fig, ax = plt.subplots(figsize=(6.4, 5.8))
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
center = x.mean()
ax.plot(center, center, "o", markersize=16, fillstyle="none", color=INK, markeredgewidth=2)
arrow = {"arrowstyle": "->", "color": INK, "linewidth": 1.5, "shrinkB": 10}
for text, place, at in (
    ("start on the diagonal", (2.4, 2.4), (0.2, 2.7)),
    ("saddle", (center, center), (-0.95, 0.1)),
    ("a maximum", (-1.061, 1.689), (-2.75, 0.25)),
):
    ax.annotate(text, place, at, arrowprops=arrow, color=INK)
ax.set(xlabel="mean of component 0, μ₀", ylabel="mean of component 1, μ₁", aspect="equal")
show(
    fig,
    "Figure 4. The likelihood of two free means as a map with contour lines, and four runs of"
    " EM. The two maxima, of equal height, are mirror images in the dotted diagonal. The run that"
    " starts on the diagonal ends at the saddle between them (ring).",
    "Contour lines with one hill at upper left and its mirror image at lower right. Three paths"
    " end on one or the other hilltop, a maximum. The fourth jumps along the diagonal to a ringed point in"
    " the middle, between both hills, and stops.",
)

# %% [markdown]
# The run from $(2.4, 2.4)$ gets to $(0.377, 0.377)$ in one round, and stays there. On the diagonal the components
# coincide, so every responsibility is one half, and both means become the plain mean of all grains, $\bar x = 0.377$.
#
# Along the diagonal this is a maximum: two equal components are one Gaussian, and its best mean is $\bar x$. Across
# the diagonal it is a minimum: the grains have a variance of 2.90, one Gaussian of variance 1 is too narrow for them,
# and separating the means raises the likelihood. Such a point is a [saddle](../GLOSSARY.md#saddle).

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert means[-1].round(3).tolist() == [0.377, 0.377]
assert np.allclose(means[1], x.mean())
assert round(x.var(), 2) == 2.90

# %% [markdown]
# So what exactly is guaranteed? If the likelihood is well behaved, Wu (1983) proved that **the likelihoods converge
# to the value of a stationary point.** The theorem does not promise a maximum.
#
# <details><summary>Optional: Wu's conditions</summary>
#
# The likelihood is continuous, and differentiable inside the parameter space. The set of parameters at least as good
# as the start is closed and bounded, and does not touch the boundary. The bound is continuous in both its arguments.
# Then every limit point of the parameters is a stationary point, too. The second condition is not a formality: it
# fails if each component has its own variance. [Lesson 06](06_when_em_fails.ipynb) shows what happens then.
#
# </details>
#
# Are saddles only a curiosity? Give each of three components in the plane a third of every point:

# %%
Y, _ = elongated_blobs()
FULL = CovarianceType.named("full")


def lower_bounds(noise, n_rounds, seed=0):
    """EM from responsibilities of one third each, disturbed by `noise`."""
    R = 1 / 3 + noise * np.random.default_rng(seed).uniform(-1, 1, size=(len(Y), 3))
    start = mixture_from_responsibilities(Y, R / R.sum(axis=1, keepdims=True), FULL)
    return np.array([step.lower_bound for step in islice(em(expectation_over(Y), start), n_rounds)])


one = GaussianMixture(1).fit(Y).lower_bound_
print(f"one Gaussian alone      {one:.4f}")
print(f"symmetric start         {lower_bounds(0, 30)[-1]:.4f} after 30 rounds")
for noise in (1e-3, 1e-6, 1e-9):
    path = lower_bounds(noise, 200)
    left = np.argmax(path > one + 0.01)
    print(f"disturbed by {noise:5g}      {path[-1]:.4f}, off the plateau in round {left}")
assert np.allclose(lower_bounds(0, 30), one, atol=1e-9)

# %% [markdown]
# Three components that share every point equally are one Gaussian, and stay one. A disturbance of a billionth is
# enough to get away (with all 20 seeds that we tried), after about 45 rounds in which nothing seems to happen. The
# plateaus of lesson 04 have the same cause: with random responsibilities all components are nearly equal, so EM
# starts next to a saddle.
#
# So in practice, EM from a random start always leaves a saddle in the end. But it can stay long enough to meet your
# tolerance, and then it stops and reports convergence. If several components of a fit are the same, suspect a saddle.
#
# ## K-means is what is left when σ goes to zero
#
# Now restrict the mixture. Give all components the same weight and the same round covariance
# $\sigma^2 I$, with $\sigma$ fixed. Only the means are left to learn. The responsibilities become
#
# $$ r_{ik} = \frac{e^{-\|x_i - \mu_k\|^2 / 2\sigma^2}}{\sum_l e^{-\|x_i - \mu_l\|^2 / 2\sigma^2}} $$


# %%
def soft_labels(X, mu, sigma):
    """Responsibilities (n, K) of components that share one weight and one width."""
    return softmax(-cdist(X, mu, "sqeuclidean") / (2 * sigma**2), axis=1)


# %% [markdown]
# **Before you run the next cell:** a point is 1.0 from one mean and 1.2 from the other. With $\sigma = 1$ its
# responsibilities are 0.555 and 0.445. What will they be at $\sigma = 0.3$, and at $0.1$? And will the first
# component still win if its weight is only 0.01?

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
# A small difference in distance becomes certainty, because both squared distances are divided by a number that goes
# to 0. Even a weight of one in a hundred makes no difference in the end: $\log \pi_k$ stays the same while the scaled
# distances grow.
#
# So in the limit **each point goes to the nearest centre**. That is the first half of [k-means](01_kmeans.ipynb). And
# with responsibilities of 0 and 1, the M-step moves every mean to the average of its points. That is the second half.
#
# If so, the two algorithms must take the same path. We start both at the same three points, EM with a width of 0.01,
# and require the same labels in every round and the same means at the end.

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
# What about the objective? Multiply the log-likelihood by $-2\sigma^2$ and drop what does not depend on the means.
# What remains is a soft minimum of the squared distances:
#
# $$ \begin{aligned} -2\sigma^2 &\sum_i \log \sum_k e^{-\|x_i - \mu_k\|^2 / 2\sigma^2} \\
# &\longrightarrow\; \sum_i \min_k \|x_i - \mu_k\|^2 \end{aligned} $$

# %%
kmeans = KMeans(3, n_init=5, random_state=0, tol=0).fit(Y)
D = cdist(Y, kmeans.cluster_centers_, "sqeuclidean")
for sigma in (1, 0.3, 0.1, 0.03, 0.01):
    soft = -2 * sigma**2 * logsumexp(-D / (2 * sigma**2), axis=1).sum()
    print(f"sigma = {sigma:<4}  {soft:9.3f}")
print(f"inertia       {inertia(Y, kmeans.cluster_centers_, kmeans.labels_):9.3f}")

# %% [markdown]
# The last value is the [inertia](../GLOSSARY.md#inertia), to three decimals. This explains the limits of k-means from
# [lesson 02](02_kmeans_limits.ipynb): equal weights, round components, one width and no uncertainty are the four
# restrictions that we have just imposed.
#
# Now harden the responsibilities yourself. For every $\sigma$, EM starts at the centres of k-means and runs until it
# converges. At first the components are wider than the data, and all means are in the same place. Each step makes
# them narrower.
#
# **Before you step on:** how narrow must the components become before the means separate?

# %%
hardening_player(Y, kmeans.cluster_centers_)

# %% [markdown]
# While the components are very wide, all means stay in the same place, and every point is shared equally: the
# symmetric point of Figure 4 again. Once $\sigma$ is below the standard deviation of the data in their widest
# direction, that point becomes a saddle, and the means separate.
#
# Starting wide and narrowing slowly is an algorithm in its own right: deterministic annealing (Rose 1998). It aims to
# keep k-means out of poor local optima.
#
# ## Common mistakes
#
# - **An ELBO above the likelihood.** This is always a bug. Check first whether the rows of the guess sum to 1, and
#   whether the weights are in the joint density.
# - **An ELBO that does not touch the likelihood after an E-step.** The entropy is missing, or has the wrong sign.
#   EM still works, because the entropy does not depend on the parameters, but the bound that you plot is wrong.
# - **"EM finds a maximum."** It finds a stationary point. Components that start equal stay equal: a start must
#   break the symmetry.
# - **"The likelihood did not fall, so my EM is right."** Any M-step that raises the bound passes this test, even one
#   that forgets to update the weights.
# - **`exp(-d**2 / (2 * sigma**2))` becomes 0/0.** For small $\sigma$ all densities of a point underflow, so
#   hardening must be done in log space.

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
# **B.** The E-step makes the guess equal to the responsibilities, and KL is 0. A describes what happens after an
# *M-step*: the parameters have moved and the guess has not. C would mean that EM is finished: other parameters may
# still be better.
#
# </details>

# %% [markdown]
# **2.** Two of the three means of a fit are the same to eight digits, and so are their covariances. What is the most
# probable reason?
#
# - **A.** The data have only two groups, and EM has noticed.
# - **B.** The two components were equal at the start, and EM cannot separate them.
# - **C.** The tolerance is too small.
#
# <details><summary>Answer</summary>
#
# **B.** Components with equal parameters get equal responsibilities, hence equal parameters again. A is tempting, but
# EM has no reason to make spare components *equal*: from another start they would describe details. C would give more
# rounds, and each would change nothing.
#
# </details>

# %% [markdown]
# **3.** In EM with one shared width, $\sigma \to 0$. What becomes of a component with a weight of 0.001?
#
# - **A.** It still wins all points to which it is the nearest.
# - **B.** It dies: the heavier components take its points.
# - **C.** It stays uncertain, because its weight is small.
#
# <details><summary>Answer</summary>
#
# **A.** Its disadvantage, $\log 0.001$, stays the same, while the difference in $\|x-\mu\|^2/2\sigma^2$ grows
# without bound. B can happen at a large $\sigma$. C confuses the weight with the width: certainty depends on how far
# the squared distances differ, measured in $\sigma^2$.
#
# </details>

# %% [markdown]
# ## In five lines
#
# 1. log p = ELBO + KL. The E-step closes the gap, the M-step lifts the bound, so the likelihood cannot fall.
# 2. The M-step's formulas are the maximum of the bound: set its derivatives to zero.
# 3. If the likelihood is well behaved, EM ends at a stationary point: usually a local maximum, sometimes a saddle.
# 4. Components that start equal stay equal.
# 5. K-means is EM with equal weights and one round covariance for all, as its width goes to 0.
#
# ## Where next
#
# In the [exercises](../exercises/05_why_em_works_exercises.ipynb) you measure the gap, find the bug in a bound that
# never touches its likelihood, derive an M-step for a mixture that is not Gaussian, and harden responsibilities. Then
# comes [lesson 06](06_when_em_fails.ipynb), where a higher likelihood is bad news.
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
