"""Where the text of a graph's statements stands: in which body, written with what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tgl.emit.decisions import Decisions, Spell
from tgl.emit.layout import Layout
from tgl.emit.members import Members
from tgl.emit.nodes import Callee
from tgl.emit.statics import Facts, Known
from tgl.ir import Alternative, Group, NodeTemplate
from tgl.space import InstanceResolution
from tgl.syntax import ast
from tgl.text import SourceFile


@dataclass(frozen=True, slots=True)
class Block:
    """The body of a graph, a loop or a map: what begins the addresses in it, and what its names became.

    `groups` and `members` are of the round that stands for all; `outer` are the members around a loop or map,
    `statement` is it, in the block `around`, and `rounds` are all groups of all its rounds.
    """

    site: str
    body: tuple[str, ...]
    groups: Mapping[str, Group]
    members: Mapping[str, Members]
    outer: Mapping[str, Members] = field(default_factory=dict[str, Members])
    statement: ast.Loop | ast.Each | None = None
    around: Block | None = None
    rounds: Sequence[Group] = ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a graph's text is written with, whatever the instance.

    `callee` tells what an alternative turned out to be, `spell` names models and whats in the file that is
    written, `numbers` tells what static names mean in an instance, `renames` are names of the graph's own
    file that this file spells otherwise, `outer` the names it must not hide.
    """

    source: SourceFile
    layout: Layout
    decisions: Decisions
    callee: Callable[[NodeTemplate, Alternative], Callee]
    spell: Spell
    numbers: Callable[[InstanceResolution, Facts], Mapping[str, Known]]
    renames: Mapping[str, str] = field(default_factory=dict[str, str])
    outer: frozenset[str] = frozenset()


def body_names(here: Block) -> frozenset[str]:
    """The names that a body declares."""
    named = () if here.statement is None else here.statement.body
    own = {
        item.name
        for item in named
        if isinstance(item, (ast.Let, ast.NodeStmt, ast.Carry, ast.Loop, ast.Each))
    }
    return frozenset(own)
