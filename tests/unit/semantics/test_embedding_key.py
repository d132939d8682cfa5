"""`key embedding` as a program writes it."""

from __future__ import annotations

import pytest

from tgl.semantics import MemoryLoader, check, lower
from tgl.text import SourceFile

PROGRAM = """
model small {{ provider openai; id "small"; base_url "http://localhost:8001/v1" }}
model meaning {{ provider openai; id "meaning"; base_url "http://localhost:8002/v1"; embeds {embeds} }}
role say(question) -> answer {{ prompt "{{{{ question }}}}"; max_tokens 20 }}
task causes {{
  data "causes.jsonl"; split train: 1, select: 1, test: 1; given question; expect answer
  unit calls
  key {key}
  {more}
}}
graph solve(question) {{
  node a : say on small
  output a
}}
optimize solve on causes {{ maximize accuracy; spend calls <= 9; using random(trials: 1) }}
"""


def lowered(key: str, *, embeds: str = "yes", more: str = ""):
    text = PROGRAM.format(key=key, embeds=embeds, more=more)
    return lower(check(SourceFile("t.tgl", text), MemoryLoader({})))


@pytest.mark.parametrize(
    ("key", "similarity"),
    [
        ("embedding, by: meaning", 0.85),
        ("embedding, by: meaning, similarity: 0.5", 0.5),
        ("embedding, by: meaning, similarity: 90%", 0.9),
        ("embedding, similarity: 1, by: meaning", 1.0),
    ],
)
def test_it_names_a_model_and_how_alike_answers_are(key, similarity):
    found = lowered(key)
    assert found.ir is not None, found.problems
    spec = found.ir.task.key
    assert (spec.kind, spec.embedder, spec.similarity) == ("embedding", "meaning", similarity)
    # It is declared and priced like any model, though no node runs on it.
    assert [(model.name, model.embeds) for model in found.ir.models] == [("small", False), ("meaning", True)]


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("embedding", "E0302"),
        ("embedding, similarity: 0.9", "E0302"),
        ("embedding, by: meaning, similarity: 0", "E0302"),
        ("embedding, by: meaning, similarity: 1.01", "E0302"),
        ("embedding, by: meaning, similarity: 850%", "E0302"),
        ('embedding, by: meaning, similarity: "high"', "E0302"),
        ("embedding, by: meaning, tolerance: 1%", "E0302"),
        ("embedding, by: meaning, by: meaning", "E0302"),
        ("embedding, by: small", "E0606"),
        ("embedding, by: nobody", "E0203"),
        ("embedding, by: say", "E0203"),
    ],
)
def test_what_is_wrong_with_it_is_told(key, code):
    assert {problem.code for problem in lowered(key).problems} == {code}


@pytest.mark.parametrize(("embeds", "code"), [("no", "E0606"), ("maybe", "E0302"), ("1", "E0302")])
def test_a_model_says_yes_or_no(embeds, code):
    found = lowered("embedding, by: meaning", embeds=embeds)
    assert code in {problem.code for problem in found.problems}


@pytest.mark.parametrize("metric", ["f1", "pass, k: 1, of: 2"])
def test_other_metrics_do_not_ask_the_model(metric):
    found = lowered("embedding, by: meaning", more=f"metric {metric}")
    assert "E0302" in {problem.code for problem in found.problems}
