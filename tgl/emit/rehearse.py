"""Whether a program can be written back, asked before anything is paid for.

A search that ends with a program that has no text has spent its budget for nothing. So a few of the programs
that it may find are written and read again first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from tgl.emit.errors import UnwrittenDecision
from tgl.emit.resolve import resolve_text
from tgl.ir import Assignment, ProgramIR
from tgl.semantics import Checked, Loader, check, lower
from tgl.space import Bound, EmptySpace, Resolution, Stream, mode, resolve, sample
from tgl.text import SourceFile

DRAWS = 4
"""Programs that a rehearsal draws beside the most probable one."""


class Fault(StrEnum):
    """What is wrong with the text of a resolved program; each continues "the resolved program …"."""

    UNWRITTEN = "has no text"
    UNREADABLE = "has errors when it is read again"
    UNDECIDED = "still holds a choice"
    DIFFERENT = "is another program when it is read again"


@dataclass(frozen=True, slots=True)
class Unwritable:
    """A candidate whose text is missing or wrong: a fault of this program, never of its user.

    `assignment` makes it; `text` is what was written (None: nothing could be); `reason` says more, as one
    sentence without a full stop.
    """

    fault: Fault
    assignment: Assignment
    reason: str
    text: str | None = None

    def __str__(self) -> str:
        return f"the resolved program {self.fault.value}: {self.reason}; please report this with the program"


def unwritable(
    checked: Checked,
    ir: ProgramIR,
    loader: Loader,
    *,
    bound: Bound | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Unwritable | None:
    """The first candidate, of the most probable one and some drawn ones, that cannot be written back.

    Call it before the first model call of a search; it calls no model itself.

    Args:
        checked: the program, without errors.
        ir: what it was lowered to.
        loader: finds the files that it uses, as for `check`.
        bound: of the search, if it has one, so that what is tried is what may be found.
        draws: how many candidates are drawn from the prior.
        seed: of these draws.

    Returns:
        None if all of them can be written, or if there is no candidate at all (which whoever searches is told
        anyway).

    Determinism: pure, for a loader that is.  Complexity: each candidate costs a `check` of its text.
    """
    tried: set[str] = set()
    for assignment in likely(ir, bound, draws, seed):
        resolution = resolve(ir, assignment, bound)
        if resolution.candidate.digest not in tried:
            tried.add(resolution.candidate.digest)
            found = read_again(checked, ir, resolution, loader)
            if isinstance(found, Unwritable):
                return found
    return None


def likely(ir: ProgramIR, bound: Bound | None, draws: int, seed: int) -> Iterator[Assignment]:
    """The most probable assignment, then drawn ones; none if the space is empty."""
    try:
        yield mode(ir, bound=bound)
        for number in range(draws):
            yield sample(ir, Stream(seed, "rehearsal", number), bound=bound).assignment
    except EmptySpace:
        return


@dataclass(frozen=True, slots=True)
class ReadBack:
    """The text of a resolved program, and what it is when it is read again."""

    text: str
    checked: Checked
    ir: ProgramIR


def read_back(checked: Checked, ir: ProgramIR, resolution: Resolution, loader: Loader) -> str | Unwritable:
    """The text of a resolved program, seen to mean the candidate of the resolution; see `read_again`."""
    found = read_again(checked, ir, resolution, loader)
    return found if isinstance(found, Unwritable) else found.text


def read_again(
    checked: Checked, ir: ProgramIR, resolution: Resolution, loader: Loader
) -> ReadBack | Unwritable:
    """The text of a resolved program (`resolve_text`), seen to mean the candidate of the resolution.

    Args:
        checked: the program, without errors.
        ir: what it was lowered to.
        resolution: of that IR.
        loader: finds the files that it uses, as for `check`.
    """
    assignment = resolution.assignment
    try:
        text = resolve_text(checked, ir, resolution)
    except UnwrittenDecision as error:
        return Unwritable(Fault.UNWRITTEN, assignment, f"{error.where}: {error.reason}")
    again = check(SourceFile(checked.module.source.name, text), loader)
    lowered = lower(again, ir.graph.name)
    if lowered.ir is None:
        told = "; ".join(f"{problem.code} {problem.message}" for problem in lowered.problems)
        return Unwritable(Fault.UNREADABLE, assignment, told, text)
    if not lowered.ir.is_resolved:
        left = ", ".join(point.address for point in lowered.ir.choices)
        return Unwritable(Fault.UNDECIDED, assignment, left, text)
    if resolve(lowered.ir, {}).candidate.digest != resolution.candidate.digest:
        return Unwritable(Fault.DIFFERENT, assignment, "its calls or what they are given differ", text)
    return ReadBack(text, again, lowered.ir)
