"""The `check` object of the notebooks."""

import io
from contextlib import redirect_stdout

import numpy as np
import pytest
from scipy.linalg import solve_triangular

from mlcourse.checks import Checker, CheckFailed
from mlcourse.checks.card import code
from mlcourse.tasks import CATALOGUE
from tests.helpers.answers import TASKS, divides_by_zero, returns_nothing, stub


@pytest.fixture
def checker(monkeypatch):
    monkeypatch.delenv("MLCOURSE_STRICT", raising=False)
    return Checker(CATALOGUE)


def printed(function, *args):
    out = io.StringIO()
    with redirect_stdout(out):
        function(*args)
    return out.getvalue()


def test_right_wrong_and_not_attempted(checker, monkeypatch, capsys):
    assert printed(checker.e_step, TASKS["e_step"].answer).startswith("✓ e_step")
    assert "not attempted" in printed(checker.e_step, stub)
    assert "not attempted" in printed(checker.falling_likelihood, ...)
    with pytest.raises(CheckFailed, match="e_step is not right"):
        checker.e_step(returns_nothing)
    assert "✗ e_step" in capsys.readouterr().out
    monkeypatch.setenv("MLCOURSE_STRICT", "1")
    with pytest.raises(CheckFailed, match="has not been attempted"):
        checker.e_step(stub)


def test_a_failure_shows_one_line_and_no_traceback(checker):
    with pytest.raises(CheckFailed) as caught:
        checker.e_step(divides_by_zero)
    (line,) = caught.value._render_traceback_()
    assert "\n" not in line


def test_a_value_or_function_in_place_of_the_other(checker, capsys):
    with pytest.raises(CheckFailed):
        checker.e_step(3)
    assert "check.e_step(e_step)" in capsys.readouterr().out
    with pytest.raises(CheckFailed):
        checker.falling_likelihood(stub)
    assert "asks for a value" in capsys.readouterr().out


def test_an_unknown_check_suggests_the_nearest(checker):
    with pytest.raises(AttributeError, match=r"check\.e_step"):
        checker.e_stepp  # noqa: B018
    assert "e_step" in dir(checker)


def test_progress_counts_right_answers(checker):
    assert "tasks done" not in str(checker.progress())
    printed(checker.e_step, TASKS["e_step"].answer)
    progress = checker.progress()
    lesson = CATALOGUE.lessons["04_em"].tasks
    total = sum(task.points for task in lesson)
    summary = f"1 of {len(lesson)} tasks done, {TASKS['e_step'].points} of {total} points"
    assert summary in str(progress)
    assert summary in progress._repr_html_()
    with pytest.raises(ValueError, match="04_em"):
        checker.progress("99_nothing")


def test_the_failing_input_is_available(checker):
    with pytest.raises(CheckFailed):
        checker.m_step(lambda X, R: (X[0], R))
    X, R = checker.last_input
    assert len(X) == len(R)
    X[...] = R[...] = 0  # theirs to change: the cases, which are kept, stay as they were
    printed(checker.m_step, TASKS["m_step"].answer)
    assert checker.last_input == ()


def test_a_card_shows_the_verdict_in_words_and_colour(checker, monkeypatch):
    shown = []
    monkeypatch.setattr("mlcourse.checks.notebook.display", shown.append)
    checker.e_step(TASKS["e_step"].answer)
    with pytest.raises(CheckFailed):
        checker.e_step(lambda *args: "<b>")
    right, wrong = (card._repr_html_() for card in shown)
    assert "✓ right" in right
    assert "✗ not right yet" in wrong
    assert "<b>" not in wrong
    assert "&lt;b&gt;" in wrong


def test_a_card_links_to_the_hint_that_may_help(checker, monkeypatch):
    shown = []
    monkeypatch.setattr("mlcourse.checks.notebook.display", shown.append)
    mistake = next(one for one in TASKS["e_step"].mistakes if one.hint)
    with pytest.raises(CheckFailed):
        checker.e_step(mistake.answer)
    assert f"value='hint-e_step-{mistake.hint}'" in shown[0]._repr_html_()
    assert f">Hint {mistake.hint}</button>" in shown[0]._repr_html_()
    assert f"→ Hint {mistake.hint}, below, may help." in str(shown[0])


def test_shapes_that_do_not_fit_get_a_likely_cause(checker, monkeypatch):
    shown = []
    monkeypatch.setattr("mlcourse.checks.notebook.display", shown.append)
    with pytest.raises(CheckFailed):
        checker.m_step(lambda X, R: X / R.sum(axis=0))
    html = shown[0]._repr_html_()
    assert "Likely cause:</strong> the shapes in this operation do not fit" in html
    assert ">[:, np.newaxis]</code>" in html
    assert "value='hint-m_step-1'" in html
    assert "Likely cause: " in str(shown[0])


def test_rows_where_a_solver_wants_columns_get_a_likely_cause(checker, capsys):
    with pytest.raises(CheckFailed):
        checker.log_density(
            lambda X, mu, Sigma: solve_triangular(np.linalg.cholesky(Sigma), X - mu, lower=True)
        )
    assert "one right-hand side per column" in capsys.readouterr().out


def test_a_card_starts_with_a_capital_and_sets_code(checker, monkeypatch):
    shown = []
    monkeypatch.setattr("mlcourse.checks.notebook.display", shown.append)
    checker.e_step(lambda *args: ...)
    html = shown[0]._repr_html_()
    assert ">Replace <code" in html
    assert ">...</code> with your answer." in html
    assert (html + str(shown[0])).count("not attempted yet") == 2


def test_a_tuple_has_a_line_for_each_result(checker, capsys):
    with pytest.raises(CheckFailed):
        checker.m_step(lambda X, R: (R.mean(axis=0), R.T @ X, np.ones((R.shape[1], X.shape[1], X.shape[1]))))
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert any(line.startswith("yours  the weights: array of shape (3,)") for line in lines)
    assert any(line.startswith("the means: array of shape (3, 2)") for line in lines)
    assert any(line.startswith("wanted (weights of shape (K,)") for line in lines)


def test_without_a_diagnosis_the_failing_input_is_offered(checker, capsys):
    with pytest.raises(CheckFailed):
        checker.m_step(lambda X, R: (R.mean(axis=0), R.T @ X, np.ones((R.shape[1], X.shape[1], X.shape[1]))))
    assert "To look at this input: X, R = check.last_input" in capsys.readouterr().out


def test_a_line_does_not_end_after_a_minus_sign():
    assert "[1, <span style='white-space:nowrap'>-inf</span>, a - b]" in code("[1, -inf, a - b]")
    assert "<span style='white-space:nowrap'>1e-9</span> &lt; x" in code("1e-9 < x")
