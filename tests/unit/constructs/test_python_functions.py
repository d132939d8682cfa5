"""Functions in Python: trusted or not run, arguments and results by type, failures of one example."""

from __future__ import annotations

from pathlib import Path

import pytest

from tgl.cli.main import main
from tgl.ir import KeySpec
from tgl.keys import Answer
from tgl.pipeline.loading import import_texts, load_program
from tgl.runtime import PythonFunctions
from tgl.semantics import NO_FILES, check, lower
from tgl.stdfn import FunctionError, Message, Record, Tagged
from tgl.text import SourceFile

TEXTS = """
from pathlib import Path
Path(__file__).with_name("imported").write_text("")

def shorten(text, others, most):
    return text[:most] + "!" * len(others or [])

def ok(text):
    return text != "no!"

def kind(value):
    return type(value).__name__ + str(value)

def same(value):
    return value

def odd(text):
    if text == "raise":
        raise RuntimeError("no\\nway")
    if text == "exit":
        raise SystemExit(3)
    if text == "crash":
        import os
        os._exit(3)
    if text == "slow":
        import time
        time.sleep(60)
    print("said", input() if text == "read" else "")
    return {"text": "fine", "number": 3, "long": "x" * 20_000, "none": None, "nan": float("nan")}[text]
"""
HEAD = """use std.reduce { first }
fn shorten(x: text, others: list?) -> answer { python "texts:shorten"; param most = 3 }
fn ok(x: text) -> bool { python "texts:ok" }
"""
PROGRAM = (
    HEAD
    + """graph solve(question) {
  node a : shorten(question)
  node b : shorten(question, [a, a], most: 7) when ok(a)
  output first(b, a)
}
"""
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "texts.py").write_text(TEXTS)
    (tmp_path / "p.tgl").write_text(PROGRAM)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def functions(folder: Path, signature: str, name: str, seconds: float = 30.0) -> PythonFunctions:
    text = f'fn f{signature} {{ python "texts:{name}" }}\ngraph g(q) {{\n node a : f(q)\n output a\n}}\n'
    ir = lower(check(SourceFile("p.tgl", text), NO_FILES)).ir
    assert ir is not None
    return PythonFunctions(ir.functions, folder, KeySpec(kind="number"), seconds=seconds)


def called(made: PythonFunctions, value: object) -> object:
    [function] = made.table.values()
    try:
        return function.call(value)
    finally:
        made.close()


def test_nothing_is_imported_without_trust(folder, capsys):
    assert main(["run", "p.tgl", "--input", "hello"]) == 1
    told = capsys.readouterr().err
    assert "E0755" in told
    assert "--trust" in told
    for command in (["check", "p.tgl"], ["check", "p.tgl", "--emit", "ir"], ["fmt", "--check", "p.tgl"]):
        main(command)
    assert not (folder / "imported").exists()


@pytest.mark.parametrize(("given", "answer"), [("hello world", "hello w!!"), ("no!", "no!")])
def test_a_function_is_node_and_guard_and_takes_params(folder, capsys, given, answer):
    assert main(["run", "p.tgl", "--trust", "--input", given]) == 0
    assert capsys.readouterr().out == answer + "\n"
    assert (folder / "imported").exists()


def test_a_function_of_an_imported_file_is_of_the_program_s_folder(folder, capsys):
    (folder / "lib").mkdir()
    (folder / "lib" / "fns.tgl").write_text(HEAD)
    main_part = PROGRAM.removeprefix(HEAD)
    text = 'use std.reduce { first }\nuse "lib/fns.tgl" { shorten, ok }\n' + main_part
    (folder / "p.tgl").write_text(text)
    assert main(["run", "p.tgl", "--trust", "--input", "hello"]) == 0
    assert capsys.readouterr().out == "hello!!\n"


@pytest.mark.parametrize(
    ("signature", "value", "seen"),
    [
        ("(x: text) -> text", Message(" 7 ", Answer("7", "7")), "str 7 "),
        ("(x: number) -> text", Message("about 7", 7.0), "int7"),
        ("(x: number) -> text", 2.5, "float2.5"),
        ("(x: list) -> text", (Message("a", Answer("a", "a")), None, (1,)), "list['a', 1]"),
        ("(x: list(number)) -> text", (Message("so 2", 2.0), Message("?", None)), "list[2.0]"),
        ("(x: record) -> text", Message("{…}", Record((("a", True),))), "dict{'a': True}"),
        ("(x: any) -> text", True, "boolTrue"),
        ("(x: text?) -> text", None, "NoneTypeNone"),
        ("(x: text) -> text", None, None),
        ("(x: number) -> text", Message("?", None), None),
        (
            "(x: ASK(text) | DONE) -> text",
            Message("…", Tagged("ASK", Message("why", "why"))),
            "dict{'ASK': 'why'}",
        ),
        ("(x: ASK(text) | DONE) -> text", Tagged("DONE", None), "strDONE"),
        ("(x: ASK(text) | DONE) -> text", Tagged("STOP", None), None),
        ("(x: ASK(text) | DONE?) -> text", Message("ASK", "ASK"), "NoneTypeNone"),
    ],
)
def test_what_a_function_gets_is_as_its_port_says(folder, signature, value, seen):
    assert called(functions(folder, signature, "kind"), value) == seen


