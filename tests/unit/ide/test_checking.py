"""What is told while somebody types: what `tglc check` says of the touched declaration, without the rest."""

import pytest

from tgl.diagnostics import Diagnostic
from tgl.ide import quick, whole
from tgl.ide.chunks import closure, cut, touched
from tgl.semantics import NO_FILES
from tgl.text import SourceFile, Span

HEAD = """\
use std.roles { assistant, fuser }
use std.reduce { majority }

model smol { provider local; weights "smollm2-135m-instruct"; params 135M }
model gemma { provider local; weights "gemma-3-270m"; params 270M }
pool small = [smol, gemma]
"""


def part(k: int) -> str:
    return f"""
## Panel {k}.
role writer{k}(question, drafts: list?) -> answer {{
  prompt "Answer {{{{ question }}}} with {{{{ drafts }}}}. {k}"
}}

graph solve{k}(question) {{
  node worker[~1..3] : ~{{assistant: 0.7, writer{k}: 0.3}} on ~small
  node final : majority

  edge worker[i] -> worker[j] if i < j and ~0.3
  edge worker -> final
  output final
}}
"""


TEXT = HEAD + "".join(part(k) for k in range(1, 6))


def source(text: str) -> SourceFile:
    return SourceFile("a.tgl", text)


def shown(found: tuple[Diagnostic, ...]) -> list[tuple[object, ...]]:
    return [
        (
            entry.code,
            entry.message,
            entry.primary and (entry.primary.span, entry.primary.text),
            entry.help,
            [(fix.title, fix.safe, fix.edits) for fix in entry.fixes],
        )
        for entry in found
    ]


INSIDE = TEXT.index("  output final", TEXT.index("graph solve3"))
EDITS = {
    "a name of the graph": ("output final", "output finl"),
    "a role near to another": ("~{assistant: 0.7, writer3: 0.3}", "~{assistant: 0.7, writer33: 0.3}"),
    "a model far from any": ("on ~small", "on ~[smol, enormous]"),
    "half a statement": ("node final : majority", "node final : "),
    "a statement more": ("  output final", "  node more : assistant on smol\n  output final"),
    "a text": ("majority\n\n", 'majority\n  node other : assistant(system: "x # { \\" y") on smol\n\n'),
    "a comment": ("  output final", '  # a comment with { and " in it\n  output final'),
    "a line less": ("  edge worker -> final\n", ""),
    "a bracket open": ("worker[i]", "worker[i"),
    "a wrong port": ("edge worker -> final", "edge worker -> final.draughts"),
    "an unknown character": ("edge worker -> final", "edge worker → final"),
}


@pytest.mark.parametrize("edit", EDITS, ids=str)
def test_an_edit_inside_a_declaration_is_told_as_by_a_whole_check(edit: str) -> None:
    before, after = EDITS[edit]
    at = TEXT.index(before, TEXT.index("graph solve3"))
    text = TEXT[:at] + after + TEXT[at + len(before) :]
    found = quick(whole(source(TEXT), NO_FILES), source(text), NO_FILES)
    assert not found.exact
    assert shown(found.diagnostics) == shown(whole(source(text), NO_FILES).diagnostics)


def test_many_keystrokes_add_up() -> None:
    """Each look builds on the one before; the text is broken most of the time."""
    findings = whole(source(TEXT), NO_FILES)
    typed = "  node extra : asistant(drafts: worker) on gemma\n"
    for end in range(1, len(typed) + 1):
        text = TEXT[:INSIDE] + typed[:end] + TEXT[INSIDE:]
        findings = quick(findings, source(text), NO_FILES)
    assert shown(findings.diagnostics) == shown(whole(source(text), NO_FILES).diagnostics)
    assert "E0203" in [entry.code for entry in findings.diagnostics]
    findings = quick(findings, source(TEXT), NO_FILES)
    assert shown(findings.diagnostics) == shown(whole(source(TEXT), NO_FILES).diagnostics)


def test_only_what_was_touched_is_read() -> None:
    text = TEXT[:INSIDE] + "  # x\n" + TEXT[INSIDE:]
    old, new = cut(TEXT), cut(text)
    change = touched(old, new)
    assert [new[at].facts.names for at in range(change.first, change.end)] == [frozenset({"solve3"})]
    needed = {name for at in closure(new, range(change.first, change.end)) for name in new[at].facts.names}
    assert {"solve3", "writer3", "smol", "small", "majority"} <= needed
    assert not {"solve2", "writer2", "solve4", "writer4"} & needed


def test_findings_elsewhere_move_along() -> None:
    """A warning behind the edit keeps its words and gets its new place."""
    wrong = TEXT.replace("{{ drafts }}. 5", "5")
    findings = whole(source(wrong), NO_FILES)
    (warning,) = findings.diagnostics
    text = wrong[:INSIDE] + "  # a new line\n" + wrong[INSIDE:]
    (moved,) = quick(findings, source(text), NO_FILES).diagnostics
    assert moved.primary
    assert warning.primary
    assert moved.primary.span == Span(warning.primary.span.start + 15, warning.primary.span.end + 15)
    assert moved.primary.source.text == text


def test_a_graph_alone_in_what_is_checked_is_still_a_part() -> None:
    """A graph without a model is fine as a part of others, and not as the program that is run."""
    text = TEXT.replace("on ~small", "")
    assert whole(source(text), NO_FILES).diagnostics == ()
    at = text.index("  output final", text.index("graph solve3"))
    edited = text[:at] + "  # x\n" + text[at:]
    assert quick(whole(source(text), NO_FILES), source(edited), NO_FILES).diagnostics == ()


@pytest.mark.parametrize(
    ("text", "heads"),
    [
        ("", [""]),
        ("# only a comment\n", [""]),
        ("let a = 1\nlet b = 2\n", ["let", "let"]),
        ('let a = """\nlet b = 2\n"""\nlet c = 3\n', ["let", "let"]),
        ('let a = "x\nlet b = 2\n', ["let", "let"]),
        ("graph g(q) {\nlet b = 2\nnode a : b }\nlet c = 3\n", ["graph", "let"]),
        ("graph g(q) {\n  node a : b\nmodel m { provider local }\n", ["graph", "model"]),
        ("# a { in a comment\ngraph g(q) { }\n", ["", "graph"]),
        ("garbage (\nrole r(q) -> answer { }\n", ["", "role"]),
    ],
)
def test_a_file_is_cut_at_its_declarations(text: str, heads: list[str]) -> None:
    chunks = cut(text)
    assert [chunk.facts.head for chunk in chunks] == heads
    assert "".join(chunk.text for chunk in chunks) == text
