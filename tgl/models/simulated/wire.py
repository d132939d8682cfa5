"""OpenAI's chat API from the server's side: what a body asks for, and the body of the answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from tgl.models.protocol import ChatMessage, ChatReply, ChatRequest, Decoding, Finish, Role
from tgl.models.simulated.writing import TOKEN

SEEDS = 2**31
MOST_CHOICES = 128
ENDS = {Finish.STOP: "stop", Finish.LENGTH: "length", Finish.REFUSED: "content_filter"}


class Lenient(BaseModel):
    """What is not named is let through: clients send options that play no part here."""

    model_config = ConfigDict(frozen=True)


class TextPart(Lenient):
    """A part of a message; only text can be read."""

    type: Literal["text"]
    text: str


class Turn(Lenient):
    """A message."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | tuple[TextPart, ...]

    @property
    def text(self) -> str:
        """The whole text."""
        return self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)


class SchemaFormat(Lenient):
    """The schema of a `response_format`."""

    schema_: dict[str, JsonValue] = Field(alias="schema")


class ResponseFormat(Lenient):
    """How the answer is to be shaped."""

    type: str
    json_schema: SchemaFormat | None = None


class Asked(Lenient):
    """The body of a request."""

    model: str
    messages: Annotated[tuple[Turn, ...], Field(min_length=1)]
    n: Annotated[int, Field(ge=1, le=MOST_CHOICES)] | None = None
    seed: int | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    stop: str | tuple[str, ...] | None = None
    logprobs: bool | None = None
    stream: bool | None = None
    response_format: ResponseFormat | None = None

    def request(self, place: int, default_seed: int) -> ChatRequest:
        """The request for choice `place`."""
        seed = default_seed if self.seed is None else self.seed
        roles = {"developer": Role.SYSTEM}
        schema = self.response_format.json_schema if self.response_format is not None else None
        return ChatRequest(
            tuple(ChatMessage(roles.get(turn.role) or Role(turn.role), turn.text) for turn in self.messages),
            Decoding(
                temperature=self.temperature,
                top_p=self.top_p,
                max_tokens=self.max_tokens or self.max_completion_tokens,
                stop=(self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ()),
            ),
            (seed + place) % SEEDS,
            logprobs=bool(self.logprobs),
            schema=None if schema is None else json.dumps(schema.schema_, sort_keys=True),
        )


class Unreadable(ValueError):
    """A body that asks for nothing that can be answered; one line."""


def read_body(body: bytes) -> Asked:
    """What a body asks for.

    Raises:
        Unreadable: it is no request.
    """
    try:
        asked = Asked.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise Unreadable(f"{place}: {first['msg']}" if place else first["msg"]) from None
    if asked.stream:
        raise Unreadable("stream: this server answers whole replies only")
    return asked


def answer_body(model: str, replies: Sequence[ChatReply], name: str) -> bytes:
    """The body that holds replies; prompt tokens are counted once, as servers do."""
    prompt = replies[0].usage.prompt_tokens
    completion = sum(reply.usage.completion_tokens for reply in replies)
    return encoded(
        {
            "id": f"sim-{name}",
            "object": "chat.completion",
            "created": 0,
            "model": model,
            "system_fingerprint": "simulated",
            "choices": [choice(place, reply) for place, reply in enumerate(replies)],
            "usage": {
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "total_tokens": prompt + completion,
            },
        }
    )


def choice(place: int, reply: ChatReply) -> dict[str, object]:
    """One choice."""
    shown: dict[str, object] | None = None
    if reply.logprobs is not None:
        tokens = TOKEN.findall(reply.text)
        shown = {
            "content": [
                {"token": token, "logprob": value, "bytes": None, "top_logprobs": []}
                for token, value in zip(tokens, reply.logprobs, strict=False)
            ]
        }
    return {
        "index": place,
        "message": {"role": "assistant", "content": reply.text},
        "logprobs": shown,
        "finish_reason": ENDS[reply.finish],
    }


def error_body(message: str, code: str) -> bytes:
    """An error, in OpenAI's shape."""
    return encoded({"error": {"message": message, "type": code, "param": None, "code": code}})


def models_body(names: Sequence[str]) -> bytes:
    """The list of models."""
    return encoded(
        {
            "object": "list",
            "data": [
                {"id": name, "object": "model", "created": 0, "owned_by": "simulated"} for name in names
            ],
        }
    )


def encoded(value: object) -> bytes:
    """Compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
