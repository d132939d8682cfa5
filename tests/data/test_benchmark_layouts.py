"""examples/benchmarks.tgl: data in the layouts of four benchmarks is read whole, as its maker makes it."""

from __future__ import annotations

import gzip
import importlib.util
import json
from pathlib import Path

from tgl.cli.main import main

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_every_target_is_read_and_no_row_repeats(capsys, monkeypatch):
    monkeypatch.chdir(EXAMPLES.parent)
    assert main(["data", "examples/benchmarks.tgl", "--json"]) == 0
    cards = {card["task"]: card for card in json.loads(capsys.readouterr().out)["cards"]}
    assert list(cards) == ["math", "mmlu", "gsm8k", "humaneval"]
    for card in cards.values():
        assert card["diagnostics"] == []
        assert card["target"]["readable"] == card["rows"]
        assert all(split["used"] > 0 for split in card["splits"])
    assert (cards["math"]["rows"], cards["math"]["rows_before_where"]) == (38, 48)
    assert {card["rows_before_where"] for card in cards.values()} == {48}
    # The letters of the right options are even, so that none of them is a good guess.
    assert {one["count"] for one in cards["mmlu"]["target"]["frequent"]} == {12}


def test_the_files_are_those_that_are_made(tmp_path, monkeypatch):
    loaded = importlib.util.spec_from_file_location("make_benchmarks", EXAMPLES / "make_benchmarks.py")
    assert loaded is not None
    assert loaded.loader is not None
    maker = importlib.util.module_from_spec(loaded)
    loaded.loader.exec_module(maker)
    monkeypatch.setattr(maker, "FOLDER", tmp_path)
    maker.main()
    assert contents(tmp_path) == contents(EXAMPLES / "benchmarks")


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder, unpacked: another zlib packs otherwise."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {
        name: gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path.read_bytes()
        for name, path in files.items()
    }
