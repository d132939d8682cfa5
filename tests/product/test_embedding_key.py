"""Answers that mean the same are one answer, as a user meets it: voted on, scored, bounded, replayed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tgl.models import ScriptedModel
from tgl.testing import FaultyServer, Manners

from .conftest import Project

EXAMPLES = Path(__file__).parents[2] / "examples"
SMALL = (EXAMPLES / "causes.tgl").read_text(encoding="utf-8")
FIXED = """
use std.reduce { majority }
model words { provider openai; id "words"; base_url env("WORDS_URL") }
model vectors { provider simulated; embeds yes }
role say(question) -> answer { prompt "{{ question }}"; max_tokens 30; temperature 1.0 }
task causes {
  data "causes.jsonl"; split train: 2, select: 2, test: 2; given question; expect answer
  unit calls
  key KEY
}
graph solve(question) {
  node draft[5] : say on words
  output majority(draft)
}
optimize solve on causes { maximize accuracy; spend calls <= 100; using random(trials: 1) }
"""
KEYED = "embedding, by: vectors, similarity: 0.75"


def prepared(project: Project) -> None:
    shutil.copy(EXAMPLES / "causes.jsonl", project.folder)
    project.write(
        "causes.tgl", SMALL.replace("train: 12, select: 18, test: 30", "train: 4, select: 6, test: 10")
    )


def test_the_data_of_the_example_is_made_again_byte_for_byte(tmp_path: Path) -> None:
    script = EXAMPLES / "make_causes.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, timeout=60)
    assert (tmp_path / "causes.jsonl").read_bytes() == (EXAMPLES / "causes.jsonl").read_bytes()


@pytest.mark.slow
def test_the_example_is_searched_and_a_replay_writes_the_same_bytes(project: Project) -> None:
    prepared(project)
    done = project.tglc("optimize", "causes.tgl", "--live")
    assert done.returncode == 0, done.stderr
    assert "SIMULATED" in done.stdout
    assert re.search(r"bill: vectors: \d+ requests, settled at [\d,]+ prompt and 0 completion", done.stdout)
    text = project.text("causes.opt.tgl")
    again = project.tglc("optimize", "causes.tgl", "--force")
    assert "no model was asked" in again.stdout
    assert project.text("causes.opt.tgl") == text
    assert project.tglc("verify", "causes.opt.tgl").returncode == 0


def voted(project: Project, key: str) -> str:
    """What a vote of five drafts says: two in the same words, three in other words each."""
    drafts = ["loose oil filter", "the inlet pipe is blocked", "a blocked inlet pipe", "loose oil filter"]

    def say(request):
        return [*drafts, "an inlet pipe that is blocked"][request.seed % 5]

    project.write("fixed.tgl", FIXED.replace("KEY", key))
    shutil.copy(EXAMPLES / "causes.jsonl", project.folder)
    question = json.dumps({"question": "Why?"})
    with FaultyServer(lambda: ScriptedModel("words", say)) as server:
        done = project.tglc("run", "fixed.tgl", "--live", "--input", question, WORDS_URL=server.base_url)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout.strip()


def test_a_vote_counts_what_answers_mean(project: Project) -> None:
    # Three of five drafts mean the pipe, and no two of them in the same words; two say the filter.
    assert "inlet pipe" in voted(project, KEYED)
    assert voted(project, "embedding, by: vectors, similarity: 1") == "loose oil filter"
    assert voted(project, "text, match: normalised") == "loose oil filter"


def test_what_the_votes_need_is_foreseen_and_bounded(project: Project) -> None:
    prepared(project)
    done = project.tglc("plan", "causes.tgl")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^calls +1 +\d+ +10$", done.stdout, re.M)  # five drafts, and a vector of each
    assert re.search(r"^solve\.draft\[\]\.vector calls +0 +\d+ +5$", done.stdout, re.M)
    project.write("few.tgl", project.text("causes.tgl").replace("cost(mean) <= 30 units", "calls <= 5"))
    done = project.tglc("plan", "few.tgl")
    assert re.search(r"^calls +1 +\d+ +4$", done.stdout, re.M), done.stdout  # two drafts with their vectors


def test_a_server_without_vectors_is_found_out_before_a_model_is_paid(project: Project) -> None:
    prepared(project)
    text = project.text("causes.tgl").replace(
        "model vectors { provider simulated; embeds yes; params 30M }",
        'model vectors { provider openai; id "v"; base_url env("VECTORS_URL"); embeds yes; params 30M }',
    )
    text = re.sub(
        r"model small .*",
        'model small { provider openai; id "s"; base_url env("SMALL_URL"); params 1B }',
        text,
    )
    project.write("causes.tgl", text)
    with (
        FaultyServer(lambda: ScriptedModel("s", lambda _: "a blocked inlet pipe")) as small,
        FaultyServer(lambda: ScriptedModel("v", lambda _: "hello"), manners=Manners(vector=0)) as vectors,
    ):
        urls = {"SMALL_URL": small.base_url, "VECTORS_URL": vectors.base_url}
        done = project.tglc("optimize", "causes.tgl", "--live", "--yes", **urls)
        assert done.returncode == 3, done.stdout
        assert "makes no vectors of texts" in done.stderr
        assert small.log == []
    assert not (project.folder / "causes.opt.tgl").exists()


def test_the_card_of_the_data_says_what_the_key_reads(project: Project) -> None:
    prepared(project)
    done = project.tglc("data", "causes.tgl")
    assert "key embedding reads 60 of 60 targets" in done.stdout
