"""The variables of a prompt that needs no template engine to be understood.

Most prompts print variables, and walk through a list with `{% for %}`. Reading those here spares every check
the import of Jinja, which takes longer than checking a program. Everything else is left to Jinja.
"""

from __future__ import annotations

import re

NAME = r"[A-Za-z_][A-Za-z0-9_]*"
BLANK = r"[ \t\n]*"
TAG = re.compile(
    rf"\{{\{{{BLANK}(?P<name>{NAME})(?P<attribute>\.index)?{BLANK}\}}\}}"
    rf"|\{{%-?{BLANK}for[ \t\n]+(?P<each>{NAME})[ \t\n]+in[ \t\n]+(?P<items>{NAME}){BLANK}-?%\}}"
    rf"|\{{%-?{BLANK}(?P<end>endfor){BLANK}-?%\}}"
)
WORDS = frozenset(
    {
        *("true", "false", "none", "True", "False", "None", "not", "and", "or", "in", "is", "if", "else"),
        *("recursive", "loop", "self", "super", "caller", "varargs", "kwargs"),
        *("namespace", "range", "dict", "lipsum", "cycler", "joiner"),
    }
)
"""Names that mean something to Jinja; what holds one is left to it."""


def printed_variables(template: str) -> frozenset[str] | None:
    """The free variables of a template that only prints and repeats; None: ask Jinja.

    Agrees with `jinja2.meta.find_undeclared_variables`. Linear in the length of the text.
    """
    found: set[str] = set()
    bound: list[str] = []
    at = 0
    for tag in TAG.finditer(template):
        before = template[at : tag.start()]
        if opens(before) or before.endswith("{"):
            return None
        at = tag.end()
        name, each, items = tag["name"], tag["each"], tag["items"]
        if tag["end"]:
            if not bound:
                return None
            bound.pop()
        elif each:
            if {each, items} & WORDS or each in bound:
                return None
            if items not in bound:
                found.add(items)
            bound.append(each)
        elif tag["attribute"]:
            if name != "loop" or not bound:
                return None
        elif name in WORDS:
            return None
        elif name not in bound:
            found.add(name)
    if bound or opens(template[at:]):
        return None
    return frozenset(found) - set(bound)


def opens(text: str) -> bool:
    """Whether Jinja would see a tag or a comment in a text."""
    return "{{" in text or "{%" in text or "{#" in text
