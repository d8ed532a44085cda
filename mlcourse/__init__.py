"""mlcourse: the code behind the course on Gaussian mixtures, and a reference implementation of EM."""

from mlcourse.checks import check
from mlcourse.kmeans import KMeans
from mlcourse.metrics import silhouette_samples, silhouette_score
from mlcourse.mixture import GaussianMixture
from mlcourse.pca import PCA

__all__ = ["PCA", "GaussianMixture", "KMeans", "check", "silhouette_samples", "silhouette_score"]
