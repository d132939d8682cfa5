"""What can be wrong with the rows of data: facts first, the sentence in `diagnostic`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from tgl.data.places import RowPlace
from tgl.diagnostics import Diagnostic, Label, did_you_mean, report
from tgl.text import SourceFile, Span

JSON_LINE = 'each line is one JSON object on its own, such as {"question": "…", "answer": "…"}'


class Problem(Protocol):
    """Something that is wrong."""

    def diagnostic(self) -> Diagnostic:
        """It in words."""
        ...


class RowProblem(Problem, Protocol):
    """Something that may be wrong with many rows: it tells of the first, and counts the others."""

    @property
    def subject(self) -> str:
        """What sets it apart from other problems of its kind, such as a field's name."""
        ...

    @property
    def others(self) -> int:
        """How many further rows have it."""
        ...


@dataclass(slots=True)
class Findings:
    """The first of each kind of problem, in order of appearance, with how many more there are."""

    firsts: dict[tuple[str, str], RowProblem] = field(default_factory=dict)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    whole: list[Problem] = field(default_factory=list)

    def add(self, problem: RowProblem) -> None:
        """A problem of a row."""
        key = (type(problem).__name__, problem.subject)
        self.firsts.setdefault(key, problem)
        self.counts[key] = self.counts.get(key, -1) + 1

    def add_whole(self, problem: Problem) -> None:
        """A problem of a file, or of all."""
        self.whole.append(problem)

    def problems(self) -> tuple[Problem, ...]:
        """Those of files first."""
        return (*self.whole, *(counted(one, self.counts[key]) for key, one in self.firsts.items()))


P = TypeVar("P")


def counted(problem: P, others: int) -> P:
    """The problem with a count of the further rows that have it."""
    return replace(problem, others=others)  # pyright: ignore[reportCallIssue, reportArgumentType, reportUnknownVariableType, reportGeneralTypeIssues]


def listed(names: Iterable[str], most: int = 12) -> str:
    """Names in code quotes, the first `most` of them."""
    every = list(names)
    shown = ", ".join(f"`{name}`" for name in every[:most])
    return shown + (f" and {len(every) - most} more" if len(every) > most else "")


@dataclass(frozen=True, slots=True)
class NoExamples:
    """There is no row; `ignored` are files of a folder that hold none by their names."""

    name: str
    ignored: tuple[str, ...] = ()
    is_folder: bool = False

    def diagnostic(self) -> Diagnostic:
        """E0850."""
        hint = "put one JSON object on each line of the file"
        if self.name.endswith((".csv", ".tsv", ".csv.gz", ".tsv.gz")):
            hint = "the first line names the columns; put a row on each line below it"
        elif self.name.endswith((".json", ".json.gz")):
            hint = "put a list of JSON objects into the file"
        if self.is_folder:
            hint = "name a folder with files of rows: .jsonl, .json, .csv, .tsv, .parquet"
        notes = (f"files that hold no rows: {listed(self.ignored)}",) if self.ignored else ()
        return report("E0850", f"`{self.name}` holds no examples", notes=notes, hint=hint)


@dataclass(frozen=True, slots=True)
class NotText:
    """The file is not UTF-8, or holds NUL; `source` is its text as far as it goes, its last byte included.

    `byte` is the one that does not belong; `guess` names the encoding that the file seems to have.
    """

    source: SourceFile
    byte: int
    guess: str = ""

    def diagnostic(self) -> Diagnostic:
        """E0851."""
        end = len(self.source.text)
        return report(
            "E0851",
            f"`{self.source.name}` is {self.guess}, not UTF-8 text"
            if self.guess
            else f"`{self.source.name}` is not UTF-8 text",
            Label(
                self.source,
                Span(max(end - 1, 0), end),
                f"the byte 0x{self.byte:02X} " + ("is not UTF-8" if self.byte else "is in no text"),
            ),
            hint="a file of rows is UTF-8 text: "
            + (
                "name it with .gz, or unpack it"
                if "gzip" in self.guess
                else "save it as UTF-8, as with `iconv -f ENCODING -t UTF-8`"
            ),
        )


@dataclass(frozen=True, slots=True)
class NotJson:
    """Lines or files that are no JSON; `reason` is that of the first, `column` (from 0) where it shows."""

    first: RowPlace
    reason: str
    others: int = 0
    column: int | None = None
    hint: str = JSON_LINE

    @property
    def subject(self) -> str:
        return ""

    def diagnostic(self) -> Diagnostic:
        """E0852."""
        return report(
            "E0852",
            f"{self.first.words} is not JSON: {self.reason}{self.first.more(self.others)}",
            self.first.label("this line") if self.column is None else self.first.at(self.column, "here"),
            hint=self.hint,
        )


