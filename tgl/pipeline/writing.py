"""Writing resolved programs: tried before anything is paid for, seen to be right before it is handed out."""

from __future__ import annotations

from tgl.diagnostics import Diagnostic
from tgl.emit import Unwritable, imports_hash, program_hash, read_again, replace_measured, unwritable
from tgl.evaluate import Found
from tgl.ir import ProgramIR
from tgl.pipeline.decided import decisions
from tgl.pipeline.figures import measured_block
from tgl.pipeline.loading import ReadFiles, import_texts
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.trouble import placeless
from tgl.semantics import Checked
from tgl.space import Bound

REPORT = "this is a fault of tglc: please report it with the program"


def rehearse(checked: Checked, ir: ProgramIR, bound: Bound | None) -> None:
    """Write some of the programs that a search may find, and read them back, before the first call.

    Args:
        checked: the program, without errors.
        ir: what it was lowered to.
        bound: the limits that are known, which what the search may find keeps.

    Raises:
        Stop: one can't be written: the search might end without a program.
    """
    goal = ir.optimize
    seed = 0 if goal is None else goal.seed
    found = unwritable(checked, ir, ReadFiles(checked), bound=bound, seed=seed)
    if found is not None:
        raise Stop(Exit.FAILED, told(ir, found, "nothing was asked yet; " + REPORT))


def written(checked: Checked, ir: ProgramIR, found: Found) -> tuple[str, ProgramIR]:
    """The resolved program with its measured block, seen to be the program that was measured (invariant 5).

    Returns:
        The text, and the IR that it lowers to: checked once, without the block, which no IR knows of.

    Raises:
        Stop: it can't be written; what was decided is told, and every response is stored.
    """
    read = read_again(checked, ir, found.resolution, ReadFiles(checked))
    if isinstance(read, Unwritable):
        decided = ", ".join(f"{name} = {value}" for name, value in decisions(ir, found.resolution))
        raise Stop(
            Exit.FAILED, told(ir, read, f"every response is stored, and the search chose {decided}; {REPORT}")
        )
    block = measured_block(  # it may use less than the program does
        found.report, program=program_hash(read.text), imports=imports_hash(import_texts(read.checked))
    )
    return replace_measured(read.text, block), read.ir


def told(ir: ProgramIR, fault: Unwritable, help: str) -> Diagnostic:
    """A fault of ours, as a person sees it."""
    return placeless(
        "R0311",
        f"a program that `{ir.graph.name}` resolves to {fault.fault.value}: {fault.reason}",
        help=help,
    )
