"""`tglc why`: cosmetic edits change no identity, and any other edit is named."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from pathlib import Path

import pytest

from tgl.cli.main import main
from tgl.ir import ModelSpec
from tgl.models import ChatRequest, ScriptedModel, fingerprint_of, settings_of
from tgl.pipeline.evaluating import evaluate
from tgl.pipeline.resolved import load_resolved
from tgl.pipeline.session import RunOptions
from tgl.pipeline.watch import Watch
from tgl.pipeline.workspace import find_workspace
from tgl.report import SilentProgress
from tgl.storage import SqliteStore

PROGRAM = """\
use std.reduce { majority }

model tiny { provider openai; id "tiny"; revision "r1"; base_url env("TINY_URL"); params 1M }
model big { provider openai; id "big"; base_url env("BIG_URL"); params 3M }

role adder(question) -> answer {
  system      "You add numbers."
  prompt      "{{ question }}"
  temperature 0.8
  max_tokens  8
  retry       0
}
role judge(question, drafts: list) -> answer {
  prompt      "{{ question }} Drafts: {{ drafts | join(', ') }}"
  temperature 0
  max_tokens  8
  retry       0
}

task adds {
  data   "adds.jsonl"
  split  train: 4, select: 4, test: 8
  given  question
  expect answer
  key    number
  unit   tiny
}

graph solve(question) {
  node sample[2] : adder on tiny
  node other : adder(temperature: 0.5) on big
  node final : judge on big
  edge sample -> final
  edge other -> final
  output final
}

optimize solve on adds { maximize accuracy; spend calls <= 1000; seed 7 }
"""


class Declared(ScriptedModel):
    """A fake under the identity of the declared model."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__(spec.name, adds)
        self.declared_as = fingerprint_of(settings_of(spec))

    @property
    def fingerprint(self) -> str:
        return self.declared_as


def adds(request: ChatRequest) -> str:
    found = re.search(r"(\d+) \+ (\d+)", request.messages[-1].content)
    assert found is not None
    return str(int(found[1]) + int(found[2]))


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the program, its data, and a store that holds what `eval` asked."""
    folder = tmp_path_factory.mktemp("measured")
    rows = [json.dumps({"question": f"{n} + {3 * n}", "answer": 4 * n}) for n in range(60)]
    (folder / "adds.jsonl").write_text("\n".join(rows), encoding="utf-8")
    program = folder / "p.tgl"
    program.write_text(PROGRAM, encoding="utf-8")
    (folder / ".tglc").mkdir()
    work = evaluate(
        load_resolved(str(program)),
        find_workspace(program, {}),
        RunOptions(live=True),
        Watch(SilentProgress()),
        make_model=Declared,
    )
    assert asyncio.run(work).figures.n == 8
    return folder


@pytest.fixture
def folder(measured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(measured, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def edited(folder: Path, *edits: tuple[str, str]) -> None:
    """The program with each of some texts replaced, wherever it stands."""
    text = PROGRAM
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    (folder / "p.tgl").write_text(text, encoding="utf-8")


def moved(first: str, second: str) -> tuple[tuple[str, str], ...]:
    """The edits that let two parts of the program change places."""
    return ((first, "\0"), (second, first), ("\0", second))


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, object]]:
    """The exit code and the JSON of a question."""
    capsys.readouterr()
    code = main(["why", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


TINY = 'model tiny { provider openai; id "tiny"; revision "r1"; base_url env("TINY_URL"); params 1M }\n'
BIG = 'model big { provider openai; id "big"; base_url env("BIG_URL"); params 3M }\n'
SAMPLE = "  node sample[2] : adder on tiny\n"
OTHER = "  node other : adder(temperature: 0.5) on big\n"


COSMETIC: dict[str, tuple[tuple[str, str], ...]] = {
    "none": (),
    "comments": (("graph solve", "# a comment\ngraph solve"), ("retry       0", "retry 0  # none")),
    "formatting": ((";", "\n"), ("   ", " "), ("  node final", "\n\n      node final")),
    "nodes renamed": (("final", "verdict"), ("sample", "draft"), ("other", "one_more")),
    "roles and graph renamed": (("adder", "summer"), ("judge", "referee"), ("solve", "answer_it")),
    "model renamed": (
        ("model tiny", "model small"),
        ("on tiny", "on small"),
        ("unit   tiny", "unit   small"),
    ),
    "models change places": moved(TINY, BIG),
    "independent nodes change places": moved(SAMPLE, OTHER),
    "address and speed": (
        ('env("TINY_URL")', '"http://127.0.0.1:9/v1"'),
        ("params 1M", "params 2M; concurrency 3"),
    ),
    "search": (("seed 7", "seed 8"), ("calls <= 1000", "calls <= 900")),
}


@pytest.mark.parametrize("edits", COSMETIC.values(), ids=COSMETIC)
def test_a_cosmetic_edit_invalidates_no_stored_response(
    folder: Path, capsys: pytest.CaptureFixture[str], edits: tuple[tuple[str, str], ...]
) -> None:
    """The trap of Snakemake #1694 and Nextflow #6788."""
    edited(folder, *edits)
    node = "verdict" if ("final", "verdict") in edits else "final"
    code, found = asked(capsys, node, "p.tgl")
    assert (code, found["all_stored"], found["reasons"]) == (0, True, [])
    assert sorted(row["stored"] for row in found["nodes"]) == [8, 8, 8, 8]
    assert not any(row["missing"] or row["waiting"] for row in found["nodes"])


