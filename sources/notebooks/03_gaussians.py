# %% tags=["hide-input"]
# Imports and figure style
import matplotlib.pyplot as plt
import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import logsumexp
from scipy.stats import chi2, multivariate_normal, norm

from mlcourse import GaussianMixture, gaussians
from mlcourse.datasets import elongated_blobs, load_iris
from mlcourse.plotting import (
    INK,
    PALE_INK,
    PAPER,
    PRINT,
    color,
    plot_curve,
    plot_density,
    plot_ellipses,
    plot_mixture_1d,
    plot_points,
    show,
    use_course_style,
)
from mlcourse.widgets import covariance_explorer, draw_covariance

use_course_style()

# %% [markdown]
# Move the sliders: two widths and an angle. By the end of this lesson you know how they make the numbers below the
# picture, and what these are good for.

# %% tags=["hide-input"]
# To begin with: a Gaussian that you can turn and stretch
covariance_explorer()

# %% [markdown]
# ## Two strangers
#
# Here are fifty irises of one species, *Iris setosa*. Someone has measured two things on each: how long a sepal is,
# and how wide. Then two more flowers turn up, A and B, and nobody knows where they come from. Both lie equally far
# from the middle of the fifty.
#
# **Before you run the next cells:** if all you know about a flower is its distance from the middle, which of the
# two is the odd one out? Keep your answer in mind, and look.


# %%
def mark(points, ax):
    """Write A and B where the two strangers are."""
    for name, point in zip("AB", points):
        disc = {"boxstyle": "circle", "facecolor": PAPER, "edgecolor": INK}
        ax.text(*point, name, color=PRINT, weight="bold", ha="center", va="center", bbox=disc)
    ax.update_datalim(points)
    ax.autoscale_view()


setosa = load_iris()[0][:50, :2]
strangers = setosa.mean(axis=0) + np.array([[0.7, 0.7], [0.7, -0.7]])

# %% tags=["hide-input"]
# Figure 1: fifty flowers and two strangers
ax = plot_points(setosa)
mark(strangers, ax)
ax.set(xlabel="sepal length (cm)", ylabel="sepal width (cm)", aspect="equal")
show(
    ax,
    "Figure 1. Fifty flowers of one species, and two strangers at the same distance from"
    " their middle.",
    "A cloud of grey points that rises from lower left to upper right. A lies at its upper"
    " right end, B lies alone at the lower right.",
)

# %%
distance = np.linalg.norm(strangers - setosa.mean(axis=0), axis=1)
print("distance of A and B from the middle, in cm:", distance.round(2))

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert np.isclose(*distance)

# %% [markdown]
# The distance alone cannot tell. Your eye can, and it needs no time to do it. In this family long goes with wide. A
# is long and wide: a large member of the family. B is long and narrow, and none of the fifty is like it.
#
# The ruler of k-means is the same in every direction, and so it calls A and B equal. Your eye has used another
# ruler, one that is short across the cloud and long along it. This lesson builds that ruler. It comes with a shape,
# the [Gaussian](../GLOSSARY.md#gaussian), and that shape is the one brick that the rest of the course builds with.

# %% [markdown]
# ## One number at a time
#
# Begin with the length alone. Many flowers are near the middle and few are far from it, on either side. The
# Gaussian is a [density](../GLOSSARY.md#density) with that habit. It has two parameters. The mean $\mu$ says where
# it stands, and the [standard deviation](../GLOSSARY.md#standard-deviation) $\sigma$ says how wide it is. Its
# square $\sigma^2$ is called the [variance](../GLOSSARY.md#variance).
#
# $$ \begin{aligned}
# N(x \mid \mu, \sigma^2) &= \frac{1}{\sqrt{2\pi}\,\sigma}\; e^{-z^2 / 2} \\
# z &= \frac{x - \mu}{\sigma}
# \end{aligned} $$
#
# Read it from the inside out. $z$ says how many standard deviations $x$ is from the mean. The square treats left
# and right alike. The exponential turns far into unlikely. The factor in front makes the area under the curve 1.


# %%
def gaussian(x, mu, sigma):
    z = (x - mu) / sigma
    return np.exp(-0.5 * z**2) / (np.sqrt(2 * np.pi) * sigma)


length = setosa[:, 0]
assert np.allclose(gaussian(length, 5, 0.4), norm.pdf(length, 5, 0.4))  # SciPy agrees

# %% [markdown]
# ### Which mean, which width?
#
# There is one Gaussian for every $\mu$ and $\sigma$. Which of them describes these flowers? An old and good answer
# is [maximum likelihood](../GLOSSARY.md#maximum-likelihood): choose the parameters under which the data are least
# surprising. The density of all the data together is a product, one factor a flower. Its logarithm is a sum, the
# [log-likelihood](../GLOSSARY.md#log-likelihood), and sums are easier to handle:
#
# $$ \ell(\mu, \sigma) = \sum_{i=1}^{n} \log N(x_i \mid \mu, \sigma^2) $$
#
# **Before you run the next cell:** the left curve slides the Gaussian along the axis, the right curve makes it
# wider. Where will the two tops be?


# %%
def log_likelihood(x, mu, sigma):
    return np.log(gaussian(x, mu, sigma)).sum()


mu = length.mean()
sigma = np.sqrt(((length - mu) ** 2).mean())
mus = mu + np.linspace(-0.2, 0.2, 25)
sigmas = sigma * np.linspace(0.7, 1.5, 25)
along = np.array([log_likelihood(length, m, sigma) for m in mus])
wider = np.array([log_likelihood(length, mu, s) for s in sigmas])

