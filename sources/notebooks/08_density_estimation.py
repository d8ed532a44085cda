# %% [markdown]
# Run the two folded cells below, choose the number of components, and press Play. Every number gives a different
# picture. How would you know which one to believe?

# %% tags=["hide-input"]
# Imports and figure style
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
from scipy.special import entr, logsumexp
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import KFold
from sklearn.naive_bayes import GaussianNB

from mlcourse import GaussianMixture, GaussianMixtureClassifier
from mlcourse.datasets import two_moons
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import Mixture, e_step
from mlcourse.plotting import (
    INK,
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
from mlcourse.widgets import playground

use_course_style()

# %% tags=["hide-input"]
# To begin with: one set of points, one to six components
playground(two_moons()[0], n_components=4)

# %% [markdown]
# ## Two hundred points and an envelope
#
# Here are two hundred points. Two thousand more from the same source are in a sealed envelope. We will fit many
# models to the two hundred and choose among them. The envelope stays closed until the choice has been made. Then we
# open it, once.
#
# Points that are kept back like this are [test data](../GLOSSARY.md#test-set). With your own data, you would set
# some rows aside before you begin. Here the source is a formula, so we can afford a thick envelope.

# %%
X, moon = two_moons()
test, _ = two_moons(2000, random_state=1)  # the envelope

# %% tags=["hide-input"]
# Figure 1: two hundred points
ax = plot_points(X)
ax.set_aspect("equal")
show(
    ax,
    "Figure 1. Two hundred points. You see two groups. What will a mixture of two Gaussians see?",
    "Grey points along two interleaved crescents. The upper one is an arch, the lower one a bowl.",
)

# %% [markdown]
# **Before you run the next cell:** you fit a mixture of two components. Draw the two ellipses on paper. Will
# each of them take one moon? (The cell also fits sixteen, for comparison.)

# %%
two = GaussianMixture(2, random_state=0).fit(X)
sixteen = GaussianMixture(16, random_state=0).fit(X)
new, _ = sixteen.sample(400)
print("K = 2 against the moons, adjusted Rand index:", end=" ")
print(round(adjusted_rand_score(moon, two.predict(X)), 3))

# %% tags=["hide-input"]
# Figure 2: two components, and sixteen
fig, axes = plt.subplots(2, 2, figsize=(10.5, 6), sharex=True, sharey=True)
order = np.argsort(two.means_[:, 0])  # blue for the upper moon, here and below
plot_responsibilities(X, two.predict_proba(X)[:, order], ax=axes[0, 0])
plot_ellipses(two.means_[order], two.covariances_[order], n_std=2, ax=axes[0, 0])
plot_points(X, ax=axes[0, 1])
plot_ellipses(sixteen.means_, sixteen.covariances_, n_std=2, ax=axes[0, 1])
frame = np.array([[-1.3, -0.9], [2.5, 1.4]])  # so that the contours end where the panels do
plot_density(sixteen, np.vstack([X, frame]), ax=axes[1, 0])
plot_points(new, ax=axes[1, 1])
titles = ("K = 2", "K = 16", "the density of K = 16", "400 new points from it")
for ax, title in zip(axes.flat, titles):
    ax.set(title=title, xlim=frame[:, 0], ylim=frame[:, 1], aspect="equal")
show(
    fig,
    "Figure 2. Two components cut across the moons. Sixteen cover them like tiles. Their sum is"
    " high along both moons, and the points that it generates look like moons again.",
    "Four panels. Two broad ellipses: one over the upper moon and the left arm of the lower, one over the"
    " rest of the lower. Sixteen small ellipses along the crescents. Contours of a density that follows"
    " the crescents. 400 new points that form the same two crescents.",
)

# %% [markdown]
# No: neither ellipse takes one moon, because a moon is not an ellipse. (For a perfect match, the
# [adjusted Rand index](../GLOSSARY.md#adjusted-rand-index) would be 1.)
#
# Sixteen components do not find the groups either: nobody would count sixteen groups here. But look at the lower
# panels: as a *description of where points fall*, this mixture is good enough to sample from.
#
# There are two questions here, and they have different answers:
#
# - **Clustering:** which points belong together?
# - **[Density estimation](../GLOSSARY.md#density-estimation):** where do points fall, and how often?
#
# This lesson is mostly about the second.
#
# ## The likelihood of the data you fitted
#
# We judge a density by its [log-likelihood](../GLOSSARY.md#log-likelihood): how probable are the points under the
# model? The obvious idea is to choose the $K$ with the highest likelihood.
#
# **Before you run the next cell:** for $K = 1, 2, \dots, 25$, where will the likelihood of the two hundred
# points have its maximum?

# %%
Ks = range(1, 26)
models = [GaussianMixture(K, random_state=0).fit(X) for K in Ks]
training = np.array([model.score(X) for model in models])
print(training.round(2))

# %% [markdown]
# The maximum is at or near the end of the list, and the likelihood would go on rising. One function shows why: split
# any component into two halves, one on top of the other. The result is a mixture with one more component and exactly
# the same density.

# %%
FULL = CovarianceType.named("full")


def split(model, k):
    """The density of `model`, written with one more component: k becomes two halves."""
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
# So the best mixture of eight components is at least as likely as the best of seven. **The likelihood of the training
# data can never tell you to stop.**
#
# This holds for the *best* fit. EM does not always find it, so the curve can have a dent. A dent means an unlucky
# start. It says nothing about $K$.
#
# ## Points that the fit has not seen
#
# A model that has learned where points fall should not be surprised by new ones. So leave some points out, fit the
# model to the rest, and compute how likely the left-out points are. They are [validation
# data](../GLOSSARY.md#validation-set). Two hundred points are few, so every point takes a turn: we make five folds
# and leave out each one once. This is [cross-validation](../GLOSSARY.md#cross-validation).

# %%
folds = KFold(5, shuffle=True, random_state=0)


def held_out(K):
    """Log-likelihood of each point under a model fitted without its fold: (n,)."""
    scores = np.empty(len(X))
    for rest, fold in folds.split(X):
        model = GaussianMixture(K, random_state=0).fit(X[rest])
        scores[fold] = model.score_samples(X[fold])
    return scores


# %% [markdown]
# **Before you run the next cell:** a mixture of a hundred components has 599 free numbers (5 for each place and
# shape, 1 for each weight, less 1), and our points have 400 coordinates. How well will it do on the points that it
# was fitted to, and how well on the others?

# %%
hundred = GaussianMixture(100, random_state=0).fit(X)
for K in (2, 7, 16, 40, 100):
    model = GaussianMixture(K, random_state=0).fit(X)
    print(
        f"K = {K:3d}: training {model.score(X):6.2f},",
        f"held out {held_out(K).mean():8.2f}",
    )

# %% tags=["hide-input"]
# Figure 3: what a hundred components look like
fig, axes = plt.subplots(1, 3, figsize=(12, 4.4), sharey=True)
for ax, K in zip(axes, (7, 40, 100)):
    model = GaussianMixture(K, random_state=0).fit(X)
    plot_points(X, ax=ax)
    plot_ellipses(model.means_, model.covariances_, n_std=2, ax=ax)
    ax.set(title=f"K = {K}", xlim=(-1.25, -0.12), ylim=(-0.1, 1.2), aspect="equal")
show(
    fig,
    "Figure 3. The left end of the upper moon, with the components of three mixtures. With a"
    " hundred, most components are needles through two points, or dots on one. Between them, the"
    " density is almost zero.",
    "Three panels of the same quarter circle of points. Left, two large ellipses that reach beyond the panel."
    " Middle, ellipses around a few points each. Right, needles so thin that they look like short"
    " lines between two points.",
)

# %% [markdown]
# The training likelihood climbs and climbs. The held-out likelihood climbs, turns, and falls off a cliff. With a
# hundred components, most of them cover one or two points and are as thin as `reg_covar` allows. The model considers
# a new point between them almost impossible. This is [overfitting](../GLOSSARY.md#overfitting): **a higher likelihood
# does not make a better model.**

# %%
scores = np.array([held_out(K) for K in Ks])
validation = scores.mean(axis=1)
best = validation.argmax()
print(f"held-out likelihood is greatest at K = {Ks[best]}: {validation[best]:.3f}")

# %% [markdown]
# Is that number *the* answer? Not so fast. Each score is a mean of two hundred numbers, and another two hundred
# points would give another curve. So compare point by point: how far is each $K$ behind the best, and what is the
# [standard error](../GLOSSARY.md#standard-error) of that difference? (It is a rough guide: the folds share most of
# their training points, and the best $K$ was picked because it is the best.)

# %%
gap = scores[best] - scores
error = gap.std(axis=1) / np.sqrt(len(X))
close = gap.mean(axis=1) <= 2 * error
print("within two standard errors of the best:", [K for K in Ks if close[K - 1]])

# %% tags=["hide-input"]
# Figure 4: training and held-out likelihood
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2))
plot_curve(Ks, training, "components K", "mean log-likelihood per point", ax=left)
left.plot(Ks, validation, color=color(1), marker=marker(1), markersize=5)
left.plot(Ks[best], validation[best], "o", markersize=13, fillstyle="none", color=color(1))
left.text(25.5, training[-1], "training", color=color(0), va="center")
left.text(25.5, validation[-1], "held out", color=color(1), va="center")
for chosen, look in ((close, {"mfc": color(1)}), (~close, {"mfc": "none"})):
    K, mean, width = np.array(Ks)[chosen], gap.mean(axis=1)[chosen], 2 * error[chosen]
    right.errorbar(K, mean, width, fmt="s", color=color(1), markersize=6, capsize=3, **look)
