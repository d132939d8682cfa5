"""`plan`: what is known of a program before the first call. Nothing is asked of a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tgl.diagnostics import Diagnostic
from tgl.evaluate import (
    NoCandidate,
    NoPrice,
    Splits,
    cost_model,
    reachable_models,
)
from tgl.ir import Candidate, ProgramIR
from tgl.models import ModelError, fingerprint_of, settings_of
from tgl.pipeline.foreseen import foreseen
from tgl.pipeline.known_limits import known_limits
from tgl.pipeline.loading import folder_of, load_program, lower_program
from tgl.pipeline.session import RunOptions, Session, load_shots, open_recorded, open_session
from tgl.pipeline.spending import SearchEstimate, StoredShare, search_estimate, stored_share
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.task import lengths_of, load_task, split_task
from tgl.pipeline.trouble import placeless
from tgl.pipeline.workspace import Workspace
from tgl.runtime import value_of
from tgl.semantics import Checked
from tgl.space import (
    Bound,
    CandidateBounds,
    EmptySpace,
    Known,
    Lengths,
    RemovedOption,
    Seen,
    SpaceBounds,
    SpaceSize,
    Stream,
    by_name,
    candidate_bounds,
    mode,
    refused,
    removed_options,
    resolve,
    sample,
    space_bounds,
    space_size,
)
from tgl.storage import StoredResponse

PIECE = 16
"""Hex digits that a stored origin keeps of a fingerprint."""


@dataclass(frozen=True, slots=True)
class ProgramPlan:
    """What is known of a program before the first call.

    Args:
        ir: the program.
        of: what the bounds are of: the whole space, or one candidate, in words.
        size: candidates and different programs; None for one candidate.
        bounds: least, usual and most of a run.
        seen: what is recorded of the models.
        limits: the limits that are kept by construction, as written, and those that wait for a measurement.
        removed: options that no program has.
        stored: what the store answers; None without a task.
        search: what a search is expected to need; None where there is none.
        problems: what would end the search, or should be looked at first.
    """

    ir: ProgramIR
    of: str
    size: SpaceSize | None
    bounds: SpaceBounds | CandidateBounds
    seen: Mapping[str, Seen]
    limits: tuple[tuple[str, bool], ...]
    removed: tuple[RemovedOption, ...]
    stored: StoredShare | None
    search: SearchEstimate | None
    problems: tuple[Diagnostic, ...]


async def plan_program(
    name: str,
    workspace: Workspace,
    options: RunOptions,
    *,
    graph: str | None = None,
    candidate: str | None = None,
    exact: bool = False,
    on_walk: Callable[[int], None] = lambda _: None,
) -> ProgramPlan:
    """What is known of a program before the first call.

    Args:
        name: the program's file.
        workspace: where the store is.
        options: whether recorded responses count; it is never live.
        graph: which graph, if there are several.
        candidate: `mode`, or the seed of a drawn one; None: the whole space.
        exact: count programs to the end, as `space_size` does.
        on_walk: is told how far that is.

    Raises:
        Stop: the program or its data has errors, or no program meets its limits.
    """
    checked = load_program(name)
    ir = lower_program(checked, graph=graph)
    folder = folder_of(name)
    async with open_session(ir, folder, workspace, options, on_event=lambda _: None) as session:
        return await Planning(ir, checked, folder, session, options).plan(
            candidate, exact=exact, on_walk=on_walk
        )


@dataclass(slots=True)
class Planning:
    """One plan being made."""

    ir: ProgramIR
    checked: Checked
    folder: Path
    session: Session
    options: RunOptions

    async def plan(self, wanted: str | None, *, exact: bool, on_walk: Callable[[int], None]) -> ProgramPlan:
        """The plan."""
        ir = self.ir
        splits, problems = None, list[Diagnostic]()
        if ir.task is not None:
            data = load_task(ir, self.folder)
            splits = split_task(data) if ir.optimize is not None else split_task(data, read=())
            problems += data.warnings
            if ir.optimize is not None:
                # what a unit is may have to be measured; what a measurement would not tell is known now
                priced = cost_model(ir.task, reachable_models(ir), reference_tokens=1.0)
                problems += [priced.diagnostic()] if isinstance(priced, NoPrice) else []
            problems += foreseen(ir, self.checked, splits, self.folder)
        known = self.known(splits)
        limits, bound = known_limits(ir, known.lengths)
        try:
            if bound is not None and (reason := refused(ir, bound)) is not None:
                raise EmptySpace(reason)
            removed = removed_options(ir, bound)
            if wanted is None and not ir.is_resolved:
                of, size = "the whole space", space_size(ir, bound=bound, exact=exact, on_walk=on_walk)
                bounds: SpaceBounds | CandidateBounds = space_bounds(ir, known, bound)
                looked_at = resolve(ir, mode(ir, bound=bound), bound).candidate
            else:
                of, looked_at = self.chosen(wanted, bound)
                size, bounds = None, candidate_bounds(looked_at, known)
        except EmptySpace as error:
            texts = [text for text, kept in limits if kept]
            raise Stop(Exit.FAILED, NoCandidate(texts, str(error)).diagnostic()) from None
        stored = search = None
        if splits is not None:
            stored = await stored_share(self.session, looked_at, splits)
            if ir.optimize is not None and not ir.is_resolved:
                search = await search_estimate(ir, self.session, splits, known, bound, programs_of(size))
                problems += search.problems
        return ProgramPlan(ir, of, size, bounds, known.seen, limits, removed, stored, search, tuple(problems))

    def chosen(self, wanted: str | None, bound: Bound | None) -> tuple[str, Candidate]:
        """One candidate, in words and as it is.

        Raises:
            Stop: `wanted` is neither `mode` nor a whole number.
        """
        if self.ir.is_resolved:
            return "the program", resolve(self.ir, {}).candidate
        if wanted == "mode":
            assignment = mode(self.ir, bound=bound)
            return "the most probable program", resolve(self.ir, assignment, bound).candidate
        if wanted is None or not wanted.isdecimal():
            raise Stop(
                Exit.USAGE,
                placeless(
                    "R0305", f"`{wanted}` names no candidate", help="--candidate mode, or a seed such as 7"
                ),
            )
        drawn = sample(self.ir, Stream(int(wanted), "sample"), bound=bound)
        return f"the program of seed {wanted}", resolve(self.ir, drawn.assignment, bound).candidate

    def known(self, splits: Splits | None) -> Known:
        """What is known before a run."""
        spec = self.ir.optimize
        if splits is None:
            return Known(by_name(self.ir.models), seen=self.seen())
        lengths = lengths_of(self.ir, splits, load_shots(self.ir, self.folder))
        return Known(
            by_name(self.ir.models),
            lengths,
            Lengths(mean_lengths(splits), lengths.rows, lengths.instruction),
            tuple({name: value_of(value) for name, value in one.given.items()} for one in splits.train),
            self.seen(),
            None if spec is None else spec.deploy,
        )

    def seen(self) -> Mapping[str, Seen]:
        """What is recorded of each model."""
        names: dict[str, str] = {}
        for spec in self.ir.models:
            try:
                names[fingerprint_of(settings_of(spec))[:PIECE]] = spec.name
            except ModelError:
                continue  # what can't be named has no responses
        found: dict[str, list[StoredResponse]] = {}
        for record in self.records():
            if record.origin.model in names:
                found.setdefault(names[record.origin.model], []).append(record)
        return {name: seen_of(records) for name, records in found.items()}

    def records(self) -> Iterable[StoredResponse]:
        """All responses at hand."""
        yield from self.session.store.records()
        recorded = open_recorded(self.ir, self.folder, self.options)
        if recorded is not None:
            yield from recorded.records()


def seen_of(records: Sequence[StoredResponse]) -> Seen:
    """Means over recorded responses of a model."""
    count = len(records)
    return Seen(
        count,
        sum(record.prompt_tokens for record in records) / count,
        sum(record.completion_tokens for record in records) / count,
        sum(record.seconds for record in records) / count,
        max(record.seconds for record in records),
    )


def mean_lengths(splits: Splits) -> dict[str, int]:
    """UTF-8 bytes of the mean value of each given field on train and select, rounded up."""
    examples = (*splits.train, *splits.select)
    return {
        name: -(-sum(len(str(one.given.get(name, "")).encode()) for one in examples) // max(1, len(examples)))
        for name in splits.longest
    }


def programs_of(size: SpaceSize | None) -> int | None:
    """How many different programs there are, if they were counted."""
    return round(size.programs.value) if size is not None and size.programs.exact else None
