"""Code is scored by its tests: in a sandbox, beside the event loop, each program and its tests once.

A verdict is kept under the hash of all that it follows from: program, tests, limits, and the sandbox with its
version. So a resumed or repeated search runs nothing again, and sees what the first one saw, also of programs
that are about as slow as the limit. A verdict that says nothing about the program is not kept.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from tgl.evaluate.data import Example
from tgl.evaluate.scoring import Graded, NotScored
from tgl.ir import KeySpec
from tgl.keys import Answer, program_in
from tgl.sandbox import Check, Limits, Outcome, Sandbox, Verdict

WORKERS = 4
"""Programs that run at a time."""
NOTE = "verdict:"
"""What the names of kept verdicts start with."""
NOT_KEPT = frozenset({Outcome.KILLED, Outcome.REFUSED, Outcome.NOT_STARTED})


class Notes(Protocol):
    """Where verdicts are kept: a store."""

    def note_get(self, name: str) -> str | None:
        """What was kept under a name."""
        ...

    def note_put(self, name: str, text: str) -> None:
        """Keep a text under a name."""
        ...


@dataclass(frozen=True, slots=True)
class ByTests:
    """1 if the program in a reply passes the row's tests.

    Args:
        key: names the row's fields.
        sandbox: where programs run.
        notes: where verdicts are kept.
    """

    key: KeySpec
    sandbox: Sandbox
    notes: Notes

    @property
    def limits(self) -> Limits:
        """Of each run."""
        return limits_of(self.key)

    async def scores(self, asked: Sequence[tuple[Answer, Example]]) -> Sequence[Graded]:
        """1 or 0 each, with how the run ended; equal programs with equal tests run once.

        Raises:
            NotScored: the tests of a row can't be used, or the machine has no process for them.
        """
        checks = [self.check(answer, example) for answer, example in asked]
        rows = {check: example.index for check, (_, example) in zip(checks, asked, strict=True) if check}
        slots = asyncio.Semaphore(WORKERS)

        async def judged(check: Check) -> Verdict:
            async with slots:
                return await asyncio.to_thread(self.sandbox.run, check, self.limits)

        known = {check: found for check in rows if (found := self.kept(check)) is not None}
        fresh = [check for check in rows if check not in known]
        async with asyncio.TaskGroup() as group:
            runs = [group.create_task(judged(check)) for check in fresh]
        for check, verdict in zip(fresh, (run.result() for run in runs), strict=True):
            if verdict.outcome is Outcome.REFUSED:
                raise refused(rows[check], verdict)
            if verdict.outcome is Outcome.NOT_STARTED:
                raise not_started(verdict)
            if verdict.outcome not in NOT_KEPT:
                self.notes.note_put(self.name(check), json.dumps([verdict.outcome.value, verdict.detail]))
            known[check] = verdict
        return [Graded(0.0, "no program") if check is None else graded(known[check]) for check in checks]

    def check(self, answer: Answer, example: Example) -> Check | None:
        """What is run for an answer; None if there is no program in it."""
        tests, entry, prompt = (
            "" if field is None else str({**example.given, **example.scored_with}[field])
            for field in (self.key.tests, self.key.entry, self.key.prompt)
        )
        program = program_in(answer.text, prompt, entry)
        return None if program is None else Check(program, tests, entry)

    def name(self, check: Check) -> str:
        """The name under which a verdict is kept."""
        whole = [asdict(check), asdict(self.limits), self.sandbox.describe()]
        return NOTE + hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()

    def kept(self, check: Check) -> Verdict | None:
        """The verdict that was kept; a note that is none counts as none."""
        note = self.notes.note_get(self.name(check))
        try:
            outcome, detail = json.loads(note or "null")
            return Verdict(Outcome(outcome), str(detail))
        except (ValueError, TypeError):
            return None


def limits_of(key: KeySpec) -> Limits:
    """The limits of a run; one that waits for nothing uses a processor nearly all the time."""
    if key.timeout is None:
        return Limits()
    return Limits(cpu_s=math.ceil(key.timeout), wall_s=2.0 * key.timeout)


def graded(verdict: Verdict) -> Graded:
    """A verdict as a score."""
    return Graded(1.0 if verdict.passed else 0.0, verdict.outcome.value)


def refused(row: int, verdict: Verdict) -> NotScored:
    """Why a row's tests judge nothing."""
    return NotScored(
        "E0865",
        f"the tests of row {row + 1} of the data can't be used: {verdict.detail}",
        help="tests are Python that defines `check(candidate)`, or plain asserts",
    )


def not_started(verdict: Verdict) -> NotScored:
    """Why nothing was judged, for a reason of this machine."""
    return NotScored(
        "R0312",
        f"a program could not be run: {verdict.detail}",
        help="free memory, space for temporary files or processes and repeat: what was answered is stored",
    )
