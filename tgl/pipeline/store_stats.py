"""What a store holds, in figures."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tgl.models import ModelError, fingerprint_of, settings_of
from tgl.pipeline.failed_calls import journalled_failures
from tgl.pipeline.loading import load_program, lower_program
from tgl.pipeline.model_notes import model_key, model_names
from tgl.pipeline.store import store_to_read, unanswered
from tgl.pipeline.trouble import model_stop, store_stop
from tgl.pipeline.workspace import Workspace
from tgl.storage import Store, StoreError

TEST_READS = "test:"


@dataclass(frozen=True, slots=True)
class ModelStats:
    """The responses of one model. `name` is what a program or the store calls it, "" if neither knows it."""

    fingerprint: str
    name: str
    responses: int
    prompt_tokens: int
    completion_tokens: int
    text_bytes: int


@dataclass(frozen=True, slots=True)
class JournalStats:
    """One search's journal."""

    search: str
    steps: int
    failures: int


@dataclass(frozen=True, slots=True)
class StoreStats:
    """What a store holds. `bytes` is its size on disk, None where it is no file.

    `failures` are calls without a response, from recordings and journals; `test_reads` how often the test
    split was read, by task and the start of the data's hash.
    """

    store: str
    bytes: int | None
    responses: int
    models: tuple[ModelStats, ...]
    failures: int
    journals: tuple[JournalStats, ...]
    test_reads: tuple[tuple[str, int], ...]


def store_stats(workspace: Workspace, program: str | None = None) -> StoreStats:
    """The figures of a workspace's store.

    Args:
        workspace: where the store is.
        program: a program whose models' names are used.

    Raises:
        Stop: the store or the program can't be read.
    """
    declared = {} if program is None else declared_models(program)
    try:
        with store_to_read(workspace) as store:
            models = model_stats(store, model_names(store) | declared)
            return StoreStats(
                store=workspace.store_name,
                bytes=None if workspace.address else size_of(workspace),
                responses=sum(model.responses for model in models),
                models=models,
                failures=len(unanswered(store)),
                journals=tuple(
                    JournalStats(
                        search, len(store.journal_read(search)), len(journalled_failures(store, search))
                    )
                    for search in store.searches()
                ),
                test_reads=tuple(
                    (name.removeprefix(TEST_READS), count)
                    for name, count in store.counters().items()
                    if name.startswith(TEST_READS)
                ),
            )
    except StoreError as error:
        raise store_stop(error) from None


def size_of(workspace: Workspace) -> int:
    """Bytes of the store's file and of what is not yet merged into it."""
    log = workspace.store.with_name(workspace.store.name + "-wal")
    return workspace.store.stat().st_size + (log.stat().st_size if log.exists() else 0)


def model_stats(store: Store, names: dict[str, str]) -> tuple[ModelStats, ...]:
    """The responses by model, most first."""
    calls: Counter[str] = Counter()
    prompt: Counter[str] = Counter()
    completion: Counter[str] = Counter()
    text: Counter[str] = Counter()
    for record in store.records():
        model = record.origin.model
        calls[model] += 1
        prompt[model] += record.prompt_tokens
        completion[model] += record.completion_tokens
        text[model] += len(record.text.encode("utf-8", "replace"))
    order = sorted(calls, key=lambda model: (-calls[model], model))
    return tuple(
        ModelStats(model, names.get(model, ""), calls[model], prompt[model], completion[model], text[model])
        for model in order
    )


def declared_models(program: str) -> dict[str, str]:
    """The names of a program's models, by the start of their fingerprint.

    Raises:
        Stop: the program has errors.
    """
    ir = lower_program(load_program(program))
    try:
        return {model_key(fingerprint_of(settings_of(spec))): spec.name for spec in ir.models}
    except ModelError as error:
        raise model_stop(error) from None
