# %% tags=["hide-input"]
# Imports and figure style
import warnings
from itertools import islice

import matplotlib.pyplot as plt
import numpy as np
import sklearn.mixture
from scipy.stats import norm
from sklearn.base import clone
from sklearn.metrics import pairwise_distances_argmin

from mlcourse import GaussianMixture
from mlcourse.datasets import elongated_blobs, five_blobs, three_gaussians_1d
from mlcourse.gaussians import CovarianceType, log_density
from mlcourse.mixture import Mixture, em, expectation_over, mixture_from_responsibilities
from mlcourse.plotting import (
    INK,
    PALE_INK,
    color,
    plot_centers,
    plot_curve,
    plot_decision_regions,
    plot_density,
    plot_ellipses,
    plot_lower_bound,
    plot_mixture_1d,
    plot_points,
    plot_responsibilities,
    show,
    use_course_style,
)
from mlcourse.widgets import em_player, playground

use_course_style()

# %% [markdown]
# Run the next cell, then press Play in it. By the end of this lesson you will have written what you see.

# %% tags=["hide-input"]
# To begin with: EM on the five blobs of lesson 01
blobs, _ = five_blobs()
labels = pairwise_distances_argmin(blobs, blobs[:5])
start = mixture_from_responsibilities(blobs, np.eye(5)[labels], CovarianceType.named("full"))
em_player(blobs, list(islice(em(expectation_over(blobs), start), 30)))

# %% [markdown]
# ## Three hundred numbers
#
# Three machines throw sand onto a line. Each throws around a spot of its own, and some throw wider than
# others. In the morning you find three hundred grains, and nobody wrote down which machine threw which.

# %%
X, machine = three_gaussians_1d()
x = X[:, 0]

# %% tags=["hide-input"]
# Figure 1: three hundred grains
ax = plt.figure(figsize=(8, 2.6)).subplots()
ax.hist(x, bins=40, color=PALE_INK, alpha=0.4, rwidth=0.9)
ax.plot(x, np.full(len(x), -1.0), "|", color=INK, markersize=9)
ax.set(xlabel="position x", ylabel="grains")
show(
    ax,
    "Figure 1. Three hundred grains on a line. Where does one heap end and the next begin?",
    "Histogram of 300 points from -8 to 8, with heaps near -5, near 0 and near 5 that touch.",
)

# %% [markdown]
# **Before you run the next cells:** where do you think the three machines stand? Take a grain at 2.5. Which
# machine threw it, and how sure are you, as a percentage? Write your answers down. You will need them
# again.
#
# ## Two easy questions and one hard one
#
# *If somebody told you which machine threw each grain*, the rest would be [lesson 03](03_gaussians.ipynb):
# a mean, a variance and a share for each machine.

# %%
for k in range(3):
    own = x[machine == k]
    print(
        f"machine {k}: share {len(own) / len(x):.2f}, mean {own.mean():5.2f}, variance {own.var():.2f}"
    )

# %% [markdown]
# *If somebody told you those nine numbers*, Bayes' rule would tell you which machine probably threw a
# grain. The probability of component $k$ for point $x_i$ is the
# [responsibility](../GLOSSARY.md#responsibility) that you know from lesson 02:
#
# $$ r_{ik} = \frac{\pi_k \, N(x_i \mid \mu_k, \sigma_k^2)}{\sum_l \pi_l \, N(x_i \mid \mu_l, \sigma_l^2)} $$
#
# The numerator asks: how common is this component, and how well does it explain this point? The denominator
# makes the answers of one point add up to 1. In code, the same, in the same order:


# %%
def responsibilities(x, pi, mu, var):
    """r_ik for points x (n,) and components pi, mu, var (K,): an array (n, K)."""
    joint = pi * norm.pdf(x[:, np.newaxis], mu, np.sqrt(var))
    return joint / joint.sum(axis=1, keepdims=True)


# %% [markdown]
# Five grains, three components, in round numbers: weights of a third each, means −5, 0 and 5, and a
# variance of 1.5 for all.

# %%
grains = np.array([-6.0, -2.5, 0.0, 2.5, 2.6])
R = responsibilities(
    grains, pi=np.full(3, 1 / 3), mu=np.array([-5.0, 0.0, 5.0]), var=np.full(3, 1.5)
)
print("  x      r at −5   r at 0   r at 5")
for grain, row in zip(grains, R):
    print(f"{grain:5.1f}" + "".join(f"{r:10.3f}" for r in row))

