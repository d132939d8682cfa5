"""A store and a recording that tglc 0.1 wrote (schema 1): they open, and keep every byte of meaning."""

import gzip
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tgl.storage import MemoryStore, RecordedFile, SqliteStore, export, import_

ASSETS = Path(__file__).parent / "assets"
STORE = ASSETS / "schema1.sqlite"
LINES = ASSETS / "schema1.responses.jsonl"
QUICKSTART = Path(__file__).parents[2] / "examples" / "quickstart.responses.jsonl.gz"
JOURNALS = ("a" * 64, "b" * 64)


@pytest.fixture
def old(tmp_path):
    return Path(shutil.copy(STORE, tmp_path / "store.sqlite"))


def schema_in(path: Path) -> str:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()[0]
    finally:
        connection.close()


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """The columns of schema 1, straight from SQLite."""
    connection = sqlite3.connect(path)
    queries = {
        "responses": "SELECT identity, model, messages, options, draw, salt, text, finish, prompt_tokens,"
        " completion_tokens, latency FROM responses ORDER BY identity",
        "journal": "SELECT search, seq, kind, payload FROM journal ORDER BY search, seq",
        "counters": "SELECT name, value FROM counters ORDER BY name",
    }
    try:
        return {table: connection.execute(query).fetchall() for table, query in queries.items()}
    finally:
        connection.close()


def test_the_witness_is_of_schema_1():
    assert schema_in(STORE) == "1"


def test_an_old_store_is_brought_up_to_date_and_keeps_what_it_says(old, tmp_path):
    before = contents(old)
    with SqliteStore(old) as opened:
        assert export(opened, tmp_path / "again.jsonl") == 21
        steps = [[(step.kind, step.value) for step in opened.journal_read(name)] for name in JOURNALS]
        assert [opened.count("test:mul:" + "c" * 16), opened.count("test:other")] == [3, 1]
        opened.note_put("new", "table")
    assert (tmp_path / "again.jsonl").read_bytes() == LINES.read_bytes()
    assert [kind for kind, _ in steps[0]] == ["proposals", "told", "failures"]
    assert steps[0] == steps[1]
    assert steps[0][0][1] == [{"vote.count": 3, "π": None}]
    assert contents(old) == before
    assert schema_in(old) == "2"
    with SqliteStore(old) as again:
        assert again.note_get("new") == "table"


KILLED = """
    import os, signal, sqlite3, sys
    from pathlib import Path
    from tgl.storage.schema import migrate

    path, deadly = Path(sys.argv[1]), int(sys.argv[2])
    connection = sqlite3.connect(path, isolation_level=None)
    seen = []

    def count(statement):
        seen.append(statement)
        if len(seen) == deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    connection.set_trace_callback(count)
    migrate(connection, path)
    print(len(seen))
"""


def migration(path: Path, deadly: int) -> subprocess.CompletedProcess[str]:
    script = textwrap.dedent(KILLED)
    return subprocess.run(
        [sys.executable, "-c", script, str(path), str(deadly)], capture_output=True, text=True, check=False
    )


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_a_migration_that_is_killed_leaves_the_old_store_or_the_new_one(tmp_path):
    whole = migration(Path(shutil.copy(STORE, tmp_path / "whole.sqlite")), 0)
    assert whole.returncode == 0, whole.stderr
    statements = int(whole.stdout)
    assert statements >= 9
    for deadly in range(1, statements + 1):
        path = Path(shutil.copy(STORE, tmp_path / f"{deadly}.sqlite"))
        assert migration(path, deadly).returncode == -signal.SIGKILL
        assert schema_in(path) in ("1", "2")
        assert contents(path) == contents(STORE)
        with SqliteStore(path) as opened:
            opened.note_put("works", "yes")
            assert len(opened.identities()) == 21


def test_two_processes_may_migrate_a_store_at_once(old):
    """The second finds the work done when its turn comes."""
    with SqliteStore(old) as first, SqliteStore(old) as second:
        first.note_put("who", "first")
        assert second.note_get("who") == "first"


def test_an_old_recording_is_read_and_written_with_the_same_bytes(tmp_path):
    with SqliteStore(tmp_path / "store.sqlite") as opened:
        assert import_(LINES, opened).added == 21
        export(opened, tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == LINES.read_bytes()


def test_the_recording_of_the_quickstart_keeps_its_bytes(tmp_path):
    first, second = tmp_path / "first.jsonl.gz", tmp_path / "second.jsonl.gz"
    memory = MemoryStore()
    import_(QUICKSTART, memory)
    export(memory, first)
    export(RecordedFile(first), second)
    # The packing may differ from one zlib to another, what is packed may not.
    assert gzip.decompress(first.read_bytes()) == gzip.decompress(QUICKSTART.read_bytes())
    assert first.read_bytes() == second.read_bytes()
