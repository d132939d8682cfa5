"""The label of figures that rest on simulated models: they are no measurement of anything real."""

from __future__ import annotations

from tgl.ir import ProgramIR

PAGE = "docs/simulation.md"


def simulation_label(ir: ProgramIR) -> str | None:
    """One line that stands above all figures of a program, None if all its models are real."""
    names = ir.simulated_models
    if not names:
        return None
    listed = ", ".join(names)
    are = "is a statistical model" if len(names) == 1 else "are statistical models"
    if len(names) == len(ir.models):
        return f"SIMULATED: {listed} {are} ({PAGE}); no figure here is of a real model"
    return f"SIMULATED IN PART: {listed} {are} ({PAGE}); no figure here is of real models alone"
