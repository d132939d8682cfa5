"""How the rows of a task's data are read: the format, the fields that are made, the rows that count."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from tgl.ir.expr import Expr, Frozen

DataFormat: TypeAlias = Literal[
    "jsonl", "json", "csv", "tsv", "parquet", "datasets", "math", "mmlu", "gsm8k", "humaneval"
]


SLOT = re.compile(r"\{\{\s*([^\W\d]\w*)\s*\}\}")
"""The place of a field in a template."""


class FieldSpec(Frozen):
    """A field that is made from others: a copy of the field `source`, or a text with `{{ field }}` in it."""

    name: str
    source: str
    is_template: bool = False

    @property
    def sources(self) -> tuple[str, ...]:
        """The fields that it is made from, in order."""
        return tuple(dict.fromkeys(SLOT.findall(self.source))) if self.is_template else (self.source,)


class DataSpec(Frozen):
    """How rows are read.

    Args:
        format: None: the names of the files tell.
        id: the field that tells rows apart; None: the format tells, or there is none.
        fields: made from the fields of the files, in order.
        where: of a row's fields (`Input(instance="row", port=FIELD)`); rows of which it does not hold are
            left out. None: all rows count.
        after: the target is what stands behind the last occurrence of this text in it.
    """

    format: DataFormat | None = None
    id: str | None = None
    fields: tuple[FieldSpec, ...] = ()
    where: Expr | None = None
    after: str | None = None


AS_IT_IS = DataSpec()
"""Every row counts, with the fields that it has; the names of the files tell the format."""
