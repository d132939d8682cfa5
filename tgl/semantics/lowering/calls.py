"""Functions inside of expressions: `let`s, built-in ones, those of `fn`."""

from __future__ import annotations

from dataclasses import replace

from tgl.ir import ChoiceKind, Const, Expr, Fn, Op
from tgl.semantics.errors import names as name_facts
from tgl.semantics.errors import types as facts
from tgl.semantics.lowering.arguments import bind_arguments, port_value
from tgl.semantics.lowering.functions import Evaluate, apply_chosen, apply_let, built_in
from tgl.semantics.lowering.made import is_domain, subset
from tgl.semantics.lowering.state import Env, Given, Site, State
from tgl.semantics.problems import Abandon, Problems
from tgl.semantics.roles import read_fn
from tgl.semantics.scope import FileScope, kind_of
from tgl.semantics.walk import words_of
from tgl.syntax import ast


def call(state: State, expr: ast.Call, env: Env, site: Site, evaluate: Evaluate) -> Expr:
    """A function applied to its arguments."""
    func = expr.func
    if not isinstance(func, ast.Name):
        raise state.problems.abandon(
            facts.type_mismatch(env.at(func), "only a name can be called", "no function")
        )
    declared = None if env.instance is None else env.instance.find(func.id)
    item = None if declared is None else declared[1]
    binding = env.scope.names.get(func.id)
    if declared is not None and isinstance(item, ast.Let) and item.is_function:
        home = replace(env, instance=declared[0], index={})
        return apply_let(state, item, expr, env, site, home, evaluate)
    if item is not None:
        return apply_chosen(state, expr, env, site, evaluate(state, func, env, site), evaluate)
    decl = None if binding is None else binding.decl
    if binding is None:
        return built_in(state, func.id, expr, env, site, evaluate)
    match decl:
        case ast.Let(is_function=True):
            home = replace(env, scope=state.files.scopes[binding.home], instance=None, index={})
            return apply_let(state, decl, expr, env, site, home, evaluate)
        case ast.Let() | ast.Pool():
            return apply_chosen(state, expr, env, site, evaluate(state, func, env, site), evaluate)
        case ast.Fn():
            if decl.name == "subset" and binding.home == "std/static.tgl":
                return subset(state, expr, env, site, evaluate)
            if decl.name == "size" or is_domain(env, func.id):
                return built_in(state, decl.name, expr, env, site, evaluate)
            values = [
                (arg, worded(state, decl, arg, env) or argument(state, arg, env, site, evaluate))
                for arg in expr.args
            ]
            home = state.files.scopes[binding.home]
            return call_function(state, decl, home, values, env, expr, evaluate)
        case ast.Role() | ast.Graph():
            message = f"`{func.id}` is {kind_of(decl)}, so it runs in a node"
            hint = f"write `node x : {func.id}(…)`, and use `x` here"
            raise state.problems.abandon(facts.type_mismatch(env.at(expr), message, "not in a node", hint))
        case None:
            raise Abandon
        case _:
            raise state.problems.abandon(
                name_facts.wrong_kind(env.at(func), func.id, kind_of(decl), "a function", binding.at)
            )


def worded(state: State, decl: ast.Fn, arg: ast.Arg, env: Env) -> Const | None:
    """A word of the library that is written where a function takes one: `mean: geometric`.

    Only where it stands by the name of a port that is a `choice` of words, and nothing here has that name.
    """
    words = () if arg.name is None else words_of(decl, arg.name)
    match arg.value:
        case ast.Name(id=word) if words and word not in env.index and word not in env.scope.names:
            if env.instance is not None and env.instance.find(word) is not None:
                return None
        case ast.String(value=word) if words:
            pass
        case _:
            return None
    if word not in words:
        message = f"`{arg.name}` of `{decl.name}` is one of {', '.join(f'`{one}`' for one in words)}"
        raise state.problems.abandon(facts.type_mismatch(env.at(arg.value), message, "none of these"))
    return Const(value=word)


def argument(state: State, arg: ast.Arg, env: Env, site: Site, evaluate: Evaluate) -> Expr:
    """The value of an argument of a function, absent unless its `when` holds."""
    value = evaluate(state, arg.value, env, site)
    if arg.when is None:
        return value
    return Op(op="when", args=(evaluate(state, arg.when, env, site), value))


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
