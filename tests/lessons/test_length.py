"""A lecture can be read in one sitting, and the time that it promises is the time that it takes."""

import re
import tomllib

import nbformat
import pytest

from mlcourse.cli import ROOT

LESSONS = {
    lesson["name"]: lesson
    for lesson in tomllib.loads((ROOT / "sources" / "lessons.toml").read_text("utf-8"))["lesson"]
}
MAX_WORDS, MAX_CODE_CELLS = 3_200, 42
WORDS_PER_MINUTE, MINUTES_PER_PREDICTION = 230, 1

FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$]+\$", re.DOTALL)
NOT_READ = re.compile(r"\]\([^)]*\)|<[^>]+>|\[//\]: #.*")  # link targets, tags
WORD = re.compile(r"\w[\w’'-]*")


def words_of(text):
    """The number of words of a Markdown text; a formula counts as one word."""
    return len(WORD.findall(NOT_READ.sub(" ", FORMULA.sub(" formula ", text))))


def lecture(name):
    """The words, code cells and predictions of a lecture."""
    cells = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4).cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    predictions = sum(len(re.findall(r"\*\*Before you\s", text)) for text in texts)
    return sum(map(words_of, texts)), len(cells) - len(texts), predictions


@pytest.mark.parametrize("name", LESSONS)
def test_a_lecture_is_not_too_long(name):
    words, code_cells, _ = lecture(name)
    assert words <= MAX_WORDS
    assert code_cells <= MAX_CODE_CELLS


@pytest.mark.parametrize("name", LESSONS)
def test_the_promised_reading_time_is_right_to_a_fifth(name):
    words, _, predictions = lecture(name)
    minutes = words / WORDS_PER_MINUTE + predictions * MINUTES_PER_PREDICTION
    assert LESSONS[name]["read"] == pytest.approx(minutes, rel=0.2)


def test_words_are_those_that_are_read():
    assert words_of("A [link](https://example.org/far) and $a + b$, <b>bold</b>.") == 5