right.axhline(0, color="#8A8A8A", linewidth=0.8)
right.set(
    xlabel="components K", ylabel="behind the best, per point", xlim=(4.4, 20.6), ylim=(-0.2, 1)
)
for ax in (left, right):
    ax.set_xticks(range(5, 26, 5) if ax is left else range(5, 21, 3))
show(
    fig,
    "Figure 4. Left, the held-out curve turns, and a ring marks its maximum. Right, how far each K from 5 to 20 is"
    " behind that maximum, ± two standard errors. Filled squares cannot be told apart from the best.",
    "Left, the training curve keeps rising over K from 1 to 25. The held-out curve rises with it at first, has a ring"
    " at its highest point, stays flat for a while, and then falls. Right, squares with error bars. Those near the"
    " best are filled, and their bars reach zero. From there the squares rise on both sides.",
)

# %% [markdown]
# Several values of $K$ cannot be told apart from the best. In eight samples like this one, the best $K$ went from 7
# to 13, and each time three or more other values were within two standard errors of it. **Where a curve is this flat,
# the honest answer is a range.**
#
# ## Opening the envelope
#
# Every model and every choice so far comes from the two hundred points alone. **Before you run the next cell:** which
# of these will be best on the two thousand new points, and which worst?

# %%
for name, model in {
    "K = 2, two groups": two,
    f"K = {Ks[best]}, held out": models[best],
    "K = 16, by eye": sixteen,
    "K = 100": hundred,
}.items():
    s = model.score_samples(test)
    print(f"{name:20s} {s.mean():7.2f} ± {s.std() / np.sqrt(len(s)):.2f}")

