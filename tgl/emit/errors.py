"""What can stop a decision from being written; all of it is our fault, never the user's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, eq=False)  # not frozen: leaving a `with` sets the traceback
class UnwrittenDecision(Exception):
    """A decision for which there is no text. Please report it with the program.

    `where` is an address or a name of the program, `reason` what stood in the way.
    """

    where: str
    reason: str

    def __str__(self) -> str:
        return f"the decision for {self.where} cannot be written as text: {self.reason}; please report this"


@dataclass(slots=True, eq=False)  # not frozen: leaving a `with` sets the traceback
class NeedsSingles(Exception):
    """A group of replicas that no replicated statement can describe: it is listed as single nodes instead."""

    group: str


@dataclass(slots=True, eq=False)  # not frozen: leaving a `with` sets the traceback
class NeedsNumbers(Exception):
    """A group whose replicas differ, so that lists have to count exactly those that are left."""

    group: str
