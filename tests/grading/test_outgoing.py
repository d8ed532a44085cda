"""Text that leaves the grader: safe to write anywhere."""

import os
import re
from html import escape
from xml.etree import ElementTree

import pytest

from mlcourse.grading.outgoing import shown, slug, write_whole
from tests.helpers.grades import NASTY


@pytest.mark.parametrize("text", NASTY)
def test_shown_text_can_be_written_anywhere_and_hides_nothing(text):
    told = shown(text)
    told.encode("utf-8")
    assert ElementTree.fromstring(f"<a>{escape(told)}</a>").text in (told, None)
    assert told.isprintable() or not text.isprintable()
    assert not any(ord(character) < 32 or character in "\u202e\u2028\x7f" for character in told)
    assert len(told) <= 200 * 10 + 30


def test_a_name_as_a_file_is_plain_and_is_that_names_alone():
    names = [slug(text, "04_em.ipynb") for text in NASTY]
    assert len(set(names)) == len(NASTY)
    assert all(re.fullmatch(r"[a-z0-9-]{1,60}", name) for name in names)
    assert slug("ada", "a") != slug("ada", "b")
    assert slug("Ада", "x") != slug("Ава", "x")


def test_a_file_is_replaced_whole(tmp_path, monkeypatch):
    path = tmp_path / "deep" / "file.txt"
    write_whole(path, "old")
    monkeypatch.setattr(os, "replace", lambda *paths: (_ for _ in ()).throw(OSError("power cut")))
    with pytest.raises(OSError, match="power cut"):
        write_whole(path, "new")
    assert path.read_text() == "old"
