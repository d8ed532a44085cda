"""Entries in `by_hand.csv`, while a spreadsheet or another desk may be writing it.

The file is what counts. Each entry is written at once, as a whole new file, so a crash loses nothing. When another
program has written the file, it is read again. That program may have loaded it before our last entries. So for each
of our entries there are three cases:

- The file has what we entered: nothing to do.
- The file has what was there before: the other program did not know our entry, and it is put back.
- The file has something else: two people disagree. The file's entry stays, ours is kept in `conflicts`, and the page
  shows both.
"""

import os
from pathlib import Path

from mlcourse.grading.records.journal import Journal
from mlcourse.grading.report.byhand import (
    Entry,
    Key,
    Row,
    effective_key,
    locked,
    read_rows,
    write_rows,
)

Signature = tuple[int, int, int]  # of a file: it changes when the file is written


class EntryConflict(Exception):
    """The row has another entry than the person who is changing it has seen."""


class Store:
    """The table of entries.

    Parameters
    ----------
    path : Path
        `by_hand.csv`, which need not exist yet.
    journal : Journal
        Gets a line for each entry.

    Attributes
    ----------
    conflicts : dict of Key → Entry
        What was entered here, where the table has something else.
    notices : list of str
        Sentences about changes by other programs, for the user to read.

    Raises
    ------
    SheetError
        If the table cannot be read, then or later. It is not overwritten.
    """

    def __init__(self, path: Path, journal: Journal):
        self.path, self.journal = path, journal
        self.conflicts: dict[Key, Entry] = {}
        self.notices: list[str] = []
        self._versions: dict[Key, list[Entry]] = {}  # what each row of ours was, from the first change on
        self._read()

    def _read(self) -> None:
        seen = self._signature()
        self._rows = read_rows(self.path)
        self._seen = seen  # only now: a table that cannot be read stays unread
        self._entered = {key: row.entry for key, row in self._rows.items() if row.entry != Entry()}

    def _signature(self) -> Signature | None:
        try:
            facts = os.stat(self.path)
        except FileNotFoundError:
            return None
        return facts.st_mtime_ns, facts.st_size, facts.st_ino

    @property
    def changed(self) -> bool:
        """Whether anything has been entered here."""
        return bool(self._versions)

    def entry(self, exact: Key) -> Entry:
        """Return the entry that counts for a mark, as it was in the table when that was last read."""
        return self._entered.get(effective_key(exact, self._entered), Entry())

    def conflict(self, exact: Key) -> Entry | None:
        """Return what was entered here for a mark, if the table has something else."""
        return self.conflicts.get(effective_key(exact, self._entered))

    def refresh(self) -> None:
        """Read the table again if another program has written it, and put back what that program did not know."""
        if self._signature() != self._seen:
            with locked(self.path):
                self._synchronise()

    def _synchronise(self) -> None:
        """Do what `refresh` says; the caller has locked the table."""
        if self._signature() == self._seen:
            return
        self._read()
        lost = {key: entry for key in self._versions if (entry := self._restored(key)) != self._entry_of(key)}
        if lost:
            self._write({key: self._row_of(key)._replace(entry=entry) for key, entry in lost.items()})
            self.notices.append(
                "by_hand.csv was saved by another program, which did not know the last entries made here."
                f" They are in the table again: {len(lost)}."
            )

    def _entry_of(self, key: Key) -> Entry:
        return self._entered.get(key, Entry())

    def _row_of(self, key: Key) -> Row:
        return self._rows.get(key, Row())

    def _restored(self, key: Key) -> Entry:
        """Return what a row of ours should be, now that another program has written the table."""
        *earlier, ours = self._versions[key]
        fields = {}
        for name, theirs in self._entry_of(key)._asdict().items():
            known = [getattr(entry, name) for entry in earlier]
            mine = getattr(ours, name)
            fields[name] = mine if theirs in known else theirs
            if theirs not in [*known, mine] and mine != known[0]:
                self.conflicts[key] = ours
        restored = Entry(**fields)
        if restored != ours:
            self._versions[key].append(restored)
        return restored

    def save(self, exact: Key, seen: Entry, entry: Entry, out_of: int) -> None:
        """Enter points and a comment for a mark, and return once they are on disk.

        Parameters
        ----------
        exact : Key
            Of the mark.
        seen : Entry
            What the person who enters this has seen in its place.
        entry : Entry
        out_of : int
            Points available.

        Raises
        ------
        EntryConflict
            If the table has something else than what was seen. Nothing is changed.
        """
        with locked(self.path):
            self._synchronise()
            key = effective_key(exact, self._entered)
            if self._entry_of(key) not in (seen, entry):
                self.conflicts[key] = entry
                self._note("conflict by hand", key, entry)
                raise EntryConflict
            self.conflicts.pop(key, None)
            if self._entry_of(key) == entry:
                return
            self._versions.setdefault(key, [self._entry_of(key)]).append(entry)
            self._write({key: self._row_of(key)._replace(out_of=out_of, entry=entry)})
        self._note("by hand", key, entry)

    def _write(self, changed: dict[Key, Row]) -> None:
        write_rows(self.path, self._rows | changed)
        self._seen = self._signature()
        self._rows |= changed
        for key, row in changed.items():
            if row.entry == Entry():
                self._entered.pop(key, None)
            else:
                self._entered[key] = row.entry

    def _note(self, event: str, key: Key, entry: Entry) -> None:
        self.journal.write(event, **key._asdict(), **entry._asdict())
