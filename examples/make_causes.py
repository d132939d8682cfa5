"""Write `causes.jsonl`: questions whose answers come in several wordings, for `causes.tgl`.

Run `python examples/make_causes.py` to make the file again beside this script, or name another folder. Each
question has a reference, and other replies that simulated models give, the most popular first: the reference
in other words, and causes that are wrong. Nothing but the tables below goes in.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

MACHINES = ("boiler", "pump", "printer", "drill", "scanner", "freezer", "mixer", "lathe", "fan", "kiln")
PARTS = (
    "inlet pipe",
    "drive belt",
    "power cable",
    "oil filter",
    "rear bearing",
    "pressure valve",
    "main fuse",
)
STATES = ("blocked", "broken", "loose", "worn", "frozen", "leaking")
FAULTS = ("stops after a minute", "makes a loud noise", "runs too slowly")
ROWS = 60


def rows() -> list[dict[str, object]]:
    """The rows, in order."""
    made: list[dict[str, object]] = []
    for number in range(ROWS):
        machine, fault = MACHINES[number % len(MACHINES)], FAULTS[number // len(MACHINES) % len(FAULTS)]
        part, state = PARTS[number % len(PARTS)], STATES[number * 5 % len(STATES)]
        other, wrong = PARTS[(number + 3) % len(PARTS)], STATES[(number * 5 + 2) % len(STATES)]
        question = f"Case {number + 1}: the {machine} {fault}. What is the cause?"
        made.append(
            {
                "question": question,
                "answer": f"a {state} {part}",
                "distractors": [
                    f"the {part} is {state}",
                    f"{wrong} {other}",
                    f"the {part}, {state}",
                    f"nothing but {other}",
                ],
            }
        )
    return made


def main() -> None:
    """Write the file."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    lines = "".join(json.dumps(row) + "\n" for row in rows())
    (folder / "causes.jsonl").write_text(lines, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
