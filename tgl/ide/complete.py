"""What may be written at the cursor. Works on text that is broken right there, which is the usual case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tgl import resources
from tgl.ide.chunks import Chunk, cut
from tgl.ide.keys import ARGUMENTS, KEYS, WORDS
from tgl.ide.project import Project, Target, parsed, standard
from tgl.ide.symbols import kind_name, symbol_of
from tgl.ide.tree import doc_of
from tgl.ide.walk import statements
from tgl.models import known_packs
from tgl.semantics import Loader, LoadFailure
from tgl.syntax import ast, words
from tgl.text import SourceFile

SKIPPED = re.compile(r'"""(?:[^"\\]|\\[\s\S]|"(?!""))*"""|"(?:[^"\\\n]|\\[^\n])*"|#[^\n]*')
# A text or a comment, and whether it was closed before the end of what is looked at.
OPENED = re.compile(
    r'"""(?:[^"\\]|\\[\s\S]|"(?!""))*(?:(?P<long>""")|\Z)'
    r'|"(?:[^"\\\n]|\\[^\n])*(?:(?P<short>")|(?=\n)|\Z)'
    r"|#[^\n]*(?P<comment>)"
)
MEMBER = re.compile(r"(?<!\w)([^\W\d]\w*)(?:\[[^\]]*\])?\.\w*$")
BUILT_IN = {
    "size": "how many items a list has",
    "ran": "whether a message is there",
    "empty": "whether nothing is there: no message, or a list without items",
    "max": "the largest of some numbers",
    "min": "the smallest of some numbers",
    "any": "whether a condition holds for one of the replicas",
    "count": "for how many replicas a condition holds",
    "linked": "whether an edge is drawn",
    "acyclic": "only edges that close no circle",
    "log": "a range whose doublings are equally likely: `~log(1..64)`",
    "orders": "each order of a list: `~orders(xs)`",
    "subsets": "parts of a list: `~subsets(xs, 1..3)`",
    "model_of": "the model of a node",
    "true": "yes",
    "false": "no",
}
BEHIND = {"node": ("on", "when", "if", "batch"), "edge": ("if", "when")}


@dataclass(frozen=True, slots=True)
class Completion:
    """A word that fits. `kind` is that of a symbol, or "keyword", "key", "value", "module", "function"."""

    label: str
    kind: str
    detail: str = ""
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the cursor is: what stands on its statement before it, and the blocks around, outermost first."""

    statement: str
    blocks: tuple[str, ...]


def complete(project: Project, offset: int, loader: Loader, sign: str = "") -> tuple[Completion, ...]:
    """The words that fit at an offset of the main file, in the order in which they may be wanted.

    Args:
        project: the file and what it uses.
        offset: of the cursor.
        loader: finds the files that a `use` may bring names from.
        sign: what was typed, if the editor asks because of that and not for a person. Only what such a sign
            leads to is then offered: a list that is open takes the Enter behind a `{`.
    """
    text = project.main.text
    chunk = next((c for c in cut(text) if c.start <= offset <= c.end and offset > c.start), None)
    before = text[chunk.start if chunk else offset : offset]
    cursor = cursor_of(before)
    decl = declaration(project, chunk, before, cursor)
    inside = unclosed(before)
    if inside.startswith("#"):
        return ()
    if inside or sign == '"':
        if re.search(r"\{\{[^{}]*$", inside):
            return tuple(in_template(decl))
        return tuple(in_quotes(before[: len(before) - len(inside)]))
    if (used := re.match(r"use\s+([\w.]*)$", before)) is not None:
        return modules(used.group(1))
    if (used := re.match(r'use\s+(?:([\w.]+)|"([^"\n]*)")\s*\{[^}]*$', before)) is not None:
        return tuple(exports(used.group(1), used.group(2), project, loader))
    if sign == "{" or (sign == "." and not MEMBER.search(before)):
        return ()
    found = tuple(fitting(project, cursor, decl))
    return tuple({entry.label: entry for entry in reversed(found)}.values())[::-1]


def fitting(project: Project, cursor: Cursor, decl: ast.Decl | None) -> Iterator[Completion]:
    block = cursor.blocks[-1] if cursor.blocks else ""
    starting = re.fullmatch(r"\s*\w*", cursor.statement) is not None
    if not block:
        if starting:
            yield from (Completion(word, "keyword") for word in words.DECLARATIONS)
            return
    elif block in words.BODIES:
        if starting:
            known = (*words.STATEMENTS, *(words.IN_LOOPS if block == "loop" else ()))
            yield from (Completion(word, "keyword") for word in known)
            return
    elif starting:
        yield from (Completion(key, "key", doc=doc) for key, doc in KEYS.get(block, {}).items())
        if block == "role":
            yield Completion("param", "keyword")
        return
    yield from values(project, cursor, block, decl)


def values(project: Project, cursor: Cursor, block: str, decl: ast.Decl | None) -> Iterator[Completion]:
    """What may stand inside of a statement."""
    names = project.names(project.main.name)
    statement = cursor.statement.lstrip()
    head = (re.match(r"\w+", statement) or [""])[0]
    if (member := MEMBER.search(statement)) is not None:
        yield from members(project, member.group(1), decl, names)
        return
    if (named := re.search(r"(\w+):\s*\w*$", statement)) is not None:
        found = ARGUMENTS.get((block, head, named[1]), ())
        yield from (Completion(word, "value") for word in found)
        if found:
            return
    for word in WORDS.get((block, head), ()):
        yield Completion(word, "value")
    if not cursor.blocks and head in ("optimize", "measured"):
        wanted = ast.Task if re.search(r"\bon\s+\w*$", statement) else ast.Graph
        yield from (of(project, name, t) for name, t in names.items() if isinstance(t.decl, wanted))
        return
    if head == "pool" or re.search(r"\bon\s+~?\[?[\w\s,]*$", statement) or (block, head) == ("task", "unit"):
        models = (ast.Model, ast.Pool, ast.Param, ast.Let)
        yield from (of(project, name, t) for name, t in names.items() if isinstance(t.decl, models))
        yield from inner(decl, (ast.Param, ast.Let))
        return
    if block and block not in words.BODIES and head not in ("prompt", "system", "temperature", "max_tokens"):
        return
    yield from inner(decl, (ast.Named,))
    yield from (of(project, name, target) for name, target in names.items())
    yield from (Completion(name, "function", doc=doc) for name, doc in BUILT_IN.items())
    yield from (
        Completion(word, "keyword") for word in (*BEHIND.get(head, ()), "and", "or", "not", "in", "is")
    )


def of(project: Project, name: str, target: Target) -> Completion:
    """A name of the file."""
    home = project.shown(target.home.name)
    return Completion(name, kind_name(target.decl), home, doc_of(target.home, target.decl.span.start))


def declaration(project: Project, chunk: Chunk | None, before: str, cursor: Cursor) -> ast.Decl | None:
    """The declaration around the cursor; if what is typed breaks it, what stands before that statement."""
    if chunk is None:
        return None
    decls = project.module(project.main.name).decls
    whole = next((decl for decl in decls if chunk.start <= decl.span.start < chunk.end), None)
    if whole is not None:
        return whole
    text = before[: len(before) - len(cursor.statement)] + "}" * len(cursor.blocks)
    decls = parsed(SourceFile(project.main.name, text)).module.decls
    return decls[0] if decls else None


def inner(decl: ast.Decl | None, kinds: tuple[type[ast.Named], ...]) -> Iterator[Completion]:
    """The names that a declaration holds."""
    match decl:
        case ast.Graph():
            items = (*decl.ports, *statements(decl.body))
        case ast.Role() | ast.Fn():
            items = (*decl.ports, *(item for item in decl.settings if isinstance(item, ast.Param)))
        case _:
            items = ()
    for item in items:
        if isinstance(item, kinds):
            symbol = symbol_of(item, "")
            yield Completion(symbol.name, symbol.kind)


def members(
    project: Project, owner: str, decl: ast.Decl | None, names: dict[str, Target]
) -> Iterator[Completion]:
    """What may follow `owner.`: what a loop holds, or the ports of a node."""
    for item in statements(decl.body) if isinstance(decl, ast.Graph) else ():
        match item:
            case ast.Loop(name=name, body=body) | ast.Each(name=name, body=body) if name == owner:
                held = (symbol_of(part, "") for part in body if isinstance(part, ast.Named))
                yield from (Completion(symbol.name, symbol.kind) for symbol in held)
            case ast.NodeStmt(name=name) if name == owner:
                for what in re.findall(r"[^\W\d]\w*", project.main.text[item.span.start : item.span.end]):
                    target = names.get(what)
                    if target is not None and isinstance(target.decl, (ast.Role, ast.Fn, ast.Graph)):
                        yield from (Completion(port.name, "port", what) for port in target.decl.ports)
            case _:
                pass


def modules(typed: str) -> tuple[Completion, ...]:
    """Modules of the standard library; behind a dot only their last words are left to write."""
    cut_at = typed.rfind(".") + 1
    found = (name for name in resources.stdlib_modules() if name.startswith(typed[:cut_at]))
    return tuple(Completion(name[cut_at:], "module", name) for name in found)


def exports(dotted: str | None, path: str | None, project: Project, loader: Loader) -> Iterator[Completion]:
    """What a `use` can bring in."""
    source = standard(dotted) if dotted else loader.load(path or "", project.main.name)
    if source is None or isinstance(source, LoadFailure):
        return
    for decl in parsed(source).module.decls:
        if isinstance(decl, ast.Named):
            symbol = symbol_of(decl, source.name)
            yield Completion(
                symbol.name, symbol.kind, project.shown(source.name), doc_of(source, decl.span.start)
            )


def unclosed(before: str) -> str:
    """The comment or text, from its first sign, in which the end of a piece of a program is, or ""."""
    found = None
    for found in OPENED.finditer(before):  # noqa: B007 - the last one is wanted
        pass
    if found is None or found.end() != len(before) or found.lastgroup in ("long", "short"):
        return ""
    return found.group()


def in_template(decl: ast.Decl | None) -> Iterator[Completion]:
    yield from inner(decl, (ast.Port, ast.Param))
    yield Completion("format", "value", doc="the task's instruction")


def in_quotes(before: str) -> Iterator[Completion]:
    if re.search(r"\bweights\s*$", before):
        yield from (Completion(pack.name, "value", doc=pack.title) for pack in known_packs())


def cursor_of(before: str) -> Cursor:
    """Where the cursor is, from the text of its declaration before it."""
    text = SKIPPED.sub(lambda found: re.sub(r"[^\n]", "_", found.group()), before)
    blocks: list[str] = []
    start = 0
    flat = 0
    for at, char in enumerate(text):
        if char in "([" or (char == "{" and is_flat(text[start:at])):
            flat += 1
        elif flat and char in ")]}":
            flat -= 1
        elif char == "{":
            head = re.match(r"\s*(\w+)", text[start:at])
            blocks.append(head.group(1) if head else "")
            start = at + 1
        elif char == "}":
            if blocks:
                blocks.pop()
            start = at + 1
        elif char == ";" or (char == "\n" and not flat):
            start = at + 1
    return Cursor(text[start:], tuple(blocks))


def is_flat(statement: str) -> bool:
    """Whether a brace behind these words is a value or a type."""
    return statement.rstrip()[-1:] in ("~", ":", "|", ">", ",") or statement.lstrip().startswith("use ")
