# %% tags=["hide-input"]
# Imports and figure style
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
from scipy.special import entr, logsumexp
from sklearn.datasets import make_moons
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import KFold
from sklearn.naive_bayes import GaussianNB

from mlcourse import GaussianMixture, GaussianMixtureClassifier
from mlcourse.datasets import two_moons
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import Mixture, e_step
from mlcourse.plotting import (
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

# %% [markdown]
# Run the next cell, choose the number of components, and press Play. Each number gives a picture. How would you know
# which to believe?

# %% tags=["hide-input"]
# To begin with: one set of points, one to six components
playground(two_moons()[0], n_components=4)

# %% [markdown]
# ## Two hundred points and an envelope
#
# Here are two hundred points. Beside them lies a sealed envelope with two thousand more from the same
# source. We shall fit many models in this lesson, and choose among them. The envelope stays closed until every
# choice has been made. Then it is opened once.
#
# Points that are kept back like this are [test data](../GLOSSARY.md#test-set). With data of your own you would
# put a part aside before you begin. Here the source is a formula, so we can afford a thick envelope.

# %%
X, moon = two_moons()
test, _ = two_moons(2000, random_state=1)  # the envelope

# %% tags=["hide-input"]
# Figure 1: two hundred points
show(
    plot_points(X),
    "Figure 1. Two hundred points. You see two groups. What will a mixture of two Gaussians see?",
    "Grey points along two interleaved crescents, one open below and one open above.",
)

# %% [markdown]
# **Before you run the next cell:** you fit a mixture of two components. Draw the two ellipses on paper. Will
# each take one moon? (The cell also fits sixteen, to compare.)

# %%
two = GaussianMixture(2, random_state=0).fit(X)
sixteen = GaussianMixture(16, random_state=0).fit(X)
new, _ = sixteen.sample(400)
print("K = 2 against the moons, adjusted Rand index:", end=" ")
print(round(adjusted_rand_score(moon, two.predict(X)), 3))

# %% tags=["hide-input"]
# Figure 2: two components, and sixteen
fig, axes = plt.subplots(2, 2, figsize=(10.5, 6), sharex=True, sharey=True)
for ax, model in zip(axes[0], (two, sixteen)):
    plot_responsibilities(X, model.predict_proba(X), ax=ax)
    plot_ellipses(model.means_, model.covariances_, n_std=2, ax=ax)
    ax.set_title(f"K = {model.n_components}")
plot_density(sixteen, X, ax=axes[1, 0])
plot_points(new, ax=axes[1, 1])
axes[1, 0].set(title="the density of K = 16", aspect="equal")
axes[1, 1].set(title="400 new points from it", aspect="equal")
show(
    fig,
    "Figure 2. Two components cut across the moons. Sixteen cover them like tiles; their sum is"
    " high along both moons, and what it generates looks like moons again.",
    "Two broad ellipses, each with one moon's larger part and a tip of the other; sixteen small"
    " ellipses along the crescents; contours of a density that follows them; 400 new points that"
    " form the same two crescents.",
)

# %% [markdown]
# Two components are what you would ask for if you wanted two groups. They find neither moon, since a moon is no
# ellipse. The [adjusted Rand index](../GLOSSARY.md#adjusted-rand-index) would be 1 for a perfect match.
#
# Sixteen components find no groups at all. Nobody would say that there are sixteen. But look at the lower
# panels: as a *description of where points fall*, the mixture is good enough to draw from.
#
# So there are two questions, and they have different answers:
#
# - **Clustering:** which points belong together?
# - **[Density estimation](../GLOSSARY.md#density-estimation):** where do points fall, and how often?
#
# Most of this lesson is about the second. How many [components](../GLOSSARY.md#component) does a good density
# need, and who is to say?
#
# ## The likelihood of the data you fitted
#
# The measure of a density is the [log-likelihood](../GLOSSARY.md#log-likelihood): how probable does the
# model make the points? So the first idea is to take the $K$ with the greatest likelihood.
#
# **Before you run the next cell:** for $K = 1, 2, \dots, 20$, where will the likelihood of the two hundred
# points have its maximum?

# %%
Ks = range(1, 21)
models = [GaussianMixture(K, random_state=0).fit(X) for K in Ks]
training = np.array([model.score(X) for model in models])
print(training.round(2))

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert np.all(np.diff(training) > 0)

# %% [markdown]
# At the end. It rises with every component, and it would go on rising. This is a law, and the reason fits into
# one function: any component can be split into two halves that lie on top of one another. That is a mixture with
# one component more, and exactly the same density.

# %%
FULL = CovarianceType.named("full")


def split(model, k):
    """The density of `model`, written with one component more: k becomes two halves."""
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
# So the best mixture of eight is at least as likely as the best of seven, whatever the data are. **The
# likelihood of the training data can never tell you to stop.**
#
# The law is about the *best* fit. EM finds a good one, not always the best, so now and then a curve has a dent:

# %%
for K in (17, 18):
    dented = GaussianMixture(K, random_state=2).fit(X)
    print(f"another start, K = {K}: {dented.score(X):.4f}")

# %% [markdown]
# A dent says that the start was unlucky. It says nothing about $K$.
#
# ## Points that the fit has not seen
#
# A model that has learned where points fall should not be surprised by new ones. So: leave some points out, fit
# to the rest, and ask how likely the left-out points are. They are
# [validation data](../GLOSSARY.md#validation-set). Two hundred points are few, so each takes its turn: five
# folds, each left out once. This is [cross-validation](../GLOSSARY.md#cross-validation).

# %%
folds = KFold(5, shuffle=True, random_state=0)


def held_out(fit):
    """Log-likelihood of each point under a model fitted without its fold: (n,)."""
    scores = np.empty(len(X))
    for rest, fold in folds.split(X):
        scores[fold] = fit(X[rest]).score_samples(X[fold])
    return scores


# %% [markdown]
# **Before you run the next cell:** a mixture of a hundred components has 599 free numbers (we shall count in a
# moment), and our points have 400 coordinates. How will it do on the points that it fitted, and how on the
# others?

# %%
for K in (2, 7, 16, 40, 100):
    model = GaussianMixture(K, random_state=0)
    print(
        f"K = {K:3d}: training {model.fit(X).score(X):6.2f},",
        f"held out {held_out(model.fit).mean():8.2f}",
    )

# %% [markdown]
# The training likelihood climbs and climbs. The held-out likelihood climbs, turns, and falls off a cliff. With a
# hundred components most of them sit on one point or two, as thin as `reg_covar` allows, and a new point between
# them is declared next to impossible. That is [overfitting](../GLOSSARY.md#overfitting): **a bigger likelihood is
# not a better model.**

# %%
scores = np.array([held_out(GaussianMixture(K, random_state=0).fit) for K in Ks])
validation = scores.mean(axis=1)
best = validation.argmax()
print(f"held-out likelihood is greatest at K = {Ks[best]}: {validation[best]:.3f}")

# %% tags=["hide-input"]
# Figure 3: training and held-out likelihood
ax = plot_curve(Ks, training, "components K", "mean log-likelihood of a point")
ax.plot(Ks, validation, color=color(1), marker=marker(1), markersize=5)
ax.text(20.3, training[-1], "training", color=color(0), va="center")
ax.text(20.3, validation[-1], "held out", color=color(1), va="center")
show(
    ax,
    "Figure 3. The more components, the more likely the points that were fitted. The others"
    " tell another story.",
    "Two curves over K from 1 to 20. The training curve rises all the way. The held-out curve"
    " rises beside it at first, is highest around 8 and 9, and then falls.",
)

# %% [markdown]
# Nine, then? Not so fast. The curve is a mean of two hundred numbers, and another two hundred points would give
# another curve. The differences can be judged point by point: by how much does each $K$ fall behind the best, and
# what is the [standard error](../GLOSSARY.md#standard-error) of that difference?

# %%
gap = scores[best] - scores
error = gap.std(axis=1) / np.sqrt(len(X))
for K in range(6, 14):
    print(f"K = {K:2d}: behind by {gap[K - 1].mean():5.3f} ± {error[K - 1]:.3f}")
assert all(gap[[5, 6]].mean(axis=1) > 2 * error[[5, 6]])  # six and seven
assert gap[7].mean() < error[7]  # eight

# %% [markdown]
# Eight and nine cannot be told apart. Six and seven do worse. Ten looks worse too, and twelve does not, which shows
# how much of such a curve is chance. Where it is as flat as this, the honest answer is a range.

# %% [markdown]
# ## Components are not clusters
#
# Seven components, two moons. If you want the moons, you need not ask for two components. Fit as many as the
# density needs, then join those that belong together. Which? Those between which the model is unsure. Joining two
# components adds their responsibilities, and the doubt between them is gone.


# %%
def join_once(R):
    """Join the two components whose union lowers the entropy of R (n, K) most: (n, K − 1)."""
    joined = [
        np.column_stack([np.delete(R, pair, axis=1), R[:, pair].sum(axis=1)])
        for pair in map(list, combinations(range(R.shape[1]), 2))
    ]
    return min(joined, key=lambda R: entr(R).sum())


# %% [markdown]
# **Before you run the next cell:** we go on joining, from seven components down to one. The entropy must fall to 0
# in the end. Where will the last big fall be?

# %%
path = [models[6].predict_proba(X)]
while path[-1].shape[1] > 1:
    path.append(join_once(path[-1]))
entropies = {R.shape[1]: float(entr(R).sum().round(2)) for R in path}
print(entropies)

# %% tags=["hide-input"]
# Checks of the numbers in the text
moons_found = path[5].argmax(axis=1)
*falls, last_fall = -np.diff(list(entropies.values()))
assert min(falls) > 2 > 1 > last_fall
assert adjusted_rand_score(moon, moons_found) == 1.0

# %% tags=["hide-input"]
# Figure 6: components joined into groups
fig, axes = plt.subplots(1, 3, figsize=(13, 3.6))
plot_points(X, models[6].predict(X), ax=axes[0])
plot_points(X, moons_found, ax=axes[1])
plot_curve(
    list(entropies), list(entropies.values()), "groups", "entropy (nats)", chosen=2, ax=axes[2]
)
axes[0].set_title("seven components")
axes[1].set_title("joined into two groups")
show(
    fig,
    "Figure 6. Seven components joined, two at a time, where the model is least sure. At two"
    " groups hardly any doubt is left to remove.",
    "Left, the crescents in seven colours, three or four pieces each. Middle, each crescent"
    " in one colour. Right, entropy that falls from 18 nats at seven groups to 1 at two and 0"
    " at one.",
)

# %% [markdown]
# Every one of the two hundred points is with its own moon. Down to two groups each step removes two nats of doubt or
# more; the last one has less than one nat left to remove. The idea is due to Baudry and others (2010). Two Gaussians
# could not find the moons. Seven could, once we stopped asking each of them to be a group.
#
# Does it always work?

# %%
rand = {}
for K in (4, 5, 6, 7, 9, 12, 15, 16):
    R = models[K - 1].predict_proba(X)
    while R.shape[1] > 2:
        R = join_once(R)
    rand[K] = adjusted_rand_score(moon, R.argmax(axis=1))
    print(f"K = {K:2d} joined into 2: ARI {rand[K]:.2f}")
assert max(rand[4], rand[15]) < 0.5

# %% [markdown]
# Not always. With four components the ellipses are still so fat that they overlap across the gap more than
# along a moon. With fifteen, there is a component so far from doubt that it stays alone to the last, and the
# two moons are joined instead. So look at the picture.
#
# It can go the other way, too. In [lesson 02](02_kmeans_limits.ipynb) two components overlapped so much that
# their sum was one heap. **Components are pieces of a density. Clusters are groups that mean something to
# you.** No criterion turns one into the other by itself.

# %% [markdown]
# ## A density a class makes a classifier
#
# Densities can do something that you may not expect of unlabelled methods: classify. Suppose that there *are*
# labels. Fit one mixture to the points of each class $c$. Then [Bayes' rule](../GLOSSARY.md#bayes-rule) turns "how
# likely is this point in that class" into "how probable is that class for this point":
#
# $$ p(c \mid x) = \frac{p(c)\; p(x \mid c)}{\sum_{c'} p(c')\; p(x \mid c')} $$
#
# You have seen this formula. It is the responsibility, with classes for components and a whole mixture for each
# Gaussian. In log space, as always:


# %%
def class_probabilities(X, priors, mixtures):
    """p(c | x) for points X (n, d), class shares (C,) and one mixture a class: (n, C)."""
    A = np.log(priors) + np.column_stack([mixture.score_samples(X) for mixture in mixtures])
    return np.exp(A - logsumexp(A, axis=1, keepdims=True))


# %% [markdown]
# The moons once more, with six times the noise, so that they overlap. From the start there are three sets: one
# to fit, one to choose with, and an envelope.

# %%
X_train, y_train = make_moons(100, noise=0.3, random_state=0)
X_val, y_val = make_moons(100, noise=0.3, random_state=1)
X_test, y_test = make_moons(4000, noise=0.3, random_state=2)  # the second envelope

priors = np.bincount(y_train) / len(y_train)
mixtures = [GaussianMixture(3, random_state=0).fit(X_train[y_train == c]) for c in (0, 1)]
by_hand = class_probabilities(X_val, priors, mixtures)

# %% [markdown]
# The package has this as `GaussianMixtureClassifier`, with scikit-learn's interface. And there is an old
# acquaintance among its special cases: one component a class with a diagonal covariance is Gaussian [naive
# Bayes](../GLOSSARY.md#naive-bayes).

# %%
model = GaussianMixtureClassifier(3, random_state=0).fit(X_train, y_train)
assert np.allclose(model.predict_proba(X_val), by_hand)

one = GaussianMixtureClassifier(1, covariance_type="diag", reg_covar=0).fit(X_train, y_train)
naive = GaussianNB(var_smoothing=0).fit(X_train, y_train)
assert np.allclose(one.predict_proba(X_val), naive.predict_proba(X_val))

# %% [markdown]
# **Before you run the next cell:** components a class from 1 to 12. How will the accuracy on the training points go,
# and how on the validation points?

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
# Figure 8: one component per class, the chosen number, and twelve
fig, axes = plt.subplots(1, 3, figsize=(13, 3.8), sharex=True, sharey=True)
for ax, K in zip(axes, (1, winner + 1, 12)):
    plot_decision_regions(classifiers[K - 1], X_train, ax=ax)
    plot_points(X_train, y_train, ax=ax)
    ax.set_title(f"{K} a class: training {on_train[K - 1]:.2f}, validation {on_val[K - 1]:.2f}")
show(
    fig,
    "Figure 8. One component a class, the number that validation chose, and twelve. The more"
    " components, the more the boundary runs around single training points.",
    "Three panels with the overlapping moons in two colours on tinted regions. Left, a smooth"
    " curve cuts off the moons' tips. Middle, a boundary that winds between the moons. Right,"
    " a ragged one with spikes.",
)

# %% [markdown]
# In the middle panel look at the lower left corner, far from every point. The model has an opinion there, too: it is
# that of whichever tail is fatter. [Lesson 04](04_em.ipynb) had the word for it: certainty is not familiarity.
#
# The choice is made. **Before you run the next cell:** the winner's accuracy on the validation points stands above.
# Will it be higher, lower or the same on the four thousand points in the envelope?

# %%
accuracy = classifiers[winner].score(X_test, y_test)
print(
    f"validation {on_val[winner]:.3f} ± {np.sqrt(on_val[winner] * (1 - on_val[winner]) / 100):.3f}"
)
print(f"test       {accuracy:.3f} ± {np.sqrt(accuracy * (1 - accuracy) / 4000):.3f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert accuracy < on_val[winner] - 0.01

# %% [markdown]
# Lower, and not by bad luck alone. The winner was picked *because* it did well on those hundred points, and a
# part of doing well was luck that does not come again. The best of twelve scores is a biased estimate of the
# winner's quality: the more candidates, the more so. **So choose on validation data, and report on test data
# that played no part in any choice.** The number to write down is the second one.

# %% [markdown]
# ## Common mistakes
#
# - **"The likelihood is higher, so the model is better."** On the training data it always is, for more components.
# - **A peek at the test data.** Whatever was used to choose is no longer test data, even if it was used only once.
# - **"The density needs seven components, so there are seven clusters."** Components are pieces of a density.
#
# ## Quiz
#
# **1.** You compared forty models on a validation set, and the best has an accuracy of 0.94 there. What do you
# report?
#
# - **A.** 0.94, since the model was not fitted to these data.
# - **B.** The accuracy of this one model on a test set that nothing was chosen with.
# - **C.** The best accuracy that any of the forty has on the test set.
#
# <details><summary>Answer</summary>
#
# **B.** A is too high on average: the model was not fitted to the validation data, but it was *chosen* by them, and
# the best of forty was also the luckiest. C chooses once more, this time with the test set, which then is no
# test any more.
#
# </details>
#
# ## In five lines
#
# 1. The training likelihood rises with every component. It can never tell you to stop.
# 2. Held-out likelihood can. Where its curve is flat, report a range.
# 3. Components are pieces of a density. Join them if you want clusters, and look at the result.
# 4. One density per class and Bayes' rule make a classifier.
# 5. Choose on validation data. Report on test data, once.
#
# ## Where next
#
# The [exercises](../exercises/08_density_estimation_exercises.ipynb): you write the cross-validation and Bayes'
# rule, and fix a report that is too good. Then [lesson 09](09_choosing_k.ipynb) asks how many components to take.
#
# ## References
#
# - J.-P. Baudry, A. E. Raftery, G. Celeux, K. Lo, R. Gottardo (2010). Combining mixture components for clustering.
#   *Journal of Computational and Graphical Statistics* 19(2), 332–353.
# - T. Hastie, R. Tibshirani (1996). Discriminant analysis by Gaussian mixtures. *Journal of the Royal
#   Statistical Society B* 58(1), 155–176.
