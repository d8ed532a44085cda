"""What a lesson needs in its sandbox, from the import statements of its exercise."""

import pytest

from mlcourse.grading.sandbox import needs
from tests.helpers.courses import OUR_COURSE


def code(source):
    return {"cell_type": "code", "source": source}


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MLCOURSE_CACHE", str(tmp_path))
    needs.modules_loaded_by.cache_clear()
    return tmp_path


def test_every_import_statement_counts_once():
    cells = [
        "import a, b as c\nif True:\n    from d import e",
        "%matplotlib inline",
        "import a, b as c; x = 1",
    ]
    assert needs.import_statements(cells) == ("import a, b as c", "from d import e")


def test_text_cells_import_nothing():
    cells = [{"cell_type": "markdown", "source": "import sklearn.mixture"}, code("import mlcourse.plain")]
    found = needs.of_exercise(cells)
    assert found.imports == (*needs.USUAL, "import mlcourse.plain")
    assert "mlcourse.plain" in found.modules
    assert "sklearn.mixture" not in found.modules


def test_what_an_import_loads_is_needed_too():
    modules = needs.modules_loaded_by(("from mlcourse.plotting import plot_points",))
    assert {"mlcourse.plotting.points", "sklearn.utils.validation"} <= modules
    assert not {"mlcourse.gaussians", "sklearn.cluster", "scipy.cluster"} & modules
    assert "numpy" not in modules


def test_a_missing_package_is_the_students_to_report(own_cache):
    assert "mlcourse.plain" in needs.modules_loaded_by(("import no_such_package", "import mlcourse.plain"))


def test_an_import_that_ends_its_process_is_reported(own_cache, tmp_path, monkeypatch):
    (tmp_path / "ends.py").write_text("raise SystemExit('enough')")
    path = [*needs.search_path(), str(tmp_path)]
    monkeypatch.setattr(needs, "search_path", lambda: path)
    with pytest.raises(OSError, match="the imports of the exercise fail: enough"):
        needs.modules_loaded_by(("import ends",))


def test_the_answer_is_kept_for_the_next_process(own_cache, monkeypatch):
    first = needs.modules_loaded_by(("import mlcourse.plain",))
    needs.modules_loaded_by.cache_clear()
    monkeypatch.setattr(needs, "_try", lambda imports: pytest.fail("tried again"))
    assert needs.modules_loaded_by(("import mlcourse.plain",)) == first


@pytest.mark.parametrize("lesson", ["01_kmeans", "02_kmeans_limits", "03_gaussians"])
def test_no_mixture_is_needed_before_lesson_04(lesson):
    modules = needs.of_exercise(OUR_COURSE.exercise(lesson)).modules
    assert not [name for name in modules if name.startswith(("mlcourse.mixture", "sklearn.mixture"))]
