"""What checks say, and where a reader is, in JupyterLab: readable in both themes, and unchanged when opened."""

import json

import pytest

from tests.helpers.contrast import BROKEN_WORDS, CONTRASTS
from tests.helpers.lab_page import NOTEBOOK, PANEL, open_notebook, run_all, scroll_to, wait_for_notebook

THEMES = ["JupyterLab Light", "JupyterLab Dark"]
AA = 4.5  # the least contrast of text by WCAG 2 AA
CELLS = [
    "import numpy as np\n\nfrom mlcourse import check",
    # right, a known mistake with a hint, unexplained with an input to look at, not attempted, a long word
    "from mlcourse.tasks.lesson_03 import LESSON\n\ncheck.gaussian_pdf(LESSON.tasks[0].answer)",
    "check.read_distances(lambda D: (D.argmin(axis=1), D.min(axis=1).sum()))",
    "check.m_step(lambda X, R: (R.mean(axis=0), R.T @ X, np.ones((R.shape[1], X.shape[1], X.shape[1]))))",
    "check.e_step(...)",
    "def e_step(*args):\n    raise RuntimeError('averyveryverylongname' * 12)\n\n\ncheck.e_step(e_step)",
    "check.progress('04_em')",
    "print('variance ' * 40)",
]
PRINTED = len(CELLS) - 1


@pytest.fixture(scope="module")
def messages(lab):
    """A notebook with one message of each kind."""
    code = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": str(number),
            "metadata": {"tags": ["raises-exception"]},
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(CELLS)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    notebook = {"cells": code, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (lab[1] / "notebooks" / "messages.ipynb").write_text(json.dumps(notebook), "utf-8")
    return "notebooks/messages.ipynb"


@pytest.fixture
def theme(lab_page):
    """Choose JupyterLab's theme; the light one comes back at the end."""

    def choose(name):
        # Asked for again until it is there: JupyterLab drops it if another page saves its theme at the same moment.
        light = "true" if name == THEMES[0] else "false"
        lab_page.wait_for_function(
            """({ theme, light }) => {
              if (document.body.dataset.jpThemeLight === light) return true;
              window.jupyterapp.commands.execute("apputils:change-theme", { theme });
            }""",
            arg={"theme": name, "light": light},
            polling=5000,
        )

    yield choose
    choose(THEMES[0])


def test_messages_can_be_read_in_both_themes(lab_page, messages, theme, screenshot):
    page = lab_page
    open_notebook(page, messages)
    run_all(page)
    for name in THEMES:
        theme(name)
        for number in range(1, PRINTED):
            scroll_to(page, number)
            message = page.locator(f"{NOTEBOOK} .jp-Cell.jp-mod-active .jp-RenderedHTML.jp-OutputArea-output")
            (contrast, words), *_ = message.evaluate(CONTRASTS)
            assert contrast >= AA, words
            assert message.evaluate(BROKEN_WORDS) in ([], ["averyveryverylongname" * 12])
            screenshot(message, f"message_{number}_{name.split()[1]}")
    scroll_to(page, PRINTED)
    printed = page.locator(f"{NOTEBOOK} .jp-Cell.jp-mod-active .jp-OutputArea-output pre")
    assert printed.evaluate("(pre) => getComputedStyle(pre).wordBreak") == "normal"
    assert printed.evaluate(BROKEN_WORDS) == []


@pytest.mark.parametrize("path", ["notebooks/00_welcome.ipynb", "exercises/04_em_exercises.ipynb"])
def test_a_notebook_opens_without_a_change(lab, lab_page, path):
    page, (_, folder) = lab_page, lab
    open_notebook(page, path)
    kernel_of = page.evaluate(f"{PANEL}.sessionContext.session.path")
    assert kernel_of == f"{folder.name}/{path}"  # no other worker's
    page.evaluate(
        f"async () => {{ await {PANEL}.sessionContext.session.kernel.info; await {PANEL}.context.ready; }}"
    )
    assert not page.evaluate(f"{PANEL}.context.model.dirty")
    assert page.locator(".lm-TabBar-tab.jp-mod-dirty").count() == 0


def test_the_button_leads_to_the_next_notebook(lab_page, theme, screenshot):
    page = lab_page
    open_notebook(page, "notebooks/14_capstone.ipynb")
    for target in ("exercises/14_capstone_exercises.ipynb", "notebooks/00_welcome.ipynb"):
        page.evaluate(f"{PANEL}.content.scrollToItem({PANEL}.content.widgets.length - 1)")
        button = page.locator(f"{NOTEBOOK}:visible .jp-MarkdownOutput a[style]").last
        button.scroll_into_view_if_needed()
        assert button.evaluate("(link) => getComputedStyle(link).display") == "inline-block"
        assert button.evaluate(CONTRASTS)[0][0] >= AA
        screenshot(page, f"end_of_{target.split('/')[0]}")
        button.click()
        wait_for_notebook(page, target)
    page.wait_for_function(  # the file browser follows
        "() => document.querySelector('.jp-FileBrowser-crumbs')?.textContent.includes('notebooks')"
    )
