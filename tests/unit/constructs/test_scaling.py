"""`std.scaling`: each recipe by closed form or exact trace, on its program in examples/scaling."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from itertools import pairwise, product
from math import isclose
from pathlib import Path

import pytest

from tgl.emit import resolve_text
from tgl.ir import KeySpec
from tgl.semantics import MemoryLoader, check, lower, verify
from tgl.space import Stream, resolve, sample, worst_calls
from tgl.syntax import format_source
from tgl.text import SourceFile

FOLDER = Path(__file__).parents[3] / "examples" / "scaling"
FILES = {path.name: path.read_text() for path in FOLDER.glob("*.tgl")}
RECIPES = sorted(set(FILES) - {"common.tgl"})
NUMBER = KeySpec(kind="number")

spec = importlib.util.spec_from_file_location("constructs_conftest", Path(__file__).parent / "conftest.py")
assert spec is not None
assert spec.loader is not None
runs = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = runs
spec.loader.exec_module(runs)


def program(recipe: str, call: str | None = None):
    """The example of a recipe; `call` in place of what its node runs."""
    text = FILES[f"{recipe}.tgl"]
    if call is not None:
        text = re.sub(r"node reply : .*", f"node reply : {call}", text).replace("{ small,", "{ smol, gemma,")
    checked = check(SourceFile("p.tgl", text), MemoryLoader(FILES))
    assert [f"{p.code} {p.message}" for p in checked.problems] == []
    ir = lower(checked, "solve").ir
    assert ir is not None
    assert verify(ir) == []
    return checked, ir


def ran(recipe: str, call: str, reply, example=None, key=NUMBER):
    _, ir = program(recipe, call)
    candidate = resolve(ir, {}).candidate
    return runs.run_candidate(ir, candidate, reply, example or {"question": "q"}, key)


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("seed", range(3))
def test_a_sampled_recipe_is_written_back_and_stays_within_its_bound(name, seed):
    checked, ir = program(name.removesuffix(".tgl"))
    resolution = resolve(ir, sample(ir, Stream(seed)).assignment)
    text = resolve_text(checked, ir, resolution)
    assert "~" not in text
    assert format_source(SourceFile("p.tgl", text)) == text
    again = check(SourceFile("p.tgl", text), MemoryLoader(FILES))
    # what was drawn, not chosen, may be an even number of votes
    assert [f"{p.code} {p.message}" for p in again.problems if p.code != "W0504"] == [], text
    found = lower(again, "solve").ir
    assert found is not None
    assert resolve(found, {}).candidate.structure == resolution.candidate.structure, text
    replies = {"score": 5, "verdict": "wrong", "text": "t", "jobs": [{"what": "w", "about": "a"}]}
    result = runs.run_candidate(
        ir,
        resolution.candidate,
        lambda prompt, request: f"{json.dumps(replies)} Score: 5",
        {"question": "q", "document": "d"},
        KeySpec(kind="text"),
    ).result
    assert result.status.value == "ok"
    assert len(result.calls) <= worst_calls(resolution.candidate)


def expected(n: int, p: float, right) -> float:
    """The chance that a program is right, over all patterns of `n` right and wrong samples."""
    total = 0.0
    for pattern in product([True, False], repeat=n):
        weight = 1.0
        for good in pattern:
            weight *= p if good else 1 - p
        total += weight * right(pattern)
    return total


@pytest.mark.parametrize(("n", "accuracy"), [(1, 0.6), (3, 0.648), (5, 0.68256)])
def test_self_consistency_is_the_binomial(n, accuracy):
    def right(pattern):
        left = ["1" if good else "0" for good in pattern]
        call = f"self_consistency(n: {n}, heat: 0.7) on smol"
        return ran("self_consistency", call, lambda p, r: left.pop(0)).result.answer.key == "1"

    assert isclose(expected(n, 0.6, right), accuracy)


@pytest.mark.parametrize(("n", "accuracy"), [(1, 0.3), (2, 0.51), (3, 0.657)])
def test_best_of_n_with_a_perfect_grader(n, accuracy):
    def right(pattern):
        left = ["1" if good else "0" for good in pattern]

        def reply(prompt, request):
            if "Proposed answer" not in prompt:
                return left.pop(0)
            return "Score: 9" if "Proposed answer: 1" in prompt else "Score: 2"

        found = ran("best_of_n", f"best_of_n(n: {n}) on smol".replace("best_of_n(", "fixed_best("), reply)
        return found.result.answer.key == "1"

    FILES["best_of_n.tgl"] = best_of_n_at_one_heat(FILES["best_of_n.tgl"])
    assert isclose(expected(n, 0.3, right), accuracy)


def best_of_n_at_one_heat(text: str) -> str:
    """The example with a template whose only choice is decided."""
    if "fixed_best" in text:
        return text
    template = (Path(__file__).parents[3] / "stdlib" / "scaling.tgl").read_text()
    graph = re.search(r"graph best_of_n\(.*?\n}\n", template, re.DOTALL)
    assert graph is not None
    body = graph.group().replace("graph best_of_n", "graph fixed_best").replace("~0.2..1.0", "0.7")
    uses = "use std.roles { assistant, grader }\nuse std.reduce { best }\n"
    return uses + text.replace("use std.scaling    { best_of_n }\n", "").replace(
        "graph solve", f"{body}\ngraph solve"
    ).replace("best_of_n(n: ~1..8)", "fixed_best(n: ~1..8)")


@pytest.mark.parametrize(
    ("replies", "calls"),
    [
        ("1111", 4),  # 0.969 after four equal votes, 0.9375 after three
        ("1011111", 8),  # six to one is 0.965: after seven
        ("01010101", 8),
    ],
)
def test_adaptive_consistency_stops_when_the_lead_is_sure(replies, calls):
    left = list(replies.ljust(8, "1"))
    call = "adaptive_consistency(most: 8, size: 1, sure: 0.95) on smol"
    found = ran("adaptive_consistency", call, lambda p, r: left.pop(0))
    assert len(found.asked) == (7 if replies == "1011111" else calls)


def verdict(word: str, score: int) -> str:
    return json.dumps({"verdict": word, "score": score, "text": "t"})


def refine(marks: dict[str, str], rounds: int):
    drafts = iter(range(1, 9))

    def reply(prompt, request):
        if "Proposed answer" in prompt:
            return marks[re.search(r"Proposed answer: (\d)", prompt).group(1)]
        return str(next(drafts)) if "Advice" in prompt else "0"

    return ran("self_refine", f"self_refine(rounds: {rounds}, writer: smol, judge: gemma)", reply)


def test_self_refine_stops_where_the_critic_is_content():
    found = refine({"0": verdict("wrong", 3), "1": verdict("ok", 9)}, 4)
    assert found.result.answer.key == "1"
    assert len(found.asked) == 4


def test_self_refine_never_answers_worse_than_its_best_draft():
    found = refine({"0": verdict("wrong", 6), "1": verdict("wrong", 2)}, 4)
    assert found.result.answer.key == "0"
    assert len(found.asked) == 4  # the second draft was no better: patience is over before a third


def test_debaters_that_adopt_the_majority_agree_after_one_round():
    _, ir = program("debate", "debate(agents: 3, rounds: 3) on smol")
    opening = ["1", "1", "0"]
    pairs = {point.address: True for point in ir.choices}
    candidate = resolve(ir, pairs).candidate

    def reply(prompt, request):
        if "Your answer so far" not in prompt:
            return opening.pop(0)
        heard = re.findall(r"(?:so far|Another answer): (\d)", prompt)
        return max(set(heard), key=heard.count)

    found = runs.run_candidate(ir, candidate, reply, {"question": "q"}, NUMBER)
    assert found.result.answer.key == "1"
    assert len(found.asked) == 6  # one round; the second finds them unanimous
    assert worst_calls(candidate) == 3 * 3 * 4  # two re-asks each


def test_tree_of_thoughts_finds_the_leaf_if_the_beam_holds_its_rank():
    worth = {"a": 5, "b": 9, "a\na": 9, "a\nb": 3, "b\na": 4, "b\nb": 2}

    def reply(prompt, request):
        if "How promising" in prompt:
            state = re.search(r"solution: ([ab\n]*?)\nHow", prompt).group(1)
            return f"Score: {worth.get(state, 0)}"
        if "Write one" in prompt:
            return request.decoding.stop[0] if request.decoding.stop else steps.pop(0)
        return str(worth.get(prompt.split("\n", 1)[1].strip(), 0))

    answers = {}
    for beam in (1, 2):
        steps = ["a", "b"] * 3
        call = f"tot(branch: 2, beam: {beam}, depth: 2) on smol"
        FILES["tot.tgl"] = toy_tree()
        found = ran("tot", call, reply)
        answers[beam] = found.result.answer.key
        assert len(found.asked) == 2 * (2 + 2 * beam) + 1
    assert answers == {1: "4", 2: "9"}  # the best leaf hangs below the second best state
    del FILES["tot.tgl"]


def toy_tree() -> str:
    """The template with its only choice decided."""
    template = (Path(__file__).parents[3] / "stdlib" / "scaling.tgl").read_text()
    found = re.search(r"graph tree_of_thoughts\(.*?\n}\n", template, re.DOTALL)
    assert found is not None
    body = found.group().replace("tree_of_thoughts", "tot").replace("proposer(so_far", "step(so_far")
    step = 'role step(so_far: text) -> text { prompt "Write one {{ so_far }}"; temperature 0.8 }\n'
    text = FILES["tree_of_thoughts.tgl"]
    uses = "use std.list { flat, paths, top }\nuse std.scaling { valuer, finisher }\n"
    return uses + re.sub(r"use std.scaling .*\n", "", text).replace(
        "graph solve", f"{step}{body}\ngraph solve"
    )


def test_mixture_of_agents_shows_each_layer_all_of_the_one_before():
    words = iter("1234567")
    call = "mixture_of_agents(layers: 2, width: 3) on smol"
    found = ran("mixture_of_agents", call, lambda p, r: next(words))
    assert len(found.asked) == 2 * 3 + 1
    assert [re.findall(r"Attempt \d: (\d)", prompt) for prompt in found.asked] == [
        [],
        [],
        [],
        *([["1", "2", "3"]] * 3),
        ["4", "5", "6"],
    ]


def test_archon_keeps_its_rules_and_its_lists():
    _, ir = program("archon")
    layers = set()
    for seed in range(40):
        found = sample(ir, Stream(seed)).assignment
        kinds = [found[a] for a in sorted(found) if re.search(r"layer\[\d\]\.what$", a)]
        layers.add(tuple(kinds))
        assert kinds[0] == "generate"
        assert "generate" not in kinds[1:]
        assert ("rank", "rank") not in set(pairwise(kinds))
    assert len(layers) > 4
    decided = {
        "solve.reply.archon.depth": 3,
        "solve.reply.model": "smol",
        "solve.reply.archon.layer[1].what": "generate",
        "solve.reply.archon.layer[1].generate.n": 3,
        "solve.reply.archon.layer[2].what": "rank",
        "solve.reply.archon.layer[2].rank.left": 2,
        "solve.reply.archon.layer[3].what": "improve",
    }
    candidate = resolve(ir, decided).candidate
    drafts, revised = iter("123"), iter("78")

    def reply(prompt, request):
        if "Judge it" in prompt:
            return "Score: " + re.search(r"answer: (\d)", prompt).group(1)
        if "Is it right?" in prompt:
            return verdict("wrong", 1)
        if "Advice" in prompt:
            return next(revised)
        return "9" if "Attempt" in prompt else next(drafts)

    found = runs.run_candidate(ir, candidate, reply, {"question": "q"}, NUMBER)
    assert len(found.asked) == 3 + 3 + 2 + 2 + 1
    assert [re.search(r"Earlier answer: (\d)", p).group(1) for p in found.asked if "Advice" in p] == [
        "3",
        "2",
    ]
    assert re.findall(r"Attempt \d: (\d)", found.asked[-1]) == ["7", "8"]


def test_recursive_self_aggregation_merges_k_members_each():
    call = "recursive_self_aggregation(n: 4, k: 3, rounds: 3) on smol"
    found = ran("recursive_self_aggregation", call, lambda p, r: "1")
    heard = [len(re.findall(r"Attempt", prompt)) for prompt in found.asked]
    assert heard == [0] * 4 + [3] * 8


def test_a_cascade_asks_the_dear_model_only_where_the_cheap_one_disagrees():
    call = "cascade(line: [smol, gemma], samples: 3, sure: 0.6)"
    left = list("110")
    assert len(ran("cascade", call, lambda p, r: left.pop(0)).asked) == 3
    left = list("012334")
    found = ran("cascade", call, lambda p, r: left.pop(0))
    assert len(found.asked) == 6
    assert found.result.answer.key == "3"
    left = list("012543")  # nobody agrees: the last model's first answer
    assert ran("cascade", call, lambda p, r: left.pop(0)).result.answer.key == "5"


def test_decompose_map_fuse_does_each_job_on_its_passage():
    document = (
        "The mill burnt down in May. " * 30 + "Ada sells figs at the market. " + "It rained a lot. " * 30
    )
    jobs = {"jobs": [{"what": "name the goods", "about": "Ada sells"}]}

    def reply(prompt, request):
        if "independent jobs" in prompt:
            return json.dumps(jobs)
        return "figs" if "name the goods" in prompt and "figs" in prompt else "fused"

    call = "decompose_map_fuse(jobs: 2, length: 500, boss: gemma, hand: smol)"
    found = ran(
        "decompose_map_fuse", call, reply, {"question": "q", "document": document}, KeySpec(kind="text")
    )
    assert len(found.asked) == 3
    assert found.result.answer.text == "fused"
    [fused] = [prompt for prompt in found.asked if "Attempt" in prompt]
    assert "Attempt 1: figs" in fused
