# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import logsumexp
from scipy.stats import chi2

from mlcourse import check
from mlcourse.plotting import plot_ellipses, plot_points, show, use_course_style

use_course_style()

# %% [markdown]
# ## {{gaussian_pdf}}
#
# Write the Gaussian density in one dimension. In the lecture it took a standard deviation. Here it
# takes a **variance**, as mixtures do.
#
# - In: `x`, an array (n,); `mu`, a number; `var`, a positive number, the variance.
# - Out: an array (n,), the density at each point.


# %% task="gaussian_pdf" role="answer"
def gaussian_pdf(x, mu, var):
    """The density N(x | mu, var) at every x : (n,)."""
    ### BEGIN SOLUTION
    return np.exp(-0.5 * (x - mu) ** 2 / var) / np.sqrt(2 * np.pi * var)
    ### END SOLUTION


# %% task="gaussian_pdf" role="check"
check.gaussian_pdf(gaussian_pdf)

# %% [markdown] tags=["solution-only"]
# You never need the root of the variance, except in the factor in front, where it shares a root with 2π. `norm.pdf(x,
# mu, np.sqrt(var))` gives the same numbers.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The lecture's formula uses standard deviations. What do you do to a variance to get one?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The factor in front keeps the area at 1: it makes wide curves low and narrow curves high. It must therefore
# contain the width, and it must have the unit 1/σ, not 1/σ².
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The exponent is minus one half of a square, and only the outermost step is the exponential.
#
# </details>

# %% [markdown]
# ## {{fit_gaussian}}
#
# Some points may count more than others. Point $i$ has a weight $w_i \ge 0$, and a weight of 2 means "as if this row
# were in the table twice". Weights need not be whole numbers. Fit a Gaussian to such data by maximum likelihood.
# Lesson 04 will do this for every component, in every round of EM.
#
# - In: `X`, an array (n, d); `w`, an array (n,).
# - Out: the tuple `(mu, Sigma)` with shapes (d,) and (d, d).


# %% task="fit_gaussian" role="answer"
def fit_gaussian(X, w):
    """Mean (d,) and maximum-likelihood covariance (d, d) of the rows of X, row i counting w[i] times."""
    ### BEGIN SOLUTION
    mu = w @ X / w.sum()
    D = X - mu
    Sigma = (w[:, np.newaxis] * D).T @ D / w.sum()
    return mu, Sigma
    ### END SOLUTION


# %% task="fit_gaussian" role="check"
check.fit_gaussian(fit_gaussian)

# %% [markdown] tags=["solution-only"]
# Weighting one of the two factors before the product avoids a loop and an n × n matrix. `np.average(X, axis=0,
# weights=w)` and `np.cov(X.T, aweights=w, ddof=0)` do the same.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Imagine whole-number weights, and write every row as often as its weight says. How many rows does the long table
# have? What is the sum of its first column, in terms of the short table?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# First the mean, then the deviations from *that* mean, then the mean of their products. All means are taken in the
# same way, over the same number of rows.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# For points as rows, a matrix product of the deviations with themselves gives either (n, n) or (d, d), depending on
# which of the two is transposed. Give the weights to one of them. To multiply the rows of an array by `w`, make `w`
# a column.
#
# </details>

# %% [markdown]
# ## {{which_ellipse}}
#
# One of the four ellipses below is the one-sigma ellipse of
#
# $$ \Sigma = \begin{pmatrix} 1 & -0.9 \\ -0.9 & 4 \end{pmatrix}. $$
#
# Which one? Fill in its letter, in quotes.

# %% tags=["hide-input"]
# Figure: four ellipses
roots = {  # each Σ as a root A, Σ = A Aᵀ, so that the code does not tell
    "A": [[0.765, -0.644], [1.839, 0.786]],
    "B": [[-1.177, -1.617], [0.987, -0.162]],
    "C": [[0.878, 0.479], [-3.292, 2.272]],
    "D": [[-0.726, 0.688], [-0.575, -1.916]],
}
fig, axes = plt.subplots(1, 4, figsize=(11, 3.6), sharex=True, sharey=True)
for ax, (letter, root) in zip(axes, roots.items()):
    plot_ellipses([np.zeros(2)], [np.array(root) @ np.transpose(root)], n_std=1, ax=ax)
    ax.set(title=letter, xticks=range(-4, 5, 2), yticks=range(-4, 5))
    ax.grid(alpha=0.5)
show(
    fig,
    "Four one-sigma ellipses around the origin. Which belongs to the matrix?",
    "Four ellipses. A reaches 1 to either side and 2 up and down, and leans to the right. B"
    " reaches 2 to either side and 1 up and down, and falls from left to right. C reaches 1 to"
    " either side and 4 up and down, and leans to the left. D reaches 1 to either side and 2"
    " up and down, and leans to the left.",
)

# %% task="which_ellipse" role="answer"
### BEGIN SOLUTION
which_ellipse = "D"
### END SOLUTION

