"""What every `ChatModel` has to prove. Subclass a suite in a test module and give it its one fixture.

    class TestMine(ChatModelSuite):
        @pytest.fixture(scope="class")
        @classmethod
        def make_model(cls):
            return lambda: Mine(...)

`ChatModelSuite` is for any back-end. `EndpointFaultSuite` is for those that speak OpenAI's API to a
server: it brings a server that misbehaves.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import pytest

from tgl.models import (
    ChatMessage,
    ChatModel,
    ChatReply,
    ChatRequest,
    Decoding,
    ErrorKind,
    Finish,
    ModelError,
    Role,
    ScriptedModel,
    share,
)
from tgl.testing.faulty_server import LATER_SECONDS, Fault, FaultyServer

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


def talkative(request: ChatRequest) -> str:
    """What a fake says to the suite's requests: the last words of the user, then words drawn by the seed."""
    asked = request.messages[-1].content
    drawn = [WORDS[int(share(request, str(place)) * len(WORDS))] for place in range(2 * LONG)]
    return " ".join([asked, *drawn]) if request.decoding.max_tokens != 8 else asked


def talkative_model(slots: int | None = 4) -> ScriptedModel:
    """A fake for the suite: `endless` requests take a minute, all others no time."""

    def latency(request: ChatRequest) -> float:
        return 60.0 if request.decoding.max_tokens == LONG else 0.0

    return ScriptedModel("talkative", talkative, latency=latency, slots=slots)


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


class ChatModelSuite:
    """Behaviour of any back-end.

    Needs a class-scoped fixture `make_model`, which gives a function that makes a model. `timeout` is
    what an ordinary call may take, in seconds.
    """

    timeout: ClassVar[float] = 60.0

    @pytest.fixture(scope="class")
    @classmethod
    def make_model(cls) -> MakeModel:
        """To be overridden."""
        raise NotImplementedError("give the suite a fixture `make_model`")

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, make_model: MakeModel) -> Generator[Subject]:
        """The model, made once, closed at the end."""
        with asyncio.Runner() as runner:
            subject = Subject(make_model(), runner, cls.timeout)
            yield subject
            subject.run(subject.model.close())

    def test_a_reply_has_text_and_counts_its_tokens(self, subject: Subject) -> None:
        reply = subject.ask(echo("apple"))
        assert reply.text.strip()
        assert reply.usage.prompt_tokens > 0
        assert reply.usage.completion_tokens > 0
        assert reply.latency >= 0

    def test_a_longer_prompt_counts_more_tokens(self, subject: Subject) -> None:
        short, long = subject.ask(echo("apple")), subject.ask(echo("apple " * 40))
        assert long.usage.prompt_tokens >= short.usage.prompt_tokens + 30

    def test_max_tokens_ends_a_reply(self, subject: Subject) -> None:
        reply = subject.ask(listing(Decoding(temperature=0.0, max_tokens=2)))
        assert reply.finish is Finish.LENGTH
        assert 1 <= reply.usage.completion_tokens <= 2

    def test_a_stop_string_ends_a_reply_and_is_not_in_it(self, subject: Subject) -> None:
        whole = subject.ask(listing(Decoding(temperature=0.0, max_tokens=24)))
        words = whole.text.split()
        assert len(words) >= 2, whole.text
        stopped = subject.ask(listing(Decoding(temperature=0.0, max_tokens=24, stop=("@@", words[1]))))
        assert stopped.finish is Finish.STOP
        assert words[1] not in stopped.text
        assert stopped.text.strip()
        assert whole.text.startswith(stopped.text.rstrip())

    def test_greedy_replies_repeat_whatever_the_seed(self, subject: Subject) -> None:
        decoding = Decoding(temperature=0.0, max_tokens=12)
        texts = {subject.ask(listing(decoding, seed)).text for seed in (1, 1, 2, 3)}
        assert len(texts) == 1

    def test_other_seeds_draw_other_replies(self, subject: Subject) -> None:
        decoding = Decoding(temperature=1.0, max_tokens=16)
        texts = {subject.ask(listing(decoding, seed)).text for seed in range(8)}
        assert len(texts) > 1

    def test_the_largest_seed_is_taken(self, subject: Subject) -> None:
        assert subject.ask(listing(Decoding(temperature=1.0, max_tokens=4), 2**31 - 1)).text

    def test_concurrent_requests_get_their_own_replies(self, subject: Subject) -> None:
        replies = subject.ask_all([echo(word) for word in WORDS])
        said = [reply.text.lower() for reply in replies]
        own = [word in text for word, text in zip(WORDS, said, strict=True)]
        others = [
            other in text for word, text in zip(WORDS, said, strict=True) for other in WORDS if other != word
        ]
        assert sum(own) >= len(WORDS) - 2, said  # a small model may miss one
        assert not any(others), said

    def test_a_deadline_that_passes_is_a_timeout(self, subject: Subject) -> None:
        subject.ask(echo("apple"))  # what is loaded on first use is loaded now
        with pytest.raises(ModelError) as caught:
            subject.run(subject.model.complete(endless(), timeout=0.02))
        assert caught.value.kind is ErrorKind.TIMEOUT
        assert caught.value.unknown_usage
        assert subject.ask(echo("river")).text

    def test_cancelled_requests_free_their_places(self, subject: Subject) -> None:
        subject.ask(echo("apple"))
        slots = subject.model.capabilities.max_concurrency or 8

        async def start_and_cancel() -> list[BaseException | ChatReply]:
            tasks = [
                asyncio.create_task(subject.model.complete(endless(), timeout=600.0)) for _ in range(slots)
            ]
            await asyncio.wait(tasks, timeout=0.1)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            return [asyncio.CancelledError() if task.cancelled() else task.result() for task in tasks]

        ended = subject.run(start_and_cancel())
        assert any(isinstance(end, asyncio.CancelledError) for end in ended)
        assert len(subject.ask_all([echo(word) for word in WORDS])) == len(WORDS)

    def test_closing_twice_is_closing_once(self, subject: Subject, make_model: MakeModel) -> None:
        async def open_and_close() -> None:
            model = make_model()
            await model.close()
            await model.close()

        subject.run(open_and_close())

    def test_two_of_a_kind_have_one_fingerprint(self, subject: Subject, make_model: MakeModel) -> None:
        async def fingerprint() -> str:
            model = make_model()
            await model.close()
            return model.fingerprint

        assert subject.run(fingerprint()) == subject.model.fingerprint
        assert len(subject.model.fingerprint) == 64


