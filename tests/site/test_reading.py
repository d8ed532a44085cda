"""What a reader does: predict and unfold, look up terms, search, play, print."""

import re
from urllib.parse import quote

import pytest

from mlcourse.checks.card import CARD
from tests.helpers.player_page import ink
from tests.helpers.site_page import wait_until
from tests.site.conftest import DESK, PHONE, listened_to
from tools.site.pdf import TO_PAPER
from tools.site.stage import HINT

EM = "notebooks/04_em.html"
FOLDS = "details.prediction"
PLAYER = "document.querySelector('[data-mlcourse-player]')?.player"
OPEN = "[...document.querySelectorAll('details.prediction')].filter((fold) => fold.open).length"


@pytest.fixture(scope="module")
def em(chromium, address):
    """The lesson on EM, opened once. Each test leaves it as it was."""
    complaints = []
    with chromium.new_context(viewport=DESK) as context:
        page = listened_to(context.new_page(), complaints)
        page.goto(f"{address}/{EM}")
        yield page
    assert complaints == []


# ── Predict, then look ───────────────────────────────────────────────────────────────────────────────


def test_an_answer_unfolds_by_keyboard(em):
    fold = em.locator(FOLDS).first
    answer = fold.locator("> :not(summary)").first
    assert fold.locator("summary").inner_text() == "Show what happens"
    assert not answer.is_visible()
    fold.locator("summary").press("Enter")
    assert answer.is_visible()
    assert fold.locator("summary").inner_text() == "Hide"
    fold.locator("summary").press("Enter")
    assert not answer.is_visible()


@pytest.mark.parametrize("place", ["notebooks/01_kmeans.html", EM])
def test_what_a_cell_prints_is_in_the_answer(site, place):
    folds = re.findall(
        r'<details class="prediction">.*?</details>', (site / place).read_text("utf-8"), re.DOTALL
    )
    printed = [text for fold in folds for text in re.findall(r"<pre>(.*?)</pre>", fold, re.DOTALL)]
    assert len(printed) >= 5
    assert all(len(text.strip()) > 1 for text in printed)


def test_an_answer_unfolds_without_scripts(new_page, address):
    page = new_page(java_script_enabled=False)
    page.goto(f"{address}/{EM}")
    fold = page.locator(FOLDS).first
    fold.locator("summary").click()
    assert fold.locator("> :not(summary)").first.is_visible()


def test_unfold_all_is_remembered_on_other_pages(new_page, address):
    page = new_page()
    page.goto(f"{address}/{EM}")
    assert page.evaluate(OPEN) == 0
    page.get_by_role("button", name="Unfold answers in all lessons").press("Enter")
    n_folds = page.locator(FOLDS).count()
    assert page.evaluate(OPEN) == n_folds >= 5
    page.goto(f"{address}/notebooks/01_kmeans.html")
    assert page.evaluate(OPEN) == page.locator(FOLDS).count() >= 5
    page.get_by_role("button", name="Fold answers in all lessons").click()
    assert page.evaluate(OPEN) == 0


def test_a_slash_leads_to_the_search_from_a_button_too(em):
    em.locator(".copybtn").first.focus()
    em.keyboard.press("/")
    assert em.evaluate("document.activeElement.name") == "q"


def test_what_was_open_is_open_after_going_back(new_page, address):
    page = new_page()
    page.goto(f"{address}/{EM}")
    page.locator(FOLDS).nth(1).locator("> summary").click()
    page.goto(f"{address}/GLOSSARY.html")
    page.go_back()
    wait_until(page, f"{OPEN} === 1")
    assert page.locator(FOLDS).nth(1).evaluate("(fold) => fold.open")
    page.goto("about:blank")
    page.goto(f"{address}/{EM}")  # a new visit begins with everything folded
    assert page.evaluate(OPEN) == 0


