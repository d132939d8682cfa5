"""Whose log-probabilities a program may read: static, over all programs of its space.

A signal such as `confidence` reads the reply that a message is. Reducers, loops, maps and outputs of graphs
hand messages on; roles and other functions make new ones. So what a signal reads is followed back to the
roles that may have said it, whatever is decided, and to the models that they may run on (semantics.md 1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tgl.ir import (
    Alternative,
    ChoicePoint,
    ChoiceRef,
    Const,
    EdgeTemplate,
    Expr,
    Fn,
    GraphTemplate,
    Input,
    ListOf,
    ModelName,
    ModelOf,
    ModelSpec,
    NodeRef,
    NodeTemplate,
    Op,
    Options,
)
from tgl.semantics.errors import models as facts
from tgl.semantics.errors.at import At
from tgl.semantics.fold import every
from tgl.semantics.inside import nested, used
from tgl.semantics.lowering.state import State
from tgl.text import Span, frozen

if TYPE_CHECKING:
    from tgl.stdfn import StdFunction

LACKING = "logprobs"
"""What a model is declared `without` that tells no log-probabilities."""
LIBRARY = "std/signals.tgl"
SELECTING = {
    "get": slice(0, 1),
    "when": slice(1, None),
    "else": slice(None),
    "at": slice(0, 1),
    "+": slice(None),
}
"""Operators whose value is some of their operands, and which of these."""


@frozen
class Known:
    """What the built-in functions do with messages, loaded where a program reads log-probabilities.

    Most programs do not, and `tglc check` of these should not wait for functions that it does not run.
    """

    functions: Mapping[str, StdFunction]
    handed_on: Mapping[str, frozenset[str]]
    reading: frozenset[str]

    @staticmethod
    def load() -> Known:
        """All of it."""
        from tgl.stdfn import FUNCTIONS, HANDED_ON, READING_LOGPROBS

        return Known(FUNCTIONS, HANDED_ON, READING_LOGPROBS)


@frozen
class Read:
    """A role that is read at a node, by which function."""

    node: NodeTemplate
    alternative: Alternative
    function: str


@dataclass(slots=True)
class Sources:
    """Follows expressions back to the roles that may have said what they hold."""

    known: Known = field(default_factory=Known.load)
    nodes: dict[str, tuple[GraphTemplate, NodeTemplate]] = field(
        default_factory=dict[str, tuple[GraphTemplate, NodeTemplate]]
    )
    holders: dict[str, tuple[NodeTemplate, Alternative]] = field(
        default_factory=dict[str, tuple[NodeTemplate, Alternative]]
    )
    edges: dict[str, list[EdgeTemplate]] = field(default_factory=dict[str, list[EdgeTemplate]])

    @staticmethod
    def of(root: GraphTemplate) -> Sources:
        """All of a graph and what is nested in it."""
        found = Sources()
        for graph in nested(root):
            for edge in graph.edges:
                found.edges.setdefault(edge.target, []).append(edge)
            for node in graph.nodes:
                found.nodes[node.id] = (graph, node)
                for alternative in node.alternatives:
                    if alternative.graph is not None:
                        found.holders[alternative.graph.path] = (node, alternative)
        return found

    def said(self, value: Expr) -> Iterator[tuple[NodeTemplate, Alternative]]:
        """The roles that may have said what an expression holds, each once."""
        left: list[Expr] = [value]
        seen: set[Expr] = set()
        while left:
            expr = left.pop()
            if expr in seen:
                continue
            seen.add(expr)
            match expr:
                case NodeRef(id=name) if name in self.nodes:
                    node = self.nodes[name][1]
                    for alternative in node.alternatives if node.exists != Const(value=False) else ():
                        if alternative.kind == "role":
                            yield node, alternative
                        elif alternative.graph is not None:
                            left.append(alternative.graph.output)
                        elif alternative.fn is not None and alternative.fn in self.known.handed_on:
                            skipped = self.known.handed_on[alternative.fn]
                            left += self.handed_on(node, alternative, skipped)
                case Input(instance=path, port=port) if path in self.holders:
                    left += self.arriving(*self.holders[path], port)
                case ListOf(items=items):
                    left += items
                case Op(op="+", args=args) if any(is_text(arg) for arg in args):
                    pass  # a text that nobody said
                case Op(op=op, args=args) if op in SELECTING:
                    left += args[SELECTING[op]]
                case Fn(fn=name, args=args, named=named) if name in self.known.handed_on:
                    left += self.messages(name, args, named, self.known.handed_on[name])
                case _:
                    pass

    def handed_on(
        self, node: NodeTemplate, alternative: Alternative, not_these: frozenset[str]
    ) -> list[Expr]:
        """What arrives at the ports of a function whose messages it hands on."""
        ports = [port.name for port in alternative.ports] or [port for port, _ in alternative.args]
        return [
            value
            for port in dict.fromkeys(ports)
            if port not in not_these
            for value in self.arriving(node, alternative, port)
        ]

    def arriving(self, node: NodeTemplate, alternative: Alternative, port: str) -> Iterator[Expr]:
        """What may arrive at a port."""
        yield from (value for name, value in alternative.args if name == port)
        for edge in self.edges.get(node.id, ()):
            if (alternative.key, port) in edge.ports:
                yield edge.source

    def model(self, node: NodeTemplate) -> Expr | None:
        """What a node runs on, itself or by the graph around it."""
        at: NodeTemplate | None = node
        seen: set[str] = set()
        while at is not None and at.id not in seen:
            seen.add(at.id)
            match at.on:
                case None:
                    path = self.nodes[at.id][0].path
                    at = self.holders[path][0] if path in self.holders else None
                case ModelOf(node=name) if name in self.nodes:
                    at = self.nodes[name][1]
                case found:
                    return found
        return None

    def reads(self) -> Iterator[tuple[str, Expr]]:
        """Each signal of log-probabilities, with the message that it gets."""
        for _, node in self.nodes.values():
            for alternative in node.alternatives:
                if alternative.fn in self.known.reading:
                    for value in self.handed_on(node, alternative, frozenset({"mean"})):
                        yield alternative.fn, value
        for graph in {id(graph): graph for graph, _ in self.nodes.values()}.values():
            for _, _, whole in used(graph):
                for part in every(whole):
                    if isinstance(part, Fn) and part.fn in self.known.reading:
                        for value in self.messages(part.fn, part.args, part.named, frozenset({"mean"})):
                            yield part.fn, value

    def messages(
        self,
        function: str,
        args: Sequence[Expr],
        named: Sequence[tuple[str, Expr]],
        not_these: frozenset[str],
    ) -> Iterator[Expr]:
        """The arguments of a function but those of some ports."""
        known = self.known.functions.get(function)
        ports = ("",) if known is None else known.ports
        for place, arg in enumerate(args):
            if ports[min(place, len(ports) - 1)] not in not_these or (known is not None and known.spread):
                yield arg
        yield from (arg for port, arg in named if port not in not_these)


def is_text(value: Expr) -> bool:
    """Whether a value is a text of the program, so that a sum with it is a text, too."""
    return isinstance(value, Const) and isinstance(value.value, str)


def roles_read(sources: Sources) -> list[Read]:
    """The roles whose log-probabilities may be read, each node and role once."""
    asked: dict[tuple[str, Expr], None] = dict.fromkeys(sources.reads())
    found: dict[tuple[str, str], Read] = {}
    for function, value in asked:
        for node, alternative in sources.said(value):
            read = Read(node, alternative, function.rpartition(":")[2])
            found.setdefault((node.id, alternative.key), read)
    return list(found.values())


def may_read(state: State) -> bool:
    """Whether a file of the program imports what reads log-probabilities: most have nothing to look for."""
    imported = {
        getattr(binding.decl, "name", None)
        for scope in state.files.scopes.values()
        if scope.source.name != LIBRARY
        for binding in scope.names.values()
        if binding.home == LIBRARY
    }
    return bool(imported) and any(name.rpartition(":")[2] in imported for name in Known.load().reading)


def models_read(root: GraphTemplate, choices: Mapping[str, ChoicePoint]) -> frozenset[str]:
    """The models whose log-probabilities may be read."""
    sources = Sources.of(root)
    return frozenset(
        name for read in roles_read(sources) for name in names_in(choices, sources.model(read.node))
    )


def names_in(choices: Mapping[str, ChoicePoint], on: Expr | None) -> Iterator[str]:
    """The models that an expression may be."""
    for part in () if on is None else every(on):
        match part:
            case ModelName(name=name):
                yield name
            case ChoiceRef(address=address) if address in choices:
                domain = choices[address].domain
                for option in domain.options if isinstance(domain, Options) else ():
                    yield from (one.name for one in every(option) if isinstance(one, ModelName))
            case _:
                pass


def keep_able(state: State, root: GraphTemplate, models: Mapping[str, ModelSpec]) -> None:
    """Leave only models that tell log-probabilities where these are read (language.md L10).

    An option of a choice that would read those of another model is no option; a role that can run on no other
    is reported.
    """
    unable = frozenset(name for name, spec in models.items() if LACKING in spec.without)
    if not unable or not may_read(state):
        return
    sources = Sources.of(root)
    for read in roles_read(sources):
        on = sources.model(read.node)
        if not able(state, on, unable):
            names = [name for name in dict.fromkeys(names_in(state.choices, on)) if name in unable]
            place = read.alternative.place
            at = At(state.files.scopes[place.source].source, Span(place.start, place.end))
            state.problems.add(facts.no_logprobs(at, read.function, names))


def able(state: State, on: Expr | None, unable: frozenset[str]) -> bool:
    """Whether a model is left to run on; options of the choice that decides it which are not able go."""
    match on:
        case ChoiceRef(address=address):
            out = [bad(option, unable) for option in options_of(state, address)]
        case Op(op="at", args=(ChoiceRef(address=address), Const(value=int(place)))):
            lists = [one.items if isinstance(one, ListOf) else () for one in options_of(state, address)]
            out = [bad(ListOf(items=items[place - 1 : place]), unable) for items in lists]
        case _:
            return not any(name in unable for name in names_in(state.choices, on))
    left = without(state.choices[address], out)
    if left is None:
        return False
    state.choices[address] = left
    return True


def options_of(state: State, address: str) -> Sequence[Expr]:
    """The options of a choice; none of a range."""
    domain = state.choices[address].domain
    return domain.options if isinstance(domain, Options) else ()


def bad(option: Expr, unable: frozenset[str]) -> bool:
    """Whether an option names a model that tells no log-probabilities."""
    return any(isinstance(part, ModelName) and part.name in unable for part in every(option))


def without(point: ChoicePoint, out: Sequence[bool]) -> ChoicePoint | None:
    """A choice without the options that are out; None if all are."""
    domain = point.domain
    if not isinstance(domain, Options) or not any(out):
        return point
    left = [place for place, gone in enumerate(out) if not gone]
    if not left:
        return None
    kept = Options(
        options=tuple(domain.options[place] for place in left),
        values=tuple(domain.values[place] for place in left),
        weights=tuple(domain.weights[place] for place in left),
    )
    return point.model_copy(update={"domain": kept})
