"""Pages of the package's code: every line has a number and an anchor, and the reference leads to them."""

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from mlcourse.cli import ROOT
from tools.site.reference import CODE_PAGES, MODULES, code_page, shown_modules

PAGE = """\
<h1>{title}</h1>
<p class="page-tools">{ways}</p>
<div class="whole-module">{content}</div>"""
ALL = "All modules"
DEFINITION = re.compile(r"\s*(?:async )?(?:class|def) ")
IMPORTED = re.compile(r'<span class="nn">(?P<module>mlcourse[\w.]*)</span>')  # as Pygments marks it
HERE = Path(__file__).parent
# What every page shows besides its code: titles, and what Sphinx and its theme make of them.
ON_EVERY_PAGE = ("sources/lessons.toml", "pins.txt")


def code_of(domain: str, info: dict[str, str]) -> str | None:
    """Return where the code of a documented object is, from a page of the reference. Sphinx's linkcode asks."""
    found: Any = import_module(info["module"])
    for name in info["fullname"].split("."):
        found = getattr(found, name, None)
    plain = getattr(found, "fget", getattr(found, "__func__", found))  # of a property, a class method
    found = inspect.unwrap(plain)
    module = getattr(found, "__module__", None)
    if module not in shown_modules() or not (inspect.isfunction(found) or inspect.isclass(found)):
        return None  # a constant, or a field
    lines, first = inspect.getsourcelines(found)
    above = next(number for number, line in enumerate(lines) if DEFINITION.match(line))  # decorators
    return f"../{code_page(module)}.html#line-{first + above}"


def code_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield a page for every module whose code or whose page's look has changed, and one that lists all modules."""
    highlight = app.builder.highlighter.highlight_block  # type: ignore[attr-defined]
    modules = sorted(shown_modules())
    remove_others(
        Path(app.outdir, CODE_PAGES), {Path(app.outdir, f"{code_page(one)}.html") for one in modules}
    )
    looks = max(
        path.stat().st_mtime for path in [*HERE.rglob("*.*"), *(ROOT / name for name in ON_EVERY_PAGE)]
    )
    for module in modules:
        spec = find_spec(module)  # imports nothing that a machine may lack, such as Dask
        source, written = Path(str(spec and spec.origin)), Path(app.outdir, f"{code_page(module)}.html")
        if written.is_file() and written.stat().st_mtime > max(looks, source.stat().st_mtime):
            continue
        code = source.read_text("utf-8")
        body = PAGE.format(
            title=f"Code of {module}",
            ways=ways_from(module),
            content=with_links(highlight(code, "python", linenos="inline", linespans="line"), module),
        )
        yield code_page(module), {"title": f"Code of {module}", "parents": [], "body": body}, "page.html"
    links = [
        f'<li><a href="{code_page(one).removeprefix(f"{CODE_PAGES}/")}.html">{one}</a></li>'
        for one in modules
    ]
    body = PAGE.format(title=ALL, ways="", content=f"<ul>{''.join(links)}</ul>")
    yield code_page("index"), {"title": ALL, "parents": [], "body": body}, "page.html"


def with_links(code: str, module: str) -> str:
    """Let the modules that highlighted code imports lead to their own code."""

    def link(name: re.Match[str]) -> str:
        if name["module"] not in shown_modules():
            return name[0]
        return f'<a href="{to_top(module)}{code_page(name["module"])}.html">{name[0]}</a>'

    return IMPORTED.sub(link, code)


def to_top(module: str) -> str:
    return "../" * code_page(module).count("/")


def remove_others(folder: Path, pages: set[Path]) -> None:
    """Remove the pages of modules that are gone."""
    for path in folder.rglob("*.html"):
        if path not in pages:
            path.unlink()


def ways_from(module: str) -> str:
    """Return the HTML of the links that lead on from a page of code."""
    ways = [f'<a href="{to_top(module)}{code_page("index")}.html">{ALL}</a>']
    if {*module.split(".")[1:2]} & {*MODULES}:
        ways.append(f'<a href="{to_top(module)}reference/{module.split(".")[1]}.html">Reference</a>')
    return "".join(ways)
