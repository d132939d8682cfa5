"""Functions of the standard library inside of expressions."""

from __future__ import annotations

from tgl.ir import Expr, Fn
from tgl.semantics.errors import names as name_facts
from tgl.semantics.errors import types as facts
from tgl.semantics.lowering.arguments import bind_arguments, port_value
from tgl.semantics.lowering.state import Env, Given, State
from tgl.semantics.problems import Abandon, Problems
from tgl.semantics.roles import read_fn
from tgl.semantics.scope import FileScope
from tgl.syntax import ast


def call_function(
    state: State, decl: ast.Fn, scope: FileScope, values: list[tuple[ast.Arg, Expr]], env: Env, expr: ast.Call
) -> Expr:
    """A call as a value: ports in declared order, then what is named."""
    at = env.at(expr)
    read = read_fn(scope, decl, Problems())
    if read is None:
        state.problems.add(
            name_facts.not_yet(at, "functions written in Python outside of the standard library")
        )
        raise Abandon
    by_arg = {id(arg): value for arg, value in values}
    givens = tuple(Given(arg, env, None) for arg, _ in values)
    bound = bind_arguments(state, decl.name, read.ports, read.params, givens, at)
    args: list[Expr] = []
    named: list[tuple[str, Expr]] = []
    gap = False
    for port in read.ports:
        given = bound.ports.get(port.name)
        if given is None:
            if not port.optional:
                raise state.problems.abandon(
                    facts.type_mismatch(at, f"`{decl.name}` needs `{port.name}`", f"no `{port.name}`")
                )
            gap = True
            continue
        value = port_value(state, decl.name, port, [by_arg[id(one.arg)] for one in given], at)
        if gap:
            named.append((port.name, value))
        else:
            args.append(value)
    named += [(name, by_arg[id(given.arg)]) for name, given in bound.options.items()]
    return Fn(fn=read.registered, args=tuple(args), named=tuple(sorted(named, key=lambda pair: pair[0])))
