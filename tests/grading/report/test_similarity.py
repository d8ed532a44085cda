"""Submissions that look alike: disguised copies are found, independent work is not."""

import ast
import builtins
import json
from pathlib import Path

import pytest

from mlcourse import cli
from mlcourse.cli import ROOT
from mlcourse.grading.records.grade import Cell, Submission
from mlcourse.grading.report.alike import Hit, groups_of, near_published
from mlcourse.grading.report.similarity import Pair, similar_pairs, subtrees
from tests.helpers.made_up_class import TASKS, as_file, source_of, with_answers
from tests.helpers.page import TAGS, Document


def cells_of_notebook(path: Path) -> tuple[Cell, ...]:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return tuple(Cell(cell["cell_type"], "".join(cell["source"])) for cell in cells)


HANDED_OUT = cells_of_notebook(ROOT / "exercises" / "04_em_exercises.ipynb")


def written(name: str, *sources: str) -> Submission:
    """A submission with these cells after those that were handed out."""
    own = tuple(Cell("code", source) for source in sources)
    return Submission(name, f"{name}.ipynb", HANDED_OUT + own, "04_em")


def variant(place: int) -> list[str]:
    """Right answers, written differently for each `place`."""
    functions = [task for task in TASKS.values() if task.kind == "function"]
    return [source_of(task.variants[place % len(task.variants)]) for task in functions]


class Rename(ast.NodeTransformer):
    """Change the names, as somebody who copies would."""

    def visit_Name(self, node: ast.Name) -> ast.Name:
        if not hasattr(builtins, node.id):
            node.id = f"my_{node.id}"
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = f"my_{node.arg}"
        return node


def disguised(source: str) -> str:
    """The same program with other names, layout and comments."""
    return "# my own work\n" + ast.unparse(Rename().visit(ast.parse(source))).replace("\n", "  # so\n")


def test_a_disguised_copy_is_found_but_not_independent_work() -> None:
    original = variant(0)
    copied = [disguised(source) for source in reversed(original)]
    others = [written("bob", *variant(1)), written("eve"), Submission("sol", "s", solution(), "04_em")]
    (pair,) = similar_pairs([written("ada", *original), *others, written("mallory", *copied)], HANDED_OUT)
    assert (pair.one, pair.other) == (0, 4)
    assert pair.similarity > 0.95
    assert pair.verbatim < 0.3
    mine, theirs = pair.passages[0]
    assert mine in original
    assert theirs in copied
    assert disguised(mine) == theirs


@pytest.mark.parametrize(
    "line", ["_ = !ls", "%%capture", "!pip install \\\n    numpy", "f?", "if 0:\n    %time )("]
)
def test_a_line_for_ipython_hides_nothing(line: str) -> None:
    original = variant(0)
    hidden = [f"{line}\n{source}" for source in original]
    (pair,) = similar_pairs([written("ada", *original), written("mallory", *hidden)], HANDED_OUT)
    assert pair.similarity == 1


def solution() -> tuple[Cell, ...]:
    return cells_of_notebook(ROOT / "solutions" / "04_em_solutions.ipynb")


def test_code_that_was_handed_out_does_not_count() -> None:
    assert not similar_pairs([written("a"), written("b")], HANDED_OUT)


def test_code_that_everyone_wrote_counts_little() -> None:
    everyone = [written(str(number), *variant(0)[:3]) for number in range(12)]
    assert similar_pairs(everyone[:2], HANDED_OUT)
    assert not similar_pairs(everyone, HANDED_OUT)


def test_identical_work_is_found_even_in_many_copies() -> None:
    everyone = [written(str(number), *variant(0)) for number in range(12)]
    assert len(similar_pairs(everyone, HANDED_OUT)) == 12 * 11 / 2


