"""The tree of a program: frozen, syntax and places only.

Equality ignores places, so that `parse(print(tree)) == tree` can be tested. Whatever is known about a
node (its declaration, its type, its choices) lives in side tables of later rooms.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from tgl.text import SourceFile, Span

NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True)
class Node:
    """What all tree nodes share: where they stand in the source."""

    span: Span = field(default=NOWHERE, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Named(Node):
    """A node that declares a name; `name_span` is where the name itself stands."""

    name_span: Span = field(default=NOWHERE, compare=False, kw_only=True)


# --- expressions -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A name, bound or not."""

    id: str


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number with its unit.

    `value` has the scale letters applied (`4k` is 4000, `135M` 135e6, `8B` 8e9) and per cent divided
    (`20%` is 0.2); int if written without point, exponent or per cent. `unit` is "" or one of `units`,
    `ms s m h d` (value as written), `$`, `$/Mtok`, `%`. `text` is what stands in the source.
    """

    value: int | float
    unit: str
    text: str


@dataclass(frozen=True, slots=True)
class String(Node):
    """A string as meant.

    `value` has escapes applied and, for a triple-quoted one, the common indent and the first and last line
    end removed.
    """

    value: str
    triple: bool = False


@dataclass(frozen=True, slots=True)
class ListExpr(Node):
    """`[a, b]`."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Arg(Node):
    """`value`, `name: value`, `value when guard`."""

    value: Expr
    name: str | None = None
    when: Expr | None = None


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`func(args)`."""

    func: Expr
    args: tuple[Arg, ...]


@dataclass(frozen=True, slots=True)
class Index(Node):
    """`base[args]`; an index may be a Range or, for `node x[i: 3]`, never here but in `Dim`."""

    base: Expr
    args: tuple[Arg, ...]


@dataclass(frozen=True, slots=True)
class Member(Node):
    """`base.name`."""

    base: Expr
    name: str


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`not x` or `-x`; op is "not" or "-"."""

    op: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """op is one of `or and < <= > >= == != in + - * /`. Comparisons do not chain."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Is(Node):
    """`x is NAME`."""

    operand: Expr
    name: str


@dataclass(frozen=True, slots=True)
class Range(Node):
    """`low..high`."""

    low: Expr
    high: Expr


@dataclass(frozen=True, slots=True)
class Weights(Node):
    """`{value: weight, …}`, only after `~`."""

    items: tuple[tuple[Expr, Expr], ...]


@dataclass(frozen=True, slots=True)
class Choice(Node):
    """`~domain`: the only mark of choice."""

    domain: Expr


@dataclass(frozen=True, slots=True)
class Fit(Node):
    """`fit M(…)`."""

    method: Expr


Expr: TypeAlias = (
    Name
    | Number
    | String
    | ListExpr
    | Call
    | Index
    | Member
    | Unary
    | Binary
    | Is
    | Range
    | Weights
    | Choice
    | Fit
)

# --- types and ports ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WordType(Node):
    """`answer`, `secret text`, `list(text)`, `number(0..10)`, `choice("ok", "wrong")`, `ASK(text)`.

    `words` are the names written side by side (labels first, the base type last); `args` what stands in
    its parentheses: types or literal expressions.
    """

    words: tuple[str, ...]
    args: tuple[TypeExpr | Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordType(Node):
    """`{name: type, …}`."""

    fields: tuple[Port, ...]


@dataclass(frozen=True, slots=True)
class TypeExpr(Node):
    """`variant { | variant } [after "text"]`; one variant is the plain case."""

    variants: tuple[WordType | RecordType, ...]
    after: String | None = None


@dataclass(frozen=True, slots=True)
class Port(Named):
    """`name`, `name: type`, `name: type?`; no type means text."""

    name: str
    type: TypeExpr | None = None
    optional: bool = False


# --- settings ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Setting(Named):
    """`key arg, arg, name: arg`; `name_span` is the key's place."""

    key: str
    args: tuple[Arg, ...]


@dataclass(frozen=True, slots=True)
class Param(Named):
    """`param name [: type] [= value]`; in a graph or among settings."""

    name: str
    type: TypeExpr | None = None
    value: Expr | None = None


