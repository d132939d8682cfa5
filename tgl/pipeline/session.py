"""What a program needs in order to run: its models, the store, few-shot rows, and an executor over them."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tgl.evaluate import read_shots
from tgl.ir import GraphTemplate, KeySpec, ModelSpec, ProgramIR, TaskSpec
from tgl.models import ChatModel, Feature, ModelError, build, fingerprint_of, settings_of
from tgl.pipeline.model_notes import remember_model
from tgl.pipeline.probing import Curious, informed
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.trouble import model_stop, placeless, store_stop
from tgl.pipeline.workspace import Workspace
from tgl.runtime import (
    BillCap,
    CallPolicy,
    Executor,
    LoadFault,
    ModelBinding,
    PythonFunctions,
    RuntimeEvent,
    RuntimeOptions,
    ShotsTable,
)
from tgl.stdfn import StdFunction
from tgl.storage import (
    Layered,
    MemoryStore,
    RecordedFile,
    ResponseStore,
    SqliteStore,
    Store,
    StoredFailure,
    StoreError,
    StoreErrorKind,
)
from tgl.storage import open_store as open_kind

DEFAULT_CONCURRENCY = 8
LOCAL_SLOTS = 16
EXACT = KeySpec(kind="exact")

MakeModel = Callable[[ModelSpec], ChatModel]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a command runs.

    Args:
        live: whether models may be asked.
        recorded: whether the program's own recorded responses are replayed (never when live).
        concurrency: simultaneous calls of each model, in place of what the program declares.
        max_bill_calls: cap on requests that are really made.
        max_bill_dollars: the same in dollars.
        hedge: quantile of a model's latencies after which a request is doubled; None: never.
        quorum: whether a question stops waiting for calls that can't change its answer.
        trust: whether the functions in Python that the program names may be run.
        unsafe: whether programs that models write may run without a sandbox, where there is none.
    """

    live: bool = False
    recorded: bool = True
    concurrency: int | None = None
    max_bill_calls: int | None = None
    max_bill_dollars: float | None = None
    hedge: float | None = None
    quorum: bool = False
    trust: bool = False
    unsafe: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """An open executor with its store.

    `recorded` is the number of recorded responses at hand, `failures` the calls that failed when they were
    recorded. `functions` are those that the user wrote, by registered name; `unsafe` as in `RunOptions`.
    """

    executor: Executor
    store: Store
    shots: Mapping[str, ShotsTable]
    recorded: int
    failures: tuple[StoredFailure, ...] = ()
    functions: Mapping[str, StdFunction] = field(default_factory=dict[str, StdFunction])
    unsafe: bool = False


def build_model(spec: ModelSpec, workspace: Workspace) -> ChatModel:
    """The back-end that a declaration asks for.

    Raises:
        ModelError: something that can be seen before the first call is missing.
    """
    return build(settings_of(spec), workspace.environment.get, workspace.models)


def shots_paths(graph: GraphTemplate) -> dict[str, None]:
    """Paths of few-shot files that a graph or its parts may show, in order."""
    found: dict[str, None] = {}
    for node in graph.nodes:
        for alternative in node.alternatives:
            if alternative.shots is not None:
                found.setdefault(alternative.shots.path)
            if alternative.graph is not None:
                found.update(shots_paths(alternative.graph))
    return found


def load_shots(ir: ProgramIR, folder: Path) -> Mapping[str, ShotsTable]:
    """The few-shot tables of a program, by path.

    Raises:
        Stop: a file can't be read or has bad lines.
    """
    tables: dict[str, ShotsTable] = {}
    for path in shots_paths(ir.graph):
        try:
            content = (folder / path).read_bytes()
        except OSError as error:
            raise Stop(
                Exit.FAILED,
                placeless(
                    "R0305",
                    f"the examples of `shots`, {folder / path}, can't be read: {error.strerror}",
                    help="check the path: it is relative to the program's folder",
                ),
            ) from None
        assert ir.task is not None
        loaded = read_shots(content, str(folder / path), ir.task)
        if not isinstance(loaded, ShotsTable):
            raise Stop(Exit.FAILED, *(problem.diagnostic() for problem in loaded))
        tables[path] = loaded
    return tables


def shots_hashes(ir: ProgramIR, folder: Path) -> Mapping[str, str]:
    """The hashes of a program's few-shot files, by path; a file that can't be read has none.

    A file that changed is another search: its rows are in the prompts.
    """
    found: dict[str, str] = {}
    for path in shots_paths(ir.graph):
        with suppress(OSError):
            found[path] = hashlib.sha256((folder / path).read_bytes()).hexdigest()
    return found


def open_store(workspace: Workspace, options: RunOptions) -> Store:
    """The project's store; one in memory if nothing may be asked and the project's folder can't be written.

    A store that the person named has to be that store. One that can't be written is read as it is if nothing
    may be asked; what has to be written then is refused when it comes to that.

    Raises:
        Stop: it can't be used.
    """
    try:
        if workspace.address:
            return open_kind(workspace.address)
        workspace.store.parent.mkdir(parents=True, exist_ok=True)
        return SqliteStore(workspace.store)
    except StoreError as error:
        if error.kind is StoreErrorKind.READ_ONLY and not options.live:
            return unwritable(workspace, error)
        raise store_stop(error) from None
    except OSError as error:
        if not options.live and workspace.store_is_default:
            return MemoryStore()
        raise Stop(
            Exit.OUTSIDE,
            placeless(
                "R0301",
                f"the folder of the store, {workspace.store.parent}, can't be made: {error.strerror}",
                help="name another store with --store",
            ),
        ) from None


