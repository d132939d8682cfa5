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
    "$": "an amount of money is written `$0.15`",
    "\\": "a statement goes on by itself in brackets, after an operator or a comma, and before a line that "
    "starts with `on`, `when`, `if`, `and`, `or` or `->`",
    "\u00a0": "use an ordinary space",
}
