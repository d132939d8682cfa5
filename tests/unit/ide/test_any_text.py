"""Whatever stands in an editor, every question is answered: half a program is what it usually holds."""

import random  # noqa: TID251 - seeded by the name of the program
from pathlib import Path

import pytest

from tgl import ide
from tgl.diagnostics import Diagnostic
from tgl.semantics import NO_FILES
from tgl.text import SourceFile, Span, apply_edits

CORPUS = Path(__file__).parents[2] / "corpus"
PROGRAMS = [
    path
    for folder in ("valid", "invalid")
    for path in sorted((CORPUS / folder).rglob("*.tgl"))
    if path.stat().st_size < 6000
]
PIECES = [
    "~",
    "{",
    "}",
    "(",
    '"',
    '"""',
    "\n",
    ";",
    ".",
    " on ",
    "node x : ",
    "graph g(q) {",
    "é🙂",
    "#",
    "[",
    "1..",
    "\r\n",
]


def read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="surrogateescape")


def ask_everything(findings: ide.Findings, offset: int) -> None:
    source = findings.source
    project = ide.read_project(source, NO_FILES)
    everything = Span(0, len(source.text))
    ide.hover(project, offset)
    ide.complete(project, offset, NO_FILES)
    for entry in ide.outline(project.module(source.name)):
        assert entry.span.start <= entry.name_span.start <= entry.name_span.end <= entry.span.end
    for hint in ide.hints(project, everything):
        assert 0 < hint.offset <= len(source.text)
    for found in ide.occurrences(project):
        assert source.text[found.span.start : found.span.end] == found.symbol.name
    ide.renamable(source, offset, NO_FILES)


def in_the_text(found: tuple[Diagnostic, ...], source: SourceFile) -> bool:
    """Whether every place of this source is one in its text of now."""
    labels = [label for entry in found for label in (entry.primary, *entry.secondary) if label is not None]
    return all(
        label.source == source and 0 <= label.span.start <= label.span.end <= len(source.text)
        for label in labels
        if label.source.name == source.name
    )


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_question_is_answered_and_keystrokes_add_up(path: Path) -> None:
    """After five keystrokes anywhere, places are in the text, and a whole look finds what `check` finds."""
    draw = random.Random(path.name)
    text = read(path)
    findings = ide.whole(SourceFile("a.tgl", text), NO_FILES)
    for _ in range(5):
        at, piece = draw.randrange(len(text) + 1), draw.choice(PIECES)
        end = min(len(text), at + draw.choice((0, 0, 1, 5)))
        text = text[:at] + piece + text[end:]
        findings = ide.quick(findings, SourceFile("a.tgl", text), NO_FILES)
        assert in_the_text(findings.diagnostics, findings.source)
        ask_everything(findings, draw.randrange(len(text) + 1))
    for entry in findings.diagnostics:
        for fix in entry.fixes:
            apply_edits(text, fix.edits)
    offset = draw.randrange(len(text) + 1)
    for action in ide.actions(findings, Span(offset, offset), NO_FILES):
        apply_edits(text, action.edits)
