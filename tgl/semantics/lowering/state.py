"""What is known while a graph is lowered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tgl.ir import ChoiceKind, ChoicePoint, Expr
from tgl.semantics.errors.at import At
from tgl.semantics.problems import Problems
from tgl.semantics.scope import Files, FileScope, Inner
from tgl.syntax import ast


@dataclass(frozen=True, slots=True)
class Site:
    """Where a choice is written, as far as its address goes.

    `address` is that of the first `~` in `root`; further ones get `#2`, `#3` in the order of the text.
    """

    address: str
    kind: ChoiceKind
    root: ast.Expr

    def inner(self, name: str, root: ast.Expr, kind: ChoiceKind | None = None) -> Site:
        """The site of an argument inside."""
        return Site(f"{self.address}.{name}", kind or self.kind, root)


@dataclass(slots=True)
class Env:
    """What names mean at a place: index variables, then the graph instance, then the file.

    `of_edge`: the place is, or was reached from, the `if` of an edge, where `acyclic` means something;
    `of_require`: a `require`, where `any`, `count` and `linked` do.
    """

    scope: FileScope
    instance: Instance | None = None
    index: Mapping[str, Expr] = field(default_factory=dict[str, Expr])
    of_edge: bool = False
    of_require: bool = False

    def at(self, node: ast.Node) -> At:
        return self.scope.at(node.span)

    def with_index(self, index: Mapping[str, Expr]) -> Env:
        """The same place with more index variables."""
        return replace(self, index={**self.index, **index})


@dataclass(frozen=True, slots=True)
class Given:
    """An argument with the place that it was written at. `site` is None if that is the node itself."""

    arg: ast.Arg
    env: Env
    site: Site | None


@dataclass(frozen=True, slots=True)
class Replicas:
    """The replicas of a declared node: the count of each dimension, static, and its largest value."""

    node: ast.NodeStmt
    counts: tuple[Expr, ...]
    most: tuple[int, ...]
    indices: tuple[tuple[int, ...], ...]

    def label(self, index: tuple[int, ...]) -> str:
        """`worker[2]`, `proposer[1,2]`, or the bare name."""
        return self.node.name + (f"[{','.join(map(str, index))}]" if index else "")


@dataclass(slots=True)
class Instance:
    """One use of a graph. `path` begins all addresses in it; `given` are the arguments for its params."""

    path: str
    graph: ast.Graph
    scope: FileScope
    names: Mapping[str, Inner]
    given: Mapping[str, Given]
    has_model: bool
    values: dict[str, Expr] = field(default_factory=dict[str, Expr])
    replicas: dict[str, Replicas] = field(default_factory=dict[str, Replicas])
    pending: list[str] = field(default_factory=list[str])
    indexed: set[str] = field(default_factory=set[str])
    failed: set[str] = field(default_factory=set[str])

    def node_id(self, label: str) -> str:
        return f"{self.path}.{label}"


@dataclass(slots=True)
class State:
    """One lowering: the files, the choices found so far, and what is wrong."""

    files: Files
    problems: Problems
    choices: dict[str, ChoicePoint] = field(default_factory=dict[str, ChoicePoint])
    written: dict[str, ast.Choice] = field(default_factory=dict[str, ast.Choice])
    globals: dict[tuple[str, str], Expr] = field(default_factory=dict[tuple[str, str], Expr])
    pending: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    failed: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    models: dict[str, FileScope] = field(default_factory=dict[str, FileScope])
    nodes: int = 0
