"""Random and mutated text: the front end always answers, and formatting is final and keeps meaning.

A short seeded version runs with the tests. The long one is a command:

    python tests/fuzz/test_fuzz_any_program.py --inputs 100000 --seed 1

It prints each input that breaks a property, cut down to the lines that matter, and figures at the end.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tgl.diagnostics import CODES, Diagnostic, collect, render_json, render_texts
from tgl.semantics import MemoryLoader, check, lower, verify
from tgl.syntax import ast, format_source
from tgl.text import SourceFile

ROOT = Path(__file__).parents[2]
FOLDERS = ("tests/corpus", "examples", "stdlib")
TEXTS = tuple(
    path.read_bytes().decode("utf-8", "surrogateescape")
    for folder in FOLDERS
    for path in sorted((ROOT / folder).rglob("*.tgl"))
    if path.stat().st_size < 4000
)
TOKEN = re.compile(r'"""|"[^"\n]*"|\w+|\.\.|->|[^\S\n]+|[^\w\s]|\n')
KINDS = (
    re.compile(r"[a-z_]\w*"),
    re.compile(r"\d\w*"),
    re.compile(r'"[^"\n]*"'),
    re.compile(r"->|\.\.|[<>+*/=~]"),
)
PIECES = (
    *("node", "edge", "graph", "let", "param", "loop", "each", "memory", "require", "output", "carry"),
    *("use", "role", "model", "task", "optimize", "pool", "fn", "label", "measured", "until", "keep best"),
    *("on", "when", "if", "batch", "and", "or", "not", "in", "is", "fit", "acyclic", "then", "as"),
    *("(", ")", "[", "]", "{", "}", "~", ",", ":", ";", ".", "..", "->", "|", "=", "==", "<", "<=", "+", "-"),
    *("*", "/", "?", "#", "##", "\n", "\r\n", "\t", " ", "'", '"', '"""', "\\", "@", "%", "$", "0", "1"),
    *("-1", "2.5", "1e9", "1e-300", "99999999999", "0..0", "3..1", "~1..6", "~0.3", "~[]", "~{}", "[]"),
    *(
        '""',
        "8 units",
        "$5",
        "20%",
        "30s",
        "5x",
        "a",
        "i",
        "worker",
        "question",
        "answer",
        "smol",
        "std.roles",
    ),
    *(
        "é",
        "日本",
        "😀",
        "e\u0301",
        "\u200b",
        "\u202e",
        "\ufeff",
        "\0",
        "\x1b[2J",
        "\ud800",
        "\udcff",
        "\u2028",
    ),
    *(
        "{{",
        "}}",
        "{%",
        "%}",
        "\\u{110000}",
        "\\n",
        "size(",
        "any(",
        "linked(a, b)",
        "model_of(",
        "log(",
        "true",
    ),
)
KNOWN = frozenset(entry.code for entry in CODES)


def some(rng: np.random.Generator, items: tuple[str, ...] | list[str]) -> str:
    return items[int(rng.integers(len(items)))]


def soup(rng: np.random.Generator) -> str:
    """Words and signs in any order."""
    return some(rng, (" ", "", "\n")).join(some(rng, PIECES) for _ in range(int(rng.integers(1, 60))))


def noise(rng: np.random.Generator) -> str:
    """Characters of any kind."""
    top = some(rng, ["127", "591", "65535", "1114111"])
    return "".join(chr(int(code)) for code in rng.integers(0, int(top), int(rng.integers(1, 120))))


def by_characters(rng: np.random.Generator, text: str) -> str:
    """A text with a few pieces put in, put out or put over."""
    for _ in range(int(rng.integers(1, 6))):
        start = int(rng.integers(len(text) + 1))
        end = min(start + int(rng.integers(0, 12)), len(text))
        text = text[:start] + (some(rng, PIECES) if rng.random() < 0.7 else "") + text[end:]
    return text


def by_tokens(rng: np.random.Generator, text: str) -> str:
    """A text with a few tokens dropped, doubled, swapped, or taken from elsewhere."""
    tokens = TOKEN.findall(text)
    other = TOKEN.findall(some(rng, TEXTS)) or ["x"]
    for _ in range(int(rng.integers(1, 6))):
        if not tokens:
            break
        at, to = int(rng.integers(len(tokens))), int(rng.integers(len(tokens)))
        match int(rng.integers(5)):
            case 0:
                del tokens[at]
            case 1:
                tokens.insert(to, tokens[at])
            case 2:
                tokens[at], tokens[to] = tokens[to], tokens[at]
            case 3:
                tokens[at] = some(rng, other)
            case _:
                tokens[at] = some(rng, PIECES)
    return "".join(tokens)


def by_lines(rng: np.random.Generator, text: str) -> str:
    """A text with lines dropped, doubled, moved, or taken from another program."""
    lines, other = text.split("\n"), some(rng, TEXTS).split("\n")
    for _ in range(int(rng.integers(1, 5))):
        at, to = int(rng.integers(len(lines))), int(rng.integers(len(lines)))
        match int(rng.integers(4)):
            case 0 if len(lines) > 1:
                del lines[at]
            case 1:
                lines.insert(to, lines[at])
            case 2:
                lines[at], lines[to] = lines[to], lines[at]
            case _:
                lines.insert(at, some(rng, other))
    return "\n".join(lines)


