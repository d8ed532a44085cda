"""Players without a browser: they send what the package computes. tests/browser plays them."""

import base64
import io
import json
import re
from itertools import islice, pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image
from scipy.stats import multivariate_normal
from sklearn.datasets import make_blobs

from mlcourse import widgets
from mlcourse.gaussians import COVARIANCE_TYPES, log_density
from mlcourse.mixture import GaussianMixture, em, expectation_over, mixture_from_responsibilities
from mlcourse.widgets.player import Player, as_json, half_steps, parameters, shortened
from mlcourse.widgets.playground import draw_playground

pytestmark = pytest.mark.usefixtures("no_figure_left_over")

X, _ = make_blobs(90, centers=[(0, 0), (3, 1), (0, 4)], random_state=3)
CENTERS = np.array([[0.0, 0.0], [3.0, 1.0], [0.0, 4.0]])


def steps_of(points=X, name="full", n_steps=5):
    guess = np.random.default_rng(0).dirichlet(np.ones(3), size=len(points))
    start = mixture_from_responsibilities(points, guess, COVARIANCE_TYPES[name])
    return list(islice(em(expectation_over(points), start), n_steps))


def sent(player):
    """The scene as the page receives it."""
    scene = re.search(r"\)\(\"\w+\", \".*\", (\{.*\})\);</script>", player._repr_html_(), re.DOTALL)[1]
    return json.loads(scene)


def test_half_steps_are_the_start_then_e_and_m_in_turn():
    frames = half_steps(4)
    assert frames[0] == (0, -1)
    assert frames[-1] == (3, 3)
    for (shown, coloured), (later_shown, later_coloured) in pairwise(frames):
        assert (later_shown - shown) + (later_coloured - coloured) == 1  # one of the two changes, by one


@pytest.mark.parametrize("name", COVARIANCE_TYPES)
def test_em_sends_the_mixture_of_every_step(name):
    steps = steps_of(name=name)
    scene = sent(widgets.em_player(X, steps))
    np.testing.assert_allclose(scene["points"], X, rtol=1e-5)
    for mixture, step in zip(scene["planes"][0]["mixtures"], steps, strict=True):
        theta = step.mixture
        np.testing.assert_allclose(mixture["weights"], theta.weights, rtol=1e-5)
        np.testing.assert_allclose(mixture["means"], theta.means, rtol=1e-5)
        ours = log_density(X, theta.means, theta.precisions_cholesky, theta.covariance_type)
        for k, covariance in enumerate(mixture["covariances"]):
            oracle = multivariate_normal(mixture["means"][k], covariance).logpdf(X)
            np.testing.assert_allclose(oracle, ours[:, k], rtol=1e-4)
    values = scene["curve"]["lines"][0]["values"]
    assert values[0] is None
    np.testing.assert_allclose(values[1::2], [step.lower_bound for step in steps], rtol=1e-5)


def test_features_name_the_axes_of_em():
    names = ("height (m)", "time (s)")
    for points in (X, X[:, :1]):
        features = names[: points.shape[1]]
        plane = sent(widgets.em_player(points, steps_of(points), features=features))["planes"][0]
        assert (plane["xlabel"], plane["ylabel"])[: len(features)] == features
        figure, *_ = widgets.draw_em(points, steps_of(points), 3, features)
        plt.close(figure)
        left = figure.axes[0]
        assert (left.get_xlabel(), left.get_ylabel())[: len(features)] == features
    with pytest.raises(ValueError, match=r"features=.* has 1 name\(s\), but X has 2 column\(s\)"):
        widgets.em_player(X, steps_of(), features=["height"])


def test_along_a_line_histogram_and_curves_fit_in_the_axes():
    steps = steps_of(X[:, :1])
    plane = sent(widgets.em_player(X[:, :1], steps))["planes"][0]
    areas = [(right - left) * height for left, right, height in plane["histogram"]]
    assert sum(areas) == pytest.approx(1, rel=1e-5)
    assert plane["top"] > max(height for _, _, height in plane["histogram"])
    assert 25 <= len(areas) <= 30


def test_the_last_mixture_sets_the_scale_along_a_line():
    """A start with a high peak does not."""
    points = X[:, :1]
    steps = steps_of(points)
    theta = steps[0].mixture
    narrow = theta._replace(
        covariances=theta.covariances / 400, precisions_cholesky=20 * theta.precisions_cholesky
    )
    tops = [
        sent(widgets.em_player(points, run))["planes"][0]["top"]
        for run in (steps, [steps[0]._replace(mixture=narrow), *steps[1:]])
    ]
    assert tops[0] == tops[1]


def test_a_spike_does_not_set_the_scale():
    spike = mixture_from_responsibilities(
        X[:, :1], np.eye(2)[(np.arange(len(X)) == 0).astype(int)], COVARIANCE_TYPES["full"], reg_covar=1e-12
    )
    plane = sent(
        widgets.em_player(X[:, :1], list(islice(em(expectation_over(X[:, :1]), spike, reg_covar=1e-12), 1)))
    )["planes"][0]
    assert plane["top"] < 4 * max(height for _, _, height in plane["histogram"])


