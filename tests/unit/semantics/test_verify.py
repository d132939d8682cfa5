"""`verify` tells of each invariant that an IR breaks: a good program is broken in one way, which is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tgl.ir import (
    ChoiceRef,
    Const,
    Flip,
    Fn,
    GraphTemplate,
    Input,
    IntRange,
    Is,
    ModelName,
    NodeRef,
    Op,
    Options,
    ProgramIR,
)
from tgl.semantics import NO_FILES, Invariant, check, lower, verify
from tgl.text import SourceFile

TEXT = """
use std.reduce { majority }
use std.roles { assistant }
model smol { provider local; weights "s" }
model gemma { provider local; weights "g" }
pool both = [smol, gemma]
task sums {
  data "d.jsonl"; split train: 1, select: 2, test: 3; given question; expect answer; key number
  unit smol
}
role judge(question, drafts: list) -> answer {
  prompt \"\"\"
    {{ question }} {% for d in drafts %}{{ d }}{% endfor %}
  \"\"\"
}
graph panel(question) {
  node member[3] : assistant on smol
  node vote : majority(member)
  output vote
}
graph solve(question) {
  node draft[~1..3] : assistant(temperature: ~0.1..0.9) on ~both
  node inner : panel
  node final : judge on smol
  edge draft[i] -> final if ~0.5
  edge inner -> final
  output final
}
optimize solve on sums { maximize accuracy; using random(samples: 4); seed 1 }
"""


@pytest.fixture(scope="module")
def good() -> ProgramIR:
    checked = check(SourceFile("p.tgl", TEXT), NO_FILES)
    assert checked.problems == ()
    ir = lower(checked).ir
    assert ir is not None
    assert verify(ir) == []
    return ir


def with_(value: Any, *path: str | int, **changes: Any) -> Any:
    """The value with fields of something inside changed; `path` are fields and places in tuples."""
    if not path:
        return value.model_copy(update=changes)
    head, *rest = path
    if isinstance(head, int):
        place = range(len(value))[head]
        return (*value[:place], with_(value[place], *rest, **changes), *value[place + 1 :])
    return value.model_copy(update={head: with_(getattr(value, head), *rest, **changes)})


def place(graph: GraphTemplate, name: str) -> int:
    return next(k for k, node in enumerate(graph.nodes) if node.id == name)


def node(ir: ProgramIR, name: str, *path: str | int, **changes: Any) -> ProgramIR:
    return with_(ir, "graph", "nodes", place(ir.graph, name), *path, **changes)


def edge(ir: ProgramIR, **changes: Any) -> ProgramIR:
    return with_(ir, "graph", "edges", 0, **changes)


INNER = ("alternatives", 0, "graph")
READS_RUN = Input(instance="solve", port="question")
BREAK: dict[str, tuple[Invariant, Callable[[ProgramIR], ProgramIR]]] = {
    "another schema": (Invariant.SCHEMA, lambda ir: with_(ir, schema_version=99)),
    "an instance elsewhere": (
        Invariant.PATH_INSIDE,
        lambda ir: node(
            node(ir, "solve.inner", "alternatives", 0, key="b"), "solve.inner", pick=Const(value="b")
        ),
    ),
    "a node twice": (Invariant.NODE_ONCE, lambda ir: twice(ir)),
    "a node outside": (Invariant.NODE_INSIDE, lambda ir: outside(ir)),
    "a group in another order": (
        Invariant.GROUP_MEMBERS,
        lambda ir: with_(ir, "graph", "groups", 0, members=ir.graph.groups[0].members[::-1]),
    ),
    "a node of another group": (Invariant.GROUP_NAME, lambda ir: node(ir, "solve.final", group="draft")),
    "nothing to be": (
        Invariant.ALTERNATIVES,
        lambda ir: with_(
            ir,
            "graph",
            edges=tuple(e.model_copy(update={"ports": ()}) for e in ir.graph.edges),
            nodes=tuple(n if n.id != "solve.final" else empty(n) for n in ir.graph.nodes),
        ),
    ),
    "one thing twice": (
        Invariant.ALTERNATIVE_ONCE,
        lambda ir: node(
            ir,
            "solve.final",
            alternatives=ir.graph.nodes[place(ir.graph, "solve.final")].alternatives * 2,
        ),
    ),
    "a graph without a body": (
        Invariant.GRAPH_BODY,
        lambda ir: node(ir, "solve.inner", "alternatives", 0, graph=None),
    ),
    "a function without a name": (
        Invariant.FN_NAME,
        lambda ir: node(ir, "solve.inner", *INNER, "nodes", -1, "alternatives", 0, fn=None),
    ),
    "a role without a prompt": (
        Invariant.ROLE_PROMPT,
        lambda ir: node(ir, "solve.final", "alternatives", 0, fields=()),
    ),
    "a role that nothing reads": (
        Invariant.ROLE_READER,
        lambda ir: node(ir, "solve.final", "alternatives", 0, reader=None),
    ),
    "a role without a model": (Invariant.ROLE_MODEL, lambda ir: node(ir, "solve.final", on=None)),
    "an argument without a port": (
        Invariant.ARGUMENT_PORT,
        lambda ir: node(ir, "solve.final", "alternatives", 0, args=(("heap", Const(value="x")),)),
    ),
    "picked as what it is not": (
        Invariant.PICK,
        lambda ir: node(ir, "solve.final", pick=Const(value="critic")),
    ),
    "a node that the run decides on": (
        Invariant.STATIC,
        lambda ir: node(ir, "solve.final", exists=READS_RUN),
    ),
    "an edge that the run decides on": (Invariant.STATIC, lambda ir: edge_exists(ir, READS_RUN)),
    "a count that the run decides": (
        Invariant.STATIC,
        lambda ir: with_(ir, "graph", "groups", -1, count=READS_RUN),
    ),
    "an unknown operator": (
        Invariant.OPERATOR,
        lambda ir: node(ir, "solve.final", guard=Op(op="xor", args=(READS_RUN, READS_RUN))),
    ),
    "an operator with too much": (
        Invariant.OPERATOR,
        lambda ir: node(ir, "solve.final", guard=Op(op="not", args=(READS_RUN, READS_RUN))),
    ),
    "acyclic of a node": (
        Invariant.OPERATOR_PLACE,
        lambda ir: node(ir, "solve.final", exists=Op(op="acyclic")),
    ),
    "linked outside of a requirement": (
        Invariant.OPERATOR_PLACE,
        lambda ir: node(
            ir,
            "solve.final",
            exists=Op(op="there", args=(Const(value="solve.inner"),)),
        ),
    ),
    "an unknown node": (
        Invariant.NODE_KNOWN,
        lambda ir: with_(ir, "graph", output=NodeRef(id="solve.nobody")),
    ),
    "a node of another instance": (
        Invariant.NODE_KNOWN,
        lambda ir: with_(ir, "graph", output=NodeRef(id="solve.inner.panel.vote")),
    ),
    "a fact of an unknown node": (
        Invariant.FACT_KNOWN,
        lambda ir: node(ir, "solve.final", exists=Is(node="solve.nobody", what="judge")),
    ),
    "an unknown input": (
        Invariant.INPUT_KNOWN,
        lambda ir: with_(ir, "graph", output=Input(instance="solve", port="hint")),
    ),
    "an input of the graph around": (
        Invariant.INPUT_KNOWN,
        lambda ir: node(ir, "solve.inner", *INNER, output=READS_RUN),
    ),
    "a function of nobody's": (
        Invariant.FN_DECLARED,
        lambda ir: node(ir, "solve.final", guard=Fn(fn="python:mine:f()", args=(READS_RUN,))),
    ),
    "an edge from a literal": (Invariant.EDGE_SOURCE, lambda ir: edge(ir, source=Const(value="x"))),
    "an edge to nobody": (Invariant.EDGE_TARGET, lambda ir: edge(ir, target="solve.nobody")),
    "an edge to no port": (Invariant.EDGE_PORT, lambda ir: edge(ir, ports=(("judge", "heap"),))),
    "a circle": (Invariant.NO_CIRCLE, lambda ir: edge(ir, source=NodeRef(id="solve.final"))),
    "a circle of two": (
        Invariant.NO_CIRCLE,
        lambda ir: node(ir, "solve.inner", guard=NodeRef(id="solve.final")),
    ),
    "an empty range": (Invariant.DOMAIN, lambda ir: domain(ir, IntRange(low=3, high=1))),
    "a log range from 0": (Invariant.DOMAIN, lambda ir: domain(ir, IntRange(low=0, high=1, log=True))),
    "a sure flip": (Invariant.DOMAIN, lambda ir: domain(ir, Flip(p=1.0))),
    "a weight of 0": (Invariant.DOMAIN, lambda ir: domain(ir, options((1.0, 0.0)))),
    "a weight too few": (Invariant.DOMAIN, lambda ir: domain(ir, options((1.0,)))),
    "a choice twice": (
        Invariant.CHOICE_ONCE,
        lambda ir: with_(ir, choices=(*ir.choices[:1], *ir.choices)),
    ),
    "an unknown choice": (
        Invariant.CHOICE_KNOWN,
        lambda ir: node(ir, "solve.final", exists=ChoiceRef(address="solve.nothing")),
    ),
    "a choice that nothing reads": (
        Invariant.CHOICE_READ,
        lambda ir: with_(ir, choices=(*ir.choices, ir.choices[-1].model_copy(update={"address": "idle"}))),
    ),
    "choices in another order": (Invariant.CHOICE_ORDER, lambda ir: with_(ir, choices=ir.choices[::-1])),
    "a model twice": (Invariant.MODEL_ONCE, lambda ir: with_(ir, models=(*ir.models, ir.models[0]))),
    "a model that is not there": (
        Invariant.MODEL_KNOWN,
        lambda ir: node(ir, "solve.final", on=ModelName(name="huge")),
    ),
    "a model offered that is not there": (
        Invariant.MODEL_KNOWN,
        lambda ir: with_(ir, models=tuple(model for model in ir.models if model.name != "gemma")),
    ),
    "costs in a model that is not there": (
        Invariant.UNIT_MODEL,
        lambda ir: with_(ir, "task", "unit", model="huge"),
    ),
    "judged by a model that is not there": (
        Invariant.JUDGE_MODEL,
        lambda ir: with_(ir, "task", "key", kind="judge", judge="huge"),
    ),
    "a model asked for log-probabilities that is not there": (
        Invariant.LOGPROBS_ASKED,
        lambda ir: with_(ir, logprobs=("huge",)),
    ),
    "a goal of another graph": (Invariant.GOAL, lambda ir: with_(ir, "optimize", graph="panel")),
    "a goal without its task": (Invariant.GOAL, lambda ir: with_(ir, task=None)),
}


def options(weights: tuple[float, ...]) -> Options:
    return Options(options=(Const(value=1), Const(value=2)), values=(1, 2), weights=weights)


def domain(ir: ProgramIR, found: Any) -> ProgramIR:
    """With another domain for the number of drafts, whose node says nothing of it."""
    return with_(ir, "choices", 0, domain=found)


def empty(found: Any) -> Any:
    return found.model_copy(update={"alternatives": (), "pick": Op(op="range", args=(Const(value=1),) * 2)})


def edge_exists(ir: ProgramIR, value: Any) -> ProgramIR:
    """The first edge with another condition; a choice in the old one stays read."""
    old = ir.graph.edges[0].exists
    return edge(ir, exists=Op(op="and", args=(old, value)))


def twice(ir: ProgramIR) -> ProgramIR:
    graph = ir.graph
    last = graph.nodes[-1]
    name = graph.groups[-1].model_copy(update={"members": (last.id, last.id)})
    return with_(ir, "graph", nodes=(*graph.nodes, last), groups=(*graph.groups[:-1], name))


def outside(ir: ProgramIR) -> ProgramIR:
    """`final` under a name that is not in `solve`."""
    graph = ir.graph
    moved = graph.nodes[-1].model_copy(update={"id": "final"})
    group = graph.groups[-1].model_copy(update={"members": ("final",)})
    edges = tuple(
        e.model_copy(update={"target": "final"}) if e.target == "solve.final" else e for e in graph.edges
    )
    return with_(
        ir,
        "graph",
        nodes=(*graph.nodes[:-1], moved),
        groups=(*graph.groups[:-1], group),
        edges=edges,
        output=NodeRef(id="final"),
    )


@pytest.mark.parametrize("name", BREAK)
def test_what_is_broken_is_named_and_nothing_else(name: str, good: ProgramIR) -> None:
    invariant, broken = BREAK[name]
    assert {found.invariant for found in verify(broken(good))} == {invariant}


def test_every_invariant_is_broken_by_a_case() -> None:
    assert {invariant for invariant, _ in BREAK.values()} == set(Invariant)


def test_a_broken_invariant_says_where_and_how(good: ProgramIR) -> None:
    assert [str(found) for found in verify(edge(good, ports=(("judge", "heap"),)))] == [
        "edge-port: solve.final: judge has no port heap"
    ]
