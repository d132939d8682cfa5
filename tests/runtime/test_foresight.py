"""What a run may still ask: never below what it asks, and nothing for what was asked before."""

import asyncio
import hashlib
import time

import numpy as np
import pytest

from tgl.ir import Const, Fn, Input, ListOf, NodeRef, Op
from tgl.models import ChatRequest
from tgl.runtime import Job
from tgl.storage import MemoryStore

QUESTIONS = [f"question {i}" for i in range(6)]


def agreement(below: float, *names: str) -> Op:
    drafts = ListOf(items=tuple(NodeRef(id=name) for name in names))
    return Op(op="<", args=(Fn(fn="std.signals:agreement", args=(drafts,)), Const(value=below)))


def kind_is(name: str) -> Op:
    return Op(op="==", args=(Input(instance="solve", port="kind"), Const(value=name)))


def noisy(request: ChatRequest) -> str:
    """Numbers that differ, and now and then nothing that can be read."""
    name = f"{request.messages[-1].content} {request.seed}"
    return ["3", "4", "5", "well"][hashlib.sha256(name.encode()).digest()[0] % 4]


def programs(make):
    drafts = [make.call("a"), make.call("b", draw=1)]
    second = make.call("second", guard=agreement(0.9, "a", "b"), temperature=0.0)
    fuse = make.call("fuse", "a", "b", draw=2)
    output = Fn(fn="std.reduce:first", args=(NodeRef(id="second"), NodeRef(id="a")))
    return [
        make.vote(1),
        make.vote(3),
        make.vote(3, retry=2),
        make.candidate(*drafts, second, output=output),
        make.candidate(*drafts, fuse),
        make.candidate(
            make.call("x", guard=kind_is("x")), make.call("y", guard=kind_is("y"), retry=1, draw=0)
        ),
        make.candidate(
            *drafts, make.call("late", "b", guard=Op(op="and", args=(kind_is("x"), agreement(1.1, "a"))))
        ),
    ]


def jobs(candidate):
    return [
        Job(candidate, {"question": question, "kind": "xy"[at % 2]}) for at, question in enumerate(QUESTIONS)
    ]


def need(executor, batch) -> int:
    asks = [ask for job in batch for ask in executor.foreseen(job)]
    known = {ask.identity for ask in asks if ask.identity is not None}
    return len(known) + sum(ask.identity is None for ask in asks)


@pytest.mark.parametrize("seed", range(12))
def test_a_need_is_never_below_what_a_run_adds_and_nothing_once_it_is_paid(make, seed: int):
    made = programs(make)
    order = [made[at] for at in np.random.default_rng(seed).permutation(len(made))]
    executor = make.executor(make.model(noisy))

    async def run() -> None:
        for candidate in order:
            batch = jobs(candidate)
            foretold, before = need(executor, batch), executor.ledger.spent_calls
            await executor.run_all(batch)
            assert executor.ledger.spent_calls - before <= foretold
            assert need(executor, batch) == 0

    asyncio.run(run())


@pytest.mark.parametrize(
    ("place", "asks", "unknown"),
    [
        (0, 6, 0),
        (1, 18, 0),
        (2, 54, 0),  # re-asks are foreseen
        (3, 18, 0),  # the guard is not known, the prompt is
        (4, 18, 6),  # what fuses drafts is not known
        (5, 9, 0),  # half of the questions go each way
        (6, 15, 3),  # `late` waits for a draft, and can only run for half of the questions
    ],
)
def test_what_is_foreseen_of_a_fresh_run(make, place: int, asks: int, unknown: int):
    executor = make.executor(make.model(noisy))
    found = [ask for job in jobs(programs(make)[place]) for ask in executor.foreseen(job)]
    assert len(found) == asks
    assert sum(ask.identity is None for ask in found) == unknown


def test_a_shared_part_is_foreseen_as_paid(make):
    executor = make.executor(make.model(noisy))
    asyncio.run(executor.run_all(jobs(make.vote(3))))
    assert need(executor, jobs(make.vote(5))) == 2 * len(QUESTIONS)
    assert need(executor, jobs(make.vote(2))) == 0
    assert len(executor.foreseen(jobs(make.vote(2))[0], fresh=True)) == 2


def test_what_is_stored_but_was_not_needed_plays_no_part(make):
    store = MemoryStore()
    asyncio.run(make.executor(make.model(noisy), store).run_all(jobs(make.vote(3))))
    warm, cold = make.executor(make.model(noisy), store), make.executor(make.model(noisy))
    for candidate in programs(make):
        assert [warm.foreseen(job) for job in jobs(candidate)] == [
            cold.foreseen(job) for job in jobs(candidate)
        ]


def test_another_salt_is_another_call(make):
    executor = make.executor(make.model(noisy))
    asyncio.run(executor.run_all(jobs(make.vote(2))))
    assert len(executor.foreseen(Job(make.vote(2), {"question": QUESTIONS[0]}, "final"))) == 2


@pytest.mark.slow
def test_foreseeing_is_quick(make):
    """50 candidates on 90 examples; a bound of three times what is wanted, for a busy machine."""
    executor = make.executor(make.model(noisy))
    questions = [{"question": f"q{i}", "kind": "x"} for i in range(90)]
    candidates = [make.vote(3 + at % 4, prompt="{{ question }} " + str(at)) for at in range(50)]
    begun = time.process_time()
    for candidate in candidates:
        for given in questions:
            executor.foreseen(Job(candidate, given))
    assert time.process_time() - begun < 3.0
