"""Domains that a function makes: `~log(1..64)`, `~subsets(xs, 1..3)`, `~orders(xs)` (language.md C1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, combinations, permutations
from math import comb, factorial

from tgl.ir import Const, Domain, Expr, FloatRange, IntRange, ListOf
from tgl.semantics.errors import choices as facts
from tgl.semantics.errors import types as type_facts
from tgl.semantics.fold import is_static, op
from tgl.semantics.lowering import domains
from tgl.semantics.lowering.state import Env, Site, State
from tgl.semantics.scope import DOMAINS
from tgl.syntax import ast

Evaluate = Callable[[State, ast.Expr, Env, Site], Expr]

MOST_OPTIONS = 5040
"""Most options of one choice: the orders of 7 items."""


def is_domain(env: Env, name: str) -> bool:
    """Whether a name means one of these functions here: nothing hides it, or `std.static` declares it."""
    if env.instance is not None and env.instance.item(name) is not None:
        return False
    binding = env.scope.names.get(name)
    if binding is None:
        return name in DOMAINS
    declared = isinstance(binding.decl, ast.Fn) and binding.decl.name in DOMAINS
    return declared and binding.home == "std/static.tgl"


def made(
    state: State, env: Env, site: Site, choice: ast.Choice, call: ast.Call, name: str, evaluate: Evaluate
) -> Expr:
    """The choice point of `~name(…)`."""
    binding = env.scope.names.get(name)
    name = name if binding is None or binding.decl is None else binding.decl.name
    wanted = 2 if name == "subsets" else 1
    if len(call.args) > wanted or any(arg.name is not None for arg in call.args):
        raise state.problems.abandon(type_facts.too_many_arguments(env.at(call), name, wanted))
    if len(call.args) < wanted:
        what = "a list and a range, `subsets(xs, 1..3)`" if wanted == 2 else "an argument"
        raise state.problems.abandon(
            type_facts.type_mismatch(env.at(call), f"`{name}` takes {what}", "argument missing")
        )
    first = call.args[0].value
    if name == "log":
        return domains.register(state, env, site, choice, log_range(state, env, site, first, evaluate))
    items = listed(state, env, site, first, evaluate)
    if name == "orders":
        count, options = factorial(len(items)), permutations(items)
    else:
        low, high = sizes(state, env, site, call.args[1].value, evaluate)
        if not 0 <= low <= high <= len(items):
            reason = f"asks for {low} to {high} of {len(items)} items"
            hint = f"take 0 to {len(items)} of them, the smaller number first"
            raise state.problems.abandon(facts.bad_range(env.at(call.args[1]), reason, hint))
        count = sum(comb(len(items), k) for k in range(low, high + 1))
        options = chain.from_iterable(combinations(items, k) for k in range(low, high + 1))
    if count > MOST_OPTIONS:
        raise state.problems.abandon(facts.too_many_options(env.at(call), count, MOST_OPTIONS))
    return domains.choose(state, env, site, choice, [(option, 1.0) for option in lists(options)])


def lists(options: Iterator[tuple[Expr, ...]]) -> Iterator[Expr]:
    return (ListOf(items=option) for option in options)


def listed(state: State, env: Env, site: Site, written: ast.Expr, evaluate: Evaluate) -> tuple[Expr, ...]:
    """The items of a static list, each written once."""
    domains.refuse_nested(state, env, written)
    found = evaluate(state, written, env, site)
    if not isinstance(found, ListOf):
        raise state.problems.abandon(facts.not_a_domain(env.at(written), "no list"))
    if not found.items:
        raise state.problems.abandon(facts.empty_domain(env.at(written)))
    return tuple(dict.fromkeys(domains.plain_option(state, env, written, item) for item in found.items))


def sizes(state: State, env: Env, site: Site, written: ast.Expr, evaluate: Evaluate) -> tuple[int, int]:
    """How many items a subset has: a range, or one number."""
    bounds = (written.low, written.high) if isinstance(written, ast.Range) else (written, written)
    values = [evaluate(state, bound, env, site) for bound in bounds]
    numbers = [v.value for v in values if isinstance(v, Const) and isinstance(v.value, int)]
    if len(numbers) < 2 or any(isinstance(number, bool) for number in numbers):
        raise state.problems.abandon(
            facts.bad_range(env.at(written), "must go from one known count to another")
        )
    return numbers[0], numbers[1]


def log_range(state: State, env: Env, site: Site, written: ast.Expr, evaluate: Evaluate) -> Domain:
    """`log(1..64)`: each doubling is as likely as any other."""
    if not isinstance(written, ast.Range):
        raise state.problems.abandon(facts.bad_range(env.at(written), "must be written `low..high`"))
    low, high = (evaluate(state, bound, env, site) for bound in (written.low, written.high))
    domain = domains.range_domain(state, env, written, low, high)
    assert isinstance(domain, IntRange | FloatRange)
    if domain.low <= 0:
        raise state.problems.abandon(
            facts.bad_range(
                env.at(written),
                "has no logarithm: it begins at or below 0",
                "begin above 0: `~log(1..64)`, `~log(0.01..1.0)`",
            )
        )
    return domain.model_copy(update={"log": True})


def subset(state: State, expr: ast.Call, env: Env, site: Site, evaluate: Evaluate) -> Expr:
    """`subset(1..n, size: k, salt: [t, j])`: a static list, of which `in` asks (R12).

    Its arguments may be choices; its value depends on nothing else.
    """
    names = ["items", "size", "salt"]
    given: dict[str, ast.Arg] = {}
    for place, arg in enumerate(expr.args):
        name = arg.name if arg.name is not None else names[place] if place < len(names) else ""
        if name not in names or name in given:
            raise state.problems.abandon(type_facts.unknown_argument(env.at(arg), name, "subset", names))
        given[name] = arg
    if "items" not in given or "size" not in given:
        message = "`subset` takes a list and a size, `subset(1..n, size: 3)`"
        raise state.problems.abandon(type_facts.type_mismatch(env.at(expr), message, "argument missing"))
    values = {name: spread(state, arg.value, env, site, evaluate) for name, arg in given.items()}
    for name, value in values.items():
        if not is_static(value):
            raise state.problems.abandon(type_facts.runtime_value(env.at(given[name].value), "a `subset`"))
    salt = values.get("salt", ListOf(items=()))
    if not isinstance(salt, ListOf):
        salt = ListOf(items=(salt,))
    return op("subset", values["items"], values["size"], salt)


def spread(state: State, written: ast.Expr, env: Env, site: Site, evaluate: Evaluate) -> Expr:
    """A value, or a range whose ends may be choices."""
    if not isinstance(written, ast.Range):
        return evaluate(state, written, env, site)
    return op("range", *(evaluate(state, side, env, site) for side in (written.low, written.high)))