@dataclass(frozen=True, slots=True)
class Expected:
    """How a fault has to be reported."""

    kind: ErrorKind
    status: int | None = None
    retry_after: float | None = None
    unknown_usage: bool = False


EXPECTED = {
    Fault.UNAUTHORIZED: Expected(ErrorKind.AUTH, 401),
    Fault.FORBIDDEN: Expected(ErrorKind.AUTH, 403),
    Fault.UNKNOWN_MODEL: Expected(ErrorKind.NOT_FOUND, 404),
    Fault.UNSUPPORTED_OPTION: Expected(ErrorKind.BAD_REQUEST, 400),
    Fault.UNSUPPORTED_LIMIT: Expected(ErrorKind.BAD_REQUEST, 400),
    Fault.LIMITED: Expected(ErrorKind.RATE_LIMIT, 429),
    Fault.LIMITED_SECONDS: Expected(ErrorKind.RATE_LIMIT, 429, 2.5),
    Fault.LIMITED_DATE: Expected(ErrorKind.RATE_LIMIT, 429, LATER_SECONDS),
    Fault.FAILED: Expected(ErrorKind.SERVER, 500, unknown_usage=True),
    Fault.FAILED_PAGE: Expected(ErrorKind.SERVER, 502, unknown_usage=True),
    Fault.OVERLOADED: Expected(ErrorKind.SERVER, 503, 1.0),
    Fault.RESET: Expected(ErrorKind.CONNECTION, unknown_usage=True),
    Fault.CUT_BODY: Expected(ErrorKind.BROKEN, unknown_usage=True),
    Fault.CUT_CHUNKS: Expected(ErrorKind.BROKEN, unknown_usage=True),
    Fault.CUT_JSON: Expected(ErrorKind.BROKEN, unknown_usage=True),
    Fault.NOT_JSON: Expected(ErrorKind.BROKEN, unknown_usage=True),
    Fault.HTML_PAGE: Expected(ErrorKind.BROKEN, unknown_usage=True),
    Fault.OTHER_JSON: Expected(ErrorKind.BROKEN, unknown_usage=True),
    Fault.EMPTY_BODY: Expected(ErrorKind.BROKEN, unknown_usage=True),
    Fault.NO_CHOICES: Expected(ErrorKind.BROKEN, unknown_usage=True),
    Fault.NO_CONTENT: Expected(ErrorKind.BROKEN, unknown_usage=True),
    Fault.NO_FINISH: Expected(ErrorKind.BROKEN, unknown_usage=True),
    Fault.NO_USAGE: Expected(ErrorKind.BAD_REQUEST, unknown_usage=True),
    Fault.ERROR_IN_200: Expected(ErrorKind.BROKEN, unknown_usage=True),
}


