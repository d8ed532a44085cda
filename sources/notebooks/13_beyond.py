# %% [markdown]
# Run the two folded cells below, then press Play: EM learns where a ball is, and when. In this lesson you ask a
# mixture questions such as: if you know one of the two, what about the other?

# %% tags=["hide-input"]
# Imports and figure style
import os
import tempfile
from contextlib import contextmanager
from functools import reduce
from itertools import islice, repeat
from operator import add
from pathlib import Path
from threading import Timer

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import sem
from sklearn.model_selection import train_test_split

from mlcourse import PCA, GaussianMixture, KMeans, scale
from mlcourse.datasets import elongated_blobs, load_digits, load_iris
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import (
    IncompleteDataMixture,
    SemiSupervisedMixture,
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
    plot_digits,
    plot_points,
    show,
    use_course_style,
)
from mlcourse.widgets import em_player

use_course_style()

# %% tags=["hide-input"]
# To begin with: snapshots of a ball, height against time
moment = np.random.default_rng(1).uniform(0, 2, size=500)
throw = np.column_stack([moment, 10 * moment - 5 * moment**2])
throw += np.random.default_rng(2).normal(scale=(0.01, 0.15), size=throw.shape)
parts = np.arange(500) % 8  # dealt out in turn, so all components start in the same place
start = mixture_from_responsibilities(throw, np.eye(8)[parts], CovarianceType.named("full"))
steps = list(islice(em(expectation_over(throw), start), 31))
em_player(throw, steps, features=("time since the throw (s)", "height (m)"), equal=False)

# %% [markdown]
# ## One algorithm, six uses
#
# There is no new algorithm in this lesson. Each part changes one line of EM, or none:
#
# | part | the question | what changes | tasks |
# |---|---|---|---|
# | 1 | I know some entries of a row. What about the others? | nothing: a formula for after the fit | 1, 2, 3 |
# | 2 | The rows that I fit to have holes. | the E-step expects the missing entries, too | 4, 5 |
# | 3 | I have many features and few rows. | the M-step keeps a few directions | on paper |
# | 4 | Only a few rows have labels. | the E-step takes them as given | 7 |
# | 5 | The rows are in many files, or on many machines. | nothing: sums are added up | 6 |
# | 6 | The rows keep coming. | the M-step follows every batch | 8 |
#
# Read part 1 first, then part 2. Each of parts 3 to 6 may be skipped in reading; run their cells all the same,
# because later parts use the same data.
#
# ## Part 1 · Known and unknown entries
#
# **The idea:** a mixture is a model of the [joint density](../GLOSSARY.md#joint-density) of all features, so entries
# that are known say something about the others.
#
# ### When was the ball three metres up?
#
# Somebody throws a ball straight up at ten metres per second, again and again, and you take snapshots at random
# moments. Each gives the height of the ball and the time since the throw.

# %%
rng = np.random.default_rng(0)
time = rng.uniform(0, 2, size=2000)  # gravity is 10 m/s², and heights are off by 15 cm
height = 10 * time - 5 * time**2 + rng.normal(scale=0.15, size=2000)
ball = np.column_stack([height, time])

# %% tags=["hide-input"]
# Figure 1: two thousand snapshots
ax = plot_points(ball, sizes=5)
ax.axvline(3, color=INK, linestyle="--")
ax.set(xlabel="height (m)", ylabel="time since the throw (s)")
show(
    ax,
    "Figure 1. Two thousand snapshots. The dashed line marks three metres: the ball passes it twice.",
    "Points along an arch that lies on its side: it starts at height 0 and time 0, turns at height 5 and time"
    " 1, and comes back to height 0 at time 2. A dashed vertical line at height 3 crosses it twice.",
)

# %% [markdown]
# **Before you run the next cells:** a snapshot shows the ball at three metres. When was it taken? Give one
# number, if you can. Then say what worries you about it.
#
# ### Conditioning one Gaussian
#
# Split the features, and with them mean and [covariance](../GLOSSARY.md#covariance), into $o$ (observed) and $u$
# (unknown). Given $x_o$, the [conditional distribution](../GLOSSARY.md#conditional-distribution) of $x_u$ is again a
# [Gaussian](../GLOSSARY.md#gaussian):
#
# $$ \begin{aligned}
# \mu_{u|o} &= \mu_u + \Sigma_{uo}\Sigma_{oo}^{-1}(x_o - \mu_o) \\
# \Sigma_{u|o} &= \Sigma_{uu} - \Sigma_{uo}\Sigma_{oo}^{-1}\Sigma_{ou}
# \end{aligned} $$
#
# The first line corrects the mean of $x_u$: the more unusual $x_o$ is, and the stronger the correlation, the larger
# the correction. The second subtracts what $x_o$ explains.


# %%
def condition_gaussian(mu, Sigma, o, x_o):
    """Mean (u,) and covariance (u, u) of the unknown features, given x_o at the features o."""
    u = np.setdiff1d(np.arange(len(mu)), o)
    slopes = np.linalg.solve(Sigma[np.ix_(o, o)], Sigma[np.ix_(o, u)])  # Σ_oo⁻¹ Σ_ou
    return mu[u] + (x_o - mu[o]) @ slopes, Sigma[np.ix_(u, u)] - Sigma[np.ix_(u, o)] @ slopes


# %% [markdown]
# You have met these slopes. Ask one Gaussian for the time at three metres, and a least-squares line the same:

