"""The requests that a browser may make: a page, an entry, and a few static files.

Marks are confidential, and any page that is open in the same browser can send requests to this machine. So:

- The server listens on 127.0.0.1 alone, and answers only requests that name this address: a foreign host name that
  leads here (DNS rebinding) is refused.
- Whoever opens the address with the secret key gets it as a cookie that scripts cannot read and that other sites'
  requests do not carry. Nothing is shown without it.
- An entry needs tornado's XSRF token, which is only on the page, and must not come from another origin.
- Templates escape every text. Even if they did not: the policy allows no script, style, image or address but ours.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler, StaticFileHandler

from mlcourse.grading.desk.items import passages
from mlcourse.grading.desk.store import EntryConflict
from mlcourse.grading.desk.view import Choice, Desk
from mlcourse.grading.records.sheet import SheetError
from mlcourse.grading.records.text import format_points, printable
from mlcourse.grading.report.byhand import MAX_COMMENT, WHOLE, Entry, parse_points, tidy_comment

HERE = Path(__file__).parent
MAX_BODY = 100_000  # bytes of a request
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # `no-referrer` would also remove the origin of our own form
    "X-Content-Type-Options": "nosniff",
}
STRICT: dict[str, Any] = {"httponly": True, "samesite": "Strict", "path": "/"}


def shown(value: object) -> object:
    """Spell out invisible characters in every text that a template shows."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return printable(value, limit=200_000, lines=True)
    return value


TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    finalize=shown,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters["points"] = format_points


class Guarded(RequestHandler):
    """A handler that answers only the person who has the key, and only at our own address."""

    application: "DeskServer"

    def set_default_headers(self) -> None:
        for name, value in HEADERS.items():
            self.set_header(name, value)
        self.clear_header("Server")

    def prepare(self) -> None:
        if self.request.host != self.application.host:
            raise HTTPError(HTTPStatus.FORBIDDEN)
        if self.request.headers.get("Origin", self.application.origin) != self.application.origin:
            raise HTTPError(HTTPStatus.FORBIDDEN)
        if not self.has_key():
            raise HTTPError(HTTPStatus.FORBIDDEN)

    def has_key(self) -> bool:
        return same(self.get_cookie(self.application.cookie, ""), self.application.key)

    def write_error(self, status_code: int, **facts: Any) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        if status_code == HTTPStatus.FORBIDDEN:
            self.finish(
                "Open the address that `mark` has printed: without the key in it, nothing is shown.\n"
            )
        else:
            self.finish(f"{status_code} {HTTPStatus(status_code).phrase}\n")


class Entrance(Guarded):
    """The address that is printed: it turns its key into a cookie."""

    def has_key(self) -> bool:
        return same(self.get_query_argument("key", ""), self.application.key)

    def get(self) -> None:
        self.set_cookie(self.application.cookie, self.application.key, **STRICT)
        # Not a redirect: a browser that came from elsewhere would follow it without the cookie.
        waiting = self.application.desk.waiting()
        address = waiting[0].address if waiting else "/"
        self.finish(TEMPLATES.get_template("entrance.html").render(address=address))


class Page(Guarded):
    """One answer, with what there is to know and to enter about it."""

    @property
    def desk(self) -> Desk:
        return self.application.desk

    def get(self) -> None:
        problem = ""
        try:
            self.desk.refresh()
        except SheetError as error:
            problem = str(error)
        arguments = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        self.show(Choice.of(arguments), problem)

    def show(self, choice: Choice, problem: str = "", typed: Entry | None = None) -> None:
        """Send the page. `problem` is a sentence about `typed`, which was not saved."""
        selection = self.desk.select(choice)
        questions = self.desk.questions()
        item = selection.item
        of_item: dict[str, object] = {}
        if item:
            entry = self.desk.store.entry(item.key)
            of_item = {
                "title": self.desk.title(item),
                "passages": passages(self.desk.out, item),
                "rubric": self.desk.rubrics.get(item.mark.task),
                "requests": self.desk.requests(item),
                "seen": entry,
                "entry": typed or entry,
                "conflict": self.desk.store.conflict(item.key),
                "choice": choice._replace(at=item.id),
            }
        self.finish(
            TEMPLATES.get_template("desk.html").render(
                {"choice": choice, **of_item},
                item=item,
                selection=selection,
                questions=questions,
                whole=WHOLE,
                groups=self.desk.groups(),
                conflicts=self.desk.conflicts(),
                several=self.desk.several,
                waiting=[] if item or choice.anonymous else self.desk.waiting(),  # it leads to names
                notices=self.desk.store.notices,
                problem=problem,
                max_comment=MAX_COMMENT,
                xsrf_field=Markup(self.xsrf_form_html()),
            )
        )


