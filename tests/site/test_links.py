"""Every link and every picture of every page leads somewhere on the site."""

import re
from importlib import import_module
from inspect import getmembers, isclass, isfunction
from urllib.parse import unquote, urlsplit

import pytest

from mlcourse.cli import ROOT
from tools.site.reference import MODULES, defined_in


def test_every_link_leads_to_a_page_and_an_anchor(site, read_pages):
    broken = [
        (name, link)
        for name, page in read_pages.items()
        for link in page.links
        if not leads_somewhere(link, page, site, read_pages)
    ]
    assert not broken
    assert sum(len(page.links) for page in read_pages.values()) > 1000


def leads_somewhere(link, page, site, read_pages):
    parts = urlsplit(link)
    if parts.scheme:
        return True  # nothing is loaded from there; a reader may follow it
    path = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path.resolve()
    if not path.is_file() or not path.is_relative_to(site.resolve()):
        return False
    anchors = (
        read_pages[path.relative_to(site.resolve()).as_posix()].anchors if path.suffix == ".html" else ()
    )
    return unquote(parts.fragment) in {"", *anchors}


def test_the_reference_leads_to_equations_code_and_speed(read_pages):
    page = read_pages["reference/mixture.html"]
    assert {
        "#mlcourse-mixture-steps",
        "../_modules/mlcourse/mixture/steps.html",
        "../_modules/mlcourse/mixture/screening.html",
        "../benchmarks/README.html",
    } <= {*page.links}


def test_source_links_lead_to_definitions_and_imports_to_modules(read_pages):
    links = {link for page in read_pages.values() for link in page.links}
    linked = {link for link in links if "_modules" in link and "#line-" in link}
    assert linked
    for link in linked:
        place, number = re.fullmatch(r"\.\./_modules/(.+)\.html#line-(\d+)", link).groups()
        path = ROOT / f"{place}.py"
        lines = (path if path.is_file() else ROOT / place / "__init__.py").read_text("utf-8").splitlines()
        assert re.match(r" *(def|class) ", lines[int(number) - 1]), link
    assert (
        "../../../_modules/mlcourse/gaussians.html"
        in read_pages["_modules/mlcourse/mixture/steps.html"].links
    )


def test_a_page_of_code_lists_what_it_defines(read_pages):
    page = read_pages["_modules/mlcourse/blocks.html"]
    source = (ROOT / "mlcourse" / "blocks.py").read_text("utf-8").splitlines()
    defined = [
        f"#line-{number}" for number, line in enumerate(source, 1) if line.startswith(("def ", "class "))
    ]
    assert defined
    assert [link for link in page.links if link.startswith("#line-")] == defined


@pytest.mark.parametrize("name", MODULES)
def test_a_class_lists_what_it_inherits_from_ours(read_pages, name):
    module = import_module(f"mlcourse.{name}")
    anchors = read_pages[f"reference/{name}.html"].anchors
    methods = {
        f"{module.__name__}.{one}.{method}"
        for one in defined_in(module)
        if isclass(getattr(module, one))
        for method, value in getmembers(getattr(module, one), isfunction)
        if value.__module__.startswith("mlcourse") and not re.match(r"_|set_.*_request$", method)
    }
    assert methods <= anchors


def test_everything_a_page_loads_is_on_the_site(read_pages):
    missing = [
        (name, source)
        for name, page in read_pages.items()
        for source in page.sources
        if urlsplit(source).scheme != "data" and not (page.path.parent / urlsplit(source).path).is_file()
    ]
    assert not missing


def test_every_picture_has_an_alternative_text(read_pages):
    assert not [(name, page.without_alt) for name, page in read_pages.items() if page.without_alt]


def test_no_markup_is_left_in_the_prose(read_pages):
    left = {
        name: re.findall(r".*(?:\*\*|\\\*|(?<!\S)\*[A-Z][^*\n]*\*).*", page.prose)
        for name, page in read_pages.items()
    }
    assert {name: lines for name, lines in left.items() if lines} == {}


def test_columns_of_a_docstring_are_not_run_together(read_pages):
    pages = {name: page for name, page in read_pages.items() if name.startswith("reference/")}
    left = {name: re.findall(r".*\S {3,}\S.*", page.prose) for name, page in pages.items()}
    assert {name: lines for name, lines in left.items() if lines} == {}


def test_every_page_allows_its_own_files_alone(read_pages):
    for name, page in read_pages.items():
        policy = page.meta["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'"), name
        assert "http" not in policy, name


def test_every_lesson_has_a_title_and_a_description_of_its_own(read_pages):
    lessons = [page for name, page in read_pages.items() if name.startswith("notebooks/")]
    assert len(lessons) == 15
    assert len({page.title for page in lessons}) == 15
    descriptions = {page.meta["description"] for page in lessons}
    assert len(descriptions) == 15
    assert all(40 <= len(text) <= 161 for text in descriptions)
