# %% [markdown]
# Run the two folded cells below, then move the sliders: two widths and an angle. How do they determine the numbers
# below the picture, and what are those good for?

# %% tags=["hide-input"]
# Imports and figure style
import matplotlib.pyplot as plt
import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import logsumexp
from scipy.stats import chi2, multivariate_normal, norm

from mlcourse import GaussianMixture
from mlcourse.datasets import elongated_blobs, load_iris, load_penguins
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

# %% tags=["hide-input"]
# To begin with: a Gaussian that you can turn and stretch
covariance_explorer()

# %% [markdown]
# ## Two strangers
#
# Here are the sepal lengths and widths of fifty irises of one species, *Iris setosa*. Then two more flowers turn up,
# A and B, of unknown origin. Both are equally far from the middle of the fifty.
#
# **Before you run the next cells:** if all you know about a flower is its distance from the middle, which of the
# two is the odd one out?


# %%
def mark(points, ax):
    """Write A and B where the two strangers are."""
    for name, point in zip("AB", points):
        disc = {"boxstyle": "circle", "facecolor": PAPER, "edgecolor": INK}
        ax.text(*point, name, color=PRINT, weight="bold", ha="center", va="center", bbox=disc)
    ax.update_datalim(points)
    ax.autoscale_view()


setosa = load_iris()[0][:50, :2]
middle = setosa.mean(axis=0)
strangers = middle + np.array([[0.7, 0.7], [0.7, -0.7]])
distance = np.linalg.norm(strangers - middle, axis=1)
print("distance of A and B from the middle, in cm:", distance.round(2))

# %% tags=["hide-input"]
# Figure 1: fifty flowers, their middle and two strangers
assert np.isclose(*distance)
ax = plot_points(setosa)
for stranger in strangers:
    ax.plot(*zip(middle, stranger), color=color(5), linestyle="--", linewidth=1.2)
ax.plot(*middle, "X", color=color(5), markeredgecolor=PAPER, markersize=13)
mark(strangers, ax)
ax.set(xlabel="sepal length (cm)", ylabel="sepal width (cm)", aspect="equal")
show(
    ax,
    "Figure 1. Fifty flowers of one species, and two strangers. The cross marks the middle of the fifty;"
    " the two dashed lines are equally long.",
    "A cloud of grey points that rises from lower left to upper right, with a cross in its middle. A is at"
    " its upper right end, B is alone at the lower right.",
)

# %% [markdown]
# The distance alone cannot tell, but you see at once that it is B. In this species long sepals tend to be wide. A is
# long and wide. B is long and narrow, and none of the fifty is like it.
#
# K-means measures distance in the same way in every direction. Your eye did not: a step across the cloud counted for
# more than a step along it. This lesson turns that into a formula. It comes with a shape, the
# [Gaussian](../GLOSSARY.md#gaussian), and the rest of the course is built from that shape.

# %% [markdown]
# ## One number at a time
#
# Begin with the length alone. Many flowers are near the middle and few are far from it. The Gaussian is a
# [density](../GLOSSARY.md#density) of that kind. It has two parameters. The mean $\mu$ says where it is centred, and
# the [standard deviation](../GLOSSARY.md#standard-deviation) $\sigma$ says how wide it is. Its square $\sigma^2$ is
# called the [variance](../GLOSSARY.md#variance).
#
# $$ \begin{aligned}
# N(x \mid \mu, \sigma^2) &= \frac{1}{\sqrt{2\pi}\,\sigma}\; e^{-z^2 / 2} \\ z &= \frac{x - \mu}{\sigma}
# \end{aligned} $$
#
# Read it from the inside out. $z$ says how many standard deviations $x$ is from the mean. The exponential makes
# distant values unlikely. The factor in front makes the area under the curve 1.


# %%
def gaussian(x, mu, sigma):
    z = (x - mu) / sigma
    return np.exp(-0.5 * z**2) / (np.sqrt(2 * np.pi) * sigma)


length = setosa[:, 0]
assert np.allclose(gaussian(length, 5, 0.4), norm.pdf(length, 5, 0.4))  # SciPy agrees

