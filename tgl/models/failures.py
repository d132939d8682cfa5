"""What went wrong on the wire, as `ModelError`: one line in the person's words, and what to do.

No message holds a key: servers like to echo it, so every text of theirs passes `Redactor`.
"""

from __future__ import annotations

import email.utils
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast
from urllib.parse import urlsplit, urlunsplit

from tgl.models.protocol import ErrorKind, ModelError

OPTIONS = ("temperature", "top_p", "max_completion_tokens", "max_tokens", "stop", "seed")
UNSUPPORTED = re.compile(
    r"unsupported|not supported|n[o']t support|unrecogni[sz]ed|unknown (?:parameter|argument|field)"
    r"|not permitted|extra (?:inputs|fields)",
    re.IGNORECASE,
)
CUT_BODY = ("complete message body", "incomplete chunked", "DecodingError")
LONGEST_QUOTE = 300
ENDPOINTS = ("/chat/completions", "/completions", "/embeddings", "/models")
"""What requests put behind an address themselves."""


def address_advice(url: str) -> str:
    """What to write in place of an address that is none of an API: "" if it may be one."""
    path = urlsplit(url).path.rstrip("/")
    if not path:
        return f"the address of an API mostly ends in /v1: try {url.rstrip('/')}/v1"
    for end in ENDPOINTS:
        if path.endswith(end):
            return f"give the address without {end}: {url.rstrip('/').removesuffix(end)}"
    return ""


@dataclass(frozen=True, slots=True)
class Redactor:
    """Takes the key out of any text, makes it one line, and shortens it."""

    key: str | None

    def __call__(self, text: str) -> str:
        if self.key:
            text = text.replace(self.key, "[key]")
        line = " ".join(text.split())
        return line if len(line) <= LONGEST_QUOTE else line[: LONGEST_QUOTE - 1] + "…"


@dataclass(frozen=True, slots=True)
class Origin:
    """Who was asked, for messages: names, no secrets.

    `key_source` is the environment variable that held the key, "" if no key was configured.
    """

    name: str
    id: str
    url: str
    key_source: str
    redact: Redactor

    def status(self, status: int, body: str, wait: float | None) -> ModelError:
        """An HTTP status of 400 or more; `wait` is what `seconds_to_wait` made of its headers."""
        said = self.redact(server_message(body))
        quote = f": {said}" if said else ""
        match status:
            case 401 | 403:
                return ModelError(
                    ErrorKind.AUTH,
                    f"model `{self.name}`: the server refused the key (HTTP {status})"
                    if self.key_source
                    else f"model `{self.name}`: the server wants a key (HTTP {status})",
                    status=status,
                    help=f"check the key in the environment variable {self.key_source}"
                    if self.key_source
                    else f'add `api_key env("NAME")` to model `{self.name}` and set that variable',
                )
            case 404:
                return ModelError(
                    ErrorKind.NOT_FOUND,
                    f"model `{self.name}`: {self.url} does not know `{self.id}` (HTTP 404){quote}",
                    status=404,
                    help=address_advice(self.url)
                    or f"check `id` and `base_url` of model `{self.name}`; list the server's models with: "
                    f"curl {self.url}/models",
                )
            case 408:
                return ModelError(
                    ErrorKind.TIMEOUT,
                    f"model `{self.name}`: the server gave up waiting (HTTP 408)",
                    status=408,
                    unknown_usage=True,
                )
            case 429:
                return ModelError(
                    ErrorKind.RATE_LIMIT,
                    f"model `{self.name}`: the server's rate limit is reached (HTTP 429){quote}",
                    status=429,
                    retry_after=wait,
                    help=f"lower `concurrency` of model `{self.name}`, or raise its account's limit or quota",
                )
            case _ if status >= 500:
                return ModelError(
                    ErrorKind.SERVER,
                    f"model `{self.name}`: the server failed (HTTP {status}){quote}",
                    status=status,
                    retry_after=wait,
                    help=f"look at the log of the server at {self.url}",
                    unknown_usage=status != 503,
                )
            case _:
                return self.bad_request(status, body, quote)

    def bad_request(self, status: int, body: str, quote: str) -> ModelError:
        """A request that the server does not take; says which option to drop where that is the reason."""
        said = server_message(body)
        refused = [option for option in OPTIONS if option in said] if UNSUPPORTED.search(said) else []
        advice: list[str] = []
        if "max_completion_tokens" in refused:  # named as the way out: "use 'max_completion_tokens' instead"
            advice.append("token_limit max_completion_tokens")
            refused = [option for option in refused if option not in ("max_tokens", "max_completion_tokens")]
        if refused:
            advice.append(f"without {', '.join(refused)}")
        return ModelError(
            ErrorKind.BAD_REQUEST,
            f"model `{self.name}`: the server does not take the request (HTTP {status}){quote}",
            status=status,
            help=f"add `{'; '.join(advice)}` to model `{self.name}`" if advice else length_advice(said),
        )

    def connection(self, error: BaseException) -> ModelError:
        """No reply, or not a whole one, because the connection failed."""
        reasons = [f"{type(cause).__name__}: {cause}" for cause in causes(error)]
        text = " | ".join(reasons)
        if any(sign in text for sign in CUT_BODY):
            return ModelError(
                ErrorKind.BROKEN,
                f"model `{self.name}`: the reply of {self.url} broke off",
                help="look at the server's log; a proxy in between may limit time or size",
                unknown_usage=True,
            )
        sent = "ConnectError" not in text and "ConnectTimeout" not in text
        reason = self.redact(str(next(reversed([*causes(error)]), error)) or type(error).__name__)
        if "ConnectTimeout" in text:
            reason = "nothing came back"
            reason += "; does it speak http, not https?" if self.url.startswith("https:") else ""
        return ModelError(
            ErrorKind.CONNECTION,
            f"model `{self.name}`: the connection to {self.url} was lost ({reason})"
            if sent
            else f"model `{self.name}`: no connection to {self.url} ({reason})",
            help="look at the server's log"
            if sent
            else f"check that the server runs and `base_url` is right: curl {self.url}/models",
            unknown_usage=sent,
        )

    def timeout(self, seconds: float) -> ModelError:
        """No complete reply in time."""
        return ModelError(
            ErrorKind.TIMEOUT,
            f"model `{self.name}`: no complete reply within {seconds:g} s",
            help=f"raise `timeout` or lower `concurrency` of model `{self.name}`, or ask for fewer tokens",
            unknown_usage=True,
        )

    def broken(self, what: str) -> ModelError:
        """A body that is no reply."""
        return ModelError(
            ErrorKind.BROKEN,
            f"model `{self.name}`: {self.redact(what)}",
            help=f"check that `base_url` of model `{self.name}` is that of an OpenAI-compatible API, "
            "which often ends in /v1",
            unknown_usage=True,
        )

    def uncounted(self) -> ModelError:
        """A reply without usage: its cost can't be known, and guessing is not counting."""
        return ModelError(
            ErrorKind.BAD_REQUEST,
            f"model `{self.name}`: {self.url} does not say how many tokens a reply used",
            help="use a server, or a setting of it, that reports `usage`; costs are counted, never guessed",
            unknown_usage=True,
        )

    def uncounted_each(self) -> ModelError:
        """Several replies of which only the first was counted; retried, they are asked for one at a time."""
        return ModelError(
            ErrorKind.BROKEN,
            f"model `{self.name}`: {self.url} does not say how many tokens each of several replies used",
            help="they are asked for one at a time from now on",
            unknown_usage=True,
        )

    def unlisted(self) -> ModelError:
        """A reply without the log-probabilities that were asked for."""
        return ModelError(
            ErrorKind.BAD_REQUEST,
            f"model `{self.name}`: {self.url} gives no log-probabilities of a reply's tokens",
            help="use a server that gives them (`logprobs`), or read nothing that needs them",
            unknown_usage=True,
        )

    def unable(self, what: str) -> ModelError:
        """Something that the model is known not to do; nothing was sent."""
        return ModelError(
            ErrorKind.BAD_REQUEST,
            f"model `{self.name}`: {self.url} can't {what}",
            help="see what it can with: tglc models probe PROGRAM.tgl; use another model or server for this",
        )

    def makes_no_vectors(self, said: ModelError) -> ModelError:
        """A server without embeddings: no further request would fare better."""
        return ModelError(
            ErrorKind.NOT_FOUND,
            f"model `{self.name}`: {self.url} makes no vectors of texts ({said.message})",
            status=said.status,
            help="start it for embeddings (llama.cpp: `--embeddings --pooling mean`), or name a model that "
            "makes them",
        )


