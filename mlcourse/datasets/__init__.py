"""Every data set of the course: generated, read from a file, or downloaded once and cached."""

from mlcourse.datasets.files import (
    load_digits,
    load_iris,
    load_old_faithful,
    load_penguins,
    load_photo,
    load_points,
)
from mlcourse.datasets.mnist import Digits, MNISTUnavailable, load_mnist, load_mnist_or_digits
from mlcourse.datasets.synthetic import (
    elongated_blobs,
    five_blobs,
    four_blobs,
    stretched_blobs,
    three_gaussians_1d,
    two_moons,
)

__all__ = [
    "Digits",
    "MNISTUnavailable",
    "elongated_blobs",
    "five_blobs",
    "four_blobs",
    "load_digits",
    "load_iris",
    "load_mnist",
    "load_mnist_or_digits",
    "load_old_faithful",
    "load_penguins",
    "load_photo",
    "load_points",
    "stretched_blobs",
    "three_gaussians_1d",
    "two_moons",
]
