"""A role at a node: its options merged, its ports wired."""

from __future__ import annotations

from tgl.ir import ChoiceKind, ChoiceRef, Const, Expr, Flip, FloatRange, IntRange, ListOf, Op, Options
from tgl.semantics.errors import choices as choice_facts
from tgl.semantics.errors import types as facts
from tgl.semantics.errors.at import At
from tgl.semantics.fold import ABSENT, is_static
from tgl.semantics.lowering.evaluate import evaluate
from tgl.semantics.lowering.state import Env, Given, Site, State
from tgl.semantics.prompts import check_prompt
from tgl.semantics.roles import OPTIONS, WANTED, RoleFacts
from tgl.semantics.walk import walk
from tgl.syntax import ast


def role_fields(
    state: State, role: RoleFacts, options: dict[str, Given], node: NodeSite
) -> tuple[tuple[str, Expr], ...]:
    """The options and params of a role at a node: an argument wins over the role's own setting."""
    fields: list[tuple[str, Expr]] = []
    for name in (*OPTIONS, *role.params):
        given = options.get(name)
        if given is not None:
            value = node.argument(state, name, given)
            at = given.env.at(given.arg.value)
            if name in ("prompt", "system"):
                for text in ast_texts(given.arg.value):
                    check_prompt(state.problems, given.env.scope, role, text)
        else:
            own = own_value(state, role, name)
            if own is None:
                if name in role.params:
                    declared = role.scope.at(role.params[name].name_span)
                    raise state.problems.abandon(
                        facts.missing_argument(node.place, role.name, name, declared)
                    )
                continue
            value, at = own
        if name in OPTIONS:
            value = check_option(state, name, value, at)
        elif not is_static(value):
            raise state.problems.abandon(facts.runtime_value(at, f"`{name}`"))
        fields.append((name, value))
    return tuple(fields)


def ast_texts(expr: ast.Expr) -> list[ast.String]:
    """The texts that a setting may be."""
    return [found for found in walk(expr) if isinstance(found, ast.String)]


def own_value(state: State, role: RoleFacts, name: str) -> tuple[Expr, At] | None:
    """What the role itself says; a choice there is one decision for all its uses (language.md C4)."""
    key = (role.scope.source.name, role.decl.span.start, name)
    if key not in state.owned:
        state.owned[key] = evaluated(state, role, name)
    return state.owned[key]


def evaluated(state: State, role: RoleFacts, name: str) -> tuple[Expr, At] | None:
    env = Env(role.scope)
    if name in role.params:
        written = role.params[name].value
        values: tuple[ast.Expr, ...] = () if written is None else (written,)
    else:
        values = role.settings.get(name, ())
    if not values:
        return None
    kind = ChoiceKind.PARAM if name in role.params else ChoiceKind.OPTION
    found = tuple(evaluate(state, value, env, Site(f"{role.name}.{name}", kind, value)) for value in values)
    if name == "stop" and not (len(found) == 1 and not isinstance(found[0], Const)):
        return ListOf(items=found), env.at(values[0])
    return found[0], env.at(values[0])


class NodeSite:
    """A node that is being made: where its choices live, and which replica it is."""

    def __init__(
        self, node_id: str, index: tuple[int, ...], counts: tuple[Expr, ...], place: At, *, label: str
    ) -> None:
        self.id = node_id
        self.index = index
        self.counts = counts
        self.place = place
        self.prefix = label

    def argument(self, state: State, name: str, given: Given) -> Expr:
        """The value of an option that is given at the node; a list is one value for each replica (C18)."""
        site = given.site or Site(f"{self.prefix}.{name}", ChoiceKind.OPTION, given.arg.value)
        value = evaluate(state, given.arg.value, given.env, site)
        at = given.env.at(given.arg.value)
        if not isinstance(value, ListOf):
            return value
        if name == "stop" and not all(isinstance(item, ListOf) for item in value.items):
            return value
        return self.vector(state, value.items, at)

    def vector(self, state: State, items: tuple[Expr, ...], at: At) -> Expr:
        """The item of a list that is meant for this replica."""
        return items[self.position(state, len(items), at)]

    def position(self, state: State, length: int, at: At) -> int:
        """Which item of a list of `length` items is meant for this replica."""
        if len(self.index) != 1:
            wanted = "this node has no replicas" if not self.index else "this node has several dimensions"
            raise state.problems.abandon(choice_facts.vector_length(at, length, wanted))
        count = self.counts[0]
        if not isinstance(count, Const):
            raise state.problems.abandon(
                choice_facts.vector_length(at, length, "the number of replicas is a choice")
            )
        if count.value != length:
            raise state.problems.abandon(
                choice_facts.vector_length(at, length, f"there are {count.value} replicas")
            )
        return self.index[0] - 1


def possible(state: State, value: Expr) -> list[Expr] | None:
    """All values that an option may have (for a range, its bounds), or None if that is not known."""
    match value:
        case Const() | ListOf():
            return [value]
        case ChoiceRef(address=address):
            match state.choices[address].domain:
                case Options(options=options):
                    return list(options)
                case IntRange(low=low, high=high):
                    return [Const(value=low), Const(value=high)]
                case FloatRange(low=low, high=high):
                    return [Const(value=low), Const(value=high)]
                case Flip():
                    return [Const(value=True)]
        case Op(op="at", args=(ChoiceRef() as chosen, Const(value=int(index)))):
            lists = possible(state, chosen) or []
            return list(
                dict.fromkeys(
                    found.items[index - 1] if 1 <= index <= len(found.items) else ABSENT
                    for found in lists
                    if isinstance(found, ListOf)
                )
            )
        case _:
            return None


def check_option(state: State, name: str, value: Expr, at: At) -> Expr:
    """An option whose values are all in its domain; one text of `stop` is a list of one."""
    if not is_static(value):
        raise state.problems.abandon(facts.runtime_value(at, f"`{name}`"))
    if name == "stop" and isinstance(value, Const):
        value = ListOf(items=(value,))
    for found in possible(state, value) or ():
        if not fits(name, found):
            raise state.problems.abandon(facts.option_value(at, name, WANTED[name]))
    return value


def fits(name: str, value: Expr) -> bool:
    if name == "stop":
        items = value.items if isinstance(value, ListOf) else (value,)
        return bool(items) and all(
            isinstance(i, Const) and isinstance(i.value, str) and i.value for i in items
        )
    if not isinstance(value, Const):
        return False
    inner = value.value
    if name in ("prompt", "system"):
        return isinstance(inner, str)
    if isinstance(inner, bool) or not isinstance(inner, (int, float)):
        return False
    match name:
        case "temperature":
            return 0 <= inner <= 2
        case "top_p":
            return 0 < inner <= 1
        case "max_tokens":
            return isinstance(inner, int) and inner >= 1
        case _:
            return isinstance(inner, int) and inner >= 0
