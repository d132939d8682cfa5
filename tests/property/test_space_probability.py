"""Exactness of the sampler on spaces small enough to list."""

import math
from collections import Counter

import pytest

from tgl.ir import ProgramIR
from tgl.space import Stream, decisions, enumerate_assignments, log_prob, resolve, sample
from tgl.space.domains import value_key
from tgl.testing.ir_builder import GraphBuilder, function, role


def workers(
    most: int, *, models: tuple[str, ...] = ("small",), whats: int = 2, chain: bool = False
) -> ProgramIR:
    """`node worker[~1..n] : ~{assistant: 7, fuser: 3} on ~pool`, edges i < j and into a majority."""
    b = GraphBuilder("solve")
    args = {"question": b.input()}
    kinds = [
        lambda: role("assistant", "question", "drafts*", args=args),
        lambda: role("fuser", "question", "drafts+", args=args),
    ]
    b.group(
        "worker",
        lambda _: [kind() for kind in kinds[:whats]],
        count=(1, most),
        weights=(0.7, 0.3)[:whats],
        on=models,
    )
    b.group("final", lambda _: [function("majority", "std.reduce:majority", "drafts+")])
    for j in range(1, most + 1):
        for i in range(j - 1 if chain and j > 1 else 1, j):
            b.edge(b.ref("worker", i), b.ref("worker", j), "drafts", p=0.3)
    for i in range(1, most + 1):
        b.edge(b.ref("worker", i), b.ref("final"), "drafts", p=0.7)
    return b.program(b.ref("final"))


def as_key(assignment: object) -> str:
    assert isinstance(assignment, dict)
    return value_key(dict(sorted(assignment.items())))


@pytest.mark.parametrize(
    "ir",
    [
        workers(1),
        workers(2, models=("small", "large")),
        workers(3),
        workers(4, whats=1),
        pytest.param(workers(5, chain=True), marks=pytest.mark.slow),
    ],
    ids=["one", "two-models", "three", "four-fixed", "five-chain"],
)
def test_probabilities_of_all_assignments_sum_to_one_and_each_replays(ir: ProgramIR) -> None:
    listed = list(enumerate_assignments(ir))

    assert math.fsum(chance for _, chance in listed) == pytest.approx(1.0, abs=1e-12)
    assert len({as_key(assignment) for assignment, _ in listed}) == len(listed)
    for assignment, chance in listed[:: max(1, len(listed) // 600)]:
        assert math.exp(log_prob(ir, assignment)) == pytest.approx(chance, rel=1e-12)
        assert resolve(ir, assignment).candidate.calls


def test_sampled_log_probability_is_that_of_replay() -> None:
    ir = workers(5, models=("small", "large"))
    for trial in range(60):
        drawn = sample(ir, Stream(1, trial))
        assert log_prob(ir, drawn.assignment) == pytest.approx(drawn.log_prob, rel=1e-12, abs=1e-12)
        parts = decisions(ir, drawn.assignment)
        assert [part.address for part in parts] == list(drawn.assignment)
        assert math.fsum(part.log_prob for part in parts) == pytest.approx(drawn.log_prob, abs=1e-12)


@pytest.mark.parametrize(
    "ir", [workers(2, models=("small", "large")), workers(3, whats=1)], ids=["two", "three"]
)
def test_frequencies_follow_the_probabilities(ir: ProgramIR) -> None:
    expected = {as_key(assignment): chance for assignment, chance in enumerate_assignments(ir)}
    n = 3000
    seen = Counter(as_key(sample(ir, Stream(11, trial)).assignment) for trial in range(n))

    assert set(seen) <= set(expected)
    chi = sum((seen[key] - n * chance) ** 2 / (n * chance) for key, chance in expected.items())
    degrees = len(expected) - 1
    assert chi < degrees + 4 * math.sqrt(2 * degrees)