@pytest.mark.parametrize("copies", [1, 12])
def test_copies_of_the_published_solution_are_found(copies: int) -> None:
    """Partial copies are found too, and independent work is not taken for a copy."""
    part = tuple(cell for cell in solution() if cell.kind == "code")[: len(solution()) // 3]
    copied = [Submission(f"copy {number}", "x", HANDED_OUT + part, "04_em") for number in range(copies)]
    class_ = [written("ada", *variant(0)), written("bob", *variant(1)), *copied]
    published = Submission("published", "s", solution(), "04_em")
    pairs = similar_pairs([*class_, published], HANDED_OUT, published=1)
    found = {pair.one for pair in pairs if pair.other == len(class_)}
    assert found == {*range(2, len(class_))}


@pytest.mark.parametrize(
    "source",
    [
        "(" * 100_000,
        "x = " + "-" * 50_000 + "1",
        "x = " + "1 + " * 4000 + "1",
        "x = [" * 30 + "]" * 30,
        "".join("  " * depth + "if x:\n" for depth in range(90)),
        "not python at all :",
        "nul\0byte",
        "half = '\udcff'",
        "%matplotlib inline\n!rm -rf /\nx = 1",
        "x" * 200_000,
        "x = 0x" + "f" * 50_000,
        "",
    ],
    ids=range(12),
)
def test_any_text_can_be_compared(source: str) -> None:
    assert isinstance(subtrees(source), frozenset)
    similar_pairs([written("a", source), written("b", source)], HANDED_OUT)


def test_comparing_runs_nothing(tmp_path: Path) -> None:
    trap = f"open({str(tmp_path / 'ran')!r}, 'w')\n" * 10
    similar_pairs([written("a", trap), written("b", trap)], HANDED_OUT)
    assert not list(tmp_path.iterdir())


def test_similarity_writes_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = {f"task {number}": source for number, source in enumerate(variant(0))}
    for name in ("<b>ada", "mallory"):
        notebook = with_answers({})
        for source in answers.values():
            text = source if name == "<b>ada" else disguised(source)
            notebook["cells"].append({"cell_type": "code", "metadata": {}, "source": text, "outputs": []})
        path = tmp_path / "class" / name / "04_em.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(as_file(notebook))
    page = tmp_path / "alike.html"
    assert cli.main(["similarity", str(tmp_path / "class"), "-o", str(page)]) == 0
    assert "100%  <b>ada  ~  mallory  (04_em)" in capsys.readouterr().out
    document = Document(page.read_text("utf-8"))
    assert "<b>ada and mallory" in document.text
    assert set(document.tags) <= TAGS


def test_pairs_that_share_a_student_are_one_group() -> None:
    """The published solution joins nobody, and neither does being near it."""

    def hit(one: str, other: str, share: float, lesson: str = "04_em") -> Hit:
        pair = Pair(0, 1, share, 0, ())
        return Hit(*(Submission(name, name, (), lesson) for name in (one, other)), pair, other == "solution")

    hits = [
        *(hit(one, other, 1) for one, other in ("ab", "cd", "np")),
        *(hit(name, "solution", 0.9) for name in "apn"),
        hit("b", "c", 0.7),
        hit("x", "b", 0.8, "05"),
    ]
    for order in (hits, hits[::-1]):
        groups = [(each.lesson, set(each.students), each.lowest, each.highest) for each in groups_of(order)]
        assert groups == [("04_em", set("abcd"), 0.7, 1), ("05", set("xb"), 0.8, 0.8)]
        ((lesson, students),) = near_published(order)
        assert (lesson, sorted(students)) == ("04_em", [("a", 0.9), ("n", 0.9), ("p", 0.9)])


def test_cells_that_cannot_be_parsed_are_compared_by_their_lines() -> None:
    lines = "\n".join(f"    total_{k} = first + {k} * second" for k in range(30))
    broken = f"def f(first, second:\n{lines}"
    (pair,) = similar_pairs(
        [written("ada", broken), written("bob", broken + "\n"), written("eve", *variant(0))]
    )
    assert (pair.one, pair.other) == (0, 1)
