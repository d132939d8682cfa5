"""`require` against brute force: exactly the programs that satisfy it, with probabilities that sum to one."""

import math
from collections.abc import Callable

import pytest

from tgl.emit import resolve_text
from tgl.ir import CallNode, Candidate, ListOf, NodeRef, ProgramIR
from tgl.semantics import NO_FILES, Checked, check, lower, verify
from tgl.space import (
    EmptySpace,
    OutsideSpace,
    Stream,
    count_assignments,
    enumerate_assignments,
    log_prob,
    mode,
    resolve,
    sample,
)
from tgl.text import SourceFile

HEAD = """
use std.roles  { assistant, fuser }
use std.reduce { majority }
model smol  { provider local; weights "smol"; params 135M }
model gemma { provider local; weights "gemma"; params 270M }
pool small = [smol, gemma]
role thinker(question, drafts: list?) -> answer { prompt "Think. {{ question }} {{ drafts }}"; max_tokens 9 }
"""


def program(body: str, require: str = "") -> tuple[Checked, ProgramIR]:
    checked = check(SourceFile("p.tgl", HEAD + body.replace("REQUIRE", require)), NO_FILES)
    lowered = lower(checked, "solve")
    assert lowered.ir is not None, [*checked.problems, *lowered.problems]
    assert verify(lowered.ir) == []
    return checked, lowered.ir


class Read:
    """A candidate as a graph: what each worker runs, on which model, and who hears whom."""

    def __init__(self, candidate: Candidate) -> None:
        self.whats = {n.id.removeprefix("solve."): getattr(n, "role", "fn") for n in candidate.nodes}
        calls = [n for n in candidate.nodes if isinstance(n, CallNode)]
        self.models = {n.id.removeprefix("solve."): n.model for n in calls}
        self.links: set[tuple[str, str]] = set()
        for node in candidate.nodes:
            for _, value in node.inputs:
                for item in value.items if isinstance(value, ListOf) else (value,):
                    if isinstance(item, NodeRef):
                        self.links.add((item.id.removeprefix("solve."), node.id.removeprefix("solve.")))
        self.workers = [name for name in self.whats if name.startswith("worker")]


SPACE = """graph solve(question) {
  node worker[~1..3] : ~[assistant, fuser] on smol
  node final         : majority
  edge worker[i] -> worker[j] if i < j and ~0.4
  edge worker    -> final     if ~0.6
  REQUIRE
  output final
}"""
ON_TWO = SPACE.replace("~1..3", "~1..2").replace("on smol", "on ~small")
GRID = """graph solve(question) {
  node worker[3] : ~[assistant, thinker] on smol
  node final     : fuser on smol
  edge worker[i] -> worker[i + 1] if ~0.5
  edge worker    -> final         if ~0.5
  REQUIRE
  output final
}"""
ACYCLIC = """graph solve(question) {
  node worker[3] : ~[assistant, fuser] on smol
  node final     : majority
  edge worker[i] -> worker[j] if acyclic and ~0.4
  edge worker    -> final     if ~0.6
  REQUIRE
  output final
}"""


def every_fuser_hears_an_assistant(g: Read) -> bool:
    return all(
        g.whats[w] == "assistant" or any(g.whats[v] == "assistant" and (v, w) in g.links for v in g.workers)
        for w in g.workers
    )


