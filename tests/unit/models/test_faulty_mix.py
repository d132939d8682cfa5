"""Faults by chance, and a log that tells what each request cost."""

import asyncio
import json
import subprocess
import sys
import urllib.request

import pytest

from tgl.models import (
    Capabilities,
    ChatMessage,
    ChatRequest,
    Decoding,
    Finish,
    ModelError,
    OpenAICompatible,
    Role,
)
from tgl.testing import Fault, FaultMix, FaultyServer, parse_mix, talkative_model
from tgl.testing.faulty_server import COMPLETE, FREE, Manners

ASKED = (ChatMessage(Role.USER, "hello"),)


def request(seed):
    return ChatRequest(ASKED, Decoding(temperature=1.0, max_tokens=5), seed)


def ask_all(url, seeds):
    """The reply or error to each seed, one after the other."""

    async def main():
        model = OpenAICompatible("m", "", url, None, Capabilities())
        try:
            found = []
            for seed in seeds:
                try:
                    found.append(await model.complete(request(seed), timeout=10.0))
                except ModelError as error:
                    found.append(error)
            return found
        finally:
            await model.close()

    return asyncio.run(main())


def test_a_mix_meets_its_shares_and_hangs_on_seed_and_number_alone():
    mix = FaultMix({Fault.LIMITED: 0.01, Fault.RESET: 0.05}, seed=3)
    drawn = [mix.fault(number) for number in range(20_000)]
    assert drawn == [
        FaultMix({Fault.LIMITED: 0.01, Fault.RESET: 0.05}, seed=3).fault(n) for n in range(20_000)
    ]
    assert 150 < drawn.count(Fault.LIMITED) < 250
    assert 900 < drawn.count(Fault.RESET) < 1100
    assert drawn != [FaultMix(mix.shares, seed=4).fault(number) for number in range(20_000)]


@pytest.mark.parametrize(
    "text", ["limited", "lmited=0.1", "limited=often", "limited=0.6,reset=0.6", "reset=-1"]
)
def test_a_mix_that_makes_no_sense_is_refused(text):
    with pytest.raises(ValueError, match=r"fault|shares"):
        parse_mix(text)


def test_the_log_tells_what_each_request_cost():
    shares = dict.fromkeys(
        (Fault.LIMITED, Fault.FAILED, Fault.RESET, Fault.CUT_BODY, Fault.NOT_JSON, Fault.EMPTY_TEXT), 0.1
    )
    with FaultyServer(talkative_model, mix=FaultMix(shares, 5)) as server:
        found = ask_all(server.base_url, range(120))
        log = server.log
    assert [one.number for one in log] == list(range(120)) == [one.seed for one in log]
    assert len({one.prompt for one in log}) == 1
    assert {one.fault for one in log} == {None, *shares}
    for one, came in zip(log, found, strict=True):
        assert (
            one.complete == (one.fault is None or one.fault in COMPLETE) == (not isinstance(came, ModelError))
        )
        if one.complete:
            assert (came.usage.prompt_tokens, came.usage.completion_tokens) == (
                one.prompt_tokens,
                one.completion_tokens,
            )
        else:
            assert (one.prompt_tokens > 0) == (one.fault not in FREE)
            assert came.unknown_usage == (one.prompt_tokens > 0)


def test_a_reply_that_says_nothing_is_a_reply():
    with FaultyServer(talkative_model) as server:
        server.plan(Fault.EMPTY_TEXT)
        [reply] = ask_all(server.base_url, [1])
    assert (reply.text, reply.finish) == ("", Finish.STOP)
    assert reply.usage.completion_tokens > 0


@pytest.mark.parametrize(("told", "named"), [(None, [2.5, 30, 1]), (0.25, [0.25, 0, 0.25]), (7, [7, 7, 7])])
def test_manners_say_how_long_a_refusal_asks_to_wait(told, named):
    with FaultyServer(talkative_model, manners=Manners(retry_after=told)) as server:
        server.plan(Fault.LIMITED_SECONDS, Fault.LIMITED_DATE, Fault.OVERLOADED)
        found = ask_all(server.base_url, range(3))
    assert [error.retry_after for error in found] == named


@pytest.mark.slow
def test_a_process_of_its_own_serves_and_logs(tmp_path):
    log = tmp_path / "served.jsonl"
    command = [
        sys.executable,
        "-m",
        "tgl.testing.faulty_server",
        "--mix",
        "limited_seconds=0.5",
        "--seed",
        "2",
        "--retry-after",
        "9",
    ]
    with subprocess.Popen(
        [*command, "--log", str(log)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        url = process.stdout.readline().strip()
        found = ask_all(url, range(20))
        with urllib.request.urlopen(f"{url}/log") as answer:
            shown = answer.read().decode()
        process.stdin.close()
        assert process.wait(30) == 0
    assert shown == log.read_text()
    lines = [json.loads(line) for line in shown.splitlines()]
    assert [line["complete"] for line in lines] == [not isinstance(came, ModelError) for came in found]
    assert {line["fault"] for line in lines} == {None, "limited_seconds"}
    assert {came.retry_after for came in found if isinstance(came, ModelError)} == {9}
    refused = subprocess.run([*command, "--mix", "x=1"], capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "the faults are" in refused.stderr
