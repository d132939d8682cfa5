"""What to write instead: the form of each statement, and what people use other characters for."""

from __future__ import annotations

FORMS = {
    "use": "write `use std.roles { assistant }`",
    "let": "write `let name = value`",
    "pool": "write `pool name = [model, model]`",
    "model": 'write `model name { provider local; weights "…" }`',
    "label": "write `label name { stays device }`",
    "role": 'write `role name(question) -> answer { prompt "…" }`',
    "fn": 'write `fn name(drafts: list) -> answer { python "module:function" }`',
    "task": 'write `task name { data "file.jsonl" … }`',
    "graph": "write `graph name(question) { … }`",
    "optimize": "write `optimize graph on task { maximize accuracy }`",
    "measured": "`measured` is written by tglc: `measured graph on task { … }`",
    "param": "write `param name = value`",
    "node": "write `node name : role on model`",
    "edge": "write `edge from -> to`",
    "loop": "write `loop name[rounds] { … }`",
    "each": "write `each name[most] in list { … }`",
    "memory": "write `memory name[size] per user`",
    "require": "write `require condition`",
    "output": "write `output value`",
    "carry": "write `carry name = first then next`",
    "until": "write `until condition`",
    "keep": "write `keep best score`",
}

HABITS = {
    "for": "replicas are written `node x[3] : …`, rounds `loop name[3] { … }`, the items of a list "
    "`each item[3] in list { … }`",
    "while": "write `loop name[most] { … }`, and in it `until condition`",
    "repeat": "write `loop name[rounds] { … }`",
    "break": "write `until condition`: it ends the loop",
    "continue": "a round has no early end; a node of it runs only `when condition`",
    "if": "`if` is a clause of a node or edge, `node a : role on model if condition`; "
    "`when` is decided in the run",
    "elif": "write one node for each case, each with its own `if` or `when`",
    "else": "write one node for each case, and take `first(a, b)`",
    "return": "a graph says what it answers with `output NODE`",
    "def": "what a model does is a `role`, a topology `let f(i, j) = i < j`, Python code an `fn`, "
    "a part of a program a `graph`",
    "function": "what a model does is a `role`, a topology `let f(i, j) = i < j`, Python code an `fn`",
    "class": "a reply with parts is a type, `role r(question) -> {answer: answer, why: text} { … }`",
    "import": 'write `use std.roles { assistant }`, or `use "file.tgl" { name }`',
    "from": 'write `use std.roles { assistant }`, or `use "file.tgl" { name }`',
    "var": "write `let name = value`",
    "const": "write `let name = value`",
    "agent": "write `node name : role on model`",
    "print": "`tglc run --trace` shows what each node said",
    "assert": "write `require condition`",
    "limit": "`limit` is a setting of `optimize`",
}
"""First words of statements in other languages, and what is written here."""

CHARACTERS = {
    **dict.fromkeys("–—−", "-"),
    **dict.fromkeys("→⇒", "->"),
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "×": "*",
    "…": "..",
    "\u00a0": " ",
}
"""Characters that people write, or an editor makes, for signs of the language."""

SPELT_UNITS = {
    **dict.fromkeys(
        ("ms", "msec", "millisecond", "milliseconds"), "a unit stands right behind its number: `{}ms`"
    ),
    **dict.fromkeys(
        ("s", "sec", "secs", "second", "seconds"), "a unit stands right behind its number: `{}s`"
    ),
    **dict.fromkeys(
        ("m", "min", "mins", "minute", "minutes"), "a unit stands right behind its number: `{}m`"
    ),
    **dict.fromkeys(("h", "hour", "hours"), "a unit stands right behind its number: `{}h`"),
    **dict.fromkeys(("percent", "pct"), "per cent is `{}%`"),
    **dict.fromkeys(
        ("dollar", "dollars", "usd", "eur", "euro", "euros"), "amounts of money are in dollars: `${}`"
    ),
    **dict.fromkeys(("calls", "tokens", "call", "token"), "a number of calls or tokens stands alone: `{}`"),
    "unit": "write `{} units`",
}
"""Units in words behind a number, and how they are written here."""

CHARACTER_HINTS = {
    "'": 'strings stand in double quotes: "text"',
    "“": 'strings stand in straight double quotes: "text"',
    "”": 'strings stand in straight double quotes: "text"',
    "‘": 'strings stand in straight double quotes: "text"',
    "’": 'strings stand in straight double quotes: "text"',
    "`": 'strings stand in double quotes: "text"',
    "–": "a minus sign is `-`",
    "—": "a minus sign is `-`",
    "−": "a minus sign is `-`",
    "→": "an arrow is `->`",
    "⇒": "an arrow is `->`",
    "≤": "write `<=`",
    "≥": "write `>=`",
    "≠": "write `!=`",
    "×": "write `*`",
    "…": "a range is written with two dots: `1..6`",
    "!": "write `not` to negate, `!=` for unequal",
    "&": "write `and`",
    "%": "per cent follows its number: `20%`; there is no remainder operator",
    "@": "a model is given with `on`: `node a : role on model`",
    **dict.fromkeys("€£¥", "amounts of money are in dollars: `$0.15`"),
    "$": "an amount of money is written `$0.15`",
    "\\": "a statement goes on by itself in brackets, after an operator or a comma, and before a line that "
    "starts with `on`, `when`, `if`, `and`, `or` or `->`",
    "\u00a0": "use an ordinary space",
}