def lost(error: ModelError) -> ModelError:
    """The error, where replies that came along with it are lost: the server may charge for them."""
    return ModelError(
        error.kind,
        error.message,
        status=error.status,
        retry_after=error.retry_after,
        help=error.help,
        unknown_usage=True,
    )


def length_advice(said: str) -> str:
    """What to do if the server says that the prompt is too long, else ""."""
    if re.search(r"context (?:size|length|window)|too long", said, re.IGNORECASE):
        return "use a shorter prompt, fewer shots or a lower `max_tokens`, or give the model more context"
    return ""


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from, outermost first."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def server_message(body: str) -> str:
    """The server's own words, from the shapes that servers use; "" for a page of HTML."""
    try:
        data = cast("object", json.loads(body))
    except ValueError:
        return "" if "<" in body[:100] else body
    for key in ("error", "message", "detail"):
        if isinstance(data, dict) and key in data:
            data = cast("dict[str, object]", data)[key]
    return data if isinstance(data, str) else json.dumps(data)


def seconds_to_wait(retry_after: str | None, date: str | None) -> float | None:
    """What a `Retry-After` header asks for, in seconds >= 0 (RFC 9110, 10.2.3: seconds or a date).

    Differs: a date counts from the reply's own `Date`, so that our clock plays no part; without one, None.
    """
    if retry_after is None:
        return None
    if re.fullmatch(r"\s*\d+(?:\.\d+)?\s*", retry_after):
        return float(retry_after)
    moments = [http_date(retry_after), http_date(date or "")]
    match moments:
        case [datetime() as until, datetime() as now]:
            return max(0.0, (until - now).total_seconds())
        case _:
            return None


def http_date(text: str) -> datetime | None:
    """The moment an HTTP date names, None for anything else."""
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def public_url(url: str) -> str:
    """The URL without user, password and query, which may hold a key."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    if parts.port is not None:
        host = f"{host}:{parts.port}"
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
