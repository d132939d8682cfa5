"""What is written where a node says what it may be: declarations with arguments, as far as the text tells.

Nothing is evaluated and nothing reported here; `what` does both.
"""

from __future__ import annotations

from dataclasses import replace

from tgl.ir import ChoiceKind
from tgl.semantics.errors.at import At
from tgl.semantics.lowering.state import Env, Given, Instance, Site, State
from tgl.semantics.problems import Abandon
from tgl.semantics.scope import FileScope
from tgl.syntax import ast
from tgl.text import frozen

DEEPEST = 24
"""Names that are followed, one to the other, before a circle is taken for certain."""


@frozen
class Use:
    """One alternative of a node: a declaration and the arguments that it is used with."""

    key: str
    decl: ast.Role | ast.Fn | ast.Graph
    scope: FileScope
    givens: tuple[Given, ...]
    place: At


@frozen
class Written:
    """An expression and where it is written; `site` is None at the node itself."""

    expr: ast.Expr
    env: Env
    site: Site | None


def definition(instance: Instance, item: ast.Param | ast.Let) -> tuple[ast.Expr, Env, Site]:
    """Where the value of a param or `let` is written, and what names mean there.

    Raises:
        Abandon: a param has no value (reported where the graph is used).
    """
    given = instance.given.get(item.name) if isinstance(item, ast.Param) else None
    if given is not None:
        site = given.site or Site(f"{instance.site}.{item.name}", ChoiceKind.PARAM, given.arg.value)
        return given.arg.value, given.env, site
    if item.value is None:
        raise Abandon
    return (
        item.value,
        Env(instance.scope, instance),
        Site(f"{instance.site}.{item.name}", ChoiceKind.PARAM, item.value),
    )


def argument_site(site: Site | None, arg: ast.Arg) -> Site | None:
    """The site of an argument that is written away from the node."""
    if site is None:
        return None
    return site.inner(arg.name or "args", arg.value, ChoiceKind.PARAM)


def list_items(state: State, written: Written) -> list[Written] | None:
    """The items of a written list of roles, functions or graphs, or None if it is no such list."""
    expr, env = written.expr, written.env
    match expr:
        case ast.ListExpr(items=items):
            return [replace(written, expr=item) for item in items]
        case ast.Binary(op="+", left=left, right=right):
            a, b = (
                list_items(state, replace(written, expr=left)),
                list_items(state, replace(written, expr=right)),
            )
            return None if a is None or b is None else a + b
        case ast.Name(id=name):
            found = named(state, name, env)
            if found is None or (isinstance(found.expr, ast.Name) and found.expr.id == name):
                return None
            return list_items(state, found)
        case _:
            return None


def named(state: State, name: str, env: Env) -> Written | None:
    """What a param or `let` stands for; None for what is no such name."""
    declared = None if env.instance is None else env.instance.find(name)
    if declared is not None:
        owner, item = declared
        return Written(*definition(owner, item)) if isinstance(item, (ast.Param, ast.Let)) else None
    binding = env.scope.names.get(name)
    if binding is None or not isinstance(binding.decl, ast.Let):
        return None
    value = binding.decl.value
    return Written(
        value, Env(state.files.scopes[binding.home]), Site(binding.decl.name, ChoiceKind.PARAM, value)
    )


def uses_of(state: State, written: Written, depth: int = 0) -> list[Use] | None:
    """All that a node may be by what is written for it; None where that is not plain."""
    expr, env = written.expr, written.env
    if depth > DEEPEST:
        return None
    match expr:
        case ast.Name(id=name):
            found = named(state, name, env)
            if found is not None:
                return uses_of(state, found, depth + 1)
            binding = env.scope.names.get(name)
            hidden = env.instance is not None and env.instance.find(name) is not None
            if hidden or binding is None or not isinstance(binding.decl, (ast.Role, ast.Fn, ast.Graph)):
                return None
            decl = binding.decl
            return [Use(decl.name, decl, state.files.scopes[binding.home], (), env.at(expr))]
        case ast.Call(func=func, args=args):
            return with_arguments(uses_of(state, replace(written, expr=func), depth + 1), args, written)
        case ast.Choice(domain=ast.Call(func=(ast.ListExpr() | ast.Weights()) as domain, args=args)):
            return with_arguments(options_of(state, domain, written, depth), args, written)
        case ast.Choice(domain=domain):
            return options_of(state, domain, written, depth)
        case _:
            return None


def options_of(state: State, domain: ast.Expr, written: Written, depth: int) -> list[Use] | None:
    """The options of a `~`, each with all that it may be."""
    if isinstance(domain, ast.Weights):
        items: list[Written] | None = [replace(written, expr=item) for item, _ in domain.items]
    else:
        items = list_items(state, replace(written, expr=domain))
    found: list[Use] = []
    for item in items or ():
        uses = uses_of(state, item, depth + 1)
        if uses is None:
            return None
        found += uses
    return found or None


def with_arguments(uses: list[Use] | None, args: tuple[ast.Arg, ...], written: Written) -> list[Use] | None:
    """Alternatives that are used with more arguments."""
    if uses is None:
        return None
    given = tuple(Given(arg, written.env, argument_site(written.site, arg)) for arg in args)
    return [replace(use, givens=use.givens + given) for use in uses]
