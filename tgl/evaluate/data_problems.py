"""What can be wrong with a task's data: facts first, the sentence in `diagnostic`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from tgl.diagnostics import Diagnostic, Label, report
from tgl.text import SourceFile, Span


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a data file: its number from 1 and its span, the line end excluded."""

    source: SourceFile
    number: int
    span: Span

    def label(self, text: str = "") -> Label:
        """The line, with a few words."""
        return Label(self.source, self.span, text)

    def at(self, column: int, text: str = "") -> Label:
        """A column of the line, from 0, with a few words."""
        start = min(self.span.start + column, self.span.end)
        return Label(self.source, Span(start, min(start + 1, self.span.end)), text)


def where(line: Line) -> str:
    """A line in words."""
    return f"line {line.number} of `{line.source.name}`"


def more(count: int) -> str:
    """How many other lines have the same problem, in brackets."""
    return "" if count == 0 else " (and 1 more line)" if count == 1 else f" (and {count} more lines)"


@dataclass(frozen=True, slots=True)
class NoExamples:
    """The file holds no example."""

    name: str

    def diagnostic(self) -> Diagnostic:
        """E0850."""
        return report(
            "E0850", f"`{self.name}` holds no examples", hint="put one JSON object on each line of the file"
        )


@dataclass(frozen=True, slots=True)
class NotText:
    """The file is not UTF-8, or holds NUL; `source` is its text as far as it goes, its last byte included.

    `byte` is the one that does not belong; `utf16` tells that the file begins with the mark of UTF-16.
    """

    source: SourceFile
    byte: int
    utf16: bool

    def diagnostic(self) -> Diagnostic:
        """E0851."""
        end = len(self.source.text)
        return report(
            "E0851",
            f"`{self.source.name}` is UTF-16 text, not UTF-8"
            if self.utf16
            else f"`{self.source.name}` is not UTF-8 text",
            Label(
                self.source,
                Span(max(end - 1, 0), end),
                f"the byte 0x{self.byte:02X} " + ("is not UTF-8" if self.byte else "is in no text"),
            ),
            hint="a data file is JSONL: UTF-8 text with one JSON object on each line",
        )


@dataclass(frozen=True, slots=True)
class NotJson:
    """Lines that are no JSON; `reason` is that of the first, `column` (from 0) where it shows."""

    first: Line
    reason: str
    others: int
    column: int | None = None

    def diagnostic(self) -> Diagnostic:
        """E0852."""
        return report(
            "E0852",
            f"{where(self.first)} is not JSON: {self.reason}{more(self.others)}",
            self.first.label("this line") if self.column is None else self.first.at(self.column, "here"),
            hint='each line is one JSON object on its own, such as {"question": "…", "answer": "…"}',
        )


@dataclass(frozen=True, slots=True)
class NotAnObject:
    """Lines that hold some other JSON value; `found` names that of the first."""

    first: Line
    found: str
    others: int

    def diagnostic(self) -> Diagnostic:
        """E0853."""
        return report(
            "E0853",
            f"{where(self.first)} is {self.found}, not an object{more(self.others)}",
            self.first.label("this line"),
            hint="each line is one JSON object with named fields",
        )


@dataclass(frozen=True, slots=True)
class MissingField:
    """Rows without a field that the task names; `present` are the fields of the first such row."""

    field: str
    first: Line
    others: int
    present: tuple[str, ...]

    def diagnostic(self) -> Diagnostic:
        """E0854."""
        fields = ", ".join(f"`{name}`" for name in self.present) or "no fields"
        return report(
            "E0854",
            f"{where(self.first)} has no field `{self.field}`{more(self.others)}",
            self.first.label(f"has {fields}"),
            hint=f"add `{self.field}` to each line, or change `given`, `expect` or `by` in the task",
        )


@dataclass(frozen=True, slots=True)
class NotAScalar:
    """Rows in which a given field is a list, an object or null."""

    field: str
    first: Line
    found: str
    others: int

    def diagnostic(self) -> Diagnostic:
        """E0855."""
        return report(
            "E0855",
            f"field `{self.field}` is {self.found} in {where(self.first)}{more(self.others)}",
            self.first.label("this line"),
            hint="a field that a program reads is text, a number, true or false",
        )


@dataclass(frozen=True, slots=True)
class UnreadableTarget:
    """Rows whose target is no answer under the task's key."""

    field: str
    key: str
    first: Line
    shown: str
    others: int

    def diagnostic(self) -> Diagnostic:
        """E0856."""
        return report(
            "E0856",
            f"`{self.field}` in {where(self.first)} can't be read by the key `{self.key}`: "
            f"{self.shown}{more(self.others)}",
            self.first.label("this line"),
            hint="correct the value, or choose another `key` in the task",
        )


@dataclass(frozen=True, slots=True)
class RepeatedRows:
    """Rows whose given fields repeat those of an earlier row. A warning."""

    earlier: Line
    first: Line
    count: int
    conflicting: bool

    def diagnostic(self) -> Diagnostic:
        """W0850."""
        but = " with another target" if self.conflicting else ""
        rows = "row repeats" if self.count == 1 else "rows repeat"
        return report(
            "W0850",
            f"{self.count} {rows} the given fields of an earlier one{but}; the first is {where(self.first)}",
            self.first.label("the same question again"),
            secondary=(self.earlier.label("first asked here"),),
            hint="remove repeats: they share a split, and are counted as if they were independent",
        )


@dataclass(frozen=True, slots=True)
class EmptySplit:
    """A split that no row fell into."""

    name: str
    split: str
    rows: int

    def diagnostic(self) -> Diagnostic:
        """E0857."""
        return report(
            "E0857",
            f"no row of `{self.name}` falls into the {self.split} split "
            f"({self.rows} row{'' if self.rows == 1 else 's'} in all)",
            hint=f"add rows, or raise `{self.split}` relative to the other splits of the task",
        )


DataProblem: TypeAlias = (
    NoExamples
    | NotText
    | NotJson
    | NotAnObject
    | MissingField
    | NotAScalar
    | UnreadableTarget
    | RepeatedRows
    | EmptySplit
)
