"""What a probe finds out about servers of different manners."""

import asyncio
from dataclasses import replace

import pytest

from tgl.models import (
    Capabilities,
    ErrorKind,
    Feature,
    ModelError,
    OpenAICompatible,
    Probed,
    ScriptedModel,
    probe,
    probe_name,
    probe_several,
    probed_of,
    share,
)
from tgl.testing import Fault, FaultyServer, Manners

ALL = Capabilities(features=frozenset(Feature))


def answers(request):
    if request.schema:
        return '{"fruit": "kumquat"}'
    if request.opening:
        return "is."
    return " ".join(str(int(share(request, str(place)) * 1000)) for place in range(10))


def stubborn(request):
    """Keeps no schema, and begins anew where a reply was begun for it."""
    return answers(replace(request, schema=None, opening=""))


def seedless(request):
    return answers(replace(request, seed=next(seedless.calls)))


def one_reply(request):
    return "always the same"


def find(reply, manners, declared=ALL, faults=()):
    with FaultyServer(lambda: ScriptedModel("m", reply), manners=manners) as server:
        server.plan(*faults)

        async def main():
            model = OpenAICompatible("m", "", server.base_url, None, declared)
            try:
                return await probe(model, timeout=5.0), model.capabilities
            finally:
                await model.close()

        found, capabilities = asyncio.run(main())
        return found, capabilities, len(server.bodies)


@pytest.mark.parametrize(
    ("reply", "manners", "expected"),
    [
        (answers, Manners(), {"max_n": 8}),
        (answers, Manners(max_n=3), {"max_n": 2}),
        (answers, Manners(max_n=1), {"max_n": 1}),
        (answers, Manners(max_n=1, beyond="ignore"), {"max_n": 1}),
        (answers, Manners(counts="first"), {"max_n": 1}),
        (one_reply, Manners(), {"seed": False, "max_n": 1, "opening": False, "schema": False}),
        (stubborn, Manners(), {"max_n": 8, "opening": False, "schema": False}),
        (
            answers,
            Manners(lists=False, continues="refuse", schemas=False, vector=0),
            {"max_n": 8, "logprobs": False, "opening": False, "schema": False, "embed": False},
        ),
    ],
    ids=["all", "three", "refused", "ignored", "uncounted", "one reply", "stubborn", "plain"],
)
def test_a_probe_finds_what_the_server_does(reply, manners, expected):
    found, capabilities, requests = find(reply, manners)
    best = {"seed": True, "max_n": 8, "logprobs": True, "opening": True, "schema": True, "embed": True}
    assert found == Probed(**(best | expected))
    assert capabilities.max_n == found.max_n
    missing = {feature.value for feature in Feature} - {feature.value for feature in capabilities.features}
    assert missing == {name for name, value in expected.items() if value is False} - {"seed"}
    assert requests <= 24


def test_replies_of_a_server_without_seeds_may_come_together():
    seedless.calls = iter(range(100))
    found, _, _ = find(seedless, Manners())
    assert (found.seed, found.max_n) == (False, 8)


def test_what_a_failure_does_not_tell_stays_open():
    # The fifth request asks for two replies, the later ones for the features.
    with FaultyServer(lambda: ScriptedModel("m", answers)) as server:

        async def main():
            model = OpenAICompatible("m", "", server.base_url, None, ALL)
            try:
                await probe_several(model, timeout=5.0, thorough=True)
                before = model.capabilities
                server.plan(Fault.FAILED, *[Fault.LIMITED] * 6)
                with pytest.raises(ModelError) as caught:
                    await probe(model, timeout=5.0)
                return before, caught.value
            finally:
                await model.close()

        before, error = asyncio.run(main())
    assert before.max_n == 8
    assert error.kind is ErrorKind.SERVER


def test_a_declared_option_is_not_tried_if_the_program_rules_it_out():
    declared = replace(ALL, options=frozenset({"seed"}))
    with FaultyServer(lambda: ScriptedModel("m", answers)) as server:

        async def main():
            model = OpenAICompatible("m", "", server.base_url, None, declared)
            try:
                await probe_several(model, timeout=5.0)
            finally:
                await model.close()

        asyncio.run(main())
        assert not {"temperature", "max_tokens", "stop"} & {key for body in server.bodies for key in body}


def test_what_is_kept_comes_back_and_tells_no_address():
    found = Probed(seed=True, max_n=4, logprobs=False)
    assert probed_of(found.text()) == found
    assert probed_of(None) is probed_of("{}x") is probed_of('{"version":2}') is None
    name = probe_name("ab" * 32, "https://user.example/v1")
    assert "example" not in name
    assert name != probe_name("ab" * 32, "https://other.example/v1")
    assert name != probe_name("cd" * 32, "https://user.example/v1")
    narrowed = found.narrowed(ALL)
    assert (narrowed.max_n, Feature.LOGPROBS in narrowed.features) == (4, False)
    assert Feature.SCHEMA in narrowed.features
