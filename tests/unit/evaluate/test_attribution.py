"""Who the spend was for: every distinct call in exactly one line of each table, whoever ran beside whom."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from tgl.evaluate import Evaluation, ExampleResult, Ledger, LedgerReport
from tgl.evaluate.attribution import Attribution, Decided
from tgl.evaluate.cost import CostModel, Price
from tgl.ir import Candidate, Const, UnitSpec
from tgl.runtime import CallUse, RunStatus
from tgl.semantics import MemoryLoader, check, lower
from tgl.text import SourceFile

PROGRAM = """
use std.roles  { assistant }
use std.reduce { majority }
model a { provider local; weights "a"; params 1M }
model b { provider local; weights "b"; params 1M }
pool both = [a, b]
graph solve(question) {
  node worker[~1..3] : assistant(temperature: ~[0.2, 0.8]) on ~both
  output majority(worker)
}
task t { data "d"; split train: 1, select: 1, test: 1; given question; expect answer }
optimize solve on t { maximize accuracy }
"""
LOWERED = lower(check(SourceFile("p.tgl", PROGRAM), MemoryLoader({})))
assert LOWERED.ir is not None
IR = LOWERED.ir
PRICES = {"a": Price(0.0, 1e-6, 2e-6), "b": Price(0.0, 3e-6, 4e-6)}
CALLS = CostModel(UnitSpec(kind="dollars"), PRICES)

# Ten distinct calls; whoever needs one sees the same model and tokens.
uses = st.builds(
    lambda number, replica: CallUse(
        f"id{number}", f"solve.worker[{replica}]", "ab"[number % 2], 10 + number, number, 0.5, 0, "store"
    ),
    st.integers(0, 9),
    st.integers(1, 3),
)
results = st.builds(
    lambda score, calls: ExampleResult(score, RunStatus.OK, None, "", 0.0, tuple(calls)),
    st.sampled_from([0.0, 1.0]),
    st.lists(uses, max_size=4),
)
evaluations = st.lists(
    st.builds(
        lambda name, found: Evaluation(Candidate(nodes=(), output=Const(value=name)), tuple(found)),
        st.sampled_from(["p", "q", "simple"]),
        st.lists(results, min_size=1, max_size=4),
    ),
    max_size=6,
)
decided = st.fixed_dictionaries(
    {f"solve.worker[{replica}].model": st.sampled_from(["a", "b"]) for replica in (1, 2, 3)}
)


def booked(found: list[Evaluation], p: dict[str, str], q: dict[str, str]) -> tuple[Attribution, LedgerReport]:
    spending = Attribution(IR, CALLS, PRICES)
    for name, choices in (("p", p), ("q", q)):
        digest = Candidate(nodes=(), output=Const(value=name)).digest
        spending.programs[digest] = Decided({}, {"solve.worker[].model": choices})
    for one in found:
        spending.add([one])
    return spending, spending.report()


@given(found=evaluations, p=decided, q=decided)
def test_the_lines_of_each_table_add_up_to_the_ledger(found, p, q):
    ledger = Ledger()
    for one in found:
        ledger.settle(one.charges(PRICES))
    _, report = booked(found, p, q)
    total = report.total
    assert (total.calls, math.isclose(total.dollars, ledger.spent.dollars, abs_tol=1e-12)) == (
        ledger.spent.calls,
        True,
    )
    tables = [[line.spent for line in report.nodes]]
    for choice in {line.choice for line in report.choices}:
        tables.append([line.spent for line in report.choices if line.choice == choice])
    for lines in tables if total.calls else ():
        assert sum(line.calls for line in lines) == total.calls
        assert sum(line.prompt_tokens for line in lines) == total.prompt_tokens
        assert sum(line.completion_tokens for line in lines) == total.completion_tokens
        assert math.isclose(math.fsum(line.dollars for line in lines), total.dollars, abs_tol=1e-12)
        assert math.isclose(math.fsum(line.units for line in lines), total.units, abs_tol=1e-12)


@given(found=evaluations, p=decided, q=decided)
def test_a_shared_call_belongs_to_who_needed_it_first(found, p, q):
    _, report = booked(found, p, q)
    first: dict[str, str] = {}
    for one in found:
        for result in one.results:
            for use in result.calls:
                first.setdefault(use.identity, str(one.candidate.output.value))
    simple = sum(name == "simple" for name in first.values())
    lines = {line.node: line.spent.calls for line in report.nodes}
    assert lines.get("(simpler programs)", 0) == simple
    assert lines.get("solve.worker[]", 0) == len(first) - simple


def test_a_call_counts_for_the_value_of_its_own_replica():
    use = CallUse("x", "solve.worker[2]", "b", 10, 1, 0.5, 0, "store")
    run = ExampleResult(1.0, RunStatus.OK, None, "", 0.0, (use,))
    p = {"solve.worker[1].model": "a", "solve.worker[2].model": "b"}
    made = Evaluation(Candidate(nodes=(), output=Const(value="p")), (run,))
    spending, _ = booked([made], p, {})
    spending.score(made)
    lines = {line.value: line for line in spending.report().choices if line.choice == "solve.worker[].model"}
    assert (lines["a"].spent.calls, lines["b"].spent.calls) == (0, 1)
    assert (lines["a"].candidates, lines["b"].candidates) == (1, 1), "both hold it in one replica"
    assert lines["a"].mean_score == 1.0