# %% [markdown]
# ### Which mean, which width?
#
# There is one Gaussian for every $\mu$ and $\sigma$. Which describes these flowers best? The classic answer is
# [maximum likelihood](../GLOSSARY.md#maximum-likelihood): choose the parameters under which the data are least
# surprising. The density of all the data together is a product, with one factor per flower. Its logarithm is a sum,
# the [log-likelihood](../GLOSSARY.md#log-likelihood), and sums are easier to handle:
#
# $$ \ell(\mu, \sigma) = \sum_{i=1}^{n} \log N(x_i \mid \mu, \sigma^2) $$
#
# **Before you run the next cells:** the left curve slides the Gaussian along the axis, the right curve makes it
# wider. Where will the two maxima be?


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
assert np.isclose(mus[along.argmax()], length.mean())
assert np.isclose(sigmas[wider.argmax()], length.std())
fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True)
plot_curve(mus, along, "mean μ (cm)", "log-likelihood", chosen=mus[along.argmax()], ax=axes[0])
plot_curve(sigmas, wider, "width σ (cm)", "", chosen=sigmas[wider.argmax()], ax=axes[1])
print(f"μ = {mu:.3f} cm, σ = {sigma:.3f} cm")
show(
    fig,
    "Figure 2. The log-likelihood of fifty sepal lengths. Rings mark the maxima: the mean of"
    " the lengths, and the root of their mean squared distance from it.",
    "Two curves with one maximum each. The left one is a symmetric parabola over the mean. The"
    " right one rises steeply to its maximum and falls slowly after it.",
)

# %% [markdown]
# Both maxima are where you would have put them without any theory.
#
# Set the slope of $\ell$ to zero, and you get
#
# $$ \mu = \frac{1}{n} \sum_i x_i, \qquad \sigma^2 = \frac{1}{n} \sum_i (x_i - \mu)^2. $$
#
# <details><summary>The two slopes, for those who want to see them</summary>
#
# Up to a constant, $\ell = -n \log \sigma - \frac{1}{2\sigma^2} \sum_i (x_i - \mu)^2$. Its slopes are
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
# The curve for $\sigma$ rises steeply to its maximum: if the Gaussian is too narrow, the outermost flowers are very
# surprising.
#
# Dividing by $n - 1$ makes the variance right on average over many samples. That is a different goal. Maximum
# likelihood divides by $n$, and so does this course. (`np.std` and `np.var` divide by $n$, but `np.cov` by $n - 1$
# unless you pass `ddof=0`.)
#
# **Before you run the next cells:** can a density be greater than 1?

# %%
x = np.linspace(mu - 4.5 * sigma, mu + 4.5 * sigma, 400)
top = gaussian(mu, mu, sigma)
area = np.trapezoid(gaussian(x, mu, sigma), x)
print(f"maximum of the curve: {top:.2f} per cm     area under it: {area:.4f}")

# %% tags=["hide-input"]
# Figure 3: the fitted Gaussian over the lengths
assert top > 1
assert np.isclose(area, 1, atol=1e-4)
fig, ax = plt.subplots()
ax.hist(
    length, bins=np.arange(4.25, 5.95, 0.2), density=True, color=PALE_INK, alpha=0.4, rwidth=0.94
)
ax.plot(x, gaussian(x, mu, sigma), color=color(0))
for step in (-1, 1):
    ax.axvline(mu + step * sigma, color=color(0), linestyle="--", linewidth=1)
ax.axhline(1, color=color(5), linestyle=":")
ax.set(xlabel="sepal length (cm)", ylabel="density (per cm)")
show(
    ax,
    "Figure 3. The fitted Gaussian over the histogram of the lengths. Dashed: one standard"
    " deviation to either side. Dotted: a density of 1.",
    "A histogram with one hump, and a bell-shaped curve that follows it. The maximum of the curve"
    " is a little above a dotted line at one.",
)

# %% [markdown]
# Yes. A density is not a probability. It is probability *per centimetre*, and only areas under it are
# probabilities. Measure the same flowers in millimetres, and the curve is ten times as wide and a tenth as high. So
# densities in different units cannot be compared, and a log density may be positive.
#
# ### Standardising
#
# The $z$ of the formula is useful in its own right. To [standardise](../GLOSSARY.md#standardise) is to replace $x$ by
# $z$: the new numbers have mean 0 and standard deviation 1, whatever the units were.
#
# **Before you run the next cell:** how many of the fifty flowers do you expect within one standard deviation of the
# mean? Within two?

# %%
z = (length - mu) / sigma
for r in (1, 2, 3):
    share = norm.cdf(r) - norm.cdf(-r)
    print(f"within {r}σ: {(np.abs(z) < r).sum()} of 50 flowers; a Gaussian holds {share:.2%}")

# %% [markdown]
# The counts are close to what the Gaussian says. Remember these three shares, and that they hold in *one* dimension.
#
# Try this on the two strangers: standardise length and width, each with its own mean and standard deviation.
#
# **Before you run the next cell:** will that tell A from B?

