"""A Sphinx extension: formulas, readable docstrings with links, what glossary terms mean, descriptions of pages."""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.nodes import Element
from py_mini_racer import MiniRacer
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

from tools.site.theme.code_pages import code_pages
from tools.site.theme.excerpts import anchor_of, is_parameter, write_excerpts

HERE = Path(__file__).parent

TERM_LINK = re.compile(
    r'<a class="reference internal" href="(?P<page>[^"#]*GLOSSARY\.html|)#(?P<anchor>[^"]+)">(?P<words>.*?)</a>',
    re.DOTALL,
)
FIRST_PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)
TAG = re.compile(r"<[^>]+>")
GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?: \d{3})+(?!\d)(?=[^<>]*<)")  # such as 60 000, in no tag
PAIRED = re.compile(r"(?<=\d) · (?=\d)(?=[^<>]*<)")  # two runs in a table
GLOSSARY = "GLOSSARY"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything; Sphinx calls this."""
    app.add_html_math_renderer("katex", (visit_inline_math, None), (visit_math_block, None))
    app.connect("autodoc-process-docstring", make_readable, priority=100)  # before napoleon
    app.connect("autodoc-skip-member", skip)
    app.add_role("name", name_role)
    app.connect("missing-reference", link_name)
    app.connect("doctree-read", anchor_parameters)
    app.connect("env-updated", note_terms)
    app.connect("html-collect-pages", code_pages)
    app.connect("html-page-context", add_to_page)
    app.connect("build-finished", write_excerpts)
    # build.py gives its value: pages are read and written again when our code changes.
    app.add_config_value("theme_digest", "", "env")
    return {"parallel_read_safe": True, "parallel_write_safe": True}


# ── Formulas ─────────────────────────────────────────────────────────────────────────────────────────


@cache
def katex() -> MiniRacer:
    """Start V8 with KaTeX in it."""
    engine = MiniRacer()
    engine.eval((HERE.parent / "katex" / "katex.min.js").read_text("utf-8"))
    return engine


@cache
def typeset(formula: str, display: bool) -> str:
    """Return a formula as HTML and MathML. Raises py_mini_racer.JSEvalException for one that KaTeX cannot read."""
    options = {"displayMode": display, "output": "htmlAndMathml", "throwOnError": True, "strict": "ignore"}
    html = katex().eval(f"katex.renderToString({json.dumps(formula)}, {json.dumps(options)})")
    return str(html)


def visit_inline_math(translator: Any, node: Element) -> None:
    translator.body.append(typeset(node.astext(), display=False))
    raise nodes.SkipNode


def visit_math_block(translator: Any, node: Element) -> None:
    translator.body.append(f'<div class="formula">{typeset(node.astext(), display=True)}</div>\n')
    raise nodes.SkipNode


# ── Docstrings ───────────────────────────────────────────────────────────────────────────────────────


# A title is emphasised; other marks are products and norms.
MARKS = re.compile(r"(?<!\S)\*[A-Z][^*|]*\w\*(?!\w)|(?P<mark>[*|])")
COLUMNS = re.compile(r"\S.*\S {3,}\S")


def make_readable(app: Sphinx, what: str, name: str, obj: object, options: Any, lines: list[str]) -> None:
    """Turn what our docstrings leave to the reader into reStructuredText: symbols, formulas set apart, bars."""
    lines[:] = with_literal_blocks([escaped(line) for line in with_notes(lines)])


def escaped(line: str) -> str:
    """Take asterisks and bars for what they are in a formula, but for the asterisks around a title."""
    return MARKS.sub(lambda found: f"\\{found[0]}" if found["mark"] else found[0], line)


def with_notes(lines: list[str]) -> Iterator[str]:
    """Give the source below a list of parameters or errors a section of its own: it would become one of them."""
    for line in lines:
        if line.startswith("Source: "):
            yield from ("Notes", "-----")
        yield line


def with_literal_blocks(lines: list[str]) -> list[str]:
    """Show as they are written: what is indented below a colon or a comma, columns, and the table of symbols."""
    result: list[str] = []
    in_symbols = literal = False
    shift = ""  # of the lines of a block that is not indented
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        indented, columns = line.startswith("    "), COLUMNS.match(line)
        if line.strip() in ("Symbols", "Legend") and following.startswith("---"):
            result += [".. rubric:: Symbols", "", "::", ""]
            in_symbols, literal, shift = True, True, "    "
        elif in_symbols and line.startswith("---"):
            continue
        elif in_symbols:
            in_symbols = bool(line.strip())
            result.append(f"{shift}{line.replace(chr(92), '')}" if line.strip() else "")
        elif (indented or columns) and (literal or opens_literal(result, indented)):
            if not literal or not (indented or shift):
                result += ["::", ""]
                shift = "" if indented else "    "
            literal = True
            result.append(shift + line.replace("\\|", "|").replace("\\*", "*"))
        else:
            literal = literal and not line.strip()
            result.append(line)
    return result


def opens_literal(before: list[str], indented: bool) -> bool:
    """Whether a line is set apart: columns after a blank line, other lines if they are also indented further."""
    after_blank = len(before) > 1 and not before[-1].strip()
    return after_blank and (not indented or before[-2][:1] != " " or before[-2].endswith((":", ",")))


def skip(app: Sphinx, what: str, name: str, obj: object, skipped: bool, options: Any) -> bool | None:
    """Leave out what others have written, such as scikit-learn's `get_params`, and fields that nobody describes.

    scikit-learn's metadata routing makes a method like `set_fit_request` for every estimator.
    """
    undescribed = (getattr(obj, "__doc__", None) or "").startswith("Alias for field number")
    routing = re.fullmatch(r"(set|get)_\w*_?(request|routing)", name)
    return True if undescribed or routing or not is_ours(obj) else None


def is_ours(member: object) -> bool:
    """Whether a member of a class comes from the package; of a constant that is unknown, and it counts as ours."""
    of = getattr(member, "__objclass__", member)  # of a method that is written in C
    module = getattr(getattr(of, "fget", of), "__module__", None)
    return not isinstance(module, str) or module.startswith("mlcourse")


# ── Names in docstrings ──────────────────────────────────────────────────────────────────────────────

NAME = re.compile(r"[A-Za-z_]\w*(\.\w+)*")
UNMISTAKABLE = re.compile(r"[A-Z_.]")  # `fit` may be anybody's


def name_role(
    role: str,
    rawtext: str,
    text: str,
    lineno: int,
    inliner: Any,
    options: dict[str, Any] | None = None,
    content: list[str] | None = None,
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Show what is in backquotes as code; `link_name` makes a link of it if it names something of the reference."""
    literal = nodes.literal(rawtext, text)
    if not NAME.fullmatch(text):
        return [literal], []
    env = inliner.document.settings.env
    where = [env.ref_context.get(f"py:{part}") or "" for part in ("module", "class")]
    link = pending_xref(rawtext, literal, reftype="name", refdomain="", reftarget=text, where=where)
    link["refdoc"] = env.current_document.docname
    return [link], []


