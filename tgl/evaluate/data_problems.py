"""What can be wrong with a task's data beside its files and rows (`tgl.data`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from tgl.data import Problem, RowPlace
from tgl.diagnostics import Diagnostic, report

DataProblem: TypeAlias = Problem


@dataclass(frozen=True, slots=True)
class NotForScoring:
    """Rows in which a field that scoring reads holds something else; `wanted` is what it should be."""

    field: str
    first: RowPlace
    wanted: str
    others: int = 0

    @property
    def subject(self) -> str:
        return self.field

    def diagnostic(self) -> Diagnostic:
        """E0864."""
        return report(
            "E0864",
            f"field `{self.field}` can't be scored with in {self.first.words}"
            f"{self.first.more(self.others)}: {self.wanted}",
            self.first.itself(),
            hint="correct the value, or name another field in the task",
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