# %%
one = GaussianMixture(reg_covar=0).fit(ball)
mean, var = condition_gaussian(one.means_[0], one.covariances_[0], [0], np.array([3.0]))
line = np.polyfit(height, time, deg=1)
print(f"one Gaussian {mean[0]:.3f} s, straight line {np.polyval(line, 3.0):.3f} s")
assert np.isclose(mean[0], np.polyval(line, 3.0))

# %% [markdown]
# Conditioning one Gaussian *is* linear regression. Going up and coming down cancel, so the line is nearly flat:
# about one second at every height. But then the ball is at the top.
#
# ### Conditioning a mixture: regression with two answers
#
# The conditional of a mixture is again a mixture. Means and covariances come from the formulas above, component by
# component: one regression line each. The weights are the [responsibilities](../GLOSSARY.md#responsibility), computed
# from the known features alone:
#
# $$ \pi_{k|o} = \frac{\pi_k\, N(x_o \mid \mu_{k,o}, \Sigma_{k,oo})}{\sum_l \pi_l\, N(x_o \mid \mu_{l,o},
# \Sigma_{l,oo})} $$
#
# `condition` does this. Here are ten components, and the ball at three metres again.

# %%
model = GaussianMixture(10, n_init=5, random_state=0).fit(ball)
at_three = condition(model, known=[0], values=[3.0])
for k in np.flatnonzero(at_three.weights > 0.05):
    std = np.sqrt(at_three.covariances[k, 0, 0])
    print(
        f"weight {at_three.weights[k]:.2f}, time {at_three.means[k, 0]:.2f} s, give or take {std:.2f} s"
    )

# %%
# the same by our own function, for one component
mean, cov = condition_gaussian(model.means_[0], model.covariances_[0], [0], np.array([3.0]))
assert np.allclose(mean, at_three.means[0])
assert np.allclose(cov, at_three.covariances[0])

# %% [markdown]
# Two answers: on the way up and on the way down. (By symmetry, each should have half of the weight.)
#
# **Before you run the next cell:** the *conditional mean* is the average of these answers by weight. Where in
# Figure 1 would it be, for every height from 0 to 5 metres?

# %% tags=["hide-input"]
# Figure 2: the conditional mean
heights = np.linspace(0, 5, 60)
asked = np.column_stack([heights, np.full(60, np.nan)])
expected = conditional_mean(model, asked)[:, 1]
answers = draw_missing(model, np.tile(asked, (10, 1)), random_state=0)
times = np.linspace(0, 2, 400)
log_density, _ = e_step(times[:, np.newaxis], at_three)
truth = np.exp(-0.5 * ((3 - 10 * times + 5 * times**2) / 0.15) ** 2)
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
left.scatter(*answers.T, s=5, color=color(1))
left.plot(10 * times - 5 * times**2, times, "--", color=color(2))
left.plot(heights, expected, color=color(0), linewidth=2.5)
left.set(xlabel="height (m)", ylabel="time since the throw (s)")
right.plot(times, truth / np.trapezoid(truth, times), "--", color=color(2))
right.plot(times, np.exp(log_density), color=color(1))
right.axvline(np.interp(3, heights, expected), color=color(0), linewidth=2.5)
right.set(xlabel="time, given a height of 3 m (s)", ylabel="density")
for ax, x, y, name, k in (
    (left, 0.2, 1.3, "conditional mean", 0),
    (left, 0.2, 1.6, "draws", 1),
    (left, 0.2, 0.4, "true path (dashed)", 2),
    (right, 1.12, 5, "its mean", 0),
    (right, 0.45, 7.5, "mixture", 1),
    (right, 0.45, 6.5, "truth\n(dashed)", 2),
):
    ax.text(x, y, name, color=color(k), weight="bold", va="center")
show(
    fig,
    "Figure 2. Left: at each of sixty heights, the conditional mean and ten draws from the conditional. The draws"
    " follow the true path; the mean is where the ball never is, except at the top. Right: the density of the time"
    " at three metres. At its mean there is hardly any.",
    "Left: dots along a dashed arch, with a solid line that wavers about one second through the empty middle."
    " Right: a density with a tall peak near 0.4 and one near 1.6 seconds, nearly equal to the"
    " dashed true one; a vertical line between the peaks.",
)

# %%
t = conditional_mean(model, [[3.0, np.nan]])[0, 1]
print(f"conditional mean: {t:.2f} s. At that time the ball is {10 * t - 5 * t**2:.1f} m up.")

drawn = draw_missing(model, np.tile([3.0, np.nan], (8, 1)), random_state=0)[:, 1]
print("eight draws:", drawn.round(2))

# %% [markdown]
# The [conditional mean](../GLOSSARY.md#conditional-mean) is the guess with the least squared error, and every
# regression that minimises squared error aims at it, neural networks included. Here it is wrong: **the mean of two
# possible values need not be possible.** If you need *one* time that could have happened, draw from the conditional.
#
# ### The lower half of a digit
#
# The same two functions work with 64 features. We fit a mixture to some of the small digits, and hide the lower half
# of the others. Filling it in is called [inpainting](../GLOSSARY.md#inpainting).

# %%
X, y = load_digits()
X_fit, X_new, y_fit, y_new = train_test_split(X, y, test_size=0.25, random_state=0, stratify=y)
digits = GaussianMixture(10, reg_covar=1.0, random_state=0).fit(X_fit)
half = X_new.copy()
half[:, 32:] = np.nan

# %% [markdown]
# **Before you run the next cell:** which will look more like handwriting, the conditional mean or a draw? Which
# will be nearer to the true pixels?

# %%
mean_fill = conditional_mean(digits, half)
draws = [draw_missing(digits, half, random_state=seed) for seed in range(4)]

