"""What servers were really asked, as a person and as a program read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from tgl.runtime import BillLine


def bill_lines(bill: Mapping[str, BillLine]) -> list[str]:
    """One line a model; none where no model was asked."""
    return [f"bill: {name}: {told(line)}" for name, line in sorted(bill.items()) if line.attempts]


def told(line: BillLine) -> str:
    """The bill of one model, in words."""
    text = (
        f"{line.attempts:,} requests, settled at {line.prompt_tokens:,} prompt and "
        f"{line.completion_tokens:,} completion tokens"
    )
    if line.broken:
        text += f"; {line.broken:,} gave no reply"
    if line.unknown:
        text += (
            f", {line.unknown:,} of which may have been charged, at most {line.unknown_tokens:,} tokens more"
        )
    return text


def bill_json(bill: Mapping[str, BillLine]) -> dict[str, object]:
    """The same as JSON values."""
    return {name: asdict(line) for name, line in sorted(bill.items())}