# %% [markdown]
# In each of eight samples like ours, $K = 2$ ended about one nat behind the best of these, and a hundred components
# ended tens of nats behind.
#
# And the truth? The moons are half circles, blurred by a Gaussian of width 0.05. That is a mixture as well, with
# infinitely many tiny components along the two arcs. We approximate it with four thousand.

# %%
arc, _ = two_moons(4000, noise=0)
blurred = np.full(4000, 0.05)
truth = Mixture(
    np.full(4000, 1 / 4000), arc, blurred**2, 1 / blurred, CovarianceType.named("spherical")
)
print(f"the source itself    {e_step(test, truth)[0].mean():7.2f}")

# %% [markdown]
# **There was no true $K$ to find.** The source has no number of components, and yet a number has to be chosen.
#
# The envelope is open now. If we changed a model because of this table, the two thousand points would become one more
# validation set, and we would need another envelope.
#
# ## How optimistic is the training likelihood?
#
# There is a theory for the gap between the two curves in figure 4. Fit a model with $p$ free parameters to $n$
# points. Its likelihood on these points is too high by about
#
# $$ \text{training} - \text{new points} \approx \frac{p}{n} $$
#
# in mean log-likelihood per point. Here is why. The fit follows the noise in its points, and so moves away from the
# parameters that are best for the *source*. This gains $p/2n$ on the training points, and the same move loses $p/2n$
# on new points. The gap is the sum, $p/n$. [Akaike](#References) built his criterion on it, as you will see in
# [lesson 09](09_choosing_k.ipynb). The argument needs many points per parameter: near its maximum, the log-likelihood
# must be a parabola.
#
# In the plane, a full mixture has $p = 6K - 1$ parameters: $K - 1$ weights, $2K$ numbers for the means and $3K$ for
# the covariances. **Before you run the next cell:** take $K = 2, 4, 7$ and 12. For which of them will the theory be
# right with 200 points, and for which with 2000?


