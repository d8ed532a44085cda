"""Pages of the package's code: every line has a number and an anchor, and the reference leads to them."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from tools.site.reference import CODE_PAGES, MODULES, code_page, shown_modules

PAGE = """\
<h1>{title}</h1>
<p class="page-tools">{ways}</p>
<div class="whole-module">{content}</div>"""
ALL = "All modules"


def code_of(domain: str, info: dict[str, str]) -> str | None:
    """Return where the code of a documented object is, from a page of the reference. Sphinx's linkcode asks."""
    found: Any = import_module(info["module"])
    for name in info["fullname"].split("."):
        found = getattr(found, name, None)
    found = inspect.unwrap(
        getattr(found, "fget", getattr(found, "__func__", found))
    )  # of a property, a class method
    module = getattr(found, "__module__", None)
    if module not in shown_modules() or not (inspect.isfunction(found) or inspect.isclass(found)):
        return None  # a constant, or a field
    return f"../{code_page(module)}.html#line-{inspect.getsourcelines(found)[1]}"


def code_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield a page for every module, and one that lists them."""
    highlight = app.builder.highlighter.highlight_block  # type: ignore[attr-defined]
    modules = sorted(shown_modules())
    for module in modules:
        spec = find_spec(module)  # imports nothing that a machine may lack, such as Dask
        code = Path(spec.origin).read_text("utf-8") if spec and spec.origin else ""
        body = PAGE.format(
            title=f"Code of {module}",
            ways=ways_from(module),
            content=highlight(code, "python", linenos="inline", linespans="line"),
        )
        yield code_page(module), {"title": f"Code of {module}", "parents": [], "body": body}, "page.html"
    links = [
        f'<li><a href="{code_page(one).removeprefix(f"{CODE_PAGES}/")}.html">{one}</a></li>'
        for one in modules
    ]
    body = PAGE.format(title=ALL, ways="", content=f"<ul>{''.join(links)}</ul>")
    yield code_page("index"), {"title": ALL, "parents": [], "body": body}, "page.html"


def ways_from(module: str) -> str:
    """Return the HTML of the links that lead on from a page of code."""
    to_top = "../" * code_page(module).count("/")
    ways = [f'<a href="{to_top}{code_page("index")}.html">{ALL}</a>']
    if {*module.split(".")[1:2]} & {*MODULES}:
        ways.append(f'<a href="{to_top}reference/{module.split(".")[1]}.html">Reference</a>')
    return "".join(ways)
