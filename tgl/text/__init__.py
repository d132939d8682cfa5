"""Sources, places in them, and changes to them: the lowest room. It knows no language."""

from tgl.text.edits import Edit, apply_edits
from tgl.text.frozen import frozen
from tgl.text.hidden import hidden
from tgl.text.line_index import LineIndex
from tgl.text.source import Place, SourceFile, Span

__all__ = ["Edit", "LineIndex", "Place", "SourceFile", "Span", "apply_edits", "frozen", "hidden"]
