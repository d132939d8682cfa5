"""A program that imports the user's own files from other folders, with commands run from anywhere."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tgl.cli.main import main

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = {
    "shared/models.tgl": """\
model small { provider simulated; profile "sim-1b"; items "quiz.jsonl"; params 1B }
pool both = [small]
""",
    "prog/parts/deep/texts.tgl": 'let ask = "{{ question }} {{ format }}"\n',
    "prog/parts/roles.tgl": """\
use "./deep/texts.tgl" { ask as question_text }
use "../../shared/models.tgl" { both }
role reply(question) -> answer { prompt question_text; temperature ~[0.0, 0.7]; max_tokens 40 }
graph panel(question) {
  param n = ~1..2
  node a[n] : reply on ~both
  output a[1]
}
""",
    "prog/task.tgl": """\
task quiz {
  data "quiz.jsonl"; split train: 8, select: 8, test: 10
  given question; expect answer; key text, match: normalised; unit calls
}
""",
    "prog/p.tgl": """\
use "./parts/roles.tgl" { panel, reply as one }
use "./parts/../task.tgl" { quiz }
use "../shared/models.tgl" { small }
graph solve(question) {
  node b : ~[one, panel] on small
  output b
}
optimize solve on quiz { maximize accuracy; spend calls <= 300; using random(trials: 2); seed 1 }
""",
}


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("imports")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    shutil.copy(EXAMPLES / "quiz.jsonl", folder / "prog")
    (folder / "else" / "where").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder / "else" / "where")
        assert main(["optimize", "../../prog/p.tgl", "--live", "--quiet"]) == 0
    return folder


@pytest.mark.parametrize("start", ["else/where", "prog", ".", "prog/parts"])
@pytest.mark.parametrize("command", ["check", "eval", "verify", "why b", "optimize"])
def test_every_command_works_from_every_folder(searched, monkeypatch, capsys, start, command):
    monkeypatch.chdir(searched / start)
    at = {"else/where": "../../prog", "prog": ".", ".": "prog", "prog/parts": f"{searched}/prog"}[start]
    name = "p.tgl" if command == "optimize" else "p.opt.tgl"
    assert main([*command.split(), f"{at}/{name}"]) == 0
    told = capsys.readouterr()
    assert "W0701" not in told.out + told.err


@pytest.mark.parametrize(
    ("name", "old", "new", "stale"),
    [
        ("prog/parts/roles.tgl", "graph panel", "# a remark\nlet more = 1\ngraph panel", False),
        ("prog/parts/deep/texts.tgl", "let ask", "let tell = 3\nlet ask", False),
        ("prog/parts/deep/texts.tgl", "{{ format }}", "{{ format }}!", True),
        ("shared/models.tgl", "params 1B", "params 2B", True),
    ],
)
def test_figures_are_stale_when_what_they_rest_on_changed(searched, tmp_path, capsys, name, old, new, stale):
    shutil.copytree(searched, tmp_path / "copy")
    file = tmp_path / "copy" / name
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    assert main(["check", str(tmp_path / "copy" / "prog" / "p.opt.tgl")]) == 0
    assert ("what it imports changed" in capsys.readouterr().err) == stale


@pytest.mark.parametrize(("output", "told"), [("prog/other.opt.tgl", False), ("else/other.opt.tgl", True)])
def test_a_result_that_is_written_elsewhere_says_where_it_runs(searched, monkeypatch, capsys, output, told):
    monkeypatch.chdir(searched)
    assert main(["optimize", "prog/p.tgl", "--quiet", "--output", output]) == 0
    assert ("relative to the folder of prog/p.tgl" in capsys.readouterr().out) == told


def test_a_mistake_in_another_file_is_shown_there(searched, tmp_path, capsys):
    shutil.copytree(searched, tmp_path / "copy")
    file = tmp_path / "copy" / "prog" / "parts" / "deep" / "texts.tgl"
    file.write_text('let ask = "{{ question }\n')
    assert main(["check", str(tmp_path / "copy" / "prog" / "p.tgl")]) == 1
    told = capsys.readouterr().err
    assert f"{file}:1:11" in told
