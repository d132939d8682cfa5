"""`tglc check --emit ir`, and the page that says what it prints."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tgl.ir import ProgramIR
from tgl.semantics import Invariant
from tgl.semantics.passes import PASSES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ir.md").read_text(encoding="utf-8")


def emitted(name: str, folder: Path, seed: int = 0) -> bytes:
    done = subprocess.run(
        [sys.executable, "-m", "tgl.cli.main", "check", name, "--emit", "ir"],
        cwd=folder,
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
        capture_output=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def test_the_page_tells_of_the_values_as_they_are() -> None:
    spec = importlib.util.spec_from_file_location("make_ir", ROOT / "docs" / "make_ir.py")
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    assert maker.made(PAGE) == PAGE, "run `python docs/make_ir.py`"


def test_the_page_lists_every_invariant_once() -> None:
    table = PAGE.split("## What holds")[1].split("\n## ")[0]
    listed = [line.split("`")[1] for line in table.splitlines() if line.startswith("| `")]
    assert listed == [str(name) for name in Invariant]


def test_the_page_lists_the_passes_with_what_they_ensure() -> None:
    rows = [f"| `{one.name}` |" for one in PASSES]
    table = PAGE.split("## Passes")[1].split("\n## ")[0]
    listed = [line for line in table.splitlines() if line.startswith("| `")]
    assert len(listed) == len(rows)
    for line, row, one in zip(listed, rows, PASSES, strict=True):
        assert line.startswith(row)
        assert line.endswith(f"| {', '.join(f'`{name}`' for name in sorted(one.ensures))} |")


def test_the_example_of_the_page_is_what_the_command_prints(tmp_path: Path) -> None:
    program, answer = (PAGE.split(f"```{kind}\n")[1].split("```")[0] for kind in ("tgl", "json"))
    (tmp_path / "sums.tgl").write_text(program, encoding="utf-8")
    assert emitted("sums.tgl", tmp_path).decode() == answer


@pytest.mark.parametrize("name", ["examples/quickstart.tgl", "examples/mixture.tgl"])
def test_the_same_program_gives_the_same_bytes_everywhere(name: str) -> None:
    first, second = (emitted(name, ROOT, seed) for seed in (1, 2))
    assert first == second
    found = json.loads(first)
    assert found["schema_version"] == 1
    assert json.dumps(found, indent=2, sort_keys=True) + "\n" == first.decode("ascii")
    again = ProgramIR.model_validate_json(first)
    assert json.loads(again.model_dump_json()) == found
