"""llama.cpp's own completion API. It tells what each of several replies took; its OpenAI API does not."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from tgl.models.failures import Origin
from tgl.models.protocol import ChatReply, ChatRequest, Finish, Usage
from tgl.models.replies import Token, apart, logprobs_of


class Continuation(BaseModel):
    """One continuation of a prompt."""

    model_config = ConfigDict(frozen=True)

    index: int = 0
    content: str
    stop_type: str
    tokens_evaluated: int = Field(ge=0)
    tokens_predicted: int = Field(ge=0)
    completion_probabilities: tuple[Token, ...] = ()


class Prompt(BaseModel):
    """A conversation as the weights' own template renders it."""

    model_config = ConfigDict(frozen=True)

    prompt: str


CONTINUATIONS: TypeAdapter[tuple[Continuation, ...]] = TypeAdapter(tuple[Continuation, ...])


def native_body(
    prompt: str, request: ChatRequest, options: Mapping[str, object], n: int
) -> dict[str, object]:
    """What asks for `n` continuations of a prompt; reply k is drawn with `seed + k` (mod 2**32)."""
    wanted: dict[str, object] = {
        **options,
        "prompt": prompt,
        "n": n if n > 1 else None,
        "n_probs": 1 if request.logprobs else None,
        "json_schema": None if request.schema is None else json.loads(request.schema),
    }
    return {name: value for name, value in wanted.items() if value is not None}


def read_prompt(text: str, origin: Origin) -> str:
    """The rendered conversation that a body holds."""
    try:
        return Prompt.model_validate_json(text).prompt
    except ValidationError:
        raise origin.broken("the engine's answer holds no prompt") from None


def read_continuations(
    text: str, origin: Origin, latency: float, request: ChatRequest, n: int
) -> tuple[ChatReply, ...]:
    """The `n` replies that a body holds, in the order of their seeds.

    Raises:
        ModelError: BROKEN if it does not hold so many.
    """
    try:
        found = CONTINUATIONS.validate_json(text if n > 1 else f"[{text}]")
    except ValidationError:
        raise origin.broken("the engine's answer is not the JSON of a reply") from None
    if len(found) != n:
        raise origin.broken(f"the engine gave {len(found)} replies in place of {n}")
    ordered = sorted(found, key=lambda one: one.index)
    return tuple(reply_of(one, origin, latency, request) for one in ordered)


def reply_of(one: Continuation, origin: Origin, latency: float, request: ChatRequest) -> ChatReply:
    """One continuation as a reply."""
    match one.stop_type:
        case "limit":
            finish = Finish.LENGTH
        case "eos" | "word":
            finish = Finish.STOP
        case _:
            raise origin.broken("the engine ended the reply early")
    reasoning, said = ("", one.content) if request.opening else apart(one.content)
    return ChatReply(
        said,
        finish,
        Usage(one.tokens_evaluated, one.tokens_predicted),
        latency,
        reasoning,
        logprobs_of(one.completion_probabilities, said) if request.logprobs else None,
    )