# %%
def optimism(K, n, samples):
    """Training minus new points' mean log-likelihood, one number per sample: (samples,)."""
    gaps = []
    for seed in range(samples):
        Z, _ = two_moons(n, random_state=100 + seed)
        unseen, _ = two_moons(4000, random_state=500 + seed)
        model = GaussianMixture(K, random_state=0, tol=1e-6, max_iter=1000).fit(Z)  # to the end
        gaps.append(model.score(Z) - model.score(unseen))
    return np.array(gaps)


gaps_of = {n: {K: optimism(K, n, 20) for K in (2, 4, 7, 12)} for n in (200, 2000)}
for n, gaps in gaps_of.items():
    for K, g in gaps.items():
        se = g.std(ddof=1) / np.sqrt(len(g))
        print(
            f"n = {n:4d}, K = {K:2d}: too high by {g.mean():.3f} ± {se:.3f}; p/n = {(6 * K - 1) / n:.3f}"
        )

# %% tags=["hide-input"]
# Checks of the numbers in the text
for K in (4, 7, 12):
    g = gaps_of[2000][K]
    assert abs(g.mean() - (6 * K - 1) / 2000) < 2 * g.std(ddof=1) / np.sqrt(20)
assert gaps_of[200][12].mean() > 1.3 * 71 / 200

# %% tags=["hide-input"]
# Figure 5: the gap over samples, and the theory
fig, axes = plt.subplots(1, 2, figsize=(11, 3.6))
for ax, (n, gaps) in zip(axes, gaps_of.items()):
    tried = np.array(list(gaps))
    for K, g in gaps.items():
        ax.plot(np.full(len(g), K), g, "o", color=color(0), alpha=0.5, markersize=4)
    means = [g.mean() for g in gaps.values()]
    ax.plot(tried, means, "s-", color=color(0), label="mean of 20 samples")
    ax.plot(tried, (6 * tried - 1) / n, "--", color=color(1), label="theory: p / n")
    ax.axhline(0, linewidth=0.8, color="#8A8A8A")
    ax.set(title=f"n = {n}", xlabel="components K", ylabel="training − new points", xticks=tried)
    ax.legend()
show(
    fig,
    "Figure 5. By how much the training likelihood is too high: twenty samples (dots), their mean, and the theory."
    " The two panels have different scales.",
    "Two panels with a rising cloud of dots at K = 2, 4, 7 and 12. For 200 points the mean leaves"
    " the dashed line p / n upwards from K = 4 on. For 2000 points it follows the line from K = 4 on, and is just"
    " below it at K = 2.",
)

# %% [markdown]
# With 2000 points, the theory agrees for four, seven and twelve components, within the error of the means. With 200
# points the gap grows faster than $p/n$: for twelve components there are three points per parameter, and a parabola
# no longer describes the likelihood. For two components and 2000 points, our mean is almost zero instead of the value
# on the line. That is chance: the difference is less than two standard errors. **A single sample says even less**, as
# the dots show: its training points may happen to be harder than the new ones.
#
# <details><summary>Optional: three more conditions</summary>
#
# The theory also assumes that the model is nearly right. For a wrong model, the gap is another number (Takeuchi
# 1976): for two ellipses on two moons, it is larger than $p/n$ by about a third. At 2000 points that
# is less than the standard error of our mean, so figure 5 cannot show it.
#
# EM must run to the end, which is why `optimism` has a small `tol`. A fit that stops early has followed less of the
# noise, and its gap is smaller.
#
# And the points must be independent draws. `make_moons` from scikit-learn spaces its points evenly along the arcs, so
# a fit has less noise to follow, and the gap is smaller than $p/n$. Our `two_moons` draws its angles at random.
#
# </details>
#
# ## Components are not clusters
#
# The density needs about eight components, and there are two moons. If you want the moons, do not ask for two
# components. Fit as many as the density needs, then join those between which the model is unsure. Joining two
# components adds their [responsibilities](../GLOSSARY.md#responsibility), and the doubt between them is gone. We
# measure doubt by the [entropy](../GLOSSARY.md#entropy) of all responsibilities.


