"""What the search page shows of pages and ranks them by: their sentences, each with the anchor of its section.

They are a script that the page loads, since browsers forbid a page that was opened from a file to fetch others.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from docutils.nodes import Node
from sphinx import addnodes
from sphinx.application import Sphinx

from tools.site.reference import code_page, first_paragraph, shown_modules
from tools.site.theme.code_pages import definitions, source_of

SHOWN = (nodes.paragraph, nodes.literal_block, nodes.title, addnodes.desc_signature)
LEFT_OUT = re.compile(
    r"""^\s*(?:(?:import|from)\b|[frb]?["']).*$""", re.MULTILINE
)  # imports; captions, in pieces
NAVIGATION = re.compile(r"\| All lessons \|")  # the line of links at the top of a lesson
COMMAND = re.compile(r"\\(?:text|math\w+|left|right|bar|hat|tilde)(?![a-z])|[\\{}$]")


def write_excerpts(app: Sphinx, exception: Exception | None) -> None:
    """Write the script, once everything else is built."""
    if exception is None:
        pages = {page: list(blocks(app.env.get_doctree(page))) for page in sorted(app.env.all_docs)}
        pages |= {code_page(module): list(definitions_in(module)) for module in sorted(shown_modules())}
        text = json.dumps(pages, ensure_ascii=False, separators=(",", ":"))
        (Path(app.outdir) / "_static" / "sections.js").write_text(f"const PAGES={text};", "utf-8")


def definitions_in(module: str) -> Iterator[tuple[str, str, str]]:
    """Yield what a page of code defines, as `blocks` does."""
    yield "", "title", f"Code of {module}"
    for name, line, docstring in definitions(source_of(module).read_text("utf-8")):
        yield f"line-{line}", "title", name
        if docstring:
            yield f"line-{line}", "text", first_paragraph(docstring)


def blocks(doctree: nodes.document) -> Iterator[tuple[str, str, str]]:
    """Yield each block of a page: the anchor of its section, its kind, and its words.

    The kind is "title", "text", "code", line by line, or "parameter", which begins with its name.
    """
    for node in doctree.findall(lambda node: isinstance(node, SHOWN)):
        kind = kind_of(node)
        if kind == "code":
            lines = (" ".join(line.split()) for line in LEFT_OUT.sub("", node.astext()).splitlines())
            words = "\n".join(line for line in lines if line)
        else:
            words = " ".join("".join(readable(node)).split())
        if words and words != "Source code" and not NAVIGATION.search(words):
            yield anchor_of(node), kind, words


def kind_of(node: Node) -> str:
    if isinstance(node, nodes.literal_block):
        return "code"
    if isinstance(node, (nodes.title, addnodes.desc_signature)):
        return "title"
    return "parameter" if is_parameter(node) else "text"


def is_parameter(paragraph: Node) -> bool:
    """Whether a paragraph describes a parameter or an attribute, which it begins with."""
    in_list = isinstance(paragraph.parent, (nodes.list_item, nodes.field_body))
    return in_list and isinstance(next(iter(paragraph.children), None), addnodes.literal_strong)


def readable(node: Node) -> Iterator[str]:
    """Yield the text of a node, without HTML, and with symbols instead of the commands of formulas."""
    for text in node.findall(nodes.Text):
        if not isinstance(text.parent, nodes.raw) and "headerlink" not in text.parent.get("classes", ()):
            words = text.astext()
            yield COMMAND.sub("", words) if isinstance(text.parent, nodes.math) else words


def anchor_of(node: Node | None) -> str:
    """Return the anchor of a parameter, else of the section or object around a node; empty at the top of a page."""
    if isinstance(node, nodes.paragraph) and node["ids"]:
        return str(node["ids"][0])
    while node is not None and not isinstance(node.parent, nodes.document):
        signature = node[0] if isinstance(node, addnodes.desc) else node
        if isinstance(signature, (nodes.section, addnodes.desc_signature)) and signature["ids"]:
            return str(signature["ids"][0])
        node = node.parent
    return ""