@dataclass(frozen=True, slots=True)
class NotAnObject:
    """Lines that hold some other JSON value; `found` names that of the first."""

    first: RowPlace
    found: str
    others: int = 0

    @property
    def subject(self) -> str:
        return ""

    def diagnostic(self) -> Diagnostic:
        """E0853."""
        hint = "each line is one JSON object with named fields"
        if self.first.unit != "line":
            hint = "a .json file holds one object, or a list of objects, with named fields"
        return report(
            "E0853",
            f"{self.first.words} is {self.found}, not an object{self.first.more(self.others)}",
            self.first.label("this line" if self.first.unit == "line" else "this"),
            hint=hint,
        )


@dataclass(frozen=True, slots=True)
class MissingField:
    """Rows without a field that is asked for; `present` are the fields of the first such row.

    `asked` tells by what: "" by the task's `given`, `expect` or `by`.
    """

    field: str
    first: RowPlace
    others: int
    present: tuple[str, ...]
    asked: str = ""

    @property
    def subject(self) -> str:
        return self.field

    def diagnostic(self) -> Diagnostic:
        """E0854."""
        hint = f"add `{self.field}` to each line, or change `given`, `expect`, `by` or `key` in the task"
        near = did_you_mean(self.field, self.present)
        if self.asked:
            hint = f"{self.asked} asks for it" + (f"; {near}" if near else "")
        elif self.first.unit != "line" or self.first.name.endswith((".csv", ".tsv", ".csv.gz", ".tsv.gz")):
            hint = (
                f"name the field that holds it: `fields {self.field}: NAME` in the task; "
                "or change `given`, `expect`, `by` or `key`"
            )
        if near and not self.asked:
            hint = f"{near} If not, {hint}"
        return report(
            "E0854",
            f"{self.first.words} has no field `{self.field}`{self.first.more(self.others)}",
            self.first.label(f"has {listed(self.present) or 'no fields'}"),
            notes=() if self.first.source is not None else (f"it has {listed(self.present) or 'no fields'}",),
            hint=hint,
        )


@dataclass(frozen=True, slots=True)
class NotReadableValue:
    """Rows in which a field that a program reads is an object, null, or a list where a text is asked."""

    field: str
    first: RowPlace
    found: str
    others: int = 0
    is_list: bool = False

    @property
    def subject(self) -> str:
        return self.field

    def diagnostic(self) -> Diagnostic:
        """E0855."""
        hint = "a field that a program reads is text, a number, true or false"
        if self.is_list:
            hint = f"`{self.field}` is declared as a list: of texts, numbers, true or false"
        elif self.found == "a list":
            hint += f"; for a list, declare the graph's input as one: `{self.field}: list`"
        return report(
            "E0855",
            f"field `{self.field}` is {self.found} in {self.first.words}{self.first.more(self.others)}",
            self.first.itself(),
            hint=hint,
        )


@dataclass(frozen=True, slots=True)
class UnreadableTarget:
    """Rows whose target is no answer under the task's key."""

    field: str
    key: str
    first: RowPlace
    shown: str
    others: int = 0
    options: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        return self.field

    def diagnostic(self) -> Diagnostic:
        """E0856."""
        hint = "correct the value, or choose another `key` in the task"
        if self.options:
            told = ", ".join(self.options)
            hint = f"its options are {told}: correct the value, or name all of them in `options: [{told}, …]`"
        return report(
            "E0856",
            f"`{self.field}` in {self.first.words} can't be read by the key `{self.key}`: "
            f"{self.shown}{self.first.more(self.others)}",
            self.first.itself(),
            hint=hint,
        )


@dataclass(frozen=True, slots=True)
class NoMarker:
    """Rows whose target lacks the text behind which it stands."""

    field: str
    marker: str
    first: RowPlace
    others: int = 0

    @property
    def subject(self) -> str:
        return self.field

    def diagnostic(self) -> Diagnostic:
        """E0856."""
        return report(
            "E0856",
            f"`{self.field}` in {self.first.words} has no `{self.marker}`, behind which the target stands"
            f"{self.first.more(self.others)}",
            self.first.itself(),
            hint=f'add it, or change `after: "{self.marker}"`',
        )


@dataclass(frozen=True, slots=True)
class BadFilter:
    """A condition on rows that can't be decided for some; `reason` is that of the first."""

    first: RowPlace
    reason: str
    others: int = 0

    @property
    def subject(self) -> str:
        return ""

    def diagnostic(self) -> Diagnostic:
        """E0875."""
        return report(
            "E0875",
            f"`where` can't be decided for {self.first.words}: {self.reason}{self.first.more(self.others)}",
            self.first.itself(),
            hint="compare numbers with numbers and texts with texts; `tglc data` shows what the fields hold",
        )


@dataclass(frozen=True, slots=True)
class NothingLeft:
    """No row satisfies `where`."""

    name: str
    rows: int

    def diagnostic(self) -> Diagnostic:
        """E0850."""
        rows = "the only row" if self.rows == 1 else f"none of the {self.rows} rows"
        verb = "does not satisfy" if self.rows == 1 else "satisfies"
        return report(
            "E0850",
            f"`{self.name}` holds no examples: {rows} {verb} `where`",
            hint="loosen `where`; `tglc data` shows what the fields hold",
        )
