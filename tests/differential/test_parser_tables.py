"""The parser beside Lark's own: the same trees at the same places, the same first token that does not fit."""

import json
import random  # noqa: TID251  (a seeded one, to break programs)
from functools import cache
from pathlib import Path

import pytest
from lark import Lark, Tree
from lark import Token as LarkToken
from lark.exceptions import UnexpectedToken

from tgl.resources import grammar_tables, grammar_text, stdlib_modules, stdlib_text
from tgl.syntax.grammar import END, accepted_after, read, scan
from tgl.syntax.lines import significant
from tgl.syntax.tables import STARTS, LineEnds, loaded, made, stored_text, tables
from tgl.syntax.tokens import NOT_PLACED, ParseTree, Token

ROOT = Path(__file__).parents[2]
PROGRAMS = sorted([*(ROOT / "tests/corpus").rglob("*.tgl"), *(ROOT / "examples").glob("*.tgl")])


@cache
def lark() -> Lark:
    return Lark(
        grammar_text(),
        parser="lalr",
        lexer="basic",
        postlex=LineEnds(),
        propagate_positions=True,
        maybe_placeholders=True,
        start=list(STARTS),
    )


def read_by_lark(tokens: list[Token], start: str) -> Tree | int:
    parser = lark().parse_interactive(start=start)
    fitting = 0
    try:
        for token in tokens:
            parser.feed_token(LarkToken(token.type, str(token), token.start_pos, end_pos=token.end_pos))
            fitting += 1
        return parser.feed_token(LarkToken(END, ""))
    except UnexpectedToken:
        return fitting


def accepted_by_lark(tokens: list[Token], start: str) -> set[str]:
    parser = lark().parse_interactive(start=start)
    for token in tokens:
        parser.feed_token(LarkToken(token.type, str(token)))
    return parser.accepts()


def theirs(child: Tree | LarkToken | int | None) -> object:
    if isinstance(child, Tree):
        place = None if child.meta.empty else (child.meta.start_pos, child.meta.end_pos)
        return (str(child.data), place, [theirs(part) for part in child.children])
    return (child.type, str(child), child.start_pos) if isinstance(child, LarkToken) else child


def ours(child: ParseTree | Token | int | None) -> object:
    if isinstance(child, ParseTree):
        place = None if child.start == NOT_PLACED else (child.start, child.end)
        return (child.data, place, [ours(part) for part in child.children])
    return (child.type, str(child), child.start_pos) if isinstance(child, Token) else child


def agree(tokens: list[Token], start: str) -> None:
    assert ours(read(tokens, start)) == theirs(read_by_lark(tokens, start))


@pytest.mark.parametrize("dotted", stdlib_modules())
def test_the_library(dotted: str) -> None:
    agree(significant(list(scan(stdlib_text(dotted) or ""))), "file")


def test_all_programs_and_broken_copies_of_them() -> None:
    rng = random.Random(4)
    for path in PROGRAMS:
        tokens = significant(list(scan(path.read_text(encoding="utf-8", errors="surrogateescape"))))
        agree(tokens, "file")
        for _ in range(3):
            broken = tokens.copy()
            for _ in range(rng.randint(1, 3)):
                at = rng.randrange(len(broken) + 1)
                broken[at : at + rng.randint(0, 1)] = rng.sample(tokens, min(len(tokens), rng.randint(0, 2)))
            agree(broken, rng.choice(STARTS))
            agree(broken[at:], rng.choice(STARTS))


def test_what_may_follow() -> None:
    rng = random.Random(5)
    for path in PROGRAMS[::4]:
        tokens = significant(list(scan(path.read_text(encoding="utf-8", errors="surrogateescape"))))
        fitting = read(tokens, "file")
        most = fitting if isinstance(fitting, int) else len(tokens)
        for _ in range(3):
            begun = tokens[: rng.randint(0, most)]
            assert accepted_after(begun, "file") == accepted_by_lark(begun, "file")


def test_a_token_that_does_not_fit_has_no_followers() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        accepted_after([Token("_RBRACE", "}")], "file")


def test_stored_tables_are_those_of_the_grammar() -> None:
    stored = grammar_tables()
    assert stored is not None
    assert stored == stored_text(grammar_text()), "run `python grammar/store_tables.py`"
    assert tables() == made(grammar_text())


def test_tables_of_another_grammar_are_not_used() -> None:
    stored = grammar_tables() or ""
    assert loaded(stored, grammar_text()) is not None
    assert loaded(stored, grammar_text() + "\n") is None
    changed = json.loads(stored) | {"grammar": ""}
    assert loaded(json.dumps(changed), grammar_text()) is None
