"""What a back-end that speaks OpenAI's API has to make of a server's faults."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator
from dataclasses import dataclass

import pytest

from tgl.models import ErrorKind, Finish, ModelError
from tgl.testing.faulty_server import LATER_SECONDS, Fault, FaultyServer
from tgl.testing.subject import SECRET, MakeEndpoint, Subject, echo, talkative_model


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
