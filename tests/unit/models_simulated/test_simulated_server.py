"""The server: the same bytes as in process, OpenAI's errors, planned faults, and a log that adds up."""

from __future__ import annotations

import asyncio
import json
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from http.client import HTTPConnection, RemoteDisconnected
from typing import TypeVar
from urllib.parse import urlsplit

import pytest

from tgl.models import (
    Capabilities,
    ChatMessage,
    ChatRequest,
    Decoding,
    ErrorKind,
    Finish,
    ModelError,
    OpenAICompatible,
    Role,
)
from tgl.models.simulated import Profile
from tgl.models.simulated.faults import FaultPlan, ServerFault, parse_fault

from .conftest import ROWS, serving, simulation

T = TypeVar("T")
QUICK = Profile.model_validate({"errors": {"shared": 0.2}, "faults": {"refused": 0.05}})
REQUESTS = [
    ChatRequest(
        (ChatMessage(Role.SYSTEM, "Add – carefully."), ChatMessage(Role.USER, row["question"] + more)),
        Decoding(temperature=temperature, top_p=0.9, max_tokens=limit, stop=stop),
        seed,
    )
    for seed, row in enumerate(ROWS[:20])
    for more in ("", ' End with "Answer:" and the number.')
    for temperature, limit, stop in ((0.0, 64, ()), (0.9, 200, ("\n",)), (1.3, 5, ("@",)))
]


def post(url: str, body: object, path: str = "/chat/completions") -> tuple[int, dict[str, object]]:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port or 0, timeout=10)
    try:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request("POST", parts.path + path, data)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def client(url: str, **more: object) -> OpenAICompatible:
    return OpenAICompatible("talker", "", url, None, Capabilities(**more))  # type: ignore[arg-type]


def asked(url: str, work: Callable[[OpenAICompatible], object], **more: object) -> object:
    async def run() -> object:
        model = client(url, **more)
        try:
            return await work(model)  # type: ignore[misc]
        finally:
            await model.close()

    return asyncio.run(run())


def test_replies_are_those_of_the_model_in_process():
    local = simulation(profile=QUICK)
    with serving({"talker": local}) as (url, _):

        async def each(model: OpenAICompatible) -> list[object]:
            return [await model.complete(one, timeout=10) for one in REQUESTS]

        over_http = asked(url, each)
    here = [local.reply(one) for one in REQUESTS]
    assert [(one.text, one.finish, one.usage) for one in over_http] == [
        (one.text, one.finish, one.usage) for one in here
    ]
    assert {one.finish for one in here} == set(Finish)


def test_an_answer_is_the_same_bytes_each_time():
    body = {
        "model": "talker",
        "messages": [{"role": "user", "content": "What is 12 + 12?"}],
        "n": 3,
        "seed": 5,
    }
    with serving({"talker": simulation()}) as (url, _):
        first, second = post(url, body | {"logprobs": True}), post(url, body | {"logprobs": True})
    assert first == second
    choices = first[1]["choices"]
    assert [choice["index"] for choice in choices] == [0, 1, 2]
    assert len({choice["message"]["content"] for choice in choices}) > 1
    assert all(choice["logprobs"]["content"] for choice in choices)
    assert first[1]["system_fingerprint"] == "simulated"


def test_without_a_seed_equal_requests_are_draws_of_their_own():
    body = {"model": "talker", "messages": [{"role": "user", "content": "What is 12 + 12?"}]}
    with serving({"talker": simulation()}) as (url, _):
        texts = {post(url, body)[1]["choices"][0]["message"]["content"] for _ in range(6)}
    assert len(texts) == 6


OK = {"model": "talker", "messages": [{"role": "user", "content": "hello"}]}


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 400, "JSON"),
        ({}, 400, "model"),
        ({"model": "talker", "messages": []}, 400, "messages"),
        (OK | {"model": "gone"}, 404, "talker"),
        (OK | {"stream": True}, 400, "stream"),
        (OK | {"temperature": 9}, 400, "temperature"),
        (OK | {"n": 0}, 400, "n"),
        (OK | {"max_tokens": 0}, 400, "max_tokens"),
    ],
)
def test_what_is_no_request_is_told(body, status, said):
    with serving({"talker": simulation()}) as (url, entries):
        got, answer = post(url, body)
        assert (got, said in answer["error"]["message"]) == (status, True)
        assert post(url, OK)[0] == 200
    assert [entry.status for entry in entries] == [200]


def test_other_paths_and_methods_and_the_list_of_models():
    with serving({"talker": simulation(), "other": simulation("other")}) as (url, _):
        assert post(url, OK, "/embeddings")[0] == 404
        assert post(url, OK, "/models")[0] == 405
        parts = urlsplit(url)
        connection = HTTPConnection(parts.hostname or "", parts.port or 0, timeout=10)
        for _ in range(2):  # one connection serves several requests
            connection.request("GET", "/v1/models")
            listed = json.loads(connection.getresponse().read())
            assert [one["id"] for one in listed["data"]] == ["talker", "other"]
        connection.close()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"400"),
        (b"POST /v1/chat/completions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
        (b"x" * 70_000, b"413"),
    ],
)
def test_what_is_no_http_is_refused_and_the_connection_closed(sent, status):
    with serving({"talker": simulation()}) as (url, _):
        parts = urlsplit(url)
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
            connection.sendall(sent)
            received = b""
            while part := connection.recv(65536):
                received += part
    assert received.split(b" ")[1] == status


