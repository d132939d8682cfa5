"""Write `fractions.jsonl`, the data of fractions.tgl: `python examples/make_fractions.py`.

Sums of fractions, each answer in LaTeX (`answer`) and as a plain fraction that is not reduced (`plain`), with
wrong answers of each form. No chance: the same bytes on any machine.
"""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from pathlib import Path

DENOMINATORS = (2, 3, 4, 5, 6, 8, 9, 10, 12)


def rows() -> list[dict[str, object]]:
    made: list[dict[str, object]] = []
    for n, b in enumerate(DENOMINATORS):
        for d in DENOMINATORS[n + 1 :]:
            for a, c in (
                (1, 1),
                (b - 1, 1),
                (1, d - 1),
                (b + 1, d - 1),
                (b - 1, d + 1),
                (2 * b - 1, 3),
                (5, 2),
            ):
                right = Fraction(a, b) + Fraction(c, d)
                wrong = [
                    Fraction(a + c, b + d),
                    right + Fraction(1, b * d),
                    right - Fraction(1, d),
                    Fraction(a * c, b * d),
                ]
                wrong = [one for one in dict.fromkeys(wrong) if one != right]
                made.append(
                    {
                        "question": f"What is {a}/{b} + {c}/{d}?",
                        "answer": rf"\frac{{{right.numerator}}}{{{right.denominator}}}"
                        if right.denominator > 1
                        else str(right),
                        "plain": f"{a * d + c * b}/{b * d}",
                        "distractors": [str(one) for one in wrong],
                    }
                )
    seen: dict[object, dict[str, object]] = {}
    for row in made:
        seen.setdefault(row["question"], row)
    return list(seen.values())


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    text = "".join(json.dumps(row) + "\n" for row in rows())
    (folder / "fractions.jsonl").write_text(text, encoding="utf-8")
