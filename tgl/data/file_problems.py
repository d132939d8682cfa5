"""What can be wrong with files of rows as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tgl.data.places import RowPlace
from tgl.data.problems import listed
from tgl.diagnostics import Diagnostic, report

KNOWN_ENDS = ".jsonl, .ndjson, .json, .csv, .tsv, .parquet (text also with .gz)"


@dataclass(frozen=True, slots=True)
class FormatUnclear:
    """A file or a folder whose names do not tell in which format its rows are; `found` counts them by end."""

    name: str
    found: Mapping[str, int]
    is_folder: bool = False

    def diagnostic(self) -> Diagnostic:
        """E0870."""
        if self.is_folder:
            kinds = ", ".join(f"{count} {end}" for end, count in sorted(self.found.items()))
            return report(
                "E0870",
                f"the files in `{self.name}` are of several formats: {kinds}",
                hint='say which ones hold the rows: `data "…", format: csv`; or name a folder with one kind',
            )
        return report(
            "E0870",
            f"the name of `{self.name}` does not tell in which format its rows are",
            hint=f'say it: `data "…", format: jsonl`; or end the name with one of {KNOWN_ENDS}',
        )


@dataclass(frozen=True, slots=True)
class Packed:
    """A file that is packed in a way that is not read."""

    name: str

    def diagnostic(self) -> Diagnostic:
        """E0870."""
        return report(
            "E0870",
            f"`{self.name}` is packed in a way that is not read",
            hint="unpack it, or pack it with gzip",
        )


@dataclass(frozen=True, slots=True)
class SeveralSets:
    """A folder that `datasets` saved, with several sets in it."""

    name: str
    sets: tuple[str, ...]

    def diagnostic(self) -> Diagnostic:
        """E0870."""
        return report(
            "E0870",
            f"`{self.name}` holds several sets of rows: {listed(self.sets)}",
            hint=f'name one of them: `data "{self.name}/{self.sets[0] if self.sets else "test"}"`',
        )


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A file, or a part of one, beyond what is read."""

    name: str
    what: str
    size: int
    most: int

    def diagnostic(self) -> Diagnostic:
        """E0871."""
        return report(
            "E0871",
            f"{self.what} of `{self.name}` has more than {in_bytes(self.most)}"
            + (f" ({in_bytes(self.size)})" if self.size > self.most else ""),
            hint="take a part of the data: a search measures at most some thousands of rows",
        )


def in_bytes(size: int) -> str:
    """A number of bytes in words."""
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size / unit:.4g} {name}"
    return f"{size} bytes"


@dataclass(frozen=True, slots=True)
class Damaged:
    """A file that is not what its name says, or only a part of it."""

    name: str
    what: str
    reason: str

    def diagnostic(self) -> Diagnostic:
        """E0872."""
        return report(
            "E0872",
            f"`{self.name}` can't be read as {self.what}: {self.reason}",
            hint='fetch it again, or say its format: `data "…", format: …`',
        )


@dataclass(frozen=True, slots=True)
class NoArrow:
    """The library for Parquet and Arrow files is not installed."""

    name: str

    def diagnostic(self) -> Diagnostic:
        """R0310."""
        return report(
            "R0310",
            f"`{self.name}` needs the library pyarrow, which is not installed",
            hint="pip install 'tgl[parquet]'; or save the rows as JSONL",
        )


@dataclass(frozen=True, slots=True)
class BadTable:
    """A file of a table (CSV) that breaks off, or has rows of another width."""

    first: RowPlace
    reason: str
    hint: str
    kind: str
    others: int = 0

    @property
    def subject(self) -> str:
        return f"{self.first.name}\0{self.kind}"

    def diagnostic(self) -> Diagnostic:
        """E0873."""
        return report(
            "E0873",
            f"{self.first.words} {self.reason}{self.first.more(self.others)}",
            self.first.label("this row"),
            hint=self.hint,
        )


@dataclass(frozen=True, slots=True)
class NoSuchFile:
    """A file or folder that can't be read; `whose` is in words what it was to be."""

    name: str
    reason: str
    hint: str
    whose: str = ""

    def of(self, whose: str, hint: str | None = None) -> NoSuchFile:
        """The same, with what the file was to be, and perhaps another hint."""
        return replace(self, whose=whose, hint=self.hint if hint is None else hint)

    def diagnostic(self) -> Diagnostic:
        """R0305."""
        return report(
            "R0305",
            f"{self.whose}, {self.name}, can't be read: {self.reason}"
            if self.whose
            else f"{self.name} can't be read: {self.reason}",
            hint=self.hint,
        )
