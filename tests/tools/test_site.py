"""Parts of the web edition that need neither Sphinx nor a browser."""

import base64
import io
import re
from types import SimpleNamespace

import numpy as np
import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.myst_blocks import myst_block_plugin
from nbformat import read
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, writes
from PIL import Image

from tools.site import build, execute, outputs, pages, reference, stage
from tools.site.address import binder_address, download_address, site_address
from tools.site.folds import CLOSE, OPEN, with_folds
from tools.site.given import independent_of_answers
from tools.site.wording import for_readers

QUESTION = "**Before you run the next cell:** which one is larger?"


def text(source):
    return new_markdown_cell(source)


def code(source="1 + 1", tags=()):
    shown = [new_output("stream", text="2")]
    return new_code_cell(source, outputs=shown, metadata={"tags": [*tags]})


def folded(cells):
    """The sources within the folds, and those outside of them."""
    inside, outside, where = [], [], None
    for cell in with_folds(cells):
        if cell.source == OPEN:
            where = inside
        elif cell.source == CLOSE:
            where = None
        else:
            assert cell.source  # MyST-NB would drop it, with what it shows
            hidden = "remove-input" in cell.metadata.get("tags", [])
            (outside if where is None else where).append(cell.outputs[0].text if hidden else cell.source)
    return inside, outside


# ── Predict, then look ───────────────────────────────────────────────────────────────────────────────


def test_what_a_cell_shows_is_folded_and_its_code_is_not():
    inside, outside = folded([text(QUESTION), code("larger(a, b)"), text("It is b.\n\n## Next\n\nMore.")])
    assert inside == ["2", "It is b."]
    assert outside == [QUESTION, "larger(a, b)", "## Next\n\nMore."]


def test_a_cell_that_the_lesson_folds_is_folded_whole():
    inside, _ = folded([text(QUESTION), code("# Figure 1", tags=["hide-input"]), text("## Next")])
    assert inside == ["# Figure 1"]


def test_every_cell_up_to_the_next_text_belongs_to_the_answer():
    inside, _ = folded([text(QUESTION), code("first"), code("second"), text("## Next"), code("third")])
    assert inside == ["2", "second"]


def test_the_next_question_is_outside():
    inside, outside = folded([text(QUESTION), code("a"), text(f"It is b.\n\n{QUESTION}"), code("b")])
    assert inside == ["2", "It is b.", "2"]
    assert outside == [QUESTION, "a", QUESTION, "b"]


def test_a_question_may_be_broken_between_any_two_words():
    inside, _ = folded([text("**Before you\nrun the next\ncells:** why?"), code("a")])
    assert inside == ["2"]


PLAYER = new_output("display_data", {"text/html": "<div data-mlcourse-player>"})
PLAY = "**Before you press Play:** where will it end?"


def test_a_player_that_is_asked_about_stays_visible():
    told = new_output("stream", text="2")
    cells = [
        text(PLAY),
        new_code_cell("play()", outputs=[told, PLAYER]),
        code("check"),
        text("At 2.\n\n## Next"),
    ]
    inside, outside = folded(cells)
    assert inside == ["2", "check", "At 2."]
    assert outside == [PLAY, "play()", "## Next"]
    (player,) = [cell for cell in with_folds(cells) if cell.source == "play()"]
    assert player.outputs == [PLAYER]


def test_one_setting_of_a_slider_is_folded_with_the_answer():
    slider = new_code_cell(
        "slide()", outputs=[new_output("display_data", {"text/html": outputs.SLIDER_NOTE})]
    )
    question = PLAY.replace("press Play", "move the slider")
    setting = [text("Here is one setting."), code("draw(3)"), text("It ends at 2.\n\nSo it does.\n\n## Next")]
    inside, outside = folded([text(question), slider, *setting])
    assert inside == ["Here is one setting.", "draw(3)", "It ends at 2.\n\nSo it does."]
    assert outside == [question, "slide()", "## Next"]


def test_a_formula_is_outside_with_its_introduction():
    told = "It is b.\n\nIn general,\n\n$$ b = 2 a, $$\n\nwhich is even."
    inside, outside = folded([text(QUESTION), code("larger(a, b)"), text(told)])
    assert inside == ["2", "It is b."]
    assert outside[-1] == told.partition("\n\n")[2]


