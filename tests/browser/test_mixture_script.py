"""EM in the page gives the same numbers as `mlcourse`, from the same points and start."""

import json
from importlib.resources import files
from itertools import islice

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from mlcourse.gaussians import COVARIANCE_TYPES, CovarianceType
from mlcourse.mixture import e_step, em, expectation_over, mixture_from_responsibilities
from mlcourse.widgets.player import as_json, parameters
from tests.helpers.player_page import EM

SCRIPT = "\n".join(
    files("mlcourse.widgets.player").joinpath(f"{name}.js").read_text("utf-8")
    for name in ("mixture", "geometry", "look", "panel", "kmeans", "plane", "levels")
)
TOLERANCE = 1e-9


@pytest.fixture
def run(open_page):
    """Evaluate an expression with the script's functions and a value `given`, in full precision."""
    page = open_page()

    def evaluate(expression, **given):
        listed = json.loads(json.dumps(given, default=lambda value: np.asarray(value).tolist()))
        return page.evaluate(f"(given) => {{ {SCRIPT}\nreturn {expression}; }}", listed)

    return evaluate


def random_problem(seed, type_name, d=2):
    """Points far from zero and in unequal units, and a start from random responsibilities."""
    rng = np.random.default_rng(seed)
    n, K = int(rng.integers(20, 300)), int(rng.integers(1, 7))
    X = rng.normal(size=(n, d)) * [3.0, 0.2][:d] + rng.integers(0, 4, size=(n, 1)) + [100.0, -5.0][:d]
    start = mixture_from_responsibilities(
        X, rng.dirichlet(np.full(K, 0.3), size=n), CovarianceType.named(type_name)
    )
    return X, start


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("type_name", COVARIANCE_TYPES)
@pytest.mark.parametrize("seed", range(3))
def test_em_in_the_page_equals_em_in_the_package(run, seed, type_name, d):
    X, start = random_problem(seed, type_name, d)
    here = list(islice(em(expectation_over(X), start, reg_covar=1e-6), 30))
    there = run(f"({EM})(given.X, given.theta, given.type, 30)", X=X, theta=parameters(start), type=type_name)
    for ours, theirs in zip(here, there, strict=True):
        assert theirs["lowerBound"] == pytest.approx(ours.lower_bound, abs=TOLERANCE)
        for name, value in parameters(ours.mixture).items():
            np.testing.assert_allclose(theirs["theta"][name], value, atol=TOLERANCE, rtol=TOLERANCE)


@pytest.mark.parametrize("type_name", COVARIANCE_TYPES)
def test_responsibilities_in_the_page_equal_the_packages(run, type_name):
    X, start = random_problem(7, type_name)
    theirs = run("eStep(given.X, given.theta)", X=X, theta=parameters(start))
    log_likelihood, R = e_step(X, start)
    np.testing.assert_allclose(theirs["R"], R, atol=TOLERANCE)
    assert theirs["lowerBound"] == pytest.approx(log_likelihood.mean(), abs=TOLERANCE)


def test_the_density_equals_that_of_scipy(run):
    rng = np.random.default_rng(0)
    A = rng.normal(size=(2, 2))
    S, mean, x = A @ A.T + 0.1 * np.eye(2), rng.normal(size=2), rng.normal(size=2)
    theirs = run("logDensity(given.x, given.mean, choleskyFactor(given.S))", x=x, mean=mean, S=S)
    assert theirs == pytest.approx(multivariate_normal(mean, S).logpdf(x), rel=1e-12)


def test_a_distant_point_belongs_to_the_nearer_component(run):
    """In log space nothing underflows, even ten thousand standard deviations away from both components."""
    theta = {"weights": [0.5, 0.5], "means": [[0.0, 0.0], [1.0, 0.0]], "covariances": [np.eye(2), np.eye(2)]}
    theirs = run("eStep(given.X, given.theta).R", X=[[1e4, 0.0]], theta=theta)
    np.testing.assert_allclose(theirs, [[0, 1]], atol=1e-12)


