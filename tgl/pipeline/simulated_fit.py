"""`simulate --fit`: what a program's models replied, matched to the questions, and profiles of it.

A store keeps hashes of requests, not their prompts. So the program's search is run again, asking models that
answer from the store: they see each request whole, and what they see is what the fit is made from. No real
model is asked.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tgl.evaluate import Dataset
from tgl.ir import KeySpec, ModelSpec, ProgramIR, TaskSpec
from tgl.keys import agrees, read_answer
from tgl.models import (
    Capabilities,
    ChatReply,
    ChatRequest,
    ErrorKind,
    Feature,
    Finish,
    ModelError,
    Usage,
    fingerprint_of,
    settings_of,
)
from tgl.models.simulated import Fields, ItemBank, bank_of, read_request
from tgl.models.simulated.answering import heat
from tgl.models.simulated.fitting import Fit, TooLittle, fit
from tgl.models.simulated.profile import ProfileFile
from tgl.models.simulated.samples import Sample
from tgl.pipeline.evaluating import evaluate
from tgl.pipeline.loading import folder_of, load_program, lower_program
from tgl.pipeline.resolved import load_resolved
from tgl.pipeline.searching import prepare, search
from tgl.pipeline.session import RunOptions, not_trusted, open_recorded
from tgl.pipeline.simulating import asked_field
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.task import load_task
from tgl.pipeline.trouble import placeless, store_stop
from tgl.pipeline.watch import Watch
from tgl.pipeline.workspace import Workspace
from tgl.runtime import call_key, canonical_messages, canonical_options
from tgl.storage import Layered, MemoryStore, ReadOnlyResponses, SqliteStore, StoredResponse, StoreError

MOST_DRAWS = 1_000_000
SEEDS = 2**31


@dataclass
class Replay:
    """A model that answers from what is stored, and notes what it was asked."""

    name: str
    fingerprint: str
    salts: tuple[str, ...]
    responses: ReadOnlyResponses
    seen: dict[str, tuple[str, ChatRequest, StoredResponse]]

    @property
    def capabilities(self) -> Capabilities:
        """All options, and all that was recorded."""
        return Capabilities(features=frozenset({Feature.LOGPROBS}))

    async def complete(self, request: ChatRequest, *, timeout: float) -> ChatReply:
        """The stored reply.

        Raises:
            ModelError: MISSING if there is none: the replay ends here.
        """
        del timeout
        messages = canonical_messages(request.messages)
        options = canonical_options(request.decoding, logprobs=request.logprobs)
        for salt in self.salts:
            first = call_key(self.fingerprint, messages, options, salt, 0).seed
            draw = (request.seed - first) % SEEDS
            if draw >= MOST_DRAWS:
                continue
            identity = call_key(self.fingerprint, messages, options, salt, draw).identity
            found = self.responses.read([identity]).get(identity)
            if found is not None:
                self.seen[identity] = (self.name, request, found)
                return ChatReply(
                    found.text,
                    Finish(found.finish),
                    Usage(found.prompt_tokens, found.completion_tokens),
                    found.seconds,
                    logprobs=found.logprobs,
                )
        raise ModelError(ErrorKind.MISSING, f"model `{self.name}`: a response of the search is not stored")

    async def complete_many(self, request: ChatRequest, n: int, *, timeout: float) -> tuple[ChatReply, ...]:
        """One after the other."""
        each = [replace(request, seed=(request.seed + draw) % SEEDS) for draw in range(n)]
        return tuple([await self.complete(one, timeout=timeout) for one in each])

    async def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fit, and the number of responses behind it; `whole`: the replay came to its end."""

    fit: Fit
    responses: int
    whole: bool


@dataclass
class Evidence:
    """Where responses are read, and what a replay saw of them."""

    responses: ReadOnlyResponses
    salts: tuple[str, ...]
    seen: dict[str, tuple[str, ChatRequest, StoredResponse]] = field(
        default_factory=dict[str, tuple[str, ChatRequest, StoredResponse]]
    )

    def model(self, spec: ModelSpec) -> Replay:
        """The replay of one declared model."""
        return Replay(spec.name, fingerprint_of(settings_of(spec)), self.salts, self.responses, self.seen)


def evidence(ir: ProgramIR, folder: Path, workspace: Workspace) -> Evidence:
    """The program's recorded responses and the store's.

    Raises:
        Stop: they can't be read.
    """
    recorded = open_recorded(ir, folder, RunOptions())
    try:
        has_store = not workspace.address and workspace.store.exists()
        store = SqliteStore(workspace.store, read_only=True) if has_store else MemoryStore()
    except StoreError as error:
        raise store_stop(error) from None
    layers: ReadOnlyResponses = store if recorded is None else Layered(store, recorded)
    salts = dict.fromkeys(["", *sorted({record.origin.salt for record in layers.records()})])
    return Evidence(layers, tuple(salts))


