"""No run needs more than its bounds say, or less; brute force agrees on small spaces.

The models here are the worst there can be: every reply has its `max_tokens` of one byte each, a prompt
counts each byte as a token, and whether a reply can be read is a matter of chance.
"""

from __future__ import annotations

import asyncio
import hashlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tgl.ir import Candidate, KeySpec, ModelSpec, ProgramIR
from tgl.models import ChatReply, ChatRequest, ScriptedModel
from tgl.models.protocol import Finish, Usage
from tgl.runtime import Executor, Job, ModelBinding, RunResult, RuntimeOptions
from tgl.semantics import NO_FILES, check, lower
from tgl.space import (
    Bound,
    Known,
    Lengths,
    OpenBounds,
    Stream,
    by_name,
    candidate_bounds,
    enumerate_assignments,
    least_cost,
    removed_options,
    resolve,
    sample,
    space_bounds,
    worst_calls,
)
from tgl.space.opened import Opened
from tgl.space.tokens import PER_CONVERSATION, PER_MESSAGE
from tgl.storage import MemoryStore
from tgl.text import SourceFile

HEAD = """
use std.reduce  { majority, first, last, best, join }
use std.signals { agreement }
model small { provider openai; id "s"; base_url "http://x"; price prompt: $1/Mtok, completion: $5/Mtok }
model large { provider openai; id "l"; base_url "http://x"; price prompt: $9/Mtok, completion: $2/Mtok }
pool both = [small, large]
role say(question, drafts: list?) -> text {
  prompt "ä {{ question }}{% for d in drafts %} [{{ loop.index }} {{ d }}]{% endfor %}"
  temperature 0.7; max_tokens 7; retry 1
}
role mark(question, draft: text) -> number(0..9) {
  system "Be exact. {{ draft }}"
  prompt "{{ question }}: {{ draft }}{{ draft | upper }}"
  temperature 0.7; max_tokens 5; retry 2
}
role pick(question, best: number) -> text {
  prompt "{% if best %}{{ best }}{% else %}none{% endif %}"
  temperature 0; max_tokens 4; retry 3
}
"""
GIVEN = {"question": "Wie groß?", "kind": "x"}
LENGTHS = Lengths({name: len(value.encode()) for name, value in GIVEN.items()})


def lowered(body: str) -> ProgramIR:
    checked = check(SourceFile("p.tgl", HEAD + body), NO_FILES)
    assert [f"{p.code} {p.message}" for p in checked.problems if p.code[0] == "E"] == [], body
    ir = lower(checked, "solve").ir
    assert ir is not None
    return ir


class Worst:
    """Replies as long as they may be; a coin, seeded, tells whether one can be read as a number."""

    def __init__(self, seed: int, *, unread: float) -> None:
        self.seed, self.unread = seed, unread

    def __call__(self, request: ChatRequest) -> ChatReply:
        content = "".join(message.content for message in request.messages)
        named = f"{self.seed} {request.seed} {content}"
        coin = hashlib.sha256(named.encode()).digest()[0] / 256
        limit = request.decoding.max_tokens or 0
        text = ("?" if coin < self.unread else "7").ljust(limit, "!") if coin < 0.9 else "1." * limit
        prompt = PER_CONVERSATION + sum(
            PER_MESSAGE + len(message.content.encode()) for message in request.messages
        )
        return ChatReply(text[:limit], Finish.LENGTH, Usage(prompt, limit), 0.0)


