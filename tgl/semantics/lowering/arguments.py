"""Which argument goes into which port or option (language.md G3)."""

from __future__ import annotations

from collections.abc import Collection

from tgl.diagnostics import Diagnostic
from tgl.ir import Expr, ListOf, PortSpec
from tgl.semantics.errors import graph as graph_facts
from tgl.semantics.errors import names as name_facts
from tgl.semantics.errors import types as facts
from tgl.semantics.errors.at import At
from tgl.semantics.fold import ABSENT
from tgl.semantics.lowering.state import Given, State
from tgl.semantics.problems import Abandon
from tgl.text import frozen


@frozen
class Bound:
    """Arguments by port and by option; a list port may have several."""

    ports: dict[str, tuple[Given, ...]]
    options: dict[str, Given]


def bind_arguments(
    state: State,
    what: str,
    ports: tuple[PortSpec, ...],
    options: Collection[str],
    givens: tuple[Given, ...],
    place: At,
) -> Bound:
    """Positional arguments in the order of the ports, named ones by name.

    Raises:
        Abandon: if some have no place (all of them are reported).
    """
    by_port: dict[str, tuple[Given, ...]] = {}
    by_option: dict[str, Given] = {}
    names = [port.name for port in ports]
    position = 0
    wrong: list[Diagnostic] = []
    for given in givens:
        arg = given.arg
        at = given.env.at(arg)
        if arg.when is not None and arg.name is not None and arg.name in options:
            wrong.append(facts.runtime_value(given.env.at(arg.when), f"`{arg.name}`"))
        elif arg.name is None:
            if position < len(ports):
                by_port[ports[position].name] = (given,)
                position += 1
            elif ports and ports[-1].is_list:
                by_port[ports[-1].name] += (given,)
            else:
                wrong.append(facts.too_many_arguments(at, what, len(ports)))
        elif arg.name in by_port or arg.name in by_option:
            first = by_port[arg.name][0] if arg.name in by_port else by_option[arg.name]
            wrong.append(facts.repeated(at, f"`{arg.name}`", first.env.at(first.arg)))
        elif arg.name in names:
            by_port[arg.name] = (given,)
        elif arg.name in options:
            by_option[arg.name] = given
        elif arg.name == "continue":
            wrong.append(name_facts.not_yet(at, "`continue:`"))
        else:
            wrong.append(facts.unknown_argument(at, arg.name, what, [*names, *options]))
    for problem in wrong:
        state.problems.add(problem)
    if wrong:
        raise Abandon
    return Bound(by_port, by_option)


def port_value(state: State, what: str, port: PortSpec, values: list[Expr], at: At) -> Expr:
    """What arrives at a port: a list port splices lists, another takes one message (G14b, G11)."""
    if port.is_list:
        return ListOf(items=tuple(item for value in values for item in spliced(value) if item != ABSENT))
    if len(values) > 1 or isinstance(values[0], ListOf):
        raise state.problems.abandon(graph_facts.overfed_port(at, what, port.name))
    return values[0]


def spliced(value: Expr) -> tuple[Expr, ...]:
    """The items of a list, those of inner lists in their places; a single message is a list of one."""
    if not isinstance(value, ListOf):
        return (value,)
    return tuple(item for inner in value.items for item in spliced(inner))
