"""Each static construct, end to end: drawn, written as text, read again, the same candidate."""

import math

import pytest

from tgl.emit import resolve_text
from tgl.semantics import MemoryLoader, check, lower, verify
from tgl.space import Stream, count_assignments, enumerate_assignments, log_prob, resolve, sample
from tgl.syntax import format_source
from tgl.text import SourceFile

HEAD = """use std.roles   { assistant, fuser, grader }
use std.reduce  { majority, first, last, best }
use std.signals { agreement }
use std.static  { subset }

model smol  { provider local; weights "smol"; params 135M }
model gemma { provider local; weights "gemma"; params 270M }
model large { provider local; weights "large"; params 1B }
pool small = [smol, gemma]
pool every = small + [large]
let kinds = ["numbers", "capitals", "opposites"]
let chain(i, j) = j == i + 1
let star(i, j)  = i == 1
let free(i, j)  = acyclic

role thinker(question, drafts: list?) -> answer {
  prompt ~["{{ question }} {{ drafts }}", "Think. {{ question }} {{ drafts }}"]
  param  tone = "plain"
}
role solver(question, facts: text) -> answer { prompt "{{ facts }}\\n{{ question }}\\n{{ format }}" }
role retriever(question) -> text             { prompt "List the facts needed for: {{ question }}" }

graph panel(question) {
  param n = 3
  node voter[n] : assistant(temperature: ~[0.2, 0.8]) on ~small
  output majority(voter)
}

graph stage(question, facts: text?) {
  param do
  param samples = ~[1, 3]
  param heat    = ~[0.1, 0.9]
  node sample[samples] : do(temperature: heat)
  node fused           : fuser(drafts: sample)
  output fused
}

graph deeper(question) {
  param of = panel
  node inner[2] : of on ~small
  output first(inner)
}

graph list_of(question, drafts: list?) -> list {
  param n = ~1..2
  node s[n] : assistant on ~small
  edge drafts -> s
  output s
}
"""

PROGRAMS = {
    "layers": """
        param layers = ~1..3
        param width  = ~1..2
        node proposer[layers, width] : assistant on ~small
        node final                   : fuser on ~every
        edge proposer[l, i]      -> proposer[l + 1, j]
        edge proposer[layers, i] -> final
        output final""",
    "rows": """
        node p[2, 3] : assistant(temperature: ~[0.2, 0.8]) on ~small
        node row[l: 2] : fuser(drafts: p[l]) on smol
        node cell : thinker(drafts: [p[1, 2], p[2, 1]]) on smol
        output majority([row, cell])""",
    "flattened": """
        node p[~1..2, 2] : assistant on ~small
        node final : fuser(drafts: p) on smol
        output final""",
    "a grid of optional": """
        node p[2, 2] : assistant on ~small if ~0.7
        node q[r: 2, c: 2] : thinker on smol if r == c or ~0.5
        output majority([p, q])""",
    "columns by a named index": """
        node p[l: 2, i: 2] : assistant(max_tokens: [64, 128][i]) on [smol, gemma][l]
        output majority(p)""",
    "chosen topology": """
        let shape = ~[chain, star, free]
        node worker[~2..4] : ~[assistant, panel(n: ~1..2)] on ~small
        edge worker[i] -> worker[j] if shape(i, j) and i < j
        output majority(worker)""",
    "topology by a condition on a param": """
        param ring = ~0.5
        node worker[3] : assistant on smol
        edge worker[i] -> worker[j] if ring and chain(i, j) or not ring and star(i, j) and i != j
        output majority(worker)""",
    "graph parameter": """
        node found  : stage(do: retriever) on ~small
        node answer : stage(do: solver, facts: found) on ~small
        output answer""",
    "graph parameter by choice": """
        param of = ~[assistant, thinker, panel]
        node one[2] : of on ~small
        output majority(one)""",
    "a template of templates": """
        node one : deeper
        node two : deeper(of: ~[assistant, panel(n: ~1..2)])
        output first([one, two])""",
    "arguments behind a name": """
        param of  = panel(n: ~1..2)
        param lot = ~2..3
        let many  = panel(n: lot)
        node one[2] : of on ~small
        node two[2] : many on smol
        output majority([one, two])""",
    "nested instances": """
        node one[~1..2] : ~[panel(n: ~1..2), deeper, assistant] on ~small
        output majority(one)""",
    "shared choices": """
        param heat = ~0.2..1.0
        param lm   = ~every
        node a[3] : assistant(temperature: heat) on lm
        node b : thinker(temperature: heat) on lm
        output majority([a, b])""",
    "the model of another": """
        node opening[~1..3] : assistant on ~every
        node reply[i: 3]    : thinker(drafts: [opening[i]]) on model_of(opening[i]) if i <= size(kinds) - 1
        node judge          : assistant on model_of(opening[1])
        output majority([opening, reply, judge])""",
    "a list of messages": """
        node one : list_of
        node two : list_of
        edge one -> two
        output majority(two)""",
    "whats by replica": """
        node worker[3] : [assistant, thinker, ~[assistant, fuser]] on [smol, gemma, ~small]
        edge worker[1..2] -> worker[3] if ~0.5
        output majority(worker)""",
    "what decides an edge": """
        node worker[3] : ~[assistant, fuser] on smol
        edge worker[i] -> worker[j] if i < j and worker[j] is fuser
        edge worker[i] -> worker[j] if i < j and worker[j] is assistant and ~0.3
        output majority(worker)""",
    "options of many kinds": """
        param n = ~log(1..4)
        node a[n] : assistant(max_tokens: ~log(16..64), stop: ~[["a"], ["b", "c"]]) on smol
        node c : assistant(top_p: ~[0.5, 1.0]) on smol
        node b : thinker(tone: ~["plain", "kind"], system: ~["x", "y"]) on smol
        output majority([a, b, c])""",
    "teams and orders": """
        param line = ~orders([smol, gemma])
        param team = ~subsets(every, 1..2)
        node a[i: size(line)] : assistant on line[i]
        node b[i: size(team)] : assistant on team[i] when i == 1 or agreement(a) < ~[0.5, 0.9]
        output majority([a, b])""",
    "routes": """
        node reply[i: size(kinds)] : ~[assistant, panel(n: ~1..2)] on ~small when kind == kinds[i]
        node other : assistant on smol when not kind in ~subsets(kinds, 1)
        output first([reply, other])""",
    "an edge to a named port": """
        node facts[2] : retriever on ~small
        node a : solver on smol
        edge facts[i] -> a.facts if i == 1
        output a""",
    "chained ends": """
        node a[2] : assistant on ~small
        node b : fuser on smol
        node c : fuser on smol
        edge a -> b -> c if ~0.6
        edge a -> c
        output c""",
    "a requirement in layers": """
        node worker[~1..3] : ~[assistant, thinker] on smol
        edge worker[i] -> worker[i + 1]
        require worker[1] is assistant
        require not (worker[i] is thinker and worker[i + 1] is thinker)
        output majority(worker)""",
    "members that merge some of the round before": """
        param n      = ~[2, 3]
        param k      = ~1..2
        param rounds = ~[1, 2]
        node member[rounds, n] : assistant on smol
        edge member[t, i] -> member[t + 1, j] if i in subset(1..n, size: k, salt: [t, j])
        output majority(member[rounds])""",
    "weights": """
        node a[2] : ~{assistant: 3, thinker: 1} on ~{smol: 0.2, gemma: 0.8}
        node b : majority if ~0.5
        edge a -> b
        output first([b, a])""",
}


