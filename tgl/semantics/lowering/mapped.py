"""What an `each` goes through is a list (language.md G26, L6)."""

from __future__ import annotations

from collections.abc import Iterable

from tgl.diagnostics import Fix
from tgl.ir import Expr, Input, NodeRef, Op, Reader
from tgl.semantics.errors import types as facts
from tgl.semantics.errors.at import At
from tgl.semantics.lowering.alternatives import Written, uses_of
from tgl.semantics.lowering.sayings import Sayer
from tgl.semantics.lowering.state import Env, Instance, State
from tgl.syntax import ast
from tgl.text import Edit, Span

ONE = frozenset({"text", "answer", "number", "choice", "record", "tagged"})
"""Types of one message."""


def check_mapped(state: State, env: Env, each: ast.Each, items: Expr) -> None:
    """Report an `each` over what is surely one message: an input, a reply, a field of one.

    Raises:
        Abandon: if it is.
    """
    at = env.at(each.source)
    match items, each.source:
        case Input(port=name), ast.Name() if env.instance is not None:
            port = next((one for one in env.instance.whole.graph.ports if one.name == name), None)
            if port is not None and word_of(port) in ONE:
                raise state.problems.abandon(facts.not_a_list(at, f"the input `{name}`", *listing(port, at)))
        case NodeRef(), ast.Name(id=name):
            node = node_of(env, name)
            kinds = [] if node is None else kinds_of(state, node)
            if kinds and all(kind in ONE for kind in kinds):
                hint = "take a node whose role replies `-> list(text)`"
                raise state.problems.abandon(facts.not_a_list(at, f"what `{name}` says", hint))
        case Op(op="get"), ast.Member(base=ast.Name(id=name), name=part):
            node = node_of(env, name)
            kinds = [] if node is None else kinds_of(state, node)
            if kinds and all(kind == "record" for kind in kinds):
                found = Sayer(state).sayings(env, each.source).said
                readers = [one.reader for one in found]
                if found and all(reader is not None and reader.kind in ONE for reader in readers):
                    hint = f"declare the field as a list, `{part}: list(text)`"
                    raise state.problems.abandon(facts.not_a_list(at, f"the field `{part}`", hint))
        case _:
            pass


def word_of(port: ast.Port) -> str:
    """The type of a port; `text` if none is written, nothing if it is no plain one."""
    if port.type is None:
        return "text"
    match port.type.variants:
        case (ast.WordType(words=(*_, word), args=()),):
            return word
        case _:
            return ""


def listing(port: ast.Port, at: At) -> tuple[str, tuple[Fix, ...]]:
    """How an input is declared as a list: in words, and as an edit if its type is not written."""
    mark = "?" if port.optional else ""
    hint = f"declare it as a list: `{port.name}: list{mark}`"
    if port.type is not None:
        return hint, ()
    behind = Span(port.name_span.end, port.name_span.end)
    return hint, (Fix(f"declare `{port.name}: list{mark}`", (Edit(behind, ": list"),)),)


def node_of(env: Env, name: str) -> tuple[Instance, ast.NodeStmt] | None:
    """The node that a name means, if it is one without replicas."""
    found = None if env.instance is None or name in env.index else env.instance.find(name)
    if found is None or not isinstance(found[1], ast.NodeStmt) or found[1].dims:
        return None
    return found[0], found[1]


def kinds_of(state: State, found: tuple[Instance, ast.NodeStmt]) -> list[str]:
    """The types of what a node may say, nothing where that is not written: with roles alone it always is."""
    owner, node = found
    uses = uses_of(state, Written(node.what, Env(owner.scope, owner), None)) or []
    if not all(isinstance(use.decl, ast.Role) for use in uses):
        return []
    return list(kinds(one.reader for one in Sayer(state).of_node(owner, node, 0).said))


def kinds(readers: Iterable[Reader | None]) -> Iterable[str]:
    return ("" if reader is None else reader.kind for reader in readers)
