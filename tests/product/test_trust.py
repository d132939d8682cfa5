"""A program's functions in Python run only where a person said so, whatever command runs the program."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tgl.cli.main import main

EXAMPLES = Path(__file__).parents[2] / "examples"
TEXTS = """
from pathlib import Path
Path(__file__).with_name("imported").write_text("")
def polite(text):
    return "Please: " + text
"""
PROGRAM = """
fn polite(x: text) -> text { python "texts:polite" }
model small { provider simulated; profile "sim-1b"; items "quiz.jsonl"; params 1B }
role answer(question, note: text) -> answer {
  prompt "{{ note }} {{ question }} {{ format }}"; temperature ~[0.0, 0.7]; max_tokens 40
}
task quiz {
  data "quiz.jsonl"; split train: 8, select: 8, test: 10
  given question; expect answer; key text, match: normalised; unit calls
}
graph solve(question) {
  node asked : polite(question)
  node reply : answer(note: asked) on small
  output reply
}
optimize solve on quiz { maximize accuracy; spend calls <= 200; using random(trials: 2); seed 1 }
"""


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trusted")
    shutil.copy(EXAMPLES / "quiz.jsonl", folder)
    (folder / "texts.py").write_text(TEXTS)
    (folder / "p.tgl").write_text(PROGRAM)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["optimize", "p.tgl", "--live", "--quiet", "--trust"]) == 0
    return folder


@pytest.mark.parametrize(
    "command",
    [
        "optimize p.tgl --quiet",
        "eval p.opt.tgl --quiet",
        "verify p.opt.tgl",
        "plan p.tgl",
        "why reply p.tgl",
        "why reply p.opt.tgl",
        "simulate p.tgl --quiet",
        "simulate p.tgl --fit -o profiles.toml --quiet",
        "store prune --unreferenced-by p.tgl --dry-run",
        "store prune --unreferenced-by p.opt.tgl --dry-run",
    ],
)
def test_functions_run_only_with_trust(searched, monkeypatch, capsys, command):
    monkeypatch.chdir(searched)
    seen = searched / "imported"
    seen.unlink(missing_ok=True)
    assert main(command.split()) == 1
    told = capsys.readouterr().err
    assert "E0755" in told
    assert "--trust" in told
    assert not seen.exists()
    assert main([*command.split(), "--trust"]) == 0
    assert "E0755" not in capsys.readouterr().err
    assert seen.exists()
