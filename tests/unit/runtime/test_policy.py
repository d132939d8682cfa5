import pytest

from tgl.models import ErrorKind, ModelError
from tgl.runtime import Abort, CallPolicy, GiveUp, Reach, RetryAfter, retry

POLICY = CallPolicy(attempts=4, deadline=100.0, base=1.0, cap=5.0, retry_after_cap=60.0)
PASSING = ("connection", "timeout", "rate_limit", "server", "broken")
FATAL = ("auth", "bad_request", "not_found", "missing")


def verdict(
    kind: str,
    attempt: int = 1,
    *,
    retry_after: float | None = None,
    identity: str = "a",
    elapsed: float = 0.0,
):
    error = ModelError(ErrorKind(kind), "no", retry_after=retry_after)
    return retry(POLICY, attempt, error, identity=identity, elapsed=elapsed)


def test_every_kind_has_a_verdict():
    assert set(PASSING) | set(FATAL) == {kind.value for kind in ErrorKind}


@pytest.mark.parametrize("kind", FATAL)
def test_no_call_would_fare_better(kind):
    assert verdict(kind) == Abort(ErrorKind(kind))


@pytest.mark.parametrize("kind", PASSING)
def test_patience_ends(kind):
    assert isinstance(verdict(kind, 3), RetryAfter)
    assert verdict(kind, 4) == GiveUp(ErrorKind(kind))


@pytest.mark.parametrize(("attempt", "low", "high"), [(1, 0.5, 1.0), (2, 1.0, 2.0), (3, 2.0, 4.0)])
def test_back_off_doubles_with_a_jitter_that_the_call_decides(attempt, low, high):
    delays = {verdict("server", attempt, identity=str(name)).delay for name in range(40)}
    assert len(delays) == 40
    assert all(low <= delay < high for delay in delays)
    assert verdict("server", attempt, identity="x") == verdict("server", attempt, identity="x")


def test_back_off_is_capped():
    patient = CallPolicy(attempts=2000, base=1.0, cap=5.0, deadline=1e9)
    last = retry(patient, 1500, ModelError(ErrorKind.SERVER, "no"), identity="a", elapsed=0.0)
    assert isinstance(last, RetryAfter)
    assert 2.5 <= last.delay < 5.0


@pytest.mark.parametrize(("asked", "delay"), [(30.0, 30.0), (3600.0, 60.0)])
def test_a_server_that_names_its_time_is_obeyed_up_to_a_cap(asked, delay):
    assert verdict("rate_limit", retry_after=asked) == RetryAfter(delay)


def test_a_server_that_asks_for_no_wait_still_gets_the_back_off():
    assert verdict("rate_limit", retry_after=0.0) == verdict("rate_limit")


def test_the_deadline_counts_the_wait():
    assert verdict("rate_limit", retry_after=60.0, elapsed=40.0) == RetryAfter(60.0)
    assert verdict("rate_limit", retry_after=60.0, elapsed=40.1) == GiveUp(ErrorKind.RATE_LIMIT)


@pytest.mark.parametrize(
    ("reach", "attempt", "elapsed", "verdict"),
    [
        (Reach.NEVER, 2, 1.0, RetryAfter),
        (Reach.NEVER, 3, 1.0, Abort),
        (Reach.SILENT, 40, 300.0, RetryAfter),
        (Reach.SILENT, 40, 899.0, Abort),
        (Reach.ANSWERING, 5, 1.0, RetryAfter),
        (Reach.ANSWERING, 6, 1.0, GiveUp),
    ],
)
def test_a_server_that_is_away_fails_no_example(reach, attempt, elapsed, verdict):
    error = ModelError(ErrorKind.CONNECTION, "refused")
    found = retry(CallPolicy(), attempt, error, identity="x", elapsed=elapsed, reach=reach)
    assert isinstance(found, verdict)


def refusal(status: int | None, kind: str = "bad_request") -> ModelError:
    return ModelError(ErrorKind(kind), "no", status=status)


DOWN = ModelError(ErrorKind.SERVER, "down")


@pytest.mark.parametrize("kind", ["timeout", "rate_limit", "server", "broken"])
@pytest.mark.parametrize(
    ("reach", "failing", "attempt", "elapsed", "verdict"),
    [
        (Reach.ANSWERING, 40, 6, 30.0, GiveUp),
        (Reach.SILENT, 3, 40, 300.0, RetryAfter),
        (Reach.SILENT, 3, 40, 899.0, Abort),
        (Reach.SILENT, 2, 6, 60.0, RetryAfter),
        (Reach.SILENT, 2, 6, 119.0, GiveUp),
        (Reach.NEVER, 3, 5, 30.0, RetryAfter),
        (Reach.NEVER, 3, 6, 30.0, Abort),
        (Reach.NEVER, 2, 6, 30.0, GiveUp),
    ],
)
def test_a_server_that_answers_nobody_fails_no_example(kind, reach, failing, attempt, elapsed, verdict):
    error = ModelError(ErrorKind(kind), "no")
    found = retry(
        CallPolicy(base=8.0), attempt, error, identity="x", elapsed=elapsed, reach=reach, failing=failing
    )
    assert isinstance(found, verdict)


@pytest.mark.parametrize("reach", list(Reach))
def test_attempts_that_a_person_set_are_all_there_are(reach):
    exact = CallPolicy(attempts=2, exact=True)
    first, last = (retry(exact, n, DOWN, identity="x", elapsed=1.0, reach=reach, failing=9) for n in (1, 2))
    assert isinstance(first, RetryAfter)
    assert last == GiveUp(ErrorKind.SERVER)


@pytest.mark.parametrize("error", [refusal(400), refusal(413), refusal(422), refusal(403, "auth")])
@pytest.mark.parametrize(
    ("reach", "failing", "attempt", "verdict"),
    [
        (Reach.NEVER, 1, 1, Abort),
        (Reach.ANSWERING, 1, 1, GiveUp),
        (Reach.ANSWERING, 49, 1, GiveUp),
        (Reach.ANSWERING, 50, 1, Abort),
        (Reach.SILENT, 1, 1, RetryAfter),
        (Reach.SILENT, 49, 3, GiveUp),
        (Reach.SILENT, 50, 1, Abort),
    ],
)
def test_a_prompt_that_the_model_does_not_take_fails_alone(error, reach, failing, attempt, verdict):
    found = retry(CallPolicy(), attempt, error, identity="x", elapsed=1.0, reach=reach, failing=failing)
    assert isinstance(found, verdict)


@pytest.mark.parametrize(
    "error", [refusal(None), refusal(402), refusal(401, "auth"), refusal(404, "not_found")]
)
@pytest.mark.parametrize("reach", list(Reach))
def test_what_concerns_the_account_or_the_program_stops_the_batch(error, reach):
    found = retry(CallPolicy(), 1, error, identity="x", elapsed=1.0, reach=reach)
    assert isinstance(found, Abort)