# %%
z_strangers = (strangers - middle) / setosa.std(axis=0)
print(z_strangers.round(2))
print("distance from the middle in these units:", np.linalg.norm(z_strangers, axis=1).round(2))
longer = (setosa[:, 0] > strangers[1, 0]).sum()
narrower = (setosa[:, 1] < strangers[1, 1]).sum()
print(f"of the fifty, {longer} is longer than B, and {narrower} is narrower")

# %% [markdown]
# Another tie. One of the fifty is longer than B, one is narrower. What is rare is the *combination*. To see that,
# we need a number that looks at two features at once.

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
# This is again the maximum-likelihood answer, for the Gaussian in $d$ dimensions that comes later in this lesson. We
# do not derive it here, but for $d = 1$ it is the $\sigma^2$ above.


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
# The diagonal holds the two variances. Off the diagonal is the covariance, twice, since the order of the features
# does not matter. Divide it by both standard deviations and you have the [correlation](../GLOSSARY.md#correlation),
# which is between −1 and 1 and has no units.
#
# ### Spread in every direction
#
# The matrix tells you more. Choose any direction, as a vector $u$ of length 1. Look at the flowers along that
# direction only: each becomes one number, $u^\top x_i$. The variance of these numbers is
#
# $$ u^\top \Sigma\, u. $$
#
# **Before you run the next cells:** go back to Figure 1. In which direction is the cloud widest? Guess an angle,
# with 0° to the right and 90° upwards.

# %%
angles = np.arange(0, 180, 4)
radians = np.radians(angles)
u = np.stack([np.cos(radians), np.sin(radians)])  # (2, 45): one direction per column
spread = (setosa @ u).std(axis=0)

# %% tags=["hide-input"]
# Figure 4: spread in every direction
best = angles[spread.argmax()]
assert best == 48
assert np.allclose(spread**2, [one @ Sigma @ one for one in u.T])
ax = plot_curve(angles, spread, "direction (degrees)", "spread of the flowers (cm)", chosen=best)
ax.set(xticks=range(0, 181, 30), ylim=(0, None))
show(
    ax,
    f"Figure 4. The standard deviation of the flowers in every direction. The ring marks {best}°.",
    "A smooth wave over the angles from 0 to 180 degrees, with one maximum and, 90 degrees"
    " further on, one minimum.",
)

# %% [markdown]
# There is one widest direction, one narrowest, and a right angle between them.
#
# You need not search for them: they are the [eigenvectors](../GLOSSARY.md#eigenvector) of $\Sigma$. An eigenvector is
# a direction that the matrix stretches but does not turn,
#
# $$ \Sigma\, u_j = \lambda_j u_j, $$
#
# and its [eigenvalue](../GLOSSARY.md#eigenvalue) $\lambda_j = u_j^\top \Sigma\, u_j$ is the variance along it. So
# the standard deviation along it is $\sqrt{\lambda_j}$.
#
# Why are these the extremes? The eigenvectors of a symmetric matrix are at right angles, so write $u = \sum_j a_j
# u_j$ with $\sum_j a_j^2 = 1$. Then $u^\top \Sigma\, u = \sum_j a_j^2 \lambda_j$, a weighted mean of the eigenvalues.
# It is largest when all the weight is on the largest, and smallest when it is on the smallest.

# %%
eigenvalues, U = np.linalg.eigh(Sigma)  # ascending; one eigenvector per column of U
half_axes = U * np.sqrt(eigenvalues)  # the columns, each with the length √λ
widest = np.degrees(np.arctan(U[1, 1] / U[0, 1]))
print(f"widest at {widest:.1f}°; spread along the axes: {np.sqrt(eigenvalues).round(3)} cm")
assert np.allclose(U.T @ U, np.eye(2))  # a right angle between them

# %% [markdown]
# ### A covariance matrix is an ellipse
#
# Now draw them. Take the eigenvectors as axes, and $\sqrt{\lambda_j}$ as half-lengths: that is the *one-sigma
# ellipse*. Twice and three times the size are the two- and three-sigma ellipses. On each of them the Gaussian has the
# same density everywhere, like the contour lines of a hill.
#
# **Before you run the next cell:** on which of the ellipses will A and B be, roughly?

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
    "Three slanted ellipses around the cloud, longest towards the upper right. A is close"
    " to the second ellipse. B is far outside the third.",
)

