"""Mermaid, DOT and SVG are well formed, whatever stands in a program, and say the same."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tgl.drawing import Box, Frame, Link, Picture, dot_text, mermaid_text, svg_text

ROOT = Path(__file__).parents[3]
NASTY = (
    'a "b" <c> & d; | [e] {f} (g) # % `h`',
    "end",
    'back\\slash" -->',
    "日本 é",
    "\x07 \ufffe",
    "subgraph x",
)
PICTURE = Picture(
    'T "1" <2>',
    'D & "d"',
    (
        Box("in", "input", "question"),
        Box("a", "call", NASTY[0], NASTY[1:3], NASTY[3:]),
        Box("b", "function", "f", (), (), "frame"),
        Box("c", "output", "output"),
        Box("n", "note", "other choices", (), ("heat ~ 0.3",)),
        Box("d", "call", "d", (), (), "inner"),
    ),
    (
        Frame("frame", NASTY[2], ("x",), ("~1..2",)),
        Frame("inner", "inner", parent="frame"),
        Frame("none", "empty"),
    ),
    (
        Link("in", "a"),
        Link("a", "frame", (NASTY[0],), chance=True),
        Link("frame", "c"),
        Link("d", "b", back=True),
        Link("b", "d", ("when x",)),
        Link("none", "c"),
    ),
)


def test_svg_is_xml_and_can_be_heard() -> None:
    root = ET.fromstring(svg_text(PICTURE))
    names = {"{http://www.w3.org/2000/svg}" + name for name in ("title", "desc")}
    assert [child.text for child in root if child.tag in names] == ['T "1" <2>', 'D & "d"']
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "title desc"
    shown = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    for line in (*NASTY[:4], "heat ~ 0.3", "~1..2", "when x"):
        assert line in shown
    assert shown.count("\ufffd \ufffd") == 1
    assert "prefers-color-scheme: dark" in svg_text(PICTURE)
    wires = [
        g.get("class") for g in root.iter("{http://www.w3.org/2000/svg}g") if "wire" in (g.get("class") or "")
    ]
    assert sorted(wires) == ["wire", "wire", "wire", "wire", "wire again", "wire perhaps"]


NAME = r"[nf]\d+"
LABEL = r'"(?:[\w .,:=+\-é日本]|#\d+;|<br/>)*"'
NODE = re.compile(rf"\s+n\d+(?:\[{LABEL}\]|\({LABEL}\)|\(\[{LABEL}\]\)|\[/{LABEL}/\])")
WIRE = re.compile(rf"\s+({NAME}) (?:-->|-\.->|==>)(?:\|{LABEL}\|)? ({NAME})")


def test_mermaid_keeps_its_grammar() -> None:
    lines = mermaid_text(PICTURE).splitlines()
    assert lines[0] == lines[2] == "---"
    assert re.fullmatch(rf"title: {LABEL}", lines[1])
    assert lines[3] == "flowchart TD"
    assert re.fullmatch(r"\s+accTitle: [\w .,-]+", lines[4])
    depth, names, ends = 0, set[str](), set[str]()
    for line in lines[6:]:
        opened = re.fullmatch(rf"\s+subgraph (f\d+)\[{LABEL}\]", line)
        if opened:
            depth += 1
            names.add(opened[1])
        elif line.strip() == "end":
            depth -= 1
        elif wire := WIRE.fullmatch(line):
            ends |= {wire[1], wire[2]}
        else:
            assert NODE.fullmatch(line), line
            names.add(re.split(r"[\[(]", line.strip())[0])
        assert depth >= 0
    assert depth == 0
    assert ends <= names
    assert len(names) == len(PICTURE.boxes) + len(PICTURE.frames)


QUOTED = r'"(?:[^"\\\n]|\\.)*"'
ATTRIBUTE = rf"\w+=(?:{QUOTED}|\w+)"
STATEMENT = re.compile(
    rf"\s+(?:n\d+(?: -> n\d+)?(?: \[{ATTRIBUTE}(?:, {ATTRIBUTE})*\])?"
    rf"|(?:node|edge) \[{ATTRIBUTE}\]|{ATTRIBUTE});"
)


def test_dot_keeps_its_grammar() -> None:
    lines = dot_text(PICTURE).splitlines()
    assert re.fullmatch(rf"digraph {QUOTED} {{", lines[0])
    depth = 1
    for line in lines[1:]:
        if re.fullmatch(r"\s+subgraph cluster_\d+ {", line):
            depth += 1
        elif line.strip() == "}":
            depth -= 1
        else:
            assert STATEMENT.fullmatch(line), line
    assert depth == 0
    assert sum("style=dashed" in line for line in lines) == 1
    assert sum("lhead=cluster_0" in line for line in lines) == 1


DRAW = """
import sys
from tgl.pipeline.drawing import Drawn, drawing
for form in ("svg", "mermaid", "dot"):
    for which in (None, Drawn("mode"), Drawn("seed", 4)):
        sys.stdout.write(drawing(sys.argv[1], form, which=which))
"""


@pytest.mark.parametrize("program", ["examples/mixture.tgl", "examples/scaling/archon.tgl"])
def test_drawings_are_the_same_in_every_process(program: str) -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", DRAW, str(ROOT / program)],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
