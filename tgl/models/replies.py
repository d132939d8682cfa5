"""The body of a reply, as OpenAI-compatible servers send it, and what it says."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tgl.models.counting import completion_counts
from tgl.models.failures import Origin
from tgl.models.protocol import ChatReply, ChatRequest, Finish, Usage

THOUGHT = ("<think>", "</think>")


class Token(BaseModel):
    """One token of a reply. `bytes` are UTF-8, None where the server leaves them out."""

    model_config = ConfigDict(frozen=True)

    token: str
    logprob: float
    bytes: tuple[int, ...] | None = None

    @property
    def data(self) -> bytes:
        """What the token adds to the text; half a character may be a token."""
        return self.token.encode("utf-8", errors="replace") if self.bytes is None else bytes(self.bytes)


class Listing(BaseModel):
    """The tokens of a reply, those that end it included on some servers."""

    model_config = ConfigDict(frozen=True)

    content: tuple[Token, ...] | None = None


class Message(BaseModel):
    """A reply's message. What the model thought first has two names in use."""

    model_config = ConfigDict(frozen=True)

    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class Choice(BaseModel):
    """A chat choice (`message`) or a raw completion's (`text`)."""

    model_config = ConfigDict(frozen=True)

    index: int = 0
    message: Message | None = None
    text: str | None = None
    finish_reason: str | None = None
    logprobs: Listing | None = None


class Counts(BaseModel):
    """Token counts."""

    model_config = ConfigDict(frozen=True)

    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)


class Body(BaseModel):
    """The parts of a body that are used; anything else is let through.

    `timings` gives llama.cpp away, whose usage counts the first choice alone.
    """

    model_config = ConfigDict(frozen=True)

    choices: tuple[Choice, ...] | None = None
    usage: Counts | None = None
    error: object = None
    timings: object = None


def read_reply(text: str, origin: Origin, latency: float, request: ChatRequest) -> ChatReply:
    """The reply that a body with status 200 holds; of several, the first.

    Raises:
        ModelError: BROKEN if it holds none, BAD_REQUEST if it lacks its tokens' number or log-probabilities.
    """
    body = read_body(text, origin)
    counts = counted(body, origin)
    return reply_of(body.choices[0] if body.choices else Choice(), counts, origin, latency, request)


def read_replies(
    text: str, origin: Origin, latency: float, request: ChatRequest
) -> tuple[ChatReply, ...] | None:
    """All replies that a body with status 200 holds, in the order of their seeds.

    Returns:
        The replies, each with its own usage; None if the server does not tell what each of them took.

    Raises:
        ModelError: as `read_reply`; one that is no complete reply makes the body broken.
    """
    body = read_body(text, origin)
    total = counted(body, origin)
    choices = sorted(body.choices or (), key=lambda choice: choice.index)
    replies = [reply_of(choice, total, origin, latency, request) for choice in choices]
    tokens = [choice_tokens(choice) for choice in choices]
    listed = [None if found is None else len(found) for found in tokens]
    if body.timings is not None and len(choices) > 1:
        # A stop string's tokens are not listed, so with one the lists don't tell the counts.
        if request.decoding.stop or None in listed or total.completion_tokens != listed[0]:
            return None
        counts = tuple(count or 0 for count in listed)
    else:
        sizes = [len((reply.reasoning + reply.text).encode("utf-8", errors="replace")) for reply in replies]
        ended = [reply.finish is Finish.STOP for reply in replies]
        found = completion_counts(total.completion_tokens, sizes, listed, ended)
        if found is None:
            return None
        counts = found
    return tuple(
        ChatReply(
            reply.text,
            reply.finish,
            Usage(total.prompt_tokens, count),
            latency,
            reply.reasoning,
            reply.logprobs,
        )
        for reply, count in zip(replies, counts, strict=True)
    )


def read_body(text: str, origin: Origin) -> Body:
    """A body that holds at least one choice."""
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
    return body


def counted(body: Body, origin: Origin) -> Usage:
    """The tokens that the body counts."""
    if body.usage is None:
        raise origin.uncounted()
    return Usage(body.usage.prompt_tokens, body.usage.completion_tokens)


def reply_of(choice: Choice, usage: Usage, origin: Origin, latency: float, request: ChatRequest) -> ChatReply:
    """One choice as a reply: thoughts and a repeated opening are no part of its text."""
    said, finish = read_choice(choice, origin)
    told = choice.message and (choice.message.reasoning_content or choice.message.reasoning)
    reasoning, said = (told, said) if told else apart(said)
    if request.opening:
        said = said.removeprefix(request.opening)
    logprobs = None
    if request.logprobs:
        found = choice_tokens(choice)
        if found is None:
            raise origin.unlisted()
        logprobs = logprobs_of(found, said)
    return ChatReply(said, finish, usage, latency, reasoning, logprobs)


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


def apart(text: str) -> tuple[str, str]:
    """What was thought, and what was said after it: a text may begin with `<think>…</think>`.

    A thought that never ends is all there is: nothing was said.
    """
    begin, end = THOUGHT
    if not text.lstrip().startswith(begin):
        return "", text
    thought, _, said = text.lstrip().removeprefix(begin).partition(end)
    return thought.strip(), said.lstrip()


def choice_tokens(choice: Choice) -> tuple[Token, ...] | None:
    """The tokens that a choice lists, None if it lists none."""
    return None if choice.logprobs is None else choice.logprobs.content


def logprobs_of(tokens: Sequence[Token], text: str) -> tuple[float, ...]:
    """Natural logarithms of the probabilities of the tokens that make up `text`.

    Servers list more: thoughts before it, the token that ends a reply, the tokens of a stop string. Where
    the text can't be found in what they list, all of it counts.
    """
    whole = b"".join(token.data for token in tokens)
    wanted = text.encode("utf-8", errors="replace")
    first = whole.rfind(wanted)
    if first < 0:
        return tuple(token.logprob for token in tokens)
    found: list[float] = []
    at = 0
    for token in tokens:
        end = at + len(token.data)
        if end > first and at < first + len(wanted):
            found.append(token.logprob)
        at = end
    return tuple(found)
