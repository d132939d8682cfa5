import pytest

from tgl.ir import ModelSpec
from tgl.models import Usage
from tgl.runtime import BillCap, BillReached, CallUse, Ledger, RunResult, RunStatus

SPECS = {
    "cloud": ModelSpec(name="cloud", provider="openai", prompt_price=0.001, completion_price=0.01),
    "smol": ModelSpec(name="smol", provider="local"),
}
WORST = Usage(100, 20)


def result(*identities: str) -> RunResult:
    uses = tuple(CallUse(identity * 64, "n", "cloud", 10, 2, 0.1, 0, "live") for identity in identities)
    return RunResult(RunStatus.OK, None, "", None, "", uses, 0.1, ())


def test_a_shared_identity_is_spent_once():
    ledger = Ledger(SPECS)
    assert ledger.charge([result("a", "b", "a"), result("b")]) == 2
    assert ledger.charge([result("b", "c")]) == 1
    assert ledger.spent_calls == 3
    assert ledger.spent_dollars == pytest.approx(3 * (10 * 0.001 + 2 * 0.01))
    assert ledger.billed_calls == 0


def test_the_bill_counts_attempts_and_what_they_came_to():
    ledger = Ledger(SPECS)
    for _ in range(3):
        ledger.reserve("cloud", WORST)
    assert ledger.reserved == pytest.approx(3 * (100 * 0.001 + 20 * 0.01))
    ledger.settle("cloud", WORST, Usage(50, 5))
    ledger.broken("cloud", WORST, unknown=True)
    ledger.broken("cloud", WORST, unknown=False)
    line = ledger.bill["cloud"]
    assert (line.attempts, line.prompt_tokens, line.completion_tokens) == (3, 50, 5)
    assert (line.broken, line.unknown, line.unknown_tokens) == (2, 1, 120)
    assert ledger.reserved == pytest.approx(0)
    assert ledger.dollars == pytest.approx(0.1 + 0.3)
    assert ledger.spent_calls == 0


def test_a_cap_on_dollars_looks_at_the_worst_case():
    ledger = Ledger(SPECS, BillCap(dollars=0.65))
    ledger.reserve("cloud", WORST)
    ledger.reserve("cloud", WORST)
    with pytest.raises(BillReached, match=r"\$0.65"):
        ledger.reserve("cloud", WORST)
    ledger.settle("cloud", WORST, Usage(1, 1))
    ledger.reserve("cloud", WORST)
    ledger.reserve("smol", WORST)
    assert ledger.billed_calls == 4


def test_a_cap_on_calls():
    ledger = Ledger(SPECS, BillCap(calls=1))
    ledger.reserve("smol", WORST)
    with pytest.raises(BillReached, match="1 calls"):
        ledger.reserve("smol", WORST)


def test_a_kept_bill_counts_what_is_under_way_with_its_worst_case():
    ledger, later = Ledger(SPECS), Ledger(SPECS, BillCap(dollars=0.6))
    ledger.reserve("cloud", WORST, "a")
    ledger.reserve("cloud", WORST, "b")
    ledger.settle("cloud", WORST, Usage(10, 1), "a")
    later.restore(ledger.snapshot())
    assert later.dollars == pytest.approx(0.02 + 0.3)
    assert (later.reserved, later.under_way, later.billed_calls) == (0.0, 0, 2)
    assert later.nodes == ledger.nodes
    with pytest.raises(BillReached, match=r"\$0.6"):
        later.reserve("cloud", WORST)


def test_what_is_no_bill_is_refused():
    with pytest.raises(ValueError, match="validation error"):
        Ledger(SPECS).restore({"models": {}})
