"""The reference of the package: which modules have a page, what each page says, and where the code is."""

import json
import re
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from inspect import unwrap
from pathlib import Path
from pkgutil import iter_modules, walk_packages
from types import FunctionType, ModuleType
from typing import NamedTuple

from sklearn.base import BaseEstimator

import mlcourse
from mlcourse.checks.folders import notebook_name

MODULES = (
    "gaussians",
    "mixture",
    "kmeans",
    "pca",
    "classifier",
    "anomaly",
    "metrics",
    "evaluation",
    "datasets",
    "plotting",
    "widgets",
    "scale",
    "checks",
)
MEASURED = {"gaussians", "mixture", "kmeans", "pca", "metrics", "scale"}  # on the page about speed
CODE_PAGES = "_modules"  # the folder of the site


class Formula(NamedTuple):
    """A formula of a lesson, which derives it."""

    name: str
    lesson: str
    opening: str  # how it begins there


FORMULAS = {
    "gaussians": (
        Formula("Density", "03_gaussians", r"N(x \mid \mu, \Sigma)"),
        Formula("Its logarithm, by the Cholesky factor of Σ", "03_gaussians", r"\log N(x \mid \mu, \Sigma)"),
        Formula("Squared Mahalanobis distance", "03_gaussians", r"\Delta^2 = (x"),
    ),
    "mixture": (
        Formula("Density", "03_gaussians", "p(x)"),
        Formula("Density of a component", "03_gaussians", r"N(x \mid \mu, \Sigma)"),
        Formula("E-step, in one dimension; in several, Σ takes the place of σ²", "04_em", "r_{ik}"),
        Formula("M-step, in one dimension; in several, weights and means are the same", "04_em", "N_k"),
        Formula("M-step in several dimensions: the scatter of a component", "07_covariance_types", "S_k"),
        Formula('Its covariance, of type "full"', "07_covariance_types", r"\Sigma_k"),
        Formula('"tied"', "07_covariance_types", r"\Sigma ="),
        Formula('"diag"', "07_covariance_types", r"\sigma_{kj}^2"),
        Formula('"spherical"', "07_covariance_types", r"\sigma_k^2"),
        Formula("With a prior of the strength m", "06_when_em_fails", r"\Sigma_k"),
        Formula("Missing entries u, given the known ones o", "13_beyond", r"\mu_{u|o}"),
        Formula("Responsibilities from the known entries alone", "13_beyond", r"\pi_{k|o}"),
        Formula("The step size of `partial_fit`", "13_beyond", "s &"),
        Formula("Why the likelihood never falls", "05_why_em_works", r"\ell(\mu_{\text{new}})"),
    ),
    "kmeans": (
        Formula("Inertia", "01_kmeans", "J ="),
        Formula("Assignment", "01_kmeans", r"\text{label}(i)"),
        Formula("Update", "01_kmeans", "c_k"),
        Formula("k-means++: the chance that a point becomes the next centre", "01_kmeans", "p_i"),
    ),
    "pca": (
        Formula("Components, from the singular value decomposition", "11_pca_digits", "A &="),
        Formula("Projection and reconstruction", "11_pca_digits", "z = V_q"),
    ),
    "anomaly": (Formula("Score", "10_anomaly_detection", "s(x)"),),
    "metrics": (Formula("Silhouette of a point", "01_kmeans", "s ="),),
}
DISPLAYED = re.compile(r"\$\$(.*?)\$\$", re.DOTALL)
BEFORE_FORMULA = re.compile(r"(?:\\begin\{aligned\}|\s)*")


def reference_page(name: str, root: Path) -> str:
    """Return the page of a module or package: what it offers, its formulas, and how the modules of a package work."""
    module = import_module(f"mlcourse.{name}")
    inner = [
        one.name for one in iter_modules(getattr(module, "__path__", [])) if not one.name.startswith("_")
    ]
    inner.sort(key=lambda one: (one != "steps", one))  # the equations first
    ways = [] if inner else [source_link(module.__name__)]
    ways += ['<a href="#formulas">Formulas</a>'] if name in FORMULAS else []
    ways += [f'<a href="#mlcourse-{name}-{inner[0]}">How it works, module by module</a>'] if inner else []
    ways += ['<a href="../benchmarks/README.html">Measured speed</a>'] if name in MEASURED else []
    parts = [f"({module.__name__})=\n# mlcourse.{name}", f'<p class="page-tools">{"".join(ways)}</p>']
    parts.append(directive("automodule", module.__name__))
    parts += [documented(module, one) for one in in_order(module, defined_in(module))]
    if name in FORMULAS:
        parts += ["## Formulas", *(typeset(formula, root) for formula in FORMULAS[name])]
    if inner:
        parts.append("## How it works")
    for one in inner:
        inside = f"{module.__name__}.{one}"
        # Without index: a function may have the name of its module.
        parts += [
            f"({inside})=\n### {name}.{one}",
            source_link(inside),
            directive("automodule", inside, "no-index"),
        ]
    return "\n\n".join(parts) + "\n"


