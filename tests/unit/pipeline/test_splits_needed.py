"""A split without rows is told before anything is asked."""

from pathlib import Path

import pytest

from tgl.pipeline.searching import prepare
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.task import load_task, split_task

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


@pytest.mark.parametrize("name", ["train", "select", "test"])
def test_a_search_reads_all_splits(tmp_path: Path, name: str) -> None:
    """`test: 0` was a division by zero after all of the search had been paid for."""
    rows = "".join(f'{{"question": "{n} + 1", "answer": {n + 1}}}\n' for n in range(60))
    (tmp_path / "adds.jsonl").write_text(rows, encoding="utf-8")
    program = tmp_path / "p.tgl"
    program.write_text(PROGRAM, encoding="utf-8")
    plan = prepare(str(program))
    program.write_text(PROGRAM.replace(f"{name}: 4", f"{name}: 0"), encoding="utf-8")
    with pytest.raises(Stop) as stop:
        prepare(str(program))
    assert stop.value.exit_code is Exit.FAILED
    assert f"`{name}: 0`" in str(stop.value)
    lean = load_task(plan.ir.model_copy(update={"task": plan.ir.task.model_copy(update={name: 0})}), tmp_path)
    assert split_task(lean, read=()).test.size == (0 if name == "test" else 4), "`eval` may do without it"