# %% [markdown]
# A is near the second ellipse, B far beyond the third. The ellipses tell them apart, as your eye did.
#
# An ellipse tells you more. Its shadow on the horizontal axis reaches exactly one standard
# deviation of the length to either side of the mean, and its shadow on the vertical axis one standard deviation of
# the width. So the *box* around the one-sigma ellipse shows the diagonal of $\Sigma$, and the *slant* in the box
# shows the covariance.
#
# You can also go back: with the eigenvectors as columns of $U$ and the eigenvalues on the diagonal of $\Lambda$,
#
# $$ \Sigma = U \Lambda\, U^\top. $$
#
# So two widths and a direction give you a matrix.

# %%
t = np.linspace(0, 2 * np.pi, 1001)
ellipse = np.column_stack([np.cos(t), np.sin(t)]) @ half_axes.T  # a circle, stretched and turned
print("the shadows reach  ", ellipse.max(axis=0).round(3), "cm")
print("standard deviations", np.sqrt(np.diag(Sigma)).round(3), "cm")
Lambda = np.diag(eigenvalues)
assert np.allclose(U @ Lambda @ U.T, Sigma)

# %% [markdown]
# **Try it.** Move the sliders below. Can you make the covariance vanish while the two widths differ? Can you make
# the angle stop mattering? Can you get a correlation above 0.9?

# %%
covariance_explorer()

# %% [markdown]
# If the sliders do not appear, here is one of their settings.

# %%
noise = np.random.default_rng(0).standard_normal((400, 2))
show(*draw_covariance(noise, std_1=2, std_2=1, angle=30, reach=6.5))

# %% [markdown]
# The covariance vanishes when the ellipse is upright or flat, at 0° or ±90°. The angle stops mattering when both
# widths are equal, since a circle looks the same however you turn it. And a correlation near 1 needs a thin, slanted
# ellipse.

# %% [markdown]
# ## A distance in units of the spread
#
# In one dimension we counted in standard deviations: $|z| = |x - \mu| / \sigma$. In many dimensions we use the
# [Mahalanobis distance](../GLOSSARY.md#mahalanobis-distance) $\Delta$:
#
# $$ \Delta^2 = (x - \mu)^\top \Sigma^{-1} (x - \mu) $$
#
# Where $z$ divides by a number, $\Delta$ divides by a matrix. And as $z$ divides by $\sigma$, not by $\sigma^2$, we
# want a root of $\Sigma$. The most convenient root of a matrix is its [Cholesky
# factor](../GLOSSARY.md#cholesky-factor): the lower triangular $L$ with a positive diagonal for which
#
# $$ \Sigma = L L^\top. $$
#
# With it, $z = (x - \mu)/\sigma$ becomes "find the $y$ with $L y = x - \mu$", and $\Delta$ is the length of $y$.
# Since $L$ is triangular, that takes no inverse.


# %%
def whiten(X, mu, Sigma):
    L = np.linalg.cholesky(Sigma)
    Y = solve_triangular(L, (X - mu).T, lower=True)  # L y = x − μ, for all x at once
    return Y.T


def mahalanobis(X, mu, Sigma):
    return np.sqrt((whiten(X, mu, Sigma) ** 2).sum(axis=1))


inverse = np.linalg.inv(Sigma)  # for this check only
by_formula = [np.sqrt((x - mu) @ inverse @ (x - mu)) for x in setosa]
assert np.allclose(mahalanobis(setosa, mu, Sigma), by_formula)

# %% [markdown]
# Going from $x$ to $y$ is called [whitening](../GLOSSARY.md#whitening): the whitened data have mean 0, every variance
# is 1, and every covariance is 0. (Another root of $\Sigma$ would do as well: the result is the same cloud, rotated
# or mirrored.)
#
# **Before you run the next cells:** what becomes of the ellipses when the flowers are whitened? And of A and B?

# %% tags=["hide-input"]
# Figure 6: the flowers before and after whitening
Y = whiten(setosa, mu, Sigma)
assert np.allclose(Y.mean(axis=0), 0)
assert np.allclose(np.cov(Y.T, ddof=0), np.eye(2))
fig, axes = plt.subplots(1, 2, figsize=(10, 4.6))
plot_ellipses([mu], [Sigma], ax=plot_points(setosa, ax=axes[0]))
plot_ellipses([np.zeros(2)], [np.eye(2)], ax=plot_points(Y, ax=axes[1]))
mark(strangers, axes[0])
mark(whiten(strangers, mu, Sigma), axes[1])
axes[0].set(xlabel="sepal length (cm)", ylabel="sepal width (cm)", title="measured")
axes[1].set(xlabel="y₁ (no unit)", ylabel="y₂ (no unit)", title="whitened")
show(
    fig,
    "Figure 6. Whitening turns the ellipses into circles. On the right, plain distance tells A from B.",
    "Left: the flowers with slanted ellipses. Right: the same flowers whitened, with circles"
    " of radius 1, 2 and 3. A is near the second circle, B far outside the third.",
)

