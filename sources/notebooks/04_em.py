# %% [markdown]
# Run the two folded cells below, then press Play. By the end of this lesson you will have written what you see.

# %% tags=["hide-input"]
# Imports and figure style
import warnings
from itertools import islice

import matplotlib.pyplot as plt
import numpy as np
import sklearn.mixture
from scipy.linalg import solve_triangular
from scipy.stats import norm
from sklearn.metrics import pairwise_distances_argmin

from mlcourse import GaussianMixture
from mlcourse.datasets import elongated_blobs, five_blobs, load_old_faithful, three_gaussians_1d
from mlcourse.gaussians import CovarianceType
from mlcourse.kmeans import KMeans
from mlcourse.metrics import align_components
from mlcourse.mixture import Mixture, em, expectation_over, mixture_from_responsibilities
from mlcourse.plotting import (
    INK,
    PALE_INK,
    PAPER,
    PRINT,
    color,
    plot_centers,
    plot_curve,
    plot_decision_regions,
    plot_density,
    plot_ellipses,
    plot_mixture_1d,
    plot_points,
    plot_responsibilities,
    show,
    use_course_style,
)
from mlcourse.widgets import em_player, playground

use_course_style()

# %% tags=["hide-input"]
# To begin with: EM finds three groups that k-means would cut
long, _ = elongated_blobs()
labels = pairwise_distances_argmin(long, long[[942, 131, 294]])  # a start far from the end
start = mixture_from_responsibilities(long, np.eye(3)[labels], CovarianceType.named("full"))
em_player(long, list(islice(em(expectation_over(long), start), 18)))

# %% [markdown]
# ## Three hundred numbers
#
# Three machines throw sand onto a line. Each aims at its own spot, and some scatter more than others. You find three
# hundred grains, but nobody wrote down which machine threw which.

# %%
X, machine = three_gaussians_1d()
machine = np.array([0, 2, 1])[machine]  # number the machines from left to right
x = X[:, 0]

# %% tags=["hide-input"]
# Figure 1: three hundred grains
ax = plt.figure(figsize=(8, 2.6)).subplots()
ax.hist(x, bins=40, color=PALE_INK, alpha=0.4, rwidth=0.9)
ax.plot(x, np.full(len(x), -1.0), "|", color=INK, markersize=9)
ax.annotate("2.5", (2.5, 0), (2.5, 11), ha="center", arrowprops={"arrowstyle": "->", "color": INK})
ax.set(xlabel="position x", ylabel="grains")
show(
    ax,
    "Figure 1. Three hundred grains on a line. Where does one heap end and the next begin?",
    "Histogram of 300 points from -8 to 8, with heaps near -5, near 0 and near 5 that touch. An arrow points to 2.5.",
)

# %% [markdown]
# **Before you run the next cells:** where do you think the three machines aim? Take a grain at 2.5. Which
# machine threw it, and how sure are you, as a percentage? Write your answers down. You will need them again.
#
# ## Two easy questions and one hard one
#
# *If you knew which machine threw each grain*, the rest would be [lesson 03](03_gaussians.ipynb): a mean, a
# variance and a share for each machine.

# %%
for k in range(3):
    own = x[machine == k]
    share = len(own) / len(x)
    print(f"machine {k}: share {share:.2f}, mean {own.mean():5.2f}, variance {own.var():.2f}")

# %% [markdown]
# *If you knew those nine numbers*, [Bayes' rule](../GLOSSARY.md#bayes-rule) would say which machine probably threw a
# grain. The probability of component $k$ for point $x_i$ is the [responsibility](../GLOSSARY.md#responsibility) of
# lesson 02:
#
# $$ r_{ik} = \frac{\pi_k \, N(x_i \mid \mu_k, \sigma_k^2)}{\sum_l \pi_l \, N(x_i \mid \mu_l, \sigma_l^2)} $$
#
# The numerator asks: how common is this component, and how well does it explain this point? The denominator
# makes each point's responsibilities add up to 1.


# %%
def responsibilities(x, pi, mu, var):
    """r_ik for points x (n,) and components pi, mu, var (K,): an array (n, K)."""
    joint = pi * norm.pdf(x[:, np.newaxis], mu, np.sqrt(var))
    return joint / joint.sum(axis=1, keepdims=True)


# %% [markdown]
# Here are five grains and three components with equal weights, means −5, 0 and 5, and a variance of 1.5.

# %%
grains = np.array([-6.0, -2.5, 0.0, 2.5, 2.6])
R = responsibilities(grains, np.full(3, 1 / 3), np.array([-5.0, 0.0, 5.0]), np.full(3, 1.5))
print("  x      r at −5   r at 0   r at 5")
for grain, row in zip(grains, R):
    print(f"{grain:5.1f}" + "".join(f"{r:10.3f}" for r in row))
assert np.allclose(R.sum(axis=1), 1)