def unwritable(workspace: Workspace, error: StoreError) -> Store:
    """What serves in place of a store that can't be written.

    Raises:
        Stop: nothing does.
    """
    try:
        if workspace.store.exists() and not workspace.address:
            return SqliteStore(workspace.store, read_only=True)
    except StoreError as deeper:
        raise store_stop(deeper) from None
    if workspace.store_is_default:
        return MemoryStore()
    raise store_stop(error)


def patience_of(task: TaskSpec | None) -> CallPolicy:
    """How failed calls are treated: `on_error retry: N` means N, and no waiting beyond."""
    if task is None or task.retries is None:
        return CallPolicy()
    return CallPolicy(task.retries + 1, exact=True)


def remember(store: Store, spec: ModelSpec, fingerprint: str) -> None:
    """Keep what names a model that is asked.

    Raises:
        Stop: the store can't be written.
    """
    try:
        remember_model(store, spec, fingerprint)
    except StoreError as error:
        raise store_stop(error) from None


def open_recorded(ir: ProgramIR, folder: Path, options: RunOptions) -> RecordedFile | None:
    """The responses that travel with the program, if it names some and they may be used.

    Raises:
        Stop: the file can't be read.
    """
    if ir.optimize is None or ir.optimize.recorded is None or options.live or not options.recorded:
        return None
    try:
        return RecordedFile(folder / ir.optimize.recorded)
    except StoreError as error:
        raise store_stop(error) from None


def not_trusted(ir: ProgramIR) -> Stop:
    """What a program that would run Python tells, without the user's word."""
    names = ", ".join(f"`{spec.declared}` ({spec.python})" for spec in ir.functions)
    return Stop(
        Exit.FAILED,
        placeless(
            "E0755",
            f"this program runs functions written in Python: {names}",
            help="read them, and give --trust if you want them to be run",
        ),
    )


def refuse_faults(faults: Sequence[LoadFault]) -> None:
    """Functions that can't be used end the command before anything is asked.

    Raises:
        Stop: there are some.
    """
    if faults:
        told = [
            placeless(
                "E0756",
                f"the function `{fault.function.declared}` ({fault.function.python}) can't be used: "
                f"{fault.reason}",
                help="a module is looked for in the program's folder, then as Python does; "
                "a function takes its ports by position, its params by name",
            )
            for fault in faults
        ]
        raise Stop(Exit.FAILED, *told)


def no_logprobs(spec: ModelSpec) -> Stop:
    """What is told before the first call where a probe found that a model can't give what signals read."""
    return Stop(
        Exit.OUTSIDE,
        placeless(
            "R0107",
            f"model `{spec.name}` tells no log-probabilities of its replies, and the program reads them",
            help=f"add `without logprobs` to `{spec.name}`: then what reads them goes to other models; "
            "or read something else, such as `agreement` of several replies",
        ),
    )


@asynccontextmanager
async def open_session(
    ir: ProgramIR,
    folder: Path,
    workspace: Workspace,
    options: RunOptions,
    *,
    on_event: Callable[[RuntimeEvent], None],
    make_model: MakeModel | None = None,
) -> AsyncGenerator[Session]:
    """An executor for a program; its models and its store are closed at the end.

    Args:
        ir: the program.
        folder: what its paths are relative to.
        workspace: where the store and the weights are.
        options: how it runs.
        on_event: told about progress.
        make_model: makes back-ends, in place of the declared providers.

    Raises:
        Stop: a model, the store or a file can't be used.
    """
    if ir.functions and not options.trust:
        raise not_trusted(ir)
    shots = load_shots(ir, folder)
    recorded = open_recorded(ir, folder, options)

    def make(spec: ModelSpec) -> ChatModel:
        return build_model(spec, workspace) if make_model is None else make_model(spec)

    async with AsyncExitStack() as stack:
        store = stack.enter_context(open_store(workspace, options))
        layers: ResponseStore = store if recorded is None else Layered(store, recorded)
        bindings: dict[str, ModelBinding] = {}
        for spec in ir.models:
            try:
                model = make(spec) if options.live else None
                fingerprint = model.fingerprint if model is not None else fingerprint_of(settings_of(spec))
            except ModelError as error:
                raise model_stop(error) from None
            if model is not None:
                if make_model is None:
                    model = informed(spec, model, store, workspace)
                stack.push_async_callback(model.close)
                if spec.name in ir.logprobs and Feature.LOGPROBS not in model.capabilities.features:
                    raise no_logprobs(spec)
                remember(store, spec, fingerprint)
            default = LOCAL_SLOTS if spec.provider == "local" else DEFAULT_CONCURRENCY
            ceiling = options.concurrency or spec.concurrency or default
            bindings[spec.name] = ModelBinding(spec, fingerprint, model, ceiling)
        task = ir.task
        key = EXACT if task is None else task.key
        functions = PythonFunctions(ir.functions, folder, key)
        stack.callback(functions.close)
        refuse_faults(functions.load())
        patience = patience_of(task)
        executor = Executor(
            bindings,
            layers,
            shots=shots,
            options=RuntimeOptions(
                live=options.live,
                policy=patience,
                cap=BillCap(options.max_bill_calls, options.max_bill_dollars),
                hedge=options.hedge,
                quorum=options.quorum,
                deploy=None if ir.optimize is None else ir.optimize.deploy,
            ),
            on_event=on_event,
            key=key,
            instruction="" if task is None else task.format,
            functions=functions.table,
            logprobs=ir.logprobs,
        )
        for binding in bindings.values():
            if isinstance(binding.model, Curious):
                binding.model.ledger = executor.ledger
        if recorded is None:
            yield Session(executor, store, shots, 0, functions=functions.table, unsafe=options.unsafe)
        else:
            failures = tuple(recorded.failures())
            count = len(recorded.responses)
            yield Session(executor, store, shots, count, failures, functions.table, options.unsafe)
