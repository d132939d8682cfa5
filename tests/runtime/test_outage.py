"""A server that is in trouble for a while, and prompts that a model does not take. Time is virtual."""

import asyncio

import pytest

from tgl.models import ErrorKind, ModelError
from tgl.runtime import CallPolicy, ModelRefused, RunStatus


def outage(kind: str, seconds: float, **details):
    """Answers for 10 s, then with an error, then again."""

    def reply(request):
        down = 10.0 < asyncio.get_running_loop().time() < 10.0 + seconds
        return ModelError(ErrorKind(kind), "no", **details) if down else "4"

    return reply


def jobs_of(make, count):
    return make.jobs(make.candidate(make.call("a")), *(f"question {number}" for number in range(count)))


@pytest.mark.parametrize(
    ("kind", "details"),
    [("server", {"status": 503}), ("rate_limit", {"status": 429, "retry_after": 5.0}), ("broken", {})],
)
@pytest.mark.parametrize("concurrency", [1, 8])
def test_an_outage_of_minutes_fails_no_example(make, on_virtual_time, kind, details, concurrency):
    model = make.model(outage(kind, 300.0, **details), latency=0.5)
    executor = make.executor(model, concurrency=concurrency)
    results = on_virtual_time(executor.run_all(jobs_of(make, 40 * concurrency)))
    assert {result.status for result in results} == {RunStatus.OK}


@pytest.mark.parametrize(
    ("kind", "seconds"),
    [("connection", 20.0), ("connection", 300.0), ("server", 20.0), ("broken", 20.0)],
)
def test_calls_in_flight_when_a_server_goes_away_are_waited_for_too(make, on_virtual_time, kind, seconds):
    """Others are answered after a slow call was sent: that says nothing of the minutes that follow."""

    def latency(request):
        return 0.3 + len(request.messages[-1].content) % 7 * 0.4

    model = make.model(outage(kind, seconds), latency=latency)
    executor = make.executor(model, concurrency=8)
    texts = [f"question {number} {'x' * (number % 7)}" for number in range(400)]
    results = on_virtual_time(executor.run_all(make.jobs(make.candidate(make.call("a")), *texts)))
    assert {result.status for result in results} == {RunStatus.OK}


def test_the_last_prompts_of_a_batch_that_always_fail_hold_nothing_up(make, on_virtual_time):
    """Several prompts that a server cannot answer are no outage, also when nothing else is left to ask."""

    def reply(request):
        number = int(request.messages[-1].content.split()[-1])
        return ModelError(ErrorKind.SERVER, "no luck", status=500) if number >= 12 else "4"

    executor = make.executor(make.model(reply, latency=0.5), concurrency=8)
    jobs = make.jobs(make.candidate(make.call("a")), *(f"question {number}" for number in range(16)))

    async def timed():
        begun = asyncio.get_running_loop().time()
        results = await executor.run_all(jobs)
        return results, asyncio.get_running_loop().time() - begun

    results, seconds = on_virtual_time(timed())
    assert [result.status for result in results[12:]] == [RunStatus.FAILED] * 4
    assert {result.status for result in results[:12]} == {RunStatus.OK}
    assert seconds < 120.0


def test_a_server_that_is_back_but_busy_gives_waiting_calls_all_their_attempts(make, on_virtual_time):
    """After an outage each call is refused three times more, while others are answered."""
    seen: dict[str, int] = {}

    def reply(request):
        now, text = asyncio.get_running_loop().time(), request.messages[-1].content
        if 10.0 < now < 70.0:
            return ModelError(ErrorKind.CONNECTION, "no")
        seen[text] = seen.get(text, 0) + (now >= 70.0)
        return ModelError(ErrorKind.RATE_LIMIT, "busy", status=429) if 0 < seen[text] < 4 else "4"

    executor = make.executor(make.model(reply, latency=0.5), concurrency=8)
    results = on_virtual_time(executor.run_all(jobs_of(make, 300)))
    assert {result.status for result in results} == {RunStatus.OK}


def test_an_outage_of_hours_stops_the_search_and_fails_no_example(make, on_virtual_time):
    model = make.model(outage("server", 7200.0), latency=0.5)
    executor = make.executor(model, concurrency=8)
    jobs = jobs_of(make, 400)
    with pytest.raises(ModelRefused, match="no"):
        on_virtual_time(executor.run_all(jobs))
    mended = make.executor(make.model(lambda request: "4"), executor.store)
    results = on_virtual_time(mended.run_all(jobs))
    assert {result.status for result in results} == {RunStatus.OK}
    assert mended.counts.requests < len(jobs), "what was answered before is kept"


@pytest.mark.parametrize("status", [400, 403, 413, 422])
@pytest.mark.parametrize("concurrency", [1, 8])
def test_a_prompt_that_is_not_taken_fails_its_example_alone(make, on_virtual_time, status, concurrency):
    kind = ErrorKind.AUTH if status == 403 else ErrorKind.BAD_REQUEST

    def reply(request):
        poisoned = (
            "question 17" in request.messages[-1].content or "question 39" in request.messages[-1].content
        )
        return ModelError(kind, "not this", status=status) if poisoned else "4"

    executor = make.executor(make.model(reply, latency=0.5), concurrency=concurrency)
    results = on_virtual_time(executor.run_all(jobs_of(make, 40)))
    failed = [index for index, result in enumerate(results) if result.status is not RunStatus.OK]
    assert failed == [17, 39]
    assert {results[index].failure for index in failed} == {kind.value}


def test_a_model_that_refuses_everything_stops_the_search(make, on_virtual_time):
    """An account that ran dry says 400 to everybody: not the fault of a hundred prompts."""

    def reply(request):
        dry = asyncio.get_running_loop().time() > 10.0
        return ModelError(ErrorKind.BAD_REQUEST, "no credit", status=400) if dry else "4"

    model = make.model(reply, latency=0.5)
    executor = make.executor(model, concurrency=4, policy=CallPolicy())
    with pytest.raises(ModelRefused, match="no credit"):
        on_virtual_time(executor.run_all(jobs_of(make, 1000)))
    assert len(model.requests) < 300