# %% [markdown]
# Read it by rows; each sums to 1. The grain at −6 belongs to the left machine; the doubt is too small to print. The
# grain at 2.5 is halfway between two means: one half, one half. Move it by a tenth, and the balance tips a little,
# where k-means would switch.
#
# So the labels would give us the parameters, and the parameters would give us the labels. We have neither. That
# is the hard question, and the answer is almost cheeky: **guess the parameters, compute responsibilities as if
# the guess were true, compute parameters as if those responsibilities were true, and repeat.**
#
# This is [expectation–maximisation](../GLOSSARY.md#expectation-maximisation), EM for short. The code above is
# its first half, the [E-step](../GLOSSARY.md#e-step). The second half is the M-step.
#
# ## The M-step: weighted means and variances
#
# If grain $i$ belongs to component $k$ with responsibility $r_{ik}$, let it count for that much. Component $k$
# then owns $N_k$ grains, not necessarily a whole number. Its share, mean and variance are weighted:
#
# $$ \begin{aligned}
# N_k &= \sum_i r_{ik} \\
# \pi_k &= \frac{N_k}{n} \\
# \mu_k &= \frac{1}{N_k}\sum_i r_{ik}\, x_i \\
# \sigma_k^2 &= \frac{1}{N_k}\sum_i r_{ik}\,(x_i - \mu_k)^2
# \end{aligned} $$
#
# [Lesson 05](05_why_em_works.ipynb) derives them.


# %%
def maximise(x, R):
    """pi, mu, var (K,) from points x (n,) and responsibilities R (n, K)."""
    N = R.sum(axis=0)
    pi = N / len(x)
    mu = (R * x[:, np.newaxis]).sum(axis=0) / N
    var = (R * (x[:, np.newaxis] - mu) ** 2).sum(axis=0) / N
    return pi, mu, var


# %% [markdown]
# If every responsibility is 0 or 1, this must give the results for known labels:

# %%
pi, mu, var = maximise(x, np.eye(3)[machine])
assert np.allclose(mu, [x[machine == k].mean() for k in range(3)])
assert np.allclose(var, [x[machine == k].var() for k in range(3)])

# %% [markdown]
# ## Watch it find the machines
#
# We start with a bad guess on purpose: three narrow components close to zero. One pass of E-step and M-step is
# called a *round*.
#
# **Before you run the next cell:** the outer two start at −1 and 1, far from the heaps at −5 and 5. After
# one round, will they have moved a little, or a lot? What makes them move at all?

# %%
theta = np.full(3, 1 / 3), np.array([-1.0, 0.0, 1.0]), np.ones(3)
history = [theta]
for _ in range(40):
    theta = maximise(x, responsibilities(x, *theta))
    history.append(theta)

# %% tags=["hide-input"]
# Figure 2: the start, and EM after 1, 4 and 40 rounds
strip = np.column_stack([x, np.random.default_rng(0).uniform(-0.035, -0.008, size=len(x))])
fig, axes = plt.subplots(2, 2, figsize=(11, 6), sharex=True, sharey=True)
for ax, done in zip(axes.flat, (0, 1, 4, 40)):
    ax.hist(x, bins=32, density=True, color=PALE_INK, alpha=0.3, rwidth=0.94)
    plot_mixture_1d(*history[done], ax=ax)
    plot_responsibilities(strip, responsibilities(x, *history[done]), sizes=14, ax=ax)
    ax.set(xlabel="position x", ylabel="density", xlim=(-9, 9), ylim=(-0.04, 0.165))
    ax.set_title("the start" if done == 0 else f"after {done} round{'s' * (done > 1)}")
    ax.get_legend().remove()
    for k, (weight, mean, variance) in enumerate(zip(*history[done])):
        top = weight * norm.pdf(0, scale=np.sqrt(variance)) - 0.006
        ax.text(mean, top, k, color=color(k), weight="bold", ha="center", va="top")
arrow = {"arrowstyle": "->", "color": INK}
axes[0, 0].annotate(
    "the sum, up to 0.29", (1.55, 0.15), (3.2, 0.14), fontsize="small", arrowprops=arrow
)
axes[0, 1].annotate("the sum", (0, 0.066), (0, 0.12), ha="center", arrowprops=arrow)
show(
    fig,
    "Figure 2. EM from a bad start: three numbered components and their sum, over the histogram. The strip"
    " below shows the grains, jittered vertically, with the colours mixed by responsibility: a pure colour"
    " means that one component owns the grain, grey that several share it.",
    "Four panels of the data's histogram with three component curves. At the start they are narrow and"
    " close together around 0; after one round they have spread out; after forty each covers one heap.",
)

# %%
for done in (0, 1, 40):
    print(f"means after {done:2d} rounds:", history[done][1].round(2))

# %% [markdown]
# They move a lot. Some component has to explain the grains on the left, and the component at −1, bad as it is,
# explains them far better than the others. So it owns them, and its new mean is among them. That is how EM works:
# **competition in the E-step, averaging in the M-step.**
#
# Now compare with what you wrote down: three positions, a machine for the grain at 2.5, and a percentage.

# %%
pi, mu, var = history[-1]
for k in range(3):
    print(f"component {k}: weight {pi[k]:.2f}, mean {mu[k]:5.2f}, variance {var[k]:.2f}")