@pytest.mark.parametrize(
    ("result", "value", "made"),
    [
        ("text", "a", "a"),
        ("number", 3, 3.0),
        ("bool", False, False),
        ("answer", "12.0", Message("12.0", Answer("12.0", "12"))),
        ("list(number)", (1, 2), (1.0, 2.0)),
        ("ASK(text) | DONE", Record((("ASK", "x"),)), Tagged("ASK", "x")),
        ("ASK(text) | DONE", "DONE", Tagged("DONE", None)),
        ("ranked", ("b", "a", "b"), ("b", "a")),
        ("{a: text, b: number?}", Record((("a", "x"),)), Record((("a", "x"), ("b", None)))),
    ],
)
def test_what_a_function_says_is_as_its_type_says(folder, result, value, made):
    port = "list(any)" if isinstance(value, tuple) else "any"
    assert called(functions(folder, f"(x: {port}) -> {result}", "same"), value) == made


@pytest.mark.parametrize(
    ("result", "value", "reason"),
    [
        ("text", "raise", "RuntimeError: no (texts.py, line 19)"),
        ("text", "exit", "SystemExit: 3"),
        ("text", "crash", "ended the process"),
        ("text", "long", "longer than 16384 bytes"),
        ("text", "number", "no text: 3"),
        ("number", "text", "no number"),
        ("bool", "text", "no bool"),
        ("ASK(text) | DONE", "text", "no ASK(text) | DONE"),
        ("text", "nan", "ValueError"),
        ("text", "read", "EOFError"),
    ],
)
def test_a_function_that_fails_says_why_and_where(folder, result, value, reason):
    with pytest.raises(FunctionError) as failed:
        called(functions(folder, f"(x: text) -> {result}", "odd"), value)
    assert reason in str(failed.value)
    assert "\n" not in str(failed.value)


def test_a_slow_function_is_ended_and_the_next_call_is_answered(folder):
    made = functions(folder, "(x: text) -> text", "odd", seconds=5.0)
    assert made.load() == []
    made.seconds = 0.2
    [function] = made.table.values()
    with pytest.raises(FunctionError, match=r"no result within 0\.2 s"):
        function.call("slow")
    made.seconds = 30.0
    assert function.call("text") == "fine"
    made.close()


def test_a_failing_function_fails_the_example_by_its_class(folder, capsys):
    (folder / "p.tgl").write_text(PROGRAM.replace("texts:ok", "texts:odd"))
    assert main(["run", "p.tgl", "--trust", "--input", "raise"]) == 1
    assert "failed (function): " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("texts:ok", "texts:okay", "no function `okay`"),
        ("texts:ok", "nowhere:ok", "ModuleNotFoundError"),
        ("texts:ok", "texts:shorten", "missing a required argument"),
        ("param most = 3", "param least = 3", "missing a required argument: 'most'"),
    ],
)
def test_a_function_that_can_t_be_used_ends_the_command_first(folder, capsys, old, new, reason):
    (folder / "p.tgl").write_text(PROGRAM.replace(", most: 7", "").replace(old, new))
    assert main(["run", "p.tgl", "--trust", "--input", "hello"]) == 1
    told = capsys.readouterr().err
    assert "E0756" in told
    assert reason in told


def test_a_changed_function_is_another_program(folder):
    before = import_texts(load_program("p.tgl"))
    (folder / "texts.py").write_text(TEXTS + "# edited\n")
    assert import_texts(load_program("p.tgl")) != before
    assert not (folder / "imported").exists()


@pytest.mark.parametrize("target", ["texts", "texts.ok", "te xts:ok", ":ok", "texts:"])
def test_a_target_is_a_module_and_a_name(target):
    text = f'fn f(x: text) -> text {{ python "{target}" }}\n'
    assert [p.code for p in check(SourceFile("p.tgl", text), NO_FILES).problems] == ["E0302"]


MAPPED = """fn shorten(x: text, others: list?) -> answer { python "texts:shorten"; param most = 3 }
fn count(x: list) -> text { python "texts:kind" }
graph solve(question, xs: list) {
  each x[2] in xs {
    node part : shorten(x)
  }
  output count(x.part)
}
"""


@pytest.mark.parametrize(
    ("inputs", "status", "told"),
    [
        (["question=a=b", 'xs=["hello", 12345, "more"]'], 0, "list['hel', '123']"),
        (['{"question": "q", "xs": ["one"]}'], 0, "list['one']"),
        (["question=q", "xs=one"], 2, "`xs` of the input is no list"),
        (["question=q", "xs=[[1]]"], 2, "`xs` of the input is no list of texts and numbers"),
        (["question=q"], 2, "the input has no `xs`"),
        (["quest=q"], 2, "no JSON object"),
    ],
)
def test_a_run_takes_lists_and_says_what_it_left_out(folder, capsys, inputs, status, told):
    (folder / "p.tgl").write_text(MAPPED)
    flags = [part for text in inputs for part in ("--input", text)]
    assert main(["run", "p.tgl", "--trust", *flags]) == status
    seen = capsys.readouterr()
    assert told in seen.out + seen.err
    assert ("1 more were left out" in seen.err) == ("more" in inputs[-1])
