"""Every page, light and dark, wide and narrow: axe-core, errors, requests, sideways scrolling."""

import pytest

from tests.site.conftest import DESK, FOLDER, PHONE, Path

PAGES = sorted(path.relative_to(FOLDER).as_posix() for path in Path(FOLDER).rglob("*.html")) if FOLDER else []
# Pages with the source of a module differ in their text alone.
SOURCES = [name for name in PAGES if name.startswith("_modules/")]
PAGES = [name for name in PAGES if name not in SOURCES[1:]]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_quiet_and_narrow_enough(shared_page, address, name):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    page, complaints = shared_page
    complaints.clear()
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="light")
    page.goto(f"{address}/{name}")
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    found = {"light": axe.run(page, options=OPTIONS).response["violations"]}
    page.emulate_media(color_scheme="dark")
    found["dark"] = axe.run(page, options=IN_THE_DARK).response["violations"]
    broken = [
        (scheme, rule["id"], [node["html"][:300] for node in rule["nodes"]][:5])
        for scheme, rules in found.items()
        for rule in rules
    ]
    assert broken == []
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert complaints == []


OPTIONS = {"resultTypes": ["violations"]}
IN_THE_DARK = OPTIONS | {"runOnly": ["color-contrast", "link-in-text-block"]}  # colours are all that changes