print("grain at 2.5:        ", responsibilities(np.array([2.5]), pi, mu, var)[0].round(2))
machines = np.full(3, 1 / 3), np.array([-5, 0, 5]), np.array([1.2, 1.6, 1.8])
print("with the true values:", responsibilities(np.array([2.5]), *machines)[0].round(2))

# %% [markdown]
# EM is fairly sure that the machine on the right threw this grain. With the true values it would be close to even:
# **a responsibility is only as good as the parameters behind it**. (Over twenty samples of 300 grains, EM's
# probability for the machine on the right ranges from 0.12 to 0.89.)
#
# Now watch these rounds in motion, up to the eighteenth: after it, no change is large enough to see. Each step of the
# player is half a round: an E-step or an M-step. Click or tap a grain near 2.5 to keep its responsibilities in view.

# %%
start = Mixture(
    weights=np.full(3, 1 / 3),
    means=np.array([[-1.0], [0.0], [1.0]]),
    covariances=np.ones(3),  # in one dimension all covariance types are the same
    precisions_cholesky=np.ones(3),
    covariance_type=CovarianceType.named("spherical"),
)
em_player(X, list(islice(em(expectation_over(X), start), 18)), features=["position x"])

# %% [markdown]
# ## The likelihood never falls
#
# Is the fit getting better, or only different? We measure it by the [log-likelihood](../GLOSSARY.md#log-likelihood)
# of the data, here as a mean over the points:
#
# $$ \begin{aligned}
# \ell &= \frac{1}{n} \sum_i \log p(x_i) \\
# p(x_i) &= \sum_k \pi_k \, N(x_i \mid \mu_k, \sigma_k^2)
# \end{aligned} $$
#
# Note the order: a logarithm of a sum over components, then a mean over points.


# %%
def mean_log_likelihood(x, pi, mu, var):
    return np.log((pi * norm.pdf(x[:, np.newaxis], mu, np.sqrt(var))).sum(axis=1)).mean()


bounds = [mean_log_likelihood(x, *theta) for theta in history]
assert np.all(np.diff(bounds) > -1e-12)  # this is a theorem, so we may insist on it
print(f"start {bounds[0]:.2f}, after one round {bounds[1]:.2f}, after forty {bounds[-1]:.2f}")

# %% tags=["hide-input"]
# Figure 3: the likelihood of every round
ax = plt.figure(figsize=(7, 3)).subplots()
plot_curve(np.arange(1, 41), bounds[1:], "rounds of EM", "mean log-likelihood", ax=ax)
show(
    ax,
    "Figure 3. The likelihood rises in every round: fast at first, then hardly at all. (The start, at"
    f" {bounds[0]:.2f}, is too low to show.)",
    "A curve that climbs steeply in the first rounds, then flattens out, and never goes down.",
)

# %% [markdown]
# The assertion is more than decoration. Dempster, Laird and Rubin proved in 1977 that an EM round cannot lower the
# likelihood; lesson 05 shows why. So **for exact EM, a likelihood that falls is a bug. Always.** (Exact means: with
# nothing added to the variances.) This test needs no correct answer to compare with.
#
# ### A bug that the likelihood gives away
#
# How much does this test catch? Here is a round of EM that goes through the components one by one. It looks right.


# %%
def looped_round(x, pi, mu, var):
    """One round of EM, one component at a time. There is a bug in it."""
    pi, R = pi.copy(), np.empty((len(x), len(pi)))
    for k in range(len(pi)):
        R[:, k] = responsibilities(x, pi, mu, var)[:, k]
        pi[k] = R[:, k].mean()
    N = R.sum(axis=0)
    mu = (R * x[:, np.newaxis]).sum(axis=0) / N
    return pi, mu, (R * (x[:, np.newaxis] - mu) ** 2).sum(axis=0) / N


# %% [markdown]
# **Before you run the next cell:** it runs from fifty random starts, sixty rounds each. In how many of
# the fifty does the likelihood fall at least once? And the means at the end: will they look wrong?


# %%
def our_round(x, *theta):
    return maximise(x, responsibilities(x, *theta))


def falls(one_round, seed, n_rounds=60):
    """Whether the likelihood falls anywhere in a run from a random start, and where the run ends."""
    start = np.random.default_rng(seed).choice(x, size=3, replace=False)
    theta, bounds = (np.full(3, 1 / 3), start, np.full(3, x.var())), []
    for _ in range(n_rounds):
        bounds.append(mean_log_likelihood(x, *theta))
        theta = one_round(x, *theta)
    return np.any(np.diff(bounds) < -1e-12), theta


ends = {}
for one_round in (looped_round, our_round):
    runs = [falls(one_round, seed) for seed in range(50)]
    ends[one_round] = np.array([np.sort(mu) for _, (pi, mu, var) in runs])
    print(f"{one_round.__name__:11s} falls in {sum(fell for fell, _ in runs):2d} of 50 runs")
close = np.abs(ends[looped_round] - ends[our_round]).max(axis=1) < 0.01
print(f"from the same start, all means end within 0.01 of each other in {close.sum()} of 50 runs")

