"""The exam questions: each has an answer worth six points, and code agrees with every number in bold type."""

import re

import numpy as np
import pytest
from scipy.stats import chi2, entropy, multivariate_normal, norm

from mlcourse import KMeans
from mlcourse.cli import ROOT
from mlcourse.gaussians import COVARIANCE_TYPES

EXAM = (ROOT / "docs" / "exam.md").read_text("utf-8")
QUESTIONS, ANSWERS = re.split(r"^## (?:Questions|Answers)$", EXAM, flags=re.MULTILINE)[1:]
TITLES = re.findall(r"^### (.*)$", QUESTIONS, re.MULTILINE)
POINTS = 6
NUMBERS = {}  # the numbers in bold type, by question


def question(function):
    NUMBERS[int(function.__name__.split("_")[1])] = function
    return function


def answer(number):
    return re.split(r"^### ", ANSWERS, flags=re.MULTILINE)[number]


@question
def question_1():
    x = np.array([[1.0], [2], [3], [7], [9], [14]])
    fits = [KMeans(2, init=np.array(start)[:, None], n_init=1).fit(x) for start in ([1.0, 2], [9.0, 14])]
    assert [sorted(fit.cluster_centers_.ravel().round(9)) for fit in fits] == [[2, 10], [4.4, 14]]
    return [f"{fits[0].inertia_:.0f}", f"{fits[1].inertia_:.1f}"]


@question
def question_2():
    pixels = 640 * 480
    now = pixels * 4 // 8 + 16 * 3
    return [f"{now:,}".replace(",", " "), f"{3 * pixels / now:.1f}"]


@question
def question_3():
    border = 2 + np.log(4) / 4
    assert np.isclose(0.8 * norm.pdf(border), 0.2 * norm.pdf(border, 4))
    wrong = [0.8 * norm.sf(x) + 0.2 * norm.cdf(x, 4) for x in (border, 2)]
    return [f"{border:.3f}", *(f"{share:.4f}" for share in wrong)]


@question
def question_4():
    S = np.array([[5.0, 3], [3, 5]])
    short, long = np.sqrt(np.linalg.eigvalsh(S))
    ratio = multivariate_normal([0, 0], S).pdf([2, 2]) / multivariate_normal([0, 0], S).pdf([2, -2])
    return [f"{long:.2f}", f"{short:.2f}", f"{ratio:.1f}", f"{chi2(2).cdf(1):.0%}"]


@question
def question_5():
    x, R = np.array([0.0, 3, 6]), np.array([[1, 0], [0.5, 0.5], [0, 1]])
    mu = x @ R / R.sum(axis=0)
    var = (R * (x[:, None] - mu) ** 2).sum(axis=0) / R.sum(axis=0)
    densities = norm.pdf(0, mu, np.sqrt(var))
    return [f"{v:g}" for v in (mu[0], var[0], mu[1], var[1])] + [f"{densities[0] / densities.sum():.4f}"]


@question
def question_6():
    x, mu = np.random.default_rng(0).normal(size=200), np.array([-1.0, 0, 1])
    R = norm.pdf(x[:, None], mu, 1)
    R = R / R.sum(axis=0)
    weights = R.sum(axis=0) / len(x)
    assert np.allclose(weights, weights[0])
    return [f"{weights[0]:.3f}"]


@question
def question_7():
    joint, q = np.array([0.03, 0.01]), np.array([0.5, 0.5])
    total, bound = np.log(joint.sum()), q @ np.log(joint / q)
    assert np.isclose(total - bound, entropy(q, joint / joint.sum()))
    return [f"−{-total:.3f}", f"−{-bound:.3f}", f"{total - bound:.3f}"]


@question
def question_8():
    rise = norm.logpdf(0, scale=np.sqrt(1e-12)) - norm.logpdf(0, scale=np.sqrt(1e-6))
    return [f"+{rise:.1f}"]


@question
def question_9():
    likelihoods = {"spherical": -392, "diag": -352, "tied": -330, "full": -291}
    counts = [3 - 1 + 3 * 4 + COVARIANCE_TYPES[kind].n_parameters(3, 4) for kind in likelihoods]
    L, p = np.array(list(likelihoods.values())), np.array(counts)
    bic, aic = -2 * L + p * np.log(150), -2 * L + 2 * p
    assert (bic.argmin(), aic.argmin()) == (2, 3)
    return [
        *map(str, p),
        *(f"{b:.1f}" for b in bic),
        *map(str, aic),
        f"{(p[3] - p[2]) * np.log(150) / 2:.1f}",
    ]


