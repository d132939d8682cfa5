"""Guards on how sure a model was, as a user meets them: simulated models, and servers that tell nothing."""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tgl.cli.main import main
from tgl.models import ScriptedModel
from tgl.storage import SqliteStore, StoredResponse
from tgl.testing import FaultyServer
from tgl.testing.faulty_server import Manners

EXAMPLES = Path(__file__).parents[2] / "examples"
ASKED = 40

PROGRAM = """\
use std.reduce  {{ last }}
use std.signals {{ confidence, ended, perplexities, share_below, tokens }}
model small {{ provider simulated; profile "sim-1b"; items "quiz.jsonl"; params 1B }}
model large {{ provider simulated; profile "sim-8b"; items "quiz.jsonl"; params 8B }}
task quiz {{
  data "quiz.jsonl"; split train: 20, select: 20, test: {asked}; given question; expect answer
  key text, match: normalised; unit small
}}
role say(question) -> answer {{ prompt "{{{{ question }}}}"; temperature 0; max_tokens 12; retry 0 }}
graph solve(question) {{
  node quick  : say on small
  node second : say on large when {guard}
  output last(quick, second)
}}
optimize solve on quiz {{ maximize accuracy; {goal} }}
"""


def geometric(logprobs: Sequence[float]) -> float:
    return math.prod(map(math.exp, logprobs)) ** (1 / len(logprobs))


def arithmetic(logprobs: Sequence[float]) -> float:
    return sum(map(math.exp, logprobs)) / len(logprobs)


def of(told: Callable[[Sequence[float]], float], limit: float) -> Callable[[StoredResponse], bool]:
    return lambda reply: reply.logprobs is not None and told(reply.logprobs) < limit


def share(logprobs: Sequence[float]) -> float:
    return sum(math.exp(-value) < 1.2 for value in logprobs) / len(logprobs)