def test_a_figure_that_the_answer_introduces_is_folded_with_it():
    figure = code("# Figure 2", tags=["hide-input"])
    inside, outside = folded(
        [text(QUESTION), code("f()"), text("It is b."), figure, text("You see it.\n\n## Next"), figure]
    )
    assert inside == ["2", "It is b.", "# Figure 2", "You see it."]
    assert outside == [QUESTION, "f()", "## Next", "# Figure 2"]


def test_a_game_is_played_before_the_answer():
    game = new_code_cell("game()", outputs=[PLAYER])
    inside, outside = folded([text(QUESTION), game, text("None of them.")])
    assert inside == ["None of them."]
    assert outside == [QUESTION, "game()"]


def test_what_is_asked_about_a_player_stays_beside_it():
    player = new_code_cell("play()", outputs=[PLAYER])
    inside, outside = folded(
        [text(QUESTION), code("f()"), text("It is b.\n\nWhat moves it?"), player, text("This.")]
    )
    assert inside == ["2", "It is b."]
    assert outside == [QUESTION, "f()", "What moves it?", "play()", "This."]


def test_a_page_does_not_ask_to_run_cells():
    asked = (
        "Run the two folded cells\nbelow, then press Play. Run the two cells"
        f" below. So {QUESTION} **Before you run the next cells** (a few seconds): why?"
    )
    assert for_readers(asked) == (
        "Press Play. So **Before you look:** which one is larger? **Before you look**: why?"
    )


def test_without_a_question_nothing_is_folded():
    cells = [text("## Title"), code("a"), text("It is b.")]
    assert with_folds(cells) == cells


# ── What a cell shows ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def files(tmp_path):
    return outputs.Files(tmp_path / "shown", "../_static/shown")


@pytest.fixture
def png():
    drawn = io.BytesIO()
    Image.new("RGBA", (30, 20), (200, 0, 0, 128)).save(drawn, "PNG")
    return drawn.getvalue()


def html_of(output, files, widgets=None):
    shown = outputs.converted(output, widgets or {}, files)
    return "".join(one["data"]["text/html"] for one in shown)


def test_a_picture_in_html_becomes_a_file_of_the_same_pixels(files, png):
    encoded = base64.b64encode(png).decode()
    html = html_of(
        new_output("display_data", {"text/html": f'<img src="data:image/png;base64,{encoded}" alt="red">'}),
        files,
    )
    assert 'width="30" height="20"' in html
    assert 'alt="red"' in html
    (path,) = files.folder.iterdir()
    assert Image.open(path).convert("RGBA").getpixel((3, 3)) == (200, 0, 0, 128)
    assert f'src="../_static/shown/{path.name}"' in html


def test_a_photograph_keeps_its_colours():
    ramp = np.arange(0, 256, 2, dtype=np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, size=(128, 128), dtype=np.uint8)
    photograph = Image.fromarray(np.dstack([np.tile(ramp, (128, 1)), np.tile(ramp, (128, 1)).T, noise]))
    drawn = io.BytesIO()
    photograph.save(drawn, "PNG")
    written = Image.open(io.BytesIO(outputs.as_webp(drawn.getvalue()))).convert("RGB")
    assert np.array_equal(np.asarray(written), np.asarray(photograph))


def test_a_script_becomes_a_file(files):
    html = html_of(new_output("display_data", {"text/html": "<p>a</p><script>play()</script>"}), files)
    (path,) = files.folder.iterdir()
    assert path.read_text() == "play()"
    assert html == f'<p>a</p><script src="../_static/shown/{path.name}"></script>'


def test_links_between_notebooks_lead_to_pages(files):
    html = "<a href='../exercises/04_em_exercises.ipynb#x'>04</a>"
    assert "'../exercises/04_em_exercises.html#x'" in html_of(
        new_output("display_data", {"text/html": html}), files
    )


