"""A program of which no candidate can be made, told at the `require` that it breaks."""

from __future__ import annotations

from tgl.diagnostics import Diagnostic, Label
from tgl.ir import ProgramIR
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.trouble import placed, placeless
from tgl.semantics import Checked
from tgl.space import EmptySpace, mode
from tgl.text import Span


def nothing_to_draw(checked: Checked, error: EmptySpace) -> Diagnostic:
    """Why nothing could be drawn, at the requirement that ended most attempts if there is one."""
    if error.requirement is None:
        return placeless("E0861", f"no program can be drawn: {error.reason}", help="widen a choice")
    place = error.requirement.place
    label = Label(checked.modules[place.source].source, Span(place.start, place.end), "not satisfied")
    message = f"no program can be drawn: {error.reason}"
    return placed("E0861", message, label, help="widen a choice, or ask less")


def refuse_unsatisfied(checked: Checked, ir: ProgramIR) -> None:
    """See that a resolved program satisfies its own requirements.

    Raises:
        Stop: it does not.
    """
    try:
        mode(ir)
    except EmptySpace as error:
        if error.requirement is None:
            raise Stop(Exit.FAILED, nothing_to_draw(checked, error)) from None
        place = error.requirement.place
        label = Label(checked.modules[place.source].source, Span(place.start, place.end), "does not hold")
        message = "the program does not satisfy its own `require`"
        raise Stop(Exit.FAILED, placed("E0519", message, label, help="change one of them")) from None
