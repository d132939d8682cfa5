"""A picture as a Mermaid flowchart, for Markdown pages that draw it themselves."""

from __future__ import annotations

from collections.abc import Sequence

from tgl.drawing.picture import Box, BoxKind, Frame, Picture

SHAPES: dict[BoxKind, tuple[str, str]] = {
    "input": ("([", "])"),
    "call": ("[", "]"),
    "function": ("(", ")"),
    "output": ("([", "])"),
    "note": ("[/", "/]"),
}


def mermaid_text(picture: Picture) -> str:
    """The flowchart. A dashed wire is decided by the search, a thick one leads into the next round."""
    names = {item.id: f"n{k}" for k, item in enumerate(picture.boxes)}
    names |= {item.id: f"f{k}" for k, item in enumerate(picture.frames)}
    lines = ["---", f"title: {quoted([picture.title])}", "---", "flowchart TD"]
    lines += [f"  accTitle: {plain(picture.title)}", f"  accDescr: {plain(picture.description)}"]
    lines += inside(picture, None, names, "  ")
    for link in picture.links:
        arrow = "==>" if link.back else "-.->" if link.chance else "-->"
        label = [*link.label, *(["next round"] if link.back else [])]
        text = f"|{quoted(label)}|" if label else ""
        lines.append(f"  {names[link.source]} {arrow}{text} {names[link.target]}")
    return "\n".join(lines) + "\n"


def inside(picture: Picture, frame: str | None, names: dict[str, str], indent: str) -> list[str]:
    """What a frame holds."""
    lines = [f"{indent}{names[box.id]}{shape(box)}" for box in picture.boxes if box.frame == frame]
    for inner in picture.frames:
        if inner.parent == frame:
            lines.append(f"{indent}subgraph {names[inner.id]}[{quoted(frame_lines(inner))}]")
            lines += inside(picture, inner.id, names, f"{indent}  ")
            lines.append(f"{indent}end")
    return lines


def shape(box: Box) -> str:
    """A box's text in the brackets of its kind."""
    before, after = SHAPES[box.kind]
    return f"{before}{quoted([box.title, *box.lines, *box.chances])}{after}"


def frame_lines(frame: Frame) -> list[str]:
    """All text of a frame."""
    return [frame.title, *frame.lines, *frame.chances]


def quoted(lines: Sequence[str]) -> str:
    """Lines as one quoted label."""
    return '"' + "<br/>".join(escaped(line) for line in lines if line.strip()) + '"'


def escaped(text: str) -> str:
    """Text in which nothing means anything to Mermaid, HTML or Markdown: such characters by number."""
    return "".join(char if char.isalnum() or char in " .,:=+-" else f"#{ord(char)};" for char in text.strip())


def plain(text: str) -> str:
    """Text for a line that has no quotes."""
    return "".join(char if char.isalnum() or char in " .,-_" else " " for char in text)