# %% [markdown]
# In most runs the final means agree to a hundredth, so hardly anyone would notice the bug. The likelihood gives it
# away in most of the fifty. Finding and fixing it is task 5 of the [exercises](../exercises/04_em_exercises.ipynb).
#
# ## When numbers run out
#
# **Before you run the next cell:** what are the responsibilities of a grain at 100, far to the right of
# everything?

# %%
with np.errstate(invalid="ignore"):
    print(responsibilities(np.array([100.0]), *history[-1]))

# %% [markdown]
# Not a number. The densities at 100 are so small that the computer stores 0 for each of them, and 0/0 is
# undefined. One such point ruins the whole fit, since its NaN enters every sum of the M-step.
#
# The fix is to stay in logarithms. With $a_k = \log \pi_k + \log N(x \mid \mu_k, \sigma_k^2)$ we need
# $\log \sum_k e^{a_k}$, and the maximum $m = \max_k a_k$ can be taken out of the sum:
#
# $$ \log \sum_k e^{a_k} = m + \log \sum_k e^{a_k - m} $$
#
# The largest term inside is now $e^0 = 1$. It cannot underflow, and it does not matter if the others do. This
# is [log-sum-exp](../GLOSSARY.md#log-sum-exp).


# %%
def log_sum_exp(A):
    """log Σ_k exp(A_ik) for every row of A (n, K), without underflow or overflow: (n,)."""
    m = A.max(axis=1, keepdims=True)
    return m[:, 0] + np.log(np.exp(A - m).sum(axis=1))


pi, mu, var = history[-1]
A = np.log(pi) + norm.logpdf(100.0, mu, np.sqrt(var))[np.newaxis]
print("log densities   ", np.round(A[0], 1))
print("responsibilities", np.exp(A - log_sum_exp(A)[:, np.newaxis])[0])

# %% [markdown]
# The grain goes to the component on the right. It is absurdly unlikely under all three, but least so under that one.
#
# ## Into the plane, and beyond
#
# In $d$ dimensions only the density and the variance change. The density is that of [lesson 03](03_gaussians.ipynb),
# computed from a Cholesky factor. The variance becomes a [covariance matrix](../GLOSSARY.md#covariance), a weighted
# average of outer products:
#
# $$ \Sigma_k = \frac{1}{N_k} \sum_i r_{ik}\, (x_i - \mu_k)(x_i - \mu_k)^{\mathsf T} $$


# %%
def log_density(X, mu, Sigma):  # as in lesson 03
    """Log density (n,) of points X (n, d) under one Gaussian."""
    d = len(mu)
    L = np.linalg.cholesky(Sigma)
    Y = solve_triangular(L, (X - mu).T, lower=True)
    return -0.5 * (d * np.log(2 * np.pi) + (Y**2).sum(axis=0)) - np.log(np.diag(L)).sum()


def e_step(X, pi, mu, Sigma):
    """Log-likelihood (n,) and responsibilities (n, K) of points X (n, d)."""
    A = np.log(pi) + np.transpose([log_density(X, m, S) for m, S in zip(mu, Sigma)])
    log_likelihood = log_sum_exp(A)
    return log_likelihood, np.exp(A - log_likelihood[:, np.newaxis])


# %%
def m_step(X, R, reg_covar=1e-6):
    """Weights (K,), means (K, d) and covariances (K, d, d)."""
    N = R.sum(axis=0)
    mu = R.T @ X / N[:, np.newaxis]
    Sigma = []
    for r_k, N_k, mu_k in zip(R.T, N, mu):
        D = np.sqrt(r_k)[:, np.newaxis] * (X - mu_k)  # √r on both sides of the product
        Sigma.append(D.T @ D / N_k + reg_covar * np.eye(X.shape[1]))
    return N / len(X), mu, np.array(Sigma)


# %% [markdown]
# `reg_covar` adds a millionth to each variance, so that a covariance can be inverted even if its component shrinks
# onto a single point.
#
# The data are the groups that k-means could not find in [lesson 02](02_kmeans_limits.ipynb): two long ones and a
# round one. We start with three random data points as means, and the identity matrix as each covariance. This draw
# is unlucky: all three points are in the same group.

# %%
Y, truth = elongated_blobs()
drawn = np.random.default_rng(53).choice(len(Y), size=3, replace=False)
print("the three points belong to the groups", truth[drawn])
theta = np.full(3, 1 / 3), Y[drawn], np.array([np.eye(2)] * 3)
path, bounds = [theta], []
for _ in range(60):
    log_likelihood, R = e_step(Y, *theta)
    bounds.append(log_likelihood.mean())
    theta = m_step(Y, R)
    path.append(theta)
assert np.all(np.diff(bounds) > -1e-9)  # reg_covar may cost a billionth

