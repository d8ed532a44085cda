"""k-means: Lloyd's algorithm (`steps`), k-means++ (`start`), and the estimator (`estimator`)."""

from mlcourse.kmeans.estimator import KMeans
from mlcourse.kmeans.start import kmeans_plusplus
from mlcourse.kmeans.steps import LloydStep, assign, assignment_over, lloyd, squared_distance_to_own

__all__ = [
    "KMeans",
    "LloydStep",
    "assign",
    "assignment_over",
    "kmeans_plusplus",
    "lloyd",
    "squared_distance_to_own",
]