# %% [markdown]
# Read the rows. The grain at −6 belongs to the left machine, without a doubt worth printing. The grain at
# 2.5 lies halfway, and its row says so: one half, one half. Move it by a tenth and the balance tips a
# little, not all the way. K-means could only ever have said "this one".
#
# Each row sums to 1. The columns do not sum to anything in particular: a component may own many points or
# few.

# %%
assert np.allclose(R.sum(axis=1), 1)

# %% [markdown]
# So: with the labels we could find the parameters, and with the parameters we could find the labels. We
# have neither. That is the hard question, and the answer is almost cheeky: **guess the parameters, compute
# responsibilities as if the guess were true, compute parameters as if those responsibilities were true, and
# repeat.**
#
# It is called [expectation–maximisation](../GLOSSARY.md#expectation-maximisation), EM for short. The first
# half is the [E-step](../GLOSSARY.md#e-step), and you have just read it. Here is the second.
#
# ## The M-step: means and variances, weighted
#
# If grain $i$ belongs to component $k$ with responsibility $r_{ik}$, let it count for that much. Component
# $k$ then owns $N_k$ grains altogether, not necessarily a whole number, and its share, mean and variance
# are the ones you know, weighted:
#
# $$ \begin{aligned}
# N_k &= \sum_i r_{ik} \\
# \pi_k &= \frac{N_k}{n} \\
# \mu_k &= \frac{1}{N_k}\sum_i r_{ik}\, x_i \\
# \sigma_k^2 &= \frac{1}{N_k}\sum_i r_{ik}\,(x_i - \mu_k)^2
# \end{aligned} $$


# %%
def maximise(x, R):
    """pi, mu, var (K,) from points x (n,) and responsibilities R (n, K)."""
    N = R.sum(axis=0)
    pi = N / len(x)
    mu = (R * x[:, np.newaxis]).sum(axis=0) / N
    var = (R * (x[:, np.newaxis] - mu) ** 2).sum(axis=0) / N
    return pi, mu, var


# %% [markdown]
# If the responsibilities are all 0 or 1, this is what you would have done with labels. A law worth checking:

# %%
pi, mu, var = maximise(x, np.eye(3)[machine])
assert np.allclose(mu, [x[machine == k].mean() for k in range(3)])
assert np.allclose(var, [x[machine == k].var() for k in range(3)])

# %% [markdown]
# ## Watch it find the machines
#
# We start with a poor guess on purpose: three narrow components huddled around zero.
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
# Figure 2: EM after 0, 1, 4 and 40 rounds
strip = np.column_stack([x, np.random.default_rng(0).uniform(-0.05, -0.01, size=len(x))])
fig, axes = plt.subplots(2, 2, figsize=(11, 6), sharex=True, sharey=True)
for ax, round_ in zip(axes.flat, (0, 1, 4, 40)):
    plot_mixture_1d(*history[round_], X=x, ax=ax)
    plot_responsibilities(strip, responsibilities(x, *history[round_]), sizes=14, ax=ax)
    ax.set(
        title=f"after {round_} rounds", ylim=(-0.055, 0.32), xlabel="position x", ylabel="density"
    )
    ax.get_legend().remove()
show(
    fig,
    "Figure 2. EM from a poor start. Every point, in the strip below the curves (shaken up and"
    " down so that they can be told apart), wears a mixture of its components' colours:"
    " pure where one owns it, in between where two share it.",
    "Four panels of the data's histogram with three component curves. At the start they are narrow and"
    " huddle at −1, 0 and 1; after one round they have spread out; after forty each sits on one heap.",
)

# %%
print("means at the start:    ", history[0][1])
print("means after one round: ", history[1][1].round(2))
print("means after forty:     ", history[40][1].round(2))

# %% [markdown]
# A lot, in one round. All the grains on the left have to be explained by *somebody*, and the component at
# −1, bad as it is, explains them far better than the others. So it owns them, and its new mean is in the
# midst of them. That is the whole engine: **competition in the E-step, averaging in the M-step.**
#
# Now take out what you wrote down: three positions, a machine for the grain at 2.5, and a percentage.

