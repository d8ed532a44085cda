"""mlcourse: the code behind the course on Gaussian mixtures, and a reference implementation of EM."""

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
