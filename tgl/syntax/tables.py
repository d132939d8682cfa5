"""The parser's tables: what to do with each token in each state, and how a rule shapes its tree.

Lark makes them from `grammar/tgl.lark`, which takes longer than checking a program. So they are kept beside
the grammar as `grammar/tables.json`, with the hash of the text that they were made from; where that is
another text, they are made anew. `python grammar/store_tables.py` writes them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, TypeAlias, cast

from tgl.resources import grammar_tables, grammar_text
from tgl.text import frozen

if TYPE_CHECKING:
    from lark import Lark
    from lark.grammar import Rule
    from lark.parsers.lalr_analysis import IntParseTable

STARTS = ("file", "declaration", "statement", "setting_")
"""Start symbols: a file, and the pieces into which a file with mistakes is cut."""

FORMAT = 1


@frozen
class Shape:
    """What a rule makes of its parts.

    `parts` tells for each part that is kept its place, whether its own children take its place, and how many
    optional parts before it are left out; None: all are kept as they are. `missing` is their number behind
    the last part. `inlined`: a single part stands for the whole.
    """

    name: str
    origin: str
    size: int
    inlined: bool
    parts: tuple[tuple[int, bool, int], ...] | None
    missing: int


@frozen
class Tables:
    """An LALR(1) automaton.

    `actions[state][terminal]` is the state to shift to, or -1 - r to reduce by rule r; `gotos[state][symbol]`
    the state after a reduction to that symbol. `starts` gives for each start symbol its first state and the
    one in which it is read.
    """

    pattern: str
    terminals: tuple[tuple[str, str], ...]
    starts: Mapping[str, tuple[int, int]]
    rules: tuple[Shape, ...]
    actions: tuple[Mapping[str, int], ...]
    gotos: tuple[Mapping[str, int], ...]


@cache
def tables() -> Tables:
    """The tables of the grammar."""
    grammar = grammar_text()
    stored = grammar_tables()
    found = None if stored is None else loaded(stored, grammar)
    return made(grammar) if found is None else found


def digest(grammar: str) -> str:
    """What stored tables are recognised by."""
    return hashlib.sha256(f"{FORMAT}\n{grammar}".encode()).hexdigest()


def loaded(stored: str, grammar: str) -> Tables | None:
    """Stored tables, None if they belong to another grammar."""
    found = json.loads(stored)
    if found["grammar"] != digest(grammar):
        return None
    return Tables(
        found["pattern"],
        tuple((name, value) for name, value in found["terminals"]),
        {start: (first, last) for start, (first, last) in found["starts"].items()},
        tuple(
            Shape(
                name,
                origin,
                size,
                inlined,
                None if parts is None else tuple((at, opened, before) for at, opened, before in parts),
                missing,
            )
            for name, origin, size, inlined, parts, missing in found["rules"]
        ),
        tuple(found["actions"]),
        tuple(found["gotos"]),
    )


def stored_text(grammar: str) -> str:
    """The tables of a grammar as they are stored: JSON, a line for each rule and state."""
    found = made(grammar)
    parts: list[tuple[str, object]] = [
        ("grammar", digest(grammar)),
        ("pattern", found.pattern),
        ("terminals", found.terminals),
        ("starts", found.starts),
    ]
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in parts]
    rules = [(r.name, r.origin, r.size, r.inlined, r.parts, r.missing) for r in found.rules]
    for name, rows in (("rules", rules), ("actions", found.actions), ("gotos", found.gotos)):
        listed = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
        lines.append(f"{json.dumps(name)}: [\n{listed}\n]")
    return "{\n" + ",\n".join(lines) + "\n}\n"


class LineEnds:
    """Tells Lark to keep the terminals that no rule mentions; the filter itself is `lines.significant`."""

    always_accept = ("BAD_CHAR", "BAD_NUMBER", "BAD_STRING", "_NL")

    def process(self, stream: object) -> object:
        """Never asked: Lark only makes the tables."""
        raise AssertionError(stream)


def made(grammar: str) -> Tables:
    """The tables of a grammar, from Lark. Takes about 0.2 s."""
    from lark import Lark

    built = Lark(
        grammar,
        parser="lalr",
        lexer="basic",
        postlex=LineEnds(),  # pyright: ignore[reportArgumentType]
        maybe_placeholders=True,
        start=list(STARTS),
    )
    terminals = sorted(
        built.terminals,
        key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name),
    )
    table = parse_table(built)
    places = {rule: place for place, rule in enumerate(built.rules)}
    names = {rule.origin.name for rule in built.rules}
    actions: list[dict[str, int]] = []
    gotos: list[dict[str, int]] = []
    numbers = numbered(table)
    for state in numbers:
        actions.append({})
        gotos.append({})
        for symbol, to in moves(table, state).items():
            if isinstance(to, int):
                (gotos if symbol in names else actions)[-1][symbol] = numbers[to]
            elif to in places:  # no program reduces to the root: it is read when its last state is reached
                actions[-1][symbol] = -1 - places[to]
    return Tables(
        "|".join(f"(?P<{t.name}>{t.pattern.to_regexp()})" for t in terminals),
        tuple((t.name, t.pattern.value) for t in built.terminals),
        {start: (numbers[table.start_states[start]], numbers[table.end_states[start]]) for start in STARTS},
        tuple(shape(rule) for rule in built.rules),
        tuple(actions),
        tuple(gotos),
    )


Moves: TypeAlias = "dict[str, int | Rule]"


def parse_table(built: Lark) -> IntParseTable:
    """The automaton inside a parser of Lark, whose states are numbers."""
    found: object = built.parser.parser._parse_table  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportAttributeAccessIssue, reportUnknownVariableType]
    return cast("IntParseTable", found)


def moves(table: IntParseTable, state: int) -> Moves:
    """Where each symbol leads from a state, sorted: to a state, or to a rule that is read with it."""
    found = cast("dict[int, dict[str, tuple[object, int | Rule]]]", table.states)[state]
    return {symbol: to for symbol, (_, to) in sorted(found.items())}


def numbered(table: IntParseTable) -> dict[int, int]:
    """Numbers for the states as they are reached; those of Lark change with the hash seed."""
    numbers: dict[int, int] = {}
    waiting = [table.start_states[start] for start in STARTS]
    while waiting:
        reached: list[int] = []
        for state in waiting:
            if state not in numbers:
                numbers[state] = len(numbers)
                reached += [to for to in moves(table, state).values() if isinstance(to, int)]
        waiting = reached
    return numbers


def shape(rule: Rule) -> Shape:
    """How Lark shapes the tree of a rule: `maybe_create_child_filter` of its `parse_tree_builder`."""
    options = rule.options
    flags = "".join(str(int(empty)) for empty in options.empty_indices) or "0" * len(rule.expansion)
    empty = [len(ones) for ones in flags.split("0")]
    parts: list[tuple[int, bool, int]] = []
    missing = 0
    for place, symbol in enumerate(rule.expansion):
        missing += empty[place]
        if options.keep_all_tokens or not (symbol.is_term and symbol.filter_out):  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
            parts.append((place, not symbol.is_term and symbol.name.startswith("_"), missing))
            missing = 0
    missing += empty[len(rule.expansion)]
    plain = missing == 0 and parts == [(place, False, 0) for place in range(len(rule.expansion))]
    return Shape(
        rule.alias or options.template_source or rule.origin.name,
        rule.origin.name,
        len(rule.expansion),
        options.expand1 and not rule.alias,
        None if plain else tuple(parts),
        missing,
    )
