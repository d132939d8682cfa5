"""Bounds as tables: least, usual and most, with the unit of each."""

from __future__ import annotations

import math

from pydantic import JsonValue

from tgl.space import Bounds, Range, Size

WIDTH = 30
"""Columns of a node's name."""


def figure(value: float) -> str:
    """A figure: whole ones as they are, others to three digits; what nothing bounds as `no bound`."""
    if not math.isfinite(value):
        return "no bound"
    if value >= 1e6:
        return f"{value:.3g}"
    return f"{value:.0f}" if value == round(value) else f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def count(size: Size) -> str:
    """A number of things; an estimate is marked, with the interval."""
    if size.exact:
        return f"{size.value:.0f}"
    return f"≈ {size.value:.3g} ({size.low:.3g} … {size.high:.3g})"


def three(found: Range | None, *, unit: str = "") -> str:
    """Least, usual and most in columns."""
    if found is None:
        return "not known"
    parts = [f"{unit}{figure(part)}" for part in (found.least, found.usual, found.most)]
    return "".join(part.rjust(12) for part in parts)


def bounds_table(total: Bounds, nodes: list[tuple[str, Bounds]], path: Range) -> list[str]:
    """What a run needs, in lines: all of it, then by declared node."""
    lines = [" " * WIDTH + "".join(name.rjust(12) for name in ("at least", "usual", "at most"))]

    def line(name: str, found: Range | None, unit: str = "") -> None:
        lines.append(name.ljust(WIDTH) + three(found, unit=unit))

    line("calls", total.calls)
    line("  one after the other", path)
    line("prompt tokens", total.prompt)
    line("completion tokens", total.completion)
    line("dollars", total.dollars, "$")
    line("FLOPs", total.flops)
    for name, bounds in nodes:
        line(f"{name} calls", bounds.calls)
        line("  tokens", bounds.tokens)
        if bounds.dollars is not None and bounds.dollars.most:
            line("  dollars", bounds.dollars, "$")
    return lines


def range_json(found: Range | None) -> JsonValue:
    """A range as JSON; None for what is not known, or not bounded."""
    if found is None:
        return None
    parts = {"least": found.least, "usual": found.usual, "most": found.most}
    return {name: value if math.isfinite(value) else None for name, value in parts.items()}


def bounds_json(bounds: Bounds) -> dict[str, JsonValue]:
    """Bounds as JSON."""
    return {
        "calls": range_json(bounds.calls),
        "prompt_tokens": range_json(bounds.prompt),
        "completion_tokens": range_json(bounds.completion),
        "dollars": range_json(bounds.dollars),
        "flops": range_json(bounds.flops),
    }
