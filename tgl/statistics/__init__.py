"""Statistics of paired 0/1 scores and of means: pure functions, numpy only."""

from tgl.statistics.paired import PairedComparison, compare, paired_counts
from tgl.statistics.proportions import (
    Interval,
    PairedCounts,
    correlation,
    mcnemar_exact,
    paired_proportions,
    wilson,
)
from tgl.statistics.resampling import (
    RESAMPLES,
    CorrectedBest,
    Resampler,
    bootstrap_difference,
    bootstrap_mean,
    corrected_best,
    quantile,
)

__all__ = [
    "RESAMPLES",
    "CorrectedBest",
    "Interval",
    "PairedComparison",
    "PairedCounts",
    "Resampler",
    "bootstrap_difference",
    "bootstrap_mean",
    "compare",
    "corrected_best",
    "correlation",
    "mcnemar_exact",
    "paired_counts",
    "paired_proportions",
    "quantile",
    "wilson",
]
