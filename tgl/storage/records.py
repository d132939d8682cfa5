"""One recorded response, as it is kept, exported and replayed."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Origin(BaseModel):
    """What was asked, in pieces small enough to keep, so that a miss can be explained.

    Prompts themselves are not kept: they may be private, and are large. `model` is the start of the
    fingerprint, `messages` the start of the hash of the rendered messages, `options` canonical JSON.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    messages: str
    options: str
    draw: int = Field(ge=0)
    salt: str


class StoredResponse(BaseModel):
    """A complete reply to the request with this identity. `latency` is in whole milliseconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    identity: str = Field(pattern=r"^[0-9a-f]{64}$")
    origin: Origin
    text: str
    finish: Literal["stop", "length", "refused"]
    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)
    latency: int = Field(ge=0)

    @property
    def seconds(self) -> float:
        """The recorded service time."""
        return self.latency / 1000
