"""What the nodes of an instance turned out to run, and what their calls have to say of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tgl.emit.decisions import Decisions, lies_in, literal_text, value_text
from tgl.emit.errors import UnwrittenDecision
from tgl.emit.names import FileNames
from tgl.emit.nodes import Callee
from tgl.emit.statics import UNKNOWN, Facts, static_value
from tgl.ir import (
    Alternative,
    ChoicePoint,
    ChoiceRef,
    Expr,
    ListOf,
    ModelName,
    Op,
    Options,
    WhatName,
)
from tgl.semantics import FileScope, Named
from tgl.space import InstanceResolution, Resolution
from tgl.syntax import ast


@dataclass(frozen=True, slots=True)
class Written:
    """How an instance is called in the text: by what name (None: its own), with which further arguments."""

    name: str | None
    extra: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Callees:
    """Tells what an alternative became. `written` are the instances that have their text already."""

    main: FileScope
    scopes: Mapping[str, FileScope]
    resolution: Resolution
    decisions: Decisions
    names: FileNames
    written: Mapping[str, Written]

    def callee(self, decl: ast.Graph, scope: FileScope, alternative: Alternative) -> Callee:
        """What an alternative of a node of a graph turned out to be."""
        if alternative.graph is not None:
            written = self.written[alternative.graph.path]
            graph = self.scopes[alternative.graph.place.source].names[alternative.graph.name].decl
            params = graph.body if isinstance(graph, ast.Graph) else ()
            needed = {item.name for item in params if isinstance(item, ast.Param) and item.value is None}
            found = Callee("graph", written.name, written.extra, required=frozenset(needed))
        else:
            options = frozenset(name for name, _ in alternative.fields)
            more = self.imported_options(decl, scope, alternative)
            found = Callee(alternative.kind, None, more, options)
        return replace(
            found,
            whole=lambda: self.in_full(found, alternative),
            spelled=lambda: self.names.name_of(self.what(alternative)),
        )

    def what(self, alternative: Alternative) -> Named:
        """The declaration of what a node runs."""
        decls = self.scopes[alternative.home].module.decls
        named = (ast.Role, ast.Fn, ast.Graph)
        return next(d for d in decls if isinstance(d, named) and d.name == alternative.what)

    def in_full(self, callee: Callee, alternative: Alternative) -> Callee:
        """A call with all that the names behind it said."""
        extra = dict(callee.extra)
        if alternative.graph is None:
            extra = dict(self.given_options(alternative)) | extra
        elif callee.name is None:
            extra |= self.held(self.resolution.instances[alternative.graph.path])
        name = callee.name or self.names.name_of(self.what(alternative))
        return replace(callee, name=name, extra=(*extra.items(),))

    def given_options(self, alternative: Alternative) -> Iterator[tuple[str, str]]:
        """The options of a role that its declaration does not say."""
        decl = self.what(alternative)
        settings = decl.settings if isinstance(decl, (ast.Role, ast.Fn)) else ()
        said = {
            setting.key: setting.args[0].value
            for setting in settings
            if isinstance(setting, ast.Setting) and len(setting.args) == 1
        }
        for name, expr in alternative.fields:
            own = f"{alternative.what}.{name}"
            if any(address.partition("#")[0] == own for address in addresses_in(expr)):
                continue
            value = static_value(expr, self.facts)
            declared = said.get(name)
            text = declared.value if isinstance(declared, (ast.String, ast.Number)) else None
            if value is not UNKNOWN and value is not None and value != text:
                yield name, literal_text(value)

    def imported_options(
        self, decl: ast.Graph, scope: FileScope, alternative: Alternative
    ) -> tuple[tuple[str, str], ...]:
        """The decided settings of a role or function that another file declares."""
        found: list[tuple[str, str]] = []
        for name, expr in alternative.fields:
            points = [self.decisions.by_address[address] for address in addresses_in(expr)]
            own = [p for p in points if p.address.partition("#")[0] == f"{alternative.what}.{name}"]
            here = self.main.source.name
            if not own or any(
                p.place.source == here or lies_in(p.place, scope.source.name, decl.span) for p in own
            ):
                continue
            if isinstance(expr, ChoiceRef):
                value = self.resolution.assignment[expr.address]
                found.append((name, value_text(own[0], value, self.names.spell)))
            elif (value := static_value(expr, self.facts)) is not UNKNOWN:
                found.append((name, literal_text(value)))
            else:
                raise UnwrittenDecision(own[0].address, "the value that it is part of is not known")
        return tuple(found)

    def held(self, instance: InstanceResolution) -> dict[str, str]:
        """The values of params that are written away from the node, as far as a text can say them.

        What a role or graph is that was given with arguments of its own is said at the nodes that run it.
        """
        found: dict[str, str] = {}
        for name, expr in instance.graph.given:
            match expr:
                case ChoiceRef(address=address) if address in self.resolution.assignment:
                    point = self.decisions.by_address[address]
                    if all(map(self.names.is_clear, names_of(point))):
                        found[name] = value_text(point, self.resolution.assignment[address], self.names.spell)
                case ModelName() | WhatName():
                    if self.names.is_clear(expr):
                        found[name] = self.names.spell(expr)
                case _:
                    value = static_value(expr, self.facts)
                    if value is not UNKNOWN and value is not None:
                        found[name] = literal_text(value)
        return found

    @property
    def facts(self) -> Facts:
        """What is decided, of expressions that read no node."""
        return Facts(
            lambda address: self.resolution.assignment.get(address, UNKNOWN), lambda _: None, lambda _: None
        )


def names_of(point: ChoicePoint) -> Iterator[ModelName | WhatName]:
    """The models and whats among which a choice is made."""
    options = point.domain.options if isinstance(point.domain, Options) else ()
    return (option for option in options if isinstance(option, (ModelName, WhatName)))


def addresses_in(expr: Expr) -> Iterator[str]:
    """The choices that an expression of the IR reads."""
    match expr:
        case ChoiceRef(address=address):
            yield address
        case Op(args=args) | ListOf(items=args):
            for part in args:
                yield from addresses_in(part)
        case _:
            pass
