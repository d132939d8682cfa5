"""How long texts may be: given fields, few-shot rows, and what expressions over messages come to.

All lengths are in tokens and never under-estimated: a UTF-8 byte of known text counts as a token, a reply as
its `max_tokens`, and it is taken to have as many tokens for its reader as for its writer (semantics.md 4).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tgl.ir import (
    ANSWER_TEXT_FN,
    MOST_RESULT,
    PYTHON_FN,
    TAKE_FN,
    VALUE_FN,
    WITH_VECTOR_FN,
    ChoiceRef,
    Const,
    Expr,
    Fn,
    Input,
    ListOf,
    NodeRef,
    Op,
)
from tgl.keys import MOST_JUDGED
from tgl.space.sizes import LARGEST_NUMBER, UNKNOWN_LENGTH, TextSize, Unbounded

ONE_OF = frozenset({"std.reduce:majority", "std.reduce:first", "std.reduce:last", "std.reduce:best"})
SIGNALS = frozenset(
    {f"std.signals:{name}" for name in ("agreement", "ran", "size", "lead", "length", "streak")}
    | {f"std.signals:{name}" for name in ("confidence", "share_below", "ended", "tokens")}
    | {"core:empty", "core:max", "core:min"}
)
"""Functions whose value is one number, or yes or no."""
TRUTHS = frozenset({"and", "or", "not", "holds", "tagged", "in", "==", "!=", "<", "<=", ">", ">="})


@dataclass(frozen=True, slots=True)
class RowLengths:
    """Few-shot rows of one file: the longest text of each field, and the longest reply that is shown."""

    fields: Mapping[str, TextSize] = field(default_factory=dict[str, TextSize])
    reply: int = 0


@dataclass(frozen=True, slots=True)
class Lengths:
    """What is known of a program's texts before a run.

    Args:
        given: UTF-8 bytes of the longest value of each given field.
        rows: of the few-shot rows, by the path that the program names.
        instruction: UTF-8 bytes of the task's `format`.
        members: of given fields that are lists, the members of the longest; `given` is that of one member.
    """

    given: Mapping[str, int] = field(default_factory=dict[str, int])
    rows: Mapping[str, RowLengths] = field(default_factory=dict[str, RowLengths])
    instruction: int = 0
    members: Mapping[str, int] = field(default_factory=dict[str, int])

    def size(self, port: str) -> TextSize | None:
        """The size of a given field, None if it is not known."""
        return TextSize(self.given[port], self.members.get(port)) if port in self.given else None


def largest(sizes: Sequence[TextSize]) -> TextSize:
    """A size that none of several is larger than."""
    counts = [size.count for size in sizes if size.count is not None]
    return TextSize(max((size.item for size in sizes), default=0), max(counts) if counts else None)


def joined(sizes: Sequence[TextSize]) -> TextSize:
    """The members of several, lists spliced."""
    return TextSize(
        max((size.item for size in sizes), default=0),
        sum(1 if size.count is None else size.count for size in sizes),
    )


@dataclass(frozen=True, slots=True)
class Measure:
    """The sizes of run-time expressions.

    Args:
        nodes: of messages, by node.
        arriving: of what arrives at a port of a graph instance, None where that is not known.
        where: names the reader, for errors.
    """

    nodes: Mapping[str, TextSize]
    arriving: Callable[[str, str], TextSize | None]
    where: str

    def size(self, expr: Expr) -> TextSize:
        """The size of an expression's value.

        Raises:
            Unbounded: nothing bounds it.
        """
        match expr:
            case NodeRef(id=name):
                return self.nodes[name] if name in self.nodes else TextSize(0, 0)
            case Input(instance=instance, port=port):
                found = self.arriving(instance, port)
                if found is None:
                    raise Unbounded(self.where, f"the length of `{port}` is not known")
                return found
            case ListOf(items=items):
                return joined([self.size(item) for item in items])
            case Const(value=value):
                return TextSize(len(str(value).encode()))
            case Op(op=op, args=args):
                return self.operated(op, args)
            case Fn(fn=name, args=args, named=named):
                pairs = [("", arg) for arg in args] + list(named)
                return self.called(name, pairs)
            case ChoiceRef():
                raise Unbounded(self.where, "it shows what a choice decides")
            case _:
                raise Unbounded(self.where, f"the length of a {expr.kind} is not known")

    def operated(self, op: str, args: Sequence[Expr]) -> TextSize:
        """The size of what an operator makes."""
        match op:
            case "when":
                return self.size(args[1])
            case "else":
                return largest([self.size(arg) for arg in args])
            case "get":  # a part is no longer than the whole, but for what JSON and plain decimals add
                found = self.size(args[0])
                return TextSize(2 * found.item + LARGEST_NUMBER, found.count)
            case "at":
                return TextSize(self.size(args[0]).item)
            case _ if op in TRUTHS:
                return TextSize(len("false"))
            case _:
                return TextSize(max(sum(self.size(arg).whole for arg in args), LARGEST_NUMBER))

    def called(self, name: str, args: Sequence[tuple[str, Expr]]) -> TextSize:
        """The size of what a function makes."""
        sizes = [self.size(arg) for _, arg in args]
        if name in SIGNALS:
            return TextSize(LARGEST_NUMBER)
        if name == "std.signals:perplexities":  # a number for each token of one reply
            return TextSize(LARGEST_NUMBER, sizes[0].item if sizes else 0)
        if name == ANSWER_TEXT_FN:
            return TextSize(min(MOST_JUDGED, sum(size.whole for size in sizes)))
        if name == WITH_VECTOR_FN:
            return sizes[0]
        if name.startswith(PYTHON_FN):
            listed = name.rpartition(" -> ")[2].startswith(("list", "ranked"))
            return TextSize(MOST_RESULT, MOST_RESULT // 2 if listed else None)
        if name in (VALUE_FN, "std.reduce:pick"):
            return largest(sizes)
        if name in ("std.signals:mentions", "std.list:restore"):  # one short value for each item
            return TextSize(LARGEST_NUMBER, sum(s.item if s.count is None else s.count for s in sizes))
        if name == "std.list:shuffle":  # as JSON, each item of at least one token with its place
            items = joined(sizes)
            return TextSize(12 * items.item + LARGEST_NUMBER, max(1, items.count or 1))
        if name == TAKE_FN:
            most = dict(args).get("most")
            items = next((self.size(arg) for port, arg in args if port == "items"), TextSize(0, 0))
            count = most.value if isinstance(most, Const) and isinstance(most.value, int) else items.count
            return TextSize(items.item, count)
        if name in ONE_OF:
            return TextSize(max((size.item for size in sizes), default=0))
        return TextSize(sum(size.whole for size in sizes))


def is_unknown(length: int) -> bool:
    """Whether a length stands for one that nothing bounds."""
    return length >= UNKNOWN_LENGTH
