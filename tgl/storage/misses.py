"""Why a response is not there."""

from __future__ import annotations

from collections.abc import Iterable

from tgl.storage.records import Origin, StoredResponse


def why_missing(wanted: Origin, recorded: Iterable[StoredResponse]) -> str:
    """One line on what the nearest recorded response has different.

    Complexity: one pass over `recorded`. Ties: the first.
    """
    best: tuple[int, Origin] | None = None
    for record in recorded:
        score = nearness(wanted, record.origin)
        if best is None or score > best[0]:
            best = (score, record.origin)
    if best is None:
        return "nothing is recorded"
    return difference(wanted, best[1])


def nearness(wanted: Origin, other: Origin) -> int:
    """How much two requests share; pieces that change rarely weigh more."""
    return (
        16 * (wanted.model == other.model)
        + 8 * (wanted.messages == other.messages)
        + 4 * (wanted.options == other.options)
        + 2 * (wanted.salt == other.salt)
        + (wanted.draw == other.draw)
    )


def difference(wanted: Origin, other: Origin) -> str:
    """The weightiest piece in which they differ."""
    if wanted.model != other.model:
        return "nothing is recorded from this model: other weights, or another id or revision"
    if wanted.messages != other.messages:
        return (
            "this prompt is not recorded: the question, the prompt's text, a shot or an earlier reply differs"
        )
    if wanted.options != other.options:
        return f"this prompt is recorded with other options: {other.options}, asked now: {wanted.options}"
    if wanted.salt != other.salt:
        return "this request is recorded for other draws (`draws`, or the final measurement)"
    if wanted.draw != other.draw:
        return f"this request is recorded, but not draw {wanted.draw} of it"
    return "this request is recorded under another version of tglc"