# %%
pi, mu, var = history[-1]
for k in np.argsort(mu):
    print(f"component {k}: weight {pi[k]:.2f}, mean {mu[k]:5.2f}, variance {var[k]:.2f}")
print("the grain at 2.5:", np.round(responsibilities(np.array([2.5]), pi, mu, var)[0], 2))

# %% [markdown]
# EM, too, gives the grain to the machine on the right, and keeps some doubt. Perhaps you were more certain,
# or less: nobody can know which machine it was, only how often such a guess is right.
#
# Now watch the same forty rounds move. Each step is half a round: an E-step or an M-step. (`em` is the loop that you
# have just read, as the package has it, and `expectation_over(X)` is its E-step on these points; more of it below.)
# Click on a grain near 2.5, so that its responsibilities stay in view, and watch it change its mind while EM runs.

# %%
start = Mixture(
    weights=np.full(3, 1 / 3),
    means=np.array([[-1.0], [0.0], [1.0]]),
    covariances=np.ones(3),  # one variance each: in one dimension every type says the same
    precisions_cholesky=np.ones(3),
    covariance_type=CovarianceType.named("spherical"),
)
em_player(X, list(islice(em(expectation_over(X), start), 41)))

# %% [markdown]
# ## The likelihood never falls
#
# Is it getting better, or only different? The measure is the
# [log-likelihood](../GLOSSARY.md#log-likelihood) of the data, here as a mean over the points:
#
# $$ \begin{aligned}
# \ell &= \frac{1}{n} \sum_i \log p(x_i) \\
# p(x_i) &= \sum_k \pi_k \, N(x_i \mid \mu_k, \sigma_k^2)
# \end{aligned} $$
#
# Note the order: a logarithm of a sum. The sum runs over explanations of one point, the mean over points.


# %%
def mean_log_likelihood(x, pi, mu, var):
    return np.log((pi * norm.pdf(x[:, np.newaxis], mu, np.sqrt(var))).sum(axis=1)).mean()


# %%
bounds = [mean_log_likelihood(x, *theta) for theta in history]
assert np.all(np.diff(bounds) > -1e-12)  # this is a theorem, so we may insist on it
print(f"start {bounds[0]:.2f}, after one round {bounds[1]:.2f}, after forty {bounds[-1]:.2f}")

# %% tags=["hide-input"]
# Figure 3: the likelihood of every round
rounds = np.arange(1, 41)
show(
    plot_curve(rounds, bounds[1:], "rounds of EM", "mean log-likelihood of a grain"),
    "Figure 3. The likelihood rises in every round: fast at first, then hardly. (The start itself lies"
    " far below, and is left out.)",
    "A curve that climbs steeply in the first rounds, then flattens out, and never goes down.",
)

# %% [markdown]
# The variances are not those of the labels. Is something wrong with them? Ask the likelihood.

# %%
with_labels = maximise(x, np.eye(3)[machine])
print(f"EM {bounds[-1]:.4f}, the labels' parameters {mean_log_likelihood(x, *with_labels):.4f}")
assert bounds[-1] > mean_log_likelihood(x, *with_labels)

# %% [markdown]
# EM explains the positions *better* than the labels do. It has never seen a label, so it owes them nothing.
# Where two heaps touch, it may share the grains out in another way, and the variances follow.
#
# The assertion on the rising likelihood is more than decoration. Dempster, Laird and Rubin proved in 1977
# that an EM round cannot lower the likelihood ([lesson 05](05_why_em_works.ipynb) shows why). So **for exact EM,
# a likelihood that falls is a bug. Always.** (Exact means: with nothing added to the variances. You will soon meet
# `reg_covar`, which adds something.) It is the best test you will ever have for an algorithm that has no
# right answer to compare with.
#
# Here is how far that test carries. The function below follows a published implementation. Read it. It
# looks right.


# %%
def published_round(x, pi, mu, var):
    """One round of EM, after a published implementation. There is a bug in it."""
    pi, R = pi.copy(), np.empty((len(x), len(pi)))
    for k in range(len(pi)):
        R[:, k] = responsibilities(x, pi, mu, var)[:, k]
        pi[k] = R[:, k].mean()
    N = R.sum(axis=0)
    mu = (R * x[:, np.newaxis]).sum(axis=0) / N
    return pi, mu, (R * (x[:, np.newaxis] - mu) ** 2).sum(axis=0) / N


