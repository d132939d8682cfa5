"""Sources and places: the lowest room. It knows no language."""

from tgl.text.source import Place, SourceFile, Span

__all__ = ["Place", "SourceFile", "Span"]
