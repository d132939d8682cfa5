"""What a search found, as JSON values."""

from __future__ import annotations

from tgl.pipeline.searching import SearchOutcome


def outcome_json(outcome: SearchOutcome) -> dict[str, object]:
    """`report` and `decided` of the program that was found; of a front `front`, with both for each point."""
    if outcome.front is None:
        return {"report": outcome.report.model_dump(mode="json"), "decided": dict(outcome.decisions)}
    told = outcome.front.model_dump(mode="json")
    rows = zip(told["points"], outcome.points, strict=True)
    return {
        "front": {**told, "points": [{**row, "decided": dict(point.decisions)} for row, point in rows]},
    }
