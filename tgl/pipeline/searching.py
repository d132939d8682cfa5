"""`optimize`: from a program with choices to the resolved program with its measured figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tgl.diagnostics import Diagnostic
from tgl.evaluate import Found, FoundFront, FrontReport, Search, SearchReport
from tgl.ir import ProgramIR
from tgl.pipeline.decided import decisions
from tgl.pipeline.failed_calls import failed_calls, journal_key, leave_failures, recall_failures
from tgl.pipeline.finished import Finished, finished_before, keep_finished, searched_of
from tgl.pipeline.foreseen import foreseen
from tgl.pipeline.guard import outside_trouble
from tgl.pipeline.known_limits import known_limits
from tgl.pipeline.loading import folder_of, import_texts, load_program, lower_program
from tgl.pipeline.session import MakeModel, RunOptions, Session, load_shots, open_session, shots_hashes
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.task import TaskData, evaluator_of, lengths_of, load_task, split_task
from tgl.pipeline.trouble import placeless
from tgl.pipeline.watch import Watch
from tgl.pipeline.workspace import Workspace
from tgl.pipeline.writing import rehearse, written
from tgl.runtime import BillLine, Counts, FaultLine
from tgl.search import NoJournal
from tgl.semantics import Checked
from tgl.storage import Journal, MemoryStore, Store, export

SAVED = "all responses so far are saved; the same command with --resume goes on from here"


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
        return self.key_of(self.checked.module.source.text, self.shots)

    def key_of(self, text: str, shots: Mapping[str, str]) -> str:
        """Names the journal of a program with the same imports and data."""
        return journal_key(
            text, import_texts(self.checked), self.data.dataset.hash, self.ir.graph.name, shots
        )


@dataclass(frozen=True, slots=True)
class FoundProgram:
    """A resolved program, whole, with what was measured and decided; `name` is its number in a front."""

    name: str
    text: str
    report: SearchReport
    decisions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """What `optimize` made: one program, or the points of a `front`. `test_reads` counts this one, too.

    `text`, `report` and `decisions` are those of the program, of a front those of its last point.
    `replayed` and `asked` are the calls answered from what was stored or recorded, and by models;
    `recorded` the number of responses that travel with the program; `faults` attempts without a reply, by
    class of failure. `unchanged`: this is what an earlier search of the same things found.
    """

    points: tuple[FoundProgram, ...]
    front: FrontReport | None
    warnings: tuple[Diagnostic, ...]
    replayed: int
    asked: int
    recorded: int
    bill: Mapping[str, BillLine]
    test_reads: int
    counts: Counts
    faults: Mapping[str, FaultLine]
    unchanged: bool = False

    @property
    def files(self) -> dict[str, str]:
        """The texts of the points of a front, by file name."""
        return {f"{point.name}.tgl": point.text for point in self.points}

    @property
    def text(self) -> str:
        """The resolved program."""
        return self.points[-1].text

    @property
    def report(self) -> SearchReport:
        """What was measured."""
        return self.points[-1].report

    @property
    def decisions(self) -> tuple[tuple[str, str], ...]:
        """What was decided, by address."""
        return self.points[-1].decisions


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
    seen = foreseen(ir, checked, split_task(data), folder)
    data = replace(data, warnings=(*data.warnings, *seen))
    return SearchPlan(name, checked, ir, data, folder, shots_hashes(ir, folder))


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
    if options.live:
        _, bound = known_limits(plan.ir, lengths_of(plan.ir, splits, load_shots(plan.ir, plan.folder)))
        rehearse(plan.checked, plan.ir, bound)
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
            if not isinstance(found, Found | FoundFront):
                raise Stop(Exit.FAILED, found.diagnostic())
            front = found.report if isinstance(found, FoundFront) else None
            made = programs_of(plan, found)
            points = tuple(point for point, _ in made)
            if not replay:
                for point, resolved in made:
                    leave_failures(session, plan.key_of(point.text, shots_hashes(resolved, plan.folder)))
            if replay and keep:
                keep_finished(session, searched, plan.ir, points=points, front=front)
            reads = kept.count(counter, add=1)
            if record is not None:
                failed = failed_calls(session)
                export(session.executor.store, record, session.executor.known, failures=failed)
        ledger = session.executor.ledger
        return SearchOutcome(
            points=points,
            front=front,
            warnings=plan.data.warnings,
            replayed=watch.snapshot.stored,
            asked=watch.snapshot.issued,
            recorded=session.recorded,
            bill=ledger.bill,
            test_reads=reads,
            counts=session.executor.counts,
            faults=ledger.faults,
        )


def programs_of(plan: SearchPlan, found: Found | FoundFront) -> tuple[tuple[FoundProgram, ProgramIR], ...]:
    """The programs that a search found, written, the cheapest first, each with what it lowers to.

    Raises:
        Stop: one can't be written.
    """
    if isinstance(found, FoundFront):
        named = [(point.name, one) for point, one in zip(found.report.points, found.points, strict=True)]
    else:
        named = [("", found)]
    made: list[tuple[FoundProgram, ProgramIR]] = []
    for name, one in named:
        text, resolved = written(plan.checked, plan.ir, one)
        made.append((FoundProgram(name, text, one.report, decisions(plan.ir, one.resolution)), resolved))
    return tuple(made)


def shown_again(found: Finished, plan: SearchPlan, session: Session, reads: int) -> SearchOutcome:
    """What an earlier search of the same things found, as this one would have told it."""
    counts = found.all_counts
    return SearchOutcome(
        points=tuple(FoundProgram(one.name, one.text, one.report, one.decisions) for one in found.points),
        front=found.front,
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