# %% tags=["hide-input"]
# Figure 4: six moments of EM in the plane
fig, axes = plt.subplots(2, 3, figsize=(10, 6.6), sharex=True, sharey=True)
for ax, done in zip(axes.flat, (0, 1, 10, 28, 33, 60)):
    log_likelihood, R = e_step(Y, *path[done])
    plot_responsibilities(Y, R, sizes=14, ax=ax)
    plot_ellipses(*path[done][1:], n_std=2, ax=ax)
    plot_centers(path[done][1], ax=ax)
    name = "the start" if done == 0 else f"after {done} round{'s' * (done > 1)}"
    ax.set(xlim=(-4.4, 7), ylim=(-3.4, 5.6))
    ax.set_title(f"{name}, ℓ = −{-log_likelihood.mean():.2f}")
show(
    fig,
    "Figure 4. EM written by hand, on the elongated groups: ellipses of two standard deviations, the numbered means,"
    " and in each title the mean log-likelihood ℓ.",
    "Six panels. At the start three circles overlap in the middle group; after one round they cover everything;"
    " at ten and 28 rounds components still lie across two groups; at sixty every group, the two long"
    " ones and the round one, has an ellipse that follows its shape.",
)

# %% [markdown]
# About twenty lines of code, and EM finds the groups that defeated k-means, without a starting point in each of them.
# Of twenty other draws, fifteen get there within sixty rounds, and the other five later.
#
# Only the density and the M-step's formulas are Gaussian. Replace these two, and you have EM for another mixture:
# [lesson 11](11_pca_digits.ipynb) does it with coin flips.
#
# ## Real data
#
# The data are 272 eruptions of the geyser Old Faithful in Yellowstone: the duration of each, and the time to the
# next.

# %% tags=["hide-input"]
# Figure 5: Old Faithful
geyser = load_old_faithful()
ax = plt.figure(figsize=(6.4, 3.8)).subplots()
plot_points(geyser, ax=ax).set(xlabel="duration (minutes)", ylabel="waiting time (minutes)")
show(
    ax,
    "Figure 5. 272 eruptions of Old Faithful.",
    "Points in two groups: about two minutes and a wait of less than 70 minutes, and about four and a half minutes"
    " and a wait of more than 65.",
)

# %% [markdown]
# **Before you run the next cell:** EM fits two components. For how many of the 272 eruptions will it be less than
# 95 % sure which component they are from?

# %%
drawn = np.random.default_rng(3).choice(len(geyser), size=2, replace=False)
theta = np.full(2, 1 / 2), geyser[drawn], np.array([np.cov(geyser.T)] * 2)
for _ in range(100):
    theta = m_step(geyser, e_step(geyser, *theta)[1])
R = e_step(geyser, *theta)[1]
print("weights", theta[0].round(3), " means", *theta[1].round(2))
print("less than 95 % sure:", (R.max(axis=1) < 0.95).sum())

# %% tags=["hide-input"]
# Figure 6: two kinds of eruptions
theirs = sklearn.mixture.GaussianMixture(2, tol=1e-10, max_iter=1000, random_state=0).fit(geyser)
order = align_components(theta[1], theirs.means_)
assert np.allclose(theta[1], theirs.means_[order], atol=1e-3)
assert np.allclose(theta[2], theirs.covariances_[order], atol=1e-3)
ax = plt.figure(figsize=(6.4, 3.8)).subplots()
grid = np.stack(np.meshgrid(np.linspace(1.4, 5.3, 400), np.linspace(41, 98, 400)), axis=-1)
sure = e_step(grid.reshape(-1, 2), *theta)[1].max(axis=1).reshape(grid.shape[:2])
ax.contourf(*np.moveaxis(grid, -1, 0), sure, levels=[0.5, 0.95], colors=[PALE_INK], alpha=0.35)
plot_responsibilities(geyser, R, ax=ax)
plot_ellipses(theta[1], theta[2], n_std=(1, 2), ax=ax).set_aspect("auto")
ax.set(xlabel="duration (minutes)", ylabel="waiting time (minutes)")
ax.annotate("less than 95 % sure", (3.3, 50), (3.7, 50), va="center", arrowprops=arrow)
show(
    ax,
    "Figure 6. The mixture found by the code above, with ellipses of one and two standard deviations. In the grey"
    " strip, neither component has a responsibility of 95 %.",
    "The short eruptions in one colour and the long ones in another, each under two ellipses. A grey strip runs"
    " through the gap between them, from the top left to the bottom, with one eruption in it.",
)

# %% [markdown]
# For only one. A good third of the eruptions are short and followed by a short wait. The rest are long, and the strip
# of doubt runs through the gap between them. EM ends here from all twenty random starts. It does not matter that
# waiting times vary ten times as much as durations: full covariances adapt to the units.
#
# ## The EM microscope
#
# From here on we use the package: `mlcourse.mixture.em` is the loop above as a [generator](../GLOSSARY.md#generator).
# Press **Step**. Watch the colours at an E-step and the ellipses at an M-step: each step changes only one of them.

# %%
FULL = CovarianceType.named("full")
guess = np.random.default_rng(9).dirichlet(np.ones(3), size=len(Y))
start = mixture_from_responsibilities(Y, guess, FULL)
em_player(Y, list(islice(em(expectation_over(Y), start), 43)))

