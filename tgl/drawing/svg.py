"""A picture as SVG, for light and dark surroundings, with a title and a description for those who hear it."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from tgl.drawing.picture import Box, Frame, Picture
from tgl.drawing.places import Point
from tgl.drawing.scene import LINE, PAD_X, PAD_Y, Place, Route, box_lines, scene_of

STYLE = """
text { font: 13px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; white-space: pre }
text { fill: #1f2328 }
.head { font-weight: bold }
rect { stroke: #59636e; fill: #f6f8fa }
rect.ground { fill: #ffffff; stroke: none }
.call rect { fill: #ddf4ff; stroke: #0969da }
.function rect { fill: #fff8c5; stroke: #9a6700 }
.output rect { stroke-width: 2 }
.note rect, .frame rect { stroke-dasharray: 2 3 }
.frame rect { fill: #818b981f }
.label rect { fill: #ffffff; stroke: none }
.chance, text.chance { fill: #8250df }
path { fill: none; stroke: #59636e; stroke-width: 1.3 }
.perhaps path { stroke: #8250df; stroke-dasharray: 6 4 }
.again path { stroke-width: 2.2 }
.tip { fill: #59636e; stroke: none }
.perhaps .tip { fill: #8250df }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  rect { stroke: #9198a1; fill: #161b22 }
  rect.ground, .label rect { fill: #0d1117 }
  .call rect { fill: #0c2d55; stroke: #4493f8 }
  .function rect { fill: #342a0a; stroke: #d29922 }
  .chance, text.chance { fill: #d2a8ff }
  path { stroke: #9198a1 }
  .tip { fill: #9198a1 }
  .perhaps path { stroke: #d2a8ff }
  .perhaps .tip { fill: #d2a8ff }
}
"""


def svg_text(picture: Picture) -> str:
    """The whole SVG file. The same picture gives the same bytes."""
    scene = scene_of(picture)
    width, height = number(scene.width), number(scene.height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" role="img" aria-labelledby="title desc">',
        f'<title id="title">{clean(picture.title)}</title>',
        f'<desc id="desc">{clean(picture.description)}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="ground" stroke="none" width="{width}" height="{height}"/>',
    ]
    lines += [drawn(frame, scene.places[frame.id], "frame") for frame in picture.frames]
    lines += [wire(route) for route in scene.routes]
    lines += [drawn(box, scene.places[box.id], box.kind) for box in picture.boxes]
    return "\n".join([*lines, "</svg>"]) + "\n"


def number(value: float) -> str:
    """A coordinate with at most one digit behind the point."""
    return f"{value:.1f}".removesuffix(".0")


def clean(text: str) -> str:
    """Text for XML; characters that XML cannot hold are shown as a replacement."""
    allowed = "".join(
        char
        if char in "\t\n\r"
        or (ord(char) >= 0x20 and not 0xD800 <= ord(char) <= 0xDFFF and ord(char) not in (0xFFFE, 0xFFFF))
        else "\ufffd"
        for char in text
    )
    return escape(allowed, {'"': "&quot;"})


def drawn(box: Box | Frame, place: Place, kind: str) -> str:
    """A rectangle and the text in it."""
    round_ = 14 if kind in ("input", "output") else 6
    rest = (*(("", line) for line in box.lines), *(("chance", line) for line in box.chances))
    rows = [("head", box.title), *rest]
    return (
        f'<g class="{kind}"><title>{clean(" ".join(box_lines(box)))}</title>'
        f'<rect x="{number(place.x)}" y="{number(place.y)}" width="{number(place.width)}"'
        f' height="{number(place.height)}" rx="{round_}"/>{texts(rows, place.x + PAD_X, place.y + PAD_Y)}</g>'
    )


def texts(rows: Sequence[tuple[str, str]], x: float, y: float) -> str:
    """Lines of text, each of a class, from the upper left."""
    lines: list[str] = []
    for place, (kind, line) in enumerate(rows):
        named = f' class="{kind}"' if kind else ""
        at = f'x="{number(x)}" y="{number(y + LINE * place + 13)}"'
        lines.append(f"<text {at}{named}>{clean(line)}</text>")
    return "".join(lines)


def wire(route: Route) -> str:
    """A curve with an arrow at its end, and its label."""
    link = route.link
    kind = "wire perhaps" if link.chance else "wire again" if link.back else "wire"
    (x, y) = route.corners[-1]
    tip = f"{number(x - 4)},{number(y - 8)} {number(x + 4)},{number(y - 8)} {number(x)},{number(y)}"
    label = ""
    if route.label is not None:
        at = route.label
        shade = "chance" if link.chance else ""
        label = (
            f'<g class="label"><rect x="{number(at.x)}" y="{number(at.y)}" width="{number(at.width)}"'
            f' height="{number(at.height)}"/>'
            f"{texts([(shade, line) for line in link.label], at.x + 5, at.y + 2)}</g>"
        )
    path = curve((*route.corners[:-1], (x, y - 6)))
    return f'<g class="{kind}"><path d="{path}"/><polygon class="tip" points="{tip}"/>{label}</g>'


def curve(corners: Sequence[Point]) -> str:
    """A path through the corners: straight where it goes straight, else bent as an S from row to row."""
    (x, y) = corners[0]
    parts = [f"M{number(x)} {number(y)}"]
    for to_x, to_y in corners[1:]:
        if abs(to_x - x) < 0.05 or abs(to_y - y) < 0.05:
            parts.append(f"L{number(to_x)} {number(to_y)}")
        else:
            middle = number((y + to_y) / 2)
            parts.append(f"C{number(x)} {middle} {number(to_x)} {middle} {number(to_x)} {number(to_y)}")
        x, y = to_x, to_y
    return "".join(parts)
