"""The example programs: clean, in canonical layout, and searched on loopback servers that simulate models.

The servers answer from a hash of the request, so the figures say nothing about any real model.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tgl.models import ChatRequest, ScriptedModel
from tgl.semantics import NO_FILES, check
from tgl.syntax import format_source
from tgl.testing import FaultyServer
from tgl.text import SourceFile

from .conftest import Project

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.tgl"))
ON_SERVERS = ("cascade", "mixture")
SHOWN = {
    "the reference, unresolved": ("docs/language.md", 0),
    "the reference, resolved": ("docs/language.md", 1),
    "the readme": ("README.md", 0),
}


def source_of(path: Path) -> SourceFile:
    return SourceFile(path.name, path.read_text(encoding="utf-8"))


def assert_clean(source: SourceFile) -> None:
    assert [problem for problem in check(source, NO_FILES).problems if problem.code != "W0701"] == []
    assert format_source(source) == source.text


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_clean(path: Path) -> None:
    assert_clean(source_of(path))


def test_each_example_is_run_somewhere() -> None:
    written = {path.name.removesuffix(".tgl") for path in EXAMPLES if not path.name.endswith(".opt.tgl")}
    # The second: test_simulated.py; the third: test_keys.py; the fourth: test_code_key.py; the fifth:
    # test_tts_graph.py.
    # `benchmarks` has tasks alone: tests/data/test_benchmark_layouts.py.
    # Those of `std.tasks`: test_benchmarks.py.
    of_benchmarks = {"benchmarks", "math", "mmlu", "gsm8k", "humaneval"}
    assert written == {
        "quickstart",
        "simulated",
        "fractions",
        "code",
        "tts_graph",
        *of_benchmarks,
        "judged",  # test_judge_key.py
        "causes",  # test_embedding_key.py
        "tradeoffs",  # test_pareto.py
        "cascade_confidence",  # test_confidence.py
        "which_two",  # tests/unit/constructs/test_list_functions.py
        "hand_over",  # the same
        "limits",  # test_measured_limits.py
        *ON_SERVERS,
    }


@pytest.mark.parametrize("where", SHOWN)
def test_a_program_in_the_documentation_is_clean(where: str) -> None:
    path, nth = SHOWN[where]
    blocks = re.findall(r"^```tgl\n(.*?)^```", (ROOT / path).read_text(encoding="utf-8"), re.S | re.M)
    shown = [block for block in blocks if "\ntask " in block]
    assert_clean(SourceFile(f"{nth}.tgl", shown[nth]))


def chance(*what: object) -> float:
    """A number from 0 to 1 that the arguments decide."""
    return int(hashlib.sha256(" ".join(map(str, what)).encode()).hexdigest()[:8], 16) / 2**32


def simulated(name: str, skill: float) -> Callable[[ChatRequest], str]:
    """Adds, right with probability `skill` alone; right drafts in the prompt help, wrong ones mislead."""

    def reply(request: ChatRequest) -> str:
        text = request.messages[-1].content
        asked = re.search(r"What is (\d+) \+ (\d+)", text)
        if asked is None:
            return "7"  # the standard grader's question, among others
        right = int(asked[1]) + int(asked[2])
        drafts = [int(one) for one in re.findall(r"Attempt \d+: It is (\d+)", text)]
        helped = sum(0.2 if one == right else -0.1 for one in drafts)
        seed = request.seed if request.decoding.temperature else 0
        luck = chance(name, text, seed)
        return f"It is {right if luck < skill + helped else right + 1 + int(luck * 100) % 3}"

    return reply


@pytest.fixture
def urls() -> Iterator[dict[str, str]]:
    with (
        FaultyServer(lambda: ScriptedModel("small", simulated("small", 0.55))) as small,
        FaultyServer(lambda: ScriptedModel("large", simulated("large", 0.8))) as large,
    ):
        yield {"SMALL_URL": small.base_url, "LARGE_URL": large.base_url}


@pytest.mark.slow
@pytest.mark.parametrize("name", ON_SERVERS)
def test_an_example_is_searched_evaluated_and_verified(
    project: Project, urls: dict[str, str], name: str
) -> None:
    project.write(f"{name}.tgl", (ROOT / "examples" / f"{name}.tgl").read_text(encoding="utf-8"))
    rows = [
        {"question": f"What is {11 + n} + {7 + 3 * (n % 41)}?", "answer": 18 + n + 3 * (n % 41)}
        for n in range(140)
    ]
    project.write("sums.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    done = project.tglc("optimize", f"{name}.tgl", "--live", "--yes", **urls)
    assert done.returncode == 0, done.stderr
    resolved = f"{name}.opt.tgl"
    assert_clean(SourceFile(resolved, project.text(resolved)))
    assert "~" not in re.sub(r"#.*", "", project.text(resolved)).split("measured ")[0]
    measured = project.tglc("eval", resolved)
    assert measured.returncode == 0, measured.stderr
    shares_slots = name == "cascade"
    assert ("2 calls of a question at a time" in done.stdout) is shares_slots
    for told in (project.text(resolved), measured.stdout):
        latency = re.search(r"^ *latency .*$", told, re.M)
        assert latency is not None
        assert latency[0].endswith(", concurrency: 2") is shares_slots
    assert "0 calls asked of models" in measured.stdout
    assert project.tglc("verify", resolved).returncode == 0