# %% tags=["hide-input"]
# Figure 3: the lower halves of twelve digits
rows = [X_new, np.nan_to_num(half), mean_fill, *draws]
fig, ax = plt.subplots(figsize=(9, 5.8))
plot_digits(np.concatenate([row[:12] for row in rows]).clip(0, 16), n_cols=12, ax=ax)
for column in range(12):
    ax.text(9 * column + 3.5, -2.5, column + 1, ha="center")
for column in (6, 9):  # the two that the text is about
    frame = {"fill": False, "edgecolor": color(5), "linewidth": 2, "clip_on": False}
    ax.add_patch(plt.Rectangle((9 * column - 1, -1), 9, 64, **frame))
for row in range(2, 7):  # where the filled part of a row begins
    ax.axhline(9 * row + 3.5, color=color(1), linewidth=1, linestyle=":")
names = ["the truth", "given", "conditional mean", *(f"draw {i}" for i in range(1, 5))]
for i, name in enumerate(names):
    ax.text(-2.5, 9 * i + 4, name, ha="right", va="center")
show(
    fig,
    "Figure 3. Twelve digits that the mixture was not fitted to. The upper half is given; below the dotted"
    " line, pixels are filled in. Two columns are framed.",
    "Seven rows of twelve numbered digits: whole, upper halves alone, filled with the conditional mean, and"
    " filled with four different draws. Most are completed to the right digit. The framed ones are the seventh, a 2,"
    " which becomes a 2 in some draws and a 3 in others, and the tenth, a 7, which becomes a 3 in all of them.",
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
# The conditional mean has the least error, as it should. Now look at the frames. The upper half of column 7 fits a 2
# and a 3 alike: the mean is a bit of both, and each draw decides. It is the ball again. In column 10 all agree on a
# 3, and the truth is a 7. A confident answer can be wrong.
#
# ## Part 2 · Rows with holes
#
# **The idea:** a missing entry is one more unknown, like the component. That is work for the
# [E-step](../GLOSSARY.md#e-step).
#
# ### Filling in is not knowing
#
# A sensor fails, somebody skips a question. To see it, take two features of variance 1 and correlation 0.8, and
# delete half of the second.
#
# **Before you run the next cell:** we fill the holes with the mean of the column ([mean
# imputation](../GLOSSARY.md#imputation)), with conditional means, and with draws from the conditional. Which of the
# three keeps the variance of feature 2?

# %%
rng = np.random.default_rng(0)
pairs = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], size=2000)
gone = rng.uniform(size=2000) < 0.5
holes = pairs.copy()
holes[gone, 1] = np.nan
fit = IncompleteDataMixture(tol=1e-8, max_iter=1000).fit(holes)
filled = {"conditional mean": conditional_mean(fit, holes), "draw": draw_missing(fit, holes, 0)}

# %% tags=["hide-input"]
# Figure 4: the truth, and three ways to fill the holes
means = np.where(np.isnan(holes), np.nanmean(holes, axis=0), holes)
panels = {"the truth": pairs, "column mean": means, **filled}
fig, axes = plt.subplots(1, 4, figsize=(13, 3.9), sharex=True, sharey=True)
for ax, (name, points) in zip(axes, panels.items()):
    ax.scatter(*points[~gone][:400].T, s=6, color=PALE_INK)
    ax.scatter(*points[gone][:400].T, s=10, color=color(1), marker="^")
    ax.set(title=f"{name}\nvariance {points[:, 1].var():.2f}", xlabel="feature 1", aspect="equal")
    ax.tick_params(labelleft=True)
    ax.text(
        3.4,
        -3,
        "deleted" if ax is axes[0] else "filled in",
        color=color(1),
        weight="bold",
        ha="right",
    )
axes[0].set_ylabel("feature 2")
show(
    fig,
    "Figure 4. Points whose second feature was deleted are orange triangles: where they really are, and where three"
    " ways of filling put them. The variance is that of feature 2.",
    "Four scatter plots. The truth is an oblique ellipse. With column means the triangles form a horizontal"
    " line, with conditional means an oblique line, with draws an ellipse like the truth.",
)
by_em = fit.covariances_[0, 1, 1]
print(f"variance of feature 2 by EM: {by_em:.2f}")
found = [points[:, 1].var().round(2) for points in panels.values()]
assert found == [1.02, 0.53, 0.86, 1.02]

# %% [markdown]
# Only the draws. Column means put the filled points on a horizontal line, conditional means on the regression line,
# and both make the variance too small: 0.53 and 0.86 in place of 1.02. Whoever goes on as if filled-in values were
# data is too sure of everything.
#
# ### EM with holes
#
# EM fills nothing in for good. In each E-step, for row $i$ and component $k$:
#
# - the responsibility comes from the known entries alone, as in `condition`;
# - in the sum of $x$, conditional means under the current parameters replace the unknown entries;
# - in the sum of $(x-\mu)(x-\mu)^{\mathsf T}$ they do so too, **and the conditional covariance** $\Sigma_{u|o}$
#   is added, which is the spread that the regression line lost.
#
# The [M-step](../GLOSSARY.md#m-step) does not change, and the likelihood of the known entries cannot fall. The
# estimator is `IncompleteDataMixture`, and NaN marks a hole.
#
# **Before you run the next cells** (a few seconds): we delete 10, 20, 30 and 40 per cent of the iris data at random,
# and fit three components: to the rows without a hole, to a table filled with column means, and by EM with holes.
# With four features, what share of the rows survives when 40 % of the entries are gone? Which of the first two ways
# will be worse?


