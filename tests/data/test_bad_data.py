"""Every loader tells what is wrong with bad files: a code, a place, a way out. None reads too much."""

from __future__ import annotations

import gzip
import json
import os
import sys
import tracemalloc
from pathlib import Path

import pytest

from tgl.data import Caps, read_data
from tgl.diagnostics import Severity, code_info
from tgl.ir import Const, DataSpec, FieldSpec, Input, Op

GOOD = '{"q": "a", "n": 1}\n'
GSM = {"question": "q", "answer": "#### 3"}
MATH = {"problem": "p", "level": "Level 1", "type": "t", "solution": "s"}
EVAL = {"task_id": "T/0", "prompt": "p", "entry_point": "f", "canonical_solution": "c", "test": "t"}
LEVEL = Op(op=">=", args=(Input(instance="row", port="level"), Const(value=4)))


def packed(content: bytes) -> bytes:
    """The same bytes in every process: the names of parametrised tests are made of them."""
    return gzip.compress(content, mtime=0)


def lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


CASES = [
    # text of every kind of file
    ("UTF-16", "x.jsonl", GOOD.encode("utf-16"), {}, "E0851", "UTF-16"),
    ("UTF-16 table", "x.csv", "q,n\na,1\n".encode("utf-16-le"), {}, "E0851", "not UTF-8"),
    ("Latin-1", "x.jsonl", '{"q": "caf\xe9"}\n'.encode("latin-1"), {}, "E0851", "Latin-1"),
    ("Latin-1 table", "x.csv", "q,n\ncaf\xe9,1\n".encode("latin-1"), {}, "E0851", "Latin-1"),
    ("packed without .gz", "x.jsonl", packed(GOOD.encode()), {}, "E0851", "gzip"),
    ("Parquet under another name", "x.json", b"PAR1\x15\x04\x15\xff\x00", {}, "E0851", "Parquet"),
    ("empty", "x.jsonl", "", {}, "E0850", "no examples"),
    ("empty table", "x.csv", "", {}, "E0850", "no examples"),
    ("header alone", "x.csv", "q,n\n", {}, "E0850", "no examples"),
    ("empty JSON", "x.json", " ", {}, "E0852", "empty"),
    ("empty list", "x.json", "[]", {}, "E0850", "no examples"),
    # JSON
    ("NaN", "x.jsonl", '{"n": NaN}', {}, "E0852", "`NaN`"),
    ("infinity", "x.json", '[{"n": -Infinity}]', {}, "E0852", "-Infinity"),
    ("too large a number", "x.jsonl", '{"n": 1e999}', {}, "E0852", "1e999"),
    ("too many digits", "x.json", '[{"n": ' + "7" * 5000 + "}]", {}, "E0852", "digits"),
    ("too deep", "x.json", "[" * 100_000, {}, "E0852", "deep"),
    ("no object", "x.json", "[1, 2]", {}, "E0853", "row 1 of"),
    ("a text", "x.json", '"q"', {}, "E0853", "a text"),
    ("JSONL in .json", "x.json", GOOD + GOOD, {}, "E0852", "something follows"),
    ("list that breaks off", "x.json", '[{"q": "a"}, ', {}, "E0852", "ends before"),
    ("list that is not closed", "x.json", '[{"q": "a"}', {}, "E0852", "ends before the list"),
    ("something behind the list", "x.json", '[{"q": "a"}] x', {}, "E0852", "follows the list"),
    ("half a surrogate pair", "x.json", r'[{"q": "\ud800"}]', {}, "E0852", "surrogate"),
    # tables
    ("ragged", "x.csv", "q,n\na\n", {}, "E0873", "line 2 of"),
    ("unquoted comma", "x.csv", "q,n\na, b,1\n", {}, "E0873", "3 values"),
    ("open quote", "x.csv", 'q,n\n"a,1\nb,2\n', {}, "E0873", "line 2 of"),
    ("quote inside", "x.csv", 'q,n\n"a"b,1\n', {}, "E0873", "closing quote"),
    ("field twice", "x.csv", "q,q\na,1\n", {}, "E0873", "`q` twice"),
    ("semicolons", "x.csv", "\ufeffq;n\na;1\n", {}, "E0873", "has semicolons between its names"),
    ("tabs in commas' place", "x.csv", "q\tn\na\t1\n", {}, "E0873", "has tabs between its names"),
    ("field twice in an object", "x.jsonl", '{"q": "a", "n": 1, "q": "b"}\n', {}, "E0852", "names `q` twice"),
    ("field twice inside", "x.json", '[{"q": {"a": 1, "a": 2}}]', {}, "E0852", "names `a` twice"),
    ("field without a name", "x.csv", "q,\na,1\n", {}, "E0873", "column 2"),
    ("header again", "x.csv", "q,n\na,1\nq,n\n", {}, "E0873", "repeats the header"),
    ("old line ends", "x.csv", "q,n\ra,1\r", {}, "E0873", "carriage return"),
    ("a huge value", "x.csv", "q,n\n" + "a" * 200_000 + ",1\n", {}, "E0873", "131,072"),
    ("MMLU with a header", "x.csv", "question,A,B,C,D,answer\n", {"format": "mmlu"}, "E0873", "header"),
    ("MMLU too narrow", "x.csv", "Q,1,2,3,B\n", {"format": "mmlu"}, "E0873", "5 values"),
    # packed
    ("cut .gz", "x.jsonl.gz", packed(GOOD.encode() * 99)[:-20], {}, "E0872", "breaks off"),
    ("no .gz at all", "x.jsonl.gz", GOOD, {}, "E0872", "no gzip"),
    ("spoilt .gz", "x.jsonl.gz", b"\x1f\x8b\x08\x00" + b"\xff" * 60, {}, "E0872", "gzip"),
    ("a bomb", "x.jsonl.gz", packed(b" " * (3 << 20)), {}, "E0871", "2 MiB"),
    ("another packer", "x.jsonl.zst", b"\x28\xb5\x2f\xfd", {}, "E0870", "packed"),
    # sizes
    ("a huge line", "x.jsonl", GOOD + "x" * (1 << 20), {}, "E0871", "a line"),
    ("a huge file", "x.jsonl", GOOD * 150_000, {}, "E0871", "the content"),
    ("a huge object", "x.json", json.dumps({"q": "a" * (1 << 20)}), {}, "E0871", "the row"),
    # formats
    ("no end", "rows", GOOD, {}, "E0870", "does not tell"),
    ("unknown end", "rows.txt", GOOD, {}, "E0870", "does not tell"),
    ("GSM8K without a mark", "x.jsonl", lines({**GSM, "answer": "3"}), {"format": "gsm8k"}, "E0856", "####"),
    ("GSM8K by other names", "x.jsonl", lines({"q": "q"}), {"format": "gsm8k"}, "E0854", "`question`"),
    ("MATH lacks a field", "x.json", {"problem": "p"}, {"format": "math"}, "E0854", "`level`"),
    ("HumanEval lacks all", "x.jsonl", lines({"task_id": 1}), {"format": "humaneval"}, "E0854", "`prompt`"),
    # rows
    ("declared ids", "x.jsonl", lines({"n": 1}, {"n": 1}), {"id": "n"}, "E0874", "line 2 of"),
    ("HumanEval's ids", "x.jsonl", lines(EVAL, EVAL), {"format": "humaneval"}, "E0874", "T/0"),
    ("no id", "x.jsonl", lines({"n": 1}, {"m": 1}), {"id": "n"}, "E0855", "`n`"),
    ("usual ids", "x.jsonl", lines({"id": 1}, {"id": 1}), {}, "W0854", "line 2 of"),
    ("filter on a text", "x.jsonl", lines({"level": "Level 5"}), {"where": LEVEL}, "E0875", "Level 5"),
    ("filter on a list", "x.jsonl", lines({"level": [5]}), {"where": LEVEL}, "E0875", "a list"),
    ("filter on no field", "x.jsonl", lines({"lvl": 5}), {"where": LEVEL}, "E0854", "`level`"),
    ("filter leaves nothing", "x.jsonl", lines({"level": 3}), {"where": LEVEL}, "E0850", "`where`"),
    ("made of no field", "x.jsonl", GOOD, {"fields": (FieldSpec(name="a", source="b"),)}, "E0854", "`b`"),
]  # fmt: skip

