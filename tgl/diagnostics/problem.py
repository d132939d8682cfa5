"""What every stage reports: error values that know how to become a diagnostic."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from tgl.diagnostics.diagnostic import Diagnostic


@runtime_checkable
class Problem(Protocol):
    """A fact about a program (`UnknownName(span, name, in_scope)`); the sentence is made by `diagnostic`."""

    def diagnostic(self) -> Diagnostic: ...
