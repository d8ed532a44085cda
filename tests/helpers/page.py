"""Parse an HTML page for a test."""

from html.parser import HTMLParser


def words(text: str) -> set[str]:
    return set(text.split())


TAGS = words(
    "html head meta title style body main section nav h1 h2 h3 p ul ol li dl dt dd div table thead tbody tr th"
    " td a code pre strong small wbr details summary figure figcaption img svg g rect text"
    " label input select option output script"
)
VOID = {"meta", "img", "input", "wbr"}


class Document(HTMLParser):
    """The tags, attributes and text of a page, as a browser would see them."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.links: list[str] = []
        self.metas: list[dict[str, str]] = []
        self.text = self.style = self.script = ""
        self._open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._open.append(tag)
        self.attributes += [name for name, _ in attributes]
        self.links += [value or "" for name, value in attributes if name == "href"]
        self.metas += [{name: value or "" for name, value in attributes}] if tag == "meta" else []

    def handle_endtag(self, tag: str) -> None:
        assert tag in self._open
        while self._open[-1] in VOID:
            self._open.pop()
        assert self._open.pop() == tag

    @property
    def still_open(self) -> list[str]:
        return self._open

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "style":
            self.style += data
        elif self._open and self._open[-1] == "script":
            self.script += data
        else:
            self.text += data
