"""Diagnostics while somebody types: at once for what was touched, exact as soon as there is time.

`quick` checks a text in which everything is blanked that the touched declarations do not lead to, so that all
offsets stay; what was known about the other declarations moves with them. `whole` is what `tglc check` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tgl.diagnostics import Diagnostic, Fix, Label, nearest_names
from tgl.ide.chunks import Chunk, Touched, closure, cut, declared, touched
from tgl.pipeline.checking import check_source
from tgl.pipeline.loading import sorted_problems
from tgl.semantics import Loader, check
from tgl.text import Edit, SourceFile, Span

# Whether a file has declarations at all, and whether its figures still hold, is known of whole files only.
OF_WHOLE_FILES = frozenset({"W0101", "W0701"})


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong with a text. `exact` tells that it is what `tglc check` says, in all of the file."""

    source: SourceFile
    chunks: tuple[Chunk, ...]
    diagnostics: tuple[Diagnostic, ...]
    exact: bool


def whole(source: SourceFile, loader: Loader) -> Findings:
    """All that is wrong with a text. Never raises on what a person wrote."""
    return Findings(source, cut(source.text), check_source(source, loader).diagnostics, exact=True)


def quick(before: Findings, source: SourceFile, loader: Loader) -> Findings:
    """What is wrong with a text after a small change, without looking at what the change does not reach.

    Declarations that use a changed one keep what was known about them; `whole` tells that.

    Args:
        before: of the text before the change.
        source: the text now.
        loader: finds the files that it uses.
    """
    if before.source == source:
        return before
    chunks = cut(source.text)
    change = touched(before.chunks, chunks)
    fresh = part(source, chunks, change, loader)
    moved = Move(before.source, source, change.dropped)
    seen = {(entry.code, entry.primary.span) for entry in fresh if entry.primary}
    kept = [
        found
        for found in map(moved.diagnostic, before.diagnostics)
        if found is not None and (found.primary is None or (found.code, found.primary.span) not in seen)
    ]
    return Findings(source, chunks, in_order((*fresh, *kept), source.name), exact=False)


def part(
    source: SourceFile, chunks: Sequence[Chunk], change: Touched, loader: Loader
) -> tuple[Diagnostic, ...]:
    """What is wrong in the touched pieces."""
    wanted = range(change.first, change.end)
    if not wanted:
        return ()
    needed = closure(chunks, wanted)
    found = reduced(source, chunks, needed, loader)
    if more := may_be_meant(source, chunks, found):
        found = reduced(source, chunks, closure(chunks, (*wanted, *more)), loader)
    area = Span(chunks[change.first].start, chunks[change.end - 1].end)
    return tuple(entry for entry in found if entry.primary and inside(entry.primary, source, area))


def inside(label: Label, source: SourceFile, area: Span) -> bool:
    return label.source.name == source.name and area.start <= label.span.start <= area.end


def reduced(
    source: SourceFile, chunks: Sequence[Chunk], needed: frozenset[int], loader: Loader
) -> tuple[Diagnostic, ...]:
    """What is wrong with a file of some of its pieces, the others blanked."""
    text = "".join(
        chunk.text if at in needed else " " * (len(chunk.text) - 1) + chunk.text[-1:]
        for at, chunk in enumerate(chunks)
    )
    if sum(chunk.facts.head == "graph" for chunk in chunks) > 1:
        # With one graph left, that one would be taken for the program that is run.
        text += f"\ngraph {free_name(source.text)}(question) {{ output question }}\n"
    checked = check(SourceFile(source.name, text), loader)
    move = Move(checked.module.source, source, Span(len(source.text), len(text)))
    moved = map(move.diagnostic, sorted_problems(checked))
    return tuple(found for found in moved if found is not None and found.code not in OF_WHOLE_FILES)


def free_name(text: str) -> str:
    """A name that does not occur in a text."""
    name = "another"
    while name in text:
        name += "_"
    return name


def may_be_meant(source: SourceFile, chunks: Sequence[Chunk], found: Sequence[Diagnostic]) -> frozenset[int]:
    """The pieces that declare names near to one that was not found: they belong into the suggestions."""
    by_name = declared(chunks)
    words = {
        source.text[entry.primary.span.start : entry.primary.span.end]
        for entry in found
        if entry.code in ("E0203", "E0516") and entry.primary
    }
    return frozenset(at for word in words for name in nearest_names(word, by_name) for at in by_name[name])


def in_order(found: Sequence[Diagnostic], name: str) -> tuple[Diagnostic, ...]:
    """Diagnostics in the order of `tglc check`: the file itself first, by place."""

    def key(entry: Diagnostic) -> tuple[int, str, int, int, str, str]:
        at = entry.primary
        if at is None:
            return (-1, "", 0, 0, entry.code, entry.message)
        other = at.source.name != name
        return (int(other), at.source.name, at.span.start, at.span.end, entry.code, entry.message)

    return tuple(sorted(found, key=key))


@dataclass(frozen=True, slots=True)
class Move:
    """From one text to another of which only what stood at `dropped` differs."""

    old: SourceFile
    new: SourceFile
    dropped: Span

    def diagnostic(self, found: Diagnostic) -> Diagnostic | None:
        """The diagnostic in the new text; None if it stood in what was dropped."""
        at = found.primary
        if at is not None and at.source.name == self.old.name and self.was_dropped(at.span):
            return None
        return replace(
            found,
            primary=None if at is None else self.label(at),
            secondary=tuple(map(self.label, found.secondary)),
            fixes=tuple(map(self.fix, found.fixes)) if self.is_here(at) else found.fixes,
        )

    def is_here(self, label: Label | None) -> bool:
        return label is not None and label.source.name == self.old.name

    def was_dropped(self, span: Span) -> bool:
        return self.dropped.start <= span.start < self.dropped.end

    def label(self, label: Label) -> Label:
        return Label(self.new, self.span(label.span), label.text) if self.is_here(label) else label

    def fix(self, fix: Fix) -> Fix:
        return replace(fix, edits=tuple(Edit(self.span(e.span), e.new_text) for e in fix.edits))

    def span(self, span: Span) -> Span:
        return Span(self.offset(span.start), self.offset(span.end))

    def offset(self, offset: int) -> int:
        by = len(self.new.text) - len(self.old.text)
        behind = offset >= self.dropped.end and self.dropped.end < len(self.old.text)
        return min(max(offset + by if behind else offset, 0), len(self.new.text))
