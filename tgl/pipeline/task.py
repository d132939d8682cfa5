"""A task's data on disk, as splits that an evaluator can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tgl.diagnostics import Diagnostic, Severity
from tgl.evaluate import Dataset, Evaluator, SplitName, Splits, dollar_prices, load_dataset, split
from tgl.ir import ProgramIR, TaskSpec
from tgl.pipeline.session import Session
from tgl.pipeline.sources import reason
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.trouble import placeless
from tgl.runtime import ShotsTable, shown_text
from tgl.space import Lengths, RowLengths, TextSize


@dataclass(frozen=True, slots=True)
class TaskData:
    """The examples of a task, and what was remarkable about the file."""

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
    path = data if data is not None else folder / ir.task.data
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        hint = (
            "a task's `data` is a path relative to the program's folder" if data is None else "check --data"
        )
        raise Stop(
            Exit.FAILED if data is None else Exit.USAGE,
            placeless(
                "R0305",
                f"the data of task `{ir.task.name}`, {path}, can't be read: {reason(error)}",
                help=hint,
            ),
        ) from None
    loaded = load_dataset(ir.task, content, str(path))
    problems = tuple(problem.diagnostic() for problem in loaded.problems)
    if loaded.dataset is None:
        raise Stop(Exit.FAILED, *problems)
    warnings = tuple(problem for problem in problems if problem.severity is not Severity.ERROR)
    return TaskData(ir.task, loaded.dataset, warnings)


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


def evaluator_of(ir: ProgramIR, splits: Splits, session: Session) -> Evaluator:
    """What measures candidates of a program."""
    return Evaluator(
        session.executor,
        splits,
        dollars=dollar_prices(ir.models),
        lengths=lengths_of(ir, splits, session.shots),
        allowance=1.0 if ir.task is None else ir.task.failures,
        abort=ir.task is not None and ir.task.on_error == "abort",
    )


def lengths_of(ir: ProgramIR, splits: Splits, shots: Mapping[str, ShotsTable]) -> Lengths:
    """How long a program's texts may be on a task's examples."""
    rows = {path: row_lengths(table) for path, table in shots.items()}
    return Lengths(splits.longest, rows, 0 if ir.task is None else len(ir.task.format.encode()))


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
