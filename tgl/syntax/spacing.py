"""Where one blank stands between two words, and where none."""

from __future__ import annotations

from collections.abc import Sequence

from tgl.syntax.layout import Word
from tgl.syntax.lines import CLOSERS, OPENERS
from tgl.syntax.words import NEVER_NAMES, word_kinds

NONE_BEFORE = frozenset({"_RPAR", "_RSQB", "_COMMA", "_DOT", "OPTIONAL", "_RANGE"})
NONE_AFTER = frozenset({"_LPAR", "_LSQB", "_DOT", "_RANGE", "_TILDE"})
ENDS_VALUE = frozenset({"NAME", "NUMBER", "STRING", "_RPAR", "_RSQB", "_RBRACE"})


def spaces(words: Sequence[Word], in_settings: bool) -> list[int]:
    """For each word of a statement the number of blanks before it: 0 or 1.

    Args:
        words: a whole statement, without its block.
        in_settings: whether it is a setting, so that its first word is a key.
    """
    result: list[int] = []
    depth = 0
    sign = False  # is the word before a minus sign rather than an operator?
    is_use = bool(words) and words[0].kind == "_USE"
    for at, word in enumerate(words):
        kind = word.kind
        before = words[at - 1].kind if at else ""
        if kind in CLOSERS:
            depth -= 1
        if not at or sign or kind in NONE_BEFORE or before in NONE_AFTER:
            blank = False
        elif kind == "_RBRACE" or before == "_LBRACE":
            blank = is_use
        elif kind == "_COLON":
            blank = depth == 0 and words[0].kind == "_NODE"
        elif kind in ("_LPAR", "_LSQB"):
            blank = not ends_value(words, at - 1, in_settings)
        else:
            blank = True
        result.append(int(blank))
        sign = kind == "MINUS" and not (at and ends_value(words, at - 1, in_settings))
        if kind in OPENERS:
            depth += 1
    return result


def ends_value(words: Sequence[Word], at: int, in_settings: bool) -> bool:
    """Whether a value may end with this word, so that `(` behind it calls and `-` subtracts."""
    word = words[at]
    if at == 0:
        return not in_settings and word.kind == "NAME"
    if at == 1 and words[0].kind == "_KEEP" and not in_settings:
        return False
    return word.kind in ENDS_VALUE or (word.kind in word_kinds() and word.text not in NEVER_NAMES)
