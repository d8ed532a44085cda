# %% tags=["hide-input"]
# Imports and figure style
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from itertools import islice, repeat
from operator import add
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import FactorAnalysis
from sklearn.model_selection import train_test_split

from mlcourse import PCA, GaussianMixture, KMeans
from mlcourse.datasets import elongated_blobs, load_digits, load_iris
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import (
    IncompleteDataMixture,
    Mixture,
    SemiSupervisedMixture,
    Statistics,
    condition,
    conditional_mean,
    draw_missing,
    e_step,
    em,
    expectation,
    expectation_over,
    m_step,
    mixture_from_responsibilities,
    ppca,
)
from mlcourse.plotting import (
    INK,
    PALE_INK,
    color,
    marker,
    plot_curve,
    plot_decision_regions,
    plot_digits,
    plot_points,
    show,
    use_course_style,
)
from mlcourse.widgets import em_player

use_course_style()

# %% [markdown]
# Run the next cell, then press Play in it: EM learns where a ball is, and when. In this lesson the mixture answers
# questions: if you know one of the two, what does it say of the other?

# %% tags=["hide-input"]
# To begin with: snapshots of a ball, height against time
moment = np.random.default_rng(1).uniform(0, 2, size=500)
throw = np.column_stack([10 * moment - 5 * moment**2, moment])
throw += np.random.default_rng(2).normal(scale=(0.15, 0.01), size=throw.shape)
parts = (4 * moment).astype(int)
start = mixture_from_responsibilities(throw, np.eye(8)[parts], CovarianceType.named("full"))
em_player(throw, list(islice(em(expectation_over(throw), start), 20)))

# %% [markdown]
# ## When was the ball three metres up?
#
# Somebody throws a ball straight up at ten metres a second, again and again, and you take snapshots at random
# moments. Each snapshot gives two numbers, the height of the ball and the time since the throw. (We let gravity
# pull with 10 m/s², and the heights are read with an error of 15 cm.)

# %%
rng = np.random.default_rng(0)
time = rng.uniform(0, 2, size=2000)
height = 10 * time - 5 * time**2 + rng.normal(scale=0.15, size=2000)
ball = np.column_stack([height, time])

# %% tags=["hide-input"]
# Figure 1: two thousand snapshots
ax = plot_points(ball, sizes=5)
ax.axvline(3, color=INK, linestyle="--")
ax.set(xlabel="height (m)", ylabel="time since the throw (s)")
show(
    ax,
    "Figure 1. Two thousand snapshots. The dashed line asks: when was the ball three metres up?",
    "Points along an arch that lies on its side: it starts at height 0 and time 0, turns at height 5 and time"
    " 1, and comes back to height 0 at time 2. A dashed vertical line at height 3 crosses it twice.",
)

# %% [markdown]
# **Before you run the next cells:** a snapshot shows the ball at three metres. When was it taken? Give one
# number, if you can. Then say what worries you about it.
#
# Up to now a mixture has told you about whole rows: how likely, from which
# [component](../GLOSSARY.md#component), what a new one might look like. But it knows the
# [joint density](../GLOSSARY.md#joint-density) of all features, and that holds the answer to another kind of
# question: *given these entries of a row, what about the others?* All of this lesson follows from a few such
# questions. You will not meet a new algorithm. It is EM to the end.
#
# ## Conditioning one Gaussian
#
# Split the features of a row into those that are known, $o$ for observed, and those that are unknown, $u$.
# Split the mean and the [covariance](../GLOSSARY.md#covariance) accordingly. The
# [conditional distribution](../GLOSSARY.md#conditional-distribution) of $x_u$, when $x_o$ is given, is again a
# [Gaussian](../GLOSSARY.md#gaussian):
#
# $$ \begin{aligned}
# \mu_{u|o} &= \mu_u + \Sigma_{uo}\Sigma_{oo}^{-1}(x_o - \mu_o) \\
# \Sigma_{u|o} &= \Sigma_{uu} - \Sigma_{uo}\Sigma_{oo}^{-1}\Sigma_{ou}
# \end{aligned} $$
#
# Read the first: begin with the usual value of $x_u$, look how unusual $x_o$ is, and carry over as much of
# it as the covariance warrants. Read the second: the doubt that we had, less what $x_o$ has told us. It does
# not depend on the values in $x_o$ at all.


# %%
def condition_gaussian(mu, Sigma, o, x_o):
    """Mean (u,) and covariance (u, u) of the unknown features, given x_o at the features o."""
    u = np.setdiff1d(np.arange(len(mu)), o)
    slopes = np.linalg.solve(Sigma[np.ix_(o, o)], Sigma[np.ix_(o, u)])  # Σ_oo⁻¹ Σ_ou
    return mu[u] + (x_o - mu[o]) @ slopes, Sigma[np.ix_(u, u)] - Sigma[np.ix_(u, o)] @ slopes


# %% [markdown]
# You have met these slopes before under another name. Fit one Gaussian to the ball, ask it for the time at
# three metres, and put the same question to a straight line of least squares:

# %%
one = GaussianMixture(reg_covar=0).fit(ball)
mean, var = condition_gaussian(one.means_[0], one.covariances_[0], [0], np.array([3.0]))
line = np.polyfit(height, time, deg=1)
print(f"one Gaussian {mean[0]:.3f} s, straight line {np.polyval(line, 3.0):.3f} s")
assert np.isclose(mean[0], np.polyval(line, 3.0))

