"""What can go wrong when a space is walked."""

from __future__ import annotations

from tgl.ir import Requirement


class OutsideSpace(ValueError):
    """An assignment that the space does not hold.

    `address` is the choice at fault and `reason` a phrase that completes "`address` …".
    """

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"{address}: {reason}")
        self.address = address
        self.reason = reason


class UnknownValue(OutsideSpace):
    """An assignment that names no choice of the program, or holds a value of the wrong type."""


class DeadEnd(Exception):
    """No atom of a choice has a completion: earlier decisions looked possible and were not together."""

    def __init__(self, address: str, requirement: Requirement | None = None) -> None:
        super().__init__(f"no option of {address} can be completed to a program")
        self.address = address
        self.requirement = requirement


class EmptySpace(ValueError):
    """No candidate exists (or none was found within the limit).

    `requirement`: the one that ended most of the attempts, if such ended them.
    """

    def __init__(self, reason: str, requirement: Requirement | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.requirement = requirement


class StaticCycle(ValueError):
    """Decisions that wait for each other, or nodes that feed each other; a fault of the lowering."""

    def __init__(self, addresses: tuple[str, ...]) -> None:
        super().__init__("depends on itself: " + " -> ".join(addresses))
        self.addresses = addresses
