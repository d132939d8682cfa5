"""Programs are counted by classes as brute force does, over templates within templates."""

from collections.abc import Sequence

import pytest

from tgl.ir import ProgramIR
from tgl.semantics import NO_FILES, check, lower
from tgl.space import EmptySpace, Stream, enumerate_assignments, resolve, space_size
from tgl.space.draw import count_assignments
from tgl.text import SourceFile

HEAD = """use std.roles  { assistant, fuser }
use std.reduce { majority, first }
use std.signals { agreement }
model smol  { provider local; weights "smol"; params 135M }
model gemma { provider local; weights "gemma"; params 270M }
"""
MOST = 150


class Draft:
    """A random program: a graph of templates, of which one uses the other."""

    def __init__(self, seed: int) -> None:
        self.stream, self.drawn = Stream(seed, "count"), 0

    def share(self) -> float:
        self.drawn += 1
        return self.stream.uniform(self.drawn)

    def one(self, *options: str) -> str:
        return options[int(self.share() * len(options))]

    def up_to(self, *counts: int) -> int:
        return counts[int(self.share() * len(counts))]

    def likely(self, chance: float) -> bool:
        return self.share() < chance

    def some(self, options: Sequence[str], count: int) -> list[str]:
        """So many of them, in any order."""
        return sorted(options, key=lambda _: self.share())[:count]

    def role(self, params: list[str], nodes: list[str]) -> str:
        fields: list[str] = []
        if heat := self.one("", "~[0.1, 0.5]", *params):
            fields.append(f"temperature: {heat}")
        if self.likely(0.3):
            fields.append(f"max_tokens: {self.one('~[8, 9]', '8')}")
        name = "assistant"
        if nodes and self.likely(0.35):
            name = "fuser"
            fields.append(f"drafts: {self.one(*nodes)}")
        return f"{name}({', '.join(fields)})" if fields else name

    def what(self, params: list[str], nodes: list[str], templates: dict[str, list[str]]) -> str:
        found = [self.role(params, nodes) for _ in range(self.up_to(1, 1, 2))]
        for name, theirs in templates.items():
            if self.likely(0.6):
                given = [f"{param}: {self.one(*params)}" for param in theirs if params and self.likely(0.4)]
                found.append(f"{name}({', '.join(given)})" if given else name)
        found = self.some(list(dict.fromkeys(found)), self.up_to(1, 2, 2, 3))
        return found[0] if len(found) == 1 else f"~[{', '.join(found)}]"

    def graph(self, name: str, templates: dict[str, list[str]], on: tuple[str, ...]) -> tuple[str, list[str]]:
        lines, params, nodes = [f"graph {name}(question) {{", "  param lm = ~[smol, gemma]"], [], []
        for param in ("heat", "cool")[: self.up_to(0, 1, 1, 2)]:
            lines.append(f"  param {param} = {self.one('~[0.1, 0.5]', '~[0.1, 0.5, 0.9]', '0.3')}")
            params.append(param)
        for node in ("a", "b", "c")[: self.up_to(1, 2, 2, 3)]:
            count = self.one("", "", "[2]", "[~1..2]", "[3]")
            line = f"  node {node}{count} : {self.what(params, nodes, templates)}{self.one(*on)}"
            if count and self.likely(0.12):
                line += " if ~0.5"
            if nodes and self.likely(0.15):
                line += f" when agreement({self.one(*nodes)}) < ~[0.4, 0.8]"
            lines.append(line)
            if count and self.likely(0.3):
                lines.append(f"  edge {node}[i] -> {node}[j].drafts if i < j and ~0.5")
            nodes.append(node)
        read = self.some(nodes, self.up_to(*range(1, len(nodes) + 1)))
        lines += [f"  output {self.one('majority', 'first')}({', '.join(read)})", "}", ""]
        return "\n".join(lines), params

    def program(self) -> str:
        inside = ("", "", "", " on ~[smol, gemma]", " on lm", " on smol")
        inner, first = self.graph("inner", {}, inside)
        middle, second = self.graph("middle", {"inner": first}, inside)
        templates = {"inner": first} | ({"middle": second} if self.likely(0.5) else {})
        solve, _ = self.graph("solve", templates, (" on lm", " on ~[smol, gemma]", " on smol"))
        return HEAD + inner + middle + solve


def small(seed: int) -> ProgramIR | None:
    """A random program with few candidates, None if this one is wrong or large."""
    ir = lower(check(SourceFile("p.tgl", Draft(seed).program()), NO_FILES), "solve").ir
    try:
        found = None if ir is None else count_assignments(ir, MOST, walks=MOST, steps=300_000)
    except EmptySpace:
        return None
    return ir if found else None


@pytest.mark.parametrize("block", range(6))
def test_programs_are_counted_as_brute_force_does(block: int) -> None:
    compared = fewer = 0
    for seed in range(40 * block, 40 * block + 40):
        ir = small(seed)
        if ir is None:
            continue
        listed = [resolve(ir, one).candidate.digest for one, _ in enumerate_assignments(ir)]
        size = space_size(ir)
        assert size.assignments.value == len(listed), seed
        if size.programs.exact:
            assert size.programs.value == len(set(listed)), seed
            compared += 1
            fewer += len(set(listed)) < len(listed)
    assert compared > 8
    assert fewer > 0