def by_values(rng: np.random.Generator, text: str) -> str:
    """A text with a few names, numbers, strings or signs in the place of others of their sort."""
    tokens = TOKEN.findall(text)
    other = TOKEN.findall(some(rng, TEXTS))
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(max(len(tokens), 1)))
        kind = next((kind for kind in KINDS if at < len(tokens) and kind.fullmatch(tokens[at])), None)
        if kind is not None:
            tokens[at] = some(
                rng, [word for word in (*tokens, *other, "0", "x", '""') if kind.fullmatch(word)]
            )
    return "".join(tokens)


def cut(rng: np.random.Generator, text: str) -> str:
    """The beginning of a text."""
    return text[: int(rng.integers(len(text) + 1))]


MUTATIONS = (by_characters, by_tokens, by_lines, by_lines, cut, *[by_values] * 6)


def any_text(seed: int, number: int) -> str:
    """The input of a number: the same one for the same seed, in any process."""
    rng = np.random.default_rng((seed, number))
    kind = rng.random()
    if kind < 0.06:
        return soup(rng)
    if kind < 0.1:
        return noise(rng)
    text = some(rng, TEXTS)
    for _ in range(1 if rng.random() < 0.8 else 2):
        text = MUTATIONS[int(rng.integers(len(MUTATIONS)))](rng, text)
    return text


def sees(problem: Diagnostic) -> None:
    """A problem has a known code, a message of one line, and places inside of their texts."""
    assert problem.code in KNOWN
    assert problem.message
    assert "\n" not in problem.message
    for label in (problem.primary, *problem.secondary):
        if label is not None:
            assert 0 <= label.span.start <= label.span.end <= len(label.source.text)


def answers(text: str) -> str:
    """Check and format a text; the name of what it was: broken, refused or fine."""
    source = SourceFile("any.tgl", text)
    made = format_source(source)
    checked = check(source, MemoryLoader({"any.tgl": text}))
    for problem in checked.problems:
        sees(problem)
    assert len(set(checked.problems)) == len(checked.problems)
    render_texts(checked.problems).encode("utf-8")
    render_json(checked.problems)
    if not isinstance(made, str):
        assert made
        assert not checked.ok
        render_texts(collect(made))
        return "broken"
    final = SourceFile("any.tgl", made)
    assert format_source(final) == made
    again = Counter(one.code for one in check(final, MemoryLoader({"any.tgl": made})).problems)
    before = Counter(problem.code for problem in checked.problems)
    # what nobody sees between words is a blank, of which formatting leaves one that is seen
    assert before.pop("E0191", 0) >= again.pop("E0191", 0)
    assert again == before
    if not checked.ok:
        assert lower(checked).ir is None
        return "refused"
    for decl in checked.module.decls:
        if isinstance(decl, ast.Graph):
            found = lower(checked, graph=decl.name)
            for problem in found.problems:
                sees(problem)
            assert found.problems if found.ir is None else verify(found.ir) == []
    return "fine"


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(8))
def test_any_text_is_answered_and_formatting_is_final(batch: int) -> None:
    kinds = Counter(answers(any_text(2026, batch * 30 + number)) for number in range(30))
    assert kinds["broken"]
    assert kinds["refused"] + kinds["fine"]


def test_an_input_of_a_number_is_always_the_same() -> None:
    assert [any_text(7, number) for number in range(20)] == [any_text(7, number) for number in range(20)]
    assert len({any_text(7, number) for number in range(20)}) == 20


def where(error: BaseException) -> str:
    """What was raised, and where."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(frame.filename).name}:{frame.lineno}"


def outcome(text: str) -> str:
    """What became of a text: its kind, or what was raised and where."""
    try:
        return answers(text)
    except Exception as error:  # anything at all that is raised is a finding
        return where(error)


def smaller(text: str, wanted: str) -> str:
    """The text without each line that is not needed for the same outcome."""
    lines = text.split("\n")
    at = 0
    while at < len(lines) and len(lines) > 1:
        shorter = lines[:at] + lines[at + 1 :]
        if outcome("\n".join(shorter)) == wanted:
            lines = shorter
        else:
            at += 1
    return "\n".join(lines)


def main() -> int:
    """1 if an input broke a property."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    slowest, slow_at = 0.0, 0
    began = time.perf_counter()
    for number in range(options.first, options.first + options.inputs):
        start = time.perf_counter()
        found = outcome(any_text(options.seed, number))
        took = time.perf_counter() - start
        if took > slowest:
            slowest, slow_at = took, number
        counts[found] += 1
        if " in " in found and counts[found] <= 12:
            print(
                f"--- input {number}: {found}\n{smaller(any_text(options.seed, number), found)!r}", flush=True
            )
        if number % 10_000 == 9_999:
            print(f"{number + 1} inputs, {time.perf_counter() - began:.0f} s, {dict(counts)}", flush=True)
    print(f"{sum(counts.values())} inputs in {time.perf_counter() - began:.0f} s: {dict(counts)}")
    print(f"slowest: input {slow_at}, {slowest:.2f} s")
    return int(any(" in " in kind for kind in counts))


if __name__ == "__main__":
    sys.exit(main())
