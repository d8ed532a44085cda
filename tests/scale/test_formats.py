"""Rows in files: what is read is what was stored, and what cannot be read is named."""

import os
import re

import dask.dataframe
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.testing import assert_array_equal

from mlcourse.scale import PCA, GaussianMixture, UnreadableRows, open_rows
from tests.helpers.mixtures import random_points
from tests.helpers.stored import NAMES, STORED, as_npy, as_parquet

SMALL = 2**10  # bytes in a block


def read(rows):
    """All rows and weights, block by block."""
    pieces = [piece for block in rows.blocks for piece in block.pieces()]
    w = [piece.w for piece in pieces if piece.w is not None]
    return np.concatenate([piece.X for piece in pieces]), np.concatenate(w) if w else None


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int16])
@pytest.mark.parametrize("name", STORED)
def test_rows_are_read_as_they_were_stored(name, dtype, tmp_path):
    X = (10 * random_points(0, 300, 3)).astype(dtype)
    rows = open_rows(STORED[name](tmp_path / "rows", X), block_bytes=SMALL)
    found, w = read(rows)
    assert_array_equal(found, X)
    assert w is None
    assert found.dtype == rows.dtype == (np.float32 if dtype == np.float32 else np.float64)
    assert (rows.n_features, len(rows.blocks) > 3) == (3, True)
    assert rows.n_rows in (300, None)


def test_blocks_have_as_many_bytes_as_asked_for(tmp_path):
    rows = open_rows(as_npy(tmp_path / "rows", random_points(0, 300, 3)), block_bytes=SMALL)
    assert all(array.nbytes <= SMALL for block in rows.blocks for array in block.recipe.arrays())


def test_a_large_row_group_is_read_piece_by_piece(tmp_path):
    X = random_points(0, 300, 3)
    path = tmp_path / "one.parquet"
    pq.write_table(pa.table(dict(zip(NAMES, X.T.copy()))), path)
    rows = open_rows(path, block_bytes=SMALL)
    pieces = [piece.X for piece in rows.blocks[0].pieces()]
    assert max(piece.nbytes for piece in pieces) <= SMALL
    assert_array_equal(np.concatenate(pieces), X)


def test_folders_in_folders_are_read_but_notes_are_not(tmp_path):
    X = random_points(0, 300, 3)
    as_npy(tmp_path / "year=2", X[150:])
    as_npy(tmp_path / "year=1", X[:150])
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / ".part-9.npy.crc").touch()
    assert_array_equal(read(open_rows(tmp_path))[0], X)


def test_a_private_map_is_read_with_its_changes(tmp_path):
    np.save(tmp_path / "rows.npy", random_points(0, 300, 3))
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="c")
    mapped[7] = 5
    assert_array_equal(read(open_rows(mapped))[0], mapped)


def test_columns_and_weights_are_chosen_by_name(tmp_path):
    X, w = random_points(0, 300, 3), np.arange(300.0)
    folder = as_parquet(tmp_path / "rows", X, count=w, place=["here"] * 300)
    rows = open_rows(folder, columns=["depth", "height"], sample_weight="count")
    assert rows.names == ("depth", "height")
    found, weights = read(rows)
    assert_array_equal(found, X[:, [2, 0]])
    assert_array_equal(weights, w)


@pytest.mark.parametrize("name", ["npy", "zarr", "mapped_slice", "dask_array"])
def test_weights_may_be_an_array(name, tmp_path):
    w = np.random.default_rng(0).uniform(size=300)
    stored = STORED[name](tmp_path / "rows", random_points(0, 300, 3))
    assert_array_equal(read(open_rows(stored, sample_weight=w, block_bytes=SMALL))[1], w)
    with pytest.raises(ValueError, match=r"shape \(299,\), but .* has 300 rows"):
        open_rows(stored, sample_weight=w[1:])


# ── What cannot be read ───────────────────────────────────────────────────────────────────────────


def cut_off(folder):
    os.truncate(folder / "part-10.npy", 1000)
    return "part-10.npy is cut off: .* ends in row 36"


def of_another_width(folder):
    np.save(folder / "part-10.npy", np.zeros((9, 4)))
    return "part-10.npy has 4 columns, but .*part-9.npy, the first file, has 3"


def of_another_dtype(folder):
    np.save(folder / "part-11.npy", np.zeros((9, 3), dtype=np.float32))
    return "part-11.npy holds float32, but .*part-9.npy, the first file, float64"


def without_columns(folder):
    np.save(folder / "part-9.npy", np.zeros(9))
    return "part-9.npy has shape \\(9,\\)"


def no_array(folder):
    (folder / "part-10.npy").write_text("rows")
    return "part-10.npy is not a whole .npy file"


def of_another_format(folder):
    (folder / "readme.txt").write_text("rows")
    return "readme.txt is not among the formats"


@pytest.mark.parametrize(
    "spoil", [cut_off, of_another_width, of_another_dtype, without_columns, no_array, of_another_format]
)
def test_a_bad_file_is_named(spoil, tmp_path):
    folder = as_npy(tmp_path / "rows", random_points(0, 300, 3))
    model = GaussianMixture(2, random_state=0).fit(random_points(0, 300, 3))
    before = model.means_.copy()
    expected = spoil(folder)
    with pytest.raises(UnreadableRows, match=expected):
        model.fit(folder)
    assert_array_equal(model.means_, before)


