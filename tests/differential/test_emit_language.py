"""The two routes of resolution agree on random programs of the whole language, read from several files.

Each program is grown statement by statement: a piece takes its wires from what stands before it, so that
every construct comes to feed every other. Comments tell what they stand beside, and are asked about after.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tgl.emit import read_back
from tgl.ir import ProgramIR
from tgl.semantics import Checked, MemoryLoader, check, lower
from tgl.space import DeadEnd, EmptySpace, Stream, resolve, sample
from tgl.syntax import format_source
from tgl.text import SourceFile

PROGRAMS = 18
"""Programs of a usual run; many more were run once."""

FILES = {path.name: path.read_text() for path in (Path(__file__).parent / "language").glob("*.tgl")}
"""`near` and `far` are imported, `head` and `graphs` stand around the graph that is drawn."""

PLAIN = ("assistant", "thinker", "remote", "~[assistant, thinker]", "~{assistant: 3, remote: 1}", "of")
CALLED = ("assistant", "remote", "~[assistant, thinker]", "panel", "near_pair", "near_loop")
WHATS = (
    *PLAIN,
    "assistant(temperature: ~0.1..0.9, max_tokens: ~log(16..512))",
    "assistant(temperature: shared, retry: ~[0, 1])",
    "assistant(max_tokens: 16 * amount, temperature: tone)",
    'thinker(stop: ~[".", ";"])',
    "~[assistant, fuser](temperature: ~0.1..0.9)",
    "~[assistant, thinker, panel(n: amount), talk]",
    "~[deeper, pair(one: thinker), gridded]",
    "deeper(of: ~[assistant, near_pair, pair], times: amount)",
    "near_pair(of: ~[assistant, thinker])",
    "near_pair(heat: shared)",
    "gridded(depth_: ~1..2)",
    "near_loop",
    "talk",
)
TEMPLATES = (
    "self_consistency(n: ~1..3)",
    "~[self_consistency(n: 2), self_consistency(n: amount, heat: shared), best_of_n(n: 2, of: of)]",
    "best_of_n(n: ~1..2, of: ~[assistant, thinker], judge: grader)",
    "adaptive_consistency(most: ~2..4)",
    "self_refine(rounds: ~0..2, writer: lm, judge: ~small)",
    "debate(agents: ~2..3, rounds: ~0..2)",
    "tree_of_thoughts(branch: 2, beam: ~1..2, depth: ~1..2)",
    "mixture(layers: ~1..2, width: 2)",
    "archon(depth: ~1..3)",
    "rsa(n: 4, k: 2, rounds: 2)",
    "cascade(line: ~orders([smol, gemma]), samples: ~1..2)",
)
MODELS = ("on ~small", "on smol", "on ~[large, gemma]", "on lm", "on ~two")
OF = ("assistant", "~[assistant, thinker]", "panel(n: ~1..2)", "remote", "near_pair")
COUNTS = ("~1..3", "3", "amount", "~[1, 3]", "2", "~2..3")
SELF = (
    "if i < j and ~0.5",
    "if acyclic and ~0.4",
    "if i != j and acyclic and (dense or ~0.3)",
    "if i < j and i in subset(1..3, size: 2, salt: [j])",
    "if i < j and shape(i, j)",
    "if chain(i, j) and not ~0.4",
    "if i < j and often",
)
SIGNALS = ("ran({s})", "not ran({s})", "agreement({l}) < ~[0.4, 0.8]", "lead({l}) < 0.9 and kind != kinds[1]")


@dataclass
class Draft:
    """A graph that grows: its statements, and what they offer to the next."""

    stream: Stream
    drawn: int = 0
    names: int = 0
    lines: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    is_inside: bool = False

    def pick(self, options: tuple[str, ...] | list[str]) -> str:
        self.drawn += 1
        return options[int(self.stream.uniform(self.drawn) * len(options))]

    def chance(self, share: float) -> bool:
        self.drawn += 1
        return self.stream.uniform(self.drawn) < share

    def name(self, stem: str) -> str:
        """A name; some look like those that a resolved program makes up."""
        self.names += 1
        return f"{stem}{self.pick(('_', '_1_', 'x'))}{self.names}"

    def text(self) -> str:
        return self.pick(self.texts)

    def list(self) -> str:
        return self.pick(self.lists) if self.lists else f"[{self.text()}, {self.text()}]"

    def items(self) -> str:
        return self.pick((self.list(), f"[{self.text()}]", f"[{self.text()}, {self.text()}]"))

    def end(self) -> str:
        """What an edge may start at."""
        return self.pick((self.pick(self.ends), f"[{self.pick(self.ends)}, {self.pick(self.ends)}]"))

    def what(self) -> str:
        return self.pick(WHATS)

    def model(self) -> str:
        return self.pick(MODELS)

    def signal(self) -> str:
        return self.pick(SIGNALS).format(s=self.text(), l=self.list())

    def clause(self) -> str:
        """An `if` or `when` of a node."""
        kind = self.pick(("", "", "", "if", "when"))
        if kind == "if":
            return f" if {self.pick(('~0.5', 'dense', 'often', 'amount > 1 or ~0.3', 'base is thinker'))}"
        return f" when {self.signal()}" if kind == "when" else ""

    def node(self, name: str, rest: str) -> None:
        """A node with a comment that names it, beside or above it."""
        stem = name.partition("[")[0]
        if not self.is_inside and stem not in self.ends:
            self.ends.append(stem)
        match self.pick(("", "beside", "above")):
            case "above":
                self.lines += ["", f"  # on {stem}", f"  node {name} : {rest}"]
            case "beside":
                self.lines.append(f"  node {name} : {rest}  # on {stem}")
            case _:
                self.lines.append(f"  node {name} : {rest}")


def workers(d: Draft) -> None:
    w, v = d.name("w"), d.name("v")
    d.node(f"{w}[{d.pick(COUNTS)}]", f"{d.what()} {d.model()}{d.clause()}")
    if d.texts and d.chance(0.4):
        condition = d.pick(("if ~0.5", "if i == 1", "", "if not ~0.5"))
        d.lines.append(f"  edge {d.pick([e for e in d.ends if e != w])} -> {w}[i] {condition}")
    d.lines.append(f"  edge {w}[i] -> {w}[j] {d.pick(SELF)}")
    d.node(v, f"~[majority, fuser, first] {d.model()}")
    d.lines.append(
        f"  edge {d.pick((w, f'{w}[i]', f'[{w}[1], {w}]'))} -> {v} {d.pick(('if ~0.7', '', 'if often'))}"
    )
    d.lines += d.pick(
        (
            "",
            "",
            f"  require count({w}[i] is assistant) <= 2",
            f"  require not (linked({w}[i], {w}[j]) and linked({w}[j], {v}))",
            f"  require any(linked({w}[i], {v}))",
            f"  require {v} is majority or size(kinds) == 3",
        )
    ).splitlines()
    d.texts += [v, f"{w}[1]"]
    d.lists += [w, f"[{v}, {w}]"]


def grid(d: Draft) -> None:
    g = d.name("g")
    depth, width = d.pick(("2", "3", "row", "~1..3")), d.pick(("2", "3", "~1..3", "amount"))
    named = d.chance(0.4)
    dims = f"l: {depth}, i: {width}" if named else f"{depth}, {width}"
    if named:
        condition = d.pick(("", " if l + i <= 4", " if l == 1 or ~0.6", " if i == 1 or l > 1"))
        what = d.pick((*PLAIN, "assistant(temperature: [0.1, 0.5, 0.9][i])", "assistant(max_tokens: 8 * l)"))
    else:
        condition, what = d.pick(("", "", " if ~0.7")), d.pick((*WHATS, *PLAIN))
    d.node(f"{g}[{dims}]", f"{what} {d.model()}{condition}")
    port = d.pick(("", ".drafts")) if "deeper" not in what else ".drafts"
    edges = (
        f"edge {g}[l, i] -> {g}[l + 1, j]{port} if ~0.6",
        f"edge {g}[l, i] -> {g}[l + 1, i]{port}",
        f"edge {g}[l] -> {g}[l + 1]{port} if often",
        f"edge {g}[l, i] -> {g}[l + 1, j]{port} if i != j or ~0.5",
        f"edge {g}[1, i] -> {g}[2, j]{port} if i in subset(1..3, size: 2, salt: [j])",
        f"edge {g}[1, 1] -> {g}[2]{port}",
        f"edge {d.pick([e for e in d.ends if e != g])} -> {g}[1, i]{port} if ~0.5",
    )
    d.lines.append("  " + d.pick(edges))
    d.texts += [f"{g}[1, 1]", f"first({g})"]
    d.lists += [g, f"{g}[1]", f"{g}[{d.pick(('1', '2', 'row', depth if '~' not in depth else '1'))}]"]


def cube(d: Draft) -> None:
    g = d.name("q")
    d.node(f"{g}[2, ~1..2, 2]", f"{d.pick(PLAIN)} {d.model()}{d.pick(('', ' if ~0.8'))}")
    d.lines.append(f"  edge {g}[a, i, j] -> {g}[a + 1, i, k].drafts if {d.pick(('~0.5', 'j == k', 'often'))}")
    d.texts.append(f"{g}[2, 1, 1]")
    d.lists += [f"{g}[2]", f"{g}[2, 1]"]


def listed(d: Draft) -> None:
    p, w = d.name("line"), d.name("l")
    domain = d.pick(("~orders([smol, gemma])", "~subsets([smol, gemma, large], 1..2)", "[smol, gemma]"))
    d.lines.append(f"  {d.pick(('param', 'let'))} {p} = {domain}")
    d.node(f"{w}[i: size({p})]", f"{d.pick(PLAIN)} on {p}[i]{d.pick(('', ' if ~0.6', ' if i == 1'))}")
    d.texts.append(f"first({w})")
    d.lists.append(w)


def written(d: Draft) -> None:
    """Lists of one for each replica, as a user writes them."""
    w = d.name("u")
    whats = ", ".join(d.pick((*PLAIN, "panel(n: ~1..2)", "pair")) for _ in range(3))
    models = ", ".join(d.pick(("smol", "gemma", "~small")) for _ in range(3))
    what = d.pick((f"[{whats}]", "assistant(temperature: [0.1, ~0.2..0.4, 0.9])", "thinker"))
    d.node(f"{w}[{d.pick(('3', 'i: 3'))}]", f"{what} on [{models}]{d.pick(('', ' if ~0.6', ' if dense'))}")
    d.texts += [f"{w}[2]", f"{w}[1]"]
    d.lists += [w, f"{w}[1..2]", f"[{w}[3], {w}[1]]"]


def indexed(d: Draft) -> None:
    k, x, y = d.name("k"), d.name("x"), d.name("y")
    d.lines.append(f"  {d.pick(('param', 'let'))} {k} = ~1..3")
    d.node(f"{x}[{d.pick(('3', 'i: 3'))}]", f"{d.what()} {d.model()}")
    d.node(y, f"~[fuser, thinker](drafts: [{x}[{k}]]) {d.model()}{d.clause()}")
    d.texts += [f"{x}[{k}]", f"first([{y}, {x}[{k}]])"]
    d.lists.append(f"[{y}, {x}[{k}]]")


def refining(d: Draft) -> None:
    name, m, b, e = d.name("turn"), d.name("m"), d.name("b"), d.name("e")
    d.lines.append(f"  loop {name}[{d.pick(('~0..2', '~1..3', '2', 'amount', 'k: ~1..2'))}] {{  # on {name}")
    d.is_inside = True
    d.lines.append(f"    carry draft{name} = {d.text()} then {d.pick((b, f'first([{b}, {e}])'))}")
    d.node(m, f"critic(answer: draft{name}) {d.model()}")
    wanted = d.pick(('"ok"', '~["ok", "wrong"]'))
    d.lines.append(f"    until {m}.verdict == {wanted}")
    better = f"reviser(answer: draft{name}, advice: {m}.text, temperature: ~0.2..0.9)"
    d.node(b, f"{better} {d.model()}{d.pick(('', ' if ~0.6'))}")
    d.node(e, f"{d.what()} {d.model()}{d.pick(('', ' when ' + d.signal()))}")
    if d.chance(0.5):
        d.lines.append(f"    keep best {m}.score{d.pick(('', ', patience: 1', ', patience: ~1..2'))}")
    d.lines.append("  }")
    d.is_inside = False
    d.texts += [f"{name}.draft{name}", f"{name}.{b}"]


def circle(d: Draft) -> None:
    name, o, r = d.name("round"), d.name("o"), d.name("r")
    count = d.pick(("3", "amount", "~2..3"))
    d.node(f"{o}[{count}]", f"{d.pick(PLAIN)} {d.model()}{d.pick(('', ' if ~0.7'))}")
    d.lines += [
        f"  loop {name}[{d.pick(('~0..2', '2', 'k: ~1..2'))}] {{",
        f"    carry view{name} = {o} then {r}",
    ]
    d.is_inside = True
    d.node(
        f"{r}[i: {d.pick(('2', '3', count))}]",
        f"debater(own: view{name}[i]) on {d.pick(('smol', '~small', f'model_of({o}[i])'))}",
    )
    d.lines.append(
        f"    edge view{name}[j] -> {r}[i].others if j != i{d.pick((' and ~0.5', '', ' and often'))}"
    )
    d.lines += [f"    until agreement(view{name}) >= ~[0.5, 1.0]", "  }"]
    d.is_inside = False
    d.texts.append(f"majority({name}.view{name})")
    d.lists.append(f"{name}.view{name}")


def mapped(d: Draft) -> None:
    e, m, b, p = d.name("e"), d.name("m"), d.name("b"), d.name("p")
    source = d.list()
    fields = ""
    if d.chance(0.4):
        d.node(p, f"planner {d.model()}")
        source, fields = f"{p}.jobs", ".what"
    d.lines.append(f"  each {e}[{d.pick(('~1..3', '2', 'amount'))}] in {source} {{")
    d.is_inside = True
    d.node(m, f"grader(answer: {e}{fields}) {d.model()}")
    times = d.pick(("", "", "[~1..2]", "[2]"))
    d.node(
        f"{b}{times}",
        f"{d.pick((*CALLED, 'fuser'))}(drafts: [{e}{fields}]) {d.model()}{d.pick(('', ' if ~0.5'))}",
    )
    d.lines.append("  }")
    d.is_inside = False
    if not fields:
        d.texts.append(f"best({e}, by: {e}.{m})")
    d.lists += [f"{e}.{b}" if not times else f"flat({e}.{b})"]


def batched(d: Draft) -> None:
    s = d.name("s")
    d.node(f"{s}[{d.pick(COUNTS)}]", f"{d.what()} {d.model()}")
    d.lines.append(f"    batch ~[1, 2] until {d.pick(('agreement', 'lead'))}({s}) >= ~[0.6, 0.9]")
    d.texts.append(f"majority({s})")
    d.lists.append(s)


def routed(d: Draft) -> None:
    r = d.name("route")
    d.node(
        f"{r}[i: size(kinds)]",
        f"{d.what()} {d.model()} when kind == kinds[i]{d.pick(('', ' if ~0.6', ' if i != 2'))}",
    )
    d.texts.append(f"first({r})")
    d.lists.append(r)


def apart(d: Draft) -> None:
    a, b, c = d.name("a"), d.name("b"), d.name("c")
    d.node(a, f"{d.pick(PLAIN)} {d.model()}")
    d.node(b, f"{d.what()} {d.model()}{d.clause()}")
    d.node(c, f"{d.pick(('assistant', 'thinker', '~[fuser, remote]'))} {d.model()}")
    d.lines += d.pick(
        (
            f"  edge [{a}, {b}, {c}] -> [{a}, {b}, {c}] if acyclic and ~0.4",
            f"  edge {a} -> {b} -> {c} if ~0.7",
            f"  edge [{a}, {b}] -> {c}.drafts {d.pick(('if ~0.5', 'if often', ''))} when {d.signal()}",
            f"  edge {d.pick(d.ends[:-3])} -> {c} if ~0.6; edge {a} -> {c}",
        )
    ).splitlines()
    d.texts += [a, b, c]
    d.lists.append(f"[{a}, {b}, {c}]")


def fixed(d: Draft) -> None:
    y, z = d.name("y"), d.name("z")
    s = d.text()
    d.node(
        y,
        d.pick(
            (
                f"fuser(drafts: [{d.text()} when {d.signal()}, {d.text()}]) {d.model()}",
                f"reviser(answer: {d.text()}, advice: {s}, max_tokens: ~[64, 128]) {d.model()}{d.clause()}",
                f"{d.pick(('shorten', 'cut_far'))}({s}, most: ~[10, 20])",
                f"{d.pick(('shorten', 'cut_far', 'cut_far'))}({s})",
                f"~[majority, last]({d.list()})",
                f"fuser(drafts: {d.list()} + [{d.text()}]) {d.model()}",
            )
        ),
    )
    d.node(
        z, f"~[{d.pick([t for t in TEMPLATES if t[0] != '~'])}, assistant, {d.pick(PLAIN[:3])}] {d.model()}"
    )
    d.texts += [y, z]
    d.lists.append(f"[{z}, {y}]")


def template(d: Draft) -> None:
    t = d.name("t")
    times = d.pick(("", "", "[~1..2]", "[2]"))
    d.node(f"{t}{times}", f"{d.pick(TEMPLATES)} {d.model()}{d.clause() if not times else ''}")
    d.texts.append(t if not times else f"majority({t})")
    d.lists.append(t if times else f"[{t}]")


PIECES: tuple[Callable[[Draft], None], ...] = (
    workers, grid, cube, listed, written, indexed, refining, circle, mapped, batched, routed, apart, fixed,
    template,
)  # fmt: skip


def program(seed: int) -> str:
    """The text of a program; not every one is correct."""
    d = Draft(Stream(seed, "language"))
    d.node("base", f"{d.pick(PLAIN[:-1])} {d.model()}")
    d.texts.append("base")
    for _ in range(1 + int(d.stream.uniform("pieces") * 4)):
        PIECES[int(d.stream.uniform("piece", d.drawn) * len(PIECES))](d)
    wanted = [d.pick((*d.texts, *d.lists)) for _ in range(2)]
    last = d.pick(
        (
            d.texts[-1],
            f"first({', '.join(wanted)})",
            f"majority({', '.join(wanted)})",
            f"join({d.lists[-1] if d.lists else '[base]'})",
        )
    )
    solve = [
        "# What is asked.",
        "graph solve(question, kind) {",
        f"  let shape    = {d.pick(('~[chain, star]', 'chain'))}",
        f"  param amount = {d.pick(('~1..2', '2', '~2..3'))}",
        f"  param row    = {d.pick(('~1..2', '2'))}",
        f"  param shared = {d.pick(('~0.2..0.9', '0.5'))}  # by several",
        f"  param lm     = {d.pick(('~small', 'gemma'))}",
        f"  param of     = {d.pick(OF)}",
        f"  let dense    = {d.pick(('~0.4', 'true'))}",
        "",
        *d.lines,
        f"  output {last}",
        "}",
        "",
    ]
    bodies = ("\n".join(solve), FILES["graphs.tgl"])
    return FILES["head.tgl"] + "\n" + "\n".join(bodies if d.chance(0.5) else bodies[::-1])


LOADER = MemoryLoader(FILES)


def read(text: str) -> tuple[Checked, ProgramIR | None]:
    checked = check(SourceFile("program.tgl", text), LOADER)
    return checked, lower(checked, "solve").ir if checked.ok else None


def agrees(seed: int) -> bool:
    """Whether there was something to compare; raises where the routes differ."""
    text = program(seed)
    checked, ir = read(text)
    if ir is None:
        return False
    try:
        resolution = resolve(ir, sample(ir, Stream(seed)).assignment)
    except (EmptySpace, DeadEnd):
        return False
    written = read_back(checked, ir, resolution, LOADER)
    assert isinstance(written, str), f"{written}\n{text}\n{getattr(written, 'text', '')}"
    assert format_source(SourceFile("program.tgl", written)) == written
    joined = re.sub(r"\n {3,}(?=when |if |on |batch )", " ", written)  # statements on one line each
    misplaced = [line for line in joined.splitlines() if not keeps_to(line)]
    assert not misplaced, f"{misplaced}\n{text}\n{written}"
    return True


def keeps_to(line: str) -> bool:
    """Whether a comment beside a statement is beside what it tells of (or behind its last line)."""
    found = re.fullmatch(r"(?P<code>.*\S)\s+# on (?P<name>\w+)", line)
    return found is None or found["name"] in found["code"] or found["code"].lstrip()[0] in "#])"


@pytest.mark.parametrize("block", range(6))
def test_the_resolved_text_is_the_candidate(block: int) -> None:
    compared = sum(agrees(seed) for seed in range(block, PROGRAMS, 6))
    assert compared >= PROGRAMS // 6 // 2  # most programs are correct
