"""The tree of a program: frozen, syntax and places only.

Equality ignores places, so that `parse(print(tree)) == tree` can be tested. Whatever is known about a
node (its declaration, its type, its choices) lives in side tables of later rooms.
"""

from __future__ import annotations

from dataclasses import field
from typing import TypeAlias

from tgl.text import SourceFile, Span, frozen

NOWHERE = Span(0, 0)


@frozen
class Node:
    """What all tree nodes share: where they stand in the source."""

    span: Span = field(default=NOWHERE, compare=False, kw_only=True)


@frozen
class Named(Node):
    """A node that declares a name; `name_span` is where the name itself stands."""

    name_span: Span = field(default=NOWHERE, compare=False, kw_only=True)


# --- expressions -------------------------------------------------------------------------------------


@frozen
class Name(Node):
    """A name, bound or not."""

    id: str


@frozen
class Number(Node):
    """A number with its unit.

    `value` has the scale letters applied (`4k` is 4000, `135M` 135e6, `8B` 8e9) and per cent divided
    (`20%` is 0.2); int if written without point, exponent or per cent. `unit` is "" or one of `units`,
    `ms s m h d` (value as written), `$`, `$/Mtok`, `%`. `text` is what stands in the source.
    """

    value: int | float
    unit: str
    text: str


@frozen
class String(Node):
    """A string as meant.

    `value` has escapes applied and, for a triple-quoted one, the common indent and the first and last line
    end removed.
    """

    value: str
    triple: bool = False


@frozen
class ListExpr(Node):
    """`[a, b]`."""

    items: tuple[Expr, ...]


@frozen
class Arg(Node):
    """`value`, `name: value`, `value when guard`."""

    value: Expr
    name: str | None = None
    when: Expr | None = None


@frozen
class Call(Node):
    """`func(args)`."""

    func: Expr
    args: tuple[Arg, ...]


@frozen
class Index(Node):
    """`base[args]`; an index may be a Range or, for `node x[i: 3]`, never here but in `Dim`."""

    base: Expr
    args: tuple[Arg, ...]


@frozen
class Member(Node):
    """`base.name`."""

    base: Expr
    name: str


@frozen
class Unary(Node):
    """`not x` or `-x`; op is "not" or "-"."""

    op: str
    operand: Expr


@frozen
class Binary(Node):
    """op is one of `or and < <= > >= == != in + - * /`. Comparisons do not chain."""

    op: str
    left: Expr
    right: Expr


@frozen
class Is(Node):
    """`x is NAME`."""

    operand: Expr
    name: str


@frozen
class Range(Node):
    """`low..high`."""

    low: Expr
    high: Expr


@frozen
class Weights(Node):
    """`{value: weight, …}`, only after `~`."""

    items: tuple[tuple[Expr, Expr], ...]


@frozen
class Choice(Node):
    """`~domain`: the only mark of choice."""

    domain: Expr


@frozen
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


@frozen
class WordType(Node):
    """`answer`, `secret text`, `list(text)`, `number(0..10)`, `choice("ok", "wrong")`, `ASK(text)`.

    `words` are the names written side by side (labels first, the base type last); `args` what stands in
    its parentheses: types or literal expressions.
    """

    words: tuple[str, ...]
    args: tuple[TypeExpr | Expr, ...] = ()


@frozen
class RecordType(Node):
    """`{name: type, …}`."""

    fields: tuple[Port, ...]


@frozen
class TypeExpr(Node):
    """`variant { | variant } [after "text"]`; one variant is the plain case."""

    variants: tuple[WordType | RecordType, ...]
    after: String | None = None


@frozen
class Port(Named):
    """`name`, `name: type`, `name: type?`; no type means text."""

    name: str
    type: TypeExpr | None = None
    optional: bool = False


# --- settings ----------------------------------------------------------------------------------------


@frozen
class Setting(Named):
    """`key arg, arg, name: arg`; `name_span` is the key's place."""

    key: str
    args: tuple[Arg, ...]


@frozen
class Param(Named):
    """`param name [: type] [= value]`; in a graph or among settings."""

    name: str
    type: TypeExpr | None = None
    value: Expr | None = None


Settings: TypeAlias = tuple[Setting | Param, ...]

