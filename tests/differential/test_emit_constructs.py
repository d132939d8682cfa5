"""The two routes of resolution agree on random programs of all static constructs, loops, maps and batches.

A program is put together from pieces, each with some of its parts drawn, and named apart; what they make is
put together in the output, so that most combinations of constructs meet in one program.
"""

from __future__ import annotations

import pytest

from tgl.emit import resolve_text
from tgl.ir import ProgramIR
from tgl.semantics import Checked, MemoryLoader, check, lower, verify
from tgl.space import DeadEnd, EmptySpace, Stream, resolve, sample
from tgl.syntax import format_source
from tgl.text import SourceFile

PROGRAMS = 48
"""Programs of a usual run; many more were run once."""

COMMON = """
use std.roles  { assistant }
use std.reduce { majority }
let deep = ~[1, 2]
graph trio(question) {
  param heat = ~0.2..0.8
  param of   = assistant
  node voter[~1..3] : of(temperature: heat)
  output majority(voter)
}
"""

HEAD = """
use "./common.tgl" { trio }
use std.roles   { assistant, fuser, grader, reviser }
use std.reduce  { majority, first, best }
use std.signals { agreement, ran }
use std.static  { subset }

model smol  { provider local; weights "smol"; params 135M }
model gemma { provider local; weights "gemma"; params 270M }
model large { provider local; weights "large"; params 1B }
pool small = [smol, gemma]
role cool(question, drafts: list?) -> answer { prompt "{{ question }} {{ drafts }}"; temperature 0.1 }


# Either of two prompts.
role thinker(question, drafts: list?) -> answer {
  prompt ~["{{ question }} {{ drafts }}", "Think. {{ question }} {{ drafts }}"]
  temperature ~[0.2, 0.7]  # for all its uses
}
role judge(draft: text) -> choice("ok", "bad") {
  prompt "judge {{ draft }}"
}
"""

GRAPHS = """
graph panel(question, drafts: list?) {
  param n    = 2
  param heat = ~0.1..0.5
  node sample[n] : assistant(temperature: heat, drafts: drafts) on ~small
  output majority(sample)
}
graph deeper(question, drafts: list?) {
  param of    = panel(n: ~1..2)
  param times = ~1..2
  node inner[times] : of(drafts: drafts) on ~small
  output majority(inner)
}
graph pair(question, drafts: list?) {
  param one = assistant
  param two = ~[thinker, assistant]
  node a : one(drafts: drafts) on smol
  node b : two on ~small
  output first([b, a])
}
"""

WHATS = (
    "assistant",
    "thinker",
    "cool",
    "assistant(temperature: shared)",
    "assistant(max_tokens: ~log(1..64), temperature: ~log(0.1..1.0))",
    "assistant(max_tokens: 16 * amount)",
    'assistant(stop: ~[".", ";"])',
    "~{assistant: 0.7, fuser: 0.3}",
    "~[assistant, thinker, panel(n: amount)]",
    "~[deeper, pair(one: thinker), assistant]",
    "~[trio, trio(heat: shared), trio(of: thinker)]",
    "of",
    "deeper(of: of)",
    "deeper(of: ~[assistant, panel(n: amount)], times: amount)",
    "deeper(of: pair(two: of))",
    "deeper(of: cool)",
    "pair(one: panel(n: ~1..2), two: trio)",
    "pair(one: of, two: ~[of, thinker])",
    "trio(of: of)",
)
PLAIN = ("assistant", "thinker", "~[assistant, thinker]", "cool", "assistant(temperature: ~0.1..0.9)", "of")
MODELS = ("on ~small", "on smol", "on ~[large, gemma]", "on lm")
SELF = (
    "if i < j and ~0.4",
    "if acyclic and ~0.4",
    "if i != j and acyclic and (dense or ~0.3)",
    "if i < j and i in subset(1..3, size: 2, salt: [j])",
    "if i < j and dense",
    "if i + 1 == j",
)
REQUIRE = (
    "",
    "",
    "  require count(w$[i] is assistant) <= 2\n",
    "  require not (linked(w$[i], w$[j]) and linked(w$[j], v$))\n",
    "  require any(linked(w$[i], v$))\n",
)
PIECES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "  node w$[{count}] : {what} {model}{if_}\n  node v$ : ~[majority, fuser] on ~small\n"
        "  edge w$[i] -> w$[j] {self}  # among them\n  edge w$ -> v$ if ~0.7\n{require}",
        ("v$", "first([v$, w$])"),
    ),
    (
        "  node g$[2, {count}] : {plain} {model}\n  edge g$[l, i] -> g$[l + 1, j].drafts if ~0.6\n",
        ("majority(g$[2])", "majority(g$)", "g$[1, 1]", "first(g$[row])"),
    ),
    (
        "  param line$ = {listed}\n  node l$[i: size(line$)] : {plain} on line$[i]\n",
        ("majority(l$)", "l$[1]"),
    ),
    (
        "  param k$ = ~1..3\n"
        "  node x$[3] : {what} {model}\n  node y$ : ~[fuser, thinker](drafts: [x$[k$]]) on smol\n",
        ("x$[k$]", "first([y$, x$[k$]])"),
    ),
    (
        "  param k$ = ~1..3\n  node x$[i: 3] : {what} {model}\n  node y$ : fuser(drafts: [x$[k$]]) {model}\n",
        ("x$[k$]", "y$"),
    ),
    (
        "  node o$ : {plain} {model}\n  loop turn$[{rounds}] {\n    carry draft = o$ then first([b$, d$])\n"
        '    node m$ : judge(draft: draft) on ~small\n    until m$ == "ok"\n'
        "    node b$ : reviser(answer: draft, advice: m$, temperature: ~0.2..0.9) {model}\n"
        "    node d$ : {what} on lm\n  }\n",
        ("turn$.draft", "first([turn$.draft, o$])"),
    ),
    (
        "  node o$[{count}] : {plain} {model}\n  loop turn$[{rounds}] {\n    carry views = o$ then r$\n"
        "    node r$[i: {n}] : fuser(drafts: views) on ~small\n"
        "    until agreement(views) >= ~[0.5, 1.0]\n  }\n",
        ("majority(turn$.views)",),
    ),
    (
        "  node o$[{count}] : {plain} {model}\n  each e$[{rounds_}] in o$ {\n"
        "    node m$ : grader(answer: e$) on ~small\n"
        "    node b$ : reviser(answer: e$, advice: m$) {model}{if_}\n  }\n",
        ("best(e$, by: e$.m$)", "first([e$.b$, o$])"),
    ),
    (
        "  node s$[{count}] : {plain} {model}\n    batch ~[1, 2] until agreement(s$) >= ~[0.6, 0.9]\n",
        ("majority(s$)",),
    ),
    (
        '  node q$ : {what} {model} when kind == "sum"\n  node z$ : {what} {model} when kind != "sum"{if_}\n',
        ("first([q$, z$])",),
    ),
    (
        "  node t$[{count}] : {what} {model}\n  node u$ : {what} {model}{if_}\n",
        ("majority([t$, u$])", "t$[1]"),
    ),
)


