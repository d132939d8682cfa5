"""Each format gives the rows that its files hold, in a defined order, with places and fields of its own."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tgl.data import read_data
from tgl.ir import Const, DataSpec, FieldSpec, Input, ListOf, Op

MATH = {"problem": "What is 1 + 2?", "level": "Level 4", "type": "Algebra", "solution": r"It is \boxed{3}."}
EVAL = {
    "task_id": "T/0",
    "prompt": "def one():\n",
    "entry_point": "one",
    "canonical_solution": "    return 1\n",
    "test": "def check(f):\n    assert f() == 1\n",
}


def packed(content: bytes) -> bytes:
    """The same bytes in every process: the names of parametrised tests are made of them."""
    return gzip.compress(content, mtime=0)


def lay(folder: Path, files: dict[str, object]) -> Path:
    """Files by path: bytes as they are, texts in UTF-8, anything else as JSON."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(content, bytes):
            content = (content if isinstance(content, str) else json.dumps(content)).encode()
        path.write_bytes(content)
    return folder


def rows(path: Path, **spec: object) -> list[dict[str, object]]:
    found = read_data(path, DataSpec.model_validate(spec))
    assert found.is_usable, [one.diagnostic().message for one in found.problems]
    return [dict(row.values) for row in found.rows]


TWO = [{"q": "a", "n": 1}, {"q": "b", "n": 2}]
JSONL = "".join(json.dumps(row) + "\n" for row in TWO)
TEXTS = [{"q": "a", "n": "1"}, {"q": "b", "n": "2"}]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("x.jsonl", JSONL, TWO),
        ("x.ndjson", "\n" + JSONL.replace("\n", "\r\n\r\n"), TWO),
        ("x.JSONL", "\ufeff" + JSONL, TWO),
        ("x.jsonl.gz", packed(JSONL.encode()), TWO),
        ("x.jsonl.gz", packed(JSONL[:16].encode()) + packed(JSONL[16:].encode()), TWO),
        ("x.json", json.dumps(TWO, indent=1), TWO),
        ("x.json", TWO[0], TWO[:1]),
        ("x.csv", "q,n\na,1\n\nb,2", TEXTS),
        ("x.csv", "\ufeffq,n\r\na,1\r\nb,2\r\n", TEXTS),
        ("x.csv.gz", packed(b"q,n\na,1\nb,2\n"), TEXTS),
        ("x.tsv", "q\tn\na\t1\nb\t2\n", TEXTS),
        ("x.csv", 'q,n\n"a, ""b""\nc",1\n', [{"q": 'a, "b"\nc', "n": "1"}]),
    ],
)
def test_a_file_gives_its_rows(tmp_path, name, content, expected):
    assert rows(lay(tmp_path, {name: content}) / name) == expected


def test_a_file_of_any_name_is_read_in_the_format_that_is_said(tmp_path):
    lay(tmp_path, {"rows.txt": JSONL})
    assert rows(tmp_path / "rows.txt", format="jsonl") == TWO


def test_a_folder_is_read_in_the_order_of_paths_and_its_hash_covers_all(tmp_path):
    lay(tmp_path, {"b/1.json": {"n": 3}, "a/2.json": {"n": 2}, "a/10.json": {"n": 1}, "README.md": "no row"})
    found = read_data(tmp_path)
    assert [row.values["n"] for row in found.rows] == [1, 2, 3]  # as text: "10.json" < "2.json"
    assert (found.format, found.files, found.ignored) == ("json", 3, ("README.md",))
    before = {found.hash}
    for change in ({"b/1.json": {"n": 4}}, {"c/1.json": {"n": 5}}):
        lay(tmp_path, change)
        before.add(read_data(tmp_path).hash)
    (tmp_path / "c/1.json").rename(tmp_path / "c/2.json")
    before.add(read_data(tmp_path).hash)
    assert len(before) == 4


def test_math(tmp_path):
    unknown = {**MATH, "level": "Level ?"}
    lay(tmp_path, {"algebra/12.json": MATH, "geometry/3.json": unknown})
    first, second = rows(tmp_path, format="math")
    assert first == {**MATH, "level": 4, "subject": "algebra", "id": "algebra/12"}
    assert (second["level"], second["id"]) == (None, "geometry/3")


