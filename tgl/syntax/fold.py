"""A statement as lines: which line breaks of the author stay, and where a long line is broken.

A break before `on when if batch then and or -> |` stays where the author made one. A bracket whose content
starts on a new line stays open, one item to a line (short items of a list side by side). A line that is too
long is broken before its clauses, then before `and` and `or`, then inside its longest bracket, then behind
commas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tgl.syntax.align import Cell, Line
from tgl.syntax.layout import Note, Word
from tgl.syntax.lines import CLOSERS, CONTINUES, OPENERS
from tgl.syntax.literals import shared_indent, string_value
from tgl.syntax.spacing import spaces

MOST_COLUMNS = 120
STEP = 2

CLAUSES = frozenset({"_ON", "_WHEN", "_IF", "_BATCH"})
WHEN = frozenset({"_WHEN"})
CLAUSE_ORDER = ("_ON", "_BATCH", "_WHEN", "_IF")

# Longer items of a list, or those with brackets, stand on a line of their own.
LONGEST_SIDE_BY_SIDE = 24

# What an `and` behind it is put below: the first word of the condition.
BEFORE_CONDITION = frozenset(
    {"_ON", "_WHEN", "_IF", "_BATCH", "_UNTIL", "_THEN", "_EQ", "_REQUIRE", "_OUTPUT"}
)


@dataclass(slots=True)
class Fold:
    """One statement on its way to lines. `forced` are words to break before, `open` brackets to open."""

    words: Sequence[Word]
    space: Sequence[int]
    indent: int
    forced: set[int] = field(default_factory=set[int])
    open: set[int] = field(default_factory=set[int])
    anchors: dict[int, str] = field(default_factory=dict[int, str])
    lines: list[Line] = field(default_factory=list[Line])
    item_anchors: dict[int, int] = field(default_factory=dict[int, int])
    condition: tuple[Line, int] | None = None

    def closing(self, opener: int) -> int:
        """The place of the bracket that closes the one at `opener`."""
        depth = 0
        for at in range(opener, len(self.words)):
            depth += (self.words[at].kind in OPENERS) - (self.words[at].kind in CLOSERS)
            if depth == 0:
                return at
        raise AssertionError("a bracket without its other end in a statement without mistakes")

    def can_open(self, opener: int) -> bool:
        """Whether a comma may stand behind the last item: not in parentheses around an expression."""
        groups = self.words[opener].kind == "_LPAR" and (
            opener == 0
            or self.space[opener] > 0
            or self.words[opener - 1].kind in OPENERS
            or self.words[opener - 1].kind in ("_TILDE", "_RANGE", "MINUS")
        )
        return not groups and self.closing(opener) > opener + 1

    def is_open(self, opener: int) -> bool:
        if self.words[opener].kind not in OPENERS or not self.can_open(opener):
            return False
        inner = self.words[opener + 1 : self.closing(opener) + 1]
        return opener in self.open or inner[0].breaks or any(word.notes for word in inner)

    # --- lines

    def run(self) -> list[Line]:
        """All lines of the statement."""
        self.lines = [Line(self.indent)]
        self.condition = None
        self.item_anchors = {}
        self.span(0, len(self.words), self.indent, top=True)
        return self.lines

    def span(self, start: int, end: int, indent: int, *, top: bool) -> None:
        """Put the words from `start` to `end` behind what the last line holds."""
        at = start
        while at < end:
            word = self.words[at]
            if at > start and self.breaks_before(at, top=top):
                self.notes(word.notes, indent + STEP)
                self.continued(word, indent)
            # A comma behind the last item stands only where each item has its own line.
            if not (word.kind == "_COMMA" and self.words[at + 1].kind in CLOSERS):
                self.put(at)
            if self.is_open(at):
                close = self.closing(at)
                self.opened(at, close, indent)
                at = close
            if top and (word.kind in BEFORE_CONDITION or self.anchors.get(at) == "sep"):
                self.condition = (self.lines[-1], len(self.lines[-1].cells))
            at += 1

    def breaks_before(self, at: int, *, top: bool) -> bool:
        word = self.words[at]
        return bool(word.notes) or (top and (at in self.forced or (word.breaks and word.kind in CONTINUES)))

    def continued(self, word: Word, indent: int) -> None:
        """Start a new line of the statement with a word."""
        under = self.condition if word.kind in ("AND", "OR") else None
        self.lines.append(Line(indent + STEP, under=under))

    def put(self, at: int) -> None:
        """Put one word behind what the last line holds."""
        word = self.words[at]
        cells = self.lines[-1].cells
        anchor = self.anchors.get(at, "") if len(self.lines) == 1 else ""
        kind = "" if anchor == "value" else self.words[0].kind
        if at in self.item_anchors:
            anchor, kind = "when", f"item of {self.item_anchors[at]}"
        padded = word.gap > 1 and not word.breaks
        text = " ".join(word.text.split()) if word.kind == "NUMBER" else word.text
        cells.append(Cell(text, self.space[at] if cells else 0, anchor, kind, padded, word.column))

    def opened(self, opener: int, close: int, indent: int) -> None:
        """The items between two brackets on lines of their own, each with a comma behind it."""
        items = self.items(opener, close)
        inner = indent + STEP
        side_by_side = self.words[opener].kind == "_LSQB" and all(self.is_short(*item) for item in items)
        for number, (start, end) in enumerate(items):
            self.notes(self.words[start].notes, inner)
            line = self.lines[-1]
            joins = number > 0 and side_by_side and line.note is None and bool(line.cells)
            if not (joins and line.width() + self.width(start, end) + 2 <= MOST_COLUMNS):
                line = Line(inner)
                self.lines.append(line)
            first = len(line.cells)
            self.item_anchors |= {start + at: opener for at in top_places(self.words[start:end], WHEN)}
            self.span(start, end, inner, top=False)
            line.cells[first].space = int(first > 0)
            self.lines[-1].cells.append(Cell(",", 0))
            if end < close:
                self.notes(self.words[end].notes, inner)
        self.notes(self.words[close].notes, inner)
        self.lines.append(Line(indent))
        self.put(close)

    def width(self, start: int, end: int) -> int:
        return sum(len(self.words[at].text) + self.space[at] for at in range(start, end))

    def items(self, opener: int, close: int) -> list[tuple[int, int]]:
        """First and last place of each item between two brackets, the last one exclusive (its comma)."""
        found: list[tuple[int, int]] = []
        depth, start = 0, opener + 1
        for at in range(opener + 1, close):
            depth += (self.words[at].kind in OPENERS) - (self.words[at].kind in CLOSERS)
            if depth == 0 and self.words[at].kind == "_COMMA":
                found.append((start, at))
                start = at + 1
        if start < close:
            found.append((start, close))
        return found

    def is_short(self, start: int, end: int) -> bool:
        words = self.words[start:end]
        plain = not any(word.kind in OPENERS for word in words) and not any(word.notes for word in words[1:])
        return plain and sum(len(word.text) + 1 for word in words) <= LONGEST_SIDE_BY_SIDE

    def notes(self, notes: Sequence[Note], indent: int) -> None:
        """Comments within a statement: behind the last line if they stood behind one, else on their own."""
        for note in notes:
            if not note.own and self.lines[-1].note is None and self.lines[-1].cells:
                self.lines[-1].note = note
            else:
                self.lines.append(Line(indent, note=note))


def folded(words: Sequence[Word], indent: int, *, in_settings: bool, extra: int = 0) -> list[Line]:
    """The lines of a statement.

    Args:
        words: the statement without its block.
        indent: the column at which it starts.
        in_settings: whether its first word is the key of a setting.
        extra: columns to keep free behind the last line, for a brace.
    """
    words = texts_indented(ordered_clauses(words), indent)
    fold = Fold(words, spaces(words, in_settings), indent, anchors=anchors(words, in_settings))
    lines = fold.run()
    for step in (break_clauses, break_conditions, open_brackets, break_commas):
        if all(line.longest() <= MOST_COLUMNS - (extra if line is lines[-1] else 0) for line in lines):
            break
        lines = step(fold)
    return lines


def top_places(words: Sequence[Word], kinds: frozenset[str]) -> list[int]:
    """Places of words of some kinds outside of all brackets, but for the first word."""
    depth = 0
    found: list[int] = []
    for at, word in enumerate(words):
        depth -= word.kind in CLOSERS
        if at and depth == 0 and word.kind in kinds:
            found.append(at)
        depth += word.kind in OPENERS
    return found


def break_clauses(fold: Fold) -> list[Line]:
    if fold.words[0].kind in ("_NODE", "_EDGE"):
        fold.forced |= set(top_places(fold.words, CLAUSES))
    return fold.run()


def break_conditions(fold: Fold) -> list[Line]:
    fold.forced |= set(top_places(fold.words, frozenset({"AND", "OR"})))
    return fold.run()


def open_brackets(fold: Fold) -> list[Line]:
    """Open the longest bracket that is still closed, until all lines are short enough."""
    lines = fold.run()
    while any(line.longest() > MOST_COLUMNS for line in lines):
        closed = [
            (sum(len(word.text) for word in fold.words[at : fold.closing(at)]), -at)
            for at, word in enumerate(fold.words)
            if word.kind in OPENERS and fold.can_open(at) and not fold.is_open(at)
        ]
        if not closed or max(closed)[0] < LONGEST_SIDE_BY_SIDE:
            return lines
        fold.open.add(-max(closed)[1])
        lines = fold.run()
    return lines


def break_commas(fold: Fold) -> list[Line]:
    fold.forced |= {at + 1 for at in top_places(fold.words, frozenset({"_COMMA"}))}
    return fold.run()


def ordered_clauses(words: Sequence[Word]) -> Sequence[Word]:
    """The words with the clauses of a node or edge in their order; untouched if comments stand among them."""
    places = top_places(words, CLAUSES) if words[0].kind in ("_NODE", "_EDGE") else []
    kinds = [words[at].kind for at in places]
    if len(set(kinds)) != len(kinds) or not places or any(word.notes for word in words[places[0] :]):
        return words
    parts = [words[start:end] for start, end in zip(places, [*places[1:], len(words)], strict=True)]
    parts.sort(key=lambda part: CLAUSE_ORDER.index(part[0].kind))
    return [*words[: places[0]], *(word for part in parts for word in part)]


def anchors(words: Sequence[Word], in_settings: bool) -> dict[int, str]:
    """The columns that words of a statement may begin, by the word's place."""
    if in_settings:
        return {1: "value"} if len(words) > 1 else {}
    match words[0].kind:
        case "_NODE":
            seps = dict.fromkeys(top_places(words, frozenset({"_COLON"})), "sep")
            return seps | {at: words[at].text for at in top_places(words, CLAUSES)}
        case "_EDGE":
            arrows = top_places(words, frozenset({"_ARROW"}))
            named = {at: f"->{number}" for number, at in enumerate(arrows, 1)}
            return named | {at: f"edge:{words[at].text}" for at in top_places(words, CLAUSES)}
        case "_LET" | "_PARAM" | "_CARRY" | "_POOL":
            seps = dict.fromkeys(top_places(words, frozenset({"_EQ"})), "sep")
            return seps | dict.fromkeys(top_places(words, frozenset({"_THEN"})), "then")
        case "_USE":
            return {at: "use{" for at, word in enumerate(words) if word.kind == "_LBRACE"}
        case _:
            return {}


def texts_indented(words: Sequence[Word], indent: int) -> Sequence[Word]:
    """The words, the lines of texts moved so that they fit the indent of their statement."""
    return [
        replace(word, text=text_indented(word.text, indent)) if word.text.startswith('"""') else word
        for word in words
    ]


def text_indented(token: str, indent: int) -> str:
    """A triple-quoted string with its lines one step further in than its statement; its value is the same.

    One that begins behind its opening quotes stays as it is.
    """
    body = token[3:-3]
    first, *lines = body.split("\n")
    if first.strip(" \t") or not lines:
        return token
    old = shared_indent(lines[:-1] if not lines[-1].strip(" \t") else lines)
    closed = not lines[-1].strip(" \t")
    kept = lines[:-1] if closed else lines
    moved = [" " * (indent + STEP) + line[len(old) :].rstrip("\r") if line.strip() else "" for line in kept]
    text = "\n".join(["", *moved, *([" " * indent] if closed else [])])
    changed = f'"""{text}"""'
    return changed if string_value(changed).value == string_value(token).value else token
