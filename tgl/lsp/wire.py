"""From values to the protocol's types."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

from tgl.diagnostics import Diagnostic, Label, Severity
from tgl.ide import Action, Completion, Entry
from tgl.lsp.documents import uri_of
from tgl.text import Edit, LineIndex, SourceFile, Span

SEVERITY = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}
SYMBOL = {
    "graph": types.SymbolKind.Class,
    "role": types.SymbolKind.Function,
    "fn": types.SymbolKind.Function,
    "model": types.SymbolKind.Object,
    "pool": types.SymbolKind.Array,
    "task": types.SymbolKind.Module,
    "node": types.SymbolKind.Method,
    "port": types.SymbolKind.Property,
    "param": types.SymbolKind.Field,
    "loop": types.SymbolKind.Namespace,
    "each": types.SymbolKind.Namespace,
    "optimize": types.SymbolKind.Event,
    "measured": types.SymbolKind.Event,
}
ITEM = {
    "keyword": types.CompletionItemKind.Keyword,
    "key": types.CompletionItemKind.Property,
    "value": types.CompletionItemKind.EnumMember,
    "module": types.CompletionItemKind.Module,
    "function": types.CompletionItemKind.Function,
    "role": types.CompletionItemKind.Function,
    "fn": types.CompletionItemKind.Function,
    "graph": types.CompletionItemKind.Class,
    "port": types.CompletionItemKind.Field,
    "param": types.CompletionItemKind.Field,
}


def position(index: LineIndex, offset: int) -> types.Position:
    line, column = index.utf16_position(min(offset, len(index.text)))
    return types.Position(line, column)


def range_of(index: LineIndex, span: Span) -> types.Range:
    return types.Range(position(index, span.start), position(index, span.end))


def diagnostic(found: Diagnostic, source: SourceFile, index: LineIndex) -> types.Diagnostic:
    """A diagnostic of a document; one of a file that it uses stands at its beginning and says where."""
    at = found.primary
    words = [found.message]
    span = Span(0, 0)
    if at is not None and at.source.name == source.name:
        span = at.span
        if at.text:
            words.append(at.text)
    elif at is not None:
        words.insert(0, f"in {at.source.name}, line {LineIndex(at.source.text).position(at.span.start)[0]}:")
    words += found.notes
    if found.help:
        words.append(f"help: {found.help}")
    return types.Diagnostic(
        range=range_of(index, span),
        message="\n".join(words),
        severity=SEVERITY[found.severity],
        code=found.code,
        source="tglc",
        related_information=[related(label) for label in found.secondary] or None,
    )


def related(label: Label) -> types.DiagnosticRelatedInformation:
    where = range_of(LineIndex(label.source.text), label.span)
    location = types.Location(uri_of(label.source.name), where)
    return types.DiagnosticRelatedInformation(location, label.text or "here")


def edits(index: LineIndex, changes: Iterable[Edit]) -> list[types.TextEdit]:
    return [types.TextEdit(range_of(index, edit.span), edit.new_text) for edit in changes]


def symbol(index: LineIndex, entry: Entry) -> types.DocumentSymbol:
    return types.DocumentSymbol(
        name=entry.name,
        kind=SYMBOL.get(entry.kind, types.SymbolKind.Variable),
        detail=entry.kind,
        range=range_of(index, entry.span),
        selection_range=range_of(index, entry.name_span),
        children=[symbol(index, inner) for inner in entry.inside],
    )


def item(at: int, found: Completion) -> types.CompletionItem:
    return types.CompletionItem(
        label=found.label,
        kind=ITEM.get(found.kind, types.CompletionItemKind.Variable),
        detail=f"{found.kind} {found.detail}".strip(),
        documentation=types.MarkupContent(types.MarkupKind.Markdown, found.doc) if found.doc else None,
        sort_text=f"{at:04}",
    )


def action(uri: str, source: SourceFile, found: Action) -> types.CodeAction:
    index = LineIndex(source.text)
    solved = [] if found.solves is None else [diagnostic(found.solves, source, index)]
    return types.CodeAction(
        title=found.title,
        kind=types.CodeActionKind.QuickFix if found.kind == "fix" else types.CodeActionKind.RefactorRewrite,
        diagnostics=solved or None,
        is_preferred=found.preferred or None,
        edit=types.WorkspaceEdit(changes={uri: edits(index, found.edits)}),
    )
