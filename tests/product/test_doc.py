"""`tglc doc` tells what a module offers; docs/stdlib.md is what it prints."""

import json
from pathlib import Path

import pytest

from tgl.cli.main import main
from tgl.resources import stdlib_modules

ROOT = Path(__file__).parents[2]
MODULE = """## Two ways to answer.

use std.reduce { majority }
use std.roles  { assistant }

## Asks `n` times | at random.
##
## Second paragraph.
graph asks(question) {
  param n = ~{2: 3, 4: 1}
  ## not about the graph
  param heat: number(0..1) = 0.5
  node sample[n] : assistant(temperature: heat, retry: 1)
  output majority(sample)
}

# an ordinary comment
role plain(question, drafts: list?) -> answer { prompt "{{ question }}" }

## Must be told on what.
graph needs(question) {
  param where
  node one : assistant(retry: 0, temperature: 0) on where
  output one
}
"""


def documented(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["doc", *arguments]) == 0
    return capsys.readouterr().out


def test_a_file_is_documented(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "ways.tgl"
    file.write_text(MODULE, encoding="utf-8")
    [module] = json.loads(documented(capsys, str(file), "--json"))["modules"]
    assert module["doc"] == "Two ways to answer."
    asks, plain, needs = module["decls"]
    assert asks["doc"] == "Asks `n` times | at random.\n\nSecond paragraph."
    assert asks["params"] == [
        {"name": "n", "type": "", "default": "~{2: 3, 4: 1}", "prior": "2 75\xa0%, 4 25\xa0%"},
        {"name": "heat", "type": "number(0..1)", "default": "0.5", "prior": None},
    ]
    assert asks["calls"] == {"least": 2, "most": 8}
    assert (plain["doc"], plain["signature"]) == ("", "role plain(question, drafts: list?) -> answer")
    assert needs["params"][0]["default"] is None
    assert needs["calls"] == {"least": 1, "most": 1}
    text = documented(capsys, str(file))
    assert "| `heat: number(0..1)` | `0.5` |  |" in text
    assert "Calls, re-asks included: at most 8, at least 2, as its choices fall." in text
    assert "Calls, re-asks included: 1." in text


def test_the_page_of_the_library_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs/stdlib.md").read_text(encoding="utf-8")
    printed = documented(capsys)
    assert page.endswith(printed), "run `python docs/make_stdlib.py`"
    assert [line[3:] for line in printed.splitlines() if line.startswith("## ")] == list(stdlib_modules())


def test_every_declaration_of_the_library_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    modules = json.loads(documented(capsys, "--json"))["modules"]
    assert [decl["name"] for module in modules for decl in module["decls"] if not decl["doc"]] == []


@pytest.mark.parametrize(
    ("name", "code", "said"), [("std.scalin", 2, "std.scaling"), ("none.tgl", 2, "none.tgl")]
)
def test_unknown_modules_are_told(
    name: str, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doc", name]) == code
    assert said in capsys.readouterr().err


def test_a_broken_file_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "p.tgl"
    file.write_text("graph g( {", encoding="utf-8")
    assert main(["doc", str(file)]) == 1
    assert "error[E0" in capsys.readouterr().err
