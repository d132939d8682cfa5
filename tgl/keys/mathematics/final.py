r"""The final answer of a solution, as it is written.

In this order: the last `\boxed{…}` whose braces are closed, what stands behind `####`, behind the last "the
answer is", a last line that is a formula or a number, the last formula in it, the last number.
"""

from __future__ import annotations

import re

from tgl.keys.mathematics.latex import argument_of
from tgl.keys.numbers import last_number

TAIL = 8000
"""Code points at the end of a reply in which an answer without a box is looked for."""
BOX = ("\\boxed", "\\fbox")
SAID = re.compile(r"(?i)\b(?:final\s+)?answer(?:\s+is)?\**\s*[:=]?\s*(?:is\s*:?\s*)?\**\s*")
SENTENCE_END = re.compile(r"\.\s|\.?\n|\.$")
FORMULA = re.compile(r"\$\$?([^$]+)\$\$?|\\\((.{1,2000}?)\\\)|\\\[(.{1,2000}?)\\\]", re.DOTALL)
DISPLAY = re.compile(
    r"(?:(?<!\\)\\\[(?P<bracketed>(?:(?!(?<!\\)\\\[).){1,2000}?)\\\]"
    r"|\$\$(?P<dollars>(?:(?!\$\$).){1,2000})\$\$"
    r"|(?P<matrix>\\begin\{(?P<kind>[bpvBV]?matrix)\}(?:(?!\\begin).){1,2000}?\\end\{(?P=kind)\}))[\s.*]*\Z",
    re.DOTALL,
)
"""A formula at the very end, over as many lines as it takes."""
SAYS = re.compile(r"[^\W_]|[√∅∞]")
NO_WORDS = re.compile(r"\\[A-Za-z]+|[A-Za-z](?![A-Za-z])|[^A-Za-z]")


def written_answer(target: str) -> str | None:
    """The answer in a target: of a worked solution its final one, else all of it."""
    return boxed(target) or behind_hashes(target) or target.strip() or None


def final_answer(reply: str) -> str | None:
    """The final answer in a reply, or None if none stands out."""
    if (found := boxed(reply) or behind_hashes(reply)) is not None:
        return found
    tail = reply[-TAIL:]
    if (found := said(tail)) is not None:
        return found
    if (display := DISPLAY.search(tail)) is not None:
        return (display["bracketed"] or display["dollars"] or display["matrix"]).strip().rstrip(".").rstrip()
    # A line of marks alone closes a block, and says nothing.
    line = next((line.strip() for line in reversed(tail.splitlines()) if SAYS.search(line)), "")
    if not line:
        return None
    if not NO_WORDS.sub("", line) or (line == tail.strip() and len(line.split()) <= 4):
        return line
    formulas = [next(group for group in found.groups() if group) for found in FORMULA.finditer(line)]
    if formulas:
        return formulas[-1]
    number = last_number(line) or last_number(tail)
    return None if number is None else number.literal


def boxed(text: str) -> str | None:
    r"""What the last closed box holds; `\boxed 5` boxes one character."""
    end = len(text)
    for _ in range(64):
        at = max(text.rfind(command, 0, end) for command in BOX)
        if at < 0:
            return None
        behind = at + (6 if text.startswith(BOX[0], at) else 5)
        inner, _ = argument_of(text, behind)
        if inner.strip():
            return inner.strip()
        if found := re.match(r"\s+([0-9A-Za-z])", text[behind : behind + 20]):
            return found[1]
        end = at
    return None


def behind_hashes(text: str) -> str | None:
    """GSM8K's final line: `#### 72`."""
    _, mark, behind = text.rpartition("####")
    lines = behind.strip().splitlines() if mark else []
    return lines[0].strip() or None if lines else None


def said(text: str) -> str | None:
    """What follows the last "the answer is", up to the end of the sentence."""
    for found in reversed(list(SAID.finditer(text))):
        behind = text[found.end() :].lstrip()
        if not (found[0].rstrip("* \t\r\n").endswith((":", "=", "is", "IS", "Is")) and behind):
            continue
        if formula := FORMULA.match(behind):
            return next(group for group in formula.groups() if group)
        end = SENTENCE_END.search(behind)
        told = (behind if end is None else behind[: end.start()]).strip().strip("*").strip()
        if told:
            return told
    return None
