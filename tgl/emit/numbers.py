"""The numbers and lists that names in a graph stand for: what an index such as `p[depth]` means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tgl.emit.decisions import Decisions
from tgl.emit.statics import UNKNOWN, Facts, Known, static_value, tree_value
from tgl.semantics import FileScope
from tgl.space import InstanceResolution
from tgl.syntax import ast


@dataclass(frozen=True, slots=True)
class Numbers:
    """Reads static names, as far as the text and what was decided tell them.

    `facts` read the IR: the values of the arguments that an instance got.
    """

    decisions: Decisions
    scopes: Mapping[str, FileScope]

    def of_graph(
        self, scope: FileScope, decl: ast.Graph, instance: InstanceResolution, facts: Facts
    ) -> dict[str, Known]:
        """What the names of a graph and of its file mean in an instance; others are absent."""
        found = self.of_file(scope)
        for name, expr in instance.graph.values:
            found[name] = static_value(expr, facts)
        given = {name for name, _ in instance.graph.values}
        waiting = [
            item
            for item in decl.body
            if isinstance(item, (ast.Param, ast.Let)) and item.value is not None and item.name not in given
        ]
        return self.settled(found, waiting, scope, instance.graph.address)

    def of_file(self, scope: FileScope) -> dict[str, Known]:
        """What the `let`s mean that a file declares or imports."""
        found: dict[str, Known] = {}
        for name, binding in scope.names.items():
            if isinstance(binding.decl, ast.Let) and not binding.decl.is_function:
                home = self.scopes[binding.home]
                lets = [d for d in home.module.decls if isinstance(d, ast.Let) and not d.is_function]
                found[name] = self.settled({}, lets, home, "").get(binding.decl.name, UNKNOWN)
        return {name: value for name, value in found.items() if value is not UNKNOWN}

    def settled(
        self,
        found: dict[str, Known],
        waiting: list[ast.Let] | list[ast.Param | ast.Let],
        scope: FileScope,
        prefix: str,
    ) -> dict[str, Known]:
        """The names with those added that can be told, in whatever order they stand."""
        left = [*waiting]
        while True:
            told = {item.name: self.value(item, scope, prefix, found) for item in left}
            told = {name: value for name, value in told.items() if value is not UNKNOWN}
            if not told:
                return {name: value for name, value in found.items() if value is not UNKNOWN}
            found |= told
            left = [item for item in left if item.name not in told]

    def value(
        self, item: ast.Param | ast.Let, scope: FileScope, prefix: str, names: Mapping[str, Known]
    ) -> Known:
        def decided(choice: ast.Choice) -> Known:
            point = self.decisions.at(scope.source.name, choice.span, prefix or item.name)
            return UNKNOWN if point is None else self.decisions.assignment[point.address]

        return UNKNOWN if item.value is None else tree_value(item.value, names, decided)
