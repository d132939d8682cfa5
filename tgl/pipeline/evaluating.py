"""`eval` and `verify`: the figures of a resolved program, and whether its `measured` block tells them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tgl.diagnostics import Diagnostic
from tgl.emit import (
    Hashes,
    figure_lines,
    hashes_line,
    imports_hash,
    measured_blocks,
    program_hash,
    staleness,
)
from tgl.evaluate import Alone, FailureReport, NoPrice, ProgramFigures, SealedSplit, Splits, measure_alone
from tgl.ir import ACCURACY, MetricSpec, UnitSpec
from tgl.pipeline.failed_calls import failed_calls, recall_failures, resolved_key
from tgl.pipeline.figures import measured_figures
from tgl.pipeline.guard import outside_trouble
from tgl.pipeline.home import searched_file
from tgl.pipeline.loading import import_texts
from tgl.pipeline.resolved import ResolvedProgram, settings_of
from tgl.pipeline.searching import prepare, search
from tgl.pipeline.session import MakeModel, RunOptions, open_session
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.task import evaluator_of, load_task, split_task
from tgl.pipeline.trouble import placeless
from tgl.pipeline.watch import Watch
from tgl.pipeline.workspace import Workspace
from tgl.report import SilentProgress
from tgl.runtime import BillLine, Counts, FaultLine, Ledger
from tgl.syntax import ast, parse, print_expr
from tgl.text import SourceFile


@dataclass(frozen=True, slots=True)
class EvalOutcome:
    """The figures of a resolved program.

    `lines` are the settings `accuracy`, `cost` and `latency` as the `measured` block writes them. `own_unit`
    tells whether the unit was measured now, because no block remembers it.
    """

    figures: ProgramFigures
    metric: MetricSpec
    lines: tuple[str, ...]
    unit: UnitSpec
    unit_note: str
    own_unit: bool
    data: str
    responses: str
    replayed: int
    asked: int
    counts: Counts
    warnings: tuple[Diagnostic, ...]
    failures: FailureReport
    faults: Mapping[str, FaultLine]
    bill: Mapping[str, BillLine]


async def evaluate(
    program: ResolvedProgram,
    workspace: Workspace,
    options: RunOptions,
    watch: Watch,
    *,
    data: Path | None = None,
    verifying: bool = False,
    make_model: MakeModel | None = None,
) -> EvalOutcome:
    """Measure a resolved program on its test split, or on all rows of another file.

    Raises:
        Stop: it can't be measured.
    """
    task_data = load_task(program.ir, program.folder)
    splits = split_task(task_data, read=("test",) if data is None else ())
    warnings, name = task_data.warnings, task_data.dataset.hash
    if data is not None:
        other = load_task(program.ir, program.folder, data=data)
        splits = Splits(splits.train, splits.select, SealedSplit(other.dataset.examples))
        warnings, name = other.warnings, other.dataset.hash
    async with open_session(
        program.ir, program.folder, workspace, options, on_event=watch.event, make_model=make_model
    ) as session:
        with outside_trouble(session.executor.store):
            # A search's failed calls are part of the figures that it wrote.
            await recall_failures(session, resolved_key(program, name), resume=False, live=options.live)
            alone = await measure_alone(
                program.ir,
                evaluator_of(program.ir, splits, session),
                purpose="verify" if verifying else "final",
                seed=program.seed,
                reference_tokens=program.unit_tokens,
            )
            if isinstance(alone, NoPrice):
                raise Stop(Exit.FAILED, alone.diagnostic())
            if data is None and not verifying:
                session.store.count(f"test:{task_data.task.name}:{name}", add=1)
            if options.live:
                session.store.write_failures(failed_calls(session))
    executor = session.executor
    simulated = program.rests_on_simulation if verifying else bool(program.ir.simulated_models)
    return outcome(
        program, alone, name, watch, warnings, executor.counts, executor.ledger, simulated=simulated
    )


def outcome(
    program: ResolvedProgram,
    alone: Alone,
    data: str,
    watch: Watch,
    warnings: tuple[Diagnostic, ...],
    counts: Counts,
    ledger: Ledger,
    *,
    simulated: bool,
) -> EvalOutcome:
    """Everything that `eval` tells."""
    metric = ACCURACY if program.ir.task is None else program.ir.task.metric
    figures = measured_figures(
        alone.figures,
        alone.cost.unit,
        alone.cost.reference_tokens,
        simulated=simulated,
        deploy=None if program.ir.optimize is None else program.ir.optimize.deploy,
        metric=metric,
        others=() if program.ir.task is None else program.ir.task.others,
    )
    return EvalOutcome(
        figures=alone.figures,
        metric=metric,
        lines=figure_lines(figures),
        unit=alone.cost.unit,
        unit_note=alone.cost.note,
        own_unit=program.unit_tokens is None and alone.cost.reference_tokens is not None,
        data=data,
        responses=alone.responses,
        replayed=watch.snapshot.stored,
        asked=watch.snapshot.issued,
        counts=counts,
        failures=alone.failures,
        faults=ledger.faults,
        bill=ledger.bill,
        warnings=warnings,
    )


@dataclass(frozen=True, slots=True)
class Verification:
    """What was re-derived: `differing` holds (key, what stands there, what was derived).

    `searched` tells whether the whole search was replayed, which also re-derives the lines `search` and
    `baseline`; `why_not` is the reason if not. `failures` are those of the program on test.
    """

    differing: tuple[tuple[str, str, str], ...]
    searched: bool
    why_not: str
    failures: FailureReport | None = None


async def verify(program: ResolvedProgram, workspace: Workspace, options: RunOptions) -> Verification:
    """Re-derive the measured block of a program from stored responses; no model is asked.

    Raises:
        Stop: it can't be derived (exit code 3), or there is no block (1: the file is at fault).
    """
    if program.block is None:
        raise Stop(
            Exit.FAILED, message=f"{program.name} has no `measured` block: `tglc eval` measures the program"
        )
    offline = RunOptions(recorded=options.recorded, trust=options.trust, unsafe=options.unsafe)
    try:
        found = await evaluate(program, workspace, offline, Watch(SilentProgress()), verifying=True)
    except Stop as stop:
        raise underivable(program.name, stop) from None
    texts = import_texts(program.checked)
    hashes = Hashes(program_hash(program.text), imports_hash(texts), found.data, found.responses)
    derived = settings_in((*found.lines, hashes_line(hashes)))
    written = settings_of(program.block)
    differing = not_ours(program, derived)
    differing += [
        (key, shown(written.get(key)), shown(derived[key]))
        for key in derived
        if written.get(key) != derived[key]
    ]
    stale = staleness(program.text, texts, found.data)
    if differing or stale:
        return Verification(tuple(differing), False, "", found.failures)
    try:
        again = await replayed(program, workspace, offline)
    except Stop as stop:
        raise underivable(program.name, stop) from None
    return replace(again, failures=found.failures)


def underivable(name: str, stop: Stop) -> Stop:
    """R0307 where responses are missing: this command asks no model, so that `--live` is no advice here."""
    missing = next((one for one in stop.diagnostics if one.code == "R0302"), None)
    if missing is None:
        return stop
    told = placeless(
        "R0307",
        f"the measured block of {name} can't be derived again: {missing.message}",
        help="import the responses that it was made from, `tglc store import FILE`, or measure again with "
        "`tglc eval --live`",
        notes=missing.notes,
    )
    return Stop(stop.exit_code, told)


REPEATED = ("baseline",)
SEARCHED = ("method", "search", "best_baseline", *REPEATED)
"""Settings that only a replay of the search derives; tglc writes all but `baseline` at most once."""


def not_ours(program: ResolvedProgram, derived: Collection[str]) -> list[tuple[str, str, str]]:
    """What tglc would not have written beside the derived settings.

    Another block or head, unknown settings, or one twice: a person reads the first, tglc the last.
    """
    blocks = measured_blocks(program.text)
    found: list[tuple[str, str, str]] = []
    if len(blocks) > 1:
        found.append(("measured", f"{len(blocks)} blocks", "one block"))
    block = program.block
    if block is None:
        return found
    task = "" if program.ir.task is None else program.ir.task.name
    if block.task != task:
        found.append(("measured", f"{block.graph} on {block.task}", f"{block.graph} on {task}"))
    keys = Counter(setting.key for setting in block.settings if isinstance(setting, ast.Setting))
    for key, count in keys.items():
        if key not in derived and key not in SEARCHED:
            found.append((key, "a setting", "nothing"))
        elif count > 1 and key not in REPEATED:
            found.append((key, f"{count} times", "once"))
    return found


def searched_program(program: ResolvedProgram) -> str | None:
    """The program that a resolved one was written from: `p.tgl` for `p.opt.tgl` and `p.pareto/1.tgl`."""
    found = searched_file(Path(program.name))
    return None if found is None else str(found)


async def replayed(program: ResolvedProgram, workspace: Workspace, options: RunOptions) -> Verification:
    """Replay the search that wrote the program, if the searched program stands beside it.

    Raises:
        Stop: it can't be replayed.
    """
    source = searched_program(program)
    if source is None:
        return Verification((), False, "the program that was searched does not stand beside it")
    try:
        plan = prepare(source)
    except Stop as stop:
        return Verification((), False, f"{source}, which was searched, has errors now: {stop}")
    again = await search(plan, workspace, options, Watch(SilentProgress()), keep=False)
    if program.text in [point.text for point in again.points]:
        return Verification((), True, "")
    difference = ("search", program.name, f"another text, from {source} as it stands now")
    return Verification((difference,), True, "")


def settings_in(lines: tuple[str, ...]) -> dict[str, tuple[ast.Arg, ...]]:
    """Setting lines as a block would hold them."""
    text = "measured g on t {\n" + "\n".join(lines) + "\n}\n"
    [block] = parse(SourceFile("<derived>", text)).module.decls
    assert isinstance(block, ast.Measured)
    return settings_of(block)


def shown(args: tuple[ast.Arg, ...] | None) -> str:
    """A setting's arguments as text."""
    if args is None:
        return "nothing"
    return ", ".join(
        (f"{arg.name}: " if arg.name is not None else "") + print_expr(arg.value) for arg in args
    )
