"""`why`: which calls of a program are stored, and what differs in those that are not. Asks no model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from tgl.diagnostics import did_you_mean
from tgl.evaluate import FINAL_SALT, Example
from tgl.ir import Candidate, ProgramIR
from tgl.models import ModelError, fingerprint_of, settings_of
from tgl.pipeline.failed_calls import failed_before, journal_key
from tgl.pipeline.guard import outside_trouble
from tgl.pipeline.loading import folder_of, import_texts, load_program, lower_program
from tgl.pipeline.model_notes import model_key, model_note, remembered_models
from tgl.pipeline.session import RunOptions, Session, open_session, shots_hashes
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.task import TaskData, load_task, split_task
from tgl.pipeline.trouble import model_stop, placeless
from tgl.pipeline.watch import Watch
from tgl.pipeline.workspace import Workspace
from tgl.report import SilentProgress
from tgl.runtime import CallModel, Command, Failed, Job, Plan, Replied, Run, origin_of
from tgl.space import EmptySpace, mode, resolve
from tgl.storage import Difference, Nearest, Origin

INDEX = re.compile(r"\[\d+\]")


@dataclass(slots=True)
class NodeCalls:
    """What became of one node's calls: stored, failed before, missing, or waiting for replies that are."""

    node: str
    model: str
    stored: int = 0
    failed: int = 0
    missing: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Reason:
    """Missing calls of one node that differ in the same: how many, the first one's example, and what."""

    node: str
    count: int
    example: int
    difference: Difference


@dataclass(frozen=True, slots=True)
class Why:
    """The calls of a program on some examples.

    `asked` are the nodes that the question was about; `reasons` are of these, or, where they only wait, of
    the nodes before them. `at_mode` tells that the program has choices, and each took its likeliest option.
    """

    program: str
    split: str
    examples: int
    at_mode: bool
    nodes: tuple[NodeCalls, ...]
    asked: tuple[str, ...]
    reasons: tuple[Reason, ...]

    @property
    def all_stored(self) -> bool:
        """Whether the nodes that the question was about need no model."""
        return not any(node.missing or node.waiting for node in self.nodes if node.node in self.asked)


Asked: TypeAlias = tuple[int, CallModel]
"""A call of the run with this number."""


@dataclass(slots=True)
class Tracer:
    """Follows runs as far as what is stored takes them. `misses` holds (example, node, origin)."""

    session: Session
    candidate: Candidate
    failed: Mapping[str, tuple[str, str]]
    nodes: dict[int, NodeCalls] = field(default_factory=dict[int, NodeCalls])
    misses: list[tuple[int, int, Origin]] = field(default_factory=list[tuple[int, int, Origin]])

    async def follow(self, examples: Sequence[Example], salt: str) -> None:
        """Run all examples together, wave by wave."""
        plan = self.session.executor.planner.plan(self.candidate)
        for position, step in enumerate(plan.steps):
            if step is not None:
                self.nodes[position] = NodeCalls(step.node.id, step.node.model)
        runs = [Run(plan, Job(self.candidate, one.given, salt)) for one in examples]
        stuck: list[set[int]] = [set() for _ in runs]
        wave = [asked for number, run in enumerate(runs) for asked in calls(number, run.start())]
        while wave:
            identities = list(dict.fromkeys(call.key.identity for _, call in wave))
            found = await self.session.executor.store.get_many(identities)
            following: list[Asked] = []
            for number, call in wave:
                run, node, identity = runs[number], self.nodes[call.node], call.key.identity
                if identity in self.failed:
                    node.failed += 1
                    following += calls(number, run.on(Failed(call, *self.failed[identity])))
                elif identity in found:
                    node.stored += 1
                    following += calls(number, run.on(Replied(call, found[identity], "store")))
                else:
                    node.missing += 1
                    stuck[number].add(call.node)
                    self.misses.append((examples[number].index, call.node, wanted_origin(call, salt)))
            wave = following
        for positions in stuck:
            self.wait(plan, positions)

    def wait(self, plan: Plan, stuck: set[int]) -> None:
        """Count the nodes of one run that can't be decided before the ones that are stuck."""
        blocked = set(stuck)
        for position, sources in enumerate(plan.sources):
            if position not in stuck and not blocked.isdisjoint(sources):
                blocked.add(position)
                if position in self.nodes:
                    self.nodes[position].waiting += 1


def calls(number: int, commands: Iterable[Command]) -> list[Asked]:
    """The calls among a run's commands."""
    return [(number, command) for command in commands if isinstance(command, CallModel)]


def wanted_origin(call: CallModel, salt: str) -> Origin:
    """What a call asks, in the pieces that are stored."""
    step = call.step
    return origin_of(step.fingerprint, call.rendered.canonical, step.options, salt, call.draw)