# %% [markdown]
# The same. Conditioning one Gaussian *is* linear regression. And about one second is what it says at every
# height, for the line is nearly flat: going up and coming down cancel. A second after the throw, however, the
# ball is at the top.
#
# ## Conditioning a mixture: regression with two answers
#
# A mixture has a regression line in each component, and one more thing to decide: which component speaks?
# The conditional of a mixture is a mixture. Its means and covariances come from the formulas above, one
# component at a time. Its weights are the [responsibilities](../GLOSSARY.md#responsibility) that the known
# features give alone:
#
# $$ \pi_{k|o} = \frac{\pi_k\, N(x_o \mid \mu_{k,o}, \Sigma_{k,oo})}{\sum_l \pi_l\, N(x_o \mid \mu_{l,o},
# \Sigma_{l,oo})} $$
#
# In the package it is called `condition`. Here are ten components, and the ball at three metres again.

# %%
model = GaussianMixture(10, n_init=5, random_state=0).fit(ball)
at_three = condition(model, known=[0], values=[3.0])
for k in np.flatnonzero(at_three.weights > 0.05):
    std = np.sqrt(at_three.covariances[k, 0, 0])
    print(
        f"weight {at_three.weights[k]:.2f}, time {at_three.means[k, 0]:.2f} s, give or take {std:.2f} s"
    )

# %%
# one component, by our own function and by the package
mean, cov = condition_gaussian(model.means_[0], model.covariances_[0], [0], np.array([3.0]))
assert np.allclose(mean, at_three.means[0])
assert np.allclose(cov, at_three.covariances[0])
assert np.isclose(at_three.weights.sum(), 1)

# %% [markdown]
# Two answers: once on the way up and once on the way down. **Before you run the next cell:** the
# *conditional mean* is the average of these answers by weight. Where in Figure 1 would it lie, for every
# height from 0 to 5 metres?

# %% tags=["hide-input"]
# Figure 2: the conditional mean
heights = np.linspace(0, 5, 60)
expected = conditional_mean(model, np.column_stack([heights, np.full(60, np.nan)]))[:, 1]
times = np.linspace(0, 2, 400)
log_density, _ = e_step(times[:, np.newaxis], at_three)
fig, axes = plt.subplots(1, 2, figsize=(11, 4))
plot_points(ball, sizes=4, ax=axes[0])
axes[0].plot(heights, expected, color=color(0), linewidth=2.5)
axes[0].set(xlabel="height (m)", ylabel="time since the throw (s)")
axes[1].plot(times, np.exp(log_density), color=color(1))
axes[1].axvline(np.interp(3, heights, expected), color=color(0), linewidth=2.5)
axes[1].set(xlabel="time, given a height of 3 m (s)", ylabel="density")
show(
    fig,
    "Figure 2. Left: below the top, the conditional mean (blue line) runs where there is no ball. Right: what is"
    " known of the time at three metres, with its mean at a place of hardly any density.",
    "Left: the arch of points with a blue line that wavers about one second through the empty middle."
    " Right: a density with a tall peak near 0.4 and one near 1.6 seconds; a blue line between the peaks.",
)

# %%
t = conditional_mean(model, [[3.0, np.nan]])[0, 1]
print(f"conditional mean: {t:.2f} s. At that time the ball is {10 * t - 5 * t**2:.1f} m up.")

# %% [markdown]
# Keep that sentence. The [conditional mean](../GLOSSARY.md#conditional-mean) is the guess with the least
# squared error, and every regression that minimises squared error aims at it, a neural network too. Here it is
# a lie: **the mean of two truths need not be true.** A conditional density tells both. If you need *one* time
# that could have happened, draw from it.

# %%
drawn = draw_missing(model, np.tile([3.0, np.nan], (8, 1)), random_state=0)[:, 1]
print("eight draws:", drawn.round(2))

# %% [markdown]
# ## The lower half of a digit
#
# The same two functions, with 64 features instead of two. We fit a mixture to three quarters of the small
# digits, take the others, and hide their lower half: 32 known pixels, 32 unknown ones. To fill in missing
# parts of a picture is called [inpainting](../GLOSSARY.md#inpainting).

# %%
X, y = load_digits()
X_fit, X_new, y_fit, y_new = train_test_split(X, y, test_size=0.25, random_state=0, stratify=y)
digits = GaussianMixture(10, reg_covar=1.0, random_state=0).fit(X_fit)
half = X_new.copy()
half[:, 32:] = np.nan

# %% [markdown]
# **Before you run the next cell:** which will look more like handwriting, the conditional mean or a draw? And
# which will be nearer to the true pixels?

# %%
mean_fill = conditional_mean(digits, half)
draws = [draw_missing(digits, half, random_state=seed) for seed in range(4)]

# %% tags=["hide-input"]
# Figure 3: the lower halves of twelve digits
rows = [X_new, np.nan_to_num(half), mean_fill, *draws]
fig, ax = plt.subplots(figsize=(9, 5.4))
plot_digits(np.concatenate([row[:12] for row in rows]).clip(0, 16), n_cols=12, ax=ax)
names = ["the truth", "what we show", "conditional mean", *(f"draw {i}" for i in range(1, 5))]
for i, name in enumerate(names):
    ax.text(-1, 9 * i + 4, name, ha="right", va="center")
show(
    fig,
    "Figure 3. Twelve digits that the mixture has not been fitted to. The upper half is given, the lower is"
    " filled in.",
    "Seven rows of twelve digits: whole, upper halves alone, filled with the conditional mean, and filled with"
    " four different draws. Most are completed to the right digit. The seventh, a 2, becomes a 2 in some draws"
    " and a 3 in others; the tenth, a 7, becomes a 3 in all of them.",
)


# %%
def error(filled):
    """Root mean squared error of the hidden pixels, in grey levels from 0 to 16."""
    return np.sqrt(np.mean((filled[:, 32:] - X_new[:, 32:]) ** 2))


average = np.tile(X_fit.mean(axis=0), (len(X_new), 1))
for name, filled in (
    ("average digit", average),
    ("conditional mean", mean_fill),
    ("a draw", draws[0]),
):
    print(f"{name:16s} {error(filled):.2f}")

