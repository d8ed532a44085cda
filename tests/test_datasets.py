"""The data sets: their laws, and the published figures that hang on the very points, by scikit-learn alone."""

import inspect

import numpy as np
import pytest
import sklearn.datasets
from PIL import Image
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score, confusion_matrix, silhouette_score
from sklearn.mixture import GaussianMixture

from mlcourse import datasets
from mlcourse.datasets import files, synthetic

SEEDED = [
    (datasets.five_blobs, (2000, 2), [400] * 5),
    (datasets.four_blobs, (400, 2), [100] * 4),
    (datasets.stretched_blobs, (400, 2), [100] * 4),
    (datasets.elongated_blobs, (1250, 2), [500, 500, 250]),
    (datasets.gaussian_pair, (900, 2), [300, 600]),
    (datasets.three_gaussians_1d, (300, 1), [100] * 3),
    (datasets.two_moons, (200, 2), [100, 100]),
]


def group_means(X, y):
    return np.array([X[y == k].mean(axis=0) for k in np.unique(y)])


# ── Laws of every seeded set ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("draw", "shape", "counts"), SEEDED)
def test_shape_and_groups(draw, shape, counts):
    X, y = draw()
    assert X.shape == shape
    assert X.dtype == np.float64
    assert X.flags.c_contiguous
    assert np.isfinite(X).all()
    np.testing.assert_array_equal(np.bincount(y), counts)


@pytest.mark.parametrize(("draw", "shape", "counts"), SEEDED)
def test_seed_decides(draw, shape, counts):
    default = inspect.signature(draw).parameters["random_state"].default
    np.testing.assert_array_equal(draw()[0], draw(random_state=default)[0])
    assert not np.array_equal(draw()[0], draw(random_state=default + 1)[0])


@pytest.mark.parametrize(("draw", "shape", "counts"), SEEDED)
def test_generator_is_drawn_from_and_numpys_own_left_alone(draw, shape, counts):
    before = np.random.get_state()[1].copy()  # noqa: NPY002 — the global state is what must not move
    rng = np.random.RandomState(5)
    first, second = draw(random_state=rng)[0], draw(random_state=rng)[0]
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, draw(random_state=np.random.RandomState(5))[0])
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize("draw", [datasets.five_blobs, datasets.four_blobs, datasets.two_moons])
def test_size_can_be_chosen(draw):
    X, y = draw(120)
    assert X.shape == (120, 2)
    assert len(set(np.bincount(y))) == 1


def test_three_gaussians_have_the_stated_means_and_variances():
    draws = [datasets.three_gaussians_1d(random_state=seed) for seed in range(100)]
    X, y = (np.concatenate(parts) for parts in zip(*draws))
    for k, (mean, variance) in enumerate([(-5, 1.2), (5, 1.8), (0, 1.6)]):
        x = X[y == k, 0]
        # Four standard errors, of a mean and of a variance, of 10 000 normal numbers.
        assert abs(x.mean() - mean) < 4 * np.sqrt(variance / len(x))
        assert abs(x.var() - variance) < 4 * variance * np.sqrt(2 / len(x))


def test_gaussian_pair_has_the_stated_centres_and_spreads():
    X, y = datasets.gaussian_pair()
    for k, (centre, std) in enumerate([(0, 1.2), (10, 1.8)]):
        group = X[y == k]
        np.testing.assert_allclose(group.mean(axis=0), centre, atol=4 * std / np.sqrt(len(group)))
        np.testing.assert_allclose(group.std(axis=0), std, atol=4 * std / np.sqrt(2 * len(group)))


def test_gaussian_pair_moves_only_the_second_group():
    (far, y_far), (near, y_near) = datasets.gaussian_pair(10), datasets.gaussian_pair(3)
    np.testing.assert_array_equal(y_far, y_near)
    np.testing.assert_allclose(far - near, 7.0 * y_far[:, np.newaxis] * np.ones(2), atol=1e-12)


def test_elongated_groups_keep_their_places_whatever_the_seed():
    expected = group_means(*datasets.elongated_blobs())
    for seed in range(5):
        np.testing.assert_allclose(
            group_means(*datasets.elongated_blobs(random_state=seed)), expected, atol=0.3
        )


def test_stretch_is_the_books():
    np.testing.assert_allclose(synthetic.STRETCH, np.random.RandomState(13).randn(2, 2), atol=1e-8)
    X, y = datasets.four_blobs()
    stretched, labels = datasets.stretched_blobs()
    np.testing.assert_array_equal(labels, y)
    np.testing.assert_allclose(stretched, X @ np.random.RandomState(13).randn(2, 2), atol=1e-7)


# ── The curriculum's figures ────────────────────────────────────────────────────────────────────────────────


