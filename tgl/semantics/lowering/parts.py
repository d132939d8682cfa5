"""Whether a message has the field or tag that an expression asks for (language.md G26b)."""

from __future__ import annotations

from tgl.semantics.errors import types as facts
from tgl.semantics.errors.at import At
from tgl.semantics.lowering.sayings import Sayer, inner, parts
from tgl.semantics.lowering.state import Env, State
from tgl.semantics.problems import Abandon
from tgl.syntax import ast


def check_part(state: State, env: Env, base: ast.Expr, name: str, at: At) -> None:
    """Report a field or tag that the message of a node may not have, as far as its types are written.

    A field is one of all that the node may be; a tag of one of them, since a message has one tag anyway.

    Raises:
        Abandon: if it has none.
    """
    try:
        found = Sayer(state).sayings(env, base)
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
