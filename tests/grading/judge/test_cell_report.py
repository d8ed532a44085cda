"""What a worker says about a cell, when it says anything it likes."""

import numpy as np
import pytest

from mlcourse.grading.inside.display import MAX_FIGURE
from mlcourse.grading.judge.cell_report import SENTENCES, CellReport, read_report


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"error": "boo", "notes": "boo", "output": 3},
        {"error": {"name": 1, "text": "x"}, "notes": [1, ["no such kind", "x"], ["program", 3], ["input"]]},
        {"error": None, "notes": {"program": "x"}, "output": None},
    ],
)
def test_what_no_worker_sends_is_left_out(reply):
    assert read_report(reply, []) == CellReport()


def test_notes_are_our_sentences_with_a_short_visible_detail():
    notes = [["program", "ls\x1b\u202e" + "x" * 1000], ["input", "ignored"]] * 100
    report = read_report({"notes": notes}, [])
    assert len(report.notes) <= 20
    assert all(note.sentence.isprintable() and len(note.sentence) < 300 for note in report.notes)
    assert report.notes[1] == (SENTENCES["input"], "")


def test_a_note_on_an_import_says_of_what():
    report = read_report({"notes": [["not installed", "torch"], ["program", "torch"]]}, [])
    assert [note.imports for note in report.notes] == ["torch", ""]


@pytest.mark.parametrize(
    ("text", "shown"), [("x is odd", "ValueError: x is odd"), ("", "ValueError."), (" \n", "ValueError.")]
)
def test_an_error_without_text_is_a_sentence(text, shown):
    assert read_report({"error": {"name": "ValueError", "text": text}}, []).error == shown


def test_figures_are_bytes_of_limited_length():
    arrays = [np.zeros(3, np.uint8), np.zeros(3), np.zeros(MAX_FIGURE + 1, np.uint8)]
    assert read_report({}, arrays).figures == (bytes(3),)
