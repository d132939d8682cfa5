"""Union of stores, and recordings that carry failed calls."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path

import pytest

from tgl.storage import (
    MemoryStore,
    Merged,
    Origin,
    RecordedFile,
    SqliteStore,
    StoredFailure,
    StoreError,
    export,
    import_,
    is_recording,
    merge,
)
from tgl.testing.store_suite import sample_response


def failure(number: int, detail: str = "no reply within 60 s") -> StoredFailure:
    return StoredFailure(identity=sample_response(number).identity, failure="timeout", detail=detail)


def holding(*numbers: int, text: str = "4") -> MemoryStore:
    return MemoryStore([sample_response(number, text) for number in numbers])


def contents(store: MemoryStore | SqliteStore) -> object:
    journals = {search: store.journal_read(search) for search in store.searches()}
    return list(store.records()), store.failures(), journals, store.counters(), store.notes()


def rich(name: int) -> MemoryStore:
    """A store with something of its own and something shared of each kind."""
    store = holding(0, name)
    store.write_failures([failure(50), failure(60 + name)])
    for seq in range(name):
        store.journal_append("shared", seq, "step", str(seq))
    store.journal_append(f"own {name}", 0, "step", "1")
    store.count("reads", add=name)
    store.note_put(f"note {name}", "text")
    return store


def test_stores_without_conflicts_merge_to_the_same_in_any_order_and_again(tmp_path: Path) -> None:
    results: list[object] = []
    for number, order in enumerate(permutations((1, 2, 3))):
        with SqliteStore(tmp_path / f"{number}.sqlite") as union:
            for name in (*order, *order):
                merge(rich(name), union)
            results.append(contents(union))
    assert all(result == results[0] for result in results)
    _, failures, journals, counters, notes = results[0]
    assert len(failures) == 4
    assert len(journals["shared"]) == 3
    assert (counters, list(notes)) == ({"reads": 3}, ["note 1", "note 2", "note 3"])


def test_the_first_reply_stays_and_the_other_is_counted() -> None:
    union = holding(1, 2, text="ours")
    slower = sample_response(2, "ours").model_copy(update={"latency": 999})
    theirs = MemoryStore([sample_response(1, "theirs"), slower, sample_response(3)])
    assert merge(theirs, union) == Merged(added=1, known=1, differing=1)
    assert [record.text for record in union.records()] == ["ours", "ours", "4"]
    assert merge(theirs, union) == Merged(added=0, known=2, differing=1)


def test_journals_that_differ_are_not_mixed() -> None:
    ours, theirs = MemoryStore(), MemoryStore()
    for store, payload in ((ours, "1"), (theirs, "2")):
        store.journal_append("search", 0, "ask", "0")
        store.journal_append("search", 1, "tell", payload)
    assert merge(theirs, ours) == Merged(other_journals=1)
    assert [step.payload for step in ours.journal_read("search")] == ["0", "1"]


def test_a_failure_that_was_answered_since_does_not_travel(tmp_path: Path) -> None:
    answered = holding(1)
    assert export(answered, tmp_path / "r.jsonl", failures=[failure(2), failure(1)]) == 1
    lines = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert ["failure" in line for line in lines] == [False, True]
    assert RecordedFile(tmp_path / "r.jsonl").failures() == [failure(2)]
    other = holding(2)
    assert import_(tmp_path / "r.jsonl", other) == Merged(added=1)
    assert other.failures() == []


def test_failures_keep_their_place_and_words(tmp_path: Path) -> None:
    failures = [failure(3, "π \u2028"), failure(1)]
    for name in ("a.jsonl", "b.jsonl.gz"):
        assert export(holding(2), tmp_path / name, failures=failures) == 1
        union = MemoryStore()
        assert import_(tmp_path / name, union) == Merged(added=1, failures=2)
        assert union.failures() == failures[::-1]
        assert export(union, tmp_path / f"again-{name}", failures=union.failures()) == 1
        assert (tmp_path / name).read_bytes() == (tmp_path / f"again-{name}").read_bytes()


def test_what_is_new_in_a_response_travels_and_what_is_empty_is_not_written(tmp_path: Path) -> None:
    plain = sample_response(1)
    full = sample_response(
        2,
        reasoning="so",
        logprobs=(-0.5, -1e-9),
        origin=Origin(model="m", messages="p", options="{}", draw=0, salt="", parts="u0"),
    )
    export(MemoryStore([plain, full]), tmp_path / "r.jsonl")
    first, second = (tmp_path / "r.jsonl").read_text().splitlines()
    assert not {"reasoning", "logprobs", "parts"} & set(json.loads(first))
    assert {"reasoning", "logprobs", "parts"} <= set(json.loads(second))
    assert list(RecordedFile(tmp_path / "r.jsonl").records()) == [plain, full]


@pytest.mark.parametrize(
    ("text", "recording"),
    [("", True), ("\n\n", True), ("precious notes\n", False), ('{"a": 1}\n', False), ("\0\1", False)],
)
def test_what_is_a_recording(tmp_path: Path, text: str, recording: bool) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(text)
    assert is_recording(path) is recording
    export(holding(1), path, failures=[failure(0)])
    assert is_recording(path)


@pytest.mark.parametrize(
    "line", [b"x", b'{"identity":"0"}', b'{"identity":"' + b"0" * 64 + b'","failure":""}']
)
def test_a_bad_last_line_of_a_large_file_adds_nothing(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "r.jsonl"
    export(holding(*range(3000)), path)
    path.write_bytes(path.read_bytes() + line + b"\n")
    with SqliteStore(tmp_path / "s.sqlite") as store:
        with pytest.raises(StoreError, match="line 3001") as caught:
            import_(path, store)
        assert caught.value.line == 3001
        assert store.identities() == []


def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tgl.storage.evidence.LONGEST", 2**20)
    path = tmp_path / "r.jsonl"
    export(holding(1), path)
    with path.open("ab") as file:
        file.write(b"[" * 2**21)
    with pytest.raises(StoreError, match="line 2 is longer than 1 MiB"):
        RecordedFile(path)
