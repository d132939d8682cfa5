"""The committed pairs, and the final answers of the MATH excerpt. Neither set is edited to fit the code."""

import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from tgl.ir import KeySpec
from tgl.keys import agrees, expected, read_answer

HERE = Path(__file__).parent
MATH = KeySpec(kind="math")


def pairs(name):
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


def judged(pair):
    """Whether the target `a` accepts the reply that boxes `b`, and the other way round."""
    verdicts = set()
    for target, reply in ((pair["a"], pair["b"]), (pair["b"], pair["a"])):
        wanted = expected(MATH, target)
        answer = read_answer(MATH, rf"So we get $\boxed{{{reply}}}$.")
        assert wanted is not None, pair
        verdicts.add(answer is not None and agrees(answer, wanted))
    return verdicts


def test_all_rewritten_pairs_are_judged_equal():
    rows = pairs("equal_pairs.jsonl")
    assert len(rows) >= 300
    assert len(Counter(row["kind"] for row in rows)) >= 12
    assert [row for row in rows if judged(row) != {True}] == []


def test_all_near_misses_are_judged_different():
    rows = pairs("near_misses.jsonl")
    assert len(rows) >= 500
    assert [row for row in rows if judged(row) != {False}] == []


def test_what_a_vote_counts_as_one_answer_is_an_equivalence():
    """Keys of equal answers are one text, unless one side leaves open what the other says (a share, 25 %)."""
    apart = [row for row in pairs("equal_pairs.jsonl") if keys_of(row, "a") != keys_of(row, "b")]
    assert {row["kind"] for row in apart} <= {"percent", "equation"}
    assert all(re.search(r"%|percent|=", row["a"] + row["b"]) for row in apart)


def keys_of(row, side):
    answer = expected(MATH, row[side])
    return None if answer is None else answer.key


def excerpt():
    folder = os.environ.get("TGL_TEST_DATA")
    if folder is None:
        pytest.skip("TGL_TEST_DATA names no folder with math_excerpt.jsonl")
    text = (Path(folder) / "math_excerpt.jsonl").read_text(encoding="utf-8")
    return [json.loads(line)["solution"] for line in text.splitlines()]


def last_box(solution):
    """The last box by counting braces from its end backwards: another way than the code's."""
    at = solution.rindex(r"\boxed{") + len(r"\boxed{")
    rest = re.sub(r"\\[{}]", "..", solution[at:])
    ends = [end for end in range(len(rest)) if rest[end] == "}"]
    end = next(end for end in ends if rest[:end].count("{") == rest[:end].count("}"))
    return solution[at : at + end].strip()


def test_the_final_answer_of_every_solution_is_found():
    solutions = excerpt()
    assert len(solutions) == 420
    for solution in solutions:
        answer = read_answer(MATH, solution)
        assert answer is not None
        assert answer.text == last_box(solution)


def test_every_target_of_the_excerpt_accepts_itself_and_reads_as_mathematics():
    unread = []
    for solution in excerpt():
        wanted, answer = expected(MATH, solution), read_answer(MATH, rf"\boxed{{{last_box(solution)}}}")
        assert wanted is not None
        assert answer is not None
        assert agrees(answer, wanted)
        if wanted.key.startswith("form "):
            unread.append(wanted.text)
    assert unread == []


def test_different_answers_of_the_excerpt_do_not_agree():
    """Of 41905 pairs of targets with different texts, those that agree."""
    found = {answer.text: answer for text in excerpt() if (answer := expected(MATH, text)) is not None}
    texts = sorted(found)
    alike = {(a, b) for at, a in enumerate(texts) for b in texts[at + 1 :] if agrees(found[a], found[b])}
    assert alike == RIGHTLY_ALIKE


RIGHTLY_ALIKE = {
    ("0.8", r"\frac{4}{5}"),
    ("120", r"120^\circ"),
    (r"33\%", r"\dfrac{33}{100}"),
    (r"3\sqrt3", r"3\sqrt{3}"),
    ("40", "40_9"),
    ("42", "42_7"),
    ("45", r"45^\circ"),
    ("5", r"5\text{ inches}"),
    ("52", "52_8"),
    ("60", r"60^\circ"),
    ("75", r"75^\circ"),
    (r"8 \pi", r"8\pi"),
    ("864", r"864 \mbox{ inches}^2"),
    ("C", r"\text{(C)}"),
    ("D", r"\text{(D)}"),
    (r"\$0.50", r"\frac{1}{2}"),
    (r"\dfrac{1}{3}", r"\frac{1}{3}"),
    (r"\dfrac{1}{4}", r"\frac14"),
    (r"\dfrac{1}{6}", r"\frac{1}{6}"),
}