@pytest.mark.parametrize(
    ("panels", "caption", "said"),
    [
        (1, "Left, a.", "Left, a."),
        (2, "Left, a. Right: b, Left, c.", "Left Top, a. Right Bottom: b, Left, c."),
        (2, "Left, a; right, b.", "Left Top, a; right bottom, b."),
        (
            2,
            "The linear axis (left). On the right, b.",
            "The linear axis (left top). On the right At the bottom, b.",
        ),
        (2, "It falls from left to right.", "It falls from left to right from top to bottom."),
        (2, "It is left of the line, at the lower left.", "It is left of the line, at the lower left."),
    ],
)
def test_a_caption_says_where_panels_are_in_a_narrow_column(files, panels, caption, said):
    html = f"<figure><div>{'<img>' * panels}</div><figcaption>{caption}</figcaption></figure>"
    shown = html_of(new_output("display_data", {"text/html": html}), files).replace(
        "</span><span", "</span> <span"
    )
    assert re.sub("<[^>]*>", "", shown) == said


def test_a_slider_shows_its_first_view(files, png):
    picture = {"output_type": "display_data", "data": {"image/png": base64.b64encode(png).decode()}}
    widgets = {
        "box": {"state": {"children": ["IPY_MODEL_slider", "IPY_MODEL_shown"]}},
        "slider": {"state": {"value": 3}},
        "shown": {"state": {"outputs": [picture]}},
    }
    output = new_output("display_data", {outputs.WIDGET: {"model_id": "box"}, "text/plain": "Box()"})
    html = html_of(output, files, widgets)
    assert html.count("<img") == 1
    assert "In Jupyter, sliders change this picture." in html


def test_a_slider_shows_the_picture_that_its_kernel_has_drawn(files, png):
    drawn = f'<figure><img src="data:image/png;base64,{base64.b64encode(png).decode()}" alt="red"></figure>'
    widgets = {
        "box": {"model_name": "VBoxModel", "state": {"children": ["IPY_MODEL_shown"]}},
        "shown": {"model_name": "HTMLModel", "state": {"value": drawn}},
    }
    output = new_output("display_data", {outputs.WIDGET: {"model_id": "box"}, "text/plain": "Box()"})
    html = html_of(output, files, widgets)
    assert 'alt="red"' in html
    assert "base64" not in html
    assert "In Jupyter, sliders change this picture." in html


def test_files_of_earlier_builds_are_removed(files):
    files.add(b"old", ".js")
    later = outputs.Files(files.folder, files.address)
    later.add(b"new", ".js")
    later.remove_others()
    assert [path.read_bytes() for path in files.folder.iterdir()] == [b"new"]


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_policy_allows_the_pages_own_script_and_no_other():
    policy = pages.policy("<script>theme()</script>")
    (digest,) = re.findall(r"'sha256-([^']+)'", policy)
    assert digest == pages.digest("theme()") != pages.digest("other()")
    assert "unsafe-eval" not in policy


def test_a_page_loads_its_style_sheets_as_one(tmp_path):
    tag = '<link rel="stylesheet" type="text/css" href="../_static/{}.css?v=1" />\n'
    for folder in ("_static", "notebooks"):
        (tmp_path / folder).mkdir()
    for name in ("first", "second"):
        (tmp_path / "_static" / f"{name}.css").write_text(f".{name} {{}}")
    html = pages.with_one_style_sheet(
        tag.format("first") + tag.format("second"), tmp_path / "notebooks" / "a.html", tmp_path
    )
    (address,) = re.findall(r'href="\.\./(.*?)"', html)
    assert (tmp_path / address).read_text() == ".first {}\n.second {}"


@pytest.mark.parametrize(("content", "sheets"), [("", 1), ('<p class="katex">', 2)])
def test_a_page_loads_the_style_sheets_that_it_uses(tmp_path, content, sheets):
    for name in ("katex.min", "site"):
        (tmp_path / "_static").mkdir(exist_ok=True)
        (tmp_path / "_static" / f"{name}.css").write_text(f".{name} {{}}")
    tags = "".join(
        f'<link rel="stylesheet" type="text/css" href="_static/{name}.css" />'
        for name in ("katex.min", "site")
    )
    html = pages.with_one_style_sheet(tags + content, tmp_path / "index.html", tmp_path)
    (address,) = re.findall(r'href="(.*?)"', html)
    assert (tmp_path / address).read_text().count("{}") == sheets