GUARDS: dict[str, Callable[[StoredResponse], bool]] = {
    "confidence(quick) < 0.75": of(geometric, 0.75),
    "confidence(quick, mean: arithmetic) < 0.8": of(arithmetic, 0.8),
    "confidence(quick, mean: min) < 0.6": of(lambda values: math.exp(min(values)), 0.6),
    "share_below(perplexities(quick), 1.2) < 0.5": of(share, 0.5),
    "not ended(quick)": lambda reply: reply.finish == "length",
    "tokens(quick) > 9": lambda reply: reply.completion_tokens > 9,
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(EXAMPLES / "quiz.jsonl", tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".tglc").mkdir()
    return tmp_path


def write(folder: Path, guard: str, goal: str = "spend calls <= 900") -> str:
    (folder / "p.tgl").write_text(PROGRAM.format(guard=guard, goal=goal, asked=ASKED), encoding="utf-8")
    return "p.tgl"


def stored(folder: Path) -> list[StoredResponse]:
    with SqliteStore(folder / ".tglc" / "store.sqlite") as store:
        return list(store.records())


def by_model(replies: Sequence[StoredResponse]) -> list[list[StoredResponse]]:
    """The replies of each model, those of the model that was asked more first."""
    found: dict[str, list[StoredResponse]] = {}
    for reply in replies:
        found.setdefault(reply.origin.model, []).append(reply)
    return sorted(found.values(), key=len, reverse=True)


def figures(capsys: pytest.CaptureFixture[str]) -> str:
    """What `eval` tells of the program."""
    lines = capsys.readouterr().out.splitlines()
    told = [line for line in lines if line.startswith(("accuracy", "cost", "latency"))]
    assert len(told) == 3
    return "\n".join(told)


@pytest.mark.parametrize("guard", GUARDS)
def test_the_second_model_is_asked_just_where_the_signal_says(
    guard: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By hand from what is stored of the first; then from the store alone, the same."""
    assert main(["eval", write(folder, guard), "--live", "--quiet"]) == 0
    live = figures(capsys)
    first, second = by_model([reply for reply in stored(folder) if reply.origin.salt == "final"])
    assert len(first) == ASKED
    assert len(second) == sum(map(GUARDS[guard], first))
    assert 0 < len(second) < ASKED
    assert main(["eval", "p.tgl", "--quiet"]) == 0
    assert figures(capsys) == live


def test_replies_without_log_probabilities_stay_and_are_not_used_where_these_are_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", write(folder, "tokens(quick) > 9"), "--live", "--quiet"]) == 0
    plain, before = figures(capsys), {reply.identity: reply for reply in stored(folder)}
    assert all(reply.logprobs is None for reply in before.values())
    assert main(["eval", write(folder, "confidence(quick) < 0.75"), "--live", "--quiet"]) == 0
    capsys.readouterr()
    after = {reply.identity: reply for reply in stored(folder)}
    assert before.items() <= after.items()
    assert any(reply.logprobs for reply in after.values())
    assert main(["eval", write(folder, "tokens(quick) > 9"), "--quiet"]) == 0
    assert figures(capsys) == plain


def test_without_the_line_that_a_search_writes_other_replies_are_wanted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = write(folder, "tokens(quick) > 9", "logprobs small")
    assert main(["eval", program, "--live", "--quiet"]) == 0
    assert main(["eval", program, "--quiet"]) == 0
    capsys.readouterr()
    assert main(["eval", write(folder, "tokens(quick) > 9"), "--quiet"]) == 3
    told = capsys.readouterr().err
    assert "R0302" in told
    assert '"logprobs":true' in told


def test_the_example_is_searched_and_verified(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (EXAMPLES / "cascade_confidence.tgl").read_text(encoding="utf-8")
    local = re.compile(r'provider local; weights "[^"]*"')
    first = local.sub('provider simulated; profile "sim-1b"; items "quiz.jsonl"', text, count=1)
    both = local.sub('provider simulated; profile "sim-8b"; items "quiz.jsonl"', first, count=1)
    small = re.sub(r"train: \d+, select: \d+, test: \d+", "train: 20, select: 30, test: 40", both)
    small = re.sub(r"rounds: \d+, samples: \d+", "rounds: 2, samples: 4", small)
    assert small.count("simulated") == 2
    shutil.copy(EXAMPLES / "quiz_shots.jsonl", folder)
    (folder / "p.tgl").write_text(small, encoding="utf-8")
    assert main(["optimize", "p.tgl", "--live", "--quiet"]) == 0
    assert main(["verify", "p.opt.tgl"]) == 0
    capsys.readouterr()
    assert main(["eval", "p.opt.tgl", "--quiet"]) == 0
    assert "0 calls asked of models" in capsys.readouterr().out
    result = (folder / "p.opt.tgl").read_text(encoding="utf-8")
    assert re.search(r"^  seed +7\n  logprobs +\w+", result, re.M)
    assert all(reply.logprobs is not None for reply in stored(folder))
    assert main(["simulate", "p.tgl", "--fit", "-o", "fitted.toml", "--quiet"]) == 0
    assert {"smol", "gemma"} <= set(re.findall(r"\w+", (folder / "fitted.toml").read_text(encoding="utf-8")))


def test_a_server_that_was_found_to_tell_none_is_not_asked(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = folder / write(folder, "confidence(quick) < 0.75")
    on_server = 'provider openai; id "small"; base_url env("SMALL_URL")'
    text = program.read_text(encoding="utf-8").replace(
        'provider simulated; profile "sim-1b"; items "quiz.jsonl"', on_server
    )
    program.write_text(text, encoding="utf-8")
    with FaultyServer(
        lambda: ScriptedModel("small", lambda _: "Lima"), manners=Manners(lists=False)
    ) as server:
        monkeypatch.setenv("SMALL_URL", server.base_url)
        assert main(["models", "probe", "p.tgl", "small"]) == 0
        asked = server.arrived
        assert main(["eval", "p.tgl", "--live", "--quiet"]) == 3
        told = capsys.readouterr().err
        assert "R0107" in told
        assert "`without logprobs`" in told
        assert server.arrived == asked
    program.write_text(text.replace('id "small"', 'id "small"; without logprobs'), encoding="utf-8")
    assert main(["check", "p.tgl"]) == 1
    assert "E0603" in capsys.readouterr().err
