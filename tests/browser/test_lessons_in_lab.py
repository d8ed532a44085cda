"""Every lesson in JupyterLab, as a student sees it: all players and sliders work."""

import re

import nbformat
import pytest

from mlcourse.cli import ROOT
from tests.helpers.lab_page import (
    NOTEBOOK,
    PANEL,
    QUIET,
    cell_index,
    errors,
    open_notebook,
    run_cell,
    run_cells,
    scroll_to,
    type_into,
)
from tests.helpers.needed import needed

LESSONS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


PLAYER = re.compile(r"\b(?:\w+_player|playground|kmeans_game|bound_climber)\(")
SLIDER = re.compile(r"\b(?:\w+_explorer|parameter_calculator|interactive)\(")


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS)
def test_the_players_and_sliders_of_a_lesson_move(lab_page, screenshot, pytestconfig, lesson):
    """Other cells run too where pictures of them are wanted; that they run is for the stage of the notebooks."""
    page = lab_page
    sources = {
        index: re.sub(r"^%", "# %", cell.source, flags=re.MULTILINE)
        for index, cell in enumerate(nbformat.read(ROOT / "notebooks" / f"{lesson}.ipynb", 4).cells)
        if cell.cell_type == "code"
    }
    moving = [
        number for number, code in enumerate(sources.values()) if PLAYER.search(code) or SLIDER.search(code)
    ]
    numbers = (
        range(len(sources)) if pytestconfig.getoption("screenshots") else needed([*sources.values()], moving)
    )
    open_notebook(page, f"notebooks/{lesson}.ipynb")
    run_cells(page, [[*sources][number] for number in numbers])
    assert errors(page) == []
    assert play_all(page) == sum(len(PLAYER.findall(code)) for code in sources.values())
    assert slide_all(page) == sum(len(SLIDER.findall(code)) for code in sources.values())
    if pytestconfig.getoption("screenshots"):
        for number, cell in enumerate(cells_with_pictures(page)):
            scroll_to(page, cell)
            screenshot(page, f"lesson_{lesson}_{number}")


def play_all(page):
    """Step every player of the notebook; play and read one of each kind, by mouse and keyboard.

    Returns
    -------
    int
        How many players there are.
    """
    cells = cells_with(page, "data-mlcourse-player")
    kinds = set()
    for cell in cells:
        scroll_to(page, cell)
        host = page.locator(f"{NOTEBOOK} .jp-Cell.jp-mod-active [data-mlcourse-player]")
        host.wait_for(state="visible")
        if host.evaluate("({ player }) => player.constructor.name") in ONE_KEY:
            press_one_key(host)
            continue
        host.get_by_label("speed").select_option("4")
        plane = host.locator("canvas.plane").first
        before = picture_of(plane)
        host.get_by_role("button", name="Step").click()
        wait_until(page, host, "frame === 1 && player.t === 1")
        assert picture_of(plane) != before
        kind = host.evaluate(KIND)
        if kind in kinds:
            continue
        kinds.add(kind)
        plane.press("ArrowRight")  # JupyterLab must not take the key from the player
        wait_until(page, host, "frame === 2")
        plane.press("ArrowDown")
        assert host.locator(".reading").inner_text().startswith("point ")
        place = host.evaluate(POINT_ONE)
        plane.hover(position=place)
        assert re.match(r"(point|mean of component) \d+ at", host.locator(".reading").inner_text())
        host.get_by_label("speed").select_option("1")  # a short scene must not end before it is paused
        host.get_by_role("button", name="Play").click()
        wait_until(page, host, "frame >= 3")
        host.get_by_role("button", name="Pause").click()
    return len(cells)


# What a player shows, whatever its numbers of points and components.
KIND = r"({ player: { scene } }) => scene.label.replace(/\d+/g, '')"

# Scenes that begin with something to do, and a key that does it.
ONE_KEY = {"KMeansGame": "n", "BoundClimber": "ArrowRight"}