NAMED: dict[str, tuple[tuple[str, str], str, str, str, str | None, str | None]] = {
    "temperature": (
        ("temperature 0.8", "temperature 0.7"),
        *("sample", "options", "temperature", '{"temperature":0.8}', '{"temperature":0.7}'),
    ),
    "temperature here": (
        ("(temperature: 0.5)", "(temperature: 0.6)"),
        *("other", "options", "temperature", '{"temperature":0.5}', '{"temperature":0.6}'),
    ),
    "max_tokens": (
        ("(temperature: 0.5)", "(temperature: 0.5, max_tokens: 9)"),
        *("other", "options", "max_tokens", '{"max_tokens":8}', '{"max_tokens":9}'),
    ),
    "system": (
        ("You add numbers.", "You add up numbers."),
        *("sample", "prompt", "message 1 (system)", None, None),
    ),
    "prompt": (
        ('"{{ question }}"', '"{{ question }} = "'),
        "sample",
        "prompt",
        "message 2 (user)",
        None,
        None,
    ),
    "other prompt": (("Drafts:", "The drafts:"), "final", "prompt", "message 1 (user)", None, None),
    "no system": (
        ('  system      "You add numbers."\n', ""),
        *("sample", "prompt", "message 1 (user)", None, None),
    ),
    "revision": (('revision "r1"', 'revision "r2"'), "sample", "model", "revision", "r1", "r2"),
    "no revision": (('; revision "r1"', ""), "sample", "model", "revision", "r1", ""),
    "id": (('id "big"', 'id "huge"'), "other", "model", "id", "big", "huge"),
    "draw": (("node sample[2]", "node sample[3]"), "sample[3]", "draw", "draw", None, "2"),
}


@pytest.mark.parametrize(("edit", "node", "part", "what", "stored", "asked_now"), NAMED.values(), ids=NAMED)
def test_an_edit_that_counts_is_named(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    edit: tuple[str, str],
    node: str,
    part: str,
    what: str,
    stored: str | None,
    asked_now: str | None,
) -> None:
    edited(folder, edit)
    code, found = asked(capsys, node, "p.tgl")
    assert (code, found["all_stored"]) == (3, False)
    assert found["reasons"], found
    for reason in found["reasons"]:
        difference = reason["difference"]
        assert (difference["part"], difference["what"]) == (part, what)
        assert stored is None or difference["stored"] == stored
        assert asked_now is None or difference["asked"] == asked_now


def test_a_node_that_waits_is_explained_by_the_one_it_waits_for(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edited(folder, ("temperature 0.8", "temperature 0.7"))
    code, found = asked(capsys, "final", "p.tgl")
    nodes = {row["node"]: row for row in found["nodes"]}
    assert code == 3
    assert nodes["solve.final"]["waiting"] == 8
    assert {reason["node"] for reason in found["reasons"]} == {"solve.sample[1]", "solve.sample[2]"}
    code, found = asked(capsys, "other", "p.tgl")
    assert (code, found["reasons"]) == (0, [])


def test_what_a_person_reads(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edited(folder, ('revision "r1"', 'revision "r2"'))
    assert main(["why", "sample"]) == 3  # the only program here
    text = capsys.readouterr().out
    assert "p.tgl: 8 examples (test)" in text
    assert "* solve.sample[1]  on tiny: 8 missing" in text
    assert "  solve.other      on big: 8 stored" in text
    assert "model: this request is recorded with another revision of the model: r1, asked now: r2" in text


def test_one_row(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row of the test split is looked up with the final measurement's draws, others with the search's."""
    codes, parts = [], set()
    for row in range(1, 61):
        code, found = asked(capsys, "sample", "p.tgl", "--example", str(row))
        codes.append(code)
        assert found["examples"] == 1
        parts |= {reason["difference"]["part"] for reason in found["reasons"]}
    assert codes.count(0) == 8
    assert parts == {"prompt", "options"}  # the unit was measured greedily on train
    assert main(["why", "sample", "p.tgl", "--example", "61"]) == 2
    assert "no row 61" in capsys.readouterr().err


def test_other_draws(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A program with choices is looked at with the draws of a search, which measured nothing here."""
    edited(folder, ("judge on big", "judge on ~[big, tiny]"), ("train: 4,", "train: 60,"))
    code, found = asked(capsys, "other", "p.tgl")
    assert (code, found["at_mode"], found["split"]) == (3, True, "train")
    assert "salt" in {reason["difference"]["part"] for reason in found["reasons"]}


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("sampel", "p.tgl"), 2, "did you mean `sample`"),
        (("sample", "none.tgl"), 2, "none.tgl"),
        (("sample", "p.tgl", "--example", "0"), 2, "at least 1"),
        (("sample", "p.tgl", "--store", "nothing:x"), 3, "no kind of store named `nothing`"),
    ],
)
def test_a_question_that_can_not_be_answered(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, told: str
) -> None:
    try:
        got = main(["why", *arguments])
    except SystemExit as ended:
        got = ended.code
    assert got == code
    assert told in capsys.readouterr().err


def test_a_store_without_names_of_models_tells_what_it_can(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with SqliteStore(folder / ".tglc" / "store.sqlite") as store:
        store.run(lambda: store.transact("DELETE FROM notes", ()))
    edited(folder, ('revision "r1"', 'revision "r2"'))
    _, found = asked(capsys, "sample", "p.tgl")
    assert {reason["difference"]["part"] for reason in found["reasons"]} == {"model"}


def test_asking_why_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with SqliteStore(folder / ".tglc" / "store.sqlite") as store:
        before = (store.identities(), store.counters(), store.searches())
    asked(capsys, "sample", "p.tgl")
    with SqliteStore(folder / ".tglc" / "store.sqlite") as store:
        assert (store.identities(), store.counters(), store.searches()) == before
