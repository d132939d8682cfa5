"""How wide text is on a screen, and how to show what must not reach one as it is."""

from __future__ import annotations

import re
import unicodedata

from tgl.text import hidden

TAB = 4

KEYS = re.compile(
    r"""
    \bapi_key\b [\s:=]* (?! env\( "[A-Za-z_][A-Za-z0-9_]*" \) ) (?: env\( )? "? (?P<setting> [^\s";)}\#]+ )
    | \b\w*(?:key|token|secret|password) [\s:=]* "(?P<named> [^"]+ )
    | \b(?P<known> (?: sk | gsk | hf | xai | ghp | AIza | Bearer\s ) [-_]? [A-Za-z0-9_-]{16,} )
    | :// [^\s"/@:]* : (?P<address> [^\s"/@]+ ) @
    """,
    re.VERBOSE,
)


def cell_width(char: str) -> int:
    """Cells that a character takes on a screen: 0, 1 or 2."""
    if unicodedata.east_asian_width(char) in "WF":
        return 2
    return 0 if unicodedata.category(char) in ("Mn", "Me", "Cf") else 1


def shown(text: str, *, at_start: bool = False) -> list[str]:
    """Each character of a text, or what stands for one that acts on a screen, or is not seen on it.

    ASCII controls have a picture, others their number: `<U+202E>`. Tabs and line ends are kept.
    """
    parts = list(text)
    for at in hidden(text, at_start=at_start):
        parts[at] = stand_in(text[at])
    return [
        "\ufffd" if "\ud800" <= part <= "\udfff" else "\u240d" if part == "\r" else part for part in parts
    ]


def stand_in(char: str) -> str:
    """A character that must not reach a screen, to be read."""
    code = ord(char)
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else f"<U+{code:04X}>"


def shown_text(text: str) -> str:
    """Text with every character shown; line ends are kept, tabs are not."""
    return "".join("\u2409" if part == "\t" else part for part in shown(text))


def without_keys(line: str) -> str:
    """A line of a program with the keys that were written into it covered, each character by a `*`.

    What stands in an excerpt ends in logs. Covered is what follows `api_key` unless it is `env("NAME")`,
    a text after a setting whose name ends in key, token, secret or password, what has the form of a
    well-known service's key, and a password in an address. Offsets stay as they are.
    """
    return KEYS.sub(covered, line)


def covered(match: re.Match[str]) -> str:
    """A match of `KEYS` with its secret group covered."""
    whole = match.group()
    for name, secret in match.groupdict().items():
        if secret is not None:
            start, end = (offset - match.start() for offset in match.span(name))
            return whole[:start] + "*" * (end - start) + whole[end:]
    return whole


def laid_out(line: str, *, at_start: bool = False) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Each character of a line as shown, tabs expanded, and the cell where it (and the end) stands.

    `at_start` tells that it is the first line of a file, which may begin with a byte order mark.
    """
    parts: list[str] = []
    cells = [0]
    for part in shown(line, at_start=at_start):
        drawn = " " * (TAB - cells[-1] % TAB) if part == "\t" else part
        parts.append(drawn)
        cells.append(cells[-1] + sum(map(cell_width, drawn)))
    return tuple(parts), tuple(cells)
