"""What the desk answers, and to whom."""

import re
import socket
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from mlcourse.grading.desk.view import Choice, Desk
from mlcourse.grading.records.grade import Grade, Submission
from mlcourse.grading.records.manifest import listed, read_manifest, write_manifest
from mlcourse.grading.records.results import Result, name_of, save
from mlcourse.grading.report.byhand import Entry, read_entries, read_rows, write_rows
from mlcourse.grading.report.publish import publish
from tests.grading.desk.conftest import Client
from tests.helpers.desk import CHECKED, QUESTION, desk_of, write_class
from tests.helpers.grades import NASTY

Served = tuple[Desk, Client]


def entered(out: Path) -> list[Entry]:
    return list(read_entries(out / "by_hand.csv").values())


def test_the_page_shows_an_answer_and_its_rubric(client: Client) -> None:
    page = client.get()
    assert page.status == 200
    assert "streets" in page.text
    assert "0 of 4 marked" in page.text
    assert "<strong>Essence:</strong> a concrete data set" in page.text
    assert "<td>rows and features that make the case concrete</td>" in page.text


def test_an_entry_is_saved_and_counted(client: Client, out: Path) -> None:
    reply = client.enter_marks(client.get(), points="2,5", comment="Good.\r\n-- me")
    assert reply.status == 200
    assert (reply.json()["marked"], reply.json()["problem"]) == (1, "")
    assert entered(out) == [Entry("2,5", "Good.\n-- me")]
    assert client.get().field("seen_comment") == "Good.\n-- me"
    (ada, *_) = publish(out).grades
    assert (ada.points, ada.marks[1].comment) == (2.5, "Good.\n-- me")


def test_the_form_without_script_goes_to_the_next_answer(client: Client, out: Path) -> None:
    reply = client.enter_marks(client.get("/?show=unmarked"), points="1", script="")
    assert reply.status == 303
    following = client.get(reply.headers["Location"])
    assert "songs" in following.text
    assert "show=unmarked" in reply.headers["Location"]
    assert entered(out) == [Entry("1")]


@pytest.mark.parametrize("points", ["4", "-1", "four", "nan", "<b>"])
def test_points_that_are_not_valid_are_refused(client: Client, out: Path, points: str) -> None:
    for script in ("yes", ""):
        reply = client.enter_marks(client.get(), points=points, comment="kept", script=script)
        assert reply.status == 422
    assert entered(out) == []
    assert 'value="&lt;b&gt;"' in reply.text if points == "<b>" else f'value="{points}"' in reply.text
    assert ">kept</textarea>" in reply.text


def test_a_comment_that_is_too_long_is_refused(client: Client, out: Path) -> None:
    assert client.enter_marks(client.get(), comment="x" * 5001).status == 422
    assert entered(out) == []


def test_a_check_is_overruled(client: Client, out: Path) -> None:
    page = client.get(f"/?task={CHECKED.name}")
    assert f"{CHECKED.name} = 1" in page.text
    assert "print()" not in page.text
    client.enter_marks(page, points="1")
    assert {key.version for key in read_entries(out / "by_hand.csv")} == {""}
    assert sorted(grade.marks[0].points for grade in publish(out).grades) == [0, 0, 0, 1]


def test_a_notebook_that_could_not_be_graded_is_ticked_off(out: Path) -> None:
    lost = Submission("mia", "mia/homework.pdf", problem="It is a PDF.")
    grade = Grade("mia", None, lost.source, "unreadable", notes=["It is a PDF."])
    save(out / "results" / f"{name_of(lost)}.json", Result(grade, "", finished=True))
    manifest = read_manifest(out)
    write_manifest(out, replace(manifest, submissions=[*manifest.submissions, listed(lost)]))
    rows = read_rows(out / "by_hand.csv")
    write_rows(out / "by_hand.csv", {key: row._replace(entry=Entry("1")) for key, row in rows.items()})
    with desk_of(out) as (_, entrance):
        client = Client(entrance).enter()
        assert "It is a PDF." in client.get(client.opened).text  # nothing else waits
        nothing = client.get("/?group=C").text
        assert "files that could not be graded</a>: 1" in nothing
        assert "It is a PDF." not in client.get().text
        assert "homework" not in client.get("/?task=whole+notebook&anonymous=yes").text
        page = client.get("/?task=whole+notebook")
        for words in ("It is a PDF.", "(0 of 1 dealt with)", 'type="checkbox" id="points"'):
            assert words in page.text
        reply = client.enter_marks(page, points="0", comment="Send the notebook.").json()
        assert reply["marked"] == 1
        for task in reply["questions"]:  # the script updates their numbers
            assert re.search(
                rf'<option value="{task}" data-title="[^"]+" data-total="\d" data-words="', page.text
            )
        assert "(1 of 1 dealt with)" in client.get().text
    assert publish(out).ungraded == []


