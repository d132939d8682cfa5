"""The size of a space: exact against brute force, estimates that hold the truth."""

import math

import pytest

from tgl.ir import ProgramIR
from tgl.semantics import NO_FILES, check, lower
from tgl.space import EmptySpace, enumerate_assignments, resolve, space_size
from tgl.text import SourceFile

HEAD = """
use std.roles  { assistant, fuser }
use std.reduce { majority, first }
model smol  { provider local; weights "smol"; params 135M }
model gemma { provider local; weights "gemma"; params 270M }
"""


def program(body: str) -> ProgramIR:
    lowered = lower(check(SourceFile("p.tgl", HEAD + body), NO_FILES), "solve")
    assert lowered.ir is not None, lowered.problems
    return lowered.ir


def workers(count: int, models: str = "~[smol, gemma]") -> ProgramIR:
    return program(f"""graph solve(question) {{
      node w[~1..{count}] : ~[assistant, fuser] on {models}
      node final : majority
      edge w[i] -> w[j] if i < j and ~0.4
      edge w -> final if ~0.6
      output final
    }}""")


@pytest.mark.parametrize("ir", [workers(1), workers(2), workers(3, "smol")], ids=["one", "two", "three"])
def test_a_small_space_is_counted(ir: ProgramIR) -> None:
    listed = [assignment for assignment, _ in enumerate_assignments(ir)]
    size = space_size(ir)
    assert size.assignments.exact
    assert size.programs.exact
    assert size.assignments.value == len(listed)
    assert size.programs.value == len({resolve(ir, one).candidate.digest for one in listed})


def test_replicas_that_only_differ_in_their_number_are_one_program() -> None:
    ir = program("""graph solve(question) {
      node w[2] : assistant(max_tokens: ~[8, 16, 32]) on smol
      output majority(w)
    }""")
    size = space_size(ir)
    assert (size.assignments.value, size.programs.value) == (9, 6)


@pytest.mark.parametrize("seed", range(4))
def test_an_estimate_holds_the_truth(seed: int) -> None:
    ir = workers(3, "smol")
    exact = space_size(ir)
    size = space_size(ir, seed, walks=10, draws=300)
    assert not size.assignments.exact
    assert not size.programs.exact
    assert size.assignments.low <= exact.assignments.value <= size.assignments.high
    assert size.programs.low <= exact.programs.value <= size.programs.high
    assert size.assignments.value == pytest.approx(exact.assignments.value, rel=0.35)


def test_options_that_nothing_reads_multiply_without_being_listed() -> None:
    ir = program("""graph solve(question) {
      node w[3] : assistant(max_tokens: ~1..500) on smol
      output majority(w)
    }""")
    size = space_size(ir, walks=50, draws=20)
    assert size.assignments.exact
    assert size.assignments.value == 500**3
    # w[1], w[2], w[3] may be exchanged: multisets of three
    assert size.programs.exact
    assert size.programs.value == math.comb(502, 3)


