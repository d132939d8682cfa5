"""`tglc check --fix`: every fix that is made removes its diagnostic and adds none."""

from collections import Counter
from pathlib import Path

import pytest

from tgl.cli.main import main
from tgl.diagnostics import Diagnostic
from tgl.pipeline.checking import check_source
from tgl.pipeline.fixing import Fixed, fix_source
from tgl.semantics import NO_FILES
from tgl.text import SourceFile, apply_edits

CORPUS = Path(__file__).parents[2] / "corpus" / "invalid"
PROGRAMS = [path for path in sorted(CORPUS.rglob("*.tgl")) if "E0110" not in str(path)]
# A safe fix that brings a problem to light that was hidden behind its own: shown, but not made.
NOT_MADE = {"arrow.tgl": "E0106", "in_graph.tgl": "E0113", "files.tgl": "E0201"}


def told(found: tuple[Diagnostic, ...]) -> Counter[tuple[str, str]]:
    return Counter((entry.code, entry.message) for entry in found)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_each_safe_fix_removes_its_diagnostic_and_adds_none(path: Path) -> None:
    source = SourceFile(path.name, path.read_bytes().decode("utf-8"))
    before = check_source(source, NO_FILES).diagnostics
    for entry in before:
        for fix in (fix for fix in entry.fixes if fix.safe):
            text = apply_edits(source.text, fix.edits)
            after = check_source(SourceFile(path.name, text), NO_FILES).diagnostics
            left = told(before) - told((entry,))
            assert (told(after) <= left) == (NOT_MADE.get(path.name) != entry.code)
            assert told(after)[entry.code, entry.message] <= left[entry.code, entry.message]
    fixed = fix_source(source, NO_FILES)
    assert told(fixed.report.diagnostics) <= told(before) - told(tuple(entry for entry, _ in fixed.made))
    assert fixed.report.diagnostics == check_source(fixed.source, NO_FILES).diagnostics


def fixed(text: str) -> Fixed:
    return fix_source(SourceFile("a.tgl", text), NO_FILES)


MODEL = 'model smol { provider local; weights "smollm2-135m-instruct"; params 135M }\n'
GRAPH = """\
role ask(question) -> answer { prompt "{{ question }}" }
graph solve(question) {
  node a : ask on smol
  output a
}
"""


@pytest.mark.parametrize(
    ("meant", "written"),
    [
        ("output a", "ouput a"),
        ("on smol", "on smoll"),
        ("{{ question }}", "{{ qestion }}"),
        ("-> answer", "→ answer"),
        ("params 135M", "parms 135M"),
        ("provider local", "provider locl"),
        ("-> answer {", "-> anwser {"),
    ],
)
def test_what_was_meant_is_written(meant: str, written: str) -> None:
    text = (MODEL + GRAPH).replace(meant, written, 1)
    assert text != MODEL + GRAPH
    assert fixed(text).source.text == MODEL + GRAPH


def test_a_line_said_twice_is_said_once() -> None:
    text = MODEL + GRAPH.replace(
        '{ prompt "{{ question }}" }', '{\n  prompt "{{ question }}"\n  retry 1\n  retry 1\n}'
    )
    found = fixed(text)
    assert found.source.text == text.replace("  retry 1\n", "", 1)
    other = fixed(text.replace("retry 1\n}", "retry 2\n}"))
    assert other.made == ()


def test_two_near_names_are_left_to_the_person() -> None:
    text = MODEL + MODEL.replace("smol ", "smol2 ") + GRAPH.replace("on smol", "on smol3")
    assert fixed(text).made == ()
    (entry,) = [entry for entry in fixed(text).report.diagnostics if entry.code == "E0203"]
    assert [fix.title for fix in entry.fixes] == ["write `smol`", "write `smol2`"]


def test_fix_writes_the_file_and_diff_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wrong = (MODEL + GRAPH).replace("on smol", "on smoll")
    file = tmp_path / "a.tgl"
    file.write_text(wrong, encoding="utf-8")
    assert main(["check", "--diff", "a.tgl"]) == 1
    out = capsys.readouterr().out
    assert "-  node a : ask on smoll\n+  node a : ask on smol\n" in out
    assert file.read_text(encoding="utf-8") == wrong
    assert main(["check", "--fix", "a.tgl"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "a.tgl: no errors\n"
    assert shown.err == "a.tgl: E0203 no model named `smoll` in this file: write `smol`\n"
    assert file.read_text(encoding="utf-8") == MODEL + GRAPH


def test_fix_reads_standard_input_and_prints_the_program(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Input:
        class buffer:
            @staticmethod
            def read() -> bytes:
                return (MODEL + GRAPH).replace("on smol", "on smoll").encode()

    monkeypatch.setattr("sys.stdin", Input)
    assert main(["check", "--fix", "-"]) == 0
    assert capsys.readouterr().out == MODEL + GRAPH
