"""Diagnostics that a command makes itself. Apart from `trouble`, so that `tglc check` loads no back-end."""

from __future__ import annotations

from tgl.diagnostics import Diagnostic, Label, code_info


def placeless(code: str, message: str, *, help: str | None = None, notes: tuple[str, ...] = ()) -> Diagnostic:
    """A diagnostic about something that has no place in a text."""
    return Diagnostic(code, code_info(code).severity, message, notes=notes, help=help or None)


def placed(code: str, message: str, label: Label, *, help: str | None = None) -> Diagnostic:
    """A diagnostic about a place in a program."""
    return Diagnostic(code, code_info(code).severity, message, label, help=help)
