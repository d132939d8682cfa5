"""The `measured` block: figures, hashes, staleness, and whether a result may be overwritten."""

from dataclasses import replace

import pytest

from tgl.emit import (
    BaselineFigures,
    Existing,
    Hashes,
    Interval,
    MeasuredBlock,
    MeasuredFigures,
    Stale,
    amount_text,
    decided_number_text,
    existing_state,
    imports_hash,
    measured_blocks,
    program_hash,
    proportion_text,
    recorded_hashes,
    replace_measured,
    staleness,
    strip_measured,
)
from tgl.ir import UnitSpec
from tgl.syntax import format_source
from tgl.text import SourceFile

PROGRAM = """\
# One model.
use std.roles { assistant }

graph solve(question) {
  node a : assistant on smol   # the only node
  output a
}

optimize solve on quiz {
  maximize accuracy
}
"""

FIGURES = MeasuredFigures(
    n=200,
    accuracy=0.615,
    accuracy_ci=Interval(0.5463, 0.68),
    failed=0,
    unit=UnitSpec(kind="model", model="smol"),
    unit_tokens=54.0114,
    cost=5.2,
    cost_ci=Interval(5.0, 5.4),
    cost_max=6,
    latency_p50=1.9,
    latency_p95=3.1416,
)
BLOCK = MeasuredBlock(
    graph="solve",
    task="quiz",
    figures=FIGURES,
    method="reinforce",
    method_args=(("rounds", 10), ("rate", 0.1)),
    seed=7,
    spend=3120,
    candidates=50,
    baselines=(
        BaselineFigures("gemma, 5 votes", 0.6, 5.0, 0.015, Interval(-0.02, 0.05), best=True),
        BaselineFigures("smol, greedy", 0.3, 1.0, 0.315, Interval(0.25, 0.38)),
    ),
    hashes=Hashes(program_hash(PROGRAM), imports_hash([]), "sha256:77ab", "sha256:90cd"),
    draws="final",
)


def written(block: MeasuredBlock = BLOCK, program: str = PROGRAM) -> str:
    return replace_measured(program, block, version="0.1.0")


def test_the_block_stands_behind_the_program() -> None:
    assert written() == PROGRAM + "\n" + GOLDEN


GOLDEN = """\
measured solve on quiz {  # written by tglc 0.1.0; `tglc verify` re-checks it
  accuracy      0.615, ci: [0.546, 0.680], n: 200
  cost          5.2 units, ci: [5 units, 5.4 units], max: 6 units, unit: smol, unit_tokens: 54.0114
  latency       p50: 1.9s, p95: 3.142s
  method        reinforce(rounds: 10, rate: 0.1), seed: 7
  search        calls: 3120, candidates: 50, draws: "final"
  best_baseline "gemma, 5 votes", accuracy: 0.600, cost: 5 units, difference: 0.015, ci: [-0.020, 0.050]
  baseline      "smol, greedy", accuracy: 0.300, cost: 1 units, difference: 0.315, ci: [0.250, 0.380]
  hashes        program: "PROGRAM",
    imports: "IMPORTS",
    data: "sha256:77ab",
    responses: "sha256:90cd"
}
""".replace("PROGRAM", program_hash(PROGRAM)).replace("IMPORTS", imports_hash([]))


def test_the_file_is_formatted_and_can_be_read() -> None:
    text = written()
    assert format_source(SourceFile("p", text)) == text
    assert len(measured_blocks(text)) == 1


def test_a_second_block_replaces_the_first() -> None:
    other = replace(BLOCK, figures=replace(FIGURES, accuracy=0.7))
    assert written(other, written()) == written(other)
    assert strip_measured(written()) == PROGRAM


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("dollars", "cost          $0.00002, "),
        ("tokens", "cost          0.00002, "),
        ("calls", "unit: calls"),
    ],
)
def test_costs_name_their_unit(kind: str, text: str) -> None:
    unit = UnitSpec.model_validate({"kind": kind})
    block = replace(BLOCK, figures=replace(FIGURES, unit=unit, cost=0.00002))
    assert text in written(block)
    assert measured_blocks(written(block))


