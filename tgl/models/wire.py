"""The `openai` package's client: one JSON body posted, one text or one `ModelError` back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

from tgl.models.failures import Origin, seconds_to_wait

MOST_CONNECTIONS = 1000

MEETING = 20.0
"""Seconds until a connection stands: an address that swallows all is found out long before `timeout`."""


class Wire:
    """Connections to one server.

    Args:
        url: the API's address.
        key: the key itself, None for a server that wants none.
        origin: who is asked, for messages.
        is_openai: whether the server is OpenAI's own, whose account settings may be sent then.
    """

    def __init__(self, url: str, key: str | None, origin: Origin, *, is_openai: bool = False) -> None:
        # Imported here because it takes most of a second, and a replay needs none of it.
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Timeout

        self.origin = origin
        on_loopback = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
        self.client = AsyncOpenAI(
            base_url=url,
            # A placeholder, since None would send OPENAI_API_KEY to whatever server this is.
            api_key=key or "none",
            max_retries=0,  # the runtime retries, and counts what it does
            timeout=Timeout(None, connect=MEETING),  # the whole exchange is limited by `post`
            http_client=DefaultAsyncHttpxClient(
                trust_env=not on_loopback
            ),  # a proxy can't reach our loopback
        )
        if not is_openai:
            self.client.organization = None
            self.client.project = None

    async def post(self, path: str, body: Mapping[str, object], timeout: float) -> tuple[str, float]:
        """The text of a reply with status 200, and the seconds it took.

        Args:
            path: below the API's address, or a whole URL.
            body: sent as JSON.
            timeout: seconds for the whole exchange, > 0.

        Raises:
            ModelError: anything else came, or nothing.
        """
        from openai import APIConnectionError, APIStatusError

        clock = asyncio.get_running_loop().time
        start = clock()
        try:
            async with asyncio.timeout(timeout):
                text = await self.client.post(path, cast_to=str, body=body)
        except TimeoutError:
            raise self.origin.timeout(timeout) from None
        except APIStatusError as error:
            headers = error.response.headers
            wait = seconds_to_wait(headers.get("retry-after"), headers.get("date"))
            raise self.origin.status(error.status_code, error.response.text, wait) from None
        except APIConnectionError as error:
            raise self.origin.connection(error) from None
        return text, clock() - start

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        await self.client.close()