# %% [markdown]
# The conditional mean has the least error, as it should. Look at the seventh column, though. Its upper half could
# begin a 2 or a 3. The mean is smudged there, a bit of both; each draw makes up its mind. It is the ball again,
# in 32 dimensions. (In the tenth column mean and draws agree on a 3, and the truth is a 7. To be sure is not to
# be right.) A draw pays for its decision with a larger error, and it also has the noise that the mean leaves out,
# the grey specks.
#
# ## Data with holes
#
# So far the mixture was fitted to complete rows. What if the *training* data have holes? A sensor fails,
# somebody skips a question. Two habits are common: drop every row with a hole, or fill the hole with the mean
# of its column, which is called [mean imputation](../GLOSSARY.md#imputation).
#
# EM needs neither. A missing entry is one more thing that nobody has seen, beside the component, and the
# [E-step](../GLOSSARY.md#e-step) knows what to do with such things: put in what is expected of them under the
# current parameters. For row $i$ and component $k$:
#
# - the responsibility comes from the known entries alone, as in `condition`;
# - for the sum of $x$, the unknown entries count with their conditional mean;
# - for the sum of $(x-\mu)(x-\mu)^{\mathsf T}$ they count with conditional mean **and conditional covariance**
#   $\Sigma_{u|o}$.
#
# The [M-step](../GLOSSARY.md#m-step) stays as it was. The likelihood that cannot fall is that of the known
# entries. The estimator is `IncompleteDataMixture`, and NaN stands for a hole.

# %%
flowers, _ = load_iris()
rng = np.random.default_rng(0)
gaps = np.where(rng.uniform(size=flowers.shape) < 0.3, np.nan, flowers)
holey = IncompleteDataMixture(3, reg_covar=0, tol=1e-4, max_iter=500, random_state=0).fit(gaps)
assert np.all(np.diff(holey.lower_bounds_) > -1e-9)  # the law of lesson 04, with holes
print(
    "known entries:",
    np.sum(~np.isnan(gaps)),
    " rows without a hole:",
    np.sum(~np.isnan(gaps).any(axis=1)),
)

# %% [markdown]
# **Before you run the next cell:** we delete 10, 20, 30 and 40 per cent of all entries of the iris data at
# random, fit three components in each of the three ways, and ask for the
# [log-likelihood](../GLOSSARY.md#log-likelihood) of complete rows that no fit has seen. With four features, what
# share of the rows survives when 40 % of the entries are gone? Which of the habits will be worse?


# %%
OPTIONS = {"reg_covar": 0.01, "tol": 1e-4, "max_iter": 500, "random_state": 0}


def three_ways(train, test):
    """Held-out log-likelihood after dropping rows, after mean imputation, and by EM with holes."""
    holes = np.isnan(train)
    whole = train[~holes.any(axis=1)]
    imputed = np.where(holes, np.nanmean(train, axis=0), train)
    fits = [GaussianMixture(3, **OPTIONS).fit(rows) for rows in (whole, imputed)]
    return [m.score(test) for m in (*fits, IncompleteDataMixture(3, **OPTIONS).fit(train))]


# %%
shares, scores = np.array([0.1, 0.2, 0.3, 0.4]), np.empty((5, 4, 3))
for seed in range(5):
    train, test = train_test_split(flowers, test_size=0.3, random_state=seed)
    luck = np.random.default_rng(seed).uniform(size=train.shape)
    for j, share in enumerate(shares):
        scores[seed, j] = three_ways(np.where(luck < share, np.nan, train), test)
print("rows that survive:", ((1 - shares) ** 4).round(2))

# %% tags=["hide-input"]
# Figure 4: three treatments of holes
ax = plt.figure(figsize=(7, 3.6)).subplots()
for way, name in enumerate(("rows dropped", "mean imputation", "EM with holes")):
    ax.plot(shares, scores.mean(axis=0)[:, way], color=color(way), marker=marker(way), label=name)
ax.set(xlabel="share of entries deleted", ylabel="held-out log-likelihood of a row")
ax.set_xticks(shares)
ax.legend()
show(
    ax,
    "Figure 4. What three treatments of holes cost: means over five splits of the iris data.",
    "Three curves against the share of deleted entries. EM with holes is highest and stays nearly level. Mean"
    " imputation falls steadily. Dropping rows lies between them, and plunges below both at the end.",
)
print(scores.mean(axis=0).round(2))
assert np.all(scores.mean(axis=0)[:, 2] >= scores.mean(axis=0).max(axis=1) - 0.01)

# %% [markdown]
# Imputation costs most from the start: in every column it piles up points at the mean, a place where perhaps no
# flower is. Dropping rows begins better and ends worse. At 40 % about an eighth of the rows is left, and three
# components cannot be fitted to them.
#
# ### Filling in is not knowing
#
# Could we not fill each hole with its *conditional* mean, then, and go on as if the data were complete? One
# Gaussian is enough to see. Two features, both of variance 1, with a correlation of 0.8; half of the second
# is deleted.

# %%
rng = np.random.default_rng(0)
pairs = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], size=2000)
gone = rng.uniform(size=2000) < 0.5
holes = pairs.copy()
holes[gone, 1] = np.nan
fit = IncompleteDataMixture(tol=1e-8, max_iter=1000).fit(holes)
filled = {"conditional mean": conditional_mean(fit, holes), "draw": draw_missing(fit, holes, 0)}
print(f"variance of feature 2: EM {fit.covariances_[0, 1, 1]:.2f}", end="")
for name, rows in filled.items():
    print(f", filled by {name} {rows[:, 1].var():.2f}", end="")

