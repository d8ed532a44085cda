"""The cells that a browser test runs are those that its players need."""

from tests.helpers.needed import needed

CELLS = [
    "import numpy as np",
    "X = np.arange(6).reshape(3, 2)",
    "unused = [X for X in range(3)]",
    "def width(k):\n    return k * scale",
    "scale = 2",
    "model = object()",
    "model.fit(X)",
    "scale = width(scale)",
    "model.show(scale)",
]


def test_the_chain_of_definitions():
    assert needed(CELLS, [1]) == [0, 1]
    assert needed(CELLS, [7]) == [3, 4, 7]


def test_a_call_that_may_change_an_object_counts():
    assert needed(CELLS, [8]) == [0, 1, 3, 4, 5, 6, 7, 8]


def test_a_value_given_anew_ends_the_chain():
    assert needed(["x = 1", "x = 2", "print(x)"], [2]) == [1, 2]
    assert needed(["x = 1", "x += 2", "print(x)"], [2]) == [0, 1, 2]
    assert needed(["x = 1", "if True:\n    x = 2", "print(x)"], [2]) == [0, 1, 2]
