"""Points and photographs from files, and the errors for files that are neither."""

import numpy as np
import pytest
import sklearn.datasets
from PIL import Image

from mlcourse import datasets
from mlcourse.datasets import files


def write(tmp_path, content, name="points.txt"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_points_that_come_with_the_course():
    X = datasets.load_points()
    assert (X.shape, X.dtype) == ((30, 2), np.float64)
    np.testing.assert_array_equal(X, np.loadtxt(files.SAMPLE_POINTS))


@pytest.mark.parametrize("delimiter", [" ", "\t", ",", ", ", "   "])
@pytest.mark.parametrize("d", [2, 5])
def test_points_round_trip(tmp_path, delimiter, d):
    X = np.random.default_rng(0).normal(scale=1e3, size=(20, d))
    np.savetxt(tmp_path / "points.txt", X, fmt="%.18e", delimiter=delimiter, header="what these are")
    np.testing.assert_array_equal(datasets.load_points(tmp_path / "points.txt"), X)
    np.testing.assert_array_equal(datasets.load_points(str(tmp_path / "points.txt")), X)


@pytest.mark.parametrize(
    "content",
    [
        "1 2\n3 4",
        "x y\n1 2\n3 4\n",
        "x,y\r\n1,2\r\n3,4\r\n",
        "\ufeff1,2\n3,4\n",
        "# made by hand\n\n1 2  # the first\n   \n3 4\n\n",
        "# comment\nx y\n1e0 +2\n3. 4\n",
    ],
)
def test_points_written_in_other_ways(tmp_path, content):
    np.testing.assert_array_equal(datasets.load_points(write(tmp_path, content)), [[1, 2], [3, 4]])


def test_one_point_is_still_a_table(tmp_path):
    np.testing.assert_array_equal(datasets.load_points(write(tmp_path, "1 2 3")), [[1, 2, 3]])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1 2\n3 4\n\n5 6 7\n", "line 4: 3 columns, but the lines above have 2"),
        ("1 2 3\n4 5\n", "line 2: 2 columns, but the lines above have 3"),
        ("x y\n1 2\n3 four\n", "line 3: column 2 is 'four', not a number"),
        ("x y\nalso a heading\n", "line 2: column 1 is 'also', not a number"),
        ("1,2\n3,\n", "line 2: column 2 is '', not a number"),
        ("1,2\n3 4\n5,6 7\n", "line 3: column 2 is '6 7', not a number"),
        ("1;2\n3;4\n", "line 1: column 1 is '1;2', not a number"),
        ("?,?\n1,2\n", "line 1: column 1 is '\\?', not a number"),
        ("nan nan\n1 2\n", "line 1: column 1 is 'nan'"),
        ("1 2\nnan 4\n", "line 2: column 1 is 'nan'"),
        ("1 2\n3 -inf\n", "line 2: column 2 is '-inf'"),
        ("1\n2\n3\n", "line 1: only one column"),
        ("height\n1\n2\n", "line 2: only one column"),
        ("", "contains no points"),
        ("\n \n# nothing but a comment\n", "contains no points"),
        ("x y\n", "contains no points"),
        (b"\x89PNG\r\n\x1a\n\x00\x01", "not plain text"),
        ("1 2\n3 4\n".encode("utf-16"), "not plain text"),
        (b"1 2\n\x00\x00\n", "not plain text"),
    ],
)
def test_bad_points_are_rejected(tmp_path, content, message):
    path = write(tmp_path, content)
    with pytest.raises(ValueError, match=message) as caught:
        datasets.load_points(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("load", [datasets.load_points, datasets.load_photo])
def test_a_missing_file_suggests_similar_names(tmp_path, load):
    write(tmp_path, "1 2", "my_points.txt")
    with pytest.raises(FileNotFoundError, match=r"Did you mean my_points\.txt\?"):
        load(tmp_path / "my_point.txt")
    with pytest.raises(FileNotFoundError, match="Check the name"):
        load(tmp_path / "zzz")
    with pytest.raises(FileNotFoundError, match="its folder does not exist"):
        load(tmp_path / "nowhere" / "my_points.txt")


@pytest.mark.parametrize("load", [datasets.load_points, datasets.load_photo])
def test_a_folder_is_rejected(tmp_path, load):
    with pytest.raises(IsADirectoryError, match="is a folder"):
        load(tmp_path)


@pytest.mark.parametrize("name", files.BUNDLED_PHOTOS)
def test_bundled_photos(name):
    photo = datasets.load_photo(name)
    assert (photo.shape, photo.dtype) == ((427, 640, 3), np.float64)
    np.testing.assert_array_equal(np.rint(photo * 255), sklearn.datasets.load_sample_image(name))


def test_a_misspelt_bundled_photo_is_suggested(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"Did you mean flower\.jpg\?"):
        datasets.load_photo("flowers.jpg")


@pytest.fixture
def colours():
    """A picture that is not square, with few enough colours for a palette."""
    palette = np.random.default_rng(0).integers(0, 256, (8, 3))
    return palette[np.random.default_rng(1).integers(0, 8, (5, 7))].astype(np.uint8)


def saved(tmp_path, image, name="photo.png", **options):
    image.save(tmp_path / name, **options)
    return datasets.load_photo(tmp_path / name)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_colour_png_is_exact(tmp_path, colours, mode):
    image = Image.fromarray(colours)
    converted = image.quantize(256, dither=Image.Dither.NONE) if mode == "P" else image.convert(mode)
    assert converted.mode == mode
    np.testing.assert_allclose(saved(tmp_path, converted), colours / 255, rtol=0, atol=1e-12)


def test_transparent_parts_get_a_white_background(tmp_path, colours):
    alpha = np.linspace(0, 255, 35).astype(np.uint8).reshape(5, 7)
    photo = saved(tmp_path, Image.fromarray(np.dstack([colours, alpha])))
    a = alpha[:, :, np.newaxis] / 255
    np.testing.assert_allclose(photo, a * colours / 255 + (1 - a), atol=1.01 / 255)


@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, 255), (np.uint16, 65535)])
def test_grey_png_keeps_its_levels(tmp_path, dtype, white):
    grey = np.linspace(0, white, 35).astype(dtype).reshape(5, 7)
    photo = saved(tmp_path, Image.fromarray(grey))
    np.testing.assert_allclose(photo, np.repeat(grey[:, :, np.newaxis] / white, 3, axis=2), atol=1e-12)


