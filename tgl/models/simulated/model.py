"""A `ChatModel` that is a statistical model of one: no weights, no server, no figure of a real model."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from tgl.models.fingerprint import digest
from tgl.models.protocol import Capabilities, ChatReply, ChatRequest, ErrorKind, ModelError
from tgl.models.simulated.answering import drawn_by
from tgl.models.simulated.items import Fields, ItemBank, ItemsError, read_bank
from tgl.models.simulated.profile import Chosen, ProfileError, find_profile
from tgl.models.simulated.reading import read_request
from tgl.models.simulated.task_items import TaskItems, read_task_bank
from tgl.models.simulated.writing import written

MODEL_VERSION = 1
"""Of the equations and of how replies are written; a change of either bumps it and changes all identities."""
SEEDS = 2**31
MAX_N = 128
REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a simulated model is: a profile and the questions that it knows."""

    chosen: Chosen
    bank: ItemBank

    @property
    def fingerprint(self) -> str:
        """The identity: profile, bank and the version of the equations."""
        return digest(
            {
                "kind": "simulated",
                "version": str(MODEL_VERSION),
                "profile": self.chosen.canonical,
                "items": self.bank.content,
            }
        )

    def reply(self, request: ChatRequest) -> ChatReply:
        """The reply to a request: a pure function."""
        return written(self.chosen, read_request(request, self.bank), request, form=self.bank.form)

    def fails(self, request: ChatRequest) -> bool:
        """Whether a request fails at every attempt."""
        share = self.chosen.profile.faults.failed
        if not share:
            return False
        reading = read_request(request, self.bank)
        return drawn_by(self.chosen, reading, request.decoding, request.seed).uniform("failed") < share


def simulation(
    name: str,
    profile: str,
    items: str,
    folder: Path,
    *,
    fields: Fields | None = None,
    variant: str = "",
    task: TaskItems | None = None,
) -> Simulation:
    """The simulation that a declaration asks for.

    Args:
        name: what the program calls the model.
        profile: a shipped profile's name, or `FILE#NAME`.
        items: a JSONL file; with `task` a file or folder of the task's format.
        folder: what files are relative to.
        fields: of the items' rows.
        variant: sets a model apart from others of its profile: chance of its own.
        task: how the items are read, and what their answers look like.

    Raises:
        ModelError: MISSING; the message names model and file.
    """
    try:
        chosen = find_profile(profile, folder, default=name)
        named = fields or Fields()
        bank = (
            read_bank(folder / items, named) if task is None else read_task_bank(folder / items, named, task)
        )
    except ProfileError as error:
        raise ModelError(ErrorKind.MISSING, f"model `{name}`: {error.message}", help=error.help) from None
    except ItemsError as error:
        raise ModelError(
            ErrorKind.MISSING,
            f"model `{name}`: {error}",
            help='`items "FILE"` names the questions, one JSON object a line with `question` and `answer`; '
            "the path is relative to the program's folder",
        ) from None
    if variant:
        chosen = chosen.model_copy(update={"name": f"{chosen.name}@{variant}"})
    return Simulation(chosen, bank.fitted(chosen.items))


class SimulatedModel:
    """A `ChatModel` over a simulation.

    Args:
        simulation: what it is.
        name: what the program calls it.
        sleep: seconds really waited for each second of reported latency, >= 0; 0 answers at once.
        capabilities: options that may be sent.
    """

    def __init__(
        self,
        simulation: Simulation,
        *,
        name: str = "",
        sleep: float = 0.0,
        capabilities: Capabilities | None = None,
    ) -> None:
        self.simulation = simulation
        self.name = name or simulation.chosen.name
        self.sleep = sleep
        declared = capabilities or Capabilities()
        self.declared = replace(declared, max_n=max(declared.max_n, MAX_N))
        self.identity = simulation.fingerprint
        self.slots = asyncio.Semaphore(declared.max_concurrency) if declared.max_concurrency else None

    @property
    def fingerprint(self) -> str:
        """As `Simulation.fingerprint`."""
        return self.identity

    @property
    def capabilities(self) -> Capabilities:
        """All options, and several replies to one request."""
        return self.declared

    async def complete(self, request: ChatRequest, *, timeout: float) -> ChatReply:
        """The reply to one request, as `ChatModel.complete`."""
        if self.simulation.fails(request):
            raise ModelError(
                ErrorKind.BROKEN,
                f"model `{self.name}`: this request fails in the simulation (`faults.failed`)",
                unknown_usage=True,
            )
        reply = self.simulation.reply(request)
        await self.wait(reply.latency * self.sleep, timeout)
        return reply

    async def complete_many(self, request: ChatRequest, n: int, *, timeout: float) -> tuple[ChatReply, ...]:
        """`n` replies, as `ChatModel.complete_many`: each as if asked for alone, made at the same time."""
        each = [replace(request, seed=(request.seed + draw) % SEEDS) for draw in range(n)]
        if any(self.simulation.fails(one) for one in each):
            raise ModelError(
                ErrorKind.BROKEN,
                f"model `{self.name}`: a request fails in the simulation (`faults.failed`)",
                unknown_usage=True,
            )
        replies = tuple(self.simulation.reply(one) for one in each)
        await self.wait(max(reply.latency for reply in replies) * self.sleep, timeout)
        return replies

    async def wait(self, seconds: float, timeout: float) -> None:
        """Take the time that a reply takes.

        Raises:
            ModelError: TIMEOUT if that is too long.
        """
        if seconds <= 0:
            return
        try:
            async with asyncio.timeout(timeout):
                if self.slots is None:
                    await asyncio.sleep(seconds)
                else:
                    async with self.slots:
                        await asyncio.sleep(seconds)
        except TimeoutError:
            raise ModelError(
                ErrorKind.TIMEOUT,
                f"model `{self.name}`: no complete reply within {timeout:g} s",
                unknown_usage=True,
            ) from None

    async def close(self) -> None:
        """Nothing is held. Idempotent."""
