"""Which answers are shown, in which order."""

from dataclasses import replace
from pathlib import Path

import pytest

from mlcourse.grading.desk.items import passages
from mlcourse.grading.desk.view import Choice, Desk
from mlcourse.grading.records.manifest import read_manifest, write_manifest
from mlcourse.grading.records.sheet import SheetError
from mlcourse.grading.report.byhand import Entry
from tests.grading.desk.conftest import Client
from tests.helpers.courses import OUR_COURSE
from tests.helpers.desk import CHECKED, QUESTION


@pytest.fixture
def desk(out: Path) -> Desk:
    return Desk(out, OUR_COURSE)


def walk(desk: Desk, **choice: object) -> list[str]:
    """The students in the order in which their answers are shown."""
    selection, students = desk.select(Choice(**choice)), []  # type: ignore[arg-type]
    while selection.item:
        students.append(selection.item.student)
        if selection.following is None:
            break
        selection = desk.select(Choice(**choice | {"at": selection.following.id}))  # type: ignore[arg-type]
    return students


def test_filters_choose_answers(desk: Desk) -> None:
    assert walk(desk) == ["ada", "bob", "eve", "zoé"]
    assert walk(desk, group="B") == ["bob", "zoé"]
    assert walk(desk, student="O") == ["bob", "zoé"]
    assert walk(desk, task=CHECKED.name, group="A") == ["ada", "eve"]
    assert walk(desk, task="nothing") == []


def test_a_marked_answer_stays_until_one_goes_on(desk: Desk) -> None:
    first = desk.select(Choice(show="unmarked"))
    assert first.item is not None
    assert first.following is not None
    desk.save(first.item, Entry(), Entry("1"))
    after = desk.select(Choice(show="unmarked", at=first.item.id))
    assert after.item == first.item
    assert (after.following, after.previous) == (first.following, None)
    assert (after.place, after.size, after.marked, after.total) == (0, 3, 1, 4)
    assert walk(desk, show="unmarked") == ["bob", "eve", "zoé"]


def test_a_comment_alone_does_not_mark_an_answer(desk: Desk) -> None:
    item = desk.select(Choice()).item
    assert item is not None
    desk.save(item, Entry(), Entry("", "Hm."))
    assert desk.select(Choice()).marked == 0


def test_all_answers_to_a_question_follow_each_other(desk: Desk) -> None:
    tasks = [item.mark.task for item in desk.items]
    assert tasks == [CHECKED.name] * 4 + [QUESTION] * 4
    (check, question) = desk.questions()
    assert (check.is_open, question.is_open, question.marked, question.total) == (False, True, 0, 4)


def test_names_can_be_hidden(client: Client) -> None:
    page = client.get("/?anonymous=yes&student=ada")
    assert "0 of 4 marked" in page.text
    for name in ("ada", "bob", "eve", "zoé"):
        assert name not in page.text.replace("shadad", "")
    assert "anonymous=yes" in page.text


def test_the_order_of_hidden_names_is_not_theirs(desk: Desk) -> None:
    ids = [item.id for item in desk.items if item.is_open]
    hidden = walk(desk, anonymous=True)
    assert sorted(hidden) == ["ada", "bob", "eve", "zoé"]
    by_id = {item.id: item.student for item in desk.items}
    assert hidden == [by_id[each] for each in sorted(ids)]


def test_an_empty_answer_is_shown_as_such(desk: Desk, out: Path) -> None:
    (item,) = (item for item in desk.items if item.student == "eve" and item.is_open)
    assert [passage.text for passage in passages(out, item)] == ["(nothing written)"]


def test_a_request_is_answered_by_an_entry(out: Path) -> None:
    (out / "regrade_requests.csv").write_text(
        f"student,lesson or file,task,reason\nbob,02,{QUESTION},Read it again\nzoé,,{CHECKED.name},Me too\n"
    )
    desk = Desk(out, OUR_COURSE)
    assert walk(desk, show="requests") == ["zoé", "bob"]
    (item,) = (item for item in desk.items if item.student == "bob" and item.is_open)
    (request,) = desk.requests(item)
    assert (request.request.reason, request.answered) == ("Read it again", False)
    desk.save(item, Entry(), Entry("", "I did."))
    assert [each.answered for each in desk.requests(item)] == [True]
    assert [each.answered for each in Desk(out, OUR_COURSE).requests(item)] == [True]


def test_what_waits_is_listed_until_it_is_done(out: Path) -> None:
    (out / "regrade_requests.csv").write_text(
        f"student,lesson or file,task,reason\nzoé,,{CHECKED.name},Read it again\n"
    )
    desk, requests = Desk(out, OUR_COURSE), Choice(show="requests")
    assert [(each.what, each.number) for each in desk.waiting()] == [
        ("open answers to mark", 4),
        ("requests to answer", 1),
    ]
    while (first := desk.select(Choice(show="unmarked"))).item:
        assert desk.waiting()[0].address == Choice().address(first.item.id)
        desk.save(first.item, Entry(), Entry("1"))
    assert [each.address for each in desk.waiting()] == [requests.address()]
    assert (desk.select(Choice()).is_done, desk.select(requests).is_done) == (True, False)
    (asked,) = (item for item in desk.items if desk.requests(item))
    desk.save(asked, Entry(), Entry("", "I did."))
    assert desk.select(requests).is_done
    assert desk.waiting() == []


def test_a_request_about_nothing_is_named(out: Path) -> None:
    (out / "regrade_requests.csv").write_text("student,lesson or file,task,reason\nnobody,02,x,y\n")
    with pytest.raises(SheetError, match="row 2: there is no student 'nobody'"):
        Desk(out, OUR_COURSE)


def test_students_and_tasks_are_called_as_people_call_them(out: Path) -> None:
    (out / "class.csv").write_text("name,login\nAda Lovelace,ada\n")
    manifest = read_manifest(out)
    write_manifest(out, replace(manifest, titles={QUESTION: "Task 9 · Where it fails"}))
    desk = Desk(out, OUR_COURSE)
    (item,) = (item for item in desk.items if item.student == "Ada Lovelace" and item.is_open)
    assert desk.title(item) == "Task 9 · Where it fails"
    assert walk(desk, student="lovelace") == walk(desk, student="ada") == ["Ada Lovelace"]
