"""A search whose program, data and responses have not changed is shown again, and only then."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tgl.cli.main import main
from tgl.pipeline import finished
from tgl.pipeline.loading import FileLoader
from tgl.pipeline.workspace import default_store
from tgl.semantics import check
from tgl.storage import SqliteStore, StoredFailure
from tgl.text import SourceFile

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small search over simulated models, with its responses and the note of a replay."""
    folder = tmp_path_factory.mktemp("searched")
    for name in ("quiz.jsonl", "quiz_shots.jsonl"):
        shutil.copy(EXAMPLES / name, folder / name)
    text = (EXAMPLES / "simulated.tgl").read_text(encoding="utf-8")
    small = text.replace("train: 60, select: 90, test: 200", "train: 12, select: 20, test: 30")
    small = small.replace("rounds: 6, samples: 4", "rounds: 1, samples: 3").replace("~1..4", "~1..2")
    (folder / "p.tgl").write_text(small, encoding="utf-8")
    program = str(folder / "p.tgl")
    store = f"--store={folder / 'store.sqlite'}"
    assert main(["optimize", program, store, "--live", "--quiet"]) == 0
    assert main(["optimize", program, store, "--quiet"]) == 0
    return folder


@pytest.fixture
def folder(searched: Path, tmp_path: Path) -> Path:
    """A copy."""
    shutil.copytree(searched, tmp_path, dirs_exist_ok=True)
    return tmp_path


Tell = Callable[..., tuple[int, dict[str, object]]]


@pytest.fixture
def tell(folder: Path, capsys: pytest.CaptureFixture[str]) -> Tell:
    """Search, and what that told."""

    def run(*options: str) -> tuple[int, dict[str, object]]:
        capsys.readouterr()
        store = f"--store={folder / 'store.sqlite'}"
        code = main(["optimize", str(folder / "p.tgl"), store, "--quiet", "--json", *options])
        out = capsys.readouterr().out
        return code, json.loads(out) if out else {}

    return run


def sql(folder: Path, statement: str, *values: str) -> None:
    with sqlite3.connect(folder / "store.sqlite") as connection:
        assert connection.execute(statement, values).rowcount > 0
    connection.close()


def note_of(folder: Path) -> tuple[str, str]:
    with SqliteStore(folder / "store.sqlite") as store:
        [found] = [(name, text) for name, text in store.notes().items() if name.startswith("finished:")]
    return found


def put_note(folder: Path, change: Callable[[str], str]) -> None:
    name, text = note_of(folder)
    with SqliteStore(folder / "store.sqlite") as store:
        store.note_put(name, change(text))


def test_what_is_shown_again_is_what_a_search_tells(folder: Path, tell: Tell) -> None:
    (folder / "p.opt.tgl").unlink()
    _, again = tell("--again")
    searched = (folder / "p.opt.tgl").read_bytes()
    (folder / "p.opt.tgl").unlink()
    _, shown = tell()
    assert (folder / "p.opt.tgl").read_bytes() == searched
    assert (again.pop("unchanged"), shown.pop("unchanged")) == (False, True)
    assert (again.pop("test_reads"), shown.pop("test_reads")) == (3, 4)
    assert shown == again


def test_the_table_says_that_nothing_has_changed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["optimize", str(folder / "p.tgl"), f"--store={folder / 'store.sqlite'}", "--quiet", "--ledger"]
    capsys.readouterr()
    assert main(words) == 0
    shown = capsys.readouterr().out.splitlines()
    assert main([*words, "--again"]) == 0
    again = capsys.readouterr().out.splitlines()
    [line] = [line for line in shown if "nothing has changed" in line]
    assert "`tglc verify` re-derives it" in line
    shown.remove(line)
    assert [line for line in shown if "read" not in line] == [line for line in again if "read" not in line]


@pytest.mark.parametrize("options", [["--live"], ["--resume"], ["--live", "--resume"], ["--record"]])
def test_a_search_that_does_more_is_made(folder: Path, tell: Tell, options: list[str]) -> None:
    if options == ["--record"]:
        options = ["--record", str(folder / "all.jsonl")]
    assert tell(*options)[1]["unchanged"] is False


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("p.tgl", "seed     7", "seed     8"),
        ("p.tgl", "cost(mean) <= 40", "cost(mean) <= 41"),
        ("p.tgl", "calls <= 20000", "calls <= 19999"),
        ("p.tgl", "params 8B", "params 9B"),
        ("quiz.jsonl", "}\n", "}\n\n"),
    ],
)
def test_a_file_that_changed_makes_another_search(
    folder: Path, tell: Tell, file: str, old: str, new: str
) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    assert tell("--live")[0] == 0
    assert tell()[1]["unchanged"] is False
    assert tell()[1]["unchanged"] is True