# %% tags=["hide-input"]
# Figure 2: log-likelihood against mean and width
fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True)
plot_curve(mus, along, "mean μ (cm)", "log-likelihood", chosen=mus[along.argmax()], ax=axes[0])
plot_curve(sigmas, wider, "width σ (cm)", "", chosen=sigmas[wider.argmax()], ax=axes[1])
show(
    fig,
    "Figure 2. The log-likelihood of fifty sepal lengths. Rings mark the tops: the mean of"
    " the lengths, and the root of their mean squared distance from it.",
    "Two curves with one top each. The left one is a symmetric parabola over the mean. The"
    " right one rises steeply to its top and falls slowly after it.",
)

# %%
print(f"μ = {mu:.3f} cm, σ = {sigma:.3f} cm")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert np.isclose(mus[along.argmax()], length.mean())
assert np.isclose(sigmas[wider.argmax()], length.std())

# %% [markdown]
# Both tops are where you would have put them without any theory. Set the slope of $\ell$ to zero, and you get
#
# $$ \mu = \frac{1}{n} \sum_i x_i, \qquad \sigma^2 = \frac{1}{n} \sum_i (x_i - \mu)^2. $$
#
# <details><summary>The two slopes, for those who want to see them</summary>
#
# Written out, $\ell = -n \log \sigma - \frac{1}{2\sigma^2} \sum_i (x_i - \mu)^2$ and a constant. Its slopes are
#
# $$ \begin{aligned}
# \frac{\partial \ell}{\partial \mu} &= \frac{1}{\sigma^2} \sum_i (x_i - \mu) \\
# \frac{\partial \ell}{\partial \sigma} &= -\frac{n}{\sigma} + \frac{1}{\sigma^3} \sum_i (x_i - \mu)^2
# \end{aligned} $$
#
# The first is zero when $\sum_i x_i = n \mu$, the second when $\sum_i (x_i - \mu)^2 = n \sigma^2$.
#
# </details>
#
# Look at the right-hand curve once more. It falls steeply on the left: a Gaussian that is too narrow is badly
# surprised by the outermost flowers. One that is too wide is only vague.
#
# The sum is divided by $n$. You may have met $n - 1$, which makes the estimate of the variance right on average
# over many samples. That is another aim, and a good one. Maximum likelihood divides by $n$, and this course stays
# with it. Mind that `np.std` and `np.var` divide by $n$, and `np.cov` by $n - 1$ unless you say `ddof=0`.
#
# **Before you run the next cell:** can a density be greater than 1?

# %%
x = np.linspace(mu - 4.5 * sigma, mu + 4.5 * sigma, 400)

# %% tags=["hide-input"]
# Figure 3: the fitted Gaussian over the lengths
fig, ax = plt.subplots()
ax.hist(
    length, bins=np.arange(4.25, 5.95, 0.2), density=True, color=PALE_INK, alpha=0.4, rwidth=0.94
)
ax.plot(x, gaussian(x, mu, sigma), color=color(0))
for step in (-1, 1):
    ax.axvline(mu + step * sigma, color=color(0), linestyle="--", linewidth=1)
ax.set(xlabel="sepal length (cm)", ylabel="density (per cm)")
show(
    ax,
    "Figure 3. The fitted Gaussian over the histogram of the lengths. Dashed: one standard"
    " deviation either side.",
    "A histogram with one hump, and a bell-shaped curve that follows it. The top of the curve"
    " is a little above one.",
)