# %%
def join_once(R):
    """Join the two components whose union lowers the entropy of R (n, K) most: (n, K − 1)."""
    joined = [
        np.column_stack([np.delete(R, pair, axis=1), R[:, pair].sum(axis=1)])
        for pair in map(list, combinations(range(R.shape[1]), 2))
    ]
    return min(joined, key=lambda R: entr(R).sum())


# %% [markdown]
# **Before you run the next cell:** we join again and again, from ten components down to one. When two groups are
# left, will they be the moons?

# %%
path = [models[9].predict_proba(X)]
while path[-1].shape[1] > 1:
    path.append(join_once(path[-1]))
entropies = {R.shape[1]: float(entr(R).sum().round(2)) for R in path}
print(entropies)

# %% tags=["hide-input"]
# Checks of the numbers in the text
moons_found = path[8].argmax(axis=1)
assert adjusted_rand_score(moon, moons_found) == 1.0
assert entropies[4] - entropies[3] > 1 > 0.1 > entropies[3]

# %% tags=["hide-input"]
# Figure 6: components joined into groups
fig, axes = plt.subplots(1, 3, figsize=(13, 3.6))
plot_points(X, moons_found, ax=axes[1])
plot_points(X, ax=axes[0])
plot_ellipses(models[9].means_, models[9].covariances_, n_std=2, ax=axes[0])
falls = -np.diff(list(entropies.values()))
axes[2].bar(list(entropies)[1:], falls, color=color(0))
axes[2].set(
    xlabel="groups after the step", ylabel="entropy removed (nats)", xticks=list(entropies)[1:]
)
axes[2].invert_xaxis()
axes[2].text(1.5, 0.1, "no doubt\nleft", ha="center")
for ax, title in zip(axes, ("ten components", "joined into two groups", "what each step removes")):
    ax.set_title(title)
for ax in axes[:2]:
    ax.set_aspect("equal")
    ax.annotate(
        "gap", (1.17, -0.48), (1.4, 0), ha="center", arrowprops={"arrowstyle": "->", "ec": INK}
    )
show(
    fig,
    "Figure 6. Ten components, joined two at a time where the model is least sure. Right, how much doubt each step"
    " removes: from three groups on, there is none left.",
    "Left, the crescents under ten ellipses. Middle, each crescent in one colour. An arrow in both points at a gap in"
    " the lower one. Right, one bar"
    " per step, falling from 4 nats to 1; the last two steps remove almost nothing.",
)

# %% [markdown]
# Every one of the two hundred points is in the group of its own moon. Two Gaussians could not find the moons. Ten
# could, once we stopped asking each of them to be a group. The idea is from Baudry and others (2010).
#
# Where should you stop? The bars suggest: when there is no doubt left to remove. Here that happens at *three* groups.
# By chance, the lower moon has a gap (arrow), and no component bridges it. So the bars alone would not give you two.
#
# Does it always work? We know the source, so we can draw twenty samples from it.

# %%
found = {K: [] for K in (4, 6, 8, 10, 12)}
for seed in range(20):
    Z, y = two_moons(random_state=seed)
    for K, hits in found.items():
        R = GaussianMixture(K, random_state=0).fit(Z).predict_proba(Z)
        while R.shape[1] > 2:
            R = join_once(R)
        hits.append(adjusted_rand_score(y, R.argmax(axis=1)) > 0.95)
print({K: f"{sum(hits)} of 20" for K, hits in found.items()})

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert sum(found[4]) < 5 < 12 < sum(found[10])

# %% [markdown]
# Not always. Four components are so fat that they overlap between the moons more than along a moon. With ten it works
# for most samples, but a single component that bridges the moons, or one that overlaps with no other, can spoil the
# result. So look at the picture.
#
# It can also go the other way. In [lesson 02](02_kmeans_limits.ipynb), two components overlapped so much that
# their sum had a single peak. **Components are pieces of a density. Clusters are groups that mean something to
# you.** No criterion turns one into the other by itself.
#
# ## One density per class makes a classifier
#
# Suppose that we *have* labels. Then densities can classify. Fit one mixture to the points of each class $c$.
# [Bayes' rule](../GLOSSARY.md#bayes-rule) then turns "how likely is this point in that class?" into "how probable is
# that class for this point?":
#
# $$ p(c \mid x) = \frac{p(c)\; p(x \mid c)}{\sum_{c'} p(c')\; p(x \mid c')} $$
#
# This is the formula of the responsibilities, with classes in place of components, and a whole mixture in place of
# each Gaussian. We compute it in log space, as always:


