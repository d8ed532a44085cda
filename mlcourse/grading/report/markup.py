"""HTML from the templates in templates/, in which everything is escaped unless it was made here.

Jinja2 escapes whatever a template inserts, and raises an error if a name is misspelt. What students wrote is made
printable first (`visible`): invisible characters are spelt out. Only this module makes `Markup`, which is inserted
unchanged. So nobody can forget to escape: there is nothing to remember.
"""

import base64
import hashlib
import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Undefined
from markupsafe import Markup, escape

from mlcourse.checks.card import code_parts
from mlcourse.grading.records.grade import Figure
from mlcourse.grading.records.text import format_points, printable

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
STYLE = (HERE / "style.css").read_text("utf-8")
SCRIPT = (HERE / "table.js").read_text("utf-8")  # sorts and filters the tables of the instructor's pages
MAX_TEXT = 100_000  # characters of one text on a page
BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


def csp_hash(text: str) -> str:
    """Return a text's hash source for a Content-Security-Policy: its SHA-256 in Base64."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


# Nothing may be loaded, run, sent or embedded, except our own style sheet and our own script, identified by their
# hashes, and pictures that are part of the page. Even if a student's text got through unescaped, the browser would
# neither run it nor fetch anything for it.
POLICY = (
    f"default-src 'none'; style-src '{csp_hash(STYLE)}'; img-src data:; base-uri 'none'; form-action 'none'"
)
POLICY_WITH_SCRIPT = f"{POLICY}; script-src '{csp_hash(SCRIPT)}'"


def visible(value: object) -> object:
    """Return what a template inserts for a value: numbers as people write them, and text that hides nothing."""
    if isinstance(value, (Markup, Undefined)):
        return value  # an undefined name raises its error when it is inserted
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return format_points(value)
    return printable(str(value), MAX_TEXT, lines=True)


def with_code(text: str) -> Markup:
    """Set the text between backticks as code; a backtick without a partner stays."""
    parts = (escape(visible(part)) for part in code_parts(text))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else part for place, part in enumerate(parts)
    )


def identifier(name: str) -> Markup:
    """Set a name as code that may be broken after its underscores, and nowhere else."""
    return Markup("<code>{}</code>").format(Markup("_<wbr>").join(str(visible(name)).split("_")))


def data_uri(figure: Figure) -> Markup:
    """Return a figure as an address that contains the whole picture."""
    if not BASE64.fullmatch(figure.png):
        raise ValueError(f"the figure of cell {figure.cell} is not in Base64.")
    return Markup("data:image/png;base64,") + figure.png


def environment() -> Environment:
    """Return the environment in which all templates are rendered."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"code": with_code, "identifier": identifier, "data_uri": data_uri}
    made.globals["style"] = Markup(STYLE)
    return made


ENVIRONMENT = environment()


def render(template: str, scripted: bool = False, **context: object) -> str:
    """Make a whole page.

    Parameters
    ----------
    template : str
        The name of a file in templates/.
    scripted : bool
        Whether the page has tables to sort and filter.
    **context
        What the template inserts.
    """
    script = Markup(SCRIPT) if scripted else None
    policy = POLICY_WITH_SCRIPT if scripted else POLICY
    return ENVIRONMENT.get_template(template).render(policy=policy, script=script, **context)
