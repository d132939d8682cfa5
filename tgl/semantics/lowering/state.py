"""What is known while a graph is lowered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tgl.ir import ChoiceKind, ChoicePoint, Expr, FunctionSpec
from tgl.semantics.errors import graph as graph_facts
from tgl.semantics.errors.at import At
from tgl.semantics.problems import Abandon, Problems
from tgl.semantics.roles import FnFacts, RoleFacts, read_role
from tgl.semantics.scope import Files, FileScope, Inner
from tgl.syntax import ast
from tgl.text import frozen

MOST_NODES = 150_000
"""Nodes of a graph with all that is nested in it, at most."""


@frozen
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


@frozen
class Given:
    """An argument with the place that it was written at. `site` is None if that is the node itself."""

    arg: ast.Arg
    env: Env
    site: Site | None


@frozen
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
    """One use of a graph, or one round of a loop or map in it.

    `path` begins the ids of its nodes; `given` are the arguments for its params. Of a round, `outer` is what
    it stands in, `address` what its choices' addresses begin with (no round numbers: one decision for all,
    C6), `body` and `rounds` name the loops and maps around it, `bound` holds what it is given: carried
    values, the item, the index. `indexed` are the nodes that something names by number, `numbered` those of
    which a loop carries the replicas and then names these by number.
    """

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
    numbered: set[str] = field(default_factory=set[str])
    failed: set[str] = field(default_factory=set[str])
    outer: Instance | None = None
    address: str = ""
    body: tuple[str, ...] = ()
    rounds: tuple[int, ...] = ()
    bound: dict[str, Expr] = field(default_factory=dict[str, Expr])
    unrolled: dict[str, Rounds] = field(default_factory=dict[str, "Rounds"])

    def node_id(self, label: str) -> str:
        return f"{self.path}.{label}"

    @property
    def site(self) -> str:
        """What the addresses of choices in it begin with: the same for all rounds of a loop."""
        return self.address or self.path

    def label(self, name: str) -> str:
        """The name of a group as it stands in ids, the rounds around it included: `refine[2].critique`."""
        return self.node_id(name).removeprefix(f"{self.whole.path}.")

    @property
    def whole(self) -> Instance:
        """The graph instance that it is, or that the body belongs to."""
        return self if self.outer is None else self.outer.whole

    def find(self, name: str) -> tuple[Instance, Inner] | None:
        """What a name means here, and the instance or round that declares it."""
        if name in self.names:
            return self, self.names[name]
        return None if self.outer is None else self.outer.find(name)

    def item(self, name: str) -> Inner | None:
        """What a name means here."""
        found = self.find(name)
        return None if found is None else found[1]


@frozen
class Rounds:
    """A loop or map, unrolled: how many rounds (static), each of them, the first values of carries."""

    statement: ast.Loop | ast.Each
    owner: Instance
    count: Expr
    bodies: tuple[Instance, ...]
    first: Mapping[str, Expr]

    @property
    def path(self) -> str:
        """The id of the whole."""
        return self.owner.node_id(self.statement.name)

    @property
    def site(self) -> str:
        """What the addresses of choices in it begin with."""
        return f"{self.owner.site}.{self.statement.name}"

    @property
    def keeps(self) -> ast.Keep | None:
        """The `keep best` of a loop."""
        return next((item for item in self.statement.body if isinstance(item, ast.Keep)), None)

    @property
    def untils(self) -> tuple[ast.Until, ...]:
        """The conditions under which a loop ends."""
        return tuple(item for item in self.statement.body if isinstance(item, ast.Until))

    @property
    def patience(self) -> ast.Expr | None:
        """After how many rounds that are no better it ends, if `keep best` says so."""
        args = () if self.keeps is None else self.keeps.args
        return next((arg.value for arg in args if arg.name == "patience"), None)

    @property
    def may_end(self) -> bool:
        """Whether it may end before its bound."""
        return bool(self.untils) or self.patience is not None

    @property
    def carries(self) -> tuple[ast.Carry, ...]:
        """What a loop carries from round to round."""
        return tuple(item for item in self.statement.body if isinstance(item, ast.Carry))


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
    functions: dict[str, FunctionSpec] = field(default_factory=dict[str, FunctionSpec])
    roles: dict[tuple[str, int], RoleFacts] = field(default_factory=dict[tuple[str, int], RoleFacts])
    owned: dict[tuple[str, int, str], tuple[Expr, At] | None] = field(
        default_factory=lambda: dict[tuple[str, int, str], tuple[Expr, At] | None]()
    )
    nodes: int = 0
    allowed: int = MOST_NODES
    deep: set[str] = field(default_factory=set[str])
    """Graphs of which it was told that they lead through too many others; shared by all graphs of a file."""

    def bound_nodes(self, more: int, at: At) -> None:
        """Give up, once that many more nodes are too many.

        Raises:
            Abandon: without a word where fewer are allowed, since it was told of this or another graph.
        """
        if self.nodes + more <= self.allowed:
            return
        if self.allowed < MOST_NODES:
            raise Abandon
        self.allowed = 0
        raise self.problems.abandon(graph_facts.too_large(at, MOST_NODES))

    def too_deep(self, at: At, name: str, stack: Sequence[str]) -> Abandon:
        """Report graphs in graphs that are too many, once for each chain of them.

        What nests two such chains is a part of neither, so the first of `stack` does not count.
        """
        if not self.deep.isdisjoint(stack[1:]):
            return Abandon()
        self.deep.update(stack[1:])
        return self.problems.abandon(graph_facts.too_deep(at, f"graph `{name}`"))

    def called(self, read: FnFacts) -> str:
        """The registered name of a function that is used; one that a user wrote is kept for the program."""
        if read.own is not None:
            self.functions[read.own.name] = read.own
        return read.registered

    def role(self, scope: FileScope, decl: ast.Role) -> RoleFacts:
        """A role, read once for all its nodes."""
        key = (scope.source.name, decl.span.start)
        if key not in self.roles:
            self.roles[key] = read_role(scope, decl, self.problems)
        return self.roles[key]
