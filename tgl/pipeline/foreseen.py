"""What is remarkable about a search before its first call: of the program, and of it with its data."""

from __future__ import annotations

from pathlib import Path

from tgl.diagnostics import Diagnostic
from tgl.evaluate import Splits
from tgl.ir import ProgramIR
from tgl.pipeline.context import overflows
from tgl.pipeline.leaks import leaks
from tgl.pipeline.session import load_shots
from tgl.pipeline.task import lengths_of
from tgl.semantics import Checked


def foreseen(ir: ProgramIR, checked: Checked, splits: Splits, folder: Path) -> tuple[Diagnostic, ...]:
    """Warnings that need no call: those of a check, and those that need the data as well.

    Args:
        ir: the program.
        checked: the same without errors, with its files.
        splits: its data.
        folder: what the program's paths are relative to.

    Raises:
        Stop: a file of few-shot rows can't be read.
    """
    shots = load_shots(ir, folder)
    main = checked.module.source
    sources = {main.name: main} | {name: module.source for name, module in checked.modules.items()}
    return (
        *checked.problems,
        *leaks(ir, splits, shots, sources),
        *overflows(ir, lengths_of(ir, splits, shots), sources),
    )
