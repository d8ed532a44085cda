"""Imported first by tests of grading: skips them where strangers' code cannot be held at all."""

import pytest

pytest.importorskip("resource", reason="submissions are graded under Linux and macOS")
