"""Three blobs, for the tests of plots."""

from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs

X, truth = make_blobs(150, centers=[(0, 0), (4, 1), (0, 5)], random_state=7)


def fitted_kmeans():
    return KMeans(3, n_init=1, random_state=0).fit(X)
