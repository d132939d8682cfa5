"""What a person reads when a server fails: the reason, the place to look, never the key."""

import json
from dataclasses import replace

import pytest
from openai import Timeout

from tgl.models import ErrorKind
from tgl.models.failures import Origin, Redactor, public_url, seconds_to_wait
from tgl.models.wire import Wire
from tgl.runtime import ModelRefused

KEY = "sk-abc123"
URL = "http://127.0.0.1:8000/v1"
WITH_KEY = Origin("large", "large-instruct", URL, "LARGE_KEY", Redactor(KEY))
WITHOUT_KEY = Origin("large", "large-instruct", URL, "", Redactor(None))


def said(message):
    return json.dumps({"error": {"message": message}})


@pytest.mark.parametrize(
    ("origin", "status", "body", "in_message", "in_help"),
    [
        (
            WITH_KEY,
            401,
            said(f"bad key {KEY}"),
            "refused the key (HTTP 401)",
            "environment variable LARGE_KEY",
        ),
        (WITHOUT_KEY, 401, "", "wants a key", 'api_key env("NAME")'),
        (WITH_KEY, 404, said("no such model"), "`large-instruct`", f"curl {URL}/models"),
        (WITH_KEY, 429, said(f"slow {KEY}"), "slow [key]", "concurrency"),
        (WITH_KEY, 500, said("out of memory"), "out of memory", "log"),
        (WITH_KEY, 502, "<html>x</html>", "(HTTP 502)", "log"),
        (WITH_KEY, 400, said("9000 tokens exceed the context size (4096)"), "9000 tokens", "fewer shots"),
        (WITH_KEY, 422, json.dumps({"detail": "Extra inputs: top_p"}), "top_p", "`without top_p`"),
        (
            WITH_KEY,
            400,
            said("Unsupported parameters: 'temperature', 'top_p' and 'stop'"),
            "HTTP 400",
            "`without temperature, top_p, stop` to model `large`",
        ),
        (
            WITH_KEY,
            400,
            said("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
            "HTTP 400",
            "add `token_limit max_completion_tokens`",
        ),
        (WITH_KEY, 400, said("temperature must be at most 2"), "at most 2", ""),
        (WITH_KEY, 400, "plain words", "plain words", ""),
        (WITH_KEY, 400, json.dumps(["odd"]), "odd", ""),
    ],
)
def test_a_status_is_explained(origin, status, body, in_message, in_help):
    error = origin.status(status, body, None)
    assert in_message in error.message
    assert in_help in error.help
    assert bool(in_help) or error.help == ""
    assert error.message.startswith("model `large`")
    assert KEY not in error.message + error.help
    assert error.status == status


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("http://127.0.0.1:8000", "try http://127.0.0.1:8000/v1"),
        ("http://127.0.0.1:8000/", "try http://127.0.0.1:8000/v1"),
        ("http://127.0.0.1:8000/v1/chat/completions", "without /chat/completions: http://127.0.0.1:8000/v1"),
        ("http://127.0.0.1:8000/api", "curl http://127.0.0.1:8000/api/models"),
    ],
)
def test_an_address_that_is_none_of_an_api_is_told_with_one_that_may_be(url: str, advice: str):
    error = replace(WITH_KEY, url=url).status(404, "", None)
    assert error.help.endswith(advice)


def test_a_long_or_many_lined_message_is_one_short_line():
    error = WITH_KEY.status(500, said("line\n" * 500), None)
    assert "\n" not in error.message
    assert len(error.message) < 400


@pytest.mark.parametrize(
    ("retry_after", "date", "seconds"),
    [
        (None, None, None),
        ("7", None, 7.0),
        (" 0.5 ", None, 0.5),
        ("Sun, 06 Nov 1994 08:49:47 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", 10.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:47 GMT", 0.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", None, None),
        ("soon", "Sun, 06 Nov 1994 08:49:47 GMT", None),
        ("-1", None, None),
        ("", None, None),
    ],
)
def test_retry_after(retry_after, date, seconds):
    assert seconds_to_wait(retry_after, date) == seconds


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:secret@host.org:8443/v1/?key=secret", "https://host.org:8443/v1"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
        ("http://host/", "http://host"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url, shown):
    assert public_url(url) == shown


def test_a_lost_connection_says_whether_anything_was_sent():
    class ConnectError(Exception):
        pass

    refused, lost = RuntimeError("outer"), RuntimeError("outer")
    refused.__cause__ = ConnectError("All connection attempts failed")
    lost.__cause__ = ConnectionResetError("Connection reset by peer")
    assert not WITH_KEY.connection(refused).unknown_usage
    assert "no connection to" in WITH_KEY.connection(refused).message
    assert WITH_KEY.connection(lost).unknown_usage
    assert "was lost" in WITH_KEY.connection(lost).message
    assert WITH_KEY.connection(lost).kind is ErrorKind.CONNECTION


@pytest.mark.parametrize(("url", "hint"), [("https://host/v1", "does it speak http"), ("http://host/v1", "")])
def test_an_address_that_swallows_everything_is_no_connection_and_cost_nothing(url, hint):
    class ConnectTimeout(Exception):
        pass

    error = RuntimeError("Request timed out.")
    error.__cause__ = ConnectTimeout("")
    told = replace(WITH_KEY, url=url).connection(error)
    assert (told.kind, told.unknown_usage) == (ErrorKind.CONNECTION, False)
    assert f"no connection to {url} (nothing came back" in told.message
    assert ("does it speak" in told.message) == bool(hint)


def test_an_address_that_swallows_everything_is_given_up_long_before_a_slow_reply_is():
    wire = Wire("https://127.0.0.1:1/v1", None, WITH_KEY)
    assert isinstance(wire.client.timeout, Timeout)
    assert (wire.client.timeout.connect or 999) <= 30
    assert wire.client.timeout.read is None


def test_a_model_is_named_once_where_a_search_stops():
    stopped = ModelRefused("m", ErrorKind.CONNECTION, "model `m`: no connection")
    assert stopped.message == "model `m`: no connection"
