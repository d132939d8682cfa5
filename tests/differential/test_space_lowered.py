"""Spaces of real programs: source text through check and lower, walked, enumerated, resolved."""

import math

import pytest

from tgl.ir import CallNode, Input, ListOf, NodeRef, Op, ProgramIR
from tgl.semantics import NO_FILES, check, lower
from tgl.space import (
    Bound,
    Stream,
    count_assignments,
    enumerate_assignments,
    log_prob,
    mode,
    resolve,
    sample,
    worst_calls,
)
from tgl.text import SourceFile

HEAD = """
use std.roles   { assistant, fuser }
use std.reduce  { majority, first }
use std.signals { agreement }
model smol  { provider local; weights "smollm2-135m-instruct"; params 135M }
model gemma { provider local; weights "gemma-3-270m"; params 270M }
pool small = [smol, gemma]
let kinds = ["numbers", "capitals", "opposites"]
"""

PROGRAMS = {
    "sums": """
        graph solve(question) {
          node worker[~1..3] : ~{assistant: 0.7, fuser: 0.3} on ~small
          node final         : majority
          edge worker[i] -> worker[j] if i < j and ~0.3
          edge worker    -> final     if ~0.7
          output final
        }""",
    "vote": """
        graph solve(question) {
          node vote[~2..4] : assistant(temperature: ~[0.4, 0.8]) on smol
          node other[2] : assistant on gemma when agreement(vote) < ~[0.5, 0.9]
          output majority([vote, other])
        }""",
    "optional": """
        graph solve(question) {
          param heat = ~[0.2, 0.9]
          node a : assistant(temperature: heat) on ~small
          node b : assistant(temperature: heat) on ~small if ~0.5
          node c : ~[fuser, majority] on smol
          edge [a, b] -> c if ~0.6
          output c
        }""",
    "nested": """
        graph solve(question) {
          node reply[2] : ~[assistant, panel(n: ~1..2)] on ~small
          output majority(reply)
        }
        graph panel(question) {
          param n = 3
          node s[n] : assistant(temperature: ~[0.3, 0.6])
          output majority(s)
        }""",
    "shape": """
        graph solve(question) {
          param shape = ~[1, 2]
          node worker[3] : assistant on smol
          edge worker[i] -> worker[j] if i < j and (shape == 1 and j == i + 1 or shape == 2 and i == 1)
          edge worker[3] -> final
          edge worker[2] -> final if shape == 2
          node final : fuser on gemma
          output final
        }""",
}

QUIZ = """
graph solve(question, kind) {
  node reply[i: size(kinds)] : ~[assistant, panel(n: ~2..5)] on ~small when kind == kinds[i]
  output first(reply)
}
graph panel(question) {
  param n = 3
  node sample[n] : assistant(temperature: ~0.2..1.0) on ~small
  output majority(sample)
}"""


def program(text: str) -> ProgramIR:
    checked = check(SourceFile("p.tgl", HEAD + text), NO_FILES)
    lowered = lower(checked, "solve")
    assert lowered.ir is not None, [*checked.problems, *lowered.problems]
    return lowered.ir


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_lowered_space_is_a_distribution_over_programs(name: str) -> None:
    ir = program(PROGRAMS[name])
    listed = list(enumerate_assignments(ir))

    assert math.fsum(chance for _, chance in listed) == pytest.approx(1.0, abs=1e-12)
    assert count_assignments(ir, 10**6) == len(listed)
    assert count_assignments(ir, len(listed) - 1) is None
    for assignment, chance in listed[:400]:
        candidate = resolve(ir, assignment).candidate
        assert math.exp(log_prob(ir, assignment)) == pytest.approx(chance)
        assert reaches_output(candidate.output, {node.id: node.inputs for node in candidate.nodes}, candidate)
    assert mode(ir) in [assignment for assignment, _ in listed]


def reaches_output(output: object, inputs: dict[str, object], candidate: object) -> bool:
    """Whether every node is read, directly or not, by the output."""
    text = {node.id: node.model_dump_json(exclude={"id"}) for node in candidate.nodes}  # type: ignore[attr-defined]
    reached, waiting = set(), [str(output)]
    while waiting:
        seen = waiting.pop()
        for node in inputs:
            if node not in reached and (f'"{node}"' in seen or f"'{node}'" in seen):
                reached.add(node)
                waiting.append(text[node])
    return reached == set(inputs)


def test_the_quickstart_router_has_a_cost_of_one_route() -> None:
    ir = program(QUIZ)
    for trial in range(40):
        drawn = sample(ir, Stream(9, trial))
        candidate = resolve(ir, drawn.assignment).candidate
        assert log_prob(ir, drawn.assignment) == pytest.approx(drawn.log_prob)
        routes: dict[str, int] = {}
        asks = {call.id: 1 + call.retry for call in candidate.calls}
        for call in candidate.calls:
            assert isinstance(call.guard, Op)
            assert call.guard.args[0] == Input(instance="solve", port="kind")
            kind = str(call.guard.args[1])
            routes[kind] = routes.get(kind, 0) + asks[call.id]
        assert len(routes) == 3
        assert worst_calls(candidate) == max(routes.values())


def test_an_edge_that_a_guard_closes_carries_nothing() -> None:
    ir = program("""
        graph solve(question) {
          node a[2] : assistant on smol
          node b : assistant on gemma
          node final : majority
          edge a -> final
          edge b -> final when agreement(a) < 1
          output final
        }""")
    final = resolve(ir, {}).candidate.nodes[-1]
    drafts = dict(final.inputs)["drafts"]
    assert isinstance(drafts, ListOf)
    assert drafts.items[:2] == (NodeRef(id="solve.a[1]"), NodeRef(id="solve.a[2]"))
    assert isinstance(drafts.items[2], Op)
    assert drafts.items[2].op == "when"
    assert drafts.items[2].args[1] == NodeRef(id="solve.b")


@pytest.mark.parametrize("limit", [2, 3, 5])
def test_a_limit_on_calls_holds_inside_nested_graphs(limit: int) -> None:
    ir = program(PROGRAMS["nested"])
    bound = Bound(limit, lambda _node, _alternative, _model: 1.0)
    every = [a for a, _ in enumerate_assignments(ir) if len(resolve(ir, a).candidate.calls) <= limit]
    bounded = list(enumerate_assignments(ir, bound=bound))

    assert [assignment for assignment, _ in bounded] == every
    assert math.fsum(chance for _, chance in bounded) == pytest.approx(1.0, abs=1e-12)


def test_a_resolved_program_has_one_assignment() -> None:
    ir = program("graph solve(question) { node a : assistant on smol\n output a }")
    assert list(enumerate_assignments(ir)) == [({}, 1.0)]
    (call,) = resolve(ir, {}).candidate.nodes
    assert isinstance(call, CallNode)
    assert call.id == "solve.a"


def test_two_ways_to_the_same_graph_are_one_candidate() -> None:
    ir = program("""
        graph solve(question) {
          node reply[2] : ~[panel(n: 2), panel(n: ~1..2)] on smol
          output majority(reply)
        }
        graph panel(question) {
          param n = 3
          node s[n] : assistant
          output majority(s)
        }""")
    sizes = {
        resolve(ir, assignment).candidate.digest: len(resolve(ir, assignment).candidate.calls)
        for assignment, _ in enumerate_assignments(ir)
    }
    assert sorted(sizes.values()) == [2, 3, 4]
