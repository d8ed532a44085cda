"""Build the site."""

import argparse
import hashlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from mlcourse.builder.lessons import Outline, read_course
from mlcourse.checks.folders import notebook_name
from mlcourse.cli import PROGRAM, ROOT, complain
from tools import browser
from tools.site import pages
from tools.site.address import pack, site_address
from tools.site.execute import DoesNotRun, executed, package_digest
from tools.site.preview import draw_preview
from tools.site.stage import copy_notebooks, stage

NEEDED = ("sphinx", "myst_nb", "furo", "sphinx_copybutton", "py_mini_racer")
STAMP = ".built"  # in the site's folder: what it was built from
WORK = ROOT / "build" / "site"
REPLACED = ("searchindex.js", "searchtools.js", "language_data.js")  # search.html has a search of its own


class NotASite(ValueError):
    """A folder that the site must not replace."""


def main(arguments: list[str]) -> int:
    """Build site/ and print where it is."""
    parser = argparse.ArgumentParser(
        f"{PROGRAM} site", description="Build the course as a web site, in site/."
    )
    parser.add_argument("--pdf", action="store_true", help="also one PDF per lesson, and one of the course")
    parser.add_argument("-o", "--out", type=Path, default=ROOT / "site", help="the folder (default: site)")
    options = parser.parse_args(arguments)
    if missing := [name for name in NEEDED if not importlib.util.find_spec(name)]:
        return complain(
            f"the site needs {', '.join(missing)}: run `{PROGRAM} site`, which installs everything, "
            "or `pip install -e .[site]`."
        )
    if options.pdf and not browser.CHROMIUM:
        return complain("--pdf needs Chromium or Google Chrome: install one, and run the command again.")
    course = read_course(ROOT)
    printed = (options.out / "pdf").is_dir()
    try:
        build(course, options.out)
    except (DoesNotRun, NotASite) as problem:
        return complain(str(problem))
    except subprocess.CalledProcessError:
        return complain("Sphinx could not build the site; its message is above.")
    if options.pdf:
        from tools.site.pdf import print_all

        print_all(course, options.out)
    elif printed and not (options.out / "pdf").is_dir():
        print(f"The PDF files were of an older edition and are gone: `{PROGRAM} site --pdf` makes new ones.")
    print(f"The site is in {options.out}: open {options.out / 'index.html'}")
    return 0


def run_lessons(course: Outline | None = None) -> dict[str, Path]:
    """Run lectures and solutions that have changed; return each one's executed copy, by its place in the course.

    Raises
    ------
    DoesNotRun
    """
    course = course or read_course(ROOT)
    places = [
        f"{folder}/{notebook_name(folder, name)}"
        for folder in ("notebooks", "solutions")
        for name in course.names(folder)
    ]
    return dict(zip(places, executed([course.root / place for place in places], WORK / "executed")))


def build(course: Outline, out: Path) -> None:
    """Build the site in a folder, unless it is there already.

    Raises
    ------
    NotASite
        If the folder has files, and no site: nobody's files are replaced.
    DoesNotRun
        If a lesson or a solution fails.
    subprocess.CalledProcessError
        If Sphinx does.
    """
    stamp = out / STAMP
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not stamp.is_file()):
        raise NotASite(
            f"{out} has something else than a site in it: empty it, or choose another folder with -o."
        )
    stage(course, run_lessons(course), WORK / "source")
    theme = Path(__file__).parent / "theme"
    origin = package_digest().hex() + digest_of(WORK / "source", Path(__file__).parent)
    if stamp.is_file() and stamp.read_text("ascii") == origin:
        return
    sphinx = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-j", "auto", "-b", "html"]
    settings = ["-c", str(theme), "-D", f"theme_digest={digest_of(theme)}", "-d", str(WORK / "doctrees")]
    subprocess.run(
        [*sphinx, *settings, str(WORK / "source"), str(WORK / "html")], check=True, cwd=course.root
    )
    publish(course, WORK / "html", out)
    pack(course, out)
    stamp.write_text(origin, "ascii")


def digest_of(*folders: Path) -> str:
    """Return a digest of the files in folders."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def publish(course: Outline, html: Path, out: Path) -> None:
    """Copy what Sphinx has built and what its pages load, and finish the pages."""
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(html, out, ignore=shutil.ignore_patterns(".buildinfo*", "objects.inv", *REPLACED))
    shutil.copytree(WORK / "source" / "_static", out / "_static", dirs_exist_ok=True)
    copy_notebooks(course.root, out)
    draw_preview(course.root / "notebooks" / "pictures" / "04.png", out / "_static" / "preview.png")
    pages.finish(out, site_address(course))
