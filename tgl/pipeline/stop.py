"""The one way in which a command ends early."""

from __future__ import annotations

from enum import IntEnum

from tgl.diagnostics import Diagnostic


class Exit(IntEnum):
    """Exit codes (docs/language.md, Commands)."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    OUTSIDE = 3
    UNDECIDED = 4
    INTERRUPTED = 130


class Stop(Exception):
    """A command can't go on; what to tell the person, and the exit code."""

    def __init__(self, exit_code: Exit, *diagnostics: Diagnostic, message: str = "") -> None:
        super().__init__(message or "; ".join(diagnostic.message for diagnostic in diagnostics))
        self.exit_code = exit_code
        self.diagnostics = diagnostics
        self.message = message