# %% task="which_ellipse" role="check"
check.which_ellipse(which_ellipse)

# %% [markdown] tags=["solution-only"]
# The standard deviations are 1 and 2, so the ellipse reaches 1 to either side and 2 up and down: A or D. The
# covariance is negative, so it leans to the left: D.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# On each axis, the shadow of the ellipse reaches one standard deviation of that feature to either side. How far must
# it reach for this matrix?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The covariance is negative. When one feature is above its mean, where is the other, usually?
#
# </details>

# %% [markdown]
# ## {{covariance_from_axes}}
#
# Now the other way round: you have an ellipse in mind, and want its matrix. The first axis points in the
# direction `angle`, in **degrees**, counted from the horizontal towards the vertical. The second is at a right
# angle to it.
#
# - In: `stds`, an array (2,), the standard deviations along the first and the second axis; `angle`, a number.
# - Out: an array (2, 2).


# %% task="covariance_from_axes" role="answer"
def covariance_from_axes(stds, angle):
    """The covariance (2, 2) with standard deviation stds[0] along `angle` degrees, stds[1] across it."""
    ### BEGIN SOLUTION
    cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    U = np.array([[cos, -sin], [sin, cos]])
    return U @ np.diag(stds**2) @ U.T
    ### END SOLUTION


# %% task="covariance_from_axes" role="check"
check.covariance_from_axes(covariance_from_axes)

# %% [markdown] tags=["solution-only"]
# This is the lecture's $\Sigma = U \Lambda U^\top$, with variances in $\Lambda$. The sum of $\sigma_j^2\, u_j
# u_j^\top$ over the two directions is the same matrix.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The vector of length 1 in the direction $\alpha$ is $(\cos\alpha, \sin\alpha)$. NumPy's `cos` and `sin` take
# radians, and `np.deg2rad` turns degrees into them.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The lecture takes a covariance matrix apart and puts it together again. What is on the diagonal of $\Lambda$:
# lengths, or their squares? And on how many sides of it is there a $U$?
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Each *column* of $U$ is a direction. The first is the one that `angle` gives. The second is that one turned by 90°:
# swap its coordinates and change one sign.
#
# </details>

# %% [markdown]
# ## {{share_inside}}
#
# What share of a $d$-dimensional Gaussian is within Mahalanobis distance $r$ of its mean?
#
# - In: `r`, an array (m,) of distances; `d`, the number of dimensions.
# - Out: an array (m,) of shares between 0 and 1.


# %% task="share_inside" role="answer"
def share_inside(r, d):
    """The share of a d-dimensional Gaussian within Mahalanobis distance r : (m,)."""
    ### BEGIN SOLUTION
    return chi2.cdf(r**2, df=d)
    ### END SOLUTION


# %% task="share_inside" role="check"
check.share_inside(share_inside)

# %% [markdown] tags=["solution-only"]
# $\Delta^2$ follows $\chi^2_d$, so the share is its distribution function at $r^2$. `scipy.stats.chi` describes
# $\Delta$ itself: `chi.cdf(r, d)`.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The distance is the length of the whitened point, which is made of $d$ independent coordinates. They count together,
# not one by one. Which distribution describes a sum of their squares?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `chi2.cdf` from SciPy gives the probability of being *below* a value. Ask yourself which quantity follows $\chi^2$,
# the distance or its square, and how many squares are summed.
#
# </details>

# %% [markdown]
# ## {{log_density}}
#
# This is the most useful function of the lesson. Try to write it with the lecture closed, from the
# formula
#
# $$ \log N(x \mid \mu, \Sigma) = -\tfrac{1}{2} \left( d \log 2\pi + \Delta^2 + \log |\Sigma| \right). $$
#
# The check tries it far from the mean, and with two hundred narrow features. You need neither an inverse nor a
# determinant.
#
# - In: `X`, an array (n, d); `mu`, an array (d,); `Sigma`, an array (d, d).
# - Out: an array (n,), the log density at every row, always finite.


# %% task="log_density" role="answer"
def log_density(X, mu, Sigma):
    """log N(x | mu, Sigma) for every row x of X : (n,)."""
    ### BEGIN SOLUTION
    L = np.linalg.cholesky(Sigma)
    Y = solve_triangular(L, (X - mu).T, lower=True)
    squared_distance = (Y**2).sum(axis=0)
    log_det = 2 * np.log(np.diag(L)).sum()
    return -0.5 * (len(mu) * np.log(2 * np.pi) + squared_distance + log_det)
    ### END SOLUTION


# %% task="log_density" role="check"
check.log_density(log_density)

