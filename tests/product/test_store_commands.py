"""`tglc store`: figures, exchange and pruning, from a search on a fake with failures to files and back."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from tgl.cli.main import main
from tgl.ir import ModelSpec
from tgl.models import ChatRequest, ErrorKind, ModelError, ScriptedModel, fingerprint_of, settings_of
from tgl.pipeline import session
from tgl.pipeline.searching import SearchOutcome, prepare, search
from tgl.pipeline.session import RunOptions
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.watch import Watch
from tgl.pipeline.workspace import find_workspace
from tgl.report import SilentProgress
from tgl.runtime import CallPolicy, RuntimeOptions
from tgl.storage import SqliteStore

PROGRAM = """\
model m { provider openai; id "m"; revision "r1"; base_url "http://127.0.0.1:9/v1" }
role adder(question) -> answer { prompt "{{ question }}"; temperature 0.8; max_tokens 8; retry 0 }
task adds {
  data   "adds.jsonl"
  split  train: 8, select: 8, test: 16
  given  question
  expect answer
  key    number
  unit   calls
  on_error drop: 40%
}
graph solve(question) {
  node sample : adder(temperature: ~[0.3, 0.8]) on m
  output sample
}
optimize solve on adds { maximize accuracy; spend calls <= 400; using random(trials: 2, samples: 2) }
"""
STORE = Path(".tglc") / "store.sqlite"


def impatient(**how: object) -> RuntimeOptions:
    """The options of a session that asks each call once."""
    return RuntimeOptions(**{**how, "policy": CallPolicy(attempts=1, exact=True)})


class Unlucky(ScriptedModel):
    """Right under the declared identity, but every fifth question fails."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__(spec.name, self.answer)
        self.declared_as = fingerprint_of(settings_of(spec))

    @property
    def fingerprint(self) -> str:
        return self.declared_as

    def answer(self, request: ChatRequest) -> str | ModelError:
        found = re.search(r"(\d+) \+ 1", request.messages[-1].content)
        number = int(found[1]) if found else 0
        return ModelError(ErrorKind.SERVER, "no luck") if number % 5 == 0 else str(number + 1)


def searched(name: str = "p.tgl", **how: object) -> SearchOutcome:
    """A live search of a program in the current folder."""
    plan = prepare(name)
    workspace = find_workspace(Path(name), {})
    work = search(plan, workspace, RunOptions(live=True), Watch(SilentProgress()), make_model=Unlucky, **how)
    return asyncio.run(work)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a search ran, with its result and its recording."""
    folder = tmp_path_factory.mktemp("searched")
    rows = "".join(f'{{"question": "{n} + 1", "answer": {n + 1}}}\n' for n in range(80))
    (folder / "adds.jsonl").write_text(rows, encoding="utf-8")
    (folder / "p.tgl").write_text(PROGRAM, encoding="utf-8")
    (folder / ".tglc").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(session, "RuntimeOptions", impatient)
        outcome = searched(record=Path("needed.jsonl.gz"))
    (folder / "p.opt.tgl").write_text(outcome.text, encoding="utf-8")
    return folder


@pytest.fixture
def folder(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(project, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


Tglc = Callable[..., tuple[int, str, str]]


@pytest.fixture
def tglc(capsys: pytest.CaptureFixture[str]) -> Tglc:
    """Run a command: exit code, output, error output."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = int(ended.code or 0)
        out, err = capsys.readouterr()
        assert "internal error" not in err
        return code, out, err

    return run


def stats(tglc: Tglc, *arguments: str) -> dict[str, object]:
    code, out, _ = tglc("store", "stats", "--json", *arguments)
    assert code == 0
    return json.loads(out)


def test_stats(folder: Path, tglc: Tglc) -> None:
    found = stats(tglc)
    [model] = found["models"]
    assert found["responses"] == model["responses"] > 20
    assert model["name"] == "m@r1"
    assert model["completion_tokens"] >= model["responses"]
    assert model["prompt_tokens"] >= 3 * model["responses"]  # 7 + 1
    assert model["text_bytes"] <= 2 * model["responses"]
    assert found["bytes"] == STORE.stat().st_size
    assert found["failures"] > 3
    assert sum(journal["failures"] for journal in found["journals"]) >= found["failures"]
    assert [count for _, count in found["test_reads"]] == [1]
    [named] = stats(tglc, "--program", "p.tgl")["models"]
    assert named == model | {"name": "m"}
    text = tglc("store", "stats")[1]
    assert f"{found['responses']} responses in" in text
    assert f"{model['fingerprint']}  m@r1  {model['responses']} responses" in text
    assert "was read 1 times" in text


