# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.metrics import roc_auc_score

from mlcourse import GaussianMixture, check
from mlcourse.datasets import elongated_blobs
from mlcourse.plotting import INK, PALE_INK, color, show, use_course_style

use_course_style()

# %% [markdown]
# ## {{alarm_threshold}}
#
# Find a threshold for a given share of alarms. A score is an alarm when it is *below* the threshold.
#
# - in: `scores` of shape (n,), log densities, and `share`, such as 0.04
# - out: one number. In all test cases `share * n` is a whole number, and exactly that many scores must be below.
#   Any such number is accepted.


# %% task="alarm_threshold" role="answer"
def alarm_threshold(scores, share):
    """A number that the given share of the scores (n,) lies below."""
    ### BEGIN SOLUTION
    return np.quantile(scores, share)
    ### END SOLUTION


# %% task="alarm_threshold" role="check"
check.alarm_threshold(alarm_threshold)

# %% [markdown] tags=["solution-only"]
# *Why this way:* `np.quantile` expects a share, so no conversion is needed. Sorting and taking the mean of the two
# scores around the cut gives another threshold with the same alarms.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Think of the scores in order, the lowest first. Which of them should be alarms? NumPy has one function for
# percentages and one for shares.
#
# </details>
# <details><summary>Hint 2</summary>
#
# The threshold is *between* the last score that is an alarm and the first that is not. It is a logarithm, like the
# scores.
#
# </details>

# %% [markdown]
# ## {{detector_predict}}
#
# You are given a mixture and a threshold. Classify new points.
#
# - in: `X` of shape (n, d), `pi` (K,), `mu` (K, d), `Sigma` (K, d, d), and the threshold `t` of the *log* density
# - out: an array of shape (n,) with −1 for every anomaly (log density below `t`) and 1 for every other point
#
# `multivariate_normal(mean, covariance).logpdf(X)` gives one column, and `logsumexp` is imported.


# %% task="detector_predict" role="answer"
def detector_predict(X, pi, mu, Sigma, t):
    """−1 or 1 for each row of X."""
    ### BEGIN SOLUTION
    log_density = [multivariate_normal(m, S).logpdf(X) for m, S in zip(mu, Sigma)]
    scores = logsumexp(np.log(pi) + np.transpose(log_density), axis=1)
    return np.where(scores < t, -1, 1)
    ### END SOLUTION


# %% task="detector_predict" role="check"
check.detector_predict(detector_predict)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The score of a point is the first of the two results of an E-step: $\log \sum_k \pi_k N(x \mid \mu_k, \Sigma_k)$.
# Every part of that formula must appear: weights, sum, logarithm.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Compare logarithm with logarithm. `np.where(condition, a, b)` chooses; which of the two numbers belongs to the
# points *below* the threshold?
#
# </details>

# %% tags=["solution-only"]
X, _ = elongated_blobs()
model = GaussianMixture(3, n_init=10, random_state=42).fit(X)
t = alarm_threshold(model.score_samples(X), 0.04)
answers = detector_predict(X, model.weights_, model.means_, model.covariances_, t)
assert round(t, 3) == -5.487
assert (answers == -1).sum() == 50

# %% [markdown]
# ## {{alarm_rates}}
#
# - in: `scores` of shape (n,); `truth` of shape (n,), scikit-learn's way: −1 for an anomaly, 1 for a normal row; a
#   threshold `t`. A score below `t` is an alarm.
# - out: three numbers, `precision, recall, false_alarm_rate`, in this order. There is at least one alarm.
#
# Two things differ from the lecture's function: there the truth is True or False, and the order is different.


# %% task="alarm_rates" role="answer"
def alarm_rates(scores, truth, t):
    """Precision, recall and false-alarm rate of the alarms below t."""
    ### BEGIN SOLUTION
    alarm, odd = scores < t, truth == -1
    return odd[alarm].mean(), alarm[odd].mean(), alarm[~odd].mean()
    ### END SOLUTION


# %% task="alarm_rates" role="check"
check.alarm_rates(alarm_rates)

# %% [markdown] tags=["solution-only"]
# *Why this way:* the mean of a boolean array is a share, so each rate is the mean over the rows selected in the
# brackets. Counting with `.sum()` and dividing, or scikit-learn's `precision_score` and `recall_score` with
# `pos_label=-1`, is right too.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Three questions about three sets of rows: of the *alarms*, how many are anomalies; of the *anomalies*, how many are
# alarms; of the *normal rows*, how many are alarms. Divide by the size of the set.
#
# </details>
# <details><summary>Hint 2</summary>
#
# First make two arrays of True and False: which rows are alarms, and which are anomalies. Print both for a few rows
# and compare with the input.
#
# </details>

# %% [markdown]
# ## {{share_of_real_alarms}}
#
# A water company listens to its pipes at night. In trials its detector raised an alarm for 80 % of the leaking pipes,
# and for 1 % of the sound ones. One pipe in 500 leaks. An alarm is raised, and a crew drives out. What is the
# probability that they find a leak?
#
# Give a share between 0 and 1, correct to two decimals. You may compute it in the cell.

