"""Copies that name what the file declares, in place of a param that is given just that, mean the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tgl.emit import resolve_text
from tgl.semantics import MemoryLoader, check, lower
from tgl.space import Stream, resolve, sample
from tgl.text import SourceFile

CASE = Path(__file__).parents[2] / "corpus" / "resolve" / "passed_on_names"
FILES = {path.name: path.read_text() for path in CASE.glob("*.tgl") if path.name != "expected.tgl"}
ASKED = 'judge(question, answer: text) -> number(0..10) after "Score:" { prompt "Mark {{ answer }}" }'


def read(text: str):
    checked = check(SourceFile("program.tgl", text), MemoryLoader(FILES))
    assert checked.ok, [f"{problem.code} {problem.message}" for problem in checked.problems]
    return checked, lower(checked, "solve").ir


@pytest.mark.parametrize(
    ("call", "kept"),
    [
        ("outer(judge: judge, team: team, other: team)", {"other", "team_2"}),
        ("outer(judge: judge, team: team, other: [gemma, smol])", {"other", "team_2"}),
        ("outer(judge: strict, team: team, other: team)", {"other", "team_2", "judge_2"}),
        ("outer(judge: judge, team: [gemma, smol], other: team)", {"other", "team_2"}),
        ("~[outer(judge: judge, team: team, other: team)]", {"other", "team_2"}),
        ("outer(judge: judge, team: team, other: team when question)", None),
    ],
)
def test_a_sampled_program_means_the_same_when_it_is_written_back(call, kept):
    program = FILES["program.tgl"].replace("outer(judge: judge, team: team, other: team)", call)
    program += f"role strict({ASKED[6:]}\n"
    if kept is None:
        assert not check(SourceFile("program.tgl", program), MemoryLoader(FILES)).ok
        return
    checked, ir = read(program)
    for seed in range(12):
        resolution = resolve(ir, sample(ir, Stream(seed)).assignment)
        text = resolve_text(checked, ir, resolution)
        params = {line.split()[1] for line in text.splitlines() if line.startswith("  param ")}
        assert params <= kept
        _, again = read(text)
        assert resolve(again, {}).candidate == resolution.candidate
