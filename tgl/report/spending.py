"""The ledger as tables: what a search spent, by node and by choice."""

from __future__ import annotations

from tgl.emit import amount_text
from tgl.evaluate import LedgerReport, Spending
from tgl.report.columns import columns

LONGEST = 40
"""Characters of a value that are shown: a prompt may be a choice."""


def ledger_table(report: LedgerReport, unit: str) -> str:
    """Both tables, as text.

    Args:
        report: from a search.
        unit: name of the task's unit.
    """
    dollars = unit != "$" and report.total.dollars > 0
    head = ["calls", "prompt tokens", "completion tokens", unit, *(["$"] if dollars else [])]

    def amounts(spent: Spending) -> list[str]:
        cells = [str(spent.calls), str(spent.prompt_tokens), str(spent.completion_tokens)]
        return [*cells, amount_text(spent.units), *([amount_text(spent.dollars)] if dollars else [])]

    lines = ["spend by node; each distinct call once, for the program that needed it first:"]
    lines += columns(
        [
            ["node", *head],
            *([line.node, *amounts(line.spent)] for line in report.nodes),
            ["all", *amounts(report.total)],
        ]
    )
    if report.choices:
        lines += [
            "",
            "spend by choice; candidates and mean train score are of those that hold the value:",
            "an association, no effect: a search draws what scores well more often, beside other good values",
        ]
        lines += columns(
            [
                ["choice", "value", "candidates", "mean score", *head],
                *(
                    [
                        line.choice,
                        shown(line.value),
                        str(line.candidates),
                        "" if line.mean_score is None else f"{line.mean_score:.3f}",
                        *amounts(line.spent),
                    ]
                    for line in report.choices
                ),
            ]
        )
    return "\n".join(lines) + "\n"


def shown(value: str) -> str:
    """A value on one line of bearable length."""
    line = " ".join(value.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
