"""Upper bounds on the length of rendered prompts, without rendering.

A length is in tokens, never under-estimated: a UTF-8 byte of literal text is at least as much as a token
(byte-level vocabularies have no token shorter than a byte), an upstream reply is at most its declared
maximum. Conditions take their longer branch, loops run as often as their list is long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from textwrap import dedent

from jinja2 import Environment, TemplateSyntaxError, nodes

_NUMBER = 24
"""Bytes of a count, or of a calculation in a template."""

LARGEST_NUMBER = 350
"""Bytes of a number as plain decimals: the smallest double has the most."""

UNKNOWN_LENGTH = 1 << 60
"""A length that nothing bounds: that of a reply without `max_tokens`, and of all that shows it."""

_SHORTENING = frozenset({"trim", "first", "last", "min", "max", "striptags", "string", "escape", "e"})
_RECASING = frozenset({"upper", "lower", "title", "capitalize"})
_COUNTING = frozenset({"length", "count", "int", "float", "round", "abs", "wordcount"})


class Unbounded(ValueError):
    """A prompt or reply whose length nothing bounds. `reason` completes "the length is unknown: …"."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


@dataclass(frozen=True, slots=True)
class TextSize:
    """At most `count` texts of at most `item` tokens each; a plain text has `count` None."""

    item: int
    count: int | None = None

    @property
    def whole(self) -> int:
        """All of it, printed."""
        return self.item if self.count is None else self.count * (self.item + 4) + 2


def template_size(where: str, template: str, names: Mapping[str, TextSize]) -> int:
    """The most tokens that a prompt template renders to.

    Args:
        where: address of the prompt, for errors.
        template: Jinja source.
        names: what the template may read.

    Raises:
        Unbounded: if the template uses something whose length is not known here.
    """
    try:
        parsed = _parsed(template)
    except TemplateSyntaxError as error:
        raise Unbounded(where, f"not a template: {error.message}") from None
    return _Measure(where).block(parsed.body, dict(names))


@lru_cache(maxsize=1024)
def _parsed(template: str) -> nodes.Template:
    # as the runtime reads it: indentation and the line ends of statements are no text
    return Environment(trim_blocks=True, lstrip_blocks=True, autoescape=False).parse(dedent(template))


@dataclass(frozen=True, slots=True)
class _Measure:
    where: str

    def block(self, body: Sequence[nodes.Node], names: dict[str, TextSize]) -> int:
        return sum(self.statement(node, names) for node in body)

    def statement(self, node: nodes.Node, names: dict[str, TextSize]) -> int:
        match node:
            case nodes.Output():
                return sum(self.printed(part, names) for part in node.nodes)
            case nodes.If():
                branches = [self.block(node.body, names), self.block(node.else_, names)]
                return max([*branches, *(self.statement(other, names) for other in node.elif_)])
            case nodes.For(target=nodes.Name() as target):
                items = self.value(node.iter, names)
                if items.count is None:
                    raise Unbounded(self.where, "it loops over something that is no list")
                inner = {**names, target.name: TextSize(items.item), "loop": TextSize(_NUMBER)}
                return items.count * self.block(node.body, inner) + self.block(node.else_, dict(names))
            case nodes.Assign(target=nodes.Name() as target):
                # a branch may have set it, or not
                known = [names[target.name]] if target.name in names else []
                names[target.name] = self.longest([self.value(node.node, names), *known])
                return 0
            case _:
                raise Unbounded(self.where, f"it uses `{type(node).__name__.lower()}`")

    def printed(self, node: nodes.Node, names: Mapping[str, TextSize]) -> int:
        if isinstance(node, nodes.TemplateData):
            return len(node.data.encode())
        size = self.value(node, names)
        if size.count is not None:
            raise Unbounded(self.where, "it prints a whole list")
        return size.item

    def value(self, node: nodes.Node, names: Mapping[str, TextSize]) -> TextSize:
        match node:
            case nodes.Name():
                if node.name not in names:
                    raise Unbounded(self.where, f"`{node.name}` is not known")
                return names[node.name]
            case nodes.Const():
                return TextSize(len(str(node.value).encode()))
            case nodes.Getattr(node=nodes.Name(name="loop")):
                return TextSize(_NUMBER)
            case nodes.Getattr(node=nodes.Node() as record):  # a field is no longer than its record
                return TextSize(self.value(record, names).item)
            case nodes.Getitem(arg=nodes.Slice()):
                return self.value(node.node, names)
            case nodes.Getitem():
                return TextSize(self.value(node.node, names).item)
            case nodes.Filter(node=nodes.Node() as inner):
                return self.filtered(node, self.value(inner, names), names)
            case nodes.CondExpr():
                other = [] if node.expr2 is None else [self.value(node.expr2, names)]
                return self.longest([self.value(node.expr1, names), *other])
            case nodes.Concat():
                return TextSize(sum(self.value(part, names).whole for part in node.nodes))
            case nodes.Add():
                return TextSize(sum(self.value(part, names).whole for part in (node.left, node.right)))
            case nodes.Compare() | nodes.Not() | nodes.Test():
                return TextSize(_NUMBER)
            case _:
                raise Unbounded(self.where, f"it prints `{type(node).__name__.lower()}`")

    def filtered(self, node: nodes.Filter, inner: TextSize, names: Mapping[str, TextSize]) -> TextSize:
        given = [self.value(arg, names) for arg in node.args]
        if node.name in _COUNTING:
            return TextSize(_NUMBER)
        if node.name in _SHORTENING:
            return TextSize(inner.item)
        if node.name in _RECASING:  # one code point may become three, or a longer one
            return TextSize(3 * inner.whole)
        if node.name in ("default", "d"):
            return self.longest([inner, *given[:1]])
        if node.name in ("reverse", "sort", "unique", "list"):
            return inner
        if node.name == "join" and inner.count is not None:
            return TextSize(inner.count * (inner.item + (given[0].whole if given else 0)))
        raise Unbounded(self.where, f"it uses the filter `{node.name}`")

    def longest(self, sizes: Sequence[TextSize]) -> TextSize:
        if any(size.count is not None for size in sizes):
            return TextSize(max(size.item for size in sizes), max(size.count or 1 for size in sizes))
        return TextSize(max(size.item for size in sizes))
