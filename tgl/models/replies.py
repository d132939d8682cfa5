"""The body of a reply, as OpenAI-compatible servers send it, and what it says."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tgl.models.failures import Origin
from tgl.models.protocol import ChatReply, Finish, Usage


class Message(BaseModel):
    """A reply's message."""

    model_config = ConfigDict(frozen=True)

    content: str | None = None
    refusal: str | None = None


class Choice(BaseModel):
    """A chat choice (`message`) or a raw completion's (`text`)."""

    model_config = ConfigDict(frozen=True)

    message: Message | None = None
    text: str | None = None
    finish_reason: str | None = None


class Counts(BaseModel):
    """Token counts."""

    model_config = ConfigDict(frozen=True)

    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)


class Body(BaseModel):
    """The parts of a body that are used; anything else is let through."""

    model_config = ConfigDict(frozen=True)

    choices: tuple[Choice, ...] | None = None
    usage: Counts | None = None
    error: object = None


def read_reply(text: str, origin: Origin, latency: float) -> ChatReply:
    """The reply that a body with status 200 holds.

    Raises:
        ModelError: BROKEN if it holds none, BAD_REQUEST if it doesn't count its tokens.
    """
    try:
        body = Body.model_validate_json(text)
    except ValidationError:
        start = text.strip()[:60]
        raise origin.broken(
            f"the server's answer is not the JSON of a reply; it begins `{start}`"
            if start
            else "the server's answer is empty"
        ) from None
    if body.error is not None and not body.choices:
        raise origin.broken(f"the server answered with an error in place of a reply: {body.error}")
    if not body.choices:
        raise origin.broken("the server's answer holds no choice")
    choice = body.choices[0]
    if body.usage is None:
        raise origin.uncounted()
    said, finish = read_choice(choice, origin)
    return ChatReply(said, finish, Usage(body.usage.prompt_tokens, body.usage.completion_tokens), latency)


def read_choice(choice: Choice, origin: Origin) -> tuple[str, Finish]:
    """The text and how it ended."""
    content = choice.message.content if choice.message else choice.text
    refusal = choice.message.refusal if choice.message else None
    match choice.finish_reason:
        case "content_filter" | "refusal":
            return content or refusal or "", Finish.REFUSED
        case "length" | "max_tokens":
            # A reasoning model may spend all its tokens before it says a word.
            return content or "", Finish.LENGTH
        case None | "abort" | "error":
            raise origin.broken("the server ended the reply early")
        case _ if refusal:
            return refusal, Finish.REFUSED
        case _ if content is None:
            raise origin.broken("the server's answer holds no text")
        case _:
            return content, Finish.STOP
