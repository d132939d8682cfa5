"""`run` and `sample`: one input through a resolved program, and a program decided by chance."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from pydantic import JsonValue

from tgl.emit import resolve_text
from tgl.pipeline.guard import outside_trouble
from tgl.pipeline.loading import load_program, lower_program
from tgl.pipeline.resolved import ResolvedProgram
from tgl.pipeline.session import MakeModel, RunOptions, open_session
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.trouble import placeless
from tgl.pipeline.unsatisfied import nothing_to_draw
from tgl.pipeline.watch import Watch
from tgl.pipeline.workspace import Workspace
from tgl.runtime import Counts, FaultLine, Job, RunResult
from tgl.space import PRIOR, EmptySpace, Stream, resolve, sample


def named_fields(program: ResolvedProgram, texts: Sequence[str]) -> str | None:
    """Inputs of the form `field=value` as one JSON object; None if they have another form.

    A value that is JSON of what its field takes is read as that, any other as text.

    Raises:
        Stop: a field is given twice.
    """
    ports = {port.name: port for port in program.ir.graph.ports}
    row: dict[str, JsonValue] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name not in ports:
            return None
        if name in row:
            problem = placeless("E0754", f"`{name}` is given twice", help="give each field once")
            raise Stop(Exit.USAGE, problem)
        row[name] = value
        if ports[name].type != "text":
            with suppress(ValueError, RecursionError):
                row[name] = json.loads(value)
    return json.dumps(row)


def fields_of(program: ResolvedProgram, text: str) -> dict[str, JsonValue]:
    """The given fields of one input.

    Args:
        program: tells which fields it reads.
        text: a JSON object, or plain text if the program reads a single field.

    Raises:
        Stop: the input is not what the program reads.
    """
    names = [port.name for port in program.ir.graph.ports]
    help_line = "give " + (
        f"the text of `{names[0]}`, or a JSON object"
        if len(names) == 1
        else "a JSON object with " + ", ".join(f"`{name}`" for name in names)
    )
    if not is_text(text):
        raise Stop(Exit.USAGE, placeless("E0754", "the input is not UTF-8", help=help_line))
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):  # no JSON, a number of too many digits, too deep
        value = None
    if not isinstance(value, dict):
        if len(names) == 1 and text.strip():
            return {names[0]: text.strip()}
        if text.strip().lower().endswith((".json", ".jsonl", ".txt")):
            help_line += f"; a file is read from standard input: `< {text.strip().removeprefix('@')}`"
        raise Stop(Exit.USAGE, placeless("E0754", "the input is no JSON object", help=help_line))
    row: dict[str, object] = {str(key): value for key, value in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    missing = [name for name in names if name not in row]
    if missing:
        wanted = ", ".join(f"`{name}`" for name in missing)
        raise Stop(Exit.USAGE, placeless("E0754", f"the input has no {wanted}", help=help_line))
    fields: dict[str, JsonValue] = {}
    for port in program.ir.graph.ports:
        found = row[port.name]
        if port.is_list and not isinstance(found, list):
            raise Stop(
                Exit.USAGE, placeless("E0754", f"`{port.name}` of the input is no list", help=help_line)
            )
        wanted = "list of texts and numbers" if port.is_list else "text or number"
        members: list[object] = found if port.is_list and isinstance(found, list) else [found]  # pyright: ignore[reportUnknownVariableType]
        kept: list[JsonValue] = []
        for member in members:
            if not isinstance(member, str | int | float | bool):
                if isinstance(member, dict | list) and not port.is_list:
                    help_line = f"put it into quotes, as JSON in a text: {json.dumps(json.dumps(member))}"
                raise Stop(
                    Exit.USAGE,
                    placeless("E0754", f"`{port.name}` of the input is no {wanted}", help=help_line),
                )
            if isinstance(member, str) and not is_text(member):
                message = f"`{port.name}` of the input holds half of a surrogate pair"
                raise Stop(Exit.USAGE, placeless("E0754", message, help=help_line))
            kept.append(member)
        fields[port.name] = kept if port.is_list else kept[0]
    return fields


def is_text(text: str) -> bool:
    """Whether a string has a form in UTF-8, as everything that is asked needs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What came of one input; `faults` are attempts without a reply, by class of failure."""

    result: RunResult
    asked: int
    counts: Counts
    faults: Mapping[str, FaultLine]


async def run_once(
    program: ResolvedProgram,
    fields: Mapping[str, JsonValue],
    workspace: Workspace,
    options: RunOptions,
    watch: Watch,
    *,
    make_model: MakeModel | None = None,
) -> RunOutcome:
    """Run a program on one input, waiting for no call that can't change the answer.

    Raises:
        Stop: a model can't be asked.
    """
    async with open_session(
        program.ir,
        program.folder,
        workspace,
        replace(options, quorum=True),
        on_event=watch.event,
        make_model=make_model,
    ) as session:
        with outside_trouble(session.executor.store):
            candidate = resolve(program.ir, {}).candidate
            [result] = await session.executor.run_all([Job(candidate, fields)])
            counts, faults = session.executor.counts, session.executor.ledger.faults
    return RunOutcome(result, watch.snapshot.issued, counts, faults)


def sampled_text(name: str, seed: int, *, graph: str | None = None) -> str:
    """A resolved program drawn from the program's prior.

    Raises:
        Stop: the program has errors, or no program meets its conditions.
    """
    checked = load_program(name)
    ir = lower_program(checked, graph=graph)
    try:
        assignment = sample(ir, Stream(seed, "sample"), PRIOR).assignment
    except EmptySpace as error:
        raise Stop(Exit.FAILED, nothing_to_draw(checked, error)) from None
    return resolve_text(checked, ir, resolve(ir, assignment))