def run(ir: ProgramIR, candidate: Candidate, seed: int, unread: float) -> RunResult:
    models = {spec.name: ScriptedModel(spec.name, Worst(seed, unread=unread)) for spec in ir.models}
    bindings = {
        spec.name: ModelBinding(spec, models[spec.name].fingerprint, models[spec.name]) for spec in ir.models
    }

    async def go() -> RunResult:
        executor = Executor(
            bindings, MemoryStore(), key=KeySpec(kind="number"), options=RuntimeOptions(live=True)
        )
        [result] = await executor.run_all([Job(candidate, GIVEN)])
        return result

    return asyncio.run(go())


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A graph of three to seven nodes that read earlier ones, with guards and choices."""
    lines: list[str] = []
    texts: list[str] = []
    numbers: list[str] = []
    for place in range(draw(st.integers(3, 7))):
        name = f"n{place}"
        before = draw(st.lists(st.sampled_from(texts), max_size=3, unique=True)) if texts else []
        kinds = ["say", *(["mark", "join"] if texts else []), *(["pick"] if numbers else [])]
        kind = draw(st.sampled_from(kinds))
        guard = draw(
            st.sampled_from(
                [
                    "",
                    "",
                    ' when kind == "x"',
                    ' when kind == "y"',
                    ' when kind != "x"',
                    *([f" when agreement({texts[0]}, {texts[-1]}) < 0.6"] if texts else []),
                    *([f" when {numbers[-1]} > 4"] if numbers else []),
                ]
            )
        )
        on = draw(st.sampled_from(["small", "large", "~both"]))
        if kind == "say":
            lines.append(f"node {name} : say(drafts: [{', '.join(before)}]) on {on}{guard}")
            texts.append(name)
        elif kind == "mark":
            lines.append(f"node {name} : mark(draft: {draw(st.sampled_from(texts))}) on {on}{guard}")
            numbers.append(name)
        elif kind == "pick":
            lines.append(f"node {name} : pick(best: {draw(st.sampled_from(numbers))}) on {on}{guard}")
            texts.append(name)
        else:
            lines.append(f"node {name} : join([{', '.join(before or texts[:1])}]){guard}")
            texts.append(name)
    body = "\n  ".join(lines)
    return f"graph solve(question, kind) {{\n  {body}\n  output last([{', '.join(texts)}])\n}}\n"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs(), st.integers(0, 9999), st.sampled_from([0.0, 0.5, 1.0]))
def test_no_run_leaves_its_bounds(body: str, seed: int, unread: float) -> None:
    ir = lowered(body)
    candidate = resolve(ir, sample(ir, Stream(seed, "hold")).assignment).candidate
    found = candidate_bounds(candidate, Known(by_name(ir.models), LENGTHS)).total
    result = run(ir, candidate, seed, unread)
    prices: dict[str, ModelSpec] = {spec.name: spec for spec in ir.models}
    prompt = sum(use.prompt_tokens for use in result.calls)
    completion = sum(use.completion_tokens for use in result.calls)
    dollars = sum(
        use.prompt_tokens * (prices[use.model].prompt_price or 0.0)
        + use.completion_tokens * (prices[use.model].completion_price or 0.0)
        for use in result.calls
    )
    assert found.dollars is not None
    for needed, bounds in (
        (len(result.calls), found.calls),
        (prompt, found.prompt),
        (completion, found.completion),
        (dollars, found.dollars),
    ):
        assert bounds.least <= bounds.usual <= bounds.most
        assert bounds.least - 1e-9 <= needed <= bounds.most + 1e-9


def test_a_straight_line_needs_exactly_its_most() -> None:
    ir = lowered(
        """graph solve(question, kind) {
          node a[3] : say on small
          node b : say(drafts: a) on large
          output last([a, b])
        }"""
    )
    candidate = resolve(ir, {}).candidate
    found = candidate_bounds(candidate, Known(by_name(ir.models), LENGTHS))
    result = run(ir, candidate, 1, 0.0)
    # `say` gives a text, which is always read, so that no re-ask comes: they are the only slack
    assert len(result.calls) == found.total.calls.least == 4
    assert found.total.calls.most == 8
    each = {node.id: node for node in found.nodes}
    for use in result.calls:
        bounds = each[use.node].bounds
        assert bounds.completion.most == 2 * use.completion_tokens
        # `loop.index` may take many digits; all else is exact
        assert 0 <= bounds.prompt.most - 2 * use.prompt_tokens <= 2 * 3 * 23


SPACES = {
    "count": "node a[~1..3] : say on ~both\n output majority(a)",
    "what": "node a : ~[say, panel] on ~both\n output a\n}\ngraph panel(question) {\n"
    "  node v[~2..3] : say(max_tokens: ~[3, 9])\n  output majority(v)",
    "route": 'node a : ~[say, panel] on small when kind == "x"\n'
    'node b : ~[say, panel] on ~both when kind == "y"\n output first(a, b)\n}\n'
    "graph panel(question) {\n  node v[~2..3] : say\n  output majority(v)",
    "edges": "node a[3] : say on ~both\n node f : say on large\n"
    " edge a[i] -> a[j] if i < j and ~0.5\n edge a -> f\n output f",
    "optional": "node a : say on small\n node b : mark(draft: a) on ~both if ~0.5\n"
    " node c : say(drafts: [a, b]) on large when agreement(a, b) < ~[0.2, 0.8]\n output first(c, a)",
}


@pytest.mark.parametrize("name", SPACES)
def test_brute_force_stays_within_the_bounds_of_a_space(name: str) -> None:
    ir = lowered(f"graph solve(question, kind) {{\n {SPACES[name]}\n}}\n")
    known = Known(by_name(ir.models), LENGTHS)
    found = [
        (candidate_bounds(resolve(ir, one).candidate, known).total, share)
        for one, share in enumerate_assignments(ir)
    ]
    listed = space_bounds(ir, known)
    assert listed.exact
    opened = Opened(ir, known)
    parts = ("calls", "prompt", "completion", "dollars")
    for part, low, high in zip(parts, opened.least().parts, opened.most().parts, strict=False):
        ranges = [getattr(bounds, part) for bounds, _ in found]
        exact = getattr(listed.total, part)
        assert exact.least == min(one.least for one in ranges)
        assert exact.most == max(one.most for one in ranges)
        usual = sum(one.usual * share for one, (_, share) in zip(ranges, found, strict=True))
        assert exact.usual == pytest.approx(usual)
        assert low <= exact.least + 1e-12
        assert high >= exact.most - 1e-12
        if part == "calls":  # no two choices here pull against each other
            assert high == exact.most
    paths = [candidate_bounds(resolve(ir, one).candidate, known).path for one, _ in enumerate_assignments(ir)]
    assert listed.path.most == max(path.calls.most for path in paths)
    assert opened.path(opened.space.root) >= listed.path.most


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("limit", [1, 2, 3, 4, 6, 8])
def test_a_limit_on_calls_keeps_all_that_fit_and_nothing_else(name: str, limit: int) -> None:
    ir = lowered(f"graph solve(question, kind) {{\n {SPACES[name]}\n}}\n")
    worst = OpenBounds(ir, LENGTHS)
    bound = Bound(limit, lambda node, alternative, model: float(worst.asks(alternative)))
    every = [one for one, _ in enumerate_assignments(ir)]
    fitting = [one for one in every if worst_calls(resolve(ir, one).candidate) <= limit]
    if not fitting:
        assert least_cost(ir, bound) > limit
        return
    kept = [one for one, _ in enumerate_assignments(ir, bound=bound)]
    assert sorted(map(repr, kept)) == sorted(map(repr, fitting))
    assert least_cost(ir, bound) <= min(worst_calls(resolve(ir, one).candidate) for one in kept)
    has = {(address, repr(value)) for one in kept for address, value in one.items()}
    removed = removed_options(ir, bound)
    assert not any((one.address, repr(one.value)) in has for one in removed)
    if name in ("count", "what", "route"):  # what is out with its node or instance is not told again
        all_options = {(address, repr(value)) for one in every for address, value in one.items()}
        outer = {"count": ("a.count",), "what": ("a.what",), "route": ("a.what", "b.what")}[name]
        gone = {one for one in all_options - has if one[0].endswith(outer)}
        assert {(one.address, repr(one.value)) for one in removed if one.address.endswith(outer)} == gone