# %% [markdown] tags=["solution-only"]
# One factor gives both the distance and the determinant, and nothing leaves log space. Eigenvectors work as well, but
# cost more; `multivariate_normal.logpdf` uses them.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Take the Cholesky factor first; everything else comes from it. `solve_triangular` solves $L y = x - \mu$ for many
# points at once when they are the *columns* of its second argument. You must also tell it which triangle holds the
# numbers.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# $\Delta$ is the length of $y$, so $\Delta^2$ is a sum of squares, one sum for every point. Along which axis do the
# coordinates of one point lie?
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The determinant of a triangular matrix is the product of its diagonal. Its logarithm is therefore a sum, and nothing
# can underflow. $\Sigma$ consists of *two* such factors. Compare the result with the formula, term by term: the one
# half applies to all three.
#
# </details>

# %% [markdown]
# ## {{fix_sampler}}
#
# A sampler takes round noise and should return points with the mean `mu` and the covariance `Sigma`. It runs without
# an error, and its clouds look plausible: they lean the right way, and they are about the right size. But the
# covariance is wrong. Here is what it drew, with the ellipses that it should match.

# %%
wanted = np.array([[1, 1.2], [1.2, 4]])
noise = np.random.default_rng(0).standard_normal((400, 2))

# %% tags=["hide-input"]
# Figure: points from the faulty sampler
ax = plot_points(noise @ np.linalg.cholesky(wanted))
plot_ellipses([np.zeros(2)], [wanted], ax=ax)
show(
    ax,
    "Four hundred points from the faulty sampler, and the 1, 2 and 3 σ ellipses that they"
    " should fill.",
    "A cloud of points that leans to the right. The ellipses lean to the right too, but are"
    " steeper and narrower: many points are outside them at the left and right, and the tops"
    " of the ellipses are empty.",
)

# %% [markdown]
# Find the bug and fix it.
#
# - In: `Z`, an array (n, d) of independent standard Gaussian numbers, one point per row; `mu`, an array (d,);
#   `Sigma`, an array (d, d).
# - Out: an array (n, d), one point per row.


# %% task="fix_sampler" role="answer"
def fix_sampler(Z, mu, Sigma):
    """Points (n, d) with mean mu and covariance Sigma, made of the noise Z."""
    L = np.linalg.cholesky(Sigma)
    ### BEGIN SOLUTION
    return mu + Z @ L.T  # x = mu + L z, with every z a row
    ### STUB
    # return mu + Z @ L
    ### END SOLUTION


# %% task="fix_sampler" role="check"
check.fix_sampler(fix_sampler)

# %% [markdown] tags=["solution-only"]
# Any root $B$ with $B^\top B = \Sigma$ makes `Z @ B` a sample. `L.T` is the cheapest; $\sqrt{\Lambda}\, U^\top$ and
# the symmetric root of $\Sigma$ give other points with the same distribution.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Work out the covariance of the output. If the rows of $Z$ have covariance $I$, the rows of $Z B$ have covariance
# $B^\top B$. What is it for the $B$ in the code, and what should it be?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Print both $L L^\top$ and $L^\top L$ for a small matrix. They have the same trace and the same determinant, and
# that is why the cloud looks plausible.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The mean was right from the start: it is added last, to points that already have their shape. Leave it there.
#
# </details>

# %% [markdown]
# ## {{mixture_log_density}}
#
# A preview of the next lesson. Component $k$ of this mixture is round: its covariance is $\Sigma_k = \sigma_k^2 I$,
# with one standard deviation $\sigma_k$ for all directions. Its Cholesky factor is so simple that you can write it
# down. Write the mixture's log density, and keep it finite even far from every component.
#
# - In: `X`, an array (n, d); `pi`, an array (K,) of weights that sum to 1; `mu`, an array (K, d); `sigma`, an array
#   (K,) of standard deviations.
# - Out: an array (n,), $\log p(x)$ at every row.


# %% task="mixture_log_density" role="answer"
def mixture_log_density(X, pi, mu, sigma):
    """log p(x) of a mixture of round Gaussians, for every row x of X : (n,)."""
    ### BEGIN SOLUTION
    d = X.shape[1]
    # Every point whitened by every component: (n, K, d).
    Y = (X[:, np.newaxis] - mu) / sigma[:, np.newaxis]
    log_densities = -0.5 * (d * np.log(2 * np.pi) + (Y**2).sum(axis=2)) - d * np.log(sigma)
    return logsumexp(np.log(pi) + log_densities, axis=1)
    ### END SOLUTION


# %% task="mixture_log_density" role="check"
check.mixture_log_density(mixture_log_density)

# %% [markdown] tags=["solution-only"]
# Broadcasting whitens every point by every component at once. A loop over the components that fills one column at a
# time works as well, and needs less memory.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# First make an array (n, K) of $\log \pi_k + \log N(x_i \mid \mu_k, \sigma_k^2 I)$. A loop over $k$ is fine.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# A mixture adds *densities*. To add them while you have only their logarithms, use `logsumexp`, along the axis of the
# components.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# If $\Sigma = \sigma^2 I$, then $L = \sigma I$. So whitening is a division, and $\log |\Sigma|$ is a sum over the
# diagonal, with one entry for every dimension.
#
# </details>