async def why(
    name: str,
    wanted: str,
    workspace: Workspace,
    *,
    example: int | None = None,
    recorded: bool = True,
    trust: bool = False,
) -> Why:
    """Which calls of a program are stored, and what differs in the missing ones of a node.

    A program without choices is looked at as `eval` measures it, on the test split; one with choices as its
    search begins, on the train split, with each choice's likeliest option.

    Args:
        name: the program.
        wanted: a node, by its name with or without graph and number.
        workspace: where the store is.
        example: a row of the task's data, from 1, in place of a whole split.
        recorded: whether the responses that travel with the program count.
        trust: whether the functions in Python that the program names may be run.

    Raises:
        Stop: the program has errors, or no such node or row; or the store can't be read.
    """
    checked = load_program(name)
    ir = lower_program(checked)
    folder = folder_of(name)
    data = load_task(ir, folder)
    candidate = likely(ir)
    asked = nodes_named(wanted, candidate)
    split, examples, salt = chosen(ir, data, example)
    options = RunOptions(recorded=recorded, trust=trust)
    async with open_session(
        ir, folder, workspace, options, on_event=Watch(SilentProgress()).event
    ) as session:
        with outside_trouble(session.executor.store):
            key = journal_key(
                checked.module.source.text,
                import_texts(checked),
                data.dataset.hash,
                ir.graph.name,
                shots_hashes(ir, folder),
            )
            failed = {one: (failure, told) for one, failure, told in await failed_before(session, key)}
            tracer = Tracer(session, candidate, failed)
            await tracer.follow(examples, salt)
            nodes = tuple(tracer.nodes.values())
            reasons = explained(
                tracer, asked, Nearest(session.executor.store.records()), descriptions(ir, session)
            )
    return Why(name, split, len(examples), not ir.is_resolved, nodes, asked, reasons)


def likely(ir: ProgramIR) -> Candidate:
    """The program itself, or what it is with each choice's likeliest option.

    Raises:
        Stop: no program meets its conditions.
    """
    try:
        return resolve(ir, {} if ir.is_resolved else mode(ir)).candidate
    except EmptySpace as error:
        raise Stop(
            Exit.FAILED, placeless("E0861", f"no program can be drawn: {error.reason}", help="widen a choice")
        ) from None


def nodes_named(wanted: str, candidate: Candidate) -> tuple[str, ...]:
    """The nodes that a name means: `solve.reply[2]`, `reply[2]`, or `reply` for all of its copies.

    Raises:
        Stop: none that asks a model has that name.
    """
    calls = [node.id for node in candidate.nodes if node.kind == "call"]
    found = [one for one in calls if wanted in (one, INDEX.sub("", one)) or one.endswith("." + wanted)]
    found += [one for one in calls if INDEX.sub("", one).endswith("." + wanted) and one not in found]
    if found:
        return tuple(one for one in calls if one in found)
    short = sorted({INDEX.sub("", one).rpartition(".")[2] for one in calls})
    raise Stop(
        Exit.USAGE,
        placeless(
            "E0754",
            f"the program has no node `{wanted}` that asks a model",
            help=did_you_mean(wanted, short) or f"its nodes: {', '.join(short)}",
        ),
    )


def chosen(ir: ProgramIR, data: TaskData, example: int | None) -> tuple[str, tuple[Example, ...], str]:
    """The split's name, the rows to look at, and the salt of their draws.

    Raises:
        Stop: there is no such row, or no row in the split.
    """
    if example is not None:
        rows = {one.index: one for one in data.dataset.examples}
        if example - 1 not in rows:
            raise Stop(
                Exit.USAGE,
                placeless(
                    "E0754",
                    f"the data of task `{data.task.name}` has no row {example}",
                    help=f"rows are counted from 1; it has {len(rows)}",
                ),
            )
        one = rows[example - 1]
        splits = split_task(data, read=())
        tested = any(one.given == row for row in splits.test.questions)
        return f"row {example}", (one,), FINAL_SALT if tested else ""
    if ir.is_resolved:
        return "test", split_task(data, read=("test",)).test.open("verify"), FINAL_SALT
    return "train", split_task(data, read=("train",)).train, ""


def descriptions(ir: ProgramIR, session: Session) -> Mapping[str, str]:
    """What names the models that the store remembers and that the program declares.

    Raises:
        Stop: a model's weights are not known.
    """
    try:
        declared = {model_key(fingerprint_of(settings_of(spec))): model_note(spec) for spec in ir.models}
    except ModelError as error:
        raise model_stop(error) from None
    return {**remembered_models(session.store), **declared}


def explained(
    tracer: Tracer, asked: tuple[str, ...], nearest: Nearest, models: Mapping[str, str]
) -> tuple[Reason, ...]:
    """Why calls are missing: of the asked nodes, or else of those that they wait for; most frequent first."""
    names = {position: node.node for position, node in tracer.nodes.items()}
    about = {node.node for node in tracer.nodes.values() if node.node in asked and node.missing}
    waiting = any(node.waiting for node in tracer.nodes.values() if node.node in asked)
    if not about and waiting:
        about = {node.node for node in tracer.nodes.values() if node.missing}
    found: dict[tuple[str, str, str], Reason] = {}
    for example, position, origin in tracer.misses:
        if names[position] in about:
            difference = nearest.difference(origin, models)
            key = (names[position], difference.part, difference.what)
            first = found.get(key)
            count = 1 if first is None else first.count + 1
            kept = Reason(names[position], count, example + 1, difference) if first is None else first
            found[key] = Reason(kept.node, count, kept.example, kept.difference)
    return tuple(sorted(found.values(), key=lambda reason: -reason.count))


def only_program(names: Sequence[str]) -> str | None:
    """The program that is meant where none is named: the only resolved one, or else the only one."""
    resolved = [name for name in names if name.endswith(".opt.tgl")]
    candidates = resolved or list(names)
    return candidates[0] if len(candidates) == 1 else None
