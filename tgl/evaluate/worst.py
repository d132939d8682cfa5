"""The most that a candidate can need on one example, told before the run: calls, tokens, dollars.

The worst prompt, in tokens: the UTF-8 bytes of the node's texts, of the longest given fields of any example
as often as its templates name them, of its few-shot rows with a template around each, and the `max_tokens`
of each message that could arrive (a message is taken to have as many tokens for its reader as for its
writer). `CHAT_TOKENS` a message stand for what a chat template adds.

Guards (or parts of them) that read given fields alone are decided here, so that of three routes only the
one taken counts; everything else about a guard is taken to hold.
"""

from __future__ import annotations

from collections.abc import Mapping

from tgl.evaluate.cost import Price, Tokens
from tgl.evaluate.data import Given
from tgl.ir import CallNode, Candidate, Const, Expr, Fn, Input, ListOf, NodeRef, Op
from tgl.stdfn import EvaluationError, evaluate

CHAT_TOKENS = 16


class GivenFields:
    """What an expression sees before a run: the given fields, and no node."""

    def __init__(self, given: Mapping[str, Given]) -> None:
        self._given = given

    def node(self, node: str) -> None:
        """Never asked: expressions over nodes are not evaluated here."""
        del node

    def field(self, port: str) -> Given | None:
        """A given field."""
        return self._given.get(port)


def may_run(candidate: Candidate, given: Mapping[str, Given]) -> tuple[CallNode, ...]:
    """The calls that can happen on an example."""
    fields = GivenFields(given)
    return tuple(node for node in candidate.calls if may_hold(node.guard, fields))


def worst_calls(candidate: Candidate, given: Mapping[str, Given]) -> int:
    """An upper bound on the calls of a candidate on one example, re-asks included."""
    return sum(asks(node) for node in may_run(candidate, given))


def worst_dollars(
    candidate: Candidate,
    prices: Mapping[str, Price],
    longest: Mapping[str, int],
    shot_bytes: Mapping[str, int],
) -> dict[str, float]:
    """The dearest that each call can be, re-asks included, by node; 0 on models without a price.

    Args:
        candidate: the program.
        prices: dollars by model.
        longest: UTF-8 bytes of the longest value of each given field.
        shot_bytes: UTF-8 bytes of the longest few-shot row, by the path that the program names.
    """
    replies = {node.id: node.max_tokens or 0 for node in candidate.calls}
    dearest: dict[str, float] = {}
    for node in candidate.calls:
        price = prices.get(node.model)
        tokens = worst_tokens(node, replies, longest, shot_bytes)
        dearest[node.id] = 0.0 if price is None else asks(node) * price.of(tokens)
    return dearest


def worst_tokens(
    node: CallNode, replies: Mapping[str, int], longest: Mapping[str, int], shot_bytes: Mapping[str, int]
) -> Tokens:
    """The most tokens of one ask; `replies` are the `max_tokens` of the candidate's calls."""
    texts = [node.prompt, node.system or "", *(value for _, value in node.params if isinstance(value, str))]
    own = sum(len(text.encode()) for text in texts)
    given = sum(size * max(1, sum(text.count(name) for text in texts[:2])) for name, size in longest.items())
    row = 0 if node.shots_source is None else shot_bytes.get(node.shots_source.path, 0)
    shots = node.shots * (row + len(node.prompt.encode()) + 2 * CHAT_TOKENS)
    # A function passes on what it reads, so a message behind one is at most all that went into it.
    upstream = sum(replies.values()) if any(reads_nodes(expr) for _, expr in node.inputs) else 0
    return Tokens(node.model, own + given + shots + upstream + 2 * CHAT_TOKENS, node.max_tokens or 0)


def reads_nodes(expr: Expr) -> bool:
    """Whether an input holds the message of a node."""
    match expr:
        case NodeRef():
            return True
        case ListOf(items=parts) | Op(args=parts):
            return any(reads_nodes(part) for part in parts)
        case Fn(args=args, named=named):
            return any(reads_nodes(part) for part in (*args, *(value for _, value in named)))
        case _:
            return False


def asks(node: CallNode) -> int:
    """How often a node may be asked; a greedy reply would only repeat itself."""
    return 1 if node.temperature == 0 else 1 + node.retry


def may_hold(guard: Expr | None, fields: GivenFields) -> bool:
    """Whether a guard can hold on this example."""
    match guard:
        case None:
            return True
        case Op(op="and", args=args):
            return all(may_hold(arg, fields) for arg in args)
        case Op(op="or", args=args):
            return any(may_hold(arg, fields) for arg in args)
        case _ if reads_given_only(guard):
            try:
                return evaluate(guard, fields) is True
            except EvaluationError:
                return True
        case _:
            return True


def reads_given_only(expr: Expr) -> bool:
    """Whether an expression reads nothing but given fields and constants."""
    match expr:
        case Const() | Input():
            return True
        case ListOf(items=parts) | Op(args=parts):
            return all(reads_given_only(part) for part in parts)
        case _:
            return False
