"""mlcourse: the code behind the course on Gaussian mixtures, and a reference implementation of EM.

Nothing is loaded before it is used: `import mlcourse` takes milliseconds, and the checks, with the figures that they
need, load at the first `check`.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlcourse.anomaly import DensityDetector
    from mlcourse.classifier import GaussianMixtureClassifier
    from mlcourse.kmeans import KMeans
    from mlcourse.metrics import silhouette_samples, silhouette_score
    from mlcourse.mixture import GaussianMixture, IncompleteDataMixture, SemiSupervisedMixture
    from mlcourse.pca import PCA
    from mlcourse.tasks import check

__version__ = "0.1.0"

__all__ = [
    "PCA",
    "DensityDetector",
    "GaussianMixture",
    "GaussianMixtureClassifier",
    "IncompleteDataMixture",
    "KMeans",
    "SemiSupervisedMixture",
    "check",
    "silhouette_samples",
    "silhouette_score",
]

_HOMES = {
    "anomaly": ["DensityDetector"],
    "classifier": ["GaussianMixtureClassifier"],
    "kmeans": ["KMeans"],
    "metrics": ["silhouette_samples", "silhouette_score"],
    "mixture": ["GaussianMixture", "IncompleteDataMixture", "SemiSupervisedMixture"],
    "pca": ["PCA"],
    "tasks": ["check"],
}


def __getattr__(name: str) -> Any:
    """Load a public name, or a module of the package, at its first use (PEP 562)."""
    for module, names in _HOMES.items():
        if name in names:
            value = globals()[name] = getattr(import_module(f"mlcourse.{module}"), name)
            return value
    if not name.startswith("_") and find_spec(f"mlcourse.{name}"):
        return import_module(f"mlcourse.{name}")
    raise AttributeError(f"module 'mlcourse' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
