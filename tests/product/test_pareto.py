"""`optimize … { pareto accuracy, cost }` as a user meets it: a folder of programs, one a trade-off."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from tgl.ir import ModelSpec
from tgl.models import ChatModel, ChatRequest, ScriptedModel
from tgl.pipeline.fronts import put_back, write_front
from tgl.pipeline.searching import SearchOutcome, prepare, search
from tgl.pipeline.session import RunOptions
from tgl.pipeline.stop import Stop
from tgl.pipeline.watch import Watch
from tgl.pipeline.workspace import find_workspace
from tgl.report import SilentProgress, front_table

from .conftest import PROGRAM, Project, rows
from .test_crash import project_in, searched

EXAMPLES = Path(__file__).parents[2] / "examples"

# --- a landscape whose front is known: what each model can do, and what a call of it costs

MODELS = {
    "cheap": (0.35, 1),
    "weak": (0.3, 2),  # dominated by `cheap`
    "middle": (0.6, 4),
    "twin": (0.6, 5),  # answers as `middle` does
    "best": (0.95, 9),
    "vain": (0.9, 20),  # dominated by `best`
}
PLANTED = (
    "\n".join(
        f'model {name} {{ provider openai; id "{name}"; base_url "http://127.0.0.1:9/v1"; units {units} }}'
        for name, (_, units) in MODELS.items()
    )
    + f"""
