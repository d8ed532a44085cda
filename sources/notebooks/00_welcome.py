# %% [markdown]
# ## What this course is
#
# You have data without labels, and you suspect that they form groups: the left picture. K-means, the simplest way of
# finding them, cuts the plane with straight borders, here right through two of the groups. A Gaussian mixture gives
# each group a shape of its own. It says how sure it is about each point, notices strange ones, and can generate new
# data, such as handwritten digits. You write the algorithm behind it, EM, yourself, until it agrees with scikit-learn
# to within rounding errors.
#
# You need Python with a little NumPy, and some basic statistics: mean, variance, the normal distribution. Everything
# else is built here. (Back again? [Your progress](#Your-progress) is at the bottom of this page.)
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
# Now a picture. The next cell makes two thousand points and lets k-means sort them into five groups.
#
# The grey bar below it is a cell too: it draws the picture. Run it with **Shift + Enter**, like any other cell. Its
# code is folded because you do not need it. A click on the bar opens it.

# %%
X, _ = five_blobs()
model = mlcourse.KMeans(5, random_state=0).fit(X)

# %% tags=["hide-input"]
# Figure 1: the groups that k-means has found
ax = plot_points(X, model.labels_, sizes=9, ax=plot_decision_regions(model, X))
plot_centers(model.cluster_centers_, ax=ax)
ax.set_aspect("equal")
ax.figure.set_figheight(3.6)
show(
    ax,
    "Figure 1. Two thousand points in groups. The numbered discs are the centres of the groups. Each border is"
    " halfway between two centres.",
    "Groups of points, each with its own colour and marker, a numbered centre and a tinted region.",
)

# %% [markdown]
# Change the 5 to a 3 and run both cells again. Nothing can break:
#
# - **To undo a change**, press Ctrl + Z in the cell.
# - **To run everything again** (your changes stay), choose *Kernel → Restart Kernel and Run All Cells* from the
#   menu.
# - **To save**, press Ctrl + S.
# - **To restore the original notebook**, close it and run, in a terminal,
#   `python course.py reset notebooks/00_welcome.ipynb`. Your version is kept in the folder `kept`.
#
# Next, a look ahead at EM, the algorithm of the middle lessons, on every twelfth of these points. Run the cell, press
# Play in it, and drag a point. Which groups follow it? (No mouse? See [below](#Without-a-mouse).)

# %% tags=["hide-input"]
# A playground: put down points, drag them, and see EM follow
playground(X[::12], n_components=4, seed=1, plain=True)

# %% [markdown]
# ## How a lesson goes
#
# After this page, each lesson has three notebooks with the same number, such as `04_em`, `04_em_exercises` and
# `04_em_solutions`:
#
# - The **lesson** (`notebooks/`) shows a picture first and the formula later. Now and then it asks you to
#   guess what a cell will print, *before you run it*. Do guess. A wrong guess is worth more than a skimmed cell.
# - The **exercises** (`exercises/`) have five to eight tasks. You write an answer, run the check below it,
#   and read what it says. Hints are folded away until you want them.
# - The **solutions** (`solutions/`) show one good answer each, for afterwards.
#
# The blue button at the bottom of a page opens the next one. Each lesson says how long it takes, but nobody is
# looking at the clock.
#
# ## How a check works
#
# Here is a first task: find the number that has a given `share` of the `scores` below it. With scores of 1 to 100 and
# a share of 0.04, four of the scores should be below your number.
#
# The author of the next cell was in a hurry. Run it, and then its check, which is meant to complain.


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
# The check says in which case your answer is wrong, and which mistake you probably made. It never gives the answer
# away. The red line only means that the task is not finished.
#
# (This task belongs to lesson 10, where low scores raise an alarm. So the check speaks of alarms, and counts seven
# tasks.)
#
# Now fix the function, and run both cells again: the cross becomes a check mark. (Click *Hint 1* if you need it.)
#
# - Always run your answer first. The check sees only what was run last.
# - Run a check as often as you like. Nobody counts.
# - Your results are kept from day to day. The end of this page shows them, and so does the end of each exercise
#   notebook.
#
# ## The lessons
#
# {{lesson_map}}
#
# ### Where to begin
#
# - **New to all of this:** [lesson 01](01_kmeans.ipynb).
# - **K-means is an old friend:** look at the figures of [lesson 02](02_kmeans_limits.ipynb), and go on with
#   [03](03_gaussians.ipynb).
# - **You came for EM:** [lesson 04](04_em.ipynb) is the heart of it.
# - **You can fit a mixture, and wonder how far to trust it:** [09](09_choosing_k.ipynb) and
#   [10](10_anomaly_detection.ipynb).
# - **You want digits that nobody has ever written:** [11](11_pca_digits.ipynb) and [12](12_mnist.ipynb).
#
# Terms are explained at their first use, and all together in the [glossary](../GLOSSARY.md).
#
# ## Your progress
#
# Run the next cell: it lists what you have done, lesson by lesson.

# %%
from mlcourse import check

check.progress()

# %% [markdown]
# ## Done for today?
#
# Save with Ctrl + S. Then choose *File → Shut Down*, or press Ctrl + C in the terminal. The browser may now report a
# connection error. That is normal: close the tab. Tomorrow, `python course.py` brings you back here.
#
# ## Without a network
#
# The lessons need no network: their data come with the course or with scikit-learn. Only lesson 12 tries to download
# more, and uses small digits if it cannot.
#
# ## Without a mouse
#
# - **To reach a player**, press Escape to leave a cell. Choose the text above the player with the up and down arrows,
#   and press Tab until the player has a frame. Its keys are listed under *Keys*; they work while the frame is there.
# - **To open hints and links**, reach them with Tab and press Enter.
# - **If a key deletes a cell by mistake**, press Escape and then Z.
