"""The notebook builder: `python course.py build`. `build.py` describes the source format and does the work.

lessons → sources → answers → pages → ipynb: read the text, keep its answers or replace them by stubs, write the
headings of tasks, add a header and links, and write the notebook.
"""