@pytest.mark.parametrize("mode", ["1", "LA", "CMYK"])
def test_other_modes_become_three_colours(tmp_path, colours, mode):
    image = Image.fromarray(colours).convert(mode)
    name = "photo.tif" if mode == "CMYK" else "photo.png"
    expected = np.asarray(image.convert("RGB")) / 255
    np.testing.assert_allclose(saved(tmp_path, image, name), expected, atol=1e-12)


def test_a_jpeg_taken_sideways_is_turned_upright(tmp_path):
    gradient = np.repeat(np.linspace(0, 255, 32).astype(np.uint8)[np.newaxis, :], 16, axis=0)
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: a quarter turn clockwise brings it upright
    photo = saved(tmp_path, Image.fromarray(gradient), "photo.jpg", exif=exif, quality=95)
    expected = np.repeat(np.rot90(gradient, -1)[:, :, np.newaxis] / 255, 3, axis=2)
    np.testing.assert_allclose(photo, expected, atol=0.02)


def test_a_path_wins_over_a_bundled_name(tmp_path, monkeypatch, colours):
    Image.fromarray(colours).save(tmp_path / "flower.jpg", format="PNG")
    monkeypatch.chdir(tmp_path)
    np.testing.assert_array_equal(datasets.load_photo("./flower.jpg"), colours / 255)


@pytest.mark.parametrize("content", [b"", b"not an image", b"\x89PNG\r\n\x1a\n"])
def test_a_file_that_is_not_an_image_is_rejected(tmp_path, content):
    path = write(tmp_path, content, "photo.png")
    with pytest.raises(ValueError, match=r"photo\.png cannot be read as an image"):
        datasets.load_photo(path)


@pytest.mark.parametrize("name", ["photo.png", "photo.jpg"])
def test_an_incomplete_image_is_rejected(tmp_path, name):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"cannot be read as an image .*truncated"):
        datasets.load_photo(tmp_path / name)


def test_an_image_without_a_white_level_is_rejected(tmp_path):
    Image.fromarray(np.full((4, 4), 3.5, dtype=np.float32)).save(tmp_path / "photo.tif")
    with pytest.raises(ValueError, match="which grey level is white"):
        datasets.load_photo(tmp_path / "photo.tif")


def test_old_faithful_has_short_and_long_eruptions():
    X = datasets.load_old_faithful()
    table = np.loadtxt(files.DATA / "old_faithful.csv", delimiter=",", skiprows=1)
    np.testing.assert_array_equal(X, table)
    assert X.shape == (272, 2)
    short = X[:, 0] < 3
    assert X[short, 1].mean() + 20 < X[~short, 1].mean()


def test_penguins_are_the_rows_without_a_gap():
    X, y = datasets.load_penguins()
    lines = (files.DATA / "penguins.csv").read_text("utf-8").splitlines()[1:]
    measured = [line.split(",") for line in lines if ",NA,NA,NA,NA," not in line]
    np.testing.assert_array_equal(X, np.array([fields[2:6] for fields in measured], dtype=float))
    names = np.array(["Adelie", "Chinstrap", "Gentoo"])
    assert names[y].tolist() == [fields[0] for fields in measured]
    assert np.bincount(y).tolist() == [151, 68, 123]