def test_iris_matched_to_its_species():
    X, y = datasets.load_iris()
    for model, hits in [
        (GaussianMixture(3, random_state=0), 145),
        (KMeans(3, random_state=0, n_init=10), 134),
    ]:
        table = confusion_matrix(y, model.fit_predict(X))
        assert table[linear_sum_assignment(table, maximize=True)].sum() == hits


def test_five_blobs_inertia_and_silhouette():
    X, _ = datasets.five_blobs()
    best = {k: KMeans(k, n_init=10, random_state=0).fit(X) for k in (3, 5, 8)}
    assert best[3].inertia_ == pytest.approx(653.22, abs=0.005)
    assert best[5].inertia_ == pytest.approx(211.60, abs=0.005)
    assert best[8].inertia_ == pytest.approx(118.4, abs=0.05)
    assert silhouette_score(X, best[5].labels_) == pytest.approx(0.6555, abs=5e-5)


@pytest.mark.parametrize("seed", [2, 5, 10])
def test_five_blobs_seeds_that_get_stuck(seed):
    X, _ = datasets.five_blobs()
    stuck = KMeans(5, init="random", n_init=1, random_state=seed).fit(X).inertia_
    assert stuck > 1.03 * KMeans(5, n_init=10, random_state=0).fit(X).inertia_


def test_kmeans_is_at_home_on_round_blobs_and_not_on_stretched_ones():
    X, y = datasets.four_blobs()
    kmeans = KMeans(4, n_init=10, random_state=0)
    assert adjusted_rand_score(y, kmeans.fit_predict(X)) == 1
    X, y = datasets.stretched_blobs()
    mixture = GaussianMixture(4, n_init=10, random_state=42)
    assert (
        adjusted_rand_score(y, kmeans.fit_predict(X)) < 0.9 < adjusted_rand_score(y, mixture.fit_predict(X))
    )


def test_elongated_start_at_the_truth_has_the_higher_inertia():
    X, y = datasets.elongated_blobs()
    assert KMeans(3, init=group_means(X, y)).fit(X).inertia_ == pytest.approx(2242.6, abs=0.05)
    assert KMeans(3, n_init=10, random_state=42).fit(X).inertia_ == pytest.approx(2179.6, abs=0.05)


def test_elongated_mixture():
    X, _ = datasets.elongated_blobs()
    mixture = GaussianMixture(3, n_init=10, random_state=42).fit(X)
    assert mixture.converged_
    assert mixture.n_iter_ == 4
    order = np.argsort(mixture.means_[:, 0])
    np.testing.assert_allclose(mixture.weights_[order], [0.4001, 0.3903, 0.2096], atol=3e-4)
    np.testing.assert_allclose(mixture.means_[order], [[-1.41, 1.43], [0.05, 0.08], [3.40, 1.06]], atol=0.006)
    assert mixture.bic(X) == pytest.approx(8189.7, abs=0.05)
    threshold = np.percentile(mixture.score_samples(X), 4)
    assert threshold == pytest.approx(-5.487, abs=5e-4)
    assert (mixture.score_samples(X) < threshold).sum() == 50


def test_elongated_mixture_run_to_the_end():
    X, y = datasets.elongated_blobs()
    mixture = GaussianMixture(3, n_init=10, random_state=42, tol=1e-10, max_iter=1000).fit(X)
    np.testing.assert_allclose(np.sort(mixture.weights_), [0.203347, 0.396282, 0.400371], atol=1e-6)
    labels = mixture.predict(X)
    assert adjusted_rand_score(y, labels) == pytest.approx(0.965, abs=5e-4)
    two_classes = np.where(y == 2, 0, y)  # the + 2 forgotten
    assert adjusted_rand_score(two_classes, labels) == pytest.approx(0.651, abs=5e-4)


@pytest.mark.parametrize(
    ("covariance_type", "bic"), [("tied", 8588.7), ("spherical", 8977.2), ("diag", 8991.8)]
)
def test_elongated_bic(covariance_type, bic):
    X, _ = datasets.elongated_blobs()
    mixture = GaussianMixture(3, covariance_type=covariance_type, n_init=10, random_state=42).fit(X)
    assert mixture.bic(X) == pytest.approx(bic, abs=0.05)


def test_two_moons_components_by_bic_and_aic():
    X, _ = datasets.two_moons()
    mixtures = [GaussianMixture(k, random_state=0).fit(X) for k in range(1, 21)]
    assert 1 + np.argmin([mixture.bic(X) for mixture in mixtures]) == 7
    assert 1 + np.argmin([mixture.aic(X) for mixture in mixtures]) == 12


def test_digits():
    X, y = datasets.load_digits()
    assert (X.shape, X.min(), X.max()) == ((1797, 64), 0, 16)
    np.testing.assert_array_equal(np.unique(y), np.arange(10))
    assert PCA(0.99, whiten=True).fit(X).n_components_ == 41