# %%
print("Mahalanobis distance of A and B:", mahalanobis(strangers, mu, Sigma).round(2))

# %% [markdown]
# B is more than twice as far from the fifty as A. Now a number confirms what your eye saw.

# %% [markdown]
# ## How much is inside?
#
# In one dimension 68 % of a Gaussian is within one σ.
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
# The share is smaller, and in ten dimensions next to nothing.
#
# After whitening, $\Delta^2$ is a sum of squares,
#
# $$ \Delta^2 = y_1^2 + y_2^2 + \dots + y_d^2, $$
#
# and when $x$ comes from the Gaussian, the $y_j$ are independent standard Gaussians. For a point within one σ this
# sum must be below 1, and every dimension adds another square. The sum has a [chi-squared
# distribution](../GLOSSARY.md#chi-squared-distribution) with $d$ degrees of freedom, written $\chi^2_d$. So the share
# within $r$ sigma is the probability that $\chi^2_d$ is below $r^2$.

# %% tags=["hide-input"]
# Figure 7: shares within 1, 2 and 3 σ against the dimension
d = np.arange(1, 21)
fig, ax = plt.subplots()
for r, style in zip(radii, ("o", "s", "^")):
    ax.plot(d, chi2.cdf(r**2, df=d), marker=style, color=color(r - 1), label=f"within {r}σ")
ax.set(xlabel="number of dimensions d", ylabel="share inside", xticks=[1, 2, 5, 10, 15, 20])
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

# %% [markdown]
# In ten dimensions a perfectly ordinary point is about $\sqrt{10}$, a little over 3, from the mean. "Beyond three
# sigma, so it is an [outlier](../GLOSSARY.md#outlier)" is one-dimensional thinking. Whenever you judge a distance,
# ask in how many dimensions.

# %% [markdown]
# ## The density, kept in logarithms
#
# Here is the Gaussian in $d$ dimensions, as promised. It is the old formula with $\Delta$ in place of $|z|$. In place
# of $\sigma$ it has $\sqrt{|\Sigma|}$, the root of the [determinant](../GLOSSARY.md#determinant), which grows with
# the volume of the ellipse as $\sigma$ grows with the width of the curve.
#
# $$ N(x \mid \mu, \Sigma) = \frac{1}{\sqrt{(2\pi)^d\, |\Sigma|}}\; e^{-\frac{1}{2} \Delta^2} $$
#
# Do not compute it like this. Take the logarithm, and let $L$ do all the work. It gives $\Delta$, as you have seen.
# It also gives the determinant: $|\Sigma| = |L|\,|L^\top|$, and the determinant of a triangular matrix is the
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
# A floating-point number cannot be arbitrarily small. Below about $10^{-323}$ there is only 0. That is called
# [underflow](../GLOSSARY.md#underflow).
#
# **Before you run the next cells:** walk away from the mean of a standard Gaussian in one dimension. After how many
# σ does the density become exactly 0 in the computer? And its logarithm?

# %%
walk = np.linspace(0, 60, 601)
density = gaussian(walk, 0, 1)
logs = log_density(walk[:, np.newaxis], np.zeros(1), np.eye(1))
zero_from = walk[density == 0][0]
print(f"the density is 0 from {zero_from:.1f}σ on; the log density at 60σ is {logs[-1]:.1f}")

# %% tags=["hide-input"]
# Figure 8: walking away from the mean
assert 38 < zero_from < 39
assert 1e-323 > 0
assert 1e-324 == 0
fig, ax = plt.subplots()
alive = density > 0
ax.plot(walk, logs, color=color(0), label="log density, computed directly")
ax.plot(walk[alive], np.log(density[alive]), "--", color=color(1), lw=4, label="log of the density")
ax.axvline(zero_from, color=color(5), linestyle=":", label="here the density becomes 0")
ax.set(xlabel="distance from the mean (σ)", ylabel="log density")
ax.legend()
show(
    ax,
    "Figure 8. Walking away from the mean. The density underflows; its logarithm, computed"
    " directly, is an ordinary number.",
    "A solid curve falls like half a parabola out to 60 sigma. A dashed curve covers it and"
    " stops at a dotted line between 38 and 39 sigma.",
)

