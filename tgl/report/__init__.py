"""What people see: the honest table, figures, and progress while a search runs."""

from tgl.report.failures import failure_lines, failures_json
from tgl.report.front_table import decided, front_table
from tgl.report.label import simulation_label
from tgl.report.progress import (
    JsonProgress,
    LineProgress,
    Progress,
    SilentProgress,
    Snapshot,
    TerminalProgress,
)
from tgl.report.scores import figure_text
from tgl.report.spending import ledger_table
from tgl.report.table import cuts_line, judge_line, search_table, verdict_words

__all__ = [
    "JsonProgress",
    "LineProgress",
    "Progress",
    "SilentProgress",
    "Snapshot",
    "TerminalProgress",
    "cuts_line",
    "decided",
    "failure_lines",
    "failures_json",
    "figure_text",
    "front_table",
    "judge_line",
    "ledger_table",
    "search_table",
    "simulation_label",
    "verdict_words",
]
