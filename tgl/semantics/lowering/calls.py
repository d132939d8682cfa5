"""Functions inside of expressions."""

from __future__ import annotations

from tgl.ir import ChoiceKind, Expr, Fn
from tgl.semantics.errors import types as facts
from tgl.semantics.lowering.arguments import bind_arguments, port_value
from tgl.semantics.lowering.functions import Evaluate
from tgl.semantics.lowering.state import Env, Given, Site, State
from tgl.semantics.problems import Abandon, Problems
from tgl.semantics.roles import read_fn
from tgl.semantics.scope import FileScope
from tgl.syntax import ast


def call_function(
    state: State,
    decl: ast.Fn,
    scope: FileScope,
    values: list[tuple[ast.Arg, Expr]],
    env: Env,
    expr: ast.Call,
    evaluate: Evaluate,
) -> Expr:
    """A call as a value: ports in declared order, then what is named."""
    at = env.at(expr)
    read = read_fn(scope, decl, Problems())
    if read is None:
        read_fn(scope, decl, state.problems)
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
    own = () if read.own is None else read.params.items()
    for name, param in own:
        if name in bound.options:
            continue
        if param.value is None:
            raise state.problems.abandon(
                facts.missing_argument(at, decl.name, name, scope.at(param.name_span))
            )
        site = Site(f"{decl.name}.{name}", ChoiceKind.PARAM, param.value)
        named.append((name, evaluate(state, param.value, Env(scope), site)))
    return Fn(fn=state.called(read), args=tuple(args), named=tuple(sorted(named, key=lambda pair: pair[0])))
