"""`python -m tools.lecture_memory`: what a notebook needs while its cells run."""

import nbformat
import pytest

from tools import lecture_memory


def test_an_unknown_lecture_is_named(capsys):
    with pytest.raises(SystemExit):
        lecture_memory.main(["99_nowhere"])
    assert "there is no lecture '99_nowhere'" in capsys.readouterr().err


@pytest.mark.slow
def test_the_peak_counts_although_the_memory_is_free_at_the_end(tmp_path):
    cells = [nbformat.v4.new_code_cell(code) for code in ("block = b'1' * 400_000_000", "del block")]
    path = tmp_path / "greedy.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    before = path.read_bytes()
    need = lecture_memory.need_of(path)
    assert 0.4e9 < need.memory < 0.7e9
    assert need.cpu > 0
    assert path.read_bytes() == before