def test_mmlu(tmp_path):
    lay(
        tmp_path,
        {"world_history_test.csv": '"Who, then?",W,X,Y,Z,C\n', "anatomy_test.csv": "What?,1,2,3,4,A\n"},
    )
    first, second = rows(tmp_path, format="mmlu")
    assert (first["subject"], second["subject"]) == ("anatomy", "world_history")
    assert second["question"] == "Who, then?"
    assert (second["choices"], second["answer"]) == (["W", "X", "Y", "Z"], "C")


def test_gsm8k(tmp_path):
    solution = "He has 1,000 + 200 = <<1000+200=1200>>1,200.\n#### 1,200"
    lay(tmp_path, {"test.jsonl": {"question": "How many?", "answer": solution}})
    assert rows(tmp_path / "test.jsonl", format="gsm8k") == [
        {"question": "How many?", "answer": "1200", "solution": solution}
    ]


def test_humaneval(tmp_path):
    lay(tmp_path, {"HumanEval.jsonl.gz": packed(json.dumps(EVAL).encode())})
    assert rows(tmp_path / "HumanEval.jsonl.gz", format="humaneval") == [EVAL]


def test_parquet_and_what_datasets_saves(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = arrow.table({"q": ["a", "b"], "n": [1.5, float("nan")], "xs": [["u", "v"], []]})
    parquet.write_table(table, tmp_path / "x.parquet")
    expected = [{"q": "a", "n": 1.5, "xs": ["u", "v"]}, {"q": "b", "n": None, "xs": []}]
    assert rows(tmp_path / "x.parquet") == expected
    lay(tmp_path / "saved", {"state.json": {}, "dataset_info.json": {}})
    for part in range(2):
        path = tmp_path / "saved" / f"data-0000{part}-of-00002.arrow"
        with arrow.ipc.new_stream(str(path), table.schema) as stream:
            stream.write_table(table.slice(part, 1))
    assert rows(tmp_path / "saved") == expected


ROW = {"q": "Q", "a": 1, "kind": "x", "level": "3", "none": None, "good": True}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ((FieldSpec(name="question", source="q"),), {"question": "Q", "q": "Q"}),
        ((FieldSpec(name="q", source="a"), FieldSpec(name="a", source="q")), {"q": 1, "a": "Q"}),
        ((FieldSpec(name="t", source="{{ q }}: {{a}}, {{ none }}", is_template=True),), {"t": "Q: 1, null"}),
    ],
)
def test_fields_are_made(tmp_path, fields, expected):
    lay(tmp_path, {"x.jsonl": ROW})
    [row] = rows(tmp_path / "x.jsonl", fields=fields)
    assert expected.items() <= row.items()
    assert set(row) == {*ROW, *expected}


def field(name: str) -> Input:
    return Input(instance="row", port=name)


def op(name: str, *args: object) -> Op:
    return Op(
        op=name, args=tuple(arg if isinstance(arg, Op | Input | ListOf) else Const(value=arg) for arg in args)
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        (op(">=", field("a"), 1), True),
        (op(">", field("a"), 1), False),
        (op("<", 0, field("level")), True),  # "3" is a number beside a number
        (op("==", field("level"), "3"), True),
        (op("!=", field("kind"), "x"), False),
        (op("in", field("kind"), ListOf(items=(Const(value="y"), Const(value="x")))), True),
        (op("and", op("==", field("kind"), "x"), op("not", op("<", field("a"), 1))), True),
        (op("or", op("==", field("none"), "x"), op("==", field("a"), 1)), True),
        (op("==", field("none"), "x"), False),
        (op("not", op("==", field("none"), "x")), False),  # not known is not true
        (field("good"), True),
        (op("not", field("good")), False),
    ],
)
def test_where(tmp_path, where, kept):
    lay(tmp_path, {"x.jsonl": json.dumps({**ROW, "keep": 0}) + "\n" + json.dumps({**ROW, "keep": 1})})
    always = op("or", where, op("==", field("keep"), 1))
    found = rows(tmp_path / "x.jsonl", where=always)
    assert [row["keep"] for row in found] == ([0, 1] if kept else [1])
