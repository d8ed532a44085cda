"""Import scikit-learn without pandas, if this is imported first: the grader starts sooner, and needs less memory.

Where pandas is installed, scikit-learn imports it to accept its tables. No submission and no task needs that in the
grader's own processes, where it takes 65 MB and half a second. pandas itself can still be imported afterwards.
"""

import sys

if not {"pandas", "sklearn"} & sys.modules.keys():
    sys.modules["pandas"] = None  # type: ignore[assignment]  # as Python marks what cannot be imported
    try:
        import sklearn.utils  # noqa: F401
    finally:
        del sys.modules["pandas"]
