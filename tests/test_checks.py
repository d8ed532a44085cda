"""Every check: its reference passes, its mistakes are caught by name, nonsense gets a sensible sentence."""

import importlib
import io
from contextlib import redirect_stdout
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from mlcourse.checks import CHECKS, Case, Check, Checker, CheckFailed, Mistake, choice, examine, specification
from mlcourse.checks.compare import NotPlain, difference, plain

FUNCTIONS = {name: check for name, check in CHECKS.items() if check.kind == "function"}
ALL_MISTAKES = [(check, mistake) for check in CHECKS.values() for mistake in check.mistakes]
VARIANTS = [
    (name, variant)
    for answers in sorted(Path(__file__).parent.glob("correct_answers_*.py"))
    for name, variants in importlib.import_module(answers.stem).VARIANTS.items()
    for variant in variants
]
SEEDS = (0, 1, 12345)


def called(answer):
    return answer if callable(answer) else lambda: answer


# ── The bank ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", CHECKS)
def test_the_reference_is_right(name):
    for seed in SEEDS:
        assert examine(CHECKS[name], CHECKS[name].reference, seed).status == "right"


@pytest.mark.parametrize(("check", "mistake"), ALL_MISTAKES, ids=lambda part: part.name.replace(" ", "-"))
def test_every_mistake_is_caught_with_its_own_message(check, mistake):
    for seed in SEEDS:
        verdict = examine(check, called(mistake.answer), seed)
        assert verdict.mistake == mistake.name
        assert mistake.message in verdict.message
        assert verdict.status == ("not attempted" if mistake.planted else "wrong")


@pytest.mark.parametrize(("name", "variant"), VARIANTS, ids=lambda part: getattr(part, "__name__", part))
def test_other_right_answers_pass(name, variant):
    for seed in SEEDS:
        verdict = examine(CHECKS[name], called(variant), seed)
        assert verdict.status == "right", verdict.message


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_two_more_right_answers(name):
    assert sum(name == variant_name for variant_name, _ in VARIANTS) >= 2


@pytest.mark.parametrize("name", CHECKS)
def test_messages_are_sentences_that_do_not_repeat_one_another(name):
    messages = [mistake.message for mistake in CHECKS[name].mistakes]
    assert len(set(messages)) == len(messages)
    assert all(message.rstrip().endswith((".", "?")) for message in messages)
    assert CHECKS[name].points >= 1
    assert CHECKS[name].expected


# ── Nonsense ─────────────────────────────────────────────────────────────────────────────────────────


def stub(*args):
    raise NotImplementedError("write your answer here")


def returns_nothing(*args):
    return None


def divides_by_zero(*args):
    return 1 / 0


def returns_an_object(*args):
    return object()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nonsense_gets_a_sentence(name):
    check = FUNCTIONS[name]

    def message(answer):
        verdict = examine(check, answer)
        assert verdict.status == "wrong"
        return verdict.message

    assert examine(check, stub).status == "not attempted"
    assert "None" in message(returns_nothing)
    assert "return 1 / 0" in message(divides_by_zero)
    assert "ZeroDivisionError" in message(divides_by_zero)
    assert "object" in message(returns_an_object)
    assert "expected" in message(lambda *args: "a string")
    assert "expected" in message(lambda *args: np.zeros((1, 2, 3, 4)))
    assert "TypeError" in message(lambda: 0)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nan_is_named(name):
    check = FUNCTIONS[name]

    def with_nan(value):
        if isinstance(value, tuple):
            return (with_nan(value[0]), *value[1:])
        return np.full(np.shape(value), np.nan)

    verdict = examine(check, lambda *args: with_nan(plain(check.reference(*args))))
    assert verdict.status == "wrong"
    assert "NaN" in verdict.message


@pytest.mark.parametrize("name", FUNCTIONS)
def test_changing_an_argument_is_caught(name):
    check = FUNCTIONS[name]

    def changes(*args):
        result = check.reference(*args)
        next(arg for arg in args if isinstance(arg, np.ndarray))[...] = 0
        return result

    assert "changes its arguments" in examine(check, changes).message


# ── The check object ─────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def checker(monkeypatch):
    monkeypatch.delenv("MLCOURSE_STRICT", raising=False)
    return Checker()


def printed(function, *args):
    out = io.StringIO()
    with redirect_stdout(out):
        function(*args)
    return out.getvalue()


def test_right_wrong_and_untouched(checker, monkeypatch, capsys):
    assert printed(checker.e_step, CHECKS["e_step"].reference).startswith("✓ e_step")
    assert "not attempted" in printed(checker.e_step, stub)
    assert "not attempted" in printed(checker.falling_likelihood, ...)
    with pytest.raises(CheckFailed, match="e_step is not right"):
        checker.e_step(returns_nothing)
    assert "✗ e_step" in capsys.readouterr().out
    monkeypatch.setenv("MLCOURSE_STRICT", "1")
    with pytest.raises(CheckFailed, match="not attempted"):
        checker.e_step(stub)


