"""Whether a message has the field or tag that an expression asks for (language.md G26b)."""

from __future__ import annotations

from tgl.ir import Reader
from tgl.semantics.errors import types as facts
from tgl.semantics.errors.at import At
from tgl.semantics.lowering.state import Env, State
from tgl.semantics.problems import Problems
from tgl.semantics.roles import read_role
from tgl.semantics.scope import body_names
from tgl.syntax import ast


def check_part(state: State, env: Env, base: ast.Expr, name: str, at: At) -> None:
    """Report a field or tag that the message of a node can never have, as far as its type is written.

    Raises:
        Abandon: if it has none.
    """
    reader = reader_of(state, env, base)
    if reader is None:
        return
    known = [field for field, _ in reader.fields] + [tag for tag, _ in reader.tags]
    if name not in known:
        raise state.problems.abandon(facts.no_such_part(at, name, known, reader.kind))


def reader_of(state: State, env: Env, base: ast.Expr) -> Reader | None:
    """How the message that an expression names is read; None if that is not written plainly."""
    match base:
        case ast.Name(id=name):
            found = None if env.instance is None or name in env.index else env.instance.find(name)
            return None if found is None else of_item(state, Env(found[0].scope, found[0]), found[1])
        case ast.Index(base=inner):
            return reader_of(state, env, inner)
        case ast.Member(base=ast.Name(id=owner), name=name):
            found = None if env.instance is None else env.instance.find(owner)
            if found is not None and isinstance(found[1], ast.Loop) and owner not in found[0].bound:
                item = body_names(found[1].body).get(name)
                return None if item is None else of_item(state, Env(found[0].scope, found[0]), item)
            outer = reader_of(state, env, base.base)
            return None if outer is None else dict(outer.fields).get(name) or dict(outer.tags).get(name)
        case ast.Member(base=inner, name=name):
            outer = reader_of(state, env, inner)
            return None if outer is None else dict(outer.fields).get(name) or dict(outer.tags).get(name)
        case _:
            return None


def of_item(state: State, env: Env, item: object) -> Reader | None:
    """How the message of a node is read, if it runs one role."""
    if not isinstance(item, ast.NodeStmt):
        return None
    what = item.what.func if isinstance(item.what, ast.Call) else item.what
    if not isinstance(what, ast.Name) or (
        env.instance is not None and env.instance.find(what.id) is not None
    ):
        return None
    binding = env.scope.names.get(what.id)
    if binding is None or not isinstance(binding.decl, ast.Role):
        return None
    return read_role(state.files.scopes[binding.home], binding.decl, Problems()).reader