def link_name(app: Sphinx, env: BuildEnvironment, link: Element, shown: Element) -> Element | None:
    """Return a link to what a name means where it is used."""
    if link["reftype"] != "name":
        return None
    name = link["reftarget"]
    modules = env.domains.standard_domain.anonlabels
    if name in modules:
        page, anchor = modules[name]
    else:
        objects = env.domains.python_domain.objects
        module, within = link["where"]
        found = meant_by(name, module, within, objects)
        if found in (None, f"{module}.{within}"):
            return None
        page, anchor = objects[found].docname, objects[found].node_id
    return make_refnode(app.builder, link["refdoc"], page, anchor, shown)


def meant_by(name: str, module: str, within: str, documented: Iterable[str]) -> str | None:
    """Return the documented name that is meant in a class of a module, or nowhere in particular."""
    packages = [module.rsplit(".", n)[0] for n in range(module.count(".") + 1)]
    for candidate in (name, f"{module}.{within}.{name}", *(f"{package}.{name}" for package in packages)):
        if candidate in documented:
            return candidate
    others = [one for one in documented if one.endswith(f".{name}")] if UNMISTAKABLE.search(name) else []
    return others[0] if len(others) == 1 else None


# ── Parameters ───────────────────────────────────────────────────────────────────────────────────────


