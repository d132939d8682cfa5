"""Compile-time limits count the vectors that votes under `key embedding` need: against every program."""

from __future__ import annotations

import pytest

from tgl.evaluate import cost_model, worst_bound
from tgl.evaluate.bounds import one_bound
from tgl.semantics import MemoryLoader, check, lower
from tgl.space import EmptySpace, Lengths, OpenBounds, enumerate_assignments, resolve, worst_calls
from tgl.text import SourceFile

TEXT = """
use std.reduce {{ majority, first }}
model small {{ provider openai; id "s"; base_url "http://x" }}
model meaning {{ provider openai; id "m"; base_url "http://x"; embeds yes }}
role say(question, drafts: list?) -> answer {{
  prompt "{{{{ question }}}}{{{{ drafts }}}}"
  temperature 1.0; max_tokens 9; retry 1
}}
task causes {{
  data "c.jsonl"; split train: 1, select: 1, test: 1; given question; expect answer; unit calls
  key {key}
}}
graph g(question) {{
  {body}
}}
optimize g on causes {{ maximize accuracy; limit calls <= {most}; spend calls <= 9; using random(trials: 1) }}
"""
VOTED = "node a[~1..5] : say on small\noutput majority(a)"
BESIDE = (
    "node a[~1..4] : say on small\nnode b : say(drafts: a) on small if ~0.5\noutput first(b, majority(a))"
)
KEYED, PLAIN = "embedding, by: meaning", "text"


def within(body: str, key: str, most: int) -> tuple[set[int], set[int]]:
    """The most calls of each program, and of each that the limit leaves."""
    text = TEXT.format(body=body, key=key, most=most)
    lowered = lower(check(SourceFile("p.tgl", text), MemoryLoader({})))
    ir = lowered.ir
    assert ir is not None, lowered.problems
    assert ir.task is not None
    assert ir.optimize is not None
    cost = cost_model(ir.task, ir.models, None)
    bound = one_bound(worst_bound(ir.optimize.limits, OpenBounds(ir, Lengths({"question": 9})), cost, {}))
    every = {worst_calls(resolve(ir, one).candidate) for one, _ in enumerate_assignments(ir)}
    try:
        kept = [one for one, _ in enumerate_assignments(ir, bound=bound)]
    except EmptySpace:
        kept = []
    return every, {worst_calls(resolve(ir, one, bound).candidate) for one in kept}


@pytest.mark.parametrize("most", [2, 3, 5, 6, 8, 9, 14, 15])
def test_a_limit_leaves_the_programs_that_keep_it_with_their_vectors(most):
    every, kept = within(VOTED, KEYED, most)
    assert every == {3, 6, 9, 12, 15}  # two asks and a vector of each draft
    assert kept == {calls for calls in every if calls <= most}


def test_without_the_key_there_are_none():
    assert within(VOTED, PLAIN, 4) == ({2, 4, 6, 8, 10}, {2, 4})


@pytest.mark.parametrize("most", range(3, 15))
def test_no_program_that_a_limit_leaves_needs_more(most):
    every, kept = within(BESIDE, KEYED, most)
    # A reply that no vote counts has no vector, and is bounded as if it had one.
    assert {calls for calls in every if calls < most} <= kept <= {calls for calls in every if calls <= most}