# %% [markdown]
# **Before you run the next cell:** it is run from fifty random starts, sixty rounds each. In how many of
# the fifty does the likelihood fall at least once? And the numbers it ends with: will they look wrong?


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


# %%
ends = {}
for one_round in (published_round, our_round):
    runs = [falls(one_round, seed) for seed in range(50)]
    ends[one_round] = np.array([np.sort(mu) for _, (pi, mu, var) in runs])
    print(f"{one_round.__name__:15s} falls in {sum(fell for fell, _ in runs):2d} of 50 runs")
gap = np.abs(ends[published_round] - ends[our_round]).max(axis=1)
print(
    f"from the same start, all means end within 0.01 of one another in {(gap < 0.01).sum()} of 50"
)
print("first run:", ends[published_round][0].round(2), "and", ends[our_round][0].round(2))

# %% [markdown]
# In most of the runs the final means are the same, to a hundredth. Hardly anybody would have noticed: the
# plots look right, the results are plausible. The likelihood noticed, in most of the runs. Finding and
# fixing the bug is task 5 of the [exercises](../exercises/04_em_exercises.ipynb).
#
# ## When numbers run out
#
# One more trap before we leave the line. **Before you run the next cell:** what are the responsibilities of
# a grain at 100, far to the right of everything?

# %%
with np.errstate(invalid="ignore"):
    print(responsibilities(np.array([100.0]), *history[-1]))

# %% [markdown]
# Not a number. The densities at 100 are so small that the computer stores 0 for every one of them, and 0/0
# is nothing at all. One such point is enough: its NaN enters every sum of the M-step, and the whole fit is
# gone.
#
# The cure is to stay in logarithms. With $a_k = \log \pi_k + \log N(x \mid \mu_k, \sigma_k^2)$ we need
# $\log \sum_k e^{a_k}$, and the maximum $m = \max_k a_k$ may be taken out of the sum:
#
# $$ \log \sum_k e^{a_k} = m + \log \sum_k e^{a_k - m} $$
#
# The greatest term inside is now $e^0 = 1$. It cannot underflow, and the others do no harm if they do. This
# is [log-sum-exp](../GLOSSARY.md#log-sum-exp).


# %%
def log_sum_exp(A):
    """log Σ_k exp(A_ik) for every row of A (n, K), without leaving the range of numbers: (n,)."""
    m = A.max(axis=1, keepdims=True)
    return m[:, 0] + np.log(np.exp(A - m).sum(axis=1))


# %%
pi, mu, var = history[-1]
A = np.log(pi) + norm.logpdf(100.0, mu, np.sqrt(var))[np.newaxis]
print("log densities   ", np.round(A[0], 1))
print("responsibilities", np.exp(A - log_sum_exp(A)[:, np.newaxis])[0])

# %% [markdown]
# The right-hand component takes it, and rightly so: the grain is absurd for all of them, and least absurd
# for that one.
#
# ## Into the plane, and beyond
#
# Nothing changes in $d$ dimensions but the density and the variance. The density is the one from
# [lesson 03](03_gaussians.ipynb), computed from a Cholesky factor; the variance becomes a
# [covariance matrix](../GLOSSARY.md#covariance), which is a weighted average of outer products:
#
# $$ \Sigma_k = \frac{1}{N_k} \sum_i r_{ik}\, (x_i - \mu_k)(x_i - \mu_k)^{\mathsf T} $$

# %%
FULL = CovarianceType.named("full")


def e_step(X, pi, mu, Sigma):
    """Log-likelihood (n,) and responsibilities (n, K) of points X (n, d)."""
    A = np.log(pi) + log_density(X, mu, FULL.kernel.factor(Sigma), FULL)
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
# Two details. The root of $r$ goes into both factors, so that the product is symmetric to the last digit.
# And `reg_covar` adds a millionth to each variance: should a component ever shrink onto a single point, its
# covariance can still be inverted. More about that below.
#
# The data are the ones that k-means could not do in [lesson 02](02_kmeans_limits.ipynb): two long thin
# groups and a round one. We start from a rough guess: three points of the data, drawn by chance, as means,
# and a round unit covariance for each.

# %%
Y, truth = elongated_blobs()
drawn = np.random.default_rng(1).choice(len(Y), size=3, replace=False)
print("the three points belong to the groups", truth[drawn])
theta = np.full(3, 1 / 3), Y[drawn], np.array([np.eye(2)] * 3)
bounds = []
for _ in range(60):
    log_likelihood, R = e_step(Y, *theta)
    bounds.append(log_likelihood.mean())
    theta = m_step(Y, R)
