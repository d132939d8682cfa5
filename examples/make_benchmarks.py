"""Writes examples/benchmarks: made-up questions in the layouts in which four benchmarks come.

Nothing is copied from a benchmark; the questions are sums, so that the files stay small and their answers are
certain. `tglc data examples/benchmarks.tgl` tells what they hold.
"""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

FOLDER = Path(__file__).parent / "benchmarks"
COUNT = 48
NAMES = ("Ann", "Ben", "Cem", "Dana")


def math() -> dict[str, bytes]:
    """MATH: a folder for each subject, an object in each file, the answer boxed in the solution."""
    files: dict[str, bytes] = {}
    for at in range(COUNT):
        subject, kind = (("algebra", "Algebra"), ("number_theory", "Number Theory"))[at % 2]
        left, right = 3 * at + 2, 7 * at + 1
        row = {
            "problem": f"What is ${left} \\cdot {right}$?"
            if at % 2
            else f"Solve $x + {left} = {left + right}$ for $x$.",
            "level": f"Level {at % 5 + 1}",
            "type": kind,
            "solution": f"The answer is $\\boxed{{{left * right if at % 2 else right}}}$.",
        }
        files[f"math/{subject}/{at}.json"] = json.dumps(row, indent=1).encode() + b"\n"
    return files


def mmlu() -> dict[str, bytes]:
    """MMLU: a file for each subject, no header; question, four options, the letter of the right one."""
    lines: dict[str, list[str]] = {"elementary_sums": [], "elementary_products": []}
    for at in range(COUNT):
        sums = at % 2 == 0
        left, right, letter = at + 2, at % 7 + 3, at % 4
        value = left + right if sums else left * right
        options = [str(value + step - letter) for step in range(4)]
        question = f'"What is {left} {"plus" if sums else "times"} {right}, in whole numbers?"'
        lines["elementary_sums" if sums else "elementary_products"].append(
            ",".join((question, *options, "ABCD"[letter]))
        )
    return {f"mmlu/{name}_test.csv": ("\n".join(rows) + "\n").encode() for name, rows in lines.items()}


def gsm8k() -> dict[str, bytes]:
    """GSM8K: one object on each line, the number behind `####` in the answer."""
    rows: list[dict[str, str]] = []
    for at in range(COUNT):
        first, more = 12 * at + 40, 5 * at + 300
        name = NAMES[at % 4]
        rows.append(
            {
                "question": f"{name} has {first} stamps and buys {more} more. How many are they?",
                "answer": f"{first} + {more} = <<{first}+{more}={first + more}>>{first + more}\n"
                f"#### {first + more:,}",
            }
        )
    return {"gsm8k.jsonl": "".join(json.dumps(row) + "\n" for row in rows).encode()}


def humaneval() -> dict[str, bytes]:
    """HumanEval: one object on each line, packed; the tests are a function `check(candidate)`."""
    rows: list[dict[str, str]] = []
    for at in range(COUNT):
        name = f"add_{at}" if at % 2 else f"scale_{at}"
        sign = "+" if at % 2 else "*"
        doc = f'"""Return x {sign} {at}."""'
        tests = "".join(f"    assert candidate({x}) == {x + at if at % 2 else x * at}\n" for x in (0, 1, 7))
        rows.append(
            {
                "task_id": f"Sums/{at}",
                "prompt": f"def {name}(x: int) -> int:\n    {doc}\n",
                "entry_point": name,
                "canonical_solution": f"    return x {sign} {at}\n",
                "test": f"def check(candidate):\n{tests}",
            }
        )
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file:  # the same bytes whenever it is made
        file.write(text)
    return {"HumanEval.jsonl.gz": packed.getvalue()}


def main() -> None:
    """Write all files."""
    for name, content in (math() | mmlu() | gsm8k() | humaneval()).items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
