"""Names that are read as other names than they are (E0209).

In the spirit of UTS 39 and much smaller: characters that another form of Unicode (NFKC) writes otherwise,
words that mix Latin letters with Cyrillic or Greek ones that look like Latin ones, and two names of a file
that differ in such letters alone. A name in one script is nobody's business, and neither is `Δt`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from tgl.diagnostics import Diagnostic, Fix
from tgl.semantics.errors import names as facts
from tgl.semantics.errors.at import At
from tgl.semantics.problems import Problems
from tgl.semantics.scope import FileScope
from tgl.syntax import ast
from tgl.text import Edit, SourceFile, Span

CYRILLIC = dict(
    zip(
        "\u0430\u0441\u0501\u0435\u04bb\u0456\u0458\u04cf\u043e\u0440\u051b\u0455\u0443\u0445\u051d\u0475"
        "\u0410\u0412\u0421\u0415\u041d\u0406\u0408\u041a\u041c\u041e\u0420\u0405\u0422\u0425\u0423\u051a\u051c",
        "acdehijlopqsyxwvABCEHIJKMOPSTXYQW",
        strict=True,
    )
)
GREEK = dict(
    zip(
        "\u03bf\u03bd\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
        "ovABEZHIKMNOPTYX",
        strict=True,
    )
)
TWINS = {**CYRILLIC, **GREEK}
"""Letters of other scripts, and the Latin ones that look the same in most fonts."""

BACK = {"CYRILLIC": {v: k for k, v in CYRILLIC.items()}, "GREEK": {v: k for k, v in GREEK.items()}}
WORD = re.compile(r"[^\W\d_]+")
FOREIGN = re.compile(r"[^\W\x00-\x7f]")
"""A letter of another script; it is only looked for, and a word around it would take time by its square."""


def check_lookalikes(scope: FileScope, problems: Problems) -> frozenset[str]:
    """Report names that are read as others, each once.

    Returns:
        Those names, and what they look like: what else is wrong with them follows from how they are written.
    """
    if FOREIGN.search(scope.source.text) is None:
        return frozenset()
    first: dict[str, Span] = {}
    for name, span in names_of(scope.module):
        if name not in first or span.start < first[name].start:
            first[name] = span
    found: set[str] = set()
    looks: dict[str, str] = {name: name for name in first if name.isascii()}
    for name, span in sorted(first.items(), key=lambda item: item[1].start):
        if name.isascii():
            continue
        problem = as_written(scope.source, name, At(scope.source, span))
        look = looks.setdefault(skeleton(name), name)
        if problem is None and look != name:
            at, other = At(scope.source, span), At(scope.source, first[look])
            problem = facts.same_look(at, name, look, *differing(name, look), other)
        if problem is not None:
            problems.add(problem)
            found |= {name, skeleton(name)}
    return frozenset(found)


def as_written(source: SourceFile, name: str, at: At) -> Diagnostic | None:
    """What is wrong with a name by itself."""
    plain = unicodedata.normalize("NFKC", name)
    if plain != name:
        odd = next(letter for letter in name if unicodedata.normalize("NFKC", letter) != letter)
        twin = unicodedata.normalize("NFKC", odd)
        return facts.look_alike(at, name, odd, twin, plain, [renamed(source, name, plain)])
    for word in WORD.findall(name):
        meant = unmixed(word)
        if meant != word:
            odd, twin = next((a, b) for a, b in zip(word, meant, strict=True) if a != b)
            plain = name.replace(word, meant)
            return facts.look_alike(at, name, odd, twin, plain, [renamed(source, name, plain)])
    return None


def unmixed(word: str) -> str:
    """A word of two scripts in the one that it looks like; a word that does not pretend stays as it is."""
    scripts = {letter: unicodedata.name(letter, "").partition(" ")[0] for letter in word}
    latin = [letter for letter in word if scripts[letter] == "LATIN"]
    for script, back in BACK.items():
        other = [letter for letter in word if scripts[letter] == script]
        if not latin or not other:
            continue
        if all(letter in TWINS for letter in other):
            return "".join(TWINS.get(letter, letter) for letter in word)
        if all(letter in back for letter in latin):
            return "".join(back.get(letter, letter) for letter in word)
    return word


def skeleton(name: str) -> str:
    """What a name looks like."""
    return "".join(TWINS.get(letter, letter) for letter in unicodedata.normalize("NFKC", name))


def differing(name: str, other: str) -> tuple[str, str]:
    """The first letters in which two names differ."""
    return next(((a, b) for a, b in zip(name, other, strict=False) if a != b), (name[-1], other[-1]))


def renamed(source: SourceFile, name: str, plain: str) -> Fix:
    """The name written as it is read, wherever it stands in the file."""
    places = re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", source.text)
    edits = tuple(Edit(Span(place.start(), place.end()), plain) for place in places)
    return Fix(f"write `{plain}`", edits, safe=True)


def names_of(node: object) -> Iterator[tuple[str, Span]]:
    """All names that a tree declares or uses, with their places."""
    left = [node]
    while left:
        part = left.pop()
        if isinstance(part, tuple):
            left += part
            continue
        if not is_dataclass(part) or isinstance(part, Span):
            continue
        match part:
            case ast.Name(id=name, span=span):
                yield name, span
            case ast.Named(name_span=span) if isinstance(name := getattr(part, "name", None), str):
                yield name, span
            case _:
                pass
        left += [getattr(part, one.name) for one in fields(part)]
