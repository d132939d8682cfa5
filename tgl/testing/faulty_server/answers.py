"""Requests and replies of OpenAI's API as JSON, from the server's side."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from email.utils import formatdate
from typing import cast

from tgl.models import ChatMessage, ChatReply, ChatRequest, Decoding, Finish, Role
from tgl.models.scripted import TOKEN
from tgl.testing.faulty_server.faults import Fault
from tgl.testing.faulty_server.manners import Manners

REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}
SENT = 784111777
"""The server's date, Sun, 06 Nov 1994 08:49:37 GMT, in seconds since 1970."""
LATER_SECONDS = 30.0
"""How far from there a date in Retry-After lies, unless the server's manners say otherwise."""
ENDS = {Finish.STOP: "stop", Finish.LENGTH: "length", Finish.REFUSED: "content_filter"}

Json = dict[str, object]


def request_of(body: Json) -> ChatRequest:
    """The request that a body asks for; raw prompts count as one user message."""
    raw = cast("list[dict[str, str]]", body.get("messages", []))
    messages = tuple(ChatMessage(Role(message["role"]), message["content"]) for message in raw)
    if "prompt" in body:
        messages = (ChatMessage(Role.USER, str(body["prompt"])),)
    limit = body.get("max_tokens", body.get("max_completion_tokens"))
    decoding = Decoding(
        temperature=cast("float | None", body.get("temperature")),
        top_p=cast("float | None", body.get("top_p")),
        max_tokens=cast("int | None", limit),
        stop=tuple(cast("list[str]", body.get("stop", []))),
    )
    request = ChatRequest(messages, decoding, cast("int", body.get("seed", 0)), bool(body.get("logprobs")))
    form = cast("Json | None", body.get("response_format"))
    if form is not None:
        named = cast("Json", form["json_schema"])
        request = replace(request, schema=json.dumps(named["schema"]))
    if body.get("continue_final_message"):
        request = replace(request, messages=messages[:-1], opening=messages[-1].content)
    return request


def objection(body: Json, request: ChatRequest, manners: Manners) -> str:
    """Why a server of these manners refuses the request, "" if it doesn't."""
    n = cast("int", body.get("n", 1))
    if n > manners.max_n and manners.beyond == "refuse":
        return f"Field 'n': Value must be between 1 <= value <= {manners.max_n}, but got {n}"
    if request.logprobs and not manners.lists:
        return "Unsupported parameter: 'logprobs' is not supported with this model."
    if request.opening and manners.continues == "refuse":
        return "Unrecognized request argument supplied: continue_final_message"
    if request.schema is not None and not manners.schemas:
        return "Unsupported parameter: 'response_format' of type json_schema."
    return ""


def reply_body(
    replies: Sequence[ChatReply], request: ChatRequest, manners: Manners, *, is_chat: bool = True
) -> Json:
    """The replies in OpenAI's shape; usage counts the prompt once."""
    choices = [choice_of(index, reply, request, manners, is_chat) for index, reply in enumerate(replies)]
    counted = replies if manners.counts == "all" else replies[:1]
    prompt = replies[0].usage.prompt_tokens
    completion = sum(reply.usage.completion_tokens for reply in counted)
    usage = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    body: Json = {"id": "reply", "object": "chat.completion", "choices": choices, "usage": usage}
    return body if manners.counts == "all" else {**body, "timings": {"predicted_n": completion}}


def choice_of(index: int, reply: ChatReply, request: ChatRequest, manners: Manners, is_chat: bool) -> Json:
    """One choice."""
    text = reply.text
    thought: Json = {}
    if reply.reasoning and manners.thoughts == "tags":
        text = f"<think>\n{reply.reasoning}\n</think>\n\n{text}"
    elif reply.reasoning:
        thought = {manners.thoughts: reply.reasoning}
    if request.opening and manners.continues == "echo":
        text = request.opening + text
    choice: Json = {"index": index, "finish_reason": ENDS[reply.finish]}
    if request.logprobs:
        choice["logprobs"] = {"content": tokens_of(reply)}
    if not is_chat:
        return {**choice, "text": text}
    return {**choice, "message": {"role": "assistant", "content": text, **thought}}


def tokens_of(reply: ChatReply) -> list[Json]:
    """The reply's tokens as servers list them: the one that ends it included, which has no text."""
    words = TOKEN.findall(reply.text)
    listed = [*words, ""] if len(words) < reply.usage.completion_tokens else words
    return [
        {"token": word, "logprob": -0.25 * (place % 4), "bytes": list(word.encode())}
        for place, word in enumerate(listed)
    ]