SPACES = {
    "votes": """node w[~1..4] : ~[assistant, fuser(drafts: [a])] on ~[smol, gemma]
        node a : assistant on ~[smol, gemma]
        output majority(w)""",
    "pairs": """node u[3] : assistant(max_tokens: ~[8, 9]) on smol
        node w[3] : assistant on ~[smol, gemma]
        edge u[i] -> w[j].drafts if i == j or (i + 1 == j and ~0.5)
        output majority(w)""",
    "two chains": """node w[4] : assistant(max_tokens: ~[8, 9]) on smol
        edge w[i] -> w[j] if i < j and ~0.4
        output majority(w)""",
    "acyclic": """node w[3] : assistant on ~[smol, gemma]
        edge w[i] -> w[j] if acyclic and ~0.4
        output majority(w)""",
    "shared": """param lm = ~[smol, gemma]
        param heat = ~[0.1, 0.5]
        node w[~1..3] : ~[assistant(temperature: heat), assistant] on lm
        node f : fuser(drafts: w, max_tokens: ~[8, 9]) on lm
        output f""",
    "one or the other": """node a : assistant on ~[smol, gemma] if ~0.5
        node b : assistant on ~[gemma, smol] if ~0.5
        output first(a, b)""",
    "overlapping": """node w[3] : ~[assistant(max_tokens: 8), assistant(max_tokens: ~[8, 9])] on smol
        output majority(w)""",
    "rows": """node g[2, 2] : assistant(max_tokens: ~[8, 9]) on ~[smol, gemma]
        edge g[l, i] -> g[l + 1, j].drafts if ~0.5
        output majority(g[2])""",
    "graphs": """node p[2] : panel on smol
        node q : panel on ~[smol, gemma]
        output majority(p, q)""",
    "arithmetic": """param n = ~1..3
        node w[2] : assistant(max_tokens: n * (4 - n), temperature: ~[0.1, 0.2]) on smol
        output majority(w)""",
    "what nobody hears": """node w[3] : assistant on ~[smol, gemma]
        node v[2] : assistant on ~[smol, gemma] if ~0.5
        edge v -> w[1].drafts if ~0.5
        output majority(w)""",
    "routes": """node r[i: 2] : ~[assistant(temperature: ~[0.1, 0.5]), team] on ~[smol, gemma]
          when question == ["a", "b"][i]
        output first(r)""",
    "several in one": """node p[2] : team on ~[smol, gemma]
        output majority(p)""",
    "shared or own": """param heat = ~[0.1, 0.5]
        node w[2] : ~[assistant(temperature: heat), assistant(temperature: ~[0.1, 0.5])] on smol
        output majority(w)""",
    "two groups": """node a[2] : assistant on ~[smol, gemma] if ~0.5
        node b[~1..2] : assistant on ~[smol, gemma]
        output first(a, b)""",
    "given or own": """param heat = ~[0.1, 0.5]
        node w[~1..2] : ~[choir(heat: heat), assistant(temperature: ~[0.1, 0.5])] on smol
        output first(w)""",
    "shared by some that may be exchanged": """param one = ~[0.1, 0.5]
        param two = ~[0.1, 0.5]
        node w[i: 4] : assistant(temperature: [one, one, two, two][i]) on smol
        output majority(w)""",
    "an index": """param k = ~1..3
        node w[3] : assistant on ~[smol, gemma]
        output w[k]""",
}
PANEL = """graph panel(question) {
  node s[~1..2] : assistant(max_tokens: ~[8, 9])
  output majority(s)
}
graph team(question) {
  param heat = ~[0.1, 0.5]
  node s[2] : assistant(temperature: heat)
  node t    : fuser(drafts: s, max_tokens: ~[8, 9])
  output t
}
graph choir(question) {
  param heat = 0.1
  node a : ~[assistant(temperature: heat), assistant(temperature: ~[0.1, 0.5])]
  output a
}
"""


@pytest.mark.parametrize("name", SPACES)
def test_programs_are_counted_as_brute_force_does(name: str) -> None:
    ir = program(f"{PANEL} graph solve(question) {{ {SPACES[name]} }}")
    listed = [resolve(ir, one).candidate.digest for one, _ in enumerate_assignments(ir)]
    size = space_size(ir)
    assert size.programs.exact
    assert size.programs.value == len(set(listed))
    assert size.assignments.value == len(listed)


def test_a_large_space_is_estimated_in_its_order_of_magnitude() -> None:
    ir = program("""graph solve(question) {
      node w[8] : assistant on smol
      edge w[i] -> w[j] if i < j and ~0.5
      output majority(w)
    }""")
    size = space_size(ir, walks=50, draws=20)
    assert size.assignments.value == pytest.approx(2.0**28)
    assert size.assignments.low == pytest.approx(size.assignments.high)
    assert math.isfinite(size.programs.value)


def test_walks_that_end_in_a_dead_end_count_as_nothing() -> None:
    ir = program("""graph solve(question) {
      param n = ~1..3
      param m = ~1..3
      node w[2] : ~[assistant, fuser] on ~[smol, gemma]
      node z : majority
      edge w[i] -> w[j] if i < j and ~0.5
      edge w -> z if ~0.5
      require linked(w[1], w[2]) or n == m
      require count(w[i] is assistant) == n
      output z
    }""")
    exact = space_size(ir)
    estimates = [space_size(ir, seed, walks=5, draws=300).assignments for seed in range(4)]
    assert exact.assignments.exact
    assert all(one.low <= exact.assignments.value <= one.high for one in estimates)


def test_an_empty_space_has_no_size() -> None:
    ir = program("""graph solve(question) {
      node w[2] : ~[assistant, fuser(drafts: [])] on smol
      require count(w[i] is fuser) == 2
      output majority(w)
    }""")
    with pytest.raises(EmptySpace):
        space_size(ir)
