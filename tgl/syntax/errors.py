"""What can be wrong with the shape of a program: one class for each code."""

from __future__ import annotations

from dataclasses import dataclass

from tgl.diagnostics import Diagnostic, Label, Severity
from tgl.text import SourceFile, Span


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """A place in a source that cannot be read."""

    source: SourceFile
    span: Span

    def diagnostic(self) -> Diagnostic:
        raise NotImplementedError

    def error(self, code: str, message: str, label: str = "", hint: str | None = None) -> Diagnostic:
        """The diagnostic of this problem, at its place."""
        return Diagnostic(code, Severity.ERROR, message, Label(self.source, self.span, label), help=hint)


@dataclass(frozen=True, slots=True)
class Unexpected(SyntaxProblem):
    """E0101: a word or sign that does not fit here."""

    text: str
    expected: str

    def diagnostic(self) -> Diagnostic:
        return self.error("E0101", f"`{self.text}` cannot stand here", f"expected {self.expected}")


@dataclass(frozen=True, slots=True)
class BadNumber(SyntaxProblem):
    """E0107: a number with an unknown unit, or out of range."""

    text: str

    def diagnostic(self) -> Diagnostic:
        return self.error("E0107", f"`{self.text}` is not a number that can be read")


@dataclass(frozen=True, slots=True)
class BadEscape(SyntaxProblem):
    """E0108: a backslash in a string before something it gives no meaning to."""

    text: str

    def diagnostic(self) -> Diagnostic:
        return self.error("E0108", f"`{self.text}` means nothing in a string")
