"""Data from files: points, photographs, small tables, some of scikit-learn's sets. Nothing is downloaded."""

import csv
import difflib
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import sklearn.datasets
from PIL import Image, ImageOps

from mlcourse.typing import Floats, Ints

DATA = Path(__file__).parents[1] / "data"
SAMPLE_POINTS = DATA / "kmeans_samples.txt"
PENGUIN_FEATURES = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
BUNDLED_PHOTOS = ("flower.jpg", "china.jpg")


def load_points(path: str | Path | None = None) -> Floats:
    """Load points from a text file: one point per line, its numbers separated by spaces, tabs or commas.

    Blank lines, and anything after a `#`, are ignored. The first line may be a header: names for the columns, each
    with at least one letter, and none of them a number.

    Parameters
    ----------
    path : str or Path, default=None
        The file. None means `kmeans_samples.txt`, 30 points that come with the course.

    Returns
    -------
    X : float64 array of shape (n, d), d ≥ 2

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no such file; the message suggests files with similar names.
    ValueError
        If the file is not plain text, is empty, or has a line that is not a point. The message names file and line.
    """
    path = _existing_file(SAMPLE_POINTS if path is None else path)
    lines = _data_lines(path)
    if lines and _is_header(lines[0][1]):
        del lines[0]
    if not lines:
        raise ValueError(f"{path} contains no points. Write one point per line, such as: 1.5 2.0")
    first, width = lines[0][0], len(lines[0][1])
    X = np.array([_parse_point(path, number, fields, width) for number, fields in lines])
    if width < 2:
        raise ValueError(
            f"{path}, line {first}: only one column, but points need two or more. Write the coordinates of a point"
            " on one line, such as: 1.5 2.0"
        )
    return X


def load_photo(name_or_path: str | Path = "flower.jpg") -> Floats:
    """Load a photograph as red, green and blue values between 0 and 1.

    Transparent parts get a white background, grey pictures get three equal colours, and a picture taken with the
    camera on its side is turned upright.

    Parameters
    ----------
    name_or_path : str or Path, default="flower.jpg"
        "flower.jpg" or "china.jpg", which come with scikit-learn, or the path of any PNG, JPEG or other image file
        that Pillow reads. To open your own file with one of those names, write "./flower.jpg".

    Returns
    -------
    photo : float64 array of shape (height, width, 3), values in [0, 1]

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no such file; the message suggests files with similar names.
    ValueError
        If the file is not an image, or is incomplete.
    """
    if name_or_path in BUNDLED_PHOTOS:
        return sklearn.datasets.load_sample_image(name_or_path) / 255
    path = _existing_file(name_or_path, also=BUNDLED_PHOTOS)
    with path.open("rb") as file:
        try:
            image = ImageOps.exif_transpose(Image.open(file))
        except (OSError, SyntaxError, ValueError) as error:
            raise ValueError(
                f"{path} cannot be read as an image ({error}). Use a complete PNG or JPEG file."
            ) from error
        return _colours(image, path)


def load_digits() -> tuple[Floats, Ints]:
    """Load the 1797 handwritten digits that come with scikit-learn.

    Returns
    -------
    X : float64 array of shape (1797, 64), 8×8 pixels row by row, grey levels 0 (paper) to 16 (ink)
    y : array of shape (1797,), the digit 0 … 9
    """
    return sklearn.datasets.load_digits(return_X_y=True)


def load_iris() -> tuple[Floats, Ints]:
    """Load Fisher's irises: 150 flowers of three species.

    Returns
    -------
    X : float64 array of shape (150, 4), sepal length and width, petal length and width, in cm
    y : array of shape (150,), 0 setosa, 1 versicolor, 2 virginica
    """
    return sklearn.datasets.load_iris(return_X_y=True)


def load_old_faithful() -> Floats:
    """Load 272 eruptions of the geyser Old Faithful.

    Returns
    -------
    X : float64 array of shape (272, 2), duration of the eruption and waiting time to the next one, in minutes

    References
    ----------
    Härdle (1991), Smoothing Techniques; Azzalini & Bowman (1990), Applied Statistics 39.
    """
    return load_points(DATA / "old_faithful.csv")


