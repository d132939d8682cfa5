"""How a well-behaved server may differ from the next one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Manners:
    """What a server does, and how.

    Args:
        max_n: choices that one request may ask for.
        beyond: what becomes of a request for more: refused, or answered with `max_n` choices.
        counts: whether usage counts the completion tokens of all choices, or of the first alone as
            llama.cpp does (which gives itself away by `timings`).
        lists: whether it tells log-probabilities; a server that doesn't refuses the request.
        continues: what becomes of the start of a reply: continued with or without repeating it, or
            refused.
        schemas: whether replies keep to a schema; a server that doesn't refuses the request.
        thoughts: where a reply's reasoning is told: a field of the message, or tags in its text.
        vector: length of embeddings, 0 for a server without.
        most_texts: texts that one request for embeddings may hold.
        retry_after: seconds that refusals with Retry-After name (None: 2.5, or 30 as a date, for a 429, and 1
            for a 503).
    """

    max_n: int = 128
    beyond: Literal["refuse", "ignore"] = "refuse"
    counts: Literal["all", "first"] = "all"
    lists: bool = True
    continues: Literal["echo", "plain", "refuse"] = "plain"
    schemas: bool = True
    thoughts: Literal["reasoning_content", "reasoning", "tags"] = "reasoning_content"
    vector: int = 4
    most_texts: int = 16
    retry_after: float | None = None
