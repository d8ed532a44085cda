"""Every link and every picture of every page leads somewhere on the site."""

from urllib.parse import unquote, urlsplit


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
    if path.is_dir():
        path /= "index.html"
    if not path.is_file() or not path.is_relative_to(site.resolve()):
        return False
    anchor = unquote(parts.fragment)
    return (
        not anchor
        or path.suffix != ".html"
        or anchor in read_pages[path.relative_to(site.resolve()).as_posix()].anchors
    )


def test_everything_a_page_loads_is_on_the_site(site, read_pages):
    missing = [
        (name, source)
        for name, page in read_pages.items()
        for source in page.sources
        if urlsplit(source).scheme != "data" and not (page.path.parent / urlsplit(source).path).is_file()
    ]
    assert not missing


def test_every_picture_has_an_alternative_text(read_pages):
    assert not [(name, page.without_alt) for name, page in read_pages.items() if page.without_alt]
