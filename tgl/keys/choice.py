r"""The option that a reply picks, `A` to `D` or as declared.

Read strictly: a letter counts only where it stands as an answer, never as a word of the prose ("A good
answer …"), and a reply that leaves two options open is unread. All options are looked for in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tgl.keys.mathematics import boxed

TAIL = 8000
"""Code points at the end of a reply that are read."""
REASONS = "because|since|as|for|which|due|based|given"


def read_option(options: Sequence[str], text: str) -> str | None:
    """The declared option that a reply picks, or None.

    In this order: the whole reply is an option; the last box; the last "the answer is …"; the one option
    that stands in brackets, alone on a line, or at the beginning of a line as `B)`, `B:` or `B.`.
    """
    tail = text[-TAIL:]
    names = "|".join(re.escape(option) for option in sorted(options, key=len, reverse=True))
    if found := alone(options, tail):
        return found
    if (box := boxed(tail)) is not None:
        return alone(options, box)
    said = re.compile(
        r"(?i:\b(?:answer|option|choice)(?:\s+is)?\s*(?:is\s*)?:?[\s*]*(?:(?:option|choice)\s+)?)"
        rf"[*\"'“‘(\[$\\]*(?P<option>{names})(?=[\s*\"'”’)\].,;:!$]*(?:$|\n|[)\].,;:!*](?:\s|$)|\s(?:{REASONS})\b))"
    )
    picked = list(said.finditer(tail))
    if picked:
        last = picked[-1]
        rest = tail[last.end() : last.end() + 40]
        another = re.match(rf"[\s*)\]]*(?:,\s*)?(?:or|and|/)\s+[(\[*]*(?:{names})(?!\w)", rest)
        return None if another else last["option"]
    # "A. B. Smith" are initials.
    marked = rf"[(\[]?(?P<option>{names})(?:[)\]:*]+|\.(?![ \t]+[A-Z]\.))(?=\s|$|\*)"
    lines = re.compile(rf"(?m)^[ \t*>#-]*{marked}|^[ \t]*(?P<bare>{names})[ \t]*$")
    bracketed = re.compile(rf"(?<!\w)[(\[]?(?P<option>{names})[)\]](?!\w)")
    standing = {found["option"] or found["bare"] for found in lines.finditer(tail)}
    standing |= {found["option"] for found in bracketed.finditer(tail)}
    return next(iter(standing)) if len(standing) == 1 else None


def alone(options: Sequence[str], text: str) -> str | None:
    r"""The option that a text is, whatever marks surround it: `(b)`, `**B.**`, `\text{(B)}`."""
    if len(text) > 200:
        return None
    bare = re.sub(r"\\(?:text|textbf|mathrm|mathbf|mbox|boxed)\s*", "", text)
    bare = bare.strip(" \t\n*_`\"'“”‘’()[]{}$.:;!\\")
    if bare in options:
        return bare
    same = [option for option in options if option.casefold() == bare.casefold()]
    return same[0] if len(same) == 1 else None
