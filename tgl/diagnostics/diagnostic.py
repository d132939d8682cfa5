"""What a person is told: facts rendered elsewhere, as text or as JSON."""

from __future__ import annotations

from enum import StrEnum

from tgl.text import Edit, SourceFile, Span, frozen


class Severity(StrEnum):
    """How bad it is. Only an error makes a check fail."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@frozen
class Label:
    """A place with a few words on why it matters (may be empty)."""

    source: SourceFile
    span: Span
    text: str = ""


@frozen
class Fix:
    """Edits of the source of a diagnostic's primary label that may put it right.

    `safe` tells that only one repair comes into question; `tglc check --fix` makes those alone, and an
    editor offers the others too.
    """

    title: str
    edits: tuple[Edit, ...]
    safe: bool = False


@frozen
class Diagnostic:
    """One problem.

    `code` is stable (`E0203`), `message` stands alone on one line in the user's words, `primary` is
    None only where there is no place (a missing file), `help` says what to do. `fixes` come best first.
    """

    code: str
    severity: Severity
    message: str
    primary: Label | None = None
    secondary: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    fixes: tuple[Fix, ...] = ()
