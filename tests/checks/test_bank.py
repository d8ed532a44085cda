"""The bank: references are right, mistakes are recognised, and other right answers pass."""

from itertools import product

import pytest

from mlcourse.checks import CHECKS, examine
from tests.helpers.answers import FUNCTIONS, VARIANTS, called

SEEDS = (0, 1, 12345)


@pytest.mark.parametrize("name", CHECKS)
def test_the_reference_is_right(name):
    for seed in SEEDS:
        assert examine(CHECKS[name], CHECKS[name].reference, seed).status == "right"


@pytest.mark.parametrize("name", CHECKS)
def test_every_mistake_gets_its_own_message(name):
    """All mistakes of a task in one test: what they give is computed once per seed, and compared with each."""
    for seed, mistake in product(SEEDS, CHECKS[name].mistakes):
        verdict = examine(CHECKS[name], called(mistake.answer), seed)
        assert verdict.mistake == mistake.name, f"{mistake.name}, seed {seed}"
        assert mistake.message in verdict.message
        assert verdict.status == ("not attempted" if mistake.planted else "wrong")


@pytest.mark.parametrize(("name", "variant"), VARIANTS, ids=lambda part: getattr(part, "__name__", part))
def test_other_right_answers_pass(name, variant):
    for seed in SEEDS:
        verdict = examine(CHECKS[name], called(variant), seed)
        assert verdict.status == "right", verdict.message


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_two_other_right_answers(name):
    assert sum(name == variant_name for variant_name, _ in VARIANTS) >= 2


@pytest.mark.parametrize("name", CHECKS)
def test_messages_are_sentences_and_differ(name):
    messages = [mistake.message for mistake in CHECKS[name].mistakes]
    assert len(set(messages)) == len(messages)
    assert all(message.rstrip().endswith((".", "?")) for message in messages)
    assert CHECKS[name].points >= 1
    assert CHECKS[name].expected
