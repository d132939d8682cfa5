"""What every stage reports: error values that know how to become a diagnostic."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from tgl.diagnostics.codes import code_info
from tgl.diagnostics.diagnostic import Diagnostic, Fix, Label


@runtime_checkable
class Problem(Protocol):
    """A fact about a program (`UnknownName(span, name, in_scope)`); `diagnostic` makes the sentence."""

    def diagnostic(self) -> Diagnostic: ...


def report(
    code: str,
    message: str,
    primary: Label | None = None,
    *,
    secondary: Iterable[Label] = (),
    notes: Iterable[str] = (),
    hint: str | None = None,
    fixes: Iterable[Fix] = (),
) -> Diagnostic:
    """The diagnostic of a registered code, with the severity that is registered for it.

    Raises:
        ValueError: if the code is not registered.
    """
    severity = code_info(code).severity
    return Diagnostic(code, severity, message, primary, tuple(secondary), tuple(notes), hint, tuple(fixes))


def collect(problems: Iterable[Problem]) -> tuple[Diagnostic, ...]:
    """Diagnostics in the order in which a reader meets their places, each once.

    Those without a place come first; then by source, in order of first appearance; then by offset, then code.
    """
    found = dict.fromkeys(problem.diagnostic() for problem in problems)
    sources = dict.fromkeys(entry.primary.source.name for entry in found if entry.primary)
    rank = {name: at for at, name in enumerate(sources)}

    def key(entry: Diagnostic) -> tuple[int, int, int, str, str]:
        if entry.primary is None:
            return -1, 0, 0, entry.code, entry.message
        span = entry.primary.span
        return rank[entry.primary.source.name], span.start, span.end, entry.code, entry.message

    return tuple(sorted(found, key=key))
