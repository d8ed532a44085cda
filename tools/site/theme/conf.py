"""Sphinx's configuration for the web edition. The sources are written by `tools/site/stage.py`."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[2])]  # the extension beside this file; the package

from mlcourse import __version__  # noqa: E402
from mlcourse.builder.lessons import read_course  # noqa: E402
from tools.site.address import site_address  # noqa: E402
from tools.site.theme.code_pages import code_of  # noqa: E402

ADDRESS = site_address(read_course(HERE.parents[2]))

project = "Gaussian mixtures"
author = "the authors of mlcourse"
copyright = "the authors of mlcourse; text CC BY 4.0, code BSD-3-Clause"
release = version = __version__
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.linkcode",
    "sphinx_copybutton",
    "course_site",
]
templates_path = ["templates"]
exclude_patterns = ["_static"]
root_doc = "index"
default_role = "name"  # of course_site

nb_execution_mode = "off"  # `execute.py` has run everything
nb_merge_streams = True
nb_ipywidgets_js: dict[str, str] = {}  # the default loads scripts from elsewhere
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"
myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4
suppress_warnings = ["myst.header", "misc.highlighting_failure", "ref.python"]

autodoc_member_order = "bysource"
toc_object_entries_show_parents = "hide"
autodoc_typehints = "none"  # docstrings give shapes, which types cannot
autoclass_content = "class"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_custom_sections = [
    ("Attributes", "params_style")
]  # names end in underscores, which are links elsewhere
napoleon_preprocess_types = False

linkcode_resolve = code_of

html_theme = "furo"
html_title = "Gaussian mixtures, from k\N{NON-BREAKING HYPHEN}means to EM"
html_baseurl = ADDRESS
html_favicon = "static/favicon.svg"
html_static_path = ["static", "../katex/static", "../minisearch/static"]
html_css_files = ["katex.min.css", "site.css"]
html_js_files = [("site.js", {"defer": "defer"})]
html_math_renderer = "katex"
html_copy_source = False
html_show_sphinx = False
html_last_updated_fmt = None
html_permalinks_icon = "#"
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#005a8d", "color-brand-content": "#005a8d"},
    "dark_css_variables": {"color-brand-primary": "#7cc4ee", "color-brand-content": "#7cc4ee"},
    "footer_icons": [],
}
copybutton_prompt_text = r">>> |\$ "
copybutton_prompt_is_regexp = True
