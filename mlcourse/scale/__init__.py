"""Rows that do not fit in memory, and machines that do not stand alone: the same EM, k-means and PCA, block by block.

    from mlcourse.scale import GaussianMixture

    model = GaussianMixture(8).fit("measurements/")             # a folder of .npy or Parquet files
    model.predict("measurements/", out="labels.npy")            # written block by block

With a `dask.distributed.Client`, the workers of its cluster do the same work, with the same result to the last bit.

From the top: `mixture`, `kmeans` and `pca` are the estimators, with no arithmetic of their own. They see the rows as
`data`, read once and summarised (`summary`). An `engine` folds a function over all blocks in a fixed `tree`. A block
of `rows` is a recipe, of one of the `formats`. `results` has one result for each row, and `checkpoint` what a fit has
reached.
"""

from mlcourse.scale.formats import UnreadableRows
from mlcourse.scale.kmeans import KMeans
from mlcourse.scale.mixture import GaussianMixture
from mlcourse.scale.pca import PCA
from mlcourse.scale.rows import Rows, open_rows

__all__ = ["PCA", "GaussianMixture", "KMeans", "Rows", "UnreadableRows", "open_rows"]