# %%
OPTIONS = {"reg_covar": 0.01, "max_iter": 200, "random_state": 0}
flowers, _ = load_iris()


def three_ways(train, test):
    """Held-out log-likelihood after dropping rows, after mean imputation, and by EM with holes."""
    holes = np.isnan(train)
    whole = train[~holes.any(axis=1)]
    imputed = np.where(holes, np.nanmean(train, axis=0), train)
    fits = [GaussianMixture(3, **OPTIONS).fit(rows) for rows in (whole, imputed)]
    return [m.score(test) for m in (*fits, IncompleteDataMixture(3, **OPTIONS).fit(train))]


# %%
shares, scores = np.array([0.1, 0.2, 0.3, 0.4]), np.empty((10, 4, 3))
for seed in range(10):
    train, test = train_test_split(flowers, test_size=0.3, random_state=seed)
    luck = np.random.default_rng(seed).uniform(size=train.shape)
    for j, share in enumerate(shares):
        scores[seed, j] = three_ways(np.where(luck < share, np.nan, train), test)
print("rows that survive:", ((1 - shares) ** 4).round(2))

# %% tags=["hide-input"]
# Figure 5: three treatments of holes
ax = plt.figure(figsize=(7.5, 3.6)).subplots()
for way, name in enumerate(("rows dropped", "mean imputation", "EM with holes")):
    own, style = scores[:, :, way], {"color": color(way), "marker": marker(way), "capsize": 3}
    ax.errorbar(100 * shares + 0.2 * way, own.mean(axis=0), sem(own), **style)
    ax.text(41.3, own[:, -1].mean(), name, color=color(way), weight="bold", va="center")
ax.set(xlabel="entries deleted (%)", ylabel="held-out log-likelihood per row", xlim=(9, 51))
ax.set_xticks(100 * shares)
show(
    ax,
    "Figure 5. Three treatments of holes, the higher the better: means over ten splits of the iris data, with"
    " standard errors.",
    "Three curves against the share of deleted entries. EM with holes is highest and stays nearly level. Mean"
    " imputation falls steadily. Dropping rows lies between them, and plunges below both at the end.",
)
wins = np.sum(scores.argmax(axis=2) == 2, axis=0)
print("EM with holes is best in", wins, "of 10 splits")

# %% [markdown]
# Mean imputation piles up points where perhaps no flower is. Dropping rows starts better and ends worse: at 40 % an
# eighth of the rows is left. EM with holes uses every entry.
#
# ### Why is it missing?
#
# EM with holes makes an assumption: whether an entry is missing may depend on the known entries of the row, but not
# on the missing value itself. This is called [missing at random](../GLOSSARY.md#missing-at-random).
#
# **Before you run the next cell:** back to the two features, whose true means are 0. We lose about half of feature 2
# in three ways: by the toss of a coin; whenever feature 1 is above 0; whenever feature 2 itself is above 0. In which
# cases does each method find the mean of feature 2?

# %%
print(f"mean of feature 2 before any is lost: {pairs[:, 1].mean():.2f}")
reasons = {"a coin": gone, "feature 1 > 0": pairs[:, 0] > 0, "feature 2 > 0": pairs[:, 1] > 0}
print("missing because of   rows dropped   mean imputed   EM")
for name, lost in reasons.items():
    holes = np.where(np.column_stack([np.zeros(2000, dtype=bool), lost]), np.nan, pairs)
    fit = IncompleteDataMixture(tol=1e-8, max_iter=5000).fit(holes)
    dropped = np.nanmean(holes[:, 1])  # the mean imputed is this one, too
    print(f"{name:20s} {dropped:8.2f} {dropped:14.2f} {fit.means_[0, 1]:10.2f}")

# %% [markdown]
# A coin does no harm. In the second case, missing at random, dropping rows is badly wrong and EM is right: it uses
# feature 1 of every row. In the third, EM is wrong as well: high values are missing *because* they are high, like
# incomes in a questionnaire.
#
# **No method can tell from the data which of the last two cases you are in.** Find out how the holes came about.
#
# ## Part 3 · Many features: a few directions each
#
# **The idea:** between a full covariance and a diagonal one, let each component vary along $q$ directions of its own,
# and evenly by $\sigma^2$ in all others.
#
# $$ \begin{aligned}
# x &= \mu_k + W_k z + \sigma_k \varepsilon, \qquad W_k : d \times q \\
# \Sigma_k &= W_k W_k^{\mathsf T} + \sigma_k^2 I
# \end{aligned} $$
#
# with $z$ and $\varepsilon$ standard normal. This is a mixture of [probabilistic
# PCA](../GLOSSARY.md#probabilistic-pca); [lesson 12](12_mnist.ipynb) shows such directions as pictures. The M-step
# computes the usual [scatter](../GLOSSARY.md#scatter-matrix), keeps its $q$ largest
# [eigenvalues](../GLOSSARY.md#eigenvalue), and replaces the others by their mean, $\sigma^2$.


# %%
def ppca_covariance(S, q):
    """The likeliest W Wᵀ + σ² I for the covariance S (d, d) of a component's points."""
    variances, axes = np.linalg.eigh(S)  # smallest first
    variances[: len(S) - q] = variances[: len(S) - q].mean()
    return (axes * variances) @ axes.T