def program(seed: int) -> str:
    """The text of a program; not every one is correct."""
    stream = Stream(seed, "program")
    drawn = [0]

    def pick(options: tuple[str, ...]) -> str:
        drawn[0] += 1
        return options[int(stream.uniform(drawn[0]) * len(options))]

    parts = {
        "count": ("~1..3", "3", "amount", "~[1, 3]", "~log(1..4)"),
        "n": ("3", "~1..3", "amount"),
        "what": WHATS,
        "plain": PLAIN,
        "model": MODELS,
        "if_": ("", "", " if ~0.5", " if dense"),
        "self": SELF,
        "require": REQUIRE,
        "listed": ("~orders([smol, gemma])", "~subsets([smol, gemma, large], 1..2)", "[smol, gemma]"),
        "rounds": ("~0..2", "~1..3", "2", "amount"),
        "rounds_": ("~1..3", "2", "amount"),
    }
    statements: list[str] = []
    outputs: list[str] = []
    for place in range(1 + int(stream.uniform("pieces") * 3)):
        body, ends = PIECES[int(stream.uniform("piece", place) * len(PIECES))]
        for name, options in parts.items():
            while f"{{{name}}}" in body:
                body = body.replace(f"{{{name}}}", pick(options), 1)
        statements.append(body.replace("$", "abc"[place]))
        outputs.append(pick(ends).replace("$", "abc"[place]))
    output = outputs[0] if len(outputs) == 1 else f"{pick(('first', 'majority'))}({', '.join(outputs)})"
    solve = (
        "graph solve(question, kind) {\n"
        f"  param amount = {pick(('~1..2', '2', '~2..3'))}\n"
        f"  param row    = {pick(('~1..2', '2'))}\n"
        f"  param shared = {pick(('~0.2..0.9', '0.5'))}  # by several\n"
        f"  param lm     = {pick(('~small', 'gemma'))}\n"
        f"  param of     = {pick(('assistant', '~[assistant, thinker]', 'panel(n: ~1..2)', 'cool'))}\n"
        f"  let dense    = {pick(('~0.4', 'true'))}\n\n" + "".join(statements) + f"  output {output}\n}}\n"
    )
    bodies = (solve, GRAPHS) if stream.uniform("order") < 0.5 else (GRAPHS, solve)
    return HEAD + "\n".join(bodies)


LOADER = MemoryLoader({"common.tgl": COMMON})


def read(text: str) -> tuple[Checked, ProgramIR | None]:
    checked = check(SourceFile("program.tgl", text), LOADER)
    return checked, lower(checked, "solve").ir if checked.ok else None


def agrees(seed: int) -> bool:
    """Whether there was something to compare; raises where the routes differ."""
    text = program(seed)
    checked, ir = read(text)
    if ir is None:
        return False
    assert verify(ir) == []
    try:
        resolution = resolve(ir, sample(ir, Stream(seed)).assignment)
    except (EmptySpace, DeadEnd):
        return False
    written = resolve_text(checked, ir, resolution)
    assert "~" not in written
    assert format_source(SourceFile("program.tgl", written)) == written
    again, found = read(written)
    assert found is not None, [f"{one.code} {one.message}\n{written}" for one in again.problems]
    assert found.is_resolved, written
    assert resolve(found, {}).candidate.structure == resolution.candidate.structure, f"{text}\n{written}"
    return True


@pytest.mark.parametrize("block", range(6))
def test_the_resolved_text_is_the_candidate(block: int) -> None:
    compared = sum(agrees(seed) for seed in range(block * PROGRAMS // 6, (block + 1) * PROGRAMS // 6))
    assert compared >= PROGRAMS // 6 // 2  # most programs are correct
