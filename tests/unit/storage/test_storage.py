import asyncio
import gzip
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tgl.storage import (
    Journal,
    JournalMismatch,
    Layered,
    MemoryStore,
    Merged,
    Origin,
    RecordedFile,
    SqliteStore,
    StoredResponse,
    StoreError,
    StoreErrorKind,
    export,
    import_,
    why_missing,
)

ORIGIN = Origin(model="m" * 12, messages="p" * 12, options='{"temperature":0.7}', draw=0, salt="")


def response(name: int, text: str = "4", **changes: object) -> StoredResponse:
    origin = ORIGIN.model_copy(update=changes)
    return StoredResponse(
        identity=f"{name:064x}",
        origin=origin,
        text=text,
        finish="stop",
        prompt_tokens=12,
        completion_tokens=3,
        latency=250,
    )


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    with MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "s.sqlite") as opened:
        yield opened


def test_the_first_stored_response_is_the_truth(store):
    first, second = response(1, "four\nπ\0"), response(1, "five")
    assert store.write([first]) == (first,)
    assert store.write([second, response(2)]) == (first, response(2))
    assert store.read([second.identity, response(3).identity]) == {first.identity: first}


def test_a_response_that_cannot_be_stored_is_an_error_and_no_silent_wait(tmp_path):
    async def put(store: SqliteStore) -> None:
        await asyncio.wait_for(store.put([response(1).model_copy(update={"prompt_tokens": 10**30})]), 10)

    with SqliteStore(tmp_path / "s.sqlite") as store:
        with pytest.raises(OverflowError):
            asyncio.run(put(store))
        assert store.write([response(2)]) == (response(2),), "the store goes on"


def test_one_batch_may_hold_an_identity_twice(store):
    assert store.write([response(1, "a"), response(1, "b")]) == (response(1, "a"), response(1, "a"))


def test_many_identities_are_found_and_listed_in_order(store):
    records = [response(name) for name in range(1700, 0, -1)]
    store.write(records)
    found = asyncio.run(store.get_many([record.identity for record in records]))
    assert len(found) == 1700
    assert [record.identity for record in store.records()] == sorted(found) == store.identities()


def test_put_accepts_before_it_is_awaited(store):
    async def leave_early() -> None:
        store.put([response(1)])

    asyncio.run(leave_early())
    assert store.read([response(1).identity]) == {response(1).identity: response(1)}


def test_a_cancelled_wait_takes_nothing_back(store):
    async def main() -> None:
        waiting = asyncio.ensure_future(store.put([response(1)]))
        waiting.cancel()
        await asyncio.wait([waiting])

    asyncio.run(main())
    assert response(1).identity in store.read([response(1).identity])


def test_concurrent_puts_share_transactions(tmp_path):
    commits: list[str] = []

    async def main(opened: SqliteStore) -> list[tuple[StoredResponse, ...]]:
        async with asyncio.TaskGroup() as group:
            waits = [group.create_task(wait(opened, name)) for name in range(200)]
        return [task.result() for task in waits]

    async def wait(opened: SqliteStore, name: int) -> tuple[StoredResponse, ...]:
        return await opened.put([response(name)])

    with SqliteStore(tmp_path / "s.sqlite") as opened:
        opened.run(lambda: opened.connection.set_trace_callback(commits.append))
        results = asyncio.run(main(opened))
        opened.run(lambda: opened.connection.set_trace_callback(None))
    assert results == [(response(name),) for name in range(200)]
    assert 1 <= commits.count("COMMIT") < 100


def test_what_is_stored_is_there_in_the_next_process(tmp_path):
    with SqliteStore(tmp_path / "s.sqlite") as opened:
        opened.write([response(1)])
        opened.count("test", add=1)
    with SqliteStore(tmp_path / "s.sqlite") as opened:
        assert list(opened.records()) == [response(1)]
        assert opened.count("test") == 1


def test_a_killed_process_loses_nothing_that_was_committed(tmp_path):
    path = tmp_path / "s.sqlite"
    script = f"""
        import os, signal
        from pathlib import Path
        from tgl.storage import MemoryStore, RecordedFile, SqliteStore
        store = SqliteStore(Path({str(path)!r}))
        store.write(list(RecordedFile(Path({str(tmp_path / "r.jsonl")!r})).records()))
        store.journal_append("s", 0, "ask", "1")
        os.kill(os.getpid(), signal.SIGKILL)
    """
    export(MemoryStore([response(1), response(2)]), tmp_path / "r.jsonl")
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert done.returncode == -signal.SIGKILL
    with SqliteStore(path) as opened:
        assert list(opened.records()) == [response(1), response(2)]
        assert [step.kind for step in opened.journal_read("s")] == ["ask"]


def test_counters(store):
    assert store.count("test") == 0
    assert [store.count("test", add=1), store.count("test", add=2), store.count("other")] == [1, 3, 0]


