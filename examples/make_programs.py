"""Writes programs.jsonl: functions of one line that code.tgl asks for, with tests and usual mistakes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

KINDS = [
    ("add_{n}", "x plus {n}", "x + {n}", ["x - {n}", "x + {m}", "x * {n}", "x +"]),
    ("times_{n}", "{n} times x", "{n} * x", ["{n} + x", "{m} * x", "x ** {n}", "{n} x"]),
    ("first_{n}", "the first {n} items of list x", "x[:{n}]", ["x[{n}:]", "x[:{m}]", "x[{n}]", "x[0]"]),
    ("over_{n}", "how many items of list x exceed {n}", "sum(y > {n} for y in x)", [
        "sum(y >= {n} for y in x)", "len(x)", "sum(y for y in x if y > {n})", "x.count({n})",
    ]),
]  # fmt: skip


def rows() -> Iterator[dict[str, object]]:
    """One function each; the tests are made with the right program."""
    for name, words, right, wrong in KINDS:
        for n in range(2, 22):
            entry = name.format(n=n)
            programs = [f"def {entry}(x): return {body.format(n=n, m=n + 1)}" for body in (right, *wrong)]
            inputs = [[n - 1, n, n + 1, n + 5, 40] * 5, []] if "list" in words else [0, 1, 7, -3]
            function = eval(f"lambda x: {right.format(n=n)}")
            asserts = "".join(f"    assert candidate({x!r}) == {function(x)!r}\n" for x in inputs)
            yield {
                "question": f"Write the Python function {entry}(x), which returns {words.format(n=n)}.",
                "entry": entry,
                "tests": f"def check(candidate):\n{asserts}",
                "answer": programs[0],
                "distractors": [
                    *programs[1:],
                    *([f"def {entry}(x): return max(iter(int, 1))"] if n < 4 else []),
                ],
            }


if __name__ == "__main__":
    lines = [json.dumps(row) + "\n" for row in rows()]
    Path(__file__).with_name("programs.jsonl").write_text("".join(lines), encoding="utf-8")
