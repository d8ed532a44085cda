"""Data and models for the tests of sliders."""

import numpy as np
from sklearn.datasets import load_digits, make_blobs

from mlcourse import PCA, GaussianMixture, widgets

DIGITS = load_digits().data[:300]


WHITE, PLAIN = PCA(20, whiten=True).fit(DIGITS), PCA(20).fit(DIGITS)


MODEL = GaussianMixture(4, random_state=0).fit(WHITE.transform(DIGITS))


GRAINS = np.append(np.random.default_rng(0).standard_normal(40), 7.0)[:, np.newaxis]


FRESH = np.random.default_rng(1).standard_normal((200, 1))


FITS = widgets.reg_covar_fits(GRAINS)


PHOTO = np.random.default_rng(2).random((30, 40, 3)) ** 2


BLOBS, _ = make_blobs(300, centers=[(0, 0), (6, 1), (0, 5)], random_state=3)


UNSEEN, _ = make_blobs(150, centers=[(0, 0), (6, 1), (0, 5)], random_state=4)


def parts(widget):
    """The controls and the picture of a slider."""
    return widget.children[0].children, widget.children[-1]