async def fitted(
    name: str, workspace: Workspace, watch: Watch, *, graph: str | None = None, trust: bool = False
) -> Fitted:
    """Profiles of a program's models, fitted to what they replied.

    Raises:
        Stop: the program has errors, or too little is stored.
    """
    ir = lower_program(load_program(name), graph=graph)
    if ir.functions and not trust:
        raise not_trusted(ir)
    folder = folder_of(name)
    data = load_task(ir, folder)
    options = RunOptions(live=True, trust=trust)
    found = evidence(ir, folder, workspace)
    nowhere = replace(workspace, address="memory:")
    whole = False
    # A replay that ends early, because a response is missing, still saw what came before.
    with contextlib.suppress(Stop):
        if ir.is_resolved:
            program = load_resolved(name, graph=graph)
            await evaluate(program, nowhere, options, watch, make_model=found.model)
        else:
            plan = prepare(name, graph=graph)
            await search(plan, nowhere, options, watch, keep=False, make_model=found.model)
        whole = True
    bank = task_bank(data.task, data.dataset, folder)
    try:
        made = fit(samples(found.seen.values(), bank, data.task.key))
    except TooLittle as error:
        raise Stop(
            Exit.OUTSIDE,
            placeless(
                "R0302",
                f"nothing can be fitted: {error}",
                help=f"{len(found.seen)} responses to this program were found; ask its models with "
                f"`tglc optimize {name} --live`, or name a --store",
            ),
        ) from None
    return Fitted(made, len(found.seen), whole)


def task_bank(task: TaskSpec, dataset: Dataset, folder: Path) -> ItemBank:
    """The questions of a task."""
    values = {name: [example.given[name] for example in dataset.examples] for name in task.given}
    question = asked_field(task, values)
    rows = [
        {
            "question": example.given[question],
            "answer": example.expected.text,
            **({} if example.group is None else {"kind": example.group}),
        }
        for example in dataset.examples
    ]
    return bank_of(rows, Fields())


def samples(
    seen: Iterable[tuple[str, ChatRequest, StoredResponse]], bank: ItemBank, key: KeySpec
) -> list[Sample]:
    """Replies to known questions, read as the task reads them."""
    made: list[Sample] = []
    for model, request, response in seen:
        reading = read_request(request, bank)
        if reading.item is None or reading.kind == "grade":
            continue
        answer = read_answer(key, response.text)
        if answer is None and reading.marker:
            answer = read_answer(key.model_copy(update={"after": reading.marker}), response.text)
        expected = read_answer(key.model_copy(update={"after": None}), reading.item.answers[0])
        made.append(
            Sample(
                model=model,
                item=reading.item.digest,
                kind=reading.item.kind,
                shots=reading.shots,
                temperature=heat(request.decoding),
                answer=None if answer is None else answer.text,
                right=answer is not None and expected is not None and agrees(answer, expected),
                drafts=(reading.drafts.count(0), len(reading.drafts)),
                mode=reading.kind,
                prompt=(reading.messages, reading.prompt_bytes, response.prompt_tokens),
                completion=response.completion_tokens,
                latency=response.seconds,
                refused=response.finish == "refused",
            )
        )
    return made


def profiles_text(file: ProfileFile, about: str) -> str:
    """Fitted profiles as TOML."""
    lines = [f"# {line}" for line in about.splitlines()] + [f"schema_version = {file.schema_version}"]
    for name, profile in file.profiles.items():
        lines += ["", f"[profiles.{quoted(name)}]"]
        data: Mapping[str, object] = profile.model_dump(mode="json")
        lines += [f"{key} = {toml(value)}" for key, value in data.items()]
    lines += ["", "[items]"]
    lines += [f"{quoted(item)} = {toml(found.model_dump(mode='json'))}" for item, found in file.items.items()]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A TOML string: JSON's escapes are among TOML's, apart from the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def toml(value: object) -> str:
    """A value on one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case int() | float():
            return repr(value)
        case list() | tuple():
            return f"[{', '.join(map(toml, value))}]"  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        case dict():
            pairs = ", ".join(f"{quoted(str(key))} = {toml(one)}" for key, one in value.items())  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
            return f"{{ {pairs} }}" if pairs else "{}"
        case _:
            raise TypeError(f"no TOML for {value!r}")
