"""The tables of a fitted profile that are plain averages and least squares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, median, pstdev

from tgl.models.simulated.profile import Drafts, Latency, Tokens
from tgl.models.simulated.rasch import Curve
from tgl.models.simulated.reading import Kind
from tgl.models.simulated.samples import Cell, Sample

FEWEST = 40
"""Replies of a model below which nothing is fitted."""


def drafts_of(own: Sequence[Sample], found: Curve) -> Drafts:
    """What shown answers do, as far as enough replies tell it."""
    shown = [one for one in own if one.drafts[1] and one.answer is not None]

    def alone(one: Sample) -> float:
        return found.chance(Cell(one.model, one.item, one.kind, one.shots, one.temperature, 1, 0))

    bad = [one for one in shown if one.drafts[0] == 0]
    good = [one for one in shown if one.drafts[0] == one.drafts[1]]
    default = Drafts()
    repair, keep = default.repair, default.keep
    if len(bad) >= FEWEST:
        repair = min(2.0, fmean(one.right for one in bad) / max(fmean(map(alone, bad)), 1e-6))
    if len(good) >= FEWEST:
        fresh = fmean(min(1.0, repair * alone(one)) for one in good)
        keep = min(max((fmean(one.right for one in good) - fresh) / max(1 - fresh, 1e-6), 0.0), 1.0)
    return Drafts(repair=round(repair, 4), keep=round(keep, 4), length_cost=0.0)


def tokens_of(own: Sequence[Sample]) -> Tokens:
    """Lengths: least squares of prompt tokens on messages and bytes, medians of replies by their kind."""
    turn, share = plane([(one.prompt[0], one.prompt[1]) for one in own], [one.prompt[2] for one in own])
    medians: dict[Kind, float] = {}
    for mode in ("brief", "reasoned", "text"):
        lengths = [one.completion for one in own if one.mode == mode and one.completion > 0]
        if lengths:
            medians[mode] = float(median(lengths))
    logs = [
        math.log(one.completion / medians[one.mode])
        for one in own
        if one.completion > 0 and one.mode in medians
    ]
    default = Tokens()
    return Tokens(
        turn=round(min(max(turn, 0.0), 16.0), 3),
        bytes_per_token=round(min(max(1 / max(share, 0.05), 1.0), 20.0), 4),
        brief=medians.get("brief", default.brief),
        reasoned=medians.get("reasoned", default.reasoned),
        text=medians.get("text", default.text),
        sigma=round(min(pstdev(logs), 3.0), 4) if len(logs) > 1 else default.sigma,
    )


def latency_of(own: Sequence[Sample]) -> Latency:
    """Service times: base and seconds a token by least squares, the deviation of what is left."""
    timed = [(one.completion, one.latency) for one in own if one.latency > 0]
    if len(timed) < FEWEST:
        return Latency()
    mean_x, mean_y = fmean(x for x, _ in timed), fmean(y for _, y in timed)
    spread = sum((x - mean_x) ** 2 for x, _ in timed)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in timed) / spread if spread else 0.0
    slope = min(max(slope, 0.0), mean_y / max(mean_x, 1e-9))
    base = max(mean_y - slope * mean_x, 0.0)
    logs = [math.log(y / max(base + slope * x, 1e-6)) for x, y in timed]
    factor = math.exp(median(logs))
    return Latency(
        base=round(base * factor, 5),
        per_token=round(slope * factor, 6),
        sigma=round(min(pstdev(logs), 3.0), 4),
    )


def plane(points: Sequence[tuple[float, float]], values: Sequence[float]) -> tuple[float, float]:
    """Least squares of values on two variables without a constant; (0, mean ratio) where they are alike."""
    xx = sum(x * x for x, _ in points)
    xy = sum(x * y for x, y in points)
    yy = sum(y * y for _, y in points)
    xv = sum(x * value for (x, _), value in zip(points, values, strict=True))
    yv = sum(y * value for (_, y), value in zip(points, values, strict=True))
    determinant = xx * yy - xy * xy
    if determinant <= 1e-9 * max(xx * yy, 1.0):
        return 0.0, yv / max(yy, 1e-9)
    return (xv * yy - yv * xy) / determinant, (xx * yv - xy * xv) / determinant
