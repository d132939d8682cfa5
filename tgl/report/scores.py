"""Figures of a metric as people read them: shares in percent, others as amounts."""

from __future__ import annotations

from tgl.emit import amount_text
from tgl.evaluate import Difference, Estimate
from tgl.ir import ACCURACY, MetricSpec


def figure_text(value: float, metric: MetricSpec = ACCURACY) -> str:
    """A figure: `72.3 %`, `4.18`.

    >>> figure_text(0.7234)
    '72.3 %'
    """
    return f"{100 * value:.1f} %" if metric.is_share else amount_text(value)


def estimate_text(estimate: Estimate, metric: MetricSpec = ACCURACY) -> str:
    """A figure with its interval: `72.3 % [67.0, 77.1]`."""
    if metric.is_share:
        return f"{figure_text(estimate.value)} [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"
    return f"{amount_text(estimate.value)} [{amount_text(estimate.low)}, {amount_text(estimate.high)}]"


def difference_text(difference: Difference | None, metric: MetricSpec = ACCURACY) -> str:
    """A paired difference with its interval: `+8.3 [+3.1, +13.5]`, in points where figures are shares."""
    if difference is None:
        return ""
    by = difference.estimate
    if metric.is_share:
        return f"{100 * by.value:+.1f} [{100 * by.low:+.1f}, {100 * by.high:+.1f}]"
    value, low, high = (signed(end) for end in (by.value, by.low, by.high))
    return f"{value} [{low}, {high}]"


def signed(value: float) -> str:
    """An amount with its sign."""
    return f"{'-' if value < 0 else '+'}{amount_text(abs(value))}"
