"""Characters of a text that nobody sees, or that make it read other than it is (CVE-2021-42574)."""

from __future__ import annotations

import re
from functools import cache

# Unicode's control (Cc) and format (Cf) characters but for tab, line feed and those Arabic, Syriac and Kaithi
# signs that are seen, the separators of lines and paragraphs, and the fillers of Hangul. Zero-width joiners
# and tags are judged by what stands around them. A `\r` belongs to the line end behind it.
HIDDEN = r"""
    [\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e]
    | [\u2060-\u2064\u2066-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U00013430-\U0001343f]
    | [\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001]
    | (?<!\r) (?P<returns> \r++ ) (?! \n | \Z )
    | (?P<joiner> [\u200c\u200d] )
    | (?P<flag> \U0001f3f4 [\U000e0020-\U000e007e]{1,6} \U000e007f )
    | [\U000e0020-\U000e007f]
    """
ASCII = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
"""What may be hidden in a text without other letters: nearly every program is one, and is seen at once."""
VIRAMA = 9  # the combining class of signs behind which scripts of India write joiners


@cache
def pattern() -> re.Pattern[str]:
    """What may be hidden, compiled where a text may hold it."""
    return re.compile(HIDDEN, re.VERBOSE)


def hidden(text: str, *, at_start: bool = False) -> list[int]:
    r"""The offsets of the characters that are not seen.

    A zero-width joiner or non-joiner is no such one where a script or an emoji has it: behind an Arabic
    letter, behind a virama, between two pictures. Neither are the tags of a flag, nor a `\r` before `\n`.

    Args:
        text: any text.
        at_start: whether it is the beginning of a file, where U+FEFF marks the encoding.
    """
    if text.isascii() and ASCII.search(text) is None:
        return []
    found: list[int] = []
    for match in pattern().finditer(text):
        at = match.start()
        if match["flag"] or (at_start and at == 0 and match[0] == "\ufeff"):
            continue
        if match["joiner"] and joins(text, at):
            continue
        found += range(at, match.end())
    return found


def joins(text: str, at: int) -> bool:
    """Whether the joiner at an offset has something to join."""
    import unicodedata  # hardly any program needs it

    before, after = text[max(at - 1, 0) : at], text[at + 1 : at + 2]
    if not before:
        return False
    if unicodedata.combining(before) == VIRAMA:
        return True
    if before == "\ufe0f" or unicodedata.category(before) in ("So", "Sk"):
        return bool(after) and unicodedata.category(after) == "So"
    while at and unicodedata.category(text[at - 1]) == "Mn":
        at -= 1
    return at > 0 and unicodedata.bidirectional(text[at - 1]) == "AL"