# %%
def class_probabilities(X, priors, mixtures):
    """p(c | x) for points X (n, d), class shares (C,) and one mixture per class: (n, C)."""
    A = np.log(priors) + np.column_stack([mixture.score_samples(X) for mixture in mixtures])
    return np.exp(A - logsumexp(A, axis=1, keepdims=True))


# %% [markdown]
# Here are the moons with six times the noise, so that they overlap. This time there are three sets from the start:
# one to fit, one to choose with, and one in an envelope. The package's `GaussianMixtureClassifier` uses the same
# formula. With one component per class and diagonal covariances, it is Gaussian
# [naive Bayes](../GLOSSARY.md#naive-bayes).

# %%
X_train, y_train = two_moons(100, noise=0.3, random_state=5)
X_val, y_val = two_moons(100, noise=0.3, random_state=6)
X_test, y_test = two_moons(4000, noise=0.3, random_state=7)  # the second envelope

priors = np.bincount(y_train) / len(y_train)
mixtures = [GaussianMixture(3, random_state=0).fit(X_train[y_train == c]) for c in (0, 1)]
model = GaussianMixtureClassifier(3, random_state=0).fit(X_train, y_train)
assert np.allclose(model.predict_proba(X_val), class_probabilities(X_val, priors, mixtures))

one = GaussianMixtureClassifier(1, covariance_type="diag", reg_covar=0).fit(X_train, y_train)
naive = GaussianNB(var_smoothing=0).fit(X_train, y_train)
assert np.allclose(one.predict_proba(X_val), naive.predict_proba(X_val))

# %% [markdown]
# **Before you run the next cell:** with 1 to 12 components per class, how will the accuracy change on the
# training points, and how on the validation points?

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
# Figure 7: one component per class, the choice, twelve
fig, axes = plt.subplots(1, 3, figsize=(13, 3.8), sharex=True, sharey=True)
for ax, K in zip(axes, (1, winner + 1, 12)):
    plot_decision_regions(classifiers[K - 1], X_train, ax=ax)
    plot_points(X_train, y_train, ax=ax)
    ax.set_title(f"{K} per class: training {on_train[K - 1]:.2f}, validation {on_val[K - 1]:.2f}")
    ax.set_aspect("equal")
show(
    fig,
    "Figure 7. One component per class, the number that validation chose, and twelve. The more"
    " components, the more the boundary runs around single training points.",
    "Three panels with the overlapping moons in two colours on tinted regions. Left, a smooth"
    " curve cuts off the moons' tips. Middle, a boundary that winds between the moons. Right,"
    " a ragged one with islands.",
)

# %% [markdown]
# The model names a class even far from every point, often with certainty: the one whose density falls off more
# slowly. As in [lesson 04](04_em.ipynb), certainty is not familiarity.
#
# **Before you run the next cell:** will the winner's accuracy be higher, lower or the same on the four thousand
# points in the second envelope?

# %%
accuracy = classifiers[winner].score(X_test, y_test)
print(
    f"validation {on_val[winner]:.3f} ± {np.sqrt(on_val[winner] * (1 - on_val[winner]) / 100):.3f}"
)
print(f"test       {accuracy:.3f} ± {np.sqrt(accuracy * (1 - accuracy) / 4000):.3f}")

# %% [markdown]
# One pair of numbers proves little: a hundred validation points have a large error. But there is a reason to expect
# the first to be higher. The winner was picked *because* it did well on those hundred points, and part of that was
# luck. Repeat the whole procedure on twenty samples:

# %%
luck = []
for seed in range(20):
    sets = [
        two_moons(n, noise=0.3, random_state=3 * seed + i) for i, n in enumerate((100, 100, 4000))
    ]
    tried = [GaussianMixtureClassifier(K, random_state=0).fit(*sets[0]) for K in range(1, 13)]
    chosen = max(tried, key=lambda model: model.score(*sets[1]))
    luck.append(chosen.score(*sets[1]) - chosen.score(*sets[2]))
