"""How many nodes graphs that use graphs come to, counted from the text before any is made.

A graph is written out anew wherever it is used, so templates that use each other twice double at each level.
The count is from below: what is not a plain number or name here counts as one, or as nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field

from tgl.semantics.scope import Files, FileScope, inner_names
from tgl.syntax import ast
from tgl.text import frozen

MOST_EXPANDED = 20_000
"""Nodes within graphs that a graph uses, all copies counted: a few seconds' work."""
TOLD = 5
"""Levels of a multiplication that are named."""


@frozen
class Expansion:
    """What a graph comes to: `own` nodes, those within the graphs that these are, and how that multiplies.

    `way`: down the largest part, each graph that is used with its number of copies in the one above.
    """

    own: int = 0
    within: int = 0
    way: tuple[tuple[int, str], ...] = ()

    @property
    def nodes(self) -> int:
        """All of them."""
        return self.own + self.within

    def told(self) -> str:
        """The multiplication in words."""
        parts = [f"{times} × `{name}`" for times, name in self.way[:TOLD]]
        return ", each ".join([*parts, *(["…"] if len(self.way) > TOLD else [])])


NOTHING = Expansion()


@frozen
class Counting:
    """Counts each graph once."""

    files: Files
    known: dict[tuple[str, str], Expansion] = field(default_factory=dict[tuple[str, str], Expansion])

    def of(self, scope: FileScope, graph: ast.Graph) -> Expansion:
        """What a graph comes to. One that uses itself counts as nothing there; that is another mistake."""
        key = (scope.source.name, graph.name)
        found = self.known.get(key)
        if found is None:
            self.known[key] = NOTHING
            found = self.known[key] = self.counted(scope, graph)
        return found

    def counted(self, scope: FileScope, graph: ast.Graph) -> Expansion:
        """What a graph comes to."""
        inside = inner_names(graph)
        own = within = 0
        copies: dict[tuple[str, str], int] = {}
        graphs: dict[tuple[str, str], Expansion] = {}
        for times, node in nodes_of(graph.body):
            own += times
            names = [name for name in names_of(node.what) if name not in inside]
            used = [found for found in (self.use(scope, name) for name in names) if found is not None]
            if isinstance(node.what, ast.ListExpr):  # each replica is one of them
                used = [min(used, key=lambda one: one[1].nodes)] if used and len(used) == len(names) else []
            for key, found in used:
                within += times * found.nodes
                copies[key] = copies.get(key, 0) + times
                graphs[key] = found
        if not copies:
            return Expansion(own)
        heaviest = max(copies, key=lambda key: copies[key] * graphs[key].nodes)
        return Expansion(own, within, ((copies[heaviest], heaviest[1]), *graphs[heaviest].way))

    def use(self, scope: FileScope, name: str) -> tuple[tuple[str, str], Expansion] | None:
        """The graph that a name of a file stands for, and what it comes to."""
        binding = scope.names.get(name)
        if binding is None or not isinstance(binding.decl, ast.Graph):
            return None
        return (binding.home, binding.decl.name), self.of(self.files.scopes[binding.home], binding.decl)


def nodes_of(body: Iterable[ast.Stmt], times: int = 1) -> Iterator[tuple[int, ast.NodeStmt]]:
    """The nodes that statements make at least, with how many replicas."""
    for statement in body:
        if isinstance(statement, ast.NodeStmt):
            yield times * replicas_of(statement.dims), statement
        elif isinstance(statement, ast.Loop):
            yield from nodes_of(statement.body, times * replicas_of(statement.dims))


def replicas_of(dims: Iterable[ast.Dim]) -> int:
    """How many replicas are made, as far as numbers tell: up to the largest of a choice."""
    total = 1
    for dim in dims:
        count = dim.count.domain if isinstance(dim.count, ast.Choice) else dim.count
        most = count.high if isinstance(count, ast.Range) else count
        if isinstance(most, ast.Number) and isinstance(most.value, int) and most.value > 0:
            total *= most.value
    return total


def names_of(what: ast.Expr) -> tuple[str, ...]:
    """The names of all that a node may be."""
    match what:
        case ast.Name(id=name):
            return (name,)
        case ast.Call(func=base):
            return names_of(base)
        case ast.Choice(domain=domain):
            return names_of(domain)
        case ast.ListExpr(items=items):
            return tuple(dict.fromkeys(name for item in items for name in names_of(item)))
        case ast.Weights(items=items):
            return tuple(dict.fromkeys(name for item, _ in items for name in names_of(item)))
        case _:
            return ()
