"""`check` and `fmt`: what is known without running anything."""

from __future__ import annotations

import json

from tgl.diagnostics import Diagnostic, Label, code_info, report
from tgl.ir import ProgramIR
from tgl.pipeline.loading import FileLoader, import_texts, lower_program, sorted_problems
from tgl.pipeline.sources import read_source
from tgl.semantics import Checked, Loader, check
from tgl.syntax import format_source
from tgl.text import SourceFile, Span, frozen


@frozen
class CheckReport:
    """A program with all that is to be said about it."""

    checked: Checked
    diagnostics: tuple[Diagnostic, ...]


def check_file(name: str) -> CheckReport:
    """Check a program; `-` is standard input.

    Raises:
        Stop: it can't be read.
    """
    return check_source(read_source(name), FileLoader())


def check_source(source: SourceFile, loader: Loader) -> CheckReport:
    """Check a program whose text is at hand, on disk or not. Never raises on what a person wrote."""
    checked = check(source, loader)
    return CheckReport(checked, (*sorted_problems(checked), *empty_warning(checked), *stale_warning(checked)))


def empty_warning(checked: Checked) -> tuple[Diagnostic, ...]:
    """A warning if the file declares nothing: it was cut, or all of it is a comment."""
    source = checked.module.source
    if checked.module.decls or checked.problems:
        return ()
    hint = "a program has a graph, `graph solve(question) { … }`; README.md shows a whole one"
    if "\r" in source.text and "\n" not in source.text:
        hint = "its lines end in CR alone, so that its first comment has no end; save it with line feeds"
    return (
        report("W0101", "this file declares nothing", Label(source, Span(0, 0), "no declaration"), hint=hint),
    )


def stale_warning(checked: Checked) -> tuple[Diagnostic, ...]:
    """A warning if the measured block tells of another program than the one it stands in."""
    source = checked.module.source
    if not checked.measured:
        return ()
    from tgl.emit import measured_blocks, staleness  # most programs hold no figures

    changed = staleness(source.text, import_texts(checked)) if checked.ok else ()
    if not changed:
        return ()
    block = measured_blocks(source.text)[-1]
    parts = " and ".join("what it imports" if part == "imports" else f"the {part}" for part in changed)
    return (
        Diagnostic(
            "W0701",
            code_info("W0701").severity,
            f"the measured figures are stale: {parts} changed after they were measured",
            Label(source, Span(block.span.start, block.span.start + len("measured"))),
            help="`tglc eval` measures the program as it is; `tglc optimize` searches again",
        ),
    )


def lowered_text(report: CheckReport) -> str:
    """The program's IR as canonical JSON (docs/ir.md).

    Raises:
        Stop: it is not clear which graph is meant, or the graph has errors.
    """
    return canonical_ir(lower_program(report.checked))


def canonical_ir(ir: ProgramIR) -> str:
    """An IR as JSON in its one form: the same bytes for equal programs."""
    return json.dumps(ir.model_dump(mode="json"), indent=2, sort_keys=True, allow_nan=False)


@frozen
class Formatted:
    """The canonical text, or None and why not."""

    text: str | None
    diagnostics: tuple[Diagnostic, ...] = ()


def format_program(source: SourceFile) -> Formatted:
    """A program in canonical layout."""
    made = format_source(source)
    if isinstance(made, str):
        return Formatted(made)
    return Formatted(None, tuple(problem.diagnostic() for problem in made))
