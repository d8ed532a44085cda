"""A class to mark, a desk in front of it, and a browser without a screen."""

import http.client
import json
import re
from collections.abc import Iterator, Mapping
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import pytest

from mlcourse.grading.desk.view import Desk
from tests.helpers.desk import desk_of, write_class


class Reply(NamedTuple):
    """What the server has answered."""

    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)

    def field(self, name: str) -> str:
        """The value of a hidden field of the form."""
        form = self.text.split('id="entry"')[1]
        (value,) = re.findall(rf'name="{name}" value="([^"]*)"', form)
        return unescape(value)


class Client:
    """A browser that keeps cookies and shows nothing."""

    def __init__(self, entrance: str):
        self.entrance, self.cookies = urlsplit(entrance), SimpleCookie[str]()

    def enter(self) -> "Client":
        page = self.get(f"{self.entrance.path}?{self.entrance.query}")
        assert page.status == 200
        (self.opened,) = map(unescape, re.findall(r'href="([^"]*)">Go on', page.text))
        return self

    def get(self, path: str = "/", **headers: str) -> Reply:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, fields: Mapping[str, str], **headers: str) -> Reply:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return self._ask("POST", path, urlencode(fields, errors="replace"), headers)

    def enter_marks(self, page: Reply, **fields: str) -> Reply:
        """Fill in the form of a page, as the script sends it."""
        hidden = (
            "_xsrf",
            "at",
            "task",
            "show",
            "group",
            "student",
            "anonymous",
            "seen_points",
            "seen_comment",
        )
        form = {name: page.field(name) for name in hidden}
        return self.post("/save", form | {"points": "", "comment": "", "script": "yes"} | fields)

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Reply:
        cookies = "; ".join(f"{name}={each.value}" for name, each in self.cookies.items())
        connection = http.client.HTTPConnection(self.entrance.netloc, timeout=30)
        connection.request(method, path, body, {"Cookie": cookies, **headers})
        reply = connection.getresponse()
        text = reply.read().decode()
        for line in reply.headers.get_all("Set-Cookie", []):
            self.cookies.load(line)
        connection.close()
        return Reply(reply.status, dict(reply.headers), text)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A class of four with open answers, in two groups."""
    return write_class(tmp_path / "out", {"ada": "streets", "bob": "songs", "eve": "", "zoé": "tumours"})


@pytest.fixture
def served(out: Path) -> Iterator[tuple[Desk, Client]]:
    with desk_of(out) as (desk, entrance):
        yield desk, Client(entrance)


@pytest.fixture
def client(served: tuple[Desk, Client]) -> Client:
    """A browser that has opened the address."""
    return served[1].enter()
