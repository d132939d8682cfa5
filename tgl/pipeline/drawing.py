"""`graph`: the picture of a program or of one of its candidates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from tgl.drawing import Picture, candidate_picture, dot_text, mermaid_text, program_picture, svg_text
from tgl.pipeline.loading import load_program, lower_program
from tgl.pipeline.resolved import load_resolved
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.unsatisfied import nothing_to_draw
from tgl.space import PRIOR, EmptySpace, Stream, mode, resolve, sample

DrawingFormat: TypeAlias = Literal["mermaid", "dot", "svg"]
FORMATS: dict[DrawingFormat, tuple[str, ...]] = {
    "mermaid": (".mmd", ".mermaid"),
    "dot": (".dot", ".gv"),
    "svg": (".svg",),
}
"""The formats, with the ends of file names that ask for them."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Which candidate is drawn: the most probable one, a draw with a seed, or the resolved program."""

    what: Literal["mode", "seed", "resolved"]
    seed: int = 0


def drawing(name: str, form: DrawingFormat, *, graph: str | None = None, which: Drawn | None = None) -> str:
    """A program as text of a format: the whole space, or a candidate.

    Raises:
        Stop: the program has errors, its space is empty, or it is not resolved and has to be.
    """
    picture = program(name, graph) if which is None else candidate(name, graph, which)
    match form:
        case "mermaid":
            return mermaid_text(picture)
        case "dot":
            return dot_text(picture)
        case "svg":
            return svg_text(picture)


def program(name: str, graph: str | None) -> Picture:
    """The picture of a program with its choices."""
    checked = load_program(name)
    return program_picture(lower_program(checked, graph=graph), checked.modules)


def candidate(name: str, graph: str | None, which: Drawn) -> Picture:
    """The picture of one candidate."""
    if which.what == "resolved":
        ir = load_resolved(name, graph=graph).ir
        return candidate_picture(resolve(ir, {}).candidate, ir.graph.name, "The resolved program")
    checked = load_program(name)
    ir = lower_program(checked, graph=graph)
    try:
        if which.what == "mode":
            found, what = mode(ir, PRIOR), "The most probable candidate"
        else:
            found = sample(ir, Stream(which.seed, "sample"), PRIOR).assignment
            what = f"The candidate drawn with seed {which.seed}"
    except EmptySpace as error:
        raise Stop(Exit.FAILED, nothing_to_draw(checked, error)) from None
    return candidate_picture(resolve(ir, found).candidate, ir.graph.name, what)
