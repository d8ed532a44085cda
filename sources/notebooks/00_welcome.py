# %% [markdown]
# ## What this course is
#
# You have data without labels, and a suspicion that there are groups in it. This course takes you from the
# simplest way of finding them, k-means, to Gaussian mixtures: models that say how sure they are, that know
# when a point is strange, and that can make up new data, handwritten digits for instance. On the way you
# write the algorithm behind them, EM, yourself, until it agrees with scikit-learn in the last digit.
#
# You need Python with a little NumPy, and the statistics of a first course: mean, variance, the normal
# distribution. Everything else is built here.
#
# ## Does it work?
#
# Click into the next cell and press **Shift + Enter**.

# %%
import numpy as np
import sklearn

import mlcourse
from mlcourse.datasets import five_blobs
from mlcourse.plotting import (
    plot_centers,
    plot_decision_regions,
    plot_points,
    show,
    use_course_style,
)

use_course_style()
print(f"NumPy {np.__version__} · scikit-learn {sklearn.__version__} · ready")

# %% [markdown]
# A line of versions that ends with *ready*: your set-up works. An error instead? Close JupyterLab and start
# it again with `python course.py`, which mends a broken set-up.
#
# Now a picture. The next cell makes two thousand points and lets k-means group them.

# %%
X, _ = five_blobs()
model = mlcourse.KMeans(5, random_state=0).fit(X)
ax = plot_points(X, model.labels_, ax=plot_decision_regions(model, X))
plot_centers(model.cluster_centers_, ax=ax)
show(
    ax,
    "Two thousand points, five groups, and the borders that k-means draws between them.",
    "Five groups of points, each with its own colour and marker, a numbered centre and a tinted region.",
)

# %% [markdown]
# Change the 5 to a 3 and run the cell again. Nothing can break: to put everything back, choose *Kernel →
# Restart Kernel and Run All Cells* from the menu. To get a lesson's original text back, close it and
# download the course again, or restore the file with git; your other files are not touched.
#
# ## How a lesson goes
#
# Each lesson is three notebooks with the same number and name.
#
# - The **lesson** (`notebooks/`) shows a picture first and the formula later. Now and then it asks you to
#   guess what a cell will print, *before you run it*. Do guess. A guess that turns out wrong is worth more
#   than a cell that you skimmed.
# - The **exercises** (`exercises/`) have five to eight tasks. You write an answer, run the check below it,
#   and read what it says. Hints are folded away until you want them.
# - The **solutions** (`solutions/`) show one good way, for afterwards.
#
# Each lesson says how long it takes. Nobody is looking at the clock.
#
# ## How a check speaks
#
# Here is an answer to one of the tasks of lesson 01. You are given the species of some flowers and the
# clusters that k-means put them in, and asked for the share that agree. This answer looks reasonable, and it
# is wrong.


# %%
def matched_share(y, labels):
    return np.mean(y == labels)


# %%
from mlcourse.checks import examine, specification

print(examine(specification("matched_share"), matched_share).message)

# %% [markdown]
# Where it differs, what came, what was wanted, and the thought that probably went wrong. Never the answer.
# A check can be run as often as you like; nobody counts. `check.progress()` at the end of each exercise
# notebook shows what is done.
#
# ## The lessons
#
# {{lesson_map}}
#
# New to all of this? Begin with [lesson 01](01_kmeans.ipynb). If k-means is an old friend, read the
# figures of [lesson 02](02_kmeans_limits.ipynb) and go on with 03. If you came for EM,
# [lesson 04](04_em.ipynb) is the heart of it.
#
# ## When something is not there
#
# The course works without a network. The one thing that is fetched is MNIST, the seventy thousand digits of
# a later lesson; where it cannot be had, the lesson says so and goes on with smaller digits. Terms are
# explained at their first use, and all together in the [glossary](../GLOSSARY.md).
