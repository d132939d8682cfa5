"""What `plan` and `optimize` warn of before the first call: the same things, once, at their place."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tgl.cli.main import main

HEAD = """\
use std.reduce {{ majority }}
model tiny {{ provider openai; id "t"; base_url "http://127.0.0.1:9"; {tiny}
  price prompt: $0/Mtok, completion: $0/Mtok }}
model big {{ provider openai; id "b"; base_url "http://127.0.0.1:9"; {big}
  price prompt: $0/Mtok, completion: $0/Mtok }}
role adder(question, drafts: list?) -> answer {{
  prompt {prompt}; temperature 0.8; max_tokens 100; retry 0{shots}
}}
task adds {{
  data "adds.jsonl"; split train: 20, select: 20, test: 40
  given question; expect answer; key number; unit calls
}}
"""
PLAIN = "{{ question }}{% for d in drafts %}{{ d }}{% endfor %}"
GRAPH = """\
graph solve(question) {
  node draft[~2..6] : adder on tiny
  node final        : adder on ~[tiny, big]
  edge draft -> final
  output final
}
optimize solve on adds { maximize accuracy; spend calls <= 4000; using random(trials: 4, samples: 2) }
"""


@pytest.fixture
def warned(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """The codes of the warnings of both commands, and what `optimize` printed."""
    rows = [{"question": f"What is {k:03} + {k + 1:03} ?", "answer": 2 * k + 1} for k in range(400)]
    (tmp_path / "adds.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "shots.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.chdir(tmp_path)

    def run(tiny: str = "", big: str = "", prompt: str = PLAIN, shots: str = "", graph: str = GRAPH):
        head = HEAD.format(tiny=tiny, big=big, prompt=json.dumps(prompt), shots=shots)
        (tmp_path / "p.tgl").write_text(head + graph)
        assert main(["plan", "p.tgl", "--json"]) == 0
        planned = json.loads(capsys.readouterr().out)["problems"]
        assert main(["optimize", "p.tgl", "--store", "none.sqlite"]) == 3  # nothing is recorded
        told = capsys.readouterr().err
        assert re.findall(r"^warning\[(\w+)\]", told, re.MULTILINE) == planned
        return planned, told

    return run


def test_a_prompt_that_may_outgrow_a_context_is_told_with_its_worst_fan_in(warned):
    # six drafts of 100 tokens and a reply of 100 are 700; the texts around them are some 20 more
    codes, told = warned(tiny="context 701")
    assert codes == ["W0601"]
    assert "node `final` may need 7" in told
    assert "on `tiny`, whose context holds 701" in told
    assert "with 6 messages in it, and a reply of 100" in told
    assert "p.tgl:15:3" in told


def test_a_context_that_is_enough_or_not_known_is_not_told(warned):
    assert warned(tiny="context 800")[0] == []
    assert warned(big="context 800")[0] == []
    assert warned()[0] == []


def test_the_model_whose_context_is_exceeded_most_is_named_once(warned):
    codes, told = warned(tiny="context 650", big="context 300")
    assert codes == ["W0601"]
    assert "on `big`, whose context holds 300" in told


def test_a_node_is_not_told_for_a_model_that_it_does_not_run_on(warned):
    graph = GRAPH.replace("~[tiny, big]", "big")
    assert warned(tiny="context 500", graph=graph)[0] == []
    codes, told = warned(tiny="context 110", graph=graph)  # the drafts themselves
    assert codes == ["W0601"]
    assert "node `draft` may need" in told
    assert "messages in it" not in told


def test_few_shot_rows_count(warned):
    shots = '; shots 9, from: "shots.jsonl"'
    codes, _ = warned(tiny="context 800", shots=shots)
    assert sorted(set(codes)) == ["W0601", "W0852"]


def test_local_weights_bring_their_context(tmp_path, warned):
    graph = GRAPH.replace("~[tiny, big]", "smol").replace(
        "graph solve", 'model smol { provider local; weights "smollm2-135m-instruct" }\ngraph solve'
    )
    assert warned(graph=graph)[0] == []
    graph = graph.replace("~2..6", "~2..30")
    codes, told = warned(graph=graph)
    assert codes == ["W0601"]
    assert "whose context holds 2,048" in told


def test_questions_of_the_test_split_are_told_at_the_role_that_shows_them(tmp_path, warned):
    rows = [json.loads(line) for line in (tmp_path / "adds.jsonl").read_text().splitlines()]
    codes, told = warned(prompt=" ".join(row["question"] for row in rows) + PLAIN)
    assert codes == ["W0851"]
    assert "40 of the test questions" in told
    assert "p.tgl:14:3" in told
    codes, told = warned(shots='; shots 1, from: "shots.jsonl"')
    assert codes == ["W0852"]
    assert "40 of the 400 worked examples" in told


def test_what_a_check_warns_of_is_told_too(warned):
    graph = GRAPH.replace("draft[~2..6] : adder on tiny", "draft[2] : adder on ~[tiny, big]")
    codes, told = warned(graph=graph.replace("adder on ~[tiny, big]\n  edge", "majority\n  edge"))
    assert codes == ["W0504"]
    assert "of two votes only the first decides" in told