def test_failures_and_fresh_draws_are_told() -> None:
    text = written(replace(BLOCK, figures=replace(FIGURES, failed=3), draws="fresh"))
    assert "n: 200, failed: 3" in text
    assert 'draws: "fresh"' in text


def test_reformatting_keeps_the_hash_and_an_edit_does_not() -> None:
    assert program_hash(PROGRAM.replace("  node", "\n      node  ")) == program_hash(PROGRAM)
    assert program_hash(PROGRAM.replace("smol   #", "smol #")) == program_hash(PROGRAM)
    assert program_hash(written()) == program_hash(PROGRAM)
    assert program_hash(PROGRAM.replace("smol", "gemma")) != program_hash(PROGRAM)
    assert program_hash(PROGRAM.replace("only", "one")) != program_hash(PROGRAM)


def test_imports_are_told_by_their_texts_alone() -> None:
    assert imports_hash(["let a = 1", "let b = 2"]) != imports_hash(["let b = 2", "let a = 1"])
    assert imports_hash(["let a = 1\n"]) != imports_hash(["let a = 2\n"])
    assert imports_hash(["let a = 1\n"]) != imports_hash([])


def test_hashes_are_read_back() -> None:
    [block] = measured_blocks(written())
    assert recorded_hashes(block) == {
        "program": program_hash(PROGRAM),
        "imports": imports_hash([]),
        "data": "sha256:77ab",
        "responses": "sha256:90cd",
    }


@pytest.mark.parametrize(
    ("text", "imports", "data", "stale"),
    [
        (written(), [], "sha256:77ab", ()),
        (written(), [], None, ()),
        (PROGRAM, [], "sha256:77ab", ()),
        (written().replace("on smol", "on gemma"), [], None, (Stale.PROGRAM,)),
        (written(), ["let a = 1\n"], None, (Stale.IMPORTS,)),
        (written(), [], "sha256:00", (Stale.DATA,)),
        (written().replace("hashes", "hushes"), [], None, (Stale.PROGRAM, Stale.IMPORTS)),
    ],
)
def test_staleness(text: str, imports: list[str], data: str | None, stale: tuple[Stale, ...]) -> None:
    assert staleness(text, imports, data) == stale


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (None, Existing.ABSENT),
        (" \n", Existing.ABSENT),
        (written(), Existing.OURS),
        (written().replace("  node", "    node"), Existing.OURS),
        (written().replace("only", "one"), Existing.EDITED),
        (written().replace("on smol", "on gemma"), Existing.EDITED),
        (PROGRAM, Existing.FOREIGN),
        ("graph {", Existing.FOREIGN),
        (written() + "graph {", Existing.EDITED),
    ],
)
def test_what_may_be_overwritten(text: str | None, state: Existing) -> None:
    assert existing_state(text) is state
    assert state.may_be_overwritten == (state in (Existing.ABSENT, Existing.OURS))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1e-9, "0.000000001"),
        (123456.0, "123456"),
        (0.1 + 0.2, "0.3"),
        (99999.5, "100000"),
    ],
)
def test_amounts(value: float, text: str) -> None:
    assert amount_text(value) == text


def test_proportions_have_three_decimals() -> None:
    assert [proportion_text(x) for x in (0, 1, 0.68, -0.0004, -0.02)] == [
        "0.000",
        "1.000",
        "0.680",
        "0.000",
        "-0.020",
    ]


@pytest.mark.parametrize("value", [0.2, 1.0, 0.333, 1e-05, 123000.0, 5e22])
def test_decided_reals_read_back(value: float) -> None:
    text = decided_number_text(value)
    assert float(text) == value
    assert not text.isdigit()
