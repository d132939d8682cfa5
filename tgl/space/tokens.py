"""Worst-case tokens of a candidate (semantics.md 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tgl.ir import (
    TAKE_FN,
    VALUE_FN,
    CallNode,
    Candidate,
    Const,
    Expr,
    Fn,
    FnNode,
    Input,
    ListOf,
    NodeRef,
    Op,
    ProgramIR,
)
from tgl.space.bounds import worst_case, worst_sum
from tgl.space.sizes import Size, Unbounded, template_size

PER_MESSAGE = 32
"""Tokens that a chat template puts around a message, at most."""

_ONE_OF = frozenset({"std.reduce:majority", "std.reduce:first", "std.reduce:last", "std.reduce:best"})


@dataclass(frozen=True, slots=True)
class NodeTokens:
    """The most tokens of one ask of a call node, and how often it may be asked."""

    id: str
    model: str
    prompt: int
    completion: int
    asks: int


@dataclass(frozen=True, slots=True)
class WorstTokens:
    """The most tokens of a run: in all, and by node in candidate order."""

    tokens: int
    nodes: tuple[NodeTokens, ...]


def worst_tokens(
    candidate: Candidate, ir: ProgramIR, given_bytes: Mapping[str, int], shot_bytes: int = 0
) -> WorstTokens:
    """The most tokens that one run of a candidate can use, re-asks included.

    Args:
        candidate: the program.
        ir: the program it came from, for the task's `format`.
        given_bytes: the most UTF-8 bytes of each given field over the examples.
        shot_bytes: the most UTF-8 bytes of the fields of one few-shot example.

    Raises:
        Unbounded: if a reply has no `max_tokens`, or a prompt's length can't be told.
    """
    form = len(ir.task.format.encode()) if ir.task is not None else 0
    asks = dict(worst_case(candidate).by_node)
    replies: dict[str, Size] = {}
    found: list[NodeTokens] = []
    for node in candidate.nodes:
        inputs = {port: _size(expr, replies, given_bytes, node.id) for port, expr in node.inputs}
        if isinstance(node, FnNode):
            replies[node.id] = _reduced(node, inputs)
            continue
        if node.max_tokens is None:
            raise Unbounded(node.id, "`max_tokens` is not set")
        replies[node.id] = Size(node.max_tokens)
        prompt = _prompt(node, inputs, form, shot_bytes)
        found.append(NodeTokens(node.id, node.model, prompt, node.max_tokens, asks[node.id]))
    totals = {node.id: node.asks * (node.prompt + node.completion) for node in found}
    return WorstTokens(round(worst_sum(candidate, totals)), tuple(found))


def _prompt(node: CallNode, inputs: Mapping[str, Size], form: int, shot_bytes: int) -> int:
    names = {"format": Size(form)}
    for port in node.ports:
        names[port.name] = inputs.get(port.name, Size(0, 0 if port.is_list else None))
    names |= {name: Size(len(str(value).encode())) for name, value in node.params}
    total = template_size(f"{node.id}.prompt", node.prompt, names) + PER_MESSAGE
    if node.system is not None:
        total += template_size(f"{node.id}.system", node.system, names) + PER_MESSAGE
    if node.shots:
        # a shot is the prompt with a row in place of the ports, and its answer
        ports = {port.name: Size(0, 0 if port.is_list else None) for port in node.ports}
        frame = template_size(f"{node.id}.prompt", node.prompt, names | ports)
        total += node.shots * (frame + shot_bytes * _mentions(node) + 2 * PER_MESSAGE)
    return total


def _mentions(node: CallNode) -> int:
    """How often a template may print a port, at most once a mention; and the answer."""
    return 1 + sum(node.prompt.count(port.name) for port in node.ports)


def _reduced(node: FnNode, inputs: Mapping[str, Size]) -> Size:
    sizes = inputs.values()
    if node.fn == VALUE_FN:
        return inputs.get("value", Size(0))
    if node.fn == TAKE_FN:
        most = dict(node.inputs).get("most")
        items = inputs.get("items", Size(0))
        return (
            Size(items.item, most.value) if isinstance(most, Const) and isinstance(most.value, int) else items
        )
    if node.fn in _ONE_OF:
        return Size(max((size.item for size in sizes), default=0))
    return Size(sum(size.whole for size in sizes))


def _size(expr: Expr, replies: Mapping[str, Size], given: Mapping[str, int], where: str) -> Size:
    match expr:
        case NodeRef():
            return replies[expr.id]
        case Input():
            if expr.port not in given:
                raise Unbounded(where, f"the length of `{expr.port}` is not known")
            return Size(given[expr.port])
        case ListOf():
            items = [_size(item, replies, given, where) for item in expr.items]
            return Size(max((item.item for item in items), default=0), sum(item.count or 1 for item in items))
        case Const():
            return Size(len(str(expr.value).encode()))
        case Op(op="when", args=(_, value)):
            return _size(value, replies, given, where)
        case Op(op="else", args=args):
            return _largest([_size(arg, replies, given, where) for arg in args])
        case Op(op="get", args=(value, _)):
            return _size(value, replies, given, where)
        case Op(op="and" | "or" | "not" | "holds" | "tagged" | "in" | "==" | "!=" | "<" | "<=" | ">" | ">="):
            return Size(len("false"))
        case Op(op="at", args=(items, _)):
            return Size(_size(items, replies, given, where).item)
        case Op() | Fn():
            return Size(sum(_size(arg, replies, given, where).whole for arg in expr.args))
        case _:
            raise Unbounded(where, f"the length of a {expr.kind} is not known")


def _largest(sizes: Sequence[Size]) -> Size:
    """A size that none of several is larger than."""
    counts = [size.count for size in sizes if size.count is not None]
    return Size(max((size.item for size in sizes), default=0), max(counts) if counts else None)