def test_a_phone_wraps_code_and_copies_it_as_it_is(new_page, address):
    page = new_page(viewport=PHONE, has_touch=True, is_mobile=True)
    page.goto(f"{address}/{EM}")
    assert page.evaluate(WIDE) == 0
    assert page.evaluate(BREAKS) > 0
    assert page.evaluate(BROKEN_NUMBERS) == []
    wrapped = page.evaluate(CODE)
    page.get_by_role("button", name="Scroll code").tap()
    assert page.evaluate(WIDE) > 0
    assert page.evaluate(BREAKS) == 0
    page.reload()
    assert page.evaluate(WIDE) > 0  # remembered
    assert page.evaluate(CODE) == wrapped


def test_an_exercise_shows_the_figures_that_it_asks_about(site):
    exercise, solution = (
        (site / f"{kind}/04_em_{kind}.html").read_text("utf-8") for kind in ("exercises", "solutions")
    )
    assert "<figure" in exercise[exercise.index("Read a picture") :]
    assert HINT in exercise
    assert HINT not in solution
    card = CARD.partition(";")[0]
    assert card in solution
    assert card not in exercise  # nothing that a check says


CODE = "[...document.querySelectorAll('article .cell_input pre')].map((pre) => pre.textContent.trim())"
BREAKS = "[...document.querySelectorAll('article wbr')].filter((one) => one.checkVisibility()).length"
BROKEN_NUMBERS = """[...document.querySelectorAll("article .cell_input .line")].map((line) => line.innerHTML)
  .filter((line) => /[.]<wbr>(<[^>]*>)*\\d/.test(line))"""
WIDE = """[...document.querySelectorAll("article .cell_input pre")]
  .filter((pre) => pre.scrollWidth > pre.clientWidth).length"""


def test_players_speak_of_taps_to_a_finger(new_page, address):
    page = new_page(viewport=PHONE, has_touch=True, is_mobile=True)
    page.goto(f"{address}/notebooks/01_kmeans.html")
    wait_until(page, PLAYER)
    notes = page.locator("[data-mlcourse-player] .note, [data-mlcourse-player] .reading").all_inner_texts()
    assert any("Tap" in note for note in notes)
    assert [note for note in notes if "click" in note.lower()] == []


def test_print_shows_every_answer_and_no_buttons(em):
    pictures = em.locator(f"{FOLDS} figure img")
    assert not pictures.first.is_visible()
    assert em.get_by_role("button", name="Play").first.is_visible()
    em.emulate_media(media="print")
    assert all(picture.is_visible() for picture in pictures.all())
    assert not em.get_by_text("Show what happens").first.is_visible()
    assert not em.get_by_role("button", name="Play").locator("visible=true").count()
    em.emulate_media(media="screen")


# ── Terms ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_term_is_explained_under_the_pointer_and_by_keyboard(em):
    found = em.locator(".term").locator("visible=true").first
    meaning = found.locator("[role=tooltip]")
    assert found.locator("> a").get_attribute("aria-describedby") == meaning.get_attribute("id")
    for show in (found.hover, found.locator("> a").focus):
        assert not meaning.is_visible()
        show()
        assert len(meaning.inner_text()) > 40
        em.keyboard.press("Escape")
        assert not meaning.is_visible()
        em.mouse.move(0, 0)
    em.evaluate("document.activeElement.blur()")


def test_the_first_tap_on_a_term_explains_it(new_page, address):
    page = new_page(viewport=PHONE, has_touch=True, is_mobile=True)
    page.goto(f"{address}/{EM}")
    found = page.locator(".term").locator("visible=true").first
    found.locator("> a").tap()
    box = found.locator("[role=tooltip]").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    assert page.url.endswith(EM)
    found.locator("> a").tap()
    page.wait_for_url("**/GLOSSARY.html#*")


def test_a_term_leads_back_to_the_lessons_that_use_it(new_page, address):
    page = new_page()
    page.goto(f"{address}/GLOSSARY.html#responsibility")
    page.locator("#responsibility").get_by_role("link", name="04", exact=True).click()
    page.wait_for_url(f"**/{EM}")