assert np.all(np.diff(bounds) > -1e-9)

# %% tags=["hide-input"]
# Figure 4: EM in the plane
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4))
plot_responsibilities(Y, R, ax=left)
plot_ellipses(theta[1], theta[2], n_std=(1, 2), ax=left)
left.set_title("60 rounds, by hand")
plot_lower_bound(bounds, ax=right)
show(
    fig,
    "Figure 4. EM written by hand, on the elongated groups: ellipses of one and two standard"
    " deviations, and the likelihood's climb.",
    "Left, two long groups of points and a round one, each under a pair of ellipses that follow"
    " its shape. Right, a rising curve that flattens out.",
)

# %% [markdown]
# About twenty lines of code and the density of lesson 03, and the groups that defeated k-means are found:
# each component has taken on the length, the width and the direction of its group. It had no starting point
# in each group, and needed none. Try other draws too. For some of them sixty rounds are too few.
#
# ## The EM microscope
#
# From here on we use the package. `mlcourse.mixture.em` is the loop above as a
# [generator](../GLOSSARY.md#generator): it yields one step after the other for as long as you ask, so that
# a fit, a plot and a film can all look at the same steps. Press **Step**: at an E-step watch the colours, at
# an M-step watch the ellipses. Each changes one thing only, and the caption says how much.

# %%
guess = np.random.default_rng(4).dirichlet(np.ones(3), size=len(Y))
start = mixture_from_responsibilities(Y, guess, FULL)
steps = list(islice(em(expectation_over(Y), start), 40))
em_player(Y, steps)

# %% [markdown]
# The start was as ignorant as can be: random responsibilities, so three components on top of one another in
# the middle of everything. Watch how long nothing seems to happen, and how suddenly it then does. The
# likelihood curve shows the same plateau. A flat stretch does not mean that EM has arrived.
#
# ### Your own points
#
# Here EM runs in the page itself, on points that are yours. Click to add a point. Drag a point or a mean, and EM
# follows while you drag; let go, and it runs on until it has converged. *Undo* takes back whatever you did. Four
# things to try, each with a guess first:
#
# - Drag one point far away from all the others. Does a component go with it?
# - Choose more components than there are groups. Where do the spare ones go?
# - Press *New start* a few times. Does EM always come to the same end?
# - Choose the points *long and tilted* and two components. Where will k-means draw its border? Tick *what k-means
#   would do* to see.

# %%
playground(Y[::12])

# %% [markdown]
# ## Same start, same path
#
# How do we know that all this is right? We compare with the implementation that most people use, **step by
# step**, from the same start, for all four kinds of covariance matrices, which
# [lesson 07](07_covariance_types.ipynb) is about.
#
# **Before you run the next cell:** after 20 rounds, in how many digits will the two agree?