# %%
X_900, X_rest, _, y_rest = train_test_split(X, y, train_size=900, random_state=0, stratify=y)
own_axes = PCA(0.99).fit(X_900)  # 41 axes, as in lesson 11, in grey levels
Z_fit, Z_rest = own_axes.transform(X_900), own_axes.transform(X_rest)
Z_val, Z_test = train_test_split(Z_rest, test_size=0.5, random_state=0, stratify=y_rest)
alone = GaussianMixture(1, covariance_type=ppca(5), reg_covar=0).fit(Z_fit)
assert np.allclose(alone.covariances_[0], ppca_covariance(np.cov(Z_fit.T, ddof=0), 5))

# %% [markdown]
# **Before you run the next cell:** ten components in 41 dimensions, fitted to 900 digits. A full mixture has about
# ten [parameters](../GLOSSARY.md#free-parameter) per digit. How many directions would you give each component? We
# choose on validation data.

# %%
Qs = np.array([0, 2, 4, 6, 8, 10, 12, 16, 20, 25, 30])
by_q = [GaussianMixture(10, covariance_type=ppca(int(q)), random_state=0).fit(Z_fit) for q in Qs]
diag = GaussianMixture(10, covariance_type="diag", random_state=0).fit(Z_fit)
full = GaussianMixture(10, random_state=0).fit(Z_fit)
validation = [m.score(Z_val) for m in by_q]
best = int(np.argmax(validation))

# %% tags=["hide-input"]
# Figure 6: validation likelihood against q
ax = plot_curve(
    Qs, validation, "directions q of each component", "validation log-likelihood", chosen=Qs[best]
)
ax.text(Qs[best] + 0.5, validation[0], f"best: q = {Qs[best]}")
for m, name, style in ((diag, "diag", ":"), (full, "full", "--")):
    ax.axhline(m.score(Z_val), color=INK, linestyle=style)
    ax.text(31, m.score(Z_val) + 0.1, name, ha="right", va="bottom", weight="bold")
show(
    ax,
    "Figure 6. With too few directions a model misses correlations; with too many it learns noise.",
    "A curve that rises steeply from q = 0, is highest at the ring near 12, and falls slowly. Two"
    " horizontal lines, diag and full, are below the curve's top.",
)

# %%
d, q = Z_fit.shape[1], int(Qs[best])
of_one = {"diag": d, f"PPCA {q}": d * q - q * (q - 1) // 2 + 1, "full": d * (d + 1) // 2}
print("model     parameters   training   test")
for (name, count), m in zip(of_one.items(), (diag, by_q[best], full)):
    print(f"{name:9s} {9 + 10 * (d + count):10d} {m.score(Z_fit):10.1f} {m.score(Z_test):6.1f}")

# %% [markdown]
# PPCA wins on [held-out](../GLOSSARY.md#held-out-data) digits, with about half the parameters of the full mixture (it
# does in other splits too). Full wins on the training digits only. ([Factor
# analysis](../GLOSSARY.md#factor-analysis) gives each feature a noise variance of its own.)
#
# **On paper:** a component has $q$ columns of $d$ numbers in $W$, less $q(q-1)/2$ for rotations that leave $W
# W^{\mathsf T}$ as it is, and $\sigma^2$. How many numbers are that for $d = 3$ and $q = 1$? And for diag and full?
#
# <details><summary>Answer</summary>
#
# $3 \cdot 1 - 0 + 1 = 4$, between diag with 3 and full with 6.
#
# </details>
#
# ## Part 4 · A handful of labels
#
# **The idea:** for a row with a label, the E-step has nothing to guess.
#
# Suppose five digits of each kind have a label, and more than a thousand do not. Can the others help a classifier?
# In [semi-supervised learning](../GLOSSARY.md#semi-supervised-learning) there is one component per class, and the
# responsibilities of a labelled row are *clamped*: 1 for its class and 0 for the others.


# %%
def clamped(R, y):
    """Responsibilities (n, K), with those of labelled rows (y ≥ 0; −1 is unknown) set by the label."""
    R, known = R.copy(), np.flatnonzero(y >= 0)
    R[known] = 0
    R[known, y[known]] = 1
    return R


# %% [markdown]
# EM now climbs
#
# $$ \begin{aligned}
# &\sum_{\text{labelled}} \log \pi_{y_i} N(x_i \mid \mu_{y_i}, \Sigma_{y_i}) \\
# {} + {} &\sum_{\text{others}} \log \sum_k \pi_k N(x_i \mid \mu_k, \Sigma_k)
# \end{aligned} $$
#
# The second sum has more than a thousand terms here, the first at most two hundred. So if the model is wrong, the
# second can pull it away from the classes. With all rows labelled, `SemiSupervisedMixture` is a Gaussian per class.
# With no labels it is plain EM.
#
# **Before you run the next cells** (a few seconds): we try one to twenty labels of each kind, on twenty axes. By how
# much will the unlabelled rows raise the accuracy on new digits, if at all? And if the covariances must be
# *diagonal*, which they are not?


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
    kind: np.array([[accuracies(kind, n, seed) for n in n_labels] for seed in range(20)])
    for kind in ("full", "diag")
}

# %% tags=["hide-input"]
# Figure 7: accuracy with and without unlabelled rows
fig, axes = plt.subplots(1, 2, figsize=(10, 3.8), sharey=True)
for ax, (kind, accuracy) in zip(axes, table.items()):
    for way, name in enumerate(("labelled rows alone", "with unlabelled rows")):
        own, style = accuracy[:, :, way], {"color": color(way), "marker": marker(way), "capsize": 3}
        ax.errorbar(n_labels * 1.03**way, own.mean(axis=0), sem(own), label=name, **style)
    few, all_rows = accuracy.mean(axis=0).T
    for hurt in (False, True):
        band = {"where": (few > all_rows) == hurt, "color": color(1 - hurt), "alpha": 0.15}
        ax.fill_between(n_labels, few, all_rows, interpolate=True, linewidth=0, **band)
    ax.set(title=kind, xlabel="labels of each kind", ylabel="accuracy on new digits", xscale="log")
    ax.set_xticks(n_labels, n_labels)
    ax.minorticks_off()
    ax.tick_params(labelleft=True)
    ax.legend(loc="lower right")