def anchor_parameters(app: Sphinx, doctree: nodes.document) -> None:
    """Give every parameter and attribute an anchor, and a link to it that shows under the pointer."""
    for paragraph in filter(is_parameter, doctree.findall(nodes.paragraph)):
        anchor = f"{anchor_of(paragraph)}.{paragraph[0].astext()}"
        if anchor in doctree.ids:
            continue  # a property, which has its own
        paragraph["ids"].append(anchor)
        doctree.ids[anchor] = paragraph
        link = nodes.reference("", "#", refid=anchor, classes=["headerlink"], reftitle="Link to this name")
        paragraph.insert(1, link)


# ── The glossary ─────────────────────────────────────────────────────────────────────────────────────


def note_terms(app: Sphinx, env: BuildEnvironment) -> None:
    """Collect what each term of the glossary means: its first paragraph."""
    env.glossary_meanings = meanings(env.get_doctree(GLOSSARY))  # type: ignore[attr-defined]


def meanings(doctree: nodes.document) -> dict[str, tuple[str, str]]:
    """Return, for each anchor, its heading and the text below it."""
    found = {}
    for section in doctree.findall(nodes.section):
        paragraph = next((part for part in section.children if isinstance(part, nodes.paragraph)), None)
        if paragraph is not None:
            for anchor in section["ids"]:
                found[anchor] = section[0].astext(), " ".join(paragraph.astext().split())
    return found


def add_to_page(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Explain linked terms, and describe the page."""
    body = context.get("body")
    if not body:
        return
    found = app.env.glossary_meanings  # type: ignore[attr-defined]
    if pagename != GLOSSARY:
        context["body"] = TERM_LINK.sub(lambda link: with_meaning(link, found), body)
    context["body"] = PAIRED.sub("\N{NO-BREAK SPACE}·\N{NO-BREAK SPACE}", context["body"])
    context["body"] = GROUPED.sub(
        lambda number: number[0].replace(" ", "\N{NO-BREAK SPACE}"), context["body"]
    )
    context["description"] = description(body)
    context["site_address"] = app.config.html_baseurl


def with_meaning(link: re.Match[str], found: dict[str, tuple[str, str]]) -> str:
    """Return a link to a term with its meaning beside it, for a pointer, for the keyboard and for a screen reader."""
    if not link["page"] or link["anchor"] not in found:
        return link[0]
    term, meaning = map(escape, found[link["anchor"]])
    number, target = f"meaning-{link.start()}", f'href="{link["page"]}#{link["anchor"]}"'
    return (
        f'<span class="term"><a class="reference internal" {target} aria-describedby="{number}">{link["words"]}</a>'
        f'<span class="meaning" role="tooltip" id="{number}"><strong>{term}</strong>: {meaning}'
        f' <a class="more" {target} tabindex="-1" aria-hidden="true">More →</a></span></span>'
    )


def description(body: str) -> str:
    """Return the first sentences of a page, for search engines and previews."""
    for paragraph in FIRST_PARAGRAPH.findall(body):
        text = " ".join(TAG.sub("", paragraph).split())
        if len(text) > 60 and "Download this notebook" not in text:
            return text[:160].rsplit(" ", 1)[0] + ("…" if len(text) > 160 else "")
    return ""