def test_a_recording_replays_the_search_with_its_failures(folder: Path, tglc: Tglc) -> None:
    """What `--record` and `store export` write is enough for another machine."""
    needed = [json.loads(line) for line in gzip.decompress(Path("needed.jsonl.gz").read_bytes()).splitlines()]
    failed = [line for line in needed if "failure" in line]
    assert failed
    assert {(line["failure"], line["detail"]) for line in failed} == {("server", "no luck")}
    code, out, _ = tglc("store", "export", "all.jsonl")
    assert code == 0
    assert re.fullmatch(r"\d+ responses and \d+ failed calls written to all.jsonl\n", out)
    written = Path("p.opt.tgl").read_text()
    recorded = PROGRAM.replace("spend calls", 'recorded "needed.jsonl.gz"; spend calls')
    for way, file in (("recorded", None), ("imported", "all.jsonl"), ("imported", "needed.jsonl.gz")):
        shutil.rmtree(".tglc")
        Path(".tglc").mkdir()
        if file is not None:
            assert tglc("store", "import", file)[0] == 0
        Path("q.tgl").write_text(recorded if way == "recorded" else PROGRAM)
        code, _, err = tglc("optimize", "q.tgl", "--quiet")
        assert code == 0, err
        again = Path("q.opt.tgl").read_text()
        block = written[written.index("measured ") :]
        figures = [line for line in block.splitlines() if "program:" not in line and "hash" not in line]
        assert [line for line in figures if line in again.splitlines()] == figures
        assert tglc("verify", "q.opt.tgl")[0] == 0


def test_without_its_failures_a_recording_misses_responses(folder: Path, tglc: Tglc) -> None:
    lines = gzip.decompress(Path("needed.jsonl.gz").read_bytes()).splitlines(keepends=True)
    Path("cut.jsonl").write_bytes(b"".join(line for line in lines if b'"failure"' not in line))
    shutil.rmtree(".tglc")
    assert tglc("store", "import", "cut.jsonl")[0] == 0
    code, _, err = tglc("optimize", "p.tgl", "--quiet", "--force")
    assert code == 3
    assert "R0302" in err


def test_export_overwrites_recordings_only(folder: Path, tglc: Tglc) -> None:
    Path("notes.txt").write_text("precious")
    code, _, err = tglc("store", "export", "notes.txt")
    assert (code, Path("notes.txt").read_text()) == (2, "precious")
    assert "--force" in err
    assert tglc("store", "export", "notes.txt", "--force")[0] == 0
    before = Path("notes.txt").read_bytes()
    assert tglc("store", "export", "notes.txt")[0] == 0
    assert Path("notes.txt").read_bytes() == before


def test_merge_adds_stores_and_recordings(folder: Path, tglc: Tglc) -> None:
    size = stats(tglc)["responses"]
    Path(".tglc").rename("other")
    line = gzip.decompress(Path("needed.jsonl.gz").read_bytes()).splitlines()[0]
    changed = json.loads(line) | {"text": "another reply"}
    assert "failure" not in changed
    Path("one.jsonl").write_text(json.dumps(changed))
    code, out, err = tglc("store", "merge", "one.jsonl", "other/store.sqlite", "needed.jsonl.gz")
    assert code == 0, err
    assert f"{size} new responses" in out
    assert "2 are there with another reply: the first that was stored stays" in out
    found = stats(tglc)
    assert found["responses"] == size
    assert [count for _, count in found["test_reads"]] == [1]
    assert tglc("store", "merge", "other/store.sqlite")[1].startswith("0 new responses")
    assert tglc("store", "merge", str(STORE))[0] == 2
    assert tglc("verify", "p.opt.tgl")[0] in (0, 1)


@pytest.mark.parametrize("bad", ["none.sqlite", "text.txt", "."])
def test_a_bad_file_in_a_merge_adds_nothing(folder: Path, tglc: Tglc, bad: str) -> None:
    Path("text.txt").write_text("one\ntwo\n")
    Path(".tglc").rename("other")
    code, _, err = tglc("store", "merge", "other/store.sqlite", bad)
    assert code == 3
    assert "R0301" in err
    assert not STORE.exists()


