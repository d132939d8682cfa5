"""`tglc graph` shows what the search chooses, with its probabilities, and what a candidate runs."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tgl.cli.main import main

ROOT = Path(__file__).parents[2]
MIXTURE = str(ROOT / "examples/mixture.tgl")
LOOP = """
model m {{ provider openai; id "m"; params 1B }}
role draft(question) -> answer {{ prompt "{{{{ question }}}}" }}
role judge(text: text) -> {{ok: choice("yes", "no")}} {{ prompt "{{{{ text }}}}" }}
role revise(text: text) -> answer {{ prompt "{{{{ text }}}}"; temperature {heat} }}
graph solve(question) {{
  node start : draft on m
  loop turn[~1..3] {{
    carry text = start then better
    node verdict : judge(text: text) on m
    until verdict.ok == "yes"
    node better  : revise(text: text) on m
  }}
  output turn.text
}}
"""


def svg_lines(text: str) -> list[str]:
    return [line.text or "" for line in ET.fromstring(text).iter("{http://www.w3.org/2000/svg}text")]


def drawn(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["graph", *arguments]) == 0
    return capsys.readouterr().out


def test_a_program_shows_its_choices_with_probabilities(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line.replace("\xa0", " ") for line in svg_lines(drawn(capsys, MIXTURE, "--format", "svg"))]
    assert "worker[~1..4]" in lines
    assert "~1..4 each 25 %" in lines
    assert "~ small, large: each 50 % (4 copies)" in lines
    assert "edge worker[i] -> worker[j] if i < j and" in lines
    assert "~ 6 edges, each 30 %" in lines
    assert "~ 4 edges, each 70 %" in lines


def test_a_weighted_choice_and_a_guard_are_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    program = tmp_path / "p.tgl"
    text = (ROOT / "examples/cascade.tgl").read_text(encoding="utf-8")
    program.write_text(text.replace("~[0.3, 0.7, 1.0]", "~{0.3: 3, 0.7: 1}"), encoding="utf-8")
    lines = [line.replace("\xa0", " ") for line in svg_lines(drawn(capsys, str(program), "--format", "svg"))]
    assert "heat ~ 0.3 (75 %), 0.7 (25 %)" in lines
    assert "when agreement(draft) < ~[0.6, 0.8, 1.0]" in lines


def test_the_rounds_of_a_loop_are_one_frame(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    program = tmp_path / "p.tgl"
    program.write_text(LOOP.format(heat="~[0.2, 0.8]"), encoding="utf-8")
    text = drawn(capsys, str(program), "--format", "svg")
    lines = [line.replace("\xa0", " ") for line in svg_lines(text)]
    assert [lines.count(name) for name in ("loop turn[~1..3]", "verdict", "better")] == [1, 1, 1]
    assert "carry text = start then better" in lines
    assert "revise.temperature ~ 0.2, 0.8: each 50 %" in lines
    assert text.count('class="wire again"') == 1


def test_a_candidate_shows_what_runs(capsys: pytest.CaptureFixture[str]) -> None:
    text = drawn(capsys, MIXTURE, "--candidate", "mode", "--format", "svg")
    lines = svg_lines(text)
    assert lines.count(": assistant on small") == 2
    assert "worker[2]" in lines
    assert not any("~" in line for line in lines)
    others = {drawn(capsys, MIXTURE, "--candidate", str(seed)) for seed in range(4)}
    assert len(others) > 1
    heard = r"accDescr: The most probable candidate of the graph \w+, with \d+ calls\.\n"
    assert re.search(heard, drawn(capsys, MIXTURE, "--candidate", "mode"))


def test_a_candidate_is_that_of_tglc_sample(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["sample", MIXTURE, "--seed", "5"]) == 0
    resolved = tmp_path / "p.tgl"
    resolved.write_text(capsys.readouterr().out, encoding="utf-8")
    as_file = drawn(capsys, str(resolved), "--resolved", "--format", "dot")
    as_seed = drawn(capsys, MIXTURE, "--candidate", "5", "--format", "dot")
    assert as_file.splitlines()[5:] == as_seed.splitlines()[5:]


def test_the_name_of_the_file_tells_the_format(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for end, start in ((".svg", "<svg"), (".mmd", "---"), (".gv", "digraph")):
        file = tmp_path / f"p{end}"
        assert drawn(capsys, MIXTURE, "-o", str(file)) == f"written: {file}\n"
        assert file.read_text(encoding="utf-8").startswith(start)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["-o", "p.png"], 2, "does not tell in which format"),
        (["-o", "p.svg", "--format", "dot"], 2, "does not fit"),
        (["--resolved"], 1, "is not resolved"),
        (["--graph", "other"], 2, "other"),
        (["-o", "none/p.svg"], 3, "there is no folder"),
    ],
)
def test_wrong_uses_are_told(
    arguments: list[str],
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["graph", MIXTURE, *arguments]) == code
    found = capsys.readouterr()
    assert said in found.err
    assert not list(tmp_path.iterdir())


def test_a_candidate_is_mode_or_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["graph", MIXTURE, "--candidate", "best"])
    assert stopped.value.code == 2
    assert "neither `mode` nor a number" in capsys.readouterr().err
