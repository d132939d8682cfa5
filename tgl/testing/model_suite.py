"""What every `ChatModel` has to prove. Subclass a suite in a test module and give it its one fixture.

    class TestMine(ChatModelSuite):
        @pytest.fixture(scope="class")
        @classmethod
        def make_model(cls):
            return lambda: Mine(...)

`ChatModelSuite` is for any back-end: what `capabilities` declare is tested, what they don't is skipped.
`EndpointFaultSuite` is for those that speak OpenAI's API to a server: it brings a server that misbehaves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import ClassVar

import pytest

from tgl.models import ChatReply, Decoding, ErrorKind, Finish, ModelError
from tgl.testing.model_features import ModelFeatures
from tgl.testing.subject import WORDS, MakeModel, Subject, echo, endless, listing


class ChatModelSuite(ModelFeatures):
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
