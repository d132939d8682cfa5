"""A model under test, and what the suites ask it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import TypeVar

from tgl.models import (
    ChatMessage,
    ChatModel,
    ChatReply,
    ChatRequest,
    Decoding,
    Role,
    ScriptedModel,
    share,
)
from tgl.models.scripted import counted

T = TypeVar("T")
MakeModel = Callable[[], ChatModel]
MakeEndpoint = Callable[[str, str], ChatModel]

SECRET = "sk-suite-5e1f0c2ab7"
WORDS = ("apple", "river", "candle", "window", "tiger", "bottle", "garden", "silver")
LONG = 1000


def conversation(system: str, shots: tuple[tuple[str, str], ...], last: str) -> tuple[ChatMessage, ...]:
    """A few-shot conversation: small models do nothing reliably without examples."""
    turns = [
        message
        for asked, answered in shots
        for message in (ChatMessage(Role.USER, asked), ChatMessage(Role.ASSISTANT, answered))
    ]
    return (ChatMessage(Role.SYSTEM, system), *turns, ChatMessage(Role.USER, last))


def echo(word: str) -> ChatRequest:
    """Asks greedily for `word` itself."""
    shots = (("stone", "stone"), ("yellow", "yellow"), ("monkey", "monkey"))
    messages = conversation("Repeat the word.", shots, word)
    return ChatRequest(messages, Decoding(temperature=0.0, max_tokens=8), 7)


def listing(decoding: Decoding, seed: int = 7) -> ChatRequest:
    """Asks for a line of several words."""
    shots = (
        ("colours", "red, green, blue, yellow, black, white"),
        ("animals", "dog, cat, horse, cow, sheep, pig"),
    )
    return ChatRequest(conversation("Write a list.", shots, "days of the week"), decoding, seed)


def endless() -> ChatRequest:
    """Asks for far more than there is time for."""
    messages = conversation("Write a very long story, in one paragraph.", (), "The sea")
    return ChatRequest(messages, Decoding(temperature=1.0, max_tokens=LONG), 7)


def in_json(word: str) -> ChatRequest:
    """Asks greedily for `word` in a JSON object. Small models need to see one, schema or not."""
    shots = tuple((other, json.dumps({"word": other})) for other in ("stone", "yellow", "monkey"))
    messages = conversation("Repeat the word in JSON.", shots, word)
    return ChatRequest(messages, Decoding(temperature=0.0, max_tokens=64), 7)


def thoughtful() -> ChatRequest:
    """Asks a model that thinks first to do so."""
    messages = conversation("Think first, then answer with a number.", (), "What is 17 + 25?")
    return ChatRequest(messages, Decoding(temperature=0.0, max_tokens=600), 7)


def talkative(request: ChatRequest) -> str | ChatReply:
    """What a fake says to the suite's requests: the last words of the user, then words drawn by the seed."""
    asked = request.messages[-1].content
    if request.schema is not None:
        return json.dumps({"word": asked})
    if request.opening:
        return " Wednesday, Thursday"
    if request.messages[0].content.startswith("Think"):
        said = counted("42", request)
        usage = replace(said.usage, completion_tokens=said.usage.completion_tokens + 5)
        return replace(said, reasoning="17 + 25 is 42.", usage=usage)
    drawn = [WORDS[int(share(request, str(place)) * len(WORDS))] for place in range(2 * LONG)]
    return " ".join([asked, *drawn]) if request.decoding.max_tokens != 8 else asked


def talkative_model(slots: int | None = 4) -> ScriptedModel:
    """A fake for the suite: `endless` requests take a minute, all others no time."""

    def latency(request: ChatRequest) -> float:
        return 60.0 if request.decoding.max_tokens == LONG else 0.0

    return ScriptedModel("talkative", talkative, latency=latency, slots=slots, max_n=4)


class Subject:
    """The model under test, on an event loop that lives as long as it does."""

    def __init__(self, model: ChatModel, runner: asyncio.Runner, timeout: float) -> None:
        self.model = model
        self.runner = runner
        self.timeout = timeout

    def run(self, work: Coroutine[None, None, T]) -> T:
        """The result of `work`."""
        return self.runner.run(work)

    def ask(self, request: ChatRequest) -> ChatReply:
        """One reply."""
        return self.run(self.model.complete(request, timeout=self.timeout))

    def ask_many(self, request: ChatRequest, n: int) -> tuple[ChatReply, ...]:
        """Several replies to one request."""
        return self.run(self.model.complete_many(request, n, timeout=self.timeout))

    def ask_all(self, requests: list[ChatRequest]) -> list[ChatReply]:
        """The replies to requests that are made at the same time, in the requests' order."""

        async def together() -> list[ChatReply]:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self.model.complete(request, timeout=self.timeout))
                    for request in requests
                ]
            return [task.result() for task in tasks]

        return self.run(together())
