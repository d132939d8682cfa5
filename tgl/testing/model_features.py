"""What a back-end has to prove of what it declares beyond plain replies; the rest is skipped."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import ClassVar, cast

import pytest

from tgl.models import Decoding, EmbeddingModel, Feature
from tgl.testing.subject import Subject, in_json, listing, thoughtful

SCHEMA = {
    "type": "object",
    "properties": {"word": {"type": "string", "maxLength": 12}},
    "required": ["word"],
    "additionalProperties": False,
}
DRAWN = Decoding(temperature=1.0, max_tokens=12)
STOPPED = Decoding(temperature=1.0, max_tokens=24, stop=(",", "\n"))


def needs(subject: Subject, feature: Feature) -> None:
    """Skip for a model that does not declare the feature."""
    if feature not in subject.model.capabilities.features:
        pytest.skip(f"the model does not declare {feature}")


def several(subject: Subject) -> int:
    """How many replies to ask for at a time."""
    most = subject.model.capabilities.max_n
    if most < 2:
        pytest.skip("the model gives one reply at a time")
    return min(most, 4)


class ModelFeatures:
    """Several replies at a time, log-probabilities, begun replies, schemas, thoughts, embeddings.

    `thinks` declares that the model thinks before it answers.
    """

    thinks: ClassVar[bool] = False

    @pytest.mark.parametrize("decoding", [DRAWN, STOPPED], ids=["cut by length", "cut by a stop string"])
    def test_several_replies_are_those_of_the_next_seeds(self, subject: Subject, decoding: Decoding) -> None:
        n = several(subject)
        request = listing(decoding)
        together = [*subject.ask_many(request, n), *subject.ask_many(replace(request, seed=200), n)]
        seeds = [*range(request.seed, request.seed + n), *range(200, 200 + n)]
        alone = [subject.ask(replace(request, seed=seed)) for seed in seeds]
        same = [one for one, other in zip(together, alone, strict=True) if one.text == other.text]
        # Engines are not bit-reproducible, so one or two may differ; all would, were the seeds others.
        assert len(same) >= len(alone) - 2, (together, alone)
        for one, other in zip(together, alone, strict=True):
            assert one.usage.prompt_tokens == other.usage.prompt_tokens
            if one.text == other.text:
                assert (one.usage, one.finish) == (other.usage, other.finish)

    def test_several_replies_are_not_one(self, subject: Subject) -> None:
        n = several(subject)
        assert len({reply.text for reply in subject.ask_many(listing(DRAWN), n)}) > 1

    def test_seeds_begin_again_after_the_largest(self, subject: Subject) -> None:
        several(subject)
        request = listing(DRAWN, 2**31 - 1)
        last = subject.ask_many(request, 2)[1]
        assert last.text == subject.ask(replace(request, seed=0)).text

    def test_logprobs_are_told_if_asked_for(self, subject: Subject) -> None:
        needs(subject, Feature.LOGPROBS)
        request = listing(Decoding(temperature=0.0, max_tokens=12))
        plain, asked = subject.ask(request), subject.ask(replace(request, logprobs=True))
        assert plain.logprobs is None
        assert asked.text == plain.text
        assert asked.logprobs is not None
        assert asked.usage.completion_tokens - 2 <= len(asked.logprobs) <= asked.usage.completion_tokens
        assert all(math.isfinite(number) and number <= 1e-6 for number in asked.logprobs)

    def test_logprobs_leave_out_what_is_not_in_the_text(self, subject: Subject) -> None:
        needs(subject, Feature.LOGPROBS)
        request = replace(listing(Decoding(temperature=0.0, max_tokens=24)), logprobs=True)
        whole = subject.ask(request)
        word = whole.text.split()[1]
        stopped = subject.ask(replace(request, decoding=Decoding(0.0, max_tokens=24, stop=(word,))))
        assert whole.logprobs is not None
        assert stopped.logprobs is not None
        assert 0 < len(stopped.logprobs) < len(whole.logprobs)

    def test_each_of_several_replies_has_its_logprobs(self, subject: Subject) -> None:
        needs(subject, Feature.LOGPROBS)
        for reply in subject.ask_many(replace(listing(DRAWN), logprobs=True), several(subject)):
            assert reply.logprobs

    def test_a_begun_reply_is_continued_and_not_repeated(self, subject: Subject) -> None:
        needs(subject, Feature.OPENING)
        request = replace(listing(Decoding(temperature=0.0, max_tokens=12)), opening="Monday, Tuesday,")
        reply = subject.ask(request)
        assert "wednesday" in reply.text.lower()
        assert not reply.text.lower().lstrip().startswith("monday")

    def test_a_schema_is_kept(self, subject: Subject) -> None:
        needs(subject, Feature.SCHEMA)
        request = replace(in_json("apple"), schema=json.dumps(SCHEMA))
        found = json.loads(subject.ask(request).text)
        assert [*found] == ["word"]
        assert isinstance(found["word"], str)

    def test_thoughts_are_no_part_of_the_answer(self, subject: Subject) -> None:
        if not self.thinks:
            pytest.skip("the model does not think aloud")
        reply = subject.ask(thoughtful())
        assert reply.reasoning
        assert reply.text.strip()
        assert reply.reasoning not in reply.text
        assert "think>" not in reply.text + reply.reasoning

    def test_texts_become_vectors_in_order(self, subject: Subject) -> None:
        needs(subject, Feature.EMBED)
        model = cast("EmbeddingModel", subject.model)
        texts = ["an apple", "a long river", "an apple", *(f"number {place}" for place in range(40))]
        vectors = subject.run(model.embed(texts, timeout=subject.timeout))
        assert len(vectors) == len(texts)
        assert len({len(vector) for vector in vectors}) == 1
        assert vectors[0] == vectors[2] != vectors[1]
        assert subject.run(model.embed([], timeout=subject.timeout)) == ()