TIGHT = Caps(total=2 << 20, row=1 << 19, files=3)


@pytest.mark.parametrize(
    ("name", "path", "content", "spec", "code", "words"), CASES, ids=[c[0] for c in CASES]
)
def test_a_bad_file_is_explained(tmp_path, name, path, content, spec, code, words):
    if not isinstance(content, bytes):
        content = (content if isinstance(content, str) else json.dumps(content)).encode()
    (tmp_path / path).write_bytes(content)
    found = read_data(tmp_path / path, DataSpec.model_validate(spec), caps=TIGHT)
    told = [problem.diagnostic() for problem in found.problems]
    assert [one.code for one in told][:1] == [code]
    assert words in told[0].message
    assert path in told[0].message or (told[0].primary is not None and path in told[0].primary.source.name)
    assert told[0].help
    assert found.is_usable == (code_info(code).severity is not Severity.ERROR)


def test_many_bad_rows_are_told_once_with_their_number(tmp_path):
    (tmp_path / "x.csv").write_text("q,n\n" + "a\n" * 40)
    [problem] = read_data(tmp_path / "x.csv").problems
    assert "line 2 of" in problem.diagnostic().message
    assert "and 39 more lines" in problem.diagnostic().message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"not parquet at all", "no Parquet file"),
        (b"", "no Parquet file"),
        (b"PAR1" + b"\x00" * 40 + b"PAR1", "can't be read as Parquet"),
    ],
)
def test_a_file_that_is_no_parquet(tmp_path, content, words):
    pytest.importorskip("pyarrow")
    (tmp_path / "x.parquet").write_bytes(content)
    [problem] = read_data(tmp_path / "x.parquet").problems
    assert problem.diagnostic().code == "E0872"
    assert words in problem.diagnostic().message