@question
def question_10():
    return [f"{(6 * K - 1) / 200:.3f}" for K in (4, 12)]


@question
def question_11():
    L, p, E = np.array([-1620, -1596]), np.array([11, 17]), np.array([12, 95])
    aic, bic = -2 * L + 2 * p, -2 * L + p * np.log(500)
    icl = bic + 2 * E
    assert (aic.argmin(), bic.argmin(), icl.argmin()) == (1, 1, 0)
    return [*map(str, aic), *(f"{value:.1f}" for value in [*bic, *icl])]


@question
def question_12():
    hits, false = 0.8 * 100, 0.03 * 9900
    return [f"{hits + false:.0f}", f"{hits / (hits + false):.0%}", f"{hits / 9900:.2%}"]


@question
def question_13():
    values = np.array([4, 2, 1, 0.5, 0.5])
    kept = int(np.searchsorted(values.cumsum() / values.sum(), 0.85)) + 1
    x, S = np.array([1.0, -2, 0.5]), np.diag(values[:3])
    whitened = multivariate_normal(np.zeros(3)).logpdf(x / np.sqrt(values[:3]))
    change = whitened - multivariate_normal(np.zeros(3), S).logpdf(x)
    return [["zero", "one", "two", "three"][kept], f"{values[kept:].sum():g}", f"{change:.2f}"]


@question
def question_14():
    return []


@question
def question_15():
    S, means = np.array([[4.0, 3], [3, 2.5]]), np.array([[0.0, 0], [4, 10]])
    conditional = means[:, 1] + S[1, 0] / S[0, 0] * (2 - means[:, 0])
    weights = norm.pdf(2, means[:, 0], np.sqrt(S[0, 0]))
    variance = S[1, 1] - S[1, 0] ** 2 / S[0, 0]
    assert np.linalg.eigvalsh(S)[0] > 0
    mean = conditional @ weights / weights.sum()
    assert np.allclose(np.abs(mean - conditional) / np.sqrt(variance), 7)
    return [*(f"{c:g}" for c in conditional), f"{variance:g}", f"{mean:g}"]


def test_the_table_lists_the_questions_in_their_order():
    assert re.findall(r"^\| \[(.*?)\]", EXAM, re.MULTILINE) == TITLES
    assert list(NUMBERS) == list(range(1, len(TITLES) + 1))


@pytest.mark.parametrize("number", NUMBERS)
def test_every_answer_is_worth_six_points(number):
    assert answer(number).startswith(f"{TITLES[number - 1]} · answer\n")
    assert sum(map(int, re.findall(r"\[(\d)\]", answer(number)))) == POINTS


@pytest.mark.parametrize("number", NUMBERS)
def test_the_numbers_in_bold_type_are_right(number):
    found = re.findall(r"\*\*(.*?)\*\*", answer(number), re.DOTALL)
    assert [text.replace(" %", "%") for text in found] == NUMBERS[number]()


def test_the_curves_of_question_10_have_the_gaps_of_the_answer():
    """The heights of the marks in the figure, in nats; one line of it is 0.05."""
    lines = re.search(r"```text\n(−1\.7 .*?)```", QUESTIONS, re.DOTALL)[1].splitlines()
    heights = {
        (line[found.start()], found.start()): row
        for row, line in enumerate(lines)
        for found in re.finditer("[ox]", line)
    }
    ticks = [match.start() for match in re.finditer(r"\d+", lines[-1])]
    gaps = [0.05 * (heights["x", column] - heights["o", column]) for column in ticks]
    assert np.allclose(gaps, [0.05, 0.05, 0.15, 0.35, 0.90])
    assert np.isclose(0.05 * (heights["x", ticks[3]] - heights["x", ticks[2]]), 0.05)


def test_the_old_means_of_question_6_do_not_lower_the_likelihood():
    """The last line of the program, with the second one repaired, over twenty samples."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x = np.r_[rng.normal(-2, 1, 100), rng.normal(2, 0.5, 100)]
        pi, mu, var = np.full(3, 1 / 3), rng.choice(x, 3), np.ones(3)
        likelihoods = []
        for _ in range(60):
            joint = pi * norm.pdf(x[:, None], mu, np.sqrt(var))
            likelihoods.append(np.log(joint.sum(axis=1)).sum())
            R = joint / joint.sum(axis=1, keepdims=True)
            N = R.sum(axis=0)
            var = (R * (x[:, None] - mu) ** 2).sum(axis=0) / N
            pi, mu = N / len(x), x @ R / N
        assert np.diff(likelihoods).min() > -1e-9