def test_notes(store):
    assert store.note_get("probe") is None
    store.note_put("probe", "old")
    store.note_put("probe", "π\n")
    assert (store.note_get("probe"), store.note_get("other")) == ("π\n", None)


def kind_of(path: Path) -> StoreErrorKind:
    with pytest.raises(StoreError) as caught:
        SqliteStore(path)
    assert caught.value.help
    assert str(path) in caught.value.message
    return caught.value.kind


def test_a_file_that_is_no_store_is_left_alone(tmp_path):
    path = tmp_path / "s.sqlite"
    path.write_bytes(b"not a database at all, but long enough to have a header of a hundred bytes" * 9)
    before = path.read_bytes()
    assert kind_of(path) is StoreErrorKind.NOT_A_STORE
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_left_alone(tmp_path):
    path = tmp_path / "s.sqlite"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE songs (name TEXT)")
    other.close()
    assert kind_of(path) is StoreErrorKind.NOT_A_STORE


def test_a_store_of_a_later_version(tmp_path):
    path = tmp_path / "s.sqlite"
    SqliteStore(path).close()
    later = sqlite3.connect(path, isolation_level=None)
    later.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
    later.close()
    assert kind_of(path) is StoreErrorKind.NEWER


def test_a_folder_that_is_missing(tmp_path):
    assert kind_of(tmp_path / "none" / "s.sqlite") is StoreErrorKind.READ_ONLY


def test_a_store_that_another_process_writes(tmp_path):
    path = tmp_path / "s.sqlite"
    with SqliteStore(path) as opened:
        opened.run(lambda: opened.connection.execute("PRAGMA busy_timeout = 0"))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError) as caught:
            opened.write([response(1)])
        other.execute("ROLLBACK")
        other.close()
        assert caught.value.kind is StoreErrorKind.LOCKED
        assert opened.write([response(1)]) == (response(1),)


def test_two_processes_may_share_a_store(tmp_path):
    path = tmp_path / "s.sqlite"
    with SqliteStore(path) as first, SqliteStore(path) as second:
        for name in range(20):
            assert first.write([response(name, "first")]) == (response(name, "first"),)
            assert second.write([response(name, "second")]) == (response(name, "first"),)
        assert first.identities() == second.identities()


def test_a_full_disk_keeps_what_was_there(tmp_path):
    with SqliteStore(tmp_path / "s.sqlite") as opened:
        opened.write([response(1)])
        opened.run(lambda: opened.connection.execute("PRAGMA max_page_count = 12"))
        with pytest.raises(StoreError) as caught:
            opened.write([response(name, "x" * 4000) for name in range(2, 100)])
        assert caught.value.kind is StoreErrorKind.DISK_FULL
        assert list(opened.records()) == [response(1)]


def test_a_closed_store_says_so(tmp_path):
    opened = SqliteStore(tmp_path / "s.sqlite")
    opened.close()
    opened.close()
    for use in (opened.identities, lambda: opened.write([response(1)])):
        with pytest.raises(StoreError) as caught:
            use()
        assert caught.value.kind is StoreErrorKind.CLOSED


def test_a_journal_is_replayed_and_checked(store):
    journal = Journal(store, "search", resume=False)
    journal.record("ask", {"b": [1], "a": "π"})
    journal.record("tell", 0.5)
    again = Journal(store, "search", resume=True)
    assert [(step.kind, step.value) for step in again.stored] == [
        ("ask", {"a": "π", "b": [1]}),
        ("tell", 0.5),
    ]
    again.record("ask", {"a": "π", "b": [1]})
    assert again.replaying
    with pytest.raises(JournalMismatch) as caught:
        again.record("tell", 0.6)
    assert (caught.value.seq, caught.value.stored, caught.value.found) == (1, "tell 0.5", "tell 0.6")
    again.record("tell", 0.5)
    again.record("ask", 3)
    assert [step.seq for step in store.journal_read("search")] == [0, 1, 2]
    assert store.journal_read("other") == ()
    assert Journal(store, "search", resume=False).stored == ()


def test_two_searches_cannot_write_one_journal(store):
    first, second = (Journal(store, "search", resume=True) for _ in range(2))
    first.record("ask", 1)
    with pytest.raises(StoreError, match="another tglc"):
        second.record("ask", 1)


@pytest.mark.parametrize("name", ["r.jsonl", "r.jsonl.gz"])
def test_export_and_import_are_a_round_trip_in_bytes(store, tmp_path, name):
    records = [response(3), response(1, 'a "quote"\u2028\r\nπ\x85'), response(2, "", salt="final", draw=5)]
    store.write(records)
    first, second = tmp_path / name, tmp_path / "again" / name
    second.parent.mkdir()
    assert export(store, first) == 3
    other = MemoryStore([response(1, "older")])
    assert import_(first, other) == Merged(added=2, differing=1)
    assert other.read([response(1).identity])[response(1).identity].text == "older"
    assert export(RecordedFile(first), second) == 3
    assert first.read_bytes() == second.read_bytes()
    assert list(RecordedFile(first).records()) == list(store.records())
    assert not list(tmp_path.glob(".*"))


