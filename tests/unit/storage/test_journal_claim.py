import pytest

from tgl.storage import Journal, MemoryStore, StoreError, StoreErrorKind


def test_two_searches_of_one_program_do_not_write_one_journal():
    store = MemoryStore()
    first = Journal(store, "search", resume=False)
    second = Journal(store, "search", resume=False)
    first.record("proposals", [1])
    with pytest.raises(StoreError) as caught:
        second.record("proposals", [1])
    assert caught.value.kind is StoreErrorKind.LOCKED
    assert "--store" in caught.value.help
