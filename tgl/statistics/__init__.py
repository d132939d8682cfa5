"""Statistics of paired scores and of means: pure functions, numpy only."""

from tgl.statistics.paired import PairedComparison, compare, paired_counts
from tgl.statistics.proportions import (
    Interval,
    PairedCounts,
    correlation,
    mcnemar_exact,
    paired_proportions,
    wilson,
)
from tgl.statistics.repeated import Repeats, moved_out
from tgl.statistics.resampling import (
    RESAMPLES,
    CorrectedBest,
    Resampler,
    bootstrap_difference,
    bootstrap_mean,
    corrected_best,
    quantile,
)
from tgl.statistics.weighted import bootstrap_weighted, bounded_mean, pass_at, ratio_error, weighted_mean

__all__ = [
    "RESAMPLES",
    "CorrectedBest",
    "Interval",
    "PairedComparison",
    "PairedCounts",
    "Repeats",
    "Resampler",
    "bootstrap_difference",
    "bootstrap_mean",
    "bootstrap_weighted",
    "bounded_mean",
    "compare",
    "corrected_best",
    "correlation",
    "mcnemar_exact",
    "moved_out",
    "paired_counts",
    "paired_proportions",
    "pass_at",
    "quantile",
    "ratio_error",
    "weighted_mean",
    "wilson",
]