# ── Two people, two programs ─────────────────────────────────────────────────────────────────────────


def test_two_windows_do_not_overwrite_each_other(client: Client, out: Path) -> None:
    page = client.get()
    client.enter_marks(page, points="2")
    reply = client.enter_marks(page, points="1", comment="mine")
    assert reply.status == 409
    assert reply.json()["conflict"]
    assert entered(out) == [Entry("2")]
    shown = client.get(f"/?at={page.field('at')}")
    assert 'data-points="1" data-comment="mine"' in shown.text
    assert f'at={page.field("at")}">1</a>.' in shown.text
    assert client.enter_marks(shown, points="1", comment="mine").status == 200
    assert "data-comment" not in client.get(f"/?at={page.field('at')}").text


def test_an_edit_in_a_spreadsheet_is_shown(client: Client, out: Path) -> None:
    client.get()
    rows = read_rows(out / "by_hand.csv")
    write_rows(out / "by_hand.csv", {key: row._replace(entry=Entry("3")) for key, row in rows.items()})
    assert "4 of 4 marked" in client.get().text


def test_a_broken_table_is_named_and_nothing_is_saved(client: Client, out: Path) -> None:
    page = client.get()
    (out / "by_hand.csv").write_text("broken\n")
    assert "has lost its header" in client.get().text
    reply = client.enter_marks(page, points="2")
    assert (reply.status, reply.json()["conflict"]) == (409, False)
    assert (out / "by_hand.csv").read_text() == "broken\n"


def test_a_crash_loses_nothing(out: Path) -> None:
    with desk_of(out) as (_, entrance):
        client = Client(entrance).enter()
        client.enter_marks(client.get(), points="2", comment="before the crash")
        # Nothing is written when the desk ends: what follows reads what a killed one would leave.
        with desk_of(out) as (_, other):
            page = Client(other).enter().get()
    assert page.field("seen_comment") == "before the crash"


# ── Strangers ────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_shown_without_the_key(served: Served) -> None:
    _, client = served
    for path in ("/", "/save", "/static/desk.js", "/enter", "/enter?key=wrong", "/nothing"):
        reply = client.get(path)
        assert reply.status == 403
        assert "ada" not in reply.text
    assert client.post("/save", {"points": "1"}).status == 403
    client.enter()
    assert client.get("/nothing").status == 404


def test_the_cookie_is_not_for_scripts_or_other_sites(client: Client) -> None:
    client.get()
    assert len(client.cookies) == 2
    for cookie in client.cookies.values():
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")


def test_another_host_name_is_refused(client: Client) -> None:
    port = client.entrance.port
    for host in (f"evil.example:{port}", f"localhost:{port}", "127.0.0.1", f"127.0.0.1.evil.example:{port}"):
        assert client.get("/", Host=host).status == 403


def test_an_entry_needs_its_token_and_our_origin(client: Client, out: Path) -> None:
    page = client.get()
    assert client.enter_marks(page, points="1", _xsrf="").status == 403
    assert client.enter_marks(page, points="1", _xsrf="2|1234|5678|9").status == 403
    fields = {name: page.field(name) for name in ("_xsrf", "at", "seen_points", "seen_comment")}
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
        assert client.post("/save", fields | {"points": "1"}, Origin=origin).status == 403
    assert entered(out) == []
    assert (
        client.post("/save", fields | {"points": "1"}, Origin=f"http://{client.entrance.netloc}").status
        == 303
    )