def test_an_arrow_file_that_breaks_off(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    table = arrow.table({"q": ["a" * 1000] * 50})
    with arrow.ipc.new_stream(str(tmp_path / "x.arrow"), table.schema) as stream:
        stream.write_table(table)
    whole = (tmp_path / "x.arrow").read_bytes()
    for size in (0, 10, len(whole) // 2):
        (tmp_path / "x.arrow").write_bytes(whole[:size])
        found = read_data(tmp_path / "x.arrow")
        assert [problem.diagnostic().code for problem in found.problems] == ["E0872"]


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    [problem] = read_data(tmp_path / "x.parquet").problems
    assert problem.diagnostic().code == "R0310"
    assert "tgl[parquet]" in (problem.diagnostic().help or "")


def told(path: Path, **spec: object) -> tuple[str, str]:
    [problem] = read_data(path, DataSpec.model_validate(spec), caps=TIGHT).problems
    return problem.diagnostic().code, problem.diagnostic().message


def test_bad_folders(tmp_path):
    assert told(tmp_path) == ("E0850", f"`{tmp_path}` holds no examples")
    (tmp_path / "README.md").write_text("no rows")
    assert told(tmp_path)[0] == "E0850"
    (tmp_path / "a.jsonl").write_text(GOOD)
    (tmp_path / "b.csv").write_text("q,n\na,1\n")
    assert told(tmp_path) == ("E0870", f"the files in `{tmp_path}` are of several formats: 1 .csv, 1 .jsonl")
    for name in "cdef":
        (tmp_path / f"{name}.csv").write_text("q,n\na,1\n")
    assert "more than 3 files" in told(tmp_path, format="csv")[1]


def test_a_folder_of_several_saved_sets_names_them(tmp_path):
    for name in ("test", "train"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "data-00000-of-00001.arrow").write_bytes(b"")
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    assert told(tmp_path) == ("E0870", f"`{tmp_path}` holds several sets of rows: `test`, `train`")


def test_links(tmp_path):
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows/a.jsonl").write_text(GOOD)
    (tmp_path / "b.jsonl").symlink_to("b.jsonl")
    assert told(tmp_path / "b.jsonl")[0] == "R0305"
    (tmp_path / "none.jsonl").symlink_to("nowhere")
    assert "link to a file that is not there" in told(tmp_path / "none.jsonl")[1]
    (tmp_path / "rows/copy.jsonl").symlink_to("a.jsonl")
    assert len(read_data(tmp_path / "rows").rows) == 2
    (tmp_path / "rows/again").symlink_to(tmp_path / "rows")
    assert "link to a folder" in told(tmp_path / "rows")[1]


def test_a_file_without_permission(tmp_path, monkeypatch):
    def refused(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    (tmp_path / "x.jsonl").write_text(GOOD)
    monkeypatch.setattr(Path, "read_bytes", refused)  # root may read everything
    for path in (tmp_path, tmp_path / "x.jsonl"):
        code, message = told(path)
        assert (code, message.endswith("permission denied")) == ("R0305", True)
        assert "x.jsonl" in message


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "x.jsonl")
    assert "neither a file nor a folder" in told(tmp_path / "x.jsonl")[1]
    assert "it is no file" in told(tmp_path)[1]
    assert told(tmp_path / "a\0b")[0] == "R0305"


def test_no_more_memory_is_used_than_the_cap_however_much_is_packed(tmp_path):
    (tmp_path / "x.jsonl.gz").write_bytes(packed(b" " * (64 << 20)))
    tracemalloc.start()
    try:
        assert told(tmp_path / "x.jsonl.gz")[0] == "E0871"
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()