# %%
gaps = {}
for name in ("full", "tied", "diag", "spherical"):
    start = mixture_from_responsibilities(Y, guess, CovarianceType.named(name))
    ours = next(islice(em(expectation_over(Y), start), 20, None)).mixture
    precisions = start.covariance_type.kernel.precision(start.precisions_cholesky)
    theirs = sklearn.mixture.GaussianMixture(
        3, covariance_type=name, max_iter=20, tol=0, weights_init=start.weights, means_init=start.means,
        precisions_init=precisions,
    )  # fmt: skip
    with warnings.catch_warnings(action="ignore"):  # it would tell us that 20 rounds are too few
        theirs.fit(Y)
    gaps[name] = np.abs(ours.covariances - theirs.covariances_).max()
    print(f"{name:9s} greatest difference in a covariance: {gaps[name]:.0e}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert max(gaps.values()) < 1e-8

# %% [markdown]
# To the limits of the arithmetic. Once this holds for every step, every difference that you will ever see
# between two EM programs is a difference in *where they start* or *when they stop*. These are the two
# choices left.
#
# ## Where to start
#
# The likelihood only climbs, so EM ends on a hill that depends on the start. Ten runs, from ten random starts:

# %% tags=["hide-input"]
# Figure 5: ten random starts
fig, ax = plt.subplots(figsize=(8, 4))
for seed in range(10):
    guess = np.random.default_rng(seed).dirichlet(np.ones(3), size=len(Y))
    path = [
        s.lower_bound
        for s in islice(em(expectation_over(Y), mixture_from_responsibilities(Y, guess, FULL)), 120)
    ]
    ax.plot(path, color=color(seed % 3), linestyle=("-", "--", ":")[seed % 3])
ax.set(xlabel="rounds of EM", ylabel="mean log-likelihood of a point")
show(
    ax,
    "Figure 5. Ten random starts. Long plateaus, sudden climbs, and not all at the same time.",
    "Ten rising curves. They begin together, rest on a plateau for different lengths of time,"
    " then climb steeply; all end at the same height.",
)

# %% [markdown]
# Random responsibilities make all components alike at first, and it takes rounds to tell them apart. So
# `GaussianMixture` runs k-means first and begins with its clusters (`init_params="kmeans"`). The other
# choices are `"k-means++"`, one well-spread point for each component; `"random_from_data"`, one point
# picked at random; and `"random"`, which you see above.
#
# **Before you run the next cell:** which of the four needs the fewest rounds on these data, as a rule? And at
# worst? We ask twelve seeds.

# %%
for init_params in ("kmeans", "k-means++", "random_from_data", "random"):
    model = GaussianMixture(3, init_params=init_params, tol=1e-6, max_iter=500)
    runs = [clone(model).set_params(random_state=seed).fit(Y) for seed in range(12)]
    n = [run.n_iter_ for run in runs]
    ends = [run.lower_bound_ for run in runs]
    print(
        f"{init_params:17s} rounds: median {np.median(n):3.0f}, most {max(n):3d};  "
        f"mean log-likelihood {min(ends):.3f} to {max(ends):.3f}"
    )

# %% [markdown]
# K-means, as a rule. That is why it is the default. But look at its worst run: where k-means cuts the long
# groups in the wrong places, as you saw in lesson 02, EM has to undo that first, and it takes its time. A
# single run would have told you either story. So compare starts by many runs, never by one.
#
# And look at the last column. In the third row not every run reached the same height. It can be worse. Here
# are the five blobs of lesson 01, from eight starts:

# %%
blobs, _ = five_blobs()
for seed in range(8):
    model = GaussianMixture(
        5, init_params="random_from_data", random_state=seed, tol=1e-6, max_iter=1000
    )
    print(f"start {seed}: mean log-likelihood {model.fit(blobs).lower_bound_:.4f}")

# %% [markdown]
# Several hills, and nothing in a single run tells you that there is a higher one next door. So **`n_init`
# restarts and keeps the best**: the likelihood says which that is.
#
# ### `reg_covar`: a floor under the variances
#
# Some hills have no top. Let a component sit on one point and shrink: the density there grows without
# bound, and so does the likelihood, while the model says less and less. `reg_covar` puts a floor under
# every variance. Without it:

# %%
spikes = np.concatenate([Y[:50], np.full((5, 2), 9.0)])  # five points in exactly the same place
for reg_covar in (1e-2, 1e-6, 0):
    try:
        model = GaussianMixture(4, reg_covar=reg_covar, random_state=0).fit(spikes)
        print(f"reg_covar={reg_covar:g}: mean log-likelihood {model.lower_bound_:.2f}")
    except ValueError as error:
        print(f"reg_covar={reg_covar:g}: {str(error)[:75]} …")

# %% [markdown]
# A *bigger* likelihood, for a model that has learned nothing but five identical points. Hold that thought
# until [lesson 05](05_why_em_works.ipynb).
#
# A floor has two prices. The first: an M-step that adds something no longer maximises the likelihood, so the
# theorem does not hold to the letter. Here is the deepest fall in thirty runs, for two floors.


# %%
def smallest_step(seed, reg_covar):
    guess = np.random.default_rng(seed).dirichlet(np.ones(4), size=len(spikes))
    start = mixture_from_responsibilities(spikes, guess, FULL)
    return np.diff(
        [
            s.lower_bound
            for s in islice(em(expectation_over(spikes), start, reg_covar=reg_covar), 80)
        ]
    ).min()


for reg_covar in (1e-2, 1e-6):
    fall = min(smallest_step(seed, reg_covar) for seed in range(30))
    print(f"reg_covar={reg_covar:g}: {fall:.0e}")
    assert fall < -1e-12

# %% [markdown]
# With a floor of a hundredth the likelihood can fall in the fourth decimal. With the default the fall is tiny,
# and it is there. That is why the assertion in the plane allowed a billionth, and the one on the line, without
# a floor, far less.
#
# The second price: the floor is in *squared units of your data*. Say that the lengths in `Y` are micrometres.
#
# **Before you run the next cell:** you write the same lengths in metres, then in nanometres. In which unit is
# a floor of `1e-6` too high?

# %%
for unit, factor in (("micrometres", 1), ("metres", 1e-6), ("nanometres", 1e3)):
    fitted = GaussianMixture(3, random_state=0).fit(factor * Y)
    width = np.sqrt(np.linalg.eigvalsh(fitted.covariances_).min()) / factor
    print(f"in {unit:11s}: the narrowest component has a width of {width:.2f} µm")

# %% [markdown]
# In metres. There every variance is about $10^{-12}$, and a millionth swamps them all: the fit sees the floor
# and not the data. In nanometres the floor is nothing. If your numbers are very small, standardise them first,
# or choose `reg_covar` to fit them.
#
# ## When to stop
#
# EM never arrives; it gets closer. `tol` says how little the mean log-likelihood must change in one round
# to call it a day. The default, 0.001, is generous.
#
# **Before you run the next cell:** you make the tolerance ten million times smaller. Which digit of the
# weights changes first?

# %%
model = GaussianMixture(3, n_init=10, random_state=42).fit(Y)
patient = GaussianMixture(3, n_init=10, random_state=42, tol=1e-10, max_iter=1000).fit(Y)
for name, m in (("tol=1e-3 ", model), ("tol=1e-10", patient)):
    print(name, "weights", np.round(np.sort(m.weights_), 6), " best run:", m.n_iter_, "rounds")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert model.n_iter_ == 4
assert np.allclose(np.sort(model.weights_), [0.2096, 0.3903, 0.4001], atol=1e-4)
assert np.allclose(np.sort(patient.weights_), [0.203347, 0.396282, 0.400371], atol=1e-6)
assert round(np.abs(np.sort(model.weights_) - np.sort(patient.weights_)).max(), 3) == 0.006

# %% [markdown]
# The third decimal. After four rounds the default is content, and one of the weights is still 0.006 away
# from where it is going. For a picture that is plenty. To compare two programs, or to quote three decimals,
# it is not. **If your numbers differ from somebody's text, look at the tolerance before you look for a
# bug.**
#
# ## What a fitted mixture can do

# %%
print("means\n", np.round(model.means_, 2))
new = np.array([[0.0, 0.0], [1.6, 0.6], [9.0, 9.0]])
print("predict        ", model.predict(new))
print("predict_proba\n", np.round(model.predict_proba(new), 3))
print("score_samples  ", np.round(model.score_samples(new), 1))

# %% [markdown]
# Four questions, four methods. `predict`: which component, if you must choose? `predict_proba`: how sure?
# (These are the responsibilities.) `score_samples`: how likely is such a point at all? The point at (9, 9)
# is a good lesson: the probabilities say "certainly this component", and the score says "certainly nothing
# I know". **Certainty about the component is not familiarity with the point.**
#
# The fourth is `sample`, which tells the generative story of lesson 02 forwards.

# %% tags=["hide-input"]
# Figure 6: certainty, density and new points
fig, axes = plt.subplots(1, 3, figsize=(13, 4.2))
R = model.predict_proba(Y)
plot_responsibilities(Y, R, sizes=40 * R.max(axis=1) ** 4, ax=axes[0])
plot_decision_regions(model, Y, ax=axes[1])
plot_density(model, Y, ax=axes[1])
plot_centers(model.means_, ax=axes[1])
plot_points(*model.sample(1250), ax=axes[2])
for ax, title in zip(
    axes, ("size by certainty", "density and decision boundary", "1250 new points")
):
    ax.set(title=title, xlim=axes[1].get_xlim(), ylim=axes[1].get_ylim())
show(
    fig,
    "Figure 6. Points drawn small where the mixture is unsure; contours of the density with"
    " the boundary between components; a sample from the fitted model.",
    "Three panels: the data, with the smallest points where two groups touch; contour lines around"
    " three means on a plane tinted by the likeliest component; new points that look like the data.",
)

# %% [markdown]
# ## Common mistakes
#
# - **The likelihood falls.** Without a `reg_covar` of some size: a bug. The usual suspect: parameters that are
#   updated while responsibilities are still being computed.
# - **"The likelihood rises, so the code is right."** A wrong M-step may still climb. A covariance taken about the
#   *old* mean never makes the likelihood fall, and is a bug all the same. Compare with another program too.
# - **NaN after a few rounds.** A density left log space, or a component lost all its points and was divided
#   by zero.
# - **The weights never move.** A local name was rebound (`pi = …` inside a function) and never returned.
#   Check the law: learned weights are the mean responsibilities.
# - **"My means are in the wrong order."** Components have no order. Align them before you compare
#   (`mlcourse.metrics.align_components`).
# - **"EM finds the best mixture."** It finds a place where the likelihood no longer rises: mostly a local
#   maximum, rarely a saddle. Restart, and keep the best.


# %%
def old_mean_round(x, pi, mu, var):
    """One round of EM with another bug: the variances are taken about the old means."""
    R = responsibilities(x, pi, mu, var)
    pi, new, _ = maximise(x, R)
    return pi, new, (R * (x[:, np.newaxis] - mu) ** 2).sum(axis=0) / R.sum(axis=0)


# The second mistake of the list: in fifty runs the likelihood does not fall once.
assert not any(falls(old_mean_round, seed)[0] for seed in range(50))

# %% [markdown]
# ## Quiz
#
# **1.** A point has responsibilities (0.5, 0.5). What does that say?
#
# - **A.** It lies in a region of low density.
# - **B.** Both components explain it equally well, given how common they are.
# - **C.** It lies halfway between the two means.
#
# <details><summary>Answer</summary>
#
# **B.** Responsibilities compare the components with one another. A is a matter of `score_samples`: a point
# deep inside two overlapping components can be both undecided and very likely. C is too narrow even when
# weights and covariances are equal: then a whole line of points is undecided. It passes through the point
# halfway and goes on without end. A wider or commoner component moves the boundary.
#
# </details>

# %% [markdown]
# **2.** You run EM twice from the same start, without `reg_covar`. The first time with `tol=1e-3`, the second
# time with `tol=1e-10`. The second likelihood is …
#
# - **A.** higher or equal.
# - **B.** lower or equal.
# - **C.** either, it depends on the start.
#
# <details><summary>Answer</summary>
#
# **A.** Same start, same path: the second run goes the way of the first and then on, and the likelihood
# never falls. C would be right for two *different* starts; B would be a bug.
#
# </details>

# %% [markdown]
# **3.** Why does the M-step divide by $N_k$, and not by $n$?
#
# - **A.** To make the covariance unbiased.
# - **B.** Because $N_k$ is how many points component $k$ owns.
# - **C.** To make the weights sum to 1.
#
# <details><summary>Answer</summary>
#
# **B.** A mean over the points that count for component $k$ is divided by how much they count. Unbiasedness
# (A) would ask for a number smaller than $N_k$, and maximum likelihood does not ask for it. The weights (C)
# sum to 1 because $\sum_k N_k = n$; they are the one place where $n$ is the divisor.
#
# </details>

# %% [markdown]
# ## In five lines
#
# 1. Known labels give parameters; known parameters give responsibilities; EM guesses one and alternates.
# 2. E: Bayes' rule for each point, in log space. M: weighted shares, means and covariances.
# 3. The likelihood of exact EM never falls. If it does, there is a bug.
# 4. Which hill EM climbs depends on the start: begin with k-means, restart, keep the best. `reg_covar` is a floor
#    under the variances, in squared units of the data.
# 5. The tolerance decides how many of your digits are real.
#
# ## Where next
#
# The [exercises](../exercises/04_em_exercises.ipynb): you write each of these functions, find the published bug, and
# put the loop together.
#
# ## References
#
# - A. P. Dempster, N. M. Laird, D. B. Rubin (1977). Maximum likelihood from incomplete data via the EM
#   algorithm. *Journal of the Royal Statistical Society B* 39(1), 1–38.
# - C. F. J. Wu (1983). On the convergence properties of the EM algorithm. *The Annals of Statistics* 11(1),
#   95–103.
# - C. M. Bishop (2006). *Pattern Recognition and Machine Learning*, chapter 9. Springer.
