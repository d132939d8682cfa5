"""A file as its declarations, cut without parsing: what an edit touched is read off the pieces.

The cut is coarse and fast: it knows texts, comments, brackets, and the words that declarations start with.
A piece begins where such a word stands in the first column outside of all brackets, or inside of brackets
that are still open if what follows looks like a declaration: somebody is typing above. All text belongs to
a piece.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tgl.syntax import words
from tgl.text import Span

HEADS = "|".join(words.DECLARATIONS)

COARSE = re.compile(
    rf'''"""(?:[^"\\]|\\[\s\S]|"(?!""))*(?:"""|\Z)'''
    rf"""|"(?:[^"\\\n]|\\[^\n])*"?"""
    rf"""|\#[^\n]*"""
    rf"""|(?P<open>[\[({{])|(?P<close>[\])}}])"""
    rf"""|^(?P<head>{HEADS})\b(?P<sure>[ \t]+\w+(?:[ \t]*[{{(=.]|[ \t]+on\b))?""",
    re.MULTILINE,
)
WORDS = re.compile(r"[^\W\d]\w*")
DECLARED = re.compile(
    rf"(?:^(?P<first>[^\W\d]\w*)|;[ \t]*(?:{HEADS}))[ \t]+(?P<name>[^\W\d]\w*)", re.MULTILINE
)
GOAL = re.compile(r"(?:optimize|measured)\s+(\w+)")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the text of a piece tells: the names that it may declare, and all words in it."""

    head: str
    names: frozenset[str]
    words: frozenset[str]
    goal: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a file: its text begins at offset `start`."""

    start: int
    text: str

    @property
    def facts(self) -> Facts:
        """The facts of its text."""
        return facts_of(self.text)

    @property
    def end(self) -> int:
        """The offset behind it."""
        return self.start + len(self.text)


@lru_cache(maxsize=4096)
def facts_of(text: str) -> Facts:
    """The facts of a piece."""
    head_match = re.match(rf"(?:{HEADS})\b", text)
    head = head_match.group() if head_match else ""
    used = frozenset(WORDS.findall(text))
    goal = GOAL.match(text)
    if head == "use":
        return Facts(head, used, used, "")
    found = DECLARED.finditer(text)
    names = frozenset(word for match in found for word in match.group("first", "name") if word)
    return Facts(head, names - frozenset(words.DECLARATIONS), used, goal.group(1) if goal else "")


def cut(text: str) -> tuple[Chunk, ...]:
    """The pieces of a text, in order; joined they are the text."""
    starts = [0]
    depth = 0
    for match in COARSE.finditer(text):
        kind = match.lastgroup
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(0, depth - 1)
        elif kind is not None:
            if depth and (match["sure"] is None or match["head"] == "let"):
                continue
            depth = int((match["sure"] or " ")[-1] in "({")
            if match.start():
                starts.append(match.start())
    ends = [*starts[1:], len(text)]
    return tuple(Chunk(start, text[start:end]) for start, end in zip(starts, ends, strict=True))


@dataclass(frozen=True, slots=True)
class Touched:
    """Pieces [first, end) of the new cut are not in the old one; `dropped` was there in their place."""

    first: int
    end: int
    dropped: Span


def touched(old: Sequence[Chunk], new: Sequence[Chunk]) -> Touched:
    """Which pieces an edit made or changed: all between those that both cuts begin and end with."""
    most = min(len(old), len(new))
    first = next((k for k in range(most) if old[k].text != new[k].text), most)
    last = next((k for k in range(most - first) if old[-1 - k].text != new[-1 - k].text), most - first)
    dropped = old[first : len(old) - last]
    at = old[first].start if first < len(old) else (old[-1].end if old else 0)
    return Touched(first, len(new) - last, Span(at, dropped[-1].end if dropped else at))


def declared(chunks: Sequence[Chunk]) -> Mapping[str, tuple[int, ...]]:
    """Name to the pieces that may declare it."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for at, chunk in enumerate(chunks):
        for name in chunk.facts.names:
            found[name].append(at)
    return {name: tuple(places) for name, places in found.items()}


def closure(chunks: Sequence[Chunk], wanted: Iterable[int]) -> frozenset[int]:
    """The pieces wanted, and all that they lead to: what they name, what has their names, goals of graphs.

    A graph's meaning depends on whether it is run or a part of others, so the goals that name it belong to
    it; to an only graph all do.
    """
    by_name = declared(chunks)
    goals = [at for at, chunk in enumerate(chunks) if chunk.facts.goal]
    alone = sum(chunk.facts.head == "graph" for chunk in chunks) == 1
    seen: set[int] = set()
    todo = list(wanted)
    while todo:
        at = todo.pop()
        if at in seen:
            continue
        seen.add(at)
        facts = chunks[at].facts
        for word in facts.words:
            todo += by_name.get(word, ())
        if facts.head == "graph":
            todo += [goal for goal in goals if alone or chunks[goal].facts.goal in facts.names]
    return frozenset(seen)
