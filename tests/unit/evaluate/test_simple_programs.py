"""Variants of the base role, their names, the router, and what a vote samples at."""

from __future__ import annotations

import asyncio

import pytest

from tgl.evaluate import base_role, base_variants, greedy, router, vote
from tgl.evaluate.simple_programs import Route
from tgl.ir import Candidate, ProgramIR, TaskSpec
from tgl.models import ScriptedModel
from tgl.runtime import Executor, Job, ModelBinding, RuntimeOptions
from tgl.semantics import MemoryLoader, check, lower
from tgl.storage import MemoryStore
from tgl.text import SourceFile

PROGRAM = """
use std.reduce {{ majority, first }}
model a {{ provider local; weights "a"; params 1M }}
model b {{ provider local; weights "b"; params 2M }}
pool both = [a, b]
task quiz {{
  data   "quiz.jsonl"
  split  train: 30, select: 30, test: 60
  given  question, kind
  expect answer
  key    text, match: normalised
  by     kind
}}
role short(question) -> answer {{
  prompt      {prompt}
  temperature {temperature}
  max_tokens  {tokens}
  retry       0
}}
graph solve(question, kind) {{
  node reply : {reply} on ~both
  output reply
}}
graph panel(question) {{
  node sample[~2..3] : short(temperature: ~{{0.3: 1, 0.6: 3}}) on ~both
  output majority(sample)
}}
optimize solve on quiz {{ maximize accuracy; using random }}
"""


def program(
    reply: str = "~[short, panel]",
    prompt: str = '"{{ question }}"',
    temperature: str = "0",
    tokens: str = "8",
) -> tuple[ProgramIR, TaskSpec]:
    text = PROGRAM.format(reply=reply, prompt=prompt, temperature=temperature, tokens=tokens)
    lowered = lower(check(SourceFile("quiz.tgl", text), MemoryLoader({})))
    assert lowered.ir is not None, lowered.problems
    assert lowered.ir.task is not None
    return lowered.ir, lowered.ir.task


@pytest.mark.parametrize(
    ("written", "labels"),
    [
        ({}, [""]),
        ({"tokens": "~[8, 16]"}, ["max_tokens 8", "max_tokens 16"]),
        ({"tokens": "~{8: 1, 16: 3}"}, ["max_tokens 16", "max_tokens 8"]),
        ({"reply": "~[short(max_tokens: 4), short, panel]"}, ["max_tokens 4", "max_tokens 8"]),
        ({"tokens": "~1..20"}, [f"max_tokens {n}" for n in range(1, 7)]),
        ({"prompt": '~["{{ question }}", "Say it. {{ question }}"]'}, ["prompt no. 1", "prompt no. 2"]),
        ({"temperature": "~[0.0, 0.5]"}, [""]),
    ],
)
def test_variants_are_the_ways_in_which_the_program_may_use_the_role(written, labels):
    ir, task = program(**written)
    variants = base_variants(ir, task)
    assert [one.label for one in variants] == labels
    assert base_role(ir, task) == variants[0]
    made = [greedy(ir, one, "a") for one in variants]
    assert len({one.digest for one in made}) == len(labels)
    assert all(node.temperature == 0 for one in made for node in one.calls)


def test_names_tell_variants_apart():
    ir, task = program(tokens="~[8, 16]")
    assert base_variants(ir, task)[1].named("a, greedy") == "a, greedy (max_tokens 16)"
    only = base_variants(*program())[0]
    assert only.named("a, greedy") == "a, greedy"
    assert only.named("a, greedy", "dear") == "a, greedy (dear)"


@pytest.mark.parametrize(
    ("written", "temperature"),
    [({}, 0.6), ({"temperature": "0.4"}, 0.4), ({"reply": "short"}, 0.8)],
)
def test_a_vote_samples_as_the_program_does(written, temperature):
    ir, task = program(**written)
    candidate = vote(ir, base_variants(ir, task)[0], "b", 3)
    assert [(node.model, node.temperature) for node in candidate.calls] == [("b", temperature)] * 3
    assert [node.draw for node in candidate.calls] == [0, 1, 2]


def routed() -> tuple[Candidate, Executor]:
    ir, task = program(tokens="~[8, 16]")
    short, long = base_variants(ir, task)
    candidate = router(ir, "kind", [Route(short, "a", ("x", "z")), Route(long, "b", ("y",))], fallback=1)
    bindings = {
        spec.name: ModelBinding(spec, spec.name, ScriptedModel(spec.name, lambda _, name=spec.name: name))
        for spec in ir.models
    }
    return candidate, Executor(bindings, MemoryStore(), key=task.key, options=RuntimeOptions(live=True))


@pytest.mark.parametrize(("kind", "model"), [("x", "a"), ("y", "b"), ("z", "a"), ("never seen", "b")])
def test_the_router_asks_one_model_by_group(kind: str, model: str):
    candidate, executor = routed()
    [result] = asyncio.run(executor.run_all([Job(candidate, {"question": "?", "kind": kind})]))
    assert [use.model for use in result.calls] == [model]
    assert result.text == model
    ir, task = program(tokens="~[8, 16]")
    single = greedy(ir, base_variants(ir, task)[model == "b"], model)
    assert executor.foreseen(Job(single, {"question": "?", "kind": kind})) == (), (
        "it shares the greedy answer"
    )


def test_without_a_role_that_answers_alone_there_are_no_variants():
    ir, task = program()
    assert base_variants(ir, task.model_copy(update={"given": ("kind",)})) == ()
