"""A picture in the DOT language of Graphviz."""

from __future__ import annotations

from collections.abc import Sequence

from tgl.drawing.picture import Box, BoxKind, Frame, Picture

SHAPES: dict[BoxKind, str] = {
    "input": 'shape=box, style="rounded"',
    "call": "shape=box",
    "function": "shape=ellipse",
    "output": 'shape=box, style="rounded,bold"',
    "note": "shape=note",
}


def dot_text(picture: Picture) -> str:
    """The digraph. A dashed wire is decided by the search; a bold one leads into the next round."""
    names = {box.id: f"n{k}" for k, box in enumerate(picture.boxes)}
    clusters = {frame.id: f"cluster_{k}" for k, frame in enumerate(picture.frames)}
    lines = [f"digraph {quoted([picture.title])} {{", "  compound=true;", '  node [fontname="monospace"];']
    lines += ['  edge [fontname="monospace"];', f"  label={quoted([picture.description])};"]
    lines += inside(picture, None, names, clusters, "  ")
    for link in picture.links:
        source, target = (anchor(picture, end) for end in (link.source, link.target))
        if source is None or target is None:
            continue
        parts = [f"label={quoted(link.label)}"] if link.label else []
        parts += [f"ltail={clusters[link.source]}"] if link.source in clusters else []
        parts += [f"lhead={clusters[link.target]}"] if link.target in clusters else []
        parts += ["style=bold", "constraint=false"] if link.back else ["style=dashed"] if link.chance else []
        attributes = f" [{', '.join(parts)}]" if parts else ""
        lines.append(f"  {names[source]} -> {names[target]}{attributes};")
    return "\n".join([*lines, "}"]) + "\n"


def inside(
    picture: Picture, frame: str | None, names: dict[str, str], clusters: dict[str, str], indent: str
) -> list[str]:
    """What a frame holds."""
    lines = [
        f"{indent}{names[box.id]} [{SHAPES[box.kind]}, label={quoted(all_lines(box))}];"
        for box in picture.boxes
        if box.frame == frame
    ]
    for inner in picture.frames:
        if inner.parent == frame:
            lines.append(f"{indent}subgraph {clusters[inner.id]} {{")
            lines.append(f"{indent}  label={quoted(all_lines(inner))};")
            lines += inside(picture, inner.id, names, clusters, f"{indent}  ")
            lines.append(f"{indent}}}")
    return lines


def all_lines(item: Box | Frame) -> list[str]:
    """All text of a box or frame."""
    return [item.title, *item.lines, *item.chances]


def anchor(picture: Picture, end: str) -> str | None:
    """A box for an end of a wire: itself, or the first one in a frame."""
    if any(box.id == end for box in picture.boxes):
        return end
    for box in picture.boxes:
        if box.frame == end:
            return box.id
    return next((found for f in picture.frames if f.parent == end and (found := anchor(picture, f.id))), None)


def quoted(lines: Sequence[str]) -> str:
    """Lines as one quoted label, with Graphviz's own marks for line ends."""
    return '"' + r"\n".join(line.replace("\\", r"\\").replace('"', r"\"") for line in lines) + '"'
