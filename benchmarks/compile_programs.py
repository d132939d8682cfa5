"""Programs of any length, for `compile.py`."""

from __future__ import annotations

HEAD = """# A library of graphs, made to be compiled.
use std.roles   { assistant, fuser }
use std.reduce  { majority, first }
use std.signals { agreement }

model small { provider openai; id "small"; base_url env("SMALL_URL"); params 1B }
model large { provider openai; id "large"; base_url env("LARGE_URL"); params 8B }
pool both = [small, large]

task sums {
  data   "sums.jsonl"
  split  train: 30, select: 40, test: 50
  given  question
  expect answer
  key    number
}
"""
BLOCK = """
## Block {k}: a critic of its own, drafts that may read each other, and an expert where they differ.
role critic_{k}(question, drafts: list) -> answer {{
  prompt \"\"\"
    {{{{ question }}}}
    {{% for d in drafts %}}Attempt {{{{ loop.index }}}}: {{{{ d }}}}
    {{% endfor %}}
    Which is right? {{{{ format }}}}
  \"\"\"
  temperature ~[0.0, 0.7]
  max_tokens  256
}}

graph block_{k}(question) {{
  param heat = ~[0.3, 0.7, 1.0]              # written once, so all drafts share it
  let chain(i, j) = j == i + 1
  node draft[~2..3] : ~{{assistant(temperature: heat): 0.7, assistant: 0.3}} on ~both
  node judge        : critic_{k}(drafts: draft) on large when agreement(draft) < ~[0.6, 0.8, 1.0]
  node final        : majority

  edge draft[i] -> draft[j] if chain(i, j) and ~0.3
  edge draft    -> final    if ~0.7

  output first(judge, final)
}}
"""
END = """
optimize block_1 on sums {
  maximize accuracy
  limit    cost(mean) <= 30 units
  spend    calls <= 4000
  using    reinforce(rounds: 5, samples: 4)
  seed     7
}
"""


def library(lines: int) -> str:
    """A program of about so many lines: blocks of a role and a graph, the first of which is searched."""
    each = BLOCK.count("\n")
    count = max(1, (lines - HEAD.count("\n") - END.count("\n")) // each)
    return HEAD + "".join(BLOCK.format(k=k) for k in range(1, count + 1)) + END


CHAIN_HEAD = """use std.roles { assistant }
model small { provider openai; id "small"; params 1B }
graph solve(question) {
"""
REPLICAS = 500
"""Of one declared node; 512 is the most."""


def chain(nodes: int) -> str:
    """A program with one chain of so many calls (a multiple of `REPLICAS`)."""
    size = min(REPLICAS, nodes)
    parts = nodes // size
    lines = [
        f"  node s{k}[{size}] : assistant(retry: 0) on small\n  edge s{k}[i] -> s{k}[i + 1]"
        for k in range(parts)
    ]
    lines += [f"  edge s{k}[{size}] -> s{k + 1}[1]" for k in range(parts - 1)]
    return CHAIN_HEAD + "\n".join(lines) + f"\n  output s{parts - 1}[{size}]\n}}\n"
