"""Results for every row: what the model gives in memory, in the rows' order, in a Dask array or in files."""

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.testing import assert_array_equal

from mlcourse.scale import PCA, GaussianMixture, KMeans, UnreadableRows, open_rows
from tests.helpers.mixtures import random_points
from tests.helpers.stored import STORED, as_npy

METHODS = [
    (GaussianMixture(3, random_state=0), "predict"),
    (GaussianMixture(3, random_state=0), "predict_proba"),
    (GaussianMixture(3, random_state=0), "score_samples"),
    (KMeans(3, random_state=0), "predict"),
    (KMeans(3, random_state=0), "transform"),
    (PCA(2), "transform"),
    (PCA(2), "score_samples"),
]
X = random_points(5, 300, 3)


@pytest.fixture
def rows(tmp_path):
    return open_rows(as_npy(tmp_path / "rows", X), block_bytes=2**10)


@pytest.mark.parametrize(("model", "method"), METHODS)
def test_results_are_those_of_the_rows_in_memory(model, method, rows, tmp_path):
    use = getattr(model.fit(rows), method)
    expected = np.concatenate([use(piece.X) for block in rows.blocks for piece in block.pieces()])
    lazy = use(rows)
    assert (lazy.shape, lazy.dtype) == (expected.shape, expected.dtype)
    assert_array_equal(lazy.compute(), expected)
    assert use(rows, out=tmp_path / "out.npy") == tmp_path / "out.npy"
    assert_array_equal(np.load(tmp_path / "out.npy"), expected)
    use(rows, out=tmp_path / "out.parquet")
    table = pq.read_table(tmp_path / "out.parquet")
    assert_array_equal(np.stack(table.columns, axis=1).squeeze(), expected)
    assert len(table.column_names) == expected.reshape(300, -1).shape[1]


@pytest.mark.parametrize("name", STORED)
def test_every_format_gives_results(name, tmp_path):
    stored = STORED[name](tmp_path / "rows", X)
    model = GaussianMixture(3, random_state=0).fit(stored)
    expected = GaussianMixture(3, random_state=0).fit(X).predict(X)
    assert_array_equal(model.predict(stored).compute(), expected)
    model.predict(stored, out=tmp_path / "labels.npy")
    assert_array_equal(np.load(tmp_path / "labels.npy"), expected)


def test_a_failure_leaves_the_older_file(rows, tmp_path):
    model = GaussianMixture(3, random_state=0).fit(rows)
    model.predict(rows, out=tmp_path / "labels.npy")
    before = (tmp_path / "labels.npy").read_bytes()
    spoiled = X.copy()
    spoiled[250, 1] = np.nan
    with pytest.raises(UnreadableRows, match=r"part-11\.npy: row 50 .* has NaN in column 1"):
        model.predict(as_npy(tmp_path / "spoiled", spoiled), out=tmp_path / "labels.npy")
    assert (tmp_path / "labels.npy").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["labels.npy", "rows", "spoiled"]


def test_results_never_replace_rows(tmp_path):
    folder = as_npy(tmp_path / "rows.parquet", X)  # whatever its name says
    model = PCA(2).fit(folder)
    rows = {path: path.read_bytes() for path in folder.iterdir()}
    file = next(iter(rows))
    with pytest.raises(ValueError, match="is where the rows themselves are"):
        model.transform(folder, out=folder)
    with pytest.raises(ValueError, match="is where the rows themselves are"):
        model.transform(file, out=file)
    with pytest.raises(ValueError, match="is where the rows themselves are"):
        model.transform(folder, out=folder / "out.npy")
    (tmp_path / "notes.parquet").mkdir()
    (tmp_path / "notes.parquet" / "only_copy.txt").touch()
    with pytest.raises(ValueError, match="holds other things than results"):
        model.transform(folder, out=tmp_path / "notes.parquet")
    assert {path: path.read_bytes() for path in folder.iterdir()} == rows
    model.transform(folder, out=tmp_path / "out.parquet")
    model.transform(folder, out=tmp_path / "out.parquet")  # replaces results


def test_empty_partitions_have_no_results(tmp_path):
    frame = STORED["dask_dataframe"](tmp_path, X)
    some = frame[frame.height > frame.height.max() - 1]
    expected = some.compute().to_numpy()
    model = PCA(2).fit(frame)
    assert_array_equal(model.transform(some).compute(), model.transform(expected))
    model.transform(some, out=tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").num_rows == len(expected)
    mixture = GaussianMixture(2, random_state=0).fit(frame)
    np.testing.assert_allclose(mixture.score(some), mixture.score(expected))
    nobody = frame[frame.height > np.inf]
    assert model.transform(nobody).compute().shape == (0, 2)
    with pytest.raises(UnreadableRows, match="has no rows"):
        mixture.score(nobody)
    with pytest.raises(UnreadableRows, match="has no rows or no columns"):
        mixture.fit(nobody)


def test_dataframes_are_refused_with_advice(rows):
    model = PCA(2).set_output(transform="pandas").fit(rows)
    with pytest.raises(ValueError, match=r"set_output\(transform='default'\)"):
        model.transform(rows)
    assert list(model.transform(X).columns) == ["pca0", "pca1"]


def test_odd_places_for_results_are_refused(rows, tmp_path):
    model = PCA(2).fit(rows)
    with pytest.raises(ValueError, match=r"must end with \.npy .* or \.parquet"):
        model.transform(rows, out=tmp_path / "out.csv")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        model.transform(rows, out=tmp_path / "nowhere" / "out.npy")
    with pytest.raises(ValueError, match=r"out=.* is for rows that are read block by block"):
        model.transform(X, out=tmp_path / "out.npy")
