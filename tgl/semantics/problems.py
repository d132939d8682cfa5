"""What has been found wrong so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tgl.diagnostics import Diagnostic, Severity


class Abandon(Exception):
    """A statement cannot be understood further; why was reported, or follows from what was."""


@dataclass(slots=True)
class Problems:
    """One diagnostic for each code and place: replicas repeat a mistake, people do not."""

    found: dict[tuple[str, str, int, int], Diagnostic] = field(
        default_factory=dict[tuple[str, str, int, int], Diagnostic]
    )

    def add(self, problem: Diagnostic, *, detail: str = "") -> None:
        """Report a problem, unless its code was reported at its place.

        Args:
            problem: what to report.
            detail: tells apart problems of one code at one place, such as several missing settings.
        """
        at = problem.primary
        key = (problem.code + detail, "", 0, 0)
        if at is not None:
            key = (problem.code + detail, at.source.name, at.span.start, at.span.end)
        self.found.setdefault(key, problem)

    def abandon(self, problem: Diagnostic) -> Abandon:
        """Report, and the exception to raise."""
        self.add(problem)
        return Abandon()

    def sorted(self, order: Sequence[str]) -> tuple[Diagnostic, ...]:
        """In order of place; files in the order given, then by name."""
        rank = {name: k for k, name in enumerate(order)}

        def key(problem: Diagnostic) -> tuple[int, str, int, int, str, str]:
            at = problem.primary
            if at is None:
                return (-1, "", 0, 0, problem.code, problem.message)
            name = at.source.name
            return (
                rank.get(name, len(rank)),
                name,
                at.span.start,
                at.span.end,
                problem.code,
                problem.message,
            )

        return tuple(sorted(self.found.values(), key=key))

    @property
    def ok(self) -> bool:
        """Whether no error is among them."""
        return all(problem.severity is not Severity.ERROR for problem in self.found.values())
