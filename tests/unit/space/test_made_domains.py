"""`~log(…)`, `~subsets(…)`, `~orders(…)`: what they choose from, and how likely each is (language.md C1)."""

import math
from itertools import pairwise, permutations

import pytest

from tgl.ir import FloatRange, IntRange, ProgramIR
from tgl.semantics import NO_FILES, check, lower
from tgl.space import atoms, enumerate_assignments, prior_weights
from tgl.text import SourceFile

HEAD = """
use std.roles  { assistant }
use std.reduce { majority }
model smol  { provider local; weights "smol"; params 135M }
model gemma { provider local; weights "gemma"; params 270M }
model large { provider local; weights "large"; params 1B }
"""


def program(text: str, uses: str = "") -> ProgramIR:
    checked = check(SourceFile("p.tgl", uses + HEAD + text), NO_FILES)
    lowered = lower(checked)
    assert lowered.ir is not None, [*checked.problems, *lowered.problems]
    return lowered.ir


def test_each_doubling_of_whole_numbers_is_about_as_likely() -> None:
    domain = IntRange(low=1, high=1023, log=True)
    weights = prior_weights(domain)
    total = math.fsum(weights)
    doublings = [math.fsum(weights[2**k - 1 : 2 ** (k + 1) - 1]) / total for k in range(10)]
    assert weights[0] / weights[63] == pytest.approx(64.0)
    assert all(share == pytest.approx(0.0925, abs=0.005) for share in doublings[3:])
    assert prior_weights(IntRange(low=1, high=4)) == (1.0,) * 4


def test_cells_of_reals_are_equal_in_logarithm() -> None:
    cells = atoms(FloatRange(low=0.01, high=100.0, log=True))
    ends = [cell.values[0] for cell in cells]
    ratios = [b / a for a, b in pairwise(ends)]  # type: ignore[operator]
    assert all(ratio == pytest.approx(10**0.5, rel=0.02) for ratio in ratios)


def test_orders_are_all_permutations_equally_likely() -> None:
    ir = program("""
        graph solve(question) {
          param line = ~orders([smol, gemma, large])
          node answer[i: size(line)] : assistant on line[i]
          output majority(answer)
        }""")
    listed = {tuple(a["solve.line"]): p for a, p in enumerate_assignments(ir)}  # type: ignore[arg-type]
    assert set(listed) == set(permutations(("smol", "gemma", "large")))
    assert all(chance == pytest.approx(1 / 6) for chance in listed.values())


def test_subsets_are_as_long_as_asked_and_in_the_order_of_the_list() -> None:
    ir = program("""
        graph solve(question) {
          let team = ~subsets([smol, gemma, large], 2..3)
          node answer[i: size(team)] : assistant on team[i]
          output majority(answer)
        }""")
    listed = [a["solve.team"] for a, _ in enumerate_assignments(ir)]
    assert listed == [["smol", "gemma"], ["smol", "large"], ["gemma", "large"], ["smol", "gemma", "large"]]


def test_a_name_that_the_program_declares_hides_them_and_an_import_may_rename_them() -> None:
    ir = program(
        """
        let log = [0.1, 0.9]
        graph solve(question) {
          node a : assistant(temperature: ~log) on ~lines([smol, gemma])[1]
          output a
        }""".replace("~lines([smol, gemma])[1]", "line[1]").replace(
            "node a", "let line = ~lines([smol, gemma])\n          node a"
        ),
        uses="use std.static { orders as lines }",
    )
    assert {point.address for point in ir.choices} == {"solve.a.temperature", "solve.line"}
