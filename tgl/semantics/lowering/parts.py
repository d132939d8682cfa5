"""Whether a message has the field or tag that an expression asks for (language.md G26b)."""

from __future__ import annotations

from collections.abc import Callable

from tgl.ir import Reader
from tgl.semantics.errors import types as facts
from tgl.semantics.errors.at import At
from tgl.semantics.lowering.alternatives import DEEPEST, Use, Written, list_items, uses_of
from tgl.semantics.lowering.state import Env, Instance, State
from tgl.semantics.problems import Abandon, Problems
from tgl.semantics.roles import read_fn, read_role
from tgl.semantics.scope import body_names, inner_names
from tgl.syntax import ast
from tgl.text import frozen


@frozen
class Said:
    """One of the things that may say a message, and how that is read; None: it is not known."""

    what: str
    reader: Reader | None


@frozen
class Sayings:
    """All that may say a message. `each`: every one of them may; else they are told apart by an index."""

    said: tuple[Said, ...]
    each: bool = True

    def map(self, change: Callable[[Reader], Reader | None]) -> Sayings:
        """The same for a part of the message."""
        parts = [Said(one.what, None if one.reader is None else change(one.reader)) for one in self.said]
        return Sayings(tuple(parts), self.each)


UNKNOWN = Sayings(())


def check_part(state: State, env: Env, base: ast.Expr, name: str, at: At) -> None:
    """Report a field or tag that the message of a node may not have, as far as its types are written.

    A field is one of all that the node may be; a tag of one of them, since a message has one tag anyway.

    Raises:
        Abandon: if it has none.
    """
    try:
        found = sayings(state, env, base)
    except Abandon:
        return
    readers = [(one.what, one.reader) for one in found.said]
    lacking = [(what, reader) for what, reader in readers if reader is not None and name not in parts(reader)]
    if not lacking or ((name.isupper() or not found.each) and len(lacking) < len(readers)):
        return
    what, reader = lacking[0]
    several = len(lacking) < len(readers) and len({what for what, _ in readers}) > 1
    problem = facts.no_such_part(at, name, list(parts(reader)), inner(reader).kind, what if several else None)
    raise state.problems.abandon(problem)


def inner(reader: Reader) -> Reader:
    """What a list holds, lists within it too: a field of a list is that of its items."""
    while reader.kind == "list" and reader.item is not None:
        reader = reader.item
    return reader


def parts(reader: Reader) -> dict[str, Reader | None]:
    """The fields and tags of a message by name."""
    held = inner(reader)
    return {**dict(held.fields), **dict(held.tags)}


def sayings(state: State, env: Env, base: ast.Expr, depth: int = 0) -> Sayings:
    """What may say the message that an expression names."""
    if depth > DEEPEST:
        return UNKNOWN
    match base:
        case ast.Name(id=name):
            found = None if env.instance is None or name in env.index else env.instance.find(name)
            return UNKNOWN if found is None else of_item(state, *found, depth)
        case ast.Index(base=ast.Name(id=name), args=(ast.Arg(value=ast.Number(value=int() as number)),)):
            found = None if env.instance is None or name in env.index else env.instance.find(name)
            if found is not None and isinstance(found[1], ast.NodeStmt):
                return of_node(state, found[0], found[1], depth, number)
            return sayings(state, env, base.base, depth + 1)
        case ast.Index(base=indexed):
            return sayings(state, env, indexed, depth + 1)
        case ast.Member(base=ast.Name(id=owner), name=name) if (inside := body_of(env, owner)) is not None:
            instance, statement = inside
            item = body_names(statement.body).get(name)
            return of_node(state, instance, item, depth + 1) if isinstance(item, ast.NodeStmt) else UNKNOWN
        case ast.Member(base=whole, name=name):
            return sayings(state, env, whole, depth + 1).map(lambda reader: parts(reader).get(name))
        case _:
            return UNKNOWN


def body_of(env: Env, name: str) -> tuple[Instance, ast.Loop | ast.Each] | None:
    """The loop or map that a name means from outside."""
    found = None if env.instance is None or name in env.index else env.instance.find(name)
    if found is None or not isinstance(found[1], (ast.Loop, ast.Each)) or name in found[0].bound:
        return None
    return found[0], found[1]


def of_item(state: State, owner: Instance, item: object, depth: int) -> Sayings:
    """What may say the message of a node, or an item of a map's list."""
    match item:
        case ast.NodeStmt():
            return of_node(state, owner, item, depth)
        case ast.Each(name=name, source=source) if name in owner.bound and owner.outer is not None:
            whole = sayings(state, Env(owner.scope, owner.outer), source, depth + 1)
            return whole.map(lambda reader: reader.item if reader.kind == "list" else reader)
        case _:
            return UNKNOWN


def of_node(
    state: State, owner: Instance, node: ast.NodeStmt, depth: int, number: int | None = None
) -> Sayings:
    """What may say the message of a node, or of its replica with a number."""
    written = Written(node.what, Env(owner.scope, owner), None)
    items = list_items(state, written) if isinstance(node.what, ast.ListExpr) else None
    if items is None:
        uses = uses_of(state, written)
        return UNKNOWN if uses is None else of_uses(state, uses, depth)
    if number is not None:
        items = items[number - 1 : number]
    each = [uses_of(state, item) for item in items]
    said = [one for uses in each if uses is not None for one in of_uses(state, uses, depth).said]
    return Sayings(tuple(said), each=len(items) == 1) if None not in each else UNKNOWN


def of_uses(state: State, uses: list[Use], depth: int) -> Sayings:
    """What may say the message of a node that is one of several things; of a graph, what its output is."""
    said: list[Said] = []
    for use in uses:
        match use.decl:
            case ast.Role():
                said.append(Said(use.decl.name, read_role(use.scope, use.decl, Problems()).reader))
            case ast.Fn():
                read = read_fn(use.scope, use.decl, Problems())
                result = None if read is None or read.own is None else read.own.result
                said.append(Said(use.decl.name, result if isinstance(result, Reader) else None))
            case ast.Graph():
                output = of_graph(state, use, use.decl, depth)
                readers = [one.reader for one in output.said] if output.each else [None]
                said += [Said(use.decl.name, reader) for reader in readers or [None]]
    return Sayings(tuple(said))


def of_graph(state: State, use: Use, graph: ast.Graph, depth: int) -> Sayings:
    """What may say the output of a graph."""
    output = next((item for item in graph.body if isinstance(item, ast.Output)), None)
    if output is None:
        return UNKNOWN
    given = {one.arg.name: one for one in use.givens if one.arg.name is not None}
    instance = Instance(graph.name, graph, use.scope, inner_names(graph), given, has_model=True)
    return sayings(state, Env(use.scope, instance), output.value, depth + 1)
