"""What names a call (semantics.md 1).

The identity is the SHA-256 of the canonical JSON list

    [version, model fingerprint, messages, decoding options, salt, draw]

and the request seed is the hash of that list without the draw, plus the draw, mod 2**31: consecutive
draws of one request have consecutive seeds, so one request with `n` can answer them. The draw stands
last so that the draws of one request share the hashing of all the rest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from tgl.models import ChatMessage, Decoding
from tgl.storage import Origin

VERSION = 1
"""A change of the identity's definition bumps it, and the store's schema with it."""
SEEDS = 2**31
PIECE = 16
"""Hex digits that a stored origin keeps of a hash."""
PART = 8
"""Hex digits that it keeps of the hash of one message."""


@dataclass(frozen=True, slots=True)
class CallKey:
    """The identity (64 hex digits) and the seed, in [0, 2**31), of one call."""

    identity: str
    seed: int


def canonical(value: object) -> str:
    """JSON of a value, one text for equal values. ASCII, so that any string has bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def canonical_messages(messages: Sequence[ChatMessage]) -> str:
    """The part of an identity that stands for the messages."""
    return canonical([[message.role.value, message.content] for message in messages])


def canonical_options(decoding: Decoding, *, logprobs: bool = False) -> str:
    """The part of an identity that stands for the options: those that are sent.

    A request for log-probabilities is another request (semantics.md 1): so no response without them is ever
    found where they are wanted, and none has to be replaced.
    """
    options = {
        "temperature": decoding.temperature,
        "top_p": decoding.top_p,
        "max_tokens": decoding.max_tokens,
        "stop": list(decoding.stop) or None,
        "logprobs": True if logprobs else None,
    }
    return canonical({name: value for name, value in options.items() if value is not None})


def call_key(fingerprint: str, messages: str, options: str, salt: str, draw: int) -> CallKey:
    """The key of one call.

    Args:
        fingerprint: of the model.
        messages: of `canonical_messages`.
        options: of `canonical_options`.
        salt: "" unless the program or the final measurement asks for other draws.
        draw: >= 0.
    """
    return drawn(f"{opening(fingerprint)}{messages},{options},{canonical(salt)}", draw)


def opening(fingerprint: str) -> str:
    """The start of an identity's list, up to the messages."""
    return f"[{VERSION},{canonical(fingerprint)},"


def drawn(request: str, draw: int) -> CallKey:
    """The key of one draw of a request; `request` is the identity's list up to the salt."""
    state = hashlib.sha256(request.encode())
    whole = state.copy()
    state.update(b"]")
    whole.update(b",%d]" % draw)
    return CallKey(whole.hexdigest(), (int.from_bytes(state.digest(), "big") + draw) % SEEDS)


@dataclass(frozen=True, slots=True)
class Pieces:
    """What is kept of the messages of a request: the start of the hash of all, and a piece of each."""

    messages: str
    parts: str


def pieces_of(messages: str) -> Pieces:
    """The pieces of `canonical_messages`."""
    return Pieces(hashlib.sha256(messages.encode()).hexdigest()[:PIECE], parts_of(messages))


def origin_of(
    fingerprint: str, messages: str, options: str, salt: str, draw: int, pieces: Pieces | None = None
) -> Origin:
    """The pieces of a call that are kept beside its response; `pieces` saves taking the messages apart."""
    pieces = pieces or pieces_of(messages)
    return Origin(
        model=fingerprint[:PIECE],
        messages=pieces.messages,
        options=options,
        draw=draw,
        salt=salt,
        parts=pieces.parts,
    )


def parts_of(messages: str) -> str:
    """Each message of `canonical_messages` by the first letter of its role and the start of its hash."""
    pairs: list[list[str]] = json.loads(messages)
    return " ".join(
        role[:1] + hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:PART]
        for role, content in pairs
    )
