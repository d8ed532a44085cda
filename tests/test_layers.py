"""The package is read in one direction: each part imports only from the parts below it."""

import ast
from pathlib import Path

import pytest

import mlcourse

# From the bottom up. Parts of one layer do not import one another, except as BESIDE says.
LAYERS = (
    {"blocks", "datasets", "validation"},
    {"kmeans", "gaussians", "mixture", "pca"},
    {"anomaly", "classifier"},
    {"metrics", "evaluation", "plotting"},
    {"widgets", "checks"},
    {"grading"},
    {"cli"},
)
BESIDE = {"mixture": {"gaussians", "kmeans"}, "pca": {"gaussians"}}

# mlcourse/__init__.py gathers the public names and mlcourse/__main__.py starts the command: both stand above all
# layers and may import any of them. The __init__ of a part, such as mlcourse/plotting, is held to the rules.
EXEMPT = {"__init__", "__main__"}

LEVEL = {part: level for level, layer in enumerate(LAYERS) for part in layer}


def imported_modules(path, package):
    """Yield (line, dotted name) of what a file imports from `package`, relative imports included."""
    inside = (package.name, *path.relative_to(package).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = inside[: len(inside) - node.level + 1] if node.level else ()
            origin = ".".join([*base, *filter(None, [node.module])])
            # `from mlcourse import pca` names a part; from anywhere deeper the origin itself is the module.
            names = [f"{origin}.{alias.name}" for alias in node.names] if origin == package.name else [origin]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.split(".")[0] == package.name)


def may_import(importer, imported):
    """Whether part `importer` may use part `imported`."""
    same_or_beside = imported == importer or imported in BESIDE.get(importer, ())
    return same_or_beside or LEVEL.get(imported, len(LAYERS)) < LEVEL[importer]


def offences(package):
    """One line for every import in the folder `package` that goes up or sideways, and every part in no layer."""
    found = []
    for path in sorted(package.rglob("*.py")):
        part = path.relative_to(package).with_suffix("").parts[0]
        if part in EXEMPT:
            continue
        if part not in LEVEL:
            found.append(f"{path.name}: {part} stands in no layer; give it a place in LAYERS")
            continue
        for line, name in imported_modules(path, package):
            imported = name.partition(".")[2].partition(".")[0]
            if not may_import(part, imported):
                found.append(f"{path.relative_to(package.parent).as_posix()}:{line}: {part} imports {name}")
    return found


def test_imports_run_one_way():
    wrong = offences(Path(mlcourse.__file__).parent)
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    ("file", "statement"),
    [
        ("kmeans.py", "import mlcourse.plotting"),
        ("kmeans.py", "from mlcourse.gaussians import log_density"),
        ("kmeans.py", "def late():\n    from mlcourse.metrics import inertia"),
        ("gaussians.py", "from .mixture import em"),
        ("mixture/em.py", "from ..pca import PCA"),
        ("mixture/em.py", "from mlcourse import KMeans"),
        ("plotting/__init__.py", "from mlcourse import widgets"),
        ("checks/bank.py", "from mlcourse.widgets import em_player"),
        ("helpers.py", "import numpy"),
    ],
)
def test_an_import_against_the_order_is_named(tmp_path, file, statement):
    path = tmp_path / "mlcourse" / file
    path.parent.mkdir(parents=True)
    path.write_text(statement)
    (offence,) = offences(tmp_path / "mlcourse")
    assert path.name in offence


@pytest.mark.parametrize(
    ("file", "statement"),
    [
        (
            "mixture/start.py",
            "from ..kmeans import KMeans\nfrom .em import m_step\nfrom mlcourse import gaussians",
        ),
        ("pca.py", "from mlcourse.gaussians import log_density\nimport sklearn.mixture"),
        ("plotting/points.py", "from mlcourse.plotting.style import INK"),
        ("widgets.py", "from mlcourse.mixture import e_step\nfrom mlcourse.plotting import plot_points"),
        ("cli.py", "def bench():\n    import mlcourse.checks"),
        ("__init__.py", "from mlcourse.checks import check"),
        ("__main__.py", "from mlcourse.cli import main"),
    ],
)
def test_an_import_in_order_passes(tmp_path, file, statement):
    path = tmp_path / "mlcourse" / file
    path.parent.mkdir(parents=True)
    path.write_text(statement)
    assert offences(tmp_path / "mlcourse") == []
