"""What a search found, written back: the resolved program, its `measured` block, what may be overwritten."""

from tgl.emit.decisions import decided
from tgl.emit.errors import UnwrittenDecision
from tgl.emit.figures import amount_text, decided_number_text, proportion_text
from tgl.emit.measured import (
    BaselineFigures,
    Hashes,
    Interval,
    MeasuredBlock,
    MeasuredFigures,
    Stale,
    cost_text,
    figure_lines,
    hashes_line,
    imports_hash,
    measured_blocks,
    measured_text,
    program_hash,
    recorded_hashes,
    replace_measured,
    score_text,
    staleness,
    strip_measured,
)
from tgl.emit.overwrite import Existing, existing_state
from tgl.emit.rehearse import Fault, ReadBack, Unwritable, read_again, read_back, unwritable
from tgl.emit.resolve import resolve_text

__all__ = [
    "BaselineFigures",
    "Existing",
    "Fault",
    "Hashes",
    "Interval",
    "MeasuredBlock",
    "MeasuredFigures",
    "ReadBack",
    "Stale",
    "Unwritable",
    "UnwrittenDecision",
    "amount_text",
    "cost_text",
    "decided",
    "decided_number_text",
    "existing_state",
    "figure_lines",
    "hashes_line",
    "imports_hash",
    "measured_blocks",
    "measured_text",
    "program_hash",
    "proportion_text",
    "read_again",
    "read_back",
    "recorded_hashes",
    "replace_measured",
    "resolve_text",
    "score_text",
    "staleness",
    "strip_measured",
    "unwritable",
]
