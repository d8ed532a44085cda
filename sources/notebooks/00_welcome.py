# %% [markdown]
# Back again? Your progress is [here](#Your-progress). Done for today? Save (Ctrl + S), then choose *File → Shut Down*
# or press Ctrl + C in the terminal.
#
# ## What this course is
#
# You have data without labels, and you suspect that they form groups. This course takes you from the simplest way of
# finding groups, k-means, to Gaussian mixtures: models that say how sure they are, that notice strange points, and
# that can generate new data, such as handwritten digits. On the way you write the algorithm behind them, EM,
# yourself, until it agrees with scikit-learn to the last digit.
#
# You need Python with a little NumPy, and some basic statistics: mean, variance, the normal distribution. Everything
# else is built here.
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
from mlcourse.widgets import playground

use_course_style()
print(f"NumPy {np.__version__} · scikit-learn {sklearn.__version__} · ready")

# %% [markdown]
# If the line of versions ends with *ready*, your set-up works. If you see an error, close JupyterLab and start it
# again with `python course.py`, which repairs a broken set-up.
#
# Now a picture. The next cell makes two thousand points and lets k-means group them. The grey bar below it is a
# cell too, and draws the picture. Its code is folded, because you do not need it: click the bar to open it, or just
# press **Shift + Enter** to run it, like any other cell.

# %%
X, _ = five_blobs()
model = mlcourse.KMeans(5, random_state=0).fit(X)

# %% tags=["hide-input"]
# Figure 1: the groups that k-means has found
ax = plot_points(X, model.labels_, ax=plot_decision_regions(model, X))
plot_centers(model.cluster_centers_, ax=ax)
show(
    ax,
    "Figure 1. Two thousand points, their groups, and the borders that k-means draws between them.",
    "Groups of points, each with its own colour and marker, a numbered centre and a tinted region.",
)

# %% [markdown]
# Change the 5 to a 3 and run both cells again. Nothing can break. To undo a change, press Ctrl + Z in the cell. To
# start over, choose *Kernel → Restart Kernel and Run All Cells* from the menu. Save with Ctrl + S. If a notebook is
# beyond repair, close it and run, in a terminal, for example `python course.py reset notebooks/00_welcome.ipynb`:
# this restores the original, and keeps your version in the folder `kept`.
#
# This is where the course is heading: EM, the algorithm of the middle lessons, at work. Run the next cell, press Play
# in it, and drag a point.
#
# Without a mouse: press Escape to leave a cell, choose the text above a player with the up and down arrows, and press
# Tab until the player has a frame. The player lists its keys, which work while the frame is there. Tab also reaches
# hints and links, and Enter opens them. If a key deletes a cell by mistake, Escape and then Z brings it back.

# %% tags=["hide-input"]
# A playground: put down points, drag them, and see EM follow
playground(X[::12], n_components=4)

# %% [markdown]
# Once you have stopped the course, as described at the top, the browser may report a connection error. That is
# normal: close the tab. Tomorrow, `python course.py` brings you back here.
#
# ## How a lesson goes
#
# After this page, each lesson consists of three notebooks with the same number, such as `04_em`, `04_em_exercises`
# and `04_em_solutions`. Read the lesson first; the blue button at the bottom opens the next page, and the line below
# each title says where you are. You do not need the other folders.
#
# - The **lesson** (`notebooks/`) shows a picture first and the formula later. Now and then it asks you to
#   guess what a cell will print, *before you run it*. Do guess. A guess that turns out wrong is worth more
#   than a cell that you skimmed.
# - The **exercises** (`exercises/`) have five to eight tasks. You write an answer, run the check below it,
#   and read what it says. Hints are folded away until you want them.
# - The **solutions** (`solutions/`) show one good answer each, for afterwards.
#
# Each lesson says how long it takes. Nobody is looking at the clock.
#
# ## How a check speaks
#
# Here is a first task, to try it out: find the number that has a given `share` of the `scores` below it. With scores
# of 1 to 100 and a share of 0.04, four of the scores should be below your number. The author of this cell was in a
# hurry. Run both cells; the second one is meant to complain.


# %%
def alarm_threshold(scores, share):
    return np.percentile(scores, share)


# %% tags=["raises-exception"]
from mlcourse import check

check.alarm_threshold(alarm_threshold)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# What does `help(np.percentile)` say about its second argument? And what is `np.quantile`?
#
# </details>
#
# The check says in which case your answer is wrong, and which mistake you probably made. It never shows how to get there.
# The red line only means that the task is not finished. Fix the function (the hint unfolds when you click it), run
# the two cells again, and the cross becomes a check mark. Run a check as often as you like; nobody counts. Always run
# the cell with your answer first: the check sees only what was run last. Your results are kept from day to day. The
# last cell of this page shows them, and so does the end of each exercise notebook. (This task comes back in lesson
# 10, where the scores say how ordinary each row is.)
#
# ## The lessons
#
# {{lesson_map}}
#
# ## Your progress
#
# Run the next cell: it lists what you have done, lesson by lesson.

# %%
from mlcourse import check

check.progress()

# %% [markdown]
# New to all of this? Begin with [lesson 01](01_kmeans.ipynb). If k-means is an old friend, read the
# figures of [lesson 02](02_kmeans_limits.ipynb) and go on with 03. If you came for EM,
# [lesson 04](04_em.ipynb) is the heart of it. If you can fit a mixture and wonder how far to trust it, read
# [09](09_choosing_k.ipynb) and [10](10_anomaly_detection.ipynb). For digits that nobody has ever written, go on to
# [11](11_pca_digits.ipynb) and [12](12_mnist.ipynb).
#
# ## Without a network
#
# The lessons need no network: their data come with the course or with scikit-learn. Only lesson 12 tries to download
# more, and uses small digits if it cannot. Terms are explained at their first use, and all together in the
# [glossary](../GLOSSARY.md).
