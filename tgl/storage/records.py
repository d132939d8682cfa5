"""One recorded response, as it is kept, exported and replayed; and one recorded failure."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

IDENTITY = r"^[0-9a-f]{64}$"


class Origin(BaseModel):
    """What was asked, in pieces small enough to keep, so that a miss can be explained.

    Prompts themselves are not kept: they may be private, and are large. `model` is the start of the
    fingerprint, `messages` the start of the hash of the rendered messages, `options` canonical JSON.
    `parts` names each message on its own, as the first letter of its role and 8 hex digits, between spaces;
    it is empty in records of tglc 0.1, and plays no part in comparing two requests for equality.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    messages: str
    options: str
    draw: int = Field(ge=0)
    salt: str
    parts: str = ""


class StoredResponse(BaseModel):
    """A complete reply to the request with this identity. `latency` is in whole milliseconds.

    `reasoning` and `logprobs` are as in the reply: what was thought before the answer, and the natural
    logarithms of the probabilities of the text's tokens (None: not asked for).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    identity: str = Field(pattern=IDENTITY)
    origin: Origin
    text: str
    finish: Literal["stop", "length", "refused"]
    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)
    latency: int = Field(ge=0)
    reasoning: str = ""
    logprobs: tuple[FiniteFloat, ...] | None = None

    @property
    def seconds(self) -> float:
        """The recorded service time."""
        return self.latency / 1000


class StoredFailure(BaseModel):
    """A call that had failed for good in a search: evidence of that search, never a response.

    `failure` is the class, `detail` one line for a person.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    identity: str = Field(pattern=IDENTITY)
    failure: str = Field(min_length=1)
    detail: str
