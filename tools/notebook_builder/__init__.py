"""The parts of the notebook builder; `tools/build_notebooks.py` is its command.

lessons → sources → answers → pages → ipynb: text is read, its answers are kept or replaced by stubs, a header and
links frame it, and it is written as a notebook.
"""
