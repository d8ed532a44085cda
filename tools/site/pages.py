"""What is done to finished pages: one style sheet and a content security policy for each, and a site map."""

import base64
import hashlib
import re
from pathlib import Path
from xml.sax.saxutils import escape

from tools.site.reference import to_top

INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
POLICY_TAG = '<meta http-equiv="Content-Security-Policy" content="{}">'
STYLES = re.compile(r'(?:<link rel="stylesheet" type="text/css" href="[^"]+" />\s*)+')
HREF = re.compile(r'href="([^"?]+)')
# A style sheet that only some pages use, and what these pages have.
USED_WITH = {"mystnb": 'class="cell ', "katex": 'class="katex', "copybutton": 'class="highlight'}
COVER = re.compile(r'<img src="(?P<address>[^"]+)"[^>]* class="cover"')
PLAYER = re.compile(r'<script src="(?P<address>[^"]*_static/shown/[^"]+)"')
PRELOAD = '<link rel="preload" as="{}" href="{}" fetchpriority="high">'
HEAD = re.compile(r'(<meta charset="utf-8"\s*/?>)', re.IGNORECASE)


def finish(site: Path, address: str) -> None:
    """Add the policy to every page and, if the site has a public address, write its site map."""
    pages = sorted(site.rglob("*.html"))
    for page in pages:
        html = with_one_style_sheet(repaired(page.read_text("utf-8")), page, site)
        head, charset, rest = HEAD.split(html, maxsplit=1)
        page.write_text(head + charset + POLICY_TAG.format(policy(html)) + rest, "utf-8")
    if address:
        (site / "sitemap.xml").write_text(site_map(pages, site, address), "utf-8")


# What furo and Sphinx leave out: levels of headings, names of landmarks. A cell above a column of names is no heading
# if it is empty.
REPAIRS = {
    'class="caption" role="heading"': 'class="caption" role="heading" aria-level="2"',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer': '<aside aria-label="This page" class="toc-drawer',
    '<th class="head"><p></p></th>': "<td></td>",
    ">Variables<": ">Attributes<",
    '<summary aria-label="Toggle hidden content">': "<summary>",  # it has words
}


def repaired(html: str) -> str:
    """Return a page with the repairs."""
    for before, after in REPAIRS.items():
        html = html.replace(before, after)
    return html


def with_one_style_sheet(html: str, page: Path, site: Path) -> str:
    """Join the style sheets that a page uses, and name its first picture right after them.

    A phone shows nothing until all have arrived, and each takes its time.
    """

    def joined(found: re.Match[str]) -> str:
        used = [path for path in HREF.findall(found[0]) if is_used(path, html)]
        text = "\n".join((page.parent / path).read_text("utf-8") for path in used)
        path = site / "_static" / f"{hashlib.sha256(text.encode()).hexdigest()[:20]}.css"  # beside fonts/
        path.write_text(text, "utf-8")
        top = to_top(page.relative_to(site).as_posix())
        sheet = f'<link rel="stylesheet" type="text/css" href="{top}_static/{path.name}" />\n'
        return sheet + first_picture(html)

    return STYLES.sub(joined, html)


def is_used(style_sheet: str, html: str) -> bool:
    """Whether a page has anything that a style sheet is about."""
    mark = next((mark for name, mark in USED_WITH.items() if name in style_sheet), "")
    return mark in html


def first_picture(html: str) -> str:
    """Return a link that loads what a page shows first: its cover, or else the script of its first player.

    Browsers look ahead for such files themselves, but not on a page that has its policy in a tag.
    """
    for kind, place in (("image", COVER), ("script", PLAYER)):
        if found := place.search(html):
            return PRELOAD.format(kind, found["address"]) + "\n"
    return ""


def policy(html: str) -> str:
    """Return a policy under which a page can load nothing from elsewhere, and run no script but the site's own."""
    hashes = {f"'sha256-{digest(text)}'" for text in INLINE_SCRIPT.findall(html)}
    scripts = " ".join(["'self'", *sorted(hashes)])
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
        " font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'"
    )


def digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def site_map(pages: list[Path], site: Path, address: str) -> str:
    """Return the site map for search engines."""
    places = [page.relative_to(site).as_posix() for page in pages]
    entries = "".join(f"<url><loc>{escape(f'{address}{place}')}</loc></url>\n" for place in places)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>\n'
    )
