"""Draw the README's picture, docs/em.png: EM at three moments, by the course's own functions.

python tools/draw_readme_picture.py
"""

from itertools import islice
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from mlcourse.datasets import elongated_blobs
from mlcourse.gaussians import covariance_type
from mlcourse.mixture import e_step, em, mixture_from_responsibilities
from mlcourse.plotting import plot_centers, plot_ellipses, plot_responsibilities, use_course_style

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "em.png"
MOMENTS = (0, 12, 40)


def main():
    use_course_style()
    X, _ = elongated_blobs()
    guess = np.random.default_rng(4).dirichlet(np.ones(3), size=len(X))
    start = mixture_from_responsibilities(X, guess, covariance_type("full"))
    steps = list(islice(em(X, start), MOMENTS[-1] + 1))
    figure, axes = plt.subplots(1, 3, figsize=(13, 4.2), sharex=True, sharey=True, layout="constrained")
    for ax, moment in zip(axes, MOMENTS):
        theta = steps[moment].mixture
        plot_responsibilities(X, e_step(X, theta)[1], sizes=10, ax=ax)
        plot_ellipses(theta.means, theta.covariances, n_std=(1, 2), ax=ax)
        plot_centers(theta.means, ax=ax)
        ax.set(title=f"after {moment} rounds of EM" if moment else "a random start", xlabel="", ylabel="")
    figure.savefig(PICTURE, dpi=90, metadata={"Software": None})


if __name__ == "__main__":
    main()