CASES: dict[str, tuple[str, str, Callable[[Read], bool]]] = {
    "published": (
        SPACE,
        "require worker[i] is assistant or any(worker[j] is assistant and linked(worker[j], worker[i]))",
        every_fuser_hears_an_assistant,
    ),
    "published, any way round": (
        ACYCLIC,
        "require worker[i] is assistant or any(worker[j] is assistant and linked(worker[j], worker[i]))",
        every_fuser_hears_an_assistant,
    ),
    "a count": (
        SPACE,
        "require count(worker[i] is fuser) >= 1",
        lambda g: sum(g.whats[w] == "fuser" for w in g.workers) >= 1,
    ),
    "a count of links": (
        ACYCLIC,
        "require count(linked(worker[i], worker[j])) == 2",
        lambda g: sum(a in g.workers and b in g.workers for a, b in g.links) == 2,
    ),
    "models": (
        ON_TWO,
        "require count(model_of(worker[i]) == gemma) <= 1",
        lambda g: sum(g.models[w] == "gemma" for w in g.workers) <= 1,
    ),
    "all pairs": (
        SPACE,
        "require not (linked(worker[i], worker[j]) and linked(worker[j], final))",
        lambda g: not any(a in g.workers and (b, "final") in g.links for a, b in g.links),
    ),
    "neighbours differ": (
        GRID,
        "require not (worker[i] is thinker and worker[i + 1] is thinker)",
        lambda g: True,
    ),
    "two together": (
        ON_TWO,
        "require any(worker[i] is fuser)\n"
        "  require any(model_of(worker[i]) == gemma and worker[i] is assistant)",
        lambda g: (
            any(g.whats[w] == "fuser" for w in g.workers)
            and any(g.models[w] == "gemma" and g.whats[w] == "assistant" for w in g.workers)
        ),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_space_holds_exactly_what_satisfies_it(name: str) -> None:
    body, require, holds = CASES[name]
    _, free = program(body)
    _, ir = program(body, require)
    listed = list(enumerate_assignments(ir))
    wanted = {
        str(sorted(assignment.items()))
        for assignment, _ in enumerate_assignments(free)
        if holds(Read(resolve(free, assignment).candidate))
    }
    found = {str(sorted(assignment.items())) for assignment, _ in listed}
    if name == "neighbours differ":  # numbers of the user's text, which a candidate has lost
        assert found < wanted
    else:
        assert found == wanted
    assert math.fsum(chance for _, chance in listed) == pytest.approx(1.0, abs=1e-12)
    assert count_assignments(ir, 10**6) == len(listed)
    assert mode(ir) in [assignment for assignment, _ in listed]
    for assignment, chance in listed[:: max(1, len(listed) // 60)]:
        assert math.exp(log_prob(ir, assignment)) == pytest.approx(chance, rel=1e-9)
    for trial in range(20):
        assert str(sorted(sample(ir, Stream(3, trial)).assignment.items())) in found


def test_an_assignment_that_breaks_it_is_outside_the_space() -> None:
    _, free = program(SPACE)
    _, ir = program(SPACE, CASES["published"][1])
    broken = 0
    for assignment, _ in enumerate_assignments(free):
        if not every_fuser_hears_an_assistant(Read(resolve(free, assignment).candidate)):
            broken += 1
            assert log_prob(ir, assignment) == -math.inf
            with pytest.raises(OutsideSpace):
                resolve(ir, assignment)
    assert broken > 3


def test_replicas_that_are_not_there_do_not_count() -> None:
    """Neither those above the count, nor those that never reach the output, nor a next one of the last."""
    _, ir = program(
        """graph solve(question) {
          node worker[~1..3] : ~[assistant, thinker] on smol
          node final : majority
          edge worker[i] -> worker[i + 1] if ~0.5
          edge worker -> final if ~0.5
          require worker[i] is thinker
          require linked(worker[i], worker[i + 1])
          output final
        }"""
    )
    graphs = [Read(resolve(ir, assignment).candidate) for assignment, _ in enumerate_assignments(ir)]
    assert {len(graph.workers) for graph in graphs} == {1, 2, 3}
    assert all(set(graph.whats.values()) == {"thinker", "fn"} for graph in graphs)


def test_a_param_that_only_a_requirement_reads_is_decided() -> None:
    _, ir = program(
        """graph solve(question) {
          param most = ~1..2
          node worker[~1..3] : assistant on smol
          require count(worker[i] is assistant) <= most
          output majority(worker)
        }"""
    )
    pairs = {(a["solve.worker.count"], a["solve.most"]) for a, _ in enumerate_assignments(ir)}
    assert pairs == {(1, 1), (1, 2), (2, 2)}


def test_what_nothing_satisfies_is_told_by_its_text() -> None:
    _, ir = program(
        SPACE, "require any(worker[i] is assistant)\n  require count(worker[i] is assistant) == 0"
    )
    with pytest.raises(EmptySpace) as caught:
        sample(ir, Stream(1))
    assert "`require " in caught.value.reason
    assert caught.value.requirement is not None
    assert ir.graph.requirements[-1].text == "require count(worker[i] is assistant) == 0"
    with pytest.raises(EmptySpace):
        mode(ir)
    assert list(enumerate_assignments(ir)) == []


def test_a_resolved_program_keeps_what_it_may_say_and_satisfies_it() -> None:
    checked, ir = program(SPACE, CASES["published"][1])
    for trial in range(15):
        resolution = resolve(ir, sample(ir, Stream(trial)).assignment)
        text = resolve_text(checked, ir, resolution)
        again = check(SourceFile("p.tgl", text), NO_FILES)
        assert "require" in text
        lowered = lower(again, "solve").ir
        assert lowered is not None
        assert resolve(lowered, {}).candidate.digest == resolution.candidate.digest


def test_a_nested_graph_has_requirements_of_its_own() -> None:
    _, ir = program(
        """graph solve(question) {
          node worker[2] : panel
          output majority(worker)
        }
        graph panel(question) {
          node voter[2] : ~[assistant, thinker] on smol
          require any(voter[i] is thinker) and any(voter[i] is assistant)
          output majority(voter)
        }"""
    )
    listed = list(enumerate_assignments(ir))
    assert len(listed) == 4
    assert math.fsum(chance for _, chance in listed) == pytest.approx(1.0, abs=1e-12)