# %% [markdown]
# With random responsibilities, all three components begin in the middle of the data, almost alike. They need many
# rounds to become different: the likelihood stays on a *plateau*, then climbs suddenly. A plateau does not mean that
# EM has arrived.
#
# ### Your own points
#
# Click or tap to add a point. Drag a point or a mean, and EM follows while you hold it. Four things to try; make a
# guess before each:
#
# - Drag one point far away from all the others. Does a component go with it?
# - Choose more components than there are groups. Where do the spare ones go?
# - Press *New start* a few times. Does EM always end in the same place?
# - Under *More*, choose the points *long and tilted*: EM starts with two components. Where will k-means draw its
#   boundary? Tick *what k-means would do* to see.
#
# <details><summary>What we saw</summary>
#
# - As a rule, none does. The nearest component stretches towards the point, but its mean stays with the others.
# - They share a group with another component, or shrink onto a few neighbouring points.
# - With the first points and three components, it does. With *long and tilted* and two components, it does not: from
#   some starts, EM ends with a lower likelihood.
# - Across both groups. EM separates them, from a good start.
#
# </details>

# %%
playground(Y[::12])

# %% [markdown]
# ## What a fitted mixture can do
#
# Here are the elongated groups again, fitted with the package. (Ten starts and a small `tol`: more about both below.)
# Components come out in no particular order, so we renumber them to match `truth`.

# %%
patient = GaussianMixture(3, n_init=10, random_state=42, tol=1e-10, max_iter=1000).fit(Y)
true_means = np.array([Y[truth == k].mean(axis=0) for k in range(3)])
order = align_components(true_means, patient)
for name in ("weights_", "means_", "covariances_", "precisions_cholesky_"):
    setattr(patient, name, getattr(patient, name)[order])
new = np.array([[-0.6, -1.0], [1.6, 0.6], [-3.5, 5.0]])  # A, B and C
print("predict        ", patient.predict(new))
print("predict_proba\n", np.round(patient.predict_proba(new), 3))
print("score_samples  ", np.round(patient.score_samples(new), 1))

# %% tags=["hide-input"]
# Figure 7: certainty, density and new points
fig, axes = plt.subplots(1, 3, figsize=(11, 4.2))
R = patient.predict_proba(Y)
plot_responsibilities(Y, R, sizes=4 + 60 * (1 - R.max(axis=1)), ax=axes[0])
plot_decision_regions(patient, Y, ax=axes[1])
plot_density(patient, Y, ax=axes[1])
plot_centers(patient.means_, ax=axes[1])
for name, point in zip("ABC", new):
    disc = {"boxstyle": "circle,pad=0.2", "facecolor": PAPER, "edgecolor": INK}
    axes[1].text(*point, name, color=PRINT, weight="bold", ha="center", va="center", bbox=disc)
plot_points(*patient.sample(1250), sizes=12, ax=axes[2])
for ax, title in zip(axes, ("predict_proba", "score_samples and predict", "sample")):
    ax.set(title=title, xlim=(-4.4, 7), ylim=(-3.4, 5.6), aspect="equal")
show(
    fig,
    "Figure 7. Left, the points, drawn large where the mixture is unsure. Middle, contours of the density and the"
    " regions of `predict`, with the points A, B and C of the cell above. Right, 1250 new points from the mixture.",
    "Three panels: the data, with the largest points where two groups touch; contour lines around"
    " three means on a plane tinted by the likeliest component; new points that look like the data.",
)

# %% [markdown]
# Four questions, four methods. `predict`: which component, if you must choose? `predict_proba`: how sure?
# (These are the responsibilities.) `score_samples`: how likely is such a point at all? `sample`: what would new
# data look like?
#
# Look at C. The nearest group is 0, yet `predict` says 2: the region of the round group reappears behind the long
# one. Far away all densities are tiny, and the component whose density falls off most slowly *in that direction*
# wins, as the loose group did in lesson 02. The probabilities say "certainly component 2"; the score says "nothing
# like my data". **Certainty about the component is not familiarity with the point.**
#
# ## Same start, same path
#
# How do we know that all this is right? We compare with scikit-learn, from the same start, for all four covariance
# types ([lesson 07](07_covariance_types.ipynb) is about them).
#
# **Before you run the next cell:** after 20 rounds, in how many digits will the two agree?

