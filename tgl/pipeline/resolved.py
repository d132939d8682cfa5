"""Resolved programs from disk, with what their `measured` block remembers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tgl.diagnostics import Label
from tgl.emit import measured_blocks
from tgl.ir import ProgramIR
from tgl.pipeline.loading import folder_of, load_program, lower_program
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.trouble import placed
from tgl.pipeline.unsatisfied import refuse_unsatisfied
from tgl.semantics import Checked
from tgl.syntax import ast
from tgl.text import Span


@dataclass(frozen=True, slots=True)
class ResolvedProgram:
    """A program without choices. `block` is the last `measured` block of its graph, if it has one."""

    name: str
    checked: Checked
    ir: ProgramIR
    block: ast.Measured | None
    folder: Path

    @property
    def text(self) -> str:
        """The program's text."""
        return self.checked.module.source.text

    @property
    def seed(self) -> int:
        """The seed of its intervals: that of its `optimize` block."""
        return 0 if self.ir.optimize is None else self.ir.optimize.seed

    @property
    def rests_on_simulation(self) -> bool:
        """Whether figures of its block do: its own, or those of what it was compared with."""
        told = self.block is not None and "simulated" in settings_of(self.block)
        return bool(self.ir.simulated_models) or (told and declares_simulated(self.checked))

    @property
    def unit_tokens(self) -> float | None:
        """What one unit was when the program was measured, in tokens of the unit's model."""
        if self.block is None:
            return None
        for arg in settings_of(self.block).get("cost", ()):
            if arg.name == "unit_tokens" and isinstance(arg.value, ast.Number):
                return float(arg.value.value)
        return None


def declares_simulated(checked: Checked) -> bool:
    """Whether a simulated model is declared, used or not."""
    return any(
        isinstance(setting, ast.Setting)
        and setting.key == "provider"
        and any(isinstance(arg.value, ast.Name) and arg.value.id == "simulated" for arg in setting.args)
        for module in checked.modules.values()
        for decl in module.decls
        if isinstance(decl, ast.Model)
        for setting in decl.settings
    )


def settings_of(block: ast.Measured) -> dict[str, tuple[ast.Arg, ...]]:
    """The arguments of a block's settings, by key."""
    return {setting.key: setting.args for setting in block.settings if isinstance(setting, ast.Setting)}


def load_resolved(name: str, *, graph: str | None = None) -> ResolvedProgram:
    """A program that can be run.

    Raises:
        Stop: it can't be read, has errors, or holds a `~`.
    """
    checked = load_program(name)
    ir = lower_program(checked, graph=graph)
    if not ir.is_resolved:
        first = ir.choices[0]
        source = checked.modules[first.place.source].source
        others = len(ir.choices) - 1
        raise Stop(
            Exit.FAILED,
            placed(
                "E0753",
                f"{name} is not resolved: `{first.address}`"
                + (f" and {others} more are" if others else " is")
                + " not decided",
                Label(source, Span(first.place.start, first.place.end), "a choice"),
                help=f"`tglc optimize {name}` decides by search, `tglc sample {name}` by chance",
            ),
        )
    refuse_unsatisfied(checked, ir)
    blocks = [block for block in measured_blocks(checked.module.source.text) if block.graph == ir.graph.name]
    return ResolvedProgram(name, checked, ir, blocks[-1] if blocks else None, folder_of(name))
