"""Programs as text, run on a scripted model: every reply is a function of the node's prompt and draw."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import pytest

from tgl.ir import Candidate, KeySpec, ProgramIR
from tgl.models import ChatRequest, ScriptedModel
from tgl.runtime import Executor, Job, ModelBinding, RunResult, RuntimeOptions
from tgl.semantics import NO_FILES, check, lower, verify
from tgl.space import mode, resolve, worst_calls
from tgl.storage import MemoryStore
from tgl.text import SourceFile

HEAD = """
use std.reduce  { majority, first, last, best }
use std.signals { agreement }
model smol { provider local; weights "smollm2-135m-instruct"; params 135M }
role answer(question, drafts: list?) -> answer {
  prompt "solve {{ question }}{% for d in drafts %} [{{ d }}]{% endfor %}"
  temperature 0.7
}
role revise(question, draft: text) -> answer { prompt "revise {{ draft }}"; temperature 0.7 }
role judge(draft: text) -> choice("ok", "bad") { prompt "judge {{ draft }}"; temperature 0.7 }
role grade(draft: text) -> number(0..10) { prompt "grade {{ draft }}"; temperature 0.7 }
role echo(text: text) -> text { prompt "echo {{ text }}"; temperature 0.7 }
"""


@dataclass(slots=True)
class Ran:
    """One run: its result, the prompts in the order asked, and what the nodes said."""

    result: RunResult
    candidate: Candidate
    asked: list[str] = field(default_factory=list)

    @property
    def said(self) -> dict[str, str | None]:
        found = {}
        for node, message in self.result.trace:
            found[node.partition(".")[2]] = None if message is None else message.text
        return found


def lowered(text: str, graph: str | None = None) -> ProgramIR:
    checked = check(SourceFile("p.tgl", text), NO_FILES)
    assert [f"{p.code} {p.message}" for p in checked.problems if p.code[0] == "E"] == []
    ir = lower(checked, graph).ir
    assert ir is not None
    assert verify(ir) == []
    return ir


def run_text(
    body: str,
    reply: Callable[[str, ChatRequest], str] | Mapping[str, str],
    example: Mapping[str, object] | None = None,
    *,
    decide: Mapping[str, object] | None = None,
    head: str = HEAD,
    key: KeySpec | None = None,
) -> Ran:
    ir = lowered(head + body, "solve")
    candidate = resolve(ir, mode(ir) if decide is None else dict(decide)).candidate
    return run_candidate(ir, candidate, reply, example, key)


def run_candidate(ir, candidate, reply, example=None, key=None, *, by_model: bool = False) -> Ran:
    """One run; `by_model`: `reply` takes a prompt and the name of the model, in place of the request."""

    def answer(request: ChatRequest, name: str) -> str:
        prompt = request.messages[-1].content
        if by_model:
            return reply(prompt, name)
        return reply(prompt, request) if callable(reply) else reply[prompt]

    models = {spec.name: ScriptedModel(spec.name, partial(answer, name=spec.name)) for spec in ir.models}
    bindings = {
        spec.name: ModelBinding(spec, models[spec.name].fingerprint, models[spec.name]) for spec in ir.models
    }

    async def go() -> RunResult:
        options = RuntimeOptions(live=True)
        executor = Executor(bindings, MemoryStore(), key=key or KeySpec(kind="text"), options=options)
        [result] = await executor.run_all([Job(candidate, example or {"question": "q"})])
        return result

    result = asyncio.run(go())
    asked = [request.messages[-1].content for model in models.values() for request in model.requests]
    assert len(result.calls) <= worst_calls(candidate)
    sampled = {node.id for node in candidate.calls if node.temperature != 0}
    identities = [use.identity for use in result.calls if use.node in sampled]
    assert len(set(identities)) == len(identities), "two calls of a run share a response"
    return Ran(result, candidate, asked)


@pytest.fixture
def run():
    return run_text