# %%
gaps = {}
for name in ("full", "tied", "diag", "spherical"):
    start = mixture_from_responsibilities(Y, guess, CovarianceType.named(name))
    ours = next(islice(em(expectation_over(Y), start), 20, None)).mixture
    theirs = sklearn.mixture.GaussianMixture(
        3, covariance_type=name, max_iter=20, tol=0, weights_init=start.weights,
        means_init=start.means,
        precisions_init=start.covariance_type.kernel.precision(start.precisions_cholesky),
    )  # fmt: skip
    with warnings.catch_warnings(action="ignore"):  # it warns that 20 rounds are too few
        theirs.fit(Y)
    pairs = (
        (ours.weights, theirs.weights_),
        (ours.means, theirs.means_),
        (ours.covariances, theirs.covariances_),
    )
    gaps[name] = max(np.abs(a - b).max() for a, b in pairs)
    print(f"{name:9s} largest difference in any parameter: {gaps[name]:.0e}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert max(gaps.values()) < 1e-11

# %% [markdown]
# In more than ten: they agree to within rounding errors. So when two correct EM programs differ, they differ in
# *where they start* or in *when they stop*.
#
# ## Where to start
#
# The start decides which hill of the likelihood EM climbs, and how long it takes. `init_params` offers four kinds:
#
# - `"kmeans"` (the default): run k-means first, and start from its clusters;
# - `"k-means++"`: one data point per component, well spread;
# - `"random_from_data"`: one random data point per component;
# - `"random"`: random responsibilities, as in the microscope.
#
# **Before you run the next cell:** we try twelve seeds. Which of the four needs the fewest rounds, as a rule and at
# worst?

# %%
runs = {}
for init in ("kmeans", "k-means++", "random_from_data", "random"):
    options = {"init_params": init, "tol": 1e-6, "max_iter": 500}
    runs[init] = [GaussianMixture(3, random_state=s, **options).fit(Y) for s in range(12)]
    n = [run.n_iter_ for run in runs[init]]
    print(f"{init:17s} rounds: median {np.median(n):3.0f}, most {max(n):3d}")

# %% [markdown]
# As a rule, k-means needs the fewest. But its worst run is longer than that of `"k-means++"` or `"random"`. Why? Its
# twelve runs do not all find the same clusters.
#
# **Before you run the next cell:** which clusters are the better start for EM, those with the lower inertia or those
# with the higher?

# %% tags=["hide-input"]
# Figure 8: two k-means starts, and EM from both
kmeans = [KMeans(3, n_init=1, random_state=seed).fit(Y) for seed in range(12)]
inertias, rounds = [km.inertia_ for km in kmeans], [run.n_iter_ for run in runs["kmeans"]]
fig, axes = plt.subplots(1, 3, figsize=(11, 4.2), width_ratios=[1, 1, 1.1])
for ax, i, name in zip(axes, (np.argmin(inertias), np.argmax(inertias)), ("lower", "higher")):
    rank = np.argsort(align_components(true_means, kmeans[i].cluster_centers_))
    plot_points(Y, rank[kmeans[i].labels_], sizes=12, ax=ax).set_aspect("equal")
    ax.set_title(f"{name} inertia: {inertias[i]:.0f}")
    begin = mixture_from_responsibilities(Y, np.eye(3)[kmeans[i].labels_], FULL)
    climb = [step.lower_bound for step in islice(em(expectation_over(Y), begin), 111)]
    axes[2].plot(climb, color=INK, linestyle={"lower": "-", "higher": "--"}[name], linewidth=2)
axes[2].text(8, -3.26, "higher inertia", va="center")
axes[2].text(8, -3.59, "lower inertia", va="center")
axes[2].set(xlabel="rounds of EM", ylabel="mean log-likelihood", title="EM from both")
axes[2].set_box_aspect(0.9)
print("rounds of EM from the lower inertia: ", *sorted(n for n in rounds if n > 50))
print("rounds of EM from the higher inertia:", *sorted(n for n in rounds if n < 50))
assert all((n > 50) == (inertia < 2200) for n, inertia in zip(rounds, inertias))
show(
    fig,
    "Figure 8. The k-means clusters with the lowest and the highest inertia of twelve seeds, and EM from both.",
    "Left, clusters of k-means that cut across both long groups; middle, clusters that follow the groups more"
    " closely; right, two likelihood curves: from the lower inertia a long plateau before the climb, from the higher"
    " inertia a climb in the first rounds. Both end at the same height.",
)

# %% [markdown]
# Those with the higher inertia. **The better k-means result is the worse start for EM.** The clusters with the lower
# inertia cut across the long groups, as in lesson 02, and EM needs at least 90 rounds to undo that. The others need
# at most 18. (Of twenty other samples, nine had two clearly different inertias; in all nine, EM took more rounds from
# the lower.)
#
# On the five blobs of lesson 01, EM often ends on a lower hill:

# %%
blobs, _ = five_blobs()
for seed in range(8):
    model = GaussianMixture(
        5, init_params="random_from_data", random_state=seed, tol=1e-6, max_iter=1000
    )
    print(f"start {seed}: mean log-likelihood {model.fit(blobs).lower_bound_:.4f}")

# %% [markdown]
# Nothing in a single run tells you that there is a higher hill nearby. So **`n_init` restarts and keeps the run
# with the highest likelihood**.
#
# ## When to stop
#
# EM stops when the mean log-likelihood changes by less than `tol` in a round. The default, 0.001, is generous.
#
# **Before you run the next cell:** twelve single runs from k-means would all reach −3.227 in the end. How many have
# reached it, to two decimals, when the default stops them?

# %%
quick = [GaussianMixture(3, random_state=seed).fit(Y) for seed in range(12)]
print("single runs:", *(f"{run.lower_bound_:.2f}" for run in quick))
print("converged_: ", all(run.converged_ for run in quick))
model = GaussianMixture(3, n_init=10, random_state=42).fit(Y)
for name, m in (("tol=1e-3 ", model), ("tol=1e-10", patient)):
    print("best of 10,", name, "weights", np.sort(m.weights_).round(6), "in", m.n_iter_, "rounds")

# %% [markdown]
# Seven have. The other five, those with the lower inertia, stop on the plateau and report that they have converged:
# small steps do not mean that little is left to do.
#
# Restarts help: the best of ten is on the hill. But one of its weights is still 0.006 from its final value. That will
# do for a picture, but not for quoting three decimals. **If your numbers differ from published ones, check the
# tolerance before you look for a bug.**
#
# ## `reg_covar` has a unit
#
# [Lesson 06](06_when_em_fails.ipynb) shows what `reg_covar` is good for. One trap you should know now: its value is
# in *squared units of your data*. Suppose that the lengths in `Y` are micrometres.
#
# **Before you run the next cell:** you write the same lengths in metres, then in nanometres. In which unit is
# a `reg_covar` of `1e-6` too large?

# %%
for unit, factor in (("micrometres", 1), ("metres", 1e-6), ("nanometres", 1e3)):
    fitted = GaussianMixture(3, n_init=10, random_state=42).fit(factor * Y)
    width = np.sqrt(np.linalg.eigvalsh(fitted.covariances_).min()) / factor
    print(f"in {unit:11s}: the narrowest component has a width of {width:.2f} µm")

# %% [markdown]
# In metres: every variance is then about $10^{-12}$, and a millionth swamps them all. If your numbers are very small,
# standardise them first, or choose a smaller `reg_covar`.
#
# ## Common mistakes
#
# - **The likelihood falls.** Apart from the small effect of `reg_covar`, this is a bug. The usual cause: parameters
#   are updated while responsibilities are still being computed.
# - **"The likelihood rises, so the code is right."** It rises even if the M-step forgets to return the new `pi`. So
#   check an identity too: at the end, the weights equal the mean responsibilities.
# - **NaN after a few rounds.** A density was computed outside log space, or a component lost all its points and
#   something was divided by zero.
# - **"My means are in the wrong order."** Components have no order. Align them before you compare.
# - **"EM finds the best mixture."** It finds a place where the likelihood no longer rises: usually a local
#   maximum, rarely a saddle. Restart, and keep the best.

# %% [markdown]
# ## Quiz
#
# **1.** A point has responsibilities (0.5, 0.5). What does that say?
#
# - **A.** It is in a region of low density.
# - **B.** Both components explain it equally well, given how common they are.
# - **C.** It is halfway between the two means.
#
# <details><summary>Answer</summary>
#
# **B.** Responsibilities compare the components with one another. A is what `score_samples` measures: a point deep
# inside two overlapping components can be both undecided and very likely. C is too narrow: even with equal weights
# and covariances, a whole line of points is undecided, not only the one halfway.
#
# </details>

# %% [markdown]
# **2.** You run EM twice from the same start, without `reg_covar`: first with `tol=1e-3`, then with `tol=1e-10`.
# The second likelihood is …
#
# - **A.** higher or equal.
# - **B.** lower or equal.
# - **C.** either; it depends on the start.
#
# <details><summary>Answer</summary>
#
# **A.** Same start, same path: the second run repeats the first and then goes on, and the likelihood
# never falls. C would be right for two *different* starts; B would be a bug.
#
# </details>

# %% [markdown]
# **3.** Why does the M-step divide by $N_k$, and not by $n$?
#
# - **A.** To make the covariance unbiased.
# - **B.** Because component $k$ owns $N_k$ points.
# - **C.** To make the weights sum to 1.
#
# <details><summary>Answer</summary>
#
# **B.** A weighted mean is divided by the sum of its weights, here $N_k$. An unbiased covariance (A) would need a
# smaller divisor. The weights (C) sum to 1 because $\sum_k N_k = n$; they are the one place where $n$ is the divisor.
#
# </details>

# %% [markdown]
# ## In five lines
#
# 1. Known labels give parameters; known parameters give responsibilities; EM guesses one and alternates.
# 2. E: Bayes' rule for each point, in log space. M: weighted shares, means and covariances.
# 3. The likelihood of exact EM never falls. If it does, there is a bug.
# 4. The start decides which hill EM climbs. Restart and compare likelihoods; a better k-means may be a worse start.
# 5. The tolerance decides how many of your digits you can trust, and whether EM stops on a plateau.
#
# ## Where next
#
# In the [exercises](../exercises/04_em_exercises.ipynb) you write each of these functions, find the bug in
# `looped_round`, and put the loop together.
#
# ## References
#
# - A. P. Dempster, N. M. Laird, D. B. Rubin (1977). Maximum likelihood from incomplete data via the EM
#   algorithm. *Journal of the Royal Statistical Society B* 39(1), 1–38.
# - C. F. J. Wu (1983). On the convergence properties of the EM algorithm. *The Annals of Statistics* 11(1),
#   95–103.
# - A. Azzalini, A. W. Bowman (1990). A look at some data on the Old Faithful geyser. *Applied Statistics* 39(3),
#   357–365.
# - C. M. Bishop (2006). *Pattern Recognition and Machine Learning*, chapter 9. Springer.