# ── Search ───────────────────────────────────────────────────────────────────────────────────────────

WORDS = {
    "GaussianMixture": "reference/mixture.html",
    "responsibility": "GLOSSARY.html",
    "silhouette": "reference/metrics.html",
    "reg_covar": "notebooks/06_when_em_fails.html",
    "playground": "notebooks/04_em.html",
    "Mahalanobis": "notebooks/03_gaussians.html",
    "bubblewrap": "docs/grading.html",
    "whitening": "notebooks/11_pca_digits.html",
    "semi-supervised": "notebooks/13_beyond.html",
    "Dask": "docs/scale.html",
    "NaN": "IncompleteDataMixture",
    "missing values": "IncompleteDataMixture",
    "imputation": "IncompleteDataMixture",
    "map_blocks": "_modules/mlcourse/blocks.html#line-",
}


FIRST = {
    "GaussianMixture": "reference/mixture.html#mlcourse.mixture.GaussianMixture",
    "GaussianMixture parameters": "reference/mixture.html#mlcourse.mixture.GaussianMixture",
    "reg_covar": "reference/mixture.html#mlcourse.mixture.GaussianMixture.reg_covar",
    "m_step": "reference/mixture.html#mlcourse.mixture.m_step",
    "responsibility": "GLOSSARY.html#responsibility",
    "E-step": "GLOSSARY.html#e-step",
    "k-means++": "notebooks/01_kmeans.html#a-more-careful-start-k-means",
    "performance": "benchmarks/README.html",
    "how to install": "index.html#on-your-own-machine",
    "EM algorithm": "GLOSSARY.html#expectation-maximisation",
    "expectation maximization": "GLOSSARY.html#expectation-maximisation",
    "silhouettes": "GLOSSARY.html#silhouette",
    "speed vs sklearn": "benchmarks/README.html",
    "lesson 10": "notebooks/10_anomaly_detection.html",
}
RESULTS = """[...document.querySelectorAll("#search-results li")].map((found) =>
  [found.querySelector("a").href, found.querySelector(".context")?.textContent ?? ""])"""


@pytest.fixture
def search(shared_page, address):
    """A function that searches, and returns the address and the excerpt of each result."""
    page, complaints = shared_page
    complaints.clear()

    def results(query):
        page.goto(f"{address}/search.html?q={quote(query)}")
        page.wait_for_selector("#search-results [role=status]")
        return page.evaluate(RESULTS)

    yield results
    assert complaints == []


@pytest.mark.parametrize(("word", "place"), WORDS.items())
def test_search_finds_words_where_they_are_explained(search, word, place):
    found = search(word)
    assert [link for link, _ in found if place in link]
    lessons = [excerpt for link, excerpt in found if "/notebooks/" in link]
    assert [
        excerpt for excerpt in lessons if re.match(r"(… )?(from \S+ )?import |.*All lessons", excerpt)
    ] == []


@pytest.mark.parametrize(("query", "place"), FIRST.items())
def test_the_first_result_is_what_is_meant(search, query, place):
    link, _ = search(query)[0]
    assert link.endswith(f"/{place}")


def test_a_misspelled_query_is_understood(shared_page, search):
    page, _ = shared_page
    assert len(search("covarianse matrx")) > 5
    assert "“covariance matrix”" in page.get_by_role("status").inner_text()


def test_both_spellings_of_english_find_the_same(search):
    assert search("initialization") == search("initialisation") != []


# ── Players ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_players_play(new_page, address, scheme):
    page = new_page(color_scheme=scheme)
    page.goto(f"{address}/{EM}")
    player = page.locator("[data-mlcourse-player]").first
    player.scroll_into_view_if_needed()
    wait_until(page, PLAYER)
    before = ink(page)
    player.get_by_role("button", name="Play").click()
    wait_until(page, f"{PLAYER}?.frame >= 2")
    assert ink(page) != before
    assert player.locator("section.dark").count() == (scheme == "dark")