print(f"validation minus test: {np.mean(luck):.3f} ± {np.std(luck, ddof=1) / np.sqrt(20):.3f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert np.mean(luck) > 2 * np.std(luck, ddof=1) / np.sqrt(20)

# %% [markdown]
# On average, the winner's validation score is too high. **So choose on validation data,
# and report on test data that played no part in any choice.**
#
# ## Common mistakes
#
# - **"The likelihood is higher, so the model is better."** On the training data, more components always win.
# - **Peeking at the test data.** Data that were used to choose are no longer test data, even if they were used only
#   once.
# - **"The density needs eight components, so there are eight clusters."** Components are pieces of a density.
# - **Log-likelihoods in different units.** A density has a unit: per centimetre, per inch. Change the unit of one
#   column, and every log density shifts by the same amount. Compare models on the *same* points in the same
#   units.
# - **Rows that are not independent.** Evenly spaced, sorted or repeated rows make cross-validation too
#   optimistic or too pessimistic.
#
# ## Quiz
#
# **1.** You compared forty models on a validation set, and the best has an accuracy of 0.94 there. What do you
# report?
#
# - **A.** 0.94, since the model was not fitted to these data.
# - **B.** The accuracy of this one model on a test set that was not used for any choice.
# - **C.** The best accuracy that any of the forty has on the test set.
#
# <details><summary>Answer</summary>
#
# **B.** A is too high on average: the model was not fitted to the validation data, but it was *chosen* with them, and
# the best of forty was probably lucky too. C chooses once more, this time with the test set, which is then no
# longer a test set.
#
# </details>

# %% [markdown]
# **2.** A mixture is fitted to lengths in metres. On held-out rows, its mean log-likelihood is −0.2. Somebody
# converts everything to centimetres, fits again, and gets −4.8. What happened?
#
# - **A.** The second fit is worse and needs more starts.
# - **B.** Nothing: the same density is now measured per centimetre.
# - **C.** The held-out rows come from another source.
#
# <details><summary>Answer</summary>
#
# **B.** One metre is 100 centimetres, so a density per centimetre is 100 times smaller, and its logarithm is lower by
# log 100 ≈ 4.6. A and C treat the number as a grade for the model. It means something only next to another model's
# number, on the same rows in the same unit.
#
# </details>

# %% [markdown]
# **3.** Ten components describe the moons well. What do you know about the groups in the data?
#
# - **A.** There are ten.
# - **B.** There are two, since joining ends at two.
# - **C.** Nothing yet. You have a density; groups are a further question.
#
# <details><summary>Answer</summary>
#
# **C.** A mistakes components for clusters. B mistakes the end of a procedure for a finding: joining always reaches
# two, and then one. How much doubt each step removes, and a look at the picture, can make the case for two.
#
# </details>

# %% [markdown]
# ## In five lines
#
# 1. The training likelihood rises with every component. It can never tell you to stop.
# 2. Held-out likelihood can. Where its curve is flat, report a range.
# 3. A training likelihood is too high by about $p/n$ per point, and by more if there are few points per parameter.
# 4. Components are pieces of a density. Join them if you want clusters, and look at the result.
# 5. Choose on validation data. Report on test data, once.
#
# ## Where next
#
# The [exercises](../exercises/08_density_estimation_exercises.ipynb): you write the cross-validation, a density in
# another unit, and Bayes' rule, and fix a report that is too good. Then
# [lesson 09](09_choosing_k.ipynb) asks for a formula: can one fit tell how many components to use?
#
# ## References
#
# - H. Akaike (1974). A new look at the statistical model identification. *IEEE Transactions on Automatic
#   Control* 19(6), 716–723.
# - J.-P. Baudry, A. E. Raftery, G. Celeux, K. Lo, R. Gottardo (2010). Combining mixture components for clustering.
#   *Journal of Computational and Graphical Statistics* 19(2), 332–353.
# - T. Hastie, R. Tibshirani (1996). Discriminant analysis by Gaussian mixtures. *Journal of the Royal
#   Statistical Society B* 58(1), 155–176.
# - K. Takeuchi (1976). Distribution of informational statistics and a criterion of model fitting. *Suri-Kagaku*
#   153, 12–18 (in Japanese).
# - M. Stone (1974). Cross-validatory choice and assessment of statistical predictions. *Journal of the Royal
#   Statistical Society B* 36(2), 111–147.
