"""Writing resolved programs: tried before anything is paid for, seen to be right before it is handed out."""

from __future__ import annotations

from tgl.diagnostics import Diagnostic
from tgl.emit import Unwritable, imports_hash, program_hash, read_back, replace_measured, unwritable
from tgl.evaluate import Found
from tgl.ir import ProgramIR
from tgl.pipeline.decided import decisions
from tgl.pipeline.figures import measured_block
from tgl.pipeline.loading import ReadFiles, import_texts
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.trouble import placeless
from tgl.semantics import Checked, check, lower
from tgl.text import SourceFile

REPORT = "this is a fault of tglc: please report it with the program"


def rehearse(checked: Checked, ir: ProgramIR) -> None:
    """Write some of the programs that a search may find, and read them back, before the first call.

    Raises:
        Stop: one can't be written: the search might end without a program.
    """
    goal = ir.optimize
    found = unwritable(checked, ir, ReadFiles(checked), seed=0 if goal is None else goal.seed)
    if found is not None:
        raise Stop(Exit.FAILED, told(ir, found, "nothing was asked yet; " + REPORT))


def written(checked: Checked, ir: ProgramIR, found: Found) -> str:
    """The resolved program with its measured block, seen to be the program that was measured (invariant 5).

    Raises:
        Stop: it can't be written; what was decided is told, and every response is stored.
    """
    text = read_back(checked, ir, found.resolution, ReadFiles(checked))
    if isinstance(text, Unwritable):
        decided = ", ".join(f"{name} = {value}" for name, value in decisions(ir, found.resolution))
        raise Stop(
            Exit.FAILED, told(ir, text, f"every response is stored, and the search chose {decided}; {REPORT}")
        )
    resolved = check(SourceFile(checked.module.source.name, text), ReadFiles(checked))  # it may use less
    block = measured_block(
        found.report, program=program_hash(text), imports=imports_hash(import_texts(resolved))
    )
    return replace_measured(text, block)


def told(ir: ProgramIR, fault: Unwritable, help: str) -> Diagnostic:
    """A fault of ours, as a person sees it."""
    return placeless(
        "R0311",
        f"a program that `{ir.graph.name}` resolves to {fault.fault.value}: {fault.reason}",
        help=help,
    )


def lowered_again(checked: Checked, ir: ProgramIR, text: str) -> ProgramIR:
    """The IR of a text that `written` gave."""
    again = lower(check(SourceFile(checked.module.source.name, text), ReadFiles(checked)), ir.graph.name).ir
    assert again is not None, "it was read back"
    return again
