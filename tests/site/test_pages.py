"""Every page, light and dark, wide and narrow: errors, requests, sideways scrolling, axe-core."""

import os

import pytest

from tests.site.conftest import DESK, FOLDER, PHONE, Path

EVERY_PAGE = bool(os.environ.get("MLCOURSE_EVERY_PAGE"))
FOUND = sorted(path.relative_to(FOLDER).as_posix() for path in Path(FOLDER).rglob("*.html")) if FOLDER else []
# Pages of code are all alike: one in twenty is looked at, unless every page is asked for.
CODE = [name for name in FOUND if name.startswith("_modules/")]
PAGES = [name for name in FOUND if EVERY_PAGE or name not in CODE or name in CODE[::20]]
# One of each kind. axe-core needs seconds for a page: MLCOURSE_EVERY_PAGE=1 asks it about all.
KINDS = [
    "index.html",
    "notebooks/00_welcome.html",
    "notebooks/04_em.html",
    "exercises/05_why_em_works_exercises.html",
    "solutions/04_em_solutions.html",
    "GLOSSARY.html",
    "reference/kmeans.html",
    "docs/engineers.html",
    "search.html",
]
OPTIONS = {"resultTypes": ["violations"]}
IN_THE_DARK = OPTIONS | {"runOnly": ["color-contrast", "link-in-text-block"]}  # colours are all that changes
# Thousands of spans, with the same few colours on every page: looked at on one.
ALIKE = {"exclude": [[".katex"], [".highlight pre"]]}
IN_FULL = "exercises/05_why_em_works_exercises.html"

# What a finger cannot hit: links in running text and headings are as high as a line.
SMALL = """[document, ...[...document.querySelectorAll("*")].map((host) => host.shadowRoot).filter(Boolean)]
  .flatMap((root) => [...root.querySelectorAll(
    "button, select, summary, .page-tools a, .related-pages a, .mobile-header label, .sidebar-tree .reference")])
  .map((target) => [target.outerHTML.slice(0, 100), target.getBoundingClientRect().height])
  .filter(([, height]) => height > 0 && height < 39.5)"""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_quiet_narrow_and_accessible(shared_page, address, name):
    page, complaints = shared_page
    complaints.clear()
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="light")
    page.goto(f"{address}/{name}")
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate(SMALL) == []
    assert complaints == []
    if EVERY_PAGE or name in KINDS:
        page.set_viewport_size(DESK)
        assert violations(page, None if name == IN_FULL else ALIKE) == []


def violations(page, where):
    """What axe-core finds in the light, and in the dark."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    found = {"light": axe.run(page, context=where, options=OPTIONS).response["violations"]}
    page.emulate_media(color_scheme="dark")
    found["dark"] = axe.run(page, context=where, options=IN_THE_DARK).response["violations"]
    return [
        (scheme, rule["id"], [node["html"][:300] for node in rule["nodes"]][:5])
        for scheme, rules in found.items()
        for rule in rules
    ]
