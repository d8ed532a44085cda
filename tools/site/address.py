"""Where the site is published, and where its readers get the course: both follow from the course's public address."""

import subprocess
from pathlib import Path

from mlcourse.builder.lessons import Outline

PACKED = "_static/course.zip"


def site_address(course: Outline) -> str:
    """Return the address at which GitHub Pages publishes a repository's site, with a slash at its end."""
    if not course.public_address:
        return ""
    owner, repository, *_ = parts(course)
    return f"https://{owner.lower()}.github.io/{repository}/"


def binder_address(course: Outline, place: str) -> str:
    """Return the address that opens a notebook, such as "notebooks/04_em.ipynb", on Binder."""
    owner, repository, _, branch = parts(course)
    return f"https://mybinder.org/v2/gh/{owner}/{repository}/{branch}?urlpath=lab/tree/{place}"


def repository_address(course: Outline) -> str:
    """Return the address of the course on GitHub; "" while it has none."""
    return course.public_address.partition("/blob/")[0]


def download_address(course: Outline) -> str:
    """Return where a reader of the front page gets the course as a ZIP file; "" if it is nowhere."""
    if course.public_address:
        return f"{repository_address(course)}/archive/refs/heads/{parts(course)[3]}.zip"
    return PACKED if (course.root / ".git").exists() else ""


def pack(course: Outline, site: Path) -> None:
    """Put the course into the site as it is committed, unless readers get it elsewhere."""
    if download_address(course) == PACKED:
        pack = [
            "git",
            "archive",
            "--format=zip",
            "--prefix=gaussian-mixtures/",
            "-o",
            str(site / PACKED),
            "HEAD",
        ]
        subprocess.run(pack, check=True, cwd=course.root)


def parts(course: Outline) -> list[str]:
    """Return owner, repository, "blob" and branch."""
    return course.public_address.removeprefix("https://github.com/").split("/")