def test_import_names_the_bad_line(folder: Path, tglc: Tglc) -> None:
    lines = gzip.decompress(Path("needed.jsonl.gz").read_bytes()).splitlines(keepends=True)
    bad = lines[0].replace(b'"latency":', b'"latency":-1')
    Path("bad.jsonl").write_bytes(b"".join([*lines, bad]))
    Path(".tglc").rename("other")
    code, _, err = tglc("store", "import", "bad.jsonl")
    assert code == 3
    assert f"line {len(lines) + 1}: `latency`" in err
    assert not STORE.exists() or stats(tglc)["responses"] == 0


def test_prune_tells_and_asks_first(folder: Path, tglc: Tglc) -> None:
    before = stats(tglc)
    [model] = before["models"]
    prefix = model["fingerprint"][:6]
    code, out, _ = tglc("store", "prune", "--model", prefix, "--dry-run")
    assert (code, out) == (
        0,
        f"would remove {before['responses']} responses from {before['store']}; 0 stay\n",
    )
    code, _, err = tglc("store", "prune", "--model", prefix)
    assert code == 2
    assert "--yes confirms it" in err
    assert stats(tglc) == before
    for wrong in ("ffff", "a"):
        code, _, err = tglc("store", "prune", "--model", wrong, "--yes")
        assert code == 2
        assert model["fingerprint"] in err
    assert tglc("store", "prune", "--model", prefix, "--yes")[0] == 0
    after = stats(tglc)
    assert (after["responses"], len(after["journals"])) == (0, len(before["journals"]))
    assert after["bytes"] < before["bytes"]


def test_prune_keeps_what_programs_need(folder: Path, tglc: Tglc) -> None:
    before = stats(tglc)["responses"]
    with SqliteStore(STORE) as store:
        stray = next(store.records()).model_copy(update={"identity": "f" * 64})
        store.write([stray])
    code, out, _ = tglc("store", "prune", "--unreferenced-by", "p.tgl", "--yes")
    assert (code, out) == (0, f"removed 1 responses from {STORE.absolute()}; {before} stay\n")
    assert tglc("optimize", "p.tgl", "--quiet", "--force")[0] == 0
    assert tglc("verify", "p.opt.tgl")[0] == 0
    code, out, err = tglc("store", "prune", "--unreferenced-by", "p.opt.tgl", "--yes")
    assert code == 0, err
    assert stats(tglc)["responses"] < before
    assert tglc("eval", "p.opt.tgl", "--quiet")[0] == 0
    code, _, err = tglc("store", "prune", "--unreferenced-by", "p.tgl", "--yes")
    assert code == 3  # its search can't be replayed now, so what it needs is not known
    assert "nothing was removed" in err


def test_prune_forgets_journals(folder: Path, tglc: Tglc) -> None:
    before = stats(tglc)
    code, out, _ = tglc("store", "prune", "--journals", "--yes")
    assert code == 0
    assert "can't be resumed" in out
    after = stats(tglc)
    assert (after["journals"], after["responses"]) == ([], before["responses"])
    assert tglc("store", "prune", "--journals", "--yes")[1].startswith("nothing to remove")


@pytest.mark.parametrize("action", [("stats",), ("export", "x.jsonl"), ("prune", "--journals", "--yes")])
@pytest.mark.parametrize("content", [None, b"text" * 300, b"folder"])
def test_a_store_that_is_none_is_told(
    folder: Path, tglc: Tglc, action: tuple[str, ...], content: bytes | None
) -> None:
    place = folder / "bad.sqlite"
    if content == b"folder":
        place.mkdir()
    elif content is not None:
        place.write_bytes(content)
    code, _, err = tglc("store", "--store", "bad.sqlite", *action)
    assert tglc("store", *action, "--store", "bad.sqlite") == (code, "", err), "where other commands have it"
    assert code == 3
    assert "R0301" in err
    assert "bad.sqlite" in err
    assert "help:" in err
    assert not Path("x.jsonl").exists()


def test_few_shot_rows_are_part_of_what_a_journal_is_for(folder: Path) -> None:
    """Else `--resume` would go on with other prompts than those it decided on."""
    text = PROGRAM.replace("retry 0", 'retry 0; shots 1, from: "shots.jsonl"')
    Path("p.tgl").write_text(text)
    keys = []
    for answer in (2, 3, 2):
        Path("shots.jsonl").write_text(json.dumps({"question": "1 + 1", "answer": answer}) + "\n")
        keys.append(prepare("p.tgl").key)
    assert keys[0] == keys[2] != keys[1]


SEARCH = """
    import sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[2])
    import test_store_commands as tests
    tests.session.RuntimeOptions = tests.impatient
    Path(sys.argv[1].replace(".tgl", ".opt.tgl")).write_text(tests.searched(sys.argv[1]).text)
"""