# %% [markdown]
# A mixture has several components, and a point that is near one of them may well be that far from another.
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

# %% [markdown]
# Nothing is wrong with the matrix, but its determinant, $10^{-800}$, has underflowed to 0.
#
# And the inverse? Take two features that are nearly copies of one another, such as one length measured in centimetres
# and in inches. So that we know the truth, draw $y$ first, make $x = L y$, and then recover the length of $y$.

# %%
copies = np.array([[1, 1 - 1e-12], [1 - 1e-12, 1]])
L = np.linalg.cholesky(copies)
y = np.random.default_rng(0).standard_normal((1000, 2))
x = y @ L.T
truth = (y**2).sum(axis=1)
by_inverse = np.abs((x @ np.linalg.inv(copies) * x).sum(axis=1) - truth).max()
by_cholesky = np.abs(mahalanobis(x, np.zeros(2), copies) ** 2 - truth).max()
print(f"largest error of Δ²: inverse {by_inverse:.0e}, triangular solve {by_cholesky:.0e}")
assert by_inverse > 100_000 * by_cholesky

# %% [markdown]
# The error of the triangular solve is more than a hundred thousand times smaller, with each of 20 seeds. From here
# on, whenever a formula says $\Sigma^{-1}$ or $|\Sigma|$, think $L$.

# %% [markdown]
# ## Drawing from a Gaussian
#
# Whitening turned data into round noise. Run it backwards, and round noise turns into data:
#
# $$ x = \mu + L z, \qquad z \text{ standard Gaussian}. $$
#
# The covariance of $L z$ is $L\, I\, L^\top = \Sigma$, as wanted. With one point per *row*, $L z$ is written `Z @
# L.T`.
#
# **Before you run the next cells:** $L$ is triangular, with a 0 in its upper right corner. So which of the two
# coordinates of $x$ depends on only one of the two noise numbers?


# %%
def draw(Z, mu, Sigma):
    return mu + Z @ np.linalg.cholesky(Sigma).T


Z = np.random.default_rng(1).standard_normal((300, 2))
made = draw(Z, mu, Sigma)

# %% tags=["hide-input"]
# Figure 9: noise, and flowers made of it
assert np.allclose(whiten(made, mu, Sigma), Z)  # the way back
five = [
    *Z.argmin(axis=0),
    *Z.argmax(axis=0),
    (Z**2).sum(axis=1).argmin(),
]  # the outermost, and one inside
fig, axes = plt.subplots(1, 2, figsize=(10, 4.6))
plot_ellipses([np.zeros(2)], [np.eye(2)], ax=plot_points(Z, ax=axes[0]))
plot_ellipses([mu], [Sigma], ax=plot_points(made, ax=axes[1]))
for ax, points in zip(axes, (Z, made)):
    plot_points(points[five], np.arange(1, 6), sizes=130, ax=ax)
axes[0].set(xlabel="z₁", ylabel="z₂", title="noise")
axes[1].set(xlabel="sepal length (cm)", ylabel="sepal width (cm)", title="flowers that never grew")
show(
    fig,
    "Figure 9. Three hundred points of round noise, and the three hundred flowers that the"
    " Gaussian makes of them. Follow the five coloured points from left to right.",
    "Left: a round cloud in circles. Right: the same points as a slanted cloud in the ellipses of the irises."
    " The points leftmost and rightmost in the noise are the shortest and the longest of the flowers.",
)

# %% [markdown]
# The first coordinate, the length, depends on $z_1$ alone: the leftmost and rightmost points of the noise are the
# shortest and longest flowers. The width depends on $z_1$ too, and that is why the two go together.

# %% [markdown]
# ## A mixture of Gaussians
#
# Lesson 02 told the story of a [mixture](../GLOSSARY.md#mixture): first pick one of $K$
# [components](../GLOSSARY.md#component), component $k$ with probability $\pi_k$, then draw a point from its Gaussian.
# The density of such a point adds up all the ways in which it can arise:
#
# $$ \begin{aligned}
# p(x) &= \sum_{k=1}^{K} \pi_k\, N(x \mid \mu_k, \Sigma_k) \\
# \pi_k &\ge 0, \quad \sum_k \pi_k = 1
# \end{aligned} $$
#
# Every Gaussian has area 1 and the [weights](../GLOSSARY.md#weight) $\pi_k$ sum to 1, so the mixture has area 1
# too.
#
# The penguins of lesson 02 are a mixture that nature made. We know the species of each, so `fit` gives us every
# component, and each component's share of the birds is its weight.
#
# **Before you run the next cells:** how many peaks will the mixture of the three species have if you look at the
# length of the bill alone?