def test_a_start_is_made_of_points_and_fixed_by_its_seed(run):
    X, _ = random_problem(3, "full")
    draw = "[1, 1, 2].map((seed) => randomStart(given.X, 4, 'full', seededRandom(seed)))"
    first, again, other = run(draw, X=X)
    assert first == again
    assert first["means"] != other["means"]
    assert len({tuple(mean) for mean in first["means"]}) == 4
    assert {tuple(mean) for mean in first["means"]} <= {tuple(row) for row in X.tolist()}
    quarter = (np.cov(X.T, bias=True) + 1e-6 * np.eye(2)) / 4  # four components share the plane
    np.testing.assert_allclose(first["covariances"][0], quarter, rtol=1e-9)


def test_a_cell_holds_the_points_nearest_to_its_centre(run):
    """Cells of random centres fill the rectangle, and each has the area of the points nearest to its centre."""
    rng = np.random.default_rng(5)
    centers = rng.uniform(-2, 2, size=(6, 2))
    cells = run("given.centers.map((_, k) => voronoiCell(given.centers, k, [-3, 3, -2, 2]))", centers=centers)
    areas = [shoelace(np.array(cell)) for cell in cells]
    assert sum(areas) == pytest.approx(24, rel=1e-12)
    points = rng.uniform([-3, -2], [3, 2], size=(20_000, 2))
    nearest = np.linalg.norm(points[:, np.newaxis] - centers, axis=2).argmin(axis=1)
    shares = np.bincount(nearest, minlength=6) / len(points)
    np.testing.assert_allclose(np.array(areas) / 24, shares, atol=0.015)


def test_borders_are_drawn_once_and_without_the_frame(run):
    """Halfway along each border, exactly two centres are nearest; no two borders are the same."""
    centers = np.random.default_rng(5).uniform(-2, 2, size=(6, 2))
    borders = np.array(run("voronoiBorders(given.centers, [-3, 3, -2, 2])", centers=centers))
    middles = borders.mean(axis=1)
    distances = np.sort(np.linalg.norm(middles[:, np.newaxis] - centers, axis=2), axis=1)
    np.testing.assert_allclose(distances[:, 0], distances[:, 1])
    assert len(np.unique(middles.round(6), axis=0)) == len(borders)
    cells = run("given.centers.map((_, k) => voronoiCell(given.centers, k, [-3, 3, -2, 2]))", centers=centers)
    around = sum(
        np.linalg.norm(cell - np.roll(cell, -1, axis=0), axis=1).sum() for cell in map(np.array, cells)
    )
    inside = np.linalg.norm(borders[:, 0] - borders[:, 1], axis=1).sum()
    assert around == pytest.approx(2 * inside + 20)  # each twice, and the frame


def shoelace(corners):
    (x, y), (u, v) = corners.T, np.roll(corners, -1, axis=0).T
    return abs(x @ v - y @ u) / 2


def test_an_ellipse_is_at_its_mahalanobis_distance(run):
    """Every point on the ellipse of two standard deviations has Mahalanobis distance 2."""
    S, mean = np.array([[2.0, -0.8], [-0.8, 0.5]]), np.array([3.0, 1.0])
    points = np.array(run("ellipsePoints(given.mean, given.S, 2)", mean=mean, S=S))
    away = points - mean
    squared = np.einsum("ij,ij->i", away, np.linalg.solve(S, away.T).T)
    np.testing.assert_allclose(squared, 4, rtol=1e-9)


def test_the_density_on_a_contour_is_its_level(run):
    """The contour of x² + y² at 1 is the unit circle, to the resolution of the grid."""
    segments = run("contour(onGrid(([x, y]) => x * x + y * y, [-2, 2, -2, 2]), 1)")
    points = np.array(segments).reshape(-1, 2)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=1e-3)
    lengths = np.linalg.norm(np.diff(np.array(segments), axis=1), axis=-1).sum()
    assert lengths == pytest.approx(2 * np.pi, rel=1e-3)


def test_sent_numbers_keep_six_digits():
    sent = json.loads(
        as_json({"a": np.array([1 / 3, 2e-9]), "b": None, "c": "</script>"}).replace("\\u003c", "<")
    )
    assert sent["a"] == pytest.approx([1 / 3, 2e-9], rel=1e-5)
    assert "</script>" not in as_json({"c": "</script>"})