@pytest.mark.slow
def test_two_searches_share_a_store(folder: Path, tglc: Tglc) -> None:
    """Both end, each as it would have alone, and the store holds what both needed."""
    shutil.rmtree(".tglc")
    Path(".tglc").mkdir()
    Path("q.tgl").write_text(PROGRAM.replace("[0.3, 0.8]", "[0.8, 0.5]"))
    here = str(Path(__file__).parent)
    running = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(SEARCH), name, here],
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        )
        for name in ("p.tgl", "q.tgl")
    ]
    try:
        errors = [one.communicate(timeout=100)[1].decode() for one in running]
    finally:
        for one in running:
            one.kill()
            one.wait()
    assert [one.returncode for one in running] == [0, 0], errors
    together = stats(tglc)["responses"]
    found = {}
    for name in ("p.opt.tgl", "q.opt.tgl"):
        assert tglc("verify", name)[0] == 0
        found[name] = Path(name).read_text()
    assert found["p.opt.tgl"] == tglc_text(tglc, "p.tgl")
    assert found["q.opt.tgl"] == tglc_text(tglc, "q.tgl")
    assert tglc("store", "prune", "--unreferenced-by", "p.tgl", "q.tgl", "--yes")[1].startswith("nothing")
    assert stats(tglc)["responses"] == together


def tglc_text(tglc: Tglc, name: str) -> str:
    """The result of a replay."""
    code, _, err = tglc("optimize", name, "--quiet", "--output", "again.tgl", "--force")
    assert code == 0, err
    return Path("again.tgl").read_text()


def test_a_disk_that_fills_up_ends_a_search_loudly(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trap of Nextflow #7471: no reply is paid for and then dropped without a word."""
    shutil.rmtree(".tglc")
    Path(".tglc").mkdir()
    connect = SqliteStore.open

    def full(self: SqliteStore) -> object:
        connection = connect(self)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        return connection

    monkeypatch.setattr(session, "RuntimeOptions", impatient)
    monkeypatch.setattr(SqliteStore, "open", full)
    with pytest.raises(Stop) as caught:
        searched()
    assert caught.value.exit_code is Exit.OUTSIDE
    [diagnostic] = caught.value.diagnostics
    assert diagnostic.code == "R0301"
    assert "the disk is full" in diagnostic.message
    assert "free some space" in (diagnostic.help or "")
    monkeypatch.setattr(SqliteStore, "open", connect)
    with SqliteStore(STORE) as store:
        kept = store.identities()
    assert kept, "what was accepted before is there"
    outcome = searched(resume=True)
    assert outcome.replayed >= len(kept)


PLUGIN = """
    from pathlib import Path
    from tgl.storage import SqliteStore

    def make(rest):
        if rest == "boom":
            raise RuntimeError("no such shelf")
        return object() if rest == "wrong" else SqliteStore(Path("shelf") / f"{rest}.db")
"""


@pytest.fixture
def shelf(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package with a kind of store."""
    site = folder / "site"
    info = site / "shelf-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "shelf").mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shelf\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tglc.stores]\nshelf = shelf_store:make\nlost = no_module:make\n")
    (site / "shelf_store.py").write_text(textwrap.dedent(PLUGIN))
    monkeypatch.syspath_prepend(str(site))


@pytest.mark.usefixtures("shelf")
def test_a_kind_of_store_from_another_package(folder: Path, tglc: Tglc) -> None:
    code, out, err = tglc("store", "--store", "shelf:mine", "merge", str(STORE))
    assert code == 0, err
    assert "in shelf:mine" in out
    assert Path("shelf/mine.db").exists()
    shutil.rmtree(".tglc")
    assert tglc("eval", "p.opt.tgl", "--store", "shelf:mine", "--quiet")[0] == 0
    assert tglc("eval", "p.opt.tgl", "--store", "sqlite:shelf/mine.db", "--quiet")[0] == 0
    assert tglc("eval", "p.opt.tgl", "--store", "memory:", "--quiet")[0] == 3
    assert not STORE.exists()


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("shelf:boom", "RuntimeError: no such shelf"),
        ("shelf:wrong", "lacks methods of a store"),
        ("lost:x", "no_module"),
        ("shelv:x", "known kinds: memory, sqlite, lost, shelf"),
    ],
)
def test_a_kind_of_store_that_does_not_work(folder: Path, tglc: Tglc, address: str, told: str) -> None:
    for command in (("store", "--store", address, "stats"), ("eval", "p.opt.tgl", "--store", address)):
        code, _, err = tglc(*command)
        assert code == 3
        assert told in err
