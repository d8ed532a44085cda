"""Functions that cannot work in a sandbox, tried outside one."""

import os

import pytest

from mlcourse.grading.inside import notes, substitutes


@pytest.fixture(autouse=True)
def no_notes():
    notes.take()
    yield
    notes.take()


def refuse(*args, **options):
    raise PermissionError(1, "Operation not permitted")


def test_a_change_of_mode_does_nothing_to_own_files(tmp_path):
    own, foreign = tmp_path / "own", tmp_path / "foreign"
    own.mkdir()
    (own / "file").touch()
    foreign.touch()
    (own / "link").symlink_to(foreign)
    chmod = substitutes.without_effect(refuse, str(own))
    assert chmod(own / "file", 0o777) is None
    for path, error in (
        (foreign, PermissionError),
        (own / "link", PermissionError),
        (own / "no", FileNotFoundError),
    ):
        with pytest.raises(error):
            chmod(path, 0o777)
    with open(foreign) as file, pytest.raises(PermissionError):
        chmod(file.fileno(), 0o777)


def test_a_change_of_mode_happens_where_it_is_allowed(tmp_path):
    substitutes.without_effect(os.chmod, "/nowhere")(tmp_path, 0o700)
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_a_refusal_says_what_is_missing_and_keeps_its_type():
    with pytest.raises(PermissionError, match="no network") as raised:
        substitutes.explained(refuse, substitutes.NO_NETWORK)()
    assert raised.value.errno == 1


def test_input_is_an_empty_line_a_hundred_times(capsys):
    line = substitutes.Input().line
    assert {line("?") for _ in range(substitutes.MAX_LINES)} == {""}
    with pytest.raises(EOFError):
        line()
    assert notes.take() == [("input", "")]
    assert capsys.readouterr().out.startswith("?\n?\n")


def test_notes_are_counted_once_and_limited():
    for number in range(100):
        notes.note("program", "x" * 1000)
        notes.note("program", f"{number}")
    taken = notes.take()
    assert len(taken) == notes.MAX_NOTES
    assert taken[0] == ("program", "x" * notes.MAX_DETAIL)
    assert notes.take() == []