pool all = [{", ".join(MODELS)}]
role adder(question) -> answer {{ prompt "{{{{ question }}}}"; temperature 0.0; max_tokens 8; retry 0 }}
task adds {{
  data   "adds.jsonl"
  split  train: 20, select: 40, test: 40
  given  question
  expect answer
  key    number
  unit   cheap
}}
graph solve(question) {{
  node reply : adder on ~all
  output reply
}}
optimize solve on adds {{
  pareto accuracy, cost
  spend  calls <= 3000
  seed   7
}}
"""
)


def make(spec: ModelSpec) -> ChatModel:
    """A model that is right on the easiest share of the questions, as all are ordered alike."""
    skill = MODELS[spec.name][0]

    def reply(request: ChatRequest) -> str:
        found = re.search(r"What is (\d+) \+ (\d+)", request.messages[-1].content)
        assert found is not None
        hard = int(hashlib.sha256(found[0].encode()).hexdigest()[:8], 16) / 2**32
        return str(int(found[1]) + int(found[2]) + (0 if hard < skill else 1))

    return ScriptedModel(spec.name, reply)


def planted(
    folder: Path, *, goal: str = "pareto accuracy, cost", spend: int = 3000, concurrency: int = 8
) -> SearchOutcome:
    """A live search of the planted program in a folder of its own."""
    (folder / ".tglc").mkdir(parents=True)
    text = PLANTED.replace("pareto accuracy, cost", goal).replace("<= 3000", f"<= {spend}")
    (folder / "p.tgl").write_text(text, encoding="utf-8")
    (folder / "adds.jsonl").write_text(rows(), encoding="utf-8")
    return asyncio.run(
        search(
            prepare(str(folder / "p.tgl")),
            find_workspace(folder / "p.tgl", {}),
            RunOptions(live=True, concurrency=concurrency),
            Watch(SilentProgress()),
            make_model=make,
        )
    )


def models(outcome: SearchOutcome) -> list[str]:
    return [dict(point.decisions)["solve.reply.model"] for point in outcome.points]


def test_the_planted_front_is_written_with_both_ends_and_no_dominated_program(tmp_path: Path) -> None:
    outcome = planted(tmp_path / "a")
    assert models(outcome) == ["cheap", "middle", "best"]
    front = outcome.front
    assert front is not None
    assert [point.name for point in front.points] == ["1", "2", "3"]
    assert [point.select[0] for point in front.points] == pytest.approx([1.0, 4.0, 9.0])
    assert [point.over for point in front.points] == ["", "1", "2"]
    for point in front.points[1:]:
        assert point.gain is not None
        assert point.gain.estimate.low > 0
    # What each is compared with is no dearer than it, and every simple program is in its block all the same.
    assert [point.same_as for point in front.points] == ["cheap, greedy", "middle, greedy", "best, greedy"]
    for point, own in zip(
        front.points, (set[str](), {"cheap", "weak"}, {"cheap", "weak", "middle"}), strict=True
    ):
        rivals = {one.models[0] for one in point.report.baselines if one.kind == "greedy" and not one.dear}
        assert rivals >= own
        assert "vain" not in rivals
        assert "best_baseline" not in outcome.points[0].text
    assert 'baseline "vain, greedy"' in re.sub(" +", " ", outcome.points[0].text)
    table = front_table(front, title="p.pareto")
    assert all(len(line) <= 80 for line in table.splitlines())


@pytest.mark.parametrize("how", ["random(trials: 6)", "reinforce(rounds: 6, samples: 4, finalists: 6)"])
def test_every_method_finds_it(tmp_path: Path, how: str) -> None:
    outcome = planted(tmp_path / "a", goal=f"pareto accuracy, cost; limit cost(mean) <= 8; using {how}")
    assert models(outcome) == ["cheap", "middle"]  # within the limit, which holds for every point


def test_the_same_points_whatever_the_concurrency_and_for_another_price(tmp_path: Path) -> None:
    one, other = planted(tmp_path / "a"), planted(tmp_path / "b", concurrency=1)
    assert one.files == other.files
    calls = planted(tmp_path / "c", goal="pareto calls, accuracy, latency")
    assert models(calls) == ["best"]  # every program makes one call and takes no time


@pytest.mark.parametrize(("spend", "missing"), [(1900, 0), (250, 2), (200, 0)])
def test_spend_holds_and_what_is_left_out_is_named(tmp_path: Path, spend: int, missing: int) -> None:
    outcome = planted(tmp_path / "a", spend=spend)
    assert outcome.report.spend.calls <= spend
    assert outcome.front is not None
    assert outcome.front.missing == missing
    note = " ".join(outcome.report.notes)
    assert "for lack of `spend`" in note
    assert ("2 more points of the front" in note) is (missing == 2)
    assert all(point.report.winner.n == 40 for point in outcome.front.points)  # written: measured on test


@pytest.mark.slow
def test_a_killed_search_for_a_front_goes_on_to_the_same_points(tmp_path: Path) -> None:
    def project(name: str) -> Path:
        folder = project_in(tmp_path / name)
        text = PROGRAM.replace("maximize accuracy", "pareto accuracy, cost")
        (folder / "adds.tgl").write_text(text, encoding="utf-8")
        return folder

    whole = project("whole")
    done = searched(whole, "all", 0, "afresh")
    assert done.returncode == 0, done.stderr
    calls, wanted = int(done.stdout), (whole / "all").read_bytes()
    assert wanted.count(b"\nmeasured ") > 1
    for number, kill_after in enumerate((calls // 3, calls - 9)):
        folder = project(f"killed{number}")
        assert searched(folder, "all", kill_after, "afresh").returncode == -9
        resumed = searched(folder, "all", 0, "resume")
        assert resumed.returncode == 0, resumed.stderr
        assert (folder / "all").read_bytes() == wanted


# --- the folder


def test_a_set_of_points_is_replaced_as_a_whole_and_nothing_else_is_touched(tmp_path: Path) -> None:
    folder = tmp_path / "p.pareto"
    write_front(folder, {"1.tgl": "a", "2.tgl": "b", "3.tgl": "c"})
    (folder / "notes.txt").write_text("mine")
    (folder / "kept.tgl").write_text("mine")
    write_front(folder, {"1.tgl": "d", "2.tgl": "e"})
    assert {one.name: one.read_text() for one in folder.iterdir()} == {
        "1.tgl": "d",
        "2.tgl": "e",
        "notes.txt": "mine",
        "kept.tgl": "mine",
    }
    assert [one.name for one in tmp_path.iterdir()] == ["p.pareto"]


def test_points_that_can_not_all_be_written_leave_the_old_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "p.pareto"
    write_front(folder, {"1.tgl": "a"})
    written: list[int] = []

    def full(number: int) -> None:
        written.append(number)
        if len(written) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Stop, match="no space left"):
        write_front(folder, {"1.tgl": "b", "2.tgl": "c"})
    assert (folder / "1.tgl").read_text() == "a"
    assert [one.name for one in tmp_path.iterdir()] == ["p.pareto"]


def test_a_folder_that_a_killed_writer_had_moved_aside_is_put_back(tmp_path: Path) -> None:
    folder = tmp_path / "p.pareto"
    write_front(folder, {"1.tgl": "a"})
    folder.rename(tmp_path / ".p.pareto.77.old")
    put_back(folder)
    assert (folder / "1.tgl").read_text() == "a"


# --- the commands, on the example


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, str]:
    """The example, made small and with its models in a file of their own, after its search."""
    folder = tmp_path_factory.mktemp("pareto")
    shutil.copy(EXAMPLES / "quiz.jsonl", folder)
    text = (EXAMPLES / "tradeoffs.tgl").read_text(encoding="utf-8")
    small = text.replace("train: 60, select: 90, test: 200", "train: 20, select: 30, test: 40")
    small = small.replace("  seed   7", "  using  reinforce(rounds: 5, samples: 4)\n  seed   7")
    declared = re.findall(r"^model .*\n", small, re.M)
    assert (len(declared), small.count("\n")) == (2, text.count("\n") + 1)
    (folder / "models.tgl").write_text("".join(declared), encoding="utf-8")
    small = small.replace("".join(declared), "").replace(
        "use std.roles", 'use "./models.tgl" { small, large }\nuse std.roles', 1
    )
    (folder / "p.tgl").write_text(small, encoding="utf-8")
    project = Project(folder, {"PATH": os.environ["PATH"], "HOME": str(folder / "home")})
    done = project.tglc("optimize", "p.tgl", "--live", "--quiet")
    assert done.returncode == 0, done.stderr
    return project, done.stdout


@pytest.fixture
def found(example: tuple[Project, str], tmp_path: Path) -> Project:
    shutil.copytree(example[0].folder, tmp_path, dirs_exist_ok=True)
    return Project(tmp_path, example[0].environment)


def points(project: Project) -> dict[str, str]:
    folder = project.folder / "p.pareto"
    return {one.name: one.read_text(encoding="utf-8") for one in sorted(folder.iterdir())}


def test_the_table_names_every_point_and_fits_a_terminal(example: tuple[Project, str]) -> None:
    project, told = example
    count = len(points(project))
    assert count >= 2
    table = told[: told.index("responses:")].splitlines()[1:]  # behind the label of simulated models
    assert table[0].startswith(f"p.pareto: {count} points, accuracy ")
    assert all(len(line) <= 80 for line in table)
    for name in points(project):
        assert re.search(rf"^  {name.removesuffix('.tgl')} +\d+\.\d %", told, re.M)


def test_check_eval_verify_and_run_take_a_point_where_it_stands_and_beside_its_program(
    found: Project,
) -> None:
    for number in (1, len(points(found))):
        name = f"p.pareto/{number}.tgl"
        checked = found.tglc("check", name)
        assert (checked.returncode, checked.stdout) == (0, f"{name}: no errors\n")
        measured = found.tglc("eval", name, "--quiet")
        assert measured.returncode == 0, measured.stderr
        accuracy = re.search(r"^accuracy .*$", measured.stdout, re.M)
        assert accuracy is not None
        assert re.sub(" +", " ", accuracy[0]) in re.sub(" +", " ", found.text(name))
        inside = Project(found.folder / "p.pareto", found.environment)
        assert inside.tglc("check", f"{number}.tgl").returncode == 0
    verified = found.tglc("verify", "p.pareto/1.tgl")
    assert verified.returncode == 0
    assert "the whole search was replayed" in verified.stdout
    found.write("p.pareto/2.tgl", found.text("p.pareto/2.tgl").replace("n: 40", "n: 41"))
    assert found.tglc("verify", "p.pareto/2.tgl").returncode == 1
    (found.folder / "p.opt.tgl").write_text(found.text("p.pareto/1.tgl"))
    assert found.tglc("eval", "p.opt.tgl", "--quiet").returncode == 0
    answer = found.tglc(
        "run", "p.pareto/1.tgl", "--live", "--quiet", "--input", "question=What is the capital of France?"
    )
    assert answer.returncode == 0, answer.stderr


def test_a_replay_writes_the_same_bytes_and_an_edited_point_is_not_lost(found: Project) -> None:
    before = points(found)
    shutil.rmtree(found.folder / "p.pareto")
    assert found.tglc("optimize", "p.tgl", "--quiet").returncode == 0
    assert points(found) == before
    again = found.tglc("optimize", "p.tgl", "--quiet", "--json")  # shown again from what was kept
    told = json.loads(again.stdout)
    assert told["unchanged"] is True
    assert points(found) == before
    front = told["front"]
    assert [f"{point['name']}.tgl" for point in front["points"]] == list(before)
    assert all(point["decided"] and point["report"]["winner"]["n"] == 40 for point in front["points"])
    edited = found.write("p.pareto/1.tgl", before["1.tgl"].replace("0.8", "0.9"))
    stale = found.tglc("check", "p.pareto/1.tgl")
    assert "W0701" in stale.stdout + stale.stderr
    refused = found.tglc("optimize", "p.tgl", "--quiet")
    assert refused.returncode == 1
    assert "R0306" in refused.stderr
    assert "0.9" in edited.read_text()
    assert found.tglc("optimize", "p.tgl", "--quiet", "--force").returncode == 0
    assert points(found) == before


@pytest.mark.parametrize("output", ["elsewhere", "quiz.jsonl", "missing/p.pareto", "quiz.jsonl/p.pareto"])
def test_a_front_goes_where_a_folder_for_it_can_be(found: Project, output: str) -> None:
    done = found.tglc("optimize", "p.tgl", "--quiet", "--output", output)
    assert done.returncode == 2
    assert "R0305" in done.stderr


def test_a_front_is_written_where_it_is_named_and_a_simulation_writes_one_too(found: Project) -> None:
    assert found.tglc("optimize", "p.tgl", "--quiet", "--output", "mine.pareto").returncode == 0
    assert (found.folder / "mine.pareto" / "1.tgl").is_file()
    refused = found.tglc("optimize", "p.tgl", "--quiet", "--record", "p.pareto/1.tgl")
    assert refused.returncode == 2
    done = found.tglc("simulate", "p.tgl", "--quiet", "--output", "planned.pareto")
    assert done.returncode == 0, done.stderr
    assert (found.folder / "planned.pareto" / "1.tgl").is_file()
