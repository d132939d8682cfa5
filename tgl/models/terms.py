"""The text of a licence, for a person to read before they agree to it."""

from __future__ import annotations

import tempfile
from html.parser import HTMLParser
from pathlib import Path

from tgl.models.fetch import Meter, fetch
from tgl.models.packs import Pack
from tgl.models.sources import parse_source

BLOCKS = frozenset(
    {"article", "br", "div", "h1", "h2", "h3", "h4", "li", "ol", "p", "table", "td", "tr", "ul"}
)
UNSEEN = frozenset(
    {"button", "devsite-actions", "devsite-feature-tooltip", "noscript", "script", "style", "template"}
)


class ArticleText(HTMLParser):
    """Collects the visible text of a page's `<article>`, a paragraph a line."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = 0
        self.unseen = 0
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside += tag == "article"
        self.unseen += tag in UNSEEN
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.inside -= tag == "article"
        self.unseen -= tag in UNSEEN
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if self.inside and not self.unseen:
            self.parts.append(" ".join(data.split()) + " ")


def terms_text(pack: Pack) -> str:
    """The licence's text, fetched from the pack's `terms`; its name and URL where the pack has none.

    Raises:
        PullError: it could not be fetched.
    """
    if not pack.terms:
        return f"{pack.licence.name}: {pack.licence.url}"
    with tempfile.TemporaryDirectory(prefix="tglc-terms-") as folder:
        meter = Meter(lambda done, total: None, None)
        with fetch(parse_source(pack.terms), Path(folder), meter) as stream:
            page = stream.read().decode("utf-8", errors="replace")
    return article_text(page)


def article_text(page: str) -> str:
    """The text of an HTML page's article; anything else as it is."""
    reader = ArticleText()
    reader.feed(page)
    lines = [line.strip() for line in "".join(reader.parts).splitlines()]
    return "\n\n".join(line for line in lines if line) or page
