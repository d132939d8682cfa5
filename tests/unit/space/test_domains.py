"""Atoms and the exact discrete distribution of a range of reals."""

import math

import pytest

from tgl.ir import ChoiceKind, Domain, Flip, FloatRange, IntRange
from tgl.space import CELLS, Stream, atoms, enumerate_assignments, log_prob, prior_weights, sample
from tgl.testing.ir_builder import GraphBuilder, role

RANGES = [
    FloatRange(low=0.2, high=1.0),
    FloatRange(low=0.0, high=2.0),
    FloatRange(low=-1.0, high=1.0),
    FloatRange(low=0.001, high=10.0, log=True),
    FloatRange(low=0.5, high=0.503),
    FloatRange(low=0.7, high=0.7),
    FloatRange(low=5.0, high=250.0),
]


@pytest.mark.parametrize("domain", RANGES, ids=str)
def test_cells_hold_all_values_once_in_order_and_their_shares_sum_to_one(domain: FloatRange) -> None:
    table = atoms(domain)
    values = [value for atom in table for value in atom.values]

    assert 1 <= len(table) <= CELLS
    assert values == sorted(set(values))
    assert all(isinstance(value, float) and domain.low <= value <= domain.high for value in values)
    assert all(float(f"{value:.3g}") == value for value in values)
    for atom in table:
        assert atom.values
        assert math.fsum(atom.shares) == pytest.approx(1.0, abs=1e-12)
        assert min(atom.shares) > 0.0


def test_a_wide_range_has_all_cells_and_both_ends() -> None:
    table = atoms(FloatRange(low=0.2, high=1.0))
    values = [value for atom in table for value in atom.values]

    assert len(table) == CELLS
    assert len(values) == 801
    assert (values[0], values[1], values[-1]) == (0.2, 0.201, 1.0)


def test_a_value_has_the_mass_that_rounds_to_it() -> None:
    first, *_, last = atoms(FloatRange(low=0.0, high=0.8))
    assert first.values[:2] == (0.0, 0.00001)
    assert first.shares[0] == pytest.approx(0.000005 / 0.1)
    assert last.shares[-1] == pytest.approx(0.0005 / 0.1)
    assert last.shares[-2] == pytest.approx(0.001 / 0.1)


@pytest.mark.parametrize(
    ("domain", "values", "weights"),
    [
        (IntRange(low=2, high=4), [2, 3, 4], (1.0, 1.0, 1.0)),
        (Flip(p=0.3), [False, True], (0.7, 0.3)),
    ],
)
def test_finite_domains_have_an_atom_a_value(domain: Domain, values: list[object], weights: object) -> None:
    assert [atom.values for atom in atoms(domain)] == [(value,) for value in values]
    assert prior_weights(domain) == pytest.approx(weights)


def heated(domain: FloatRange) -> GraphBuilder:
    b = GraphBuilder("g")
    heat = b.choice("heat", ChoiceKind.PARAM, domain)
    b.group(
        "a",
        lambda _: [role("solver", "question", args={"question": b.input()}, fields={"temperature": heat})],
        on=("small",),
    )
    return b


def test_the_values_of_a_range_are_a_distribution() -> None:
    b = heated(FloatRange(low=0.2, high=1.0))
    ir = b.program(b.ref("a"))
    listed = list(enumerate_assignments(ir))

    assert len(listed) == 801
    assert math.fsum(chance for _, chance in listed) == pytest.approx(1.0, abs=1e-12)
    for trial in range(20):
        drawn = sample(ir, Stream(4, trial))
        assert log_prob(ir, drawn.assignment) == pytest.approx(drawn.log_prob)
    assert log_prob(ir, {"g.heat": 1}) == log_prob(ir, {"g.heat": 1.0})
    assert log_prob(ir, {"g.heat": 0.20001}) == -math.inf
