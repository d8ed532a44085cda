"""Tests of grading import this first: it skips them on systems without a sandbox for untrusted code."""

import pytest

pytest.importorskip("resource", reason="grading requires Linux or macOS")
