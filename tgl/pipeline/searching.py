"""`optimize`: from a program with choices to the resolved program with its measured figures."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from tgl.diagnostics import Diagnostic
from tgl.emit import (
    existing_state,
    imports_hash,
    program_hash,
    replace_measured,
    resolve_text,
)
from tgl.evaluate import FAILURES, Found, Search, SearchReport, failures_in
from tgl.ir import ProgramIR
from tgl.pipeline.decided import decisions
from tgl.pipeline.figures import measured_block
from tgl.pipeline.finished import Finished, finished_before, keep_finished, searched_of
from tgl.pipeline.guard import outside_trouble
from tgl.pipeline.loading import FileLoader, folder_of, import_texts, load_program, lower_program
from tgl.pipeline.resolved import ResolvedProgram
from tgl.pipeline.session import MakeModel, RunOptions, Session, open_session, shots_hashes, shots_paths
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.task import TaskData, evaluator_of, load_task, split_task
from tgl.pipeline.trouble import placeless
from tgl.pipeline.watch import Watch
from tgl.pipeline.workspace import Workspace
from tgl.runtime import BillLine, Counts, FaultLine
from tgl.search import NoJournal
from tgl.semantics import Checked, check, lower
from tgl.space import Resolution, resolve
from tgl.storage import Journal, MemoryStore, Store, StoredFailure, export
from tgl.text import SourceFile
from tgl.version import VERSION

SAVED = "all responses so far are saved; the same command with --resume goes on from here"


def journal_key(text: str, imports: tuple[str, ...], data: str, graph: str, shots: Mapping[str, str]) -> str:
    """Names a program's journal in the store: hash of program, imports, data, shots and version."""
    parts: list[JsonValue] = [VERSION, program_hash(text), imports_hash(imports), data, graph]
    if shots:
        parts.append(dict(shots))
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """A program that is ready to be searched; nothing was asked of a model yet.

    `shots` are the hashes of the files of few-shot rows, by path.
    """

    name: str
    checked: Checked
    ir: ProgramIR
    data: TaskData
    folder: Path
    shots: Mapping[str, str]

    @property
    def paid(self) -> tuple[str, ...]:
        """The models whose calls may cost money, by name: not run here, and not declared to be free."""
        return tuple(
            model.name
            for model in self.ir.models
            if not model.is_free and (model.prompt_price, model.completion_price) != (0, 0)
        )

    @property
    def key(self) -> str:
        """Names the search in the store."""
        return journal_key(
            self.checked.module.source.text,
            import_texts(self.checked),
            self.data.dataset.hash,
            self.ir.graph.name,
            self.shots,
        )


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """What `optimize` made. `text` is the whole resolved program; `test_reads` counts this one, too.

    `replayed` and `asked` are the calls answered from what was stored or recorded, and by models;
    `recorded` the number of responses that travel with the program; `faults` attempts without a reply, by
    class of failure. `unchanged`: this is what an earlier search of the same things found.
    """

    text: str
    report: SearchReport
    decisions: tuple[tuple[str, str], ...]
    warnings: tuple[Diagnostic, ...]
    replayed: int
    asked: int
    recorded: int
    bill: Mapping[str, BillLine]
    test_reads: int
    counts: Counts
    faults: Mapping[str, FaultLine]
    unchanged: bool = False


def prepare(name: str, *, graph: str | None = None) -> SearchPlan:
    """Check everything that can be checked before the first call.

    Raises:
        Stop: the program or its data has errors, or there is nothing to search.
    """
    checked = load_program(name)
    ir = lower_program(checked, graph=graph)
    if ir.optimize is None:
        raise Stop(
            Exit.FAILED,
            placeless(
                "E0751",
                f"`{ir.graph.name}` has no `optimize` block, so there is no goal to search for",
                help="write `optimize GRAPH on TASK { maximize accuracy }`",
            ),
        )
    if ir.is_resolved:
        raise Stop(
            Exit.FAILED,
            placeless(
                "E0752",
                f"{name} holds no `~`: there is nothing to decide",
                help=f"`tglc eval {name}` measures it; put a `~` before what may vary to search",
            ),
        )
    folder = folder_of(name)
    data = load_task(ir, folder)
    split_task(data)
    return SearchPlan(name, checked, ir, data, folder, shots_hashes(ir, folder))


def default_output(name: str) -> Path:
    """`p.tgl` gives `p.opt.tgl`."""
    path = Path(name)
    return path.with_name(path.name.removesuffix(".tgl").removesuffix(".opt") + ".opt.tgl")


def refuse_to_lose(output: Path, source: str, *, force: bool) -> None:
    """Make sure, before the search, that writing `output` is possible and loses nothing of a person's.

    Raises:
        Stop: it can't be written, is the searched program itself, or (without `force`) was edited by hand.
    """
    refuse_place(output, "--output")
    if same_file(output, Path(source)):
        raise Stop(
            Exit.USAGE,
            placeless(
                "R0305",
                f"{output} is the program that is searched",
                help="name another file with --output",
            ),
        )
    text = output.read_text(encoding="utf-8", errors="replace") if output.exists() else None
    state = existing_state(text)
    if not force and not state.may_be_overwritten:
        raise Stop(
            Exit.FAILED,
            placeless(
                "R0306",
                f"{output} was {state.value}",
                help="--force overwrites it; --output FILE writes elsewhere",
            ),
        )


