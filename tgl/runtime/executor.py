"""Runs candidates on examples, batch after batch: what a search keeps from one to the next.

All runs of a batch advance together, in waves. A wave looks up what its runs ask for, all at once, and
hands out what is stored without making a task; what is not is asked for once, however many runs wait for
it (single flight), as the scheduler says. Nothing that comes out depends on the order in which replies
arrive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from tgl.ir import KeySpec
from tgl.runtime.batch import Batch
from tgl.runtime.counts import Counts, Tally
from tgl.runtime.events import RuntimeEvent
from tgl.runtime.foresight import PossibleAsk, foreseen
from tgl.runtime.jobs import Job, ModelBinding, RunResult
from tgl.runtime.known import Known
from tgl.runtime.ledger import BillCap, Ledger
from tgl.runtime.limits import gate_of
from tgl.runtime.plan import Planner
from tgl.runtime.policy import CallPolicy
from tgl.runtime.prompts import Prompts, ShotsTable
from tgl.runtime.traffic import CallFailed
from tgl.runtime.union import DropRule
from tgl.stdfn import NO_FUNCTIONS, StdFunction
from tgl.storage import ResponseStore, StoreError

EXACT = KeySpec(kind="exact")


def unwatched(_: RuntimeEvent) -> None:
    """Tell nobody."""


def nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class RuntimeOptions:
    """How an executor behaves.

    Args:
        live: whether models may be asked; if not, a response that is not stored is a miss.
        policy: patience with servers.
        cap: limit on the bill.
        hedge: quantile, in (0, 1), of a model's latencies after which a request is doubled; the first
            reply counts, and both are on the bill. None: never.
        quorum: whether a run stops waiting for calls that can't change its answer, and cancels them: for a
            question that is deployed. A search pays for them, since its spend must not hang on arrival.
        deploy: how many calls of one question run at a time where it is deployed, for its latency (>= 1;
            None: as many as there are).
    """

    live: bool = False
    policy: CallPolicy = field(default_factory=CallPolicy)
    cap: BillCap = field(default_factory=BillCap)
    hedge: float | None = None
    quorum: bool = False
    deploy: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is no quantile."""
        if self.hedge is not None and not 0 < self.hedge < 1:
            raise ValueError(f"a quantile lies between 0 and 1; this is {self.hedge:g}")


class Executor:
    """Runs batches of jobs. For one event loop; concurrent batches take turns.

    A call that has failed stays failed for the executor's life: whether a run shares the failure must not
    hang on when it comes to ask. Failures are never stored, so a search that is to be resumed journals
    them (`failed`) and hands them back through `assume_failed`; they are in `failed` again once a run has
    come to ask for them.

    The running loop is the clock, so tests run on one with virtual time.
    """

    def __init__(
        self,
        models: Mapping[str, ModelBinding],
        store: ResponseStore,
        *,
        key: KeySpec = EXACT,
        instruction: str = "",
        shots: Mapping[str, ShotsTable] | None = None,
        options: RuntimeOptions | None = None,
        on_event: Callable[[RuntimeEvent], None] = unwatched,
        functions: Mapping[str, StdFunction] = NO_FUNCTIONS,
        logprobs: Collection[str] = (),
    ) -> None:
        """Bind a program's names.

        Args:
            models: by declared name.
            store: where responses are looked up and committed.
            key: the task's; how an `answer` is read.
            instruction: the task's `format` text, for prompts.
            shots: few-shot tables by path, as programs name them.
            options: how to behave.
            on_event: told about progress; must be quick.
            functions: those that the user wrote, by registered name.
            logprobs: declared names of the models whose every call asks for log-probabilities.
        """
        self.models = models
        self.store = store
        self.options = options or RuntimeOptions()
        self.notify = on_event
        self.ledger = Ledger({name: bound.spec for name, bound in models.items()}, self.options.cap)
        prompts = Prompts(instruction=instruction, shots=shots)
        fingerprints = {name: bound.fingerprint for name, bound in models.items()}
        self.planner = Planner(
            prompts,
            key,
            fingerprints,
            slots=self.options.deploy,
            functions=functions,
            logprobs=logprobs,
        )
        self.known = Known(store)
        self.failed: dict[str, CallFailed] = {}
        self.assumed: dict[str, CallFailed] = {}
        self.gates = {name: gate_of(bound.spec, bound.ceiling) for name, bound in models.items()}
        self.tally = Tally()
        self.keep_bill: Callable[[], None] = nothing
        self.turn = asyncio.Lock()

    @property
    def counts(self) -> Counts:
        """Calls needed, shared, stored and issued, in all batches so far."""
        return self.tally.counts()

    def assume_failed(self, identity: str, failure: str, detail: str) -> None:
        """Let a call fail as it did in the part of the search that is replayed from its journal."""
        self.assumed[identity] = CallFailed(failure, detail)

    def foreseen(self, job: Job, *, fresh: bool = False) -> tuple[PossibleAsk, ...]:
        """What a job may ask beyond the spend so far, in the order of nodes; nothing is asked.

        Args:
            job: candidate, example and salt.
            fresh: as if nothing was on the spend.

        Raises:
            ValueError: the candidate uses models or shots that are not bound.
        """
        return foreseen(self.planner.plan(job.candidate), job, {} if fresh else self.ledger.spend, self.known)

    async def run_all(self, jobs: Sequence[Job], *, drop: DropRule | None = None) -> list[RunResult]:
        """The results of jobs, in job order; their calls are then on the spend.

        Cancellation stops it at once: what was replied is stored, what is under way is listed on the bill.
        However it ends, `keep_bill` is called once nothing is under way any more, and now and then before.

        Args:
            jobs: what to run.
            drop: may drop the rest of a group of jobs, told from the results of its first ones; the rest
                then ends as `DROPPED`, without spend. None: everything is needed.

        Raises:
            MissingResponses: calls are not stored, and may not or can't be issued.
            ModelRefused: a model will not answer anything.
            BillReached: the cap on the bill.
            StoreError: the store can't be read or written.
            ValueError: a candidate uses models or shots that are not bound.
        """
        async with self.turn:
            try:
                results = await Batch(self, jobs, drop).run()
            except BaseException:
                with suppress(StoreError):
                    self.keep_bill()
                raise
            self.keep_bill()
        self.ledger.charge(results)
        return results
