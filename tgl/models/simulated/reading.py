"""What a simulated model sees in a request: the question, shown answers, what kind of reply is wanted.

| seen                | how                                                                                  |
|---------------------|--------------------------------------------------------------------------------------|
| question            | the bank's question that stands last in the last user message                        |
| drafts              | from a line that begins `Attempt 2:`, `Earlier answer:` … to the next one            |
| answer of a draft   | the known answer of the question that stands last in it                              |
| marker              | a quoted text after "with", "after", "behind", … or one that ends in a colon         |
| grade               | a marker that begins with "score", and a scale "0 to 10"                             |
| reasoned            | a marker, or words such as "step by step", and no worked examples                    |
| worked examples     | the assistant's turns                                                                |
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from tgl.models.protocol import ChatMessage, ChatRequest, Role
from tgl.models.simulated.items import Item, ItemBank, collapsed, plain

LABEL = re.compile(
    r"^[ \t>*-]*(?:attempt|draft|candidate|proposal|solution|response|"
    r"(?:earlier|previous|proposed|current|first) (?:answer|attempt|solution|response)|answer[ \t]+\d+)"
    r"[ \t]*\d*[ \t]*[:.)]",
    re.IGNORECASE | re.MULTILINE,
)
QUOTED = re.compile(
    r"(?:\b(?:with|after|behind|by|write|line|as|say)\s+[\"“`]([^\"”`\n]{1,30})[\"”`])"
    r"|[\"“`]([^\"”`\n]{1,30}:)[\"”`]",
    re.IGNORECASE,
)
SHAPE = re.compile(r"((?:final )?answer:)\s*(?:<|\[|\{|…|\.\.\.|X\b|N\b|NUMBER\b)", re.IGNORECASE)
OPEN_END = re.compile(r"(?:answer|solution|reply|a)\s*:\s*$", re.IGNORECASE)
REASON = re.compile(r"step by step|\breason|\bexplain|\bthink\b|\bwork (?:it )?out", re.IGNORECASE)
SCALE = re.compile(r"(\d+)\s*(?:to|-|–|\.\.)\s*(\d+)")
UNKNOWN = -1
"""The place of a draft's answer that the bank does not know."""

Kind = Literal["brief", "reasoned", "grade", "text"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a request is taken for.

    Args:
        item: the question, None if the bank has none of it.
        kind: what is wanted; `text` without a question.
        marker: what the answer stands behind, "" for nothing.
        drafts: places of the shown answers among the question's (0 is right), in order.
        shots: worked examples.
        scale: bounds of a grade.
        wording: names the prompt's text without question and drafts.
        digest: names the whole conversation.
        last: the last user message.
        asked: what the messages say around the question.
        prompt_bytes: UTF-8 bytes of all messages.
        messages: how many there are.
    """

    item: Item | None
    kind: Kind
    marker: str
    drafts: tuple[int, ...]
    shots: int
    scale: tuple[int, int]
    wording: str
    digest: str
    last: str
    asked: str
    prompt_bytes: int
    messages: int


def read_request(request: ChatRequest, bank: ItemBank) -> Reading:
    """What a request asks for. Pure; linear in the prompt."""
    messages = request.messages
    last = next((each.content for each in reversed(messages) if each.role is Role.USER), "")
    system = "\n".join(each.content for each in messages if each.role is Role.SYSTEM)
    shots = sum(each.role is Role.ASSISTANT for each in messages)
    first = LABEL.search(last)
    head = last if first is None else last[: first.start()]
    item = bank.find(collapsed(head)) or (bank.find(collapsed(last)) if first is not None else None)
    asked = collapsed(last) if item is None else collapsed(last).replace(item.question, "\0")
    marker = marker_in(asked) or marker_in(system)
    kind: Kind = "brief"
    if item is None:
        kind = "text"
    elif marker.casefold().startswith("score"):
        kind = "grade"
    elif (
        not shots and not OPEN_END.search(last) and (marker or REASON.search(asked) or REASON.search(system))
    ):
        kind = "reasoned"
    scale = SCALE.search(asked) if kind == "grade" else None
    wording = collapsed(head).replace(item.question, "\0") if item is not None else ""
    return Reading(
        item=item,
        kind=kind,
        marker=marker,
        drafts=() if item is None or first is None else drafts_in(last[first.start() :], item, marker),
        shots=shots,
        scale=(int(scale[1]), int(scale[2])) if scale else (0, 10),
        wording=f"{system}\0{wording}",
        digest=conversation_digest(messages, request.opening),
        last=last,
        asked=f"{system}\n{asked}",
        prompt_bytes=sum(len(each.content.encode("utf-8", "surrogatepass")) for each in messages),
        messages=len(messages),
    )


def marker_in(text: str) -> str:
    """What the answer is to stand behind, as the text says; the last such words count."""
    found = ""
    for match in QUOTED.finditer(text):
        found = match[1] or match[2]
    if found:
        return found
    shape = SHAPE.search(text)
    return shape[1] if shape else ""


def drafts_in(text: str, item: Item, marker: str) -> tuple[int, ...]:
    """The answers of the drafts in the part of a prompt that begins with the first one."""
    labels = tuple(LABEL.finditer(text))
    starts = [match.end() for match in labels]
    ends = [*(match.start() for match in labels[1:]), len(text)]
    parts = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    parts[-1] = without_instruction(parts[-1])
    return tuple(draft_answer(part, item, marker) for part in parts)


def without_instruction(text: str) -> str:
    """The last draft without the lines after it, which begin with the one that quotes a marker."""
    found = QUOTED.search(text)
    line = -1 if found is None else text.rfind("\n", 0, found.start())
    return text if line < 0 else text[:line]


def draft_answer(text: str, item: Item, marker: str) -> int:
    """Which answer of a question a text gives: the one behind the marker, or else the one named last."""
    if marker and marker in text:
        text = text.rpartition(marker)[2]
    said = plain(text)
    best, place = -1, UNKNOWN
    for index, answer in enumerate(item.answers):
        form = plain(answer)
        at = said.rfind(form)
        if at >= 0 and at + len(form) > best:
            best, place = at + len(form), index
    return place


def conversation_digest(messages: tuple[ChatMessage, ...], opening: str) -> str:
    """Names a conversation: 32 hex digits over roles, texts and the reply's given start."""
    state = hashlib.sha256(opening.encode("utf-8", "surrogatepass"))
    for each in messages:
        state.update(f"\x1e{each.role.value}\x1f{each.content}".encode("utf-8", "surrogatepass"))
    return state.hexdigest()[:32]
