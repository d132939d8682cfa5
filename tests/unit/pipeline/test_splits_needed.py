"""A split without rows is told before anything is asked."""

from pathlib import Path

import pytest

from tgl.pipeline.searching import prepare
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.task import load_task, split_task


@pytest.mark.parametrize("name", ["train", "select", "test"])
def test_a_search_reads_all_splits(program: Path, name: str) -> None:
    """`test: 0` was a division by zero after all of the search had been paid for."""
    text = program.read_text(encoding="utf-8")
    plan = prepare(str(program))
    program.write_text(text.replace(f"{name}: 4", f"{name}: 0"), encoding="utf-8")
    with pytest.raises(Stop) as stop:
        prepare(str(program))
    assert stop.value.exit_code is Exit.FAILED
    assert f"`{name}: 0`" in str(stop.value)
    lean = load_task(
        plan.ir.model_copy(update={"task": plan.ir.task.model_copy(update={name: 0})}), program.parent
    )
    assert split_task(lean, read=()).test.size == (0 if name == "test" else 4), "`eval` may do without it"