def test_a_request_in_pieces_and_two_in_one():
    body = json.dumps(OK).encode()
    whole = b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with serving({"talker": simulation()}) as (url, _):
        parts = urlsplit(url)
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
            for at in range(0, len(whole), 7):
                connection.sendall(whole[at : at + 7])
            connection.sendall(whole + whole)
            received = b""
            while received.count(b"HTTP/1.1 200") < 3 or not received.endswith(b"}"):
                received += connection.recv(65536)
    assert received.count(b"HTTP/1.1 200") == 3


EXPECTED = {
    ServerFault.LIMITED: (ErrorKind.RATE_LIMIT, 429, None),
    ServerFault.LIMITED_SECONDS: (ErrorKind.RATE_LIMIT, 429, 2.0),
    ServerFault.FAILED: (ErrorKind.SERVER, 500, None),
    ServerFault.OVERLOADED: (ErrorKind.SERVER, 503, 2.0),
    ServerFault.RESET: (ErrorKind.CONNECTION, None, None),
    ServerFault.CUT: (ErrorKind.BROKEN, None, None),
    ServerFault.NOT_JSON: (ErrorKind.BROKEN, None, None),
    ServerFault.SILENT: (ErrorKind.TIMEOUT, None, None),
}


@pytest.mark.parametrize("fault", EXPECTED)
def test_a_planned_fault_is_what_a_client_sees(fault):
    plan = FaultPlan(((fault, 1.0),), retry_after=2.0)
    timeout = 0.2 if fault is ServerFault.SILENT else 10
    with (
        serving({"talker": simulation()}, faults=plan) as (url, entries),
        pytest.raises(ModelError) as caught,
    ):
        asked(url, lambda model: model.complete(REQUESTS[0], timeout=timeout))
    error = caught.value
    assert (error.kind, error.status, error.retry_after) == EXPECTED[fault]
    [entry] = entries
    assert (entry.fault, entry.complete) == (fault.value, False)
    at_once = fault in ("429", "429-retry-after", "503", "reset")
    assert (entry.completion_tokens == 0) == at_once  # what was worked on would have been charged


def test_an_empty_text_is_a_complete_reply():
    with serving({"talker": simulation()}, faults=FaultPlan(((ServerFault.EMPTY, 1.0),))) as (url, entries):
        reply = asked(url, lambda model: model.complete(REQUESTS[0], timeout=10))
    assert reply.text == ""
    assert [(entry.complete, entry.completion_tokens) for entry in entries] == [
        (True, reply.usage.completion_tokens)
    ]


def test_faults_come_at_their_rates_and_hang_on_seed_request_and_attempt():
    rates = tuple((fault, 0.02) for fault in ServerFault)
    plan = FaultPlan(rates, seed=3)
    picked = [plan.pick(f"{n}", attempt) for n in range(4000) for attempt in range(2)]
    counts = Counter(picked)
    assert all(100 < counts[fault] < 230 for fault in ServerFault)
    assert picked == [plan.pick(f"{n}", attempt) for n in range(4000) for attempt in range(2)]
    assert picked != [
        replace(plan, seed=4).pick(f"{n}", attempt) for n in range(4000) for attempt in range(2)
    ]
    again = [plan.pick(f"{n}", 1) for n in range(4000) if plan.pick(f"{n}", 0) is not None]
    assert 0.1 < sum(fault is not None for fault in again) / len(again) < 0.26


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("429", "KIND:RATE"),
        ("420:0.1", "no fault"),
        ("500:x", "no rate"),
        ("500:1.5", "no rate"),
        ("500:nan", "no rate"),
    ],
)
def test_a_fault_that_is_none_is_explained(text, said):
    with pytest.raises(ValueError, match=said):
        parse_fault(text)


def test_a_fault_with_its_rate():
    assert parse_fault("429-retry-after:0.01") == (ServerFault.LIMITED_SECONDS, 0.01)


def test_the_log_counts_what_clients_were_told_and_what_they_left():
    with serving({"talker": simulation()}, scale=1.0) as (url, entries):
        reply = asked(url, lambda model: model.complete(replace(REQUESTS[0], seed=1), timeout=10))
        long = replace(REQUESTS[0], messages=(ChatMessage(Role.USER, "Write on."),), decoding=Decoding(1.0))
        with pytest.raises(ModelError):
            asked(url, lambda model: model.complete(long, timeout=0.05))
    assert [(entry.fault, entry.complete) for entry in entries] == [("", True), ("gone", False)]
    assert entries[0].prompt_tokens == reply.usage.prompt_tokens
    assert entries[0].completion_tokens == reply.usage.completion_tokens
    assert entries[1].completion_tokens > 0
    assert json.loads(entries[0].line())["complete"] is True


def test_latency_is_waited_for_at_the_scale():
    quick = simulation(profile=Profile.model_validate({"latency": {"base": 3.0, "sigma": 0}}))
    with serving({"talker": quick}, scale=0.05) as (url, entries):
        reply = asked(url, lambda model: model.complete(REQUESTS[0], timeout=10))
    planned = quick.reply(REQUESTS[0]).latency * 0.05
    assert entries[0].latency == pytest.approx(planned, abs=1e-6)
    assert reply.latency >= planned > 0.14


def test_stopping_drops_who_still_waits():
    with serving({"talker": simulation()}, faults=FaultPlan(((ServerFault.SILENT, 1.0),))) as (url, _):
        parts = urlsplit(url)
        connection = HTTPConnection(parts.hostname or "", parts.port or 0, timeout=10)
        connection.request("GET", "/v1/models")
        connection.getresponse().read()
        connection.request("POST", "/v1/chat/completions", json.dumps(OK))
    with pytest.raises((RemoteDisconnected, ConnectionError)):
        connection.getresponse()
    connection.close()
