"""The two routes of resolution agree: the resolved text, read again, is the candidate that the space makes.

Programs are drawn from the language's subset: counts, weighted and listed whats, pools, edges by index, fixed
wires, optional nodes, nested graphs with params, routing by a given field, guards, shared params, predicates.
"""

from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from tgl.emit import program_hash, resolve_text, strip_measured
from tgl.semantics import MemoryLoader, check, lower
from tgl.space import DeadEnd, EmptySpace, Stream, resolve, sample
from tgl.syntax import format_source
from tgl.text import SourceFile

COMMON = """
use std.roles  { assistant }
use std.reduce { majority }
model far { provider local; weights "far"; params 1B }
pool every = [far]
role guesser(question, drafts: list?) -> answer {
  prompt "{{ question }} {{ drafts }} {{ format }}"
  temperature ~0.1..0.9
}
graph trio(question) {
  param heat = ~0.2..0.8
  node voter[~1..3] : assistant(temperature: heat) on ~every
  output majority(voter)
}
"""

HEAD = """
use "./common.tgl" { every, guesser, trio }
use std.roles   { assistant, fuser }
use std.reduce  { majority, first }
use std.signals { agreement }

model smol  { provider local; weights "smol"; params 135M }
model gemma { provider local; weights "gemma"; params 270M }
pool small = [smol, gemma]
let kinds = ["numbers", "capitals", "opposites"]
let chain(i, j) = j == i + 1
let star(i, j)  = i == 1

task quiz {
  data   "quiz.jsonl"
  split  train: 90, select: 120, test: 240
  given  question, kind
  expect answer
  key    text, match: normalised
  unit   smol
}

# One prompt or the other.
role thinker(question, drafts: list?) -> answer {
  prompt ~["{{ question }} {{ drafts }} {{ format }}", "Think. {{ question }} {{ drafts }} {{ format }}"]
  temperature ~[0.2, 0.7]  # for all its uses
}
"""

GRAPHS = """
graph panel(question) {
  param n = 2
  # Each sample has its own temperature.
  node sample[n] : assistant(temperature: ~0.2..1.0) on ~small
  output majority(sample)
}

graph duo(question) {
  param lm = ~small   # of both
  node one : assistant on lm
  node two : ~[assistant, fuser(drafts: [one])] on ~small if ~0.5
  output first([two, one])
}

graph nest(question) {
  node inner[~1..2] : ~[panel(n: ~1..3), duo, assistant] on gemma
  output majority(inner)
}
"""

WHATS = (
    "assistant",
    "thinker",
    "guesser",
    "assistant(temperature: ~0.2..1.0)",
    "assistant(temperature: heat, max_tokens: ~[64, 128])",
    "~{assistant: 0.7, fuser: 0.3}",
    "~[assistant, thinker, guesser]",
    "~[assistant, assistant(temperature: 0.1), panel(n: ~1..3)]",
    "~[panel(n: ~1..2), panel(n: 3), duo]",
    "~[duo, trio]",
    "nest",
    "trio(heat: ~0.1..0.3)",
    "of",
)
COUNTS = ("~1..4", "3", "n", "~[2, 4]")
EXTRAS = ("assistant", "[assistant, thinker]", "~[assistant, panel]")
EXTRA_CLAUSES = (
    "",
    " if ~0.5",
    " when agreement(worker) < ~0.3..0.9",
    " when not ran(other)",
    " when ran(other) or agreement(worker) < 0.5",
    " when not (other == worker[1] and kind == kinds[2])",
)
MODELS = ("on ~small", "on smol", "on ~every", "on lm", "on ~[smol, gemma, smol]")
CONDITIONS = ("", "", " if ~0.5", " if dense", " if ~0.6 or dense")
SELF_EDGES = (
    "if i < j and ~0.3",
    "if i < j and ~0.8",
    "if i < j and shape(i, j)",
    "if j == i + 1 and (~0.5 or dense)",
    "if i < j and worker[j] is fuser",
    "if i < j",
    "if acyclic and ~0.4",
    "if i != j and acyclic and (dense or ~0.3)",
)
REQUIREMENTS = (
    "worker[i] is assistant or any(worker[j] is assistant and linked(worker[j], worker[i]))",
    "count(worker[i] is thinker) <= 1",
    "not linked(worker[1], final)",
    "worker[i] is fuser or any(linked(worker[i], final)) or n >= 2",
    "not (linked(worker[i], worker[j]) and linked(worker[j], final))",
    "model_of(other) == smol or linked(other, final)",
)
OUTPUTS = (
    "final",
    "majority(worker)",
    "first([final, other, worker])",
    "first(final, majority([worker, extra]))",
)


