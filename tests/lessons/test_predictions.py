"""Nothing in view answers a prediction before the reader has run the cells below it."""

import ast
import io
import re
import tokenize
from typing import NamedTuple

import nbformat
import pytest

from mlcourse.cli import ROOT

LECTURES = sorted((ROOT / "notebooks").glob("*.ipynb"))
NOTEBOOKS = sorted(path for folder in ("notebooks", "exercises") for path in (ROOT / folder).glob("*.ipynb"))

FIRST_CELLS = 4
LONGEST_BAR = 60  # characters of a folded cell's first line that a narrow column has room for

PREDICTION = re.compile(r"\*\*Before you\s[^*]+\*\*")
SMALL = set(map(float, range(4)))  # 0 to 3 are in every cell, as indices and exponents
UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen twenty"
)
TENS = "ten twenty thirty forty fifty sixty seventy eighty ninety hundred"
WORDS = {word: float(value) for value, word in enumerate(UNITS.split())}
WORDS |= {word: 10.0 * value for value, word in enumerate(TENS.split(), start=1)} | {"thousand": 1000.0}


class Reveal(NamedTuple):
    """A prediction, the code cells below it, and the words that follow them."""

    above: str  # all that is on screen up to and including the question
    cells: list[nbformat.NotebookNode]
    answer: str


def reveals(notebook):
    """Every prediction of a notebook that is answered by running cells."""
    above, question, cells = "", False, []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cells.append(cell)
            continue
        if question and cells:
            yield Reveal(above, cells, cell.source)
        above += "\n".join(visible(cell) for cell in cells) + "\n" + cell.source + "\n"
        asked = list(PREDICTION.finditer(cell.source))
        question, cells = bool(asked) and "\n## " not in cell.source[asked[-1].end() :], []


def is_folded(cell):
    return cell.metadata.get("jupyter", {}).get("source_hidden", False)


def visible(cell):
    """The code of a cell that is on screen, without magics."""
    return "" if is_folded(cell) else re.sub(r"^%", "# ", cell.source, flags=re.MULTILINE)


def numbers_in_code(code):
    """Numbers that a reader sees in code: constants, and those in strings and comments."""
    lines = io.StringIO(code).readline
    comments = [token.string for token in tokenize.generate_tokens(lines) if token.type == tokenize.COMMENT]
    constants = [node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant)]
    words = [part for part in constants if isinstance(part, str)] + comments
    numbers = {float(part) for part in constants if type(part) in (int, float)}
    return numbers.union(*map(numbers_in_text, words))


def numbers_in_text(text):
    """Numbers in prose, in digits or in words."""
    digits = re.findall(r"(?<![\w.])\d+(?:[ ,]\d{3})*(?:\.\d+)?(?!\w|\.\d)", text)
    words = {WORDS[word] for word in re.findall(r"[a-z]+", text.lower()) if word in WORDS}
    return words | {float(re.sub(r"[ ,]", "", number)) for number in digits}


def given_away(reveal):
    """Numbers of the answer that are in view before it: in the code below the question, and nowhere above it."""
    code = set().union(*(numbers_in_code(visible(cell)) for cell in reveal.cells))
    answer = re.split(r"^## ", reveal.answer, flags=re.MULTILINE)[0]
    return sorted((code & numbers_in_text(answer)) - numbers_in_text(reveal.above) - SMALL)


def asserted(cell):
    """The assertions of a cell that are in view."""
    code = visible(cell)
    return [
        ast.get_source_segment(code, node)
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Assert)
    ]


def figure_words(cell):
    """The captions and alt texts that are in view in the code of a cell."""
    calls = (node for node in ast.walk(ast.parse(visible(cell))) if isinstance(node, ast.Call))
    shown = [call.args[1:] for call in calls if getattr(call.func, "id", "") == "show"]
    return [ast.unparse(words) for arguments in shown for words in arguments]


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_code_names_no_number_of_the_answer(path):
    spoiled = {
        reveal.answer[:60]: numbers for reveal in reveals(read(path)) if (numbers := given_away(reveal))
    }
    assert spoiled == {}, "compute these numbers, fold the cell, or name them in the question"


@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_assertions_below_a_prediction_are_folded(path):
    assert [
        found for reveal in reveals(read(path)) for cell in reveal.cells for found in asserted(cell)
    ] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_captions_and_alt_texts_are_folded(path):
    assert [words for cell in code_cells(path) for words in figure_words(cell)] == []


@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_a_folded_cell_begins_with_a_short_comment(path):
    """JupyterLab shows the first line of a folded cell, as much of it as fits in the bar."""
    bars = [cell.source.partition("\n")[0] for cell in code_cells(path) if is_folded(cell)]
    assert [
        bar for bar in bars if not bar.startswith("# ") or len(bar.removeprefix("# ")) > LONGEST_BAR
    ] == []


@pytest.mark.parametrize("path", LECTURES[1:], ids=lambda path: path.stem)
def test_a_lecture_begins_with_folded_imports(path):
    first, *_ = code_cells(path)
    assert "use_course_style()" in first.source
    assert is_folded(first)


@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_something_moves_at_first_sight(path):
    """Among the first cells of a lecture is a player or a slider."""
    shown = "\n".join(cell.source.splitlines()[-1] for cell in code_cells(path)[:FIRST_CELLS])
    assert re.search(r"(_player|_explorer|_climber|playground)\(", shown)


def notebook_of(question, code, answer, **metadata):
    """A notebook of a prediction, a cell and an answer."""
    cells = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    texts = f"**Before you run the next\ncell:** {question}", code, answer
    notebook = nbformat.v4.new_notebook(cells=[new(text) for new, text in zip(cells, texts)])
    notebook.cells[1].metadata.update(metadata)
    return notebook


@pytest.mark.parametrize(
    ("question", "code", "found"),
    [
        ("how many rounds?", "assert len(history) == 6", [6]),
        ("how many rounds?", "# it takes 6\nrun()", [6]),
        ("how many rounds?", "ax.set_title(f'{name}: after 6 rounds')", [6]),
        ("6, 60 or 600 rounds?", "run(6, tol=0.5)", []),
        ("how many rounds?", "print(f'{rounds:6.1f}', 60)", []),
    ],
)
def test_a_number_of_the_answer_is_found(question, code, found):
    (reveal,) = reveals(notebook_of(question, code, "Six rounds, and it never rose.\n\n## Sixty\n\nNext."))
    assert given_away(reveal) == found


def test_folded_code_gives_nothing_away():
    code = "show(ax, 'Figure 1. Six rounds.', 'six')\nassert rounds == 6"
    (reveal,) = reveals(notebook_of("how many?", code, "Six.", jupyter={"source_hidden": True}))
    (cell,) = reveal.cells
    assert (given_away(reveal), asserted(cell), figure_words(cell)) == ([], [], [])
    del cell.metadata["jupyter"]
    assert given_away(reveal) == [6]
    assert asserted(cell) == ["assert rounds == 6"]
    assert figure_words(cell) == ["'Figure 1. Six rounds.'", "'six'"]
