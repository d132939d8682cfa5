"""Kills a search at many of its durable records, and lets each killed one go on: `kill_run.py FOLDER COUNT`.

A record is a step of the search's journal, or one response. Every search runs in a fork of this process, so
that two hundred of them don't pay for two hundred starts of Python; a fork is a process like any other, and
SIGKILL leaves it no chance to tidy up. Half of the kills come just before the commit, half just after it.
Prints one JSON object: the number of records, of kills, and what went wrong.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from crash_run import Fake, FastLoop

from tgl.pipeline.searching import prepare, search
from tgl.pipeline.session import RunOptions
from tgl.pipeline.watch import Watch
from tgl.pipeline.workspace import find_workspace
from tgl.report import SilentProgress
from tgl.storage import SqliteStore


@dataclass(frozen=True)
class Kill:
    """Die at record number `at` (0: never) of all, or of the journal's steps; before or after its commit."""

    at: int = 0
    step: bool = False
    before: bool = False


@dataclass
class Counted:
    """Records that the stores of this process committed, and the journal's steps among them."""

    records: int = 0
    steps: int = 0


def count_records(kill: Kill) -> Counted:
    """Count what any store of this process commits from now on, and die where `kill` says."""
    seen = Counted()
    append, commit = SqliteStore.append, SqliteStore.commit_pending

    def passing(records: int, steps: int, work: Callable[[], None]) -> None:
        before, after = (
            (seen.steps, seen.steps + steps) if kill.step else (seen.records, seen.records + records)
        )
        seen.records += records
        seen.steps += steps
        reached = before < kill.at <= after
        if reached and kill.before:
            os.kill(os.getpid(), signal.SIGKILL)
        work()
        if reached:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted_append(self: SqliteStore, search: str, seq: int, kind: str, payload: str) -> None:
        passing(1, 1, lambda: append(self, search, seq, kind, payload))

    def counted_commit(self: SqliteStore) -> None:
        passing(sum(len(records) for records, _ in self.pending), 0, lambda: commit(self))

    SqliteStore.append, SqliteStore.commit_pending = counted_append, counted_commit
    return seen


def run_search(folder: Path, kill: Kill, *, resume: bool, concurrency: int) -> None:
    """One search in this process; writes `out.opt.tgl` and `records` into the folder."""
    counted = count_records(kill)
    os.chdir(folder)
    model = Fake(0)
    with asyncio.Runner(loop_factory=FastLoop) as runner:
        outcome = runner.run(
            search(
                prepare("adds.tgl"),
                find_workspace(folder / "adds.tgl", {"HOME": str(folder)}),
                RunOptions(live=True, concurrency=concurrency),
                Watch(SilentProgress()),
                resume=resume,
                make_model=model.make,
            )
        )
    (folder / "out.opt.tgl").write_text(outcome.text, encoding="utf-8")
    (folder / "records").write_text(
        json.dumps([counted.records, counted.steps, model.asked]), encoding="utf-8"
    )


def forked(work: Callable[[], None]) -> int:
    """Run `work` in a fork; its exit code, negative for the signal that ended it."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    """Run the uninterrupted search, then kill and resume at all steps and `COUNT` records spread over all."""
    base, count = Path(sys.argv[1]), int(sys.argv[2])
    whole = base / "whole"
    shutil.copytree(base / "project", whole)
    if forked(partial(run_search, whole, Kill(), resume=False, concurrency=8)):
        print(json.dumps({"problems": ["the uninterrupted search failed"]}))
        return
    wanted = (whole / "out.opt.tgl").read_bytes()
    records, steps, calls = json.loads((whole / "records").read_text())
    spread = {1 + place * (records - 1) // max(1, count - 1) for place in range(count)}
    points = [(step, True) for step in range(1, steps + 1)] + [(record, False) for record in sorted(spread)]
    problems: list[str] = []
    for number, (at, step) in enumerate(points):
        name = f"{'step' if step else 'record'} {at}"
        folder = base / "killed"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(base / "project", folder)
        kill, width = Kill(at, step, before=number % 2 == 0), (1, 4, 64)[number % 3]
        died = forked(partial(run_search, folder, kill, resume=False, concurrency=width))
        if died != -signal.SIGKILL:
            problems.append(f"{name}: ended with {died} in place of the kill")
            continue
        wide = (64, 1, 8)[number % 3]
        if forked(partial(run_search, folder, Kill(), resume=True, concurrency=wide)):
            problems.append(f"{name}: --resume failed")
        elif (folder / "out.opt.tgl").read_bytes() != wanted:
            problems.append(f"{name}: other bytes")
    told = {"records": records, "steps": steps, "calls": calls, "kills": len(points), "problems": problems}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