axes[0].text(1.4, 0.87, "help")
axes[1].text(1.4, 0.79, "help")
axes[1].text(11, 0.76, "hurt")
show(
    fig,
    "Figure 7. Rows without labels help (orange) where the covariances are full. Where they are diagonal, they help"
    " at first and then hurt (blue). Means over twenty choices of labels, with standard errors.",
    "Two panels of accuracy against 1 to 20 labels per digit. Left: the curve with unlabelled rows is above the other"
    " everywhere. Right: it is above up to 5 labels, and below for 10 and 20.",
)
for kind, accuracy in table.items():
    alone, with_others = accuracy.mean(axis=0).T.round(2)
    helps = np.sum(accuracy[:, :, 1] > accuracy[:, :, 0], axis=0)
    print(f"{kind}: alone {alone}, with the others {with_others}, better in {helps} of 20")
assert table["full"].mean(axis=0).round(2)[[0, 4]].tolist() == [[0.67, 0.79], [0.93, 0.95]]
assert np.allclose(table["full"][:, 0, 0], table["diag"][:, 0, 0])
assert 10 * n_labels.max() == 200 < 1000 < len(A) - 200

# %% [markdown]
# On the left, the unlabelled rows help: from 67 to 79 % with one label of each kind, from 93 to 95 % with twenty. On
# the right, with a wrong model, they *lower* the accuracy as soon as there are ten labels of each kind. (The dip: a
# variance from two digits is far off. From one there is none, and `reg_covar` makes every component round.)
#
# How can more data hurt? Labelled rows pull the components towards the classes, unlabelled rows to wherever the
# likelihood is greatest. So keep some labelled rows back, and compare.
#
# ### Which rows to label
#
# Often you can choose which rows somebody will label. **Before you run the next cells:** five random digits of each
# kind, or the fifty digits nearest to the centres of fifty clusters, which cannot know the kinds?


# %%
def representatives(n, seed):
    """y_fit with the labels of the rows nearest to n cluster centres, and −1 for the others."""
    centers = KMeans(n, n_init=1, random_state=seed).fit(A).cluster_centers_
    nearest = [np.argmin(np.sum((A - center) ** 2, axis=1)) for center in centers]
    y = np.full(len(y_fit), -1)
    y[nearest] = y_fit[nearest]
    return y


def with_the_rest(y):
    return SemiSupervisedMixture(reg_covar=1.0).fit(A, y).score(B, y_new)


# %%
chosen = np.array([with_the_rest(representatives(50, seed)) for seed in range(20)])
at_random = table["full"][:, 2, 1]

# %% tags=["hide-input"]
# Figure 8: random labels and representatives
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.4), width_ratios=(1, 1.3))
plot_digits(X_fit[representatives(50, 0) >= 0], ax=left)
jitter = np.random.default_rng(0).uniform(-0.12, 0.12, size=20)
for way, values in enumerate((at_random, chosen)):
    right.scatter(values, way + jitter, color=color(way), marker=marker(way))
    right.plot(values.mean(), way, "|", color=INK, markersize=48, markeredgewidth=2)
    right.text(values.mean(), way + 0.27, f"mean {values.mean():.3f}", ha="center")
right.set(xlabel="accuracy on new digits", yticks=(0, 1), ylim=(-0.4, 1.5))
right.set_yticklabels(["random", "representatives"])
show(
    fig,
    "Figure 8. Left: fifty representatives. Right: accuracy with fifty labels and the unlabelled rows, for twenty"
    " draws of each way to choose.",
    "Left: a grid of fifty digits, each in a typical shape. Right: two rows of twenty dots. The dots of the"
    " representatives are close together, to the right of most random ones.",
)
gain = np.sum(chosen > at_random)
print(f"random {at_random.mean():.3f}, worst {at_random.min():.3f};", end=" ")
print(f"representatives {chosen.mean():.3f}, worst {chosen.min():.3f}; better in {gain} of 20")

# %% [markdown]
# The representatives are better on average, and their worst choice is far better. The likely reason: random draws
# repeat common shapes and miss rare ones.
#
# ## Part 5 · Many files, many machines
#
# **The idea:** the M-step needs sums over the rows, and sums can be computed block by block and added.
#
# For each component the sums are $\sum_i r_{ik}$, $\sum_i r_{ik}(x_i - c)$ and $\sum_i r_{ik}(x_i-c)(x_i-c)^{\mathsf
# T}$. With these [sufficient statistics](../GLOSSARY.md#sufficient-statistic), you no longer need the rows. Those of
# two blocks add up if both use the same reference points $c$: the current means.
#
# For practice, ten small files of 5000 rows:

# %%
source = GaussianMixture(3, n_init=5, random_state=42).fit(elongated_blobs()[0])
rows = np.random.default_rng(0).permutation(source.sample(50_000)[0])
folder = tempfile.TemporaryDirectory()
files = [Path(folder.name) / f"part_{i}.npy" for i in range(10)]
for path, part in zip(files, np.split(rows, 10)):
    np.save(path, part)

