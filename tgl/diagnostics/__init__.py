"""What a person is told about a program: problems, their codes, and how they are shown."""

from tgl.diagnostics.diagnostic import Diagnostic, Label, Severity
from tgl.diagnostics.problem import Problem

__all__ = ["Diagnostic", "Label", "Problem", "Severity"]
