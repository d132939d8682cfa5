"""Data files: what is read, and everything that can be wrong with one."""

from __future__ import annotations

import json

import pytest

from tgl.diagnostics import code_info
from tgl.evaluate import Dataset, load_dataset, read_shots
from tgl.ir import KeySpec, TaskSpec, TextPlace, UnitSpec
from tgl.runtime import ShotsTable

PLACE = TextPlace(source="p.tgl", start=0, end=0)


def task(kind: str = "text", by: str | None = None) -> TaskSpec:
    return TaskSpec(
        name="quiz",
        data="quiz.jsonl",
        train=6,
        select=6,
        test=12,
        given=("question", "kind"),
        expect="answer",
        key=KeySpec(kind=kind, match="normalised"),  # type: ignore[arg-type]
        unit=UnitSpec(kind="calls"),
        format="",
        by=by,
        place=PLACE,
    )


def row(**changes: object) -> str:
    return json.dumps({"question": "2+2?", "kind": "sum", "answer": "4", **changes})


GOOD = row()


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "E0850", "holds no examples"),
        (b"\n  \n", "E0850", "holds no examples"),
        (b"\xff\xfe\x00", "E0851", "UTF-16"),
        (b'{"a": "\x00"}', "E0851", "not UTF-8"),
        (f"{GOOD}\n{{bad\n{{worse".encode(), "E0852", "line 2 of `quiz.jsonl` is not JSON"),
        (f"{GOOD}\n{{bad\n{{worse".encode(), "E0852", "and 1 more line"),
        (b'{"question": NaN}', "E0852", "`NaN` is no JSON value"),
        (("[" * 100_000).encode(), "E0852", "line 1"),
        (f"{GOOD}\n\n[1]".encode(), "E0853", "line 3 of `quiz.jsonl` is a list, not an object"),
        (b"null", "E0853", "is null"),
        (b'{"question": "q", "answer": "a"}', "E0854", "has no field `kind`"),
        (row(kind=["a"]).encode(), "E0855", "field `kind` is a list in line 1"),
        (row(question=None).encode(), "E0855", "field `question` is null"),
        (row(answer=" ").encode(), "E0856", "can't be read by the key `text`"),
        (row(answer={"a": 1}).encode(), "E0856", '{"a": 1}'),
    ],
)
def test_bad_files_are_explained(content: bytes, code: str, words: str):
    loaded = load_dataset(task(), content, "quiz.jsonl")
    assert loaded.dataset is None
    [diagnostic] = [problem.diagnostic() for problem in loaded.problems]
    assert diagnostic.code == code
    assert words in diagnostic.message
    assert diagnostic.help
    assert code_info(code)


def test_a_field_that_is_near_is_named():
    [problem] = load_dataset(task(), row().replace("kind", "kinds").encode(), "quiz.jsonl").problems
    told = problem.diagnostic().help or ""
    assert told.startswith("did you mean `kinds`? If not, add `kind` to each line")


def test_the_options_of_a_choice_are_told_where_a_target_is_none_of_them():
    choice = task().model_copy(update={"key": KeySpec(kind="choice", options=("red", "green"))})
    content = f"{row(answer='red')}\n{row(question='?', answer='blue')}".encode()
    [problem] = load_dataset(choice, content, "quiz.jsonl").problems
    assert "its options are red, green" in (problem.diagnostic().help or "")


def test_problems_of_different_kinds_are_reported_together():
    content = "\n".join(["nonsense", "[]", row(), '{"question": "q"}']).encode()
    codes = [problem.diagnostic().code for problem in load_dataset(task(), content, "d").problems]
    assert codes == ["E0852", "E0853", "E0854", "E0854"]


def test_a_place_points_at_its_line():
    content = f"{GOOD}\r\n  {{bad\r\n".encode()
    [problem] = load_dataset(task(), content, "d").problems
    label = problem.diagnostic().primary
    assert label is not None
    assert label.source.text[: label.span.end] == f"{GOOD}\r\n  {{b"


def dataset(*rows: str, spec: TaskSpec | None = None) -> Dataset:
    loaded = load_dataset(spec or task(), "\n".join(rows).encode(), "quiz.jsonl")
    assert loaded.dataset is not None, loaded.problems
    return loaded.dataset


def test_examples_hold_the_given_fields_and_hide_the_target():
    [one] = dataset("﻿" + row(kind=3, extra="not read"), spec=task(by="kind")).examples
    assert dict(one.given) == {"question": "2+2?", "kind": 3}
    assert (one.expected.key, one.group, one.index) == ("4", "3", 0)


def test_number_key_reads_numbers():
    [one] = dataset(row(answer=4), spec=task("number")).examples
    assert one.expected.key == dataset(row(answer="4.0"), spec=task("number")).examples[0].expected.key


def test_a_line_separator_inside_a_text_ends_no_line():
    [one] = dataset(
        json.dumps({"question": "a\u2028b", "kind": "k", "answer": "x"}, ensure_ascii=False)
    ).examples
    assert one.given["question"] == "a\u2028b"


def test_repeated_rows_are_a_warning():
    rows = [row(), row(question="other"), row(question=" 2+2? "), row(answer="5")]
    loaded = load_dataset(task(), "\n".join(rows).encode(), "quiz.jsonl")
    assert loaded.dataset is not None
    assert len(loaded.dataset.examples) == 4
    plain, conflicting = [problem.diagnostic() for problem in loaded.problems]
    assert plain.code == conflicting.code == "W0850"
    assert "line 3" in plain.message
    assert "another target" in conflicting.message
    assert "line 4" in conflicting.message


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (GOOD.replace("2+2?", r"\ud800"), "half of a surrogate pair"),
        (GOOD.replace('"2+2?"', "7" * 5000), "digits"),
        (GOOD.replace('"2+2?"', "[" * 100_000), "nested too deeply"),
    ],
    ids=["surrogate", "long number", "deep list"],
)
def test_json_that_no_prompt_can_show_is_told_with_its_line(line: str, told: str) -> None:
    """Such rows got through the reader and ended a search as a fault of ours."""
    content = f"{GOOD}\n{line}\n".encode()
    loaded = load_dataset(task(), content, "quiz.jsonl")
    shots = read_shots(content, "quiz.jsonl", task())
    assert loaded.dataset is None
    assert not isinstance(shots, ShotsTable)
    for problem in (*loaded.problems, *shots):
        found = problem.diagnostic()
        assert found.primary is not None
        assert found.primary.span.start > len(GOOD)
        assert told in str(found)