@pytest.mark.parametrize(
    ("content", "loaded"),
    [
        ('<script src="_static/shown/a.js"></script><img src="b.webp" class="cover">', "b.webp"),
        ('<script src="_static/x.js"></script><script src="_static/shown/a.js">', "_static/shown/a.js"),
        ("<p>words</p>", None),
    ],
)
def test_what_a_page_shows_first_is_loaded_first(content, loaded):
    link = pages.first_picture(content)
    assert re.findall('href="(.*?)"', link) == [loaded] * bool(loaded)


def test_links_of_a_document_stay_on_the_site():
    document = (
        "[a](../README.md) [b](grading.md#x) [c](../mlcourse/tasks/lesson_04.py) [d](https://example.org) [e](#here)"
        " [`f`](../mlcourse/mixture/steps.py) `mlcourse/blas.py` `mlcourse/tasks/lesson_04.py`"
    )
    inside = stage.with_links(document, "docs/instructors.md")
    assert inside == (
        "[a](../index.md) [b](grading.md#x) c [d](https://example.org) [e](#here)"
        ' <a href="../_modules/mlcourse/mixture/steps.html"><code>f</code></a>'
        ' <a href="../_modules/mlcourse/blas.html"><code>mlcourse/blas.py</code></a> `mlcourse/tasks/lesson_04.py`'
    )


def comments(source):
    """What MyST takes for comments of the author in a Markdown text."""
    document = MarkdownIt().use(myst_block_plugin).disable("inline").parse(source)
    return [token.content for token in document if token.type == "myst_line_comment"]


def test_a_line_may_begin_with_a_percent_sign():
    source = "It falls from 82\n% to 55 %.\n\n```\n%timeit f()\n```"
    assert comments(source) == [" to 55 %."]
    assert stage.to_pages(source) == "It falls from 82\n\\% to 55 %.\n\n```\n%timeit f()\n```"


def test_no_page_of_a_notebook_loses_a_line():
    cells = [
        cell
        for path in sorted(stage.HERE.parents[1].glob("*/*.ipynb"))
        for cell in read(path, as_version=4).cells
        if cell.cell_type == "markdown"
    ]
    assert len(cells) > 500
    assert [lost for cell in cells if (lost := comments(stage.to_pages(cell.source)))] == []


def test_the_reference_names_what_a_package_defines_itself():
    import mlcourse.widgets

    names = reference.defined_in(mlcourse.widgets)
    assert "em_player" in names
    assert "covariance_from_axes" not in names  # from mlcourse.gaussians, on whose page it is


def test_the_reference_begins_with_the_estimators():
    import mlcourse.mixture

    names = reference.in_order(mlcourse.mixture, reference.defined_in(mlcourse.mixture))
    assert names[0] == "GaussianMixture"
    assert names.index("IncompleteDataMixture") < names.index("CovariancePrior")
    assert "ppca" in names  # a cached function


@pytest.mark.parametrize("name", reference.FORMULAS)
def test_every_formula_of_the_reference_is_in_its_lesson(name):
    page = reference.reference_page(name, stage.HERE.parents[1])
    for formula in reference.FORMULAS[name]:
        assert re.search(
            rf"\*\*{re.escape(formula.name)}\*\* .*{formula.lesson}.*\n\n\$\$[^$]*{re.escape(formula.opening)}",
            page,
        )


def test_the_first_mention_of_a_class_leads_to_the_reference():
    text = "scikit-learn's `PCA`; `PCA`, again `PCA`, [`KMeans`](x.md), `fit`, `mlcourse.mixture.em`."
    shown = stage.to_reference(text, set())
    assert shown == (
        'scikit-learn\'s `PCA`; <a href="../reference/pca.html#mlcourse.pca.PCA"><code>PCA</code></a>, again `PCA`,'
        ' [`KMeans`](x.md), `fit`, <a href="../reference/mixture.html#mlcourse.mixture.em">'
        "<code>mlcourse.mixture.em</code></a>."
    )


def test_the_code_that_has_a_page_holds_no_answers():
    shown = reference.shown_modules()
    assert {"mlcourse.blocks", "mlcourse.mixture", "mlcourse.mixture.base"} <= shown
    assert [name for name in shown if re.match(r"mlcourse\.(tasks|grading|builder)\b", name)] == []