# %%
penguins, species = load_penguins()
bills = penguins[:, :2]  # length and depth in mm
by_species = [fit(bills[species == k]) for k in range(3)]
bill_means = np.array([mean for mean, _ in by_species])
bill_covariances = np.array([covariance for _, covariance in by_species])
bill_weights = np.bincount(species) / len(species)

# %% tags=["hide-input"]
# Figure 10: a Gaussian per species, and their mixture
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), width_ratios=[1.25, 1])
plot_points(bills, species, sizes=16, ax=left)
plot_ellipses(bill_means, bill_covariances, n_std=(1, 2), ax=left)
left.set(xlabel="length of the bill (mm)", ylabel="depth of the bill (mm)")
left.set(aspect="auto", xlim=(31, 61), ylim=(12.5, 22))
plot_mixture_1d(
    bill_weights, bill_means[:, 0], bill_covariances[:, 0, 0], X=bills[:, 0], ax=right
).set(xlabel="length of the bill (mm)", ylabel="density (per mm)")
names = ["all penguins", "mixture", "Adelie", "Chinstrap", "Gentoo"]
right.legend(names, loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=3)
show(
    fig,
    "Figure 10. Left: one Gaussian for each species of penguin, as 1 and 2 σ ellipses. Right: the length"
    " alone. Each species contributes a bell with its share of the area; the thick line is their sum.",
    "Left: three slanted clouds, each in two ellipses. Right: a histogram with two humps, three bells, of"
    " which two overlap almost entirely, and a thick line over them with two peaks.",
)

# %% [markdown]
# Three components, two peaks: Chinstrap and Gentoo have bills of nearly the same length. The other three measurements
# of these birds show two peaks as well. You cannot count components by counting peaks.
#
# ### In logarithms again
#
# A mixture is a *sum* of densities, and the logarithm of a sum does not split into parts. `logsumexp` computes
# $\log \sum_k e^{a_k}$ without overflow or underflow, by a trick that lesson 04 explains
# ([log-sum-exp](../GLOSSARY.md#log-sum-exp)).
#
# $$ \begin{aligned}
# \log p(x) &= \log \sum_k e^{a_k} \\
# a_k &= \log \pi_k + \log N(x \mid \mu_k, \Sigma_k)
# \end{aligned} $$
#
# Here are the elongated groups of lesson 02 again, and a mixture fitted to them. How to find one without knowing the
# groups is the next lesson's subject.


# %%
def log_mixture(X, weights, means, covariances):
    a = [np.log(w) + log_density(X, m, S) for w, m, S in zip(weights, means, covariances)]  # (K, n)
    return logsumexp(a, axis=0)


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
fig, axes = plt.subplots(1, 2, figsize=(10, 4.6), sharex=True, sharey=True)
for ax, points, title in ((axes[0], X, "data"), (axes[1], made, "drawn from the mixture")):
    plot_density(model, np.vstack([X, made]), ax=plot_points(points, sizes=9, ax=ax))
    contours = ax.collections[-1]
    for label in ax.clabel(contours, contours.levels[:-1], fmt="−%g", colors=PRINT, inline=False):
        label.set(
            fontsize=9, rotation=0, bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.6}
        )
    ax.set_title(title)
show(
    fig,
    "Figure 11. The data, and as many points drawn from a mixture fitted to them. The contours are the"
    " mixture's log density, the same in both panels. The numbers say how"
    " far a contour is below the peak.",
    "Two panels with the same contours around three groups, two long and one round. The"
    " points left and right differ one by one and have the same shapes.",
)

# %%
K, d = means.shape
n_parameters = (K - 1) + K * d + K * d * (d + 1) // 2  # weights, means, symmetric matrices
print(f"numbers in the data: {X.size}; numbers in the mixture: {n_parameters}")

# %% [markdown]
# You can hardly tell them apart. A few numbers replace thousands, and can generate as many new points as you like.
# (Only $K - 1$ weights count, since they sum to 1.)
#
# ### Does it integrate to one?
#
# A density must. To check, cover $[-10, 10]^2$ with four million small squares, each 0.01 wide, multiply the density
# in each by its area, and add up.
#
# **Before you run the next cell:** something will be missing, but how much? And will it be because the squares are
# too coarse, or because the plane is too small?


# %%
def grid_sum(model, half_width, step):
    """Σ p(x) · area over a square grid, one column of it at a time: all at once would fill the memory."""
    ys = np.arange(-half_width, half_width, step)
    columns = (np.column_stack([np.full_like(ys, x), ys]) for x in ys)
    return sum(np.exp(model.score_samples(column)).sum() for column in columns) * step**2


