"""Where the site is published, which follows from the public address of the course; "" while there is none."""

from mlcourse.builder.lessons import Outline


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


def parts(course: Outline) -> list[str]:
    """Return owner, repository, "blob" and branch."""
    return course.public_address.removeprefix("https://github.com/").split("/")
