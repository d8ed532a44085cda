"""Pages of the package's code: every line has a number and an anchor, and the reference leads to them."""

import ast
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from mlcourse.cli import ROOT
from tools.site.reference import CODE_PAGES, MODULES, code_page, shown_modules, to_top

PAGE = """\
<h1>{title}</h1>
<p class="page-tools">{ways}</p>
<div class="whole-module">{content}</div>"""
CONTENTS = '<nav class="defined" aria-label="What this module defines">{links}</nav>'
ALL = "All modules"
DEFINITION = re.compile(r"\s*(?:async )?(?:class|def) ")
IMPORTED = re.compile(r'<span class="nn">(?P<module>mlcourse[\w.]*)</span>')  # as Pygments marks it
DEFINING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
HERE = Path(__file__).parent
# What every page shows apart from its code: titles, and what Sphinx and its theme make of them.
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
        source, written = source_of(module), Path(app.outdir, f"{code_page(module)}.html")
        if written.is_file() and written.stat().st_mtime > max(looks, source.stat().st_mtime):
            continue
        code = source.read_text("utf-8")
        body = PAGE.format(
            title=f"Code of {module}",
            ways=ways_from(module),
            content=contents(code)
            + with_links(highlight(code, "python", linenos="inline", linespans="line"), module),
        )
        yield code_page(module), {"title": f"Code of {module}", "parents": [], "body": body}, "page.html"
    links = [
        f'<li><a href="{code_page(one).removeprefix(f"{CODE_PAGES}/")}.html">{one}</a></li>'
        for one in modules
    ]
    body = PAGE.format(title=ALL, ways="", content=f"<ul>{''.join(links)}</ul>")
    yield code_page("index"), {"title": ALL, "parents": [], "body": body}, "page.html"


def source_of(module: str) -> Path:
    """Return a module's file without importing it: it may need what a machine lacks, such as Dask."""
    spec = find_spec(module)
    return Path(str(spec and spec.origin))


def definitions(code: str) -> Iterator[tuple[str, int, str]]:
    """Yield the name, the line and the docstring of every function, class and method; of a method, its class too."""
    for node in ast.parse(code).body:
        if isinstance(node, DEFINING):
            yield node.name, node.lineno, ast.get_docstring(node) or ""
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, DEFINING):
                    yield f"{node.name}.{inner.name}", inner.lineno, ast.get_docstring(inner) or ""


def contents(code: str) -> str:
    """Return the HTML of the list of a module's functions and classes."""
    links = [
        f'<a href="#line-{line}"><code>{name}</code></a>'
        for name, line, _ in definitions(code)
        if "." not in name
    ]
    return CONTENTS.format(links=" ".join(links)) if links else ""


def with_links(code: str, module: str) -> str:
    """Let the modules that highlighted code imports lead to their own code."""
    top = to_top(code_page(module))

    def link(name: re.Match[str]) -> str:
        if name["module"] not in shown_modules():
            return name[0]
        return f'<a href="{top}{code_page(name["module"])}.html">{name[0]}</a>'

    return IMPORTED.sub(link, code)


def remove_others(folder: Path, pages: set[Path]) -> None:
    """Remove the pages of modules that are gone."""
    for path in folder.rglob("*.html"):
        if path not in pages:
            path.unlink()


def ways_from(module: str) -> str:
    """Return the HTML of the links that lead on from a page of code."""
    top = to_top(code_page(module))
    ways = [f'<a href="{top}{code_page("index")}.html">{ALL}</a>']
    if {*module.split(".")[1:2]} & {*MODULES}:
        ways.append(f'<a href="{top}reference/{module.split(".")[1]}.html">Reference</a>')
    return "".join(ways)
