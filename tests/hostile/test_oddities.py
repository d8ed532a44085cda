"""Honest work in odd forms: whatever runs in Jupyter and is not forbidden gets full marks here too.

Each notebook holds many oddities; an answer depends on each of them, so one that fails shows in the marks.
"""

import base64
import fcntl
import io
import os

import pytest
from PIL import Image

from tests.helpers import honest
from tests.helpers.courses import OUR_COURSE

ANSWERS = honest.ANSWERS


def cells(*sources: str) -> list[dict]:
    return [honest.code(source) for source in sources]


def with_cells(before=(), after=(), **answers: str) -> dict:
    """The honest notebook with cells before and after, and other answers; `----` divides an answer into cells."""
    content = honest.notebook(**answers)
    parts = [
        {**cell, "source": source} for cell in content["cells"] for source in cell["source"].split("\n----\n")
    ]
    return {**content, "cells": [*cells(*before), *parts, *cells(*after)]}


OWN_FILE = (
    f"%%writefile own.py\nimport numpy as np\n{ANSWERS['log_sum_exp']}\n----\nfrom own import log_sum_exp"
)
MAGICS = with_cells(
    before=[
        "%matplotlib widget\n%load_ext autoreload\n%autoreload 2\n%load_ext nb_black",
        "!pip install numpy \\\n   scipy\n%pip install seaborn\nfiles = !ls\nassert list(files) == []\nready = 1",
        "%%bash\nls",
        "%%html\n<script>alert(1)</script>",
        "print?\n?print",
        "import asyncio\nasync def slow(): return 1\nready += await slow()",
        "r = %timeit -o -n1 -r1 1 + 1\nready += r.average > 0",
        'text = """\n!ls\n%time\n?x\n"""\nready += text.startswith("\\n!ls")\nready += (7\n%4) == 3',
        "ready\n",
        "ready += Out[len(In) - 2] == ready\nready += In[1].startswith('get_ipython')",
        "h = display(ready, display_id=True)\nh.update(ready)",
        "from IPython import get_ipython as shell\nready += shell() is get_ipython()",
    ],
    largest_weight="assert ready == 8\n%time largest_weight = 0.40037",
    falling_likelihood='%%time\nfalling_likelihood = "C"',
    e_step=f"%%capture\n{ANSWERS['e_step']}",
    log_sum_exp=OWN_FILE,
    m_step=f"%%file script.py\n{ANSWERS['m_step']}\n----\n%run -i script.py",
    fit_em=f"%%time\n!ls\n{ANSWERS['fit_em']}",
)

HARMLESS = """
import concurrent.futures, getpass, os, pathlib, pickle, shutil, sqlite3, tempfile, threading, zipfile
pathlib.Path("a.txt").write_text("a")
for copy in (shutil.copy, shutil.copy2, shutil.copyfile):
    copy("a.txt", "b.txt")
os.makedirs("sub")
shutil.copytree("sub", "sub2")
shutil.move("b.txt", "sub")
os.chmod("a.txt", 0o600)
pathlib.Path("a.txt").chmod(0o644)
pathlib.Path("a.txt").touch()
os.utime("a.txt", (1, 1))
for journal in ("delete", "wal"):
    first, second = sqlite3.connect("x.db"), sqlite3.connect("x.db")
    first.execute(f"pragma journal_mode={journal}")
    first.execute("create table if not exists t (a)")
    first.execute("insert into t values (1)")
    first.commit()
    assert len(second.execute("select * from t").fetchall()) >= 1
    first.close(), second.close()
mapped = np.memmap("m.dat", dtype=float, mode="w+", shape=(1000,))
mapped[:] = 3
mapped.flush()
assert np.memmap("m.dat", dtype=float, mode="r", shape=(1000,)).sum() == 3000
np.save("s.npy", np.ones(3))
assert np.load("s.npy", mmap_mode="r+").sum() == 3
with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as file:
    open(folder + "/x", "w").close()
    file.write(b"x")
with zipfile.ZipFile("z.zip", "w") as archive:
    archive.write("a.txt")
shutil.unpack_archive("z.zip", "unpacked")
shutil.make_archive("whole", "gztar", "unpacked")
assert getpass.getuser() and os.environ["PATH"] and pathlib.Path.home().is_dir()
class Own: pass
assert isinstance(pickle.loads(pickle.dumps(Own())), Own)
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    assert list(pool.map(abs, [-1, -2])) == [1, 2]
thread = threading.Thread(target=print)
thread.start()
thread.join()
from tqdm.auto import tqdm
assert list(tqdm(range(3))) == [0, 1, 2]
largest_weight = 0.40037
"""

PACKAGES = with_cells(
    before=[
        "import google.colab\nfrom google.colab import drive, files\nimport piplite, torch\n"
        "import torch.nn as nn, numpy as np\nfrom sklearn.mixture import GaussianMixture\n"
        "from no_such_package import *\ndrive.mount('/content/drive')\nuploaded = files.upload()\n"
        "await piplite.install('seaborn')\nprint(torch.__version__)\nready = len(uploaded) + 1",
        "try:\n    import google.colab\n    ready += 10\nexcept ImportError:\n    ready += 1",
        "name = input('Your name? ')\nimport getpass\nready += (name, getpass.getpass()) == ('', '')",
        "net = nn.Linear(3, 3)",
        "GaussianMixture(3)",
        "import os\nos.system('ls')\nready += 1\nexit()\nready += 1",
        "import sys\nsys.exit()",
        "quit",
        "%unknown",
        "from mlcourse import check\ncheck.progress()\nready += len(check.last_input) + 1",
    ],
    largest_weight=f"assert ready == 6\n{HARMLESS}",
)

