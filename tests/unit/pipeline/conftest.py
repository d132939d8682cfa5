"""A small program with its data, for stages that ask nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

PROGRAM = """\
model m { provider openai; id "m"; base_url "http://127.0.0.1:9/v1" }
role adder(question) -> answer { prompt "{{ question }}"; temperature 0.8; max_tokens 8 }
task adds {
  data   "adds.jsonl"
  split  train: 4, select: 4, test: 4
  given  question
  expect answer
  key    number
  unit   calls
}
graph solve(question) {
  node sample : adder(temperature: ~[0.0, 0.8]) on m
  output sample
}
optimize solve on adds { maximize accuracy; spend calls <= 100 }
"""

SEARCH = """\
model m { provider openai; id "m"; base_url URL }
role adder(question) -> answer { prompt "{{ question }}"; temperature 0.8; max_tokens 8; retry 0 }
task adds {
  data   "adds.jsonl"
  split  train: 10, select: 10, test: 20
  given  question
  expect answer
  key    number
  unit   calls
  on_error drop: 40%
}
graph solve(question) {
  node sample : adder(temperature: ~[0.3, 0.8]) on m
  output sample
}
optimize solve on adds { maximize accuracy; spend calls <= 400; using random(trials: 2, samples: 2) }
"""
"""A search of four dozen examples that puts up with failures; `URL` stands for where its model is."""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    rows = "".join(f'{{"question": "{n} + 1", "answer": {n + 1}}}\n' for n in range(60))
    (tmp_path / "adds.jsonl").write_text(rows, encoding="utf-8")
    path = tmp_path / "p.tgl"
    path.write_text(PROGRAM, encoding="utf-8")
    return path
