"""Pictures of programs and candidates, as Mermaid, DOT and SVG. Pure: the same program, the same bytes."""

from tgl.drawing.candidate import candidate_picture
from tgl.drawing.dot import dot_text
from tgl.drawing.mermaid import mermaid_text
from tgl.drawing.picture import Box, Frame, Link, Picture
from tgl.drawing.program import program_picture
from tgl.drawing.scene import Place, Route, Scene, scene_of
from tgl.drawing.svg import svg_text
from tgl.drawing.words import distribution_of

__all__ = [
    "Box",
    "Frame",
    "Link",
    "Picture",
    "Place",
    "Route",
    "Scene",
    "candidate_picture",
    "distribution_of",
    "dot_text",
    "mermaid_text",
    "program_picture",
    "scene_of",
    "svg_text",
]