@pytest.mark.parametrize("name", ["nowhere.npy", "nowhere.parquet"])
def test_a_missing_file_is_named(name, tmp_path):
    with pytest.raises(UnreadableRows, match=f"{re.escape(name)} cannot be opened"):
        open_rows(tmp_path / name)


def test_a_cut_parquet_file_is_named(tmp_path):
    folder = as_parquet(tmp_path / "rows", random_points(0, 300, 3))
    os.truncate(folder / "part-1.parquet", 2000)
    with pytest.raises(UnreadableRows, match=r"part-1\.parquet is not a whole Parquet file"):
        open_rows(folder)


def test_a_column_that_is_missing_is_named(tmp_path):
    with pytest.raises(
        UnreadableRows, match=r"part-0.parquet has no column 'length'; .* height, width, depth"
    ):
        open_rows(as_parquet(tmp_path / "rows", random_points(0, 300, 3)), columns=["length"])


def test_text_is_refused_with_the_name_of_its_column(tmp_path):
    with pytest.raises(TypeError, match=r"Column 'place' of .*part-0.parquet .* columns="):
        open_rows(as_parquet(tmp_path / "rows", random_points(0, 300, 3), place=["here"] * 300))


def test_an_address_is_left_to_dask():
    with pytest.raises(UnreadableRows, match=r"s3://bucket/rows is an address.*read_parquet"):
        open_rows("s3://bucket/rows")


def test_columns_without_names_cannot_be_chosen(tmp_path):
    with pytest.raises(ValueError, match="columns have no names"):
        open_rows(as_npy(tmp_path / "rows", random_points(0, 300, 3)), columns=["height"])


@pytest.mark.parametrize(("value", "word"), [(np.nan, "NaN"), (-np.inf, "infinity")])
@pytest.mark.parametrize("store", [as_npy, as_parquet])
def test_the_row_of_a_bad_entry_is_named(store, value, word, tmp_path):
    X = random_points(0, 300, 3)
    X[250, 1] = value
    rows = open_rows(store(tmp_path / "rows", X), block_bytes=SMALL)
    column = "'width'" if rows.names else "1"
    with pytest.raises(
        UnreadableRows, match=rf"part-\d+.\w+: row 50 \(from 0\) has {word} in column {column}"
    ):
        GaussianMixture(2).fit(rows)


@pytest.mark.parametrize("bad", [-1.0, np.inf, np.nan])
def test_a_bad_weight_is_named(bad, tmp_path):
    w = np.ones(300)
    w[150] = bad
    rows = open_rows(as_npy(tmp_path / "rows", random_points(0, 300, 3)), sample_weight=w)
    with pytest.raises(UnreadableRows, match=rf"part-10\.npy: row 50 .* has weight {bad}"):
        GaussianMixture(2).fit(rows)


def test_nullable_columns_are_numbers():
    frame = pd.DataFrame(
        {"a": pd.array([1, None, 3], dtype="Int64"), "b": pd.array([1.5, 2, 3], dtype="float64[pyarrow]")}
    )
    found = read(open_rows(dask.dataframe.from_pandas(frame, npartitions=2)))[0]
    assert_array_equal(found, [[1, 1.5], [np.nan, 2], [3, 3]])
    with pytest.raises(UnreadableRows, match=r"no column 'c'; its columns are a, b"):
        open_rows(dask.dataframe.from_pandas(frame, npartitions=1), columns=["c"])


@pytest.mark.parametrize(
    "options", [dict(columns=["height"]), dict(block_bytes=9), dict(sample_weight="height")]
)
def test_options_that_come_too_late_are_refused(options, tmp_path):
    rows = open_rows(as_npy(tmp_path / "rows", random_points(0, 300, 3)))
    with pytest.raises(ValueError, match="These rows are open already"):
        open_rows(rows, **options)


@pytest.mark.parametrize("columns", ["height", [], ["height", "height"]])
def test_columns_are_a_list_of_names(columns, tmp_path):
    with pytest.raises(ValueError, match="must be a list of names, at least one, and none twice"):
        open_rows(as_parquet(tmp_path / "rows", random_points(0, 300, 3)), columns=columns)


def test_weights_are_given_once(tmp_path):
    rows = open_rows(as_npy(tmp_path / "rows", random_points(0, 300, 3)), sample_weight=np.ones(300))
    with pytest.raises(ValueError, match="was opened with weights"):
        GaussianMixture(2).fit(rows, sample_weight=np.ones(300))
    with pytest.raises(ValueError, match="which PCA does not take"):
        PCA(2).fit(rows)


def test_a_file_that_shrinks_after_it_was_opened_is_named(tmp_path):
    folder = as_npy(tmp_path / "rows", random_points(0, 300, 3))
    rows = open_rows(folder)
    os.truncate(folder / "part-10.npy", 1000)
    with pytest.raises(
        UnreadableRows, match=r"part-10\.npy ends in row 36, but had 100 rows when it was opened"
    ):
        GaussianMixture(2).fit(rows)
