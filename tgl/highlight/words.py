"""The words of the language and the shape of its numbers, read off `grammar/tgl.lark` as it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from tgl.resources import grammar_text

TERMINAL = re.compile(r"^(\w+)\.2\s*: /(\w+)\\b/$", re.MULTILINE)
NUMBER = re.compile(r"^NUMBER\.3\s*: /(.*)/$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Words:
    """The words by what they may do.

    `heads` start declarations and statements; `soft` ones are names outside of one place; the others,
    `clauses`, can never be names. `number` is the pattern of a number with its unit.
    """

    heads: frozenset[str]
    clauses: frozenset[str]
    soft: frozenset[str]
    number: str


def rule(grammar: str, name: str) -> frozenset[str]:
    """The terminals that a rule lists."""
    found = re.search(rf"^!?\?{name}\s*:((?:.|\n\s+\|)*)$", grammar, re.MULTILINE)
    if found is None:
        raise ValueError(f"the grammar has no rule `{name}`")
    return frozenset(re.findall(r"\b_?[A-Z]+\b", found.group(1)))


@cache
def grammar_words() -> Words:
    """The words of the grammar that this package carries."""
    grammar = grammar_text()
    spelled = dict(TERMINAL.findall(grammar))
    heads = rule(grammar, "head") | {"_PARAM"}
    soft = rule(grammar, "name") - {"NAME"}
    number = NUMBER.search(grammar)
    if number is None or not heads | soft <= spelled.keys():
        raise ValueError("the grammar's words are written in another way than this room reads")
    return Words(
        frozenset(spelled[name] for name in heads),
        frozenset(word for name, word in spelled.items() if name not in heads | soft),
        frozenset(spelled[name] for name in soft),
        number.group(1).replace(r"\/", "/"),
    )
