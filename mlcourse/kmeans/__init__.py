"""k-means: Lloyd's algorithm (`lloyd`), k-means++ (`start`) and the estimator (`estimator`)."""

from mlcourse.kmeans.estimator import KMeans
from mlcourse.kmeans.lloyd import LloydStep, assign, lloyd, squared_distance_to_own
from mlcourse.kmeans.start import kmeans_plusplus

__all__ = ["KMeans", "LloydStep", "assign", "kmeans_plusplus", "lloyd", "squared_distance_to_own"]
