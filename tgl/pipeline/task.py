"""A task's data on disk, as splits that an evaluator can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tgl.data import NearPair, NearRepeats, NoSuchFile, near_pairs, read_data
from tgl.diagnostics import Diagnostic, Severity
from tgl.evaluate import (
    ByTests,
    Dataset,
    Evaluator,
    Scorer,
    SplitName,
    Splits,
    dataset_of,
    dollar_prices,
    given_text,
    judge_of,
    judging_of,
    scorer_of,
    split,
    vectors_of,
)
from tgl.ir import ACCURACY, ProgramIR, TaskSpec
from tgl.pipeline.session import Session
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.trouble import placeless
from tgl.runtime import ShotsTable, shown_text
from tgl.sandbox import NoSandbox, find_sandbox
from tgl.space import Lengths, RowLengths, TextSize

MOST_SHOWN = 3
"""Pairs of rows that a warning shows."""


@dataclass(frozen=True, slots=True)
class TaskData:
    """The examples of a task, and what was remarkable about the files."""

    task: TaskSpec
    dataset: Dataset
    warnings: tuple[Diagnostic, ...]


def load_task(ir: ProgramIR, folder: Path, *, data: Path | None = None) -> TaskData:
    """The task's examples.

    Args:
        ir: the program.
        folder: what the task's path is relative to.
        data: a file in place of the task's own.

    Raises:
        Stop: there is no task, or its data can't be read.
    """
    if ir.task is None:
        raise Stop(
            Exit.FAILED,
            placeless(
                "E0751",
                f"the graph `{ir.graph.name}` has no task, so there is nothing to measure it on",
                help="write `optimize GRAPH on TASK { … }` and a `task`",
            ),
        )
    read = read_data(folder / ir.task.data if data is None else data, ir.task.source)
    for problem in read.problems:
        if isinstance(problem, NoSuchFile):
            whose = f"the data of task `{ir.task.name}`"
            code = Exit.FAILED if data is None else Exit.USAGE
            raise Stop(code, problem.of(whose, None if data is None else "check --data").diagnostic())
    lists = frozenset(port.name for port in ir.graph.ports if port.is_list)
    loaded = dataset_of(ir.task, read, lists=lists)
    problems = tuple(problem.diagnostic() for problem in loaded.problems)
    if loaded.dataset is None:
        outside = any(problem.code == "R0310" for problem in problems)
        raise Stop(Exit.OUTSIDE if outside else Exit.FAILED, *problems)
    warnings = tuple(problem for problem in problems if problem.severity is not Severity.ERROR)
    near = near_repeats(ir.task, loaded.dataset) if data is None else ()
    return TaskData(ir.task, loaded.dataset, (*warnings, *near))


def near_repeats(task: TaskSpec, dataset: Dataset) -> tuple[Diagnostic, ...]:
    """A warning for rows of two splits that are nearly the same. The test split stays sealed."""
    made = split(task, dataset)
    if not isinstance(made, Splits):
        return ()
    parts = [(one.index, one.given) for one in (*made.train, *made.select)]
    rows = [*parts, *zip(made.test.indices, made.test.questions, strict=True)]
    names = ["train"] * len(made.train) + ["select"] * len(made.select) + ["test"] * made.test.size
    texts = ["\n".join(given_text(given[name]) for name in task.given) for _, given in rows]
    pairs = near_pairs(texts, [("train", "select", "test").index(name) for name in names])
    if not pairs:
        return ()
    shown = tuple(
        NearPair(
            dataset.places[rows[pair.first][0]],
            dataset.places[rows[pair.second][0]],
            names[pair.first],
            names[pair.second],
            pair.similarity,
        )
        for pair in pairs[:MOST_SHOWN]
    )
    return (NearRepeats(shown, len(pairs)).diagnostic(),)


def split_task(data: TaskData, *, read: Sequence[SplitName] = ("train", "select", "test")) -> Splits:
    """The splits of a task's data.

    Args:
        data: the examples.
        read: the splits that a command can't do without.

    Raises:
        Stop: a split that is wanted is empty.
    """
    sizes: dict[SplitName, int] = {
        "train": data.task.train,
        "select": data.task.select,
        "test": data.task.test,
    }
    if none := [name for name in read if sizes[name] == 0]:
        raise Stop(
            Exit.FAILED,
            placeless(
                "E0857",
                f"this command reads the {none[0]} split of task `{data.task.name}`, "
                f"which has no rows: its `split` says `{none[0]}: 0`",
                help=f"give `{none[0]}` some rows",
            ),
        )
    made = split(data.task, data.dataset)
    if not isinstance(made, Splits):
        raise Stop(Exit.FAILED, *(problem.diagnostic() for problem in made))
    return made


def evaluator_of(ir: ProgramIR, splits: Splits, session: Session, *, scoring: bool = True) -> Evaluator:
    """What measures candidates of a program, or where nothing is `scoring` tells what they may need.

    Raises:
        Stop: code has to be run, and there is no sandbox.
    """
    metric = ACCURACY if ir.task is None else ir.task.metric
    others = () if ir.task is None else ir.task.others
    right = right_of(ir, session) if scoring else None
    lengths = lengths_of(ir, splits, session.shots)
    return Evaluator(
        session.executor,
        splits,
        dollars=dollar_prices(ir.models),
        lengths=lengths,
        allowance=1.0 if ir.task is None else ir.task.failures,
        abort=ir.task is not None and ir.task.on_error == "abort",
        metric=metric,
        scorer=scorer_of(metric, session.functions, right=right) if scoring else None,
        others=[scorer_of(one, session.functions, right=right) for one in others] if scoring else (),
        judging=judging_of(ir, lengths),
    )


def right_of(ir: ProgramIR, session: Session) -> Scorer | None:
    """What tells whether an answer is right, where the key alone can't.

    Raises:
        Stop: it can't be had.
    """
    if ir.task is None:
        return None
    match ir.task.key.kind:
        case "code":
            return tested(ir, session)
        case "judge":
            return judge_of(ir.task.key, ir.models, session.executor)
        case "embedding":
            return vectors_of(ir.task.key, session.executor)
        case _:
            return None


def tested(ir: ProgramIR, session: Session) -> ByTests | None:
    """What runs the code of answers, if the task's key says so.

    Raises:
        Stop: there is no place where it may run.
    """
    if ir.task is None or ir.task.key.kind != "code":
        return None
    sandbox = find_sandbox(accept_unsafe=session.unsafe)
    if isinstance(sandbox, NoSandbox):
        message = f"the key `code` runs programs that models write, and there is no sandbox: {sandbox.reason}"
        raise Stop(Exit.OUTSIDE, placeless("R0312", message, help=sandbox.fix))
    return ByTests(ir.task.key, sandbox, session.store)


def lengths_of(ir: ProgramIR, splits: Splits, shots: Mapping[str, ShotsTable]) -> Lengths:
    """How long a program's texts may be on a task's examples."""
    rows = {path: row_lengths(table) for path, table in shots.items()}
    instruction = 0 if ir.task is None else len(ir.task.format.encode())
    return Lengths(splits.longest, rows, instruction, splits.members)


def row_lengths(table: ShotsTable) -> RowLengths:
    """The longest text of each field of few-shot rows, of lists the most and the longest members."""
    fields: dict[str, TextSize] = {}
    for row in table.rows:
        for name, value in row.items():
            members = value if isinstance(value, list) else [value]
            longest = max((len(shown_text(member).encode()) for member in members), default=0)
            count = len(members) if isinstance(value, list) else None
            if isinstance(value, list):  # a port of one text shows a list as JSON
                longest = max(longest, len(shown_text(value).encode()))
            before = fields.get(name, TextSize(0, count))
            counts = [one for one in (count, before.count) if one is not None]
            fields[name] = TextSize(max(longest, before.item), max(counts) if counts else None)
    reply = max((len(shown_text(row.get(table.expect)).encode()) for row in table.rows), default=0)
    return RowLengths(fields, reply)