# %% [markdown]
# **Map:** send the parameters to whoever has a file, and get its sums back. **Reduce:** add them up, and do one
# M-step. This pattern is called [map-reduce](../GLOSSARY.md#map-reduce). `expectation` computes the sums, and `+`
# adds two of them.


# %%
def sums_of_file(path, theta):
    """The sums over the rows of one file, under the parameters theta."""
    return expectation(np.load(path), theta)


def em_from_files(files, theta, n_rounds):
    """EM that holds one file at a time."""
    for _ in range(n_rounds):
        theta = m_step(reduce(add, map(sums_of_file, files, repeat(theta))))
    return theta


# %% [markdown]
# **Before you run the next cell:** we compare with EM on all rows in memory, from the same start. After thirty
# rounds, in which digit will the means differ?

# %%
first = np.load(files[0])[:100]
guess = np.eye(3)[KMeans(3, n_init=1, random_state=0).fit_predict(first)]
start = mixture_from_responsibilities(first, guess, CovarianceType.named("full"))
from_files = em_from_files(files, start, n_rounds=30)
steps = list(islice(em(expectation_over(rows), start), 31))
in_memory = steps[-1].mixture
print("largest difference of the means:", np.abs(from_files.means - in_memory.means).max())
back = sums_of_file(files[0], start)
sent = sum(
    np.size(part) for part in (back.n_rows, back.log_likelihood, back.N, back.first, back.scatter)
)
print(f"numbers in a file: {2 * 5000}, numbers sent back: {sent}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert np.allclose(from_files.means, in_memory.means, rtol=1e-8)
assert np.allclose(from_files.covariances, in_memory.covariances, rtol=1e-8)
assert sent == 23

# %% [markdown]
# In none that matters: sums in another order round differently. It *is* EM. And what comes back from a file, 23
# numbers, does not grow with its rows.
#
# Here `map` went through the files one by one. It may as well hand them to many machines. The package does both:
# `mlcourse.scale` has the course's models for rows that need not fit in memory, so `fit` takes a folder in place of
# an array. With a client of [Dask](https://docs.dask.org), a widely used engine for clusters, the workers of the
# cluster read the files. Our cluster has two workers, both on this computer.
#
# **Before you run the next cell:** half a second into the fit we kill a worker, and what it was computing is lost.
# In which digit will the means differ from those of a fit in one process?


# %% tags=["hide-input"]
# Two workers on this computer, and a way to kill one
@contextmanager
def two_workers():
    """A client of a small cluster; without Dask, a message and no client."""
    try:
        from distributed import Client
    except ImportError:
        print(
            'Dask is not installed here (pip install "mlcourse[scale]"), so the fit runs in one process.'
        )
        yield None
    else:
        quiet = dict(dashboard_address=":0", silence_logs="CRITICAL")
        with Client(n_workers=2, threads_per_worker=1, **quiet) as client:
            yield client


def kill_a_worker(client):
    """End one of the workers at once."""
    if client is not None:
        os.kill(next(iter(client.run(os.getpid).values())), 9)


# %%
options = dict(n_components=3, random_state=0, tol=1e-5)
one_process = scale.GaussianMixture(**options).fit(folder.name)
with two_workers() as client:
    Timer(0.5, kill_a_worker, [client]).start()
    cluster = scale.GaussianMixture(**options).fit(folder.name)
print("rounds:", cluster.n_iter_)
print("largest difference of the means:", np.abs(cluster.means_ - one_process.means_).max())

# %% tags=["hide-input"]
# Check: the same bits, and the same fit as in memory
assert np.array_equal(cluster.means_, one_process.means_)
assert np.array_equal(cluster.covariances_, one_process.covariances_)
whole = GaussianMixture(**options).fit(np.concatenate([np.load(path) for path in files]))
assert np.allclose(cluster.means_, whole.means_, rtol=1e-10)
folder.cleanup()

# %% [markdown]
# In none at all: every bit is the same. Dask notices that a worker is gone and has another one read its files again,
# and the sums are added in a fixed order, whoever computed them and whenever they arrive.
#
# ## Part 6 · Rows that keep coming
#
# **The idea:** a round of EM reads all rows before the parameters move. At first, a few would have shown the
# direction.
#
# So stepwise EM moves after every small batch. It keeps running averages of the statistics *per row*, and each batch
# replaces a share $\eta_t$ of them:
#
# $$ \begin{aligned}
# s &\leftarrow (1 - \eta_t)\, s + \eta_t\, \hat s_t \\
# \eta_t &= (t + 2)^{-\alpha}, \quad \tfrac12 < \alpha \le 1
# \end{aligned} $$


# %%
def stepwise_em(batches, theta, alpha=0.6):
    """Yield the parameters after every batch. The reference points stay put, so that statistics mix."""
    reference, s = theta.means, None
    for t, X in enumerate(batches):
        batch = expectation(X, theta, reference)
        s_hat, eta = batch * (1 / batch.n_rows), (t + 2) ** -alpha
        s = s_hat if s is None else s * (1 - eta) + s_hat * eta  # at first there is nothing to keep
        theta = m_step(s)
        yield theta


# %% [markdown]
# The step sizes must shrink, or the noise of the last batch never averages out. If they shrink too fast, the bad
# start is never forgotten: hence the two bounds on $\alpha$.
#
# **Before you run the next cell:** stepwise EM reads the 50 000 rows once, a hundred at a time. How many rounds of
# EM does it take to get as high?

# %%
batches = np.split(rows, 500)
path = [theta for t, theta in enumerate(stepwise_em(batches, start)) if t % 20 == 19]
online = [e_step(rows[:10_000], theta)[0].mean() for theta in path]
batch = [e_step(rows[:10_000], step.mixture)[0].mean() for step in steps[1:]]

# %% tags=["hide-input"]
# Figure 9: EM and stepwise EM
rounds = 1 + int(np.argmax(np.array(batch) > online[-1] - 0.001))
ax = plt.figure(figsize=(7, 3.8)).subplots()
ax.plot(np.arange(1, 31), batch, color=color(0), marker=marker(0))
ax.plot(np.arange(20, 501, 20) / 500, online, color=color(1), marker=marker(1), markersize=4)
ax.axhline(online[-1], color=INK, linestyle=":", linewidth=1)
ax.plot(rounds, batch[rounds - 1], "o", markersize=13, fillstyle="none", color=INK)
ax.text(rounds, batch[rounds - 1] - 0.02, f"round {rounds}", ha="center", va="top")
ax.text(0.05, -3.28, "stepwise EM,\none reading", color=color(1), weight="bold", va="top")
ax.text(1.25, -3.43, "EM, thirty readings", color=color(0), weight="bold", va="center")
ax.set(
    xlabel="times that the 50 000 rows were read",
    ylabel="mean log-likelihood per row",
    xscale="log",
)
ax.set_xticks([0.04, 0.1, 0.3, 1, 3, 10, 30], ["0.04", "0.1", "0.3", "1", "3", "10", "30"])
ax.minorticks_off()
show(
    ax,
    "Figure 9. Stepwise EM has learned nearly all there is to learn before EM has moved a second time. The ring"
    " marks where EM has caught up. (The horizontal axis is logarithmic.)",
    "Log-likelihood against how often the rows were read. The curve of stepwise EM climbs before the first"
    " reading is over to a level that the curve of EM reaches after many readings, at a ring.",
)
print(
    f"stepwise, read once {online[-1]:.4f};  EM, read once {batch[0]:.4f}, thirty times {batch[-1]:.4f}"
)
print(f"EM comes within 0.001 of stepwise EM in round {rounds}")
assert rounds == 14
assert batch[1] < online[-1] - 0.05
assert batch[-1] - online[-1] < 0.01

# %% [markdown]
# Fourteen. In return, there is a step size to choose, and the likelihood may fall from batch to batch. For a stream
# that never ends, use `GaussianMixture.partial_fit`.
#
# ## Common mistakes
#
# - **Filled holes treated as data.** Variances shrink, and every error bar afterwards is too small.
# - **"Missing at random" taken for granted.** If values are missing because they are high, EM is wrong as well.
# - **Statistics added about different references.** Scatters about two different means do not add up.
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
# **B.** They are the responsibilities, computed from the known part. With A, components that are nowhere near this
# height would count. C looks at the unknown part.
#
# </details>

# %% [markdown]
# **2.** In a survey the rich tend not to state their income, and nothing else in the questionnaire shows who is
# rich. Which treatment finds the right mean income?
#
# - **A.** Dropping the rows.
# - **B.** EM with missing entries.
# - **C.** Neither.
#
# <details><summary>Answer</summary>
#
# **C.** The entry is missing because of its own value. A and B treat those who answered as typical. If answering
# depended only on age, and that were known, B would be right.
#
# </details>

# %% [markdown]
# **3.** Two workers each compute the sufficient statistics of half of the rows, under the same parameters. You add
# them and do an M-step. Compared with EM on one machine, the result is …
#
# - **A.** the same, up to rounding.
# - **B.** an approximation that gets better with more rows.
# - **C.** the average of two different fits.
#
# <details><summary>Answer</summary>
#
# **A.** The sum over all rows is the sum over the halves. B describes stepwise EM. C is another procedure, which
# would first have to match the components.
#
# </details>

# %% [markdown]
# ## In five lines
#
# 1. The conditional of a mixture is a mixture: one regression line per component, weighted by responsibilities. Its
#    mean may be a value that never occurs.
# 2. Holes are more unknowns: the E-step fills in means *and* covariances. This is sound when a value is not missing
#    because of what it is.
# 3. In high dimensions, a few directions per component are often better than diagonal and full.
# 4. A labelled row has clamped responsibilities. Rows without labels help when classes and groups coincide.
# 5. The M-step needs sums, which can be computed file by file, batch by batch, or machine by machine.
#
# ## Where next
#
# Do the [exercises](../exercises/13_beyond_exercises.ipynb). Then comes the
# [capstone](14_capstone.ipynb): from a file to an answer that you can defend.
#
# ## References
#
# - Parts 1 and 2: Z. Ghahramani, M. I. Jordan (1994). Supervised learning from incomplete data via an EM approach.
#   *Advances in Neural Information Processing Systems* 6.
# - Part 2: D. B. Rubin (1976). Inference and missing data. *Biometrika* 63(3), 581–592.
# - Part 3: M. E. Tipping, C. M. Bishop (1999). Mixtures of probabilistic principal component analysers. *Neural
#   Computation* 11(2), 443–482.
# - Part 4: K. Nigam, A. K. McCallum, S. Thrun, T. Mitchell (2000). Text classification from labeled and unlabeled
#   documents using EM. *Machine Learning* 39, 103–134.
# - Part 4: F. G. Cozman, I. Cohen, M. C. Cirelo (2003). Semi-supervised learning of mixture models. *Proceedings of
#   the 20th International Conference on Machine Learning*.
# - Part 6: O. Cappé, E. Moulines (2009). On-line expectation–maximization algorithm for latent data models. *Journal
#   of the Royal Statistical Society B* 71(3), 593–613.
