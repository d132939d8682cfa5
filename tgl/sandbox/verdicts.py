"""What is asked of a sandbox, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

LONGEST_DETAIL = 200
"""Code points of a verdict's detail."""


@dataclass(frozen=True, slots=True)
class Check:
    """A program and its tests.

    Args:
        program: the complete source of the candidate.
        tests: source that defines `check(candidate)`, as in HumanEval; with no entry, plain asserts that
            call the program's functions by name, as in MBPP.
        entry: the function of the program that `check` is given; "" for plain asserts.
    """

    program: str
    tests: str
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use, all bounds included.

    Args:
        cpu_s: seconds of processor time, of the program and of its tests each.
        wall_s: seconds from start to verdict.
        memory_mb: MiB of address space, of the program and of its tests each.
        processes: processes at once, the program itself included; 1: it can start none.
        output_bytes: bytes that are printed.
        files_mb: MiB of files in its temporary folder.
    """

    cpu_s: int = 5
    wall_s: float = 10.0
    memory_mb: int = 512
    processes: int = 1
    output_bytes: int = 1_000_000
    files_mb: int = 16


class Outcome(Enum):
    """How a run ended. Everything but `PASSED` is a wrong answer, except the last two: nothing was judged."""

    PASSED = "passed"
    FAILED = "failed"
    """A test found a wrong value."""
    ERROR = "error"
    """The program has a mistake in its syntax, raised, or ended."""
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT = "output"
    """It printed, or answered, more than it may."""
    KILLED = "killed"
    """It was ended by a signal from outside, such as the kernel's when memory is short."""
    REFUSED = "refused"
    """The tests can't be used."""
    NOT_STARTED = "not started"
    """The machine had no process for it: no memory, no file, no namespace."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run ended, and why in a few words without paths of this machine."""

    outcome: Outcome
    detail: str = ""

    @property
    def passed(self) -> bool:
        """Whether all tests passed."""
        return self.outcome is Outcome.PASSED


class Sandbox(Protocol):
    """A place where generated code runs."""

    def run(self, check: Check, limits: Limits) -> Verdict:
        """The verdict on one program, from processes of its own. Blocks; threads may call it at once."""
        ...

    def describe(self) -> str:
        """All of it that a verdict may depend on: "bubblewrap 0.8.0, Python 3.11.7, judge 0f3a…"."""
        ...


@dataclass(frozen=True, slots=True)
class NoSandbox:
    """Why there is no sandbox here, and what to do about it."""

    reason: str
    fix: str