def refuse_place(path: Path, option: str) -> None:
    """Make sure that a file can be made or replaced at `path`, which `option` named.

    Raises:
        Stop: it can't, or what stands there is no file.
    """
    folder = Path(os.path.realpath(path)).parent
    if path.is_dir():
        reason = "it is a folder"
    elif path.exists() and not path.is_file():
        reason = "it is no regular file"
    elif not folder.is_dir() or not os.access(folder, os.W_OK):
        reason = f"{folder} is no folder that can be written"
    else:
        return
    raise Stop(Exit.USAGE, placeless("R0305", f"{path}: {reason}", help=f"name another file with {option}"))


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file."""
    return one.exists() and other.exists() and one.samefile(other)


def refuse_to_record(record: Path, plan: SearchPlan, output: Path) -> None:
    """Make sure, before the search, that its responses can be written to `record` and replace nothing else.

    Raises:
        Stop: it can't be written, or is a file that the program needs, or `output`.
    """
    refuse_place(record, "--record")
    task = plan.ir.task
    data = () if task is None else (plan.folder / task.data,)
    shots = (plan.folder / path for path in shots_paths(plan.ir.graph))
    needed = (Path(plan.name), *map(Path, plan.checked.modules), *data, *shots)
    if any(same_file(record, path) for path in needed) or os.path.realpath(record) == os.path.realpath(
        output
    ):
        raise Stop(
            Exit.USAGE,
            placeless(
                "R0305",
                f"{record} is part of the program or its result",
                help="name another file with --record",
            ),
        )


async def search(
    plan: SearchPlan,
    workspace: Workspace,
    options: RunOptions,
    watch: Watch,
    *,
    resume: bool = False,
    keep: bool = True,
    record: Path | None = None,
    make_model: MakeModel | None = None,
    again: bool = True,
) -> SearchOutcome:
    """Run a search to its end.

    Args:
        plan: from `prepare`.
        workspace: where the store and the weights are.
        options: how it runs.
        watch: is told where it stands.
        resume: go on from the journal of an interrupted search.
        keep: write a journal and count the reading of the test split.
        record: a file to write the responses to that this search needed.
        make_model: makes back-ends, in place of the declared providers.
        again: search though nothing has changed since the last time.

    Raises:
        Stop: it can't be finished; what was paid for is stored.
    """
    splits = split_task(plan.data)
    async with open_session(
        plan.ir, plan.folder, workspace, options, on_event=watch.event, make_model=make_model
    ) as session:
        saved = SAVED if options.live else ""
        with outside_trouble(session.executor.store, saved=saved):
            kept = session.store if keep else MemoryStore()
            await recall_failures(session, plan.key, resume=resume, live=options.live)
            # A replay takes no step of its own: what a live search left stays there for `--resume`.
            replay = not (resume or options.live)
            journal = NoJournal() if replay else Journal(kept, plan.key, resume=resume)
            if options.live:
                keep_bill(session, kept, plan.key, resume=resume)
            counter = f"test:{plan.data.task.name}:{plan.data.dataset.hash}"
            searched = searched_of(plan.key, plan.checked, plan.ir.graph.name, workspace.store)
            if (replay and record is None and not again) and (
                before := finished_before(session, searched, plan.ir)
            ) is not None:
                return shown_again(before, plan, session, kept.count(counter, add=1))
            found = await Search(
                plan.ir,
                evaluator_of(plan.ir, splits, session),
                plan.data.dataset.hash,
                journal,
                watch.notice,
            ).run()
            if not isinstance(found, Found):
                raise Stop(Exit.FAILED, found.diagnostic())
            text = written(plan, found)
            if not replay:
                leave_failures(session, plan, text)
            decided = decisions(plan.ir, found.resolution)
            if replay and keep:
                keep_finished(session, searched, plan.ir, text=text, report=found.report, decisions=decided)
            reads = kept.count(counter, add=1)
            if record is not None:
                failed = failed_calls(session)
                export(session.executor.store, record, session.executor.known, failures=failed)
        ledger = session.executor.ledger
        return SearchOutcome(
            text=text,
            report=found.report,
            decisions=decided,
            warnings=plan.data.warnings,
            replayed=watch.snapshot.stored,
            asked=watch.snapshot.issued,
            recorded=session.recorded,
            bill=ledger.bill,
            test_reads=reads,
            counts=session.executor.counts,
            faults=ledger.faults,
        )


def shown_again(found: Finished, plan: SearchPlan, session: Session, reads: int) -> SearchOutcome:
    """What an earlier search of the same things found, as this one would have told it."""
    counts = found.all_counts
    return SearchOutcome(
        text=found.text,
        report=found.report,
        decisions=found.decisions,
        warnings=plan.data.warnings,
        replayed=counts.stored,
        asked=0,
        recorded=session.recorded,
        bill={},
        test_reads=reads,
        counts=counts,
        faults={},
        unchanged=True,
    )


async def recall_failures(session: Session, key: str, *, resume: bool, live: bool) -> None:
    """Let calls fail again that failed in a search that goes on or is replayed: failures are not stored.

    Raises:
        StoreError: the journal can't be read.
    """
    if live and not resume:
        return
    failed = journalled_failures(session.store, key) if resume else await failed_before(session, key)
    for identity, failure, detail in failed:
        session.executor.assume_failed(identity, failure, detail)


async def failed_before(session: Session, key: str) -> list[tuple[str, str, str]]:
    """The failed calls that a replay repeats: identity, class, detail; the last of an identity counts.

    What has been answered since is believed. What travels with a program counts before the store, failures
    too.

    Raises:
        StoreError: the store can't be read.
    """
    seen = [*journalled_failures(session.store, key), *map(as_tuple, session.store.failures())]
    answered = await session.executor.store.get_many([identity for identity, _, _ in seen])
    return [*(one for one in seen if one[0] not in answered), *map(as_tuple, session.failures)]


def resolved_key(program: ResolvedProgram, data: str) -> str:
    """Names the journal in which a search left the failed calls of the program that it wrote.

    Args:
        program: the resolved program.
        data: hash of the data that it is measured on.
    """
    shots = shots_hashes(program.ir, program.folder)
    return journal_key(program.text, import_texts(program.checked), data, program.ir.graph.name, shots)


def journalled_failures(store: Store, key: str) -> list[tuple[str, str, str]]:
    """The failed calls in a journal: identity, class, detail.

    Raises:
        StoreError: the journal can't be read.
    """
    steps = (step for step in store.journal_read(key) if step.kind == FAILURES)
    return [failed for step in steps for failed in failures_in(step.value)]


def as_tuple(failed: StoredFailure) -> tuple[str, str, str]:
    """A failed call as journals hold it."""
    return failed.identity, failed.failure, failed.detail


def keep_bill(session: Session, kept: Store, key: str, *, resume: bool) -> None:
    """Let the bill of a search that goes on continue, its cap with it, and keep it from now on.

    Raises:
        StoreError: it can't be read.
    """
    name, ledger = f"bill:{key}", session.executor.ledger
    before = kept.note_get(name) if resume else None
    if before is not None:
        ledger.restore(json.loads(before))
    session.executor.keep_bill = lambda: kept.note_put(name, json.dumps(ledger.snapshot()))
    if not resume:
        # The bill of an earlier search must not become this one's, should it end before its first note.
        session.executor.keep_bill()


def failed_calls(session: Session) -> list[StoredFailure]:
    """The calls that have failed for good in this session."""
    return [
        StoredFailure(identity=name, failure=one.failure, detail=one.detail)
        for name, one in session.executor.failed.items()
    ]


def leave_failures(session: Session, plan: SearchPlan, text: str) -> None:
    """Let `eval` and `verify` of the resolved program know the calls that failed: they are not stored.

    Raises:
        StoreError: the store can't be written.
    """
    shots = shots_hashes(lowered_again(plan, text)[1], plan.folder)
    key = journal_key(text, import_texts(plan.checked), plan.data.dataset.hash, plan.ir.graph.name, shots)
    session.store.journal_clear(key)
    failed = session.executor.failed
    if failed:
        rows: list[JsonValue] = [[name, failed[name].failure, failed[name].detail] for name in sorted(failed)]
        Journal(session.store, key, resume=False).record(FAILURES, rows)


def written(plan: SearchPlan, found: Found) -> str:
    """The resolved program with its measured block, seen to be the program that was measured."""
    text = resolve_text(plan.checked, plan.ir, found.resolution)
    checked = agree(plan, text, found.resolution)
    block = measured_block(
        found.report,
        program=program_hash(text),
        imports=imports_hash(import_texts(checked)),
    )
    return replace_measured(text, block)


def agree(plan: SearchPlan, text: str, resolution: Resolution) -> Checked:
    """Invariant 5, on every result: the text that is written is the program that was measured.

    Returns:
        The resolved program, checked.

    Raises:
        RuntimeError: it is not; a fault of ours.
    """
    checked, ir = lowered_again(plan, text)
    if resolve(ir, {}).candidate.digest != resolution.candidate.digest:
        raise RuntimeError("the resolved text is not the program that was measured")
    return checked


def lowered_again(plan: SearchPlan, text: str) -> tuple[Checked, ProgramIR]:
    """A resolved program's text, checked, and its IR.

    Raises:
        RuntimeError: it has errors; a fault of ours.
    """
    checked = check(SourceFile(plan.checked.module.source.name, text), FileLoader())
    lowered = lower(checked, plan.ir.graph.name)
    if lowered.ir is None:
        told = "; ".join(problem.message for problem in lowered.problems)
        raise RuntimeError(f"the resolved program has errors: {told}")
    return checked, lowered.ir