def press_one_key(host):
    plane = host.locator("canvas.plane").first
    before = picture_of(plane)
    plane.press(ONE_KEY[host.evaluate("({ player }) => player.constructor.name")])
    assert picture_of(plane) != before


POINT_ONE = """({ player: { planes: [plane] } }) => {
  const [x, y] = plane.place(1);
  return { x: plane.px(x), y: plane.py(y) };
}"""


def picture_of(canvas):
    return canvas.evaluate("(canvas) => canvas.toDataURL()")


def wait_until(page, host, state):
    page.wait_for_function(f"({{ player }}) => player.{state}", arg=host.element_handle())


def slide_all(page):
    """Move the first slider of every interactive figure; the picture must change. Return how many there are."""
    cells = cells_with(page, "application/vnd.jupyter.widget-view+json", mime=True)
    for cell in cells:
        scroll_to(page, cell)
        active = page.locator(f"{NOTEBOOK} .jp-Cell.jp-mod-active")
        picture = active.locator(".widget-html img, .jupyter-widgets img").first
        picture.wait_for(state="visible")
        before = active.evaluate(PICTURES)
        handle = active.locator(".noUi-handle").first
        handle.focus()
        handle.press(
            "ArrowRight"
            if handle.get_attribute("aria-valuenow") != handle.get_attribute("aria-valuemax")
            else "ArrowLeft"
        )
        page.wait_for_function(
            f"([cell, before]) => ({PICTURES})(cell) !== before",
            arg=[active.element_handle(), before],
        )
        assert active.locator("img").first.get_attribute("alt")
    return len(cells)


# The panels of a figure are pictures of their own.
PICTURES = "(cell) => [...cell.querySelectorAll('img')].map(({ src }) => src).join()"

WITH_OUTPUT = f"""([text, mime]) => [...{PANEL}.content.widgets].map((cell) =>
  cell.model.type === "code" && cell.model.outputs.toJSON().some(({{ data = {{}} }}) =>
    mime ? text in data : String(data["text/html"] ?? "").includes(text)))"""


def cells_with(page, text, mime=False):
    """Indices of the cells whose output has a MIME type, or HTML with the text."""
    return [index for index, has in enumerate(page.evaluate(WITH_OUTPUT, [text, mime])) if has]


def cells_with_pictures(page):
    """Indices of the cells with a picture."""
    return cells_with(page, "<img")


WRONG = """def read_distances(distances):
    return distances.argmin(axis=1), distances.min(axis=1).sum()"""
RIGHT = """def read_distances(distances):
    return distances.argmin(axis=1), (distances.min(axis=1) ** 2).sum()"""


def test_the_first_exercise_can_be_solved_by_typing(lab_page, screenshot):
    """A wrong answer first: the message names the mistake. Then a right one: the check passes."""
    page = lab_page
    open_notebook(page, "exercises/01_kmeans_exercises.ipynb")
    answer, check = (cell_index(page, text) for text in ("def read_distances(", "check.read_distances("))
    for index in range(check):
        run_cell(page, index)
    type_into(page, answer, WRONG)
    complaint = run_cell(page, check)
    screenshot(page, "exercise_wrong")
    assert "✗ read_distances" in complaint
    assert "inertia is not a sum of plain distances" in complaint
    type_into(page, answer, RIGHT)
    praise = run_cell(page, check)
    screenshot(page, "exercise_right")
    assert "✓ read_distances" in praise
    assert "1 of 8 done" in praise
    page.evaluate(f"{PANEL}.context.save()")
    page.evaluate(f"{PANEL}.sessionContext.restartKernel()")
    page.wait_for_function(QUIET)
    shown = run_cell(page, cell_index(page, "check.progress("))
    screenshot(page, "exercise_progress")
    assert "✓ read_distances" in shown
    assert "1 of 8 tasks done" in shown
    assert "→ 01 · K-means" in shown