# ── Points from a file ──────────────────────────────────────────────────────────────────────────────────────


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
        "# remark\nx y\n1e0 +2\n3. 4\n",
    ],
)
def test_points_written_in_other_ways(tmp_path, content):
    np.testing.assert_array_equal(datasets.load_points(write(tmp_path, content)), [[1, 2], [3, 4]])


def test_one_point_is_still_a_table(tmp_path):
    np.testing.assert_array_equal(datasets.load_points(write(tmp_path, "1 2 3")), [[1, 2, 3]])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1 2\n3 4\n\n5 6 7\n", "line 4: 3 columns where the lines before have 2"),
        ("1 2 3\n4 5\n", "line 2: 2 columns where the lines before have 3"),
        ("x y\n1 2\n3 four\n", "line 3: column 2 is 'four', not a number"),
        ("x y\nalso a heading\n", "line 2: column 1 is 'also', not a number"),
        ("1,2\n3,\n", "line 2: column 2 is '', not a number"),
        ("1,2\n3 4\n5,6 7\n", "line 3: column 2 is '6 7', not a number"),
        ("1;2\n3;4\n", "line 1: column 1 is '1;2', not a number"),
        ("?,?\n1,2\n", "line 1: column 1 is '\\?', not a number"),
        ("nan nan\n1 2\n", "line 1: column 1 is 'nan'"),
        ("1 2\nnan 4\n", "line 2: column 1 is 'nan'"),
        ("1 2\n3 -inf\n", "line 2: column 2 is '-inf'"),
        ("1\n2\n3\n", "line 1: one column"),
        ("height\n1\n2\n", "line 2: one column"),
        ("", "holds no points"),
        ("\n \n# nothing but a remark\n", "holds no points"),
        ("x y\n", "holds no points"),
        (b"\x89PNG\r\n\x1a\n\x00\x01", "not plain text"),
        ("1 2\n3 4\n".encode("utf-16"), "not plain text"),
        (b"1 2\n\x00\x00\n", "not plain text"),
    ],
)
def test_points_refused(tmp_path, content, message):
    path = write(tmp_path, content)
    with pytest.raises(ValueError, match=message) as caught:
        datasets.load_points(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("load", [datasets.load_points, datasets.load_photo])
def test_missing_file_offers_near_names(tmp_path, load):
    write(tmp_path, "1 2", "my_points.txt")
    with pytest.raises(FileNotFoundError, match=r"Did you mean my_points\.txt\?"):
        load(tmp_path / "my_point.txt")
    with pytest.raises(FileNotFoundError, match="Check the name"):
        load(tmp_path / "zzz")
    with pytest.raises(FileNotFoundError, match="its folder does not exist"):
        load(tmp_path / "nowhere" / "my_points.txt")


@pytest.mark.parametrize("load", [datasets.load_points, datasets.load_photo])
def test_folder_is_not_a_file(tmp_path, load):
    with pytest.raises(IsADirectoryError, match="is a folder"):
        load(tmp_path)


# ── Photographs ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", files.BUNDLED_PHOTOS)
def test_bundled_photos(name):
    photo = datasets.load_photo(name)
    assert (photo.shape, photo.dtype) == ((427, 640, 3), np.float64)
    np.testing.assert_array_equal(np.rint(photo * 255), sklearn.datasets.load_sample_image(name))


def test_a_misspelt_bundled_photo_is_offered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"Did you mean flower\.jpg\?"):
        datasets.load_photo("flowers.jpg")


@pytest.fixture
def colours():
    """Few enough colours for a palette, in a picture that is not square."""
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


def test_transparency_is_laid_over_white(tmp_path, colours):
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
def test_other_modes_come_as_three_colours(tmp_path, colours, mode):
    image = Image.fromarray(colours).convert(mode)
    name = "photo.tif" if mode == "CMYK" else "photo.png"
    expected = np.asarray(image.convert("RGB")) / 255
    np.testing.assert_allclose(saved(tmp_path, image, name), expected, atol=1e-12)


def test_jpeg_taken_sideways_is_turned_upright(tmp_path):
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
def test_what_is_no_image_is_refused(tmp_path, content):
    path = write(tmp_path, content, "photo.png")
    with pytest.raises(ValueError, match=r"photo\.png cannot be read as an image"):
        datasets.load_photo(path)


@pytest.mark.parametrize("name", ["photo.png", "photo.jpg"])
def test_image_cut_short_is_refused(tmp_path, name):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"cannot be read as an image .*truncated"):
        datasets.load_photo(tmp_path / name)


def test_image_without_a_white_level_is_refused(tmp_path):
    Image.fromarray(np.full((4, 4), 3.5, dtype=np.float32)).save(tmp_path / "photo.tif")
    with pytest.raises(ValueError, match="which of its numbers is white"):
        datasets.load_photo(tmp_path / "photo.tif")
