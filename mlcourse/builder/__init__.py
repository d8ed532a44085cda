"""The notebook builder: `python course.py build`. `build.py` describes the source format and does the work.

lessons → sources → answers → pages → ipynb: text is read, its answers are kept or replaced by stubs, a header and
links frame it, and it is written as a notebook.
"""
