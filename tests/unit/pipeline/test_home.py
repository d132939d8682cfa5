"""Where programs are at home: the points of a front are, where the program that was searched is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tgl.pipeline.fronts import default_front
from tgl.pipeline.home import home_of, is_front, searched_file
from tgl.pipeline.loading import folder_of, name_of
from tgl.pipeline.outputs import default_output
from tgl.pipeline.workspace import find_workspace


@pytest.mark.parametrize(
    ("program", "home"),
    [
        ("p.tgl", "."),
        ("a/p.opt.tgl", "a"),
        ("p.pareto/1.tgl", "."),
        ("a/p.pareto/1.tgl", "a"),
        ("../p.pareto/1.tgl", ".."),
        ("a/p.pareto/deep/1.tgl", "a/p.pareto/deep"),
        (".pareto/1.tgl", ".pareto"),
    ],
)
def test_paths_are_relative_to_where_the_searched_program_is(program: str, home: str) -> None:
    assert home_of(Path(program)) == Path(home)
    assert folder_of(program) == Path(home)
    assert Path(name_of("./common.tgl", program)) == Path(home) / "common.tgl"


def test_a_point_named_from_within_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "p.pareto").mkdir()
    (tmp_path / "p.tgl").touch()
    monkeypatch.chdir(tmp_path / "p.pareto")
    assert is_front(Path())
    assert home_of(Path("1.tgl")).resolve() == tmp_path
    assert searched_file(Path("1.tgl")) == Path("../p.tgl")
    assert find_workspace(Path("1.tgl"), {}).root == tmp_path


@pytest.mark.parametrize(
    ("program", "front", "single"),
    [
        ("p.tgl", "p.pareto", "p.opt.tgl"),
        ("a/p.v2.tgl", "a/p.v2.pareto", "a/p.v2.opt.tgl"),
        ("a/p.opt.tgl", "a/p.pareto", "a/p.opt.tgl"),
        ("a/p.pareto/2.tgl", "a/p-2.pareto", "a/p-2.opt.tgl"),
    ],
)
def test_where_results_go(program: str, front: str, single: str) -> None:
    assert default_front(program) == Path(front)
    assert default_output(program) == Path(single)


def test_which_program_a_resolved_one_was_written_from(tmp_path: Path) -> None:
    (tmp_path / "p.tgl").touch()
    for name in ("p.opt.tgl", "p.pareto/1.tgl"):
        assert searched_file(tmp_path / name) == tmp_path / "p.tgl"
    for name in ("p.tgl", "q.opt.tgl", "q.pareto/1.tgl"):
        assert searched_file(tmp_path / name) is None