def test_every_answer_forbids_scripts_and_keeping(client: Client) -> None:
    for path in ("/", "/static/desk.css", "/nothing"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Server" not in headers


def test_no_files_but_our_own_are_served(client: Client) -> None:
    assert client.get("/static/desk.css").status == 200
    for path in ("/static/../server.py", "/static/%2e%2e/server.py", "/static//etc/passwd", "/static/"):
        assert client.get(path).status in (403, 404)


def test_a_request_that_is_too_large_is_refused(client: Client, out: Path) -> None:
    page = client.get()
    with suppress(OSError):  # the connection may be closed before everything is sent
        assert client.enter_marks(page, comment="x" * 200_000).status >= 400
    assert entered(out) == []


@pytest.mark.parametrize(
    "request_line",
    [
        "GET http://evil.example/ HTTP/1.1",
        "GET / HTTP/1.0",
        "GET /static/..%5c..%5cserver.py HTTP/1.1",
        "GET /static/desk.css%00 HTTP/1.1",
        "GET /?at=%ff&task=%00 HTTP/1.1",
        "TRACE / HTTP/1.1",
        "PUT /save HTTP/1.1",
    ],
)
def test_an_odd_request_without_the_key_shows_nothing(served: Served, request_line: str) -> None:
    _, client = served
    address = client.entrance.hostname, client.entrance.port
    for host in ("evil.example", f"{address[0]}:{address[1]}\r\nHost: evil.example"):
        with socket.create_connection(address, timeout=10) as connection:
            connection.sendall(f"{request_line}\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            reply = b"".join(iter(lambda: connection.recv(65536), b""))
        assert reply == b"" or reply.split()[1] in (b"400", b"403", b"404", b"405")
        assert b"ada" not in reply


@pytest.mark.parametrize(
    "path", ["/?at=%ff", "/?at=%00", "/?task=" + "x" * 5000, "/?at=..%2f..%2fetc", "/?at[]=1"]
)
def test_an_odd_address_is_no_error_of_ours(client: Client, path: str) -> None:
    assert client.get(path).status in (200, 400)


@pytest.mark.parametrize("text", NASTY)
def test_texts_of_students_are_only_text(tmp_path: Path, text: str) -> None:
    out = write_class(tmp_path / "out", {text: text, "z": "z"}, groups=[text], message=text)
    (out / "regrade_requests.csv").write_text(
        f"student,lesson or file,task,reason\nz,,{QUESTION},<script>alert(1)</script>\n"
    )
    with desk_of(out) as (_, entrance):
        client = Client(entrance).enter()
        for path in ("/", f"/?task={CHECKED.name}", "/?show=unmarked&student=%3Cscript%3E"):
            page = client.get(path)
            assert page.status == 200
            assert len(re.findall("<script", page.text)) == 1
            assert not re.search(r"<img|<[a-z]+[^>]*\son\w+=|[\x00-\x08\x1b\u202e\u2028]", page.text)
        client.enter_marks(client.get(), points="1", comment=text)
        again = client.get()
        assert len(re.findall("<script", again.text)) == 1
        assert client.enter_marks(again, points="2", comment=again.field("seen_comment")).status in (200, 422)


def test_a_click_chooses_one_of_several_notebooks(tmp_path: Path) -> None:
    out = write_class(tmp_path, {"ada": "One.", "bob": "Two."})
    (out / "class.csv").write_text("name,login,id\nAda,ada,bob\n")  # both folders are hers
    with desk_of(out) as (desk, address):
        client = Client(address).enter()
        page = client.get("/several")
        assert desk.several.undecided() == 1
        (xsrf, *_), notebooks = (
            re.findall(rf'name="{name}" value="([^"]*)"', page.text) for name in ("_xsrf", "notebook")
        )
        assert client.post("/several", {"notebook": notebooks[1]}).status == 403
        assert client.post("/several", {"notebook": notebooks[1], "_xsrf": xsrf}).status == 303
        assert desk.several.undecided() == 0
        assert {item.name for item in desk.items} - desk.several.set_aside() == {
            desk.select(Choice()).item.name
        }
        assert "yes" in (out / "several.csv").read_text("utf-8")
