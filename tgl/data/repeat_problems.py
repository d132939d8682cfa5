"""What is told of rows that stand in data more than once, or nearly so."""

from __future__ import annotations

from dataclasses import dataclass

from tgl.data.places import RowPlace
from tgl.diagnostics import Diagnostic, report


@dataclass(frozen=True, slots=True)
class RepeatedRows:
    """Rows whose given fields repeat those of an earlier row. A warning."""

    earlier: RowPlace
    first: RowPlace
    count: int
    conflicting: bool

    def diagnostic(self) -> Diagnostic:
        """W0850."""
        but = " with another target" if self.conflicting else ""
        rows = "row repeats" if self.count == 1 else "rows repeat"
        earlier = self.earlier.label("first asked here")
        return report(
            "W0850",
            f"{self.count} {rows} the given fields of an earlier one{but}; the first is {self.first.words}",
            self.first.label("the same question again"),
            secondary=() if earlier is None else (earlier,),
            notes=() if earlier is not None else (f"it repeats {self.earlier.words}",),
            hint="remove repeats: they share a split, and are counted as if they were independent",
        )


@dataclass(frozen=True, slots=True)
class RepeatedIds:
    """Rows that have the id of an earlier one. An error where the task or the format declares the id."""

    field: str
    value: str
    earlier: RowPlace
    first: RowPlace
    others: int = 0
    is_declared: bool = True

    @property
    def subject(self) -> str:
        return self.field

    def diagnostic(self) -> Diagnostic:
        """E0874, or the warning W0854."""
        earlier = self.earlier.label("first used here")
        return report(
            "E0874" if self.is_declared else "W0854",
            f"{self.first.words} has the `{self.field}` of {self.earlier.words}, {self.value}"
            f"{self.first.more(self.others)}",
            self.first.label("the same id again"),
            secondary=() if earlier is None else (earlier,),
            hint="each row has an id of its own: remove the repeats, or name another field with `id:`",
        )


@dataclass(frozen=True, slots=True)
class NearPair:
    """Two rows of two splits that are nearly the same, and their similarity in [0, 1]."""

    first: RowPlace
    second: RowPlace
    first_split: str
    second_split: str
    similarity: float


@dataclass(frozen=True, slots=True)
class NearRepeats:
    """Rows of two splits that are nearly the same; `pairs` are the first ones of `count`. A warning."""

    pairs: tuple[NearPair, ...]
    count: int

    def diagnostic(self) -> Diagnostic:
        """W0853."""
        one = self.pairs[0]
        earlier = one.first.label(f"nearly the same, in {one.first_split}")
        pairs = "1 pair of rows is" if self.count == 1 else f"{self.count} pairs of rows are"
        return report(
            "W0853",
            f"{pairs} nearly the same in two splits, such as {one.first.words} ({one.first_split}) and "
            f"{one.second.words} ({one.second_split})",
            one.second.label(f"in {one.second_split}"),
            secondary=() if earlier is None else (earlier,),
            notes=[
                f"{pair.first.words} ({pair.first_split}) and {pair.second.words} ({pair.second_split}): "
                f"{pair.similarity:.0%} of their runs of three words"
                for pair in self.pairs
            ],
            hint="keep one of each pair: who was chosen on one has an advantage on the other",
        )