def load_penguins() -> tuple[Floats, Ints]:
    """Load 342 penguins of three species from the Palmer Archipelago.

    Returns
    -------
    X : float64 array of shape (342, 4), bill length, bill depth and flipper length in mm, body mass in g
    y : array of shape (342,), 0 Adelie, 1 Chinstrap, 2 Gentoo

    Notes
    -----
    The table has 344 penguins. Two of them were not measured and are left out.

    References
    ----------
    Gorman, Williams & Fraser (2014), PLoS ONE 9, e90081.
    """
    with open(DATA / "penguins.csv", encoding="utf-8", newline="") as file:
        rows = [[row["species"], *(row[name] for name in PENGUIN_FEATURES)] for row in csv.DictReader(file)]
    complete = np.array([row for row in rows if "NA" not in row])
    return complete[:, 1:].astype(float), np.unique(complete[:, 0], return_inverse=True)[1]


def _existing_file(path: str | Path, also: Iterable[str] = ()) -> Path:
    """`path` as a Path, or an error that suggests similar names from its folder (and from `also`)."""
    path = Path(path).expanduser()
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder. Give the path of a file in it.")
    if path.is_file():
        return path
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"There is no file {path}: its folder does not exist either. The current folder is {Path.cwd()}."
        )
    names = [*also, *sorted(entry.name for entry in path.parent.iterdir())]
    near = difflib.get_close_matches(path.name, names)
    advice = f"Did you mean {' or '.join(near)}?" if near else "Check the name and the folder."
    raise FileNotFoundError(f"There is no file {path.name} in {path.parent.resolve()}. {advice}")


def _data_lines(path: Path) -> list[tuple[int, list[str]]]:
    """(line number, fields) of every line that is not blank or a comment."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")  # spreadsheets often begin with a byte-order mark
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise ValueError(f"{path} is not plain text. Save the points as a UTF-8 text or CSV file.")
    bare = [
        (number, line.partition("#")[0].strip()) for number, line in enumerate(text.splitlines(), start=1)
    ]
    return [(number, _fields(line)) for number, line in bare if line]


def _fields(line: str) -> list[str]:
    return [field.strip() for field in line.split(",")] if "," in line else line.split()


def _is_header(fields: list[str]) -> bool:
    # The pattern matches a letter.
    return all(re.search(r"[^\W\d_]", field) and not _is_number(field) for field in fields)


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _parse_point(path: Path, number: int, fields: list[str], width: int) -> list[float]:
    """The numbers of one line, or an error that names it."""
    where = f"{path}, line {number}"
    for column, field in enumerate(fields, start=1):
        if not _is_number(field):
            raise ValueError(
                f"{where}: column {column} is {field!r}, not a number. Write numbers like 1.5, separated by"
                " spaces or commas; put # before a comment."
            )
        if not np.isfinite(float(field)):
            raise ValueError(
                f"{where}: column {column} is {field!r}. Every coordinate must be finite: remove the point."
            )
    if len(fields) != width:
        raise ValueError(
            f"{where}: {len(fields)} columns, but the lines above have {width}. Give every point the same number of"
            " coordinates."
        )
    return [float(field) for field in fields]


def _colours(image: Image.Image, path: Path) -> Floats:
    """Any of Pillow's modes as (height, width, 3) floats in [0, 1]."""
    # 16-bit grey; Pillow's own conversion would clip it at 255.
    if image.mode.startswith("I") or image.mode == "F":
        grey = np.asarray(image, dtype=float) / 65535
        if image.mode == "F" or grey.max() > 1 or grey.min() < 0:
            raise ValueError(f"{path} does not define which grey level is white. Save it as an 8-bit PNG.")
        return np.repeat(grey[:, :, np.newaxis], 3, axis=2)
    opaque = Image.new("RGBA", image.size, "white")
    opaque.alpha_composite(image.convert("RGBA"))
    return np.asarray(opaque.convert("RGB")) / 255