def test_cells_that_use_an_answer_are_told_from_others():
    task, answer = "def f(x):\n    ...", "def f(x):\n    X = x.copy()\n    X[0] = 0\n    return X"
    given = [
        "import numpy as np\nX = np.ones(3)",
        "plot(X)",
        "Y = f(X)",
        "Z = {}\nZ[1] = Y",
        "plot(Z)",
        "plot(X, 2)",
    ]
    exercise = [*given[:2], task, *given[2:]]
    same = independent_of_answers(exercise, [*given[:2], answer, *given[2:]])
    assert same == {given[0], given[1], given[5]}


def test_addresses_follow_from_the_repository():
    course = SimpleNamespace(public_address="https://github.com/Someone/course/blob/main")
    assert site_address(course) == "https://someone.github.io/course/"
    assert binder_address(course, "notebooks/04_em.ipynb") == (
        "https://mybinder.org/v2/gh/Someone/course/main?urlpath=lab/tree/notebooks/04_em.ipynb"
    )
    assert download_address(course) == "https://github.com/Someone/course/archive/refs/heads/main.zip"
    assert site_address(SimpleNamespace(public_address="")) == ""


def test_without_an_address_the_site_has_the_course(tmp_path):
    course = SimpleNamespace(public_address="", root=tmp_path)
    assert download_address(course) == ""
    (tmp_path / ".git").mkdir()
    assert download_address(course) == "_static/course.zip"


def test_the_site_map_is_written_for_a_public_address_only(tmp_path):
    (tmp_path / "index.html").write_text('<meta charset="utf-8">')
    pages.finish(tmp_path, "")
    assert not (tmp_path / "sitemap.xml").exists()
    pages.finish(tmp_path, "https://someone.github.io/course/")
    assert "<loc>https://someone.github.io/course/index.html</loc>" in (tmp_path / "sitemap.xml").read_text()


def test_a_folder_with_other_files_is_not_replaced(tmp_path):
    (tmp_path / "thesis.tex").write_text("The only copy.")
    with pytest.raises(build.NotASite, match="choose another folder with -o"):
        build.build(SimpleNamespace(), tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "The only copy."


def test_missing_packages_are_named(monkeypatch, capsys):
    monkeypatch.setattr(build.importlib.util, "find_spec", lambda name: None if name == "furo" else object())
    assert build.main([]) == 1
    assert "the site needs furo: run `python course.py site`" in capsys.readouterr().err


def test_without_a_browser_there_is_no_pdf(monkeypatch, capsys):
    monkeypatch.setattr(build.browser, "CHROMIUM", None)
    assert build.main(["--pdf"]) == 1
    assert "--pdf needs Chromium or Google Chrome" in capsys.readouterr().err


def test_a_site_that_is_up_to_date_is_left_alone(tmp_path, monkeypatch):
    for name in ("run_lessons", "stage", "publish", "pack"):
        monkeypatch.setattr(build, name, lambda *_: None)
    monkeypatch.setattr(build, "digest_of", lambda *_: "as before")
    monkeypatch.setattr(build.subprocess, "run", lambda *_, **__: ran.append(1))
    ran = []
    out = tmp_path / "site"
    out.mkdir()
    for _ in range(2):
        build.build(SimpleNamespace(root=tmp_path), out)
    assert ran == [1]


# ── Running ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    monkeypatch.setattr(execute, "ROOT", tmp_path)
    monkeypatch.setattr(execute, "package_digest", lambda: b"package")
    path = tmp_path / "one.ipynb"
    path.write_text(writes(new_notebook(cells=[new_code_cell("1 + 1")])))
    return path


def test_a_notebook_runs_again_only_when_something_has_changed(notebook, tmp_path, monkeypatch):
    ran = []

    def run_all(copies):
        ran.extend(copies)
        for path, copy in copies.items():
            copy.write_bytes(path.read_bytes())

    monkeypatch.setattr(execute, "run_all", run_all)
    (first,) = execute.executed([notebook], tmp_path / "kept")
    (again,) = execute.executed([notebook], tmp_path / "kept")
    assert (ran, again) == ([notebook], first)
    monkeypatch.setattr(execute, "package_digest", lambda: b"a newer package")
    (newer,) = execute.executed([notebook], tmp_path / "kept")
    assert ran == [notebook] * 2
    assert [*(tmp_path / "kept").iterdir()] == [newer]
