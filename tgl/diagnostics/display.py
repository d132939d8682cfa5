"""How wide text is on a screen, and how to show what must not reach one as it is."""

from __future__ import annotations

import re
import unicodedata

TAB = 4

# Change the direction of what follows: they can make a line look like another one.
DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


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


def shown(char: str) -> str:
    """The character, or a stand-in of one cell for one that acts on a screen or cannot be written."""
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if 0x80 <= code < 0xA0 or 0xD800 <= code <= 0xDFFF or char in DIRECTION_MARKS or char in "\u2028\u2029":
        return "\ufffd"
    return char


def shown_text(text: str) -> str:
    """Text with every character shown; line ends are kept."""
    return "".join(char if char == "\n" else shown(char) for char in text)


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


def laid_out(line: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Each character of a line as shown, tabs expanded, and the cell where it (and the end) stands."""
    parts: list[str] = []
    cells = [0]
    for char in line:
        if char == "\t":
            part = " " * (TAB - cells[-1] % TAB)
            width = len(part)
        else:
            part = shown(char)
            width = cell_width(part)
        parts.append(part)
        cells.append(cells[-1] + width)
    return tuple(parts), tuple(cells)
