"""Places of problems, and the two ways to make a diagnostic at one."""

from __future__ import annotations

from collections.abc import Iterable

from tgl.diagnostics import Diagnostic, Fix, Label, Severity, near_fixes
from tgl.text import SourceFile, Span, frozen


@frozen
class At:
    """A place in a source."""

    source: SourceFile
    span: Span

    def label(self, text: str = "") -> Label:
        """The place with a few words."""
        return Label(self.source, self.span, text)

    def near(self, name: str, names: Iterable[str]) -> tuple[Fix, ...]:
        """Fixes that write one of the names near to the one that stands here, alone or as `other.name`."""
        if not self.source.text[: self.span.end].endswith(name, self.span.start):
            return ()
        return near_fixes(Span(self.span.end - len(name), self.span.end), name, names)


def error(
    code: str,
    at: At,
    message: str,
    label: str = "",
    *,
    hint: str | None = None,
    also: Iterable[Label] = (),
    fixes: Iterable[Fix] = (),
) -> Diagnostic:
    """An error at a place."""
    return Diagnostic(
        code, Severity.ERROR, on_one_line(message), at.label(label), tuple(also), (), hint, tuple(fixes)
    )


def warning(
    code: str,
    at: At,
    message: str,
    label: str = "",
    *,
    hint: str | None = None,
    also: Iterable[Label] = (),
    fixes: Iterable[Fix] = (),
) -> Diagnostic:
    """A warning at a place."""
    return Diagnostic(
        code, Severity.WARNING, on_one_line(message), at.label(label), tuple(also), (), hint, tuple(fixes)
    )


def on_one_line(message: str) -> str:
    """A message that quotes a text of the program may hold its line ends."""
    return " ".join(message.splitlines())


def listed(names: Iterable[str]) -> str:
    """`a`, `b` and `c`."""
    quoted = [f"`{n}`" for n in names]
    return (
        quoted[0]
        if len(quoted) == 1
        else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
        if quoted
        else "nothing"
    )
