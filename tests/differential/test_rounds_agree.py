"""Loops, maps and batches: the resolved text, read again, is the candidate that the space makes."""

from __future__ import annotations

import pytest

from tgl.emit import resolve_text
from tgl.semantics import NO_FILES, check, lower, verify
from tgl.space import Stream, resolve, sample
from tgl.syntax import format_source
from tgl.text import SourceFile

HEAD = """
use std.roles   { assistant, fuser, grader, reviser }
use std.reduce  { majority, first, best }
use std.signals { agreement }

model smol  { provider local; weights "smollm2-135m-instruct"; params 135M }
model gemma { provider local; weights "gemma-3-270m"; params 270M }
pool small = [smol, gemma]

role judge(draft: text) -> choice("ok", "bad") {
  prompt ~["judge {{ draft }}", "Is this right? {{ draft }}"]
}

"""
PROGRAMS = {
    "refine": """
graph solve(question) {
  param writer = ~small
  param marker = ~small   # of the loop only
  node start : assistant on writer

  # some rounds
  loop refine[~0..3] {
    carry draft = start then revised

    node verdict : judge(draft: draft) on marker   # reads
    until verdict == "ok"
    node revised : reviser(answer: draft, advice: verdict, temperature: ~0.2..0.9) on writer
  }

  output refine.draft
}
""",
    "keep": """
graph solve(question) {
  node start : assistant on ~small
  loop refine[~[1, 2, 4]] {
    carry draft = start then revised
    node mark    : grader(answer: draft) on ~small
    node revised : reviser(answer: draft, advice: mark) on ~small
    keep best mark, patience: ~[1, 2]
  }
  node done : ~[fuser(drafts: [refine.draft, start]), first([refine.draft, start])] on ~small
  output done
}
""",
    "debate": """
graph solve(question) {
  param agents = ~2..3
  param rounds = ~0..3
  node opening[agents] : assistant on ~small
  loop talk[rounds] {
    carry views = opening then reply
    node reply[i: agents] : fuser(drafts: views[i]) on model_of(opening[i])
    edge views[j] -> reply[i].drafts if j != i and ~0.7
    until agreement(views) >= ~[0.5, 1.0]
  }
  output majority(talk.views)
}
""",
    "map": """
graph solve(question) {
  node draft[~1..3] : assistant on ~small
  each x[~1..3] in draft {
    node mark   : grader(answer: x) on ~small
    node better : reviser(answer: x, advice: mark) on ~small if ~0.7
  }
  output best(x, by: x.mark)
}
""",
    "batch": """
graph solve(question) {
  node sample[~2..6] : assistant on ~small
    batch ~[1, 2, 4] until agreement(sample) >= ~[0.6, 0.9]
  output majority(sample)
}
""",
    "indexed": """
graph solve(question) {
  node start : assistant on ~small
  loop turn[k: ~2..4] {
    carry draft = start then first([better, other])
    node better : reviser(answer: draft, advice: "shorter") on ~small if k > ~1..2
    node other  : ~[assistant, fuser(drafts: [draft])] on ~small when not ran(better)
  }
  output turn.draft
}
""",
    "inner graphs": """
graph panel(question, draft: text) {
  param n = ~1..3
  node voter[n] : reviser(answer: draft, advice: "again") on ~small
  output majority(voter)
}
graph solve(question) {
  node start[2] : assistant on ~small
  loop turn[~1..2] {
    carry drafts = start then x.better
    each x[2] in drafts {
      node better : ~[panel(draft: x), assistant(drafts: [x])] on ~small
    }
  }
  output majority(turn.drafts)
}
""",
    "unused": """
graph solve(question) {
  node start : assistant on ~small
  loop turn[~1..3] {
    carry draft = start then better
    carry notes = start then note
    node note   : reviser(answer: draft, advice: "note") on ~small
    node better : reviser(answer: draft, advice: notes) on ~small
  }
  output turn.draft
}
""",
}


@pytest.mark.parametrize("name", sorted(PROGRAMS))
@pytest.mark.parametrize("seed", range(8))
def test_the_resolved_text_means_the_decided_candidate(name: str, seed: int) -> None:
    checked = check(SourceFile("p.tgl", HEAD + PROGRAMS[name]), NO_FILES)
    assert checked.ok, [f"{problem.code} {problem.message}" for problem in checked.problems]
    ir = lower(checked, "solve").ir
    assert ir is not None
    assert verify(ir) == []
    resolution = resolve(ir, sample(ir, Stream(seed)).assignment)
    text = resolve_text(checked, ir, resolution)
    assert "~" not in text
    assert format_source(SourceFile("p.tgl", text)) == text
    again = check(SourceFile("p.tgl", text), NO_FILES)
    lint = "W0504"  # a drawn program may well end with two votes
    assert [f"{p.code} {p.message}" for p in again.problems if p.code != lint] == [], text
    found = lower(again, "solve").ir
    assert found is not None
    assert found.is_resolved, text
    assert resolve(found, {}).candidate.structure == resolution.candidate.structure, text
