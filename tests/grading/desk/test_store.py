"""Entries are on the disk at once, and no program loses those of another."""

import json
import os
import signal
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from mlcourse.grading.desk.store import EntryConflict, Store
from mlcourse.grading.records.journal import Journal
from mlcourse.grading.records.sheet import SheetError
from mlcourse.grading.report.byhand import Entry, Key, Row, read_entries, read_rows, write_rows

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


# ── Several processes ────────────────────────────────────────────────────────────────────────────────

MANY = [Key(f"s{number}", "a.ipynb", "why", "x") for number in range(12)]
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes of a test are forked")


def forked(work: Callable[[], None]) -> int:
    """Do something in a process of its own, and return its id."""
    process = os.fork()
    if process == 0:
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return process


@needs_fork
def test_entries_of_several_processes_are_all_kept(path: Path, open_store: Callable[[], Store]) -> None:
    def enter(keys: list[Key]) -> None:
        store = open_store()
        for key in keys:
            store.save(key, BLANK, Entry("1"), 3)

    processes = [forked(lambda keys=MANY[part::3]: enter(keys)) for part in range(3)]  # type: ignore[misc]
    assert [os.waitpid(process, 0)[1] for process in processes] == [0, 0, 0]
    assert read_entries(path) == dict.fromkeys(MANY, Entry("1"))


@needs_fork
def test_of_two_processes_one_enters_the_same_mark(path: Path, open_store: Callable[[], Store]) -> None:
    stores = [open_store(), open_store()]  # two windows that have both seen a blank
    processes = [
        forked(lambda store=store, points=points: store.save(ADA, BLANK, Entry(points), 3))  # type: ignore[misc]
        for store, points in zip(stores, "12")
    ]
    codes = [os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process in processes]
    assert sorted(codes) == [0, 1]
    assert read_entries(path) == {ADA: Entry("12"[codes.index(0)])}


@needs_fork
def test_a_desk_that_is_killed_leaves_a_whole_table(path: Path, open_store: Callable[[], Store]) -> None:
    def enter() -> None:
        store = open_store()
        for number in count():
            store.save(ADA, store.entry(ADA), Entry("1", "x" * 2000 + str(number)), 3)

    for _ in range(5):
        before = path.read_bytes()
        process = forked(enter)
        while path.read_bytes() == before:
            assert os.waitpid(process, os.WNOHANG) == (0, 0)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        assert read_entries(path)[ADA].comment.startswith("x" * 2000)
    assert len(read_rows(path)) == 2