def test_hardening_ends_at_the_kmeans_solution():
    scene = sent(widgets.hardening_player(X, CENTERS, n_widths=9))
    widths = scene["curve"]["x"]
    assert widths == sorted(widths, reverse=True)
    certainty = scene["curve"]["lines"][0]["values"]
    assert certainty[0] == pytest.approx(1 / 3, abs=1e-3)
    assert certainty[-1] == pytest.approx(1, abs=1e-3)


def test_runs_must_have_the_same_length():
    runs = {"full": steps_of(), "diag": steps_of(name="diag", n_steps=4)}
    with pytest.raises(ValueError, match=r"same number of steps.*'diag': 4"):
        widgets.types_player(X, runs)


def test_types_share_their_frames():
    runs = {name: steps_of(name=name) for name in COVARIANCE_TYPES}
    scene = sent(widgets.types_player(X, runs))
    assert [plane["title"] for plane in scene["planes"]] == list(COVARIANCE_TYPES)
    assert {len(plane["mixtures"]) for plane in scene["planes"]} == {5}
    assert len(scene["frames"]) == 10


def test_the_threshold_counts_the_points_below_it():
    model = GaussianMixture(3, random_state=0).fit(X)
    truth = np.arange(len(X)) % 5 == 0
    thresholds = np.quantile(model.score_samples(X), [0.05, 0.3, 0.9])
    scene = sent(widgets.threshold_player(X, truth, model, thresholds))
    recall, false_alarms = (line["values"] for line in scene["curve"]["lines"])
    for t, one, other in zip(thresholds, recall, false_alarms):
        below = model.score_samples(X) < t
        assert one == pytest.approx((below & truth).sum() / truth.sum(), abs=1e-6)
        assert other == pytest.approx((below & ~truth).sum() / (~truth).sum(), abs=1e-6)


@pytest.mark.parametrize("wrong", [{"n_components": 7}, {"n_components": 0}, {"covariance_type": "round"}])
def test_the_playground_refuses_settings_it_does_not_offer(wrong):
    with pytest.raises(ValueError, match=r"1 to 6|round"):
        widgets.playground(X, **wrong)


def test_the_playgrounds_still_names_the_same_axes_as_the_page():
    figure = draw_playground(X, ("duration", "wait")).figure
    assert [(ax.get_xlabel(), ax.get_ylabel()) for ax in figure.axes] == [("duration", "wait")]
    plt.close(figure)


def test_parameters_of_any_type_are_matrices():
    for name, row in COVARIANCE_TYPES.items():
        theta = steps_of(name=name)[0].mixture
        covariances = parameters(theta)["covariances"]
        assert covariances.shape == (3, 2, 2)
        np.testing.assert_allclose(row.expand(theta.covariances, 3, 2).sum(), covariances.sum())


def test_numbers_are_sent_with_six_digits_and_no_markup():
    value = as_json({"a": np.array([1 / 3, 2e-9]), "b": None, "c": "</script>", "d": np.int64(3)})
    assert "<" not in value
    assert json.loads(value) == {"a": [0.333333, 2e-9], "b": None, "c": "</script>", "d": 3}


def test_the_still_picture_is_a_small_png_with_alt_text():
    steps = steps_of()
    player = widgets.em_player(X, steps)
    html, likelihood = player._repr_html_(), f"−{-steps[-1].lower_bound:.4f}"
    png = base64.b64decode(re.search(r"base64,([^\"]+)", html)[1])
    assert Image.open(io.BytesIO(png)).size[0] > 600
    assert len(png) < 30_000
    assert re.search(r'alt="[^"]+Means at', html)
    assert html.count(f"E-step 5. Mean log-likelihood {likelihood}") == 1  # not in the alt text too
    assert repr(player).startswith("Player: E-step 5")


@pytest.mark.parametrize(
    ("source", "sent"),
    [
        ('const a = "x = y"; // said so\nf(a);', 'let a="x = y";f(a);'),
        ("/* A\n   b */\nif (a < -b) {\n  c();\n}\nd();", "\nif(a<-b){c()}d();"),
        ("a = b - 2 * c + 1;", "a=b-2*c+1;"),
        ("const a = `${b} = ${c}`;", "let a=`${b} = ${c}`;"),
        ("const a = 0.5; // half\n  const b = true;\nc();", "let a=.5,b=!0;c();"),
        ('f("0.5", `true`, 10.5, false);', 'f("0.5",`true`,10.5,!1);'),
        ("f(() => g((x) => x));", "f(_=>g(x=>x));"),
        ('f(-Infinity, "Infinity");', 'f(-1/0,"Infinity");'),
        ("function longName() {\n}\nlongName(x.other);", "function _0(){}_0(x.other);"),
        ("function longName() {\n}\nx.longName();", "function longName(){}x.longName();"),
        ("return (x) => [\n  x % 2,\n].map((y) => y);", "return(x)=>[x%2].map(y=>y);"),
    ],
)
def test_a_script_loses_only_what_it_can_spare(source, sent):
    assert shortened(source) == sent


def test_markup_in_a_label_is_escaped():
    """A label is shown as text and cannot end the script element."""
    drawing = widgets.draw_covariance(np.zeros((3, 2)) + np.arange(3)[:, None], 2, 1, 30)
    player = Player({"label": "</script><b>", "points": X, "planes": [], "frames": []}, drawing)
    assert "</script><b>" not in player._repr_html_()