Settings: TypeAlias = tuple[Setting | Param, ...]

# --- statements of a graph ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dim(Node):
    """`[count]` or `[i: count]`: one dimension of replicas, loops, memories."""

    count: Expr
    index: str | None = None


@dataclass(frozen=True, slots=True)
class Clause(Node):
    """`on e`, `when e`, `if e`; `batch e until e` has kind "batch" and `until` set."""

    kind: str
    value: Expr
    until: Expr | None = None


@dataclass(frozen=True, slots=True)
class Let(Named):
    """`let name = value`, `let name(params) = value`; at the top or in a graph."""

    name: str
    params: tuple[str, ...]
    value: Expr
    is_function: bool = False


@dataclass(frozen=True, slots=True)
class NodeStmt(Named):
    """`node name[dims] : what clauses`."""

    name: str
    dims: tuple[Dim, ...]
    what: Expr
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Edge(Node):
    """`edge a -> b -> c when … if …`; at least two ends."""

    ends: tuple[Expr, ...]
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Loop(Named):
    """`loop name[dims] { … }`."""

    name: str
    dims: tuple[Dim, ...]
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Each(Named):
    """`each name[dims] in source { … }`."""

    name: str
    dims: tuple[Dim, ...]
    source: Expr
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Memory(Named):
    """`memory name[dims] per what { … }`."""

    name: str
    dims: tuple[Dim, ...]
    per: str
    settings: Settings


@dataclass(frozen=True, slots=True)
class Require(Node):
    """`require condition`."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Output(Node):
    """`output value`."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Carry(Named):
    """`carry name = first then next`."""

    name: str
    first: Expr
    then: Expr


@dataclass(frozen=True, slots=True)
class Until(Node):
    """`until condition`."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Keep(Node):
    """`keep best score, patience: 1`."""

    args: tuple[Arg, ...]


Stmt: TypeAlias = (
    Param | Let | NodeStmt | Edge | Loop | Each | Memory | Require | Output | Carry | Until | Keep
)

# --- declarations ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UseName(Named):
    """`name` or `name as alias` in a `use`."""

    name: str
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Use(Node):
    """`use std.roles { a, b as c }` or `use "./file.tgl" { a }`; `path` is text, `quoted` tells which."""

    path: str
    quoted: bool
    names: tuple[UseName, ...]
    path_span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Pool(Named):
    """`pool name = models`."""

    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Model(Named):
    """`model name { … }`."""

    name: str
    settings: Settings


@dataclass(frozen=True, slots=True)
class LabelDecl(Named):
    """`label name { … }`."""

    name: str
    settings: Settings


@dataclass(frozen=True, slots=True)
class Role(Named):
    """`role name(ports) -> type releases label { … }`."""

    name: str
    ports: tuple[Port, ...]
    type: TypeExpr
    releases: str | None
    settings: Settings


@dataclass(frozen=True, slots=True)
class Fn(Named):
    """`fn name(ports) -> type releases label { … }`."""

    name: str
    ports: tuple[Port, ...]
    type: TypeExpr
    releases: str | None
    settings: Settings


@dataclass(frozen=True, slots=True)
class Task(Named):
    """`task name { … }`."""

    name: str
    settings: Settings


@dataclass(frozen=True, slots=True)
class Graph(Named):
    """`graph name(ports) -> type { … }`."""

    name: str
    ports: tuple[Port, ...]
    type: TypeExpr | None
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Optimize(Node):
    """`optimize graph on task { … }`."""

    graph: str
    task: str
    settings: Settings


@dataclass(frozen=True, slots=True)
class Measured(Node):
    """`measured graph on task { … }`: written by tglc."""

    graph: str
    task: str
    settings: Settings


Decl: TypeAlias = Use | Let | Pool | Model | LabelDecl | Role | Fn | Task | Graph | Optimize | Measured


@dataclass(frozen=True, slots=True)
class Module(Node):
    """A file."""

    source: SourceFile = field(compare=False)
    decls: tuple[Decl, ...]