class EndpointFaultSuite:
    """Faults of a server and what a back-end makes of each.

    Needs a class-scoped fixture `make_endpoint`, which gives a function from base URL and key to a model.
    """

    @pytest.fixture(scope="class")
    @classmethod
    def make_endpoint(cls) -> MakeEndpoint:
        """To be overridden."""
        raise NotImplementedError("give the suite a fixture `make_endpoint`")

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Generator[FaultyServer]:
        """A server that misbehaves when told to."""
        with FaultyServer(talkative_model, key=SECRET) as server:
            yield server

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, server: FaultyServer, make_endpoint: MakeEndpoint) -> Generator[Subject]:
        """The model, made once, closed at the end."""
        with asyncio.Runner() as runner:
            subject = Subject(make_endpoint(server.base_url, SECRET), runner, 10.0)
            yield subject
            subject.run(subject.model.close())

    @pytest.mark.parametrize("fault", EXPECTED, ids=lambda fault: fault.name.lower())
    def test_a_fault_is_classified_and_explained(
        self, subject: Subject, server: FaultyServer, fault: Fault
    ) -> None:
        server.plan(fault)
        with pytest.raises(ModelError) as caught:
            subject.ask(echo("apple"))
        error = caught.value
        found = Expected(error.kind, error.status, error.retry_after, error.unknown_usage)
        assert found == EXPECTED[fault], error.message
        assert error.message
        assert "\n" not in error.message + error.help
        assert "<html" not in error.message.replace("begins `<html", "")
        for shown in (error.message, error.help, repr(error), str(error), repr(subject.model)):
            assert SECRET not in shown
        assert subject.ask(echo("river")).text == "river"

    def test_a_request_is_sent_once(self, subject: Subject, server: FaultyServer) -> None:
        server.bodies.clear()
        server.plan(Fault.FAILED)
        with pytest.raises(ModelError):
            subject.ask(echo("apple"))
        assert len(server.bodies) == 1

    def test_a_silent_server_runs_into_the_deadline(self, subject: Subject, server: FaultyServer) -> None:
        server.plan(Fault.SILENT)
        with pytest.raises(ModelError) as caught:
            subject.run(subject.model.complete(echo("apple"), timeout=0.05))
        assert caught.value.kind is ErrorKind.TIMEOUT
        assert subject.ask(echo("river")).text == "river"

    def test_nobody_listening_names_the_address(self, subject: Subject, make_endpoint: MakeEndpoint) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"

            async def ask() -> None:
                model = make_endpoint(url, SECRET)
                try:
                    await model.complete(echo("apple"), timeout=5.0)
                finally:
                    await model.close()

            with pytest.raises(ModelError) as caught:
                subject.run(ask())
        assert caught.value.kind is ErrorKind.CONNECTION
        assert not caught.value.unknown_usage
        assert url in caught.value.message
        assert url in caught.value.help

    @pytest.mark.parametrize(
        ("fault", "text", "finish"),
        [
            (Fault.REFUSAL, "I can't help with that.", Finish.REFUSED),
            (Fault.FILTERED, "Well,", Finish.REFUSED),
            (Fault.THOUGHT_ONLY, "", Finish.LENGTH),
        ],
    )
    def test_a_refusal_or_an_empty_end_is_a_reply(
        self, subject: Subject, server: FaultyServer, fault: Fault, text: str, finish: Finish
    ) -> None:
        server.plan(fault)
        reply = subject.ask(echo("apple"))
        assert (reply.text, reply.finish) == (text, finish)
        assert reply.usage.prompt_tokens > 0