# %% task="share_of_real_alarms" role="answer"
### BEGIN SOLUTION
share_of_real_alarms = 0.8 * 0.002 / (0.8 * 0.002 + 0.01 * 0.998)
### END SOLUTION

# %% task="share_of_real_alarms" role="check"
check.share_of_real_alarms(share_of_real_alarms)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Imagine a hundred thousand pipes. How many leak, and how many of these raise an alarm? How many are sound, and how
# many of those raise an alarm?
#
# </details>
# <details><summary>Hint 2</summary>
#
# The crew sees only alarms. The real ones are the numerator, and *all* of them the denominator.
#
# </details>

# %% [markdown]
# ## {{optimistic_histogram}}
#
# A mixture of twenty components is fitted to 200 points. The outlined histogram shows the scores of these 200, and
# the line is their 4th percentile. The grey one shows the scores of 1250 fresh points. All of them, old and fresh,
# were drawn from the three groups of the lecture in the same way. Nothing is broken anywhere.

# %%
rows = np.random.default_rng(3).permutation(elongated_blobs(random_state=3)[0])
fresh, _ = elongated_blobs(random_state=4)
twenty = GaussianMixture(20, random_state=0).fit(rows[:200])
seen, unseen = twenty.score_samples(rows[:200]), twenty.score_samples(fresh)
t = np.percentile(seen, 4)
print(
    f"below the line: {np.mean(seen < t):.1%} of the 200, {np.mean(unseen < t):.1%} of the fresh points"
)

# %% tags=["hide-input"]
# Figure: scores of seen and of fresh rows
ax = plt.figure(figsize=(7.5, 3.4)).subplots()
bins = np.linspace(-15, -1, 43)
ax.hist(
    unseen.clip(-14.9), bins, density=True, color=PALE_INK, alpha=0.4, label="1250 fresh points"
)
ax.hist(
    seen, bins, density=True, histtype="step", color=color(0), linewidth=2, label="the 200 points"
)
ax.axvline(t, color=INK, linestyle="--", label="threshold")
ax.set(xlabel="score: log density (all below −15 in the first bar)", ylabel="density of the scores")
ax.legend(loc="upper center")
show(
    ax,
    "Scores of the rows that the mixture was fitted to, and of fresh rows.",
    "Two histograms. Scores of the 200 points are bunched on the right, nearly all above the dashed"
    " threshold. Those of the fresh points are lower there and trail off far to the left of it.",
)

# %% [markdown]
# What does the picture say?
#
# - **A.** Many of the fresh points are anomalies, and the detector has found them.
# - **B.** The density fits its own rows too closely, so their percentile promises too much.
# - **C.** The share is too high. With 2 % in place of 4 % the promise would be kept.
# - **D.** Two samples are never quite alike. With other fresh points the grey histogram might be on the right.
#
# Answer with a letter in quotes.

# %% task="optimistic_histogram" role="answer"
### BEGIN SOLUTION
optimistic_histogram = "B"
### END SOLUTION

# %% task="optimistic_histogram" role="check"
check.optimistic_histogram(optimistic_histogram)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# How were the two samples drawn? What, then, is every alarm in the grey histogram?
#
# </details>
# <details><summary>Hint 2</summary>
#
# The two samples differ in one thing: the fit has seen one of them. Each of its twenty components is fitted to ten
# points, on average. How does that change the scores of these ten, and how those of all other points?
#
# </details>

# %% [markdown]
# ## {{fix_evaluation}}
#
# Another student compares several detectors and reports the best, with labelled validation rows and labelled test
# rows. The function below runs, and its numbers look excellent. It cheats twice. Fix it.
#
# - in: `validation` of shape (m, n), the scores of m models for n rows; `validation_truth` of shape (n,), True for
#   anomalies; `test` and `test_truth` likewise; `share`, the false-alarm rate that is promised
# - out: the index of the chosen model, its threshold, and its recall and false-alarm rate in the report
#
# Keep the area under the ROC curve as the measure by which it chooses, and keep `np.percentile`: neither is a fault.


# %% task="fix_evaluation" role="answer"
def fix_evaluation(validation, validation_truth, test, test_truth, share):
    """The chosen model, its threshold, its recall and its false-alarm rate."""
    ### BEGIN SOLUTION
    areas = [roc_auc_score(validation_truth, -scores) for scores in validation]
    best = int(np.argmax(areas))
    t = np.percentile(validation[best][~validation_truth], 100 * share)
    alarm = test[best] < t
    return best, t, alarm[test_truth].mean(), alarm[~test_truth].mean()
    ### STUB
    # areas = [roc_auc_score(test_truth, -scores) for scores in test]
    # best = int(np.argmax(areas))
    # t = np.percentile(test[best][~test_truth], 100 * share)
    # alarm = test[best] < t
    # return best, t, alarm[test_truth].mean(), alarm[~test_truth].mean()
    ### END SOLUTION


# %% task="fix_evaluation" role="check"
check.fix_evaluation(fix_evaluation)