def test_a_failure_shows_one_line_and_no_traceback(checker):
    with pytest.raises(CheckFailed) as caught:
        checker.e_step(divides_by_zero)
    (line,) = caught.value._render_traceback_()
    assert "\n" not in line


def test_a_value_for_a_function_and_a_function_for_a_value(checker, capsys):
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


def test_progress_counts_what_is_right(checker):
    assert printed(checker.progress).startswith("No check has run yet")
    printed(checker.e_step, CHECKS["e_step"].reference)
    progress = checker.progress()
    lesson = [check for check in CHECKS.values() if check.lesson == "04_em"]
    total = sum(check.points for check in lesson)
    summary = f"1 of {len(lesson)} tasks done, {specification('e_step').points} of {total} points"
    assert summary in str(progress)
    assert summary in progress._repr_html_()
    with pytest.raises(ValueError, match="04_em"):
        checker.progress("99_nothing")


# ── Comparing and judging, on made-up checks ─────────────────────────────────────────────────────────


def test_choices_take_either_case_and_say_why_a_letter_is_wrong():
    check = choice("letter", "00", 1, right="B", wrong={"A": "no, because."})
    assert examine(check, lambda: " b").status == "right"
    assert "no, because." in examine(check, lambda: "a").message
    assert examine(check, lambda: "Z").mistake is None


def test_an_answer_with_several_right_values():
    check = Check("k", "00", 1, kind="value", reference=lambda: 4, accepts=lambda k: k in (4, 5))
    assert [examine(check, lambda k=k: k).status for k in (4, 5, 6)] == ["right", "right", "wrong"]


def test_a_mistake_that_raises_is_recognised_by_its_exception():
    check = Check(
        "f", "00", 1, lambda x: x + 1, cases=lambda rng: [Case("a number", (1,))],
        mistakes=(Mistake("index", lambda x: [][x], "there is nothing to index."),),
    )  # fmt: skip
    assert examine(check, lambda x: ()[x]).mistake == "index"


@pytest.mark.parametrize(
    ("yours", "expected", "told"),
    [
        ((1.0,), (1.0, 2.0), "1 values, expected 2"),
        (1.0, (1.0, 2.0), "one value, expected 2"),
        (np.eye(2), (np.ones(2), np.eye(2)), "one array of shape (2, 2), expected 2"),
        ({"a": 1}, {"b": 1}, "keys"),
        (3, {"b": 1}, "not a dict"),
        ("x", np.zeros(2), "a str"),
        (None, np.zeros(2), "nothing"),
        (np.zeros(3), np.zeros(2), r"(3,)"),
        (np.array([np.nan, 0]), np.zeros(2), "NaN"),
        (np.array([np.inf, 0]), np.zeros(2), "infinity"),
        (np.array([0, 7.0]), np.zeros(2), "1 of 2 entries, first at [1]: yours 7"),
        (np.eye(2), np.zeros((2, 2)), "2 of 4 entries, first at [0, 0]"),
        (1, True, "not right"),
    ],
)
def test_difference_says_what_and_where(yours, expected, told):
    assert told in difference(yours, expected, 1e-6, 1e-6)
    assert difference(expected, expected, 0, 0) is None


def test_plain_makes_arrays_and_refuses_objects():
    assert plain([1, 2]).tolist() == [1, 2]
    assert [part.tolist() for part in plain([[1], [2, 3]])] == [[1], [2, 3]]
    assert plain({1: np.float32(2)}) == {"1": 2.0}
    assert plain(["a", "b"]) == plain(np.array(["a", "b"])) == ("a", "b")
    assert np.isnan(plain([1.0, None])[1])
    assert plain(np.array([1, 2], dtype=object)).dtype == float
    assert plain(Fraction(1, 4)) == 0.25
    with pytest.raises(NotPlain, match="set"):
        plain({1, 2})


def test_other_spellings_of_the_same_value_are_the_same():
    assert difference(np.array([[2.0]]), 2.0, 0, 0) is None
    assert difference((1.0, 2.0), np.array([1.0, 2.0]), 0, 0) is None
    assert difference(plain([[1, 2], [3, 4]]), (np.array([1, 2]), np.array([3, 4])), 0, 0) is None


def test_the_failing_input_can_be_had(checker):
    with pytest.raises(CheckFailed):
        checker.m_step(lambda X, R: (X[0], R))
    X, R = checker.last_input
    assert len(X) == len(R)
    printed(checker.m_step, CHECKS["m_step"].reference)
    assert checker.last_input == ()