def test_another_tglc_searches_again(tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tell()[1]["unchanged"] is True
    monkeypatch.setattr(finished, "package_hash", lambda: "another")
    assert tell()[1]["unchanged"] is False


def test_a_changed_file_of_the_package_is_another_tglc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pipeline").mkdir()
    monkeypatch.setattr(finished, "__file__", str(tmp_path / "pipeline" / "finished.py"))
    seen = {finished.package_hash()}
    for name, text in (("a.py", ""), ("a.py", "1"), ("b.toml", "1"), ("pipeline/a.py", "1")):
        (tmp_path / name).write_text(text)
        seen.add(finished.package_hash())
    assert len(seen) == 5


@pytest.mark.parametrize(
    "change", ["text = text || 'x'", "latency = latency + 1", "completion_tokens = completion_tokens + 1"]
)
def test_a_response_that_changed_is_seen(folder: Path, tell: Tell, change: str) -> None:
    sql(folder, f"UPDATE responses SET {change} WHERE identity = (SELECT max(identity) FROM responses)")
    assert tell()[1].get("unchanged") is not True


def test_a_response_that_is_gone_is_seen(folder: Path, tell: Tell) -> None:
    sql(folder, "DELETE FROM responses WHERE identity = (SELECT min(identity) FROM responses)")
    code, told = tell()
    assert code == 3
    assert "unchanged" not in told


def test_failures_are_no_responses(folder: Path, tell: Tell) -> None:
    with SqliteStore(folder / "store.sqlite") as store:
        store.write_failures([StoredFailure(identity="0" * 64, failure="server", detail="down")])
    assert tell()[1]["unchanged"] is False


@pytest.mark.parametrize(
    "change",
    [
        lambda note: "",
        lambda note: "{",
        lambda note: note[:-1],
        lambda note: note.replace('"schema_version":2,"inputs"', '"schema_version":9,"inputs"'),
        lambda note: note.replace("p.tgl", "q.tgl").replace("output final", "output worker"),
    ],
)
@pytest.mark.parametrize("sealed", [False, True])
def test_a_note_that_is_broken_is_no_note(
    folder: Path, tell: Tell, change: Callable[[str], str], sealed: bool
) -> None:
    def broken(note: str) -> str:
        if not sealed:
            return change(note)
        body = change(note.partition("\n")[2])
        return f"{hashlib.sha256(body.encode()).hexdigest()}\n{body}"

    before = note_of(folder)
    put_note(folder, broken)
    if sealed and note_of(folder) == before:
        pytest.skip("nothing in the note's body changed")
    expected = (folder / "p.opt.tgl").read_bytes()
    (folder / "p.opt.tgl").unlink()
    code, told = tell()
    assert code == 0
    if not sealed or "output worker" not in note_of(folder)[1]:
        assert told["unchanged"] is False
        assert (folder / "p.opt.tgl").read_bytes() == expected


def test_verify_looks_at_the_responses(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = f"--store={folder / 'store.sqlite'}"
    sql(folder, "UPDATE responses SET text = 'no idea', latency = 77")
    assert main(["verify", str(folder / "p.opt.tgl"), store]) != 0
    capsys.readouterr()


def test_the_text_as_it_stands_is_an_input(folder: Path, tell: Tell) -> None:
    assert tell()[1]["unchanged"] is True
    path = folder / "p.tgl"
    path.write_text(path.read_text(encoding="utf-8").replace("seed     7", "seed  7"), encoding="utf-8")
    assert tell()[1]["unchanged"] is False


def test_imports_that_changed_places_are_another_search(tmp_path: Path) -> None:
    main_text = 'use "one.tgl" { a }\nuse "two.tgl" { b }\n'
    one, two = (f"fn {name}(x) = x\n" for name in "ab")
    seen: list[finished.Searched] = []
    for number, (first, second) in enumerate([(one, two), (two, one), (one, two)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, text in (("p.tgl", main_text), ("one.tgl", first), ("two.tgl", second)):
            (folder / name).write_text(text, encoding="utf-8")
        path = str(folder / "p.tgl")
        checked = check(SourceFile(path, main_text), FileLoader())
        seen.append(finished.searched_of("key", checked, "solve", folder / "s.sqlite"))
    assert [len(one.texts) for one in seen] == [3, 3, 3]
    assert seen[0] == seen[2] != seen[1]


def test_only_the_newest_outcome_of_a_program_is_kept(folder: Path, tell: Tell) -> None:
    before = note_of(folder)[0]
    path = folder / "p.tgl"
    text = path.read_text(encoding="utf-8").replace("calls <= 20000", "calls <= 19999")
    path.write_text(text, encoding="utf-8")
    assert tell()[0] == 0
    assert note_of(folder)[0] != before


def test_prune_journals_lets_go_of_outcomes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = default_store(folder)
    store.parent.mkdir()
    shutil.copy(folder / "store.sqlite", store)
    monkeypatch.chdir(folder)
    for told in ("journals from", "nothing to remove"):
        assert main(["store", "prune", "--journals", "--yes"]) == 0
        assert told in capsys.readouterr().out
    assert main(["optimize", "p.tgl", "--quiet"]) == 0
    capsys.readouterr()
    # A replay keeps no journal.
    assert main(["store", "prune", "--journals", "--yes"]) == 0
    assert "removed 1 outcomes of finished searches" in capsys.readouterr().out
    with SqliteStore(store) as opened:
        assert not any(name.startswith("finished:") for name in opened.notes())
