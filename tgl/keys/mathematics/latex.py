r"""The plain form of an answer in LaTeX: one spelling of each symbol, no layout, no delimiters."""

from __future__ import annotations

import re
import unicodedata

SYMBOLS = {
    "−": "-",
    "–": "-",
    "×": r"\times ",
    "·": r"\cdot ",
    "⋅": r"\cdot ",
    "÷": r"\div ",
    "±": r"\pm ",
    "∓": r"\mp ",
    "π": r"\pi ",
    "∞": r"\infty ",
    "≤": r"\le ",
    "≥": r"\ge ",
    "≠": r"\ne ",
    "∪": r"\cup ",
    "∩": r"\cap ",
    "∅": r"\emptyset ",
    "∈": r"\in ",
    "°": r"^\circ ",
    "√": r"\sqrt ",
    "θ": r"\theta ",
    "α": r"\alpha ",
    "β": r"\beta ",
    "ℝ": r"\mathbb{R}",
    "½": r"\frac{1}{2}",
    "¼": r"\frac{1}{4}",
    "¾": r"\frac{3}{4}",
    "⅓": r"\frac{1}{3}",
    "⅔": r"\frac{2}{3}",
    "\u2044": "/",
}
RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")
"""Digits of powers. NFKC alone would put them beside their base: 10⁴ as 104."""
SPELLINGS = (
    (re.compile(r"\\\\\s*\[\s*-?[0-9.]+\s*(?:pt|em|ex|mm|cm)\s*\]"), r"\\\\ "),
    (re.compile(r"\\(?:left|right|[bB]igg?[lrm]?)(?![A-Za-z])\s*\.?"), " "),
    (
        re.compile(r"\\(?:displaystyle|textstyle|limits|nolimits|quad|qquad|hspace\{[^{}]*\})(?![A-Za-z])"),
        " ",
    ),
    (re.compile(r"(?<=[0-9])(?:\{,\}|,\\!|\\,(?=[0-9]{3}(?![0-9])))\s*(?=[0-9]{3}(?![0-9]))"), "\x01"),
    (re.compile(r"(?<!\\)\\[,;:! ]|~|\u00a0"), " "),
    (re.compile(r"\\(?:dfrac|tfrac|cfrac)(?![A-Za-z])"), r"\\frac"),
    (re.compile(r"\\(?:leqslant|leq|leqq)(?![A-Za-z])|<="), r"\\le "),
    (re.compile(r"\\(?:geqslant|geq|geqq)(?![A-Za-z])|>="), r"\\ge "),
    (re.compile(r"\\(?:neq)(?![A-Za-z])|!="), r"\\ne "),
    (re.compile(r"\\lt(?![A-Za-z])"), "<"),
    (re.compile(r"\\gt(?![A-Za-z])"), ">"),
    (re.compile(r"\\(?:varnothing)(?![A-Za-z])"), r"\\emptyset "),
    (re.compile(r"(?:^|(?<=[\s(\[,={]))\+\s*(?=\\infty(?![A-Za-z]))"), ""),
    (re.compile(r"\\(?:langle)(?![A-Za-z])"), "("),
    (re.compile(r"\\(?:rangle)(?![A-Za-z])"), ")"),
    (re.compile(r"\\(?:lbrace)(?![A-Za-z])"), r"\\{"),
    (re.compile(r"\\(?:rbrace)(?![A-Za-z])"), r"\\}"),
    (
        re.compile(r"\^\s*(?:\{\s*(?:\\circ|\\degree)\s*\}|\\circ(?![A-Za-z]))|\\degree(?![A-Za-z])"),
        r"^\\circ ",
    ),
    (re.compile(r"\\lor(?![A-Za-z])|\\(?:text|mbox|textrm|mathrm)\s*\{\s*or\s*\}"), " or "),
    (re.compile(r"\\(?:text|mbox|textrm|mathrm)\s*\{\s*,?\s*and\s*\}"), " and "),
)
DELIMITED = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"))
WRAPPED = (r"\boxed", r"\fbox", r"\mathbf", r"\boldsymbol", r"\bm", r"\ensuremath")


def plain(text: str) -> str:
    """An answer without what only shapes it. Digits that are grouped in LaTeX's way are put together."""
    made = RAISED.sub(lambda found: f"^{{{found[0].replace('⁻', '-')}}}", text)
    made = "".join(SYMBOLS.get(char, char) for char in made)
    made = unwrapped(unicodedata.normalize("NFKC", made))
    for pattern, by in SPELLINGS:
        made = pattern.sub(by, made)
    return unwrapped(made.replace("\x01", ""))


def unwrapped(text: str) -> str:
    """Without the delimiters of a formula, boxes, bold type and a full stop that surround all of it."""
    while True:
        made = text.strip().strip("*").strip()
        if made.endswith(".") and not made.endswith(".."):
            made = made[:-1]
        for opening, closing in DELIMITED:
            inner = made[len(opening) : len(made) - len(closing)]
            if made.startswith(opening) and made.endswith(closing) and inner and opening not in inner:
                made = inner
                break
        for command in WRAPPED:
            if made.startswith(command):
                inner, end = argument_of(made, len(command))
                if inner and end == len(made):
                    made = inner
        if made == text:
            return made
        text = made


def argument_of(text: str, at: int) -> tuple[str, int]:
    """The group in braces that begins at or behind `at`, and the place behind it; ("", at) without."""
    start = at
    while start < len(text) and text[start].isspace():
        start += 1
    if not text.startswith("{", start):
        return "", at
    depth, place = 0, start
    while place < len(text):
        char = text[place]
        if char == "\\":
            place += 2
            continue
        depth += (char == "{") - (char == "}")
        if depth == 0:
            return text[start + 1 : place], place + 1
        place += 1
    return "", at


def parts(text: str, *separators: str) -> list[str]:
    """The parts between separators outside of all brackets; `[` and `)` may match, as in `[0,1)`."""
    found: list[str] = []
    start = depth = at = 0
    while at < len(text):
        if text.startswith(("\\{", "(", "[", "{"), at):
            depth += 1
        elif text.startswith(("\\}", ")", "]", "}"), at):
            depth -= 1
        elif depth == 0:
            here = next((separator for separator in separators if text.startswith(separator, at)), None)
            if here is not None:
                found.append(text[start:at])
                at += len(here)
                start = at
                continue
        at += 2 if text[at] == "\\" else 1
    return [*found, text[start:]]