def test_the_front_page_plays_at_once(new_page, address):
    page = new_page()
    page.goto(f"{address}/index.html")
    wait_until(page, f"{PLAYER}?.frame >= 2")


def test_the_front_page_waits_for_those_who_want_less_motion(new_page, address):
    page = new_page(reduced_motion="reduce")
    page.goto(f"{address}/index.html")
    wait_until(page, PLAYER)
    page.wait_for_timeout(300)
    assert page.evaluate(f"{PLAYER}?.frame") == 0


# ── A folder on a disk ───────────────────────────────────────────────────────────────────────────────


def test_a_double_click_on_the_file_is_enough(new_page, site):
    page = new_page()
    page.goto(f"{site.as_uri()}/index.html")
    wait_until(page, f"{PLAYER}?.frame >= 1")
    page.goto(f"{site.as_uri()}/{EM}")
    wait_until(page, PLAYER)
    page.goto(f"{site.as_uri()}/search.html?q=responsibility")
    page.wait_for_selector("#search-results ul.search li a")
    assert "responsib" in page.locator("#search-results .context").first.inner_text().lower()
    page.keyboard.press("Enter")  # the first result has the focus
    page.wait_for_url("**/GLOSSARY.html#responsibility")


def test_the_policy_refuses_what_is_not_the_sites(chromium, address):
    """Tried, not only declared: a script, a request and a picture from elsewhere are all blocked."""
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(f"{address}/{EM}")
        blocked = page.evaluate(BLOCKED)
    assert blocked == ["connect-src", "img-src", "script-src-elem", "script-src-elem"]


BLOCKED = """async () => {
  const blocked = [];
  document.addEventListener("securitypolicyviolation", (event) => blocked.push(event.effectiveDirective));
  const add = (tag, attributes) => document.body.append(Object.assign(document.createElement(tag), attributes));
  add("script", { src: "https://example.org/a.js" });
  add("script", { textContent: "window.ran = true" });
  add("img", { src: "https://example.org/a.png" });
  await fetch("https://example.org/").catch(() => null);
  await new Promise((done) => setTimeout(done, 100));
  return window.ran ? ["a script ran"] : blocked.sort();
}"""


# ── Paper ────────────────────────────────────────────────────────────────────────────────────────────


def test_on_paper_answers_are_at_the_end_and_links_arrive(new_page, address):
    page = new_page(bypass_csp=True)
    page.goto(f"{address}/{EM}")
    n_folds = page.locator(FOLDS).count()
    page.evaluate(TO_PAPER, [EM, "notebooks/05_why_em_works.html"])
    assert page.locator("article").count() == 2
    assert (
        page.locator("article").first.get_by_text(re.compile(r"^Answer \d+ is at the end\.$")).count()
        >= n_folds
    )
    assert page.locator("article details.prediction").count() == 0
    assert page.get_by_role("heading", name="Answers", exact=True).count() == 2
    assert page.evaluate(LOST) == []
    lesson = page.get_by_role("link", name="Lesson 05").first
    assert lesson.get_attribute("href") == "#notebooks-05_why_em_works-html--"


def test_formulas_on_paper_need_none_on_the_first_page(new_page, address):
    page = new_page(bypass_csp=True)
    page.goto(f"{address}/notebooks/00_welcome.html")
    assert page.locator(".katex").count() == 0
    page.evaluate(TO_PAPER, ["notebooks/00_welcome.html", EM])
    twice = page.locator(".katex-mathml").first  # for screen readers, beside what is seen
    assert twice.evaluate("(formula) => getComputedStyle(formula).position") == "absolute"


LOST = """[...document.querySelectorAll("a[href]")].map((link) => link.getAttribute("href"))
  .filter((target) => target.startsWith("#") && !document.getElementById(target.slice(1)))"""
