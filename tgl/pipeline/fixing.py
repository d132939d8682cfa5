"""`check --fix`: the repairs of which only one comes into question, each proven before it is kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tgl.diagnostics import Diagnostic, Fix
from tgl.pipeline.checking import CheckReport, check_source
from tgl.semantics import Loader
from tgl.text import SourceFile, apply_edits


@dataclass(frozen=True, slots=True)
class Fixed:
    """A program after its safe fixes: its text, what was put right, and what is left to say."""

    source: SourceFile
    made: tuple[tuple[Diagnostic, Fix], ...]
    report: CheckReport


def fix_source(source: SourceFile, loader: Loader) -> Fixed:
    """Make every safe fix that removes its diagnostic and adds none.

    A fix that brings another problem to light is left to the person: the text it would leave behind is not
    known to be what was meant.
    """
    report = check_source(source, loader)
    made: list[tuple[Diagnostic, Fix]] = []
    tried: set[tuple[str, str]] = set()
    while (found := next_fix(source, report, tried)) is not None:
        entry, fix = found
        after = SourceFile(source.name, apply_edits(source.text, fix.edits))
        checked = check_source(after, loader)
        if is_better(report, checked, entry):
            source, report = after, checked
            made.append(found)
        else:
            tried.add(shown(entry))
    return Fixed(source, tuple(made), report)


def next_fix(
    source: SourceFile, report: CheckReport, tried: set[tuple[str, str]]
) -> tuple[Diagnostic, Fix] | None:
    """The first safe fix of the file itself that was not tried yet."""
    for entry in report.diagnostics:
        if entry.primary is None or entry.primary.source.name != source.name or shown(entry) in tried:
            continue
        for fix in entry.fixes:
            if fix.safe:
                return entry, fix
    return None


def is_better(before: CheckReport, after: CheckReport, solved: Diagnostic) -> bool:
    """Whether one problem less is all that has changed; others may have followed from it."""
    left = Counter(map(shown, before.diagnostics)) - Counter([shown(solved)])
    return Counter(map(shown, after.diagnostics)) <= left


def shown(entry: Diagnostic) -> tuple[str, str]:
    """What tells a problem apart, wherever edits have moved it."""
    return entry.code, entry.message
