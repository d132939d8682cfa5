"""How each code looks, and text that is hard to draw.

`corpus/rendered/E0203.txt` is the picture of the wrong program of its page (`tglc explain E0203`); codes of
syntax have programs of their own beside it (tests/corpus/test_corpus.py). `corpus/rendered/look/*.tgl` are
programs with wide characters, tabs, CRLF and places of several lines. To rewrite the pictures, run with
TGL_UPDATE_CORPUS=1 and review the difference.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tgl.cli.main import main
from tgl.diagnostics import CODES, Diagnostic, code_info, page_of, render_json, render_texts
from tgl.evaluate import load_dataset
from tgl.pipeline.checking import check_file
from tgl.semantics import MemoryLoader, check, lower
from tgl.text import SourceFile

CORPUS = Path(__file__).parents[1] / "corpus"
RENDERED = CORPUS / "rendered"
LOOKS = sorted((RENDERED / "look").glob("*.tgl"))
FENCE = re.compile(r"^```(tgl|jsonl) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BY_A_GRAPH_THAT_IS_RUN = {"E0510", "E0515"}

TASK = """
use std.roles { assistant }
model smol { provider local; weights "smollm2-135m-instruct" }
graph solve(question) {
  node a : assistant on smol
  output a
}
task sums {
  data "sums.jsonl"; split train: 60, select: 60, test: 200
  given question; expect answer; key number
}
optimize solve on sums { maximize accuracy }
"""


def blocks(code: str) -> dict[str, tuple[str, str]]:
    """What a page shows, by label: the language and the text."""
    return {label: (language, text) for language, label, text in FENCE.findall(page_of(code) or "")}


PICTURED = [entry.code for entry in CODES if "wrong" in blocks(entry.code) and entry.code > "E0150"]


def of_program(code: str, folder: Path) -> tuple[Diagnostic, ...]:
    for label, (_, text) in blocks(code).items():
        if label.endswith(".tgl"):
            (folder / label).write_text(text, encoding="utf-8")
    (folder / "page.tgl").write_text(blocks(code)["wrong"][1], encoding="utf-8")
    report = check_file("page.tgl")
    if code in BY_A_GRAPH_THAT_IS_RUN:
        return lower(report.checked).problems
    return report.diagnostics


def of_data(text: str) -> tuple[Diagnostic, ...]:
    ir = lower(check(SourceFile("task.tgl", TASK), MemoryLoader({}))).ir
    assert ir is not None
    assert ir.task is not None
    loaded = load_dataset(ir.task, text.encode(), "sums.jsonl")
    return tuple(problem.diagnostic() for problem in loaded.problems)


def compare(picture: str, expected: Path) -> None:
    if os.environ.get("TGL_UPDATE_CORPUS"):
        expected.write_text(picture, encoding="utf-8")
    assert picture == expected.read_bytes().decode("utf-8")


@pytest.mark.parametrize("code", PICTURED)
def test_the_picture_of_a_page(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    language, text = blocks(code)["wrong"]
    found = of_data(text) if language == "jsonl" else of_program(code, tmp_path)
    assert {problem.code for problem in found} == {code}
    compare(render_texts(found), RENDERED / f"{code}.txt")


@pytest.mark.parametrize("code", [code for code in PICTURED if blocks(code)["wrong"][0] == "jsonl"])
def test_the_right_data_of_a_page_is_read(code):
    assert of_data(blocks(code)["right"][1]) == ()


def test_every_picture_is_of_something():
    pictured = {path.stem for path in RENDERED.glob("*.txt")}
    assert pictured == set(PICTURED) | {path.stem for path in RENDERED.glob("*.tgl")}


@pytest.mark.parametrize("path", LOOKS, ids=lambda path: path.stem)
def test_the_picture_of_text_that_is_hard_to_draw(path):
    text = path.read_bytes().decode("utf-8")
    found = check(SourceFile(path.name, text), MemoryLoader({})).problems
    assert found
    compare(render_texts(found), path.with_suffix(".txt"))


@pytest.mark.parametrize("path", LOOKS, ids=lambda path: path.stem)
def test_places_in_json_are_those_of_the_text(path):
    text = path.read_bytes().decode("utf-8")
    found = check(SourceFile(path.name, text), MemoryLoader({})).problems
    for value, problem in zip(json.loads(render_json(found)), found, strict=True):
        for place, label in [
            (value["primary"], problem.primary),
            *zip(value["secondary"], problem.secondary, strict=True),
        ]:
            assert label is not None
            for end, offset in (("start", label.span.start), ("end", label.span.end)):
                before = re.split(r"\r\n|\n|\r", text[:offset])
                assert place[end] == {"line": len(before), "column": len(before[-1]) + 1, "offset": offset}


PLACE = {"file": str, "start": dict, "end": dict, "text": str}
SHAPE = {
    "code": str,
    "slug": str,
    "severity": str,
    "message": str,
    "primary": (dict, type(None)),
    "secondary": list,
    "notes": list,
    "help": (str, type(None)),
    "fixes": list,
}


def shaped(value: dict[str, object], shape: dict[str, object]) -> None:
    assert list(value) == list(shape)
    for key, kind in shape.items():
        assert isinstance(value[key], kind), key  # type: ignore[arg-type]


@pytest.mark.parametrize("code", [code for code in PICTURED if blocks(code)["wrong"][0] == "tgl"])
def test_the_shape_of_json_is_the_documented_one(code, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    of_program(code, tmp_path)
    status = main(["check", "--json", "page.tgl"])
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["diagnostics"]
    assert status == any(value["severity"] == "error" for value in told["diagnostics"])
    for value in told["diagnostics"]:
        shaped(value, SHAPE)
        assert (value["code"], value["slug"]) == (code, code_info(code).slug)
        assert value["severity"] == str(code_info(code).severity)
        for place in [value["primary"], *value["secondary"]]:
            shaped(place, PLACE)
            assert place["file"].endswith(".tgl")
            for end in ("start", "end"):
                shaped(place[end], {"line": int, "column": int, "offset": int})
        for fix in value["fixes"]:
            shaped(fix, {"title": str, "safe": bool, "edits": list})
            for edit in fix["edits"]:
                shaped(edit, {"start": dict, "end": dict, "text": str})


def test_the_documented_keys_are_all_of_them():
    page = (Path(__file__).parents[2] / "docs" / "diagnostics.md").read_text(encoding="utf-8")
    for key in (*SHAPE, *PLACE, "line", "column", "offset", "title", "safe", "edits"):
        assert f"`{key}`" in page