DAMAGE = with_cells(
    before=[
        "get_ipython().events.register('post_run_cell', lambda result: 1 / 0)",
        "get_ipython().run_cell = None\nget_ipython().input_transformers_post.append(lambda lines: lines)",
        "%reset -f",
        "get_ipython().user_ns.clear()",
        "import asyncio\nasyncio.set_event_loop(None)",
    ],
    after=[
        "get_ipython().user_ns = {}",
        "x = 1\nx",
        "%xmode Verbose\n1 / 0",
        "import sys\nsys.stdout = None\n1",
    ],
)

ODD = {"magics": MAGICS, "packages and files": PACKAGES, "a damaged shell": DAMAGE}


@pytest.mark.parametrize("oddity", ODD)
def test_honest_work_with_oddities_gets_full_marks(world, oddity):
    grade = world.mark(ODD[oddity])
    assert {mark.task: mark.points for mark in grade.marks} == honest.POINTS
    assert grade.status == "ok"


def test_what_had_no_effect_is_on_the_page(world):
    notes = world.mark(PACKAGES).notes
    for note in (
        "Cell 1 imports `google.colab`, which does nothing here.",
        "Cell 1 imports `torch`, which is not installed here; only what uses it fails.",
        "Cell 3 asks for input; it got an empty line.",
        "Cell 4 raised ModuleNotFoundError: torch is not installed here, where the notebook is graded.",
        "Cell 6 starts a program (`ls`); there is none here, and the cell's other lines ran.",
        "Cell 6 calls `exit`; the cell and all others ran all the same.",
    ):
        assert note in notes


def test_a_lock_of_a_file_that_is_not_its_own_locks_nobody_out(walls):
    session = walls.start(honest.LIMITS)
    source = "import fcntl, os\nfile = open(os.__file__)\nfcntl.flock(file, fcntl.LOCK_EX)"
    reply, _ = session.ask({"do": "cell", "cell": 1, "source": source})
    assert reply["error"] is None
    with open(os.__file__) as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises BlockingIOError if the worker has it
    session.end()


# ── Figures ──────────────────────────────────────────────────────────────────────────────────────────

FIGURES = [
    "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3])",
    "fig, ax = plt.subplots()\nplt.close(fig)\nfig",
    "from IPython.display import Image, SVG, HTML, display\nimport base64",
    "display(SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>'), HTML('<b>x</b>'))",
    "display({'image/png': 'bm90IGEgcGljdHVyZQ=='}, raw=True)",
    "display({'image/png': ['x'] * 1000}, raw=True)",
    "display(Image(data=b'\\x89PNG' + b'x' * 400_000))",
    "for n in range(30):\n    plt.figure()\n    plt.plot([n])",
]


def test_figures_are_shown_as_we_have_encoded_them(world):
    grade = world.mark(with_cells(after=FIGURES))
    assert {mark.task: mark.points for mark in grade.marks} == honest.POINTS
    first = 2 * len(ANSWERS) + 3  # the cell after the honest ones
    assert [figure.cell for figure in grade.figures[:3]] == [first, first + 1, first + 7]
    assert len(grade.figures) == 11
    for figure in grade.figures:
        picture = Image.open(io.BytesIO(base64.b64decode(figure.png)))
        assert (picture.format, picture.info) == ("PNG", {})
        assert picture.width <= 1000
    assert f"Cell {first + 4} shows a figure that could not be read." in grade.notes
    assert f"Cell {first + 6} shows a figure that is too large to be kept." in grade.notes
    assert f"Cell {first + 7} shows more figures than are kept." in grade.notes


def test_figures_of_cells_that_were_handed_out_are_counted_only(world):
    given = ["".join(cell["source"]) for cell in OUR_COURSE.exercise("04_em") if cell["cell_type"] == "code"]
    imports = next(source for source in given if source.startswith("import"))
    figure = next(source for source in given if source.startswith("# Figure"))
    grade = world.mark(
        with_cells(after=[imports, "path = range(16)", *[figure] * 13, f"{figure}\nplt.plot()"])
    )
    assert grade.given_figures == 13
    assert len({figure.cell for figure in grade.figures}) == 1


FORGED = """
shell = get_ipython()
class Many:
    full = False
    def take(self, counted): return [b"x" * 250_000] * 60
shell.figures = Many()
"""


def test_forged_figures_are_few_and_no_points(world):
    grade = world.mark(with_cells(after=[FORGED, "1", "2"], log_sum_exp="def log_sum_exp(A): return A"))
    assert {mark.task: mark.points for mark in grade.marks} == {**honest.POINTS, "log_sum_exp": 0}
    assert grade.figures == []
    assert 1 <= sum("could not be read" in note for note in grade.notes) <= 12
