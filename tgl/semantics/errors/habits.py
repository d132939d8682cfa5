"""What people write out of habit, and what it is called here."""

from __future__ import annotations

import re

from tgl.resources import stdlib_modules, stdlib_text

DECLARED = re.compile(r"^(?:role|fn|graph|let)\s+(\w+)", re.MULTILINE)

WITHOUT = "leave the argument out: an optional port or option needs none"
NAMES = {
    "None": WITHOUT,
    "null": WITHOUT,
    "True": "write `true`",
    "False": "write `false`",
    "len": "`size(xs)` counts a list that is written in the program; a `param` names a count",
    "range": "a range is written `1..3`, and a choice of one number of it `~1..3`",
    "random": "`~[a, b]` is a choice, and `tglc sample` makes one by chance",
    "str": "a type is written behind a port, `(draft: text)`; messages need no conversion",
    "vote": "`majority` of std.reduce counts votes: `use std.reduce { majority }`",
    "mode": "`majority` of std.reduce counts votes: `use std.reduce { majority }`",
    "argmax": "`best(drafts, by: marks)` of std.reduce takes the highest mark",
    "perplexity": "`perplexities(reply)` of std.signals lists that of each token of a reply",
    "logprobs": "`confidence(reply)` and `perplexities(reply)` of std.signals read log-probabilities",
    "print": "`tglc run --trace` shows what each node said",
}
"""Names that nothing declares, and what was probably meant."""

TYPES = {
    "str": "`text`",
    "string": "`text`",
    "int": "`number`, or `number(0..10)`",
    "integer": "`number`, or `number(0..10)`",
    "float": "`number`, or `number(0..1)`",
    "bool": '`choice("yes", "no")`',
    "boolean": '`choice("yes", "no")`',
    "dict": "a record, `{answer: answer, why: text}`",
    "object": "a record, `{answer: answer, why: text}`",
    "json": "a record, `{answer: answer, why: text}`",
    "record": "its fields, `{answer: answer, why: text}`",
    "tuple": "a record, `{answer: answer, why: text}`",
    "enum": '`choice("red", "green")`',
    "array": "`list(text)`",
}
"""Names of types elsewhere, and the types that the language has for them."""


def meant_by(name: str) -> str | None:
    """What to do about a name that nothing declares, if that is known: a habit, a tag, or a missing `use`."""
    if name in NAMES:
        return NAMES[name]
    if name.isupper() and len(name) > 1:
        return (
            f"a tag is asked for with `is`, and what it holds is read with a dot: `x is {name}`, `x.{name}`"
        )
    module = module_of(name)
    return None if module is None else f"the library has it: `use {module} {{ {name} }}`"


def module_of(name: str) -> str | None:
    """The module of the standard library that declares a name, if one does."""
    return next((module for module in stdlib_modules() if name in declared(module)), None)


def declared(module: str) -> list[str]:
    return DECLARED.findall(stdlib_text(module) or "")