def vectors_body(body: Json, manners: Manners) -> Json:
    """Embeddings: numbers that the text alone decides, listed backwards as a server may."""
    texts = cast("list[str]", body["input"])
    data = [
        {"index": index, "embedding": [float(len(text) + place) for place in range(manners.vector)]}
        for index, text in enumerate(texts)
    ]
    return {
        "object": "list",
        "data": data[::-1],
        "usage": {"prompt_tokens": len(texts), "total_tokens": len(texts)},
    }


def with_choice(body: Json, message: Json, finish: str | None) -> Json:
    """The body with another message in its only choice."""
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", **message}}
    return {**body, "choices": [choice]}


def http(status: int, body: object, headers: dict[str, str] | None = None) -> bytes:
    """A complete answer: text as it is, anything else as JSON."""
    is_text = isinstance(body, str)
    data = (body if isinstance(body, str) else json.dumps(body)).encode()
    kind = "text/html" if is_text and data.startswith(b"<") else "application/json"
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Other')}", f"Content-Length: {len(data)}"]
    lines += [f"{name}: {value}" for name, value in {"Content-Type": kind, **(headers or {})}.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + data


def faulty_answer(
    fault: Fault, whole: Json, model: object, authorization: str, retry_after: float | None = None
) -> tuple[bytes, bool]:
    """What is sent in place of the body `whole`, and whether the connection can be used again.

    `retry_after` is what a fault with Retry-After names, in seconds (None: each its own).
    """

    def said(
        status: int, text: str, headers: dict[str, str] | None = None, **more: str
    ) -> tuple[bytes, bool]:
        return http(status, {"error": {"message": text, **more}}, headers), True

    match fault:
        case Fault.UNAUTHORIZED:
            return said(401, f"Incorrect API key provided: {authorization.removeprefix('Bearer ')}.")
        case Fault.FORBIDDEN:
            return said(403, f"{authorization} may not")
        case Fault.UNKNOWN_MODEL:
            return said(404, f"The model `{model}` does not exist for {authorization}")
        case Fault.UNSUPPORTED_OPTION:
            text = "Unsupported value: 'temperature' does not support 0.8 with this model."
            return said(400, text, param="temperature")
        case Fault.UNSUPPORTED_LIMIT:
            text = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
            return said(400, text, param="max_tokens")
        case Fault.LIMITED:
            return said(429, f"slow down, {authorization}")
        case Fault.LIMITED_SECONDS:
            return said(429, "slow down", {"Retry-After": f"{2.5 if retry_after is None else retry_after:g}"})
        case Fault.LIMITED_DATE:
            later = SENT + round(LATER_SECONDS if retry_after is None else retry_after)
            dates = {"Retry-After": formatdate(later, usegmt=True), "Date": formatdate(SENT, usegmt=True)}
            return said(429, "slow down", dates)
        case Fault.FAILED:
            return said(500, f"trace: {authorization}")
        case Fault.FAILED_PAGE:
            return http(502, "<html><h1>Bad Gateway</h1></html>"), True
        case Fault.OVERLOADED:
            return said(503, "loading", {"Retry-After": f"{1.0 if retry_after is None else retry_after:g}"})
        case Fault.RESET | Fault.SILENT:
            return b"", False
        case Fault.CUT_BODY:
            answer = http(200, whole)
            return answer[: len(answer) - len(json.dumps(whole)) // 2], False
        case Fault.CUT_CHUNKS:
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            return head + b'8\r\n{"choice\r\n', False
        case Fault.ERROR_IN_200:
            return said(200, f"upstream died, {authorization}")
        case _:
            return http(200, faulty_body(fault, whole, authorization)), True


def faulty_body(fault: Fault, whole: Json, authorization: str) -> object:
    """A body with status 200 that is not what it should be."""
    match fault:
        case Fault.CUT_JSON:
            return json.dumps(whole)[:40]
        case Fault.NOT_JSON:
            return f"all is well, {authorization}"
        case Fault.HTML_PAGE:
            return "<html><h1>Welcome to nginx!</h1></html>"
        case Fault.OTHER_JSON:
            return {"choices": "many"}
        case Fault.EMPTY_BODY:
            return ""
        case Fault.NO_CHOICES:
            return {**whole, "choices": []}
        case Fault.NO_CONTENT:
            return with_choice(whole, {"content": None}, "stop")
        case Fault.NO_FINISH:
            return with_choice(whole, {"content": "half an ans"}, None)
        case Fault.NO_USAGE:
            return {**whole, "usage": None}
        case Fault.REFUSAL:
            return with_choice(whole, {"content": None, "refusal": "I can't help with that."}, "stop")
        case Fault.FILTERED:
            return with_choice(whole, {"content": "Well,"}, "content_filter")
        case Fault.THOUGHT_ONLY:
            return with_choice(whole, {"content": None}, "length")
        case Fault.EMPTY_TEXT:
            return with_choice(whole, {"content": ""}, "stop")
        case _:
            return whole