for half_width, step in ((10, 0.01), (10, 0.1), (12, 0.1), (12, 0.5), (12, 1)):
    total = grid_sum(model, half_width, step)
    print(
        f"[−{half_width}, {half_width}]² in steps of {step}: {total:.11f}, off by {abs(1 - total):.0e}"
    )

# %% [markdown]
# The plane was too small. With $[-12, 12]^2$ almost nothing is missing, even with squares ten times as wide. They may
# be coarse as long as they are small compared with the bumps. At a step of 1 they are not.

# %% [markdown]
# ## Common mistakes
#
# - **A variance where a standard deviation belongs.** The curve is too wide or too narrow, and nothing raises an
#   error. `norm.pdf` takes a standard deviation, `multivariate_normal` a covariance matrix, and $\Sigma$ holds
#   variances.
# - **`solve_triangular` without `lower=True`.** It then reads the upper triangle, where $L$ has zeros. All
#   correlation is lost, and the result still looks reasonable.
# - **"68 % within one sigma" in the plane.** That is the share in one dimension. In two it is 39 %.
# - **The logarithm of a density instead of a log density.** All is well until one point is far out. Then there is a
#   −∞, and soon a NaN.
# - **Rows and columns swapped.** `np.cov(X)` treats each row as a feature. If your covariance matrix is 50 × 50,
#   transpose.

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
# **B.** The eigenvalues 4 and 1 are variances, and half-lengths are their square roots. A mistakes variances for
# lengths, C squares them. D: the mean says where the ellipse is, not how large.
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
# **3.** A point in ten dimensions has Mahalanobis distance 3. How unusual is it?
#
# - **A.** Very: only 0.3 % are beyond three sigma.
# - **B.** Not at all: more than half of all points are further out.
# - **C.** That depends on the correlations.
# - **D.** That depends on the units of the features.
#
# <details><summary>Answer</summary>
#
# **B.** In ten dimensions 47 % are within three sigma, and the other 53 % beyond. A gives the share in one dimension.
# C and D: the distance is measured after whitening, which has removed correlations and units.
#
# </details>

# %% tags=["hide-input"]
# Checks of the numbers in the text
assert round(chi2.cdf(1, df=1), 2) == 0.68
assert round(chi2.cdf(1, df=2), 2) == 0.39
assert np.cov(setosa).shape == (50, 50)
assert np.allclose(np.sqrt(np.linalg.eigvalsh([[4, 0], [0, 1]])), [1, 2])
assert round(np.exp(3)) == 20
assert round(1 - chi2.cdf(9, df=1), 3) == 0.003
assert round(chi2.cdf(9, df=10), 2) == 0.47

# %% [markdown]
# ## In five lines
#
# 1. The maximum-likelihood Gaussian has the mean and the covariance of the data, both sums divided by $n$.
# 2. A covariance matrix is an ellipse: eigenvectors for axes, roots of eigenvalues for half-lengths.
# 3. Mahalanobis distance is length after whitening, and its square follows $\chi^2_d$: mind the dimension.
# 4. One Cholesky factor gives the distance, the determinant and new points. Stay in logarithms.
# 5. A mixture adds up weighted Gaussians. To draw from it, pick a component, then draw from that.
#
# ## Where next
#
# Now the [exercises of this lesson](../exercises/03_gaussians_exercises.ipynb). Write the log density yourself:
# lesson 04 builds on it. There you learn where the weights, means and covariances borrowed here come from.
#
# ## References
#
# - R. A. Fisher (1922). On the mathematical foundations of theoretical statistics. *Philosophical Transactions of
#   the Royal Society A* 222, 309–368. Maximum likelihood.
# - R. A. Fisher (1936). The use of multiple measurements in taxonomic problems. *Annals of Eugenics* 7, 179–188.
#   The irises.
# - P. C. Mahalanobis (1936). On the generalised distance in statistics. *Proceedings of the National Institute of
#   Sciences of India* 2, 49–55.
# - Commandant Benoît (1924). Note sur une méthode de résolution des équations normales … (procédé du Commandant
#   Cholesky). *Bulletin géodésique* 2, 67–77.
# - N. J. Higham (2002). *Accuracy and Stability of Numerical Algorithms*, second edition. SIAM. Chapter 8 on
#   triangular systems, chapter 14 on inverses.
# - The source of the penguins is in [lesson 02](02_kmeans_limits.ipynb).
