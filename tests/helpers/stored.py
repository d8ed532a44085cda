"""The same rows, stored in every way that `mlcourse.scale` reads."""

import dask.array
import dask.dataframe
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import zarr

NAMES = ["height", "width", "depth"]


def as_npy(folder, X, n_files=3):
    """Save rows as a few `.npy` files of unequal length; returns the folder."""
    folder.mkdir()
    for number, part in enumerate(np.array_split(X, n_files)):
        np.save(folder / f"part-{9 + number}.npy", part)  # 9, 10, 11: not in the order of the alphabet
    return folder


def as_parquet(folder, X, n_files=3, **columns):
    """Save rows as Parquet files with small row groups, and more columns if there are any."""
    folder.mkdir()
    table = pa.table({**dict(zip(NAMES, X.T.copy())), **columns})
    for number, rows in enumerate(np.array_split(np.arange(len(X)), n_files)):
        part = table.slice(rows[0], len(rows))
        pq.write_table(part, folder / f"part-{number}.parquet", row_group_size=37)
    return folder


def as_mapped_slice(folder, X):
    """Map a file that has other rows before these."""
    folder.mkdir()
    np.save(folder / "more.npy", np.concatenate([X[:5] + 100, X]))
    return np.load(folder / "more.npy", mmap_mode="r")[5:]


def as_fortran(folder, X):
    """Save rows column by column."""
    folder.mkdir()
    np.save(folder / "columns.npy", np.asfortranarray(X))
    return str(folder / "columns.npy")


def as_zarr(folder, X):
    """Save rows as a Zarr array; returns its folder."""
    array = zarr.create_array(str(folder), shape=X.shape, chunks=(50, 2), dtype=X.dtype)
    array[:] = X
    return folder


def as_dask_array(folder, X):
    """Chunk rows, and their columns too."""
    return dask.array.from_array(X, chunks=(70, 2))


def as_dask_dataframe(folder, X):
    """Make a dataframe whose partitions have lengths that Dask does not know."""
    frame = dask.dataframe.from_pandas(pd.DataFrame(X, columns=NAMES), npartitions=4)
    return frame[frame.height > -np.inf]


STORED = {
    store.__name__.removeprefix("as_"): store
    for store in (
        as_npy,
        as_parquet,
        as_mapped_slice,
        as_fortran,
        as_zarr,
        as_dask_array,
        as_dask_dataframe,
    )
}