# %%
top = gaussian(mu, mu, sigma)
area = np.trapezoid(gaussian(x, mu, sigma), x)
print(f"top of the curve: {top:.2f} per cm     area under it: {area:.4f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert top > 1
assert np.isclose(area, 1, atol=1e-4)

# %% [markdown]
# Yes, it can. A density is not a probability. It is probability *per centimetre*, and only areas under it are
# probabilities. Measure the same flowers in millimetres and the curve is ten times wider and ten times lower. So
# never be alarmed by a positive log-likelihood, and never compare densities across different units.
#
# ### Standardising
#
# The $z$ of the formula is useful in its own right. To put $z$ in the place of $x$ is to
# [standardise](../GLOSSARY.md#standardise): the new numbers have mean 0 and standard deviation 1, whatever the
# units were.
#
# **Before you run the next cell:** how many of the fifty flowers do you expect within one standard deviation of the
# mean? Within two?

# %%
z = (length - mu) / sigma
for r in (1, 2, 3):
    share = norm.cdf(r) - norm.cdf(-r)
    print(f"within {r}σ: {(np.abs(z) < r).sum()} of 50 flowers; a Gaussian holds {share:.2%}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert np.isclose(z.mean(), 0)
assert np.isclose(z.std(), 1)

# %% [markdown]
# Fifty flowers are not many, and still the counts are close to what the Gaussian says. Remember its three numbers,
# and remember that they belong to *one* dimension. They are about to change.
#
# Standardising is a ruler whose unit is the spread of the data. So let us try it on the two strangers: standardise
# length and width, each with its own mean and standard deviation.
#
# **Before you run the next cell:** will that tell A from B?

# %%
z_strangers = (strangers - setosa.mean(axis=0)) / setosa.std(axis=0)
print(z_strangers.round(2))
print("distance from the middle in these units:", np.linalg.norm(z_strangers, axis=1).round(2))
longer = (setosa[:, 0] > strangers[1, 0]).sum()
narrower = (setosa[:, 1] < strangers[1, 1]).sum()
print(f"of the fifty, {longer} is longer than B, and {narrower} is narrower")

# %% [markdown]
# Another tie. Each feature by itself finds nothing wrong with B: one of the fifty is longer still, and one is
# narrower still. What is rare is the *combination*. To see that, we need a number that looks at two features at
# once.

# %% [markdown]
# ## The covariance matrix
#
# That number is the [covariance](../GLOSSARY.md#covariance). The variance of one feature is the mean of $(x -
# \mu)^2$. The covariance of two features is the mean of the product of *their* two deviations. It is positive when
# both tend to be above their means together. All variances and covariances of $d$ features fit in one symmetric $d
# \times d$ matrix:
#
# $$ \begin{aligned}
# \mu &= \frac{1}{n} \sum_i x_i \\
# \Sigma &= \frac{1}{n} \sum_i (x_i - \mu)(x_i - \mu)^\top
# \end{aligned} $$
#
# This is again the maximum-likelihood answer, for the Gaussian in $d$ dimensions. Its formula comes later in this
# lesson: it needs a distance first, and the distance needs this matrix.


# %%
def fit(X):
    mu = X.mean(axis=0)
    D = X - mu
    return mu, D.T @ D / len(X)


mu, Sigma = fit(setosa)
print(Sigma.round(3))
print("correlation:", round(Sigma[0, 1] / np.sqrt(Sigma[0, 0] * Sigma[1, 1]), 2))
assert np.allclose(Sigma, np.cov(setosa.T, ddof=0))

# %% [markdown]
# On the diagonal stand the two variances. Off the diagonal stands the covariance, twice, since length with width is
# width with length. Divide it by both standard deviations and you have the
# [correlation](../GLOSSARY.md#correlation), which lies between −1 and 1 and has no units.
#
# ### Spread in every direction
#
# The matrix knows more than two spreads and one covariance. Choose any direction, as a vector $u$ of length 1. Look
# at the flowers along that direction only: each becomes one number, $u^\top x_i$. The variance of these numbers is
#
# $$ u^\top \Sigma\, u. $$
#
# **Before you run the next cell:** go back to Figure 1. In which direction is the cloud widest? Guess an angle,
# with 0° to the right and 90° upwards.

# %%
angles = np.arange(0, 180, 4)
radians = np.radians(angles)
u = np.stack([np.cos(radians), np.sin(radians)])  # (2, 45): one direction a column
spread = (setosa @ u).std(axis=0)
best = angles[spread.argmax()]

# %% tags=["hide-input"]
# Figure 4: spread in every direction
assert np.allclose(spread**2, [one @ Sigma @ one for one in u.T])
ax = plot_curve(angles, spread, "direction (degrees)", "spread of the flowers (cm)", chosen=best)
show(
    ax,
    f"Figure 4. The standard deviation of the flowers in every direction. The ring marks {best}°.",
    "A smooth wave over the angles from 0 to 180 degrees, with one top and, a quarter turn"
    " further on, one bottom.",
)

# %% [markdown]
# One widest direction, one narrowest, and a right angle between them. No search is needed to find them: they are
# the [eigenvectors](../GLOSSARY.md#eigenvector) of $\Sigma$. An eigenvector is a direction that the matrix
# stretches and does not turn,
#
# $$ \Sigma\, u_j = \lambda_j u_j, $$
#
# and its [eigenvalue](../GLOSSARY.md#eigenvalue) $\lambda_j = u_j^\top \Sigma\, u_j$ is the variance along it. So
# the standard deviation along it is $\sqrt{\lambda_j}$.

# %%
eigenvalues, U = np.linalg.eigh(Sigma)  # rising; one eigenvector a column of U
widest = np.degrees(np.arctan(U[1, 1] / U[0, 1]))
print(f"widest at {widest:.1f}°; spread along the axes: {np.sqrt(eigenvalues).round(3)} cm")
assert best == 48
assert abs(widest - 48) < 1
assert np.allclose(U.T @ U, np.eye(2))  # a right angle between them

# %% [markdown]
# ### A covariance matrix is an ellipse
#
# Put those two facts into a drawing. Take the eigenvectors for axes, and $\sqrt{\lambda_j}$ for half-lengths: that
# is the *one-sigma ellipse*. Twice and three times the size are the two- and three-sigma ellipses. On each of them
# the Gaussian has one and the same density, like the contour lines of a hill.
#
# **Before you run the next cell:** on which of the ellipses will A and B lie, roughly?

# %%
half_axes = U * np.sqrt(eigenvalues)  # the columns, each to its length

# %% tags=["hide-input"]
# Figure 5: ellipses, eigenvectors and the two strangers
ax = plot_points(setosa)
plot_ellipses([mu], [Sigma], ax=ax)
style = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.012, "zorder": 3}
ax.quiver([mu[0]] * 2, [mu[1]] * 2, *half_axes, color=color(5), **style)
mark(strangers, ax)
ax.set(xlabel="sepal length (cm)", ylabel="sepal width (cm)")
show(
    ax,
    "Figure 5. The covariance matrix as a shape: 1, 2 and 3 σ ellipses. The arrows are the"
    " eigenvectors, drawn to the length √λ.",
    "Three slanted ellipses around the cloud, longest towards the upper right. A lies close"
    " to the second ellipse. B lies far outside the third.",
)

# %% [markdown]
# A is near the second ellipse, B far beyond the third. There is the ruler that your eye has used.
#
# One more thing to read off an ellipse. Its shadow on the horizontal axis reaches exactly one standard deviation of
# the length to either side of the mean, and its shadow on the vertical axis one standard deviation of the width. So
# the *box* around the one-sigma ellipse shows the diagonal of $\Sigma$, and the *slant* in the box shows the
# covariance.

# %%
t = np.linspace(0, 2 * np.pi, 1001)
ellipse = np.column_stack([np.cos(t), np.sin(t)]) @ half_axes.T  # a circle, stretched and turned
assert np.allclose(ellipse.max(axis=0), np.sqrt(np.diag(Sigma)), rtol=1e-4)
print("the shadows reach  ", ellipse.max(axis=0).round(3), "cm")
print("standard deviations", np.sqrt(np.diag(Sigma)).round(3), "cm")

# %% [markdown]
# The way back is as short. With the eigenvectors as columns of $U$ and the eigenvalues on the diagonal of
# $\Lambda$,
#
# $$ \Sigma = U \Lambda\, U^\top. $$
#
# So you can choose two widths and a direction, and have the matrix that belongs to them.

# %%
Lambda = np.diag(eigenvalues)
assert np.allclose(U @ Lambda @ U.T, Sigma)

# %% [markdown]
# **Try it.** Move the sliders below. Can you make the covariance vanish while the two widths differ? Can you make
# the angle stop mattering? Can you get a correlation above 0.9?

# %%
covariance_explorer()

# %% [markdown]
# And here is one position of the sliders as a still picture, should they not appear.

# %%
noise = np.random.default_rng(0).standard_normal((400, 2))
show(*draw_covariance(noise, std_1=2, std_2=1, angle=30))

# %% [markdown]
# The covariance vanishes when the ellipse stands upright or lies flat, at 0° or ±90°. The angle stops mattering
# when both widths are equal, since a circle looks the same however you turn it. And a correlation near 1 takes a
# thin ellipse on a slant.

# %% [markdown]
# ## A distance in units of the spread
#
# In one dimension the ruler was $|z| = |x - \mu| / \sigma$. In many dimensions it is the [Mahalanobis
# distance](../GLOSSARY.md#mahalanobis-distance) $\Delta$, after the statistician P. C. Mahalanobis:
#
# $$ \Delta^2 = (x - \mu)^\top \Sigma^{-1} (x - \mu) $$
#
# Where $z$ divides by a number, $\Delta$ divides by a matrix. And as $z$ divides by $\sigma$, not by $\sigma^2$, we
# want a root of $\Sigma$. The most convenient root of a matrix is its [Cholesky
# factor](../GLOSSARY.md#cholesky-factor): the lower triangular $L$ with a positive diagonal for which
#
# $$ \Sigma = L L^\top. $$
#
# With it, $z = (x - \mu)/\sigma$ becomes "find the $y$ with $L y = x - \mu$", and $\Delta$ is the length of $y$. As
# $L$ is triangular, that takes no inverse: the first row of the system has one unknown, the second row one more,
# and so on down.


# %%
def whiten(X, mu, Sigma):
    L = np.linalg.cholesky(Sigma)
    Y = solve_triangular(L, (X - mu).T, lower=True)  # L y = x − μ, for all x at once
    return Y.T


def mahalanobis(X, mu, Sigma):
    return np.sqrt((whiten(X, mu, Sigma) ** 2).sum(axis=1))


# %% [markdown]
# To go from $x$ to $y$ is called [whitening](../GLOSSARY.md#whitening). It is the standardising of many dimensions:
# the whitened data have mean 0, every variance is 1, and every covariance is 0.
#
# **Before you run the next cells:** what becomes of the ellipses when the flowers are whitened? And of A and B?

# %%
Y = whiten(setosa, mu, Sigma)

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert np.allclose(Y.mean(axis=0), 0)
assert np.allclose(np.cov(Y.T, ddof=0), np.eye(2))

# %% tags=["hide-input"]
# Figure 6: the flowers before and after whitening
fig, axes = plt.subplots(1, 2, figsize=(10, 4.6))
plot_ellipses([mu], [Sigma], ax=plot_points(setosa, ax=axes[0]))
plot_ellipses([np.zeros(2)], [np.eye(2)], ax=plot_points(Y, ax=axes[1]))
mark(strangers, axes[0])
mark(whiten(strangers, mu, Sigma), axes[1])
axes[0].set(xlabel="sepal length (cm)", ylabel="sepal width (cm)", title="measured")
axes[1].set(xlabel="y₁ (no unit)", ylabel="y₂ (no unit)", title="whitened")
show(
    fig,
    "Figure 6. Whitening turns the ellipses into circles. In the new picture plain distance"
    " is the right ruler.",
    "Left: the flowers with slanted ellipses. Right: the same flowers whitened, with circles"
    " of radius 1, 2 and 3. A lies near the second circle, B far outside the third.",
)

# %%
print("Mahalanobis distance of A and B:", mahalanobis(strangers, mu, Sigma).round(2))
inverse = np.linalg.inv(Sigma)  # for this check only
by_formula = [np.sqrt((x - mu) @ inverse @ (x - mu)) for x in strangers]

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert np.allclose(mahalanobis(strangers, mu, Sigma), by_formula)

# %% [markdown]
# B is more than twice as far from the fifty as A. The ruler has been built, and a number now says what the eye saw.

# %% [markdown]
# ## How much is inside?
#
# In one dimension 68 % of a Gaussian lies within one σ.
#
# **Before you run the next cell:** is the share inside the one-sigma *ellipse*, in the plane, larger, smaller or
# the same? And in ten dimensions?

# %%
radii, dimensions = np.array([1, 2, 3]), (1, 2, 10)
for d in dimensions:
    shares = chi2.cdf(radii**2, df=d)
    print(f"d = {d:2d}: within 1, 2, 3 σ  ", "  ".join(f"{share:8.4%}" for share in shares))
inside = [(mahalanobis(setosa, mu, Sigma) < r).sum() for r in radii]
print("flowers (d = 2) within 1, 2, 3 σ:", *inside, "of 50")
print("where a Gaussian in the plane expects", *(50 * chi2.cdf(radii**2, df=2)).round(1))

# %% [markdown]
# Smaller, and in ten dimensions next to nothing. The reason is in the formula. After whitening, $\Delta^2$ is a sum
# of squares,
#
# $$ \Delta^2 = y_1^2 + y_2^2 + \dots + y_d^2, $$
#
# and when $x$ comes from the Gaussian, each $y_j$ is a standard Gaussian of its own. To be within one σ, *all* of
# them together must stay small, and every dimension adds one more chance to stray. The sum has a [chi-squared
# distribution](../GLOSSARY.md#chi-squared-distribution) with $d$ degrees of freedom, written $\chi^2_d$. So the
# share within $r$ sigma is the probability that $\chi^2_d$ stays below $r^2$. Mind the square.

# %% tags=["hide-input"]
# Figure 7: shares within 1, 2 and 3 σ against the dimension
d = np.arange(1, 21)
fig, ax = plt.subplots()
for r, style in zip(radii, ("o", "s", "^")):
    ax.plot(d, chi2.cdf(r**2, df=d), marker=style, color=color(r - 1), label=f"within {r}σ")
ax.set(xlabel="number of dimensions d", ylabel="share inside", xticks=d[::2])
ax.legend()
show(
    ax,
    "Figure 7. The share of a Gaussian within 1, 2 and 3 σ, for 1 to 20 dimensions.",
    "Three falling curves. They start near 68, 95 and over 99 per cent at one dimension. At"
    " ten dimensions the first two are close to zero and the third is a little under one half.",
)

# %%
draws = np.random.default_rng(0).standard_normal((100_000, 10))
lengths = np.linalg.norm(draws, axis=1)
print(f"sample, d = 10: {(lengths < 3).mean():.1%} within 3σ, mean distance {lengths.mean():.2f}")
print("to hold 95 %, for d = 1, 2, 10:", *np.sqrt(chi2.ppf(0.95, dimensions)).round(2), "σ")
assert np.isclose((lengths < 3).mean(), chi2.cdf(9, df=10), atol=0.01)
assert np.isclose(lengths.mean(), np.sqrt(10), atol=0.1)

# %% [markdown]
# In ten dimensions a perfectly ordinary point is about $\sqrt{10}$, a little over 3, from the mean. "Beyond three
# sigma, so it is an [outlier](../GLOSSARY.md#outlier)" is a one-dimensional thought. Whenever you judge a distance,
# ask in how many dimensions.

# %% [markdown]
# ## The density, kept in logarithms
#
# Now the Gaussian in $d$ dimensions, as promised. It is the old formula with $\Delta$ in the place of $|z|$. The
# place of $\sigma$ is taken by $\sqrt{|\Sigma|}$, the root of the [determinant](../GLOSSARY.md#determinant): it
# grows with the volume of the ellipse, as $\sigma$ grows with the width of the curve.
#
# $$ N(x \mid \mu, \Sigma) = \frac{1}{\sqrt{(2\pi)^d\, |\Sigma|}}\; e^{-\frac{1}{2} \Delta^2} $$
#
# Nobody computes it like this. We take the logarithm, and let $L$ do all the work. It gives $\Delta$, as you have
# seen. It also gives the determinant: $|\Sigma| = |L|\,|L^\top|$, and the determinant of a triangular matrix is the
# product of its diagonal. Hence $\log |\Sigma| = 2 \sum_j \log L_{jj}$, and
#
# $$ \begin{aligned}
# \log N(x \mid \mu, \Sigma) = &-\tfrac{1}{2} \left( d \log 2\pi + \Delta^2 \right) \\
# &- \sum_{j=1}^{d} \log L_{jj}.
# \end{aligned} $$


# %%
def log_density(X, mu, Sigma):
    d = len(mu)
    L = np.linalg.cholesky(Sigma)
    Y = solve_triangular(L, (X - mu).T, lower=True)
    return -0.5 * (d * np.log(2 * np.pi) + (Y**2).sum(axis=0)) - np.log(np.diag(L)).sum()


assert np.allclose(log_density(setosa, mu, Sigma), multivariate_normal(mu, Sigma).logpdf(setosa))

# %% [markdown]
# ### Why logarithms?
#
# A number in your computer cannot be as small as you like. Below about $10^{-323}$ there is nothing but 0. That is
# called [underflow](../GLOSSARY.md#underflow).
#
# **Before you run the next cell:** walk away from the mean of a standard Gaussian in one dimension. After how many
# σ does the density become exactly 0 in the computer? And its logarithm?

# %%
walk = np.linspace(0, 60, 601)
density = gaussian(walk, 0, 1)
logs = log_density(walk[:, np.newaxis], np.zeros(1), np.eye(1))
zero_from = walk[density == 0][0]
print(f"the density is 0 from {zero_from:.1f}σ on; the log density at 60σ is {logs[-1]:.1f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert 38 < zero_from < 39
assert np.isfinite(logs).all()
assert 1e-323 > 0
assert 1e-324 == 0

# %% tags=["hide-input"]
# Figure 8: walking away from the mean
fig, ax = plt.subplots()
alive = density > 0
ax.plot(walk, logs, color=color(0), label="log density, computed as such")
ax.plot(walk[alive], np.log(density[alive]), "--", color=color(1), lw=4, label="log of the density")
ax.axvline(zero_from, color=color(5), linestyle=":", label="here the density becomes 0")
ax.set(xlabel="distance from the mean (σ)", ylabel="log density")
ax.legend()
show(
    ax,
    "Figure 8. Walking away from the mean. The density underflows; its logarithm, computed as"
    " such, is an ordinary number.",
    "A solid curve falls like half a parabola out to 60 sigma. A dashed curve covers it and"
    " stops between 38 and 39 sigma, where a dotted line stands.",
)

# %% [markdown]
# Nobody walks 39 sigma away by chance. But a mixture has several components, and a point that is near one of them
# may well be that far from another.
#
# ### Why no determinant, and no inverse?
#
# **Before you run the next cell:** two hundred independent features, each with a standard deviation of 0.01. What
# will `np.linalg.det` say?

# %%
narrow = 0.01**2 * np.eye(200)
L = np.linalg.cholesky(narrow)
print("determinant:", np.linalg.det(narrow))
print("its logarithm to base 10, from the diagonal of L:", 2 * np.log10(np.diag(L)).sum().round(6))

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert np.linalg.det(narrow) == 0
assert np.isclose(2 * np.log10(np.diag(L)).sum(), -800)

# %% [markdown]
# A determinant of 0, for a matrix that could not be healthier. It is $10^{-800}$, and has underflowed. The sum of
# logarithms is an ordinary number.
#
# And the inverse? Take two features that are near copies of one another: one length in centimetres and in inches,
# each of them rounded. Here we know the truth: draw $y$ first, make $x = L y$, and ask for the length of
# $y$ back.

# %%
copies = np.array([[1, 1 - 1e-12], [1 - 1e-12, 1]])
L = np.linalg.cholesky(copies)
y = np.random.default_rng(0).standard_normal((1000, 2))
x = y @ L.T
truth = (y**2).sum(axis=1)
by_inverse = np.abs((x @ np.linalg.inv(copies) * x).sum(axis=1) - truth).max()
by_cholesky = np.abs(mahalanobis(x, np.zeros(2), copies) ** 2 - truth).max()
print(f"largest error of Δ²: inverse {by_inverse:.0e}, triangular solve {by_cholesky:.0e}")
assert by_inverse > 1000 * by_cholesky

# %% [markdown]
# The triangular solve is far nearer to the truth. It is also less work, and a sum of squares can never come out
# negative. From here on, whenever a formula says $\Sigma^{-1}$ or $|\Sigma|$, think $L$.
#
# You have seen the code, so from now on we import it. `mlcourse.gaussians.log_density` is the same formula for $K$
# Gaussians at once. It takes them already factorised, as $P = L^{-\top}$, so that no factor is computed twice.

# %%
full = gaussians.CovarianceType.named("full")


def log_densities(X, means, covariances):
    """log N(xᵢ | μₖ, Σₖ) for K Gaussians : (n, K)."""
    return gaussians.log_density(X, means, full.kernel.factor(covariances), full)


one = log_densities(setosa, np.array([mu]), np.array([Sigma]))
assert np.allclose(one[:, 0], log_density(setosa, mu, Sigma))

# %% [markdown]
# ## Drawing from a Gaussian
#
# Whitening turned data into round noise. Run it backwards, and round noise turns into data:
#
# $$ x = \mu + L z, \qquad z \text{ standard Gaussian}. $$
#
# The covariance of $L z$ is $L\, I\, L^\top = \Sigma$, as wanted. With one point a *row*, $L z$ is written `Z @
# L.T`.
#
# **Before you run the next cell:** $L$ is triangular, with a 0 in its upper right corner. So which of the two
# coordinates of $x$ depends on one noise number only?


# %%
def draw(Z, mu, Sigma):
    return mu + Z @ np.linalg.cholesky(Sigma).T


Z = np.random.default_rng(1).standard_normal((300, 2))
made = draw(Z, mu, Sigma)

# %% tags=["hide-input"]
# Figure 9: noise, and flowers made of it
fig, axes = plt.subplots(1, 2, figsize=(10, 4.6))
plot_ellipses([np.zeros(2)], [np.eye(2)], ax=plot_points(Z, ax=axes[0]))
plot_ellipses([mu], [Sigma], ax=plot_points(made, ax=axes[1]))
axes[0].set(xlabel="z₁", ylabel="z₂", title="noise")
axes[1].set(xlabel="sepal length (cm)", ylabel="sepal width (cm)", title="flowers that never grew")
show(
    fig,
    "Figure 9. Three hundred points of round noise, and the three hundred flowers that the"
    " Gaussian makes of them.",
    "Left: a round cloud in circles. Right: the same points as a slanted cloud in the"
    " ellipses of the irises.",
)

# %%
many = draw(np.random.default_rng(2).standard_normal((200_000, 2)), mu, Sigma)

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert np.allclose(many.mean(axis=0), mu, atol=0.01)
assert np.allclose(np.cov(many.T, ddof=0), Sigma, atol=0.005)
assert np.allclose(whiten(made, mu, Sigma), Z)  # the way back

# %% [markdown]
# The first coordinate, the length, is made of $z_1$ alone. The width takes its share of $z_1$ too, and that is how
# the two come to go together.
#
# Do the new flowers look real? They do, with one difference: the real ones were measured to a millimetre, and so
# they lie on a grid. A model keeps what you put into it and nothing else.

# %% [markdown]
# ## A mixture of Gaussians
#
# One bump is seldom enough. Lesson 02 told the story of a [mixture](../GLOSSARY.md#mixture): first pick one of $K$
# [components](../GLOSSARY.md#component), component $k$ with probability $\pi_k$, then draw a point from its
# Gaussian. The density of such a point adds up all the ways in which it can have come about:
#
# $$ \begin{aligned}
# p(x) &= \sum_{k=1}^{K} \pi_k\, N(x \mid \mu_k, \Sigma_k) \\
# \pi_k &\ge 0, \quad \sum_k \pi_k = 1
# \end{aligned} $$
#
# Every Gaussian has area 1 and the [weights](../GLOSSARY.md#weight) $\pi_k$ sum to 1, so the mixture has area 1
# too.
#
# **Before you run the next cell:** two components of equal weight, both with σ = 1. How far apart must their means
# be for the mixture to have two peaks: 1σ, 2σ, 3σ?

# %% tags=["hide-input"]
# Figure 10: two components, 1, 2 and 3 σ apart
fig, axes = plt.subplots(1, 3, figsize=(11, 3.2), sharey=True)
for ax, gap in zip(axes, (1, 2, 3)):
    plot_mixture_1d([0.5, 0.5], [0, gap], [1, 1], ax=ax)
    ax.set_title(f"means {gap}σ apart")
    ax.get_legend().set_visible(gap == 3)
show(
    fig,
    "Figure 10. Two components of equal weight and width, 1, 2 and 3 σ apart. The solid line"
    " is the mixture.",
    "Three panels. In the first two the mixture has one peak. Only in the third does it have"
    " two, with a shallow dip between them.",
)


# %%
def n_peaks(gap):
    x = np.linspace(-4, gap + 4, 2001)
    p = 0.5 * gaussian(x, 0, 1) + 0.5 * gaussian(x, gap, 1)
    return ((p[1:-1] > p[:-2]) & (p[1:-1] > p[2:])).sum()


for gap in (1, 1.9, 2.1, 3):
    print(f"means {gap}σ apart: number of peaks {n_peaks(gap)}")

# %% [markdown]
# They must be more than 2σ apart. So two components can look like one bump, and you cannot count components by
# counting peaks. Keep that for [lesson 09](09_choosing_k.ipynb).
#
# ### In logarithms again
#
# A mixture is a *sum* of densities, and the logarithm of a sum does not fall apart. `logsumexp` computes $\log
# \sum_k e^{a_k}$ without ever leaving the range of numbers: it takes out the largest $a_k$ first. Lesson 04 opens
# it up. The name of the trick is [log-sum-exp](../GLOSSARY.md#log-sum-exp).
#
# $$ \begin{aligned}
# \log p(x) &= \log \sum_k e^{a_k} \\
# a_k &= \log \pi_k + \log N(x \mid \mu_k, \Sigma_k)
# \end{aligned} $$


# %%
def log_mixture(X, weights, means, covariances):
    return logsumexp(np.log(weights) + log_densities(X, means, covariances), axis=1)


# %% [markdown]
# Here are the elongated groups of lesson 02 again, which k-means cut in the wrong places. *How* one finds a mixture
# for them is the next lesson. Today we borrow a fitted one and look at what it is.

# %%
X, _ = elongated_blobs()
model = GaussianMixture(3, n_init=10, random_state=42).fit(X)
weights, means, covariances = model.weights_, model.means_, model.covariances_
assert np.allclose(log_mixture(X, weights, means, covariances), model.score_samples(X))

# %% [markdown]
# To draw from it, do what the story says: pick, then draw.
#
# **Before you run the next cells:** we draw as many points as there are data. Will you be able to tell the two
# pictures apart?


# %%
def sample(n, weights, means, covariances, rng):
    k = rng.choice(len(weights), size=n, p=weights)  # pick a component
    L = np.linalg.cholesky(covariances)[k]  # (n, d, d): each point's own factor
    Z = rng.standard_normal((n, means.shape[1]))
    return means[k] + (L @ Z[:, :, np.newaxis])[:, :, 0]  # draw from it


made = sample(len(X), weights, means, covariances, np.random.default_rng(0))

# %% tags=["hide-input"]
# Figure 11: data, and points drawn from the mixture
fig, axes = plt.subplots(1, 2, figsize=(10, 4.4), sharex=True, sharey=True)
for ax, points, title in ((axes[0], X, "data"), (axes[1], made, "drawn from the mixture")):
    plot_density(model, np.vstack([X, made]), ax=plot_points(points, ax=ax))
    ax.set_title(title)
show(
    fig,
    "Figure 11. The data, and as many points drawn from a mixture fitted to them. The"
    " contours are the mixture's density, and the same in both panels.",
    "Two panels with the same contours around three groups, two long and one round. The"
    " points left and right differ one by one and have the same shapes.",
)

# %%
K, d = means.shape
n_parameters = (K - 1) + K * d + K * d * (d + 1) // 2  # weights, means, symmetric matrices
print(f"numbers in the data: {X.size}; numbers in the mixture: {n_parameters}")

# %% [markdown]
# Hardly, unless you compare point by point. The mixture does not remember a single point. It has a few numbers in
# the place of thousands, and can make as many new points as you like. The weights have lost one number on the way:
# they sum to 1, so the last follows from the others.
#
# ### Does it sum to one?
#
# A density must. Lay a grid of small squares over the plane, multiply the density in each by its area, and add up.
#
# **Before you run the next cell:** four million squares on $[-10, 10]^2$, each 0.01 wide. How many nines do you
# expect?


# %%
def grid_sum(model, half_width, step):
    """Σ p(x) · area over a square grid, one column of it at a time: all at once would fill the memory."""
    ys = np.arange(-half_width, half_width, step)
    columns = (np.column_stack([np.full_like(ys, x), ys]) for x in ys)
    return sum(np.exp(model.score_samples(column)).sum() for column in columns) * step**2


total = grid_sum(model, half_width=10, step=0.01)
print(f"{total:.11f}")

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert abs(total - 0.99999999992) < 1e-10

# %% [markdown]
# Ten nines, and then a bit is missing. What is it: are the squares too coarse, or the plane too small? Guess, and
# try both.

# %%
for half_width, step in ((10, 0.1), (12, 0.1), (12, 0.5), (12, 1)):
    total = grid_sum(model, half_width, step)
    print(f"[−{half_width}, {half_width}]² in steps of {step}: 1 is missed by {abs(1 - total):.0e}")
assert abs(1 - grid_sum(model, 12, 0.1)) < 1e-12

# %% [markdown]
# The plane was too small. Between 10 and 12 lies what was missing: very little, and not nothing, since a Gaussian
# never ends. The squares may be far coarser, as long as they are small beside the bumps. At a step of 1 they no
# longer are.

# %% [markdown]
# ## Common mistakes
#
# - **A variance where a standard deviation belongs.** The curve is too wide or too narrow, and nothing raises an
#   error. `norm.pdf` takes a standard deviation, `multivariate_normal` a covariance matrix, and $\Sigma$ holds
#   variances.
# - **`solve_triangular` without `lower=True`.** It then reads the upper triangle, where $L$ has zeros. All
#   correlation is lost, and the result still looks reasonable.
# - **"68 % within one sigma" in the plane.** That is the share in one dimension. In two it is 39 %.
# - **The logarithm of a density instead of a log density.** All is well until one point lies far out. Then there is
#   a −∞, and soon a NaN.
# - **Columns for rows.** `np.cov(X)` takes features as rows. If your covariance matrix is 50 × 50, transpose.

# %%
assert round(chi2.cdf(1, df=1), 2) == 0.68
assert round(chi2.cdf(1, df=2), 2) == 0.39
assert np.cov(setosa).shape == (50, 50)

# %% [markdown]
# ## Quiz
#
# **1.** What are the half-lengths of the one-sigma ellipse of $\Sigma = \begin{pmatrix} 4 & 0 \\ 0 & 1
# \end{pmatrix}$?
#
# - **A.** 4 and 1
# - **B.** 2 and 1
# - **C.** 16 and 1
# - **D.** That depends on the mean.
#
# <details><summary>Answer</summary>
#
# **B.** The eigenvalues 4 and 1 are variances, and half-lengths are their square roots. A takes variances for
# lengths. C squares where a root belongs. D: the mean says where the ellipse lies, not how large it is.
#
# </details>

# %% [markdown]
# **2.** Your program reports a log density of +3 for one of the points. What do you conclude?
#
# - **A.** There is a bug: the logarithm of a probability is never positive.
# - **B.** The point is an outlier.
# - **C.** Nothing is wrong: the density there is about 20.
# - **D.** The covariance matrix has a negative eigenvalue.
#
# <details><summary>Answer</summary>
#
# **C.** A density may exceed 1 where the data are tightly packed. A is right about probabilities, and a density is
# not one. B has it the wrong way round: the higher the density, the more ordinary the point. D would have stopped
# the Cholesky factorisation with an error.
#
# </details>

# %% [markdown]
# **3.** A point in ten dimensions has the Mahalanobis distance 3. How unusual is it?
#
# - **A.** Very: only 0.3 % lie beyond three sigma.
# - **B.** Not at all: more than half of all points lie further out.
# - **C.** That depends on the correlations.
# - **D.** That depends on the units of the features.
#
# <details><summary>Answer</summary>
#
# **B.** In ten dimensions 47 % lie within three sigma, and the other 53 % beyond. A gives the share of one
# dimension. C and D: the distance is measured after whitening, which has taken correlations and units out. That is
# what it is for.
#
# </details>

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert np.allclose(np.sqrt(np.linalg.eigvalsh([[4, 0], [0, 1]])), [1, 2])
assert round(np.exp(3)) == 20
assert round(1 - chi2.cdf(9, df=1), 3) == 0.003
assert round(chi2.cdf(9, df=10), 2) == 0.47

# %% [markdown]
# ## In five lines
#
# 1. Maximum likelihood fits a Gaussian with a mean and a mean product of deviations, both divided by $n$.
# 2. A covariance matrix is an ellipse: eigenvectors for axes, roots of eigenvalues for half-lengths.
# 3. Mahalanobis distance is length after whitening, and its square follows $\chi^2_d$: mind the dimension.
# 4. One Cholesky factor gives the distance, the determinant and new points. Stay in logarithms.
# 5. A mixture adds up weighted Gaussians. To draw from it, pick a component, then draw from that.
#
# ## Where next
#
# The exercises of this lesson are in [03_gaussians_exercises](../exercises/03_gaussians_exercises.ipynb). Do
# write the log density yourself: lesson 04 stands on it. There you learn where the weights, means and
# covariances that we borrowed today come from.
#
# ## References
#
# - R. A. Fisher (1922). On the mathematical foundations of theoretical statistics. *Philosophical Transactions of
#   the Royal Society A* 222, 309–368. Maximum likelihood.
# - R. A. Fisher (1936). The use of multiple measurements in taxonomic problems. *Annals of Eugenics* 7, 179–188.
#   The irises.
# - P. C. Mahalanobis (1936). On the generalised distance in statistics. *Proceedings of the National Institute of
#   Sciences of India* 2, 49–55.
# - K. Pearson (1894). Contributions to the mathematical theory of evolution. *Philosophical Transactions of the
#   Royal Society A* 185, 71–110. The first mixture of two Gaussians fitted to data.
# - Benoît, Commandant (1924). Note sur une méthode de résolution des équations normales provenant de l'application
#   de la méthode des moindres carrés à un système d'équations linéaires en nombre inférieur à celui des inconnues
#   (procédé du Commandant Cholesky). *Bulletin géodésique* 2, 67–77.
# - N. J. Higham (2002). *Accuracy and Stability of Numerical Algorithms*, second edition. SIAM. Chapter 8 on
#   triangular systems, chapter 14 on inverses.
