"""The normal form of a short text answer.

The steps of the SQuAD evaluation script (Rajpurkar et al. 2016: case, punctuation, articles, white
space), with differences: Unicode's NFKC and case folding come first; a comma inside a number groups
digits; a decimal point and the sign of a number are kept, because "3.5", "35" and "-35" are three
answers; a hyphen between words is a space; and a text that would vanish keeps its articles ("A" is an
answer to a multiple choice).
"""

from __future__ import annotations

import re
import unicodedata

DIGIT_GROUPS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
NUMBER_START = re.compile(r"\.?\d")
NOT_A_LETTER = re.compile(r"[^\w\s]|_")
"""What may be punctuation; all else stays as it is."""
ARTICLES = frozenset({"a", "an", "the"})


def normalised(text: str) -> str:
    """The form under which two text answers are compared.

    >>> normalised(" The  United-Kingdom. ")
    'united kingdom'
    >>> normalised("1,234.50 apples")
    '1234.50 apples'
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    grouped = DIGIT_GROUPS.sub(lambda match: match[0].replace(",", ""), folded)
    plain = NOT_A_LETTER.sub(lambda match: kept(grouped, match.start()), grouped)
    words = plain.split()
    without = [word for word in words if word not in ARTICLES]
    return " ".join(without or words)


def kept(text: str, at: int) -> str:
    """What stays of one character."""
    char = text[at]
    if char in "-−+" and not text[max(at - 1, 0) : at].strip() and NUMBER_START.match(text, at + 1):
        return "" if char == "+" else "-"
    category = unicodedata.category(char)
    if category == "Pd" or char == "−":
        return " "
    if not category.startswith("P"):
        return char
    if char == "." and text[at + 1 : at + 2].isdigit():
        return char
    # "U.S." is "us" and "don't" is "dont", but "red,green" is two words.
    return "" if char in ".'’" else " "
