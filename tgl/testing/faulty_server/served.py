"""What a server has done, request by request."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import cast

from tgl.testing.faulty_server.faults import Fault

PROMPT = (
    "model",
    "messages",
    "prompt",
    "temperature",
    "top_p",
    "max_tokens",
    "max_completion_tokens",
    "stop",
)


@dataclass(frozen=True, slots=True)
class Served:
    """One request and what it cost.

    Args:
        number: from 0, in order of arrival.
        prompt: hash of what was asked, without seed and number of choices.
        seed: of the first choice.
        n: choices that were asked for.
        fault: what went wrong.
        complete: whether a complete reply was sent. Whether it arrived is another question: the client may
            have left.
        prompt_tokens: that the server spent, whether or not the client learnt of it.
        completion_tokens: the same.
    """

    number: int
    prompt: str
    seed: int
    n: int
    fault: Fault | None
    complete: bool
    prompt_tokens: int
    completion_tokens: int

    def line(self) -> str:
        """As one line of JSON."""
        return json.dumps(
            {
                "number": self.number,
                "prompt": self.prompt,
                "seed": self.seed,
                "n": self.n,
                "fault": None if self.fault is None else self.fault.name.lower(),
                "complete": self.complete,
                "prompt_tokens": self.prompt_tokens,
                "completion_tokens": self.completion_tokens,
            },
            separators=(",", ":"),
        )


def served(
    number: int, asked: dict[str, object], fault: Fault | None, usage: tuple[int, int], *, complete: bool
) -> Served:
    """The note of a request; `usage` is what the server spent."""
    said = json.dumps([asked.get(key) for key in PROMPT], separators=(",", ":"))
    digest = hashlib.blake2b(said.encode(), digest_size=8).hexdigest()
    seed, n = cast("int", asked.get("seed", 0)), cast("int", asked.get("n", 1))
    return Served(number, digest, seed, n, fault, complete, *usage)