# %% [markdown]
# Filled by conditional means, the second feature varies too little: the filled points lie exactly on the
# regression line, as if nothing else had ever moved them. That is the term with $\Sigma_{u|o}$, and why EM
# must not leave it out. A draw brings the variance back. (One draw still pretends to know. People who need honest
# error bars take several, and call it multiple imputation.)
#
# ### Why is it missing?
#
# EM with holes makes an assumption, and it is time to say it. Whether an entry is missing may depend on what
# we know of the row. It may not depend on the missing value itself. This is called
# [missing at random](../GLOSSARY.md#missing-at-random), an unlucky name for something that need not be random.
#
# **Before you run the next cell:** three ways to lose about half of feature 2. By a coin; whenever feature 1
# is above 0; whenever feature 2 itself is above 0. The true mean of feature 2 is 0. In which cases does each
# method find it?

# %%
print(f"mean of feature 2 before any is lost: {pairs[:, 1].mean():.2f}")
reasons = {"a coin": gone, "feature 1 > 0": pairs[:, 0] > 0, "feature 2 > 0": pairs[:, 1] > 0}
print("missing because of   rows dropped   mean imputed   EM")
for name, gone in reasons.items():
    holes = np.where(np.column_stack([np.zeros(2000, dtype=bool), gone]), np.nan, pairs)
    fit = IncompleteDataMixture(tol=1e-8, max_iter=5000).fit(holes)
    dropped = np.nanmean(holes[:, 1])  # the mean imputed is this one, too
    print(f"{name:20s} {dropped:8.2f} {dropped:14.2f} {fit.means_[0, 1]:10.2f}")

# %% [markdown]
# (All 2000 rows have a mean of 0.02, so a few hundredths are chance.) A coin harms nobody. In the second case,
# missing at random, dropping rows is badly wrong and EM is right: it saw every feature 1, and knows what goes
# with it. In the third, EM is wrong as well, though a little less. High values hide *because* they are high
# (incomes in a questionnaire), and the known entries cannot say so.
# **No method can tell from the data which of the last two cases you are in.** Ask how the holes came about.
#
# ## Many features: a few directions each
#
# In $d$ dimensions a full covariance has $d(d+1)/2$ [free parameters](../GLOSSARY.md#free-parameter). A
# diagonal one has $d$, and no correlation. Is there something in between? Tipping and Bishop let each
# component vary along $q$ directions of its own, and evenly by $\sigma^2$ in all others:
#
# $$ \begin{aligned}
# x &= \mu_k + W_k z + \sigma_k \varepsilon, \qquad W_k : d \times q \\
# \Sigma_k &= W_k W_k^{\mathsf T} + \sigma_k^2 I
# \end{aligned} $$
#
# with $z$ and $\varepsilon$ standard normal. It is [probabilistic PCA](../GLOSSARY.md#probabilistic-pca), one
# for each component. The M-step makes the same scatter as ever, keeps its $q$ largest
# [eigenvalues](../GLOSSARY.md#eigenvalue), and replaces the others by their mean, which is $\sigma^2$. You know
# the idea from [lesson 07](07_covariance_types.ipynb): a fifth constraint on one
# [scatter](../GLOSSARY.md#scatter-matrix).


# %%
def ppca_covariance(S, q):
    """The likeliest W Wᵀ + σ² I for the covariance S (d, d) of a component's points."""
    variances, axes = np.linalg.eigh(S)  # smallest first
    variances[: len(S) - q] = variances[: len(S) - q].mean()
    return (axes * variances) @ axes.T


# %%
Z = PCA(0.99).fit(X).transform(X)  # 41 axes, as in lesson 11, in grey levels
Z_fit, Z_rest, _, y_rest = train_test_split(Z, y, train_size=900, random_state=0, stratify=y)
Z_val, Z_test = train_test_split(Z_rest, test_size=0.5, random_state=0, stratify=y_rest)
alone = GaussianMixture(1, covariance_type=ppca(5), reg_covar=0).fit(Z_fit)
assert np.allclose(alone.covariances_[0], ppca_covariance(np.cov(Z_fit.T, ddof=0), 5))

# %% [markdown]
# **Before you run the next cell:** ten components in 41 dimensions, fitted to 900 digits. A full mixture has
# about ten parameters for each digit. How many directions would you give each component, of 41? We choose on
# validation data.

# %%
Qs = np.array([0, 2, 4, 6, 8, 10, 12, 16, 20, 25, 30])
by_q = [GaussianMixture(10, covariance_type=ppca(int(q)), random_state=0).fit(Z_fit) for q in Qs]
diag = GaussianMixture(10, covariance_type="diag", random_state=0).fit(Z_fit)
full = GaussianMixture(10, random_state=0).fit(Z_fit)
validation = [m.score(Z_val) for m in by_q]
best = int(np.argmax(validation))

# %% tags=["hide-input"]
# Figure 5: validation likelihood against q
ax = plot_curve(
    Qs, validation, "directions q of each component", "validation log-likelihood", chosen=Qs[best]
)
for m, name, style in ((diag, "diag", ":"), (full, "full", "--")):
    ax.axhline(m.score(Z_val), color=INK, linestyle=style, label=name)
ax.legend()
show(
    ax,
    "Figure 5. Too few directions miss what goes together; too many learn noise. The levels of diag and full"
    " for comparison.",
    "A curve that rises steeply from q = 0, is highest at the ring near 12, and falls slowly. Two"
    " horizontal lines, diag and full, lie below the curve's top.",
)