# --- statements of a graph ---------------------------------------------------------------------------


@frozen
class Dim(Node):
    """`[count]` or `[i: count]`: one dimension of replicas, loops, memories."""

    count: Expr
    index: str | None = None


@frozen
class Clause(Node):
    """`on e`, `when e`, `if e`; `batch e until e` has kind "batch" and `until` set."""

    kind: str
    value: Expr
    until: Expr | None = None


@frozen
class Let(Named):
    """`let name = value`, `let name(params) = value`; at the top or in a graph."""

    name: str
    params: tuple[str, ...]
    value: Expr
    is_function: bool = False


@frozen
class NodeStmt(Named):
    """`node name[dims] : what clauses`."""

    name: str
    dims: tuple[Dim, ...]
    what: Expr
    clauses: tuple[Clause, ...]


@frozen
class Edge(Node):
    """`edge a -> b -> c when … if …`; at least two ends."""

    ends: tuple[Expr, ...]
    clauses: tuple[Clause, ...]


@frozen
class Loop(Named):
    """`loop name[dims] { … }`."""

    name: str
    dims: tuple[Dim, ...]
    body: tuple[Stmt, ...]


@frozen
class Each(Named):
    """`each name[dims] in source { … }`."""

    name: str
    dims: tuple[Dim, ...]
    source: Expr
    body: tuple[Stmt, ...]


@frozen
class Memory(Named):
    """`memory name[dims] per what { … }`."""

    name: str
    dims: tuple[Dim, ...]
    per: str
    settings: Settings


@frozen
class Require(Node):
    """`require condition`."""

    value: Expr


@frozen
class Output(Node):
    """`output value`."""

    value: Expr


@frozen
class Carry(Named):
    """`carry name = first then next`."""

    name: str
    first: Expr
    then: Expr


@frozen
class Until(Node):
    """`until condition`."""

    value: Expr


@frozen
class Keep(Node):
    """`keep best score, patience: 1`."""

    args: tuple[Arg, ...]


Stmt: TypeAlias = (
    Param | Let | NodeStmt | Edge | Loop | Each | Memory | Require | Output | Carry | Until | Keep
)

# --- declarations ------------------------------------------------------------------------------------


@frozen
class UseName(Named):
    """`name` or `name as alias` in a `use`."""

    name: str
    alias: str | None = None


@frozen
class Use(Node):
    """`use std.roles { a, b as c }` or `use "./file.tgl" { a }`; `path` is text, `quoted` tells which."""

    path: str
    quoted: bool
    names: tuple[UseName, ...]
    path_span: Span = field(default=NOWHERE, compare=False)


@frozen
class Pool(Named):
    """`pool name = models`."""

    name: str
    value: Expr


@frozen
class Model(Named):
    """`model name { … }`."""

    name: str
    settings: Settings


@frozen
class LabelDecl(Named):
    """`label name { … }`."""

    name: str
    settings: Settings


@frozen
class Role(Named):
    """`role name(ports) -> type releases label { … }`."""

    name: str
    ports: tuple[Port, ...]
    type: TypeExpr
    releases: str | None
    settings: Settings


@frozen
class Fn(Named):
    """`fn name(ports) -> type releases label { … }`."""

    name: str
    ports: tuple[Port, ...]
    type: TypeExpr
    releases: str | None
    settings: Settings


@frozen
class Task(Named):
    """`task name { … }`."""

    name: str
    settings: Settings


@frozen
class Graph(Named):
    """`graph name(ports) -> type { … }`."""

    name: str
    ports: tuple[Port, ...]
    type: TypeExpr | None
    body: tuple[Stmt, ...]


@frozen
class Optimize(Node):
    """`optimize graph on task { … }`."""

    graph: str
    task: str
    settings: Settings


@frozen
class Measured(Node):
    """`measured graph on task { … }`: written by tglc."""

    graph: str
    task: str
    settings: Settings


Decl: TypeAlias = Use | Let | Pool | Model | LabelDecl | Role | Fn | Task | Graph | Optimize | Measured


@frozen
class Module(Node):
    """A file."""

    source: SourceFile = field(compare=False)
    decls: tuple[Decl, ...]
