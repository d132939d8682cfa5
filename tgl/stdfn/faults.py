"""What can go wrong with an expression of a run."""

from __future__ import annotations


class EvaluationError(Exception):
    """An expression that has no meaning for the values of this run."""


class FunctionError(EvaluationError):
    """A function written in Python that raised, took too long, or answered with another type."""