class Save(Page):
    """An entry: from the script, which stays on the page, or from the form, which goes on to the next answer."""

    def get(self) -> None:
        self.redirect("/")

    def post(self) -> None:
        arguments = {name: self.get_body_argument(name, strip=False) for name in self.request.body_arguments}
        choice = Choice.of(arguments)
        item = self.desk.by_id.get(choice.at)
        if item is None:
            raise HTTPError(HTTPStatus.NOT_FOUND)
        seen, entry = (_entry(arguments, prefix) for prefix in ("seen_", ""))
        problem = _problem_with(entry, item.mark.out_of)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if not problem:
            try:
                self.desk.save(item, seen, entry)
            except EntryConflict:
                problem, status = "Not saved: somebody else has changed this entry.", HTTPStatus.CONFLICT
            except (SheetError, OSError) as error:
                problem, status = f"Not saved: {error}", HTTPStatus.CONFLICT
        if problem:
            self.set_status(status)
        if arguments.get("script"):
            self._answer_script(choice, problem, entry)
        elif problem:
            self.show(choice, problem, None if self.desk.store.conflict(item.key) else entry)
        else:
            following = self.desk.select(choice).following
            self.redirect(choice.address(following.id if following else item.id), status=HTTPStatus.SEE_OTHER)

    def _answer_script(self, choice: Choice, problem: str, entry: Entry) -> None:
        selection = self.desk.select(choice)
        item = self.desk.by_id[choice.at]
        answered = self.desk.requests(item)
        self.finish(
            {
                "problem": problem,
                "conflict": self.desk.store.conflict(item.key) is not None,
                "points": entry.points,
                "comment": entry.comment,
                "marked": selection.marked,
                "total": selection.total,
                "done": selection.is_done,
                "questions": {each.task: each.marked for each in self.desk.questions() if each.is_open},
                "answered": bool(answered) and all(each.answered for each in answered),
            }
        )


def _entry(arguments: dict[str, str], prefix: str) -> Entry:
    points, comment = (arguments.get(f"{prefix}{name}", "") for name in Entry._fields)
    return Entry(printable(points.strip(), 50), tidy_comment(comment))


def _problem_with(entry: Entry, out_of: int) -> str:
    """Say what is wrong with an entry; blank if nothing is."""
    if entry.points and parse_points(entry.points, out_of) is None:
        return f"Not saved: {entry.points!r} is not a number from 0 to {out_of}."
    if len(entry.comment) > MAX_COMMENT:
        return f"Not saved: the comment has {len(entry.comment)} characters; shorten it to {MAX_COMMENT}."
    return ""


class SeveralPage(Guarded):
    """The students with several notebooks for one lesson; a click chooses the one that counts."""

    def get(self) -> None:
        self._show()

    def post(self) -> None:
        problem = ""
        counts = self.get_body_argument("counts", "yes") == "yes"
        try:
            if not self.application.desk.several.choose(self.get_body_argument("notebook", ""), counts):
                raise HTTPError(HTTPStatus.NOT_FOUND)
        except (SheetError, OSError) as error:
            problem = f"Not saved: {error}"
            self.set_status(HTTPStatus.CONFLICT)
        if problem:
            self._show(problem)
        else:
            self.redirect("/several", status=HTTPStatus.SEE_OTHER)

    def _show(self, problem: str = "") -> None:
        several = self.application.desk.several
        try:
            several.refresh()
        except SheetError as error:
            problem = str(error)
        xsrf_field = Markup(self.xsrf_form_html())
        page = TEMPLATES.get_template("several.html")
        self.finish(page.render(several=several, problem=problem, xsrf_field=xsrf_field))


class Static(Guarded, StaticFileHandler):
    """Our style sheet, script and icon."""


class Nothing(Guarded):
    """Any other address."""

    def prepare(self) -> None:
        super().prepare()
        raise HTTPError(HTTPStatus.NOT_FOUND)


class DeskServer(Application):
    """The desk at a port of this machine.

    Parameters
    ----------
    desk : Desk
    port : int
    """

    def __init__(self, desk: Desk, port: int):
        self.desk, self.host = desk, f"127.0.0.1:{port}"
        self.origin = f"http://{self.host}"
        self.key = secrets.token_urlsafe(32)
        self.cookie = f"desk_{port}"  # cookies of all ports of a machine share their names
        routes: list[Any] = [
            ("/", Page),
            ("/enter", Entrance),
            ("/save", Save),
            ("/several", SeveralPage),
            ("/static/(.*)", Static, {"path": str(HERE / "static")}),
        ]
        super().__init__(
            routes,
            default_handler_class=Nothing,
            xsrf_cookies=True,
            xsrf_cookie_name=f"xsrf_{port}",
            xsrf_cookie_kwargs=STRICT,
            log_function=lambda handler: None,  # addresses contain the key, and names
        )

    @property
    def entrance(self) -> str:
        """The address to open first."""
        return f"{self.origin}/enter?key={self.key}"


def same(one: str | None, other: str) -> bool:
    """Compare secrets in a time that says nothing about them."""
    return secrets.compare_digest((one or "").encode(), other.encode())


@asynccontextmanager
async def served(desk: Desk) -> AsyncIterator[str]:
    """Serve the desk at a free port, and yield the address to open."""
    sockets = bind_sockets(0, "127.0.0.1")
    application = DeskServer(desk, port=sockets[0].getsockname()[1])
    server = HTTPServer(application, max_body_size=MAX_BODY, max_buffer_size=2 * MAX_BODY)
    server.add_sockets(sockets)
    try:
        yield application.entrance
    finally:
        server.stop()
        await server.close_all_connections()
