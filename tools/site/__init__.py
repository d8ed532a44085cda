"""The course as a web site: every lesson executed, its players alive, in a plain folder of files.

    python course.py site              build site/; open site/index.html, or serve the folder
    python course.py site --pdf        and one PDF per lesson, and one of the whole course

What happens, in order:

    execute.py   run notebooks, and keep what they show until the notebook or the package changes
    outputs.py   what a cell shows, as files that a page can load: pictures, scripts, the first view of a slider
    folds.py     predict, then look: the answer to a prediction waits behind a button
    given.py     which figures of an exercise do not depend on its answers
    wording.py   what a page says where a notebook says "run the next cell"
    stage.py     the pages' sources: notebooks with their outputs, the glossary, the documents, the reference
    reference.py the pages about the package, and which of its modules have a page of code
    theme/       what Sphinx needs: its configuration, an extension, templates, a style sheet and scripts
    preview.py   the picture that other sites show beside a link to this one
    address.py   where the site is published, and where its readers get the course
    pages.py     what is done to finished pages: one style sheet, the content security policy, the site map
    weigh.py     what a phone has to load
    pdf.py       pages to PDF, in a browser without a window

Text and titles come from the notebooks and from `sources/lessons.toml`; nothing is written twice. Sphinx and its
extensions are in the extra `site`; katex/ holds KaTeX, which typesets formulas while the site is built, and
minisearch/ holds MiniSearch, which ranks the results of a search in the browser.
"""


def main(arguments: list[str]) -> int:
    """Build site/ and print where it is."""
    from tools.site.build import main  # Sphinx imports this package too, and needs less of it

    return main(arguments)
