"""Text that leaves the grader is safe to write anywhere."""

import re
from html import escape
from xml.etree import ElementTree

import pytest

from mlcourse.grading.records.text import printable, slug, tidy
from tests.helpers.grades import NASTY


@pytest.mark.parametrize("text", NASTY)
def test_printable_text_is_safe_and_hides_nothing(text: str) -> None:
    result = printable(text)
    result.encode("utf-8")
    assert ElementTree.fromstring(f"<a>{escape(result)}</a>").text in (result, None)
    assert result.isprintable() or not text.isprintable()
    assert not any(ord(character) < 32 or character in "\u202e\u2028\x7f" for character in result)
    assert len(result) <= 200 * 10 + 30


def test_slugs_are_plain_and_unique() -> None:
    names = [slug(text, "04_em.ipynb") for text in NASTY]
    assert len(set(names)) == len(NASTY)
    assert all(re.fullmatch(r"[a-z0-9-]{1,40}-[0-9a-f]{32}", name) for name in names)
    assert slug("ada", "a") != slug("ada", "b")
    assert slug("Ада", "x") != slug("Ава", "x")


def test_tidy_text_is_safe_to_write_anywhere() -> None:
    for text in ("a\nb", "a\x00b", "\ud800", "\u202eevil", "x" * 1000, "\x1b[31m"):
        assert tidy(text).isprintable()
        assert len(tidy(text)) <= 200
        tidy(text).encode()
