"""What number and string tokens mean."""

from __future__ import annotations

import re
from decimal import Decimal

from tgl.text import frozen, hidden

NUMBER = re.compile(
    r"(?P<dollar>\$)?(?P<digits>[0-9]+(?P<point>\.[0-9]+)?(?P<exponent>[eE][+-]?[0-9]+)?)"
    r"(?P<unit>/Mtok|%|ms|[smhd]|[kMB]?(?:[ \t]+units?)?)"
)
SCALES = {"k": 10**3, "M": 10**6, "B": 10**9}

# Longer numbers are a slip of the keyboard, and Python refuses to convert very long ones.
MOST_DIGITS = 40

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
ESCAPE_NAMES = {value: name for name, value in ESCAPES.items()}
ESCAPE = re.compile(r"\\(?:u\{(?P<hex>[0-9A-Fa-f]{1,6})\}|(?P<char>[\s\S]))")


def number_value(text: str) -> tuple[int | float, str] | None:
    """Value and unit of a number token as `ast.Number` holds them, or None if it is too large.

    >>> number_value("135M"), number_value("20%"), number_value("8 units"), number_value("$0.15/Mtok")
    ((135000000, ''), (0.2, '%'), (8, 'units'), (0.15, '$/Mtok'))
    """
    match = NUMBER.fullmatch(text)
    if match is None or len(match["digits"]) > MOST_DIGITS or len(match["exponent"] or "") > 5:
        return None
    rest = match["unit"]
    scale = SCALES.get(rest[:1], 1) if rest else 1
    unit = "units" if "unit" in rest else "" if rest[:1] in SCALES else rest
    if match["dollar"] and rest not in ("", "/Mtok"):
        return None
    if match["dollar"]:
        unit = "$" + unit
    if not (match["point"] or match["exponent"] or unit == "%"):
        return int(match["digits"]) * scale, unit
    exact = Decimal(match["digits"]) * scale
    value = float(exact / 100 if unit == "%" else exact)
    return None if value in (float("inf"), float("-inf")) else (value, unit)


@frozen
class StringValue:
    """The value of a string token, and offset in it and length of each escape that means nothing."""

    value: str
    triple: bool
    bad_escapes: tuple[tuple[int, int], ...]


def string_value(token: str) -> StringValue:
    r"""Value of a string token: escapes applied; of a triple-quoted one the layout removed first.

    The layout is the first line end (with blanks before it), the last line end (with blanks after it) and
    the indent that all lines with text share. A line end is `\n` also in a file with `\r\n`.
    """
    triple = token.startswith('"""')
    quote = 3 if triple else 1
    body = token[quote:-quote]
    bad = tuple(
        (quote + match.start(), len(match.group()))
        for match in ESCAPE.finditer(body)
        if unescaped(match) is None
    )
    if triple:
        body = without_layout(body.replace("\r\n", "\n"))
    return StringValue(ESCAPE.sub(lambda match: unescaped(match) or "", body), triple, bad)


def unescaped(match: re.Match[str]) -> str | None:
    """The character that an escape stands for, or None if it stands for none."""
    if match["hex"]:
        code = int(match["hex"], 16)
        return None if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF else chr(code)
    return ESCAPES.get(match["char"])


def without_layout(body: str) -> str:
    """The text of a triple-quoted string without the line ends and the indent that only lay it out."""
    lines = body.split("\n")
    if len(lines) == 1:
        return body
    if not lines[0].strip(" \t"):
        lines = lines[1:]
        unindented = lines
    else:
        unindented = lines[1:]  # text right behind the quotes has no indent to share
    indent = shared_indent(unindented)
    first = len(lines) - len(unindented)
    lines = lines[:first] + [line[len(indent) :] if line.strip(" \t") else "" for line in lines[first:]]
    if len(lines) > 1 and not lines[-1]:
        lines = lines[:-1]
    return "\n".join(lines)


def shared_indent(lines: list[str]) -> str:
    """The longest run of blanks with which all lines that have text begin."""
    indents = [line[: len(line) - len(line.lstrip(" \t"))] for line in lines if line.strip(" \t")]
    if not indents:
        return ""
    low, high = min(indents), max(indents)
    shared = 0
    while shared < min(len(low), len(high)) and low[shared] == high[shared]:
        shared += 1
    return low[:shared]


def quoted(value: str) -> str:
    r"""A string token on one line with this value.

    >>> print(quoted('say "a\n"'))
    "say \"a\n\""
    """
    return f'"{"".join(escaped_parts(value))}"'


def quoted_text(value: str) -> str:
    """A triple-quoted string token with this value, its lines from the second one on without indent.

    Any value has one: blanks that would be taken for layout are written as escapes.
    """
    lines = ["".join(escaped_parts(line, quotes=False)) for line in value.split("\n")]
    if shared_indent(lines) or any(line and not line.strip(" ") for line in lines):
        lines = ["\\u{20}" + line[1:] if line.startswith(" ") else line for line in lines]
    body = "\n".join(lines).replace('"""', '\\"\\"\\"')
    return f'"""\n{body}\n"""'


def escaped_parts(value: str, *, quotes: bool = True) -> list[str]:
    """Each character as it stands in a string on one line; what is not seen as an escape (E0191).

    Without `quotes` a `"` stays as it is.
    """
    parts = [
        f"\\{ESCAPE_NAMES[char]}" if char in ESCAPE_NAMES and (quotes or char != '"') else char
        for char in value
    ]
    for at in hidden(value):
        parts[at] = escaped(value[at])
    return parts


def escaped(char: str) -> str:
    """The escape that stands for a character."""
    name = ESCAPE_NAMES.get(char)
    return f"\\u{{{ord(char):X}}}" if name is None else f"\\{name}"