def test_an_export_is_sorted_lines_without_time_or_name(tmp_path):
    store = MemoryStore([response(2), response(1, "π")])
    export(store, tmp_path / "r.jsonl", [response(2).identity, response(1).identity, response(9).identity])
    export(store, tmp_path / "r.jsonl.gz")
    plain = (tmp_path / "r.jsonl").read_bytes()
    lines = plain.decode().splitlines()
    assert [line[13:77] for line in lines] == store.identities()
    assert '"text":"π"' in lines[0]
    packed = (tmp_path / "r.jsonl.gz").read_bytes()
    assert gzip.decompress(packed) == plain
    assert packed[3:8] == bytes(5)  # no flags (so no name), time 0


GOOD = '{"identity":"' + "0" * 64 + '"}'


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("\n{", 2, "line 2"),
        ("[]", 1, "line 1"),
        (GOOD, 1, "field required"),
        (b"\n\n\xff", 3, "UTF-8"),
    ],
)
def test_a_malformed_line_is_named(tmp_path, text, line, reason):
    path = tmp_path / "r.jsonl"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    store = MemoryStore()
    with pytest.raises(StoreError) as caught:
        import_(path, store)
    assert (caught.value.kind, caught.value.line) == (StoreErrorKind.MALFORMED, line)
    assert reason in caught.value.message
    assert store.identities() == []


def test_a_negative_figure_and_an_unknown_field_are_named(tmp_path):
    path = tmp_path / "r.jsonl"
    export(MemoryStore([response(1)]), path)
    text = path.read_text()
    for old, new, reason in [
        ('"latency":250', '"latency":-1', "`latency`"),
        ('"draw":0', '"drow":0', "`drow`|`draw`"),
    ]:
        path.write_text(text.replace(old, new))
        with pytest.raises(StoreError, match=reason):
            RecordedFile(path)


def test_the_first_line_of_an_identity_counts(tmp_path):
    path = tmp_path / "r.jsonl"
    export(MemoryStore([response(1, "first")]), path)
    line = path.read_text()
    path.write_text(line + line.replace("first", "second"))
    assert [record.text for record in RecordedFile(path).records()] == ["first"]


def test_files_that_cannot_be_read_or_written(tmp_path):
    for path, kind in [
        (tmp_path / "none.jsonl", StoreErrorKind.UNREADABLE),
        (tmp_path, StoreErrorKind.UNREADABLE),
    ]:
        with pytest.raises(StoreError) as caught:
            RecordedFile(path)
        assert caught.value.kind is kind
    (tmp_path / "bad.jsonl.gz").write_bytes(b"plain")
    with pytest.raises(StoreError, match="gzip"):
        RecordedFile(tmp_path / "bad.jsonl.gz")
    export(MemoryStore([response(1)]), tmp_path / "cut.jsonl.gz")
    (tmp_path / "cut.jsonl.gz").write_bytes((tmp_path / "cut.jsonl.gz").read_bytes()[:-9])
    with pytest.raises(StoreError, match="gzip"):
        RecordedFile(tmp_path / "cut.jsonl.gz")
    with pytest.raises(StoreError):
        export(MemoryStore(), tmp_path / "none" / "r.jsonl")


def test_recorded_files_lie_above_the_store(store, tmp_path):
    export(MemoryStore([response(1, "recorded")]), tmp_path / "r.jsonl")
    store.write([response(1, "stored"), response(2)])
    layers = Layered(store, RecordedFile(tmp_path / "r.jsonl"))
    wanted = [response(name).identity for name in (1, 2, 3)]
    truth = {wanted[0]: response(1, "recorded"), wanted[1]: response(2)}

    async def main() -> None:
        assert await layers.get_many(wanted) == truth
        assert await layers.put([response(1, "late"), response(3)]) == (response(1, "recorded"), response(3))

    asyncio.run(main())
    assert layers.read(wanted[:2]) == truth
    assert list(layers.records()) == [*truth.values(), response(3)]
    assert layers.identities() == wanted
    assert layers.write([response(4)]) == (response(4),)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"model": "other"}, "recorded from another model alone"),
        ({"model": "other", "messages": "other"}, "nothing is recorded from this model"),
        ({"messages": "other"}, "prompt is not recorded"),
        ({"options": "{}"}, 'other options: {"temperature":0.7}, asked now: {}'),
        ({"salt": "final"}, "other draws"),
        ({"draw": 4}, "not draw 4"),
        ({}, "another version"),
    ],
)
def test_why_a_response_is_missing(changes, reason):
    far = response(2, model="x", messages="y", options="z", salt="w", draw=99)
    assert reason in why_missing(ORIGIN.model_copy(update=changes), [far, response(1)])


def test_why_nothing_is_there():
    assert why_missing(ORIGIN, []) == "nothing is recorded"
