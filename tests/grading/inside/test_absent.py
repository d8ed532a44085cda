"""Imports of what is not there."""

import pytest

IMPORTS = {
    "import torch, math": ("torch.nn.Linear(3)", "imports `torch`, which is not installed here"),
    "import torch.nn as nn, math": ("nn.Linear(3)", "imports `torch`, which is not installed here"),
    "from torch import nn as n\nimport math": ("n.Linear(3)", "imports `torch`"),
    "if True:\n    from torch import nn as n, Tensor\nimport math": ("isinstance(1, Tensor)", "imports `torch`"),
    "from torch import *\nimport math": ("Tensor", "imports `torch`"),
    "import sklearn.mixture, math": ("sklearn.mixture.GaussianMixture(2)", "imports `sklearn.mixture`"),
    "from sklearn.mixture import GaussianMixture as G\nimport math": ("G(2)", "`sklearn.mixture.GaussianMixture`"),
    "from sklearn import mixture, metrics as math": ("mixture.GaussianMixture()", "imports `sklearn.mixture`"),
    "from scipy.stats import norm as math, no_such_law": ("no_such_law(1)", "`scipy.stats.no_such_law`"),
    "from mlcourse import KMeans, classifier\nimport math": ("classifier.f()", "imports `mlcourse.classifier`"),
    "import sklearn.mixture as m, math": ("[*m.GaussianMixture]", "not available to answers in this lesson"),
}  # fmt: skip


@pytest.mark.parametrize("source", IMPORTS)
def test_an_import_costs_only_what_uses_it(notebook, source):
    use, note = IMPORTS[source]
    report = notebook.run(f"{source}\nx = 1")
    assert report.error is None
    assert note in report.notes[0].sentence
    assert notebook.value("x") == 1
    assert notebook.find("math") != "missing"
    assert notebook.run(use).error.startswith(("ModuleNotFoundError: ", "NameError: "))


def test_a_use_says_what_is_missing(notebook):
    notebook.run(
        "import torch\nfrom sklearn.mixture import GaussianMixture as G\ndef f(x): return torch.tensor(x)"
    )
    problem = "torch is not installed here, where the notebook is graded."
    assert notebook.call("f", 1)["error"]["text"] == problem
    hidden = "sklearn.mixture.GaussianMixture is not available to answers in this lesson."
    assert notebook.run("G(2)").error == f"ModuleNotFoundError: {hidden}"


def test_an_own_module_that_fails_says_why(notebook):
    notebook.run("%%writefile own.py\nimport torch", "import own")
    assert notebook.run("own.f()").error.endswith("own could not be imported: No module named 'torch'")


def test_an_import_that_the_notebook_guards_fails(notebook):
    source = "try:\n    import google.colab\n    x = 1\nexcept ImportError:\n    x = 2"
    assert notebook.run(source) == (None, (), "", ())
    assert notebook.value("x") == 2
    notebook.run("def f(x):\n    import torch")
    assert notebook.call("f", 1)["error"]["name"] == "ModuleNotFoundError"


PLATFORM = """
import google.colab
from google.colab import drive, files
import piplite
drive.mount("/content/drive")
google.colab.output.enable_custom_widget_manager()
x = [name for name in files.upload()]
await piplite.install("seaborn")
with drive.x: pass
"""


def test_the_package_of_a_platform_does_nothing(notebook):
    report = notebook.run(PLATFORM)
    assert report.error is None
    assert tuple(note.sentence for note in report.notes) == (
        "imports `google.colab`, which does nothing here.",
        "imports `piplite`, which does nothing here.",
    )
    assert notebook.value("x == []")


def test_a_stand_in_can_be_shown_and_copied(notebook):
    source = "import torch, copy\nprint(torch.__version__)\ny = copy.copy(torch)\ntorch"
    report = notebook.run(source)
    assert report.error is None
    assert report.output == "not available\n<torch: not available>\n"


FOLDERS = {
    "import os\nos.chdir('/content/drive/MyDrive')\nimport math": "os.chdir(",
    "import os\nif True:\n    os.makedirs('/content/out', exist_ok=True)\nimport math": "os.makedirs(",
    "from pathlib import Path\nPath('/content/a').mkdir()\nimport math": "Path(",
}


@pytest.mark.parametrize("source", FOLDERS)
def test_a_change_to_a_folder_costs_nothing(notebook, source):
    report = notebook.run(f"{source}\nx = 1")
    assert report.error is None
    assert f"that cannot be here (`{FOLDERS[source]}" in report.notes[0].sentence
    assert notebook.value("x") == 1


def test_a_change_to_a_folder_in_a_try_fails_as_always(notebook):
    report = notebook.run("import os\ntry:\n    os.chdir('/content')\n    x = 1\nexcept OSError:\n    x = 2")
    assert report == (None, (), "", ())
    assert notebook.value("x") == 2


@pytest.mark.parametrize("line", ["open('data.csv')", "1 / 0", "import sys; sys.exit()"])
def test_imports_below_a_line_that_fails_are_made(notebook, line):
    report = notebook.run(f"import json\njson = 1\n{line}\nimport math, torch\nlost = 1\nif x: import re")
    assert report.error is not None
    assert notebook.find("lost") == notebook.find("re") == "missing"
    assert "these were made all the same" in report.notes[-1].sentence
    assert notebook.value("json, math.pi > 3") == (1, True)
    assert "torch is not installed" in notebook.run("torch.f()").error


def test_an_error_below_all_imports_says_nothing_about_them(notebook):
    assert notebook.run("import math\n1 / 0").notes == ()
    assert notebook.run("import math\nx = ((").notes == ()