@st.composite
def programs(draw: st.DrawFn) -> str:
    """The text of a program; not every one is correct."""
    pick = lambda options: draw(st.sampled_from(options))  # noqa: E731
    lines = [
        "graph solve(question, kind) {",
        f"  let shape = {pick(['~[chain, star]', 'chain'])}",
        f"  let dense = {pick(['~0.4', 'true'])}",
        "  param heat = ~0.2..1.0   # shared",
        "  param lm   = ~small",
        f"  param of   = {pick(['assistant', '~[assistant, thinker]', 'duo'])}",
        f"  param n    = {pick(['~1..3', '3'])}",
        "",
        "  # The workers.",
        f"  node worker[{pick(COUNTS)}] : {pick(WHATS)} {pick(MODELS)}{pick(CONDITIONS)}  # w",
        f"  node other : {pick(WHATS)} {pick(MODELS)}{pick(CONDITIONS)}",
        f"  node extra[2] : {pick(EXTRAS)} on [smol, gemma]{pick(EXTRA_CLAUSES)}",
    ]
    if draw(st.booleans()):
        lines.append(
            f"  node route[i: size(kinds)] : {pick(WHATS)} {pick(MODELS)} when kind == kinds[i]"
            f"{pick(['', ' if ~0.6', ' if i != 2'])}"
        )
        lines.append("  node mark[i: size(kinds)] : thinker(drafts: [route[i]]) on ~small")
    routed = len(lines) > 12
    finals = ["majority", "~[majority, fuser] on ~small", "fuser on smol", "assistant on ~small"]
    lines += ["", f"  node final : {pick(finals)}"]
    if draw(st.booleans()):
        lines += ["", "  # Who reads whom.", f"  edge worker[i] -> worker[j] {pick(SELF_EDGES)}  # by index"]
    sources = ["worker", "[worker, other]", "[worker[1], other, extra]", "extra", "worker[1..2]"]
    if routed:
        sources += ["route", "mark", "[route, mark[2]]"]
    lines.append(
        f"  edge {pick(sources)} -> final{pick(['', ' if ~0.7', ' if ~0.3', ' when kind == kinds[1]'])}"
    )
    if draw(st.booleans()):
        lines.append(f"  edge other -> extra[i]{pick([' if ~0.5', ' if i == 1', ' if not ~0.5', ''])}")
    if draw(st.integers(0, 3)) == 0:
        lines.append(f"  require {pick(REQUIREMENTS)}")
    outputs = [
        *OUTPUTS,
        *(["first(route)", "first(mark)", "first([final, route[1], mark])"] if routed else []),
    ]
    lines += [f"  output {pick(outputs)}", "}"]
    body = "\n".join(lines)
    ordered = [body, GRAPHS] if draw(st.booleans()) else [GRAPHS, body]
    goal = "optimize solve on quiz {\n  maximize accuracy\n  spend calls <= 100\n}\n"
    return "\n".join([HEAD, *ordered, goal])


LOADER = MemoryLoader({"common.tgl": COMMON})


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(text=programs(), seed=st.integers(0, 10**6))
def test_the_resolved_text_is_the_candidate(text: str, seed: int) -> None:
    checked = check(SourceFile("program.tgl", text), LOADER)
    assume(checked.ok)
    ir = lower(checked).ir
    assert ir is not None
    try:
        resolution = resolve(ir, sample(ir, Stream(seed)).assignment)
    except (EmptySpace, DeadEnd):
        assume(False)
        return
    event(f"{len(resolution.candidate.nodes)} nodes")
    written = resolve_text(checked, ir, resolution)
    assert "~" not in written
    assert format_source(SourceFile("program.tgl", written)) == written
    assert strip_measured(written) == written
    assert program_hash(written) != program_hash(text)
    again = check(SourceFile("program.tgl", written), LOADER)
    assert again.ok, [f"{problem.code} {problem.message}\n{written}" for problem in again.problems]
    ir_again = lower(again).ir
    assert ir_again is not None
    assert ir_again.is_resolved, written
    candidate = resolve(ir_again, {}).candidate
    assert candidate.structure == resolution.candidate.structure, written
    assert candidate.digest == resolution.candidate.digest