# %%
d, q = Z.shape[1], int(Qs[best])
of_one = {"diag": d, f"PPCA {q}": d * q - q * (q - 1) // 2 + 1, "full": d * (d + 1) // 2}
print("model     parameters   training   test")
for (name, count), m in zip(of_one.items(), (diag, by_q[best], full)):
    print(f"{name:9s} {9 + 10 * (d + count):10d} {m.score(Z_fit):10.1f} {m.score(Z_test):6.1f}")

# %% [markdown]
# The middle way wins on [held-out](../GLOSSARY.md#held-out-data) digits, with about half of the parameters of the
# full mixture. (Of the entries of $W$, $q(q-1)/2$ are no choice: turning the columns of $W$ among one another
# leaves $W W^{\mathsf T}$ as it is.) Full wins on the training digits, and that is no contradiction by now.
#
# PPCA has a blind spot of its own: $\sigma^2$ is one number for all features. In raw pixels that cannot be
# right, for a corner is always paper. [Factor analysis](../GLOSSARY.md#factor-analysis) gives each feature its
# own noise, $\Sigma = W W^{\mathsf T} + \mathrm{diag}(\psi)$. It has no closed form, and is fitted in rounds, by EM.
# One component of each, with twenty directions, in pixels (with a little noise, so that whole grey levels become
# continuous):

# %%
jittered = X + np.random.default_rng(0).uniform(size=X.shape)
A, B = train_test_split(jittered, test_size=0.25, random_state=0, stratify=y)
factors = FactorAnalysis(20, random_state=0).fit(A)
twenty = GaussianMixture(1, covariance_type=ppca(20)).fit(A)
print(f"held out: PPCA {twenty.score(B):.1f}, factor analysis {factors.score(B):.1f}")

# %% [markdown]
# In pixels, a noise for each is worth a lot. PPCA does not mind rotated axes; factor analysis does not mind
# rescaled ones. Choose by your units: alike in all features, as in PCA's, or each with its own. Ghahramani and
# Hinton have mixtures of factor analysers.
#
# ## A handful of labels
#
# Labels are dear, rows are cheap. Suppose five digits of each kind carry a label, and more than a thousand do
# not. Can the others help a classifier? This is
# [semi-supervised learning](../GLOSSARY.md#semi-supervised-learning), and EM does it with one
# changed line: one component for each class, and the responsibilities of a labelled row are *clamped*. They are 1
# for its class and 0 for the others, whatever the densities say.


# %%
def clamped(R, y):
    """Responsibilities (n, K), with those of labelled rows (y ≥ 0; −1 is unknown) set by the label."""
    R, known = R.copy(), np.flatnonzero(y >= 0)
    R[known] = 0
    R[known, y[known]] = 1
    return R


# %% [markdown]
# With all rows labelled nothing is left to share out, and one M-step is all there is:
# `SemiSupervisedMixture` is then a Gaussian for each class. With none it is EM. We try one to twenty labels of
# each kind, on twenty axes. **Before you run the next cell:** by how much will the accuracy on new digits
# grow, if at all? And if the covariances must be *diagonal*, which they are not?


# %%
pca = PCA(20).fit(X_fit)
A, B = pca.transform(X_fit), pca.transform(X_new)


def few_labels(n_each, seed):
    """y_fit with the labels of n_each digits of each kind, and −1 for the others."""
    order = np.random.default_rng(seed).permutation(len(y_fit))
    kept = np.concatenate([order[y_fit[order] == c][:n_each] for c in range(10)])
    y = np.full(len(y_fit), -1)
    y[kept] = y_fit[kept]
    return y


# %%
def accuracies(kind, n_each, seed):
    """Accuracy on new digits: from the labelled rows alone, and with the unlabelled ones."""
    y, model = few_labels(n_each, seed), SemiSupervisedMixture(covariance_type=kind, reg_covar=1.0)
    return [model.fit(A[rows], y[rows]).score(B, y_new) for rows in (y >= 0, slice(None))]


n_labels = np.array([1, 2, 5, 10, 20])
table = {
    kind: np.mean([[accuracies(kind, n, seed) for n in n_labels] for seed in range(4)], axis=0)
    for kind in ("full", "diag")
}

# %% tags=["hide-input"]
# Figure 6: accuracy with and without unlabelled rows
fig, axes = plt.subplots(1, 2, figsize=(10, 3.6), sharey=True)
for ax, (kind, accuracy) in zip(axes, table.items()):
    for way, name in enumerate(("labelled rows alone", "with unlabelled rows")):
        ax.plot(n_labels, accuracy[:, way], color=color(way), marker=marker(way), label=name)
    ax.set(title=kind, xlabel="labels of each kind", ylabel="accuracy on new digits", xscale="log")
    ax.set_xticks(n_labels, n_labels)
    ax.minorticks_off()
axes[1].legend()
show(
    fig,
    "Figure 6. Left, full covariances: the rows without labels help. Right, diagonal ones: at first they help,"
    " and then they hurt. Means over four choices of labels.",
    "Two panels of accuracy against 1 to 20 labels a digit. Left: the curve with unlabelled rows lies above at"
    " every place. Right: it lies above for 2 and 5 labels, a little below for 10, and clearly below for 20.",
)
print("full\n", table["full"].round(2).T)
print("diag\n", table["diag"].round(2).T)
assert np.all(table["full"][:, 1] > table["full"][:, 0])
assert table["diag"][-1, 1] < table["diag"][-1, 0] - 0.02

# %% [markdown]
# On the left, a gift. On the right, the same digits, the same labels, and a wrong model. (The dip is no slip: a
# variance from two labelled digits is hardly more than noise, and there anything helps. From one digit all variances
# are alike, `reg_covar`, which is less wrong.) With twenty labels of each
# kind the unlabelled rows *lower* the accuracy. How can more data hurt? Labelled rows pull the components towards the
# classes. Unlabelled rows pull them to wherever the likelihood is greatest, and there are many more of them. Where
# the classes are not the model's groups, the two pull apart.
#
# In the plane one can watch. The groups are left and right, the classes above and below. We choose ten labels in
# forty ways.

# %%
rng = np.random.default_rng(0)
side = np.where(rng.uniform(size=400) < 0.5, -3, 3)
P = np.column_stack([side + rng.normal(scale=0.6, size=400), rng.normal(size=400)])
above = (P[:, 1] > 0).astype(int)


def two_fits(seed):
    """Labels (400,), and a fit to the ten labelled rows and one to all 400."""
    order = np.random.default_rng(seed).permutation(400)
    shown = np.concatenate([order[above[order] == c][:5] for c in (0, 1)])
    labels = np.full(400, -1)
    labels[shown] = above[shown]
    alone = SemiSupervisedMixture().fit(P[shown], above[shown])
    return labels, alone, SemiSupervisedMixture(max_iter=500).fit(P, labels)


# %%
trials = [two_fits(seed) for seed in range(40)]
right = np.array([[m.score(P, above) for m in fits] for _, *fits in trials])
drop = right[:, 0] - right[:, 1]
print("mean accuracy, ten labels alone and with 390 more rows:", right.mean(axis=0).round(2))
print(f"the other rows help in {np.sum(drop < 0)} and hurt in {np.sum(drop > 0)} of 40 choices")
assert drop.mean() > 0.02
assert drop.max() > 0.2

# %% tags=["hide-input"]
# Figure 7: the worst of the forty choices
worst = int(drop.argmax())
labels, *fits = trials[worst]
fig, axes = plt.subplots(1, 2, figsize=(10, 4))
for ax, m, name, share in zip(axes, fits, ("ten labels", "and 390 without"), right[worst]):
    plot_decision_regions(m, P, ax=ax)
    ax.scatter(*P.T, s=6, color=PALE_INK)
    plot_points(P[labels >= 0], labels[labels >= 0], sizes=60, ax=ax)
    ax.set_title(f"{name}: {share:.0%} right")
show(
    fig,
    "Figure 7. The worst of the forty choices. The labels say above and below; the other rows say left and right,"
    " and outvote them.",
    "Two heaps of grey points, left and right, ten of them labelled. In the left panel the border between"
    " the two classes runs across both heaps; in the right panel it has turned.",
)

# %% [markdown]
# So keep some labelled rows back, and compare with the labelled rows alone. If the unlabelled ones hurt, leave
# them out, weigh them less, or fix the model.
#
# ## Data that do not fit into memory
#
# Ten files of five thousand rows. Imagine ten thousand of them.

# %%
source = GaussianMixture(3, n_init=5, random_state=42).fit(elongated_blobs()[0])
rows = np.random.default_rng(0).permutation(source.sample(50_000)[0])
folder = tempfile.TemporaryDirectory()
files = [Path(folder.name) / f"part_{i}.npy" for i in range(10)]
for path, part in zip(files, np.split(rows, 10)):
    np.save(path, part)

# %% [markdown]
# The M-step asks for three things of each component: $\sum_i r_{ik}$, $\sum_i r_{ik}(x_i - c)$ and $\sum_i
# r_{ik}(x_i-c)(x_i-c)^{\mathsf T}$. These are [sufficient statistics](../GLOSSARY.md#sufficient-statistic): when
# you have them, you need the rows no more. They are sums, so those of two files are those of the first plus
# those of the second. In the package, `expectation` makes a `Statistics`, and `+` adds two. The only condition:
# the same reference points $c$, which are the current means.


# %%
def em_from_files(files, theta, n_rounds):
    """EM that holds one file at a time."""
    for _ in range(n_rounds):
        statistics = reduce(add, (expectation(np.load(path), theta) for path in files))
        theta = m_step(statistics)
    return theta


# %% [markdown]
# We start from k-means on the first hundred rows. **Before you run the next cell:** compare with EM on all rows in
# memory, from the same start, after thirty rounds. In which digit do the means differ?

# %%
first = np.load(files[0])[:100]
guess = np.eye(3)[KMeans(3, n_init=1, random_state=0).fit_predict(first)]
start = mixture_from_responsibilities(first, guess, CovarianceType.named("full"))
from_files = em_from_files(files, start, n_rounds=30)
steps = list(islice(em(expectation_over(rows), start), 31))
in_memory = steps[-1].mixture
print("largest difference of the means:", np.abs(from_files.means - in_memory.means).max())

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert np.allclose(from_files.means, in_memory.means, rtol=1e-8)
assert np.allclose(from_files.covariances, in_memory.covariances, rtol=1e-8)

# %% [markdown]
# In none that matters: sums in another order round differently, and that is all. This is not an approximation of
# EM. It *is* EM, and each file was in memory for a moment.
#
# ## Without waiting for the end of the file
#
# One thing is wasteful. A round reads all rows before the parameters move, and in the first rounds, when the
# parameters are poor, a few rows would have told the direction. Stepwise EM (Cappé and Moulines, 2009) moves after
# every small batch. It keeps running averages of the statistics *per row*, and lets each batch replace a
# share $\eta_t$ of them:
#
# $$ \begin{aligned}
# s &\leftarrow (1 - \eta_t)\, s + \eta_t\, \hat s_t \\
# \eta_t &= (t + 2)^{-\alpha}, \quad \tfrac12 < \alpha \le 1
# \end{aligned} $$


# %%
def blend(s, batch, eta):
    """Statistics per row: the old ones, of which a share eta is replaced by the batch's."""
    return s * (1 - eta) + batch * (eta / batch.n_rows)


# %%
def stepwise_em(batches, theta, alpha=0.6):
    """Yield the parameters after every batch. The reference points stay put, so that statistics mix."""
    reference = theta.means
    for t, X in enumerate(batches):
        batch = expectation(X, theta, reference)
        eta = (t + 2) ** -alpha if t > 0 else 1.0  # at first there is nothing to keep
        s = blend(s if t > 0 else batch, batch, eta)
        theta = m_step(s)
        yield theta


# %% [markdown]
# The step sizes must shrink, or the noise of the last batch never averages out. They must not shrink too
# fast, or the poor start is never forgotten: hence the two bounds on $\alpha$. **Before you run the next
# cell:** EM reads the 50 000 rows thirty times. Stepwise EM reads them once, a hundred at a time. How many of its
# thirty rounds does EM need to get as high?

# %%
batches = np.split(rows, 500)
path = [theta for t, theta in enumerate(stepwise_em(batches, start)) if t % 20 == 19]
online = [e_step(rows[:10_000], theta)[0].mean() for theta in path]
batch = [e_step(rows[:10_000], step.mixture)[0].mean() for step in steps[1:]]

# %% tags=["hide-input"]
# Figure 8: EM and stepwise EM
ax = plt.figure(figsize=(7, 3.6)).subplots()
ax.plot(np.arange(1, 31), batch, color=color(0), marker=marker(0), label="EM")
ax.plot(
    np.arange(20, 501, 20) / 500,
    online,
    color=color(1),
    marker=marker(1),
    markersize=4,
    label="stepwise EM",
)
ax.set(
    xlabel="times that the 50 000 rows were read",
    ylabel="mean log-likelihood of a row",
    xscale="log",
)
ax.legend()
show(
    ax,
    "Figure 8. Stepwise EM has learned nearly all there is to learn before EM has moved a second time. (The"
    " horizontal axis is logarithmic.)",
    "Log-likelihood against how often the rows were read. The curve of stepwise EM climbs before the first"
    " reading is over to a level that the curve of EM reaches after many readings.",
)
rounds = 1 + int(np.argmax(np.array(batch) > online[-1] - 0.001))
print(
    f"stepwise, read once {online[-1]:.4f};  EM, read once {batch[0]:.4f}, thirty times {batch[-1]:.4f}"
)
print(f"EM comes within 0.001 of stepwise EM in round {rounds}")
assert batch[1] < online[-1] - 0.05
assert batch[-1] - online[-1] < 0.01

# %% [markdown]
# The price: the likelihood may fall from batch to batch, so the best test of lesson 04 is lost, and there is
# a step size to choose. For data that fit into memory, EM with restarts is the calmer choice. For a stream that
# never ends, there is no other: `GaussianMixture.partial_fit` takes one batch after the other.
#
# ## Many hands: EM as map-reduce
#
# Each file's statistics can be made by somebody else. **Map**: everybody gets the parameters and a file, and
# sends back sums. **Reduce**: add them up. Then one M-step, and round again. This pattern is called
# [map-reduce](../GLOSSARY.md#map-reduce), and what travels is plain numbers:


# %%
def sums_of_file(path, numbers):
    """Map: the statistics of one file, as plain numbers, under the parameters `numbers`."""
    theta = Mixture(*numbers, CovarianceType.named("full"))
    s = expectation(np.load(path), theta)
    return s.n_rows, s.log_likelihood, s.N, s.first, s.scatter


def m_step_from_sums(results, theta):
    """Reduce: add up what came back; then the M-step."""
    totals = [sum(parts) for parts in zip(*results)]
    return m_step(Statistics(*totals, theta.means, theta.covariance_type))


# %% [markdown]
# Two workers on this machine, here threads: NumPy lets both compute at once, and threads start the same way
# on every system.

# %%
theta = start
with ThreadPoolExecutor(max_workers=2) as workers:
    for _ in range(30):
        results = list(workers.map(sums_of_file, files, repeat(theta[:4])))
        theta = m_step_from_sums(results, theta)
assert np.allclose(theta.means, from_files.means, rtol=1e-10)
assert np.allclose(theta.covariances, from_files.covariances, rtol=1e-10)

# %%
sent = sum(np.size(part) for part in results[0])
print(f"numbers in a file: {first.shape[1] * 5000}, numbers sent back: {sent}")
folder.cleanup()

# %% [markdown]
# The same mixture, by two workers. What is sent back does not grow with the rows, which is why this works over
# a slow network too. (What you should not expect is a great gain from two threads on two-dimensional toys. It pays
# where a file takes seconds.) The package does the same inside: its blocks of rows are the files, your cores the
# workers.
#
# On a cluster the loop is the same, and only the executor changes. Here it is with Dask. **Dask is not a part of
# this course and not installed with it, so this is text to read, not a cell to run.**
#
# ```python
# # pip install "dask[distributed]"; the files must lie where every worker can read them
# from dask.distributed import Client
#
# client = Client()  # workers on this machine; or Client("tcp://scheduler:8786") for a cluster
# theta = start
# for _ in range(30):
#     futures = client.map(sums_of_file, files, numbers=theta[:4])
#     theta = m_step_from_sums(client.gather(futures), theta)
# ```
#
# (In a script, as opposed to a notebook, the last five lines belong under `if __name__ == "__main__":`, because the
# workers are processes of their own that read the script again.)
#
# ## Common mistakes
#
# - **"The conditional mean is the answer."** It is the answer to one question, the least squared error. Where
#   the conditional has two peaks, look at the density, or draw.
# - **Filled holes treated as data.** Variances shrink and correlations grow; every error bar afterwards is
#   too small.
# - **"Missing at random" taken for granted.** A column that hides its own high values spoils EM as well. The
#   data will not tell you.
# - **More unlabelled rows, worse classifier.** The model's groups are not the classes. Compare with the labels
#   alone, on labelled rows that were kept back.
# - **Statistics added about different references.** Each worker centred on its own mean, and the sums do not
#   mean the same thing. The package refuses; your own code will not.
# - **A stepwise EM that never settles, or never moves.** Look at the step sizes: constant ones keep the noise, and
#   ones that shrink too fast keep the start.
#
# ## Quiz
#
# **1.** A Gaussian mixture of height and time is conditioned on the height. What decides the weights of the
# conditional?
#
# - **A.** The mixture's weights, unchanged.
# - **B.** The mixture's weights and how well each component explains the *height*.
# - **C.** The mixture's weights and how narrow each component is in *time*.
#
# <details><summary>Answer</summary>
#
# **B.** They are the responsibilities of the known part. A would let components speak that are nowhere near
# this height. C mixes up two questions: how sure a component is about the time says nothing about whether it is
# the right one.
#
# </details>

# %% [markdown]
# **2.** In a survey the rich tend not to state their income, and nothing else in the questionnaire tells who is
# rich. Which treatment finds the right mean income?
#
# - **A.** Dropping the rows.
# - **B.** EM with missing entries.
# - **C.** None of them.
#
# <details><summary>Answer</summary>
#
# **C.** The entry is missing because of its own value. A and B both take those who answered for typical. If age
# and profession were known and told of the income, and silence depended on them alone, B would be right.
#
# </details>

# %% [markdown]
# **3.** Two workers each make the sufficient statistics of half of the rows, under the same parameters. You add
# them and do an M-step. Compared with EM on one machine, the result is …
#
# - **A.** the same, up to rounding.
# - **B.** an approximation that gets better with more rows.
# - **C.** the average of two different fits.
#
# <details><summary>Answer</summary>
#
# **A.** The M-step needs sums, and the sum over all rows is the sum over the halves. C describes another
# procedure, fitting each half and averaging the parameters. That would not even know which components belong
# together. B fits stepwise EM better, which moves before it has seen everything.
#
# </details>

# %% [markdown]
# ## In five lines
#
# 1. The conditional of a mixture is a mixture: a regression line a component, and responsibilities of the known
#    part for weights. Its mean may be a value that never occurs.
# 2. Holes in the data are one more hidden thing: the E-step fills in means *and* covariances. It is sound when
#    what is missing does not depend on its own value.
# 3. In high dimensions, a few directions a component lie between diagonal and full, and often above both.
# 4. A labelled row has clamped responsibilities. Rows without labels help as far as the classes are the
#    model's groups, and hurt beyond.
# 5. The M-step needs sums. Sums can be made file by file, batch by batch, or machine by machine.
#
# ## Where next
#
# The [exercises](../exercises/13_beyond_exercises.ipynb) go through these pieces one at a time. Then there is the
# [capstone](14_capstone.ipynb): data of your own, from loading them to a defended answer.
#
# ### Going further
#
# | if you want to … | read | look for |
# |---|---|---|
# | do regression with mixtures, or learn from holes | Ghahramani & Jordan (1994) | both in eight pages, one E-step |
# | know when holes may be ignored | Rubin (1976); Little & Rubin (2002) | three kinds of missing |
# | predict several answers with a neural network | Bishop (1994) | a network that puts out a mixture |
# | use mixtures in high dimensions | Tipping & Bishop (1999); Ghahramani & Hinton (1996) | which noise, and why |
# | learn from few labels | Nigam, McCallum, Thrun & Mitchell (2000) | the weight on unlabelled documents |
# | know when unlabelled data hurt | Cozman, Cohen & Cirelo (2003) | the proof that a wrong model suffices |
# | learn from a stream | Neal & Hinton (1998); Cappé & Moulines (2009) | partial E-steps; the step sizes |
# | spread EM over machines | Chu et al. (2006) | ten learning algorithms as sums |
# | let the number of components grow | Rasmussen (2000) | the infinite mixture |
#
# ## References
#
# - C. M. Bishop (1994). Mixture density networks. Technical report NCRG/94/004, Aston University.
# - O. Cappé, E. Moulines (2009). On-line expectation–maximization algorithm for latent data models. *Journal of the
#   Royal Statistical Society B* 71(3), 593–613.
# - C.-T. Chu, S. K. Kim, Y.-A. Lin, Y. Yu, G. Bradski, A. Y. Ng, K. Olukotun (2006). Map-reduce for machine learning
#   on multicore. *Advances in Neural Information Processing Systems* 19.
# - F. G. Cozman, I. Cohen, M. C. Cirelo (2003). Semi-supervised learning of mixture models. *Proceedings of the 20th
#   International Conference on Machine Learning*.
# - Z. Ghahramani, G. E. Hinton (1996). The EM algorithm for mixtures of factor analyzers. Technical report
#   CRG-TR-96-1, University of Toronto.
# - Z. Ghahramani, M. I. Jordan (1994). Supervised learning from incomplete data via an EM approach. *Advances in
#   Neural Information Processing Systems* 6.
# - R. J. A. Little, D. B. Rubin (2002). *Statistical Analysis with Missing Data*, second edition. Wiley.
# - R. M. Neal, G. E. Hinton (1998). A view of the EM algorithm that justifies incremental, sparse, and other
#   variants. In M. I. Jordan (ed.), *Learning in Graphical Models*, 355–368. Kluwer.
# - K. Nigam, A. K. McCallum, S. Thrun, T. Mitchell (2000). Text classification from labeled and unlabeled documents
#   using EM. *Machine Learning* 39, 103–134.
# - C. E. Rasmussen (2000). The infinite Gaussian mixture model. *Advances in Neural Information Processing
#   Systems* 12.
# - D. B. Rubin (1976). Inference and missing data. *Biometrika* 63(3), 581–592.
# - M. E. Tipping, C. M. Bishop (1999). Mixtures of probabilistic principal component analysers. *Neural Computation*
#   11(2), 443–482.