def program(body: str) -> str:
    lines = [line.strip() for line in body.strip().splitlines()]
    return HEAD + "\ngraph solve(question, kind) {\n  " + "\n  ".join(lines) + "\n}\n"


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_drawn_program_is_written_and_read_as_itself(name: str) -> None:
    checked = check(SourceFile("p.tgl", program(PROGRAMS[name])), MemoryLoader({}))
    lowered = lower(checked, "solve")
    assert lowered.ir is not None, [(p.code, p.message) for p in (*checked.problems, *lowered.problems)]
    ir = lowered.ir
    assert verify(ir) == []
    seen: set[str] = set()
    for trial in range(8):
        drawn = sample(ir, Stream(trial))
        assert log_prob(ir, drawn.assignment) == pytest.approx(drawn.log_prob, rel=1e-9, abs=1e-12)
        resolution = resolve(ir, drawn.assignment)
        if resolution.candidate.digest in seen:
            continue
        seen.add(resolution.candidate.digest)
        text = resolve_text(checked, ir, resolution)
        assert "~" not in text
        assert format_source(SourceFile("p.tgl", text)) == text
        again = check(SourceFile("p.tgl", text), MemoryLoader({}))
        assert again.ok, ([(p.code, p.message) for p in again.problems], text)
        read = lower(again, "solve").ir
        assert read is not None
        assert read.is_resolved
        assert resolve(read, {}).candidate.structure == resolution.candidate.structure, text
    assert len(seen) > 1 or not ir.choices


SMALL = [
    name for name in PROGRAMS if name not in ("shared choices", "nested instances", "a template of templates")
]


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_the_probabilities_of_a_construct_sum_to_one(name: str) -> None:
    ir = lower(check(SourceFile("p.tgl", program(PROGRAMS[name])), MemoryLoader({})), "solve").ir
    assert ir is not None
    if count_assignments(ir, 3000) is None:
        pytest.skip("too many to list")
    listed = list(enumerate_assignments(ir))
    assert math.fsum(chance for _, chance in listed) == pytest.approx(1.0, abs=1e-12)