def typeset(formula: Formula, root: Path) -> str:
    """Return a formula as its lesson writes it, and where it is derived."""
    place = f"notebooks/{notebook_name('notebooks', formula.lesson)}"
    found = next(shown for shown, inside in formulas_of(root / place) if inside.startswith(formula.opening))
    return f"**{formula.name}** ([lesson {formula.lesson[:2]}](../{place})):\n\n{found}"


@cache
def formulas_of(notebook: Path) -> list[tuple[str, str]]:
    """Return every displayed formula of a lesson: as it is written, and without what aligns it."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return [(one[0], BEFORE_FORMULA.sub("", one[1], 1)) for one in DISPLAYED.finditer(text)]


# ── Its code ─────────────────────────────────────────────────────────────────────────────────────────


@cache
def shown_modules() -> frozenset[str]:
    """Return the names of the modules whose code has a page: those of the reference, and those in no package.

    The tasks have none: they hold the answers, and what students get wrong.
    """
    single = (one.name for one in iter_modules(mlcourse.__path__) if not one.ispkg and one.name != "__main__")
    shown = {"mlcourse", *(f"mlcourse.{name}" for name in single)}
    for package in (import_module(name) for name in {f"mlcourse.{name}" for name in MODULES} - shown):
        inner = walk_packages(package.__path__, f"{package.__name__}.")
        shown |= {package.__name__, *(one.name for one in inner)}
    return frozenset(shown)


def code_page(module: str) -> str:
    """Return the place of a module's page of code on the site, without its suffix."""
    return f"{CODE_PAGES}/{module.replace('.', '/')}"


def to_top(place: str) -> str:
    """Return the way from a page at some place to the top of the site."""
    return "../" * place.count("/")


def source_link(module: str) -> str:
    """Return the HTML of a link to the code of a module, from a page of the reference."""
    return f'<a class="source" href="../{code_page(module)}.html">Source code</a>'


def summary(name: str) -> str:
    """Return the first paragraph of a module's docstring, in a line."""
    return first_paragraph(import_module(f"mlcourse.{name}").__doc__ or "")


def first_paragraph(docstring: str) -> str:
    """Return the first paragraph of a docstring, in a line."""
    return " ".join(docstring.partition("\n\n")[0].split())


def defined_in(module: ModuleType) -> list[str]:
    """Return the names of the functions and classes that a module or package offers and that are its own.

    Others have a page where they are defined.
    """
    names = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
    offered = {name: getattr(module, name) for name in names}
    return [
        name
        for name, value in offered.items()
        if isinstance(unwrap(value), (type, FunctionType))  # a cached function is wrapped
        and f"{value.__module__}.".startswith(f"{module.__name__}.")
    ]


@cache
def places() -> dict[str, str]:
    """Return where the reference documents a name, from the top of the site; of a class also by its name alone."""
    found: dict[str, str] = {}
    for module in (import_module(f"mlcourse.{name}") for name in MODULES):
        for name in defined_in(module):
            full = f"{module.__name__}.{name}"
            place = f"reference/{module.__name__.removeprefix('mlcourse.')}.html#{full}"
            found[full] = place
            if isinstance(getattr(module, name), type):
                found.setdefault(name, place)  # the one in memory, not the one for many machines
    return found | {f"mlcourse.{name}": place for name, place in found.items() if "." not in name}


def in_order(module: ModuleType, names: Iterable[str]) -> list[str]:
    """Sort the names of a module: estimators first, and a class before those that are made from it."""

    def key(name: str) -> tuple[bool, int]:
        value = getattr(module, name)
        estimator = isinstance(value, type) and issubclass(value, BaseEstimator)
        return not estimator, len(value.__mro__) if estimator else 0

    return sorted(names, key=key)


def documented(module: ModuleType, name: str) -> str:
    """Return what tells Sphinx to document a function, or a class with its methods, inherited ones included."""
    value, place = getattr(module, name), f"{module.__name__}.{name}"
    if not isinstance(value, type):
        return directive("autofunction", place)
    kind = "autoexception" if issubclass(value, BaseException) else "autoclass"
    return directive(kind, place, "members", "undoc-members", "inherited-members")


def directive(kind: str, place: str, *options: str) -> str:
    """Return what tells Sphinx to document a module or a member of it."""
    lines = [f".. {kind}:: {place}", *(f"   :{option}:" for option in options)]
    return "\n".join(["```{eval-rst}", *lines, "```"])
