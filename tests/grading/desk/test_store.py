"""Entries are on the disk at once, and no program loses those of another."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mlcourse.grading.desk.store import EntryConflict, Store
from mlcourse.grading.records.journal import Journal
from mlcourse.grading.records.sheet import SheetError
from mlcourse.grading.report.byhand import Entry, Key, Row, read_entries, write_rows

ADA, BOB = Key("ada", "a.ipynb", "why", "bcd"), Key("bob", "b.ipynb", "why", "dcb")
BLANK = Entry()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_rows(tmp_path / "by_hand.csv", {key: Row(3, answer="=because") for key in (ADA, BOB)})
    return tmp_path / "by_hand.csv"


@pytest.fixture
def open_store(path: Path) -> Callable[[], Store]:
    return lambda: Store(path, Journal(path.with_name("journal.jsonl")))


def edit(path: Path, **entries: Entry) -> None:
    """Write the table as a spreadsheet would that shows these entries."""
    rows = {key: Row(3, entries.get(key.student, BLANK), "=because") for key in (ADA, BOB)}
    write_rows(path, rows)


def test_an_entry_is_on_the_disk_at_once(path: Path, open_store: Callable[[], Store]) -> None:
    open_store().save(ADA, BLANK, Entry("2,5", "Good, -1 for\n= the sign"), 3)
    assert read_entries(path) == {ADA: Entry("2,5", "Good, -1 for\n= the sign")}
    assert open_store().entry(ADA) == Entry("2,5", "Good, -1 for\n= the sign")
    event = json.loads((path.with_name("journal.jsonl")).read_text())
    assert (event["event"], event["student"], event["points"]) == ("by hand", "ada", "2,5")


def test_other_cells_stay_as_they_are(path: Path, open_store: Callable[[], Store]) -> None:
    before = path.read_bytes()
    store = open_store()
    store.save(ADA, BLANK, Entry("2"), 3)
    store.save(ADA, Entry("2"), BLANK, 3)
    assert path.read_bytes() == before


def test_a_table_that_was_edited_meanwhile_is_merged(path: Path, open_store: Callable[[], Store]) -> None:
    store = open_store()
    edit(path, bob=Entry("1", "by spreadsheet"))
    store.save(ADA, BLANK, Entry("2"), 3)
    assert read_entries(path) == {ADA: Entry("2"), BOB: Entry("1", "by spreadsheet")}


def test_entries_that_a_stale_spreadsheet_drops_return(path: Path, open_store: Callable[[], Store]) -> None:
    store = open_store()
    store.save(ADA, BLANK, Entry("1"), 3)
    store.save(ADA, Entry("1"), Entry("2", "new"), 3)
    for stale in (BLANK, Entry("1")):
        edit(path, ada=stale, bob=Entry("3"))
        store.refresh()
        assert read_entries(path) == {ADA: Entry("2", "new"), BOB: Entry("3")}
        assert "by another program" in store.notices[-1]
    assert not store.conflicts


def test_a_comment_from_elsewhere_joins_our_points(path: Path, open_store: Callable[[], Store]) -> None:
    store = open_store()
    store.save(ADA, BLANK, Entry("2"), 3)
    edit(path, ada=Entry("", "from the spreadsheet"))
    store.refresh()
    assert read_entries(path) == {ADA: Entry("2", "from the spreadsheet")}


def test_two_different_entries_are_a_conflict(path: Path, open_store: Callable[[], Store]) -> None:
    store = open_store()
    store.save(ADA, BLANK, Entry("2"), 3)
    edit(path, ada=Entry("3"))
    store.refresh()
    assert store.entry(ADA) == Entry("3")
    assert store.conflict(ADA) == Entry("2")
    store.save(ADA, Entry("3"), Entry("2"), 3)
    assert store.conflict(ADA) is None
    assert read_entries(path) == {ADA: Entry("2")}


def test_an_unseen_entry_is_not_overwritten(path: Path, open_store: Callable[[], Store]) -> None:
    one, other = open_store(), open_store()
    one.save(ADA, BLANK, Entry("2"), 3)
    with pytest.raises(EntryConflict):
        other.save(ADA, BLANK, Entry("1", "mine"), 3)
    assert read_entries(path) == {ADA: Entry("2")}
    assert other.conflict(ADA) == Entry("1", "mine")
    other.save(ADA, Entry("2"), Entry("2"), 3)
    assert other.conflict(ADA) is None


@pytest.mark.parametrize(
    "damage", ["no header\n1,2\n", "student,file,task,version,points\nada,a,why,,1\nada,a,why,,2\n"]
)
def test_a_table_that_cannot_be_read_is_left_alone(
    path: Path, open_store: Callable[[], Store], damage: str
) -> None:
    store = open_store()
    path.write_text(damage)
    for _ in range(2):
        with pytest.raises(SheetError):
            store.save(ADA, BLANK, Entry("2"), 3)
    assert path.read_text() == damage


def test_a_row_for_any_version_is_the_one_to_change(path: Path, open_store: Callable[[], Store]) -> None:
    overruled = ADA._replace(version="")
    write_rows(path, {ADA: Row(3), overruled: Row(None, Entry("1"))})
    store = open_store()
    assert store.entry(ADA) == Entry("1")
    store.save(ADA, Entry("1"), Entry("2"), 3)
    assert read_entries(path) == {overruled: Entry("2")}


def test_entries_survive_without_a_table(path: Path, open_store: Callable[[], Store]) -> None:
    store = open_store()
    path.unlink()
    store.save(ADA, BLANK, Entry("2"), 3)
    assert read_entries(path) == {ADA: Entry("2")}