# %% [markdown] tags=["solution-only"]
# *Why this way:* validation rows decide, test rows only report. The threshold uses the normal validation rows alone,
# because the promise is about normal rows.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# There are three jobs: choosing a model, setting a threshold, reporting. For each, write down which rows it may use.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Work through the function with two different models. Its false-alarm rate is the promised share both times. Is
# that a measurement, if you know the result beforehand? And which kind of rows is the promise about?
#
# </details>

# %% [markdown]
# ## {{second_opinion}}
#
# The plane of PCA goes through the mean of the *training* rows, along the $q$ directions in which these vary most.
# How far is each new row from it?
#
# - in: `X_train` of shape (n, d), `X_new` of shape (m, d), and `q`
# - out: an array of shape (m,), the **squared** distance $e(x) = \lVert x - \hat x \rVert^2$ of each new row from
#   the plane
#
# `np.linalg.svd(A, full_matrices=False)` returns three arrays. The third, of shape (d, d) when there are more rows
# than features, has one direction per row, the strongest first. `A` must be centred.


# %% task="second_opinion" role="answer"
def second_opinion(X_train, X_new, q):
    """Squared distance (m,) of the rows of X_new from the training rows' plane of q directions."""
    ### BEGIN SOLUTION
    mu = X_train.mean(axis=0)
    V = np.linalg.svd(X_train - mu, full_matrices=False)[2][:q]
    Z = (X_new - mu) @ V.T
    return np.sum((X_new - (mu + Z @ V)) ** 2, axis=1)
    ### END SOLUTION


# %% task="second_opinion" role="check"
check.second_opinion(second_opinion)

# %% [markdown] tags=["solution-only"]
# *Why this way:* this follows the formula, into the plane and back. By Pythagoras' theorem you can also subtract the
# squared coordinates in the plane from the squared distance to the mean.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Mean and directions are *learned*. From which rows? The new rows must not influence them.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Two steps: into the plane, which gives $q$ coordinates for each new row, and back, which gives $d$ features. What
# you subtract on the way in you have to add on the way out. Check the shapes: (m, d) to (m, q) to (m, d).
#
# </details>
# <details><summary>Hint 3</summary>
#
# One number for each row: the squares of the differences, added up along the row. No root, no mean.
#
# </details>

# %% [markdown]
# ## {{who_decides}}
#
# Back to the water company of task 4. It has 50 000 pipes and four crews, each able to make about five visits a day.
# An engineer shows you the detector: "I have set it to four per cent, as in the course. Is that right?"
#
# Write eight to twelve sentences. Who should decide the false-alarm rate, and why? What would you need to know
# before you advise them, and how would you get it? Use at least one calculation with the numbers of task 4. How
# would you find out, a year later, whether the choice was a good one? And is there anybody whom the rule might
# treat worse than others?

# %% [markdown] task="who_decides" role="open"
# <!-- BEGIN SOLUTION -->
# *One possible answer.* The engineer knows the detector, and the false-alarm rate is not a property of the detector.
# It is a decision about what the company, its crews and its customers are ready to accept. So those who carry the
# costs should take it, with the engineer's curves before them: the head of operations, who pays for the crews,
# together with whoever is responsible for water loss and damage. My first question is how many calls four crews can
# answer, since alarms that nobody follows up are worth nothing. With four per cent of about 49 900 sound pipes there
# are some 2000 false alarms a night. At five visits a day for each crew, twenty are possible, which is a false-alarm
# rate of about four in ten thousand, a hundredth of what the engineer has set. Then I need the costs: of an
# unnecessary visit, and of a leak that runs for another month. I need the base rate, one in 500 or 100 leaks, how
# certain that is, and whether it changes with frost. I need the recall at *low* false-alarm rates, from rows that
# were not used to choose anything: at 1 % it was 80 %, but at 0.04 % it may be a quarter of that. With these numbers
# I would plot the cost against the threshold, and not pick a round number. If leaks are much more expensive than
# visits, the answer may be a fifth crew rather than another threshold. A year later I would compare the promised
# false-alarm rate with the unnecessary visits, and the recall with the leaks that were found by other means. Some
# pipes should be inspected at random, because otherwise nobody learns of the leaks that raise no alarm. And I would
# look at the rates for each district and kind of pipe: rare old pipes have a low density because they are rare, so
# their streets are dug up more often, while a common kind of pipe that leaks in a common way is overlooked.
#
# *Points:* one for saying who decides and why it is not a property of the model (costs and capacity belong to people,
# not to data); one for what must be known, at least two of: costs of both errors, capacity, base rate, recall at that
# rate on fresh data; one for a correct calculation that leads somewhere (such as 4 % of 49 900 ≈ 2000 false alarms,
# or the share of real alarms at some rate); one for a way to check later that also finds missed leaks, or for naming
# a group that has more false alarms only because it is rare.
# <!-- END SOLUTION -->

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Begin with the calculation: how many alarms a night is four per cent, and how many of them can somebody answer?
#
# </details>
# <details><summary>Hint 2</summary>
#
# There are two kinds of error. For each: who notices it, who pays for it, and who would never hear of it?
#
# </details>
